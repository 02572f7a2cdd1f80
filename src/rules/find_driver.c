// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about drivers: mappings that are refused, leak, or are unmapped wrongly or never copied
 * back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/holders.h"
#include "util/names.h"

#define LEAK_LEAST	32	/* mappings more than at first, before it is called a leak */
#define RING_LEAST	16	/* mappings made at once look like a ring that is filled */
#define REMOVE_SHORT	NSEC	/* a removal that unmapped nothing for so long may be over ... */
#define REMOVE_LONG	(10 * NSEC)	/* ... or certainly is */

/* Failures that no event explained: from aggregates only their number is known. */
static uint64_t unexplained(const struct state *m, const struct dev *d)
{
	const struct state_counts *c = &dev_pub(d)->path[DMS_PATH_FAILED];
	uint64_t known;
	size_t i;

	if (!dev_counts_only(d))
		return dev_unexplained(d);
	known = too_big_by_size(m, d);		/* request-too-big has them */
	for (i = 0; i < STATE_FAIL_MAX; i++)
		known += i == STATE_FAIL_OTHER ? 0 : dev_pub(d)->fails[i];
	return c->maps > known ? c->maps - known : 0;
}

/*
 * The largest block of the page allocator: 1 << MAX_ORDER pages (arch/[arm64|powerpc|s390]/Kconfig
 * ARCH_FORCE_MAX_ORDER, include/linux/mmzone.h, 5.4 to 7.1).
 */
static uint64_t largest_block(const struct state *m)
{
	uint64_t page = page_size_of(m);
	unsigned int order = 10;

	if (!strcmp(session_of(m)->arch, "s390x"))
		order = 8;
	else if (!strncmp(session_of(m)->arch, "ppc", 3))
		order = page == 65536 ? 8 : 12;
	else if (page == 65536)
		order = 13;
	return page << order;
}

/*
 * In a secure guest this memory has to be shared, which may sleep. Where the caller may not, it
 * comes from a pool that was shared before (dma_direct_alloc(), kernel/dma/direct.c; pool.c there):
 * none on powerpc and s390, which do not select CONFIG_DMA_COHERENT_POOL (5.10 to 7.2).
 */
static enum remedy coherent_remedy(const struct state *m, const struct dev *d, uint64_t biggest)
{
	if (mask_below_shared(m, dev_pub(d)->mask))
		return REMEDY_BEYOND_MASK;
	if (biggest > largest_block(m))
		return REMEDY_CMA;
	if (!is_secure(m))
		return REMEDY_MEMORY_SHORT;
	return !strcmp(session_of(m)->arch, "x86_64") || !strcmp(session_of(m)->arch, "aarch64") ?
	       REMEDY_COHERENT_POOL : REMEDY_NO_COHERENT_POOL;
}

void find_coherent_refused(struct finder *f, const struct dev *d)
{
	struct state_finding *x;
	uint64_t biggest;

	biggest = dev_biggest_fail(d, STATE_FAIL_COHERENT);
	x = finding_failed(f, d, STATE_FAIL_COHERENT, STATE_ERROR,
			   biggest > largest_block(f->m) ? 90 :
			   is_secure(f->m) ? 85 : 70);
	if (!x)
		return;
	finding_fact(x, FACT_SIZE, biggest);
	finding_fact(x, FACT_GRANTED, dev_maps(d, DMS_PATH_COHERENT));
	if (biggest > largest_block(f->m))
		finding_fact(x, FACT_TOO_LARGE, largest_block(f->m));
	finding_advise(x, coherent_remedy(f->m, d, biggest));
}

/*
 * Parts of pages have to be bounced for a device that is not trusted, and there is no pool: "DMA
 * bounce buffers are inactive" (drivers/iommu/dma-iommu.c iommu_dma_map_page(), 5.15 to 7.3). Whole
 * pages are refused for other reasons.
 */
