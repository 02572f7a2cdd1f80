// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Holes in the observation of each hook. What rests on them is for the rules.
 */
#include <stdlib.h>
#include <string.h>

#include "state/coverage.h"

#define HOLES	16
/* Losses are read from counters once in a while, and records of CPUs change places. */
#define SLACK	UINT64_C(1000000000)
/* Twice the interval at which a live source reports losses (GAPS_NS, src/source/stream.c). */
#define REPORT	UINT64_C(200000000)

struct hole {
	uint64_t from, to, lost;
	bool trimmed;
};

struct hook_cover {
	struct hole hole[HOLES];	/* in order, disjoint */
	uint32_t holes;
	uint64_t last_gap;		/* ts: losses before it are accounted for */
	uint64_t lost;
	uint64_t unplaced;		/* ns: the first hit without an address; 0 = none */
	bool attached, kprobe;
	bool missing;			/* announced, not attached ... */
	bool missed;			/* ... and something is not observed for that */
};

struct coverage {
	struct hook_cover hook[DMS_HOOK_MAX];
	uint64_t start;
	uint64_t cut;			/* ns: from then on losses may not be reported */
	bool has_hooks, unreported;
	bool filtered, by_device;	/* by device: nothing but the device is filtered for */
	struct rec_end end;
};

/*
 * The hook whose calls another one ends: that other one is missed only where those are observed.
 * Hooks of inner layers are missed by nobody.
 */
static const uint8_t begins[DMS_HOOK_MAX] = {
	[DMS_HOOK_MAP] = DMS_HOOK_MAP, [DMS_HOOK_UNMAP] = DMS_HOOK_MAP,
	[DMS_HOOK_UNMAP_SG] = DMS_HOOK_MAP_SG, [DMS_HOOK_FREE] = DMS_HOOK_ALLOC,
	[DMS_HOOK_IOVA_UNLINK] = DMS_HOOK_IOVA_SYNC, [DMS_HOOK_IOVA_DESTROY] = DMS_HOOK_IOVA_SYNC,
	[DMS_HOOK_SWIOTLB_MAP] = DMS_HOOK_SWIOTLB_MAP,
	[DMS_HOOK_SWIOTLB_UNMAP] = DMS_HOOK_SWIOTLB_UNMAP,
	[DMS_HOOK_SHARE] = DMS_HOOK_SHARE, [DMS_HOOK_UNSHARE] = DMS_HOOK_SHARE,
	[DMS_HOOK_TCE_BUILD] = DMS_HOOK_TCE_BUILD, [DMS_HOOK_TCE_FREE] = DMS_HOOK_TCE_FREE,
	[DMS_HOOK_TCE_SETRANGE] = DMS_HOOK_TCE_SETRANGE, [DMS_HOOK_UCALL] = DMS_HOOK_UCALL,
};

/* Where the first is not attached the second serves. */
static const uint8_t stands_in[DMS_HOOK_MAX] = {
	[DMS_HOOK_TCE_BUILD] = DMS_HOOK_TCE_BUILD_ONE, [DMS_HOOK_TCE_FREE] = DMS_HOOK_TCE_FREE_ONE,
	[DMS_HOOK_MAP] = DMS_HOOK_DMA_IOMMU_MAP,
};

struct coverage *coverage__new(void)
{
	struct coverage *c = calloc(1, sizeof(*c));

	if (c)
		c->cut = UINT64_MAX;
	return c;
}

void coverage__free(struct coverage *c)
{
	free(c);
}

void coverage__session(struct coverage *c, const struct rec_session *s)
{
	c->start = s->start_ns;
	c->unreported = s->misses_untold;
	c->filtered = s->filter[0];
	c->by_device = !strncmp(s->filter, "device=", 7) && !strstr(s->filter, "path=") &&
		       !strstr(s->filter, "min_size=");
}

void coverage__hook(struct coverage *c, const struct rec_hook *h)
{
	c->has_hooks = true;
	if (h->id >= DMS_HOOK_MAX)
		return;
	c->hook[h->id].missing = h->attach == ATTACH_NONE;
	c->hook[h->id].missed = h->attach == ATTACH_NONE && h->lost[0];
	if (h->attach == ATTACH_NONE)
		return;
	c->hook[h->id].attached = true;
	c->hook[h->id].kprobe = h->attach == ATTACH_KPROBE;
}

/* No room: the two with the least between them become one. */
static void join_nearest(struct hook_cover *k)
{
	uint32_t i, at = 0;

	for (i = 1; i + 1 < k->holes; i++)
		if (k->hole[i + 1].from - k->hole[i].to < k->hole[at + 1].from - k->hole[at].to)
			at = i;
	k->hole[at].to = k->hole[at + 1].to;
	k->hole[at].lost += k->hole[at + 1].lost;
	k->hole[at].trimmed &= k->hole[at + 1].trimmed;
	k->holes--;
	memmove(&k->hole[at + 1], &k->hole[at + 2],
		(k->holes - at - 1) * sizeof(k->hole[0]));
}

static void add_hole(struct hook_cover *k, const struct hole *new)
{
	struct hole *last = k->holes ? &k->hole[k->holes - 1] : NULL;

	if (last && new->from <= last->to) {
		last->from = new->from < last->from ? new->from : last->from;
		last->to = new->to > last->to ? new->to : last->to;
		last->lost += new->lost;
		last->trimmed &= new->trimmed;
		return;
	}
	if (k->holes == HOLES)
		join_nearest(k);
	k->hole[k->holes++] = *new;
}

