// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The grid of cells and the pen.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/cells.h"

static const struct {
	uint16_t unicode;
	char ascii;
} glyphs[' '] = {
	[1] = { 0x00b7, '-' },
	[2] = { 0x2500, '-' },
	[3] = { 0x2026, '~' },
	[4] = { 0x2717, 'X' },
	[5] = { 0x25b2, '!' },
	[6] = { 0x2022, '.' },
	[7] = { 0x2588, 'D' },
	[8] = { 0x2592, 'b' },
	[11] = { 0x2593, 't' },
	[12] = { 0x2591, 'c' },
	[14] = { 0x00d7, 'X' },
	[15] = { 0x25a1, 'o' },
	[16] = { 0x2588, '#' },
	[17] = { 0x2591, '.' },
	[18] = { 0x25bc, '*' },
	[19] = { 0x2502, '|' },
	[20] = { 0x2502, '|' },
	[21] = { 0x2713, '+' },
};

static uint32_t glyph(const struct cells *c, char ch)
{
	unsigned char u = (unsigned char)ch;

	if (u >= ' ')
		return u < 0x7f ? u : '?';
	if (!glyphs[u].ascii)
		return '?';
	return c->unicode ? glyphs[u].unicode : (unsigned char)glyphs[u].ascii;
}

int cells__init(struct cells *c, unsigned int rows, unsigned int cols, bool unicode)
{
	unsigned int i;

	c->rows = rows;
	c->cols = cols;
	c->unicode = unicode;
	c->at = calloc((size_t)rows * cols + 1, sizeof(*c->at));
	if (!c->at) {
		c->rows = c->cols = 0;
		return -ENOMEM;
	}
	for (i = 0; i < rows; i++)
		cells_blank(c, i, 0, cols, CELL_PLAIN);
	return 0;
}

void cells__free(struct cells *c)
{
	free(c->at);
	c->at = NULL;
}

static struct cell *cell_at(struct cells *c, unsigned int row, unsigned int col)
{
	return row < c->rows && col < c->cols ? &c->at[(size_t)row * c->cols + col] : NULL;
}

void cells_flag(struct cells *c, unsigned int row, unsigned int col, unsigned int n,
		uint16_t flags)
{
	struct cell *at;

	while (n-- && (at = cell_at(c, row, col++)))
		at->attr |= flags;
}

void cells_blank(struct cells *c, unsigned int row, unsigned int col, unsigned int n,
		 uint16_t attr)
{
	struct cell *at;

	while (n-- && (at = cell_at(c, row, col++)))
		*at = (struct cell){ ' ', attr };
}

static void print_char(uint32_t ch, FILE *f)
{
	if (ch < 0x80) {
		fputc((int)ch, f);
	} else if (ch < 0x800) {
		fputc((int)(0xc0 | ch >> 6), f);
		fputc((int)(0x80 | (ch & 0x3f)), f);
	} else {
		fputc((int)(0xe0 | ch >> 12), f);
		fputc((int)(0x80 | (ch >> 6 & 0x3f)), f);
		fputc((int)(0x80 | (ch & 0x3f)), f);
	}
}

void cells_print(const struct cells *c, FILE *f)
{
	for (unsigned int r = 0; r < c->rows; r++) {
		const struct cell *row = &c->at[(size_t)r * c->cols];
		unsigned int n = c->cols;

		while (n && row[n - 1].ch == ' ')
			n--;
		for (unsigned int i = 0; i < n; i++)
			print_char(row[i].ch, f);
		fputc('\n', f);
	}
}

static void put(struct pen *p, uint16_t attr, uint32_t ch)
{
	struct cell *at = p->col < p->end ? cell_at(p->c, p->row, p->col) : NULL;

	if (at)
		*at = (struct cell){ ch, attr };
	p->col++;
}

/* The text continues beyond the end: the last column shows G_MORE. */
static void put_more(struct pen *p, uint16_t attr)
{
	struct cell *at = p->end ? cell_at(p->c, p->row, p->end - 1) : NULL;

	if (at)
		*at = (struct cell){ glyph(p->c, G_MORE[0]), attr };
	p->col++;
}

void pen_say(struct pen *p, uint16_t attr, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (const char *s = text; *s; s++) {
		if (p->col >= p->end && *s != ' ')
			put_more(p, attr);
		else
			put(p, attr, glyph(p->c, *s));
	}
}

void pen_field(struct pen *p, uint16_t attr, unsigned int width, bool right, const char *text)
{
	size_t len = strlen(text), n = len < width ? len : width, i;

	for (i = len; right && i < width; i++)
		put(p, attr, ' ');
	for (i = 0; i < n; i++)
		put(p, attr, glyph(p->c, i + 1 == n && n < len ? G_MORE[0] : text[i]));
	for (i = len; !right && i < width; i++)
		put(p, attr, ' ');
}

void pen_fill(struct pen *p, uint16_t attr, unsigned int n, const char *what)
{
	while (n--)
		put(p, attr, glyph(p->c, *what));
}

void pen_right(struct pen *p, unsigned int width)
{
	if (p->end >= width && p->end - width > p->col)
		p->col = p->end - width;
}

bool cells_wrap(const char **text, unsigned int width, char *buf, size_t n)
{
	const char *s = *text + strspn(*text, " ");
	size_t len = strlen(s), cut;

	if (!len)
		return false;
	if (width >= n)
		width = (unsigned int)n - 1;
	if (!width)
		width = 1;
	cut = len;
	if (len > width) {
		for (cut = width; cut && s[cut] != ' '; cut--)
			;
		if (!cut)
			cut = width;
	}
	memcpy(buf, s, cut);
	buf[cut] = '\0';
	*text = s + cut;
	return true;
}
