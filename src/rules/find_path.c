// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about the path of DMA: private memory given to devices, windows missing, TCEs refused
 * or left over, addresses beyond a mask. Kernel facts: arch/powerpc/platforms/pseries/iommu.c and
 * arch/powerpc/kernel/dma-iommu.c, 5.4 to 7.1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/findings.h"
#include "util/fmt.h"
#include "util/names.h"

/* Where single mappings are not followed, the path says it: no TCE path shares its pages. */
static uint64_t private_by_path(const struct state *m, const struct dev *d)
{
	uint64_t n = has_tables(m) ? dev_maps(d, DMS_PATH_TCE) : 0;

	if (dev_accepted(m, d))
		return 0;
	if (pool__exists(m, d) == 0 || pool__bounces_all(m, d) == 0)
		n += dev_maps(d, DMS_PATH_DIRECT);
	return dev_counts_only(d) ? n : 0;
}

static enum remedy private_remedy(const struct state *m, const struct dev *d)
{
	if (has_tables(m) && dev_is_on(d, "vio"))
		return REMEDY_NO_VIO;
	if (has_tables(m) && dev_pub(d)->mask && mask_bits(dev_pub(d)->mask) < 64)
		return REMEDY_WIDE_DEVICE;
	if (pool__exists(m, d) == 0 || pool__bounces_all(m, d) == 0)
		return has_noforce(m) ? REMEDY_NO_NOFORCE : REMEDY_SEE_POOL;
	if (!has_tables(m))
		return session_of(m)->enc_mask ? REMEDY_SEE_POOL : REMEDY_SEE_DECISION;
	return session_of(m)->disable_ddw ? REMEDY_NO_DISABLE_DDW : REMEDY_SEE_DDW;
}

void find_private_dma(struct finder *f, const struct dev *d)
{
	const struct state_dev *p = dev_pub(d);
	const struct seen *coherent = dev_seen(d, DE_PRIVATE_COHERENT);
	uint64_t by_path = private_by_path(f->m, d);
	bool certain = session_of(f->m)->enc_mask && p->private_maps;
	struct state_finding *x;

	if (!p->private_maps && !by_path && !coherent->count)
		return;
	/* seen: by the address or the ledger; else the path's rules alone say so */
	x = finding_new(f, d, p->private_maps ? STATE_ERROR : STATE_WARNING, certain ? 100 : 90);
	if (p->private_maps) {
		finding_fact(x, FACT_MAPS, p->private_maps);
		finding_fact(x, FACT_BYTES, p->private_bytes);
		finding_fact(x, FACT_TOTAL, dev_maps(d, DMS_PATH_TCE) +
			     dev_maps(d, DMS_PATH_DIRECT) + dev_maps(d, DMS_PATH_BOUNCED));
		finding_fact(x, FACT_C_BIT, certain);
	} else if (by_path) {
		finding_fact(x, FACT_MAPS, by_path);
		finding_fact(x, FACT_COUNTS_ONLY, 1);
		finding_doubt(x, 10, DOUBT_COUNTS_ONLY);
	}
	if (coherent->count) {
		finding_fact(x, FACT_COHERENT, coherent->count);
		finding_fact(x, FACT_COHERENT_BYTES, dev_coherent_bytes(d));
	}
	finding_advise(x, private_remedy(f->m, d));
	finding_events(x, dev_seen(d, DE_PRIVATE));
	finding_events(x, coherent);
}

void find_small_mask(struct finder *f, const struct dev *d)
{
	struct state_decision dec;
	struct state_finding *x;
	unsigned int bits;
	bool seen;

	bits = mask_bits(dev_pub(d)->mask);
	if (!bits || bits >= 64 || !dev_in_use(d) || dev_is_on(d, "vio"))
		return;
	decide(f->m, d, &dec);
	seen = dev_maps(d, DMS_PATH_TCE) &&
	       !windows__find(f->m, d, WINDOW_DDW, WINDOW_USE_UNKNOWN);
	/* a prediction: one mapping on another path would contradict it */
	if (dec.way != STATE_WAY_TCE || (!seen && !finding_always_whole(f, d)))
		return;
	x = finding_new(f, d, STATE_WARNING, 95);
	finding_fact(x, FACT_BITS, dev_pub(d)->mask);
	finding_fact(x, FACT_MASK, dev_pub(d)->mask);
	finding_fact(x, FACT_MAY_WINDOW, bits > 32);
	finding_known(x, FACT_LIOBN, dev_liobn(f->m, d));
	if (bits > 32)
		finding_advise(x, REMEDY_LIMITED_WINDOW);
	finding_advise(x, REMEDY_WIDE_DEVICE);
}

