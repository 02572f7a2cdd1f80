// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The summary of many traces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/summary.h"
#include "trace/json.h"
#include "trace/out.h"
#include "util/fmt.h"
#include "util/grow.h"
#include "util/names.h"

struct row {
	char *file, *error;		/* error: why there is nothing else */
	size_t place;			/* of the file on the command line */
	char kernel[DMS_NAME_LEN];
	enum dms_guest guest;
	uint64_t ns, lost, maps, failed;
	struct mval slots, hiwater;
	bool complete;
	struct state_finding *f;
	char (*dev)[DMS_NAME_LEN];	/* of each finding */
	size_t n, severity[STATE_ERROR + 1];
};

struct summary {
	struct row *row;
	size_t rows, cap;
};

int summary__new(struct summary **s)
{
	*s = calloc(1, sizeof(**s));
	return *s ? 0 : -ENOMEM;
}

static void row_free(struct row *r)
{
	free(r->file);
	free(r->error);
	free(r->f);
	free(r->dev);
}

void summary__free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->rows; i++)
		row_free(&s->row[i]);
	free(s->row);
	free(s);
}

static struct row *row_new(struct summary *s, const char *file)
{
	struct row *r;

	if (GROW(s->row, s->cap, s->rows))
		return NULL;
	r = &s->row[s->rows];
	memset(r, 0, sizeof(*r));
	r->slots.why = r->hiwater.why = "no pool was recorded";
	r->place = s->rows;
	r->file = strdup(file);
	if (!r->file)
		return NULL;
	s->rows++;
	return r;
}

static int take_findings(struct row *r, const struct state *m, const struct report_opts *opts)
{
	struct state_finding *f;
	size_t n, k = 0;
	int err = words__findings(m, &f, &n);

	if (err || !n)
		return err;
	r->f = f;
	r->dev = calloc(n, sizeof(*r->dev));
	if (!r->dev)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (f[i].f.dev && !report_shows(m, opts, f[i].f.dev))
			continue;
		f[k] = f[i];
		if (f[k].f.dev)
			snprintf(r->dev[k], sizeof(r->dev[k]), "%s",
				 state__dev_name(m, f[k].f.dev));
		if (f[k].f.severity <= STATE_ERROR)
			r->severity[f[k].f.severity]++;
		k++;
	}
	r->n = k;
	return 0;
}

int summary__add(struct summary *s, const char *file, const struct state *m,
		 const struct report_opts *opts)
{
	struct row *r = row_new(s, file);
	const struct state_dev *d;
	struct state_pool pool;
	struct state_run run;

	if (!r)
		return -ENOMEM;
	state__run(m, &run);
	r->ns = run.now - run.start;
	r->lost = run.lost;
	r->complete = run.complete;
	if (run.session) {
		r->guest = run.session->guest;
		snprintf(r->kernel, sizeof(r->kernel), "%s", run.session->kernel);
	}
	for (size_t i = 0; (d = state__dev(m, i)); i++) {
		if (!report_shows(m, opts, d->key))
			continue;
		for (int p = 0; p < DMS_PATH_MAX; p++)
			*(p == DMS_PATH_FAILED ? &r->failed : &r->maps) += d->path[p].maps;
	}
	if (state__pool(m, 0, &pool)) {
		r->slots = pool.total;
		r->hiwater = pool.hiwater;
	}
	return take_findings(r, m, opts);
}

int summary__add_error(struct summary *s, const char *file, const char *why)
{
	struct row *r = row_new(s, file);

	if (!r)
		return -ENOMEM;
	r->error = strdup(why);
	return r->error ? 0 : -ENOMEM;
}

/* Worst first: by errors, warnings, notes; then as they were named. What is no trace comes last. */
static int by_severity(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (!x->error != !y->error)
		return x->error ? 1 : -1;
	for (int s = STATE_ERROR; s >= STATE_NOTE; s--)
		if (x->severity[s] != y->severity[s])
			return x->severity[s] > y->severity[s] ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* ---- text ---- */

struct group {			/* one finding over all files */
	const char *id;
	unsigned int severity;
	size_t files, devices;
	const char *first;
};

static bool in_row(const struct row *r, size_t before, const char *id)
{
	for (size_t i = 0; i < before; i++)
		if (!strcmp(r->f[i].f.id, id))
			return true;
	return false;
}

static void group_add(struct group *g, size_t *n, const struct row *r, size_t i)
{
	const struct rec_finding *f = &r->f[i].f;
	size_t k;

	for (k = 0; k < *n && strcmp(g[k].id, f->id); k++)
		;
	if (k == *n)
		g[(*n)++] = (struct group){ .id = f->id, .first = r->file };
	if (f->severity > g[k].severity)
		g[k].severity = f->severity;
	g[k].devices++;
	g[k].files += !in_row(r, i, f->id);
}

static int by_weight(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->files != y->files)
		return x->files > y->files ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int print_groups(const struct summary *s, FILE *f)
{
	struct group *g;
	size_t n = 0, all = 0;

	for (size_t i = 0; i < s->rows; i++)
		all += s->row[i].n;
	g = calloc(all + 1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	for (size_t i = 0; i < s->rows; i++)
		for (size_t k = 0; k < s->row[i].n; k++)
			group_add(g, &n, &s->row[i], k);
	qsort(g, n, sizeof(*g), by_weight);
	if (n)
		fputs("\nFINDINGS                        files  places  first in\n", f);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%-7s %-23s %5zu %7zu  ", state__severity_name(g[i].severity), g[i].id,
			g[i].files, g[i].devices);
		fmt_text(f, g[i].first);
		fputs("\n", f);
	}
	free(g);
	return 0;
}

