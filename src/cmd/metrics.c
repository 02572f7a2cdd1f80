// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * metrics: the state for Prometheus. Once, from an interval or a recorded trace; or as an exporter
 * that goes on: a file for a textfile collector, or HTTP.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/exporter.h"
#include "cmd/privileges.h"
#include "source/live.h"
#include "source/replay.h"
#include "state/state.h"
#include "util/clock.h"
#include "util/notify.h"

struct config {
	const char *input, *output, *btf, *listen, *format;
	uint64_t interval, every;
	bool no_kprobes, force_kprobes;
};

static const struct opt opts[] = {
	OPT("interval", 'd', OPT_TIME, interval, "TIME",
	    "observe for TIME (10; an exporter: until a signal)"),
	OPT("every", 'e', OPT_TIME, every, "TIME", "exporter: replace FILE each TIME"),
	OPT("listen", 'l', OPT_STRING, listen, "WHERE",
	    "exporter: HTTP on ADDR:PORT, :PORT (127.0.0.1), unix:PATH"),
	OPT("output", 'o', OPT_STRING, output, "FILE",
	    "replace FILE when done (for a textfile collector)"),
	OPT("format", 'f', OPT_CHOICE, format, "FORMAT",
	    "of FILE: openmetrics, or prometheus (an exporter's default)",
	    .choices = "openmetrics|prometheus"),
	OPT("input", 'i', OPT_STRING, input, "FILE",
	    "read a recorded trace instead; exporters replay it"),
	OPT("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, if it provides none",
	    .live = true),
	OPT("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL,
	    "attach only hooks that work under lockdown", .live = true),
	OPT("force-kprobes", 0, OPT_FLAG, force_kprobes, NULL, OPTS_FORCE_KPROBES_HELP,
	    .without = "no-kprobes", .live = true),
	{ 0 }
};

#define LOOK_NS		1000000000ULL	/* a ring that fills wakes us before */
#define INTERVAL_NS	10000000000ULL

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void handle_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, 0 };

	catch_signals(sigs, on_signal);
	signal(SIGPIPE, SIG_IGN);
}

static bool is_exporter(const struct config *cfg)
{
	return cfg->every || cfg->listen;
}

static enum metrics_format file_format(const struct config *cfg)
{
	if (cfg->format)
		return !strcmp(cfg->format, "prometheus") ? METRICS_TEXT : METRICS_OPENMETRICS;
	return is_exporter(cfg) ? METRICS_TEXT : METRICS_OPENMETRICS;
}

/* ---- once ---- */

static int observe(struct live *l, uint64_t ns)
{
	uint64_t end = clock_now() + ns, now;
	int err = 0;

	while (!err && !stopped && (now = clock_now()) < end)
		err = live__poll(l, end - now < LOOK_NS ? (int)((end - now) / 1000000) + 1 :
				 (int)(LOOK_NS / 1000000));
	return err ? err : live__stats(l);
}

static int write_once(const struct config *cfg, const struct state *m)
{
	const struct metrics_opts opts = { .format = file_format(cfg) };
	struct metrics *x;
	int ret;

	if (metrics__new(&x)) {
		complain("metrics: no memory");
		return EXIT_IO;
	}
	ret = exporter_write(x, m, &opts, cfg->output, false);
	metrics__free(x);
	return ret;
}

/* ---- from the kernel ---- */

static int read_kernel(void *source)
{
	int err = live__poll(source, 0);

	if (!err)
		err = live__stats(source);
	return err ? err : live__pool(source);
}

static int export_live(struct live *l, const struct config *cfg, struct exporter *x)
{
	int err;

	x->refresh = read_kernel;
	x->source = l;
	x->source_fd = probe__fd(live__probe(l));
	err = exporter__init(x);
	if (!err)
		err = exporter__serve(x, cfg->interval ? clock_now() + cfg->interval : UINT64_MAX);
	notify_send("STOPPING=1");
	return err;
}

static int run_live(struct live *l, const struct config *cfg, struct exporter *x)
{
	bool complete = false;
	int err, ret;

	/* a user who is not root goes on reading the pool's use in debugfs */
	err = privileges_drop(live__probe(l), is_exporter(cfg) && geteuid() ?
			      GUEST_CAP_DAC_READ_SEARCH : 0, cfg->output);
	if (!err && is_exporter(cfg))
		err = export_live(l, cfg, x);
	else if (!err)
		err = observe(l, cfg->interval ? cfg->interval : INTERVAL_NS);
	if (!err)
		err = live__stop(l, stopped ? "signal" : "duration", &complete);
	ret = complete && !probe__degraded(live__probe(l)) ? EXIT_DONE : EXIT_PARTIAL;
	if (err && err != -ECANCELED)
		complain("metrics: %s", strerror(-err));
	return err ? EXIT_IO : ret;
}

static int from_kernel(const struct config *cfg, struct exporter *x)
{
	const struct live_opts lo = {
		.probe = {
			.btf_path = cfg->btf,
			.flags = DMS_CFG_STATS,
			.no_kprobes = cfg->no_kprobes,
			.force_kprobes = cfg->force_kprobes,
		},
	};
	struct probe_error perr;
	struct live *l;
	int err, ret, wrote;

	err = live__open(&l, &lo, state__feed, x->m, &perr);
	if (err)
		return exit_of_start("metrics", err, &perr);
	warn_of_kprobes("metrics", live__probe(l));
	ret = run_live(l, cfg, x);
	if (ret != EXIT_IO && (!is_exporter(cfg) || cfg->every)) {
		/* an exporter's file ends with all that was counted */
		wrote = is_exporter(cfg) ?
			exporter__write_file(x) :
			write_once(cfg, x->m);
		ret = wrote ? wrote : ret;
	}
	live__free(l);
	return ret;
}

