/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF object that the tool carries: opened, loaded, its parts by name. Which of its programs
 * are wanted, and where they are attached, is not decided here. Private to src/probe.
 */
#ifndef DMASCOPE_PROBE_OBJECT_H
#define DMASCOPE_PROBE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "dmascope/config.h"

/* A map of the object. */
struct object_map {
	struct bpf_map *lib;		/* NULL once object__shed() was called */
	int fd;				/* -1 before loading */
	uint32_t type, key_size, value_size, entries, flags;
};

#define OBJECT_MAPS	64

/* The programs that are run by BPF_PROG_TEST_RUN. */
enum object_run { RUN_READ_VALUES, RUN_SNAP_POOL, RUN_SNAP_TABLE, RUN_READ_JIFFIES, OBJECT_RUNS };

struct object {
	struct bpf_object *obj;		/* NULL once object__shed() was called */
	struct object_map map[OBJECT_MAPS];
	unsigned int maps;
	struct object_map *rings, *counts, *devs, *dev_owner, *cells, *inflight, *dev_filter;
	struct object_map *running, *domains, *endpoints, *held, *snap_piece, *live, *live_sets;
	struct object_map *config;	/* one struct dms_config, set before loading */
	struct object_map *data_values, *data_index;
	int run[OBJECT_RUNS];		/* descriptors; negative: not loaded */
	struct dms_values *values;	/* shared with the programs; NULL before loading */
	struct dms_index *index;	/* the same */
	const struct dms_counts *count;	/* the content of counts ... */
	uint64_t *dev;			/* ... of devs and cells: places are freed here */
	struct dms_counted *cell;
	const struct dms_running *call;	/* of running */
	struct dms_held *hold;		/* of held: user space takes what nobody fetches */
};

/*
 * Opens the object for kernels whose programs may call kernel functions, or the one for others.
 * 0 or -errno; object__free() is the caller's in the first case.
 */
int object__open(struct object **o, bool kfuncs, const struct bpf_object_open_opts *opts);

/* Sets the number of a map's elements, before it is loaded. 0 or -errno. */
int object__resize(struct object_map *map, uint32_t entries);

/* Loads the programs and maps that are wanted. 0 or -errno, as libbpf has it. */
int object__load(struct object *o);

/*
 * Frees what libbpf keeps of an object that is loaded and attached, instructions and BTF of all
 * programs (3 MiB); maps and run[] stay. 0 or -errno: nothing was changed.
 */
int object__shed(struct object *o);

void object__free(struct object *o);	/* takes NULL */

#endif /* DMASCOPE_PROBE_OBJECT_H */
