/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One record becomes one line of the trace. The only place that knows the field names for
 * writing; files, redaction of addresses and reading are elsewhere.
 */
#ifndef DMASCOPE_TRACE_ENCODE_H
#define DMASCOPE_TRACE_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "trace/out.h"

struct trace_lit {		/* copied as a whole, so that the compiler needs no loop */
	char s[31];
	uint8_t len;
};

/* The last text of a field that stays the same over many events. */
struct trace_memo {
	uint64_t v;
	struct trace_lit lit;	/* empty: none yet */
};

struct trace_encoder {
	uint64_t start_ns;	/* of the session: times are written relative to it */
	uint64_t lines;		/* ended so far; the caller counts them for the footer */
	bool redact;		/* hide what is in free text; addresses are redacted before */
	struct trace_lit type[DMS_EV_MAX];
	struct trace_lit hook[DMS_HOOK_MAX], also[DMS_HOOK_MAX];
	struct trace_lit path[DMS_PATH_MAX];
	struct trace_lit dir[DMS_DIR_NONE + 1];
	struct trace_memo dev, size, pid;
	struct trace_memo slot;	/* a hexadecimal value: of a slot, or the DMA address of one */
	struct trace_lit flag[8];	/* by bit of dms_event.flags */
};

void trace_encoder__init(struct trace_encoder *e, bool redact);

/*
 * Writes rec as a line onto o. 0, the sticky error of o, or -EINVAL for a record that has no
 * place in a trace (then nothing is written).
 */
int trace_encode(struct trace_encoder *e, struct out *o, const struct dms_rec *rec);

#endif /* DMASCOPE_TRACE_ENCODE_H */
