// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From raw wire records to the stream: names for devices, states merged into their device's record,
 * losses placed where they happened. stream.c reads the rings, devtable.c keeps the devices,
 * live_index.c reads the index of live mappings.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/devices.h"
#include "guest/kind.h"
#include "guest/pool.h"
#include "guest/windows.h"
#include "source/live_inside.h"
#include "util/clock.h"
#include "util/grow.h"
#include "util/names.h"

#define AGAIN_NS	(1000ULL * 1000 * 1000)
#define FORGET_NS	(5 * AGAIN_NS)	/* all symbols take 10 MB; most stacks come at the start */

/* ---- stacks ---- */

/* Frames of the probe itself: its program ("?") and the callers of that. */
static bool frame_is_ours(const char *frame)
{
	static const char *const ours[] = {
		"?", "bpf_", "__bpf_trace_", "trace_call_bpf", "kprobe_", "kretprobe_",
		"__kretprobe_", "rethook_", "arch_rethook_", "ftrace_", "aggr_pre_handler",
		"opt_pre_handler", "perf_", "__traceiter_", "trampoline_",
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strncmp(frame, ours[i], strlen(ours[i])))
			return true;
	return false;
}

static int on_stack(struct live *l, const struct dms_stack *s)
{
	struct dms_rec rec = { .type = REC_STACK };
	struct rec_stack *out = &rec.stack;

	out->id = s->id;
	symbols_refresh(l->syms);
	for (unsigned int i = 0; i < s->depth && i < DMS_STACK_DEPTH; i++) {
		symbols_format(l->syms, s->ip[i], out->frame[out->depth], DMS_NAME_LEN);
		if (out->depth || !frame_is_ours(out->frame[0]))
			out->depth++;
	}
	return l->sink(l->ctx, &rec);
}

/* ---- devices, windows, pool ---- */

static int emit_device(struct live *l, const struct rec_device *dev)
{
	struct dms_rec rec = { .type = REC_DEVICE, .device = *dev };

	return l->sink(l->ctx, &rec);
}

/* The state that comes with the next poll. */
static void read_state_again(struct live *l, uint64_t key)
{
	probe__devices_again(l->probe);
	devtable__touch(l->devs, key);
}

/* The events of a device pass where --device matches it. */
static int allow(struct live *l, const struct rec_device *dev)
{
	if (l->opts.device_glob && devtable__matches(dev, l->opts.device_glob))
		return probe__allow(l->probe, dev->key);
	return 0;
}

/*
 * The same when the device's state came. That of a new driver comes with the mask it sets, or with
 * its first mapping, and the link to the driver is there before its probe: really_probe(),
 * drivers/base/dd.c, 5.4 to 6.12. Waiting for the next read of drivers would lose the first second.
 */
static int allow_by_state(struct live *l, const struct rec_device *dev, uint32_t hook)
{
	const char *glob = l->opts.device_glob;

	if (!glob)
		return 0;
	/* our own reading of sysfs: the device was read right before */
	if (devtable__matches(dev, glob) || hook == DMS_HOOK_SNAPSHOT)
		return allow(l, dev);
	return devtable__matches_now(l->devs, dev->key, glob) ?
		       probe__allow(l->probe, dev->key) : 0;
}

/* A driver may change the domain, or how addresses are made, and --device may mean it. */
static int on_driver(void *ctx, const struct rec_device *dev)
{
	int err = allow(ctx, dev);

	if (err)
		return err;
	read_state_again(ctx, dev->key);
	return emit_device(ctx, dev);
}

/* The iommu_table of a device is a window too, unless the device tree had it already. */
static int window_of_state(struct live *l, const struct rec_device *dev)
{
	const struct dms_devstate *s = &dev->st;
	struct dms_rec rec = { .type = REC_WINDOW };
	struct rec_window *w = &rec.window;

	if (!(s->known & DMS_DS_TABLE) || devtable__has_window(l->devs, dev->key, s->liobn))
		return 0;
	w->dev = dev->key;
	w->liobn = s->liobn;
	w->page_shift = s->table_page_shift;
	w->kind = s->table_offset >> 32 ? WINDOW_DDW : WINDOW_DEFAULT;
	w->use = WINDOW_DYNAMIC;
	w->base = s->table_offset;
	w->size = s->table_size;
	w->ts = s->ts;
	snprintf(w->source, sizeof(w->source), "iommu_table");
	devtable__add_window(l->devs, dev->key, s->liobn);
	return l->sink(l->ctx, &rec);
}

