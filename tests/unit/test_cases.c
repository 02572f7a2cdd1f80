// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The traces of tests/cases, each with a known right answer: the findings in tests/cases/expected,
 * those and no others. Taking information away from them is for test_taking_away.c.
 */
#include "finding.h"
#include "source/replay.h"

#define EXPECTED	"tests/cases/expected"

struct play {
	struct state *m;
	struct rec_slice slice;
	bool sliced;
	enum dms_hook missing;		/* as if that hook were not attached */
};

static int feed_one(void *ctx, const struct dms_rec *rec)
{
	struct play *p = ctx;
	struct dms_rec r = *rec;
	int err;

	if (rec->type == REC_EVENT && p->missing && rec->event.hook == p->missing)
		return 0;
	if (rec->type == REC_HOOK && p->missing && rec->hook.id == p->missing) {
		r.hook.attach = ATTACH_NONE;
		strcpy(r.hook.lost, "its hits");
	}
	err = state__feed(p->m, &r);
	r = (struct dms_rec){ .type = REC_SLICE, .slice = p->slice };

	if (err || rec->type != REC_SESSION || !p->sliced)
		return err;
	r.slice.from += rec->session.start_ns;
	r.slice.to = r.slice.to ? r.slice.to + rec->session.start_ns : UINT64_MAX;
	return state__feed(p->m, &r);
}

/* "error pool-full@0000:00:02.0, note window-wide"; "none". */
static void list(const struct state *m, char *out, size_t n)
{
	struct state_finding *x;
	size_t i, count, at = 0;

	assert_int_equal(state__findings(m, &x, &count), 0);
	for (i = 0; i < count && at < n; i++) {
		at += (size_t)snprintf(out + at, n - at, "%s%s %s", i ? ", " : "",
				       state__severity_name(x[i].f.severity), x[i].f.id);
		if (x[i].f.dev && at < n)
			at += (size_t)snprintf(out + at, n - at, "@%s",
					       state__dev_name(m, x[i].f.dev));
	}
	if (!count)
		snprintf(out, n, "none");
	free(x);
}

static void play_file(struct play *p, const char *name)
{
	struct replay_status st;
	char path[256];

	p->m = state__new(NULL);
	assert_non_null(p->m);
	snprintf(path, sizeof(path), "tests/cases/%s.json.gz", name);
	source_replay(path, NULL, feed_one, p, &st);
	assert_true(st.state == TRACE_COMPLETE || replay_cut(&st));
}

/* "NAME [since=NS] [until=NS]": plays it. */
static struct state *play(char *what)
{
	struct play p = { 0 };
	char *name = strtok(what, " "), *arg;

	while ((arg = strtok(NULL, " "))) {
		p.sliced = true;
		if (!strncmp(arg, "since=", 6))
			p.slice.from = strtoull(arg + 6, NULL, 10);
		else
			p.slice.to = strtoull(arg + 6, NULL, 10);
	}
	play_file(&p, name);
	return p.m;
}

static void the_right_findings(void **state)
{
	FILE *f = fopen(EXPECTED, "r");
	char line[512], got[512], name[128], *want;
	struct state *m;
	int n = 0, wrong = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		want = strstr(line, ": ");
		if (line[0] == '#' || !want)
			continue;
		*want = '\0';
		want += 2;
		snprintf(name, sizeof(name), "%s", line);
		m = play(line);
		list(m, got, sizeof(got));
		if (strcmp(got, want)) {
			print_message("%s: found %s\n\tright: %s\n", name, got, want);
			wrong++;
		}
		state__free(m);
		n++;
	}
	fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(n > 50);
}

/* A full pool, and whether its holder leaks is not known: no larger pool is advised. */
static void holder_with_unobserved_unmaps(void **state)
{
	struct play p = { .missing = DMS_HOOK_UNMAP };
	struct feed f = { 0 };
	struct state_finding x;

	(void)state;
	play_file(&p, "field-09-leak-until-full");
	f.m = p.m;
	expect_no_finding(&f, "mapping-leak");
	x = get_finding(&f, "pool-full");
	assert_int_equal(x.f.severity, STATE_ERROR);
	assert_int_equal(x.f.confidence, 80);
	assert_true(advises(&x, REMEDY_HOLDER_FIRST));
	assert_false(advises(&x, REMEDY_POOL_SIZE));
	assert_int_equal(x.doubt[0].kind, DOUBT_HOLDER);
	expect_not_judged(&f, "mapping-leak", COVER_MISSING);
	state__free(p.m);
}

/* Nothing says why they failed, and what could say it was not observed. */
static void unobserved_reason(void **state)
{
	struct play p = { .missing = DMS_HOOK_SWIOTLB_MAP };
	struct feed f = { 0 };
	struct state_finding x;

	(void)state;
	play_file(&p, "f06_slot_above_mask");
	f.m = p.m;
	expect_no_finding(&f, "pool-above-mask");
	x = get_finding(&f, "map-failed");
	assert_int_equal(x.f.severity, STATE_WARNING);
	expect_fact(&x, FACT_UNOBSERVED, 1);
	state__free(p.m);
	/* who probes how much it can have was not refused anything */
	play_file(&p, "r03_hmb_nowarn");
	f.m = p.m;
	assert_int_equal(count_findings(&f, STATE_NOTE), 0);
	state__free(p.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_findings),
		cmocka_unit_test(holder_with_unobserved_unmaps),
		cmocka_unit_test(unobserved_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
