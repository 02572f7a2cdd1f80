// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The screen of top put together: which parts it has, how many rows each gets; and those below the
 * table: the chosen device in words, prompts, the bar of keys. The others are in header.c,
 * table.c and pages.c.
 */
#include <string.h>

#include "top/draw.h"

/* ---- the chosen device in words ---- */

/* Rows of the screen below the table, for the chosen device in words. */
static unsigned int strip_rows(const struct cells *c)
{
	return c->rows >= 40 ? 5 : c->rows >= 20 ? 3 : c->rows >= 15 ? 2 : 0;
}

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

/* ---- the bottom: keys, input, messages ---- */

static unsigned int key_width(const struct top_key *k)
{
	return (unsigned int)(strlen(k->name) + 1 + strlen(k->bar));
}

/* Keys to quit and for help are always in the bar. */
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
		pen_say(&p, CELL_KEY | CELL_BOLD, "seconds between two samples: ");
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

	top_title(v, u, c);
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
	return v->findings && v->finding[0].f.severity > STATE_NOTE;
}

static void batch_findings(const struct top_view *v, struct cells *c, unsigned int row)
{
	for (size_t i = batch_first(v); i < v->findings; i++) {
		const struct state_finding *f = &v->finding[i];
		struct pen p = PEN(c, row++);

		pen_fill(&p, top_severity_attr(f->f.severity), 1,
			 top_severity_glyph(f->f.severity));
		pen_say(&p, CELL_PLAIN, " %s%s%s", f->f.dev ? state__dev_name(v->m, f->f.dev) : "",
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
	unsigned int top = top_header(v, u, c, 0), rows = 1 + (unsigned int)(v->devs ? v->devs : 1);

	top_table(v, u, c, top, rows);
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
		below = strip_rows(c);
		top = top_header(v, u, c, below);
		/* one more row for messages, if no device needs it */
		if (below == 3 && c->rows > top + below + 2 + v->devs)
			below++;
		if (c->rows > top + below + 1)
			top_table(v, u, c, top, c->rows - 1 - below - top);
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
