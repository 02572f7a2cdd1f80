// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The streaming JSON writer: commas, escapes, number formatting. No printf: this is the inner
 * loop of record.
 */
#include <assert.h>
#include <endian.h>

#include "trace/json.h"
#include "util/text.h"

static const char digits[201] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
	"4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
	"888990919293949596979899";
static const char hexdigits[] = "0123456789abcdef";

/* Decimal digits of v, which is not 0. */
static unsigned int decimals(uint64_t v)
{
	static const uint64_t power[] = {
		0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
		10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
		1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
		10000000000000000000U,
	};
	unsigned int n = (64 - (unsigned int)__builtin_clzll(v)) * 1233 >> 12;	/* * log10(2) */

	return n + (v >= power[n]);
}

/* Writes the last eight decimal digits of v at p: halves of four, of two, of one. */
static void put_last8(char *p, uint64_t v)
{
	uint64_t x = v % 100000000, hundreds, tens;

	x = x / 10000 | x % 10000 << 32;
	hundreds = (x * 10486 >> 20) & 0x0000007f0000007fULL;		/* x / 100 */
	x = hundreds | (x - 100 * hundreds) << 16;
	tens = (x * 103 >> 10) & 0x000f000f000f000fULL;			/* x / 10 */
	x = htole64((tens | (x - 10 * tens) << 8) + 0x3030303030303030ULL);
	memcpy(p, &x, sizeof(x));
}

char *json_fmt_u64(char *p, uint64_t v)
{
	char *end, *t;

	if (v < 10) {
		*p = (char)('0' + v);
		return p + 1;
	}
	end = t = p + decimals(v);
	while (v >= 100000000) {
		t -= 8;
		put_last8(t, v);
		v /= 100000000;
	}
	while (v >= 100) {
		t -= 2;
		memcpy(t, digits + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(t - 2, digits + 2 * v, 2);
	else
		t[-1] = (char)('0' + v);
	return end;
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

/* Writes the eight hexadecimal digits of v at p: a digit in each byte of one number. */
static void put_hex8(char *p, uint32_t v)
{
	const uint64_t each = 0x0101010101010101ULL;
	uint64_t x = v, letters;

	x = (x | x << 16) & 0x0000ffff0000ffffULL;
	x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
	letters = (x + 6 * each) >> 4 & each;
	x = htobe64(x + '0' * each + letters * ('a' - '0' - 10));
	memcpy(p, &x, sizeof(x));
}

/* May write behind the end, but within JSON_HEX_MAX. */
char *json_fmt_hex(char *p, uint64_t v)
{
	int n = v ? (67 - __builtin_clzll(v)) / 4 : 1;

	memcpy(p, "0x", 2);
	p += 2;
	if (n <= 8) {
		put_hex8(p, (uint32_t)v << (32 - 4 * n));
		return p + n;
	}
	put_hex8(p, (uint32_t)(v >> (4 * n - 32)));
	put_hex8(p + n - 8, (uint32_t)v);
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
