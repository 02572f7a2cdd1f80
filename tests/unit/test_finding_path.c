// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about ways, windows and TCEs: each provoked once, and absent where it must be.
 */
#include <time.h>

#include "finding.h"

#define E1000	2

/* The healthy guest and an e1000 beside it, which is what makes it sick. */
static void with_e1000(struct feed *f)
{
	feed_healthy_pef(f);
	feed_pseries_dev(f, E1000, "0000:00:02.0", 32, true);
}

#define E1000_LIOBN	(DEF_LIOBN + E1000 * 16)

static void map_tce(struct feed *f, uint64_t dma, uint64_t phys, uint64_t size)
{
	feed_tce(f, true, E1000_LIOBN, dma & ~0xffffULL, phys & ~0xffffULL, 0x10000);
	feed_map(f, E1000, DMS_PATH_TCE, dma, phys, size);
}

static void unmap_tce(struct feed *f, uint64_t dma, uint64_t size)
{
	feed_unmap(f, E1000, dma, size);
	feed_tce(f, false, E1000_LIOBN, dma & ~0xffffULL, 0, 0x10000);
}

static void private_pages_through_tces(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	with_e1000(f);
	expect_no_finding(f, "private-dma");
	map_tce(f, 0x10040, 0x40000040, 1522);
	x = expect_finding(f, "private-dma", STATE_ERROR, E1000);
	assert_int_equal(x.count, 1);
	assert_true(x.seq[0] > 0);
	assert_int_equal(x.f.confidence, 90);
	expect_finding(f, "small-mask", STATE_WARNING, E1000);
	expect_no_finding(f, "dma-without-tce");
	expect_no_finding(f, "no-bounce-pool");
	/* shared memory through a TCE is in order */
	assert_int_equal(state__dev_by_key(f->m, E1000)->private_maps, 1);
	map_tce(f, 0x20000, POOL_START, 4096);
	assert_int_equal(state__dev_by_key(f->m, E1000)->private_maps, 1);
}

/* Joined elements of a list have no physical address of their own: the TCEs behind them have. */
static void private_pages_of_a_joined_list(void **state)
{
	struct dms_event ev;
	struct feed *f = *state;

	with_e1000(f);
	ev = make_ev(f, DMS_EV_MAP, E1000);
	ev.hook = DMS_HOOK_MAP_SG;
	ev.path = DMS_PATH_TCE;
	ev.liobn = E1000_LIOBN;
	ev.flags = DMS_FL_SG | DMS_FL_NO_PHYS;
	ev.dma = 0x30000;
	ev.size = 0x20000;
	feed_tce(f, true, E1000_LIOBN, 0x30000, POOL_START, 0x10000);
	feed_tce(f, true, E1000_LIOBN, 0x40000, POOL_START + 0x50000, 0x10000);
	feed_ev(f, &ev);
	expect_no_finding(f, "private-dma");
	feed_tce(f, false, E1000_LIOBN, 0x30000, 0, 0x20000);
	feed_tce(f, true, E1000_LIOBN, 0x30000, POOL_START, 0x10000);
	feed_tce(f, true, E1000_LIOBN, 0x40000, 0x40000000, 0x10000);
	feed_ev(f, &ev);
	expect_finding(f, "private-dma", STATE_ERROR, E1000);
	assert_int_equal(state__dev_by_key(f->m, E1000)->private_bytes, 0x10000);
}

/* Virtual I/O never has a direct window: no remedy that asks for one, and none is missing. */
static void virtual_io_in_a_secure_guest(void **state)
{
	struct dms_rec r = make_dev(9, "71000001", 64);
	struct dms_event ev;
	struct feed *f = *state;
	struct state_finding x;

	feed_healthy_pef(f);
	strcpy(r.device.bus, "vio");
	r.device.st.known |= DMS_DS_TABLE;
	r.device.st.force_bounce = true;
	r.device.st.table_size = 256 << 20;
	r.device.st.table_page_shift = 12;
	r.device.st.liobn = 0x71000001;
	put(f, &r);
	feed_window(f, 9, 0x71000001, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 256 << 20);
	ev = make_ev(f, DMS_EV_MAP, 9);
	ev.path = DMS_PATH_TCE;
	ev.dma = 0x10000;
	ev.phys = 0x40000000;
	ev.size = 4096;
	ev.liobn = 0x71000001;
	feed_ev(f, &ev);
	x = expect_finding(f, "private-dma", STATE_ERROR, 9);
	assert_true(advises(&x, REMEDY_NO_VIO));
	expect_no_finding(f, "ddw-missing");
	expect_no_finding(f, "small-mask");
}

