// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report as one JSON object on one line, for programs. Numbers as trace/json.h has it:
 * 64-bit counts are decimal strings, addresses hexadecimal strings, what was not observed is
 * null. The text is in report.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/json.h"
#include "util/names.h"
#include "view/report.h"

#define JSON_RANGES	2000	/* a line has an end; `convert --to csv` lists all */
#define JSON_CALLERS	50

struct jr {
	const struct model *m;
	const struct report_opts *o;
	struct model_run run;
	struct json j;
};

static bool shown(const struct jr *r, uint64_t dev)
{
	return report_shows(r->m, r->o, dev);
}

static void val(struct json *j, const char *key, struct mval v)
{
	if (mval_known(v))
		json__u64(j, key, v.v);
	else
		json__null(j, key);
}

/* A time as ns after the start; null: before it. */
static void when(struct jr *r, const char *key, uint64_t ts)
{
	if (ts)
		json__int(&r->j, key, (int64_t)(ts - r->run.start));
	else
		json__null(&r->j, key);
}

static void dev_name(struct jr *r, uint64_t dev)
{
	json__str(&r->j, "device", dev ? model__dev_name(r->m, dev) : NULL);
}

static void put_guest(struct jr *r)
{
	const struct rec_session *s = r->run.session;
	struct json *j = &r->j;

	if (!s) {
		json__null(j, "guest");
		return;
	}
	json__begin_object(j, "guest");
	json__str(j, "kind", dms_guest_name(s->guest));
	json__str(j, "how", s->guest_how);
	json__bool(j, "secure", r->run.secure);
	json__str(j, "kernel", s->kernel);
	json__str(j, "arch", s->arch);
	json__str(j, "lockdown", s->lockdown[0] ? s->lockdown : NULL);
	json__str(j, "cmdline", s->cmdline);
	json__int(j, "page_size", s->page_size);
	json__int(j, "cpus", s->cpus);
	json__u64(j, "mem_bytes", s->mem_bytes);
	if (s->lmb_size)
		json__u64(j, "lmb_size", s->lmb_size);
	json__end_object(j);
}

static void put_run(struct jr *r)
{
	const struct rec_hook *h;
	struct json *j = &r->j;
	size_t i;

	json__begin_object(j, "run");
	json__str(j, "tool", r->run.session ? r->run.session->tool_version : NULL);
	json__str(j, "filter", r->run.session && r->run.session->filter[0] ?
		  r->run.session->filter : NULL);
	json__u64(j, "ns", r->run.now - r->run.start);
	json__u64(j, "events", r->run.events);
	json__u64(j, "lost", r->run.lost);
	json__u64(j, "trimmed", r->run.trimmed);
	json__bool(j, "aggregates", r->run.aggregates);
	json__bool(j, "complete", r->run.complete && !r->o->cut);
	json__str(j, "incomplete", r->o->cut ? "cut off: no footer" : r->run.incomplete);
	json__begin_array(j, "missing_hooks");
	for (i = 0; (h = model__hook(r->m, i)); i++) {
		if (h->attach != ATTACH_NONE && !h->lost[0])
			continue;
		json__begin_object(j, NULL);
		json__str(j, "hook", h->name[0] ? h->name : dms_hook_name(h->id));
		json__str(j, "reason", h->reason);
		json__str(j, "lost", h->lost);
		json__end_object(j);
	}
	json__end_array(j);
	json__end_object(j);
}

static void put_pools(struct jr *r)
{
	struct json *j = &r->j;
	struct model_pool p;
	size_t i;

	json__begin_array(j, "pools");
	for (i = 0; model__pool(r->m, i, &p); i++) {
		json__begin_object(j, NULL);
		json__str(j, "name", p.rec.name);
		json__hex(j, "start", p.rec.start);
		json__hex(j, "end", p.rec.end);
		val(j, "slots", p.total);
		val(j, "used", p.used);
		val(j, "hiwater", p.hiwater);
		if (p.rec.force_bounce_known)
			json__bool(j, "forced", p.rec.force_bounce);
		else
			json__null(j, "forced");
		json__u64(j, "searches", p.attempts);
		json__u64(j, "failed", p.failed);
		json__u64(j, "largest_mapping", p.segment);
		val(j, "longest_free_run", p.free_run);
		json__end_object(j);
	}
	json__end_array(j);
}

static int put_findings(struct jr *r)
{
	struct json *j = &r->j;
	struct model_finding *f;
	size_t n, i, k;
	int err = model__findings(r->m, &f, &n);

	if (err)
		return err;
	json__begin_array(j, "findings");
	for (i = 0; i < n; i++) {
		if (f[i].f.dev && !shown(r, f[i].f.dev))
			continue;
		json__begin_object(j, NULL);
		json__str(j, "id", f[i].f.id);
		json__str(j, "severity", model__severity_name(f[i].f.severity));
		json__int(j, "confidence", f[i].f.confidence);
		dev_name(r, f[i].f.dev);
		json__str(j, "summary", f[i].f.summary);
		json__str(j, "evidence", f[i].f.evidence);
		json__str(j, "action", f[i].f.action);
		json__str(j, "not_seen", f[i].not_seen[0] ? f[i].not_seen : NULL);
		json__u64(j, "count", f[i].count);
		json__begin_array(j, "events");
		for (k = 0; k < MODEL_FINDING_EVENTS && f[i].seq[k]; k++)
			json__u64(j, NULL, f[i].seq[k]);
		json__end_array(j);
		json__end_object(j);
	}
	json__end_array(j);
	free(f);
	return 0;
}

