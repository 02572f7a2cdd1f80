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
 * Calls between their entry and their return. The key is the stack frame, which no other running
 * call shares (a thread id would: an interrupt may make the same call inside), mixed with the hook,
 * since a tail call leaves the same frame to another function.
 *
 * Each call has a place in `running` by the hash of its key, for an insert into a hash, a look and
 * a removal cost as much as a record. A place that another call has, or is about to take on another
 * processor, sends it to the map `inflight`, 1 MiB.
 */
struct inflight {
	u64 arg[6];
	u32 hook;		/* so that user space knows what still runs */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DMS_RUNNING);
	__type(key, u32);
	__type(value, struct dms_running);
} running __weak SEC(".maps");

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

static __always_inline struct dms_running *running_at(u64 key)
{
	u32 at = hash_place(key, DMS_RUNNING);

	return bpf_map_lookup_elem(&running, &at);
}

/* False: the place is another call's. Of two that claim it at once neither has it. */
static __always_inline bool running_put(u64 key, const struct inflight *args)
{
	struct dms_running *r = running_at(key);

	if (!r)
		return false;
	if (r->key != key) {	/* else the return of an earlier call was missed */
		if (r->claims)
			return false;
		__sync_fetch_and_add(&r->claims, 1);
		if (*(volatile u32 *)&r->claims != 1) {
			__sync_fetch_and_add(&r->claims, -1);
			return false;
		}
	}
	__builtin_memcpy(r->arg, args->arg, sizeof(r->arg));
	r->hook = args->hook;
	r->key = key;
	return true;
}

static __always_inline bool running_take(u64 key, struct inflight *args)
{
	struct dms_running *r = running_at(key);

	if (!r || r->key != key)
		return false;
	__builtin_memcpy(args->arg, r->arg, sizeof(args->arg));
	r->key = 0;
	__sync_fetch_and_add(&r->claims, -1);
	return true;
}

/*
 * Counts a hit and keeps the arguments until the return. A hit whose return never comes stays
 * without an outcome; user space compares those with the calls still kept at the end.
 */
static __always_inline void inflight_put(struct pt_regs *ctx, u32 hook, struct inflight *args)
{
	u64 key = inflight_key(regs_frame_at_entry(ctx), hook);
	struct dms_counts *c = hit(hook);

	args->hook = hook;
	if (running_put(key, args))
		return;
	if (bpf_map_update_elem(&inflight, &key, args, BPF_ANY))
		count(c, failed);
}

/* Takes the arguments back into *args; false if the call began before the hook was attached. */
static __always_inline bool inflight_take(struct pt_regs *ctx, u32 hook, struct inflight *args)
{
	u64 key = inflight_key(regs_sp(ctx), hook);
	struct inflight *found;

	if (running_take(key, args))
		return true;
	found = bpf_map_lookup_elem(&inflight, &key);
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
