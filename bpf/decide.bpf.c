// SPDX-License-Identifier: GPL-2.0-only
/*
 * The causes of a device's path: requested masks, the platform's verdict on them, granted windows,
 * devices coming and going. Rare events, never filtered; each is followed by the device's state.
 */
#include "lib/probe.h"

enum { D_DEV, D_MASK };

static __always_inline void decide_args(probe_ctx *ctx, u32 hook, struct inflight *in)
{
	if (has_arg(hook, DMS_ARG_PDEV)) {
		u64 pdev = arg_number(ctx, hook, DMS_ARG_PDEV);

		in->arg[D_DEV] = pdev + bpf_core_field_offset(struct pci_dev, dev);
	} else {
		in->arg[D_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	}
	in->arg[D_MASK] = arg_of(ctx, hook, DMS_ARG_MASK);
}

static __always_inline int decide_done(struct inflight *in, struct dms_counts *c, u32 hook,
				       u16 type, u8 flags, s64 ret)
{
	struct device *dev = (struct device *)in->arg[D_DEV];
	u64 key = dev_key(dev);
	struct dms_event *e;

	__sync_fetch_and_add(&values.observing, 1);
	e = event_reserve(c, hook, type);
	if (!e)
		return 0;
	e->dev = key;
	e->aux = in->arg[D_MASK];
	e->ret = ret;
	e->flags = flags;
	event_submit(c, e);
	if (devstate_send(hook, dev, key))
		devstate_again(key);
	return 0;
}

/* One pair of programs for a function that judges a mask. */
#define DECISION(name, hook, type, flags, cast)						\
static __always_inline void name##_args(probe_ctx *ctx, struct inflight *in)		\
{											\
	decide_args(ctx, hook, in);							\
}											\
static __always_inline int name##_done(probe_ctx *ctx, struct inflight *in, u64 ret,	\
				       struct dms_counts *c)				\
{											\
	return decide_done(in, c, hook, type, flags, (cast)ret);			\
}											\
PROBE_PAIR(name, hook, name##_args, name##_done)

DECISION(set_mask, DMS_HOOK_SET_MASK, DMS_EV_MASK, 0, int)
DECISION(set_coherent_mask, DMS_HOOK_SET_COHERENT_MASK, DMS_EV_MASK, DMS_FL_COHERENT_MASK, int)
DECISION(dma_supported, DMS_HOOK_DMA_SUPPORTED, DMS_EV_DECIDE, 0, int)
DECISION(bypass, DMS_HOOK_BYPASS, DMS_EV_BYPASS, 0, u8)

/* Only devices that can do DMA; every other kobject passes here too. */
static __always_inline int device_event(struct dms_counts *c, u32 hook, u16 type,
					struct device *dev)
{
	struct dms_event *e;
	u64 key;

	if (!dev || !RD(dev, dma_mask)) {
		count(c, ignored);
		return 0;
	}
	key = dev_key(dev);
	e = event_reserve(c, hook, type);
	if (!e)
		return 0;
	e->dev = key;
	event_submit(c, e);
	if (type == DMS_EV_DEVICE_DEL)
		devstate_again(key);
	return 0;
}

static __always_inline int device_del(probe_ctx *ctx, struct dms_counts *c)
{
	return device_event(c, DMS_HOOK_DEVICE_DEL, DMS_EV_DEVICE_DEL,
			    (struct device *)arg_of(ctx, DMS_HOOK_DEVICE_DEL, DMS_ARG_DEV));
}
PROBE_ENTRY(device_del, DMS_HOOK_DEVICE_DEL, device_del)

/* device_add() is done when it notifies its bus; bus_probe_device(dev) comes right after. */
static __always_inline int device_add(probe_ctx *ctx, struct dms_counts *c)
{
	return device_event(c, DMS_HOOK_DEVICE_ADD, DMS_EV_DEVICE_ADD,
			    (struct device *)arg_of(ctx, DMS_HOOK_DEVICE_ADD, DMS_ARG_DEV));
}
PROBE_ENTRY(device_add, DMS_HOOK_DEVICE_ADD, device_add)
