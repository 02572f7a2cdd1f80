// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about the bounce pool: each provoked once, and absent where it must be.
 */
#include "finding.h"

static void healthy_guest(void **state)
{
	struct feed *f = *state;

	feed_healthy_pef(f);
	feed_end(f, true);
	if (count_findings(f, STATE_WARNING))
		list_findings(f);
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
	/* the one thing that is true of every current kernel, and no fault of the guest's */
	assert_int_equal(count_findings(f, STATE_NOTE), 1);
	expect_finding(f, "window-wide", STATE_NOTE, 0);
}

static void healthy_plain_guests(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.st.force_bounce = 0;
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
	f->ts += SEC;
	feed_unmap(f, 1, 0x40000000, 4096);
	assert_int_equal(count_findings(f, STATE_NOTE), 0);
}

static void no_bounce_pool(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pool(f, 0, 0, false);
	x = expect_finding(f, "no-bounce-pool", STATE_WARNING, 0);
	assert_int_equal(x.f.confidence, 100);
	assert_true(advises(&x, REMEDY_PEF_FORCE));
	expect_no_finding(f, "bounce-not-forced");
	expect_no_finding(f, "private-dma");
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x40000000, 0x40000000, 4096);
	x = expect_finding(f, "private-dma", STATE_ERROR, 1);
	assert_int_equal(x.seq[0], 1);
	x = expect_finding(f, "no-bounce-pool", STATE_ERROR, 0);
	expect_fact(&x, FACT_MAPS, 1);
}

/* Known from a device's state alone. */
static void no_bounce_pool_by_state(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_PEF, "ppc64le", "7.2.13");
	r.device.st.known |= DMS_DS_POOL;
	put(f, &r);
	expect_finding(f, "no-bounce-pool", STATE_WARNING, 0);
}

static void pool_not_known_is_no_finding(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_POOL };

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	expect_no_finding(f, "no-bounce-pool");
	put(f, &r);		/* nobody could know */
	assert_int_equal(count_findings(f, STATE_NOTE), 0);
}

static void bounce_not_forced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	expect_finding(f, "bounce-not-forced", STATE_WARNING, 0);
}

/* Counted is what the pool would have bounced, of devices that nothing forces. */
static void bounce_not_forced_counts_its_own(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "5.15.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, false);
	feed_pseries_dev(f, 3, "0000:00:03.0", 64, true);
	for (i = 0; i < 7; i++) {		/* through TCEs: no pool would help */
		feed_map(f, 2, DMS_PATH_TCE, 0x100000 + i * 65536, 0x40000000, 512);
		feed_map(f, 3, DMS_PATH_DIRECT, DDW_BASE + 0x50000000 + i * 65536,
			 0x50000000 + i * 65536, 512);
	}
	x = expect_finding(f, "bounce-not-forced", STATE_WARNING, 0);
	expect_fact(&x, FACT_DEVICES_N, 2);
	expect_fact(&x, FACT_MAPS, 0);
	expect_fact(&x, FACT_DEVICE1, 1);
	expect_fact(&x, FACT_DEVICE2, 2);
	assert_false(x.fact[FACT_DEVICE3].known);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + POOL_START, POOL_START, 512);	/* shared */
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000 + i * 65536,
			 0x60000000 + i * 65536, 512);
	x = expect_finding(f, "bounce-not-forced", STATE_ERROR, 0);
	expect_fact(&x, FACT_DEVICES_N, 2);
	expect_fact(&x, FACT_MAPS, 3);
	/* three are named at most, those that were given such memory first */
	for (i = 4; i < 7; i++)
		feed_pseries_dev(f, i, "0000:00:04.0", 64, false);
	feed_map(f, 6, DMS_PATH_DIRECT, DDW_BASE + 0x70000000, 0x70000000, 512);
	x = expect_finding(f, "bounce-not-forced", STATE_ERROR, 0);
	expect_fact(&x, FACT_DEVICES_N, 5);
	expect_fact(&x, FACT_MAPS, 4);
	expect_fact(&x, FACT_DEVICE1, 1);
	expect_fact(&x, FACT_DEVICE2, 6);
	expect_fact(&x, FACT_DEVICE3, 2);
}

static void no_bounce_pool_counts_its_own(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pool(f, 0, 0, false);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, false);
	for (i = 0; i < 7; i++)
		feed_map(f, 2, DMS_PATH_TCE, 0x100000 + i * 65536, 0x40000000, 512);
	x = expect_finding(f, "no-bounce-pool", STATE_WARNING, 0);
	assert_false(x.fact[FACT_MAPS].known);
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000 + i * 65536,
			 0x60000000 + i * 65536, 512);
	x = expect_finding(f, "no-bounce-pool", STATE_ERROR, 0);
	expect_fact(&x, FACT_MAPS, 3);
}

static void request_too_big(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_healthy_pef(f);
	expect_no_finding(f, "request-too-big");
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 786432);
	feed_failed(f, 1, 786432, DMS_FL_NO_SLOT);
	x = expect_finding(f, "request-too-big", STATE_ERROR, 1);
	assert_int_equal(x.count, 1);
	expect_fact(&x, FACT_SIZE, 786432);
	expect_fact(&x, FACT_SEGMENT, 262144);
	expect_no_finding(f, "pool-full");
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "map-failed");
	assert_int_equal(state__dev_by_key(f->m, 1)->fails[STATE_FAIL_TOO_BIG], 1);
}

