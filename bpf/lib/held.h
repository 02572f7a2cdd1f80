/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record for a mapping and its slots or TCEs. The inner hook stores its event here. The hook of
 * the whole call runs last: if its own record contains every field of that event, it sends that
 * record alone and names the inner hook in it (dms_event.also). Otherwise the event is sent as a
 * record of its own, by the next program that finds it here or by user space (src/probe/rings.c),
 * which delays younger records meanwhile.
 */
#ifndef DMASCOPE_BPF_HELD_H
#define DMASCOPE_BPF_HELD_H

#include "lib/ring.h"

/* By CPU; 128 bytes for each that is online, 1 element unless records are streamed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct dms_held);
} held __weak SEC(".maps");

#define HELD_JIFFIES	4	/* an older one is of a call that ended elsewhere */

/* False: a program that this one interrupted has it, or user space. */
static __always_inline bool held_claim(struct dms_held *h)
{
	__sync_fetch_and_add(&h->claims, 1);
	if (*(volatile u32 *)&h->claims == 1)
		return true;
	__sync_fetch_and_add(&h->claims, -1);
	return false;
}

static __always_inline void held_release(struct dms_held *h)
{
	__sync_fetch_and_add(&h->claims, -1);
}

/* Its own hook has counted it as delivered. */
static __always_inline void held_lost(u32 cpu, u32 hook)
{
	struct dms_counts *c = counts_at(cpu, hook);

	if (c)
		__sync_fetch_and_add(&c->undelivered, 1);
}

/*
 * Sends what is held as a record of its own. The claim is the caller's. It is in the ring before
 * the place is empty: user space looks in that order. Global, to be verified once.
 */
__weak __noinline int held_flush(u32 cpu)
{
	struct dms_held *h = bpf_map_lookup_elem(&held, &cpu);
	void *ring = ring_of(cpu);
	struct dms_event *e;

	if (!h)
		return 0;
	e = ring ? bpf_ringbuf_reserve(ring, sizeof(*e), 0) : NULL;
	if (e) {
		*e = h->event;
		bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	} else {
		held_lost(cpu, h->event.hook);
	}
	h->full = 0;
	return 0;
}

/*
 * The place for an observation of an inner hook; held_keep() follows. NULL: none, it is sent. The
 * rest of the event is 0.
 */
static __always_inline struct dms_held *held_begin(u32 flag, u32 hook, u16 type)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct dms_held *h;

	if (!(config.flags & flag))
		return NULL;
	h = bpf_map_lookup_elem(&held, &cpu);
	if (!h || !held_claim(h))
		return NULL;
	if (h->full)
		held_flush(cpu);
	__builtin_memset(&h->event, 0, sizeof(h->event));
	h->event.type = type;
	h->event.hook = hook;
	h->event.cpu = cpu;
	h->event.ts = bpf_ktime_get_ns();
	h->event.pid = bpf_get_current_pid_tgid() >> 32;
	h->jiffies = bpf_jiffies64();
	return h;
}

static __always_inline void held_keep(struct dms_counts *c, struct dms_held *h)
{
	h->full = 1;
	held_release(h);
	count(c, delivered);
}

/* The observation held on this CPU, with the claim; NULL: none. */
static __always_inline struct dms_held *held_get(u32 cpu)
{
	struct dms_held *h;

	if (!(config.flags & (DMS_CFG_HOLD_MAP | DMS_CFG_HOLD_UNMAP)))
		return NULL;
	h = bpf_map_lookup_elem(&held, &cpu);
	if (!h || !*(volatile u32 *)&h->full || !held_claim(h))
		return NULL;
	if (*(volatile u32 *)&h->full)
		return h;
	held_release(h);
	return NULL;
}

/* The slot that a DMA address stands for, without an IOMMU. */
static __always_inline u64 held_bare(struct device *dev, u64 dma)
{
	return (dma & ADDR_BITS(&config)) - dev_dma_offset(dev);
}

/* Each field of the inner record follows from the mapping's: state__also() makes it anew. */
static __always_inline bool held_is_slot(const struct dms_event *in, struct device *dev,
					 const struct mapping *m, bool maps)
{
	u64 attrs = in->attrs ^ m->attrs;

	if (in->type != (maps ? DMS_EV_BOUNCE : DMS_EV_UNBOUNCE) || in->dev != m->dev ||
	    in->size != m->size || in->dir != m->dir || in->aux != held_bare(dev, m->dma))
		return false;
	/* dma_direct_unmap_phys() adds the attribute to those of its caller */
	return maps ? m->phys_known && in->phys == m->phys && !attrs :
		      !(attrs & ~DMS_ATTR_SKIP_CPU_SYNC);
}

/* Whole entries of the device's own table. */
static __always_inline bool held_is_tce(const struct dms_event *in, struct device *dev,
					const struct mapping *m, bool maps)
{
	u64 rest = (1ULL << (in->page_shift & 63)) - 1;
	struct table tbl;

	if (in->type != (maps ? DMS_EV_TCE_SET : DMS_EV_TCE_CLEAR) || in->flags ||
	    in->dma != (m->dma & ~rest) ||
	    in->size != (((m->dma & rest) + m->size + rest) & ~rest))
		return false;
	if (maps && !(m->phys_known && in->phys == (m->phys & ~rest) && in->dir == m->dir))
		return false;
	return dev_table(dev, &tbl) && tbl.liobn == in->liobn && tbl.page_shift == in->page_shift;
}

/* Is what is held of this very mapping? Then its path is known. */
static __always_inline bool held_match(const struct dms_held *h, struct device *dev,
				       struct mapping *m, u16 type)
{
	const struct dms_event *in = &h->event;
	bool maps = type == DMS_EV_MAP;

	if (!maps && type != DMS_EV_UNMAP)
		return false;
	if (bpf_jiffies64() - h->jiffies > HELD_JIFFIES)
		return false;
	if (held_is_slot(in, dev, m, maps)) {
		m->path = DMS_PATH_BOUNCED;
		m->slot = in->aux;
	} else if (held_is_tce(in, dev, m, maps)) {
		m->path = DMS_PATH_TCE;
		m->liobn = in->liobn;
		m->page_shift = in->page_shift;
	} else {
		return false;
	}
	m->flags |= DMS_FL_INNER;
	if (!m->phys_known)
		m->flags |= DMS_FL_NO_PHYS;
	return true;
}

/* Its record is in the ring, or (sent: false) was lost with that of the mapping. */
static __always_inline void held_done(struct dms_held *h, u32 cpu, bool sent)
{
	if (!sent)
		held_lost(cpu, h->event.hook);
	h->full = 0;
	held_release(h);
}

#endif /* DMASCOPE_BPF_HELD_H */
