// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ledger: which memory the hypervisor can see, who showed it, what was taken back, and what
 * went wrong in between. Only secure guests have one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"
#include "util/names.h"

#define FREE_TAKES	(NSEC / 1000)	/* from its unshare to the end of a free */


/* Conversions are known to this point: why not, or NULL. */
static const char *why_blind(const struct state *m)
{
	return m->has_hooks && !m->attached[DMS_HOOK_SHARE] ? "no hook on set_memory_decrypted" :
							      NULL;
}

/* The pool was shared when it was made, before anybody could look: assumed. */
int ledger__pool(struct state *m, const struct rec_pool *rec)
{
	struct ledger *l = &m->ledger;
	struct range_note note = { 0 };
	const struct range_node *r;
	uint64_t at = rec->start;
	int err = 0;

	if (!m->secure || rec->end <= rec->start)
		return 0;
	while (!err && at < rec->end) {
		uint64_t to = rec->end;

		r = rangeset_next(&l->set, at);
		if (r && r->start < to)
			to = r->start;
		if (at < to) {
			err = rangeset_add(&l->set, at, to, &note);
			l->assumed += to - at;
			r = rangeset_next(&l->set, to);
		}
		at = r && r->start < rec->end ? r->end : rec->end;
	}
	return err;
}

static void count_rate(struct state *m, uint64_t ts)
{
	struct ledger *l = &m->ledger;
	uint64_t sec = ts / NSEC;

	if (sec > l->sec) {
		l->last_count = sec == l->sec + 1 ? l->sec_count : 0;
		l->sec = sec;
		l->sec_count = 0;
	}
	l->sec_count++;
	if (l->sec_count > l->rate_max)
		l->rate_max = l->sec_count;
	if (l->sec_count == LEDGER_STORM_RATE)
		l->busy_secs++;
	if (l->sec_count >= LEDGER_STORM_RATE)
		seen_add(&l->storm, m->seq);
}

static int sharer_get(struct state *m, uint32_t stack, struct sharer **out)
{
	struct ledger *l = &m->ledger;
	uint32_t i = idmap_get(&l->by_stack, stack);

	*out = NULL;
	if (i == NONE) {
		if (l->sharers >= MAX_SHARERS)
			return 0;
		if (GROW(l->sharer, l->sharer_cap, l->sharers) ||
		    idmap_set(&l->by_stack, stack, l->sharers))
			return -ENOMEM;
		i = l->sharers++;
		l->sharer[i] = (struct sharer){ .stack = stack };
	}
	*out = &l->sharer[i];
	return 0;
}

int ledger__task(struct state *m, uint32_t pid, const char *comm, uint32_t *task)
{
	struct ledger *l = &m->ledger;
	struct task t = { .pid = pid };
	uint64_t key;
	uint32_t i;

	*task = 0;
	snprintf(t.comm, sizeof(t.comm), "%.*s", DMS_COMM_LEN - 1, comm);
	if (!pid && !t.comm[0])
		return 0;
	key = pid;
	for (i = 0; i < DMS_COMM_LEN; i++)
		key = idmap_hash(key ^ (uint64_t)(unsigned char)t.comm[i] << 32);
	i = idmap_get(&l->by_task, key);
	if (i == NONE) {
		if (l->tasks >= MAX_TASKS)
			return 0;
		if (GROW(l->task, l->task_cap, l->tasks) ||
		    idmap_set(&l->by_task, key, l->tasks))
			return -ENOMEM;
		i = l->tasks++;
		l->task[i] = t;
	}
	*task = i + 1;
	return 0;
}

const char *ledger__comm(const struct state *m, uint32_t task)
{
	return task && m->ledger.task[task - 1].comm[0] ? m->ledger.task[task - 1].comm : NULL;
}

/* On powerpc set_memory_*crypted() always returns 0; only the ultracall reported the rejection. */
static bool refused(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	bool bad = l->bad_ts && l->bad_cpu == ev->cpu && l->bad_pid == ev->pid &&
		   ev->ts >= l->bad_ts && ev->ts - l->bad_ts < NSEC / 100;

	if (bad)
		l->bad_ts = 0;		/* counted when it was seen */
	if (ev->ret) {
		if (!bad)
			seen_add(&l->failed, m->seq);
		l->fail_status = ev->ret;
	}
	return bad || ev->ret;
}

/* Bytes shared beyond the pools. */
static uint64_t more_shared(const struct ledger *l)
{
	return l->set.bytes > l->assumed ? l->set.bytes - l->assumed : 0;
}

