/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DMA windows and the TCE tables behind them, to be read by rules.
 */
#ifndef DMASCOPE_STATE_WINDOW_H
#define DMASCOPE_STATE_WINDOW_H

#include "state/device.h"
#include "state/rangeset.h"

/* Rejections by the hypervisor: details of the first, a count of the rest. */
struct refusal {
	struct evid ev;
	int64_t status;
	uint64_t ioba;
};

struct table {			/* of one LIOBN */
	uint32_t liobn;
	uint32_t page_shift;	/* 0: not known */
	struct rangeset set;	/* TCEs in use, as far as seen */
	struct rangeset private;	/* of them: to memory that was not shared then */
	uint64_t hiwater;	/* bytes */
	bool snapshot;		/* what was in use at the start was listed */
	struct refusal refused, clear_refused;	/* setting, clearing */
	struct suspect stale[SUSPECTS];	/* unmapped, and the TCE was still there */
	uint32_t stales;
	bool seen;		/* any TCE event */
};


/* In order of appearance; NULL past the end. */
const struct rec_window *window_at(const struct state *m, uint32_t i);
const struct table *table_at(const struct state *m, uint32_t i);
struct table *table_find(const struct state *m, uint32_t liobn);
/* LIOBN of the table with the device's TCEs: as read from it, or its window's; 0: not known. */
uint32_t dev_liobn(const struct state *m, const struct dev *d);
/* The device's window of that use (0: any), or NULL. */
const struct rec_window *windows__find(const struct state *m, uint64_t dev,
				       enum dms_window_kind kind, enum dms_window_use use);
/* Devices of one partition share their window: is that table also an earlier window's? */
bool windows__had(const struct state *m, uint32_t i);
/* Guest memory a direct window maps, in bytes; 0 = not known. */
uint64_t windows__ram(const struct state *m, const struct rec_window *w);
/* Can the device reach [dma, dma + size)? 1, 0, or -1: not enough is known. */
int windows__cover(const struct state *m, const struct dev *d, uint64_t dma, uint64_t size);
/* Is the TCE of that suspect still set, with nothing mapped there? */
bool windows__is_stale(const struct state *m, const struct table *t, const struct suspect *s);
/* H_PUT_TCE_INDIRECT with a list that is not shared. */
const struct evid *tce_indirect(const struct state *m);

#endif /* DMASCOPE_STATE_WINDOW_H */
