// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The devices of the machine as sysfs shows them. What hangs below one is in below.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/below.h"
#include "guest/devices.h"
#include "guest/fs.h"

#define MAX_DEPTH	24	/* of /sys/devices */

/*
 * The buses whose devices do DMA of their own. Left out: usb and scsi (their controller does
 * it), css (its subchannels only at probe). Devices of other buses that do it all the same are
 * found by their key.
 */
static const struct bus {
	const char *name;
	bool only_used;		/* list only devices with a driver and something below them */
	const char *only_with;	/* list only devices that have this file */
} buses[] = {
	{ .name = "pci" },
	/* Consoles and NVRAM have no window and do no DMA; the bus itself is a device too. */
	{ .name = "vio", .only_with = "of_node/ibm,my-dma-window" },
	{ .name = "ccw" },
	{ .name = "vmbus" },	/* Hyper-V: storage and network bounce in isolated guests */
	{ .name = "platform", .only_used = true },	/* each has a mask, few do DMA */
	{ .name = "amba", .only_used = true },
	{ .name = "virtio" },	/* only those not below one of the above */
};
#define NBUSES	(sizeof(buses) / sizeof(buses[0]))

static uint64_t mask_of_bits(uint64_t bits)
{
	return bits >= 64 ? ~0ULL : (1ULL << bits) - 1;
}

/* drivers/pci/pci-sysfs.c: fls64() of the mask, so a mask with holes shows without them. */
static void read_masks(int dir, struct dms_devstate *st)
{
	uint64_t bits;

	if (!gfs_read_u64_at(dir, "dma_mask_bits", 10, &bits) && bits <= 64) {
		st->dma_mask = mask_of_bits(bits);
		st->known |= DMS_DS_MASK;
	}
	if (!gfs_read_u64_at(dir, "consistent_dma_mask_bits", 10, &bits) && bits <= 64) {
		st->coherent_mask = mask_of_bits(bits);
		st->known |= DMS_DS_COHERENT_MASK;
	}
}

static void read_ids(int dir, struct rec_device *dev)
{
	uint64_t v;

	if (!gfs_read_u64_at(dir, "vendor", 16, &v) && v <= 0xffff)
		dev->vendor = (uint16_t)v;
	if (!gfs_read_u64_at(dir, "device", 16, &v) && v <= 0xffff)
		dev->device = (uint16_t)v;
}

static void read_driver(int dir, struct rec_device *dev)
{
	int err = gfs_link_name_at(dir, "driver", dev->driver, sizeof(dev->driver));

	if (err)
		dev->driver[0] = '\0';
	/* No link is knowledge too: no driver is bound. */
	if (!err || err == -ENOENT)
		dev->known |= DEV_KNOWN_DRIVER;
}

/*
 * The name of its IOMMU: "../../virtual/iommu/dmar0". A virtio-iommu has the name of its PCI
 * device; that of the virtio device is clearer: "../0000:00:01.0/virtio0/iommu/0000:00:01.0".
 */
static int iommu_name(int dir, char *buf, size_t len)
{
	char target[GFS_PATH_LEN];
	ssize_t n = readlinkat(dir, "iommu", target, sizeof(target) - 1);
	char *name, *at;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	name = strrchr(target, '/');
	at = strstr(target, "/virtio");
	if (at && !strncmp(at + strcspn(at + 1, "/") + 1, "/iommu/", strlen("/iommu/"))) {
		at[strcspn(at + 1, "/") + 1] = '\0';
		name = at;
	}
	gfs_copy(buf, len, name ? name + 1 : target);
	return 0;
}

/*
 * The IOMMU that translates for the device, and the type of its domain: drivers/iommu/iommu.c
 * iommu_device_link(), iommu_group_show_type(), 5.11 to 7.3 (the names of types: 5.15).
 */
static void read_iommu(int dir, struct rec_device *dev)
{
	char type[sizeof(dev->iommu_domain)] = "";
	int err = iommu_name(dir, dev->iommu, sizeof(dev->iommu)), n;

	if (err)
		dev->iommu[0] = '\0';
	if (err && err != -ENOENT)
		return;
	n = gfs_read_at(dir, "iommu_group/type", type, sizeof(type));
	if (n > 0)
		gfs_copy(dev->iommu_domain, sizeof(dev->iommu_domain), type);
	dev->known |= DEV_KNOWN_IOMMU;
}

/*
 * Below an external port: pci_set_removable() asks for the same as set_pcie_untrusted()
 * (drivers/pci/probe.c, 5.14 to 7.3).
 */
static void read_external(int dir, struct rec_device *dev)
{
	char word[16];

	if (gfs_read_at(dir, "removable", word, sizeof(word)) <= 0)
		return;
	dev->external = !strcmp(word, "removable");
	dev->known |= DEV_KNOWN_EXTERNAL;
}

