/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A strict JSON parser for one line: no tree, no allocation, every byte checked. It splits an
 * object or an array into its members and checks all that is nested; what members mean is the
 * decoder's.
 */
#ifndef DMASCOPE_TRACE_PARSE_H
#define DMASCOPE_TRACE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jtype { JT_NONE, JT_NULL, JT_FALSE, JT_TRUE, JT_NUMBER, JT_STRING, JT_ARRAY, JT_OBJECT };

/* Spans of the line; a string's are without its quotes and with its escapes. */
struct jmember {
	const char *key;	/* NULL in arrays */
	const char *val;
	uint32_t klen, vlen;
	enum jtype type;
	bool escaped;		/* the string holds a backslash */
};

struct jcursor {
	const char *p, *end;
	bool array, first;
	const char *error;	/* what is wrong, once next has returned < 0 */
};

/*
 * Begins with the object or array in [text, text + len), to be followed by blanks only. 0 or
 * -EBADMSG with c->error.
 */
int jparse__open(struct jcursor *c, const char *text, size_t len);
/* The members of m, which has been given out by jparse__next(). */
void jparse__enter(struct jcursor *c, const struct jmember *m);
/* 1 and a member, 0 at the end, -EBADMSG with c->error. */
int jparse__next(struct jcursor *c, struct jmember *m);

/* The value of a member, if it is one of this kind and in range; else false. */
bool jval__u64(const struct jmember *m, uint64_t *v);	/* "123" or "0x7b" or 123 */
bool jval__s64(const struct jmember *m, int64_t *v);	/* -123 or "-123" */
bool jval__u32(const struct jmember *m, uint32_t *v);
bool jval__bool(const struct jmember *m, bool *v);
/*
 * Copies a string with its escapes undone into buf of size len, cut between characters if it is
 * longer, always terminated. False if it is no string or holds a NUL.
 */
bool jval__str(const struct jmember *m, char *buf, size_t len);

#endif /* DMASCOPE_TRACE_PARSE_H */
