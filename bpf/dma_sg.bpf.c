// SPDX-License-Identifier: GPL-2.0
/*
 * Scatter-gather lists: one record per element, as the device sees them. The list is walked
 * here, up to SG_MAX elements; what is beyond is counted as failed. Both the trace events (6.12
 * and later) and the kprobes of older kernels use the same walk. It reads memory by helper, as
 * sg_next() follows chain pointers; the lockdown tier has only the first chunk of a list.
 */
#include "lib/inflight.h"

#include <bpf/bpf_tracing.h>

#define SG_MAX		128
#define SG_CHAIN	1UL
#define SG_END		2UL

enum { S_DEV, S_LIST, S_NENTS, S_DIR, S_ATTRS };

static __always_inline struct scatterlist *sg_after(struct scatterlist *sg, unsigned long link)
{
	if (link & SG_END)
		return NULL;
	sg = (void *)sg + bpf_core_type_size(struct scatterlist);
	link = RD(sg, page_link);
	if (link & SG_CHAIN)
		sg = (struct scatterlist *)(link & ~(SG_CHAIN | SG_END));
	return sg;
}

static __always_inline u32 sg_dma_length(const struct scatterlist *sg)
{
	/* without CONFIG_NEED_SG_DMA_LENGTH both lengths are one field */
	if (bpf_core_field_exists(sg->dma_length))
		return RD(sg, dma_length);
	return RD(sg, length);
}

struct sg_walk {
	const struct device *dev;
	struct scatterlist *sg;
	u64 dev_key;
	u32 hook;
	u32 ents;		/* elements to report */
	u32 attrs;
	u32 stack;
	u16 type;
	u8 dir;
	bool exact;		/* element i of the list is element i of the mapping */
};

/* One list at a time is walked per CPU and hook: the kernel does not let a program interrupt
 * itself. 2 x 40 bytes per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct sg_walk);
} sg_walks SEC(".maps");

/* Global, so that the verifier checks it once and not for each turn of the loop. */
__noinline int sg_element(u32 slot, u32 i)
{
	struct sg_walk *w = bpf_map_lookup_elem(&sg_walks, &slot);
	struct mapping m = {};
	struct scatterlist *sg;
	struct dms_counts *c;
	unsigned long link;

	if (!w || i >= w->ents || !w->sg)
		return 1;
	sg = w->sg;
	c = hit(w->hook);
	m.dev = w->dev_key;
	m.dir = w->dir;
	m.attrs = w->attrs;
	m.sg_index = i;
	m.stack = w->stack;
	m.dma = RD(sg, dma_address);
	m.size = sg_dma_length(sg);
	link = RD(sg, page_link);
	if (w->exact)
		m.phys_known = page_phys(link & ~(SG_CHAIN | SG_END), RD(sg, offset), &m.phys);
	mapping_classify(w->dev, &m);
	mapping_report(c, w->hook, w->type, &m, NULL);
	w->sg = sg_after(sg, link);
	return 0;
}

static __always_inline int sg_report(void *ctx, const struct sg_walk *walk)
{
	u32 slot = walk->hook == DMS_HOOK_UNMAP_SG;
	struct sg_walk *w = bpf_map_lookup_elem(&sg_walks, &slot);
	struct dms_counts *c;

	if (!w)
		return 0;
	*w = *walk;
	w->dev_key = dev_key(w->dev);
	devstate_once(w->hook, w->dev, w->dev_key);
	if (w->type == DMS_EV_MAP)	/* one for the list; its paths are not known yet */
		w->stack = stack_for(ctx, w->hook, w->dev_key, DMS_PATH_UNKNOWN, w->dir);
	for (u32 i = 0; i < SG_MAX; i++)
		if (sg_element(slot, i))
			return 0;
	if (walk->ents > SG_MAX) {
		c = counts_of(walk->hook);
		if (c) {
			c->hits += walk->ents - SG_MAX;
			c->failed += walk->ents - SG_MAX;
		}
	}
	return 0;
}

static __always_inline void sg_failure(void *ctx, const struct device *dev, struct scatterlist *sg,
				       u32 nents, u8 dir, u32 attrs)
{
	struct dms_counts *c = hit(DMS_HOOK_MAP_SG);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = DMS_DMA_ERROR,
		.size = RD(sg, length),
		.dir = dir,
		.attrs = attrs,
		.sg_index = 0,
	};

	m.phys_known = page_phys(RD(sg, page_link) & ~(SG_CHAIN | SG_END), RD(sg, offset), &m.phys);
	devstate_once(DMS_HOOK_MAP_SG, dev, m.dev);
	mapping_classify(dev, &m);
	mapping_report(c, DMS_HOOK_MAP_SG, DMS_EV_MAP, &m, ctx);
}

