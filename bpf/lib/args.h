/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Function arguments, return value and stack pointer out of a probe's context, for each
 * architecture, and arguments by the fact they carry. Calling conventions only; no kernel version
 * is known here.
 *
 * libbpf's PT_REGS_PARM6 and up exist from 1.2 on; the floor is 1.1.
 */
#ifndef DMASCOPE_BPF_ARGS_H
#define DMASCOPE_BPF_ARGS_H

#include "lib/config.h"

/*
 * Loads one register by an instruction of its own: the verifier refuses a context access at an
 * offset only known at run time, and clang would merge the cases below into one such load.
 */
#define regs_read(ctx, field)	({							\
	u64 __val;									\
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(__val) :				\
		     "r"(ctx), "i"(__builtin_offsetof(struct pt_regs, field)));		\
	__val; })

#if defined(__TARGET_ARCH_s390)
/*
 * Only five arguments have registers; the sixth is above the caller's save area of 160 bytes
 * (STACK_FRAME_OVERHEAD, arch/s390/include/asm/stacktrace.h).
 */
static __always_inline u64 stack_arg(const struct pt_regs *ctx)
{
	u64 val = 0;

	bpf_probe_read_kernel(&val, sizeof(val), (void *)(regs_read(ctx, gprs[15]) + 160));
	return val;
}
#endif

/* Argument n, counted from 0, at a function's entry; 0 for an n that no hook needs. */
static __always_inline u64 regs_arg(const struct pt_regs *ctx, u8 n)
{
#if defined(__TARGET_ARCH_x86)
	switch (n) {
	case 0: return regs_read(ctx, di);
	case 1: return regs_read(ctx, si);
	case 2: return regs_read(ctx, dx);
	case 3: return regs_read(ctx, cx);
	case 4: return regs_read(ctx, r8);
	case 5: return regs_read(ctx, r9);
	}
#elif defined(__TARGET_ARCH_powerpc)
	switch (n) {
	case 0: return regs_read(ctx, gpr[3]);
	case 1: return regs_read(ctx, gpr[4]);
	case 2: return regs_read(ctx, gpr[5]);
	case 3: return regs_read(ctx, gpr[6]);
	case 4: return regs_read(ctx, gpr[7]);
	case 5: return regs_read(ctx, gpr[8]);
	case 6: return regs_read(ctx, gpr[9]);
	case 7: return regs_read(ctx, gpr[10]);
	}
#elif defined(__TARGET_ARCH_s390)
	switch (n) {
	case 0: return regs_read(ctx, gprs[2]);
	case 1: return regs_read(ctx, gprs[3]);
	case 2: return regs_read(ctx, gprs[4]);
	case 3: return regs_read(ctx, gprs[5]);
	case 4: return regs_read(ctx, gprs[6]);
	case 5: return stack_arg(ctx);
	}
#elif defined(__TARGET_ARCH_arm64)
	switch (n) {
	case 0: return regs_read(ctx, regs[0]);
	case 1: return regs_read(ctx, regs[1]);
	case 2: return regs_read(ctx, regs[2]);
	case 3: return regs_read(ctx, regs[3]);
	case 4: return regs_read(ctx, regs[4]);
	case 5: return regs_read(ctx, regs[5]);
	case 6: return regs_read(ctx, regs[6]);
	case 7: return regs_read(ctx, regs[7]);
	}
#endif
	return 0;
}

static __always_inline u64 regs_ret(const struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return regs_read(ctx, ax);
#elif defined(__TARGET_ARCH_powerpc)
	return regs_read(ctx, gpr[3]);
#elif defined(__TARGET_ARCH_s390)
	return regs_read(ctx, gprs[2]);
#elif defined(__TARGET_ARCH_arm64)
	return regs_read(ctx, regs[0]);
#endif
}

static __always_inline u64 regs_sp(const struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86) || defined(__TARGET_ARCH_arm64)
	return regs_read(ctx, sp);
#elif defined(__TARGET_ARCH_powerpc)
	return regs_read(ctx, gpr[1]);
#elif defined(__TARGET_ARCH_s390)
	return regs_read(ctx, gprs[15]);
#endif
}

/*
 * The stack pointer of a function after its return, known at its entry: on x86 the call
 * pushed the return address, elsewhere it stays the same. Stacks are unique in the kernel, so
 * this names one running call, also when an interrupt makes the same call below it.
 */
static __always_inline u64 regs_frame_at_entry(const struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return regs_sp(ctx) + sizeof(long);
#else
	return regs_sp(ctx);
#endif
}

/*
 * The context of fentry and fexit: the arguments in order, then the result. Loaded one by one
 * for the same reason as the registers.
 */
#define tramp_read(ctx, n)	({							\
	u64 __val;									\
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(__val) : "r"(ctx), "i"((n) * 8));	\
	__val; })

static __always_inline u64 tramp_arg(void *ctx, u8 n)
{
	switch (n) {
	case 0: return tramp_read(ctx, 0);
	case 1: return tramp_read(ctx, 1);
	case 2: return tramp_read(ctx, 2);
	case 3: return tramp_read(ctx, 3);
	case 4: return tramp_read(ctx, 4);
	case 5: return tramp_read(ctx, 5);
	case 6: return tramp_read(ctx, 6);
	case 7: return tramp_read(ctx, 7);
	}
	return 0;
}

static __always_inline u64 tramp_ret(void *ctx, u8 params)
{
	return params == 8 ? tramp_read(ctx, 8) : tramp_arg(ctx, params);
}

/* The context of a probe: see probe.h. */
#ifdef DMS_FENTRY
typedef unsigned long long probe_ctx;
#else
typedef struct pt_regs probe_ctx;
#endif

static __always_inline bool has_arg(u32 hook, u32 fact)
{
	return config.layout[hook].at[fact] != DMS_ARG_NOWHERE;
}

static __always_inline u64 arg_raw(probe_ctx *ctx, u32 hook, u32 fact)
{
#ifdef DMS_FENTRY
	return tramp_arg(ctx, config.layout[hook].at[fact]);
#else
	return regs_arg(ctx, config.layout[hook].at[fact]);
#endif
}

/* An argument's value; where the function takes a pointer to it, what it points to now. */
static __always_inline u64 arg_of(probe_ctx *ctx, u32 hook, u32 fact)
{
	u64 val = arg_raw(ctx, hook, fact);

	/* of most hooks none: both words at once */
	if (!*(const volatile u64 *)&config.layout[hook].follow8)
		return val;
	if (config.layout[hook].follow8 & 1U << fact) {
		u64 whole = 0;

		bpf_probe_read_kernel(&whole, sizeof(whole), (const void *)val);
		return whole;
	}
	if (config.layout[hook].follow4 & 1U << fact) {
		u32 half = 0;

		bpf_probe_read_kernel(&half, sizeof(half), (const void *)val);
		return half;
	}
	return val;
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
	return arg_raw(ctx, hook, fact);
#endif
}

#endif /* DMASCOPE_BPF_ARGS_H */
