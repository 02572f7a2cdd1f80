// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The rules of kernel 7.3 (kernel/dma/direct.c, swiotlb.c, include/linux/dma-direct.h): a device of
 * a secure guest bounces since private memory is out of its reach, not since force_bounce is set;
 * pools are of a kind; attributes that say what a mapping is. And that the rules of older kernels
 * still hold, in guests whose pool says nothing of its kind.
 */
#include "finding.h"

#define BLOCK	0x40000000ULL

static struct dms_rec dev_of_73(uint64_t key, int cc_shared)
{
	struct dms_rec r = make_dev(key, key == 1 ? "0000:00:01.0" : "0000:00:02.0", 64);

	r.device.st.known |= DMS_DS_POOL;
	r.device.st.pool_nslabs = POOL_SLOTS;
	if (cc_shared >= 0) {
		r.device.st.known |= DMS_DS_CC_SHARED;
		r.device.st.cc_shared = (uint8_t)cc_shared;
	}
	return r;
}

/* Device 1 is used, device 2 idle; force_bounce is 0, as it is without swiotlb=force. */
static void feed_73(struct feed *f, enum dms_guest guest, int cc_shared, uint64_t used)
{
	struct dms_rec r = make_pool(f->ts, POOL_START, POOL_SLOTS, used);

	feed_session(f, guest, guest == GUEST_S390_PV ? "s390x" : "x86_64", "7.3.4");
	feed_all_hooks(f);
	r.pool.cc_shared_known = cc_shared >= 0;
	r.pool.cc_shared = cc_shared == 1;
	put(f, &r);
	r = dev_of_73(1, cc_shared);
	put(f, &r);
	r = dev_of_73(2, cc_shared);
	put(f, &r);
}

static void bounce_some(struct feed *f)
{
	for (uint64_t i = 0; i < 50; i++) {
		uint64_t slot = POOL_START + (i % 16) * 4096;

		f->ts += 5 * MS;
		feed_bounce(f, 1, slot, BLOCK + i * 4096, 4096);
		feed_map(f, 1, DMS_PATH_BOUNCED, slot, BLOCK + i * 4096, 4096);
		f->ts += MS;
		feed_unbounce(f, 1, slot, 4096);
		feed_unmap(f, 1, slot, 4096);
	}
}

static struct state_decision decision(struct feed *f, uint64_t dev)
{
	struct state_decision d;

	assert_int_equal(words__decision(f->m, dev, &d), 0);
	return d;
}

static void expect_healthy(struct feed *f)
{
	if (count_findings(f, STATE_WARNING))
		list_findings(f);
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
}

static void expect_unexpected(struct feed *f, const char *predicted, const char *seen, uint64_t n)
{
	struct state_finding x = expect_finding(f, "unexpected-path", STATE_NOTE, 1);

	expect_text(&x, FACT_PREDICTED, predicted);
	expect_text(&x, FACT_SEEN, seen);
	expect_text(&x, FACT_KERNEL, "7.3.4");
	expect_fact(&x, FACT_TIMES, n);
	assert_true(advises(&x, REMEDY_SEND_TRACE));
}

static void healthy_guests(void **state)
{
	static const enum dms_guest guests[] = {
		GUEST_SEV, GUEST_SEV_SNP, GUEST_TDX, GUEST_S390_PV,
	};
	struct feed *f = *state;

	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		state__free(f->m);
		f->m = state__new(NULL);
		feed_73(f, guests[i], 1, 0);
		expect_healthy(f);
		assert_int_equal(decision(f, 2).way, STATE_WAY_BOUNCE);
		assert_string_equal(decision(f, 2).brief, "bounce: private RAM");
		assert_false(decision(f, 2).bad);
		bounce_some(f);
		feed_end(f, true);
		expect_healthy(f);
		expect_no_finding(f, "unexpected-path");
		assert_int_equal(decision(f, 1).way, STATE_WAY_BOUNCE);
		assert_true(decision(f, 1).observed);
	}
}

