// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about drivers: mappings that fail without a reason, leak, are given back wrongly or
 * never copied back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/findings.h"
#include "util/names.h"

#define LEAK_LEAST	32	/* mappings more than at first, before it is called a leak */

/* Failures that no event explained: from aggregates only their number is known. */
static uint64_t unexplained(const struct model *m, const struct dev *d)
{
	const struct model_counts *c = &d->pub.path[DMS_PATH_FAILED];
	uint64_t known = 0, big = 0;
	size_t i;

	if (!d->stats)
		return d->ev[DE_FAIL + MODEL_FAIL_OTHER].count - d->missed_search;
	for (i = 0; i < MODEL_FAIL_MAX; i++)
		known += i == MODEL_FAIL_OTHER ? 0 : d->pub.fails[i];
	/* 512 KiB and more: request-too-big has them */
	for (i = 11; i < DMS_HIST_SLOTS && pool__forced(m, d) == 1; i++)
		big += c->size_hist[i];
	return c->maps > known + big ? c->maps - known - big : 0;
}

/*
 * In a secure guest this memory has to be shared, which may sleep. Where the caller may not, it
 * comes from a pool that was shared before (dma_direct_alloc(), kernel/dma/direct.c; pool.c there):
 * none on powerpc and s390, which do not select CONFIG_DMA_COHERENT_POOL (5.10 to 7.2).
 */
static void coherent_action(const struct model *m, struct model_finding *x)
{
	bool pool = !strcmp(m->session.arch, "x86_64") || !strcmp(m->session.arch, "aarch64");

	if (!m->secure)
		SAY(x, action, "Look for allocation failures in the kernel log: memory is short, "
		    "or the device's coherent mask leaves little of it.");
	else if (!pool)
		SAY(x, action, "Where a driver may not sleep, as NVMe's for large requests, this "
		    "kernel has no memory to give in a secure guest (no CONFIG_DMA_COHERENT_POOL). "
		    "Use a virtio disk, or smaller requests: queue/max_sectors_kb.");
	else
		SAY(x, action, "Boot with a larger coherent_pool= (for example 4M): where a driver "
		    "may not sleep, this memory comes from there. Else memory is short.");
}

void find_coherent_refused(struct finder *f)
{
	struct model_finding *x;
	char a[SIZE_LEN];
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_COHERENT];
		uint64_t granted = d->pub.path[DMS_PATH_COHERENT].maps;

		if (!e->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, f->m->secure ? 85 : 70);
		if (!x)
			return;
		SAY(x, summary, "The driver asked for coherent memory and got none: its requests "
		    "fail, or wait and are tried again without end.");
		SAY(x, evidence, "%" PRIu64 " allocation%s refused, of up to %s; %" PRIu64
		    " granted", e->count, S(e->count),
		    size_text(a, d->biggest_fail[MODEL_FAIL_COHERENT]), granted);
		coherent_action(f->m, x);
		finding_events(x, e);
	}
}

