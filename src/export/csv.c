// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tables of the model as CSV.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/csv.h"
#include "trace/json.h"
#include "util/names.h"
#include "words/words.h"
#include "util/text.h"

struct csv {
	const struct state *m;
	struct out *out;
	uint64_t start;
	bool first;
};

static void comma(struct csv *c)
{
	if (!c->first)
		out__write(c->out, ",", 1);
	c->first = false;
}

/*
 * True if a spreadsheet would take text that begins so for a formula: = + - @, also as the
 * fullwidth forms U+FF0B, U+FF0D, U+FF1D, U+FF20, or after a TAB or CR.
 */
static bool is_formula(const char *s)
{
	return (*s && strchr("=+-@\t\r", *s)) ||
	       (!strncmp(s, "\xef\xbc", 2) && s[2] && strchr("\x8b\x8d\x9d\xa0", s[2]));
}

/* A field: quoted where needed, a formula behind an apostrophe, control characters as "\xHH". */
static void text(struct csv *c, const char *s)
{
	bool formula = is_formula(s);
	bool quote = formula || s[strcspn(s, ",\"\r\n")] || *s == ' ';
	char esc[TEXT_ESCAPE_LEN];
	size_t n;

	comma(c);
	if (quote)
		out__write(c->out, "\"", 1);
	if (formula)
		out__write(c->out, "'", 1);
	for (; *s; s += n ? n : 1) {
		n = text_printable(s, strnlen(s, 4));
		if (*s == '"')
			out__write(c->out, "\"", 1);
		if (n)
			out__write(c->out, s, n);
		else
			out__write(c->out, esc, text_escape(esc, *s));
	}
	if (quote)
		out__write(c->out, "\"", 1);
}

static void empty(struct csv *c)
{
	comma(c);
}

static void num(struct csv *c, uint64_t v)
{
	comma(c);
	if (out__room(c->out, JSON_U64_MAX))
		c->out->p = json_fmt_u64(c->out->p, v);
}

static void hex(struct csv *c, uint64_t v)
{
	comma(c);
	if (out__room(c->out, JSON_HEX_MAX))
		c->out->p = json_fmt_hex(c->out->p, v);
}

static void val(struct csv *c, struct mval v)
{
	if (mval_known(v))
		num(c, v.v);
	else
		empty(c);
}

/* ns after the start; nothing for what is older. */
static void when(struct csv *c, uint64_t ts)
{
	if (!ts) {
		empty(c);
		return;
	}
	comma(c);
	if (out__room(c->out, JSON_U64_MAX + 1))
		c->out->p = json_fmt_s64(c->out->p, (int64_t)(ts - c->start));
}

static void flag(struct csv *c, bool v)
{
	text(c, v ? "yes" : "no");
}

static int row(struct csv *c)
{
	c->first = true;
	return out__end_line(c->out);
}

static int head(struct csv *c, const char *names)
{
	out__write(c->out, names, strlen(names));
	return row(c);
}

static const char *const shared_names[] = {
	[STATE_SHARED_UNKNOWN] = "", [STATE_SHARED_NO] = "no", [STATE_SHARED_PART] = "part",
	[STATE_SHARED_YES] = "yes",
};

static int range(void *ctx, const struct state_range *r)
{
	char owner[DMS_NAME_LEN];
	struct csv *c = ctx;

	text(c, r->dev || r->liobn ? state__range_owner(c->m, r, owner, sizeof(owner)) : "");
	text(c, dms_path_name(r->path));
	text(c, dms_dir_name(r->dir));
	hex(c, r->dma);
	if (r->phys_known)
		hex(c, r->phys);
	else
		empty(c);
	num(c, r->size);
	num(c, r->bytes);
	num(c, r->count);
	flag(c, r->scattered);
	flag(c, r->preexisting);
	when(c, r->oldest);
	when(c, r->newest);
	text(c, r->caller ? r->caller : "");
	num(c, r->pid);
	text(c, shared_names[r->shared]);
	return row(c);
}

static int ranges(struct csv *c)
{
	struct state_range_filter all = { 0 };
	int err = head(c, "device,path,direction,dma,phys,size,bytes,mappings,scattered,"
		       "preexisting,oldest_ns,newest_ns,caller,pid,shared");

	return err ? err : state__ranges(c->m, &all, range, c, NULL);
}

