// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts and checks maps, unmaps and failures, and keeps the live mappings. Their
 * storage is in maptab.c; the ranges that readers see are in ranges.c.
 *
 * One (device, DMA address) can be mapped more than once at a time only where the address is
 * that of the memory itself (direct); a slot or a TCE has one owner.
 */
#include <errno.h>
#include <string.h>

#include "dmascope/classify.h"
#include "state/internal.h"

bool mapping_next(const struct state *m, uint32_t *id, struct live_map *out)
{
	const struct mapping *mp = maptab_next(&m->maps, id);

	if (mp)
		*out = (struct live_map){ .dma = mp->dma, .size = mp->size, .ts = mp->ts,
					  .seq = mp->seq, .dev = mp->dev, .stack = mp->stack,
					  .path = mp->path };
	return mp;
}

bool mapping_beyond(const struct state *m, const struct live_map *mp)
{
	const struct state_dev *d = &m->dev[mp->dev]->pub;
	uint64_t mask = mp->path == DMS_PATH_COHERENT ? d->coherent_mask : d->mask;

	return mp->size && mask && range_end(mp->dma, mp->size) - 1 > mask;
}

size_t life_slot(uint64_t v)
{
	size_t bits = v ? 64 - (size_t)__builtin_clzll(v) : 0;

	return bits < STATE_LIFE_SLOTS - 1 ? bits : STATE_LIFE_SLOTS - 1;
}

/* A mapping made at `from` was unmapped at `to`. caller: its index, NONE = not known. */
static void count_life(struct state *m, struct dev *d, uint32_t caller, uint8_t path,
		       uint64_t from, uint64_t to)
{
	uint64_t ns = to - from;
	size_t slot = life_slot(ns / 1000);

	d->pub.life_hist[slot]++;
	if (caller != NONE)
		caller_life(m, caller, slot);
	if (ns > d->life_max)
		d->life_max = ns;
	if (from > d->unmapped_born[path])
		d->unmapped_born[path] = from;
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
	struct state_counts *c = &d->pub.path[path];

	if (d->stats)
		return;
	c->maps++;
	c->map_bytes += size;
	c->size_hist[dms_size_slot(size)]++;
}

static void count_unmap(struct dev *d, uint8_t path, uint64_t size, int by)
{
	struct state_counts *c = &d->pub.path[path];

	if (d->stats)
		return;
	if (by < 0 && (!c->unmaps || c->unmap_bytes < size))
		return;			/* it was counted before the slice */
	c->unmaps += by;
	c->unmap_bytes += by > 0 ? size : -size;
}

static bool one_owner(uint8_t path)
{
	return path == DMS_PATH_BOUNCED || path == DMS_PATH_TCE || path == DMS_PATH_COHERENT ||
	       path == DMS_PATH_IOMMU;
}

/* Takes a live mapping away at time ts. */
static void close_mapping(struct state *m, struct dev *d, uint32_t id, uint64_t ts)
{
	struct mapping *mp = mapping_at(&m->maps, id);

	if (m->opts.watch && mapping_covers(m, mp, m->opts.watch_addr, 1)) {
		m->gone = *mp;
		m->gone_ts = ts;
	}
	faults__unmapped(m, mp, ts);
	live_change(d, mp->path, mp->size, ts, false);
	if (mp->caller != NONE)
		caller_live(m, mp->caller, ts, mp->size, false);
	maptab_erase(&m->maps, id);
}

/* A handle with one owner is mapped anew although its unmap was not seen. */
static bool supersede(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
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
	if (!incoming)
		close_mapping(m, d, id, ev->ts);
	return incoming;
}

/*
 * Where addresses do not say it (TDX, PV), the path of coherent memory does: dma_direct_alloc() and
 * the atomic pools return memory that was shared first, for each device with
 * force_dma_unencrypted() (kernel/dma/direct.c and pool.c, from 5.8). A pseries guest's coherent
 * memory may come through TCEs, which share nothing.
 */
int dma_says_shared(const struct state *m, uint64_t dma, uint8_t path)
{
	enum dma_view view = dma_view(&m->session, dma);

	if (path != DMS_PATH_DIRECT && path != DMS_PATH_COHERENT)
		return -1;
	if (view != DMA_VIEW_UNKNOWN)
		return view == DMA_VIEW_SHARED;
	return m->secure && !m->tce && path == DMS_PATH_COHERENT ? 1 : -1;
}

