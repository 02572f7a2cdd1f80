// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * explain: the long text of a finding, or the list of all.
 */
#include <errno.h>
#include <stdio.h>

#include "cmd.h"
#include "view/explain.h"

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
		complain("explain: there is no finding \"%s\": dmascope explain lists them",
			 argv[0]);
		return EXIT_USAGE;
	}
	return err ? EXIT_IO : EXIT_DONE;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "what a finding means, how the kernel gets there, what to do",
	.args = "[FINDING]",
	.opts = opts,
	.config_size = 1,
	.run = run_explain,
};
