// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sentence about each device: from its state, from what it asked for, corrected by what was
 * seen of its mappings.
 */
#include "feed.h"
#include "words/words.h"

static struct state_decision decision(struct feed *f, uint64_t key)
{
	struct state_decision d;

	assert_int_equal(words__decision(f->m, key, &d), 0);
	assert_true(strlen(d.brief) < STATE_BRIEF_LEN && d.brief[0] && d.full[0]);
	assert_true(strlen(d.full) < sizeof(d.full) - 1);
	return d;
}

static void expect(struct feed *f, uint64_t key, enum state_way way, const char *brief,
		   const char *words)
{
	struct state_decision d = decision(f, key);

	assert_string_equal(d.brief, brief);
	assert_int_equal(d.way, way);
	if (!strstr(d.full, words))
		fail_msg("\"%s\" says nothing of \"%s\"", d.full, words);
}

static void pef_with_everything(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_pool(f, POOL_SLOTS, 0, true);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
	expect(f, 1, STATE_WAY_BOUNCE, "bounce: forced, DDW", "LIOBN 0x80000011");
	expect(f, 2, STATE_WAY_TCE, "TCE: 32-bit mask", "reads ciphertext");
	/* what it bounces goes through the direct window, what gets TCEs into the table */
	assert_int_equal(decision(f, 1).liobn, decision(f, 1).direct_liobn);
	assert_int_equal(decision(f, 1).liobn, 0x80000011);
	assert_int_equal(decision(f, 2).liobn, decision(f, 2).tce_liobn);
	assert_int_not_equal(decision(f, 2).liobn, 0);
	assert_int_equal(decision(f, 1).ts, 0);
	assert_false(decision(f, 1).observed);
	assert_false(decision(f, 1).bad);
	assert_true(decision(f, 2).bad);
}

/* In a SEV guest without a pool only a mask that reaches the C-bit gets an address at all. */
static void masks_and_the_c_bit(void **state)
{
	struct dms_rec s = { .type = REC_SESSION }, r;
	struct feed *f = *state;

	s.session.guest = GUEST_SEV;
	s.session.enc_mask = 1ULL << 39;
	strcpy(s.session.arch, "x86_64");
	put(f, &s);
	feed_pool(f, 0, 0, false);
	r = make_dev(1, "0000:00:01.0", 32);
	put(f, &r);
	r = make_dev(2, "0000:00:02.0", 40);
	put(f, &r);
	expect(f, 1, STATE_WAY_DIRECT, "refused: NO BOUNCE POOL",
	       "bit 39, which it does not reach");
	expect(f, 2, STATE_WAY_DIRECT, "direct: NO BOUNCE POOL", "reads ciphertext");
}

/* All shared memory of a realm has the top bit: a pool does not help a small mask. */
static void masks_and_the_shared_bit(void **state)
{
	struct dms_rec s = { .type = REC_SESSION }, r;
	struct feed *f = *state;

	s.session.guest = GUEST_CCA;
	s.session.shared_mask = 1ULL << 47;
	strcpy(s.session.arch, "aarch64");
	put(f, &s);
	feed_pool(f, 32768, 0, true);
	r = make_dev(1, "0000:00:01.0", 32);
	put(f, &r);
	r = make_dev(2, "0000:00:02.0", 64);
	r.device.st.force_bounce = true;
	put(f, &r);
	expect(f, 1, STATE_WAY_DIRECT, "refused: 32-bit mask", "bit 47 set");
	expect(f, 2, STATE_WAY_BOUNCE, "bounce: forced", "the only memory");
}

/* The view of an address, in the two conventions and without any. */
static void views_of_addresses(void **state)
{
	const struct rec_session sev = { .enc_mask = 1ULL << 51 },
				 cca = { .shared_mask = 1ULL << 47 }, tdx = { 0 },
				 hidden = { .guest = GUEST_CCA, .mem_top = 0x60000000 },
				 nothing = { .guest = GUEST_CCA };
	const uint64_t dma = 0x12345000;

	(void)state;
	assert_int_equal(dma_view(&sev, dma), DMA_VIEW_SHARED);
	assert_int_equal(dma_view(&sev, dma | 1ULL << 51), DMA_VIEW_PRIVATE);
	assert_int_equal(dma_view(&cca, dma), DMA_VIEW_PRIVATE);
	assert_int_equal(dma_view(&cca, dma | 1ULL << 47), DMA_VIEW_SHARED);
	/* under lockdown a realm's bit is not known: any above RAM, whose end need not be one */
	assert_int_equal(dma_view(&hidden, 0x5fff0000), DMA_VIEW_PRIVATE);
	assert_int_equal(dma_view(&hidden, 0x5fff0000 | 1ULL << 47), DMA_VIEW_SHARED);
	assert_int_equal(dma_view_bits(&hidden), ~0x7fffffffULL);
	assert_int_equal(dma_view(&nothing, dma), DMA_VIEW_UNKNOWN);
	assert_int_equal(dma_view(&tdx, dma), DMA_VIEW_UNKNOWN);
	assert_int_equal(dma_view_bits(&cca), 1ULL << 47);
	assert_int_equal(dma_view_bits(&tdx), 0);
}