/* Bytes of the mapping that are shared as far as is known, or UINT64_MAX where nothing is. */
static uint64_t bytes_shared(const struct state *m, const struct dms_event *ev, uint8_t path)
{
	int says = dma_says_shared(m, ev->dma, path);

	if (ev->flags & DMS_FL_NO_PHYS)
		return path != DMS_PATH_TCE ? UINT64_MAX :
		       ev->size - windows__private(m, ev->liobn, ev->dma, ev->size);
	if (says >= 0)
		return ev->size * (uint64_t)says;
	return ledger__shared(m, ev->phys, range_end(ev->phys, ev->size));
}

/* Memory a device was given that is not shared: its pages are ciphertext to it. */
static void check_private(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev,
			  uint8_t path)
{
	int says = dma_says_shared(m, ev->dma, path);
	uint64_t in, hooks = says >= 0 ? 0 : COVER_SHARES;

	if (!m->secure || dev_accepted(m, d) || (path != DMS_PATH_DIRECT && path != DMS_PATH_TCE))
		return;
	/* no RAM, or shared before it was mapped */
	if (ev->attrs & (DMS_ATTR_MMIO | DMS_ATTR_CC_SHARED) ||
	    (m->session.mem_top && ev->phys >= m->session.mem_top))
		return;
	if (ev->flags & DMS_FL_NO_PHYS)
		hooks |= COVER_TCE_SETS | COVER_TCE_CLEARS;
	in = bytes_shared(m, ev, path);
	if (in >= ev->size || !evid_sure(m, hooks, m->first_ts, ev->ts))
		return;
	d->pub.private_maps++;
	d->private_direct += path == DMS_PATH_DIRECT;
	d->pub.private_bytes += ev->size - in;
	evid_add_sure(m, &d->ev[DE_PRIVATE], hooks, m->first_ts, ev->ts);
	if (says < 0 && !(ev->flags & DMS_FL_NO_PHYS))
		ledger__mapped_private(m, dev, ev, ev->size - in);
}

/* iommu_alloc_coherent() takes private pages and never shares them (powerpc, 5.9 to 7.1). */
static void check_coherent(struct state *m, struct dev *d, const struct dms_event *ev)
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
		seen_add(&d->ev[DE_PRIVATE_COHERENT].seen, m->seq);
}

/* No window covers it now: remembered, and judged again when somebody asks. */
static void check_window(struct state *m, struct dev *d, const struct dms_event *ev)
{
	struct suspect *s;

	if (ev->path != DMS_PATH_DIRECT && ev->path != DMS_PATH_BOUNCED && ev->path != DMS_PATH_TCE)
		return;
	if (!m->tce || windows__cover(m, d, ev->dma, ev->size))
		return;
	if (ev->path == DMS_PATH_TCE && !(m->attached[DMS_HOOK_TCE_BUILD] ||
					  m->attached[DMS_HOOK_TCE_BUILD_ONE]))
		return;
	seen_add(&d->ev[ev->path == DMS_PATH_TCE ? DE_NOT_BUILT : DE_NO_TCE].seen, m->seq);
	s = &d->suspect[d->suspects++ % SUSPECTS];
	*s = (struct suspect){ .dma = ev->dma, .size = ev->size, .ts = ev->ts, .seq = m->seq,
			       .path = ev->path };
}

/*
 * The attributes that map and unmap must have in common (DMA_ATTR_UNMAP_VALID in check_unmap(),
 * kernel/dma/debug.c, 7.2 and 7.3), packed into 6 bits: NO_KERNEL_MAPPING, FORCE_CONTIGUOUS,
 * PRIVILEGED, MMIO, REQUIRE_COHERENT, CC_SHARED.
 */
static uint8_t attrs_kept(uint32_t attrs)
{
	return (uint8_t)((attrs >> 4 & 1) | (attrs >> 6 & 1) << 1 | (attrs >> 9 & 3) << 2 |
			 (attrs >> 12 & 3) << 4);
}

