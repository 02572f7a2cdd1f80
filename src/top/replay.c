// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Replayed top: a recording against a clock that can be paused, set, and run faster or slower. The
 * reader passes records in file order; the sink waits until their time has come, and handles keys
 * meanwhile. Seeking back reads the file from its start, so memory does not grow with the
 * recording.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/cmd.h"
#include "source/replay.h"
#include "top/run.h"

#define SCAN_MAX	(32LL << 20)	/* bytes: larger files are not read ahead */
#define SEEK_NS		10000000000ULL	/* where the length is not known */
#define CLOCK_EVERY	2048		/* records between two readings of the clock */
#define MAX_SPEED	1024000		/* thousandths */
#define SILENCE_MAX	3600		/* frames in a row that nothing happened in */
#define SCREEN_PAUSE	1000000000ULL	/* ns: nothing happens but keys */

#define AGAIN		(-ERESTART)	/* read from the begin */
#define LEAVE		(-ECANCELED)

struct player {
	struct top_run *r;
	const char *path;
	bool paced;		/* batch output by the clock, not as fast as can be */
	uint64_t start;		/* of the recording */
	uint64_t at;		/* after start: how far may be shown */
	uint64_t at_base, wall_base;	/* `at` was at_base when the wall clock was wall_base */
	uint64_t next;		/* batch: after start; screen: of the wall clock */
	uint64_t target;	/* of a seek: nothing is shown before */
	bool seeking;
	bool cut;		/* the file has no footer: known before it is played */
	uint64_t records;
};

static struct top_replay *shown(struct player *p)
{
	return &p->r->ui.replay;
}

static uint64_t now_in(const struct player *p)
{
	return p->start + p->at;
}

/* ---- the clock ---- */

static void set_clock(struct player *p, uint64_t at)
{
	p->at = p->at_base = at;
	p->wall_base = top_now();
}

static void run_clock(struct player *p)
{
	uint64_t wall = top_now();

	if (p->r->ui.paused)
		set_clock(p, p->at);
	else if (shown(p)->speed)
		p->at = p->at_base + (uint64_t)((double)(wall - p->wall_base) *
						(double)shown(p)->speed / 1000);
	if (shown(p)->ended && p->at > shown(p)->length)
		p->at = shown(p)->length;
	shown(p)->at = p->at;
}

static int change_speed(struct player *p, bool faster)
{
	uint64_t *speed = &shown(p)->speed;

	set_clock(p, p->at);
	if (!*speed)
		*speed = MAX_SPEED;
	if (faster && *speed < MAX_SPEED)
		*speed *= 2;
	else if (!faster && *speed > 62)
		*speed /= 2;
	return 0;
}

/* 0: go on reading; AGAIN: from the begin. */
static int seek(struct player *p, bool back)
{
	uint64_t step = shown(p)->length ? shown(p)->length / 20 + 1 : SEEK_NS;
	uint64_t to = back ? (p->at > step ? p->at - step : 0) : p->at + step;

	if (shown(p)->length && to > shown(p)->length)
		to = shown(p)->length;
	if (back && !strcmp(p->path, "-")) {
		strcpy(p->r->ui.message, "Cannot seek back: standard input cannot be read again.");
		return 0;
	}
	if (!back && shown(p)->ended)
		return 0;
	p->target = to;
	p->seeking = true;
	set_clock(p, to);
	return back ? AGAIN : 0;
}

/* ---- keys and ticks ---- */

static int keys(struct player *p)
{
	int err;
	enum top_action action = top_run__keys(p->r, now_in(p), &err);

	if (err)
		return err;
	if (p->r->quit || top_signal)
		return LEAVE;
	switch (action) {
	case TOP_SEEK_BACK:
	case TOP_SEEK_ON:
		return seek(p, action == TOP_SEEK_BACK);
	case TOP_FASTER:
	case TOP_SLOWER:
		err = change_speed(p, action == TOP_FASTER);
		break;
	case TOP_PAUSE:
		set_clock(p, p->at);
		break;
	case TOP_NEW_INTERVAL:
		p->next = top_now() + p->r->ui.interval;
		break;
	default:
		return 0;
	}
	return err ? err : top_run__redraw(p->r, now_in(p));
}

