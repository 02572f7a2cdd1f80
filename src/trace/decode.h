/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line of a trace becomes one record: the counterpart of encode. Order of lines, files and
 * compression are the reader's.
 */
#ifndef DMASCOPE_TRACE_DECODE_H
#define DMASCOPE_TRACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"
#include "trace/shape.h"

#define NAMETAB_SLOTS	128	/* a power of two, twice the names of the longest table */

struct nametab {
	struct {
		const char *name;
		uint32_t len;
		int id;
	} slot[NAMETAB_SLOTS];
};

struct trace_decoder {
	uint64_t start_ns;
	uint64_t footer_lines;		/* as the footer counts them, 0 = it does not */
	unsigned int major;		/* of a header that was refused */
	unsigned int minor;
	struct nametab type;		/* events by DMS_EV_*, other records by -REC_* */
	struct nametab hook, path, dir;
	char error[160];		/* why a line was refused */
	struct shapes shapes;		/* of lines that were events; last: it is not cleared */
};

void trace_decoder__init(struct trace_decoder *d);

/* The first line. 0, -EPROTO (not a trace), -EPROTONOSUPPORT (d->major is newer), -EBADMSG. */
int trace_decode_header(struct trace_decoder *d, const char *line, size_t len,
			struct dms_rec *rec);

/* Any other line. 0, 1 (of a type this version does not know: rec is void), -EBADMSG. */
int trace_decode(struct trace_decoder *d, const char *line, size_t len, struct dms_rec *rec);

#endif /* DMASCOPE_TRACE_DECODE_H */