/* A restricted pool, known from debugfs or new; NULL: there are too many. */
static struct rec_pool *own_pool(struct live *l, const struct dms_devstate *s)
{
	struct rec_pool *p = guest_pool_of_range(l->own, l->nown, s->pool_start, s->pool_nslabs);

	if (p || l->nown == LIVE_OWN_POOLS)
		return p;
	p = &l->own[l->nown++];
	snprintf(p->name, sizeof(p->name), "restricted %u", l->nown);
	return p;
}

/* The pool of a device; NULL: which one is not known, or there are too many. */
static struct rec_pool *known_pool(struct live *l, const struct dms_devstate *s)
{
	if (s->own_pool)
		return own_pool(l, s);
	if (!(s->known & DMS_DS_WHICH_POOL) &&
	    guest_pool_differs(&l->pool, s->pool_start, s->pool_nslabs))
		return NULL;
	return &l->pool;
}

static int pool_of_state(struct live *l, const struct dms_devstate *s)
{
	struct dms_rec rec = { .type = REC_POOL };
	struct rec_pool *p = known_pool(l, s);

	if (!(s->known & DMS_DS_POOL) || !p)
		return 0;
	if (p == &l->pool)
		l->pool_dev = s->dev;
	if (p->ts && p->start == s->pool_start && p->nslabs == s->pool_nslabs &&
	    p->force_bounce_known && (s->own_pool ||
				      !(l->want_use && s->known & DMS_DS_POOL_USED)))
		return 0;
	if (!s->own_pool)
		l->want_use = false;
	p->start = s->pool_start;
	p->end = s->pool_end;
	p->nslabs = s->pool_nslabs;
	p->slot_size = IO_TLB_SIZE;
	p->areas = s->pool_areas;
	p->force_bounce_known = s->known & DMS_DS_FORCE_BOUNCE;
	p->force_bounce = s->force_bounce;
	p->dynamic |= s->pool_grows;
	p->cc_shared_known = s->known & DMS_DS_CC_SHARED;
	p->cc_shared = s->cc_shared;
	p->used_known = s->known & DMS_DS_POOL_USED;
	p->used = s->pool_used;
	p->ts = s->ts;
	if (!p->name[0])
		snprintf(p->name, sizeof(p->name), "default");
	snprintf(p->source, sizeof(p->source), "device state");
	live__index_pool(l);
	rec.pool = *p;
	return l->sink(l->ctx, &rec);
}

static int on_state(struct live *l, const struct dms_devstate *s)
{
	struct rec_device *dev;
	struct symbol sym;
	uint64_t off;
	bool is_new;
	int err;

	if (!s->dev)
		return 0;
	dev = devtable__find_or_read(l->devs, s->dev, &is_new);
	if (!dev)
		return -ENOMEM;
	err = allow_by_state(l, dev, s->hook);
	if (err)
		return err;
	devtable__merge(dev, s);
	dev->ops[0] = '\0';
	if (s->known & DMS_DS_OPS && s->ops &&
	    !symbols_by_addr(l->syms, s->ops, &sym, &off) && !off)
		snprintf(dev->ops, sizeof(dev->ops), "%s", sym.name);
	dev->st.ops = !!s->ops;		/* no kernel address goes further */
	err = emit_device(l, dev);
	if (!err)
		err = window_of_state(l, dev);
	if (!err)
		err = pool_of_state(l, s);
	return err;
}

static int on_window(void *ctx, const struct dms_rec *rec)
{
	struct live *l = ctx;

	devtable__add_window(l->devs, rec->window.dev, rec->window.liobn);
	return l->sink(l->ctx, rec);
}

/* A window may have come or gone with a decision or a driver. */
static int windows_again(struct live *l, uint64_t key)
{
	char path[512];

	if (!key || guest_device_path("", key, path, sizeof(path)))
		return 0;
	return guest_windows_of("", path, key, on_window, l);
}

