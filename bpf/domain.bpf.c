// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU domains (drivers/iommu/iommu.c, 5.5 to 7.3): pages that they map and unmap, and when the
 * hardware's cache of them is flushed. Domains of the DMA API are counted by device: other programs
 * report their mappings. Those of vfio, iommufd and drivers that manage their own are sent one by
 * one: they pass no other hook.
 */
#include "lib/domain.h"

/* include/linux/iommu.h, all: bits of iommu_domain.type */
#define DOMAIN_PAGING	1u	/* alone: IOMMU_DOMAIN_UNMANAGED */
#define DOMAIN_DMA_API	2u

enum { M_DOMAIN, M_IOVA, M_PHYS, M_SIZE };

static __always_inline u32 type_of(u64 domain)
{
	struct iommu_domain *d = (struct iommu_domain *)domain;

	return bpf_core_field_exists(d->type) ? RD(d, type) : 0;
}

/* Weak and global: verified once. The device among the last attached that has the domain, or 0. */
__weak __noinline u64 domain_search(u64 domain)
{
	struct domain_attached *a;
	u32 zero = 0;
	u64 at;

	a = bpf_map_lookup_elem(&attached, &zero);
	if (!a || !domain)
		return 0;
	for (u32 i = 0; i < DOMAIN_ATTACHED; i++) {
		at = a->at[i];
		if (at && domain_of((struct device *)at) == domain)
			return at;
	}
	return 0;
}

static __always_inline u64 attaches(void)
{
	struct domain_attached *a;
	u32 zero = 0;

	a = bpf_map_lookup_elem(&attached, &zero);
	return a ? a->n : 0;
}

/* NULL: no device is known that has it. */
static __always_inline struct dms_domain_use *use_of(u64 domain)
{
	struct dms_domain_use *u = bpf_map_lookup_elem(&domains, &domain);
	u64 n = attaches(), at;

	if (u && u->attaches == n)
		return u;
	if (u && domain_of((struct device *)u->at) == domain) {
		u->attaches = n;
		return u;
	}
	at = domain_search(domain);
	if (!at) {
		if (u)
			bpf_map_delete_elem(&domains, &domain);
		return NULL;
	}
	domain_remember((struct device *)at, dev_key((struct device *)at));
	return bpf_map_lookup_elem(&domains, &domain);
}

/* Sent whatever --path and --min-size let through: these are no mappings of the DMA API. */
static __always_inline void domain_event(struct dms_counts *c, u32 hook, u16 type, u64 key,
					 struct inflight *in)
{
	struct dms_share *s;

	if (!dev_wanted(key)) {
		count(c, filtered);
		return;
	}
	s = record_reserve(c, hook, type, sizeof(*s));
	if (!s)
		return;
	if (type == DMS_EV_DOMAIN_MAP)
		bpf_get_current_comm(s->comm, sizeof(s->comm));
	s->event.dev = key;
	s->event.dma = in->arg[M_IOVA];
	s->event.phys = in->arg[M_PHYS];
	s->event.size = in->arg[M_SIZE];
	event_submit(c, s);
}

/* iommu_map_nosync(domain, iova, paddr, size, prot, gfp); __iommu_map() likewise */
static __always_inline void domain_map_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_DOMAIN_MAP;

	in->arg[M_DOMAIN] = arg_number(ctx, hook, DMS_ARG_DOMAIN);
	in->arg[M_IOVA] = arg_of(ctx, hook, DMS_ARG_DMA);
	in->arg[M_PHYS] = arg_of(ctx, hook, DMS_ARG_PHYS);
	in->arg[M_SIZE] = arg_of(ctx, hook, DMS_ARG_SIZE);
}

static __always_inline int domain_map_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					   struct dms_counts *c)
{
	u32 type = type_of(in->arg[M_DOMAIN]);
	struct dms_domain_use *u;

	u = (int)ret ? NULL : use_of(in->arg[M_DOMAIN]);
	if (type & DOMAIN_DMA_API && u) {
		__sync_fetch_and_add(&u->maps, 1);
		__sync_fetch_and_add(&u->map_bytes, in->arg[M_SIZE]);
	}
	if (u && type == DOMAIN_PAGING)
		domain_event(c, DMS_HOOK_DOMAIN_MAP, DMS_EV_DOMAIN_MAP, u->dev, in);
	else
		count(c, ignored);
	return 0;
}
PROBE_PAIR(domain_map, DMS_HOOK_DOMAIN_MAP, domain_map_args, domain_map_done)

