// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The chosen hooks that this run needs. A hook costs a mapping hundreds of instructions (a kprobe
 * with its return on ppc64le: 1,500), so one that reports nothing beyond another is left out.
 */
#include <stdio.h>

#include "probe/inside.h"
#include "util/names.h"

/*
 * Hooks that report nothing beyond another one that is used:
 *
 * tce.build_one, tce.free_one	the same TCEs a second time: never together
 * dma_iommu.map, iommu.map_sg	a count of calls
 * iommu.map		it returns the address that map reports, and the table is the device's
 *			(get_iommu_table_base(), arch/powerpc/kernel/dma-iommu.c, 5.9 to 7.3), whose
 *			window gives the path; only_tces() gives the reason of a failure
 * swiotlb.bounced	the request: swiotlb_map() calls swiotlb_tbl_map_single() right after
 *			(kernel/dma/swiotlb.c, 5.9 to 7.3)
 */
static const struct same {
	enum dms_hook id, by, and;	/* and: DMS_HOOK_NONE or another that must be used too */
	bool always;			/* --hooks all does not attach it either */
} sames[] = {
	{ DMS_HOOK_TCE_BUILD_ONE, DMS_HOOK_TCE_BUILD, DMS_HOOK_NONE, true },
	{ DMS_HOOK_TCE_FREE_ONE, DMS_HOOK_TCE_FREE, DMS_HOOK_NONE, true },
	{ DMS_HOOK_DMA_IOMMU_MAP, DMS_HOOK_MAP, DMS_HOOK_NONE, false },
	{ DMS_HOOK_IOMMU_MAP_SG, DMS_HOOK_MAP_SG, DMS_HOOK_NONE, false },
	{ DMS_HOOK_IOMMU_MAP, DMS_HOOK_TCE_BUILD, DMS_HOOK_MAP, false },
	{ DMS_HOOK_SWIOTLB_BOUNCED, DMS_HOOK_SWIOTLB_MAP, DMS_HOOK_NONE, false },
};
#define SAMES	(sizeof(sames) / sizeof(sames[0]))

bool needed__stands_in(enum dms_hook id)
{
	for (size_t i = 0; i < SAMES; i++)
		if (sames[i].by == id || (id && sames[i].and == id))
			return true;
	return false;
}

static const struct choice *used(const struct probe *p, enum dms_hook id)
{
	for (unsigned int i = 0; i < p->nchoices; i++)
		if (p->choices[i].row->id == id)
			return p->choices[i].cand ? &p->choices[i] : NULL;
	return NULL;
}

/*
 * When only counting, the generic layer's hooks count each mapping with its path. What runs
 * inside its calls costs as much again or more (a kprobe with its return: a thousand
 * instructions) and would only say why. Without the generic hook they are all there is.
 */
static bool inner_needed(const struct probe *p)
{
	return p->opts.flags & DMS_CFG_STREAM || !used(p, DMS_HOOK_MAP);
}

/* The hook that reports all that this one does, if it is used. */
static const struct choice *substitute_of(const struct probe *p, enum dms_hook id)
{
	for (size_t i = 0; i < SAMES; i++)
		if (sames[i].id == id && (sames[i].always || !p->opts.all_hooks) &&
		    (!sames[i].and || used(p, sames[i].and)))
			return used(p, sames[i].by);
	return NULL;
}

void needed__choose(struct probe *p)
{
	bool inner = inner_needed(p), idle_domains = p->opts.no_iommu && !p->opts.all_hooks;

	for (unsigned int i = 0; i < p->nchoices; i++) {
		struct choice *c = &p->choices[i];
		const struct choice *other = substitute_of(p, c->row->id);
		bool idle = idle_domains && hook_is_of_domains(c->row->id);
		bool needed = !other && !idle && (inner || !hook_is_inner(c->row->id));

		if (needed != c->left_out)
			continue;
		c->left_out = !needed;
		if (needed) {
			choose(&p->env, c->row, c);
			continue;
		}
		c->cand = NULL;
		if (idle)
			snprintf(c->reason, sizeof(c->reason), "no device is behind an IOMMU");
		else if (inner && other)
			snprintf(c->reason, sizeof(c->reason), "not needed: %s reports the same",
				 dms_hook_name(other->row->id));
		else
			snprintf(c->reason, sizeof(c->reason), "left out while only counting");
	}
}
