// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about the bounce pool: absent, not used, too small, too large, in the wrong place,
 * or asked for more than it can ever give. Kernel facts: kernel/dma/swiotlb.c, 5.4 to 7.1.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/holders.h"
#include "util/names.h"

#define IO_TLB_DEFAULT_SLOTS	32768ULL	/* IO_TLB_DEFAULT_SIZE, 64 MiB */

/* Each device in use whose pool is known has one of its own, and there is such a device. */
static bool all_have_own(const struct state *m)
{
	const struct dev *d;
	bool some = false;
	uint32_t i;

	for_each_dev(m, i, d) {
		if (pool__exists(m, d) == 0 && dev_in_use(d))
			return false;
		some |= pool__exists(m, d) == 1;
	}
	return some;
}

/* The pool's record or any device's state may show whether there is a pool. */
static int any_pool(const struct state *m)
{
	uint32_t i;
	int got = pool__exists(m, NULL);

	if (got == 0 && all_have_own(m))
		return 1;
	for (i = 0; got < 0 && i < dev_count(m); i++)
		got = pool__exists(m, dev_at(m, i));
	return got;
}

/* Only PEF's kernels make a pool on demand alone; elsewhere a secure guest has one by itself. */
static bool needs_force(const struct state *m)
{
	const struct rec_session *s = session_of(m);

	return dms_guest_is(s->guest, GT_POOL_ON_DEMAND) && !s->swiotlb_force;
}

/*
 * A problem derived from the kernel's source alone is a warning; observed mappings that take
 * private memory to a device make it an error.
 */
static unsigned int private_severity(const struct state *m, uint64_t seen)
{
	return seen && !counts_only(m) ? STATE_ERROR : STATE_WARNING;
}

static void advise_forcing(const struct state *m, struct state_finding *x)
{
	if (has_noforce(m))
		finding_advise(x, REMEDY_NO_NOFORCE);
	else if (needs_force(m))
		finding_advise(x, REMEDY_PEF_FORCE);
	else
		finding_advise(x, any_pool(m) == 0 ? REMEDY_POOL_LOG : REMEDY_FORCE);
}

void find_no_bounce_pool(struct finder *f)
{
	const struct state *m = f->m;
	struct state_finding *x;
	uint64_t n = 0;
	const struct dev *d;
	uint32_t i;

	if (any_pool(m) != 0)
		return;
	for_each_dev(m, i, d)
		n += dev_private_direct(m, d);
	x = finding_new(f, NULL, private_severity(m, n), 100);
	finding_text(x, FACT_SOURCE, pool__rec(pool__main(m))->source);
	finding_fact(x, FACT_FORCE, session_of(m)->swiotlb_force);
	finding_fact(x, FACT_NOFORCE, has_noforce(m));
	finding_known(x, FACT_MAPS, n);
	advise_forcing(m, x);
	x->count = n;		/* without any it rests on the rule alone */
}

/* Up to three of the devices that are not forced, those first that were given private memory. */
static void name_unforced(struct finder *f, struct state_finding *x)
{
	unsigned int named = 0, idle;
	const struct dev *d;
	uint32_t i;

	for (idle = 0; idle < 2; idle++) {
		for_each_dev(f->m, i, d) {
			if (!dev_knows(d, DMS_DS_FORCE_BOUNCE) || pool__bounces_all(f->m, d) ||
			    dev_accepted(f->m, d) ||
			    idle != !dev_private_direct(f->m, d) || named >= FACT_DEVICES)
				continue;
			finding_fact(x, FACT_DEVICE1 + named++, dev_pub(d)->key);
		}
	}
}

