// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report as one JSON object on one line, for programs. Numbers as trace/json.h has it:
 * 64-bit counts are decimal strings, addresses hexadecimal strings, what was not observed is
 * null. The text is in report.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "report/json_val.h"
#include "report/translation.h"
#include "trace/device.h"
#include "trace/json.h"
#include "util/names.h"
#include "report/pool_size.h"
#include "report/report.h"
#include "report/until.h"
#include "words/words.h"

#define JSON_RANGES	2000	/* a line has an end; `convert --to csv` lists all */
#define JSON_CALLERS	50
#define JSON_HEAP_USERS	100

struct jr {
	const struct state *m;
	const struct report_opts *o;
	struct state_run run;
	struct json j;
};

static bool shown(const struct jr *r, uint64_t dev)
{
	return report_shows(r->m, r->o, dev);
}

/* Names of the fields whose number may be larger: some of what adds to it was not delivered. */
static void at_least(struct json *j, const char *const *names, const bool *least, size_t n)
{
	size_t i;

	json__begin_array(j, "at_least");
	for (i = 0; i < n; i++)
		if (least[i])
			json__str(j, NULL, names[i]);
	json__end_array(j);
}

#define AT_LEAST(j, names, ...) \
	at_least(j, names, (const bool[]){ __VA_ARGS__ }, sizeof(names) / sizeof((names)[0]))

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
	json__str(&r->j, "device", dev ? state__dev_name(r->m, dev) : NULL);
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

/* By hook: what this kernel can do and no hook shows. */
static void put_unseen(struct jr *r)
{
	const struct rec_hook *h;
	char text[DMS_NAME_LEN + DMS_TEXT_LEN];

	json__begin_array(&r->j, "unseen");
	for (size_t i = 0; (h = state__hook(r->m, i)); i++) {
		if (!h->unseen[0])
			continue;
		snprintf(text, sizeof(text), "%s: %s", h->name[0] ? h->name : dms_hook_name(h->id),
			 h->unseen);
		json__str(&r->j, NULL, text);
	}
	json__end_array(&r->j);
}

/* The finding that ended the recording, as the recorder had it. */
static void put_until(struct jr *r)
{
	const struct rec_finding *f = report_until_seen(r->m, &r->run);
	const char *id = report_until(&r->run);
	struct json *j = &r->j;

	if (!id) {
		json__null(j, "until");
		return;
	}
	json__begin_object(j, "until");
	json__str(j, "id", id);
	dev_name(r, f ? f->dev : 0);
	json__str(j, "evidence", f ? f->evidence : NULL);
	json__str(j, "action", f ? f->action : NULL);
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
	json__u64(j, "ns", r->run.now > r->run.from ? r->run.now - r->run.from : 0);
	if (r->run.sliced) {
		json__int(j, "from", (int64_t)(r->run.from - r->run.start));
		json__int(j, "to", (int64_t)(r->run.now - r->run.start));
	}
	json__u64(j, "events", r->run.events);
	json__u64(j, "lost", r->run.lost);
	json__u64(j, "trimmed", r->run.trimmed);
	json__bool(j, "aggregates", r->run.aggregates);
	json__bool(j, "complete", r->run.complete);
	json__str(j, "incomplete", r->run.incomplete);
	put_until(r);
	json__begin_array(j, "missing_hooks");
	for (i = 0; (h = state__hook(r->m, i)); i++) {
		if (h->attach != ATTACH_NONE && !h->lost[0])
			continue;
		json__begin_object(j, NULL);
		json__str(j, "hook", h->name[0] ? h->name : dms_hook_name(h->id));
		json__str(j, "reason", h->reason);
		json__str(j, "lost", h->lost);
		json__end_object(j);
	}
	json__end_array(j);
	put_unseen(r);
	json__end_object(j);
}

