/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bounce pools and their slots, to be read by rules.
 */
#ifndef DMASCOPE_STATE_POOL_H
#define DMASCOPE_STATE_POOL_H

#include "state/device.h"

#define POOL_WORST	3

struct holder {
	uint64_t dev;		/* key */
	uint64_t slots;
	uint64_t count;		/* mappings holding them */
};

struct pool {
	struct rec_pool rec;
	int64_t delta;		/* slots taken less slots released since rec */
	uint64_t live;		/* slots whose holders are known */
	uint64_t first_ts;	/* of the first record */
	uint64_t hiwater;	/* slots: most in use at once, as counted from rec and events */
	uint64_t hiwater_read;	/* the kernel's own number, 0: not known */
	uint64_t attempts, ok, failed;
	uint64_t big_used_max;	/* slots in use, when a request failed that never fits */
	struct holder worst[POOL_WORST];	/* who held most when most was in use */
	uint32_t worsts;
	uint64_t worst_used;
};

struct slot {
	uint64_t addr, phys, ts, seq;	/* phys: of the memory bounced, 0 = not known */
	uint64_t closed;	/* ts of the unmap of its mapping, 0: open */
	uint32_t dev, stack;
	uint32_t nslots;
	uint32_t pool;		/* index, NONE = in no known pool */
	uint32_t next;		/* free list */
	uint8_t dir, used, preexisting;
};


/* In order of appearance; NULL past the end. */
const struct pool *pool_at(const struct state *m, uint32_t i);
const struct pool *pool__main(const struct state *m);
/* The pool that d takes its slots from: its own (restricted) one, or the main one. */
const struct pool *pool__of(const struct state *m, const struct dev *d);
/* Yes, no, or -1: not known. */
int pool__exists(const struct state *m, const struct dev *d);
/* Slots of a pool that may have grown (CONFIG_SWIOTLB_DYNAMIC): as many as were in use at least. */
uint64_t pool__slots(const struct pool *p);
/* Most slots in use at once. */
struct mval pool__hiwater(const struct state *m, const struct pool *p);
uint64_t pool__segment(const struct pool *p);
/* The hooks (COVER_*) that observe how slots are taken and released. */
uint64_t pool__taken_by(const struct state *m);
uint64_t pool__given_by(const struct state *m);
/*
 * The next slot, from *i on, whose mapping was unmapped, that the device may have written to and
 * that was not released although others were. NULL: none. Moves *i past it.
 */
const struct slot *pool__unreleased(const struct state *m, uint32_t *i);

/*
 * The reason that every mapping of the device without a table or an IOMMU is bounced, if one
 * exists. Up to 7.2 force_bounce alone asks for that, and secure guests set it; from 7.3 on, where
 * io_tlb_mem has cc_shared, a device of a secure guest cannot reach private memory
 * (dma_capable(), include/linux/dma-direct.h) and force_bounce is set by swiotlb=force alone.
 */
enum why_bounce {
	BOUNCE_UNKNOWN,
	BOUNCE_NOT,		/* only what the device cannot address */
	BOUNCE_FORCED,		/* force_bounce */
	BOUNCE_PRIVATE,		/* 7.3: private memory is out of its reach */
};

enum why_bounce pool__why_all(const struct state *m, const struct dev *d);
int pool__bounces_all(const struct state *m, const struct dev *d);	/* 1, 0, -1: not known */
/* True if the memory of its pool is shared (7.3). 1, 0, or -1: no such field. */
int pool__cc_shared(const struct state *m, const struct dev *d);

#endif /* DMASCOPE_STATE_POOL_H */
