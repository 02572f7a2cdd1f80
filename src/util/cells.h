/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A screen as data: a grid of cells, each a character and an attribute, and a pen that writes to
 * it. Colors are in top/screen.c, the layout in the other files of src/top. Nothing here depends on
 * ncurses or on the state.
 *
 * Text is ASCII; other bytes and control characters become '?'. Glyphs, G_* below, are the
 * exception: each has an ASCII form.
 */
#ifndef DMASCOPE_CELLS_H
#define DMASCOPE_CELLS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The meaning of a cell, which the terminal maps to a color: one of these, or'ed with flags. */
enum cell_role {
	CELL_PLAIN = 0,
	CELL_LABEL,		/* labels of numbers, rules */
	CELL_TITLE,
	CELL_HEAD,		/* of a table */
	CELL_GOOD,
	CELL_NOTE, CELL_WARN, CELL_ERROR,	/* as state_severity */
	CELL_DIRECT, CELL_BOUNCED, CELL_TCE, CELL_COHERENT, CELL_FAILED, CELL_OTHER,
	CELL_KEY,
	CELL_ROLES
};
#define CELL_ROLE(attr)	((attr) & 0xff)
#define CELL_BOLD	0x100
#define CELL_DIM	0x200
#define CELL_SELECTED	0x400	/* the selected row */

struct cell {
	uint32_t ch;		/* Unicode */
	uint16_t attr;
};

struct cells {
	unsigned int rows, cols;
	bool unicode;		/* glyphs in Unicode, else in ASCII */
	struct cell *at;	/* rows * cols, row by row */
};

/* Glyphs: characters of strings given to the pen. */
#define G_DOT		"\001"	/* between facts */
#define G_RULE		"\002"
#define G_MORE		"\003"	/* text goes on */
#define G_ERROR		"\004"
#define G_WARN		"\005"
#define G_NOTE		"\006"
#define G_DIRECT	"\007"
#define G_BOUNCED	"\010"
#define G_TCE		"\013"
#define G_COHERENT	"\014"
#define G_FAILED	"\016"
#define G_OTHER		"\017"
#define G_FULL		"\020"	/* of a gauge */
#define G_EMPTY		"\021"
#define G_SORT		"\022"
#define G_MARK		"\023"	/* the high-water mark of a gauge */
#define G_OK		"\025"

/* 0 or -ENOMEM; blank. Free with cells__free(), which takes what cells__init() left. */
int cells__init(struct cells *c, unsigned int rows, unsigned int cols, bool unicode);
void cells__free(struct cells *c);

/* Gives a stretch of a row an attribute or flags more, the characters stay. */
void cells_flag(struct cells *c, unsigned int row, unsigned int col, unsigned int n,
		uint16_t flags);
void cells_blank(struct cells *c, unsigned int row, unsigned int col, unsigned int n,
		 uint16_t attr);

/* Prints the rows as UTF-8, without blanks at their ends. */
void cells_print(const struct cells *c, FILE *f);

/* Writes within [col, end) of one row; what does not fit is cut, text with G_MORE at its end. */
struct pen {
	struct cells *c;
	unsigned int row, col, end;
};

#define PEN(cells, r)	((struct pen){ (cells), (r), 0, (cells)->cols })

void pen_say(struct pen *p, uint16_t attr, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* At most `width` columns, then blanks up to it; what was cut ends in G_MORE. */
void pen_field(struct pen *p, uint16_t attr, unsigned int width, bool right, const char *text);
/* n times a glyph. */
void pen_fill(struct pen *p, uint16_t attr, unsigned int n, const char *glyph);
/* Ends where text of `width` columns would end at the right border. */
void pen_right(struct pen *p, unsigned int width);

/*
 * The next line of a text wrapped to `width`, from *text on, into buf: false when there is none.
 * Moves *text on.
 */
bool cells_wrap(const char **text, unsigned int width, char *buf, size_t n);

#endif /* DMASCOPE_CELLS_H */
