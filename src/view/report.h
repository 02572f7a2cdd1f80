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

#include "model/model.h"

#define REPORT_RANGES	20	/* ranges listed if nobody says otherwise */

/* All zero is the plain report. Times are limited before the model sees them. */
struct report_opts {
	const char *device;	/* only devices whose name matches this glob; NULL = all */
	bool by_addr;		/* only what concerns `addr`: who maps it, is it shared */
	uint64_t addr;
	size_t ranges;		/* how many ranges to list, 0 = REPORT_RANGES, SIZE_MAX = all */
	bool findings;		/* only what is wrong, and whether all was seen */
	bool cut;		/* the stream had no end: the file is truncated */
	const char *source;	/* file name for the headline, NULL = none */
};

/* Whether the report is about this device, and whether about any at all. */
bool report_shows(const struct model *m, const struct report_opts *opts, uint64_t key);
bool report_shows_any(const struct model *m, const struct report_opts *opts);
/* ... and about a range, which may be that of one of several devices. */
bool report_shows_range(const struct model *m, const struct report_opts *opts,
			const struct model_range *g);

/* 0, -EIO if f did not take it, -ENOENT if no device matches, or -ENOMEM. */
int report_text(const struct model *m, const struct report_opts *opts, FILE *f);

struct out;
/*
 * The same as one JSON object on a line, numbers as trace/json.h has them; members are named as
 * in model.h. At most 2,000 ranges. As report_text(), or the error of out.
 */
int report_json(const struct model *m, const struct report_opts *opts, struct out *out);

#endif /* DMASCOPE_REPORT_H */
