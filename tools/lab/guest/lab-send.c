// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * lab-send: runs in the guest; its input goes to the file that the emulator's plugin was given
 * for results (plugins/common.h), through no device.
 */
#include <stdio.h>
#include <unistd.h>

#include "magic.h"

int main(void)
{
	static char piece[1 << 16];	/* read() writes to it: its pages are there */
	ssize_t len;

	while ((len = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
		magic(SEND_MAGIC, (uintptr_t)piece, len);
	if (len < 0)
		perror("lab-send");
	return len < 0;
}
