// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Live mappings as a reader wants them: filtered, sorted, neighbours joined into runs. Asking
 * costs a sort; nothing here runs while records come in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

struct walk {
	const struct state *m;
	const struct state_range_filter *f;
	state_range_fn fn;
	void *ctx;
	uint64_t total;
	struct state_range run;
	uint64_t run_end, covered;	/* of the run: first byte after it, bytes shared */
	bool open, covered_known;
	uint64_t grain;
	const struct slot *slot;	/* that covers the address asked for, or NULL */
};

/* Memory the device really reaches: the slot of a bounced mapping, else what was mapped. */
static bool reached(const struct state *m, const struct mapping *mp, uint64_t *phys)
{
	const struct dev *d = m->dev[mp->dev];

	if (mp->path == DMS_PATH_BOUNCED) {
		*phys = mp->dma - (dev_knows(d, DMS_DS_OFFSET) ? d->rec.st.dma_offset : 0);
		return dev_knows(d, DMS_DS_OFFSET) || pool__contains(m, *phys);
	}
	*phys = mp->phys;
	return !(mp->flags & DMS_FL_NO_PHYS);
}

/*
 * By its DMA address, by its memory, or by its slot: the slot's address is not in every DMA address
 * (realms set a bit in it), but the slot knows which memory it holds.
 */
static bool covers(const struct state *m, const struct mapping *mp, const struct slot *s,
		   uint64_t addr, uint64_t len)
{
	bool known = !(mp->flags & DMS_FL_NO_PHYS);
	uint64_t phys;

	if (range_overlaps(mp->dma, mp->size, addr, len) ||
	    (known && range_overlaps(mp->phys, mp->size, addr, len)))
		return true;
	if (mp->path == DMS_PATH_BOUNCED && s && s->dev == mp->dev && known && s->phys == mp->phys)
		return true;
	return reached(m, mp, &phys) && range_overlaps(phys, mp->size, addr, len);
}

bool mapping_covers(const struct state *m, const struct mapping *mp, uint64_t addr, uint64_t len)
{
	return covers(m, mp, pool__slot_at(m, addr), addr, len);
}

static bool wanted(const struct walk *w, const struct mapping *mp)
{
	const struct state_range_filter *f = w->f;
	uint64_t len = f && f->addr_len ? f->addr_len : 1;

	if (!f)
		return true;
	if (f->by_dev && w->m->dev[mp->dev]->pub.key != f->dev)
		return false;
	if (f->by_path && mp->path != f->path)
		return false;
	return !f->by_addr || covers(w->m, mp, w->slot, f->addr, len);
}

static _Thread_local const struct maptab *sort_tab;	/* qsort() takes no context */

static int by_place(const void *a, const void *b)
{
	const struct mapping *x = mapping_at(sort_tab, *(const uint32_t *)a);
	const struct mapping *y = mapping_at(sort_tab, *(const uint32_t *)b);

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->path != y->path)
		return x->path < y->path ? -1 : 1;
	if (x->dir != y->dir)
		return x->dir < y->dir ? -1 : 1;
	if (x->dma != y->dma)
		return x->dma < y->dma ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Two mappings in neighbouring pieces of this size are neighbours. */
static uint64_t grain_of(const struct state *m, const struct mapping *mp)
{
	const struct dev *d = m->dev[mp->dev];
	uint32_t i;

	if (mp->path == DMS_PATH_BOUNCED)
		return IO_TLB_SIZE;
	if (mp->path != DMS_PATH_TCE && mp->path != DMS_PATH_COHERENT)
		return 4096;
	for (i = 0; i < m->wins; i++)
		if (m->win[i].dev == d->pub.key && mp->dma >= m->win[i].base &&
		    mp->dma - m->win[i].base < m->win[i].size && m->win[i].page_shift &&
		    m->win[i].page_shift < 63 && m->win[i].use != WINDOW_DIRECT)
			return 1ULL << m->win[i].page_shift;
	if (dev_knows(d, DMS_DS_TABLE) && d->rec.st.table_page_shift &&
	    d->rec.st.table_page_shift < 63)
		return 1ULL << d->rec.st.table_page_shift;
	return 4096;
}

static int emit(struct walk *w)
{
	struct state_range *r = &w->run;

	if (!w->open)
		return 0;
	w->open = false;
	r->size = w->run_end - r->dma;
	if (w->m->secure && w->covered_known)
		r->shared = !w->covered ? STATE_SHARED_NO :
			    w->covered < r->bytes ? STATE_SHARED_PART : STATE_SHARED_YES;
	r->caller = caller_name(w->m, r->stack);
	w->total++;
	if (w->f && w->f->limit && w->total > w->f->limit)
		return 0;
	return w->fn(w->ctx, r);
}

