/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The devices of the machine as sysfs shows them: those of the buses that do DMA (pci, vio,
 * ccw, vmbus; vio devices only with a window; platform and amba devices only with a driver and
 * something below them), with what hangs below each. Virtio devices are folded into the device
 * that does their DMA; one on a bus not listed stands for itself. No windows, no kernel
 * structures.
 *
 * Key: st_ino of the device's directory is the kernfs id (fs/kernfs/inode.c
 * kernfs_get_inode(): inode number = kernfs_ino(), 64 bits, on 64-bit kernels the whole id,
 * generation included; 5.5).
 */
#ifndef DMASCOPE_GUEST_DEVICES_H
#define DMASCOPE_GUEST_DEVICES_H

#include <stddef.h>

#include "record/record.h"

/* Gets each device with its directory (without root), valid during the call; < 0 stops. */
typedef int (*guest_device_fn)(void *ctx, const struct rec_device *dev, const char *path);

/*
 * Each device in order of bus and name, preexisting = true, ts = now. Returns 0, -errno, or what
 * fn returned. No bus at all is no error.
 */
int guest_devices_each(const char *root, guest_device_fn fn, void *ctx);

/* An upper bound of the number of devices on the buses, without reading them. */
unsigned int guest_devices_count(const char *root);

/*
 * Is a device behind an IOMMU? Each such has a group (iommu_probe_device(), drivers/iommu/iommu.c,
 * 5.4 to 7.3), from boot on or since it was plugged in. True also where that cannot be read.
 */
bool guest_may_have_iommu(const char *root);

/*
 * One device by key, also of buses that guest_devices_each() leaves out (it then walks
 * /sys/devices, which takes milliseconds: remember what was not found). Returns 0, -ENOENT,
 * or -errno; *dev is written on 0 only.
 * `path` may be NULL; it gets the directory without root.
 */
int guest_device_by_key(const char *root, uint64_t key, struct rec_device *dev);
int guest_device_path(const char *root, uint64_t key, char *path, size_t len);

/* Reads one directory ("/sys/devices/pci0000:00/0000:00:01.0"). 0 or -errno. */
int guest_device_read(const char *root, const char *path, struct rec_device *dev);

/* False: the device of that key has left its directory; what cannot be read is no such news. */
bool guest_device_is_there(const char *root, const char *path, uint64_t key);

/* The name of its driver now, "" for none: a cheap question. 0, or -errno when it is gone. */
int guest_device_driver(const char *root, const char *path, char *buf, size_t len);

#endif /* DMASCOPE_GUEST_DEVICES_H */
