// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words for ids. An entry may be added, never changed: traces hold them.
 */
#include <fnmatch.h>
#include <string.h>

#include "util/names.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const event_names[DMS_EV_MAX] = {
	[DMS_EV_NONE] = "none",
	[DMS_EV_MAP] = "map",
	[DMS_EV_UNMAP] = "unmap",
	[DMS_EV_ALLOC] = "alloc",
	[DMS_EV_FREE] = "free",
	[DMS_EV_BOUNCE_REQ] = "bounce_request",
	[DMS_EV_BOUNCE] = "bounce",
	[DMS_EV_UNBOUNCE] = "unbounce",
	[DMS_EV_TCE_SET] = "tce_set",
	[DMS_EV_TCE_CLEAR] = "tce_clear",
	[DMS_EV_SHARE] = "share",
	[DMS_EV_UNSHARE] = "unshare",
	[DMS_EV_UCALL] = "ucall",
	[DMS_EV_MASK] = "mask",
	[DMS_EV_DECIDE] = "decide",
	[DMS_EV_BYPASS] = "bypass",
	[DMS_EV_HCALL] = "hcall",
	[DMS_EV_DEVICE_ADD] = "device_add",
	[DMS_EV_DEVICE_DEL] = "device_del",
	[DMS_EV_FREED_SHARED] = "freed_shared",
	[DMS_EV_FAULT] = "fault",
	[DMS_EV_DOMAIN_MAP] = "domain_map",
	[DMS_EV_DOMAIN_UNMAP] = "domain_unmap",
	[DMS_EV_DOMAIN_USE] = "domain_use",
	[DMS_EV_FLUSH] = "flush",
	[DMS_EV_FREEZE] = "freeze",
	[DMS_EV_DEVSTATE] = "devstate",
	[DMS_EV_STACK] = "stack",
	[DMS_EV_LIVE] = "live",
};

static const char *const hook_names[DMS_HOOK_MAX] = {
	[DMS_HOOK_NONE] = "none",
	[DMS_HOOK_MAP] = "map",
	[DMS_HOOK_UNMAP] = "unmap",
	[DMS_HOOK_MAP_SG] = "map.sg",
	[DMS_HOOK_UNMAP_SG] = "unmap.sg",
	[DMS_HOOK_ALLOC] = "alloc",
	[DMS_HOOK_FREE] = "free",
	[DMS_HOOK_DMA_IOMMU_MAP] = "dma_iommu.map",
	[DMS_HOOK_IOMMU_MAP] = "iommu.map",
	[DMS_HOOK_IOMMU_MAP_SG] = "iommu.map_sg",
	[DMS_HOOK_IOMMU_ALLOC] = "iommu.alloc",
	[DMS_HOOK_SWIOTLB_BOUNCED] = "swiotlb.bounced",
	[DMS_HOOK_SWIOTLB_MAP] = "swiotlb.map",
	[DMS_HOOK_SWIOTLB_UNMAP] = "swiotlb.unmap",
	[DMS_HOOK_SHARE] = "share",
	[DMS_HOOK_UNSHARE] = "unshare",
	[DMS_HOOK_UCALL] = "ucall",
	[DMS_HOOK_SHARE_DTL] = "share.dtl",
	[DMS_HOOK_SHARE_XIVE] = "share.xive",
	[DMS_HOOK_TCE_BUILD] = "tce.build",
	[DMS_HOOK_TCE_BUILD_ONE] = "tce.build_one",
	[DMS_HOOK_TCE_FREE] = "tce.free",
	[DMS_HOOK_TCE_FREE_ONE] = "tce.free_one",
	[DMS_HOOK_TCE_SETRANGE] = "tce.setrange",
	[DMS_HOOK_TCE_CLEARRANGE] = "tce.clearrange",
	[DMS_HOOK_HCALL] = "hcall",
	[DMS_HOOK_DMA_SUPPORTED] = "decide.supported",
	[DMS_HOOK_BYPASS] = "decide.bypass",
	[DMS_HOOK_SET_MASK] = "mask",
	[DMS_HOOK_SET_COHERENT_MASK] = "mask.coherent",
	[DMS_HOOK_DEVICE_ADD] = "device.add",
	[DMS_HOOK_DEVICE_DEL] = "device.del",
	[DMS_HOOK_PAGE_FREE] = "page.free",
	[DMS_HOOK_IOVA_LINK] = "iova.link",
	[DMS_HOOK_IOVA_SYNC] = "iova.sync",
	[DMS_HOOK_IOVA_UNLINK] = "iova.unlink",
	[DMS_HOOK_IOVA_DESTROY] = "iova.destroy",
	[DMS_HOOK_IOMMU_FAULT] = "iommu.fault",
	[DMS_HOOK_DMAR_FAULT] = "iommu.fault.intel",
	[DMS_HOOK_DOMAIN_ATTACH] = "domain.attach",
	[DMS_HOOK_DOMAIN_MAP] = "domain.map",
	[DMS_HOOK_DOMAIN_UNMAP] = "domain.unmap",
	[DMS_HOOK_FLUSH_INTEL] = "iommu.flush.intel",
	[DMS_HOOK_FLUSH_AMD] = "iommu.flush.amd",
	[DMS_HOOK_FLUSH] = "iommu.flush",
	[DMS_HOOK_SMMU_FAULT] = "iommu.fault.smmu",
	[DMS_HOOK_VIRTIO_FAULT] = "iommu.fault.virtio",
	[DMS_HOOK_EEH] = "eeh",
	[DMS_HOOK_SNAPSHOT] = "snapshot",
};

