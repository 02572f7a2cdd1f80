// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the programs count, read where they keep it: counters of hooks, and cells by CPU, device
 * and path (include/dmascope/config.h). No system call; what is being changed may be a little old.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/inside.h"

#define PLACES_MIN	512	/* of devices: 0.7 MB of cells for each CPU */
#define PLACES_MAX	4096

/* CPU numbers that there can be: not all below the highest need exist. */
static uint32_t cpu_ids(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned int last = 0;
	int c;

	while (f && (c = fgetc(f)) != EOF && c != '\n') {
		if (c < '0' || c > '9')
			last = 0;
		else
			last = last * 10 + (unsigned int)(c - '0');
	}
	if (f)
		fclose(f);
	return last + 1 > (uint32_t)libbpf_num_possible_cpus() ? last + 1 :
	       (uint32_t)libbpf_num_possible_cpus();
}

uint32_t cells__places(const struct probe *p)
{
	uint32_t n = PLACES_MIN;

	if (!(p->opts.flags & DMS_CFG_STATS))
		return 1;
	while (n < p->opts.devices * 4 && n < PLACES_MAX)
		n *= 2;
	return n;
}

int cells__size(struct probe *p)
{
	uint32_t cpus = cpu_ids(), places = cells__places(p);
	int err = bpf_map__set_max_entries(p->bpf->counts, cpus * DMS_COUNTS_STRIDE);

	if (!err)
		err = bpf_map__set_max_entries(p->bpf->devs, places);
	if (!err)
		err = bpf_map__set_max_entries(p->bpf->dev_owner, places);
	if (!err && p->opts.flags & DMS_CFG_STATS)
		err = bpf_map__set_max_entries(p->bpf->cells, cpus * places * DMS_CELL_PATHS);
	return err;
}

void cells__counts(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX])
{
	uint32_t n = bpf_map__max_entries(p->bpf->counts);

	memset(counts, 0, sizeof(*counts) * DMS_HOOK_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const volatile struct dms_counts *from = &p->bpf->count[i];
		struct dms_counts *sum = &counts[i % DMS_COUNTS_STRIDE];

		if (i % DMS_COUNTS_STRIDE >= DMS_HOOK_MAX)
			continue;
		/* outcomes before hits: what happens meanwhile looks as if it were still running */
		sum->delivered += from->delivered;
		sum->filtered += from->filtered;
		sum->ignored += from->ignored;
		sum->dropped += from->dropped;
		sum->failed += from->failed;
		sum->hits += from->hits;
	}
}

static void cell_add(struct dms_stats *sum, const volatile struct dms_cell *cell)
{
	sum->map_bytes += cell->map_bytes;
	sum->unmaps += cell->unmaps;
	sum->unmap_bytes += cell->unmap_bytes;
	sum->older += cell->older;
	sum->older_bytes += cell->older_bytes;
	for (int h = 0; h < DMS_HIST_SLOTS; h++) {
		uint64_t n = cell->hist[h];

		sum->hist[h] += n;
		sum->maps += n;
	}
}

static int tell_device(const struct probe *p, uint32_t place, uint64_t dev, probe_stats_fn fn,
		       void *ctx)
{
	uint32_t places = cells__places(p);
	uint32_t cpus = bpf_map__max_entries(p->bpf->cells) / places / DMS_CELL_PATHS;
	int err = 0;

	for (uint32_t path = 0; path < DMS_PATH_MAX && !err; path++) {
		struct dms_stats_key key = { .dev = dev == DMS_NO_DEV ? 0 : dev, .path = path };
		struct dms_stats sum = {};

		for (uint32_t cpu = 0; cpu < cpus; cpu++)
			cell_add(&sum,
				 &p->bpf->cell[(cpu * places + place) * DMS_CELL_PATHS + path]);
		if (sum.maps || sum.unmaps)
			err = fn(ctx, &key, &sum);
	}
	return err;
}

int probe__stats(const struct probe *p, probe_stats_fn fn, void *ctx)
{
	uint32_t places = cells__places(p);
	int err = 0;

	if (!(p->opts.flags & DMS_CFG_STATS))
		return 0;
	/* masks and windows change rarely, and mostly a hook tells; where none can, this does */
	__atomic_add_fetch(&p->bpf->values->generation, 1, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < places && !err; i++) {
		uint64_t dev = __atomic_load_n(&p->bpf->dev[i].key, __ATOMIC_ACQUIRE);

		if (dev)
			err = tell_device(p, i, dev, fn, ctx);
	}
	return err;
}