void find_bounce_not_forced(struct finder *f)
{
	const struct state *m = f->m;
	struct state_finding *x;
	uint32_t i, off = 0;
	uint64_t n = 0;
	const struct dev *d;

	if (any_pool(m) != 1)
		return;
	for_each_dev(m, i, d) {
		if (pool__bounces_all(m, d) != 0 || dev_accepted(m, d))
			continue;
		off += dev_knows(d, DMS_DS_FORCE_BOUNCE);
		n += dev_private_direct(m, d);
	}
	if (!off && (pool__exists(m, NULL) == 0 || pool__bounces_all(m, NULL) != 0))
		return;
	x = finding_new(f, NULL, private_severity(m, n), 100);
	finding_known(x, FACT_DEVICES_N, off);
	finding_fact(x, FACT_MAPS, n);
	name_unforced(f, x);
	advise_forcing(m, x);
	x->count = n;		/* without any it rests on the rule alone */
}

void find_pool_unusable(struct finder *f, const struct dev *d)
{
	struct state_finding *x = finding_failed(f, d, STATE_FAIL_UNUSABLE, STATE_ERROR, 95);

	if (!x)
		return;
	finding_fact(x, FACT_WRONG_KIND, pool__cc_shared(f->m, d) == 0);
	finding_advise(x, pool__cc_shared(f->m, d) == 0 ? REMEDY_POOL_KIND :
							  REMEDY_POOL_DISABLED);
}

void find_bounce_without_pool(struct finder *f, const struct dev *d)
{
	struct state_finding *x;

	x = is_secure(f->m) ? NULL :
	    finding_failed(f, d, STATE_FAIL_NO_POOL, STATE_ERROR, 95);
	if (!x)
		return;
	if (dev_pub(d)->mask && session_of(f->m)->mem_top) {
		finding_fact(x, FACT_MASK, dev_reach(d));
		finding_fact(x, FACT_RAM_END, session_of(f->m)->mem_top);
	}
	finding_advise(x, has_noforce(f->m) ? REMEDY_NO_NOFORCE_PLAIN :
					      REMEDY_WIDER_DEVICE);
}

/* A size that a segment could hold, and its memory or alignment is such that none can. */
static void say_unfit(const struct dev *d, struct state_finding *x)
{
	const struct slot_fail *u = dev_unfit(d);

	if (!u)
		return;
	finding_fact(x, FACT_UNFIT_SIZE, u->size);
	finding_fact(x, FACT_OFFSET, u->offset);
	finding_known(x, FACT_ALIGN, u->align);
	finding_fact(x, FACT_POOL_EMPTY, !u->used);
}

void find_request_too_big(struct finder *f, const struct dev *d)
{
	struct state_finding *x;
	const struct pool *p;
	const struct seen *e = dev_seen(d, DE_FAIL + STATE_FAIL_TOO_BIG);
	uint64_t n, big, used;

	p = pool__of(f->m, d);
	big = dev_biggest_fail(d, STATE_FAIL_TOO_BIG);
	n = e->count ? e->count : too_big_by_size(f->m, d);
	if (!n)
		return;
	x = finding_new(f, d, STATE_ERROR, big > pool__segment(p) ? 100 : 90);
	finding_fact(x, FACT_FAILED, n);
	finding_fact(x, FACT_SEGMENT, pool__segment(p));
	finding_fact(x, FACT_HALF_KIB, pool__segment(p) / 2 / 1024);
	if (big) {
		finding_fact(x, FACT_SIZE, big);
		finding_fact(x, FACT_SIZE_EXACT, big);
	}
	finding_fact(x, FACT_SEGMENT_EXACT, pool__segment(p));
	finding_fact(x, FACT_UNFIT, big && big <= pool__segment(p));
	if (e->count && pool__used_at_misfit(p, &used)) {
		finding_fact(x, FACT_USED, used);
		finding_fact(x, FACT_SLOTS, pool__slots(p));
	}
	say_unfit(d, x);
	finding_advise(x, !strncmp(dev_rec(d)->kind, "virtio-blk", 10) ||
			  !strncmp(dev_rec(d)->kind, "nvme", 4) ? REMEDY_MAX_SECTORS :
							     REMEDY_MAX_MAPPING);
	finding_events(x, e);
	if (!e->count)
		finding_doubt(x, 0, DOUBT_SIZES_ONLY);
}

