// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Printing the explanations; the texts themselves are in explain_text.c.
 */
#include <errno.h>
#include <string.h>

#include "view/explain.h"
#include "view/explain_text.h"
#include "view/fmt.h"

#define WIDTH	80
#define INDENT	2

const struct explanation *explain_at(size_t i)
{
	return i < explanations_count ? &explanations[i] : NULL;
}

const struct explanation *explain_find(const char *id)
{
	size_t i;

	for (i = 0; i < explanations_count; i++)
		if (!strcmp(explanations[i].id, id))
			return &explanations[i];
	return NULL;
}

static void section(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\n%s\n%*s", name, INDENT, "");
	fmt_wrap(f, text, INDENT, INDENT, WIDTH);
}

int explain_print(const char *id, FILE *f)
{
	const struct explanation *e = explain_find(id);

	if (!e)
		return -ENOENT;
	fprintf(f, "%s: ", e->id);
	fmt_wrap(f, e->title, strlen(e->id) + 2, INDENT, WIDTH);
	section(f, "What it means", e->means);
	section(f, "How the kernel gets there", e->how);
	section(f, "What to do", e->todo);
	section(f, "Sources", e->sources);
	return ferror(f) ? -EIO : 0;
}

int explain_list(FILE *f)
{
	size_t i;

	for (i = 0; i < explanations_count; i++) {
		fprintf(f, "%-26s", explanations[i].id);
		fmt_wrap(f, explanations[i].title, 26, 26, WIDTH);
	}
	return ferror(f) ? -EIO : 0;
}
