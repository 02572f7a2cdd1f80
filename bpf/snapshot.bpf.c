// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state before the start. There is no iterator over devices, so user space reads one sysfs
 * attribute ("uevent") of each device, and this probe on the function behind it finds the
 * device in its argument. Only reads by our own process count; everybody else's pass by.
 */
#include "lib/probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);	/* LIOBN */
	__type(value, u64);	/* kernel address of its iommu_table */
} snap_tables SEC(".maps");

static __always_inline void remember_table(struct device *dev)
{
	struct iommu_table *tbl;
	u64 liobn, at;

	if (!bpf_core_field_exists(dev->archdata.iommu_table_base))
		return;
	tbl = RD(dev, archdata.iommu_table_base);
	if (!tbl)
		return;
	liobn = RD(tbl, it_index);
	at = (u64)tbl;
	bpf_map_update_elem(&snap_tables, &liobn, &at, BPF_ANY);
}

/* dev_attr_show(struct kobject *kobj, struct attribute *attr, char *buf) */
SEC("?kprobe")
int kp_snapshot(struct pt_regs *ctx)
{
	struct dms_counts *c;
	struct io_tlb_mem *mem;
	struct device *dev;
	u64 kobj;

	if ((u32)(bpf_get_current_pid_tgid() >> 32) != config.self)
		return 0;
	c = hit(DMS_HOOK_SNAPSHOT);
	kobj = arg_of(ctx, DMS_HOOK_SNAPSHOT, DMS_ARG_KOBJ);
	dev = (struct device *)(kobj - bpf_core_field_offset(struct device, kobj));
	mem = dev_pool_mem(dev);
	if (mem)
		values.pool_mem = (u64)mem;
	remember_table(dev);
	if (devstate_send(DMS_HOOK_SNAPSHOT, dev, dev_key(dev)))
		count(c, dropped);
	else
		count(c, delivered);
	return 0;
}

/* Where a device does not point to its pool (before 5.15) there is one for all. */
static __always_inline void read_pool(void)
{
	struct io_tlb_mem___pre66 *mem = NULL;
	struct device *dev = NULL;

	if (bpf_core_field_exists(dev->dma_io_tlb_mem))
		return;
	if (config.pool_start_at && config.pool_end_at) {
		bpf_probe_read_kernel(&values.pool_start, sizeof(values.pool_start),
				      (const void *)config.pool_start_at);
		bpf_probe_read_kernel(&values.pool_end, sizeof(values.pool_end),
				      (const void *)config.pool_end_at);
	} else if (config.pool_mem_at) {
		bpf_probe_read_kernel(&mem, sizeof(mem), (const void *)config.pool_mem_at);
		if (mem && bpf_core_field_exists(mem->start)) {
			values.pool_start = RD(mem, start);
			values.pool_end = RD(mem, end);
		}
	}
}

/* Run once by BPF_PROG_TEST_RUN, never attached: what the other programs compute addresses with. */
SEC("?raw_tp")
int read_values(void *ctx)
{
	values.vmemmap = config.vmemmap;
	values.virt_base = config.virt_base;
	if (config.vmemmap_at)
		bpf_probe_read_kernel(&values.vmemmap, sizeof(values.vmemmap),
				      (const void *)config.vmemmap_at);
	if (config.virt_base_at)
		bpf_probe_read_kernel(&values.virt_base, sizeof(values.virt_base),
				      (const void *)config.virt_base_at);
	read_pool();
	return 0;
}

/* Run once: what the ages of the index' entries are counted by. */
SEC("?raw_tp")
int read_jiffies(void *ctx)
{
	values.jiffies = bpf_jiffies64();
	return 0;
}

/* ---- what is in use: raw pieces of the kernel's tables; user space makes sense of them ---- */

/* 16 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_snap_piece);
} snap_piece SEC(".maps");

static __always_inline struct dms_snap_piece *snap_begin(void)
{
	u32 zero = 0;
	struct dms_snap_piece *p = bpf_map_lookup_elem(&snap_piece, &zero);

	if (p)
		p->elements = 0;
	return p;
}

/* args: struct dms_snap_args. A piece of the bitmap of one table, in words of 64 entries. */
SEC("?raw_tp")
int snap_table(struct bpf_raw_tracepoint_args *ctx)
{
	u64 liobn = ctx->args[0], first = ctx->args[1], map, *at;
	struct dms_snap_piece *p = snap_begin();
	struct iommu_table *tbl;
	struct table t;

	at = bpf_map_lookup_elem(&snap_tables, &liobn);
	if (!at || !p)
		return 0;
	tbl = (struct iommu_table *)*at;
	table_read(tbl, &t);
	map = (u64)RD(tbl, it_map);
	p->base = t.start;
	p->page_shift = t.page_shift;
	p->total = RD(tbl, it_size);
	p->element_size = sizeof(u64);
	if (!bpf_probe_read_kernel(p->data, sizeof(p->data), (void *)(map + first * sizeof(u64))))
		p->elements = sizeof(p->data) / sizeof(u64);
	return 0;
}

/* args: struct dms_snap_args. A piece of the pool's slots. */
SEC("?raw_tp")
int snap_pool(struct bpf_raw_tracepoint_args *ctx)
{
	u32 size = bpf_core_type_size(struct io_tlb_slot);
	struct io_tlb_mem *mem = (struct io_tlb_mem *)values.pool_mem;
	struct io_tlb_mem___pre66 *old = (void *)mem;
	struct dms_snap_piece *p = snap_begin();
	u64 slots = 0;

	if (!mem || !p)
		return 0;
	if (bpf_core_field_exists(mem->defpool.slots)) {
		slots = (u64)RD(mem, defpool.slots);
		p->total = RD(mem, defpool.nslabs);
		p->base = RD(mem, defpool.start);
	} else if (bpf_core_field_exists(old->slots)) {
		slots = (u64)RD(old, slots);
		p->total = RD(old, nslabs);
		p->base = RD(old, start);
	}
	if (!slots)
		return 0;
	p->element_size = size;
	p->field_at = bpf_core_field_offset(struct io_tlb_slot, orig_addr);
	if (!bpf_probe_read_kernel(p->data, sizeof(p->data),
				   (void *)(slots + ctx->args[1] * size)))
		p->elements = sizeof(p->data) / size;
	return 0;
}
