// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The model as OpenMetrics text. Labels are bounded: devices, paths, reasons, hooks, finding
 * ids; never an address, a pid or a caller.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/json.h"
#include "trace/openmetrics.h"
#include "util/names.h"

struct om {
	const struct model *m;
	struct out *out;
	const char *family;
	struct model_dev *other;	/* the sum of devices beyond the limit, or NULL */
};

static void put(struct om *o, const char *s)
{
	out__write(o->out, s, strlen(s));
}

static void family(struct om *o, const char *name, const char *type, const char *unit,
		   const char *help)
{
	o->family = name;
	put(o, "# TYPE ");
	put(o, name);
	put(o, " ");
	put(o, type);
	out__end_line(o->out);
	if (unit) {
		put(o, "# UNIT ");
		put(o, name);
		put(o, " ");
		put(o, unit);
		out__end_line(o->out);
	}
	put(o, "# HELP ");
	put(o, name);
	put(o, " ");
	put(o, help);
	out__end_line(o->out);
}

/* Bytes of a label's value: quotes, backslashes and line ends escaped, what is no text as '?'. */
static void label_text(struct om *o, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			put(o, "\\");
			out__write(o->out, s, 1);
		} else {
			out__write(o->out, c < 0x20 || c >= 0x7f ? "?" : s, 1);
		}
	}
}

struct label {
	const char *name, *value;	/* name NULL ends the list */
};

static void sample(struct om *o, const char *suffix, const struct label *l, uint64_t v)
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
	if (out__room(o->out, JSON_U64_MAX))
		o->out->p = json_fmt_u64(o->out->p, v);
	out__end_line(o->out);
}

static const struct model_dev *dev(const struct om *o, size_t i)
{
	if (i < OPENMETRICS_DEVICES)
		return model__dev(o->m, i);
	return i == OPENMETRICS_DEVICES ? o->other : NULL;
}

static void add_counts(struct model_counts *sum, const struct model_counts *c)
{
	sum->maps += c->maps;
	sum->map_bytes += c->map_bytes;
	sum->unmaps += c->unmaps;
	sum->unmap_bytes += c->unmap_bytes;
	for (int i = 0; i < DMS_HIST_SLOTS; i++)
		sum->size_hist[i] += c->size_hist[i];
}

static int sum_others(struct om *o)
{
	const struct model_dev *d;

	if (!model__dev(o->m, OPENMETRICS_DEVICES))
		return 0;
	o->other = calloc(1, sizeof(*o->other));
	if (!o->other)
		return -ENOMEM;
	strcpy(o->other->name, "other");
	for (size_t i = OPENMETRICS_DEVICES; (d = model__dev(o->m, i)); i++) {
		for (int p = 0; p < DMS_PATH_MAX; p++) {
			add_counts(&o->other->path[p], &d->path[p]);
			o->other->live[p] += d->live[p];
			o->other->live_bytes[p] += d->live_bytes[p];
		}
		for (int f = 0; f < MODEL_FAIL_MAX; f++)
			o->other->fails[f] += d->fails[f];
		o->other->slots += d->slots;
	}
	return 0;
}

typedef uint64_t (*path_value)(const struct model_dev *d, unsigned int path);

static uint64_t v_maps(const struct model_dev *d, unsigned int p)
{
	return d->path[p].maps;
}

static uint64_t v_map_bytes(const struct model_dev *d, unsigned int p)
{
	return d->path[p].map_bytes;
}

static uint64_t v_unmaps(const struct model_dev *d, unsigned int p)
{
	return d->path[p].unmaps;
}

static uint64_t v_live(const struct model_dev *d, unsigned int p)
{
	return d->live[p];
}

static uint64_t v_live_bytes(const struct model_dev *d, unsigned int p)
{
	return d->live_bytes[p];
}

/* A sample per device and path that was ever taken. */
static void per_path(struct om *o, const char *suffix, path_value get)
{
	const struct model_dev *d;

	for (size_t i = 0; (d = dev(o, i)); i++) {
		for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
			const struct label l[] = { { "device", d->name },
						   { "path", dms_path_name(p) }, { 0 } };

			if (d->path[p].maps || d->path[p].unmaps)
				sample(o, suffix, l, get(d, p));
		}
	}
}

