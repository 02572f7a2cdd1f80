/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prints the long text of a finding: its meaning, its cause in the kernel, remedies, sources.
 */
#ifndef DMASCOPE_EXPLAIN_H
#define DMASCOPE_EXPLAIN_H

#include <stdio.h>

/* Prints one in 80 columns. 0, -ENOENT (no such finding), -EIO. */
int explain_print(const char *id, FILE *f);
/* A line for each: id and title. 0 or -EIO. */
int explain_list(FILE *f);

#endif /* DMASCOPE_EXPLAIN_H */
