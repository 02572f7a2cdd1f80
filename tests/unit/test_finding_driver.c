// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about drivers: leaks, misuse of the DMA API, unmaps that go astray.
 */
#include "finding.h"

#define LEAKY	"leaky_xmit"

static void bounce_map(struct feed *f, uint64_t slot)
{
	feed_bounce(f, 1, slot, 0x40000000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + slot, 0x40000000, 4096);
}

/* n mappings, one each 20 ms; every keep-th of them stays. */
static void run_load(struct feed *f, unsigned int n, unsigned int keep)
{
	struct dms_event ev;
	unsigned int i;

	feed_stack(f, 5, LEAKY);
	for (i = 0; i < n; i++) {
		f->ts += 20 * MS;
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START + (keep ? i : i % 64) * 4096ULL;
		ev.phys = 0x40000000;
		ev.size = 1500;
		ev.stack = 5;
		ev.dir = DMS_DIR_FROM_DEVICE;
		feed_ev(f, &ev);
		f->ts += MS;
		if (!keep || i % keep)
			feed_unmap(f, 1, ev.dma, 1500);
	}
}

static void mapping_leak(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_healthy_pef(f);
	run_load(f, 1000, 3);
	x = expect_finding(f, "mapping-leak", STATE_WARNING, 1);
	expect_text(&x, FACT_CALLER, LEAKY);
	assert_true(x.count > 150 && x.count < 334);	/* the old ones */
	assert_true(x.seq[0] > 0);
}

/* The same function with another stack each time: no stack alone has many. */
static void mapping_leak_by_many_stacks(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;
	uint32_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 1000; i++) {
		f->ts += 20 * MS;
		feed_stack(f, 100 + i, i % 10 ? LEAKY : "another");
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START + i * 4096ULL;
		ev.size = 1500;
		ev.stack = 100 + i;
		ev.dir = DMS_DIR_FROM_DEVICE;
		feed_ev(f, &ev);
		if (i % 4)
			feed_unmap(f, 1, ev.dma, 1500);
	}
	x = expect_finding(f, "mapping-leak", STATE_WARNING, 1);
	expect_text(&x, FACT_CALLER, LEAKY);
}

/* One caller keeps a few of its mappings while another's load goes up and down. */
static void mapping_leak_in_the_noise(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i, k, depth = 0, n;
	struct dms_event ev;

	feed_healthy_pef(f);
	feed_stack(f, 5, LEAKY);
	for (i = 0; i < 400; i++) {
		f->ts += 50 * MS;
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START + i * 4096;
		ev.size = 1500;
		ev.stack = 5;
		feed_ev(f, &ev);
		n = i / 40 % 2 ? 50 : 600;
		for (k = depth; k < n; k++)
			feed_map(f, 1, DMS_PATH_BOUNCED, 2 * DDW_BASE + k * 4096, 0x40000000, 512);
		for (k = n; k < depth; k++)
			feed_unmap(f, 1, 2 * DDW_BASE + k * 4096, 512);
		depth = n;
	}
	x = expect_finding(f, "mapping-leak", STATE_WARNING, 1);
	expect_text(&x, FACT_CALLER, LEAKY);
}

static void no_leak_in_a_steady_load(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	run_load(f, 1000, 0);
	expect_no_finding(f, "mapping-leak");
}

/* A receive ring: filled once, then one in, one out. */
static void no_leak_in_a_ring(void **state)
{
	struct feed *f = *state;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 256; i++) {
		f->ts += 10 * MS;
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 4096, 0x40000000,
			 1500);
	}
	for (i = 0; i < 2000; i++) {
		f->ts += 10 * MS;
		feed_unmap(f, 1, DDW_BASE + POOL_START + i % 256 * 4096, 1500);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i % 256 * 4096,
			 0x40000000, 1500);
	}
	expect_no_finding(f, "mapping-leak");
}

