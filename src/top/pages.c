// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pages of top behind the table: one device, ranges, findings, help. Each writes all its
 * lines; what is seen of them is the scroller's business.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/pool_size.h"
#include "util/names.h"
#include "words/words.h"
#include "top/draw.h"

#define DEVICE_RANGES	12
#define DEVICE_CALLERS	8
#define CALLER_FRAMES	8
#define DEVICE_FAILURES	8


/* ns since ts, "?" if that is not known. */
static char *age(char *buf, const struct top_view *v, uint64_t ts)
{
	if (!ts)
		return strcpy(buf, "?");
	return fmt_ns(buf, v->now > ts ? v->now - ts : 0);
}

/* ---- findings ---- */

static void one_finding(const struct top_view *v, struct scroll *s, const struct state_finding *f,
			bool name, bool explain)
{
	const struct finding_words *x = words__finding(f->f.id);
	uint16_t attr = top_severity_attr(f->f.severity);
	struct pen p = scroll_line(s);
	char buf[64];

	pen_fill(&p, attr, 1, top_severity_glyph(f->f.severity));
	pen_say(&p, attr, " %s", f->f.id);
	if (f->f.dev && name)
		pen_say(&p, CELL_PLAIN | CELL_BOLD, "  %s", state__dev_name(v->m, f->f.dev));
	pen_say(&p, CELL_LABEL, "  %s, %u %% sure", state__severity_name(f->f.severity),
		f->f.confidence);
	scroll_text(s, 8, "", CELL_PLAIN | CELL_BOLD, f->f.summary);
	scroll_text(s, 8, "seen", CELL_PLAIN, f->f.evidence);
	scroll_text(s, 8, "do", CELL_GOOD, f->f.action);
	scroll_text(s, 8, "but", CELL_WARN, f->not_seen);
	if (explain && x) {
		scroll_text(s, 8, "means", CELL_PLAIN, x->means);
		scroll_text(s, 8, "how", CELL_PLAIN, x->how);
	}
	if (!f->seq[0])
		return;
	snprintf(buf, sizeof(buf), "%" PRIu64, f->seq[0]);
	for (unsigned int i = 1; i < STATE_FINDING_EVENTS && f->seq[i]; i++)
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), ", %" PRIu64, f->seq[i]);
	scroll_text(s, 8, "events", CELL_LABEL, buf);
}

static void missing_hooks(const struct top_view *v, struct scroll *s)
{
	const struct rec_hook *h;

	if (v->missing)
		scroll_heading(s, "NOT OBSERVED  hooks missing or limited: %zu",
			       v->missing);
	for (size_t i = 0; (h = top_missing(v, &i)); ) {
		struct pen p = scroll_line(s);

		pen_say(&p, CELL_WARN | CELL_BOLD, "%s", dms_hook_name(h->id));
		scroll_text(s, 8, "why", CELL_PLAIN, h->reason);
		scroll_text(s, 8, "so", CELL_PLAIN, h->lost);
	}
}

void top_page_findings(const struct top_view *v, const struct top_ui *u, struct scroll *s)
{
	char *unjudged;

	(void)u;
	scroll_heading(s, "FINDINGS  %zu, worst first", v->findings);
	for (size_t i = 0; i < v->findings; i++) {
		/* of several in a row one is explained */
		bool first = !i || strcmp(v->finding[i - 1].f.id, v->finding[i].f.id);

		if (i)
			s->line++;
		one_finding(v, s, &v->finding[i], true, first);
	}
	if (!v->findings)
		scroll_text(s, 2, "", CELL_GOOD, "Nothing found wrong so far.");
	else
		scroll_text(s, 0, "", CELL_LABEL,
			    "`dmascope explain ID` names the sources, too.");
	if (!words__unjudged(v->m, &unjudged)) {
		if (unjudged[0]) {
			scroll_heading(s, "NOT JUDGED  what these rest on was not all observed");
			scroll_text(s, 8, "", CELL_PLAIN, unjudged);
		}
		free(unjudged);
	}
	missing_hooks(v, s);
}

/* ---- ranges ---- */

