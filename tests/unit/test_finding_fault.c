// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about accesses that an IOMMU refused: each kind of mapping that the access may have
 * meant, and what is not concluded where records are missing.
 */
#include "finding.h"

#define DEV	4
#define IOVA	0xffffd000ULL
#define READ	DMS_DIR_TO_DEVICE
#define WRITE	DMS_DIR_FROM_DEVICE

static void begin(struct feed *f)
{
	struct dms_rec r = make_dev(DEV, "0000:00:04.0", 64);

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	r.device.st.known |= DMS_DS_DMA_IOMMU;
	r.device.st.dma_iommu = 1;
	put(f, &r);
}

static void map(struct feed *f, uint64_t dma, uint64_t phys, enum dms_dir dir)
{
	struct dms_event ev = make_ev(f, DMS_EV_MAP, DEV);

	ev.path = DMS_PATH_IOMMU;
	ev.dma = dma;
	ev.phys = phys;
	ev.size = 1500;
	ev.dir = dir;
	feed_ev(f, &ev);
}

static void unmap(struct feed *f, uint64_t dma, enum dms_dir dir)
{
	struct dms_event ev = make_ev(f, DMS_EV_UNMAP, DEV);

	ev.path = DMS_PATH_IOMMU;
	ev.dma = dma;
	ev.size = 1500;
	ev.dir = dir;
	feed_ev(f, &ev);
}

static void fault(struct feed *f, uint64_t addr, enum dms_dir dir)
{
	struct dms_event ev = make_ev(f, DMS_EV_FAULT, DEV);

	ev.hook = DMS_HOOK_DMAR_FAULT;
	ev.dma = addr;
	ev.dir = dir;
	ev.ret = 5;
	feed_ev(f, &ev);
}

static void expect_none(struct feed *f)
{
	expect_no_finding(f, "fault-after-unmap");
	expect_no_finding(f, "fault-wrong-direction");
	expect_no_finding(f, "fault-unmapped");
}

/* A virtio-iommu does not report what an access to an unmapped page was. */
static void unknown_direction(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA, 0x1000000, READ);
	fault(f, IOVA, DMS_DIR_NONE);
	expect_none(f);
	unmap(f, IOVA, READ);
	fault(f, IOVA, DMS_DIR_NONE);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 1);
	assert_false(x.fact[FACT_WRITES].known);
	assert_false(x.fact[FACT_READS].known);
	expect_no_finding(f, "fault-wrong-direction");
}

/* An IOMMU that knows the device by an id that nobody else knows: counted for no device. */
static void unknown_device(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	begin(f);
	ev = make_ev(f, DMS_EV_FAULT, 0);
	ev.hook = DMS_HOOK_SMMU_FAULT;
	ev.dma = IOVA;
	ev.aux = 0x8001;
	feed_ev(f, &ev);
	expect_none(f);
	assert_int_equal(state__dev_by_key(f->m, DEV)->faults, 0);
}

static void after_the_unmap(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA + 0x200, 0x1000000, WRITE);
	unmap(f, IOVA + 0x200, WRITE);
	expect_none(f);
	f->ts += 3 * MS;
	fault(f, IOVA, WRITE);	/* the page alone is reported */
	fault(f, IOVA + 0x900, WRITE);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 2);
	expect_fact(&x, FACT_ADDR, IOVA);
	expect_fact(&x, FACT_WRITES, 1);
	assert_true(x.fact[FACT_AGO].v >= 3 * MS && x.fact[FACT_AGO].v <= 4 * MS);
	assert_string_equal(x.fact[FACT_MAPPED_DIR].text, "from_device");
	expect_no_finding(f, "fault-wrong-direction");
	expect_no_finding(f, "fault-unmapped");
	assert_int_equal(state__dev_by_key(f->m, DEV)->faults, 2);
}

