// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hook catalogue. Each kernel-version difference in where something is observed stands here,
 * with the version or commit that made it, and nowhere else. Order within a row is preference;
 * the first candidate that the running kernel has, loads and attaches is used.
 */
#include <string.h>

#include "probe/catalogue.h"
#include "util/names.h"

#define CAND(how, sym, first, second, names, text)				\
	.attach = how, .symbol = sym, .prog = first, .ret = second, .params = names, .note = text
#define KPROBE(sym, prog, ret, params, note)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note) }
#define FUNCTION(sym, prog, ret, params, note)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note), .fentry = true }
/* Kernels differ in its parameters. */
#define FUNCTION_WAS(sym, prog, ret, params, note, ...)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note), .fentry = true, \
	  .older = { __VA_ARGS__ } }
/* Compilers rename it; a copy that BTF does not list gets a kprobe. */
#define FUNCTION_SUFFIX(sym, prog, ret, params, note)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note), .fentry = true, .suffixes = true }
#define FUNCTION_SUFFIX_WAS(sym, prog, ret, params, note, ...)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note), .fentry = true, .suffixes = true, \
	  .older = { __VA_ARGS__ } }
/* A compiler may take parameters out of a copy: which suffixes were seen to leave them. */
#define FUNCTION_PROVED(sym, prog, ret, params, with, note)	\
	{ CAND(ATTACH_KPROBE, sym, prog, ret, params, note), .fentry = true, .suffixes = true, \
	  .proved = with }
#define KPROBE_AT(sym, off, prog, params, note)	\
	{ CAND(ATTACH_KPROBE, sym, prog, NULL, params, note), .offset = off }
#define TP_BTF(event, prog, params, note)	\
	{ CAND(ATTACH_TP_BTF, event, prog, NULL, params, note) }
/* One mapping or its end. */
#define TP_MAPPING(event, prog, other, params, note)	\
	{ CAND(ATTACH_TP_BTF, event, prog, other, params, note), .counting = true }
#define RAW_TP(event, prog, params, note)	\
	{ CAND(ATTACH_RAW_TP, event, prog, NULL, params, note) }
#define RAW_TP_AND(event, prog, other, params, note)	\
	{ CAND(ATTACH_RAW_TP, event, prog, other, params, note) }
/* An event that does not report all that the row is for. */
#define EVENT_BUT(attach, event, prog, but, params, note)	\
	{ CAND(attach, event, prog, NULL, params, note), .without = but }

/* trace_dma_map_sg_err(): kernel/dma/mapping.c, 6.12.y and 6.13 to 7.2 */
#define REFUSED_LISTS	"lists that could not be mapped"

