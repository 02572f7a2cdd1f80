// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ranges: neighbours joined, filters, who maps an address; and what holds the pool.
 */
#include "feed.h"

struct got {
	struct state_range r[16];
	size_t n;
	size_t stop_at;
};

static int take(void *ctx, const struct state_range *r)
{
	struct got *g = ctx;

	if (g->n < 16)
		g->r[g->n] = *r;
	g->n++;
	return g->n == g->stop_at ? 42 : 0;
}

static struct got ask(struct feed *f, const struct state_range_filter *filter)
{
	struct got g = { .n = 0 };
	uint64_t total;

	assert_int_equal(state__ranges(f->m, filter, take, &g, &total), 0);
	if (!filter || !filter->limit)
		assert_int_equal(total, g.n);
	return g;
}

static void start(struct feed *f)
{
	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
}

static void neighbours_are_one_run(void **state)
{
	struct feed *f = *state;
	struct got g;
	uint64_t i;

	start(f);
	for (i = 0; i < 8; i++) {	/* as an e1000 fills its ring: a TCE page each */
		feed_map(f, 2, DMS_PATH_TCE, 0x100000 + i * 65536 + 0x40,
			 0x40000040 + (i ^ 1) * 65536, 1522);
		f->ts += MS;
	}
	g = ask(f, NULL);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].count, 8);
	assert_int_equal(g.r[0].dma, 0x100040);
	assert_int_equal(g.r[0].size, 7 * 65536 + 1522);
	assert_int_equal(g.r[0].bytes, 8 * 1522);
	assert_true(g.r[0].scattered);
	assert_int_equal(g.r[0].oldest, T0);
	assert_int_equal(g.r[0].newest, T0 + 7 * MS);
	assert_int_equal(g.r[0].seq, 1);
	assert_int_equal(g.r[0].shared, STATE_SHARED_NO);
	/* one in the middle goes: two runs */
	feed_unmap(f, 2, 0x100000 + 4 * 65536 + 0x40, 1522);
	g = ask(f, NULL);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.r[0].count, 4);
	assert_int_equal(g.r[1].count, 3);
}

static void contiguous_memory_is_not_scattered(void **state)
{
	struct feed *f = *state;
	struct got g;

	start(f);
	feed_map(f, 2, DMS_PATH_TCE, 0x110000, 0x40010000, 65536);
	feed_map(f, 2, DMS_PATH_TCE, 0x100000, 0x40000000, 65536);
	g = ask(f, NULL);
	assert_int_equal(g.n, 1);
	assert_false(g.r[0].scattered);
	assert_int_equal(g.r[0].phys, 0x40000000);
	assert_int_equal(g.r[0].size, 131072);
}

static void paths_and_devices_stay_apart(void **state)
{
	struct feed *f = *state;
	struct state_range_filter filter = { .by_dev = true, .dev = 1 };
	struct got g;

	start(f);
	feed_map(f, 2, DMS_PATH_TCE, 0x100000, 0x40000000, 65536);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START, 0x41000000, 2048);
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + POOL_START + 2048, POOL_START + 2048, 2048);
	g = ask(f, NULL);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.r[0].dev, 1);
	assert_int_equal(g.r[0].path, DMS_PATH_DIRECT);
	assert_int_equal(g.r[0].shared, STATE_SHARED_YES);
	assert_int_equal(g.r[1].path, DMS_PATH_BOUNCED);
	assert_int_equal(g.r[1].shared, STATE_SHARED_YES);	/* its slot is */
	assert_int_equal(g.r[2].dev, 2);
	assert_int_equal(ask(f, &filter).n, 2);
	filter.by_path = true;
	filter.path = DMS_PATH_TCE;
	assert_int_equal(ask(f, &filter).n, 0);
	filter.by_dev = false;
	assert_int_equal(ask(f, &filter).n, 1);
}

