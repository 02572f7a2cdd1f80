// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * report: a recorded trace as the text for a bug report; findings: of that, what is wrong.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "source/replay.h"
#include "trace/out.h"
#include "view/report.h"

struct config {
	const char *device;
	const char *at;
	uint64_t since, until;
	uint64_t ranges;
	bool all, json;
	bool findings;		/* the verb is findings */
};

#define O(name, letter, type, field, arg, help)	\
	{ name, letter, type, offsetof(struct config, field), arg, help, NULL }

/* what both verbs take */
#define O_DEVICE	O("device", 0, OPT_STRING, device, "GLOB", "only devices whose name fits")
#define O_TIMES									\
	O("since", 0, OPT_TIME, since, "TIME", "only from so long after the start"),	\
	O("until", 0, OPT_TIME, until, "TIME", "only to so long after the start")
#define O_JSON		O("json", 'j', OPT_FLAG, json, NULL, "as one JSON object")

static const struct opt opts[] = {
	O_DEVICE,
	O("at", 0, OPT_STRING, at, "ADDR", "who maps this DMA or physical address, since when"),
	O_TIMES,
	O("ranges", 0, OPT_UINT, ranges, "N", "list at most N ranges, mapped or shared (20)"),
	O("all", 'a', OPT_FLAG, all, NULL, "list all ranges, mapped or shared"),
	O_JSON,
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

static int show_json(const struct model *m, const struct report_opts *o)
{
	struct out out = {};
	int err = out__init_fd(&out, STDOUT_FILENO, false, false);

	if (!err)
		err = report_json(m, o, &out);
	if (!err)
		err = out__finish(&out);
	out__free(&out);
	return err;
}

static int show(const struct model *m, const struct config *cfg, const char *path, bool cut)
{
	struct report_opts o = {
		.device = cfg->device,
		.ranges = cfg->all ? SIZE_MAX : (size_t)cfg->ranges,
		.findings = cfg->findings,
		.cut = cut,
		.source = path,
		.by_addr = cfg->at,
	};
	int err;

	if (cfg->at && parse_addr(cfg->at, &o.addr)) {
		complain("report: --at wants an address in hex, not \"%s\"", cfg->at);
		return EXIT_USAGE;
	}
	err = cfg->json ? show_json(m, &o) : report_text(m, &o, stdout);
	if (err == -ENOENT) {
		complain("%s: no device in %s fits \"%s\"", verb(cfg), path, cfg->device);
		return EXIT_USAGE;
	}
	if (err) {
		complain("%s: %s", verb(cfg), strerror(-err));
		return EXIT_IO;
	}
	return EXIT_DONE;
}

static int run_report(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct replay_opts ro = {
		.since_set = cfg->since,
		.until_set = cfg->until,
		.since_ns = (int64_t)cfg->since,
		.until_ns = (int64_t)cfg->until,
	};
	struct replay_status st;
	struct model *m;
	int ret, shown;

	if (argc != 1) {
		complain("%s: which FILE? See dmascope %s --help", verb(cfg), verb(cfg));
		return EXIT_USAGE;
	}
	m = model__new(NULL);
	if (!m) {
		complain("%s: no memory", verb(cfg));
		return EXIT_IO;
	}
	source_replay(argv[0], &ro, model__feed, m, &st);
	ret = exit_of_replay(verb(cfg), &st, m);
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL) {
		shown = show(m, cfg, argv[0], st.state != TRACE_COMPLETE);
		ret = shown ? shown : ret;
	}
	model__free(m);
	return ret;
}

const struct cmd cmd_report = {
	.name = "report",
	.summary = "the text for a bug report from a recorded trace",
	.args = "FILE",
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
	.summary = "what is wrong or wasteful, from a recorded trace",
	.args = "FILE",
	.opts = findings_opts,
	.config_size = sizeof(struct config),
	.run = run_findings,
};
