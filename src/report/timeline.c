// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A stream of records over time. When all pieces are used, neighbours are joined and each becomes
 * twice as long: counts add up, of values the largest stays.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/timeline.h"

#define FIRST_BIN_NS	1000000ULL

int timeline__new(struct timeline **t, struct state *m)
{
	*t = calloc(1, sizeof(**t));
	if (!*t)
		return -ENOMEM;
	(*t)->m = m;
	(*t)->bin_ns = FIRST_BIN_NS;
	(*t)->bins = 1;
	return 0;
}

void timeline__free(struct timeline *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < sizeof(t->track) / sizeof(t->track[0]); i++)
		free(t->track[i]);
	for (size_t i = 0; i < sizeof(t->holder) / sizeof(t->holder[0]); i++)
		free(t->holder[i]);
	free(t);
}

/* ---- pieces of time ---- */

static void join_counts(uint64_t v[TIMELINE_BINS])
{
	for (unsigned int i = 0; i < TIMELINE_BINS / 2; i++)
		v[i] = v[2 * i] + v[2 * i + 1];
	memset(v + TIMELINE_BINS / 2, 0, TIMELINE_BINS / 2 * sizeof(*v));
}

static void join_values(uint64_t v[TIMELINE_BINS])
{
	for (unsigned int i = 0; i < TIMELINE_BINS / 2; i++)
		v[i] = v[2 * i] > v[2 * i + 1] ? v[2 * i] : v[2 * i + 1];
	memset(v + TIMELINE_BINS / 2, 0, TIMELINE_BINS / 2 * sizeof(*v));
}

static void join(struct timeline *t)
{
	for (size_t i = 0; i < sizeof(t->track) / sizeof(t->track[0]); i++) {
		if (t->track[i]) {
			join_counts(t->track[i]->maps);
			join_counts(t->track[i]->bytes);
		}
	}
	for (size_t i = 0; i < sizeof(t->holder) / sizeof(t->holder[0]); i++)
		if (t->holder[i])
			join_values(t->holder[i]->max);
	join_values(t->used_max);
	join_values(t->shared);
	join_values(t->live);
	join_counts(t->fails);
	join_counts(t->lost);
	t->bin_ns *= 2;
	t->bins = (t->bins + 1) / 2;
}

static void rise(uint64_t *max, uint64_t v)
{
	if (v > *max)
		*max = v;
}

/* The values at the end of the last piece, which are those at the begin of the next. */
static void sample(struct timeline *t, unsigned int bin)
{
	const struct state_dev *d;
	struct state_ledger l;
	uint64_t live = 0;

	for (size_t i = 0; (d = state__dev(t->m, i)); i++)
		for (unsigned int p = 0; p < DMS_PATH_MAX; p++)
			live += d->live_bytes[p];
	rise(&t->live[bin], live);
	state__ledger(t->m, &l);
	if (l.secure && mval_known(l.shared))
		rise(&t->shared[bin], l.shared.v);
}

static void carry(struct timeline *t, unsigned int bin)
{
	rise(&t->used_max[bin], t->used > 0 ? (uint64_t)t->used : 0);
	for (size_t i = 0; i < sizeof(t->holder) / sizeof(t->holder[0]); i++)
		if (t->holder[i])
			rise(&t->holder[i]->max[bin], t->holder[i]->now);
}

/* The piece of a time; those that begin with it get the values of before. */
static unsigned int bin_of(struct timeline *t, uint64_t ts)
{
	uint64_t at = ts > t->start ? ts - t->start : 0;
	unsigned int bin, last;

	while (at / t->bin_ns >= TIMELINE_BINS)
		join(t);
	bin = (unsigned int)(at / t->bin_ns);
	last = t->bins - 1;
	if (bin <= last)
		return bin;
	sample(t, last);
	for (unsigned int i = last + 1; i <= bin; i++) {
		carry(t, i);
		t->live[i] = t->live[last];
		t->shared[i] = t->shared[last];
	}
	t->bins = bin + 1;
	return bin;
}

/* ---- devices ---- */

static struct timeline_track *track_of(struct timeline *t, uint64_t dev, unsigned int path)
{
	struct timeline_track **slot;
	unsigned int i;

