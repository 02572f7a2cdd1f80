/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live mappings, to be read by rules.
 */
#ifndef DMASCOPE_STATE_MAPPING_H
#define DMASCOPE_STATE_MAPPING_H

#include "state/state.h"

struct mapping {
	uint64_t dma, phys, size, ts, seq;
	uint32_t dev;		/* index of the device */
	uint32_t stack, pid;
	uint32_t hnext;		/* same bucket of (dev, dma) */
	uint32_t pnext, pprev;	/* same bucket of physical memory, ids; NONE = end */
	uint32_t caller;	/* index, NONE = not counted */
	uint8_t path, dir, flags;
	uint8_t used : 1, attrs : 6;	/* attrs_kept() */
};
_Static_assert(sizeof(struct mapping) == 72, "the memory bound in model.h rests on it");


uint32_t mapping_count(const struct state *m);
/* The next live mapping from id *id on, which moves past it. NULL: none. */
const struct mapping *mapping_next(const struct state *m, uint32_t *id);
/* Is that very mapping (by the event that made it) still live? */
bool mapping_is_live(const struct state *m, uint32_t dev, uint64_t dma, uint64_t seq);

#endif /* DMASCOPE_STATE_MAPPING_H */
