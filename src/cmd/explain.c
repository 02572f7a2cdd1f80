// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * explain: the long text of a finding, or the list of all.
 */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "words/explain.h"

static const struct opt opts[] = { { 0 } };

static int run_explain(void *config, int argc, char **argv)
{
	int err;

	(void)config;
	if (argc > 1) {
		complain("explain: one finding at a time, not also \"%s\"", argv[1]);
		return EXIT_USAGE;
	}
	err = argc ? explain_print(argv[0], stdout) : explain_list(stdout);
	if (err == -ENOENT) {
		complain("explain: unknown finding \"%s\": dmascope explain lists all",
			 argv[0]);
		return EXIT_USAGE;
	}
	return err ? EXIT_IO : EXIT_DONE;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "explain a finding: its meaning, its cause in the kernel, its remedy",
	.args = "[FINDING]",
	.group = CMD_EXPLAIN,
	.opts = opts,
	.config_size = 1,
	.run = run_explain,
};
