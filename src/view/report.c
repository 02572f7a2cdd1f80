// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text report: 80 columns of plain ASCII. A guest without TCE tables never reads of TCEs,
 * LIOBNs or windows here. The JSON report is in report_json.c.
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/names.h"
#include "view/fmt.h"
#include "view/report.h"

#define WIDTH	80
#define REPORT_CALLERS	8

struct report {
	const struct model *m;
	const struct report_opts *o;
	FILE *f;
	struct model_run run;
	uint64_t last_dev;	/* of the ranges' group heading */
	uint32_t last_liobn;
	int last_path;
	size_t listed;
	size_t limit;		/* of ranges listed */
	uint64_t more;		/* ranges beyond it */
	bool iommu;		/* mappings of the dma-iommu layer were seen */
	uint64_t old[DMS_PATH_MAX], old_bytes[DMS_PATH_MAX];	/* from before, without a mapping */
};

#define P(r, ...)	fprintf((r)->f, __VA_ARGS__)

static void line(struct report *r, const char *label, const char *text)
{
	P(r, "%-9s", label);
	fmt_wrap(r->f, text, 9, 9, WIDTH);
}

bool report_shows(const struct model *m, const struct report_opts *opts, uint64_t key)
{
	return !opts->device || !fnmatch(opts->device, model__dev_name(m, key), 0);
}

bool report_shows_any(const struct model *m, const struct report_opts *opts)
{
	const struct model_dev *d;
	size_t i;

	for (i = 0; (d = model__dev(m, i)); i++)
		if (report_shows(m, opts, d->key))
			return true;
	return !opts->device;
}

static bool shown(const struct report *r, uint64_t key)
{
	return report_shows(r->m, r->o, key);
}

