// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The embedded BPF objects. A skeleton would do the same, but bpftool (until 7.6) makes none of an
 * object in the other byte order, and one way for all architectures is simpler than two.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/object.h"

#define EMBED(name, file)							\
	extern const char name[], name##_end[];					\
	__asm__(".pushsection .rodata\n"					\
		".balign 16\n"							\
		".globl " #name ", " #name "_end\n"				\
		#name ":\n"							\
		".incbin \"" BPF_OBJECTS "/" file "\"\n"			\
		#name "_end:\n"							\
		".byte 0\n"							\
		".popsection\n")

EMBED(bpf_object_bytes, "dmascope.bpf.o");
/* The same programs and maps, naming no kernel function: see AS() in bpf/lib/device.h. */
EMBED(bpf_object_nokfunc_bytes, "dmascope_nokfunc.bpf.o");

static void map_read(struct object_map *map)
{
	map->fd = bpf_map__fd(map->lib);
	map->type = bpf_map__type(map->lib);
	map->key_size = bpf_map__key_size(map->lib);
	map->value_size = bpf_map__value_size(map->lib);
	map->entries = bpf_map__max_entries(map->lib);
	map->flags = bpf_map__map_flags(map->lib);
}

static int find_maps(struct object *o)
{
	struct bpf_map *lib;

	bpf_object__for_each_map(lib, o->obj) {
		if (o->maps == OBJECT_MAPS)
			return -E2BIG;
		o->map[o->maps].lib = lib;
		map_read(&o->map[o->maps++]);
	}
	return 0;
}

static struct object_map *find_map(struct object *o, const char *name, int *err)
{
	const struct bpf_map *lib = bpf_object__find_map_by_name(o->obj, name);

	for (unsigned int i = 0; i < o->maps; i++)
		if (o->map[i].lib == lib)
			return &o->map[i];
	*err = -ENOENT;
	return NULL;
}

static const char *const run_names[OBJECT_RUNS] = {
	[RUN_READ_VALUES] = "read_values",
	[RUN_SNAP_POOL] = "snap_pool",
	[RUN_SNAP_TABLE] = "snap_table",
	[RUN_READ_JIFFIES] = "read_jiffies",
};

static int find_runs(struct object *o)
{
	const struct bpf_program *prog;

	for (int i = 0; i < OBJECT_RUNS; i++) {
		prog = bpf_object__find_program_by_name(o->obj, run_names[i]);
		if (!prog)
			return -ENOENT;
		o->run[i] = bpf_program__fd(prog);
	}
	return 0;
}

static int find_parts(struct object *o)
{
	int err = find_maps(o);

	o->rings = find_map(o, "rings", &err);
	o->counts = find_map(o, "counts", &err);
	o->devs = find_map(o, "devs", &err);
	o->dev_owner = find_map(o, "dev_owner", &err);
	o->cells = find_map(o, "cells", &err);
	o->inflight = find_map(o, "inflight", &err);
	o->running = find_map(o, "running", &err);
	o->held = find_map(o, "held", &err);
	o->dev_filter = find_map(o, "dev_filter", &err);
	o->domains = find_map(o, "domains", &err);
	o->endpoints = find_map(o, "endpoints", &err);
	o->snap_piece = find_map(o, "snap_piece", &err);
	o->live = find_map(o, "live", &err);
	o->live_sets = find_map(o, "live_sets", &err);
	o->config = find_map(o, ".rodata.config", &err);
	o->data_values = find_map(o, ".data.values", &err);
	o->data_index = find_map(o, ".data.index", &err);
	return err;
}

int object__open(struct object **out, bool kfuncs, const struct bpf_object_open_opts *opts)
{
	const char *bytes = kfuncs ? bpf_object_bytes : bpf_object_nokfunc_bytes;
	const char *end = kfuncs ? bpf_object_bytes_end : bpf_object_nokfunc_bytes_end;
	struct object *o = calloc(1, sizeof(*o));
	int err;

	*out = NULL;
	if (!o)
		return -ENOMEM;
	o->obj = bpf_object__open_mem(bytes, (size_t)(end - bytes), opts);
	err = o->obj ? find_parts(o) : -errno;
	if (err) {
		object__free(o);
		return err;
	}
	*out = o;
	return 0;
}

