// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The main screen of top: table of devices, the chosen device in words, prompts, the bar of keys.
 * Which columns there are is one table; they appear as the width allows. What stands above the
 * table is in top_header.c.
 */
#include <string.h>

#include "view/top_draw.h"

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
	unsigned int top = top_header(v, u, c, 0), rows = 1 + (unsigned int)(v->devs ? v->devs : 1);

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
		below = strip_rows(c);
		top = top_header(v, u, c, below);
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
