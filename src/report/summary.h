/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many traces at once: which finding is in which files, and a line for each, worst first. A state
 * is asked once for its row, and can be freed then.
 */
#ifndef DMASCOPE_REPORT_SUMMARY_H
#define DMASCOPE_REPORT_SUMMARY_H

#include <stdio.h>

#include "report/report.h"

struct summary;
struct out;

int summary__new(struct summary **s);		/* 0 or -ENOMEM */
void summary__free(struct summary *s);		/* takes NULL */

/* Adds the row of a trace; opts->device counts. 0 or -ENOMEM. */
int summary__add(struct summary *s, const char *file, const struct state *m,
		 const struct report_opts *opts);
/* Adds a row for a file that is no trace, or could not be read. */
int summary__add_error(struct summary *s, const char *file, const char *why);

/*
 * Sorts the rows and prints them: as text (with all: also mappings and pools), or each as a JSON
 * object on a line. 0, -EIO or the error of out.
 */
int summary__text(struct summary *s, bool all, FILE *f);
int summary__json(struct summary *s, struct out *out);

#endif /* DMASCOPE_REPORT_SUMMARY_H */
