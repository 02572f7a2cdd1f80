/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waiting for findings while something is recorded: which of them end it, and a program that runs
 * for each.
 */
#ifndef DMASCOPE_WATCH_H
#define DMASCOPE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state.h"

struct watch;

struct watch_opts {
	const char *until;	/* ids of findings and severities, separated by commas; or NULL */
	const char *command;	/* for sh -c, once for each finding; or NULL */
	const char *trace;	/* the file's name, for the command */
};

/*
 * To be called before capabilities are given up: the command runs with those of now. 0; -EINVAL
 * after a message (no such finding); -errno.
 */
int watch__new(struct watch **w, const struct watch_opts *o);
/* Waits for commands that run, and frees. Takes NULL. */
void watch__free(struct watch *w);

/*
 * Looks for findings that are new, at most four times a second, and runs the command for each that
 * `until` names (or each at all). 0 or -ENOMEM. After the first: watch__found().
 */
int watch__look(struct watch *w, const struct state *m, uint64_t now);
/* The id of the first finding that `until` named, NULL: none yet; *ts: when it was found. */
const char *watch__found(const struct watch *w, uint64_t *ts);

#endif /* DMASCOPE_WATCH_H */
