/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index of live mappings: one store at a map, one at an unmap, no clock (jiffies are a load).
 * A mapping that cannot be indexed is left out and counted, so that the counts of live mappings,
 * which are kept elsewhere, do not depend on it.
 *
 * Nothing is atomic. A place has one owner at a time, except that an unmap's trace event comes
 * after the unmap, so that another processor's map of the same place may come before it; and two
 * processors may choose the same free way of a set, where each begins at another to avoid that.
 * Either costs the index one mapping, no more.
 */
#ifndef DMASCOPE_BPF_LIVE_H
#define DMASCOPE_BPF_LIVE_H

#include "lib/count.h"

struct dms_index index_at __weak SEC(".data.index") = {};

/* Live mappings by slot and TCE number; 24 bytes for each slot of the pool and entry of a table, 1
 * element unless the index is wanted. User space sizes and reads it through mmap(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_live);
} live __weak SEC(".maps");

/* All other live mappings, by hash; 16384 x 192 bytes, 1 element unless the index is wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct dms_live_set);
} live_sets __weak SEC(".maps");

/* The place of a slot or of an entry; NULL: it has none, its place is in a set. */
static __always_inline struct dms_live *live_at(const struct mapping *m)
{
	const struct dms_index_table *t;
	u64 n;
	u32 at;

	if (m->path == DMS_PATH_BOUNCED) {
		n = (m->slot - index_at.pool_start) >> IO_TLB_SHIFT;
		if (n >= index_at.pool_slots)
			return NULL;
		at = n;
	} else if (m->path == DMS_PATH_TCE) {
		t = &index_at.table[m->liobn * index_at.mul >> 26];
		n = (m->dma - t->base) >> (t->shift & 63);
		if (!m->liobn || t->liobn != m->liobn || n >= t->entries)
			return NULL;
		at = t->first + n;
	} else {
		return NULL;
	}
	return bpf_map_lookup_elem(&live, &at);
}

/* The first or the second set of a mapping that has no place of its own. */
static __always_inline struct dms_live_set *live_set(u64 dev, u64 dma, u32 which)
{
	u64 hash = (dma ^ dev << 32) * 0x9e3779b97f4a7c15ULL;
	u32 at = (which ? hash >> 16 : hash >> 32) & config.set_mask;

	return bpf_map_lookup_elem(&live_sets, &at);
}

static __always_inline void live_fill(struct dms_live *e, u64 dev, u64 where,
				      const struct mapping *m)
{
	e->where = (where & DMS_LIVE_ADDR) | (u64)m->path << DMS_LIVE_PATH_SHIFT;
	e->size = m->size < DMS_LIVE_HUGE ? m->size : DMS_LIVE_HUGE;
	e->born = (bpf_jiffies64() >> DMS_LIVE_JIFFIES_SHIFT & DMS_LIVE_BORN) |
		  (u32)m->dir << DMS_LIVE_DIR_SHIFT;
	e->dev = dev;
}

static __always_inline bool set_put(u64 dev, const struct mapping *m, u32 which)
{
	struct dms_live_set *set = live_set(dev, m->dma, which);
	u32 from = bpf_get_smp_processor_id();
	struct dms_live *e;

	if (!set)
		return false;
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[(from + i) & (DMS_LIVE_WAYS - 1)];
		if (!e->dev) {
			live_fill(e, dev, m->dma, m);
			return true;
		}
	}
	return false;
}

static __always_inline bool set_take(u64 dev, struct mapping *m, u32 which)
{
	struct dms_live_set *set = live_set(dev, m->dma, which);
	struct dms_live *e;

	if (!set)
		return false;
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[i];
		if (e->dev != dev || (e->where ^ m->dma) & DMS_LIVE_ADDR)
			continue;
		m->path = e->where >> DMS_LIVE_PATH_SHIFT;
		e->dev = 0;
		return true;
	}
	return false;
}

/*
 * Notes a mapping. False: one is missing in the index, this one or one that had the same place
 * and whose unmap's event is late; an unmap that finds nothing is then no sign of an older mapping.
 */
static __always_inline bool live_put(u64 dev, const struct mapping *m)
{
	struct dms_live *e = live_at(m);
	bool was_free;

	if (e) {
		was_free = !e->dev;
		live_fill(e, dev, m->phys, m);
		return was_free;
	}
	return set_put(dev, m, 0) || set_put(dev, m, 1);
}

/* Frees the place of a mapping and sets the path that its map saw; false: it is in none. */
static __always_inline bool live_take(u64 dev, struct mapping *m)
{
	struct dms_live *e = live_at(m);

	if (e && e->dev == dev) {
		e->dev = 0;
		return true;
	}
	return set_take(dev, m, 0) || set_take(dev, m, 1);
}

#endif /* DMASCOPE_BPF_LIVE_H */