static bool untrusted_without_pool(const struct state *m, const struct dev *d, uint64_t size)
{
	struct state_decision dec;

	decide_predicted(m, d, &dec);
	return dec.external && dec.way == STATE_WAY_IOMMU && pool__exists(m, d) == 0 &&
	       size % page_size_of(m);
}

static enum remedy failed_remedy(const struct state_finding *x, const struct dev *d, uint64_t n)
{
	if (x->fact[FACT_SHARED_MASK].known)
		return REMEDY_BEYOND_MASK;
	if (x->fact[FACT_ENC_MASK].known)
		return REMEDY_NEEDS_POOL;
	if (x->fact[FACT_EXTERNAL].known)
		return REMEDY_POOL_FOR_PORT;
	if (dev_counts_only(d))
		return REMEDY_RECORD;
	return dev_seen(d, DE_FAIL + STATE_FAIL_SLOT)->count == n ? REMEDY_POOL_FILL_LOG :
	       REMEDY_OVERFLOW_LOG;
}

static void failed_one(struct finder *f, const struct dev *d, uint64_t n)
{
	const struct seen *slot = dev_seen(d, DE_FAIL + STATE_FAIL_SLOT);
	const struct seen *other = dev_seen(d, DE_FAIL + STATE_FAIL_OTHER);
	struct state_finding *x = finding_new(f, d, STATE_WARNING, dev_counts_only(d) ? 60 : 90);
	uint64_t size = dev_biggest_fail(d, STATE_FAIL_OTHER);
	bool untrusted;

	if (dev_biggest_fail(d, STATE_FAIL_SLOT) > size)
		size = dev_biggest_fail(d, STATE_FAIL_SLOT);
	untrusted = untrusted_without_pool(f->m, d, size);
	finding_fact(x, FACT_FAILED, n);
	finding_fact(x, FACT_COUNTS_ONLY, dev_counts_only(d));
	if (untrusted)
		finding_fact(x, FACT_EXTERNAL, 1);
	else if (slot->count && !dev_counts_only(d))
		finding_fact(x, FACT_NO_SLOT, slot->count);
	else if (!dev_counts_only(d) && !dev_saw_search(f->m, d))
		finding_fact(x, FACT_UNOBSERVED, 1);
	finding_known(x, FACT_SIZE, size);
	finding_known(x, FACT_MASK, dev_reach(d));
	finding_known(x, FACT_RAM_END, session_of(f->m)->mem_top);
	if (mask_below_enc(f->m, dev_pub(d)->mask))
		finding_fact(x, FACT_ENC_MASK, session_of(f->m)->enc_mask);
	if (mask_below_shared(f->m, dev_pub(d)->mask))
		finding_fact(x, FACT_SHARED_MASK, session_of(f->m)->shared_mask);
	finding_advise(x, failed_remedy(x, d, n));
	finding_events(x, other);
	finding_events(x, slot);
	if (slot->count)
		finding_doubt(x, 10, DOUBT_FILL_UNKNOWN);
	else if (x->fact[FACT_UNOBSERVED].known)
		finding_doubt(x, 20, DOUBT_SEARCH);
}

/* It had to bounce, and its attributes forbid that (dma_direct_map_phys(), 7.0 to 7.3). */
static void find_forbidden(struct finder *f, const struct dev *d)
{
	struct state_finding *x = finding_failed(f, d, STATE_FAIL_FORBIDDEN, STATE_WARNING, 95);

	if (!x)
		return;
	finding_fact(x, FACT_FORBIDDEN, 1);
	finding_advise(x, REMEDY_SHARED_HEAP);
}

void find_map_failed(struct finder *f, const struct dev *d)
{
	find_forbidden(f, d);
	if (unexplained(f->m, d))
		failed_one(f, d, unexplained(f->m, d));
}

void find_path_mismatch(struct finder *f, const struct dev *d)
{
	struct state_finding *x = finding_seen(f, d, dev_seen(d, DE_PATH_MISMATCH), FACT_TIMES,
					       STATE_ERROR, 80);

	if (x)
		finding_advise(x, REMEDY_REPORT_MISMATCH);
}

