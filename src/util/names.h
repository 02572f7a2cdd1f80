/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words for ids, used alike by trace, views and messages ("bounced", "map", "pef").
 * Nothing that formats or prints.
 */
#ifndef DMASCOPE_NAMES_H
#define DMASCOPE_NAMES_H

#include "record/record.h"

/* Each returns a static string, "unknown" for an id out of range. */
const char *dms_event_name(unsigned int type);		/* "map", "tce_set", ... */
const char *dms_hook_name(unsigned int hook);		/* "map", "swiotlb.map", "tce.set", ... */
const char *dms_path_name(unsigned int path);		/* "direct", "bounced", ... */
const char *dms_dir_name(unsigned int dir);		/* "bidirectional", "to_device", ... */
const char *dms_guest_name(unsigned int guest);		/* "pef", "sev", "none", ... */
const char *dms_attach_name(unsigned int attach);	/* "kprobe", "tp_btf", ... */
const char *dms_window_kind_name(unsigned int kind);	/* "default", "ddw" */
const char *dms_window_use_name(unsigned int use);	/* "direct", "dynamic", ... */

/* The id for a name, or -1. */
int dms_hook_by_name(const char *name);
int dms_path_by_name(const char *name);
int dms_guest_by_name(const char *name);
int dms_attach_by_name(const char *name);
int dms_window_kind_by_name(const char *name);
int dms_window_use_by_name(const char *name);

/* A glob of --device: that name, or the driver or kind of rec (NULL: not known) matches. */
bool dms_device_matches(const char *glob, const char *name, const struct rec_device *rec);

/* GT_* of record/guest_kinds.h. */
bool dms_guest_is(unsigned int guest, uint32_t trait);

#endif /* DMASCOPE_NAMES_H */