bool report_shows_range(const struct model *m, const struct report_opts *opts,
			const struct model_range *g)
{
	struct model_window w;
	size_t i;

	if (g->dev || !g->liobn)
		return report_shows(m, opts, g->dev);
	for (i = 0; model__window(m, i, &w); i++)
		if (w.rec.liobn == g->liobn && report_shows(m, opts, w.rec.dev))
			return true;
	return false;
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
			 "The kernel did not run the program for %s: it does not "
			 "run one inside itself (recursion_misses).",
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

static void val(char *buf, size_t n, struct mval v)
{
	char b[FMT_LEN];

	if (v.why)
		snprintf(buf, n, "?");
	else
		snprintf(buf, n, "%s%s", v.estimate ? "about " : "", fmt_exact(b, v.v));
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
		val(used, sizeof(used), p.used);
		val(most, sizeof(most), p.hiwater);
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

static void one_finding(struct report *r, size_t i, const struct model_finding *f)
{
	char ids[96];
	size_t k, n;

	P(r, "%2zu. %s %s", i + 1, model__severity_name(f->f.severity), f->f.id);
	if (f->f.dev)
		P(r, ", %s", model__dev_name(r->m, f->f.dev));
	P(r, "\n    ");
	fmt_wrap(r->f, f->f.summary, 4, 4, WIDTH);
	if (f->f.evidence[0]) {
		P(r, "    seen: ");
		fmt_wrap(r->f, f->f.evidence, 10, 10, WIDTH);
	}
	if (f->f.action[0]) {
		P(r, "    do:   ");
		fmt_wrap(r->f, f->f.action, 10, 10, WIDTH);
	}
	P(r, "    sure: %u %%", f->f.confidence);
	for (k = 0, n = 0; k < MODEL_FINDING_EVENTS && f->seq[k]; k++)
		n += snprintf(ids + n, sizeof(ids) - n, " %" PRIu64, f->seq[k]);
	if (n)
		P(r, "; event%s%s%s", k > 1 ? "s" : "", ids, f->count > k ? " ..." : "");
	P(r, "\n");
	if (f->not_seen[0]) {
		P(r, "    but:  ");
		fmt_wrap(r->f, f->not_seen, 10, 10, WIDTH);
	}
}

static int findings(struct report *r)
{
	struct model_finding *f;
	size_t n, i, count[4] = { 0 }, listed = 0;
	int err = model__findings(r->m, &f, &n);

	if (err)
		return err;
	for (i = 0; i < n; i++)
		if (f[i].f.severity < 4 && (!f[i].f.dev || shown(r, f[i].f.dev)))
			count[f[i].f.severity]++;
	P(r, "\nFINDINGS: ");
	if (!(count[1] + count[2] + count[3]))
		P(r, "none\n");
	else
		P(r, "%zu error%s, %zu warning%s, %zu note%s\n", count[3], count[3] == 1 ? "" : "s",
		  count[2], count[2] == 1 ? "" : "s", count[1], count[1] == 1 ? "" : "s");
	for (i = 0; i < n; i++)
		if (!f[i].f.dev || shown(r, f[i].f.dev))
			one_finding(r, listed++, &f[i]);
	if (listed)
		P(r, "    `dmascope explain ID` says more about each.\n");
	free(f);
	return 0;
}

static void dev_counts(struct report *r, const struct model_dev *d)
{
	static const enum dms_path cols[] = { DMS_PATH_DIRECT, DMS_PATH_BOUNCED, DMS_PATH_TCE,
					      DMS_PATH_IOMMU, DMS_PATH_COHERENT, DMS_PATH_FAILED };
	uint64_t live = 0, bytes = 0, maps = 0;
	char b[FMT_LEN];
	size_t i;

	P(r, "%-15.15s%5.18s", d->name, fmt_mask(b, d->mask));
	for (i = 0; i < sizeof(cols) / sizeof(cols[0]); i++)
		if ((cols[i] != DMS_PATH_TCE || r->run.tce) &&
		    (cols[i] != DMS_PATH_IOMMU || r->iommu))
			P(r, "%8s", fmt_count(b, d->path[cols[i]].maps));
	for (i = 0; i < DMS_PATH_MAX; i++) {
		live += d->live[i];
		bytes += d->live_bytes[i];
		if (i != DMS_PATH_COHERENT && i != DMS_PATH_FAILED)
			maps += d->path[i].map_bytes;
	}
	P(r, "%7s", fmt_bytes(b, maps));
	P(r, "%7s", fmt_count(b, live));
	P(r, "%6s\n", fmt_bytes(b, bytes));
}

/* The table or window its mappings go through, by the way they take. */
static const char *dev_liobn(const struct report *r, const struct model_dev *d,
			     const struct model_decision *dec, char *buf)
{
	bool direct = dec->way == MODEL_WAY_DIRECT || dec->way == MODEL_WAY_BOUNCE;
	struct model_window w;
	uint32_t liobn = 0;
	size_t i;

	if (!r->run.tce || dec->way == MODEL_WAY_OUTSIDE)
		return "";
	for (i = 0; model__window(r->m, i, &w); i++)
		if (w.rec.dev == d->key && !w.rec.removed &&
		    direct == (w.rec.use == WINDOW_DIRECT || w.rec.use == WINDOW_HYBRID))
			liobn = w.rec.liobn;
	if (!liobn)
		return "";
	snprintf(buf, FMT_LEN, ", LIOBN 0x%x", liobn);
	return buf;
}

/* The words, and when that was decided, as far as it was seen. */
static void dev_why(struct report *r, const struct model_decision *dec)
{
	char text[DMS_TEXT_LEN + 64], b[FMT_LEN];

	snprintf(text, sizeof(text), "%s", dec->full);
	if (dec->ts)
		snprintf(text, sizeof(text), "%s Decided %s after the start.", dec->full,
			 fmt_ns(b, dec->ts > r->run.start ? dec->ts - r->run.start : 0));
	else if (dec->before_start)
		snprintf(text, sizeof(text), "%s Decided before the start.", dec->full);
	P(r, "    ");
	fmt_wrap(r->f, text, 4, 4, WIDTH);
}

static void dev_what(struct report *r, const struct model_dev *d)
{
	const struct rec_device *rec = d->rec;
	struct model_decision dec = { .brief = "" };
	char text[512], b[FMT_LEN];

	model__decision(r->m, d->key, &dec);
	snprintf(text, sizeof(text), "%s%s%s%s%s -> %s%s", rec ? rec->driver : "not in sysfs",
		 rec && rec->kind[0] && rec->driver[0] ? ", " : "", rec ? rec->kind : "",
		 dev_liobn(r, d, &dec, b), d->removed ? ", REMOVED" : "", dec.brief,
		 dec.observed || dec.way == MODEL_WAY_OUTSIDE ? "" : " (nothing mapped yet)");
	P(r, "  ");
	fmt_wrap(r->f, text, 2, 2, WIDTH);
	dev_why(r, &dec);
}

static void dev_lines(struct report *r, const struct model_dev *d)
{
	char b[FMT_LEN], c[FMT_LEN];

	dev_counts(r, d);
	dev_what(r, d);
	if (d->slots_max)
		P(r, "    bounce slots: %s now, %s at most\n", fmt_count(b, d->slots),
		  fmt_count(c, d->slots_max));
	if (d->preexisting)
		P(r, "    %s mappings from before the start were given back\n",
		  fmt_exact(b, d->preexisting));
	if (d->path[DMS_PATH_UNKNOWN].maps)
		P(r, "    %s mappings took a way that could not be told\n",
		  fmt_exact(b, d->path[DMS_PATH_UNKNOWN].maps));
}

/* Slots found at the start belong to no device that anybody could name. */
static bool only_old_slots(const struct model_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return false;
	return !d->key;
}

static bool dev_busy(const struct model_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return true;
	return d->slots != 0;
}

static void devices(struct report *r)
{
	const struct model_dev *d;
	size_t i, idle = 0;
	uint64_t old = 0;
	char b[FMT_LEN];

	for (i = 0; (d = model__dev(r->m, i)); i++)
		r->iommu |= d->path[DMS_PATH_IOMMU].maps != 0;
	P(r, "\nDEVICES         mask  direct bounced%s%s  coher.  failed  bytes   live bytes\n",
	  r->run.tce ? "     tce" : "", r->iommu ? "   iommu" : "");
	for (i = 0; (d = model__dev(r->m, i)); i++) {
		if (!shown(r, d->key))
			continue;
		if (only_old_slots(d)) {
			if (d->slots)
				old = d->slots;
			continue;
		}
		if (dev_busy(d) || r->o->device || (d->rec && d->rec->driver[0] && d->mask))
			dev_lines(r, d);
		else if (d->key)
			idle++;
	}
	if (idle)
		P(r, "%zu more device%s without DMA\n", idle, idle == 1 ? "" : "s");
	if (old)
		P(r, "%s bounce slots were taken before the start; by whom is not known\n",
		  fmt_exact(b, old));
}

/* Where it is more than what is used now. */
static void window_most(struct report *r, const struct model_window *w)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (!w->used.why && !w->hiwater.why && w->hiwater.v > w->used.v)
		P(r, "%14sat most %s of %s TCEs were used\n", "", fmt_exact(a, w->hiwater.v),
		  fmt_exact(b, w->entries));
}

static void windows(struct report *r)
{
	struct model_window w;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], used[48], shared[48];
	bool older = false;
	size_t i, n = 0;

	for (i = 0; model__window(r->m, i, &w); i++) {
		if (w.rec.removed || !shown(r, w.rec.dev))
			continue;
		if (!n++)
			P(r, "\nWINDOWS       LIOBN       base              size page  use      "
			     "TCEs used shared\n");
		val(used, sizeof(used), w.used);
		if (w.shared_bytes.why || w.mapped_bytes.why || !w.mapped_bytes.v)
			strcpy(shared, "-");
		else
			fmt_percent(shared, w.shared_bytes.v, w.mapped_bytes.v);
		older |= !w.used.why && w.preexisting.why;
		P(r, "%-13.13s 0x%08x  %-17s %5s %4s  %-7s %9s%c%6s\n",
		  model__dev_name(r->m, w.rec.dev), w.rec.liobn, fmt_addr(a, w.rec.base),
		  fmt_bytes(b, w.rec.size), w.rec.page_shift ?
		  fmt_bytes(c, 1ULL << w.rec.page_shift) : "?",
		  w.rec.kind == WINDOW_DEFAULT ? "default" : dms_window_use_name(w.rec.use),
		  !strncmp(used, "about ", 6) ? used + 6 : used,
		  !w.used.why && w.preexisting.why ? '+' : ' ', shared);
		window_most(r, &w);
	}
	if (older)
		P(r, "+ since the start: what was in these tables before was not read\n");
}

