/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream of records as Chrome trace events (JSON), the form that ui.perfetto.dev opens: each
 * mapping is an async slice on the track of its device and path; pool slots, mapped and shared
 * bytes are counters; decisions, failures, findings and losses are instants.
 */
#ifndef DMASCOPE_TRACE_PERFETTO_H
#define DMASCOPE_TRACE_PERFETTO_H

#include "record/record.h"
#include "state/state.h"
#include "trace/out.h"

#define PERFETTO_MAX_BYTES	(200ULL << 20)	/* browsers fail beyond 256 MB or so */

struct perfetto;

struct perfetto_opts {
	uint64_t max_bytes;	/* no new slices beyond; 0: PERFETTO_MAX_BYTES */
	uint64_t tick_ns;	/* counters are written at most that often; 0: 1 ms */
};

/*
 * Writes onto out. The model is fed by perfetto__put() and asked for counters; both stay the
 * caller's. 0 or -ENOMEM; opts may be NULL.
 */
int perfetto__new(struct perfetto **p, struct out *out, struct state *m,
		  const struct perfetto_opts *opts);
void perfetto__free(struct perfetto *p);

/* Takes one record; a dms_sink_fn. 0, the error of out, or -ENOMEM. */
int perfetto__put(void *perfetto, const struct dms_rec *rec);
/* Ends the JSON, also of a stream without REC_END. */
int perfetto__finish(struct perfetto *p);
/* Mappings left out because of max_bytes. */
uint64_t perfetto__left_out(const struct perfetto *p);

#endif /* DMASCOPE_TRACE_PERFETTO_H */
