// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Calls the functions of the table's rows and makes a list of their findings; helpers that all of
 * them share. The judgements themselves are in find_*.c; the English is in src/words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/findings.h"
#include "util/grow.h"
#include "util/names.h"

static const struct rule table[] = {
#define ONCE(id, worst, seen, absent, flags, fn) { id, worst, seen, absent, flags, fn, NULL },
#define EACH(id, worst, seen, absent, flags, fn) { id, worst, seen, absent, flags, NULL, fn },
	RULE_TABLE(ONCE, EACH)
#undef ONCE
#undef EACH
};
#define RULES	(sizeof(table) / sizeof(table[0]))

#define MAX_FINDINGS	1000	/* a stream with more is no guest */

static const char *const fail_names[STATE_FAIL_MAX] = {
	[STATE_FAIL_OTHER] = "other", [STATE_FAIL_NO_POOL] = "no_pool",
	[STATE_FAIL_TOO_BIG] = "too_big", [STATE_FAIL_POOL_FULL] = "pool_full",
	[STATE_FAIL_FRAGMENTED] = "fragmented", [STATE_FAIL_SLOT] = "no_slot",
	[STATE_FAIL_NO_TCE] = "no_tce", [STATE_FAIL_COHERENT] = "coherent",
	[STATE_FAIL_UNUSABLE] = "pool_unusable", [STATE_FAIL_FORBIDDEN] = "bounce_forbidden",
	[STATE_FAIL_ABOVE_MASK] = "above_mask",
};

const char *state__fail_name(enum state_fail why)
{
	return fail_names[why < STATE_FAIL_MAX ? why : STATE_FAIL_OTHER];
}

const char *state__severity_name(unsigned int severity)
{
	static const char *const names[] = { "none", "note", "warning", "error" };

	return names[severity <= STATE_ERROR ? severity : 0];
}

const char *state__finding_id(size_t i)
{
	return i < RULES ? table[i].id : NULL;
}

struct state_finding *finding_new(struct finder *f, const struct dev *d, unsigned int severity,
				  unsigned int confidence)
{
	struct state_finding *x = &f->spare;

	if (!f->err && f->n < MAX_FINDINGS)
		f->err = GROW(f->list, f->cap, f->n);
	if (!f->err && f->n < MAX_FINDINGS)
		x = &f->list[f->n++];
	memset(x, 0, sizeof(*x));
	snprintf(x->f.id, sizeof(x->f.id), "%s", f->rule->id);
	x->f.ts = now_of(f->m);
	x->f.severity = severity < f->rule->worst ? severity : f->rule->worst;
	x->f.confidence = confidence;
	x->f.dev = d ? dev_pub(d)->key : 0;
	return x;
}

void finding_events(struct state_finding *x, const struct seen *e)
{
	size_t i, at = 0;

	while (at < STATE_FINDING_EVENTS && x->seq[at])
		at++;
	for (i = 0; i < STATE_FINDING_EVENTS && at < STATE_FINDING_EVENTS && e->seq[i]; i++)
		x->seq[at++] = e->seq[i];
	x->count += e->count;
}

struct state_finding *finding_seen(struct finder *f, const struct dev *d, const struct seen *e,
				   enum fact count, unsigned int severity, unsigned int confidence)
{
	struct state_finding *x;

	if (!e->count)
		return NULL;
	x = finding_new(f, d, severity, confidence);
	finding_fact(x, count, e->count);
	finding_events(x, e);
	return x;
}

struct state_finding *finding_failed(struct finder *f, const struct dev *d, enum state_fail why,
				     unsigned int severity, unsigned int confidence)
{
	return finding_seen(f, d, dev_seen(d, DE_FAIL + why), FACT_FAILED, severity, confidence);
}

static void add_doubt(struct state_finding *x, unsigned int percent, struct doubt d)
{
	size_t i;

	x->f.confidence = x->f.confidence > percent + 5 ? x->f.confidence - percent : 5;
	for (i = 0; i < STATE_FINDING_DOUBTS; i++) {
		if (x->doubt[i].kind)
			continue;
		x->doubt[i] = d;
		return;
	}
}

void finding_doubt(struct state_finding *x, unsigned int percent, enum doubt_kind why)
{
	add_doubt(x, percent, (struct doubt){ .kind = why });
}

