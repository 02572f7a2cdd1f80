// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON writer against another parser (jansson), and number formatting against printf.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "trace/json.h"
#include "trace_random.h"

static void test_numbers(void **state)
{
	char got[32], want[32];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t v = i < 65 ? (i ? UINT64_MAX >> (i - 1) : 0) : rnd_u64();

		*json_fmt_u64(got, v) = 0;
		snprintf(want, sizeof(want), "%" PRIu64, v);
		assert_string_equal(got, want);
		*json_fmt_s64(got, (int64_t)v) = 0;
		snprintf(want, sizeof(want), "%" PRId64, (int64_t)v);
		assert_string_equal(got, want);
		*json_fmt_hex(got, v) = 0;
		snprintf(want, sizeof(want), "0x%" PRIx64, v);
		assert_string_equal(got, want);
	}
}

/* Where a number gets one digit more. */
static void test_number_edges(void **state)
{
	char got[32], want[32];
	uint64_t ten = 1, v;

	(void)state;
	for (int n = 0; n < 20; n++, ten *= 10) {
		for (int by = -1; by <= 1; by++) {
			v = ten + (uint64_t)(int64_t)by;
			*json_fmt_u64(got, v) = 0;
			snprintf(want, sizeof(want), "%" PRIu64, v);
			assert_string_equal(got, want);
		}
	}
}

/* Bytes behind the room that a number asks for stay as they are. */
static void test_hex_room(void **state)
{
	char got[JSON_HEX_MAX + 8];

	(void)state;
	for (int bits = 0; bits < 64; bits++) {
		memset(got, '#', sizeof(got));
		json_fmt_hex(got, UINT64_MAX >> bits);
		for (size_t i = JSON_HEX_MAX; i < sizeof(got); i++)
			assert_int_equal(got[i], '#');
	}
}

static void test_milli(void **state)
{
	static const int64_t v[] = { 0, 1, 999, 1000, -1, -1500, INT64_MAX, INT64_MIN };
	static const char want[] = "[0.000,0.001,0.999,1.000,-0.001,-1.500,"
		"9223372036854775.807,-9223372036854775.808]\n";
	struct json j;
	struct out o;

	(void)state;
	assert_int_equal(out__init_mem(&o), 0);
	json__init(&j, &o);
	json__begin_array(&j, NULL);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		json__milli(&j, NULL, v[i]);
	json__end_array(&j);
	assert_int_equal(json__end_line(&j), 0);
	assert_int_equal(o.p - o.buf, sizeof(want) - 1);
	assert_memory_equal(o.buf, want, sizeof(want) - 1);
	out__free(&o);
}

static void test_nesting(void **state)
{
	static const char want[] = "{\"a\":[],\"b\":{},\"c\":[{\"d\":null},true,-5,\"7\",\"0x1f\"],"
		"\"e\":\"\"}\n";
	struct json j;
	struct out o;

	(void)state;
	assert_int_equal(out__init_mem(&o), 0);
	json__init(&j, &o);
	json__begin_object(&j, NULL);
	json__begin_array(&j, "a");
	json__end_array(&j);
	json__begin_object(&j, "b");
	json__end_object(&j);
	json__begin_array(&j, "c");
	json__begin_object(&j, NULL);
	json__str(&j, "d", NULL);
	json__end_object(&j);
	json__bool(&j, NULL, true);
	json__int(&j, NULL, -5);
	json__u64(&j, NULL, 7);
	json__hex(&j, NULL, 31);
	json__end_array(&j);
	json__str(&j, "e", "");
	json__end_object(&j);
	assert_int_equal(json__end_line(&j), 0);
	assert_int_equal(o.p - o.buf, sizeof(want) - 1);
	assert_memory_equal(o.buf, want, sizeof(want) - 1);
	out__free(&o);
}

/* Whatever the bytes, the line is JSON, in UTF-8, on one line. */
static void test_any_bytes(void **state)
{
	char text[300];
	struct json j;
	struct out o;
	json_error_t e;
	json_t *root;

	(void)state;
	assert_int_equal(out__init_mem(&o), 0);
	for (int i = 0; i < 20000; i++) {
		size_t len = rnd_below(sizeof(text));

		if (i % 2)
			rnd_text(text, sizeof(text));
		for (size_t k = 0; !(i % 2) && k < len; k++)
			text[k] = (char)(1 + rnd_below(255));
		text[i % 2 ? sizeof(text) - 1 : len] = 0;
		out__reset(&o);
		json__init(&j, &o);
		json__begin_object(&j, NULL);
		json__str(&j, "x", text);
		json__end_object(&j);
		assert_int_equal(json__end_line(&j), 0);
		assert_ptr_equal(memchr(o.buf, '\n', (size_t)(o.p - o.buf)), o.p - 1);
		root = json_loadb(o.buf, (size_t)(o.p - o.buf), JSON_REJECT_DUPLICATES, &e);
		if (!root)
			fail_msg("%s: %.*s", e.text, (int)(o.p - o.buf), o.buf);
		json_decref(root);
	}
	out__free(&o);
}

static void test_too_long(void **state)
{
	char *big = malloc(OUT_LINE_MAX);
	struct json j;
	struct out o;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', OUT_LINE_MAX - 1);
	big[OUT_LINE_MAX - 1] = 0;
	assert_int_equal(out__init_mem(&o), 0);
	json__init(&j, &o);
	json__begin_object(&j, NULL);
	json__str(&j, "x", big);
	json__end_object(&j);
	assert_int_equal(json__end_line(&j), -EMSGSIZE);
	out__free(&o);
	/* what is no trace may have such lines */
	assert_int_equal(out__init_mem(&o), 0);
	out__allow_long(&o);
	json__init(&j, &o);
	json__begin_object(&j, NULL);
	json__str(&j, "x", big);
	json__end_object(&j);
	assert_int_equal(json__end_line(&j), 0);
	assert_int_equal(o.p - o.buf, OUT_LINE_MAX - 1 + (long)strlen("{'x':''}\n"));
	out__free(&o);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_number_edges),
		cmocka_unit_test(test_hex_room),
		cmocka_unit_test(test_milli),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests_name("JSON writer", tests, NULL, NULL);
}