enum range_column {
	RANGE_DMA, RANGE_PHYS, RANGE_BYTES, RANGE_MAPS, RANGE_AGE, RANGE_SHARED, RANGE_COLUMNS
};

#define RANGE_WIDE	90	/* columns of a screen where nothing need be short */

/* Each with the blank before it. Who asked for the mapping comes last, in what is left. */
static const struct {
	const char *title;
	unsigned int wide, narrow;
	unsigned int from;	/* columns the screen has to have, for the caller's 20 */
} range_columns[RANGE_COLUMNS] = {
	[RANGE_DMA] = { "DMA address", 20, 18, 0 },
	[RANGE_PHYS] = { "memory", 19, 14, 80 },
	[RANGE_BYTES] = { "bytes", 7, 6, 0 },
	[RANGE_MAPS] = { "maps", 7, 6, 65 },
	[RANGE_AGE] = { "age", 7, 7, 0 },
	[RANGE_SHARED] = { "shared", 8, 7, 59 },
};

struct range_list {
	const struct top_view *v;
	const struct top_opts *o;
	struct scroll *s;
	uint64_t n, hidden, more;
	uint64_t old[DMS_PATH_MAX], old_bytes[DMS_PATH_MAX];	/* one line each */
	struct state_range last;
	bool by_dev, brief;
};

static unsigned int range_width(const struct scroll *s, enum range_column col)
{
	if (s->c->cols >= RANGE_WIDE)
		return range_columns[col].wide;
	return s->c->cols >= range_columns[col].from ? range_columns[col].narrow : 0;
}

static void range_field(struct pen *p, const struct scroll *s, uint16_t attr,
			enum range_column col, const char *text)
{
	unsigned int width = range_width(s, col);

	if (!width)
		return;
	pen_fill(p, attr, 1, " ");
	pen_field(p, attr, width - 1, true, text);
	if (col == RANGE_PHYS)		/* room for the sign of scattered memory */
		pen_fill(p, attr, 1, " ");
}

static void range_titles(struct pen *p, const struct scroll *s)
{
	for (enum range_column i = 0; i < RANGE_COLUMNS; i++)
		range_field(p, s, CELL_LABEL, i, range_columns[i].title);
	pen_say(p, CELL_LABEL, " by");
}

/* The common part of the rows below, which are sorted by it. */
static void range_head(struct range_list *l, const struct state_range *r)
{
	const struct state_range *last = &l->last;
	const char *dir = words__dir(r->dir)->phrase;
	char owner[DMS_NAME_LEN];
	struct pen p;

	if (l->n && r->dev == last->dev && r->liobn == last->liobn && r->path == last->path &&
	    r->dir == last->dir && r->preexisting == last->preexisting)
		return;
	p = scroll_line(l->s);
	if (!l->by_dev || (!r->dev && r->liobn))
		pen_say(&p, CELL_PLAIN | CELL_BOLD, "%s ",
			state__range_owner(l->v->m, r, owner, sizeof(owner)));
	pen_say(&p, top_path_attr(r->path), "%s", dms_path_name(r->path));
	pen_say(&p, CELL_LABEL, "%s%s%s", dir[0] ? ", " : "", dir,
		r->preexisting ? ", from before the start" : "");
}

static void range_shared(struct pen *p, const struct scroll *s, const struct state_range *r)
{
	if (r->shared == STATE_SHARED_NO && r->path != DMS_PATH_BOUNCED)
		range_field(p, s, CELL_ERROR | CELL_BOLD, RANGE_SHARED, "NO");
	else
		range_field(p, s, r->shared == STATE_SHARED_YES ? CELL_GOOD : CELL_PLAIN,
			    RANGE_SHARED, r->shared == STATE_SHARED_YES ? "yes" :
			    r->shared == STATE_SHARED_PART ? "partly" : "");
}

