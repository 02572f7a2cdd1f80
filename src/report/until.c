// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The finding that ended a recording: for the text, JSON and HTML reports. */
#include <string.h>

#include "report/until.h"

const char *report_until(const struct state_run *run)
{
	static const char prefix[] = "finding ";
	const char *why = run->end ? run->end->why : "";

	return strncmp(why, prefix, sizeof(prefix) - 1) ? NULL : why + sizeof(prefix) - 1;
}

const struct rec_finding *report_until_seen(const struct state *m, const struct state_run *run)
{
	const char *id = report_until(run);
	const struct rec_finding *rec;

	for (size_t i = 0; id && (rec = state__recorded(m, i)); i++)
		if (!strcmp(rec->id, id))
			return rec;
	return NULL;
}
