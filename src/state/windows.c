// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * DMA windows and the TCE tables behind them: what a device can reach, how full a table is,
 * which TCE calls were refused. Only pseries guests have any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

/* Opcodes of arch/powerpc/include/asm/hvcall.h (5.4 to 7.1). */
#define H_PUT_TCE		0x20
#define H_STUFF_TCE		0x138
#define H_PUT_TCE_INDIRECT	0x13c

#define TCE_PERMS		3	/* TCE_PCI_READ | TCE_PCI_WRITE: none of them clears */
#define TCE_PREEXISTING		1u	/* range_note.flags */

const struct rec_window *window_at(const struct state *m, uint32_t i)
{
	return i < m->wins ? &m->win[i] : NULL;
}

const struct table *table_at(const struct state *m, uint32_t i)
{
	return i < m->tables ? &m->table[i] : NULL;
}

uint32_t table_liobn(const struct table *t)
{
	return t->liobn;
}

const struct refusal *table_refused(const struct table *t, bool clearing)
{
	return clearing ? &t->clear_refused : &t->refused;
}

struct table *table_find(const struct state *m, uint32_t liobn)
{
	uint32_t i = liobn ? idmap_get(&m->by_liobn, liobn) : NONE;

	return i == NONE ? NULL : &m->table[i];
}

static int table_get(struct state *m, uint32_t liobn, struct table **out)
{
	struct table *t = table_find(m, liobn);

	*out = t;
	if (t || !liobn || m->tables >= MAX_TABLES)
		return 0;
	if (GROW(m->table, m->table_cap, m->tables) ||
	    idmap_set(&m->by_liobn, liobn, m->tables))
		return -ENOMEM;
	t = &m->table[m->tables++];
	memset(t, 0, sizeof(*t));
	t->liobn = liobn;
	*out = t;
	return 0;
}

int windows__record(struct state *m, const struct rec_window *rec)
{
	struct table *t;
	uint32_t i;
	int err = table_get(m, rec->liobn, &t);

	m->decided++;
	if (err)
		return err;
	m->tce = true;
	if (t && rec->page_shift && rec->page_shift < 64)
		t->page_shift = rec->page_shift;
	for (i = 0; i < m->wins; i++)
		if (m->win[i].dev == rec->dev && m->win[i].liobn == rec->liobn) {
			m->win[i] = *rec;
			return 0;
		}
	if (m->wins >= MAX_WINDOWS)
		return 0;
	err = GROW(m->win, m->win_cap, m->wins);
	if (!err)
		m->win[m->wins++] = *rec;
	return err;
}

/*
 * An entry in use at the start. Entry 0 of a table that begins at 0 is only reserved: it never
 * maps anything (iommu_table_reserve_pages(), arch/powerpc/kernel/iommu.c, 5.4 to 7.1). The
 * snapshot also lists what was set after the hooks were attached.
 */
static int tce_found(struct table *t, const struct dms_event *ev)
{
	struct range_note note = { .flags = TCE_PREEXISTING };
	uint64_t from = ev->dma, to = range_end(ev->dma, ev->size);
	int err = 0;

	t->snapshot = true;
	if (!from)
		from = 1ULL << t->page_shift;
	if (from < to && !rangeset_covered(&t->set, from, to))
		err = rangeset_add(&t->set, from, to, &note);
	if (t->set.bytes > t->hiwater)
		t->hiwater = t->set.bytes;
	return err;
}

static void refuse(const struct state *m, struct refusal *r, const struct dms_event *ev)
{
	if (!r->seen.count) {
		r->status = ev->ret;
		r->ioba = ev->dma;
	}
	seen_add(&r->seen, m->seq);
}

/*
 * The elements of a list that are joined behind one DMA address have physical addresses only here:
 * ppc_iommu_map_sg(), arch/powerpc/kernel/iommu.c. A direct window holds all RAM, shared or not.
 */