void find_not_copied_back(struct finder *f)
{
	const struct state *m = f->m;
	struct seen *e = calloc(dev_count(m) + 1, sizeof(*e));
	struct state_finding *x;
	struct suspect s;
	uint32_t i = 0;

	if (!e) {
		f->err = -ENOMEM;
		return;
	}
	while (pool__unreleased(m, &i, &s))
		if (finding_whole(f, NULL, s.ts, now_of(m)))
			seen_add(&e[s.dev], s.seq);
	for (i = 0; i < dev_count(m); i++) {
		if (!e[i].count)
			continue;
		x = finding_new(f, dev_at(m, i), STATE_ERROR, 75);
		finding_fact(x, FACT_MAPS, e[i].count);
		finding_advise(x, REMEDY_REPORT_PAST_POOL);
		finding_events(x, &e[i]);
	}
	free(e);
}

static unsigned int leak_confidence(uint64_t ns)
{
	return ns > 60 * NSEC ? 85 : ns > 10 * NSEC ? 70 : 50;
}

struct leak {
	uint64_t maps;
	struct grown grown;
	struct kept kept;
};

/*
 * Has the number of live mappings grown all the time, by more than what was mapped before the start
 * and is unmapped now? A ring that turns over has as many as ever.
 */
static bool is_leak(const struct dev *d, const struct grown *g)
{
	return g->now >= LEAK_LEAST && g->ns >= 2 * NSEC && g->to - g->from >= LEAK_LEAST &&
	       g->to - g->from - LEAK_LEAST >= dev_pub(d)->preexisting;
}

/* The old ones among them outlive whatever the device unmaps; a load that rises has young ones. */
static bool are_old(struct finder *f, const struct dev *d, struct kept_filter *filter,
		    struct leak *l)
{
	uint64_t age = l->grown.ns / 2;

	if (age < dev_turnover(d))
		age = dev_turnover(d);
	filter->before = now_of(f->m) > age ? now_of(f->m) - age : 0;
	if (kept__find(f->m, filter, &l->kept)) {
		f->err = -ENOMEM;
		return false;
	}
	return l->kept.old.count >= LEAK_LEAST / 2 &&
	       l->kept.old.count >= (l->grown.to - l->grown.from) / 3 &&
	       finding_whole(f, d, l->kept.oldest, now_of(f->m));
}

/*
 * Many at once, and nothing for long: queues that are opened one after another. Each mapping that
 * was lost may have been one of a burst, and have made one of two.
 */
static bool may_be_rings(const struct state *m, const struct leak *l)
{
	const struct kept *k = &l->kept;
	uint64_t lost = coverage__lost_of(coverage_of(m), COVER_MAPS);	/* of all devices */

	return k->n + lost + RING_LEAST * lost >= RING_LEAST * k->bursts &&
	       k->busy * 4 < k->newest - k->oldest && l->grown.ns < 60 * NSEC;
}

static struct state_finding *say_leak(struct finder *f, const struct dev *d, uint32_t path,
				      const struct leak *l, unsigned int severity,
				      unsigned int confidence)
{
	struct state_finding *x = finding_new(f, d, severity, confidence);

	finding_text(x, FACT_PATH, dms_path_name(path));
	finding_fact(x, FACT_LIVE, l->kept.n);
	finding_fact(x, FACT_BYTES, l->kept.bytes);
	finding_known(x, FACT_TOTAL, l->maps);
	finding_text(x, FACT_CALLER, l->kept.caller);
	finding_known(x, FACT_CALLER_MAPS, l->kept.caller_n);
	finding_advise(x, REMEDY_FIND_UNMAP);
	finding_events(x, &l->kept.old);
	return x;
}