static void request_too_big_from_counts(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS };

	feed_healthy_pef(f);
	r.stats.key.dev = 1;
	r.stats.key.path = DMS_PATH_FAILED;
	r.stats.val.maps = 50;
	r.stats.val.hist[11] = 50;	/* 512 KiB to 1 MiB */
	put(f, &r);
	expect_finding(f, "request-too-big", STATE_ERROR, 1);
	expect_no_finding(f, "map-failed");
	r.stats.val.maps = 60;
	r.stats.val.hist[4] = 10;
	put(f, &r);
	expect_finding(f, "map-failed", STATE_WARNING, 1);
}

/* Coherent memory that is refused fails as well, and needs no slot: its event reports it. */
static void refused_coherent_memory_is_not_too_big(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS }, gap = { .type = REC_GAP };
	struct dms_event ev;

	feed_healthy_pef(f);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = 4 << 20;
	ev.attrs = DMS_ATTR_NO_WARN;
	feed_ev(f, &ev);
	r.stats.key.dev = 1;
	r.stats.key.path = DMS_PATH_FAILED;
	r.stats.val.maps = 1;
	r.stats.val.hist[14] = 1;	/* 4 to 8 MiB */
	put(f, &r);
	expect_no_finding(f, "request-too-big");
	expect_no_finding(f, "map-failed");
	/* one more, and its report may have been among those that were lost */
	r.stats.val.maps = r.stats.val.hist[14] = 2;
	put(f, &r);
	expect_finding(f, "request-too-big", STATE_ERROR, 1);
	gap.gap.hook = DMS_HOOK_ALLOC;
	gap.gap.lost = 1;
	put(f, &gap);
	expect_no_finding(f, "request-too-big");
	expect_finding(f, "map-failed", STATE_WARNING, 1);
}

/* Counted and reported, a failure is subtracted once: the one of 4 KiB has no reason. */
static void reported_failures_count_once(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS };
	struct state_finding x;

	feed_healthy_pef(f);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 786432);
	feed_failed(f, 1, 786432, DMS_FL_NO_SLOT);
	r.stats.key.dev = 1;
	r.stats.key.path = DMS_PATH_FAILED;
	r.stats.val.maps = 2;
	r.stats.val.hist[11] = r.stats.val.hist[4] = 1;
	put(f, &r);
	x = expect_finding(f, "request-too-big", STATE_ERROR, 1);
	expect_fact(&x, FACT_FAILED, 1);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_FAILED, 1);
}

static void fill_pool(struct feed *f, uint64_t slots, uint64_t each)
{
	uint64_t i;

	for (i = 0; i + each <= slots; i += each) {
		feed_bounce(f, 1, POOL_START + i * 2048, 0x40000000 + i * 2048, each * 2048);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 2048,
			 0x40000000 + i * 2048, each * 2048);
	}
}

/* Each segment is 128 slots: no run is longer than 64. */
static void half_of_each_segment(struct feed *f, uint64_t slots)
{
	uint64_t i;

	for (i = 0; i < slots; i += 128)
		feed_bounce(f, 1, POOL_START + i * 2048, 0x40000000 + i * 2048, 64 * 2048);
}

static void small_pool(struct feed *f, uint64_t slots)
{
	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pool(f, slots, 0, true);
}

static void pool_full(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	fill_pool(f, 1024, 32);
	expect_no_finding(f, "pool-full");
	expect_finding(f, "pool-pressure", STATE_WARNING, 0);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	expect_fact(&x, FACT_USED, 1024);
	expect_fact(&x, FACT_SLOTS, 1024);
	expect_fact(&x, FACT_HOLDER1, 1);
	expect_fact(&x, FACT_HOLDER1_SLOTS, 1024);
	expect_fact(&x, FACT_HOLDER1_MAPS, 32);
	expect_fact(&x, FACT_ADVICE, 32768);
	assert_true(advises(&x, REMEDY_POOL_SIZE_FORCED));
	expect_no_finding(f, "pool-pressure");
	expect_no_finding(f, "request-too-big");
	expect_no_finding(f, "pool-fragmented");
}

/* A realm of 7.3 with 1 GiB: 1 MiB, and swiotlb=32768 would give no more. */
static void pool_full_where_the_default_is_shrunk(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_CCA, "aarch64", "7.3.4");
	feed_all_hooks(f);
	feed_pool(f, 512, 0, true);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	fill_pool(f, 512, 32);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	assert_non_null(strstr(x.f.action, "swiotlb=65536"));
}

/*
 * arch/arm64/mm/init.c arch_mm_preinit(), 7.3: swiotlb_adjust_size(min(swiotlb_size_or_default(),
 * DIV_ROUND_UP(memblock_phys_mem_size(), 1024))), which leaves a number of slots alone unless it is
 * IO_TLB_DEFAULT_SIZE >> IO_TLB_SHIFT: what a word leads to with 1 GiB of RAM.
 */
static void default_is_no_advice_on_arm64(void **state)
{
	static const struct {
		const char *arch, *word;
		uint32_t slots;		/* the kernel's, by that word */
		uint64_t advice;	/* must lead to more */
	} boot[] = {
		{ "aarch64", "", 512, 65536 },
		{ "aarch64", "swiotlb=32768", 512, 65536 },
		{ "aarch64", "swiotlb=force", 512, 65536 },
		{ "aarch64", "swiotlb=1024", 1024, 65536 },
		{ "aarch64", "swiotlb=65536", 65536, 131072 },
		{ "x86_64", "swiotlb=1024", 1024, 32768 },
	};
	struct dms_rec s = { .type = REC_SESSION };
	struct state_finding x;

	for (size_t i = 0; i < sizeof(boot) / sizeof(*boot); i++) {
		struct feed *f = *state;

		s.session.guest = GUEST_NONE;
		s.session.page_size = 4096;
		strcpy(s.session.arch, boot[i].arch);
		strcpy(s.session.cmdline, boot[i].word);
		put(f, &s);
		feed_all_hooks(f);
		feed_pool(f, boot[i].slots, 0, true);
		feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
		fill_pool(f, boot[i].slots, 32);
		feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 65536);
		feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
		x = expect_finding(f, "pool-full", STATE_ERROR, 1);
		expect_fact(&x, FACT_ADVICE, boot[i].advice);
		feed_teardown(state);
		feed_setup(state);
	}
}

