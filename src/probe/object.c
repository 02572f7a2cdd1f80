// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The embedded BPF objects. A skeleton would do the same, but bpftool (until 7.6) makes none of an
 * object in the other byte order, and one way for all architectures is simpler than two.
 */
#include <errno.h>
#include <stdlib.h>
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
/* The same programs and maps, naming no kernel function: see AS() in bpf/lib/compat.h. */
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
	o->stats = find_map(o, "stats", &err);
	o->inflight = find_map(o, "inflight", &err);
	o->dev_filter = find_map(o, "dev_filter", &err);
	o->snap_piece = find_map(o, "snap_piece", &err);
	o->live = find_map(o, "live", &err);
	o->live_sets = find_map(o, "live_sets", &err);
	o->read_jiffies = find_program(o, "read_jiffies", &err);
	o->read_values = find_program(o, "read_values", &err);
	o->snap_pool = find_program(o, "snap_pool", &err);
	o->snap_table = find_program(o, "snap_table", &err);
	o->config = find_map(o, ".rodata.config", &err);
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

/* The variables of one section, as the programs have them. */
static int share(struct object *o, const char *section, void *var, size_t size)
{
	struct bpf_map *map;
	void *at;
	int err = 0;

	map = find_map(o, section, &err);
	if (!map)
		return err;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return -errno;
	*(void **)var = at;
	return 0;
}

int object__load(struct object *o)
{
	int err = bpf_object__load(o->obj);

	if (!err)
		err = share(o, ".data.values", &o->values, sizeof(*o->values));
	return err ? err : share(o, ".data.index", &o->index, sizeof(*o->index));
}

void object__free(struct object *o)
{
	if (!o)
		return;
	if (o->values)
		munmap(o->values, sizeof(*o->values));
	if (o->index)
		munmap(o->index, sizeof(*o->index));
	bpf_object__close(o->obj);
	free(o);
}
