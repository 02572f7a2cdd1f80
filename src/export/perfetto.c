// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Records as Chrome trace events. Rules of that format that are not obvious: slices that may
 * overlap have to be async ("b", "e"), matched by category and id, so each device and path has
 * lanes that are used again; ts is in microseconds; pid and tid are small numbers of our own;
 * displayTimeUnit comes first; a counter has one number.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "trace/fields.h"
#include "trace/json.h"
#include "export/perfetto.h"
#include "util/grow.h"
#include "util/names.h"
#include "words/words.h"

#define PID_GUEST	1
#define PID_DEVICE	2	/* the first device; the others follow */
#define TID		1	/* of instants */
#define POOLS		8	/* counters for that many pools */
#define TICK_NS		1000000

struct lanes {
	uint32_t next;		/* never used so far */
	uint32_t *unused;	/* free for reuse */
	size_t n, cap;
};

struct dev {
	uint64_t key;
	unsigned int pid;
	char name[2 * DMS_NAME_LEN];	/* as written, "" = not yet */
	uint64_t mapped;	/* bytes, as written last */
	struct lanes lanes[DMS_PATH_MAX];
	UT_hash_handle hh;
};

struct live_key {
	uint64_t dev, dma, coherent;
};

struct live {
	struct live_key key;
	struct live *older;	/* of the same key: memory that is mapped twice */
	struct dev *dev;
	uint64_t ts;
	uint32_t lane;
	uint8_t path;
	UT_hash_handle hh;
};

struct perfetto {
	struct json j;
	struct out *out;
	struct state *m;
	struct dev *devs;
	struct live *live;
	uint64_t max_bytes, tick_ns;
	uint64_t start, now, next_tick;
	uint64_t shared, pool[POOLS];	/* as written last */
	uint64_t left_out;
	unsigned int next_pid;
	bool began;
	struct rec_slice slice;	/* to 0: all of the time */
};

int perfetto__new(struct perfetto **out, struct out *o, struct state *m,
		  const struct perfetto_opts *opts)
{
	struct perfetto *p = calloc(1, sizeof(*p));

	*out = p;
	if (!p)
		return -ENOMEM;
	p->out = o;
	p->m = m;
	p->max_bytes = opts && opts->max_bytes ? opts->max_bytes : PERFETTO_MAX_BYTES;
	p->tick_ns = opts && opts->tick_ns ? opts->tick_ns : TICK_NS;
	p->next_pid = PID_DEVICE;
	p->shared = UINT64_MAX;
	memset(p->pool, 0xff, sizeof(p->pool));
	json__init(&p->j, o);
	return 0;
}

static void free_chain(struct live *l)
{
	for (struct live *older; l; l = older) {
		older = l->older;
		free(l);
	}
}

void perfetto__free(struct perfetto *p)
{
	struct live *l, *ltmp;
	struct dev *d, *dtmp;

	if (!p)
		return;
	HASH_ITER(hh, p->live, l, ltmp) {
		HASH_DEL(p->live, l);
		free_chain(l);
	}
	HASH_ITER(hh, p->devs, d, dtmp) {
		HASH_DEL(p->devs, d);
		for (int i = 0; i < DMS_PATH_MAX; i++)
			free(d->lanes[i].unused);
		free(d);
	}
	free(p);
}

/* Microseconds after the start, never before it. */
static void put_ts(struct perfetto *p, uint64_t ts)
{
	int64_t t = (int64_t)(ts - p->start);

	json__milli(&p->j, "ts", t > 0 ? t : 0);
}

/* Members of each event, including those that only the letter of the format requires. */
static void begin(struct perfetto *p, const char *ph, const char *name, const char *cat,
		  unsigned int pid, uint64_t ts)
{
	json__begin_object(&p->j, NULL);
	json__str(&p->j, "ph", ph);
	json__str(&p->j, "name", name);
	json__str(&p->j, "cat", cat);
	json__int(&p->j, "pid", pid);
	json__int(&p->j, "tid", TID);
	put_ts(p, ts);
}

