// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two states compared. Every difference is a row: where, of what, what, and a value of each side.
 * Text and JSON print the rows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/diff.h"
#include "rules/rules.h"
#include "trace/json.h"
#include "trace/out.h"
#include "util/fmt.h"
#include "util/grow.h"
#include "util/names.h"
#include "words/words.h"

#define SHARE_POINTS	5	/* per cent of a device's mappings */

enum section { SEC_COVERAGE, SEC_GUEST, SEC_POOL, SEC_FINDINGS, SEC_DEVICES, SECTIONS };
enum unit { DIFF_TEXT, DIFF_COUNT, DIFF_BYTES, DIFF_RATE, DIFF_PERCENT };

static const char *const section_names[] = { "coverage", "guest", "pool", "findings", "devices" };
static const char *const section_titles[] = {
	"NOT COMPARABLE: one side did not observe it as the other did", "GUEST", "POOL", "FINDINGS",
	"DEVICES",
};

struct row {
	enum section section;
	enum unit unit;
	bool matters;
	char subject[2 * DMS_NAME_LEN], what[DMS_NAME_LEN];
	char a[DMS_TEXT_LEN], b[DMS_TEXT_LEN];	/* as JSON has it; "" with null: not known */
	bool a_known, b_known;
};

struct diff {
	struct diff_side side[2];
	struct state_run run[2];
	struct row *row;
	size_t rows, cap;
	int err;
};

/* ---- rows ---- */

static struct row *row_new(struct diff *d, enum section s, const char *subject, const char *what)
{
	struct row *r;

	if (GROW(d->row, d->cap, d->rows)) {
		d->err = -ENOMEM;
		return NULL;
	}
	r = &d->row[d->rows++];
	memset(r, 0, sizeof(*r));
	r->section = s;
	r->matters = true;
	snprintf(r->subject, sizeof(r->subject), "%s", subject ? subject : "");
	snprintf(r->what, sizeof(r->what), "%s", what);
	return r;
}

/* A row if the texts differ; NULL: there is none on that side. */
static void compare_text(struct diff *d, enum section s, const char *subject, const char *what,
			 const char *a, const char *b)
{
	struct row *r;

	if ((!a && !b) || (a && b && !strcmp(a, b)))
		return;
	r = row_new(d, s, subject, what);
	if (!r)
		return;
	r->a_known = a;
	r->b_known = b;
	snprintf(r->a, sizeof(r->a), "%s", a ? a : "");
	snprintf(r->b, sizeof(r->b), "%s", b ? b : "");
}

static void compare_val(struct diff *d, enum section s, const char *subject, const char *what,
			enum unit unit, struct mval a, struct mval b, bool matters)
{
	struct row *r;

	if ((!mval_known(a) && !mval_known(b)) ||
	    (mval_known(a) && mval_known(b) && a.v == b.v))
		return;
	r = row_new(d, s, subject, what);
	if (!r)
		return;
	r->unit = unit;
	r->matters = matters;
	r->a_known = mval_known(a);
	r->b_known = mval_known(b);
	snprintf(r->a, sizeof(r->a), "%" PRIu64, a.v);
	snprintf(r->b, sizeof(r->b), "%" PRIu64, b.v);
}

static void compare_num(struct diff *d, enum section s, const char *subject, const char *what,
			enum unit unit, uint64_t a, uint64_t b, bool matters)
{
	compare_val(d, s, subject, what, unit, (struct mval){ .v = a }, (struct mval){ .v = b },
		    matters);
}

/* ---- coverage ---- */

static const struct rec_hook *hook_of(const struct state *m, enum dms_hook id)
{
	const struct rec_hook *h;

	for (size_t i = 0; (h = state__hook(m, i)); i++)
		if (h->id == id)
			return h;
	return NULL;
}

static const char *hook_text(const struct rec_hook *h, char *buf, size_t n)
{
	if (!h)
		return NULL;
	if (h->attach == ATTACH_NONE)
		snprintf(buf, n, "missing: %s", h->lost[0] ? h->lost : h->reason);
	else
		snprintf(buf, n, "attached%s%s", h->lost[0] ? ", but not seen: " : "", h->lost);
	return buf;
}