static void put_pools(struct jr *r)
{
	static const char *const least[] = { "used", "hiwater", "searches" };
	struct json *j = &r->j;
	struct state_pool p;
	char option[POOL_OPTION_LEN];
	struct pool_size size;
	size_t i;

	json__begin_array(j, "pools");
	for (i = 0; state__pool(r->m, i, &p); i++) {
		json__begin_object(j, NULL);
		json__str(j, "name", p.rec.name);
		json__hex(j, "start", p.rec.start);
		json__hex(j, "end", p.rec.end);
		json_val(j, "slots", p.total);
		json_val(j, "used", p.used);
		json_val(j, "hiwater", p.hiwater);
		if (p.rec.force_bounce_known)
			json__bool(j, "forced", p.rec.force_bounce);
		else
			json__null(j, "forced");
		json__u64(j, "searches", p.attempts);
		json__u64(j, "failed", p.failed);
		json__u64(j, "largest_mapping", p.segment);
		json_val(j, "longest_free_run", p.free_run);
		size = report_pool_size(r->m, &p);
		if (size.advice)
			json__u64(j, "recommended", size.slots);
		else
			json__null(j, "recommended");
		report_pool_size_option(&size, option, sizeof(option));
		json__str(j, "recommended_option", option[0] ? option : NULL);
		AT_LEAST(j, least, p.used.least, p.hiwater.least,
			 !state__counts_all(r->m, COVER_BOUNCES, 0));
		json__end_object(j);
	}
	json__end_array(j);
}

static void put_unjudged(struct jr *r)
{
	struct state_unjudged u[STATE_UNJUDGED];
	size_t i, n = state__unjudged(r->m, u, STATE_UNJUDGED);
	char why[DMS_TEXT_LEN];
	struct json *j = &r->j;

	json__begin_array(j, "not_judged");
	for (i = 0; i < n && i < STATE_UNJUDGED; i++) {
		json__begin_object(j, NULL);
		json__str(j, "id", u[i].id);
		words__hole(&u[i].hole, why, sizeof(why));
		json__str(j, "reason", why);
		json__str(j, "hook", dms_hook_name(u[i].hole.hook));
		json__u64(j, "lost", u[i].hole.lost);
		json__end_object(j);
	}
	json__end_array(j);
}

static int put_findings(struct jr *r)
{
	struct json *j = &r->j;
	struct state_finding *f;
	size_t n, i, k;
	int err = words__findings(r->m, &f, &n);

	if (err)
		return err;
	json__begin_array(j, "findings");
	for (i = 0; i < n; i++) {
		if (f[i].f.dev && !shown(r, f[i].f.dev))
			continue;
		json__begin_object(j, NULL);
		json__str(j, "id", f[i].f.id);
		json__str(j, "severity", state__severity_name(f[i].f.severity));
		json__int(j, "confidence", f[i].f.confidence);
		dev_name(r, f[i].f.dev);
		json__str(j, "summary", f[i].f.summary);
		json__str(j, "evidence", f[i].f.evidence);
		json__str(j, "action", f[i].f.action);
		json__str(j, "not_seen", f[i].not_seen[0] ? f[i].not_seen : NULL);
		json__u64(j, "count", f[i].count);
		json__begin_array(j, "events");
		for (k = 0; k < STATE_FINDING_EVENTS && f[i].seq[k]; k++)
			json__u64(j, NULL, f[i].seq[k]);
		json__end_array(j);
		json__end_object(j);
	}
	json__end_array(j);
	free(f);
	put_unjudged(r);
	return 0;
}

static void put_paths(struct jr *r, const struct state_dev *d)
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