/* The record's own unmap came first. */
static bool was_early(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct orphan *o = orphan_find(&m->maps, ORPHAN_EARLY, dev, ev->dma, ev->ts);

	if (!o)
		return false;
	if (d->pub.preexisting)
		d->pub.preexisting--;
	if (o->twice)
		evid_take_back(&d->ev[DE_UNMAP_TWICE], o->seq);
	count_unmap(d, o->path, o->size, -1);
	count_unmap(d, ev->path, o->size, 1);
	count_life(m, d, NONE, ev->path, ev->ts, o->ts);
	o->kind = ORPHAN_FREE;
	return true;
}

/* A direct mapping is unknown where the physical address of its memory is. */
static bool may_be_direct(uint8_t path)
{
	return path == DMS_PATH_DIRECT || path == DMS_PATH_UNKNOWN;
}

/*
 * Coherent memory of a direct device needs nothing at its end, and drivers ask dma_need_unmap()
 * (kernel/dma/mapping.c, 6.16 to 7.3): whether such a mapping still lives is not known.
 */
bool may_end_unseen(const struct dev *d, uint8_t path)
{
	return may_be_direct(path) && dev_knows(d, DMS_DS_SKIP_UNMAP) &&
	       d->rec.st.may_skip_unmap;
}

/*
 * A device's first bounced mapping ends that (dma_reset_need_sync(), 6.10 and later,
 * f406c8e4b770). Which of the earlier ones still live stays unknown.
 */
bool may_have_ended_unseen(const struct dev *d, uint8_t path)
{
	return may_be_direct(path) && d->skipped_unmap;
}

