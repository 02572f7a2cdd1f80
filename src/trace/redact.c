// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Regions of memory are cut in two at a secret place each, and their parts change places; the place
 * comes from SipHash of a random key. What is adjacent stays adjacent, what is one page stays one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "trace/redact.h"
#include "util/grow.h"

#define BOUNDS		128
#define REAL_TOP	(1ULL << 52)	/* no machine has RAM beyond */

struct region {
	uint64_t start, end;	/* pages */
};

struct win {
	uint64_t dev, base, size;
	uint32_t liobn;
	bool direct, hybrid;	/* hybrid: RAM is mapped as in a direct one */
};

struct redact {
	uint64_t k0, k1;
	unsigned int shift;	/* of the guest's page */
	uint64_t ram_top;	/* pages, 0 = unknown */
	uint64_t lmb_size;	/* bytes */
	uint64_t bound[BOUNDS];	/* pages, in order: see find_bounds() */
	size_t nbounds;
	bool frozen;		/* events came: the bounds stay */
	uint64_t view_bits;	/* bits that are no part of an address; they stay */
	struct region *pool;
	size_t npools, pool_cap;
	struct win *win;
	size_t nwins, win_cap;
};

int redact__new(struct redact **out, const uint8_t *key)
{
	struct redact *r = calloc(1, sizeof(*r));
	uint8_t random[REDACT_KEY_LEN];

	*out = r;
	if (!r)
		return -ENOMEM;
	if (!key) {
		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
			redact__free(r);
			*out = NULL;
			return -EIO;
		}
		key = random;
	}
	memcpy(&r->k0, key, 8);
	memcpy(&r->k1, key + 8, 8);
	r->shift = 12;
	return 0;
}

void redact__free(struct redact *r)
{
	if (!r)
		return;
	free(r->pool);
	free(r->win);
	explicit_bzero(r, sizeof(*r));
	free(r);
}

static uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* SipHash-2-4 of three words: region, round, half. */
static uint64_t prf(const struct redact *r, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t v[4] = {
		r->k0 ^ 0x736f6d6570736575ULL, r->k1 ^ 0x646f72616e646f6dULL,
		r->k0 ^ 0x6c7967656e657261ULL, r->k1 ^ 0x7465646279746573ULL,
	};
	const uint64_t m[4] = { a, b, c, 24ULL << 56 };

	for (unsigned int i = 0; i < 4; i++) {
		v[3] ^= m[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= m[i];
	}
	v[2] ^= 0xff;
	for (unsigned int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static int by_page(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add_bound(struct redact *r, uint64_t page)
{
	if (page && page < REAL_TOP >> r->shift && r->nbounds < BOUNDS)
		r->bound[r->nbounds++] = page;
}

/*
 * Where it matters on which side an address lies: masks reach to a power of two, and pools, RAM and
 * what a direct window can hold have their ends. Nothing crosses these.
 */
static void find_bounds(struct redact *r)
{
	static const unsigned int low[] = { 24, 30, 31 };
	size_t i;

	r->nbounds = 0;
	for (i = 0; i < sizeof(low) / sizeof(low[0]); i++)
		add_bound(r, 1ULL << (low[i] - r->shift));
	for (i = 32; i < 52; i++)
		add_bound(r, 1ULL << (i - r->shift));
	add_bound(r, r->ram_top);
	for (i = 0; i < r->npools; i++) {
		add_bound(r, r->pool[i].start);
		add_bound(r, r->pool[i].end);
	}
	for (i = 0; i < r->nwins; i++)
		if (r->win[i].direct)
			add_bound(r, r->win[i].size >> r->shift);
	qsort(r->bound, r->nbounds, sizeof(r->bound[0]), by_page);
	r->frozen = true;
}

static const struct region *pool_at(const struct redact *r, uint64_t page)
{
	for (size_t i = 0; i < r->npools; i++)
		if (page >= r->pool[i].start && page < r->pool[i].end)
			return &r->pool[i];
	return NULL;
}

/*
 * Pages that one allocation does not cross: the buddy allocator's largest block, a block of memory
 * that is plugged in, a segment of a pool.
 */
static uint64_t grain_of(const struct redact *r, const struct region *seg)
{
	uint64_t bytes = r->shift > 12 ? 16 << 20 : 4 << 20;

	if (pool_at(r, seg->start))
		bytes = IO_TLB_SEGSIZE * IO_TLB_SIZE;
	else if (r->ram_top && seg->start >= r->ram_top)
		bytes = r->lmb_size > 256 << 20 ? r->lmb_size : 256 << 20;
	return bytes >> r->shift ? bytes >> r->shift : 1;
}

/*
 * A region is cut in two at a secret page, and the parts change places: runs stay runs. The cut is
 * where no allocation crosses it, if there is such a place.
 */
static uint64_t cut_of(const struct redact *r, const struct region *seg)
{
	uint64_t base = pool_at(r, seg->start) ? seg->start : 0, grain = grain_of(r, seg), first, n;

	for (;; grain /= 2) {
		first = (seg->start - base) / grain + 1;	/* in grains: the first inside */
		n = (seg->end - 1 - base) / grain + 1;
		n = n > first ? n - first : 0;
		if (n || grain <= 1)
			break;
	}
	if (!n)
		return seg->start;
	return base + (first + prf(r, seg->start, seg->end, 0) % n) * grain;
}

static struct region segment_at(const struct redact *r, uint64_t page)
{
	struct region seg = { 0, REAL_TOP >> r->shift };
	size_t i;

	for (i = 0; i < r->nbounds && r->bound[i] <= page; i++)
		seg.start = r->bound[i];
	if (i < r->nbounds)
		seg.end = r->bound[i];
	if (page >= REAL_TOP >> r->shift)
		seg = (struct region){ REAL_TOP >> r->shift, 1ULL << (64 - r->shift) };
	return seg;
}

/* The new place of [addr, addr + size). */
static uint64_t hide_phys(const struct redact *r, uint64_t addr, uint64_t size)
{
	uint64_t page = addr >> r->shift, off = addr & ((1ULL << r->shift) - 1);
	struct region seg = segment_at(r, page);
	uint64_t last = size ? (addr + size - 1) >> r->shift : page, cut = cut_of(r, &seg);

	if (last < page)
		last = page;
	if (last >= seg.end)		/* from one region into the next: neither moves */
		return page == seg.start ? addr : seg.start << r->shift | off;
	if (page >= cut)
		page = seg.start + (page - cut);
	else if (last >= cut)		/* no allocation of the kernel's: kept within the region */
		page = seg.end - 1 - (last - page);
	else
		page += seg.end - cut;
	return page << r->shift | off;
}

static const struct win *find_win(const struct redact *r, const struct dms_event *ev, uint64_t dma)
{
	for (size_t i = 0; i < r->nwins; i++) {
		const struct win *w = &r->win[i];

		if ((ev->liobn ? w->liobn == ev->liobn : w->dev == ev->dev) &&
		    dma - w->base < w->size)
			return w;
	}
	return NULL;
}

/*
 * In a direct window, and below the top of RAM in a hybrid one, offsets go where physical addresses
 * do. Others are indices into a table that the hypervisor itself fills: they are no secret.
 */
static uint64_t hide_dma(const struct redact *r, const struct dms_event *ev, uint64_t dma)
{
	const struct win *w = find_win(r, ev, dma);

	if (!w)
		return hide_phys(r, dma & ~r->view_bits, ev->size) | (dma & r->view_bits);
	if (w->direct || (w->hybrid && r->ram_top && (dma - w->base) >> r->shift < r->ram_top))
		return w->base + hide_phys(r, dma - w->base, ev->size);
	return dma;
}

/* The whole of a pool is no secret, and would not fit elsewhere. */
static bool whole_pool(const struct redact *r, const struct dms_event *ev)
{
	uint64_t mask = (1ULL << r->shift) - 1;

	for (size_t i = 0; i < r->npools; i++)
		if (ev->phys >> r->shift == r->pool[i].start &&
		    (ev->phys + ev->size + mask) >> r->shift == r->pool[i].end)
			return true;
	return false;
}

static bool aux_is_address(const struct dms_event *ev)
{
	switch (ev->type) {
	case DMS_EV_MAP:
	case DMS_EV_UNMAP:
	case DMS_EV_BOUNCE:
	case DMS_EV_UNBOUNCE:
	case DMS_EV_LIVE:
		return ev->aux && ev->aux != DMS_DMA_ERROR;
	default:
		return false;
	}
}

void redact__event(struct redact *r, struct dms_event *ev)
{
	bool uses_dma = ev->dma || ev->type == DMS_EV_MAP || ev->type == DMS_EV_UNMAP ||
			ev->type == DMS_EV_TCE_SET || ev->type == DMS_EV_TCE_CLEAR;

	if (!r->frozen)
		find_bounds(r);
	if (uses_dma && ev->dma != DMS_DMA_ERROR)
		ev->dma = hide_dma(r, ev, ev->dma);
	if (ev->phys && ev->phys != DMS_DMA_ERROR && !whole_pool(r, ev))
		ev->phys = hide_phys(r, ev->phys, ev->type == DMS_EV_HCALL ? 0 : ev->size);
	if (aux_is_address(ev))
		ev->aux = hide_phys(r, ev->aux, ev->size);
}

static int learn_pool(struct redact *r, const struct rec_pool *p)
{
	struct region reg = { p->start >> r->shift,
			      (p->end >> r->shift) + !!(p->end & ((1ULL << r->shift) - 1)) };

	if (p->start >= p->end)
		return 0;
	for (size_t i = 0; i < r->npools; i++)
		if (reg.start < r->pool[i].end && r->pool[i].start < reg.end)
			return 0;	/* known, or it would make the mapping ambiguous */
	if (r->ram_top && reg.start < r->ram_top && reg.end > r->ram_top)
		return 0;
	if (GROW(r->pool, r->pool_cap, r->npools))
		return -ENOMEM;
	r->pool[r->npools++] = reg;
	return 0;
}

static int learn_window(struct redact *r, const struct rec_window *rw)
{
	struct win w = { rw->dev, rw->base, rw->size, rw->liobn, false, false };

	if (w.size >> r->shift < 2)
		return 0;
	w.direct = rw->kind == WINDOW_DDW && rw->use == WINDOW_DIRECT;
	/* of unknown use: as a direct one, if it can hold all of RAM */
	w.hybrid = rw->use == WINDOW_HYBRID || (rw->use == WINDOW_USE_UNKNOWN && r->ram_top &&
						w.size >> r->shift >= r->ram_top);
	for (size_t i = 0; i < r->nwins; i++)
		if (r->win[i].dev == w.dev && r->win[i].liobn == w.liobn &&
		    r->win[i].base == w.base && r->win[i].size == w.size)
			return 0;
	if (GROW(r->win, r->win_cap, r->nwins))
		return -ENOMEM;
	r->win[r->nwins++] = w;
	return 0;
}

int redact__learn(struct redact *r, const struct dms_rec *rec)
{
	uint32_t page;

	switch (rec->type) {
	case REC_SESSION:
		page = rec->session.page_size;
		if (page >= 4096 && page <= 65536 && !(page & (page - 1)))
			r->shift = (unsigned int)__builtin_ctz(page);
		r->ram_top = rec->session.mem_top >> r->shift;
		r->view_bits = dma_view_bits(&rec->session);
		r->lmb_size = rec->session.lmb_size;
		if (r->ram_top < 2 || r->ram_top >= REAL_TOP >> r->shift)
			r->ram_top = 0;
		return 0;
	case REC_POOL:
		return learn_pool(r, &rec->pool);
	case REC_WINDOW:
		return learn_window(r, &rec->window);
	default:
		return 0;
	}
}
