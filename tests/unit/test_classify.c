// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pure functions that the BPF programs use: the path of a mapping (dms_classify), the
 * slot of a size in the histogram (dms_size_slot) and attributes out of an argument (dms_attrs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dmascope/classify.h"

#define POOL	0x40000000ULL
#define POOL_END	0x44000000ULL
#define RAM	0x12345000ULL
#define WINDOW	(1ULL << 59)

static __dms_u8 flags;
static __dms_u64 slot;

static __dms_u8 path_of(struct dms_facts f)
{
	flags = 0;
	slot = 1;
	return dms_classify(&f, &flags, &slot);
}

static void direct_by_offset(void **state)
{
	(void)state;
	assert_int_equal(path_of((struct dms_facts){ .dma = RAM, .phys = RAM, .phys_known = 1 }),
			 DMS_PATH_DIRECT);
	assert_int_equal(slot, 0);
	assert_int_equal(path_of((struct dms_facts){ .dma = WINDOW + RAM, .offset = WINDOW,
						     .phys = RAM, .phys_known = 1 }),
			 DMS_PATH_DIRECT);
	/* the C-bit says nothing about the path */
	assert_int_equal(path_of((struct dms_facts){ .dma = RAM | 1ULL << 51,
						     .enc_mask = 1ULL << 51,
						     .phys = RAM, .phys_known = 1 }),
			 DMS_PATH_DIRECT);
	/* nor does a realm's bit, which shared memory has */
	assert_int_equal(path_of((struct dms_facts){ .dma = (POOL + 0x800) | 1ULL << 47,
						     .enc_mask = 1ULL << 47,
						     .phys = RAM, .phys_known = 1,
						     .pool_start = POOL, .pool_end = POOL_END }),
			 DMS_PATH_BOUNCED);
	assert_int_equal(slot, POOL + 0x800);
	slot = 0;
	/* an address that is no translation of the physical one by any fact */
	assert_int_equal(path_of((struct dms_facts){ .dma = RAM + 4096, .phys = RAM,
						     .phys_known = 1 }),
			 DMS_PATH_UNKNOWN);
}

static void bounced_by_address(void **state)
{
	struct dms_facts f = {
		.dma = POOL + 0x1800, .phys = RAM, .phys_known = 1,
		.pool_start = POOL, .pool_end = POOL_END,
	};

	(void)state;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_int_equal(slot, POOL + 0x1800);
	f.phys_known = 0;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	/* memory of the pool itself that a driver maps is not bounced */
	f.phys_known = 1;
	f.phys = f.dma;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
	f.dma = POOL_END;
	f.phys = POOL_END;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
}

/* Without its physical address a mapping is direct only if it is one that ends. */
static void no_phys_is_not_direct(void **state)
{
	struct dms_facts f = { .dma = RAM };

	(void)state;
	assert_int_equal(path_of(f), DMS_PATH_UNKNOWN);
	f.ends = 1;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
}

/* SWIOTLB_DYNAMIC: what is not the memory's own address lies in a pool that is not known. */
static void grown_pool(void **state)
{
	struct dms_facts f = {
		.dma = POOL_END + 0x1000, .phys = RAM, .phys_known = 1,
		.pool_start = POOL, .pool_end = POOL_END, .pool_grows = 1,
	};

	(void)state;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_int_equal(slot, POOL_END + 0x1000);
	f.dma = RAM;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
	/* an unmap: whether this is such a pool's or the memory's own address cannot be told */
	f.phys_known = 0;
	f.ends = 1;
	assert_int_equal(path_of(f), DMS_PATH_UNKNOWN);
	f.dma = POOL + 0x1000;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
}

static void table_before_pool(void **state)
{
	struct dms_facts f = {
		.dma = WINDOW + POOL, .offset = WINDOW, .phys = RAM, .phys_known = 1,
		.table_start = WINDOW, .table_size = 1ULL << 32,
		.pool_start = POOL, .pool_end = POOL_END,
	};

	(void)state;
	assert_int_equal(path_of(f), DMS_PATH_TCE);
	assert_int_equal(slot, 0);
	f.table_size = 0;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
}

static void failed_with_reason(void **state)
{
	(void)state;
	assert_int_equal(path_of((struct dms_facts){ .dma = DMS_DMA_ERROR }), DMS_PATH_FAILED);
	assert_int_equal(flags, 0);
	assert_int_equal(path_of((struct dms_facts){ .dma = DMS_DMA_ERROR,
						     .inner = DMS_INNER_NO_SLOT }),
			 DMS_PATH_FAILED);
	assert_int_equal(flags, DMS_FL_NO_SLOT);
	assert_int_equal(path_of((struct dms_facts){ .dma = DMS_DMA_ERROR,
						     .inner = DMS_INNER_NO_TCE }),
			 DMS_PATH_FAILED);
	assert_int_equal(flags, DMS_FL_NO_TCE);
}

static void dma_iommu_and_bounce(void **state)
{
	struct dms_facts f = { .dma = 0xfffe0000, .phys = RAM, .phys_known = 1, .dma_iommu = 1 };

	(void)state;
	assert_int_equal(path_of(f), DMS_PATH_IOMMU);
	f.inner = DMS_INNER_SLOT;
	f.slot = POOL;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_int_equal(slot, POOL);
	assert_int_equal(flags, DMS_FL_INNER);
	/* without an IOMMU the message of a slot that is not this address is another mapping's */
	f.dma_iommu = 0;
	f.dma = RAM;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
}

/*
 * Addresses as kernels compute them, worked out by hand. A slot's is start + (index << 11) + offset
 * (swiotlb_tbl_map_single(), 5.4 to 7.3); IO_TLB_SHIFT is 11.
 */
static void as_sev_computes(void **state)
{
	/* 64 MiB below 2 GiB; the C-bit of Milan */
	struct dms_facts f = {
		.enc_mask = 0x8000000000000, .phys = 0x12345040, .phys_known = 1,
		.pool_start = 0x7bf00000, .pool_end = 0x7ff00000,
	};

	(void)state;
	/* swiotlb_map(): phys_to_dma_unencrypted() of slot 5, 0x40 into it */
	f.dma = 0x7bf02840;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_true(slot == 0x7bf02840);
	/* the last byte of the pool, and the first behind it: is_swiotlb_buffer() */
	f.dma = 0x7fefffff;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	f.dma = 0x7ff00000;
	assert_int_equal(path_of(f), DMS_PATH_UNKNOWN);
	/* dma_direct_map_phys(): phys_to_dma() is __sme_set(0x12345040) */
	f.dma = 0x8000012345040;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
	assert_true(slot == 0);
}

/* arch/powerpc/platforms/pseries/iommu.c and kernel/iommu.c: QEMU's second window is at 2^59. */
static void as_pseries_computes(void **state)
{
	struct dms_facts f = {
		.phys = 0x40012678, .phys_known = 1, .pool_start = 0xc000000,
		.pool_end = 0x10000000, .table_start = 0, .table_size = 0x40000000,
	};

	(void)state;
	/* iommu_map_phys(): entry 0x1234 of 4 KiB, with the offset in the page */
	f.dma = 0x1234678;
	assert_int_equal(path_of(f), DMS_PATH_TCE);
	/* the same address as the memory's, by chance */
	f.phys = 0x1234678;
	assert_int_equal(path_of(f), DMS_PATH_TCE);
	/* dma_offset of a direct window: 2^59 + 0x40012678 */
	f.phys = 0x40012678;
	f.offset = 0x800000000000000;
	f.dma = 0x800000040012678;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
	/* slot 0x321 of the pool through it: 0xc000000 + 0x321 * 0x800 */
	f.dma = 0x80000000c190800;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_true(slot == 0xc190800);
	/* a dynamic window (5.15+): entry 0xc19 of 64 KiB, which would be that slot's page */
	f.table_start = 0x800000000000000;
	f.table_size = 0x100000000;
	f.dma = 0x80000000c192678;
	assert_int_equal(path_of(f), DMS_PATH_TCE);
	assert_true(slot == 0);
	/* the first address behind it is no TCE */
	f.dma = 0x800000100000000;
	assert_int_equal(path_of(f), DMS_PATH_UNKNOWN);
}

/* A realm of 48 bits: prot_ns_shared is bit 47, and dma_addr_unencrypted() sets it. */
static void as_a_realm_computes(void **state)
{
	struct dms_facts f = {
		.enc_mask = 0x800000000000, .phys = 0x9abcd000, .phys_known = 1,
		.pool_start = 0xf8000000, .pool_end = 0xfc000000,
	};

	(void)state;
	f.dma = 0x8000f8000800;
	assert_int_equal(path_of(f), DMS_PATH_BOUNCED);
	assert_true(slot == 0xf8000800);
	/* memory that was shared before it was mapped (DMA_ATTR_CC_SHARED) */
	f.dma = 0x80009abcd000;
	assert_int_equal(path_of(f), DMS_PATH_DIRECT);
}

/* The plain definition: the bits that the size has from 512 on. */
static unsigned int slot_by_loop(unsigned long long size)
{
	unsigned int n = 0;

	for (size >>= 9; size && n < DMS_HIST_SLOTS - 1; size >>= 1)
		n++;
	return n;
}

static void sizes_have_slots(void **state)
{
	(void)state;
	assert_int_equal(dms_size_slot(0), 0);
	assert_int_equal(dms_size_slot(511), 0);
	assert_int_equal(dms_size_slot(512), 1);
	assert_int_equal(dms_size_slot(4096), 4);
	/* event.h: < 512, < 1 KiB, ... >= 8 MiB; swiotlb's limit is 128 slots of 2 KiB */
	assert_int_equal(dms_size_slot(1023), 1);
	assert_int_equal(dms_size_slot(1024), 2);
	assert_int_equal(dms_size_slot(65536), 8);
	assert_int_equal(dms_size_slot(128 * 2048 - 1), 9);
	assert_int_equal(dms_size_slot(128 * 2048), 10);
	assert_int_equal(dms_size_slot((8 << 20) - 1), 14);
	assert_int_equal(dms_size_slot(8 << 20), DMS_HIST_SLOTS - 1);
	assert_int_equal(dms_size_slot(~0ULL), DMS_HIST_SLOTS - 1);
	for (int bit = 0; bit < 64; bit++)
		for (long long d = -1; d <= 1; d++)
			assert_int_equal(dms_size_slot((1ULL << bit) + (unsigned long long)d),
					 slot_by_loop((1ULL << bit) + (unsigned long long)d));
}

/* A set of attributes passes; a bit that no kernel defined yet is cut, and the others stay. */
static void attributes_are_cut(void **state)
{
	(void)state;
	assert_int_equal(dms_attrs(0), 0);
	assert_int_equal(dms_attrs(DMS_ATTRS), DMS_ATTRS);
	assert_int_equal(dms_attrs(DMS_ATTR_MMIO | DMS_ATTR_CC_SHARED),
			 DMS_ATTR_MMIO | DMS_ATTR_CC_SHARED);
	assert_int_equal(dms_attrs(1 << 16 | 1 << 8), 1 << 8);
	assert_int_equal(dms_attrs(1), 0);
}

/* Nothing is left of an address, nor of its low half. */
static void an_address_is_no_attribute(void **state)
{
	static const __dms_u64 addresses[] = {
		0xffffc900001f7d28,	/* a stack of x86-64, 4 levels */
		0xff110001000056a8,	/* its linear map, 5 levels */
		0xc000000003b07c68,	/* powerpc */
		0x000003ffe0007bc8,	/* s390 */
		0x000000003f7e2ff8,	/* s390 up to 6.9: the identity */
		0xffff800083b4bd68,	/* arm64 */
		0x00000000001f7d28,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		assert_int_equal(dms_attrs(addresses[i]), 0);
		assert_int_equal(dms_attrs(addresses[i] | DMS_ATTRS), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(direct_by_offset),
		cmocka_unit_test(bounced_by_address),
		cmocka_unit_test(no_phys_is_not_direct),
		cmocka_unit_test(grown_pool),
		cmocka_unit_test(table_before_pool),
		cmocka_unit_test(failed_with_reason),
		cmocka_unit_test(dma_iommu_and_bounce),
		cmocka_unit_test(as_sev_computes),
		cmocka_unit_test(as_pseries_computes),
		cmocka_unit_test(as_a_realm_computes),
		cmocka_unit_test(sizes_have_slots),
		cmocka_unit_test(attributes_are_cut),
		cmocka_unit_test(an_address_is_no_attribute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
