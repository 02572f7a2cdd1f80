/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The SWIOTLB bounce pools as debugfs, the kernel log and the kernel's configuration show them,
 * without BPF. The probes read the kernel's own structures, which take precedence.
 */
#ifndef DMASCOPE_GUEST_POOL_H
#define DMASCOPE_GUEST_POOL_H

#include <stddef.h>

#include "record/record.h"

/*
 * Emits a REC_POOL for the default pool and each restricted one. start == end with nslabs == 0
 * and a source that is not "" means it was established that there is none; nslabs > 0 with
 * start == end means that the range is not known. Nothing readable: nothing is emitted.
 * Returns 0, -errno, or what the sink returned.
 */
int guest_pools(const char *root, dms_sink_fn sink, void *ctx);

/*
 * The restricted pool that begins at start and has nslabs slots, of the n that are known: among
 * them may be one whose range is not known yet (a reserved-memory node with a size alone, for
 * which the kernel chose the place). NULL: it is a new one.
 */
struct rec_pool *guest_pool_of_range(struct rec_pool *pools, unsigned int n, uint64_t start,
				     uint64_t nslabs);

/* True if the pool cannot be p: its start or, where p's is unknown, its size is another. */
bool guest_pool_differs(const struct rec_pool *p, uint64_t start, uint64_t nslabs);

/*
 * Reads again how large the default pool is and how much of it is in use: p as it was emitted. 0,
 * or -ENOENT if debugfs does not have it.
 */
int guest_pool_use(const char *root, struct rec_pool *p);

/*
 * The reason, in words, why the use or the range of the default pool is unknown; "" if both are
 * known. range_known: the probes read the range from the kernel's structures.
 */
void guest_pools_why(const char *root, bool range_known, char *buf, size_t len);

/*
 * A kernel configuration option ("CONFIG_SWIOTLB_DYNAMIC"): 1 for y or m, 0 if not set,
 * -ENODATA if no configuration is readable (/proc/config.gz, /boot/config-<release>).
 */
int guest_kconfig(const char *root, const char *option);

#endif /* DMASCOPE_GUEST_POOL_H */
