// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Live top: the kernel's counts each interval, rare events (failures, decisions, shares) as they
 * come, and each mapping only on request (--ranges, R).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/privileges.h"
#include "source/live.h"
#include "top/run.h"

#define DRAIN_POLLS	16	/* batches of events, if more come than can be worked on */

/*
 * The R key attaches again. Batch mode drops everything except what non-root users need for
 * debugfs.
 */
static uint64_t needed_later(const struct top_run *r)
{
	if (r->screen)
		return PRIVILEGES_TO_ATTACH;
	return geteuid() ? GUEST_CAP_DAC_READ_SEARCH : 0;
}

static int start(struct top_run *r, struct live_opts *lo, struct live **l)
{
	struct probe_error perr = {};
	int err;

	r->ui.o.counting = !r->ui.each;
	lo->probe.flags &= ~(unsigned int)(DMS_CFG_STREAM | DMS_CFG_STATS | DMS_CFG_STACKS_FIRST);
	lo->probe.flags |= DMS_CFG_STACKS_FAIL;
	lo->probe.flags |= r->ui.each ? DMS_CFG_STREAM | DMS_CFG_STACKS_FIRST : DMS_CFG_STATS;
	err = live__open(l, lo, state__feed, r->m, &perr);
	if (!err)
		err = privileges_drop(live__probe(*l), needed_later(r), NULL);
	if (!err)
		return EXIT_DONE;
	screen__close();
	return exit_of_start("top", err, &perr);
}

/* A page with ranges is open: only then live mappings are read from the kernel. */
static bool shows_ranges(const struct top_run *r)
{
	return r->screen && !r->ui.each &&
	       (r->ui.page == TOP_DEVICE || r->ui.page == TOP_RANGES);
}

/* Reads all events that happened until now. */
static int drain(struct live *l)
{
	int err = live__poll(l, 0);

	for (int i = 0; !err && live__behind(l) && i < DRAIN_POLLS; i++)
		err = live__poll(l, 0);
	return err;
}

/*
 * Counts and events are two views of one instant. The counts are read first: each failure they
 * count has then its event, with the reason, among those drained after.
 */
static int sample(struct top_run *r, struct live *l)
{
	int err = 0;

	if (shows_ranges(r))
		err = live__look(l);
	else if (!r->ui.each)
		err = live__stats(l);
	if (err == -EOPNOTSUPP)		/* --counts-only: no index; the counts were read */
		err = 0;
	if (!err)
		err = drain(l);
	if (!err && !r->ui.each)
		err = live__pool(l);
	return err;
}

/* R: attach again, to follow each mapping or to stop following them. */
static int follow(struct top_run *r, struct live_opts *lo, struct live **l)
{
	int ret;

	live__free(*l);
	*l = NULL;
	r->ui.each = !r->ui.each;
	if (top_run__reset(r)) {
		screen__close();
		complain("top: no memory");
		return EXIT_IO;
	}
	snprintf(r->ui.message, sizeof(r->ui.message), "Started again, %s",
		 r->ui.each ? "following each mapping." : "counting only.");
	ret = start(r, lo, l);
	return ret;
}

/* A page with ranges was opened: show it without waiting for the interval to end. */
static int sample_at_once(struct top_run *r, struct live *l)
{
	int err = sample(r, l);

	return err ? err : top_run__redraw(r, top_now());
}

static uint64_t frozen(const struct top_run *r)
{
	return r->ui.paused && !r->ui.each && r->cur.ts ? r->cur.ts : top_now();
}

static int loop(struct top_run *r, struct live_opts *lo, struct live **l, int *err)
{
	uint64_t left, now = top_now(), next = now + (r->ui.interval < TOP_FIRST_NS || !r->screen ?
						r->ui.interval : TOP_FIRST_NS);
	enum top_action action;
	int ret = EXIT_DONE;
	bool shown;

	*err = sample(r, *l);
	if (!*err)
		*err = r->screen ? top_run__tick(r, now) : top_run__sample(r, now);
	while (!*err && !ret && !r->quit && !top_signal) {
		now = top_now();
		left = next > now && !live__behind(*l) ? next - now : 0;
		top_run__wait(r, probe__fd(live__probe(*l)), left);
		now = top_now();
		if (now >= next && !r->ui.paused) {
			*err = sample(r, *l);
			if (!*err)
				*err = top_run__tick(r, now);
		} else {
			*err = live__poll(*l, 0);
		}
		if (now >= next)
			next = now + r->ui.interval - (now - next) % r->ui.interval;
		if (*err || r->quit)
			break;
		shown = shows_ranges(r);
		action = top_run__keys(r, frozen(r), err);
		if (!*err && shows_ranges(r) && !shown && !r->ui.paused)
			*err = sample_at_once(r, *l);
		if (action == TOP_NEW_INTERVAL)
			next = now + r->ui.interval;
		else if (action == TOP_FOLLOW)
			ret = follow(r, lo, l);
	}
	return ret;
}

int top_live(struct top_run *r, const struct live_opts *opts)
{
	struct live_opts lo = *opts;
	struct live *l = NULL;
	struct state_run run;
	bool complete = false;
	int ret, err = 0;

	ret = start(r, &lo, &l);
	if (ret)
		goto cleanup;
	warn_of_kprobes("top", live__probe(l));
	if (r->screen)
		err = screen__open(&r->look);
	if (!err)
		ret = loop(r, &lo, &l, &err);
	screen__close();
	if (!err && !ret && l)
		err = live__stop(l, "top ended", &complete);
	if (err) {
		complain("top: %s", err == -ENOENT ? "unknown terminal; set TERM, or "
			 "use -b" : strerror(-err));
		ret = EXIT_IO;
	}
	state__run(r->m, &run);
	if (!ret && l && (!run.complete || !complete || probe__degraded(live__probe(l))))
		ret = EXIT_PARTIAL;
cleanup:
	live__free(l);
	return ret;
}