void find_map_failed(struct finder *f)
{
	struct model_finding *x;
	char a[SIZE_LEN];
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		bool unreached = mask_below_enc(f->m, d->pub.mask);
		uint64_t n = unexplained(f->m, d);

		if (!n)
			continue;
		x = finding_new(f, d, MODEL_WARNING, d->stats ? 60 : 90);
		if (!x)
			return;
		SAY(x, summary,
		    unreached  ? "The kernel refused mappings: addresses of private memory "
				 "have the C-bit, which the device's mask does not reach."
		    : d->stats ? "The kernel refused mappings; in this mode nothing says why."
			       : "The kernel refused mappings, and neither the bounce pool nor a "
				 "table was the reason.");
		SAY(x, evidence, "%" PRIu64 " refused", n);
		if (d->biggest_fail[MODEL_FAIL_OTHER])
			SAY(x, evidence, ", sizes up to %s",
			    size_text(a, d->biggest_fail[MODEL_FAIL_OTHER]));
		if (d->pub.mask)
			SAY(x, evidence, "; mask 0x%" PRIx64, d->pub.mask);
		if (f->m->session.mem_top)
			SAY(x, evidence, ", RAM ends at 0x%" PRIx64, f->m->session.mem_top);
		if (unreached)
			SAY(x, evidence, ", the C-bit is 0x%" PRIx64, f->m->session.enc_mask);
		SAY(x, action, unreached ? "It needs the bounce pool, and that it is forced: see "
		    "no-bounce-pool, bounce-not-forced." :
		    d->stats ? "`dmascope record` for a while, then `dmascope report`." :
		    "Look for \"DMA addr ... overflow\" in the kernel log: an address beyond the "
		    "device's mask or bus limit is refused when it cannot be bounced.");
		finding_events(x, &d->ev[DE_FAIL + MODEL_FAIL_OTHER]);
		finding_needs(f, x, DMS_HOOK_SWIOTLB_MAP);
	}
}

void find_path_mismatch(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_PATH_MISMATCH];

		if (!e->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, 80);
		if (!x)
			return;
		SAY(x, summary,
		    "Mappings were given back another way than they were made: data is not "
		    "copied back, slots and table entries are lost.");
		SAY(x, evidence, "%" PRIu64 " unmap%s on another path than the map", e->count,
		    S(e->count));
		SAY(x, action,
		    "A kernel bug, typically after the device's mask or dma_ops changed while "
		    "mappings were live: report it with this recording.");
		finding_events(x, e);
		finding_needs(f, x, DMS_HOOK_MAP);
	}
}

void find_not_copied_back(struct finder *f)
{
	const struct model *m = f->m;
	struct model_finding *x;
	struct evid *e = calloc(m->devs + 1, sizeof(*e));
	uint32_t i;

	if (!e) {
		f->err = -ENOMEM;
		return;
	}
	for (i = 0; i < m->slots_used; i++) {
		const struct slot *s = &m->slot[i];

		/* the hook that would have told has told of others since */
		if (s->used && s->closed && m->last_unbounce > s->closed + SETTLE &&
		    s->dir != DMS_DIR_TO_DEVICE)
			evid_add(&e[s->dev], s->seq);
	}
	for (i = 0; i < m->devs; i++) {
		if (!e[i].count)
			continue;
		x = finding_new(f, m->dev[i], MODEL_ERROR, 75);
		if (!x)
			break;
		SAY(x, summary,
		    "Bounced mappings were given back, but their slots were not: what the "
		    "device wrote never reached the driver's memory.");
		SAY(x, evidence, "%" PRIu64 " mapping%s unmapped with the slot%s still taken",
		    e[i].count, S(e[i].count), S(e[i].count));
		SAY(x, action,
		    "A kernel bug (map through the pool, unmap past it): report it with this "
		    "recording.");
		finding_events(x, &e[i]);
		finding_needs(f, x, DMS_HOOK_SWIOTLB_UNMAP);
	}
	free(e);
}

/* Who holds the old mappings of a device and path: the names, counted. */
#define LEAK_NAMES	16

struct holders {
	const struct model *m;
	uint32_t dev, path, stack;
	bool by_stack;
	uint64_t before;		/* mappings made before that ts are old */
	struct evid old;
	struct {
		const char *name;
		uint64_t n;
	} who[LEAK_NAMES];
	size_t names;
};

static void count_holder(struct holders *h, const struct mapping *mp)
{
	const char *name = caller_name(h->m, mp->stack);
	size_t i;

	evid_add(&h->old, mp->seq);
	for (i = 0; i < h->names; i++)
		if (h->who[i].name == name || (name && h->who[i].name &&
					       !strcmp(h->who[i].name, name)))
			break;
	if (i == LEAK_NAMES)
		return;
	if (i == h->names)
		h->who[h->names++].name = name;
	h->who[i].n++;
}

