// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Puts records into a ring as bpf/lib/ring.h does, as fast as it is run: a socket filter, which is
 * also allowed where tracing programs are not. rate.c sets the ring and runs it.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "dmascope/event.h"

#define AT_ONCE 64

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

u64 made, dropped;

SEC("socket")
int make_records(struct __sk_buff *ctx)
{
	struct dms_event *e;

	(void)ctx;
	for (int i = 0; i < AT_ONCE; i++) {
		u64 flags = BPF_RB_NO_WAKEUP;

		made++;
		e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
		if (!e) {
			dropped++;
			continue;
		}
		__builtin_memset(e, 0, sizeof(*e));
		e->type = made & 1 ? DMS_EV_MAP : DMS_EV_UNMAP;
		e->hook = made & 1 ? DMS_HOOK_MAP : DMS_HOOK_UNMAP;
		e->ts = bpf_ktime_get_ns();
		e->dev = 1;
		e->dma = 0x100000000ULL + (made >> 1 & 1023) * 4096;
		e->phys = e->dma;
		e->size = 4096;
		e->path = DMS_PATH_DIRECT;
		if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) * 2 >
		    bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE))
			flags = BPF_RB_FORCE_WAKEUP;
		bpf_ringbuf_submit(e, flags);
	}
	return 0;
}

char rate_license[] SEC("license") = "Dual BSD/GPL";
