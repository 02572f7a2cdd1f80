/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A .tar.gz (ustar) whose bytes depend on names and contents only: no times, owners or ids.
 */
#ifndef DMASCOPE_EXPORT_TAR_H
#define DMASCOPE_EXPORT_TAR_H

#include <stddef.h>

struct tar;

/* Writes to fd, which stays the caller's. 0 or -errno. */
int tar__new(struct tar **t, int fd);
/* Adds a regular file, 0644; name is at most 99 characters. 0 or the first -errno, which sticks. */
int tar__add(struct tar *t, const char *name, const void *data, size_t len);
/* Ends and flushes. 0 or the first -errno. */
int tar__finish(struct tar *t);
void tar__free(struct tar *t);		/* takes NULL */

#endif /* DMASCOPE_EXPORT_TAR_H */
