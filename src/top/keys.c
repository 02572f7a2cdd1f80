// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The effect of keys on top's user interface. Its one table is used by the help page and the bar
 * of keys, too; what needs the source (pause, seek, interval) is handed to the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "top/top.h"

enum {
	DO_UP, DO_DOWN, DO_PAGE_UP, DO_PAGE_DOWN, DO_HOME, DO_END, DO_OPEN, DO_BACK, DO_SORT,
	DO_REVERSE, DO_FILTER, DO_RANGES, DO_FINDINGS, DO_PAUSE, DO_INTERVAL, DO_SEEK_BACK,
	DO_SEEK_ON, DO_FASTER, DO_SLOWER, DO_FOLLOW, DO_HELP, DO_QUIT, DO_REDRAW,
};

const struct top_key top_keys[] = {
	{ { TOP_KEY_ENTER }, "Enter", "device", "open the device: decision, findings, failures, "
	  "windows, ranges, callers", KEY_ALWAYS, DO_OPEN },
	{ { 'f' }, "f", "findings", "what is wrong, why, and what to do", KEY_ALWAYS, DO_FINDINGS },
	{ { 'r' }, "r", "ranges", "what is mapped now; from a device's page only that device's",
	  KEY_ALWAYS, DO_RANGES },
	{ { 's', TOP_KEY_F6 }, "s", "sort", "choose the order (F6 too)", KEY_ALWAYS, DO_SORT },
	{ { '/' }, "/", "filter", "show only devices with this in name, driver, kind or decision",
	  KEY_ALWAYS, DO_FILTER },
	{ { 'p', ' ' }, "p", "pause", "pause the screen (a replay: its clock); again: continue "
	  "(Space too)", KEY_ALWAYS, DO_PAUSE },
	{ { '?', 'h', TOP_KEY_F1 }, "?", "help", "this page (h, F1 too)", KEY_ALWAYS, DO_HELP },
	{ { 'q', TOP_KEY_F10 }, "q", "quit", "leave this page; on the table: quit (F10 too)",
	  KEY_ALWAYS, DO_QUIT },
	{ { TOP_KEY_LEFT }, "Left", NULL, "seek back by 1/20 of the recording", KEY_REPLAY,
	  DO_SEEK_BACK },
	{ { TOP_KEY_RIGHT }, "Right", "seek", "seek forward by 1/20 of the recording", KEY_REPLAY,
	  DO_SEEK_ON },
	{ { 'i' }, "i", NULL, "change the interval between two updates", KEY_ALWAYS, DO_INTERVAL },
	{ { 'I' }, "I", NULL, "reverse the order", KEY_ALWAYS, DO_REVERSE },
	{ { 'R' }, "R", NULL, "follow every mapping, for callers and lifetimes; costs more; "
	  "starts over", KEY_LIVE, DO_FOLLOW },
	{ { '+', '=' }, "+", NULL, "replay twice as fast (= too)", KEY_REPLAY, DO_FASTER },
	{ { '-' }, "-", NULL, "replay half as fast", KEY_REPLAY, DO_SLOWER },
	{ { 'j', TOP_KEY_DOWN, TOP_KEY_WHEEL_DOWN }, "Down, j", NULL, "next line (mouse wheel too)",
	  KEY_ALWAYS, DO_DOWN },
	{ { 'k', TOP_KEY_UP, TOP_KEY_WHEEL_UP }, "Up, k", NULL, "previous line", KEY_ALWAYS,
	  DO_UP },
	{ { TOP_KEY_PAGE_DOWN, 'd' & 0x1f }, "PgDn", NULL, "next page (Ctrl-D too)", KEY_ALWAYS,
	  DO_PAGE_DOWN },
	{ { TOP_KEY_PAGE_UP, 'u' & 0x1f }, "PgUp", NULL, "previous page (Ctrl-U too)", KEY_ALWAYS,
	  DO_PAGE_UP },
	{ { TOP_KEY_HOME, 'g' }, "Home, g", NULL, "first line", KEY_ALWAYS, DO_HOME },
	{ { TOP_KEY_END, 'G' }, "End, G", NULL, "last line", KEY_ALWAYS, DO_END },
	{ { TOP_KEY_ESC, TOP_KEY_BACKSPACE }, "Esc", NULL, "back (Backspace too)", KEY_ALWAYS,
	  DO_BACK },
	{ { TOP_KEY_RESIZE }, "Ctrl-L", NULL, "redraw the screen", KEY_ALWAYS, DO_REDRAW },
};
const size_t top_nkeys = sizeof(top_keys) / sizeof(top_keys[0]);

