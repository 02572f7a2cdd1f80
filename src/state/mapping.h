/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live mappings, as rules ask for them.
 */
#ifndef DMASCOPE_STATE_MAPPING_H
#define DMASCOPE_STATE_MAPPING_H

#include "state/state.h"

struct live_map {
	uint64_t dma, size, ts, seq;
	uint32_t dev, stack;	/* index of the device */
	uint8_t path;
};

uint32_t mapping_count(const struct state *m);
/* The next live mapping from id *id on, which moves past it. False: none. */
bool mapping_next(const struct state *m, uint32_t *id, struct live_map *out);
/* It ends above the mask that its device has now. */
bool mapping_beyond(const struct state *m, const struct live_map *mp);

#endif /* DMASCOPE_STATE_MAPPING_H */
