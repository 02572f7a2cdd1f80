// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The recorded source: passes on the records of a trace and announces the slice that counts.
 */
#include "source/replay.h"

struct slicer {
	const struct replay_opts *opts;
	dms_sink_fn sink;
	void *ctx;
};

/* start + ns, within what a time can be. */
static uint64_t at(uint64_t start, int64_t ns)
{
	if (ns < 0)
		return start > (uint64_t)-ns ? start - (uint64_t)-ns : 0;
	return (uint64_t)ns > UINT64_MAX - start ? UINT64_MAX : start + (uint64_t)ns;
}

static int slice_put(void *ctx, const struct dms_rec *rec)
{
	const struct slicer *s = ctx;
	struct dms_rec slice = { .type = REC_SLICE };
	int err = s->sink(s->ctx, rec);

	if (err || rec->type != REC_SESSION)
		return err;
	slice.slice.from = s->opts->since_set ? at(rec->session.start_ns, s->opts->since_ns) : 0;
	slice.slice.to = s->opts->until_set ? at(rec->session.start_ns, s->opts->until_ns) :
					      UINT64_MAX;
	return s->sink(s->ctx, &slice);
}

int source_replay(const char *path, const struct replay_opts *opts, dms_sink_fn sink, void *ctx,
		  struct replay_status *st)
{
	struct slicer s = { .opts = opts, .sink = sink, .ctx = ctx };
	bool all = !opts || (!opts->since_set && !opts->until_set);
	struct dms_rec cut = { .type = REC_CUT };
	int err, stopped = 0;

	err = all ? trace_read(path, sink, ctx, st) : trace_read(path, slice_put, &s, st);
	if (replay_cut(st))
		stopped = sink(ctx, &cut);
	if (!stopped)
		return err;
	st->state = TRACE_STOPPED;
	return stopped;
}
