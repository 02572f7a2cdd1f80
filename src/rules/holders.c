// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Classifies holders of mappings. A ring turns over, or was filled in bursts; a leak grows by one
 * mapping after another, each of which outlives all that are unmapped. A device that stalls (its
 * host's storage does not answer) keeps them too, but unmaps no others meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/holders.h"

#define BURST_GAP	(NSEC / 100)
#define NAMES		16
#define PIECES		8
#define STALL_MOST	(10 * NSEC)	/* a device that never unmapped keeps more for longer */

struct names {
	struct {
		const char *name;
		uint64_t n;
	} of[NAMES];
	size_t n;
};

static void count_name(struct names *s, const char *name)
{
	size_t i;

	if (!name)
		return;
	for (i = 0; i < s->n && strcmp(s->of[i].name, name); i++)
		;
	if (i == NAMES)
		return;
	if (i == s->n)
		s->of[s->n++].name = name;
	s->of[i].n++;
}

static void best_name(const struct names *s, struct kept *out)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->of[i].n > out->caller_n) {
			out->caller = s->of[i].name;
			out->caller_n = s->of[i].n;
		}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void judge_births(uint64_t *ts, size_t n, struct kept *out)
{
	bool born[PIECES] = { false };
	uint64_t span;
	size_t i;

	qsort(ts, n, sizeof(*ts), by_value);
	out->oldest = ts[0];
	out->newest = ts[n - 1];
	span = out->newest - out->oldest;
	for (i = 0; i < n; i++) {
		if (!i || ts[i] - ts[i - 1] > BURST_GAP)
			out->bursts++;
		else
			out->busy += ts[i] - ts[i - 1];
		born[span ? (ts[i] - ts[0]) / (span / PIECES + 1) : 0] = true;
	}
	for (i = 0; i < PIECES; i++)
		out->pieces += born[i];
}

static bool fits(const struct kept_filter *f, const struct live_map *mp)
{
	return mp->dev == f->dev && mp->path == f->path &&
	       (!f->by_stack || mp->stack == f->stack);
}

int kept__find(const struct state *m, const struct kept_filter *f, struct kept *out)
{
	uint64_t *ts = malloc((mapping_count(m) + 1) * sizeof(*ts));
	struct names names = { .n = 0 };
	struct live_map mp;
	uint32_t id = 0;

	memset(out, 0, sizeof(*out));
	if (!ts)
		return -ENOMEM;
	while (mapping_next(m, &id, &mp)) {
		if (!fits(f, &mp))
			continue;
		ts[out->n++] = mp.ts;
		out->bytes += mp.size;
		out->slots += (mp.dma % IO_TLB_SIZE + mp.size + IO_TLB_SIZE - 1) / IO_TLB_SIZE;
		if (mp.ts >= f->before)
			continue;
		seen_add(&out->old, mp.seq);
		count_name(&names, caller_name(m, mp.stack));
	}
	if (out->n)
		judge_births(ts, out->n, out);
	best_name(&names, out);
	free(ts);
	return 0;
}

static uint64_t middle_of(const struct kept *k)
{
	return k->oldest + (k->newest - k->oldest) / 2;
}

/* No unmap of it was seen since the start, nor missed. */
static bool never_unmapped(const struct state *m, const struct dev *d)
{
	uint64_t to = now_of(m);
	struct cover_hole hole;

	leave_out_end(m, start_of(m), &to);
	return !dev_has_unmapped(d) &&
	       (coverage__whole_dev(coverage_of(m), COVER_UNMAPS, start_of(m), to, &hole) ||
		hole.why == COVER_UNREPORTED);
}

enum progress kept__progress(const struct state *m, const struct dev *d, uint32_t path,
			     const struct kept *k)
{
	if (dev_unmapped_born(d, path) > middle_of(k))
		return PROGRESS_ON;
	return never_unmapped(m, d) ? PROGRESS_NEVER : PROGRESS_STOPPED;
}

/* Most of them older than anything the device unmaps would have become. */
static bool outlives(const struct state *m, const struct dev *d, const struct kept *k)
{
	return now_of(m) - middle_of(k) > dev_turnover(d);
}

