// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The numbers of top: sums, rates against the previous sample, filter and order of the devices. No
 * text is laid out here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top/top.h"
#include "util/grow.h"

#define RATE_MIN	10000000ULL	/* ns: no rate over less than this */
#define REMOVED_SHOWN	10000000000ULL	/* ns that a removed device stays on the screen */

static const struct {
	const char *name, *help;
} sorts[TOP_SORTS] = {
	[TOP_SORT_FINDING] = { "finding", "what is wrong first, then by maps/s" },
	[TOP_SORT_MAPS] = { "maps", "mappings per second" },
	[TOP_SORT_BYTES] = { "bytes", "bytes mapped per second" },
	[TOP_SORT_LIVE] = { "live", "mappings live now" },
	[TOP_SORT_MAPPED] = { "mapped", "bytes mapped now" },
	[TOP_SORT_POOL] = { "pool", "slots of the bounce pool held" },
	[TOP_SORT_FAILED] = { "failed", "mappings refused since the start" },
	[TOP_SORT_TOTAL] = { "total", "mappings since the start" },
	[TOP_SORT_MASK] = { "mask", "DMA mask, smallest first" },
	[TOP_SORT_NAME] = { "name", "name of the device" },
	[TOP_SORT_DRIVER] = { "driver", "name of the driver" },
};

const char *top_sort_name(unsigned int sort)
{
	return sort < TOP_SORTS ? sorts[sort].name : NULL;
}

const char *top_sort_help(unsigned int sort)
{
	return sort < TOP_SORTS ? sorts[sort].help : NULL;
}

int top_sort_by_name(const char *name)
{
	for (int i = 0; i < TOP_SORTS; i++)
		if (!strcmp(sorts[i].name, name))
			return i;
	return -1;
}

static bool path_shown(const struct top_opts *o, unsigned int path)
{
	return !o->paths || o->paths & 1U << path;
}

static struct top_counts counts_of(const struct state_dev *d, const struct top_opts *o)
{
	struct top_counts n = { 0 };

	for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
		if (!path_shown(o, p))
			continue;
		if (p == DMS_PATH_FAILED) {
			n.fails += d->path[p].maps;
			continue;
		}
		n.maps += d->path[p].maps;
		n.bytes += d->path[p].map_bytes;
		n.unmaps += d->path[p].unmaps;
	}
	return n;
}

static int64_t rate(uint64_t now, uint64_t before, uint64_t ns)
{
	double per_s;

	if (!ns || now < before)
		return TOP_NO_RATE;
	per_s = (double)(now - before) * 1e12 / (double)ns;
	return per_s < 9e18 ? (int64_t)per_s : INT64_MAX;
}

static void add_rate(int64_t *sum, int64_t r)
{
	if (r == TOP_NO_RATE)
		return;
	*sum = *sum == TOP_NO_RATE ? r : *sum + r;
}

/* ---- one device ---- */

/* In aggregates nobody names the slots: a mapping takes whole ones. */
static void slots_held(struct top_dev *t, bool aggregates)
{
	uint64_t n = t->d->live[DMS_PATH_BOUNCED], bytes = t->d->live_bytes[DMS_PATH_BOUNCED];

	t->slots = t->d->slots;
	if (!aggregates)
		return;
	t->slots_estimate = true;
	t->slots = (bytes + IO_TLB_SIZE - 1) / IO_TLB_SIZE;
	if (t->slots < n)
		t->slots = n;
}

/* Reads each pool once. One more is allocated, for devices of which none is known. */
static int list_pools(struct top_view *v)
{
	const struct state_dev *d;
	size_t cap = 0;

	for (;; v->npools++) {
		if (GROW(v->pools, cap, v->npools))
			return -ENOMEM;
		memset(&v->pools[v->npools], 0, sizeof(*v->pools));
		if (!state__pool(v->m, v->npools, &v->pools[v->npools].p))
			break;
		v->pools[v->npools].used = v->pools[v->npools].p.used;
	}
	for (size_t i = 0; (d = state__dev(v->m, i)); i++) {
		struct top_pool *t = &v->pools[state__pool_of(v->m, d)];

		t->devs += d->key != 0;
		t->seen += d->key ? d->slots : 0;
	}
	for (size_t i = 0; i < v->npools; i++) {
		struct top_pool *t = &v->pools[i];

		t->older = !v->run.aggregates && !v->run.lost && !t->used.why &&
			   !t->used.estimate && t->used.v > t->seen;
	}
	return 0;
}

