// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-mark LABEL: runs in the guest; tells the emulator, without any device, that this moment is
 * called LABEL (up to 8 characters), and what time the guest's clock shows. The instruction does
 * nothing on a processor; the lab's plugins look for it (plugins/common.c, mark_targets).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAGIC 0x646d612d6d61726bull	/* "dma-mark" */

static void mark(uint64_t label, uint64_t now)
{
#if defined(__powerpc64__)
	register uint64_t r3 __asm__("r3") = MAGIC, r4 __asm__("r4") = label,
			  r5 __asm__("r5") = now;

	__asm__ volatile(".long 0x6a310000" : : "r"(r3), "r"(r4), "r"(r5) : "memory");
#elif defined(__x86_64__)
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'm', 'a', 'r', 'k'"
			 : : "D"(MAGIC), "S"(label), "d"(now) : "memory");
#elif defined(__s390x__)
	register uint64_t r2 __asm__("r2") = MAGIC, r3 __asm__("r3") = label,
			  r4 __asm__("r4") = now;

	__asm__ volatile(".long 0x47000dad" : : "d"(r2), "d"(r3), "d"(r4) : "memory");
#else
#error "no mark instruction for this processor"
#endif
}

int main(int argc, char **argv)
{
	uint64_t label = 0;
	struct timespec now;

	if (argc != 2 || !argv[1][0] || strlen(argv[1]) > sizeof(label)) {
		fprintf(stderr, "usage: lab-mark LABEL (up to %zu characters)\n", sizeof(label));
		return 2;
	}
	for (size_t i = 0; argv[1][i]; i++)
		label |= (uint64_t)(unsigned char)argv[1][i] << 8 * i;
	clock_gettime(CLOCK_MONOTONIC, &now);
	mark(label, now.tv_sec * 1000000000ull + now.tv_nsec);
	return 0;
}
