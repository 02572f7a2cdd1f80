/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The report: what the model knows, as text for the top of a mail or as JSON. What is true or
 * wrong is the model's business; only wording and layout live here.
 */
#ifndef DMASCOPE_REPORT_H
#define DMASCOPE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "state/state.h"
#include "words/words.h"

#define REPORT_RANGES	20	/* ranges listed by default */

/* All zero is the plain report. Times are limited before the model sees them. */
struct report_opts {
	const char *device;	/* only those that match, state__dev_matches(); NULL = all */
	bool by_addr;		/* only what concerns `addr`: who maps it, is it shared */
	uint64_t addr;
	size_t ranges;		/* how many ranges to list, 0 = REPORT_RANGES, SIZE_MAX = all */
	bool findings;		/* only what is wrong, and whether all was seen */
	const char *source;	/* file name for the headline, NULL = none */
};

/* True if the report is about this device, or about any device at all. */
bool report_shows(const struct state *m, const struct report_opts *opts, uint64_t key);
bool report_shows_any(const struct state *m, const struct report_opts *opts);
/* ... and about a range, which may be that of one of several devices. */
bool report_shows_range(const struct state *m, const struct report_opts *opts,
			const struct state_range *g);

/*
 * The callers of these devices, most maps first, into *out for the caller to free(). 0 or
 * -ENOMEM.
 */
int report_callers(const struct state *m, const struct report_opts *opts,
		   struct state_caller **out, size_t *n);

/* 0, -EIO if f did not take it, -ENOENT if no device matches, or -ENOMEM. */
int report_text(const struct state *m, const struct report_opts *opts, FILE *f);

struct out;
/*
 * The same as one JSON object on a line, numbers as trace/json.h has them; members are named as
 * in model.h. At most 2,000 ranges. As report_text(), or the error of out.
 */
int report_json(const struct state *m, const struct report_opts *opts, struct out *out);

#endif /* DMASCOPE_REPORT_H */
