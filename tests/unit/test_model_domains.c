// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * IOMMU domains: what vfio and iommufd map, the pages that the IOMMU maps for the DMA API, and the
 * time from an unmap to its flush.
 */
#include "finding.h"
#include "words/words.h"

#define DEV	4
#define IOVA	0xffffd000ULL
#define USEC	1000ULL

static void begin(struct feed *f, const char *domain, const char *driver)
{
	struct dms_rec r = make_dev(DEV, "0000:00:04.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.st.known |= DMS_DS_DMA_IOMMU;
	r.device.st.dma_iommu = 1;
	r.device.known |= DEV_KNOWN_IOMMU | DEV_KNOWN_DRIVER;
	strcpy(r.device.iommu, "dmar0");
	strcpy(r.device.iommu_domain, domain);
	strcpy(r.device.driver, driver);
	strcpy(r.device.kind, "net eth0");
	put(f, &r);
}

static const struct state_dev *dev(struct feed *f)
{
	return state__dev_by_key(f->m, DEV);
}

static void user(struct feed *f, enum dms_event_type type, uint64_t dma, uint64_t size,
		 uint32_t pid, const char *comm)
{
	struct dms_rec r = { .type = REC_EVENT, .event = make_ev(f, type, DEV) };

	r.event.hook = type == DMS_EV_DOMAIN_MAP ? DMS_HOOK_DOMAIN_MAP : DMS_HOOK_DOMAIN_UNMAP;
	r.event.dma = dma;
	r.event.size = size;
	r.event.pid = pid;
	snprintf(r.comm, sizeof(r.comm), "%s", comm);
	put(f, &r);
}

static void dma(struct feed *f, enum dms_event_type type, uint64_t iova, uint64_t size)
{
	struct dms_event ev = make_ev(f, type, DEV);

	ev.path = DMS_PATH_IOMMU;
	ev.dma = iova;
	ev.size = size;
	feed_ev(f, &ev);
}

static void flush(struct feed *f, uint64_t took)
{
	struct dms_event ev = make_ev(f, DMS_EV_FLUSH, DEV);

	ev.hook = DMS_HOOK_FLUSH_INTEL;
	ev.aux = took;
	feed_ev(f, &ev);
}

static void mapped_by_vfio(void **state)
{
	struct feed *f = *state;
	struct state_user u;

	begin(f, "unmanaged", "vfio-pci");
	assert_int_equal(dev(f)->unseen, STATE_UNSEEN_USER);
	assert_false(state__user_range(f->m, DEV, 0, &u));
	/* contiguous addresses of memory that is not: a call for each page */
	user(f, DMS_EV_DOMAIN_MAP, 0x100000, 0x1000, 412, "dpdk");
	user(f, DMS_EV_DOMAIN_MAP, 0x101000, 0x3000, 412, "dpdk");
	user(f, DMS_EV_DOMAIN_MAP, 0x104000, 0x1000, 500, "spdk");
	assert_int_equal(dev(f)->unseen, STATE_UNSEEN_NOT);
	assert_int_equal(dev(f)->user_ranges, 2);
	assert_int_equal(dev(f)->user_live, 0x5000);
	assert_true(state__user_range(f->m, DEV, 0, &u));
	assert_int_equal(u.dma, 0x100000);
	assert_int_equal(u.size, 0x4000);
	assert_int_equal(u.pid, 412);
	assert_string_equal(u.comm, "dpdk");
	assert_true(state__user_range(f->m, DEV, u.dma + u.size, &u));
	assert_int_equal(u.pid, 500);
	/* an unmap knows no mappings, only addresses */
	user(f, DMS_EV_DOMAIN_UNMAP, 0x101000, 0x1000, 412, "");
	assert_int_equal(dev(f)->user_ranges, 3);
	user(f, DMS_EV_DOMAIN_UNMAP, 0x100000, 0x5000, 412, "");
	assert_int_equal(dev(f)->user_ranges, 0);
	assert_int_equal(dev(f)->user_maps, 3);
	/* none of it is a mapping of the DMA API: no path, no leak */
	assert_int_equal(dev(f)->path[DMS_PATH_IOMMU].maps, 0);
	assert_int_equal(dev(f)->live_max, 0);
}

static void a_process_in_a_secure_guest(void **state)
{
	struct dms_rec r = make_dev(DEV, "0000:00:04.0", 64);
	struct feed *f = *state;
	struct state_finding x;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.known |= DEV_KNOWN_DRIVER;
	strcpy(r.device.driver, "vfio-pci");
	put(f, &r);
	x = expect_finding(f, "userspace-driver", STATE_WARNING, DEV);
	assert_false(x.fact[FACT_MAPS].known);
	user(f, DMS_EV_DOMAIN_MAP, 0x100000, 0x2000, 412, "dpdk");
	x = expect_finding(f, "userspace-driver", STATE_WARNING, DEV);
	expect_fact(&x, FACT_MAPS, 1);
	expect_fact(&x, FACT_BYTES, 0x2000);
}

/* As QEMU's guest does: packets of 1,500 bytes, a page of the IOMMU for each. */
static void pages_against_bytes(void **state)
{
	struct dms_event ev;
	struct feed *f = *state;
	struct state_translation t;
	int i;

	begin(f, "DMA", "e1000");
	assert_false(state__translation(f->m, dev(f), &t));
	for (i = 0; i < 3; i++)
		dma(f, DMS_EV_MAP, IOVA - i * 0x1000, 1500);
	assert_true(state__translation(f->m, dev(f), &t));
	assert_int_equal(t.asked, 4500);
	assert_true(t.whole);
	assert_false(mval_known(t.pages));
	ev = make_ev(f, DMS_EV_DOMAIN_USE, DEV);
	ev.aux = 3;
	ev.size = 3 * 4096;
	feed_ev(f, &ev);
	ev.ret = 1;		/* of unmaps: another count */
	ev.size = 1 << 30;
	feed_ev(f, &ev);
	assert_true(state__translation(f->m, dev(f), &t));
	assert_int_equal(t.pages.v, 12288);
	assert_int_equal(t.domain_maps, 3);
	assert_false(t.pages.least);
	assert_false(t.lazy);
}

static void flushed_lazily(void **state)
{
	struct feed *f = *state;
	struct state_translation t;

	begin(f, "DMA-FQ", "e1000");
	dma(f, DMS_EV_MAP, IOVA, 1500);
	dma(f, DMS_EV_MAP, IOVA - 0x1000, 1500);
	dma(f, DMS_EV_UNMAP, IOVA, 1500);
	f->ts += 4 * MS;
	dma(f, DMS_EV_UNMAP, IOVA - 0x1000, 1500);
	f->ts += 10 * USEC;
	flush(f, 50 * USEC);	/* it began before the second unmap */
	state__translation(f->m, dev(f), &t);
	assert_true(t.lazy);
	assert_int_equal(t.flushes.v, 1);
	assert_int_equal(t.reaches, 1);
	f->ts += 10 * MS;
	flush(f, 50 * USEC);
	state__translation(f->m, dev(f), &t);
	assert_int_equal(t.reaches, 2);
	assert_true(t.reach_max.v >= 10 * MS && t.reach_max.v <= 11 * MS);
	assert_int_equal(t.reach_p50, 4096 * USEC);
	assert_false(t.reach_max.least);
}

/* Half of the unmaps waited no longer than the longest; one is no "flushes". */
static void one_flush(void **state)
{
	struct feed *f = *state;
	struct state_translation t;
	char text[512];

	begin(f, "DMA-FQ", "e1000");
	dma(f, DMS_EV_MAP, IOVA, 1500);
	dma(f, DMS_EV_UNMAP, IOVA, 1500);
	f->ts += 20 * MS;	/* of 16 to 32 ms */
	flush(f, 50 * USEC);
	state__translation(f->m, dev(f), &t);
	assert_int_equal(t.reaches, 1);
	assert_int_equal(t.reach_p50, t.reach_max.v);
	assert_true(words__translation(f->m, dev(f), text, sizeof(text)));
	assert_non_null(strstr(text, "1 mapping,"));
	assert_non_null(strstr(text, ": 1 flush,"));
}

/* The next one would seem to have been the first. */
static void a_flush_was_lost(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;
	struct state_translation t;

	begin(f, "DMA-FQ", "e1000");
	dma(f, DMS_EV_MAP, IOVA, 1500);
	dma(f, DMS_EV_UNMAP, IOVA, 1500);
	f->ts += SEC;
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_FLUSH_INTEL;
	gap.gap.lost = 1;
	put(f, &gap);
	flush(f, 50 * USEC);
	state__translation(f->m, dev(f), &t);
	assert_int_equal(t.reaches, 0);
	assert_false(mval_known(t.reach_max));
	assert_true(t.flushes.least);
	dma(f, DMS_EV_MAP, IOVA, 1500);
	dma(f, DMS_EV_UNMAP, IOVA, 1500);
	f->ts += MS;
	flush(f, 50 * USEC);
	state__translation(f->m, dev(f), &t);
	assert_int_equal(t.reaches, 1);
	assert_true(t.reach_max.least);
}

static void flushed_at_each_unmap(void **state)
{
	struct feed *f = *state;
	struct state_translation t;

	begin(f, "DMA", "e1000");
	dma(f, DMS_EV_MAP, IOVA, 1500);
	dma(f, DMS_EV_UNMAP, IOVA, 1500);
	f->ts += 4 * MS;
	flush(f, 50 * USEC);
	state__translation(f->m, dev(f), &t);
	assert_int_equal(t.reaches, 0);
	assert_false(mval_known(t.reach_max));
}

static void each_packet(void **state)
{
	struct feed *f = *state;
	struct state_translation t;
	char text[512];
	int i;

	begin(f, "DMA", "e1000");
	for (i = 0; i < 200; i++) {
		f->ts += MS;
		dma(f, DMS_EV_MAP, IOVA, 1500);
		f->ts += 20 * USEC;
		dma(f, DMS_EV_UNMAP, IOVA, 1500);
	}
	state__translation(f->m, dev(f), &t);
	assert_true(t.each);
	assert_int_equal(t.life_p50, 32 * USEC);
	assert_true(words__translation(f->m, dev(f), text, sizeof(text)));
	assert_non_null(strstr(text, "each packet is mapped and unmapped"));
	/* a ring that stays */
	for (i = 0; i < 100; i++)
		dma(f, DMS_EV_MAP, IOVA - (2 + i) * 0x1000ULL, 1500);
	state__translation(f->m, dev(f), &t);
	assert_false(t.each);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(mapped_by_vfio), T(a_process_in_a_secure_guest), T(pages_against_bytes),
		T(flushed_lazily), T(one_flush), T(a_flush_was_lost),
		T(flushed_at_each_unmap), T(each_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
