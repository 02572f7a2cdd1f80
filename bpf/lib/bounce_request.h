/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The body of swiotlb:swiotlb_bounced, for both tiers. The event fires at the top of
 * swiotlb_map(), before slots are searched: it counts attempts, and its address is the unbounced
 * one. (dev, dev_addr, size), to 5.17 with a fourth argument that is not looked at.
 */
#ifndef DMASCOPE_BPF_BOUNCE_REQUEST_H
#define DMASCOPE_BPF_BOUNCE_REQUEST_H

#include "lib/emit.h"

static __always_inline int bounce_request(unsigned long long *ctx, struct device *dev)
{
	struct dms_counts *c = hit(DMS_HOOK_SWIOTLB_BOUNCED);
	u64 key = dev_key(dev);
	struct dms_event *e;

	devstate_once(DMS_HOOK_SWIOTLB_BOUNCED, dev, key);
	if (!dev_wanted(key) || ctx[2] < config.min_size) {
		count(c, filtered);
		return 0;
	}
	if (!(config.flags & DMS_CFG_STREAM)) {
		count(c, delivered);
		return 0;
	}
	e = event_reserve(c, DMS_HOOK_SWIOTLB_BOUNCED, DMS_EV_BOUNCE_REQ);
	if (!e)
		return 0;
	e->dev = key;
	e->dma = ctx[1];
	e->size = ctx[2];
	event_submit(c, e);
	return 0;
}

#endif /* DMASCOPE_BPF_BOUNCE_REQUEST_H */
