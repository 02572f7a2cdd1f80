/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DMA windows and the TCE tables behind them, as rules ask for them.
 */
#ifndef DMASCOPE_STATE_WINDOW_H
#define DMASCOPE_STATE_WINDOW_H

#include "state/device.h"

struct table;

/* Rejections by the hypervisor: details of the first, a count of the rest. */
struct refusal {
	struct seen seen;
	int64_t status;
	uint64_t ioba;
};

/* Entries of a table: in use, at most, and in all. */
struct table_fill {
	uint32_t liobn;
	uint64_t used, most, all;
};

/* In order of appearance; NULL past the end. */
const struct rec_window *window_at(const struct state *m, uint32_t i);
const struct table *table_at(const struct state *m, uint32_t i);
uint32_t table_liobn(const struct table *t);
/* Entries that it would not set, or clear. */
const struct refusal *table_refused(const struct table *t, bool clearing);
/* Unmapped mappings, up to SUSPECTS, whose TCE is set with nothing mapped there; *first of them. */
struct seen table_stale(const struct state *m, const struct table *t, struct suspect *first);
/* False: that table of the device is not known, or its page size. */
bool dev_table(const struct state *m, const struct dev *d, struct table_fill *out);
/* LIOBN of the table with the device's TCEs: as read from it, or its window's; 0: not known. */
uint32_t dev_liobn(const struct state *m, const struct dev *d);
/* The device's window of that use (0: any), or NULL. */
const struct rec_window *windows__find(const struct state *m, const struct dev *d,
				       enum dms_window_kind kind, enum dms_window_use use);
/* Devices of one partition share their window: is that table also an earlier window's? */
bool windows__had(const struct state *m, uint32_t i);
/* Guest memory a direct window maps, in bytes; 0 = not known. */
uint64_t windows__ram(const struct state *m, const struct rec_window *w);
/* The highest DMA address at which it maps any; where that is not known, its base. */
uint64_t windows__last(const struct state *m, const struct rec_window *w);
/* Can the device reach [dma, dma + size)? 1, 0, or -1: not enough is known. */
int windows__cover(const struct state *m, const struct dev *d, uint64_t dma, uint64_t size);
/* The first mapping, by TCEs or not, that no window covers even now, or NULL. */
const struct suspect *dev_uncovered(const struct state *m, const struct dev *d, bool tce);
/* H_PUT_TCE_INDIRECT with a list that is not shared. */
const struct seen *tce_indirect(const struct state *m);

#endif /* DMASCOPE_STATE_WINDOW_H */
