// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * report: a recorded trace as the text for a bug report, JSON or an HTML page; findings: of that,
 * what is wrong. Of several traces both print a summary.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "source/replay.h"
#include "trace/out.h"
#include "cmd/page.h"
#include "report/report.h"
#include "report/summary.h"

struct config {
	const char *device;
	const char *at;
	uint64_t since, until;
	uint64_t ranges;
	bool all, json, force;
	const char *html;
	bool findings;		/* the verb is findings */
};

/* options of both verbs */
#define O_DEVICE								\
	OPT("device", 0, OPT_STRING, device, "GLOB", \
	    "only devices whose name, driver or kind matches")
#define O_TIMES									\
	OPT("since", 0, OPT_TIME, since, "TIME", "only events from TIME after the start",	\
	    .zero = true),								\
	OPT("until", 0, OPT_TIME, until, "TIME", "only events until TIME after the start")
#define O_JSON		OPT("json", 'j', OPT_FLAG, json, NULL, "print one JSON object")

static const struct opt opts[] = {
	O_DEVICE,
	OPT("at", 0, OPT_STRING, at, "ADDR", "show mappings of this DMA or physical address"),
	O_TIMES,
	OPT("ranges", 0, OPT_UINT, ranges, "N", "list at most N ranges, mapped or shared (20)"),
	OPT("all", 'a', OPT_FLAG, all, NULL, "list all ranges, mapped or shared",
	    .without = "ranges"),
	O_JSON,
	OPT("html", 0, OPT_STRING, html, "PAGE", "write a page for a browser instead; - is stdout"),
	OPT("force", 'f', OPT_FLAG, force, NULL, "replace PAGE if it exists"),
	{ 0 }
};

static const struct opt findings_opts[] = {
	O_DEVICE,
	O_TIMES,
	O_JSON,
	{ 0 }
};

static const char *verb(const struct config *cfg)
{
	return cfg->findings ? "findings" : "report";
}

static int parse_addr(const char *s, uint64_t *addr)
{
	char *end;

	errno = 0;
	*addr = strtoull(s, &end, 16);
	return errno || end == s || *end || *s == '-' ? -EINVAL : 0;
}

static int show_json(const struct state *m, const struct report_opts *o)
{
	struct out out = {};
	int err = out__init_fd(&out, STDOUT_FILENO, false, false);

	out__allow_long(&out);
	if (!err)
		err = report_json(m, o, &out);
	if (!err)
		err = out__finish(&out);
	out__free(&out);
	return err;
}

static int show(const struct state *m, const struct config *cfg, uint64_t at, const char *path)
{
	struct report_opts o = {
		.device = cfg->device,
		.ranges = cfg->all ? SIZE_MAX : (size_t)cfg->ranges,
		.findings = cfg->findings,
		.source = path,
		.by_addr = cfg->at,
		.addr = at,
	};
	int err;

	err = cfg->json ? show_json(m, &o) : report_text(m, &o, stdout);
	if (err == -ENOENT) {
		complain("%s: no device in %s matches \"%s\"", verb(cfg), path, cfg->device);
		return EXIT_USAGE;
	}
	if (err) {
		complain("%s: %s", verb(cfg), strerror(-err));
		return EXIT_IO;
	}
	return EXIT_DONE;
}

static struct replay_opts replay_of(const struct config *cfg)
{
	return (struct replay_opts){
		.since_set = cfg->since,
		.until_set = cfg->until,
		.since_ns = (int64_t)cfg->since,
		.until_ns = (int64_t)cfg->until,
	};
}

static int report_one(const struct config *cfg, const char *path)
{
	const struct replay_opts ro = replay_of(cfg);
	struct state_opts so = { .watch = cfg->at };
	struct replay_status st;
	struct state *m;
	int ret, shown;

	if (cfg->at && parse_addr(cfg->at, &so.watch_addr)) {
		complain("report: --at must be a hexadecimal address, not \"%s\"", cfg->at);
		return EXIT_USAGE;
	}
	m = state__new(&so);
	if (!m) {
		complain("%s: no memory", verb(cfg));
		return EXIT_IO;
	}
	source_replay(path, &ro, state__feed, m, &st);
	ret = exit_of_replay(verb(cfg), &st, m);
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL) {
		shown = show(m, cfg, so.watch_addr, path);
		ret = shown ? shown : ret;
	}
	state__free(m);
	return ret;
}