static const char *const dir_words[] = { "both", "to", "from", "-" };

static void range_head(struct report *r, const struct model_range *g)
{
	char owner[DMS_NAME_LEN];

	if (r->last_dev != g->dev || r->last_liobn != g->liobn || r->last_path != (int)g->path ||
	    r->listed == 1)
		P(r, "%s, %s%s:\n", model__range_owner(r->m, g, owner, sizeof(owner)),
		  dms_path_name(g->path),
		  g->preexisting ? ", from before the start" : "");
	r->last_dev = g->dev;
	r->last_liobn = g->liobn;
	r->last_path = g->path;
}

static int one_range(void *ctx, const struct model_range *g)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], d[FMT_LEN];

	if (!report_shows_range(r->m, r->o, g))
		return 0;
	/* what the snapshot found in use is hundreds of runs that nobody can name */
	if (g->preexisting && !g->count && !r->o->by_addr && r->limit != SIZE_MAX) {
		r->old[g->path]++;
		r->old_bytes[g->path] += g->size;
		return 0;
	}
	if (!r->o->by_addr && r->listed >= r->limit) {
		r->more++;
		return 0;
	}
	if (!r->listed++ && !r->o->by_addr)
		P(r, "\nRANGES mapped now\n  %18s %18s  %8s %5s %6s dir\n", "DMA address", "memory",
		  "size", "maps", "age");
	range_head(r, g);
	P(r, "  %18s", fmt_addr(a, g->dma));
	P(r, " %18s%s %8s", g->phys_known ? fmt_addr(b, g->phys) : "?", g->scattered ? "+" : " ",
	  fmt_bytes(c, g->size));
	P(r, " %5" PRIu64 " %6s %s", g->count, g->preexisting ? "?" :
	  fmt_ns(d, r->run.now > g->oldest ? r->run.now - g->oldest : 0), dir_words[g->dir & 3]);
	if (g->shared == MODEL_SHARED_NO && g->path != DMS_PATH_BOUNCED)
		P(r, " private");
	P(r, "\n");
	if (g->caller) {
		P(r, "%21sby ", "");
		fmt_text(r->f, g->caller);
		if (r->o->by_addr && g->pid)
			P(r, ", pid %u", g->pid);
		if (r->o->by_addr && g->seq)
			P(r, ", event %" PRIu64, g->seq);
		P(r, "\n");
	}
	return 0;
}

