// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The main screen of top: header, table of devices, the chosen device in words, prompts, the bar
 * of keys. Which columns there are is one table; they appear as the width allows.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/names.h"
#include "view/top_draw.h"

/* ---- header ---- */

/* "PEF secure guest" */
static const char *guest(const struct rec_session *s)
{
	static const char *const words[GUEST_MAX] = {
		[GUEST_UNKNOWN] = "kind of guest not known",
		[GUEST_NONE] = "not a secure guest",
		[GUEST_PEF] = "PEF secure guest",
		[GUEST_SEV] = "SEV secure guest",
		[GUEST_SEV_ES] = "SEV-ES secure guest",
		[GUEST_SEV_SNP] = "SEV-SNP secure guest",
		[GUEST_TDX] = "TDX secure guest",
		[GUEST_S390_PV] = "Secure Execution guest",
		[GUEST_CCA] = "CCA realm",
	};

	return s && s->guest < GUEST_MAX ? words[s->guest] : words[GUEST_UNKNOWN];
}

static void replay_state(const struct top_ui *u, char *buf, size_t n)
{
	const struct top_replay *r = &u->replay;
	char a[FMT_LEN], b[FMT_LEN];
	int at;

	at = snprintf(buf, n, "%s%s%s", fmt_ns(a, r->at), r->length && !u->batch ? " of " : "",
		      r->length && !u->batch ? fmt_ns(b, r->length) : "");
	if (r->speed && r->speed != 1000)
		at += snprintf(buf + at, n - at, ", %g times as fast", (double)r->speed / 1000);
	snprintf(buf + at, n - at, "%s", r->busy ? ", seeking" : r->ended ? ", the end" :
		 u->paused ? ", PAUSED" : "");
}

/* Whole or not at all; after one that has no room there is none for those that matter less. */
static void fact(struct pen *p, uint16_t attr, const char *before, const char *text)
{
	if (!text)
		return;
	if (p->col + strlen(before) + strlen(text) <= p->end)
		pen_say(p, attr, "%s%s", before, text);
	else
		p->end = p->col < p->end ? p->col : p->end;
}

/* Time and pace, as much of it as leaves the kind of guest its room. */
static void title_right(const struct top_view *v, const struct top_ui *u, char *buf, size_t n,
			size_t room)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (u->replay.name)
		replay_state(u, buf, n);
	else
		snprintf(buf, n, "%s, every %s%s", fmt_ns(a, v->now - v->run.start),
			 fmt_ns(b, u->interval), u->paused ? ", PAUSED" : "");
	if (strlen(buf) >= room)
		snprintf(buf, n, "%s", u->paused ? "PAUSED" :
			 fmt_ns(a, u->replay.name ? u->replay.at : v->now - v->run.start));
	if (strlen(buf) >= room)
		buf[0] = '\0';
}

static void title(const struct top_view *v, const struct top_ui *u, struct cells *c)
{
	const struct rec_session *s = v->run.session;
	struct pen p = PEN(c, 0), r = PEN(c, 0);
	size_t must = strlen("dmascope  ") + strlen(guest(s));
	char right[160];

	title_right(v, u, right, sizeof(right), c->cols > must ? c->cols - must : 0);
	p.end = c->cols - (unsigned int)strlen(right) - (right[0] != '\0');
	pen_say(&p, CELL_TITLE | CELL_BOLD, "dmascope");
	pen_say(&p, v->run.secure ? CELL_TITLE | CELL_BOLD : CELL_PLAIN, "  %s", guest(s));
	fact(&p, CELL_PLAIN, " " G_DOT " Linux ", s ? s->kernel : NULL);
	fact(&p, CELL_PLAIN, " ", s ? s->arch : NULL);
	fact(&p, CELL_LABEL, " " G_DOT " ", u->replay.name);
	pen_right(&r, (unsigned int)strlen(right));
	pen_say(&r, u->paused || u->replay.ended ? CELL_WARN | CELL_BOLD : CELL_LABEL, "%s", right);
}

static void label(struct pen *p, const char *text)
{
	pen_field(p, CELL_LABEL, 8, false, text);
}

static void gauge(struct pen *p, unsigned int width, uint64_t used, uint64_t most, uint64_t total)
{
	unsigned int full = (unsigned int)((double)used * width / (double)total), col = p->col;
	unsigned int mark = (unsigned int)((double)most * width / (double)total);
	uint16_t attr = used * 10 >= total * 9 ? CELL_ERROR | CELL_BOLD :
			used * 10 >= total * 7 ? CELL_WARN | CELL_BOLD : CELL_GOOD;

	if (used && !full)
		full = 1;
	if (full > width)
		full = width;
	pen_fill(p, attr, full, G_FULL);
	pen_fill(p, CELL_LABEL, width - full, G_EMPTY);
	if (most > used && mark >= full && mark && mark < width) {
		struct pen m = *p;

		m.col = col + mark;
		pen_fill(&m, CELL_WARN, 1, G_MARK);
	}
}

