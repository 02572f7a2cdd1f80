/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables of the model as CSV (RFC 4180, LF line ends): a header line, then a line per row.
 * Nothing is judged here.
 */
#ifndef DMASCOPE_TRACE_CSV_H
#define DMASCOPE_TRACE_CSV_H

#include "state/state.h"
#include "trace/out.h"

enum csv_table { CSV_RANGES = 0, CSV_DEVICES, CSV_WINDOWS, CSV_SHARED, CSV_FINDINGS };

/*
 * Sizes in bytes, times in ns after the start, addresses as 0x...; what was not observed is an
 * empty field. 0, the error of out, or -ENOMEM.
 */
int csv_write(const struct state *m, enum csv_table table, struct out *out);

#endif /* DMASCOPE_TRACE_CSV_H */
