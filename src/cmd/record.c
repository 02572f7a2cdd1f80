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

#include "cmd/cmd.h"
#include "state/state.h"
#include "words/words.h"
#include "cmd/privileges.h"
#include "cmd/watch.h"
#include "source/live.h"
#include "trace/writer.h"
#include "util/clock.h"
#include "util/names.h"

struct config {
	const char *output;
	uint64_t duration;
	bool gzip, force, redact, quiet, verbose, hcalls, no_kprobes, force_kprobes;
	const char *btf;
	const char *device;
	const char *path;
	const char *stacks;
	const char *hooks;
	uint64_t min_size;
	uint64_t max_size;
	uint64_t ring;
	const char *until_finding, *on_finding;
	uint64_t then;
};

static const struct opt opts[] = {
	OPT("output", 'o', OPT_STRING, output, "FILE", "where to write; - is stdout (required)"),
	OPT("duration", 'd', OPT_TIME, duration, "TIME", "stop after TIME"),
	OPT("gzip", 'z', OPT_FLAG, gzip, NULL, "compress; implied by a name ending in .gz"),
	OPT("force", 'f', OPT_FLAG, force, NULL, "replace an existing file"),
	OPT("device", 0, OPT_STRING, device, "GLOB",
	    "only devices whose name, driver or kind matches"),
	OPT("path", 0, OPT_STRING, path, "PATH[,PATH]", OPTS_PATHS_HELP),
	OPT("min-size", 0, OPT_SIZE, min_size, "SIZE", "only mappings of at least this size",
	    .zero = true),
	OPT("max-size", 0, OPT_SIZE, max_size, "SIZE", "keep only the last SIZE of events"),
	OPT("until-finding", 0, OPT_STRING, until_finding, "ID[,ID]",
	    "stop at the first such finding, or at any error, warning or note"),
	OPT("then", 0, OPT_TIME, then, "TIME", "go on for TIME after that finding", .zero = true),
	OPT("on-finding", 0, OPT_STRING, on_finding, "CMD",
	    "run CMD in a shell, once for each finding (of these, or any)"),
	OPT("stacks", 0, OPT_CHOICE, stacks, "WHICH",
	    "first (of each device, path and caller; default), failures, all, none",
	    .choices = "first|failures|all|none"),
	OPT("redact", 0, OPT_FLAG, redact, NULL, "hide DMA and physical addresses consistently"),
	OPT("hcalls", 0, OPT_FLAG, hcalls, NULL,
	    "also record the hypervisor's status of each TCE call"),
	OPT("hooks", 0, OPT_CHOICE, hooks, "WHICH",
	    "needed (default), or all: also hooks that report nothing more",
	    .choices = "needed|all"),
	OPT("ring", 0, OPT_SIZE, ring, "SIZE", "memory for the ring buffers (8M)"),
	OPT("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, if it provides none"),
	OPT("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL,
	    "attach only hooks that work under lockdown"),
	OPT("force-kprobes", 0, OPT_FLAG, force_kprobes, NULL, OPTS_FORCE_KPROBES_HELP,
	    .without = "no-kprobes"),
	OPT("quiet", 'q', OPT_FLAG, quiet, NULL, "print no progress line and no totals"),
	OPT("verbose", 'v', OPT_FLAG, verbose, NULL, "print libbpf's messages to stderr"),
	{ 0 }
};

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t stop_signals;	/* how many came */

#define BUSY_POLL_NS	100000000ULL
#define IDLE_POLL_NS	1000000000ULL
#define FLUSH_NS	1000000000ULL
#define WATCH_POLL_NS	250000000ULL
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
	struct state *model;
	struct live *live;
	pid_t child;
	int child_status;
	bool child_done;
	uint64_t started;
	uint64_t flushed;	/* when the file was brought up to date */
	uint64_t shown;		/* when the progress line was written */
	uint64_t shown_events;
	uint64_t polled_events;	/* at the last poll */
	unsigned int puts;	/* records since the progress line was considered */
	bool may_drop;		/* flushing: one more signal discards queued records */
	int signals;		/* received before flushing */
	bool progress;
	struct watch *watch;	/* NULL: nothing is waited for */
	bool found;		/* what was waited for, and said so */
	char why[DMS_NAME_LEN];
};

