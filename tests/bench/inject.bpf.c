// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Puts what loop.c is called with into a ring of a running dmascope, as bpf/lib/ring.h does with
 * what the kernel's functions are called with. The ring is set by inject.c.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "dmascope/event.h"

/* struct pt_regs of x86-64, as far as it is read */
struct regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

u64 hits, dropped;

SEC("uprobe")
int on_hit(struct regs *ctx)
{
	u64 flags = BPF_RB_NO_WAKEUP;
	struct dms_event *e;

	hits++;
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) {
		dropped++;
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = ctx->r9 >> 16 ? DMS_EV_UNMAP : DMS_EV_MAP;
	e->hook = ctx->r9 >> 16 ? DMS_HOOK_UNMAP : DMS_HOOK_MAP;
	e->cpu = bpf_get_smp_processor_id();
	e->ts = bpf_ktime_get_ns();
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->dev = ctx->si;
	e->dma = ctx->dx;
	e->phys = ctx->cx;
	e->size = ctx->r8;
	e->dir = ctx->r9;
	e->path = ctx->r9 >> 8;
	e->aux = ctx->dx;
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) * 2 >
	    bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE))
		flags = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(e, flags);
	return 0;
}

char inject_license[] SEC("license") = "Dual BSD/GPL";