static int add_live(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct mapping mp = {
		.dma = ev->dma, .phys = ev->phys, .size = ev->size, .ts = ev->ts, .seq = m->seq,
		.dev = dev, .stack = ev->stack, .pid = ev->pid, .caller = NONE,
		.path = ev->path, .dir = ev->dir, .flags = ev->flags,
		.attrs = attrs_kept(ev->attrs),
	};
	uint32_t id;
	int err;

	if (ev->type == DMS_EV_ALLOC && !ev->phys && ev->path == DMS_PATH_COHERENT &&
	    dma_view_bits(&m->session)) {
		mp.phys = ev->dma & ~dma_view_bits(&m->session);	/* remapped: vmap() */
		mp.flags &= ~DMS_FL_NO_PHYS;
	}
	if (ev->type == DMS_EV_ALLOC && !mp.phys)
		mp.flags |= DMS_FL_NO_PHYS;
	err = caller_map(m, dev, ev, &mp.caller);
	if (!err && may_end_unseen(d, ev->path)) {
		d->pub.unfollowed++;
		return 0;
	}
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
static bool needs_pool(const struct state *m, const struct dev *d, const struct dms_event *ev)
{
	uint64_t end = range_end(ev->phys, ev->size);

	return !m->secure && !m->tce && !dev_behind_iommu(d) && pool__exists(m, d) == 0 &&
	       d->pub.mask && !(ev->flags & DMS_FL_NO_PHYS) && end - 1 > d->pub.mask &&
	       end <= m->session.mem_top;	/* registers are never bounced */
}

/*
 * dma_direct_map_phys(), kernel/dma/direct.c, 7.0 to 7.3: what would have to be bounced and must
 * not be is refused before any search. Registers, which are never bounced for their address, by
 * force_bounce alone.
 */
static bool bounce_forbidden(const struct state *m, const struct dev *d,
			     const struct dms_event *ev)
{
	if (ev->attrs & DMS_ATTR_MMIO)
		return !m->tce && pool__why_all(m, d) == BOUNCE_FORCED && d->pub.mask &&
		       !(ev->flags & DMS_FL_NO_PHYS) &&
		       range_end(ev->phys, ev->size) - 1 <= d->pub.mask;
	return ev->attrs & DMS_ATTR_REQUIRE_COHERENT;
}

/*
 * The search for slots inside this call, which has already said why it fails; or NULL. Interrupts
 * may come between the two, and a list's other elements are unmapped: that may take long.
 */
static struct slot_fail *search_of(struct dev *d, const struct dms_event *ev)
{
	struct slot_fail *f, *best = NULL;
	uint64_t apart;
	size_t i;

	for (i = 0; i < SLOT_FAILS; i++) {
		f = &d->slot_fail[i];
		apart = f->ts > ev->ts ? f->ts - ev->ts : ev->ts - f->ts;
		if (!f->ts || apart > NSEC || (apart > NSEC / 100 &&
					       (f->ts > ev->ts || !f->pid || f->pid != ev->pid)))
			continue;
		if (!best || (f->pid == ev->pid) > (best->pid == ev->pid) ||
		    ((f->pid == ev->pid) == (best->pid == ev->pid) && f->ts < best->ts))
			best = f;
	}
	return best;
}

/*
 * A slot was found for this mapping, and dma_capable() refused its address: swiotlb_map() gives it
 * back and warns "swiotlb addr ... overflow" (kernel/dma/swiotlb.c, 5.4 to 7.1).
 */
static bool slot_above_mask(struct dev *d, const struct dms_event *ev)
{
	const struct dms_devstate *st = &d->rec.st;
	uint64_t reach = dev_reach(d), dma = d->last_slot.addr;

	if (!d->last_slot.ts || !reach || dev_behind_iommu(d) || ev->ts < d->last_slot.ts ||
	    ev->ts > d->last_slot.ts + NSEC / 100 || ev->pid != d->last_slot.pid)
		return false;
	if (dev_knows(d, DMS_DS_OFFSET))
		dma += st->dma_offset;
	if (range_end(dma, d->last_slot.size) - 1 <= reach)
		return false;
	if (!d->above_slot)
		d->above_slot = d->last_slot.addr;
	return true;
}

static enum state_fail why_failed(const struct state *m, struct dev *d,
				  const struct dms_event *ev, const struct slot_fail *search)
{
	if (ev->flags & DMS_FL_NO_TCE)
		return STATE_FAIL_NO_TCE;
	if (search)
		return search->why;
	if (bounce_forbidden(m, d, ev))
		return STATE_FAIL_FORBIDDEN;
	if (ev->type == DMS_EV_ALLOC)
		return STATE_FAIL_COHERENT;
	if (ev->flags & DMS_FL_NO_SLOT)
		return pool__why(m, d, ev, ev->flags & DMS_FL_SG ? 0 : ev->size);
	if (slot_above_mask(d, ev))
		return STATE_FAIL_ABOVE_MASK;
	return needs_pool(m, d, ev) ? STATE_FAIL_NO_POOL : STATE_FAIL_OTHER;
}

/* A search for slots may have begun before we looked, and the mapping it failed ended after. */
static bool search_was_missed(const struct state *m, const struct dev *d,
			      const struct dms_event *ev)
{
	return ev->ts < m->first_ts + NSEC / 100 && pool__exists(m, d) == 1 &&
	       pool__bounces_all(m, d) == 1;
}

/* The longest run of free slots, + 1, if it explains why so much did not fit; else NONE. */
static uint64_t run_too_short(const struct state *m, const struct dev *d, uint64_t size)
{
	const struct pool *p = pool__of(m, d);
	uint64_t run = pool__longest_free(m, p);

	return run * (pool__segment(p) / IO_TLB_SEGSIZE) < size ? run + 1 : NONE;
}

/* A reason rests on all of those hits having been seen between the pool's reading and now. */
static uint64_t reason_rests_on(const struct state *m, enum state_fail why, bool unfit)
{
	switch (why) {
	case STATE_FAIL_POOL_FULL:
		return pool__given_by(m);	/* slots taken unseen would only make it fuller */
	case STATE_FAIL_UNUSABLE:		/* no search ever succeeded */
		return pool__taken_by(m);
	case STATE_FAIL_FRAGMENTED:
		return COVER_BOUNCES | COVER_UNBOUNCES;		/* which slots, not how many */
	case STATE_FAIL_TOO_BIG:
		return unfit ? COVER_BOUNCES | COVER_UNBOUNCES : 0;
	case STATE_FAIL_COHERENT:
		return COVER_BOUNCES;
	case STATE_FAIL_NO_POOL:
		return COVER_MASKS;
	default:
		return 0;
	}
}

/* Weaker words for the same: no slot, or no reason at all. */
static enum state_fail without_reason(enum state_fail why)
{
	return why == STATE_FAIL_COHERENT || why == STATE_FAIL_NO_POOL ? STATE_FAIL_OTHER :
									 STATE_FAIL_SLOT;
}

/* Is that there is no pool the reason only because of the mask that was seen last? */
static bool needs_mask(const struct state *m, const struct dev *d)
{
	return !m->secure && !m->tce && d->pub.mask;
}

static bool reason_holds(const struct state *m, const struct dev *d, enum state_fail why,
			 bool unfit, uint64_t from, uint64_t to)
{
	/* that there is no pool is known without a mask where all has to be bounced */
	if (m->aggregates || (why == STATE_FAIL_NO_POOL && !needs_mask(m, d)))
		return true;
	return evid_sure(m, reason_rests_on(m, why, unfit), from, to);
}

static void move_evidence(struct evid *to, struct evid *from)
{
	size_t i, n = to->seen.count < EVIDENCE ? to->seen.count : EVIDENCE;

	for (i = 0; n < EVIDENCE && i < EVIDENCE && from->seen.seq[i]; i++, n++) {
		to->seen.seq[n] = from->seen.seq[i];
		to->from[n] = from->from[i];
		to->to[n] = from->to[i];
	}
	to->seen.count += from->seen.count;
	memset(from, 0, sizeof(*from));
}

/* All failures of d for that reason have another one. */
static void change_reason(struct dev *d, enum state_fail why, enum state_fail now)
{
	d->pub.fails[now] += d->pub.fails[why];
	d->pub.fails[why] = 0;
	if (d->biggest_fail[why] > d->biggest_fail[now])
		d->biggest_fail[now] = d->biggest_fail[why];
	d->biggest_fail[why] = 0;
	move_evidence(&d->ev[DE_FAIL + now], &d->ev[DE_FAIL + why]);
}

static void change_unfit(struct dev *d)
{
	struct evid *big = &d->ev[DE_FAIL + STATE_FAIL_TOO_BIG];
	uint64_t n = d->unfit_ev.seen.count;
	size_t i;

	for (i = 0; i < EVIDENCE && d->unfit_ev.seen.seq[i]; i++, n--)
		evid_take_back(big, d->unfit_ev.seen.seq[i]);
	big->seen.count -= n;
	d->pub.fails[STATE_FAIL_TOO_BIG] -= d->unfit_ev.seen.count;
	d->pub.fails[STATE_FAIL_SLOT] += d->unfit_ev.seen.count;
	move_evidence(&d->ev[DE_FAIL + STATE_FAIL_SLOT], &d->unfit_ev);
	memset(&d->unfit, 0, sizeof(d->unfit));
}

/* That reason holds for one failure at least. */
static bool one_holds(const struct state *m, const struct dev *d, const struct evid *e,
		      enum state_fail why, bool unfit)
{
	size_t i;

	for (i = 0; i < EVIDENCE && e->seen.seq[i]; i++)
		if (reason_holds(m, d, why, unfit, e->from[i], e->to[i]))
			return true;
	return false;
}

static void doubt_reasons(const struct state *m, struct dev *d)
{
	unsigned int why;

	for (why = 0; why < STATE_FAIL_MAX; why++) {
		const struct evid *e = &d->ev[DE_FAIL + why];

		if (e->seen.count && !one_holds(m, d, e, why, false))
			change_reason(d, why, without_reason(why));
	}
	if (d->unfit_ev.seen.count && !one_holds(m, d, &d->unfit_ev, STATE_FAIL_TOO_BIG, true))
		change_unfit(d);
}

void mappings__doubt(struct state *m)
{
	struct dev *d;
	uint32_t i, k;

	for (i = 0; i < m->devs; i++) {
		d = m->dev[i];
		doubt_reasons(m, d);
		if (!evid_doubt(m, &d->ev[DE_PRIVATE]))
			d->pub.private_maps = d->pub.private_bytes = d->private_direct = 0;
		for (k = DE_PRIVATE + 1; k < DE_MAX; k++)
			evid_doubt(m, &d->ev[k]);
	}
	for (i = 0; i < m->failures && i < STATE_FAILURES; i++) {
		struct state_failure *f = &m->failure[i];

		d = dev_find(m, f->dev);
		if (d && !reason_holds(m, d, f->why, f->unfit, f->since, f->ts))
			f->why = without_reason(f->why);
	}
}

static void note_reason(struct state *m, struct dev *d, enum state_fail why, bool unfit,
			uint64_t from, uint64_t to)
{
	struct evid *e = &d->ev[DE_FAIL + why], *u = &d->unfit_ev;

	d->pub.fails[why]++;
	evid_add_at(e, m->seq, from, to);
	if (unfit)
		evid_add_at(u, m->seq, from, to);
}

/* A driver that asks with DMA_ATTR_NO_WARN finds out how much coherent memory it can have. */
static bool is_probe(const struct dms_event *ev, enum state_fail why)
{
	return ev->type == DMS_EV_ALLOC && (ev->attrs & DMS_ATTR_NO_WARN) &&
	       (why == STATE_FAIL_COHERENT || why == STATE_FAIL_OTHER || why == STATE_FAIL_SLOT);
}

/* From when on what a reason rests on has to be known. */
static uint64_t rests_since(const struct state *m, const struct dev *d, enum state_fail why,
			    uint64_t ts)
{
	if (why == STATE_FAIL_COHERENT || why == STATE_FAIL_OTHER)
		return ts;
	return why != STATE_FAIL_NO_POOL && m->pools ? pool__of(m, d)->rec.ts : m->first_ts;
}

static int map_failed(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	bool list = ev->flags & DMS_FL_SG;
	struct slot_fail *search;
	enum state_fail why;
	uint64_t size, since;
	bool unfit;

	if (ev->flags & DMS_FL_NO_SLOT)
		pool__refused(m, d, ev);
	search = search_of(d, ev);
	why = why_failed(m, d, ev, search);
	/* of a list the event has the first element, the search the refused one */
	size = list && search ? search->size : ev->size;
	unfit = why == STATE_FAIL_TOO_BIG && size <= pool__segment(pool__of(m, d));
	since = rests_since(m, d, why, ev->ts);
	if (!reason_holds(m, d, why, unfit, since, ev->ts)) {
		why = without_reason(why);
		unfit = false;
	}
	count_map(d, DMS_PATH_FAILED, ev->size);
	d->reported[dms_size_slot(ev->size)]++;
	if (is_probe(ev, why)) {
		d->pub.fails[why]++;
	} else {
		if (why == STATE_FAIL_OTHER && search_was_missed(m, d, ev))
			d->missed_search++;
		note_reason(m, d, why, unfit, since, ev->ts);
	}
	if (size > d->biggest_fail[why])
		d->biggest_fail[why] = size;
	/* by now a list's other elements have given their slots back */
	if (why == STATE_FAIL_FRAGMENTED && !d->longest_free && !list)
		d->longest_free = run_too_short(m, d, size);
	if (why == STATE_FAIL_FRAGMENTED && search)
		d->frag_align = search->align;
	if (search)
		search->ts = 0;
	return caller_fail(m, dev, ev, why, unfit, since);
}

/* Neither mask, bus limit nor offset keeps the device from any RAM. */
static bool reaches_ram(const struct state *m, const struct dev *d)
{
	const struct dms_devstate *st = &d->rec.st;
	uint64_t top = m->session.mem_top;

	if (!top || d->pub.mask < top - 1 || (dev_knows(d, DMS_DS_OFFSET) && st->dma_offset))
		return false;
	return !dev_bus_limit(d) || dev_bus_limit(d) >= top - 1;
}

static void check_object(struct state *m, struct dev *d, const struct dms_event *ev)
{
	if (!ev->object || ev->size <= ev->object)
		return;
	if (!d->ev[DE_PAST_OBJECT].seen.count) {
		d->past_object.size = ev->size;
		d->past_object.object = ev->object;
		d->past_object.stack = ev->stack;
	}
	seen_add(&d->ev[DE_PAST_OBJECT].seen, m->seq);
}

static int on_map(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *in)
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
	/* registers and shared memory have rules of their own */
	if (ev.type == DMS_EV_MAP && !(ev.attrs & (DMS_ATTR_MMIO | DMS_ATTR_CC_SHARED)))
		decide_took(m, d, ev.path);
	if (ev.type == DMS_EV_ALLOC) {
		check_coherent(m, d, &ev);
	} else {
		check_private(m, d, dev, &ev, ev.path);
		check_window(m, d, &ev);
		check_object(m, d, &ev);
	}
	if (ev.path == DMS_PATH_BOUNCED) {
		d->pub.bounce_bytes.v += ev.size;
		pool__bounced(m, d, reaches_ram(m, d));
		if (pool__bounces_all(m, d) == 0) {
			seen_add(&d->ev[DE_BOUNCE_ADDR].seen, m->seq);
			if (reaches_ram(m, d) || dev_behind_iommu(d))
				seen_add(&d->ev[DE_BOUNCE_REACHED].seen, m->seq);
		}
		err = pool__mapped(m, &ev);
		if (err)
			return err;
	}
	return add_live(m, d, dev, &ev);
}

