// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about what the hypervisor can see: conversions that fail, pages that stay shared when
 * they should not, sharing as a habit. Only secure guests have these.
 */
#include "model/findings.h"

#define STORM_SECONDS	2

void find_share_failed(struct finder *f)
{
	const struct ledger *l = &f->m->ledger;
	struct model_finding *x;

	if (!f->m->secure || !l->failed.count)
		return;
	x = finding_new(f, NULL, MODEL_ERROR, 95);
	if (!x)
		return;
	SAY(x, summary, "Pages could not be shared or taken back; the kernel may go on as if they "
	    "had been.");
	SAY(x, evidence, "%" PRIu64 " conversion%s refused, the last with status %" PRId64
	    ", of %" PRIu64 " calls", l->failed.count, S(l->failed.count), l->fail_status,
	    l->shares + l->unshares);
	if (f->m->session.guest == GUEST_PEF)
		SAY(x, action, "Look in the ultravisor's and hypervisor's logs. "
		    "set_memory_decrypted() returns 0 all the same, so no driver notices.");
	else
		SAY(x, action, "Look in the kernel log; pages that failed must not be used for DMA "
		    "nor freed.");
	finding_events(x, &l->failed);
	finding_needs(f, x, DMS_HOOK_SHARE);
}

void find_freed_while_shared(struct finder *f)
{
	const struct ledger *l = &f->m->ledger;
	struct model_finding *x;
	char a[SIZE_LEN];
	uint32_t page = f->m->session.page_size ? f->m->session.page_size : 4096;

	if (!f->m->secure || !l->freed_shared.count)
		return;
	x = finding_new(f, NULL, MODEL_ERROR, 90);
	if (!x)
		return;
	SAY(x, summary, "Pages went back to the allocator while the hypervisor can still see them: "
	    "whatever lands there next is exposed.");
	SAY(x, evidence, "%" PRIu64 " page%s, %s", l->freed_pages, S(l->freed_pages),
	    size_text(a, l->freed_pages * page));
	SAY(x, action,
	    "Find who shared them in the ledger: set_memory_encrypted() is missing there, "
	    "or failed. Only a reboot makes those pages private for certain.");
	finding_events(x, &l->freed_shared);
	finding_needs(f, x, DMS_HOOK_UNSHARE);
}

void find_unshared_while_mapped(struct finder *f)
{
	const struct evid *e = &f->m->ledger.unshared_mapped;
	struct model_finding *x;

	if (!f->m->secure || !e->count)
		return;
	x = finding_new(f, NULL, MODEL_ERROR, 80);
	if (!x)
		return;
	SAY(x, summary,
	    "Memory was made private while a device still had it mapped: its content is "
	    "lost, and the device goes on using it.");
	SAY(x, evidence, "%" PRIu64 " time%s", e->count, S(e->count));
	SAY(x, action, "Unmap before set_memory_encrypted(): the driver that shared the memory has "
	    "the order wrong.");
	finding_events(x, e);
	finding_needs(f, x, DMS_HOOK_UNMAP);
}

void find_share_growth(struct finder *f)
{
	const struct ledger *l = &f->m->ledger;
	struct growth g = l->growth;
	uint64_t now = l->set.bytes > l->assumed ? l->set.bytes - l->assumed : 0;
	uint64_t from, to, ns;
	struct model_finding *x;
	struct model_sharer s[2];
	char a[SIZE_LEN], b[SIZE_LEN];
	size_t i, n;

	if (!f->m->secure || !g.n)
		return;
	growth_roll(&g, f->m->now, now);
	if (!growth_monotonic(&g, &from, &to, &ns) || ns < 2 * NSEC || to - from < 1 << 20)
		return;
	x = finding_new(f, NULL, MODEL_WARNING, ns > 60 * NSEC ? 85 : 65);
	if (!x)
		return;
	SAY(x, summary, "More and more memory is shared with the hypervisor and not taken back.");
	SAY(x, evidence, "beyond the pool %s were shared %" PRIu64 " s ago, %s now",
	    size_text(a, from), ns / NSEC, size_text(b, now));
	n = model__sharers(f->m, s, 2);
	for (i = 0; i < n && i < 2; i++)
		if (s[i].shares)
			SAY(x, evidence, "; %s by %s", size_text(a, s[i].bytes),
			    s[i].caller ? s[i].caller : "callers not recorded");
	SAY(x, action, "Whoever shares memory has to unshare it before freeing it: look at the "
	    "callers in the ledger.");
	x->count = l->shares;
	finding_needs(f, x, DMS_HOOK_UNSHARE);
}

void find_conversion_storm(struct finder *f)
{
	const struct ledger *l = &f->m->ledger;
	struct model_finding *x;

	if (!f->m->secure || l->busy_secs < STORM_SECONDS)
		return;
	x = finding_new(f, NULL, MODEL_WARNING, 90);
	if (!x)
		return;
	SAY(x, summary,
	    "Memory is shared and unshared in a hot path; each time costs a call to the "
	    "firmware and a zeroed page.");
	SAY(x, evidence, "%" PRIu64 " conversions in the busiest second, more than 500 in %" PRIu64
	    " seconds; %" PRIu64 " shared, %" PRIu64 " taken back", l->rate_max, l->busy_secs,
	    l->shares, l->unshares);
	SAY(x, action,
	    "Share once and keep it: a pool instead of allocations per request. The ledger "
	    "names the callers.");
	finding_events(x, &l->storm);
	finding_needs(f, x, DMS_HOOK_SHARE);
}
