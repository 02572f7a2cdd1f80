// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From rings to the consumer of their records, with rings that the test makes: nothing lost that
 * could be kept, each loss reported in its place, no start that never ends, an end that is honest.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/stream.h"

#define MANY	20000		/* more than fit into memory */

/* Rings: `there` records come at the next drain, `refill` more with each drain after it. */
struct rings_made {
	uint64_t made, there, refill;
	unsigned int held;	/* for so many drains a record keeps the rest back */
	unsigned int drains;
	bool pressed;
	uint8_t also;		/* of each record */
	struct dms_counts counts[DMS_HOOK_MAX];
};

static int drain(void *from, stream_fn fn, void *ctx, bool *held)
{
	struct rings_made *r = from;
	int n = 0, err = 0;

	r->drains++;
	*held = r->held > 0;
	if (r->held) {
		r->held--;
		return 0;
	}
	r->there += r->refill;
	while (r->there && !err) {
		struct dms_event e = { .type = DMS_EV_MAP, .hook = DMS_HOOK_MAP,
				       .also = r->also, .ts = r->made + 1, .dma = r->made };

		err = fn(ctx, &e, sizeof(e));
		if (err)
			return err;
		r->made++;
		r->there--;
		n++;
	}
	r->counts[DMS_HOOK_MAP].hits += (uint64_t)n;
	r->counts[DMS_HOOK_MAP].delivered += (uint64_t)n;
	return n;
}

static bool pressed(const void *from)
{
	return ((const struct rings_made *)from)->pressed;
}

static int counts(const void *from, struct dms_counts out[DMS_HOOK_MAX],
		  uint64_t pending[DMS_HOOK_MAX])
{
	memcpy(out, ((const struct rings_made *)from)->counts, sizeof(*out) * DMS_HOOK_MAX);
	memset(pending, 0, sizeof(*pending) * DMS_HOOK_MAX);
	return 0;
}

static const struct stream_from ops = {
	.drain = drain, .pressed = pressed, .counts = counts, .at_work = 4,
};

/* Delivered: records in order, and gaps. */
struct got {
	uint64_t n, next, gaps, lost[DMS_HOOK_MAX];
	uint64_t before_gap;	/* records before the first gap */
	struct stream *drop;	/* drop the rest after `drop_after` records */
	uint64_t drop_after;
};

static int on_record(void *ctx, const void *data, size_t size)
{
	const struct stream_gap *gap = data;
	const struct dms_event *e = data;
	struct got *g = ctx;

	if (e->type == STREAM_GAP) {
		assert_int_equal(size, sizeof(*gap));
		if (!g->gaps++)
			g->before_gap = g->n;
		g->lost[gap->hook] += gap->lost;
		return 0;
	}
	assert_int_equal(size, sizeof(*e));
	assert_int_equal(e->dma, g->next);
	g->next++;
	g->n++;
	if (g->drop && g->n == g->drop_after)
		stream__drop(g->drop);
	return 0;
}

static struct stream *open_stream(struct rings_made *r, const char *dir, struct got *g)
{
	struct stream *s;

	assert_int_equal(stream__new(&s, &ops, r, dir, on_record, g), 0);
	return s;
}

static bool finish(struct stream *s)
{
	struct dms_counts c[DMS_HOOK_MAX];
	bool complete;

	assert_int_equal(stream__finish(s, c, &complete), 0);
	return complete;
}

static void test_all_come(void **state)
{
	struct rings_made r = { .there = 1000 };
	struct got g = {};
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	assert_int_equal(stream__turn(s), 0);
	assert_int_equal(g.n, 1000);
	assert_false(stream__behind(s));
	r.there = 10;
	assert_true(finish(s));
	assert_int_equal(g.n, 1010);
	assert_int_equal(g.gaps, 0);
	stream__free(s);
	stream__free(NULL);
}

/* More at once than there is room for: what is over stays in the rings, and comes later. */
static void test_burst(void **state)
{
	const char *const dirs[] = { NULL, "build" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct rings_made r = { .there = MANY };
		struct got g = {};
		struct stream *s = open_stream(&r, dirs[i], &g);

		assert_int_equal(stream__turn(s), 0);
		if (dirs[i])
			assert_int_equal(r.made, MANY);
		else
			assert_true(r.made < MANY);
		assert_true(finish(s));
		assert_int_equal(g.n, MANY);
		assert_int_equal(stream__lost(s), 0);
		stream__free(s);
	}
}

