/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Coverage: for each hook, from when to when every hit was delivered. Everything that rests on
 * something not having happened asks here first.
 *
 * A hole comes from a gap record, from the flight recorder's trimming, from a filter, from a hook
 * that is not attached, from skipped programs that this kernel does not report, and from totals of
 * the footer that no gap accounts for. Times are ns of CLOCK_MONOTONIC, both ends included.
 */
#ifndef DMASCOPE_COVERAGE_H
#define DMASCOPE_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct coverage;

/* Hooks as a set: bit n is hook n. */
#define COVER(hook)	(UINT64_C(1) << DMS_HOOK_##hook)
#define COVER_MAPS	(COVER(MAP) | COVER(MAP_SG) | COVER(ALLOC) | COVER(DMA_IOMMU_MAP) | \
			 COVER(IOMMU_MAP) | COVER(IOMMU_MAP_SG) | COVER(IOMMU_ALLOC) | \
			 COVER(IOVA_LINK) | COVER(IOVA_SYNC))
#define COVER_UNMAPS	(COVER(UNMAP) | COVER(UNMAP_SG) | COVER(FREE) | COVER(IOVA_UNLINK) | \
			 COVER(IOVA_DESTROY))
#define COVER_BOUNCES	COVER(SWIOTLB_MAP)
#define COVER_UNBOUNCES	COVER(SWIOTLB_UNMAP)
#define COVER_SHARES	(COVER(SHARE) | COVER(SHARE_DTL) | COVER(SHARE_XIVE))
#define COVER_UNSHARES	COVER(UNSHARE)
#define COVER_TCE_SETS	(COVER(TCE_BUILD) | COVER(TCE_BUILD_ONE) | COVER(TCE_SETRANGE))
#define COVER_TCE_CLEARS (COVER(TCE_FREE) | COVER(TCE_FREE_ONE) | COVER(TCE_CLEARRANGE))
#define COVER_MASKS	(COVER(SET_MASK) | COVER(SET_COHERENT_MASK) | COVER(DMA_SUPPORTED) | \
			 COVER(BYPASS))
#define COVER_FAULTS	(COVER(IOMMU_FAULT) | COVER(DMAR_FAULT) | COVER(SMMU_FAULT) | \
			 COVER(VIRTIO_FAULT))

enum cover_why {
	COVER_WHOLE = 0,
	COVER_LOST,		/* observations were lost there */
	COVER_TRIMMED,		/* the flight recorder discarded them */
	COVER_FILTERED,		/* a filter let through only a part */
	COVER_MISSING,		/* the hook is not attached */
	COVER_UNPLACED,		/* hits were delivered without the address of their memory */
	COVER_UNREPORTED,	/* this kernel does not report skipped kprobes */
	COVER_CUT,		/* the end is missing, and with it reports of losses */
	COVER_LISTING,		/* the list of devices, windows and pools is cut off */
	COVER_REDACTED,		/* addresses are hidden, and their order with them */
	COVER_COUNTED,		/* hits are counted, not delivered (aggregates) */
	COVER_WHY_MAX
};

struct cover_hole {
	enum cover_why why;
	enum dms_hook hook;	/* the first of those asked for */
	uint64_t lost;		/* observations, of all those hooks; 0: not counted */
};

/* NULL: no memory. Free with coverage__free(), which takes NULL. */
struct coverage *coverage__new(void);
void coverage__free(struct coverage *c);

void coverage__session(struct coverage *c, const struct rec_session *s);
void coverage__hook(struct coverage *c, const struct rec_hook *h);
/* now: the newest ts of the stream so far; what was lost may be as young as that. */
void coverage__gap(struct coverage *c, const struct rec_gap *gap, uint64_t now);
void coverage__end(struct coverage *c, const struct rec_end *end);
/* A hit of that hook at ts, of memory whose address is not known. */
void coverage__unplaced(struct coverage *c, enum dms_hook hook, uint64_t ts);
/* Were there any of those hooks? */
bool coverage__has_unplaced(const struct coverage *c, uint64_t hooks);
/*
 * No footer: what was lost at last may not have been reported. A hole of each hook, which begins
 * some time before the newest hit, at the time returned.
 */
uint64_t coverage__cut(struct coverage *c, uint64_t hit);

/*
 * Was every hit of those hooks delivered from `from` to `to`? If not, *hole (may be NULL) says why.
 * A hook that is not attached is a hole only where the calls that it would end are observed: no
 * unmap of lists is missed where lists are not observed at all.
 */
bool coverage__whole(const struct coverage *c, uint64_t hooks, uint64_t from, uint64_t to,
		     struct cover_hole *hole);
/* The same for one device: a filter by device alone lets through all of its hits. */
bool coverage__whole_dev(const struct coverage *c, uint64_t hooks, uint64_t from, uint64_t to,
			 struct cover_hole *hole);

/* Attached; also true where the stream does not announce hooks. */
bool coverage__attached(const struct coverage *c, enum dms_hook hook);
/* Announced as a hook that this kernel could have had, and not attached. */
bool coverage__missing(const struct coverage *c, enum dms_hook hook);
/* Observations of that hook lost so far; gaps, or the footer's number if larger. */
uint64_t coverage__lost(const struct coverage *c, enum dms_hook hook);
/* The sum of that over a set of hooks. */
uint64_t coverage__lost_of(const struct coverage *c, uint64_t hooks);
/* Lost observations of all hooks; 0: every hit was delivered, as far as is reported. */
uint64_t coverage__all_lost(const struct coverage *c);

#endif /* DMASCOPE_COVERAGE_H */
