/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state as metrics for Prometheus: one exposition, as OpenMetrics or in the older text format
 * that node_exporter's textfile collector reads. Names and labels only; numbers are the state's.
 *
 * The number of series is bounded by METRICS_SERIES, whatever the guest has: the first
 * METRICS_PAIRS pairs of a device and a path have series of their own, later ones are summed as
 * device="other". A device is its name here, so that one that is plugged in again goes on with its
 * series.
 */
#ifndef DMASCOPE_EXPORT_OPENMETRICS_H
#define DMASCOPE_EXPORT_OPENMETRICS_H

#include "state/state.h"
#include "trace/out.h"

#define METRICS_SERIES		250
#define METRICS_PAIRS		60

enum metrics_format {
	METRICS_OPENMETRICS = 0,	/* 1.0.0, ends with "# EOF" */
	METRICS_TEXT,			/* text/plain; version=0.0.4 */
};

/* The exported state: the pairs that have series, and their values, which never go down. */
struct metrics;

int metrics__new(struct metrics **x);		/* 0 or -ENOMEM */
void metrics__free(struct metrics *x);		/* takes NULL */

struct metrics_opts {
	enum metrics_format format;
	uint64_t now;		/* when it was observed last, monotonic ns; 0: as the state knows */
};

/* Writes all families. A value that was not observed has no sample. 0, out's error, or -ENOMEM. */
int metrics__write(struct metrics *x, const struct state *m, const struct metrics_opts *opts,
		   struct out *out);

/* The Content-Type of a format. */
const char *metrics_content_type(enum metrics_format format);
/* The format that an HTTP Accept header asks for; NULL, or neither of them: METRICS_TEXT. */
enum metrics_format metrics_negotiate(const char *accept);

/* One OpenMetrics exposition of a state that nothing follows. As metrics__write(). */
int openmetrics_write(const struct state *m, struct out *out);

#endif /* DMASCOPE_EXPORT_OPENMETRICS_H */
