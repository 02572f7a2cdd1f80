// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The SWIOTLB pools from debugfs, the kernel log and the device tree.
 *
 * Kernel facts, linux 7.1.5 kernel/dma/swiotlb.c: swiotlb_print_info() prints the range with its
 * end exclusive, swiotlb_adjust_nareas() the areas, before limit_nareas() cuts them;
 * swiotlb_create_debugfs_files() makes the directory always and the files only for a pool that
 * was allocated; a restricted pool's directory has the name of its reserved-memory node and
 * lies in the default pool's, or beside it where that was not made yet. io_tlb_used_hiwater is
 * 6.4, and mode 0600: lockdown refuses it while the others (0400) stay readable
 * (fs/debugfs/file.c debugfs_locked_down()). Counts could fall below 0 and print as
 * 18446744073709551615 until a1255ccab8ec (2024).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/fs.h"
#include "guest/kind.h"
#include "guest/param.h"
#include "guest/pool.h"

#define DEBUGFS_ROOT	"/sys/kernel/debug"
#define DEBUGFS		DEBUGFS_ROOT "/swiotlb"
#define LOG_TAG		"software IO TLB: "
#define RESERVED	"/sys/firmware/devicetree/base/reserved-memory"

struct log_pool {
	bool readable;
	bool whole;		/* the log still begins at boot */
	bool mapped;		/* the range was printed */
	bool none;		/* the kernel log: there is none */
	uint64_t start, end;
	uint32_t areas;		/* 0 = not printed */
};

/* The last message counts: a pool can be torn down, or made late. */
static void read_log(const char *root, struct log_pool *l)
{
	unsigned long long a, b;
	unsigned int areas;
	const char *p;
	char *log;

	memset(l, 0, sizeof(*l));
	if (gfs_kernel_log(root, &log, &l->whole))
		return;
	l->readable = true;
	for (p = log; (p = strstr(p, LOG_TAG)); ) {
		p += strlen(LOG_TAG);
		if (sscanf(p, "mapped [mem %llx-%llx]", &a, &b) == 2 && b > a) {
			l->mapped = true;
			l->none = false;
			l->start = a;
			l->end = b;
		} else if (!strncmp(p, "No low mem", 10) || !strncmp(p, "tearing down", 12)) {
			l->mapped = false;
			l->none = true;
		} else if (sscanf(p, "area num %u.", &areas) == 1) {
			l->areas = areas;
		}
	}
	free(log);
}

/* A count of slots; values no pool can have (negative ones, wrapped) are not known. */
static bool read_slots(int dir, const char *name, uint64_t limit, uint64_t *out)
{
	uint64_t v;

	if (gfs_read_u64_at(dir, name, 10, &v) || v > limit)
		return false;
	*out = v;
	return true;
}

/* True if the directory holds a pool. */
static bool read_debugfs(int dir, struct rec_pool *p)
{
	/* Pools that grow can have had more in use than they hold now. */
	const uint64_t max = 1ULL << 40;

	if (!read_slots(dir, "io_tlb_nslabs", max, &p->nslabs) || !p->nslabs)
		return false;
	p->used_known = read_slots(dir, "io_tlb_used", p->dynamic ? max : p->nslabs, &p->used);
	/* 7.3 and later count it with swiotlb=track_hiwater alone: 0 is then no high water */
	p->hiwater_known = read_slots(dir, "io_tlb_used_hiwater", p->dynamic ? max : p->nslabs,
				      &p->hiwater) && p->hiwater;
	return true;
}

static void begin(struct dms_rec *rec, const char *name)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_POOL;
	gfs_copy(rec->pool.name, sizeof(rec->pool.name), name);
	rec->pool.slot_size = IO_TLB_SIZE;
	rec->pool.ts = gfs_now();
}

static bool forced_on_cmdline(const char *root)
{
	char cmdline[8192], value[64];

	return gfs_read(root, "/proc/cmdline", cmdline, sizeof(cmdline)) >= 0 &&
	       guest_param(cmdline, "swiotlb", value, sizeof(value)) &&
	       guest_param_has(value, "force");
}

/* 1 and *p filled, or 0: nothing is known. dir < 0: no debugfs. */
static int default_pool(const char *root, int dir, struct rec_pool *p)
{
	struct log_pool l;
	bool debugfs;

	p->dynamic = guest_kconfig(root, "CONFIG_SWIOTLB_DYNAMIC") == 1;
	debugfs = dir >= 0 && read_debugfs(dir, p);
	read_log(root, &l);
	if (l.mapped && (debugfs || dir < 0)) {
		p->start = l.start;
		p->end = l.end;
	}
	if (!debugfs && p->start != p->end)
		p->nslabs = (p->end - p->start) / IO_TLB_SIZE;
	/* an area has at least one segment */
	p->areas = l.areas < p->nslabs / IO_TLB_SEGSIZE ? l.areas :
		   (uint32_t)(p->nslabs / IO_TLB_SEGSIZE);
	if (p->nslabs && forced_on_cmdline(root))
		p->force_bounce_known = p->force_bounce = true;
	if (debugfs)
		gfs_copy(p->source, sizeof(p->source),
			 l.mapped ? "debugfs, kernel log" : "debugfs");
	else if (dir >= 0)
		gfs_copy(p->source, sizeof(p->source), "debugfs");
	else if (l.mapped || l.none)
		gfs_copy(p->source, sizeof(p->source), "kernel log");
	else
		return 0;
	return 1;
}