static void note_growth(struct state *m, uint64_t ts)
{
	growth_roll(&m->ledger.growth, ts, more_shared(&m->ledger));
}

static void set_growth(struct state *m)
{
	growth_set(&m->ledger.growth, more_shared(&m->ledger));
}

/* It was made private again since, by a record that came first. */
static int undo_unshared(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	uint64_t from, to, end = range_end(ev->phys, ev->size);
	uint32_t i;
	int err = 0;

	for (i = 0; i < LATE && i < l->n_unshared && !err; i++) {
		const struct unshared *u = &l->unshared[i];

		from = u->from > ev->phys ? u->from : ev->phys;
		to = u->to < end ? u->to : end;
		if (u->ts > ev->ts && from < to)
			err = rangeset_del(&l->set, from, to, NULL);
	}
	return err;
}

void ledger__mapped_private(struct state *m, uint32_t dev, const struct dms_event *ev,
			    uint64_t bytes)
{
	struct ledger *l = &m->ledger;

	l->early_map[l->n_early_map++ % LATE] = (struct early_map){
		.phys = ev->phys, .size = ev->size, .bytes = bytes, .ts = ev->ts, .seq = m->seq,
		.dev = dev, .direct = ev->path == DMS_PATH_DIRECT,
	};
}

/* Mappings that came before the share of their memory, and were made after it. */
static void excuse_maps(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	struct dev *d;
	uint32_t i;

	for (i = 0; i < LATE && i < l->n_early_map; i++) {
		struct early_map *e = &l->early_map[i];

		if (!e->seq || e->ts < ev->ts ||
		    rangeset_covered(&l->set, e->phys, range_end(e->phys, e->size)) < e->size)
			continue;
		d = m->dev[e->dev];
		if (d->ev[DE_PRIVATE].seen.count && d->pub.private_maps) {
			evid_take_back(&d->ev[DE_PRIVATE], e->seq);
			d->pub.private_maps--;
			d->pub.private_bytes -= e->bytes;
			d->private_direct -= e->direct;
		}
		e->seq = 0;
	}
}

/* A free undoes the sharing of its coherent memory first, which stays private, and ends later. */
static bool by_its_free(const struct state *m, const struct mapping *mp,
			const struct early_unshare *e, uint64_t ts)
{
	return mp->path == DMS_PATH_COHERENT && ts <= e->ts + FREE_TAKES &&
	       !ledger__shared(m, mp->phys, range_end(mp->phys, mp->size));
}

void ledger__unmapped(struct state *m, const struct mapping *mp, uint64_t ts)
{
	struct early_unshare *own = NULL;
	struct ledger *l = &m->ledger;
	uint32_t i;

	for (i = 0; i < LATE && i < l->n_early_unshare; i++) {
		struct early_unshare *e = &l->early_unshare[i];

		if (e->map_seq != mp->seq)
			continue;
		if (ts <= e->ts) {
			evid_take_back(&l->unshared_mapped, e->seq);
			e->map_seq = 0;
		} else if (by_its_free(m, mp, e, ts) && (!own || own->ts < e->ts)) {
			own = e;
		}
	}
	if (!own)
		return;
	evid_take_back(&l->unshared_mapped, own->seq);
	own->map_seq = 0;
}

/*
 * set_memory_decrypted() of several pages may fail after it has converted some of them, and in SNP
 * also that of one page: it changes the page's state before it splits a large page of the kernel's
 * mapping (arch/x86/mm/pat/set_memory.c). They are shared as far as is known, but nobody confirmed
 * it. An ultracall of PEF is for the whole range.
 */
static int maybe_shared(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	struct range_note note = {
		.ts = ev->ts, .seq = m->seq, .stack = ev->stack, .pid = ev->pid,
	};
	uint64_t end = range_end(ev->phys, ev->size);
	bool single = ev->size <= m->session.page_size &&
		      !dms_guest_is(m->session.guest, GT_SHARES_FIRST);

	if (!m->secure || dms_guest_is(m->session.guest, GT_ULTRACALLS) ||
	    ev->flags & DMS_FL_NO_PHYS || single ||
	    rangeset_covered(&l->set, ev->phys, end))
		return 0;
	l->assumed += ev->size;
	return rangeset_add(&l->set, ev->phys, end, &note);
}

/* Old traces name no hook. */
static enum dms_hook share_hook(const struct dms_event *ev)
{
	return ev->hook ? (enum dms_hook)ev->hook : DMS_HOOK_SHARE;
}

