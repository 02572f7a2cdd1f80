// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tier 1: the dma:* and swiotlb:* trace events through BTF pointers and direct loads. These are
 * the programs that also run under lockdown=confidentiality; no helper that reads kernel memory
 * may be used here. The events exist from 6.12 on (038eb433dc14); dma_map_page became
 * dma_map_phys in 6.18 and dma_alloc gained a direction in 6.13, so positions of arguments come
 * from the layout where they differ.
 */
#define DMS_DIRECT
#include "lib/fault.h"
#include "lib/sg.h"

#include <bpf/bpf_tracing.h>

/*
 * The events' first argument. Not as the trusted pointer that it is: for each pointer loaded
 * through one of those, newer verifiers search all names of the kernel's BTF several times.
 */
#define EVENT_DEV(ctx)	AS(struct device, (ctx)[0])

/* As that pointer, read without a test of the address, for the two programs that are run most. */
#define TRUSTED_DEV(ctx)	((struct device *)(ctx)[0])

/*
 * void *data is not part of the context; ctx[0] is the first argument of TP_PROTO. attrs: those
 * that the call stands for, as dma_map_resource() does for MMIO before 6.18.
 */
static __always_inline struct mapping mapping_of(unsigned long long *ctx, u64 dev, u32 attrs)
{
	return (struct mapping){
		.dev = dev,
		.phys = ctx[1],
		.dma = ctx[2],
		.size = ctx[3],
		.dir = ctx[4],
		.attrs = dms_attrs(ctx[5]) | attrs,
		.sg_index = -1,
		.phys_known = true,
	};
}

static __always_inline int map_event(unsigned long long *ctx, u32 attrs)
{
	struct device *dev = EVENT_DEV(ctx);
	struct obs o = obs_begin(DMS_HOOK_MAP, DMS_EV_MAP, dev, ctx);
	struct mapping m = mapping_of(ctx, dev_key(dev), attrs);

	device_announce(&o, m.dev);
	mapping_observe(&o, &m);
	return 0;
}

/*
 * Each program of one mapping has a twin for counting without a filter, which leaves to it what is
 * rare: a device's first mapping, failures. The verifier walks that once, from a function.
 */
#define COUNTING(event, arguments, rare)						\
SEC("?tp_btf/" #event)								\
int tp_##event##_count(unsigned long long *ctx)						\
{											\
	u64 dev = dev_key(TRUSTED_DEV(ctx));						\
	struct dms_counted *e = through_at(dev);					\
	struct mapping m;								\
											\
	if (!e)										\
		return rare(ctx);							\
	m = arguments(ctx, dev, 0);							\
	return mapping_through(e, &m) ? 0 : rare(ctx);					\
}

static __noinline int map_rare(unsigned long long *ctx)
{
	return observing() ? map_event(ctx, 0) : 0;
}

COUNTING(dma_map_phys, mapping_of, map_rare)
COUNTING(dma_map_page, mapping_of, map_rare)

SEC("?tp_btf/dma_map_phys")
int tp_dma_map_phys(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx, 0);
}

SEC("?tp_btf/dma_map_page")
int tp_dma_map_page(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx, 0);
}

SEC("?tp_btf/dma_map_resource")
int tp_dma_map_resource(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx, DMS_ATTR_MMIO);
}

static __always_inline struct mapping end_of(unsigned long long *ctx, u64 dev, u32 attrs)
{
	return (struct mapping){
		.dev = dev,
		.dma = ctx[1],
		.size = ctx[2],
		.dir = ctx[3],
		.attrs = dms_attrs(ctx[4]) | attrs,
		.sg_index = -1,
		.ends = true,
	};
}

static __always_inline int unmap_event(unsigned long long *ctx, u32 attrs)
{
	struct device *dev = EVENT_DEV(ctx);
	struct obs o = obs_begin(DMS_HOOK_UNMAP, DMS_EV_UNMAP, dev, ctx);
	struct mapping m = end_of(ctx, dev_key(dev), attrs);

	device_announce(&o, m.dev);
	mapping_observe(&o, &m);
	return 0;
}

