/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorded source: a trace file becomes the same stream of records that the live source
 * gives. Only choosing which records to hand on lives here; parsing is trace/reader.
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

/*
 * Reads path ("-": stdin) and hands its records to sink. With since or until, events, gaps,
 * stats and findings outside [since, until) are left out; session, hooks, stacks and the end are
 * always given, devices, windows and pools up to until. Returns and fills st as trace_read();
 * opts may be NULL.
 */
int source_replay(const char *path, const struct replay_opts *opts, dms_sink_fn sink, void *ctx,
		  struct replay_status *st);

#endif /* DMASCOPE_SOURCE_REPLAY_H */