static int share(struct state *m, const struct dms_event *ev, const char *comm)
{
	struct ledger *l = &m->ledger;
	struct range_note note = { .ts = ev->ts, .seq = m->seq, .stack = ev->stack, .pid = ev->pid,
				   .flags = SHARED_CONFIRMED };
	struct sharer *s;
	int err = sharer_get(m, ev->stack, &s);

	if (err)
		return err;
	l->shares++;
	count_rate(m, ev->ts);
	if (refused(m, ev))
		return maybe_shared(m, ev);
	l->share_bytes += ev->size;
	if (s)
		s->shares++;
	/* vmalloc'ed, or the kernel hides where its linear map begins (kptr_restrict) */
	if (ev->flags & DMS_FL_NO_PHYS)
		coverage__unplaced(m->cover, share_hook(ev), ev->ts);
	if (!m->secure || (ev->flags & DMS_FL_NO_PHYS))
		return 0;
	note_growth(m, ev->ts);
	err = ledger__task(m, ev->pid, comm, &note.task);
	if (!err)
		err = rangeset_add(&l->set, ev->phys, range_end(ev->phys, ev->size), &note);
	if (!err)
		err = undo_unshared(m, ev);
	if (!err)
		excuse_maps(m, ev);
	set_growth(m);
	return err;
}

/* Keeps memory that was shared later, in a record that came first. */
static int take_out(struct state *m, const struct dms_event *ev, uint64_t *removed)
{
	struct ledger *l = &m->ledger;
	uint64_t at = ev->phys, to, n, end = range_end(ev->phys, ev->size);
	const struct range_node *r;
	int err = 0;

	for (*removed = 0; !err && at < end; at = to) {
		r = rangeset_next(&l->set, at);
		if (!r || r->start >= end)
			break;
		to = r->end < end ? r->end : end;
		if (r->note.ts > ev->ts)
			continue;
		err = rangeset_del(&l->set, r->start > at ? r->start : at, to, &n);
		*removed += n;
	}
	l->unshared[l->n_unshared++ % LATE] = (struct unshared){ ev->phys, end, ev->ts };
	return err;
}

static void check_mapped(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	const struct mapping *mp = maptab_touching(&m->maps, ev->phys, ev->size);

	if (!mp || mp->ts > ev->ts)
		return;
	evid_add_sure(m, &l->unshared_mapped, COVER_UNMAPS, mp->ts, ev->ts);
	l->early_unshare[l->n_early_unshare++ % LATE] = (struct early_unshare){
		.ts = ev->ts, .seq = m->seq, .map_seq = mp->seq,
	};
}

static int unshare(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	uint64_t removed;
	struct sharer *s;
	int err = sharer_get(m, ev->stack, &s);

	if (err)
		return err;
	l->unshares++;
	count_rate(m, ev->ts);
	if (refused(m, ev))
		return 0;		/* it stays visible */
	l->unshare_bytes += ev->size;
	if (s)
		s->unshares++;
	if (!m->secure || (ev->flags & DMS_FL_NO_PHYS))
		return 0;
	note_growth(m, ev->ts);
	err = take_out(m, ev, &removed);
	set_growth(m);
	if (err)
		return err;
	if (!removed)
		seen_add(&l->unshare_unknown, m->seq);
	else
		check_mapped(m, ev);
	return 0;
}

/* Memory in the allocator that the hypervisor still sees: whoever gets it next is exposed. */
static int freed_shared(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	uint32_t page = page_size_of(m);
	struct range_note note = { .ts = ev->ts, .seq = m->seq, .stack = ev->stack, .pid = ev->pid,
				   .flags = SHARED_CONFIRMED | SHARED_FREED };
	const struct range_node *r = rangeset_next(&l->set, ev->phys);
	uint64_t since = r && r->start <= ev->phys && r->note.ts ? r->note.ts : m->first_ts;

	if (evid_sure(m, COVER_UNSHARES, since, ev->ts))
		l->freed_pages += ev->size > page ? ev->size / page : 1;
	evid_add_sure(m, &l->freed_shared, COVER_UNSHARES, since, ev->ts);
	if (!m->secure || !rangeset_covered(&l->set, ev->phys, range_end(ev->phys, ev->size)))
		return 0;
	return rangeset_add(&l->set, ev->phys, range_end(ev->phys, ev->size), &note);
}

