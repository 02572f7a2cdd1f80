// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ledger: which memory the hypervisor can see, who showed it, what was taken back, and what
 * went wrong in between. Only secure guests have one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"

#define STORM_RATE	500	/* conversions in one second that deserve a word */

const char *ledger__blind(const struct model *m)
{
	return m->has_hooks && !m->attached[DMS_HOOK_SHARE] ? "no hook on set_memory_decrypted" :
							      NULL;
}

/* The pool was shared when it was made, before anybody could look: assumed. */
int ledger__pool(struct model *m, const struct rec_pool *rec)
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

static void count_rate(struct model *m, uint64_t ts)
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
	if (l->sec_count == STORM_RATE)
		l->busy_secs++;
	if (l->sec_count >= STORM_RATE)
		evid_add(&l->storm, m->seq);
}

static int sharer_get(struct model *m, uint32_t stack, struct sharer **out)
{
	struct ledger *l = &m->ledger;
	uint32_t i = idmap_get(&l->by_stack, stack);

	*out = NULL;
	if (i == NONE) {
		if (l->sharers >= MAX_SHARERS)
			return 0;
		if (grow_array(&l->sharer, &l->sharer_cap, l->sharers, sizeof(*l->sharer)) ||
		    idmap_set(&l->by_stack, stack, l->sharers))
			return -ENOMEM;
		i = l->sharers++;
		l->sharer[i] = (struct sharer){ .stack = stack };
	}
	*out = &l->sharer[i];
	return 0;
}

/* set_memory_*crypted() returns 0 on powerpc whatever the ultravisor said; the ultracall told. */
static bool refused(struct model *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	bool bad = l->bad_ts && l->bad_cpu == ev->cpu && l->bad_pid == ev->pid &&
		   ev->ts >= l->bad_ts && ev->ts - l->bad_ts < NSEC / 100;

	if (bad)
		l->bad_ts = 0;		/* counted when it was seen */
	if (ev->ret) {
		if (!bad)
			evid_add(&l->failed, m->seq);
		l->fail_status = ev->ret;
	}
	return bad || ev->ret;
}

static void note_growth(struct model *m, uint64_t ts)
{
	struct ledger *l = &m->ledger;
	uint64_t more = l->set.bytes > l->assumed ? l->set.bytes - l->assumed : 0;

	growth_roll(&l->growth, ts, more);
}

static void set_growth(struct model *m)
{
	struct ledger *l = &m->ledger;

	growth_set(&l->growth, l->set.bytes > l->assumed ? l->set.bytes - l->assumed : 0);
}

static int share(struct model *m, const struct dms_event *ev)
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
		return 0;
	l->share_bytes += ev->size;
	if (s)
		s->shares++;
	if (!m->secure || (ev->flags & DMS_FL_NO_PHYS))
		return 0;
	note_growth(m, ev->ts);
	err = rangeset_add(&l->set, ev->phys, range_end(ev->phys, ev->size), &note);
	set_growth(m);
	return err;
}

static int unshare(struct model *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	uint64_t removed, end = range_end(ev->phys, ev->size);
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
	err = rangeset_del(&l->set, ev->phys, end, &removed);
	set_growth(m);
	if (err)
		return err;
	if (!removed)
		evid_add(&l->unshare_unknown, m->seq);
	else if (maptab_touching(&m->maps, ev->phys, ev->size))
		evid_add(&l->unshared_mapped, m->seq);
	return 0;
}

/* Memory in the allocator that the hypervisor still sees: whoever gets it next is exposed. */
static int freed_shared(struct model *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;
	uint32_t page = m->session.page_size ? m->session.page_size : 4096;
	struct range_note note = { .ts = ev->ts, .seq = m->seq, .stack = ev->stack, .pid = ev->pid,
				   .flags = SHARED_CONFIRMED | SHARED_FREED };

	evid_add(&l->freed_shared, m->seq);
	l->freed_pages += ev->size > page ? ev->size / page : 1;
	if (!m->secure || !rangeset_covered(&l->set, ev->phys, range_end(ev->phys, ev->size)))
		return 0;
	return rangeset_add(&l->set, ev->phys, range_end(ev->phys, ev->size), &note);
}

static void ucall(struct model *m, const struct dms_event *ev)
{
	struct ledger *l = &m->ledger;

	if (!ev->ret)
		return;
	evid_add(&l->failed, m->seq);
	l->fail_status = ev->ret;
	l->bad_ts = ev->ts;
	l->bad_cpu = ev->cpu;
	l->bad_pid = ev->pid;
}

int ledger__event(struct model *m, const struct dms_event *ev)
{
	switch (ev->type) {
	case DMS_EV_SHARE:
		return share(m, ev);
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

void model__ledger(const struct model *m, struct model_ledger *out)
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
	out->shared.estimate = ledger__blind(m) != NULL;
	out->shares = l->shares;
	out->unshares = l->unshares;
	out->share_bytes = l->share_bytes;
	out->unshare_bytes = l->unshare_bytes;
	out->failed.v = l->failed.count;
	if (m->session.guest == GUEST_PEF && m->has_hooks && !m->attached[DMS_HOOK_UCALL])
		out->failed.why = "no hook on the ultracall: the kernel hides its status";
	out->rate_max.v = l->rate_max;
	out->rate.v = m->now / NSEC > l->sec + 1 ? 0 :
		      m->now / NSEC > l->sec ? l->sec_count : l->last_count;
	out->rate_max.why = out->rate.why = ledger__blind(m);
	out->unshared_mapped = l->unshared_mapped.count;
	out->freed_shared = l->freed_pages;
	out->unshare_unknown = l->unshare_unknown.count;
}

int model__shared(const struct model *m, model_shared_fn fn, void *ctx)
{
	const struct rangeset *set = &m->ledger.set;
	const struct range_node *r;
	struct model_shared s;
	int ret;

	for (r = rangeset_next(set, 0); r; r = rangeset_next(set, r->end)) {
		s = (struct model_shared){
			.phys = r->start, .size = r->end - r->start, .ts = r->note.ts,
			.confirmed = r->note.flags & SHARED_CONFIRMED, .seq = r->note.seq,
			.stack = r->note.stack, .pid = r->note.pid,
			.caller = caller_name(m, r->note.stack),
		};
		ret = fn(ctx, &s);
		if (ret)
			return ret;
	}
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct model_sharer *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->shares < y->shares ? 1 : x->shares > y->shares ? -1 : 0;
}

size_t model__sharers(const struct model *m, struct model_sharer *out, size_t n)
{
	const struct ledger *l = &m->ledger;
	const struct range_node *r;
	size_t i, count = l->sharers + 1;
	struct model_sharer *all = calloc(count, sizeof(*all));

	if (!all)
		return 0;
	for (i = 0; i < l->sharers; i++)
		all[i] = (struct model_sharer){
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

void ledger__free(struct model *m)
{
	rangeset_free(&m->ledger.set);
	free(m->ledger.sharer);
	idmap_free(&m->ledger.by_stack);
}
