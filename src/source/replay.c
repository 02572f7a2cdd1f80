// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The recorded source: chooses which records of a trace are handed on.
 */
#include "source/replay.h"

struct filter {
	const struct replay_opts *opts;
	dms_sink_fn sink;
	void *ctx;
	uint64_t start_ns;
};

/* When the record happened; false for one that has no time of its own. */
static bool time_of(const struct dms_rec *rec, uint64_t *ts, bool *state)
{
	*state = false;
	switch (rec->type) {
	case REC_EVENT:
		*ts = rec->event.ts;
		return true;
	case REC_GAP:
		*ts = rec->gap.ts;
		return true;
	case REC_STATS:
		*ts = rec->stats.ts;
		return true;
	case REC_FINDING:
		*ts = rec->finding.ts;
		return true;
	default:
		break;
	}
	*state = true;
	switch (rec->type) {
	case REC_DEVICE:
		*ts = rec->device.ts;
		return true;
	case REC_WINDOW:
		*ts = rec->window.ts;
		return true;
	case REC_POOL:
		*ts = rec->pool.ts;
		return true;
	default:
		return false;
	}
}

static int filter_put(void *ctx, const struct dms_rec *rec)
{
	const struct filter *f = ctx;
	bool state;
	uint64_t ts;
	int64_t t;

	if (rec->type == REC_SESSION)
		((struct filter *)ctx)->start_ns = rec->session.start_ns;
	if (time_of(rec, &ts, &state)) {
		t = (int64_t)(ts - f->start_ns);
		if (f->opts->until_set && t >= f->opts->until_ns)
			return 0;
		if (f->opts->since_set && !state && t < f->opts->since_ns)
			return 0;
	}
	return f->sink(f->ctx, rec);
}

int source_replay(const char *path, const struct replay_opts *opts, dms_sink_fn sink, void *ctx,
		  struct replay_status *st)
{
	struct filter f = { .opts = opts, .sink = sink, .ctx = ctx };

	if (!opts || (!opts->since_set && !opts->until_set))
		return trace_read(path, sink, ctx, st);
	return trace_read(path, filter_put, &f, st);
}
