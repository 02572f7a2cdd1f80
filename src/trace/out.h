/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Buffered output of whole lines: to a descriptor, through gzip, or into memory. Knows bytes and
 * line ends only; file names and what a line means belong to others.
 *
 * Errors stick: after the first, everything is a no-op and returns it, so that a producer needs
 * to look once per line. What reached a plain file is always whole lines.
 */
#ifndef DMASCOPE_TRACE_OUT_H
#define DMASCOPE_TRACE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUT_LINE_MAX	(1024 * 1024)	/* a longer line is -EMSGSIZE, as no trace may have one */

struct out {
	char *p;		/* where the next byte goes */
	char *end;		/* of the buffer */
	char *buf;
	char *line;		/* first byte of the line being written */
	int fd;			/* -1: memory */
	int err;		/* 0 or the first -errno */
	bool by_line;		/* write out each line as it ends */
	size_t line_max;
	uint64_t plain;		/* bytes of whole lines, before compression, up to buf */
	uint64_t bytes;		/* reached the descriptor; with a thread: by the last flush */
	struct out_gz *gz;
};

/* fd stays the caller's. 0 or -errno; after either, out__free() may be called. */
int out__init_fd(struct out *o, int fd, bool gzip, bool by_line);
/*
 * From now on compresses and writes in a thread, which begins with what the calling one may do now:
 * after privileges were dropped. An error shows a block later, or with a flush. Without gzip, or
 * where there can be no thread, all stays as it is.
 */
void out__use_thread(struct out *o);
/* Lines of any length, for what is not a trace. */
void out__allow_long(struct out *o);
/* Into memory: the bytes from buf to p, kept until out__reset(). */
int out__init_mem(struct out *o);
void out__reset(struct out *o);
void out__free(struct out *o);

int out__make_room(struct out *o, size_t len);

/* Sees to it that len bytes fit at p; false after an error. */
static inline bool out__room(struct out *o, size_t len)
{
	return (!o->err && (size_t)(o->end - o->p) >= len) || !out__make_room(o, len);
}

void out__write(struct out *o, const void *data, size_t len);

/* Ends the line with a newline; drops it whole after an error. 0 or the sticky -errno. */
int out__end_line(struct out *o);

/* Hands whole lines to the descriptor, with gzip as a block that a reader can decode. */
int out__flush(struct out *o);
/* The same, and the end of the gzip stream; nothing may be written after it. */
int out__finish(struct out *o);

#endif /* DMASCOPE_TRACE_OUT_H */
