// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bounce pool by function probes: slots taken, refused and released. Four layouts of
 * swiotlb_tbl_map_single() exist (a table address first until 5.9, alloc_size until 6.9,
 * alloc_align_mask from 5.17), so its arguments come from the layout.
 */
#include "lib/probe.h"

enum { B_DEV, B_PHYS, B_SIZE, B_DIR, B_ATTRS, B_ALIGN };

static __always_inline void bounce_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_SWIOTLB_MAP;

	in->arg[B_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[B_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
	in->arg[B_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[B_DIR] = (u32)arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[B_ATTRS] = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	in->arg[B_ALIGN] = (u32)arg_of(ctx, hook, DMS_ARG_ALIGN);
}

static __always_inline void inner_put(struct device *device, u64 dev, u64 phys, u64 slot)
{
	struct inner_slot of_iommu = { .slot = slot };
	struct inner_key key = { .dev = dev, .phys = phys };
	struct inner *in;
	u32 zero = 0;

	if (slot != DMS_DMA_ERROR && arg_dev_uses_dma_iommu(device)) {
		of_iommu.ts = bpf_ktime_get_ns();
		bpf_map_update_elem(&inner_slots, &key, &of_iommu, BPF_ANY);
		return;
	}
	in = bpf_map_lookup_elem(&inner, &zero);
	if (!in)
		return;
	in->dev = dev;
	in->phys = phys;
	in->slot = slot;
	in->kind = slot == DMS_DMA_ERROR ? DMS_INNER_NO_SLOT : DMS_INNER_SLOT;
}

static __always_inline void bounce_fill(struct dms_event *e, const struct inflight *in, u64 slot)
{
	e->phys = in->arg[B_PHYS];
	e->aux = slot;
	e->dir = in->arg[B_DIR];
	e->attrs = in->arg[B_ATTRS];
	e->ret = in->arg[B_ALIGN];
	e->path = slot == DMS_DMA_ERROR ? DMS_PATH_FAILED : DMS_PATH_BOUNCED;
}

/* Held for the mapping's record. Inside dma-iommu the slot has an address of its own. */
static __always_inline bool bounce_held(struct device *dev, u64 key, const struct inflight *in,
					u64 slot, struct dms_counts *c)
{
	struct dms_held *h;

	if (slot == DMS_DMA_ERROR || in->arg[B_ALIGN] || arg_dev_uses_dma_iommu(dev))
		return false;
	h = held_begin(DMS_CFG_HOLD_MAP, DMS_HOOK_SWIOTLB_MAP, DMS_EV_BOUNCE);
	if (!h)
		return false;
	h->event.dev = key;
	h->event.size = in->arg[B_SIZE];
	bounce_fill(&h->event, in, slot);
	held_keep(c, h);
	return true;
}

static __always_inline int bounce_done(probe_ctx *ctx, struct inflight *in, u64 slot,
				       struct dms_counts *c)
{
	struct device *dev = (struct device *)in->arg[B_DEV];
	u64 key = arg_dev_key(dev);
	struct dms_event *e;

	if (bounce_held(dev, key, in, slot, c))
		return 0;
	inner_put(dev, key, in->arg[B_PHYS], slot);
	devstate_once(DMS_HOOK_SWIOTLB_MAP, dev, key);
	e = event_reserve_wanted(c, DMS_HOOK_SWIOTLB_MAP, DMS_EV_BOUNCE, key, in->arg[B_SIZE],
				 slot == DMS_DMA_ERROR);
	if (!e)
		return 0;
	bounce_fill(e, in, slot);
	event_submit(c, e);
	return 0;
}
PROBE_PAIR(swiotlb_map, DMS_HOOK_SWIOTLB_MAP, bounce_args, bounce_done)

/* swiotlb_tbl_unmap_single, from 6.11 on __swiotlb_tbl_unmap_single (the first became inline) */
static __always_inline void unbounce_fill(struct dms_event *e, probe_ctx *ctx)
{
	const u32 hook = DMS_HOOK_SWIOTLB_UNMAP;

	e->aux = arg_of(ctx, hook, DMS_ARG_SLOT);
	e->dir = arg_of(ctx, hook, DMS_ARG_DIR);
	e->attrs = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	e->path = DMS_PATH_BOUNCED;
}

static __always_inline int unbounce(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_SWIOTLB_UNMAP;
	u64 key = arg_dev_key((struct device *)arg_of(ctx, hook, DMS_ARG_DEV));
	struct dms_held *h = held_begin(DMS_CFG_HOLD_UNMAP, hook, DMS_EV_UNBOUNCE);
	struct dms_event *e;

	if (h) {
		h->event.dev = key;
		h->event.size = arg_of(ctx, hook, DMS_ARG_SIZE);
		unbounce_fill(&h->event, ctx);
		held_keep(c, h);
		return 0;
	}
	e = event_reserve_wanted(c, hook, DMS_EV_UNBOUNCE, key, arg_of(ctx, hook, DMS_ARG_SIZE),
				 false);
	if (!e)
		return 0;
	unbounce_fill(e, ctx);
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
