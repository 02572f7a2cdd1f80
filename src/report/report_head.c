// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The head of the text report: guest, kernel, pool, losses and missing hooks. Nothing about single
 * devices or mappings.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/names.h"
#include "util/fmt.h"
#include "report/pool_size.h"
#include "report/until.h"
#include "report/report_inside.h"

static void line(struct report *r, const char *label, const char *text)
{
	P(r, "%-9s", label);
	fmt_wrap(r->f, text, 9, 9, WIDTH);
}

static void head_guest(struct report *r)
{
	const struct rec_session *s = r->run.session;
	char text[512], b[FMT_LEN];

	if (!s) {
		line(r, "guest", "unknown: the stream has no session record");
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s", words__guest(s)->kind,
		 s->guest_how[0] ? ": " : "", s->guest_how);
	line(r, "guest", text);
	snprintf(text, sizeof(text), "Linux %s %s, %u CPU%s, %s of RAM, pages of %u KiB%s%s",
		 s->kernel, s->arch, s->cpus, s->cpus == 1 ? "" : "s", fmt_size(b, s->mem_bytes),
		 s->page_size / 1024, s->lockdown[0] ? ", lockdown " : "", s->lockdown);
	line(r, "kernel", text);
	if (s->cmdline[0])
		line(r, "booted", s->cmdline);
	if (s->filter[0]) {
		snprintf(text, sizeof(text), "only %s was recorded", s->filter);
		line(r, "filter", text);
	}
}

static void head_lost_hooks(struct report *r, char *text, size_t n)
{
	size_t used = strlen(text), id;
	uint64_t lost;

	for (id = 0; id < DMS_HOOK_MAX && used < n; id++) {
		lost = state__hook_lost(r->m, id);
		if (lost)
			used += snprintf(text + used, n - used, " %s %" PRIu64 ",",
					 dms_hook_name(id), lost);
	}
	if (used && used < n && text[used - 1] == ',')
		text[used - 1] = '.';
}

/* The remedy for losses depends on their cause. */
static void head_remedy(struct report *r)
{
	const struct dms_counts *c = r->run.end ? r->run.end->counts : NULL;
	uint64_t no_room = 0, skipped = 0;
	char text[256], a[FMT_LEN];

	for (int id = 0; c && id < DMS_HOOK_MAX; id++) {
		no_room += c[id].dropped > c[id].skipped ? c[id].dropped - c[id].skipped : 0;
		skipped += c[id].skipped;
	}
	if (no_room) {
		snprintf(text, sizeof(text), "The ring buffers had no room for %s: record with a "
			 "larger --ring, or with a filter.", fmt_exact(a, no_room));
		line(r, "", text);
	}
	if (skipped) {
		snprintf(text, sizeof(text),
			 "The kernel skipped the program %s times: on one processor it never "
			 "enters a program again (from an interrupt; from 7.0 on from a task that "
			 "preempts), nor runs a kprobe inside another one.",
			 fmt_exact(a, skipped));
		line(r, "", text);
	}
}

/* record --until-finding; what made it may be among what was discarded since. */
static void head_found(struct report *r)
{
	const struct rec_finding *rec = report_until_seen(r->m, &r->run);
	const char *id = report_until(&r->run);
	struct state_finding *f;
	bool there = false;
	char text[4 * DMS_TEXT_LEN];
	size_t n;

	if (!id || words__findings(r->m, &f, &n))
		return;
	for (size_t i = 0; i < n; i++)
		there |= !strcmp(f[i].f.id, id);
	free(f);
	there |= !r->run.trimmed;
	snprintf(text, sizeof(text), "It was recorded until %s was found%s.", id, there ? "" :
		 ", whose events were discarded: record with a larger --max-size or a shorter "
		 "--then");
	line(r, "", text);
	if (there || !rec)
		return;
	snprintf(text, sizeof(text), "seen then: %s", rec->evidence);
	line(r, "", text);
	snprintf(text, sizeof(text), "do: %s", rec->action);
	line(r, "", text);
}

