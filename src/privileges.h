/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a verb that observes gives up once it does. What it needs to begin is guest/caps.h's.
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
 * After everything is attached, and whatever needs our rights was started: gives up all
 * capabilities but `keep`, those that this kernel wants for reading maps, and those that naming
 * `output` (NULL or "-": none) later takes. Returns 0 or -errno.
 */
int privileges_drop(const struct probe *p, uint64_t keep, const char *output);

#endif /* DMASCOPE_PRIVILEGES_H */
