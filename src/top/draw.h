/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the drawing files of top: attributes of paths and severities, words in rows, pages
 * that scroll; and the parts of the screen. Only for src/top.
 */
#ifndef DMASCOPE_TOP_DRAW_H
#define DMASCOPE_TOP_DRAW_H

#include "util/fmt.h"
#include "top/top.h"

/* Paths in the order of bars: worst last. */
#define TOP_PATHS	7
struct top_path {
	enum dms_path path;
	uint16_t attr;
	const char *glyph;
};
extern const struct top_path top_paths[TOP_PATHS];

uint16_t top_path_attr(enum dms_path path);
uint16_t top_severity_attr(unsigned int severity);
const char *top_severity_glyph(unsigned int severity);

/* In red what gives a device memory that it cannot read (state_decision.bad). */
uint16_t top_way_attr(enum dms_path path, bool bad);
/* "?" or the number, "~" before an estimate. */
char *top_val(char *buf, struct mval v);
/* Words from column 2 on, in at most `rows` rows. Returns how many it took. */
unsigned int top_words(struct cells *c, unsigned int row, unsigned int rows, uint16_t attr,
		       const char *text);

/* The part of a long page that is to be seen. */
struct scroll {
	struct cells *c;
	unsigned int top, rows;		/* of the cells */
	unsigned int skip;		/* lines above */
	unsigned int line;		/* the next one */
};

/* A pen for the next line; one that is not to be seen writes nowhere. */
struct pen scroll_line(struct scroll *s);
/* Text in lines as wide as the cells, from column `col` on; a label before the first. */
void scroll_text(struct scroll *s, unsigned int col, const char *label, uint16_t attr,
		 const char *text);
void scroll_heading(struct scroll *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* header.c: the first row, which pages have too. */
void top_title(const struct top_view *v, const struct top_ui *u, struct cells *c);
/* All above the table; `below`: rows of the chosen device, under it. Returns the rows taken. */
unsigned int top_header(const struct top_view *v, const struct top_ui *u, struct cells *c,
			unsigned int below);

/* table.c: draws from row `top` on, at most `rows` with the head. */
void top_table(const struct top_view *v, struct top_ui *u, struct cells *c, unsigned int top,
	       unsigned int rows);

/* pages.c: from s->line on. */
void top_page_device(const struct top_view *v, const struct top_ui *u, struct scroll *s);
void top_page_ranges(const struct top_view *v, const struct top_ui *u, struct scroll *s);
void top_page_findings(const struct top_view *v, const struct top_ui *u, struct scroll *s);
void top_page_help(const struct top_view *v, const struct top_ui *u, struct scroll *s);

#endif /* DMASCOPE_TOP_DRAW_H */
