// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The door of the model: takes records, sends them to the file that understands them, and
 * answers what concerns the run as a whole. No knowledge of DMA lives here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"
#include "util/names.h"

void evid_add(struct evid *e, uint64_t seq)
{
	if (e->count < MODEL_FINDING_EVENTS)
		e->seq[e->count] = seq;
	e->count++;
}

void evid_take_back(struct evid *e, uint64_t seq)
{
	size_t i, n = e->count < MODEL_FINDING_EVENTS ? e->count : MODEL_FINDING_EVENTS;

	if (!e->count)
		return;
	e->count--;
	for (i = 0; i < n && e->seq[i] != seq; i++)
		;
	if (i == n)
		return;
	memmove(&e->seq[i], &e->seq[i + 1], (MODEL_FINDING_EVENTS - 1 - i) * sizeof(e->seq[0]));
	e->seq[MODEL_FINDING_EVENTS - 1] = 0;
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

bool growth_monotonic(const struct growth *g, uint64_t *from, uint64_t *to, uint64_t *ns)
{
	uint32_t i;

	if (g->n < 5)
		return false;
	/* The first piece is the filling of queues; every later one must have gained. */
	for (i = 2; i < g->n; i++)
		if (g->min[i] <= g->min[i - 1])
			return false;
	*from = g->min[1];
	*to = g->min[g->n - 1];
	*ns = (g->n - 2) * g->span;
	return true;
}

int grow_array(void *array, uint32_t *cap, uint32_t n, size_t size)
{
	void *p;
	uint32_t want = *cap ? *cap * 2 : 16;

	if (n < *cap)
		return 0;
	memcpy(&p, array, sizeof(p));
	p = realloc(p, want * size);
	if (!p)
		return -ENOMEM;
	memcpy(array, &p, sizeof(p));
	*cap = want;
	return 0;
}

struct model *model__new(const struct model_opts *opts)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	if (opts)
		m->opts = *opts;
	if (!m->opts.max_live || m->opts.max_live > UINT32_MAX / 2)
		m->opts.max_live = MODEL_MAX_LIVE;
	m->last_dev = NONE;
	m->slot_free = NONE;
	if (maptab_init(&m->maps, m->opts.max_live)) {
		model__free(m);
		return NULL;
	}
	return m;
}

void model__free(struct model *m)
{
	if (!m)
		return;
	maptab_free(&m->maps);
	devices__free(m);
	windows__free(m);
	pool__free(m);
	ledger__free(m);
	callers__free(m);
	free(m->hook);
	free(m);
}

static void feed_session(struct model *m, const struct rec_session *s)
{
	m->session = *s;
	m->has_session = true;
	m->secure = s->guest > GUEST_NONE && s->guest < GUEST_MAX;
	m->first_ts = m->now = s->start_ns;
}

static int feed_hook(struct model *m, const struct rec_hook *h)
{
	struct rec_hook *p;
	size_t i;

	m->has_hooks = true;
	if (h->id < DMS_HOOK_MAX && h->attach != ATTACH_NONE)
		m->attached[h->id] = true;
	for (i = 0; i < m->hooks; i++)
		if (m->hook[i].id == h->id && !strcmp(m->hook[i].symbol, h->symbol)) {
			m->hook[i] = *h;
			return 0;
		}
	if (m->hooks >= 4 * DMS_HOOK_MAX)
		return 0;
	p = realloc(m->hook, (m->hooks + 1) * sizeof(*p));
	if (!p)
		return -ENOMEM;
	m->hook = p;
	m->hook[m->hooks++] = *h;
	return 0;
}

static int feed_event(struct model *m, const struct dms_event *ev)
{
	m->seq++;
	if (ev->ts > m->now)
		m->now = ev->ts;
	if (!m->first_ts)
		m->first_ts = ev->ts;
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
	case DMS_EV_TCE_SET:
	case DMS_EV_TCE_CLEAR:
	case DMS_EV_HCALL:
		return windows__event(m, ev);
	case DMS_EV_SHARE:
	case DMS_EV_UNSHARE:
	case DMS_EV_UCALL:
	case DMS_EV_FREED_SHARED:
		return ledger__event(m, ev);
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

static void feed_gap(struct model *m, const struct rec_gap *gap)
{
	if (gap->trimmed) {
		m->trimmed += gap->lost;
	} else if (gap->hook < DMS_HOOK_MAX) {
		m->lost[gap->hook] += gap->lost;
		m->any_lost = true;
	}
}

static void feed_end(struct model *m, const struct rec_end *end)
{
	m->end = *end;
	m->has_end = true;
	if (end->ts > m->now)
		m->now = end->ts;
}

int model__feed(void *ctx, const struct dms_rec *rec)
{
	struct model *m = ctx;

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
		return feed_event(m, &rec->event);
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
	case REC_LOOK:
		return mappings__look(m, &rec->look);
	default:
		return 0;
	}
}

size_t model__memory(const struct model *m)
{
	size_t i, sum = sizeof(*m) + maptab_memory(&m->maps);

	sum += m->devs * sizeof(struct dev) + m->by_key.size * sizeof(struct idmap_cell);
	for (i = 0; i < m->tables; i++)
		sum += m->table[i].set.cap * sizeof(struct range_node);
	sum += m->table_cap * sizeof(*m->table) + m->win_cap * sizeof(*m->win);
	sum += m->slot_cap * sizeof(*m->slot) + m->by_slot.size * sizeof(struct idmap_cell);
	sum += m->ledger.set.cap * sizeof(struct range_node);
	sum += m->caller_cap * sizeof(*m->caller) + m->stack_cap * sizeof(*m->stack);
	return sum + m->stacks * sizeof(struct rec_stack);
}

uint64_t model__hook_lost(const struct model *m, enum dms_hook id)
{
	const struct dms_counts *c = &m->end.counts[id];
	uint64_t end = c->dropped + c->failed;

	return m->has_end && end > m->lost[id] ? end : m->lost[id];
}

bool hooks_lost(const struct model *m)
{
	unsigned int id;

	if (m->session.filter[0])
		return true;
	for (id = 0; id < DMS_HOOK_MAX; id++)
		if (model__hook_lost(m, id))
			return true;
	return false;
}

const struct rec_hook *model__hook(const struct model *m, size_t i)
{
	return i < m->hooks ? &m->hook[i] : NULL;
}

bool model__hook_attached(const struct model *m, enum dms_hook id)
{
	return id < DMS_HOOK_MAX && m->attached[id];
}

const char *hook_doubt(const struct model *m, enum dms_hook id)
{
	if (m->has_hooks && !m->attached[id])
		return "its hook is not attached";
	return model__hook_lost(m, id) ? "some of it was lost" : NULL;
}

void model__run(const struct model *m, struct model_run *out)
{
	unsigned int id;

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
	out->events = m->seq;
	for (id = 0; id < DMS_HOOK_MAX; id++)
		out->lost += model__hook_lost(m, id);
	out->trimmed = m->trimmed;
	out->untracked = m->maps.untracked;
	if (out->lost)
		out->incomplete = "observations were lost";
	else if (out->untracked)
		out->incomplete = "more live mappings than the model may keep";
	else if (m->has_end && !m->end.complete)
		out->incomplete = "the source says its counts do not add up";
	out->complete = !out->incomplete;
}

unsigned int kernel_version(const struct model *m)
{
	unsigned int major, minor;

	if (!m->has_session || sscanf(m->session.kernel, "%3u.%2u", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}
