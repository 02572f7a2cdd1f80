// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The findings: placeholders until the table is filled.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

static const char *const fail_names[MODEL_FAIL_MAX] = {
	[MODEL_FAIL_OTHER] = "other", [MODEL_FAIL_NO_POOL] = "no_pool",
	[MODEL_FAIL_TOO_BIG] = "too_big", [MODEL_FAIL_POOL_FULL] = "pool_full",
	[MODEL_FAIL_FRAGMENTED] = "fragmented", [MODEL_FAIL_SLOT] = "no_slot",
	[MODEL_FAIL_NO_TCE] = "no_tce",
};

static const char *const fail_texts[MODEL_FAIL_MAX] = {
	[MODEL_FAIL_OTHER] = "refused, no reason was seen",
	[MODEL_FAIL_NO_POOL] = "there is no bounce pool",
	[MODEL_FAIL_TOO_BIG] = "larger than any mapping through the pool can be",
	[MODEL_FAIL_POOL_FULL] = "the bounce pool was full",
	[MODEL_FAIL_FRAGMENTED] = "no run of free slots that long",
	[MODEL_FAIL_SLOT] = "no bounce slot",
	[MODEL_FAIL_NO_TCE] = "no free run in the TCE table",
};

const char *model__fail_name(enum model_fail why)
{
	return fail_names[why < MODEL_FAIL_MAX ? why : MODEL_FAIL_OTHER];
}

const char *model__fail_text(enum model_fail why)
{
	return fail_texts[why < MODEL_FAIL_MAX ? why : MODEL_FAIL_OTHER];
}

const char *model__severity_name(unsigned int severity)
{
	static const char *const names[] = { "none", "NOTE", "WARNING", "ERROR" };

	return names[severity <= MODEL_ERROR ? severity : 0];
}

const char *model__finding_id(size_t i)
{
	(void)i;
	return NULL;
}

int model__findings(const struct model *m, struct model_finding **out, size_t *n)
{
	(void)m;
	*out = NULL;
	*n = 0;
	return 0;
}
