// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-send [out]: runs in the guest; its input goes to the file that the emulator's plugin was
 * given for results (plugins/common.h), or to the lab's output, through no device.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "magic.h"

int main(int argc, char **argv)
{
	uint64_t number = argc > 1 && !strcmp(argv[1], "out") ? OUT_MAGIC : SEND_MAGIC;
	static char piece[1 << 16];	/* read() writes to it: its pages are there */
	ssize_t len;

	while ((len = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
		magic(number, (uintptr_t)piece, len);
	if (len < 0)
		perror("lab-send");
	return len < 0;
}
