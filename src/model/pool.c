// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bounce pool: its slots, who holds them, why a search for slots failed. What was mapped
 * through them is in mappings.c; that the pool is shared memory is in ledger.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

static uint32_t slot_size(const struct pool *p)
{
	return p && p->rec.slot_size ? p->rec.slot_size : IO_TLB_SIZE;
}

uint64_t pool__segment(const struct pool *p)
{
	return (uint64_t)IO_TLB_SEGSIZE * slot_size(p);
}

const struct pool *pool__main(const struct model *m)
{
	return m->pools ? &m->pool[0] : NULL;
}

static uint32_t pool_of(const struct model *m, uint64_t addr)
{
	uint32_t i;

	for (i = 0; i < m->pools; i++)
		if (addr >= m->pool[i].rec.start && addr < m->pool[i].rec.end)
			return i;
	return NONE;
}

bool pool__contains(const struct model *m, uint64_t phys)
{
	return pool_of(m, phys) != NONE;
}

int pool__exists(const struct model *m, const struct dev *d)
{
	const struct pool *p = pool__main(m);

	if (p && p->rec.nslabs)
		return 1;
	if (p && p->rec.source[0])
		return 0;		/* somebody looked, and there is none */
	if (dev_knows(d, DMS_DS_POOL))
		return d->rec.st.pool_nslabs != 0;
	return -1;
}

int pool__forced(const struct model *m, const struct dev *d)
{
	if (dev_knows(d, DMS_DS_FORCE_BOUNCE))
		return d->rec.st.force_bounce;
	if (m->pools && m->pool[0].rec.force_bounce_known)
		return m->pool[0].rec.force_bounce;
	return -1;
}

static uint64_t slots_live_in(const struct model *m, uint32_t pool)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < m->slots_used; i++)
		if (m->slot[i].used && m->slot[i].pool == pool)
			sum += m->slot[i].nslots;
	return sum;
}

