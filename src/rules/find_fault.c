// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about faults of an IOMMU: accesses of a device that it refused. Which mapping each
 * access meant is judged in src/state/faults.c. And devices that the platform isolated.
 */
#include "rules/findings.h"
#include "util/names.h"

static bool has_more(const struct finder *f, const struct dev *d)
{
	return coverage__lost_of(coverage_of(f->m), COVER_FAULTS) ||
	       dev_pub(d)->faults > FAULTS_JOINED;
}

static struct state_finding *of_kind(struct finder *f, const struct dev *d, enum fault_kind kind,
				     unsigned int severity, unsigned int confidence)
{
	const struct dev_fault *first = dev_first_fault(d, kind);
	struct state_finding *x;

	if (!first) {
		/* had some been of that kind, it would not be known */
		if (dev_pub(d)->faults)
			finding_always_whole(f, d);
		return NULL;
	}
	x = finding_seen(f, d, dev_seen(d, DE_FAULT + kind), FACT_TIMES, severity, confidence);
	if (has_more(f, d))
		finding_fact(x, FACT_MORE_FAULTS, 1);
	finding_fact(x, FACT_ADDR, first->addr);
	if (first->access == DMS_DIR_FROM_DEVICE)
		finding_fact(x, FACT_WRITES, 1);
	if (first->access == DMS_DIR_TO_DEVICE)
		finding_fact(x, FACT_READS, 1);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	if (first->has_mapping) {
		finding_text(x, FACT_CALLER, caller_name(f->m, first->stack));
		if (first->dir != DMS_DIR_NONE)
			finding_text(x, FACT_MAPPED_DIR, dms_dir_name(first->dir));
		finding_fact(x, FACT_SIZE, first->size);
	}
	if (first->unmapped)
		finding_fact(x, FACT_AGO, first->ts - first->unmapped);
	return x;
}

/* A driver that also maps unseen may have mapped the page anew: then it is not this unmap's. */
void find_fault_after_unmap(struct finder *f, const struct dev *d)
{
	struct state_finding *x = of_kind(f, d, FAULT_UNMAPPED,
					  dev_pub(d)->unseen ? STATE_WARNING : STATE_ERROR,
					  dev_pub(d)->unseen ? 60 : 90);

	if (x)
		finding_advise(x, REMEDY_STOP_BEFORE_UNMAP);
}

void find_fault_wrong_direction(struct finder *f, const struct dev *d)
{
	struct state_finding *x = of_kind(f, d, FAULT_DIRECTION, STATE_ERROR, 95);

	if (x)
		finding_advise(x, REMEDY_MAP_DIRECTION);
}

/*
 * The physical address of the device's own memory was observed. That nothing was mapped is known
 * only of a device that was watched since it was added, and by the hooks that there are: memory of
 * dma_alloc_pages() passes none. Of any other device a mapping from before the start may have had
 * the page, so that this is a note.
 */
void find_fault_unmapped(struct finder *f, const struct dev *d)
{
	struct state_finding *x = of_kind(f, d, FAULT_PHYSICAL, STATE_ERROR,
					  dev_was_added(d) ? 90 : 80);

	if (x) {
		finding_fact(x, FACT_MAPPED_AT, dev_first_fault(d, FAULT_PHYSICAL)->dma);
		finding_advise(x, REMEDY_USE_HANDLE);
		return;
	}
	x = of_kind(f, d, FAULT_NEVER_ADDED, STATE_WARNING, 60);
	if (x) {
		finding_fact(x, FACT_SINCE_ADDED, 1);
		finding_advise(x, REMEDY_CHECK_ADDRESS);
		return;
	}
	x = of_kind(f, d, FAULT_NEVER, STATE_NOTE, 50);
	if (x) {
		finding_fact(x, FACT_MAY_BE_OLDER, 1);
		finding_advise(x, REMEDY_WILD_ADDRESS);
	}
}

/* The cause is in the kernel's log alone. */
void find_device_frozen(struct finder *f, const struct dev *d)
{
	struct state_finding *x = finding_seen(f, d, dev_seen(d, DE_FREEZE), FACT_TIMES,
					       STATE_ERROR, 95);

	if (!x)
		return;
	finding_fact(x, FACT_ADDR, dev_frozen_pe(d));
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_advise(x, REMEDY_EEH_LOG);
}
