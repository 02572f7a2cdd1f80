// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is mapped, given back, refused: counted, checked, and kept while it is live. Where it is
 * kept is in maptab.c; what the ranges look like to a reader is in ranges.c.
 *
 * One (device, DMA address) can be mapped more than once at a time only where the address is
 * that of the memory itself (direct); a slot or a TCE has one owner.
 */
#include <errno.h>
#include <string.h>

#include "model/internal.h"

#define ATTR_CC_SHARED	(1u << 13)	/* DMA_ATTR_CC_SHARED: include/linux/dma-mapping.h 7.1 */

static size_t log2_slot(uint64_t v, size_t first, size_t slots)
{
	size_t i = 0;

	for (v >>= first; v && i < slots - 1; v >>= 1)
		i++;
	return i;
}

static void count_life(struct dev *d, uint64_t ns)
{
	d->pub.life_hist[log2_slot(ns / 1000, 0, MODEL_LIFE_SLOTS)]++;
}

static void live_change(struct dev *d, uint8_t path, uint64_t size, uint64_t ts, bool add)
{
	if (d->stats)
		return;
	growth_roll(&d->growth[path], ts, d->pub.live[path]);
	d->pub.live[path] += add ? 1 : -1;
	d->pub.live_bytes[path] += add ? size : -size;
	growth_set(&d->growth[path], d->pub.live[path]);
	d->live_now += add ? 1 : -1;
	if (d->live_now > d->pub.live_max)
		d->pub.live_max = d->live_now;
}

static void count_map(struct dev *d, uint8_t path, uint64_t size)
{
	struct model_counts *c = &d->pub.path[path];

	if (d->stats)
		return;
	c->maps++;
	c->map_bytes += size;
	c->size_hist[log2_slot(size, 9, DMS_HIST_SLOTS)]++;
}

static void count_unmap(struct dev *d, uint8_t path, uint64_t size, int by)
{
	struct model_counts *c = &d->pub.path[path];

	if (d->stats)
		return;
	c->unmaps += by;
	c->unmap_bytes += by > 0 ? size : -size;
}

static bool one_owner(uint8_t path)
{
	return path == DMS_PATH_BOUNCED || path == DMS_PATH_TCE || path == DMS_PATH_COHERENT ||
	       path == DMS_PATH_IOMMU;
}

/* Takes a live mapping away at time ts. */
static void close_mapping(struct model *m, struct dev *d, uint32_t id, uint64_t ts)
{
	struct mapping *mp = mapping_at(&m->maps, id);

	live_change(d, mp->path, mp->size, ts, false);
	if (mp->caller != NONE)
		caller_live(m, mp->caller, ts, mp->size, false);
	maptab_erase(&m->maps, id);
}

/* A handle with one owner is mapped anew although its unmap was not seen. */
static bool supersede(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	uint32_t id = one_owner(ev->path) ? maptab_find_any(&m->maps, dev, ev->dma) : NONE;
	struct mapping old;
	struct orphan *o;
	bool incoming;

	if (id == NONE)
		return false;
	old = *mapping_at(&m->maps, id);
	if (!one_owner(old.path))
		return false;
	incoming = old.ts > ev->ts;	/* this record is the older of the two */
	o = orphan_add(&m->maps, ORPHAN_SUPERSEDED, dev, ev->dma);
	o->ts = incoming ? ev->ts : old.ts;
	o->when = incoming ? old.ts : ev->ts;
	o->size = incoming ? ev->size : old.size;
	o->path = incoming ? ev->path : old.path;
	d->superseded++;
	if (!incoming)
		close_mapping(m, d, id, ev->ts);
	return incoming;
}

int dma_says_shared(const struct model *m, uint64_t dma, uint8_t path)
{
	if (!m->session.enc_mask || (path != DMS_PATH_DIRECT && path != DMS_PATH_COHERENT))
		return -1;
	return !(dma & m->session.enc_mask);
}

