// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The costs of translation for a device, and ranges that bypass the DMA API, as JSON.
 */
#include "report/json_val.h"
#include "report/translation.h"

#define USER_LISTED	64

/* 0: none; the last class of a histogram has no bound. */
static void put_time(struct json *j, const char *key, uint64_t ns)
{
	if (ns && ns != UINT64_MAX)
		json__u64(j, key, ns);
	else
		json__null(j, key);
}

static void put_object(struct json *j, const struct state_translation *x)
{
	json__begin_object(j, "translation");
	json__u64(j, "asked_bytes", x->asked);
	json__bool(j, "asked_least", !x->whole);
	json_val(j, "pages_bytes", x->pages);
	json__bool(j, "pages_least", x->pages.least);
	json__u64(j, "ended", x->ended);
	put_time(j, "life_p50", x->life_p50);
	json__bool(j, "each", x->each);
	json__bool(j, "lazy", x->lazy);
	json_val(j, "flushes", x->flushes);
	json__bool(j, "flushes_least", x->flushes.least);
	json__u64(j, "reaches", x->reaches);
	put_time(j, "reach_p50", x->reach_p50);
	json_val(j, "reach_max", x->reach_max);
	json__bool(j, "reach_max_least", x->reach_max.least);
	json__end_object(j);
}

static void put_users(struct json *j, const struct state *m, const struct state_dev *d)
{
	struct state_user u;
	uint64_t addr = 0;

	json__u64(j, "user_maps", d->user_maps);
	json__u64(j, "user_ranges", d->user_ranges);
	json__u64(j, "user_bytes", d->user_live);
	json__begin_array(j, "user_mappings");
	for (size_t i = 0; i < USER_LISTED && state__user_range(m, d->key, addr, &u); i++) {
		addr = u.dma + u.size;
		json__begin_object(j, NULL);
		json__hex(j, "dma", u.dma);
		json__u64(j, "size", u.size);
		if (u.pid)
			json__u64(j, "pid", u.pid);
		else
			json__null(j, "pid");
		json__str(j, "comm", u.comm);
		json__end_object(j);
	}
	json__end_array(j);
}

void report_put_translation(struct json *j, const struct state *m, const struct state_dev *d)
{
	struct state_translation x;

	if (state__translation(m, d, &x))
		put_object(j, &x);
	else
		json__null(j, "translation");
	put_users(j, m, d);
}
