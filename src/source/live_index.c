// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's index of live mappings: what it is to be by, and all that it holds, as REC_LOOK
 * records. How it is kept and read is the probe's business.
 */
#include <string.h>

#include "dmascope/classify.h"
#include "guest/pool.h"
#include "guest/windows.h"
#include "source/live_inside.h"
#include "util/clock.h"

static int plan_pool(void *ctx, const struct dms_rec *rec)
{
	struct probe_index_plan *plan = ctx;

	if (!strcmp(rec->pool.name, "default"))
		plan->slots = rec->pool.nslabs;
	return 0;
}

/* Each table once, the small ones first: there may not be room for all. */
static int plan_window(void *ctx, const struct dms_rec *rec)
{
	struct probe_index_plan *plan = ctx;
	const struct rec_window *w = &rec->window;
	uint64_t entries = w->size >> (w->page_shift & 63);
	unsigned int i;

	if (w->use == WINDOW_DIRECT || !w->liobn || !entries)
		return 0;
	for (i = 0; i < plan->tables; i++)
		if (plan->table[i].liobn == w->liobn)
			return 0;
	if (plan->tables == DMS_INDEX_TABLES)
		return 0;
	for (i = plan->tables++; i && plan->table[i - 1].entries > entries; i--)
		plan->table[i] = plan->table[i - 1];
	plan->table[i].liobn = w->liobn;
	plan->table[i].shift = w->page_shift;
	plan->table[i].base = w->base;
	plan->table[i].entries = entries;
	return 0;
}

int live__plan_index(struct live *l)
{
	int err;

	if (!(l->opts.probe.flags & DMS_CFG_INDEX))
		return 0;
	err = guest_pools("", plan_pool, &l->opts.probe.index);
	return err ? err : guest_windows("", plan_window, &l->opts.probe.index);
}

void live__index_pool(struct live *l)
{
	if (l->pool.start < l->pool.end && !strcmp(l->pool.name, "default"))
		probe__index_pool(l->probe, l->pool.start, l->pool.end);
}

/*
 * The bit that the DMA address of a slot has and its physical one has not: Arm's, as the pool is
 * shared memory (phys_to_dma_unencrypted() in swiotlb_map(), kernel/dma/swiotlb.c, 5.15 and later).
 * A pool that is not says so (7.3). AMD's bit is that of private memory.
 */
static uint64_t slot_bits(const struct live *l, const struct rec_device *dev)
{
	bool private = dev && dev->st.known & DMS_DS_CC_SHARED && !dev->st.cc_shared;

	return private ? 0 : l->shared_mask;
}

static int on_live(void *ctx, const struct probe_live *in)
{
	struct live *l = ctx;
	const struct rec_device *dev = devtable__get(l->devs, in->dev);
	uint64_t offset = dev && dev->st.known & DMS_DS_OFFSET ? dev->st.dma_offset : 0;
	uint64_t bare = dms_bare(in->dma, l->opts.probe.enc_mask, offset);
	struct dms_rec rec = { .type = REC_LOOK, .look = {
		.step = LOOK_MAPPING, .ts = clock_now(), .dev = in->dev, .dma = in->dma,
		.phys = in->phys, .size = in->size, .slot = in->slot, .born = in->born,
		.path = in->path, .dir = in->dir, .phys_known = in->phys_known,
	} };
	struct rec_look *k = &rec.look;

	if (!in->dma_known)
		k->dma = (in->slot + offset) | slot_bits(l, dev);
	/* a direct handle is the memory's address, moved by the window's */
	if (in->path == DMS_PATH_DIRECT && !in->phys_known) {
		k->phys = bare;
		k->phys_known = true;
	}
	if (in->path == DMS_PATH_BOUNCED && !in->slot)
		k->slot = bare;
	return l->sink(l->ctx, &rec);
}

int live__look(struct live *l)
{
	struct dms_rec rec = { .type = REC_LOOK, .look = { .step = LOOK_BEGIN } };
	int err = live__stats(l);

	rec.look.ts = clock_now();
	if (!err)
		err = l->sink(l->ctx, &rec);
	if (!err)
		err = probe__index_each(l->probe, on_live, l);
	rec.look.step = LOOK_END;
	return err ? err : l->sink(l->ctx, &rec);
}