/* Memory a device was given that is not shared: its pages are ciphertext to it. */
static void check_private(struct model *m, struct dev *d, const struct dms_event *ev, uint8_t path)
{
	int says = dma_says_shared(m, ev->dma, path);
	uint64_t in;

	if (!m->secure || (path != DMS_PATH_DIRECT && path != DMS_PATH_TCE))
		return;
	if ((ev->flags & DMS_FL_NO_PHYS) || (ev->attrs & ATTR_CC_SHARED))
		return;
	in = says >= 0 ? ev->size * (uint64_t)says :
			 rangeset_covered(&m->ledger.set, ev->phys, range_end(ev->phys, ev->size));
	if (in >= ev->size)
		return;
	d->pub.private_maps++;
	d->private_direct += path == DMS_PATH_DIRECT;
	d->pub.private_bytes += ev->size - in;
	evid_add(&d->ev[DE_PRIVATE], m->seq);
}

/* iommu_alloc_coherent() takes private pages and never shares them (powerpc, 5.9 to 7.1). */
static void check_coherent(struct model *m, struct dev *d, const struct dms_event *ev)
{
	const struct dms_devstate *st = &d->rec.st;
	bool tce = ev->liobn != 0;

	if (!tce && dev_knows(d, DMS_DS_TABLE) && st->table_size)
		tce = ev->dma >= st->table_offset && ev->dma - st->table_offset < st->table_size &&
		      !(st->bypass && (st->known & DMS_DS_BYPASS));
	if (!tce)
		return;
	d->coherent_tce_bytes += ev->size;
	if (m->secure)
		evid_add(&d->ev[DE_PRIVATE_COHERENT], m->seq);
}

/* No window covers it now: remembered, and judged again when somebody asks. */
static void check_window(struct model *m, struct dev *d, const struct dms_event *ev)
{
	struct suspect *s;

	if (ev->path != DMS_PATH_DIRECT && ev->path != DMS_PATH_BOUNCED && ev->path != DMS_PATH_TCE)
		return;
	if (!m->tce || windows__cover(m, d, ev->dma, ev->size))
		return;
	if (ev->path == DMS_PATH_TCE && !(m->attached[DMS_HOOK_TCE_BUILD] ||
					  m->attached[DMS_HOOK_TCE_BUILD_ONE]))
		return;
	evid_add(&d->ev[ev->path == DMS_PATH_TCE ? DE_NOT_BUILT : DE_NO_TCE], m->seq);
	s = &d->suspect[d->suspects++ % SUSPECTS];
	*s = (struct suspect){ .dma = ev->dma, .size = ev->size, .ts = ev->ts, .seq = m->seq,
			       .path = ev->path };
}

/* The record's own unmap came first. */
static bool was_early(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct orphan *o = orphan_find(&m->maps, ORPHAN_EARLY, dev, ev->dma, ev->ts);

	if (!o)
		return false;
	d->pub.preexisting--;
	if (o->twice)
		evid_take_back(&d->ev[DE_UNMAP_TWICE], o->seq);
	count_unmap(d, o->path, o->size, -1);
	count_unmap(d, ev->path, o->size, 1);
	count_life(d, o->ts - ev->ts);
	o->kind = ORPHAN_FREE;
	return true;
}

static int add_live(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct mapping mp = {
		.dma = ev->dma, .phys = ev->phys, .size = ev->size, .ts = ev->ts, .seq = m->seq,
		.dev = dev, .stack = ev->stack, .pid = ev->pid, .caller = NONE,
		.path = ev->path, .dir = ev->dir, .flags = ev->flags,
	};
	uint32_t id;
	int err;

	if (ev->type == DMS_EV_ALLOC && !ev->phys)
		mp.flags |= DMS_FL_NO_PHYS;
	err = caller_map(m, dev, ev, &mp.caller);
	if (err || was_early(m, d, dev, ev) || supersede(m, d, dev, ev))
		return err;
	err = maptab_insert(&m->maps, &mp, &id);
	if (err)
		return err;
	if (id == NONE) {
		m->maps.untracked++;
		d->untracked++;
		return 0;
	}
	live_change(d, ev->path, ev->size, ev->ts, true);
	if (mp.caller != NONE)
		caller_live(m, mp.caller, ev->ts, ev->size, true);
	return 0;
}

/*
 * Memory that the device cannot address, and no pool: dma_direct_map_page() does not even begin to
 * search for slots where none can be (kernel/dma/direct.h; seen on 6.12).
 */
