/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is shared with the hypervisor, as rules ask for it. Its numbers: state__ledger().
 */
#ifndef DMASCOPE_STATE_LEDGER_H
#define DMASCOPE_STATE_LEDGER_H

#include "state/evidence.h"

#define LEDGER_STORM_RATE	500	/* conversions in one second that make it a busy one */

enum ledger_evid {
	LEDGER_FAILED,
	LEDGER_FREED,		/* to the allocator while shared */
	LEDGER_UNSHARED,	/* while mapped */
	LEDGER_STORM,		/* conversions at that rate */
};

const struct seen *ledger__seen(const struct state *m, enum ledger_evid kind);
/* The status of the first conversion that failed. */
int64_t ledger__fail_status(const struct state *m);
/* Seconds with conversions at that rate. */
uint64_t ledger__busy_secs(const struct state *m);
/* Have the bytes shared beyond the pools only grown? */
bool ledger__growth(const struct state *m, struct grown *out);
/* Bytes of [phys, end) that are shared, as far as is known. */
uint64_t ledger__shared(const struct state *m, uint64_t phys, uint64_t end);

#endif /* DMASCOPE_STATE_LEDGER_H */