void find_dma_without_tce(struct finder *f, const struct dev *d)
{
	const struct suspect *s = dev_uncovered(f->m, d, false);
	const struct rec_pool *p = pool__rec(pool__main(f->m));
	struct state_finding *x;
	bool tce = !s;

	if (!s)
		s = dev_uncovered(f->m, d, true);
	if (!s || !finding_always_whole(f, d))
		return;
	x = finding_new(f, d, STATE_ERROR, tce ? 60 : 85);
	finding_fact(x, FACT_ADDR, s->dma);
	finding_fact(x, FACT_LENGTH, s->size);
	finding_fact(x, FACT_WAY_TCE, tce);
	finding_fact(x, FACT_WAY_BOUNCED, s->path == DMS_PATH_BOUNCED);
	finding_known(x, FACT_LIOBN, dev_liobn(f->m, d));
	if (s->path == DMS_PATH_BOUNCED && p->end > p->start)
		finding_fact(x, FACT_OFF_256M, (p->start & 0xfffffff) != 0);
	finding_advise(x, REMEDY_COMPARE_WINDOWS);
	finding_events(x, dev_seen(d, tce ? DE_NOT_BUILT : DE_NO_TCE));
}

/* A device that asked for a 64-bit mask and whose windows were read. */
static bool wants_window(const struct state *m, const struct dev *d)
{
	struct state_decision dec;

	if (!dev_in_use(d) || mask_bits(dev_pub(d)->mask) < 64 ||
	    dev_is_on(d, "vio") || !windows__find(m, d, WINDOW_DEFAULT, 0))
		return false;
	decide(m, d, &dec);
	/* one without dma_ops bounces, or tries to: what it lacks is no window */
	return dec.way != STATE_WAY_OUTSIDE && !(dec.no_ops && dec.predicted == STATE_WAY_BOUNCE);
}

void find_ddw_missing(struct finder *f, const struct dev *d)
{
	const struct state *m = f->m;
	struct state_finding *x;

	if (!wants_window(m, d) || windows__find(m, d, WINDOW_DDW, 0) ||
	    !finding_always_whole(f, d))
		return;
	x = finding_new(f, d, is_secure(m) || dev_seen(d, DE_BYPASS_REFUSED)->count ?
			STATE_WARNING : STATE_NOTE, 90);
	finding_fact(x, FACT_SECURE, is_secure(m));
	finding_fact(x, FACT_LIOBN,
		     windows__find(m, d, WINDOW_DEFAULT, 0)->liobn);
	finding_fact(x, FACT_DISABLE_DDW, session_of(m)->disable_ddw);
	finding_known(x, FACT_BYPASS_REFUSED, dev_seen(d, DE_BYPASS_REFUSED)->count);
	finding_advise(x, session_of(m)->disable_ddw ? REMEDY_NO_DISABLE_DDW :
						   REMEDY_ASK_DDW);
	finding_events(x, dev_seen(d, DE_BYPASS_REFUSED));
}

void find_ddw_degraded(struct finder *f, const struct dev *d)
{
	const struct rec_window *w;
	struct state_finding *x;

	w = windows__find(f->m, d, WINDOW_DDW, WINDOW_DYNAMIC);
	if (!w || windows__find(f->m, d, WINDOW_DDW, WINDOW_DIRECT) ||
	    !wants_window(f->m, d) || !finding_always_whole(f, d))
		return;
	x = finding_new(f, d, is_secure(f->m) ? STATE_WARNING : STATE_NOTE, 90);
	finding_fact(x, FACT_SECURE, is_secure(f->m));
	finding_fact(x, FACT_LIOBN, w->liobn);
	finding_fact(x, FACT_BYTES, w->size);
	finding_fact(x, FACT_ADDR, w->base);
	if (w->page_shift)
		finding_fact(x, FACT_PAGE_SIZE, 1ULL << (w->page_shift & 63));
	finding_known(x, FACT_RAM_END, session_of(f->m)->mem_top);
	finding_advise(x, REMEDY_LARGER_WINDOW);
}

