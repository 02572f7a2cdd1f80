// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Parse a verb's words by its option table, and print the table as usage. Nothing here depends on
 * a verb.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "util/names.h"
#include "util/text.h"

#define MAX_OPTS	48
#define LONG_ONLY	256	/* values of options without a letter start here */

void complain(const char *fmt, ...)
{
	char text[2048], esc[TEXT_ESCAPE_LEN];
	va_list args;
	size_t n;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fputs("dmascope: ", stderr);
	for (const char *s = text; *s; s += n ? n : 1) {
		n = text_printable(s, strnlen(s, 4));
		if (n)
			fwrite(s, 1, n, stderr);
		else
			fwrite(esc, 1, text_escape(esc, *s), stderr);
	}
	fputc('\n', stderr);
}

static int parse_uint(const char *s, uint64_t *out)
{
	char *end;

	if (*s == '-' || !*s)
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

static int parse_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *u;
	char *end;

	if (*s == '-' || !*s)
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, &end, 0);
	if (errno || end == s)
		return -EINVAL;
	u = *end ? strchr(units, *end & ~0x20) : NULL;
	if (u) {
		unsigned int shift = 10 * (unsigned int)(u - units + 1);

		if (*out >> (64 - shift))
			return -EINVAL;
		*out <<= shift;
		end++;
		if (*end == 'i')
			end++;
		if (*end == 'B')
			end++;
	}
	return *end ? -EINVAL : 0;
}

static int parse_time(const char *s, uint64_t *out)
{
	static const struct { const char *unit; double ns; } units[] = {
		{ "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 },
		{ "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 },
	};
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno || end == s || !(v >= 0))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (v * units[i].ns > 1e18)
			return -EINVAL;
		*out = (uint64_t)(v * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

static int parse_choice(const char *s, const char *choices)
{
	size_t len = strlen(s);

	for (const char *p = choices; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");

		if (n == len && !memcmp(p, s, n))
			return 0;
		p += n;
	}
	return -EINVAL;
}

static int store(const struct opt *o, const char *arg, char *config)
{
	void *to = config + o->offset;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)to = true;
		return 0;
	case OPT_UINT:
		return parse_uint(arg, to) || (!*(uint64_t *)to && !o->zero) ? -EINVAL : 0;
	case OPT_SIZE:
		return parse_size(arg, to) || (!*(uint64_t *)to && !o->zero) ? -EINVAL : 0;
	case OPT_TIME:
		return parse_time(arg, to) || (!*(uint64_t *)to && !o->zero) ? -EINVAL : 0;
	case OPT_CHOICE:
		*(const char **)to = arg;
		return parse_choice(arg, o->choices);
	case OPT_STRING:
		*(const char **)to = arg;
		return 0;
	}
	return -EINVAL;
}

int opts_paths(const char *list, uint32_t *mask)
{
	char copy[128], *save = NULL;

	if (strlen(list) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, list);
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		int id = dms_path_by_name(p);

		if (id < 0)
			return -EINVAL;
		*mask |= 1U << id;
	}
	return *mask ? 0 : -EINVAL;
}

static const char *valid_values(const struct opt *o)
{
	switch (o->type) {
	case OPT_SIZE:
		return "a size such as 4096, 64K or 1M";
	case OPT_TIME:
		return "a time such as 10, 1.5, 500ms or 2m";
	case OPT_UINT:
		return "a number";
	default:
		return o->choices;
	}
}

static void print_bad_value(const struct cmd *cmd, const struct opt *o, const char *arg)
{
	bool number = o->type == OPT_UINT || o->type == OPT_SIZE || o->type == OPT_TIME;

	complain("%s: --%s must be %s%s%s, not \"%s\"", cmd->name, o->name,
		 o->type == OPT_CHOICE ? "one of " : "", valid_values(o),
		 number && !o->zero ? ", above 0" : "", arg);
}

static int build_getopt(const struct cmd *cmd, struct option *longs, char *shorts)
{
	size_t n = 0, s = 0;

	if (cmd->runs_command)
		shorts[s++] = '+';	/* stop at the first word */
	shorts[s++] = ':';
	for (const struct opt *o = cmd->opts; o->name; o++, n++) {
		if (n == MAX_OPTS - 2)
			return -E2BIG;
		longs[n].name = o->name;
		longs[n].has_arg = o->type == OPT_FLAG ? no_argument : required_argument;
		longs[n].val = o->letter ? o->letter : LONG_ONLY + (int)n;
		if (!o->letter)
			continue;
		shorts[s++] = o->letter;
		if (o->type != OPT_FLAG)
			shorts[s++] = ':';
	}
	longs[n].name = "help";
	longs[n].val = 'h';
	shorts[s++] = 'h';
	shorts[s] = '\0';
	return 0;
}

