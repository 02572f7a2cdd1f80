// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lists what the catalogue hooks, for tests/next/btf.py: "function NAME HOOK" or "event NAME HOOK"
 * for each candidate.
 */
#include <stdio.h>

#include "probe/catalogue.h"
#include "util/names.h"

int main(void)
{
	for (unsigned int i = 0; i < hook_rows_count; i++)
		for (const struct candidate *c = hook_rows[i].cand;
		     c < hook_rows[i].cand + CAND_MAX && c->symbol; c++)
			printf("%s %s %s\n", c->attach == ATTACH_KPROBE ? "function" : "event",
			       c->symbol, dms_hook_name(hook_rows[i].id));
	return 0;
}
