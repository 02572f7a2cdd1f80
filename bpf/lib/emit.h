/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an observation leaves the kernel: counted, filtered, aggregated, put into a ring. The
 * identity hits = delivered + filtered + ignored + dropped + failed is kept here and nowhere
 * else: every program calls hit() once, and ends in exactly one of the others.
 */
#ifndef DMASCOPE_BPF_EMIT_H
#define DMASCOPE_BPF_EMIT_H

#include "lib/compat.h"
#include "dmascope/classify.h"

/* The counters of a hook on this CPU. Per CPU, so no atomics: an interrupt between load and store
 * could lose one, and a program cannot be interrupted by itself; hooks do not share. */
static __always_inline struct dms_counts *counts_at(u32 cpu, u32 hook)
{
	u32 at = cpu * DMS_COUNTS_STRIDE + hook;

	return bpf_map_lookup_elem(&counts, &at);
}

/* Of a hook whose hit was counted already. */
static __always_inline struct dms_counts *counts_of(u32 hook)
{
	return counts_at(bpf_get_smp_processor_id(), hook);
}

static __always_inline struct dms_counts *hit_on(u32 cpu, u32 hook)
{
	struct dms_counts *c = counts_at(cpu, hook);

	if (c)
		c->hits++;
#ifdef DMS_TEST_LEAK	/* what tests/guest/test_identity must see: hits that have no outcome */
	if (c && !(c->hits & 15))
		c->hits++;
#endif
	return c;
}

static __always_inline struct dms_counts *hit(u32 hook)
{
	return hit_on(bpf_get_smp_processor_id(), hook);
}

#define count(c, what)	do { if (c) (c)->what++; } while (0)

static __always_inline void *ring_of_this_cpu(void)
{
	u32 shard = bpf_get_smp_processor_id() & config.ring_mask;

	return bpf_map_lookup_elem(&rings, &shard);
}

static __always_inline bool dev_wanted(u64 key)
{
	return !(config.flags & DMS_CFG_FILTER_DEV) || bpf_map_lookup_elem(&dev_filter, &key);
}

/*
 * A zeroed record with type, hook, CPU, time and process; NULL counts as dropped. The time is that
 * before it is reserved: src/probe/rings.c puts rings in order by that.
 */