static bool leaks(struct finder *f, struct kept_filter *filter, struct leak *l)
{
	const struct dev *d = dev_at(f->m, filter->dev);
	struct state_finding *x;
	bool rings, stalled;

	if (!is_leak(d, &l->grown) || !are_old(f, d, filter, l))
		return false;
	rings = may_be_rings(f->m, l);
	stalled = kept__progress(f->m, d, filter->path, &l->kept) == PROGRESS_STOPPED;
	x = say_leak(f, d, filter->path, l, rings || stalled ? STATE_NOTE : STATE_WARNING,
		     rings || stalled ? 30 : leak_confidence(l->grown.ns));
	finding_fact(x, FACT_GROWN, l->grown.to - l->grown.from);
	finding_fact(x, FACT_AGE, l->grown.ns);
	finding_fact(x, FACT_OLD, l->kept.old.count);
	finding_fact(x, FACT_OLD_AGE, now_of(f->m) - filter->before);
	if (rings) {
		finding_fact(x, FACT_BURSTS, l->kept.bursts);
		finding_doubt(x, 0, DOUBT_RINGS);
	}
	if (stalled)
		finding_doubt(x, 0, DOUBT_STALLED);
	return true;
}

/* One caller's leak stands out even where others come and go. */
static bool leak_by_caller(struct finder *f, uint32_t dev, uint32_t path)
{
	struct caller_use c;
	uint32_t i;

	for (i = 0; caller_at(f->m, i, &c); i++) {
		struct leak l = { .maps = c.maps };
		struct kept_filter filter = { .dev = dev, .path = path, .stack = c.stack,
					      .by_stack = true };

		if (c.dev == dev && c.path == path && c.live >= LEAK_LEAST &&
		    caller_growth(f->m, i, &l.grown) && leaks(f, &filter, &l))
			return true;
	}
	return false;
}

static void leak_of_path(struct finder *f, uint32_t dev, uint32_t path)
{
	const struct dev *d = dev_at(f->m, dev);
	struct leak l = { .maps = dev_maps(d, path) };
	struct kept_filter filter = { .dev = dev, .path = path };

	if (dev_pub(d)->live[path] >= LEAK_LEAST &&
	    !(dev_growth(f->m, d, path, &l.grown) && leaks(f, &filter, &l)))
		leak_by_caller(f, dev, path);
}

/* A leak has filled a pool: of this device, by that pool's record of who held it. NONE: none. */
static uint32_t leak_that_filled(struct finder *f, const struct pool *p)
{
	struct state_finding *x;
	struct leak l = { 0 };
	struct pool_use use;
	struct victims v;

	find_victims(f->m, p, &v);
	if (!v.failed && !v.fragmented)
		return NONE;
	judge_holder(f, p, &use);
	if (use.kind != HOLDER_LEAKS)
		return NONE;
	l.kept = use.kept;
	l.maps = dev_maps(dev_at(f->m, use.dev), DMS_PATH_BOUNCED);
	x = say_leak(f, dev_at(f->m, use.dev), DMS_PATH_BOUNCED, &l, STATE_ERROR,
		     dev_has_unmapped(dev_at(f->m, use.dev)) ? 90 : 75);
	finding_fact(x, FACT_FILLED, 1);
	finding_fact(x, FACT_AGE, use.kept.newest - use.kept.oldest);
	finding_fact(x, FACT_USED, pool__hiwater(f->m, p).v);
	finding_fact(x, FACT_SLOTS, pool__slots(p));
	finding_fact(x, FACT_HOLDER1_SLOTS, pool__holder(p, 0)->slots);
	finding_fact(x, FACT_FAILED, v.failed + v.fragmented);
	finding_advise(x, REMEDY_POOL_DELAYS);
	return use.dev;
}

void find_mapping_leak(struct finder *f)
{
	uint32_t i, p, filled = NONE;
	const struct pool *pool;
	const struct dev *d;

	for (i = 0; (pool = pool_at(f->m, i)) && filled == NONE; i++)
		filled = leak_that_filled(f, pool);
	for_each_dev(f->m, i, d)
		for (p = 0; p < DMS_PATH_MAX && !dev_counts_only(d); p++)
			if (i != filled || p != DMS_PATH_BOUNCED)
				leak_of_path(f, i, p);
}