static int one_range(void *ctx, const struct state_range *r)
{
	struct range_list *l = ctx;
	struct scroll *s = l->s;
	char a[FMT_LEN];
	struct pen p;

	if (!top_shows(l->v->m, l->o, r->dev)) {
		l->hidden++;
		return 0;
	}
	if (l->brief && r->preexisting) {
		l->old[r->path]++;
		l->old_bytes[r->path] += r->size;
		return 0;
	}
	if (l->brief && l->n == DEVICE_RANGES) {
		l->more++;
		return 0;
	}
	range_head(l, r);
	p = scroll_line(s);
	range_field(&p, s, CELL_PLAIN, RANGE_DMA, fmt_addr(a, r->dma));
	range_field(&p, s, CELL_PLAIN, RANGE_PHYS, r->phys_known ? fmt_addr(a, r->phys) : "?");
	if (r->scattered && range_width(s, RANGE_PHYS)) {
		p.col--;
		pen_say(&p, CELL_PLAIN, "+");
	}
	range_field(&p, s, CELL_PLAIN | CELL_BOLD, RANGE_BYTES, fmt_bytes(a, r->size));
	range_field(&p, s, CELL_PLAIN, RANGE_MAPS, r->count ? fmt_short(a, r->count) : "?");
	range_field(&p, s, CELL_PLAIN, RANGE_AGE, r->preexisting ? "?" :
		    age(a, l->v, r->oldest));
	range_shared(&p, s, r);
	pen_say(&p, CELL_LABEL, " %s", r->caller ? r->caller : "");
	l->last = *r;
	l->n++;
	return 0;
}

/* Ranges without a row of their own. */
static void range_rest(struct range_list *l, uint64_t more)
{
	char a[FMT_LEN], b[FMT_LEN];
	struct pen p;

	if (more) {
		p = scroll_line(l->s);
		pen_say(&p, CELL_LABEL, "  %s more%s", fmt_exact(b, more),
			l->by_dev ? " (r lists all)" : "");
	}
	for (unsigned int i = 0; i < DMS_PATH_MAX; i++) {
		if (!l->old[i])
			continue;
		p = scroll_line(l->s);
		pen_say(&p, top_path_attr(i), "%s", dms_path_name(i));
		pen_say(&p, CELL_LABEL, ", from before the start: %s in %s range%s (r lists %s)",
			fmt_bytes(a, l->old_bytes[i]), fmt_exact(b, l->old[i]),
			l->old[i] == 1 ? "" : "s", l->old[i] == 1 ? "it" : "them");
	}
}

static void range_lines(const struct top_view *v, const struct top_ui *u, struct scroll *s,
			const struct state_range_filter *f)
{
	struct range_list l = { .v = v, .o = &u->o, .s = s, .by_dev = f->by_dev,
				.brief = u->page == TOP_DEVICE };
	struct pen p = scroll_line(s);
	unsigned int head = s->line - 1;
	uint64_t total = 0;
	char b[FMT_LEN];
	int err;

	err = state__ranges(v->m, f, one_range, &l, &total);
	total -= l.hidden;
	if (err < 0 && err != -ENOENT) {
		scroll_text(s, 2, "", CELL_ERROR, "not enough memory to list them");
		return;
	} else if (!total && v->run.aggregates && !v->run.look_ts && !u->each) {
		s->line = head;
		scroll_text(s, 2, "", CELL_PLAIN, "Not observed: mappings are only counted, which "
			    "costs least. Press R to follow each of them, or start with --ranges.");
		return;
	} else if (!total) {
		s->line = head;
		scroll_text(s, 2, "", CELL_PLAIN,
			    "No mapping that was made since the start is still live.");
		return;
	}
	if (l.n)
		range_titles(&p, s);
	else
		s->line = head;
	range_rest(&l, l.brief ? l.more : total - l.n);
	if (v->run.look_ts && v->run.look_missing && !f->by_dev) {
		p = scroll_line(s);
		pen_say(&p, CELL_WARN,
			"  %s more are live by the counts, but found no place in the "
			"index",
			fmt_exact(b, v->run.look_missing));
	}
}

