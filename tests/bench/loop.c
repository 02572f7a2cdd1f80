// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A function to put a uprobe on, called with the fields of one mapping, map and unmap in turn:
 * loop COUNT. Where a kernel has no kprobes, this stands for dma_map_phys().
 */
#include <stdint.h>
#include <stdlib.h>

/* what: direction, path << 8, 1 << 16 for an unmap; six arguments are all that registers take */
__attribute__((noinline)) void hit(uint64_t ts, uint64_t dev, uint64_t dma, uint64_t phys,
				   uint64_t size, uint64_t what);

void hit(uint64_t ts, uint64_t dev, uint64_t dma, uint64_t phys, uint64_t size, uint64_t what)
{
	__asm__ volatile("" : : "r"(ts), "r"(dev), "r"(dma), "r"(phys), "r"(size), "r"(what));
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

	for (uint64_t i = 0; i < n; i++)
		hit(1234567890123ULL + i * 713, 0x100003a21ULL,
		    0x800000000000000ULL + i / 2 % 32768 * 2048, 0x1a3400000ULL + i / 2 * 4096,
		    4096, 2 | 2 << 8 | (i & 1) << 16);
	return 0;
}
