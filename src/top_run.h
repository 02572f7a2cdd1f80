/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What live top and replayed top have in common: model, samples, screen or batch output. Sources
 * (top_live.c, top_replay.c) feed the model and say when an interval is over.
 */
#ifndef DMASCOPE_TOP_RUN_H
#define DMASCOPE_TOP_RUN_H

#include <signal.h>

#include "trace/out.h"
#include "view/screen.h"
#include "view/top.h"

#define TOP_FIRST_NS	500000000ULL	/* a shorter first interval: rates soon */

struct top_run {
	struct model *m;
	struct top_ui ui;
	struct top_sample prev, cur;	/* rates are from prev on; cur is the newest */
	struct top_view view;		/* stale once the model was fed */
	bool drawn;			/* there is a view */
	bool screen, json;
	struct screen_opts look;
	struct out out;			/* json */
	unsigned int said;		/* ticks that ui.message has been there */
	uint64_t frames, frames_max;	/* in batch; 0: no end */
	bool quit;
};

struct live_opts;

uint64_t top_now(void);			/* CLOCK_MONOTONIC */
extern volatile sig_atomic_t top_signal;	/* the one that asked to stop, 0 = none */

/* An interval is over: new rates as of `now`, shown. 0 or -errno. */
int top_run__tick(struct top_run *r, uint64_t now);
/* Shows what there is, for the user's sake. 0 or -errno. */
int top_run__redraw(struct top_run *r, uint64_t now);
/* Takes a sample without showing anything. 0 or -errno. */
int top_run__sample(struct top_run *r, uint64_t now);
/* Forgets all that was seen: a new model. 0 or -ENOMEM. */
int top_run__reset(struct top_run *r);
/* Takes the keys that are there; the first that the source has to act on, else TOP_NOTHING. */
enum top_action top_run__keys(struct top_run *r, uint64_t now, int *err);
/* Waits for a key, for fd (-1 = none) or until so many ns are over. */
void top_run__wait(struct top_run *r, int fd, uint64_t ns);

/* Each runs to the end and returns the exit code, having said why. */
int top_live(struct top_run *r, const struct live_opts *opts);
int top_replay(struct top_run *r, const char *path, bool paced);

#endif /* DMASCOPE_TOP_RUN_H */