static void memory_shared_by_its_caller(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_SEV, "x86_64", "7.1.0");
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0x40000000;
	ev.size = 4096;
	ev.attrs = 1 << 13;		/* DMA_ATTR_CC_SHARED */
	feed_ev(f, &ev);
	expect_no_finding(f, "private-dma");
	feed_share(f, true, 0x50000000, 8192);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x50000000, 0x50000000, 8192);
	expect_no_finding(f, "private-dma");
	feed_map(f, 1, DMS_PATH_DIRECT, 0x50001000, 0x50001000, 8192);
	assert_int_equal(state__dev_by_key(f->m, 1)->private_bytes, 4096);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
}

#define C_BIT	(1ULL << 51)

static int shared_of_first(void *ctx, const struct state_range *r)
{
	*(enum state_shared_state *)ctx = r->shared;
	return 0;
}

/* A SEV guest's DMA addresses show it themselves; the ledger need not know the page. */
static void c_bit_decides(void **state)
{
	struct dms_rec s = { .type = REC_SESSION };
	enum state_shared_state shared = STATE_SHARED_UNKNOWN;
	struct feed *f = *state;
	struct dms_event ev;

	s.session.guest = GUEST_SEV;
	s.session.enc_mask = C_BIT;
	strcpy(s.session.arch, "x86_64");
	put(f, &s);
	feed_all_hooks(f);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.path = DMS_PATH_COHERENT;
	ev.dma = ev.phys = 0x40000000;		/* shared before the start */
	ev.size = 4096;
	feed_ev(f, &ev);
	assert_int_equal(state__ranges(f->m, NULL, shared_of_first, &shared, NULL), 0);
	assert_int_equal(shared, STATE_SHARED_YES);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x60000000, 0x60000000, 4096);
	expect_no_finding(f, "private-dma");
	feed_share(f, true, 0x50000000, 4096);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x50000000 | C_BIT, 0x50000000, 4096);
	assert_int_equal(state__dev_by_key(f->m, 1)->private_bytes, 4096);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
}

static void coherent_memory_through_tces(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	with_e1000(f);
	ev = make_ev(f, DMS_EV_ALLOC, E1000);
	ev.dma = 0x50000;
	ev.size = 4096;
	feed_ev(f, &ev);
	/* the kernel's source alone says so, until a mapping of private memory is seen */
	x = expect_finding(f, "private-dma", STATE_WARNING, E1000);
	expect_fact(&x, FACT_COHERENT, 1);
	expect_fact(&x, FACT_COHERENT_BYTES, 4096);
	feed_map(f, E1000, DMS_PATH_TCE, 0x60000, 0x40000000, 4096);
	x = expect_finding(f, "private-dma", STATE_ERROR, E1000);
	expect_fact(&x, FACT_COHERENT, 1);
	expect_fact(&x, FACT_MAPS, 1);
}

static void private_by_counts_only(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS };
	struct state_finding x;

	with_e1000(f);
	r.stats.key.dev = E1000;
	r.stats.key.path = DMS_PATH_TCE;
	r.stats.val.maps = 260;
	put(f, &r);
	x = expect_finding(f, "private-dma", STATE_WARNING, E1000);
	assert_int_equal(x.f.confidence, 80);
	assert_true(x.not_seen[0]);
}

static void small_mask_without_a_driver(void **state)
{
	struct feed *f = *state;
	struct dms_rec r;

	with_e1000(f);
	expect_finding(f, "small-mask", STATE_WARNING, E1000);
	r = make_dev(E1000, "0000:00:02.0", 32);
	r.device.driver[0] = '\0';
	put(f, &r);
	expect_no_finding(f, "small-mask");
}

