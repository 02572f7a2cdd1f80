// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads the programs' counts from their maps: counters of hooks, and cells by CPU, device
 * and path (include/dmascope/config.h). No system call; what is being changed may be a little old.
 * Frees the places of devices that were removed: one that is plugged in again is a new one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/inside.h"

#define PLACES_MIN	512	/* of devices: 0.8 MB of cells for each CPU */
#define PLACES_MAX	4096

/* The highest CPU number of a list in sysfs, + 1: not all below it need exist. 0 = unknown. */
static uint32_t cpu_ids(const char *list)
{
	char path[64];
	FILE *f;
	unsigned int last = 0;
	int c;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", list);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while ((c = fgetc(f)) != EOF && c != '\n') {
		if (c < '0' || c > '9')
			last = 0;
		else
			last = last * 10 + (unsigned int)(c - '0');
	}
	fclose(f);
	return last + 1;
}

static uint32_t cpus_possible(void)
{
	uint32_t n = cpu_ids("possible"), known = (uint32_t)libbpf_num_possible_cpus();

	return n > known ? n : known;
}

uint32_t cells__cpus_online(void)
{
	uint32_t n = cpu_ids("online");

	return n ? n : cpus_possible();
}

/* A guest may have many times the processors that it has now: cells are for these alone. */
uint32_t cells__cpus(const struct probe *p)
{
	return p->opts.flags & DMS_CFG_STATS ? cells__cpus_online() : 0;
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
	uint32_t cpus = cells__cpus(p), places = cells__places(p);
	int err = object__resize(p->bpf->counts, cpus_possible() * DMS_COUNTS_STRIDE);

	if (!err && p->opts.flags & DMS_CFG_STREAM)
		err = object__resize(p->bpf->held, cells__cpus_online());
	if (!err)
		err = object__resize(p->bpf->devs, places);
	if (!err)
		err = object__resize(p->bpf->dev_owner, places);
	if (!err && p->opts.flags & DMS_CFG_STATS)
		err = object__resize(p->bpf->cells, cpus * places);
	return err;
}

static uint32_t cpus_of_cells(const struct probe *p)
{
	return p->bpf->cells->entries / cells__places(p);
}

/* Hits that were counted with the aggregates of their device, as delivered. */
static void add_through(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX])
{
	static const int hook[2] = { DMS_HOOK_MAP, DMS_HOOK_UNMAP };
	uint32_t places = cells__places(p), cpus = cpus_of_cells(p);

	for (uint32_t i = 0; i < places * cpus; i++) {
		const volatile struct dms_counted *e = &p->bpf->cell[i];

		if (!p->bpf->dev[i % places])
			continue;
		for (int k = 0; k < 2; k++) {
			uint64_t n = e->through[k];

			counts[hook[k]].hits += n;
			counts[hook[k]].delivered += n;
		}
	}
	for (int k = 0; k < 2; k++) {
		counts[hook[k]].hits += p->through_freed[k];
		counts[hook[k]].delivered += p->through_freed[k];
	}
}

void cells__counts(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX])
{
	uint32_t n = p->bpf->counts->entries;

	memset(counts, 0, sizeof(*counts) * DMS_HOOK_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const volatile struct dms_counts *from = &p->bpf->count[i];
		struct dms_counts *sum = &counts[i % DMS_COUNTS_STRIDE];

		if (i % DMS_COUNTS_STRIDE >= DMS_HOOK_MAX)
			continue;
		/* outcomes before hits: what happens meanwhile looks as if it were still running */
		sum->delivered -= from->undelivered;
		sum->dropped += from->undelivered;
		sum->delivered += from->delivered;
		sum->filtered += from->filtered;
		sum->ignored += from->ignored;
		sum->dropped += from->dropped;
		sum->failed += from->failed;
		sum->hits += from->hits;
	}
	if (p->opts.flags & DMS_CFG_STATS)
		add_through(p, counts);
}

/* Unmaps that the index did not hold, and mappings that it did not take. */
struct outside {
	uint64_t missed, missed_bytes, unindexed, unindexed_bytes;
};

static void cell_add(struct dms_stats *sum, struct outside *out,
		     const volatile struct dms_cell *cell)
{
	sum->map_bytes += cell->map_bytes;
	sum->unmaps += cell->unmaps;
	sum->unmap_bytes += cell->unmap_bytes;
	out->missed += cell->missed;
	out->missed_bytes += cell->missed_bytes;
	out->unindexed += cell->unindexed;
	out->unindexed_bytes += cell->unindexed_bytes;
	for (int h = 0; h < DMS_HIST_SLOTS; h++) {
		uint64_t n = cell->hist[h];

		sum->hist[h] += n;
		sum->maps += n;
	}
}

