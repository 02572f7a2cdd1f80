// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The texts of findings, out of their facts, remedies and doubts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/names.h"
#include "words/tables.h"

static const struct {
	const struct finding_words *words;
	const size_t *n;
} tables[] = {
	{ words_pool, &words_pool_count },
	{ words_path, &words_path_count },
	{ words_driver, &words_driver_count },
	{ words_fault, &words_fault_count },
	{ words_ledger, &words_ledger_count },
};

const struct finding_words *words__finding(const char *id)
{
	size_t t, i;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (i = 0; i < *tables[t].n; i++)
			if (!strcmp(tables[t].words[i].id, id))
				return &tables[t].words[i];
	return NULL;
}

const char *words__unseen(enum state_unseen why)
{
	switch (why) {
	case STATE_UNSEEN_USER:
		return "not observed: a driver in user space maps it";
	case STATE_UNSEEN_LINK:
		return "in part not observed: dma_iova_link() maps requests";
	case STATE_UNSEEN_VIRTIO:
		return "not observed, if it does not use the DMA API";
	default:
		return NULL;
	}
}

const char *words__fail(enum state_fail why)
{
	static const char *const texts[STATE_FAIL_MAX] = {
		[STATE_FAIL_OTHER] = "refused, no reason was seen",
		[STATE_FAIL_NO_POOL] = "there is no bounce pool",
		[STATE_FAIL_TOO_BIG] = "larger than any mapping through the pool can be",
		[STATE_FAIL_POOL_FULL] = "the bounce pool was full",
		[STATE_FAIL_FRAGMENTED] = "no run of free slots that long",
		[STATE_FAIL_SLOT] = "no bounce slot",
		[STATE_FAIL_NO_TCE] = "no free run in the TCE table",
		[STATE_FAIL_COHERENT] = "no coherent memory was to be had",
		[STATE_FAIL_UNUSABLE] = "the bounce pool cannot serve the device",
		[STATE_FAIL_FORBIDDEN] = "the caller forbids bouncing, and the device needs it",
		[STATE_FAIL_ABOVE_MASK] = "the bounce slot lies above the device's mask",
	};

	return texts[why < STATE_FAIL_MAX ? why : STATE_FAIL_OTHER];
}

static const char *const doubts[DOUBT_MAX] = {
	[DOUBT_SIZES_ONLY] = "counts only: judged by the sizes of what failed",
	[DOUBT_COUNTS_ONLY] = "counts only: no single mapping was observed",
	[DOUBT_FILL_UNKNOWN] = "how many slots were in use when it failed is not known",
	[DOUBT_STALLED] = "a device that stalls looks the same: it unmaps all of them later",
	[DOUBT_HOLDER] = "maps or unmaps of the device that holds most were missed: it may leak",
	[DOUBT_REMOVING] = "the removal may take longer: unmaps may follow",
	[DOUBT_SEARCH] = "not each search for slots was observed for certain",
	[DOUBT_HIWATER_SINCE_START] = "the high water before the start is not known",
	[DOUBT_USES_DMA_API] = "yet it was seen using the DMA API",
	[DOUBT_RINGS] = "queues that are opened one after another look the same",
};

static void append(char *to, size_t n, const char *text)
{
	size_t used = strlen(to);

	snprintf(to + used, n - used, "%s", text);
}

static void say_doubt(const struct state *m, const struct doubt *d, char *to, size_t n)
{
	char b[DMS_TEXT_LEN + 32] = "";
	struct state_run run;

	state__run(m, &run);
	if (d->kind == DOUBT_NO_HOOK)
		snprintf(b, sizeof(b), "the hook %s is not attached", dms_hook_name(d->hook));
	else if (d->kind == DOUBT_LOST)
		snprintf(b, sizeof(b), "%" PRIu64 " observations of %s were lost", d->n,
			 dms_hook_name(d->hook));
	else if (d->kind == DOUBT_FILTER)
		snprintf(b, sizeof(b), "only what fits %s was recorded", run.session->filter);
	if (to[0])
		append(to, n, "; ");
	append(to, n, doubts[d->kind] ? doubts[d->kind] : b);
}

static void say_finding(const struct state *m, struct state_finding *x)
{
	const struct finding_words *w = words__finding(x->f.id);
	char one[DMS_TEXT_LEN];
	size_t i;

	for (i = 0; i < STATE_FINDING_DOUBTS && x->doubt[i].kind; i++)
		say_doubt(m, &x->doubt[i], x->not_seen, sizeof(x->not_seen));
	if (!w || !w->summary)
		return;
	words__expand(m, w->summary, x->fact, x->f.summary, sizeof(x->f.summary));
	words__expand(m, w->evidence, x->fact, x->f.evidence, sizeof(x->f.evidence));
	for (i = 0; i < STATE_FINDING_REMEDIES && x->remedy[i]; i++) {
		words__expand(m, words__remedy(x->remedy[i])->text, x->fact, one, sizeof(one));
		if (i)
			append(x->f.action, sizeof(x->f.action), " ");
		append(x->f.action, sizeof(x->f.action), one);
	}
}

int words__findings(const struct state *m, struct state_finding **out, size_t *n)
{
	int err = state__findings(m, out, n);
	size_t i;

	for (i = 0; !err && i < *n; i++)
		say_finding(m, &(*out)[i]);
	return err;
}
