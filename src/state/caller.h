/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Callers of the DMA API, to be read by rules: each is a device, a path and a stack.
 */
#ifndef DMASCOPE_STATE_CALLER_H
#define DMASCOPE_STATE_CALLER_H

#include "state/evidence.h"

struct caller {
	uint32_t dev, stack;
	uint8_t path;
	uint64_t maps, bytes, fails, unmaps, live, live_bytes;
	uint32_t life_hist[STATE_LIFE_SLOTS];
	struct growth growth;
};


/* In order of appearance; NULL past the end. */
const struct caller *caller_at(const struct state *m, uint32_t i);
const char *caller_name(const struct state *m, uint32_t stack);

#endif /* DMASCOPE_STATE_CALLER_H */
