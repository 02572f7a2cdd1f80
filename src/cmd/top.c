// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * top: the command line of the live screen, of its batch output, and of their replay.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "source/live.h"
#include "top/run.h"

#define INTERVAL_MIN	50000000ULL
#define INTERVAL_MAX	3600000000000ULL

struct config {
	bool batch, json, ranges, counts_only, no_color, no_unicode, verbose;
	bool no_kprobes, force_kprobes;
	uint64_t iterations, delay, min_size;
	const char *sort, *device, *path, *input, *speed, *btf;
};

static const struct opt opts[] = {
	OPT("batch", 'b', OPT_FLAG, batch, NULL, "print tables; default if stdout is no terminal"),
	OPT("iterations", 'n', OPT_UINT, iterations, "N", "end after N tables or objects"),
	OPT("delay", 'd', OPT_TIME, delay, "TIME", "interval between two updates (1)"),
	OPT("sort", 0, OPT_STRING, sort, "KEY",
	    "sort key of the devices; --sort help lists the keys"),
	OPT("device", 0, OPT_STRING, device, "GLOB",
	    "only devices whose name, driver or kind matches"),
	OPT("path", 0, OPT_STRING, path, "PATH[,PATH]", OPTS_PATHS_HELP),
	OPT("min-size", 0, OPT_SIZE, min_size, "SIZE", "only mappings of at least this size",
	    .zero = true, .live = true),
	OPT("json", 0, OPT_FLAG, json, NULL, "print one JSON object per interval, same numbers"),
	OPT("input", 'i', OPT_STRING, input, "FILE",
	    "replay a recording, as FILE; - is stdin (with -b)"),
	OPT("speed", 0, OPT_STRING, speed, "N", "replay N times as fast; max: as fast as possible"),
	OPT("ranges", 0, OPT_FLAG, ranges, NULL, "follow each mapping, to show ranges and callers",
	    .live = true),
	OPT("counts-only", 0, OPT_FLAG, counts_only, NULL,
	    "do not read live mappings: the least cost", .without = "ranges",
	    .live = true),
	OPT("no-color", 0, OPT_FLAG, no_color, NULL,
	    "no colors; NO_COLOR in the environment does the same"),
	OPT("no-unicode", 0, OPT_FLAG, no_unicode, NULL, "use ASCII characters only"),
	OPT("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, if it provides none",
	    .live = true),
	OPT("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL,
	    "attach only hooks that work under lockdown", .live = true),
	OPT("force-kprobes", 0, OPT_FLAG, force_kprobes, NULL, OPTS_FORCE_KPROBES_HELP,
	    .without = "no-kprobes", .live = true),
	OPT("verbose", 'v', OPT_FLAG, verbose, NULL, "print libbpf's messages to stderr"),
	{ 0 }
};

static void on_signal(int sig)
{
	top_signal = sig;
}

static int list_sorts(void)
{
	for (unsigned int i = 0; top_sort_name(i); i++)
		printf("%-10s %s%s\n", top_sort_name(i), top_sort_help(i), i ? "" : " (default)");
	return EXIT_DONE;
}

/* --sort and --speed; an exit code, or -1 to go on. */
static int parse_words(const struct config *cfg, struct top_run *r)
{
	char *end;
	double speed;
	int sort;

	if (cfg->sort && !strcmp(cfg->sort, "help"))
		return list_sorts();
	sort = cfg->sort ? top_sort_by_name(cfg->sort) : TOP_SORT_FINDING;
	if (sort < 0) {
		complain("top: unknown sort key \"%s\": --sort help lists the keys", cfg->sort);
		return EXIT_USAGE;
	}
	r->ui.o.sort = (enum top_sort)sort;
	r->ui.replay.speed = 1000;
	if (!cfg->speed)
		return -1;
	speed = strtod(cfg->speed, &end);
	if (!strcmp(cfg->speed, "max"))
		r->ui.replay.speed = 0;
	else if (end == cfg->speed || *end || !(speed >= 0.01) || speed > 100000)
		end = NULL;
	else
		r->ui.replay.speed = (uint64_t)(speed * 1000);
	if (end)
		return -1;
	complain("top: --speed must be a number from 0.01 to 100000, or max, not \"%s\"",
		 cfg->speed);
	return EXIT_USAGE;
}

static int refuse_live(const struct config *cfg)
{
	const char *name = opts_live(&cmd_top, cfg);

	if (!cfg->input || !name)
		return -1;
	complain("top: --%s applies to a live run, not to a replay", name);
	return EXIT_USAGE;
}