void coverage__gap(struct coverage *c, const struct rec_gap *gap, uint64_t now)
{
	uint64_t ts = gap->ts > now ? gap->ts : now;
	struct hook_cover *k;
	struct hole hole = { .to = ts > UINT64_MAX - SLACK ? UINT64_MAX : ts + SLACK,
			     .lost = gap->lost, .trimmed = gap->trimmed };

	if (gap->hook >= DMS_HOOK_MAX || !gap->lost)
		return;
	k = &c->hook[gap->hook];
	if (!gap->trimmed) {
		hole.from = k->last_gap;
		k->last_gap = ts;
		k->lost += gap->lost;
	}
	add_hole(k, &hole);
}

void coverage__end(struct coverage *c, const struct rec_end *end)
{
	c->end = *end;
}

uint64_t coverage__cut(struct coverage *c, uint64_t hit)
{
	c->cut = hit > REPORT ? hit - REPORT : 0;
	return c->cut;
}

void coverage__unplaced(struct coverage *c, enum dms_hook hook, uint64_t ts)
{
	struct hook_cover *k = &c->hook[hook < DMS_HOOK_MAX ? hook : DMS_HOOK_NONE];

	if (!k->unplaced || ts < k->unplaced)
		k->unplaced = ts;
}

bool coverage__has_unplaced(const struct coverage *c, uint64_t hooks)
{
	for (; hooks; hooks &= hooks - 1)
		if (c->hook[__builtin_ctzll(hooks)].unplaced)
			return true;
	return false;
}

uint64_t coverage__lost(const struct coverage *c, enum dms_hook hook)
{
	uint64_t end = c->end.counts[hook].dropped + c->end.counts[hook].failed;

	return end > c->hook[hook].lost ? end : c->hook[hook].lost;
}

uint64_t coverage__lost_of(const struct coverage *c, uint64_t hooks)
{
	uint64_t sum = 0;

	for (; hooks; hooks &= hooks - 1)
		sum += coverage__lost(c, (enum dms_hook)__builtin_ctzll(hooks));
	return sum;
}

uint64_t coverage__all_lost(const struct coverage *c)
{
	return coverage__lost_of(c, (UINT64_C(1) << DMS_HOOK_MAX) - 1);
}

static bool is_announced(const struct coverage *c, enum dms_hook hook)
{
	return hook < DMS_HOOK_MAX && c->hook[hook].attached;
}

bool coverage__attached(const struct coverage *c, enum dms_hook hook)
{
	return !c->has_hooks || is_announced(c, hook);
}

bool coverage__missing(const struct coverage *c, enum dms_hook hook)
{
	return hook < DMS_HOOK_MAX && c->hook[hook].missing;
}

static bool is_missed(const struct coverage *c, unsigned int id)
{
	bool begun = !begins[id] || begins[id] == id || c->hook[begins[id]].attached;

	if (coverage__attached(c, (enum dms_hook)id) || !begun)
		return false;
	if (c->hook[id].missed)
		return true;
	return begins[id] && !(stands_in[id] && c->hook[stands_in[id]].attached);
}

/* Losses of one hook in that time; *why is set where there are any. */
static uint64_t lost_in(const struct coverage *c, unsigned int id, uint64_t from, uint64_t to,
			enum cover_why *why)
{
	const struct hook_cover *k = &c->hook[id];
	uint64_t sum = 0, all = coverage__lost(c, (enum dms_hook)id);
	uint32_t i;

	if (all > k->lost) {		/* the footer counts more than gaps place in time */
		*why = COVER_LOST;
		return all;
	}
	for (i = 0; i < k->holes; i++) {
		if (k->hole[i].from > to || k->hole[i].to < from)
			continue;
		sum += k->hole[i].lost;
		if (*why != COVER_LOST)
			*why = k->hole[i].trimmed ? COVER_TRIMMED : COVER_LOST;
	}
	return sum;
}

static bool find_hole(const struct coverage *c, uint64_t hooks, uint64_t from, uint64_t to,
		      bool filtered, struct cover_hole *out)
{
	struct cover_hole hole = { .why = COVER_WHOLE };
	const struct hook_cover *k;
	enum cover_why why;
	unsigned int id;
	uint64_t lost;

	for (; hooks; hooks &= hooks - 1) {
		id = (unsigned int)__builtin_ctzll(hooks);
		k = &c->hook[id];
		why = COVER_WHOLE;
		lost = lost_in(c, id, from, to, &why);
		if (!why && is_missed(c, id))
			why = COVER_MISSING;
		else if (!why && filtered)
			why = COVER_FILTERED;
		else if (!why && to >= c->cut)
			why = COVER_CUT;
		else if (!why && k->unplaced && k->unplaced <= to)
			why = COVER_UNPLACED;
		else if (!why && c->unreported && k->kprobe)
			why = COVER_UNREPORTED;
		if (why && (!hole.why || why < hole.why)) {
			hole.why = why;
			hole.hook = (enum dms_hook)id;
		}
		hole.lost += lost;
	}
	if (out)
		*out = hole;
	return hole.why == COVER_WHOLE;
}

bool coverage__whole(const struct coverage *c, uint64_t hooks, uint64_t from, uint64_t to,
		     struct cover_hole *hole)
{
	return find_hole(c, hooks, from, to, c->filtered, hole);
}

bool coverage__whole_dev(const struct coverage *c, uint64_t hooks, uint64_t from, uint64_t to,
			 struct cover_hole *hole)
{
	return find_hole(c, hooks, from, to, c->filtered && !c->by_device, hole);
}
