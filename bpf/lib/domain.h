/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU domains and the devices that they translate for. A domain does not lead to its devices, but
 * a device to its domain: those of the start are known from the snapshot, the others are searched
 * among the devices that were attached last. A domain of several devices counts for one of them.
 */
#ifndef DMASCOPE_BPF_DOMAIN_H
#define DMASCOPE_BPF_DOMAIN_H

#include "lib/probe.h"

#define DOMAIN_ATTACHED	32

/* By the domain's address; 48 bytes for each device (user space sizes it). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct dms_domain_use);
} domains __weak SEC(".maps");

/* The last devices that were attached to any domain; 272 bytes. */
struct domain_attached {
	u64 n;
	u64 searched;		/* n when their ids were read: lib/endpoint.h */
	u64 at[DOMAIN_ATTACHED];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct domain_attached);
} attached __weak SEC(".maps");

/* The address of the domain that the device uses now; 0: none, or not known. */
static __always_inline u64 domain_of(struct device *dev)
{
	struct iommu_group *group = NULL;

	if (!bpf_core_field_exists(dev->iommu_group) || !bpf_core_field_exists(group->domain))
		return 0;
	group = RD(dev, iommu_group);
	return group ? (u64)RD(group, domain) : 0;
}

/* The use of a domain that is the device's. */
static __always_inline void domain_remember(struct device *dev, u64 key)
{
	struct dms_domain_use new = { .dev = key, .at = (u64)dev }, *u;
	u64 domain = domain_of(dev);

	if (!domain)
		return;
	u = bpf_map_lookup_elem(&domains, &domain);
	if (!u || u->dev != key)
		bpf_map_update_elem(&domains, &domain, &new, BPF_ANY);
}

#endif /* DMASCOPE_BPF_DOMAIN_H */
