// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The streaming JSON writer: commas, escapes, number formatting. No printf: this is the inner
 * loop of record.
 */
#include <assert.h>

#include "trace/json.h"
#include "util/text.h"

static const char digits[201] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
	"4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
	"888990919293949596979899";
static const char hexdigits[] = "0123456789abcdef";

char *json_fmt_u64(char *p, uint64_t v)
{
	char tmp[JSON_U64_MAX], *t = tmp + sizeof(tmp);
	size_t len;

	while (v >= 100) {
		t -= 2;
		memcpy(t, digits + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10) {
		t -= 2;
		memcpy(t, digits + 2 * v, 2);
	} else {
		*--t = (char)('0' + v);
	}
	len = (size_t)(tmp + sizeof(tmp) - t);
	memcpy(p, t, len);
	return p + len;
}

char *json_fmt_s64(char *p, int64_t v)
{
	uint64_t u = (uint64_t)v;

	if (v < 0) {
		*p++ = '-';
		u = -u;
	}
	return json_fmt_u64(p, u);
}

char *json_fmt_hex(char *p, uint64_t v)
{
	int n = v ? (67 - __builtin_clzll(v)) / 4 : 1;

	*p++ = '0';
	*p++ = 'x';
	for (int i = n - 1; i >= 0; i--) {
		p[i] = hexdigits[v & 15];
		v >>= 4;
	}
	return p + n;
}

void json__init(struct json *j, struct out *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

/* The comma and the key, with room for len bytes after them; NULL after an error. */
static char *start(struct json *j, const char *key, size_t len)
{
	size_t klen = key ? strlen(key) : 0;
	char *p;

	if (!out__room(j->out, klen + len + 4))
		return NULL;
	p = j->out->p;
	if (j->comma[j->depth])
		*p++ = ',';
	j->comma[j->depth] = true;
	if (key) {
		*p++ = '"';
		memcpy(p, key, klen);
		p += klen;
		*p++ = '"';
		*p++ = ':';
	}
	return p;
}

static void begin(struct json *j, const char *key, char c)
{
	char *p = start(j, key, 1);

	assert(j->depth + 1 < JSON_DEPTH);
	j->comma[++j->depth] = false;
	if (!p)
		return;
	*p++ = c;
	j->out->p = p;
}

static void end(struct json *j, char c)
{
	assert(j->depth);
	j->depth--;
	out__write(j->out, &c, 1);
}

void json__begin_object(struct json *j, const char *key)
{
	begin(j, key, '{');
}

void json__end_object(struct json *j)
{
	end(j, '}');
}

void json__begin_array(struct json *j, const char *key)
{
	begin(j, key, '[');
}

void json__end_array(struct json *j)
{
	end(j, ']');
}

/* One byte that JSON or our text rule does not take as it is. */
static char *escape(char *p, unsigned char c)
{
	if (c == '"')
		return json_lit(p, "\\\"");
	p = json_lit(p, "\\\\x");
	*p++ = hexdigits[c >> 4];
	*p++ = hexdigits[c & 15];
	return p;
}

char *json_fmt_text(char *p, const char *s, size_t len)
{
	*p++ = '"';
	for (size_t i = 0, n; i < len; i += n) {
		unsigned char c = (unsigned char)s[i];

		n = 1;
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			*p++ = (char)c;
		} else if (c >= 0x80 && (n = text_printable(s + i, len - i))) {
			memcpy(p, s + i, n);
			p += n;
		} else {
			p = escape(p, c);
			n = 1;
		}
	}
	*p++ = '"';
	return p;
}

void json__str_n(struct json *j, const char *key, const char *s, size_t len)
{
	char *p = start(j, key, 5 * len + 2);

	if (p)
		j->out->p = json_fmt_text(p, s, len);
}

void json__str(struct json *j, const char *key, const char *s)
{
	if (s)
		json__str_n(j, key, s, strlen(s));
	else
		json__null(j, key);
}

static void quoted(struct json *j, const char *key, uint64_t v, char *(*fmt)(char *, uint64_t))
{
	char *p = start(j, key, JSON_U64_MAX + 2);

	if (!p)
		return;
	*p++ = '"';
	p = fmt(p, v);
	*p++ = '"';
	j->out->p = p;
}

void json__u64(struct json *j, const char *key, uint64_t v)
{
	quoted(j, key, v, json_fmt_u64);
}

void json__hex(struct json *j, const char *key, uint64_t v)
{
	quoted(j, key, v, json_fmt_hex);
}

void json__int(struct json *j, const char *key, int64_t v)
{
	char *p = start(j, key, JSON_U64_MAX + 1);

	if (p)
		j->out->p = json_fmt_s64(p, v);
}

void json__milli(struct json *j, const char *key, int64_t v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char *p = start(j, key, JSON_U64_MAX + 5);

	if (!p)
		return;
	if (v < 0)
		*p++ = '-';
	p = json_fmt_u64(p, u / 1000);
	u %= 1000;
	*p++ = '.';
	*p++ = (char)('0' + u / 100);
	*p++ = (char)('0' + u / 10 % 10);
	*p++ = (char)('0' + u % 10);
	j->out->p = p;
}

static void word(struct json *j, const char *key, const char *w)
{
	char *p = start(j, key, strlen(w));

	if (p)
		j->out->p = stpcpy(p, w);
}

void json__bool(struct json *j, const char *key, bool v)
{
	word(j, key, v ? "true" : "false");
}

void json__null(struct json *j, const char *key)
{
	word(j, key, "null");
}

int json__end_line(struct json *j)
{
	assert(!j->depth);
	j->comma[0] = false;
	return out__end_line(j->out);
}
