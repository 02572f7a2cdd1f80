/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loop of a metrics exporter: a state that goes on changing, written to a file at an interval
 * and served over HTTP. Where the state's records come from is metrics.c's business.
 */
#ifndef DMASCOPE_EXPORTER_H
#define DMASCOPE_EXPORTER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "export/http.h"
#include "export/openmetrics.h"

struct exporter_opts {
	const char *output;		/* file to replace; NULL: none */
	uint64_t every_ns;		/* how often; 0: never */
	enum metrics_format format;	/* of the file */
};

struct exporter {
	struct exporter_opts o;
	struct state *m;		/* the caller's */
	struct http *http;		/* or NULL; freed by exporter__free() */
	struct metrics *metrics;
	/* Brings the state up to date before it is shown; may be NULL. 0 or -errno. */
	int (*refresh)(void *source);
	void *source;
	int source_fd;			/* readable: refresh is due; -1: none */
	const volatile sig_atomic_t *stopped;
	uint64_t next_write, next_alive, alive_ns;
	uint64_t refreshed;
	bool failing;			/* the last write failed */
	uint64_t writes;
};

/* Takes the fields of o, m, http, refresh, source and stopped as set. 0 or -ENOMEM. */
int exporter__init(struct exporter *x);
void exporter__free(struct exporter *x);

/* Serves and writes until the monotonic time `until` (UINT64_MAX: for ever), or a signal. */
int exporter__serve(struct exporter *x, uint64_t until);

/* Writes the file once more: the last values. The exit code, after a message. */
int exporter__write_file(const struct exporter *x);

/*
 * Writes one exposition in place of path ("-" or NULL: stdout). The exit code, after a message
 * unless quiet.
 */
int exporter_write(struct metrics *x, const struct state *m, const struct metrics_opts *opts,
		   const char *path, bool quiet);

#endif /* DMASCOPE_EXPORTER_H */