static void head_complete(struct report *r)
{
	char text[512], a[FMT_LEN], b[FMT_LEN];

	snprintf(text, sizeof(text), "%s, %s events%s%s",
		 fmt_ns(a, r->run.now > r->run.from ? r->run.now - r->run.from : 0),
		 fmt_exact(b, r->run.events), r->run.aggregates ? " and counts per device" : "",
		 r->run.complete ? "; nothing was lost" : "");
	line(r, "observed", text);
	if (r->run.sliced) {
		snprintf(text, sizeof(text), "SLICE: from %s to %s after the start. Counts and "
			 "findings cover only this interval; earlier mappings are known.",
			 fmt_ns(a, r->run.from - r->run.start),
			 fmt_ns(b, r->run.now - r->run.start));
		line(r, "", text);
	}
	if (r->run.session && r->run.session->misses_untold)
		line(r, "", "Kernels before 6.7 do not report nested-kprobe misses: some hits may "
		     "be missing.");
	if (r->run.cut)
		line(r, "", "INCOMPLETE: the recording has no footer; it was cut off.");
	if (r->run.trimmed) {
		snprintf(text, sizeof(text), "The flight recorder discarded %s older events.",
			 fmt_exact(a, r->run.trimmed));
		line(r, "", text);
	}
	head_found(r);
	if (r->run.complete || (r->run.cut && !r->run.lost))
		return;
	snprintf(text, sizeof(text), "INCOMPLETE: %s.", r->run.incomplete);
	if (r->run.lost)
		snprintf(text, sizeof(text), "INCOMPLETE: %s observations were lost:",
			 fmt_exact(a, r->run.lost));
	if (r->run.lost)
		head_lost_hooks(r, text, sizeof(text));
	line(r, "", text);
	head_remedy(r);
}

static void head_hooks(struct report *r)
{
	const struct rec_hook *h;
	char text[640];
	size_t i, missing = 0;

	for (i = 0; (h = state__hook(r->m, i)); i++) {
		if (!h->lost[0])
			continue;
		snprintf(text, sizeof(text), "%s: %s; so: %s", h->name[0] ? h->name :
			 dms_hook_name(h->id), h->reason, h->lost);
		line(r, missing++ ? "" : "missing", text);
	}
}

/* Distinct page sizes of the windows: "4K, 16M". */
static void tce_pages(struct report *r, char *buf, size_t n)
{
	struct state_window w;
	uint64_t seen = 0;
	char b[FMT_LEN];
	size_t i, used = 0;

	buf[0] = '\0';
	for (i = 0; state__window_fill(r->m, i, &w); i++) {
		if (w.rec.removed || !w.rec.page_shift || seen >> w.rec.page_shift & 1)
			continue;
		seen |= 1ULL << w.rec.page_shift;
		used += snprintf(buf + used, used < n ? n - used : 0, "%s%s", used ? ", " : "",
				 fmt_bytes(b, 1ULL << w.rec.page_shift));
		if (used >= n)
			return;
	}
}

/* Facts about the pool's alignment to windows; 2^28 is the usual LMB. */
static void head_alignment(struct report *r, const struct state_pool *p)
{
	const struct rec_session *s = r->run.session;
	char text[256], pages[64], a[FMT_LEN];
	size_t n;

	if (!r->run.tce || p->rec.end <= p->rec.start)
		return;
	tce_pages(r, pages, sizeof(pages));
	n = snprintf(text, sizeof(text), "start modulo 2^28: 0x%" PRIx64,
		     p->rec.start & 0xfffffff);
	if (s && s->lmb_size)
		n += snprintf(text + n, sizeof(text) - n, "; LMB %s", fmt_size(a, s->lmb_size));
	if (pages[0])
		snprintf(text + n, sizeof(text) - n, "; TCE pages %s", pages);
	line(r, "", text);
}

