// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices: what is recorded of them, what they asked for, their counts from aggregates. What
 * becomes of their mappings is in mappings.c, why they go their way in decisions.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

bool dev_knows(const struct dev *d, uint32_t bit)
{
	return d && d->has_rec && ((d->rec.st.known | d->rec.known) & bit);
}

struct dev *dev_find(const struct model *m, uint64_t key)
{
	uint32_t i = idmap_get(&m->by_key, key);

	return i == NONE ? NULL : m->dev[i];
}

static struct dev *dev_make(struct model *m, uint64_t key)
{
	struct dev *d;

	if (grow_array(&m->dev, &m->dev_cap, m->devs, sizeof(*m->dev)))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	if (idmap_set(&m->by_key, key, m->devs)) {
		free(d);
		return NULL;
	}
	m->dev[m->devs++] = d;
	d->pub.key = key;
	d->pub.present = true;
	if (key)
		snprintf(d->pub.name, sizeof(d->pub.name), "dev:%" PRIx64, key);
	else
		strcpy(d->pub.name, "-");
	return d;
}

struct dev *dev_get(struct model *m, uint64_t key, uint32_t *index)
{
	uint32_t i = m->last_dev;

	if (i == NONE || m->dev[i]->pub.key != key) {
		i = idmap_get(&m->by_key, key);
		if (i == NONE && key && m->devs >= MAX_DEVS)
			return dev_get(m, 0, index);
		if (i == NONE) {
			if (!dev_make(m, key))
				return NULL;
			i = m->devs - 1;
		}
		m->last_dev = i;
	}
	if (index)
		*index = i;
	return m->dev[i];
}

/* Names stand in messages of every kind: what a terminal could take for orders goes. */
static void copy_name(char *to, size_t n, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < n && from[i]; i++)
		to[i] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
	to[i] = '\0';
}

int devices__record(struct model *m, const struct rec_device *rec)
{
	struct dev *d = dev_get(m, rec->key, NULL);

	if (!d)
		return -ENOMEM;
	if (d->has_rec && rec->removed && !rec->name[0]) {
		d->rec.removed = true;		/* only the news of its end */
	} else {
		d->rec = *rec;
		d->has_rec = true;
	}
	d->pub.rec = d->has_rec ? &d->rec : NULL;
	if (rec->name[0])
		copy_name(d->pub.name, sizeof(d->pub.name), rec->name);
	if (rec->removed && !d->pub.removed)
		d->pub.removed_ts = rec->ts;
	d->pub.removed = rec->removed;
	d->pub.present = !rec->removed;
	if (rec->st.known & DMS_DS_MASK)
		d->pub.mask = rec->st.dma_mask;
	if (rec->st.known & DMS_DS_COHERENT_MASK)
		d->pub.coherent_mask = rec->st.coherent_mask;
	if ((rec->st.known & DMS_DS_TABLE) && rec->st.table_size && rec->st.liobn)
		m->tce = true;
	return 0;
}

static void note_mask(struct dev *d, const struct dms_event *ev)
{
	if (ev->ret < 0)
		return;		/* refused: the old mask stays */
	if (ev->flags & DMS_FL_COHERENT_MASK)
		d->pub.coherent_mask = ev->aux;
	else
		d->pub.mask = ev->aux;
	d->decide_ts = ev->ts;
}

int devices__event(struct model *m, const struct dms_event *ev)
{
	struct dev *d = dev_get(m, ev->dev, NULL);

	if (!d)
		return -ENOMEM;
	switch (ev->type) {
	case DMS_EV_MASK:
		note_mask(d, ev);
		break;
	case DMS_EV_DECIDE:
		d->decide_ts = ev->ts;
		if (!ev->ret)
			evid_add(&d->ev[DE_MASK_REFUSED], m->seq);
		break;
	case DMS_EV_BYPASS:
		m->tce = true;
		d->decide_ts = ev->ts;
		d->bypass_seen = true;
		d->bypass_granted = ev->ret == 1;
		if (ev->ret != 1)
			evid_add(&d->ev[DE_BYPASS_REFUSED], m->seq);
		break;
	case DMS_EV_DEVICE_ADD:
		d->pub.present = true;
		break;
	case DMS_EV_DEVICE_DEL:
		d->pub.present = false;
		d->pub.removed = true;
		d->pub.removed_ts = ev->ts;
		break;
	default:
		break;
	}
	return 0;
}

/* Aggregates replace what single events said: from here on only they count. */
int devices__stats(struct model *m, const struct rec_stats *st)
{
	struct dev *d = dev_get(m, st->key.dev, NULL);
	uint64_t live, bytes;
	struct model_counts *c;
	uint32_t p = st->key.path;

	if (!d)
		return -ENOMEM;
	if (p >= DMS_PATH_MAX)
		return 0;
	m->aggregates = true;
	if (st->ts > m->now)
		m->now = st->ts;
	if (!d->stats) {
		memset(d->pub.path, 0, sizeof(d->pub.path));
		d->stats = d->pub.live_estimate = true;
	}
	c = &d->pub.path[p];
	if (st->val.maps != c->maps || st->val.unmaps != c->unmaps) {
		d->pub.last_ts = st->ts;
		if (!d->pub.first_ts)
			d->pub.first_ts = st->ts;
	}
	c->maps = st->val.maps;
	c->map_bytes = st->val.map_bytes;
	c->unmaps = st->val.unmaps;
	c->unmap_bytes = st->val.unmap_bytes;
	memcpy(c->size_hist, st->val.hist, sizeof(c->size_hist));
	if (p == DMS_PATH_FAILED)
		return 0;
	live = c->maps + st->val.older;
	bytes = c->map_bytes + st->val.older_bytes;
	d->pub.live[p] = live > c->unmaps ? live - c->unmaps : 0;
	d->pub.live_bytes[p] = bytes > c->unmap_bytes ? bytes - c->unmap_bytes : 0;
	d->pub.preexisting += st->val.older - d->older[p];
	d->older[p] = st->val.older;
	return 0;
}

const struct model_dev *model__dev(const struct model *m, size_t i)
{
	return i < m->devs ? &m->dev[i]->pub : NULL;
}

const struct model_dev *model__dev_by_key(const struct model *m, uint64_t key)
{
	const struct dev *d = dev_find(m, key);

	return d ? &d->pub : NULL;
}

const char *model__dev_name(const struct model *m, uint64_t key)
{
	const struct dev *d = dev_find(m, key);

	return d ? d->pub.name : "-";
}

void devices__free(struct model *m)
{
	uint32_t i;

	for (i = 0; i < m->devs; i++)
		free(m->dev[i]);
	free(m->dev);
	idmap_free(&m->by_key);
}
