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

#include "state/internal.h"
#include "util/names.h"

#define VIRTIO_F_ACCESS_PLATFORM	33	/* include/uapi/linux/virtio_config.h */

const struct dev *dev_at(const struct state *m, uint32_t i)
{
	return i < m->devs ? m->dev[i] : NULL;
}

uint32_t dev_index(const struct state *m, uint64_t key)
{
	return idmap_get(&m->by_key, key);
}

#define ANSWER(type, name, answer) type name(const struct dev *d) { return answer; }
ANSWER(const struct state_dev *, dev_pub, &d->pub)
ANSWER(const struct rec_device *, dev_rec, &d->rec)
ANSWER(bool, dev_counts_only, d->stats)
ANSWER(uint64_t, dev_bus_limit, dev_knows(d, DMS_DS_BUS_LIMIT) ? d->rec.st.bus_limit : 0)
ANSWER(const struct slot_fail *, dev_unfit, d->unfit.size ? &d->unfit : NULL)
ANSWER(uint64_t, dev_frag_align, d->frag_align)
ANSWER(uint64_t, dev_slot_above, d->above_slot)
ANSWER(uint64_t, dev_frozen_pe, d->frozen_pe)
ANSWER(const struct past_object *, dev_past_object, &d->past_object)
ANSWER(uint64_t, dev_coherent_bytes, d->coherent_tce_bytes)
ANSWER(bool, dev_all_kept, !d->untracked)
ANSWER(bool, dev_was_added, d->added_ts)
ANSWER(uint64_t, dev_turnover, 2 * d->life_max)
ANSWER(bool, dev_has_unmapped, d->has_unmapped)

bool dev_is_on(const struct dev *d, const char *bus)
{
	return !strcmp(d->rec.bus, bus);
}

uint64_t dev_unmapped_born(const struct dev *d, uint32_t path)
{
	return d->unmapped_born[path];
}

uint64_t dev_maps(const struct dev *d, enum dms_path path)
{
	return d->pub.path[path].maps;
}

bool dev_knows(const struct dev *d, uint32_t bit)
{
	return d && d->has_rec && ((d->rec.st.known | d->rec.known) & bit);
}

bool is_userspace_driver(const struct dev *d)
{
	const char *driver = dev_knows(d, DEV_KNOWN_DRIVER) ? d->rec.driver : "";

	return !strncmp(driver, "vfio", 4) || !strncmp(driver, "uio", 3) ||
	       !strcmp(driver, "igb_uio");
}

bool bypasses_dma_api(const struct dev *d)
{
	return dev_knows(d, DEV_KNOWN_FEATURES) &&
	       !(d->rec.virtio_features >> VIRTIO_F_ACCESS_PLATFORM & 1);
}

/*
 * The virtio device on it (same features) has no driver: virtio_features_ok() returned -ENODEV at
 * probe (drivers/virtio/virtio.c, 5.8 to 7.1).
 */
bool virtio_refused(const struct state *m, const struct dev *d)
{
	const struct dev *other;
	uint32_t i;

	if (dev_is_on(d, "virtio"))
		return dev_knows(d, DEV_KNOWN_DRIVER) && !d->rec.driver[0];
	for_each_dev(m, i, other)
		if (dev_is_on(other, "virtio") && dev_knows(other, DEV_KNOWN_FEATURES) &&
		    dev_knows(other, DEV_KNOWN_DRIVER) && !other->pub.removed &&
		    other->rec.virtio_features == d->rec.virtio_features)
			return !other->rec.driver[0];
	return false;
}

uint64_t dev_reach(const struct dev *d)
{
	uint64_t limit = dev_bus_limit(d);

	return limit && d->pub.mask && limit < d->pub.mask ? limit : d->pub.mask;
}

int dev_accepted(const struct state *m, const struct dev *d)
{
	if (dev_knows(d, DMS_DS_CC_ACCEPTED))
		return d->rec.st.cc_accepted;
	return m->accepts ? -1 : 0;
}

const struct seen *dev_seen(const struct dev *d, unsigned int kind)
{
	return &d->ev[kind].seen;
}

uint64_t dev_biggest_fail(const struct dev *d, enum state_fail why)
{
	return d->biggest_fail[why];
}

