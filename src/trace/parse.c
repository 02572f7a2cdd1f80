// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The strict JSON parser for one line (RFC 8259). Made for hostile input and for speed: one pass,
 * a table for the bytes of strings, recursion bounded by TRACE_DEPTH_MAX.
 */
#include <errno.h>
#include <string.h>

#include "trace/parse.h"
#include "trace/reader.h"
#include "util/text.h"

static int bad(struct jcursor *c, const char *error)
{
	c->error = error;
	return -EBADMSG;
}

static void blanks(struct jcursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
}

static bool is_hex(unsigned char ch)
{
	return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'f');
}

static int escape(struct jcursor *c)
{
	if (c->end - c->p < 2)
		return bad(c, "a string has no end");
	c->p++;
	if (*c->p && strchr("\"\\/bfnrt", *c->p)) {
		c->p++;
		return 0;
	}
	if (*c->p != 'u' || c->end - c->p < 5)
		return bad(c, "an escape that JSON does not have");
	for (int i = 1; i <= 4; i++)
		if (!is_hex((unsigned char)c->p[i]))
			return bad(c, "an escape that JSON does not have");
	c->p += 5;
	return 0;
}

/* At the opening quote; leaves p after the closing one. */
static int string(struct jcursor *c, const char **val, uint32_t *len, bool *escaped)
{
	const char *s = ++c->p;
	size_t n;

	*escaped = false;
	while (c->p < c->end) {
		unsigned char ch = (unsigned char)*c->p;

		if (ch == '"') {
			*val = s;
			*len = (uint32_t)(c->p++ - s);
			return 0;
		}
		if (ch == '\\') {
			*escaped = true;
			if (escape(c))
				return -EBADMSG;
		} else if (ch < 0x20) {
			return bad(c, ch ? "a control character in a string" : "a NUL byte");
		} else if (ch < 0x80) {
			c->p++;
		} else {
			n = text_utf8_len(c->p, (size_t)(c->end - c->p));
			if (!n)
				return bad(c, "text that is not UTF-8");
			c->p += n;
		}
	}
	return bad(c, "a string has no end");
}

static size_t digits(struct jcursor *c)
{
	const char *s = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return (size_t)(c->p - s);
}

static int number(struct jcursor *c)
{
	const char *s;

	if (*c->p == '-')
		c->p++;
	s = c->p;
	if (!digits(c) || (*s == '0' && c->p - s > 1))
		return bad(c, "a number that JSON does not have");
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!digits(c))
			return bad(c, "a number that JSON does not have");
	}
	if (c->p < c->end && (*c->p | 32) == 'e') {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		if (!digits(c))
			return bad(c, "a number that JSON does not have");
	}
	return 0;
}

static bool word(struct jcursor *c, const char *w, size_t len)
{
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, w, len))
		return false;
	c->p += len;
	return true;
}

static int value(struct jcursor *c, struct jmember *m, unsigned int depth);

static int separator(struct jcursor *c, char close, bool first)
{
	blanks(c);
	if (c->p >= c->end)
		return bad(c, "the line ends in the middle");
	if (*c->p == close)
		return 0;
	if (first)
		return 1;
	if (*c->p != ',')
		return bad(c, "a comma is missing");
	c->p++;
	blanks(c);
	return 1;
}

static int key(struct jcursor *c, struct jmember *m)
{
	bool escaped;

	if (c->p >= c->end || *c->p != '"')
		return bad(c, "a field name is missing");
	if (string(c, &m->key, &m->klen, &escaped))
		return -EBADMSG;
	blanks(c);
	if (c->p >= c->end || *c->p != ':')
		return bad(c, "a colon is missing");
	c->p++;
	blanks(c);
	return 0;
}