/* More and more in flight, but nothing grows old: a load that rises. */
static void no_leak_in_a_rising_load(void **state)
{
	struct feed *f = *state;
	uint64_t i, out = 0, depth;

	feed_healthy_pef(f);
	for (i = 0; i < 20000; i++) {
		f->ts += MS;
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i % 8192 * 4096,
			 0x40000000, 1500);
		depth = 10 + i / 100;
		while (i - out >= depth)
			feed_unmap(f, 1, DDW_BASE + POOL_START + out++ % 8192 * 4096, 1500);
	}
	expect_no_finding(f, "mapping-leak");
}

static void leak_at_remove(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_healthy_pef(f);
	bounce_map(f, POOL_START);
	ev = make_ev(f, DMS_EV_DEVICE_DEL, 1);
	feed_ev(f, &ev);
	expect_no_finding(f, "leak-at-remove");	/* its driver may still be at it */
	f->ts += SEC - 1;
	feed_end(f, true);
	expect_no_finding(f, "leak-at-remove");
	f->ts++;
	feed_end(f, true);
	x = expect_finding(f, "leak-at-remove", STATE_WARNING, 1);
	expect_fact(&x, FACT_AGE, SEC);
	assert_true(x.f.confidence <= 60 && x.not_seen[0]);
	f->ts += 9 * SEC;
	feed_end(f, true);
	x = expect_finding(f, "leak-at-remove", STATE_ERROR, 1);
	assert_true(x.f.confidence > 60 && !x.not_seen[0]);
	feed_unbounce(f, 1, POOL_START, 4096);
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	expect_no_finding(f, "leak-at-remove");
}

/* sysfs is read now: that driver is bound to device 9. */
static void feed_driver(struct feed *f, const char *driver)
{
	struct dms_rec r = make_dev(9, "0000:00:09.0", 64);

	r.device.known |= DEV_KNOWN_DRIVER;
	r.device.ts = f->ts;
	strcpy(r.device.driver, driver);
	put(f, &r);
}

static void leak_at_unbind(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_driver(f, "e1000");
	feed_map(f, 9, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts += SEC;
	feed_driver(f, "");
	f->ts += 10 * SEC;
	feed_end(f, true);
	expect_finding(f, "leak-at-remove", STATE_ERROR, 9);
}

/* remove() unmaps while it runs, which takes it seconds; or the unbinding was seen as it began. */
static void slow_removal(void **state, bool unbind)
{
	struct feed *f = *state;
	struct dms_event ev;
	uint64_t i;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_driver(f, "mlx5_core");
	for (i = 0; i < 16; i++)
		feed_map(f, 9, DMS_PATH_DIRECT, 0x9000 + i * 4096, 0x9000 + i * 4096, 512);
	f->ts += SEC;
	ev = make_ev(f, DMS_EV_DEVICE_DEL, 9);
	if (unbind)
		feed_driver(f, "");
	else
		feed_ev(f, &ev);
	f->ts += 210 * MS;
	feed_end(f, true);
	expect_no_finding(f, "leak-at-remove");
	for (i = 0; i < 15; i++) {
		f->ts += 900 * MS;
		feed_unmap(f, 9, 0x9000 + i * 4096, 512);
		expect_no_finding(f, "leak-at-remove");
	}
	f->ts += 2 * SEC;
	feed_end(f, true);
	expect_finding(f, "leak-at-remove", STATE_WARNING, 9);
	feed_unmap(f, 9, 0x9000 + i * 4096, 512);
	expect_no_finding(f, "leak-at-remove");
}

static void slow_unplug(void **state)
{
	slow_removal(state, false);
}

static void slow_unbind(void **state)
{
	slow_removal(state, true);
}

static void unmapped_twice(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_rec gap = { .type = REC_GAP };

	feed_healthy_pef(f);
	expect_no_finding(f, "api-misuse");
	bounce_map(f, POOL_START);
	f->ts += MS;
	feed_unbounce(f, 1, POOL_START, 4096);
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	expect_no_finding(f, "api-misuse");
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	x = expect_finding(f, "api-misuse", STATE_ERROR, 1);
	expect_fact(&x, FACT_UNMAP_TWICE, 1);
	/* a lost map would look the same */
	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = 1;
	put(f, &gap);
	expect_no_finding(f, "api-misuse");
}

/*
 * What is read once a second is ahead of hits that wait in a queue. Where the trace ends then, a
 * loss that came before may not have been reported: not even if it is long before what was read.
 */
static void unmapped_twice_before_the_cut(void **state)
{
	struct feed *f = *state;
	struct dms_rec cut = { .type = REC_CUT };
	struct dms_event ev;

	feed_healthy_pef(f);
	f->ts += 5 * SEC;
	bounce_map(f, POOL_START);
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	f->ts += 2 * SEC;
	ev = make_ev(f, DMS_EV_DOMAIN_USE, 1);
	ev.hook = DMS_HOOK_SNAPSHOT;
	feed_ev(f, &ev);
	expect_finding(f, "api-misuse", STATE_ERROR, 1);
	put(f, &cut);
	expect_no_finding(f, "api-misuse");
}

/* The map between two unmaps is reported late: no misuse. */
static void unmapped_twice_was_only_late(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	bounce_map(f, POOL_START);
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	f->ts -= 1000;
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START, 0x40000000, 4096);
	expect_no_finding(f, "api-misuse");
	assert_int_equal(state__dev_by_key(f->m, 1)->preexisting, 0);
}