/* 44 bits: some kernels make a window for them, stable ones too: what is there counts. */
static void masks_and_versions(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_pseries_dev(f, 2, "0000:00:02.0", 44, true);
	expect(f, 2, STATE_WAY_TCE, "TCE: 44-bit mask", "that its mask reaches");
	feed_session(f, GUEST_PEF, "ppc64le", "7.1.5");
	expect(f, 2, STATE_WAY_TCE, "TCE: 44-bit mask", "that its mask reaches");
}

/* A window at 1 << 59 is above 44 bits, whether or not the kernel's state says that it is used. */
static void a_window_above_the_mask(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 44);
	struct state_decision d;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_pool(f, POOL_SLOTS, 0, true);
	strcpy(r.device.ops, "dma_iommu_ops");
	r.device.st.ops = r.device.st.force_bounce = 1;
	put(f, &r);
	feed_window(f, 3, 0x80000030, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	feed_window(f, 3, 0x80000031, WINDOW_DDW, WINDOW_DIRECT, DDW_BASE, 4ULL << 30);
	expect(f, 3, STATE_WAY_UNKNOWN, "window above mask", "overflows");
	assert_int_equal(words__decision(f->m, 3, &d), 0);
	assert_int_equal(d.reason, REASON_WINDOW_ABOVE);
	assert_int_equal(d.direct_base, DDW_BASE);
}

/* The bus limits a 64-bit device to 32: what is above is bounced, and that is no surprise. */
static void a_bus_limit(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 64);
	struct state_decision d;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_pool(f, POOL_SLOTS, 0, false);
	r.device.st.bus_limit = (1ULL << 30) - 1;
	put(f, &r);
	feed_map(f, 3, DMS_PATH_BOUNCED, POOL_START, 0x60000000, 4096);
	expect(f, 3, STATE_WAY_MIXED, "direct below 30 bits", "its bus limits it");
	assert_int_equal(words__decision(f->m, 3, &d), 0);
	assert_int_equal(d.reason, REASON_BY_ADDRESS);
	assert_int_equal(d.reach, (1ULL << 30) - 1);
}

static void outside_the_dma_api(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64), child = make_dev(6, "virtio1", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_pool(f, POOL_SLOTS, 0, true);
	r.device.st.force_bounce = 1;
	r.device.known |= DEV_KNOWN_DRIVER;
	strcpy(r.device.kind, "virtio-balloon");
	put(f, &r);
	expect(f, 5, STATE_WAY_UNKNOWN, "undecided", "features were not read");
	r.device.known |= DEV_KNOWN_FEATURES;
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	expect(f, 5, STATE_WAY_OUTSIDE, "virtio, no DMA API", "guest addresses");
	strcpy(child.device.bus, "virtio");
	child.device.known = r.device.known;
	child.device.virtio_features = r.device.virtio_features;
	child.device.driver[0] = '\0';
	put(f, &child);
	expect(f, 5, STATE_WAY_OUTSIDE, "refused by the kernel", "no driver");
	strcpy(r.device.driver, "vfio-pci");
	put(f, &r);
	expect(f, 5, STATE_WAY_OUTSIDE, "user space driver", "not observed");
}

static void windows_refused(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 64);
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.117");
	strcpy(r.device.ops, "dma_iommu_ops");
	put(f, &r);
	feed_window(f, 3, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	expect(f, 3, STATE_WAY_TCE, "TCE: no DDW", "LIOBN 0x80000099");
	assert_false(decision(f, 3).bad);	/* nothing is private here */
	ev = make_ev(f, DMS_EV_BYPASS, 3);
	ev.aux = ~0ULL;
	feed_ev(f, &ev);
	expect(f, 3, STATE_WAY_TCE, "TCE: DDW refused", "not granted");
	assert_int_equal(decision(f, 3).ts, f->ts);
	feed_window(f, 3, 0x8000009a, WINDOW_DDW, WINDOW_DYNAMIC, DDW_BASE, 1ULL << 30);
	expect(f, 3, STATE_WAY_TCE, "TCE: dynamic DDW", "dynamic window (LIOBN 0x8000009a)");
}

