// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The DMA windows of pseries devices, from properties of the device tree.
 *
 * Kernel facts, linux 7.1.5: arch/powerpc/kernel/prom_parse.c of_parse_dma_window();
 * arch/powerpc/platforms/pseries/iommu.c pci_dma_find() (the nearest node upwards that has any
 * window), struct dynamic_dma_window_prop, enable_ddw(); vio.c vio_build_iommu_table();
 * arch/powerpc/mm/drmem.c. The default window always has 4 KiB pages there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/devices.h"
#include "guest/fs.h"
#include "guest/windows.h"

#define TREE			"/sys/firmware/devicetree/base"
#define PROP_DEFAULT		"ibm,dma-window"
#define PROP_VIO		"ibm,my-dma-window"
#define PROP_DIRECT		"linux,direct64-ddr-window-info"
#define PROP_DYNAMIC		"linux,dma64-ddr-window-info"
#define DEFAULT_PAGE_SHIFT	12
#define DDW_LEN			24
#define MAX_UP			24	/* nodes from a device to the root */

static uint64_t be(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

int guest_window_parse_default(const void *val, size_t len, unsigned int addr_cells,
			       unsigned int size_cells, struct rec_window *w)
{
	const uint8_t *p = val;

	if (!addr_cells || addr_cells > 4 || !size_cells || size_cells > 2 ||
	    len < 4 * (1 + (size_t)addr_cells + size_cells))
		return -EINVAL;
	w->liobn = (uint32_t)be(p, 4);
	p += 4;
	/* As of_read_number(): of more than two cells the last two count. */
	w->base = be(p, 4 * addr_cells);
	p += 4 * addr_cells;
	w->size = be(p, 4 * size_cells);
	w->page_shift = DEFAULT_PAGE_SHIFT;
	w->kind = WINDOW_DEFAULT;
	w->use = WINDOW_DYNAMIC;
	return 0;
}

/* { be32 liobn; (gap) be64 dma_base; be32 tce_shift; be32 window_shift; }, not packed. */
int guest_window_parse_ddw(const void *val, size_t len, bool direct, struct rec_window *w)
{
	const uint8_t *p = val;
	uint64_t tce_shift, window_shift;

	if (len < DDW_LEN)
		return -EINVAL;
	tce_shift = be(p + 16, 4);
	window_shift = be(p + 20, 4);
	if (tce_shift < 12 || window_shift < tce_shift || window_shift > 63)
		return -EINVAL;
	w->liobn = (uint32_t)be(p, 4);
	w->base = be(p + 8, 8);
	w->page_shift = (uint32_t)tce_shift;
	w->size = 1ULL << window_shift;
	w->kind = WINDOW_DDW;
	w->use = direct ? WINDOW_DIRECT : WINDOW_DYNAMIC;
	return 0;
}

/* The context of one search for windows. */
struct search {
	const char *root;
	dms_sink_fn sink;
	void *ctx;
	bool pmemory;
	struct dms_rec rec;
};

static int emit(struct search *k, const char *prop)
{
	struct rec_window *w = &k->rec.window;

	k->rec.type = REC_WINDOW;
	w->ts = gfs_now();
	snprintf(w->source, sizeof(w->source), "device tree %s", prop);
	return k->sink(k->ctx, &k->rec);
}

static void begin(struct search *k, uint64_t key)
{
	memset(&k->rec, 0, sizeof(k->rec));
	k->rec.window.dev = key;
}

static int read_cell(int dir, const char *name, unsigned int *out)
{
	uint8_t v[4];

	if (gfs_read_raw_at(dir, name, v, sizeof(v)) != (int)sizeof(v))
		return -ENOENT;
	*out = (unsigned int)be(v, 4);
	return 0;
}

/* The cells of a node's window: its own properties, else those of the nodes above it. */
static unsigned int cells(int node, const char *ibm, const char *plain)
{
	char path[3 * MAX_UP + 64] = "";
	unsigned int v;
	size_t i;

	if (!read_cell(node, ibm, &v))
		return v;
	for (i = 0; i < MAX_UP; i++) {
		snprintf(path + 3 * i, sizeof(path) - 3 * i, "%s", plain);
		if (!read_cell(node, path, &v))
			return v;
		memcpy(path + 3 * i, "../", 4);
	}
	return 1;
}

/* 1 emitted, 0 no such property (or not understood), < 0 from the sink. */
static int default_at(struct search *k, int node, const char *prop, uint64_t key)
{
	uint8_t val[64];
	int err, n = gfs_read_raw_at(node, prop, val, sizeof(val));

	if (n <= 0)
		return 0;
	begin(k, key);
	if (guest_window_parse_default(val, n, cells(node, "ibm,#dma-address-cells",
						     "#address-cells"),
				       cells(node, "ibm,#dma-size-cells", "#size-cells"),
				       &k->rec.window))
		return 0;
	err = emit(k, prop);
	return err < 0 ? err : 1;
}

/*
 * enable_ddw() marks a window that is split between pre-mapped RAM and a table for pmemory
 * "direct" too. It makes one only where the default window had to go, and of a size that is
 * not MAX_PHYSMEM_BITS (46 or 51).
 */
static bool is_hybrid(const struct search *k, int node)
{
	struct stat st;

	return k->pmemory && fstatat(node, PROP_DEFAULT, &st, 0) &&
	       k->rec.window.size != 1ULL << 46 && k->rec.window.size != 1ULL << 51;
}

static int ddw_at(struct search *k, int node, const char *prop, bool direct, uint64_t key)
{
	uint8_t val[64];
	int err, n = gfs_read_raw_at(node, prop, val, sizeof(val));

	if (n <= 0)
		return 0;
	begin(k, key);
	if (guest_window_parse_ddw(val, n, direct, &k->rec.window))
		return 0;
	if (direct && is_hybrid(k, node))
		k->rec.window.use = WINDOW_HYBRID;
	err = emit(k, prop);
	return err < 0 ? err : 1;
}

/* All windows at one node: how many, or < 0. */
static int windows_at(struct search *k, int node, uint64_t key)
{
	int a, b, c, d;

	a = default_at(k, node, PROP_VIO, key);
	if (a < 0)
		return a;
	b = default_at(k, node, PROP_DEFAULT, key);
	if (b < 0)
		return b;
	c = ddw_at(k, node, PROP_DIRECT, true, key);
	if (c < 0)
		return c;
	d = ddw_at(k, node, PROP_DYNAMIC, false, key);
	return d < 0 ? d : a + b + c + d;
}

/* Walks up from the node until one has a window. Closes node. */
static int windows_above(struct search *k, int node, uint64_t key)
{
	struct stat here, base;
	int i, up, n = 0;
	char path[GFS_PATH_LEN];

	if (gfs_path(path, sizeof(path), k->root, TREE) || stat(path, &base))
		memset(&base, 0, sizeof(base));
	for (i = 0; i < MAX_UP; i++) {
		n = windows_at(k, node, key);
		if (n || fstat(node, &here) || here.st_ino == base.st_ino)
			break;
		up = openat(node, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			break;
		close(node);
		node = up;
	}
	close(node);
	return n < 0 ? n : 0;
}

/* The device's node; for devices the firmware did not describe, that of a device above. */
static int open_node(const char *root, const char *path)
{
	char dir[GFS_PATH_LEN], *slash;
	int fd, len;

	gfs_copy(dir, sizeof(dir), path);
	while (!strncmp(dir, "/sys/devices/", 13)) {
		len = (int)strlen(dir);
		if ((size_t)len + 9 > sizeof(dir))
			return -ENAMETOOLONG;
		memcpy(dir + len, "/of_node", 9);
		fd = gfs_opendir(root, dir);
		dir[len] = '\0';
		if (fd >= 0 || fd != -ENOENT)
			return fd;
		slash = strrchr(dir, '/');
		*slash = '\0';
	}
	return -ENOENT;
}

static int find_at(struct search *k, const char *path, uint64_t key)
{
	int node = open_node(k->root, path);

	if (node == -ENOENT || node == -ENOTDIR)
		return 0;
	return node < 0 ? node : windows_above(k, node, key);
}

static struct search *search_new(const char *root, dms_sink_fn sink, void *ctx)
{
	struct search *k = calloc(1, sizeof(*k));
	struct guest_dt dt;

	if (!k)
		return NULL;
	k->root = root;
	k->sink = sink;
	k->ctx = ctx;
	k->pmemory = !guest_dt(root, &dt) && dt.pmemory;
	return k;
}

static int each(void *ctx, const struct rec_device *dev, const char *path)
{
	return find_at(ctx, path, dev->key);
}

/* At the device of this path; NULL: at every device. */
static int find_windows(const char *root, const char *path, uint64_t key, dms_sink_fn sink,
			void *ctx)
{
	struct search *k;
	int err;

	if (!gfs_exists(root, TREE))
		return 0;
	k = search_new(root, sink, ctx);
	if (!k)
		return -ENOMEM;
	err = path ? find_at(k, path, key) : guest_devices_each(root, each, k);
	free(k);
	return err;
}

int guest_windows_of(const char *root, const char *path, uint64_t key, dms_sink_fn sink,
		     void *ctx)
{
	return find_windows(root, path, key, sink, ctx);
}

int guest_windows(const char *root, dms_sink_fn sink, void *ctx)
{
	return find_windows(root, NULL, 0, sink, ctx);
}

/* Is there a node below (to the given depth) with this property? */
static bool has_property(int dir, const char *prop, int depth)
{
	struct dirent *de;
	struct stat st;
	bool found;
	int fd;
	DIR *d;

	found = !fstatat(dir, prop, &st, 0);
	if (found || !depth)
		return found;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && (de = readdir(d))) {
		if (de->d_name[0] == '.' || !gfs_is_dir(dirfd(d), de))
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found = has_property(fd, prop, depth - 1);
		close(fd);
	}
	closedir(d);
	return found;
}

static bool any_ddw(int tree)
{
	struct dirent *de;
	bool found = false;
	int fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && (de = readdir(d))) {
		if (strncmp(de->d_name, "pci@", 4))
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		found = has_property(fd, "ibm,ddw-applicable", 4);
		close(fd);
	}
	closedir(d);
	return found;
}

static bool any_pmemory(int tree)
{
	int fd = openat(tree, "ibm,persistent-memory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = false;
	struct dirent *de;
	DIR *d;

	if (fd < 0)
		return false;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return false;
	}
	while (!found && (de = readdir(d)))
		found = !strncmp(de->d_name, "ibm,pmemory", 11);
	closedir(d);
	return found;
}

int guest_dt(const char *root, struct guest_dt *dt)
{
	uint8_t lmb[8];
	int n, tree;

	memset(dt, 0, sizeof(*dt));
	tree = gfs_opendir(root, TREE);
	if (tree < 0)
		return tree == -ENOENT ? 0 : tree;
	dt->present = true;
	n = gfs_read_raw_at(tree, "ibm,dynamic-reconfiguration-memory/ibm,lmb-size", lmb,
			    sizeof(lmb));
	if (n == 4 || n == 8)
		dt->lmb_size = be(lmb, n);
	dt->ddw_applicable = any_ddw(tree);
	dt->pmemory = any_pmemory(tree);
	close(tree);
	return 0;
}
