/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records on their way from a thread that reads them to the sink, many at a time, so that neither
 * waits for the other often. Without a thread each goes to the sink at once.
 */
#ifndef DMASCOPE_TRACE_BATCH_H
#define DMASCOPE_TRACE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct batches;

/* 0 or -ENOMEM, and *b NULL. */
int batches__new(struct batches **b, dms_sink_fn sink, void *ctx);
void batches__free(struct batches *b);	/* takes NULL */

/* ---- of the thread, or of the caller if there is none ---- */

/* Where the next record can be written to; NULL: nobody wants more. */
struct dms_rec *batches__next(struct batches *b);
/* That record is complete, and stood in that line. 0, or the sink's error, or -ECANCELED. */
int batches__put(struct batches *b, uint64_t line);
/* Nothing comes for a while. */
void batches__flush(struct batches *b);

/* ---- of the caller ---- */

/*
 * Calls read(arg) in a thread and the sink here, until read returns or the sink does not go on;
 * then stop(arg), of this thread, has to make read return. *err: 0, the sink's error, or -EINTR: a
 * signal was handled while there was nothing to give. False: no thread could be had, nothing was
 * done.
 */
bool batches__run(struct batches *b, void (*read)(void *arg), void (*stop)(void *arg), void *arg,
		  int *err);
/* Records that the sink was given, and took; the line of the last one that it was given. */
uint64_t batches__given(const struct batches *b);
uint64_t batches__taken(const struct batches *b);
uint64_t batches__line(const struct batches *b);

#endif /* DMASCOPE_TRACE_BATCH_H */
