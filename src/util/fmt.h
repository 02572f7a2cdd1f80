/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Formatting for people: sizes, counts, ages, addresses, wrapped and foreign text. Nothing here
 * depends on the state.
 */
#ifndef DMASCOPE_FMT_H
#define DMASCOPE_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FMT_LEN	32

/* Number of bits of a mask. */
unsigned int mask_bits(uint64_t mask);

/* Each writes at most FMT_LEN bytes into buf and returns it. */
char *fmt_bytes(char *buf, uint64_t bytes);	/* "1.5M", "64K", "812", at most 5 characters */
char *fmt_size(char *buf, uint64_t bytes);	/* "1.5 MiB", "64 KiB", "812 bytes" */
char *fmt_count(char *buf, uint64_t n);		/* "1,204", "12.3M", at most 7 characters */
char *fmt_exact(char *buf, uint64_t n);		/* "1,204,567" */
char *fmt_ns(char *buf, uint64_t ns);		/* "3.2s", "12ms", "4m10s", at most 6 characters */
char *fmt_addr(char *buf, uint64_t addr);	/* "0x1fe30000" */
char *fmt_mask(char *buf, uint64_t mask);	/* "64" bits; "0x..." if it has holes; "?" if 0 */
char *fmt_short(char *buf, uint64_t n);		/* "1204", "12.3K", at most 5 characters */
/* A rate in thousandths: "0.4", "12.3K", of bytes "1.5M"; "-" if negative: unknown. */
char *fmt_rate(char *buf, int64_t milli, bool bytes);
char *fmt_percent(char *buf, uint64_t part, uint64_t whole);	/* "3.1 %"; "-" of nothing */

/*
 * Print foreign text as ASCII: bytes of control characters and of what is not UTF-8 as "\xHH",
 * other characters beyond ASCII as '?'.
 */
void fmt_text(FILE *f, const char *text);	/* on one line */
/* As fprintf(); a newline stays, wherever it comes from. */
void fmt_print(FILE *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * In lines of at most `width` columns, all but the first indented by `indent` spaces, and a
 * newline at the end. The cursor is at column `at`; beyond `indent`, a blank comes first.
 */
void fmt_wrap(FILE *f, const char *text, unsigned int at, unsigned int indent,
	      unsigned int width);

#endif /* DMASCOPE_FMT_H */
