// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bounce pool by function probes: slots taken, refused and given back. Four layouts of
 * swiotlb_tbl_map_single() exist (a table address first until 5.9, alloc_size until 6.9,
 * alloc_align_mask from 5.17), so its arguments come from the layout.
 */
#include "lib/bounce_request.h"
#include "lib/probe.h"

enum { B_DEV, B_PHYS, B_SIZE, B_DIR, B_ATTRS, B_ALIGN };

static __always_inline void bounce_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_SWIOTLB_MAP;

	in->arg[B_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[B_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
	in->arg[B_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[B_DIR] = (u32)arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[B_ATTRS] = arg_of(ctx, hook, DMS_ARG_ATTRS);
	in->arg[B_ALIGN] = (u32)arg_of(ctx, hook, DMS_ARG_ALIGN);
}

static __always_inline void inner_slot(u64 dev, u64 phys, u64 slot)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in)
		return;
	in->dev = dev;
	in->phys = phys;
	in->slot = slot;
	in->kind = slot == DMS_DMA_ERROR ? DMS_INNER_NO_SLOT : DMS_INNER_SLOT;
}

static __always_inline int bounce_done(probe_ctx *ctx, struct inflight *in, u64 slot,
				       struct dms_counts *c)
{
	struct device *dev = (struct device *)in->arg[B_DEV];
	u64 key = dev_key(dev);
	struct dms_event *e;

	inner_slot(key, in->arg[B_PHYS], slot);
	devstate_once(DMS_HOOK_SWIOTLB_MAP, dev, key);
	if (!dev_wanted(key) || in->arg[B_SIZE] < config.min_size) {
		count(c, filtered);
		return 0;
	}
	if (!(config.flags & DMS_CFG_STREAM) && slot != DMS_DMA_ERROR) {
		count(c, delivered);
		return 0;
	}
	e = event_reserve(c, DMS_HOOK_SWIOTLB_MAP, DMS_EV_BOUNCE);
	if (!e)
		return 0;
	e->dev = key;
	e->phys = in->arg[B_PHYS];
	e->size = in->arg[B_SIZE];
	e->aux = slot;
	e->dir = in->arg[B_DIR];
	e->attrs = in->arg[B_ATTRS];
	e->ret = in->arg[B_ALIGN];
	e->path = slot == DMS_DMA_ERROR ? DMS_PATH_FAILED : DMS_PATH_BOUNCED;
	event_submit(c, e);
	return 0;
}
PROBE_PAIR(swiotlb_map, DMS_HOOK_SWIOTLB_MAP, bounce_args, bounce_done)

/* swiotlb_tbl_unmap_single, from 6.11 on __swiotlb_tbl_unmap_single (the first became inline) */
static __always_inline int unbounce(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_SWIOTLB_UNMAP;
	u64 key = dev_key((struct device *)arg_of(ctx, hook, DMS_ARG_DEV));
	u64 size = arg_of(ctx, hook, DMS_ARG_SIZE);
	struct dms_event *e;

	if (!dev_wanted(key) || size < config.min_size) {
		count(c, filtered);
		return 0;
	}
	if (!(config.flags & DMS_CFG_STREAM)) {
		count(c, delivered);
		return 0;
	}
	e = event_reserve(c, hook, DMS_EV_UNBOUNCE);
	if (!e)
		return 0;
	e->dev = key;
	e->size = size;
	e->aux = arg_of(ctx, hook, DMS_ARG_SLOT);
	e->dir = arg_of(ctx, hook, DMS_ARG_DIR);
	e->attrs = arg_of(ctx, hook, DMS_ARG_ATTRS);
	e->path = DMS_PATH_BOUNCED;
	event_submit(c, e);
	return 0;
}
PROBE_ENTRY(swiotlb_unmap, DMS_HOOK_SWIOTLB_UNMAP, unbounce)

#ifndef DMS_FENTRY
SEC("?raw_tp/swiotlb_bounced")
int rtp_swiotlb_bounced(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return bounce_request(ctx, (struct device *)ctx[0]);
}
#endif /* DMS_FENTRY */
