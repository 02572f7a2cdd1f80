// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about pages the hypervisor can see: conversions that fail, pages that stay shared when
 * they should not, sharing as a habit. Only secure guests have these.
 */
#include "rules/findings.h"
#include "util/names.h"

#define STORM_SECONDS	2

void find_share_failed(struct finder *f)
{
	const struct ledger *l = ledger_of(f->m);
	struct state_finding *x;

	if (!l->failed.count)
		return;
	x = finding_new(f, NULL, STATE_ERROR, 95);
	finding_fact(x, FACT_FAILED, l->failed.count);
	finding_fact(x, FACT_STATUS, (uint64_t)l->fail_status);
	finding_known(x, FACT_CALLS, l->shares + l->unshares);
	finding_advise(x, dms_guest_is(session_of(f->m)->guest, GT_ULTRACALLS) ? REMEDY_PEF_LOGS :
			  REMEDY_CONVERSION_LOG);
	finding_events(x, &l->failed);
}

void find_freed_while_shared(struct finder *f)
{
	const struct ledger *l = ledger_of(f->m);
	uint32_t page = session_of(f->m)->page_size ? session_of(f->m)->page_size : 4096;
	struct state_finding *x;

	if (!l->freed_shared.count)
		return;
	x = finding_new(f, NULL, STATE_ERROR, 90);
	finding_fact(x, FACT_PAGES, l->freed_pages);
	finding_fact(x, FACT_BYTES, l->freed_pages * page);
	finding_advise(x, REMEDY_ENCRYPT_BEFORE_FREE);
	finding_events(x, &l->freed_shared);
}

void find_unshared_while_mapped(struct finder *f)
{
	const struct evid *e = &ledger_of(f->m)->unshared_mapped;
	struct state_finding *x;

	if (!e->count)
		return;
	x = finding_new(f, NULL, STATE_ERROR, 80);
	finding_fact(x, FACT_TIMES, e->count);
	finding_advise(x, REMEDY_UNMAP_BEFORE_UNSHARE);
	finding_events(x, e);
}

void find_share_growth(struct finder *f)
{
	const struct ledger *l = ledger_of(f->m);
	struct growth g = l->growth;
	uint64_t now = l->set.bytes > l->assumed ? l->set.bytes - l->assumed : 0;
	struct state_sharer s[2];
	struct state_finding *x;
	uint64_t from, to, ns;
	size_t i, n;

	if (!g.n)
		return;
	growth_roll(&g, now_of(f->m), now);
	if (!growth_monotonic(&g, &from, &to, &ns) || ns < 2 * NSEC || to - from < 1 << 20 ||
	    !finding_whole(f, NULL, g.start, now_of(f->m)))
		return;
	x = finding_new(f, NULL, STATE_WARNING, ns > 60 * NSEC ? 85 : 65);
	finding_fact(x, FACT_FROM, from);
	finding_fact(x, FACT_TO, now);
	finding_fact(x, FACT_AGE, ns);
	n = state__sharers(f->m, s, 2);
	for (i = 0; i < n && i < 2; i++) {
		if (!s[i].shares)
			continue;
		finding_fact(x, i ? FACT_CALLER2_BYTES : FACT_CALLER_BYTES, s[i].bytes);
		finding_text(x, i ? FACT_CALLER2 : FACT_CALLER, s[i].caller);
	}
	finding_advise(x, REMEDY_UNSHARE_BEFORE_FREE);
	x->count = l->shares;
}

void find_conversion_storm(struct finder *f)
{
	const struct ledger *l = ledger_of(f->m);
	struct state_finding *x;

	if (l->busy_secs < STORM_SECONDS)
		return;
	x = finding_new(f, NULL, STATE_WARNING, 90);
	finding_fact(x, FACT_RATE, l->rate_max);
	finding_fact(x, FACT_BUSY, l->busy_secs);
	finding_fact(x, FACT_LIMIT, LEDGER_STORM_RATE);
	finding_fact(x, FACT_SHARES, l->shares);
	finding_fact(x, FACT_UNSHARES, l->unshares);
	finding_advise(x, REMEDY_SHARE_ONCE);
	finding_events(x, &l->storm);
}