static void mappings_of_an_address(void **state)
{
	struct feed *f = *state;
	struct state_range_filter filter = { .by_addr = true, .each = true };
	struct got g;

	start(f);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START + 4096, 0x41000800, 4096);
	feed_map(f, 2, DMS_PATH_TCE, 0x100800, 0x41000800, 1024);
	filter.addr = 0x41000900;		/* the driver's memory: both */
	assert_int_equal(ask(f, &filter).n, 2);
	filter.addr = 0x41000c00;		/* one byte after the second */
	assert_int_equal(ask(f, &filter).n, 1);
	filter.addr = POOL_START + 4100;	/* the slot */
	g = ask(f, &filter);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].path, DMS_PATH_BOUNCED);
	filter.addr = DDW_BASE + POOL_START + 4096;	/* the DMA address */
	assert_int_equal(ask(f, &filter).n, 1);
	filter.addr = 0x100000;
	assert_int_equal(ask(f, &filter).n, 0);
	filter.addr_len = 65536;		/* the TCE page */
	assert_int_equal(ask(f, &filter).n, 1);
}

/* A realm's DMA addresses have a bit more than the slot's address: the slot knows its memory. */
static void mapping_of_a_slot(void **state)
{
	struct state_range_filter filter = { .by_addr = true, .addr = POOL_START + 0x1234 };
	struct feed *f = *state;
	struct got g;

	feed_session(f, GUEST_CCA, "aarch64", "6.14.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	feed_bounce(f, 1, POOL_START + 0x1000, 0x40000000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, (1ULL << 47) + POOL_START + 0x1000, 0x40000000, 4096);
	feed_bounce(f, 1, POOL_START + 0x4000, 0x50000000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, (1ULL << 47) + POOL_START + 0x4000, 0x50000000, 4096);
	g = ask(f, &filter);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].phys, 0x40000000);
}

/* A device's fault comes after the unmap: the last mapping of the address is kept. */
static void the_last_mapping_of_an_address(void **state)
{
	struct state_opts opts = { .watch = true, .watch_addr = 0xffffd010 };
	struct feed *f = *state;
	struct state_range r;
	uint64_t when;

	state__free(f->m);
	f->m = state__new(&opts);
	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	assert_false(state__gone(f->m, &r, &when));
	feed_map(f, 1, DMS_PATH_IOMMU, 0xffffd000, 0x40000000, 4096);
	assert_false(state__gone(f->m, &r, &when));	/* it is live */
	f->ts += SEC;
	feed_unmap(f, 1, 0xffffd000, 4096);
	f->ts += SEC;
	feed_map(f, 1, DMS_PATH_IOMMU, 0xffffe000, 0x50000000, 4096);
	feed_unmap(f, 1, 0xffffe000, 4096);
	assert_true(state__gone(f->m, &r, &when));
	assert_int_equal(r.dma, 0xffffd000);
	assert_int_equal(r.phys, 0x40000000);
	assert_int_equal(r.dir, DMS_DIR_FROM_DEVICE);
	assert_int_equal(when, T0 + SEC);
}

static void mappings_that_no_hook_sees(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "7.2.0");
	r.device.known |= DEV_KNOWN_DRIVER;
	strcpy(r.device.driver, "vfio-pci");
	put(f, &r);
	assert_int_equal(state__dev_by_key(f->m, 5)->unseen, STATE_UNSEEN_USER);
	strcpy(r.device.driver, "virtio-pci");
	strcpy(r.device.kind, "virtio-balloon");
	put(f, &r);
	assert_int_equal(state__dev_by_key(f->m, 5)->unseen, STATE_UNSEEN_VIRTIO);
	r.device.known |= DEV_KNOWN_FEATURES;
	put(f, &r);
	assert_int_equal(state__dev_by_key(f->m, 5)->unseen, STATE_UNSEEN_NOT);
	strcpy(r.device.kind, "nvme nvme0n1");
	r.device.st.known |= DMS_DS_DMA_IOMMU;
	r.device.st.dma_iommu = 1;
	put(f, &r);
	assert_int_equal(state__dev_by_key(f->m, 5)->unseen, STATE_UNSEEN_NOT);
}

static void limits_and_stops(void **state)
{
	struct feed *f = *state;
	struct state_range_filter filter = { .limit = 3, .each = true };
	struct got g = { .stop_at = 2 };
	uint64_t total, i;

	start(f);
	for (i = 0; i < 10; i++)
		feed_map(f, 2, DMS_PATH_TCE, 0x100000 + i * 65536, 0x40000000, 512);
	assert_int_equal(state__ranges(f->m, &filter, take, &g, &total), 42);
	g = (struct got){ .n = 0 };
	assert_int_equal(state__ranges(f->m, &filter, take, &g, &total), 0);
	assert_int_equal(g.n, 3);
	assert_int_equal(total, 10);
	filter.each = false;
	assert_int_equal(ask(f, &filter).n, 1);
}

