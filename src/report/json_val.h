/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A number of the state as JSON, for reports and top: null where it is not known.
 */
#ifndef DMASCOPE_REPORT_JSON_VAL_H
#define DMASCOPE_REPORT_JSON_VAL_H

#include "state/state.h"
#include "trace/json.h"

static inline void json_val(struct json *j, const char *key, struct mval v)
{
	if (mval_known(v))
		json__u64(j, key, v.v);
	else
		json__null(j, key);
}

#endif /* DMASCOPE_REPORT_JSON_VAL_H */
