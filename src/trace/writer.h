/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a stream of records as a trace (doc/trace-format.md): files, the flight recorder and
 * redaction are behind this interface. Nothing here reads a trace or knows the live source.
 */
#ifndef DMASCOPE_TRACE_WRITER_H
#define DMASCOPE_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

#define TRACE_FORMAT		"dmascope-trace"
#define TRACE_VERSION_MAJOR	2
#define TRACE_VERSION		"2.0"

struct trace_writer;

struct trace_writer_opts {
	bool gzip;		/* compress whatever the name; a name ending in .gz does too */
	bool force;		/* replace an existing regular file */
	bool redact;		/* hide DMA and physical addresses, and most of the command line */
	uint64_t max_bytes;	/* > 0: keep the last records, this much before gzip, in memory */
	const uint8_t *key;	/* 16 bytes of redaction key; NULL: a random one that is not kept */
};

/*
 * Opens path ("-": stdout, a write per record) for writing; opts may be NULL. A file is written
 * as "<path>.partial", 0600, and gets its name in trace_writer__close(). On failure *w is NULL,
 * err holds the reason in one line, and -errno is returned: -EEXIST (path or its .partial is there
 * and opts->force is not), -ELOOP (a link), -EINVAL (not a regular file), ...
 */
int trace_writer__open(struct trace_writer **w, const char *path,
		       const struct trace_writer_opts *opts, char *err, size_t err_len);

/* Compresses in a thread of its own from now on, if at all: out__use_thread(). */
void trace_writer__use_thread(struct trace_writer *w);

/*
 * Takes one record; a dms_sink_fn with the writer as context. The first must be REC_SESSION,
 * nothing may follow REC_END. An output error sticks: every later call returns it again
 * (-ENOSPC: the disk is full; -EPIPE: nobody reads stdout any more).
 */
int trace_writer__put(void *writer, const struct dms_rec *rec);

/* Hands what is buffered to the kernel, so that a reader sees it. 0 or -errno. */
int trace_writer__flush(struct trace_writer *w);

/*
 * Ends the file: flushes, syncs, gives it its final name. To be called once, also after an
 * error of put. On failure err has one line that names the file (for example that the
 * records before the disk was full are in FILE.partial); -ENODATA: no REC_END was put, so the
 * file keeps its .partial name. The writer still has to be freed.
 */
int trace_writer__close(struct trace_writer *w, char *err, size_t err_len);

/* Frees w, which may be NULL. Without a close before, the file stays as .partial. */
void trace_writer__free(struct trace_writer *w);

/* Event records taken, and bytes that reached the output (after gzip). */
uint64_t trace_writer__events(const struct trace_writer *w);
uint64_t trace_writer__bytes(const struct trace_writer *w);

#endif /* DMASCOPE_TRACE_WRITER_H */
