// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * top as NDJSON: one object per interval with the numbers of the screen. Counts are since the
 * start, rates over the interval; what is not known is null.
 */
#include "report/json_val.h"
#include "report/pool_size.h"
#include "report/translation.h"
#include "trace/json.h"
#include "util/names.h"
#include "top/top.h"
#include "words/words.h"

static void put_rate(struct json *j, const char *key, int64_t milli)
{
	if (milli == TOP_NO_RATE)
		json__null(j, key);
	else
		json__milli(j, key, milli);
}

static void put_run(struct json *j, const struct top_view *v)
{
	const struct rec_session *s = v->run.session;

	json__str(j, "format", "dmascope-top");
	json__str(j, "version", "1.0");
	json__str(j, "type", "top");
	json__int(j, "t", (int64_t)(v->now - v->run.start));
	if (v->since_sample)
		json__int(j, "interval_ns", (int64_t)v->since_sample);
	else
		json__null(j, "interval_ns");
	json__str(j, "guest", s ? dms_guest_name(s->guest) : NULL);
	json__str(j, "kernel", s ? s->kernel : NULL);
	json__str(j, "arch", s ? s->arch : NULL);
	json__str(j, "counts_from", v->run.aggregates ? "kernel" : "events");
	json__u64(j, "events", v->run.events);
	put_rate(j, "events_per_s", v->events_rate);
	json__u64(j, "lost", v->run.lost);
	json__bool(j, "complete", v->run.complete);
}

static void put_pool(struct json *j, const struct top_view *v)
{
	const struct state_pool *p = v->pool ? &v->pool->p : NULL;
	char option[POOL_OPTION_LEN];
	struct pool_size size;

	if (!p) {
		json__null(j, "pool");
		return;
	}
	json__begin_object(j, "pool");
	json__str(j, "name", p->rec.name);
	json__int(j, "pools", (int64_t)v->npools);
	json_val(j, "slots", p->total);
	json__int(j, "slot_size", p->rec.slot_size ? p->rec.slot_size : IO_TLB_SIZE);
	json_val(j, "used", v->pool->used);
	json__bool(j, "used_estimate", v->pool->used.estimate);
	json__bool(j, "used_least", v->pool->used.least);
	json_val(j, "most", p->hiwater);
	json__bool(j, "most_estimate", p->hiwater.estimate);
	json__bool(j, "most_least", p->hiwater.least);
	size = report_pool_size(v->m, p);
	if (size.advice != POOL_ADVICE_NONE)
		json__u64(j, "recommended", size.slots);
	else
		json__null(j, "recommended");
	report_pool_size_option(&size, option, sizeof(option));
	json__str(j, "recommended_option", option[0] ? option : NULL);
	json__u64(j, "failed", p->failed);
	if (p->rec.force_bounce_known)
		json__bool(j, "forced", p->rec.force_bounce);
	else
		json__null(j, "forced");
	json__end_object(j);
}

static void put_shared(struct json *j, const struct top_view *v)
{
	if (!v->ledger.secure) {
		json__null(j, "shared");
		return;
	}
	json__begin_object(j, "shared");
	json_val(j, "bytes", v->ledger.shared);
	json_val(j, "seen_bytes", (struct mval){
		.v = v->ledger.confirmed, .why = v->ledger.counted ? NULL : "not hooked" });
	json__u64(j, "assumed_bytes", v->ledger.assumed);
	json_val(j, "conversions_per_s", v->ledger.rate);
	json__end_object(j);
}

static void put_paths(struct json *j, const struct state_dev *d)
{
	json__begin_object(j, "paths");
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
		if (!d->path[p].maps && !d->path[p].unmaps && !d->live[p])
			continue;
		json__begin_object(j, dms_path_name(p));
		json__u64(j, "maps", d->path[p].maps);
		json__u64(j, "bytes", d->path[p].map_bytes);
		json__u64(j, "unmaps", d->path[p].unmaps);
		json__u64(j, "live", d->live[p]);
		json__u64(j, "live_bytes", d->live_bytes[p]);
		json__end_object(j);
	}
	json__end_object(j);
}

static void put_known_hex(struct json *j, const char *key, uint64_t v)
{
	if (v)
		json__hex(j, key, v);
	else
		json__null(j, key);
}