static __always_inline struct dms_event *event_reserve(struct dms_counts *c, u32 hook, u16 type)
{
	void *ring = ring_of_this_cpu();
	u64 now = bpf_ktime_get_ns();
	struct dms_event *e;

	e = ring ? bpf_ringbuf_reserve(ring, sizeof(*e), 0) : NULL;
	if (!e) {
		count(c, dropped);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = type;
	e->hook = hook;
	e->cpu = bpf_get_smp_processor_id();
	e->ts = now;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	return e;
}

/* User space is woken when a ring is half full, which one record of several looks at; it polls on
 * a timer otherwise. */
static __always_inline void event_submit(struct dms_counts *c, void *record)
{
	u64 flags = BPF_RB_NO_WAKEUP;
	void *ring;

	if (c && !(c->delivered++ & config.wake_mask)) {
		ring = ring_of_this_cpu();
		if (ring && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config.ring_half)
			flags = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(record, flags);
}

/*
 * Takes the stack of the context, sends it once, returns its id; 0 where there is none. The id
 * is a hash of the addresses, so two stacks share one only by a collision in 32 bits.
 */
static __noinline u32 stack_take(void *ctx)
{
	u32 zero = 0, id = 2166136261U, slot, *sent;
	struct dms_stack *s = bpf_map_lookup_elem(&stack_scratch, &zero);
	void *ring = ring_of_this_cpu();
	long n;

	if (!s || !ring)
		return 0;
	n = bpf_get_stack(ctx, s->ip, sizeof(s->ip), 0);
	if (n <= 0)
		return 0;
	s->type = DMS_EV_STACK;
	s->depth = n / sizeof(s->ip[0]);
	/* the rest of ip[] was cleared: __bpf_get_stack(), kernel/bpf/stackmap.c, 4.18 and later */
	for (u32 i = 0; i < DMS_STACK_DEPTH; i++)
		id = (id ^ (u32)s->ip[i] ^ (u32)(s->ip[i] >> 32)) * 16777619U;
	id |= !id;
	s->id = id;
	slot = id & (STACKS_SENT - 1);
	sent = bpf_map_lookup_elem(&stacks_sent, &slot);
	if (!sent || *sent == id)
		return sent ? id : 0;
	if (bpf_ringbuf_output(ring, s, sizeof(*s), BPF_RB_NO_WAKEUP))
		return 0;
	*sent = id;
	return id;
}

/*
 * A stack costs more than all else together, so not for each event: the 1st, 2nd, 4th, 8th, ...
 * of each device, path and direction, which finds the callers that matter; and each failure.
 */
static __always_inline bool stack_wanted(u32 hook, u64 dev, u8 path, u8 dir)
{
	u64 what = dev ^ (u64)hook << 48 ^ (u64)path << 40 ^ (u64)dir << 32;
	u32 slot = what * 0x9e3779b97f4a7c15ULL >> 52;	/* 12 bits: STACK_TURNS */
	u64 *turns;

	if (config.flags & DMS_CFG_STACKS_ALL)
		return true;
	if (path == DMS_PATH_FAILED)
		return config.flags & DMS_CFG_STACKS_FAIL;
	if (!(config.flags & DMS_CFG_STACKS_FIRST))
		return false;
	turns = bpf_map_lookup_elem(&stack_turns, &slot);
	if (!turns)
		return false;
	(*turns)++;
	return !(*turns & (*turns - 1));
}

static __always_inline u32 stack_for(void *ctx, u32 hook, u64 dev, u8 path, u8 dir)
{
	if (!ctx || !(config.flags & (DMS_CFG_STACKS_ALL | DMS_CFG_STACKS_FAIL |
				      DMS_CFG_STACKS_FIRST)))
		return 0;
	return stack_wanted(hook, dev, path, dir) ? stack_take(ctx) : 0;
}

/*
 * The slot of the histogram: the bits that size has from 512 on, at most the last slot. Without
 * branches, as the verifier would walk all that follows once more for each of them: each step asks
 * by the sign of a difference whether the upper half of what is left is in use.
 */
static __always_inline u32 size_slot(u64 size)
{
	u64 rest = size >> 9, slot, step;

	rest |= (s64)(0 - (rest >> (DMS_HIST_SLOTS - 1))) >> 63;
	rest &= (1U << (DMS_HIST_SLOTS - 1)) - 1;
	slot = (0xff - rest) >> 60 & 8;
	rest >>= slot;
	step = (0xf - rest) >> 61 & 4;
	rest >>= step;
	slot |= step;
	step = (3 - rest) >> 62 & 2;
	rest >>= step;
	/* what is left is 0 to 3, of 0, 1, 2 and 2 bits */
	return (slot | step) + rest - (rest >> 1 & rest);
}

/* Fills what decides a device's way; every field with its bit in known. */
static __always_inline void devstate_fill(struct dms_devstate *d, struct device *dev)
{
	struct table tbl;
	struct pool pool = {};
#ifndef DMS_DIRECT
	u64 *mask = RD(dev, dma_mask);

	if (mask && !bpf_core_read(&d->dma_mask, sizeof(d->dma_mask), mask))
		d->known |= DMS_DS_MASK;
#endif
	d->coherent_mask = RD(dev, coherent_dma_mask);
	d->known |= DMS_DS_COHERENT_MASK;
	if (bpf_core_field_exists(dev->bus_dma_limit)) {
		d->bus_limit = RD(dev, bus_dma_limit);
		d->known |= DMS_DS_BUS_LIMIT;
	}
	if (bpf_core_field_exists(dev->dma_ops)) {
		d->ops = (u64)RD(dev, dma_ops);
		d->known |= DMS_DS_OPS;
	}
	if (dev_has_bypass(dev)) {
		d->bypass = dev_bypass(dev);
		d->known |= DMS_DS_BYPASS;
	}
	if (bpf_core_field_exists(dev->archdata.dma_offset)) {
		d->dma_offset = dev_dma_offset(dev);
		d->known |= DMS_DS_OFFSET;
	}
	if (dev_table(dev, &tbl)) {
		d->table_offset = tbl.start;
		d->table_size = tbl.size;
		d->liobn = tbl.liobn;
		d->table_page_shift = tbl.page_shift;
		d->known |= DMS_DS_TABLE;
	}
	if (dev_has_dma_iommu(dev)) {
		d->dma_iommu = dev_uses_dma_iommu(dev);
		d->known |= DMS_DS_DMA_IOMMU;
	}
	if (!dev_pool_mem(dev) || !dev_pool(dev, &pool))
		return;
	dev_pool_state(dev, &pool);
	d->pool_start = pool.start;
	d->pool_end = pool.end;
	d->pool_nslabs = pool.nslabs;
	d->pool_areas = pool.areas;
	d->force_bounce = pool.force_bounce;
	d->known |= DMS_DS_POOL | DMS_DS_FORCE_BOUNCE;
	if (pool.used_known) {
		d->pool_used = pool.used;
		d->known |= DMS_DS_POOL_USED;
	}
}

/* Tells user space the state of a device. Not an observation of a hook: not counted. */
static __always_inline int devstate_send(u32 hook, struct device *dev, u64 key)
{
	void *ring = ring_of_this_cpu();
	u64 now = bpf_ktime_get_ns();
	struct dms_devstate *d;

	d = ring ? bpf_ringbuf_reserve(ring, sizeof(*d), 0) : NULL;
	if (!d)
		return -1;
	__builtin_memset(d, 0, sizeof(*d));
	d->type = DMS_EV_DEVSTATE;
	d->hook = hook;
	d->cpu = bpf_get_smp_processor_id();
	d->ts = now;
	d->dev = key;
	devstate_fill(d, dev);
	bpf_ringbuf_submit(d, 0);
	return 0;
}

/* At the first event of a device. Should the ring be full, the next event tries again. */
static __always_inline void devstate_once(u32 hook, struct device *dev, u64 key)
{
	u64 now = 1;

	if (!key || bpf_map_lookup_elem(&seen, &key))
		return;
	if (!devstate_send(hook, dev, key))
		bpf_map_update_elem(&seen, &key, &now, BPF_ANY);
}

struct mapping {
	u64 dev;
	u64 dma;
	u64 phys;
	u64 size;
	u64 slot;
	u32 attrs;
	u32 liobn;
	s32 sg_index;		/* -1: not of a list */
	u32 stack;		/* taken by the caller, 0 = not */
	u8 dir;
	u8 path;
	u8 flags;
	u8 page_shift;
	bool phys_known;
};

static __always_inline void inner_match(const struct mapping *m, struct dms_facts *f)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in || in->kind == DMS_INNER_NONE || in->dev != m->dev)
		return;
	if (in->kind == DMS_INNER_TCE && in->dma != m->dma)
		return;
	if (in->kind == DMS_INNER_SLOT && m->phys_known && in->phys != m->phys)
		return;
	f->inner = in->kind;
	f->slot = in->slot;
	in->kind = DMS_INNER_NONE;
}

