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
	struct state_finding *x = finding_seen(f, NULL, ledger__seen(f->m, LEDGER_FAILED),
					       FACT_FAILED, STATE_ERROR, 95);
	struct state_ledger l;

	if (!x)
		return;
	state__ledger(f->m, &l);
	finding_fact(x, FACT_STATUS, (uint64_t)ledger__fail_status(f->m));
	finding_known(x, FACT_CALLS, l.shares + l.unshares);
	finding_advise(x, dms_guest_is(session_of(f->m)->guest, GT_ULTRACALLS) ? REMEDY_PEF_LOGS :
			  REMEDY_CONVERSION_LOG);
}

void find_freed_while_shared(struct finder *f)
{
	const struct seen *e = ledger__seen(f->m, LEDGER_FREED);
	struct state_finding *x;
	struct state_ledger l;

	if (!e->count)
		return;
	state__ledger(f->m, &l);
	x = finding_new(f, NULL, STATE_ERROR, 90);
	finding_fact(x, FACT_PAGES, l.freed_shared.v);
	finding_fact(x, FACT_BYTES, l.freed_shared.v * page_size_of(f->m));
	finding_advise(x, REMEDY_ENCRYPT_BEFORE_FREE);
	finding_events(x, e);
}

void find_unshared_while_mapped(struct finder *f)
{
	struct state_finding *x = finding_seen(f, NULL, ledger__seen(f->m, LEDGER_UNSHARED),
					       FACT_TIMES, STATE_ERROR, 80);

	if (x)
		finding_advise(x, REMEDY_UNMAP_BEFORE_UNSHARE);
}

void find_share_growth(struct finder *f)
{
	struct state_sharer s[2];
	struct state_finding *x;
	struct state_ledger l;
	struct grown g;
	size_t i, n;

	if (!ledger__growth(f->m, &g) || g.ns < 2 * NSEC || g.to - g.from < 1 << 20 ||
	    !finding_whole(f, NULL, g.start, now_of(f->m)))
		return;
	state__ledger(f->m, &l);
	x = finding_new(f, NULL, STATE_WARNING, g.ns > 60 * NSEC ? 85 : 65);
	finding_fact(x, FACT_FROM, g.from);
	finding_fact(x, FACT_TO, g.now);
	finding_fact(x, FACT_AGE, g.ns);
	n = state__sharers(f->m, s, 2);
	for (i = 0; i < n && i < 2; i++) {
		if (!s[i].shares)
			continue;
		finding_fact(x, i ? FACT_CALLER2_BYTES : FACT_CALLER_BYTES, s[i].bytes);
		finding_text(x, i ? FACT_CALLER2 : FACT_CALLER, s[i].caller);
	}
	finding_advise(x, REMEDY_UNSHARE_BEFORE_FREE);
	x->count = l.shares;
}

void find_conversion_storm(struct finder *f)
{
	struct state_finding *x;
	struct state_ledger l;

	if (ledger__busy_secs(f->m) < STORM_SECONDS)
		return;
	state__ledger(f->m, &l);
	x = finding_new(f, NULL, STATE_WARNING, 90);
	finding_fact(x, FACT_RATE, l.rate_max.v);
	finding_fact(x, FACT_BUSY, ledger__busy_secs(f->m));
	finding_fact(x, FACT_LIMIT, LEDGER_STORM_RATE);
	finding_fact(x, FACT_SHARES, l.shares);
	finding_fact(x, FACT_UNSHARES, l.unshares);
	finding_advise(x, REMEDY_SHARE_ONCE);
	finding_events(x, ledger__seen(f->m, LEDGER_STORM));
}