/* From 7.3 on a secure guest's devices bounce since they reach shared memory alone. */
static const char *bounces(const struct report *r, const struct rec_pool *p)
{
	if (p->force_bounce_known && p->force_bounce)
		return "; bouncing is forced";
	if (r->run.secure && p->cc_shared_known)
		return p->cc_shared ? "; shared memory: what is private is bounced" :
				      "; private memory";
	return p->force_bounce_known ? "; bouncing is not forced" : "";
}

static void head_pool_size(struct report *r, const struct state_pool *p)
{
	struct pool_size s = report_pool_size(r->m, p);
	char text[256];

	report_pool_size_text(&s, text, sizeof(text));
	if (text[0])
		line(r, "", text);
}

static void head_pool(struct report *r)
{
	struct state_pool p;
	char text[512], a[FMT_LEN], b[FMT_LEN], used[48], most[48];
	uint64_t slot;
	size_t i, n;

	if (!state__pool(r->m, 0, &p)) {
		line(r, "pool", "unknown");
		return;
	}
	for (i = 0; state__pool(r->m, i, &p); i++) {
		if (!p.total.why && !p.total.v) {
			line(r, i ? "" : "pool", r->run.secure ? "NONE: there is no bounce pool" :
			     "none");
			continue;
		}
		slot = p.rec.slot_size ? p.rec.slot_size : IO_TLB_SIZE;
		report__val(used, sizeof(used), p.used);
		report__val(most, sizeof(most), p.hiwater);
		n = snprintf(text, sizeof(text), "%s%s%s",
			     fmt_size(a, p.total.v * slot),
			     i ? " " : "", i ? p.rec.name : "");
		if (p.rec.end > p.rec.start)
			n += snprintf(text + n, sizeof(text) - n, " at %s-%s",
				      fmt_addr(a, p.rec.start), fmt_addr(b, p.rec.end - 1));
		n += snprintf(text + n, sizeof(text) - n,
			      ": %s of %" PRIu64 " slots in use, %s%s%s", used, p.total.v,
			      p.hiwater.least && mval_known(p.hiwater) ? "once " : "at most ",
			      most, bounces(r, &p.rec));
		if (p.rec.dynamic && n < sizeof(text))
			n += snprintf(text + n, sizeof(text) - n, "; it grows when it is full");
		if (!p.free_run.why && p.free_run.v * slot < p.segment)
			snprintf(text + n, sizeof(text) - n, "; the longest free run is %s",
				 fmt_size(a, p.free_run.v * slot));
		line(r, i ? "" : "pool", text);
		if (!i)
			head_alignment(r, &p);
		head_pool_size(r, &p);
	}
}

static void head_ledger(struct report *r)
{
	struct state_ledger l;
	char text[256], a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	state__ledger(r->m, &l);
	if (!l.secure)
		return;
	if (l.counted)
		snprintf(text, sizeof(text),
			 "%s with the hypervisor: %s seen, %s assumed (the pool)",
			 fmt_size(a, l.shared.v), fmt_size(b, l.confirmed), fmt_size(c, l.assumed));
	else
		snprintf(text, sizeof(text), "%s with the hypervisor, assumed (the pool); "
			 "conversions are not seen", fmt_size(a, l.shared.v));
	line(r, "shared", text);
}

void report__head(struct report *r)
{
	const struct rec_session *s = r->run.session;

	P(r, "dmascope");
	if (s && s->tool_version[0]) {
		P(r, " ");
		fmt_text(r->f, s->tool_version);
	}
	if (r->o->source) {
		P(r, ": ");
		fmt_text(r->f, r->o->source);
	}
	P(r, "\n");
	if (!r->o->findings) {
		head_guest(r);
		head_pool(r);
		head_ledger(r);
	}
	head_complete(r);
	head_hooks(r);
}
