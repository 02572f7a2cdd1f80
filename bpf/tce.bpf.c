// SPDX-License-Identifier: GPL-2.0-only
/*
 * powerpc: TCEs built and cleared, by table index, and the mappings that need them. LIOBN, DMA
 * address and page as the hypervisor gets them; on pseries in a secure guest each entry becomes
 * one H_PUT_TCE (firmware.c clears FW_FEATURE_PUT_TCE_IND), so one record is one run of entries.
 */
#include "lib/probe.h"

enum { T_DMA, T_PHYS, T_SIZE, T_LIOBN, T_SHIFT, T_DIR };

#define PHYS_UNKNOWN	(~0ULL)

static __always_inline void tce_fill(struct dms_event *e, const struct inflight *in, s64 ret,
				     u8 flags)
{
	e->dma = in->arg[T_DMA];
	e->phys = in->arg[T_PHYS];
	e->size = in->arg[T_SIZE];
	e->liobn = in->arg[T_LIOBN];
	e->page_shift = in->arg[T_SHIFT];
	e->dir = in->arg[T_DIR];
	e->ret = ret;
	e->flags = flags;
	if (in->arg[T_PHYS] == PHYS_UNKNOWN) {
		e->phys = 0;
		e->flags |= DMS_FL_NO_PHYS;
	}
}

static __always_inline void tce_event(struct dms_counts *c, u32 hook, u16 type,
				      const struct inflight *in, s64 ret, u8 flags)
{
	struct dms_held *h = NULL;
	struct dms_event *e;

	if (!ret && !flags)
		h = held_begin(type == DMS_EV_TCE_SET ? DMS_CFG_HOLD_MAP : DMS_CFG_HOLD_UNMAP,
			       hook, type);
	if (h) {
		tce_fill(&h->event, in, 0, 0);
		held_keep(c, h);
		return;
	}
	/* what the hypervisor refused and whole windows are rare: always streamed */
	if (!(config.flags & DMS_CFG_STREAM) && !ret && !flags) {
		count(c, delivered);
		return;
	}
	e = event_reserve(c, hook, type);
	if (!e)
		return;
	tce_fill(e, in, ret, flags);
	event_submit(c, e);
}

/* The range of a table's entries; on kernels where the function takes LIOBN and shift, those. */
static __always_inline void tce_range(probe_ctx *ctx, u32 hook, struct inflight *in)
{
	u64 shift, uaddr;

	if (has_arg(hook, DMS_ARG_TBL)) {
		struct iommu_table *tbl = (void *)arg_of(ctx, hook, DMS_ARG_TBL);

		in->arg[T_LIOBN] = FOLLOW(struct iommu_table, tbl, it_index);
		shift = FOLLOW(struct iommu_table, tbl, it_page_shift);
	} else {
		in->arg[T_LIOBN] = arg_of(ctx, hook, DMS_ARG_LIOBN);
		shift = arg_of(ctx, hook, DMS_ARG_TCESHIFT);
	}
	shift &= 63;
	in->arg[T_SHIFT] = shift;
	in->arg[T_DMA] = arg_of(ctx, hook, DMS_ARG_TCENUM) << shift;
	in->arg[T_SIZE] = arg_of(ctx, hook, DMS_ARG_NPAGES) << shift;
	in->arg[T_DIR] = arg_of(ctx, hook, DMS_ARG_DIR);
	if (has_arg(hook, DMS_ARG_UADDR)) {
		uaddr = arg_of(ctx, hook, DMS_ARG_UADDR);
		if (virt_phys(uaddr, &in->arg[T_PHYS]))
			/* the entry holds the page, not the byte */
			in->arg[T_PHYS] &= ~((1ULL << shift) - 1);
		else
			in->arg[T_PHYS] = PHYS_UNKNOWN;
	}
}

static __always_inline void tce_build_args(probe_ctx *ctx, struct inflight *in)
{
	tce_range(ctx, DMS_HOOK_TCE_BUILD, in);
}

static __always_inline int tce_build_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					  struct dms_counts *c)
{
	tce_event(c, DMS_HOOK_TCE_BUILD, DMS_EV_TCE_SET, in, (int)ret, 0);
	return 0;
}
PROBE_PAIR(tce_build, DMS_HOOK_TCE_BUILD, tce_build_args, tce_build_done)

/*
 * tce_build_pSeriesLP and its compiler-made names; tce_build_pSeries on tables without an LPAR.
 * Used where tce_buildmulti_pSeriesLP() cannot be: that one calls it for each range here.
 */
static __always_inline int tce_build_one(probe_ctx *ctx, struct dms_counts *c)
{
	struct inflight in = {};

	tce_range(ctx, DMS_HOOK_TCE_BUILD_ONE, &in);
	tce_event(c, DMS_HOOK_TCE_BUILD_ONE, DMS_EV_TCE_SET, &in, 0, 0);
	return 0;
}
PROBE_ENTRY(tce_build_one, DMS_HOOK_TCE_BUILD_ONE, tce_build_one)

