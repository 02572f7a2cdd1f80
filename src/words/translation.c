// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of what an IOMMU costs a device, and of what is mapped in it past the DMA API.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"
#include "words/words.h"

#define SAY(t, ...)	say(&(t), __VA_ARGS__)

struct text {
	char *at;
	size_t left;
};

static void __attribute__((format(printf, 2, 3))) say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->left)
		n = t->left ? (int)t->left - 1 : 0;
	t->at += n;
	t->left -= (size_t)n;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "823/s", "0.4/s"; "" where no time passed. */
static const char *per_second(char *buf, uint64_t n, uint64_t ns)
{
	char b[FMT_LEN];

	buf[0] = '\0';
	if (n && ns)
		snprintf(buf, FMT_LEN + 2, ", %s/s",
			 fmt_rate(b, (int64_t)((double)n * 1e12 / (double)ns), false));
	return buf;
}

static void say_life(struct text *t, const struct state_dev *d,
		     const struct state_translation *x, uint64_t ns)
{
	bool net = d->rec && !strncmp(d->rec->kind, "net", 3);
	char a[FMT_LEN], b[FMT_LEN + 2];

	if (!d->path[DMS_PATH_IOMMU].maps)
		return;
	SAY(*t, "%s%s mapping%s%s", x->whole ? "" : "at least ",
	    fmt_count(a, d->path[DMS_PATH_IOMMU].maps),
	    plural(d->path[DMS_PATH_IOMMU].maps),
	    per_second(b, d->path[DMS_PATH_IOMMU].maps, ns));
	if (x->ended && x->life_p50 != UINT64_MAX)
		SAY(*t, ", half of them live up to %s", fmt_ns(a, x->life_p50));
	if (x->each)
		SAY(*t, ": each %s is mapped and unmapped", net ? "packet" : "request");
	SAY(*t, ".");
}

static void say_pages(struct text *t, const struct state_translation *x)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (!mval_known(x->pages) || !x->pages.v)
		return;
	SAY(*t, " The IOMMU mapped %s%s of pages", x->pages.least ? "at least " : "",
	    fmt_size(a, x->pages.v));
	if (!x->asked)
		SAY(*t, ".");
	else if (!x->whole || x->pages.least)
		SAY(*t, " for %s or more that were asked for.", fmt_size(b, x->asked));
	else
		SAY(*t, " for %s that were asked for: %.1f times.", fmt_size(b, x->asked),
		    (double)x->pages.v / (double)x->asked);
}

static void say_flushes(struct text *t, const struct state_translation *x, uint64_t ns)
{
	char a[FMT_LEN], b[FMT_LEN + 2];

	if (!x->lazy)
		return;
	SAY(*t, " Unmaps are flushed lazily");
	if (!mval_known(x->flushes)) {
		SAY(*t, "; when was not observed.");
		return;
	}
	SAY(*t, ": %s%s flush%s%s", x->flushes.least ? "at least " : "",
	    fmt_count(a, x->flushes.v), x->flushes.v == 1 ? "" : "es",
	    per_second(b, x->flushes.v, ns));
	if (mval_known(x->reach_max))
		SAY(*t, "; the device still reached half of the unmapped pages for up to %s, "
		    "the longest for %s%s", fmt_ns(a, x->reach_p50),
		    x->reach_max.least ? "at least " : "", fmt_ns(b, x->reach_max.v));
	SAY(*t, ".");
}

bool words__translation(const struct state *m, const struct state_dev *d, char *buf, size_t len)
{
	struct text t = { .at = buf, .left = len };
	struct state_translation x;
	struct state_run run;
	uint64_t ns;

	buf[0] = '\0';
	if (!state__translation(m, d, &x))
		return false;
	state__run(m, &run);
	ns = run.now > (run.from > run.start ? run.from : run.start) ?
	     run.now - (run.from > run.start ? run.from : run.start) : 0;
	say_life(&t, d, &x, ns);
	say_pages(&t, &x);
	say_flushes(&t, &x, ns);
	return true;
}

bool words__user(const struct state_dev *d, char *buf, size_t len)
{
	struct text t = { .at = buf, .left = len };
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	buf[0] = '\0';
	if (!d->user_maps && !d->user_ranges)
		return false;
	SAY(t, "past the DMA API: %s in %s range%s%s; %s mapped, %s unmapped since the start",
	    fmt_size(a, d->user_live), fmt_count(b, d->user_ranges), plural(d->user_ranges),
	    d->user_cut ? " or more" : "", fmt_count(c, d->user_maps),
	    fmt_count(b, d->user_unmaps));
	return true;
}