/*
 * An arm64 kernel makes the pool smaller than the default where it takes it for one of unaligned
 * buffers only (arch_mm_preinit(), arch/arm64/mm/init.c), unless another number than the default
 * was asked for: swiotlb_adjust_size() cannot distinguish the command-line default from none. So
 * the default is no advice there, whatever made the pool smaller.
 */
static bool default_may_shrink(const struct state *m)
{
	uint64_t slots = pool__rec(pool__main(m))->nslabs;

	return !strcmp(session_of(m)->arch, "aarch64") && slots && slots < IO_TLB_DEFAULT_SLOTS;
}

/* The next power of two of slots above twice what was needed. */
static uint64_t advised_slots(const struct state *m, const struct pool *p)
{
	uint64_t want = 2 * pool__slots(p), n;

	n = IO_TLB_DEFAULT_SLOTS * (default_may_shrink(m) ? 2 : 1);
	for (; n < want && n < 1ULL << 30; n *= 2)
		;
	return n;
}

/* Slots=N on the command line, that somebody chose: 0 is none. */
static uint64_t cmdline_slots(const struct state *m)
{
	const char *s = strstr(session_of(m)->cmdline, "swiotlb=");

	return s ? strtoull(s + strlen("swiotlb="), NULL, 0) : 0;
}

static void advise_size(const struct state *m, const struct pool *p, struct state_finding *x)
{
	if (p != pool__main(m)) {
		finding_advise(x, REMEDY_RESTRICTED_POOL);
		return;
	}
	finding_fact(x, FACT_ADVICE, advised_slots(m, p));
	finding_fact(x, FACT_ADVICE_BYTES, advised_slots(m, p) * IO_TLB_SIZE);
	finding_known(x, FACT_CMDLINE_SLOTS, cmdline_slots(m));
	finding_advise(x, state__pool_wants_force(m) ? REMEDY_POOL_SIZE_FORCED : REMEDY_POOL_SIZE);
	if (!pool__rec(p)->dynamic)
		finding_advise(x, REMEDY_SHORTER_QUEUES);
}

static void say_fill(const struct state *m, const struct pool *p, struct state_finding *x)
{
	struct mval most = pool__hiwater(m, p);
	const struct holder *h;
	uint32_t i;

	if (p != pool__main(m))
		finding_text(x, FACT_POOL, pool__rec(p)->name);
	if (pool__rec(p)->nslabs && !most.why) {
		finding_fact(x, FACT_USED, most.v);
		finding_fact(x, FACT_SLOTS, pool__slots(p));
	}
	for (i = 0; i < FACT_DEVICES && (h = pool__holder(p, i)); i++) {
		finding_fact(x, FACT_HOLDER1 + i, h->dev);
		finding_fact(x, FACT_HOLDER1_SLOTS + i, h->slots);
		if (h->dev)
			finding_fact(x, FACT_HOLDER1_MAPS + i, h->count);
	}
}

static void say_victims(const struct victims *v, struct state_finding *x)
{
	size_t i;

	finding_fact(x, FACT_FAILED, v->failed ? v->failed : v->fragmented);
	finding_fact(x, FACT_SIZE, v->biggest);
	if (v->failed && v->fragmented)
		finding_fact(x, FACT_FRAGMENTED, v->fragmented);
	for (i = 0; i < v->devs && i < FACT_DEVICES; i++) {
		if (v->devs > 1)
			finding_fact(x, FACT_DEVICE1 + (enum fact)i, dev_pub(v->dev[i])->key);
		if (v->failed)
			finding_events(x, dev_seen(v->dev[i], DE_FAIL + STATE_FAIL_POOL_FULL));
		finding_events(x, dev_seen(v->dev[i], DE_FAIL + STATE_FAIL_FRAGMENTED));
	}
	if (v->devs > 1)
		finding_fact(x, FACT_DEVICES_N, v->devs);
}

