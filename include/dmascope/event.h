/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire format between the BPF programs and the aggregator: fixed-size records in ring
 * buffers and the keys and values of the shared maps. Only plain fixed-width C lives here; it
 * is compiled for the BPF target and for the host. No pointers into the kernel leave through
 * these structures except those marked "kernel address", which user space resolves to a symbol
 * name and forgets.
 *
 * Ids are append-only: never renumber, a trace written by an older version must keep its sense.
 *
 * Units: addresses and sizes in bytes, times in ns of CLOCK_MONOTONIC (bpf_ktime_get_ns).
 */
#ifndef DMASCOPE_EVENT_H
#define DMASCOPE_EVENT_H

#ifndef __bpf__
#include <stdint.h>
typedef uint8_t __dms_u8;
typedef uint16_t __dms_u16;
typedef uint32_t __dms_u32;
typedef uint64_t __dms_u64;
typedef int64_t __dms_s64;
#else
typedef unsigned char __dms_u8;
typedef unsigned short __dms_u16;
typedef unsigned int __dms_u32;
typedef unsigned long long __dms_u64;
typedef long long __dms_s64;
#endif

/* The kernel's return value for a failed mapping (DMA_MAPPING_ERROR). */
#define DMS_DMA_ERROR		(~0ULL)

/*
 * DMS_EV_FAULT without a device: aux has this bit, the PCI segment << 16 and the requester id.
 * Without the bit it has the id by which an SMMU or a virtio-iommu knows the device.
 */
#define DMS_FAULT_BY_ID		(1ULL << 32)

/* Constants of the bounce pool, named as in include/linux/swiotlb.h, 5.4 to 7.1. */
#define IO_TLB_SHIFT		11
#define IO_TLB_SIZE		(1 << IO_TLB_SHIFT)	/* bytes of a slot: 2 KiB */
#define IO_TLB_SEGSIZE		128	/* slots of a segment: no mapping takes more */

/* Kinds of ring-buffer record; the first field of every record. */
enum dms_event_type {
	DMS_EV_NONE = 0,
	DMS_EV_MAP,		/* a mapping was asked for; refused: dma is DMS_DMA_ERROR */
	DMS_EV_UNMAP,		/* a streaming mapping was unmapped */
	DMS_EV_ALLOC,		/* coherent memory was asked for; dma is DMS_DMA_ERROR if refused */
	DMS_EV_FREE,		/* coherent memory was freed */
	DMS_EV_BOUNCE_REQ,	/* swiotlb_map() was entered: an attempt, no slot yet */
	DMS_EV_BOUNCE,		/* slots were searched: aux is the slot's physical address or ~0 */
	DMS_EV_UNBOUNCE,	/* slots were released: aux is the slot's physical address */
	DMS_EV_TCE_SET,		/* [dma, dma + size) of LIOBN now translates to [phys, ...) */
	DMS_EV_TCE_CLEAR,	/* [dma, dma + size) of LIOBN translates to nothing */
	DMS_EV_SHARE,		/* [phys, phys + size) was made visible to the hypervisor */
	DMS_EV_UNSHARE,		/* [phys, phys + size) was made private again */
	DMS_EV_UCALL,		/* status of an ultracall seen at ucall_norets+4 (powerpc) */
	DMS_EV_MASK,		/* dma_set_mask() or dma_set_coherent_mask(): aux is the mask */
	DMS_EV_DECIDE,		/* the platform judged a mask: aux is the mask, ret 1 = supported */
	DMS_EV_BYPASS,		/* a direct window was asked for: aux the mask, ret 1 = granted */
	DMS_EV_HCALL,		/* a TCE hcall ended: aux opcode, ret its status */
	DMS_EV_DEVICE_ADD,	/* a device appeared */
	DMS_EV_DEVICE_DEL,	/* a device went away */
	DMS_EV_FREED_SHARED,	/* a page went back to the allocator while shared */
	DMS_EV_DEVSTATE,	/* struct dms_devstate */
	DMS_EV_STACK,		/* struct dms_stack */
	DMS_EV_LIVE,		/* from the snapshot: a slot (aux) or TCE (dma) in use before us */
	DMS_EV_FAULT,		/* an IOMMU refused an access of a device to dma */
	DMS_EV_DOMAIN_MAP,	/* [dma, dma + size) of a device's IOMMU domain leads to phys now:
				 * not by the DMA API, but by vfio, iommufd or the driver itself */
	DMS_EV_DOMAIN_UNMAP,
	DMS_EV_DOMAIN_USE,	/* what the DMA API mapped in a device's IOMMU domain, in all */
	DMS_EV_FLUSH,		/* an IOMMU forgot what it had cached of a device's domain */
	DMS_EV_FREEZE,		/* the platform isolated a device (EEH, powerpc) */
	DMS_EV_MAX
};

