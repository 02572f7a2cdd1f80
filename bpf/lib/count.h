/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aggregates: by CPU, device and path, one more mapping and so many bytes. How they are kept is
 * in include/dmascope/config.h; the index of live mappings has its places by device here too.
 */
#ifndef DMASCOPE_BPF_COUNT_H
#define DMASCOPE_BPF_COUNT_H

#include "lib/held.h"

#define NO_PLACE	(~0U)

struct dms_index index_at __weak SEC(".data.index") = {};

/* The device of each place; 512 x 8 bytes, more if there are many devices, 1 element unless
 * counting. User space frees the places of devices that were removed (src/probe/cells.c). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} devs __weak SEC(".maps");

/* The same: of two concurrent claims of a place one fails. As many elements as devs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} dev_owner __weak SEC(".maps");

/* By CPU and place; 1592 bytes for each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_counted);
} cells __weak SEC(".maps");

/* The constant has 31 bits: a larger one costs another instruction, on powerpc three. */
static __always_inline u32 dev_hash(u64 key)
{
	return key * 0x61c88647 >> 20;
}

/* NULL also for a processor that came online after the start: it has no cells. */
static __always_inline struct dms_counted *place_at(u32 cpu, u32 place, u32 mask)
{
	u32 at = cpu * (mask + 1) + place;

	return bpf_map_lookup_elem(&cells, &at);
}

/* A device at its first place, if its facts are valid and hits are observed; else NULL. */
static __always_inline struct dms_counted *place_now(u32 cpu, u64 key)
{
	u32 mask = config.dev_mask;
	struct dms_counted *e = place_at(cpu, dev_hash(key) & mask, mask);

	return e && e->key == key && e->generation == values.observing ? e : NULL;
}

/* True if this device owns the place, by now or already. */
static __always_inline bool place_take(u32 place, u64 key)
{
	u64 *owner;

	if (!bpf_map_update_elem(&dev_owner, &place, &key, BPF_NOEXIST))
		return true;
	owner = bpf_map_lookup_elem(&dev_owner, &place);
	return owner && *owner == key;
}

/*
 * The place of a device that is not at its first one, or has none yet: then it is given one.
 * NO_PLACE: there are more devices than places. Global, so that the verifier walks it once and not
 * for each way that leads here.
 */
__weak __noinline u32 place_find(u64 key)
{
	u64 *owner;
	u32 place;

	/* its own first: before it may be one that user space freed since */
	for (u32 i = 0; i < DMS_DEV_PROBES; i++) {
		place = (dev_hash(key) + i) & config.dev_mask;
		owner = bpf_map_lookup_elem(&devs, &place);
		if (owner && *owner == key)
			return place;
	}
	for (u32 i = 0; i < DMS_DEV_PROBES; i++) {
		place = (dev_hash(key) + i) & config.dev_mask;
		owner = bpf_map_lookup_elem(&devs, &place);
		if (owner && (*owner == key || (!*owner && place_take(place, key))))
			return place;
	}
	return NO_PLACE;
}

static __always_inline void index_read(struct dms_dev_index *ix, u32 liobn)
{
	const struct dms_index_table *t = &index_at.table[liobn * index_at.mul >> 26];

	ix->wanted = !!(config.flags & DMS_CFG_INDEX);
	/* it is set after the start, which is known before it is not 0 */
	ix->pool_slots = *(volatile u32 *)&index_at.pool_slots;
	ix->pool_start = index_at.pool_start;
	ix->table_base = t->base;
	ix->table_first = t->first;
	ix->table_shift = t->shift;
	ix->table_entries = liobn && t->liobn == liobn ? t->entries : 0;
}

/* Fills a device's place, if the place is new or the facts about the device may have changed. */
static __noinline void place_fill(struct dms_counted *e, struct device *dev, u64 key, u32 hook,
				  u32 place)
{
	u64 generation = values.observing | DMS_OBSERVING, *owner;
	bool is_new = e->key != key;

	if (is_new) {
		devstate_once(hook, dev, key == DMS_NO_DEV ? 0 : key);
		owner = bpf_map_lookup_elem(&devs, &place);
		if (owner)
			*owner = key;
	}
	if (is_new || e->generation != generation) {
		facts_read(&e->facts, dev);
		index_read(&e->index, e->facts.liobn);
		e->generation = generation;
	}
	e->key = key;
}

/* The place of a device, filled; NULL: there are more devices than places. */
static __always_inline struct dms_counted *place_of(struct device *dev, u64 key, u32 hook, u32 cpu)
{
	struct dms_counted *e = place_now(cpu, key);
	u32 place;

	if (e)
		return e;
	place = place_find(key);
	if (place == NO_PLACE)
		return NULL;
	e = place_at(cpu, place, config.dev_mask);
	if (e)
		place_fill(e, dev, key, hook, place);
	return e;
}

/* Most sizes by a table: the rest takes thirty instructions. */
static __always_inline u32 size_slot(u64 size)
{
	u64 at = size >> DMS_SIZE_SHIFT;

	asm volatile("" : "+r"(at));	/* the check is the verifier's: not one of the size */
	return at < DMS_SIZES ? config.size_slot[at] : dms_size_slot(size);
}

/*
 * Programs of several hooks change one cell, and may interrupt each other: within an interrupt,
 * and from 7.0 on where the kernel preempts them.
 */
#define cell_add(field, n)	__sync_fetch_and_add(&(field), n)

static __always_inline void cell_map(struct dms_cell *cell, const struct mapping *m, bool indexed)
{
	cell_add(cell->map_bytes, m->size);
	if (!indexed) {
		cell_add(cell->unindexed, 1);
		cell_add(cell->unindexed_bytes, m->size);
	}
	cell_add(cell->hist[size_slot(m->size) & (DMS_HIST_SLOTS - 1)], 1);
}

static __always_inline void cell_unmap(struct dms_cell *cell, u64 size, bool indexed)
{
	cell_add(cell->unmaps, 1);
	cell_add(cell->unmap_bytes, size);
	if (!indexed) {
		cell_add(cell->missed, 1);
		cell_add(cell->missed_bytes, size);
	}
}

#endif /* DMASCOPE_BPF_COUNT_H */