static void find_holders(struct holders *h)
{
	const struct mapping *mp;
	uint32_t id;

	for (id = 0; id < h->m->maps.used; id++) {
		mp = mapping_at(&h->m->maps, id);
		if (mp->used && mp->dev == h->dev && mp->path == h->path && mp->ts < h->before &&
		    (!h->by_stack || mp->stack == h->stack))
			count_holder(h, mp);
	}
}

static unsigned int leak_confidence(uint64_t ns)
{
	return ns > 60 * NSEC ? 85 : ns > 10 * NSEC ? 70 : 50;
}

struct leak {
	uint64_t live, bytes, from, to, ns, maps;
};

/* Has the number of live mappings grown all the time, and are old ones among them? */
static bool is_leak(const struct model *m, const struct growth *now, struct leak *l,
		    struct holders *h)
{
	struct growth g = *now;

	if (!g.n || l->live < LEAK_LEAST)
		return false;
	growth_roll(&g, m->now, l->live);
	if (!growth_monotonic(&g, &l->from, &l->to, &l->ns) || l->to - l->from < LEAK_LEAST ||
	    l->ns < 2 * NSEC)
		return false;
	/* A load that rises has young mappings; a leak has old ones. */
	h->m = m;
	h->before = m->now - l->ns / 2;
	find_holders(h);
	return h->old.count >= (l->to - l->from) / 3;
}

static void say_leak(struct finder *f, const struct leak *l, const struct holders *h)
{
	struct model_finding *x = finding_new(f, f->m->dev[h->dev], MODEL_WARNING,
					      leak_confidence(l->ns));
	size_t i, best = 0;
	char a[SIZE_LEN];

	if (!x)
		return;
	/* a name beats any number without one: not each stack is recorded */
	for (i = 1; i < h->names; i++)
		if (!h->who[i].name == !h->who[best].name ? h->who[i].n > h->who[best].n :
							    !!h->who[i].name)
			best = i;
	SAY(x, summary, "Mappings are made and never given back: ");
	if (h->names && h->who[best].name)
		SAY(x, summary, "%" PRIu64 " of %" PRIu64 " old ones are known to be of %s.",
		    h->who[best].n, h->old.count, h->who[best].name);
	else
		SAY(x, summary, "by whom was not recorded.");
	SAY(x, evidence, "%s: %" PRIu64 " live, %s; never fewer than %" PRIu64 " %" PRIu64
	    " s ago, and more in every interval since; %" PRIu64 " of them older than %" PRIu64
	    " s; %" PRIu64 " made in all", dms_path_name(h->path), l->live, size_text(a, l->bytes),
	    l->from, l->ns / NSEC, h->old.count, l->ns / 2 / NSEC, l->maps);
	SAY(x, action, "Look at the oldest ranges of this device. If it goes on, the pool or the "
	    "table runs full; the driver named misses an unmap.");
	finding_events(x, &h->old);
	finding_needs(f, x, DMS_HOOK_UNMAP);
	finding_needs(f, x, DMS_HOOK_UNMAP_SG);
}

/* One caller's leak stands out even where others come and go. */
static bool leak_by_caller(struct finder *f, uint32_t dev, uint32_t path)
{
	const struct model *m = f->m;
	uint32_t i;

	for (i = 0; i < m->callers; i++) {
		const struct caller *c = &m->caller[i];
		struct leak l = { .live = c->live, .bytes = c->live_bytes, .maps = c->maps };
		struct holders h = { .dev = dev, .path = path, .stack = c->stack,
				     .by_stack = true };

		if (c->dev != dev || c->path != path || !is_leak(m, &c->growth, &l, &h))
			continue;
		say_leak(f, &l, &h);
		return true;
	}
	return false;
}