static void wrong_size_and_error_unmapped(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	f->ts += SEC;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 1536);
	feed_unmap(f, 1, 0x9000, 42);
	x = expect_finding(f, "api-misuse", STATE_WARNING, 1);
	expect_fact(&x, FACT_SIZE_MISMATCH, 1);
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0xa000;
	ev.size = 512;
	ev.dir = DMS_DIR_TO_DEVICE;
	feed_ev(f, &ev);
	feed_unmap(f, 1, 0xa000, 512);
	x = get_finding(f, "api-misuse");
	expect_fact(&x, FACT_DIR_MISMATCH, 1);
	feed_unmap(f, 1, DMS_DMA_ERROR, 512);
	expect_finding(f, "api-misuse", STATE_ERROR, 1);
}

/* A mapping that is larger than the object it begins in; of one that is not, `object` is 0. */
static void past_object(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 1536);
	expect_no_finding(f, "past-object");
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0xa400;
	ev.size = 5120;
	ev.object = 8192;	/* no program sends that */
	feed_ev(f, &ev);
	expect_no_finding(f, "past-object");
	ev.object = 1024;
	feed_ev(f, &ev);
	ev.size = 1025;
	feed_ev(f, &ev);
	x = expect_finding(f, "past-object", STATE_ERROR, 1);
	expect_fact(&x, FACT_TIMES, 2);
	expect_fact(&x, FACT_SIZE, 5120);
	expect_fact(&x, FACT_OBJECT, 1024);
}

static void path_mismatch(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_healthy_pef(f);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
	feed_map(f, 2, DMS_PATH_TCE, 0x10000, POOL_START, 512);
	ev = make_ev(f, DMS_EV_UNMAP, 2);
	ev.path = DMS_PATH_BOUNCED;
	ev.dma = 0x10000;
	ev.size = 512;
	ev.dir = DMS_DIR_FROM_DEVICE;
	feed_ev(f, &ev);
	expect_finding(f, "path-mismatch", STATE_ERROR, 2);
}

static void not_copied_back(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	bounce_map(f, POOL_START);
	f->ts += MS;
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	expect_no_finding(f, "not-copied-back");
	f->ts += SEC;
	bounce_map(f, POOL_START + 8192);
	expect_no_finding(f, "not-copied-back");	/* is the hook still there? */
	feed_unbounce(f, 1, POOL_START + 8192, 4096);
	feed_unmap(f, 1, DDW_BASE + POOL_START + 8192, 4096);
	expect_finding(f, "not-copied-back", STATE_ERROR, 1);
	feed_unbounce(f, 1, POOL_START, 4096);
	expect_no_finding(f, "not-copied-back");
}

