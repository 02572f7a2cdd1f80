// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks a dma-buf heap for buffers and keeps them until it is killed.
 * usage: buffers HEAP BYTES...		prints "ready" once it has them
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int heap = argc > 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	for (int i = 2; heap >= 0 && i < argc; i++) {
		struct dma_heap_allocation_data d = {
			.len = strtoull(argv[i], NULL, 0), .fd_flags = O_RDWR | O_CLOEXEC,
		};

		if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &d)) {
			heap = -1;
			break;
		}
	}
	if (heap < 0) {
		fprintf(stderr, "buffers: %s\n", strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
