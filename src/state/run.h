/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The run, as rules ask for it: one question, one answer.
 */
#ifndef DMASCOPE_STATE_RUN_H
#define DMASCOPE_STATE_RUN_H

#include "state/coverage.h"
#include "state/state.h"

/* All zero if the stream had none. */
const struct rec_session *session_of(const struct state *m);
/* Its memory is private unless it is shared. */
bool is_secure(const struct state *m);
/* swiotlb=noforce on the command line. */
bool has_noforce(const struct state *m);
/* There are TCE tables (pseries). */
bool has_tables(const struct state *m);
/* Counts come from REC_STATS: no single mappings are known. */
bool counts_only(const struct state *m);
/* ns: the first moment, and the newest time that was fed. */
uint64_t start_of(const struct state *m);
uint64_t now_of(const struct state *m);
uint32_t page_size_of(const struct state *m);
const struct coverage *coverage_of(const struct state *m);
/* Is a hook attached that observes masks being set, or can that not be known? */
bool sees_masks(const struct state *m);
/*
 * The trace is cut off, and what was lost in its last moments is not known: moves *to before these,
 * if something has been observed from `from` on.
 */
bool leave_out_end(const struct state *m, uint64_t from, uint64_t *to);
/* It, or the slice, ends within a list of devices, windows and pools: more may have come. */
bool is_cut_in_list(const struct state *m);

#endif /* DMASCOPE_STATE_RUN_H */