void find_pool_full(struct finder *f)
{
	struct state_finding *x;
	struct pool_use use;
	struct victims v;
	const struct pool *p;
	uint32_t i;

	for (i = 0; (p = pool_at(f->m, i)); i++) {
		find_victims(f->m, p, &v);
		if (!v.failed)
			continue;
		judge_holder(f, p, &use);
		x = finding_new(f, use.kind != HOLDER_BUSY ? dev_at(f->m, use.dev) :
				v.devs == 1 ? v.dev[0] : NULL, STATE_ERROR, 95);
		say_victims(&v, x);
		say_fill(f->m, p, x);
		if (use.kind == HOLDER_PREALLOCATED) {
			finding_fact(x, FACT_PREALLOCATED, use.kept.n);
			finding_fact(x, FACT_KEPT, now_of(f->m) - use.kept.oldest);
			finding_text(x, FACT_CALLER, use.kept.caller);
			finding_advise(x, REMEDY_SHORTER_RINGS);
			finding_advise(x, REMEDY_ROOM_FOR_RINGS);
		} else if (use.kind == HOLDER_LEAKS) {
			finding_advise(x, REMEDY_SEE_LEAK);
		} else if (use.kind == HOLDER_UNKNOWN) {
			finding_advise(x, REMEDY_HOLDER_FIRST);
			finding_doubt(x, 15, DOUBT_HOLDER);
		} else if (use.kind == HOLDER_STALLED) {
			finding_advise(x, REMEDY_HOLDER_STALLED);
			finding_doubt(x, 15, DOUBT_STALLED);
		} else {
			advise_size(f->m, p, x);
		}
	}
}

void find_pool_fragmented(struct finder *f)
{
	struct state_finding *x;
	const struct pool *p;
	struct victims v;
	uint64_t run;
	uint32_t i;

	for (i = 0; (p = pool_at(f->m, i)); i++) {
		find_victims(f->m, p, &v);
		if (v.failed || !v.fragmented)
			continue;	/* pool-full has them: one cause */
		x = finding_new(f, v.devs == 1 ? v.dev[0] : NULL, STATE_ERROR, 80);
		say_victims(&v, x);
		say_fill(f->m, p, x);
		if (dev_free_run(v.dev[0], &run))
			finding_fact(x, FACT_LONGEST_RUN, run);
		finding_known(x, FACT_ALIGN, dev_frag_align(v.dev[0]));
		advise_size(f->m, p, x);
	}
}

void find_pool_above_mask(struct finder *f, const struct dev *d)
{
	struct state_finding *x = finding_failed(f, d, STATE_FAIL_ABOVE_MASK, STATE_ERROR, 90);

	if (!x)
		return;
	finding_fact(x, FACT_ADDR, dev_slot_above(d));
	finding_fact(x, FACT_MASK, dev_reach(d));
	finding_advise(x, REMEDY_POOL_ABOVE_MASK);
}

void find_pool_pressure(struct finder *f)
{
	const struct pool *p = pool__main(f->m);
	const struct rec_pool *r = pool__rec(p);
	struct mval most = { .why = "" };
	struct state_finding *x;
	const struct dev *d;
	uint32_t i;

	if (r->used_known || r->hiwater_known)
		most = pool__hiwater(f->m, p);
	if (most.why || !r->nslabs || most.v * 10 <= r->nslabs * 8)
		return;
	for_each_dev(f->m, i, d)
		if (dev_pub(d)->fails[STATE_FAIL_POOL_FULL] ||
		    dev_pub(d)->fails[STATE_FAIL_FRAGMENTED])
			return;		/* pool-full or pool-fragmented has it */
	x = finding_new(f, NULL, STATE_WARNING, 95);
	say_fill(f->m, p, x);
	if (r->dynamic)
		finding_advise(x, REMEDY_POOL_GROWS);
	else
		advise_size(f->m, p, x);
}

