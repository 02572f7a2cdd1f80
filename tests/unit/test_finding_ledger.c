// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ledger, and findings about what the hypervisor can see.
 */
#include "finding.h"

static struct model_ledger ledger(struct feed *f)
{
	struct model_ledger l;

	model__ledger(f->m, &l);
	return l;
}

static void pool_is_assumed_then_seen(void **state)
{
	struct feed *f = *state;
	struct model_ledger l;

	feed_healthy_pef(f);
	l = ledger(f);
	assert_int_equal(l.assumed, POOL_SLOTS * 2048);
	assert_int_equal(l.confirmed, 0);
	assert_int_equal(l.kexec, POOL_SLOTS * 2048);
	feed_share(f, true, POOL_START, 1 << 20);
	feed_share(f, true, 0x60000000, 65536);
	l = ledger(f);
	assert_int_equal(l.confirmed, (1 << 20) + 65536);
	assert_int_equal(l.assumed, POOL_SLOTS * 2048 - (1 << 20));
	feed_share(f, false, 0x60000000, 65536);
	assert_int_equal(ledger(f).shared.v, POOL_SLOTS * 2048);
	assert_int_equal(count_findings(f, MODEL_WARNING), 0);
}

static void nothing_is_shared_on_a_plain_guest(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_share(f, true, 0x60000000, 65536);
	assert_false(ledger(f).secure);
	assert_int_equal(ledger(f).kexec, 0);
	assert_false(mval_known(ledger(f).shared));
}

static void share_failed(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	struct model_finding x;

	feed_healthy_pef(f);
	ev = make_ev(f, DMS_EV_UCALL, 0);
	ev.ret = -4;
	ev.pid = 77;
	feed_ev(f, &ev);
	/* set_memory_decrypted() of the same call, which knows the status from the ultracall */
	ev.type = DMS_EV_SHARE;
	ev.phys = 0x60000000;
	ev.size = 65536;
	ev.ts += 1000;
	feed_ev(f, &ev);
	x = expect_finding(f, "share-failed", MODEL_ERROR, 0);
	assert_int_equal(x.count, 1);
	assert_int_equal(ledger(f).confirmed, 0);
	/* without a hook on the ultracall: the return value of others than powerpc */
	ev.pid = 78;
	ev.ts += SEC;
	feed_ev(f, &ev);
	assert_int_equal(expect_finding(f, "share-failed", MODEL_ERROR, 0).count, 2);
}

static void freed_while_shared(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_healthy_pef(f);
	feed_share(f, true, 0x60000000, 2 * 65536);
	ev = make_ev(f, DMS_EV_FREED_SHARED, 0);
	ev.phys = 0x60000000;
	ev.size = 2 * 65536;
	feed_ev(f, &ev);
	assert_non_null(strstr(expect_finding(f, "freed-while-shared", MODEL_ERROR, 0).f.evidence,
			       "2 pages"));
	assert_int_equal(ledger(f).freed_shared, 2);
}

static void unshared_while_mapped(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	feed_share(f, true, 0x60000000, 65536);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000, 0x60000000, 4096);
	expect_no_finding(f, "private-dma");
	feed_share(f, false, 0x60000000, 65536);
	expect_finding(f, "unshared-while-mapped", MODEL_ERROR, 0);
}

static void unshared_in_order(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	feed_share(f, true, 0x60000000, 65536);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000, 0x60000000, 4096);
	feed_unmap(f, 1, DDW_BASE + 0x60000000, 4096);
	/* bounced memory may be private: the device has the slot */
	feed_bounce(f, 1, POOL_START, 0x60001000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START, 0x60001000, 4096);
	feed_share(f, false, 0x60000000, 65536);
	expect_no_finding(f, "unshared-while-mapped");
}

static void share_growth(void **state)
{
	struct feed *f = *state;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 400; i++) {
		f->ts += 20 * MS;
		feed_share(f, true, 0x50000000 + i * 131072, 65536);
	}
	expect_finding(f, "share-growth", MODEL_WARNING, 0);
	expect_no_finding(f, "conversion-storm");
}

static void no_growth_when_taken_back(void **state)
{
	struct feed *f = *state;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 400; i++) {
		f->ts += 20 * MS;
		feed_share(f, true, 0x50000000 + i * 131072, 65536);
		if (i >= 10)
			feed_share(f, false, 0x50000000 + (i - 10) * 131072, 65536);
	}
	expect_no_finding(f, "share-growth");
}

static void conversion_storm(void **state)
{
	struct feed *f = *state;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 3000; i++) {
		f->ts += MS;
		feed_share(f, true, 0x50000000, 65536);
		feed_share(f, false, 0x50000000, 65536);
	}
	expect_finding(f, "conversion-storm", MODEL_WARNING, 0);
	assert_true(ledger(f).rate_max.v >= 1900);
	expect_no_finding(f, "share-growth");
}

static void sharers_by_caller(void **state)
{
	struct feed *f = *state;
	struct model_sharer s[4];
	struct dms_event ev;

	feed_healthy_pef(f);
	ev = make_ev(f, DMS_EV_SHARE, 0);
	ev.phys = 0x60000000;
	ev.size = 65536;
	ev.stack = 3;
	feed_ev(f, &ev);
	feed_stack(f, 3, "vmbus_open");
	assert_int_equal(model__sharers(f->m, s, 4), 2);
	assert_string_equal(s[0].caller, "before the start");
	assert_int_equal(s[0].bytes, POOL_SLOTS * 2048);
	assert_string_equal(s[1].caller, "vmbus_open");
	assert_int_equal(s[1].bytes, 65536);
	assert_int_equal(s[1].shares, 1);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pool_is_assumed_then_seen), T(nothing_is_shared_on_a_plain_guest),
		T(share_failed), T(freed_while_shared), T(unshared_while_mapped),
		T(unshared_in_order), T(share_growth), T(no_growth_when_taken_back),
		T(conversion_storm), T(sharers_by_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
