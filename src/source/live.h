/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live source: the running kernel as a stream of records. It takes the snapshot, keeps the
 * table of devices, and closes the stream with the counts. What the records mean is the model's
 * business.
 */
#ifndef DMASCOPE_SOURCE_LIVE_H
#define DMASCOPE_SOURCE_LIVE_H

#include "probe/probe.h"

struct live;

struct live_opts {
	struct probe_opts probe;
	const char *device_glob;	/* only these devices; NULL = all */
	const char *spool_dir;		/* for a file of what comes too fast; NULL = none */
};

/*
 * Attaches and hands the session, the hooks and the snapshot to sink. 0, or -errno with *err
 * (fault and one line of text) when nothing could be attached.
 */
int live__open(struct live **l, const struct live_opts *opts, dms_sink_fn sink, void *ctx,
	       struct probe_error *err);
void live__free(struct live *l);	/* detaches; takes NULL */

/*
 * Hands over what happened; waits up to timeout_ms for much to happen. It returns after some time
 * also if there is more, which is then kept: live__behind(). 0 or -errno.
 */
int live__poll(struct live *l, int timeout_ms);
bool live__behind(const struct live *l);

/* From here on what waits, and what comes, is lost and counted so: for who cannot wait for it. */
void live__drop(struct live *l);

/* Detaches, feeds all remaining records and REC_END with `why`. *complete: nothing was lost. */
int live__stop(struct live *l, const char *why, bool *complete);

/* Feeds the aggregates as REC_STATS (DMS_CFG_STATS). */
int live__stats(struct live *l);

/*
 * Feeds how much of the pool is in use now, by debugfs or else by the state of a device that uses
 * it; nothing if neither reports it. For counting, where no event reports slots. 0 or -errno.
 */
int live__pool(struct live *l);

/*
 * Feeds all live mappings as REC_LOOK, after the aggregates that go with them (DMS_CFG_INDEX). The
 * cost grows with the pool and the tables: some ms for each 100,000 places; only when asked for.
 * 0 or -errno.
 */
int live__look(struct live *l);

/* Observations lost so far, all hooks. */
uint64_t live__lost(const struct live *l);
const struct probe *live__probe(const struct live *l);

#endif /* DMASCOPE_SOURCE_LIVE_H */
