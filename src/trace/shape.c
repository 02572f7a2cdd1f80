// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All is done eight bytes at a time, at places that the shape gives: nothing waits for the byte
 * before it, as in a parser. A number is read from the eight bytes that end with its last digit;
 * a line begins with more than that.
 */
#include <endian.h>
#include <string.h>

#include "trace/shape.h"

#define BYTES(b)	((b) * 0x0101010101010101ULL)	/* b in each byte */

/* The first one is the lowest byte. */
static uint64_t load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* Those of the last n bytes, 0 < n <= 8; the others become 0. */
static uint64_t last_bytes(uint64_t w, unsigned int n)
{
	return w & ~UINT64_C(0) << 8 * (8 - n);
}

/* Up to eight digits that end before `end`. */
static bool decimal8(const char *end, unsigned int n, uint64_t *v)
{
	uint64_t w = last_bytes(load(end - 8) ^ BYTES('0'), n);

	if ((w | (w + BYTES(6))) & BYTES(0xf0))
		return false;		/* what carries begins in a byte that is none */
	w = (w * (10 << 8 | 1) >> 8) & 0x00ff00ff00ff00ffULL;
	w = (w * (100 << 16 | 1) >> 16) & 0x0000ffff0000ffffULL;
	*v = w * (UINT64_C(10000) << 32 | 1) >> 32;
	return true;
}

/* As above, of digits as we write them: small letters. */
static bool hex8(const char *end, unsigned int n, uint64_t *v)
{
	uint64_t w = load(end - 8), letter, digit, value;

	letter = w >> 6 & BYTES(1);
	/* '0' to '9' are 0 to 9 beyond 0x30, 'a' to 'f' 1 to 6 beyond 0x60 */
	digit = w ^ (BYTES(0x30) + letter * 0x30);
	digit = last_bytes(digit, n);
	letter = last_bytes(letter, n);
	if ((digit | (digit + BYTES(6) + 3 * letter)) & BYTES(0xf0) ||
	    ((digit + BYTES(0x0f) + (BYTES(1) - letter)) & BYTES(0x10)) != BYTES(0x10))
		return false;
	value = digit + 9 * letter;
	value = (value << 4 | value >> 8) & 0x00ff00ff00ff00ffULL;
	value = (value << 8 | value >> 16) & 0x0000ffff0000ffffULL;
	*v = (value << 16 | value >> 32) & 0xffffffffULL;
	return true;
}

static bool number(const char *line, const struct shape_number *num, uint64_t *v)
{
	const char *end = line + num->end;
	unsigned int n = num->digits, k;
	uint64_t part, scale = 1;

	*v = 0;
	if (!num->hex && n > 1 && end[-(int)n] == '0')
		return false;
	for (; n; n -= k, end -= 8) {
		k = n < 8 ? n : 8;
		if (!(num->hex ? hex8(end, k, &part) : decimal8(end, k, &part)))
			return false;
		*v += part * scale;
		scale = num->hex ? UINT64_C(1) << 32 : scale * 100000000;
	}
	return true;
}

static bool put_number(const char *line, const struct shape_number *num, uint64_t start_ns,
		       struct dms_event *ev)
{
	char *to = (char *)ev + num->at;
	uint64_t v;
	uint32_t v32;

	if (!number(line, num, &v))
		return false;
	if (num->bytes == 8) {
		v += num->time ? start_ns : 0;
		memcpy(to, &v, sizeof(v));
		return true;
	}
	v32 = (uint32_t)v;
	if (num->bytes == 4)
		memcpy(to, &v32, sizeof(v32));
	else
		*to = (char)v;
	return v <= (num->bytes == 4 ? UINT32_MAX : UINT8_MAX);
}

/* Is the text the same, but for digits? */
static bool is_like(const struct shape *s, const char *line, size_t len)
{
	uint64_t differ = 0;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		differ |= (load(line + i) ^ load(s->text + i)) & load(s->mask + i);
	i = len - 8;
	return !(differ | ((load(line + i) ^ load(s->text + i)) & load(s->mask + i)));
}

static bool take(const struct shape *s, const char *line, uint64_t start_ns, struct dms_event *ev)
{
	bool ok = true;

	*ev = s->event;
	for (unsigned int i = 0; ok && i < s->numbers; i++)
		ok = put_number(line, &s->number[i], start_ns, ev);
	return ok;
}

void shapes__init(struct shapes *s)
{
	memset(s->len, 0, sizeof(s->len));
	memset(s->next, 0, sizeof(s->next));
}

const struct shape *shapes__find(const struct shapes *s, const char *line, size_t len,
				 uint64_t start_ns, struct dms_event *ev)
{
	const struct shape *of = s->of[len % SHAPE_SETS];
	const uint16_t *has = s->len[len % SHAPE_SETS];

	if (!len)
		return NULL;		/* 0 is the length of those that are not kept */
	for (unsigned int i = 0; i < SHAPE_WAYS; i++)
		if (has[i] == len && is_like(&of[i], line, len))
			return take(&of[i], line, start_ns, ev) ? &of[i] : NULL;
	return NULL;
}

struct shape *shapes__new(struct shapes *s, size_t len)
{
	size_t set = len % SHAPE_SETS, way = s->next[set];
	struct shape *new = &s->of[set][way];

	if (len > SHAPE_TEXT)
		return NULL;
	s->next[set] = (uint8_t)((way + 1) % SHAPE_WAYS);
	new->len = &s->len[set][way];
	*new->len = 0;
	new->numbers = 0;
	return new;
}

void shape__add(struct shape *s, const struct shape_number *num)
{
	s->number[s->numbers++] = *num;
}

void shape__keep(struct shape *s, const char *line, size_t len)
{
	*s->len = (uint16_t)len;
	memcpy(s->text, line, len);
	memset(s->mask, 0xff, len);
	for (unsigned int i = 0; i < s->numbers; i++)
		memset(s->mask + s->number[i].end - s->number[i].digits, 0, s->number[i].digits);
}
