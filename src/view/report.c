// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text report: 80 columns of plain ASCII. A guest without TCE tables never reads of TCEs,
 * LIOBNs or windows here. What it is about, the order of its parts, findings, callers and failures;
 * the larger parts are in report_head.c, report_devices.c and report_memory.c, the JSON report in
 * report_json.c.
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>

#include "util/names.h"
#include "view/fmt.h"
#include "view/report_inside.h"

#define REPORT_CALLERS	8

bool report_shows(const struct model *m, const struct report_opts *opts, uint64_t key)
{
	return !opts->device || !fnmatch(opts->device, model__dev_name(m, key), 0);
}

bool report_shows_any(const struct model *m, const struct report_opts *opts)
{
	const struct model_dev *d;
	size_t i;

	for (i = 0; (d = model__dev(m, i)); i++)
		if (report_shows(m, opts, d->key))
			return true;
	return !opts->device;
}

bool report_shows_range(const struct model *m, const struct report_opts *opts,
			const struct model_range *g)
{
	struct model_window w;
	size_t i;

	if (g->dev || !g->liobn)
		return report_shows(m, opts, g->dev);
	for (i = 0; model__window(m, i, &w); i++)
		if (w.rec.liobn == g->liobn && report_shows(m, opts, w.rec.dev))
			return true;
	return false;
}

void report__val(char *buf, size_t n, struct mval v)
{
	char b[FMT_LEN];

	if (v.why)
		snprintf(buf, n, "?");
	else
		snprintf(buf, n, "%s%s", v.estimate ? "about " : "", fmt_exact(b, v.v));
}

static void one_finding(struct report *r, size_t i, const struct model_finding *f)
{
	char ids[96];
	size_t k, n;

	P(r, "%2zu. %s %s", i + 1, model__severity_name(f->f.severity), f->f.id);
	if (f->f.dev)
		P(r, ", %s", model__dev_name(r->m, f->f.dev));
	P(r, "\n    ");
	fmt_wrap(r->f, f->f.summary, 4, 4, WIDTH);
	if (f->f.evidence[0]) {
		P(r, "    seen: ");
		fmt_wrap(r->f, f->f.evidence, 10, 10, WIDTH);
	}
	if (f->f.action[0]) {
		P(r, "    do:   ");
		fmt_wrap(r->f, f->f.action, 10, 10, WIDTH);
	}
	P(r, "    sure: %u %%", f->f.confidence);
	for (k = 0, n = 0; k < MODEL_FINDING_EVENTS && f->seq[k]; k++)
		n += snprintf(ids + n, sizeof(ids) - n, " %" PRIu64, f->seq[k]);
	if (n)
		P(r, "; event%s%s%s", k > 1 ? "s" : "", ids, f->count > k ? " ..." : "");
	P(r, "\n");
	if (f->not_seen[0]) {
		P(r, "    but:  ");
		fmt_wrap(r->f, f->not_seen, 10, 10, WIDTH);
	}
}

static int findings(struct report *r)
{
	struct model_finding *f;
	size_t n, i, count[4] = { 0 }, listed = 0;
	int err = model__findings(r->m, &f, &n);

	if (err)
		return err;
	for (i = 0; i < n; i++)
		if (f[i].f.severity < 4 && (!f[i].f.dev || shown(r, f[i].f.dev)))
			count[f[i].f.severity]++;
	P(r, "\nFINDINGS: ");
	if (!(count[1] + count[2] + count[3]))
		P(r, "none\n");
	else
		P(r, "%zu error%s, %zu warning%s, %zu note%s\n", count[3], count[3] == 1 ? "" : "s",
		  count[2], count[2] == 1 ? "" : "s", count[1], count[1] == 1 ? "" : "s");
	for (i = 0; i < n; i++)
		if (!f[i].f.dev || shown(r, f[i].f.dev))
			one_finding(r, listed++, &f[i]);
	if (listed)
		P(r, "    `dmascope explain ID` says more about each.\n");
	free(f);
	return 0;
}

/* A recording holds the first stack of each kind only, unless told to keep all. */
static void caller_share(struct report *r, const struct model_caller *c, size_t n)
{
	uint64_t all = 0, named = 0;
	char a[FMT_LEN], b[FMT_LEN];
	size_t i;

	for (i = 0; i < n; i++) {
		all += c[i].maps + c[i].fails;
		named += c[i].name ? c[i].maps + c[i].fails : 0;
	}
	if (named < all)
		P(r, "  recorded for %s of %s mappings; record --stacks=all keeps each\n",
		  fmt_exact(a, named), fmt_exact(b, all));
}

static void callers(struct report *r)
{
	struct model_caller c[64];
	char a[FMT_LEN], b[FMT_LEN], t[FMT_LEN];
	size_t i, n = model__callers(r->m, NULL, c, 64), listed = 0;

	n = n < 64 ? n : 64;
	for (i = 0; i < n && listed < REPORT_CALLERS; i++) {
		if (!shown(r, c[i].dev) || !c[i].name)
			continue;
		if (!listed++)
			P(r, "\nCALLERS          path         maps  bytes    live  function\n");
		P(r, "%-15.15s  %-8s %8s %6s %7s  %.30s\n", model__dev_name(r->m, c[i].dev),
		  dms_path_name(c[i].path), fmt_count(a, c[i].maps + c[i].fails),
		  fmt_bytes(b, c[i].bytes), fmt_count(t, c[i].live), c[i].name);
	}
	if (listed)
		caller_share(r, c, n);
}

static void failures(struct report *r)
{
	char text[256], a[FMT_LEN], b[FMT_LEN];
	struct model_failure x;
	size_t i, n = 0;

	for (i = 0; model__failure(r->m, i, &x) && n < 5; i++) {
		if (!shown(r, x.dev))
			continue;
		if (!n++)
			P(r, "\nLAST FAILURES (event, age, device, size, reason)\n");
		snprintf(text, sizeof(text), "%" PRIu64 ", %s ago: %s, %s: %s%s%s", x.seq,
			 fmt_ns(a, r->run.now > x.ts ? r->run.now - x.ts : 0),
			 model__dev_name(r->m, x.dev), fmt_size(b, x.size), model__fail_text(x.why),
			 x.caller ? ", by " : "", x.caller ? x.caller : "");
		P(r, "  ");
		fmt_wrap(r->f, text, 2, 4, WIDTH);
	}
}

int report_text(const struct model *m, const struct report_opts *opts, FILE *f)
{
	static const struct report_opts plain;
	struct report r = { .m = m, .o = opts ? opts : &plain, .f = f };
	int err;

	model__run(m, &r.run);
	if (!report_shows_any(m, r.o))
		return -ENOENT;
	report__head(&r);
	if (r.o->by_addr) {
		err = report__at_address(&r);
		return err ? err : ferror(f) ? -EIO : 0;
	}
	err = findings(&r);
	if (err || r.o->findings)
		return err ? err : ferror(f) ? -EIO : 0;
	report__devices(&r);
	if (r.run.tce)
		report__windows(&r);
	err = report__ranges(&r);
	if (err)
		return err;
	callers(&r);
	report__ledger(&r);
	failures(&r);
	return ferror(f) ? -EIO : 0;
}