const struct hook_row hook_rows[] = {
	{
		DMS_HOOK_MAP, CLASS_CORE, NULL, false,
		"streaming mappings, their paths and ranges",
		{
			TP_MAPPING("dma_map_phys", "tp_dma_map_phys", NULL,
				   "dev phys_addr dma_addr size dir attrs", "6.18+"),
			TP_MAPPING("dma_map_page", "tp_dma_map_page", "tp_dma_map_resource",
				   "dev phys_addr dma_addr size dir attrs",
				   "6.12 (038eb433dc14) to 6.17"),
			FUNCTION("dma_map_phys", "kp_dma_map", "krp_dma_map",
			       "dev phys size dir attrs", "6.18+, where the event cannot be used"),
			FUNCTION("dma_map_page_attrs", "kp_dma_map", "krp_dma_map",
			       "dev page offset size dir attrs", "5.9+; inline before"),
		},
	},
	{
		DMS_HOOK_UNMAP, CLASS_CORE, NULL, false,
		"when mappings end: live ranges and leaks",
		{
			TP_MAPPING("dma_unmap_phys", "tp_dma_unmap_phys", NULL,
				   "dev addr size dir attrs", "6.18+"),
			TP_MAPPING("dma_unmap_page", "tp_dma_unmap_page", "tp_dma_unmap_resource",
				   "dev addr size dir attrs", "6.12 to 6.17"),
			FUNCTION("dma_unmap_phys", "kp_dma_unmap", NULL, "dev addr size dir attrs",
			       "6.18+, where the event cannot be used"),
			FUNCTION("dma_unmap_page_attrs", "kp_dma_unmap", NULL,
			       "dev addr size dir attrs", "5.9+; inline before"),
		},
	},
	{
		DMS_HOOK_MAP_SG, CLASS_CORE, NULL, false,
		"scatter-gather mappings (disks, mostly)",
		{
			FUNCTION("__dma_map_sg_attrs", "kp_dma_map_sg", "krp_dma_map_sg",
			       "dev sg nents dir attrs",
			       "5.15+, also dma_map_sgtable(); reports refused lists too, as no "
			       "event does"),
			EVENT_BUT(ATTACH_RAW_TP, "dma_map_sg", "rtp_dma_map_sg", REFUSED_LISTS,
				  "dev sgl nents ents dir attrs", "6.12+"),
			EVENT_BUT(ATTACH_TP_BTF, "dma_map_sg", "tp_dma_map_sg", REFUSED_LISTS,
				  "dev sgl nents ents dir attrs",
				  "6.12+ under lockdown: lists are read by bpf_rdonly_cast()"),
			FUNCTION("dma_map_sg_attrs", "kp_dma_map_sg", "krp_dma_map_sg",
			       "dev sg nents dir attrs", "5.9+; inline before"),
		},
	},
	{
		DMS_HOOK_UNMAP_SG, CLASS_CORE, NULL, false,
		"when scatter-gather mappings end",
		{
			RAW_TP("dma_unmap_sg", "rtp_dma_unmap_sg", "dev sgl nents dir attrs",
			       "6.12+"),
			TP_BTF("dma_unmap_sg", "tp_dma_unmap_sg", "dev sgl nents dir attrs",
			       "6.12+ under lockdown"),
			FUNCTION("dma_unmap_sg_attrs", "kp_dma_unmap_sg", NULL,
			       "dev sg nents dir attrs", "5.9+; inline before"),
		},
	},
	{
		DMS_HOOK_ALLOC, CLASS_CORE, NULL, false,
		"coherent memory of devices",
		{
			TP_BTF("dma_alloc", "tp_dma_alloc_dir",
			       "dev virt_addr dma_addr size dir flags attrs", "6.13+"),
			TP_BTF("dma_alloc", "tp_dma_alloc",
			       "dev virt_addr dma_addr size flags attrs", "6.12"),
			FUNCTION("dma_alloc_attrs", "kp_dma_alloc", "krp_dma_alloc",
			       "dev size dma_handle flag attrs", "all"),
		},
	},
	{
		DMS_HOOK_FREE, CLASS_CORE, NULL, false,
		"when coherent memory is freed",
		{
			TP_BTF("dma_free", "tp_dma_free_dir",
			       "dev virt_addr dma_addr size dir attrs", "6.13+"),
			TP_BTF("dma_free", "tp_dma_free", "dev virt_addr dma_addr size attrs",
			       "6.12"),
			FUNCTION("dma_free_attrs", "kp_dma_free", NULL,
			       "dev size cpu_addr dma_handle attrs", "all"),
		},
	},
	{
		DMS_HOOK_IOVA_LINK, CLASS_DETAIL, NULL, false,
		"direction and memory of mappings of IOVA states, and those that were refused",
		{
			FUNCTION("dma_iova_link", "kp_iova_link", "krp_iova_link",
				 "dev state phys offset size dir attrs", "6.16+"),
		},
	},
	{
		DMS_HOOK_IOVA_SYNC, CLASS_DETAIL, NULL, false,
		"mappings of IOVA states (NVMe, RDMA and HMM behind an IOMMU)",
		{
			FUNCTION("dma_iova_sync", "kp_iova_sync", NULL, "dev state offset size",
				 "6.16+"),
		},
	},
	{
		DMS_HOOK_IOVA_UNLINK, CLASS_DETAIL, NULL, false,
		"when parts of an IOVA state end",
		{
			FUNCTION("dma_iova_unlink", "kp_iova_unlink", NULL,
				 "dev state offset size dir attrs", "6.16+"),
		},
	},
	{
		DMS_HOOK_IOVA_DESTROY, CLASS_DETAIL, NULL, false,
		"when mappings of IOVA states end",
		{
			FUNCTION("dma_iova_destroy", "kp_iova_destroy", NULL,
				 "dev state mapped_len dir attrs", "6.16+"),
		},
	},
	{
		DMS_HOOK_DMA_IOMMU_MAP, CLASS_DETAIL, "ppc64le", false,
		"the count of mappings that reached the TCE layer from PCI",
		{
			FUNCTION("dma_iommu_map_phys", "kp_dma_iommu_map", NULL,
				 "dev phys size direction attrs", "6.19+"),
			FUNCTION("dma_iommu_map_page", "kp_dma_iommu_map", NULL,
				 "dev page offset size direction attrs", "to 6.18"),
		},
	},
	{
		DMS_HOOK_IOMMU_MAP_SG, CLASS_DETAIL, "ppc64le", false,
		"the count of scatter-gather calls that reached the TCE layer",
		{
			FUNCTION("ppc_iommu_map_sg", "kp_iommu_map_sg", NULL,
				 "dev tbl sglist nelems mask direction attrs", "all; PCI and VIO"),
		},
	},
	{
		DMS_HOOK_IOMMU_ALLOC, CLASS_DETAIL, "ppc64le", false,
		"the count of coherent allocations that reached the TCE layer (never shared)",
		{
			FUNCTION("iommu_alloc_coherent", "kp_iommu_alloc", NULL,
				 "dev tbl size dma_handle mask flag node", "all; PCI and VIO"),
		},
	},
	{
		DMS_HOOK_IOMMU_MAP, CLASS_CORE, "ppc64le", false,
		"confirmation that a mapping took the TCE path, and why one failed",
		{
			FUNCTION("iommu_map_phys", "kp_iommu_map", "krp_iommu_map",
				 "dev tbl phys size mask direction attrs", "6.19+"),
			FUNCTION("iommu_map_page", "kp_iommu_map", "krp_iommu_map",
				 "dev tbl page offset size mask direction attrs", "to 6.18"),
		},
	},
	{
		DMS_HOOK_SWIOTLB_BOUNCED, CLASS_DETAIL, NULL, false,
		"attempts to bounce, before slots are searched",
		{
			TP_BTF("swiotlb_bounced", "tp_swiotlb_bounced", "dev dev_addr size",
			       "all; a 4th argument to 5.17"),
			RAW_TP("swiotlb_bounced", "rtp_swiotlb_bounced", "dev dev_addr size",
			       "where BTF pointers cannot be followed (powerpc before 5.17)"),
		},
	},
	{
		DMS_HOOK_SWIOTLB_MAP, CLASS_CORE, NULL, false,
		"slots taken from the bounce pool, and why a bounce failed",
		{
			FUNCTION_WAS("swiotlb_tbl_map_single", "kp_swiotlb_map", "krp_swiotlb_map",
			       "dev orig_addr mapping_size alloc_align_mask dir *attrs",
			       "all; attrs is a pointer from 7.3 on",
			       "dev orig_addr mapping_size alloc_align_mask dir attrs", /* 6.11 */
			       "dev orig_addr mapping_size alloc_size alloc_align_mask dir attrs",
			       "dev orig_addr mapping_size alloc_size dir attrs", /* 5.10-5.16 */
			       "hwdev tbl_dma_addr orig_addr mapping_size alloc_size dir attrs"),
		},
	},
	{
		DMS_HOOK_SWIOTLB_UNMAP, CLASS_CORE, NULL, false,
		"slots released to the bounce pool",
		{
			FUNCTION("__swiotlb_tbl_unmap_single", "kp_swiotlb_unmap", NULL,
			       "dev tlb_addr mapping_size dir attrs pool", "6.11+"),
			FUNCTION_WAS("swiotlb_tbl_unmap_single", "kp_swiotlb_unmap", NULL,
			       "dev tlb_addr mapping_size dir attrs",
			       "to 6.10; inline since; with alloc_size to 5.11",
			       "hwdev tlb_addr mapping_size alloc_size dir attrs"),
		},
	},
	{
		DMS_HOOK_SHARE, CLASS_CORE, NULL, true,
		"pages shared with the hypervisor after the start",
		{
			FUNCTION("set_memory_decrypted", "kp_share", "krp_share", "addr numpages",
			       "all; called set_memory_unencrypted in the 2019 thread"),
		},
	},
	{
		DMS_HOOK_UNSHARE, CLASS_CORE, NULL, true,
		"pages made private again",
		{
			FUNCTION("set_memory_encrypted", "kp_unshare", "krp_unshare",
			       "addr numpages", "all"),
		},
	},
	{
		DMS_HOOK_PAGE_FREE, CLASS_SECURE, NULL, true,
		"pages that are freed while the hypervisor can see them",
		{
			RAW_TP("mm_page_free", "rtp_page_free", "page order",
			       "all; every freed page passes, only shared ones are reported"),
		},
	},
	{
		DMS_HOOK_UCALL, CLASS_DETAIL, "ppc64le", true,
		"whether the ultravisor refused a conversion (set_memory_* return 0 always)",
		{
			KPROBE_AT("ucall_norets", 4, "kp_ucall", "status",
				  "the blr after sc 2; +0 cannot be stepped (refused from 5.19), "
				  "and ftrace does not know the function: "
				  "CONFIG_KPROBE_EVENTS_ON_NOTRACE"),
		},
	},
	{
		DMS_HOOK_SHARE_DTL, CLASS_DETAIL, "ppc64le", true,
		"dispatch trace log pages shared when a processor is added",
		{
			FUNCTION("dtl_cache_ctor", "kp_share_dtl", NULL, "addr", "all"),
		},
	},
	{
		DMS_HOOK_SHARE_XIVE, CLASS_DETAIL, "ppc64le", true,
		"interrupt queue pages shared when a processor is added",
		{
			FUNCTION("xive_spapr_setup_queue", "kp_share_xive", "krp_share_xive",
				 "cpu xc prio", "all; shares the queue page it allocated"),
		},
	},
	{
		DMS_HOOK_TCE_BUILD, CLASS_CORE, "ppc64le", false,
		"which TCEs are set: ranges of the TCE windows",
		{
			FUNCTION_SUFFIX("tce_buildmulti_pSeriesLP", "kp_tce_build", "krp_tce_build",
					"tbl tcenum npages uaddr direction attrs", "all"),
		},
	},
	{
		DMS_HOOK_TCE_BUILD_ONE, CLASS_DETAIL, "ppc64le", false,
		"which TCEs are set, where tce.build cannot be attached",
		{
			/* both lose attrs, the last: disassembled, 6.12.95 and 7.3.4 (gcc 12) */
			FUNCTION_PROVED("tce_build_pSeriesLP", "kp_tce_build_one", NULL,
					"liobn tcenum tceshift npages uaddr direction attrs",
					".isra.0 .constprop.0", "5.4.20+; renamed by the compiler"),
			FUNCTION_SUFFIX("tce_build_pSeries", "kp_tce_build_one", NULL,
					"tbl index npages uaddr direction attrs",
					"tables without an LPAR"),
		},
	},
	{
		DMS_HOOK_TCE_FREE_ONE, CLASS_DETAIL, "ppc64le", false,
		"which TCEs are cleared, where tce.free cannot be attached",
		{
			FUNCTION_SUFFIX_WAS("tce_free_pSeriesLP", "kp_tce_free_one", NULL,
					    "liobn tcenum tceshift npages",
					    "5.15+; before without tceshift, 5.4.18 with tbl first",
					    "liobn tcenum npages", "tbl tcenum npages"),
			FUNCTION_SUFFIX("tce_clear_pSeries", "kp_tce_free_one", NULL,
					"tbl index npages", "6.11+, tables without an LPAR"),
			FUNCTION_SUFFIX("tce_free_pSeries", "kp_tce_free_one", NULL,
					"tbl index npages", "to 6.9; 6.11+ reuses the name for "
					"freeing a table"),
		},
	},
	{
		DMS_HOOK_TCE_FREE, CLASS_CORE, "ppc64le", false,
		"which TCEs are cleared",
		{
			FUNCTION_SUFFIX("tce_freemulti_pSeriesLP", "kp_tce_free", NULL,
					"tbl tcenum npages", "all"),
		},
	},
	{
		DMS_HOOK_TCE_SETRANGE, CLASS_CORE, "ppc64le", false,
		"direct windows filled after the start",
		{
			FUNCTION_SUFFIX("tce_setrange_multi_pSeriesLP", "kp_tce_setrange",
					"krp_tce_setrange", "start_pfn num_pfn arg", "all"),
		},
	},
	{
		DMS_HOOK_TCE_CLEARRANGE, CLASS_DETAIL, "ppc64le", false,
		"direct windows emptied after the start",
		{
			FUNCTION_SUFFIX("tce_clearrange_multi_pSeriesLP", "kp_tce_clearrange", NULL,
					"start_pfn num_pfn arg", "all"),
		},
	},
	{
		DMS_HOOK_HCALL, CLASS_REQUEST, "ppc64le", false,
		"the hypervisor's status of each TCE call (record --hcalls)",
		{
			RAW_TP_AND("hcall_entry", "rtp_hcall_entry", "rtp_hcall_exit",
				   "opcode args", "all"),
		},
	},
	{
		DMS_HOOK_DMA_SUPPORTED, CLASS_DETAIL, "ppc64le", false,
		"how the platform judged a mask set after the start",
		{
			FUNCTION("dma_iommu_dma_supported", "kp_dma_supported", "krp_dma_supported",
			       "dev mask", "all"),
		},
	},
	{
		DMS_HOOK_BYPASS, CLASS_DETAIL, "ppc64le", false,
		"direct windows granted or refused after the start",
		{
			FUNCTION_SUFFIX("iommu_bypass_supported_pSeriesLP", "kp_bypass",
					"krp_bypass", "pdev dma_mask",
					"all; enable_ddw is inlined"),
		},
	},
	{
		DMS_HOOK_SET_MASK, CLASS_DETAIL, NULL, false,
		"masks that drivers set after the start",
		{
			FUNCTION("dma_set_mask", "kp_set_mask", "krp_set_mask", "dev mask", "all"),
		},
	},
	{
		DMS_HOOK_SET_COHERENT_MASK, CLASS_DETAIL, NULL, false,
		"coherent masks that drivers set after the start",
		{
			FUNCTION("dma_set_coherent_mask", "kp_set_coherent_mask",
			       "krp_set_coherent_mask", "dev mask", "all"),
		},
	},
	{
		DMS_HOOK_DEVICE_ADD, CLASS_DETAIL, NULL, false,
		"devices added while running are only seen at their first mapping",
		{
			FUNCTION("bus_probe_device", "kp_device_add", NULL, "dev", "all"),
		},
	},
	{
		DMS_HOOK_DEVICE_DEL, CLASS_DETAIL, NULL, false,
		"that a device was removed",
		{
			FUNCTION("device_del", "kp_device_del", NULL, "dev", "all"),
		},
	},
	{
		DMS_HOOK_IOMMU_FAULT, CLASS_DETAIL, NULL, false,
		"accesses of devices that an IOMMU refused",
		{
			TP_BTF("io_page_fault", "tp_io_page_fault", "dev iova flags",
			       "all; AMD, Arm SMMU v2: those that call report_iommu_fault()"),
		},
	},
	{
		DMS_HOOK_DMAR_FAULT, CLASS_DETAIL, "x86_64", false,
		"accesses of devices that an Intel IOMMU refused",
		{
			FUNCTION("dmar_fault", "kp_dmar_fault", NULL, "irq dev_id",
				 "all; no event reports them, so the records of the hardware are "
				 "read before the kernel does"),
		},
	},
	{
		DMS_HOOK_SMMU_FAULT, CLASS_DETAIL, NULL, false,
		"accesses of devices that an Arm SMMU v3 refused",
		{
			KPROBE("arm_smmu_evtq_thread", "kp_smmu_fault", "krp_smmu_fault", "irq dev",
			       "all; the function for one event is inlined, so the queue is read "
			       "before the kernel does"),
		},
	},
	{
		DMS_HOOK_VIRTIO_FAULT, CLASS_DETAIL, NULL, false,
		"accesses of devices that a virtio-iommu refused",
		{
			KPROBE("viommu_event_handler", "kp_viommu_fault", "krp_viommu_fault", "vq",
			       "all; viommu_fault_handler() is inlined, so the queue is read "
			       "before the kernel does"),
		},
	},
	{
		DMS_HOOK_EEH, CLASS_DETAIL, "ppc64le", false,
		"devices that the platform isolated after an error (EEH)",
		{
			FUNCTION("eeh_send_failure_event", "kp_eeh", NULL, "pe", "all"),
		},
	},
	{
		DMS_HOOK_DOMAIN_ATTACH, CLASS_DETAIL, NULL, false,
		"whose mappings of an IOMMU are, where a device changes its domain",
		{
			TP_BTF("attach_device_to_domain", "tp_domain_attach", "dev", "all"),
		},
	},
	{
		DMS_HOOK_DOMAIN_MAP, CLASS_DETAIL, NULL, false,
		"pages that an IOMMU maps, and what vfio and iommufd map",
		{
			FUNCTION("iommu_map_nosync", "kp_domain_map", "krp_domain_map",
				 "domain iova paddr size prot gfp", "6.16+"),
			FUNCTION("__iommu_map", "kp_domain_map", "krp_domain_map",
				 "domain iova paddr size prot gfp",
				 "5.5 to 6.15; also of iommu_map_sg()"),
		},
	},
	{
		DMS_HOOK_DOMAIN_UNMAP, CLASS_DETAIL, NULL, false,
		"when what vfio and iommufd mapped ends",
		{
			FUNCTION("__iommu_unmap", "kp_domain_unmap", "krp_domain_unmap",
				 "domain iova size iotlb_gather", "all"),
		},
	},
	{
		DMS_HOOK_FLUSH_INTEL, CLASS_DETAIL, "x86_64", false,
		"how long a device behind an Intel IOMMU reaches unmapped pages",
		{
			FUNCTION("intel_flush_iotlb_all", "kp_flush_intel", "krp_flush_intel",
				 "domain", "all"),
		},
	},
	{
		DMS_HOOK_FLUSH_AMD, CLASS_DETAIL, "x86_64", false,
		"how long a device behind an AMD IOMMU reaches unmapped pages",
		{
			FUNCTION("amd_iommu_flush_iotlb_all", "kp_flush_amd", "krp_flush_amd",
				 "domain", "all"),
		},
	},
	{
		DMS_HOOK_FLUSH, CLASS_DETAIL, NULL, false,
		"how long a device behind an IOMMU reaches unmapped pages",
		{
			FUNCTION("viommu_flush_iotlb_all", "kp_flush", "krp_flush", "domain",
				 "virtio-iommu, 6.9+: a module on x86"),
			FUNCTION("arm_smmu_flush_iotlb_all", "kp_flush", "krp_flush", "domain",
				 "all, where one Arm SMMU is built in"),
			FUNCTION("s390_iommu_flush_iotlb_all", "kp_flush", "krp_flush", "domain",
				 "6.7+"),
		},
	},
	{
		DMS_HOOK_SNAPSHOT, CLASS_DETAIL, NULL, false,
		"masks, dma_ops, windows and pool of devices before their first mapping",
		{
			FUNCTION("dev_attr_show", "kp_snapshot", NULL, "kobj attr buf", "all"),
		},
	},
};