void top_page_ranges(const struct top_view *v, const struct top_ui *u, struct scroll *s)
{
	struct state_range_filter f = {
		.by_dev = u->back == TOP_DEVICE,
		.dev = u->sel_key,
		/*
		 * A few screens beyond the one that is seen, so that the end is found; all, if
		 * what --device hides is among them.
		 */
		.limit = u->o.device ? 0 : (size_t)s->skip + 4 * s->rows + 16,
	};

	scroll_heading(s, "RANGES mapped now%s%s", f.by_dev ? " by " : "",
		       f.by_dev ? state__dev_name(v->m, u->sel_key) : "");
	range_lines(v, u, s, &f);
}

/* ---- one device ---- */

static void dev_paths(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	struct pen p = scroll_line(s);
	char b[FMT_LEN];

	(void)v;
	pen_say(&p, CELL_LABEL, "  %-10s %9s %8s %9s %7s %7s", "path", "maps", "bytes", "unmaps",
		"live", "bytes");
	for (unsigned int i = 0; i < TOP_PATHS; i++) {
		enum dms_path path = top_paths[i].path;
		const struct state_counts *c = &d->d->path[path];

		if (!c->maps && !c->unmaps && !d->d->live[path])
			continue;
		p = scroll_line(s);
		pen_fill(&p, top_way_attr(path, d->decision.bad), 1, top_paths[i].glyph);
		pen_say(&p, top_way_attr(path, d->decision.bad), " %-10s", dms_path_name(path));
		pen_say(&p, CELL_PLAIN, " %9s", fmt_count(b, c->maps));
		pen_say(&p, CELL_PLAIN, " %8s", fmt_bytes(b, c->map_bytes));
		pen_say(&p, CELL_PLAIN, " %9s", fmt_count(b, c->unmaps));
		pen_say(&p, CELL_PLAIN, " %7s", fmt_short(b, d->d->live[path]));
		pen_say(&p, CELL_PLAIN, " %7s", fmt_bytes(b, d->d->live_bytes[path]));
	}
}

static void dev_older(const struct top_dev *d, struct scroll *s)
{
	char text[DMS_TEXT_LEN], a[FMT_LEN];

	if (!d->older)
		return;
	if (d->d->unfollowed) {
		snprintf(text, sizeof(text), "%s direct mappings: " WORDS_UNFOLLOWED,
			 fmt_exact(a, d->d->unfollowed));
		scroll_text(s, 14, "not followed", CELL_PLAIN, text);
	}
	if (d->d->unfollowed && !d->d->preexisting)
		return;
	if (d->d->preexisting)
		snprintf(text, sizeof(text),
			 "%s mappings from before the start%s were unmapped; "
			 "what is left of them is not in the counts",
			 fmt_exact(a, d->d->preexisting),
			 d->maps_least ? ", or not delivered," : "");
	else
		snprintf(text, sizeof(text), "%s before the start are not in the counts",
			 d->decision.way == STATE_WAY_TCE ? "TCEs of its table that were set" :
			 "slots that may have been taken for it");
	scroll_text(s, 14, "before", CELL_PLAIN, text);
}

static void dev_least(const struct top_dev *d, struct scroll *s)
{
	char text[DMS_TEXT_LEN];

	snprintf(text, sizeof(text), "%s%s%s", d->maps_least ?
		 "mappings, failures and bytes are at least these" : "",
		 d->maps_least && d->unmaps_least ? "; " : "", d->unmaps_least ?
		 "live ones may be fewer" : "");
	if (text[0])
		scroll_text(s, 14, "not delivered", CELL_PLAIN, text);
}

/* In short, then in full, without what both have: "TCE: 32-bit mask: ..." */
static void dev_decision(const struct top_dev *d, struct scroll *s)
{
	const struct state_decision *dec = &d->decision;
	const char *colon = strstr(dec->brief, ": "), *more = colon ? colon + 2 : NULL;
	size_t same = more ? strlen(more) : 0;
	char text[DMS_TEXT_LEN + STATE_BRIEF_LEN];

	if (same && !strncmp(dec->full, more, same) && dec->full[same] == ':')
		snprintf(text, sizeof(text), "%.*s: %s", (int)(colon - dec->brief), dec->brief,
			 dec->full);
	else
		snprintf(text, sizeof(text), "%s. %s", dec->brief, dec->full);
	scroll_text(s, 14, "decision", dec->bad ? CELL_ERROR : CELL_PLAIN, text);
}

