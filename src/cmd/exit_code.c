// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The start and the end of a source: the exit code, and the one line printed about it.
 */
#include <string.h>

#include "cmd/cmd.h"
#include "state/state.h"
#include "probe/probe.h"
#include "trace/reader.h"

int exit_of_replay(const char *verb, const struct trace_status *st, const struct state *m)
{
	struct state_run run;

	if (st->state != TRACE_COMPLETE)
		complain("%s: %s", verb, st->text);
	switch (st->state) {
	case TRACE_COMPLETE:
		state__run(m, &run);
		return run.complete ? EXIT_DONE : EXIT_PARTIAL;
	case TRACE_TRUNCATED:
	case TRACE_DAMAGED:
		return st->header ? EXIT_PARTIAL : EXIT_USAGE;
	case TRACE_FOREIGN:
	case TRACE_NEWER:
		return EXIT_USAGE;
	default:
		return EXIT_IO;
	}
}

int exit_of_start(const char *verb, int err, const struct probe_error *perr)
{
	complain("%s: %s", verb, perr->fault ? perr->text : strerror(-err));
	return perr->fault && perr->fault != PROBE_INTERNAL ? EXIT_START : EXIT_IO;
}

void warn_of_kprobes(const char *verb, const struct probe *p)
{
	char text[DMS_TEXT_LEN];

	if (probe__kprobe_warning(p, text, sizeof(text)))
		complain("%s: %s", verb, text);
}