static int ranges(struct report *r)
{
	struct model_range_filter filter = { 0 };
	char size[FMT_LEN];
	uint64_t total;
	int err;

	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	err = model__ranges(r->m, &filter, one_range, r, &total);
	if (err)
		return err;
	if (r->run.aggregates && !total)
		P(r, "\nRANGES: single mappings are not followed in this mode\n");
	else if (!r->listed)
		P(r, "\nRANGES: nothing was mapped since the start and still is\n");
	if (r->more)
		P(r, "%" PRIu64 " more ranges; dmascope report --all lists them\n", r->more);
	for (int p = 0; p < DMS_PATH_MAX; p++)
		if (r->old[p])
			P(r,
			  "In use from before the start: %s in %" PRIu64 " runs, %s; --all lists "
			  "them\n",
			  fmt_bytes(size, r->old_bytes[p]), r->old[p], dms_path_name(p));
	return 0;
}

static int one_shared(void *ctx, const struct model_shared *s)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	if (r->listed++ >= r->limit)
		return 1;
	P(r, "  %18s-%-18s %8s  %-9s ", fmt_addr(a, s->phys), fmt_addr(b, s->phys + s->size - 1),
	  fmt_bytes(c, s->size), s->confirmed ? "seen" : "assumed");
	fmt_text(r->f, s->caller ? s->caller : s->confirmed ? "-" : "pool, shared at boot");
	P(r, "\n");
	return 0;
}