static bool joins(const struct walk *w, const struct mapping *mp)
{
	const struct state_range *r = &w->run;

	if (!w->open || (w->f && w->f->each))
		return false;
	if (w->m->dev[mp->dev]->pub.key != r->dev || mp->path != r->path || mp->dir != r->dir)
		return false;
	return mp->dma / w->grain <= (w->run_end - 1) / w->grain + 1;
}

static void start_run(struct walk *w, const struct mapping *mp)
{
	bool known = !(mp->flags & DMS_FL_NO_PHYS);

	w->run = (struct state_range){
		.dev = w->m->dev[mp->dev]->pub.key, .path = mp->path, .dir = mp->dir,
		.dma = mp->dma, .phys = known ? mp->phys : 0, .phys_known = known,
		.oldest = mp->ts, .newest = mp->ts, .seq = mp->seq, .stack = mp->stack,
		.pid = mp->pid,
	};
	w->run_end = range_end(mp->dma, mp->size ? mp->size : 1);
	w->grain = grain_of(w->m, mp);
	w->covered = 0;
	w->covered_known = true;
	w->open = true;
}

/* Bytes of a mapping that are shared with the hypervisor; false: not known. */
static bool shared_bytes(const struct state *m, const struct mapping *mp, uint64_t *bytes)
{
	int says = dma_says_shared(m, mp->dma, mp->path);
	uint64_t phys;

	*bytes = 0;
	if (says >= 0) {
		*bytes = mp->size * (uint64_t)says;
		return true;
	}
	if (!reached(m, mp, &phys))
		return false;
	if (m->secure)
		*bytes = ledger__shared(m, phys, range_end(phys, mp->size));
	return true;
}

static void add_to_run(struct walk *w, const struct mapping *mp)
{
	struct state_range *r = &w->run;
	uint64_t shared, end = range_end(mp->dma, mp->size ? mp->size : 1);

	if (r->count && r->phys_known && mp->phys - r->phys != mp->dma - r->dma)
		r->scattered = true;
	if (mp->ts < r->oldest) {
		r->oldest = mp->ts;
		r->seq = mp->seq;
		r->stack = mp->stack;
		r->pid = mp->pid;
	}
	if (mp->ts > r->newest)
		r->newest = mp->ts;
	r->count++;
	r->bytes += mp->size;
	if (end > w->run_end)
		w->run_end = end;
	if (!shared_bytes(w->m, mp, &shared))
		w->covered_known = false;
	w->covered += shared;
}

static int walk_live(struct walk *w)
{
	const struct maptab *t = &w->m->maps;
	uint32_t *ids = malloc((t->live + 1) * sizeof(*ids));
	const struct mapping *mp;
	size_t n = 0, i;
	uint32_t id = 0;
	int ret = 0;

	if (!ids)
		return -ENOMEM;
	while ((mp = maptab_next(t, &id)))
		if (wanted(w, mp))
			ids[n++] = id - 1;
	sort_tab = t;
	qsort(ids, n, sizeof(*ids), by_place);
	for (i = 0; i < n && !ret; i++) {
		mp = mapping_at(t, ids[i]);
		if (!joins(w, mp)) {
			ret = emit(w);
			start_run(w, mp);
		}
		add_to_run(w, mp);
	}
	free(ids);
	return ret ? ret : emit(w);
}

/* Found at the start: a run of slots or TCEs; of slots the memory behind may be known. */
static int emit_old(struct walk *w, struct state_range *r)
{
	const struct state_range_filter *f = w->f;
	uint64_t len = f && f->addr_len ? f->addr_len : 1;

	if (f && f->by_path && f->path != r->path)
		return 0;
	if (f && f->by_addr && !range_overlaps(r->dma, r->size, f->addr, len) &&
	    !(r->phys && range_overlaps(r->phys, r->size, f->addr, len)))
		return 0;
	w->total++;
	if (f && f->limit && w->total > f->limit)
		return 0;
	r->dir = DMS_DIR_NONE;
	r->bytes = r->size;
	r->preexisting = true;
	r->phys_known = r->phys != 0;
	return w->fn(w->ctx, r);
}

/* Devices may share a table: listed once, unless one of them is asked for. */
static bool told(const struct walk *w, uint32_t win)
{
	uint32_t i;

	if (w->f && w->f->by_dev)
		return false;
	for (i = 0; i < win; i++)
		if (w->m->win[i].liobn == w->m->win[win].liobn && !w->m->win[i].removed)
			return true;
	return false;
}