static void shares_lost(void **state)
{
	struct feed *f = *state;
	struct dms_rec gap = { .type = REC_GAP };

	with_e1000(f);
	map_tce(f, 0x10040, 0x40000040, 1522);
	gap.gap.hook = DMS_HOOK_SHARE;
	gap.gap.lost = 7;
	put(f, &gap);
	expect_no_finding(f, "private-dma");
	expect_not_judged(f, "private-dma", COVER_LOST);
}

static void pv_guest(struct feed *f)
{
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_S390_PV, "s390x", "6.12.0");
	feed_all_hooks(f);
	put(f, &r);
}

static void share_somewhere(struct feed *f)
{
	struct dms_event ev;

	f->ts += MS;
	ev = make_ev(f, DMS_EV_SHARE, 0);
	ev.hook = DMS_HOOK_SHARE;
	ev.size = 4096;
	ev.flags = DMS_FL_NO_PHYS;
	feed_ev(f, &ev);
	f->ts += MS;
}

/* A later mapping may be of the memory that was shared. */
static void shares_of_unknown_memory(void **state)
{
	struct feed *f = *state;

	pv_guest(f);
	share_somewhere(f);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
	expect_no_finding(f, "private-dma");
	expect_not_judged(f, "private-dma", COVER_UNPLACED);
}

/* An earlier one was of private memory then. */
static void private_before_a_share_of_unknown_memory(void **state)
{
	struct feed *f = *state;

	pv_guest(f);
	f->ts += MS;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
	share_somewhere(f);
	expect_finding(f, "private-dma", STATE_ERROR, 1);
}

static void bounced_outside_every_window(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	with_e1000(f);
	feed_bounce(f, E1000, POOL_START + 0x10000, 0x40000000, 4096);
	feed_map(f, E1000, DMS_PATH_BOUNCED, POOL_START + 0x10000, 0x40000000, 4096);
	x = expect_finding(f, "dma-without-tce", STATE_ERROR, E1000);
	expect_fact(&x, FACT_WAY_BOUNCED, 1);
	expect_fact(&x, FACT_OFF_256M, (POOL_START & 0xfffffff) != 0);
	/* the window turns up after all */
	feed_window(f, E1000, 0x90000000, WINDOW_DDW, WINDOW_DIRECT, 0, 4ULL << 30);
	expect_no_finding(f, "dma-without-tce");
}

/* RHEL-17959: a dynamic window taken for a direct one. */
static void direct_through_a_dynamic_window(void **state)
{
	struct feed *f = *state;

	with_e1000(f);
	feed_window(f, E1000, 0x90000000, WINDOW_DDW, WINDOW_DYNAMIC, DDW_BASE, 4ULL << 30);
	feed_map(f, E1000, DMS_PATH_DIRECT, DDW_BASE + 0x10000, 0x10000, 4096);
	expect_finding(f, "dma-without-tce", STATE_ERROR, E1000);
}

static void tce_never_built(void **state)
{
	struct feed *f = *state;

	with_e1000(f);
	feed_map(f, E1000, DMS_PATH_TCE, 0x90000, 0x40000000, 4096);
	expect_finding(f, "dma-without-tce", STATE_ERROR, E1000);
	/* the record of the TCE came later than that of the mapping: nothing to say */
	feed_tce(f, true, E1000_LIOBN, 0x90000, 0x40000000, 0x10000);
	expect_no_finding(f, "dma-without-tce");
}

