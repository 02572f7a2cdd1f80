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
static __always_inline struct dms_live *live_at(const struct dms_dev_index *ix,
						const struct mapping *m)
{
	u64 n;
	u32 at;

	if (m->path == DMS_PATH_TCE) {
		n = (m->dma - ix->table_base) >> (ix->table_shift & 63);
		if (n >= ix->table_entries)
			return NULL;
		at = ix->table_first + n;
	} else if (m->path == DMS_PATH_BOUNCED) {
		n = (m->slot - ix->pool_start) >> IO_TLB_SHIFT;
		if (n >= ix->pool_slots)
			return NULL;
		at = n;
	} else {
		return NULL;
	}
	return bpf_map_lookup_elem(&live, &at);
}

static __always_inline void live_fill(struct dms_live *e, u64 dev, u64 where, u64 size, u32 dir)
{
	u64 above = size >> 32;

	asm volatile("" : "+r"(above));		/* else it is a comparison with 64 bits */
	e->where = where;
	e->size = above ? DMS_LIVE_HUGE : size;
	e->born = (bpf_jiffies64() >> DMS_LIVE_JIFFIES_SHIFT & DMS_LIVE_BORN) |
		  dir << DMS_LIVE_DIR_SHIFT;
	e->dev = dev;
}

/* The first or the second set of a mapping that has no place of its own. */
static __always_inline struct dms_live_set *live_set(u64 dev, u64 where, u32 which)
{
	u64 hash = ((where & DMS_LIVE_ADDR) ^ dev << 32) * 0x9e3779b97f4a7c15ULL;
	u32 at = (which ? hash >> 16 : hash >> 32) & config.set_mask;

	return bpf_map_lookup_elem(&live_sets, &at);
}

static __always_inline bool set_put(u64 dev, u64 where, u64 size, u32 dir, u32 which)
{
	struct dms_live_set *set = live_set(dev, where, which);
	u32 from = bpf_get_smp_processor_id();
	struct dms_live *e;

	if (!set)
		return false;
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[(from + i) & (DMS_LIVE_WAYS - 1)];
		if (!e->dev) {
			live_fill(e, dev, where, size, dir);
			return true;
		}
	}
	return false;
}

/* where: the DMA address, with the path. Global, to be verified once, not for each way to here. */
__weak __noinline int sets_put(u64 dev, u64 where, u64 size, u32 dir)
{
	return set_put(dev, where, size, dir, 0) || set_put(dev, where, size, dir, 1);
}

static __always_inline int set_take(u64 dev, u64 dma, u32 which)
{
	struct dms_live_set *set = live_set(dev, dma, which);
	struct dms_live *e;

	if (!set)
		return -1;
	for (u32 i = 0; i < DMS_LIVE_WAYS; i++) {
		e = &set->way[i];
		if (e->dev != dev || (e->where ^ dma) & DMS_LIVE_ADDR)
			continue;
		e->dev = 0;
		return e->where >> DMS_LIVE_PATH_SHIFT;
	}
	return -1;
}

/* The path that the map saw; -1: there is no such mapping. Global for the same reason. */
__weak __noinline int sets_take(u64 dev, u64 dma)
{
	int path = set_take(dev, dma, 0);

	return path < 0 ? set_take(dev, dma, 1) : path;
}

/* Is a mapping without a place of its own not indexed? There is none, or its unmap may not come. */
static __always_inline bool live_omits(const struct dms_counted *c, const struct mapping *m)
{
	return m->path == DMS_PATH_FAILED ||
	       (c->facts.may_skip_unmap &&
		(m->path == DMS_PATH_DIRECT || m->path == DMS_PATH_UNKNOWN));
}

/*
 * Notes a mapping. False: one is missing in the index, this one or one that had the same place
 * and whose unmap's event is late; an unmap that finds nothing is then no sign of an older mapping.
 */
static __always_inline bool live_put(const struct dms_counted *c, u64 dev,
				     const struct mapping *m)
{
	u64 path = (u64)m->path << DMS_LIVE_PATH_SHIFT;
	struct dms_live *e = live_at(&c->index, m);
	bool was_free;

	if (!e)
		return live_omits(c, m) ||
		       sets_put(dev, (m->dma & DMS_LIVE_ADDR) | path, m->size, m->dir);
	was_free = !e->dev;
	/* a physical address has fewer bits on all machines */
	live_fill(e, dev, m->phys | path, m->size, m->dir);
	return was_free;
}

/* Frees the place of a mapping and sets the path that its map saw; false: it is in none. */
static __always_inline bool live_take(const struct dms_counted *c, u64 dev, struct mapping *m)
{
	struct dms_live *e = live_at(&c->index, m);
	int path;

	if (e && e->dev == dev) {
		e->dev = 0;
		return true;
	}
	path = sets_take(dev, m->dma);
	if (path >= 0)
		m->path = path;
	return path >= 0;
}

#endif /* DMASCOPE_BPF_LIVE_H */