static int report_page(const struct config *cfg, const char *path)
{
	const struct page_opts po = {
		.verb = "report",
		.input = path,
		.output = cfg->html,
		.force = cfg->force,
		.replay = replay_of(cfg),
		.report = { .device = cfg->device, .ranges = SIZE_MAX },
	};

	return page_write(&po);
}

/* ---- several traces ---- */

static int add_row(const struct config *cfg, struct summary *s, const char *path, int *ret)
{
	const struct replay_opts ro = replay_of(cfg);
	struct report_opts o = { .device = cfg->device };
	struct replay_status st;
	struct state_run run;
	struct state *m = state__new(NULL);
	int err;

	if (!m)
		return -ENOMEM;
	source_replay(path, &ro, state__feed, m, &st);
	state__run(m, &run);
	if (!st.header) {
		err = summary__add_error(s, path, st.text);
		if (*ret == EXIT_DONE || *ret == EXIT_PARTIAL)
			*ret = st.state == TRACE_IO ? EXIT_IO : EXIT_USAGE;
	} else {
		err = summary__add(s, path, m, &o);
		if (*ret == EXIT_DONE && !run.complete)
			*ret = EXIT_PARTIAL;
	}
	state__free(m);
	return err;
}

static int print_summary(const struct config *cfg, struct summary *s)
{
	struct out out = {};
	int err;

	if (!cfg->json)
		return summary__text(s, !cfg->findings, stdout);
	err = out__init_fd(&out, STDOUT_FILENO, false, false);
	out__allow_long(&out);
	if (!err)
		err = summary__json(s, &out);
	if (!err)
		err = out__finish(&out);
	out__free(&out);
	return err;
}

static int report_many(const struct config *cfg, int argc, char **argv)
{
	struct summary *s;
	int ret = EXIT_DONE, err = summary__new(&s);

	if (cfg->at || cfg->html || cfg->all || cfg->ranges) {
		complain("%s: --%s is for one FILE", verb(cfg), cfg->at ? "at" :
			 cfg->html ? "html" : cfg->all ? "all" : "ranges");
		summary__free(s);
		return EXIT_USAGE;
	}
	for (int i = 0; i < argc && !err; i++)
		err = add_row(cfg, s, argv[i], &ret);
	if (!err)
		err = print_summary(cfg, s);
	if (err) {
		complain("%s: %s", verb(cfg), strerror(-err));
		ret = EXIT_IO;
	}
	summary__free(s);
	return ret;
}

static int run_report(void *config, int argc, char **argv)
{
	struct config *cfg = config;

	if (!argc) {
		complain("%s: FILE is missing; usage: dmascope %s [OPTION]... FILE...", verb(cfg),
			 verb(cfg));
		return EXIT_USAGE;
	}
	if (!opts_slice(verb(cfg), cfg->since, cfg->until))
		return EXIT_USAGE;
	if (cfg->html && (cfg->json || cfg->at)) {
		complain("report: --html goes with neither --json nor --at");
		return EXIT_USAGE;
	}
	if (argc > 1)
		return report_many(cfg, argc, argv);
	return cfg->html ? report_page(cfg, argv[0]) : report_one(cfg, argv[0]);
}

const struct cmd cmd_report = {
	.name = "report",
	.summary = "print a trace as text, JSON or a page for a browser; sum up many",
	.args = "FILE...",
	.group = CMD_EXPLAIN,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_report,
};

static int run_findings(void *config, int argc, char **argv)
{
	struct config *cfg = config;

	cfg->findings = true;
	return run_report(cfg, argc, argv);
}

const struct cmd cmd_findings = {
	.name = "findings",
	.summary = "list the problems in a trace, or in many, with evidence and remedy",
	.args = "FILE...",
	.group = CMD_EXPLAIN,
	.opts = findings_opts,
	.config_size = sizeof(struct config),
	.run = run_findings,
};
