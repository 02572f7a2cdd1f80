/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The settings of the BPF programs, written before they are loaded: where each hook finds its
 * arguments on this kernel, addresses of a few kernel variables, filters. It is read-only data
 * for the programs, so the verifier drops the code of what is not used.
 */
#ifndef DMASCOPE_CONFIG_H
#define DMASCOPE_CONFIG_H

#include "dmascope/event.h"

/*
 * The facts an argument can carry. A hook's layout says at which position (0 = first) each
 * stands, so that one program serves every version of a signature.
 */
enum dms_arg {
	DMS_ARG_DEV,		/* struct device * */
	DMS_ARG_PDEV,		/* struct pci_dev * */
	DMS_ARG_PAGE,		/* struct page * */
	DMS_ARG_OFFSET,		/* into the page */
	DMS_ARG_PHYS,		/* physical address */
	DMS_ARG_SIZE,		/* bytes */
	DMS_ARG_DIR,
	DMS_ARG_ATTRS,
	DMS_ARG_DMA,		/* DMA address */
	DMS_ARG_TBL,		/* struct iommu_table * */
	DMS_ARG_SG,		/* struct scatterlist * */
	DMS_ARG_NENTS,
	DMS_ARG_ENTS,		/* entries mapped (trace events) */
	DMS_ARG_TCENUM,		/* index into the table */
	DMS_ARG_NPAGES,		/* of the table's page size */
	DMS_ARG_UADDR,		/* kernel virtual address */
	DMS_ARG_LIOBN,
	DMS_ARG_TCESHIFT,
	DMS_ARG_MASK,
	DMS_ARG_ALIGN,		/* alloc_align_mask */
	DMS_ARG_SLOT,		/* physical address in the pool */
	DMS_ARG_HANDLE_PTR,	/* dma_addr_t * */
	DMS_ARG_PFN,
	DMS_ARG_NUMPFN,
	DMS_ARG_PROP,		/* const struct dynamic_dma_window_prop * */
	DMS_ARG_VADDR,		/* kernel virtual address of what is shared, allocated */
	DMS_ARG_NUMPAGES,	/* of PAGE_SIZE */
	DMS_ARG_KOBJ,		/* struct kobject * */
	DMS_ARG_STATE,		/* struct dma_iova_state * */
	DMS_ARG_UNIT,		/* the IOMMU's own structure, its queue, or a PE */
	DMS_ARG_DOMAIN,		/* struct iommu_domain * */
	DMS_ARG_MAX
};
#define DMS_ARG_NOWHERE	0xff

struct dms_layout {
	__dms_u8 at[DMS_ARG_MAX];
	__dms_u8 params;	/* how many the function has: fexit finds the result behind them */
	__dms_u32 follow8;	/* bit per fact: the argument points to the value, of 8 bytes ... */
	__dms_u32 follow4;	/* ... or of 4 */
};
_Static_assert(sizeof(struct dms_layout) == 40, "shared with the BPF programs");
_Static_assert(__builtin_offsetof(struct dms_layout, follow8) % 8 == 0, "read with follow4");
_Static_assert(DMS_ARG_MAX <= 32, "a bit per fact");

/* The half of an observation that reports: the inner hooks stay silent about maps if the generic
 * layer's hook is attached, so that no mapping is reported twice. */
#define DMS_CFG_OUTER_MAP	0x01	/* DMS_HOOK_MAP is attached */
#define DMS_CFG_STREAM		0x02	/* records go into the ring */
#define DMS_CFG_STATS		0x04	/* aggregates are kept */
#define DMS_CFG_STACKS_FIRST	0x08	/* a stack for each new device + path + caller */
#define DMS_CFG_STACKS_FAIL	0x10	/* a stack for each failure */
#define DMS_CFG_STACKS_ALL	0x20
#define DMS_CFG_FILTER_DEV	0x40	/* only devices in the dev_filter map */
#define DMS_CFG_INNER		0x80	/* an inner hook that reports failure reasons is attached */
#define DMS_CFG_INDEX		0x100	/* with DMS_CFG_STATS: live mappings are indexed */
#define DMS_CFG_FILTER		0x200	/* any filter is set */
#define DMS_CFG_SKIP_UNMAP	0x400	/* the kernel has dma_need_unmap() */
#define DMS_CFG_INNER_TCE	0x800	/* one that reports why there is no TCE is attached */
#define DMS_CFG_HOLD_MAP	0x1000	/* slots and TCEs wait for their mapping's record ... */
#define DMS_CFG_HOLD_UNMAP	0x2000	/* ... and of its end */

