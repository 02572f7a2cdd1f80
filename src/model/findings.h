/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the finding functions share: how one is made, given words, events and doubts. Each
 * find_*.c holds the functions of one subject; findings.c holds the table.
 */
#ifndef DMASCOPE_MODEL_FINDINGS_H
#define DMASCOPE_MODEL_FINDINGS_H

#include <inttypes.h>

#include "model/internal.h"

struct finder {
	const struct model *m;
	const char *id;			/* of the function that runs */
	struct model_finding *list;
	size_t n, cap;
	int err;
};

/*
 * A new finding about d (NULL: the guest), or NULL when there is no memory. Valid until the
 * next one is made.
 */
struct model_finding *finding_new(struct finder *f, const struct dev *d, unsigned int severity,
				  unsigned int confidence);

/* Append to a field of struct rec_finding. */
void finding_put(char *field, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define SAY(x, field, ...)	finding_put((x)->f.field, sizeof((x)->f.field), __VA_ARGS__)

void finding_events(struct model_finding *x, const struct evid *e);
/* It rests on this hook: less sure when that is missing or lost something. */
void finding_needs(struct finder *f, struct model_finding *x, enum dms_hook hook);
void finding_doubt(struct model_finding *x, unsigned int percent, const char *why);

/* "1.5 MiB" in a buffer of SIZE_LEN; the buffer. */
#define SIZE_LEN	24
const char *size_text(char *buf, uint64_t bytes);
/* Number of bits of a mask. */
unsigned int mask_bits(uint64_t mask);
/* A driver works with the device and may make it do DMA. */
bool dev_in_use(const struct dev *d);
/* 1, 2: " " or "s ": for plurals. */
#define S(n)	((n) == 1 ? "" : "s")

/* find_pool.c */
void find_no_bounce_pool(struct finder *f);
void find_bounce_not_forced(struct finder *f);
void find_bounce_without_pool(struct finder *f);
void find_request_too_big(struct finder *f);
void find_pool_full(struct finder *f);
void find_pool_fragmented(struct finder *f);
void find_pool_pressure(struct finder *f);
void find_pool_outside_window(struct finder *f);
void find_pool_oversized(struct finder *f);
void find_all_bounced(struct finder *f);
void find_mask_below_memory(struct finder *f);
void find_bounced_unforced(struct finder *f);

/* find_path.c */
void find_private_dma(struct finder *f);
void find_small_mask(struct finder *f);
void find_dma_without_tce(struct finder *f);
void find_ddw_missing(struct finder *f);
void find_ddw_degraded(struct finder *f);
void find_window_wide(struct finder *f);
void find_mixed_paths(struct finder *f);
void find_virtio_no_access_platform(struct finder *f);
void find_tce_table_full(struct finder *f);
void find_tce_table_pressure(struct finder *f);
void find_tce_refused(struct finder *f);
void find_tce_stale(struct finder *f);
void find_tce_indirect_private(struct finder *f);

/* find_driver.c */
void find_coherent_refused(struct finder *f);
void find_map_failed(struct finder *f);
void find_path_mismatch(struct finder *f);
void find_not_copied_back(struct finder *f);
void find_mapping_leak(struct finder *f);
void find_leak_at_remove(struct finder *f);
void find_api_misuse(struct finder *f);

/* find_ledger.c */
void find_share_failed(struct finder *f);
void find_freed_while_shared(struct finder *f);
void find_unshared_while_mapped(struct finder *f);
void find_share_growth(struct finder *f);
void find_conversion_storm(struct finder *f);

#endif /* DMASCOPE_MODEL_FINDINGS_H */
