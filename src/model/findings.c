// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of findings, and what all of them share. The judgements themselves are in find_*.c,
 * one function each; long explanations are in view/explain.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/findings.h"
#include "util/names.h"

/* Ids are stable: never rename one. The order is the order among equals in severity. */
static const struct {
	const char *id;
	void (*find)(struct finder *f);
} table[] = {
	{ "no-bounce-pool", find_no_bounce_pool },
	{ "bounce-not-forced", find_bounce_not_forced },
	{ "request-too-big", find_request_too_big },
	{ "pool-full", find_pool_full },
	{ "pool-fragmented", find_pool_fragmented },
	{ "bounce-without-pool", find_bounce_without_pool },
	{ "private-dma", find_private_dma },
	{ "virtio-no-access-platform", find_virtio_no_access_platform },
	{ "dma-without-tce", find_dma_without_tce },
	{ "pool-outside-window", find_pool_outside_window },
	{ "freed-while-shared", find_freed_while_shared },
	{ "unshared-while-mapped", find_unshared_while_mapped },
	{ "share-failed", find_share_failed },
	{ "tce-refused", find_tce_refused },
	{ "tce-stale", find_tce_stale },
	{ "tce-indirect-private", find_tce_indirect_private },
	{ "tce-table-full", find_tce_table_full },
	{ "path-mismatch", find_path_mismatch },
	{ "not-copied-back", find_not_copied_back },
	{ "leak-at-remove", find_leak_at_remove },
	{ "api-misuse", find_api_misuse },
	{ "coherent-refused", find_coherent_refused },
	{ "map-failed", find_map_failed },
	{ "small-mask", find_small_mask },
	{ "ddw-missing", find_ddw_missing },
	{ "ddw-degraded", find_ddw_degraded },
	{ "mapping-leak", find_mapping_leak },
	{ "share-growth", find_share_growth },
	{ "conversion-storm", find_conversion_storm },
	{ "pool-pressure", find_pool_pressure },
	{ "tce-table-pressure", find_tce_table_pressure },
	{ "all-bounced", find_all_bounced },
	{ "mask-below-memory", find_mask_below_memory },
	{ "bounced-unforced", find_bounced_unforced },
	{ "mixed-paths", find_mixed_paths },
	{ "window-wide", find_window_wide },
	{ "pool-oversized", find_pool_oversized },
};

#define MAX_FINDINGS	1000	/* a stream with more is no guest */

static const char *const fail_names[MODEL_FAIL_MAX] = {
	[MODEL_FAIL_OTHER] = "other", [MODEL_FAIL_NO_POOL] = "no_pool",
	[MODEL_FAIL_TOO_BIG] = "too_big", [MODEL_FAIL_POOL_FULL] = "pool_full",
	[MODEL_FAIL_FRAGMENTED] = "fragmented", [MODEL_FAIL_SLOT] = "no_slot",
	[MODEL_FAIL_NO_TCE] = "no_tce", [MODEL_FAIL_COHERENT] = "coherent",
};

static const char *const fail_texts[MODEL_FAIL_MAX] = {
	[MODEL_FAIL_OTHER] = "refused, no reason was seen",
	[MODEL_FAIL_NO_POOL] = "there is no bounce pool",
	[MODEL_FAIL_TOO_BIG] = "larger than any mapping through the pool can be",
	[MODEL_FAIL_POOL_FULL] = "the bounce pool was full",
	[MODEL_FAIL_FRAGMENTED] = "no run of free slots that long",
	[MODEL_FAIL_SLOT] = "no bounce slot",
	[MODEL_FAIL_NO_TCE] = "no free run in the TCE table",
	[MODEL_FAIL_COHERENT] = "no coherent memory was to be had",
};

const char *model__fail_name(enum model_fail why)
{
	return fail_names[why < MODEL_FAIL_MAX ? why : MODEL_FAIL_OTHER];
}

const char *model__fail_text(enum model_fail why)
{
	return fail_texts[why < MODEL_FAIL_MAX ? why : MODEL_FAIL_OTHER];
}

const char *model__severity_name(unsigned int severity)
{
	static const char *const names[] = { "none", "note", "warning", "error" };

	return names[severity <= MODEL_ERROR ? severity : 0];
}

const char *model__finding_id(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? table[i].id : NULL;
}

