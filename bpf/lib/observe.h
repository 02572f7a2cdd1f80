/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One observation of a mapping or its end: filtered, then counted (top, metrics) or sent as a
 * record (record). Also the body of swiotlb:swiotlb_bounced, which both tiers have.
 */
#ifndef DMASCOPE_BPF_OBSERVE_H
#define DMASCOPE_BPF_OBSERVE_H

#include "lib/object.h"

/*
 * The context of an observation. Processor and flags are read once, when it begins: each costs
 * several instructions.
 */
struct obs {
	struct dms_counts *c;
	struct device *dev;
	void *ctx;		/* for a stack; NULL: none is taken */
	u32 cpu;
	u32 flags;		/* config.flags */
	u32 hook;
	u16 type;
	bool path_known;	/* mapping.path is set already */
};

/* An observation whose hit was counted in c. */
static __always_inline struct obs obs_of(struct dms_counts *c, u32 hook, u16 type,
					 struct device *dev, void *ctx)
{
	return (struct obs){
		.c = c, .dev = dev, .ctx = ctx, .cpu = bpf_get_smp_processor_id(),
		.flags = config.flags, .hook = hook, .type = type,
	};
}

/* Counts the hit. */
static __always_inline struct obs obs_begin(u32 hook, u16 type, struct device *dev, void *ctx)
{
	struct obs o = obs_of(NULL, hook, type, dev, ctx);

	o.c = hit_on(o.cpu, hook);
	return o;
}

static __always_inline bool obs_maps(const struct obs *o)
{
	return o->type == DMS_EV_MAP || o->type == DMS_EV_ALLOC;
}

/* The filters that need no path: before anything else is done. */
static __always_inline bool mapping_wanted(const struct obs *o, const struct mapping *m)
{
	if (m->size >= config.min_size && dev_wanted(m->dev))
		return true;
	count(o->c, filtered);
	return false;
}

static __always_inline bool path_wanted(const struct obs *o, u8 path)
{
	if (!config.path_mask || config.path_mask & 1U << (path & 31))
		return true;
	count(o->c, filtered);
	return false;
}

/* h: what is held of this mapping, or NULL. Its time and process are then the record's. */
static __always_inline void mapping_send(const struct obs *o, const struct mapping *m,
					 struct dms_held *h)
{
	struct dms_event *e;
	u32 stack = m->stack;

	/* before the record is reserved, so that the stack stands before it in the ring */
	if (obs_maps(o) && !stack)
		stack = stack_for(o->ctx, o->hook, m->dev, m->path, m->dir);
	e = record_reserve_at(o->c, o->cpu, o->hook, o->type, sizeof(*e),
			      h ? h->event.ts : bpf_ktime_get_ns());
	if (e && h) {
		e->also = h->event.hook;
		e->pid = h->event.pid;
	}
	if (h)
		held_done(h, o->cpu, e);
	if (!e)
		return;
	if (!h)
		e->pid = bpf_get_current_pid_tgid() >> 32;
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
	e->ret = 0;
	e->object = 0;
	if (stack && o->type == DMS_EV_MAP && m->phys_known && !(m->attrs & DMS_ATTR_MMIO))
		e->object = object_exceeded(m->phys, m->size);
	if (m->sg_index >= 0) {
		e->flags |= DMS_FL_SG;
		e->ret = m->sg_index;
	}
	event_submit(o->c, e);
}

static __always_inline struct dms_cell *cell_of(struct dms_counted *e, u8 path)
{
	u64 i = path;

	asm volatile("" : "+r"(i));	/* the mask is the verifier's: a comparison is of a copy */
	return &e->cell[i & (DMS_CELL_PATHS - 1)];
}

/* A mapping whose path is known, into its cell and the index. */
static __always_inline void count_map(struct dms_counted *e, u64 key, const struct mapping *m)
{
	bool indexed = !e->index.wanted || live_put(e, key, m);

	cell_map(cell_of(e, m->path), m, indexed);
}

/* The end of a mapping. */
static __always_inline void count_end(struct dms_counted *e, u64 key, struct mapping *m)
{
	bool indexed = !e->index.wanted || live_take(e, key, m);

	cell_unmap(cell_of(e, m->path), m->size, indexed);
}

/*
 * All that nearly every mapping, or its end, needs of a program that only counts, without a
 * filter: its device's place is e, and there is one look at the index's. True: it was counted, and
 * its hit as delivered. False: nothing was done.
 */