bool finding_whole(struct finder *f, const struct dev *d, uint64_t from, uint64_t to)
{
	struct cover_hole hole;
	bool whole;

	/* of a trace that is cut off: judged as it was before */
	leave_out_end(f->m, from, &to);
	whole = d ? coverage__whole_dev(coverage_of(f->m), f->rule->absent, from, to, &hole) :
		    coverage__whole(coverage_of(f->m), f->rule->absent, from, to, &hole);
	if (!whole && hole.why == COVER_UNREPORTED && (f->rule->flags & RULE_TREND))
		return true;
	if (!whole)
		f->hole = hole;
	return whole;
}

bool finding_always_whole(struct finder *f, const struct dev *d)
{
	return finding_whole(f, d, start_of(f->m), now_of(f->m));
}

/*
 * Lowers the confidence if events that the finding counts may have been missed. A machine has one
 * kind of IOMMU: the hooks for faults of the others are not announced.
 */
static void doubt_losses(const struct finder *f, struct state_finding *x)
{
	uint64_t hooks = f->rule->seen, lost;
	enum dms_hook hook;

	for (; hooks; hooks &= hooks - 1) {
		hook = (enum dms_hook)__builtin_ctzll(hooks);
		lost = coverage__lost(coverage_of(f->m), hook);
		if (COVER_FAULTS >> hook & 1 ? coverage__missing(coverage_of(f->m), hook) :
		    !coverage__attached(coverage_of(f->m), hook))
			add_doubt(x, 25, (struct doubt){ .kind = DOUBT_NO_HOOK, .hook = hook });
		else if (lost)
			add_doubt(x, 15, (struct doubt){ .kind = DOUBT_LOST, .hook = hook,
							 .n = lost });
	}
}

void finding_fact(struct state_finding *x, enum fact id, uint64_t v)
{
	x->fact[id] = (struct fact_value){ .v = v, .known = true };
}

void finding_known(struct state_finding *x, enum fact id, uint64_t v)
{
	if (v)
		finding_fact(x, id, v);
}

void finding_text(struct state_finding *x, enum fact id, const char *text)
{
	if (text && text[0])
		x->fact[id] = (struct fact_value){ .text = text, .known = true };
}

void finding_advise(struct state_finding *x, enum remedy r)
{
	size_t i;

	for (i = 0; i < STATE_FINDING_REMEDIES && x->remedy[i]; i++)
		;
	if (i < STATE_FINDING_REMEDIES)
		x->remedy[i] = r;
}

/* A PCI device nobody drives has a 32-bit mask too; ports and bridges do no DMA of their own. */
bool dev_in_use(const struct dev *d)
{
	const char *driver = dev_rec(d)->driver;
	size_t i;

	if (dev_pub(d)->removed)
		return false;
	for (i = 0; i < DMS_PATH_MAX; i++)
		if (dev_maps(d, i) || dev_pub(d)->path[i].unmaps)
			return true;
	return driver[0] && strcmp(driver, "pcieport") && strcmp(driver, "shpchp");
}

static const struct state *sort_model;	/* qsort() takes no context; used and left at once */

static uint32_t place_of(const struct state_finding *x)
{
	uint32_t i, dev = x->f.dev ? dev_index(sort_model, x->f.dev) : 0;

	for (i = 0; i < RULES && strcmp(table[i].id, x->f.id); i++)
		;
	return i << 20 | (dev & 0xfffff);
}

static int worst_first(const void *a, const void *b)
{
	const struct state_finding *x = a, *y = b;
	uint32_t px, py;

	if (x->f.severity != y->f.severity)
		return x->f.severity > y->f.severity ? -1 : 1;
	px = place_of(x);
	py = place_of(y);
	return px < py ? -1 : px > py;
}

/*
 * Where a prediction was wrong, nothing that rests on predictions alone is said: warnings and
 * errors of that device that no observation shows, and, of a device that bounced though nothing
 * known asks for it, that the guest does not bounce.
 */
static bool contradicts(const struct state_finding *seen, const struct state_finding *x)
{
	if (strcmp(seen->f.id, "unexpected-path"))
		return false;
	if (x->f.dev)
		return seen->f.dev == x->f.dev;
	return !strcmp(seen->fact[FACT_SEEN].text, dms_path_name(DMS_PATH_BOUNCED)) &&
	       (!strcmp(x->f.id, "bounce-not-forced") || !strcmp(x->f.id, "no-bounce-pool"));
}

