// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * IOMMU domains: ranges that bypass the DMA API (vfio, iommufd, drivers with domains of their own),
 * the pages that the IOMMU mapped for the DMA API, and for how long a device reaches pages after
 * their unmap, where flushes are lazy (DMA-FQ: drivers/iommu/dma-iommu.c queue_iova(), 6.2 to 7.3,
 * iova.c before).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

#define USER_RANGES	65536		/* of a device; more are counted, not kept */
#define PENDING		(1U << 16)	/* unmaps of a device that wait for a flush */
#define FLUSHES		(COVER(FLUSH_INTEL) | COVER(FLUSH_AMD) | COVER(FLUSH))

static int user_map(struct state *m, struct dev *d, const struct dms_event *ev, const char *comm)
{
	struct range_note note = { .pid = ev->pid };
	int err = ledger__task(m, ev->pid, comm, &note.task);

	if (err)
		return err;
	d->pub.user_maps++;
	d->user_ts = ev->ts;
	if (d->pub.unseen == STATE_UNSEEN_USER)
		d->pub.unseen = STATE_UNSEEN_NOT;
	if (d->user.n >= USER_RANGES) {
		d->pub.user_cut = true;
		return 0;
	}
	return rangeset_add(&d->user, ev->dma, range_end(ev->dma, ev->size), &note);
}

static int user_unmap(struct dev *d, const struct dms_event *ev)
{
	d->pub.user_unmaps++;
	return rangeset_del(&d->user, ev->dma, range_end(ev->dma, ev->size), NULL);
}

static void domain_use(struct dev *d, const struct dms_event *ev)
{
	d->domain_known = true;
	/* the kernel forgets a domain that another device gets: numbers never fall here */
	if (ev->ret || ev->size < d->domain_bytes)
		return;
	d->domain_maps = ev->aux;
	d->domain_bytes = ev->size;
}

/* From the unmap to the end of the first flush that began after it. */
static void flush(struct dev *d, const struct dms_event *ev)
{
	uint64_t began = ev->ts > ev->aux ? ev->ts - ev->aux : 0, ns;
	struct pending *p = &d->pending;
	uint32_t i, kept = 0;

	d->pub.flushes++;
	for (i = 0; i < p->n; i++) {
		if (p->ts[i] > began) {
			p->ts[kept++] = p->ts[i];
			continue;
		}
		ns = ev->ts - p->ts[i];
		d->pub.reach_hist[life_slot(ns / 1000)]++;
		d->pub.reaches++;
		if (ns > d->pub.reach_max)
			d->pub.reach_max = ns;
	}
	p->n = kept;
}

int domains__event(struct state *m, const struct dms_event *ev, const char *comm)
{
	struct dev *d = dev_get(m, ev->dev, NULL);
	int err = 0;

	if (!d)
		return -ENOMEM;
	if (!ev->dev)
		return 0;
	if (ev->type == DMS_EV_DOMAIN_MAP)
		err = user_map(m, d, ev, comm);
	else if (ev->type == DMS_EV_DOMAIN_UNMAP)
		err = user_unmap(d, ev);
	else if (ev->type == DMS_EV_DOMAIN_USE)
		domain_use(d, ev);
	else
		flush(d, ev);
	d->pub.user_live = d->user.bytes;
	d->pub.user_ranges = d->user.n;
	return err;
}

/* By the name that the driver gives its IOMMU in sysfs (iommu_device_sysfs_add(), 5.4 to 7.3). */
static enum dms_hook flush_hook(const struct dev *d)
{
	return !strncmp(d->rec.iommu, "dmar", 4) ? DMS_HOOK_FLUSH_INTEL :
	       !strncmp(d->rec.iommu, "ivhd", 4) ? DMS_HOOK_FLUSH_AMD : DMS_HOOK_FLUSH;
}

static bool is_lazy(const struct dev *d)
{
	return dev_knows(d, DEV_KNOWN_IOMMU) && !strcmp(d->rec.iommu_domain, "DMA-FQ");
}