static void refused_without_a_reason(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	f->ts = T0 + MS;
	feed_failed(f, 1, 4096, 0);
	expect_no_finding(f, "map-failed");	/* its search for slots may be older than we are */
	f->ts = T0 + 20 * MS;
	feed_failed(f, 1, 4096, 0);
	expect_finding(f, "map-failed", STATE_WARNING, 1);
}

static void feed_coherent(struct feed *f, uint64_t dev, uint64_t size, bool refused, uint8_t flags)
{
	struct dms_event ev = make_ev(f, DMS_EV_ALLOC, dev);

	ev.hook = DMS_HOOK_ALLOC;
	ev.path = refused ? DMS_PATH_FAILED : DMS_PATH_COHERENT;
	ev.dma = refused ? DMS_DMA_ERROR : DDW_BASE + 0x10000;
	ev.phys = 0x10000;
	ev.size = size;
	ev.flags = flags;
	feed_ev(f, &ev);
}

/* Coherent memory is not a mapping: a table that was full is named, memory that lacked is not. */
static void coherent_refused(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_healthy_pef(f);
	feed_coherent(f, 1, 65536, false, 0);
	feed_coherent(f, 1, 1 << 20, true, DMS_FL_NO_TCE);
	expect_no_finding(f, "coherent-refused");
	feed_coherent(f, 1, 4096, true, 0);
	feed_coherent(f, 1, 65536, true, 0);
	x = expect_finding(f, "coherent-refused", STATE_ERROR, 1);
	expect_fact(&x, FACT_FAILED, 2);
	expect_fact(&x, FACT_SIZE, 65536);
	expect_fact(&x, FACT_GRANTED, 1);
	assert_true(advises(&x, REMEDY_NO_COHERENT_POOL));
	expect_no_finding(f, "map-failed");
	expect_finding(f, "tce-table-full", STATE_ERROR, 1);
}

static void coherent_refused_on_sev(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.95");
	feed_all_hooks(f);
	feed_coherent(f, 1, 4096, true, 0);
	x = expect_finding(f, "coherent-refused", STATE_ERROR, 1);
	assert_true(advises(&x, REMEDY_COHERENT_POOL));
}

static void callers_by_stack(void **state)
{
	struct feed *f = *state;
	struct state_caller c[4];
	struct state_failure x;
	uint64_t dev = 1;

	feed_healthy_pef(f);
	run_load(f, 10, 5);
	assert_int_equal(state__callers(f->m, &dev, c, 4), 2);
	assert_null(c[0].name);
	assert_int_equal(c[0].maps, 200);
	assert_string_equal(c[1].name, LEAKY);
	assert_int_equal(c[1].live, 2);
	assert_true(c[1].oldest > T0);
	assert_non_null(state__stack(f->m, 5));
	assert_null(state__stack(f->m, 6));
	assert_false(state__failure(f->m, 0, &x));
	feed_failed(f, 1, 4096, 0);
	assert_true(state__failure(f->m, 0, &x));
	assert_int_equal(x.size, 4096);
	assert_false(state__failure(f->m, 1, &x));
}

/*
 * A receive ring that was full at the start turns over slowly: what is mapped anew takes the place
 * of what is older than the start.
 */
static void no_leak_in_an_old_ring(void **state)
{
	struct feed *f = *state;
	uint64_t i;

	feed_healthy_pef(f);
	for (i = 0; i < 240; i++) {
		f->ts += 100 * MS;
		feed_unmap(f, 1, DDW_BASE + POOL_START + 0x200000 + i * 4096, 1500);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 4096, 0x40000000,
			 1500);
	}
	expect_no_finding(f, "mapping-leak");
}

/* The same ring of 64, and beside it one caller that leaks more than ever was in it. */
static void leak_beside_an_old_ring(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	uint64_t i;

	feed_healthy_pef(f);
	feed_stack(f, 5, LEAKY);
	for (i = 0; i < 400; i++) {
		f->ts += 50 * MS;
		feed_unmap(f, 1, DDW_BASE + POOL_START + 0x800000 + i * 4096, 1500);
		feed_map(f, 1, DMS_PATH_BOUNCED,
			 DDW_BASE + POOL_START + 0x800000 + (i + 64) * 4096, 0x40000000, 1500);
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START + i * 4096;
		ev.size = 1500;
		ev.stack = 5;
		feed_ev(f, &ev);
	}
	expect_finding(f, "mapping-leak", STATE_WARNING, 1);
}