/* When the report is made, the slots are free again. */
static void pool_full_earlier(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_bounce(f, 2, POOL_START + 992 * 2048, 0x50000000, 65536);
	fill_pool(f, 992, 32);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x60000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	for (uint64_t i = 0; i < 992; i += 32)
		feed_unbounce(f, 1, POOL_START + i * 2048, 65536);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	expect_fact(&x, FACT_HOLDER1, 1);
	expect_fact(&x, FACT_HOLDER1_SLOTS, 992);
	expect_fact(&x, FACT_HOLDER1_MAPS, 31);
	expect_fact(&x, FACT_HOLDER2, 2);
	expect_fact(&x, FACT_HOLDER2_SLOTS, 32);
	expect_fact(&x, FACT_HOLDER2_MAPS, 1);
}

/*
 * The kernel releases a list's slots before it reports that the list was refused, and the event
 * has the first element's size: it is full as the search found it, of the size that was sought.
 */
static void pool_full_for_a_list(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	fill_pool(f, 992, 32);
	feed_bounce(f, 1, POOL_START + 992 * 2048, 0x60000000, 32768);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x60008000, 65536);
	feed_unbounce(f, 1, POOL_START + 992 * 2048, 32768);
	feed_failed(f, 1, 32768, DMS_FL_NO_SLOT | DMS_FL_SG);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	expect_fact(&x, FACT_FAILED, 1);
	expect_fact(&x, FACT_SIZE, 65536);
	expect_fact(&x, FACT_USED, 1008);
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "map-failed");
}

/* Most slots first; 2,000 bytes that begin in the midst of one take two. */
static void pool_holders(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 6);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_bounce(f, 1, POOL_START + 8192 + 100, 0x40000000, 2000);
	feed_bounce(f, 2, POOL_START, 0x50000000, 5000);
	feed_unbounce(f, 2, POOL_START, 5000);
	x = expect_finding(f, "pool-pressure", STATE_WARNING, 0);
	expect_fact(&x, FACT_USED, 5);
	expect_fact(&x, FACT_SLOTS, 6);
	expect_fact(&x, FACT_HOLDER1, 2);
	expect_fact(&x, FACT_HOLDER1_SLOTS, 3);
	expect_fact(&x, FACT_HOLDER2, 1);
	expect_fact(&x, FACT_HOLDER2_SLOTS, 2);
}

static void pool_fragmented(void **state)
{
	struct feed *f = *state;

	small_pool(f, 1024);
	half_of_each_segment(f, 1024);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	expect_finding(f, "pool-fragmented", STATE_ERROR, 1);
	expect_no_finding(f, "pool-full");
	expect_no_finding(f, "request-too-big");
}

/* 128 slots hold 256 KiB, but not when it has to start in the midst of one, as NVMe's does. */
static void request_too_big_by_its_offset(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	x = expect_finding(f, "request-too-big", STATE_ERROR, 1);
	expect_fact(&x, FACT_USED, 0);
	expect_fact(&x, FACT_UNFIT_SIZE, 262144);
	expect_fact(&x, FACT_OFFSET, 0x200);
	expect_fact(&x, FACT_POOL_EMPTY, 1);
	assert_false(advises(&x, REMEDY_POOL_SIZE_FORCED));
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "pool-full");
}

/* The same with some in use: one segment of the eight is free, and would hold any 256 KiB. */
static void request_too_big_with_a_segment_free(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	half_of_each_segment(f, 1024 - 128);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	x = expect_finding(f, "request-too-big", STATE_ERROR, 1);
	expect_fact(&x, FACT_POOL_EMPTY, 0);
	expect_no_finding(f, "pool-fragmented");
}

/* It fits into a segment wherever it starts: that none was found is a matter of their order. */
static void not_too_big_if_it_fits(void **state)
{
	struct feed *f = *state;

	small_pool(f, 1024);
	half_of_each_segment(f, 1024 - 128);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 131072);
	feed_failed(f, 1, 131072, DMS_FL_NO_SLOT);
	expect_finding(f, "pool-fragmented", STATE_ERROR, 1);
	expect_no_finding(f, "request-too-big");
}

/* The lost events may have been the slots that were in the way. */
static void not_too_big_after_a_loss(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;

	small_pool(f, 1024);
	gap.gap.hook = DMS_HOOK_SWIOTLB_MAP;
	gap.gap.lost = 1;
	put(f, &gap);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_no_finding(f, "request-too-big");
	expect_no_finding(f, "pool-fragmented");
	expect_not_judged(f, "pool-fragmented", COVER_LOST);
}

static void pool_fragmented_run(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct state_pool p;
	uint64_t slot;

	small_pool(f, 256);
	for (slot = 0; slot < 256; slot += 2)
		feed_bounce(f, 1, POOL_START + slot * 2048, 0x50000000, 2048);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 4096);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-fragmented", STATE_ERROR, 1);
	expect_fact(&x, FACT_LONGEST_RUN, 1);
	expect_fact(&x, FACT_SIZE, 4096);
	assert_true(state__pool(f->m, 0, &p));
	assert_null(p.free_run.why);
	assert_int_equal(p.free_run.v, 1);
}

