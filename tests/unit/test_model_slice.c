// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slices of the time: state from before stays, only what happens within counts. */
#include "finding.h"

#define DEV	1

static void slice(struct feed *f, uint64_t from, uint64_t to)
{
	struct dms_rec r = { .type = REC_SLICE, .slice = { .from = from, .to = to } };

	put(f, &r);
}

static struct feed *begin(void **state, uint64_t slots)
{
	struct feed *f = *state;
	struct dms_rec dev = make_dev(DEV, "0000:00:02.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	dev.device.st.force_bounce = true;
	put(f, &dev);
	feed_pool(f, slots, 0, true);
	return f;
}

static void hold_slots(struct feed *f, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		f->ts += 10000;
		feed_bounce(f, DEV, POOL_START + i * 2048, 0x50000000 + i * 4096, 2048);
		feed_map(f, DEV, DMS_PATH_BOUNCED, POOL_START + i * 2048, 0x50000000 + i * 4096,
			 2048);
	}
}

/* The pool was filled before the slice: the search within it failed because of that. */
static void pool_filled_before(void **state)
{
	struct feed *f = begin(state, 256);
	struct state_run run;

	slice(f, T0 + 4 * SEC, UINT64_MAX);
	hold_slots(f, 256);
	f->ts = T0 + 5 * SEC;
	feed_bounce(f, DEV, DMS_DMA_ERROR, 0x60000000, 2048);
	feed_failed(f, DEV, 2048, DMS_FL_NO_SLOT);
	feed_end(f, true);
	assert_int_equal(expect_finding(f, "pool-full", STATE_ERROR, DEV).seq[0], 514);
	state__run(f->m, &run);
	assert_true(run.sliced);
	assert_int_equal(run.from, T0 + 4 * SEC);
	assert_int_equal(run.now, T0 + 5 * SEC);
	assert_int_equal(run.events, 2);
	assert_int_equal(state__dev_by_key(f->m, DEV)->live[DMS_PATH_BOUNCED], 256);
	assert_int_equal(state__dev_by_key(f->m, DEV)->path[DMS_PATH_BOUNCED].maps, 0);
}

/* ... and what failed before the slice did not fail in it. */
static void failed_before(void **state)
{
	struct feed *f = begin(state, 256);

	slice(f, T0 + 4 * SEC, UINT64_MAX);
	hold_slots(f, 256);
	feed_bounce(f, DEV, DMS_DMA_ERROR, 0x60000000, 2048);
	feed_failed(f, DEV, 2048, DMS_FL_NO_SLOT);
	f->ts = T0 + 5 * SEC;
	feed_end(f, true);
	expect_no_finding(f, "pool-full");
	assert_int_equal(state__dev_by_key(f->m, DEV)->fails[STATE_FAIL_POOL_FULL], 0);
}

/* "Now" is the end of the slice: what comes after it did not happen yet. */
static void ends_before_the_unmaps(void **state)
{
	struct feed *f = begin(state, 1024);
	struct dms_event ev;
	struct state_run run;

	slice(f, 0, T0 + SEC + 500);
	hold_slots(f, 3);
	f->ts = T0 + SEC;
	ev = make_ev(f, DMS_EV_DEVICE_DEL, DEV);
	feed_ev(f, &ev);
	f->ts += 1000;
	feed_unmap(f, DEV, POOL_START, 2048);
	f->ts += 3 * SEC;
	feed_end(f, true);
	expect_no_finding(f, "leak-at-remove");
	state__run(f->m, &run);
	assert_int_equal(run.now, T0 + SEC + 500);
	assert_int_equal(run.events, 7);
}

/* An empty slice has nothing wrong in it. */
static void empty_slice(void **state)
{
	struct feed *f = begin(state, 256);
	struct state_run run;

	slice(f, T0 + 60 * SEC, UINT64_MAX);
	hold_slots(f, 256);
	feed_bounce(f, DEV, DMS_DMA_ERROR, 0x60000000, 2048);
	feed_failed(f, DEV, 2048, DMS_FL_NO_SLOT);
	feed_end(f, true);
	assert_int_equal(count_findings(f, STATE_ERROR), 0);
	state__run(f->m, &run);
	assert_int_equal(run.events, 0);
}

/* Counts of aggregates are those of the slice, too. */
static void aggregates(void **state)
{
	struct feed *f = begin(state, 256);
	struct dms_rec r = { .type = REC_STATS };

	slice(f, T0 + 4 * SEC, UINT64_MAX);
	r.stats.key.dev = DEV;
	r.stats.key.path = DMS_PATH_BOUNCED;
	r.stats.ts = T0 + SEC;
	r.stats.val.maps = 100;
	r.stats.val.unmaps = 90;
	put(f, &r);
	r.stats.ts = T0 + 5 * SEC;
	r.stats.val.maps = 160;
	r.stats.val.unmaps = 155;
	put(f, &r);
	assert_int_equal(state__dev_by_key(f->m, DEV)->path[DMS_PATH_BOUNCED].maps, 60);
	assert_int_equal(state__dev_by_key(f->m, DEV)->path[DMS_PATH_BOUNCED].unmaps, 65);
	assert_int_equal(state__dev_by_key(f->m, DEV)->live[DMS_PATH_BOUNCED], 5);
}

/* A slice of the first second, in which a device and its default window are listed. */
static void list_default_window(struct feed *f)
{
	struct dms_rec r = make_dev(DEV, "0000:00:02.0", 64);

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.0");
	slice(f, 0, T0 + SEC);
	put(f, &r);
	feed_window(f, DEV, 0x80000000, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
}

/* Its other window is listed after the slice: first it seems to be missing. */
static void ends_within_the_list(void **state)
{
	struct feed *f = *state;

	list_default_window(f);
	expect_finding(f, "ddw-missing", STATE_NOTE, DEV);
	f->ts = T0 + 2 * SEC;
	feed_window(f, DEV, 0x80000001, WINDOW_DDW, WINDOW_DIRECT, DDW_BASE, 4ULL << 30);
	expect_no_finding(f, "ddw-missing");
	expect_not_judged(f, "ddw-missing", COVER_LISTING);
}

/* What was listed long before the end of the slice is all there is. */
static void ends_after_the_list(void **state)
{
	struct feed *f = *state;

	list_default_window(f);
	feed_map(f, DEV, DMS_PATH_DIRECT, DDW_BASE, 0, 4096);
	f->ts = T0 + 2 * SEC;
	feed_window(f, DEV, 0x80000001, WINDOW_DDW, WINDOW_DIRECT, DDW_BASE, 4ULL << 30);
	expect_finding(f, "ddw-missing", STATE_NOTE, DEV);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pool_filled_before), T(failed_before), T(ends_before_the_unmaps),
		T(empty_slice), T(aggregates), T(ends_within_the_list),
		T(ends_after_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
