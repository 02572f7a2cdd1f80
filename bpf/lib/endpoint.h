/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ids by which IOMMUs know devices: stream ids of an Arm SMMU, endpoints of a virtio-iommu.
 * Firmware assigns them (struct iommu_fwspec); a PCI device's need not be its requester id. A
 * device leads to its ids, but an id to no device, so the ids of the start are kept, and those of
 * devices that were attached to a domain later.
 */
#ifndef DMASCOPE_BPF_ENDPOINT_H
#define DMASCOPE_BPF_ENDPOINT_H

#include "lib/domain.h"

#define ENDPOINT_IDS	8	/* of one device; others stay unknown */

struct endpoint {
	u64 iommu;		/* address of its struct device */
	u64 id;
};

/* The device's key; 32 bytes for each id (user space sizes it). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct endpoint);
	__type(value, u64);
} endpoints __weak SEC(".maps");

/*
 * The IOMMU of a device: the parent of the one in /sys/class/iommu (iommu_device_sysfs_add(),
 * drivers/iommu/iommu-sysfs.c, 4.12 and later). 0: none.
 */
static __always_inline u64 endpoint_iommu(struct dev_iommu *own)
{
	struct iommu_device *unit = RD(own, iommu_dev);
	struct device *shown = unit ? RD(unit, dev) : NULL;

	return shown ? (u64)RD(shown, parent) : 0;
}

static __always_inline void endpoint_remember(struct device *dev, u64 key)
{
	struct iommu_fwspec *spec = NULL;
	struct dev_iommu *own = NULL;
	struct endpoint e = {};
	u32 id = 0;
	u64 at;

	if (!bpf_core_field_exists(dev->iommu) || !bpf_core_field_exists(own->fwspec) ||
	    !bpf_core_field_exists(own->iommu_dev) || !bpf_core_field_exists(spec->ids))
		return;
	own = RD(dev, iommu);
	spec = own ? RD(own, fwspec) : NULL;
	if (!spec)
		return;
	e.iommu = endpoint_iommu(own);
	at = (u64)spec + bpf_core_field_offset(struct iommu_fwspec, ids);
	for (u32 i = 0; e.iommu && i < ENDPOINT_IDS && i < RD(spec, num_ids); i++) {
		bpf_probe_read_kernel(&id, sizeof(id), (void *)(at + i * sizeof(id)));
		e.id = id;
		bpf_map_update_elem(&endpoints, &e, &key, BPF_ANY);
	}
}

/* The ids of devices that were attached to a domain since the last such search. Weak and global:
 * verified once. */
__weak __noinline int endpoints_attached(void)
{
	struct domain_attached *a;
	u32 zero = 0;
	u64 at;

	a = bpf_map_lookup_elem(&attached, &zero);
	if (!a || a->searched == a->n)
		return 0;
	a->searched = a->n;
	for (u32 i = 0; i < DOMAIN_ATTACHED; i++) {
		at = a->at[i];
		if (at)
			endpoint_remember((struct device *)at, dev_key((struct device *)at));
	}
	return 0;
}

/* The key of the device; 0: it is not known. */
static __always_inline u64 endpoint_device(u64 iommu, u32 id)
{
	struct endpoint e = { .iommu = iommu, .id = id };
	u64 *key;

	endpoints_attached();
	key = bpf_map_lookup_elem(&endpoints, &e);
	return key ? *key : 0;
}

#endif /* DMASCOPE_BPF_ENDPOINT_H */
