// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kind of a device by its children, in a few words. One read of the device's directory finds
 * the children to inspect; other bus devices below it (bridges) are not entered.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/below.h"
#include "guest/fs.h"

#define MAX_NAMES	4	/* names listed before "..." */

struct names {
	char text[DMS_NAME_LEN];
	unsigned int count;
};

typedef void (*entry_fn)(int dir, const char *name, struct names *n);

static int open_dir_at(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Reading needs an offset of its own: a dup() would share the caller's. */
static DIR *open_stream(int dir)
{
	int fd = open_dir_at(dir, ".");
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fdopendir(fd);
	if (!d)
		close(fd);
	return d;
}

static void add_name(struct names *n, const char *name)
{
	size_t used = strlen(n->text);

	n->count++;
	if (n->count <= MAX_NAMES)
		snprintf(n->text + used, sizeof(n->text) - used, "%s%s", used ? " " : "", name);
	else if (n->count == MAX_NAMES + 1)
		snprintf(n->text + used, sizeof(n->text) - used, " ...");
}

/* The directories in a directory. */
static void each_dir(int dir, entry_fn fn, struct names *n)
{
	struct dirent *de;
	DIR *d = open_stream(dir);

	if (!d)
		return;
	while ((de = readdir(d)))
		if (de->d_name[0] != '.' && gfs_is_dir(dirfd(d), de))
			fn(dirfd(d), de->d_name, n);
	closedir(d);
}

static void each_dir_in(int dir, const char *name, entry_fn fn, struct names *n)
{
	int fd = open_dir_at(dir, name);

	if (fd < 0)
		return;
	each_dir(fd, fn, n);
	close(fd);
}

static void take(int dir, const char *name, struct names *n)
{
	(void)dir;
	add_name(n, name);
}

/* "host0" and the like: a word, then digits only. */
static bool numbered(const char *name, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(name, word, len) || !isdigit((unsigned char)name[len]))
		return false;
	for (name += len; isdigit((unsigned char)*name); name++)
		;
	return !*name;
}

/* targetH:C:T/H:C:T:L/block/sda */
static void scsi_lun(int dir, const char *name, struct names *n)
{
	int fd;

	if (!isdigit((unsigned char)name[0]) || !strchr(name, ':'))
		return;
	fd = open_dir_at(dir, name);
	if (fd < 0)
		return;
	each_dir_in(fd, "block", take, n);
	close(fd);
}

static void scsi_target(int dir, const char *name, struct names *n)
{
	/* Expanders of SAS put their targets deeper: hostN/port-*, end_device-*. */
	if (!strncmp(name, "target", 6))
		each_dir_in(dir, name, scsi_lun, n);
	else if (!strncmp(name, "port-", 5) || !strncmp(name, "end_device-", 11) ||
		 !strncmp(name, "rport-", 6))
		each_dir_in(dir, name, scsi_target, n);
}

static void ata_port(int dir, const char *name, struct names *n)
{
	if (numbered(name, "host"))
		each_dir_in(dir, name, scsi_target, n);
}

/* nvme/nvme0/nvme0n1; with multipath the disk is nvme0c0n1 here and nvme0n1 elsewhere. */
static void nvme_ctrl(int dir, const char *name, struct names *n)
{
	struct names disks = { .count = 0 };
	struct dirent *de;
	DIR *d;
	int fd = open_dir_at(dir, name);

	if (fd < 0)
		return;
	d = open_stream(fd);
	close(fd);
	if (!d)
		return;
	while ((de = readdir(d)))
		if (!strncmp(de->d_name, name, strlen(name)) && gfs_is_dir(dirfd(d), de))
			add_name(&disks, de->d_name);
	closedir(d);
	add_name(n, disks.count ? disks.text : name);
}

/* The weight of a child as evidence of the kind: the highest wins. */
enum rank { RANK_NONE, RANK_OTHER, RANK_USB, RANK_SCSI, RANK_DISK, RANK_NET };

struct scan {
	enum rank rank;
	const char *word;
	struct names names;
	char virtio[DMS_NAME_LEN];	/* its directory, "" = none */
};

static void note(struct scan *s, enum rank rank, const char *word, const struct names *n)
{
	if (rank < s->rank)
		return;
	if (rank == s->rank && !strcmp(s->word, word)) {
		if (n->count)
			add_name(&s->names, n->text);	/* a second ATA port, say */
		return;
	}
	s->rank = rank;
	s->word = word;
	s->names = *n;
}

