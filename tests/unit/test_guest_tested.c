// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list of tested kernels, and what is newer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/tested.h"

static void the_matrix_is_listed(void **state)
{
	(void)state;
	assert_non_null(strstr(tested_kernels(), "6.12"));
	assert_non_null(strstr(tested_kernels(), "7.2"));
	assert_int_equal(strncmp(tested_kernels(), "5.10 ", 5), 0);
}

static void newer_by_number(void **state)
{
	(void)state;
	assert_false(tested_newer("6.1.192"));
	assert_false(tested_newer("6.12.117-dmascope-lab"));
	assert_false(tested_newer("7.2.12+deb14-amd64"));
	assert_false(tested_newer("6.100.0"));
	assert_true(tested_newer("7.100.0-rc1"));
	assert_true(tested_newer("99.0"));
	assert_false(tested_newer(""));
	assert_false(tested_newer("unknown"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_is_listed),
		cmocka_unit_test(newer_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
