/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting a mapping in the kernel: which device and path, one more, so many bytes; and the index
 * of live mappings. A part of emit.h, which sends what is rare; how the counts are kept stands in
 * include/dmascope/config.h.
 */
#ifndef DMASCOPE_BPF_COUNT_H
#define DMASCOPE_BPF_COUNT_H

#include "lib/live.h"

#define NO_PLACE	(~0U)

static __always_inline u32 dev_hash(u64 key)
{
	return key * 0x9e3779b97f4a7c15ULL >> 32;
}

static __always_inline void counted_fill(struct dms_counted *e, struct device *dev)
{
	struct table tbl = {};
	struct pool pool = {};
	u64 generation = values.generation;

	dev_pool(dev, &pool);
	dev_table(dev, &tbl);
	e->offset = dev_dma_offset(dev);
	e->pool_start = pool.start;
	e->pool_end = pool.end;
	e->table_start = tbl.start;
	e->table_size = tbl.size;
	e->liobn = tbl.liobn;
	e->page_shift = tbl.page_shift;
	e->dma_iommu = dev_uses_dma_iommu(dev);
	e->generation = generation;
}

/* Whether the place is this device's, by now or already. */
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

/* What is kept of a device at its place, which may be new, or where something may have changed. */
static __noinline void place_fill(struct dms_counted *e, struct device *dev, u64 key, u32 hook)
{
	bool is_new = e->key != key;

	if (is_new)
		devstate_once(hook, dev, key == DMS_NO_DEV ? 0 : key);
	if (is_new || e->generation != values.generation)
		counted_fill(e, dev);
	e->key = key;
}

/* Where the mapping went, by what is kept of its device. */
static __always_inline void count_classify(const struct dms_counted *e, struct device *dev,
					   struct mapping *m)
{
	struct dms_facts f = {
		.dma = m->dma,
		.phys = m->phys,
		.phys_known = m->phys_known,
		.offset = e->offset,
		.enc_mask = ENC_MASK,
		.dma_iommu = e->dma_iommu,
		.pool_start = e->pool_start,
		.pool_end = e->pool_end,
		.table_start = e->table_start,
		.table_size = e->table_size,
	};

	m->path = dms_classify(&f, &m->flags, &m->slot);
	m->liobn = e->liobn;
	m->page_shift = e->page_shift;
}

static __always_inline void count_failed(struct device *dev, struct mapping *m)
{
	struct table tbl = {};
	struct pool pool = {};

	dev_pool(dev, &pool);
	dev_table(dev, &tbl);
	m->flags |= failure_of(dev, &tbl, &pool);
}

static __always_inline void cell_map(struct dms_cell *cell, const struct mapping *m)
{
	cell->map_bytes += m->size;
	cell->hist[size_slot(m->size) & (DMS_HIST_SLOTS - 1)]++;
}

static __always_inline void cell_unmap(struct dms_cell *cell, u64 size, bool older)
{
	cell->unmaps++;
	cell->unmap_bytes += size;
	if (older) {
		cell->older++;
		cell->older_bytes += size;
	}
}

/*
 * Counts one mapping or its end, with the path that it has (known) or that is found here. The
 * filters come first. Failures are rare, and each tells: they are streamed as well.
 */
static __always_inline void count_mapping(struct dms_counts *c, u32 cpu, u32 flags, u32 hook,
					  u16 type, struct device *dev, struct mapping *m,
					  void *ctx, bool known)
{
	bool maps = type == DMS_EV_MAP || type == DMS_EV_ALLOC, older = false;
	u64 key = m->dev ? m->dev : DMS_NO_DEV;
	u32 mask = config.dev_mask, place, at;
	struct dms_counted *e;
	struct dms_cell *cell;

	if (flags & DMS_CFG_FILTER) {
		/* a device that user space has not heard of may be one that --device means */
		devstate_once(hook, dev, m->dev);
		if (!mapping_wanted(c, m))
			return;
	}
	place = dev_hash(key) & mask;
	e = bpf_map_lookup_elem(&devs, &place);
	if (!e || e->key != key || e->generation != values.generation) {
		place = place_find(key);
		e = bpf_map_lookup_elem(&devs, &place);
		if (!e) {
			count(c, failed);
			return;
		}
		place_fill(e, dev, key, hook);
	}
	if (!known)
		count_classify(e, dev, m);
	if (flags & DMS_CFG_FILTER && !path_wanted(m->path)) {
		count(c, filtered);
		return;
	}
	if (flags & DMS_CFG_INDEX && !maps)
		older = !live_take(key, &m->path, m->slot, m->dma, m->liobn);
	at = cpu * (mask + 1) + place;
	at = at * DMS_CELL_PATHS + (m->path & (DMS_CELL_PATHS - 1));
	cell = bpf_map_lookup_elem(&cells, &at);
	if (!cell) {
		count(c, failed);
		return;
	}
	if (!maps) {
		cell_unmap(cell, m->size, older);
	} else {
		cell_map(cell, m);
		if (flags & DMS_CFG_INDEX && m->path != DMS_PATH_FAILED)
			live_put(key, m->path, m->slot, m->dma, m->liobn, m->phys, m->size, m->dir);
		if (m->path == DMS_PATH_FAILED) {
			m->liobn = 0;
			if (!known && !(flags & DMS_CFG_INNER))
				count_failed(dev, m);
			mapping_stream(c, hook, type, m, ctx);
			return;
		}
	}
	count(c, delivered);
}

#endif /* DMASCOPE_BPF_COUNT_H */