static const struct opt *opt_by_val(const struct cmd *cmd, int val)
{
	int n = 0;

	for (const struct opt *o = cmd->opts; o->name; o++, n++)
		if (val == (o->letter ? o->letter : LONG_ONLY + n))
			return o;
	return NULL;
}

static void print_unknown(const struct cmd *cmd, int c, char **argv)
{
	const struct opt *o = c == ':' ? opt_by_val(cmd, optopt) : NULL;

	if (o)
		complain("%s: --%s needs an argument: %s", cmd->name, o->name, o->arg);
	else if (c == '?' && !strncmp(argv[optind - 1], "--", 2) &&
		 strchr(argv[optind - 1], '=') && (optopt == 'h' || opt_by_val(cmd, optopt)))
		complain("%s: %.*s takes no argument", cmd->name,
			 (int)strcspn(argv[optind - 1], "="), argv[optind - 1]);
	else if (optopt && optopt < LONG_ONLY)
		complain("%s: unknown option -%c: see dmascope %s --help", cmd->name, optopt,
			 cmd->name);
	else
		complain("%s: unknown option %s: see dmascope %s --help", cmd->name,
			 argv[optind - 1], cmd->name);
}

static bool is_set(const struct opt *o, const void *config)
{
	const void *at = (const char *)config + o->offset;

	switch (o->type) {
	case OPT_FLAG:
		return *(const bool *)at;
	case OPT_CHOICE:
	case OPT_STRING:
		return *(const char *const *)at;
	default:
		return *(const uint64_t *)at;
	}
}

/* Two options of which at most one can be given. */
static int check_pairs(const struct cmd *cmd, const void *config)
{
	for (const struct opt *o = cmd->opts; o->name; o++) {
		if (!o->without || !is_set(o, config))
			continue;
		for (const struct opt *p = cmd->opts; p->name; p++) {
			if (strcmp(p->name, o->without) || !is_set(p, config))
				continue;
			complain("%s: give --%s or --%s, not both", cmd->name, o->name, p->name);
			return -1;
		}
	}
	return 0;
}

const char *opts_live(const struct cmd *cmd, const void *config)
{
	for (const struct opt *o = cmd->opts; o->name; o++)
		if (o->live && is_set(o, config))
			return o->name;
	return NULL;
}

int opts_parse(const struct cmd *cmd, int argc, char **argv, void *config)
{
	struct option longs[MAX_OPTS] = {};
	char shorts[3 * MAX_OPTS];
	const struct opt *o;
	int c;

	if (build_getopt(cmd, longs, shorts))
		return -1;
	optind = 0;	/* glibc: start afresh, with this table */
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h' && !opt_by_val(cmd, 'h')) {
			opts_usage(cmd);
			return -2;
		}
		o = c == '?' || c == ':' ? NULL : opt_by_val(cmd, c);
		if (!o) {
			print_unknown(cmd, c, argv);
			return -1;
		}
		if (store(o, optarg, config)) {
			print_bad_value(cmd, o, optarg);
			return -1;
		}
	}
	return check_pairs(cmd, config) ? -1 : optind;
}

bool opts_slice(const char *verb, uint64_t since, uint64_t until)
{
	if (!until || since < until)
		return true;
	complain("%s: --since must be before --until", verb);
	return false;
}

int opts_file(const struct cmd *cmd, int argc, char **argv, bool required, const char **input)
{
	if (argc && *input) {
		complain("%s: one FILE at a time, not \"%s\" and also \"%s\"", cmd->name, *input,
			 argv[0]);
		return -EINVAL;
	}
	if (argc > 1) {
		complain("%s: one FILE at a time, not also \"%s\"", cmd->name, argv[1]);
		return -EINVAL;
	}
	if (argc)
		*input = argv[0];
	if (required && !*input) {
		complain("%s: FILE is missing; usage: dmascope %s [OPTION]... %s", cmd->name,
			 cmd->name, cmd->args);
		return -EINVAL;
	}
	return 0;
}

void opts_usage(const struct cmd *cmd)
{
	char left[64];

	printf("Usage: dmascope %s [OPTION]... %s\n%c%s.\n\n", cmd->name, cmd->args,
	       toupper((unsigned char)cmd->summary[0]), cmd->summary + 1);
	for (const struct opt *o = cmd->opts; o->name; o++) {
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->type == OPT_FLAG ? "" : " ", o->type == OPT_FLAG ? "" : o->arg);
		printf("  %-26s %s\n", left, o->help);
	}
	printf("  %-26s %s\n", "-h, --help", "this text");
	if (cmd->note && cmd->note())
		printf("\n%s\n", cmd->note());
}
