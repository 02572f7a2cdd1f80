/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line: verbs, their one option table (usage, completion and man pages are made
 * from it or checked against it), exit codes. What a verb does lives in cmd_<verb>.c.
 */
#ifndef DMASCOPE_CMD_H
#define DMASCOPE_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_IO = 1,		/* internal error, or input/output failed */
	EXIT_USAGE = 2,		/* wrong command line, or an invalid file */
	EXIT_START = 3,		/* cannot start: privilege, lockdown, kernel */
	EXIT_PARTIAL = 4,	/* finished, but incomplete: something was lost or is missing */
};

enum opt_type {
	OPT_FLAG,		/* bool */
	OPT_STRING,		/* const char * */
	OPT_UINT,		/* uint64_t, decimal or 0x */
	OPT_SIZE,		/* uint64_t, bytes, with K, M, G */
	OPT_TIME,		/* uint64_t, ns, from "10", "1.5", "500ms", "2m", "1h" */
	OPT_CHOICE,		/* const char *, one of `choices` */
};

struct opt {
	const char *name;	/* long name; NULL ends the table */
	char letter;		/* 0 = none */
	enum opt_type type;
	size_t offset;		/* into the verb's configuration */
	const char *arg;	/* what the argument is called */
	const char *help;
	const char *choices;	/* separated by '|' */
};

struct model;
struct probe_error;
struct trace_status;

struct cmd {
	const char *name;
	const char *summary;
	const char *args;	/* for usage: "FILE", "[-- CMD...]" */
	const struct opt *opts;
	size_t config_size;	/* a zeroed block of this size is given to run() */
	/* the words that are no options; the exit code is returned */
	int (*run)(void *config, int argc, char **argv);
};

extern const struct cmd cmd_top, cmd_record, cmd_report, cmd_convert, cmd_doctor, cmd_metrics,
	cmd_findings, cmd_explain;
extern const struct cmd *const cmds[];	/* NULL ends it */

/* One line to stderr, "dmascope: " before it. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The exit code for how reading a trace ended, which is told if it is not whole. After EXIT_DONE
 * and EXIT_PARTIAL there is something in the model to show.
 */
int exit_of_replay(const char *verb, const struct trace_status *st, const struct model *m);

/* Tells why nothing can be observed; the exit code for it. */
int exit_of_start(const char *verb, int err, const struct probe_error *perr);

/*
 * Parses argv[1..] by the table into config. The index of the first word that is no option, or
 * -1 after a message (EXIT_USAGE), or -2 after --help was printed (EXIT_DONE).
 */
int opts_parse(const struct cmd *cmd, int argc, char **argv, void *config);
void opts_usage(const struct cmd *cmd);

/* "bounced,tce" as bits of enum dms_path, added to *mask. 0 or -EINVAL. */
int opts_paths(const char *list, uint32_t *mask);
#define OPTS_PATHS	"direct, bounced, tce, coherent, failed or iommu, separated by commas"
#define OPTS_PATHS_HELP	"only of these: direct, bounced, tce, coherent, failed, iommu"

#endif /* DMASCOPE_CMD_H */