/* The facts the alignment questions turn on: 256 MiB, and the page of the window. */
static void say_alignment(struct state_finding *x, uint64_t start, const struct rec_window *w)
{
	finding_fact(x, FACT_OFF_256M, (start & 0xfffffff) != 0);
	if (!w || !w->page_shift || w->page_shift >= 63)
		return;
	finding_fact(x, FACT_PAGE_SIZE, UINT64_C(1) << w->page_shift);
	finding_fact(x, FACT_OFF_PAGE, (start & ((1ULL << w->page_shift) - 1)) != 0);
}

void find_pool_outside_window(struct finder *f, const struct dev *d)
{
	const struct rec_window *w = windows__find(f->m, d, WINDOW_DDW, WINDOW_DIRECT);
	const struct rec_pool *p = pool__rec(pool__main(f->m));
	struct state_finding *x;

	if (p->end <= p->start || !w || !dev_in_use(d) ||
	    pool__bounces_all(f->m, d) == 0 ||
	    windows__cover(f->m, d, w->base + p->start, p->end - p->start) != 0)
		return;
	x = finding_new(f, d, STATE_ERROR, 85);
	finding_fact(x, FACT_ADDR, p->start);
	finding_fact(x, FACT_END, p->end);
	finding_fact(x, FACT_LIOBN, w->liobn);
	finding_fact(x, FACT_RAM_END, windows__ram(f->m, w));
	say_alignment(x, p->start, w);
	finding_advise(x, REMEDY_MEMORY_MULTIPLE);
}

/* Far larger than needed: over 256 MiB, or over a quarter of the guest's memory. */
static bool is_oversized(const struct state *m, uint64_t bytes, uint64_t most)
{
	uint64_t ram = session_of(m)->mem_bytes;

	if (most * 16 >= bytes)
		return false;
	return bytes > 256ULL << 20 || (ram && bytes > 16ULL << 20 && bytes > ram / 4);
}

void find_pool_oversized(struct finder *f)
{
	const struct rec_pool *p = pool__rec(pool__main(f->m));
	uint64_t bytes, most, ram = session_of(f->m)->mem_bytes;
	struct state_finding *x;
	struct mval hiwater;

	if (!p->nslabs || !(p->used_known || p->hiwater_known))
		return;
	hiwater = pool__hiwater(f->m, pool__main(f->m));
	if (hiwater.why || (hiwater.least && !finding_always_whole(f, NULL)))
		return;
	bytes = p->nslabs * IO_TLB_SIZE;
	most = hiwater.v * IO_TLB_SIZE;
	/* the kernel counts since boot; without its number a minute is the least to judge by */
	if (!is_oversized(f->m, bytes, most) ||
	    (!p->hiwater_known && now_of(f->m) - start_of(f->m) < 60 * NSEC))
		return;
	x = finding_new(f, NULL, STATE_NOTE, p->hiwater_known ? 90 : 60);
	finding_fact(x, FACT_BYTES, bytes);
	finding_fact(x, FACT_IDLE, bytes - most);
	finding_fact(x, FACT_MOST, most);
	finding_fact(x, FACT_USED, hiwater.v);
	finding_fact(x, FACT_SINCE_BOOT, p->hiwater_known);
	if (ram)
		finding_fact(x, FACT_PERCENT, bytes * 100 / ram);
	finding_fact(x, FACT_ADVICE, state__slots_enough(hiwater.v));
	finding_fact(x, FACT_ADVICE_BYTES, state__slots_enough(hiwater.v) * IO_TLB_SIZE);
	finding_advise(x, state__pool_wants_force(f->m) ? REMEDY_POOL_SMALLER_FORCED :
		       REMEDY_POOL_SMALLER);
	if (!p->hiwater_known)
		finding_doubt(x, 0, DOUBT_HIWATER_SINCE_START);
}

