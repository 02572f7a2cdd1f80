/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Callers of the DMA API, as rules ask for them: each is a device, a path and a stack.
 */
#ifndef DMASCOPE_STATE_CALLER_H
#define DMASCOPE_STATE_CALLER_H

#include "state/evidence.h"

struct caller_use {
	uint32_t dev, stack;	/* index of the device */
	uint8_t path;
	uint64_t maps, live;
};

/* In order of appearance; false past the end. */
bool caller_at(const struct state *m, uint32_t i, struct caller_use *out);
/* Has the number of its live mappings only grown? */
bool caller_growth(const struct state *m, uint32_t i, struct grown *out);
const char *caller_name(const struct state *m, uint32_t stack);

#endif /* DMASCOPE_STATE_CALLER_H */