/*
 * Why a mapping was refused, where no inner hook is attached that would have said so. By the
 * kernel's own order (kernel/dma/mapping.c, direct.h, powerpc's dma-iommu.c, 5.9 to 7.2): a table
 * without bypass is asked for an entry; else only a search for slots can fail, unless there is no
 * pool and no bounce is forced. With a bypass up to a limit it can be either.
 */
static __always_inline u8 failure_of(struct device *dev, struct table *tbl, struct pool *pool)
{
	if (dev_uses_dma_iommu(dev))
		return 0;
	if (tbl->size && !(dev_has_bypass(dev) && dev_bypass(dev)))
		return DMS_FL_NO_TCE;
	if (tbl->size && bpf_core_field_exists(dev->bus_dma_limit) && RD(dev, bus_dma_limit))
		return 0;
	dev_pool_state(dev, pool);
	return pool->end > pool->start || pool->force_bounce ? DMS_FL_NO_SLOT : 0;
}

/* Coherent memory: did its allocation come by iommu_alloc_coherent(), and for which table? */
static __always_inline void inner_alloc(struct mapping *m)
{
	u32 zero = 0;
	struct inner *in = bpf_map_lookup_elem(&inner, &zero);

	if (!in || in->kind != DMS_INNER_ALLOC || in->dev != m->dev)
		return;
	m->liobn = in->liobn;
	m->flags |= DMS_FL_INNER;
	in->kind = DMS_INNER_NONE;
}