static void show_progress(struct run *r, bool last)
{
	uint64_t now = clock_now(), events = trace_writer__events(r->writer);
	double dt = (double)(now - r->shown) / 1e9;

	if (!r->progress || (!last && dt < 0.5))
		return;
	fprintf(stderr, "\r%.0f s  %llu events  %.0f/s  %llu lost  %.1f MiB\033[K%s",
		(double)(now - r->started) / 1e9, (unsigned long long)events,
		dt > 0 ? (double)(events - r->shown_events) / dt : 0,
		(unsigned long long)live__lost(r->live),
		(double)trace_writer__bytes(r->writer) / (1 << 20), last ? "\n" : "");
	r->shown = now;
	r->shown_events = events;
}

/* Findings are written before the footer, for readers that have no rules of their own. */
static int put_findings(struct run *r)
{
	struct dms_rec rec = { .type = REC_FINDING };
	struct state_finding *f;
	size_t n;
	int err = words__findings(r->model, &f, &n);

	for (size_t i = 0; i < n && !err; i++) {
		rec.finding = f[i].f;
		err = trace_writer__put(r->writer, &rec);
	}
	free(f);
	return err;
}

static int put_end(struct run *r, const struct dms_rec *rec)
{
	struct dms_rec end = *rec;
	char *unjudged;
	int err = words__unjudged(r->model, &unjudged);

	if (err)
		return err;
	snprintf(end.end.not_judged, sizeof(end.end.not_judged), "%s", unjudged);
	free(unjudged);
	return trace_writer__put(r->writer, &end);
}

static int on_rec(void *ctx, const struct dms_rec *rec)
{
	struct run *r = ctx;
	int err = state__feed(r->model, rec);

	/* --hcalls was given, but the hook is missing: report it at once */
	if (rec->type == REC_HOOK && rec->hook.id == DMS_HOOK_HCALL && !rec->hook.attach)
		complain("record: no hcalls: %s", rec->hook.reason);

	if (!err && rec->type == REC_END)
		err = put_findings(r);
	if (!err)
		err = rec->type == REC_END ? put_end(r, rec) : trace_writer__put(r->writer, rec);
	if (!r->live || ++r->puts % PROGRESS_RECORDS)
		return err;
	show_progress(r, false);
	if (r->may_drop && stop_signals > r->signals)
		live__drop(r->live);
	return err;
}

static int handle_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, 0 };

	signal(SIGPIPE, SIG_IGN);
	return catch_signals(sigs, on_signal);
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

/* True if the finding that ends the recording was there, and long enough ago. */
static bool found_and_over(struct run *r)
{
	const char *id;
	uint64_t ts;

	if (!r->watch)
		return false;
	id = watch__found(r->watch, &ts);
	if (!id)
		return false;
	if (!r->found && !r->cfg->quiet)
		complain("record: found %s%s", id, r->cfg->then ? "; going on for some time" : "");
	r->found = true;
	snprintf(r->why, sizeof(r->why), "finding %s", id);
	return clock_now() >= ts + r->cfg->then;
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
	return found_and_over(r) ? r->why : NULL;
}

/* A ring that fills wakes the poll; otherwise it returns after this time, longer while idle. */
static int poll_time(struct run *r)
{
	uint64_t ran = clock_now() - r->started, events = trace_writer__events(r->writer);
	uint64_t ns = events == r->polled_events ? IDLE_POLL_NS : BUSY_POLL_NS;

	r->polled_events = events;
	if (r->watch && ns > WATCH_POLL_NS)
		ns = WATCH_POLL_NS;
	if (r->cfg->duration && r->cfg->duration < ran + ns)
		ns = r->cfg->duration > ran ? r->cfg->duration - ran : 0;
	return (int)(ns / 1000000) + 1;
}

/* A guest that dies takes at most a second of its recording; and a reader may follow the file. */
static int flush_file(struct run *r)
{
	uint64_t now = clock_now();

	if (now - r->flushed < FLUSH_NS)
		return 0;
	r->flushed = now;
	return trace_writer__flush(r->writer);
}

static int loop(struct run *r, const char **why)
{
	int err = 0;

	while (!err && !(*why = why_stop(r))) {
		err = live__poll(r->live, poll_time(r));
		if (!err && r->watch)
			err = watch__look(r->watch, r->model, clock_now());
		if (!err)
			err = flush_file(r);
		show_progress(r, false);
	}
	return err;
}