static int end(struct perfetto *p)
{
	json__end_object(&p->j);
	return out__end_line(p->out);
}

static void metadata(struct perfetto *p, unsigned int pid, const char *what, const char *key,
		     const char *value)
{
	begin(p, "M", what, "__metadata", pid, p->start);
	json__begin_object(&p->j, "args");
	json__str(&p->j, key, value);
	json__end_object(&p->j);
	end(p);
}

static void sort_index(struct perfetto *p, unsigned int pid)
{
	begin(p, "M", "process_sort_index", "__metadata", pid, p->start);
	json__begin_object(&p->j, "args");
	json__int(&p->j, "sort_index", pid);
	json__end_object(&p->j);
	end(p);
}

static int header(struct perfetto *p, const struct rec_session *s)
{
	p->began = true;
	p->start = s ? s->start_ns : 0;
	json__begin_object(&p->j, NULL);
	json__str(&p->j, "displayTimeUnit", "ns");
	json__begin_array(&p->j, "traceEvents");
	out__end_line(p->out);
	metadata(p, PID_GUEST, "process_name", "name", "guest");
	metadata(p, PID_GUEST, "thread_name", "name", "events");
	sort_index(p, PID_GUEST);
	return p->out->err;
}

/* "0000:00:01.0 virtio-blk vda", as soon as that is known. */
static void name_dev(struct perfetto *p, struct dev *d)
{
	const struct state_dev *md = state__dev_by_key(p->m, d->key);
	const char *kind = md && md->rec ? md->rec->kind : "";
	char name[sizeof(d->name)];

	snprintf(name, sizeof(name), "%.63s%s%.63s",
		 d->key ? state__dev_name(p->m, d->key) : "no device", *kind ? " " : "", kind);
	if (!strcmp(name, d->name))
		return;
	strcpy(d->name, name);
	metadata(p, d->pid, "process_name", "name", d->name);
}

/* The device's process. NULL: no memory. */
static struct dev *find_dev(struct perfetto *p, uint64_t key)
{
	struct dev *d = NULL, *added;

	HASH_FIND(hh, p->devs, &key, sizeof(key), d);
	if (!d) {
		added = calloc(1, sizeof(*added));
		if (!added)
			return NULL;
		added->key = key;
		added->pid = p->next_pid++;
		HASH_ADD(hh, p->devs, key, sizeof(key), added);
		HASH_FIND(hh, p->devs, &key, sizeof(key), d);
		if (d != added) {
			free(added);
			return NULL;
		}
		sort_index(p, d->pid);
		metadata(p, d->pid, "thread_name", "name", "events");
	}
	name_dev(p, d);
	return d;
}

static uint32_t take_lane(struct lanes *l)
{
	return l->n ? l->unused[--l->n] : l->next++;
}

static int give_lane(struct lanes *l, uint32_t lane)
{
	if (GROW(l->unused, l->cap, l->n))
		return -ENOMEM;
	l->unused[l->n++] = lane;
	return 0;
}

/* The beginning or end of a slice, without its arguments; to be ended by end(). */
static void slice(struct perfetto *p, const char *ph, const struct live *l, uint64_t ts)
{
	const char *path = dms_path_name(l->path);

	begin(p, ph, path, path, l->dev->pid, ts);
	json__hex(&p->j, "id", (uint64_t)l->dev->pid << 40 | (uint64_t)l->path << 32 | l->lane);
}

static struct live_key key_of(const struct dms_event *ev)
{
	struct live_key k = { ev->dev, ev->dma,
			      ev->type == DMS_EV_ALLOC || ev->type == DMS_EV_FREE };

	return k;
}

