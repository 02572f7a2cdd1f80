/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences in how kernels keep a fact: one accessor for each fact, with the commit or
 * version that made the difference. Nothing here is chosen by version number; fields are asked
 * for by name. Accessors only; emitting and counting live elsewhere.
 *
 * A file that defines DMS_DIRECT before including this reads through BTF pointers without any
 * helper: the only way under lockdown=confidentiality, where bpf_probe_read*() is refused. Its
 * pointers must come from the arguments of a tp_btf program.
 */
#ifndef DMASCOPE_BPF_DEVICE_H
#define DMASCOPE_BPF_DEVICE_H

#include "lib/args.h"

#include <bpf/bpf_core_read.h>

/*
 * A number as a typed pointer that is read without a helper: 6.2+ (a35b9af4ec2c). A kernel without
 * BTF of its own does not have the function, and one without a JIT cannot call it.
 */
static void *(*const rdonly_cast)(const void *obj, u64 btf_id) = (void *)DMS_CAST_CALL;
/* The verifier knows what a read-only map holds: to it, the number is a constant. */
#define CAST_ID(type)	config.cast[_Generic((type *)0,					\
	struct device *: DMS_CAST_DEVICE, struct scatterlist *: DMS_CAST_SCATTERLIST,	\
	struct kmem_cache *: DMS_CAST_KMEM_CACHE, struct slab *: DMS_CAST_SLAB,		\
	struct iommu_table *: DMS_CAST_IOMMU_TABLE)]
#define CAST(type, ptr)	((type *)rdonly_cast((void *)(ptr), CAST_ID(type)))

#ifdef DMS_DIRECT
#define RD(src, field)		((src)->field)
/*
 * With DMS_NO_KFUNC only the pointers that the kernel hands to a program can be followed, so lists
 * (dma_sg) cannot.
 */
#ifdef DMS_NO_KFUNC
#define AS(type, ptr)		((type *)(ptr))
#else
#define AS(type, ptr)		CAST(type, ptr)
#endif
#else
#define AS(type, ptr)		((type *)(ptr))
/* src must not point to const: the value would be a constant to the compiler, and stay 0 */
#define RD(src, field)		({						\
	typeof((src)->field) __val = 0;						\
	bpf_core_read(&__val, sizeof(__val), &(src)->field);			\
	__val; })
/*
 * The same of a structure that CAST_ID() knows, without a helper where that is possible: on ppc64le
 * a helper's read is 89 instructions, and this one. The verifier does not see the other branch.
 */
#define FOLLOW(type, src, field)							\
	(CAST_ID(type) ? CAST(type, src)->field : RD(src, field))
#endif

#ifndef DMS_DIRECT
/* The entry after that one of a list: struct list_head begins with it in all kernels. */
static __always_inline u64 list_next(u64 at)
{
	u64 next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), (const void *)at);
	return next;
}
#endif

/* The device's key: the id of its sysfs directory, which stat() shows as the inode number. */
static __always_inline u64 dev_key(struct device *dev)
{
#ifdef DMS_DIRECT	/* the kernel reads 0 through a pointer that is NULL (BPF_PROBE_MEM) */
	return dev->kobj.sd->id;
#else
	struct kernfs_node *sd;

	if (!dev)
		return 0;
	if (CAST_ID(struct device))
		return CAST(struct device, dev)->kobj.sd->id;
	sd = RD(dev, kobj.sd);
	return sd ? RD(sd, id) : 0;
#endif
}

/*
 * The same of the device that fentry and fexit are called with: the verifier knows what such a
 * pointer is, so that it is followed without a helper.
 */
static __always_inline u64 arg_dev_key(struct device *dev)
{
#ifdef DMS_FENTRY
	struct kernfs_node *sd = dev ? dev->kobj.sd : NULL;

	return sd ? sd->id : 0;
#else
	return dev_key(dev);
#endif
}

static __always_inline u64 dev_dma_offset(struct device *dev)
{
	if (bpf_core_field_exists(dev->archdata.dma_offset))
		return RD(dev, archdata.dma_offset);
	return 0;
}