/*
 * Mappings from before the start: some were unmapped since, or the table that the device goes
 * through had TCEs then, or was not read, or slots were taken that may be its.
 */
static bool has_older(const struct top_view *v, const struct top_dev *t)
{
	struct state_window w;
	struct mval n;

	if (t->d->preexisting || t->d->unfollowed)
		return true;
	if (!t->d->rec || !t->d->rec->preexisting)
		return false;
	if (t->decision.way == STATE_WAY_BOUNCE)
		return v->pools[t->pool].older;
	if (t->decision.way != STATE_WAY_TCE)
		return false;
	for (size_t i = 0; state__window_fill(v->m, i, &w); i++) {
		if (w.rec.dev != t->d->key || w.rec.liobn != t->liobn)
			continue;
		n = state__window_older(v->m, &w);
		return n.why || n.v;
	}
	return false;
}

static const struct state_finding *worst_of(const struct top_view *v, uint64_t key)
{
	for (size_t i = 0; i < v->findings; i++)
		if (v->finding[i].f.dev == key && key)
			return &v->finding[i];
	return NULL;
}

static void fill(struct top_view *v, struct top_dev *t, const struct state_dev *d,
		 const struct top_opts *o, const struct top_counts *before)
{
	unsigned int p;

	memset(t, 0, sizeof(*t));
	t->d = d;
	t->driver = d->rec ? d->rec->driver : "";
	t->kind = d->rec ? d->rec->kind : "";
	t->n = counts_of(d, o);
	for (p = 0; p < DMS_PATH_MAX; p++) {
		if (!path_shown(o, p))
			continue;
		t->path[p] = d->path[p].maps;
		t->live += d->live[p];
		t->live_bytes += d->live_bytes[p];
	}
	t->pool = state__pool_of(v->m, d);
	slots_held(t, v->run.aggregates);
	t->maps_rate = t->bytes_rate = t->fails_rate = TOP_NO_RATE;
	if (before) {
		t->maps_rate = rate(t->n.maps, before->maps, v->since_sample);
		t->bytes_rate = rate(t->n.bytes, before->bytes, v->since_sample);
		t->fails_rate = rate(t->n.fails, before->fails, v->since_sample);
	}
	t->idle = before ? t->n.maps == before->maps && t->n.fails == before->fails &&
		  t->n.unmaps == before->unmaps : !t->n.maps && !t->n.fails && !t->live;
	if (words__decision(v->m, d->key, &t->decision))
		memset(&t->decision, 0, sizeof(t->decision));
	t->finding = worst_of(v, d->key);
	if (v->run.tce)
		t->liobn = t->decision.liobn;
	t->older = has_older(v, t);
	t->maps_least = !state__counts_all(v->m, COVER_MAPS, d->key);
	t->unmaps_least = !state__counts_all(v->m, COVER_UNMAPS, d->key);
}

static bool contains(const char *text, const char *what)
{
	return strcasestr(text, what);
}

/*
 * A virtio device does its DMA through the device it hangs on, which has a row of its own; who has
 * no driver, like bridges, does none.
 */
static bool never_maps(const struct state_dev *d)
{
	return d->rec && ((!strcmp(d->rec->bus, "virtio") && !d->mask) || !d->rec->driver[0]);
}

bool top_shows(const struct state *m, const struct top_opts *o, uint64_t key)
{
	return !o->device || state__dev_matches(m, key, o->device);
}

/* For long enough, and once at least: looks may be further apart. */
static bool was_shown_removed(const struct top_view *v, const struct state_dev *d)
{
	return v->now > d->removed_ts + REMOVED_SHOWN &&
	       v->now - v->since_sample >= d->removed_ts;
}

static bool is_listed(const struct top_view *v, const struct top_dev *t, const struct top_opts *o)
{
	const char *f = o->filter;

	if (t->d->removed && !t->live && was_shown_removed(v, t->d))
		return false;
	if (!t->n.maps && !t->n.fails && !t->live &&
	    (!t->d->key || o->paths || (never_maps(t->d) && !t->finding)))
		return false;
	if (!f || !*f)
		return true;
	if (strpbrk(f, "*?["))
		return state__dev_matches(v->m, t->d->key, f);
	return contains(t->d->name, f) || contains(t->driver, f) || contains(t->kind, f) ||
	       contains(t->decision.brief, f);
}