void find_window_wide(struct finder *f)
{
	const struct state *m = f->m;
	uint64_t mapped = 0, shared = 0, ram;
	struct state_finding *x;
	const struct rec_window *w;
	uint32_t i, n = 0;

	for (i = 0; (w = window_at(m, i)); i++) {
		if (w->removed || w->kind != WINDOW_DDW || w->use != WINDOW_DIRECT ||
		    windows__had(m, i))
			continue;
		ram = windows__ram(m, w);
		if (n++ && ram <= mapped)
			continue;
		mapped = ram;
		shared = ledger__shared(m, 0, ram);
	}
	if (!mapped || shared * 2 >= mapped)
		return;
	x = finding_new(f, NULL, STATE_NOTE, 95);
	finding_fact(x, FACT_WINDOWS, n);
	finding_fact(x, FACT_BYTES, mapped);
	finding_fact(x, FACT_SHARED, shared);
	finding_advise(x, REMEDY_NOTHING_WIDE);
}

void find_mixed_paths(struct finder *f, const struct dev *d)
{
	uint64_t direct = dev_maps(d, DMS_PATH_DIRECT), bounced = dev_maps(d, DMS_PATH_BOUNCED);
	struct state_finding *x;

	if (!dev_maps(d, DMS_PATH_TCE) || !(direct || bounced))
		return;
	x = finding_new(f, d, STATE_NOTE, 90);
	finding_fact(x, FACT_DIRECT_MAPS, direct);
	finding_fact(x, FACT_BOUNCED_MAPS, bounced);
	finding_fact(x, FACT_TCE_MAPS, dev_maps(d, DMS_PATH_TCE));
	finding_known(x, FACT_BUS_LIMIT, dev_bus_limit(d));
	finding_advise(x, is_secure(f->m) ? REMEDY_SEE_PRIVATE : REMEDY_NOTHING_MIXED);
}

/* The virtio device proper, when the PCI or channel device it sits on is known as well. */
static bool is_child(const struct state *m, const struct dev *d)
{
	const struct dev *other;
	uint32_t i;

	if (!dev_is_on(d, "virtio"))
		return false;
	for_each_dev(m, i, other)
		if (dev_knows(other, DEV_KNOWN_FEATURES) && !dev_is_on(other, "virtio") &&
		    dev_rec(other)->virtio_features == dev_rec(d)->virtio_features)
			return true;
	return false;
}

/*
 * The balloon speaks of pages of the guest, so its driver turns the feature off by itself
 * (virtballoon_validate(), drivers/virtio/virtio_balloon.c, 5.4 to 7.1): no option brings it back.
 */
static bool is_balloon(const struct dev *d)
{
	return !strncmp(dev_rec(d)->kind, "virtio-balloon", strlen("virtio-balloon")) ||
	       !strcmp(dev_rec(d)->driver, "virtio_balloon");
}

/* virtio devices sit on PCI, on a channel or in memory: whose properties they have. */
static enum remedy access_remedy(const struct dev *d)
{
	if (is_balloon(d))
		return REMEDY_NO_BALLOON;
	return dev_is_on(d, "pci") ? REMEDY_ACCESS_PCI : REMEDY_ACCESS;
}

void find_virtio_no_access_platform(struct finder *f, const struct dev *d)
{
	struct state_finding *x;
	uint64_t maps;
	size_t p;

	if (dev_pub(d)->removed || !bypasses_dma_api(d) || is_child(f->m, d))
		return;
	for (p = 0, maps = 0; p < DMS_PATH_MAX; p++)
		maps += dev_maps(d, p);
	if (!maps && !finding_always_whole(f, d))
		return;
	/* without its balloon a guest loses no data and no I/O */
	x = finding_new(f, d, virtio_refused(f->m, d) && !is_balloon(d) ? STATE_ERROR :
			STATE_WARNING, maps ? 50 : 95);
	finding_fact(x, FACT_BALLOON, is_balloon(d));
	finding_fact(x, FACT_REFUSED, virtio_refused(f->m, d));
	finding_fact(x, FACT_FEATURES, dev_rec(d)->virtio_features);
	finding_fact(x, FACT_MAPS, maps);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_advise(x, access_remedy(d));
	if (maps)
		finding_doubt(x, 0, DOUBT_USES_DMA_API);
}