static void ranges_from_before_the_start(void **state)
{
	struct feed *f = *state;
	struct state_range_filter filter = { .by_addr = true, .addr = 0x205000 };
	struct dms_event ev;
	struct got g;

	start(f);
	ev = make_ev(f, DMS_EV_LIVE, 2);
	ev.liobn = DEF_LIOBN + 32;
	ev.dma = 0x200000;
	ev.size = 65536;
	feed_ev(f, &ev);
	ev = make_ev(f, DMS_EV_LIVE, 0);
	ev.aux = POOL_START;
	ev.size = 4096;
	feed_ev(f, &ev);
	g = ask(f, NULL);
	assert_int_equal(g.n, 2);
	assert_true(g.r[0].preexisting);
	assert_int_equal(g.r[0].dma, 0x200000);
	assert_int_equal(g.r[0].count, 0);
	assert_int_equal(g.r[1].dma, POOL_START);
	assert_int_equal(g.r[1].size, 4096);
	assert_int_equal(ask(f, &filter).n, 1);
	/* they go as they came */
	feed_tce(f, false, DEF_LIOBN + 32, 0x200000, 0, 65536);
	feed_unbounce(f, 1, POOL_START, 4096);
	assert_int_equal(ask(f, NULL).n, 0);
}

static void feed_old_tce(struct feed *f, uint32_t liobn, uint64_t dma)
{
	struct dms_event ev = make_ev(f, DMS_EV_LIVE, 0);

	ev.liobn = liobn;
	ev.dma = dma;
	ev.size = 65536;
	feed_ev(f, &ev);
}

/* Devices below one bridge have one table: it does not show the owner of an old entry. */
static void old_tces_of_a_shared_table(void **state)
{
	struct feed *f = *state;
	struct state_range_filter filter = { .by_dev = true };
	char owner[DMS_NAME_LEN];
	struct got g;

	start(f);
	feed_old_tce(f, DEF_LIOBN + 32, 0x200000);
	assert_int_equal(ask(f, NULL).r[0].dev, 2);
	feed_window(f, 1, DEF_LIOBN + 32, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	g = ask(f, NULL);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].dev, 0);
	assert_int_equal(g.r[0].liobn, DEF_LIOBN + 32);
	assert_string_equal(state__range_owner(f->m, &g.r[0], owner, sizeof(owner)),
			    "(a device of LIOBN 0x80000020)");
	/* it may be either's: each one's list has it, a third one's has not */
	for (filter.dev = 1; filter.dev <= 2; filter.dev++) {
		g = ask(f, &filter);
		assert_int_equal(g.n, 1);
		assert_int_equal(g.r[0].dev, 0);
	}
	feed_pseries_dev(f, 3, "0000:00:03.0", 32, true);
	filter.dev = 3;
	assert_int_equal(ask(f, &filter).n, 0);
	/* one that has a table of its own */
	feed_old_tce(f, DEF_LIOBN + 48, 0x300000);
	g = ask(f, &filter);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].dev, 3);
	assert_string_equal(state__range_owner(f->m, &g.r[0], owner, sizeof(owner)),
			    "0000:00:03.0");
}

/* Gone from the table is not gone from its past: the entry may be the removed device's. */
static void old_tces_of_a_removed_device(void **state)
{
	struct dms_rec r = { .type = REC_WINDOW };
	struct feed *f = *state;

	start(f);
	feed_old_tce(f, DEF_LIOBN + 32, 0x200000);
	r.window.dev = 1;
	r.window.liobn = DEF_LIOBN + 32;
	r.window.removed = true;
	put(f, &r);
	assert_int_equal(ask(f, NULL).r[0].dev, 0);
}

/* The snapshot reports each slot; ranges join them, and an unmap takes back all it had. */
static void slots_from_before_are_joined(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	struct state_pool p;
	struct got g;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 8, true);
	for (i = 8; i-- > 0;) {
		ev = make_ev(f, DMS_EV_LIVE, 0);
		ev.aux = POOL_START + i * 2048;
		ev.phys = 0x40000000 + i * 2048;
		ev.size = 2048;
		feed_ev(f, &ev);
	}
	g = ask(f, NULL);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.r[0].size, 8 * 2048);
	f->ts += MS;
	feed_unbounce(f, 1, POOL_START + 4096, 5000);	/* three of them */
	g = ask(f, NULL);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.r[0].size, 4096);
	assert_int_equal(g.r[1].size, 3 * 2048);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 5);
	assert_int_equal(state__dev_by_key(f->m, 0)->slots, 5);
}

