// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * metrics: OpenMetrics text for Prometheus, from a live interval or from a recorded trace; for a
 * node's textfile collector, or to stdout.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "model/model.h"
#include "privileges.h"
#include "source/live.h"
#include "source/replay.h"
#include "trace/openmetrics.h"
#include "trace/out.h"
#include "trace/outfile.h"
#include "util/clock.h"

struct config {
	const char *input, *output, *btf;
	uint64_t interval;
	bool no_kprobes;
};

#define O(name, letter, type, field, arg, help)	\
	{ name, letter, type, offsetof(struct config, field), arg, help, NULL }

static const struct opt opts[] = {
	O("interval", 'd', OPT_TIME, interval, "TIME", "observe for so long (10)"),
	O("input", 'i', OPT_STRING, input, "FILE", "from a recorded trace instead"),
	O("output", 'o', OPT_STRING, output, "FILE",
	  "replace FILE when done (for a textfile collector)"),
	O("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, where it has none itself"),
	O("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL, "only what works under lockdown"),
	{ 0 }
};

#define LOOK_NS		1000000000ULL	/* a ring that fills wakes us before */

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static int observe(struct live *l, uint64_t ns, bool *complete)
{
	uint64_t end = clock_now() + ns, now;
	int err = 0;

	while (!err && !stopped && (now = clock_now()) < end)
		err = live__poll(l, end - now < LOOK_NS ? (int)((end - now) / 1000000) + 1 :
				 (int)(LOOK_NS / 1000000));
	if (!err)
		err = live__stats(l);
	return err ? err : live__stop(l, stopped ? "signal" : "duration", complete);
}

static int from_kernel(struct model *m, const struct config *cfg)
{
	const struct live_opts lo = {
		.probe = {
			.btf_path = cfg->btf,
			.flags = DMS_CFG_STATS,
			.no_kprobes = cfg->no_kprobes,
		},
	};
	struct sigaction sa = { .sa_handler = on_signal };
	struct probe_error perr;
	bool complete = false;
	struct live *l;
	int err, ret;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	err = live__open(&l, &lo, model__feed, m, &perr);
	if (err)
		return exit_of_start("metrics", err, &perr);
	err = privileges_drop(live__probe(l), 0, cfg->output);
	if (!err)
		err = observe(l, cfg->interval ? cfg->interval : 10000000000ULL, &complete);
	ret = complete && !probe__degraded(live__probe(l)) ? EXIT_DONE : EXIT_PARTIAL;
	if (err) {
		complain("metrics: %s", strerror(-err));
		ret = EXIT_IO;
	}
	live__free(l);
	return ret;
}

static int from_file(struct model *m, const char *path)
{
	struct replay_status st;

	source_replay(path, NULL, model__feed, m, &st);
	return exit_of_replay("metrics", &st, m);
}

static int write_out(const struct model *m, const char *path)
{
	struct outfile file = {};
	struct out out = {};
	char text[512] = "";
	int err;

	/* the collector may be another user, and finds the old file or the new one, never half */
	err = outfile__open(&file, path ? path : "-", true, 0644, text, sizeof(text));
	if (!err)
		err = out__init_fd(&out, file.fd, false, false);
	if (!err)
		err = openmetrics_write(m, &out);
	if (!err)
		err = out__finish(&out);
	if (!err)
		err = outfile__close(&file);
	if (!err)
		err = outfile__name(&file, text, sizeof(text));
	if (err) {
		outfile__discard(&file);
		complain("metrics: %s", text[0] ? text : strerror(-err));
	}
	out__free(&out);
	outfile__free(&file);
	return err ? EXIT_IO : EXIT_DONE;
}

static int run_metrics(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct model *m;
	int ret, wrote;

	if (argc) {
		complain("metrics: unexpected \"%s\"", argv[0]);
		return EXIT_USAGE;
	}
	m = model__new(NULL);
	if (!m) {
		complain("metrics: no memory");
		return EXIT_IO;
	}
	ret = cfg->input ? from_file(m, cfg->input) : from_kernel(m, cfg);
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL) {
		wrote = write_out(m, cfg->output);
		ret = wrote ? wrote : ret;
	}
	model__free(m);
	return ret;
}

const struct cmd cmd_metrics = {
	.name = "metrics",
	.summary = "OpenMetrics text for Prometheus, from a live interval or a trace",
	.args = "",
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_metrics,
};
