// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The state as metrics. Labels are bounded: devices, paths, reasons, ids of findings with their
 * remedy; never an address, a pid or a caller.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/json.h"
#include "export/openmetrics.h"
#include "words/words.h"
#include "util/names.h"
#include "util/text.h"

#define MAX_POOLS	4	/* with series of their own */
#define MAX_HOLDERS	8	/* devices that hold slots of a pool: those with most */
#define MAX_FINDINGS	12	/* ids, worst first */

struct pair {
	char name[DMS_NAME_LEN];
	unsigned int path;
	uint64_t maps, bytes;		/* as exported last */
	uint64_t now_maps, now_bytes;
};

struct metrics {
	struct pair pair[METRICS_PAIRS];
	size_t pairs;
	struct pair other[DMS_PATH_MAX];
};

struct om {
	struct metrics *x;
	const struct state *m;
	struct out *out;
	enum metrics_format format;
	const struct metrics_opts *opts;
	const char *family;
};

/* ---- lines ---- */

static void put(struct om *o, const char *s)
{
	out__write(o->out, s, strlen(s));
}

static void meta(struct om *o, const char *what, const char *name, const char *suffix,
		 const char *text)
{
	put(o, what);
	put(o, name);
	put(o, suffix);
	put(o, " ");
	put(o, text);
	out__end_line(o->out);
}

/*
 * In the text format a counter's family has the name of its samples, units are not declared, and an
 * info metric is a gauge.
 */
static void family(struct om *o, const char *name, const char *type, const char *unit,
		   const char *help)
{
	const char *suffix = "";

	o->family = name;
	if (o->format == METRICS_TEXT) {
		suffix = !strcmp(type, "counter") ? "_total" : !strcmp(type, "info") ? "_info" : "";
		if (!strcmp(type, "info"))
			type = "gauge";
	}
	meta(o, "# TYPE ", name, suffix, type);
	if (unit && o->format == METRICS_OPENMETRICS)
		meta(o, "# UNIT ", name, "", unit);
	meta(o, "# HELP ", name, suffix, help);
}

/* A label's value: quotes and backslashes escaped, control characters as "\xHH". */
static void label_text(struct om *o, const char *s)
{
	char esc[TEXT_ESCAPE_LEN];
	size_t n;

	for (; *s; s += n ? n : 1) {
		n = text_printable(s, strnlen(s, 4));
		if (*s == '"' || *s == '\\' || !n)
			put(o, "\\");
		if (n)
			out__write(o->out, s, n);
		else
			out__write(o->out, esc, text_escape(esc, *s));
	}
}

struct label {
	const char *name, *value;	/* name NULL ends the list */
};

#define LABELS(...)	((struct label[]){ __VA_ARGS__, { 0 } })

static void sample_name(struct om *o, const char *suffix, const struct label *l)
{
	put(o, o->family);
	put(o, suffix);
	for (size_t i = 0; l && l[i].name; i++) {
		put(o, i ? "," : "{");
		put(o, l[i].name);
		put(o, "=\"");
		label_text(o, l[i].value);
		put(o, "\"");
	}
	put(o, l && l->name ? "} " : " ");
}

static void number(struct om *o, uint64_t v)
{
	if (out__room(o->out, JSON_U64_MAX))
		o->out->p = json_fmt_u64(o->out->p, v);
}

static void sample(struct om *o, const char *suffix, const struct label *l, uint64_t v)
{
	sample_name(o, suffix, l);
	number(o, v);
	out__end_line(o->out);
}

static void sample_seconds(struct om *o, uint64_t ns)
{
	char frac[] = ".000";

	sample_name(o, "", NULL);
	number(o, ns / 1000000000);
	for (uint64_t ms = ns / 1000000 % 1000, i = 3; i; i--, ms /= 10)
		frac[i] = (char)('0' + ms % 10);
	put(o, frac);
	out__end_line(o->out);
}

/* ---- devices: which have series ---- */

static struct pair *pair_of(struct metrics *x, const char *name, unsigned int path)
{
	for (size_t i = 0; i < x->pairs; i++)
		if (x->pair[i].path == path && !strcmp(x->pair[i].name, name))
			return &x->pair[i];
	if (x->pairs == METRICS_PAIRS)
		return &x->other[path];
	strcpy(x->pair[x->pairs].name, name);
	x->pair[x->pairs].path = path;
	return &x->pair[x->pairs++];
}