/* Decides the path of a mapping from the device's state and from what the inner hook said. */
static __always_inline void mapping_classify(struct device *dev, struct mapping *m)
{
	struct dms_facts f = {
		.dma = m->dma,
		.phys = m->phys,
		.phys_known = m->phys_known,
		.offset = dev_dma_offset(dev),
		.enc_mask = config.enc_mask,
		.dma_iommu = dev_uses_dma_iommu(dev),
	};
	struct pool pool = {};
	struct table tbl = {};

	if (dev_pool(dev, &pool)) {
		f.pool_start = pool.start;
		f.pool_end = pool.end;
	}
	if (dev_table(dev, &tbl)) {
		f.table_start = tbl.start;
		f.table_size = tbl.size;
	}
	if (config.flags & DMS_CFG_INNER)
		inner_match(m, &f);
	m->path = dms_classify(&f, &m->flags, &m->slot);
	if (!(config.flags & DMS_CFG_INNER) && m->path == DMS_PATH_FAILED)
		m->flags |= failure_of(dev, &tbl, &pool);
	if (m->path == DMS_PATH_TCE) {
		m->liobn = tbl.liobn;
		m->page_shift = tbl.page_shift;
	}
	if (!m->phys_known)
		m->flags |= DMS_FL_NO_PHYS;
}

/* The filters that need no path: before anything else is done. */
static __always_inline bool mapping_wanted(struct dms_counts *c, const struct mapping *m)
{
	if (m->size >= config.min_size && dev_wanted(m->dev))
		return true;
	count(c, filtered);
	return false;
}

static __always_inline bool path_wanted(u8 path)
{
	return !config.path_mask || config.path_mask & 1U << (path & 31);
}

static __always_inline void mapping_stream(struct dms_counts *c, u32 hook, u16 type,
					   const struct mapping *m, void *ctx)
{
	bool maps = type == DMS_EV_MAP || type == DMS_EV_ALLOC;
	struct dms_event *e;
	u32 stack = m->stack;

	/* before the record is reserved, so that the stack stands before it in the ring */
	if (maps && !stack)
		stack = stack_for(ctx, hook, m->dev, m->path, m->dir);
	e = event_reserve(c, hook, type);
	if (!e)
		return;
	e->stack = stack;
	e->dev = m->dev;
	e->dma = m->dma;
	e->phys = m->phys;
	e->size = m->size;
	e->aux = m->slot;
	e->attrs = m->attrs;
	e->liobn = m->liobn;
	e->path = m->path;
	e->dir = m->dir;
	e->flags = m->flags;
	e->page_shift = m->page_shift;
	if (m->sg_index >= 0) {
		e->flags |= DMS_FL_SG;
		e->ret = m->sg_index;
	}
	event_submit(c, e);
}

#include "lib/count.h"

static __always_inline void mapping_report(struct dms_counts *c, u32 hook, u16 type,
					   const struct mapping *m, void *ctx)
{
	if (path_wanted(m->path))
		mapping_stream(c, hook, type, m, ctx);
	else
		count(c, filtered);
}

/* Tells of the device of the mappings that follow; counting does so at its first one. */
static __always_inline void device_told(u32 flags, u32 hook, struct device *dev, u64 key)
{
	if (!(flags & DMS_CFG_STATS))
		devstate_once(hook, dev, key);
}

/*
 * A streaming map or unmap, from its arguments on; its device was told. Processor and flags are
 * asked for by the caller, as few times as can be: each costs several instructions.
 */
static __always_inline void mapping_observe(struct dms_counts *c, u32 cpu, u32 flags, u32 hook,
					    u16 type, struct device *dev, struct mapping *m,
					    void *ctx)
{
	if (flags & DMS_CFG_STATS) {
		count_mapping(c, cpu, flags, hook, type, dev, m, ctx, false);
		return;
	}
	if (!mapping_wanted(c, m))
		return;
	mapping_classify(dev, m);
	mapping_report(c, hook, type, m, ctx);
}

/* The same where the path is known: coherent memory, and what an inner hook saw being mapped. */
static __always_inline void mapping_observe_as(struct dms_counts *c, u32 hook, u16 type,
					       struct device *dev, struct mapping *m, void *ctx)
{
	u32 flags = config.flags;

	device_told(flags, hook, dev, m->dev);
	if (flags & DMS_CFG_STATS) {
		count_mapping(c, bpf_get_smp_processor_id(), flags, hook, type, dev, m, ctx, true);
		return;
	}
	if (mapping_wanted(c, m))
		mapping_report(c, hook, type, m, ctx);
}

#endif /* DMASCOPE_BPF_EMIT_H */
