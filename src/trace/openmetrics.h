/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model as OpenMetrics text, for Prometheus: one exposition. Names and labels only; numbers
 * are the model's.
 */
#ifndef DMASCOPE_TRACE_OPENMETRICS_H
#define DMASCOPE_TRACE_OPENMETRICS_H

#include "model/model.h"
#include "trace/out.h"

#define OPENMETRICS_DEVICES	128	/* the others are summed up as device="other" */

/* Ends with "# EOF". What was not observed has no sample. 0, the error of out, or -ENOMEM. */
int openmetrics_write(const struct model *m, struct out *out);

#endif /* DMASCOPE_TRACE_OPENMETRICS_H */
