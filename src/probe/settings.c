// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fills the programs' settings before they are loaded: struct dms_config, from the chosen
 * candidates and the kernel's symbols. Nothing is loaded or attached here.
 */
#include <string.h>
#include <unistd.h>

#include "dmascope/classify.h"
#include "probe/inside.h"

/* Announces the symbols that attaching needs, so that not all need be kept. */
void settings__expect(struct symbols *syms)
{
	static const char *const names[] = {
		"dma_need_unmap",
		/*
		 * Targets of dma_ops: each state of a device has that name, and for one that is not
		 * among these all symbols are read and kept (arch/powerpc, 5.9 to 7.3; arch/s390,
		 * to 6.6; kernel/dma, drivers/xen)
		 */
		"dma_iommu_ops", "vio_dma_mapping_ops", "s390_pci_dma_ops", "dma_dummy_ops",
		"xen_swiotlb_dma_ops",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		symbols_expect(syms, names[i]);
	addresses__expect(syms);
	unseen__expect(syms);
	choose_expect(syms);
}

static unsigned int log2_of(unsigned long v)
{
	unsigned int n = 0;

	while (v >>= 1)
		n++;
	return n;
}

/* A power of two and at least a page. */
size_t settings__ring_bytes(const struct probe *p)
{
	size_t each = p->opts.ring_bytes / p->shards, page = (size_t)sysconf(_SC_PAGESIZE);

	while (each & (each - 1))
		each &= each - 1;
	return each < page ? page : each;
}

static bool is_filtered(const struct probe *p)
{
	return p->opts.flags & DMS_CFG_FILTER_DEV || p->opts.min_size || p->opts.path_mask;
}

bool settings__only_count(const struct probe *p)
{
	return p->opts.flags & DMS_CFG_STATS && !(p->opts.flags & DMS_CFG_STREAM) &&
	       !is_filtered(p);
}

/*
 * Does what is seen of slots and TCEs wait for the record of this choice, a mapping or its end?
 * With a filter that may not come. The hook of the end has to be after theirs, as trace events are;
 * and as the record is in the ring only when slots and TCEs are free again, nobody else may put one
 * into that ring meanwhile (src/probe/rings.c keeps other rings back): one for each processor.
 */
static uint32_t holds(const struct probe *p, const struct choice *c)
{
	if ((p->opts.flags & (DMS_CFG_STREAM | DMS_CFG_STATS)) != DMS_CFG_STREAM ||
	    is_filtered(p) || p->opts.all_hooks)
		return 0;
	if (c->row->id == DMS_HOOK_MAP)
		return DMS_CFG_HOLD_MAP;
	if (c->row->id != DMS_HOOK_UNMAP || cells__cpus_online() > p->shards ||
	    (c->attach != ATTACH_TP_BTF && c->attach != ATTACH_RAW_TP))
		return 0;
	return DMS_CFG_HOLD_UNMAP;
}

/* Numbers of the structures that AS() casts to. */
static void casts(const struct probe *p, struct dms_config *cfg)
{
	static const char *const names[DMS_CAST_MAX] = {
		[DMS_CAST_DEVICE] = "device",
		[DMS_CAST_SCATTERLIST] = "scatterlist",
		[DMS_CAST_KMEM_CACHE] = "kmem_cache",
		[DMS_CAST_SLAB] = "slab",
		[DMS_CAST_IOMMU_TABLE] = "iommu_table",
	};

	for (int i = 0; i < DMS_CAST_MAX && p->kfuncs; i++)
		cfg->cast[i] = kernel_btf__find(p->btf, names[i], BTF_KIND_STRUCT);
}

void settings__fill(const struct probe *p, struct dms_config *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	for (int i = 0; i < DMS_HOOK_MAX; i++)
		memset(cfg->layout[i].at, DMS_ARG_NOWHERE, sizeof(cfg->layout[i].at));
	cfg->flags = p->opts.flags;
	if (is_filtered(p))
		cfg->flags |= DMS_CFG_FILTER;
	for (unsigned int i = 0; i < p->nchoices; i++) {
		const struct choice *c = &p->choices[i];

		if (!c->cand)
			continue;
		cfg->layout[c->row->id] = c->layout;
		cfg->flags |= holds(p, c);
		if (c->row->id == DMS_HOOK_MAP)
			cfg->flags |= DMS_CFG_OUTER_MAP;
		if (c->row->id == DMS_HOOK_IOMMU_MAP || c->row->id == DMS_HOOK_SWIOTLB_MAP)
			cfg->flags |= DMS_CFG_INNER;
		if (c->row->id == DMS_HOOK_IOMMU_MAP)
			cfg->flags |= DMS_CFG_INNER_TCE;
	}
	if (symbols_find(p->env.syms, "dma_need_unmap", NULL))
		cfg->flags |= DMS_CFG_SKIP_UNMAP;
	addresses__fill(p, cfg);
	casts(p, cfg);
	cfg->min_size = p->opts.min_size;
	cfg->path_mask = p->opts.path_mask;
	cfg->page_shift = log2_of((unsigned long)sysconf(_SC_PAGESIZE));
	cfg->ring_mask = p->shards - 1;
	cfg->set_mask = index__set_mask(p);
	cfg->dev_mask = cells__places(p) - 1;
	for (uint64_t i = 0; i < DMS_SIZES; i++)
		cfg->size_slot[i] = (uint8_t)dms_size_slot(i << DMS_SIZE_SHIFT);
	cfg->ring_half = (uint32_t)(settings__ring_bytes(p) / 2);
	/* often enough that a ring filled by several hooks is noticed before it is full */
	cfg->wake_mask = 1;
	while (cfg->wake_mask < 64 &&
	       cfg->wake_mask * 16 * sizeof(struct dms_event) < cfg->ring_half)
		cfg->wake_mask *= 2;
	cfg->wake_mask--;
}