static void ucall(struct state *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;

	if (!ev->ret)
		return;
	seen_add(&l->failed, m->seq);
	l->fail_status = ev->ret;
	l->bad_ts = ev->ts;
	l->bad_cpu = ev->cpu;
	l->bad_pid = ev->pid;
}

int ledger__event(struct state *m, const struct dms_event *ev, const char *comm)
{
	switch (ev->type) {
	case DMS_EV_SHARE:
		return share(m, ev, comm);
	case DMS_EV_UNSHARE:
		return unshare(m, ev);
	case DMS_EV_FREED_SHARED:
		return freed_shared(m, ev);
	case DMS_EV_UCALL:
		ucall(m, ev);
		return 0;
	default:
		return 0;
	}
}

const struct seen *ledger__seen(const struct state *m, enum ledger_evid kind)
{
	const struct ledger *l = &m->ledger;
	const struct seen *of[] = {
		[LEDGER_FAILED] = &l->failed, [LEDGER_FREED] = &l->freed_shared.seen,
		[LEDGER_UNSHARED] = &l->unshared_mapped.seen, [LEDGER_STORM] = &l->storm,
	};

	return of[kind];
}

bool ledger__growth(const struct state *m, struct grown *out)
{
	return growth_monotonic(m, &m->ledger.growth, more_shared(&m->ledger), out);
}

uint64_t ledger__shared(const struct state *m, uint64_t phys, uint64_t end)
{
	return rangeset_covered(&m->ledger.set, phys, end);
}

/* Counts of conversions are not known, rather than 0, where no hook sees them. */
static void not_counted(const struct state *m, struct state_ledger *out)
{
	bool hidden = dms_guest_is(m->session.guest, GT_ULTRACALLS) && m->has_hooks &&
		      !m->attached[DMS_HOOK_UCALL];

	out->counted = out->shares || out->unshares || m->attached[DMS_HOOK_SHARE];
	if (hidden)
		out->failed.why = "no hook on the ultracall: the kernel hides its status";
	else if (!out->counted && !out->failed.v)
		out->failed.why = "no hook on set_memory_decrypted";
	if (!out->freed_shared.v && !(out->counted && m->attached[DMS_HOOK_PAGE_FREE]))
		out->freed_shared.why = "no hook on what is shared, or freed";
}

void state__ledger(const struct state *m, struct state_ledger *out)
{
	const struct ledger *l = &m->ledger;
	const struct range_node *r;

	memset(out, 0, sizeof(*out));
	out->secure = m->secure;
	for (r = rangeset_next(&l->set, 0); r; r = rangeset_next(&l->set, r->end))
		*(r->note.flags & SHARED_CONFIRMED ? &out->confirmed : &out->assumed) +=
			r->end - r->start;
	out->shared.v = out->kexec = l->set.bytes;
	if (!m->secure)
		out->shared.why = "not a secure guest";
	out->shared.estimate = why_blind(m) != NULL;
	out->shares = l->shares;
	out->unshares = l->unshares;
	out->shares_least = !state__counts_all(m, COVER_SHARES, 0);
	out->unshares_least = !state__counts_all(m, COVER_UNSHARES, 0);
	out->shared.least = out->shares_least || coverage__has_unplaced(m->cover, COVER_SHARES);
	out->failed.least = out->shares_least || out->unshares_least;
	out->share_bytes = l->share_bytes;
	out->unshare_bytes = l->unshare_bytes;
	out->failed.v = l->failed.count;
	out->rate_max.v = l->rate_max;
	out->rate.v = m->now / NSEC > l->sec + 1 ? 0 :
		      m->now / NSEC > l->sec ? l->sec_count : l->last_count;
	out->rate_max.why = out->rate.why = why_blind(m);
	out->unshared_mapped = l->unshared_mapped.seen.count;
	out->freed_shared.v = l->freed_pages;
	out->unshare_unknown = l->unshare_unknown.count;
	not_counted(m, out);
}

/* The stack of freed memory is that of its free. */
static const char *shared_by_heap(const struct state *m, const struct range_node *r)
{
	return r->note.flags & SHARED_FREED ? NULL : caller_heap(m, r->note.stack);
}