/* A driver that is being removed, or was, still unmaps what it had mapped. */
static void note_left_unmap(struct dev *d, uint64_t born, uint64_t ts)
{
	if ((d->pub.removed || born < d->unbound_ts) && ts > d->left_unmap_ts)
		d->left_unmap_ts = ts;
}

/* A handle may have changed its owner unseen if one of these was lost. */
#define HANDLES		(COVER_MAPS | COVER_UNMAPS)

/*
 * The address of the memory itself may be mapped more than once, and one of them before the start:
 * so long as any mapping of the device was seen to live, or 10 ms, an unmap may be that one's.
 */
static bool may_be_older(const struct state *m, const struct dev *d, uint64_t ts)
{
	uint64_t life = d->life_max > NSEC / 100 ? d->life_max : NSEC / 100;

	return ts < m->first_ts + life;
}

/* Whatever the driver did differently from what it had asked for. */
static void check_unmap(struct state *m, struct dev *d, const struct mapping *mp,
			const struct dms_event *ev)
{
	/*
	 * The path of an unmap is guessed from its address. Only one guess is safe: a TCE's
	 * address lies in its table. A bounced mapping shows it by the slot that stays.
	 */
	if (mp->path == DMS_PATH_TCE &&
	    (ev->path == DMS_PATH_DIRECT || ev->path == DMS_PATH_BOUNCED))
		evid_add_sure(m, &d->ev[DE_PATH_MISMATCH], HANDLES, mp->ts, ev->ts);
	if (may_be_direct(mp->path) && may_be_older(m, d, ev->ts))
		return;
	if (ev->size && ev->size != mp->size)
		evid_add_sure(m, &d->ev[DE_SIZE_MISMATCH], HANDLES, mp->ts, ev->ts);
	if (ev->type == DMS_EV_UNMAP && ev->dir != mp->dir && ev->dir <= DMS_DIR_FROM_DEVICE)
		evid_add_sure(m, &d->ev[DE_DIR_MISMATCH], HANDLES, mp->ts, ev->ts);
	/* of what is older than the start, attributes were never seen */
	if (!(mp->flags & DMS_FL_PREEXISTING) && attrs_kept(ev->attrs) != mp->attrs)
		evid_add_sure(m, &d->ev[DE_ATTR_MISMATCH], HANDLES, mp->ts, ev->ts);
}

