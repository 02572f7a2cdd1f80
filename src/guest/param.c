// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Splits the kernel command line as next_arg() of lib/cmdline.c does.
 */
#include <ctype.h>
#include <string.h>

#include "guest/param.h"

struct arg {
	const char *start;
	size_t len;
};

static bool next_arg(const char **p, struct arg *a)
{
	bool quoted = false;

	while (isspace((unsigned char)**p))
		(*p)++;
	a->start = *p;
	for (; **p && (quoted || !isspace((unsigned char)**p)); (*p)++)
		if (**p == '"')
			quoted = !quoted;
	a->len = *p - a->start;
	return a->len > 0;
}

static bool same_char(char a, char b)
{
	return (a == '-' ? '_' : a) == (b == '-' ? '_' : b);
}

/* Does the argument have this name? *value then points behind "name=" or to its end. */
static bool arg_is(const struct arg *a, const char *name, const char **value)
{
	const char *s = a->start, *end = a->start + a->len;

	if (s < end && *s == '"')
		s++;
	for (; *name; name++, s++)
		if (s >= end || !same_char(*s, *name))
			return false;
	if (s < end && *s != '=' && *s != '"')
		return false;
	*value = s < end && *s == '=' ? s + 1 : end;
	return true;
}

static void copy_value(const struct arg *a, const char *s, char *value, size_t len)
{
	const char *end = a->start + a->len;
	size_t n = 0;

	if (!value || !len)
		return;
	for (; s < end && n + 1 < len; s++)
		if (*s != '"')
			value[n++] = *s;
	value[n] = '\0';
}

bool guest_param(const char *cmdline, const char *name, char *value, size_t len)
{
	const char *p = cmdline, *v;
	bool found = false;
	struct arg a;

	if (value && len)
		value[0] = '\0';
	while (next_arg(&p, &a)) {
		if (a.len == 2 && !memcmp(a.start, "--", 2))
			break;
		if (!arg_is(&a, name, &v))
			continue;
		found = true;
		copy_value(&a, v, value, len);
	}
	return found;
}

bool guest_param_has(const char *value, const char *word)
{
	size_t n = strlen(word);
	const char *p = value;

	for (;;) {
		if (!strncmp(p, word, n) && (!p[n] || p[n] == ','))
			return true;
		p = strchr(p, ',');
		if (!p)
			return false;
		p++;
	}
}
