/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All English of findings. Each finding has one initializer (words/finding_*.c) with its
 * sentences, its long text and its sources; remedies are shared and have theirs
 * (words/remedies.c). `dmascope explain` and doc/findings.md are made from them.
 */
#ifndef DMASCOPE_WORDS_H
#define DMASCOPE_WORDS_H

#include <stddef.h>

#include "rules/rules.h"

/*
 * Templates (words/template.c): {name} is a fact in its unit, {name noun} a number with its noun in
 * singular or plural, [...] is left out unless all facts within are known; {?name} and {!name}
 * print nothing and ask that a fact is known and not 0, or the contrary. {private} and {converter}
 * are words for the guest at hand.
 */
struct finding_words {
	const char *id;
	const char *title;	/* after its id in `explain` */
	const char *summary;	/* template: one sentence of what is wrong */
	const char *evidence;	/* template: the numbers that show it */
	const char *means, *how, *todo;	/* for `explain`: at length */
	const char *sources;	/* file, function, kernel versions that were read */
};

struct remedy_words {
	const char *text;	/* template: a sentence */
	const char *source;	/* file, function and version that it was checked with */
};

/* NULL: no such finding. */
const struct finding_words *words__finding(const char *id);
const struct remedy_words *words__remedy(enum remedy r);

/* state__findings() with all texts: summary, evidence, action, not_seen. */
int words__findings(const struct state *m, struct state_finding **out, size_t *n);

/* "50 unmaps lost": why hits of a hook are missing. Always terminates out. */
void words__hole(const struct cover_hole *hole, char *out, size_t n);
/*
 * The rules that were not judged, as "mapping-leak, leak-at-remove (50 unmaps lost); ..."; empty
 * when all were. Allocates *out for the caller to free(). 0 or -ENOMEM.
 */
int words__unjudged(const struct state *m, char **out);

/* state__decision() with its words, brief and full. */
int words__decision(const struct state *m, uint64_t key, struct state_decision *out);

/* Words that depend on the kind of guest. */
struct guest_words {
	const char *name;	/* "PEF secure guest" */
	const char *kind;	/* "secure guest (PEF)" */
	const char *private;	/* {private}: the effect if a device accesses private memory */
	const char *converter;	/* {converter}: who may refuse a conversion */
	const char *unlisted;	/* shared memory that no event shows */
};

/* Never NULL; s may be. */
const struct guest_words *words__guest(const struct rec_session *s);

/* A DMA direction. */
struct dir_words {
	const char *column;	/* "to" */
	const char *brief;	/* "to dev" */
	const char *phrase;	/* "to the device"; "": none */
};

const struct dir_words *words__dir(enum dms_dir dir);

/* The reason mappings of a device are not observed; NULL: they are. */
const char *words__unseen(enum state_unseen why);
/* The reason a mapping failed: "the bounce pool was full". */
const char *words__fail(enum state_fail why);

/* Fills a template with facts, and with words that fit the guest. Always terminates out. */
void words__expand(const struct state *m, const char *template, const struct fact_value *fact,
		   char *out, size_t n);
/* Every fact that a template names exists, brackets are balanced: NULL, or what is wrong. */
const char *words__check(const char *template);

/*
 * The reason no count of live mappings has a device's direct ones: state_dev.unfollowed. In
 * dma_need_unmap(), kernel/dma/mapping.c, 6.16 to 7.3.
 */
#define WORDS_UNFOLLOWED	"their driver may leave out the unmap (dma_need_unmap())"

/*
 * The costs of translation for the device, in whole sentences; false: none was translated.
 * The ranges that bypass the DMA API; false: none is known.
 */
bool words__translation(const struct state *m, const struct state_dev *d, char *buf, size_t len);
bool words__user(const struct state_dev *d, char *buf, size_t len);

#endif /* DMASCOPE_WORDS_H */