static void hooks(struct diff *d)
{
	char text[2][DMS_TEXT_LEN + 32];

	for (unsigned int id = 1; id < DMS_HOOK_MAX; id++) {
		const struct rec_hook *h[2];
		const char *t[2];

		for (int i = 0; i < 2; i++) {
			h[i] = hook_of(d->side[i].m, (enum dms_hook)id);
			t[i] = hook_text(h[i], text[i], sizeof(text[i]));
		}
		/* a hook that exists on one architecture only is no difference of its own */
		if (h[0] && h[1])
			compare_text(d, SEC_COVERAGE, dms_hook_name(id), "hook", t[0], t[1]);
		if (state__hook_lost(d->side[0].m, (enum dms_hook)id) ||
		    state__hook_lost(d->side[1].m, (enum dms_hook)id))
			compare_num(d, SEC_COVERAGE, dms_hook_name(id), "lost", DIFF_COUNT,
				    state__hook_lost(d->side[0].m, (enum dms_hook)id),
				    state__hook_lost(d->side[1].m, (enum dms_hook)id), true);
	}
}

static const char *whole(const struct diff *d, int i)
{
	if (d->side[i].cut)
		return "no: it has no end";
	return d->run[i].complete ? "yes" : d->run[i].incomplete;
}

static void coverage(struct diff *d)
{
	const struct rec_session *s[2] = { d->run[0].session, d->run[1].session };

	compare_text(d, SEC_COVERAGE, NULL, "complete", whole(d, 0), whole(d, 1));
	compare_text(d, SEC_COVERAGE, NULL, "counts of the kernel only",
		     d->run[0].aggregates ? "yes" : "no", d->run[1].aggregates ? "yes" : "no");
	if (s[0] && s[1]) {
		compare_text(d, SEC_COVERAGE, NULL, "architecture", s[0]->arch, s[1]->arch);
		compare_text(d, SEC_COVERAGE, NULL, "filter",
			     s[0]->filter[0] ? s[0]->filter : "none",
			     s[1]->filter[0] ? s[1]->filter : "none");
		compare_text(d, SEC_COVERAGE, NULL, "addresses",
			     s[0]->redacted ? "redacted" : "real",
			     s[1]->redacted ? "redacted" : "real");
	}
	compare_num(d, SEC_COVERAGE, NULL, "trimmed events", DIFF_COUNT, d->run[0].trimmed,
		    d->run[1].trimmed, true);
	hooks(d);
}

/* ---- guest and pool ---- */

static void guest(struct diff *d)
{
	const struct rec_session *a = d->run[0].session, *b = d->run[1].session;

	if (!a || !b)
		return;
	compare_text(d, SEC_GUEST, NULL, "kind", dms_guest_name(a->guest),
		     dms_guest_name(b->guest));
	compare_text(d, SEC_GUEST, NULL, "kernel", a->kernel, b->kernel);
	compare_text(d, SEC_GUEST, NULL, "lockdown", a->lockdown, b->lockdown);
	compare_text(d, SEC_GUEST, NULL, "command line", a->cmdline, b->cmdline);
	compare_num(d, SEC_GUEST, NULL, "memory", DIFF_BYTES, a->mem_bytes, b->mem_bytes, true);
	compare_num(d, SEC_GUEST, NULL, "processors", DIFF_COUNT, a->cpus, b->cpus, true);
	compare_text(d, SEC_GUEST, NULL, "dmascope", a->tool_version, b->tool_version);
}

static bool pool_named(const struct state *m, const char *name, struct state_pool *p)
{
	for (size_t i = 0; state__pool(m, i, p); i++)
		if (!strcmp(p->rec.name, name))
			return true;
	return false;
}

static const char *yes_no(bool known, bool yes)
{
	return !known ? NULL : yes ? "yes" : "no";
}

