// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * diff: two recorded traces, for example of before and after an update.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "report/diff.h"
#include "source/replay.h"
#include "trace/out.h"

struct config {
	bool json, exit_code, quiet;
};

static const struct opt opts[] = {
	OPT("json", 'j', OPT_FLAG, json, NULL, "print one JSON object"),
	OPT("exit-code", 'e', OPT_FLAG, exit_code, NULL,
	    "exit with 1 if more differs than the load, and with 2 on any error"),
	OPT("quiet", 'q', OPT_FLAG, quiet, NULL, "print nothing; see the exit code"),
	{ 0 }
};

static int print_json(const struct diff *d)
{
	struct out out = {};
	int err = out__init_fd(&out, STDOUT_FILENO, false, false);

	out__allow_long(&out);
	if (!err)
		err = diff__json(d, &out);
	if (!err)
		err = out__finish(&out);
	out__free(&out);
	return err;
}

static int print(const struct config *cfg, const struct diff *d)
{
	return cfg->quiet ? 0 : cfg->json ? print_json(d) : diff__text(d, stdout);
}

/* The exit code as other verbs have it; *differs is set if both could be read. */
static int compare(const struct config *cfg, char **files, struct state *m[2], bool *differs)
{
	struct diff_side side[2];
	struct replay_status st;
	struct diff *d;
	int ret = EXIT_DONE, err, one;

	for (int i = 0; i < 2; i++) {
		source_replay(files[i], NULL, state__feed, m[i], &st);
		one = exit_of_replay("diff", &st, m[i]);
		if (one != EXIT_DONE && one != EXIT_PARTIAL)
			return one;
		ret = one ? one : ret;
		side[i] = (struct diff_side){ m[i], files[i], st.state != TRACE_COMPLETE };
	}
	err = diff__new(&d, &side[0], &side[1]);
	if (!err) {
		err = print(cfg, d);
		if (!err && fflush(stdout))
			err = -errno;
		*differs = diff__differs(d);
		diff__free(d);
	}
	if (err) {
		complain("diff: %s", strerror(-err));
		return EXIT_IO;
	}
	return ret;
}

static int run_diff(void *config, int argc, char **argv)
{
	const struct config *cfg = config;
	struct state *m[2];
	bool differs = false;
	int ret;

	if (argc != 2) {
		complain("diff: two files are compared, not %d; usage: dmascope diff "
			 "[OPTION]... A B", argc);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[0], "-") && !strcmp(argv[1], "-")) {
		complain("diff: standard input can be one of the two only");
		return EXIT_USAGE;
	}
	m[0] = state__new(NULL);
	m[1] = state__new(NULL);
	if (m[0] && m[1]) {
		ret = compare(cfg, argv, m, &differs);
	} else {
		complain("diff: no memory");
		ret = EXIT_IO;
	}
	state__free(m[0]);
	state__free(m[1]);
	if (!cfg->exit_code)
		return ret;
	return ret != EXIT_DONE && ret != EXIT_PARTIAL ? EXIT_USAGE : differs;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "compare two traces: paths, decisions, failures, findings",
	.args = "A B",
	.group = CMD_EXPLAIN,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_diff,
};
