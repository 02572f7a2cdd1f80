/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parameters of the kernel command line. Splitting only; what a parameter means is the
 * caller's.
 */
#ifndef DMASCOPE_GUEST_PARAM_H
#define DMASCOPE_GUEST_PARAM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds the last "name" or "name=value" before "--" (the kernel parses left to right, the last
 * one wins; dashes and underscores are the same: kernel/params.c parameqn()). `value` gets the
 * value without quotes, "" if there is none; it may be NULL.
 */
bool guest_param(const char *cmdline, const char *name, char *value, size_t len);

/* Does a comma-separated value hold this word? */
bool guest_param_has(const char *value, const char *word);

#endif /* DMASCOPE_GUEST_PARAM_H */