static void slot_back(struct state *m, struct dev *d, const struct dms_event *ev, uint8_t path)
{
	uint64_t slot = ev->aux;

	if (path != DMS_PATH_BOUNCED)
		return;
	if (!slot)	/* of a pool whose range the programs do not know */
		slot = dms_bare(ev->dma, dma_view_bits(&m->session),
				dev_knows(d, DMS_DS_OFFSET) ? d->rec.st.dma_offset : 0);
	pool__unmapped(m, slot, ev->ts);
}

/*
 * The trace events report an unmap after it was done, when another CPU may have the handle
 * again: the unmap belongs to the mapping that had it before. Where records were lost that
 * one's unmap may be among them, and then only a short while is allowed.
 */
static bool was_superseded(struct state *m, struct dev *d, uint32_t dev,
			   const struct dms_event *ev, bool any_live)
{
	struct orphan *o = orphan_find(&m->maps, ORPHAN_SUPERSEDED, dev, ev->dma, ev->ts);

	if (!o || (any_live && m->any_lost && ev->ts > o->when + NSEC / 100))
		return false;
	count_unmap(d, o->path, o->size, 1);
	count_life(m, d, NONE, o->path, o->ts, ev->ts);
	note_left_unmap(d, o->ts, ev->ts);
	slot_back(m, d, ev, o->path);
	o->kind = ORPHAN_FREE;
	return true;
}

