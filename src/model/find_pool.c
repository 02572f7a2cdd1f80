// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about the bounce pool: absent, not used, too small, too large, in the wrong place,
 * or asked for more than it can ever give. Kernel facts: kernel/dma/swiotlb.c, 5.4 to 7.1.
 */
#include <string.h>

#include "model/findings.h"

/*
 * Mappings of private memory that a pool would have bounced: what goes through TCEs it would not.
 * Where single mappings are not followed, all direct ones.
 */
static uint64_t private_direct(const struct dev *d)
{
	return d->stats ? d->pub.path[DMS_PATH_DIRECT].maps : d->private_direct;
}

/* Whether there is a pool may be known from the pool's record or from any device's state. */
static int any_pool(const struct model *m)
{
	uint32_t i;
	int got = pool__exists(m, NULL);

	for (i = 0; got < 0 && i < m->devs; i++)
		got = pool__exists(m, m->dev[i]);
	return got;
}

void find_no_bounce_pool(struct finder *f)
{
	const struct model *m = f->m;
	bool pef = m->session.guest == GUEST_PEF;
	struct model_finding *x;
	uint64_t n = 0;
	struct dev *d;
	uint32_t i;

	if (!m->secure || any_pool(m) != 0)
		return;
	for_each_dev(m, i, d)
		n += private_direct(d);
	x = finding_new(f, NULL, MODEL_ERROR, 100);
	if (!x)
		return;
	SAY(x, summary, "This secure guest has no bounce pool: devices cannot be given memory "
	    "they can read.");
	SAY(x, evidence,
	    "the kernel's pool has 0 slots (%s); swiotlb=force on the command line: %s",
	    m->pools ? m->pool[0].rec.source : "device state",
	    m->session.swiotlb_force ? "yes" : "no");
	if (n)
		SAY(x, evidence, "; %" PRIu64 " mapping%s of private memory went direct", n, S(n));
	if (pef && !m->session.swiotlb_force)
		SAY(x, action, "Boot with swiotlb=force beside svm=on. From 5.19 on init_svm() "
		    "asks for a pool too late, after swiotlb_init(), and nothing else makes one.");
	else if (strstr(m->session.cmdline, "noforce"))
		SAY(x, action,
		    "Boot without swiotlb=noforce: without it the kernel makes a pool and "
		    "forces its use by itself.");
	else
		SAY(x, action,
		    "Look for \"software IO TLB\" in the kernel log: swiotlb=noforce, or "
		    "no room for the pool at boot (a smaller swiotlb=<slots> may fit).");
}

#define NAMED	3

/* Up to three of the devices that are not forced, those first that were given private memory. */
static void say_unforced(struct finder *f, struct model_finding *x)
{
	unsigned int named = 0, idle;
	struct dev *d;
	uint32_t i;

	for (idle = 0; idle < 2; idle++) {
		for_each_dev(f->m, i, d) {
			if (!dev_knows(d, DMS_DS_FORCE_BOUNCE) || d->rec.st.force_bounce ||
			    idle != !private_direct(d) || named++ >= NAMED)
				continue;
			SAY(x, evidence, "%s%s", named > 1 ? ", " : ": ", d->pub.name);
		}
	}
	if (named > NAMED)
		SAY(x, evidence, ", ...");
}

void find_bounce_not_forced(struct finder *f)
{
	const struct model *m = f->m;
	struct model_finding *x;
	uint32_t i, off = 0;
	uint64_t n = 0;
	struct dev *d;

	if (!m->secure || any_pool(m) != 1)
		return;
	for_each_dev(m, i, d) {
		off += dev_knows(d, DMS_DS_FORCE_BOUNCE) && !d->rec.st.force_bounce;
		if (pool__forced(m, d) == 0)
			n += private_direct(d);
	}
	if (!off && !(m->pools && m->pool[0].rec.force_bounce_known &&
		      !m->pool[0].rec.force_bounce))
		return;
	x = finding_new(f, NULL, MODEL_ERROR, 100);
	if (!x)
		return;
	SAY(x, summary, "There is a bounce pool, but nothing forces its use: devices are given "
	    "private memory.");
	if (off)
		SAY(x, evidence, "force_bounce is 0 for %u device%s; ", off, S(off));
	else
		SAY(x, evidence, "force_bounce of the pool is 0; ");
	SAY(x, evidence, "%" PRIu64 " mapping%s of private memory went direct", n, S(n));
	say_unforced(f, x);
	SAY(x, action, "Boot with swiotlb=force, and without swiotlb=noforce.");
}

