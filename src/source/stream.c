// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From the rings to who works on their records. Rings are emptied first, since what they have no
 * room for is lost; the queue between takes a burst.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/spool.h"
#include "source/stream.h"
#include "util/clock.h"

#define GAPS_NS		(100ULL * 1000 * 1000)	/* interval between two checks for losses */
#define TURN_NS		(20ULL * 1000 * 1000)	/* then control returns to the caller */
#define TURN_RECORDS	256	/* records between two checks of the clock and the rings */
#define HELD_NS		(1000ULL * 1000 * 1000)
#define FILE_MAX	(1ULL << 30)		/* some ten million records */

struct stream {
	const struct stream_from *ops;
	void *from;
	struct spool *spool;
	stream_fn fn;
	void *ctx;
	uint64_t last_ts;		/* of what was taken last */
	struct dms_counts seen[DMS_HOOK_MAX];	/* at the last check for losses */
	uint64_t open[DMS_HOOK_MAX];	/* hits without outcome then */
	uint64_t leaked[DMS_HOOK_MAX];	/* of those: counted as lost */
	uint64_t untold[DMS_HOOK_MAX];	/* losses that no gap was put in for yet */
	uint64_t gaps_ns;
	uint64_t lost;
	bool held;
	bool drop;
};

int stream__new(struct stream **out, const struct stream_from *ops, void *from,
		const char *spool_dir, stream_fn fn, void *ctx)
{
	struct stream *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s || spool__new(&s->spool, spool_dir, FILE_MAX)) {
		free(s);
		return -ENOMEM;
	}
	s->ops = ops;
	s->from = from;
	s->fn = fn;
	s->ctx = ctx;
	*out = s;
	return 0;
}

void stream__free(struct stream *s)
{
	if (!s)
		return;
	spool__free(s->spool);
	free(s);
}

bool stream__behind(const struct stream *s)
{
	return spool__count(s->spool) > 0;
}

uint64_t stream__lost(const struct stream *s)
{
	return s->lost;
}

void stream__drop(struct stream *s)
{
	s->drop = true;
}

/* ---- losses ---- */

/* hits == delivered + filtered + ignored + dropped + failed, for each hook. */
static uint64_t without_outcome(const struct dms_counts *c)
{
	uint64_t outcomes = c->delivered + c->filtered + c->ignored + c->dropped + c->failed;

	return c->hits > outcomes ? c->hits - outcomes : 0;
}

/*
 * Hits that have no outcome and never will: more than the calls and programs in flight, now and at
 * the last check. The end counts exactly.
 */
static uint64_t leak(struct stream *s, int hook, const struct dms_counts *c, uint64_t pending)
{
	uint64_t now = without_outcome(c), least = now < s->open[hook] ? now : s->open[hook];
	uint64_t usual = pending + s->ops->at_work + s->leaked[hook];

	s->open[hook] = now;
	if (least <= usual)
		return 0;
	s->leaked[hook] += least - usual;
	return least - usual;
}

static void lose(struct stream *s, int hook, uint64_t n)
{
	s->lost += n;
	s->untold[hook] += n;
}

/* Gaps that find no room in the queue are put in the next time. */
static void put_gaps(struct stream *s)
{
	struct stream_gap gap = { .type = STREAM_GAP, .ts = s->last_ts };

	for (int h = 0; h < DMS_HOOK_MAX; h++) {
		gap.hook = (uint16_t)h;
		gap.lost = s->untold[h];
		if (gap.lost && !spool__put(s->spool, &gap, sizeof(gap)))
			s->untold[h] = 0;
	}
}

static int find_gaps(struct stream *s)
{
	struct dms_counts counts[DMS_HOOK_MAX];
	uint64_t pending[DMS_HOOK_MAX];
	int err = s->ops->counts(s->from, counts, pending);

	s->gaps_ns = clock_now();
	for (int h = 0; h < DMS_HOOK_MAX && !err; h++) {
		const struct dms_counts *seen = &s->seen[h];

		lose(s, h, counts[h].dropped + counts[h].failed - seen->dropped - seen->failed +
		     leak(s, h, &counts[h], pending[h]));
		s->seen[h] = counts[h];
	}
	put_gaps(s);
	return err;
}

