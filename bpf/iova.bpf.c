// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of IOVA states: dma_iova_link() and what belongs to it (drivers/iommu/dma-iommu.c, 6.16
 * to 7.3), by which block devices, RDMA and HMM map without a list. Pieces are linked one by one,
 * and the device may use them after dma_iova_sync(): all pieces between two of these are one
 * mapping here. dma_iova_unlink() ends one, dma_iova_destroy() the one of the whole state.
 */
#include "lib/probe.h"

/* Pieces that are not synced yet, by the address of their state. */
struct linked {
	u64 phys;		/* of the first piece */
	u32 pieces;
	u32 attrs;
	u32 dir;
};

/* A state that is pushed out has a mapping without direction and memory; 4096 x 24 bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct linked);
} linked __weak SEC(".maps");

static __always_inline u64 state_addr(u64 state)
{
	struct dma_iova_state *s = (struct dma_iova_state *)state;

	return bpf_core_field_exists(s->addr) ? RD(s, addr) : 0;
}

/* A mapping of the IOMMU, or its end. */
static __always_inline struct mapping of_state(struct device *dev, u64 state, u64 offset, u64 size)
{
	return (struct mapping){
		.dev = dev_key(dev),
		.dma = state_addr(state) + offset,
		.size = size,
		.dir = DMS_DIR_NONE,
		.sg_index = -1,
		.path = DMS_PATH_IOMMU,
		.flags = DMS_FL_NO_PHYS,
	};
}

enum { L_DEV, L_STATE, L_PHYS, L_SIZE, L_DIR, L_ATTRS };

/* dma_iova_link(dev, state, phys, offset, size, dir, attrs) */
static __always_inline void link_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_IOVA_LINK;

	in->arg[L_DEV] = arg_of(ctx, hook, DMS_ARG_DEV);
	in->arg[L_STATE] = arg_number(ctx, hook, DMS_ARG_STATE);
	in->arg[L_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
	in->arg[L_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
	in->arg[L_DIR] = (u32)arg_of(ctx, hook, DMS_ARG_DIR);
	in->arg[L_ATTRS] = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
}

/* A piece that was refused: its caller gives up the whole request. */
static __always_inline void link_refused(probe_ctx *ctx, struct inflight *in,
					 struct dms_counts *c)
{
	struct device *dev = (struct device *)in->arg[L_DEV];
	struct obs o = obs_of(c, DMS_HOOK_IOVA_LINK, DMS_EV_MAP, dev, ctx);
	struct mapping m = {
		.dev = dev_key(dev),
		.dma = DMS_DMA_ERROR,
		.phys = in->arg[L_PHYS],
		.size = in->arg[L_SIZE],
		.dir = in->arg[L_DIR],
		.attrs = in->arg[L_ATTRS],
		.sg_index = -1,
		.path = DMS_PATH_FAILED,
	};

	mapping_observe_as(&o, &m);
}

static __always_inline int link_done(probe_ctx *ctx, struct inflight *in, u64 ret,
				     struct dms_counts *c)
{
	struct linked *l, new = {};
	u64 state = in->arg[L_STATE];

	if ((int)ret < 0) {
		link_refused(ctx, in, c);
		return 0;
	}
	l = bpf_map_lookup_elem(&linked, &state);
	if (l) {
		l->pieces++;
		count(c, ignored);
		return 0;
	}
	new.phys = in->arg[L_PHYS];
	new.pieces = 1;
	new.attrs = in->arg[L_ATTRS];
	new.dir = in->arg[L_DIR];
	if (bpf_map_update_elem(&linked, &state, &new, BPF_ANY))
		count(c, failed);
	else
		count(c, ignored);	/* it counts when it is synced */
	return 0;
}
PROBE_PAIR(iova_link, DMS_HOOK_IOVA_LINK, link_args, link_done)

/* dma_iova_sync(dev, state, offset, size) */
static __always_inline int iova_sync(probe_ctx *ctx, struct dms_counts *c)
{
	const u32 hook = DMS_HOOK_IOVA_SYNC;
	struct device *dev = (struct device *)arg_of(ctx, hook, DMS_ARG_DEV);
	u64 state = arg_number(ctx, hook, DMS_ARG_STATE);
	struct obs o = obs_of(c, hook, DMS_EV_MAP, dev, ctx);
	struct mapping m = of_state(dev, state, arg_of(ctx, hook, DMS_ARG_OFFSET),
				    arg_of(ctx, hook, DMS_ARG_SIZE));
	struct linked *l = bpf_map_lookup_elem(&linked, &state);

	if (l) {
		m.dir = l->dir;
		m.attrs = l->attrs;
		if (l->pieces == 1) {
			m.phys = l->phys;
			m.flags = 0;
		}
		bpf_map_delete_elem(&linked, &state);
	}
	mapping_observe_as(&o, &m);
	return 0;
}
PROBE_ENTRY(iova_sync, DMS_HOOK_IOVA_SYNC, iova_sync)

/*
 * dma_iova_unlink(dev, state, offset, size, dir, attrs), dma_iova_destroy(dev, state, mapped_len,
 * dir, attrs). What was linked and never synced, since a later piece was refused, was no mapping.
 */
static __always_inline int unlink_event(probe_ctx *ctx, u32 hook, u64 offset, struct dms_counts *c)
{
	struct device *dev = (struct device *)arg_of(ctx, hook, DMS_ARG_DEV);
	u64 state = arg_number(ctx, hook, DMS_ARG_STATE);
	struct obs o = obs_of(c, hook, DMS_EV_UNMAP, dev, ctx);
	struct mapping m = of_state(dev, state, offset, arg_of(ctx, hook, DMS_ARG_SIZE));

	m.dir = arg_of(ctx, hook, DMS_ARG_DIR);
	m.attrs = dms_attrs(arg_of(ctx, hook, DMS_ARG_ATTRS));
	if (!m.size || !bpf_map_delete_elem(&linked, &state)) {
		count(c, ignored);
		return 0;
	}
	mapping_observe_as(&o, &m);
	return 0;
}

static __always_inline int iova_unlink(probe_ctx *ctx, struct dms_counts *c)
{
	return unlink_event(ctx, DMS_HOOK_IOVA_UNLINK,
			    arg_of(ctx, DMS_HOOK_IOVA_UNLINK, DMS_ARG_OFFSET), c);
}
PROBE_ENTRY(iova_unlink, DMS_HOOK_IOVA_UNLINK, iova_unlink)

static __always_inline int iova_destroy(probe_ctx *ctx, struct dms_counts *c)
{
	return unlink_event(ctx, DMS_HOOK_IOVA_DESTROY, 0, c);
}
PROBE_ENTRY(iova_destroy, DMS_HOOK_IOVA_DESTROY, iova_destroy)
