/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path of a mapping: the facts about its device, the message of an inner hook, and
 * dms_classify() (include/dmascope/classify.h), which decides.
 */
#ifndef DMASCOPE_BPF_CLASSIFY_H
#define DMASCOPE_BPF_CLASSIFY_H

#include "lib/device.h"

#include "dmascope/classify.h"

struct mapping {
	u64 dev;
	u64 dma;
	u64 phys;
	u64 size;
	u64 slot;
	u32 attrs;
	u32 liobn;
	s32 sg_index;		/* -1: not of a list */
	u32 stack;		/* taken by the caller, 0 = not */
	u8 dir;
	u8 path;
	u8 flags;
	u8 page_shift;
	bool phys_known;
	bool ends;		/* an unmap, where phys of its map was known */
};

/* The last result of the inner hook of a mapping on this CPU; 40 bytes per CPU. Valid only if
 * it matches the outer hook's device and address, so a migration between the two is harmless. */
struct inner {
	u64 dev;
	u64 dma;		/* what iommu_map_*() returned */
	u64 slot;		/* what swiotlb_tbl_map_single() returned */
	u64 phys;
	u32 kind;		/* enum dms_inner */
	u32 liobn;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct inner);
} inner __weak SEC(".maps");

/*
 * Slots taken inside dma-iommu, which gives the slot an address of its own: one for each element
 * of a list, so that the last on this CPU is not enough. 1024 x 32 bytes and the kernel's own.
 */
struct inner_key {
	u64 dev;
	u64 phys;
};

struct inner_slot {
	u64 slot;
	u64 ts;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct inner_key);
	__type(value, struct inner_slot);
} inner_slots __weak SEC(".maps");

#define INNER_SLOT_NS	1000000000ULL	/* an older one was of a call that was not observed */

static __always_inline void inner_iommu(const struct mapping *m, struct dms_facts *f)
{
	struct inner_key key = { .dev = m->dev, .phys = m->phys };
	struct inner_slot *s;

	if (!m->phys_known)
		return;
	s = bpf_map_lookup_elem(&inner_slots, &key);
	if (!s)
		return;
	if (bpf_ktime_get_ns() - s->ts < INNER_SLOT_NS) {
		f->inner = DMS_INNER_SLOT;
		f->slot = s->slot;
	}
	bpf_map_delete_elem(&inner_slots, &key);
}

static __always_inline void inner_match(const struct mapping *m, struct dms_facts *f)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in || in->kind == DMS_INNER_NONE || in->dev != m->dev)
		return;
	if (in->kind == DMS_INNER_TCE && in->dma != m->dma)
		return;
	if (in->kind == DMS_INNER_SLOT && m->phys_known && in->phys != m->phys)
		return;
	f->inner = in->kind;
	f->slot = in->slot;
	in->kind = DMS_INNER_NONE;
}

/* The facts that decide the path of a device's mappings. */
static __always_inline void facts_read(struct dms_dev_facts *d, struct device *dev)
{
	struct table tbl = {};
	struct pool pool = {};

	dev_pool(dev, &pool);
	dev_table(dev, &tbl);
	d->offset = dev_dma_offset(dev);
	d->pool_start = pool.start;
	d->pool_end = pool.end;
	d->table_start = tbl.start;
	d->table_size = tbl.size;
	d->addr_bits = config.addr_bits;
	d->liobn = tbl.liobn;
	d->page_shift = tbl.page_shift;
	d->dma_iommu = dev_uses_dma_iommu(dev);
	/* an address that is neither memory nor in the first pool is then in another pool */
	d->pool_grows = pool.grows && !d->dma_iommu && !d->offset && !dev_remaps(dev);
	d->may_skip_unmap = dev_may_skip_unmap(dev);
}

/*
 * The reason a mapping failed, where no inner hook is attached to report it. In the kernel's own
 * order (kernel/dma/mapping.c, direct.h, powerpc's dma-iommu.c, 5.9 to 7.2): a table without bypass
 * is asked for an entry; else only a search for slots can fail, unless there is no pool and no
 * bounce is forced. With a bypass up to a limit it can be either. Registers get neither: powerpc's
 * dma_iommu_ops has no map_resource, and later refuses DMA_ATTR_MMIO. flags: of the configuration.
 */
static __always_inline u8 failure_of(struct device *dev, const struct dms_dev_facts *d,
				     u32 attrs, u32 flags)
{
	struct pool pool = { .start = d->pool_start, .end = d->pool_end };

	if (d->dma_iommu || attrs & DMS_ATTR_MMIO)
		return 0;
	if (d->table_size && !(dev_has_bypass(dev) && dev_bypass(dev)))
		return flags & DMS_CFG_INNER_TCE ? 0 : DMS_FL_NO_TCE;
	if (flags & DMS_CFG_INNER)
		return 0;
	if (d->table_size && bpf_core_field_exists(dev->bus_dma_limit) && RD(dev, bus_dma_limit))
		return 0;
	dev_pool_state(dev, &pool);
	return pool.end > pool.start || pool.force_bounce ? DMS_FL_NO_SLOT : 0;
}

/* Coherent memory: did its allocation come by iommu_alloc_coherent(), and for which table? */
static __always_inline void inner_alloc(struct mapping *m)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in || in->kind != DMS_INNER_ALLOC || in->dev != m->dev)
		return;
	m->liobn = in->liobn;
	m->flags |= DMS_FL_INNER;
	in->kind = DMS_INNER_NONE;
}

/* Only powerpc has tables of its own, and an offset of DMA addresses beside them. */
#if defined(__TARGET_ARCH_powerpc)
#define ONLY_POWERPC(val)	(val)
#else
#define ONLY_POWERPC(val)	0
#endif

/* Decides the path of a mapping by the facts of its device; inner: and by an inner hook. */
static __always_inline void mapping_classify(const struct dms_dev_facts *d, struct mapping *m,
					     bool inner)
{
	struct dms_facts f = {
		.dma = m->dma,
		.phys = m->phys,
		.phys_known = m->phys_known,
		.offset = ONLY_POWERPC(d->offset),
		.enc_mask = ~ADDR_BITS(d),
		.dma_iommu = d->dma_iommu,
		.pool_grows = d->pool_grows,
		.ends = m->ends,
		.pool_start = d->pool_start,
		.pool_end = d->pool_end,
		.table_start = ONLY_POWERPC(d->table_start),
		.table_size = ONLY_POWERPC(d->table_size),
	};

	if (inner && d->dma_iommu)
		inner_iommu(m, &f);
	if (inner && !f.inner)
		inner_match(m, &f);
	m->path = dms_classify(&f, &m->flags, &m->slot);
	m->liobn = d->liobn;
	m->page_shift = d->page_shift;
}

#endif /* DMASCOPE_BPF_CLASSIFY_H */