const unsigned int hook_rows_count = sizeof(hook_rows) / sizeof(hook_rows[0]);

bool hook_is_inner(enum dms_hook id)
{
	switch (id) {
	case DMS_HOOK_DMA_IOMMU_MAP:
	case DMS_HOOK_IOMMU_MAP:
	case DMS_HOOK_IOMMU_MAP_SG:
	case DMS_HOOK_IOMMU_ALLOC:
	case DMS_HOOK_SWIOTLB_BOUNCED:
	case DMS_HOOK_SWIOTLB_MAP:
	case DMS_HOOK_SWIOTLB_UNMAP:
	case DMS_HOOK_TCE_BUILD:
	case DMS_HOOK_TCE_BUILD_ONE:
	case DMS_HOOK_TCE_FREE:
	case DMS_HOOK_TCE_FREE_ONE:
		return true;
	default:
		return false;
	}
}

bool hook_is_of_domains(enum dms_hook id)
{
	return id >= DMS_HOOK_DOMAIN_ATTACH && id <= DMS_HOOK_FLUSH;
}

const char *hook_only_with(enum dms_hook id)
{
	switch (id) {
	case DMS_HOOK_IOVA_LINK:
	case DMS_HOOK_IOVA_SYNC:
	case DMS_HOOK_IOVA_UNLINK:
	case DMS_HOOK_IOVA_DESTROY:
		return "dma_iova_link";
	case DMS_HOOK_IOMMU_FAULT:
		return "report_iommu_fault";
	case DMS_HOOK_DMAR_FAULT:
		return "dmar_fault";
	case DMS_HOOK_EEH:
		return "eeh_dev_check_failure";
	case DMS_HOOK_SMMU_FAULT:
		return "arm_smmu_gerror_handler";
	case DMS_HOOK_VIRTIO_FAULT:
		return "viommu_probe";
	case DMS_HOOK_DOMAIN_ATTACH:
	case DMS_HOOK_DOMAIN_MAP:
	case DMS_HOOK_DOMAIN_UNMAP:
		return "iommu_attach_group";
	case DMS_HOOK_FLUSH_INTEL:
		return "intel_flush_iotlb_all";
	case DMS_HOOK_FLUSH_AMD:
		return "amd_iommu_flush_iotlb_all";
	case DMS_HOOK_FLUSH:
		return "";
	default:
		return NULL;
	}
}