static bool needs_pool(const struct model *m, const struct dev *d, const struct dms_event *ev)
{
	uint64_t end = range_end(ev->phys, ev->size);

	return !m->secure && !m->tce && pool__exists(m, d) == 0 && d->pub.mask &&
	       !(ev->flags & DMS_FL_NO_PHYS) && end - 1 > d->pub.mask &&
	       end <= m->session.mem_top;	/* registers are never bounced */
}

/* The search for slots inside this call, which has already said why it fails; or NULL. */
static const struct slot_fail *search_of(const struct dev *d, const struct dms_event *ev)
{
	const struct slot_fail *f = &d->slot_fail;

	return f->ts && f->ts <= ev->ts + NSEC / 100 && ev->ts <= f->ts + NSEC / 100 ? f : NULL;
}

static enum model_fail why_failed(const struct model *m, struct dev *d,
				  const struct dms_event *ev, const struct slot_fail *search)
{
	if (ev->flags & DMS_FL_NO_TCE)
		return MODEL_FAIL_NO_TCE;
	if (search)
		return search->why;
	if (ev->type == DMS_EV_ALLOC)
		return MODEL_FAIL_COHERENT;
	if (ev->flags & DMS_FL_NO_SLOT)
		return pool__why(m, d, ev, ev->flags & DMS_FL_SG ? 0 : ev->size);
	return needs_pool(m, d, ev) ? MODEL_FAIL_NO_POOL : MODEL_FAIL_OTHER;
}

/* A search for slots may have begun before we looked, and the mapping it failed ended after. */
static bool search_was_missed(const struct model *m, const struct dev *d,
			      const struct dms_event *ev)
{
	return ev->ts < m->first_ts + NSEC / 100 && pool__exists(m, d) == 1 &&
	       pool__forced(m, d) == 1;
}

/* The longest run of free slots, + 1, if it explains why so much did not fit; else NONE. */
static uint64_t run_too_short(const struct model *m, uint64_t size)
{
	uint64_t run = pool__longest_free(m);

	return run * (pool__segment(pool__main(m)) / IO_TLB_SEGSIZE) < size ? run + 1 : NONE;
}

static int map_failed(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	bool list = ev->flags & DMS_FL_SG;
	const struct slot_fail *search;
	enum model_fail why;
	uint64_t size;

	if (ev->flags & DMS_FL_NO_SLOT)
		pool__refused(m, d, ev);
	search = search_of(d, ev);
	why = why_failed(m, d, ev, search);
	/* of a list the event tells the first element, the search that which was refused */
	size = list && search ? search->size : ev->size;
	count_map(d, DMS_PATH_FAILED, ev->size);
	if (why == MODEL_FAIL_OTHER && search_was_missed(m, d, ev))
		d->missed_search++;
	d->pub.fails[why]++;
	evid_add(&d->ev[DE_FAIL + why], m->seq);
	if (size > d->biggest_fail[why])
		d->biggest_fail[why] = size;
	/* by now a list's other elements have given their slots back */
	if (why == MODEL_FAIL_FRAGMENTED && !d->longest_free && !list)
		d->longest_free = run_too_short(m, size);
	d->slot_fail.ts = 0;
	return caller_fail(m, dev, ev, why);
}

/* Neither mask, bus limit nor offset keeps the device from any RAM. */
static bool reaches_ram(const struct model *m, const struct dev *d)
{
	const struct dms_devstate *st = &d->rec.st;
	uint64_t top = m->session.mem_top;

	if (!top || d->pub.mask < top - 1 || (dev_knows(d, DMS_DS_OFFSET) && st->dma_offset))
		return false;
	return !dev_knows(d, DMS_DS_BUS_LIMIT) || !st->bus_limit || st->bus_limit >= top - 1;
}