struct mval pool__used(const struct model *m, const struct pool *p)
{
	struct mval v = { 0 };
	int64_t n = (int64_t)p->rec.used + p->delta;

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

uint64_t pool__longest_free(const struct model *m)
{
	const struct pool *p = pool__main(m);
	uint64_t first, n, longest;
	uint8_t *taken;
	uint32_t i, k;

	if (m->session.redacted || !p || !p->rec.used_known || p->rec.dynamic || !p->rec.nslabs ||
	    p->rec.nslabs > MAX_SLOTS || slots_live_in(m, 0) < pool__used(m, p).v)
		return NONE;
	n = p->rec.nslabs;
	taken = calloc(n, 1);
	if (!taken)
		return NONE;
	for (i = 0; i < m->slots_used; i++) {
		const struct slot *s = &m->slot[i];

		if (!s->used || s->pool)
			continue;
		first = (s->addr - p->rec.start) / slot_size(p);
		for (k = 0; k < s->nslots && first + k < n; k++)
			taken[first + k] = 1;
	}
	longest = longest_run(taken, n);
	free(taken);
	return longest;
}

/* Keeps who holds most now, by what each device is known to hold. */
static void note_holders(const struct model *m, struct pool *p, uint64_t used)
{
	const struct dev *d;
	uint32_t i, k;

	p->worsts = 0;
	p->worst_used = used;
	for_each_dev(m, i, d) {
		for (k = p->worsts; k && p->worst[k - 1].slots < d->pub.slots; k--)
			if (k < POOL_WORST)
				p->worst[k] = p->worst[k - 1];
		if (!d->pub.slots || k == POOL_WORST)
			continue;
		p->worst[k] = (struct holder){ .dev = d->pub.key, .slots = d->pub.slots,
					       .count = d->slot_maps };
		p->worsts += p->worsts < POOL_WORST;
	}
}

/* From four fifths on it matters who holds the pool. */
static void note_hiwater(const struct model *m, struct pool *p)
{
	int64_t n = (int64_t)p->rec.used + p->delta;

	if (!p->rec.used_known || n <= 0)
		return;
	if (((uint64_t)n > p->worst_used || !p->worsts) && (uint64_t)n * 10 > p->rec.nslabs * 8)
		note_holders(m, p, (uint64_t)n);
	if ((uint64_t)n > p->hiwater)
		p->hiwater = n;
}

int pool__record(struct model *m, const struct rec_pool *rec)
{
	struct pool *p;
	uint32_t i;

	for (i = 0; i < m->pools && strcmp(m->pool[i].rec.name, rec->name); i++)
		;
	if (i >= MAX_POOLS)
		return 0;
	p = &m->pool[i];
	if (i == m->pools)
		m->pools++;
	p->rec = *rec;
	p->delta = 0;
	/* debugfs has been seen to say -1 (its counters were reset while in use): no number */
	if (rec->used > (rec->nslabs && !rec->dynamic ? rec->nslabs : 1ULL << 40))
		p->rec.used_known = false;
	if (!p->rec.used_known)
		p->rec.used = 0;
	if (rec->hiwater_known && rec->hiwater > p->hiwater && rec->hiwater <= rec->nslabs)
		p->hiwater = rec->hiwater;
	note_hiwater(m, p);
	return ledger__pool(m, rec);
}

#define MIN_ALIGN_MASK	0xfffU	/* the largest dma_set_min_align_mask() asks for: NVMe, storvsc */
#define UNFIT_LOOKS	256	/* each costs a walk through the pool */

/*
 * What is mapped starts in its slots as far into a page as the memory does, if the device has a
 * min_align_mask (which is not observed), and alloc_align_mask moves it further: so it may need
 * more than a segment although its size does not say so (swiotlb_tbl_map_single(),
 * swiotlb_align_offset(), kernel/dma/swiotlb.c, 5.12 to 7.1). Segments are alike: refused with
 * one of them wholly free, it fits in none, ever.
 */
static bool never_fits(const struct model *m, struct dev *d, const struct dms_event *ev,
		       uint64_t size, uint64_t used)
{
	struct slot_fail x = { .ts = ev->ts, .size = size, .used = used, .align = ev->ret,
			       .offset = ev->phys & MIN_ALIGN_MASK };
	uint64_t align = MIN_ALIGN_MASK;

	if (ev->type == DMS_EV_BOUNCE && ev->ret > 0)
		align |= ev->ret;
	else
		x.align = 0;
	if (d->unfit.size && d->unfit.size == size && d->unfit.offset == x.offset &&
	    d->unfit.align == x.align)
		return true;
	/* of what was lost or belongs to another pool nothing can be said */
	if (m->pools != 1 || hooks_lost(m) || hook_doubt(m, DMS_HOOK_SWIOTLB_MAP))
		return false;
	if (used && (ev->flags & DMS_FL_NO_PHYS ||
		     size + (ev->phys & align) <= pool__segment(pool__main(m)) ||
		     d->unfit_looks++ >= UNFIT_LOOKS || pool__longest_free(m) != IO_TLB_SEGSIZE))
		return false;
	if (!d->unfit.size)
		d->unfit = x;
	return true;
}

enum model_fail pool__why(const struct model *m, struct dev *d, const struct dms_event *ev,
			  uint64_t size)
{
	const struct pool *p = pool__main(m);
	uint64_t free_slots;
	struct mval used;

	if (pool__exists(m, d) == 0)
		return MODEL_FAIL_NO_POOL;
	if (size > pool__segment(p))
		return MODEL_FAIL_TOO_BIG;
	if (!p || !p->rec.nslabs || !size)
		return MODEL_FAIL_SLOT;
	used = pool__used(m, p);
	free_slots = used.v < p->rec.nslabs ? p->rec.nslabs - used.v : 0;
	/* the last few are always single ones: that is full, not a matter of their order */
	if (free_slots * slot_size(p) < size || free_slots * 16 < p->rec.nslabs)
		return MODEL_FAIL_POOL_FULL;
	if (used.why || used.estimate)
		return MODEL_FAIL_SLOT;
	return never_fits(m, d, ev, size, used.v) ? MODEL_FAIL_TOO_BIG : MODEL_FAIL_FRAGMENTED;
}

/* What happened before the pool was read is in the number that was read. */
static void count_slots(struct model *m, uint32_t pool, uint64_t ts, int64_t n)
{
	if (pool == NONE || ts < m->pool[pool].rec.ts)
		return;
	m->pool[pool].delta += n;
	note_hiwater(m, &m->pool[pool]);
}

static void slot_erase(struct model *m, uint32_t i)
{
	struct slot *s = &m->slot[i];

	m->dev[s->dev]->pub.slots -= s->nslots;
	m->dev[s->dev]->slot_maps--;
	m->slots_old -= s->preexisting;
	idmap_del(&m->by_slot, s->addr);
	s->used = 0;
	s->next = m->slot_free;
	m->slot_free = i;
	m->slots_live--;
}

static void slot_drop(struct model *m, uint32_t i, uint64_t ts)
{
	count_slots(m, m->slot[i].pool, ts, -(int64_t)m->slot[i].nslots);
	slot_erase(m, i);
}

static int slot_room(struct model *m, uint32_t *i)
{
	*i = m->slot_free;
	if (*i != NONE) {
		m->slot_free = m->slot[*i].next;
		return 0;
	}
	if (m->slots_used >= MAX_SLOTS)
		return 0;
	if (grow_array(&m->slot, &m->slot_cap, m->slots_used, sizeof(*m->slot)))
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
static uint64_t erase_old(struct model *m, uint64_t addr, uint64_t size)
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

static int slot_new(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
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
	d->slot_maps++;
	d->pub.slots += s->nslots;
	if (d->pub.slots > d->pub.slots_max)
		d->pub.slots_max = d->pub.slots;
	if (!s->preexisting && !m->looking)
		count_slots(m, pool, ev->ts, s->nslots);
	return 0;
}

static int slot_take(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
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

static void slot_failed(struct model *m, struct dev *d, const struct dms_event *ev)
{
	struct pool *p = m->pools ? &m->pool[0] : NULL;
	enum model_fail why = pool__why(m, d, ev, ev->size);
	struct mval used = { 0 };

	if (p) {
		p->failed++;
		used = pool__used(m, p);
		if (why == MODEL_FAIL_TOO_BIG && used.v > p->big_used_max)
			p->big_used_max = used.v;
		if (why != MODEL_FAIL_TOO_BIG && used.v > p->worst_used)
			note_holders(m, p, used.v);
	}
	d->slot_fail = (struct slot_fail){ .ts = ev->ts, .size = ev->size, .used = used.v,
					   .align = ev->ret, .why = why };
}

void pool__refused(struct model *m, struct dev *d, const struct dms_event *in)
{
	struct pool *p = m->pools ? &m->pool[0] : NULL;
	struct dms_event ev = *in;

	if (m->attached[DMS_HOOK_SWIOTLB_MAP] || !m->has_hooks)
		return;
	if (ev.flags & DMS_FL_SG)	/* which element of the list it was is not known */
		ev.size = 0;
	ev.ret = 0;
	if (p) {
		p->attempts++;
		if (ev.size > p->biggest)
			p->biggest = ev.size;
	}
	slot_failed(m, d, &ev);
}

void pool__forget(struct model *m)
{
	uint32_t i;

	for (i = 0; i < m->slots_used; i++)
		if (m->slot[i].used && !m->slot[i].preexisting)
			slot_erase(m, i);
}

static int bounce(struct model *m, struct dev *d, uint32_t dev, const struct dms_event *ev)
{
	struct pool *p = m->pools ? &m->pool[0] : NULL;
	struct orphan *o;
	uint32_t pool;

	if (p) {
		p->attempts++;
		if (ev->size > p->biggest)
			p->biggest = ev->size;
	}
	if (ev->aux == DMS_DMA_ERROR) {
		slot_failed(m, d, ev);
		return 0;
	}
	if (p)
		p->ok++;
	o = orphan_find(&m->maps, ORPHAN_EARLY, ORPHAN_SLOT, ev->aux, ev->ts);
	if (o) {			/* given back already, in a record that came first */
		o->kind = ORPHAN_FREE;
		pool = pool_of(m, ev->aux);
		if (pool != NONE)
			count_slots(m, pool, o->ts, slots_for(&m->pool[pool], ev->aux, o->size));
		return 0;
	}
	return slot_take(m, d, dev, ev);
}

static void unbounce(struct model *m, const struct dms_event *ev)
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

int pool__event(struct model *m, const struct dms_event *ev)
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
	return slot_take(m, d, dev, ev);
}

/* The search for slots does not always know its device; the mapping that got them does. */
static void slot_owner(struct model *m, struct slot *s, struct dev *d, uint32_t dev)
{
	struct dev *old = m->dev[s->dev];

	if (old == d || old->pub.key)
		return;
	old->pub.slots -= s->nslots;
	old->slot_maps--;
	d->pub.slots += s->nslots;
	d->slot_maps++;
	if (d->pub.slots > d->pub.slots_max)
		d->pub.slots_max = d->pub.slots;
	s->dev = dev;
}

/* Where swiotlb_tbl_map_single() has no hook the mapping itself tells of the slot. */
int pool__mapped(struct model *m, const struct dms_event *ev)
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

void pool__unmapped(struct model *m, uint64_t slot, uint64_t ts)
{
	uint32_t i = idmap_get(&m->by_slot, slot);

	if (i == NONE || m->slot[i].ts > ts)
		return;
	if (m->attached[DMS_HOOK_SWIOTLB_UNMAP])
		m->slot[i].closed = ts;
	else
		slot_drop(m, i, ts);
}

bool model__pool(const struct model *m, size_t i, struct model_pool *out)
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
	out->used = pool__used(m, p);
	out->hiwater = out->used;
	if (p->rec.used_known || p->rec.hiwater_known) {
		out->hiwater.v = p->hiwater;
		out->hiwater.estimate = !p->rec.hiwater_known;
	}
	out->held.v = slots_live_in(m, i);
	if (!m->attached[DMS_HOOK_SWIOTLB_MAP] && m->has_hooks && !m->look_ts)
		out->held.why = "no hook on swiotlb_tbl_map_single";
	out->attempts = p->attempts;
	out->ok = p->ok;
	out->failed = p->failed;
	out->biggest = p->biggest;
	out->segment = pool__segment(p);
	out->free_run.v = i ? NONE : pool__longest_free(m);
	if (out->free_run.v == NONE)
		out->free_run.why = "not each slot in use is known by its place";
	return true;
}

void pool__free(struct model *m)
{
	free(m->slot);
	idmap_free(&m->by_slot);
}
