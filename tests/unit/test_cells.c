// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The counts of devices in their places, which the test fills as the programs do: sums over
 * processors, and places that are freed when their device was removed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/inside.h"

#define PLACES	512
#define CPUS	2
#define OWNERS	42	/* descriptor of dev_owner */

static uint64_t owner[PLACES];	/* dev_owner; 0 = no element */

/* In place of libbpf and src/probe/object.c. */
int bpf_map_delete_elem(int fd, const void *key)
{
	uint32_t place = *(const uint32_t *)key;

	assert_int_equal(fd, OWNERS);
	assert_true(place < PLACES && owner[place]);
	owner[place] = 0;
	return 0;
}

int libbpf_num_possible_cpus(void)
{
	return CPUS;
}

int object__resize(struct object_map *map, uint32_t entries)
{
	map->entries = entries;
	return 0;
}

struct cells {
	struct probe p;
	struct object bpf;
	struct object_map counts, owners, cells;
	struct dms_counts count[DMS_COUNTS_STRIDE];
	uint64_t dev[PLACES];
	struct dms_counted cell[CPUS * PLACES];
};

static int setup(void **state)
{
	struct cells *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	memset(owner, 0, sizeof(owner));
	c->p.opts.flags = DMS_CFG_STATS;
	c->p.bpf = &c->bpf;
	c->counts.entries = DMS_COUNTS_STRIDE;
	c->cells.entries = CPUS * PLACES;
	c->owners.fd = OWNERS;
	c->bpf.counts = &c->counts;
	c->bpf.cells = &c->cells;
	c->bpf.dev_owner = &c->owners;
	c->bpf.count = c->count;
	c->bpf.dev = c->dev;
	c->bpf.cell = c->cell;
	c->bpf.values = calloc(1, sizeof(*c->bpf.values));
	*state = c;
	return c->bpf.values ? 0 : -1;
}

static int teardown(void **state)
{
	struct cells *c = *state;

	free(c->bpf.values);
	free(c);
	return 0;
}

/* As bpf/lib/count.h: n mappings of 4 KiB, of which all but `live` were unmapped. */
static void count_maps(struct cells *c, uint32_t place, uint64_t dev, uint32_t cpu, uint64_t n,
		       uint64_t live)
{
	struct dms_counted *e = &c->cell[cpu * PLACES + place];
	struct dms_cell *cell = &e->cell[DMS_PATH_DIRECT];

	owner[place] = c->dev[place] = e->key = dev;
	e->generation = DMS_OBSERVING;
	e->through[0] += n;
	e->through[1] += n - live;
	cell->map_bytes += n * 4096;
	cell->hist[4] += n;
	cell->unmaps += n - live;
	cell->unmap_bytes += (n - live) * 4096;
}

struct seen {
	unsigned int devices;
	struct dms_stats of[64];	/* by key */
};

static int see(void *ctx, const struct dms_stats_key *key, const struct dms_stats *val)
{
	struct seen *s = ctx;

	assert_int_equal(key->path, DMS_PATH_DIRECT);
	assert_true(key->dev < 64);
	assert_int_equal(s->of[key->dev].maps, 0);	/* each device once */
	s->devices++;
	s->of[key->dev] = *val;
	return 0;
}

static struct seen stats(struct cells *c)
{
	struct seen s = { .devices = 0 };

	assert_int_equal(probe__stats(&c->p, see, &s), 0);
	return s;
}

static void expect_hits(struct cells *c, uint64_t maps, uint64_t unmaps)
{
	struct dms_counts counts[DMS_HOOK_MAX];

	cells__counts(&c->p, counts);
	assert_int_equal(counts[DMS_HOOK_MAP].hits, maps);
	assert_int_equal(counts[DMS_HOOK_MAP].delivered, maps);
	assert_int_equal(counts[DMS_HOOK_UNMAP].hits, unmaps);
	assert_int_equal(counts[DMS_HOOK_UNMAP].delivered, unmaps);
}

static void sums_over_processors(void **state)
{
	struct cells *c = *state;
	struct seen s;

	count_maps(c, 10, 7, 0, 100, 3);
	count_maps(c, 10, 7, 1, 50, 0);
	count_maps(c, 11, 8, 1, 5, 5);
	s = stats(c);
	assert_int_equal(s.devices, 2);
	assert_int_equal(s.of[7].maps, 150);
	assert_int_equal(s.of[7].unmaps, 147);
	assert_int_equal(s.of[7].map_bytes, 150 * 4096);
	assert_int_equal(s.of[8].maps, 5);
	expect_hits(c, 155, 147);
}

/* The place is as new, and what the hooks delivered stays counted. */
static void place_of_a_removed_device(void **state)
{
	static const struct dms_counted clear;
	struct cells *c = *state;
	struct seen s;

	count_maps(c, 10, 7, 0, 100, 0);
	count_maps(c, 10, 7, 1, 50, 3);
	count_maps(c, 11, 8, 1, 5, 5);
	probe__forget(&c->p, 7);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		assert_memory_equal(&c->cell[cpu * PLACES + 10], &clear, sizeof(clear));
	assert_int_equal(c->dev[10], 0);
	assert_int_equal(owner[10], 0);
	assert_int_equal(owner[11], 8);
	expect_hits(c, 155, 147);
	s = stats(c);
	assert_int_equal(s.devices, 1);
	assert_int_equal(s.of[8].maps, 5);
	/* plugged in again it has another key, and may have the same place */
	count_maps(c, 10, 9, 0, 20, 1);
	s = stats(c);
	assert_int_equal(s.devices, 2);
	assert_int_equal(s.of[9].maps, 20);
	assert_int_equal(s.of[9].unmaps, 19);
	expect_hits(c, 175, 166);
}

static void others_are_not_forgotten(void **state)
{
	struct cells *c = *state;

	count_maps(c, 10, DMS_NO_DEV, 0, 1, 1);
	count_maps(c, 11, 8, 0, 1, 1);
	probe__forget(&c->p, 0);
	probe__forget(&c->p, DMS_NO_DEV);
	probe__forget(&c->p, 7);
	assert_int_equal(c->dev[10], DMS_NO_DEV);
	assert_int_equal(c->dev[11], 8);
	expect_hits(c, 2, 0);
}

/* One place was freed while two processors chose one for the same device. */
static void two_places_of_a_device(void **state)
{
	struct cells *c = *state;
	struct seen s;

	count_maps(c, PLACES - 2, 7, 0, 100, 1);
	count_maps(c, 3, 7, 1, 50, 2);		/* around the end */
	count_maps(c, PLACES - 1, 8, 1, 5, 5);
	s = stats(c);
	assert_int_equal(s.devices, 2);
	assert_int_equal(s.of[7].maps, 150);
	assert_int_equal(s.of[7].unmaps, 147);
	probe__forget(&c->p, 7);
	assert_int_equal(c->dev[PLACES - 2], 0);
	assert_int_equal(c->dev[3], 0);
	assert_int_equal(stats(c).devices, 1);
	expect_hits(c, 155, 147);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sums_over_processors, setup, teardown),
		cmocka_unit_test_setup_teardown(place_of_a_removed_device, setup, teardown),
		cmocka_unit_test_setup_teardown(others_are_not_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(two_places_of_a_device, setup, teardown),
	};

	return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
