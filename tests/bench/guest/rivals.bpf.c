// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rivals of dmascope on its own hooks: programs that do nothing, and the floor, the
 * least that an aggregate per device can cost when written by hand: one lookup in a per-CPU hash,
 * three adds. rivals.c attaches them. Nothing of dmascope is used here.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sums {
	u64 n, bytes, hist[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct sums);
} sums SEC(".maps");

static const struct sums none;

/* The argument taken for the size (1 to 3, else none); set by user space. */
const volatile u32 size_at SEC(".rodata.size");

static __always_inline u32 log2_of(u64 v)
{
	u32 n = (v > 0xffff) << 4;

	v >>= n;
	if (v > 0xff) {
		v >>= 8;
		n += 8;
	}
	if (v > 0xf) {
		v >>= 4;
		n += 4;
	}
	if (v > 3) {
		v >>= 2;
		n += 2;
	}
	return n + (v > 1);
}

/* Loads one argument by an instruction of its own: the verifier wants its place to be constant. */
#define arg(ctx, n)	({								\
	u64 __val;									\
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(__val) : "r"(ctx), "i"((n) * 8));	\
	__val; })

/* Decided when the program is loaded, as size_at does not change. */
static __always_inline u64 size_of(u64 *ctx)
{
	switch (size_at) {
	case 1: return arg(ctx, 1);
	case 2: return arg(ctx, 2);
	case 3: return arg(ctx, 3);
	default: return 0;
	}
}

/* The key is the first argument, a device or a table, as it is. */
static __always_inline int add(u64 key, u64 size)
{
	struct sums *s = bpf_map_lookup_elem(&sums, &key);

	if (!s) {
		bpf_map_update_elem(&sums, &key, &none, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&sums, &key);
		if (!s)
			return 0;
	}
	s->n++;
	s->bytes += size;
	s->hist[log2_of(size) & 31]++;
	return 0;
}

SEC("?kprobe")
int empty_kprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("?tp_btf")
int empty_tp_btf(u64 *ctx)
{
	return 0;
}

SEC("?fentry")
int empty_fentry(u64 *ctx)
{
	return 0;
}

SEC("?fexit")
int empty_fexit(u64 *ctx)
{
	return 0;
}

SEC("?raw_tp")
int empty_raw_tp(u64 *ctx)
{
	return 0;
}

SEC("?kprobe")
int floor_kprobe(struct pt_regs *ctx)
{
	return add(PT_REGS_PARM1(ctx), PT_REGS_PARM3(ctx));
}

SEC("?tp_btf")
int floor_tp_btf(u64 *ctx)
{
	return add(ctx[0], size_of(ctx));
}

SEC("?fentry")
int floor_fentry(u64 *ctx)
{
	return add(ctx[0], size_of(ctx));
}

SEC("?fexit")
int floor_fexit(u64 *ctx)
{
	return add(ctx[0], size_of(ctx));
}

SEC("?raw_tp")
int floor_raw_tp(u64 *ctx)
{
	return add(ctx[0], size_of(ctx));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