static int note_private(struct state *m, struct table *t, const struct dms_event *ev)
{
	struct range_note note = { 0 };

	if (!m->secure || ev->flags & (DMS_FL_DIRECT_WINDOW | DMS_FL_NO_PHYS) ||
	    (m->session.mem_top && ev->phys >= m->session.mem_top))
		return 0;
	if (ledger__shared(m, ev->phys, range_end(ev->phys, ev->size)) == ev->size)
		return rangeset_del(&t->private, ev->dma, range_end(ev->dma, ev->size), NULL);
	return rangeset_add(&t->private, ev->dma, range_end(ev->dma, ev->size), &note);
}

uint64_t windows__private(const struct state *m, uint32_t liobn, uint64_t dma, uint64_t size)
{
	const struct table *t = table_find(m, liobn);

	return t ? rangeset_covered(&t->private, dma, range_end(dma, size)) : 0;
}

static int tce_clear(struct table *t, const struct dms_event *ev)
{
	uint64_t end = range_end(ev->dma, ev->size);
	int err = rangeset_del(&t->set, ev->dma, end, NULL);

	return err ? err : rangeset_del(&t->private, ev->dma, end, NULL);
}

static int tce_set(struct state *m, struct table *t, const struct dms_event *ev)
{
	struct range_note note = { 0 };
	int err;

	if (ev->ret) {
		refuse(m, &t->refused, ev);
		return 0;
	}
	err = rangeset_add(&t->set, ev->dma, range_end(ev->dma, ev->size), &note);
	if (t->set.bytes > t->hiwater)
		t->hiwater = t->set.bytes;
	return err ? err : note_private(m, t, ev);
}

/* The list of an H_PUT_TCE_INDIRECT, 8 bytes a TCE, lies in memory that was seen being shared. */
static bool list_shared(const struct state *m, const struct dms_event *ev)
{
	uint64_t bytes = ev->size && ev->size <= 512 ? ev->size * 8 : 4096;

	return ledger__shared(m, ev->phys, range_end(ev->phys, bytes)) == bytes;
}

static void hcall(struct state *m, struct table *t, const struct dms_event *ev)
{
	bool clears = ev->aux == H_STUFF_TCE || (ev->aux == H_PUT_TCE && !(ev->phys & TCE_PERMS));

	if (ev->aux == H_PUT_TCE_INDIRECT && m->secure && !list_shared(m, ev))
		evid_add_sure(m, &m->indirect, COVER_SHARES, m->first_ts, ev->ts);
	if (ev->ret)
		refuse(m, clears ? &t->clear_refused : &t->refused, ev);
}

int windows__event(struct state *m, const struct dms_event *ev)
{
	struct table *t;
	int err = table_get(m, ev->liobn, &t);

	if (err)
		return err;
	m->tce = true;
	if (!t)
		return 0;
	t->seen = true;
	if (ev->page_shift && ev->page_shift < 64)
		t->page_shift = ev->page_shift;
	switch (ev->type) {
	case DMS_EV_LIVE:
		return tce_found(t, ev);
	case DMS_EV_TCE_SET:
		return tce_set(m, t, ev);
	case DMS_EV_TCE_CLEAR:
		return tce_clear(t, ev);
	case DMS_EV_HCALL:
		hcall(m, t, ev);
		return 0;
	default:
		return 0;
	}
}

uint64_t windows__ram(const struct state *m, const struct rec_window *w)
{
	uint64_t top = m->session.mem_top ? m->session.mem_top : m->session.mem_bytes;
	uint64_t page = w->page_shift && w->page_shift < 63 ? 1ULL << w->page_shift : 1;

	/*
	 * In a secure guest the direct window is filled with one H_PUT_TCE per page, and that
	 * variant of tce_setrange_multi_pSeriesLP() rounds down (pseries/iommu.c, 5.6 to 7.1).
	 */
	if (m->secure)
		top = top / page * page;
	else if (top % page)
		top = (top / page + 1) * page;
	return !top || top > w->size ? w->size : top;
}