static void ddw_missing(void **state)
{
	struct feed *f = *state;
	struct dms_rec r;

	with_e1000(f);
	expect_no_finding(f, "ddw-missing");
	r = make_dev(3, "0000:00:03.0", 64);
	r.device.st.force_bounce = 1;
	put(f, &r);
	feed_window(f, 3, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	expect_no_finding(f, "ddw-missing");	/* without dma_ops it bounces */
	strcpy(r.device.ops, "dma_iommu_ops");
	r.device.st.ops = 1;
	put(f, &r);
	expect_finding(f, "ddw-missing", STATE_WARNING, 3);
	feed_window(f, 3, 0x8000009a, WINDOW_DDW, WINDOW_DIRECT, DDW_BASE, 4ULL << 30);
	expect_no_finding(f, "ddw-missing");
}

static void ddw_refused_on_a_plain_guest(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 64);
	struct dms_event ev;
	struct state_finding x;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.117");
	put(f, &r);
	feed_window(f, 3, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	expect_finding(f, "ddw-missing", STATE_NOTE, 3);
	ev = make_ev(f, DMS_EV_BYPASS, 3);
	ev.aux = ~0ULL;
	feed_ev(f, &ev);
	x = expect_finding(f, "ddw-missing", STATE_WARNING, 3);
	expect_fact(&x, FACT_BYPASS_REFUSED, 1);
	assert_int_equal(x.seq[0], 1);
}

static void ddw_degraded(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 64);

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.117");
	put(f, &r);
	feed_window(f, 3, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	feed_window(f, 3, 0x8000009a, WINDOW_DDW, WINDOW_DYNAMIC, DDW_BASE, 1ULL << 30);
	expect_finding(f, "ddw-degraded", STATE_NOTE, 3);
	expect_no_finding(f, "ddw-missing");
}

static void mixed_paths(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "ppc64le", "7.1.5");
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x1000, 0x1000, 512);
	expect_no_finding(f, "mixed-paths");
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0x1000, 512);
	expect_finding(f, "mixed-paths", STATE_NOTE, 1);
}

static void virtio_past_the_dma_api(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64);

	feed_healthy_pef(f);
	r.device.st.force_bounce = 1;
	r.device.known |= DEV_KNOWN_FEATURES;
	r.device.virtio_features = 1ULL << 33 | 1ULL << 32;
	put(f, &r);
	expect_no_finding(f, "virtio-no-access-platform");
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	expect_finding(f, "virtio-no-access-platform", STATE_WARNING, 5);
	r = make_dev(6, "virtio0", 64);		/* what sits on it is the same device */
	strcpy(r.device.bus, "virtio");
	r.device.st.force_bounce = 1;
	r.device.known |= DEV_KNOWN_FEATURES;
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	assert_int_equal(count_findings(f, STATE_WARNING), 1);
	expect_no_finding(f, "ddw-missing");
}

/* Its driver clears the bit: what helps other devices does not help it. */
static void virtio_balloon(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64);
	struct state_finding x;

	feed_healthy_pef(f);
	r.device.st.force_bounce = 1;
	strcpy(r.device.kind, "virtio-balloon");
	r.device.known |= DEV_KNOWN_FEATURES;
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	x = expect_finding(f, "virtio-no-access-platform", STATE_WARNING, 5);
	expect_fact(&x, FACT_BALLOON, 1);
	assert_true(advises(&x, REMEDY_NO_BALLOON));
	assert_false(advises(&x, REMEDY_ACCESS_PCI));
	assert_int_equal(count_findings(f, STATE_ERROR), 0);
	strcpy(r.device.kind, "virtio-rng");
	put(f, &r);
	x = expect_finding(f, "virtio-no-access-platform", STATE_WARNING, 5);
	expect_fact(&x, FACT_BALLOON, 0);
	assert_true(advises(&x, REMEDY_ACCESS_PCI));
}

static void virtio_on_a_plain_guest(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	r.device.known |= DEV_KNOWN_FEATURES;
	put(f, &r);
	assert_int_equal(count_findings(f, STATE_NOTE), 0);
}

static void tce_table_full(void **state)
{
	struct feed *f = *state;

	with_e1000(f);
	feed_failed(f, E1000, 65536, DMS_FL_NO_TCE);
	expect_finding(f, "tce-table-full", STATE_ERROR, E1000);
	expect_no_finding(f, "map-failed");
}

