// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bounce pool: its slots, who holds them, why a search for slots failed. What was mapped
 * through them is in mappings.c; that the pool is shared memory is in ledger.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

static uint32_t slot_size(const struct pool *p)
{
	return p && p->rec.slot_size ? p->rec.slot_size : IO_TLB_SIZE;
}

uint64_t pool__segment(const struct pool *p)
{
	return (uint64_t)IO_TLB_SEGSIZE * slot_size(p);
}

const struct pool *pool_at(const struct state *m, uint32_t i)
{
	return i < m->pools ? &m->pool[i] : NULL;
}

const struct rec_pool *pool__rec(const struct pool *p)
{
	static const struct rec_pool none;

	return p ? &p->rec : &none;
}

const struct holder *pool__holder(const struct pool *p, uint32_t i)
{
	return i < p->worsts ? &p->worst[i] : NULL;
}

bool pool__used_at_misfit(const struct pool *p, uint64_t *used)
{
	*used = p ? p->big_used_max : 0;
	return p && p->rec.used_known;
}

const struct pool *pool__main(const struct state *m)
{
	return m->pools ? &m->pool[0] : NULL;
}

const struct pool *pool__of(const struct state *m, const struct dev *d)
{
	uint32_t i;

	if (dev_knows(d, DMS_DS_POOL) && d->rec.st.pool_nslabs)
		for (i = 0; i < m->pools; i++)
			if (m->pool[i].rec.start == d->rec.st.pool_start &&
			    m->pool[i].rec.end == d->rec.st.pool_end)
				return &m->pool[i];
	return pool__main(m);
}

static struct pool *pool_mut(struct state *m, const struct dev *d)
{
	const struct pool *p = pool__of(m, d);

	return p ? &m->pool[p - m->pool] : NULL;
}

/* The index of the pool that has memory at an address, or NONE. */
static uint32_t pool_at_addr(const struct state *m, uint64_t addr)
{
	uint32_t i;

	for (i = 0; i < m->pools; i++)
		if (addr >= m->pool[i].rec.start && addr < m->pool[i].rec.end)
			return i;
	return NONE;
}

/*
 * Slots outside all known pools are of a pool that grew: swiotlb_alloc_pool() takes memory
 * elsewhere (kernel/dma/swiotlb.c, CONFIG_SWIOTLB_DYNAMIC, 6.6 to 7.1).
 */
static uint32_t pool_of(const struct state *m, uint64_t addr)
{
	uint32_t i = pool_at_addr(m, addr);

	return i == NONE && m->pools && m->pool[0].rec.dynamic ? 0 : i;
}

uint64_t pool__slots(const struct pool *p)
{
	return p->rec.dynamic && p->hiwater > p->rec.nslabs ? p->hiwater : p->rec.nslabs;
}

bool pool__contains(const struct state *m, uint64_t phys)
{
	return pool_at_addr(m, phys) != NONE;
}

bool pool__any(const struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->pools; i++)
		if (m->pool[i].rec.nslabs)
			return true;
	return false;
}

int pool__exists(const struct state *m, const struct dev *d)
{
	const struct pool *p = pool__main(m);

	if (dev_knows(d, DMS_DS_POOL) && d->rec.st.pool_nslabs)
		return 1;
	if (p && p->rec.nslabs)
		return 1;
	if (d && !dev_knows(d, DMS_DS_POOL) && pool__any(m))
		return -1;		/* it may be a pool of its own */
	if (p && p->rec.source[0])
		return 0;		/* somebody looked, and there is none */
	return dev_knows(d, DMS_DS_POOL) ? 0 : -1;
}

static uint64_t slots_live_in(const struct state *m, uint32_t pool)
{
	return pool < m->pools ? m->pool[pool].live : 0;
}

/* force_bounce of the device's pool: one of the reasons to bounce. */
static int force_bounce(const struct state *m, const struct dev *d)
{
	if (dev_knows(d, DMS_DS_FORCE_BOUNCE))
		return d->rec.st.force_bounce;
	if (m->pools && m->pool[0].rec.force_bounce_known)
		return m->pool[0].rec.force_bounce;
	return -1;
}

