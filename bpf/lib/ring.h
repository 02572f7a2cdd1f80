/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records: counted, filtered, put into a ring. The identity
 * hits = delivered + filtered + ignored + dropped + failed is kept with what stands here: every
 * program calls hit() once, and ends in exactly one of the others.
 */
#ifndef DMASCOPE_BPF_RING_H
#define DMASCOPE_BPF_RING_H

#include "lib/classify.h"

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

/* By CPU and hook; 48 x 64 bytes for each CPU (user space sizes it). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DMS_COUNTS_STRIDE);
	__type(key, u32);
	__type(value, struct dms_counts);
} counts __weak SEC(".maps");

/* Devices whose state was sent to user space; 16384 x 16 bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} seen __weak SEC(".maps");

/* The device seen last for each value of a hash's low bits: a look into `seen` costs a hundred
 * instructions at each event; 1024 x 8 bytes. */
#define SEEN_LAST	1024
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SEEN_LAST);
	__type(key, u32);
	__type(value, u64);
} seen_last __weak SEC(".maps");

/* Devices that --device let through; 16384 x 16 bytes, only used with a filter. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u8);
} dev_filter __weak SEC(".maps");

/*
 * The counters of a hook on this CPU. No atomics: the kernel does not run a program again while it
 * runs on the same CPU (it counts a miss), in an interrupt or, from 7.0 on, in a task that preempts
 * it; and hooks do not share counters. That holds for kprobes (bpf_prog_active), for fentry and
 * fexit from 5.12 on (ca06f55b9002), before which none are attached (kernel_btf__guards_fentry()),
 * and for trace events from 6.1 on (05b24ff9b2cf).
 */
static __always_inline struct dms_counts *counts_at(u32 cpu, u32 hook)
{
	u32 at = cpu * DMS_COUNTS_STRIDE + hook;

	return bpf_map_lookup_elem(&counts, &at);
}

/* The counters of a hook whose hit was already counted. */
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

static __always_inline void *ring_of(u32 cpu)
{
	u32 shard = cpu & config.ring_mask;

	return bpf_map_lookup_elem(&rings, &shard);
}

static __always_inline void *ring_of_this_cpu(void)
{
	return ring_of(bpf_get_smp_processor_id());
}

/* One of n places for a key; n is a constant, and a power of two. */
static __always_inline u32 hash_place(u64 key, u64 n)
{
	return key * 0x9e3779b97f4a7c15ULL >> (64 - __builtin_ctzll(n));
}

static __always_inline bool dev_wanted(u64 key)
{
	return !(config.flags & DMS_CFG_FILTER_DEV) || bpf_map_lookup_elem(&dev_filter, &key);
}

/*
 * A record of `size` bytes, a constant, that begins with struct dms_event: with type, hook, CPU
 * and time, the rest not set; NULL counts as dropped. The time is one before it is reserved:
 * src/probe/rings.c puts rings in order by that.
 */
static __always_inline void *record_reserve_at(struct dms_counts *c, u32 cpu, u32 hook, u16 type,
					       u64 size, u64 now)
{
	void *ring = ring_of(cpu);
	struct dms_event *e;

	e = ring ? bpf_ringbuf_reserve(ring, size, 0) : NULL;
	if (!e) {
		count(c, dropped);
		return NULL;
	}
	e->type = type;
	e->hook = hook;
	e->also = 0;
	e->cpu = cpu;
	e->ts = now;
	return e;
}

/* The same with the process, and zeros in the rest. */
static __always_inline void *record_reserve(struct dms_counts *c, u32 hook, u16 type, u64 size)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct dms_event *e = record_reserve_at(c, cpu, hook, type, size, bpf_ktime_get_ns());

	if (!e)
		return NULL;
	__builtin_memset(&e->dev, 0, size - __builtin_offsetof(struct dms_event, dev));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	return e;
}

static __always_inline struct dms_event *event_reserve(struct dms_counts *c, u32 hook, u16 type)
{
	return record_reserve(c, hook, type, sizeof(struct dms_event));
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
 * The same for a record that the filters and the mode may keep back: always (rare, or an error)
 * passes where only aggregates are wanted. NULL: its outcome was counted.
 */
static __always_inline struct dms_event *event_reserve_wanted(struct dms_counts *c, u32 hook,
							      u16 type, u64 dev, u64 size,
							      bool always)
{
	struct dms_event *e;

	if (!dev_wanted(dev) || size < config.min_size) {
		count(c, filtered);
		return NULL;
	}
	if (!always && !(config.flags & DMS_CFG_STREAM)) {
		count(c, delivered);
		return NULL;
	}
	e = event_reserve(c, hook, type);
	if (!e)
		return NULL;
	e->dev = dev;
	e->size = size;
	return e;
}

/*
 * Stacks that could have been taken for each device, path, direction and hook, by a hash of
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

/* The id of the stack sent last for each value of its low bits; 16384 x 8 bytes. Two stacks that
 * share an element are sent again when they alternate, which a reader does not mind. */
#define STACKS_SENT	16384
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STACKS_SENT);
	__type(key, u32);
	__type(value, u32);
} stacks_sent __weak SEC(".maps");

