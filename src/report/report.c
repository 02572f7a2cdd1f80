// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text report: 80 columns of plain ASCII; TCEs, LIOBNs and windows only for guests with TCE
 * tables. This file has the order of its parts, filters, findings, callers and failures. Larger
 * parts are in report_head.c, report_devices.c and report_memory.c; report_json.c prints JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "util/names.h"
#include "util/fmt.h"
#include "report/report_inside.h"

#define REPORT_CALLERS	8

bool report_shows(const struct state *m, const struct report_opts *opts, uint64_t key)
{
	return !opts->device || state__dev_matches(m, key, opts->device);
}

bool report_shows_any(const struct state *m, const struct report_opts *opts)
{
	const struct state_dev *d;
	size_t i;

	for (i = 0; (d = state__dev(m, i)); i++)
		if (report_shows(m, opts, d->key))
			return true;
	return !opts->device;
}

bool report_shows_range(const struct state *m, const struct report_opts *opts,
			const struct state_range *g)
{
	struct state_window w;
	size_t i;

	if (g->dev || !g->liobn)
		return report_shows(m, opts, g->dev);
	for (i = 0; state__window_fill(m, i, &w); i++)
		if (w.rec.liobn == g->liobn && report_shows(m, opts, w.rec.dev))
			return true;
	return false;
}

int report_callers(const struct state *m, const struct report_opts *opts,
		   struct state_caller **out, size_t *n)
{
	size_t i, all = state__callers(m, NULL, NULL, 0);
	struct state_caller *c = calloc(all + 1, sizeof(*c));

	*n = 0;
	*out = c;
	if (!c)
		return -ENOMEM;
	all = state__callers(m, NULL, c, all);
	for (i = 0; i < all; i++)
		if (report_shows(m, opts, c[i].dev))
			c[(*n)++] = c[i];
	return 0;
}

void report__val(char *buf, size_t n, struct mval v)
{
	char b[FMT_LEN];

	if (v.why)
		snprintf(buf, n, "?");
	else
		snprintf(buf, n, "%s%s", v.least ? "at least " : v.estimate ? "about " : "",
			 fmt_exact(b, v.v));
}

static void one_finding(struct report *r, size_t i, const struct state_finding *f)
{
	char ids[96];
	size_t k, n;

	P(r, "%2zu. %s %s", i + 1, state__severity_name(f->f.severity), f->f.id);
	if (f->f.dev)
		P(r, ", %s", state__dev_name(r->m, f->f.dev));
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
	for (k = 0, n = 0; k < STATE_FINDING_EVENTS && f->seq[k]; k++)
		n += snprintf(ids + n, sizeof(ids) - n, " %" PRIu64, f->seq[k]);
	if (n)
		P(r, "; event%s%s%s", k > 1 ? "s" : "", ids, f->count > k ? " ..." : "");
	P(r, "\n");
	if (f->not_seen[0]) {
		P(r, "    but:  ");
		fmt_wrap(r->f, f->not_seen, 10, 10, WIDTH);
	}
}

static int unjudged(struct report *r)
{
	char *text;
	int err = words__unjudged(r->m, &text);

	if (err)
		return err;
	if (text[0]) {
		P(r, "NOT JUDGED: ");
		fmt_wrap(r->f, text, 12, 4, WIDTH);
	}
	free(text);
	return 0;
}

static int findings(struct report *r)
{
	struct state_finding *f;
	size_t n, i, count[4] = { 0 }, listed = 0;
	int err = words__findings(r->m, &f, &n);

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
		P(r, "    `dmascope explain ID` explains each.\n");
	free(f);
	return unjudged(r);
}

/* By default, a recording has only the first stack of each device, path and caller. */
static void caller_share(struct report *r, const struct state_caller *c, size_t n)
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

/* At most so long lived that part of its mappings. */
static const char *life(char *buf, const struct state_caller *c, unsigned int percent)
{
	uint64_t ns = state__caller_life(c, percent);

	return !ns ? "-" : ns == UINT64_MAX ? ">4s" : fmt_ns(buf, ns);
}

static void one_caller(struct report *r, const struct state_caller *c)
{
	char a[FMT_LEN], b[FMT_LEN], t[FMT_LEN], p50[FMT_LEN], p95[FMT_LEN], name[23];

	P(r, "%-12.12s %-8s %7s %5s %6s %6s %6s  ", state__dev_name(r->m, c->dev),
	  dms_path_name(c->path), fmt_count(a, c->maps + c->fails), fmt_bytes(b, c->bytes),
	  fmt_count(t, c->live), life(p50, c, 50), life(p95, c, 95));
	snprintf(name, sizeof(name), "%s", c->name);
	fmt_text(r->f, name);
	P(r, "\n");
}

static int callers(struct report *r)
{
	struct state_caller *c;
	size_t i, n, listed = 0;
	bool lack = false;
	int err = report_callers(r->m, r->o, &c, &n);

	if (err)
		return err;
	for (i = 0; i < n && listed < REPORT_CALLERS; i++) {
		if (!c[i].name)
			continue;
		if (!listed++)
			P(r, "\nCALLERS      path        maps bytes   live    p50    p95  "
			     "function\n");
		one_caller(r, &c[i]);
		lack |= !state__counts_all(r->m, COVER_MAPS, c[i].dev);
	}
	if (lack)
		P(r, "  maps and bytes are at least these: some were not delivered\n");
	if (listed)
		P(r, "  p50, p95: half, and 95 %%, of the mappings that ended lived at most this "
		     "long\n");
	if (listed)
		caller_share(r, c, n);
	free(c);
	return 0;
}

static void failures(struct report *r)
{
	char text[256], a[FMT_LEN], b[FMT_LEN];
	struct state_failure x;
	size_t i, n = 0;

	for (i = 0; state__failure(r->m, i, &x) && n < 5; i++) {
		if (!shown(r, x.dev))
			continue;
		if (!n++)
			P(r, "\nLAST FAILURES (event, age, device, size, reason)\n");
		snprintf(text, sizeof(text), "%" PRIu64 ", %s ago: %s, %s: %s%s%s", x.seq,
			 fmt_ns(a, r->run.now > x.ts ? r->run.now - x.ts : 0),
			 state__dev_name(r->m, x.dev), fmt_size(b, x.size), words__fail(x.why),
			 x.caller ? ", by " : "", x.caller ? x.caller : "");
		P(r, "  ");
		fmt_wrap(r->f, text, 2, 4, WIDTH);
	}
}

int report_text(const struct state *m, const struct report_opts *opts, FILE *f)
{
	static const struct report_opts plain;
	struct report r = { .m = m, .o = opts ? opts : &plain, .f = f };
	int err;

	state__run(m, &r.run);
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
	err = callers(&r);
	if (err)
		return err;
	report__ledger(&r);
	failures(&r);
	return ferror(f) ? -EIO : 0;
}
