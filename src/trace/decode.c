// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One line becomes one record. Known fields have to be of their kind; unknown ones are passed
 * over, absent ones are 0, null is "not observed". Events are in decode_event.c, how a field is
 * read in decode_fields.c.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace/decode_inside.h"
#include "trace/device.h"
#include "trace/writer.h"
#include "util/names.h"

static const struct {
	const char *name;
	int id;
} record_names[] = {
	{ "session", REC_SESSION }, { "hook", REC_HOOK }, { "device", REC_DEVICE },
	{ "window", REC_WINDOW }, { "pool", REC_POOL }, { "stack", REC_STACK },
	{ "gap", REC_GAP }, { "stats", REC_STATS }, { "end", REC_END },
	{ "finding", REC_FINDING },
};

void trace_decoder__init(struct trace_decoder *d)
{
	memset(d, 0, offsetof(struct trace_decoder, shapes));
	shapes__init(&d->shapes);
	for (int i = 1; i < DMS_EV_MAX; i++)
		if (i != DMS_EV_STACK && i != DMS_EV_DEVSTATE)
			nametab__add(&d->type, dms_event_name((unsigned int)i), i);
	for (size_t i = 0; i < sizeof(record_names) / sizeof(record_names[0]); i++)
		nametab__add(&d->type, record_names[i].name, -record_names[i].id);
	for (int i = 0; i < DMS_HOOK_MAX; i++)
		nametab__add(&d->hook, dms_hook_name((unsigned int)i), i);
	for (int i = 0; i < DMS_PATH_MAX; i++)
		nametab__add(&d->path, dms_path_name((unsigned int)i), i);
	for (int i = 0; i <= DMS_DIR_NONE; i++)
		nametab__add(&d->dir, dms_dir_name((unsigned int)i), i);
}

static int decode_session(struct line *l, struct rec_session *s)
{
	get_text(l, "tool", s->tool_version);
	get_text(l, "kernel", s->kernel);
	get_text(l, "arch", s->arch);
	s->guest = (enum dms_guest)get_id(l, "guest", dms_guest_by_name);
	get_text(l, "guest_how", s->guest_how);
	get_text(l, "lockdown", s->lockdown);
	get_u32(l, "page_size", &s->page_size);
	get_u32(l, "cpus", &s->cpus);
	get_u64(l, "mem_bytes", &s->mem_bytes);
	get_u64(l, "mem_top", &s->mem_top);
	get_u64(l, "enc_mask", &s->enc_mask);
	get_u64(l, "shared_mask", &s->shared_mask);
	get_u64(l, "lmb_size", &s->lmb_size);
	get_s64(l, "realtime_offset_ns", &s->realtime_offset_ns);
	get_text(l, "cmdline", s->cmdline);
	get_bool(l, "swiotlb_force", &s->swiotlb_force);
	get_bool(l, "disable_ddw", &s->disable_ddw);
	get_bool(l, "redacted", &s->redacted);
	get_bool(l, "runs_kept", &s->runs_kept);
	get_bool(l, "misses_untold", &s->misses_untold);
	get_text(l, "filter", s->filter);
	if (!get_u64(l, "start_ns", &s->start_ns))
		return line__need(l, "start_ns");
	l->d->start_ns = s->start_ns;
	return 0;
}

static int decode_hook(struct line *l, struct rec_hook *h)
{
	h->id = (enum dms_hook)get_id(l, "hook", dms_hook_by_name);
	if (!h->id)
		return line__find(l, "hook") ? 1 : line__need(l, "hook");
	get_text(l, "name", h->name);
	get_text(l, "symbol", h->symbol);
	h->attach = (enum dms_attach)get_id(l, "attach", dms_attach_by_name);
	get_text(l, "reason", h->reason);
	get_text(l, "lost", h->lost);
	get_text(l, "unseen", h->unseen);
	return 0;
}

static int decode_device(struct line *l, struct rec_device *d)
{
	if (!get_u64(l, "dev", &d->key))
		return line__need(l, "dev");
	get_time(l, &d->ts);
	device_fields__get(l, d);
	d->st.type = DMS_EV_DEVSTATE;
	d->st.dev = d->key;
	d->st.ts = d->ts;
	return 0;
}