uint64_t dev_unexplained(const struct dev *d)
{
	return d->ev[DE_FAIL + STATE_FAIL_OTHER].seen.count - d->missed_search +
	       d->ev[DE_FAIL + STATE_FAIL_SLOT].seen.count;
}

uint64_t dev_unreported_above(const struct dev *d, uint64_t size)
{
	const uint64_t *hist = d->pub.path[DMS_PATH_FAILED].size_hist;
	uint64_t n = 0, low = 512;
	size_t i;

	for (i = 1; i < DMS_HIST_SLOTS && d->stats; i++, low *= 2)
		if (low > size && hist[i] > d->reported[i])
			n += hist[i] - d->reported[i];
	return n;
}

bool dev_saw_search(const struct state *m, const struct dev *d)
{
	const struct evid *e = &d->ev[DE_FAIL + STATE_FAIL_OTHER];
	size_t i;

	for (i = 0; i < EVIDENCE && e->seen.seq[i]; i++)
		if (evid_sure(m, COVER_BOUNCES, e->from[i], e->to[i]))
			return true;
	return false;
}

bool dev_free_run(const struct dev *d, uint64_t *slots)
{
	*slots = d->longest_free - 1;
	return d->longest_free && d->longest_free != NONE;
}

uint64_t dev_private_direct(const struct state *m, const struct dev *d)
{
	if (dev_accepted(m, d))
		return 0;
	return d->stats ? d->pub.path[DMS_PATH_DIRECT].maps : d->private_direct;
}

bool dev_left(const struct dev *d, struct dev_gone *out)
{
	bool removed = d->pub.removed, unbound = d->unbound_ts && (!removed || !d->rebound_ts);

	out->driver = d->unbound;
	out->before = removed || !unbound ? UINT64_MAX : d->unbound_ts;
	out->is_over = unbound && d->rebound_ts;
	out->ts = out->is_over ? d->rebound_ts : unbound ? d->unbound_ts :
		  removed ? d->pub.removed_ts : d->rec.ts;
	if (d->left_unmap_ts > out->ts)
		out->ts = d->left_unmap_ts;
	return d->live_now &&
	       (removed || d->unbound_ts || (dev_knows(d, DEV_KNOWN_DRIVER) &&
					     !d->rec.driver[0] && d->rec.ts > d->pub.last_ts));
}

bool dev_growth(const struct state *m, const struct dev *d, uint32_t path, struct grown *out)
{
	return growth_monotonic(m, &d->growth[path], d->pub.live[path], out);
}

bool mask_below_enc(const struct state *m, uint64_t mask)
{
	return m->secure && mask && mask < m->session.enc_mask;
}

bool mask_below_shared(const struct state *m, uint64_t mask)
{
	return m->secure && mask && mask < m->session.shared_mask;
}

struct dev *dev_find(const struct state *m, uint64_t key)
{
	uint32_t i = dev_index(m, key);

	return i == NONE ? NULL : m->dev[i];
}

static struct dev *dev_make(struct state *m, uint64_t key)
{
	struct dev *d;

	if (GROW(m->dev, m->dev_cap, m->devs))
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

struct dev *dev_get(struct state *m, uint64_t key, uint32_t *index)
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

/*
 * NVMe on an IOMMU maps by dma_iova_link() (block/blk-mq-dma.c, 6.17 and later), which is not
 * hooked under lockdown=confidentiality, nor by older versions. Kernels with dma_map_phys() (6.18)
 * have it for certain.
 */
static bool links_unseen(const struct state *m)
{
	size_t i;

	if (m->attached[DMS_HOOK_IOVA_SYNC])
		return false;
	for (i = 0; i < m->hooks; i++)
		if (m->hook[i].id == DMS_HOOK_MAP && strstr(m->hook[i].symbol, "dma_map_phys"))
			return true;
	return false;
}

static enum state_unseen unseen_of(const struct state *m, const struct dev *d)
{
	const char *kind = d->rec.kind;