bool top_key_usable(const struct top_key *k, const struct top_ui *u)
{
	return k->when == KEY_ALWAYS || (k->when == KEY_REPLAY) == !!u->replay.name;
}

/* ---- moving ---- */

static void move_choice(struct top_ui *u, const struct top_view *v, long by)
{
	long at = v && v->devs ? (long)top_selected(v, u) + by : -1;

	if (at < 0 && (!v || !v->devs))
		return;
	if (at < 0)
		at = 0;
	if (at >= (long)v->devs)
		at = (long)v->devs - 1;
	u->selected = true;
	u->sel_key = v->dev[at].d->key;
}

static void scroll_by(struct top_ui *u, long by)
{
	long most = (long)u->page_lines - (long)u->page_rows, at = (long)u->scroll + by;

	if (at > most)
		at = most;
	u->scroll = at > 0 ? (unsigned int)at : 0;
}

static void move(struct top_ui *u, const struct top_view *v, long by)
{
	if (u->page == TOP_TABLE)
		move_choice(u, v, by);
	else
		scroll_by(u, by);
}

static void go_to(struct top_ui *u, enum top_page page)
{
	/* pages behind pages lead to where the first was opened, a device's page counts as one */
	if (u->page == TOP_TABLE || u->page == TOP_DEVICE)
		u->back = u->page;
	u->page = page;
	u->scroll = 0;
}

static void toggle(struct top_ui *u, enum top_page page)
{
	if (u->page != page) {
		go_to(u, page);
		return;
	}
	u->page = u->back;
	u->scroll = 0;
}

static void go_back(struct top_ui *u)
{
	if (u->page == TOP_TABLE) {
		u->filter[0] = '\0';
		u->o.filter = NULL;
		return;
	}
	u->page = u->page == TOP_DEVICE ? TOP_TABLE : u->back;
	u->scroll = 0;
}

static void open_device(struct top_ui *u, const struct top_view *v)
{
	if (!v || !v->devs || u->page != TOP_TABLE)
		return;
	u->sel_key = v->dev[top_selected(v, u)].d->key;
	u->selected = true;
	go_to(u, TOP_DEVICE);
}

/* ---- prompts ---- */

static void ask(struct top_ui *u, enum top_prompt prompt)
{
	u->prompt = prompt;
	u->choice = u->o.sort;
	strcpy(u->text, prompt == TOP_ASK_FILTER ? u->filter : "");
}

static enum top_action press_menu(struct top_ui *u, int code)
{
	switch (code) {
	case TOP_KEY_UP: case TOP_KEY_WHEEL_UP: case 'k':
		u->choice = (u->choice + TOP_SORTS - 1) % TOP_SORTS;
		break;
	case TOP_KEY_DOWN: case TOP_KEY_WHEEL_DOWN: case 'j': case 's': case TOP_KEY_F6:
		u->choice = (u->choice + 1) % TOP_SORTS;
		break;
	case TOP_KEY_ENTER:
		u->o.sort = u->choice;
		u->o.reverse = false;
		u->first = 0;
		u->prompt = TOP_NO_PROMPT;
		break;
	case TOP_KEY_ESC: case TOP_KEY_BACKSPACE: case 'q':
		u->prompt = TOP_NO_PROMPT;
		break;
	default:
		break;
	}
	return TOP_REDRAW;
}

static enum top_action take_interval(struct top_ui *u)
{
	char *end;
	double s = strtod(u->text, &end);

