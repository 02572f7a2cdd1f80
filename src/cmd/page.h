/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A trace as an HTML page, for the verbs report, convert and bugreport.
 */
#ifndef DMASCOPE_PAGE_H
#define DMASCOPE_PAGE_H

#include "report/report.h"
#include "source/replay.h"

struct page_opts {
	const char *verb;		/* for messages */
	const char *input, *output;	/* "-": stdin, stdout */
	bool force;
	struct replay_opts replay;
	struct report_opts report;
};

/* Reads the trace and writes the page. The exit code, after a message if it is not 0. */
int page_write(const struct page_opts *o);

#endif /* DMASCOPE_PAGE_H */
