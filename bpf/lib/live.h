/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index of live mappings: one store at a map, one at an unmap, no clock (jiffies are a load).
 * What cannot be indexed is left out; user space knows how many by the counts, which are kept
 * elsewhere and do not depend on it.
 *
 * Nothing is atomic. A place has one owner at a time, except that an unmap's trace event comes
 * after the unmap, so that another processor's map of the same place may come before it; and two
 * processors may choose the same free way of a set, where each begins at another to avoid that.
 * Either costs the index one mapping, no more.
 */
#ifndef DMASCOPE_BPF_LIVE_H
#define DMASCOPE_BPF_LIVE_H

#include "lib/maps.h"

/* The place of a slot or of an entry; NULL: it has none, its place is in a set. */
static __always_inline struct dms_live *live_at(u8 path, u64 slot, u64 dma, u32 liobn)
{
	const struct dms_index_table *t;
	u64 n;
	u32 at;

	if (path == DMS_PATH_BOUNCED) {
		n = (slot - index_at.pool_start) >> IO_TLB_SHIFT;
		if (n >= index_at.pool_slots)
			return NULL;
		at = n;
	} else if (path == DMS_PATH_TCE) {
		t = &index_at.table[liobn * index_at.mul >> 26];
		n = (dma - t->base) >> (t->shift & 63);
		if (!liobn || t->liobn != liobn || n >= t->entries)
			return NULL;
		at = t->first + n;
	} else {
		return NULL;
	}
	return bpf_map_lookup_elem(&live, &at);
}

static __always_inline struct dms_live_set *live_set(u64 dev, u64 dma)
{
	u32 at = ((dma ^ dev << 32) * 0x9e3779b97f4a7c15ULL >> 32) & config.set_mask;

	return bpf_map_lookup_elem(&live_sets, &at);
}

static __always_inline void live_fill(struct dms_live *e, u64 dev, u64 where, u8 path, u64 size,
				      u8 dir)
{
	e->where = (where & DMS_LIVE_ADDR) | (u64)path << DMS_LIVE_PATH_SHIFT;
	e->size = size < DMS_LIVE_HUGE ? size : DMS_LIVE_HUGE;
	e->born = (bpf_jiffies64() >> DMS_LIVE_JIFFIES_SHIFT & DMS_LIVE_BORN) |
		  (u32)dir << DMS_LIVE_DIR_SHIFT;
	e->dev = dev;
}

static __always_inline void live_put(u64 dev, u8 path, u64 slot, u64 dma, u32 liobn, u64 phys,
				     u64 size, u8 dir)
{
	struct dms_live *e = live_at(path, slot, dma, liobn);
	struct dms_live_set *set;
	u32 from;

	if (e) {
		live_fill(e, dev, phys, path, size, dir);
		return;
	}
	set = live_set(dev, dma);
	if (!set)
		return;
	from = bpf_get_smp_processor_id();
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[(from + i) & (DMS_LIVE_WAYS - 1)];
		if (!e->dev) {
			live_fill(e, dev, dma, path, size, dir);
			return;
		}
	}
}

/* Frees the place of a mapping and sets the path that its map saw; false: it is in none. */
static __always_inline bool live_take(u64 dev, u8 *path, u64 slot, u64 dma, u32 liobn)
{
	struct dms_live *e = live_at(*path, slot, dma, liobn);
	struct dms_live_set *set;

	if (e && e->dev == dev) {
		e->dev = 0;
		return true;
	}
	set = live_set(dev, dma);
	if (!set)
		return false;
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[i];
		if (e->dev != dev || (e->where ^ dma) & DMS_LIVE_ADDR)
			continue;
		*path = e->where >> DMS_LIVE_PATH_SHIFT;
		e->dev = 0;
		return true;
	}
	return false;
}

#endif /* DMASCOPE_BPF_LIVE_H */