/* Ticks on the screen go by the wall clock. */
static int tick(struct player *p)
{
	uint64_t wall = top_now();
	struct top_run *r = p->r;

	if (wall < p->next)
		return 0;
	p->next = wall + r->ui.interval;
	if (r->ui.paused && r->drawn)
		return 0;
	return top_run__tick(r, now_in(p));
}

/* The seek has reached its target: rates are over the interval before it. */
static int seek_done(struct player *p)
{
	p->seeking = false;
	shown(p)->busy = false;
	shown(p)->at = p->target;
	set_clock(p, p->target);
	p->next = top_now() + p->r->ui.interval;
	return top_run__tick(p->r, now_in(p));
}

static int seek_sample(struct player *p, uint64_t t)
{
	uint64_t from = p->target > p->r->ui.interval ? p->target - p->r->ui.interval : 0;

	if (t < from || p->r->cur.ts)
		return 0;
	return top_run__sample(p->r, p->start + from);
}

/* The time until the next tick or record, whose time is t. */
static uint64_t idle_ns(const struct player *p, uint64_t t)
{
	uint64_t wall = top_now(), ns = p->next > wall ? p->next - wall : 0;
	double until;

	if (p->r->ui.paused)
		return SCREEN_PAUSE;
	until = (double)(t - p->at) * 1000 / (double)p->r->ui.replay.speed;
	return until < (double)ns ? (uint64_t)until + 1 : ns;
}

/* Waits until a record of time t may be shown. */
static int wait_screen(struct player *p, uint64_t t)
{
	int err;

	for (;;) {
		if (p->seeking && t < p->target)
			return seek_sample(p, t);
		err = p->seeking ? seek_done(p) : 0;
		if (err)
			return err;
		run_clock(p);
		if (!shown(p)->speed && !p->r->ui.paused && t > p->at)
			p->at = t;
		if (t <= p->at)
			return 0;
		err = tick(p);
		if (err)
			return err;
		top_run__wait(p->r, -1, idle_ns(p, t));
		err = keys(p);
		if (err)
			return err;
	}
}

static void pace(const struct player *p)
{
	double ns = (double)p->r->ui.interval * 1000 / (double)p->r->ui.replay.speed;
	struct timespec ts = { (time_t)(ns / 1e9), (long)((uint64_t)ns % 1000000000) };

	nanosleep(&ts, NULL);
}

/* A silence of years is a wrong clock, and its frames are all the same. */
static void skip_silence(struct player *p, uint64_t t)
{
	uint64_t interval = p->r->ui.interval;

	if (!p->paced && t > p->next && (t - p->next) / interval > SILENCE_MAX)
		p->next = t - (t - p->next) % interval;
}

/* Batch: all records before t were fed, so the intervals that ended before t are complete. */
static int wait_batch(struct player *p, uint64_t t)
{
	int err = 0;

	skip_silence(p, t);
	while (!err && p->next <= t && !p->r->quit && !top_signal) {
		if (p->paced && shown(p)->speed)
			pace(p);
		p->at = shown(p)->at = p->next;
		err = top_run__tick(p->r, now_in(p));
		p->next += p->r->ui.interval;
	}
	p->at = t;
	return err ? err : p->r->quit || top_signal ? LEAVE : 0;
}

/* ---- the records ---- */

static bool time_of(const struct dms_rec *rec, uint64_t *ts)
{
	switch (rec->type) {
	case REC_EVENT:
		*ts = rec->event.ts;
		return true;
	case REC_STATS:
		*ts = rec->stats.ts;
		return true;
	case REC_GAP:
		*ts = rec->gap.ts;
		return true;
	case REC_END:
		*ts = rec->end.ts;
		return true;
	default:
		return false;
	}
}

static int begin(struct player *p, const struct dms_rec *rec)
{
	static const struct dms_rec cut = { .type = REC_CUT };
	int err = p->cut ? state__feed(p->r->m, &cut) : 0;

	p->start = rec->session.start_ns ? rec->session.start_ns : 1;
	if (err || p->seeking)
		return err;
	if (!p->r->screen)
		p->next = p->r->ui.interval;
	return top_run__sample(p->r, p->start);
}

