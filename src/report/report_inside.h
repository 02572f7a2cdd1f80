/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the files of the text report, src/report/report*.c, and nobody else. The public
 * functions are in report.h.
 */
#ifndef DMASCOPE_REPORT_INSIDE_H
#define DMASCOPE_REPORT_INSIDE_H

#include "report/report.h"
#include "util/fmt.h"

#define WIDTH	80

struct report {
	const struct state *m;
	const struct report_opts *o;
	FILE *f;
	struct state_run run;
	uint64_t last_dev;	/* of the ranges' group heading */
	uint32_t last_liobn;
	int last_path;
	size_t listed;
	size_t limit;		/* of ranges listed */
	uint64_t more;		/* ranges beyond it */
	bool iommu;		/* mappings of the dma-iommu layer were seen */
	uint64_t old[DMS_PATH_MAX], old_bytes[DMS_PATH_MAX];	/* from before, without a mapping */
};

#define P(r, ...)	fmt_print((r)->f, __VA_ARGS__)

static inline bool shown(const struct report *r, uint64_t key)
{
	return report_shows(r->m, r->o, key);
}

/* "?" or the number, "about " before an estimate. */
void report__val(char *buf, size_t n, struct mval v);

/* report_head.c */
/* The lines above the findings; with opts->findings only gaps of the recording. */
void report__head(struct report *r);

/* report_devices.c */
/* Their counts and decisions; sets r->iommu. */
void report__devices(struct report *r);
/* For guests with TCE tables. */
void report__windows(struct report *r);

/* report_memory.c */
/* Live ranges: 0 or -ENOMEM. */
int report__ranges(struct report *r);
/* The pages that the hypervisor can see, if this is a secure guest. */
void report__ledger(struct report *r);
/* Mappings of opts->addr, as DMA address or memory: 0 or -ENOMEM. */
int report__at_address(struct report *r);

#endif /* DMASCOPE_REPORT_INSIDE_H */
