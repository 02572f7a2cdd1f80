/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Uncompresses a file ahead of its reader, in a thread of its own: gunzip takes a quarter of the
 * time of a report. A file that is not compressed is read without one.
 */
#ifndef DMASCOPE_TRACE_AHEAD_H
#define DMASCOPE_TRACE_AHEAD_H

#include <stddef.h>

#define AHEAD_BLOCK	(128 * 1024)	/* bytes that are given at once, at most */

struct ahead;

/* Takes the descriptor, closed also if this fails. 0 or -errno. */
int ahead__open(struct ahead **a, int fd);
/* Ends a read that waits for its file; takes NULL. */
void ahead__close(struct ahead *a);

/*
 * The next bytes, whose place is valid until the next call; *len 0: the end. 0; -EBADMSG: the
 * compressed data are damaged; another -errno: they cannot be read.
 */
int ahead__read(struct ahead *a, const char **data, size_t *len);

#endif /* DMASCOPE_TRACE_AHEAD_H */