int pool__cc_shared(const struct state *m, const struct dev *d)
{
	if (dev_knows(d, DMS_DS_CC_SHARED))
		return d->rec.st.cc_shared;
	if (m->pools && m->pool[0].rec.cc_shared_known)
		return m->pool[0].rec.cc_shared;
	return -1;
}

enum why_bounce pool__why_all(const struct state *m, const struct dev *d)
{
	int forced = force_bounce(m, d);

	if (m->secure && d && dev_accepted(m, d))
		return dev_accepted(m, d) == 1 ? BOUNCE_NOT : BOUNCE_UNKNOWN;
	if (forced == 1)
		return BOUNCE_FORCED;
	if (m->secure && pool__cc_shared(m, d) >= 0)
		return BOUNCE_PRIVATE;
	/* it did, though nothing that is known asks for it: this kernel has a rule of its own */
	if (forced < 0 || m->bounced_unasked)
		return BOUNCE_UNKNOWN;
	return BOUNCE_NOT;
}

int pool__bounces_all(const struct state *m, const struct dev *d)
{
	switch (pool__why_all(m, d)) {
	case BOUNCE_FORCED:
	case BOUNCE_PRIVATE:
		return 1;
	case BOUNCE_NOT:
		return 0;
	default:
		return -1;
	}
}

void pool__bounced(struct state *m, const struct dev *d, bool reaches_ram)
{
	if (m->secure && !dev_accepted(m, d) && reaches_ram && force_bounce(m, d) == 0 &&
	    pool__cc_shared(m, d) < 0)
		m->bounced_unasked++;
}

bool pool__unusable(const struct state *m, const struct dev *d)
{
	const struct pool *p = pool__of(m, d);

	if (!m->secure || pool__cc_shared(m, d) < 0)
		return false;
	/* force_dma_unencrypted() holds for all devices of these guests */
	if (pool__cc_shared(m, d) == 0)
		return true;
	return p && p->rec.used_known && p->rec.nslabs && p->rec.used >= p->rec.nslabs &&
	       !p->ok && !slots_live_in(m, (uint32_t)(p - m->pool));
}

uint64_t pool__taken_by(const struct state *m)
{
	return coverage__attached(m->cover, DMS_HOOK_SWIOTLB_MAP) ? COVER_BOUNCES : COVER_MAPS;
}

uint64_t pool__given_by(const struct state *m)
{
	return coverage__attached(m->cover, DMS_HOOK_SWIOTLB_UNMAP) ? COVER_UNBOUNCES :
								      COVER_UNMAPS;
}

/* Lost releases of slots make too many seem in use, lost takes too few. */
static void doubt_slots(const struct state *m, uint64_t from, struct mval *v)
{
	uint64_t to = m->now;

	if (m->aggregates)
		return;
	v->estimate |= leave_out_end(m, from, &to);
	if (!coverage__whole(m->cover, pool__given_by(m), from, to, NULL))
		v->why = "observations of released slots are missing";
	else if (!coverage__whole(m->cover, pool__taken_by(m), from, to, NULL))
		v->least = true;
}

/* Those at the start and what came and went since; a hostile trace has any numbers. */
static int64_t slots_used(const struct pool *p)
{
	return (int64_t)((uint64_t)p->rec.used + (uint64_t)p->delta);
}

static struct mval used_now(const struct state *m, const struct pool *p)
{
	struct mval v = { 0 };
	int64_t n = slots_used(p);

	doubt_slots(m, p->rec.used_known ? p->rec.ts : m->first_ts, &v);
	if (p->rec.used_known) {
		v.v = n > 0 ? n : 0;
		if (v.v > p->rec.nslabs && p->rec.nslabs && !p->rec.dynamic)
			v.v = p->rec.nslabs;
		return v;
	}
	v.v = slots_live_in(m, p - m->pool);
	v.estimate = true;
	if (!m->attached[DMS_HOOK_SWIOTLB_MAP] && m->has_hooks && !m->look_ts)
		v.why = "no hook on swiotlb_tbl_map_single";
	return v;
}

