/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the BPF programs before they are loaded: where each hook finds its
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
	DMS_ARG_MAX
};
#define DMS_ARG_NOWHERE	0xff

struct dms_layout {
	__dms_u8 at[DMS_ARG_MAX];
	__dms_u8 params;	/* how many the function has: fexit finds the result behind them */
	__dms_u8 pad[3];
};
_Static_assert(sizeof(struct dms_layout) == 32, "shared with the BPF programs");

/* Which half of an observation reports: the inner hooks stay silent about maps where the generic
 * layer's hook is attached, so that no mapping is reported twice. */
#define DMS_CFG_OUTER_MAP	0x01	/* DMS_HOOK_MAP is attached */
#define DMS_CFG_STREAM		0x02	/* records go into the ring */
#define DMS_CFG_STATS		0x04	/* aggregates are kept */
#define DMS_CFG_STACKS_FIRST	0x08	/* a stack for each new device + path + caller */
#define DMS_CFG_STACKS_FAIL	0x10	/* a stack for each failure */
#define DMS_CFG_STACKS_ALL	0x20
#define DMS_CFG_FILTER_DEV	0x40	/* only devices in the dev_filter map */

struct dms_config {
	struct dms_layout layout[DMS_HOOK_MAX];
	__dms_u64 vmemmap_at;		/* kernel address of the variable; 0 = none, see values */
	__dms_u64 virt_base_at;		/* the same, of the linear map's first address */
	__dms_u64 vmemmap;		/* the value where there is no variable; 0 = unknown */
	__dms_u64 virt_base;
	__dms_u64 virt_mask;		/* phys = (virt & virt_mask) - virt_base; 0 = unknown */
	__dms_u64 virt_size;		/* bytes of the linear map above virt_base; 0 = no bound */
	__dms_u64 enc_mask;		/* bits of a DMA address that only say "encrypted" */
	__dms_u64 min_size;		/* bytes */
	__dms_u32 path_mask;		/* bit per enum dms_path; 0 = all */
	__dms_u32 flags;		/* DMS_CFG_* */
	__dms_u32 page_shift;
	__dms_u32 struct_page_size;
	__dms_u32 self;			/* our process id (init namespace) */
	__dms_u32 ring_mask;		/* shards - 1 */
};

/* What changes while the programs are loaded: kernel variables that are read once by a program,
 * and the switch that starts and stops all observations at one instant, however long attaching
 * and detaching dozens of hooks takes. */
struct dms_values {
	__dms_u64 vmemmap;	/* address of the first struct page; 0 = unknown */
	__dms_u64 virt_base;	/* first address of the linear map */
	__dms_u64 pool_mem;	/* kernel address of the io_tlb_mem the devices use */
	__dms_u64 observing;	/* 0 = not; calls that began while it was 1 are still completed */
};

/*
 * What the programs that read the state before the start are given (BPF_PROG_TEST_RUN), and what
 * they leave in the map snap_piece: a piece of a table as it lies in the kernel.
 */
struct dms_snap_args {
	__dms_u64 liobn;	/* of the table to read; not used for the pool */
	__dms_u64 first;	/* element the piece begins with */
};

struct dms_snap_piece {
	__dms_u64 base;		/* DMA address of the table, physical address of the pool */
	__dms_u64 total;	/* entries of the table, slots of the pool */
	__dms_u32 elements;	/* that were read into data; 0 = none could be */
	__dms_u32 element_size;	/* bytes */
	__dms_u32 field_at;	/* offset of the slot's orig_addr */
	__dms_u32 page_shift;	/* of the table */
	__dms_u8 data[16352];	/* may reach beyond the end of the table */
};
_Static_assert(sizeof(struct dms_snap_piece) == 16384, "one map element");

#endif /* DMASCOPE_CONFIG_H */