/* The storage hangs just after the start: requests come, and none ends. Later all of them do. */
static void no_leak_in_a_stall(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pool(f, POOL_SLOTS, 0, true);
	for (i = 0; i < 32; i++) {
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START, 0x40000000, 4096);
		f->ts += 5 * MS;
		feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	}
	for (i = 0; i < 300; i++) {
		f->ts += 20 * MS;
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 4096, 0x40000000,
			 4096);
	}
	x = expect_finding(f, "mapping-leak", STATE_NOTE, 1);
	assert_true(x.f.confidence <= 30 && x.not_seen[0]);
	/* one of them times out */
	feed_unmap(f, 1, DDW_BASE + POOL_START, 4096);
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
	for (i = 1; i < 300; i++)
		feed_unmap(f, 1, DDW_BASE + POOL_START + i * 4096, 4096);
	expect_no_finding(f, "mapping-leak");
}

/* Queues are opened, one each half second, each filled at once; of each so many are not seen. */
static void fill_queues(struct feed *f, uint64_t missed)
{
	struct dms_rec gap = { .type = REC_GAP };
	uint64_t i, k;

	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = missed;
	feed_healthy_pef(f);
	for (i = 0; i < 12; i++) {
		for (k = missed; k < 64; k++)
			feed_map(f, 1, DMS_PATH_BOUNCED,
				 DDW_BASE + POOL_START + (i * 64 + k) * 4096, 0x40000000, 4096);
		gap.gap.ts = f->ts;
		put(f, &gap);
		f->ts += SEC / 2;
	}
}

/* A note, with a doubt. */
static void queues_filled_one_after_another(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	fill_queues(f, 0);
	x = expect_finding(f, "mapping-leak", STATE_NOTE, 1);
	expect_fact(&x, FACT_BURSTS, 12);
	assert_true(x.f.confidence <= 50 && x.not_seen[0]);
}

/* Most of each burst may have been lost. */
static void queues_with_losses(void **state)
{
	struct feed *f = *state;

	fill_queues(f, 60);
	expect_finding(f, "mapping-leak", STATE_NOTE, 1);
}

static void leak_of_the_driver_before(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_driver(f, "first");
	f->ts += MS;
	feed_map(f, 9, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts += SEC;
	feed_driver(f, "");
	f->ts += SEC;
	feed_driver(f, "second");
	f->ts += MS;
	feed_map(f, 9, DMS_PATH_DIRECT, 0xa000, 0xa000, 512);	/* of the second one */
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "leak-at-remove", STATE_ERROR, 9);
	expect_fact(&x, FACT_MAPS, 1);
	expect_text(&x, FACT_DRIVER, "first");
	feed_unmap(f, 9, 0x9000, 512);
	expect_no_finding(f, "leak-at-remove");
}