/* 7.2+: a bit of dev->flags. */
#define HAS_FLAG(flag)		bpf_core_enum_value_exists(enum struct_device_flags, flag)
#define FLAG_OF(dev, flag)								\
	(RD((struct device___72 *)(dev), flags[0]) >>					\
	 bpf_core_enum_value(enum struct_device_flags, flag) & 1)

#ifdef DMS_DIRECT
#define BIT_OF(dev, field)	BPF_CORE_READ_BITFIELD(dev, field)
#else
#define BIT_OF(dev, field)	BPF_CORE_READ_BITFIELD_PROBED(dev, field)
#endif

/*
 * device_cc_accepted(): the guest has verified the device and accepted it (TDISP), so it reaches
 * private memory. 1, 0, or -1: this kernel has no such devices.
 */
static __always_inline int dev_accepted(struct device *dev)
{
	struct device_private *own = NULL;

	if (!bpf_core_field_exists(dev->p) || !bpf_core_field_exists(own->cc_accepted))
		return -1;
	own = RD(dev, p);
	return own ? BIT_OF(own, cc_accepted) : 0;
}

static __always_inline bool dev_has_dma_iommu(struct device *dev)
{
	/* 6.12+ (b5c58b2fdc42), with CONFIG_IOMMU_DMA */
	return bpf_core_field_exists(dev->dma_iommu) || HAS_FLAG(DEV_FLAG_DMA_IOMMU) ||
	       config.iommu_ops_at;
}

static __always_inline bool dev_uses_dma_iommu(struct device *dev)
{
	if (HAS_FLAG(DEV_FLAG_DMA_IOMMU))
		return FLAG_OF(dev, DEV_FLAG_DMA_IOMMU);
	if (bpf_core_field_exists(dev->dma_iommu))
		return BIT_OF(dev, dma_iommu);
	/* before 6.12 dma-iommu has operations of its own: iommu_setup_dma_ops() */
	if (config.iommu_ops_at && bpf_core_field_exists(dev->dma_ops))
		return (u64)RD(dev, dma_ops) == config.iommu_ops_at;
	return false;
}

/* The same of the device that fentry and fexit are called with: arg_dev_key(). */
static __always_inline bool arg_dev_uses_dma_iommu(struct device *dev)
{
#ifdef DMS_FENTRY
	if (!HAS_FLAG(DEV_FLAG_DMA_IOMMU) && bpf_core_field_exists(dev->dma_iommu))
		return BPF_CORE_READ_BITFIELD(dev, dma_iommu);
#endif
	return dev_uses_dma_iommu(dev);
}

static __always_inline bool dev_has_bypass(struct device *dev)
{
	return bpf_core_field_exists(dev->dma_ops_bypass) || HAS_FLAG(DEV_FLAG_DMA_OPS_BYPASS);
}

static __always_inline bool dev_bypass(struct device *dev)
{
	if (HAS_FLAG(DEV_FLAG_DMA_OPS_BYPASS))
		return FLAG_OF(dev, DEV_FLAG_DMA_OPS_BYPASS);
	if (bpf_core_field_exists(dev->dma_ops_bypass))
		return BIT_OF(dev, dma_ops_bypass);
	return false;
}

/*
 * True if drivers may omit the unmap of a direct mapping: dma_need_unmap(), 6.16 and later
 * (kernel/dma/mapping.c), where the device is coherent and has not bounced yet (6.10+,
 * f406c8e4b770; a flag from 7.2 on).
 */
static __always_inline bool dev_has_skip_sync(struct device *dev)
{
	return bpf_core_field_exists(dev->dma_skip_sync) || HAS_FLAG(DEV_FLAG_DMA_SKIP_SYNC);
}

static __always_inline bool dev_may_skip_unmap(struct device *dev)
{
	if (!(config.flags & DMS_CFG_SKIP_UNMAP))
		return false;
	if (HAS_FLAG(DEV_FLAG_DMA_SKIP_SYNC))
		return FLAG_OF(dev, DEV_FLAG_DMA_SKIP_SYNC);
	if (bpf_core_field_exists(dev->dma_skip_sync))
		return BIT_OF(dev, dma_skip_sync);
	return false;
}