static void put_device(struct jr *r, const struct state_dev *d)
{
	static const char *const least[] = { "maps", "unmaps" };
	struct state_decision dec = { .brief = "" };
	struct json *j = &r->j;
	size_t i;

	words__decision(r->m, d->key, &dec);
	json__begin_object(j, NULL);
	json__str(j, "name", d->name);
	device_fields__put(j, d->rec, DF_REPORT);
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
	for (i = 0; i < STATE_FAIL_MAX; i++)
		if (d->fails[i])
			json__u64(j, state__fail_name(i), d->fails[i]);
	json__end_object(j);
	json__u64(j, "slots", d->slots);
	json__u64(j, "slots_max", d->slots_max);
	json__u64(j, "slot_time", (uint64_t)(state__slot_time(d, r->run.now) / 1000));
	json__u64(j, "before_start", d->preexisting);
	json__u64(j, "unfollowed", d->unfollowed);
	json__u64(j, "iommu_faults", d->faults);
	report_put_translation(j, r->m, d);
	json__u64(j, "private_maps", d->private_maps);
	json__u64(j, "private_bytes", d->private_bytes);
	AT_LEAST(j, least, !state__counts_all(r->m, COVER_MAPS, d->key),
		 !state__counts_all(r->m, COVER_UNMAPS, d->key));
	json__end_object(j);
}

static void put_devices(struct jr *r)
{
	const struct state_dev *d;
	size_t i;

	json__begin_array(&r->j, "devices");
	for (i = 0; (d = state__dev(r->m, i)); i++)
		if (shown(r, d->key))
			put_device(r, d);
	json__end_array(&r->j);
}

static void put_windows(struct jr *r)
{
	static const char *const least[] = { "used", "hiwater", "mapped_bytes" };
	struct json *j = &r->j;
	struct state_window w;
	size_t i;

	json__begin_array(j, "windows");
	for (i = 0; state__window(r->m, i, &w); i++) {
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
		json_val(j, "used", w.used);
		json_val(j, "hiwater", w.hiwater);
		json_val(j, "before_start", w.preexisting);
		json_val(j, "mapped_bytes", w.mapped_bytes);
		json_val(j, "shared_bytes", w.shared_bytes);
		json__u64(j, "refused", w.set_failed);
		AT_LEAST(j, least, w.used.least, w.hiwater.least, w.mapped_bytes.least);
		json__end_object(j);
	}
	json__end_array(j);
}

struct range_walk {
	struct jr *r;
	size_t n;		/* ranges of the devices shown */
	size_t limit;
};

static int one_range(void *ctx, const struct state_range *g)
{
	static const char *const shared[] = { NULL, "no", "part", "yes" };
	struct range_walk *w = ctx;
	struct jr *r = w->r;
	struct json *j = &r->j;

	if (!report_shows_range(r->m, r->o, g) || w->n++ >= w->limit)
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
	struct range_walk w = { .r = r, .limit = limit < JSON_RANGES ? limit : JSON_RANGES };
	struct state_range_filter f = { 0 };
	int err;

	if (r->o->by_addr) {
		f.by_addr = f.each = true;
		f.addr = r->o->addr;
	}
	json__begin_array(&r->j, "ranges");
	err = state__ranges(r->m, &f, one_range, &w, NULL);
	json__end_array(&r->j);
	if (!err)
		json__u64(&r->j, "ranges_total", w.n);
	return err;
}

static void pid_or_null(struct json *j, uint32_t pid)
{
	if (pid)
		json__int(j, "pid", pid);
	else
		json__null(j, "pid");
}

struct shared_walk {
	struct jr *r;
	size_t n;
};

static int one_shared(void *ctx, const struct state_shared *s)
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
	pid_or_null(j, s->pid);
	json__str(j, "comm", s->comm);
	json__str(j, "heap", s->heap);
	json__end_object(j);
	return 0;
}

/* Whom dma-buf heaps shared memory for. */
static void put_heap_users(struct jr *r)
{
	struct state_heap_user u[JSON_HEAP_USERS];
	size_t n = state__heap_users(r->m, u, JSON_HEAP_USERS);
	struct json *j = &r->j;

	json__begin_array(j, "heap_users");
	for (size_t i = 0; i < n && i < JSON_HEAP_USERS; i++) {
		json__begin_object(j, NULL);
		json__str(j, "heap", u[i].heap);
		pid_or_null(j, u[i].pid);
		json__str(j, "comm", u[i].comm);
		json__u64(j, "bytes", u[i].bytes);
		json__end_object(j);
	}
	json__end_array(j);
}

