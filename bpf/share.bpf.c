// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages shared with the hypervisor and made private again: set_memory_decrypted() and
 * set_memory_encrypted() on every architecture, on powerpc also the status of the ultracall
 * (their return value there is always 0) and the callers that bypass them.
 */
#include "lib/probe.h"

enum { P_ADDR, P_PAGES };

static __always_inline struct inner *ucall_state(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&inner, &zero);
}

static __always_inline void share_event(void *ctx, struct dms_counts *c, u32 hook, u16 type,
					u64 addr, u64 pages, s64 ret)
{
	struct inner *in = ucall_state();
	struct dms_event *e;
	u32 stack = 0;

	/* a page stays shared long after its caller is gone: always with a stack, if any are */
	if (config.flags & (DMS_CFG_STACKS_FIRST | DMS_CFG_STACKS_ALL))
		stack = stack_take(ctx);

	/* rare, and each tells: always streamed, whatever the filters say */
	e = event_reserve(c, hook, type);
	if (!e)
		return;
	e->stack = stack;
	if (!virt_phys(addr, &e->phys))
		e->flags |= DMS_FL_NO_PHYS;
	e->size = pages << config.page_shift;
	e->ret = ret;
	if (in) {
		e->aux = in->ucalls;
		if (!e->ret)
			e->ret = in->ucall_status;
		in->ucalls = 0;
		in->ucall_status = 0;
	}
	event_submit(c, e);
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

#ifndef DMS_FENTRY	/* the rest is powerpc's own */
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
	struct inner *in = ucall_state();
	s64 status = regs_arg(ctx, 0);
	struct dms_event *e;

	if (in) {
		in->ucalls++;
		if (status && !in->ucall_status)
			in->ucall_status = status;
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

/* dtl_cache_ctor(void *addr): shares the page of each new dispatch trace log */
SEC("?kprobe")
int kp_share_dtl(struct pt_regs *ctx)
{
	if (!observing())
		return 0;
	u64 addr = arg_of(ctx, DMS_HOOK_SHARE_DTL, DMS_ARG_VADDR);

	share_event(ctx, hit(DMS_HOOK_SHARE_DTL), DMS_HOOK_SHARE_DTL, DMS_EV_SHARE,
		    addr & ~((1ULL << config.page_shift) - 1), 1, 0);
	return 0;
}

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

SEC("?kprobe")
int kp_share_xive(struct pt_regs *ctx)
{
	if (!observing())
		return 0;
	struct inflight in = {};

	in.arg[X_XC] = regs_arg(ctx, 1);
	in.arg[X_PRIO] = regs_arg(ctx, 2);
	inflight_put(ctx, DMS_HOOK_SHARE_XIVE, &in);
	return 0;
}

SEC("?kretprobe")
int krp_share_xive(struct pt_regs *ctx)
{
	struct inflight in;
	u64 pages, page;

	if (!inflight_take(ctx, DMS_HOOK_SHARE_XIVE, &in))
		return 0;
	page = xive_queue_page(in.arg[X_XC], in.arg[X_PRIO], &pages);
	share_event(ctx, counts_of(DMS_HOOK_SHARE_XIVE), DMS_HOOK_SHARE_XIVE, DMS_EV_SHARE, page,
		    pages, (int)regs_ret(ctx));
	return 0;
}

/*
 * Its counterpart, xive_spapr_cleanup_queue(), cannot be seen: it runs on a processor that is
 * going away, after this_cpu_disable_ftrace() (arch/powerpc/kernel/smp.c) has turned off the
 * function tracing that kprobes at a function's entry use.
 */

#endif /* DMS_FENTRY */
