// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic DMA layer by function probes: for kernels without the dma:* trace events (before
 * 6.12). One record for each mapping, at the return, when its path is known. Only the
 * layer that every driver calls lives here; what is below it has files of its own.
 */
#include "lib/probe.h"

enum { M_DEV, M_PHYS, M_SIZE, M_DIR, M_ATTRS, M_KNOWN };

/* dma_map_page_attrs(dev, page, offset, size, dir, attrs), dma_map_phys(dev, phys, size, ...) */
static __always_inline void map_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_MAP;
	u64 phys = 0;

	in->arg[M_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[M_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[M_DIR] = (u32)arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[M_ATTRS] = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	if (has_arg(hook, DMS_ARG_PHYS)) {
		in->arg[M_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
		in->arg[M_KNOWN] = 1;
		return;
	}
	in->arg[M_KNOWN] = page_phys(arg_number(ctx, hook, DMS_ARG_PAGE),
				     arg_of(ctx, hook, DMS_ARG_OFFSET), &phys);
	in->arg[M_PHYS] = phys;
}

static __always_inline int map_done(probe_ctx *ctx, struct inflight *in, u64 ret,
				    struct dms_counts *c)
{
	struct device *dev = (struct device *)in->arg[M_DEV];
	struct obs o = obs_of(c, DMS_HOOK_MAP, DMS_EV_MAP, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = ret,
		.phys = in->arg[M_PHYS],
		.phys_known = in->arg[M_KNOWN],
		.size = in->arg[M_SIZE],
		.dir = in->arg[M_DIR],
		.attrs = in->arg[M_ATTRS],
		.sg_index = -1,
	};

	device_announce(&o, m.dev);
	mapping_observe(&o, &m);
	return 0;
}
PROBE_PAIR(dma_map, DMS_HOOK_MAP, map_args, map_done)

/* dma_unmap_page_attrs(dev, addr, size, dir, attrs), dma_unmap_phys(the same) */
static __always_inline int unmap(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_UNMAP;
	struct device *dev = (struct device *)arg_of(ctx, hook, DMS_ARG_DEV);
	struct obs o = obs_of(c, hook, DMS_EV_UNMAP, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = arg_of(ctx, hook, DMS_ARG_DMA),
		.size = arg_of(ctx, hook, DMS_ARG_SIZE),
		.dir = arg_of(ctx, hook, DMS_ARG_DIR),
		.attrs = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS)),
		.sg_index = -1,
		.ends = values.vmemmap || has_arg(DMS_HOOK_MAP, DMS_ARG_PHYS),
	};

	device_announce(&o, m.dev);
	mapping_observe(&o, &m);
	return 0;
}
PROBE_ENTRY(dma_unmap, DMS_HOOK_UNMAP, unmap)

enum { A_DEV, A_SIZE, A_HANDLE, A_ATTRS };

/* dma_alloc_attrs(dev, size, dma_handle, flag, attrs) */
static __always_inline void alloc_args(probe_ctx *ctx, struct inflight *in)
{
	in->arg[A_DEV] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_DEV);
	in->arg[A_SIZE] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_SIZE);
	in->arg[A_HANDLE] = arg_number(ctx, DMS_HOOK_ALLOC, DMS_ARG_HANDLE_PTR);
	in->arg[A_ATTRS] = dms_attrs(arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_ATTRS));
}

static __always_inline int alloc_done(probe_ctx *ctx, struct inflight *in, u64 virt,
				      struct dms_counts *c)
{
	struct device *dev = (struct device *)in->arg[A_DEV];
	struct obs o = obs_of(c, DMS_HOOK_ALLOC, DMS_EV_ALLOC, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.size = in->arg[A_SIZE],
		.attrs = in->arg[A_ATTRS],
		.sg_index = -1,
		.path = DMS_PATH_COHERENT,
	};

	if (!virt || bpf_probe_read_kernel(&m.dma, sizeof(m.dma), (void *)in->arg[A_HANDLE])) {
		m.dma = DMS_DMA_ERROR;
		m.path = DMS_PATH_FAILED;
	}
	if (!virt || !virt_phys(virt, &m.phys))
		m.flags |= DMS_FL_NO_PHYS;
	inner_alloc(&m);
	mapping_observe_as(&o, &m);
	return 0;
}
PROBE_PAIR(dma_alloc, DMS_HOOK_ALLOC, alloc_args, alloc_done)

/* dma_free_attrs(dev, size, cpu_addr, dma_handle, attrs) */
static __always_inline int free_coherent(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_FREE;
	struct device *dev = (struct device *)arg_of(ctx, hook, DMS_ARG_DEV);
	struct obs o = obs_of(c, hook, DMS_EV_FREE, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = arg_of(ctx, hook, DMS_ARG_DMA),
		.size = arg_of(ctx, hook, DMS_ARG_SIZE),
		.attrs = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS)),
		.sg_index = -1,
		.path = DMS_PATH_COHERENT,
		.flags = DMS_FL_NO_PHYS,
	};

	mapping_observe_as(&o, &m);
	return 0;
}
PROBE_ENTRY(dma_free, DMS_HOOK_FREE, free_coherent)
