// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of live mappings: found again by (device, DMA address) and by physical address.
 * It counts and judges nothing: what a map or an unmap leads to is in mappings.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

#define BUCKETS_MIN	4096

void maptab_clear(struct maptab *t)
{
	size_t i;

	t->used = t->live = 0;
	t->free = NONE;
	memset(t->bucket, 0xff, t->buckets * sizeof(*t->bucket));
	for (i = 0; i <= PHYS_BUCKETS; i++)
		t->phys[i] = NONE;
}

int maptab_init(struct maptab *t, size_t max)
{
	t->max = max;
	t->buckets = BUCKETS_MIN;
	t->bucket = malloc(t->buckets * sizeof(*t->bucket));
	t->phys = malloc((PHYS_BUCKETS + 1) * sizeof(*t->phys));
	t->orphan = calloc(ORPHAN_SETS * ORPHAN_WAYS, sizeof(*t->orphan));
	t->freed = calloc(FREED_SETS, sizeof(*t->freed));
	if (!t->bucket || !t->phys || !t->orphan || !t->freed)
		return -ENOMEM;
	maptab_clear(t);
	return 0;
}

void maptab_free(struct maptab *t)
{
	uint32_t i;

	for (i = 0; i < t->chunks; i++)
		free(t->chunk[i]);
	free(t->chunk);
	free(t->bucket);
	free(t->phys);
	free(t->orphan);
	free(t->freed);
}

size_t maptab_memory(const struct maptab *t)
{
	return (size_t)t->chunks * MAP_CHUNK * sizeof(struct mapping) + t->cap * sizeof(*t->chunk) +
	       t->buckets * sizeof(*t->bucket) + (PHYS_BUCKETS + 1) * sizeof(*t->phys) +
	       ORPHAN_SETS * ORPHAN_WAYS * sizeof(*t->orphan) + FREED_SETS * sizeof(*t->freed);
}

static uint64_t key_hash(uint32_t dev, uint64_t dma)
{
	return idmap_hash(dma + (uint64_t)dev * 0x9e3779b97f4a7c15ULL);
}

static uint32_t *bucket_of(const struct maptab *t, uint32_t dev, uint64_t dma)
{
	return &t->bucket[key_hash(dev, dma) & (t->buckets - 1)];
}

static int more_buckets(struct maptab *t)
{
	uint32_t id, size = t->buckets * 2, *b, *head;
	struct mapping *mp;

	if (t->live < t->buckets || size > 1U << 30)
		return 0;
	b = realloc(t->bucket, size * sizeof(*b));
	if (!b)
		return -ENOMEM;
	t->bucket = b;
	t->buckets = size;
	memset(b, 0xff, size * sizeof(*b));
	for (id = 0; id < t->used; id++) {
		mp = mapping_at(t, id);
		if (!mp->used)
			continue;
		head = bucket_of(t, mp->dev, mp->dma);
		mp->hnext = *head;
		*head = id;
	}
	return 0;
}

static int more_chunks(struct maptab *t)
{
	int err = GROW(t->chunk, t->cap, t->chunks);

	if (err)
		return err;
	t->chunk[t->chunks] = malloc(MAP_CHUNK * sizeof(struct mapping));
	if (!t->chunk[t->chunks])
		return -ENOMEM;
	t->chunks++;
	return 0;
}

static uint32_t *phys_bucket(const struct maptab *t, const struct mapping *mp)
{
	if (mp->size > 1ULL << PHYS_SHIFT)
		return &t->phys[PHYS_BUCKETS];
	return &t->phys[idmap_hash(mp->phys >> PHYS_SHIFT) & (PHYS_BUCKETS - 1)];
}

static void phys_link(struct maptab *t, struct mapping *mp, uint32_t id)
{
	uint32_t *head;

	mp->pnext = mp->pprev = NONE;
	if (mp->flags & DMS_FL_NO_PHYS)
		return;
	head = phys_bucket(t, mp);
	mp->pnext = *head;
	if (*head != NONE)
		mapping_at(t, *head)->pprev = id;
	*head = id;
}

static void phys_unlink(struct maptab *t, struct mapping *mp)
{
	if (mp->flags & DMS_FL_NO_PHYS)
		return;
	if (mp->pprev == NONE)
		*phys_bucket(t, mp) = mp->pnext;
	else
		mapping_at(t, mp->pprev)->pnext = mp->pnext;
	if (mp->pnext != NONE)
		mapping_at(t, mp->pnext)->pprev = mp->pprev;
}

int maptab_insert(struct maptab *t, const struct mapping *from, uint32_t *id)
{
	struct mapping *mp;
	uint32_t *head;
	int err;

	*id = NONE;
	if (t->live >= t->max)
		return 0;
	err = more_buckets(t);
	if (!err && t->free == NONE && t->used == t->chunks * MAP_CHUNK)
		err = more_chunks(t);
	if (err)
		return err;
	*id = t->free;
	if (*id == NONE)
		*id = t->used++;
	mp = mapping_at(t, *id);
	if (*id == t->free)
		t->free = mp->hnext;
	*mp = *from;
	mp->used = 1;
	head = bucket_of(t, mp->dev, mp->dma);
	mp->hnext = *head;
	*head = *id;
	phys_link(t, mp, *id);
	t->live++;
	return 0;
}

void maptab_erase(struct maptab *t, uint32_t id)
{
	struct mapping *mp = mapping_at(t, id);
	uint32_t *p = bucket_of(t, mp->dev, mp->dma);

	while (*p != id)
		p = &mapping_at(t, *p)->hnext;
	*p = mp->hnext;
	phys_unlink(t, mp);
	mp->used = 0;
	mp->hnext = t->free;
	t->free = id;
	t->live--;
}

