/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The costs of translation for a device, as JSON. For reports and top.
 */
#ifndef DMASCOPE_REPORT_TRANSLATION_H
#define DMASCOPE_REPORT_TRANSLATION_H

#include "state/state.h"
#include "trace/json.h"

/* "translation": an object or null; "user_mappings" and what belongs to them. */
void report_put_translation(struct json *j, const struct state *m, const struct state_dev *d);

#endif /* DMASCOPE_REPORT_TRANSLATION_H */
