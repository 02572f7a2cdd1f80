// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Find the verb and run it.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cmd/cmd.h"

const struct cmd *const cmds[] = {
	&cmd_top,
	&cmd_record,
	&cmd_bugreport,
	&cmd_report,
	&cmd_findings,
	&cmd_diff,
	&cmd_convert,
	&cmd_doctor,
	&cmd_metrics,
	&cmd_explain,
	NULL,
};

static void print_group(FILE *to, enum cmd_group group, const char *title)
{
	fprintf(to, "\n%s:\n", title);
	for (const struct cmd *const *c = cmds; *c; c++)
		if ((*c)->group == group)
			fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
}

static void usage(FILE *to)
{
	fputs("Usage: dmascope [VERB] [OPTION]... [FILE]   (VERB defaults to top)\n"
	      "Show the DMA path of each device in a confidential guest, the mapped ranges, the\n"
	      "pages that the hypervisor can see, and what is wrong.\n", to);
	print_group(to, CMD_SEE, "See this machine");
	print_group(to, CMD_RECORD, "Record a trace");
	print_group(to, CMD_EXPLAIN, "Explain a trace");
	print_group(to, CMD_EXPORT, "Export to other tools");
	fputs("\n  --help     this text; dmascope VERB --help lists a verb's options\n"
	      "  --version  the version\n"
	      "\nExit codes: 0 ok, 1 internal or I/O, 2 usage or invalid file, 3 cannot start,\n"
	      "4 finished but incomplete.\n", to);
}

/* A verb by its name or an unambiguous beginning of it. */
static const struct cmd *find_verb(const char *name)
{
	const struct cmd *found = NULL;

	for (const struct cmd *const *c = cmds; *c; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
		if (strncmp((*c)->name, name, strlen(name)))
			continue;
		if (found) {
			complain("\"%s\" could be %s or %s", name, found->name, (*c)->name);
			return NULL;
		}
		found = *c;
	}
	if (!found && !access(name, F_OK))
		complain("\"%s\" is a file, not a verb: dmascope report %s", name, name);
	else if (!found)
		complain("unknown verb \"%s\": see dmascope --help", name);
	return found;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	void *config = calloc(1, cmd->config_size ? cmd->config_size : 1);
	int first, ret;

	if (!config) {
		complain("no memory");
		return EXIT_IO;
	}
	first = opts_parse(cmd, argc, argv, config);
	if (first < 0)
		ret = first == -2 ? EXIT_DONE : EXIT_USAGE;
	else
		ret = cmd->run(config, argc - first, argv + first);
	free(config);
	return ret;
}

/*
 * Large blocks (BTF, symbols) are read once; freeing them must return the memory to the kernel.
 * glibc raises its mmap threshold after the first such free and keeps later blocks on its heap,
 * unless the threshold is set.
 */
static void return_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;
	int ret;

	return_large_blocks();
	libbpf_set_print(NULL);		/* until probe__open() knows who wants its messages */
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
			 !strcmp(argv[1], "help"))) {
		usage(stdout);
		ret = EXIT_DONE;
	} else if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("dmascope " DMASCOPE_VERSION);
		ret = EXIT_DONE;
	} else if (argc < 2 || argv[1][0] == '-') {
		ret = run(&cmd_top, argc, argv);
	} else {
		cmd = find_verb(argv[1]);
		ret = cmd ? run(cmd, argc - 1, argv + 1) : EXIT_USAGE;
	}
	if (fflush(stdout) || ferror(stdout)) {
		if (ret != EXIT_IO && ret != EXIT_USAGE)	/* then something was said */
			complain("cannot write to standard output");
		return ret == EXIT_USAGE ? ret : EXIT_IO;
	}
	return ret;
}