static void test_loss_in_its_place(void **state)
{
	struct rings_made r = { .there = 100 };
	struct got g = {};
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	r.counts[DMS_HOOK_UNMAP] = (struct dms_counts){ .hits = 7, .dropped = 5, .failed = 2 };
	assert_int_equal(stream__turn(s), 0);
	r.there = 100;
	assert_false(finish(s));
	assert_int_equal(g.n, 200);
	assert_int_equal(g.before_gap, 100);
	assert_int_equal(g.lost[DMS_HOOK_UNMAP], 7);
	assert_int_equal(stream__lost(s), 7);
	stream__free(s);
}

/* Hits without an outcome may be under way, as many as can be; the end counts each. */
static void test_no_outcome(void **state)
{
	struct rings_made r = {};
	struct got g = {};
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	r.counts[DMS_HOOK_SHARE].hits = 3;
	assert_int_equal(stream__turn(s), 0);
	assert_int_equal(stream__lost(s), 0);
	assert_false(finish(s));
	assert_int_equal(stream__lost(s), 3);
	stream__free(s);
}

/* As many records come with each drain as were taken: catching up ends all the same. */
static void test_catch_up_ends(void **state)
{
	struct rings_made r = { .refill = 3000, .pressed = true };
	struct got g = {};
	struct stream *s = open_stream(&r, "build", &g);

	(void)state;
	assert_int_equal(stream__catch_up(s), 0);
	assert_int_equal(g.n, 3000);
	assert_true(stream__behind(s));
	r.refill = 0;
	assert_true(finish(s));
	assert_int_equal(g.n, r.made);
	stream__free(s);
}

/* Records from another source find room, if others have to be delivered for it. */
static void test_put(void **state)
{
	struct rings_made r = {};
	struct got g = {};
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	for (uint64_t i = 0; i < MANY; i++) {
		struct dms_event e = { .type = DMS_EV_LIVE, .ts = 1, .dma = i };

		assert_int_equal(stream__put(s, &e, sizeof(e)), 0);
	}
	assert_int_equal(stream__catch_up(s), 0);
	assert_int_equal(g.n, MANY);
	stream__free(s);
}

/* A record that is still being written is waited for; one that never ends is reported. */
static void test_held(void **state)
{
	struct rings_made r = { .there = 10, .held = 5 };
	struct got g = {};
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	assert_int_equal(stream__catch_up(s), 0);
	assert_int_equal(g.n, 10);
	r.held = 5;
	r.there = 10;
	assert_true(finish(s));
	assert_int_equal(g.n, 20);
	stream__free(s);

	r = (struct rings_made){ .there = 10, .held = ~0U };
	g = (struct got){};
	s = open_stream(&r, NULL, &g);
	assert_false(finish(s));
	assert_int_equal(g.n, 0);
	stream__free(s);
}

/* A consumer that cannot wait: the rest is lost, each record counted, and the gap says so. */
static void test_drop(void **state)
{
	struct rings_made r = { .there = MANY };
	struct got g = { .drop_after = 300 };
	struct stream *s = open_stream(&r, "build", &g);

	(void)state;
	g.drop = s;
	assert_false(finish(s));
	assert_int_equal(g.n, 300);
	assert_int_equal(stream__lost(s), MANY - 300);
	assert_int_equal(g.lost[DMS_HOOK_MAP], MANY - 300);
	stream__free(s);
}

/* A record of two observations is two lost ones. */
static void test_drop_two_in_one(void **state)
{
	struct rings_made r = { .there = 1000, .also = DMS_HOOK_SWIOTLB_MAP };
	struct got g = { .drop_after = 300 };
	struct stream *s = open_stream(&r, NULL, &g);

	(void)state;
	g.drop = s;
	assert_false(finish(s));
	assert_int_equal(stream__lost(s), 2 * 700);
	assert_int_equal(g.lost[DMS_HOOK_MAP], 700);
	assert_int_equal(g.lost[DMS_HOOK_SWIOTLB_MAP], 700);
	stream__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_come),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_loss_in_its_place),
		cmocka_unit_test(test_no_outcome),
		cmocka_unit_test(test_catch_up_ends),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_drop_two_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