static void pools(struct diff *d)
{
	struct state_pool a, b;
	size_t i;

	for (i = 0; state__pool(d->side[0].m, i, &a); i++) {
		const char *name = a.rec.name;

		if (!pool_named(d->side[1].m, name, &b)) {
			compare_text(d, SEC_POOL, name, "pool", "there", NULL);
			continue;
		}
		compare_val(d, SEC_POOL, name, "slots", DIFF_COUNT, a.total, b.total, true);
		compare_val(d, SEC_POOL, name, "high water", DIFF_COUNT, a.hiwater, b.hiwater,
			    false);
		compare_num(d, SEC_POOL, name, "searches", DIFF_COUNT, a.attempts, b.attempts,
			    !a.attempts != !b.attempts);
		compare_num(d, SEC_POOL, name, "failed searches", DIFF_COUNT, a.failed, b.failed,
			    !a.failed != !b.failed);
		compare_text(d, SEC_POOL, name, "bouncing is forced",
			     yes_no(a.rec.force_bounce_known, a.rec.force_bounce),
			     yes_no(b.rec.force_bounce_known, b.rec.force_bounce));
	}
	for (i = 0; state__pool(d->side[1].m, i, &b); i++)
		if (!pool_named(d->side[0].m, b.rec.name, &a))
			compare_text(d, SEC_POOL, b.rec.name, "pool", NULL, "there");
}

/* ---- findings ---- */

struct found {
	char id[32], dev[2 * DMS_NAME_LEN];
	unsigned int severity;
	bool both;
};

static struct found *found_list(const struct diff *d, int side, size_t *n, int *err)
{
	struct state_finding *f;
	struct found *list = NULL;

	*err = state__findings(d->side[side].m, &f, n);
	if (*err)
		return NULL;
	list = calloc(*n + 1, sizeof(*list));
	*err = list ? 0 : -ENOMEM;
	for (size_t i = 0; list && i < *n; i++) {
		strcpy(list[i].id, f[i].f.id);
		snprintf(list[i].dev, sizeof(list[i].dev), "%s", f[i].f.dev ?
			 state__dev_name(d->side[side].m, f[i].f.dev) : "");
		list[i].severity = f[i].f.severity;
	}
	free(f);
	return list;
}

static void finding_row(struct diff *d, const struct found *a, const struct found *b)
{
	const struct found *f = a ? a : b;
	char subject[2 * DMS_NAME_LEN];

	snprintf(subject, sizeof(subject), "%.31s%s%.64s", f->id, f->dev[0] ? ", " : "", f->dev);
	compare_text(d, SEC_FINDINGS, subject, "severity",
		     a ? state__severity_name(a->severity) : NULL,
		     b ? state__severity_name(b->severity) : NULL);
}

static int findings(struct diff *d)
{
	size_t na = 0, nb = 0, k;
	int err, err2;
	struct found *a = found_list(d, 0, &na, &err), *b = found_list(d, 1, &nb, &err2);

	err = err ? err : err2;
	for (size_t i = 0; !err && i < na; i++) {
		for (k = 0; k < nb; k++)
			if (!b[k].both && !strcmp(a[i].id, b[k].id) && !strcmp(a[i].dev, b[k].dev))
				break;
		finding_row(d, &a[i], k < nb ? &b[k] : NULL);
		if (k < nb)
			b[k].both = true;
	}
	for (k = 0; !err && k < nb; k++)
		if (!b[k].both)
			finding_row(d, NULL, &b[k]);
	free(a);
	free(b);
	return err;
}

/* ---- devices ---- */

typedef bool (*match_fn)(const struct state_dev *a, const struct state_dev *b);

static const char *driver(const struct state_dev *d)
{
	return d->rec && d->rec->driver[0] ? d->rec->driver : NULL;
}

static bool same_driver(const struct state_dev *a, const struct state_dev *b)
{
	return driver(a) && driver(b) && !strcmp(driver(a), driver(b));
}

static bool by_both(const struct state_dev *a, const struct state_dev *b)
{
	return !strcmp(a->name, b->name) && (same_driver(a, b) || !driver(a) || !driver(b));
}

static bool by_kind(const struct state_dev *a, const struct state_dev *b)
{
	return same_driver(a, b) && a->rec->kind[0] && !strcmp(a->rec->kind, b->rec->kind);
}

