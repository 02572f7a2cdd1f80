/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a file, and uncompresses it if it is gzip, ahead of its reader: in a thread of its own,
 * since gunzip takes more time than any other part of a report. What a pipe has is given at once;
 * a block is full where the file does not make it wait.
 */
#ifndef DMASCOPE_TRACE_AHEAD_H
#define DMASCOPE_TRACE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

#define AHEAD_BLOCK	(128 * 1024)	/* bytes that are given at once, at most */

struct ahead;

/* Takes the descriptor, closed also if this fails. 0 or -errno. */
int ahead__open(struct ahead **a, int fd);
/* False: no thread could be had, all is read when it is asked for. */
bool ahead__has_thread(const struct ahead *a);
/* Ends a read that waits for its file: nothing more is given. Another thread may be reading. */
void ahead__stop(struct ahead *a);
/* After the last read; takes NULL. */
void ahead__close(struct ahead *a);

/*
 * The next bytes, whose place is valid until the next call; *len 0: the end, also of a gzip file
 * that was cut. 0; -EBADMSG: the compressed data are damaged; another -errno: they cannot be read.
 */
int ahead__read(struct ahead *a, const char **data, size_t *len);

#endif /* DMASCOPE_TRACE_AHEAD_H */