static __always_inline int tce_free(probe_ctx *ctx, struct dms_counts *c)
{
	struct inflight in = {};

	tce_range(ctx, DMS_HOOK_TCE_FREE, &in);
	tce_event(c, DMS_HOOK_TCE_FREE, DMS_EV_TCE_CLEAR, &in, 0, 0);
	return 0;
}
PROBE_ENTRY(tce_free, DMS_HOOK_TCE_FREE, tce_free)

/* tce_free_pSeriesLP: below tce_freemulti, or when a build failed; used in its place only */
static __always_inline int tce_free_one(probe_ctx *ctx, struct dms_counts *c)
{
	struct inflight in = {};

	if (!has_arg(DMS_HOOK_TCE_FREE_ONE, DMS_ARG_TBL) &&
	    !has_arg(DMS_HOOK_TCE_FREE_ONE, DMS_ARG_TCESHIFT)) {
		count(c, ignored);
		return 0;
	}
	tce_range(ctx, DMS_HOOK_TCE_FREE_ONE, &in);
	tce_event(c, DMS_HOOK_TCE_FREE_ONE, DMS_EV_TCE_CLEAR, &in, 0, 0);
	return 0;
}
PROBE_ENTRY(tce_free_one, DMS_HOOK_TCE_FREE_ONE, tce_free_one)

static __always_inline u64 be64(u64 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

static __always_inline u32 be32(u32 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

/*
 * (start_pfn, num_pfn, const struct dynamic_dma_window_prop *): a direct window is filled. Its size
 * stays 0 where the window cannot be read.
 */
static __always_inline void window_range(probe_ctx *ctx, u32 hook, struct inflight *in)
{
	const void *prop = (const void *)arg_of(ctx, hook, DMS_ARG_PROP);
	struct dynamic_dma_window_prop p;
	u64 start;

	if (bpf_probe_read_kernel(&p, sizeof(p), prop))
		return;
	start = arg_of(ctx, hook, DMS_ARG_PFN) << config.page_shift;
	in->arg[T_LIOBN] = be32(p.liobn);
	in->arg[T_SHIFT] = be32(p.tce_shift);
	in->arg[T_DMA] = be64(p.dma_base) + start;
	in->arg[T_PHYS] = start;
	in->arg[T_SIZE] = arg_of(ctx, hook, DMS_ARG_NUMPFN) << config.page_shift;
}

static __always_inline int window_event(struct dms_counts *c, u32 hook, u16 type,
					const struct inflight *in, s64 ret)
{
	if (in->arg[T_SIZE])
		tce_event(c, hook, type, in, ret, DMS_FL_DIRECT_WINDOW);
	else
		count(c, failed);
	return 0;
}

static __always_inline void setrange_args(probe_ctx *ctx, struct inflight *in)
{
	window_range(ctx, DMS_HOOK_TCE_SETRANGE, in);
}

static __always_inline int setrange_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					 struct dms_counts *c)
{
	return window_event(c, DMS_HOOK_TCE_SETRANGE, DMS_EV_TCE_SET, in, (int)ret);
}
PROBE_PAIR(tce_setrange, DMS_HOOK_TCE_SETRANGE, setrange_args, setrange_done)

static __always_inline int clearrange(probe_ctx *ctx, struct dms_counts *c)
{
	struct inflight in = {};

	window_range(ctx, DMS_HOOK_TCE_CLEARRANGE, &in);
	return window_event(c, DMS_HOOK_TCE_CLEARRANGE, DMS_EV_TCE_CLEAR, &in, 0);
}
PROBE_ENTRY(tce_clearrange, DMS_HOOK_TCE_CLEARRANGE, clearrange)

/* Counted alone. */
static __always_inline int passed(probe_ctx *ctx, struct dms_counts *c)
{
	count(c, ignored);
	return 0;
}

/* dma_iommu_map_page / _phys: reaching it means the TCE path from 5.9 on. The record comes from
 * iommu_map_*() below it, which knows the table and also serves VIO. */
PROBE_ENTRY(dma_iommu_map, DMS_HOOK_DMA_IOMMU_MAP, passed)
PROBE_ENTRY(iommu_map_sg, DMS_HOOK_IOMMU_MAP_SG, passed)

static __always_inline int iommu_alloc(probe_ctx *ctx, struct dms_counts *c)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);
	struct iommu_table *tbl = (void *)arg_of(ctx, DMS_HOOK_IOMMU_ALLOC, DMS_ARG_TBL);

	count(c, ignored);
	if (!in || !tbl)
		return 0;
	in->dev = dev_key((struct device *)arg_of(ctx, DMS_HOOK_IOMMU_ALLOC, DMS_ARG_DEV));
	in->liobn = RD(tbl, it_index);
	in->kind = DMS_INNER_ALLOC;
	return 0;
}
PROBE_ENTRY(iommu_alloc, DMS_HOOK_IOMMU_ALLOC, iommu_alloc)

enum { I_DEV, I_PHYS, I_SIZE, I_DIR, I_ATTRS, I_TBL };