struct model_finding *finding_new(struct finder *f, const struct dev *d, unsigned int severity,
				  unsigned int confidence)
{
	size_t cap = f->cap ? f->cap * 2 : 16;
	struct model_finding *x;

	if (f->err || f->n >= MAX_FINDINGS)
		return NULL;
	if (f->n == f->cap) {
		x = realloc(f->list, cap * sizeof(*x));
		if (!x) {
			f->err = -ENOMEM;
			return NULL;
		}
		f->list = x;
		f->cap = cap;
	}
	x = &f->list[f->n++];
	memset(x, 0, sizeof(*x));
	snprintf(x->f.id, sizeof(x->f.id), "%s", f->id);
	x->f.ts = f->m->now;
	x->f.severity = severity;
	x->f.confidence = confidence;
	x->f.dev = d ? d->pub.key : 0;
	return x;
}

void finding_put(char *field, size_t n, const char *fmt, ...)
{
	size_t used = strlen(field);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(field + used, n - used, fmt, ap);
	va_end(ap);
}

void finding_events(struct model_finding *x, const struct evid *e)
{
	size_t i, at = 0;

	while (at < MODEL_FINDING_EVENTS && x->seq[at])
		at++;
	for (i = 0; i < MODEL_FINDING_EVENTS && at < MODEL_FINDING_EVENTS && e->seq[i]; i++)
		x->seq[at++] = e->seq[i];
	x->count += e->count;
}

void finding_doubt(struct model_finding *x, unsigned int percent, const char *why)
{
	x->f.confidence = x->f.confidence > percent + 5 ? x->f.confidence - percent : 5;
	if (x->not_seen[0])
		finding_put(x->not_seen, sizeof(x->not_seen), "; ");
	finding_put(x->not_seen, sizeof(x->not_seen), "%s", why);
}

void finding_needs(struct finder *f, struct model_finding *x, enum dms_hook hook)
{
	uint64_t lost = model__hook_lost(f->m, hook);
	char why[DMS_TEXT_LEN];

	if (f->m->has_hooks && !f->m->attached[hook]) {
		snprintf(why, sizeof(why), "the hook %s is not attached", dms_hook_name(hook));
		finding_doubt(x, 25, why);
	} else if (lost) {
		snprintf(why, sizeof(why), "%" PRIu64 " observations of %s were lost", lost,
			 dms_hook_name(hook));
		finding_doubt(x, 15, why);
	}
}

const char *size_text(char *buf, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t rest = 0, v = bytes;
	size_t u = 0;

	if (bytes < 1024) {
		snprintf(buf, SIZE_LEN, "%" PRIu64 " byte%s", bytes, S(bytes));
		return buf;
	}
	for (rest = v % 1024, v /= 1024; v >= 1024; v /= 1024, u++)
		rest = v % 1024;
	if (rest * 10 / 1024)
		snprintf(buf, SIZE_LEN, "%" PRIu64 ".%" PRIu64 " %ciB", v, rest * 10 / 1024,
			 units[u]);
	else
		snprintf(buf, SIZE_LEN, "%" PRIu64 " %ciB", v, units[u]);
	return buf;
}

unsigned int mask_bits(uint64_t mask)
{
	unsigned int n = 0;

	for (; mask; mask >>= 1)
		n++;
	return n;
}

/* A PCI device nobody drives has a 32-bit mask too; ports and bridges do no DMA of their own. */
bool dev_in_use(const struct dev *d)
{
	const char *driver = d->rec.driver;
	size_t i;

	if (d->pub.removed)
		return false;
	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->pub.path[i].maps || d->pub.path[i].unmaps)
			return true;
	return d->has_rec && driver[0] && strcmp(driver, "pcieport") && strcmp(driver, "shpchp");
}

static const struct model *sort_model;	/* qsort() takes no context; used and left at once */

static uint32_t place_of(const struct model_finding *x)
{
	uint32_t i, dev = x->f.dev ? idmap_get(&sort_model->by_key, x->f.dev) : 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]) && strcmp(table[i].id, x->f.id); i++)
		;
	return i << 20 | (dev & 0xfffff);
}

static int worst_first(const void *a, const void *b)
{
	const struct model_finding *x = a, *y = b;
	uint32_t px, py;

	if (x->f.severity != y->f.severity)
		return x->f.severity > y->f.severity ? -1 : 1;
	px = place_of(x);
	py = place_of(y);
	return px < py ? -1 : px > py;
}

/* A finding about what was seen may look different with what was not let through. */
static void tell_filter(const struct finder *f)
{
	char why[DMS_TEXT_LEN + 32];
	size_t i;

	if (!f->m->session.filter[0])
		return;
	snprintf(why, sizeof(why), "only what fits %s was recorded", f->m->session.filter);
	for (i = 0; i < f->n; i++)
		finding_doubt(&f->list[i], 0, why);
}

int model__findings(const struct model *m, struct model_finding **out, size_t *n)
{
	struct finder f = { .m = m };
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		f.id = table[i].id;
		table[i].find(&f);
	}
	tell_filter(&f);
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
