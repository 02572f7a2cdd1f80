/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The report as one HTML page that needs nothing else: no network, no other file. It holds the JSON
 * report and what a timeline counted, as data; src/report/page/ draws them.
 */
#ifndef DMASCOPE_REPORT_HTML_H
#define DMASCOPE_REPORT_HTML_H

#include <stdio.h>

#include "report/report.h"
#include "report/timeline.h"

/* Its numbers are those of report_json() with the same opts. 0, -EIO, -ENOENT, -ENOMEM. */
int report_html(const struct state *m, const struct timeline *t, const struct report_opts *opts,
		FILE *f);

#endif /* DMASCOPE_REPORT_HTML_H */
