// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ledger, and findings about what the hypervisor can see.
 */
#include "finding.h"

static struct state_ledger ledger(struct feed *f)
{
	struct state_ledger l;

	state__ledger(f->m, &l);
	return l;
}

static void pool_is_assumed_then_seen(void **state)
{
	struct feed *f = *state;
	struct state_ledger l;

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
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
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
	struct state_finding x;

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
	x = expect_finding(f, "share-failed", STATE_ERROR, 0);
	assert_int_equal(x.count, 1);
	expect_fact(&x, FACT_FAILED, 1);
	expect_fact(&x, FACT_STATUS, (uint64_t)-4);
	assert_true(advises(&x, REMEDY_PEF_LOGS));
	assert_int_equal(ledger(f).confirmed, 0);
	/* without a hook on the ultracall: the return value of others than powerpc */
	ev.pid = 78;
	ev.ts += SEC;
	feed_ev(f, &ev);
	assert_int_equal(expect_finding(f, "share-failed", STATE_ERROR, 0).count, 2);
}

/* A conversion that failed may have converted some of its pages: shared, but not confirmed. */
static void failed_conversion_may_have_shared(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_TDX, "x86_64", "6.12.0");
	feed_all_hooks(f);
	ev = make_ev(f, DMS_EV_SHARE, 0);
	ev.phys = 0x60000000;
	ev.size = 1 << 20;
	ev.ret = -5;
	feed_ev(f, &ev);
	expect_finding(f, "share-failed", STATE_ERROR, 0);
	assert_int_equal(ledger(f).confirmed, 0);
	assert_int_equal(ledger(f).assumed, 1 << 20);
}

/* SNP changes the state of a page before what fails; elsewhere a page that failed is private. */
static void failed_page_may_be_shared(void **state)
{
	static const struct { enum dms_guest guest; uint64_t assumed; } kind[] = {
		{ GUEST_SEV_SNP, 4096 }, { GUEST_SEV, 0 }, { GUEST_TDX, 0 }, { GUEST_CCA, 0 },
	};
	struct dms_event ev;

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		struct feed *f = *state;

		feed_session(f, kind[i].guest, kind[i].guest == GUEST_CCA ? "aarch64" : "x86_64",
			     "7.2.0");
		feed_all_hooks(f);
		ev = make_ev(f, DMS_EV_SHARE, 0);
		ev.phys = 0x60000000;
		ev.size = 4096;
		ev.ret = -12;
		feed_ev(f, &ev);
		assert_int_equal(ledger(f).assumed, kind[i].assumed);
		assert_int_equal(ledger(f).confirmed, 0);
		feed_teardown(state);
		feed_setup(state);
	}
}

/* Without the hooks that see it, it is not known that nothing was shared, refused or freed. */
static void not_counted_is_not_zero(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_SEV_SNP, "x86_64", "6.12.0");
	feed_hook(f, DMS_HOOK_MAP);
	assert_false(ledger(f).counted);
	assert_non_null(ledger(f).failed.why);
	assert_non_null(ledger(f).freed_shared.why);
	assert_non_null(ledger(f).rate_max.why);
	feed_all_hooks(f);
	assert_true(ledger(f).counted);
	assert_null(ledger(f).failed.why);
	assert_null(ledger(f).freed_shared.why);
}

/* Only the ultracall's status was observed: how many calls there were is not known, not 0. */
static void share_failed_without_calls(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_healthy_pef(f);
	ev = make_ev(f, DMS_EV_UCALL, 0);
	ev.ret = -4;
	feed_ev(f, &ev);
	x = expect_finding(f, "share-failed", STATE_ERROR, 0);
	expect_fact(&x, FACT_FAILED, 1);
	assert_false(x.fact[FACT_CALLS].known);
}

static void freed_while_shared(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_healthy_pef(f);
	feed_share(f, true, 0x60000000, 2 * 65536);
	ev = make_ev(f, DMS_EV_FREED_SHARED, 0);
	ev.phys = 0x60000000;
	ev.size = 2 * 65536;
	feed_ev(f, &ev);
	x = expect_finding(f, "freed-while-shared", STATE_ERROR, 0);
	expect_fact(&x, FACT_PAGES, 2);
	expect_fact(&x, FACT_BYTES, 2 * 65536);
	assert_int_equal(ledger(f).freed_shared.v, 2);
}

static void unshared_while_mapped(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	feed_share(f, true, 0x60000000, 65536);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000, 0x60000000, 4096);
	expect_no_finding(f, "private-dma");
	feed_share(f, false, 0x60000000, 65536);
	expect_finding(f, "unshared-while-mapped", STATE_ERROR, 0);
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