const struct rec_window *windows__find(const struct state *m, const struct dev *d,
				       enum dms_window_kind kind, enum dms_window_use use)
{
	uint32_t i;

	for (i = 0; i < m->wins; i++) {
		const struct rec_window *w = &m->win[i];

		if (w->dev != d->pub.key || w->removed || w->kind != kind)
			continue;
		if (use == WINDOW_USE_UNKNOWN || w->use == use)
			return w;
	}
	return NULL;
}

uint32_t dev_liobn(const struct state *m, const struct dev *d)
{
	const struct rec_window *w = NULL;

	if (dev_knows(d, DMS_DS_TABLE) && d->rec.st.liobn)
		return d->rec.st.liobn;
	if (!windows__find(m, d, WINDOW_DDW, WINDOW_DIRECT) &&
	    !windows__find(m, d, WINDOW_DDW, WINDOW_HYBRID))
		w = windows__find(m, d, WINDOW_DDW, WINDOW_USE_UNKNOWN);
	if (!w)
		w = windows__find(m, d, WINDOW_DEFAULT, WINDOW_USE_UNKNOWN);
	return w ? w->liobn : 0;
}

uint64_t windows__last(const struct state *m, const struct rec_window *w)
{
	uint64_t ram = windows__ram(m, w);

	return range_end(w->base, ram ? ram : 1) - 1;
}

bool windows__had(const struct state *m, uint32_t i)
{
	uint32_t k;

	for (k = 0; k < i; k++)
		if (m->win[k].liobn == m->win[i].liobn && m->win[k].base == m->win[i].base &&
		    !m->win[k].removed)
			return true;
	return false;
}

static int window_covers(const struct state *m, const struct rec_window *w, uint64_t dma,
			 uint64_t size)
{
	const struct table *t = table_find(m, w->liobn);
	uint64_t end = range_end(dma, size);

	if (dma < w->base || end > range_end(w->base, w->size))
		return 0;
	if (w->use == WINDOW_USE_UNKNOWN && w->kind == WINDOW_DDW)
		return -1;
	if ((w->use == WINDOW_DIRECT || w->use == WINDOW_HYBRID) &&
	    end - w->base <= windows__ram(m, w))
		return 1;
	if (t && rangeset_covered(&t->set, dma, end) == end - dma)
		return 1;
	if (w->use == WINDOW_DIRECT)
		return 0;
	return m->attached[DMS_HOOK_TCE_BUILD] || m->attached[DMS_HOOK_TCE_BUILD_ONE] ? 0 : -1;
}

int windows__cover(const struct state *m, const struct dev *d, uint64_t dma, uint64_t size)
{
	int got, best = -1;
	uint32_t i;

	for (i = 0; i < m->wins; i++) {
		if (m->win[i].dev != d->pub.key || m->win[i].removed)
			continue;
		got = window_covers(m, &m->win[i], dma, size);
		if (got)
			return got;
		best = 0;
	}
	return best;
}

const struct suspect *dev_uncovered(const struct state *m, const struct dev *d, bool tce)
{
	const struct suspect *s;

	for (s = d->suspect; s < d->suspect + SUSPECTS && s < d->suspect + d->suspects; s++)
		/* a TCE mapping that is gone again cannot be judged any more */
		if ((s->path == DMS_PATH_TCE) == tce && !windows__cover(m, d, s->dma, s->size) &&
		    (!tce || maptab_has(&m->maps, dev_index(m, d->pub.key), s->dma, s->seq)))
			return s;
	return NULL;
}

