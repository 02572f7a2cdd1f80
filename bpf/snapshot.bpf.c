// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state before the start. There is no iterator over devices, so user space reads one sysfs
 * attribute ("uevent") of each device, and this probe on the function behind it finds the
 * device in its argument. Only reads by our own process count; everybody else's pass by.
 */
#include "lib/endpoint.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DMS_SNAP_TABLES);
	__type(key, u64);	/* LIOBN */
	__type(value, u64);	/* kernel address of its iommu_table */
} snap_tables __weak SEC(".maps");

/*
 * Devices that were sent, as each attribute that we read of one is a hit, five of a PCI device:
 * dms_values.observing at that time; 0: the state could not be sent.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);	/* device */
	__type(value, u64);
} snap_sent __weak SEC(".maps");

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

/* A list of pools (SWIOTLB_DYNAMIC); a walk ends with NULL where it leads back to its head. */
struct pool_list {
	u64 head, at;
};

static __always_inline struct pool_list pools_of(u64 head)
{
	return (struct pool_list){ .head = head, .at = head };
}

static __always_inline struct io_tlb_pool *pool_next(struct pool_list *l)
{
	l->at = list_next(l->at);
	if (!l->at || l->at == l->head)
		return NULL;
	return (void *)(l->at - bpf_core_field_offset(struct io_tlb_pool, node));
}

static __always_inline int send_pool(u64 dev, struct io_tlb_pool *pool)
{
	void *ring = ring_of_this_cpu();
	u64 now = bpf_ktime_get_ns();
	struct dms_event *e;

	e = ring ? bpf_ringbuf_reserve(ring, sizeof(*e), 0) : NULL;
	if (!e)
		return -1;
	__builtin_memset(e, 0, sizeof(*e));
	e->type = DMS_EV_LIVE;
	e->hook = DMS_HOOK_SNAPSHOT;
	e->cpu = bpf_get_smp_processor_id();
	e->ts = now;
	e->dev = dev;
	e->aux = RD(pool, start);
	e->size = RD(pool, end) - e->aux;
	e->flags = DMS_FL_PREEXISTING | DMS_FL_NO_PHYS;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	return 0;
}

/*
 * A mapping for which no pool had room may have one of its own for a while (SWIOTLB_DYNAMIC,
 * swiotlb_alloc_pool()): each one of the device is reported as in use. -1: some could not be.
 */
static __always_inline int send_transient(struct device *dev, u64 key)
{
	struct io_tlb_pool *pool = NULL;
	struct pool_list l;

	if (!bpf_core_field_exists(dev->dma_io_tlb_pools) || !bpf_core_field_exists(pool->node))
		return 0;
	l = pools_of((u64)dev + bpf_core_field_offset(struct device, dma_io_tlb_pools));
	for (int i = 0; i < DMS_SNAP_TRANSIENT; i++) {
		pool = pool_next(&l);
		if (!pool)
			return 0;
		if (send_pool(key, pool))
			return -1;
	}
	return pool_next(&l) ? -1 : 0;
}

static __always_inline void remember(struct device *dev, u64 key)
{
	struct io_tlb_mem *mem = dev_pool_mem(dev);

	if (mem && dev_pool_own(dev) == 0)
		values.pool_mem = (u64)mem;
	remember_table(dev);
	domain_remember(dev, key);
	endpoint_remember(dev, key);
}

/* dev_attr_show(struct kobject *kobj, struct attribute *attr, char *buf), before the start too */
static __always_inline int snapshot(probe_ctx *ctx)
{
	u64 now = values.observing, kobj, key, *sent;
	struct dms_counts *c;
	struct device *dev;
	int lost;

	if (bpf_get_current_pid_tgid() >> 32 != values.self)
		return 0;
	c = hit(DMS_HOOK_SNAPSHOT);
	kobj = arg_of(ctx, DMS_HOOK_SNAPSHOT, DMS_ARG_KOBJ);
	dev = (struct device *)(kobj - bpf_core_field_offset(struct device, kobj));
	key = dev_key(dev);
	sent = bpf_map_lookup_elem(&snap_sent, &key);
	if (sent && *sent == now) {
		count(c, ignored);
		return 0;
	}
	remember(dev, key);
	lost = sent ? 0 : send_transient(dev, key);
	if (devstate_send(DMS_HOOK_SNAPSHOT, dev, key)) {
		lost = -1;
		now = 0;
	}
	bpf_map_update_elem(&snap_sent, &key, &now, BPF_ANY);
	if (lost)
		count(c, dropped);
	else
		count(c, delivered);
	return 0;
}

#ifdef DMS_FENTRY