static int device(struct csv *c, const struct state_dev *d)
{
	struct state_decision why;
	bool known = !words__decision(c->m, d->key, &why);

	text(c, d->name);
	text(c, d->rec ? d->rec->bus : "");
	text(c, d->rec && d->rec->known & DEV_KNOWN_DRIVER ? d->rec->driver : "");
	text(c, d->rec ? d->rec->kind : "");
	flag(c, d->removed);
	for (int p = 0; p < DMS_PATH_MAX; p++) {
		num(c, d->path[p].maps);
		num(c, d->path[p].map_bytes);
		num(c, d->live[p]);
		num(c, d->live_bytes[p]);
	}
	num(c, d->slots);
	num(c, d->slots_max);
	val(c, d->bounce_bytes);
	if (d->mask)
		hex(c, d->mask);
	else
		empty(c);
	text(c, known ? why.full : "");
	return row(c);
}

static int devices(struct csv *c)
{
	const struct state_dev *d;
	int err;

	out__write(c->out, "device,bus,driver,kind,removed", 30);
	c->first = false;
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
		static const char *const what[] = { "_maps", "_bytes", "_live", "_live_bytes" };

		for (int i = 0; i < 4; i++) {
			text(c, dms_path_name(p));
			out__write(c->out, what[i], strlen(what[i]));
		}
	}
	err = head(c, ",slots,slots_max,bounce_bytes,mask,decision");
	for (size_t i = 0; !err && (d = state__dev(c->m, i)); i++)
		err = device(c, d);
	return err;
}

static int windows(struct csv *c)
{
	struct state_window w;
	int err = head(c, "device,liobn,kind,use,base,size,page_shift,removed,entries,used,hiwater,"
		       "preexisting,mapped_bytes,shared_bytes,set_failed,source");

	for (size_t i = 0; !err && state__window(c->m, i, &w); i++) {
		text(c, state__dev_name(c->m, w.rec.dev));
		hex(c, w.rec.liobn);
		text(c, w.rec.kind ? dms_window_kind_name(w.rec.kind) : "");
		text(c, w.rec.use ? dms_window_use_name(w.rec.use) : "");
		hex(c, w.rec.base);
		num(c, w.rec.size);
		num(c, w.rec.page_shift);
		flag(c, w.rec.removed);
		num(c, w.entries);
		val(c, w.used);
		val(c, w.hiwater);
		val(c, w.preexisting);
		val(c, w.mapped_bytes);
		val(c, w.shared_bytes);
		num(c, w.set_failed);
		text(c, w.rec.source);
		err = row(c);
	}
	return err;
}

static int shared_row(void *ctx, const struct state_shared *s)
{
	struct csv *c = ctx;

	hex(c, s->phys);
	num(c, s->size);
	text(c, s->confirmed ? "seen" : "assumed");
	when(c, s->ts);
	text(c, s->caller ? s->caller : "");
	num(c, s->pid);
	text(c, s->comm ? s->comm : "");
	text(c, !s->heap ? "" : *s->heap ? s->heap : "unknown");
	return row(c);
}

static int shared(struct csv *c)
{
	int err = head(c, "phys,size,how,since_ns,caller,pid,comm,heap");

	return err ? err : state__shared(c->m, shared_row, c);
}

static int findings(struct csv *c)
{
	struct state_finding *f = NULL;
	size_t n = 0;
	int err = head(c, "id,severity,confidence,device,count,summary,evidence,action,not_seen");

	if (!err)
		err = words__findings(c->m, &f, &n);
	for (size_t i = 0; !err && i < n; i++) {
		text(c, f[i].f.id);
		text(c, state__severity_name(f[i].f.severity));
		num(c, f[i].f.confidence);
		text(c, f[i].f.dev ? state__dev_name(c->m, f[i].f.dev) : "");
		num(c, f[i].count);
		text(c, f[i].f.summary);
		text(c, f[i].f.evidence);
		text(c, f[i].f.action);
		text(c, f[i].not_seen);
		err = row(c);
	}
	free(f);
	return err;
}

int csv_write(const struct state *m, enum csv_table table, struct out *out)
{
	struct csv c = { .m = m, .out = out, .first = true };
	struct state_run run;

	state__run(m, &run);
	c.start = run.start;
	switch (table) {
	case CSV_RANGES:
		return ranges(&c);
	case CSV_DEVICES:
		return devices(&c);
	case CSV_WINDOWS:
		return windows(&c);
	case CSV_SHARED:
		return shared(&c);
	case CSV_FINDINGS:
		return findings(&c);
	}
	return -EINVAL;
}