/* dma_free_coherent() makes the memory private, and the event of the free comes after that. */
static void coherent_memory_is_freed(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	feed_share(f, true, 0x50000000, 8192);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.dma = ev.phys = 0x50000000;
	ev.size = 8192;
	feed_ev(f, &ev);
	f->ts += SEC;
	feed_share(f, false, 0x50000000, 8192);
	ev.type = DMS_EV_FREE;
	ev.ts = f->ts + 1000;
	feed_ev(f, &ev);
	expect_no_finding(f, "unshared-while-mapped");
}

static void share_growth(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 400; i++) {
		f->ts += 20 * MS;
		feed_share(f, true, 0x50000000 + i * 131072, 65536);
	}
	x = expect_finding(f, "share-growth", STATE_WARNING, 0);
	assert_true(fact_of(&x, FACT_FROM) < fact_of(&x, FACT_TO));
	expect_fact(&x, FACT_TO, 400 * 65536);
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
	struct state_finding x;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 3000; i++) {
		f->ts += MS;
		feed_share(f, true, 0x50000000, 65536);
		feed_share(f, false, 0x50000000, 65536);
	}
	x = expect_finding(f, "conversion-storm", STATE_WARNING, 0);
	expect_fact(&x, FACT_SHARES, 3000);
	expect_fact(&x, FACT_UNSHARES, 3000);
	assert_true(fact_of(&x, FACT_RATE) >= 1900);
	assert_true(ledger(f).rate_max.v >= 1900);
	expect_no_finding(f, "share-growth");
}

static void sharers_by_caller(void **state)
{
	struct feed *f = *state;
	struct state_sharer s[4];
	struct dms_event ev;

	feed_healthy_pef(f);
	ev = make_ev(f, DMS_EV_SHARE, 0);
	ev.phys = 0x60000000;
	ev.size = 65536;
	ev.stack = 3;
	feed_ev(f, &ev);
	feed_stack(f, 3, "vmbus_open");
	assert_int_equal(state__sharers(f->m, s, 4), 2);
	assert_string_equal(s[0].caller, "before the start");
	assert_int_equal(s[0].bytes, POOL_SLOTS * 2048);
	assert_string_equal(s[1].caller, "vmbus_open");
	assert_int_equal(s[1].bytes, 65536);
	assert_int_equal(s[1].shares, 1);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

/* Two CPUs: the share of t = 3000 stands before the unshare of t = 2000. */
static void ledger_goes_by_time(void **state)
{
	struct feed *f = *state;
	struct dms_rec dev = make_dev(1, "0000:00:02.0", 64);
	struct state_ledger l;

	feed_session(f, GUEST_TDX, "x86_64", "6.12.0");
	feed_all_hooks(f);
	put(f, &dev);
	f->ts = T0 + 1000;
	feed_share(f, true, 0x50000000, 4096);
	f->ts = T0 + 3000;
	feed_share(f, true, 0x50000000, 4096);
	f->ts = T0 + 2000;
	feed_share(f, false, 0x50000000, 4096);
	f->ts = T0 + 4000;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x50000000, 0x50000000, 4096);
	expect_no_finding(f, "private-dma");
	state__ledger(f->m, &l);
	assert_int_equal(l.shared.v, 4096);
	/* and the other way round: an older share does not undo a younger unshare */
	f->ts = T0 + 7000;
	feed_share(f, false, 0x50000000, 4096);
	f->ts = T0 + 6000;
	feed_share(f, true, 0x50000000, 4096);
	state__ledger(f->m, &l);
	assert_int_equal(l.shared.v, 0);
}

static void share_for(struct feed *f, uint64_t phys, uint32_t stack, uint32_t pid, const char *comm)
{
	struct dms_rec r = { .type = REC_EVENT, .event = make_ev(f, DMS_EV_SHARE, 0) };

	r.event.phys = phys;
	r.event.size = 1 << 20;
	r.event.stack = stack;
	r.event.pid = pid;
	snprintf(r.comm, sizeof(r.comm), "%s", comm);
	put(f, &r);
}

static void feed_heap_stack(struct feed *f, uint32_t id, const char *allocate)
{
	struct dms_rec r = { .type = REC_STACK };

	r.stack.id = id;
	r.stack.depth = 4;
	strcpy(r.stack.frame[0], "set_memory_decrypted+0x5");
	snprintf(r.stack.frame[1], DMS_NAME_LEN, "%s+0x1c1", allocate);
	strcpy(r.stack.frame[2], "dma_heap_ioctl+0x16e");
	strcpy(r.stack.frame[3], "__x64_sys_ioctl+0x95");
	put(f, &r);
}

