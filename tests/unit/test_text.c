// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Foreign text: which characters are printed as they are, and how text is escaped and wrapped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/fmt.h"
#include "util/text.h"

/* U+0000 to U+10FFFF as UTF-8; returns the length. */
static size_t encode(char *s, uint32_t c)
{
	if (c < 0x80) {
		s[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	s[0] = (char)(0xf0 | c >> 18);
	s[1] = (char)(0x80 | (c >> 12 & 0x3f));
	s[2] = (char)(0x80 | (c >> 6 & 0x3f));
	s[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static int is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void every_character(void **state)
{
	char s[4];
	size_t n, want;

	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		n = encode(s, c);
		want = is_control(c) || (c >= 0xd800 && c < 0xe000) ? 0 : n;
		if (text_printable(s, n) != want)
			fail_msg("U+%04X: %zu, not %zu", c, text_printable(s, n), want);
		for (size_t cut = 1; cut < n; cut++)
			assert_int_equal(text_printable(s, cut), 0);
	}
	for (unsigned int b = 0x80; b < 0x100; b++) {
		s[0] = (char)b;
		assert_int_equal(text_printable(s, 1), 0);
	}
}

static char *printed(void (*print)(FILE *f, const char *s), const char *s)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	print(f, s);
	fclose(f);
	return text;
}

static void is_printed(void (*print)(FILE *f, const char *s), const char *s, const char *want)
{
	char *text = printed(print, s);

	assert_string_equal(text, want);
	free(text);
}

static void in_a_line(FILE *f, const char *s)
{
	fmt_print(f, "<%s>\n", s);
}

static void test_escapes(void **state)
{
	char longer[2000], want[2010];

	(void)state;
	is_printed(fmt_text, "a\033[1mb\177c\n", "a\\x1b[1mb\\x7fc\\x0a");
	is_printed(fmt_text, "\302\233x\233y", "\\xc2\\x9bx\\x9by");
	is_printed(fmt_text, "caf\303\251", "caf?");
	is_printed(in_a_line, "\033]0;t\a", "<\\x1b]0;t\\x07>\n");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	snprintf(want, sizeof(want), "<%s>\n", longer);
	is_printed(in_a_line, longer, want);
}

static void at_2_by_4(FILE *f, const char *s)
{
	fmt_wrap(f, s, 2, 4, 20);
}

static void at_12_by_4(FILE *f, const char *s)
{
	fmt_wrap(f, s, 12, 4, 20);
}

static void at_0_by_0(FILE *f, const char *s)
{
	fmt_wrap(f, s, 0, 0, 20);
}

static void test_wrap(void **state)
{
	(void)state;
	is_printed(at_0_by_0, "", "\n");
	is_printed(at_0_by_0, "  one   two ", "one two\n");
	is_printed(at_0_by_0, "123456789 123456789 12", "123456789 123456789\n12\n");
	is_printed(at_0_by_0, "a word-of-more-than-twenty b", "a\nword-of-more-than-twenty\nb\n");
	/* the cursor stands before the indent: a blank follows the first word all the same */
	is_printed(at_2_by_4, "1, 1.9s ago", "1, 1.9s ago\n");
	is_printed(at_2_by_4, "1 2 3", "1 2 3\n");
	/* ... and beyond it: a blank comes first, or a new line */
	is_printed(at_12_by_4, "note", " note\n");
	is_printed(at_12_by_4, "a-longer-note here", "\n    a-longer-note\n    here\n");
	/* an escape takes four columns */
	is_printed(at_0_by_0, "123456789 \033\033\033", "123456789\n\\x1b\\x1b\\x1b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