/* Class directories below a device that define its kind. */
static const struct { const char *dir, *word; enum rank rank; } classes[] = {
	{ "net", "net", RANK_NET },
	{ "block", "block", RANK_DISK },
	{ "nvme", "nvme", RANK_DISK },
	{ "infiniband", "rdma", RANK_DISK },
	{ "mmc_host", "mmc", RANK_DISK },
	{ "drm", "drm", RANK_OTHER },
	{ "sound", "sound", RANK_OTHER },
	{ "graphics", "graphics", RANK_OTHER },
	{ "dma", "dma", RANK_OTHER },
	{ "video4linux", "video", RANK_OTHER },
	{ "ieee80211", "wifi", RANK_OTHER },
};

static void scan_class(int dir, const char *name, struct scan *s)
{
	struct names n = { .count = 0 };
	unsigned int i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strcmp(name, classes[i].dir))
			continue;
		each_dir_in(dir, name, strcmp(name, "nvme") ? take : nvme_ctrl, &n);
		if (n.count)
			note(s, classes[i].rank, classes[i].word, &n);
	}
}

static void scan_child(int dir, const char *name, struct scan *s)
{
	struct names n = { .count = 0 };

	if (numbered(name, "virtio")) {
		gfs_copy(s->virtio, sizeof(s->virtio), name);
	} else if (numbered(name, "host")) {
		each_dir_in(dir, name, scsi_target, &n);
		note(s, RANK_SCSI, "scsi", &n);
	} else if (numbered(name, "ata")) {
		each_dir_in(dir, name, ata_port, &n);
		note(s, RANK_SCSI, "ata", &n);
	} else if (numbered(name, "usb")) {
		add_name(&n, name);
		note(s, RANK_USB, "usb", &n);
	} else {
		scan_class(dir, name, s);
	}
}

static void scan_dir(int dir, struct scan *s)
{
	struct dirent *de;
	DIR *d = open_stream(dir);

	if (!d)
		return;
	while ((de = readdir(d))) {
		/* Names of bus devices hold a ':' or start with a digit; power is everywhere. */
		if (de->d_name[0] == '.' || isdigit((unsigned char)de->d_name[0]) ||
		    strchr(de->d_name, ':') || !gfs_is_dir(dirfd(d), de))
			continue;
		scan_child(dirfd(d), de->d_name, s);
	}
	closedir(d);
}

void guest_virtio_features(int dir, struct below *b)
{
	char bits[160];
	struct stat st;
	int i, n;

	n = gfs_read_at(dir, "features", bits, sizeof(bits));
	if (n < 32)
		return;
	/* A digit per feature, bit 0 first: drivers/virtio/virtio.c features_show(). */
	b->features = 0;
	for (i = 0; i < n && i < 64; i++) {
		if (bits[i] != '0' && bits[i] != '1')
			return;
		if (bits[i] == '1')
			b->features |= 1ULL << i;
	}
	/*
	 * They are what device and driver agreed on: before any driver all read as 0. A driver that
	 * then refused the device (it lacks ACCESS_PLATFORM) leaves them as they were.
	 */
	b->has_features = b->features || !fstatat(dir, "driver", &st, AT_SYMLINK_NOFOLLOW);
}

/* By the id (include/uapi/linux/virtio_ids.h): a driver need not be bound, nor named alike. */
static void virtio_word(int dir, char *buf, size_t len)
{
	static const char *const ids[] = {
		[1] = "net", [2] = "blk", [3] = "console", [4] = "rng", [5] = "balloon",
		[8] = "scsi", [9] = "9p", [16] = "gpu", [18] = "input", [19] = "vsock",
		[20] = "crypto", [23] = "iommu", [24] = "mem", [25] = "snd", [26] = "fs",
		[27] = "pmem",
	};
	uint64_t id;

	if (!gfs_read_u64_at(dir, "device", 0, &id) && id < sizeof(ids) / sizeof(ids[0]) && ids[id])
		snprintf(buf, len, "virtio-%s", ids[id]);
	else if (gfs_link_name_at(dir, "driver", buf, len))
		gfs_copy(buf, len, "virtio");
}

static void virtio_below(int dir, const char *name, struct below *b)
{
	struct scan s = { .rank = RANK_NONE, .word = "" };
	char word[32];
	int fd = open_dir_at(dir, name);

	if (fd < 0)
		return;
	b->virtio = true;
	guest_virtio_features(fd, b);
	virtio_word(fd, word, sizeof(word));
	scan_dir(fd, &s);
	snprintf(b->kind, sizeof(b->kind), "%.31s%s%.30s", word, s.names.count ? " " : "",
		 s.names.text);
	close(fd);
}

void guest_below(int dir, struct below *b)
{
	struct scan s = { .rank = RANK_NONE, .word = "" };

	memset(b, 0, sizeof(*b));
	scan_dir(dir, &s);
	if (s.virtio[0])
		virtio_below(dir, s.virtio, b);
	else if (s.rank)
		snprintf(b->kind, sizeof(b->kind), "%s%s%.50s", s.word, s.names.count ? " " : "",
			 s.names.text);
}
