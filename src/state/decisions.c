// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Decides a device's DMA path: from masks, windows, dma_ops, limits and the pool, corrected
 * by its observed mappings. The words are in words/decisions.c; src/rules finds what is wrong
 * with it.
 *
 * The rules are those of kernel/dma/mapping.c and direct.c and arch/powerpc/kernel/dma-iommu.c, 5.4
 * to 7.3.
 */
#include <errno.h>
#include <string.h>

#include "state/internal.h"
#include "util/fmt.h"

struct facts {
	uint64_t mask, reach;	/* 0: not known */
	int bounces, pool;	/* all that goes direct; 1, 0, -1: not known */
	enum why_bounce why;
	bool unusable;		/* the pool */
	bool bypass_known, bypass;
	const struct rec_window *def, *direct, *ddw;
	bool vio, no_ops;
	bool accepted;		/* by a secure guest */
};

static void gather(const struct state *m, const struct dev *d, struct facts *f)
{
	const struct dms_devstate *st = &d->rec.st;

	memset(f, 0, sizeof(*f));
	f->mask = d->pub.mask;
	/* on pseries the limit chooses between the window and TCEs */
	f->reach = m->tce ? f->mask : dev_reach(d);
	f->why = pool__why_all(m, d);
	f->bounces = pool__bounces_all(m, d);
	f->unusable = pool__unusable(m, d);
	f->pool = pool__exists(m, d);
	f->bypass_known = dev_knows(d, DMS_DS_BYPASS);
	f->bypass = f->bypass_known && (st->bypass || dev_bus_limit(d));
	f->def = windows__find(m, d, WINDOW_DEFAULT, WINDOW_USE_UNKNOWN);
	f->direct = windows__find(m, d, WINDOW_DDW, WINDOW_DIRECT);
	if (!f->direct)
		f->direct = windows__find(m, d, WINDOW_DDW, WINDOW_HYBRID);
	f->ddw = windows__find(m, d, WINDOW_DDW, WINDOW_USE_UNKNOWN);
	f->accepted = m->secure && dev_accepted(m, d) == 1;
	f->vio = dev_is_on(d, "vio");
	f->no_ops = dev_knows(d, DMS_DS_OPS) && !st->ops && !d->rec.ops[0];
}

static enum state_way observed_way(const struct dev *d)
{
	const struct state_counts *c = d->pub.path;
	bool direct = c[DMS_PATH_DIRECT].maps, bounced = c[DMS_PATH_BOUNCED].maps;
	bool tce = c[DMS_PATH_TCE].maps, iommu = c[DMS_PATH_IOMMU].maps;
	int n = direct + bounced + tce + iommu;

	if (n > 1)
		return STATE_WAY_MIXED;
	return direct ? STATE_WAY_DIRECT : bounced ? STATE_WAY_BOUNCE : tce ? STATE_WAY_TCE :
	       iommu ? STATE_WAY_IOMMU : STATE_WAY_UNKNOWN;
}

static void set(struct state_decision *out, enum state_way way, enum state_reason reason)
{
	out->way = way;
	out->reason = reason;
}

/* Memory that the device reaches at an address of its own: directly, or bounced. */
static void decide_direct(const struct state *m, const struct facts *f, struct state_decision *out)
{
	uint64_t top = m->session.mem_top;

	if (f->accepted && (!f->reach || !top || f->reach >= top - 1))
		set(out, STATE_WAY_DIRECT, REASON_ACCEPTED);
	else if (mask_below_shared(m, f->mask))
		set(out, STATE_WAY_DIRECT, REASON_BELOW_SHARED);
	else if (f->bounces == 1 && f->pool && f->unusable)
		set(out, STATE_WAY_BOUNCE, REASON_POOL_UNUSABLE);
	else if (f->bounces == 1 && f->pool)
		set(out, STATE_WAY_BOUNCE,
		    f->why == BOUNCE_PRIVATE ? REASON_BOUNCE_PRIVATE : REASON_BOUNCE_FORCED);
	else if (f->why == BOUNCE_PRIVATE && f->pool == 0)
		set(out, STATE_WAY_DIRECT, REASON_PRIVATE_NO_POOL);
	else if ((f->pool == 0 || f->bounces == 0) && mask_below_enc(m, f->mask))
		set(out, STATE_WAY_DIRECT, REASON_BELOW_ENC);
	else if (m->secure && f->pool == 0)
		set(out, STATE_WAY_DIRECT, REASON_NO_POOL);
	else if (m->secure && f->bounces == 0)
		set(out, STATE_WAY_DIRECT, REASON_NOT_FORCED);
	else if (f->reach && top && f->reach < top - 1)
		set(out, STATE_WAY_MIXED, REASON_BY_ADDRESS);
	else if (f->bounces == 0)
		set(out, STATE_WAY_DIRECT, REASON_REACHES_ALL);
	else
		set(out, STATE_WAY_UNKNOWN,
		    m->bounced_unasked ? REASON_RULE_UNKNOWN : REASON_FORCE_UNKNOWN);
}