/* The clock and the keys, between records that come faster than they can be shown. */
static int check_clock(struct player *p)
{
	int err = 0;

	if (!p->seeking) {
		run_clock(p);
		err = tick(p);
	}
	return err ? err : keys(p);
}

static int on_rec(void *ctx, const struct dms_rec *rec)
{
	struct player *p = ctx;
	uint64_t ts, t;
	int err = 0;

	if (rec->type == REC_SESSION)
		err = begin(p, rec);
	if (!err && time_of(rec, &ts)) {
		t = ts > p->start ? ts - p->start : 0;
		if (t > shown(p)->length)
			shown(p)->length = t;
		err = p->r->screen ? wait_screen(p, t) : wait_batch(p, t);
	}
	if (!err && p->r->screen && ++p->records % CLOCK_EVERY == 0)
		err = check_clock(p);
	return err ? err : state__feed(p->r->m, rec);
}

/* ---- the whole ---- */

static int scan_rec(void *ctx, const struct dms_rec *rec)
{
	uint64_t *t = ctx, ts;

	if (rec->type == REC_SESSION)
		t[0] = rec->session.start_ns;
	if (time_of(rec, &ts) && ts > t[0] && ts - t[0] > t[1])
		t[1] = ts - t[0];
	return 0;
}

/*
 * Reads a file that is not too large for that once before it is played: the screen shows how long
 * it is, and no frame calls a cut file complete.
 */
static void read_ahead(struct player *p)
{
	struct trace_status st;
	uint64_t t[2] = { 0, 0 };
	struct stat s;

	if (!strcmp(p->path, "-") || stat(p->path, &s) || !S_ISREG(s.st_mode) ||
	    s.st_size > SCAN_MAX)
		return;
	trace_read(p->path, scan_rec, t, &st);
	p->cut = replay_cut(&st);
	if (p->r->screen)
		shown(p)->length = t[1];
}

/* Batch: what came after the last whole interval. */
static int last_frame(struct player *p)
{
	uint64_t ended = p->next - p->r->ui.interval;
	int err = 0;

	p->at = shown(p)->at = shown(p)->length;
	if (!p->r->frames || p->at > ended)
		err = top_run__tick(p->r, now_in(p));
	return err ? err : LEAVE;
}

/* After the last record the final state stays on the screen, and keys still work. */
static int linger(struct player *p)
{
	int err;

	p->seeking = false;
	shown(p)->busy = false;
	shown(p)->ended = true;
	set_clock(p, shown(p)->length);
	shown(p)->at = p->at;
	err = top_run__tick(p->r, now_in(p));
	while (!err) {
		top_run__wait(p->r, -1, SCREEN_PAUSE);
		err = keys(p);
	}
	return err;
}

static int once(struct player *p, struct trace_status *st)
{
	int err;

	shown(p)->ended = false;
	shown(p)->broken = NULL;
	shown(p)->busy = p->seeking;
	err = source_replay(p->path, NULL, on_rec, p, st);
	if (err == -EINTR && top_signal)	/* it waited for a pipe */
		return LEAVE;
	if (st->state == TRACE_STOPPED || !st->header)
		return err;
	if (st->state != TRACE_COMPLETE)
		shown(p)->broken = st->text;
	return p->r->screen ? linger(p) : last_frame(p);
}

int top_replay(struct top_run *r, const char *path, bool paced)
{
	struct player p = { .r = r, .path = path, .paced = paced };
	struct trace_status st = {};
	struct state_run run;
	int err;

	read_ahead(&p);
	if (r->screen) {
		err = screen__open(&r->look);
		if (err) {
			complain("top: unknown terminal; set TERM, or use -b");
			return EXIT_IO;
		}
	}
	p.wall_base = p.next = top_now();
	do {
		err = once(&p, &st);
		if (err == AGAIN && top_run__reset(r))
			err = -ENOMEM;
	} while (err == AGAIN);
	screen__close();
	if (st.state != TRACE_STOPPED)
		return exit_of_replay("top", &st, r->m);
	if (err && err != LEAVE) {
		complain("top: %s", strerror(-err));
		return EXIT_IO;
	}
	state__run(r->m, &run);		/* the user quit before its end */
	return run.complete ? EXIT_DONE : EXIT_PARTIAL;
}
