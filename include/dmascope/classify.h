/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path that one mapping took, by the facts that were observed of it, and its slot in the
 * histogram of sizes. Pure functions, compiled into the BPF programs and into the unit tests; no
 * kernel access lives here.
 *
 * Nothing is concluded from the kind of guest or from dma_ops_bypass: from 7.0 on
 * (1471c517cf7d) every pre-mapped window has bypass set together with a bus limit, and one
 * device uses several paths.
 */
#ifndef DMASCOPE_CLASSIFY_H
#define DMASCOPE_CLASSIFY_H

#include "dmascope/event.h"

/* The result of the inner hook of the same call, if one ran. */
enum dms_inner {
	DMS_INNER_NONE,
	DMS_INNER_TCE,		/* iommu_map_*() returned this DMA address */
	DMS_INNER_SLOT,		/* swiotlb_tbl_map_single() returned this slot */
	DMS_INNER_NO_SLOT,
	DMS_INNER_NO_TCE,
	DMS_INNER_ALLOC,	/* iommu_alloc_coherent() was entered */
};

/*
 * The attributes of a mapping out of an argument: the bits that kernels define. A value beyond
 * 20 bits is no set of attributes (an address, by a prototype that nobody knew) and gives none.
 * Without a branch, as the verifier would walk all that follows twice.
 */
static inline __dms_u32 dms_attrs(__dms_u64 arg)
{
	return (__dms_u32)arg & DMS_ATTRS & ~(__dms_u32)((__dms_s64)(0 - (arg >> 20)) >> 63);
}

struct dms_facts {
	__dms_u64 dma;
	__dms_u64 phys;
	__dms_u64 offset;	/* archdata.dma_offset; 0 where there is none */
	__dms_u64 enc_mask;	/* bits of dma that say private (C-bit) or shared (CCA) */
	__dms_u64 table_start;	/* DMA space of the device's iommu_table ... */
	__dms_u64 table_size;	/* ... in bytes, 0 = no table */
	__dms_u64 pool_start;	/* physical */
	__dms_u64 pool_end;
	__dms_u64 slot;		/* from the inner hook */
	__dms_u8 inner;		/* enum dms_inner */
	__dms_u8 phys_known;
	__dms_u8 dma_iommu;	/* dev->dma_iommu */
	__dms_u8 pool_grows;	/* dynamic pools, whose ranges are not known */
	__dms_u8 ends;		/* an unmap: its physical address is not known, its map's was */
};

/*
 * The physical address behind a direct or bounced DMA address: without the bits that say private or
 * shared, and without the offset.
 */
static inline __dms_u64 dms_bare(__dms_u64 dma, __dms_u64 enc_mask, __dms_u64 offset)
{
	return (dma & ~enc_mask) - offset;
}

/*
 * Returns the path and sets *flags (DMS_FL_INNER, _NO_SLOT, _NO_TCE) and *slot (the physical
 * address of the bounce slot, 0 if none).
 *
 * The table is asked before the pool: a dynamic window (5.15+) sets dma_offset too, so that
 * dma - offset may fall into the pool by chance; and before the identity: in the 32-bit default
 * window a DMA address may equal the physical one by chance.
 */
static inline __dms_u8 dms_classify(const struct dms_facts *f, __dms_u8 *flags, __dms_u64 *slot)
{
	__dms_u64 bare = dms_bare(f->dma, f->enc_mask, f->offset);

	*slot = 0;
	if (f->dma == DMS_DMA_ERROR) {
		if (f->inner == DMS_INNER_NO_SLOT)
			*flags |= DMS_FL_NO_SLOT;
		else if (f->inner == DMS_INNER_NO_TCE)
			*flags |= DMS_FL_NO_TCE;
		return DMS_PATH_FAILED;
	}
	if (f->inner == DMS_INNER_SLOT && (f->slot == bare || f->dma_iommu)) {
		*flags |= DMS_FL_INNER;
		*slot = f->slot;
		return DMS_PATH_BOUNCED;
	}
	if (f->inner == DMS_INNER_TCE) {
		*flags |= DMS_FL_INNER;
		return DMS_PATH_TCE;
	}
	if (f->dma_iommu)
		return DMS_PATH_IOMMU;
	if (f->dma - f->table_start < f->table_size)
		return DMS_PATH_TCE;
	if (bare >= f->pool_start && bare < f->pool_end &&
	    !(f->phys_known && f->phys >= f->pool_start && f->phys < f->pool_end)) {
		*slot = bare;
		return DMS_PATH_BOUNCED;
	}
	if (!f->phys_known)	/* an unmap's address may lie in a pool that is not known */
		return f->ends && !f->pool_grows ? DMS_PATH_DIRECT : DMS_PATH_UNKNOWN;
	if (bare == f->phys)
		return DMS_PATH_DIRECT;
	if (f->pool_grows) {
		*slot = bare;
		return DMS_PATH_BOUNCED;
	}
	return DMS_PATH_UNKNOWN;
}

/*
 * The slot of a size in bytes in the histogram: the number of bits that it has from 512 on, at
 * most the last slot. Without branches, as the verifier would walk all that follows once more for
 * each of them: the sign of a difference says whether the upper half of what is left is in use.
 */
static inline __dms_u32 dms_size_slot(__dms_u64 size)
{
	__dms_u64 rest = size >> 9, slot, step;

	rest |= (__dms_s64)(0 - (rest >> (DMS_HIST_SLOTS - 1))) >> 63;
	rest &= (1U << (DMS_HIST_SLOTS - 1)) - 1;
	slot = (0xff - rest) >> 60 & 8;
	rest >>= slot;
	step = (0xf - rest) >> 61 & 4;
	rest >>= step;
	slot |= step;
	step = (3 - rest) >> 62 & 2;
	rest >>= step;
	/* what is left is 0 to 3, of 0, 1, 2 and 2 bits */
	return (__dms_u32)((slot | step) + rest - (rest >> 1 & rest));
}

#endif /* DMASCOPE_CLASSIFY_H */
