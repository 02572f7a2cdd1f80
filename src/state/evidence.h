/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Observations behind a conclusion, and numbers that only grow, as answers to rules.
 */
#ifndef DMASCOPE_STATE_EVIDENCE_H
#define DMASCOPE_STATE_EVIDENCE_H

#include "state/coverage.h"
#include "state/state.h"

#define NONE		UINT32_MAX	/* not an index */
#define NSEC		UINT64_C(1000000000)
#define SETTLE		(NSEC / 5)	/* records of one call may lie that far apart */

/* Observations: how many, and the first of them. */
#define EVIDENCE	4
struct seen {
	uint64_t count;
	uint64_t seq[EVIDENCE];
};

void seen_add(struct seen *s, uint64_t seq);
/* No hole there, of a device whose hits a filter lets through. */
bool evid_sure(const struct state *m, uint64_t hooks, uint64_t from, uint64_t to);

/* A number that only ever grew: in each piece of time strictly more than in the one before. */
struct grown {
	uint64_t from, to, now;	/* in the second piece, in the last one, now */
	uint64_t ns;		/* ... for so long, up to the last piece */
	uint64_t start;		/* ts: it has been followed since then */
};

#define SUSPECTS	8	/* of one kind are kept */
/* A mapping with something wrong about it; dma: of its slot where that is wrong. */
struct suspect {
	uint64_t dma, size, ts, seq;
	uint32_t dev;		/* index */
	uint8_t path;
};

#endif /* DMASCOPE_STATE_EVIDENCE_H */