static void yield_to_observation(struct finder *f)
{
	size_t i, j, kept = 0;

	for (i = 0; i < f->n; i++) {
		const struct state_finding *x = &f->list[i];
		bool doubtful = false;

		for (j = 0; j < f->n && x->f.severity > STATE_NOTE && !x->count; j++)
			doubtful |= contradicts(&f->list[j], x);
		if (!doubtful)
			f->list[kept++] = *x;
	}
	f->n = kept;
}

/* A finding about what was seen may look different with what was not let through. */
static void doubt_filter(const struct finder *f)
{
	size_t i;

	for (i = 0; i < f->n && session_of(f->m)->filter[0]; i++)
		finding_doubt(&f->list[i], 0, DOUBT_FILTER);
}

static bool applies(const struct state *m, const struct rule *r)
{
	if ((r->flags & RULE_SECURE) && !is_secure(m))
		return false;
	if ((r->flags & RULE_TCE) && !has_tables(m))
		return false;
	if ((r->flags & RULE_FAULTS) && !has_faults(m))
		return false;
	return !(r->flags & RULE_POOL) || pool__any(m) || pool__exists(m, NULL) != 0;
}

/* Does this trace lack what the rule rests on, whatever was observed? */
static bool is_blind(const struct state *m, const struct rule *r, struct cover_hole *hole)
{
	hole->why = COVER_WHOLE;
	/* it ends within a list of devices, windows and pools: more of them may have come */
	if ((r->flags & RULE_LISTS) && is_cut_in_list(m))
		hole->why = COVER_LISTING;
	else if ((r->flags & RULE_PLACES) && session_of(m)->redacted && !session_of(m)->runs_kept)
		hole->why = COVER_REDACTED;
	return hole->why != COVER_WHOLE;
}

/* Had the rule's hooks a hole at any time? Then what it did not find is not known not to be. */
static bool find_unjudged(struct finder *f, struct cover_hole *hole)
{
	const struct rule *r = f->rule;

	if (is_blind(f->m, r, hole))
		return true;
	if (counts_only(f->m) && (r->absent & (COVER_MAPS | COVER_UNMAPS))) {
		*hole = (struct cover_hole){ .why = COVER_COUNTED, .hook = DMS_HOOK_MAP };
		return true;
	}
	f->hole.why = COVER_WHOLE;
	finding_always_whole(f, NULL);
	*hole = f->hole;
	return hole->why != COVER_WHOLE;
}

static void run(struct finder *f)
{
	const struct dev *d;
	uint32_t i;

	if (f->rule->find)
		f->rule->find(f);
	else
		for_each_dev(f->m, i, d)
			f->rule->find_dev(f, d);
}

/* All rules; those that could not be judged go to list, if it is not NULL. Returns how many. */
static size_t judge(struct finder *f, struct state_unjudged *list, size_t n)
{
	struct cover_hole hole = { .why = COVER_WHOLE };
	size_t i, k, unjudged = 0, before;

	for (i = 0; i < RULES && !f->err; i++) {
		f->rule = &table[i];
		f->hole.why = COVER_WHOLE;
		before = f->n;
		if (!applies(f->m, f->rule))
			continue;
		if (!is_blind(f->m, f->rule, &hole))
			run(f);
		for (k = before; k < f->n; k++)
			doubt_losses(f, &f->list[k]);
		hole = f->hole;
		if (hole.why == COVER_WHOLE && (f->n > before || !find_unjudged(f, &hole)))
			continue;
		if (unjudged < n)
			list[unjudged] = (struct state_unjudged){ .id = f->rule->id, .hole = hole };
		unjudged++;
	}
	return unjudged;
}

size_t state__unjudged(const struct state *m, struct state_unjudged *out, size_t n)
{
	struct finder f = { .m = m };

	n = judge(&f, out, n);
	free(f.list);
	return n;
}

int state__findings(const struct state *m, struct state_finding **out, size_t *n)
{
	struct finder f = { .m = m };

	judge(&f, NULL, 0);
	yield_to_observation(&f);
	doubt_filter(&f);
	*out = NULL;
	*n = 0;
	if (f.err) {
		free(f.list);
		return f.err;
	}
	sort_model = m;
	if (f.n)
		qsort(f.list, f.n, sizeof(*f.list), worst_first);
	*out = f.list;
	*n = f.n;
	return 0;
}
