// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prints explanations; their texts are in finding_*.c.
 */
#include <errno.h>
#include <string.h>

#include "words/explain.h"
#include "words/words.h"
#include "util/fmt.h"

#define WIDTH	80
#define INDENT	2

static void section(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\n%s\n%*s", name, INDENT, "");
	fmt_wrap(f, text, INDENT, INDENT, WIDTH);
}

int explain_print(const char *id, FILE *f)
{
	const struct finding_words *e = words__finding(id);

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
	const char *id;
	size_t i;

	for (i = 0; (id = state__finding_id(i)); i++) {
		fprintf(f, "%-26s", id);
		fmt_wrap(f, words__finding(id)->title, 26, 26, WIDTH);
	}
	return ferror(f) ? -EIO : 0;
}