/* One id per observation ("hook"): the key of the loss counters and of the catalogue. */
enum dms_hook {
	DMS_HOOK_NONE = 0,
	DMS_HOOK_MAP,			/* dma_map_phys, dma_map_page, dma_map_page_attrs */
	DMS_HOOK_UNMAP,
	DMS_HOOK_MAP_SG,
	DMS_HOOK_UNMAP_SG,
	DMS_HOOK_ALLOC,
	DMS_HOOK_FREE,
	DMS_HOOK_DMA_IOMMU_MAP,		/* dma_iommu_map_page / _phys */
	DMS_HOOK_IOMMU_MAP,		/* iommu_map_page / _phys: PCI and VIO, with the table */
	DMS_HOOK_IOMMU_MAP_SG,		/* ppc_iommu_map_sg */
	DMS_HOOK_IOMMU_ALLOC,		/* iommu_alloc_coherent */
	DMS_HOOK_SWIOTLB_BOUNCED,	/* the tracepoint: attempts */
	DMS_HOOK_SWIOTLB_MAP,		/* swiotlb_tbl_map_single */
	DMS_HOOK_SWIOTLB_UNMAP,
	DMS_HOOK_SHARE,			/* set_memory_decrypted */
	DMS_HOOK_UNSHARE,		/* set_memory_encrypted */
	DMS_HOOK_UCALL,			/* ucall_norets+4 */
	DMS_HOOK_SHARE_DTL,		/* dtl_cache_ctor */
	DMS_HOOK_SHARE_XIVE,		/* xive_spapr_setup_queue / _configure_queue */
	DMS_HOOK_TCE_BUILD,		/* tce_buildmulti_pSeriesLP */
	DMS_HOOK_TCE_BUILD_ONE,		/* tce_build_pSeriesLP and tce_build_pSeries */
	DMS_HOOK_TCE_FREE,		/* tce_freemulti_pSeriesLP */
	DMS_HOOK_TCE_FREE_ONE,		/* tce_free_pSeriesLP, tce_free_pSeries, tce_clear_... */
	DMS_HOOK_TCE_SETRANGE,		/* tce_setrange_multi_pSeriesLP */
	DMS_HOOK_TCE_CLEARRANGE,	/* tce_clearrange_multi_pSeriesLP */
	DMS_HOOK_HCALL,			/* powerpc:hcall_entry and hcall_exit */
	DMS_HOOK_DMA_SUPPORTED,		/* dma_iommu_dma_supported */
	DMS_HOOK_BYPASS,		/* iommu_bypass_supported_pSeriesLP */
	DMS_HOOK_SET_MASK,
	DMS_HOOK_SET_COHERENT_MASK,
	DMS_HOOK_DEVICE_ADD,
	DMS_HOOK_DEVICE_DEL,
	DMS_HOOK_PAGE_FREE,		/* kmem:mm_page_free, only looked at for shared pages */
	DMS_HOOK_SNAPSHOT,		/* dev_attr_show, for our own reads only */
	DMS_HOOK_IOVA_LINK,		/* dma_iova_link() */
	DMS_HOOK_IOVA_SYNC,		/* dma_iova_sync(): the linked pieces are a mapping now */
	DMS_HOOK_IOVA_UNLINK,
	DMS_HOOK_IOVA_DESTROY,
	DMS_HOOK_IOMMU_FAULT,		/* iommu:io_page_fault: AMD, Arm SMMU v2, most others */
	DMS_HOOK_DMAR_FAULT,		/* dmar_fault(): Intel */
	DMS_HOOK_DOMAIN_ATTACH,		/* iommu:attach_device_to_domain */
	DMS_HOOK_DOMAIN_MAP,		/* iommu_map_nosync() or __iommu_map() */
	DMS_HOOK_DOMAIN_UNMAP,		/* __iommu_unmap() */
	DMS_HOOK_FLUSH_INTEL,		/* intel_flush_iotlb_all() */
	DMS_HOOK_FLUSH_AMD,		/* amd_iommu_flush_iotlb_all() */
	DMS_HOOK_FLUSH,			/* the same of the other IOMMUs */
	DMS_HOOK_SMMU_FAULT,		/* arm_smmu_evtq_thread(): Arm SMMU v3 */
	DMS_HOOK_VIRTIO_FAULT,		/* viommu_event_handler() */
	DMS_HOOK_EEH,			/* eeh_send_failure_event(): powerpc */
	DMS_HOOK_MAX
};