/* Sizes whose slot of the histogram is read from a table: less than 128 KiB. */
#define DMS_SIZES	256
#define DMS_SIZE_SHIFT	9

/* Structures that programs take a number for a pointer to (AS() in bpf/lib/device.h). */
enum dms_cast {
	DMS_CAST_DEVICE,
	DMS_CAST_SCATTERLIST,
	DMS_CAST_KMEM_CACHE,
	DMS_CAST_SLAB,
	DMS_CAST_IOMMU_TABLE,	/* powerpc */
	DMS_CAST_MAX
};

/*
 * The call of bpf_rdonly_cast() as it is compiled, a helper that no kernel has: before a program is
 * loaded the kernel's own number takes its place. For a function that is declared as the kernel's,
 * libbpf would read all of its BTF.
 */
#define DMS_CAST_CALL	0x444d53

struct dms_config {
	struct dms_layout layout[DMS_HOOK_MAX];
	__dms_u64 vmemmap_at;		/* kernel address of the variable; 0 = none, see values */
	__dms_u64 virt_base_at;		/* the same, of the linear map's first address */
	__dms_u64 pool_start_at;	/* the same, of the pool's begin and end (to 5.12) ... */
	__dms_u64 pool_end_at;
	__dms_u64 pool_mem_at;		/* ... of the pool, or of a pointer to it (5.13, 5.14) */
	__dms_u64 iommu_ops_at;		/* address of iommu_dma_ops (before 6.12); 0 = none */
	__dms_u64 vmemmap;		/* the value where there is no variable; 0 = unknown */
	__dms_u64 virt_base;
	__dms_u64 virt_mask;		/* phys = (virt & virt_mask) - virt_base; 0 = unknown */
	__dms_u64 virt_size;		/* bytes of the linear map above virt_base; 0 = no bound */
	__dms_u64 addr_bits;		/* all of a DMA address but its private or shared bit */
	__dms_u64 min_size;		/* bytes */
	__dms_u32 path_mask;		/* bit per enum dms_path; 0 = all */
	__dms_u32 flags;		/* DMS_CFG_* */
	__dms_u32 page_shift;
	__dms_u32 struct_page_size;
	__dms_u32 ring_mask;		/* shards - 1 */
	__dms_u32 ring_half;		/* bytes: a ring that holds more wakes its reader */
	__dms_u32 wake_mask;		/* one record of wake_mask + 1 looks how full its ring is */
	__dms_u32 set_mask;		/* sets of the index less 1 */
	__dms_u32 dev_mask;		/* places of the devices that are counted, less 1 */
	__dms_u32 cast[DMS_CAST_MAX];	/* the structures' numbers in the kernel's BTF; 0 = none */
	/* dms_size_slot() of each size less than DMS_SIZES << DMS_SIZE_SHIFT, by size >> that */
	__dms_u8 size_slot[DMS_SIZES];
};

/* Values that change while the programs are loaded: kernel variables that a program reads once,
 * and the switch that starts and stops all observations at one instant, however long attaching
 * and detaching dozens of hooks takes. */
struct dms_values {
	__dms_u64 vmemmap;	/* address of the first struct page; 0 = unknown */
	__dms_u64 virt_base;	/* first address of the linear map */
	__dms_u64 pool_start;	/* where no device points to its pool; end 0 = there is none */
	__dms_u64 pool_end;
	__dms_u64 pool_mem;	/* kernel address of the io_tlb_mem the devices use */
	__dms_u64 self;		/* our thread group, as the initial namespace counts; 0 = unknown */
	/*
	 * DMS_OBSERVING: set or not; calls that began while it was set are still completed. The
	 * rest is a generation, not 0: once raised, what is kept of devices is read anew. One
	 * number, so that one comparison of a device's place tests both.
	 */
	__dms_u64 observing;
	__dms_u64 jiffies;	/* when read_jiffies ran */
};
#define DMS_OBSERVING	(1ULL << 63)