static bool may_stall(const struct state *m, const struct dev *d, const struct kept *k)
{
	enum progress p = kept__progress(m, d, DMS_PATH_BOUNCED, k);

	return p == PROGRESS_STOPPED || (p == PROGRESS_NEVER && k->newest - k->oldest < STALL_MOST);
}

static enum holder_kind kind_of(const struct state *m, const struct dev *d, const struct kept *k)
{
	uint64_t span = k->newest - k->oldest, age = now_of(m) - k->oldest;

	if (k->n < 32 || !outlives(m, d, k) || dev_pub(d)->preexisting > k->n / 4 || age < 2 * NSEC)
		return HOLDER_BUSY;
	if (span >= 2 * NSEC && k->pieces >= PIECES - 2)
		return may_stall(m, d, k) ? HOLDER_STALLED : HOLDER_LEAKS;
	return span <= NSEC || span <= age / 8 ? HOLDER_PREALLOCATED : HOLDER_BUSY;
}

/*
 * The mappings that live now show how d held most of p, if they hold as much. If they do not, it
 * has released most since, or other mappings, from before the start, hold it.
 */
static enum holder_kind judge_kept(const struct state *m, const struct pool *p,
				   const struct dev *d, const struct kept *k)
{
	if (!evid_sure(m, COVER_UNMAPS | pool__given_by(m), k->oldest, now_of(m)))
		return HOLDER_UNKNOWN;
	if (k->slots * 2 > pool__slots(p))
		return kind_of(m, d, k);
	return pool__held(m, p, d) * 2 > pool__slots(p) ? HOLDER_UNKNOWN : HOLDER_BUSY;
}

void judge_holder(struct finder *f, const struct pool *p, struct pool_use *out)
{
	const struct state *m = f->m;
	struct kept_filter filter = { .path = DMS_PATH_BOUNCED, .before = now_of(m) };
	const struct holder *worst = pool__holder(p, 0);
	const struct dev *d;

	memset(out, 0, sizeof(*out));
	if (!worst || !worst->dev || worst->slots * 2 <= pool__slots(p))
		return;
	out->dev = filter.dev = dev_index(m, worst->dev);
	d = dev_at(m, out->dev);
	if (kept__find(m, &filter, &out->kept)) {
		f->err = -ENOMEM;
		return;
	}
	if (!out->kept.n || dev_counts_only(d))
		return;
	out->kind = judge_kept(m, p, d, &out->kept);
}

uint64_t too_big_by_size(const struct state *m, const struct dev *d)
{
	uint64_t n, lost = coverage__lost(coverage_of(m), DMS_HOOK_ALLOC);

	if (pool__bounces_all(m, d) != 1)
		return 0;
	n = dev_unreported_above(d, pool__segment(pool__of(m, d)));
	return n > lost ? n - lost : 0;
}

static void add_victim(struct victims *v, const struct dev *d, uint64_t n)
{
	size_t k;

	for (k = v->devs < FACT_DEVICES ? v->devs : FACT_DEVICES; k && v->n[k - 1] < n; k--) {
		if (k == FACT_DEVICES)
			continue;
		v->n[k] = v->n[k - 1];
		v->dev[k] = v->dev[k - 1];
	}
	if (k < FACT_DEVICES) {
		v->n[k] = n;
		v->dev[k] = d;
	}
	v->devs++;
}

void find_victims(const struct state *m, const struct pool *p, struct victims *v)
{
	uint64_t full, frag;
	const struct dev *d;
	uint32_t i;

	memset(v, 0, sizeof(*v));
	for_each_dev(m, i, d) {
		full = dev_seen(d, DE_FAIL + STATE_FAIL_POOL_FULL)->count;
		frag = dev_seen(d, DE_FAIL + STATE_FAIL_FRAGMENTED)->count;
		if ((!full && !frag) || pool__of(m, d) != p)
			continue;
		v->failed += full;
		v->fragmented += frag;
		if (full && dev_biggest_fail(d, STATE_FAIL_POOL_FULL) > v->biggest)
			v->biggest = dev_biggest_fail(d, STATE_FAIL_POOL_FULL);
		if (frag && dev_biggest_fail(d, STATE_FAIL_FRAGMENTED) > v->biggest)
			v->biggest = dev_biggest_fail(d, STATE_FAIL_FRAGMENTED);
		add_victim(v, d, full + frag);
	}
}