/* Keys go back in a recording, which is read again then. False after a message. */
static bool can_go_back(const struct config *cfg, const struct top_run *r)
{
	struct stat st;

	if (!cfg->input || !r->screen)
		return true;
	if (!strcmp(cfg->input, "-")) {
		complain("top: keys and the recording cannot both come from stdin: use -b");
		return false;
	}
	if (stat(cfg->input, &st) || S_ISREG(st.st_mode))
		return true;
	complain("top: %s is not a regular file, which the screen reads again to go back: use -b",
		 cfg->input);
	return false;
}

static int parse(const struct config *cfg, struct top_run *r)
{
	int ret = parse_words(cfg, r);

	if (ret >= 0)
		return ret;
	if (cfg->path && opts_paths(cfg->path, &r->ui.o.paths)) {
		complain("top: --path must be " OPTS_PATHS ", not \"%s\"", cfg->path);
		return EXIT_USAGE;
	}
	r->ui.interval = cfg->delay ? cfg->delay : 1000000000;
	if (r->ui.interval < INTERVAL_MIN || r->ui.interval > INTERVAL_MAX) {
		complain("top: --delay must be from 50ms to 1h");
		return EXIT_USAGE;
	}
	if (cfg->speed && !cfg->input) {
		complain("top: --speed needs a recording to replay (top FILE)");
		return EXIT_USAGE;
	}
	ret = refuse_live(cfg);
	if (ret >= 0)
		return ret;
	r->ui.each = cfg->ranges;
	r->ui.replay.name = cfg->input;
	r->json = cfg->json;
	r->screen = !cfg->batch && !cfg->json && screen_possible();
	r->ui.batch = !r->screen;
	r->frames_max = cfg->iterations;
	return can_go_back(cfg, r) ? -1 : EXIT_USAGE;
}

/* As in report, a glob that matches no device of the recording is an error. */
static int any_fits(const struct config *cfg, const struct top_run *r, int ret)
{
	const struct state_dev *d;

	if (!cfg->device || r->screen || r->quit || (ret != EXIT_DONE && ret != EXIT_PARTIAL))
		return ret;
	for (size_t i = 0; (d = state__dev(r->m, i)); i++)
		if (top_shows(r->m, &r->ui.o, d->key))
			return ret;
	complain("top: no device in %s matches \"%s\"", cfg->input, cfg->device);
	return EXIT_USAGE;
}

static int run_source(const struct config *cfg, struct top_run *r)
{
	const struct live_opts lo = {
		.device_glob = cfg->device,
		.probe = {
			.btf_path = cfg->btf,
			.flags = cfg->counts_only ? 0 : DMS_CFG_INDEX,
			.path_mask = r->ui.o.paths,
			.min_size = cfg->min_size,
			.no_kprobes = cfg->no_kprobes,
			.force_kprobes = cfg->force_kprobes,
			.verbose = cfg->verbose,
		},
	};

	if (!cfg->input)
		return top_live(r, &lo);
	/* a recording may hold all devices: the display is filtered */
	r->ui.o.device = cfg->device;
	return any_fits(cfg, r, top_replay(r, cfg->input, cfg->speed && r->ui.replay.speed));
}

static int run_top(void *config, int argc, char **argv)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct config *cfg = config;
	struct top_run r = {
		.look = { .no_color = cfg->no_color, .no_unicode = cfg->no_unicode },
	};
	int ret;

	if (opts_file(&cmd_top, argc, argv, false, &cfg->input))
		return EXIT_USAGE;
	screen_defaults(&r.look);
	ret = parse(cfg, &r);
	if (ret >= 0)
		return ret;
	ret = EXIT_IO;
	r.m = state__new(NULL);
	if (!r.m || catch_signals(sigs, on_signal) ||
	    out__init_fd(&r.out, STDOUT_FILENO, false, true)) {
		complain("top: %s", strerror(r.m ? errno : ENOMEM));
		goto cleanup;
	}
	out__allow_long(&r.out);
	ret = run_source(cfg, &r);
	if (out__finish(&r.out) && !ret) {
		complain("top: cannot write to standard output");
		ret = EXIT_IO;
	}
cleanup:
	screen__close();
	top_view__free(&r.view);
	top_sample__free(&r.prev);
	top_sample__free(&r.cur);
	out__free(&r.out);
	state__free(r.m);
	return ret;
}

const struct cmd cmd_top = {
	.name = "top",
	.summary = "show paths, rates and findings of each device, live or from a trace",
	.args = "[FILE]",
	.group = CMD_SEE,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_top,
};
