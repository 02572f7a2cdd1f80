// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The index of live mappings: how large, which part of it is for what, and reading it. The
 * programs that fill it are in bpf/lib/live.h; what the mappings mean is not known here.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "probe/inside.h"
#include "util/clock.h"

#define PLACES_MAX	(1U << 20)	/* 24 MiB; mappings of tables beyond it are in the sets */
#define SETS_MIN	16384U		/* 3 MiB: 131,072 places */
#define SETS_MAX	65536U		/* 12 MiB: 524,288 places */
#define SETS_RAM	(4ULL << 30)	/* bytes of RAM from which on there are that many */

static bool wanted(const struct probe *p)
{
	return p->opts.flags & DMS_CFG_INDEX && p->opts.flags & DMS_CFG_STATS;
}

/* Lets the pool come first, then the tables in their order as long as there is room. */
static void plan(struct probe *p)
{
	struct probe_index_plan *plan = &p->opts.index;
	uint64_t room;
	unsigned int n = 0;

	p->index_slots = plan->slots < PLACES_MAX ? (uint32_t)plan->slots : PLACES_MAX;
	room = PLACES_MAX - p->index_slots;
	for (unsigned int i = 0; i < plan->tables; i++) {
		if (plan->table[i].entries > room)
			continue;
		room -= plan->table[i].entries;
		plan->table[n++] = plan->table[i];
	}
	plan->tables = n;
	p->index_places = PLACES_MAX - (uint32_t)room;
}

static uint32_t sets(const struct probe *p)
{
	return p->opts.mem_top >= SETS_RAM ? SETS_MAX : SETS_MIN;
}

uint32_t index__set_mask(const struct probe *p)
{
	return wanted(p) ? sets(p) - 1 : 0;
}

int index__size(struct probe *p)
{
	bool on = wanted(p);
	int err;

	plan(p);
	err = object__resize(p->bpf->live, on && p->index_places ? p->index_places : 1);
	if (!err)
		err = object__resize(p->bpf->live_sets, on ? sets(p) : 1);
	return err;
}

/* A factor by which no two LIOBNs choose the same place in the list of tables; false: not found. */
static bool place_tables(const struct probe_index_plan *plan, uint32_t mul, struct dms_index *ix,
			 uint32_t first)
{
	memset(ix->table, 0, sizeof(ix->table));
	for (unsigned int i = 0; i < plan->tables; i++) {
		struct dms_index_table *t = &ix->table[plan->table[i].liobn * mul >> 26];

		if (t->liobn)
			return false;
		t->liobn = plan->table[i].liobn;
		t->base = plan->table[i].base;
		t->shift = plan->table[i].shift;
		t->entries = (uint32_t)plan->table[i].entries;
		t->first = first;
		first += t->entries;
	}
	ix->mul = mul;
	return true;
}

/*
 * The kernel's jiffies and our clock at one instant. A jiffy is what the coarse clock counts in
 * (hrtimer_get_res(), KTIME_LOW_RES; kernel/time/posix-timers.c), and both stand still in suspend.
 */
static int read_jiffies(struct probe *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct timespec res;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &res))
		return -errno;
	if (bpf_prog_test_run_opts(p->bpf->run[RUN_READ_JIFFIES], &opts))
		return -errno;
	p->jiffies_then = p->bpf->values->jiffies;
	p->ns_then = clock_now();
	p->ns_per_jiffy = (uint64_t)res.tv_nsec;
	return 0;
}

int index__place(struct probe *p)
{
	struct dms_index *ix = p->bpf->index;
	struct probe_index_plan *plan = &p->opts.index;
	uint32_t mul = 0x9e3779b1U;

	if (!wanted(p))
		return 0;
	/* many tables may need several factors; should none fit, the last ones go to the sets */
	for (unsigned int turn = 1; !place_tables(plan, mul, ix, p->index_slots); turn++) {
		mul = mul * 0x915f77f5U + 1;
		if (turn % 4096 == 0)
			plan->tables--;
	}
	return read_jiffies(p);
}

void probe__index_pool(struct probe *p, uint64_t start, uint64_t end)
{
	struct dms_index *ix = p->bpf->index;
	uint64_t slots = (end - start) / IO_TLB_SIZE;

	if (!wanted(p) || ix->pool_slots)
		return;
	ix->pool_start = start;
	__atomic_store_n(&ix->pool_slots,
			 slots < p->index_slots ? (uint32_t)slots : p->index_slots,
			 __ATOMIC_RELEASE);
	probe__devices_again(p);
}