struct mval pool__hiwater(const struct state *m, const struct pool *p)
{
	struct mval v = used_now(m, p);

	if (!p->rec.used_known && !p->hiwater_read)
		return v;
	v = (struct mval){ .v = p->hiwater, .estimate = !p->rec.hiwater_known };
	doubt_slots(m, p->first_ts, &v);
	if (p->hiwater_read && (v.why || p->hiwater_read >= v.v))
		v = (struct mval){ .v = p->hiwater_read, .estimate = !p->rec.hiwater_known,
				   .least = v.why || v.least };
	return v;
}

/* Runs end with their segment (swiotlb_area_find_slots(), kernel/dma/swiotlb.c, 5.4 to 7.1). */
static uint64_t longest_run(const uint8_t *taken, uint64_t n)
{
	uint64_t i, run = 0, longest = 0;

	for (i = 0; i < n; i++) {
		if (!(i % IO_TLB_SEGSIZE))
			run = 0;
		run = taken[i] ? 0 : run + 1;
		if (run > longest)
			longest = run;
	}
	return longest;
}

uint64_t pool__longest_free(const struct state *m, const struct pool *p)
{
	uint32_t at = p ? (uint32_t)(p - m->pool) : 0;
	uint64_t first, n, longest;
	uint8_t *taken;
	uint32_t i, k;

	if (m->session.redacted || !p || !p->rec.used_known || p->rec.dynamic || !p->rec.nslabs ||
	    p->rec.nslabs > MAX_SLOTS || slots_live_in(m, at) < used_now(m, p).v)
		return NONE;
	n = p->rec.nslabs;
	taken = calloc(n, 1);
	if (!taken)
		return NONE;
	for (i = 0; i < m->slots_used; i++) {
		const struct slot *s = &m->slot[i];

		if (!s->used || s->pool != at)
			continue;
		first = (s->addr - p->rec.start) / slot_size(p);
		for (k = 0; k < s->nslots && first + k < n; k++)
			taken[first + k] = 1;
	}
	longest = longest_run(taken, n);
	free(taken);
	return longest;
}

/* The slots of a pool that the device holds; those in no known pool are its own pool's. */
static struct held held_of(const struct state *m, const struct dev *d, const struct pool *p)
{
	struct held h = d->held[p - m->pool];

	if (pool__of(m, d) == p) {
		h.slots += d->held_outside.slots;
		h.maps += d->held_outside.maps;
	}
	return h;
}

uint64_t pool__held(const struct state *m, const struct pool *p, const struct dev *d)
{
	return held_of(m, d, p).slots;
}

/* The device takes a mapping's slots, or releases them: sign -1. */
static void change_slots(const struct state *m, struct dev *d, const struct slot *s, int sign)
{
	struct held *h = s->pool == NONE ? &d->held_outside : &d->held[s->pool];
	struct state_dev *p = &d->pub;
	int64_t n = sign * (int64_t)s->nslots;

	h->slots += (uint32_t)n;
	h->maps += (uint32_t)sign;
	p->slot_time = state__slot_time(p, m->now);
	p->slots_ts = m->now;
	p->slots += (uint64_t)n;
	if (p->slots > p->slots_max)
		p->slots_max = p->slots;
}

/* Keeps who holds most of that pool now, by what each device is known to hold of it. */
static void note_holders(const struct state *m, struct pool *p, uint64_t used)
{
	const struct dev *d;
	struct held h;
	uint32_t i, k;

	p->worsts = 0;
	p->worst_used = used;
	for_each_dev(m, i, d) {
		h = held_of(m, d, p);
		for (k = p->worsts; k && p->worst[k - 1].slots < h.slots; k--)
			if (k < POOL_WORST)
				p->worst[k] = p->worst[k - 1];
		if (!h.slots || k == POOL_WORST)
			continue;
		p->worst[k] = (struct holder){ .dev = d->pub.key, .slots = h.slots,
					       .count = h.maps };
		p->worsts += p->worsts < POOL_WORST;
	}
}