/* What a kexec has to do, and what of the unshared was never seen being shared. */
static void ledger_facts(struct report *r, const struct model_ledger *l)
{
	uint32_t page = r->run.session && r->run.session->page_size ?
			r->run.session->page_size : 4096;
	char a[FMT_LEN], b[FMT_LEN];

	if (l->kexec)
		P(r, "  a kexec now would have to take back these %s pages, %s\n",
		  fmt_exact(a, (l->kexec + page - 1) / page), fmt_size(b, l->kexec));
	if (l->unshare_unknown)
		P(r, "  %s of those taken back were never seen shared: before the start, or "
		  "never\n", fmt_exact(a, l->unshare_unknown));
}

static void ledger(struct report *r)
{
	struct model_sharer s[5];
	struct model_ledger l;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];
	size_t i, n;

	model__ledger(r->m, &l);
	if (!l.secure)
		return;
	P(r, "\nSHARED with the hypervisor: %s\n", fmt_size(a, l.shared.v));
	r->listed = 0;
	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	if (model__shared(r->m, one_shared, r))
		P(r, "  ...\n");
	P(r, "  since the start: %s shared, %s taken back", fmt_exact(a, l.shares),
	  fmt_exact(b, l.unshares));
	if (!l.failed.why)
		P(r, ", %s refused", fmt_exact(c, l.failed.v));
	if (!l.rate_max.why)
		P(r, "; at most %s/s", fmt_exact(c, l.rate_max.v));
	P(r, "\n");
	ledger_facts(r, &l);
	if (r->run.session && r->run.session->guest == GUEST_PEF)
		P(r, "  Not listed: pages shared early at boot (lppaca, dispatch log, irq "
		     "queues)\n");
	else
		P(r, "  Not listed: what drivers shared before the start (coherent memory)\n");
	n = model__sharers(r->m, s, 5);
	for (i = 0; i < n && i < 5; i++) {
		if (!s[i].shares && !s[i].unshares)
			continue;
		P(r, "  %s shared now by ", fmt_size(a, s[i].bytes));
		fmt_text(r->f, s[i].caller ? s[i].caller : "callers not recorded");
		P(r, " (%s/%s calls)\n", fmt_exact(b, s[i].shares), fmt_exact(c, s[i].unshares));
	}
}

/* A recording holds the first stack of each kind only, unless told to keep all. */
static void caller_share(struct report *r, const struct model_caller *c, size_t n)
{
	uint64_t all = 0, named = 0;
	char a[FMT_LEN], b[FMT_LEN];
	size_t i;

	for (i = 0; i < n; i++) {
		all += c[i].maps + c[i].fails;
		named += c[i].name ? c[i].maps + c[i].fails : 0;
	}
	if (named < all)
		P(r, "  recorded for %s of %s mappings; record --stacks=all keeps each\n",
		  fmt_exact(a, named), fmt_exact(b, all));
}

static void callers(struct report *r)
{
	struct model_caller c[64];
	char a[FMT_LEN], b[FMT_LEN], t[FMT_LEN];
	size_t i, n = model__callers(r->m, NULL, c, 64), listed = 0;

	n = n < 64 ? n : 64;
	for (i = 0; i < n && listed < REPORT_CALLERS; i++) {
		if (!shown(r, c[i].dev) || !c[i].name)
			continue;
		if (!listed++)
			P(r, "\nCALLERS          path         maps  bytes    live  function\n");
		P(r, "%-15.15s  %-8s %8s %6s %7s  %.30s\n", model__dev_name(r->m, c[i].dev),
		  dms_path_name(c[i].path), fmt_count(a, c[i].maps + c[i].fails),
		  fmt_bytes(b, c[i].bytes), fmt_count(t, c[i].live), c[i].name);
	}
	if (listed)
		caller_share(r, c, n);
}