static int on_new_device(struct live *l, struct rec_device *dev)
{
	int err = allow(l, dev);

	return err ? err : emit_device(l, dev);
}

/* The device of a PCI requester id: bus << 8 | slot << 3 | function. NULL: it is no such id. */
static const struct rec_device *by_requester(const struct live *l, uint64_t aux)
{
	unsigned int segment = aux >> 16 & 0xffff, id = aux & 0xffff;
	char name[DMS_NAME_LEN];

	if (!(aux & DMS_FAULT_BY_ID))
		return NULL;
	snprintf(name, sizeof(name), "%04x:%02x:%02x.%x", segment, id >> 8, id >> 3 & 31, id & 7);
	return devtable__by_name(l->devs, name);
}

/*
 * An IOMMU has an id of the device only, which the kernel's side may not know. So --device is
 * applied here, and the hit counts as filtered: see count_filtered().
 */
static int on_fault(struct live *l, const struct dms_event *e)
{
	struct dms_rec rec = { .type = REC_EVENT, .event = *e };
	const struct rec_device *dev = by_requester(l, e->aux);

	if (l->opts.device_glob && !(dev && devtable__matches(dev, l->opts.device_glob))) {
		l->filtered[e->hook < DMS_HOOK_MAX ? e->hook : 0]++;
		return 0;
	}
	rec.event.dev = dev ? dev->key : 0;
	return l->sink(l->ctx, &rec);
}

static int on_event(struct live *l, const struct dms_event *e, const char *comm)
{
	struct rec_device *dev;
	struct dms_rec rec;	/* not cleared: it has 3 KiB, and events come by the million */
	bool is_new;
	int err = 0;

	rec.type = REC_EVENT;
	rec.event = *e;
	memset(rec.comm, 0, sizeof(rec.comm));
	if (comm)
		snprintf(rec.comm, sizeof(rec.comm), "%.*s", DMS_COMM_LEN - 1, comm);
	if (e->dev) {
		dev = devtable__find_or_read(l->devs, e->dev, &is_new);
		if (!dev)
			return -ENOMEM;
		if (is_new)
			err = on_new_device(l, dev);
		if (e->type == DMS_EV_DEVICE_DEL) {
			dev->removed = true;
			dev->ts = e->ts;
			err = err ? err : emit_device(l, dev);
		}
	}
	if (!err)
		err = l->sink(l->ctx, &rec);
	if (!err && (e->type == DMS_EV_BYPASS || e->type == DMS_EV_DECIDE))
		err = windows_again(l, e->dev);
	return err;
}

/* ---- IOMMU domains ---- */

static int add_use(void *ctx, const struct dms_domain_use *use)
{
	struct live *l = ctx;
	struct live_domain *d;
	uint32_t i;

	for (i = 0; i < l->domains && l->domain[i].dev != use->dev; i++)
		;
	if (i == l->domains) {
		if (!use->maps)
			return 0;
		if (GROW(l->domain, l->domain_cap, l->domains))
			return -ENOMEM;
		l->domain[l->domains++] = (struct live_domain){ .dev = use->dev };
	}
	d = &l->domain[i];
	d->maps += use->maps;
	d->bytes += use->map_bytes;
	return 0;
}

static int send_use(struct live *l, struct live_domain *d, uint64_t now)
{
	struct dms_event e = {
		.type = DMS_EV_DOMAIN_USE, .hook = DMS_HOOK_SNAPSHOT, .ts = now, .dev = d->dev,
		.size = d->bytes, .aux = d->maps,
	};

	if (d->maps == d->sent)
		return 0;
	d->sent = d->maps;
	return on_event(l, &e, NULL);
}

/* Counted in the kernel, as there is one for each mapping. */
static int domains_again(struct live *l, uint64_t now)
{
	uint32_t i;
	int err;

	for (i = 0; i < l->domains; i++)
		l->domain[i].maps = l->domain[i].bytes = 0;
	err = probe__domains(l->probe, add_use, l);
	for (i = 0; i < l->domains && !err; i++)
		err = send_use(l, &l->domain[i], now);
	return err;
}