static void print_finds(const struct row *r, FILE *f)
{
	bool any = false;

	for (size_t i = 0; i < r->n; i++) {
		if (in_row(r, i, r->f[i].f.id))
			continue;
		fprintf(f, "%s%s", any ? ", " : "", r->f[i].f.id);
		any = true;
	}
	fputs(any ? "\n" : "-\n", f);
}

static void print_val(struct mval v, FILE *f)
{
	char a[FMT_LEN];

	fprintf(f, " %7s", mval_known(v) ? fmt_short(a, v.v) : "?");
}

static void print_row(const struct row *r, bool all, FILE *f)
{
	char a[FMT_LEN];

	fmt_text(f, r->file);
	if (r->error) {
		fprintf(f, "\n    ");
		fmt_wrap(f, r->error, 4, 4, 80);
		return;
	}
	fmt_print(f, "\n    %2zu %2zu %2zu  %-8s %-20.20s %7s", r->severity[STATE_ERROR],
		r->severity[STATE_WARNING], r->severity[STATE_NOTE], dms_guest_name(r->guest),
		r->kernel, fmt_ns(a, r->ns));
	if (all) {
		fprintf(f, " %7s", fmt_short(a, r->maps));
		fprintf(f, " %6s", fmt_short(a, r->failed));
		print_val(r->hiwater, f);
		print_val(r->slots, f);
	}
	fprintf(f, "%s\n        ", r->complete ? "" : "  incomplete");
	print_finds(r, f);
}

int summary__text(struct summary *s, bool all, FILE *f)
{
	size_t worst[STATE_ERROR + 1] = { 0 }, bad = 0;
	int err;

	qsort(s->row, s->rows, sizeof(*s->row), by_severity);
	for (size_t i = 0; i < s->rows; i++) {
		int w = STATE_ERROR;

		while (w && !s->row[i].severity[w])
			w--;
		worst[w] += !s->row[i].error;
		bad += !!s->row[i].error;
	}
	fprintf(f, "%zu traces: %zu with errors, %zu with warnings, %zu with notes, %zu without "
		"findings", s->rows - bad, worst[STATE_ERROR], worst[STATE_WARNING],
		worst[STATE_NOTE], worst[0]);
	fprintf(f, bad ? "; %zu not read\n" : "\n", bad);
	err = print_groups(s, f);
	if (err)
		return err;
	fprintf(f, "\nTRACES\n    errors, warnings, notes; guest, kernel, observed%s\n",
		all ? "; mappings, failed; slots at most, of" : "");
	for (size_t i = 0; i < s->rows; i++)
		print_row(&s->row[i], all, f);
	return ferror(f) ? -EIO : 0;
}

/* ---- JSON ---- */

static void json_findings(const struct row *r, struct json *j)
{
	json__begin_array(j, "findings");
	for (size_t i = 0; i < r->n; i++) {
		const struct rec_finding *f = &r->f[i].f;

		json__begin_object(j, NULL);
		json__str(j, "id", f->id);
		json__str(j, "severity", state__severity_name(f->severity));
		json__int(j, "confidence", f->confidence);
		json__str(j, "device", f->dev ? r->dev[i] : NULL);
		json__str(j, "summary", f->summary);
		json__str(j, "action", f->action);
		json__end_object(j);
	}
	json__end_array(j);
}

static void json_val(struct json *j, const char *key, struct mval v)
{
	if (mval_known(v))
		json__u64(j, key, v.v);
	else
		json__null(j, key);
}

int summary__json(struct summary *s, struct out *out)
{
	struct json j;
	int err = 0;

	qsort(s->row, s->rows, sizeof(*s->row), by_severity);
	for (size_t i = 0; i < s->rows && !err; i++) {
		const struct row *r = &s->row[i];

		json__init(&j, out);
		json__begin_object(&j, NULL);
		json__str(&j, "file", r->file);
		json__str(&j, "error", r->error);
		if (!r->error) {
			json__str(&j, "guest", dms_guest_name(r->guest));
			json__str(&j, "kernel", r->kernel);
			json__u64(&j, "ns", r->ns);
			json__bool(&j, "complete", r->complete);
			json__u64(&j, "lost", r->lost);
			json__u64(&j, "maps", r->maps);
			json__u64(&j, "failed", r->failed);
			json_val(&j, "pool_slots", r->slots);
			json_val(&j, "pool_hiwater", r->hiwater);
			json_findings(r, &j);
		}
		json__end_object(&j);
		err = json__end_line(&j);
	}
	return err;
}
