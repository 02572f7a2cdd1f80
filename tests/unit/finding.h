/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tests of findings share: is one made, is it complete, is it the only one.
 */
#ifndef DMASCOPE_TEST_FINDING_H
#define DMASCOPE_TEST_FINDING_H

#include "feed.h"

/* A copy of the first finding with that id; id "" there is none. */
static UNUSED struct model_finding get_finding(struct feed *f, const char *id)
{
	struct model_finding *all, found = { .count = 0 };
	size_t n, i;

	assert_int_equal(model__findings(f->m, &all, &n), 0);
	for (i = n; i-- > 0;)
		if (!strcmp(all[i].f.id, id))
			found = all[i];
	free(all);
	return found;
}

static UNUSED void list_findings(struct feed *f)
{
	struct model_finding *all;
	size_t n, i;

	assert_int_equal(model__findings(f->m, &all, &n), 0);
	for (i = 0; i < n; i++)
		print_message("%s %s (%u %%): %s | %s | %s | %s\n",
			      model__severity_name(all[i].f.severity), all[i].f.id,
			      all[i].f.confidence, all[i].f.summary, all[i].f.evidence,
			      all[i].f.action, all[i].not_seen);
	free(all);
}

/* How many findings of at least that severity. */
static UNUSED size_t count_findings(struct feed *f, unsigned int severity)
{
	struct model_finding *all;
	size_t n, i, count = 0;

	assert_int_equal(model__findings(f->m, &all, &n), 0);
	for (i = 0; i < n; i++)
		count += all[i].f.severity >= severity;
	free(all);
	return count;
}

/* It is there, with words for everything, and they fit. */
static UNUSED struct model_finding expect_finding(struct feed *f, const char *id,
						  unsigned int severity, uint64_t dev)
{
	struct model_finding x = get_finding(f, id);

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

static UNUSED void expect_no_finding(struct feed *f, const char *id)
{
	assert_string_equal(get_finding(f, id).f.id, "");
}

#endif /* DMASCOPE_TEST_FINDING_H */
