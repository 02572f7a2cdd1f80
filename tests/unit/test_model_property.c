// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The model against a naive one: a million random steps of mapping, unmapping, sharing and
 * unsharing on four devices, with records that change places as those of two CPUs do. The naive
 * model keeps plain lists and a byte per page, and knows the true order.
 *
 * DMASCOPE_STEPS and DMASCOPE_SEED in the environment change the length and the start.
 */
#include "feed.h"
#include "state/idmap.h"

#define DEVS	4
#define LIVE	256		/* per device */
#define PAGES	4096		/* of guest memory */
#define PAGE	4096ULL
#define SLOTS	64		/* bounce slots of one page each */
#define SLOT0	POOL_START
#define MEM0	0x40000000ULL
#define DELAYED	3
#define TCE0	0x10000000ULL

struct nmap {
	uint64_t dma, phys, size, ts;
	enum dms_path path;
	enum dms_dir dir;
};

struct ndev {
	struct nmap map[LIVE];
	size_t n;
	uint64_t maps[DMS_PATH_MAX], unmaps[DMS_PATH_MAX], bytes[DMS_PATH_MAX];
	uint64_t unknown, private_maps, private_bytes, slots;
	uint64_t fails;
};

struct naive {
	struct ndev dev[DEVS];
	uint8_t shared[PAGES];
	bool slot_taken[SLOTS];
	uint64_t unshare_unknown, unshared_mapped, shares, unshares;
	uint64_t next_handle;
};

struct run {
	struct feed *f;
	struct naive n;
	uint64_t seed;
	struct { struct dms_event ev; int wait; } queue[DELAYED];
	size_t queued;
};

static uint64_t rnd(struct run *r, uint64_t n)
{
	r->seed += 0x9e3779b97f4a7c15ULL;
	return idmap_hash(r->seed) % n;
}

/* Bytes of [phys, phys + size) that are private: asked in the order of delivery. */
static uint64_t private_bytes(const struct naive *n, uint64_t phys, uint64_t size)
{
	uint64_t p, sum = 0;

	for (p = phys; p < phys + size; p += PAGE - p % PAGE) {
		uint64_t to = p - p % PAGE + PAGE;

		if (!n->shared[(p - MEM0) / PAGE])
			sum += (to < phys + size ? to : phys + size) - p;
	}
	return sum;
}

static void give(struct run *r, const struct dms_event *ev)
{
	struct ndev *d = &r->n.dev[ev->dev - 1];

	if (ev->type == DMS_EV_MAP && ev->dma != DMS_DMA_ERROR &&
	    (ev->path == DMS_PATH_TCE || ev->path == DMS_PATH_DIRECT)) {
		uint64_t bytes = private_bytes(&r->n, ev->phys, ev->size);

		d->private_maps += bytes != 0;
		d->private_bytes += bytes;
	}
	feed_ev(r->f, ev);
}

/* Emits the events that have waited long enough; all of them if `all`. */
static void let_go(struct run *r, bool all)
{
	size_t i = 0;

	while (i < r->queued) {
		if (!all && r->queue[i].wait-- > 0) {
			i++;
			continue;
		}
		give(r, &r->queue[i].ev);
		memmove(&r->queue[i], &r->queue[i + 1],
			(--r->queued - i) * sizeof(r->queue[0]));
	}
}

static bool waiting(const struct run *r, uint64_t dev, uint64_t dma)
{
	size_t i;

	for (i = 0; i < r->queued; i++)
		if (r->queue[i].ev.dev == dev && r->queue[i].ev.dma == dma)
			return true;
	return false;
}

/* A record may wait while others pass, but no handle has two records under way. */
static void deliver(struct run *r, const struct dms_event *ev, bool may_wait)
{
	if (may_wait && r->queued < DELAYED && !rnd(r, 8) && !waiting(r, ev->dev, ev->dma)) {
		r->queue[r->queued].ev = *ev;
		r->queue[r->queued++].wait = 1 + (int)rnd(r, 3);
	} else {
		give(r, ev);
	}
	let_go(r, false);
}

static void add_map(struct run *r, uint64_t dev, const struct nmap *mp)
{
	struct ndev *d = &r->n.dev[dev - 1];
	struct dms_event ev = make_ev(r->f, mp->path == DMS_PATH_COHERENT ? DMS_EV_ALLOC :
				      DMS_EV_MAP, dev);

	d->map[d->n++] = *mp;
	d->maps[mp->path]++;
	d->bytes[mp->path] += mp->size;
	ev.path = mp->path;
	ev.dma = mp->dma;
	ev.phys = mp->phys;
	ev.size = mp->size;
	ev.dir = mp->dir;
	deliver(r, &ev, mp->path != DMS_PATH_DIRECT);
}