static void ddw_disabled(void **state)
{
	struct feed *f = *state;
	struct dms_rec s = { .type = REC_SESSION };
	struct dms_rec r = make_dev(3, "0000:00:03.0", 64);

	s.session.guest = GUEST_PEF;
	strcpy(s.session.kernel, "6.12.117");
	s.session.disable_ddw = true;
	put(f, &s);
	strcpy(r.device.ops, "dma_iommu_ops");
	put(f, &r);
	feed_window(f, 3, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	expect(f, 3, STATE_WAY_TCE, "TCE: disable_ddw", "switched off");
}

static void plain_pseries(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.117");
	feed_pool(f, 0, 0, false);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	expect(f, 1, STATE_WAY_DIRECT, "direct: DDW", "all RAM is reachable");
}

static void virtual_io(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(4, "71000001", 64);

	feed_session(f, GUEST_NONE, "ppc64le", "6.12.117");
	strcpy(r.device.bus, "vio");
	strcpy(r.device.ops, "vio_dma_mapping_ops");
	put(f, &r);
	feed_window(f, 4, 0x10000001, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 256ULL << 20);
	expect(f, 4, STATE_WAY_TCE, "TCE: virtual I/O", "default window only");
}

static void no_ops_on_an_old_secure_guest(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(5, "0000:00:05.0", 64);

	feed_session(f, GUEST_PEF, "ppc64le", "5.4.18");
	feed_pool(f, POOL_SLOTS, 0, true);
	r.device.st.force_bounce = 1;
	put(f, &r);
	feed_window(f, 5, 0x80000099, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	expect(f, 5, STATE_WAY_BOUNCE, "bounce: forced", "no TCE is ever written");
}

static void plain_x86(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_pool(f, POOL_SLOTS, 0, false);
	put(f, &r);
	expect(f, 1, STATE_WAY_DIRECT, "direct", "64-bit mask");
	r = make_dev(2, "0000:00:02.0", 30);
	put(f, &r);
	expect(f, 2, STATE_WAY_MIXED, "direct below 30 bits", "RAM ends at 0x80000000");
	r = make_dev(3, "0000:00:03.0", 64);
	r.device.st.known |= DMS_DS_DMA_IOMMU;
	r.device.st.dma_iommu = 1;
	put(f, &r);
	expect(f, 3, STATE_WAY_IOMMU, "IOMMU", "dma-iommu");
	r = make_dev(4, "0000:00:04.0", 64);
	r.device.st.force_bounce = 1;
	put(f, &r);
	expect(f, 4, STATE_WAY_BOUNCE, "bounce: forced", "its use is forced");
}

static struct dms_rec behind(uint64_t key, const char *iommu, const char *domain)
{
	struct dms_rec r = make_dev(key, "0000:00:01.0", 64);

	r.device.known |= DEV_KNOWN_IOMMU;
	strcpy(r.device.iommu, iommu);
	strcpy(r.device.iommu_domain, domain);
	return r;
}

static void domain_of_an_iommu(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = behind(1, "dmar0", "DMA-FQ");

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_pool(f, POOL_SLOTS, 0, false);
	put(f, &r);
	expect(f, 1, STATE_WAY_IOMMU, "IOMMU",
	       "translated by the Intel IOMMU dmar0, flushed lazily");
	assert_null(strstr(decision(f, 1).full, "external"));
	r.device.known |= DEV_KNOWN_EXTERNAL;
	r.device.external = true;
	put(f, &r);
	expect(f, 1, STATE_WAY_IOMMU, "IOMMU, untrusted",
	       "parts of pages are bounced, since it is below an external port");
	feed_pool(f, 0, 0, false);
	expect(f, 1, STATE_WAY_IOMMU, "IOMMU, untrusted", "refused for want of a pool");
	feed_pool(f, POOL_SLOTS, 0, false);
	/* which they are: the path is the one that was predicted */
	strcpy(r.device.iommu_domain, "DMA");
	put(f, &r);
	feed_map(f, 1, DMS_PATH_BOUNCED, 0xfffff000, POOL_START, 512);
	expect(f, 1, STATE_WAY_IOMMU, "IOMMU, untrusted", "below an external port");
	feed_map(f, 1, DMS_PATH_IOMMU, 0xffffe000, 0x1000000, 4096);
	expect(f, 1, STATE_WAY_IOMMU, "IOMMU, untrusted", "below an external port");
	feed_map(f, 1, DMS_PATH_DIRECT, 0x2000000, 0x2000000, 4096);
	expect(f, 1, STATE_WAY_MIXED, "mixed", "1 direct, 1 bounced, 1 through the IOMMU");
	r = behind(2, "virtio1", "DMA");
	put(f, &r);
	expect(f, 2, STATE_WAY_IOMMU, "IOMMU", "the virtio-iommu virtio1, flushed at each unmap");
	r = behind(3, "ivhd0", "blocked");
	put(f, &r);
	expect(f, 3, STATE_WAY_IOMMU, "IOMMU: blocked", "the AMD IOMMU ivhd0 blocks");
	/* the kernel's own flag decides where it was read */
	r = behind(4, "smmu3.0x1", "identity");
	r.device.st.known |= DMS_DS_DMA_IOMMU;
	put(f, &r);
	expect(f, 4, STATE_WAY_DIRECT, "direct", "the Arm SMMU smmu3.0x1 passes its addresses");
	r = behind(5, "", "");
	put(f, &r);
	expect(f, 5, STATE_WAY_DIRECT, "direct", "reaches all memory itself.");
	assert_null(strstr(decision(f, 5).full, "IOMMU"));
}

static void secure_without_pool(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_pool(f, 0, 0, false);
	put(f, &r);
	expect(f, 1, STATE_WAY_DIRECT, "direct: NO BOUNCE POOL", "ciphertext");
	assert_true(decision(f, 1).bad);
	feed_pool(f, POOL_SLOTS, 0, false);
	expect(f, 1, STATE_WAY_DIRECT, "direct: NOT bounced", "private");
	assert_true(decision(f, 1).bad);
}

static void unobserved_is_not_known(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_DEVICE };
	struct state_decision d;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_map(f, 9, DMS_PATH_UNKNOWN, 0x1000, 0x1000, 512);
	expect(f, 9, STATE_WAY_UNKNOWN, "not known", "was not read");
	r.device.key = 10;
	put(f, &r);
	expect(f, 10, STATE_WAY_UNKNOWN, "not known", "was not observed");
	assert_int_equal(words__decision(f->m, 11, &d), -2);
	/* what is seen is known even so */
	feed_map(f, 9, DMS_PATH_BOUNCED, 0x2000, 0x1000, 512);
	expect(f, 9, STATE_WAY_BOUNCE, "bounced (seen)", "seen going bounced");
	assert_true(decision(f, 9).observed);
}

static void seen_wins_over_promised(void **state)
{
	struct feed *f = *state;

	feed_session(f, GUEST_NONE, "ppc64le", "7.1.5");
	feed_pool(f, 0, 0, false);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_map(f, 1, DMS_PATH_TCE, 0x2000, 0x1000, 512);
	expect(f, 1, STATE_WAY_TCE, "TCE (seen)", "But all its mappings");
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x2000, 0x2000, 512);
	expect(f, 1, STATE_WAY_MIXED, "mixed", "1 direct, 0 bounced, 1 through TCEs");
}