/* Makes l, with all that is older, the newest of its key. Takes over l. */
static int set_newest(struct perfetto *p, struct live *l)
{
	struct live *found = NULL;

	HASH_ADD(hh, p->live, key, sizeof(l->key), l);
	HASH_FIND(hh, p->live, &l->key, sizeof(l->key), found);
	if (found == l)
		return 0;
	free_chain(l);
	return -ENOMEM;
}

/* Takes over l. */
static int remember(struct perfetto *p, struct live *l)
{
	HASH_FIND(hh, p->live, &l->key, sizeof(l->key), l->older);
	if (l->older)
		HASH_DEL(p->live, l->older);
	return set_newest(p, l);
}

static void args_of(struct perfetto *p, const struct dms_event *ev)
{
	const struct rec_stack *s = ev->stack ? state__stack(p->m, ev->stack) : NULL;

	json__begin_object(&p->j, "args");
	json__u64(&p->j, "size", ev->size);
	if (ev->dma && ev->dma != DMS_DMA_ERROR)
		json__hex(&p->j, "dma", ev->dma);
	if (ev->phys)
		json__hex(&p->j, "phys", ev->phys);
	if (trace_aux[ev->type] == TA_SLOT && ev->aux && ev->aux != DMS_DMA_ERROR)
		json__hex(&p->j, "slot", ev->aux);
	if (trace_fields[ev->type] & TF_DIR)
		json__str(&p->j, "dir", dms_dir_name(ev->dir));
	if (ev->pid)
		json__int(&p->j, "pid", ev->pid);
	for (uint32_t i = 0; s && i < s->depth && i < 6; i++) {
		char name[] = { 'f', 'r', 'a', 'm', 'e', (char)('0' + i), 0 };

		json__str(&p->j, name, s->frame[i]);
	}
	if (ev->flags & DMS_FL_PREEXISTING)
		json__str(&p->j, "older", "than the start");
	json__end_object(&p->j);
}

static bool full(struct perfetto *p)
{
	return p->out->plain + (uint64_t)(p->out->p - p->out->buf) > p->max_bytes;
}

