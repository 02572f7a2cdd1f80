// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a source's beginning or end becomes a verb's exit code, and the one line about it.
 */
#include <string.h>

#include "cmd.h"
#include "model/model.h"
#include "probe/probe.h"
#include "trace/reader.h"

int exit_of_replay(const char *verb, const struct trace_status *st, const struct model *m)
{
	struct model_run run;

	if (st->state != TRACE_COMPLETE)
		complain("%s: %s", verb, st->text);
	switch (st->state) {
	case TRACE_COMPLETE:
		model__run(m, &run);
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
