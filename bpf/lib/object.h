/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slab object that a mapping's memory begins in: a mapping of more bytes reaches into memory of
 * somebody else. Looked at where a stack is taken, so that most mappings do not pay for it.
 */
#ifndef DMASCOPE_BPF_OBJECT_H
#define DMASCOPE_BPF_OBJECT_H

#include "lib/live.h"

/*
 * A number, as the first of a structure of numbers: by the name that it has in its union the
 * verifier may take it for another member, which is a pointer (6.18).
 */
static __always_inline u64 word_at(u64 at)
{
	return RD(AS(struct scatterlist, at), page_link);
}

/*
 * The head of a compound page, the page itself where it is none, 0 where it is not known: to 7.0
 * page->compound_head is the head's address + 1; then compound_info is that, or + 1 the mask that
 * makes the head's address of a tail's (compound_info_has_mask(), include/linux/page-flags.h, 7.2).
 */
static __always_inline u64 page_head(u64 page)
{
	struct page___71 *new = NULL;
	struct page *p = NULL;
	u64 info, inverse;

	if (bpf_core_field_exists(p->compound_head)) {
		info = word_at(page + bpf_core_field_offset(p->compound_head));
		return info & 1 ? info - 1 : page;
	}
	if (!bpf_core_field_exists(new->compound_info))
		return 0;
	info = word_at(page + bpf_core_field_offset(new->compound_info));
	if (!(info & 1))
		return page;
	info--;
	inverse = ~info;
	return inverse & (inverse + 1) ? info : page & info;
}

/* Slab pages have a type from 6.12 on (4ffca5a96678), a flag to 6.10 (46df8e73a4a3). */
static __always_inline bool slab_is(struct slab *slab)
{
	if (bpf_core_enum_value_exists(enum pagetype, PGTY_slab) &&
	    bpf_core_field_exists(slab->__page_type))
		return RD(slab, __page_type) >> 24 == bpf_core_enum_value(enum pagetype, PGTY_slab);
	if (bpf_core_enum_value_exists(enum pageflags, PG_slab) &&
	    bpf_core_field_exists(slab->__page_flags))
		return RD(slab, __page_flags) >> bpf_core_enum_value(enum pageflags, PG_slab) & 1;
	return false;
}

/* Bytes of the object, if [phys, phys + size) does not fit in it; 0: it fits, or is not known. */
static __noinline u32 object_exceeded(u64 phys, u64 size)
{
#if defined(DMS_DIRECT) && defined(DMS_NO_KFUNC)
	return 0;		/* a computed address cannot be read */
#else
	u64 head = values.vmemmap + (phys >> config.page_shift) * config.struct_page_size;
	struct kmem_cache *cache = NULL;
	struct slab *slab = NULL;
	u32 bytes;

	/* struct slab is laid over the head page from 5.17 on (d122019bf061) */
	if (!values.vmemmap || !config.struct_page_size ||
	    !bpf_core_field_exists(slab->slab_cache) || !bpf_core_field_exists(cache->object_size))
		return 0;
	head = page_head(head);
	slab = AS(struct slab, head);
	if (!head || !slab_is(slab))
		return 0;
	cache = AS(struct kmem_cache, (u64)RD(slab, slab_cache));
	bytes = cache ? RD(cache, object_size) : 0;
	return bytes && size > bytes ? bytes : 0;
#endif
}

#endif /* DMASCOPE_BPF_OBJECT_H */
