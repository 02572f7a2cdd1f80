// SPDX-License-Identifier: GPL-2.0
/*
 * The generic DMA layer by kprobe: for kernels without the dma:* trace events (before 6.12).
 * One record for each mapping, at the return, when the way it took is known. Only the layer
 * that every driver calls lives here; what is below it has files of its own.
 */
#include "lib/inflight.h"

#include <bpf/bpf_tracing.h>

enum { M_DEV, M_PHYS, M_SIZE, M_DIR, M_ATTRS, M_KNOWN };

/* dma_map_page_attrs(dev, page, offset, size, dir, attrs), dma_map_phys(dev, phys, size, ...) */
static __always_inline void mapping_args(struct pt_regs *ctx, u32 hook, struct inflight *in)
{
	u64 phys = 0;

	in->arg[M_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[M_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[M_DIR] = arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[M_ATTRS] = arg_of(ctx, hook, DMS_ARG_ATTRS);
	if (has_arg(hook, DMS_ARG_PHYS)) {
		in->arg[M_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
		in->arg[M_KNOWN] = 1;
		return;
	}
	in->arg[M_KNOWN] = page_phys(arg_of(ctx, hook, DMS_ARG_PAGE),
				     arg_of(ctx, hook, DMS_ARG_OFFSET), &phys);
	in->arg[M_PHYS] = phys;
}

SEC("?kprobe")
int kp_dma_map(struct pt_regs *ctx)
{
	struct inflight in = {};

	mapping_args(ctx, DMS_HOOK_MAP, &in);
	inflight_put(ctx, DMS_HOOK_MAP, &in);
	return 0;
}

SEC("?kretprobe")
int krp_dma_map(struct pt_regs *ctx)
{
	struct mapping m = { .sg_index = -1 };
	struct device *dev;
	struct inflight in;

	if (!inflight_take(ctx, DMS_HOOK_MAP, &in))
		return 0;
	dev = (struct device *)in.arg[M_DEV];
	m.dev = dev_key(dev);
	m.dma = regs_ret(ctx);
	m.phys = in.arg[M_PHYS];
	m.phys_known = in.arg[M_KNOWN];
	m.size = in.arg[M_SIZE];
	m.dir = in.arg[M_DIR];
	m.attrs = in.arg[M_ATTRS];
	devstate_once(DMS_HOOK_MAP, dev, m.dev);
	mapping_classify(dev, &m);
	mapping_report(counts_of(DMS_HOOK_MAP), DMS_HOOK_MAP, DMS_EV_MAP, &m, ctx);
	return 0;
}

/* dma_unmap_page_attrs(dev, addr, size, dir, attrs), dma_unmap_phys(the same) */
SEC("?kprobe")
int kp_dma_unmap(struct pt_regs *ctx)
{
	struct device *dev = (struct device *)arg_of(ctx, DMS_HOOK_UNMAP, DMS_ARG_DEV);
	struct dms_counts *c = hit(DMS_HOOK_UNMAP);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = arg_of(ctx, DMS_HOOK_UNMAP, DMS_ARG_DMA),
		.size = arg_of(ctx, DMS_HOOK_UNMAP, DMS_ARG_SIZE),
		.dir = arg_of(ctx, DMS_HOOK_UNMAP, DMS_ARG_DIR),
		.attrs = arg_of(ctx, DMS_HOOK_UNMAP, DMS_ARG_ATTRS),
		.sg_index = -1,
	};

	devstate_once(DMS_HOOK_UNMAP, dev, m.dev);
	mapping_classify(dev, &m);
	mapping_report(c, DMS_HOOK_UNMAP, DMS_EV_UNMAP, &m, ctx);
	return 0;
}

enum { A_DEV, A_SIZE, A_HANDLE, A_ATTRS };

/* dma_alloc_attrs(dev, size, dma_handle, flag, attrs) */
SEC("?kprobe")
int kp_dma_alloc(struct pt_regs *ctx)
{
	struct inflight in = {};

	in.arg[A_DEV] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_DEV);
	in.arg[A_SIZE] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_SIZE);
	in.arg[A_HANDLE] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_HANDLE_PTR);
	in.arg[A_ATTRS] = arg_of(ctx, DMS_HOOK_ALLOC, DMS_ARG_ATTRS);
	inflight_put(ctx, DMS_HOOK_ALLOC, &in);
	return 0;
}

SEC("?kretprobe")
int krp_dma_alloc(struct pt_regs *ctx)
{
	struct mapping m = { .sg_index = -1, .path = DMS_PATH_COHERENT };
	struct device *dev;
	struct inflight in;
	u64 virt = regs_ret(ctx);

	if (!inflight_take(ctx, DMS_HOOK_ALLOC, &in))
		return 0;
	dev = (struct device *)in.arg[A_DEV];
	m.dev = dev_key(dev);
	m.size = in.arg[A_SIZE];
	m.attrs = in.arg[A_ATTRS];
	if (!virt || bpf_probe_read_kernel(&m.dma, sizeof(m.dma), (void *)in.arg[A_HANDLE])) {
		m.dma = DMS_DMA_ERROR;
		m.path = DMS_PATH_FAILED;
	}
	if (!virt || !virt_phys(virt, &m.phys))
		m.flags |= DMS_FL_NO_PHYS;
	devstate_once(DMS_HOOK_ALLOC, dev, m.dev);
	mapping_report(counts_of(DMS_HOOK_ALLOC), DMS_HOOK_ALLOC, DMS_EV_ALLOC, &m, ctx);
	return 0;
}

/* dma_free_attrs(dev, size, cpu_addr, dma_handle, attrs) */
SEC("?kprobe")
int kp_dma_free(struct pt_regs *ctx)
{
	struct device *dev = (struct device *)arg_of(ctx, DMS_HOOK_FREE, DMS_ARG_DEV);
	struct dms_counts *c = hit(DMS_HOOK_FREE);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = arg_of(ctx, DMS_HOOK_FREE, DMS_ARG_DMA),
		.size = arg_of(ctx, DMS_HOOK_FREE, DMS_ARG_SIZE),
		.attrs = arg_of(ctx, DMS_HOOK_FREE, DMS_ARG_ATTRS),
		.sg_index = -1,
		.path = DMS_PATH_COHERENT,
		.flags = DMS_FL_NO_PHYS,
	};

	mapping_report(c, DMS_HOOK_FREE, DMS_EV_FREE, &m, ctx);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
