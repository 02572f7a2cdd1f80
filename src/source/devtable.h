/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live source's devices by key: facts from sysfs and from the kernel, and the windows already
 * announced. A record returned stays valid until devtable__free().
 */
#ifndef DMASCOPE_SOURCE_DEVTABLE_H
#define DMASCOPE_SOURCE_DEVTABLE_H

#include <stddef.h>

#include "record/record.h"

struct devtable;

int devtable__new(struct devtable **t);		/* 0 or -ENOMEM */
void devtable__free(struct devtable *t);	/* takes NULL */

/* Adds or replaces the sysfs facts of the device of a directory. NULL: no memory. */
struct rec_device *devtable__put(struct devtable *t, const struct rec_device *dev,
				 const char *path);

/* The device of a key; an unknown one is read from sysfs or, if it is not there,
 * named by its key. NULL: no memory. *is_new: it was not in the table. */
struct rec_device *devtable__find_or_read(struct devtable *t, uint64_t key, bool *is_new);
struct rec_device *devtable__get(struct devtable *t, uint64_t key);

/* The present device of that name; NULL: there is none. */
struct rec_device *devtable__by_name(const struct devtable *t, const char *name);

/* Takes the kernel's state over; sysfs' masks stay where the kernel's were not observed. */
void devtable__merge(struct rec_device *dev, const struct dms_devstate *s);

bool devtable__has_window(const struct devtable *t, uint64_t key, uint32_t liobn);
void devtable__add_window(struct devtable *t, uint64_t key, uint32_t liobn);

/* The distinct LIOBNs of device states, as *n elements that the caller frees. 0 or -ENOMEM. */
int devtable__tables(const struct devtable *t, uint32_t **liobns, size_t *n);

/* Reads one attribute of each device, for the probe that watches for that. */
void devtable__touch_all(const struct devtable *t);
void devtable__touch(const struct devtable *t, uint64_t key);	/* of one */

/*
 * Reads each device's driver, and for one that has another now, or none, or that another kind was
 * found for in the calls after that, reads the device again and calls fn. 0, or what fn returned
 * when that was not 0.
 */
typedef int (*devtable_fn)(void *ctx, const struct rec_device *dev);
int devtable__drivers_again(struct devtable *t, devtable_fn fn, void *ctx);

/*
 * Calls fn once for each device that was not in sysfs at a call two seconds ago or longer, and is
 * not now: no mapping of it is under way. 0, or what fn returned when that was not 0.
 */
int devtable__gone(struct devtable *t, uint64_t now, devtable_fn fn, void *ctx);
bool devtable__is_gone(const struct devtable *t, uint64_t key);	/* fn was called for it */

/* True if --device GLOB matches the device: its name, driver or kind. */
bool devtable__matches(const struct rec_device *dev, const char *glob);
/* The same by what sysfs has now, which the table does not take over. */
bool devtable__matches_now(const struct devtable *t, uint64_t key, const char *glob);

#endif /* DMASCOPE_SOURCE_DEVTABLE_H */