static void counted(struct json *j, const char *key, uint64_t n, const struct state_ledger *l)
{
	if (l->counted)
		json__u64(j, key, n);
	else
		json__null(j, key);
}

static void put_ledger(struct jr *r)
{
	static const char *const least[] = { "shared", "shares", "unshares", "failed" };
	struct shared_walk w = { .r = r };
	struct json *j = &r->j;
	struct state_ledger l;

	state__ledger(r->m, &l);
	if (!l.secure) {
		json__null(j, "ledger");
		return;
	}
	json__begin_object(j, "ledger");
	json_val(j, "shared", l.shared);
	counted(j, "confirmed", l.confirmed, &l);
	json__u64(j, "assumed", l.assumed);
	counted(j, "shares", l.shares, &l);
	counted(j, "unshares", l.unshares, &l);
	json_val(j, "failed", l.failed);
	json_val(j, "rate_max", l.rate_max);
	json_val(j, "freed_shared", l.freed_shared);
	counted(j, "unshared_mapped", l.unshared_mapped, &l);
	counted(j, "unshare_unknown", l.unshare_unknown, &l);
	json__u64(j, "kexec", l.kexec);
	AT_LEAST(j, least, l.shared.least, l.shares_least, l.unshares_least, l.failed.least);
	json__begin_array(j, "ranges");
	state__shared(r->m, one_shared, &w);
	json__end_array(j);
	put_heap_users(r);
	json__end_object(j);
}

/* ns, the upper bound of a class; null: none ended, or the class has none. */
static void lifetime(struct json *j, const char *key, uint64_t ns)
{
	if (ns && ns != UINT64_MAX)
		json__u64(j, key, ns);
	else
		json__null(j, key);
}

static int put_callers(struct jr *r)
{
	static const char *const least[] = { "maps" };
	struct state_caller *c;
	struct json *j = &r->j;
	size_t i, n;
	int err = report_callers(r->m, r->o, &c, &n);

	if (err)
		return err;
	json__begin_array(j, "callers");
	for (i = 0; i < n && i < JSON_CALLERS; i++) {
		json__begin_object(j, NULL);
		dev_name(r, c[i].dev);
		json__str(j, "path", dms_path_name(c[i].path));
		json__str(j, "caller", c[i].name);
		json__u64(j, "maps", c[i].maps);
		json__u64(j, "bytes", c[i].bytes);
		json__u64(j, "failed", c[i].fails);
		json__u64(j, "live", c[i].live);
		json__u64(j, "live_bytes", c[i].live_bytes);
		lifetime(j, "life_p50", state__caller_life(&c[i], 50));
		lifetime(j, "life_p95", state__caller_life(&c[i], 95));
		AT_LEAST(j, least, !state__counts_all(r->m, COVER_MAPS, c[i].dev));
		json__end_object(j);
	}
	json__end_array(j);
	json__u64(j, "callers_total", n);
	free(c);
	return 0;
}

static void put_failures(struct jr *r)
{
	struct json *j = &r->j;
	struct state_failure x;
	size_t i;

	json__begin_array(j, "failures");
	for (i = 0; state__failure(r->m, i, &x); i++) {
		if (!shown(r, x.dev))
			continue;
		json__begin_object(j, NULL);
		json__u64(j, "event", x.seq);
		when(r, "t", x.ts);
		dev_name(r, x.dev);
		json__u64(j, "size", x.size);
		json__str(j, "reason", state__fail_name(x.why));
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
	err = put_callers(r);
	if (err)
		return err;
	put_failures(r);
	return 0;
}

int report_json(const struct state *m, const struct report_opts *opts, struct out *out)
{
	static const struct report_opts plain;
	struct jr r = { .m = m, .o = opts ? opts : &plain };
	int err;

	state__run(m, &r.run);
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