	if (is_userspace_driver(d))
		return d->pub.user_maps ? STATE_UNSEEN_NOT : STATE_UNSEEN_USER;
	if (dev_knows(d, DMS_DS_DMA_IOMMU) && d->rec.st.dma_iommu && !strncmp(kind, "nvme", 4) &&
	    links_unseen(m))
		return STATE_UNSEEN_LINK;
	if (m->secure && !strncmp(kind, "virtio-", 7) && !dev_knows(d, DEV_KNOWN_FEATURES))
		return STATE_UNSEEN_VIRTIO;
	return STATE_UNSEEN_NOT;
}

/* The driver before has returned from its remove(): device_lock() is held for both. */
static void note_rebound(struct dev *d, const struct rec_device *rec)
{
	if (d->unbound_ts && !d->rebound_ts && !rec->removed && rec->driver[0] &&
	    (rec->known & DEV_KNOWN_DRIVER))
		d->rebound_ts = rec->ts;
}

/*
 * No driver is bound any more: its mappings should be unmapped. A live run reads sysfs once a
 * second: if another driver is bound by then, the mappings may be of either. The link to a driver
 * is made before its probe() (driver_sysfs_add(), drivers/base/dd.c, 5.4 to 7.1).
 */
static void note_unbound(struct dev *d, const struct rec_device *rec)
{
	if (!dev_knows(d, DEV_KNOWN_DRIVER) || !d->rec.driver[0] || rec->removed ||
	    !(rec->known & DEV_KNOWN_DRIVER) || !strcmp(d->rec.driver, rec->driver))
		return;
	if (rec->driver[0] || (d->unbound_ts && strcmp(d->unbound, d->rec.driver)))
		d->many_drivers = true;
	if (rec->driver[0])
		return;
	d->unbound_ts = rec->ts;
	d->rebound_ts = 0;
	memcpy(d->unbound, d->rec.driver, sizeof(d->unbound));
	if (d->many_drivers)
		d->unbound[0] = '\0';
}

/* All that is read of a device but times and counts. */
static bool decides_otherwise(const struct dev *d, const struct rec_device *rec)
{
	struct dms_devstate was = d->rec.st, is = rec->st;

	was.ts = is.ts = was.pool_used = is.pool_used = 0;
	was.cpu = is.cpu = was.hook = is.hook = 0;
	was.known &= ~DMS_DS_POOL_USED;
	is.known &= ~DMS_DS_POOL_USED;
	return !d->has_rec || memcmp(&was, &is, sizeof(was));
}

int devices__record(struct state *m, const struct rec_device *rec)
{
	struct dev *d = dev_get(m, rec->key, NULL);

	if (!d)
		return -ENOMEM;
	note_rebound(d, rec);
	note_unbound(d, rec);
	if (d->has_rec && rec->removed && !rec->name[0]) {
		d->rec.removed = true;		/* only the news of its end */
	} else {
		if (decides_otherwise(d, rec))
			d->decided = 0;
		d->rec = *rec;
		d->has_rec = true;
	}
	d->pub.rec = d->has_rec ? &d->rec : NULL;
	d->skipped_unmap |= may_end_unseen(d, DMS_PATH_DIRECT);
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
	m->accepts |= (rec->st.known & DMS_DS_CC_ACCEPTED) != 0;
	if ((rec->st.known & DMS_DS_TABLE) && rec->st.table_size && rec->st.liobn)
		m->tce = true;
	d->pub.unseen = unseen_of(m, d);
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

int devices__event(struct state *m, const struct dms_event *ev)
{
	struct dev *d = dev_get(m, ev->dev, NULL);

	if (!d)
		return -ENOMEM;
	if (ev->type == DMS_EV_MASK || ev->type == DMS_EV_DECIDE || ev->type == DMS_EV_BYPASS)
		d->decided = 0;
	switch (ev->type) {
	case DMS_EV_MASK:
		note_mask(d, ev);
		break;
	case DMS_EV_DECIDE:
		d->decide_ts = ev->ts;
		break;
	case DMS_EV_BYPASS:
		m->tce = true;
		d->decide_ts = ev->ts;
		d->bypass_seen = true;
		d->bypass_granted = ev->ret == 1;
		if (ev->ret != 1)
			seen_add(&d->ev[DE_BYPASS_REFUSED].seen, m->seq);
		break;
	case DMS_EV_DEVICE_ADD:
		d->pub.present = true;
		d->added_ts = ev->ts;
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

/* Subtracts the counts of the time before the slice. */
static void subtract_base(struct dev *d, uint32_t path)
{
	const struct state_counts *b = &d->base[path];
	struct state_counts *c = &d->pub.path[path];
	size_t i;

	c->maps -= b->maps;
	c->map_bytes -= b->map_bytes;
	c->unmaps -= b->unmaps;
	c->unmap_bytes -= b->unmap_bytes;
	for (i = 0; i < DMS_HIST_SLOTS; i++)
		c->size_hist[i] -= b->size_hist[i];
}

/* Aggregates replace what single events said: from here on only they count. */
int devices__stats(struct state *m, const struct rec_stats *st)
{
	struct dev *d = dev_get(m, st->key.dev, NULL);
	uint64_t live, bytes;
	struct state_counts *c;
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
		d->stats = true;
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
	if (may_have_ended_unseen(d, (uint8_t)p)) {
		d->pub.live[p] = d->pub.live_bytes[p] = 0;
	} else if (p != DMS_PATH_FAILED) {
		live = c->maps + st->val.older;
		bytes = c->map_bytes + st->val.older_bytes;
		d->pub.live[p] = live > c->unmaps ? live - c->unmaps : 0;
		d->pub.live_bytes[p] = bytes > c->unmap_bytes ? bytes - c->unmap_bytes : 0;
		d->pub.preexisting += st->val.older - d->older[p];
		d->older[p] = st->val.older;
	}
	if (d->base)
		subtract_base(d, p);
	if (may_have_ended_unseen(d, (uint8_t)p))
		d->pub.unfollowed = d->pub.path[DMS_PATH_DIRECT].maps +
				    d->pub.path[DMS_PATH_UNKNOWN].maps;
	return 0;
}

const struct state_dev *state__dev(const struct state *m, size_t i)
{
	return i < m->devs ? &m->dev[i]->pub : NULL;
}

const struct state_dev *state__dev_by_key(const struct state *m, uint64_t key)
{
	const struct dev *d = dev_find(m, key);

	return d ? &d->pub : NULL;
}

const char *state__dev_name(const struct state *m, uint64_t key)
{
	const struct dev *d = dev_find(m, key);

	return d ? d->pub.name : "-";
}

bool state__dev_matches(const struct state *m, uint64_t key, const char *glob)
{
	const struct state_dev *d = state__dev_by_key(m, key);

	return dms_device_matches(glob, state__dev_name(m, key), d ? d->rec : NULL);
}

static void begin_slice(struct dev *d)
{
	struct state_dev *p = &d->pub;

	if (d->stats) {
		free(d->base);
		d->base = malloc(sizeof(p->path));
		if (d->base)
			memcpy(d->base, p->path, sizeof(p->path));
	}
	memset(p->path, 0, sizeof(p->path));
	memset(p->fails, 0, sizeof(p->fails));
	memset(p->life_hist, 0, sizeof(p->life_hist));
	p->live_max = d->live_now;
	p->slots_max = p->slots;
	p->preexisting = p->private_maps = p->private_bytes = p->bounce_bytes.v = 0;
	p->unfollowed = p->faults = 0;
	p->first_ts = p->last_ts = 0;
	domains__begin_slice(d);
	memset(d->ev, 0, sizeof(d->ev));
	memset(&d->unfit_ev, 0, sizeof(d->unfit_ev));
	memset(&d->unfit, 0, sizeof(d->unfit));
	memset(d->biggest_fail, 0, sizeof(d->biggest_fail));
	memset(d->reported, 0, sizeof(d->reported));
	memset(d->growth, 0, sizeof(d->growth));
	d->suspects = d->unfit_looks = 0;
	d->longest_free = d->private_direct = d->coherent_tce_bytes = d->missed_search = 0;
}

void devices__begin_slice(struct state *m)
{
	uint32_t i;

	m->faults = 0;
	for (i = 0; i < m->devs; i++)
		begin_slice(m->dev[i]);
}

void devices__free(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->devs; i++) {
		free(m->dev[i]->base);
		domains__free(m->dev[i]);
		free(m->dev[i]);
	}
	free(m->dev);
	idmap_free(&m->by_key);
}
