// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tables under the model, idmap and rangeset, against arrays that cannot be wrong.
 */
#include "feed.h"
#include "state/idmap.h"
#include "state/rangeset.h"

#define KEYS	512
#define CELLS	2048

static uint64_t rnd_state;

static uint64_t rnd(uint64_t n)
{
	rnd_state += 0x9e3779b97f4a7c15ULL;
	return idmap_hash(rnd_state) % n;
}

static void idmap_matches_array(void **state)
{
	uint32_t want[KEYS], i;
	struct idmap t = { 0 };
	uint64_t step;

	(void)state;
	memset(want, 0xff, sizeof(want));
	rnd_state = 1;
	for (step = 0; step < 300000; step++) {
		uint64_t k = rnd(KEYS), key = k * 4096;

		if (rnd(2)) {
			want[k] = (uint32_t)step;
			assert_int_equal(idmap_set(&t, key, want[k]), 0);
		} else {
			want[k] = IDMAP_NONE;
			idmap_del(&t, key);
		}
		k = rnd(KEYS);
		assert_int_equal(idmap_get(&t, k * 4096), want[k]);
	}
	for (i = 0; i < KEYS; i++)
		assert_int_equal(idmap_get(&t, i * 4096ULL), want[i]);
	idmap_free(&t);
	assert_int_equal(idmap_get(&t, 0), IDMAP_NONE);
}

/* Every range lies where the array says, neighbours differ, nothing is missing. */
static void compare_set(const struct rangeset *s, const uint8_t *want)
{
	const struct range_node *r;
	uint64_t at = 0, i, bytes = 0;
	uint32_t flags = 0;
	size_t n = 0;

	for (r = rangeset_next(s, 0); r; r = rangeset_next(s, r->end)) {
		assert_true(r->start < r->end && r->start >= at);
		assert_true(!n || r->start > at || flags != r->note.flags);
		for (; at < r->start; at++)
			assert_int_equal(want[at], 0);
		for (i = r->start; i < r->end; i++)
			assert_int_equal(want[i], r->note.flags);
		bytes += r->end - r->start;
		at = r->end;
		flags = r->note.flags;
		n++;
	}
	for (; at < CELLS; at++)
		assert_int_equal(want[at], 0);
	assert_int_equal(bytes, s->bytes);
	assert_int_equal(n, s->n);
}

static uint64_t count_cells(const uint8_t *want, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	for (; from < to; from++)
		n += want[from] != 0;
	return n;
}

static void rangeset_matches_array(void **state)
{
	static uint8_t want[CELLS];
	struct rangeset s = { 0 };
	uint64_t step, removed;

	(void)state;
	rnd_state = 2;
	for (step = 0; step < 200000; step++) {
		uint64_t from = rnd(CELLS), to = from + rnd(40);
		struct range_note note = { .flags = 1 + (uint32_t)rnd(3) };

		if (to > CELLS)
			to = CELLS;
		if (rnd(5) < 2) {
			assert_int_equal(rangeset_add(&s, from, to, &note), 0);
			memset(want + from, (int)note.flags, to - from);
		} else {
			uint64_t in = count_cells(want, from, to);

			assert_int_equal(rangeset_covered(&s, from, to), in);
			assert_int_equal(rangeset_del(&s, from, to, &removed), 0);
			assert_int_equal(removed, in);
			memset(want + from, 0, to - from);
		}
		if (step % 100 == 0)
			compare_set(&s, want);
	}
	compare_set(&s, want);
	rangeset_free(&s);
}

static void rangeset_ends_of_the_world(void **state)
{
	struct rangeset s = { 0 };
	struct range_note note = { 0 };
	uint64_t removed;

	(void)state;
	assert_int_equal(range_end(UINT64_MAX - 5, 100), UINT64_MAX);
	assert_int_equal(rangeset_add(&s, 0, UINT64_MAX, &note), 0);
	assert_int_equal(rangeset_del(&s, 100, 200, &removed), 0);
	assert_int_equal(removed, 100);
	assert_int_equal(s.n, 2);
	assert_int_equal(rangeset_add(&s, 100, 200, &note), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(rangeset_add(&s, 7, 7, &note), 0);
	assert_int_equal(s.bytes, UINT64_MAX);
	rangeset_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idmap_matches_array),
		cmocka_unit_test(rangeset_matches_array),
		cmocka_unit_test(rangeset_ends_of_the_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
