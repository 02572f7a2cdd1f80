/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pairing a call's entry with its return. The key is the stack frame, which no other running
 * call shares (a thread id would: an interrupt may make the same call inside), mixed with the
 * hook, since a tail call leaves the same frame to another function.
 */
#ifndef DMASCOPE_BPF_INFLIGHT_H
#define DMASCOPE_BPF_INFLIGHT_H

#include "lib/emit.h"
#include "lib/regs.h"

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

#endif /* DMASCOPE_BPF_INFLIGHT_H */
