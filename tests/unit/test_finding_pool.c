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
	if (count_findings(f, MODEL_WARNING))
		list_findings(f);
	assert_int_equal(count_findings(f, MODEL_WARNING), 0);
	/* the one thing that is true of every current kernel, and no fault of the guest's */
	assert_int_equal(count_findings(f, MODEL_NOTE), 1);
	expect_finding(f, "window-wide", MODEL_NOTE, 0);
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
	assert_int_equal(count_findings(f, MODEL_NOTE), 0);
}

static void no_bounce_pool(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pool(f, 0, 0, false);
	x = expect_finding(f, "no-bounce-pool", MODEL_ERROR, 0);
	assert_int_equal(x.f.confidence, 100);
	assert_non_null(strstr(x.f.action, "swiotlb=force"));
	expect_no_finding(f, "bounce-not-forced");
	expect_no_finding(f, "private-dma");
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x40000000, 0x40000000, 4096);
	x = expect_finding(f, "private-dma", MODEL_ERROR, 1);
	assert_int_equal(x.seq[0], 1);
	assert_non_null(strstr(get_finding(f, "no-bounce-pool").f.evidence, "1 mapping of"));
}

/* Known from a device's state alone. */
static void no_bounce_pool_by_state(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_PEF, "ppc64le", "7.2.13");
	r.device.st.known |= DMS_DS_POOL;
	put(f, &r);
	expect_finding(f, "no-bounce-pool", MODEL_ERROR, 0);
}

static void pool_not_known_is_no_finding(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_POOL };

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	expect_no_finding(f, "no-bounce-pool");
	put(f, &r);		/* nobody could tell */
	assert_int_equal(count_findings(f, MODEL_NOTE), 0);
}

static void bounce_not_forced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	expect_finding(f, "bounce-not-forced", MODEL_ERROR, 0);
}

/* Counted is what the pool would have bounced, of devices that nothing forces. */
static void bounce_not_forced_counts_its_own(void **state)
{
	struct feed *f = *state;
	struct model_finding x;
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
	x = expect_finding(f, "bounce-not-forced", MODEL_ERROR, 0);
	assert_non_null(strstr(x.f.evidence, "is 0 for 2 devices; 0 mappings of private memory"));
	assert_non_null(strstr(x.f.evidence, "0000:00:01.0"));
	assert_null(strstr(x.f.evidence, "0000:00:03.0"));
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + POOL_START, POOL_START, 512);	/* shared */
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000 + i * 65536,
			 0x60000000 + i * 65536, 512);
	x = expect_finding(f, "bounce-not-forced", MODEL_ERROR, 0);
	assert_non_null(strstr(x.f.evidence, "is 0 for 2 devices; 3 mappings of private memory"));
	/* three are named at most, those that were given such memory first */
	for (i = 4; i < 7; i++)
		feed_pseries_dev(f, i, "0000:00:04.0", 64, false);
	feed_map(f, 6, DMS_PATH_DIRECT, DDW_BASE + 0x70000000, 0x70000000, 512);
	x = expect_finding(f, "bounce-not-forced", MODEL_ERROR, 0);
	assert_non_null(strstr(x.f.evidence, "is 0 for 5 devices; 4 mappings of private memory"));
	assert_non_null(strstr(x.f.evidence, ": 0000:00:01.0, 0000:00:04.0, 0000:00:02.0, ..."));
}

static void no_bounce_pool_counts_its_own(void **state)
{
	struct feed *f = *state;
	struct model_finding x;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pool(f, 0, 0, false);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, false);
	for (i = 0; i < 7; i++)
		feed_map(f, 2, DMS_PATH_TCE, 0x100000 + i * 65536, 0x40000000, 512);
	x = expect_finding(f, "no-bounce-pool", MODEL_ERROR, 0);
	assert_null(strstr(x.f.evidence, "private memory"));
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x60000000 + i * 65536,
			 0x60000000 + i * 65536, 512);
	x = expect_finding(f, "no-bounce-pool", MODEL_ERROR, 0);
	assert_non_null(strstr(x.f.evidence, "; 3 mappings of private memory went direct"));
}

