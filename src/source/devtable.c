// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of devices of the live source.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1	/* an element that finds no memory is not there afterwards */
#include <uthash.h>

#include "guest/devices.h"
#include "source/devtable.h"
#include "util/grow.h"
#include "util/names.h"

#define DEV_WINDOWS	8

/* Reads after a new driver: it makes disks and interfaces in its own time, mostly later. */
#define SETTLE_READS	5
#define GONE_NS		(2000ULL * 1000 * 1000)

struct dev_entry {
	struct rec_device dev;		/* key is dev.key */
	char *path;			/* in sysfs, NULL = not there */
	unsigned int settling;		/* reads of the kind that are still to come */
	uint64_t gone_ns;		/* when it was first not in sysfs; 0: it is there */
	bool gone;			/* devtable__gone() has reported it */
	uint32_t windows[DEV_WINDOWS];	/* LIOBNs announced */
	unsigned int nwindows;
	UT_hash_handle hh;
};

struct devtable {
	struct dev_entry *head;
	struct dev_entry *last;		/* found last: events come in runs of one device */
};

int devtable__new(struct devtable **t)
{
	*t = calloc(1, sizeof(**t));
	return *t ? 0 : -ENOMEM;
}

void devtable__free(struct devtable *t)
{
	struct dev_entry *e, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->head, e, next) {
		HASH_DEL(t->head, e);
		free(e->path);
		free(e);
	}
	free(t);
}

static struct dev_entry *find(const struct devtable *t, uint64_t key)
{
	struct dev_entry *e;

	HASH_FIND(hh, t->head, &key, sizeof(key), e);
	return e;
}

struct rec_device *devtable__put(struct devtable *t, const struct rec_device *dev,
				 const char *path)
{
	struct dev_entry *e = find(t, dev->key), *added = NULL;

	if (!e) {
		added = calloc(1, sizeof(*added));
		if (!added)
			return NULL;
		added->dev = *dev;
		added->settling = dev->preexisting ? 0 : SETTLE_READS;
		HASH_ADD(hh, t->head, dev.key, sizeof(added->dev.key), added);
		e = find(t, dev->key);
	}
	if (!e) {
		free(added);
		return NULL;
	}
	e->dev = *dev;
	if (path && !e->path)
		e->path = strdup(path);
	return path && !e->path ? NULL : &e->dev;
}

struct rec_device *devtable__find_or_read(struct devtable *t, uint64_t key, bool *is_new)
{
	struct dev_entry *e = t->last && t->last->dev.key == key ? t->last : find(t, key);
	struct rec_device dev;
	char path[512];

	*is_new = !e;
	if (e) {
		t->last = e;
		return &e->dev;
	}
	path[0] = '\0';
	memset(&dev, 0, sizeof(dev));
	if (guest_device_by_key("", key, &dev)) {
		memset(&dev, 0, sizeof(dev));
		dev.key = key;
		snprintf(dev.name, sizeof(dev.name), "dev:%llx", (unsigned long long)key);
	} else {
		guest_device_path("", key, path, sizeof(path));
	}
	dev.preexisting = false;
	return devtable__put(t, &dev, path[0] ? path : NULL);
}

struct rec_device *devtable__get(struct devtable *t, uint64_t key)
{
	bool is_new;

	return key ? devtable__find_or_read(t, key, &is_new) : NULL;
}

struct rec_device *devtable__by_name(const struct devtable *t, const char *name)
{
	struct dev_entry *e, *next;

	HASH_ITER(hh, t->head, e, next) {
		if (!e->dev.removed && !strcmp(e->dev.name, name))
			return &e->dev;
	}
	return NULL;
}

void devtable__merge(struct rec_device *dev, const struct dms_devstate *s)
{
	struct dms_devstate old = dev->st;

	dev->st = *s;
	dev->ts = s->ts;
	if (!(s->known & DMS_DS_MASK) && old.known & DMS_DS_MASK) {
		dev->st.dma_mask = old.dma_mask;
		dev->st.known |= DMS_DS_MASK;
	}
	if (!(s->known & DMS_DS_COHERENT_MASK) && old.known & DMS_DS_COHERENT_MASK) {
		dev->st.coherent_mask = old.coherent_mask;
		dev->st.known |= DMS_DS_COHERENT_MASK;
	}
}

bool devtable__has_window(const struct devtable *t, uint64_t key, uint32_t liobn)
{
	const struct dev_entry *e = find(t, key);

	for (unsigned int i = 0; e && i < e->nwindows; i++)
		if (e->windows[i] == liobn)
			return true;
	return false;
}

void devtable__add_window(struct devtable *t, uint64_t key, uint32_t liobn)
{
	struct dev_entry *e = find(t, key);

	if (e && e->nwindows < DEV_WINDOWS && !devtable__has_window(t, key, liobn))
		e->windows[e->nwindows++] = liobn;
}