/* A redacted trace has other slots next to each other: neither a run nor a segment is known. */
static void runs_of_a_redacted_trace(void **state)
{
	struct dms_rec r = { .type = REC_SESSION };
	struct feed *f = *state;
	struct state_pool p;

	r.session.guest = GUEST_PEF;
	r.session.redacted = true;
	strcpy(r.session.arch, "ppc64le");
	put(f, &r);
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pool(f, 1024, 0, true);
	half_of_each_segment(f, 1024 - 128);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	expect_finding(f, "pool-fragmented", STATE_ERROR, 1);
	expect_no_finding(f, "request-too-big");
	assert_true(state__pool(f->m, 0, &p));
	assert_non_null(p.free_run.why);
}

static void fill_of_a_full_pool_not_known(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_POOL };

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.pool.start = POOL_START;
	r.pool.nslabs = 1024;
	r.pool.end = POOL_START + 1024 * 2048;
	strcpy(r.pool.source, "kernel log");
	put(f, &r);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_no_finding(f, "pool-full");
}

static void pool_pressure_not_at_half(void **state)
{
	struct feed *f = *state;

	small_pool(f, 1024);
	fill_pool(f, 512, 32);
	expect_no_finding(f, "pool-pressure");
}

static void bounce_without_pool(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:03.0", 32);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	put(f, &r);
	feed_pool(f, 0, 0, false);
	expect_no_finding(f, "bounce-without-pool");
	feed_failed(f, 1, 81, DMS_FL_NO_SLOT);
	expect_finding(f, "bounce-without-pool", STATE_ERROR, 1);
	expect_no_finding(f, "no-bounce-pool");
}

/* As 6.12 does it: no search for slots is even begun. */
static void no_pool_no_search(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:03.0", 30);
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	put(f, &r);
	feed_pool(f, 0, 0, false);
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = 4096;
	ev.phys = RAM;	/* registers, which no pool would help */
	feed_ev(f, &ev);
	expect_no_finding(f, "bounce-without-pool");
	ev.phys = 1ULL << 30;
	feed_ev(f, &ev);
	expect_finding(f, "bounce-without-pool", STATE_ERROR, 1);
	expect_finding(f, "map-failed", STATE_WARNING, 1);
}

static void pool_outside_window(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_rec r = { .type = REC_POOL };

	feed_healthy_pef(f);
	expect_no_finding(f, "pool-outside-window");
	strcpy(r.pool.name, "default");
	strcpy(r.pool.source, "device state");
	r.pool.start = RAM - (16 << 20);		/* its end lies beyond what is mapped */
	r.pool.end = RAM + (48 << 20);
	r.pool.nslabs = POOL_SLOTS;
	r.pool.force_bounce_known = r.pool.force_bounce = true;
	put(f, &r);
	x = expect_finding(f, "pool-outside-window", STATE_WARNING, 1);
	expect_fact(&x, FACT_OFF_256M, 1);
}

static void pool_oversized(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_pool(f, 524288, 100, true);
	f->ts += 30 * SEC;
	feed_end(f, true);
	expect_no_finding(f, "pool-oversized");
	f->ts += 31 * SEC;
	feed_end(f, true);
	expect_finding(f, "pool-oversized", STATE_NOTE, 0);
}

static void all_bounced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	r.device.st.force_bounce = 1;
	put(f, &r);
	expect_no_finding(f, "all-bounced");
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, 0x40000000, 4096);
	expect_finding(f, "all-bounced", STATE_NOTE, 0);
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
}

static void mask_below_memory(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 30);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x1000000, 0x1000000, 4096);
	expect_no_finding(f, "mask-below-memory");
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, 0x60000000, 4096);
	expect_finding(f, "mask-below-memory", STATE_NOTE, 1);
	expect_no_finding(f, "bounced-unforced");
}

/* Three of ten mappings are copied, which neither force nor address explains. */
static void bounced_unforced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);
	struct state_finding x;
	uint64_t i;

	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	for (i = 0; i < 7; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, 0x1000000 + i * 4096, 0x1000000 + i * 4096, 4096);
	expect_no_finding(f, "bounced-unforced");
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START + i * 2048, 0x60000000 + i * 64, 40);
	x = expect_finding(f, "bounced-unforced", STATE_NOTE, 1);
	assert_int_equal(x.count, 3);
	assert_int_equal(x.seq[0], 8);
	expect_fact(&x, FACT_MAPS, 3);
	expect_fact(&x, FACT_TOTAL, 10);
	expect_fact(&x, FACT_PERCENT, 30);
	expect_no_finding(f, "mask-below-memory");
}

/* Of a device that the kernel does not trust it copies what shares a page with other data. */
static void bounced_at_an_external_port(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_external(1, "dmar0");
	struct state_finding x;
	uint64_t i;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_IOMMU, 0xffff0000, 0x1000000, 4096);
	expect_no_finding(f, "bounced-unforced");
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_BOUNCED, 0xfffff000 - i * 4096, 0x60000000 + i * 512, 512);
	x = expect_finding(f, "bounced-unforced", STATE_NOTE, 1);
	expect_fact(&x, FACT_MAPS, 3);
	expect_fact(&x, FACT_TOTAL, 4);
	expect_fact(&x, FACT_EXTERNAL, 1);
	assert_true(advises(&x, REMEDY_WHOLE_PAGES));
}