const char *candidate_second_event(const struct candidate *c)
{
	return c->attach == ATTACH_TP_BTF && c->ret ? c->ret + strlen("tp_") : NULL;
}

const struct hook_row *hook_row_by_id(enum dms_hook id)
{
	for (unsigned int i = 0; i < hook_rows_count; i++)
		if (hook_rows[i].id == id)
			return &hook_rows[i];
	return NULL;
}

static const struct {
	const char *param;
	enum dms_arg fact;
} param_facts[] = {
	{ "dev", DMS_ARG_DEV },
	{ "hwdev", DMS_ARG_DEV },
	{ "pdev", DMS_ARG_PDEV },
	{ "page", DMS_ARG_PAGE },
	{ "offset", DMS_ARG_OFFSET },
	{ "phys", DMS_ARG_PHYS },
	{ "orig_addr", DMS_ARG_PHYS },
	{ "size", DMS_ARG_SIZE },
	{ "mapping_size", DMS_ARG_SIZE },
	{ "dir", DMS_ARG_DIR },
	{ "direction", DMS_ARG_DIR },
	{ "attrs", DMS_ARG_ATTRS },
	{ "tbl", DMS_ARG_TBL },
	{ "sg", DMS_ARG_SG },
	{ "sgl", DMS_ARG_SG },
	{ "nents", DMS_ARG_NENTS },
	{ "ents", DMS_ARG_ENTS },
	{ "tcenum", DMS_ARG_TCENUM },
	{ "index", DMS_ARG_TCENUM },
	{ "npages", DMS_ARG_NPAGES },
	{ "uaddr", DMS_ARG_UADDR },
	{ "liobn", DMS_ARG_LIOBN },
	{ "tceshift", DMS_ARG_TCESHIFT },
	{ "mask", DMS_ARG_MASK },
	{ "dma_mask", DMS_ARG_MASK },
	{ "alloc_align_mask", DMS_ARG_ALIGN },
	{ "tlb_addr", DMS_ARG_SLOT },
	{ "start_pfn", DMS_ARG_PFN },
	{ "num_pfn", DMS_ARG_NUMPFN },
	{ "arg", DMS_ARG_PROP },
	{ "numpages", DMS_ARG_NUMPAGES },
	{ "kobj", DMS_ARG_KOBJ },
	{ "state", DMS_ARG_STATE },
	{ "mapped_len", DMS_ARG_SIZE },
	{ "dev_id", DMS_ARG_UNIT },
	{ "vq", DMS_ARG_UNIT },
	{ "pe", DMS_ARG_UNIT },
	{ "domain", DMS_ARG_DOMAIN },
	{ "dom", DMS_ARG_DOMAIN },
	{ "iommu_domain", DMS_ARG_DOMAIN },
	{ "iova", DMS_ARG_DMA },
	{ "paddr", DMS_ARG_PHYS },
};

