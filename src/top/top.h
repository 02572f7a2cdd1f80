/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top: the content of the screen, as numbers (struct top_view) and as cells (top_layout()). All of
 * it is a pure function of the state, the previous sample and the user's choices; no clock, key or
 * terminal is read here.
 *
 * data.c	numbers: rates, filters, order
 * json.c	numbers as JSON
 * layout.c	the screen as a whole, bottom lines
 * header.c	the lines above the table
 * table.c	the table of devices
 * pages.c	device, ranges, findings, help
 * draw.c	shared by layout, header, table and pages
 * keys.c	the effect of keys
 * screen.c	the terminal: ncurses
 * run.c	samples and output, live or replayed
 * live.c	the kernel as source
 * replay.c	a recording as source
 */
#ifndef DMASCOPE_TOP_H
#define DMASCOPE_TOP_H

#include "state/state.h"
#include "words/words.h"
#include "util/cells.h"

/* ---- numbers ---- */

/* A rate in thousandths per second; TOP_NO_RATE before there are two samples. */
#define TOP_NO_RATE	(-1)

struct top_counts {		/* of one device, all its paths that are shown */
	uint64_t maps, bytes, fails, unmaps;
};

/* The counts at an earlier time, for rates; devices in the state's order. */
struct top_sample {
	uint64_t ts;		/* 0: there is none */
	uint64_t events;
	struct top_counts *dev;
	size_t devs;
};

enum top_sort {
	TOP_SORT_FINDING = 0, TOP_SORT_MAPS, TOP_SORT_BYTES, TOP_SORT_LIVE, TOP_SORT_MAPPED,
	TOP_SORT_POOL, TOP_SORT_FAILED, TOP_SORT_TOTAL, TOP_SORT_MASK, TOP_SORT_NAME,
	TOP_SORT_DRIVER, TOP_SORTS
};

const char *top_sort_name(unsigned int sort);	/* "maps"; NULL out of range */
const char *top_sort_help(unsigned int sort);
int top_sort_by_name(const char *name);		/* -1: none */

struct top_dev {
	const struct state_dev *d;
	struct top_counts n;		/* since the start */
	uint64_t path[DMS_PATH_MAX];	/* maps, of the paths shown */
	uint64_t live, live_bytes;	/* made since the start */
	bool older;			/* others were made before, or may have been */
	bool maps_least, unmaps_least;	/* some were not delivered: there were more */
	size_t pool;			/* state__pool_of() */
	uint64_t slots;			/* of that bounce pool held */
	bool slots_estimate;
	int64_t maps_rate, bytes_rate, fails_rate;
	uint32_t liobn;			/* of the window it uses, 0 = none */
	struct state_decision decision;
	const struct state_finding *finding;	/* its worst, NULL = none */
	bool idle;			/* mapped nothing lately */
	const char *driver, *kind;	/* "" if not known */
};

struct top_opts {
	enum top_sort sort;
	bool reverse;
	const char *device;		/* glob: nothing is known of any other device; NULL = all */
	const char *filter;		/* text or glob: name, driver, kind, decision; NULL = all */
	uint32_t paths;			/* bits of enum dms_path, 0 = all */
	bool counting;			/* the source only counts mappings, if there were any yet */
};

struct top_pool {
	struct state_pool p;
	struct mval used;		/* slots: p.used and what was only counted since */
	uint64_t devs;			/* that take their slots from it */
	uint64_t seen;			/* slots that were seen being taken */
	uint64_t held;			/* slots that its devices hold, also by counts alone */
	bool older;			/* some were taken before the start, by whom is not known */
};

struct top_view {
	const struct state *m;
	struct state_run run;
	struct state_ledger ledger;
	struct top_pool *pools;
	size_t npools;
	const struct top_pool *pool;	/* fullest of those that devices use; NULL: none known */
	struct top_dev *dev;		/* filtered and sorted */
	size_t devs, devs_all;		/* devs_all: with those that o->filter hides */
	struct state_finding *finding;	/* worst first */
	size_t findings;
	size_t missing;			/* hooks whose absence leaves a fact unknown */
	uint64_t path[DMS_PATH_MAX];	/* maps of the devices shown */
	struct top_counts sum;
	int64_t maps_rate, bytes_rate, fails_rate, events_rate;
	uint64_t now;			/* ns, at least run.now */
	uint64_t since_sample;		/* ns the rates are over, 0 = no rates yet */
};

/*
 * Fills v from the model as of `now`; prev may be NULL. 0 or -ENOMEM; top_view__free() after
 * either. Valid until the model is fed.
 */