static const char *const path_names[DMS_PATH_MAX] = {
	[DMS_PATH_UNKNOWN] = "unknown",
	[DMS_PATH_DIRECT] = "direct",
	[DMS_PATH_BOUNCED] = "bounced",
	[DMS_PATH_TCE] = "tce",
	[DMS_PATH_COHERENT] = "coherent",
	[DMS_PATH_FAILED] = "failed",
	[DMS_PATH_IOMMU] = "iommu",
};

static const char *const dir_names[] = {
	[DMS_DIR_BIDIR] = "bidirectional",
	[DMS_DIR_TO_DEVICE] = "to_device",
	[DMS_DIR_FROM_DEVICE] = "from_device",
	[DMS_DIR_NONE] = "none",
};

static const char *const guest_names[GUEST_MAX] = {
#define GUEST_NAME(id, name, traits) [GUEST_##id] = name,
	GUEST_KINDS(GUEST_NAME)
#undef GUEST_NAME
};

static const char *const attach_names[] = {
	[ATTACH_NONE] = "none",
	[ATTACH_KPROBE] = "kprobe",
	[ATTACH_TP_BTF] = "tp_btf",
	[ATTACH_RAW_TP] = "raw_tp",
	[ATTACH_FENTRY] = "fentry",
};

static const char *const window_kind_names[] = {
	[0] = "unknown",
	[WINDOW_DEFAULT] = "default",
	[WINDOW_DDW] = "ddw",
};

static const char *const window_use_names[] = {
	[WINDOW_USE_UNKNOWN] = "unknown",
	[WINDOW_DIRECT] = "direct",
	[WINDOW_DYNAMIC] = "dynamic",
	[WINDOW_HYBRID] = "hybrid",
};

static const char *name_of(const char *const *table, size_t count, unsigned int id)
{
	return id < count && table[id] ? table[id] : "unknown";
}

static int id_of(const char *const *table, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (table[i] && !strcmp(table[i], name))
			return (int)i;
	return -1;
}

#define DEFINE_NAME(what)							\
const char *dms_##what##_name(unsigned int id)					\
{										\
	return name_of(what##_names, COUNT(what##_names), id);			\
}

/* Both directions: for what a trace or an option is read for. */
#define DEFINE_NAMES(what)							\
DEFINE_NAME(what)								\
int dms_##what##_by_name(const char *name)					\
{										\
	return id_of(what##_names, COUNT(what##_names), name);			\
}

DEFINE_NAME(event)
DEFINE_NAMES(hook)
DEFINE_NAMES(path)
DEFINE_NAME(dir)
DEFINE_NAMES(guest)
DEFINE_NAMES(attach)
DEFINE_NAMES(window_kind)
DEFINE_NAMES(window_use)

bool dms_guest_is(unsigned int guest, uint32_t trait)
{
	static const uint32_t traits_of[GUEST_MAX] = {
#define GUEST_TRAITS(id, name, traits) [GUEST_##id] = traits,
		GUEST_KINDS(GUEST_TRAITS)
#undef GUEST_TRAITS
	};

	return guest < GUEST_MAX && traits_of[guest] & trait;
}

bool dms_device_matches(const char *glob, const char *name, const struct rec_device *rec)
{
	return !fnmatch(glob, name, 0) || (rec && (!fnmatch(glob, rec->driver, 0) ||
						   !fnmatch(glob, rec->kind, 0)));
}