void find_all_bounced(struct finder *f)
{
	uint64_t maps = 0, bytes = 0;
	struct state_finding *x;
	const struct dev *d;
	uint32_t i, n = 0;

	if (session_of(f->m)->guest != GUEST_NONE)
		return;
	for_each_dev(f->m, i, d) {
		if (pool__bounces_all(f->m, d) != 1 || !dev_maps(d, DMS_PATH_BOUNCED))
			continue;
		n++;
		maps += dev_maps(d, DMS_PATH_BOUNCED);
		bytes += dev_pub(d)->path[DMS_PATH_BOUNCED].map_bytes;
	}
	if (!n)
		return;
	x = finding_new(f, NULL, STATE_NOTE, 100);
	finding_fact(x, FACT_MAPS, maps);
	finding_fact(x, FACT_BYTES, bytes);
	finding_fact(x, FACT_DEVICES_N, n);
	finding_fact(x, FACT_FORCE, session_of(f->m)->swiotlb_force);
	finding_advise(x, session_of(f->m)->swiotlb_force ? REMEDY_NO_FORCE : REMEDY_WHO_FORCES);
}

void find_mask_below_memory(struct finder *f, const struct dev *d)
{
	uint64_t top = session_of(f->m)->mem_top, n;
	struct state_finding *x;

	if (is_secure(f->m) || !dev_seen(d, DE_BOUNCE_ADDR)->count || !dev_pub(d)->mask || !top ||
	    dev_reach(d) >= top - 1 || dev_behind_iommu(d))
		return;
	x = finding_new(f, d, STATE_NOTE, 90);
	n = dev_seen(d, DE_BOUNCE_ADDR)->count;
	finding_fact(x, FACT_BITS, dev_reach(d));
	finding_fact(x, FACT_BUS_LIMIT, dev_reach(d) < dev_pub(d)->mask);
	finding_fact(x, FACT_MAPS, n);
	finding_fact(x, FACT_TOTAL, n + dev_maps(d, DMS_PATH_DIRECT));
	finding_fact(x, FACT_RAM_END, top);
	finding_advise(x, REMEDY_NOTHING_BROKEN_MASK);
	finding_events(x, dev_seen(d, DE_BOUNCE_ADDR));
}

/*
 * Neither force nor address: buffers of kmalloc() that share a cache line with others, where DMA is
 * not coherent (dma_kmalloc_needs_bounce(), 6.5 to 7.1), a device that the kernel does not trust,
 * behind an IOMMU (dev_use_swiotlb(), drivers/iommu/dma-iommu.c), or dma_ops of its own (Xen).
 */
void find_bounced_unforced(struct finder *f, const struct dev *d)
{
	struct state_decision dec;
	struct state_finding *x;
	uint64_t n, all;
	bool untrusted;

	n = dev_seen(d, DE_BOUNCE_REACHED)->count;
	if (session_of(f->m)->guest != GUEST_NONE || !n ||
	    pool__bounces_all(f->m, d) != 0)
		return;
	decide_predicted(f->m, d, &dec);
	untrusted = dec.external && dec.way == STATE_WAY_IOMMU;
	x = finding_new(f, d, STATE_NOTE, 90);
	all = dev_maps(d, DMS_PATH_BOUNCED) + dev_maps(d, DMS_PATH_DIRECT) +
	      dev_maps(d, DMS_PATH_IOMMU);
	finding_fact(x, FACT_MAPS, n);
	finding_fact(x, FACT_TOTAL, all);
	finding_fact(x, FACT_PERCENT, all ? n * 100 / all : 100);
	finding_fact(x, FACT_MASK, dev_pub(d)->mask);
	finding_fact(x, FACT_RAM_END, session_of(f->m)->mem_top);
	finding_text(x, FACT_OPS, dev_rec(d)->ops);
	if (untrusted)
		finding_fact(x, FACT_EXTERNAL, 1);
	finding_advise(x, untrusted ? REMEDY_WHOLE_PAGES : REMEDY_NOTHING_BROKEN_COPY);
	finding_events(x, dev_seen(d, DE_BOUNCE_REACHED));
}
