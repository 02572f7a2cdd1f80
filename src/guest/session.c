// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The machine's facts for the head of a trace: kernel, memory, command line, clocks. What kind
 * of guest it is is decided in kind.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "guest/arm64.h"
#include "guest/fs.h"
#include "guest/kind.h"
#include "guest/lockdown.h"
#include "guest/param.h"
#include "guest/windows.h"
#include "util/names.h"

#ifndef DMASCOPE_VERSION
#define DMASCOPE_VERSION "?"
#endif

/*
 * Sums "System RAM" at the top level. The addresses read as 0 without CAP_SYS_ADMIN
 * (kernel/resource.c r_show()): then nothing is known.
 */
static int mem_from_iomem(const char *root, uint64_t *bytes, uint64_t *top)
{
	unsigned long long start, end;
	char *buf, *line, *save = NULL;
	int err;

	err = gfs_read_all(root, "/proc/iomem", 16 << 20, &buf, NULL);
	if (err)
		return err;
	*bytes = 0;
	*top = 0;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == ' ' || !strstr(line, " : System RAM"))
			continue;
		if (sscanf(line, "%llx-%llx", &start, &end) != 2 || end <= start)
			continue;
		*bytes += end - start + 1;
		if (end + 1 > *top)
			*top = end + 1;
	}
	free(buf);
	return *bytes ? 0 : -ENODATA;
}

/* Memory blocks that are online: drivers/base/memory.c. */
static int mem_from_blocks(const char *root, uint64_t *bytes, uint64_t *top)
{
	uint64_t size, index;
	char name[300], state[16];
	struct dirent *de;
	DIR *d;
	int fd;

	*bytes = 0;
	*top = 0;
	if (gfs_read_u64(root, "/sys/devices/system/memory/block_size_bytes", 16, &size) || !size)
		return -ENODATA;
	fd = gfs_opendir(root, "/sys/devices/system/memory");
	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((de = readdir(d))) {
		if (sscanf(de->d_name, "memory%" SCNu64, &index) != 1)
			continue;
		snprintf(name, sizeof(name), "%s/state", de->d_name);
		if (gfs_read_at(dirfd(d), name, state, sizeof(state)) <= 0 ||
		    strncmp(state, "online", 6))
			continue;
		*bytes += size;
		if ((index + 1) * size > *top)
			*top = (index + 1) * size;
	}
	closedir(d);
	return *bytes ? 0 : -ENODATA;
}

static uint64_t mem_total(const char *root)
{
	unsigned long long kb = 0;
	const char *p;
	char buf[4096];

	if (gfs_read(root, "/proc/meminfo", buf, sizeof(buf)) <= 0)
		return 0;
	p = strstr(buf, "MemTotal:");
	return p && sscanf(p, "MemTotal: %llu kB", &kb) == 1 ? kb << 10 : 0;
}

static void read_memory(const char *root, struct rec_session *s)
{
	if (!mem_from_iomem(root, &s->mem_bytes, &s->mem_top) ||
	    !mem_from_blocks(root, &s->mem_bytes, &s->mem_top))
		return;
	s->mem_bytes = mem_total(root);
	s->mem_top = 0;
}

/* The parameter is "slots[,areas][,force|noforce]": kernel/dma/swiotlb.c, the last one wins. */
static void read_cmdline(const char *root, struct rec_session *s)
{
	char buf[8192], value[64];

	if (gfs_read(root, "/proc/cmdline", buf, sizeof(buf)) < 0)
		return;
	s->swiotlb_force = guest_param(buf, "swiotlb", value, sizeof(value)) &&
			   guest_param_has(value, "force");
	s->disable_ddw = guest_param(buf, "disable_ddw", NULL, 0);
	gfs_copy(s->cmdline, sizeof(s->cmdline), buf);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return (int64_t)ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The tightest of a few readings, so that being scheduled out in between does not count. */
static int64_t realtime_offset(void)
{
	int64_t best = INT64_MAX, offset = 0, before, real, after;
	int i;

	for (i = 0; i < 5; i++) {
		before = clock_ns(CLOCK_MONOTONIC);
		real = clock_ns(CLOCK_REALTIME);
		after = clock_ns(CLOCK_MONOTONIC);
		if (after - before < best) {
			best = after - before;
			offset = real - (before + (after - before) / 2);
		}
	}
	return offset;
}

int guest_session(const char *root, struct rec_session *s)
{
	struct guest_lockdown l;
	struct guest_facts f;
	struct guest_dt dt;
	struct utsname u;

	memset(s, 0, sizeof(*s));
	if (uname(&u))
		return -errno;
	guest_facts_read(root, &f);
	s->guest = guest_facts_kind(&f, s->guest_how, sizeof(s->guest_how));
	s->enc_mask = guest_facts_enc_mask(&f, s->guest);
	if (dms_guest_is(s->guest, GT_SHARED_BIT))
		s->shared_mask = arm64_shared_mask(root);
	gfs_copy(s->tool_version, sizeof(s->tool_version), DMASCOPE_VERSION);
	gfs_copy(s->arch, sizeof(s->arch), f.arch);
	if (gfs_live(root) ||
	    gfs_read(root, "/proc/sys/kernel/osrelease", s->kernel, sizeof(s->kernel)) <= 0)
		gfs_copy(s->kernel, sizeof(s->kernel), u.release);
	guest_lockdown(root, &l);
	gfs_copy(s->lockdown, sizeof(s->lockdown), l.name);
	s->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	s->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	read_memory(root, s);
	read_cmdline(root, s);
	if (!guest_dt(root, &dt))
		s->lmb_size = dt.lmb_size;
	s->realtime_offset_ns = realtime_offset();
	return 0;
}