static void tce_table_pressure(void **state)
{
	struct feed *f = *state;

	with_e1000(f);
	feed_tce(f, true, E1000_LIOBN, 0, 0, 512ULL << 20);
	expect_no_finding(f, "tce-table-pressure");
	feed_tce(f, true, E1000_LIOBN, 512ULL << 20, 0, 500ULL << 20);
	expect_finding(f, "tce-table-pressure", STATE_WARNING, E1000);
}

static void tce_refused(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	with_e1000(f);
	ev = make_ev(f, DMS_EV_HCALL, 0);
	ev.liobn = E1000_LIOBN;
	ev.aux = 0x20;
	ev.dma = 0x40000000;
	ev.phys = 0x50000003;
	ev.ret = -4;
	feed_ev(f, &ev);
	x = expect_finding(f, "tce-refused", STATE_ERROR, E1000);
	expect_fact(&x, FACT_HCALL, (uint64_t)-4);
	expect_fact(&x, FACT_ADDR, 0x40000000);
	expect_no_finding(f, "tce-stale");
	ev.aux = 0x138;
	feed_ev(f, &ev);
	expect_finding(f, "tce-stale", STATE_ERROR, E1000);
}

static void feed_hcall(struct feed *f, uint32_t liobn, bool set, uint64_t ioba, int64_t status)
{
	struct dms_event ev = make_ev(f, DMS_EV_HCALL, 0);

	ev.liobn = liobn;
	ev.aux = 0x20;		/* H_PUT_TCE; without permissions it clears */
	ev.dma = ioba;
	ev.phys = set ? 0x50000003 : 0;
	ev.ret = status;
	feed_ev(f, &ev);
}

/* Each is reported with the status of its own first one, whichever came before. */
static void refused_sets_and_clears(void **state)
{
	static const char *const text[] = {
		"1 refused on LIOBN 0x80000020, first at 0x70000 with H_PARAMETER (-4)",
		"2 clearing calls refused on LIOBN 0x80000020 with H_P2 (-55), first at 0x30000",
	};
	struct feed *f = *state;
	bool set_first;

	for (set_first = false;; set_first = true) {
		with_e1000(f);
		if (set_first)
			feed_hcall(f, E1000_LIOBN, true, 0x70000, -4);
		feed_hcall(f, E1000_LIOBN, false, 0x30000, -55);
		if (!set_first)
			feed_hcall(f, E1000_LIOBN, true, 0x70000, -4);
		feed_hcall(f, E1000_LIOBN, false, 0x40000, -58);
		assert_string_equal(expect_finding(f, "tce-refused", STATE_ERROR, E1000).f.evidence,
				    text[0]);
		assert_string_equal(expect_finding(f, "tce-stale", STATE_ERROR, E1000).f.evidence,
				    text[1]);
		if (set_first)
			return;
		state__free(f->m);
		f->m = state__new(NULL);
	}
}

static void tce_left_over(void **state)
{
	struct feed *f = *state;

	with_e1000(f);
	map_tce(f, 0x10040, POOL_START, 1522);
	map_tce(f, 0x20040, POOL_START, 1522);
	f->ts += MS;
	unmap_tce(f, 0x20040, 1522);
	feed_unmap(f, E1000, 0x10040, 1522);	/* and no clear */
	expect_no_finding(f, "tce-stale");	/* it may be on its way */
	f->ts += SEC;
	feed_end(f, true);
	expect_finding(f, "tce-stale", STATE_ERROR, E1000);
	feed_tce(f, false, E1000_LIOBN, 0x10000, 0, 0x10000);
	expect_no_finding(f, "tce-stale");
}

static void tce_indirect(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	with_e1000(f);
	ev = make_ev(f, DMS_EV_HCALL, 0);
	ev.liobn = E1000_LIOBN;
	ev.aux = 0x13c;
	ev.phys = 0x50000000;
	ev.size = 512;
	feed_share(f, true, 0x50000000, 65536);
	feed_ev(f, &ev);
	expect_no_finding(f, "tce-indirect-private");
	feed_share(f, false, 0x50000000, 65536);
	feed_ev(f, &ev);
	assert_int_equal(expect_finding(f, "tce-indirect-private", STATE_WARNING, 0).count, 1);
}