static void put_device(struct json *j, const struct top_view *v, const struct top_dev *d)
{
	json__begin_object(j, NULL);
	json__hex(j, "dev", d->d->key);
	json__str(j, "name", d->d->name);
	json__str(j, "driver", *d->driver ? d->driver : NULL);
	json__str(j, "kind", *d->kind ? d->kind : NULL);
	json__bool(j, "removed", d->d->removed);
	json__u64(j, "maps", d->n.maps);
	json__u64(j, "bytes", d->n.bytes);
	json__u64(j, "failed", d->n.fails);
	put_rate(j, "maps_per_s", d->maps_rate);
	put_rate(j, "bytes_per_s", d->bytes_rate);
	put_rate(j, "failed_per_s", d->fails_rate);
	json__u64(j, "live", d->live);
	json__u64(j, "live_bytes", d->live_bytes);
	json__bool(j, "older", d->older);
	json__bool(j, "maps_least", d->maps_least);
	json__bool(j, "unmaps_least", d->unmaps_least);
	json__u64(j, "before_start", d->d->preexisting);
	json__u64(j, "unfollowed", d->d->unfollowed);
	json__u64(j, "iommu_faults", d->d->faults);
	report_put_translation(j, v->m, d->d);
	json__u64(j, "slots", d->slots);
	json__bool(j, "slots_estimate", d->slots_estimate);
	put_known_hex(j, "mask", d->d->mask);
	if (d->liobn)
		json__int(j, "liobn", d->liobn);
	else
		json__null(j, "liobn");
	json__str(j, "decision", d->decision.brief[0] ? d->decision.brief : NULL);
	json__bool(j, "gives_private", d->decision.bad);
	json__str(j, "decision_text", d->decision.full[0] ? d->decision.full : NULL);
	json__str(j, "finding", d->finding ? d->finding->f.id : NULL);
	put_paths(j, d->d);
	json__end_object(j);
}

static void put_finding(struct json *j, const struct top_view *v, const struct state_finding *f)
{
	json__begin_object(j, NULL);
	json__str(j, "id", f->f.id);
	json__str(j, "severity", state__severity_name(f->f.severity));
	json__int(j, "confidence", f->f.confidence);
	if (f->f.dev)
		json__hex(j, "dev", f->f.dev);
	else
		json__null(j, "dev");
	json__str(j, "device", f->f.dev ? state__dev_name(v->m, f->f.dev) : NULL);
	json__str(j, "summary", f->f.summary);
	json__str(j, "evidence", f->f.evidence);
	json__str(j, "action", f->f.action);
	json__str(j, "not_seen", f->not_seen[0] ? f->not_seen : NULL);
	json__u64(j, "count", f->count);
	json__begin_array(j, "events");
	for (size_t i = 0; i < STATE_FINDING_EVENTS && f->seq[i]; i++)
		json__u64(j, NULL, f->seq[i]);
	json__end_array(j);
	json__end_object(j);
}

static void put_unjudged(struct json *j, const struct top_view *v)
{
	struct state_unjudged u[STATE_UNJUDGED];
	size_t n = state__unjudged(v->m, u, STATE_UNJUDGED);
	char why[DMS_TEXT_LEN];

	json__begin_array(j, "not_judged");
	for (size_t i = 0; i < n && i < STATE_UNJUDGED; i++) {
		json__begin_object(j, NULL);
		json__str(j, "id", u[i].id);
		words__hole(&u[i].hole, why, sizeof(why));
		json__str(j, "reason", why);
		json__end_object(j);
	}
	json__end_array(j);
}

static void put_missing(struct json *j, const struct top_view *v)
{
	const struct rec_hook *h;

	json__begin_array(j, "missing_hooks");
	for (size_t i = 0; (h = top_missing(v, &i)); ) {
		json__begin_object(j, NULL);
		json__str(j, "hook", dms_hook_name(h->id));
		json__str(j, "reason", h->reason);
		json__str(j, "lost", h->lost);
		json__end_object(j);
	}
	json__end_array(j);
}

int top_json(const struct top_view *v, struct out *out)
{
	struct json j;

	json__init(&j, out);
	json__begin_object(&j, NULL);
	put_run(&j, v);
	put_rate(&j, "maps_per_s", v->maps_rate);
	put_rate(&j, "bytes_per_s", v->bytes_rate);
	put_rate(&j, "failed_per_s", v->fails_rate);
	put_pool(&j, v);
	put_shared(&j, v);
	json__begin_array(&j, "devices");
	for (size_t i = 0; i < v->devs; i++)
		put_device(&j, v, &v->dev[i]);
	json__end_array(&j);
	json__begin_array(&j, "findings");
	for (size_t i = 0; i < v->findings; i++)
		put_finding(&j, v, &v->finding[i]);
	json__end_array(&j);
	put_unjudged(&j, v);
	put_missing(&j, v);
	json__end_object(&j);
	return json__end_line(&j);
}