int top_view__make(struct top_view *v, const struct state *m, const struct top_opts *o,
		   const struct top_sample *prev, uint64_t now);
void top_view__free(struct top_view *v);

/* The counts as they are, for the next rates. 0 or -ENOMEM (s is as before). */
int top_sample__take(struct top_sample *s, const struct state *m, const struct top_opts *o,
		     uint64_t now);
void top_sample__free(struct top_sample *s);

/* True if o->device lets the device through. */
bool top_shows(const struct state *m, const struct top_opts *o, uint64_t key);

/* The next hook from *i on that is missing and was worth something; NULL: no more. */
const struct rec_hook *top_missing(const struct top_view *v, size_t *i);

/* A path's place in bars and sums: the share of each, at least 1 where there is any. */
void top_shares(const uint64_t *count, unsigned int n, unsigned int width, unsigned int *out);

struct out;
/* The same numbers as one JSON object on a line. 0 or the sticky -errno of the output. */
int top_json(const struct top_view *v, struct out *out);

/* ---- the user's choices ---- */

enum top_page { TOP_TABLE = 0, TOP_DEVICE, TOP_RANGES, TOP_FINDINGS, TOP_HELP };
enum top_prompt { TOP_NO_PROMPT = 0, TOP_ASK_SORT, TOP_ASK_FILTER, TOP_ASK_INTERVAL };

struct top_replay {		/* what is played, for the header; all times after the start */
	const char *name;	/* NULL: this is live */
	uint64_t at, length;	/* ns; length 0 = not known yet */
	uint64_t speed;		/* thousandths: 1000 = as it was, 0 = as fast as possible */
	bool ended, busy;
	const char *broken;	/* the error of the file, NULL = none */
};

struct top_ui {
	struct top_opts o;
	enum top_page page, back;	/* back: where Esc leads to from ranges, findings, help */
	enum top_prompt prompt;
	char text[64];			/* being typed */
	char filter[64];
	unsigned int choice;		/* in the sort menu */
	bool selected;			/* sel_key is a device */
	uint64_t sel_key;
	unsigned int first;		/* first row of the table that is shown */
	unsigned int scroll;		/* of the other pages, in lines */
	unsigned int page_rows, page_lines;	/* as the last layout found them */
	bool paused;
	bool batch;			/* no keys, nothing selected, all devices */
	bool each;			/* live: every mapping is followed, not only counted */
	uint64_t interval;		/* ns */
	struct top_replay replay;
	char message[128];		/* shown once at the bottom */
};

/*
 * Draws v for u into c, whatever its size. Updates the scroll positions in u, nothing else; for
 * u->batch, c->rows becomes what was needed.
 */
void top_layout(const struct top_view *v, struct top_ui *u, struct cells *c);
/* Rows that are enough for u->batch. */
unsigned int top_batch_rows(const struct top_view *v);

/* ---- keys ---- */

/* Keys that are no characters; screen.c makes them from the terminal's. */
enum {
	TOP_KEY_UP = 0x110000, TOP_KEY_DOWN, TOP_KEY_LEFT, TOP_KEY_RIGHT, TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN, TOP_KEY_HOME, TOP_KEY_END, TOP_KEY_ENTER, TOP_KEY_ESC,
	TOP_KEY_BACKSPACE, TOP_KEY_F1, TOP_KEY_F6, TOP_KEY_F10, TOP_KEY_WHEEL_UP,
	TOP_KEY_WHEEL_DOWN, TOP_KEY_RESIZE,
};

/* The action left to the caller. */
enum top_action {
	TOP_NOTHING = 0, TOP_REDRAW, TOP_QUIT, TOP_PAUSE, TOP_NEW_INTERVAL, TOP_SEEK_BACK,
	TOP_SEEK_ON, TOP_FASTER, TOP_SLOWER, TOP_FOLLOW,
};

struct top_key {
	int code[4];		/* 0 = none */
	const char *name;	/* "Enter" */
	const char *bar;	/* a word for the bar at the bottom, NULL = not there */
	const char *help;
	enum { KEY_ALWAYS = 0, KEY_REPLAY, KEY_LIVE } when;
	int what;		/* for top_press() */
};

extern const struct top_key top_keys[];
extern const size_t top_nkeys;
/* True if the key has an effect now. */
bool top_key_usable(const struct top_key *k, const struct top_ui *u);

/* Changes u; v may be NULL while there is nothing on the screen. */
enum top_action top_press(struct top_ui *u, const struct top_view *v, int code);
/* The device u is on: index into v->dev, 0 if its choice is gone. */
size_t top_selected(const struct top_view *v, const struct top_ui *u);

#endif /* DMASCOPE_TOP_H */