/* Without the hook on sharing the page may be shared after all. */
static void tce_indirect_sharing_not_seen(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_PEF, "ppc64le", "5.4.20");
	feed_hook(f, DMS_HOOK_HCALL);
	ev = make_ev(f, DMS_EV_HCALL, 0);
	ev.liobn = E1000_LIOBN;
	ev.aux = 0x13c;
	ev.phys = 0x50000000;
	ev.size = 512;
	feed_ev(f, &ev);
	expect_no_finding(f, "tce-indirect-private");
	expect_not_judged(f, "tce-indirect-private", COVER_MISSING);
}

/* A mask of more than 32 bits may get a window on any kernel, for stable ones have the backport. */
static void small_masks_and_kernels(void **state)
{
	static const struct {
		const char *kernel;
		unsigned int bits;
		bool window;
	} want[] = {
		{ "6.14.0", 40, true }, { "6.18.0", 40, true },
		{ "6.18.0", 32, false }, { "6.14.0", 32, false },
	};
	struct feed *f = *state;
	struct state_finding x;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		state__free(f->m);
		f->m = state__new(NULL);
		feed_session(f, GUEST_PEF, "ppc64le", want[i].kernel);
		feed_all_hooks(f);
		feed_pool(f, POOL_SLOTS, 0, true);
		feed_pseries_dev(f, E1000, "0000:00:02.0", want[i].bits, true);
		x = expect_finding(f, "small-mask", STATE_WARNING, E1000);
		expect_fact(&x, FACT_MASK, (1ULL << want[i].bits) - 1);
		assert_true(advises(&x, REMEDY_WIDE_DEVICE));
		assert_int_equal(advises(&x, REMEDY_LIMITED_WINDOW), want[i].window);
	}
}

/* Window and table entries as TCEs come and go. */
static void windows_count_entries(void **state)
{
	struct feed *f = *state;
	struct state_window w;
	struct dms_event ev;
	size_t i;

	with_e1000(f);
	ev = make_ev(f, DMS_EV_LIVE, E1000);
	ev.liobn = E1000_LIOBN;
	ev.dma = 0x100000;
	ev.size = 0x20000;
	feed_ev(f, &ev);
	ev.dma = 0;			/* reserved, no mapping */
	ev.size = 0x10000;
	feed_ev(f, &ev);
	map_tce(f, 0x10040, 0x40000040, 1522);
	map_tce(f, 0x20040, POOL_START, 1000);
	unmap_tce(f, 0x10040, 1522);
	for (i = 0; state__window(f->m, i, &w) && w.rec.liobn != E1000_LIOBN; i++)
		;
	assert_int_equal(w.entries, (1ULL << 30) / 65536);
	assert_int_equal(w.used.v, 3);
	assert_int_equal(w.hiwater.v, 4);
	assert_int_equal(w.preexisting.v, 2);
	assert_int_equal(w.mapped_bytes.v, 3 * 65536);
	assert_int_equal(w.shared_bytes.v, 1000);
	assert_true(mval_known(w.used));
	assert_false(state__window(f->m, 99, &w));
	/* the direct window: all RAM, of which the pool is shared */
	for (i = 0; state__window(f->m, i, &w) && w.rec.use != WINDOW_DIRECT; i++)
		;
	assert_int_equal(w.mapped_bytes.v, RAM);
	assert_int_equal(w.shared_bytes.v, POOL_SLOTS * 2048);
}

/* DMA_ATTR_MMIO: a device's registers are no memory that could be private. */
static void registers_are_not_private(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_TDX, "x86_64", "6.18.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	ev = make_ev(f, DMS_EV_MAP, 7);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0x60000000;
	ev.size = 4096;
	ev.attrs = 1 << 10;
	feed_ev(f, &ev);
	expect_no_finding(f, "private-dma");
	ev.attrs = 0;
	feed_ev(f, &ev);
	expect_finding(f, "private-dma", STATE_ERROR, 7);
}