/* Between two readings one driver goes and another one comes, and maps. */
static void drivers_change_between_polls(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_driver(f, "vfio-pci");
	f->ts = T0 + 1200 * MS;
	feed_map(f, 9, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts = T0 + 1900 * MS;
	feed_driver(f, "nvme");
	f->ts += 60 * SEC;
	feed_map(f, 9, DMS_PATH_DIRECT, 0xa000, 0xa000, 512);
	expect_no_finding(f, "leak-at-remove");
	/* now one of the two has left them */
	f->ts += SEC;
	feed_driver(f, "");
	f->ts += 60 * SEC;
	feed_end(f, true);
	x = expect_finding(f, "leak-at-remove", STATE_ERROR, 9);
	expect_fact(&x, FACT_MAPS, 2);
	assert_false(x.fact[FACT_DRIVER].known);
}

static struct dms_event dir_event(struct feed *f, enum dms_event_type type, uint8_t dir)
{
	struct dms_event ev = make_ev(f, type, 1);

	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0x9000;
	ev.size = 256;
	ev.dir = dir;
	return ev;
}

/* One page is mapped in both directions at once, and unmapped in the order it was mapped. */
static void a_page_in_both_directions(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	unsigned int i;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	f->ts += SEC;
	for (i = 0; i < 4; i++) {
		ev = dir_event(f, i < 2 ? DMS_EV_MAP : DMS_EV_UNMAP,
			       i % 2 ? DMS_DIR_FROM_DEVICE : DMS_DIR_TO_DEVICE);
		f->ts += MS;
		feed_ev(f, &ev);
	}
	expect_no_finding(f, "api-misuse");
}

/* A page that was mapped before the start is mapped once more, and then unmapped twice. */
static void a_page_mapped_before_the_start(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	f->ts += MS;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts += MS;
	feed_unmap(f, 1, 0x9000, 512);
	f->ts += MS;
	feed_unmap(f, 1, 0x9000, 512);
	expect_no_finding(f, "api-misuse");
	/* later, and alike: the same one twice */
	f->ts += SEC;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts += MS;
	feed_unmap(f, 1, 0x9000, 512);
	f->ts += MS;
	feed_unmap(f, 1, 0x9000, 512);
	expect_finding(f, "api-misuse", STATE_ERROR, 1);
}

/* A page that the driver maps once more, briefly, and unmaps; 99 s later it is unmapped again. */
static void unmap_of_a_kept_page(struct feed *f)
{
	feed_map(f, 9, DMS_PATH_DIRECT, 0x9000, 0x9000, 4096);
	f->ts += MS / 20;
	feed_unmap(f, 9, 0x9000, 4096);
	f->ts += 99 * SEC;
	feed_unmap(f, 9, 0x9000, 4096);
}

/* Mapped before the start and kept since, as page pools do. */
static void a_page_kept_since_before_the_start(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_driver(f, "mlx5_core");
	f->ts += SEC;
	unmap_of_a_kept_page(f);
	expect_no_finding(f, "api-misuse");
	/* one more, soon, that is not the same */
	feed_map(f, 9, DMS_PATH_DIRECT, 0x9000, 0x9000, 1500);
	f->ts += MS / 20;
	feed_unmap(f, 9, 0x9000, 1500);
	f->ts += MS;
	feed_unmap(f, 9, 0x9000, 4096);
	expect_no_finding(f, "api-misuse");
}

/* All mappings of a device that came later are known, if none was lost since. */
static void new_device(struct feed *f, uint64_t lost)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	f->ts += SEC;
	ev = make_ev(f, DMS_EV_DEVICE_ADD, 9);
	feed_ev(f, &ev);
	feed_driver(f, "mlx5_core");
	f->ts += SEC;
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = lost;
	if (lost)
		put(f, &gap);
	f->ts += SEC;
	unmap_of_a_kept_page(f);
}

static void a_kept_page_of_a_new_device(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	new_device(f, 0);
	x = expect_finding(f, "api-misuse", STATE_ERROR, 9);
	expect_fact(&x, FACT_UNMAP_TWICE, 1);
}

/* The lost one may have mapped that page. */
static void a_page_of_a_lost_mapping(void **state)
{
	new_device(*state, 1);
	expect_no_finding(*state, "api-misuse");
}

/* With DMA_ATTR_NO_WARN a driver asks for less until it is given some: no failure. */
static void coherent_refused_to_a_probing_driver(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = 32 << 20;
	ev.attrs = 1 << 8;
	feed_ev(f, &ev);
	expect_no_finding(f, "coherent-refused");
	ev.attrs = 0;
	feed_ev(f, &ev);
	x = expect_finding(f, "coherent-refused", STATE_ERROR, 1);
	expect_fact(&x, FACT_FAILED, 1);
	expect_fact(&x, FACT_TOO_LARGE, 4 << 20);	/* of pages of 4 KiB */
	assert_true(advises(&x, REMEDY_CMA));
}

