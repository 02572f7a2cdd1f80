// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tier 1: the dma:* and swiotlb:* trace events through BTF pointers and direct loads. These are
 * the programs that also run under lockdown=confidentiality; no helper that reads kernel memory
 * may be used here. The events exist from 6.12 on (038eb433dc14); dma_map_page became
 * dma_map_phys in 6.18 and dma_alloc gained a direction in 6.13, so positions of arguments come
 * from the layout where they differ.
 */
#define DMS_DIRECT
#include "lib/bounce_request.h"

#include <bpf/bpf_tracing.h>

/*
 * The events' first argument. Not as the trusted pointer that it is: for each pointer loaded
 * through one of those, newer verifiers search all names of the kernel's BTF several times.
 */
#define EVENT_DEV(ctx)	AS(struct device, (ctx)[0])

/* void *data is not part of the context; ctx[0] is the first argument of TP_PROTO. */
static __always_inline int map_event(unsigned long long *ctx)
{
	u32 cpu = bpf_get_smp_processor_id(), flags = config.flags;
	struct device *dev = EVENT_DEV(ctx);
	struct dms_counts *c = hit_on(cpu, DMS_HOOK_MAP);
	struct mapping m = {
		.dev = dev_key(dev),
		.phys = ctx[1],
		.dma = ctx[2],
		.size = ctx[3],
		.dir = ctx[4],
		.attrs = ctx[5],
		.sg_index = -1,
		.phys_known = true,
	};

	device_told(flags, DMS_HOOK_MAP, dev, m.dev);
	mapping_observe(c, cpu, flags, DMS_HOOK_MAP, DMS_EV_MAP, dev, &m, ctx);
	return 0;
}

SEC("?tp_btf/dma_map_phys")
int tp_dma_map_phys(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx);
}

SEC("?tp_btf/dma_map_page")
int tp_dma_map_page(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx);
}

SEC("?tp_btf/dma_map_resource")
int tp_dma_map_resource(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return map_event(ctx);
}

static __always_inline int unmap_event(unsigned long long *ctx)
{
	u32 cpu = bpf_get_smp_processor_id(), flags = config.flags;
	struct device *dev = EVENT_DEV(ctx);
	struct dms_counts *c = hit_on(cpu, DMS_HOOK_UNMAP);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = ctx[1],
		.size = ctx[2],
		.dir = ctx[3],
		.attrs = ctx[4],
		.sg_index = -1,
	};

	device_told(flags, DMS_HOOK_UNMAP, dev, m.dev);
	mapping_observe(c, cpu, flags, DMS_HOOK_UNMAP, DMS_EV_UNMAP, dev, &m, ctx);
	return 0;
}

SEC("?tp_btf/dma_unmap_phys")
int tp_dma_unmap_phys(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx);
}

SEC("?tp_btf/dma_unmap_page")
int tp_dma_unmap_page(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx);
}

SEC("?tp_btf/dma_unmap_resource")
int tp_dma_unmap_resource(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return unmap_event(ctx);
}

static __always_inline int coherent_event(unsigned long long *ctx, u32 hook, u16 type, u64 attrs)
{
	struct device *dev = EVENT_DEV(ctx);
	struct dms_counts *c = hit(hook);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = ctx[2],
		.size = ctx[3],
		.attrs = attrs,
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
	mapping_observe_as(c, hook, type, dev, &m, ctx);
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

/* Here, as AS() may be used in one module only. */
#include "dma_sg.bpf.c"