/* From four fifths on it matters who holds the pool. */
static void note_hiwater(const struct state *m, struct pool *p)
{
	int64_t n = slots_used(p);

	if (!p->rec.used_known || n <= 0)
		return;
	if (((uint64_t)n > p->worst_used || !p->worsts) && (uint64_t)n * 10 > p->rec.nslabs * 8)
		note_holders(m, p, (uint64_t)n);
	if ((uint64_t)n > p->hiwater)
		p->hiwater = n;
}

int pool__record(struct state *m, const struct rec_pool *rec)
{
	struct pool *p;
	uint32_t i;

	for (i = 0; i < m->pools && strcmp(m->pool[i].rec.name, rec->name); i++)
		;
	if (i >= MAX_POOLS)
		return 0;
	p = &m->pool[i];
	if (i == m->pools) {
		m->pools++;
		p->first_ts = rec->ts;
	}
	if (p->rec.nslabs != rec->nslabs || p->rec.force_bounce != rec->force_bounce ||
	    p->rec.cc_shared != rec->cc_shared)
		m->decided++;
	p->rec = *rec;
	p->delta = 0;
	/* debugfs has been seen to say -1 (its counters were reset while in use): no number */
	if (rec->used > (rec->nslabs && !rec->dynamic ? rec->nslabs : 1ULL << 40))
		p->rec.used_known = false;
	if (!p->rec.used_known)
		p->rec.used = 0;
	if (rec->hiwater_known && rec->hiwater > p->hiwater_read && rec->hiwater <= rec->nslabs)
		p->hiwater_read = rec->hiwater;
	if (p->hiwater_read > p->hiwater)
		p->hiwater = p->hiwater_read;
	note_hiwater(m, p);
	return ledger__pool(m, rec);
}

#define MIN_ALIGN_MASK	0xfffU	/* the largest dma_set_min_align_mask() asks for: NVMe, storvsc */
#define UNFIT_LOOKS	256	/* each costs a walk through the pool */

/*
 * A mapping starts in its slots as far into a page as the memory does, if the device has a
 * min_align_mask (which is not observed), and alloc_align_mask moves it further: so it may need
 * more than a segment although its size does not say so (swiotlb_tbl_map_single(),
 * swiotlb_align_offset(), kernel/dma/swiotlb.c, 5.12 to 7.1). Segments are alike: refused with
 * one of them wholly free, it fits in none, ever.
 */
static bool never_fits(const struct state *m, struct dev *d, const struct dms_event *ev,
		       uint64_t size, uint64_t used)
{
	struct slot_fail x = { .ts = ev->ts, .size = size, .used = used, .align = ev->ret,
			       .offset = ev->phys & MIN_ALIGN_MASK };
	const struct pool *p = pool__of(m, d);
	uint64_t align = MIN_ALIGN_MASK;

	if (ev->type == DMS_EV_BOUNCE && ev->ret > 0)
		align |= ev->ret;
	else
		x.align = 0;
	if (d->unfit.size && d->unfit.size == size && d->unfit.offset == x.offset &&
	    d->unfit.align == x.align)
		return true;
	/* of slots in no known pool nothing can be said */
	if (!p || p->rec.dynamic || !coverage__attached(m->cover, DMS_HOOK_SWIOTLB_MAP))
		return false;
	if (used && (ev->flags & DMS_FL_NO_PHYS ||
		     size + (ev->phys & align) <= pool__segment(p) ||
		     d->unfit_looks++ >= UNFIT_LOOKS || pool__longest_free(m, p) != IO_TLB_SEGSIZE))
		return false;
	if (!d->unfit.size)
		d->unfit = x;
	return true;
}

/*
 * A request of one slot, wherever in a page its memory starts, that asks for no alignment: any free
 * slot will do (swiotlb_search_pool_area(), kernel/dma/swiotlb.c, 6.12). An alignment mask of a
 * slot or less is none; a page's (min_align_mask) makes one slot in two unfit, not all.
 */