/* Neither its mask nor the place of a slot explains anything where an IOMMU translates. */
static void narrow_mask_behind_an_iommu(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_external(1, "dmar0");
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.st.dma_mask = (1ULL << 24) - 1;
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	f->ts += SEC;
	feed_bounce(f, 1, POOL_START, 0x60000000, 512);
	feed_map(f, 1, DMS_PATH_BOUNCED, 0xfff000, 0x60000000, 512);
	expect_no_finding(f, "mask-below-memory");
	x = expect_finding(f, "bounced-unforced", STATE_NOTE, 1);
	expect_fact(&x, FACT_EXTERNAL, 1);
	assert_true(advises(&x, REMEDY_WHOLE_PAGES));
	feed_bounce(f, 1, POOL_START + 4096, 0x60001000, 512);	/* a slot, and no address for it */
	feed_unbounce(f, 1, POOL_START + 4096, 512);
	feed_failed(f, 1, 512, 0);
	expect_no_finding(f, "pool-above-mask");
	expect_finding(f, "map-failed", STATE_WARNING, 1);
}

/* Without an IOMMU it is not the port that explains it. */
static void bounced_at_a_port_without_iommu(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_external(1, NULL);
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, 0x61000000, 512);
	x = expect_finding(f, "bounced-unforced", STATE_NOTE, 1);
	assert_false(x.fact[FACT_EXTERNAL].known);
	assert_true(advises(&x, REMEDY_NOTHING_BROKEN_COPY));
}

static void not_bounced_unforced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	/* a limit of the bus explains it */
	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	r.device.st.bus_limit = RAM / 2 - 1;
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, 0x60000000, 4096);
	expect_no_finding(f, "bounced-unforced");
	/* so does force */
	r = make_dev(2, "0000:00:02.0", 64);
	r.device.st.force_bounce = 1;
	put(f, &r);
	feed_map(f, 2, DMS_PATH_BOUNCED, POOL_START + 4096, 0x60000000, 4096);
	expect_no_finding(f, "bounced-unforced");
}

/* There it is what bounce-not-forced and private-dma are about. */
static void not_bounced_unforced_in_a_secure_guest(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, 0x60000000, 4096);
	expect_no_finding(f, "bounced-unforced");
}

/* One mapping each 20 ms, and none unmapped, until the pool is full: the leak comes first. */
static void leak_that_fills_the_pool(void **state)
{
	struct feed *f = *state;
	struct state_finding x, *all;
	struct dms_event ev;
	uint64_t i;
	size_t n;

	small_pool(f, 512);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_stack(f, 5, "never_unmaps");
	for (i = 0; i < 512; i++) {
		f->ts += 20 * MS;
		feed_bounce(f, 1, POOL_START + i * 2048, 0x40000000, 1500);
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START + i * 2048;
		ev.aux = POOL_START + i * 2048;
		ev.size = 1500;
		ev.stack = 5;
		feed_ev(f, &ev);
	}
	for (i = 0; i < 7; i++) {
		feed_bounce(f, 2, DMS_DMA_ERROR, 0x50000000, 4096);
		feed_failed(f, 2, 4096, DMS_FL_NO_SLOT);
	}
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "mapping-leak", STATE_ERROR, 1);
	expect_text(&x, FACT_CALLER, "never_unmaps");
	expect_fact(&x, FACT_LIVE, 512);
	expect_fact(&x, FACT_FAILED, 7);
	assert_true(advises(&x, REMEDY_POOL_DELAYS));
	assert_int_equal(words__findings(f->m, &all, &n), 0);
	assert_string_equal(all[0].f.id, "mapping-leak");
	free(all);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);	/* who holds it */
	assert_true(advises(&x, REMEDY_SEE_LEAK));
	assert_false(x.fact[FACT_ADVICE].known);
}

static void slot_request(struct feed *f, uint64_t slot)
{
	feed_bounce(f, 1, slot, 0x40000000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + slot, 0x40000000, 4096);
}

static void slot_done(struct feed *f, uint64_t slot)
{
	feed_unbounce(f, 1, slot, 4096);
	feed_unmap(f, 1, DDW_BASE + slot, 4096);
}

/* A disk's storage hangs: 300 requests of 4 KiB in 4 s fill the pool, and none of them ends. */
static void stall(struct feed *f, unsigned int done_before)
{
	uint64_t i;

	small_pool(f, 600);
	for (i = 0; i < done_before; i++) {
		slot_request(f, POOL_START);
		f->ts += 10 * MS;
		slot_done(f, POOL_START);
	}
	for (i = 0; i < 300; i++) {
		f->ts += 14 * MS;
		slot_request(f, POOL_START + i * 4096);
	}
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 4096);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
	f->ts += SEC;
	feed_end(f, true);
}

static void stall_that_fills_the_pool(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	stall(f, 100);
	expect_finding(f, "mapping-leak", STATE_NOTE, 1);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	assert_true(advises(&x, REMEDY_HOLDER_STALLED) && x.not_seen[0]);
	/* one request times out: the oldest */
	slot_done(f, POOL_START);
	assert_true(get_finding(f, "mapping-leak").f.severity < STATE_WARNING);
}

/* It hung before the start: there was no unmap in the few seconds since, so that is no error. */
static void stall_from_before_the_start(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	stall(f, 0);
	expect_finding(f, "mapping-leak", STATE_WARNING, 1);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	assert_true(advises(&x, REMEDY_HOLDER_STALLED) && x.not_seen[0]);
}

