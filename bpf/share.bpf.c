// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages shared with the hypervisor and made private again: set_memory_decrypted() and
 * set_memory_encrypted() on every architecture, on powerpc also the status of the ultracall
 * (their return value there is always 0) and the callers that bypass them.
 */
#include "lib/probe.h"

enum { P_ADDR, P_PAGES };

/* Ultracalls of the set_memory_*() that runs on this CPU; 16 bytes per CPU. */
struct ucalls {
	u64 count;		/* since the last set_memory_*() ended */
	s64 status;		/* the first that was not 0 of them */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ucalls);
} ucalls __weak SEC(".maps");

static __always_inline struct ucalls *ucalls_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&ucalls, &zero);
}

/* Those of the set_memory_*() that ends here; the next one begins with none. */
static __always_inline struct ucalls ucalls_take(void)
{
	struct ucalls *here = ucalls_here(), u = {};

	if (!here)
		return u;
	u = *here;
	here->count = 0;
	here->status = 0;
	return u;
}

/*
 * Pages shared since the start, by page frame number; 2: its free has been
 * reported. About 1 MiB. And a flag for each 2 MiB of memory, by the low bits: checked first,
 * as every page that is freed anywhere comes by. Conversions of more pages are pools.
 */
#define FOLLOW_PAGES	1024
#define BLOCKS		8192
#define BLOCK_SHIFT	21

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u8);
} shared_pages __weak SEC(".maps");

unsigned char shared_blocks[BLOCKS] __weak = {};

#define FOLLOW_EACH	32	/* pages of a block: FOLLOW_PAGES / FOLLOW_EACH blocks */

/*
 * Global, as the verifier checks such a function once and not for each turn of a loop; weak, as it
 * is in two modules.
 */
__weak __noinline int follow_page(u64 pfn, u64 share)
{
	struct dms_counts *c;
	u8 one = 1;

	if (!share) {
		bpf_map_delete_elem(&shared_pages, &pfn);
		return 0;
	}
	shared_blocks[pfn << config.page_shift >> BLOCK_SHIFT & (BLOCKS - 1)] = 1;
	if (bpf_map_update_elem(&shared_pages, &pfn, &one, BPF_ANY)) {
		c = hit(DMS_HOOK_PAGE_FREE);
		count(c, failed);
	}
	return 0;
}

__weak __noinline int follow_block(u64 pfn, u64 pages, u64 share)
{
	for (u32 i = 0; i < FOLLOW_EACH && i < pages; i++)
		follow_page(pfn + i, share);
	return 0;
}

static __always_inline void follow_pages(u64 phys, u64 pages, bool share)
{
	u64 pfn = phys >> config.page_shift;

	if (pages > FOLLOW_PAGES)
		return;
	for (u32 i = 0; i < FOLLOW_PAGES && i < pages; i += FOLLOW_EACH)
		follow_block(pfn + i, pages - i, share);
}

static __always_inline void share_event(void *ctx, struct dms_counts *c, u32 hook, u16 type,
					u64 addr, u64 pages, s64 ret)
{
	struct ucalls u = ucalls_take();
	struct dms_share *s;
	struct dms_event *e;
	bool converted;
	u64 phys = 0;
	u32 stack = 0;

	/* a page stays shared long after its caller is gone: always with a stack, if any are */
	if (config.flags & (DMS_CFG_STACKS_FIRST | DMS_CFG_STACKS_ALL))
		stack = stack_take(ctx);

	/* rare, and each counts: always streamed, whatever the filters are */
	s = record_reserve(c, hook, type, sizeof(*s));
	if (!s)
		return;
	/* whom it is shared for: user space can ask for it (/dev/dma_heap/system_cc_shared) */
	if (type == DMS_EV_SHARE)
		bpf_get_current_comm(s->comm, sizeof(s->comm));
	e = &s->event;
	e->stack = stack;
	if (!virt_phys(addr, &phys))
		e->flags |= DMS_FL_NO_PHYS;
	e->phys = phys;
	e->size = pages << config.page_shift;
	e->ret = ret ? ret : u.status;
	e->aux = u.count;
	converted = !e->ret && !(e->flags & DMS_FL_NO_PHYS);
	event_submit(c, e);	/* before what takes long: it keeps all other records waiting */
	if (converted)
		follow_pages(phys, pages, type == DMS_EV_SHARE);
}

static __always_inline void share_args(probe_ctx *ctx, struct inflight *in)
{
	in->arg[P_ADDR] = arg_of(ctx, DMS_HOOK_SHARE, DMS_ARG_VADDR);
	in->arg[P_PAGES] = (u32)arg_of(ctx, DMS_HOOK_SHARE, DMS_ARG_NUMPAGES);
}

static __always_inline int share_done(probe_ctx *ctx, struct inflight *in, u64 ret,
				      struct dms_counts *c)
{
	share_event(ctx, c, DMS_HOOK_SHARE, DMS_EV_SHARE, in->arg[P_ADDR], in->arg[P_PAGES],
		    (int)ret);
	return 0;
}
PROBE_PAIR(share, DMS_HOOK_SHARE, share_args, share_done)

static __always_inline void unshare_args(probe_ctx *ctx, struct inflight *in)
{
	in->arg[P_ADDR] = arg_of(ctx, DMS_HOOK_UNSHARE, DMS_ARG_VADDR);
	in->arg[P_PAGES] = (u32)arg_of(ctx, DMS_HOOK_UNSHARE, DMS_ARG_NUMPAGES);
}

static __always_inline int unshare_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					struct dms_counts *c)
{
	share_event(ctx, c, DMS_HOOK_UNSHARE, DMS_EV_UNSHARE, in->arg[P_ADDR], in->arg[P_PAGES],
		    (int)ret);
	return 0;
}
PROBE_PAIR(unshare, DMS_HOOK_UNSHARE, unshare_args, unshare_done)