static void mappings(struct om *o)
{
	family(o, "dmascope_mappings", "counter", NULL, "Mappings asked for, by way.");
	per_path(o, "_total", v_maps);
	family(o, "dmascope_mapped_bytes", "counter", "bytes", "Bytes of those mappings.");
	per_path(o, "_total", v_map_bytes);
	family(o, "dmascope_unmappings", "counter", NULL, "Mappings given back.");
	per_path(o, "_total", v_unmaps);
	family(o, "dmascope_live_mappings", "gauge", NULL,
	       "Mappings made since the start and not given back.");
	per_path(o, "", v_live);
	family(o, "dmascope_live_bytes", "gauge", "bytes", "Bytes of those mappings.");
	per_path(o, "", v_live_bytes);
}

static void failures(struct om *o)
{
	const struct model_dev *d;

	family(o, "dmascope_failures", "counter", NULL, "Mappings the kernel refused, by reason.");
	for (size_t i = 0; (d = dev(o, i)); i++) {
		for (unsigned int f = 0; f < MODEL_FAIL_MAX; f++) {
			const struct label l[] = { { "device", d->name },
				{ "reason", model__fail_name((enum model_fail)f) }, { 0 } };

			if (d->fails[f])
				sample(o, "_total", l, d->fails[f]);
		}
	}
}

/* Sizes of mappings by path: the classes of event.h, cumulative, with their upper bounds. */
static void sizes(struct om *o)
{
	struct model_counts sum;
	const struct model_dev *d;
	char le[JSON_U64_MAX + 1];

	family(o, "dmascope_mapping_size_bytes", "histogram", "bytes", "Sizes of mappings.");
	for (unsigned int p = 0; p < DMS_PATH_MAX; p++) {
		uint64_t n = 0;

		memset(&sum, 0, sizeof(sum));
		for (size_t i = 0; (d = dev(o, i)); i++)
			add_counts(&sum, &d->path[p]);
		if (!sum.maps)
			continue;
		for (int i = 0; i < DMS_HIST_SLOTS; i++) {
			struct label l[] = { { "path", dms_path_name(p) }, { "le", le }, { 0 } };

			n += sum.size_hist[i];
			/* a class holds sizes below 512 << i: whole bytes, so up to one less */
			*json_fmt_u64(le, (512ULL << i) - 1) = 0;
			if (i == DMS_HIST_SLOTS - 1)
				strcpy(le, "+Inf");
			sample(o, "_bucket", l, n);
		}
		sample(o, "_count", (struct label[]){ { "path", dms_path_name(p) }, { 0 } }, n);
		sample(o, "_sum", (struct label[]){ { "path", dms_path_name(p) }, { 0 } },
		       sum.map_bytes);
	}
}

enum pool_value { POOL_TOTAL, POOL_USED, POOL_HIWATER };

static void pool_samples(struct om *o, enum pool_value which)
{
	struct model_pool p;

	for (size_t i = 0; model__pool(o->m, i, &p); i++) {
		const struct label l[] = { { "pool", p.rec.name }, { 0 } };
		struct mval v = which == POOL_TOTAL ? p.total : which == POOL_USED ? p.used :
				p.hiwater;

		if (mval_known(v))
			sample(o, "", l, v.v);
	}
}

static void pools(struct om *o)
{
	const struct model_dev *d;
	struct model_pool p;

	family(o, "dmascope_pool_slots", "gauge", NULL, "Slots of the SWIOTLB pool, 2 KiB each.");
	pool_samples(o, POOL_TOTAL);
	family(o, "dmascope_pool_used_slots", "gauge", NULL, "Slots in use.");
	pool_samples(o, POOL_USED);
	family(o, "dmascope_pool_hiwater_slots", "gauge", NULL, "Most slots in use at once.");
	pool_samples(o, POOL_HIWATER);
	family(o, "dmascope_pool_searches", "counter", NULL, "Searches for slots, by result.");
	for (size_t i = 0; model__pool(o->m, i, &p); i++) {
		sample(o, "_total", (struct label[]){ { "pool", p.rec.name }, { "result", "ok" },
						      { 0 } }, p.ok);
		sample(o, "_total", (struct label[]){ { "pool", p.rec.name },
						      { "result", "failed" }, { 0 } }, p.failed);
	}
	family(o, "dmascope_device_slots", "gauge", NULL, "Slots a device holds.");
	for (size_t i = 0; (d = dev(o, i)); i++)
		if (d->slots)
			sample(o, "", (struct label[]){ { "device", d->name }, { 0 } }, d->slots);
}