static void failures(struct report *r)
{
	char text[256], a[FMT_LEN], b[FMT_LEN];
	struct model_failure x;
	size_t i, n = 0;

	for (i = 0; model__failure(r->m, i, &x) && n < 5; i++) {
		if (!shown(r, x.dev))
			continue;
		if (!n++)
			P(r, "\nLAST FAILURES (event, age, device, size, reason)\n");
		snprintf(text, sizeof(text), "%" PRIu64 ", %s ago: %s, %s: %s%s%s", x.seq,
			 fmt_ns(a, r->run.now > x.ts ? r->run.now - x.ts : 0),
			 model__dev_name(r->m, x.dev), fmt_size(b, x.size), model__fail_text(x.why),
			 x.caller ? ", by " : "", x.caller ? x.caller : "");
		P(r, "  ");
		fmt_wrap(r->f, text, 2, 4, WIDTH);
	}
}

struct at_shared {
	uint64_t addr;
	struct model_shared s;
	bool found;
};

static int find_shared(void *ctx, const struct model_shared *s)
{
	struct at_shared *a = ctx;

	if (a->addr < s->phys || a->addr - s->phys >= s->size)
		return s->phys > a->addr;
	a->s = *s;
	a->found = true;
	return 1;
}

static void at_memory(struct report *r)
{
	struct at_shared at = { .addr = r->o->addr };
	char a[FMT_LEN];

	if (!r->run.secure)
		return;
	model__shared(r->m, find_shared, &at);
	if (!at.found) {
		P(r, "as memory: private, as far as known\n");
		return;
	}
	P(r, "as memory: shared with the hypervisor ");
	if (at.s.ts)
		P(r, "since %s", fmt_ns(a, r->run.now - at.s.ts));
	else
		P(r, "since before the start (the bounce pool)");
	if (at.s.caller) {
		P(r, ", by ");
		fmt_text(r->f, at.s.caller);
	}
	P(r, "\n");
}

static int at_address(struct report *r)
{
	struct model_range_filter filter = { .by_addr = true, .addr = r->o->addr, .each = true };
	struct model_window w;
	uint64_t total;
	size_t i;
	int err;

	P(r, "\nADDRESS 0x%" PRIx64 "\n", r->o->addr);
	at_memory(r);
	for (i = 0; model__window(r->m, i, &w); i++)
		if (!w.rec.removed && shown(r, w.rec.dev) && r->o->addr >= w.rec.base &&
		    r->o->addr - w.rec.base < w.rec.size)
			P(r, "as DMA address: in the %s window of %s (LIOBN 0x%x)\n",
			  dms_window_kind_name(w.rec.kind), model__dev_name(r->m, w.rec.dev),
			  w.rec.liobn);
	err = model__ranges(r->m, &filter, one_range, r, &total);
	if (!err && !total)
		P(r, "no mapping covers it now%s\n",
		  r->run.aggregates ? " (single mappings are not followed in this mode)" : "");
	return err;
}

static void head(struct report *r)
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

int report_text(const struct model *m, const struct report_opts *opts, FILE *f)
{
	static const struct report_opts plain;
	struct report r = { .m = m, .o = opts ? opts : &plain, .f = f };
	int err;

	model__run(m, &r.run);
	if (!report_shows_any(m, r.o))
		return -ENOENT;
	head(&r);
	if (r.o->by_addr) {
		err = at_address(&r);
		return err ? err : ferror(f) ? -EIO : 0;
	}
	err = findings(&r);
	if (err || r.o->findings)
		return err ? err : ferror(f) ? -EIO : 0;
	devices(&r);
	if (r.run.tce)
		windows(&r);
	err = ranges(&r);
	if (err)
		return err;
	callers(&r);
	ledger(&r);
	failures(&r);
	return ferror(f) ? -EIO : 0;
}
