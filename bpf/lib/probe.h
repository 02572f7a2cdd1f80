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

#include "lib/observe.h"

/*
 * Calls between their entry and their return; 1 MiB. The key is the stack frame, which no other
 * running call shares (a thread id would: an interrupt may make the same call inside), mixed with
 * the hook, since a tail call leaves the same frame to another function.
 */
struct inflight {
	u64 arg[6];
	u32 hook;		/* so that user space knows what still runs */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct inflight);
} inflight __weak SEC(".maps");

static __always_inline u64 inflight_key(u64 frame, u32 hook)
{
	return frame ^ ((u64)hook << 40);
}

/*
 * Counts a hit and keeps the arguments until the return. A hit whose return never comes stays
 * without an outcome; user space compares those with the calls still in this map at the end.
 */
static __always_inline void inflight_put(struct pt_regs *ctx, u32 hook, struct inflight *args)
{
	u64 key = inflight_key(regs_frame_at_entry(ctx), hook);
	struct dms_counts *c = hit(hook);

	args->hook = hook;
	if (bpf_map_update_elem(&inflight, &key, args, BPF_ANY))
		count(c, failed);
}

/* Takes the arguments back into *args; false if the call began before the hook was attached. */
static __always_inline bool inflight_take(struct pt_regs *ctx, u32 hook, struct inflight *args)
{
	u64 key = inflight_key(regs_sp(ctx), hook);
	struct inflight *found = bpf_map_lookup_elem(&inflight, &key);

	if (!found)
		return false;
	*args = *found;
	bpf_map_delete_elem(&inflight, &key);
	return true;
}

#ifdef DMS_FENTRY

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

#endif /* DMASCOPE_BPF_PROBE_H */
