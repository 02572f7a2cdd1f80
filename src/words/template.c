// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Templates of sentences: see words.h for what they may hold.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"
#include "words/words.h"

#define NAME_LEN	32

static const struct {
	const char *name;
	enum fact_unit unit;
} facts[FACT_MAX] = {
#define FACT_ROW(id, n, u) [FACT_##id] = { .name = n, .unit = u },
	FACT_TABLE(FACT_ROW)
#undef FACT_ROW
};

/* {private} and {converter}: they depend on the kind of guest. */
static const char *guest_word(const struct state *m, const char *name)
{
	const struct guest_words *w;
	struct state_run run;

	state__run(m, &run);
	w = words__guest(run.session);
	if (!strcmp(name, "private"))
		return w->private;
	return strcmp(name, "converter") ? NULL : w->converter;
}

static int fact_by_name(const char *name)
{
	int i;

	for (i = 0; i < FACT_MAX && strcmp(facts[i].name, name); i++)
		;
	return i < FACT_MAX ? i : -1;
}

struct out {
	const struct state *m;
	const struct fact_value *fact;
	char *buf;
	size_t n, used;
	bool missing;		/* a fact of this part is not known */
};

static void put(struct out *o, const char *text)
{
	size_t len = strlen(text), room = o->n - o->used - 1;

	len = len < room ? len : room;
	memcpy(o->buf + o->used, text, len);
	o->used += len;
	o->buf[o->used] = '\0';
}

static const char *hcall_status(int64_t status)
{
	switch (status) {
	case -1: return "H_HARDWARE";
	case -2: return "H_FUNCTION";
	case -4: return "H_PARAMETER";
	case -16: return "H_RESOURCE";
	case -44: return "H_NOT_ENOUGH_RESOURCES";
	case -55: return "H_P2";
	case -56: return "H_P3";
	case -57: return "H_P4";
	case -58: return "H_P5";
	default: return "an error";
	}
}

static void put_value(struct out *o, const struct fact_value *f, enum fact_unit unit)
{
	char b[FMT_LEN + 1] = "";

	if (unit == UNIT_TEXT) {
		put(o, f->text ? f->text : "");
		return;
	}
	if (unit == UNIT_DEVICE) {
		put(o, !f->v ? "an unknown device (from before the start)" :
		       o->m ? state__dev_name(o->m, f->v) : "a device");
		return;
	}
	if (unit == UNIT_BYTES)
		fmt_size(b, f->v);
	else if (unit == UNIT_EXACT)
		fmt_exact(b, f->v);
	else if (unit == UNIT_HEX)
		snprintf(b, sizeof(b), "0x%" PRIx64, f->v);
	else if (unit == UNIT_SIGNED)
		snprintf(b, sizeof(b), "%" PRId64, (int64_t)f->v);
	else if (unit == UNIT_SECONDS)
		snprintf(b, sizeof(b), "%" PRIu64 " s", f->v / 1000000000);
	else if (unit == UNIT_TIME)
		fmt_ns(b, f->v);
	else if (unit == UNIT_BITS)
		snprintf(b, sizeof(b), "%u", mask_bits(f->v));
	else if (unit == UNIT_HCALL)
		snprintf(b, sizeof(b), "%s (%" PRId64 ")", hcall_status((int64_t)f->v),
			 (int64_t)f->v);
	else if (unit == UNIT_COUNT)
		snprintf(b, sizeof(b), "%" PRIu64, f->v);
	put(o, b);
}

/* "mapping" -> "mappings", "entry" -> "entries" unless there is one. */
static void put_noun(struct out *o, const char *noun, uint64_t n)
{
	size_t len = strlen(noun);
	char one[NAME_LEN];

	put(o, " ");
	if (n == 1 || !len) {
		put(o, noun);
		return;
	}
	if (noun[len - 1] != 'y') {
		put(o, noun);
		put(o, "s");
		return;
	}
	snprintf(one, sizeof(one), "%.*s", (int)len - 1, noun);
	put(o, one);
	put(o, "ies");
}

static void put_fact(struct out *o, const char *text, size_t len)
{
	bool want = len && text[0] == '?', not = len && text[0] == '!';
	char name[NAME_LEN], *noun;
	const char *word;
	int i;

	snprintf(name, sizeof(name), "%.*s", (int)(len - want - not), text + want + not);
	noun = strchr(name, ' ');
	if (noun)
		*noun++ = '\0';
	i = fact_by_name(name);
	word = i < 0 && o->m ? guest_word(o->m, name) : NULL;
	if (want || not) {
		bool is = i >= 0 && o->fact[i].known && (o->fact[i].v || o->fact[i].text);

		o->missing |= is != want;
	} else if (word) {
		put(o, word);
	} else if (i < 0 || !o->fact[i].known) {
		o->missing = true;
	} else {
		put_value(o, &o->fact[i], facts[i].unit);
		if (noun)
			put_noun(o, noun, o->fact[i].v);
	}
}

/* A clause that was left out leaves its "; " behind. */
static void trim(char *text)
{
	size_t n = strlen(text);

	if (n >= 2 && !strcmp(text + n - 2, "; "))
		text[n - 2] = '\0';
	if (!strncmp(text, "; ", 2))
		memmove(text, text + 2, strlen(text + 2) + 1);
}

void words__expand(const struct state *m, const char *template, const struct fact_value *fact,
		   char *out, size_t n)
{
	struct out o = { .m = m, .fact = fact, .buf = out, .n = n };
	char one[2] = "";
	size_t mark = 0, len;
	const char *s;

	out[0] = '\0';
	for (s = template; *s; s++) {
		if (*s == '[') {
			mark = o.used;
			o.missing = false;
		} else if (*s == ']') {
			if (o.missing)
				o.used = mark;
			out[o.used] = '\0';
		} else if (*s == '{') {
			len = strcspn(s + 1, "}");
			put_fact(&o, s + 1, len);
			s += len + 1;
		} else {
			one[0] = *s;
			put(&o, one);
		}
	}
	trim(out);
}

const char *words__check(const char *template)
{
	char name[NAME_LEN];
	const char *s;
	bool in = false;

	for (s = template; *s; s++) {
		if (*s == '[' || *s == ']') {
			if (in == (*s == '['))
				return s;
			in = *s == '[';
		} else if (*s == '}') {
			return s;
		} else if (*s == '{') {
			size_t skip = s[1] == '?' || s[1] == '!', len = strcspn(s + 1, "}");

			if (!s[len + 1])
				return s;
			snprintf(name, sizeof(name), "%.*s", (int)(strcspn(s + 1, " }") - skip),
				 s + 1 + skip);
			if (fact_by_name(name) < 0 && strcmp(name, "private") &&
			    strcmp(name, "converter"))
				return s;
			s += len + 1;
		}
	}
	return in ? template : NULL;
}