/* The same load and as many kept, but others go on to end: a leak. */
static void leak_beside_a_load(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	small_pool(f, 600);
	for (i = 0; i < 300; i++) {
		f->ts += 14 * MS;
		slot_request(f, POOL_START + i * 4096);
		if (i == 299)
			break;
		slot_request(f, POOL_START + 299 * 4096);
		slot_done(f, POOL_START + 299 * 4096);
	}
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 4096);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "mapping-leak", STATE_ERROR, 1);
	assert_int_equal(x.f.confidence, 90);
}

/* All at once and kept: one finding for three devices that are refused slots. */
static void preallocated_ring(void **state)
{
	struct feed *f = *state;
	struct state_finding x, *all;
	size_t n, i, full = 0;
	uint64_t k;

	small_pool(f, 1024);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_pseries_dev(f, 3, "0000:00:03.0", 64, true);
	fill_pool(f, 1024, 8);
	f->ts += 5 * SEC;
	for (k = 1; k < 4; k++) {
		feed_bounce(f, k, DMS_DMA_ERROR, 0x50000000, 4096);
		feed_failed(f, k, 4096, DMS_FL_NO_SLOT);
	}
	f->ts += 5 * SEC;
	feed_end(f, true);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);	/* who holds it */
	expect_fact(&x, FACT_PREALLOCATED, 128);
	expect_fact(&x, FACT_HOLDER1, 1);
	expect_fact(&x, FACT_DEVICES_N, 3);
	expect_fact(&x, FACT_FAILED, 3);
	assert_true(advises(&x, REMEDY_SHORTER_RINGS));
	assert_false(x.fact[FACT_ADVICE].known);
	expect_no_finding(f, "mapping-leak");
	assert_int_equal(words__findings(f->m, &all, &n), 0);
	for (i = 0; i < n; i++)
		full += !strcmp(all[i].f.id, "pool-full");
	assert_int_equal(full, 1);
	free(all);
}

static void feed_more_pool(struct feed *f, const char *name, uint64_t start, uint64_t slots,
			   uint64_t used, bool dynamic)
{
	struct dms_rec r = make_pool(f->ts, start, slots, used);

	snprintf(r.pool.name, sizeof(r.pool.name), "%s", name);
	r.pool.force_bounce = true;
	r.pool.dynamic = dynamic;
	put(f, &r);
}

/* So many buffers of 64 KiB of device 1, from that slot on, at once. */
static void send_at_once(struct feed *f, uint64_t slot, uint64_t n, bool map)
{
	for (uint64_t i = 0; i < n; i++, slot += 32) {
		if (map) {
			feed_bounce(f, 1, POOL_START + slot * 2048, 0x40000000, 65536);
			feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + slot * 2048,
				 0x40000000, 65536);
		} else {
			feed_unbounce(f, 1, POOL_START + slot * 2048, 65536);
			feed_unmap(f, 1, DDW_BASE + POOL_START + slot * 2048, 65536);
		}
	}
}

/*
 * A network device holds half of the pool for less than 1 ms; the 80 buffers that it keeps are 1 %
 * of the pool, and neither a leak nor a ring has filled it.
 */
static void burst_of_a_device_that_keeps_little(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i;

	small_pool(f, POOL_SLOTS);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	for (i = 0; i < 80; i++) {
		f->ts += 100 * MS;
		feed_bounce(f, 1, POOL_START + i * 4096, 0x40000000, 4096);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 4096, 0x40000000,
			 4096);
	}
	f->ts += 500 * MS;
	for (i = 160 + 520 * 32; i < POOL_SLOTS; i += 32)
		feed_bounce(f, 2, POOL_START + i * 2048, 0x50000000, 65536);
	send_at_once(f, 160, 520, true);
	feed_bounce(f, 2, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 2, 65536, DMS_FL_NO_SLOT);
	f->ts += MS;
	send_at_once(f, 160, 520, false);
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "pool-full", STATE_ERROR, 2);
	expect_fact(&x, FACT_HOLDER1, 1);
	expect_fact(&x, FACT_HOLDER1_SLOTS, 160 + 520 * 32);
	assert_false(advises(&x, REMEDY_SEE_LEAK));
	assert_true(x.fact[FACT_ADVICE].known);
	assert_false(get_finding(f, "mapping-leak").fact[FACT_FILLED].known);
}

/* A ring from before the start fills the pool: 40 mappings that were seen show nothing of it. */
static void most_slots_older_than_the_start(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;
	uint64_t i;

	small_pool(f, 1024);
	feed_pool(f, 1024, 900, true);
	ev = make_ev(f, DMS_EV_LIVE, 1);
	ev.aux = POOL_START;
	ev.size = 900 * 2048;
	feed_ev(f, &ev);
	for (i = 900; i < 1024; i += 2) {
		f->ts += 100 * MS;
		feed_bounce(f, 1, POOL_START + i * 2048, 0x40000000, 4096);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + i * 2048, 0x40000000,
			 4096);
	}
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	assert_true(advises(&x, REMEDY_HOLDER_FIRST));
	assert_int_equal(x.doubt[0].kind, DOUBT_HOLDER);
	assert_false(get_finding(f, "mapping-leak").fact[FACT_FILLED].known);
}

#define OWN_POOL	0x20000000ULL	/* of device 4 */

/* Device 4 and the pool of so many slots that it has for itself. */
static void feed_own_pool(struct feed *f, uint64_t slots, unsigned int mask_bits)
{
	struct dms_rec r = make_dev(4, "0000:00:04.0", mask_bits);

	feed_more_pool(f, "restricted@20000000", OWN_POOL, slots, 0, false);
	r.device.st.known |= DMS_DS_POOL;
	r.device.st.pool_start = OWN_POOL;
	r.device.st.pool_end = OWN_POOL + slots * 2048;
	r.device.st.pool_nslabs = slots;
	r.device.st.force_bounce = 1;
	put(f, &r);
}