/* All shared memory of a realm has a bit in its address that a small mask does not reach. */
static void small_mask_in_a_realm(void **state)
{
	struct dms_rec s = { .type = REC_SESSION }, dev = make_dev(1, "0000:00:04.0", 32);
	struct feed *f = *state;
	struct state_finding x;

	s.session.guest = GUEST_CCA;
	s.session.shared_mask = 1ULL << 47;
	strcpy(s.session.arch, "aarch64");
	put(f, &s);
	feed_all_hooks(f);
	put(f, &dev);
	f->ts = T0 + 20 * MS;
	feed_failed(f, 1, 4096, 0);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_SHARED_MASK, 1ULL << 47);
	assert_true(advises(&x, REMEDY_BEYOND_MASK));
	feed_coherent(f, 1, 4096, true, 0);
	x = expect_finding(f, "coherent-refused", STATE_ERROR, 1);
	assert_true(advises(&x, REMEDY_BEYOND_MASK));
}

/* A device that is not trusted, on a machine whose kernel made no pool; another one beside it. */
static void external_port_without_pool(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_external(1, "dmar0");
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	put(f, &r);
	feed_pool(f, 0, 0, false);
	f->ts = T0 + 20 * MS;
	feed_failed(f, 1, 1500, 0);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_EXTERNAL, 1);
	assert_true(advises(&x, REMEDY_POOL_FOR_PORT));
	assert_non_null(strstr(x.f.summary, "no bounce pool to copy them to"));
	assert_null(strstr(x.f.summary, "seen to be the"));
	/* with a pool it is not known why, nor of whole pages */
	feed_pool(f, POOL_SLOTS, 0, false);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	assert_false(x.fact[FACT_EXTERNAL].known);
	feed_pool(f, 0, 0, false);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_EXTERNAL, 1);
	feed_failed(f, 1, 8192, 0);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	assert_false(x.fact[FACT_EXTERNAL].known);
	assert_true(advises(&x, REMEDY_OVERFLOW_LOG));
}

/* The same with a mask below the memory's end: the IOMMU translates, so it is not the mask. */
static void external_port_and_a_narrow_mask(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_external(1, "dmar0");
	struct state_finding x;
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.st.dma_mask = (1ULL << 30) - 1;
	put(f, &r);
	feed_pool(f, 0, 0, false);
	f->ts = T0 + 20 * MS;
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.phys = 0x60000000;
	ev.size = 1500;
	feed_ev(f, &ev);
	expect_no_finding(f, "bounce-without-pool");
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_EXTERNAL, 1);
	assert_true(advises(&x, REMEDY_POOL_FOR_PORT));
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(external_port_without_pool), T(external_port_and_a_narrow_mask),
		T(mapping_leak), T(mapping_leak_by_many_stacks), T(mapping_leak_in_the_noise),
		T(no_leak_in_a_steady_load), T(no_leak_in_a_ring),
		T(no_leak_in_a_rising_load), T(no_leak_in_an_old_ring), T(leak_beside_an_old_ring),
		T(no_leak_in_a_stall),
		T(queues_filled_one_after_another), T(queues_with_losses),
		T(leak_at_remove), T(leak_at_unbind), T(slow_unplug), T(slow_unbind),
		T(leak_of_the_driver_before), T(drivers_change_between_polls),
		T(a_page_in_both_directions),
		T(a_page_mapped_before_the_start), T(a_page_kept_since_before_the_start),
		T(a_kept_page_of_a_new_device), T(a_page_of_a_lost_mapping),
		T(coherent_refused_to_a_probing_driver),
		T(unmapped_twice), T(unmapped_twice_before_the_cut),
		T(unmapped_twice_was_only_late),
		T(wrong_size_and_error_unmapped), T(past_object), T(path_mismatch),
		T(not_copied_back),
		T(refused_without_a_reason), T(coherent_refused), T(coherent_refused_on_sev),
		T(small_mask_in_a_realm),
		T(callers_by_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
