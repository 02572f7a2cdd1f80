/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by live and replayed top: state, samples, screen or batch output. live.c and replay.c feed
 * the state and decide when an interval is over.
 */
#ifndef DMASCOPE_TOP_RUN_H
#define DMASCOPE_TOP_RUN_H

#include <signal.h>

#include "trace/out.h"
#include "top/screen.h"
#include "top/top.h"

#define TOP_FIRST_NS	500000000ULL	/* a shorter first interval: rates soon */

struct top_run {
	struct state *m;
	struct top_ui ui;
	struct top_sample prev, cur;	/* rates are from prev on; cur is the newest */
	struct top_view view;		/* stale once the state was fed */
	bool drawn;			/* view is valid */
	bool screen, json;
	struct screen_opts look;
	struct out out;			/* json */
	unsigned int message_ticks;		/* ticks that ui.message has been shown */
	uint64_t frames, frames_max;	/* in batch; 0: no end */
	bool quit;
};

struct live_opts;

uint64_t top_now(void);			/* CLOCK_MONOTONIC */
extern volatile sig_atomic_t top_signal;	/* the one that asked to stop, 0 = none */

/* An interval is over: new rates as of `now`, shown. 0 or -errno. */
int top_run__tick(struct top_run *r, uint64_t now);
/* Shows the current state without ending the interval. 0 or -errno. */
int top_run__redraw(struct top_run *r, uint64_t now);
/* Takes a sample and shows nothing. 0 or -errno. */
int top_run__sample(struct top_run *r, uint64_t now);
/* Starts with an empty state. 0 or -ENOMEM. */
int top_run__reset(struct top_run *r);
/* Handles pending keys; returns the first that the source must act on, else TOP_NOTHING. */
enum top_action top_run__keys(struct top_run *r, uint64_t now, int *err);
/* Waits for a key, for fd (-1 = none) or until so many ns are over. */
void top_run__wait(struct top_run *r, int fd, uint64_t ns);

/* Each runs to the end and returns the exit code, after a message if it is not 0. */
int top_live(struct top_run *r, const struct live_opts *opts);
int top_replay(struct top_run *r, const char *path, bool paced);

#endif /* DMASCOPE_TOP_RUN_H */