/* Whoever held the pool when it was fullest, in words. */
static void say_holders(const struct model *m, struct model_finding *x)
{
	const struct pool *p = pool__main(m);

	for (uint32_t i = 0; p && i < p->worsts; i++) {
		const struct holder *h = &p->worst[i];

		SAY(x, evidence, "%s%s held %" PRIu64 " slots in %" PRIu64 " mapping%s",
		    i ? ", " : "; then ",
		    h->dev ? model__dev_name(m, h->dev)
			   : "an unknown device (from before the start)",
		    h->slots, h->count, S(h->count));
	}
}

/* The next power of two of slots above twice what was needed. */
static uint64_t advise_slots(const struct model *m)
{
	const struct pool *p = pool__main(m);
	uint64_t want = p ? 2 * (p->hiwater > p->rec.nslabs ? p->hiwater : p->rec.nslabs) : 0, n;

	for (n = 32768; n < want && n < 1ULL << 30; n *= 2)
		;
	return n;
}

void find_bounce_without_pool(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_NO_POOL];

		if (f->m->secure || !e->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, 95);
		if (!x)
			return;
		SAY(x, summary,
		    "The device cannot reach some memory itself, and there is no bounce "
		    "pool to help: its mappings fail.");
		SAY(x, evidence, "%" PRIu64 " mapping%s failed for want of a pool", e->count,
		    S(e->count));
		if (d->pub.mask && f->m->session.mem_top)
			SAY(x, evidence, "; mask 0x%" PRIx64 ", RAM ends at 0x%" PRIx64,
			    d->pub.mask, f->m->session.mem_top);
		SAY(x, action,
		    "Remove swiotlb=noforce, or give the guest less memory than the device "
		    "addresses, or use a device with a wider mask.");
		finding_events(x, e);
	}
}

/*
 * From aggregates only the sizes of what failed are known, by powers of two: what is above the
 * one that holds the limit was too big for certain, if the device bounces.
 */
static uint64_t too_big_by_size(const struct model *m, const struct dev *d)
{
	const uint64_t *hist = d->pub.path[DMS_PATH_FAILED].size_hist;
	uint64_t n = 0, low = 512;
	size_t i;

	if (!d->stats || pool__forced(m, d) != 1)
		return 0;
	for (i = 1; i < DMS_HIST_SLOTS; i++, low *= 2)
		if (low > pool__segment(pool__main(m)))
			n += hist[i];
	return n;
}

static void too_big_words(const struct model *m, const struct dev *d, struct model_finding *x)
{
	uint64_t segment = pool__segment(pool__main(m)), big = d->biggest_fail[MODEL_FAIL_TOO_BIG];
	char a[SIZE_LEN], b[SIZE_LEN];

	if (big && big <= segment)
		SAY(x, summary, "The driver asks for mappings of up to %s, and their offset or "
		    "alignment makes them larger", size_text(a, big));
	else if (big)
		SAY(x, summary, "The driver asks for mappings of up to %s", size_text(a, big));
	else
		SAY(x, summary, "The driver asks for very large mappings");
	SAY(x, summary, "; no mapping through the bounce pool can exceed %s, however large the "
	    "pool is.", size_text(b, segment));
	SAY(x, action, "A larger pool does not help. Limit the size of requests: "
	    "max_sectors_kb=%" PRIu64 " for a disk (/sys/block/*/queue), or a driver that honours "
	    "dma_max_mapping_size().", segment / 2 / 1024);
}

/* A size that a segment could hold, and its memory or alignment is such that none can. */
static void say_unfit(const struct dev *d, struct model_finding *x)
{
	const struct slot_fail *u = &d->unfit;
	char a[SIZE_LEN];

	if (!u->size)
		return;
	SAY(x, evidence, "; %s at 0x%x of a page", size_text(a, u->size), u->offset);
	if (u->align)
		SAY(x, evidence, ", aligned by 0x%" PRIx64 ",", u->align);
	SAY(x, evidence, u->used ? " did not fit while a whole segment was free" :
	    " did not fit into the empty pool");
}

