/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Checks that the tests of findings share: one is made, it is complete, it is the only one.
 */
#ifndef DMASCOPE_TEST_FINDING_H
#define DMASCOPE_TEST_FINDING_H

#include "feed.h"
#include "words/words.h"

/* A copy of the first finding with that id; id "" there is none. */
static UNUSED struct state_finding get_finding(struct feed *f, const char *id)
{
	struct state_finding *all, found = { .count = 0 };
	size_t n, i;

	assert_int_equal(words__findings(f->m, &all, &n), 0);
	for (i = n; i-- > 0;)
		if (!strcmp(all[i].f.id, id))
			found = all[i];
	free(all);
	return found;
}

static UNUSED void list_findings(struct feed *f)
{
	struct state_finding *all;
	size_t n, i;

	assert_int_equal(words__findings(f->m, &all, &n), 0);
	for (i = 0; i < n; i++)
		print_message("%s %s (%u %%): %s | %s | %s | %s\n",
			      state__severity_name(all[i].f.severity), all[i].f.id,
			      all[i].f.confidence, all[i].f.summary, all[i].f.evidence,
			      all[i].f.action, all[i].not_seen);
	free(all);
}

/* Counts the findings of at least that severity. */
static UNUSED size_t count_findings(struct feed *f, unsigned int severity)
{
	struct state_finding *all;
	size_t n, i, count = 0;

	assert_int_equal(words__findings(f->m, &all, &n), 0);
	for (i = 0; i < n; i++)
		count += all[i].f.severity >= severity;
	free(all);
	return count;
}

/* It is there, with words for everything, and they fit. */
static UNUSED struct state_finding expect_finding(struct feed *f, const char *id,
						  unsigned int severity, uint64_t dev)
{
	struct state_finding x = get_finding(f, id);

	if (strcmp(x.f.id, id))
		list_findings(f);
	assert_string_equal(x.f.id, id);
	assert_int_equal(x.f.severity, severity);
	assert_int_equal(x.f.dev, dev);
	assert_true(x.f.confidence >= 5 && x.f.confidence <= 100);
	assert_true(x.f.summary[0] && x.f.evidence[0] && x.f.action[0]);
	assert_true(strlen(x.f.summary) < sizeof(x.f.summary) - 1);
	assert_true(strlen(x.f.evidence) < sizeof(x.f.evidence) - 1);
	assert_true(strlen(x.f.action) < sizeof(x.f.action) - 1);
	assert_true(strlen(x.not_seen) < sizeof(x.not_seen) - 1);
	return x;
}

/* A number of it; fails when it is not known. */
static UNUSED uint64_t fact_of(const struct state_finding *x, enum fact id)
{
	assert_true(x->fact[id].known);
	return x->fact[id].v;
}

static UNUSED void expect_fact(const struct state_finding *x, enum fact id, uint64_t v)
{
	assert_int_equal(fact_of(x, id), v);
}

static UNUSED void expect_text(const struct state_finding *x, enum fact id, const char *text)
{
	assert_true(x->fact[id].known);
	assert_string_equal(x->fact[id].text, text);
}

static UNUSED bool advises(const struct state_finding *x, enum remedy r)
{
	size_t i;

	for (i = 0; i < STATE_FINDING_REMEDIES; i++)
		if (x->remedy[i] == r)
			return true;
	return false;
}

/* The rule could not be judged, for that reason. */
static UNUSED void expect_not_judged(struct feed *f, const char *id, enum cover_why why)
{
	struct state_unjudged u[STATE_UNJUDGED];
	size_t i, n = state__unjudged(f->m, u, STATE_UNJUDGED);

	for (i = 0; i < n && strcmp(u[i].id, id); i++)
		;
	assert_true(i < n);
	assert_int_equal(u[i].hole.why, why);
}

static UNUSED void expect_no_finding(struct feed *f, const char *id)
{
	assert_string_equal(get_finding(f, id).f.id, "");
}

#endif /* DMASCOPE_TEST_FINDING_H */
