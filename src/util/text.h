/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Foreign text: which of its bytes may go to a terminal, a table or a JSON string as they are.
 * All others are written as "\xHH". Traces, drivers and device names are foreign.
 */
#ifndef DMASCOPE_TEXT_H
#define DMASCOPE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The length in bytes (1 to 4) of the character at s, of which len bytes may be read; 0 if it is
 * not UTF-8: overlong, a surrogate, above U+10FFFF or cut.
 */
static inline size_t text_utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 :
		   u[0] < 0xf5 ? 4 : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

/*
 * As text_utf8_len(), but 0 also for control characters: C0, DEL, C1 (U+0080 to U+009F), line and
 * paragraph separators, and the marks that reorder text (U+200E, U+202A to U+202E, U+2066 to
 * U+2069), which can make a terminal or an editor show something else than is there.
 */
static inline size_t text_printable(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = text_utf8_len(s, len);

	if (n == 1)
		return u[0] >= 0x20 && u[0] != 0x7f;
	if (n == 2 && u[0] == 0xc2 && u[1] < 0xa0)
		return 0;
	if (n == 3 && u[0] == 0xe2 && u[1] == 0x80 &&
	    (u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xa8 && u[2] <= 0xae)))
		return 0;
	if (n == 3 && u[0] == 0xe2 && u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)
		return 0;
	return n;
}

#define TEXT_ESCAPE_LEN	4

/* Writes "\xHH" of one byte at p, without a NUL; returns TEXT_ESCAPE_LEN. */
static inline size_t text_escape(char *p, char c)
{
	static const char digits[] = "0123456789abcdef";

	p[0] = '\\';
	p[1] = 'x';
	p[2] = digits[(unsigned char)c >> 4];
	p[3] = digits[(unsigned char)c & 15];
	return TEXT_ESCAPE_LEN;
}

#endif /* DMASCOPE_TEXT_H */