/*
 * The owner of a TCE set before the start is not recorded: it is the table's device, if only one
 * ever had it. 0: one of several, a removed one may have left it behind.
 */
static uint64_t only_user(const struct state *m, uint32_t win)
{
	uint32_t i;

	for (i = 0; i < m->wins; i++)
		if (m->win[i].liobn == m->win[win].liobn && m->win[i].dev != m->win[win].dev)
			return 0;
	return m->win[win].dev;
}

static int walk_old_tces(struct walk *w)
{
	const struct state *m = w->m;
	const struct range_node *r;
	const struct table *t;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < m->wins && !ret; i++) {
		const struct rec_window *win = &m->win[i];
		struct state_range out = { .path = DMS_PATH_TCE, .liobn = win->liobn };

		t = table_find(m, win->liobn);
		if (!t || !t->snapshot || win->removed || told(w, i) ||
		    (w->f && w->f->by_dev && w->f->dev != win->dev))
			continue;
		out.dev = only_user(m, i);
		for (r = rangeset_next(&t->set, 0); r && !ret; r = rangeset_next(&t->set, r->end)) {
			out.dma = r->start;
			out.size = r->end - r->start;
			if (r->note.flags)
				ret = emit_old(w, &out);
		}
	}
	return ret;
}

static int by_addr(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Slots from before the start, sorted; NULL: none, or no memory (*err). */
static struct slot *old_slots(const struct state *m, size_t *n, int *err)
{
	struct slot *s;
	size_t count = 0;
	uint32_t i;

	*n = 0;
	*err = 0;
	for (i = 0; i < m->slots_used; i++)
		count += m->slot[i].used && m->slot[i].preexisting;
	s = count ? malloc(count * sizeof(*s)) : NULL;
	if (count && !s)
		*err = -ENOMEM;
	if (!s)
		return NULL;
	for (i = 0; i < m->slots_used; i++)
		if (m->slot[i].used && m->slot[i].preexisting)
			s[(*n)++] = m->slot[i];
	qsort(s, *n, sizeof(*s), by_addr);
	return s;
}

static int walk_old_slots(struct walk *w)
{
	const struct state *m = w->m;
	bool each = w->f && (w->f->each || w->f->by_addr);
	size_t n, i, first = 0;
	uint64_t end;
	int ret;
	struct slot *s = old_slots(m, &n, &ret);

	for (i = 0; i < n && !ret; i++) {
		struct state_range out = { .dev = m->dev[s[i].dev]->pub.key,
					   .path = DMS_PATH_BOUNCED, .dma = s[first].addr };

		end = s[i].addr + (uint64_t)s[i].nslots * IO_TLB_SIZE;
		if (!each && i + 1 < n && s[i + 1].dev == s[i].dev && s[i + 1].addr == end)
			continue;
		out.size = end - out.dma;
		out.phys = first == i ? s[i].phys : 0;
		if (!w->f || !w->f->by_dev || w->f->dev == out.dev)
			ret = emit_old(w, &out);
		first = i + 1;
	}
	free(s);
	return ret;
}

int state__ranges(const struct state *m, const struct state_range_filter *f,
		  state_range_fn fn, void *ctx, uint64_t *total)
{
	struct walk w = { .m = m, .f = f, .fn = fn, .ctx = ctx };
	int ret;

	w.slot = f && f->by_addr ? pool__slot_at(m, f->addr) : NULL;
	ret = walk_live(&w);

	if (!ret)
		ret = walk_old_tces(&w);
	if (!ret)
		ret = walk_old_slots(&w);
	if (total)
		*total = w.total;
	return ret;
}

static int keep_range(void *ctx, const struct state_range *r)
{
	struct state_range *to = ctx;

	*to = *r;
	return 0;
}

bool state__gone(const struct state *m, struct state_range *out, uint64_t *unmapped)
{
	struct walk w = { .m = m, .fn = keep_range, .ctx = out };

	if (!m->gone_ts)
		return false;
	start_run(&w, &m->gone);
	add_to_run(&w, &m->gone);
	emit(&w);
	*unmapped = m->gone_ts;
	return true;
}

const char *state__range_owner(const struct state *m, const struct state_range *r, char *buf,
			       size_t n)
{
	if (r->dev)
		snprintf(buf, n, "%s", state__dev_name(m, r->dev));
	else if (r->liobn)
		snprintf(buf, n, "(a device of LIOBN 0x%x)", r->liobn);
	else
		snprintf(buf, n, "any device");
	return buf;
}