/* Fills *dev from the open directory. bus NULL: from its subsystem link. */
static int read_device(int dir, const char *name, const char *bus, struct rec_device *dev)
{
	struct below b;
	struct stat st;

	memset(dev, 0, sizeof(*dev));
	if (fstat(dir, &st))
		return -errno;
	dev->key = st.st_ino;
	dev->ts = gfs_now();
	gfs_copy(dev->name, sizeof(dev->name), name);
	if (bus)
		gfs_copy(dev->bus, sizeof(dev->bus), bus);
	else if (gfs_link_name_at(dir, "subsystem", dev->bus, sizeof(dev->bus)))
		dev->bus[0] = '\0';
	read_driver(dir, dev);
	read_iommu(dir, dev);
	guest_below(dir, &b);
	if (!strcmp(dev->bus, "pci")) {
		read_ids(dir, dev);
		read_masks(dir, &dev->st);
		read_external(dir, dev);
	} else if (!strcmp(dev->bus, "virtio")) {
		guest_virtio_features(dir, &b);
	}
	gfs_copy(dev->kind, sizeof(dev->kind), b.kind);
	if (b.has_features) {
		dev->virtio_features = b.features;
		dev->known |= DEV_KNOWN_FEATURES;
	}
	dev->st.type = DMS_EV_DEVSTATE;
	dev->st.dev = dev->key;
	dev->st.ts = dev->ts;
	return 0;
}

