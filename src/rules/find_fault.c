// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about faults of an IOMMU: accesses of a device that it refused. Which mapping each
 * access meant is judged in src/state/faults.c.
 */
#include "rules/findings.h"
#include "util/names.h"

static struct state_finding *of_kind(struct finder *f, const struct dev *d, enum fault_kind kind,
				     unsigned int confidence)
{
	const struct evid *e = &d->ev[DE_FAULT + kind];
	const struct dev_fault *first = &d->fault[kind];
	struct state_finding *x;

	if (!e->count) {
		/* had some been of that kind, it would not be known */
		if (d->pub.faults)
			finding_always_whole(f, d);
		return NULL;
	}
	x = finding_new(f, d, STATE_ERROR, confidence);
	finding_fact(x, FACT_TIMES, e->count);
	finding_fact(x, FACT_ADDR, first->addr);
	finding_fact(x, FACT_WRITES, first->writes);
	finding_text(x, FACT_DRIVER, d->rec.driver[0] ? d->rec.driver : NULL);
	if (first->has_mapping) {
		finding_text(x, FACT_CALLER, caller_name(f->m, first->stack));
		finding_text(x, FACT_MAPPED_DIR, dms_dir_name(first->dir));
		finding_fact(x, FACT_SIZE, first->size);
	}
	if (first->unmapped)
		finding_fact(x, FACT_AGO, first->ts - first->unmapped);
	finding_events(x, e);
	return x;
}

void find_fault_after_unmap(struct finder *f, const struct dev *d)
{
	struct state_finding *x = of_kind(f, d, FAULT_UNMAPPED, 90);

	if (x)
		finding_advise(x, REMEDY_STOP_BEFORE_UNMAP);
}

void find_fault_wrong_direction(struct finder *f, const struct dev *d)
{
	struct state_finding *x = of_kind(f, d, FAULT_DIRECTION, 95);

	if (x)
		finding_advise(x, REMEDY_MAP_DIRECTION);
}

/* Mappings from before the start are not known: the page may have been of one. */
void find_fault_unmapped(struct finder *f, const struct dev *d)
{
	const struct dev_fault *first = &d->fault[FAULT_NEVER];
	struct state_finding *x = of_kind(f, d, FAULT_NEVER, first->has_mapping ? 90 : 70);

	if (!x)
		return;
	if (first->has_mapping)
		finding_fact(x, FACT_MAPPED_AT, first->dma);
	finding_advise(x, first->has_mapping ? REMEDY_USE_HANDLE : REMEDY_WILD_ADDRESS);
}
