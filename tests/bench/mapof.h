/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finding a map of a running process by its name, for inject.c and rate.c; nothing else. */
#ifndef BENCH_MAPOF_H
#define BENCH_MAPOF_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define FDS_MAX 256

/* The id of the map behind one of a process's fds; 0: it is no map. */
static inline uint32_t map_id(const char *pid, int fd)
{
	char path[64], line[128];
	unsigned int id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%d", pid, fd);
	f = fopen(path, "r");
	while (f && !id && fgets(line, sizeof(line), f))
		sscanf(line, "map_id: %u", &id);
	if (f)
		fclose(f);
	return id;
}

/* Our fd of the first map of that name and type which the process has. */
static inline int map_of(const char *pid, const char *name, enum bpf_map_type type)
{
	for (int fd = 0; fd < FDS_MAX; fd++) {
		uint32_t id = map_id(pid, fd), len;
		struct bpf_map_info info = {};
		int mine = id ? bpf_map_get_fd_by_id(id) : -1;

		len = sizeof(info);
		if (mine >= 0 && !bpf_obj_get_info_by_fd(mine, &info, &len) &&
		    info.type == type && !strcmp(info.name, name))
			return mine;
		if (mine >= 0)
			close(mine);
	}
	errno = ENOENT;
	return -1;
}

#endif
