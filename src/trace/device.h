/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fields of a device as JSON, in both directions, by the list in record/device_fields.h.
 */
#ifndef DMASCOPE_TRACE_DEVICE_H
#define DMASCOPE_TRACE_DEVICE_H

#include "record/device_fields.h"
#include "record/record.h"
#include "trace/json.h"

/* Writes those fields that have one of `flags` (DF_*; 0: all). d NULL: all are null, as with flags
 * is each that is not known. */
void device_fields__put(struct json *j, const struct rec_device *d, uint32_t flags);
/* Was each observed that is written as null otherwise? */
bool device_fields__all_known(const struct rec_device *d);

struct line;
/* Takes the fields that a line has; the line is refused if one is of another kind. */
void device_fields__get(struct line *l, struct rec_device *d);

#endif /* DMASCOPE_TRACE_DEVICE_H */