static int decode_window(struct line *l, struct rec_window *w)
{
	if (!get_u64(l, "dev", &w->dev))
		return line__need(l, "dev");
	get_time(l, &w->ts);
	get_u32(l, "liobn", &w->liobn);
	get_u32(l, "page_shift", &w->page_shift);
	w->kind = (enum dms_window_kind)get_id(l, "kind", dms_window_kind_by_name);
	w->use = (enum dms_window_use)get_id(l, "use", dms_window_use_by_name);
	get_u64(l, "base", &w->base);
	get_u64(l, "size", &w->size);
	get_bool(l, "removed", &w->removed);
	get_text(l, "source", w->source);
	return 0;
}

static int decode_pool(struct line *l, struct rec_pool *p)
{
	get_time(l, &p->ts);
	get_text(l, "name", p->name);
	get_u64(l, "start", &p->start);
	get_u64(l, "end", &p->end);
	get_u64(l, "nslabs", &p->nslabs);
	get_u32(l, "slot_size", &p->slot_size);
	get_u32(l, "areas", &p->areas);
	p->used_known = get_u64(l, "used", &p->used);
	p->hiwater_known = get_u64(l, "hiwater", &p->hiwater);
	p->force_bounce_known = get_bool(l, "force_bounce", &p->force_bounce);
	p->cc_shared_known = get_bool(l, "cc_shared", &p->cc_shared);
	get_bool(l, "dynamic", &p->dynamic);
	get_text(l, "source", p->source);
	return 0;
}

static int decode_stack(struct line *l, struct rec_stack *s)
{
	const struct jmember *m = line__find(l, "frames");
	struct jcursor c;
	struct jmember f;

	if (!get_u32(l, "id", &s->id))
		return line__need(l, "id");
	if (!m)
		return line__need(l, "frames");
	if (m->type != JT_ARRAY)
		return line__refuse(l, "\"frames\" is not an array");
	jparse__enter(&c, m);
	while (jparse__next(&c, &f) > 0) {
		if (s->depth == DMS_STACK_DEPTH)
			return line__refuse(l, "more than %d frames", DMS_STACK_DEPTH);
		if (!jval__str(&f, s->frame[s->depth], DMS_NAME_LEN))
			return line__refuse(l, "a frame that is not a text");
		s->depth++;
	}
	return 0;
}

static int decode_gap(struct line *l, struct rec_gap *g)
{
	get_time(l, &g->ts);
	g->hook = (enum dms_hook)get_id(l, "hook", dms_hook_by_name);
	get_bool(l, "trimmed", &g->trimmed);
	return get_u64(l, "lost", &g->lost) ? 0 : line__need(l, "lost");
}

static int decode_stats(struct line *l, struct rec_stats *s)
{
	const struct jmember *m = line__find(l, "hist");
	struct jcursor c;
	struct jmember h;
	unsigned int i = 0;

	get_time(l, &s->ts);
	get_u64(l, "dev", &s->key.dev);
	s->key.path = (uint32_t)get_id(l, "path", dms_path_by_name);
	get_u64(l, "maps", &s->val.maps);
	get_u64(l, "unmaps", &s->val.unmaps);
	get_u64(l, "map_bytes", &s->val.map_bytes);
	get_u64(l, "unmap_bytes", &s->val.unmap_bytes);
	if (!m)
		return 0;
	if (m->type != JT_ARRAY)
		return line__refuse(l, "\"hist\" is not an array");
	jparse__enter(&c, m);
	while (jparse__next(&c, &h) > 0)
		if (i == DMS_HIST_SLOTS || !jval__u64(&h, &s->val.hist[i++]))
			return line__refuse(l, "\"hist\" is not %d counts", DMS_HIST_SLOTS);
	return 0;
}

