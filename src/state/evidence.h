/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Observations behind a conclusion, with the time that each rests on, and numbers that only grow.
 */
#ifndef DMASCOPE_STATE_EVIDENCE_H
#define DMASCOPE_STATE_EVIDENCE_H

#include "state/coverage.h"
#include "state/idmap.h"
#include "state/state.h"

#define NONE		IDMAP_NONE
#define NSEC		UINT64_C(1000000000)
#define SETTLE		(NSEC / 5)	/* records of one call may lie that far apart */

/* Observations behind a finding: how many, and the first of them. */
#define EVIDENCE	4
struct evid {
	uint64_t count;
	uint64_t seq[EVIDENCE];
	/* Each is evidence if none of these hooks (COVER_*) was hit unseen in its time (ns). */
	uint64_t hooks, from[EVIDENCE], to[EVIDENCE];
};

void evid_add(struct evid *e, uint64_t seq);
/* The same, with the time that it rests on. */
void evid_add_at(struct evid *e, uint64_t seq, uint64_t from, uint64_t to);
/*
 * Adds the newest event, if none of those hooks had a hole between two times. Should a gap turn up
 * later evid_doubt() takes all of it back.
 */
void evid_add_sure(const struct state *m, struct evid *e, uint64_t hooks, uint64_t from,
		   uint64_t to);
/* No hole there, of a device whose hits a filter lets through. */
bool evid_sure(const struct state *m, uint64_t hooks, uint64_t from, uint64_t to);
/* Is any of it still evidence? What is not is taken out. */
bool evid_doubt(const struct state *m, struct evid *e);
void evid_take_back(struct evid *e, uint64_t seq);

/*
 * Does a number only ever grow? The least value in each of up to GROWTH_WINS equal pieces of
 * time; when all are used, neighbours are joined and the pieces become twice as long.
 */
#define GROWTH_WINS	8
struct growth {
	uint64_t min[GROWTH_WINS];
	uint64_t start;		/* ns, of the first piece; 0: nothing yet */
	uint64_t span;		/* ns of one piece */
	uint32_t n;		/* pieces begun */
};

/* To be called before the value changes from v at time ts, and before asking. */
void growth_roll(struct growth *g, uint64_t ts, uint64_t v);
void growth_set(struct growth *g, uint64_t v);
/* Strictly more in each piece than in the one before, for at least four pieces. */
bool growth_monotonic(const struct growth *g, uint64_t *from, uint64_t *to, uint64_t *ns);

#endif /* DMASCOPE_STATE_EVIDENCE_H */
