// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-mark LABEL: runs in the guest; tells the emulator that this moment is called LABEL (up to 8
 * characters), and what time the guest's clock shows.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "magic.h"

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
	magic(MARK_MAGIC, label, now.tv_sec * 1000000000ull + now.tv_nsec);
	return 0;
}