#define TWICE_NS	(NSEC / 50)	/* a second unmap by mistake follows the first */

/*
 * Was what it unmaps unmapped before? A direct address may have another mapping, made before the
 * start and kept for any time (a page of a driver's pool): of a device that is older than the
 * start, only what is alike in all and comes at once is taken for the same.
 */
static bool is_twice(const struct state *m, const struct dev *d, uint32_t dev,
		     const struct freed *f, const struct dms_event *ev)
{
	if (!f->ts || f->dev != dev || f->dma != ev->dma || f->ts >= ev->ts ||
	    (ev->flags & DMS_FL_SG))
		return false;
	if (!may_be_direct(f->path) || d->added_ts)
		return true;
	return f->size == ev->size && f->dir == ev->dir && ev->ts - f->ts <= TWICE_NS &&
	       !may_be_older(m, d, ev->ts);
}

/* Since when no map may have been missed: a direct address may have been mapped more than once. */
static uint64_t twice_since(const struct state *m, const struct dev *d, const struct freed *f)
{
	if (!may_be_direct(f->path))
		return f->ts;
	return d->added_ts ? d->added_ts : m->first_ts;
}

/* No live mapping fits: it came too early, its map is long gone, or it is older than we are. */
static void unmap_unknown(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct freed *f = freed_at(&m->maps, dev, ev->dma);
	struct orphan *o;

	count_unmap(d, ev->path, ev->size, 1);
	if (may_have_ended_unseen(d, ev->path))
		return;
	note_left_unmap(d, 0, ev->ts);
	faults__unmapped_older(m, dev, ev);
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
	o->twice = is_twice(m, d, dev, f, ev);
	if (o->twice)
		evid_add_sure(m, &d->ev[DE_UNMAP_TWICE], HANDLES, twice_since(m, d, f), ev->ts);
}

