/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holders of mappings, classified: leaked one after another, all at once as a ring, or in passing;
 * and those that a pool refused, as others held it.
 */
#ifndef DMASCOPE_HOLDERS_H
#define DMASCOPE_HOLDERS_H

#include "rules/findings.h"

/* The live mappings of a device and path (and stack), by age and caller. */
struct kept {
	uint64_t n, bytes, slots;
	uint64_t oldest, newest;	/* ts of birth */
	uint64_t bursts;		/* groups, less than 10 ms between their mappings */
	uint64_t busy;			/* ns: how long these lasted in all */
	uint64_t pieces;		/* of eight from oldest to newest: with a birth */
	struct seen old;		/* made before `before` */
	const char *caller;		/* the function that made most of those known; NULL */
	uint64_t caller_n;		/* how many are known to be its */
};

struct kept_filter {
	uint32_t dev, path, stack;
	bool by_stack;
	uint64_t before;		/* ns: mappings made before that are old */
};

/* 0 or -ENOMEM. Walks all live mappings. */
int kept__find(const struct state *m, const struct kept_filter *f, struct kept *out);

/* Progress of the device while it kept those mappings. */
enum progress {
	PROGRESS_ON = 0,	/* it unmapped some that are younger than half of them */
	PROGRESS_STOPPED,	/* none that is known: it may stall, and unmap all of them later */
	PROGRESS_NEVER,		/* it unmapped nothing since the start, and no unmap was missed */
};

enum progress kept__progress(const struct state *m, const struct dev *d, uint32_t path,
			     const struct kept *k);

enum holder_kind {
	HOLDER_BUSY = 0,	/* in passing, or nobody has that much */
	HOLDER_UNKNOWN,		/* maps or unmaps were missed: any of these */
	HOLDER_STALLED,		/* no longer unmaps anything: it may go on, or leak */
	HOLDER_LEAKS,		/* one after another, none of them unmapped */
	HOLDER_PREALLOCATED,	/* all at once, and kept since */
};

struct pool_use {
	enum holder_kind kind;
	uint32_t dev;		/* index of the device with more than half of the pool */
	struct kept kept;
};

/* The device that held more than half of p, if one did; how, if its mappings now show that. */
void judge_holder(struct finder *f, const struct pool *p, struct pool_use *out);

/*
 * Failures that no event reported: only their sizes are known, by powers of two. A size above the
 * one that holds the limit was too big for certain, if the device bounces. Coherent memory needs
 * no slot: any failure whose report was lost may have been of that.
 */
uint64_t too_big_by_size(const struct state *m, const struct dev *d);

/* Failures of all devices that take their slots from p, and who they were. */
struct victims {
	uint64_t failed, fragmented, biggest;
	const struct dev *dev[FACT_DEVICES];
	uint64_t n[FACT_DEVICES];
	size_t devs;
};

void find_victims(const struct state *m, const struct pool *p, struct victims *v);

#endif /* DMASCOPE_HOLDERS_H */
