/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A table from a 64-bit key to a 32-bit index: open addressing, no tombstones. What the index
 * means is the caller's business; nothing about DMA lives here.
 */
#ifndef DMASCOPE_IDMAP_H
#define DMASCOPE_IDMAP_H

#include <stddef.h>
#include <stdint.h>

#define IDMAP_NONE	UINT32_MAX	/* not a legal index */

struct idmap_cell {
	uint64_t key;
	uint32_t id;		/* IDMAP_NONE: the cell is empty */
};

/* All zero is an empty table. */
struct idmap {
	struct idmap_cell *cell;
	size_t size, n;		/* size is a power of two */
};

/* A good mixer of 64 bits (the finalizer of splitmix64). */
static inline uint64_t idmap_hash(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* The index or IDMAP_NONE. */
uint32_t idmap_get(const struct idmap *t, uint64_t key);
/* Sets or replaces. 0 or -ENOMEM. */
int idmap_set(struct idmap *t, uint64_t key, uint32_t id);
void idmap_del(struct idmap *t, uint64_t key);
void idmap_free(struct idmap *t);

#endif /* DMASCOPE_IDMAP_H */