/* The device's share of its pool's slot time; not known while only counting. */
static void slot_share(const struct top_view *v, const struct top_dev *d, char *text, size_t n)
{
	double all = 0, mine = state__slot_time(d->d, v->run.now);
	const struct state_dev *other;

	for (size_t i = 0; (other = state__dev(v->m, i)); i++)
		if (state__pool_of(v->m, other) == d->pool)
			all += state__slot_time(other, v->run.now);
	if (mine > 0)
		snprintf(text + strlen(text), n - strlen(text),
			 "; %.0f %% of the pool's use so far", 100 * mine / all);
}

static void pool_size(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	struct pool_size size;
	char text[DMS_TEXT_LEN];

	if (!v->npools)
		return;
	size = report_pool_size(v->m, &v->pools[d->pool].p);
	report_pool_size_text(&size, text, sizeof(text));
	if (text[0])
		scroll_text(s, 14, "bounce pool", CELL_PLAIN, text);
}

static void dev_facts(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	const struct rec_device *rec = d->d->rec;
	char text[DMS_TEXT_LEN], a[FMT_LEN], b[FMT_LEN];

	snprintf(text, sizeof(text), "%s%s%s%s%s", *d->driver ? d->driver : "no driver",
		 *d->kind ? ", " : "", d->kind, rec && rec->bus[0] ? " on " : "",
		 rec ? rec->bus : "");
	if (rec && rec->vendor)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %04x:%04x",
			 rec->vendor, rec->device);
	scroll_text(s, 14, "device", CELL_PLAIN, text);
	snprintf(text, sizeof(text), "%s bits, coherent %s%s%s", fmt_mask(a, d->d->mask),
		 fmt_mask(b, d->d->coherent_mask), rec && rec->ops[0] ? "; dma_ops " : "",
		 rec ? rec->ops : "");
	scroll_text(s, 14, "mask", CELL_PLAIN, text);
	snprintf(text, sizeof(text), "%s/s, %s bytes/s",
		 fmt_rate(a, d->maps_rate, false), fmt_rate(b, d->bytes_rate, true));
	scroll_text(s, 14, "maps", CELL_PLAIN, v->since_sample ? text : "measuring");
	if (words__translation(v->m, d->d, text, sizeof(text)))
		scroll_text(s, 14, "translation", CELL_PLAIN, text);
	if (words__user(d->d, text, sizeof(text)))
		scroll_text(s, 14, "user space", CELL_PLAIN, text);
	snprintf(text, sizeof(text), "%s%s held, %s at most", d->slots_estimate ? "about " : "",
		 fmt_exact(a, d->slots), d->d->slots_max ? fmt_exact(b, d->d->slots_max) : "?");
	slot_share(v, d, text, sizeof(text));
	if (d->slots || d->d->slots_max)
		scroll_text(s, 14, "bounce slots", CELL_PLAIN, text);
	pool_size(v, d, s);
	dev_decision(d, s);
	dev_older(d, s);
	dev_least(d, s);
}

static void dev_windows(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	struct state_window w;
	char a[FMT_LEN], b[FMT_LEN], used[FMT_LEN], most[FMT_LEN];
	unsigned int n = 0;
	struct pen p;

	for (size_t i = 0; state__window_fill(v->m, i, &w); i++) {
		if (w.rec.dev != d->d->key || !state__window(v->m, i, &w))
			continue;
		if (!n++) {
			scroll_heading(s, "WINDOWS");
			p = scroll_line(s);
			pen_say(&p, CELL_LABEL, "  %-10s %-7s %-7s %17s %5s %4s %14s %7s", "LIOBN",
				"kind", "use", "base", "size", "page", "TCEs used", "shared");
		}
		p = scroll_line(s);
		pen_say(&p, w.rec.removed ? CELL_LABEL : CELL_PLAIN, "  0x%08x %-7s %-7s %17s %5s",
			w.rec.liobn, dms_window_kind_name(w.rec.kind),
			w.rec.removed ? "removed" : dms_window_use_name(w.rec.use),
			fmt_addr(a, w.rec.base), fmt_bytes(b, w.rec.size));
		pen_say(&p, CELL_PLAIN, " %4s", w.rec.page_shift ?
			fmt_bytes(a, 1ULL << w.rec.page_shift) : "?");
		snprintf(used, sizeof(used), "%.10s/%s", top_val(a, w.used),
			 fmt_short(most, w.entries));
		pen_say(&p, CELL_PLAIN, " %14s %7s", used,
			w.shared_bytes.why || w.mapped_bytes.why ? "?" :
			fmt_percent(b, w.shared_bytes.v, w.mapped_bytes.v));
	}
}

