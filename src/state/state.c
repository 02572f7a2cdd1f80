// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The door of the model: takes records, sends them to the file that understands them, and
 * answers what concerns the run as a whole. No knowledge of DMA lives here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"
#include "util/names.h"

void seen_add(struct seen *s, uint64_t seq)
{
	if (s->count < EVIDENCE)
		s->seq[s->count] = seq;
	s->count++;
}

void evid_add_at(struct evid *e, uint64_t seq, uint64_t from, uint64_t to)
{
	if (e->seen.count < EVIDENCE) {
		e->from[e->seen.count] = from;
		e->to[e->seen.count] = to;
	}
	seen_add(&e->seen, seq);
}

bool evid_sure(const struct state *m, uint64_t hooks, uint64_t from, uint64_t to)
{
	return !hooks || coverage__whole_dev(m->cover, hooks, from, to, NULL);
}

void evid_add_sure(const struct state *m, struct evid *e, uint64_t hooks, uint64_t from,
		   uint64_t to)
{
	if (!evid_sure(m, hooks, from, to))
		return;
	e->hooks |= hooks;
	evid_add_at(e, m->seq, from, to);
}

static void evid_remove(struct evid *e, size_t i)
{
	size_t left = EVIDENCE - 1 - i;

	memmove(&e->seen.seq[i], &e->seen.seq[i + 1], left * sizeof(e->seen.seq[0]));
	memmove(&e->from[i], &e->from[i + 1], left * sizeof(e->from[0]));
	memmove(&e->to[i], &e->to[i + 1], left * sizeof(e->to[0]));
	e->seen.seq[EVIDENCE - 1] = 0;
	e->seen.count--;
}

bool evid_doubt(const struct state *m, struct evid *e)
{
	size_t i = 0;

	while (i < EVIDENCE && e->seen.seq[i])
		if (evid_sure(m, e->hooks, e->from[i], e->to[i]))
			i++;
		else
			evid_remove(e, i);
	if (!i)		/* those after the first few were not looked into */
		memset(e, 0, sizeof(*e));
	return i > 0;
}

void evid_take_back(struct evid *e, uint64_t seq)
{
	size_t i;

	for (i = 0; i < EVIDENCE && e->seen.seq[i] != seq; i++)
		;
	if (i < EVIDENCE)
		evid_remove(e, i);
	else if (e->seen.count)
		e->seen.count--;
}

#define GROWTH_FIRST	(NSEC / 2)

static void growth_join(struct growth *g)
{
	size_t i;

	for (i = 0; i < GROWTH_WINS / 2; i++)
		g->min[i] = g->min[2 * i] < g->min[2 * i + 1] ? g->min[2 * i] : g->min[2 * i + 1];
	g->n = GROWTH_WINS / 2;
	g->span *= 2;
}

void growth_roll(struct growth *g, uint64_t ts, uint64_t v)
{
	if (!g->n) {
		g->start = ts;
		g->span = GROWTH_FIRST;
		g->n = 1;
		g->min[0] = v;
		return;
	}
	while (ts > g->start && (ts - g->start) / g->span >= g->n) {
		if (g->n == GROWTH_WINS)
			growth_join(g);
		else
			g->min[g->n++] = v;
	}
}

void growth_set(struct growth *g, uint64_t v)
{
	if (g->n && v < g->min[g->n - 1])
		g->min[g->n - 1] = v;
}

bool growth_monotonic(const struct state *m, const struct growth *was, uint64_t v,
		      struct grown *out)
{
	struct growth g = *was;
	uint32_t i;

	growth_roll(&g, m->now, v);
	if (g.n < 5)
		return false;
	/* The first piece is the filling of queues; every later one must have gained. */
	for (i = 2; i < g.n; i++)
		if (g.min[i] <= g.min[i - 1])
			return false;
	*out = (struct grown){ .from = g.min[1], .to = g.min[g.n - 1], .now = v,
			       .ns = (g.n - 2) * g.span, .start = g.start };
	return true;
}

struct state *state__new(const struct state_opts *opts)
{
	struct state *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	if (opts)
		m->opts = *opts;
	if (!m->opts.max_live || m->opts.max_live > UINT32_MAX / 2)
		m->opts.max_live = STATE_MAX_LIVE;
	m->last_dev = NONE;
	m->decided = 1;
	m->slot_free = NONE;
	m->cover = coverage__new();
	if (!m->cover || maptab_init(&m->maps, m->opts.max_live)) {
		state__free(m);
		return NULL;
	}
	return m;
}

