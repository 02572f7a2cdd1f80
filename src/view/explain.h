/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The long text of each finding: what it means, how the kernel gets there, what to do, where
 * that is written. When a finding is made is the model's business.
 */
#ifndef DMASCOPE_EXPLAIN_H
#define DMASCOPE_EXPLAIN_H

#include <stddef.h>
#include <stdio.h>

struct explanation {
	const char *id;		/* as model__finding_id() */
	const char *title;
	const char *means;
	const char *how;	/* how the kernel gets there */
	const char *todo;
	const char *sources;
};

/* NULL if there is no finding of that id. */
const struct explanation *explain_find(const char *id);
/* In the order of the table, NULL past the end. */
const struct explanation *explain_at(size_t i);

/* Prints one in 80 columns. 0, -ENOENT (no such finding), -EIO. */
int explain_print(const char *id, FILE *f);
/* A line for each: id and title. 0 or -EIO. */
int explain_list(FILE *f);

#endif /* DMASCOPE_EXPLAIN_H */