/* The way one mapping takes. A device has counts per path, never one path. */
enum dms_path {
	DMS_PATH_UNKNOWN = 0,	/* not enough was observed to decide */
	DMS_PATH_DIRECT,	/* bypass: DMA address = physical address + the window's offset */
	DMS_PATH_BOUNCED,	/* copied through SWIOTLB slots */
	DMS_PATH_TCE,		/* a TCE was built for this mapping */
	DMS_PATH_COHERENT,	/* allocated, not mapped */
	DMS_PATH_FAILED,	/* the kernel refused the mapping */
	DMS_PATH_IOMMU,		/* the generic dma-iommu layer (dev->dma_iommu) */
	DMS_PATH_MAX
};

/*
 * DMA_ATTR_* of include/linux/dma-mapping.h, 4.8 to 7.3: those that a rule asks for, and all bits
 * that any of these kernels defines. Other bits never leave the kernel.
 */
#define DMS_ATTR_SKIP_CPU_SYNC	(1U << 5)	/* nothing is copied */
#define DMS_ATTR_NO_WARN	(1U << 8)	/* the caller can do without */
#define DMS_ATTR_MMIO		(1U << 10)	/* 6.18: no RAM; also set for dma_map_resource() */
#define DMS_ATTR_REQUIRE_COHERENT (1U << 12)	/* 7.0 (e6a58fa25562): must not be bounced */
#define DMS_ATTR_CC_SHARED	(1U << 13)	/* 7.1 (f0548044a026): shared before it is mapped */
#define DMS_ATTR_ALLOC_CC_SHARED (1U << 14)	/* 7.3, internal: allocated as shared memory */
#define DMS_ATTRS		0x7ffeU

/* As enum dma_data_direction. */
enum dms_dir { DMS_DIR_BIDIR, DMS_DIR_TO_DEVICE, DMS_DIR_FROM_DEVICE, DMS_DIR_NONE };

/* The reason a mapping failed, if an inner hook of the same call reported it (dms_event.flags). */
#define DMS_FL_NO_SLOT		0x01	/* swiotlb_tbl_map_single() returned ~0 */
#define DMS_FL_NO_TCE		0x02	/* iommu_map_*() returned ~0 */
#define DMS_FL_INNER		0x04	/* the path was confirmed by an inner hook of the call */
#define DMS_FL_SG		0x08	/* an element of a scatter-gather list; ret is its index */
#define DMS_FL_NO_PHYS		0x10	/* phys was not observed (unmaps) */
#define DMS_FL_COHERENT_MASK	0x20	/* DMS_EV_MASK: the coherent mask was set */
#define DMS_FL_DIRECT_WINDOW	0x40	/* TCE_SET/CLEAR: the pre-mapped, direct window is filled */
#define DMS_FL_PREEXISTING	0x80	/* it existed before the tool attached */