static int on_unmap(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *in)
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
			seen_add(&d->ev[DE_UNMAP_ERROR].seen, m->seq);
		return 0;
	}
	d->has_unmapped = true;
	id = maptab_find(&m->maps, dev, &ev);
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
	count_life(m, d, mp.caller, mp.path, mp.ts, ev.ts);
	note_left_unmap(d, mp.ts, ev.ts);
	domains__unmapped(m, d, mp.path, ev.ts);
	slot_back(m, d, &ev, mp.path);
	if (mp.path == DMS_PATH_TCE)
		windows__unmapped(m, d, &mp);
	ledger__unmapped(m, &mp, ev.ts);
	f = freed_at(&m->maps, dev, ev.dma);
	*f = (struct freed){ .dma = ev.dma, .size = mp.size, .ts = ev.ts, .dev = dev,
			     .path = mp.path, .dir = mp.dir };
	close_mapping(m, d, id, ev.ts);
	return 0;
}

int mappings__event(struct state *m, const struct dms_event *ev)
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
static void look_begin(struct state *m, uint64_t ts)
{
	uint32_t i;

	pool__forget(m);
	maptab_clear(&m->maps);
	for (i = 0; i < m->devs; i++)
		memset(m->dev[i]->looked, 0, sizeof(m->dev[i]->looked));
	m->look_ts = ts;
	m->look_live = m->look_missing = 0;
	m->looking = true;
}

/* Counts mappings that the counts have as live and the index lacks. */
static void look_end(struct state *m)
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

static int look_mapping(struct state *m, const struct rec_look *k)
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

int mappings__look(struct state *m, const struct rec_look *k)
{
	if (k->step == LOOK_BEGIN)
		look_begin(m, k->ts);
	else if (k->step == LOOK_END)
		look_end(m);
	else if (m->looking)
		return look_mapping(m, k);
	return 0;
}