void find_request_too_big(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_TOO_BIG];
		uint64_t n = e->count ? e->count : too_big_by_size(f->m, d);

		if (!n)
			continue;
		x = finding_new(f, d, MODEL_ERROR, d->biggest_fail[MODEL_FAIL_TOO_BIG] >
				pool__segment(pool__main(f->m)) ? 100 : 90);
		if (!x)
			return;
		too_big_words(f->m, d, x);
		SAY(x, evidence, "%" PRIu64 " such request%s failed", n, S(n));
		if (e->count && f->m->pools && f->m->pool[0].rec.used_known)
			SAY(x, evidence,
			    " while at most %" PRIu64 " of %" PRIu64 " slots were in use",
			    f->m->pool[0].big_used_max, f->m->pool[0].rec.nslabs);
		say_unfit(d, x);
		finding_events(x, e);
		if (!e->count)
			finding_doubt(x, 0, "counts only: judged by the sizes of what failed");
	}
}

static void full_words(struct finder *f, struct model_finding *x, uint64_t count, uint64_t size)
{
	const struct pool *p = pool__main(f->m);
	char a[SIZE_LEN];

	SAY(x, evidence, "%" PRIu64 " mapping%s failed, sizes up to %s", count, S(count),
	    size_text(a, size));
	if (p && p->rec.nslabs)
		SAY(x, evidence, "; %" PRIu64 " of %" PRIu64 " slots in use at worst", p->hiwater,
		    p->rec.nslabs);
	say_holders(f->m, x);
	SAY(x, action, "Boot with swiotlb=%" PRIu64 "%s (%s)", advise_slots(f->m),
	    f->m->session.guest == GUEST_PEF ? ",force" : "",
	    size_text(a, advise_slots(f->m) * IO_TLB_SIZE));
	SAY(x, action, p && !p->rec.dynamic ? "; fewer or shorter queues need less." : ".");
}

void find_pool_full(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_POOL_FULL];
		const struct evid *s = &d->ev[DE_FAIL + MODEL_FAIL_SLOT];

		if (!e->count && !s->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, e->count ? 95 : 60);
		if (!x)
			return;
		SAY(x, summary, "The bounce pool is exhausted: mappings fail, the device drops or "
		    "repeats I/O.");
		full_words(f, x, e->count + s->count,
			   e->count ? d->biggest_fail[MODEL_FAIL_POOL_FULL]
				    : d->biggest_fail[MODEL_FAIL_SLOT]);
		finding_events(x, e);
		finding_events(x, s);
		if (!e->count)
			finding_doubt(x, 0,
				      "how many slots were in use was not known when it failed");
		finding_needs(f, x, DMS_HOOK_SWIOTLB_MAP);
	}
}

void find_pool_fragmented(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_FRAGMENTED];

		if (!e->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, 80);
		if (!x)
			return;
		SAY(x, summary, "The bounce pool has enough free slots, but not in one run: large "
		    "mappings fail before it is full.");
		full_words(f, x, e->count, d->biggest_fail[MODEL_FAIL_FRAGMENTED]);
		if (d->longest_free && d->longest_free != NONE)
			SAY(x, evidence,
			    "; at the first the longest free run was %" PRIu64 " slot%s",
			    d->longest_free - 1, S(d->longest_free - 1));
		if (d->slot_fail.align)
			SAY(x, evidence, "; an alignment mask of 0x%" PRIx64 " was asked for",
			    d->slot_fail.align);
		finding_events(x, e);
		finding_needs(f, x, DMS_HOOK_SWIOTLB_MAP);
		finding_needs(f, x, DMS_HOOK_SWIOTLB_UNMAP);
	}
}