static void pool_line(const struct top_view *v, struct cells *c, unsigned int row)
{
	uint64_t slot = v->has_pool && v->pool.rec.slot_size ? v->pool.rec.slot_size : 2048;
	struct mval total = v->pool.total, most = v->pool.hiwater;
	struct pen p = PEN(c, row);
	char a[FMT_LEN], b[FMT_LEN];

	label(&p, "pool");
	if (!v->has_pool || total.why) {
		pen_say(&p, CELL_PLAIN, "nothing is known of a bounce pool");
		return;
	}
	if (!total.v) {
		pen_say(&p, v->run.secure ? CELL_ERROR | CELL_BOLD : CELL_PLAIN,
			"there is no bounce pool");
		return;
	}
	if (!v->pool_used.why) {
		gauge(&p, c->cols >= 100 ? c->cols / 4 : 12, v->pool_used.v, most.why ? 0 : most.v,
		      total.v);
		pen_say(&p, CELL_PLAIN, " %s", fmt_percent(a, v->pool_used.v, total.v));
		pen_say(&p, CELL_LABEL, " " G_DOT " ");
	}
	pen_say(&p, CELL_PLAIN, "%s of ", top_val(a, v->pool_used));
	pen_say(&p, CELL_PLAIN, "%s slots", fmt_exact(a, total.v));
	if (v->pool.failed)
		pen_say(&p, CELL_ERROR | CELL_BOLD, ", %s failed", fmt_count(a, v->pool.failed));
	fact(&p, CELL_PLAIN, " " G_DOT " most ", top_val(a, most));
	snprintf(a, sizeof(a), "%s%s", fmt_size(b, total.v * slot),
		 v->pool.rec.force_bounce_known && v->pool.rec.force_bounce ? ", forced" : "");
	fact(&p, CELL_PLAIN, " " G_DOT " ", a);
}

static void shared_line(const struct top_view *v, struct cells *c, unsigned int row)
{
	struct pen p = PEN(c, row);
	char a[FMT_LEN];

	label(&p, "shared");
	if (!v->ledger.secure) {
		pen_say(&p, CELL_PLAIN, "all memory is visible to the host");
		return;
	}
	if (!v->ledger.shared.why && !v->ledger.shared.v) {
		pen_say(&p, CELL_PLAIN, "nothing is known to be shared with the hypervisor");
		return;
	}
	pen_say(&p, CELL_PLAIN, "%s with the hypervisor: ", v->ledger.shared.why ? "?" :
		fmt_size(a, v->ledger.shared.v));
	pen_say(&p, CELL_PLAIN, "%s seen, ", fmt_size(a, v->ledger.confirmed));
	pen_say(&p, CELL_PLAIN, "%s assumed (the pool)", fmt_size(a, v->ledger.assumed));
	if (v->ledger.rate.why || !v->ledger.rate.v)
		return;
	pen_say(&p, CELL_LABEL, " " G_DOT " ");
	pen_say(&p, CELL_PLAIN, "%s conversions/s", fmt_short(a, v->ledger.rate.v));
}

static bool path_is_bad(const struct top_view *v, enum dms_path path)
{
	for (size_t i = 0; i < v->devs; i++)
		if (v->dev[i].decision.bad && v->dev[i].path[path])
			return true;
	return false;
}

/* The sums per path, which are the legend of the bars too. */
static void paths_line(const struct top_view *v, struct cells *c, unsigned int row)
{
	struct pen p = PEN(c, row);
	unsigned int i, said = 0;
	uint64_t sum = 0;
	char a[FMT_LEN];
	uint16_t attr;

	label(&p, "paths");
	for (i = 0; i < TOP_PATHS; i++)
		sum += top_paths[i].path == DMS_PATH_COHERENT ? 0 : v->path[top_paths[i].path];
	for (i = 0; i < TOP_PATHS; i++) {
		enum dms_path path = top_paths[i].path;
		uint64_t n = v->path[path];
		bool always = path == DMS_PATH_DIRECT || path == DMS_PATH_BOUNCED ||
			      path == DMS_PATH_FAILED || (path == DMS_PATH_TCE && v->run.tce);

		if (!n && !always)
			continue;
		pen_say(&p, CELL_PLAIN, said++ ? "  " : "");
		attr = top_way_attr(path, path_is_bad(v, path));
		pen_fill(&p, attr, 2, top_paths[i].glyph);
		pen_say(&p, n && attr == CELL_FAILED ? CELL_FAILED | CELL_BOLD : CELL_PLAIN,
			" %s %s", dms_path_name(path), fmt_count(a, n));
		if (n && n != sum && path != DMS_PATH_COHERENT)
			pen_say(&p, CELL_LABEL, " %.0f%%", 100 * (double)n / (double)sum);
	}
}