/* iommu_map_page(dev, tbl, page, offset, size, mask, direction, attrs); _phys from 6.19 on */
static __always_inline void iommu_map_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_IOMMU_MAP;
	u64 phys = 0;

	in->arg[I_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[I_TBL] = arg_of(ctx, hook, DMS_ARG_TBL);
	in->arg[I_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[I_DIR] = arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[I_ATTRS] = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	if (has_arg(hook, DMS_ARG_PHYS))
		phys = arg_of(ctx, hook, DMS_ARG_PHYS);
	else
		page_phys(arg_number(ctx, hook, DMS_ARG_PAGE),
			  arg_of(ctx, hook, DMS_ARG_OFFSET), &phys);
	in->arg[I_PHYS] = phys;
}

static __always_inline void inner_tce(u64 dev, u64 phys, u64 dma, u32 liobn)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in)
		return;
	in->dev = dev;
	in->phys = phys;
	in->dma = dma;
	in->liobn = liobn;
	in->kind = dma == DMS_DMA_ERROR ? DMS_INNER_NO_TCE : DMS_INNER_TCE;
}

static __always_inline int iommu_map_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					  struct dms_counts *c)
{
	struct iommu_table *tbl = (struct iommu_table *)in->arg[I_TBL];
	struct mapping m = { .sg_index = -1 };
	struct obs o;

	m.dev = dev_key((struct device *)in->arg[I_DEV]);
	m.dma = ret;
	m.liobn = tbl ? RD(tbl, it_index) : 0;
	m.phys = in->arg[I_PHYS];
	inner_tce(m.dev, m.phys, m.dma, m.liobn);
	if (config.flags & DMS_CFG_OUTER_MAP) {
		count(c, ignored);
		return 0;
	}
	m.size = in->arg[I_SIZE];
	m.dir = in->arg[I_DIR];
	m.attrs = in->arg[I_ATTRS];
	m.page_shift = tbl ? RD(tbl, it_page_shift) : 0;
	m.path = m.dma == DMS_DMA_ERROR ? DMS_PATH_FAILED : DMS_PATH_TCE;
	m.flags = m.dma == DMS_DMA_ERROR ? DMS_FL_NO_TCE : DMS_FL_INNER;
	o = obs_of(c, DMS_HOOK_IOMMU_MAP, DMS_EV_MAP, (struct device *)in->arg[I_DEV], ctx);
	mapping_observe_as(&o, &m);
	return 0;
}
PROBE_PAIR(iommu_map, DMS_HOOK_IOMMU_MAP, iommu_map_args, iommu_map_done)

#ifndef DMS_FENTRY

/*
 * The hypervisor's own word on each TCE call, on request: with these events on, every hcall of
 * the machine takes the slow way, so the opcode is tested first. One call at a time runs on a
 * processor between its two events but for interrupts, whose own hcalls end before it goes on;
 * the opcode is compared to notice those.
 */
#define H_PUT_TCE		0x20
#define H_STUFF_TCE		0x138
#define H_PUT_TCE_INDIRECT	0x13c

struct hcall {
	u64 opcode;
	u64 arg[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hcall);
} hcall_running SEC(".maps");

static __always_inline bool hcall_is_tce(u64 opcode)
{
	return opcode == H_PUT_TCE || opcode == H_STUFF_TCE || opcode == H_PUT_TCE_INDIRECT;
}

/* (unsigned long opcode, unsigned long *args) */
SEC("?raw_tp/hcall_entry")
int rtp_hcall_entry(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	struct hcall *h;
	u32 zero = 0;

	if (!hcall_is_tce(ctx[0]))
		return 0;
	hit(DMS_HOOK_HCALL);
	h = bpf_map_lookup_elem(&hcall_running, &zero);
	if (!h)
		return 0;
	h->opcode = ctx[0];
	bpf_probe_read_kernel(h->arg, sizeof(h->arg), (const void *)ctx[1]);
	return 0;
}

/* (unsigned long opcode, long retval, unsigned long *retbuf) */
SEC("?raw_tp/hcall_exit")
int rtp_hcall_exit(unsigned long long *ctx)
{
	if (!observing())
		return 0;
	struct dms_counts *c;
	struct dms_event *e;
	struct hcall *h;
	u32 zero = 0;

	if (!hcall_is_tce(ctx[0]))
		return 0;
	c = counts_of(DMS_HOOK_HCALL);
	h = bpf_map_lookup_elem(&hcall_running, &zero);
	if (!h || h->opcode != ctx[0])
		return 0;
	h->opcode = 0;
	e = event_reserve(c, DMS_HOOK_HCALL, DMS_EV_HCALL);
	if (!e)
		return 0;
	e->aux = ctx[0];
	e->ret = ctx[1];
	e->liobn = h->arg[0];
	e->dma = h->arg[1];
	e->phys = h->arg[2];
	e->size = ctx[0] == H_PUT_TCE ? 1 : h->arg[3];
	event_submit(c, e);
	return 0;
}

#endif /* DMS_FENTRY */