/* __iommu_unmap(domain, iova, size, iotlb_gather) returns how much was mapped there. */
static __always_inline void domain_unmap_args(probe_ctx *ctx, struct inflight *in)
{
	const u32 hook = DMS_HOOK_DOMAIN_UNMAP;

	in->arg[M_DOMAIN] = arg_number(ctx, hook, DMS_ARG_DOMAIN);
	in->arg[M_IOVA] = arg_of(ctx, hook, DMS_ARG_DMA);
}

static __always_inline int domain_unmap_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					     struct dms_counts *c)
{
	struct dms_domain_use *u = NULL;

	/* of the DMA API there is one for each unmap, and nobody asks for them */
	if (ret && type_of(in->arg[M_DOMAIN]) == DOMAIN_PAGING)
		u = use_of(in->arg[M_DOMAIN]);
	in->arg[M_SIZE] = ret;
	if (u)
		domain_event(c, DMS_HOOK_DOMAIN_UNMAP, DMS_EV_DOMAIN_UNMAP, u->dev, in);
	else
		count(c, ignored);
	return 0;
}
PROBE_PAIR(domain_unmap, DMS_HOOK_DOMAIN_UNMAP, domain_unmap_args, domain_unmap_done)

/*
 * TYPE_flush_iotlb_all(domain), by which dma-iommu empties its queue of unmapped addresses
 * (fq_flush_iotlb(), or iova_domain_flush() before 6.2). The device may reach them until it
 * returns.
 */
static __always_inline void flush_args_of(probe_ctx *ctx, u32 hook, struct inflight *in)
{
	in->arg[M_DOMAIN] = arg_number(ctx, hook, DMS_ARG_DOMAIN);
	in->arg[M_IOVA] = bpf_ktime_get_ns();
}

static __always_inline int flush_done_of(u32 hook, struct inflight *in, struct dms_counts *c)
{
	struct dms_domain_use *u = use_of(in->arg[M_DOMAIN]);
	struct dms_event *e;

	if (!u) {
		count(c, ignored);
		return 0;
	}
	if (!dev_wanted(u->dev)) {
		count(c, filtered);
		return 0;
	}
	e = event_reserve(c, hook, DMS_EV_FLUSH);
	if (!e)
		return 0;
	e->dev = u->dev;
	e->aux = e->ts - in->arg[M_IOVA];
	event_submit(c, e);
	return 0;
}

#define FLUSH_OF(name, hook)								\
static __always_inline void name##_args(probe_ctx *ctx, struct inflight *in)		\
{											\
	flush_args_of(ctx, hook, in);							\
}											\
static __always_inline int name##_done(probe_ctx *ctx, struct inflight *in, u64 ret,	\
				       struct dms_counts *c)				\
{											\
	return flush_done_of(hook, in, c);						\
}											\
PROBE_PAIR(name, hook, name##_args, name##_done)

FLUSH_OF(flush_intel, DMS_HOOK_FLUSH_INTEL)
FLUSH_OF(flush_amd, DMS_HOOK_FLUSH_AMD)
FLUSH_OF(flush, DMS_HOOK_FLUSH)

#ifndef DMS_FENTRY

/* iommu:attach_device_to_domain (dev): the device's group leads to the domain soon after. */
SEC("?tp_btf/attach_device_to_domain")
int tp_domain_attach(unsigned long long *ctx)
{
	struct domain_attached *a;
	struct dms_counts *c;
	u32 zero = 0;
	u64 n;

	if (!observing())
		return 0;
	c = hit(DMS_HOOK_DOMAIN_ATTACH);
	count(c, ignored);	/* counted by its hits, not sent */
	a = bpf_map_lookup_elem(&attached, &zero);
	if (!a)
		return 0;
	n = a->n & (DOMAIN_ATTACHED - 1);
	a->at[n] = ctx[0];
	a->n++;
	return 0;
}

#endif /* DMS_FENTRY */
