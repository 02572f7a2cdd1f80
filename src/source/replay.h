/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorded source: a trace file becomes the same stream of records that the live source
 * feeds. Only filtering is here; parsing is in trace/reader.
 */
#ifndef DMASCOPE_SOURCE_REPLAY_H
#define DMASCOPE_SOURCE_REPLAY_H

#include "trace/reader.h"

struct replay_opts {
	bool since_set, until_set;
	int64_t since_ns;	/* after session.start_ns; may be negative */
	int64_t until_ns;
};

#define replay_status trace_status

/* True if records were read, but no footer. */
static inline bool replay_cut(const struct replay_status *st)
{
	return st->header && (st->state == TRACE_TRUNCATED || st->state == TRACE_DAMAGED);
}

/*
 * Reads path ("-": stdin) and hands its records to sink. With since or until a REC_SLICE follows
 * the session. REC_CUT ends a file that has no end. Returns and fills st as trace_read(); opts may
 * be NULL.
 */
int source_replay(const char *path, const struct replay_opts *opts, dms_sink_fn sink, void *ctx,
		  struct replay_status *st);

#endif /* DMASCOPE_SOURCE_REPLAY_H */