static void request_too_big(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	feed_healthy_pef(f);
	expect_no_finding(f, "request-too-big");
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 786432);
	feed_failed(f, 1, 786432, DMS_FL_NO_SLOT);
	x = expect_finding(f, "request-too-big", MODEL_ERROR, 1);
	assert_int_equal(x.count, 1);
	assert_non_null(strstr(x.f.summary, "768 KiB"));
	assert_non_null(strstr(x.f.summary, "256 KiB"));
	expect_no_finding(f, "pool-full");
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "map-failed");
	assert_int_equal(model__dev_by_key(f->m, 1)->fails[MODEL_FAIL_TOO_BIG], 1);
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
	expect_finding(f, "request-too-big", MODEL_ERROR, 1);
	expect_no_finding(f, "map-failed");
	r.stats.val.maps = 60;
	r.stats.val.hist[4] = 10;
	put(f, &r);
	expect_finding(f, "map-failed", MODEL_WARNING, 1);
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
	struct model_finding x;

	small_pool(f, 1024);
	fill_pool(f, 1024, 32);
	expect_no_finding(f, "pool-full");
	expect_finding(f, "pool-pressure", MODEL_WARNING, 0);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	x = expect_finding(f, "pool-full", MODEL_ERROR, 1);
	assert_non_null(strstr(x.f.evidence, "1024 of 1024 slots"));
	assert_non_null(strstr(x.f.evidence, "then 0000:00:01.0 held 1024 slots in 32 mappings"));
	assert_non_null(strstr(x.f.action, "swiotlb=32768,force"));
	expect_no_finding(f, "pool-pressure");
	expect_no_finding(f, "request-too-big");
	expect_no_finding(f, "pool-fragmented");
}

/* By the time that somebody reads the report the slots are free again. */
static void pool_full_then(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	small_pool(f, 1024);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_bounce(f, 2, POOL_START + 992 * 2048, 0x50000000, 65536);
	fill_pool(f, 992, 32);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x60000000, 65536);
	feed_failed(f, 1, 65536, DMS_FL_NO_SLOT);
	for (uint64_t i = 0; i < 992; i += 32)
		feed_unbounce(f, 1, POOL_START + i * 2048, 65536);
	x = expect_finding(f, "pool-full", MODEL_ERROR, 1);
	assert_non_null(strstr(x.f.evidence, "then 0000:00:01.0 held 992 slots in 31 mappings, "
			       "0000:00:02.0 held 32 slots in 1 mapping"));
}

/*
 * The kernel gives back what a list had got before it says that the list was refused, and the event
 * has the first element's size: it is full as the search found it, of the size that was sought.
 */
static void pool_full_for_a_list(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	small_pool(f, 1024);
	fill_pool(f, 992, 32);
	feed_bounce(f, 1, POOL_START + 992 * 2048, 0x60000000, 32768);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x60008000, 65536);
	feed_unbounce(f, 1, POOL_START + 992 * 2048, 32768);
	feed_failed(f, 1, 32768, DMS_FL_NO_SLOT | DMS_FL_SG);
	x = expect_finding(f, "pool-full", MODEL_ERROR, 1);
	assert_non_null(strstr(x.f.evidence, "1 mapping failed, sizes up to 64 KiB; 1008 of 1024"));
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "map-failed");
}

/* Most slots first; 2,000 bytes that begin in the midst of one take two. */
static void pool_holders(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	small_pool(f, 6);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	feed_bounce(f, 1, POOL_START + 8192 + 100, 0x40000000, 2000);
	feed_bounce(f, 2, POOL_START, 0x50000000, 5000);
	feed_unbounce(f, 2, POOL_START, 5000);
	x = expect_finding(f, "pool-pressure", MODEL_WARNING, 0);
	assert_non_null(strstr(x.f.evidence, "5 of 6 slots in use at worst; then "
			       "0000:00:02.0 held 3 slots in 1 mapping, "
			       "0000:00:01.0 held 2 slots in 1 mapping"));
}

static void pool_fragmented(void **state)
{
	struct feed *f = *state;

	small_pool(f, 1024);
	half_of_each_segment(f, 1024);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	expect_finding(f, "pool-fragmented", MODEL_ERROR, 1);
	expect_no_finding(f, "pool-full");
	expect_no_finding(f, "request-too-big");
}

/* 128 slots hold 256 KiB, but not when it has to start in the midst of one, as NVMe's does. */
static void request_too_big_by_its_offset(void **state)
{
	struct feed *f = *state;
	struct model_finding x;

	small_pool(f, 1024);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	x = expect_finding(f, "request-too-big", MODEL_ERROR, 1);
	assert_non_null(strstr(x.f.evidence, "0 of 1024 slots"));
	assert_non_null(strstr(x.f.evidence, "256 KiB at 0x200 of a page"));
	assert_null(strstr(x.f.action, "swiotlb="));
	expect_no_finding(f, "pool-fragmented");
	expect_no_finding(f, "pool-full");
}

/* The same with some in use: one segment of the eight is free, and would hold any 256 KiB. */
static void request_too_big_with_a_segment_free(void **state)
{
	struct feed *f = *state;

	small_pool(f, 1024);
	half_of_each_segment(f, 1024 - 128);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000200, 262144);
	feed_failed(f, 1, 262144, DMS_FL_NO_SLOT);
	assert_non_null(strstr(expect_finding(f, "request-too-big", MODEL_ERROR, 1).f.evidence,
			       "a whole segment was free"));
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
	expect_finding(f, "pool-fragmented", MODEL_ERROR, 1);
	expect_no_finding(f, "request-too-big");
}