/* (dev, sgl, nents, ents, dir, attrs) */
SEC("?raw_tp/dma_map_sg")
int rtp_dma_map_sg(unsigned long long *ctx)
{
	struct sg_walk w = {
		.dev = (const struct device *)ctx[0],
		.sg = (struct scatterlist *)ctx[1],
		.hook = DMS_HOOK_MAP_SG,
		.type = DMS_EV_MAP,
		.ents = ctx[3],
		.exact = ctx[2] == ctx[3],
		.dir = ctx[4],
		.attrs = ctx[5],
	};

	return sg_report(ctx, &w);
}

/* 6.13+: (dev, sgl, nents, err, dir, attrs) */
SEC("?raw_tp/dma_map_sg_err")
int rtp_dma_map_sg_err(unsigned long long *ctx)
{
	sg_failure(ctx, (const struct device *)ctx[0], (struct scatterlist *)ctx[1], ctx[2], ctx[4],
		   ctx[5]);
	return 0;
}

/* (dev, sgl, nents, dir, attrs); the mapped count is not known, so lengths of 0 end the list */
SEC("?raw_tp/dma_unmap_sg")
int rtp_dma_unmap_sg(unsigned long long *ctx)
{
	struct sg_walk w = {
		.dev = (const struct device *)ctx[0],
		.sg = (struct scatterlist *)ctx[1],
		.hook = DMS_HOOK_UNMAP_SG,
		.type = DMS_EV_UNMAP,
		.ents = ctx[2],
		.dir = ctx[3],
		.attrs = ctx[4],
	};

	return sg_report(ctx, &w);
}

/* __dma_map_sg_attrs (5.15+), dma_map_sg_attrs: (dev, sg, nents, dir, attrs) */
SEC("?kprobe")
int kp_dma_map_sg(struct pt_regs *ctx)
{
	struct inflight in = {};

	in.arg[S_DEV] = arg_of(ctx, DMS_HOOK_MAP_SG, DMS_ARG_DEV);
	in.arg[S_LIST] = arg_of(ctx, DMS_HOOK_MAP_SG, DMS_ARG_SG);
	in.arg[S_NENTS] = arg_of(ctx, DMS_HOOK_MAP_SG, DMS_ARG_NENTS);
	in.arg[S_DIR] = arg_of(ctx, DMS_HOOK_MAP_SG, DMS_ARG_DIR);
	in.arg[S_ATTRS] = arg_of(ctx, DMS_HOOK_MAP_SG, DMS_ARG_ATTRS);
	inflight_put(ctx, DMS_HOOK_MAP_SG, &in);
	return 0;
}

SEC("?kretprobe")
int krp_dma_map_sg(struct pt_regs *ctx)
{
	struct sg_walk w = { .hook = DMS_HOOK_MAP_SG, .type = DMS_EV_MAP };
	struct dms_counts *c = counts_of(DMS_HOOK_MAP_SG);
	int ents = regs_ret(ctx);
	struct inflight in;

	if (!inflight_take(ctx, DMS_HOOK_MAP_SG, &in))
		return 0;
	count(c, ignored);	/* the call; its elements are counted one by one */
	w.dev = (const struct device *)in.arg[S_DEV];
	w.sg = (struct scatterlist *)in.arg[S_LIST];
	w.dir = in.arg[S_DIR];
	w.attrs = in.arg[S_ATTRS];
	w.ents = ents;
	w.exact = ents == (int)in.arg[S_NENTS];
	if (ents <= 0) {	/* 0 before 5.15, -errno since */
		sg_failure(ctx, w.dev, w.sg, in.arg[S_NENTS], w.dir, w.attrs);
		return 0;
	}
	return sg_report(ctx, &w);
}

SEC("?kprobe")
int kp_dma_unmap_sg(struct pt_regs *ctx)
{
	struct sg_walk w = {
		.dev = (const struct device *)arg_of(ctx, DMS_HOOK_UNMAP_SG, DMS_ARG_DEV),
		.sg = (struct scatterlist *)arg_of(ctx, DMS_HOOK_UNMAP_SG, DMS_ARG_SG),
		.hook = DMS_HOOK_UNMAP_SG,
		.type = DMS_EV_UNMAP,
		.ents = arg_of(ctx, DMS_HOOK_UNMAP_SG, DMS_ARG_NENTS),
		.dir = arg_of(ctx, DMS_HOOK_UNMAP_SG, DMS_ARG_DIR),
		.attrs = arg_of(ctx, DMS_HOOK_UNMAP_SG, DMS_ARG_ATTRS),
	};

	return sg_report(ctx, &w);
}

char LICENSE[] SEC("license") = "GPL";