static void forget_symbols(struct live *l, uint64_t now)
{
	if (now < l->forget_ns + FORGET_NS)
		return;
	l->forget_ns = now;
	symbols_forget(l->syms);
}

/* No event reports that a driver was bound or unbound: sysfs is read once a second. */
static int read_again(struct live *l, uint64_t now, bool at_once)
{
	int err;

	if (!at_once && now < l->again_ns + AGAIN_NS)
		return 0;
	l->again_ns = now;
	forget_symbols(l, now);
	err = devtable__drivers_again(l->devs, on_driver, l);
	return err ? err : domains_again(l, now);
}

/* ---- the stream ---- */

static int on_gap(struct live *l, const struct stream_gap *gap)
{
	struct dms_rec rec = { .type = REC_GAP, .gap = {
		.ts = gap->ts, .hook = gap->hook, .lost = gap->lost,
	} };

	return l->sink(l->ctx, &rec);
}

static int on_raw(void *ctx, const void *data, size_t size)
{
	const struct dms_event *e = data;
	struct live *l = ctx;

	switch (e->type) {
	case STREAM_GAP:
		return on_gap(l, data);
	case DMS_EV_STACK:
		return size < sizeof(struct dms_stack) ? 0 : on_stack(l, data);
	case DMS_EV_DEVSTATE:
		return size < sizeof(struct dms_devstate) ? 0 : on_state(l, data);
	case DMS_EV_SHARE:
	case DMS_EV_UNSHARE:
	case DMS_EV_DOMAIN_MAP:
		return on_event(l, e, size < sizeof(struct dms_share) ? NULL :
				      ((const struct dms_share *)data)->comm);
	case DMS_EV_FAULT:
		return e->dev ? on_event(l, e, NULL) : on_fault(l, e);
	default:
		return on_event(l, e, NULL);
	}
}

static int from_rings(void *from, stream_fn fn, void *ctx, bool *held)
{
	return probe__drain(from, fn, ctx, held);
}

static bool rings_pressed(const void *from)
{
	return probe__pressed(from);
}

static int hook_counts(const void *from, struct dms_counts counts[DMS_HOOK_MAX],
		       uint64_t pending[DMS_HOOK_MAX])
{
	return probe__counts(from, counts, pending);
}

static int stream_open(struct live *l)
{
	l->from = (struct stream_from){
		.drain = from_rings,
		.pressed = rings_pressed,
		.counts = hook_counts,
		/* in a task, a softirq, an irq, an NMI */
		.at_work = 4 * (uint64_t)sysconf(_SC_NPROCESSORS_CONF),
	};
	return stream__new(&l->stream, &l->from, l->probe, l->opts.spool_dir, on_raw, l);
}

int live__poll(struct live *l, int timeout_ms)
{
	int err = probe__wait(l->probe, live__behind(l) ? 0 : timeout_ms);

	if (!err || err == -EINTR)
		err = stream__turn(l->stream);
	/* what a driver did comes after what it had mapped */
	if (!err && !live__behind(l))
		err = read_again(l, clock_now(), false);
	return err;
}

bool live__behind(const struct live *l)
{
	return stream__behind(l->stream);
}

void live__drop(struct live *l)
{
	stream__drop(l->stream);
}

/* ---- the start ---- */

static int on_sysfs_device(void *ctx, const struct rec_device *dev, const char *path)
{
	struct live *l = ctx;
	struct rec_device *mine = devtable__put(l->devs, dev, path);

	return mine ? on_new_device(l, mine) : -ENOMEM;
}

static int on_pool(void *ctx, const struct dms_rec *rec)
{
	struct live *l = ctx;

	if (!strcmp(rec->pool.name, "default"))
		l->pool = rec->pool;
	else if (l->nown < LIVE_OWN_POOLS)
		l->own[l->nown++] = rec->pool;
	live__index_pool(l);
	return l->sink(l->ctx, rec);
}

static int snapshot_sysfs(struct live *l)
{
	int err = guest_devices_each("", on_sysfs_device, l);

	if (!err)
		err = guest_windows("", on_window, l);
	if (!err)
		err = guest_pools("", on_pool, l);
	return err;
}