static int map(struct perfetto *p, const struct dms_event *ev)
{
	unsigned int path = ev->type == DMS_EV_ALLOC ? DMS_PATH_COHERENT :
			    ev->path < DMS_PATH_MAX ? ev->path : DMS_PATH_UNKNOWN;
	struct live *l;
	int err;

	if (full(p)) {
		p->left_out++;
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->dev = find_dev(p, ev->dev);
	if (!l->dev) {
		free(l);
		return -ENOMEM;
	}
	l->key = key_of(ev);
	l->path = (uint8_t)path;
	l->ts = ev->ts;
	l->lane = take_lane(&l->dev->lanes[path]);
	err = remember(p, l);
	if (err)
		return err;
	slice(p, "b", l, ev->ts);
	args_of(p, ev);
	return end(p);
}

static int unmap(struct perfetto *p, const struct dms_event *ev)
{
	struct live_key k = key_of(ev);
	struct live *l = NULL, *older;
	int err;

	HASH_FIND(hh, p->live, &k, sizeof(k), l);
	if (!l)
		return 0;	/* older than the start, or left out */
	older = l->older;
	HASH_DEL(p->live, l);
	slice(p, "e", l, ev->ts > l->ts ? ev->ts : l->ts);
	err = end(p);
	if (!err)
		err = give_lane(&l->dev->lanes[l->path], l->lane);
	free(l);
	if (older && err)
		free_chain(older);
	else if (older)
		err = set_newest(p, older);
	return err;
}

/* An instant: of the device if there is one, else of the guest. */
static int begin_instant(struct perfetto *p, const char *name, const char *cat, uint64_t dev,
			 uint64_t ts)
{
	struct dev *d = dev ? find_dev(p, dev) : NULL;

	if (dev && !d)
		return -ENOMEM;
	begin(p, "i", name, cat, d ? d->pid : PID_GUEST, ts);
	json__str(&p->j, "s", d ? "t" : "g");
	return 0;
}

static int failure(struct perfetto *p, const struct dms_event *ev, const char *name)
{
	int err = begin_instant(p, name, "failure", ev->dev, ev->ts);

	if (err)
		return err;
	args_of(p, ev);
	return end(p);
}

static int decision(struct perfetto *p, const struct dms_event *ev)
{
	struct state_decision why;
	int err = begin_instant(p, dms_event_name(ev->type), "decision", ev->dev, ev->ts);

	if (err)
		return err;
	json__begin_object(&p->j, "args");
	json__hex(&p->j, "mask", ev->aux);
	json__int(&p->j, "result", ev->ret);
	if (!words__decision(p->m, ev->dev, &why))
		json__str(&p->j, "way", why.full);
	json__end_object(&p->j);
	return end(p);
}

static int counter(struct perfetto *p, unsigned int pid, const char *name, const char *what,
		   uint64_t v, uint64_t ts)
{
	begin(p, "C", name, "dma", pid, ts);
	json__begin_object(&p->j, "args");
	json__int(&p->j, what, v > INT64_MAX ? INT64_MAX : (int64_t)v);
	json__end_object(&p->j);
	return end(p);
}

/* Writes the counters that changed since they were last written. */
static int counters(struct perfetto *p, uint64_t ts)
{
	struct state_ledger led;
	struct state_pool pool;
	const struct state_dev *md;

	for (size_t i = 0; i < POOLS && state__pool(p->m, i, &pool); i++) {
		char name[DMS_NAME_LEN + 16];

		if (!mval_known(pool.used) || pool.used.v == p->pool[i])
			continue;
		p->pool[i] = pool.used.v;
		snprintf(name, sizeof(name), "pool slots %s", pool.rec.name);
		counter(p, PID_GUEST, name, "slots", pool.used.v, ts);
	}
	state__ledger(p->m, &led);
	if (led.secure && mval_known(led.shared) && led.shared.v != p->shared) {
		p->shared = led.shared.v;
		counter(p, PID_GUEST, "shared with the hypervisor", "bytes", p->shared, ts);
	}
	for (size_t i = 0; (md = state__dev(p->m, i)); i++) {
		uint64_t sum = 0;
		struct dev *d;

		for (int k = 0; k < DMS_PATH_MAX; k++)
			sum += md->live_bytes[k];
		HASH_FIND(hh, p->devs, &md->key, sizeof(md->key), d);
		if (!d || d->mapped == sum)	/* nothing of it is shown, or nothing new */
			continue;
		d->mapped = sum;
		counter(p, d->pid, "mapped bytes", "bytes", sum, ts);
	}
	return p->out->err;
}

static int event(struct perfetto *p, const struct dms_event *ev)
{
	switch (ev->type) {
	case DMS_EV_MAP:
	case DMS_EV_ALLOC:
		if (ev->dma == DMS_DMA_ERROR || ev->path == DMS_PATH_FAILED)
			return failure(p, ev, "mapping refused");
		return map(p, ev);
	case DMS_EV_LIVE:
		return ev->dma ? map(p, ev) : 0;
	case DMS_EV_UNMAP:
	case DMS_EV_FREE:
		return unmap(p, ev);
	case DMS_EV_MASK:
	case DMS_EV_DECIDE:
	case DMS_EV_BYPASS:
		return decision(p, ev);
	case DMS_EV_BOUNCE:
		return ev->aux == DMS_DMA_ERROR ? failure(p, ev, "no slot") : 0;
	case DMS_EV_TCE_SET:
		return ev->ret ? failure(p, ev, "TCE refused") : 0;
	case DMS_EV_FREED_SHARED:
		return failure(p, ev, "freed while shared");
	default:
		return 0;
	}
}

static int gap(struct perfetto *p, const struct rec_gap *g)
{
	int err = begin_instant(p, g->trimmed ? "older events discarded" : "events lost", "loss",
				0, g->ts);

	if (err)
		return err;
	json__begin_object(&p->j, "args");
	json__str(&p->j, "hook", dms_hook_name(g->hook));
	json__u64(&p->j, "count", g->lost);
	json__end_object(&p->j);
	return end(p);
}

int perfetto__put(void *ctx, const struct dms_rec *rec)
{
	struct perfetto *p = ctx;
	int err = state__feed(p->m, rec);

	if (!err && !p->began)
		err = header(p, rec->type == REC_SESSION ? &rec->session : NULL);
	if (err)
		return err;
	switch (rec->type) {
	case REC_DEVICE:
		return find_dev(p, rec->device.key) ? p->out->err : -ENOMEM;
	case REC_GAP:
		return gap(p, &rec->gap);
	case REC_SLICE:
		p->slice = rec->slice;
		return 0;
	case REC_EVENT:
		break;
	default:
		return p->out->err;
	}
	if (p->slice.to && (rec->event.ts < p->slice.from || rec->event.ts >= p->slice.to))
		return p->out->err;
	if (rec->event.ts > p->now)
		p->now = rec->event.ts;
	err = event(p, &rec->event);
	if (!err && p->now >= p->next_tick) {
		err = counters(p, p->now);
		p->next_tick = p->now + p->tick_ns;
	}
	return err;
}

static int findings(struct perfetto *p)
{
	struct state_finding *f;
	size_t n;
	int err = words__findings(p->m, &f, &n);

	for (size_t i = 0; !err && i < n; i++) {
		const struct rec_finding *r = &f[i].f;

		err = begin_instant(p, r->id, "finding", r->dev, r->ts ? r->ts : p->now);
		if (err)
			break;
		json__begin_object(&p->j, "args");
		json__str(&p->j, "severity", state__severity_name(r->severity));
		json__str(&p->j, "summary", r->summary);
		json__str(&p->j, "evidence", r->evidence);
		json__str(&p->j, "action", r->action);
		json__end_object(&p->j);
		err = end(p);
	}
	free(f);
	return err;
}

/* Mappings that are still live end with the trace. */
static void close_slices(struct perfetto *p)
{
	for (struct live *l = p->live; l; l = l->hh.next) {
		for (struct live *o = l; o; o = o->older) {
			slice(p, "e", o, p->now > o->ts ? p->now : o->ts);
			json__begin_object(&p->j, "args");
			json__str(&p->j, "end", "still mapped when the trace ended");
			json__end_object(&p->j);
			end(p);
		}
	}
}

static void labels(struct perfetto *p)
{
	struct state_decision why;

	for (struct dev *d = p->devs; d; d = d->hh.next)
		if (!words__decision(p->m, d->key, &why))
			metadata(p, d->pid, "process_labels", "labels", why.brief);
}

static void other_data(struct perfetto *p)
{
	struct state_run run;

	state__run(p->m, &run);
	json__begin_object(&p->j, "otherData");
	json__str(&p->j, "tool", "dmascope");
	if (run.session) {
		json__str(&p->j, "version", run.session->tool_version);
		json__str(&p->j, "kernel", run.session->kernel);
		json__str(&p->j, "guest", dms_guest_name(run.session->guest));
	}
	json__str(&p->j, "complete", run.complete ? "yes" : run.incomplete);
	json__u64(&p->j, "lost", run.lost);
	json__u64(&p->j, "mappings_left_out", p->left_out);
	json__end_object(&p->j);
}

int perfetto__finish(struct perfetto *p)
{
	int err = p->began ? 0 : header(p, NULL);

	if (!err)
		err = counters(p, p->now);
	if (!err)
		err = findings(p);
	if (err)
		return err;
	close_slices(p);
	labels(p);
	json__end_array(&p->j);
	other_data(p);
	json__end_object(&p->j);
	return json__end_line(&p->j);
}

uint64_t perfetto__left_out(const struct perfetto *p)
{
	return p->left_out;
}