/*
 * Counting. A device has a place by the hash of its key, the same for each CPU, where all is that a
 * mapping needs: what decides its path, so that this need not be read each time, and a cell for
 * each path. One array, since a look into a hash costs more than all else that is done for a
 * mapping, and one into an array a tenth of it.
 */
#define DMS_DEV_PROBES	8	/* places that a device may have */
#define DMS_NO_DEV	(~0ULL)	/* its key, where a call has none */
#define DMS_CELL_PATHS	8	/* cells of a place; enum dms_path has no more */

/* The facts that decide the path of a device's mappings. */
struct dms_dev_facts {
	__dms_u64 offset;
	__dms_u64 pool_start;	/* physical */
	__dms_u64 pool_end;
	__dms_u64 table_start;	/* DMA address */
	__dms_u64 table_size;	/* bytes, 0 = no table */
	__dms_u64 addr_bits;	/* dms_config.addr_bits */
	__dms_u32 liobn;
	__dms_u8 page_shift;
	__dms_u8 dma_iommu;
	__dms_u8 pool_grows;	/* SWIOTLB_DYNAMIC: slots may lie outside [pool_start, pool_end) */
	__dms_u8 may_skip_unmap;	/* dma_need_unmap() says no for direct mappings */
};

/* The places of a device's slots and TCEs in the index of live mappings, see struct dms_index. */
struct dms_dev_index {
	__dms_u64 pool_start;	/* physical */
	__dms_u64 table_base;	/* DMA address of the table's first entry */
	__dms_u32 pool_slots;	/* from 0 on; 0 = it has none */
	__dms_u32 table_entries;	/* 0 = none */
	__dms_u32 table_first;
	__dms_u8 table_shift;	/* bytes of an entry, logarithm */
	__dms_u8 wanted;	/* live mappings are indexed at all */
};

/*
 * One CPU, device and path. How many maps is the sum of the histogram. An unmap that the index
 * does not hold (missed) ends a mapping that was made before the start, or one that the index
 * could not take or lost (unindexed). Several programs share a cell: changed by atomic adds only.
 */
struct dms_cell {
	__dms_u64 map_bytes;
	__dms_u64 unmaps;
	__dms_u64 unmap_bytes;
	__dms_u64 missed;
	__dms_u64 missed_bytes;
	__dms_u64 unindexed;
	__dms_u64 unindexed_bytes;
	__dms_u64 hist[DMS_HIST_SLOTS];
};

struct dms_counted {
	__dms_u64 key;		/* 0 = not used on this CPU yet; set last */
	__dms_u64 generation;	/* dms_values.observing when the facts were read */
	__dms_u64 through[2];	/* hits that were delivered by bpf/lib/count.h: maps, unmaps. No
				 * atomic adds: one program each */
	struct dms_dev_facts facts;
	struct dms_dev_index index;
	struct dms_cell cell[DMS_CELL_PATHS];
};
_Static_assert(sizeof(struct dms_counted) == 1592, "memory of the counts");

/* The use of an IOMMU domain, in the map `domains` by its address. */
struct dms_domain_use {
	__dms_u64 dev;		/* key of the device that it translates for; of several one */
	__dms_u64 at;		/* its struct device, kernel address */
	__dms_u64 attaches;	/* when that was checked: so many had been */
	__dms_u64 maps, map_bytes;	/* by the DMA API, since the start */
};
_Static_assert(sizeof(struct dms_domain_use) == 40, "shared with the BPF programs");

/* Counters of the hooks of one CPU follow those of another in whole cache lines. */
#define DMS_COUNTS_STRIDE	((DMS_HOOK_MAX + 7) & ~7)

/*
 * The index of live mappings, for looking at them without a record for each. A handle that is a
 * small number already, a slot of the default pool or an entry of a TCE table, has its place in
 * the array `live`; any other has one of the DMS_LIVE_WAYS places of two sets that its hash
 * chooses. Two full sets refuse: that is counted (dms_cell.unindexed).
 */