	if (end == u->text || *end || !(s >= 0.05) || s > 3600) {
		strcpy(u->message, "An interval is 0.05 to 3600 seconds.");
		return TOP_REDRAW;
	}
	u->interval = (uint64_t)(s * 1e9);
	return TOP_NEW_INTERVAL;
}

static enum top_action press_text(struct top_ui *u, int code)
{
	bool filter = u->prompt == TOP_ASK_FILTER;
	size_t n = strlen(u->text);

	if (code == TOP_KEY_ESC) {
		u->prompt = TOP_NO_PROMPT;
		if (filter)
			u->o.filter = u->filter[0] ? u->filter : NULL;
		return TOP_REDRAW;
	}
	if (code == TOP_KEY_ENTER) {
		u->prompt = TOP_NO_PROMPT;
		if (!filter)
			return take_interval(u);
		memcpy(u->filter, u->text, sizeof(u->filter));
		u->o.filter = u->filter[0] ? u->filter : NULL;
		return TOP_REDRAW;
	}
	if (code == TOP_KEY_BACKSPACE && n)
		u->text[n - 1] = '\0';
	else if (code >= ' ' && code < 0x7f && n + 1 < sizeof(u->text)) {
		u->text[n] = (char)code;
		u->text[n + 1] = '\0';
	}
	if (filter)		/* what is typed is tried at once */
		u->o.filter = u->text[0] ? u->text : NULL;
	return TOP_REDRAW;
}

/* ---- all ---- */

static const struct top_key *find(const struct top_ui *u, int code)
{
	for (size_t i = 0; i < top_nkeys; i++)
		for (int k = 0; k < 4 && top_keys[i].code[k]; k++)
			if (top_keys[i].code[k] == code && top_key_usable(&top_keys[i], u))
				return &top_keys[i];
	return NULL;
}

static enum top_action act(struct top_ui *u, const struct top_view *v, int what)
{
	long page = u->page_rows > 1 ? (long)u->page_rows - 1 : 1;

	switch (what) {
	case DO_UP:		move(u, v, -1); break;
	case DO_DOWN:		move(u, v, 1); break;
	case DO_PAGE_UP:	move(u, v, -page); break;
	case DO_PAGE_DOWN:	move(u, v, page); break;
	case DO_HOME:		move(u, v, -(1L << 30)); break;
	case DO_END:		move(u, v, 1L << 30); break;
	case DO_OPEN:		open_device(u, v); break;
	case DO_BACK:		go_back(u); break;
	case DO_SORT:		ask(u, TOP_ASK_SORT); break;
	case DO_REVERSE:	u->o.reverse = !u->o.reverse; break;
	case DO_FILTER:		ask(u, TOP_ASK_FILTER); break;
	case DO_INTERVAL:	ask(u, TOP_ASK_INTERVAL); break;
	case DO_RANGES:		toggle(u, TOP_RANGES); break;
	case DO_FINDINGS:	toggle(u, TOP_FINDINGS); break;
	case DO_HELP:		toggle(u, TOP_HELP); break;
	case DO_PAUSE:		u->paused = !u->paused; return TOP_PAUSE;
	case DO_SEEK_BACK:	return TOP_SEEK_BACK;
	case DO_SEEK_ON:	return TOP_SEEK_ON;
	case DO_FASTER:		return TOP_FASTER;
	case DO_SLOWER:		return TOP_SLOWER;
	case DO_FOLLOW:		return TOP_FOLLOW;
	case DO_QUIT:
		if (u->page == TOP_TABLE)
			return TOP_QUIT;
		go_back(u);
		break;
	}
	return TOP_REDRAW;
}

enum top_action top_press(struct top_ui *u, const struct top_view *v, int code)
{
	const struct top_key *k;

	if (code == TOP_KEY_RESIZE)
		return TOP_REDRAW;
	u->message[0] = '\0';
	if (u->prompt == TOP_ASK_SORT)
		return press_menu(u, code);
	if (u->prompt != TOP_NO_PROMPT)
		return press_text(u, code);
	k = find(u, code);
	return k ? act(u, v, k->what) : TOP_NOTHING;
}