static bool by_name(const struct state_dev *a, const struct state_dev *b)
{
	return !strcmp(a->name, b->name);
}

static uint64_t all_maps(const struct state_dev *d, bool bytes)
{
	uint64_t sum = 0;

	for (int p = 0; p < DMS_PATH_MAX; p++)
		if (p != DMS_PATH_FAILED)
			sum += bytes ? d->path[p].map_bytes : d->path[p].maps;
	return sum;
}

static uint64_t share(const struct state_dev *d, int path)
{
	uint64_t all = all_maps(d, false) + d->path[DMS_PATH_FAILED].maps;

	return all ? d->path[path].maps * 100 / all : 0;
}

static bool far_apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b > b / 2 : b - a > a / 2;
}

static uint64_t rate(const struct diff *d, int side, uint64_t n)
{
	uint64_t ms = (d->run[side].now - d->run[side].start) / 1000000;

	return ms ? (uint64_t)((double)n * 1e6 / (double)ms) : 0;
}

static void device_paths(struct diff *d, const char *name, const struct state_dev *a,
			 const struct state_dev *b)
{
	char what[DMS_NAME_LEN];

	for (int p = 0; p < DMS_PATH_MAX; p++) {
		uint64_t x = share(a, p), y = share(b, p);

		if (!a->path[p].maps && !b->path[p].maps)
			continue;
		snprintf(what, sizeof(what), "share of %s", dms_path_name((unsigned int)p));
		if (all_maps(a, false) && all_maps(b, false))
			compare_num(d, SEC_DEVICES, name, what, DIFF_PERCENT, x, y,
				    (x > y ? x - y : y - x) >= SHARE_POINTS ||
				    !a->path[p].maps != !b->path[p].maps);
	}
}

static void device_load(struct diff *d, const char *name, const struct state_dev *a,
			const struct state_dev *b)
{
	uint64_t ma = all_maps(a, false), mb = all_maps(b, false);
	uint64_t ra = rate(d, 0, ma), rb = rate(d, 1, mb);

	if (far_apart(ra, rb))
		compare_num(d, SEC_DEVICES, name, "mappings per second", DIFF_RATE, ra, rb, true);
	ra = ma ? all_maps(a, true) / ma : 0;
	rb = mb ? all_maps(b, true) / mb : 0;
	if (ma && mb && far_apart(ra, rb))
		compare_num(d, SEC_DEVICES, name, "mean size", DIFF_BYTES, ra, rb, true);
	if (far_apart(a->slots_max, b->slots_max))
		compare_num(d, SEC_DEVICES, name, "slots at most", DIFF_COUNT, a->slots_max,
			    b->slots_max, true);
	for (int f = 0; f < STATE_FAIL_MAX; f++) {
		char what[DMS_NAME_LEN];

		snprintf(what, sizeof(what), "failures: %s", state__fail_name((enum state_fail)f));
		compare_num(d, SEC_DEVICES, name, what, DIFF_COUNT, a->fails[f], b->fails[f],
			    !a->fails[f] != !b->fails[f]);
	}
}

static void device(struct diff *d, const struct state_dev *a, const struct state_dev *b,
		   const char *how)
{
	struct state_decision da = { .brief = "" }, db = { .brief = "" };
	char name[2 * DMS_NAME_LEN];

	if (strcmp(a->name, b->name))
		snprintf(name, sizeof(name), "%.50s -> %.50s (same %s)", a->name, b->name, how);
	else
		snprintf(name, sizeof(name), "%s", a->name);
	words__decision(d->side[0].m, a->key, &da);
	words__decision(d->side[1].m, b->key, &db);
	compare_text(d, SEC_DEVICES, name, "driver", driver(a), driver(b));
	compare_text(d, SEC_DEVICES, name, "decision", da.brief, db.brief);
	if (a->mask && b->mask && a->mask != b->mask)
		compare_num(d, SEC_DEVICES, name, "mask bits", DIFF_COUNT,
			    (uint64_t)(64 - __builtin_clzll(a->mask)),
			    (uint64_t)(64 - __builtin_clzll(b->mask)), true);
	device_paths(d, name, a, b);
	device_load(d, name, a, b);
}