static __always_inline bool mapping_through(struct dms_counted *e, struct mapping *m)
{
	mapping_classify(&e->facts, m, false);
	if (m->path == DMS_PATH_FAILED)
		return false;
	e->through[m->ends]++;
	if (m->ends)
		count_end(e, m->dev, m);
	else
		count_map(e, m->dev, m);
	return true;
}

/* The place of a device's counts if all is known that mapping_through() needs, else NULL. */
static __always_inline struct dms_counted *through_at(u64 dev)
{
#ifndef DMS_TEST_LEAK	/* here hit and outcome are one count: none could be forgotten */
	return place_now(bpf_get_smp_processor_id(), dev);
#else
	return NULL;
#endif
}

/*
 * Counts one mapping or its end. Failures are rare, and each is evidence: they are sent as well.
 * The filters come first.
 */
static __always_inline void mapping_count(const struct obs *o, struct mapping *m)
{
	bool maps = obs_maps(o);
	u64 key = m->dev ? m->dev : DMS_NO_DEV;
	struct dms_counted *e;

	if (o->flags & DMS_CFG_FILTER) {
		/* a device that user space has not heard of may be one that --device means */
		devstate_once(o->hook, o->dev, m->dev);
		if (!mapping_wanted(o, m))
			return;
	}
	e = place_of(o->dev, key, o->hook, o->cpu);
	if (!e) {
		count(o->c, failed);
		return;
	}
	if (!o->path_known)
		mapping_classify(&e->facts, m, false);
	if (o->flags & DMS_CFG_FILTER && !path_wanted(o, m->path))
		return;
	if (!maps) {
		count_end(e, key, m);
	} else {
		count_map(e, key, m);
		if (m->path == DMS_PATH_FAILED) {
			m->liobn = 0;
			if (!o->path_known)
				m->flags |= failure_of(o->dev, &e->facts, m->attrs, o->flags);
			mapping_send(o, m, NULL);
			return;
		}
	}
	count(o->c, delivered);
}

/* Decides the path by the state that the device has now. */
static __always_inline void mapping_path(const struct obs *o, struct mapping *m)
{
	bool inner = o->flags & DMS_CFG_INNER;
	struct dms_dev_facts d = {};

	facts_read(&d, o->dev);
	mapping_classify(&d, m, inner);
	if (m->path == DMS_PATH_FAILED)
		m->flags |= failure_of(o->dev, &d, m->attrs, o->flags);
	if (m->path != DMS_PATH_TCE) {
		m->liobn = 0;
		m->page_shift = 0;
	}
	if (!m->phys_known)
		m->flags |= DMS_FL_NO_PHYS;
}

/* Sends the state of the device of the mappings that follow; counting does so at its first one. */
static __always_inline void device_announce(const struct obs *o, u64 key)
{
	if (!(o->flags & DMS_CFG_STATS))
		devstate_once(o->hook, o->dev, key);
}

/* A mapping or its end; its device was announced. */
static __always_inline void mapping_observe(const struct obs *o, struct mapping *m)
{
	struct dms_held *h;

	if (o->flags & DMS_CFG_STATS) {
		mapping_count(o, m);
		return;
	}
	if (!mapping_wanted(o, m))
		return;
	h = held_get(o->cpu);
	if (h && !held_match(h, o->dev, m, o->type)) {
		held_flush(o->cpu);
		held_release(h);
		h = NULL;
	}
	if (!o->path_known && !h)
		mapping_path(o, m);
	if (h || path_wanted(o, m->path))	/* with a filter nothing is held */
		mapping_send(o, m, h);
}

/* The same where the path is set: coherent memory, and mappings that an inner hook saw. */
static __always_inline void mapping_observe_as(struct obs *o, struct mapping *m)
{
	o->path_known = true;
	device_announce(o, m->dev);
	mapping_observe(o, m);
}

/*
 * swiotlb:swiotlb_bounced (dev, dev_addr, size), to 5.17 with a fourth argument that is not read.
 * The event is at the top of swiotlb_map(), before slots are searched: it counts attempts, and its
 * address is the unbounced one.
 */
static __always_inline int bounce_request(unsigned long long *ctx, struct device *dev)
{
	struct dms_counts *c = hit(DMS_HOOK_SWIOTLB_BOUNCED);
	u64 key = dev_key(dev);
	struct dms_event *e;

	devstate_once(DMS_HOOK_SWIOTLB_BOUNCED, dev, key);
	e = event_reserve_wanted(c, DMS_HOOK_SWIOTLB_BOUNCED, DMS_EV_BOUNCE_REQ, key, ctx[2],
				 false);
	if (!e)
		return 0;
	e->dma = ctx[1];
	event_submit(c, e);
	return 0;
}

#endif /* DMASCOPE_BPF_OBSERVE_H */