/* The bits of a DMA address, without those that say private (x86) or shared (arm64). */
#if defined(__TARGET_ARCH_x86) || defined(__TARGET_ARCH_arm64)
#define ADDR_BITS(of)	((of)->addr_bits)
#else
#define ADDR_BITS(of)	(~0ULL)
#endif

struct table {
	u64 start;	/* DMA address */
	u64 size;	/* bytes */
	u32 liobn;
	u32 page_shift;
};

static __always_inline void table_read(struct iommu_table *tbl, struct table *out)
{
	out->page_shift = RD(tbl, it_page_shift);
	out->liobn = RD(tbl, it_index);
	out->start = (u64)RD(tbl, it_offset) << (out->page_shift & 63);
	out->size = (u64)RD(tbl, it_size) << (out->page_shift & 63);
}

/* powerpc only. NULL also where the default window was removed for a hybrid one (6.10+). */
static __always_inline bool dev_table(struct device *dev, struct table *out)
{
	struct iommu_table *tbl;

	out->size = 0;
	if (!bpf_core_field_exists(dev->archdata.iommu_table_base))
		return false;
	tbl = RD(dev, archdata.iommu_table_base);
	if (!tbl)
		return false;
	table_read(tbl, out);
	return true;
}

/* True if more than the pool changes DMA addresses: a bus that translates them, dma_map_ops. */
static __always_inline bool dev_remaps(struct device *dev)
{
	if (bpf_core_field_exists(dev->dma_range_map) && RD(dev, dma_range_map))
		return true;
	return bpf_core_field_exists(dev->dma_ops) && RD(dev, dma_ops);
}

struct pool {
	u64 start;
	u64 end;
	u64 nslabs;
	u64 used;
	u32 areas;
	bool force_bounce;
	bool used_known;
	bool cc_shared_known;
	bool cc_shared;
	bool grows;		/* SWIOTLB_DYNAMIC: it has more pools than this one */
};

static __always_inline struct io_tlb_mem *dev_pool_mem(struct device *dev)
{
	if (!bpf_core_field_exists(dev->dma_io_tlb_mem))
		return NULL;	/* before 5.15: globals, see read_values */
	return RD(dev, dma_io_tlb_mem);
}

/*
 * 1: the device's pool is a restricted one, 0: it is the default one, -1: which is not known. Only
 * rmem_swiotlb_device_init() sets for_alloc, a member in each configuration (5.15, f4111e39a52a, to
 * 7.3). Without it the address of the default pool decides, which kallsyms may hide.
 */
static __always_inline int dev_pool_own(struct device *dev)
{
	struct io_tlb_mem *mem = dev_pool_mem(dev);

	if (!mem)
		return 0;	/* before 5.15 there is one for all */
	if (bpf_core_field_exists(mem->for_alloc))
		return RD(mem, for_alloc);
	if (!config.pool_mem_at)
		return -1;
	return (u64)mem != config.pool_mem_at;
}

static __always_inline bool dev_pool(struct device *dev, struct pool *out)
{
	struct io_tlb_mem *mem = dev_pool_mem(dev);
	struct io_tlb_mem___pre66 *old;

	/* volatile: else clang makes one load of these and of those below, of another kind */
	out->start = *(volatile u64 *)&values.pool_start;
	out->end = *(volatile u64 *)&values.pool_end;
	if (!mem)
		return out->end;
	if (bpf_core_field_exists(mem->defpool)) {
		out->start = RD(mem, defpool.start);
		out->end = RD(mem, defpool.end);
		/* 6.6+ (1aaa736815eb) */
		if (bpf_core_field_exists(mem->can_grow))
			out->grows = RD(mem, can_grow);
		return true;
	}
	old = (void *)mem;
	out->start = RD(old, start);
	out->end = RD(old, end);
	return true;
}

/*
 * 7.3 keeps io_tlb_mem.total_used only with swiotlb=track_hiwater; its own count is the sum over
 * the areas (mem_pool_used(), kernel/dma/swiotlb.c). Areas are not walked without helpers.
 */