/* Devices that did nothing and have no driver are not worth a line. */
static bool worth(const struct state_dev *d)
{
	return d->key && (driver(d) || all_maps(d, false) || d->path[DMS_PATH_FAILED].maps);
}

struct pairing {
	const struct state_dev *dev;
	bool done;
};

static struct pairing *list_devices(const struct state *m, size_t *n)
{
	const struct state_dev *d;
	struct pairing *list;

	for (*n = 0; state__dev(m, *n); ++*n)
		;
	list = calloc(*n + 1, sizeof(*list));
	for (size_t i = 0; list && (d = state__dev(m, i)); i++)
		list[i] = (struct pairing){ d, !worth(d) };
	return list;
}

static int devices(struct diff *d)
{
	static const struct { match_fn fn; const char *how; } ways[] = {
		{ by_both, "address" }, { by_kind, "kind" }, { same_driver, "driver" },
		{ by_name, "address" },
	};
	size_t na, nb, k;
	struct pairing *a = list_devices(d->side[0].m, &na), *b = list_devices(d->side[1].m, &nb);

	for (size_t w = 0; a && b && w < sizeof(ways) / sizeof(ways[0]); w++) {
		for (size_t i = 0; i < na; i++) {
			for (k = 0; !a[i].done && k < nb; k++)
				if (!b[k].done && ways[w].fn(a[i].dev, b[k].dev))
					break;
			if (a[i].done || k == nb)
				continue;
			device(d, a[i].dev, b[k].dev, ways[w].how);
			a[i].done = b[k].done = true;
		}
	}
	for (size_t i = 0; a && i < na; i++)
		if (!a[i].done)
			compare_text(d, SEC_DEVICES, a[i].dev->name, "device", "there", NULL);
	for (k = 0; b && k < nb; k++)
		if (!b[k].done)
			compare_text(d, SEC_DEVICES, b[k].dev->name, "device", NULL, "there");
	k = !a || !b;
	free(a);
	free(b);
	return k ? -ENOMEM : 0;
}

/* ---- the whole ---- */

int diff__new(struct diff **out, const struct diff_side *a, const struct diff_side *b)
{
	struct diff *d = calloc(1, sizeof(*d));
	int err;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	d->side[0] = *a;
	d->side[1] = *b;
	state__run(a->m, &d->run[0]);
	state__run(b->m, &d->run[1]);
	coverage(d);
	guest(d);
	pools(d);
	err = findings(d);
	if (!err)
		err = devices(d);
	err = err ? err : d->err;
	if (err) {
		diff__free(d);
		return err;
	}
	*out = d;
	return 0;
}

void diff__free(struct diff *d)
{
	if (d)
		free(d->row);
	free(d);
}

bool diff__differs(const struct diff *d)
{
	for (size_t i = 0; i < d->rows; i++)
		if (d->row[i].matters)
			return true;
	return false;
}

/* ---- text ---- */

static const char *value(const struct row *r, int side, char buf[FMT_LEN])
{
	const char *raw = side ? r->b : r->a;
	uint64_t v;

	if (!(side ? r->b_known : r->a_known))
		return r->unit == DIFF_TEXT ? "-" : "?";
	if (r->unit == DIFF_TEXT)
		return raw;
	v = strtoull(raw, NULL, 10);
	switch (r->unit) {
	case DIFF_BYTES:
		return fmt_size(buf, v);
	case DIFF_RATE:
		return fmt_rate(buf, (int64_t)v, false);
	case DIFF_PERCENT:
		snprintf(buf, FMT_LEN, "%" PRIu64 " %%", v);
		return buf;
	default:
		return fmt_exact(buf, v);
	}
}