static void bars(struct scroll *s, const uint64_t *count, unsigned int n, uint16_t attr,
		 char *(*name)(char *buf, unsigned int slot))
{
	unsigned int width = s->c->cols > 60 ? s->c->cols - 36 : 20, first = 0, last = n, i, w;
	uint64_t most = 0, sum = 0;
	char a[FMT_LEN], b[FMT_LEN];
	struct pen p;

	for (i = 0; i < n; i++) {
		most = count[i] > most ? count[i] : most;
		sum += count[i];
	}
	while (first < n && !count[first])
		first++;
	while (last > first && !count[last - 1])
		last--;
	for (i = first; i < last; i++) {
		p = scroll_line(s);
		pen_say(&p, CELL_PLAIN, "  %-9s", name(a, i));
		pen_say(&p, CELL_PLAIN, "%9s ", fmt_count(a, count[i]));
		pen_say(&p, CELL_LABEL, "%7s ", fmt_percent(b, count[i], sum));
		w = (unsigned int)((double)count[i] * width / (double)most);
		pen_fill(&p, attr, count[i] && !w ? 1 : w, G_FULL);
	}
}

static char *size_name(char *buf, unsigned int slot)
{
	char b[FMT_LEN];

	if (slot == DMS_HIST_SLOTS - 1)
		snprintf(buf, FMT_LEN, ">= %s", fmt_bytes(b, 256ULL << slot));
	else
		snprintf(buf, FMT_LEN, "< %s", fmt_bytes(b, 512ULL << slot));
	return buf;
}

static char *life_name(char *buf, unsigned int slot)
{
	bool last = slot == STATE_LIFE_SLOTS - 1;
	char b[FMT_LEN];

	snprintf(buf, FMT_LEN, "%s %s", last ? ">=" : "<",
		 fmt_ns(b, 1000ULL << (last ? slot - 1 : slot)));
	return buf;
}

static void dev_histograms(const struct top_dev *d, struct scroll *s)
{
	uint64_t size[DMS_HIST_SLOTS] = { 0 }, sizes = 0, lives = 0;
	unsigned int p, i;

	for (p = 0; p < DMS_PATH_MAX; p++)
		for (i = 0; i < DMS_HIST_SLOTS && p != DMS_PATH_COHERENT; i++) {
			size[i] += d->d->path[p].size_hist[i];
			sizes += d->d->path[p].size_hist[i];
		}
	for (i = 0; i < STATE_LIFE_SLOTS; i++)
		lives += d->d->life_hist[i];
	if (sizes) {
		scroll_heading(s, "SIZES of mappings");
		bars(s, size, DMS_HIST_SLOTS, CELL_BOUNCED, size_name);
	}
	if (lives) {
		scroll_heading(s, "LIFETIMES of unmapped mappings");
		bars(s, d->d->life_hist, STATE_LIFE_SLOTS, CELL_DIRECT, life_name);
	}
}

static void caller_life(struct pen *p, const struct state_caller *c)
{
	uint64_t half = state__caller_life(c, 50), most = state__caller_life(c, 95);
	char a[FMT_LEN], b[FMT_LEN];

	if (half && most != UINT64_MAX)
		pen_say(p, CELL_PLAIN, ", lived %s (p50) to %s (p95)", fmt_ns(a, half),
			fmt_ns(b, most));
}

