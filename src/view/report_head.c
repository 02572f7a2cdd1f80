// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The head of the text report: what was recorded, in which guest, with which losses, and its pool.
 * Nothing of single devices or of what is mapped lives here.
 */
#include <inttypes.h>
#include <string.h>

#include "util/names.h"
#include "view/fmt.h"
#include "view/report_inside.h"

static void line(struct report *r, const char *label, const char *text)
{
	P(r, "%-9s", label);
	fmt_wrap(r->f, text, 9, 9, WIDTH);
}

static const char *guest_words(enum dms_guest guest)
{
	switch (guest) {
	case GUEST_NONE:	return "not a secure guest";
	case GUEST_PEF:		return "secure guest (PEF)";
	case GUEST_SEV:		return "secure guest (SEV)";
	case GUEST_SEV_ES:	return "secure guest (SEV-ES)";
	case GUEST_SEV_SNP:	return "secure guest (SEV-SNP)";
	case GUEST_TDX:		return "secure guest (TDX)";
	case GUEST_S390_PV:	return "secure guest (Secure Execution)";
	case GUEST_CCA:		return "secure guest (CCA realm)";
	default:		return "not known whether this is a secure guest";
	}
}

static void head_guest(struct report *r)
{
	const struct rec_session *s = r->run.session;
	char text[512], b[FMT_LEN];

	if (!s) {
		line(r, "guest", "not known: the stream has no session record");
		return;
	}
	snprintf(text, sizeof(text), "%s%s%s", guest_words(s->guest), s->guest_how[0] ? ": " : "",
		 s->guest_how);
	line(r, "guest", text);
	snprintf(text, sizeof(text), "Linux %s %s, %u CPU%s, %s of RAM, pages of %u KiB%s%s",
		 s->kernel, s->arch, s->cpus, s->cpus == 1 ? "" : "s", fmt_size(b, s->mem_bytes),
		 s->page_size / 1024, s->lockdown[0] ? ", lockdown " : "", s->lockdown);
	line(r, "kernel", text);
	if (s->cmdline[0])
		line(r, "booted", s->cmdline);
	if (s->filter[0]) {
		snprintf(text, sizeof(text), "only what fits %s was recorded", s->filter);
		line(r, "filter", text);
	}
}

static void head_lost_hooks(struct report *r, char *text, size_t n)
{
	size_t used = strlen(text), id;
	uint64_t lost;

	for (id = 0; id < DMS_HOOK_MAX && used < n; id++) {
		lost = model__hook_lost(r->m, id);
		if (lost)
			used += snprintf(text + used, n - used, " %s %" PRIu64 ",",
					 dms_hook_name(id), lost);
	}
	if (used && used < n && text[used - 1] == ',')
		text[used - 1] = '.';
}

/* What can be done about losses depends on why they came about. */
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
		snprintf(text, sizeof(text), "The rings had no room for %s: record with a larger "
			 "--ring, or with a filter.", fmt_exact(a, no_room));
		line(r, "", text);
	}
	if (skipped) {
		snprintf(text, sizeof(text),
			 "The kernel did not run the program for %s: it does not run one "
			 "inside itself, nor a kprobe inside another one.",
			 fmt_exact(a, skipped));
		line(r, "", text);
	}
}

static void head_complete(struct report *r)
{
	char text[512], a[FMT_LEN], b[FMT_LEN];

	snprintf(text, sizeof(text), "%s, %s events%s%s", fmt_ns(a, r->run.now - r->run.start),
		 fmt_exact(b, r->run.events), r->run.aggregates ? " and counts per device" : "",
		 r->run.complete && !r->o->cut ? "; nothing was lost" : "");
	line(r, "observed", text);
	if (r->run.session && r->run.session->misses_untold)
		line(r, "", "How often a kprobe was missed, within another one, kernels before "
		     "6.7 do not tell.");
	if (r->o->cut)
		line(r, "", "INCOMPLETE: the recording ends without its footer, it was cut off.");
	if (r->run.trimmed) {
		snprintf(text, sizeof(text), "The flight recorder let %s older events go.",
			 fmt_exact(a, r->run.trimmed));
		line(r, "", text);
	}
	if (r->run.complete)
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

	for (i = 0; (h = model__hook(r->m, i)); i++) {
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
	struct model_window w;
	uint64_t seen = 0;
	char b[FMT_LEN];
	size_t i, used = 0;

	buf[0] = '\0';
	for (i = 0; model__window(r->m, i, &w); i++) {
		if (w.rec.removed || !w.rec.page_shift || seen >> w.rec.page_shift & 1)
			continue;
		seen |= 1ULL << w.rec.page_shift;
		used += snprintf(buf + used, used < n ? n - used : 0, "%s%s", used ? ", " : "",
				 fmt_bytes(b, 1ULL << w.rec.page_shift));
		if (used >= n)
			return;
	}
}

/* What questions of the pool's alignment to windows turn on; 2^28 is the usual LMB. */
static void head_alignment(struct report *r, const struct model_pool *p)
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

static void head_pool(struct report *r)
{
	struct model_pool p;
	char text[512], a[FMT_LEN], b[FMT_LEN], used[48], most[48];
	uint64_t slot;
	size_t i, n;

	if (!model__pool(r->m, 0, &p)) {
		line(r, "pool", "nothing is known of a bounce pool");
		return;
	}
	for (i = 0; model__pool(r->m, i, &p); i++) {
		if (!p.total.why && !p.total.v) {
			line(r, i ? "" : "pool", r->run.secure ? "there is NO bounce pool" :
			     "there is none");
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
			      ": %s of %" PRIu64 " slots in use, at most %s%s", used, p.total.v,
			      most, !p.rec.force_bounce_known ? "" : p.rec.force_bounce ?
			      "; bouncing is forced" : "; bouncing is not forced");
		if (p.rec.dynamic && n < sizeof(text))
			n += snprintf(text + n, sizeof(text) - n, "; it grows when it is full");
		if (!p.free_run.why && p.free_run.v * slot < p.segment)
			snprintf(text + n, sizeof(text) - n, "; the longest free run is %s",
				 fmt_size(a, p.free_run.v * slot));
		line(r, i ? "" : "pool", text);
		if (!i)
			head_alignment(r, &p);
	}
}

static void head_ledger(struct report *r)
{
	struct model_ledger l;
	char text[256], a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	model__ledger(r->m, &l);
	if (!l.secure)
		return;
	snprintf(text, sizeof(text), "%s with the hypervisor: %s seen, %s assumed (the pool)%s",
		 fmt_size(a, l.shared.v), fmt_size(b, l.confirmed), fmt_size(c, l.assumed),
		 l.shared.estimate ? "; sharing is not hooked" : "");
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