static bool fits_any_slot(const struct pool *p, const struct dms_event *ev, uint64_t size)
{
	bool aligned = ev->type == DMS_EV_BOUNCE && ev->ret >= slot_size(p);

	return !aligned && size <= slot_size(p) &&
	       ((ev->flags & DMS_FL_NO_PHYS) || (ev->phys & (slot_size(p) - 1)) + size <=
						slot_size(p));
}

enum state_fail pool__why(const struct state *m, struct dev *d, const struct dms_event *ev,
			  uint64_t size)
{
	const struct pool *p = pool__of(m, d);
	uint64_t free_slots, slots;
	struct mval used;

	if (pool__exists(m, d) == 0)
		return STATE_FAIL_NO_POOL;
	if (pool__unusable(m, d))
		return STATE_FAIL_UNUSABLE;
	if (size > pool__segment(p))
		return STATE_FAIL_TOO_BIG;
	if (!p || !p->rec.nslabs || !size)
		return STATE_FAIL_SLOT;
	used = used_now(m, p);
	if (used.why && !used.estimate)
		return STATE_FAIL_SLOT;
	slots = pool__slots(p);
	free_slots = used.v < slots ? slots - used.v : 0;
	/* the last few are always single ones: that is full, not a matter of their order */
	if (free_slots * slot_size(p) < size || free_slots * 16 < slots)
		return STATE_FAIL_POOL_FULL;
	if (used.why || used.estimate || used.least)
		return STATE_FAIL_SLOT;
	/* one slot has no neighbours to wait for: some were taken that were not observed */
	if (fits_any_slot(p, ev, size))
		return STATE_FAIL_SLOT;
	return never_fits(m, d, ev, size, used.v) ? STATE_FAIL_TOO_BIG : STATE_FAIL_FRAGMENTED;
}

/* The pool's record includes all events from before it was read. */
static void count_slots(struct state *m, uint32_t pool, uint64_t ts, int64_t n)
{
	if (pool == NONE || ts < m->pool[pool].rec.ts)
		return;
	m->pool[pool].delta += n;
	note_hiwater(m, &m->pool[pool]);
}

static void slot_erase(struct state *m, uint32_t i)
{
	struct slot *s = &m->slot[i];

	change_slots(m, m->dev[s->dev], s, -1);
	m->slots_old -= s->preexisting;
	if (s->pool != NONE)
		m->pool[s->pool].live -= s->nslots;
	idmap_del(&m->by_slot, s->addr);
	s->used = 0;
	s->next = m->slot_free;
	m->slot_free = i;
	m->slots_live--;
}

static void slot_drop(struct state *m, uint32_t i, uint64_t ts)
{
	count_slots(m, m->slot[i].pool, ts, -(int64_t)m->slot[i].nslots);
	slot_erase(m, i);
}

static int slot_room(struct state *m, uint32_t *i)
{
	*i = m->slot_free;
	if (*i != NONE) {
		m->slot_free = m->slot[*i].next;
		return 0;
	}
	if (m->slots_used >= MAX_SLOTS)
		return 0;
	if (GROW(m->slot, m->slot_cap, m->slots_used))
		return -ENOMEM;
	*i = m->slots_used++;
	return 0;
}

static uint32_t slots_for(const struct pool *p, uint64_t addr, uint64_t size)
{
	uint64_t ss = slot_size(p), n = (addr % ss + size + ss - 1) / ss;

	return n > IO_TLB_SEGSIZE ? IO_TLB_SEGSIZE : n ? n : 1;
}

/*
 * Slots of the snapshot in [addr, addr + size): it lists one by one what was taken as one, and
 * maybe what was taken after the hooks were attached. Returns how many there were.
 */
static uint64_t erase_old(struct state *m, uint64_t addr, uint64_t size)
{
	uint64_t at, n = 0, ss = slot_size(pool__main(m)), end = range_end(addr, size);
	uint32_t i;

	if (!m->slots_old)
		return 0;
	for (at = addr / ss * ss; at < end && at - addr / ss * ss < ss * IO_TLB_SEGSIZE; at += ss) {
		i = idmap_get(&m->by_slot, at);
		if (i == NONE || !m->slot[i].preexisting)
			continue;
		n += m->slot[i].nslots;
		slot_erase(m, i);
	}
	return n;
}

