/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A set of disjoint address ranges, each with a note of where it came from: the shared pages of
 * the ledger, the TCEs in use of one table. Nothing about DMA lives here.
 */
#ifndef DMASCOPE_RANGESET_H
#define DMASCOPE_RANGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Neighbours with equal notes are one range. */
struct range_note {
	uint64_t ts, seq;
	uint32_t stack, pid;
	uint32_t flags, task;	/* the owner's */
};

struct range_node {
	uint64_t start, end;	/* [start, end) */
	struct range_note note;
	uint32_t prio, left, right;
};

/* A treap over one array of nodes. All zero is an empty set. */
struct rangeset {
	struct range_node *node;	/* node[0] is not used: 0 = none */
	uint32_t cap, used, free, root;
	uint32_t seed;
	size_t n;		/* ranges */
	uint64_t bytes;		/* sum of their lengths */
};

/* The whole of [start, end) gets this note, whatever was there. 0 or -ENOMEM. */
int rangeset_add(struct rangeset *s, uint64_t start, uint64_t end, const struct range_note *note);
/* Takes [start, end) out; *removed (may be NULL): bytes that were in. 0 or -ENOMEM. */
int rangeset_del(struct rangeset *s, uint64_t start, uint64_t end, uint64_t *removed);
/* Bytes of [start, end) in the set. */
uint64_t rangeset_covered(const struct rangeset *s, uint64_t start, uint64_t end);
/* The first range that ends after addr: iterate with addr = the last one's end. NULL: none. */
const struct range_node *rangeset_next(const struct rangeset *s, uint64_t addr);
void rangeset_free(struct rangeset *s);

/* start + size without wrapping. */
static inline uint64_t range_end(uint64_t start, uint64_t size)
{
	return size > UINT64_MAX - start ? UINT64_MAX : start + size;
}

/* Have [a, a + alen) and [b, b + blen) a byte in common? */
static inline bool range_overlaps(uint64_t a, uint64_t alen, uint64_t b, uint64_t blen)
{
	return a < range_end(b, blen) && b < range_end(a, alen);
}

#endif /* DMASCOPE_RANGESET_H */