static void rates_line(const struct top_view *v, struct cells *c, unsigned int row)
{
	struct pen p = PEN(c, row);
	char a[FMT_LEN];

	label(&p, "rates");
	if (v->since_sample) {
		pen_say(&p, CELL_PLAIN | CELL_BOLD, "%s", fmt_rate(a, v->maps_rate, false));
		pen_say(&p, CELL_PLAIN, " maps/s  ");
		pen_say(&p, CELL_PLAIN | CELL_BOLD, "%s", fmt_rate(a, v->bytes_rate, true));
		pen_say(&p, CELL_PLAIN, " bytes/s  ");
		if (v->fails_rate > 0)
			pen_say(&p, CELL_FAILED | CELL_BOLD, "%s failures/s  ",
				fmt_rate(a, v->fails_rate, false));
		pen_say(&p, CELL_PLAIN, "%s events/s", fmt_rate(a, v->events_rate, false));
	} else {
		pen_say(&p, CELL_LABEL, "measuring");
	}
	pen_say(&p, CELL_LABEL, " " G_DOT " ");
	if (v->run.lost)
		pen_say(&p, CELL_WARN | CELL_BOLD, "%s LOST", fmt_count(a, v->run.lost));
	else if (v->run.complete)
		pen_say(&p, CELL_GOOD, "nothing lost");
	else
		pen_say(&p, CELL_WARN | CELL_BOLD, "INCOMPLETE: %s", v->run.incomplete);
	snprintf(a, sizeof(a), "%zu hook%s missing%s", v->missing, v->missing == 1 ? "" : "s",
		 v->run.session && !strcmp(v->run.session->lockdown, "confidentiality") ?
		 " (lockdown)" : "");
	if (v->missing)
		fact(&p, CELL_WARN, " " G_DOT " ", a);
	snprintf(a, sizeof(a), "%zu findings", v->findings);
	if (v->findings > 1)
		fact(&p, CELL_LABEL, " " G_DOT " ", a);
}

/* The worst finding and what to do, in at most `rows` rows. Returns how many it took. */
static unsigned int worst(const struct top_view *v, struct cells *c, unsigned int row,
			  unsigned int rows)
{
	const struct model_finding *f = v->findings ? &v->finding[0] : NULL;
	struct pen p = PEN(c, row);
	char text[2 * DMS_TEXT_LEN];
	unsigned int used;
	uint16_t attr;

	if (!f || f->f.severity <= MODEL_NOTE) {
		pen_fill(&p, CELL_GOOD | CELL_BOLD, 1, G_OK);
		pen_say(&p, CELL_GOOD, " nothing found wrong");
		if (f)
			pen_say(&p, CELL_LABEL, " " G_DOT " %zu note%s", v->findings,
				v->findings == 1 ? "" : "s");
		return 1;
	}
	attr = top_severity_attr(f->f.severity);
	pen_fill(&p, attr, 1, top_severity_glyph(f->f.severity));
	snprintf(text, sizeof(text), "%s%s%s", f->f.dev ? model__dev_name(v->m, f->f.dev) : "",
		 f->f.dev ? ": " : "", f->f.summary);
	used = top_words(c, row, rows > 2 ? rows - 1 : rows, attr, text);
	return used + top_words(c, row + used, rows - used, CELL_PLAIN, f->f.action);
}

/* Rows of the screen below the table, for the chosen device in words. */
static unsigned int strip_rows(const struct cells *c)
{
	return c->rows >= 40 ? 5 : c->rows >= 20 ? 3 : c->rows >= 15 ? 2 : 0;
}

#define WORST_MOST	8	/* lines of the worst finding, where devices leave them room */

/* What to do is more worth than empty rows. */
static unsigned int worst_lines(const struct top_view *v, const struct top_ui *u,
				const struct cells *c)
{
	unsigned int lines = c->rows >= 40 || u->batch ? 4 : 3;
	size_t taken = 5 + lines + 1 + v->devs + strip_rows(c) + 1;

	if (!u->batch && taken < c->rows)
		lines += (unsigned int)(c->rows - taken);
	return u->batch || lines < WORST_MOST ? lines : WORST_MOST;
}

