/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What live.c and live_index.c share. Private to src/source.
 */
#ifndef DMASCOPE_SOURCE_LIVE_INSIDE_H
#define DMASCOPE_SOURCE_LIVE_INSIDE_H

#include "guest/symbols.h"
#include "source/devtable.h"
#include "source/live.h"
#include "source/stream.h"

struct live {
	struct probe *probe;
	struct symbols *syms;
	struct devtable *devs;
	struct live_opts opts;
	dms_sink_fn sink;
	void *ctx;
	struct stream_from from;
	struct stream *stream;
	struct rec_pool pool;
	uint64_t pool_dev;	/* a device that uses it; 0 = none was seen */
	bool want_use;		/* the next state that tells of it is handed on */
	uint64_t stop_ns;	/* when observing ended */
	uint64_t drivers_ns;	/* when drivers were looked at last */
};

/* Before the probe is opened: what the index will be by. 0 or -errno. */
int live__plan_index(struct live *l);
/* Tells the probe where the pool is, once that is known. */
void live__index_pool(struct live *l);

#endif /* DMASCOPE_SOURCE_LIVE_INSIDE_H */