static void dev_callers(const struct top_view *v, const struct top_ui *u, const struct top_dev *d,
			struct scroll *s)
{
	struct state_caller c[DEVICE_CALLERS];
	size_t n = state__callers(v->m, &d->d->key, c, DEVICE_CALLERS), i;
	const struct rec_stack *st;
	char a[FMT_LEN], b[FMT_LEN];
	struct pen p;

	if (!n && v->run.aggregates && !u->each) {
		scroll_heading(s, "CALLERS");
		scroll_text(s, 2, "", CELL_PLAIN,
			    "Not observed while only counting: R follows every "
			    "mapping, with who asked for it.");
	}
	if (!n)
		return;
	scroll_heading(s, "CALLERS  %zu", n);
	for (i = 0; i < n && i < DEVICE_CALLERS; i++) {
		p = scroll_line(s);
		pen_say(&p, CELL_PLAIN | CELL_BOLD, "  %s", c[i].name ? c[i].name : "not recorded");
		pen_say(&p, top_path_attr(c[i].path), "  %s", dms_path_name(c[i].path));
		pen_say(&p, CELL_PLAIN, "  %s maps, %s bytes", fmt_count(a, c[i].maps),
			fmt_bytes(b, c[i].bytes));
		if (c[i].live)
			pen_say(&p, CELL_PLAIN, ", %s live", fmt_count(a, c[i].live));
		if (c[i].fails)
			pen_say(&p, CELL_FAILED | CELL_BOLD, ", %s failed",
				fmt_count(a, c[i].fails));
		caller_life(&p, &c[i]);
		st = c[i].stack ? state__stack(v->m, c[i].stack) : NULL;
		for (uint32_t k = 0; st && k < st->depth && k < CALLER_FRAMES; k++) {
			p = scroll_line(s);
			pen_say(&p, CELL_LABEL, "      %s", st->frame[k]);
		}
	}
	if (n > DEVICE_CALLERS) {
		p = scroll_line(s);
		pen_say(&p, CELL_LABEL, "  %zu more", n - DEVICE_CALLERS);
	}
}

static bool same_failure(const struct state_failure *a, const struct state_failure *b)
{
	return a->dev == b->dev && a->size == b->size && a->dir == b->dir && a->why == b->why &&
	       a->caller == b->caller;
}

static void one_failure(const struct top_view *v, struct scroll *s, const struct state_failure *f,
			unsigned int times)
{
	char text[DMS_TEXT_LEN], a[FMT_LEN], b[FMT_LEN], n[FMT_LEN];
	struct pen p = scroll_line(s);

	pen_say(&p, CELL_FAILED, "%8s ago", age(a, v, f->ts));
	s->line--;
	n[0] = '\0';
	if (times > 1)
		snprintf(n, sizeof(n), ", %u times", times);
	snprintf(text, sizeof(text), "%s %s: %s%s%s%s", fmt_size(b, f->size),
		 words__dir(f->dir)->brief, words__fail(f->why), f->caller ? "; by " : "",
		 f->caller ? f->caller : "", n);
	scroll_text(s, 14, "", CELL_PLAIN, text);
}

static void dev_failures(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	struct state_failure f, first;
	unsigned int n = 0, times = 0;
	char a[FMT_LEN];

	for (size_t i = 0; n < DEVICE_FAILURES && state__failure(v->m, i, &f); i++) {
		if (f.dev != d->d->key)
			continue;
		if (times && !same_failure(&first, &f)) {
			one_failure(v, s, &first, times);
			times = 0;
			n++;
		} else if (!times && !n) {
			scroll_heading(s, "FAILURES  %s, the last ones", fmt_exact(a, d->n.fails));
		}
		if (!times++)
			first = f;
	}
	if (times && n < DEVICE_FAILURES)
		one_failure(v, s, &first, times);
}

static void dev_findings(const struct top_view *v, const struct top_dev *d, struct scroll *s)
{
	unsigned int n = 0;

	for (size_t i = 0; i < v->findings; i++) {
		if (v->finding[i].f.dev != d->d->key || !d->d->key)
			continue;
		if (!n++)
			scroll_heading(s, "FINDINGS");
		one_finding(v, s, &v->finding[i], false, false);
	}
}