/* Reading one attribute of each device makes the kernel pass it by our probe. */
static int snapshot_kernel(struct live *l)
{
	devtable__touch_all(l->devs);
	return stream__catch_up(l->stream);
}

static int on_in_use(void *ctx, const void *data, size_t size)
{
	struct live *l = ctx;

	return stream__put(l->stream, data, size);
}

/* Slots or entries of the snapshot that could not be read are lost records of its hook. */
static int snapshot_cut(struct live *l, uint64_t unread)
{
	struct dms_rec rec = { .type = REC_GAP, .gap = {
		.ts = clock_now(), .hook = DMS_HOOK_SNAPSHOT, .lost = unread,
	} };

	l->unread += unread;
	return unread ? l->sink(l->ctx, &rec) : 0;
}

static int snapshot_tables(struct live *l)
{
	uint32_t *liobns;
	uint64_t unread;
	size_t n, i;
	int err = devtable__tables(l->devs, &liobns, &n);

	if (err)
		return err;
	for (i = 0; i < n && !err; i++) {
		err = probe__snapshot_table(l->probe, liobns[i], on_in_use, l, &unread);
		if (!err)
			err = snapshot_cut(l, unread);
	}
	free(liobns);
	/* the programs remember no more: at least one entry of each */
	if (!err && n > DMS_SNAP_TABLES)
		err = snapshot_cut(l, n - DMS_SNAP_TABLES);
	return err;
}

/* Emits earlier mappings: slots of the pool, entries of each table a device uses. */
static int snapshot_in_use(struct live *l)
{
	uint64_t unread;
	int err;

	if (!(l->opts.probe.flags & DMS_CFG_STREAM))
		return 0;
	err = probe__snapshot_pool(l->probe, on_in_use, l, &unread);
	if (!err)
		err = snapshot_cut(l, unread);
	if (!err)
		err = snapshot_tables(l);
	if (err && err != -EOPNOTSUPP)
		return err;
	return stream__catch_up(l->stream);
}

/* In words, for whoever reads the recording without knowing the command. */
static void filter_words(const struct live_opts *o, char *buf, size_t len)
{
	size_t n = 0;

	if (o->device_glob)
		n += (size_t)snprintf(buf, len, "device=%s", o->device_glob);
	for (int path = 0, first = 1; path < DMS_PATH_MAX && n < len; path++) {
		if (!(o->probe.path_mask & 1U << path))
			continue;
		n += (size_t)snprintf(buf + n, len - n, "%s%s",
				      !first ? ","
				      : n    ? " path="
					     : "path=",
				      dms_path_name(path));
		first = 0;
	}
	if (o->probe.min_size && n < len)
		snprintf(buf + n, len - n, "%smin_size=%" PRIu64, n ? " " : "", o->probe.min_size);
}

static int session(struct live *l, struct rec_session *s)
{
	int err = guest_session("", s);

	if (err)
		return err;
	s->start_ns = 0;
	filter_words(&l->opts, s->filter, sizeof(s->filter));
	l->opts.probe.mem_top = s->mem_top;
	l->opts.probe.enc_mask = dma_view_bits(s);
	l->shared_mask = s->shared_mask;
	l->opts.probe.secure = dms_guest_is(s->guest, GT_SECURE);
	return 0;
}

static int start(struct live *l, struct rec_session *s, struct probe_error *perr)
{
	struct dms_rec rec = { .type = REC_SESSION };
	int err;

	if (l->opts.device_glob)
		l->opts.probe.flags |= DMS_CFG_FILTER_DEV;
	l->opts.probe.devices = guest_devices_count("");
	l->opts.probe.no_iommu = !guest_may_have_iommu("");
	err = live__plan_index(l);
	if (!err)
		err = probe__open(&l->probe, &l->opts.probe, l->syms, perr);
	if (!err)
		err = stream_open(l);
	if (err)
		return err;
	s->start_ns = clock_now();
	probe__observe(l->probe, true);
	s->misses_untold = probe__misses_untold(l->probe);
	snprintf(s->tool_version, sizeof(s->tool_version), "%s", DMASCOPE_VERSION);
	rec.session = *s;
	err = l->sink(l->ctx, &rec);
	if (!err)
		err = probe__hooks(l->probe, l->sink, l->ctx);
	if (!err)
		err = snapshot_sysfs(l);
	if (!err)
		err = snapshot_kernel(l);
	if (!err)
		err = snapshot_in_use(l);
	return err;
}