/* Checks a nested array or object; at its bracket, leaves p after the closing one. */
static int nested(struct jcursor *c, unsigned int depth)
{
	bool array = *c->p == '[';
	struct jmember m;
	int ret;

	if (depth >= TRACE_DEPTH_MAX)
		return bad(c, "nested too deeply");
	c->p++;
	for (bool first = true; ; first = false) {
		ret = separator(c, array ? ']' : '}', first);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		if (!array && key(c, &m))
			return -EBADMSG;
		if (value(c, &m, depth + 1))
			return -EBADMSG;
	}
	c->p++;
	return 0;
}

static int value(struct jcursor *c, struct jmember *m, unsigned int depth)
{
	if (c->p >= c->end)
		return bad(c, "the line ends in the middle");
	m->val = c->p;
	m->escaped = false;
	switch (*c->p) {
	case '"':
		m->type = JT_STRING;
		return string(c, &m->val, &m->vlen, &m->escaped);
	case '{':
	case '[':
		m->type = *c->p == '{' ? JT_OBJECT : JT_ARRAY;
		if (nested(c, depth))
			return -EBADMSG;
		break;
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6':
	case '7': case '8': case '9':
		m->type = JT_NUMBER;
		if (number(c))
			return -EBADMSG;
		break;
	default:
		m->type = word(c, "null", 4) ? JT_NULL : word(c, "true", 4) ? JT_TRUE :
			  word(c, "false", 5) ? JT_FALSE : JT_NONE;
		if (m->type == JT_NONE)
			return bad(c, *c->p ? "a value that JSON does not have" : "a NUL byte");
	}
	m->vlen = (uint32_t)(c->p - m->val);
	return 0;
}

int jparse__open(struct jcursor *c, const char *text, size_t len)
{
	memset(c, 0, sizeof(*c));
	c->p = text;
	c->end = text + len;
	c->first = true;
	blanks(c);
	if (c->p >= c->end || *c->p != '{')
		return bad(c, c->p < c->end && !*c->p ? "a NUL byte" : "not a JSON object");
	c->p++;
	return 0;
}

void jparse__enter(struct jcursor *c, const struct jmember *m)
{
	memset(c, 0, sizeof(*c));
	c->array = m->type == JT_ARRAY;
	c->first = true;
	c->p = m->val + 1;
	c->end = m->val + m->vlen;
}

int jparse__next(struct jcursor *c, struct jmember *m)
{
	int ret = separator(c, c->array ? ']' : '}', c->first);

	m->key = NULL;
	m->klen = 0;
	c->first = false;
	if (ret < 0)
		return ret;
	if (!ret) {
		c->p++;
		blanks(c);
		return c->p == c->end ? 0 : bad(c, "text after the record");
	}
	if (!c->array && key(c, m))
		return -EBADMSG;
	return value(c, m, 1) ? -EBADMSG : 1;
}

static bool hex_u64(const char *s, uint32_t len, uint64_t *v)
{
	uint64_t x = 0;

	if (!len || len > 16)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		unsigned int ch = (unsigned char)s[i], d = ch - '0';

		if (d > 9) {
			d = (ch | 32) - 'a' + 10;
			if (d < 10 || d > 15)
				return false;
		}
		x = x << 4 | d;
	}
	*v = x;
	return true;
}

static bool dec_u64(const char *s, uint32_t len, uint64_t *v)
{
	uint64_t x = 0;

	if (!len || len > 20)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		unsigned int d = (unsigned int)(unsigned char)s[i] - '0';

		if (d > 9)
			return false;
		if (i == 19 && (x > UINT64_MAX / 10 || (x == UINT64_MAX / 10 && d > 5)))
			return false;
		x = x * 10 + d;
	}
	*v = x;
	return true;
}

bool jval__u64(const struct jmember *m, uint64_t *v)
{
	if (m->type == JT_STRING && m->vlen > 2 && m->val[0] == '0' && m->val[1] == 'x')
		return hex_u64(m->val + 2, m->vlen - 2, v);
	return (m->type == JT_STRING || m->type == JT_NUMBER) && dec_u64(m->val, m->vlen, v);
}

