/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Problems and waste, as ids, numbers and facts. Their English is in src/words:
 * whoever prints findings calls words__findings() (words/words.h) instead.
 */
#ifndef DMASCOPE_RULES_H
#define DMASCOPE_RULES_H

#include "rules/facts.h"
#include "state/coverage.h"
#include "state/state.h"

enum state_severity { STATE_NOTE = 1, STATE_WARNING, STATE_ERROR };

#define STATE_FINDING_EVENTS	4
#define STATE_FINDING_DOUBTS	6
#define STATE_FINDING_REMEDIES	3

/* Remedies: texts and sources are in words/remedies.c. */
enum remedy {
	REMEDY_NONE = 0,
	REMEDY_PEF_LOGS,
	REMEDY_CONVERSION_LOG,
	REMEDY_ENCRYPT_BEFORE_FREE,
	REMEDY_UNMAP_BEFORE_UNSHARE,
	REMEDY_UNSHARE_BEFORE_FREE,
	REMEDY_SHARE_ONCE,
	REMEDY_SEND_TRACE,		/* the kernel has a rule that is not known here */
	REMEDY_POOL_KIND,		/* the pool is private, the device needs a shared one */
	REMEDY_POOL_DISABLED,		/* the pool could not be shared at boot */
	REMEDY_NO_NOFORCE,
	REMEDY_PEF_NO_NOFORCE,
	REMEDY_PEF_FORCE,
	REMEDY_FORCE,
	REMEDY_POOL_LOG,
	REMEDY_NO_NOFORCE_PLAIN,
	REMEDY_WIDER_DEVICE,
	REMEDY_MAX_SECTORS,
	REMEDY_MAX_MAPPING,
	REMEDY_POOL_SIZE,
	REMEDY_POOL_SIZE_FORCED,
	REMEDY_SHORTER_QUEUES,
	REMEDY_RESTRICTED_POOL,
	REMEDY_SHORTER_RINGS,
	REMEDY_ROOM_FOR_RINGS,
	REMEDY_SEE_LEAK,
	REMEDY_HOLDER_FIRST,
	REMEDY_HOLDER_STALLED,
	REMEDY_POOL_GROWS,
	REMEDY_POOL_ABOVE_MASK,
	REMEDY_MEMORY_MULTIPLE,
	REMEDY_POOL_SMALLER,
	REMEDY_POOL_SMALLER_FORCED,
	REMEDY_NO_FORCE,
	REMEDY_WHO_FORCES,
	REMEDY_NOTHING_BROKEN_MASK,
	REMEDY_NOTHING_BROKEN_COPY,
	REMEDY_WHOLE_PAGES,
	REMEDY_SEE_POOL,
	REMEDY_SEE_DECISION,
	REMEDY_NO_VIO,
	REMEDY_WIDE_DEVICE,
	REMEDY_NO_DISABLE_DDW,
	REMEDY_SEE_DDW,
	REMEDY_LIMITED_WINDOW,
	REMEDY_COMPARE_WINDOWS,
	REMEDY_ASK_DDW,
	REMEDY_LARGER_WINDOW,
	REMEDY_NOTHING_WIDE,
	REMEDY_SEE_PRIVATE,
	REMEDY_NOTHING_MIXED,
	REMEDY_NO_BALLOON,
	REMEDY_ACCESS_PCI,
	REMEDY_ACCESS,
	REMEDY_TABLE_HOLDER,
	REMEDY_WINDOW_OR_QUEUES,
	REMEDY_REPORT_ADDRESS,
	REMEDY_REPORT_STALE,
	REMEDY_MULTITCE_OFF,
	REMEDY_KERNEL_DRIVER,
	REMEDY_MASK_BEFORE_MAP,
	REMEDY_MEMORY_SHORT,
	REMEDY_CMA,
	REMEDY_NO_COHERENT_POOL,
	REMEDY_COHERENT_POOL,
	REMEDY_NEEDS_POOL,
	REMEDY_BEYOND_MASK,
	REMEDY_RECORD,
	REMEDY_OVERFLOW_LOG,
	REMEDY_POOL_FOR_PORT,
	REMEDY_POOL_FILL_LOG,
	REMEDY_REPORT_MISMATCH,
	REMEDY_REPORT_PAST_POOL,
	REMEDY_FIND_UNMAP,
	REMEDY_POOL_DELAYS,
	REMEDY_UNMAP_AT_REMOVE,
	REMEDY_DMA_API_DEBUG,
	REMEDY_MAP_OBJECT,
	REMEDY_STOP_BEFORE_UNMAP,
	REMEDY_MAP_DIRECTION,
	REMEDY_USE_HANDLE,
	REMEDY_CHECK_ADDRESS,
	REMEDY_WILD_ADDRESS,
	REMEDY_EEH_LOG,
	REMEDY_SHARED_HEAP,
	REMEDY_REACH_WINDOW,
	REMEDY_ACCEPT_FIRST,
	REMEDY_MAX
};

/* Reasons that lower the confidence of a finding. */
enum doubt_kind {
	DOUBT_NONE = 0,
	DOUBT_NO_HOOK,			/* hook: not attached */
	DOUBT_LOST,			/* hook: n observations lost */
	DOUBT_FILTER,			/* only what a filter let through was recorded */
	DOUBT_SIZES_ONLY,		/* judged by the histogram of sizes */
	DOUBT_COUNTS_ONLY,		/* no single mapping was observed */
	DOUBT_FILL_UNKNOWN,		/* how many slots were in use when it failed */
	DOUBT_HIWATER_SINCE_START,	/* the high water before the start is unknown */
	DOUBT_USES_DMA_API,
	DOUBT_RINGS,			/* queues that are filled look alike */
	DOUBT_STALLED,			/* a device that stalls looks like one that leaks */
	DOUBT_HOLDER,			/* whether the holder of the pool leaks */
	DOUBT_REMOVING,			/* a driver's remove() may not have returned */
	DOUBT_SEARCH,			/* searches for slots were not all observed */
	DOUBT_MAX
};

struct doubt {
	enum doubt_kind kind;
	enum dms_hook hook;
	uint64_t n;
};

struct state_finding {
	struct rec_finding f;		/* its texts only from words__findings() */
	uint64_t count;			/* observations behind it, 0 = a state, not events */
	uint64_t seq[STATE_FINDING_EVENTS];	/* the first ones, 0 = none */
	struct fact_value fact[FACT_MAX];
	struct doubt doubt[STATE_FINDING_DOUBTS];	/* what lowers the confidence */
	enum remedy remedy[STATE_FINDING_REMEDIES];
	char not_seen[DMS_TEXT_LEN];	/* the doubts in words, "" = none */
};

/*
 * Finds current problems and waste, worst first. Allocates *out for the caller to free(); *n may
 * be 0 (then *out is NULL). 0 or -ENOMEM.
 */
int state__findings(const struct state *m, struct state_finding **out, size_t *n);

/* A rule that was not judged for all of the time, because of that hole in what it rests on. */
struct state_unjudged {
	const char *id;
	struct cover_hole hole;
};

#define STATE_UNJUDGED	64	/* more than there are rules */
/* Fills up to n, in the order of the table. Returns how many there are. */
size_t state__unjudged(const struct state *m, struct state_unjudged *out, size_t n);

const char *state__severity_name(unsigned int severity);	/* "note", "warning", "error" */
/* Ids of the table of findings, in its order; NULL past the end. */
const char *state__finding_id(size_t i);

#endif /* DMASCOPE_RULES_H */