/* ---- in ---- */

static int on_record(void *ctx, const void *data, size_t size)
{
	const struct dms_event *e = data;
	struct stream *s = ctx;
	int err = spool__put(s->spool, data, (uint32_t)size);

	if (!err && e->type != DMS_EV_STACK)
		s->last_ts = e->ts;
	return err;
}

/* Empties the rings, as far as there is room. 0: they are empty; or -errno. */
static int take(struct stream *s)
{
	int n = s->ops->drain(s->from, on_record, s, &s->held);

	return n == -ENOSPC ? 1 : n;
}

/* ---- out ---- */

static void lose_event(struct stream *s, const struct dms_event *e)
{
	lose(s, e->hook, 1);
	if (e->also && e->also < DMS_HOOK_MAX)
		lose(s, e->also, 1);
}

static int hand_on(struct stream *s, const void *data, size_t size)
{
	const struct dms_event *e = data;
	const struct stream_gap *gap = data;

	if (!s->drop)
		return s->fn(s->ctx, data, size);
	if (e->type == STREAM_GAP)
		s->untold[gap->hook] += gap->lost;
	else if (e->type != DMS_EV_STACK && e->type != DMS_EV_DEVSTATE && e->hook < DMS_HOOK_MAX)
		lose_event(s, e);
	return 0;
}

/* Hands on up to n records, for about so long; rings that fill up are emptied meanwhile. */
static int give(struct stream *s, uint64_t n, uint64_t until)
{
	const void *data;
	uint32_t size;
	int err = 0;

	for (uint64_t i = 1; i <= n && (data = spool__get(s->spool, &size, &err)); i++) {
		err = hand_on(s, data, size);
		if (!err && i % TURN_RECORDS == 0 && s->ops->pressed(s->from))
			err = take(s);
		if (err < 0 || (i % TURN_RECORDS == 0 && clock_now() > until))
			break;
	}
	return err < 0 ? err : 0;
}

int stream__put(struct stream *s, const void *data, size_t size)
{
	int err = on_record(s, data, size);

	if (err != -ENOSPC)
		return err;
	err = give(s, spool__count(s->spool), UINT64_MAX);
	return err ? err : on_record(s, data, size);
}

int stream__turn(struct stream *s)
{
	int err = take(s);

	if (err >= 0)
		err = clock_now() < s->gaps_ns + GAPS_NS ? 0 : find_gaps(s);
	return err ? err : give(s, UINT64_MAX, clock_now() + TURN_NS);
}

int stream__catch_up(struct stream *s)
{
	uint64_t end = clock_now() + HELD_NS;
	int err;

	do {
		err = take(s);
		if (err >= 0)
			err = give(s, spool__count(s->spool), UINT64_MAX);
	} while (!err && s->held && clock_now() < end && !usleep(1000));
	return err;
}

/* Until the rings are empty too: they may hold more than there was room for. */
static int empty(struct stream *s)
{
	uint64_t end = clock_now() + HELD_NS;
	int got, err;

	do {
		got = take(s);
		err = got < 0 ? got : give(s, UINT64_MAX, UINT64_MAX);
		if (!err && !got && s->held)
			usleep(1000);
	} while (!err && (got || (s->held && clock_now() < end)));
	return err;
}

int stream__finish(struct stream *s, struct dms_counts counts[DMS_HOOK_MAX], bool *complete)
{
	uint64_t pending[DMS_HOOK_MAX];
	int err = empty(s);

	if (!err)
		err = find_gaps(s);
	if (!err)
		err = give(s, UINT64_MAX, UINT64_MAX);
	s->drop = false;		/* the dropped records become gaps */
	put_gaps(s);
	if (!err)
		err = give(s, UINT64_MAX, UINT64_MAX);
	if (!err)
		err = s->ops->counts(s->from, counts, pending);
	for (int h = 0; h < DMS_HOOK_MAX && !err; h++) {
		uint64_t n = without_outcome(&counts[h]);

		s->lost += n > s->leaked[h] ? n - s->leaked[h] : 0;
	}
	*complete = !err && !s->lost && !s->held;
	return err;
}