int object__resize(struct object_map *map, uint32_t entries)
{
	int err = bpf_map__set_max_entries(map->lib, entries);

	map->entries = bpf_map__max_entries(map->lib);
	return err;
}

static size_t map_bytes(const struct object_map *map)
{
	return (size_t)map->entries * map->value_size;
}

/* Maps the values of a map, shared with the programs. */
static int share(const struct object_map *map, int prot, void *var)
{
	void *at = mmap(NULL, map_bytes(map), prot, MAP_SHARED, map->fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	memcpy(var, &at, sizeof(at));
	return 0;
}

static void unshare(const struct object_map *map, const void *at)
{
	if (at)
		munmap((void *)at, map_bytes(map));
}

/* The bytes of an object lie in the executable: once they were read, their pages may go. */
static void forget(const char *from, const char *end)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first, last;

	first = ((uintptr_t)from + page - 1) / page * page;
	last = (uintptr_t)end / page * page;
	if (first < last)
		madvise((void *)first, last - first, MADV_DONTNEED);
}

int object__load(struct object *o)
{
	int err = bpf_object__load(o->obj);

	forget(bpf_object_bytes, bpf_object_bytes_end);
	forget(bpf_object_nokfunc_bytes, bpf_object_nokfunc_bytes_end);
	for (unsigned int i = 0; i < o->maps && !err; i++)
		map_read(&o->map[i]);
	if (!err)
		err = find_runs(o);

	if (!err)
		err = share(o->data_values, PROT_READ | PROT_WRITE, &o->values);
	if (!err)
		err = share(o->data_index, PROT_READ | PROT_WRITE, &o->index);
	if (!err)
		err = share(o->counts, PROT_READ, &o->count);
	if (!err)
		err = share(o->devs, PROT_READ | PROT_WRITE, &o->dev);
	if (!err)
		err = share(o->running, PROT_READ, &o->call);
	if (!err)
		err = share(o->held, PROT_READ | PROT_WRITE, &o->hold);
	return err ? err : share(o->cells, PROT_READ | PROT_WRITE, &o->cell);
}

/* Puts own descriptors of all that stays into *fd; on an error those that were made are closed. */
static int keep_all(const struct object *o, int fd[OBJECT_MAPS + OBJECT_RUNS])
{
	unsigned int i, n = o->maps + OBJECT_RUNS;
	int from, err = 0;

	for (i = 0; i < n && !err; i++) {
		from = i < o->maps ? o->map[i].fd : o->run[i - o->maps];
		fd[i] = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, 0);
		if (from >= 0 && fd[i] < 0)
			err = -errno;
	}
	while (err && i--)
		if (fd[i] >= 0)
			close(fd[i]);
	return err;
}

int object__shed(struct object *o)
{
	int fd[OBJECT_MAPS + OBJECT_RUNS], err = keep_all(o, fd);

	if (err)
		return err;
	bpf_object__close(o->obj);
	o->obj = NULL;
	for (unsigned int i = 0; i < o->maps; i++) {
		o->map[i].lib = NULL;
		o->map[i].fd = fd[i];
	}
	memcpy(o->run, &fd[o->maps], sizeof(o->run));
	return 0;
}

/* After object__shed() they are ours. */
static void close_all(const struct object *o)
{
	for (unsigned int i = 0; i < o->maps; i++)
		if (o->map[i].fd >= 0)
			close(o->map[i].fd);
	for (int i = 0; i < OBJECT_RUNS; i++)
		if (o->run[i] >= 0)
			close(o->run[i]);
}

void object__free(struct object *o)
{
	if (!o)
		return;
	unshare(o->data_values, o->values);
	unshare(o->data_index, o->index);
	unshare(o->counts, o->count);
	unshare(o->devs, o->dev);
	unshare(o->cells, o->cell);
	unshare(o->running, o->call);
	unshare(o->held, o->hold);
	if (o->obj)
		bpf_object__close(o->obj);
	else
		close_all(o);
	free(o);
}