/*
 * One observation. Fields that a type does not use are 0.
 *
 *   type        dma          phys       size    aux              ret
 *   MAP         DMA address  original   bytes   slot (bounced)   index in sg list (DMS_FL_SG)
 *   UNMAP       DMA address  -          bytes   slot (bounced)
 *   ALLOC/FREE  DMA address  0          bytes   -
 *   BOUNCE_REQ  unbounced    -          bytes   -
 *   BOUNCE      -            original   bytes   slot or ~0       alloc_align_mask
 *   UNBOUNCE    -            -          bytes   slot
 *   TCE_SET     first        first      bytes   -                0 or the error
 *   TCE_CLEAR   first        -          bytes   -                0
 *   (UN)SHARE   -            first      bytes   ultracall count  return value
 *   UCALL       -            -          -       -                status
 *   MASK/DECIDE/BYPASS       -          -       mask             result
 *   HCALL       IOBA         TCE        count   opcode           status
 *   LIVE        DMA address  original   bytes   slot, 0 = TCE
 *   FAULT       accessed     -          -       id, as the       the IOMMU's reason; dir: by its
 *                                               IOMMU knows it   access, as of a mapping; NONE:
 *                                                                not reported
 *   DOMAIN_MAP   DMA address first      bytes   -                0
 *   DOMAIN_UNMAP DMA address -          bytes   -                0
 *   DOMAIN_USE  -            -          bytes   mappings         0; in older traces also 1:
 *                                                                unmapped
 *   FLUSH       -            -          -       ns that it took  0
 *   FREEZE      -            -          -       address of PE    0
 */
struct dms_event {
	__dms_u16 type;		/* enum dms_event_type */
	__dms_u8 hook;		/* enum dms_hook */
	__dms_u8 also;		/* the hook within the call whose own record was left out, for it
				 * would repeat this one; 0 = none */
	__dms_u32 cpu;
	__dms_u64 ts;
	__dms_u64 dev;		/* kernfs id of the device's sysfs directory; 0 = none */
	__dms_u64 dma;
	__dms_u64 phys;
	__dms_u64 size;
	__dms_u64 aux;
	__dms_s64 ret;
	__dms_u32 liobn;	/* 0 = none */
	__dms_u32 attrs;	/* DMA_ATTR_* as passed, cut to DMS_ATTRS */
	__dms_u32 pid;		/* thread group; 0 in interrupts of the idle task */
	__dms_u32 stack;	/* id of a DMS_EV_STACK record, 0 = none */
	__dms_u8 path;		/* enum dms_path */
	__dms_u8 dir;		/* enum dms_dir */
	__dms_u8 flags;		/* DMS_FL_* */
	__dms_u8 page_shift;	/* of the TCE table, 0 = none */
	__dms_u32 object;	/* MAP: bytes of the slab object that the memory begins in, where
				 * that is less than size; 0: it is not, or was not looked at */
};
_Static_assert(sizeof(struct dms_event) == 88, "wire format");
_Static_assert(DMS_HOOK_MAX <= 256, "hook and also");

/* DMS_EV_SHARE, _UNSHARE, _DOMAIN_MAP: of the process whom it is for also its name (comm). */
#define DMS_COMM_LEN		16
struct dms_share {
	struct dms_event event;
	char comm[DMS_COMM_LEN];	/* "" = not read */
};
_Static_assert(sizeof(struct dms_share) == 104, "wire format");

/* The observed fields of struct dms_devstate (the others mean nothing). */
#define DMS_DS_MASK		0x0001
#define DMS_DS_COHERENT_MASK	0x0002
#define DMS_DS_BUS_LIMIT	0x0004
#define DMS_DS_OPS		0x0008
#define DMS_DS_BYPASS		0x0010
#define DMS_DS_OFFSET		0x0020
#define DMS_DS_TABLE		0x0040
#define DMS_DS_POOL		0x0080
#define DMS_DS_FORCE_BOUNCE	0x0100
#define DMS_DS_DMA_IOMMU	0x0200
#define DMS_DS_POOL_USED	0x0400
#define DMS_DS_CC_SHARED	0x0800
#define DMS_DS_SKIP_UNMAP	0x1000
#define DMS_DS_CC_ACCEPTED	0x2000
#define DMS_DS_WHICH_POOL	0x4000	/* own_pool */

