/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flight recorder: keeps the last lines of a stream in a ring of fixed size. A line that has
 * to go is forgotten if it is an event, and remembered once per key if it is state (a device, a
 * stack). In memory and not on disk: writing would make DMA of its own while it is observed.
 */
#ifndef DMASCOPE_TRACE_FLIGHT_H
#define DMASCOPE_TRACE_FLIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"
#include "trace/out.h"

struct flight;

/* bytes: of the ring, taken from memory as it fills. 0 or -errno; freed by flight__free(). */
int flight__new(struct flight **f, uint64_t bytes);
void flight__free(struct flight *f);

/* Takes the line of rec, len bytes with its newline. 0, -ENOMEM, -EMSGSIZE. */
int flight__put(struct flight *f, const struct dms_rec *rec, const char *line, size_t len);

/* Lines kept as state, and those in the ring, in the order of the stream: state first. */
int flight__write_state(const struct flight *f, struct out *o, uint64_t *lines);
int flight__write_ring(const struct flight *f, struct out *o, uint64_t *lines);

/* Dropped observations of a hook, and the time of the newest. */
uint64_t flight__trimmed(const struct flight *f, unsigned int hook);
/* The sum of a hook's dropped gap records. */
uint64_t flight__lost(const struct flight *f, unsigned int hook);
uint64_t flight__trimmed_ts(const struct flight *f);

#endif /* DMASCOPE_TRACE_FLIGHT_H */
