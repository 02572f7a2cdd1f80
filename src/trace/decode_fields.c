// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A line taken apart into its members, the values of those by their names, and ids of words. Which
 * fields a record has is not known here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/decode_inside.h"

/* Three characters and the length differ for most of our names. */
static uint32_t hash(const char *s, size_t len)
{
	uint32_t h = (uint32_t)len;

	if (len)
		h |= (uint32_t)(uint8_t)s[0] << 8 | (uint32_t)(uint8_t)s[len / 2] << 16 |
		     (uint32_t)(uint8_t)s[len - 1] << 24;
	return h * 0x9e3779b1u >> 16;
}

void nametab__add(struct nametab *t, const char *name, int id)
{
	size_t len = strlen(name);
	uint32_t i = hash(name, len);

	for (unsigned int tries = 0; tries < NAMETAB_SLOTS; tries++, i++) {
		if (t->slot[i % NAMETAB_SLOTS].name)
			continue;
		t->slot[i % NAMETAB_SLOTS].name = name;
		t->slot[i % NAMETAB_SLOTS].len = (uint32_t)len;
		t->slot[i % NAMETAB_SLOTS].id = id;
		return;
	}
	abort();	/* more names than slots: every test would see it */
}

int nametab__find(const struct nametab *t, const char *name, size_t len)
{
	uint32_t i = hash(name, len);

	for (; t->slot[i % NAMETAB_SLOTS].name; i++)
		if (t->slot[i % NAMETAB_SLOTS].len == len &&
		    !memcmp(t->slot[i % NAMETAB_SLOTS].name, name, len))
			return t->slot[i % NAMETAB_SLOTS].id;
	return 0;
}

int line__refuse(struct line *l, const char *fmt, ...)
{
	va_list ap;

	if (!l->bad) {
		va_start(ap, fmt);
		vsnprintf(l->d->error, sizeof(l->d->error), fmt, ap);
		va_end(ap);
	}
	l->bad = true;
	return -EBADMSG;
}

int line__split(struct line *l, struct trace_decoder *d, const char *text, size_t len)
{
	struct jcursor c;
	int ret;

	l->d = d;
	l->n = 0;
	l->bad = false;
	if (jparse__open(&c, text, len))
		return line__refuse(l, "%s", c.error);
	for (;;) {
		struct jmember extra;

		ret = jparse__next(&c, l->n < MEMBERS_MAX ? &l->m[l->n] : &extra);
		if (ret < 0)
			return line__refuse(l, "%s", c.error);
		if (!ret)
			return 0;
		if (l->n == MEMBERS_MAX)
			return line__refuse(l, "more than %d fields", MEMBERS_MAX);
		l->n++;
	}
}

const struct jmember *line__find(const struct line *l, const char *key)
{
	size_t len = strlen(key);

	for (unsigned int i = 0; i < l->n; i++)
		if (is_key(&l->m[i], key, len))
			return l->m[i].type == JT_NULL ? NULL : &l->m[i];
	return NULL;
}

void line__wrong(struct line *l, const struct jmember *m, const char *what)
{
	int n = m->klen > 32 ? 32 : (int)m->klen;

	line__refuse(l, "\"%.*s\" is not %s", n, m->key, what);
}

bool get_u64(struct line *l, const char *key, uint64_t *v)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__u64(m, v))
		line__wrong(l, m, "a 64-bit number");
	return !l->bad;
}

bool get_s64(struct line *l, const char *key, int64_t *v)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__s64(m, v))
		line__wrong(l, m, "a 64-bit number");
	return !l->bad;
}

bool get_u32(struct line *l, const char *key, uint32_t *v)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__u32(m, v))
		line__wrong(l, m, "a 32-bit number");
	return !l->bad;
}

bool get_small(struct line *l, const char *key, uint32_t max, uint32_t *v)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__u32(m, v) || *v > max)
		line__wrong(l, m, "a small number");
	return !l->bad;
}

bool get_u8(struct line *l, const char *key, uint8_t *v)
{
	uint32_t u;

	if (!get_small(l, key, UINT8_MAX, &u))
		return false;
	*v = (uint8_t)u;
	return true;
}

bool get_bool(struct line *l, const char *key, bool *v)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__bool(m, v))
		line__wrong(l, m, "true or false");
	return !l->bad;
}

bool get_str(struct line *l, const char *key, char *buf, size_t len)
{
	const struct jmember *m = line__find(l, key);

	if (!m)
		return false;
	if (!jval__str(m, buf, len))
		line__wrong(l, m, "a text");
	return !l->bad;
}

void get_time(struct line *l, uint64_t *ts)
{
	int64_t t;

	if (get_s64(l, "t", &t))
		*ts = l->d->start_ns + (uint64_t)t;
}

int line__need(struct line *l, const char *key)
{
	return l->bad ? -EBADMSG : line__refuse(l, "\"%s\" is missing", key);
}

int get_id(struct line *l, const char *key, int (*by_name)(const char *))
{
	char name[DMS_NAME_LEN];
	int id;

	if (!get_text(l, key, name))
		return 0;
	id = by_name(name);
	return id > 0 ? id : 0;
}
