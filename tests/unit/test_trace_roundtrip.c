// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Written records come back: every record type with random values, plain and gzip, by file, by
 * memory, and through the filters of replay.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/replay.h"
#include "trace/writer.h"
#include "trace_random.h"

#define N	4000

static char dir[64];
static struct dms_rec *recs;

struct expect {
	size_t at;
	int stop_at;		/* -1: never */
};

static int compare(void *ctx, const struct dms_rec *rec)
{
	struct expect *e = ctx;

	if (e->stop_at == (int)e->at)
		return -ECANCELED;
	assert_true(e->at < N);
	assert_int_equal(rec->type, recs[e->at].type);
	if (rec->type == REC_EVENT)
		assert_memory_equal(&rec->event, &recs[e->at].event, sizeof(rec->event));
	else
		assert_memory_equal(rec, &recs[e->at], sizeof(*rec));
	e->at++;
	return 0;
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_all(const char *path)
{
	struct trace_writer *w;
	char err[256] = "";

	assert_int_equal(trace_writer__open(&w, path, NULL, err, sizeof(err)), 0);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(trace_writer__put(w, &recs[i]), 0);
	if (trace_writer__close(w, err, sizeof(err)))
		fail_msg("%s", err);
	trace_writer__free(w);
}

static void round_trip(const char *path)
{
	struct expect e = { 0, -1 };
	struct replay_status st;

	write_all(path);
	assert_int_equal(source_replay(path, NULL, compare, &e, &st), 0);
	assert_int_equal(st.state, TRACE_COMPLETE);
	assert_int_equal(e.at, N);
	assert_int_equal(st.records, N);
	assert_int_equal(st.line, N);
}

static void test_plain(void **state)
{
	(void)state;
	round_trip(in_dir("plain.json"));
}

static void test_gzip(void **state)
{
	(void)state;
	round_trip(in_dir("packed.json.gz"));
}

static void test_sink_stops(void **state)
{
	struct expect e = { 0, 100 };
	struct replay_status st;

	(void)state;
	assert_int_equal(source_replay(in_dir("plain.json"), NULL, compare, &e, &st), -ECANCELED);
	assert_int_equal(st.state, TRACE_STOPPED);
	assert_int_equal(st.records, 100);
	assert_int_equal(st.line, 101);
}

struct window {
	size_t events, slices, end;
	bool after_session;
	struct rec_slice slice;
};

static int note_slice(void *ctx, const struct dms_rec *rec)
{
	struct window *w = ctx;

	if (rec->type == REC_SLICE) {
		w->slice = rec->slice;
		w->slices++;
		assert_true(w->after_session && !w->events);
	}
	w->after_session |= rec->type == REC_SESSION;
	w->end += rec->type == REC_END;
	w->events += rec->type == REC_EVENT;
	return 0;
}

/* All records come, and which slice of the time counts. */
static void test_since_until(void **state)
{
	struct replay_opts opts = { .since_set = true, .since_ns = 5, .until_set = true,
				    .until_ns = 1LL << 40 };
	uint64_t start = recs[0].session.start_ns;
	struct window w = { .events = 0 };
	struct replay_status st;
	size_t expected = 0;

	(void)state;
	for (size_t i = 1; i < N; i++)
		expected += recs[i].type == REC_EVENT;
	assert_int_equal(source_replay(in_dir("packed.json.gz"), &opts, note_slice, &w, &st), 0);
	assert_int_equal(w.events, expected);
	assert_int_equal(w.slices, 1);
	assert_int_equal(w.end, 1);
	assert_true(w.slice.from == (start > UINT64_MAX - 5 ? UINT64_MAX : start + 5));
	assert_true(w.slice.to == (start > UINT64_MAX - (1ULL << 40) ? UINT64_MAX :
				   start + (1ULL << 40)));
}

/* The footer's line count: a line that somebody took out is noticed. */
static int count(void *ctx, const struct dms_rec *rec)
{
	(void)rec;
	++*(size_t *)ctx;
	return 0;
}

static void test_line_removed(void **state)
{
	char *data = NULL, *second, *third;
	size_t len = 0, seen = 0;
	struct trace_status st;
	FILE *f = fopen(in_dir("plain.json"), "r");

	(void)state;
	assert_non_null(f);
	assert_true(getdelim(&data, &len, 0, f) > 0);
	fclose(f);
	len = strlen(data);
	second = strchr(data, '\n') + 1;
	third = strchr(second, '\n') + 1;
	memmove(second, third, strlen(third) + 1);
	len -= (size_t)(third - second);
	assert_int_equal(trace_read_mem("m", data, len, count, &seen, &st), -EBADMSG);
	assert_int_equal(st.state, TRACE_DAMAGED);
	assert_int_equal(seen, N - 1);
	assert_non_null(strstr(st.text, "footer"));
	free(data);
}

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/dmascope-test.XXXXXX");
	recs = calloc(N, sizeof(*recs));
	if (!recs || !mkdtemp(dir))
		return -1;
	rnd_rec(&recs[0], REC_SESSION);
	for (size_t i = 1; i < N - 1; i++) {
		enum dms_rec_type type = REC_EVENT;

		if (!rnd_below(4))
			while (type == REC_EVENT || type == REC_END)
				type = (enum dms_rec_type)(REC_HOOK +
							   rnd_below(REC_TYPE_MAX - REC_HOOK));
		rnd_rec(&recs[i], type);
	}
	rnd_rec(&recs[N - 1], REC_END);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(in_dir("plain.json"));
	unlink(in_dir("packed.json.gz"));
	free(recs);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_sink_stops),
		cmocka_unit_test(test_since_until),
		cmocka_unit_test(test_line_removed),
	};

	return cmocka_run_group_tests_name("trace round trip", tests, setup, teardown);
}