/* A bus's links lead to "../../../devices/...": the directory without root. */
static int resolve_link(int busdir, const char *name, char *path, size_t len)
{
	char target[GFS_PATH_LEN];
	ssize_t n = readlinkat(busdir, name, target, sizeof(target) - 1);
	const char *p;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	for (p = target; !strncmp(p, "../", 3); p += 3)
		;
	n = snprintf(path, len, "/sys/%s", p);
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static bool is_listed_bus(const char *name)
{
	unsigned int i;

	for (i = 0; i < NBUSES; i++)
		if (!strcmp(buses[i].name, name) && strcmp(name, "virtio"))
			return true;
	return false;
}

/* Is the virtio device folded into its parent? */
static bool has_listed_parent(int dir)
{
	char bus[32];

	return !gfs_link_name_at(dir, "../subsystem", bus, sizeof(bus)) && is_listed_bus(bus);
}

/* Asked before a device is read: most of the platform have no driver. */
static bool worth_reading(const struct bus *bus, int dir)
{
	struct stat st;

	if (bus->only_with && fstatat(dir, bus->only_with, &st, 0))
		return false;
	return !bus->only_used || !fstatat(dir, "driver", &st, AT_SYMLINK_NOFOLLOW);
}

static bool wanted(const struct bus *bus, int dir, const struct rec_device *dev)
{
	struct stat st;

	if (!strcmp(bus->name, "virtio"))
		return !has_listed_parent(dir);
	if (!bus->only_used)
		return true;
	return dev->driver[0] && (dev->kind[0] || !fstatat(dir, "iommu_group", &st, 0));
}

/* One entry of a bus: 0, or < 0 from fn. A device that vanished meanwhile is no error. */
static int visit(const struct bus *bus, int busdir, const char *name, guest_device_fn fn,
		 void *ctx)
{
	char path[GFS_PATH_LEN];
	struct rec_device dev;
	int dir, err = 0;

	dir = openat(busdir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	if (!worth_reading(bus, dir) || resolve_link(busdir, name, path, sizeof(path))) {
		close(dir);
		return 0;
	}
	if (!read_device(dir, name, bus->name, &dev) && wanted(bus, dir, &dev)) {
		dev.preexisting = true;
		err = fn(ctx, &dev, path);
	}
	close(dir);
	return err;
}

static int not_hidden(const struct dirent *de)
{
	return de->d_name[0] != '.';
}

static int visit_bus(const char *root, const struct bus *bus, guest_device_fn fn, void *ctx)
{
	char path[GFS_PATH_LEN], rel[64];
	struct dirent **list = NULL;
	int i, n, dir, err = 0;

	snprintf(rel, sizeof(rel), "/sys/bus/%s/devices", bus->name);
	err = gfs_path(path, sizeof(path), root, rel);
	if (err)
		return err;
	dir = gfs_opendir(root, rel);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	n = scandir(path, &list, not_hidden, alphasort);
	if (n < 0) {
		err = -errno;
		close(dir);
		return err;
	}
	for (i = 0; i < n; i++) {
		if (!err)
			err = visit(bus, dir, list[i]->d_name, fn, ctx);
		free(list[i]);
	}
	free(list);
	close(dir);
	return err;
}

/* The number of entries of a directory, -1: it cannot be read. */
static int count_entries(const char *root, const char *rel)
{
	char path[GFS_PATH_LEN];
	struct dirent **list;
	int n;

	if (gfs_path(path, sizeof(path), root, rel))
		return -1;
	n = scandir(path, &list, not_hidden, NULL);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return n;
}

unsigned int guest_devices_count(const char *root)
{
	unsigned int sum = 0;
	char rel[64];

	for (unsigned int i = 0; i < NBUSES; i++) {
		int n;

		snprintf(rel, sizeof(rel), "/sys/bus/%s/devices", buses[i].name);
		n = count_entries(root, rel);
		sum += n > 0 ? (unsigned int)n : 0;
	}
	return sum;
}

bool guest_may_have_iommu(const char *root)
{
	return count_entries(root, "/sys/kernel/iommu_groups") != 0;
}

int guest_devices_each(const char *root, guest_device_fn fn, void *ctx)
{
	unsigned int i;
	int err;

	for (i = 0; i < NBUSES; i++) {
		err = visit_bus(root, &buses[i], fn, ctx);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Stats the entries of a bus. sysfs has no file handles (KERNFS_ROOT_SUPPORT_EXPORTOP is
 * cgroup's alone), so the kernel cannot be asked for an id.
 */
static int find_on_bus(const char *root, const struct bus *bus, uint64_t key, char *path,
		       size_t len)
{
	struct dirent *de;
	struct stat st;
	char rel[64];
	int dir, err = -ENOENT;
	DIR *d;

	snprintf(rel, sizeof(rel), "/sys/bus/%s/devices", bus->name);
	dir = gfs_opendir(root, rel);
	if (dir < 0)
		return dir;
	d = fdopendir(dir);
	if (!d) {
		close(dir);
		return -ENOMEM;
	}
	while (err == -ENOENT && (de = readdir(d)))
		if (not_hidden(de) && !fstatat(dir, de->d_name, &st, 0) && st.st_ino == key)
			err = resolve_link(dir, de->d_name, path, len);
	closedir(d);
	return err;
}

/*
 * Looks for the inode below /sys/devices; the directory entries hold it, so nothing is
 * stat()ed. 0 found, -ENOENT, or -errno.
 */
static int walk(int dir, uint64_t key, char *path, size_t len, int depth)
{
	size_t used = strlen(path);
	int fd, n, err = -ENOENT;
	struct dirent *de;
	DIR *d = fdopendir(dir);

	if (!d) {
		close(dir);
		return -ENOMEM;
	}
	while (err == -ENOENT && (de = readdir(d))) {
		if (de->d_name[0] == '.' || !gfs_is_dir(dirfd(d), de))
			continue;
		n = snprintf(path + used, len - used, "/%s", de->d_name);
		if (n < 0 || (size_t)n >= len - used)
			continue;
		if (de->d_ino == key) {
			err = 0;
			break;
		}
		if (depth >= MAX_DEPTH)
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			err = walk(fd, key, path, len, depth + 1);
	}
	closedir(d);
	if (err)
		path[used] = '\0';
	return err;
}

int guest_device_path(const char *root, uint64_t key, char *path, size_t len)
{
	unsigned int i;
	int dir;

	if (!key || !len)
		return -ENOENT;
	for (i = 0; i < NBUSES; i++)
		if (!find_on_bus(root, &buses[i], key, path, len))
			return 0;
	dir = gfs_opendir(root, "/sys/devices");
	if (dir < 0)
		return dir;
	gfs_copy(path, len, "/sys/devices");
	return walk(dir, key, path, len, 0);
}

int guest_device_read(const char *root, const char *path, struct rec_device *dev)
{
	const char *name = strrchr(path, '/');
	int dir, err;

	dir = gfs_opendir(root, path);
	if (dir < 0)
		return dir;
	err = read_device(dir, name ? name + 1 : path, NULL, dev);
	close(dir);
	return err;
}

bool guest_device_is_there(const char *root, const char *path, uint64_t key)
{
	char full[GFS_PATH_LEN];
	struct stat st;

	if (gfs_path(full, sizeof(full), root, path))
		return true;
	if (stat(full, &st))
		return errno != ENOENT && errno != ENOTDIR;
	return st.st_ino == key;
}

int guest_device_driver(const char *root, const char *path, char *buf, size_t len)
{
	int dir = gfs_opendir(root, path), err;

	if (dir < 0)
		return dir;
	err = gfs_link_name_at(dir, "driver", buf, len);
	close(dir);
	if (err == -ENOENT)
		buf[0] = '\0';
	return err == -ENOENT ? 0 : err;
}

int guest_device_by_key(const char *root, uint64_t key, struct rec_device *dev)
{
	char path[GFS_PATH_LEN];
	struct rec_device tmp;
	int err;

	err = guest_device_path(root, key, path, sizeof(path));
	if (err)
		return err;
	err = guest_device_read(root, path, &tmp);
	if (err)
		return err == -ENODEV ? -ENOENT : err;
	/* Replaced during the read: another generation is another device. */
	if (tmp.key != key)
		return -ENOENT;
	*dev = tmp;
	return 0;
}
