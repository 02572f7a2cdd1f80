// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Why a device's DMA goes the way it goes, in words: from masks, windows, dma_ops, limits and
 * the pool, corrected by what its mappings were seen to do. What is wrong with that is for
 * findings.c.
 *
 * The rules are those of kernel/dma/mapping.c and arch/powerpc/kernel/dma-iommu.c, 5.4 to 7.1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/internal.h"

#define VIRTIO_F_ACCESS_PLATFORM	33	/* include/uapi/linux/virtio_config.h */

struct facts {
	uint64_t mask;		/* 0: not known */
	int forced, pool;	/* 1, 0, -1: not known */
	bool bypass_known, bypass;
	const struct rec_window *def, *direct, *ddw;
	bool vio, no_ops;
};

static void put(char *to, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Appends. */
static void put(char *to, size_t n, const char *fmt, ...)
{
	size_t used = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to + used, n - used, fmt, ap);
	va_end(ap);
}

#define BRIEF(out, ...)	\
	((out)->brief[0] = '\0', put((out)->brief, sizeof((out)->brief), __VA_ARGS__))
#define FULL(out, ...)	put((out)->full, sizeof((out)->full), __VA_ARGS__)

static unsigned int bits(uint64_t mask)
{
	unsigned int n = 0;

	for (; mask; mask >>= 1)
		n++;
	return n;
}

static void gather(const struct model *m, const struct dev *d, struct facts *f)
{
	const struct dms_devstate *st = &d->rec.st;
	uint64_t key = d->pub.key;

	memset(f, 0, sizeof(*f));
	f->mask = d->pub.mask;
	f->forced = pool__forced(m, d);
	f->pool = pool__exists(m, d);
	f->bypass_known = dev_knows(d, DMS_DS_BYPASS);
	f->bypass = f->bypass_known &&
		    (st->bypass || (dev_knows(d, DMS_DS_BUS_LIMIT) && st->bus_limit));
	f->def = windows__find(m, key, WINDOW_DEFAULT, WINDOW_USE_UNKNOWN);
	f->direct = windows__find(m, key, WINDOW_DDW, WINDOW_DIRECT);
	if (!f->direct)
		f->direct = windows__find(m, key, WINDOW_DDW, WINDOW_HYBRID);
	f->ddw = windows__find(m, key, WINDOW_DDW, WINDOW_USE_UNKNOWN);
	f->vio = d->has_rec && !strcmp(d->rec.bus, "vio");
	f->no_ops = dev_knows(d, DMS_DS_OPS) && !st->ops && !d->rec.ops[0];
}

static enum model_way observed_way(const struct dev *d)
{
	const struct model_counts *c = d->pub.path;
	bool direct = c[DMS_PATH_DIRECT].maps, bounced = c[DMS_PATH_BOUNCED].maps;
	bool tce = c[DMS_PATH_TCE].maps, iommu = c[DMS_PATH_IOMMU].maps;
	int n = direct + bounced + tce + iommu;

	if (n > 1)
		return MODEL_WAY_MIXED;
	return direct ? MODEL_WAY_DIRECT : bounced ? MODEL_WAY_BOUNCE : tce ? MODEL_WAY_TCE :
	       iommu ? MODEL_WAY_IOMMU : MODEL_WAY_UNKNOWN;
}

static void say_mask(struct model_decision *out, const struct facts *f)
{
	if (f->mask)
		FULL(out, "%u-bit mask: ", bits(f->mask));
}