void find_tce_table_full(struct finder *f, const struct dev *d)
{
	struct state_finding *x;
	struct table_fill t;

	x = finding_failed(f, d, STATE_FAIL_NO_TCE, STATE_ERROR, 90);
	if (!x)
		return;
	finding_fact(x, FACT_SIZE, dev_biggest_fail(d, STATE_FAIL_NO_TCE));
	if (dev_table(f->m, d, &t)) {
		finding_fact(x, FACT_LIOBN, t.liobn);
		finding_fact(x, FACT_ENTRIES, t.used);
		finding_fact(x, FACT_ENTRIES_MOST, t.most);
		finding_fact(x, FACT_ENTRIES_ALL, t.all);
	}
	finding_advise(x, REMEDY_TABLE_HOLDER);
	finding_advise(x, REMEDY_WINDOW_OR_QUEUES);
}

/* Did a device find that table full? */
static bool was_full(const struct state *m, uint32_t liobn)
{
	const struct dev *d;
	uint32_t i;

	for_each_dev(m, i, d)
		if (dev_pub(d)->fails[STATE_FAIL_NO_TCE] && liobn == dev_liobn(m, d))
			return true;
	return false;
}

/*
 * Devices are not named in hcalls, and several may share a table: the one with the most mappings
 * that take TCEs, or the only one. NULL: not known.
 */
static const struct dev *main_user(const struct state *m, uint32_t liobn)
{
	const struct dev *d, *best = NULL;
	const struct rec_window *w;
	uint32_t i, n = 0;

	for (i = 0; (w = window_at(m, i)); i++) {
		d = w->liobn == liobn ? dev_at(m, dev_index(m, w->dev)) : NULL;
		n += d != NULL;
		if (d &&
		    (!best || dev_maps(d, DMS_PATH_TCE) > dev_maps(best, DMS_PATH_TCE)))
			best = d;
	}
	return best && (n == 1 || dev_maps(best, DMS_PATH_TCE)) ? best : NULL;
}

void find_tce_table_pressure(struct finder *f)
{
	struct state_finding *x;
	struct state_window w;
	size_t i;

	for (i = 0; state__window_fill(f->m, i, &w); i++) {
		if (w.rec.removed || w.rec.use == WINDOW_DIRECT || w.hiwater.why || !w.entries ||
		    w.hiwater.v * 10 <= w.entries * 9 || windows__had(f->m, i) ||
		    was_full(f->m, w.rec.liobn) || !finding_always_whole(f, NULL))
			continue;
		x = finding_new(f, main_user(f->m, w.rec.liobn), STATE_WARNING, 90);
		finding_fact(x, FACT_LIOBN, w.rec.liobn);
		finding_fact(x, FACT_ENTRIES_MOST, w.hiwater.v);
		finding_fact(x, FACT_ENTRIES_ALL, w.entries);
		finding_advise(x, REMEDY_TABLE_HOLDER);
	}
}

static void say_refusal(struct state_finding *x, const struct refusal *r)
{
	finding_fact(x, FACT_FAILED, r->seen.count);
	finding_fact(x, FACT_HCALL, (uint64_t)r->status);
	finding_fact(x, FACT_ADDR, r->ioba);
	finding_events(x, &r->seen);
}

void find_tce_refused(struct finder *f)
{
	struct state_finding *x;
	const struct table *t;
	uint32_t i;

	for (i = 0; (t = table_at(f->m, i)); i++) {
		const struct refusal *r = table_refused(t, false);

		if (!r->seen.count)
			continue;
		x = finding_new(f, main_user(f->m, table_liobn(t)), STATE_ERROR, 95);
		finding_fact(x, FACT_LIOBN, table_liobn(t));
		say_refusal(x, r);
		finding_advise(x, REMEDY_REPORT_ADDRESS);
	}
}

void find_tce_stale(struct finder *f)
{
	struct suspect s = { 0 };
	struct state_finding *x;
	const struct table *t;
	uint32_t i;

	for (i = 0; (t = table_at(f->m, i)); i++) {
		const struct refusal *r = table_refused(t, true);
		struct seen e = table_stale(f->m, t, &s);

		if (e.count && !finding_whole(f, NULL, s.ts, now_of(f->m)))
			e = (struct seen){ 0 };
		if (!e.count && !r->seen.count)
			continue;
		x = finding_new(f, e.count ? dev_at(f->m, s.dev) : main_user(f->m, table_liobn(t)),
				STATE_ERROR, r->seen.count ? 95 : 70);
		finding_fact(x, FACT_LIOBN, table_liobn(t));
		if (r->seen.count)
			say_refusal(x, r);
		if (e.count) {
			finding_fact(x, FACT_STALE, e.count);
			finding_fact(x, FACT_OR_MORE, e.count == SUSPECTS);
			finding_fact(x, FACT_STALE_ADDR, s.dma);
		}
		finding_advise(x, REMEDY_REPORT_STALE);
		finding_events(x, &e);
	}
}