static void driver_in_user_space(void **state)
{
	static const char *const drivers[] = { "vfio-pci", "uio_pci_generic", "igb_uio" };
	struct feed *f = *state;
	struct dms_rec r = make_dev(9, "0000:00:09.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	r.device.known |= DEV_KNOWN_DRIVER;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		strcpy(r.device.driver, drivers[i]);
		put(f, &r);
		expect_finding(f, "userspace-driver", STATE_WARNING, 9);
	}
	strcpy(r.device.driver, "nvme");
	put(f, &r);
	expect_no_finding(f, "userspace-driver");
}

/* Mapped behind a direct window, and then the driver says that the device has 47 bits. */
static void mapped_beyond_the_mask(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;
	uint64_t i;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.0");
	feed_all_hooks(f);
	feed_pseries_dev(f, 3, "0000:00:03.0", 64, false);
	for (i = 0; i < 4; i++)
		feed_map(f, 3, DMS_PATH_DIRECT, DDW_BASE + i * 65536, i * 65536, 4096);
	expect_no_finding(f, "mapped-beyond-mask");
	ev = make_ev(f, DMS_EV_MASK, 3);
	ev.aux = (1ULL << 47) - 1;
	feed_ev(f, &ev);
	x = expect_finding(f, "mapped-beyond-mask", STATE_ERROR, 3);
	expect_fact(&x, FACT_MAPS, 4);
	expect_fact(&x, FACT_ADDR, DDW_BASE);
	for (i = 0; i < 4; i++)
		feed_unmap(f, 3, DDW_BASE + i * 65536, 4096);
	expect_no_finding(f, "mapped-beyond-mask");
}

/* A window at 1 << 59, made for 64 bits, and a device of 47: what it maps takes TCEs. */
static void window_above_the_mask(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.0");
	feed_all_hooks(f);
	feed_pseries_dev(f, 3, "0000:00:03.0", 64, false);
	expect_no_finding(f, "window-above-mask");
	ev = make_ev(f, DMS_EV_MASK, 3);
	ev.aux = (1ULL << 47) - 1;
	feed_ev(f, &ev);
	feed_map(f, 3, DMS_PATH_TCE, 0x10000, 0x20000, 4096);
	x = expect_finding(f, "window-above-mask", STATE_NOTE, 3);
	expect_fact(&x, FACT_MASK, (1ULL << 47) - 1);
	expect_fact(&x, FACT_ADDR, DDW_BASE);
	expect_fact(&x, FACT_TCE_MAPS, 1);
	expect_fact(&x, FACT_DIRECT_MAPS, 0);
	assert_false(x.fact[FACT_REACHED].known);
	ev = make_ev(f, DMS_EV_MASK, 3);	/* expects none */
	ev.aux = (1ULL << 32) - 1;
	feed_ev(f, &ev);
	expect_no_finding(f, "window-above-mask");
	ev = make_ev(f, DMS_EV_MASK, 3);	/* the last byte of RAM in the window */
	ev.aux = (1ULL << 60) - 1;
	feed_ev(f, &ev);
	expect_no_finding(f, "window-above-mask");
}

/* Limited addressing (67dfc11982f7): a window below the mask, of less than all memory or not. */
static void window_partly_above_the_mask(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 40);
	struct state_finding x;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.0");
	feed_all_hooks(f);
	put(f, &r);
	feed_window(f, 3, 0x8000009b, WINDOW_DDW, WINDOW_DIRECT, 1ULL << 39, 1ULL << 31);
	expect_no_finding(f, "window-above-mask");
	feed_window(f, 3, 0x8000009b, WINDOW_DDW, WINDOW_DIRECT, (1ULL << 40) - 4096, 1ULL << 31);
	x = expect_finding(f, "window-above-mask", STATE_NOTE, 3);
	expect_fact(&x, FACT_REACHED, 4096);
}

/* In a secure guest it is small-mask's. */
static void window_above_the_mask_of_a_secure_guest(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_healthy_pef(f);
	feed_pseries_dev(f, 3, "0000:00:03.0", 64, true);
	ev = make_ev(f, DMS_EV_MASK, 3);
	ev.aux = (1ULL << 47) - 1;
	feed_ev(f, &ev);
	expect_no_finding(f, "window-above-mask");
}