int devtable__tables(const struct devtable *t, uint32_t **liobns, size_t *n)
{
	struct dev_entry *e, *next;
	uint32_t *out = NULL;
	size_t cap = 0, i;

	*n = 0;
	HASH_ITER(hh, t->head, e, next) {
		if (!(e->dev.st.known & DMS_DS_TABLE))
			continue;
		for (i = 0; i < *n && out[i] != e->dev.st.liobn; i++)
			;
		if (i < *n)
			continue;
		if (GROW(out, cap, *n)) {
			free(out);
			return -ENOMEM;
		}
		out[(*n)++] = e->dev.st.liobn;
	}
	*liobns = out;
	return 0;
}

static void touch(const struct dev_entry *e)
{
	char path[600], buf[4096];
	int fd;

	if (!e->path)
		return;
	snprintf(path, sizeof(path), "%s/uevent", e->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* only that it was read matters */
	if (read(fd, buf, sizeof(buf)) < 0)
		errno = 0;
	close(fd);
}

void devtable__touch_all(const struct devtable *t)
{
	struct dev_entry *e, *next;

	HASH_ITER(hh, t->head, e, next)
		touch(e);
}

void devtable__touch(const struct devtable *t, uint64_t key)
{
	struct dev_entry *e;

	HASH_FIND(hh, t->head, &key, sizeof(key), e);
	if (e)
		touch(e);
}

/* Its driver is another one, or a driver that came lately made what the kind is read from. */
static bool driver_changed(struct dev_entry *e)
{
	char driver[sizeof(e->dev.driver)];
	struct rec_device now;

	if (!e->path || e->dev.removed ||
	    guest_device_driver("", e->path, driver, sizeof(driver)))
		return false;
	if (strcmp(driver, e->dev.driver))
		e->settling = SETTLE_READS;
	else if (!e->settling)
		return false;
	else
		e->settling--;
	if (guest_device_read("", e->path, &now) || now.key != e->dev.key ||
	    (!strcmp(now.driver, e->dev.driver) && !strcmp(now.kind, e->dev.kind)))
		return false;
	/* facts from the kernel's own structures stay */
	now.st = e->dev.st;
	now.preexisting = e->dev.preexisting;
	memcpy(now.ops, e->dev.ops, sizeof(now.ops));
	e->dev = now;
	return true;
}

int devtable__drivers_again(struct devtable *t, devtable_fn fn, void *ctx)
{
	struct dev_entry *e, *next;
	int err = 0;

	HASH_ITER(hh, t->head, e, next) {
		if (driver_changed(e))
			err = fn(ctx, &e->dev);
		if (err)
			break;
	}
	return err;
}

/*
 * A device that sysfs never showed is known by events alone. One that an event reports as removed
 * may still have a driver that unmaps: device_del() removes its directory last.
 */
static bool left_sysfs(const struct dev_entry *e)
{
	return e->path ? !guest_device_is_there("", e->path, e->dev.key) : e->dev.removed;
}

/*
 * A device keeps its key when it is moved. Of those with DMA ccw devices are (device_move() in
 * drivers/s390/cio/device.c, 5.4 to 7.3). A walk over sysfs.
 */
static bool may_be_elsewhere(const struct dev_entry *e)
{
	return !strcmp(e->dev.bus, "ccw");
}

static bool found_elsewhere(struct dev_entry *e)
{
	char path[512], *copy;

	if (guest_device_path("", e->dev.key, path, sizeof(path)))
		return false;
	copy = strdup(path);
	if (copy) {
		free(e->path);
		e->path = copy;
	}
	return true;
}

int devtable__gone(struct devtable *t, uint64_t now, devtable_fn fn, void *ctx)
{
	struct dev_entry *e, *next;
	bool searched = false;
	int err = 0;

	HASH_ITER(hh, t->head, e, next) {
		if (e->gone)
			continue;
		if (!left_sysfs(e)) {
			e->gone_ns = 0;
		} else if (!e->gone_ns) {
			e->gone_ns = now;
		} else if (now - e->gone_ns >= GONE_NS && !(may_be_elsewhere(e) && searched)) {
			searched |= may_be_elsewhere(e);	/* one walk a call */
			e->gone_ns = 0;
			e->gone = !may_be_elsewhere(e) || !found_elsewhere(e);
			err = e->gone ? fn(ctx, &e->dev) : 0;
		}
		if (err)
			break;
	}
	return err;
}

bool devtable__is_gone(const struct devtable *t, uint64_t key)
{
	const struct dev_entry *e = find(t, key);

	return e && e->gone;
}

bool devtable__matches(const struct rec_device *dev, const char *glob)
{
	return dms_device_matches(glob, dev->name, dev);
}

bool devtable__matches_now(const struct devtable *t, uint64_t key, const char *glob)
{
	const struct dev_entry *e = find(t, key);
	struct rec_device now;

	return e && e->path && !guest_device_read("", e->path, &now) && now.key == key &&
	       devtable__matches(&now, glob);
}