void find_pool_pressure(struct finder *f)
{
	const struct pool *p = pool__main(f->m);
	struct model_finding *x;
	const struct dev *d;
	uint32_t i;

	if (!p || !p->rec.nslabs || !(p->rec.used_known || p->rec.hiwater_known) ||
	    p->hiwater * 10 <= p->rec.nslabs * 8)
		return;
	for_each_dev(f->m, i, d)
		if (d->pub.fails[MODEL_FAIL_POOL_FULL] || d->pub.fails[MODEL_FAIL_FRAGMENTED])
			return;		/* said already, and worse */
	x = finding_new(f, NULL, MODEL_WARNING, 95);
	if (!x)
		return;
	SAY(x, summary, "The bounce pool was nearly full: mappings will fail when a little more is "
	    "asked of it.");
	SAY(x, evidence, "%" PRIu64 " of %" PRIu64 " slots in use at worst", p->hiwater,
	    p->rec.nslabs);
	say_holders(f->m, x);
	SAY(x, action, "Boot with swiotlb=%" PRIu64 "%s.", advise_slots(f->m),
	    f->m->session.guest == GUEST_PEF ? ",force" : "");
}

/* The facts the alignment questions turn on: 256 MiB, and the page of the window. */
static void say_alignment(struct model_finding *x, uint64_t start, const struct rec_window *w)
{
	SAY(x, evidence, "; the pool starts %s a 256 MiB boundary",
	    start & 0xfffffff ? "off" : "on");
	if (w && w->page_shift && w->page_shift < 63)
		SAY(x, evidence, " and %s a boundary of the window's %" PRIu64 " KiB pages",
		    start & ((1ULL << w->page_shift) - 1) ? "off" : "on",
		    (UINT64_C(1) << w->page_shift) / 1024);
}

void find_pool_outside_window(struct finder *f)
{
	const struct pool *p = pool__main(f->m);
	const struct rec_window *w;
	struct model_finding *x;
	struct dev *d;
	uint64_t dma;
	uint32_t i;

	if (!f->m->tce || !p || p->rec.end <= p->rec.start)
		return;
	for_each_dev(f->m, i, d) {
		w = windows__find(f->m, d->pub.key, WINDOW_DDW, WINDOW_DIRECT);
		if (!w || !dev_in_use(d) || pool__forced(f->m, d) == 0)
			continue;
		dma = w->base + p->rec.start;
		if (windows__cover(f->m, d, dma, p->rec.end - p->rec.start) != 0)
			continue;
		x = finding_new(f, d, MODEL_ERROR, 85);
		if (!x)
			return;
		SAY(x, summary,
		    "Part of the bounce pool lies outside what the device's direct window "
		    "maps: what is bounced there never reaches the device.");
		SAY(x, evidence,
		    "pool 0x%" PRIx64 "-0x%" PRIx64 ", window LIOBN 0x%x maps RAM up to "
		    "0x%" PRIx64,
		    p->rec.start, p->rec.end, w->liobn, windows__ram(f->m, w));
		say_alignment(x, p->rec.start, w);
		SAY(x, action,
		    "Give the guest an amount of memory that is a multiple of the window's "
		    "page size, or a smaller pool (swiotlb=).");
	}
}

void find_pool_oversized(struct finder *f)
{
	const struct pool *p = pool__main(f->m);
	char a[SIZE_LEN], b[SIZE_LEN];
	struct model_finding *x;
	uint64_t bytes, most;

	if (!p || !p->rec.nslabs || !(p->rec.used_known || p->rec.hiwater_known))
		return;
	bytes = p->rec.nslabs * IO_TLB_SIZE;
	most = p->hiwater * IO_TLB_SIZE;
	if (bytes <= 256ULL << 20 || most * 16 >= bytes || f->m->now - f->m->first_ts < 60 * NSEC)
		return;
	x = finding_new(f, NULL, MODEL_NOTE, p->rec.hiwater_known ? 90 : 60);
	if (!x)
		return;
	SAY(x, summary, "The bounce pool is far larger than what was needed: %s lie idle.",
	    size_text(a, bytes - most));
	SAY(x, evidence, "reserved %s, in use at worst %s", size_text(a, bytes),
	    size_text(b, most));
	SAY(x, evidence,
	    p->rec.hiwater_known ? " since the guest started" : " since dmascope started");
	SAY(x, action, "If this load is typical, boot with a smaller swiotlb=<slots of 2 KiB>.");
	if (!p->rec.hiwater_known)
		finding_doubt(x, 0, "the high water before the start is not known");
}

