/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel types the BPF programs touch, and of them only the fields touched. Every structure
 * that differs between kernels is preserve_access_index, so libbpf finds the fields in the
 * running kernel's BTF (CO-RE); ___flavours hold the layout of other versions. Nothing else
 * belongs here: a field that no program reads is removed.
 *
 * `make check-core` checks each field against the BTF of the kernels in the matrix.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef _Bool bool;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef unsigned long size_t;
#define true 1
#define false 0
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h: the ones used. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
};

/* The context of BPF_PROG_TYPE_RAW_TRACEPOINT. */
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_F_MMAPABLE = 1024,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

/* What a kprobe program is given: stable layouts, no relocation needed. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_powerpc)
struct pt_regs {
	unsigned long gpr[32];
	unsigned long nip, msr, orig_gpr3, ctr, link, xer, ccr, softe, trap, dar, dsisr, result;
};
#elif defined(__TARGET_ARCH_s390)
struct pt_regs {
	unsigned long args[1];
	unsigned long psw_mask, psw_addr;
	unsigned long gprs[16];
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	unsigned long sp, pc, pstate;
};
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/linux/kernfs.h: id is 64 bits and the inode number from 5.5 on (67c0496e87d1). */
struct kernfs_node {
	u64 id;
};

struct kobject {
	const char *name;
	struct kernfs_node *sd;
};

/* The word of a tail page that leads to the head of its compound page. */
struct page {
	unsigned long compound_head;
};

struct page___71 {
	unsigned long compound_info;		/* 7.1+ instead of compound_head */
};

enum pagetype {
	PGTY_slab = 245,			/* 6.12+ (4ffca5a96678) */
};

enum pageflags {
	PG_slab = 9,				/* to 6.10 (46df8e73a4a3) */
};

struct kmem_cache {
	unsigned int object_size;
};

/* mm/slab.h, 5.17+ (d122019bf061): laid over the head page. */
struct slab {
	unsigned long __page_flags;
	struct kmem_cache *slab_cache;
	unsigned int __page_type;		/* 6.11+ */
};

struct dma_map_ops;
struct bus_dma_region;

/* arch/powerpc/include/asm/iommu.h */
struct iommu_table {
	unsigned long it_size;		/* entries */
	unsigned long it_offset;	/* entries */
	unsigned long it_index;		/* LIOBN */
	unsigned long it_page_shift;
	unsigned long *it_map;
};

/* include/linux/swiotlb.h, 6.6+ (158dbe9c9a1a): the pool is a structure of its own. */
struct io_tlb_slot {
	phys_addr_t orig_addr;
};

struct io_tlb_area {				/* 6.0+ (20347fca71a3) */
	unsigned long used;
};

/* Its first word is read: list_next() of bpf/snapshot.bpf.c. */
struct list_head {
	struct list_head *first;
};

struct io_tlb_pool {
	phys_addr_t start;
	phys_addr_t end;
	unsigned long nslabs;
	unsigned int nareas;
	struct io_tlb_area *areas;
	struct io_tlb_slot *slots;
	struct list_head node;			/* 6.6+ with CONFIG_SWIOTLB_DYNAMIC */
};

struct atomic64_value {
	s64 counter;
};

struct io_tlb_mem {
	struct io_tlb_pool defpool;
	unsigned long nslabs;
	bool force_bounce;
	bool for_alloc;				/* 5.15+ (f4111e39a52a) */
	bool cc_shared;				/* 7.3+ */
	bool can_grow;				/* 6.6+ with CONFIG_SWIOTLB_DYNAMIC (1aaa736815eb) */
	struct list_head pools;			/* the same; with defpool */
	struct atomic64_value total_used;	/* 6.4+ with CONFIG_DEBUG_FS (8b0977ecc8b3) */
};

/* 5.15 to 6.5. */
struct io_tlb_mem___pre66 {
	phys_addr_t start;
	phys_addr_t end;
	unsigned long nslabs;
	unsigned long used;
	bool force_bounce;
	unsigned int nareas;			/* 6.0+ (20347fca71a3) */
	struct io_tlb_slot *slots;
};

/* arch/powerpc/include/asm/device.h; empty on x86 of today. */
struct dev_archdata {
	dma_addr_t dma_offset;
	struct iommu_table *iommu_table_base;
};

/* drivers/base/base.h; the bit is posted (TDISP, v2 of March 2026), no release has it */
struct device_private {
	u8 cc_accepted : 1;
};