static uint64_t be(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* The range of a restricted pool: "reg" of its node, by the cells of the node above. */
static void read_reg(const char *root, const char *name, struct rec_pool *p)
{
	uint8_t reg[16], ac[4] = { 0, 0, 0, 2 }, sc[4] = { 0, 0, 0, 2 };
	char rel[300];
	unsigned int a, s;
	int n, dir = gfs_opendir(root, RESERVED);

	if (dir < 0)
		return;
	snprintf(rel, sizeof(rel), "%s/reg", name);
	n = gfs_read_raw_at(dir, rel, reg, sizeof(reg));
	gfs_read_raw_at(dir, "#address-cells", ac, sizeof(ac));
	gfs_read_raw_at(dir, "#size-cells", sc, sizeof(sc));
	close(dir);
	a = (unsigned int)be(ac, 4);
	s = (unsigned int)be(sc, 4);
	if (!a || a > 2 || !s || s > 2 || n < (int)(4 * (a + s)))
		return;
	p->start = be(reg, 4 * a);
	p->end = p->start + be(reg + 4 * a, 4 * s);
}

/* Those whose folders are in a folder of debugfs. */
static int restricted_pools(const char *root, const char *path, struct dms_rec *rec,
			    dms_sink_fn sink, void *ctx)
{
	int fd = gfs_opendir(root, path), err = 0;
	struct dirent *de;
	DIR *d;

	if (fd < 0)
		return 0;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (de = readdir(d))) {
		if (de->d_name[0] == '.' || !strcmp(de->d_name, "swiotlb") ||
		    !gfs_is_dir(dirfd(d), de))
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		begin(rec, de->d_name);
		if (read_debugfs(fd, &rec->pool)) {
			/* rmem_swiotlb_device_init(): a restricted pool always bounces. */
			rec->pool.force_bounce_known = rec->pool.force_bounce = true;
			read_reg(root, de->d_name, &rec->pool);
			gfs_copy(rec->pool.source, sizeof(rec->pool.source), "debugfs");
			err = sink(ctx, rec);
		}
		close(fd);
	}
	closedir(d);
	return err;
}

struct rec_pool *guest_pool_of_range(struct rec_pool *pools, unsigned int n, uint64_t start,
				     uint64_t nslabs)
{
	struct rec_pool *without = NULL;

	for (unsigned int i = 0; i < n; i++) {
		if (pools[i].start == start && pools[i].end != pools[i].start)
			return &pools[i];
		if (pools[i].start == pools[i].end && pools[i].nslabs == nslabs && !without)
			without = &pools[i];
	}
	return without;
}

bool guest_pool_differs(const struct rec_pool *p, uint64_t start, uint64_t nslabs)
{
	if (p->start < p->end)
		return p->start != start;
	return p->nslabs && p->nslabs != nslabs;
}

int guest_pool_use(const char *root, struct rec_pool *p)
{
	int dir = gfs_opendir(root, DEBUGFS);
	bool known = dir >= 0 && read_debugfs(dir, p) && p->used_known;

	if (dir >= 0)
		close(dir);
	return known ? 0 : -ENOENT;
}

int guest_pools(const char *root, dms_sink_fn sink, void *ctx)
{
	struct dms_rec *rec = calloc(1, sizeof(*rec));
	int dir, err = 0;

	if (!rec)
		return -ENOMEM;
	dir = gfs_opendir(root, DEBUGFS);
	begin(rec, "default");
	if (default_pool(root, dir, &rec->pool))
		err = sink(ctx, rec);
	if (dir >= 0)
		close(dir);
	if (!err)
		err = restricted_pools(root, DEBUGFS, rec, sink, ctx);
	/* swiotlb_create_default_debugfs() is a late initcall: most devices are found before */
	if (!err)
		err = restricted_pools(root, DEBUGFS_ROOT, rec, sink, ctx);
	free(rec);
	return err;
}

void guest_pools_why(const char *root, bool range_known, char *buf, size_t len)
{
	int dir = gfs_opendir(root, DEBUGFS);
	struct rec_pool p = { .nslabs = 0 };
	bool allocated = dir < 0 || read_debugfs(dir, &p);
	struct log_pool l;

	read_log(root, &l);
	buf[0] = '\0';
	if (dir < 0)
		snprintf(buf, len, "use of the pool: " DEBUGFS ": %s%s", strerror(-dir),
			 dir == -ENOENT ? " (is debugfs mounted?)" : "");
	else if (allocated && !l.mapped && !range_known)
		snprintf(buf, len, "range of the pool: the kernel %s", !l.readable ?
			 "log is not readable" : l.whole ? "did not print it" :
			 "log no longer begins at boot");
	if (dir >= 0)
		close(dir);
}
