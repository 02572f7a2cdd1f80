/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream of records over time, in at most TIMELINE_BINS equal pieces whatever its length:
 * mappings and bytes by device and path, slots of the pool by device, failures, losses, shared
 * bytes. For views that draw; nothing is judged here.
 */
#ifndef DMASCOPE_REPORT_TIMELINE_H
#define DMASCOPE_REPORT_TIMELINE_H

#include <stdint.h>

#include "state/state.h"

#define TIMELINE_BINS	240
#define TIMELINE_TRACKS	48	/* pairs of device and path; later ones are in "other" */
#define TIMELINE_HOLDERS 12	/* devices with slots; later ones are in "other" */

struct timeline_track {
	uint64_t dev;
	unsigned int path;
	uint64_t maps[TIMELINE_BINS], bytes[TIMELINE_BINS];
};

struct timeline_holder {
	uint64_t dev;
	uint64_t now;			/* slots held */
	uint64_t max[TIMELINE_BINS];	/* most held in each piece */
};

struct timeline {
	struct state *m;		/* fed by timeline__put(); the caller's */
	uint64_t start, bin_ns;
	unsigned int bins;		/* pieces begun */
	struct timeline_track *track[TIMELINE_TRACKS + DMS_PATH_MAX];
	unsigned int tracks;		/* without those of others, which stand behind all */
	struct timeline_holder *holder[TIMELINE_HOLDERS + 1];
	unsigned int holders;
	int used_known;			/* the pool's use was read at least once */
	int64_t used;
	uint64_t used_max[TIMELINE_BINS], fails[TIMELINE_BINS], lost[TIMELINE_BINS];
	uint64_t shared[TIMELINE_BINS], live[TIMELINE_BINS];
};

/* 0 or -ENOMEM; free with timeline__free(), which takes NULL. */
int timeline__new(struct timeline **t, struct state *m);
void timeline__free(struct timeline *t);
/* Feeds the state and counts; a dms_sink_fn. 0 or -errno. */
int timeline__put(void *timeline, const struct dms_rec *rec);
/* After the last record. */
void timeline__finish(struct timeline *t);

#endif /* DMASCOPE_REPORT_TIMELINE_H */