static int keep_shared(void *ctx, const struct state_shared *s)
{
	struct state_shared *at = ctx;

	if (s->phys == at->phys)
		*at = *s;
	return 0;
}

static struct state_shared shared_at(struct feed *f, uint64_t phys)
{
	struct state_shared s = { .phys = phys };

	state__shared(f->m, keep_shared, &s);
	return s;
}

/* /dev/dma_heap/system_cc_shared: who asked for it; a driver's own memory has no heap. */
static void shared_for_user_space(void **state)
{
	struct state_heap_user u[4];
	struct feed *f = *state;

	feed_session(f, GUEST_SEV, "x86_64", "7.3.4");
	feed_all_hooks(f);
	feed_heap_stack(f, 1, "system_heap_allocate");
	feed_heap_stack(f, 2, "tee_heap_alloc");
	feed_stack(f, 3, "nvme_probe");
	share_for(f, 0x50000000, 1, 300, "server");
	share_for(f, 0x50100000, 1, 300, "server");
	share_for(f, 0x51000000, 1, 301, "server");
	share_for(f, 0x52000000, 2, 302, "other");
	share_for(f, 0x53000000, 3, 303, "modprobe");
	assert_string_equal(shared_at(f, 0x50100000).heap, "system_cc_shared");
	assert_string_equal(shared_at(f, 0x50100000).comm, "server");
	assert_int_equal(shared_at(f, 0x51000000).pid, 301);
	assert_string_equal(shared_at(f, 0x52000000).heap, "");
	assert_null(shared_at(f, 0x53000000).heap);
	assert_string_equal(shared_at(f, 0x53000000).comm, "modprobe");
	assert_int_equal(state__heap_users(f->m, u, 4), 3);
	assert_int_equal(u[0].pid, 300);
	assert_int_equal(u[0].bytes, 2 << 20);
	assert_string_equal(u[0].comm, "server");
	assert_string_equal(u[0].heap, "system_cc_shared");
	assert_int_equal(u[1].bytes, 1 << 20);
	/* the buffer is closed, by whoever holds it last */
	feed_share(f, false, 0x50000000, 2 << 20);
	assert_int_equal(state__heap_users(f->m, u, 4), 2);
	assert_true(u[0].pid != 300 && u[1].pid != 300);
}

/* Without the name of the process (--redact), and without stacks. */
static void shared_for_an_unnamed_process(void **state)
{
	struct state_heap_user u[2];
	struct feed *f = *state;

	feed_session(f, GUEST_SEV, "x86_64", "7.3.4");
	feed_all_hooks(f);
	feed_heap_stack(f, 1, "system_heap_allocate");
	share_for(f, 0x50000000, 1, 300, "");
	share_for(f, 0x60000000, 0, 301, "server");
	assert_int_equal(state__heap_users(f->m, u, 2), 1);
	assert_int_equal(u[0].pid, 300);
	assert_null(u[0].comm);
	assert_null(shared_at(f, 0x60000000).heap);
	assert_string_equal(shared_at(f, 0x60000000).comm, "server");
}

/* The mapping's record came before that of the share it was made after. */
static void share_comes_late(void **state)
{
	struct feed *f = *state;
	struct dms_rec dev = make_dev(1, "0000:00:02.0", 64);

	feed_session(f, GUEST_TDX, "x86_64", "6.12.0");
	feed_all_hooks(f);
	put(f, &dev);
	f->ts = T0 + 3000;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x50000000, 0x50000000, 4096);
	f->ts = T0 + 2000;
	feed_share(f, true, 0x50000000, 4096);
	expect_no_finding(f, "private-dma");
	assert_int_equal(state__dev_by_key(f->m, 1)->private_maps, 0);
	f->ts = T0 + 6000;
	feed_share(f, false, 0x50000000, 4096);
	f->ts = T0 + 5000;
	feed_unmap(f, 1, 0x50000000, 4096);
	expect_no_finding(f, "unshared-while-mapped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pool_is_assumed_then_seen), T(nothing_is_shared_on_a_plain_guest),
		T(failed_conversion_may_have_shared), T(share_failed),
		T(failed_page_may_be_shared), T(not_counted_is_not_zero),
		T(share_failed_without_calls), T(freed_while_shared),
		T(unshared_while_mapped),
		T(unshared_in_order), T(coherent_memory_is_freed),
		T(share_growth), T(no_growth_when_taken_back),
		T(conversion_storm), T(sharers_by_caller),
		T(ledger_goes_by_time), T(share_comes_late),
		T(shared_for_user_space), T(shared_for_an_unnamed_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
