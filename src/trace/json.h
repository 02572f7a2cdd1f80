/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes JSON as a stream, without a tree: objects, arrays and scalars onto struct out. Also the
 * number formatting that the event writer uses directly. Knows nothing of records.
 *
 * The format of values, everywhere in dmascope:
 *   64-bit counts and sizes	decimal strings: "4096" (many JSON readers lose bits above 2^53)
 *   addresses, masks, keys	hexadecimal strings: "0x80000000"
 *   up to 32 bits, times in ns after the start, signed results	numbers
 *   not observed		null
 * Text is written as UTF-8. Bytes that are not, and those of control characters (also C1 and
 * marks that reorder text: util/text.h), become "\xHH" in the text, and a backslash becomes "\x5c",
 * so that any reader takes the file and ours gets the bytes back (in the JSON source the backslash
 * is itself escaped: "\\xHH").
 */
#ifndef DMASCOPE_TRACE_JSON_H
#define DMASCOPE_TRACE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "trace/out.h"

#define JSON_DEPTH	16

struct json {
	struct out *out;
	unsigned int depth;
	bool comma[JSON_DEPTH];		/* something stands before, at this depth */
};

void json__init(struct json *j, struct out *out);

/* key is NULL inside arrays and for the outermost value. Keys are written as they are. */
void json__begin_object(struct json *j, const char *key);
void json__end_object(struct json *j);
void json__begin_array(struct json *j, const char *key);
void json__end_array(struct json *j);
void json__str(struct json *j, const char *key, const char *s);	/* NULL: null */
void json__str_n(struct json *j, const char *key, const char *s, size_t len);
void json__u64(struct json *j, const char *key, uint64_t v);	/* "123" */
void json__hex(struct json *j, const char *key, uint64_t v);	/* "0x7b" */
void json__int(struct json *j, const char *key, int64_t v);	/* 123 */
void json__bool(struct json *j, const char *key, bool v);
void json__null(struct json *j, const char *key);
/* A finite number with three decimals, exactly v / 1000: 0.123 */
void json__milli(struct json *j, const char *key, int64_t v);
/* Ends a line: every object has to be closed. 0 or the sticky -errno of the output. */
int json__end_line(struct json *j);

/* Formatting at p; the caller has seen to the room. Each returns the end. */
#define JSON_U64_MAX	20	/* characters */
#define JSON_HEX_MAX	18
char *json_fmt_u64(char *p, uint64_t v);
char *json_fmt_s64(char *p, int64_t v);
char *json_fmt_hex(char *p, uint64_t v);	/* 0x7b, without quotes; all of JSON_HEX_MAX may be
						   written to */
char *json_fmt_text(char *p, const char *s, size_t len);	/* quoted; up to 5 * len + 2 */

#define json_lit(p, lit)	((char *)memcpy((p), (lit), sizeof(lit) - 1) + sizeof(lit) - 1)

#endif /* DMASCOPE_TRACE_JSON_H */