void state__free(struct state *m)
{
	if (!m)
		return;
	coverage__free(m->cover);
	maptab_free(&m->maps);
	faults__free(m);
	devices__free(m);
	windows__free(m);
	pool__free(m);
	ledger__free(m);
	callers__free(m);
	for (size_t i = 0; i < m->recordeds; i++)
		free(m->recorded[i]);
	free(m->hook);
	free(m);
}

static void feed_session(struct state *m, const struct rec_session *s)
{
	m->session = *s;
	m->has_session = true;
	m->secure = dms_guest_is(s->guest, GT_SECURE);
	m->first_ts = m->now = s->start_ns;
	coverage__session(m->cover, s);
}

static int feed_hook(struct state *m, const struct rec_hook *h)
{
	size_t i;

	m->has_hooks = true;
	coverage__hook(m->cover, h);
	if (h->id < DMS_HOOK_MAX && h->attach != ATTACH_NONE)
		m->attached[h->id] = true;
	for (i = 0; i < m->hooks; i++)
		if (m->hook[i].id == h->id && !strcmp(m->hook[i].symbol, h->symbol)) {
			m->hook[i] = *h;
			return 0;
		}
	if (m->hooks >= 4 * DMS_HOOK_MAX)
		return 0;
	if (GROW(m->hook, m->hook_cap, m->hooks))
		return -ENOMEM;
	m->hook[m->hooks++] = *h;
	return 0;
}

static int take_event(struct state *m, const struct dms_event *ev, const char *comm)
{
	switch (ev->type) {
	case DMS_EV_MAP:
	case DMS_EV_UNMAP:
	case DMS_EV_ALLOC:
	case DMS_EV_FREE:
		return mappings__event(m, ev);
	case DMS_EV_BOUNCE_REQ:
	case DMS_EV_BOUNCE:
	case DMS_EV_UNBOUNCE:
		return pool__event(m, ev);
	case DMS_EV_LIVE:
		return ev->aux ? pool__event(m, ev) : windows__event(m, ev);
	case DMS_EV_FAULT:
		return faults__event(m, ev);
	case DMS_EV_FREEZE:
		return faults__freeze(m, ev);
	case DMS_EV_DOMAIN_MAP:
	case DMS_EV_DOMAIN_UNMAP:
	case DMS_EV_DOMAIN_USE:
	case DMS_EV_FLUSH:
		return domains__event(m, ev, comm);
	case DMS_EV_TCE_SET:
	case DMS_EV_TCE_CLEAR:
	case DMS_EV_HCALL:
		return windows__event(m, ev);
	case DMS_EV_SHARE:
	case DMS_EV_UNSHARE:
	case DMS_EV_UCALL:
	case DMS_EV_FREED_SHARED:
		return ledger__event(m, ev, comm);
	case DMS_EV_MASK:
	case DMS_EV_DECIDE:
	case DMS_EV_BYPASS:
	case DMS_EV_DEVICE_ADD:
	case DMS_EV_DEVICE_DEL:
		return devices__event(m, ev);
	default:
		return 0;
	}
}

static int feed_event(struct state *m, const struct dms_rec *rec)
{
	const struct dms_event *ev = &rec->event;
	struct dms_event inner;
	int err = 0;

	m->seq++;
	m->seq_events++;
	if (ev->ts > m->now)
		m->now = ev->ts;
	if (ev->ts > m->hit && ev->hook != DMS_HOOK_SNAPSHOT)
		m->hit = ev->ts;
	if (!m->first_ts)
		m->first_ts = ev->ts;
	if (ev->also && state__also(ev, &inner))
		err = take_event(m, &inner, "");
	return err ? err : take_event(m, ev, rec->comm);
}

static void feed_gap(struct state *m, const struct rec_gap *gap)
{
	coverage__gap(m->cover, gap, m->now);
	if (gap->trimmed)
		m->trimmed += gap->lost;
	else
		m->any_lost = true;
	mappings__doubt(m);
	ledger__doubt(m);
	domains__doubt(m, gap->hook);
}

static void begin_slice(struct state *m)
{
	if (!m->sliced || m->in_slice)
		return;
	m->in_slice = true;
	m->seq_events = 0;
	devices__begin_slice(m);
	windows__begin_slice(m);
	pool__begin_slice(m);
	ledger__begin_slice(m);
	callers__begin_slice(m);
}