static int slot_new(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	uint32_t i, pool = pool_of(m, ev->aux);
	struct slot *s;
	int err = slot_room(m, &i);

	if (err || i == NONE)
		return err;
	err = idmap_set(&m->by_slot, ev->aux, i);
	if (err) {
		m->slot[i].used = 0;
		m->slot[i].next = m->slot_free;
		m->slot_free = i;
		return err;
	}
	s = &m->slot[i];
	*s = (struct slot){ .addr = ev->aux, .phys = ev->phys, .ts = ev->ts, .seq = m->seq,
			    .dev = dev, .pool = pool, .stack = ev->stack, .dir = ev->dir,
			    .nslots = slots_for(pool == NONE ? NULL : &m->pool[pool], ev->aux,
						ev->size),
			    .used = 1, .preexisting = ev->type == DMS_EV_LIVE };
	m->slots_live++;
	m->slots_old += s->preexisting;
	if (pool != NONE)
		m->pool[pool].live += s->nslots;
	change_slots(m, d, s, 1);
	if (!s->preexisting && !m->looking)
		count_slots(m, pool, ev->ts, s->nslots);
	return 0;
}

static int slot_take(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	uint32_t i = idmap_get(&m->by_slot, ev->aux);

	if (i != NONE && (m->slot[i].ts > ev->ts || ev->type == DMS_EV_LIVE))
		return 0;		/* the older of two that changed places */
	if (i != NONE && !m->slot[i].preexisting)
		slot_drop(m, i, ev->ts);
	if (ev->type != DMS_EV_LIVE)
		erase_old(m, ev->aux, ev->size);
	return slot_new(m, d, dev, ev);
}

/*
 * Slots in use at the start. If the kernel does not record the end of a mapping, the snapshot has
 * runs of any length: each slot is kept for itself, since they are released in pieces.
 */
static int slots_old(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	uint32_t pool = pool_of(m, ev->aux), ss = slot_size(pool == NONE ? NULL : &m->pool[pool]);
	uint64_t room = pool == NONE || ev->aux >= m->pool[pool].rec.end ? IO_TLB_SEGSIZE * ss :
			m->pool[pool].rec.end - ev->aux;
	uint64_t size = ev->size < room ? ev->size : room, at;
	struct dms_event one = *ev;
	int err = 0;

	if (size <= ss)
		return slot_take(m, d, dev, ev);
	/* A stream that lists more slots than any pool has cannot cost more than a segment each. */
	if (size / ss <= MAX_SPLIT - m->slots_split)
		m->slots_split += size / ss;
	else if (size > (uint64_t)IO_TLB_SEGSIZE * ss)
		size = (uint64_t)IO_TLB_SEGSIZE * ss;
	for (at = 0; at < size && !err; at += ss) {
		one.aux = ev->aux + at;
		one.phys = ev->phys ? ev->phys + at : 0;
		one.size = ss;
		err = slot_take(m, d, dev, &one);
	}
	return err;
}

static void slot_failed(struct state *m, struct dev *d, const struct dms_event *ev)
{
	struct pool *p = pool_mut(m, d);
	enum state_fail why = pool__why(m, d, ev, ev->size);
	struct mval used = { 0 };

	if (p) {
		p->failed++;
		used = used_now(m, p);
		if (why == STATE_FAIL_TOO_BIG && used.v > p->big_used_max)
			p->big_used_max = used.v;
		if (why != STATE_FAIL_TOO_BIG && used.v > p->worst_used)
			note_holders(m, p, used.v);
	}
	d->slot_fail[d->slot_fails++ % SLOT_FAILS] = (struct slot_fail){
		.ts = ev->ts, .size = ev->size, .used = used.v, .align = ev->ret, .pid = ev->pid,
		.why = why };
}