/* Returns the rows taken. */
static unsigned int header(const struct top_view *v, const struct top_ui *u, struct cells *c)
{
	unsigned int used;

	title(v, u, c);
	if (c->rows < 8 && !u->batch)
		return 1;
	if (c->rows < 15 && !u->batch) {
		pool_line(v, c, 1);
		worst(v, c, 2, 1);
		return 3;
	}
	pool_line(v, c, 1);
	shared_line(v, c, 2);
	paths_line(v, c, 3);
	rates_line(v, c, 4);
	used = worst(v, c, 5, worst_lines(v, u, c));
	return 5 + used;
}

/* ---- the table ---- */

enum column {
	COL_MARK, COL_NAME, COL_KIND, COL_DRIVER, COL_PATHS, COL_MAPS, COL_BYTES, COL_LIVE,
	COL_MAPPED, COL_POOL, COL_FAILED, COL_TOTAL, COL_MASK, COL_LIOBN, COL_DECISION, COLS
};

static const struct {
	const char *title;
	unsigned int width;
	bool right;
	unsigned int order;	/* in which they find room; 1 = always there */
	int sort;
} columns[COLS] = {
	[COL_MARK] = { "", 1, false, 1, TOP_SORT_FINDING },
	[COL_NAME] = { "DEVICE", 12, false, 1, TOP_SORT_NAME },
	[COL_KIND] = { "WHAT", 6, false, 7, -1 },
	[COL_DRIVER] = { "DRIVER", 12, false, 12, TOP_SORT_DRIVER },
	[COL_PATHS] = { "PATHS", 6, false, 2, -1 },
	[COL_MAPS] = { "MAPS/s", 6, true, 1, TOP_SORT_MAPS },
	[COL_BYTES] = { "BYTE/s", 6, true, 3, TOP_SORT_BYTES },
	[COL_LIVE] = { "LIVE ", 6, true, 5, TOP_SORT_LIVE },
	[COL_MAPPED] = { "MAPPED", 6, true, 8, TOP_SORT_MAPPED },
	[COL_POOL] = { "SLOTS", 5, true, 6, TOP_SORT_POOL },
	[COL_FAILED] = { "FAILED", 6, true, 10, TOP_SORT_FAILED },
	[COL_TOTAL] = { "TOTAL", 6, true, 13, TOP_SORT_TOTAL },
	[COL_MASK] = { "MASK", 4, true, 9, TOP_SORT_MASK },
	[COL_LIOBN] = { "LIOBN", 8, true, 11, -1 },
	[COL_DECISION] = { "DECISION", 22, false, 4, -1 },
};

struct table {
	unsigned int width[COLS];	/* 0: not shown */
};

