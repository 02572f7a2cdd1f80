// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of top: a row for each device. The columns are listed once, and appear as the width
 * allows. What the numbers are, and the order of the rows, is data.c's business.
 */
#include <string.h>

#include "top/draw.h"

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
		{ COL_DECISION, STATE_BRIEF_LEN - 1 }, { COL_PATHS, 8 }, { COL_POOL, 6 },
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

static char *number_text(char *buf, const struct top_dev *d, enum column col, unsigned int width)
{
	char n[FMT_LEN];

	switch (col) {
	case COL_MAPS:
		return fmt_rate(buf, d->maps_rate, false);
	case COL_BYTES:
		return fmt_rate(buf, d->bytes_rate, true);
	case COL_LIVE:
		snprintf(buf, FMT_LEN, "%s%s", fmt_short(n, d->live), d->older ? "+" : " ");
		return buf;
	case COL_MAPPED:
		snprintf(buf, FMT_LEN, "%s%s", fmt_bytes(n, d->live_bytes), d->older ? "+" : " ");
		return buf;
	case COL_POOL:
		fmt_short(n, d->slots);
		snprintf(buf, FMT_LEN, "%s%s", d->slots_estimate && d->slots &&
			 strlen(n) < width ? "~" : "", n);
		return buf;
	case COL_FAILED:
		return fmt_short(buf, d->n.fails);
	case COL_TOTAL:
		return fmt_short(buf, d->n.maps);
	case COL_MASK:
		return mask_text(buf, d->d->mask);
	case COL_LIOBN:
		snprintf(buf, FMT_LEN, d->liobn ? "%x" : "-", d->liobn);
		return buf;
	default:
		return strcpy(buf, "");
	}
}

static void cell_number(struct pen *p, const struct top_dev *d, enum column col,
			unsigned int width)
{
	uint16_t attr = col == COL_FAILED ? CELL_FAILED | CELL_BOLD : CELL_PLAIN;
	char b[FMT_LEN];

	number_text(b, d, col, width);
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
	if (d->decision.bad || (d->finding && d->finding->f.severity == STATE_ERROR))
		return CELL_ERROR;
	switch (d->decision.way) {
	case STATE_WAY_DIRECT:	return CELL_DIRECT;
	case STATE_WAY_BOUNCE:	return v->run.secure ? CELL_GOOD : CELL_BOUNCED;
	case STATE_WAY_TCE:	return CELL_TCE;
	case STATE_WAY_IOMMU:	return CELL_OTHER;
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
		pen_field(p, severity == STATE_ERROR ? CELL_ERROR | CELL_BOLD : CELL_PLAIN, width,
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
	if (d->idle && !d->decision.bad && !(d->finding && d->finding->f.severity == STATE_ERROR))
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

void top_table(const struct top_view *v, struct top_ui *u, struct cells *c, unsigned int top,
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