struct device {
	struct kobject kobj;
	struct device *parent;
	struct device_private *p;
	u64 *dma_mask;
	u64 coherent_dma_mask;
	u64 bus_dma_limit;			/* 5.6+ (a7ba70f1787f) */
	const struct dma_map_ops *dma_ops;
	bool dma_ops_bypass : 1;		/* 5.9+ (d35834c6d4b8), powerpc64 only */
	bool dma_skip_sync : 1;			/* 6.10+ (f406c8e4b770) */
	bool dma_iommu : 1;			/* 6.12+ (b5c58b2fdc42) */
	const struct bus_dma_region *dma_range_map;	/* 5.11+ (e0d072782c73) */
	struct dev_archdata archdata;
	struct iommu_group *iommu_group;	/* with CONFIG_IOMMU_API */
	struct dev_iommu *iommu;		/* the same; iommu_param at first */
	struct io_tlb_mem *dma_io_tlb_mem;	/* 5.15+ (69031f500865) */
	struct list_head dma_io_tlb_pools;	/* 6.6+ with CONFIG_SWIOTLB_DYNAMIC: transient */
};

/* 7.2+: the bit-fields of struct device became bits of a word, numbered by configuration. */
enum struct_device_flags {
	DEV_FLAG_DMA_IOMMU = 2,
	DEV_FLAG_DMA_SKIP_SYNC = 3,
	DEV_FLAG_DMA_OPS_BYPASS = 4,
};

struct device___72 {
	unsigned long flags[1];
};

struct pci_dev {
	struct device dev;
};

/* arch/powerpc/include/asm/eeh.h, 3.10 to 7.3 */
struct eeh_pe {
	int addr;
	struct list_head edevs;
};

struct eeh_dev {
	struct list_head entry;
	struct pci_dev *pdev;
};

/* drivers/iommu/intel/iommu.h */
struct intel_iommu {
	void *reg;
	u64 cap;
	u16 segment;
};

/* include/linux/iommu.h */
struct iommu_fwspec {
	unsigned int num_ids;
	u32 ids[1];
};

struct iommu_device {
	struct device *dev;
};

struct dev_iommu {
	struct iommu_fwspec *fwspec;
	struct iommu_device *iommu_dev;
};

/*
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h. The driver of the SMMU v2 has a structure of the
 * same name: a field that both have at another place cannot be read.
 */
struct arm_smmu_ll_queue {
	u32 prod;
	u32 cons;
	u32 max_n_shift;
};

struct arm_smmu_queue {
	struct arm_smmu_ll_queue llq;
	u64 *base;
	u32 *prod_reg;
};

struct arm_smmu_evtq {
	struct arm_smmu_queue q;
};

struct arm_smmu_device {
	struct device *dev;
	struct arm_smmu_evtq evtq;
};

/* include/linux/virtio.h, include/uapi/linux/virtio_ring.h, drivers/virtio/virtio_ring.c */
struct virtio_device {
	struct device dev;
};

struct virtqueue {
	struct virtio_device *vdev;
};

struct vring_used {
	u16 idx;
};

struct vring {
	unsigned int num;
	struct vring_used *used;
};

struct vring_desc_state_split {
	void *data;
};

struct vring_virtqueue_split {
	struct vring vring;
	struct vring_desc_state_split *desc_state;
};

enum vq_layout {
	VQ_LAYOUT_SPLIT,
};

struct vring_virtqueue {
	struct virtqueue vq;
	bool packed_ring;			/* 6.1 and 6.12 have it ... */
	enum vq_layout layout;			/* ... 7.2 and 7.3 this */
	u16 last_used_idx;
	struct vring_virtqueue_split split;	/* a member of a union */
};

/* include/linux/iommu.h; the group is private to drivers/iommu/iommu.c, all versions */
struct iommu_domain {
	unsigned int type;
};

struct iommu_group {
	struct iommu_domain *domain;
};

/* include/linux/dma-mapping.h, 6.16+ */
struct dma_iova_state {
	dma_addr_t addr;
};

/* include/linux/scatterlist.h */
struct scatterlist {
	unsigned long page_link;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
	unsigned int dma_length;
};

struct task_struct;

/* arch/powerpc/include/asm/xive.h, sysdev/xive/xive-internal.h */
struct xive_q {
	__be32 *qpage;
	u32 msk;
};

struct xive_cpu {
	struct xive_q queue[8];
};

#pragma clang attribute pop

/* arch/powerpc/platforms/pseries/iommu.c: a device-tree property, so its layout is fixed. */
struct dynamic_dma_window_prop {
	__be32 liobn;
	__be64 dma_base;
	__be32 tce_shift;
	__be32 window_shift;
};

#endif /* __VMLINUX_H__ */