static void rise(uint64_t *shown, uint64_t now)
{
	if (now > *shown)
		*shown = now;
}

/* A pair that nothing has any more had a name that a device lost; its series ends. */
static void settle(struct pair *p)
{
	rise(&p->maps, p->now_maps);
	rise(&p->bytes, p->now_bytes);
	if (!p->now_maps)
		p->maps = p->bytes = 0;
}

static void count_pairs(struct om *o)
{
	struct metrics *x = o->x;
	const struct state_dev *d;

	for (size_t i = 0; i < x->pairs; i++)
		x->pair[i].now_maps = x->pair[i].now_bytes = 0;
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
		strcpy(x->other[p].name, "other");
		x->other[p].path = p;
		x->other[p].now_maps = x->other[p].now_bytes = 0;
	}
	for (size_t i = 0; (d = state__dev(o->m, i)); i++) {
		for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
			struct pair *pair;

			if (!d->path[p].maps)
				continue;
			pair = pair_of(x, d->name, p);
			pair->now_maps += d->path[p].maps;
			pair->now_bytes += d->path[p].map_bytes;
		}
	}
	for (size_t i = 0; i < x->pairs; i++)
		settle(&x->pair[i]);
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++)
		settle(&x->other[p]);
}

static void pair_sample(struct om *o, const struct pair *p, bool bytes)
{
	if (p->maps)
		sample(o, "_total", LABELS({ "device", p->name },
					   { "path", dms_path_name(p->path) }),
		       bytes ? p->bytes : p->maps);
}

static void pair_samples(struct om *o, bool bytes)
{
	for (size_t i = 0; i < o->x->pairs; i++)
		pair_sample(o, &o->x->pair[i], bytes);
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++)
		pair_sample(o, &o->x->other[p], bytes);
}

/* ---- families ---- */

/* Sums over all devices, by path. */
struct path_sum {
	uint64_t maps, unmaps, live, live_bytes;
};

static void path_samples(struct om *o, const struct path_sum *sum, const char *suffix,
			 size_t offset)
{
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++)
		if (p != DMS_PATH_FAILED && (sum[p].maps || sum[p].unmaps))
			sample(o, suffix, LABELS({ "path", dms_path_name(p) }),
			       *(const uint64_t *)((const char *)&sum[p] + offset));
}

static void mappings(struct om *o)
{
	struct path_sum sum[DMS_PATH_MAX] = { 0 };
	const struct state_dev *d;

	for (size_t i = 0; (d = state__dev(o->m, i)); i++) {
		for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
			sum[p].maps += d->path[p].maps;
			sum[p].unmaps += d->path[p].unmaps;
			sum[p].live += d->live[p];
			sum[p].live_bytes += d->live_bytes[p];
		}
	}
	family(o, "dmascope_mappings", "counter", NULL,
	       "Mappings requested, by device and path; path=\"failed\": refused.");
	pair_samples(o, false);
	family(o, "dmascope_mapped_bytes", "counter", "bytes", "Bytes of those mappings.");
	pair_samples(o, true);
	family(o, "dmascope_unmappings", "counter", NULL, "Mappings ended, by path.");
	path_samples(o, sum, "_total", offsetof(struct path_sum, unmaps));
	family(o, "dmascope_live_mappings", "gauge", NULL,
	       "Mappings made since the start and still live, by path.");
	path_samples(o, sum, "", offsetof(struct path_sum, live));
	family(o, "dmascope_live_bytes", "gauge", "bytes", "Bytes of those mappings.");
	path_samples(o, sum, "", offsetof(struct path_sum, live_bytes));
}

static void failures(struct om *o)
{
	uint64_t sum[STATE_FAIL_MAX] = { 0 };
	const struct state_dev *d;

	for (size_t i = 0; (d = state__dev(o->m, i)); i++)
		for (unsigned int f = 0; f < STATE_FAIL_MAX; f++)
			sum[f] += d->fails[f];
	family(o, "dmascope_failures", "counter", NULL,
	       "Mappings that the kernel refused, by reason.");
	for (unsigned int f = 0; f < STATE_FAIL_MAX; f++)
		sample(o, "_total",
		       LABELS({ "reason", state__fail_name((enum state_fail)f) }), sum[f]);
}