static enum state_reason why_no_window(const struct state *m, const struct dev *d,
				       const struct facts *f)
{
	if (f->vio)
		return REASON_VIO;
	if (f->mask && mask_bits(f->mask) < 64)
		return REASON_SMALL_MASK;
	if (m->session.disable_ddw)
		return REASON_DISABLE_DDW;
	if (f->ddw && !f->direct)
		return REASON_DDW_SMALL;
	return d->bypass_seen && !d->bypass_granted ? REASON_DDW_REFUSED : REASON_NO_DDW;
}

static void decide_tce(const struct state *m, const struct dev *d, const struct facts *f,
		       struct state_decision *out)
{
	set(out, STATE_WAY_TCE, why_no_window(m, d, f));
	out->tce_liobn = dev_liobn(m, d);
	out->tce_ddw = f->ddw && f->ddw->liobn == out->tce_liobn;
}

/* The direct window's addresses of RAM, or some of them, are above the mask. */
static bool window_above(const struct state *m, const struct facts *f)
{
	uint64_t ram = windows__ram(m, f->direct);

	return f->mask && f->direct->base + (ram ? ram - 1 : 0) > f->mask;
}

static void decide_pseries(const struct state *m, const struct dev *d, const struct facts *f,
			   struct state_decision *out)
{
	if (f->no_ops && !f->vio && !f->direct) {
		decide_direct(m, f, out);
		out->no_ops = true;
		return;
	}
	if (!f->direct || (f->bypass_known && !f->bypass) ||
	    (f->mask && mask_bits(f->mask) <= 32)) {
		decide_tce(m, d, f, out);
		return;
	}
	out->direct_liobn = f->direct->liobn;
	out->direct_base = f->direct->base;
	out->window_ram = f->direct->use == WINDOW_HYBRID ? windows__ram(m, f->direct) : 0;
	if (window_above(m, f))
		set(out, STATE_WAY_UNKNOWN, REASON_WINDOW_ABOVE);
	else
		decide_direct(m, f, out);
}

/*
 * Where dma-iommu bounces parts of pages, the slots are translated too: drivers/iommu/dma-iommu.c
 * iommu_dma_map_page(), 5.15 to 7.3.
 */
static bool bounced_and_translated(const struct dev *d, const struct state_decision *out)
{
	const struct state_counts *c = d->pub.path;

	return out->way == STATE_WAY_IOMMU && out->external && !c[DMS_PATH_DIRECT].maps &&
	       !c[DMS_PATH_TCE].maps;
}

/* Observed paths override the path predicted from the state. */
static void correct(const struct dev *d, struct state_decision *out)
{
	enum state_way seen = observed_way(d);

	if (seen == STATE_WAY_UNKNOWN)
		return;
	out->observed = true;
	if (bounced_and_translated(d, out))
		return;
	/* decided by address: so far all were of one kind */
	if (out->way == STATE_WAY_MIXED && (seen == STATE_WAY_DIRECT || seen == STATE_WAY_BOUNCE))
		return;
	out->way = seen;
}

/* Memory of a secure guest that is neither bounced nor was shared before it was mapped. */
static bool gives_private(const struct state *m, const struct dev *d,
			  const struct state_decision *out)
{
	if (!m->secure || dev_accepted(m, d) ||
	    (out->way != STATE_WAY_DIRECT && out->way != STATE_WAY_TCE))
		return false;
	return !out->observed || m->aggregates || d->pub.private_maps;
}

/*
 * Types of domains: drivers/iommu/iommu.c iommu_group_show_type(), 5.15 to 7.3. Before 5.15 the
 * type of lazily flushed ones is "DMA" as well.
 */