/* The kernel refused the virtio device at probe: the one that sits on it has no driver. */
static void virtio_refused_by_the_kernel(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0.0.0005", 64), child = make_dev(6, "virtio1", 64);
	struct state_finding x;

	feed_session(f, GUEST_S390_PV, "s390x", "6.12.0");
	feed_all_hooks(f);
	strcpy(r.device.bus, "ccw");
	r.device.known |= DEV_KNOWN_FEATURES | DEV_KNOWN_DRIVER;
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	x = expect_finding(f, "virtio-no-access-platform", STATE_WARNING, 5);
	expect_fact(&x, FACT_REFUSED, 0);
	assert_true(advises(&x, REMEDY_ACCESS));	/* a channel has no disable-legacy */
	assert_false(advises(&x, REMEDY_ACCESS_PCI));
	strcpy(child.device.bus, "virtio");
	child.device.driver[0] = '\0';
	child.device.known = r.device.known;
	child.device.virtio_features = r.device.virtio_features;
	put(f, &child);
	x = expect_finding(f, "virtio-no-access-platform", STATE_ERROR, 5);
	expect_fact(&x, FACT_REFUSED, 1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

/* The fill of a window is known without a walk over the live mappings, and rules need no more. */
static void many_windows_and_mappings(void **state)
{
	struct feed *f = *state;
	struct state_window w, fill;
	struct state_finding *all;
	uint64_t start, walks;
	size_t n, i;

	with_e1000(f);
	for (i = 0; i < 50000; i++)
		feed_map(f, E1000, DMS_PATH_TCE, i * 4096, 0x40000000 + i * 4096, 512);
	for (i = 0; i < 1000; i++)
		feed_window(f, 100 + i, 0x90000000 + (uint32_t)i, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0,
			    1ULL << 30);
	start = cpu_ns();
	for (i = 0; state__window(f->m, i, &w); i++) {
		assert_true(state__window_fill(f->m, i, &fill));
		assert_non_null(fill.preexisting.why);
		assert_non_null(fill.shared_bytes.why);
		assert_int_equal(fill.rec.liobn, w.rec.liobn);
		assert_int_equal(fill.entries, w.entries);
		assert_int_equal(fill.used.v, w.used.v);
		assert_int_equal(fill.hiwater.v, w.hiwater.v);
	}
	assert_true(i > 1000);
	assert_false(state__window_fill(f->m, i, &fill));
	walks = cpu_ns() - start;
	start = cpu_ns();
	assert_int_equal(state__findings(f->m, &all, &n), 0);
	assert_true((cpu_ns() - start) * 4 < walks);
	free(all);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(registers_are_not_private), T(driver_in_user_space), T(mapped_beyond_the_mask),
		T(window_above_the_mask), T(window_partly_above_the_mask),
		T(window_above_the_mask_of_a_secure_guest),
		T(virtio_refused_by_the_kernel), T(private_pages_of_a_joined_list),
		T(private_pages_through_tces), T(virtual_io_in_a_secure_guest),
		T(memory_shared_by_its_caller),
		T(c_bit_decides),
		T(coherent_memory_through_tces), T(private_by_counts_only),
		T(small_mask_without_a_driver), T(shares_lost), T(shares_of_unknown_memory),
		T(private_before_a_share_of_unknown_memory),
		T(bounced_outside_every_window), T(direct_through_a_dynamic_window),
		T(tce_never_built), T(ddw_missing), T(ddw_refused_on_a_plain_guest),
		T(ddw_degraded), T(mixed_paths), T(virtio_past_the_dma_api),
		T(virtio_balloon), T(virtio_on_a_plain_guest), T(tce_table_full),
		T(tce_table_pressure),
		T(tce_refused), T(refused_sets_and_clears), T(tce_left_over), T(tce_indirect),
		T(tce_indirect_sharing_not_seen), T(small_masks_and_kernels),
		T(windows_count_entries), T(many_windows_and_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
