// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter-gather lists by function probes, and by trace events where tp_btf cannot read lists
 * (before 6.2, or without BTF of the kernel).
 */
#include "lib/probe.h"
#include "lib/sg.h"

enum { S_DEV, S_LIST, S_NENTS, S_DIR, S_ATTRS };

#ifndef DMS_FENTRY
SEC("?raw_tp/dma_map_sg")
int rtp_dma_map_sg(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return sg_map_event(ctx);
}

SEC("?raw_tp/dma_unmap_sg")
int rtp_dma_unmap_sg(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	return sg_unmap_event(ctx);
}
#endif /* DMS_FENTRY */

/* A rejected list is reported as one failed mapping of its first element. */
static __always_inline int sg_failure(void *ctx, struct sg_walk *w)
{
	w->refused = true;
	w->exact = true;
	w->ents = 1;
	sg_prepare(ctx, w, DMS_HOOK_MAP_SG, DMS_EV_MAP);
	SG_NAME(sg_map)(0);
	return 0;
}

/* __dma_map_sg_attrs (5.15+), dma_map_sg_attrs: (dev, sg, nents, dir, attrs) */
static __always_inline void sg_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_MAP_SG;

	in->arg[S_DEV] = arg_number(ctx, hook, DMS_ARG_DEV);
	in->arg[S_LIST] = arg_number(ctx, hook, DMS_ARG_SG);
	in->arg[S_NENTS] = (u32)arg_of(ctx, hook, DMS_ARG_NENTS);
	in->arg[S_DIR] = (u32)arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[S_ATTRS] = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
}

static __always_inline int sg_done(probe_ctx *ctx, struct inflight *in, u64 ret,
				   struct dms_counts *c)
{
	struct sg_walk *w = sg_begin(DMS_HOOK_MAP_SG);
	int ents = ret;

	count(c, ignored);	/* the call; its elements are counted one by one */
	if (!w)
		return 0;
	w->dev = (struct device *)in->arg[S_DEV];
	w->sg = (struct scatterlist *)in->arg[S_LIST];
	w->dir = in->arg[S_DIR];
	w->attrs = in->arg[S_ATTRS];
	w->exact = ents == (int)in->arg[S_NENTS];
	w->ents = ents;
	/* refused: 0 before 5.15, -errno since */
	return ents > 0 ? sg_report(ctx, w, DMS_HOOK_MAP_SG, DMS_EV_MAP) : sg_failure(ctx, w);
}
PROBE_PAIR(dma_map_sg, DMS_HOOK_MAP_SG, sg_args, sg_done)

static __always_inline int unmap_sg(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_UNMAP_SG;
	struct sg_walk *w = sg_begin(hook);

	count(c, ignored);
	if (!w)
		return 0;
	w->dev = (struct device *)arg_number(ctx, hook, DMS_ARG_DEV);
	w->sg = (struct scatterlist *)arg_number(ctx, hook, DMS_ARG_SG);
	w->ents = arg_of(ctx, hook, DMS_ARG_NENTS);
	w->dir = arg_of(ctx, hook, DMS_ARG_DIR);
	w->attrs = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	return sg_report(ctx, w, hook, DMS_EV_UNMAP);
}
PROBE_ENTRY(dma_unmap_sg, DMS_HOOK_UNMAP_SG, unmap_sg)