/* A trace that was recorded without that field: what was seen speaks against the old rule. */
static void recorded_before_the_field(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_SEV, -1, 0);
	bounce_some(f);
	feed_end(f, true);
	expect_healthy(f);
	assert_int_equal(decision(f, 1).way, STATE_WAY_BOUNCE);
	assert_null(strstr(decision(f, 2).brief, "NOT bounced"));
	assert_int_equal(decision(f, 2).way, STATE_WAY_UNKNOWN);
	assert_false(decision(f, 2).bad);
	expect_unexpected(f, "direct", "bounced", 50);
}

/* 5.15 to 5.18 on PEF, and swiotlb=noforce: the pool says nothing of its kind, private goes out. */
static void not_forced_before_73(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_SEV, -1, 0);
	feed_map(f, 1, DMS_PATH_DIRECT, BLOCK, BLOCK, 4096);
	expect_finding(f, "bounce-not-forced", STATE_ERROR, 0);
	assert_string_equal(decision(f, 2).brief, "direct: NOT bounced");
}

static void plain_guest(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_NONE, 0, 0);
	feed_map(f, 1, DMS_PATH_DIRECT, BLOCK, BLOCK, 4096);
	f->ts += SEC;
	feed_unmap(f, 1, BLOCK, 4096);
	feed_end(f, true);
	assert_int_equal(count_findings(f, STATE_NOTE), 0);
	assert_string_equal(decision(f, 2).brief, "direct");
}

static void no_pool(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = dev_of_73(1, 1);

	feed_session(f, GUEST_SEV, "x86_64", "7.3.4");
	feed_all_hooks(f);
	feed_pool(f, 0, 0, false);
	r.device.st.pool_nslabs = 0;
	put(f, &r);
	assert_string_equal(decision(f, 1).brief, "refused: NO BOUNCE POOL");
}

static void refuse_some(struct feed *f)
{
	struct dms_event ev = make_ev(f, DMS_EV_BOUNCE, 1);

	ev.aux = DMS_DMA_ERROR;
	ev.size = 4096;
	ev.path = DMS_PATH_FAILED;
	feed_ev(f, &ev);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
}

static void pool_of_the_wrong_kind(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_73(f, GUEST_SEV, 0, 0);
	refuse_some(f);
	x = expect_finding(f, "pool-unusable", STATE_ERROR, 1);
	expect_fact(&x, FACT_FAILED, 1);
	expect_fact(&x, FACT_WRONG_KIND, 1);
	assert_true(advises(&x, REMEDY_POOL_KIND));
	expect_no_finding(f, "pool-full");
	expect_no_finding(f, "pool-fragmented");
	assert_string_equal(decision(f, 2).brief, "refused: POOL UNUSABLE");
}

static void pool_disabled_at_boot(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_73(f, GUEST_SEV, 1, POOL_SLOTS);
	refuse_some(f);
	x = expect_finding(f, "pool-unusable", STATE_ERROR, 1);
	expect_fact(&x, FACT_WRONG_KIND, 0);
	assert_true(advises(&x, REMEDY_POOL_DISABLED));
	expect_no_finding(f, "pool-full");
}

/* The same numbers where mappings hold the slots: that is a full one. */
static void pool_only_full(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_SEV, 1, POOL_SLOTS - 2);
	feed_bounce(f, 1, POOL_START, BLOCK, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, BLOCK, 4096);
	refuse_some(f);
	expect_finding(f, "pool-full", STATE_ERROR, 1);
	expect_no_finding(f, "pool-unusable");
}

static void map_with(struct feed *f, enum dms_event_type type, uint64_t dma, uint32_t attrs)
{
	struct dms_event ev = make_ev(f, type, 1);

	ev.path = dma == DMS_DMA_ERROR ? DMS_PATH_FAILED : DMS_PATH_DIRECT;
	ev.dma = dma;
	ev.phys = BLOCK;
	ev.size = 4096;
	ev.dir = DMS_DIR_FROM_DEVICE;
	ev.attrs = attrs;
	if (type == DMS_EV_UNMAP)
		ev.flags = DMS_FL_NO_PHYS;
	feed_ev(f, &ev);
	f->ts += MS;
}