void top_page_device(const struct top_view *v, const struct top_ui *u, struct scroll *s)
{
	const struct top_dev *d = v->devs ? &v->dev[top_selected(v, u)] : NULL;
	struct state_range_filter f = { .by_dev = true };

	if (!d || d->d->key != u->sel_key) {
		scroll_text(s, 2, "", CELL_WARN, "This device is not among those shown any more.");
		return;
	}
	f.dev = d->d->key;
	scroll_heading(s, "%s%s", d->d->key ? d->d->name : "calls without a device",
		       d->d->removed ? ", removed" : "");
	dev_facts(v, d, s);
	s->line++;
	dev_paths(v, d, s);
	dev_findings(v, d, s);
	dev_failures(v, d, s);
	if (v->run.tce)
		dev_windows(v, d, s);
	scroll_heading(s, "RANGES mapped now");
	range_lines(v, u, s, &f);
	dev_callers(v, u, d, s);
	dev_histograms(d, s);
}

/* ---- help ---- */

static void help_paths(struct scroll *s)
{
	static const char *const words[DMS_PATH_MAX] = {
		[DMS_PATH_DIRECT] = "the memory itself; in a secure guest it has to be shared",
		[DMS_PATH_BOUNCED] = "copied through the bounce pool (SWIOTLB)",
		[DMS_PATH_TCE] = "an entry of a TCE table was made for the mapping (pseries)",
		[DMS_PATH_IOMMU] = "through the dma-iommu layer",
		[DMS_PATH_UNKNOWN] = "path unknown: not enough was observed",
		[DMS_PATH_FAILED] = "the kernel refused the mapping",
		[DMS_PATH_COHERENT] = "memory allocated for the device, not mapped",
	};

	scroll_heading(s, "PATHS of a mapping");
	for (unsigned int i = 0; i < TOP_PATHS; i++) {
		struct pen p = scroll_line(s);

		pen_fill(&p, top_paths[i].attr, 3, top_paths[i].glyph);
		pen_say(&p, top_paths[i].attr, " %-10s", dms_path_name(top_paths[i].path));
		s->line--;
		scroll_text(s, 15, "", CELL_PLAIN, words[top_paths[i].path]);
	}
}

static void help_columns(struct scroll *s)
{
	static const struct { const char *name, *text; } cols[] = {
		{ "PATHS", "the shares of the paths among its mappings, as above" },
		{ "WHAT", "the kind of device" },
		{ "DRIVER", "the driver that is bound to it" },
		{ "MAPS/s", "mappings made per second, over the last interval" },
		{ "BYTE/s", "bytes of them" },
		{ "LIVE", "mappings made since the start that are still live; + others are or "
		  "may be from before, and are not counted" },
		{ "MAPPED", "bytes of the live ones" },
		{ "SLOTS", "slots of the bounce pool held (2 KiB each); ~ is an estimate" },
		{ "FAILED", "mappings refused since the start" },
		{ "TOTAL", "mappings made since the start" },
		{ "MASK", "width of the addresses that the driver declares for the device" },
		{ "LIOBN", "the TCE window its mappings lie in (pseries)" },
		{ "DECISION", "the reason for its path; the device's page explains it" },
	};

	scroll_heading(s, "COLUMNS");
	for (size_t i = 0; i < sizeof(cols) / sizeof(cols[0]); i++)
		scroll_text(s, 15, cols[i].name, CELL_PLAIN, cols[i].text);
}

void top_page_help(const struct top_view *v, const struct top_ui *u, struct scroll *s)
{
	(void)v;
	scroll_heading(s, "KEYS");
	for (size_t i = 0; i < top_nkeys; i++) {
		const struct top_key *k = &top_keys[i];
		struct pen p;

		if (!top_key_usable(k, u))
			continue;
		p = scroll_line(s);
		pen_say(&p, CELL_KEY | CELL_BOLD, "  %-12s", k->name);
		s->line--;
		scroll_text(s, 15, "", CELL_PLAIN, k->help);
	}
	help_paths(s);
	help_columns(s);
}
