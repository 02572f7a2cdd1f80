// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-count: runs in the guest; prints how many instructions the guest has executed so far (lab
 * run --count), itself included. Fails where nobody counts.
 *
 *   lab-count loop N	executes N pairs of instructions in between, and prints how many were
 *			counted: a few more than 2 x N if no interrupt came
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "magic.h"

/* Two instructions for each turn. */
static void loop(uint64_t turns)
{
#if defined(__powerpc64__)
	__asm__ volatile("mtctr %0\n1:\tnop\n\tbdnz 1b" : : "r"(turns) : "ctr");
#elif defined(__x86_64__)
	__asm__ volatile("1:\tdecq %0\n\tjnz 1b" : "+r"(turns) : : "cc");
#elif defined(__s390x__)
	__asm__ volatile("1:\tnopr 0\n\tbrctg %0, 1b" : "+d"(turns) : : "cc");
#elif defined(__aarch64__)
	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) : : "cc");
#endif
}

int main(int argc, char **argv)
{
	bool looping = argc == 3 && !strcmp(argv[1], "loop");
	uint64_t turns = looping ? strtoull(argv[2], NULL, 10) : 0, begun = magic_count();

	if (!begun) {
		fprintf(stderr, "lab-count: nobody counts here: lab run --count\n");
		return 1;
	}
	if (argc != 1 && !turns) {
		fprintf(stderr, "usage: lab-count [loop N]\n");
		return 2;
	}
	if (turns)
		loop(turns);
	printf("%" PRIu64 "\n", looping ? magic_count() - begun : begun);
	return 0;
}
