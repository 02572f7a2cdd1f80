/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two states compared: first what cannot be compared, then guest, pool, findings and devices.
 * Devices are matched by address and driver, then by kind, by driver, by address alone.
 */
#ifndef DMASCOPE_REPORT_DIFF_H
#define DMASCOPE_REPORT_DIFF_H

#include <stdio.h>

#include "state/state.h"

struct diff;
struct out;

struct diff_side {
	const struct state *m;
	const char *file;
	bool cut;		/* the trace had no end */
};

/* Compares. 0 or -ENOMEM; free with diff__free(), which takes NULL. The states have to stay. */
int diff__new(struct diff **d, const struct diff_side *a, const struct diff_side *b);
void diff__free(struct diff *d);

/*
 * True if anything differs that is not just load: hooks, losses, guest, pool, findings, devices,
 * decisions, failures, shares of paths by 5 points or more, rates and sizes by half or more.
 */
bool diff__differs(const struct diff *d);

/* 0 or -EIO. */
int diff__text(const struct diff *d, FILE *f);
/* One JSON object on a line. 0 or the error of out. */
int diff__json(const struct diff *d, struct out *out);

#endif /* DMASCOPE_REPORT_DIFF_H */
