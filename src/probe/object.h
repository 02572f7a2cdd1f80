/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF object that the tool carries: opened, loaded, its parts by name. Which of its programs
 * are wanted, and where they are attached, is not decided here. Private to src/probe.
 */
#ifndef DMASCOPE_PROBE_OBJECT_H
#define DMASCOPE_PROBE_OBJECT_H

#include <stdbool.h>

#include <bpf/libbpf.h>

#include "dmascope/config.h"

struct object {
	struct bpf_object *obj;
	struct bpf_map *rings, *counts, *devs, *dev_owner, *cells, *inflight, *dev_filter, *running;
	struct bpf_map *domains, *endpoints, *held;
	struct bpf_map *snap_piece;
	struct bpf_map *live, *live_sets;
	struct bpf_map *config;		/* one struct dms_config, set before loading */
	struct bpf_map *data_values, *data_index;
	struct bpf_program *read_values, *snap_pool, *snap_table, *read_jiffies;
	struct dms_values *values;	/* shared with the programs; NULL before loading */
	struct dms_index *index;	/* the same */
	const struct dms_counts *count;	/* the content of counts, devs and cells */
	const struct dms_counted *dev;
	const struct dms_cell *cell;
	const struct dms_running *call;	/* of running */
	struct dms_held *hold;		/* of held: user space takes what nobody fetches */
};

/*
 * Opens the object for kernels whose programs may call kernel functions, or the one for others.
 * 0 or -errno; object__free() is the caller's in the first case.
 */
int object__open(struct object **o, bool kfuncs, const struct bpf_object_open_opts *opts);

/* Loads the programs and maps that are wanted. 0 or -errno, as libbpf has it. */
int object__load(struct object *o);

void object__free(struct object *o);	/* takes NULL */

#endif /* DMASCOPE_PROBE_OBJECT_H */
