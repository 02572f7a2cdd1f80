// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Accesses of devices that an IOMMU refused, each joined with the mapping that it meant: one that
 * lives, one that was unmapped lately, or none; and devices that the platform isolated. The
 * findings are in src/rules/find_fault.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "state/internal.h"

#define RECENT		8192		/* unmaps that are remembered; a fault searches all */
#define PAGE		UINT64_C(4096)	/* the least that an IOMMU maps, and Intel's reports */
/* A fault is reported after it happened: an unmap or a map may have come between. */
#define REPORT_NS	(NSEC / 100)
#define SOON_NS		(NSEC / 10)
#define COVER_ALL_MAPS	(COVER_MAPS | COVER(DOMAIN_MAP))

struct recent {
	struct mapping mp;
	uint64_t ts;		/* of the unmap */
};

/* An IOMMU maps whole pages. */
static bool has_page(const struct mapping *mp, uint64_t addr)
{
	return range_overlaps(mp->dma, mp->size, addr & -PAGE, PAGE);
}

/* Coherent memory, and what is bounced below an external port, is translated as well. */
static bool is_translated(const struct state *m, const struct mapping *mp)
{
	const struct dev *d = m->dev[mp->dev];

	return mp->path == DMS_PATH_IOMMU ||
	       (dev_knows(d, DMS_DS_DMA_IOMMU) && d->rec.st.dma_iommu);
}

void faults__unmapped(struct state *m, const struct mapping *mp, uint64_t ts)
{
	if (!is_translated(m, mp))
		return;
	if (!m->recent)
		m->recent = calloc(RECENT, sizeof(*m->recent));
	if (!m->recent)
		return;		/* what is not remembered is in no finding */
	m->recent[m->recents++ % RECENT] = (struct recent){ .mp = *mp, .ts = ts };
}

void faults__unmapped_older(struct state *m, uint32_t dev, const struct dms_event *unmap)
{
	struct mapping mp = {
		.dev = dev, .dma = unmap->dma, .size = unmap->size, .path = unmap->path,
		.dir = DMS_DIR_NONE,	/* what a driver passes to unmap may be wrong */
	};

	if (unmap->size)
		faults__unmapped(m, &mp, unmap->ts);
}

/* The last mapping with that page to be unmapped before the fault. */
static const struct recent *find_recent(const struct state *m, uint32_t dev, uint64_t addr,
					uint64_t ts)
{
	const struct recent *r, *best = NULL;
	uint64_t i;

	for (i = 0; m->recent && i < m->recents && i < RECENT; i++) {
		r = &m->recent[i];
		if (r->mp.dev == dev && r->ts <= ts && has_page(&r->mp, addr) &&
		    (!best || r->ts > best->ts))
			best = r;
	}
	return best;
}

/* Memory of the device in that physical page that was unmapped just before: faults come late. */
static const struct mapping *find_recent_phys(const struct state *m, uint32_t dev, uint64_t page,
					      uint64_t ts)
{
	const struct recent *r;
	uint64_t i;

	for (i = 0; m->recent && i < m->recents && i < RECENT; i++) {
		r = &m->recent[i];
		if (r->mp.dev == dev && r->mp.phys && r->ts <= ts && ts - r->ts < SOON_NS &&
		    range_overlaps(r->mp.phys, r->mp.size, page, PAGE))
			return &r->mp;
	}
	return NULL;
}

static const struct mapping *find_live(const struct state *m, uint32_t dev, uint64_t addr,
				       uint64_t ts)
{
	const struct mapping *mp;
	uint32_t id = 0;

	while ((mp = maptab_next(&m->maps, &id)))
		if (mp->dev == dev && mp->ts <= ts && has_page(mp, addr))
			return mp;
	return NULL;
}

/*
 * Both are written as directions: the device reads memory that was mapped to_device. An access
 * whose direction the IOMMU does not report, as a virtio-iommu need not, may have been allowed.
 */
static bool allows(const struct mapping *mp, uint8_t access)
{
	return mp->dir == access || mp->dir == DMS_DIR_BIDIR || mp->dir == DMS_DIR_NONE ||
	       access == DMS_DIR_NONE;
}

struct joined {
	enum fault_kind kind;
	const struct mapping *mp;	/* NULL: none */
	uint64_t unmapped;		/* 0: it was live */
	uint64_t hooks, from;		/* the judgement rests on these since then */
};

/*
 * No mapping has the page. Memory of the device at that physical address makes it known what the
 * access meant. Else only of a device that was added while it was watched it is known that no
 * older mapping had the page; and never where its driver maps unseen, or past the DMA API.
 */
static struct joined join_none(const struct state *m, uint32_t dev, const struct dms_event *ev)
{
	const struct mapping *mp = maptab_touching(&m->maps, ev->dma & -PAGE, PAGE);
	const struct dev *d = m->dev[dev];

