// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The permutation of pages: a Feistel network with SipHash as round function over the next power
 * of four, walked until it lands in the region again (which keeps it a permutation of it).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "trace/redact.h"

#define ROUNDS		8
#define REAL_TOP	(1ULL << 52)	/* no machine has RAM beyond */

struct region {
	uint64_t start, end;	/* pages */
};

struct win {
	uint64_t dev, base, size;
	uint32_t liobn;
};

struct redact {
	uint64_t k0, k1;
	unsigned int shift;	/* of the guest's page */
	uint64_t ram_top;	/* pages, 0 = unknown */
	uint64_t enc_mask;	/* bits that are no part of an address; they stay */
	struct region *pool;
	size_t npools;
	struct win *win;
	size_t nwins;
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

static uint64_t feistel(const struct redact *r, uint64_t tweak, unsigned int half, uint64_t x)
{
	uint64_t mask = half < 32 ? (1ULL << half) - 1 : 0xffffffffULL;
	uint64_t left = x >> half & mask, right = x & mask;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t t = left ^ (prf(r, tweak, i, right) & mask);

		left = right;
		right = t;
	}
	return left << half | right;
}

static bool in_pool(const struct redact *r, uint64_t page)
{
	for (size_t i = 0; i < r->npools; i++)
		if (page >= r->pool[i].start && page < r->pool[i].end)
			return true;
	return false;
}

/* Another page of [start, end), outside the pools if without_pools; page is one of them. */
static uint64_t permute(const struct redact *r, uint64_t start, uint64_t end, bool without_pools,
			uint64_t page)
{
	uint64_t count = end - start, x = page - start;
	unsigned int half = 1;

	while (half < 32 && count > 1ULL << (2 * half))
		half++;
	do {
		x = feistel(r, start ^ (uint64_t)without_pools << 63, half, x);
	} while (x >= count || (without_pools && in_pool(r, start + x)));
	return start + x;
}

static uint64_t hide_phys(const struct redact *r, uint64_t addr)
{
	uint64_t page = addr >> r->shift, off = addr & ((1ULL << r->shift) - 1);
	uint64_t top = REAL_TOP >> r->shift, start = 0, end = top;

	for (size_t i = 0; i < r->npools; i++) {
		const struct region *p = &r->pool[i];

		if (page >= p->start && page < p->end)
			return permute(r, p->start, p->end, false, page) << r->shift | off;
	}
	if (page < r->ram_top) {
		end = r->ram_top;
	} else if (page < top) {
		start = r->ram_top;
	} else {
		start = top;
		end = 1ULL << (64 - r->shift);
	}
	return permute(r, start, end, true, page) << r->shift | off;
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
 * A window that can hold all of RAM may be a direct one: below the top of RAM its offsets go the
 * way physical addresses do, so that they still match.
 */
static uint64_t hide_dma(const struct redact *r, const struct dms_event *ev, uint64_t dma)
{
	const struct win *w = find_win(r, ev, dma);
	uint64_t page, start = 0, end, mask = (1ULL << r->shift) - 1;

	if (!w)
		return hide_phys(r, dma & ~r->enc_mask) | (dma & r->enc_mask);
	page = (dma - w->base) >> r->shift;
	end = w->size >> r->shift;
	if (r->ram_top && end >= r->ram_top) {
		if (page < r->ram_top)
			return w->base + hide_phys(r, dma - w->base);
		start = r->ram_top;
	}
	if (page >= end)
		return dma & mask;
	return w->base + (permute(r, start, end, false, page) << r->shift) +
	       ((dma - w->base) & mask);
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

void redact__event(const struct redact *r, struct dms_event *ev)
{
	bool uses_dma = ev->dma || ev->type == DMS_EV_MAP || ev->type == DMS_EV_UNMAP ||
			ev->type == DMS_EV_TCE_SET || ev->type == DMS_EV_TCE_CLEAR;

	if (uses_dma && ev->dma != DMS_DMA_ERROR)
		ev->dma = hide_dma(r, ev, ev->dma);
	if (ev->phys && ev->phys != DMS_DMA_ERROR && !whole_pool(r, ev))
		ev->phys = hide_phys(r, ev->phys);
	if (aux_is_address(ev))
		ev->aux = hide_phys(r, ev->aux);
}

static int learn_pool(struct redact *r, const struct rec_pool *p)
{
	struct region reg = { p->start >> r->shift,
			      (p->end >> r->shift) + !!(p->end & ((1ULL << r->shift) - 1)) };
	struct region *more;

	if (p->start >= p->end)
		return 0;
	for (size_t i = 0; i < r->npools; i++)
		if (reg.start < r->pool[i].end && r->pool[i].start < reg.end)
			return 0;	/* known, or it would make the mapping ambiguous */
	if (r->ram_top && reg.start < r->ram_top && reg.end > r->ram_top)
		return 0;
	more = realloc(r->pool, (r->npools + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->pool = more;
	r->pool[r->npools++] = reg;
	return 0;
}

static int learn_window(struct redact *r, const struct rec_window *rw)
{
	struct win w = { rw->dev, rw->base, rw->size, rw->liobn }, *more;

	if (w.size >> r->shift < 2)
		return 0;
	for (size_t i = 0; i < r->nwins; i++)
		if (r->win[i].dev == w.dev && r->win[i].liobn == w.liobn &&
		    r->win[i].base == w.base && r->win[i].size == w.size)
			return 0;
	more = realloc(r->win, (r->nwins + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->win = more;
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
		r->enc_mask = rec->session.enc_mask;
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