void find_mapping_leak(struct finder *f)
{
	struct dev *d;
	uint32_t i, p;

	for_each_dev(f->m, i, d) {
		for (p = 0; p < DMS_PATH_MAX && !d->stats; p++) {
			struct leak l = { .live = d->pub.live[p], .bytes = d->pub.live_bytes[p],
					  .maps = d->pub.path[p].maps };
			struct holders h = { .dev = i, .path = p };

			if (l.live < LEAK_LEAST)
				continue;
			if (is_leak(f->m, &d->growth[p], &l, &h))
				say_leak(f, &l, &h);
			else
				leak_by_caller(f, i, p);
		}
	}
}

void find_leak_at_remove(struct finder *f)
{
	const struct model *m = f->m;
	struct model_finding *x;
	struct dev *d;
	uint32_t i, id;

	for_each_dev(m, i, d) {
		struct evid e = { 0 };
		bool unbound = dev_knows(d, DEV_KNOWN_DRIVER) && !d->rec.driver[0] &&
			       d->rec.ts > d->pub.last_ts;
		uint64_t since = d->pub.removed ? d->pub.removed_ts : d->pub.last_ts;

		if (!d->live_now || !(d->pub.removed || unbound) || m->now < since + SETTLE)
			continue;
		for (id = 0; id < m->maps.used; id++)
			if (mapping_at(&m->maps, id)->used && mapping_at(&m->maps, id)->dev == i)
				evid_add(&e, mapping_at(&m->maps, id)->seq);
		x = finding_new(f, d, MODEL_ERROR, 85);
		if (!x)
			return;
		SAY(x, summary, d->pub.removed ? "The device is gone, its mappings are not." :
		    "No driver is bound any more, but mappings of the device are still live.");
		SAY(x, evidence, "%" PRIu64 " mapping%s still live", d->live_now, S(d->live_now));
		SAY(x, action, "The driver misses unmaps when it lets the device go: slots, table "
		    "entries and shared pages stay behind until reboot.");
		finding_events(x, &e);
		finding_needs(f, x, DMS_HOOK_UNMAP);
		finding_needs(f, x, DMS_HOOK_UNMAP_SG);
	}
}

static void misuse_words(struct model_finding *x, const struct dev *d)
{
	static const struct {
		enum dev_evid ev;
		const char *text;
	} kinds[] = {
		{ DE_UNMAP_ERROR, "unmapped an error value: the failure of the map was ignored" },
		{ DE_UNMAP_TWICE, "unmapped twice" },
		{ DE_SIZE_MISMATCH, "unmapped with another size than mapped" },
		{ DE_DIR_MISMATCH, "unmapped with another direction than mapped" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!d->ev[kinds[i].ev].count)
			continue;
		SAY(x, evidence, "%s%" PRIu64 " %s", x->f.evidence[0] ? "; " : "",
		    d->ev[kinds[i].ev].count, kinds[i].text);
		finding_events(x, &d->ev[kinds[i].ev]);
	}
}

void find_api_misuse(struct finder *f)
{
	bool lost = hooks_lost(f->m);
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		bool twice = d->ev[DE_UNMAP_TWICE].count && !lost && !d->untracked;
		bool bad = d->ev[DE_UNMAP_ERROR].count || twice;

		if (!bad && !d->ev[DE_SIZE_MISMATCH].count && !d->ev[DE_DIR_MISMATCH].count)
			continue;
		x = finding_new(f, d, bad ? MODEL_ERROR : MODEL_WARNING,
				d->ev[DE_UNMAP_ERROR].count ? 95 : 75);
		if (!x)
			return;
		SAY(x, summary, "The driver (%s) uses the DMA API wrongly.",
		    d->rec.driver[0] ? d->rec.driver : "not known");
		misuse_words(x, d);
		SAY(x, action,
		    "A driver bug: report it. A kernel with CONFIG_DMA_API_DEBUG prints the "
		    "place.");
		finding_needs(f, x, DMS_HOOK_MAP);
		finding_needs(f, x, DMS_HOOK_MAP_SG);
	}
}
