/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The instruction that does nothing on a processor and that the lab's plugins look for
 * (plugins/common.c, mark_targets): how a guest process, or a module in the guest's kernel, speaks
 * to the emulator without a device.
 */
#ifndef LAB_MAGIC_H
#define LAB_MAGIC_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define MARK_MAGIC 0x646d612d6d61726bull	/* label packed into 8 bytes, CLOCK_MONOTONIC */
#define SEND_MAGIC 0x646d612d73656e64ull	/* address, length: into the file of results */
#define OUT_MAGIC 0x646d612d6f757470ull		/* address, length: onto the lab's output */
#define COUNT_MAGIC 0x646d612d636f756eull	/* address, 0 (by all processors) or 1 (by this
						 * one): how many instructions were executed */

static inline void magic(uint64_t number, uint64_t arg1, uint64_t arg2)
{
#if defined(__powerpc64__)
	register uint64_t r3 __asm__("r3") = number, r4 __asm__("r4") = arg1,
			  r5 __asm__("r5") = arg2;

	__asm__ volatile(".long 0x6a310000" : : "r"(r3), "r"(r4), "r"(r5) : "memory");
#elif defined(__x86_64__)
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'm', 'a', 'r', 'k'"
			 : : "D"(number), "S"(arg1), "d"(arg2) : "memory");
#elif defined(__s390x__)
	register uint64_t r2 __asm__("r2") = number, r3 __asm__("r3") = arg1,
			  r4 __asm__("r4") = arg2;

	__asm__ volatile(".long 0x47000dad" : : "d"(r2), "d"(r3), "d"(r4) : "memory");
#elif defined(__aarch64__)
	register uint64_t x0 __asm__("x0") = number, x1 __asm__("x1") = arg1,
			  x2 __asm__("x2") = arg2;

	__asm__ volatile(".inst 0xaa110231" : : "r"(x0), "r"(x1), "r"(x2) : "memory");
#else
#error "no magic instruction for this processor"
#endif
}

/* Instructions executed so far, kernel and user, by all processors; 0 in a run without --count. */
static inline uint64_t magic_count(void)
{
	uint64_t value = 0;

	magic(COUNT_MAGIC, (uint64_t)(uintptr_t)&value, 0);
	return value;
}

/* The same by the processor that asks. */
static inline uint64_t magic_count_own(void)
{
	uint64_t value = 0;

	magic(COUNT_MAGIC, (uint64_t)(uintptr_t)&value, 1);
	return value;
}

#endif
