// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lines above the table of top: title, pool, shared memory, paths, rates and the worst finding.
 * Nothing about single devices, except the one with the worst finding.
 */
#include <string.h>

#include "util/names.h"
#include "top/draw.h"
#include "words/words.h"

static const char *guest(const struct rec_session *s)
{
	return words__guest(s)->name;
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

void top_title(const struct top_view *v, const struct top_ui *u, struct cells *c)
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
	const struct top_pool *t = v->pool;
	const struct state_pool *pool = t ? &t->p : NULL;
	uint64_t slot = pool && pool->rec.slot_size ? pool->rec.slot_size : IO_TLB_SIZE;
	struct pen p = PEN(c, row);
	char a[FMT_LEN], b[FMT_LEN];

	label(&p, "pool");
	if (!pool || pool->total.why) {
		pen_say(&p, CELL_PLAIN, "nothing is known of a bounce pool");
		return;
	}
	if (!pool->total.v) {
		pen_say(&p, v->run.secure ? CELL_ERROR | CELL_BOLD : CELL_PLAIN,
			"there is no bounce pool");
		return;
	}
	if (!t->used.why) {
		gauge(&p, c->cols >= 100 ? c->cols / 4 : 12, t->used.v,
		      pool->hiwater.why ? 0 : pool->hiwater.v, pool->total.v);
		pen_say(&p, CELL_PLAIN, " %s", fmt_percent(a, t->used.v, pool->total.v));
		pen_say(&p, CELL_LABEL, " " G_DOT " ");
	}
	pen_say(&p, CELL_PLAIN, "%s of ", top_val(a, t->used));
	pen_say(&p, CELL_PLAIN, "%s slots", fmt_exact(a, pool->total.v));
	if (v->npools > 1)	/* the fullest of them */
		fact(&p, CELL_PLAIN, " of ", pool->rec.name);
	if (pool->failed)
		pen_say(&p, CELL_ERROR | CELL_BOLD, ", %s failed", fmt_count(a, pool->failed));
	fact(&p, CELL_PLAIN, " " G_DOT " most ", top_val(a, pool->hiwater));
	snprintf(a, sizeof(a), "%s%s", fmt_size(b, pool->total.v * slot),
		 pool->rec.force_bounce_known && pool->rec.force_bounce ? ", forced" : "");
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
	if (!v->ledger.counted) {
		pen_say(&p, CELL_PLAIN, "%s assumed (the pool); conversions are not seen",
			fmt_size(a, v->ledger.assumed));
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
	unsigned int i, listed = 0;
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
		pen_say(&p, CELL_PLAIN, listed++ ? "  " : "");
		attr = top_way_attr(path, path_is_bad(v, path));
		pen_fill(&p, attr, 2, top_paths[i].glyph);
		pen_say(&p, n && attr == CELL_FAILED ? CELL_FAILED | CELL_BOLD : CELL_PLAIN,
			" %s %s", dms_path_name(path), fmt_count(a, n));
		if (n && n != sum && path != DMS_PATH_COHERENT)
			pen_say(&p, CELL_LABEL, " %.0f%%", 100 * (double)n / (double)sum);
	}
}

static void completeness(const struct top_view *v, struct pen *p)
{
	char a[FMT_LEN];

	if (v->run.lost)
		pen_say(p, CELL_WARN | CELL_BOLD, "%s LOST", fmt_count(a, v->run.lost));
	else if (v->run.complete)
		pen_say(p, CELL_GOOD, "nothing lost");
	else
		pen_say(p, CELL_WARN | CELL_BOLD, "INCOMPLETE: %s", v->run.incomplete);
	snprintf(a, sizeof(a), "%zu hook%s missing%s", v->missing, v->missing == 1 ? "" : "s",
		 v->run.session && !strcmp(v->run.session->lockdown, "confidentiality") ?
		 " (lockdown)" : "");
	if (v->missing)
		fact(p, CELL_WARN, " " G_DOT " ", a);
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
	completeness(v, &p);
	snprintf(a, sizeof(a), "%zu findings", v->findings);
	if (v->findings > 1)
		fact(&p, CELL_LABEL, " " G_DOT " ", a);
}

/* The worst finding and what to do, in at most `rows` rows. Returns how many it took. */
static unsigned int worst(const struct top_view *v, struct cells *c, unsigned int row,
			  unsigned int rows)
{
	const struct state_finding *f = v->findings ? &v->finding[0] : NULL;
	struct pen p = PEN(c, row);
	char text[2 * DMS_TEXT_LEN];
	unsigned int used;
	uint16_t attr;

	if (!f || f->f.severity <= STATE_NOTE) {
		pen_fill(&p, CELL_GOOD | CELL_BOLD, 1, G_OK);
		pen_say(&p, CELL_GOOD, " nothing found wrong");
		if (f)
			pen_say(&p, CELL_LABEL, " " G_DOT " %zu note%s", v->findings,
				v->findings == 1 ? "" : "s");
		return 1;
	}
	attr = top_severity_attr(f->f.severity);
	pen_fill(&p, attr, 1, top_severity_glyph(f->f.severity));
	snprintf(text, sizeof(text), "%s%s%s", f->f.dev ? state__dev_name(v->m, f->f.dev) : "",
		 f->f.dev ? ": " : "", f->f.summary);
	used = top_words(c, row, rows > 2 ? rows - 1 : rows, attr, text);
	return used + top_words(c, row + used, rows - used, CELL_PLAIN, f->f.action);
}

#define WORST_MOST	8	/* lines of the worst finding, where devices leave them room */

/* The remedy is shown if there is an empty row for it. */
static unsigned int worst_lines(const struct top_view *v, const struct top_ui *u,
				const struct cells *c, unsigned int below)
{
	unsigned int lines = c->rows >= 40 || u->batch ? 4 : 3;
	size_t taken = 5 + lines + 1 + v->devs + below + 1;

	if (!u->batch && taken < c->rows)
		lines += (unsigned int)(c->rows - taken);
	return u->batch || lines < WORST_MOST ? lines : WORST_MOST;
}

unsigned int top_header(const struct top_view *v, const struct top_ui *u, struct cells *c,
			unsigned int below)
{
	unsigned int used;

	top_title(v, u, c);
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
	used = worst(v, c, 5, worst_lines(v, u, c, below));
	return 5 + used;
}