/*
 * All places of a device, from its first one. It has two if a place was freed while two processors
 * chose one for it.
 */
static void places_add(const struct probe *p, uint32_t place, uint64_t dev, uint32_t path,
		       struct dms_stats *sum, struct outside *out)
{
	uint32_t places = cells__places(p), cpus = cpus_of_cells(p);

	for (uint32_t i = 0; i < DMS_DEV_PROBES; i++) {
		uint32_t at = (place + i) & (places - 1);

		if (__atomic_load_n(&p->bpf->dev[at], __ATOMIC_ACQUIRE) != dev)
			continue;
		for (uint32_t cpu = 0; cpu < cpus; cpu++)
			cell_add(sum, out, &p->bpf->cell[cpu * places + at].cell[path]);
	}
}

/* False: the device has one before it, DMS_DEV_PROBES around at most. */
static bool is_first_place(const struct probe *p, uint32_t place, uint64_t dev)
{
	uint32_t places = cells__places(p);

	for (uint32_t i = 1; i < DMS_DEV_PROBES; i++)
		if (__atomic_load_n(&p->bpf->dev[(place - i) & (places - 1)],
				    __ATOMIC_ACQUIRE) == dev)
			return false;
	return true;
}

static int tell_device(const struct probe *p, uint32_t place, uint64_t dev, probe_stats_fn fn,
		       void *ctx)
{
	int err = 0;

	for (uint32_t path = 0; path < DMS_PATH_MAX && !err; path++) {
		struct dms_stats_key key = { .dev = dev == DMS_NO_DEV ? 0 : dev, .path = path };
		struct dms_stats sum = {};
		struct outside out = {};

		places_add(p, place, dev, path, &sum, &out);
		/*
		 * Unmaps that were missed end first what the index did not take: as long as those
		 * live the rest is of older mappings, and none is counted live for ever.
		 */
		if (out.missed > out.unindexed)
			sum.older = out.missed - out.unindexed;
		if (out.missed_bytes > out.unindexed_bytes)
			sum.older_bytes = out.missed_bytes - out.unindexed_bytes;
		if (sum.maps || sum.unmaps)
			err = fn(ctx, &key, &sum);
	}
	return err;
}

void probe__devices_again(const struct probe *p)
{
	__atomic_add_fetch(&p->bpf->values->observing, 1, __ATOMIC_RELAXED);
}

int probe__stats(const struct probe *p, probe_stats_fn fn, void *ctx)
{
	uint32_t places = cells__places(p);
	int err = 0;

	if (!(p->opts.flags & DMS_CFG_STATS))
		return 0;
	/* masks and windows change rarely, and mostly a hook reports it; if none can, this does */
	probe__devices_again(p);
	for (uint32_t i = 0; i < places && !err; i++) {
		uint64_t dev = __atomic_load_n(&p->bpf->dev[i], __ATOMIC_ACQUIRE);

		if (dev && is_first_place(p, i, dev))
			err = tell_device(p, i, dev, fn, ctx);
	}
	return err;
}

/* The place is free when it has neither device nor owner: its cells are cleared before. */
static void free_place(struct probe *p, uint32_t place)
{
	uint32_t places = cells__places(p), cpus = cpus_of_cells(p);

	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		struct dms_counted *e = &p->bpf->cell[cpu * places + place];

		for (int k = 0; k < 2; k++)
			p->through_freed[k] += e->through[k];
		__atomic_store_n(&e->key, 0, __ATOMIC_RELEASE);
		memset(e, 0, sizeof(*e));
	}
	bpf_map_delete_elem(p->bpf->dev_owner->fd, &place);
	__atomic_store_n(&p->bpf->dev[place], 0, __ATOMIC_RELEASE);
}

void probe__forget(struct probe *p, uint64_t dev)
{
	uint32_t places = cells__places(p);

	if (!(p->opts.flags & DMS_CFG_STATS) || !dev || dev == DMS_NO_DEV)
		return;
	for (uint32_t i = 0; i < places; i++)
		if (__atomic_load_n(&p->bpf->dev[i], __ATOMIC_ACQUIRE) == dev)
			free_place(p, i);
}