/* A slot taken between hooks and snapshot is in both. */
static void slot_in_both_is_counted_once(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	struct state_pool p;
	uint64_t i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	f->ts += MS;
	feed_pool(f, POOL_SLOTS, 2, true);		/* read after the slots were taken */
	f->ts -= MS / 2;
	feed_bounce(f, 1, POOL_START, 0x40000000, 4096);
	for (i = 0; i < 2; i++) {
		ev = make_ev(f, DMS_EV_LIVE, 0);
		ev.ts += MS;
		ev.aux = POOL_START + i * 2048;
		ev.size = 2048;
		feed_ev(f, &ev);
	}
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 2);
	f->ts += SEC;
	feed_unbounce(f, 1, POOL_START, 4096);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 0);
	assert_int_equal(ask(f, NULL).n, 0);
	assert_int_equal(state__dev_by_key(f->m, 0)->slots, 0);
}

static void pool_counts_slots(void **state)
{
	struct feed *f = *state;
	struct state_pool p;

	start(f);
	feed_bounce(f, 1, POOL_START, 0x40000000, 5000);		/* 3 slots */
	feed_bounce(f, 2, POOL_START + 8192 + 100, 0x40000000, 2000);	/* offset: 2 slots */
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 5);
	assert_int_equal(p.held.v, 5);
	assert_int_equal(p.hiwater.v, 5);
	assert_int_equal(p.ok, 2);
	assert_int_equal(p.segment, 262144);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 3);
	assert_int_equal(state__dev_by_key(f->m, 2)->slots, 2);
	feed_unbounce(f, 1, POOL_START, 5000);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 2);
	assert_int_equal(p.hiwater.v, 5);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 0);
	assert_false(state__pool(f->m, 1, &p));
}

/* The slot's record had no device; the mapping's has. */
static void slot_gets_its_owner(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_bounce(f, 0, POOL_START, 0x40000000, 4096);
	feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + POOL_START, 0x40000000, 4096);
	/* feed_map() does not say the slot */
	assert_int_equal(state__dev_by_key(f->m, 0)->slots, 2);
	{
		struct dms_event ev = make_ev(f, DMS_EV_MAP, 1);

		ev.path = DMS_PATH_BOUNCED;
		ev.dma = DDW_BASE + POOL_START;
		ev.aux = POOL_START;
		ev.size = 4096;
		feed_ev(f, &ev);
	}
	assert_int_equal(state__dev_by_key(f->m, 0)->slots, 0);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 2);
}

/* Slots in use at the start, and released since by mappings never seen taking them. */
static void pool_used_before_the_start(void **state)
{
	struct feed *f = *state;
	struct state_pool p;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 100, true);
	feed_unbounce(f, 1, POOL_START, 8192);
	f->ts += 10;
	feed_bounce(f, 1, POOL_START, 0x40000000, 2048);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 97);
	assert_int_equal(p.hiwater.v, 100);
	/* records of one slot change places */
	f->ts += 10;
	feed_unbounce(f, 1, POOL_START + 65536, 2048);
	f->ts -= 5;
	feed_bounce(f, 1, POOL_START + 65536, 0x40000000, 2048);
	assert_true(state__pool(f->m, 0, &p));
	assert_int_equal(p.used.v, 97);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 1);
}

static struct state_range coherent(struct feed *f, uint64_t dma, uint64_t phys)
{
	struct dms_event ev = make_ev(f, DMS_EV_ALLOC, 1);
	struct got g;

	ev.path = DMS_PATH_COHERENT;
	ev.dma = dma;
	ev.phys = phys;
	ev.flags = phys ? 0 : DMS_FL_NO_PHYS;
	ev.size = 4096;
	feed_ev(f, &ev);
	g = ask(f, NULL);
	assert_int_equal(g.n, 1);
	return g.r[0];
}