static void take_own_slots(struct feed *f, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		f->ts += MS;
		feed_bounce(f, 4, OWN_POOL + i * 2048, 0x40000000, 2048);
	}
}

/* A device with a pool of its own fills that one; the main pool has nothing to do with it. */
static void restricted_pool_full(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, false);
	feed_own_pool(f, 128, 64);
	take_own_slots(f, 128);
	feed_bounce(f, 4, DMS_DMA_ERROR, 0x40000000, 2048);
	feed_failed(f, 4, 2048, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", STATE_ERROR, 4);
	expect_text(&x, FACT_POOL, "restricted@20000000");
	expect_fact(&x, FACT_SLOTS, 128);
	expect_fact(&x, FACT_USED, 128);
	assert_true(advises(&x, REMEDY_RESTRICTED_POOL));
	expect_no_finding(f, "pool-fragmented");
}

/* Nobody made a main pool: a device's own is judged as it is. */
static void own_pool_full_without_a_main_one(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_rec r = make_pool(f->ts, 0, 0, 0);

	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	feed_all_hooks(f);
	strcpy(r.pool.source, "debugfs");
	put(f, &r);
	feed_own_pool(f, 128, 30);
	take_own_slots(f, 128);
	feed_bounce(f, 4, DMS_DMA_ERROR, 0x60000000, 2048);
	feed_failed(f, 4, 2048, DMS_FL_NO_SLOT);
	expect_no_finding(f, "bounce-without-pool");
	x = expect_finding(f, "pool-full", STATE_ERROR, 4);
	expect_text(&x, FACT_POOL, "restricted@20000000");
	expect_fact(&x, FACT_SLOTS, 128);
	feed_bounce(f, 4, DMS_DMA_ERROR, 0x60000000, 786432);
	feed_failed(f, 4, 786432, DMS_FL_NO_SLOT);
	expect_finding(f, "request-too-big", STATE_ERROR, 4);
	expect_no_finding(f, "map-failed");
}

/* A secure guest has no main pool, and needs none until a device without its own comes. */
static void own_pools_of_a_secure_guest(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(2, "0000:00:02.0", 64);

	feed_session(f, GUEST_CCA, "aarch64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, 0, 0, false);
	expect_finding(f, "no-bounce-pool", STATE_WARNING, 0);
	feed_own_pool(f, 128, 64);
	expect_no_finding(f, "no-bounce-pool");
	expect_no_finding(f, "bounce-not-forced");
	put(f, &r);		/* nobody has read which pool it has */
	expect_no_finding(f, "no-bounce-pool");
	r.device.st.known |= DMS_DS_POOL;
	put(f, &r);
	expect_finding(f, "no-bounce-pool", STATE_WARNING, 0);
}

/* 7.3: the main pool could not be shared and was disabled; a device's own serves it. */
static void own_pool_beside_a_disabled_one(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_pool(f->ts, POOL_START, 1024, 1024);

	feed_session(f, GUEST_CCA, "aarch64", "7.3.4");
	feed_all_hooks(f);
	r.pool.cc_shared_known = r.pool.cc_shared = true;
	put(f, &r);
	feed_own_pool(f, 128, 64);
	feed_bounce(f, 4, DMS_DMA_ERROR, 0x60000000, 786432);
	feed_failed(f, 4, 786432, DMS_FL_NO_SLOT);
	expect_finding(f, "request-too-big", STATE_ERROR, 4);
	expect_no_finding(f, "pool-unusable");
}

/* The slots of a device's own pool are none of the main one's, however many they are. */
static void holders_of_the_pool_that_is_full(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 512);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_own_pool(f, 1024, 64);
	take_own_slots(f, 700);
	feed_bounce(f, 2, POOL_START + 480 * 2048, 0x50000000, 65536);
	fill_pool(f, 480, 32);
	feed_bounce(f, 2, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 2, 65536, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", STATE_ERROR, 2);
	expect_fact(&x, FACT_USED, 512);
	expect_fact(&x, FACT_HOLDER1, 1);
	expect_fact(&x, FACT_HOLDER1_SLOTS, 480);
	expect_fact(&x, FACT_HOLDER1_MAPS, 15);
	expect_fact(&x, FACT_HOLDER2, 2);
	expect_fact(&x, FACT_HOLDER2_SLOTS, 32);
	assert_false(x.fact[FACT_HOLDER1 + 2].known);
}

/* Slots that a pool grew by lie elsewhere in memory, and count. */
static void grown_pool_full(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	uint64_t i, at;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	feed_more_pool(f, "default", POOL_START, 256, 0, true);
	for (i = 0; i < 512; i++) {
		f->ts += MS;
		if (i == 256)
			feed_more_pool(f, "default", POOL_START, 512, i, true);
		at = i < 256 ? POOL_START : 0x50000000;		/* where it grew */
		feed_bounce(f, 1, at + i * 2048, 0x40000000, 2048);
	}
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x40000000, 2048);
	feed_failed(f, 1, 2048, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", STATE_ERROR, 1);
	assert_true(fact_of(&x, FACT_USED) <= fact_of(&x, FACT_SLOTS));
	expect_fact(&x, FACT_HOLDER1_SLOTS, 512);
	expect_no_finding(f, "pool-fragmented");
}

/* Any free slot would do for one of 512 bytes: why there was none is not known. */
static void one_slot_is_never_fragmented(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	small_pool(f, 1024);
	fill_pool(f, 128, 2);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 512);
	feed_failed(f, 1, 512, DMS_FL_NO_SLOT);
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "pool-full");
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	expect_fact(&x, FACT_NO_SLOT, 1);
}

