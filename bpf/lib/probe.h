/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes on functions, written once and built twice: as kprobe and kretprobe, which every kernel
 * has, and (with DMS_FENTRY) as fentry and fexit, which cost less where they can be attached: an
 * fexit program sees arguments and result together, so nothing is kept in between.
 *
 *   PROBE_ENTRY(name, hook, fn)	int fn(ctx, counts)
 *   PROBE_PAIR(name, hook, args, fn)	void args(ctx, inflight), int fn(ctx, inflight, ret, counts)
 *
 * make the programs kp_NAME and krp_NAME, or fe_NAME and fx_NAME.
 */
#ifndef DMASCOPE_BPF_PROBE_H
#define DMASCOPE_BPF_PROBE_H

#include "lib/inflight.h"

#ifdef DMS_FENTRY

typedef unsigned long long probe_ctx;

#define PROBE_ENTRY(name, hook, fn)						\
SEC("?fentry")									\
int fe_##name(probe_ctx *ctx)							\
{										\
	return observing() ? fn(ctx, hit(hook)) : 0;				\
}

#define PROBE_PAIR(name, hook, args, fn)					\
SEC("?fexit")									\
int fx_##name(probe_ctx *ctx)							\
{										\
	struct inflight in = {};						\
										\
	if (!observing())							\
		return 0;							\
	args(ctx, &in);								\
	return fn(ctx, &in, tramp_ret(ctx, config.layout[hook].params), hit(hook)); \
}

#else

typedef struct pt_regs probe_ctx;

#define PROBE_ENTRY(name, hook, fn)						\
SEC("?kprobe")									\
int kp_##name(probe_ctx *ctx)							\
{										\
	return observing() ? fn(ctx, hit(hook)) : 0;				\
}

#define PROBE_PAIR(name, hook, args, fn)					\
SEC("?kprobe")									\
int kp_##name(probe_ctx *ctx)							\
{										\
	struct inflight in = {};						\
										\
	if (!observing())							\
		return 0;							\
	args(ctx, &in);								\
	inflight_put(ctx, hook, &in);						\
	return 0;								\
}										\
SEC("?kretprobe")								\
int krp_##name(probe_ctx *ctx)							\
{										\
	struct inflight in;							\
										\
	if (!inflight_take(ctx, hook, &in))					\
		return 0;							\
	return fn(ctx, &in, regs_ret(ctx), counts_of(hook));			\
}

#endif /* DMS_FENTRY */

static __always_inline bool has_arg(u32 hook, u32 fact)
{
	return config.layout[hook].at[fact] != DMS_ARG_NOWHERE;
}

static __always_inline u64 arg_of(probe_ctx *ctx, u32 hook, u32 fact)
{
#ifdef DMS_FENTRY
	return tramp_arg(ctx, config.layout[hook].at[fact]);
#else
	return regs_arg(ctx, config.layout[hook].at[fact]);
#endif
}

/* The same for a pointer that is computed with: to the verifier it is then a plain number. */
static __always_inline u64 arg_number(probe_ctx *ctx, u32 hook, u32 fact)
{
#ifdef DMS_FENTRY
	u64 val = 0;

	if (has_arg(hook, fact))
		bpf_probe_read_kernel(&val, sizeof(val), ctx + config.layout[hook].at[fact]);
	return val;
#else
	return arg_of(ctx, hook, fact);
#endif
}

#endif /* DMASCOPE_BPF_PROBE_H */
