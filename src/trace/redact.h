/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hides DMA and physical addresses, the same address always the same way. Works on records;
 * free text is the encoder's.
 *
 * Memory is divided in regions: each SWIOTLB pool, what lies between, the top of RAM, the ends
 * of direct windows and powers of two that masks reach to. Each region is cut in two at a secret
 * place, and its parts change places. So runs and pages stay, and which side of a bound an address
 * lies on; distances within a part stay, too. Bounds are kept: the hypervisor and the boot log know
 * them. So are indices into TCE tables. Bounds are those of the records before the first event.
 */
#ifndef DMASCOPE_TRACE_REDACT_H
#define DMASCOPE_TRACE_REDACT_H

#include <stdint.h>

#include "record/record.h"

#define REDACT_KEY_LEN	16

struct redact;

/* key: REDACT_KEY_LEN bytes, or NULL for random ones. 0 or -errno; freed by redact__free(). */
int redact__new(struct redact **r, const uint8_t *key);
void redact__free(struct redact *r);

/* Learns from session, pool and window records; changes nothing in them. 0 or -ENOMEM. */
int redact__learn(struct redact *r, const struct dms_rec *rec);
/* Exchanges the addresses of ev in place. */
void redact__event(struct redact *r, struct dms_event *ev);

#endif /* DMASCOPE_TRACE_REDACT_H */