static __noinline int end_rare(unsigned long long *ctx)
{
	return observing() ? unmap_event(ctx, 0) : 0;
}

COUNTING(dma_unmap_phys, end_of, end_rare)
COUNTING(dma_unmap_page, end_of, end_rare)

SEC("?tp_btf/dma_unmap_phys")
int tp_dma_unmap_phys(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx, 0);
}

SEC("?tp_btf/dma_unmap_page")
int tp_dma_unmap_page(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx, 0);
}

SEC("?tp_btf/dma_unmap_resource")
int tp_dma_unmap_resource(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx, DMS_ATTR_MMIO);
}

static __always_inline int coherent_event(unsigned long long *ctx, u32 hook, u16 type, u64 attrs)
{
	struct device *dev = EVENT_DEV(ctx);
	struct obs o = obs_begin(hook, type, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = ctx[2],
		.size = ctx[3],
		.attrs = dms_attrs(attrs),
		.sg_index = -1,
		.path = DMS_PATH_COHERENT,
	};

	if (type == DMS_EV_ALLOC && !ctx[1]) {
		m.dma = DMS_DMA_ERROR;
		m.path = DMS_PATH_FAILED;
	}
	/* memory that was remapped has no one physical address */
	if (!ctx[1] || !virt_phys(ctx[1], &m.phys))
		m.flags |= DMS_FL_NO_PHYS;
	if (type == DMS_EV_ALLOC)
		inner_alloc(&m);
	mapping_observe_as(&o, &m);
	return 0;
}

/* 6.12: (dev, virt, dma, size, flags, attrs) */
SEC("?tp_btf/dma_alloc")
int tp_dma_alloc(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return coherent_event(ctx, DMS_HOOK_ALLOC, DMS_EV_ALLOC, ctx[5]);
}

/* 6.13+: (dev, virt, dma, size, dir, flags, attrs) */
SEC("?tp_btf/dma_alloc")
int tp_dma_alloc_dir(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return coherent_event(ctx, DMS_HOOK_ALLOC, DMS_EV_ALLOC, ctx[6]);
}

/* 6.12: (dev, virt, dma, size, attrs) */
SEC("?tp_btf/dma_free")
int tp_dma_free(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return coherent_event(ctx, DMS_HOOK_FREE, DMS_EV_FREE, ctx[4]);
}

/* 6.13+: (dev, virt, dma, size, dir, attrs) */
SEC("?tp_btf/dma_free")
int tp_dma_free_dir(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return coherent_event(ctx, DMS_HOOK_FREE, DMS_EV_FREE, ctx[5]);
}

SEC("?tp_btf/swiotlb_bounced")
int tp_swiotlb_bounced(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return bounce_request(ctx, (struct device *)ctx[0]);
}

/*
 * iommu:io_page_fault (dev, iova, flags), of report_iommu_fault() (drivers/iommu/iommu.c, all):
 * IOMMU_FAULT_WRITE is bit 0 of the flags.
 */
SEC("?tp_btf/io_page_fault")
int tp_io_page_fault(unsigned long long *ctx)
{
	struct device *dev = EVENT_DEV(ctx);
	struct dms_counts *c;
	struct dms_event *e;
	u64 key;

	if (!observing())
		return 0;
	c = hit(DMS_HOOK_IOMMU_FAULT);
	key = dev_key(dev);
	if (!dev_passes(c, DMS_HOOK_IOMMU_FAULT, dev, key))
		return 0;
	e = fault_reserve(c, DMS_HOOK_IOMMU_FAULT, key);
	if (!e)
		return 0;
	e->dev = key;
	e->dma = ctx[1];
	e->dir = ctx[2] & 1 ? DMS_DIR_FROM_DEVICE : DMS_DIR_TO_DEVICE;
	event_submit(c, e);
	return 0;
}

SEC("?tp_btf/dma_map_sg")
int tp_dma_map_sg(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return sg_map_event(ctx);
}

SEC("?tp_btf/dma_unmap_sg")
int tp_dma_unmap_sg(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return sg_unmap_event(ctx);
}