/* The start needs three times the memory that the tool needs then, perhaps for days. */
static void return_memory(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

int live__open(struct live **out, const struct live_opts *opts, dms_sink_fn sink, void *ctx,
	       struct probe_error *perr)
{
	struct rec_session s = {};
	struct live *l;
	int err;

	*out = NULL;
	memset(perr, 0, sizeof(*perr));
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->opts = *opts;
	l->sink = sink;
	l->ctx = ctx;
	err = devtable__new(&l->devs);
	if (!err)
		err = symbols_open("", &l->syms);
	if (!err)
		err = session(l, &s);
	if (!err)
		err = start(l, &s, perr);
	if (err) {
		live__free(l);
		return err;
	}
	return_memory();
	*out = l;
	return 0;
}

void live__free(struct live *l)
{
	if (!l)
		return;
	stream__free(l->stream);
	probe__free(l->probe);
	devtable__free(l->devs);
	symbols_free(l->syms);
	free(l->domain);
	free(l);
}

/* The programs delivered what on_fault() kept back. */
static void count_filtered(const struct live *l, struct dms_counts counts[DMS_HOOK_MAX])
{
	for (int h = 0; h < DMS_HOOK_MAX; h++) {
		counts[h].delivered -= l->filtered[h];
		counts[h].filtered += l->filtered[h];
	}
}

/* Entries are detached before returns, so by then no call is still running: one without outcome
 * lost its return. */
int live__stop(struct live *l, const char *why, bool *complete)
{
	struct dms_rec rec = { .type = REC_END };
	int err;

	l->stop_ns = clock_now();	/* not the seconds that detaching takes */
	probe__observe(l->probe, false);
	probe__detach(l->probe);
	err = stream__finish(l->stream, rec.end.counts, complete);
	count_filtered(l, rec.end.counts);
	if (!err)
		err = read_again(l, l->stop_ns, true);
	*complete = *complete && !l->unread;
	rec.end.ts = l->stop_ns;
	rec.end.complete = *complete;
	snprintf(rec.end.why, sizeof(rec.end.why), "%s", why);
	return err ? err : l->sink(l->ctx, &rec);
}

static int on_stats(void *ctx, const struct dms_stats_key *key, const struct dms_stats *val)
{
	struct dms_rec rec = { .type = REC_STATS };
	struct live *l = ctx;
	struct rec_device *dev;
	bool is_new;
	int err = 0;

	if (devtable__is_gone(l->devs, key->dev))
		return 0;	/* its counts were freed: these are less than were reported */
	if (key->dev) {
		dev = devtable__find_or_read(l->devs, key->dev, &is_new);
		if (dev && is_new)
			err = on_new_device(l, dev);
	}
	rec.stats = (struct rec_stats){ .ts = clock_now(), .key = *key, .val = *val };
	return err ? err : l->sink(l->ctx, &rec);
}

static int forget_counts(void *ctx, const struct rec_device *dev)
{
	struct live *l = ctx;

	probe__forget(l->probe, dev->key);
	return 0;
}

int live__stats(struct live *l)
{
	int err = probe__stats(l->probe, on_stats, l);

	if (!err && l->opts.probe.flags & DMS_CFG_STATS)
		err = devtable__gone(l->devs, clock_now(), forget_counts, l);
	return err;
}

int live__pool(struct live *l)
{
	struct dms_rec rec = { .type = REC_POOL };

	if (!l->pool.nslabs)
		return 0;
	if (!strcmp(l->pool.name, "default") && !guest_pool_use("", &l->pool)) {
		l->pool.ts = clock_now();
		rec.pool = l->pool;
		return l->sink(l->ctx, &rec);
	}
	l->want_use = true;	/* it comes with the next poll, in its order */
	read_state_again(l, l->pool_dev);
	return 0;
}

uint64_t live__lost(const struct live *l)
{
	return stream__lost(l->stream) + l->unread;
}

const struct probe *live__probe(const struct live *l)
{
	return l->probe;
}