struct dms_live {
	__dms_u64 dev;		/* 0 = free */
	__dms_u64 where;	/* in `live` the physical address, in a set the DMA address; path */
	__dms_u32 size;		/* bytes; larger ones as DMS_LIVE_HUGE */
	__dms_u32 born;		/* jiffies >> 3, and the direction in the two highest bits */
};
_Static_assert(sizeof(struct dms_live) == 24, "memory of the index");

#define DMS_LIVE_PATH_SHIFT	61	/* of `where`: a DMA address has 60 bits (DDW at 1 << 59) */
#define DMS_LIVE_ADDR		((1ULL << DMS_LIVE_PATH_SHIFT) - 1)
#define DMS_LIVE_DIR_SHIFT	30	/* of `born` */
#define DMS_LIVE_BORN		((1U << DMS_LIVE_DIR_SHIFT) - 1)
#define DMS_LIVE_JIFFIES_SHIFT	3	/* 49 days at 1000 Hz until ages are wrong */
#define DMS_LIVE_HUGE		0xffffffffU
#define DMS_LIVE_WAYS		8

struct dms_live_set {
	struct dms_live way[DMS_LIVE_WAYS];
};

/* The places of the array's parts. User space writes it before and while the programs run. */
#define DMS_INDEX_TABLES	64
struct dms_index_table {
	__dms_u64 base;		/* DMA address of the first entry */
	__dms_u32 liobn;	/* 0 = no table here */
	__dms_u32 shift;	/* bytes of an entry, logarithm */
	__dms_u32 first;	/* its place in `live` */
	__dms_u32 entries;
};

struct dms_index {
	__dms_u64 pool_start;	/* the default pool, physical */
	__dms_u32 pool_slots;	/* in `live` from 0 on; 0 = not known yet */
	__dms_u32 mul;		/* of a LIOBN: the product's 6 highest bits choose its table */
	struct dms_index_table table[DMS_INDEX_TABLES];
};

/* A call of a hooked function between its entry and its return. */
#define DMS_RUNNING	1024	/* places */
struct dms_running {
	__dms_u64 key;		/* 0 = the place is free, or about to be taken */
	__dms_u32 claims;
	__dms_u32 hook;
	__dms_u64 arg[6];
};
_Static_assert(sizeof(struct dms_running) == 64, "a cache line");

/*
 * An observation of an inner hook, by CPU, until the hook of the whole call takes it into its
 * record. One owner at a time, a program of that CPU or user space: whose claim makes it 1.
 */
struct dms_held {
	__dms_u32 claims;
	__dms_u32 full;
	__dms_u64 jiffies;
	struct dms_event event;
	__dms_u64 pad[3];
};
_Static_assert(sizeof(struct dms_held) == 128, "whole cache lines");

/*
 * The arguments of the programs that read the state before the start (BPF_PROG_TEST_RUN), and their
 * output in the map snap_piece: a piece of a table as it lies in the kernel.
 */
struct dms_snap_args {
	__dms_u64 which;	/* the table's LIOBN; of a pool its number, up to DMS_SNAP_POOLS */
	__dms_u64 first;	/* element the piece begins with */
};

#define DMS_SNAP_TABLES		1024	/* of TCEs that can be read */

/*
 * Pools that are read: of the list, and transient ones of a device. A list that goes on counts
 * as lost. tests/guest/test_grown builds with fewer. The verifier walks each turn of the loops.
 */
#ifndef DMS_SNAP_POOLS
#define DMS_SNAP_POOLS		256
#endif
#ifndef DMS_SNAP_TRANSIENT
#define DMS_SNAP_TRANSIENT	512
#endif

struct dms_snap_piece {
	__dms_u64 base;		/* DMA address of the table, physical address of the pool */
	__dms_u64 total;	/* entries of the table, slots of the pool */
	__dms_u32 elements;	/* that were read into data; 0 = none could be */
	__dms_u32 element_size;	/* bytes */
	__dms_u32 field_at;	/* offset of the slot's orig_addr */
	__dms_u32 page_shift;	/* of the table */
	__dms_u8 data[16352];
};
_Static_assert(sizeof(struct dms_snap_piece) == 16384, "one map element");

#endif /* DMASCOPE_CONFIG_H */