/* Sizes of mappings: every second class of event.h, cumulative, with their upper bounds. */
static void sizes(struct om *o)
{
	uint64_t hist[DMS_HIST_SLOTS] = { 0 }, bytes = 0, n = 0;
	const struct state_dev *d;
	char le[JSON_U64_MAX + 1];

	for (size_t i = 0; (d = state__dev(o->m, i)); i++) {
		for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
			bytes += d->path[p].map_bytes;
			for (int s = 0; s < DMS_HIST_SLOTS; s++)
				hist[s] += d->path[p].size_hist[s];
		}
	}
	family(o, "dmascope_mapping_size_bytes", "histogram", "bytes", "Sizes of mappings.");
	for (int s = 0; s < DMS_HIST_SLOTS; s++) {
		n += hist[s];
		/* a class holds sizes below 512 << s: whole bytes, so up to one less */
		*json_fmt_u64(le, (512ULL << s) - 1) = 0;
		if (s == DMS_HIST_SLOTS - 1)
			strcpy(le, "+Inf");
		else if (s % 2)
			continue;
		sample(o, "_bucket", LABELS({ "le", le }), n);
	}
	sample(o, "_sum", NULL, bytes);
	sample(o, "_count", NULL, n);
}

enum pool_value { POOL_TOTAL, POOL_USED, POOL_HIWATER };

static bool pool_at(const struct om *o, size_t i, struct state_pool *p)
{
	return i < MAX_POOLS && state__pool(o->m, i, p);
}

/* Two pools of a foreign trace may have one name. */
static bool is_named_before(const struct om *o, size_t n, const char *name)
{
	struct state_pool p;

	for (size_t i = 0; i < n && pool_at(o, i, &p); i++)
		if (!strcmp(p.rec.name, name))
			return true;
	return false;
}

static void pool_samples(struct om *o, enum pool_value which)
{
	struct state_pool p;

	for (size_t i = 0; pool_at(o, i, &p); i++) {
		struct mval v = which == POOL_TOTAL ? p.total : which == POOL_USED ? p.used :
				p.hiwater;

		if (mval_known(v) && !is_named_before(o, i, p.rec.name))
			sample(o, "", LABELS({ "pool", p.rec.name }), v.v);
	}
}

/* Slots held by all devices of d's name, which is unique on its bus alone; 0: not the first. */
static uint64_t slots_of_name(const struct om *o, size_t at, const struct state_dev *d)
{
	const struct state_dev *other;
	uint64_t sum = 0;

	for (size_t i = 0; (other = state__dev(o->m, i)); i++) {
		if (other->removed || !other->slots || strcmp(other->name, d->name))
			continue;
		if (i < at)
			return 0;
		sum += other->slots;
	}
	return sum;
}

/* The devices that hold most slots now. */
static void holders(struct om *o)
{
	struct { const char *name; uint64_t slots; } top[MAX_HOLDERS];
	const struct state_dev *d;
	size_t n = 0, k;

	for (size_t i = 0; (d = state__dev(o->m, i)); i++) {
		uint64_t slots = !d->slots || d->removed ? 0 : slots_of_name(o, i, d);

		if (!slots)
			continue;
		for (k = n; k && top[k - 1].slots < slots; k--)
			if (k < MAX_HOLDERS)
				top[k] = top[k - 1];
		if (k < MAX_HOLDERS) {
			top[k].name = d->name;
			top[k].slots = slots;
		}
		n += n < MAX_HOLDERS;
	}
	family(o, "dmascope_device_slots", "gauge", NULL,
	       "Slots of a pool that a device holds; the devices that hold most.");
	for (k = 0; k < n; k++)
		sample(o, "", LABELS({ "device", top[k].name }), top[k].slots);
}

