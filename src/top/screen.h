/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal: shows cells, gives keys, and is put back as it was whatever happens. The only
 * room that knows ncurses; what is on the screen is none of its business.
 */
#ifndef DMASCOPE_SCREEN_H
#define DMASCOPE_SCREEN_H

#include "util/cells.h"

struct screen_opts {
	bool no_color, no_unicode;
};

/* Defaults from the environment: NO_COLOR, and a locale that is not UTF-8. */
void screen_defaults(struct screen_opts *o);
/* True if a screen is possible: input and output are terminals that can do more than print. */
bool screen_possible(void);

/*
 * Takes the terminal over. 0, or -ENOTTY if it is none, -ENOENT if nothing is known of it.
 * There is one screen at a time.
 */
int screen__open(const struct screen_opts *o);
void screen__close(void);	/* also without an open screen */

void screen__size(unsigned int *rows, unsigned int *cols);
/* Shows c, which has the screen's size. */
void screen__show(const struct cells *c);
/* The next key without waiting: a character, a TOP_KEY_*, or 0 for none. */
int screen__key(void);

#endif /* DMASCOPE_SCREEN_H */