static void feed_end(struct state *m, const struct rec_end *end)
{
	begin_slice(m);
	m->end = *end;
	m->has_end = true;
	coverage__end(m->cover, end);
	mappings__doubt(m);
	ledger__doubt(m);
	if (end->ts > m->now)
		m->now = m->sliced && end->ts > m->slice.to ? m->slice.to : end->ts;
}

static void feed_cut(struct state *m)
{
	begin_slice(m);
	m->cut = true;
	m->sure = coverage__cut(m->cover, m->hit);
	mappings__doubt(m);
	ledger__doubt(m);
}

/* The time of a record, 0: it has none. */
static uint64_t time_of(const struct dms_rec *rec)
{
	switch (rec->type) {
	case REC_EVENT:
		return rec->event.ts;
	case REC_STATS:
		return rec->stats.ts;
	case REC_DEVICE:
		return rec->device.ts;
	case REC_WINDOW:
		return rec->window.ts;
	case REC_POOL:
		return rec->pool.ts;
	default:
		return 0;
	}
}

static bool is_listed(const struct dms_rec *rec)
{
	return rec->type == REC_DEVICE || rec->type == REC_WINDOW || rec->type == REC_POOL;
}

/* Does the record come after the slice? One within it may begin it. */
static bool is_beyond_slice(struct state *m, const struct dms_rec *rec)
{
	uint64_t ts = time_of(rec);

	if (!ts)
		return false;
	if (ts >= m->slice.to) {
		m->cut_in_list |= rec->type != REC_DEVICE && is_listed(rec) &&
				  m->seq == m->listed;
		begin_slice(m);
		m->now = m->slice.to;
		m->seq += rec->type == REC_EVENT;
		return true;
	}
	if (ts >= m->slice.from && (rec->type == REC_EVENT || rec->type == REC_STATS))
		begin_slice(m);
	return false;
}

static int feed_finding(struct state *m, const struct rec_finding *f)
{
	struct rec_finding *copy;

	if (m->recordeds == STATE_RECORDED_MAX)
		return 0;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *f;
	m->recorded[m->recordeds++] = copy;
	return 0;
}

const struct rec_finding *state__recorded(const struct state *m, size_t i)
{
	return i < m->recordeds ? m->recorded[i] : NULL;
}

int state__feed(void *ctx, const struct dms_rec *rec)
{
	struct state *m = ctx;

	if (m->sliced && is_beyond_slice(m, rec))
		return 0;
	if (is_listed(rec))
		m->listed = m->seq;
	switch (rec->type) {
	case REC_SESSION:
		feed_session(m, &rec->session);
		return 0;
	case REC_HOOK:
		return feed_hook(m, &rec->hook);
	case REC_DEVICE:
		return devices__record(m, &rec->device);
	case REC_WINDOW:
		return windows__record(m, &rec->window);
	case REC_POOL:
		return pool__record(m, &rec->pool);
	case REC_EVENT:
		return feed_event(m, rec);
	case REC_STACK:
		return callers__stack(m, &rec->stack);
	case REC_GAP:
		feed_gap(m, &rec->gap);
		return 0;
	case REC_STATS:
		return devices__stats(m, &rec->stats);
	case REC_END:
		feed_end(m, &rec->end);
		return 0;
	case REC_CUT:
		feed_cut(m);
		return 0;
	case REC_SLICE:
		m->slice = rec->slice;
		m->sliced = true;
		return 0;
	case REC_FINDING:
		return feed_finding(m, &rec->finding);
	case REC_LOOK:
		return mappings__look(m, &rec->look);
	default:
		return 0;
	}
}

size_t state__memory(const struct state *m)
{
	size_t i, sum = sizeof(*m) + maptab_memory(&m->maps);

	sum += m->devs * sizeof(struct dev) + m->by_key.size * sizeof(struct idmap_cell);
	for (i = 0; i < m->devs; i++)
		sum += m->dev[i]->user.cap * sizeof(struct range_node) +
		       m->dev[i]->pending.cap * sizeof(*m->dev[i]->pending.ts);
	for (i = 0; i < m->tables; i++)
		sum += m->table[i].set.cap * sizeof(struct range_node);
	sum += m->table_cap * sizeof(*m->table) + m->win_cap * sizeof(*m->win);
	sum += m->slot_cap * sizeof(*m->slot) + m->by_slot.size * sizeof(struct idmap_cell);
	sum += m->ledger.set.cap * sizeof(struct range_node);
	sum += m->caller_cap * sizeof(*m->caller) + m->stack_cap * sizeof(*m->stack);
	return sum + m->stacks * sizeof(struct rec_stack);
}