#ifndef DMS_FENTRY
/* 1: the page is shared and not reported yet. Global, so that it is verified once. */
__noinline u64 page_to_tell(u64 pfn)
{
	u8 *state = bpf_map_lookup_elem(&shared_pages, &pfn);

	if (!state || *state != 1)
		return 0;
	*state = 2;
	return 1;
}

/* The number of pages checked in a larger block. */
#define LOOK_AT	64

static __always_inline u64 shared_among(u64 pfn, u64 pages, u64 *first)
{
	u64 n = 0, before = 0;

	for (u32 i = 0; i < LOOK_AT && i < pages; i++) {
		n += page_to_tell(pfn + i);
		before += (n - 1) >> 63;	/* as long as there was none */
	}
	*first = pfn + before;
	return n == LOOK_AT ? pages : n;
}

/* (struct page *page, unsigned int order) */
SEC("?raw_tp/mm_page_free")
int rtp_page_free(unsigned long long *ctx)
{
	struct dms_counts *c;
	struct dms_event *e;
	u64 phys, first, n;
	u32 stack = 0;

	if (!observing() || !page_phys(ctx[0], 0, &phys) ||
	    !shared_blocks[phys >> BLOCK_SHIFT & (BLOCKS - 1)])
		return 0;
	n = shared_among(phys >> config.page_shift, 1ULL << (ctx[1] & 31), &first);
	if (!n)
		return 0;
	c = hit(DMS_HOOK_PAGE_FREE);
	if (config.flags & (DMS_CFG_STACKS_FIRST | DMS_CFG_STACKS_ALL))
		stack = stack_take(ctx);
	e = event_reserve(c, DMS_HOOK_PAGE_FREE, DMS_EV_FREED_SHARED);
	if (!e)
		return 0;
	e->phys = first << config.page_shift;
	e->size = n << config.page_shift;
	e->stack = stack;
	event_submit(c, e);
	return 0;
}

/* The rest is powerpc's own. */
/*
 * ucall_norets is "sc 2; blr": its first instruction cannot be stepped (refused from 5.19 on),
 * the second can, and there r3 is the ultracall's status.
 */
SEC("?kprobe")
int kp_ucall(struct pt_regs *ctx)
{
	if (!observing())
		return 0;
	struct dms_counts *c = hit(DMS_HOOK_UCALL);
	struct ucalls *u = ucalls_here();
	s64 status = regs_arg(ctx, 0);
	struct dms_event *e;

	if (u) {
		u->count++;
		if (status && !u->status)
			u->status = status;
	}
	if (!status) {
		count(c, ignored);
		return 0;
	}
	e = event_reserve(c, DMS_HOOK_UCALL, DMS_EV_UCALL);
	if (!e)
		return 0;
	e->ret = status;
	event_submit(c, e);
	return 0;
}

#endif /* DMS_FENTRY */

/* dtl_cache_ctor(void *addr): shares the page of each new dispatch trace log */
static __always_inline int share_dtl(probe_ctx *ctx, struct dms_counts *c)
{
	u64 addr = arg_of(ctx, DMS_HOOK_SHARE_DTL, DMS_ARG_VADDR);

	share_event(ctx, c, DMS_HOOK_SHARE_DTL, DMS_EV_SHARE,
		    addr & ~((1ULL << config.page_shift) - 1), 1, 0);
	return 0;
}
PROBE_ENTRY(share_dtl, DMS_HOOK_SHARE_DTL, share_dtl)

/* xive_spapr_setup_queue(unsigned int cpu, struct xive_cpu *xc, u8 prio); the queue is shared
 * in whole pages once it is allocated, so its page is known at the return. */
enum { X_CPU, X_XC, X_PRIO };

static __always_inline u64 xive_queue_page(u64 xc, u8 prio, u64 *pages)
{
	struct xive_q *q;
	u32 order;

	q = (void *)xc + bpf_core_field_offset(struct xive_cpu, queue) +
	    (prio & 7) * bpf_core_type_size(struct xive_q);
	/* msk is the number of 4-byte entries less one */
	order = RD(q, msk);
	*pages = ((u64)(order + 1) * 4) >> config.page_shift;
	if (!*pages)
		*pages = 1;
	return (u64)RD(q, qpage);
}

/* As plain numbers: see arg_number(). */
static __always_inline void share_xive_args(probe_ctx *ctx, struct inflight *in)
{
#ifdef DMS_FENTRY
	bpf_probe_read_kernel(&in->arg[X_XC], sizeof(u64), ctx + X_XC);
	bpf_probe_read_kernel(&in->arg[X_PRIO], sizeof(u64), ctx + X_PRIO);
#else
	in->arg[X_XC] = regs_arg(ctx, X_XC);
	in->arg[X_PRIO] = regs_arg(ctx, X_PRIO);
#endif
}

static __always_inline int share_xive_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					   struct dms_counts *c)
{
	u64 pages, page;

	page = xive_queue_page(in->arg[X_XC], in->arg[X_PRIO], &pages);
	share_event(ctx, c, DMS_HOOK_SHARE_XIVE, DMS_EV_SHARE, page, pages, (int)ret);
	return 0;
}
PROBE_PAIR(share_xive, DMS_HOOK_SHARE_XIVE, share_xive_args, share_xive_done)

/*
 * Its counterpart, xive_spapr_cleanup_queue(), cannot be seen: it runs on a processor that is
 * going away, after this_cpu_disable_ftrace() (arch/powerpc/kernel/smp.c) has turned off the
 * function tracing that kprobes at a function's entry use.
 */