static void in_the_other_direction(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA, 0x1000000, READ);
	fault(f, IOVA, WRITE);
	x = expect_finding(f, "fault-wrong-direction", STATE_ERROR, DEV);
	assert_false(x.fact[FACT_AGO].known);
	/* its unmap may come before the report of the fault */
	map(f, IOVA - 0x1000, 0x1001000, WRITE);
	unmap(f, IOVA - 0x1000, WRITE);
	fault(f, IOVA - 0x1000, READ);
	x = expect_finding(f, "fault-wrong-direction", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 2);
	expect_no_finding(f, "fault-after-unmap");
	/* but not long before */
	map(f, IOVA - 0x2000, 0x1002000, WRITE);
	unmap(f, IOVA - 0x2000, WRITE);
	f->ts += SEC;
	fault(f, IOVA - 0x2000, READ);
	expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
}

/* A mapping from before the start may have had the page: no accusation. */
static void at_no_mapping(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	fault(f, 0x12345000, READ);
	x = expect_finding(f, "fault-unmapped", STATE_NOTE, DEV);
	assert_false(x.fact[FACT_MAPPED_AT].known);
	assert_true(advises(&x, REMEDY_WILD_ADDRESS));
}

static void add_device(struct feed *f)
{
	struct dms_event ev = make_ev(f, DMS_EV_DEVICE_ADD, DEV);

	feed_ev(f, &ev);
}

/* All its mappings were watched, but those of interfaces that no hook sees: no error either. */
static void at_no_mapping_since_it_was_added(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;

	begin(f);
	fault(f, 0x12345000, READ);
	add_device(f);
	expect_finding(f, "fault-unmapped", STATE_NOTE, DEV);
	f->ts += 5 * SEC;
	fault(f, 0x12345000, READ);
	expect_finding(f, "fault-unmapped", STATE_WARNING, DEV);
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = 1;
	put(f, &gap);
	expect_none(f);
}

/* The mappings of a driver in user space pass no hook. */
static void of_a_driver_in_user_space(void **state)
{
	struct dms_rec r = make_dev(DEV, "0000:00:04.0", 64);
	struct feed *f = *state;

	begin(f);
	strcpy(r.device.driver, "vfio-pci");
	r.device.known |= DEV_KNOWN_DRIVER;
	add_device(f);
	map(f, IOVA, 0x1000000, WRITE);
	unmap(f, IOVA, WRITE);
	put(f, &r);
	fault(f, 0x12345000, READ);
	expect_none(f);
	fault(f, IOVA, WRITE);
	expect_finding(f, "fault-after-unmap", STATE_WARNING, DEV);
}

/* Only its unmap was seen: the access came after that, but what it was mapped for is not known. */
static void after_the_unmap_of_an_older_mapping(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	unmap(f, IOVA, WRITE);
	fault(f, IOVA, READ);
	expect_none(f);
	f->ts += SEC;
	fault(f, IOVA, READ);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 1);
	assert_false(x.fact[FACT_MAPPED_DIR].known);
	assert_false(x.fact[FACT_CALLER].known);
}

static void by_the_physical_address(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA, 0x1000000, READ);
	fault(f, 0x1000000, READ);
	x = expect_finding(f, "fault-unmapped", STATE_ERROR, DEV);
	expect_fact(&x, FACT_MAPPED_AT, IOVA);
	assert_true(advises(&x, REMEDY_USE_HANDLE));
	assert_int_equal(x.f.confidence, 80);
}

/* Its unmap may be among what was lost, and the memory somebody else's by then. */
/* The driver unmaps before the fault is reported; not long before. */
static void by_the_physical_address_just_unmapped(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA, 0x1000000, READ);
	unmap(f, IOVA, READ);
	f->ts += MS;
	fault(f, 0x1000000, READ);
	x = expect_finding(f, "fault-unmapped", STATE_ERROR, DEV);
	expect_fact(&x, FACT_MAPPED_AT, IOVA);
	f->ts += 200 * MS;
	fault(f, 0x1000000, READ);
	x = expect_finding(f, "fault-unmapped", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 1);
}

static void by_the_physical_address_of_a_lost_unmap(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;

	begin(f);
	map(f, IOVA, 0x1000000, READ);
	fault(f, 0x1000000, READ);
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_UNMAP;
	gap.gap.lost = 1;
	put(f, &gap);
	expect_none(f);
}

/* Mapped, and for that direction: the IOMMU has a reason of its own. */
static void at_a_mapping_that_allows_it(void **state)
{
	struct feed *f = *state;

	begin(f);
	map(f, IOVA, 0x1000000, DMS_DIR_BIDIR);
	f->ts += SEC;
	fault(f, IOVA, WRITE);
	expect_none(f);
	assert_int_equal(state__dev_by_key(f->m, DEV)->faults, 1);
}

