// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The recommended size of a bounce pool.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/pool_size.h"
#include "util/fmt.h"

#define LONG_ENOUGH	(600 * 1000000000ULL)	/* ns */

static const char *not_known(const struct state_pool *p, const struct state_run *run)
{
	if (strcmp(p->rec.name, "default"))
		return "the size of a device's own pool is not set by swiotlb=";
	if (p->rec.dynamic)
		return "the pool grows when it is full";
	if (!mval_known(p->total) || !p->total.v)
		return "there is no pool, or its size is not known";
	if (!mval_known(p->hiwater) || p->hiwater.estimate)
		return "how many slots were in use at most is not known";
	if (!p->hiwater.v)
		return "nothing was bounced";
	if (p->hiwater.v * 10 > p->total.v * 8)
		return "it was full, or nearly: the finding says how large it should be";
	if (run->lost || run->cut || run->trimmed)
		return "the trace is not complete, so more may have been in use";
	return NULL;
}

struct pool_size report_pool_size(const struct state *m, const struct state_pool *p)
{
	uint64_t slot = p->rec.slot_size ? p->rec.slot_size : IO_TLB_SIZE;
	struct pool_size s = { .advice = POOL_ADVICE_NONE };
	struct state_run run;

	state__run(m, &run);
	s.why = not_known(p, &run);
	if (s.why)
		return s;
	s.slots = state__slots_enough(p->hiwater.v);
	if (s.slots > p->total.v) {
		s.advice = POOL_ADVICE_LARGER;
	} else if (s.slots * 2 <= p->total.v) {
		if (!p->rec.hiwater_known && run.now - run.start < LONG_ENOUGH) {
			s.why = "ten minutes under load tell whether it could be smaller";
			return s;
		}
		s.advice = POOL_ADVICE_SMALLER;
	} else {
		s.advice = POOL_ADVICE_KEEP;
		s.slots = p->total.v;
	}
	s.bytes = s.slots * slot;
	s.force = state__pool_wants_force(m);
	if (run.session && run.session->mem_bytes)
		s.permille = (unsigned int)(s.bytes * 1000 / run.session->mem_bytes);
	return s;
}

void report_pool_size_option(const struct pool_size *s, char *text, size_t len)
{
	text[0] = '\0';
	if (s->advice != POOL_ADVICE_NONE)
		snprintf(text, len, "swiotlb=%" PRIu64 "%s", s->slots, s->force ? ",force" : "");
}

void report_pool_size_text(const struct pool_size *s, char *text, size_t len)
{
	char a[FMT_LEN], option[POOL_OPTION_LEN];

	text[0] = '\0';
	if (s->advice == POOL_ADVICE_NONE)
		return;
	report_pool_size_option(s, option, sizeof(option));
	if (s->advice == POOL_ADVICE_KEEP)
		snprintf(text, len, "its size is right: half more than was ever in use");
	else
		snprintf(text, len, "recommended: %s (%s), %s", option, fmt_size(a, s->bytes),
			 s->advice == POOL_ADVICE_LARGER ? "more than it has" :
			 "less than it has, if this was its highest load");
	if (s->permille)
		snprintf(text + strlen(text), len - strlen(text), "; %u.%u %% of RAM",
			 s->permille / 10, s->permille % 10);
}
