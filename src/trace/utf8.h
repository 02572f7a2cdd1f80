/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether bytes are UTF-8. Only that.
 */
#ifndef DMASCOPE_TRACE_UTF8_H
#define DMASCOPE_TRACE_UTF8_H

#include <stddef.h>

/*
 * The length in bytes (1 to 4) of the character at s, of which len bytes may be read; 0 if it is
 * not UTF-8: overlong, a surrogate, above U+10FFFF or cut.
 */
static inline size_t utf8_len(const char *s, size_t len)
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

#endif /* DMASCOPE_TRACE_UTF8_H */
