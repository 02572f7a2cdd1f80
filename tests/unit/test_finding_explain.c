// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every finding has an explanation, and every explanation a finding; they fit a terminal; the
 * page doc/findings.md knows them all.
 */
#include <errno.h>

#include "finding.h"
#include "view/explain.h"

static void one_for_each_finding(void **state)
{
	const char *id;
	size_t i, n = 0;

	(void)state;
	for (i = 0; (id = model__finding_id(i)); i++)
		if (!explain_find(id))
			fail_msg("no explanation of %s", id);
	for (; explain_at(n); n++)
		;
	assert_int_equal(n, i);
	assert_null(explain_find("no-such-finding"));
	assert_null(explain_find(""));
}

/* Lines of at most 80 columns of printable ASCII. */
static void check_lines(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		if (*text == '\n') {
			column = 0;
			continue;
		}
		assert_true(*text >= ' ' && *text < 0x7f);
		assert_true(++column <= 80);
	}
}

static void they_fit(void **state)
{
	const struct explanation *e;
	char *text = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	for (i = 0; (e = explain_at(i)); i++) {
		assert_true(e->title[0] && e->means[0] && e->how[0] && e->todo[0] && e->sources[0]);
		assert_true(strlen(e->title) < 60);
		assert_int_equal(explain_print(e->id, f), 0);
	}
	assert_int_equal(explain_print("no-such-finding", f), -ENOENT);
	assert_int_equal(explain_list(f), 0);
	fclose(f);
	check_lines(text);
	free(text);
}

static void the_page_knows_them_all(void **state)
{
	static char page[256 * 1024];
	FILE *f = fopen("doc/findings.md", "r");
	const char *id;
	char row[64];
	size_t i, n;

	(void)state;
	if (!f)
		skip();		/* not run from the top of the tree */
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	fclose(f);
	for (i = 0; (id = model__finding_id(i)); i++) {
		snprintf(row, sizeof(row), "| `%s` |", id);
		if (!strstr(page, row))
			fail_msg("doc/findings.md has no row of %s", id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_for_each_finding),
		cmocka_unit_test(they_fit),
		cmocka_unit_test(the_page_knows_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