static void totals(struct run *r)
{
	struct state_run run;
	uint64_t maps[DMS_PATH_MAX] = {};
	const struct state_dev *d;

	if (r->cfg->quiet)
		return;
	state__run(r->model, &run);
	for (size_t i = 0; (d = state__dev(r->model, i)); i++)
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

/* what: that failed with err, unless it was writing. */
static int write_failed(struct run *r, const char *what, int err)
{
	char text[512];
	int closed = trace_writer__close(r->writer, text, sizeof(text));

	/* the writer knows its own errors; of another one it only knows that the end is missing */
	if (!closed || closed == -ENODATA)
		complain("record: %s: %s", what, strerror(-err));
	if (closed)		/* and which file holds what was written */
		complain("record: %s", text);
	return EXIT_IO;
}

static int record(struct run *r, char **command)
{
	const char *what = "the command could not be started", *why = NULL;
	bool complete = false;
	char text[512];
	int err = 0;

	if (command[0])
		err = start_command(r, command);	/* with all that we may */
	if (!err) {
		what = "privileges could not be dropped";
		err = privileges_drop(live__probe(r->live), 0, r->cfg->output);
	}
	if (!err) {
		what = "the recording had to end";
		trace_writer__use_thread(r->writer);
	}
	r->started = r->shown = clock_now();
	if (!err)
		err = loop(r, &why);
	if (!err && live__behind(r->live)) {
		r->may_drop = true;
		r->signals = stop_signals;
		complain("record: flushing queued records; press Ctrl-C%s to discard them",
			 stop_signals ? " again" : "");
	}
	if (!err)
		err = live__stop(r->live, why, &complete);
	show_progress(r, true);
	if (err)
		return write_failed(r, what, err);
	if (trace_writer__close(r->writer, text, sizeof(text))) {
		complain("record: %s", text);
		return EXIT_IO;
	}
	totals(r);
	if (!complete)
		complain("record: the trace is incomplete: dmascope report lists the losses");
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
	r->model = state__new(NULL);
	if (!r->model || handle_signals()) {
		complain("record: %s", strerror(r->model ? errno : ENOMEM));
		return EXIT_IO;
	}
	return EXIT_DONE;
}

/*
 * The directory for records that arrive faster than they are written: that of the trace. With
 * --max-size all stays in memory, so that recording causes no DMA of its own; with --redact too,
 * so that the hidden addresses reach no disk.
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

/* Before anything is attached, and while commands may still have what the user has. */
static int start_watch(struct run *r, const struct config *cfg)
{
	const struct watch_opts o = {
		.until = cfg->until_finding,
		.command = cfg->on_finding,
		.trace = cfg->output,
	};
	int err;

	if (!cfg->until_finding && !cfg->on_finding)
		return EXIT_DONE;
	err = watch__new(&r->watch, &o);
	if (err && err != -EINVAL)
		complain("record: %s", strerror(-err));
	return !err ? EXIT_DONE : err == -EINVAL ? EXIT_USAGE : EXIT_IO;
}

static int check_options(const struct config *cfg)
{
	if (!cfg->output)
		complain("record: -o FILE is required (- for stdout)");
	else if (cfg->then && !cfg->until_finding)
		complain("record: --then needs --until-finding");
	else
		return EXIT_DONE;
	return EXIT_USAGE;
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
			.all_hooks = cfg->hooks && !strcmp(cfg->hooks, "all"),
			.no_kprobes = cfg->no_kprobes,
			.force_kprobes = cfg->force_kprobes,
			.verbose = cfg->verbose,
		},
	};
	struct run r = { .cfg = cfg };
	struct probe_error perr = {};
	char dir[PATH_MAX];
	int ret, err;

	(void)argc;
	ret = check_options(cfg);
	if (ret)
		return ret;
	if (cfg->path && opts_paths(cfg->path, &lo.probe.path_mask)) {
		complain("record: --path must be " OPTS_PATHS ", not \"%s\"", cfg->path);
		return EXIT_USAGE;
	}
	lo.spool_dir = spool_dir(cfg, dir, sizeof(dir));
	r.progress = !cfg->quiet && isatty(STDERR_FILENO);
	ret = start_watch(&r, cfg);
	if (!ret)
		ret = prepare(&r, cfg);
	if (ret)
		goto cleanup;
	err = live__open(&r.live, &lo, on_rec, &r, &perr);
	if (err) {
		discard_output(&r);
		ret = exit_of_start("record", err, &perr);
		goto cleanup;
	}
	warn_of_kprobes("record", live__probe(r.live));
	ret = record(&r, argv);
cleanup:
	live__free(r.live);
	trace_writer__free(r.writer);
	state__free(r.model);
	watch__free(r.watch);
	return ret;
}

const struct cmd cmd_record = {
	.name = "record",
	.summary = "record a trace of all DMA mappings, for a bug report or for replay",
	.args = "-o FILE [-- CMD [ARG]...]",
	.group = CMD_RECORD,
	.runs_command = true,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_record,
};
