// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The queue of records that wait: nothing lost, nothing twice, in order, through memory and file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "source/spool.h"

#define TMP	"build"

/* Record n: its number, and a length that differs from its neighbours'. */
static uint32_t make(uint64_t n, char *buf)
{
	uint32_t size = (uint32_t)(sizeof(n) + n * 37 % (SPOOL_RECORD_MAX - sizeof(n)));

	memset(buf, (int)(n & 255), size);
	memcpy(buf, &n, sizeof(n));
	return size;
}

static int put(struct spool *s, uint64_t n)
{
	char buf[SPOOL_RECORD_MAX];
	uint32_t size = make(n, buf);

	return spool__put(s, buf, size);
}

/* 0: there is none */
static int get(struct spool *s, uint64_t n)
{
	char buf[SPOOL_RECORD_MAX];
	uint32_t want = make(n, buf), size = 0;
	const void *data;
	int err;

	data = spool__get(s, &size, &err);
	assert_int_equal(err, 0);
	if (!data)
		return 0;
	assert_int_equal((uintptr_t)data % 8, 0);
	assert_int_equal(size, want);
	assert_memory_equal(data, buf, size);
	return 1;
}

static void test_order(void **state)
{
	struct spool *s;
	uint64_t in = 0, out = 0;

	(void)state;
	assert_int_equal(spool__new(&s, TMP, 64 << 20), 0);
	assert_int_equal(spool__count(s), 0);
	assert_int_equal(get(s, 0), 0);
	/* more in than out, then the other way round, several times: the file grows and empties */
	for (int turn = 0; turn < 6; turn++) {
		for (int i = 0; i < 30000; i++) {
			assert_int_equal(put(s, in++), 0);
			if (i % (turn % 2 ? 3 : 7) == 0)
				assert_int_equal(get(s, out++), 1);
		}
		assert_int_equal(spool__count(s), in - out);
		while (out < in)
			assert_int_equal(get(s, out++), 1);
		assert_int_equal(spool__count(s), 0);
		assert_int_equal(get(s, out), 0);
	}
	spool__free(s);
}

/* Without a file it takes two blocks, refuses, and takes more when some were read. */
static void test_full(void **state)
{
	struct spool *s;
	uint64_t in = 0, out = 0;
	int refused = 0;

	(void)state;
	assert_int_equal(spool__new(&s, NULL, 1 << 20), 0);
	while (!put(s, in))
		in++;
	assert_int_equal(put(s, in), -ENOSPC);
	assert_true(in >= 300000 / SPOOL_RECORD_MAX && in <= 1000000 / sizeof(in));
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(get(s, out++), 1);
		if (put(s, in))
			refused++;
		else
			in++;
	}
	assert_true(refused >= 1 && refused <= 99999);
	while (out < in)
		assert_int_equal(get(s, out++), 1);
	assert_int_equal(spool__count(s), 0);
	spool__free(s);
}

/* The size of the one file without a name that this process has. */
static off_t file_size(void)
{
	struct stat st;
	off_t size = -1;

	for (int fd = 3; fd < 64; fd++)
		if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !st.st_nlink) {
			assert_int_equal(size, -1);
			size = st.st_size;
		}
	return size;
}

/* As much comes as is taken, so it is never empty: the file is written over, and does not grow. */
static void test_round(void **state)
{
	char buf[SPOOL_RECORD_MAX];
	uint64_t in = 0, out = 0, bytes = 0;
	struct spool *s;

	(void)state;
	assert_int_equal(spool__new(&s, TMP, 4 << 20), 0);
	for (; in < 4000; in++)
		assert_int_equal(spool__put(s, buf, make(in, buf)), 0);
	for (; bytes < 20 << 20; in++, out++) {
		uint32_t size = make(in, buf);

		assert_int_equal(spool__put(s, buf, size), 0);
		bytes += size;
		assert_int_equal(get(s, out), 1);
	}
	assert_int_equal(spool__count(s), 4000);
	assert_true(file_size() >= 1 << 20 && file_size() <= 4 << 20);
	while (!spool__put(s, buf, make(in, buf)))
		in++;
	assert_true(file_size() >= 3 << 20 && file_size() <= 4 << 20);
	while (out < in)
		assert_int_equal(get(s, out++), 1);
	assert_int_equal(file_size(), 0);
	spool__free(s);
}

static void test_too_long(void **state)
{
	char buf[SPOOL_RECORD_MAX + 1] = "";
	struct spool *s;
	uint32_t size;
	int err;

	(void)state;
	assert_int_equal(spool__new(&s, "/nonexistent", 1 << 20), 0);	/* works in memory */
	assert_int_equal(spool__put(s, buf, sizeof(buf)), -EMSGSIZE);
	assert_int_equal(spool__put(s, buf, SPOOL_RECORD_MAX), 0);
	assert_non_null(spool__get(s, &size, &err));
	assert_int_equal(size, SPOOL_RECORD_MAX);
	assert_null(spool__get(s, &size, &err));
	spool__free(s);
	spool__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
