// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Shared by the drawing files of top: a path, a severity, a value, a text of several rows; pages
 * that scroll. What is shown, and where, is theirs.
 */
#include <stdarg.h>
#include <string.h>

#include "top/draw.h"

/* ---- attributes ---- */

const struct top_path top_paths[TOP_PATHS] = {
	{ DMS_PATH_DIRECT, CELL_DIRECT, G_DIRECT },
	{ DMS_PATH_BOUNCED, CELL_BOUNCED, G_BOUNCED },
	{ DMS_PATH_TCE, CELL_TCE, G_TCE },
	{ DMS_PATH_IOMMU, CELL_OTHER, G_OTHER },
	{ DMS_PATH_UNKNOWN, CELL_LABEL, "?" },
	{ DMS_PATH_FAILED, CELL_FAILED, G_FAILED },
	{ DMS_PATH_COHERENT, CELL_COHERENT, G_COHERENT },
};

uint16_t top_path_attr(enum dms_path path)
{
	for (unsigned int i = 0; i < TOP_PATHS; i++)
		if (top_paths[i].path == path)
			return top_paths[i].attr;
	return CELL_PLAIN;
}

uint16_t top_way_attr(enum dms_path path, bool bad)
{
	return bad && (path == DMS_PATH_DIRECT || path == DMS_PATH_TCE) ? CELL_FAILED :
	       top_path_attr(path);
}

uint16_t top_severity_attr(unsigned int severity)
{
	return severity >= STATE_ERROR ? CELL_ERROR | CELL_BOLD :
	       severity == STATE_WARNING ? CELL_WARN | CELL_BOLD : CELL_NOTE;
}

const char *top_severity_glyph(unsigned int severity)
{
	return severity >= STATE_ERROR ? G_ERROR : severity == STATE_WARNING ? G_WARN : G_NOTE;
}

char *top_val(char *buf, struct mval v)
{
	char b[FMT_LEN];

	snprintf(buf, FMT_LEN, "%s%s", v.why ? "?" : v.estimate ? "~" : "",
		 v.why ? "" : fmt_count(b, v.v));
	return buf;
}

unsigned int top_words(struct cells *c, unsigned int row, unsigned int rows, uint16_t attr,
		       const char *text)
{
	char buf[512];
	unsigned int i;

	for (i = 0; i < rows && cells_wrap(&text, c->cols - 4, buf, sizeof(buf)); i++) {
		struct pen p = PEN(c, row + i);

		p.col = 2;
		pen_say(&p, attr, "%s%s", buf, i + 1 == rows && *text ? " " G_MORE : "");
	}
	return i;
}

/* ---- pages that scroll ---- */

struct pen scroll_line(struct scroll *s)
{
	struct pen p = PEN(s->c, UINT32_MAX);
	unsigned int line = s->line++;

	if (line >= s->skip && line - s->skip < s->rows)
		p.row = s->top + line - s->skip;
	return p;
}

void scroll_text(struct scroll *s, unsigned int col, const char *label, uint16_t attr,
		 const char *text)
{
	unsigned int width = s->c->cols > col + 1 ? s->c->cols - col - 1 : 1;
	char buf[512];

	for (bool first = true; cells_wrap(&text, width, buf, sizeof(buf)); first = false) {
		struct pen p = scroll_line(s);

		p.col = col;
		if (first && *label) {
			size_t n = strlen(label) + 1;

			p.col = col > n ? col - (unsigned int)n : 0;
			pen_say(&p, CELL_LABEL, "%s ", label);
		}
		pen_say(&p, attr, "%s", buf);
	}
}

void scroll_heading(struct scroll *s, const char *fmt, ...)
{
	char text[256];
	struct pen p;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (s->line)
		s->line++;
	p = scroll_line(s);
	pen_say(&p, CELL_TITLE | CELL_BOLD, "%s ", text);
	if (p.col < p.end)
		pen_fill(&p, CELL_LABEL, p.end - p.col, G_RULE);
}