/*
 * From an atomic pool shared at boot, of which no event tells. force_dma_unencrypted() is true for
 * all devices of TDX and SEV (arch/x86/mm/mem_encrypt.c), Secure Execution (arch/s390/mm/init.c)
 * and realms; then atomic_pool_expand() and dma_direct_alloc() share what they return (kernel/dma/,
 * 5.8 to 7.3). In PEF guests iommu_alloc_coherent() may be called instead, which shares nothing.
 */
static void coherent_memory_is_shared(void **state)
{
	static const struct {
		enum dms_guest guest;
		const char *arch;
		uint64_t enc_mask, bits;	/* bits: of the DMA address */
		enum state_shared_state shared;
	} want[] = {
		{ GUEST_TDX, "x86_64", 0, 0, STATE_SHARED_YES },
		{ GUEST_S390_PV, "s390x", 0, 0, STATE_SHARED_YES },
		{ GUEST_SEV, "x86_64", 1ULL << 51, 0, STATE_SHARED_YES },
		{ GUEST_SEV, "x86_64", 1ULL << 51, 1ULL << 51, STATE_SHARED_NO },
		{ GUEST_PEF, "ppc64le", 0, 0, STATE_SHARED_NO },
	};
	struct dms_rec dev = make_dev(1, "0000:00:01.0", 64);
	struct dms_rec s = { .type = REC_SESSION };
	struct state_range got;

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct feed *f = *state;

		s.session.guest = want[i].guest;
		s.session.page_size = 4096;
		s.session.enc_mask = want[i].enc_mask;
		strcpy(s.session.arch, want[i].arch);
		put(f, &s);
		feed_all_hooks(f);
		if (want[i].guest == GUEST_PEF)
			feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
		else
			put(f, &dev);
		got = coherent(f, 0x1d1c0000 | want[i].bits, 0x1d1c0000);
		assert_int_equal(got.shared, want[i].shared);
		feed_teardown(state);
		feed_setup(state);
	}
}

static void feed_realm(struct feed *f)
{
	struct dms_rec s = { .type = REC_SESSION };

	s.session.guest = GUEST_CCA;
	s.session.shared_mask = 1ULL << 47;
	s.session.page_size = 4096;
	strcpy(s.session.arch, "aarch64");
	put(f, &s);
}

/* A realm's is remapped, so only the DMA address leads to its memory. */
static void coherent_memory_of_a_realm(void **state)
{
	struct feed *f = *state;
	struct dms_rec dev = make_dev(1, "0000:00:01.0", 64);
	struct state_range got;

	feed_realm(f);
	feed_all_hooks(f);
	put(f, &dev);
	got = coherent(f, 0x80007bc00000, 0);
	assert_int_equal(got.shared, STATE_SHARED_YES);
	assert_true(got.phys_known);
	assert_int_equal(got.phys, 0x7bc00000);
}

/* In a pool that was added the unmap's address is all that names the slot. */
static void slot_of_a_realm_is_released(void **state)
{
	struct feed *f = *state;
	struct dms_rec dev = make_dev(1, "0000:00:01.0", 64);
	struct dms_event ev;

	feed_realm(f);
	feed_hook(f, DMS_HOOK_MAP);
	feed_hook(f, DMS_HOOK_UNMAP);
	put(f, &dev);
	ev = make_ev(f, DMS_EV_MAP, 1);
	ev.path = DMS_PATH_BOUNCED;
	ev.aux = POOL_END + 4096;
	ev.dma = ev.aux | 1ULL << 47;
	ev.size = 4096;
	feed_ev(f, &ev);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 2);
	f->ts += MS;
	feed_unmap(f, 1, ev.dma, 4096);
	assert_int_equal(state__dev_by_key(f->m, 1)->slots, 0);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(neighbours_are_one_run), T(contiguous_memory_is_not_scattered),
		T(paths_and_devices_stay_apart), T(mappings_of_an_address), T(mapping_of_a_slot),
		T(the_last_mapping_of_an_address), T(mappings_that_no_hook_sees),
		T(limits_and_stops),
		T(ranges_from_before_the_start),
		T(old_tces_of_a_shared_table), T(old_tces_of_a_removed_device),
		T(slots_from_before_are_joined),
		T(slot_in_both_is_counted_once), T(pool_counts_slots), T(slot_gets_its_owner),
		T(pool_used_before_the_start), T(coherent_memory_is_shared),
		T(coherent_memory_of_a_realm), T(slot_of_a_realm_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
