/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a trace, plain or gzip, line by line in constant memory; what a pipe has is passed on
 * before more is waited for. The file is untrusted: each
 * length, depth and number is checked, and an error is reported in one line with its line number.
 * Nothing here interprets records; filters are in source/replay.
 */
#ifndef DMASCOPE_TRACE_READER_H
#define DMASCOPE_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define TRACE_LINE_MAX	(64 * 1024)	/* bytes of one line; no record of ours comes near */
#define TRACE_DEPTH_MAX	8		/* nested arrays and objects in one line */

enum trace_state {
	TRACE_COMPLETE = 0,	/* the footer was read, no line is missing */
	TRACE_TRUNCATED,	/* no footer: the writer was stopped or the file was cut */
	TRACE_DAMAGED,		/* a line is not what the format allows */
	TRACE_FOREIGN,		/* not a dmascope trace */
	TRACE_NEWER,		/* of a higher major version */
	TRACE_IO,		/* could not be opened or read */
	TRACE_STOPPED,		/* the sink returned an error */
};

struct trace_status {
	enum trace_state state;
	bool header;		/* the session was read: the records before the error can be used */
	uint64_t line;		/* where reading ended, from 1; 0 = before the first line */
	uint64_t records;	/* passed to the sink */
	uint64_t ignored;	/* lines of a type this version does not know */
	char text[256];		/* "FILE: line 12: ..." unless state is TRACE_COMPLETE */
};

/*
 * Reads path ("-": stdin) and passes each record to sink, which must not keep it, in the thread of
 * the caller; there are two more until this returns. Returns
 *   0			TRACE_COMPLETE, TRACE_TRUNCATED
 *   -EBADMSG		TRACE_DAMAGED
 *   -EPROTO		TRACE_FOREIGN
 *   -EPROTONOSUPPORT	TRACE_NEWER
 *   -errno		TRACE_IO, or what the sink returned (TRACE_STOPPED)
 *   -EINTR		TRACE_STOPPED: a signal was handled while there was nothing to pass on
 * and fills st at the end, which may not be NULL. Unknown fields and record types are ignored.
 */
int trace_read(const char *path, dms_sink_fn sink, void *ctx, struct trace_status *st);

/* The same from memory (plain text, not gzip); name is for messages. */
int trace_read_mem(const char *name, const void *data, size_t len, dms_sink_fn sink, void *ctx,
		   struct trace_status *st);

#endif /* DMASCOPE_TRACE_READER_H */