static void ledger(struct om *o)
{
	struct model_ledger l;

	model__ledger(o->m, &l);
	if (!l.secure)
		return;
	family(o, "dmascope_shared_bytes", "gauge", "bytes", "Memory the hypervisor can see.");
	if (mval_known(l.shared))
		sample(o, "", NULL, l.shared.v);
	family(o, "dmascope_conversions", "counter", NULL, "Calls that shared or unshared pages.");
	sample(o, "_total", (struct label[]){ { "to", "shared" }, { 0 } }, l.shares);
	sample(o, "_total", (struct label[]){ { "to", "private" }, { 0 } }, l.unshares);
	family(o, "dmascope_freed_while_shared_pages", "counter", NULL,
	       "Pages given back to the allocator while shared.");
	sample(o, "_total", NULL, l.freed_shared);
}

static int findings(struct om *o)
{
	struct model_finding *f;
	size_t n;
	int err = model__findings(o->m, &f, &n);

	if (err)
		return err;
	family(o, "dmascope_findings", "gauge", NULL, "What is wrong or wasteful, by severity.");
	for (unsigned int s = MODEL_NOTE; s <= MODEL_ERROR; s++) {
		const struct label l[] = { { "severity", model__severity_name(s) }, { 0 } };
		uint64_t count = 0;

		for (size_t i = 0; i < n; i++)
			count += f[i].f.severity == s;
		sample(o, "", l, count);
	}
	family(o, "dmascope_finding_devices", "gauge", NULL,
	       "How many devices (or the guest) have this finding.");
	for (size_t i = 0; i < n; i++) {
		const struct label l[] = { { "finding", f[i].f.id },
			{ "severity", model__severity_name(f[i].f.severity) }, { 0 } };
		uint64_t count = 0;
		bool before = false;

		for (size_t k = 0; k < n; k++) {
			bool same = !strcmp(f[k].f.id, f[i].f.id) &&
				    f[k].f.severity == f[i].f.severity;

			before |= same && k < i;
			count += same;
		}
		if (!before)
			sample(o, "", l, count);
	}
	free(f);
	return 0;
}

static void seconds(struct om *o, uint64_t ns)
{
	char frac[] = ".000";

	for (uint64_t ms = ns / 1000000 % 1000, i = 3; i; i--, ms /= 10)
		frac[i] = (char)('0' + ms % 10);
	family(o, "dmascope_observed_seconds", "gauge", "seconds", "How long was observed.");
	put(o, "dmascope_observed_seconds ");
	if (out__room(o->out, JSON_U64_MAX))
		o->out->p = json_fmt_u64(o->out->p, ns / 1000000000);
	put(o, frac);
	out__end_line(o->out);
}

static void run_info(struct om *o)
{
	struct model_run run;
	const struct rec_session *s;

	model__run(o->m, &run);
	s = run.session;
	family(o, "dmascope", "info", NULL, "The tool, the kernel and the kind of guest.");
	sample(o, "_info", (struct label[]){ { "version", s ? s->tool_version : "" },
		{ "kernel", s ? s->kernel : "" }, { "arch", s ? s->arch : "" },
		{ "guest", s ? dms_guest_name(s->guest) : "" }, { 0 } }, 1);
	seconds(o, run.now > run.start ? run.now - run.start : 0);
	family(o, "dmascope_events", "counter", NULL, "Observations.");
	sample(o, "_total", NULL, run.events);
	family(o, "dmascope_complete", "gauge", NULL, "1 if nothing was lost so far.");
	sample(o, "", NULL, run.complete);
	family(o, "dmascope_lost", "counter", NULL, "Observations lost, by hook.");
	for (unsigned int h = 1; h < DMS_HOOK_MAX; h++) {
		const struct label l[] = { { "hook", dms_hook_name(h) }, { 0 } };
		uint64_t lost = model__hook_lost(o->m, (enum dms_hook)h);

		if (lost)
			sample(o, "_total", l, lost);
	}
}

int openmetrics_write(const struct model *m, struct out *out)
{
	struct om o = { .m = m, .out = out };
	int err = sum_others(&o);

	if (err)
		return err;
	run_info(&o);
	mappings(&o);
	failures(&o);
	sizes(&o);
	pools(&o);
	ledger(&o);
	err = findings(&o);
	put(&o, "# EOF");
	out__end_line(out);
	free(o.other);
	return err ? err : out->err;
}