static void virtio_past_the_api(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	r.device.known |= DEV_KNOWN_FEATURES;
	put(f, &r);
	expect(f, 1, STATE_WAY_OUTSIDE, "virtio, no DMA API", "ACCESS_PLATFORM");
}

static void masks_asked_for(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	ev = make_ev(f, DMS_EV_MASK, 1);
	ev.aux = 0xffffffff;
	feed_ev(f, &ev);
	assert_int_equal(state__dev_by_key(f->m, 1)->mask, 0xffffffff);
	ev.aux = ~0ULL;
	ev.ret = -5;
	feed_ev(f, &ev);
	assert_int_equal(state__dev_by_key(f->m, 1)->mask, 0xffffffff);
	ev.ret = 0;
	ev.flags = DMS_FL_COHERENT_MASK;
	feed_ev(f, &ev);
	assert_int_equal(state__dev_by_key(f->m, 1)->mask, 0xffffffff);
	assert_true(state__dev_by_key(f->m, 1)->coherent_mask == ~0ULL);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pef_with_everything), T(masks_and_the_c_bit), T(masks_and_versions),
		T(a_window_above_the_mask), T(a_bus_limit),
		T(outside_the_dma_api),
		T(masks_and_the_shared_bit), T(views_of_addresses),
		T(windows_refused),
		T(ddw_disabled),
		T(plain_pseries), T(virtual_io), T(no_ops_on_an_old_secure_guest), T(plain_x86),
		T(domain_of_an_iommu),
		T(secure_without_pool), T(unobserved_is_not_known), T(seen_wins_over_promised),
		T(virtio_past_the_api), T(masks_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