	for (i = 0; i < t->tracks; i++)
		if (t->track[i]->dev == dev && t->track[i]->path == path)
			return t->track[i];
	slot = t->tracks < TIMELINE_TRACKS ? &t->track[t->tracks] :
					     &t->track[TIMELINE_TRACKS + path];
	if (!*slot) {
		*slot = calloc(1, sizeof(**slot));
		if (!*slot)
			return NULL;
		(*slot)->dev = dev;
		(*slot)->path = path;
		t->tracks += t->tracks < TIMELINE_TRACKS;
	}
	return *slot;
}

static struct timeline_holder *holder_of(struct timeline *t, uint64_t dev)
{
	struct timeline_holder **slot;
	unsigned int i;

	for (i = 0; i < t->holders; i++)
		if (t->holder[i]->dev == dev)
			return t->holder[i];
	slot = &t->holder[t->holders];		/* the last is that of all others */
	if (!*slot) {
		*slot = calloc(1, sizeof(**slot));
		if (!*slot)
			return NULL;
		(*slot)->dev = dev;
		t->holders += t->holders < TIMELINE_HOLDERS;
	}
	return *slot;
}

static int count_map(struct timeline *t, const struct dms_event *ev, unsigned int bin)
{
	bool failed = ev->dma == DMS_DMA_ERROR || ev->path == DMS_PATH_FAILED;
	unsigned int path = failed ? DMS_PATH_FAILED :
			    ev->type == DMS_EV_ALLOC ? DMS_PATH_COHERENT :
			    ev->path < DMS_PATH_MAX ? ev->path : DMS_PATH_UNKNOWN;
	struct timeline_track *track = track_of(t, ev->dev, path);

	if (!track)
		return -ENOMEM;
	track->maps[bin]++;
	track->bytes[bin] += ev->size;
	t->fails[bin] += failed;
	return 0;
}

/* slots: what the device held before the record. */
static int count_slots(struct timeline *t, const struct dms_event *ev, uint64_t slots,
		       unsigned int bin)
{
	const struct state_dev *d = state__dev_by_key(t->m, ev->dev);
	uint64_t now = d ? d->slots : slots;
	struct timeline_holder *h;

	if (now == slots)
		return 0;
	h = holder_of(t, ev->dev);
	if (!h)
		return -ENOMEM;
	h->now = h->now + now > slots ? h->now + now - slots : 0;
	rise(&h->max[bin], h->now);
	/* a slot of the snapshot is in the number that was read */
	if (ev->type != DMS_EV_LIVE || !t->used_known)
		t->used += (int64_t)now - (int64_t)slots;
	rise(&t->used_max[bin], t->used > 0 ? (uint64_t)t->used : 0);
	return 0;
}

static int event(struct timeline *t, const struct dms_rec *rec)
{
	const struct dms_event *ev = &rec->event;
	const struct state_dev *d = state__dev_by_key(t->m, ev->dev);
	uint64_t slots = d ? d->slots : 0;
	unsigned int bin = bin_of(t, ev->ts);
	int err = state__feed(t->m, rec);

	if (!err && (ev->type == DMS_EV_MAP || ev->type == DMS_EV_ALLOC))
		err = count_map(t, ev, bin);
	return err ? err : count_slots(t, ev, slots, bin);
}

static void pool(struct timeline *t, const struct rec_pool *p)
{
	if (!p->used_known || (p->nslabs && p->used > p->nslabs) || strcmp(p->name, "default"))
		return;
	t->used_known = 1;
	t->used = (int64_t)p->used;
	if (p->ts > t->start)
		rise(&t->used_max[bin_of(t, p->ts)], p->used);
	else
		rise(&t->used_max[0], p->used);
}

int timeline__put(void *ctx, const struct dms_rec *rec)
{
	struct timeline *t = ctx;
	int err;

	if (rec->type == REC_EVENT)
		return event(t, rec);
	err = state__feed(t->m, rec);
	if (rec->type == REC_SESSION)
		t->start = rec->session.start_ns;
	else if (rec->type == REC_POOL)
		pool(t, &rec->pool);
	else if (rec->type == REC_GAP && !rec->gap.trimmed)
		t->lost[bin_of(t, rec->gap.ts)] += rec->gap.lost;
	else if (rec->type == REC_END)
		bin_of(t, rec->end.ts);
	return err;
}

void timeline__finish(struct timeline *t)
{
	sample(t, t->bins - 1);
	carry(t, t->bins - 1);
}
