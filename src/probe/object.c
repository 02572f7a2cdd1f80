// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The embedded BPF objects. A skeleton would do the same, but bpftool (until 7.6) makes none of an
 * object in the other byte order, and one way for all architectures is simpler than two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

static struct bpf_map *find_map(struct object *o, const char *name, int *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(o->obj, name);

	if (!map)
		*err = -ENOENT;
	return map;
}

static struct bpf_program *find_program(struct object *o, const char *name, int *err)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(o->obj, name);

	if (!prog)
		*err = -ENOENT;
	return prog;
}

static int find_parts(struct object *o)
{
	int err = 0;

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
	o->read_jiffies = find_program(o, "read_jiffies", &err);
	o->read_values = find_program(o, "read_values", &err);
	o->snap_pool = find_program(o, "snap_pool", &err);
	o->snap_table = find_program(o, "snap_table", &err);
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

static size_t map_bytes(const struct bpf_map *map)
{
	return (size_t)bpf_map__max_entries(map) * bpf_map__value_size(map);
}

/* Maps the values of a map, shared with the programs. */
static int share(const struct bpf_map *map, int prot, void *var)
{
	void *at = mmap(NULL, map_bytes(map), prot, MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED)
		return -errno;
	memcpy(var, &at, sizeof(at));
	return 0;
}

static void unshare(const struct bpf_map *map, const void *at)
{
	if (at)
		munmap((void *)at, map_bytes(map));
}

int object__load(struct object *o)
{
	int err = bpf_object__load(o->obj);

	if (!err)
		err = share(o->data_values, PROT_READ | PROT_WRITE, &o->values);
	if (!err)
		err = share(o->data_index, PROT_READ | PROT_WRITE, &o->index);
	if (!err)
		err = share(o->counts, PROT_READ, &o->count);
	if (!err)
		err = share(o->devs, PROT_READ, &o->dev);
	if (!err)
		err = share(o->running, PROT_READ, &o->call);
	if (!err)
		err = share(o->held, PROT_READ | PROT_WRITE, &o->hold);
	return err ? err : share(o->cells, PROT_READ, &o->cell);
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
	bpf_object__close(o->obj);
	free(o);
}
