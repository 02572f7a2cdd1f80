// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * record: the live source into a trace file, for a time, for a command, or until a signal.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "model/model.h"
#include "privileges.h"
#include "source/live.h"
#include "trace/writer.h"
#include "util/clock.h"
#include "util/names.h"

struct config {
	const char *output;
	uint64_t duration;
	bool gzip, force, redact, quiet, verbose, hcalls, no_kprobes;
	const char *btf;
	const char *device;
	const char *path;
	const char *stacks;
	uint64_t min_size;
	uint64_t max_size;
	uint64_t ring;
};

#define O(name, letter, type, field, arg, help)	\
	{ name, letter, type, offsetof(struct config, field), arg, help, NULL }

static const struct opt opts[] = {
	O("output", 'o', OPT_STRING, output, "FILE", "where to write; - is stdout (required)"),
	O("duration", 'd', OPT_TIME, duration, "TIME", "stop after so long"),
	O("gzip", 'z', OPT_FLAG, gzip, NULL, "compress; a name ending in .gz does so too"),
	O("force", 'f', OPT_FLAG, force, NULL, "replace an existing file"),
	O("device", 0, OPT_STRING, device, "GLOB", "only devices whose name, driver or kind fits"),
	O("path", 0, OPT_STRING, path, "PATH[,PATH]", OPTS_PATHS_HELP),
	O("min-size", 0, OPT_SIZE, min_size, "SIZE", "only mappings of at least this size"),
	O("max-size", 0, OPT_SIZE, max_size, "SIZE", "keep only the last SIZE of events"),
	{ "stacks", 0, OPT_CHOICE, offsetof(struct config, stacks), "WHICH",
	  "first (of each device, path and caller; default), failures, all, none",
	  "first|failures|all|none" },
	O("redact", 0, OPT_FLAG, redact, NULL, "hide DMA and physical addresses consistently"),
	O("hcalls", 0, OPT_FLAG, hcalls, NULL, "also the hypervisor's status of each TCE call"),
	O("ring", 0, OPT_SIZE, ring, "SIZE", "memory for the ring buffers (8M)"),
	O("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, where it has none itself"),
	O("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL, "only what works under lockdown"),
	O("quiet", 'q', OPT_FLAG, quiet, NULL, "no progress line, no totals"),
	O("verbose", 'v', OPT_FLAG, verbose, NULL, "show libbpf's messages"),
	{ 0 }
};

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t stop_signals;	/* how many came */

#define BUSY_POLL_NS	100000000ULL
#define IDLE_POLL_NS	1000000000ULL
#define PROGRESS_RECORDS	4096

static void on_signal(int sig)
{
	if (sig == SIGCHLD)
		return;
	stop_signal = sig;
	stop_signals++;
}

struct run {
	const struct config *cfg;
	struct trace_writer *writer;
	struct model *model;
	struct live *live;
	pid_t child;
	int child_status;
	bool child_done;
	uint64_t started;
	uint64_t shown;		/* when the progress line was written */
	uint64_t shown_events;
	uint64_t polled_events;	/* when it was last decided how long to wait */
	unsigned int puts;	/* since the progress line was thought of */
	bool may_drop;		/* a signal more than so many drops what waits */
	int signals;
	bool progress;
};

static void show_progress(struct run *r, bool last)
{
	uint64_t now = clock_now(), events = trace_writer__events(r->writer);
	double dt = (double)(now - r->shown) / 1e9;

	if (!r->progress || (!last && dt < 0.5))
		return;
	trace_writer__flush(r->writer);	/* a reader may follow the file */
	fprintf(stderr, "\r%.0f s  %llu events  %.0f/s  %llu lost  %.1f MiB\033[K%s",
		(double)(now - r->started) / 1e9, (unsigned long long)events,
		dt > 0 ? (double)(events - r->shown_events) / dt : 0,
		(unsigned long long)live__lost(r->live),
		(double)trace_writer__bytes(r->writer) / (1 << 20), last ? "\n" : "");
	r->shown = now;
	r->shown_events = events;
}

/* What the model found goes before the end, for readers that have no model. */
static int put_findings(struct run *r)
{
	struct dms_rec rec = { .type = REC_FINDING };
	struct model_finding *f;
	size_t n;
	int err = model__findings(r->model, &f, &n);

	for (size_t i = 0; i < n && !err; i++) {
		rec.finding = f[i].f;
		err = trace_writer__put(r->writer, &rec);
	}
	free(f);
	return err;
}

static int on_rec(void *ctx, const struct dms_rec *rec)
{
	struct run *r = ctx;
	int err = model__feed(r->model, rec);

	/* what was asked for by name and is not there is told at once */
	if (rec->type == REC_HOOK && rec->hook.id == DMS_HOOK_HCALL && !rec->hook.attach)
		complain("record: no hcalls: %s", rec->hook.reason);

	if (!err && rec->type == REC_END)
		err = put_findings(r);
	if (!err)
		err = trace_writer__put(r->writer, rec);
	if (!r->live || ++r->puts % PROGRESS_RECORDS)
		return err;
	show_progress(r, false);
	if (r->may_drop && stop_signals > r->signals)
		live__drop(r->live);
	return err;
}

static int catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (sigaction(sigs[i], &sa, NULL))
			return -errno;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int start_command(struct run *r, char **argv)
{
	r->child = fork();
	if (r->child < 0)
		return -errno;
	if (r->child)
		return 0;
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	complain("%s: %s", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void reap(struct run *r)
{
	if (r->child > 0 && !r->child_done && waitpid(r->child, &r->child_status, WNOHANG) > 0)
		r->child_done = true;
}

static const char *why_stop(struct run *r)
{
	uint64_t ran = clock_now() - r->started;

	reap(r);
	if (stop_signal)
		return "signal";
	if (r->child > 0 && r->child_done)
		return "command ended";
	if (r->cfg->duration && ran >= r->cfg->duration)
		return "duration";
	return NULL;
}

/* A ring that fills wakes us; else we look now and then, and less often while nothing comes. */
static int poll_time(struct run *r)
{
	uint64_t ran = clock_now() - r->started, events = trace_writer__events(r->writer);
	uint64_t ns = events == r->polled_events ? IDLE_POLL_NS : BUSY_POLL_NS;

	r->polled_events = events;
	if (r->cfg->duration && r->cfg->duration < ran + ns)
		ns = r->cfg->duration > ran ? r->cfg->duration - ran : 0;
	return (int)(ns / 1000000) + 1;
}

static int loop(struct run *r, const char **why)
{
	int err = 0;

	while (!err && !(*why = why_stop(r))) {
		err = live__poll(r->live, poll_time(r));
		show_progress(r, false);
	}
	return err;
}

static void totals(struct run *r)
{
	struct model_run run;
	uint64_t maps[DMS_PATH_MAX] = {};
	const struct model_dev *d;

	if (r->cfg->quiet)
		return;
	model__run(r->model, &run);
	for (size_t i = 0; (d = model__dev(r->model, i)); i++)
		for (int p = 0; p < DMS_PATH_MAX; p++)
			maps[p] += d->path[p].maps;
	fprintf(stderr, "%llu events, %llu lost; mappings:", (unsigned long long)run.events,
		(unsigned long long)run.lost);
	for (int p = 1; p < DMS_PATH_MAX; p++)
		if (maps[p])
			fprintf(stderr, " %llu %s", (unsigned long long)maps[p], dms_path_name(p));
	fputs("\n", stderr);
}

static int exit_of(const struct run *r, bool complete)
{
	if (!complete || probe__degraded(live__probe(r->live)))
		return EXIT_PARTIAL;
	if (r->child <= 0 || !r->child_done)
		return EXIT_DONE;
	return WIFEXITED(r->child_status) ? WEXITSTATUS(r->child_status)
					  : 128 + WTERMSIG(r->child_status);
}

static int write_failed(struct run *r, int err)
{
	char text[512];

	/* the reason is the writer's: ask it first, so that it also tells what is where */
	if (!trace_writer__close(r->writer, text, sizeof(text)) || err == -ENOMEM)
		complain("record: %s", strerror(-err));
	else
		complain("record: %s", text);
	return EXIT_IO;
}

static int record(struct run *r, char **command)
{
	const char *why = NULL;
	bool complete = false;
	char text[512];
	int err = 0;

	if (command[0])
		err = start_command(r, command);	/* with all that we may */
	if (!err)
		err = privileges_drop(live__probe(r->live), 0, r->cfg->output);
	r->started = r->shown = clock_now();
	if (!err)
		err = loop(r, &why);
	if (!err && live__behind(r->live)) {
		r->may_drop = true;
		r->signals = stop_signals;
		complain("record: writing what waits; a%s signal drops it",
			 stop_signals ? "nother" : "");
	}
	if (!err)
		err = live__stop(r->live, why, &complete);
	show_progress(r, true);
	if (err)
		return write_failed(r, err);
	if (trace_writer__close(r->writer, text, sizeof(text))) {
		complain("record: %s", text);
		return EXIT_IO;
	}
	totals(r);
	if (!complete)
		complain("record: the trace is incomplete: see the losses in dmascope report");
	return exit_of(r, complete);
}

static int prepare(struct run *r, const struct config *cfg)
{
	const struct trace_writer_opts w = {
		.gzip = cfg->gzip,
		.force = cfg->force,
		.redact = cfg->redact,
		.max_bytes = cfg->max_size,
	};
	char text[512];
	int err;

	err = trace_writer__open(&r->writer, cfg->output, &w, text, sizeof(text));
	if (err) {
		complain("record: %s", text);
		return EXIT_IO;
	}
	r->model = model__new(NULL);
	if (!r->model || catch_signals()) {
		complain("record: %s", strerror(r->model ? errno : ENOMEM));
		return EXIT_IO;
	}
	return EXIT_DONE;
}

/*
 * Where records wait that come faster than they are written: beside the trace. With --max-size all
 * is in memory, so that recording makes no DMA of its own; and with --redact, so that what it hides
 * is on no disk.
 */
static const char *spool_dir(const struct config *cfg, char *buf, size_t len)
{
	const char *tmp = getenv("TMPDIR");

	if (cfg->max_size || cfg->redact)
		return NULL;
	if (!strcmp(cfg->output, "-"))
		return tmp && tmp[0] ? tmp : "/var/tmp";
	snprintf(buf, len, "%s", cfg->output);
	return dirname(buf);
}

static unsigned int stack_flags(const char *which)
{
	if (!which || !strcmp(which, "first"))
		return DMS_CFG_STACKS_FIRST | DMS_CFG_STACKS_FAIL;
	if (!strcmp(which, "failures"))
		return DMS_CFG_STACKS_FAIL;
	return strcmp(which, "all") ? 0 : DMS_CFG_STACKS_ALL;
}

static void discard_output(struct run *r)
{
	char text[512];

	/* nothing was observed: leave nothing behind */
	trace_writer__close(r->writer, text, sizeof(text));
	if (strcmp(r->cfg->output, "-")) {
		snprintf(text, sizeof(text), "%s.partial", r->cfg->output);
		unlink(text);
	}
}

static int run_record(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct live_opts lo = {
		.device_glob = cfg->device,
		.probe = {
			.btf_path = cfg->btf,
			.flags = DMS_CFG_STREAM | stack_flags(cfg->stacks),
			.min_size = cfg->min_size,
			.ring_bytes = cfg->ring,
			.hcalls = cfg->hcalls,
			.no_kprobes = cfg->no_kprobes,
			.verbose = cfg->verbose,
		},
	};
	struct run r = { .cfg = cfg };
	struct probe_error perr = {};
	char dir[PATH_MAX];
	int ret, err;

	(void)argc;
	if (!cfg->output) {
		complain("record: -o FILE is required (- for stdout)");
		return EXIT_USAGE;
	}
	if (cfg->path && opts_paths(cfg->path, &lo.probe.path_mask)) {
		complain("record: --path wants " OPTS_PATHS ", not \"%s\"", cfg->path);
		return EXIT_USAGE;
	}
	lo.spool_dir = spool_dir(cfg, dir, sizeof(dir));
	r.progress = !cfg->quiet && isatty(STDERR_FILENO);
	ret = prepare(&r, cfg);
	if (ret)
		goto cleanup;
	err = live__open(&r.live, &lo, on_rec, &r, &perr);
	if (err) {
		discard_output(&r);
		ret = exit_of_start("record", err, &perr);
		goto cleanup;
	}
	ret = record(&r, argv);
cleanup:
	live__free(r.live);
	trace_writer__free(r.writer);
	model__free(r.model);
	return ret;
}

const struct cmd cmd_record = {
	.name = "record",
	.summary = "record a trace of all DMA mappings, for a bug report or for replay",
	.args = "-o FILE [-- CMD [ARG]...]",
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_record,
};
