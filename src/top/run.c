// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Drawing, sampling and keys for top, whatever the source.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "top/run.h"
#include "util/clock.h"

#define BATCH_COLS	120
#define MAX_COLS	1000
#define MESSAGE_TICKS	4

volatile sig_atomic_t top_signal;

uint64_t top_now(void)
{
	return clock_now();
}

static unsigned int batch_cols(void)
{
	const char *s = getenv("COLUMNS");
	unsigned long n = s ? strtoul(s, NULL, 10) : 0;
	struct winsize ws;

	if (!n && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		n = ws.ws_col;
	return n >= 40 && n <= MAX_COLS ? (unsigned int)n : BATCH_COLS;
}

static int show_text(struct top_run *r)
{
	struct cells c;
	int err = cells__init(&c, top_batch_rows(&r->view), batch_cols(), !r->look.no_unicode);

	if (err)
		return err;
	top_layout(&r->view, &r->ui, &c);
	if (r->frames)
		putchar('\n');
	cells_print(&c, stdout);
	cells__free(&c);
	return fflush(stdout) ? -errno : 0;
}

static int show_screen(struct top_run *r)
{
	unsigned int rows, cols;
	struct cells c;
	int err;

	screen__size(&rows, &cols);
	err = cells__init(&c, rows, cols, !r->look.no_unicode);
	if (err)
		return err;
	top_layout(&r->view, &r->ui, &c);
	screen__show(&c);
	cells__free(&c);
	return 0;
}

static int make_view(struct top_run *r, const struct top_sample *from, uint64_t now)
{
	int err;

	top_view__free(&r->view);
	err = top_view__make(&r->view, r->m, &r->ui.o, from, now);
	r->drawn = !err;
	return err;
}

static int show(struct top_run *r)
{
	int err;

	err = r->screen ? show_screen(r) : r->json ? top_json(&r->view, &r->out) : show_text(r);
	if (!err && ++r->frames == r->frames_max)
		r->quit = true;
	return err;
}

int top_run__sample(struct top_run *r, uint64_t now)
{
	struct top_sample old = r->prev;

	r->prev = r->cur;
	r->cur = old;
	return top_sample__take(&r->cur, r->m, &r->ui.o, now);
}

/* A message gives way to the bar of keys after some ticks, or at the next key. */
static void age_message(struct top_run *r)
{
	r->message_ticks = r->ui.message[0] ? r->message_ticks + 1 : 0;
	if (r->message_ticks > MESSAGE_TICKS)
		r->ui.message[0] = '\0';
}

int top_run__tick(struct top_run *r, uint64_t now)
{
	int err = make_view(r, &r->cur, now);

	age_message(r);
	if (!err)
		err = show(r);
	return err ? err : top_run__sample(r, now);
}

int top_run__redraw(struct top_run *r, uint64_t now)
{
	int err;

	if (!r->screen)
		return 0;
	err = make_view(r, r->prev.ts ? &r->prev : &r->cur, now);
	return err ? err : show(r);
}

int top_run__reset(struct top_run *r)
{
	struct state *m = state__new(NULL);

	if (!m)
		return -ENOMEM;
	top_view__free(&r->view);
	r->drawn = false;
	state__free(r->m);
	r->m = m;
	r->prev.ts = r->cur.ts = 0;
	return 0;
}

enum top_action top_run__keys(struct top_run *r, uint64_t now, int *err)
{
	enum top_action action = TOP_NOTHING;
	bool redraw = false;
	int key;

	*err = 0;
	if (!r->screen)
		return TOP_NOTHING;
	while (action == TOP_NOTHING && (key = screen__key())) {
		/* the view may be older than the last records */
		if (!r->drawn || key != TOP_KEY_RESIZE)
			*err = make_view(r, r->prev.ts ? &r->prev : &r->cur, now);
		if (*err)
			return TOP_NOTHING;
		action = top_press(&r->ui, &r->view, key);
		redraw = true;
		if (action == TOP_REDRAW)
			action = TOP_NOTHING;
	}
	if (action == TOP_QUIT)
		r->quit = true;
	else if (redraw)
		*err = top_run__redraw(r, now);
	return action;
}

void top_run__wait(struct top_run *r, int fd, uint64_t ns)
{
	struct pollfd p[2] = {
		{ .fd = r->screen ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	ppoll(p, 2, &ts, NULL);
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		r->quit = true;		/* the terminal is gone */
}