bool jval__s64(const struct jmember *m, int64_t *v)
{
	bool neg = m->vlen && m->val[0] == '-';
	uint64_t u;

	if ((m->type != JT_STRING && m->type != JT_NUMBER) ||
	    !dec_u64(m->val + neg, m->vlen - neg, &u) || u > (1ULL << 63) - !neg)
		return false;
	*v = (int64_t)(neg ? -u : u);
	return true;
}

bool jval__u32(const struct jmember *m, uint32_t *v)
{
	uint64_t u;

	if (!jval__u64(m, &u) || u > UINT32_MAX)
		return false;
	*v = (uint32_t)u;
	return true;
}

bool jval__bool(const struct jmember *m, bool *v)
{
	*v = m->type == JT_TRUE;
	return m->type == JT_TRUE || m->type == JT_FALSE;
}

static unsigned int hex_digit(unsigned char ch)
{
	return ch <= '9' ? ch - 48u : (ch | 32u) - 87u;
}

static uint32_t hex4(const char *s)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | hex_digit((unsigned char)s[i]);
	return v;
}

/* The character of a \u escape (checked before) as UTF-8; a lone surrogate becomes U+FFFD. */
static size_t unicode(const char **s, const char *end, char *out)
{
	uint32_t u = hex4(*s + 2), low;

	*s += 6;
	if (u >= 0xd800 && u < 0xdc00 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u') {
		low = hex4(*s + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
			*s += 6;
		}
	}
	if (u >= 0xd800 && u < 0xe000)
		u = 0xfffd;
	if (u < 0x80) {
		out[0] = (char)u;
		return 1;
	}
	if (u < 0x800) {
		out[0] = (char)(0xc0 | u >> 6);
		out[1] = (char)(0x80 | (u & 63));
		return 2;
	}
	if (u < 0x10000) {
		out[0] = (char)(0xe0 | u >> 12);
		out[1] = (char)(0x80 | (u >> 6 & 63));
		out[2] = (char)(0x80 | (u & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | u >> 18);
	out[1] = (char)(0x80 | (u >> 12 & 63));
	out[2] = (char)(0x80 | (u >> 6 & 63));
	out[3] = (char)(0x80 | (u & 63));
	return 4;
}

/* Decodes one character of the text at *s into out and advances *s. 0: a NUL. */
static size_t one_char(const char **s, const char *end, char *out)
{
	static const char plain[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *p = *s, *found;
	size_t n;

	if (*p != '\\') {
		n = text_utf8_len(p, (size_t)(end - p));
		n = n ? n : 1;
		memcpy(out, p, n);
		*s += n;
		return n;
	}
	if (p[1] == 'u') {
		n = unicode(s, end, out);
		return out[0] ? n : 0;
	}
	*s += 2;
	if (p[1] == '\\' && end - p >= 5 && p[2] == 'x' && is_hex((unsigned char)p[3]) &&
	    is_hex((unsigned char)p[4])) {	/* our own: a byte that is not text */
		out[0] = (char)(hex_digit((unsigned char)p[3]) << 4 |
				hex_digit((unsigned char)p[4]));
		*s += 3;
		return out[0] ? 1 : 0;
	}
	found = strchr(plain, p[1]);
	out[0] = found ? meant[found - plain] : p[1];
	return 1;
}

bool jval__str(const struct jmember *m, char *buf, size_t len)
{
	const char *s = m->val, *end = m->val + m->vlen;
	size_t n, used = 0;
	char out[4];

	if (m->type != JT_STRING || !len)
		return false;
	if (!m->escaped && m->vlen < len) {
		memcpy(buf, s, m->vlen);
		buf[m->vlen] = 0;
		return true;
	}
	while (s < end) {
		n = one_char(&s, end, out);
		if (!n)
			return false;
		if (used + n >= len)
			break;
		memcpy(buf + used, out, n);
		used += n;
	}
	buf[used] = 0;
	return true;
}
