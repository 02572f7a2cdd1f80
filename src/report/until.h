/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The finding that ended a recording (record --until-finding), as the recorder had it.
 */
#ifndef DMASCOPE_REPORT_UNTIL_H
#define DMASCOPE_REPORT_UNTIL_H

#include "state/state.h"

/* The id of the finding that ended the recording; NULL: something else did. */
const char *report_until(const struct state_run *run);

/*
 * The same finding from the file, with the numbers that it had; NULL: not in the file. The flight
 * recorder may have discarded its events since.
 */
const struct rec_finding *report_until_seen(const struct state *m, const struct state_run *run);

#endif /* DMASCOPE_REPORT_UNTIL_H */