static int on_map(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *in)
{
	struct dms_event ev = *in;
	int err;

	if (ev.path >= DMS_PATH_MAX)
		ev.path = DMS_PATH_UNKNOWN;
	if (ev.type == DMS_EV_ALLOC && ev.dma != DMS_DMA_ERROR) {
		ev.path = DMS_PATH_COHERENT;
		ev.dir = DMS_DIR_NONE;
	}
	if (ev.dma == DMS_DMA_ERROR || ev.path == DMS_PATH_FAILED)
		return map_failed(m, d, dev, &ev);
	count_map(d, ev.path, ev.size);
	if (ev.type == DMS_EV_ALLOC) {
		check_coherent(m, d, &ev);
	} else {
		check_private(m, d, &ev, ev.path);
		check_window(m, d, &ev);
	}
	if (ev.path == DMS_PATH_BOUNCED) {
		d->pub.bounce_bytes.v += ev.size;
		if (pool__forced(m, d) == 0) {
			evid_add(&d->ev[DE_BOUNCE_ADDR], m->seq);
			if (reaches_ram(m, d))
				evid_add(&d->ev[DE_BOUNCE_REACHED], m->seq);
		}
		err = pool__mapped(m, &ev);
		if (err)
			return err;
	}
	return add_live(m, d, dev, &ev);
}

/* Whatever the driver did differently from what it had asked for. */
static void check_unmap(struct model *m, struct dev *d, const struct mapping *mp,
			const struct dms_event *ev)
{
	/*
	 * The way of an unmap is guessed from its address. Only one guess is safe: a TCE's
	 * address lies in its table. A bounced mapping tells by the slot that stays.
	 */
	if (mp->path == DMS_PATH_TCE &&
	    (ev->path == DMS_PATH_DIRECT || ev->path == DMS_PATH_BOUNCED))
		evid_add(&d->ev[DE_PATH_MISMATCH], m->seq);
	if (ev->size && ev->size != mp->size)
		evid_add(&d->ev[DE_SIZE_MISMATCH], m->seq);
	if (ev->type == DMS_EV_UNMAP && ev->dir != mp->dir && ev->dir <= DMS_DIR_FROM_DEVICE)
		evid_add(&d->ev[DE_DIR_MISMATCH], m->seq);
}

static void slot_back(struct model *m, struct dev *d, const struct dms_event *ev, uint8_t path)
{
	uint64_t slot = ev->aux;

	if (path != DMS_PATH_BOUNCED)
		return;
	if (!slot)
		slot = dev_knows(d, DMS_DS_OFFSET) ? ev->dma - d->rec.st.dma_offset : ev->dma;
	pool__unmapped(m, slot, ev->ts);
}

/*
 * The trace events tell of an unmap after it was done, when another CPU may have the handle
 * again: the unmap belongs to the mapping that had it before. Where records were lost that
 * one's unmap may be among them, and then only a short while is allowed.
 */
static bool was_superseded(struct model *m, struct dev *d, uint32_t dev,
			   const struct dms_event *ev, bool any_live)
{
	struct orphan *o = orphan_find(&m->maps, ORPHAN_SUPERSEDED, dev, ev->dma, ev->ts);

	if (!o || (any_live && m->any_lost && ev->ts > o->when + NSEC / 100))
		return false;
	d->superseded--;
	count_unmap(d, o->path, o->size, 1);
	count_life(d, ev->ts - o->ts);
	slot_back(m, d, ev, o->path);
	o->kind = ORPHAN_FREE;
	return true;
}

/* No live mapping fits: it came too early, its map is long gone, or it is older than we are. */
static void unmap_unknown(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct freed *f = freed_at(&m->maps, dev, ev->dma);
	struct orphan *o;

	count_unmap(d, ev->path, ev->size, 1);
	if (d->untracked) {
		d->untracked--;
		return;
	}
	d->pub.preexisting++;
	o = orphan_add(&m->maps, ORPHAN_EARLY, dev, ev->dma);
	o->ts = ev->ts;
	o->seq = m->seq;
	o->size = ev->size;
	o->path = ev->path;
	o->twice = f->ts && f->dev == dev && f->dma == ev->dma && f->ts < ev->ts &&
		   !(ev->flags & DMS_FL_SG);
	if (o->twice)
		evid_add(&d->ev[DE_UNMAP_TWICE], m->seq);
}

