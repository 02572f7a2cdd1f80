/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scatter-gather lists: one record for each element, as the device sees them. A list is walked up
 * to SG_MAX elements; the rest is counted as failed. The trace events (6.12 and later) and the
 * kprobes of older kernels use the same walk. It is built twice: with helpers that read memory,
 * and (DMS_DIRECT) without, which also runs under lockdown=confidentiality.
 */
#ifndef DMASCOPE_BPF_SG_H
#define DMASCOPE_BPF_SG_H

#include "lib/observe.h"

#ifdef DMS_DIRECT
#define SG_NAME(name)	name##_direct
#else
#define SG_NAME(name)	name
#endif

#define SG_MAX		128
#define SG_EACH		16	/* elements of a block: two short loops, as each turn is verified */
#define SG_CHAIN	1UL
#define SG_END		2UL

static __always_inline struct scatterlist *sg_after(struct scatterlist *sg, unsigned long link)
{
	if (link & SG_END)
		return NULL;
	sg = AS(struct scatterlist, (void *)sg + bpf_core_type_size(struct scatterlist));
	link = RD(sg, page_link);
	if (link & SG_CHAIN)
		sg = (struct scatterlist *)(link & ~(SG_CHAIN | SG_END));
	return sg;
}

static __always_inline u32 sg_dma_length(struct scatterlist *sg)
{
	/* without CONFIG_NEED_SG_DMA_LENGTH both lengths are one field */
	if (bpf_core_field_exists(sg->dma_length))
		return RD(sg, dma_length);
	return RD(sg, length);
}

struct sg_walk {
	struct device *dev;
	struct scatterlist *sg;
	u64 dev_key;
	u32 ents;		/* elements to report */
	u32 attrs;
	u32 stack;
	u8 dir;
	bool refused;		/* nothing was mapped */
	bool exact;		/* element i of the list is element i of the mapping */
	struct mapping m;	/* of the element: on the stack, each way through what fills it
				   would be verified to the end */
};

/* One list at a time is walked per CPU and hook: the kernel does not let these programs interrupt
 * themselves (counts_at()). 2 x 104 bytes per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct sg_walk);
} sg_walks __weak SEC(".maps");

static __always_inline int sg_element(u32 hook, u16 type, u32 i)
{
	u32 slot = hook == DMS_HOOK_UNMAP_SG;
	struct sg_walk *w = bpf_map_lookup_elem(&sg_walks, &slot);
	struct scatterlist *sg;
	struct mapping *m;
	unsigned long link;
	struct obs o;

	if (!w || i >= w->ents || !w->sg)
		return 1;
	sg = AS(struct scatterlist, w->sg);
	m = &w->m;
	__builtin_memset(m, 0, sizeof(*m));
	m->dev = w->dev_key;
	m->dir = w->dir;
	m->attrs = w->attrs;
	m->sg_index = i;
	m->stack = w->stack;
	m->ends = type == DMS_EV_UNMAP && values.vmemmap;
	m->dma = w->refused ? DMS_DMA_ERROR : RD(sg, dma_address);
	m->size = w->refused ? RD(sg, length) : sg_dma_length(sg);
	link = RD(sg, page_link);
	if (w->exact)
		m->phys_known = page_phys(link & ~(SG_CHAIN | SG_END), RD(sg, offset), &m->phys);
	/* joined elements leave the rest of the list empty: dma_map_sg(), core-api/dma-api.rst */
	if (type == DMS_EV_UNMAP && !m->size)
		return 1;
	o = obs_begin(hook, type, AS(struct device, w->dev), NULL);
	mapping_observe(&o, m);
	w->sg = sg_after(sg, link);
	return 0;
}

/*
 * Global, so that the verifier checks each once and not for each turn of a loop; weak, as this
 * header is in two modules. Two of each, as the half that only maps need is not checked for unmaps.
 */
#define SG_WALK(map, hook, type)						\
__weak __noinline int SG_NAME(sg_##map)(u32 i)					\
{										\
	return sg_element(hook, type, i);					\
}										\
__weak __noinline int SG_NAME(sg_##map##_block)(u32 first)			\
{										\
	for (u32 i = 0; i < SG_EACH; i++)					\
		if (SG_NAME(sg_##map)(first + i))				\
			return 1;						\
	return 0;								\
}
SG_WALK(map, DMS_HOOK_MAP_SG, DMS_EV_MAP)
SG_WALK(unmap, DMS_HOOK_UNMAP_SG, DMS_EV_UNMAP)

/* The walk of this CPU for a hook, empty; it lies in a map, as the stack is too small for it. */
static __always_inline struct sg_walk *sg_begin(u32 hook)
{
	u32 slot = hook == DMS_HOOK_UNMAP_SG;
	struct sg_walk *w = bpf_map_lookup_elem(&sg_walks, &slot);

	if (!w)
		return NULL;
	__builtin_memset(w, 0, sizeof(*w));
	return w;
}

static __always_inline void sg_prepare(void *ctx, struct sg_walk *w, u32 hook, u16 type)
{
	struct obs o = obs_of(NULL, hook, type, AS(struct device, w->dev), ctx);

	w->dev_key = dev_key(o.dev);
	device_announce(&o, w->dev_key);
	if (type == DMS_EV_MAP)		/* one for the list; its paths are not known yet */
		w->stack = stack_for(ctx, hook, w->dev_key,
				     w->refused ? DMS_PATH_FAILED : DMS_PATH_UNKNOWN, w->dir);
}

static __always_inline int sg_report(void *ctx, struct sg_walk *w, u32 hook, u16 type)
{
	struct dms_counts *c;

	sg_prepare(ctx, w, hook, type);
	for (u32 i = 0; i < SG_MAX; i += SG_EACH)
		if (type == DMS_EV_MAP ? SG_NAME(sg_map_block)(i) : SG_NAME(sg_unmap_block)(i))
			return 0;
	if (w->ents > SG_MAX) {
		c = counts_of(hook);
		if (c) {
			c->hits += w->ents - SG_MAX;
			c->failed += w->ents - SG_MAX;
		}
	}
	return 0;
}

/*
 * dma:dma_map_sg (dev, sgl, nents, ents, dir, attrs). No trace event reports rejected lists:
 * dma_map_sg_err (68b6dbf1f441) is for errors that no path returns, and warns.
 */
static __always_inline int sg_map_event(unsigned long long *ctx)
{
	struct sg_walk *w = sg_begin(DMS_HOOK_MAP_SG);

	if (!w)
		return 0;
	w->dev = (struct device *)ctx[0];
	w->sg = (struct scatterlist *)ctx[1];
	w->ents = ctx[3];
	w->exact = ctx[2] == ctx[3];
	w->dir = ctx[4];
	w->attrs = dms_attrs(ctx[5]);
	return sg_report(ctx, w, DMS_HOOK_MAP_SG, DMS_EV_MAP);
}

/*
 * dma:dma_unmap_sg (dev, sgl, nents, dir, attrs). The number of mapped elements is not known: all
 * are walked, up to the first of length 0.
 */
static __always_inline int sg_unmap_event(unsigned long long *ctx)
{
	struct sg_walk *w = sg_begin(DMS_HOOK_UNMAP_SG);

	if (!w)
		return 0;
	w->dev = (struct device *)ctx[0];
	w->sg = (struct scatterlist *)ctx[1];
	w->ents = ctx[2];
	w->dir = ctx[3];
	w->attrs = dms_attrs(ctx[4]);
	return sg_report(ctx, w, DMS_HOOK_UNMAP_SG, DMS_EV_UNMAP);
}

#endif /* DMASCOPE_BPF_SG_H */
