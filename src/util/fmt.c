// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Formatting of numbers and text as in fmt.h. Plain ASCII, no locale.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/fmt.h"
#include "util/text.h"

static const char units[] = "BKMGTPE";

/* Scales to below 1024; *tenths is the first decimal. */
static size_t scale(uint64_t v, uint64_t *whole, unsigned int *tenths)
{
	size_t u = 0;
	uint64_t rest = 0;

	for (; v >= 1024; v /= 1024, u++)
		rest = v % 1024;
	*whole = v;
	*tenths = u ? (unsigned int)(rest * 10 / 1024) : 0;
	return u;
}

unsigned int mask_bits(uint64_t mask)
{
	unsigned int n = 0;

	for (; mask; mask >>= 1)
		n++;
	return n;
}

char *fmt_bytes(char *buf, uint64_t bytes)
{
	unsigned int tenths;
	uint64_t whole;
	size_t u = scale(bytes, &whole, &tenths);

	if (!u)
		snprintf(buf, FMT_LEN, "%" PRIu64, whole);
	else if (tenths && whole < 100)
		snprintf(buf, FMT_LEN, "%" PRIu64 ".%u%c", whole, tenths, units[u]);
	else
		snprintf(buf, FMT_LEN, "%" PRIu64 "%c", whole, units[u]);
	return buf;
}

char *fmt_size(char *buf, uint64_t bytes)
{
	unsigned int tenths;
	uint64_t whole;
	size_t u = scale(bytes, &whole, &tenths);

	if (!u)
		snprintf(buf, FMT_LEN, "%" PRIu64 " byte%s", whole, whole == 1 ? "" : "s");
	else if (tenths)
		snprintf(buf, FMT_LEN, "%" PRIu64 ".%u %ciB", whole, tenths, units[u]);
	else
		snprintf(buf, FMT_LEN, "%" PRIu64 " %ciB", whole, units[u]);
	return buf;
}

char *fmt_exact(char *buf, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), i, o = 0;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[o++] = ',';
		buf[o++] = digits[i];
	}
	buf[o] = '\0';
	return buf;
}

char *fmt_count(char *buf, uint64_t n)
{
	static const char big[] = "KMGTPE";
	size_t u = 0;
	uint64_t div = 1000;

	if (n < 1000000)
		return fmt_exact(buf, n);
	while (n / div >= 1000 && u + 1 < sizeof(big) - 1) {
		div *= 1000;
		u++;
	}
	snprintf(buf, FMT_LEN, "%u.%u%c", (unsigned int)(n / div),
		 (unsigned int)(n % div / (div / 10)), big[u]);
	return buf;
}

char *fmt_ns(char *buf, uint64_t ns)
{
	uint64_t us = ns / 1000, ms = us / 1000, s = ms / 1000;

	if (us < 1000)
		snprintf(buf, FMT_LEN, "%" PRIu64 "us", us);
	else if (ms < 1000)
		snprintf(buf, FMT_LEN, "%" PRIu64 "ms", ms);
	else if (s < 100)
		snprintf(buf, FMT_LEN, "%" PRIu64 ".%" PRIu64 "s", s, ms / 100 % 10);
	else if (s < 6000)
		snprintf(buf, FMT_LEN, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 360000)
		snprintf(buf, FMT_LEN, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(buf, FMT_LEN, "%" PRIu64 "d", s / 86400);
	return buf;
}

char *fmt_addr(char *buf, uint64_t addr)
{
	snprintf(buf, FMT_LEN, "0x%" PRIx64, addr);
	return buf;
}

char *fmt_mask(char *buf, uint64_t mask)
{
	unsigned int n = 0;
	uint64_t v;

	for (v = mask; v; v >>= 1)
		n++;
	if (!mask)
		strcpy(buf, "?");
	else if (mask & (mask + 1))
		fmt_addr(buf, mask);
	else
		snprintf(buf, FMT_LEN, "%u", n);
	return buf;
}

char *fmt_percent(char *buf, uint64_t part, uint64_t whole)
{
	double p = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!whole)
		strcpy(buf, "-");
	else
		snprintf(buf, FMT_LEN, part && p < 0.1 ? "<0.1 %%" : "%.1f %%", p);
	return buf;
}

/* Bytes of the character at s, and the columns that put_char() takes for it. */
static size_t char_len(const char *s, unsigned int *cols)
{
	size_t n = text_printable(s, strnlen(s, 4));

	*cols = n ? 1 : TEXT_ESCAPE_LEN;
	return n ? n : 1;
}

static size_t put_char(FILE *f, const char *s)
{
	char esc[TEXT_ESCAPE_LEN];
	unsigned int cols;
	size_t n = char_len(s, &cols);

	if (cols > 1)
		fwrite(esc, 1, text_escape(esc, *s), f);
	else
		fputc(n == 1 ? *s : '?', f);
	return n;
}

void fmt_text(FILE *f, const char *text)
{
	while (*text)
		text += put_char(f, text);
}

void fmt_print(FILE *f, const char *fmt, ...)
{
	char buf[512], *text = buf;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (len >= (int)sizeof(buf)) {
		va_start(args, fmt);
		len = vasprintf(&text, fmt, args);
		va_end(args);
		if (len < 0)
			text = buf;
	}
	for (const char *s = text; *s; )
		if (*s == '\n')
			fputc(*s++, f);
		else
			s += put_char(f, s);
	if (text != buf)
		free(text);
}

/* Columns of the word at text, and its bytes in *len. */
static unsigned int word_cols(const char *text, size_t *len)
{
	unsigned int cols, sum = 0;

	for (*len = 0; text[*len] && text[*len] != ' '; sum += cols)
		*len += char_len(text + *len, &cols);
	return sum;
}

void fmt_wrap(FILE *f, const char *text, unsigned int at, unsigned int indent,
	      unsigned int width)
{
	bool first = true;	/* of the line */
	unsigned int cols;
	const char *end;
	size_t n;

	text += strspn(text, " ");
	for (; *text; first = false) {
		cols = word_cols(text, &n);
		if (first && at <= indent) {
			;	/* right at its place */
		} else if (at + 1 + cols > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			at = indent;
		} else {
			fputc(' ', f);
			at++;
		}
		for (end = text + n; text < end; )
			text += put_char(f, text);
		at += cols;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}

char *fmt_short(char *buf, uint64_t n)
{
	static const char big[] = "KMGTPE";
	size_t u = 0;
	uint64_t div = 1000;

	if (n < 10000) {
		snprintf(buf, FMT_LEN, "%" PRIu64, n);
		return buf;
	}
	while (n / div >= 1000 && u + 1 < sizeof(big) - 1) {
		div *= 1000;
		u++;
	}
	if (n / div < 100)
		snprintf(buf, FMT_LEN, "%" PRIu64 ".%" PRIu64 "%c", n / div,
			 n % div / (div / 10), big[u]);
	else
		snprintf(buf, FMT_LEN, "%" PRIu64 "%c", n / div, big[u]);
	return buf;
}

char *fmt_rate(char *buf, int64_t milli, bool bytes)
{
	uint64_t n = (uint64_t)(milli < 0 ? 0 : milli) / 1000;

	if (milli < 0)
		strcpy(buf, "-");
	else if (milli && milli < 9950)
		snprintf(buf, FMT_LEN, "%" PRIu64 ".%u", (uint64_t)(milli + 50) / 1000,
			 (unsigned int)((milli + 50) % 1000 / 100));
	else if (bytes)
		fmt_bytes(buf, n);
	else
		fmt_short(buf, n);
	return buf;
}