void find_tce_indirect_private(struct finder *f)
{
	struct state_finding *x = finding_seen(f, NULL, tce_indirect(f->m), FACT_TIMES,
					       STATE_WARNING, 90);

	if (x)
		finding_advise(x, REMEDY_MULTITCE_OFF);
}

/*
 * A driver that hands a device to user space: mappings made there bypass the DMA API, and are
 * memory of a process, which a secure guest keeps private (drivers/vfio, drivers/uio, 5.4 to 7.1).
 */
void find_userspace_driver(struct finder *f, const struct dev *d)
{
	struct state_finding *x;

	if (dev_pub(d)->removed || !is_userspace_driver(d))
		return;
	x = finding_new(f, d, STATE_WARNING, 85);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_known(x, FACT_MAPS, dev_pub(d)->user_maps);
	if (dev_pub(d)->user_maps)
		finding_fact(x, FACT_BYTES, dev_pub(d)->user_live);
	finding_advise(x, REMEDY_KERNEL_DRIVER);
}

struct beyond {
	struct seen e;
	uint64_t first;		/* its DMA address */
};

/* Live mappings that end above the mask that their device has now, by device: one walk for all. */
static void find_all_beyond(const struct state *m, struct beyond *out)
{
	struct live_map mp;
	uint32_t id = 0;

	while (mapping_next(m, &id, &mp)) {
		if (!mapping_beyond(m, &mp))
			continue;
		if (!out[mp.dev].e.count)
			out[mp.dev].first = mp.dma;
		seen_add(&out[mp.dev].e, mp.seq);
	}
}

static void beyond_one(struct finder *f, const struct dev *d, const struct beyond *b)
{
	struct state_finding *x = finding_new(f, d, STATE_ERROR, 90);

	finding_fact(x, FACT_MAPS, b->e.count);
	finding_fact(x, FACT_ADDR, b->first);
	finding_fact(x, FACT_BITS, dev_pub(d)->mask);
	finding_fact(x, FACT_MASK, dev_pub(d)->mask);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_advise(x, REMEDY_MASK_BEFORE_MAP);
	finding_events(x, &b->e);
}

void find_beyond_mask(struct finder *f)
{
	struct beyond *b = calloc(dev_count(f->m) + 1, sizeof(*b));
	const struct dev *d;
	uint32_t i;

	if (!b) {
		f->err = -ENOMEM;
		return;
	}
	find_all_beyond(f->m, b);
	for_each_dev(f->m, i, d)
		if (b[i].e.count && !dev_counts_only(d) && !dev_pub(d)->removed &&
		    finding_always_whole(f, d))
			beyond_one(f, d, &b[i]);
	free(b);
}

/*
 * Where memory is not private such a device works: what its window has beyond the mask is mapped by
 * TCEs. In a secure guest small-mask speaks of it, and of what is mapped there already
 * mapped-beyond-mask.
 */
void find_window_above_mask(struct finder *f, const struct dev *d)
{
	const struct rec_window *w = windows__find(f->m, d, WINDOW_DDW, WINDOW_DIRECT);
	uint64_t mask = dev_pub(d)->mask;
	struct state_finding *x;

	if (!w)
		w = windows__find(f->m, d, WINDOW_DDW, WINDOW_HYBRID);
	/* a device of 32 bits expects no window: others of its endpoint made it */
	if (is_secure(f->m) || !w || mask_bits(mask) <= 32 || !dev_in_use(d))
		return;
	if (windows__last(f->m, w) <= mask || !finding_always_whole(f, d))
		return;
	x = finding_new(f, d, STATE_NOTE, 90);
	finding_fact(x, FACT_BITS, mask);
	finding_fact(x, FACT_MASK, mask);
	finding_fact(x, FACT_ADDR, w->base);
	finding_fact(x, FACT_LIOBN, w->liobn);
	if (w->base <= mask)
		finding_fact(x, FACT_REACHED, mask - w->base + 1);
	finding_fact(x, FACT_DIRECT_MAPS, dev_maps(d, DMS_PATH_DIRECT));
	finding_fact(x, FACT_TCE_MAPS, dev_maps(d, DMS_PATH_TCE));
	finding_advise(x, dev_pub(d)->live[DMS_PATH_DIRECT] ? REMEDY_MASK_BEFORE_MAP :
		       REMEDY_REACH_WINDOW);
}