/* The kernel's state of a device that decides the path of its DMA. */
struct dms_devstate {
	__dms_u16 type;		/* DMS_EV_DEVSTATE */
	__dms_u16 hook;
	__dms_u32 cpu;
	__dms_u64 ts;
	__dms_u64 dev;
	__dms_u32 known;	/* DMS_DS_* */
	__dms_u8 bypass;	/* dev->dma_ops_bypass */
	__dms_u8 force_bounce;	/* io_tlb_mem.force_bounce: one of the reasons to bounce */
	__dms_u8 dma_iommu;
	__dms_u8 table_page_shift;
	__dms_u64 dma_mask;
	__dms_u64 coherent_mask;
	__dms_u64 bus_limit;	/* dev->bus_dma_limit, 0 = none */
	__dms_u64 ops;		/* kernel address of dev->dma_ops, 0 = none */
	__dms_u64 dma_offset;	/* powerpc: archdata.dma_offset */
	__dms_u64 table_offset;	/* first DMA address of the iommu_table */
	__dms_u64 table_size;	/* bytes of DMA space the iommu_table covers, 0 = no table */
	__dms_u32 liobn;	/* of the iommu_table */
	__dms_u32 pool_areas;
	__dms_u64 pool_start;	/* the device's SWIOTLB pool, physical; start == end: none */
	__dms_u64 pool_end;
	__dms_u64 pool_nslabs;	/* slots of 2 KiB */
	__dms_u64 pool_used;	/* slots in use, all areas */
	__dms_u8 cc_shared;	/* 7.3: the pool's memory is shared with the hypervisor */
	__dms_u8 may_skip_unmap; /* dma_need_unmap() says no: direct mappings may end unseen */
	__dms_u8 own_pool;	/* the pool is not the default one: a restricted pool */
	__dms_u8 pool_grows;	/* SWIOTLB_DYNAMIC: the kernel adds pools to it */
	__dms_u8 cc_accepted;	/* TDISP: the guest lets it reach private memory */
	__dms_u8 pad[3];
};
_Static_assert(sizeof(struct dms_devstate) % 8 == 0, "the same on both sides");

#define DMS_STACK_DEPTH		24
struct dms_stack {
	__dms_u16 type;		/* DMS_EV_STACK */
	__dms_u16 depth;	/* entries used in ip[] */
	__dms_u32 id;		/* as in dms_event.stack; never 0 */
	__dms_u64 ip[DMS_STACK_DEPTH];	/* kernel addresses */
};

/* Per hook, per CPU. The identity: hits == delivered + filtered + ignored + dropped + failed. */
struct dms_counts {
	__dms_u64 hits;		/* the program ran for an observation */
	__dms_u64 delivered;	/* a record went into the ring, is held for another one, or the
				 * aggregates took it */
	__dms_u64 filtered;	/* --device, --path, --min-size said no */
	__dms_u64 ignored;	/* not an observation of its own (nested in another hook's call) */
	__dms_u64 dropped;	/* no room in the ring, or skipped */
	__dms_u64 failed;	/* the entry half was not found, or a map was full */
	__dms_u64 skipped;	/* of dropped: not run by the kernel (user space adds these) */
	__dms_u64 undelivered;	/* of delivered: held, and then there was no room; user space makes
				 * them dropped. Other hooks count here, by atomic adds */
};

/* Aggregates per device and path, per CPU: what top reads. */
#define DMS_HIST_SLOTS		16	/* log2 of the bytes: < 512, < 1 KiB, ... >= 8 MiB */
struct dms_stats_key {
	__dms_u64 dev;
	__dms_u32 path;		/* enum dms_path */
	__dms_u32 pad;
};

struct dms_stats {
	__dms_u64 maps;
	__dms_u64 unmaps;
	__dms_u64 map_bytes;
	__dms_u64 unmap_bytes;
	__dms_u64 older;	/* of unmaps: what was mapped before the start (with an index) */
	__dms_u64 older_bytes;
	__dms_u64 hist[DMS_HIST_SLOTS];
};

#endif /* DMASCOPE_EVENT_H */