static bool has_domain(const struct dev *d, const char *type)
{
	return dev_knows(d, DEV_KNOWN_IOMMU) && !strcmp(d->rec.iommu_domain, type);
}

bool dev_behind_iommu(const struct dev *d)
{
	if (has_domain(d, "blocked"))
		return true;
	if (dev_knows(d, DMS_DS_DMA_IOMMU))
		return d->rec.st.dma_iommu;
	return has_domain(d, "DMA") || has_domain(d, "DMA-FQ");
}

static enum state_reason why_iommu(const struct dev *d)
{
	return has_domain(d, "blocked") ? REASON_IOMMU_BLOCKED :
	       has_domain(d, "DMA-FQ") ? REASON_IOMMU_LAZY :
	       has_domain(d, "DMA") ? REASON_IOMMU_STRICT : REASON_IOMMU;
}

void decide_predicted(const struct state *m, const struct dev *d, struct state_decision *out)
{
	struct facts f;

	memset(out, 0, sizeof(*out));
	gather(m, d, &f);
	out->mask = f.mask;
	out->reach = f.reach;
	out->ram_end = m->session.mem_top;
	out->pool = f.pool != 0;
	out->iommu = d->rec.iommu;
	out->identity = has_domain(d, "identity");
	out->external = dev_knows(d, DEV_KNOWN_EXTERNAL) && d->rec.external;
	if (is_userspace_driver(d))
		set(out, STATE_WAY_OUTSIDE, REASON_USER_SPACE);
	else if (bypasses_dma_api(d))
		set(out, STATE_WAY_OUTSIDE,
		    m->secure && virtio_refused(m, d) ? REASON_REFUSED : REASON_NOT_VIRTIO_DMA);
	else if (dev_behind_iommu(d))
		set(out, STATE_WAY_IOMMU, why_iommu(d));
	else if (!d->has_rec)
		set(out, STATE_WAY_UNKNOWN, REASON_NOT_READ);
	else if (d->pub.unseen == STATE_UNSEEN_VIRTIO && observed_way(d) == STATE_WAY_UNKNOWN)
		set(out, STATE_WAY_UNKNOWN, REASON_VIRTIO_UNDECIDED);
	else if (m->tce && (f.def || f.ddw || f.vio || dev_knows(d, DMS_DS_TABLE)))
		decide_pseries(m, d, &f, out);
	else
		decide_direct(m, &f, out);
	out->predicted = out->way;
}

const struct seen *decide_taken(const struct state *m, const struct dev *d, enum dms_path path)
{
	static const struct seen none;

	return d->decided == m->decided ? &d->since[path] : &none;
}

void decide_took(const struct state *m, struct dev *d, uint8_t path)
{
	if (d->decided != m->decided)
		memset(d->since, 0, sizeof(d->since));
	d->decided = m->decided;
	seen_add(&d->since[path], m->seq);
}

/* Direct and bounced mappings use the direct window; TCEs are in the device's table. */
static uint32_t liobn_used(const struct state *m, const struct dev *d,
			   const struct state_decision *dec)
{
	if (!m->tce || dec->way == STATE_WAY_OUTSIDE || dec->way == STATE_WAY_IOMMU)
		return 0;
	if (dec->way == STATE_WAY_DIRECT || dec->way == STATE_WAY_BOUNCE ||
	    (dec->direct_liobn && dec->way != STATE_WAY_TCE))
		return dec->direct_liobn;
	return dev_liobn(m, d);
}

/* Nothing of it was seen: it was there before, and a mask asked for since would have been. */
static bool decided_before(const struct state *m, const struct dev *d)
{
	return !d->decide_ts && d->has_rec && d->rec.preexisting &&
	       (!m->has_hooks || m->attached[DMS_HOOK_SET_MASK] ||
		m->attached[DMS_HOOK_DMA_SUPPORTED]);
}

void decide(const struct state *m, const struct dev *d, struct state_decision *out)
{
	decide_predicted(m, d, out);
	if (out->way != STATE_WAY_OUTSIDE)
		correct(d, out);
	out->liobn = liobn_used(m, d, out);
	out->ts = d->decide_ts;
	out->before_start = decided_before(m, d);
	out->bad = gives_private(m, d, out);
}

int state__decision(const struct state *m, uint64_t key, struct state_decision *out)
{
	const struct dev *d = dev_find(m, key);

	if (!d)
		return -ENOENT;
	decide(m, d, out);
	return 0;
}
