/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by live.c and live_index.c. Private to src/source.
 */
#ifndef DMASCOPE_SOURCE_LIVE_INSIDE_H
#define DMASCOPE_SOURCE_LIVE_INSIDE_H

#include "guest/symbols.h"
#include "source/devtable.h"
#include "source/live.h"
#include "source/stream.h"

#define LIVE_OWN_POOLS	16

/* The DMA API's use of the IOMMU domains of a device, now and as reported last. */
struct live_domain {
	uint64_t dev;
	uint64_t maps, bytes;	/* now ... */
	uint64_t sent;		/* ... and reported: maps */
};

struct live {
	struct probe *probe;
	struct symbols *syms;
	struct devtable *devs;
	struct live_opts opts;
	dms_sink_fn sink;
	void *ctx;
	struct stream_from from;
	struct stream *stream;
	struct rec_pool pool;		/* the default one */
	struct rec_pool own[LIVE_OWN_POOLS];	/* restricted pools, by their start */
	unsigned int nown;
	uint64_t pool_dev;	/* a device that uses it; 0 = none was seen */
	uint64_t shared_mask;	/* rec_session.shared_mask: the bit, where it could be read */
	bool want_use;		/* feed the use of the pool with the next device state */
	uint64_t unread;	/* slots and entries that the snapshot did not reach */
	uint64_t filtered[DMS_HOOK_MAX];	/* delivered, and then kept back by --device */
	uint64_t stop_ns;	/* when observing ended */
	uint64_t again_ns;	/* when drivers and domains were read last */
	uint64_t forget_ns;	/* when symbols were last forgotten, if nobody had asked for one */
	struct live_domain *domain;
	uint32_t domains, domain_cap;
};

/* Before the probe is opened: what the index will be by. 0 or -errno. */
int live__plan_index(struct live *l);
/* Sets the range of the pool in the probe, once that is known. */
void live__index_pool(struct live *l);

#endif /* DMASCOPE_SOURCE_LIVE_INSIDE_H */