void windows__unmapped(struct state *m, const struct dev *d, const struct mapping *mp)
{
	struct table *t;
	uint32_t i;

	if (!m->attached[DMS_HOOK_TCE_FREE] && !m->attached[DMS_HOOK_TCE_FREE_ONE])
		return;
	for (i = 0; i < m->wins; i++) {
		const struct rec_window *w = &m->win[i];

		if (w->dev != d->pub.key || w->removed || w->use == WINDOW_DIRECT ||
		    mp->dma < w->base || mp->dma - w->base >= w->size)
			continue;
		t = table_find(m, w->liobn);
		if (!t || !rangeset_covered(&t->set, mp->dma, range_end(mp->dma, mp->size)))
			continue;
		t->stale[t->stales++ % SUSPECTS] = (struct suspect){
			.dma = mp->dma, .size = mp->size, .ts = m->now, .seq = m->seq,
			.dev = mp->dev,
		};
	}
}

/* Is anything mapped in these TCE pages, by a device of that table? */
static bool mapped_there(const struct state *m, const struct table *t, uint64_t from, uint64_t to)
{
	const struct mapping *mp;
	uint32_t id = 0, i;

	while ((mp = maptab_next(&m->maps, &id))) {
		if (!range_overlaps(mp->dma, mp->size, from, to - from))
			continue;
		for (i = 0; i < m->wins; i++)
			if (m->win[i].liobn == t->liobn &&
			    m->win[i].dev == m->dev[mp->dev]->pub.key)
				return true;
	}
	return false;
}

static bool is_stale(const struct state *m, const struct table *t, const struct suspect *s)
{
	uint64_t page = 1ULL << (t->page_shift ? t->page_shift : 12);
	uint64_t from = s->dma / page * page, to = range_end(s->dma, s->size);

	if (m->now < s->ts + SETTLE || !rangeset_covered(&t->set, s->dma, to))
		return false;
	to = to > UINT64_MAX - page ? UINT64_MAX : (to + page - 1) / page * page;
	return !mapped_there(m, t, from, to);
}

struct seen table_stale(const struct state *m, const struct table *t, struct suspect *first)
{
	struct seen n = { 0 };
	size_t i;

	for (i = 0; i < SUSPECTS && i < t->stales; i++) {
		if (!is_stale(m, t, &t->stale[i]))
			continue;
		if (!n.count)
			*first = t->stale[i];
		seen_add(&n, t->stale[i].seq);
	}
	return n;
}

bool dev_table(const struct state *m, const struct dev *d, struct table_fill *out)
{
	const struct table *t;

	t = dev_knows(d, DMS_DS_TABLE) ? table_find(m, d->rec.st.liobn) : NULL;
	if (!t || !t->page_shift)
		return false;
	*out = (struct table_fill){ .liobn = t->liobn, .used = t->set.bytes >> t->page_shift,
				    .most = t->hiwater >> t->page_shift,
				    .all = d->rec.st.table_size >> t->page_shift };
	return true;
}

/* Counts the shared part of the live mappings through that table: known only if each is known. */
static void count_mapped(const struct state *m, const struct rec_window *w, struct mval *shared)
{
	const struct mapping *mp;
	uint32_t id = 0;

	while ((mp = maptab_next(&m->maps, &id)))
		if (mp->path == DMS_PATH_TCE && !(mp->flags & DMS_FL_NO_PHYS) &&
		    mp->dma >= w->base && mp->dma - w->base < w->size &&
		    m->dev[mp->dev]->pub.key == w->dev)
			shared->v += ledger__shared(m, mp->phys, range_end(mp->phys, mp->size));
}

static bool is_direct(const struct rec_window *w)
{
	return w->kind == WINDOW_DDW && w->use == WINDOW_DIRECT;
}

static void fill_direct(const struct state *m, struct state_window *out, uint32_t shift)
{
	const struct rec_window *w = &out->rec;
	uint64_t ram = windows__ram(m, w);

	out->mapped_bytes.v = ram;
	out->used.v = out->hiwater.v = ram >> shift;
	out->mapped_bytes.estimate = out->used.estimate = out->hiwater.estimate = true;
}