	if (!mp || mp->dev != dev)
		mp = find_recent_phys(m, dev, ev->dma & -PAGE, ev->ts);
	if (mp)
		return (struct joined){ FAULT_PHYSICAL, mp, 0, COVER_ALL_MAPS | COVER_UNMAPS,
					m->first_ts };
	if (d->pub.unseen || d->user_ts)
		return (struct joined){ .kind = FAULT_OTHER };
	if (d->added_ts)
		return (struct joined){ FAULT_NEVER_ADDED, NULL, 0, COVER_ALL_MAPS, d->added_ts };
	return (struct joined){ FAULT_NEVER, NULL, 0, COVER_ALL_MAPS, m->first_ts };
}

static struct joined join(const struct state *m, uint32_t dev, const struct dms_event *ev)
{
	const struct mapping *live = find_live(m, dev, ev->dma, ev->ts);
	const struct recent *r = find_recent(m, dev, ev->dma, ev->ts);
	bool is_soon = r && ev->ts - r->ts < SOON_NS;

	/* since then the device was mapped past the DMA API: by vfio, or its driver */
	if (m->dev[dev]->user_ts > (live ? live->ts : r ? r->ts : 0))
		return (struct joined){ .kind = FAULT_OTHER };

	if (live && !allows(live, ev->dir))
		return (struct joined){ FAULT_DIRECTION, live, 0, COVER_ALL_MAPS | COVER_UNMAPS,
					live->ts };
	if (r && !live && is_soon && !r->mp.ts)		/* its direction is not known */
		return (struct joined){ .kind = FAULT_OTHER };
	if (r && !live && is_soon && !allows(&r->mp, ev->dir))
		return (struct joined){ FAULT_DIRECTION, &r->mp, r->ts, COVER_ALL_MAPS,
					r->mp.ts };
	if (r && (!live || ev->ts - live->ts < REPORT_NS))
		return (struct joined){ FAULT_UNMAPPED, &r->mp, r->ts, COVER_ALL_MAPS, r->ts };
	if (live)
		return (struct joined){ .kind = FAULT_OTHER };
	return join_none(m, dev, ev);
}

static bool is_evidence(const struct evid *e, uint64_t seq)
{
	size_t i;

	for (i = 0; i < EVIDENCE && e->seen.seq[i] != seq; i++)
		;
	return e->seen.count && seq && i < EVIDENCE;
}

static void note(struct state *m, struct dev *d, const struct dms_event *ev,
		 const struct joined *j)
{
	struct evid *e = &d->ev[DE_FAULT + j->kind];
	struct dev_fault *f = d->fault[j->kind], *end = f + EVIDENCE;

	while (f < end && is_evidence(e, f->seq))
		f++;
	evid_add_sure(m, e, j->hooks, j->from, ev->ts);
	if (f == end || !is_evidence(e, m->seq))
		return;
	*f = (struct dev_fault){
		.seq = m->seq, .addr = ev->dma, .ts = ev->ts, .unmapped = j->unmapped,
		.access = ev->dir,
	};
	if (!j->mp)
		return;
	f->has_mapping = true;
	f->dma = j->mp->dma;
	f->size = j->mp->size;
	f->dir = j->mp->dir;
	f->stack = j->mp->stack;
}

const struct dev_fault *dev_first_fault(const struct dev *d, enum fault_kind kind)
{
	const struct evid *e = &d->ev[DE_FAULT + kind];
	size_t i;

	for (i = 0; e->seen.count && e->seen.seq[0] && i < EVIDENCE; i++)
		if (d->fault[kind][i].seq == e->seen.seq[0])
			return &d->fault[kind][i];
	return NULL;
}

int faults__event(struct state *m, const struct dms_event *ev)
{
	uint32_t dev;
	struct dev *d = dev_get(m, ev->dev, &dev);
	struct joined j;

	if (!d)
		return -ENOMEM;
	m->faults++;
	if (!d->pub.faults++)
		d->pub.fault_addr = ev->dma;
	/* counts alone have no mappings to join with */
	if (!ev->dev || m->aggregates || d->pub.faults > FAULTS_JOINED)
		return 0;
	j = join(m, dev, ev);
	if (j.kind != FAULT_OTHER)
		note(m, d, ev, &j);
	return 0;
}

int faults__freeze(struct state *m, const struct dms_event *ev)
{
	struct dev *d = dev_get(m, ev->dev, NULL);

	if (!d)
		return -ENOMEM;
	if (!ev->dev)
		return 0;
	if (!d->ev[DE_FREEZE].seen.count)
		d->frozen_pe = ev->aux;
	seen_add(&d->ev[DE_FREEZE].seen, m->seq);
	return 0;
}

void faults__free(struct state *m)
{
	free(m->recent);
}