uint64_t state__hook_lost(const struct state *m, enum dms_hook id)
{
	return coverage__lost(m->cover, id);
}

const struct rec_hook *state__hook(const struct state *m, size_t i)
{
	return i < m->hooks ? &m->hook[i] : NULL;
}

bool state__hook_attached(const struct state *m, enum dms_hook id)
{
	return id < DMS_HOOK_MAX && m->attached[id];
}

#define ANSWER(type, name, answer) type name(const struct state *m) { return answer; }
ANSWER(const struct rec_session *, session_of, &m->session)
ANSWER(bool, is_secure, m->secure)
ANSWER(bool, has_tables, m->tce)
ANSWER(bool, counts_only, m->aggregates)
ANSWER(uint64_t, start_of, m->first_ts)
ANSWER(uint64_t, now_of, m->now)
ANSWER(uint32_t, page_size_of, m->session.page_size ? m->session.page_size : 4096)
ANSWER(const struct coverage *, coverage_of, m->cover)
ANSWER(bool, sees_masks, !m->has_hooks || m->attached[DMS_HOOK_SET_MASK])
ANSWER(bool, is_cut_in_list, m->cut_in_list || (m->cut && m->seq == m->listed))
ANSWER(bool, has_faults, m->faults)
ANSWER(bool, bounced_unasked, m->bounced_unasked)
ANSWER(uint32_t, dev_count, m->devs)
ANSWER(uint32_t, mapping_count, m->maps.live)
ANSWER(int64_t, ledger__fail_status, m->ledger.fail_status)
ANSWER(uint64_t, ledger__busy_secs, m->ledger.busy_secs)
ANSWER(const struct seen *, tce_indirect, &m->indirect.seen)

bool has_noforce(const struct state *m)
{
	const char *s;

	/* "swiotlb=65536,noforce" too */
	for (s = m->session.cmdline; (s = strstr(s, "swiotlb=")); s++)
		if (memmem(s, strcspn(s, " "), "noforce", strlen("noforce")))
			return true;
	return false;
}

bool state__pool_wants_force(const struct state *m)
{
	const struct rec_session *s = &m->session;

	return (s->swiotlb_force || dms_guest_is(s->guest, GT_POOL_ON_DEMAND)) && !has_noforce(m);
}

bool leave_out_end(const struct state *m, uint64_t from, uint64_t *to)
{
	if (!m->cut || *to != m->now || m->sure <= from)
		return false;
	*to = m->sure - 1;
	return true;
}

/* The start of counting: that of the run or of the slice. */
static uint64_t slice_start(const struct state *m)
{
	return m->sliced && m->slice.from > m->first_ts ? m->slice.from : m->first_ts;
}

bool state__counts_all(const struct state *m, uint64_t hooks, uint64_t dev)
{
	struct cover_hole hole;

	/* counted in the kernel: all but the hits that it had no place for, or no record */
	if (m->aggregates)
		return !coverage__lost_of(m->cover, hooks);
	if (dev)
		coverage__whole_dev(m->cover, hooks, slice_start(m), m->now, &hole);
	else
		coverage__whole(m->cover, hooks, slice_start(m), m->now, &hole);
	return hole.why == COVER_WHOLE || hole.why == COVER_UNREPORTED ||
	       hole.why == COVER_UNPLACED;
}

void state__run(const struct state *m, struct state_run *out)
{
	memset(out, 0, sizeof(*out));
	out->session = m->has_session ? &m->session : NULL;
	out->end = m->has_end ? &m->end : NULL;
	out->secure = m->secure;
	out->tce = m->tce;
	out->aggregates = m->aggregates;
	out->look_ts = m->look_ts;
	out->look_live = m->look_live;
	out->look_missing = m->look_missing;
	out->start = m->first_ts;
	out->now = m->now;
	out->sliced = m->sliced;
	out->from = slice_start(m);
	out->events = m->seq_events;
	out->lost = coverage__all_lost(m->cover);
	out->trimmed = m->trimmed;
	out->cut = m->cut;
	out->untracked = m->maps.untracked;
	if (out->lost)
		out->incomplete = "observations were lost";
	else if (out->untracked)
		out->incomplete = "more live mappings than the model may keep";
	else if (m->cut)
		out->incomplete = "cut off: no footer";
	else if (m->has_end && !m->end.complete)
		out->incomplete = "the source says its counts do not add up";
	out->complete = !out->incomplete;
}