static void fill_table(const struct state *m, const struct table *t, struct state_window *out,
		       uint32_t shift)
{
	bool hooks = m->attached[DMS_HOOK_TCE_BUILD] || m->attached[DMS_HOOK_TCE_BUILD_ONE] ||
		     !m->has_hooks;
	const char *why = !hooks ? "no hook on the TCE functions" : NULL;

	if (!why && m->aggregates && !(t && t->seen))
		why = "single TCEs are not followed in this mode";
	if (!why && !state__counts_all(m, COVER_TCE_CLEARS, 0))
		why = "observations of TCEs cleared are missing";
	out->used.why = out->hiwater.why = out->mapped_bytes.why = why;
	out->used.least = out->hiwater.least = out->mapped_bytes.least =
		!state__counts_all(m, COVER_TCE_SETS, 0);
	if (t) {
		out->used.v = t->set.bytes >> shift;
		out->hiwater.v = t->hiwater >> shift;
		out->mapped_bytes.v = t->set.bytes;
	}
}

bool state__window_fill(const struct state *m, size_t i, struct state_window *out)
{
	const struct table *t;
	uint32_t shift;

	if (i >= m->wins)
		return false;
	memset(out, 0, sizeof(*out));
	out->rec = m->win[i];
	t = table_find(m, out->rec.liobn);
	shift = out->rec.page_shift ? out->rec.page_shift : t ? t->page_shift : 0;
	if (shift >= 64)
		shift = 0;
	out->rec.page_shift = shift;
	out->entries = shift ? out->rec.size >> shift : 0;
	if (is_direct(&out->rec))
		fill_direct(m, out, shift);
	else
		fill_table(m, t, out, shift);
	if (!shift)
		out->used.why = out->hiwater.why = "page size not known";
	out->preexisting.why = out->shared_bytes.why = "not computed";
	out->set_failed = t ? t->refused.seen.count + t->clear_refused.seen.count : 0;
	return true;
}

struct mval state__window_older(const struct state *m, const struct state_window *w)
{
	const struct table *t = table_find(m, w->rec.liobn);
	struct mval v = { .why = w->used.why };
	const struct range_node *r = NULL;

	if (is_direct(&w->rec))
		return w->used;
	if (w->rec.page_shift && !(t && t->snapshot))
		v.why = "the table was not read at the start";
	if (!v.why)
		r = rangeset_next(&t->set, 0);
	for (; r; r = rangeset_next(&t->set, r->end))
		if (r->note.flags & TCE_PREEXISTING)
			v.v += r->end - r->start;
	v.v >>= w->rec.page_shift;
	return v;
}

static struct mval shared_bytes(const struct state *m, const struct rec_window *w)
{
	struct mval v = { 0 };

	if (!m->secure)
		v.why = "not a secure guest";
	if (is_direct(w))
		v.v = ledger__shared(m, 0, windows__ram(m, w));
	else if (m->aggregates && m->secure)
		v.why = "single mappings are not followed in this mode";
	else if (m->secure)
		count_mapped(m, w, &v);
	return v;
}

bool state__window(const struct state *m, size_t i, struct state_window *out)
{
	if (!state__window_fill(m, i, out))
		return false;
	out->preexisting = state__window_older(m, out);
	out->shared_bytes = shared_bytes(m, &out->rec);
	return true;
}

void windows__begin_slice(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->tables; i++) {
		struct table *t = &m->table[i];

		t->hiwater = t->set.bytes;
		memset(&t->refused, 0, sizeof(t->refused));
		memset(&t->clear_refused, 0, sizeof(t->clear_refused));
		t->stales = 0;
	}
	memset(&m->indirect, 0, sizeof(m->indirect));
}

void windows__free(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->tables; i++) {
		rangeset_free(&m->table[i].set);
		rangeset_free(&m->table[i].private);
	}
	free(m->table);
	free(m->win);
	idmap_free(&m->by_liobn);
}
