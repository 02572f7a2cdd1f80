/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bounce pools and their slots, as rules ask for them.
 */
#ifndef DMASCOPE_STATE_POOL_H
#define DMASCOPE_STATE_POOL_H

#include "state/device.h"

struct pool;

struct holder {
	uint64_t dev;		/* key */
	uint64_t slots;
	uint64_t count;		/* mappings holding them */
};

/* In order of appearance; NULL past the end. */
const struct pool *pool_at(const struct state *m, uint32_t i);
const struct pool *pool__main(const struct state *m);
/* The pool that d takes its slots from: its own (restricted) one, or the main one. */
const struct pool *pool__of(const struct state *m, const struct dev *d);
/* One has slots: the main one, or a device's own. */
bool pool__any(const struct state *m);
/* Does d have a pool? NULL: is there a main one? 1, 0, or -1: not known. */
int pool__exists(const struct state *m, const struct dev *d);
/* As it was read last; all zero without a pool. */
const struct rec_pool *pool__rec(const struct pool *p);
/* Those who held most when most was in use, the first of them most; NULL past the end. */
const struct holder *pool__holder(const struct pool *p, uint32_t i);
/* Slots of p that d is known to hold now. */
uint64_t pool__held(const struct state *m, const struct pool *p, const struct dev *d);
/* Most slots in use when a request failed that never fits. False: not known; p may be NULL. */
bool pool__used_at_misfit(const struct pool *p, uint64_t *used);
/* Slots of a pool that may have grown (CONFIG_SWIOTLB_DYNAMIC): as many as were in use at least. */
uint64_t pool__slots(const struct pool *p);
/* Most slots in use at once. */
struct mval pool__hiwater(const struct state *m, const struct pool *p);
uint64_t pool__segment(const struct pool *p);
/* The hooks (COVER_*) that observe how slots are released. */
uint64_t pool__given_by(const struct state *m);
/*
 * The next slot, from *i on, whose mapping was unmapped, that the device may have written to and
 * that was not released although others were. False: none. Moves *i past it.
 */
bool pool__unreleased(const struct state *m, uint32_t *i, struct suspect *out);
/* Is every mapping of it without a table or an IOMMU bounced? 1, 0, -1: not known. */
int pool__bounces_all(const struct state *m, const struct dev *d);
/* True if the memory of its pool is shared (7.3). 1, 0, or -1: no such field. */
int pool__cc_shared(const struct state *m, const struct dev *d);

#endif /* DMASCOPE_STATE_POOL_H */