/* The way of memory that the device reaches at an address of its own: directly, or bounced. */
static void decide_direct(const struct model *m, const struct facts *f, struct model_decision *out)
{
	uint64_t top = m->session.mem_top;

	if (f->forced == 1 && f->pool) {
		out->way = MODEL_WAY_BOUNCE;
		BRIEF(out, "bounce: forced");
		FULL(out, "every mapping is copied through the bounce pool, %s.",
		     m->secure ? "the only memory a secure guest shares" :
				 "because swiotlb=force was asked for");
	} else if ((f->pool == 0 || f->forced == 0) && mask_below_enc(m, f->mask)) {
		out->way = MODEL_WAY_DIRECT;
		BRIEF(out, f->pool ? "refused: NOT bounced" : "refused: NO BOUNCE POOL");
		FULL(out,
		     "addresses of private memory have the C-bit, bit %u, which it does not reach; "
		     "%s, so every mapping is refused.",
		     bits(m->session.enc_mask) - 1,
		     f->pool ? "nothing forces bouncing" : "there is no bounce pool");
	} else if (m->secure && f->pool == 0) {
		out->way = MODEL_WAY_DIRECT;
		BRIEF(out, "direct: NO BOUNCE POOL");
		FULL(out, "there is no bounce pool, so it is given private pages: it reads "
			  "ciphertext.");
	} else if (m->secure && f->forced == 0) {
		out->way = MODEL_WAY_DIRECT;
		BRIEF(out, "direct: NOT bounced");
		FULL(out, "there is a bounce pool, but nothing forces its use: the device is given "
			  "private pages.");
	} else if (f->mask && top && f->mask < top - 1) {
		out->way = MODEL_WAY_MIXED;
		BRIEF(out, "direct below %u bits", bits(f->mask));
		FULL(out,
		     "memory it cannot address (RAM ends at 0x%" PRIx64 ") is bounced, the rest "
		     "goes direct.",
		     top);
	} else if (f->forced == 0) {
		out->way = MODEL_WAY_DIRECT;
		BRIEF(out, "direct");
		FULL(out, "it reaches all memory itself.");
	} else {
		BRIEF(out, "not known");
		FULL(out, "whether bouncing is forced was not observed.");
	}
}

static const char *why_no_window(const struct model *m, const struct dev *d, const struct facts *f,
				 struct model_decision *out)
{
	unsigned int kernel = kernel_version(m), n = bits(f->mask);

	if (f->vio) {
		BRIEF(out, "TCE: virtual I/O");
		return "virtual I/O devices have the default window only";
	}
	if (f->mask && n <= 32) {
		BRIEF(out, "TCE: %u-bit mask", n);
		return "a dynamic window (DDW) lies above what it can address";
	}
	if (f->mask && n < 64 && kernel && kernel < 615) {
		BRIEF(out, "TCE: %u-bit mask", n);
		return "before 6.15 only 64-bit masks get a dynamic window (DDW)";
	}
	if (m->session.disable_ddw) {
		BRIEF(out, "TCE: disable_ddw");
		return "dynamic windows are switched off (disable_ddw)";
	}
	if (f->ddw && !f->direct) {
		BRIEF(out, "TCE: dynamic DDW");
		return "its dynamic window is too small for all memory, so it is not pre-mapped";
	}
	if (d->bypass_seen && !d->bypass_granted) {
		BRIEF(out, "TCE: DDW refused");
		return "a dynamic window (DDW) was asked for and not granted";
	}
	BRIEF(out, "TCE: no DDW");
	return "it has no dynamic window (DDW)";
}

static void decide_tce(const struct model *m, const struct dev *d, const struct facts *f,
		       struct model_decision *out)
{
	const struct rec_window *w = f->ddw && !f->direct ? f->ddw : f->def;
	const char *why = why_no_window(m, d, f, out);

	out->way = MODEL_WAY_TCE;
	FULL(out, "%s; each mapping gets TCEs in the %s window", why,
	     w && w->kind == WINDOW_DDW ? "dynamic" : "default");
	if (w)
		FULL(out, " (LIOBN 0x%x)", w->liobn);
	FULL(out, m->secure ? ". Its pages are private: the device reads ciphertext." : ".");
}

static void decide_pseries(const struct model *m, const struct dev *d, const struct facts *f,
			   struct model_decision *out)
{
	if (f->no_ops && !f->vio && !f->direct) {
		decide_direct(m, f, out);
		FULL(out, " It has no dma_ops: no TCE is ever written for it.");
		return;
	}
	if (!f->direct || (f->bypass_known && !f->bypass) || (f->mask && bits(f->mask) <= 32)) {
		decide_tce(m, d, f, out);
		return;
	}
	if (f->direct->use == WINDOW_HYBRID)
		FULL(out, "RAM below 0x%" PRIx64 " ", windows__ram(m, f->direct));
	else
		FULL(out, "all RAM ");
	FULL(out, "is reachable through the direct window LIOBN 0x%x; ", f->direct->liobn);
	decide_direct(m, f, out);
	if (out->way == MODEL_WAY_BOUNCE)
		BRIEF(out, "bounce: forced, DDW");
	else if (out->way == MODEL_WAY_DIRECT && !m->secure)
		BRIEF(out, "direct: DDW");
}