static void step_map(struct run *r)
{
	static const enum dms_path paths[] = { DMS_PATH_DIRECT, DMS_PATH_TCE, DMS_PATH_BOUNCED,
					       DMS_PATH_COHERENT };
	uint64_t dev = 1 + rnd(r, DEVS), slot;
	struct ndev *d = &r->n.dev[dev - 1];
	struct nmap mp = { .path = paths[rnd(r, 4)], .ts = r->f->ts, .dir = rnd(r, 3) };
	struct dms_event ev;

	if (d->n == LIVE)
		return;
	mp.size = 1 + rnd(r, rnd(r, 4) ? 2048 : 5 * PAGE);
	mp.phys = MEM0 + rnd(r, (PAGES - 8) * PAGE);
	if (mp.path == DMS_PATH_TCE) {
		mp.dma = TCE0 + rnd(r, 1 + rnd(r, 100)) * 8 * PAGE + mp.phys % PAGE;
		for (size_t i = 0; i < d->n; i++)
			if (d->map[i].path == DMS_PATH_TCE &&
			    d->map[i].dma / (8 * PAGE) == mp.dma / (8 * PAGE))
				return;
	} else if (mp.path == DMS_PATH_BOUNCED) {
		slot = rnd(r, SLOTS);
		if (r->n.slot_taken[slot])
			return;
		r->n.slot_taken[slot] = true;
		mp.size = 1 + rnd(r, PAGE);
		mp.dma = SLOT0 + slot * PAGE;
		ev = make_ev(r->f, DMS_EV_BOUNCE, dev);
		ev.aux = mp.dma;
		ev.size = mp.size;
		feed_ev(r->f, &ev);
		d->slots += (mp.size + 2047) / 2048;
	} else if (mp.path == DMS_PATH_COHERENT) {
		mp.dma = 0x2000000000ULL + r->n.next_handle++ * 64 * PAGE;
		mp.phys = 0;
	} else {
		if (!rnd(r, 3))		/* the same page again */
			mp.phys = MEM0;
		mp.dma = mp.phys;
	}
	add_map(r, dev, &mp);
}

static void step_unmap(struct run *r)
{
	uint64_t dev = 1 + rnd(r, DEVS);
	struct ndev *d = &r->n.dev[dev - 1];
	struct dms_event ev;
	struct nmap mp;
	size_t i, k;

	if (!d->n)
		return;
	i = rnd(r, d->n);
	/* of several direct mappings with that address and size the youngest goes first */
	for (k = 0; k < d->n; k++)
		if (d->map[k].dma == d->map[i].dma && d->map[k].size == d->map[i].size &&
		    d->map[k].ts > d->map[i].ts)
			i = k;
	mp = d->map[i];
	memmove(&d->map[i], &d->map[i + 1], (--d->n - i) * sizeof(mp));
	d->unmaps[mp.path]++;
	ev = make_ev(r->f, mp.path == DMS_PATH_COHERENT ? DMS_EV_FREE : DMS_EV_UNMAP, dev);
	ev.dma = mp.dma;
	ev.size = mp.size;
	ev.dir = mp.dir;
	ev.flags = DMS_FL_NO_PHYS;
	deliver(r, &ev, mp.path != DMS_PATH_DIRECT);
	if (mp.path != DMS_PATH_BOUNCED)
		return;
	r->n.slot_taken[(mp.dma - SLOT0) / PAGE] = false;
	d->slots -= (mp.size + 2047) / 2048;
	ev = make_ev(r->f, DMS_EV_UNBOUNCE, dev);
	ev.aux = mp.dma;
	ev.size = mp.size;
	feed_ev(r->f, &ev);
}

static void step_odd(struct run *r)
{
	uint64_t dev = 1 + rnd(r, DEVS);
	struct dms_event ev = make_ev(r->f, DMS_EV_UNMAP, dev);

	if (rnd(r, 2)) {		/* of a mapping older than the start */
		ev.dma = 0x5000000000ULL + r->n.next_handle++ * 64 * PAGE;
		ev.size = 100;
		r->n.dev[dev - 1].unknown++;
	} else {
		ev.type = DMS_EV_MAP;
		ev.dma = DMS_DMA_ERROR;
		ev.path = DMS_PATH_FAILED;
		ev.size = 100;
		r->n.dev[dev - 1].fails++;
	}
	deliver(r, &ev, false);
}

/* Is any of those pages mapped by a device that reaches it itself? */
static bool is_mapped(const struct naive *n, uint64_t from, uint64_t to)
{
	size_t d, i;

	for (d = 0; d < DEVS; d++)
		for (i = 0; i < n->dev[d].n; i++) {
			const struct nmap *mp = &n->dev[d].map[i];

			if ((mp->path == DMS_PATH_DIRECT || mp->path == DMS_PATH_TCE) &&
			    mp->phys < to && mp->phys + mp->size > from)
				return true;
		}
	return false;
}

