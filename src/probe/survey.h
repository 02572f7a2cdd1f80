/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every candidate of every hook, asked for one by one: what the running kernel has of it and what
 * not, for people who wonder why a hook is attached as it is. Nothing is loaded here.
 */
#ifndef DMASCOPE_PROBE_SURVEY_H
#define DMASCOPE_PROBE_SURVEY_H

#include "guest/symbols.h"
#include "probe/catalogue.h"

struct survey_cand {
	const struct candidate *cand;
	bool exists;
	bool withheld;			/* there, but it can crash the kernel (harm.h) */
	char symbol[DMS_NAME_LEN];	/* full name, with the compiler's suffix; "" = none */
	char params[DMS_TEXT_LEN];	/* names of parameters, in order */
	bool params_btf;		/* by the kernel's BTF, not by the catalogue */
	char why[DMS_TEXT_LEN];		/* it cannot be used */
};

struct survey_hook {
	const struct hook_row *row;
	unsigned int count;
	struct survey_cand cand[CAND_MAX];
};

struct survey_opts {
	const char *btf_path;		/* NULL = the kernel's own */
	const struct symbols *syms;
	bool no_kprobes;		/* lockdown=confidentiality, or as if */
	bool force_kprobes;		/* as in struct probe_opts */
	bool fentry;			/* fentry was seen to work */
};

/*
 * Fills out[] with the rows for this architecture, in the catalogue's order. Their number, at
 * most hook_rows_count, or -errno. Without BTF the trace events are reported as not found.
 */
int survey_hooks(const struct survey_opts *opts, struct survey_hook *out);

#endif /* DMASCOPE_PROBE_SURVEY_H */
