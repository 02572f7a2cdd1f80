// SPDX-License-Identifier: GPL-2.0
/*
 * Why a device got its path: masks asked for, how the platform judged them, windows granted,
 * devices coming and going. Rare events, never filtered; each is followed by the device's state.
 */
#include "lib/inflight.h"

#include <bpf/bpf_tracing.h>

enum { D_DEV, D_MASK };

static __always_inline int decide_entry(struct pt_regs *ctx, u32 hook)
{
	struct inflight in = {};

	if (has_arg(hook, DMS_ARG_PDEV)) {
		struct pci_dev *pdev = (void *)arg_of(ctx, hook, DMS_ARG_PDEV);

		in.arg[D_DEV] = (u64)pdev + bpf_core_field_offset(struct pci_dev, dev);
	} else {
		in.arg[D_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	}
	in.arg[D_MASK] = arg_of(ctx, hook, DMS_ARG_MASK);
	inflight_put(ctx, hook, &in);
	return 0;
}

static __always_inline int decide_return(struct pt_regs *ctx, u32 hook, u16 type, u8 flags,
					 s64 ret)
{
	struct device *dev;
	struct dms_event *e;
	struct inflight in;
	u64 key;

	if (!inflight_take(ctx, hook, &in))
		return 0;
	dev = (struct device *)in.arg[D_DEV];
	e = event_reserve(counts_of(hook), hook, type);
	if (!e)
		return 0;
	e->dev = dev_key(dev);
	e->aux = in.arg[D_MASK];
	e->ret = ret;
	e->flags = flags;
	event_submit(counts_of(hook), e);
	key = dev_key(dev);
	if (devstate_send(hook, dev, key))
		bpf_map_delete_elem(&seen, &key);	/* the next event tries again */
	return 0;
}

SEC("?kprobe")
int kp_set_mask(struct pt_regs *ctx)
{
	return decide_entry(ctx, DMS_HOOK_SET_MASK);
}

SEC("?kretprobe")
int krp_set_mask(struct pt_regs *ctx)
{
	return decide_return(ctx, DMS_HOOK_SET_MASK, DMS_EV_MASK, 0, (int)regs_ret(ctx));
}

SEC("?kprobe")
int kp_set_coherent_mask(struct pt_regs *ctx)
{
	return decide_entry(ctx, DMS_HOOK_SET_COHERENT_MASK);
}

SEC("?kretprobe")
int krp_set_coherent_mask(struct pt_regs *ctx)
{
	return decide_return(ctx, DMS_HOOK_SET_COHERENT_MASK, DMS_EV_MASK, DMS_FL_COHERENT_MASK,
			     (int)regs_ret(ctx));
}

SEC("?kprobe")
int kp_dma_supported(struct pt_regs *ctx)
{
	return decide_entry(ctx, DMS_HOOK_DMA_SUPPORTED);
}

SEC("?kretprobe")
int krp_dma_supported(struct pt_regs *ctx)
{
	return decide_return(ctx, DMS_HOOK_DMA_SUPPORTED, DMS_EV_DECIDE, 0, (int)regs_ret(ctx));
}

SEC("?kprobe")
int kp_bypass(struct pt_regs *ctx)
{
	return decide_entry(ctx, DMS_HOOK_BYPASS);
}

SEC("?kretprobe")
int krp_bypass(struct pt_regs *ctx)
{
	return decide_return(ctx, DMS_HOOK_BYPASS, DMS_EV_BYPASS, 0, regs_ret(ctx) & 0xff);
}

/* Only devices that can do DMA; every other kobject passes here too. */
static __always_inline int device_event(struct pt_regs *ctx, u32 hook, u16 type,
					struct device *dev)
{
	struct dms_counts *c = hit(hook);
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
		bpf_map_delete_elem(&seen, &key);
	return 0;
}

SEC("?kprobe")
int kp_device_del(struct pt_regs *ctx)
{
	return device_event(ctx, DMS_HOOK_DEVICE_DEL, DMS_EV_DEVICE_DEL,
			    (struct device *)arg_of(ctx, DMS_HOOK_DEVICE_DEL, DMS_ARG_DEV));
}

/* device_add() is done when it notifies its bus; bus_probe_device(dev) comes right after. */
SEC("?kprobe")
int kp_device_add(struct pt_regs *ctx)
{
	return device_event(ctx, DMS_HOOK_DEVICE_ADD, DMS_EV_DEVICE_ADD,
			    (struct device *)arg_of(ctx, DMS_HOOK_DEVICE_ADD, DMS_ARG_DEV));
}

char LICENSE[] SEC("license") = "GPL";
