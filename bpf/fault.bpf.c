// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of Intel's IOMMU. No trace event reports them, and the function that prints them is
 * inlined and rate-limited, so dmar_fault() is probed at its entry, where the fault records still
 * stand in the unit's registers (Intel VT-d specification, fault status and fault recording
 * registers; drivers/iommu/intel/dmar.c, 5.4 to 7.3). Reading them changes nothing.
 */
#include "lib/fault.h"
#include "lib/probe.h"

#define FSTS		0x34		/* fault status ... */
#define FSTS_PPF	2		/* ... a record is pending ... */
#define FSTS_INDEX(s)	(((s) >> 8) & 0xff)	/* ... and the first of them */
#define CAP_RECORDS(c)	((((c) >> 40) & 0xff) + 1)
#define CAP_OFFSET(c)	((((c) >> 24) & 0x3ff) * 16)
/* the second half of a record */
#define RECORD_FULL(hi)	((hi) >> 63)
#define RECORD_READ(hi)	(((hi) >> 62) & 1)
#define RECORD_WHY(hi)	(((hi) >> 32) & 0xff)
#define RECORD_ID(hi)	((hi) & 0xffff)
#define AT_MOST		8		/* records of one interrupt; more are counted as lost */

/* 0x20 to 0x2f: interrupts, which are no DMA. */
static __always_inline bool is_dma(u64 hi)
{
	return RECORD_WHY(hi) >> 4 != 2;
}

/*
 * Sends the record at that address; false: there is none. Weak and global: verified once. The hit
 * of the first record is counted.
 */
__weak __noinline int dmar_record(u64 at, u64 segment, u32 is_first)
{
	u64 record[2] = {}, id;
	struct dms_counts *c;
	struct dms_event *e;

	if (bpf_probe_read_kernel(record, sizeof(record), (void *)at) || !RECORD_FULL(record[1]))
		return false;
	c = is_first ? counts_of(DMS_HOOK_DMAR_FAULT) : hit(DMS_HOOK_DMAR_FAULT);
	if (!is_dma(record[1])) {
		count(c, ignored);
		return true;
	}
	id = DMS_FAULT_BY_ID | segment << 16 | RECORD_ID(record[1]);
	e = fault_reserve(c, DMS_HOOK_DMAR_FAULT, id);
	if (!e)
		return true;
	e->dma = record[0] & ~0xfffULL;
	e->aux = id;
	e->ret = RECORD_WHY(record[1]);
	e->dir = RECORD_READ(record[1]) ? DMS_DIR_TO_DEVICE : DMS_DIR_FROM_DEVICE;
	event_submit(c, e);
	return true;
}

static __always_inline bool is_pending(u64 at)
{
	u64 hi = 0;

	bpf_probe_read_kernel(&hi, sizeof(hi), (void *)(at + sizeof(hi)));
	return RECORD_FULL(hi);
}

/* dmar_fault(irq, dev_id): dev_id is the unit. Its hit is counted; each further record is one. */
static __always_inline int dmar_fault(probe_ctx *ctx, struct dms_counts *c)
{
	u64 unit = arg_number(ctx, DMS_HOOK_DMAR_FAULT, DMS_ARG_UNIT);
	struct intel_iommu *iommu = (struct intel_iommu *)unit;
	u64 cap, segment, reg;
	u32 status = 0, index, i;

	if (!bpf_core_field_exists(iommu->reg) || !bpf_core_field_exists(iommu->cap) ||
	    !bpf_core_field_exists(iommu->segment)) {
		count(c, failed);
		return 0;
	}
	reg = (u64)RD(iommu, reg);
	cap = RD(iommu, cap);
	segment = RD(iommu, segment);
	bpf_probe_read_kernel(&status, sizeof(status), (void *)(reg + FSTS));
	if (!(status & FSTS_PPF)) {
		count(c, ignored);
		return 0;
	}
	index = FSTS_INDEX(status);
	for (i = 0; i < AT_MOST; i++) {
		if (!dmar_record(reg + CAP_OFFSET(cap) + index * 16, segment, !i))
			break;
		index = index + 1 < CAP_RECORDS(cap) ? index + 1 : 0;
		if (index == FSTS_INDEX(status))
			return 0;
	}
	if (!i) {
		count(c, ignored);
	} else if (i == AT_MOST && is_pending(reg + CAP_OFFSET(cap) + index * 16)) {
		count(c, hits);
		count(c, dropped);
	}
	return 0;
}
PROBE_ENTRY(dmar_fault, DMS_HOOK_DMAR_FAULT, dmar_fault)