static void step_share(struct run *r)
{
	bool share = rnd(r, 2);
	uint64_t page = rnd(r, PAGES - 16), n = 1 + rnd(r, 16), i, was = 0;
	struct dms_event ev = make_ev(r->f, share ? DMS_EV_SHARE : DMS_EV_UNSHARE, 0);

	let_go(r, true);
	for (i = page; i < page + n; i++) {
		was += r->n.shared[i];
		r->n.shared[i] = share;
	}
	r->n.shares += share;
	r->n.unshares += !share;
	if (!share && !was)
		r->n.unshare_unknown++;
	else if (!share && is_mapped(&r->n, MEM0 + page * PAGE, MEM0 + (page + n) * PAGE))
		r->n.unshared_mapped++;
	ev.phys = MEM0 + page * PAGE;
	ev.size = n * PAGE;
	feed_ev(r->f, &ev);
}

struct compare {
	struct run *r;
	uint64_t seen[DEVS];
};

static int one_range(void *ctx, const struct state_range *g)
{
	struct compare *c = ctx;
	struct ndev *d = &c->r->n.dev[g->dev - 1];
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->map[i].dma == g->dma && d->map[i].size == g->size &&
		    d->map[i].ts == g->oldest && d->map[i].path == g->path)
			break;
	assert_true(i < d->n);
	c->seen[g->dev - 1]++;
	return 0;
}

static int one_shared(void *ctx, const struct state_shared *s)
{
	struct run *r = ctx;
	uint64_t p;

	for (p = (s->phys - MEM0) / PAGE; p < (s->phys + s->size - MEM0) / PAGE; p++) {
		assert_int_equal(r->n.shared[p], 1);
		r->n.shared[p] = 2;
	}
	return 0;
}

static void compare_devs(struct run *r)
{
	struct state_range_filter each = { .each = true };
	struct compare c = { .r = r };
	const struct state_dev *d;
	uint64_t live[DMS_PATH_MAX];
	size_t i, k, p;

	assert_int_equal(state__ranges(r->f->m, &each, one_range, &c, NULL), 0);
	for (i = 0; i < DEVS; i++) {
		struct ndev *n = &r->n.dev[i];

		d = state__dev_by_key(r->f->m, i + 1);
		assert_int_equal(c.seen[i], n->n);
		memset(live, 0, sizeof(live));
		for (k = 0; k < n->n; k++)
			live[n->map[k].path]++;
		for (p = 0; d && p < DMS_PATH_MAX; p++) {
			if (p == DMS_PATH_FAILED || p == DMS_PATH_UNKNOWN)
				continue;
			assert_int_equal(d->path[p].maps, n->maps[p]);
			assert_int_equal(d->path[p].map_bytes, n->bytes[p]);
			assert_int_equal(d->path[p].unmaps, n->unmaps[p]);
			assert_int_equal(d->live[p], live[p]);
		}
		if (!d)
			continue;
		assert_int_equal(d->preexisting, n->unknown);
		assert_int_equal(d->path[DMS_PATH_FAILED].maps, n->fails);
		assert_int_equal(d->private_maps, n->private_maps);
		assert_int_equal(d->private_bytes, n->private_bytes);
		assert_int_equal(d->slots, n->slots);
	}
}

static void compare(struct run *r)
{
	struct state_ledger l;
	uint64_t p, shared = 0;

	let_go(r, true);
	compare_devs(r);
	assert_int_equal(state__shared(r->f->m, one_shared, r), 0);
	for (p = 0; p < PAGES; p++) {
		assert_int_not_equal(r->n.shared[p], 1);	/* missed */
		r->n.shared[p] = r->n.shared[p] != 0;
		shared += r->n.shared[p];
	}
	state__ledger(r->f->m, &l);
	assert_int_equal(l.shared.v, shared * PAGE);
	assert_int_equal(l.shares, r->n.shares);
	assert_int_equal(l.unshares, r->n.unshares);
	assert_int_equal(l.unshare_unknown, r->n.unshare_unknown);
	assert_int_equal(l.unshared_mapped, r->n.unshared_mapped);
}

static uint64_t env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void a_million_steps(void **state)
{
	struct run *r = calloc(1, sizeof(*r));
	uint64_t step, steps = env("DMASCOPE_STEPS", 1000000);

	assert_non_null(r);
	r->f = *state;
	r->seed = env("DMASCOPE_SEED", 12);
	feed_session(r->f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(r->f);
	for (step = 0; step < steps; step++) {
		uint64_t what = rnd(r, 100);

		r->f->ts += 1 + rnd(r, 1000);
		/* filling and draining by turns */
		if (what < (step / 5000 % 2 ? 30U : 60U))
			step_map(r);
		else if (what < 90)
			step_unmap(r);
		else if (what < 92)
			step_odd(r);
		else
			step_share(r);
		if (step % 1000 == 999)
			compare(r);
	}
	compare(r);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_million_steps, feed_setup, feed_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
