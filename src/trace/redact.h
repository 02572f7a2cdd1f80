/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hides DMA and physical addresses, the same address always the same way. Works on records;
 * free text is the encoder's.
 *
 * Every page is exchanged for another page of the same region, by a permutation that depends on
 * a secret key: each SWIOTLB pool, the rest of RAM, each DMA window, everything else. The offset
 * in the page is kept, so what is adjacent inside a page stays so; pages that were adjacent are
 * not. The bounds of pools, windows and RAM are kept: the hypervisor and the boot log know them.
 */
#ifndef DMASCOPE_TRACE_REDACT_H
#define DMASCOPE_TRACE_REDACT_H

#include <stdint.h>

#include "dmascope/record.h"

#define REDACT_KEY_LEN	16

struct redact;

/* key: REDACT_KEY_LEN bytes, or NULL for random ones. 0 or -errno; freed by redact__free(). */
int redact__new(struct redact **r, const uint8_t *key);
void redact__free(struct redact *r);

/* Learns from session, pool and window records; changes nothing in them. 0 or -ENOMEM. */
int redact__learn(struct redact *r, const struct dms_rec *rec);
/* Exchanges the addresses of ev in place. */
void redact__event(const struct redact *r, struct dms_event *ev);

#endif /* DMASCOPE_TRACE_REDACT_H */