static void pools(struct om *o)
{
	struct state_pool p;

	family(o, "dmascope_pool_slots", "gauge", NULL, "Slots of the SWIOTLB pool, 2 KiB each.");
	pool_samples(o, POOL_TOTAL);
	family(o, "dmascope_pool_used_slots", "gauge", NULL, "Slots in use.");
	pool_samples(o, POOL_USED);
	family(o, "dmascope_pool_hiwater_slots", "gauge", NULL, "Most slots in use at once.");
	pool_samples(o, POOL_HIWATER);
	family(o, "dmascope_pool_searches", "counter", NULL, "Searches for slots, by result.");
	for (size_t i = 0; pool_at(o, i, &p); i++) {
		sample(o, "_total", LABELS({ "pool", p.rec.name }, { "result", "ok" }), p.ok);
		sample(o, "_total", LABELS({ "pool", p.rec.name }, { "result", "failed" }),
		       p.failed);
	}
	holders(o);
}

static void ledger(struct om *o)
{
	struct state_ledger l;

	state__ledger(o->m, &l);
	if (!l.secure)
		return;
	family(o, "dmascope_shared_bytes", "gauge", "bytes", "Memory the hypervisor can see.");
	if (mval_known(l.shared))
		sample(o, "", NULL, l.shared.v);
	if (l.counted) {
		family(o, "dmascope_conversions", "counter", NULL,
		       "Calls that shared or unshared pages.");
		sample(o, "_total", LABELS({ "to", "shared" }), l.shares);
		sample(o, "_total", LABELS({ "to", "private" }), l.unshares);
	}
	if (!mval_known(l.freed_shared))
		return;
	family(o, "dmascope_freed_while_shared_pages", "counter", NULL,
	       "Pages freed to the allocator while shared.");
	sample(o, "_total", NULL, l.freed_shared.v);
}

/* ---- findings ---- */

/* The place of each id in the list: its first, which is its worst. Returns how many. */
static size_t finding_ids(const struct state_finding *f, size_t n, size_t first[MAX_FINDINGS])
{
	size_t ids = 0, k;

	for (size_t i = 0; i < n && ids < MAX_FINDINGS; i++) {
		for (k = 0; k < ids && strcmp(f[first[k]].f.id, f[i].f.id); k++)
			;
		if (k == ids)
			first[ids++] = i;
	}
	return ids;
}

static uint64_t finding_count(const struct state_finding *f, size_t n, const char *id)
{
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !strcmp(f[i].f.id, id);
	return count;
}

static void severities(struct om *o, const struct state_finding *f, size_t n)
{
	family(o, "dmascope_findings", "gauge", NULL, "Findings now, by severity.");
	for (unsigned int s = STATE_NOTE; s <= STATE_ERROR; s++) {
		uint64_t count = 0;

		for (size_t i = 0; i < n; i++)
			count += f[i].f.severity == s;
		sample(o, "", LABELS({ "severity", state__severity_name(s) }), count);
	}
}

static int findings(struct om *o)
{
	size_t n, first[MAX_FINDINGS], ids;
	struct state_finding *f;
	int err = words__findings(o->m, &f, &n);

	if (err)
		return err;
	severities(o, f, n);
	ids = finding_ids(f, n, first);
	family(o, "dmascope_finding_devices", "gauge", NULL,
	       "Devices (or the guest) that have this finding.");
	for (size_t k = 0; k < ids; k++) {
		const struct rec_finding *r = &f[first[k]].f;

		sample(o, "", LABELS({ "finding", r->id },
				     { "severity", state__severity_name(r->severity) }),
		       finding_count(f, n, r->id));
	}
	family(o, "dmascope_finding", "info", NULL,
	       "The worst case of each finding: its device, what is wrong, what to do.");
	for (size_t k = 0; k < ids; k++) {
		const struct rec_finding *r = &f[first[k]].f;

		sample(o, "_info", LABELS({ "finding", r->id },
			{ "device", r->dev ? state__dev_name(o->m, r->dev) : "guest" },
			{ "summary", r->summary }, { "remedy", r->action }), 1);
	}
	free(f);
	return 0;
}

/* ---- the run ---- */

static void hooks(struct om *o)
{
	uint64_t attached = 0, missing = 0;
	const struct rec_hook *h;

	for (size_t i = 0; (h = state__hook(o->m, i)); i++) {
		attached += h->attach != ATTACH_NONE;
		missing += h->attach == ATTACH_NONE && h->lost[0];
	}
	family(o, "dmascope_hooks", "gauge", NULL,
	       "Hooks by state; missing: what it would show is not observed.");
	sample(o, "", LABELS({ "state", "attached" }), attached);
	sample(o, "", LABELS({ "state", "missing" }), missing);
}