/* Debian's kernels let nobody attach a kprobe without CAP_SYS_ADMIN, if perf_event_paranoid > 2. */
SEC("?fentry")
int fe_snapshot(probe_ctx *ctx)
{
	return snapshot(ctx);
}

#else

SEC("?kprobe")
int kp_snapshot(probe_ctx *ctx)
{
	return snapshot(ctx);
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

/*
 * Run once by BPF_PROG_TEST_RUN, never attached: what the other programs compute addresses with,
 * and who we are: in a PID namespace getpid() is another number than a program sees.
 */
SEC("?raw_tp")
int read_values(void *ctx)
{
	values.self = bpf_get_current_pid_tgid() >> 32;
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
		p->elements = p->total = 0;
	return p;
}

/*
 * Copies elements of size bytes, as many as are left and fit. None beyond the end: the table may be
 * the last thing on mapped pages, and then nothing of the piece could be read.
 */
static __always_inline void snap_copy(struct dms_snap_piece *p, u64 from, u64 left, u32 size)
{
	u64 n = sizeof(p->data) / size, bytes;

	if (n > left)
		n = left;
	bytes = n * size;
	asm volatile("" : "+r"(bytes));		/* the check that follows is the verifier's */
	if (bytes <= sizeof(p->data) && !bpf_probe_read_kernel(p->data, bytes, (void *)from))
		p->elements = n;
}

/* args: struct dms_snap_args. A piece of the bitmap of one table, in words of 64 entries. */
SEC("?raw_tp")
int snap_table(struct bpf_raw_tracepoint_args *ctx)
{
	u64 liobn = ctx->args[0], first = ctx->args[1], words, *at;
	struct dms_snap_piece *p = snap_begin();
	struct iommu_table *tbl;
	struct table t;

	at = bpf_map_lookup_elem(&snap_tables, &liobn);
	if (!at || !p)
		return 0;
	tbl = (struct iommu_table *)*at;
	table_read(tbl, &t);
	p->base = t.start;
	p->page_shift = t.page_shift;
	p->total = RD(tbl, it_size);
	p->element_size = sizeof(u64);
	words = (p->total + 63) / 64;
	if (first < words)
		snap_copy(p, (u64)RD(tbl, it_map) + first * sizeof(u64), words - first,
			  sizeof(u64));
	return 0;
}

static __always_inline bool has_pools(void)
{
	struct io_tlb_pool *pool = NULL;
	struct io_tlb_mem *mem = NULL;

	return bpf_core_field_exists(mem->pools) && bpf_core_field_exists(pool->node);
}

/* One of the default pool and those added to it (SWIOTLB_DYNAMIC); NULL: no more. */
static __always_inline struct io_tlb_pool *pool_at(struct io_tlb_mem *mem, u64 which)
{
	struct pool_list l = pools_of((u64)mem + bpf_core_field_offset(struct io_tlb_mem, pools));
	struct io_tlb_pool *pool;

	for (u64 i = 0; i <= DMS_SNAP_POOLS; i++) {
		pool = pool_next(&l);
		if (!pool)
			return NULL;
		if (i == which)
			return pool;
	}
	return NULL;
}

/* args: struct dms_snap_args. A piece of a pool's slots. */
SEC("?raw_tp")
int snap_pool(struct bpf_raw_tracepoint_args *ctx)
{
	struct io_tlb_pool *pool;
	u32 size = bpf_core_type_size(struct io_tlb_slot);
	struct io_tlb_mem *mem = (struct io_tlb_mem *)values.pool_mem;
	struct io_tlb_mem___pre66 *old = (void *)mem;
	struct dms_snap_piece *p = snap_begin();
	u64 slots = 0, first = ctx->args[1];

	if (!mem || !p)
		return 0;
	if (has_pools()) {
		pool = pool_at(mem, ctx->args[0]);
		if (pool) {
			slots = (u64)RD(pool, slots);
			p->total = RD(pool, nslabs);
			p->base = RD(pool, start);
		}
	} else if (ctx->args[0]) {
		return 0;
	} else if (bpf_core_field_exists(mem->defpool.slots)) {
		slots = (u64)RD(mem, defpool.slots);
		p->total = RD(mem, defpool.nslabs);
		p->base = RD(mem, defpool.start);
	} else if (bpf_core_field_exists(old->slots)) {
		slots = (u64)RD(old, slots);
		p->total = RD(old, nslabs);
		p->base = RD(old, start);
	}
	if (!slots || first >= p->total)
		return 0;
	p->element_size = size;
	p->field_at = bpf_core_field_offset(struct io_tlb_slot, orig_addr);
	snap_copy(p, slots + first * size, p->total - first, size);
	return 0;
}

#endif /* DMS_FENTRY */