/* Room that is left makes bars and words longer. */
static void stretch(struct table *t, unsigned int room)
{
	static const struct { enum column col; unsigned int most; } steps[] = {
		{ COL_DECISION, MODEL_BRIEF_LEN - 1 }, { COL_PATHS, 8 }, { COL_POOL, 6 },
		{ COL_KIND, 14 }, { COL_PATHS, 20 }, { COL_DRIVER, 18 }, { COL_NAME, 16 },
		{ COL_PATHS, 40 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		unsigned int *w = &t->width[steps[i].col], n;

		if (!*w || *w >= steps[i].most)
			continue;
		n = steps[i].most - *w < room ? steps[i].most - *w : room;
		*w += n;
		room -= n;
	}
}

static void choose_columns(const struct top_view *v, unsigned int cols, struct table *t)
{
	unsigned int used = 0;

	memset(t, 0, sizeof(*t));
	for (unsigned int order = 1; order <= COLS; order++)
		for (unsigned int i = 0; i < COLS; i++) {
			if (columns[i].order != order || (i == COL_LIOBN && !v->run.tce))
				continue;
			if (used + columns[i].width + 1 > cols + 1 && order > 1)
				continue;
			t->width[i] = columns[i].width;
			used += columns[i].width + 1;
		}
	if (used <= cols)
		stretch(t, cols + 1 - used);
}

static void table_head(const struct top_ui *u, const struct table *t, struct cells *c,
		       unsigned int row)
{
	struct pen p = PEN(c, row);

	for (unsigned int i = 0; i < COLS; i++) {
		bool sorted = columns[i].sort == (int)u->o.sort;
		char text[16];

		if (!t->width[i])
			continue;
		snprintf(text, sizeof(text), "%s%s", columns[i].title, sorted && i ? G_SORT : "");
		if (strlen(text) > t->width[i])
			snprintf(text, sizeof(text), "%s", columns[i].title);
		pen_field(&p, CELL_HEAD | (sorted ? CELL_BOLD : 0), t->width[i], columns[i].right,
			  text);
		pen_say(&p, CELL_HEAD, " ");
	}
	if (p.col < p.end)
		pen_fill(&p, CELL_HEAD, p.end - p.col, " ");
}

/* Narrow: the disk or interface; wide: what it is too. */
static const char *kind_text(const struct top_dev *d, unsigned int width)
{
	const char *last = strrchr(d->kind, ' ');

	if (!*d->kind)
		return d->driver;
	return strlen(d->kind) > width && last ? last + 1 : d->kind;
}

static char *mask_text(char *buf, uint64_t mask)
{
	fmt_mask(buf, mask);
	return strlen(buf) > 4 ? strcpy(buf, "odd") : buf;
}

static void cell_number(struct pen *p, const struct top_dev *d, enum column col,
			unsigned int width)
{
	char b[FMT_LEN] = "", n[FMT_LEN];
	uint16_t attr = CELL_PLAIN;

	switch (col) {
	case COL_MAPS:
		fmt_rate(b, d->maps_rate, false);
		break;
	case COL_BYTES:
		fmt_rate(b, d->bytes_rate, true);
		break;
	case COL_LIVE:
		snprintf(b, sizeof(b), "%s%s", fmt_short(n, d->live), d->older ? "+" : " ");
		break;
	case COL_MAPPED:
		snprintf(b, sizeof(b), "%s%s", fmt_bytes(n, d->live_bytes), d->older ? "+" : " ");
		break;
	case COL_POOL:
		fmt_short(n, d->slots);
		snprintf(b, sizeof(b), "%s%s", d->slots_estimate && d->slots &&
			 strlen(n) < width ? "~" : "", n);
		break;
	case COL_FAILED:
		fmt_short(b, d->n.fails);
		attr = CELL_FAILED | CELL_BOLD;
		break;
	case COL_TOTAL:
		fmt_short(b, d->n.maps);
		break;
	case COL_MASK:
		mask_text(b, d->d->mask);
		break;
	case COL_LIOBN:
		snprintf(b, sizeof(b), d->liobn ? "%x" : "-", d->liobn);
		break;
	default:
		break;
	}
	pen_field(p, strcmp(b, "0") && strcmp(b, "0 ") ? attr : CELL_LABEL, width, true, b);
}

/* The counts of top_paths[] as a bar; coherent memory only where nothing was mapped. */
static void path_bar(struct pen *p, const uint64_t *count, unsigned int width, bool bad)
{
	uint64_t n[TOP_PATHS], mapped = 0;
	unsigned int share[TOP_PATHS], i;

	for (i = 0; i < TOP_PATHS; i++) {
		n[i] = count[top_paths[i].path];
		mapped += top_paths[i].path == DMS_PATH_COHERENT ? 0 : n[i];
	}
	if (mapped)
		n[TOP_PATHS - 1] = 0;
	top_shares(n, TOP_PATHS, width, share);
	for (i = 0; i < TOP_PATHS && (mapped || n[TOP_PATHS - 1]); i++)
		pen_fill(p, top_way_attr(top_paths[i].path, bad), share[i], top_paths[i].glyph);
	if (!mapped && !n[TOP_PATHS - 1])
		pen_fill(p, CELL_PLAIN, width, " ");
}

/* Bouncing is what a secure guest needs; elsewhere it costs and is a choice. */
static uint16_t decision_attr(const struct top_view *v, const struct top_dev *d)
{
	if (d->d->removed)
		return CELL_LABEL;
	if (d->decision.bad || (d->finding && d->finding->f.severity == MODEL_ERROR))
		return CELL_ERROR;
	switch (d->decision.way) {
	case MODEL_WAY_DIRECT:	return CELL_DIRECT;
	case MODEL_WAY_BOUNCE:	return v->run.secure ? CELL_GOOD : CELL_BOUNCED;
	case MODEL_WAY_TCE:	return CELL_TCE;
	case MODEL_WAY_IOMMU:	return CELL_OTHER;
	default:		return CELL_PLAIN;
	}
}

static void cell(struct pen *p, const struct top_view *v, const struct top_dev *d,
		 enum column col, unsigned int width)
{
	unsigned int severity = d->finding ? d->finding->f.severity : 0;
	const char *name = d->d->key ? d->d->name : "(no device)";

	switch (col) {
	case COL_MARK:
		pen_fill(p, top_severity_attr(severity), 1,
			 severity ? top_severity_glyph(severity) : " ");
		break;
	case COL_NAME:
		pen_field(p, severity == MODEL_ERROR ? CELL_ERROR | CELL_BOLD : CELL_PLAIN, width,
			  false, name);
		break;
	case COL_KIND:
		pen_field(p, CELL_PLAIN, width, false, kind_text(d, width));
		break;
	case COL_DRIVER:
		pen_field(p, CELL_PLAIN, width, false, *d->driver ? d->driver : "-");
		break;
	case COL_PATHS:
		path_bar(p, d->path, width, d->decision.bad);
		break;
	case COL_DECISION:
		pen_field(p, decision_attr(v, d), width, false,
			  d->d->removed ? "removed" : d->decision.brief);
		break;
	default:
		cell_number(p, d, col, width);
	}
}

static void table_row(const struct top_view *v, const struct top_dev *d, const struct table *t,
		      struct cells *c, unsigned int row, bool selected)
{
	struct pen p = PEN(c, row);

	for (unsigned int i = 0; i < COLS; i++) {
		if (!t->width[i])
			continue;
		cell(&p, v, d, i, t->width[i]);
		pen_say(&p, CELL_PLAIN, " ");
	}
	if (d->idle && !d->decision.bad && !(d->finding && d->finding->f.severity == MODEL_ERROR))
		cells_flag(c, row, 0, c->cols, CELL_DIM);
	if (selected)
		cells_flag(c, row, 0, c->cols, CELL_SELECTED);
}

size_t top_selected(const struct top_view *v, const struct top_ui *u)
{
	for (size_t i = 0; u->selected && i < v->devs; i++)
		if (v->dev[i].d->key == u->sel_key)
			return i;
	return 0;
}

/* Draws from row `top` on, at most `rows` with the head. */
static void table(const struct top_view *v, struct top_ui *u, struct cells *c, unsigned int top,
		  unsigned int rows)
{
	unsigned int sel = (unsigned int)top_selected(v, u), shown = rows ? rows - 1 : 0, i;
	struct pen p = PEN(c, top + 1);
	struct table t;

	choose_columns(v, c->cols, &t);
	if (rows)
		table_head(u, &t, c, top);
	if (u->first > sel)
		u->first = sel;
	if (shown && sel >= u->first + shown)
		u->first = sel - shown + 1;
	if (u->first + shown > v->devs)
		u->first = v->devs > shown ? (unsigned int)v->devs - shown : 0;
	u->page_rows = shown;
	u->page_lines = (unsigned int)v->devs;
	for (i = 0; i < shown && u->first + i < v->devs; i++)
		table_row(v, &v->dev[u->first + i], &t, c, top + 1 + i,
			  !u->batch && u->first + i == sel);
	if (!v->devs && shown)
		pen_say(&p, CELL_LABEL, "%s", v->devs_all ? "no device fits the filter" :
			"no device has done DMA yet");
}

/* ---- the chosen device in words ---- */

static void strip(const struct top_view *v, const struct top_ui *u, struct cells *c,
		  unsigned int row, unsigned int rows)
{
	const struct top_dev *d = v->devs ? &v->dev[top_selected(v, u)] : NULL;
	struct pen p = PEN(c, row);
	const char *s;
	char b[FMT_LEN];

	if (!d) {
		pen_fill(&p, CELL_LABEL, c->cols, G_RULE);
		return;
	}
	pen_fill(&p, CELL_LABEL, 2, G_RULE);
	pen_say(&p, CELL_TITLE | CELL_BOLD, " %s ", d->d->key ? d->d->name : "(no device)");
	pen_say(&p, CELL_PLAIN, "%s%s%s", *d->driver ? d->driver : "no driver",
		*d->kind ? ", " : "", d->kind);
	if (d->d->mask)
		pen_say(&p, CELL_PLAIN, ", %s-bit mask", fmt_mask(b, d->d->mask));
	if (d->liobn)
		pen_say(&p, CELL_PLAIN, ", LIOBN 0x%x", d->liobn);
	pen_say(&p, CELL_PLAIN, " ");
	if (p.col < p.end)
		pen_fill(&p, CELL_LABEL, p.end - p.col, G_RULE);
	/* the worst finding stands in the header already */
	s = d->finding && d->finding != v->finding && rows < 5 ? d->finding->f.summary :
	    d->decision.full;
	top_words(c, row + 1, rows - 1, CELL_PLAIN, s);
}

/* ---- the bottom: keys, what is typed, what is said ---- */

static unsigned int key_width(const struct top_key *k)
{
	return (unsigned int)(strlen(k->name) + 1 + strlen(k->bar));
}

/* Who does not know how to leave, or where to read that, is stuck. */
static bool key_stays(const struct top_key *k)
{
	return k->code[0] == '?' || k->code[0] == 'q';
}

static void key_bar(const struct top_ui *u, struct cells *c, unsigned int row, unsigned int end)
{
	struct pen p = { c, row, 0, end };
	unsigned int kept = 0, width;
	bool names;

	for (size_t i = 0; i < top_nkeys; i++)
		kept += key_stays(&top_keys[i]) ? key_width(&top_keys[i]) + 2 : 0;
	names = kept > end + 2;
	for (size_t i = 0; i < top_nkeys; i++) {
		const struct top_key *k = &top_keys[i];

		if (!k->bar || !top_key_usable(k, u))
			continue;
		width = key_width(k) + 2;
		kept -= key_stays(k) ? width : 0;
		if (!key_stays(k) && p.col + width + kept > end + 2)
			continue;
		pen_say(&p, CELL_KEY | CELL_BOLD, "%s", k->name);
		pen_say(&p, CELL_LABEL, " %s%s", names ? "" : k->bar, names ? "" : "  ");
	}
}

#define KEYS_MIN	16	/* columns of the bar that what stands at its right leaves */

/* At the right: the filter of the table, the place on a page that is longer than the screen. */
static void right_of_keys(const struct top_view *v, const struct top_ui *u, char *buf, size_t n)
{
	unsigned int last = u->scroll + u->page_rows;

	buf[0] = '\0';
	if (u->page == TOP_TABLE && u->filter[0])
		snprintf(buf, n, "%zu of %zu, filter: %s", v->devs, v->devs_all, u->filter);
	else if (u->page != TOP_TABLE && u->page_lines > u->page_rows)
		snprintf(buf, n, "%s%u-%u of %u", last < u->page_lines ? "PgDn: more, " : "",
			 u->scroll + 1, last < u->page_lines ? last : u->page_lines,
			 u->page_lines);
}

static void keys_and_place(const struct top_view *v, const struct top_ui *u, struct cells *c,
			   unsigned int row)
{
	unsigned int room = c->cols > KEYS_MIN ? c->cols - KEYS_MIN : 0, n;
	struct pen p = PEN(c, row);
	char text[128];

	right_of_keys(v, u, text, sizeof(text));
	n = strlen(text) < room ? (unsigned int)strlen(text) : room;
	pen_right(&p, n);
	if (n)
		pen_say(&p, u->page == TOP_TABLE ? CELL_WARN | CELL_BOLD : CELL_PLAIN, "%s", text);
	key_bar(u, c, row, c->cols - n - (n != 0));
}

static void bottom(const struct top_view *v, const struct top_ui *u, struct cells *c,
		   unsigned int row)
{
	struct pen p = PEN(c, row);

	if (u->prompt == TOP_ASK_FILTER)
		pen_say(&p, CELL_KEY | CELL_BOLD, "show only: ");
	else if (u->prompt == TOP_ASK_INTERVAL)
		pen_say(&p, CELL_KEY | CELL_BOLD, "seconds between two looks: ");
	if (u->prompt == TOP_ASK_FILTER || u->prompt == TOP_ASK_INTERVAL) {
		pen_say(&p, CELL_PLAIN, "%s", u->text);
		pen_say(&p, CELL_PLAIN | CELL_SELECTED, " ");
		pen_say(&p, CELL_LABEL, "  Enter: take it, Esc: leave it");
	} else if (u->message[0]) {
		pen_say(&p, CELL_WARN | CELL_BOLD, "%s", u->message);
	} else if (u->replay.broken) {
		pen_say(&p, CELL_WARN | CELL_BOLD, "%s", u->replay.broken);
	} else {
		keys_and_place(v, u, c, row);
	}
}

#define MENU_WIDTH	52

static void sort_menu(const struct top_ui *u, struct cells *c)
{
	unsigned int rows = TOP_SORTS + 2 < c->rows ? TOP_SORTS + 2 : c->rows;
	unsigned int top = (c->rows - rows) / 2, i;
	unsigned int col = c->cols > MENU_WIDTH ? (c->cols - MENU_WIDTH) / 2 : 0;
	struct pen p;

	for (i = 0; i < rows; i++)
		cells_blank(c, top + i, col, MENU_WIDTH, CELL_PLAIN);
	p = (struct pen){ c, top, col, col + MENU_WIDTH };
	pen_fill(&p, CELL_HEAD, 1, " ");
	pen_field(&p, CELL_HEAD | CELL_BOLD, MENU_WIDTH - 1, false,
		  "sort by     (arrows and Enter; Esc leaves it)");
	for (i = 0; i < TOP_SORTS && i + 1 < rows; i++) {
		p = (struct pen){ c, top + 1 + i, col, col + MENU_WIDTH };
		pen_say(&p, CELL_LABEL, "%s", i == u->o.sort ? G_SORT : " ");
		pen_field(&p, CELL_KEY | CELL_BOLD, 9, false, top_sort_name(i));
		pen_field(&p, CELL_PLAIN, MENU_WIDTH - 10, false, top_sort_help(i));
		if (i == u->choice)
			cells_flag(c, top + 1 + i, col, MENU_WIDTH, CELL_SELECTED);
	}
	if (rows == TOP_SORTS + 2) {
		p = (struct pen){ c, top + rows - 1, col, col + MENU_WIDTH };
		pen_fill(&p, CELL_LABEL, MENU_WIDTH, G_RULE);
	}
}

/* ---- all ---- */

static void page(const struct top_view *v, struct top_ui *u, struct cells *c)
{
	struct scroll s = { .c = c, .top = 1, .rows = c->rows > 2 ? c->rows - 2 : 0 };

	title(v, u, c);
	for (int again = 0; again < 2; again++) {
		s.line = 0;
		s.skip = u->scroll;
		if (u->page == TOP_DEVICE)
			top_page_device(v, u, &s);
		else if (u->page == TOP_RANGES)
			top_page_ranges(v, u, &s);
		else if (u->page == TOP_FINDINGS)
			top_page_findings(v, u, &s);
		else
			top_page_help(v, u, &s);
		u->page_rows = s.rows;
		u->page_lines = s.line;
		if (s.line >= s.rows + u->scroll || !u->scroll)
			break;
		/* it became shorter: once more from its new end */
		u->scroll = s.line > s.rows ? s.line - s.rows : 0;
		for (unsigned int i = 0; i < s.rows; i++)
			cells_blank(c, s.top + i, 0, c->cols, CELL_PLAIN);
	}
}

/* The worst one stands in the header, if it is more than a note. */
static size_t batch_first(const struct top_view *v)
{
	return v->findings && v->finding[0].f.severity > MODEL_NOTE;
}

static void batch_findings(const struct top_view *v, struct cells *c, unsigned int row)
{
	for (size_t i = batch_first(v); i < v->findings; i++) {
		const struct model_finding *f = &v->finding[i];
		struct pen p = PEN(c, row++);

		pen_fill(&p, top_severity_attr(f->f.severity), 1,
			 top_severity_glyph(f->f.severity));
		pen_say(&p, CELL_PLAIN, " %s%s%s", f->f.dev ? model__dev_name(v->m, f->f.dev) : "",
			f->f.dev ? ": " : "", f->f.summary);
	}
}

unsigned int top_batch_rows(const struct top_view *v)
{
	/* the header, the table with its head, the other findings */
	return 9 + 1 + (unsigned int)(v->devs ? v->devs : 1) + (unsigned int)v->findings;
}

static void batch(const struct top_view *v, struct top_ui *u, struct cells *c)
{
	unsigned int top = header(v, u, c), rows = 1 + (unsigned int)(v->devs ? v->devs : 1);

	table(v, u, c, top, rows);
	batch_findings(v, c, top + rows);
	c->rows = top + rows + (unsigned int)(v->findings - batch_first(v));
}

void top_layout(const struct top_view *v, struct top_ui *u, struct cells *c)
{
	unsigned int top, below;

	if (u->batch) {
		batch(v, u, c);
		return;
	}
	if (!c->rows || c->cols < 8)
		return;
	if (u->page == TOP_TABLE) {
		top = header(v, u, c);
		below = strip_rows(c);
		/* one row more for all that is said, if no device needs it */
		if (below == 3 && c->rows > top + below + 2 + v->devs)
			below++;
		if (c->rows > top + below + 1)
			table(v, u, c, top, c->rows - 1 - below - top);
		if (below)
			strip(v, u, c, c->rows - 1 - below, below);
	} else {
		page(v, u, c);
	}
	if (c->rows > 1)
		bottom(v, u, c, c->rows - 1);
	if (u->prompt == TOP_ASK_SORT)
		sort_menu(u, c);
}