/*
 * Takes the stack of the context, sends it once, returns its id; 0 where there is none. The id
 * is a hash of the addresses, so two stacks share one only by a collision in 32 bits. It is taken
 * in the ring itself: memory of this CPU could be overwritten by a program that interrupts.
 */
static __noinline u32 stack_take(void *ctx)
{
	u32 id = 2166136261U, slot, *sent;
	void *ring = ring_of_this_cpu();
	struct dms_stack *s;
	long n;

	s = ring ? bpf_ringbuf_reserve(ring, sizeof(*s), 0) : NULL;
	if (!s)
		return 0;
	n = bpf_get_stack(ctx, s->ip, sizeof(s->ip), 0);
	if (n <= 0) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		return 0;
	}
	s->type = DMS_EV_STACK;
	s->depth = n / sizeof(s->ip[0]);
	/* the rest of ip[] was cleared: __bpf_get_stack(), kernel/bpf/stackmap.c, 4.18 and later */
	for (u32 i = 0; i < DMS_STACK_DEPTH; i++)
		id = (id ^ (u32)s->ip[i] ^ (u32)(s->ip[i] >> 32)) * 16777619U;
	id |= !id;
	s->id = id;
	slot = id & (STACKS_SENT - 1);
	sent = bpf_map_lookup_elem(&stacks_sent, &slot);
	if (!sent || *sent == id) {
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
		return sent ? id : 0;
	}
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
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
	u32 slot = hash_place(what, STACK_TURNS);
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

/* Fills what decides a device's way; every field with its bit in known. */
static __always_inline void devstate_fill(struct dms_devstate *d, struct device *dev)
{
	struct table tbl;
	struct pool pool = {};
	int accepted, own;
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
	accepted = dev_accepted(dev);
	if (accepted >= 0) {
		d->cc_accepted = accepted;
		d->known |= DMS_DS_CC_ACCEPTED;
	}
	if (config.flags & DMS_CFG_SKIP_UNMAP && dev_has_skip_sync(dev)) {
		d->may_skip_unmap = dev_may_skip_unmap(dev);
		d->known |= DMS_DS_SKIP_UNMAP;
	}
	if (!dev_pool_mem(dev) || !dev_pool(dev, &pool))
		return;
	own = dev_pool_own(dev);
	if (own >= 0) {
		d->own_pool = own;
		d->known |= DMS_DS_WHICH_POOL;
	}
	dev_pool_state(dev, &pool);
	d->pool_start = pool.start;
	d->pool_end = pool.end;
	d->pool_nslabs = pool.nslabs;
	d->pool_areas = pool.areas;
	d->force_bounce = pool.force_bounce;
	d->pool_grows = pool.grows;
	d->known |= DMS_DS_POOL | DMS_DS_FORCE_BOUNCE;
	if (pool.cc_shared_known) {
		d->cc_shared = pool.cc_shared;
		d->known |= DMS_DS_CC_SHARED;
	}
	if (pool.used_known) {
		d->pool_used = pool.used;
		d->known |= DMS_DS_POOL_USED;
	}
}

/* Sends the state of a device to user space. Not an observation of a hook: not counted. */
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

static __always_inline u64 *seen_last_of(u64 key)
{
	u32 slot = hash_place(key, SEEN_LAST);

	return bpf_map_lookup_elem(&seen_last, &slot);
}

/* Its next event sends the state of a device again. */
static __always_inline void devstate_again(u64 key)
{
	u64 *last = seen_last_of(key);

	bpf_map_delete_elem(&seen, &key);
	if (last)
		*last = 0;
}

/* At the first event of a device. Should the ring be full, the next event tries again. */
static __always_inline void devstate_once(u32 hook, struct device *dev, u64 key)
{
	u64 now = 1, *last;

	if (!key)
		return;
	last = seen_last_of(key);
	if (last && *last == key)
		return;
	if (!bpf_map_lookup_elem(&seen, &key)) {
		if (devstate_send(hook, dev, key))
			return;
		bpf_map_update_elem(&seen, &key, &now, BPF_ANY);
	}
	if (last)
		*last = key;
}

/*
 * False: --device keeps the device's events back, which is counted. Its state is sent before: user
 * space lets a device through when it has heard of it.
 */
static __always_inline bool dev_passes(struct dms_counts *c, u32 hook, struct device *dev, u64 key)
{
	devstate_once(hook, dev, key);
	if (dev_wanted(key))
		return true;
	count(c, filtered);
	return false;
}

#endif /* DMASCOPE_BPF_RING_H */