static int on_unmap(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *in)
{
	struct dms_event ev = *in;
	struct mapping mp;
	struct freed *f;
	uint32_t id;

	if (ev.path >= DMS_PATH_MAX)
		ev.path = DMS_PATH_UNKNOWN;
	if (ev.dma == DMS_DMA_ERROR || (!ev.size && (ev.flags & DMS_FL_SG))) {
		/* in a list that is how its unused elements look */
		if (!(ev.flags & DMS_FL_SG))
			evid_add(&d->ev[DE_UNMAP_ERROR], m->seq);
		return 0;
	}
	id = maptab_find(&m->maps, dev, ev.dma, ev.size, ev.ts);
	if (was_superseded(m, d, dev, &ev, id != NONE))
		return 0;
	if (id == NONE) {
		if (ev.type == DMS_EV_FREE)
			ev.path = DMS_PATH_COHERENT;
		unmap_unknown(m, d, dev, &ev);
		slot_back(m, d, &ev, ev.path);
		return 0;
	}
	mp = *mapping_at(&m->maps, id);
	check_unmap(m, d, &mp, &ev);
	count_unmap(d, mp.path, mp.size, 1);
	count_life(d, ev.ts - mp.ts);
	slot_back(m, d, &ev, mp.path);
	if (mp.path == DMS_PATH_TCE)
		windows__unmapped(m, d, &mp);
	f = freed_at(&m->maps, dev, ev.dma);
	*f = (struct freed){ .dma = ev.dma, .ts = ev.ts, .dev = dev };
	close_mapping(m, d, id, ev.ts);
	return 0;
}

int mappings__event(struct model *m, const struct dms_event *ev)
{
	uint32_t dev;
	struct dev *d = dev_get(m, ev->dev, &dev);

	if (!d)
		return -ENOMEM;
	if (!d->pub.first_ts)
		d->pub.first_ts = ev->ts;
	if (ev->ts > d->pub.last_ts)
		d->pub.last_ts = ev->ts;
	if (ev->type == DMS_EV_MAP || ev->type == DMS_EV_ALLOC)
		return on_map(m, d, dev, ev);
	return on_unmap(m, d, dev, ev);
}

/* Nothing of it counts anywhere: the counts are those of REC_STATS. */
static void look_begin(struct model *m, uint64_t ts)
{
	struct dev *d;
	uint32_t i;

	pool__forget(m);
	maptab_clear(&m->maps);
	for_each_dev(m, i, d)
		memset(d->looked, 0, sizeof(d->looked));
	m->look_ts = ts;
	m->look_live = m->look_missing = 0;
	m->looking = true;
}

/* What the counts say is live and the index does not hold. */
static void look_end(struct model *m)
{
	const struct dev *d;
	uint32_t i, p;

	m->looking = false;
	for_each_dev(m, i, d) {
		for (p = 0; p < DMS_PATH_MAX; p++)
			if (d->pub.live[p] > d->looked[p])
				m->look_missing += d->pub.live[p] - d->looked[p];
	}
}

static int look_mapping(struct model *m, const struct rec_look *k)
{
	struct dms_event ev = {
		.type = DMS_EV_MAP, .ts = k->born, .dev = k->dev, .dma = k->dma, .phys = k->phys,
		.size = k->size, .aux = k->slot, .dir = (uint8_t)k->dir, .path = (uint8_t)k->path,
		.flags = k->phys_known ? 0 : DMS_FL_NO_PHYS,
	};
	struct mapping mp = {
		.dma = k->dma, .phys = k->phys, .size = k->size, .ts = k->born, .caller = NONE,
		.path = ev.path, .dir = ev.dir, .flags = ev.flags,
	};
	struct dev *d = dev_get(m, k->dev, &mp.dev);
	uint32_t id;
	int err;

	if (!d)
		return -ENOMEM;
	if (k->path >= DMS_PATH_MAX)
		return 0;
	d->looked[k->path]++;
	m->look_live++;
	err = maptab_insert(&m->maps, &mp, &id);
	if (err || k->path != DMS_PATH_BOUNCED)
		return err;
	return pool__mapped(m, &ev);
}

int mappings__look(struct model *m, const struct rec_look *k)
{
	if (k->step == LOOK_BEGIN)
		look_begin(m, k->ts);
	else if (k->step == LOOK_END)
		look_end(m);
	else if (m->looking)
		return look_mapping(m, k);
	return 0;
}