int hook_param_fact(enum dms_hook id, const char *param)
{
	/* one name, two senses */
	if (!strcmp(param, "addr") || !strcmp(param, "vaddr"))
		return id == DMS_HOOK_UNMAP ? DMS_ARG_DMA : DMS_ARG_VADDR;
	if (!strcmp(param, "dma_handle") || !strcmp(param, "handle"))
		return id == DMS_HOOK_ALLOC || id == DMS_HOOK_IOMMU_ALLOC ? DMS_ARG_HANDLE_PTR :
		       DMS_ARG_DMA;
	if (id == DMS_HOOK_SMMU_FAULT && !strcmp(param, "dev"))
		return DMS_ARG_UNIT;
	for (size_t i = 0; i < sizeof(param_facts) / sizeof(param_facts[0]); i++)
		if (!strcmp(param, param_facts[i].param))
			return param_facts[i].fact;
	return -1;
}

void hook_layout(enum dms_hook id, const char *params, struct dms_layout *layout)
{
	char copy[256], *save = NULL;
	int pos = 0, fact;

	memset(layout, 0, sizeof(*layout));
	memset(layout->at, DMS_ARG_NOWHERE, sizeof(layout->at));
	if (strlen(params) >= sizeof(copy))
		return;
	strcpy(copy, params);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save), pos++) {
		fact = hook_param_fact(id, p + (*p == '*'));
		if (fact < 0)
			continue;
		layout->at[fact] = (__dms_u8)pos;
		if (*p == '*')
			layout->follow8 |= 1U << fact;
	}
	layout->params = (__dms_u8)pos;
}

int hook_by_any_name(const char *name)
{
	int id = dms_hook_by_name(name);

	if (id > DMS_HOOK_NONE)
		return id;
	if (!strcmp(name, "set_memory_unencrypted"))
		name = "set_memory_decrypted";
	for (unsigned int i = 0; i < hook_rows_count; i++)
		for (const struct candidate *c = hook_rows[i].cand; c->symbol; c++)
			if (!strcmp(c->symbol, name))
				return hook_rows[i].id;
	return -1;
}
