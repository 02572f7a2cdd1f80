// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The record of an inner hook that was left out since that of the whole call repeats it
 * (dms_event.also, bpf/lib/held.h), made anew.
 */
#include "state/internal.h"

static void of_slot(const struct dms_event *ev, uint16_t type, struct dms_event *out)
{
	out->type = type;
	out->dev = ev->dev;
	out->size = ev->size;
	out->aux = ev->aux;
	out->dir = ev->dir;
	out->attrs = ev->attrs;
	out->path = DMS_PATH_BOUNCED;
	if (type == DMS_EV_BOUNCE)
		out->phys = ev->phys;
}

/* Whole entries; no hook of theirs knows the device. */
static void of_tce(const struct dms_event *ev, uint16_t type, struct dms_event *out)
{
	uint64_t rest = (UINT64_C(1) << (ev->page_shift & 63)) - 1;

	out->type = type;
	out->dma = ev->dma & ~rest;
	out->size = ((ev->dma & rest) + ev->size + rest) & ~rest;
	out->liobn = ev->liobn;
	out->page_shift = ev->page_shift;
	if (type != DMS_EV_TCE_SET)
		return;
	out->phys = ev->phys & ~rest;
	out->dir = ev->dir;
}

bool state__also(const struct dms_event *ev, struct dms_event *out)
{
	bool maps = ev->type == DMS_EV_MAP;

	*out = (struct dms_event){
		.hook = ev->also, .cpu = ev->cpu, .ts = ev->ts, .pid = ev->pid,
	};
	if (!maps && ev->type != DMS_EV_UNMAP)
		return false;
	switch (ev->also) {
	case DMS_HOOK_SWIOTLB_MAP:
	case DMS_HOOK_SWIOTLB_UNMAP:
		of_slot(ev, maps ? DMS_EV_BOUNCE : DMS_EV_UNBOUNCE, out);
		return maps == (ev->also == DMS_HOOK_SWIOTLB_MAP);
	case DMS_HOOK_TCE_BUILD:
	case DMS_HOOK_TCE_BUILD_ONE:
		of_tce(ev, DMS_EV_TCE_SET, out);
		return maps;
	case DMS_HOOK_TCE_FREE:
	case DMS_HOOK_TCE_FREE_ONE:
		of_tce(ev, DMS_EV_TCE_CLEAR, out);
		return !maps;
	default:
		return false;
	}
}
