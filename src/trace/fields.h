/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by encoder and decoder beyond names.h: how an event type calls its aux and
 * ret, and the words for flags.
 */
#ifndef DMASCOPE_TRACE_FIELDS_H
#define DMASCOPE_TRACE_FIELDS_H

#include <stdbool.h>

#include "dmascope/event.h"

#define TRACE_FLAGS	8	/* bits of dms_event.flags, all of them named */

static const char *const trace_flag_names[TRACE_FLAGS] = {
	"no_slot", "no_tce", "inner", "sg", "no_phys", "coherent_mask", "direct_window",
	"preexisting",
};

/* With an observation of the pool in it: the slot that it does not name is dma. */
static inline bool trace_also_slot(const struct dms_event *ev)
{
	return (ev->also == DMS_HOOK_SWIOTLB_MAP || ev->also == DMS_HOOK_SWIOTLB_UNMAP) &&
	       (ev->type == DMS_EV_MAP || ev->type == DMS_EV_UNMAP);
}

/* Flags that a record with `also` has without naming them. */
static inline uint8_t trace_also_flags(const struct dms_event *ev)
{
	if (!ev->also)
		return 0;
	return DMS_FL_INNER | (ev->type == DMS_EV_UNMAP && !ev->phys ? DMS_FL_NO_PHYS : 0);
}

/* Fields that a type always has; the others are written where they are not 0. */
enum trace_field {
	TF_DMA = 1, TF_PHYS = 2, TF_SIZE = 4, TF_PATH = 8, TF_DIR = 16, TF_AUX = 32, TF_RET = 64,
};

static const unsigned char trace_fields[DMS_EV_MAX] = {
	[DMS_EV_MAP] = TF_DMA | TF_PHYS | TF_SIZE | TF_PATH | TF_DIR,
	[DMS_EV_UNMAP] = TF_DMA | TF_SIZE | TF_PATH | TF_DIR,
	[DMS_EV_ALLOC] = TF_DMA | TF_SIZE | TF_PATH,
	[DMS_EV_FREE] = TF_DMA | TF_SIZE | TF_PATH,
	[DMS_EV_BOUNCE_REQ] = TF_DMA | TF_SIZE,
	[DMS_EV_BOUNCE] = TF_PHYS | TF_SIZE | TF_DIR | TF_AUX,
	[DMS_EV_UNBOUNCE] = TF_SIZE | TF_DIR | TF_AUX,
	[DMS_EV_TCE_SET] = TF_DMA | TF_PHYS | TF_SIZE | TF_DIR | TF_RET,
	[DMS_EV_TCE_CLEAR] = TF_DMA | TF_SIZE,
	[DMS_EV_SHARE] = TF_PHYS | TF_SIZE | TF_AUX | TF_RET,
	[DMS_EV_UNSHARE] = TF_PHYS | TF_SIZE | TF_AUX | TF_RET,
	[DMS_EV_UCALL] = TF_RET,
	[DMS_EV_MASK] = TF_AUX | TF_RET,
	[DMS_EV_DECIDE] = TF_AUX | TF_RET,
	[DMS_EV_BYPASS] = TF_AUX | TF_RET,
	[DMS_EV_HCALL] = TF_DMA | TF_PHYS | TF_SIZE | TF_AUX | TF_RET,
	[DMS_EV_FREED_SHARED] = TF_PHYS | TF_SIZE,
	[DMS_EV_LIVE] = TF_DMA | TF_PHYS | TF_SIZE | TF_AUX,
	[DMS_EV_FAULT] = TF_DMA | TF_DIR | TF_RET,
	[DMS_EV_DOMAIN_MAP] = TF_DMA | TF_PHYS | TF_SIZE,
	[DMS_EV_DOMAIN_UNMAP] = TF_DMA | TF_SIZE,
	[DMS_EV_DOMAIN_USE] = TF_SIZE | TF_AUX | TF_RET,
	[DMS_EV_FLUSH] = TF_AUX,
	[DMS_EV_FREEZE] = TF_AUX,
};

/* The meaning of aux: it decides its name, and the value that is null. */
enum trace_aux { TA_AUX, TA_SLOT, TA_MASK, TA_UCALLS, TA_OPCODE };

static const unsigned char trace_aux[DMS_EV_MAX] = {
	[DMS_EV_MAP] = TA_SLOT, [DMS_EV_UNMAP] = TA_SLOT, [DMS_EV_BOUNCE] = TA_SLOT,
	[DMS_EV_UNBOUNCE] = TA_SLOT, [DMS_EV_LIVE] = TA_SLOT, [DMS_EV_MASK] = TA_MASK,
	[DMS_EV_DECIDE] = TA_MASK, [DMS_EV_BYPASS] = TA_MASK, [DMS_EV_SHARE] = TA_UCALLS,
	[DMS_EV_UNSHARE] = TA_UCALLS, [DMS_EV_HCALL] = TA_OPCODE,
};

#endif /* DMASCOPE_TRACE_FIELDS_H */