static void run_info(struct om *o)
{
	struct state_run run;
	const struct rec_session *s;
	uint64_t now;

	state__run(o->m, &run);
	s = run.session;
	family(o, "dmascope", "info", NULL, "The tool, the kernel and the kind of guest.");
	sample(o, "_info", LABELS({ "version", s ? s->tool_version : "" },
		{ "kernel", s ? s->kernel : "" }, { "arch", s ? s->arch : "" },
		{ "guest", s ? dms_guest_name(s->guest) : "" }), 1);
	family(o, "dmascope_start_time_seconds", "gauge", "seconds",
	       "When observing began, since the epoch; counters are 0 then.");
	if (s)
		sample_seconds(o, s->start_ns + (uint64_t)s->realtime_offset_ns);
	family(o, "dmascope_observed_seconds", "gauge", "seconds", "How long was observed.");
	now = o->opts->now > run.now ? o->opts->now : run.now;
	sample_seconds(o, now > run.start ? now - run.start : 0);
	family(o, "dmascope_events", "counter", NULL, "Observations.");
	sample(o, "_total", NULL, run.events);
	family(o, "dmascope_complete", "gauge", NULL,
	       "1 if nothing was lost, and a trace has its end.");
	sample(o, "", NULL, run.complete);
	family(o, "dmascope_lost", "counter", NULL, "Observations lost.");
	sample(o, "_total", NULL, run.lost);
	hooks(o);
}

int metrics__new(struct metrics **x)
{
	*x = calloc(1, sizeof(**x));
	return *x ? 0 : -ENOMEM;
}

void metrics__free(struct metrics *x)
{
	free(x);
}

int metrics__write(struct metrics *x, const struct state *m, const struct metrics_opts *opts,
		   struct out *out)
{
	struct om o = { .x = x, .m = m, .out = out, .format = opts->format, .opts = opts };
	int err;

	count_pairs(&o);
	run_info(&o);
	mappings(&o);
	failures(&o);
	sizes(&o);
	pools(&o);
	ledger(&o);
	err = findings(&o);
	if (opts->format == METRICS_OPENMETRICS) {
		put(&o, "# EOF");
		out__end_line(out);
	}
	return err ? err : out->err;
}

int openmetrics_write(const struct state *m, struct out *out)
{
	const struct metrics_opts opts = { .format = METRICS_OPENMETRICS };
	struct metrics *x;
	int err = metrics__new(&x);

	if (!err)
		err = metrics__write(x, m, &opts, out);
	metrics__free(x);
	return err;
}

/* ---- HTTP's side of it ---- */

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS ?
		"application/openmetrics-text; version=1.0.0; charset=utf-8" :
		"text/plain; version=0.0.4; charset=utf-8";
}

/* The q of one element of an Accept header, in thousandths; 1000 where it has none. */
static unsigned int quality(const char *p, size_t len)
{
	char copy[64];
	char *q;

	for (size_t i = 0; i + 2 < len; i++) {
		if (p[i] != ';')
			continue;
		while (i + 1 < len && p[i + 1] == ' ')
			i++;
		if (len - i < 4 || strncasecmp(p + i + 1, "q=", 2))
			continue;
		len = len - i - 3 < sizeof(copy) - 1 ? len - i - 3 : sizeof(copy) - 1;
		memcpy(copy, p + i + 3, len);
		copy[len] = '\0';
		q = copy;
		return (unsigned int)(strtod(q, NULL) * 1000);
	}
	return 1000;
}

enum metrics_format metrics_negotiate(const char *accept)
{
	unsigned int om = 0, text = 0, q;

	for (const char *p = accept ? accept : ""; *p; p += *p == ',') {
		size_t len, type;

		p += strspn(p, " \t");
		len = strcspn(p, ",");
		type = strcspn(p, ",; \t");
		q = quality(p, len);
		if (type == 28 && !strncasecmp(p, "application/openmetrics-text", type))
			om = q > om ? q : om;
		else if (type == 10 && !strncasecmp(p, "text/plain", type))
			text = q > text ? q : text;
		p += len;
	}
	return om && om >= text ? METRICS_OPENMETRICS : METRICS_TEXT;
}