/* What was lost may have been the slots that were in the way. */
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
	expect_finding(f, "pool-fragmented", MODEL_ERROR, 1);
	expect_no_finding(f, "request-too-big");
}

static void pool_fragmented_run(void **state)
{
	struct feed *f = *state;
	struct model_pool p;
	uint64_t slot;

	small_pool(f, 256);
	for (slot = 0; slot < 256; slot += 2)
		feed_bounce(f, 1, POOL_START + slot * 2048, 0x50000000, 2048);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 4096);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
	assert_non_null(strstr(expect_finding(f, "pool-fragmented", MODEL_ERROR, 1).f.evidence,
			       "longest free run was 1 slot"));
	assert_true(model__pool(f->m, 0, &p));
	assert_null(p.free_run.why);
	assert_int_equal(p.free_run.v, 1);
	assert_non_null(strstr(get_finding(f, "pool-fragmented").f.evidence, "sizes up to 4 KiB"));
}

/* A redacted trace has other slots next to each other: neither a run nor a segment is known. */
static void runs_of_a_redacted_trace(void **state)
{
	struct dms_rec r = { .type = REC_SESSION };
	struct feed *f = *state;
	struct model_pool p;

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
	expect_finding(f, "pool-fragmented", MODEL_ERROR, 1);
	expect_no_finding(f, "request-too-big");
	assert_true(model__pool(f->m, 0, &p));
	assert_non_null(p.free_run.why);
}

static void pool_full_how_full_not_known(void **state)
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
	assert_true(expect_finding(f, "pool-full", MODEL_ERROR, 1).f.confidence <= 60);
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
	expect_finding(f, "bounce-without-pool", MODEL_ERROR, 1);
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
	expect_finding(f, "bounce-without-pool", MODEL_ERROR, 1);
	expect_finding(f, "map-failed", MODEL_WARNING, 1);
}

static void pool_outside_window(void **state)
{
	struct feed *f = *state;
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
	assert_non_null(strstr(expect_finding(f, "pool-outside-window", MODEL_ERROR, 1).f.evidence,
			       "256 MiB boundary"));
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
	expect_finding(f, "pool-oversized", MODEL_NOTE, 0);
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
	expect_finding(f, "all-bounced", MODEL_NOTE, 0);
	assert_int_equal(count_findings(f, MODEL_WARNING), 0);
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
	expect_finding(f, "mask-below-memory", MODEL_NOTE, 1);
	expect_no_finding(f, "bounced-unforced");
}

/* Of ten mappings three are copied, which neither force nor address explains. */
static void bounced_unforced(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);
	struct model_finding x;
	uint64_t i;

	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 0, false);
	for (i = 0; i < 7; i++)
		feed_map(f, 1, DMS_PATH_DIRECT, 0x1000000 + i * 4096, 0x1000000 + i * 4096, 4096);
	expect_no_finding(f, "bounced-unforced");
	for (i = 0; i < 3; i++)
		feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START + i * 2048, 0x60000000 + i * 64, 40);
	x = expect_finding(f, "bounced-unforced", MODEL_NOTE, 1);
	assert_int_equal(x.count, 3);
	assert_int_equal(x.seq[0], 8);
	assert_non_null(strstr(x.f.evidence, "3 of its 10 mappings (30 %) were bounced"));
	expect_no_finding(f, "mask-below-memory");
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

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(healthy_guest), T(healthy_plain_guests), T(no_bounce_pool),
		T(no_bounce_pool_by_state), T(pool_not_known_is_no_finding), T(bounce_not_forced),
		T(bounce_not_forced_counts_its_own), T(no_bounce_pool_counts_its_own),
		T(request_too_big), T(request_too_big_from_counts),
		T(request_too_big_by_its_offset), T(request_too_big_with_a_segment_free),
		T(runs_of_a_redacted_trace), T(not_too_big_if_it_fits), T(not_too_big_after_a_loss),
		T(pool_full), T(pool_full_then), T(pool_full_for_a_list),
		T(pool_holders),
		T(pool_fragmented), T(pool_fragmented_run),
		T(pool_full_how_full_not_known), T(pool_pressure_not_at_half),
		T(bounce_without_pool), T(no_pool_no_search),
		T(pool_outside_window), T(pool_oversized), T(all_bounced),
		T(mask_below_memory), T(bounced_unforced), T(not_bounced_unforced),
		T(not_bounced_unforced_in_a_secure_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