void pool__refused(struct state *m, struct dev *d, const struct dms_event *in)
{
	struct pool *p = pool_mut(m, d);
	struct dms_event ev = *in;

	if (m->attached[DMS_HOOK_SWIOTLB_MAP] || !m->has_hooks)
		return;
	if (ev.flags & DMS_FL_SG)	/* which element of the list it was is not known */
		ev.size = 0;
	ev.ret = 0;
	if (p)
		p->attempts++;
	slot_failed(m, d, &ev);
}

const struct slot *pool__slot_at(const struct state *m, uint64_t addr)
{
	const struct slot *s;
	uint64_t start;
	uint32_t i, ss;

	for (i = 0; i < m->slots_used; i++) {
		s = &m->slot[i];
		ss = slot_size(s->pool == NONE ? NULL : &m->pool[s->pool]);
		start = s->addr / ss * ss;
		if (s->used && addr >= start && addr - start < (uint64_t)s->nslots * ss)
			return s;
	}
	return NULL;
}

bool pool__unreleased(const struct state *m, uint32_t *i, struct suspect *out)
{
	const struct slot *s;

	while (*i < m->slots_used) {
		s = &m->slot[(*i)++];
		if (!s->used || !s->closed || m->last_unbounce <= s->closed + SETTLE ||
		    s->dir == DMS_DIR_TO_DEVICE)
			continue;
		*out = (struct suspect){ .dma = s->addr, .ts = s->ts, .seq = s->seq,
					 .dev = s->dev, .path = DMS_PATH_BOUNCED };
		return true;
	}
	return false;
}

void pool__forget(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->slots_used; i++)
		if (m->slot[i].used && !m->slot[i].preexisting)
			slot_erase(m, i);
}

static int bounce(struct state *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct pool *p = pool_mut(m, d);
	struct orphan *o;
	uint32_t pool;

	if (p)
		p->attempts++;
	if (ev->aux == DMS_DMA_ERROR) {
		slot_failed(m, d, ev);
		return 0;
	}
	if (p)
		p->ok++;
	d->last_slot.ts = ev->ts;
	d->last_slot.addr = ev->aux;
	d->last_slot.size = ev->size;
	d->last_slot.pid = ev->pid;
	o = orphan_find(&m->maps, ORPHAN_EARLY, ORPHAN_SLOT, ev->aux, ev->ts);
	if (o) {			/* unmapped already, in a record that came first */
		o->kind = ORPHAN_FREE;
		pool = pool_of(m, ev->aux);
		if (pool != NONE)
			count_slots(m, pool, o->ts, slots_for(&m->pool[pool], ev->aux, o->size));
		return 0;
	}
	return slot_take(m, d, dev, ev);
}

static void unbounce(struct state *m, const struct dms_event *ev)
{
	uint32_t i = idmap_get(&m->by_slot, ev->aux), pool = pool_of(m, ev->aux);
	struct orphan *o;
	uint64_t old;

	if (ev->ts > m->last_unbounce)
		m->last_unbounce = ev->ts;
	if (i != NONE && !m->slot[i].preexisting) {
		if (m->slot[i].ts > ev->ts)
			return;
		slot_drop(m, i, ev->ts);
		erase_old(m, ev->aux, ev->size);	/* counted with it */
		return;
	}
	old = erase_old(m, ev->aux, ev->size);
	if (old) {
		count_slots(m, pool, ev->ts, -(int64_t)old);
		return;
	}
	o = orphan_add(&m->maps, ORPHAN_EARLY, ORPHAN_SLOT, ev->aux);
	o->ts = ev->ts;
	o->size = ev->size;
	if (pool != NONE)
		count_slots(m, pool, ev->ts,
			    -(int64_t)slots_for(&m->pool[pool], ev->aux, ev->size));
}

int pool__event(struct state *m, const struct dms_event *ev)
{
	uint32_t dev;
	struct dev *d;

	if (ev->type == DMS_EV_UNBOUNCE) {
		unbounce(m, ev);
		return 0;
	}
	if (ev->type == DMS_EV_BOUNCE_REQ)
		return 0;
	d = dev_get(m, ev->dev, &dev);
	if (!d)
		return -ENOMEM;
	if (ev->type == DMS_EV_BOUNCE)
		return bounce(m, d, dev, ev);
	return ev->type == DMS_EV_LIVE ? slots_old(m, d, dev, ev) : slot_take(m, d, dev, ev);
}