/* The path that a prediction does not allow and most mappings took; DMS_PATH_UNKNOWN: none. */
static enum dms_path unforeseen(const struct state *m, const struct dev *d, enum state_way way)
{
	bool hybrid = windows__find(m, d, WINDOW_DDW, WINDOW_HYBRID);
	bool allowed[DMS_PATH_MAX] = {
		[DMS_PATH_DIRECT] = way == STATE_WAY_DIRECT || way == STATE_WAY_MIXED,
		/* without secrets a copy is a detail: bounced-unforced, mask-below-memory */
		[DMS_PATH_BOUNCED] = way == STATE_WAY_BOUNCE || way == STATE_WAY_MIXED ||
				     way == STATE_WAY_IOMMU || !is_secure(m),
		[DMS_PATH_TCE] = way == STATE_WAY_TCE || hybrid,
		[DMS_PATH_IOMMU] = way == STATE_WAY_IOMMU,
	};
	enum dms_path worst = DMS_PATH_UNKNOWN, path;
	uint64_t n, most = 0;

	for (path = DMS_PATH_DIRECT; path < DMS_PATH_MAX; path++) {
		if (path == DMS_PATH_COHERENT || path == DMS_PATH_FAILED || allowed[path])
			continue;
		n = decide_taken(m, d, path)->count;
		if (n > most) {
			worst = path;
			most = n;
		}
	}
	return worst;
}

static const char *way_name(enum state_way way)
{
	return way == STATE_WAY_DIRECT ? "direct" : way == STATE_WAY_BOUNCE ? "bounced" :
	       way == STATE_WAY_TCE ? "tce" : way == STATE_WAY_IOMMU ? "iommu" :
	       "direct or bounced";
}

/* Masks that were set unseen, or devices outside the DMA API, prove nothing. */
static bool predictable(const struct state *m, const struct dev *d, enum state_way way)
{
	return way != STATE_WAY_UNKNOWN && way != STATE_WAY_OUTSIDE && dev_pub(d)->rec &&
	       !dev_pub(d)->removed && sees_masks(m);
}

/*
 * A copy that nothing asks for: is_swiotlb_force_bounce() is false for accepted devices. Not where
 * the device does not reach all memory.
 */
void find_accepted_bounced(struct finder *f, const struct dev *d)
{
	const struct seen *e = decide_taken(f->m, d, DMS_PATH_BOUNCED);
	uint64_t top = session_of(f->m)->mem_top;
	struct state_finding *x;

	if (dev_accepted(f->m, d) != 1 || !e->count || !top || !dev_reach(d) ||
	    dev_reach(d) < top - 1)
		return;
	x = finding_new(f, d, STATE_WARNING, 90);
	finding_fact(x, FACT_MAPS, e->count);
	finding_fact(x, FACT_DIRECT_MAPS, decide_taken(f->m, d, DMS_PATH_DIRECT)->count);
	finding_text(x, FACT_DRIVER, dev_rec(d)->driver);
	finding_advise(x, REMEDY_ACCEPT_FIRST);
	finding_events(x, e);
}

void find_unexpected_path(struct finder *f, const struct dev *d)
{
	struct state_decision p;
	struct state_finding *x;
	enum dms_path seen;

	if (is_secure(f->m) && dev_accepted(f->m, d))
		return;			/* accepted-bounced */
	decide_predicted(f->m, d, &p);
	/* the rule that was dropped as soon as it was seen to be wrong */
	if (p.way == STATE_WAY_UNKNOWN && bounced_unasked(f->m))
		p.way = STATE_WAY_DIRECT;
	if (!predictable(f->m, d, p.way))
		return;
	seen = unforeseen(f->m, d, p.way);
	if (!seen)
		return;
	x = finding_new(f, d, STATE_NOTE, 95);
	finding_text(x, FACT_PREDICTED, way_name(p.way));
	finding_text(x, FACT_SEEN, dms_path_name(seen));
	finding_text(x, FACT_KERNEL, session_of(f->m)->kernel);
	finding_fact(x, FACT_TIMES, decide_taken(f->m, d, seen)->count);
	finding_advise(x, REMEDY_SEND_TRACE);
	finding_events(x, decide_taken(f->m, d, seen));
}