/* The direction counts for less than the size, the age for least. */
static int likeness(const struct mapping *mp, const struct dms_event *unmap)
{
	return 2 * (mp->size == unmap->size) + (mp->dir == unmap->dir);
}

uint32_t maptab_find(const struct maptab *t, uint32_t dev, const struct dms_event *unmap)
{
	const struct mapping *mp, *b = NULL;
	uint32_t id, best = NONE;
	int like, most = 0;

	for (id = *bucket_of(t, dev, unmap->dma); id != NONE; id = mp->hnext) {
		mp = mapping_at(t, id);
		if (mp->dma != unmap->dma || mp->dev != dev || mp->ts > unmap->ts)
			continue;
		like = likeness(mp, unmap);
		if (b && (like < most || (like == most && b->ts >= mp->ts)))
			continue;
		best = id;
		b = mp;
		most = like;
	}
	return best;
}

uint32_t maptab_find_any(const struct maptab *t, uint32_t dev, uint64_t dma)
{
	uint32_t id;
	const struct mapping *mp;

	for (id = *bucket_of(t, dev, dma); id != NONE; id = mp->hnext) {
		mp = mapping_at(t, id);
		if (mp->dma == dma && mp->dev == dev)
			return id;
	}
	return NONE;
}

static size_t orphan_set(uint32_t dev, uint64_t dma)
{
	return key_hash(dev, dma) >> 32 & (ORPHAN_SETS - 1);
}

struct orphan *orphan_find(const struct maptab *t, enum orphan_kind kind, uint32_t dev,
			   uint64_t dma, uint64_t ts)
{
	struct orphan *o, *best = NULL;
	size_t set = orphan_set(dev, dma), i;

	if (!(t->orphan_kinds[set] & 1u << kind))
		return NULL;
	o = &t->orphan[set * ORPHAN_WAYS];
	for (i = 0; i < ORPHAN_WAYS; i++, o++) {
		if (o->kind != kind || o->dev != dev || o->dma != dma)
			continue;
		if (kind == ORPHAN_EARLY ? o->ts < ts : o->ts > ts)
			continue;
		/* The nearest in time: the earliest unmap, the latest map. */
		if (!best || (kind == ORPHAN_EARLY ? o->ts < best->ts : o->ts > best->ts))
			best = o;
	}
	return best;
}

struct orphan *orphan_add(struct maptab *t, enum orphan_kind kind, uint32_t dev, uint64_t dma)
{
	size_t set = orphan_set(dev, dma), i;
	struct orphan *o = &t->orphan[set * ORPHAN_WAYS], *victim = o;

	t->orphan_kinds[set] |= (uint8_t)(1u << kind);
	for (i = 0; i < ORPHAN_WAYS; i++, o++) {
		if (o->kind == ORPHAN_FREE) {
			victim = o;
			break;
		}
		if (t->stamp - o->stamp > t->stamp - victim->stamp)
			victim = o;
	}
	memset(victim, 0, sizeof(*victim));
	victim->kind = kind;
	victim->dev = dev;
	victim->dma = dma;
	victim->stamp = ++t->stamp;
	return victim;
}

struct freed *freed_at(const struct maptab *t, uint32_t dev, uint64_t dma)
{
	return &t->freed[key_hash(dev, dma) >> 32 & (FREED_SETS - 1)];
}

static bool touches(const struct mapping *mp, uint64_t phys, uint64_t size)
{
	return mp->path != DMS_PATH_BOUNCED && range_overlaps(mp->phys, mp->size, phys, size);
}

static const struct mapping *touching_in(const struct maptab *t, uint32_t id, uint64_t phys,
					 uint64_t size)
{
	const struct mapping *mp;

	for (; id != NONE; id = mp->pnext) {
		mp = mapping_at(t, id);
		if (touches(mp, phys, size))
			return mp;
	}
	return NULL;
}

const struct mapping *maptab_touching(const struct maptab *t, uint64_t phys, uint64_t size)
{
	uint64_t b = phys >> PHYS_SHIFT, last = (range_end(phys, size) - 1) >> PHYS_SHIFT;
	const struct mapping *mp;
	uint32_t id = 0;

	if (!size || !t->live)
		return NULL;
	mp = touching_in(t, t->phys[PHYS_BUCKETS], phys, size);
	if (mp)
		return mp;
	if (last - b >= PHYS_BUCKETS) {		/* more blocks than buckets: ask every mapping */
		while ((mp = maptab_next(t, &id)))
			if (!(mp->flags & DMS_FL_NO_PHYS) && touches(mp, phys, size))
				return mp;
		return NULL;
	}
	for (b = b ? b - 1 : 0; b <= last; b++) {
		id = t->phys[idmap_hash(b) & (PHYS_BUCKETS - 1)];
		mp = touching_in(t, id, phys, size);
		if (mp)
			return mp;
	}
	return NULL;
}

const struct mapping *maptab_next(const struct maptab *t, uint32_t *id)
{
	const struct mapping *mp;

	while (*id < t->used) {
		mp = mapping_at(t, (*id)++);
		if (mp->used)
			return mp;
	}
	return NULL;
}

bool maptab_has(const struct maptab *t, uint32_t dev, uint64_t dma, uint64_t seq)
{
	const struct mapping *mp;
	uint32_t id;

	for (id = *bucket_of(t, dev, dma); id != NONE; id = mp->hnext) {
		mp = mapping_at(t, id);
		if (mp->dma == dma && mp->dev == dev && mp->seq == seq)
			return true;
	}
	return false;
}
