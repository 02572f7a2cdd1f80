/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line: verbs, their one option table (usage, completion and man pages are made
 * from it or checked against it), exit codes. Each verb has a file of its name.
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
	bool zero;		/* 0 is a valid number, size or time */
	const char *without;	/* the option that cannot be given beside it */
	bool live;		/* of observing: has no meaning for a recording */
};

/* A row of a verb's table; `field` is of its struct config. More members may follow. */
#define OPT(n, l, t, field, a, h, ...)						\
	{ .name = n, .letter = l, .type = t, .offset = offsetof(struct config, field),	\
	  .arg = a, .help = h, __VA_ARGS__ }

struct state;
struct probe;
struct probe_error;
struct trace_status;

enum cmd_group {		/* a verb's place in dmascope --help */
	CMD_EXPLAIN,
	CMD_SEE,
	CMD_RECORD,
	CMD_EXPORT,
};

struct cmd {
	const char *name;
	const char *summary;
	const char *args;	/* for usage: "FILE", "[-- CMD...]" */
	enum cmd_group group;
	bool runs_command;	/* the first word begins a command: no options after it */
	const struct opt *opts;
	size_t config_size;	/* a zeroed block of this size is given to run() */
	/* the words that are no options; the exit code is returned */
	int (*run)(void *config, int argc, char **argv);
	const char *(*note)(void);	/* a line more for --help, of this build; may be NULL */
};

extern const struct cmd cmd_top, cmd_record, cmd_report, cmd_convert, cmd_doctor, cmd_metrics,
	cmd_findings, cmd_explain, cmd_diff, cmd_bugreport;
extern const struct cmd *const cmds[];	/* NULL ends it */

/* Sets the handler of each of sigs (0 ends them); an ignored SIGHUP stays ignored. 0 or -errno. */
int catch_signals(const int *sigs, void (*handler)(int sig));

/* One line to stderr, "dmascope: " before it; control characters become "\xHH". */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The exit code for the state in which reading a trace ended, after a message if the trace is not
 * whole. After EXIT_DONE and EXIT_PARTIAL the state has something to show.
 */
int exit_of_replay(const char *verb, const struct trace_status *st, const struct state *m);

/* Prints the reason why nothing can be observed; returns the exit code for it. */
int exit_of_start(const char *verb, int err, const struct probe_error *perr);

/* Prints one line where a kprobe can crash the kernel, and hooks are kprobes or missing for it. */
void warn_of_kprobes(const char *verb, const struct probe *p);

/*
 * Parses argv[1..] by the table into config; options may follow other words, which are moved to
 * the end of argv. The index of the first word that is no option, or -1 after a message
 * (EXIT_USAGE), or -2 after --help was printed (EXIT_DONE).
 */
int opts_parse(const struct cmd *cmd, int argc, char **argv, void *config);
void opts_usage(const struct cmd *cmd);
/* The name of the first option of observing that was given, NULL: none. */
const char *opts_live(const struct cmd *cmd, const void *config);

/*
 * The trace that a verb reads: its only word, or what -i gave (*input, NULL if not given). 0, or
 * -EINVAL after a message if there are several, or none although one is `required`.
 */
int opts_file(const struct cmd *cmd, int argc, char **argv, bool required, const char **input);

/* --since and --until of a recording, 0: not given. True, or false after a message. */
bool opts_slice(const char *verb, uint64_t since, uint64_t until);

/* "bounced,tce" as bits of enum dms_path, added to *mask. 0 or -EINVAL. */
int opts_paths(const char *list, uint32_t *mask);
#define OPTS_PATHS	"direct, bounced, tce, coherent, failed or iommu, separated by commas"
#define OPTS_PATHS_HELP	"only these paths: direct, bounced, tce, coherent, failed, iommu"

#define OPTS_FORCE_KPROBES_HELP	"attach kprobes even where one can crash the kernel (ppc64le)"

#endif /* DMASCOPE_CMD_H */
