/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limit of faults. A device that goes on after its mapping ended can fault at each of its
 * accesses, thousands of times in a second, and the first ones say all. Faults over the limit count
 * as dropped, so that a count of faults becomes "at least".
 */
#ifndef DMASCOPE_BPF_FAULT_H
#define DMASCOPE_BPF_FAULT_H

#include "lib/ring.h"

#define FAULT_PLACES	64
#define FAULT_NS	1000000000ULL
#define FAULTS_AT_ONCE	256		/* of a device in FAULT_NS */

struct fault_limit {
	u64 since;
	u64 faults;
};

/* By a hash of the device; 64 x 16 bytes. Devices that share a place share its limit. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FAULT_PLACES);
	__type(key, u32);
	__type(value, struct fault_limit);
} fault_limits __weak SEC(".maps");

/* who: the device's key, or the id that the IOMMU has for it. */
static __always_inline bool fault_allowed(u64 who)
{
	u32 at = hash_place(who, FAULT_PLACES);
	u64 now = bpf_ktime_get_ns();
	struct fault_limit *l;

	l = bpf_map_lookup_elem(&fault_limits, &at);
	if (!l)
		return false;
	if (now - l->since >= FAULT_NS) {
		l->since = now;
		l->faults = 0;
	}
	__sync_fetch_and_add(&l->faults, 1);
	return *(volatile u64 *)&l->faults <= FAULTS_AT_ONCE;
}

/* NULL: its outcome was counted. */
static __always_inline struct dms_event *fault_reserve(struct dms_counts *c, u32 hook, u64 who)
{
	if (fault_allowed(who))
		return event_reserve(c, hook, DMS_EV_FAULT);
	count(c, dropped);
	return NULL;
}

#endif /* DMASCOPE_BPF_FAULT_H */