static const char *const way_words[] = {
	[MODEL_WAY_UNKNOWN] = "not known", [MODEL_WAY_DIRECT] = "direct",
	[MODEL_WAY_BOUNCE] = "bounced", [MODEL_WAY_TCE] = "TCE", [MODEL_WAY_MIXED] = "mixed",
	[MODEL_WAY_IOMMU] = "IOMMU", [MODEL_WAY_OUTSIDE] = "outside",
};

/* What was seen wins over what the state promised. */
static void correct(const struct dev *d, struct model_decision *out)
{
	enum model_way seen = observed_way(d);
	const struct model_counts *c = d->pub.path;

	if (seen == MODEL_WAY_UNKNOWN)
		return;
	out->observed = true;
	if (seen == out->way)
		return;
	/* decided by address: so far all were of one kind */
	if (out->way == MODEL_WAY_MIXED && (seen == MODEL_WAY_DIRECT || seen == MODEL_WAY_BOUNCE))
		return;
	if (seen == MODEL_WAY_MIXED) {
		out->way = seen;
		BRIEF(out, "mixed");
		FULL(out, " Seen: %" PRIu64 " direct, %" PRIu64 " bounced", c[DMS_PATH_DIRECT].maps,
		     c[DMS_PATH_BOUNCED].maps);
		if (c[DMS_PATH_TCE].maps)
			FULL(out, ", %" PRIu64 " through TCEs", c[DMS_PATH_TCE].maps);
		if (c[DMS_PATH_IOMMU].maps)
			FULL(out, ", %" PRIu64 " through the IOMMU", c[DMS_PATH_IOMMU].maps);
		FULL(out, ".");
		return;
	}
	if (out->way != MODEL_WAY_UNKNOWN)
		FULL(out, " But all its mappings were seen going %s.", way_words[seen]);
	else
		FULL(out, " Its mappings were seen going %s.", way_words[seen]);
	out->way = seen;
	BRIEF(out, "%s (seen)", way_words[seen]);
}

/* Memory of a secure guest that is neither bounced nor was shared before it was mapped. */
static bool gives_private(const struct model *m, const struct dev *d,
			  const struct model_decision *out)
{
	if (!m->secure || (out->way != MODEL_WAY_DIRECT && out->way != MODEL_WAY_TCE))
		return false;
	return !out->observed || m->aggregates || d->pub.private_maps;
}

static void decide_way(const struct model *m, const struct dev *d, struct model_decision *out)
{
	struct facts f;

	gather(m, d, &f);
	if (dev_knows(d, DEV_KNOWN_FEATURES) &&
	    !(d->rec.virtio_features >> VIRTIO_F_ACCESS_PLATFORM & 1)) {
		out->way = MODEL_WAY_OUTSIDE;
		BRIEF(out, "virtio, no DMA API");
		FULL(out, "virtio without ACCESS_PLATFORM: it takes guest addresses as they are; "
			  "nothing is mapped, bounced or shared for it.");
		return;
	}
	say_mask(out, &f);
	if (dev_knows(d, DMS_DS_DMA_IOMMU) && d->rec.st.dma_iommu) {
		out->way = MODEL_WAY_IOMMU;
		BRIEF(out, "IOMMU");
		FULL(out, "mapped by the generic dma-iommu layer.");
	} else if (!d->has_rec) {
		BRIEF(out, "not known");
		FULL(out, "the device's state was not read.");
	} else if (m->tce && (f.def || f.ddw || f.vio || dev_knows(d, DMS_DS_TABLE))) {
		decide_pseries(m, d, &f, out);
	} else {
		decide_direct(m, &f, out);
	}
	correct(d, out);
}

/* Nothing of it was seen: it was there before, and a mask asked for since would have been. */
static bool decided_before(const struct model *m, const struct dev *d)
{
	return !d->decide_ts && d->has_rec && d->rec.preexisting &&
	       (!m->has_hooks || m->attached[DMS_HOOK_SET_MASK] ||
		m->attached[DMS_HOOK_DMA_SUPPORTED]);
}

void decide(const struct model *m, const struct dev *d, struct model_decision *out)
{
	memset(out, 0, sizeof(*out));
	out->ts = d->decide_ts;
	out->before_start = decided_before(m, d);
	decide_way(m, d, out);
	out->bad = gives_private(m, d, out);
}

int model__decision(const struct model *m, uint64_t key, struct model_decision *out)
{
	const struct dev *d = dev_find(m, key);

	if (!d)
		return -ENOENT;
	decide(m, d, out);
	return 0;
}