static int decode_counts(struct line *l, const struct jmember *m, struct dms_counts *c)
{
	static const struct {
		const char *name;
		size_t off;
	} names[] = {
		{ "hits", offsetof(struct dms_counts, hits) },
		{ "delivered", offsetof(struct dms_counts, delivered) },
		{ "filtered", offsetof(struct dms_counts, filtered) },
		{ "ignored", offsetof(struct dms_counts, ignored) },
		{ "dropped", offsetof(struct dms_counts, dropped) },
		{ "failed", offsetof(struct dms_counts, failed) },
		{ "skipped", offsetof(struct dms_counts, skipped) },
	};
	struct jcursor cur;
	struct jmember f;

	if (m->type != JT_OBJECT)
		return line__refuse(l, "counts are not an object");
	jparse__enter(&cur, m);
	while (jparse__next(&cur, &f) > 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (is_key(&f, names[i].name, strlen(names[i].name)) &&
			    !jval__u64(&f, (uint64_t *)((char *)c + names[i].off)))
				return line__refuse(l, "\"%s\" is not a count", names[i].name);
	return 0;
}

static int decode_end(struct line *l, struct rec_end *e)
{
	const struct jmember *m = line__find(l, "hooks");
	struct jcursor c;
	struct jmember h;
	int id;

	get_time(l, &e->ts);
	get_text(l, "why", e->why);
	get_text(l, "not_judged", e->not_judged);
	get_u64(l, "lines", &l->d->footer_lines);
	if (m && m->type != JT_OBJECT)
		return line__refuse(l, "\"hooks\" is not an object");
	if (m) {
		jparse__enter(&c, m);
		while (jparse__next(&c, &h) > 0) {
			id = nametab__find(&l->d->hook, h.key, h.klen);
			if (!id && !is_key(&h, "none", 4))
				continue;
			if (decode_counts(l, &h, &e->counts[id]))
				return -EBADMSG;
		}
	}
	return get_bool(l, "complete", &e->complete) ? 0 : line__need(l, "complete");
}

static int decode_finding(struct line *l, struct rec_finding *f)
{
	get_time(l, &f->ts);
	get_u32(l, "severity", &f->severity);
	get_u32(l, "confidence", &f->confidence);
	get_u64(l, "dev", &f->dev);
	get_text(l, "summary", f->summary);
	get_text(l, "evidence", f->evidence);
	get_text(l, "action", f->action);
	return get_text(l, "id", f->id) ? 0 : line__need(l, "id");
}

static int decode_record(struct line *l, enum dms_rec_type type, struct dms_rec *rec)
{
	switch (type) {
	case REC_HOOK:
		return decode_hook(l, &rec->hook);
	case REC_DEVICE:
		return decode_device(l, &rec->device);
	case REC_WINDOW:
		return decode_window(l, &rec->window);
	case REC_POOL:
		return decode_pool(l, &rec->pool);
	case REC_STACK:
		return decode_stack(l, &rec->stack);
	case REC_GAP:
		return decode_gap(l, &rec->gap);
	case REC_STATS:
		return decode_stats(l, &rec->stats);
	case REC_END:
		return decode_end(l, &rec->end);
	case REC_FINDING:
		return decode_finding(l, &rec->finding);
	default:
		return line__refuse(l, "a second session begins; a trace holds one");
	}
}

int trace_decode(struct trace_decoder *d, const char *text, size_t len, struct dms_rec *rec)
{
	const struct jmember *m;
	struct line l;
	int type, ret;

	if (decode_event_fast(d, text, len, rec))
		return 0;
	if (line__split(&l, d, text, len))
		return -EBADMSG;
	m = l.n && is_key(&l.m[0], "type", 4) ? &l.m[0] : line__find(&l, "type");
	if (!m)
		return line__need(&l, "type");
	if (m->type != JT_STRING)
		return line__refuse(&l, "\"type\" is not a text");
	type = nametab__find(&d->type, m->val, m->vlen);
	if (!type)
		return 1;
	if (type > 0) {
		rec->type = REC_EVENT;
		return decode_event(&l, type, rec);
	}
	memset(rec, 0, sizeof(*rec));
	rec->type = (enum dms_rec_type)-type;
	ret = decode_record(&l, rec->type, rec);
	return l.bad ? -EBADMSG : ret;
}

/* "major.minor", short numbers only. */
static bool version(const char *s, unsigned int *major, unsigned int *minor)
{
	char *end;

	if (strlen(s) > 9 || *s < '0' || *s > '9')
		return false;
	*major = (unsigned int)strtoul(s, &end, 10);
	if (end[0] != '.' || end[1] < '0' || end[1] > '9')
		return false;
	*minor = (unsigned int)strtoul(end + 1, &end, 10);
	return !*end;
}

int trace_decode_header(struct trace_decoder *d, const char *text, size_t len,
			struct dms_rec *rec)
{
	char format[32], ver[16];
	struct line l;
	int ret;

	if (line__split(&l, d, text, len) || !get_text(&l, "format", format) ||
	    strcmp(format, TRACE_FORMAT))
		return -EPROTO;
	if (!get_text(&l, "version", ver) || !version(ver, &d->major, &d->minor))
		return line__refuse(&l, "the header has no version");
	if (d->major > TRACE_VERSION_MAJOR)
		return -EPROTONOSUPPORT;
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_SESSION;
	ret = decode_session(&l, &rec->session);
	return l.bad ? -EBADMSG : ret;
}