#define POOL_AREAS	256
#define AREAS_EACH	16	/* of a block: two short loops, as each turn is verified */

#ifndef DMS_DIRECT
/*
 * The slots in use of the first areas of n. Global, to be verified once, not for each block; before
 * 6.8 ("bpf: validate global subprogs lazily") also by kernels that never call it.
 */
__weak __noinline s64 areas_block(u64 areas, u32 n)
{
	struct io_tlb_area *area = NULL;
	s64 sum = 0;

	if (!bpf_core_field_exists(area->used))
		return -1;
	for (u32 i = 0; i < AREAS_EACH && i < n; i++) {
		area = (void *)(areas + i * bpf_core_type_size(struct io_tlb_area));
		sum += RD(area, used);
	}
	return sum;
}

/* -1: there are more areas than are read. Global for the same reason. */
__weak __noinline s64 areas_used(u64 areas, u32 n)
{
	u64 size = bpf_core_type_size(struct io_tlb_area);
	s64 sum = 0;

	if (n > POOL_AREAS)
		return -1;
	for (u32 i = 0; i < POOL_AREAS && i < n; i += AREAS_EACH)
		sum += areas_block(areas + i * size, n - i);
	return sum;
}
#endif

/* The slots in use of a pool of 6.6 and later. */
static __always_inline void pool_used(struct io_tlb_mem *mem, struct pool *out)
{
	if (!out->cc_shared_known && bpf_core_field_exists(mem->total_used)) {
		out->used = RD(mem, total_used.counter);
		out->used_known = true;
		return;
	}
#ifndef DMS_DIRECT
	/* a pool that grew (SWIOTLB_DYNAMIC) has areas elsewhere too: then how many is not known */
	if (out->cc_shared_known && bpf_core_field_exists(mem->defpool.areas) &&
	    RD(mem, defpool.nslabs) == out->nslabs) {
		s64 used = areas_used((u64)RD(mem, defpool.areas), out->areas);

		out->used = used;
		out->used_known = used >= 0;
	}
#endif
}

/* The rest of the pool's state: only for the device state record, not for each mapping. */
static __always_inline void dev_pool_state(struct device *dev, struct pool *out)
{
	struct io_tlb_mem *mem = dev_pool_mem(dev);
	struct io_tlb_mem___pre66 *old;

	out->used_known = false;
	out->areas = 0;
	if (!mem)
		return;
	if (bpf_core_field_exists(mem->defpool)) {
		out->nslabs = RD(mem, nslabs);
		out->areas = RD(mem, defpool.nareas);
		out->force_bounce = RD(mem, force_bounce);
		if (bpf_core_field_exists(mem->cc_shared)) {
			out->cc_shared_known = true;
			out->cc_shared = RD(mem, cc_shared);
		}
		pool_used(mem, out);
		return;
	}
	old = (void *)mem;
	out->nslabs = RD(old, nslabs);
	out->force_bounce = RD(old, force_bounce);
	if (bpf_core_field_exists(old->nareas)) {
		out->areas = RD(old, nareas);
	} else {
		/* before 6.0 (20347fca71a3) one lock, and `used` is the total */
		out->areas = 1;
		out->used = RD(old, used);
		out->used_known = true;
	}
}

/* Physical address of offset into a struct page; false where vmemmap is not known. */
static __always_inline bool page_phys(u64 page, u64 offset, u64 *phys)
{
	if (!values.vmemmap || !config.struct_page_size)
		return false;
	*phys = ((page - values.vmemmap) / config.struct_page_size << config.page_shift) + offset;
	return true;
}

/* Physical address of a linear-map address; false for any other (vmalloc, modules). */
static __always_inline bool virt_phys(u64 virt, u64 *phys)
{
	if (!config.virt_mask || (config.virt_base_at && !values.virt_base))
		return false;
	virt = (virt & config.virt_mask) - values.virt_base;
	if (config.virt_size && virt >= config.virt_size)
		return false;
	*phys = virt;
	return true;
}

#endif /* DMASCOPE_BPF_DEVICE_H */
