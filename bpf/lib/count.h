/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aggregates: by CPU, device and path, one more mapping and so many bytes. How they are kept is
 * in include/dmascope/config.h.
 */
#ifndef DMASCOPE_BPF_COUNT_H
#define DMASCOPE_BPF_COUNT_H

#include "lib/held.h"

#define NO_PLACE	(~0U)

/* Devices that are counted; 512 x 64 bytes, more if there are many devices, 1 element unless
 * counting. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_counted);
} devs __weak SEC(".maps");

/* The owner of each place in devs: of two concurrent claims one fails. As many elements as devs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} dev_owner __weak SEC(".maps");

/* By CPU, place and path; 8 x 168 bytes for each CPU and place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DMS_CELL_PATHS);
	__type(key, u32);
	__type(value, struct dms_cell);
} cells __weak SEC(".maps");

static __always_inline u32 dev_hash(u64 key)
{
	return hash_place(key, 1ULL << 32);
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
	struct dms_counted *e;
	u32 place;

	for (u32 i = 0; i < DMS_DEV_PROBES; i++) {
		place = (dev_hash(key) + i) & config.dev_mask;
		e = bpf_map_lookup_elem(&devs, &place);
		if (!e || e->key == key || (!e->key && place_take(place, key)))
			return e ? place : NO_PLACE;
	}
	return NO_PLACE;
}

/* Fills a device's place, if the place is new or the facts about the device may have changed. */
static __noinline void place_fill(struct dms_counted *e, struct device *dev, u64 key, u32 hook)
{
	bool is_new = e->key != key;
	u64 generation;

	if (is_new)
		devstate_once(hook, dev, key == DMS_NO_DEV ? 0 : key);
	if (is_new || e->generation != values.generation)
		{
		generation = values.generation;
		facts_read(e, dev);
		e->generation = generation;
	}
	e->key = key;
}

/* The place of a device, filled; NULL: there are more devices than places. */
static __always_inline struct dms_counted *place_of(struct device *dev, u64 key, u32 hook,
						    u32 *place)
{
	struct dms_counted *e;

	*place = dev_hash(key) & config.dev_mask;
	e = bpf_map_lookup_elem(&devs, place);
	if (e && e->key == key && e->generation == values.generation)
		return e;
	*place = place_find(key);
	e = bpf_map_lookup_elem(&devs, place);
	if (e)
		place_fill(e, dev, key, hook);
	return e;
}

/* NULL also for a processor that came online after the start: it has no cells. */
static __always_inline struct dms_cell *cell_of(u32 cpu, u32 place, u8 path)
{
	u32 at;

	if (cpu >= config.cell_cpus)
		return NULL;
	at = cpu * (config.dev_mask + 1) + place;
	at = at * DMS_CELL_PATHS + (path & (DMS_CELL_PATHS - 1));
	return bpf_map_lookup_elem(&cells, &at);
}

/*
 * Programs of several hooks change one cell, and may interrupt each other: within an interrupt,
 * and from 7.0 on where the kernel preempts them.
 */
#define cell_add(field, n)	__sync_fetch_and_add(&(field), n)

static __always_inline void cell_map(struct dms_cell *cell, const struct mapping *m, bool indexed)
{
	cell_add(cell->map_bytes, m->size);
	cell_add(cell->hist[dms_size_slot(m->size) & (DMS_HIST_SLOTS - 1)], 1);
	if (!indexed) {
		cell_add(cell->unindexed, 1);
		cell_add(cell->unindexed_bytes, m->size);
	}
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