void find_all_bounced(struct finder *f)
{
	uint64_t maps = 0, bytes = 0;
	struct model_finding *x;
	char a[SIZE_LEN];
	struct dev *d;
	uint32_t i, n = 0;

	if (f->m->secure || !f->m->has_session || f->m->session.guest != GUEST_NONE)
		return;
	for_each_dev(f->m, i, d) {
		if (pool__forced(f->m, d) != 1 || !d->pub.path[DMS_PATH_BOUNCED].maps)
			continue;
		n++;
		maps += d->pub.path[DMS_PATH_BOUNCED].maps;
		bytes += d->pub.path[DMS_PATH_BOUNCED].map_bytes;
	}
	if (!n)
		return;
	x = finding_new(f, NULL, MODEL_NOTE, 100);
	if (!x)
		return;
	SAY(x, summary, "Every mapping is copied through the bounce pool although this is not a "
	    "secure guest.");
	SAY(x, evidence, "%" PRIu64 " mappings, %s, of %u device%s; bouncing is forced%s", maps,
	    size_text(a, bytes), n, S(n), f->m->session.swiotlb_force ? " by swiotlb=force" : "");
	SAY(x, action, "Unless this is a test, boot without swiotlb=force.");
}

void find_mask_below_memory(struct finder *f)
{
	uint64_t top = f->m->session.mem_top, n;
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		if (f->m->secure || !d->ev[DE_BOUNCE_ADDR].count || !d->pub.mask || !top ||
		    d->pub.mask >= top - 1)
			continue;
		x = finding_new(f, d, MODEL_NOTE, 90);
		if (!x)
			return;
		n = d->ev[DE_BOUNCE_ADDR].count;
		SAY(x, summary,
		    "The device addresses %u bits, memory reaches further: what lies above "
		    "is copied.",
		    mask_bits(d->pub.mask));
		SAY(x, evidence,
		    "%" PRIu64 " of its %" PRIu64 " mappings were bounced; RAM ends at "
		    "0x%" PRIx64,
		    n, n + d->pub.path[DMS_PATH_DIRECT].maps, top);
		SAY(x, action,
		    "Nothing is broken. A device with a 64-bit mask would not be copied.");
		finding_events(x, &d->ev[DE_BOUNCE_ADDR]);
	}
}

/*
 * Neither force nor address: buffers of kmalloc() that share a cache line with others, where DMA is
 * not coherent (dma_kmalloc_needs_bounce(), 6.5 to 7.1), a device that the kernel does not trust,
 * behind an IOMMU (dev_use_swiotlb(), drivers/iommu/dma-iommu.c), or dma_ops of its own (Xen).
 */
void find_bounced_unforced(struct finder *f)
{
	struct model_finding *x;
	uint64_t n, all;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		n = d->ev[DE_BOUNCE_REACHED].count;
		if (f->m->secure || !f->m->has_session || f->m->session.guest != GUEST_NONE || !n ||
		    pool__forced(f->m, d) != 0)
			continue;
		x = finding_new(f, d, MODEL_NOTE, 90);
		if (!x)
			return;
		all = d->pub.path[DMS_PATH_BOUNCED].maps + d->pub.path[DMS_PATH_DIRECT].maps +
		      d->pub.path[DMS_PATH_IOMMU].maps;
		SAY(x, summary,
		    "Mappings are copied through the bounce pool though nothing forces it "
		    "and the device reaches all memory.");
		SAY(x, evidence,
		    "%" PRIu64 " of its %" PRIu64 " mappings (%" PRIu64 " %%) were "
		    "bounced; mask 0x%" PRIx64 ", RAM ends at 0x%" PRIx64 ", force_bounce 0",
		    n, all, all ? n * 100 / all : 100, d->pub.mask, f->m->session.mem_top);
		if (d->rec.ops[0])
			SAY(x, evidence, "; dma_ops %s", d->rec.ops);
		SAY(x, action, "Nothing is broken; each costs a copy. If its port is one for "
		    "external devices, the kernel does not trust it, and copies; else look at the "
		    "sizes: buffers smaller than a cache line, or not aligned to one, are copied "
		    "where DMA is not coherent.");
		finding_events(x, &d->ev[DE_BOUNCE_REACHED]);
	}
}