/* ---- from a trace ---- */

struct player {
	struct exporter *x;
	uint64_t start;		/* of the recording */
	uint64_t began;		/* of the replay, on our clock */
	uint64_t end;		/* of the replay, UINT64_MAX: none */
};

/* Serves until it is time for the record. */
static int play(void *ctx, const struct dms_rec *rec)
{
	struct player *p = ctx;
	uint64_t ts = 0, until;
	int err = 0;

	if (rec->type == REC_SESSION)
		p->start = rec->session.start_ns;
	else if (rec->type == REC_EVENT)
		ts = rec->event.ts;
	else if (rec->type == REC_STATS)
		ts = rec->stats.ts;
	else if (rec->type == REC_END)
		ts = rec->end.ts;
	if (ts > p->start) {
		until = p->began + (ts - p->start);
		if (until > clock_now())
			err = exporter__serve(p->x, until < p->end ? until : p->end);
		if (!err && (stopped || clock_now() >= p->end))
			return -ECANCELED;
	}
	return err ? err : state__feed(p->x->m, rec);
}

static int export_file(const char *path, const struct config *cfg, struct exporter *x)
{
	struct player p = { .x = x, .began = clock_now(), .end = UINT64_MAX };
	struct replay_status st;
	int err = exporter__init(x), ret;

	if (err) {
		complain("metrics: %s", strerror(-err));
		return EXIT_IO;
	}
	if (cfg->interval)
		p.end = p.began + cfg->interval;
	err = source_replay(path, NULL, play, &p, &st);
	if (err == -EINTR && stopped)		/* it waited for a pipe */
		return EXIT_DONE;
	if (st.state == TRACE_STOPPED)
		return err == -ECANCELED && (stopped || clock_now() >= p.end) ? EXIT_DONE : EXIT_IO;
	ret = exit_of_replay("metrics", &st, x->m);
	if (ret != EXIT_DONE && ret != EXIT_PARTIAL)
		return ret;
	err = exporter__serve(x, p.end);
	return err ? EXIT_IO : ret;
}

static int from_file(const char *path, const struct config *cfg, struct exporter *x)
{
	struct replay_status st;
	int ret, wrote;

	if (is_exporter(cfg))
		return export_file(path, cfg, x);
	source_replay(path, NULL, state__feed, x->m, &st);
	ret = exit_of_replay("metrics", &st, x->m);
	if (ret != EXIT_DONE && ret != EXIT_PARTIAL)
		return ret;
	wrote = write_once(cfg, x->m);
	return wrote ? wrote : ret;
}

/* ---- the verb ---- */

static int check(const struct config *cfg)
{
	if (cfg->every && (!cfg->output || !strcmp(cfg->output, "-"))) {
		complain("metrics: --every replaces a file: name it with -o FILE");
		return EXIT_USAGE;
	}
	if (cfg->listen && cfg->format && !cfg->output) {
		complain("metrics: --format is of FILE (-o); who asks over HTTP chooses its own");
		return EXIT_USAGE;
	}
	if (cfg->listen && cfg->output && !cfg->every) {
		complain("metrics: with --listen, -o FILE needs --every TIME");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int refuse_live(const struct config *cfg)
{
	const char *name = opts_live(&cmd_metrics, cfg);

	if (!name && cfg->interval && !is_exporter(cfg))
		name = "interval";
	if (!cfg->input || !name)
		return EXIT_DONE;
	complain("metrics: --%s applies to a live run, not to a recording", name);
	return EXIT_USAGE;
}

static int run_metrics(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct exporter x = {
		.o = { cfg->output, cfg->every, file_format(cfg) },
		.source_fd = -1,
		.stopped = &stopped,
	};
	char text[512];
	int ret = check(cfg), err;

	if (!ret && opts_file(&cmd_metrics, argc, argv, false, &cfg->input))
		ret = EXIT_USAGE;
	if (!ret)
		ret = refuse_live(cfg);
	if (ret)
		return ret;
	handle_signals();
	/* with all that we may, and before anything is attached */
	err = cfg->listen ? http__listen(&x.http, cfg->listen, text, sizeof(text)) : 0;
	if (err) {
		complain("metrics: %s", text);
		return err == -EINVAL || err == -EOPNOTSUPP ? EXIT_USAGE : EXIT_IO;
	}
	x.m = state__new(NULL);
	if (!x.m) {
		complain("metrics: no memory");
		ret = EXIT_IO;
	} else {
		ret = cfg->input ? from_file(cfg->input, cfg, &x) : from_kernel(cfg, &x);
	}
	exporter__free(&x);
	state__free(x.m);
	return ret;
}

static const char *note(void)
{
	return http_is_built() ? NULL :
	       "This build has no HTTP server (libmicrohttpd was not there): --listen is refused.";
}

const struct cmd cmd_metrics = {
	.name = "metrics",
	.summary = "print or export metrics for Prometheus, live or from a trace",
	.args = "[FILE]",
	.group = CMD_EXPORT,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_metrics,
	.note = note,
};