static void print_row(const struct row *r, FILE *f)
{
	char text[3 * DMS_TEXT_LEN], a[FMT_LEN], b[FMT_LEN];

	if (r->section == SEC_FINDINGS) {
		if (r->a_known && r->b_known)
			fmt_print(f, "  ~ %s: %s -> %s\n", r->subject, r->a, r->b);
		else
			fmt_print(f, "  %c %s %s\n", r->b_known ? '+' : '-',
				  r->b_known ? r->b : r->a, r->subject);
		return;
	}
	snprintf(text, sizeof(text), "%s: %.250s -> %.250s", r->what, value(r, 0, a),
		 value(r, 1, b));
	fputs(r->subject[0] && r->section == SEC_DEVICES ? "    " : "  ", f);
	if (r->subject[0] && r->section != SEC_DEVICES)
		fmt_print(f, "%s,", r->subject);
	fmt_wrap(f, text, 4 + (r->section != SEC_DEVICES ? strlen(r->subject) : 0), 6, 80);
}

/* Rows of one device were made together, except what is in one trace only. */
static void print_section(const struct diff *d, enum section s, FILE *f)
{
	const char *last = "";
	bool any = false;

	for (size_t i = 0; i < d->rows; i++) {
		const struct row *r = &d->row[i];

		if (r->section != s)
			continue;
		if (!any)
			fprintf(f, "\n%s\n", section_titles[s]);
		any = true;
		if (s == SEC_DEVICES && strcmp(last, r->subject))
			fmt_print(f, "  %s\n", r->subject);
		last = r->subject;
		print_row(r, f);
	}
	if (!any && s == SEC_FINDINGS)
		fputs("\nFINDINGS: the same\n", f);
}

static void print_side(const struct diff *d, int i, FILE *f)
{
	const struct rec_session *s = d->run[i].session;
	char a[FMT_LEN], b[FMT_LEN];

	fprintf(f, "%c  ", i ? 'B' : 'A');
	fmt_text(f, d->side[i].file);
	if (s)
		fmt_print(f, ": %s, %s, %s", dms_guest_name(s->guest), s->arch, s->kernel);
	fprintf(f, "; %s, %s events\n", fmt_ns(a, d->run[i].now - d->run[i].start),
		fmt_exact(b, d->run[i].events));
}

int diff__text(const struct diff *d, FILE *f)
{
	print_side(d, 0, f);
	print_side(d, 1, f);
	for (int s = 0; s < SECTIONS; s++)
		print_section(d, (enum section)s, f);
	if (!diff__differs(d))
		fputs("\nNothing differs but the load.\n", f);
	return ferror(f) ? -EIO : 0;
}

/* ---- JSON ---- */

static void json_side(const struct diff *d, int i, struct json *j)
{
	const struct rec_session *s = d->run[i].session;

	json__begin_object(j, i ? "b" : "a");
	json__str(j, "file", d->side[i].file);
	json__str(j, "guest", s ? dms_guest_name(s->guest) : NULL);
	json__str(j, "arch", s ? s->arch : NULL);
	json__str(j, "kernel", s ? s->kernel : NULL);
	json__u64(j, "ns", d->run[i].now - d->run[i].start);
	json__u64(j, "events", d->run[i].events);
	json__bool(j, "complete", d->run[i].complete && !d->side[i].cut);
	json__end_object(j);
}

int diff__json(const struct diff *d, struct out *out)
{
	static const char *const units[] = { "text", "count", "bytes", "milli_per_second",
					     "percent" };
	struct json j;

	json__init(&j, out);
	json__begin_object(&j, NULL);
	json__str(&j, "format", "dmascope-diff");
	json__str(&j, "version", "1.0");
	json_side(d, 0, &j);
	json_side(d, 1, &j);
	json__bool(&j, "differs", diff__differs(d));
	json__begin_array(&j, "differences");
	for (size_t i = 0; i < d->rows; i++) {
		const struct row *r = &d->row[i];

		json__begin_object(&j, NULL);
		json__str(&j, "section", section_names[r->section]);
		json__str(&j, "subject", r->subject[0] ? r->subject : NULL);
		json__str(&j, "what", r->what);
		json__str(&j, "unit", units[r->unit]);
		json__str(&j, "a", r->a_known ? r->a : NULL);
		json__str(&j, "b", r->b_known ? r->b : NULL);
		json__bool(&j, "matters", r->matters);
		json__end_object(&j);
	}
	json__end_array(&j);
	json__end_object(&j);
	return json__end_line(&j);
}