/* ---- reading ---- */

struct look {
	const struct probe *p;
	const struct dms_index *ix;
	uint64_t jiffies, ns;		/* now */
	probe_live_fn fn;
	void *ctx;
};

/* The highest bits of jiffies are not kept: an entry is never from the future. */
static uint64_t born(const struct look *k, uint32_t kept)
{
	uint32_t now = (uint32_t)(k->jiffies >> DMS_LIVE_JIFFIES_SHIFT) & DMS_LIVE_BORN;
	uint32_t age = (now - (kept & DMS_LIVE_BORN)) & DMS_LIVE_BORN;

	if (age > DMS_LIVE_BORN / 2)	/* made while we look */
		age = 0;
	return k->ns - ((uint64_t)age << DMS_LIVE_JIFFIES_SHIFT) * k->p->ns_per_jiffy;
}

static int tell(const struct look *k, const struct dms_live *e, struct probe_live *l)
{
	l->dev = e->dev == DMS_NO_DEV ? 0 : e->dev;
	l->size = e->size;
	l->path = (enum dms_path)(e->where >> DMS_LIVE_PATH_SHIFT);
	l->dir = (enum dms_dir)(e->born >> DMS_LIVE_DIR_SHIFT);
	l->born = born(k, e->born);
	return k->fn(k->ctx, l);
}

static int tell_slots(const struct look *k, const struct dms_live *e)
{
	int err = 0;

	for (uint32_t i = 0; i < k->ix->pool_slots && !err; i++) {
		struct probe_live l = {
			.slot = k->ix->pool_start + (uint64_t)i * IO_TLB_SIZE,
			.phys = e[i].where & DMS_LIVE_ADDR,
			.phys_known = true,
		};

		if (e[i].dev)
			err = tell(k, &e[i], &l);
	}
	return err;
}

static int tell_table(const struct look *k, const struct dms_live *e,
		      const struct dms_index_table *t)
{
	int err = 0;

	e += t->first;
	for (uint32_t i = 0; i < t->entries && !err; i++) {
		uint64_t phys = e[i].where & DMS_LIVE_ADDR;
		struct probe_live l = {
			/* the entry maps pages: the byte within is the memory's */
			.dma = t->base + ((uint64_t)i << t->shift) +
			       (phys & ((1ULL << t->shift) - 1)),
			.phys = phys,
			.liobn = t->liobn,
			.dma_known = true,
			.phys_known = true,
		};

		if (e[i].dev)
			err = tell(k, &e[i], &l);
	}
	return err;
}

static int tell_sets(const struct look *k, const struct dms_live_set *set)
{
	int err = 0;

	for (uint32_t i = 0; i < sets(k->p) * DMS_LIVE_WAYS && !err; i++) {
		const struct dms_live *e = &set[i / DMS_LIVE_WAYS].way[i % DMS_LIVE_WAYS];
		struct probe_live l = { .dma = e->where & DMS_LIVE_ADDR, .dma_known = true };

		if (e->dev)
			err = tell(k, e, &l);
	}
	return err;
}

static void *view(const struct object_map *map, size_t *len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	*len = (size_t)map->entries * map->value_size;
	*len = (*len + page - 1) / page * page;
	at = mmap(NULL, *len, PROT_READ, MAP_SHARED, map->fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

int probe__index_each(struct probe *p, probe_live_fn fn, void *ctx)
{
	struct look k = { .p = p, .fn = fn, .ctx = ctx, .ns = clock_now() };
	size_t live_len, sets_len;
	void *live, *set = NULL;
	int err = 0;

	if (!wanted(p))
		return -EOPNOTSUPP;
	k.ix = p->bpf->index;
	k.jiffies = p->jiffies_then + (k.ns - p->ns_then) / p->ns_per_jiffy;
	live = view(p->bpf->live, &live_len);
	if (live)
		set = view(p->bpf->live_sets, &sets_len);
	if (!set)
		err = -errno;
	if (!err)
		err = tell_slots(&k, live);
	for (unsigned int i = 0; i < DMS_INDEX_TABLES && !err; i++)
		if (k.ix->table[i].liobn)
			err = tell_table(&k, live, &k.ix->table[i]);
	if (!err)
		err = tell_sets(&k, set);
	if (set)
		munmap(set, sets_len);
	if (live)
		munmap(live, live_len);
	return err;
}
