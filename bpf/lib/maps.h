/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps all programs share, and the configuration. Every map's memory is stated; all are
 * preallocated, so a probe never allocates. Weak, because each object file defines them and the
 * linker keeps one.
 */
#ifndef DMASCOPE_BPF_MAPS_H
#define DMASCOPE_BPF_MAPS_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "dmascope/config.h"
#include "dmascope/event.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* A section each: so user space finds them by name. */
const volatile struct dms_config config __weak SEC(".rodata.config") = {};
struct dms_values values __weak SEC(".data.values") = {};

static __always_inline bool observing(void)
{
	return *(volatile __u64 *)&values.observing;
}

struct dms_index index_at __weak SEC(".data.index") = {};

/* One ring per group of CPUs; user space sets the number (up to 64) and the size of each
 * (default 8 x 1 MiB). A ring is only woken by threshold, never per record. */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, u32);
	__array(values, struct ring);
} rings __weak SEC(".maps");

/* By CPU and hook; 40 x 56 bytes for each CPU (user space sizes it). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DMS_COUNTS_STRIDE);
	__type(key, u32);
	__type(value, struct dms_counts);
} counts __weak SEC(".maps");

/* Devices that are counted; 512 x 64 bytes, more if there are many devices, 1 element unless
 * counting. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_counted);
} devs __weak SEC(".maps");

/* Whose a place in devs is: of two that want it at once one finds it taken. As many elements. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} dev_owner __weak SEC(".maps");

/* By CPU, place and path; 8 x 168 bytes for each CPU and place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DMS_CELL_PATHS);
	__type(key, u32);
	__type(value, struct dms_cell);
} cells __weak SEC(".maps");

/* Live mappings by slot and TCE number; 24 bytes for each slot of the pool and entry of a table, 1
 * element unless the index is wanted. User space sizes and reads it through mmap(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_live);
} live __weak SEC(".maps");

/* All other live mappings, by hash; 16384 x 192 bytes, 1 element unless the index is wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct dms_live_set);
} live_sets __weak SEC(".maps");

/* Calls between their entry and their return, by stack frame and hook; 1 MiB. */
struct inflight {
	u64 arg[6];
	u32 hook;		/* so that user space can tell what still runs */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct inflight);
} inflight __weak SEC(".maps");

/* What the inner hook of a mapping said last on this CPU; 64 bytes per CPU. It counts only if
 * it matches the outer hook's device and address, so a migration between the two is harmless. */
struct inner {
	u64 dev;
	u64 dma;		/* what iommu_map_*() returned */
	u64 slot;		/* what swiotlb_tbl_map_single() returned */
	u64 phys;
	u32 kind;		/* enum dms_inner */
	u32 liobn;
	u64 ucalls;		/* ultracalls since the last set_memory_*() ended */
	s64 ucall_status;	/* the first that was not 0 of them */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct inner);
} inner __weak SEC(".maps");

/* Devices whose state user space has been told; 16384 x 16 bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} seen __weak SEC(".maps");

/* Devices that --device let through; 16384 x 16 bytes, only used with a filter. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u8);
} dev_filter __weak SEC(".maps");

/*
 * How often a stack could have been taken for a device, path, direction and hook, by a hash of
 * those; 4096 x 8 bytes. An array, since an insert into a hash costs more than all else here: two
 * that share an element only take their turns together.
 */
#define STACK_TURNS	4096
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STACK_TURNS);
	__type(key, u32);
	__type(value, u64);
} stack_turns __weak SEC(".maps");

/* Where a stack is taken before it is sent; 200 bytes per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_stack);
} stack_scratch __weak SEC(".maps");

/* The id of the stack sent last for each value of its low bits; 16384 x 8 bytes. Two stacks that
 * share an element are sent again when they alternate, which a reader does not mind. */
#define STACKS_SENT	16384
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STACKS_SENT);
	__type(key, u32);
	__type(value, u32);
} stacks_sent __weak SEC(".maps");

#endif /* DMASCOPE_BPF_MAPS_H */