/* Registers are no memory of the guest's; shared memory may go direct. */
static void direct_and_not_private(void **state)
{
	static const uint32_t healthy[] = {
		DMS_ATTR_MMIO, DMS_ATTR_CC_SHARED, DMS_ATTR_MMIO | DMS_ATTR_CC_SHARED,
	};
	struct feed *f = *state;

	feed_73(f, GUEST_S390_PV, 1, 0);
	for (size_t i = 0; i < sizeof(healthy) / sizeof(healthy[0]); i++) {
		map_with(f, DMS_EV_MAP, BLOCK, healthy[i]);
		map_with(f, DMS_EV_UNMAP, BLOCK, healthy[i]);
	}
	expect_healthy(f);
	expect_no_finding(f, "private-dma");
	map_with(f, DMS_EV_MAP, BLOCK, 0);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
}

static void coherence_required(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_73(f, GUEST_SEV, 1, 0);
	map_with(f, DMS_EV_MAP, DMS_DMA_ERROR, DMS_ATTR_REQUIRE_COHERENT);
	x = expect_finding(f, "map-failed", STATE_WARNING, 1);
	assert_int_equal(x.count, 1);
	assert_non_null(strstr(x.f.summary, "DMA_ATTR_REQUIRE_COHERENT"));
	assert_non_null(strstr(x.f.action, "system_cc_shared"));
}

static void attributes_at_unmap(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	feed_73(f, GUEST_SEV, 1, 0);
	map_with(f, DMS_EV_MAP, BLOCK, DMS_ATTR_CC_SHARED | 1 << 5 | 1 << 8);
	map_with(f, DMS_EV_UNMAP, BLOCK, DMS_ATTR_CC_SHARED);	/* SKIP_CPU_SYNC may differ */
	expect_no_finding(f, "api-misuse");
	f->ts += SEC;		/* no mapping from before the start is left */
	map_with(f, DMS_EV_MAP, BLOCK, DMS_ATTR_CC_SHARED);
	map_with(f, DMS_EV_UNMAP, BLOCK, 0);
	x = expect_finding(f, "api-misuse", STATE_WARNING, 1);
	expect_fact(&x, FACT_ATTR_MISMATCH, 1);
}

/* A kernel that lets a device reach private memory: the note, and what was seen stays an error. */
static void direct_where_a_bounce_was_due(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_SEV, 1, 0);
	map_with(f, DMS_EV_MAP, BLOCK, 0);
	expect_unexpected(f, "bounced", "direct", 1);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
}

/* Mappings made before a mask was set do not show the effect of the mask. */
static void mapped_before_the_mask_was_set(void **state)
{
	struct feed *f = *state;
	struct dms_event mask = make_ev(f, DMS_EV_MASK, 1);

	feed_73(f, GUEST_SEV, 1, 0);
	map_with(f, DMS_EV_MAP, BLOCK, 0);
	mask.aux = ~0ULL;
	feed_ev(f, &mask);
	expect_no_finding(f, "unexpected-path");
	map_with(f, DMS_EV_MAP, BLOCK + 4096, DMS_ATTR_CC_SHARED);
	expect_no_finding(f, "unexpected-path");
	map_with(f, DMS_EV_MAP, BLOCK + 8192, 0);
	expect_unexpected(f, "bounced", "direct", 1);
}

/* A secure guest whose pool is not forced by any known rule, and one device that bounces anyway. */
static void unexpected_path_replaces_errors(void **state)
{
	struct feed *f = *state;

	feed_73(f, GUEST_SEV, -1, 0);
	expect_finding(f, "bounce-not-forced", STATE_WARNING, 0);
	feed_bounce(f, 1, POOL_START, BLOCK, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, POOL_START, BLOCK, 4096);
	expect_unexpected(f, "direct", "bounced", 1);
	expect_no_finding(f, "bounce-not-forced");
	assert_int_equal(count_findings(f, STATE_WARNING), 0);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(healthy_guests),
		T(recorded_before_the_field),
		T(not_forced_before_73),
		T(plain_guest),
		T(no_pool),
		T(pool_of_the_wrong_kind),
		T(pool_disabled_at_boot),
		T(pool_only_full),
		T(direct_and_not_private),
		T(coherence_required),
		T(attributes_at_unmap),
		T(direct_where_a_bounce_was_due),
		T(mapped_before_the_mask_was_set),
		T(unexpected_path_replaces_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