int state__shared(const struct state *m, state_shared_fn fn, void *ctx)
{
	const struct rangeset *set = &m->ledger.set;
	const struct range_node *r;
	struct state_shared s;
	int ret;

	for (r = rangeset_next(set, 0); r; r = rangeset_next(set, r->end)) {
		s = (struct state_shared){
			.phys = r->start, .size = r->end - r->start, .ts = r->note.ts,
			.confirmed = r->note.flags & SHARED_CONFIRMED, .seq = r->note.seq,
			.stack = r->note.stack, .pid = r->note.pid,
			.caller = caller_name(m, r->note.stack),
			.comm = ledger__comm(m, r->note.task),
			.heap = shared_by_heap(m, r),
		};
		ret = fn(ctx, &s);
		if (ret)
			return ret;
	}
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct state_sharer *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->shares < y->shares ? 1 : x->shares > y->shares ? -1 : 0;
}

size_t state__sharers(const struct state *m, struct state_sharer *out, size_t n)
{
	const struct ledger *l = &m->ledger;
	const struct range_node *r;
	size_t i, count = l->sharers + 1;
	struct state_sharer *all = calloc(count, sizeof(*all));

	if (!all)
		return 0;
	for (i = 0; i < l->sharers; i++)
		all[i] = (struct state_sharer){
			.caller = caller_name(m, l->sharer[i].stack), .stack = l->sharer[i].stack,
			.shares = l->sharer[i].shares, .unshares = l->sharer[i].unshares,
		};
	all[l->sharers].caller = "before the start";
	for (r = rangeset_next(&l->set, 0); r; r = rangeset_next(&l->set, r->end)) {
		i = l->sharers;
		if (r->note.flags & SHARED_CONFIRMED)
			i = idmap_get(&l->by_stack, r->note.stack);
		if (i < count)
			all[i].bytes += r->end - r->start;
	}
	qsort(all, count, sizeof(*all), by_bytes);
	while (count && !all[count - 1].bytes && !all[count - 1].shares && !all[count - 1].unshares)
		count--;
	if (n)
		memcpy(out, all, (count < n ? count : n) * sizeof(*all));
	free(all);
	return count;
}

static int by_heap_bytes(const void *a, const void *b)
{
	const struct state_heap_user *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

size_t state__heap_users(const struct state *m, struct state_heap_user *out, size_t n)
{
	const struct ledger *l = &m->ledger;
	/* by task; a heap with a name, one without */
	size_t places = 2 * ((size_t)l->tasks + 1), i, count = 0;
	struct state_heap_user *all = calloc(places, sizeof(*all));
	const struct range_node *r;
	const char *heap;

	if (!all)
		return 0;
	for (r = rangeset_next(&l->set, 0); r; r = rangeset_next(&l->set, r->end)) {
		heap = shared_by_heap(m, r);
		if (!heap)
			continue;
		i = 2 * (size_t)r->note.task + !*heap;
		all[i].heap = heap;
		all[i].comm = ledger__comm(m, r->note.task);
		all[i].pid = r->note.task ? r->note.pid : 0;
		all[i].bytes += r->end - r->start;
	}
	qsort(all, places, sizeof(*all), by_heap_bytes);
	while (count < places && all[count].bytes)
		count++;
	if (n)
		memcpy(out, all, (count < n ? count : n) * sizeof(*all));
	free(all);
	return count;
}

void ledger__doubt(struct state *m)
{
	evid_doubt(m, &m->ledger.unshared_mapped);
	if (!evid_doubt(m, &m->ledger.freed_shared))
		m->ledger.freed_pages = 0;
	evid_doubt(m, &m->indirect);
}

void ledger__begin_slice(struct state *m)
{
	struct ledger *l = &m->ledger;
	uint32_t i;

	l->shares = l->unshares = l->share_bytes = l->unshare_bytes = 0;
	memset(&l->failed, 0, sizeof(l->failed));
	memset(&l->unshared_mapped, 0, sizeof(l->unshared_mapped));
	memset(&l->freed_shared, 0, sizeof(l->freed_shared));
	memset(&l->unshare_unknown, 0, sizeof(l->unshare_unknown));
	memset(&l->storm, 0, sizeof(l->storm));
	memset(&l->growth, 0, sizeof(l->growth));
	l->n_early_map = l->n_early_unshare = 0;
	l->freed_pages = l->sec_count = l->last_count = l->rate_max = l->busy_secs = 0;
	for (i = 0; i < l->sharers; i++)
		l->sharer[i].shares = l->sharer[i].unshares = 0;
}

void ledger__free(struct state *m)
{
	rangeset_free(&m->ledger.set);
	free(m->ledger.sharer);
	idmap_free(&m->ledger.by_stack);
	free(m->ledger.task);
	idmap_free(&m->ledger.by_task);
}
