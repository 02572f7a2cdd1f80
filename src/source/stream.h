/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the rings to who works on their records: rings are emptied first, records wait in a queue
 * (spool.h) and are passed on while there is time, with losses in their place. Nothing here depends
 * on the meaning of a record or on the kind of ring: tests have rings of their own.
 */
#ifndef DMASCOPE_SOURCE_STREAM_H
#define DMASCOPE_SOURCE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* A record as it came, struct dms_event, dms_devstate or dms_stack by its type, or a gap. */
typedef int (*stream_fn)(void *ctx, const void *data, size_t size);

/* Losses of one hook; its type is none of enum dms_event_type. */
#define STREAM_GAP	0xffff
struct stream_gap {
	uint16_t type;		/* STREAM_GAP */
	uint16_t hook;
	uint32_t pad;
	uint64_t ts;		/* of the record before it */
	uint64_t lost;
};

/* The origin of records. */
struct stream_from {
	/*
	 * Passes on all available records in order; an error of fn ends that, and its record is
	 * kept. Returns their number, or -errno. *held: a record that is still being written
	 * keeps others back.
	 */
	int (*drain)(void *from, stream_fn fn, void *ctx, bool *held);
	bool (*pressed)(const void *from);	/* it should be drained before anything else */
	int (*counts)(const void *from, struct dms_counts counts[DMS_HOOK_MAX],
		      uint64_t pending[DMS_HOOK_MAX]);
	uint64_t at_work;		/* programs that can be running at once */
};

struct stream;

/* spool_dir, and what it means that there is none: spool__new(). 0 or -ENOMEM. */
int stream__new(struct stream **s, const struct stream_from *ops, void *from,
		const char *spool_dir, stream_fn fn, void *ctx);
void stream__free(struct stream *s);	/* takes NULL */

/* Queues a record from elsewhere; if there is no room, queued ones are passed on first. */
int stream__put(struct stream *s, const void *data, size_t size);

/* Drains the rings, checks for losses at intervals, passes records on for some ms. 0 or -errno. */
int stream__turn(struct stream *s);
bool stream__behind(const struct stream *s);	/* records wait */

/*
 * Passes on all records that existed at the call, not those that come meanwhile; waits up to a
 * second for records that are being written. 0 or -errno.
 */
int stream__catch_up(struct stream *s);

/*
 * All, when nothing more can come; then what had no outcome is lost. *complete: nothing was lost.
 * 0 or -errno.
 */
int stream__finish(struct stream *s, struct dms_counts counts[DMS_HOOK_MAX], bool *complete);

/* Discards queued and future records, counting them as lost. */
void stream__drop(struct stream *s);

uint64_t stream__lost(const struct stream *s);

#endif /* DMASCOPE_SOURCE_STREAM_H */
