/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Helpers of the finding functions: they make a finding and add facts, events, doubts and remedies.
 * Each find_*.c holds the functions of one subject.
 */
#ifndef DMASCOPE_RULES_FINDINGS_H
#define DMASCOPE_RULES_FINDINGS_H

#include <inttypes.h>

#include "rules/rules.h"
#include "rules/table.h"
#include "state/caller.h"
#include "state/ledger.h"
#include "state/mapping.h"
#include "state/pool.h"
#include "state/run.h"
#include "state/window.h"

/* To which guests a rule applies; a trend also bears losses that a kernel does not report. */
#define RULE_SECURE	1u
#define RULE_TCE	2u
#define RULE_POOL	4u
#define RULE_TREND	8u
#define RULE_LISTS	16u	/* rests on windows and pools that are not there */
#define RULE_PLACES	32u	/* compares addresses with windows or masks */
#define RULE_FAULTS	64u	/* an IOMMU refused accesses */

struct finder;

struct rule {
	const char *id;
	enum state_severity worst;
	uint64_t seen;			/* hooks whose hits it counts: losses make it less sure */
	uint64_t absent;		/* hooks of which no hit may have been missed */
	unsigned int flags;		/* RULE_* */
	/* One of these: once, or for each device. */
	void (*find)(struct finder *f);
	void (*find_dev)(struct finder *f, const struct dev *d);
};

struct finder {
	const struct state *m;
	const struct rule *rule;	/* the one that runs */
	struct cover_hole hole;		/* why it could not judge something; why 0: it could */
	struct state_finding spare;	/* for those that find no place */
	struct state_finding *list;
	size_t n, cap;
	int err;
};

/*
 * A new finding about d (NULL: the guest), valid until the next one is made. Without memory it is
 * one that is dropped.
 */
struct state_finding *finding_new(struct finder *f, const struct dev *d, unsigned int severity,
				  unsigned int confidence);

/* The same with those observations and their count as that fact; NULL: there are none. */
struct state_finding *finding_seen(struct finder *f, const struct dev *d, const struct seen *e,
				   enum fact count, unsigned int severity, unsigned int confidence);
/* The same with its failures of that reason. */
struct state_finding *finding_failed(struct finder *f, const struct dev *d, enum state_fail why,
				     unsigned int severity, unsigned int confidence);

void finding_events(struct state_finding *x, const struct seen *e);
/*
 * Is it certain that none of the rule's `absent` hooks was hit unseen in that time (ns)? A rule
 * asks before it concludes from something that did not happen; where the answer is no, the rule is
 * listed as not judged. d: the device that the hits would be of, or NULL: any.
 */
bool finding_whole(struct finder *f, const struct dev *d, uint64_t from, uint64_t to);
/* The same from the start to now. */
bool finding_always_whole(struct finder *f, const struct dev *d);
void finding_doubt(struct state_finding *x, unsigned int percent, enum doubt_kind why);

/* A fact of the finding; one that is not given is not known. text may be NULL: not known. */
void finding_fact(struct state_finding *x, enum fact id, uint64_t v);
void finding_known(struct state_finding *x, enum fact id, uint64_t v);	/* 0: not known */
void finding_text(struct state_finding *x, enum fact id, const char *text);
/* One thing to do; up to STATE_FINDING_REMEDIES, in order. */
void finding_advise(struct state_finding *x, enum remedy r);

/* A driver works with the device and may make it do DMA. */
bool dev_in_use(const struct dev *d);

/* find_*.c */
#define ONCE(id, worst, seen, absent, flags, fn) void fn(struct finder *f);
#define EACH(id, worst, seen, absent, flags, fn) void fn(struct finder *f, const struct dev *d);
RULE_TABLE(ONCE, EACH)
#undef ONCE
#undef EACH

#endif /* DMASCOPE_RULES_FINDINGS_H */
