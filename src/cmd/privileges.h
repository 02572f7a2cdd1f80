/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Dropping the capabilities that a verb no longer needs once its hooks are attached. Those needed
 * to start are checked in guest/caps.h.
 */
#ifndef DMASCOPE_PRIVILEGES_H
#define DMASCOPE_PRIVILEGES_H

#include <stdint.h>

#include "guest/caps.h"
#include "probe/probe.h"

/* To attach once more: programs, kernel symbols, locked memory before 5.11, debugfs. */
#define PRIVILEGES_TO_ATTACH	(GUEST_CAP_BPF | GUEST_CAP_PERFMON | GUEST_CAP_SYS_ADMIN | \
				 GUEST_CAP_SYSLOG | GUEST_CAP_SYS_RESOURCE | \
				 GUEST_CAP_DAC_READ_SEARCH)

/*
 * Drops all capabilities but `keep`, those that this kernel requires for reading maps, and those
 * that renaming to `output` (NULL or "-": none) requires later. Call it after the hooks are
 * attached and the command was started. Returns 0 or -errno.
 */
int privileges_drop(const struct probe *p, uint64_t keep, const char *output);

#endif /* DMASCOPE_PRIVILEGES_H */