/* The page may have been mapped anew unseen, or never seen to be mapped. */
static void maps_were_lost(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;

	begin(f);
	map(f, IOVA, 0x1000000, WRITE);
	unmap(f, IOVA, WRITE);
	fault(f, IOVA, WRITE);
	fault(f, IOVA - 0x5000, WRITE);
	expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = 3;
	put(f, &gap);
	expect_none(f);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

/* Faults over the limit of the kernel's side are reported as losses. */
static void some_faults_were_not_sent(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;
	struct state_finding x;

	begin(f);
	map(f, IOVA, 0x1000000, WRITE);
	unmap(f, IOVA, WRITE);
	fault(f, IOVA, WRITE);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	assert_false(x.fact[FACT_MORE_FAULTS].known);
	assert_int_equal(x.f.confidence, 90);
	gap.gap.ts = make_ev(f, DMS_EV_FAULT, DEV).ts;
	gap.gap.hook = DMS_HOOK_DMAR_FAULT;
	gap.gap.lost = 768;
	put(f, &gap);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 1);
	expect_fact(&x, FACT_MORE_FAULTS, 1);
	assert_true(!strncmp(x.f.evidence, "at least 1 fault; ", 18));
	assert_int_equal(x.f.confidence, 75);
}

static void more_than_are_joined(void **state)
{
	struct feed *f = *state;
	struct state_finding x;
	unsigned int i;

	begin(f);
	map(f, IOVA, 0x1000000, WRITE);
	unmap(f, IOVA, WRITE);
	for (i = 0; i < 256 + 44; i++)
		fault(f, IOVA, WRITE);
	x = expect_finding(f, "fault-after-unmap", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 256);
	expect_fact(&x, FACT_MORE_FAULTS, 1);
	assert_int_equal(state__dev_by_key(f->m, DEV)->faults, 256 + 44);
}

/* vfio mapped the page after the driver had unmapped it: the fault is not of that unmap. */
static void mapped_past_the_dma_api(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	begin(f);
	map(f, IOVA, 0x1000000, WRITE);
	unmap(f, IOVA, WRITE);
	f->ts += MS;
	ev = make_ev(f, DMS_EV_DOMAIN_MAP, DEV);
	ev.hook = DMS_HOOK_DOMAIN_MAP;
	ev.dma = IOVA & -4096ULL;
	ev.phys = 0x2000000;
	ev.size = 4096;
	feed_ev(f, &ev);
	fault(f, IOVA, WRITE);
	fault(f, 0x12345000, READ);
	expect_none(f);
	f->ts += MS;		/* the driver has it again */
	map(f, IOVA, 0x1000000, WRITE);
	fault(f, IOVA, READ);
	expect_finding(f, "fault-wrong-direction", STATE_ERROR, DEV);
}

static void isolated(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	struct state_finding x;

	begin(f);
	expect_no_finding(f, "device-frozen");
	ev = make_ev(f, DMS_EV_FREEZE, DEV);
	ev.hook = DMS_HOOK_EEH;
	ev.aux = 0x20100;
	feed_ev(f, &ev);
	ev.aux = 0x20200;
	feed_ev(f, &ev);
	x = expect_finding(f, "device-frozen", STATE_ERROR, DEV);
	expect_fact(&x, FACT_TIMES, 2);
	expect_fact(&x, FACT_ADDR, 0x20100);
	assert_true(advises(&x, REMEDY_EEH_LOG));
	expect_none(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(after_the_unmap), T(in_the_other_direction), T(at_no_mapping),
		T(at_no_mapping_since_it_was_added), T(of_a_driver_in_user_space),
		T(after_the_unmap_of_an_older_mapping), T(by_the_physical_address),
		T(by_the_physical_address_just_unmapped),
		T(by_the_physical_address_of_a_lost_unmap), T(at_a_mapping_that_allows_it),
		T(maps_were_lost), T(unknown_direction), T(unknown_device),
		T(some_faults_were_not_sent), T(more_than_are_joined), T(mapped_past_the_dma_api),
		T(isolated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