/* A slot is found above the reach of the device's 24 bits: it is released, and the map fails. */
static void slot_above_the_mask(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(4, "0000:00:04.0", 24);
	struct state_finding x;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, false);
	put(f, &r);
	f->ts += SEC;
	feed_bounce(f, 4, POOL_START, 0x60000000, 4096);
	feed_unbounce(f, 4, POOL_START, 4096);
	feed_failed(f, 4, 4096, 0);
	x = expect_finding(f, "pool-above-mask", STATE_ERROR, 4);
	expect_fact(&x, FACT_ADDR, POOL_START);
	expect_fact(&x, FACT_MASK, (1 << 24) - 1);
	expect_no_finding(f, "map-failed");
	assert_int_equal(state__dev_by_key(f->m, 4)->fails[STATE_FAIL_ABOVE_MASK], 1);
}

/* Interrupts came between the search of a list's thread and the event that the list was refused. */
static void refused_list_after_a_while(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	small_pool(f, 1024);
	fill_pool(f, 1024, 32);
	ev = make_ev(f, DMS_EV_BOUNCE, 1);
	ev.aux = DMS_DMA_ERROR;
	ev.size = 65536;
	ev.pid = 42;
	feed_ev(f, &ev);
	f->ts += 40 * MS;
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = 4096;
	ev.flags = DMS_FL_SG;
	ev.pid = 42;
	feed_ev(f, &ev);
	expect_finding(f, "pool-full", STATE_ERROR, 1);
	expect_no_finding(f, "map-failed");
}

/* A run of slots that were in use at the start counts whole, and is released in pieces. */
static void a_long_run_of_old_slots(void **state)
{
	struct feed *f = *state;
	struct state_pool p;
	struct dms_event ev;

	small_pool(f, 1024);
	feed_pool(f, 1024, 700, true);
	ev = make_ev(f, DMS_EV_LIVE, 0);
	ev.aux = POOL_START;
	ev.size = 700 * 2048;
	feed_ev(f, &ev);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.held.v, 700);
	f->ts += SEC;
	feed_unbounce(f, 1, POOL_START + 300 * 2048, 4096);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.held.v, 698);
	assert_int_equal(p.used.v, 698);
}

/* Half of the memory for a pool of which the kernel says since boot that 300 slots were enough. */
static void pool_oversized_at_once(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_POOL };
	struct state_finding x;

	feed_session(f, GUEST_S390_PV, "s390x", "6.12.0");
	feed_all_hooks(f);
	strcpy(r.pool.name, "default");
	strcpy(r.pool.source, "debugfs");
	r.pool.nslabs = 524288;
	r.pool.start = 0x10000000;
	r.pool.end = r.pool.start + (RAM / 2);
	r.pool.used_known = r.pool.hiwater_known = true;
	r.pool.used = 200;
	r.pool.hiwater = 300;
	r.pool.ts = f->ts;
	put(f, &r);
	f->ts += SEC;
	feed_end(f, true);
	x = expect_finding(f, "pool-oversized", STATE_NOTE, 0);
	expect_fact(&x, FACT_PERCENT, 50);
	expect_fact(&x, FACT_SINCE_BOOT, 1);
	expect_fact(&x, FACT_ADVICE, 2048);	/* as the head of the report says */
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(leak_that_fills_the_pool), T(preallocated_ring),
		T(burst_of_a_device_that_keeps_little), T(most_slots_older_than_the_start),
		T(restricted_pool_full),
		T(holders_of_the_pool_that_is_full), T(own_pool_full_without_a_main_one),
		T(own_pools_of_a_secure_guest), T(own_pool_beside_a_disabled_one),
		T(stall_that_fills_the_pool), T(leak_beside_a_load), T(stall_from_before_the_start),
		T(grown_pool_full), T(one_slot_is_never_fragmented), T(slot_above_the_mask),
		T(refused_list_after_a_while), T(a_long_run_of_old_slots),
		T(pool_oversized_at_once),
		T(healthy_guest), T(healthy_plain_guests), T(no_bounce_pool),
		T(no_bounce_pool_by_state), T(pool_not_known_is_no_finding), T(bounce_not_forced),
		T(bounce_not_forced_counts_its_own), T(no_bounce_pool_counts_its_own),
		T(request_too_big), T(request_too_big_from_counts),
		T(refused_coherent_memory_is_not_too_big), T(reported_failures_count_once),
		T(request_too_big_by_its_offset), T(request_too_big_with_a_segment_free),
		T(runs_of_a_redacted_trace), T(not_too_big_if_it_fits), T(not_too_big_after_a_loss),
		T(pool_full), T(pool_full_where_the_default_is_shrunk),
		T(default_is_no_advice_on_arm64), T(pool_full_earlier),
		T(pool_full_for_a_list),
		T(pool_holders),
		T(pool_fragmented), T(pool_fragmented_run),
		T(fill_of_a_full_pool_not_known), T(pool_pressure_not_at_half),
		T(bounce_without_pool), T(no_pool_no_search),
		T(pool_outside_window), T(pool_oversized), T(all_bounced),
		T(mask_below_memory), T(bounced_unforced),
		T(bounced_at_an_external_port), T(bounced_at_a_port_without_iommu),
		T(narrow_mask_behind_an_iommu),
		T(not_bounced_unforced),
		T(not_bounced_unforced_in_a_secure_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