/* The search for slots does not always know its device; the mapping that got them does. */
static void slot_owner(struct state *m, struct slot *s, struct dev *d, uint32_t dev)
{
	struct dev *old = m->dev[s->dev];

	if (old == d || old->pub.key)
		return;
	change_slots(m, old, s, -1);
	change_slots(m, d, s, 1);
	s->dev = dev;
}

/* Without a hook on swiotlb_tbl_map_single() the mapping itself reports the slot. */
int pool__mapped(struct state *m, const struct dms_event *ev)
{
	uint32_t dev, i = ev->aux ? idmap_get(&m->by_slot, ev->aux) : NONE;
	struct dev *d;

	if (!ev->aux || (i == NONE && m->attached[DMS_HOOK_SWIOTLB_MAP]))
		return 0;
	d = dev_get(m, ev->dev, &dev);
	if (!d)
		return -ENOMEM;
	if (i == NONE)
		return slot_take(m, d, dev, ev);
	if (m->slot[i].ts <= ev->ts)
		slot_owner(m, &m->slot[i], d, dev);
	return 0;
}

void pool__unmapped(struct state *m, uint64_t slot, uint64_t ts)
{
	uint32_t i = idmap_get(&m->by_slot, slot);

	if (i == NONE || m->slot[i].ts > ts)
		return;
	if (m->attached[DMS_HOOK_SWIOTLB_UNMAP])
		m->slot[i].closed = ts;
	else
		slot_drop(m, i, ts);
}

bool state__pool(const struct state *m, size_t i, struct state_pool *out)
{
	const struct pool *p;

	if (i >= m->pools)
		return false;
	p = &m->pool[i];
	memset(out, 0, sizeof(*out));
	out->rec = p->rec;
	out->total.v = p->rec.nslabs;
	if (pool__exists(m, NULL) < 0)
		out->total.why = "nobody could tell whether there is a pool";
	out->used = used_now(m, p);
	out->hiwater = pool__hiwater(m, p);
	out->held.v = slots_live_in(m, i);
	doubt_slots(m, m->first_ts, &out->held);
	if (!m->attached[DMS_HOOK_SWIOTLB_MAP] && m->has_hooks && !m->look_ts)
		out->held.why = "no hook on swiotlb_tbl_map_single";
	out->attempts = p->attempts;
	out->ok = p->ok;
	out->failed = p->failed;
	out->segment = pool__segment(p);
	out->free_run.v = pool__longest_free(m, p);
	if (out->free_run.v == NONE)
		out->free_run.why = "not each slot in use is known by its place";
	return true;
}

size_t state__pool_of(const struct state *m, const struct state_dev *d)
{
	const struct dev *dev = dev_find(m, d->key);
	const struct pool *p = dev ? pool__of(m, dev) : NULL;

	return p ? p - m->pool : 0;
}

#define SLOTS_LEAST	2048	/* drivers take some at their start */

uint64_t state__slots_enough(uint64_t most)
{
	uint64_t want = most < UINT64_MAX / 4 ? most + most / 2 : most;

	want = (want + IO_TLB_SEGSIZE - 1) / IO_TLB_SEGSIZE * IO_TLB_SEGSIZE;
	return want < SLOTS_LEAST ? SLOTS_LEAST : want;
}

void pool__begin_slice(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->pools; i++) {
		struct pool *p = &m->pool[i];
		int64_t n = slots_used(p);

		p->attempts = p->ok = p->failed = p->big_used_max = 0;
		p->worsts = 0;
		p->worst_used = 0;
		p->hiwater = p->rec.used_known && n > 0 ? (uint64_t)n : 0;
	}
}

void pool__free(struct state *m)
{
	free(m->slot);
	idmap_free(&m->by_slot);
}