/* Only where flushes are lazy does an unmap wait for one. */
void domains__unmapped(const struct state *m, struct dev *d, uint8_t path, uint64_t ts)
{
	struct pending *p = &d->pending;

	if (path != DMS_PATH_IOMMU || !is_lazy(d) || !m->attached[flush_hook(d)])
		return;
	if (p->n >= PENDING || GROW(p->ts, p->cap, p->n))
		p->cut = true;
	else
		p->ts[p->n++] = ts;
}

/* A flush may have been lost: with the next one, unmaps would seem to have waited for too long. */
void domains__doubt(struct state *m, enum dms_hook hook)
{
	uint32_t i;

	if (hook >= 64 || !(FLUSHES >> hook & 1))
		return;
	for (i = 0; i < m->devs; i++) {
		m->dev[i]->pending.cut |= m->dev[i]->pending.n > 0;
		m->dev[i]->pending.n = 0;
	}
}

void domains__begin_slice(struct dev *d)
{
	struct state_dev *p = &d->pub;

	p->user_maps = p->user_unmaps = p->flushes = p->reaches = p->reach_max = 0;
	memset(p->reach_hist, 0, sizeof(p->reach_hist));
	d->domain_base = d->domain_bytes;
	d->domain_base_maps = d->domain_maps;
}

void domains__free(struct dev *d)
{
	rangeset_free(&d->user);
	free(d->pending.ts);
}

/* Bytes that the DMA API was asked for and that an IOMMU maps: coherent memory, and the pool's. */
static uint64_t asked(const struct state_dev *d)
{
	return d->path[DMS_PATH_IOMMU].map_bytes + d->path[DMS_PATH_COHERENT].map_bytes +
	       d->path[DMS_PATH_BOUNCED].map_bytes;
}

bool state__translation(const struct state *m, const struct state_dev *pub,
			struct state_translation *out)
{
	const struct dev *d = dev_find(m, pub->key);
	uint64_t life = 0, flushes;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (!d || !(pub->path[DMS_PATH_IOMMU].maps || d->domain_bytes > d->domain_base))
		return false;
	flushes = UINT64_C(1) << flush_hook(d);
	for (i = 0; i < STATE_LIFE_SLOTS; i++)
		life += pub->life_hist[i];
	out->asked = asked(pub);
	out->ended = life;
	out->life_p50 = state__hist_ns(pub->life_hist, 50);
	out->pages.why = d->domain_known ? NULL :
			 m->attached[DMS_HOOK_DOMAIN_MAP] ? "not read yet" : "not hooked";
	out->pages.v = d->domain_bytes - d->domain_base;
	out->pages.least = !state__counts_all(m, COVER(DOMAIN_MAP), pub->key);
	out->domain_maps = d->domain_maps - d->domain_base_maps;
	out->whole = state__counts_all(m, COVER_MAPS, pub->key);
	out->flushes.why = m->attached[flush_hook(d)] ? NULL : "not hooked";
	out->flushes.v = pub->flushes;
	out->flushes.least = !state__counts_all(m, flushes, pub->key);
	out->lazy = is_lazy(d);
	out->reaches = pub->reaches;
	/* a slot of the histogram ends above the longest time in it */
	out->reach_p50 = state__hist_ns(pub->reach_hist, 50);
	if (out->reach_p50 > pub->reach_max)
		out->reach_p50 = pub->reach_max;
	out->reach_max.why = pub->reaches ? NULL : m->aggregates ? "counts only" : "none seen";
	out->reach_max.v = pub->reach_max;
	out->reach_max.least = d->pending.cut ||
			       !state__counts_all(m, flushes | COVER_UNMAPS, pub->key);
	/* many, and nearly all of them ended at once: nothing is kept mapped to be used again */
	out->each = life >= 100 && out->life_p50 <= NSEC / 100 &&
		    life >= pub->path[DMS_PATH_IOMMU].maps / 10 * 9;
	return true;
}

bool state__user_range(const struct state *m, uint64_t key, uint64_t addr, struct state_user *out)
{
	const struct dev *d = dev_find(m, key);
	const struct range_node *n = d ? rangeset_next(&d->user, addr) : NULL;

	if (!n)
		return false;
	*out = (struct state_user){ .dma = n->start, .size = n->end - n->start,
				    .pid = n->note.pid, .comm = ledger__comm(m, n->note.task) };
	return true;
}