static void put_paths(struct jr *r, const struct model_dev *d)
{
	struct json *j = &r->j;
	size_t p;

	json__begin_object(j, "paths");
	for (p = 0; p < DMS_PATH_MAX; p++) {
		if (!d->path[p].maps && !d->path[p].unmaps)
			continue;
		json__begin_object(j, dms_path_name(p));
		json__u64(j, "maps", d->path[p].maps);
		json__u64(j, "map_bytes", d->path[p].map_bytes);
		json__u64(j, "unmaps", d->path[p].unmaps);
		json__u64(j, "unmap_bytes", d->path[p].unmap_bytes);
		json__u64(j, "live", d->live[p]);
		json__u64(j, "live_bytes", d->live_bytes[p]);
		json__end_object(j);
	}
	json__end_object(j);
}

static void put_device(struct jr *r, const struct model_dev *d)
{
	struct model_decision dec = { .brief = "" };
	struct json *j = &r->j;
	size_t i;

	model__decision(r->m, d->key, &dec);
	json__begin_object(j, NULL);
	json__str(j, "name", d->name);
	json__str(j, "driver", d->rec ? d->rec->driver : NULL);
	json__str(j, "kind", d->rec ? d->rec->kind : NULL);
	json__bool(j, "removed", d->removed);
	if (d->mask)
		json__hex(j, "mask", d->mask);
	else
		json__null(j, "mask");
	json__str(j, "decision", dec.brief);
	json__str(j, "why", dec.full);
	when(r, "decided", dec.ts);
	json__bool(j, "decided_before_start", dec.before_start);
	put_paths(r, d);
	json__begin_object(j, "failures");
	for (i = 0; i < MODEL_FAIL_MAX; i++)
		if (d->fails[i])
			json__u64(j, model__fail_name(i), d->fails[i]);
	json__end_object(j);
	json__u64(j, "slots", d->slots);
	json__u64(j, "slots_max", d->slots_max);
	json__u64(j, "before_start", d->preexisting);
	json__u64(j, "private_maps", d->private_maps);
	json__u64(j, "private_bytes", d->private_bytes);
	json__end_object(j);
}

static void put_devices(struct jr *r)
{
	const struct model_dev *d;
	size_t i;

	json__begin_array(&r->j, "devices");
	for (i = 0; (d = model__dev(r->m, i)); i++)
		if (shown(r, d->key))
			put_device(r, d);
	json__end_array(&r->j);
}

static void put_windows(struct jr *r)
{
	struct json *j = &r->j;
	struct model_window w;
	size_t i;

	json__begin_array(j, "windows");
	for (i = 0; model__window(r->m, i, &w); i++) {
		if (!shown(r, w.rec.dev))
			continue;
		json__begin_object(j, NULL);
		dev_name(r, w.rec.dev);
		json__hex(j, "liobn", w.rec.liobn);
		json__str(j, "kind", dms_window_kind_name(w.rec.kind));
		json__str(j, "use", dms_window_use_name(w.rec.use));
		json__hex(j, "base", w.rec.base);
		json__u64(j, "size", w.rec.size);
		json__int(j, "page_shift", w.rec.page_shift);
		json__bool(j, "removed", w.rec.removed);
		json__u64(j, "entries", w.entries);
		val(j, "used", w.used);
		val(j, "hiwater", w.hiwater);
		val(j, "before_start", w.preexisting);
		val(j, "mapped_bytes", w.mapped_bytes);
		val(j, "shared_bytes", w.shared_bytes);
		json__u64(j, "refused", w.set_failed);
		json__end_object(j);
	}
	json__end_array(j);
}

static int one_range(void *ctx, const struct model_range *g)
{
	static const char *const shared[] = { NULL, "no", "part", "yes" };
	struct jr *r = ctx;
	struct json *j = &r->j;

	if (!report_shows_range(r->m, r->o, g))
		return 0;
	json__begin_object(j, NULL);
	dev_name(r, g->dev);
	if (g->liobn)
		json__hex(j, "liobn", g->liobn);
	json__str(j, "path", dms_path_name(g->path));
	json__str(j, "dir", dms_dir_name(g->dir));
	json__hex(j, "dma", g->dma);
	if (g->phys_known)
		json__hex(j, "phys", g->phys);
	else
		json__null(j, "phys");
	json__u64(j, "size", g->size);
	json__u64(j, "bytes", g->bytes);
	json__u64(j, "count", g->count);
	json__bool(j, "scattered", g->scattered);
	json__bool(j, "before_start", g->preexisting);
	when(r, "oldest", g->oldest);
	json__str(j, "caller", g->caller);
	json__str(j, "shared", shared[g->shared]);
	json__u64(j, "event", g->seq);
	json__end_object(j);
	return 0;
}