/* Live mappings of a device that were made before that time. */
static void find_left(struct finder *f, const struct dev *d, uint64_t before, struct seen *e)
{
	uint32_t id = 0, dev = dev_index(f->m, dev_pub(d)->key);
	struct live_map mp;

	while (mapping_next(f->m, &id, &mp))
		if (mp.dev == dev && mp.ts < before &&
		    finding_whole(f, d, mp.ts, now_of(f->m)))
			seen_add(e, mp.seq);
}

/*
 * device_del() begins, and the link to a driver goes, before the driver's remove() is called
 * (drivers/base/dd.c __device_release_driver(), 5.4 to 7.1), which may take seconds to unmap: it
 * waits for commands to a device or firmware.
 */
void find_leak_at_remove(struct finder *f, const struct dev *d)
{
	struct state_finding *x;
	struct seen e = { 0 };
	struct dev_gone gone;
	bool is_over;

	if (!dev_left(d, &gone) || now_of(f->m) < gone.ts + REMOVE_SHORT)
		return;
	find_left(f, d, gone.before, &e);
	if (!e.count)
		return;
	is_over = gone.is_over || now_of(f->m) >= gone.ts + REMOVE_LONG;
	x = finding_new(f, d, is_over ? STATE_ERROR : STATE_WARNING, is_over ? 85 : 60);
	if (!is_over) {
		finding_fact(x, FACT_AGE, now_of(f->m) - gone.ts);
		finding_doubt(x, 0, DOUBT_REMOVING);
	}
	finding_fact(x, FACT_REMOVED, dev_pub(d)->removed);
	finding_text(x, FACT_DRIVER, gone.driver);
	finding_fact(x, FACT_MAPS, e.count);
	finding_advise(x, REMEDY_UNMAP_AT_REMOVE);
	finding_events(x, &e);
}

static void say_misuse(struct state_finding *x, const struct dev *d)
{
	static const struct {
		enum dev_evid ev;
		enum fact fact;
	} kinds[] = {
		{ DE_UNMAP_ERROR, FACT_UNMAP_ERROR }, { DE_UNMAP_TWICE, FACT_UNMAP_TWICE },
		{ DE_SIZE_MISMATCH, FACT_SIZE_MISMATCH }, { DE_DIR_MISMATCH, FACT_DIR_MISMATCH },
		{ DE_ATTR_MISMATCH, FACT_ATTR_MISMATCH },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!dev_seen(d, kinds[i].ev)->count)
			continue;
		finding_fact(x, kinds[i].fact, dev_seen(d, kinds[i].ev)->count);
		finding_events(x, dev_seen(d, kinds[i].ev));
	}
}

void find_past_object(struct finder *f, const struct dev *d)
{
	const struct past_object *first = dev_past_object(d);
	struct state_finding *x = finding_seen(f, d, dev_seen(d, DE_PAST_OBJECT), FACT_TIMES,
					       STATE_ERROR, 95);

	if (!x)
		return;
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_text(x, FACT_CALLER, caller_name(f->m, first->stack));
	finding_fact(x, FACT_SIZE, first->size);
	finding_fact(x, FACT_OBJECT, first->object);
	finding_advise(x, REMEDY_MAP_OBJECT);
}

void find_api_misuse(struct finder *f, const struct dev *d)
{
	struct state_finding *x;

	bool twice = dev_seen(d, DE_UNMAP_TWICE)->count && dev_all_kept(d);
	bool bad = dev_seen(d, DE_UNMAP_ERROR)->count || twice;

	if (!bad && !dev_seen(d, DE_SIZE_MISMATCH)->count && !dev_seen(d, DE_DIR_MISMATCH)->count &&
	    !dev_seen(d, DE_ATTR_MISMATCH)->count)
		return;
	x = finding_new(f, d, bad ? STATE_ERROR : STATE_WARNING,
			dev_seen(d, DE_UNMAP_ERROR)->count ? 95 : 75);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	say_misuse(x, d);
	finding_advise(x, REMEDY_DMA_API_DEBUG);
}