/* ---- order ---- */

static int by_u64(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int by_rate(int64_t a, int64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

/* Notes are no reason to stand on top. */
static uint64_t trouble(const struct top_dev *t)
{
	return t->finding && t->finding->f.severity > STATE_NOTE ? t->finding->f.severity : 0;
}

static int by_key(const struct top_dev *a, const struct top_dev *b, enum top_sort sort)
{
	switch (sort) {
	case TOP_SORT_FINDING:	return by_u64(trouble(a), trouble(b));
	case TOP_SORT_BYTES:	return by_rate(a->bytes_rate, b->bytes_rate);
	case TOP_SORT_LIVE:	return by_u64(a->live, b->live);
	case TOP_SORT_MAPPED:	return by_u64(a->live_bytes, b->live_bytes);
	case TOP_SORT_POOL:	return by_u64(a->slots, b->slots);
	case TOP_SORT_FAILED:	return by_u64(a->n.fails, b->n.fails);
	case TOP_SORT_TOTAL:	return by_u64(a->n.maps, b->n.maps);
	case TOP_SORT_MASK:	return by_u64(b->d->mask - 1, a->d->mask - 1);
	case TOP_SORT_NAME:	return strcmp(a->d->name, b->d->name);
	case TOP_SORT_DRIVER:	return strcmp(a->driver, b->driver);
	default:		return 0;
	}
}

static int compare(const void *x, const void *y, void *ctx)
{
	const struct top_dev *a = x, *b = y;
	const struct top_opts *o = ctx;
	int c = by_key(a, b, o->sort);

	if (o->reverse)
		c = -c;
	if (!c)
		c = by_rate(a->maps_rate, b->maps_rate);
	if (!c)
		c = by_u64(a->n.maps, b->n.maps);
	return c ? c : strcmp(a->d->name, b->d->name);
}

/* ---- all ---- */

static void sum_up(struct top_view *v, const struct top_dev *t)
{
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++)
		v->path[p] += t->path[p];
	v->sum.maps += t->n.maps;
	v->sum.bytes += t->n.bytes;
	v->sum.fails += t->n.fails;
	v->sum.unmaps += t->n.unmaps;
	add_rate(&v->maps_rate, t->maps_rate);
	add_rate(&v->bytes_rate, t->bytes_rate);
	add_rate(&v->fails_rate, t->fails_rate);
}

/* Observations so far: in aggregates most are only counted. */
static uint64_t observations(const struct state *m)
{
	static const struct top_opts all;
	const struct state_dev *d;
	struct state_run run;
	struct top_counts n;
	uint64_t sum;
	size_t i;

	state__run(m, &run);
	sum = run.events;
	for (i = 0; run.aggregates && (d = state__dev(m, i)); i++) {
		n = counts_of(d, &all);
		sum += n.maps + n.unmaps;
	}
	return sum;
}

/* A record of the pool that is older than the counts does not know what they took. */
static void pool_use(const struct top_view *v, struct top_pool *t, uint64_t prev_ts)
{
	if (!v->run.aggregates || t->p.rec.ts > prev_ts)
		return;
	t->used.v += t->held;
	t->used.estimate = true;
	if (t->used.v > t->p.total.v && !t->p.rec.dynamic)
		t->used.v = t->p.total.v;
	if (t->p.hiwater.v < t->used.v && !t->p.hiwater.why)
		t->p.hiwater = t->used;
}

static double pool_share(const struct top_pool *t)
{
	return t->used.why || !t->p.total.v ? 0 : (double)t->used.v / t->p.total.v;
}

/* The first one, where no device uses any. */
static const struct top_pool *fullest_pool(const struct top_view *v)
{
	const struct top_pool *best = v->npools ? v->pools : NULL;

	for (size_t i = 1; i < v->npools; i++) {
		const struct top_pool *t = &v->pools[i];

		if (t->devs && (!best->devs || pool_share(t) > pool_share(best)))
			best = t;
	}
	return best;
}

const struct rec_hook *top_missing(const struct top_view *v, size_t *i)
{
	const struct rec_hook *h;

	while ((h = state__hook(v->m, (*i)++)))
		if (h->lost[0] && (h->attach != ATTACH_NONE || !state__hook_attached(v->m, h->id)))
			return h;
	return NULL;
}

static size_t count_devs(const struct state *m)
{
	size_t n = 0;

	while (state__dev(m, n))
		n++;
	return n;
}

static void add_devices(struct top_view *v, const struct top_opts *o,
			const struct top_sample *prev)
{
	/* a device that was not there yet had counted nothing */
	static const struct top_counts none;
	size_t n = v->devs_all;

	for (size_t i = 0; i < n; i++) {
		struct top_dev *t = &v->dev[v->devs];
		bool shown;

		fill(v, t, state__dev(v->m, i), o, !v->since_sample ? NULL :
		     i < prev->devs ? &prev->dev[i] : &none);
		v->pools[t->pool].held += t->slots;
		shown = top_shows(v->m, o, t->d->key);
		v->devs_all -= !shown;
		if (!shown || !is_listed(v, t, o))
			continue;
		sum_up(v, t);
		v->devs++;
	}
	for (size_t i = 0; i < v->npools; i++)
		pool_use(v, &v->pools[i], prev ? prev->ts : 0);
	v->pool = fullest_pool(v);
}

/* As report does: a finding about no device is about all of them. */
static void drop_findings(struct top_view *v, const struct top_opts *o)
{
	size_t n = 0;

	for (size_t i = 0; i < v->findings; i++)
		if (!v->finding[i].f.dev || top_shows(v->m, o, v->finding[i].f.dev))
			v->finding[n++] = v->finding[i];
	v->findings = n;
}

int top_view__make(struct top_view *v, const struct state *m, const struct top_opts *o,
		   const struct top_sample *prev, uint64_t now)
{
	memset(v, 0, sizeof(*v));
	v->m = m;
	state__run(m, &v->run);
	v->run.aggregates |= o->counting;
	state__ledger(m, &v->ledger);
	v->now = now > v->run.now ? now : v->run.now;
	if (prev && prev->ts && now >= prev->ts + RATE_MIN)
		v->since_sample = now - prev->ts;
	v->maps_rate = v->bytes_rate = v->fails_rate = v->events_rate = TOP_NO_RATE;
	if (v->since_sample)
		v->events_rate = rate(observations(m), prev->events, v->since_sample);
	for (size_t i = 0; top_missing(v, &i); )
		v->missing++;
	v->devs_all = count_devs(m);
	v->dev = calloc(v->devs_all + 1, sizeof(*v->dev));
	if (!v->dev || list_pools(v) || words__findings(m, &v->finding, &v->findings))
		return -ENOMEM;
	drop_findings(v, o);
	add_devices(v, o, prev);
	qsort_r(v->dev, v->devs, sizeof(*v->dev), compare, (void *)o);
	return 0;
}

void top_view__free(struct top_view *v)
{
	free(v->pools);
	free(v->dev);
	free(v->finding);
	v->pools = NULL;
	v->dev = NULL;
	v->finding = NULL;
	v->devs = v->findings = 0;
}

int top_sample__take(struct top_sample *s, const struct state *m, const struct top_opts *o,
		     uint64_t now)
{
	size_t n = count_devs(m), i;
	struct top_counts *dev = s->dev;

	if (!dev || n > s->devs) {
		dev = realloc(dev, (n + 1) * sizeof(*dev));
		if (!dev)
			return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		dev[i] = counts_of(state__dev(m, i), o);
	s->dev = dev;
	s->devs = n;
	s->ts = now;
	s->events = observations(m);
	return 0;
}

void top_sample__free(struct top_sample *s)
{
	free(s->dev);
	memset(s, 0, sizeof(*s));
}

void top_shares(const uint64_t *count, unsigned int n, unsigned int width, unsigned int *out)
{
	unsigned int i, used = 0, most = 0;
	double sum = 0;

	for (i = 0; i < n; i++)
		sum += (double)count[i];
	for (i = 0; i < n; i++) {
		out[i] = sum > 0 ? (unsigned int)((double)count[i] * width / sum) : 0;
		if (count[i] && !out[i])
			out[i] = 1;
		used += out[i];
		if (out[i] > out[most])
			most = i;
	}
	if (sum > 0 && used < width)
		out[most] += width - used;
	for (; used > width && out[most] > 1; used--)
		out[most]--;
}