static int put_ranges(struct jr *r)
{
	size_t limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	struct model_range_filter f = { .limit = limit < JSON_RANGES ? limit : JSON_RANGES };
	uint64_t total;
	int err;

	if (r->o->by_addr) {
		f.by_addr = f.each = true;
		f.addr = r->o->addr;
	}
	json__begin_array(&r->j, "ranges");
	err = model__ranges(r->m, &f, one_range, r, &total);
	json__end_array(&r->j);
	if (!err)
		json__u64(&r->j, "ranges_total", total);
	return err;
}

struct shared_walk {
	struct jr *r;
	size_t n;
};

static int one_shared(void *ctx, const struct model_shared *s)
{
	struct shared_walk *w = ctx;
	struct json *j = &w->r->j;

	if (w->r->o->by_addr && (w->r->o->addr < s->phys || w->r->o->addr - s->phys >= s->size))
		return 0;
	if (w->n++ >= JSON_RANGES)
		return 1;
	json__begin_object(j, NULL);
	json__hex(j, "phys", s->phys);
	json__u64(j, "size", s->size);
	json__bool(j, "confirmed", s->confirmed);
	when(w->r, "since", s->ts);
	json__str(j, "caller", s->caller);
	json__end_object(j);
	return 0;
}

static void put_ledger(struct jr *r)
{
	struct shared_walk w = { .r = r };
	struct json *j = &r->j;
	struct model_ledger l;

	model__ledger(r->m, &l);
	if (!l.secure) {
		json__null(j, "ledger");
		return;
	}
	json__begin_object(j, "ledger");
	val(j, "shared", l.shared);
	json__u64(j, "confirmed", l.confirmed);
	json__u64(j, "assumed", l.assumed);
	json__u64(j, "shares", l.shares);
	json__u64(j, "unshares", l.unshares);
	val(j, "failed", l.failed);
	val(j, "rate_max", l.rate_max);
	json__u64(j, "freed_shared", l.freed_shared);
	json__u64(j, "unshared_mapped", l.unshared_mapped);
	json__u64(j, "unshare_unknown", l.unshare_unknown);
	json__u64(j, "kexec", l.kexec);
	json__begin_array(j, "ranges");
	model__shared(r->m, one_shared, &w);
	json__end_array(j);
	json__end_object(j);
}

static void put_callers(struct jr *r)
{
	struct model_caller c[JSON_CALLERS];
	struct json *j = &r->j;
	size_t i, n = model__callers(r->m, NULL, c, JSON_CALLERS);

	json__begin_array(j, "callers");
	for (i = 0; i < n && i < JSON_CALLERS; i++) {
		if (!shown(r, c[i].dev))
			continue;
		json__begin_object(j, NULL);
		dev_name(r, c[i].dev);
		json__str(j, "path", dms_path_name(c[i].path));
		json__str(j, "caller", c[i].name);
		json__u64(j, "maps", c[i].maps);
		json__u64(j, "bytes", c[i].bytes);
		json__u64(j, "failed", c[i].fails);
		json__u64(j, "live", c[i].live);
		json__u64(j, "live_bytes", c[i].live_bytes);
		json__end_object(j);
	}
	json__end_array(j);
}

static void put_failures(struct jr *r)
{
	struct json *j = &r->j;
	struct model_failure x;
	size_t i;

	json__begin_array(j, "failures");
	for (i = 0; model__failure(r->m, i, &x); i++) {
		if (!shown(r, x.dev))
			continue;
		json__begin_object(j, NULL);
		json__u64(j, "event", x.seq);
		when(r, "t", x.ts);
		dev_name(r, x.dev);
		json__u64(j, "size", x.size);
		json__str(j, "reason", model__fail_name(x.why));
		json__str(j, "caller", x.caller);
		json__end_object(j);
	}
	json__end_array(j);
}

static int put_state(struct jr *r)
{
	int err;

	put_devices(r);
	if (r->run.tce)
		put_windows(r);
	err = put_ranges(r);
	if (err)
		return err;
	put_ledger(r);
	put_callers(r);
	put_failures(r);
	return 0;
}

int report_json(const struct model *m, const struct report_opts *opts, struct out *out)
{
	static const struct report_opts plain;
	struct jr r = { .m = m, .o = opts ? opts : &plain };
	int err;

	model__run(m, &r.run);
	if (!report_shows_any(m, r.o))
		return -ENOENT;
	json__init(&r.j, out);
	json__begin_object(&r.j, NULL);
	json__str(&r.j, "format", "dmascope-report");
	json__str(&r.j, "version", "1.0");
	put_run(&r);
	if (!r.o->findings) {
		put_guest(&r);
		put_pools(&r);
	}
	err = put_findings(&r);
	if (!err && !r.o->findings)
		err = put_state(&r);
	if (err)
		return err;
	json__end_object(&r.j);
	return json__end_line(&r.j);
}
