// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ignorance never accuses: whatever information is taken away from a trace - any share of any kind
 * of record lost and the loss reported, the beginning trimmed, a slice, a filter, a hook, the end -
 * no error and no warning is added, and none is surer. Redaction changes no finding at all, nor
 * does one record in place of two; from every second trace all is taken away in that form.
 *
 * Without arguments: the shipped examples and random guests. With files: those, and what was found.
 */
#include <glob.h>

#include "finding.h"
#include "source/replay.h"
#include "trace/redact.h"

struct trace {
	struct dms_rec *rec;
	size_t n, cap;
};

struct verdict {
	struct state_finding *f;
	size_t n;
};

static struct {
	unsigned long traces, partial, added, surer, redacted, changed, joined;
} sum;
static bool verbose;
static unsigned int rounds = 20;	/* takings of several things at once, of each trace */

static uint64_t seed;

static uint64_t rnd(uint64_t below)
{
	seed += 0x9e3779b97f4a7c15ULL;
	uint64_t x = seed;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return below ? (x ^ x >> 31) % below : 0;
}

/* Buffers of traces that are done with: new memory for each would cost more than the rest. */
static struct trace spare[4];

static void reuse(struct trace *t)
{
	for (size_t i = 0; !t->cap && i < sizeof(spare) / sizeof(spare[0]); i++) {
		*t = spare[i];
		spare[i].rec = NULL;
		spare[i].cap = 0;
	}
}

static void add(struct trace *t, const struct dms_rec *rec)
{
	reuse(t);
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->rec = realloc(t->rec, t->cap * sizeof(*t->rec));
		assert_non_null(t->rec);
	}
	t->rec[t->n++] = *rec;
}

static int take(void *ctx, const struct dms_rec *rec)
{
	add(ctx, rec);
	return 0;
}

static void clear(struct trace *t)
{
	size_t i;

	for (i = 0; i < sizeof(spare) / sizeof(spare[0]) && spare[i].cap; i++)
		;
	if (i < sizeof(spare) / sizeof(spare[0]))
		spare[i] = (struct trace){ .rec = t->rec, .cap = t->cap };
	else
		free(t->rec);
	memset(t, 0, sizeof(*t));
}

static int give_up_spare(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(spare) / sizeof(spare[0]); i++)
		free(spare[i].rec);
	return 0;
}

static struct verdict judge(const struct trace *t)
{
	struct state *m = state__new(NULL);
	struct verdict v = { 0 };
	size_t i;

	assert_non_null(m);
	for (i = 0; i < t->n; i++)
		assert_int_equal(state__feed(m, &t->rec[i]), 0);
	assert_int_equal(state__findings(m, &v.f, &v.n), 0);
	state__free(m);
	return v;
}

/* Weaker words for the same cause are no addition. */
static bool is_weaker(const char *weak, const char *strong)
{
	static const char *const words[][2] = {
		{ "map-failed", "pool-full" }, { "map-failed", "pool-fragmented" },
		{ "map-failed", "request-too-big" }, { "map-failed", "pool-unusable" },
		{ "map-failed", "coherent-refused" }, { "map-failed", "bounce-without-pool" },
		{ "map-failed", "pool-above-mask" },
		{ "pool-pressure", "pool-full" }, { "pool-pressure", "pool-fragmented" },
		{ "tce-table-pressure", "tce-table-full" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(weak, words[i][0]) && !strcmp(strong, words[i][1]))
			return true;
	return false;
}

/* Does it concern that device: as its own, or among those that its evidence names? */
static bool concerns(const struct state_finding *w, uint64_t dev)
{
	size_t i;

	if (!dev || w->f.dev == dev)
		return true;
	for (i = 0; i < FACT_DEVICES; i++)
		if (w->fact[FACT_DEVICE1 + i].known && w->fact[FACT_DEVICE1 + i].v == dev)
			return true;
	return false;
}

/* A finding about a pool counts the failures of both kinds, and names up to three victims. */
static bool is_same(const struct state_finding *x, const struct state_finding *w)
{
	bool is_full = !strcmp(w->f.id, "pool-full");

	if (is_full && !strcmp(x->f.id, "pool-fragmented") && w->fact[FACT_FRAGMENTED].known)
		return concerns(w, x->f.dev);
	if (strcmp(x->f.id, w->f.id))
		return false;
	return is_full || !strcmp(w->f.id, "pool-fragmented") ? concerns(w, x->f.dev) :
								x->f.dev == w->f.dev;
}

/* 0: the whole says so too; 1: it does not; 2: it is less sure of it. */
static int compare(const struct verdict *whole, const struct state_finding *x)
{
	int got = 1;
	size_t i;

	for (i = 0; i < whole->n; i++) {
		const struct state_finding *w = &whole->f[i];

		if (is_weaker(x->f.id, w->f.id) && concerns(w, x->f.dev))
			return 0;
		if (!is_same(x, w))
			continue;
		if (x->f.severity <= w->f.severity && x->f.confidence <= w->f.confidence)
			return 0;
		got = 2;
	}
	return got;
}

static void check(const char *name, const char *how, const struct verdict *whole,
		  const struct trace *part)
{
	struct verdict v = judge(part);
	size_t i;
	int got;

	sum.partial++;
	for (i = 0; i < v.n; i++) {
		if (v.f[i].f.severity < STATE_WARNING)
			continue;
		got = compare(whole, &v.f[i]);
		sum.added += got == 1;
		sum.surer += got == 2;
		if (got)
			print_message("%s, %s: %s %s %s (%u %%)\n", name, how,
				      got == 1 ? "added" : "surer",
				      state__severity_name(v.f[i].f.severity), v.f[i].f.id,
				      v.f[i].f.confidence);
		if (got && !verbose)
			fail();
	}
	free(v.f);
}

static enum dms_hook hook_of(const struct dms_event *ev)
{
	static const uint8_t of[DMS_EV_MAX] = {
		[DMS_EV_MAP] = DMS_HOOK_MAP, [DMS_EV_UNMAP] = DMS_HOOK_UNMAP,
		[DMS_EV_ALLOC] = DMS_HOOK_ALLOC, [DMS_EV_FREE] = DMS_HOOK_FREE,
		[DMS_EV_BOUNCE] = DMS_HOOK_SWIOTLB_MAP,
		[DMS_EV_BOUNCE_REQ] = DMS_HOOK_SWIOTLB_BOUNCED,
		[DMS_EV_UNBOUNCE] = DMS_HOOK_SWIOTLB_UNMAP, [DMS_EV_SHARE] = DMS_HOOK_SHARE,
		[DMS_EV_UNSHARE] = DMS_HOOK_UNSHARE, [DMS_EV_TCE_SET] = DMS_HOOK_TCE_BUILD,
		[DMS_EV_TCE_CLEAR] = DMS_HOOK_TCE_FREE, [DMS_EV_HCALL] = DMS_HOOK_HCALL,
		[DMS_EV_MASK] = DMS_HOOK_SET_MASK, [DMS_EV_DECIDE] = DMS_HOOK_DMA_SUPPORTED,
		[DMS_EV_BYPASS] = DMS_HOOK_BYPASS, [DMS_EV_UCALL] = DMS_HOOK_UCALL,
		[DMS_EV_DEVICE_ADD] = DMS_HOOK_DEVICE_ADD,
		[DMS_EV_DEVICE_DEL] = DMS_HOOK_DEVICE_DEL,
		[DMS_EV_FREED_SHARED] = DMS_HOOK_PAGE_FREE, [DMS_EV_LIVE] = DMS_HOOK_SNAPSHOT,
		[DMS_EV_FAULT] = DMS_HOOK_IOMMU_FAULT,
		[DMS_EV_DOMAIN_MAP] = DMS_HOOK_DOMAIN_MAP,
		[DMS_EV_DOMAIN_UNMAP] = DMS_HOOK_DOMAIN_UNMAP,
		[DMS_EV_DOMAIN_USE] = DMS_HOOK_SNAPSHOT, [DMS_EV_FLUSH] = DMS_HOOK_FLUSH,
		[DMS_EV_FREEZE] = DMS_HOOK_EEH,
	};

	return ev->hook ? (enum dms_hook)ev->hook : ev->type < DMS_EV_MAX ? of[ev->type] : 0;
}

static void put_gap(struct trace *t, enum dms_hook hook, uint64_t ts, uint64_t lost, bool trimmed)
{
	struct dms_rec r = { .type = REC_GAP, .gap = { .ts = ts, .hook = hook, .lost = lost,
						       .trimmed = trimmed } };

	if (lost)
		add(t, &r);
}

#define IN_TIME		(~0U - 1)
#define REPORTED	(100 * MS)	/* as a live source reports them: GAPS_NS, src/source */

/*
 * Loses `percent` of the events of a type; reported `every` that many losses, or IN_TIME, and at
 * the end.
 */
static void lose(const struct trace *t, struct trace *out, unsigned int type, unsigned int percent,
		 unsigned int every)
{
	uint64_t lost[DMS_HOOK_MAX] = { 0 }, all[DMS_HOOK_MAX] = { 0 }, now = 0, told = 0;
	struct dms_rec end;
	unsigned int h;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct dms_rec *r = &t->rec[i];
		/* what was read, not hit, may be ahead of hits that wait in a queue */
		bool is_hit = r->type == REC_EVENT && r->event.hook != DMS_HOOK_SNAPSHOT;

		if (is_hit && every == IN_TIME && r->event.ts > told + REPORTED) {
			for (h = 0; h < DMS_HOOK_MAX; h++) {
				put_gap(out, h, now, lost[h], false);
				lost[h] = 0;
			}
			told = r->event.ts;
		}
		if (r->type == REC_EVENT && r->event.type == type && rnd(100) < percent) {
			h = hook_of(&r->event);
			now = r->event.ts > now ? r->event.ts : now;
			all[h]++;
			if (++lost[h] >= every) {
				put_gap(out, h, r->event.ts, lost[h], false);
				lost[h] = 0;
			}
			if (!r->event.also)
				continue;
			all[r->event.also]++;
			if (++lost[r->event.also] >= every) {
				put_gap(out, r->event.also, r->event.ts, lost[r->event.also],
					false);
				lost[r->event.also] = 0;
			}
			continue;
		}
		if (is_hit && r->event.ts > now)
			now = r->event.ts;
		if (r->type != REC_END) {
			add(out, r);
			continue;
		}
		for (h = 0; h < DMS_HOOK_MAX; h++)
			put_gap(out, h, now, lost[h], false);
		end = *r;
		end.end.complete = false;
		for (h = 0; h < DMS_HOOK_MAX; h++)
			end.end.counts[h].dropped += all[h];
		add(out, &end);
		return;
	}
	for (h = 0; h < DMS_HOOK_MAX; h++)	/* no footer: reported where it ends */
		put_gap(out, h, now, lost[h], false);
}

static size_t events_of(const struct trace *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		n += t->rec[i].type == REC_EVENT;
	return n;
}

/* As the flight recorder does: state stays, the first events go. */
static void trim(const struct trace *t, struct trace *out, size_t first)
{
	uint64_t gone[DMS_HOOK_MAX] = { 0 }, ts = 0;
	size_t i, n = 0;
	unsigned int h;

	for (i = 0; i < t->n; i++) {
		const struct dms_rec *r = &t->rec[i];

		if (r->type != REC_EVENT) {
			add(out, r);
			continue;
		}
		if (n++ < first) {
			gone[hook_of(&r->event)]++;
			if (r->event.also)
				gone[r->event.also]++;
			ts = r->event.ts > ts ? r->event.ts : ts;
			if (n < first)
				continue;
			for (h = 0; h < DMS_HOOK_MAX; h++)
				put_gap(out, h, ts, gone[h], true);
			continue;
		}
		add(out, r);
	}
}

static void slice(const struct trace *t, struct trace *out, uint64_t from, uint64_t to)
{
	struct dms_rec r = { .type = REC_SLICE, .slice = { .from = from, .to = to } };
	size_t i;

	for (i = 0; i < t->n; i++) {
		add(out, &t->rec[i]);
		if (t->rec[i].type == REC_SESSION)
			add(out, &r);
	}
}

static void cut(const struct trace *t, struct trace *out, size_t records)
{
	struct dms_rec r = { .type = REC_CUT };
	size_t i;

	for (i = 0; i < records; i++)
		add(out, &t->rec[i]);
	add(out, &r);
}

static void filter(const struct trace *t, struct trace *out, uint64_t dev, const char *name)
{
	struct dms_rec r;
	size_t i;

	for (i = 0; i < t->n; i++) {
		r = t->rec[i];
		if (r.type == REC_SESSION)
			snprintf(r.session.filter, sizeof(r.session.filter), "device=%s", name);
		if (r.type != REC_EVENT || !r.event.dev || r.event.dev == dev)
			add(out, &r);
	}
}

static void without_hook(const struct trace *t, struct trace *out, enum dms_hook hook)
{
	struct dms_rec r;
	size_t i;

	for (i = 0; i < t->n; i++) {
		r = t->rec[i];
		if (r.type == REC_EVENT && hook_of(&r.event) == hook) {
			/* what it held would have been a record of its own */
			if (!state__also(&t->rec[i].event, &r.event))
				continue;
		} else if (r.type == REC_EVENT && r.event.also == hook) {
			r.event.also = 0;
		}
		if (r.type == REC_HOOK && r.hook.id == hook) {
			r.hook.attach = ATTACH_NONE;
			strcpy(r.hook.lost, "its hits");
		}
		add(out, &r);
	}
}

/* True if its address is computed from one of a struct page or of the linear map. */
static bool is_computed(const struct dms_event *ev, bool lists)
{
	switch (ev->type) {
	case DMS_EV_MAP:
	case DMS_EV_UNMAP:
		return !ev->also && (!lists || ev->flags & DMS_FL_SG);
	case DMS_EV_ALLOC:
	case DMS_EV_SHARE:
	case DMS_EV_UNSHARE:
	case DMS_EV_FREED_SHARED:
		return true;
	default:
		return false;
	}
}

/*
 * As where the kernel hides where its struct pages and its linear map begin (kptr_restrict). lists:
 * trace events give the addresses of all but lists and shares (6.12 and later).
 */
static void without_phys(const struct trace *t, struct trace *out, bool lists)
{
	struct dms_rec r;
	size_t i;

	for (i = 0; i < t->n; i++) {
		r = t->rec[i];
		if (r.type != REC_EVENT || !is_computed(&r.event, lists)) {
			add(out, &r);
			continue;
		}
		if (r.event.type == DMS_EV_FREED_SHARED)
			continue;
		r.event.phys = 0;
		r.event.flags |= DMS_FL_NO_PHYS;
		if (r.event.path == DMS_PATH_DIRECT)
			r.event.path = DMS_PATH_UNKNOWN;
		add(out, &r);
	}
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
	size_t i, k;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		for (k = 0; k < STATE_FINDING_EVENTS; k++)
			if (a->f[i].seq[k] != b->f[i].seq[k])
				return false;
		if (strcmp(a->f[i].f.id, b->f[i].f.id) || a->f[i].f.dev != b->f[i].f.dev ||
		    a->f[i].f.severity != b->f[i].f.severity || a->f[i].count != b->f[i].count ||
		    a->f[i].f.confidence != b->f[i].f.confidence)
			return false;
	}
	return true;
}

static void check_redacted(const char *name, const struct trace *t, const struct verdict *whole)
{
	uint8_t key[REDACT_KEY_LEN];
	struct trace out = { 0 };
	struct redact *red;
	struct dms_rec r;
	struct verdict v;
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)rnd(256);
	assert_int_equal(redact__new(&red, key), 0);
	for (i = 0; i < t->n; i++) {
		r = t->rec[i];
		assert_int_equal(redact__learn(red, &r), 0);
		if (r.type == REC_EVENT)
			redact__event(red, &r.event);
		if (r.type == REC_SESSION && !r.session.redacted)
			r.session.redacted = r.session.runs_kept = true;
		add(&out, &r);
	}
	v = judge(&out);
	sum.redacted++;
	if (!same_verdict(whole, &v)) {
		sum.changed++;
		print_message("%s: redacted: other findings\n", name);
		for (i = 0; i < whole->n || i < v.n; i++)
			print_message("  %s %s\n", i < whole->n ? whole->f[i].f.id : "-",
				      i < v.n ? v.f[i].f.id : "-");
		if (!verbose)
			fail();
	}
	redact__free(red);
	free(v.f);
	clear(&out);
}

#define PART(how, ...)	\
	do { \
		struct trace p = { 0 }; \
		char text[96]; \
		snprintf(text, sizeof(text), __VA_ARGS__); \
		how; \
		check(name, text, &whole, &p); \
		clear(&p); \
	} while (0)

static void losses(const char *name, const struct trace *t)
{
	static const unsigned int shares[] = { 3, 30, 100 };
	struct verdict whole = judge(t);
	unsigned int type, s;

	for (type = DMS_EV_MAP; type < DMS_EV_MAX; type++)
		for (s = 0; s < 3; s++) {
			PART(lose(t, &p, type, shares[s], 1), "%u %% of type %u lost", shares[s],
			     type);
			PART(lose(t, &p, type, shares[s], ~0U), "%u %% of type %u lost, reported "
			     "late", shares[s], type);
		}
	free(whole.f);
}

/* One of the above at random. */
static void take_one(const struct trace *t, struct trace *out, uint64_t first, uint64_t last)
{
	uint64_t a = first + rnd(last - first + 1);

	switch (rnd(5)) {
	case 0:
		trim(t, out, 1 + rnd(events_of(t) + 1));
		break;
	case 1:
		slice(t, out, rnd(2) ? a : 0, rnd(2) ? a + rnd(last - a + 1) + 1 : UINT64_MAX);
		break;
	case 2:
		cut(t, out, rnd(t->n) + 1);
		break;
	case 3:
		without_hook(t, out, 1 + rnd(DMS_HOOK_MAX - 1));
		break;
	default:
		lose(t, out, DMS_EV_MAP + rnd(DMS_EV_MAX - DMS_EV_MAP), 1 + rnd(100),
		     rnd(2) ? 1 : IN_TIME);
	}
}

/* Several at once. */
static void take_several(const char *name, const struct trace *t, const struct verdict *whole,
			 uint64_t first, uint64_t last)
{
	unsigned int i, k, n;

	for (i = 0; i < rounds; i++) {
		struct trace part[2] = { { 0 } };
		uint64_t from = seed;
		char text[64];

		n = 2 + rnd(2);
		take_one(t, &part[0], first, last);
		for (k = 1; k < n; k++) {
			clear(&part[k % 2]);
			take_one(&part[(k - 1) % 2], &part[k % 2], first, last);
		}
		snprintf(text, sizeof(text), "%u things from seed %llu", n,
			 (unsigned long long)from);
		check(name, text, whole, &part[(n - 1) % 2]);
		clear(&part[0]);
		clear(&part[1]);
	}
}

/* A slice that ends there ends within the list of devices, windows and pools. */
static uint64_t listed_at(const struct dms_rec *r)
{
	return r->type == REC_WINDOW ? r->window.ts : r->pool.ts;
}

/* As the programs do with inner hooks: one record of two, if the outer one repeats the inner. */
static bool join_two(const struct dms_event *in, struct dms_rec *outer)
{
	struct dms_event *ev = &outer->event, one = *ev, again;

	one.also = (uint8_t)hook_of(in);
	one.ts = in->ts;
	one.flags |= DMS_FL_INNER;
	if (outer->type != REC_EVENT || ev->also || in->ret || in->flags || in->cpu != ev->cpu ||
	    !state__also(&one, &again) || again.type != in->type || again.dma != in->dma ||
	    again.size != in->size || again.aux != in->aux || again.phys != in->phys ||
	    again.liobn != in->liobn || again.page_shift != in->page_shift ||
	    (in->dev && again.dev != in->dev) || again.dir != in->dir)
		return false;
	*ev = one;
	return true;
}

static size_t join(const struct trace *t, struct trace *out)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		struct dms_rec r = t->rec[i];

		if (r.type == REC_EVENT && i + 1 < t->n) {
			r = t->rec[i + 1];
			if (join_two(&t->rec[i].event, &r)) {
				i++;
				n++;
			} else {
				r = t->rec[i];
			}
		}
		add(out, &r);
	}
	return n;
}

/* Joining two records into one changes no finding. */
static void check_joined(const char *name, const struct trace *t, const struct verdict *whole,
			 struct trace *joined)
{
	size_t i, n = join(t, joined);
	struct verdict v = judge(joined);

	sum.joined += n;
	for (i = 0; i < v.n || i < whole->n; i++) {
		const struct state_finding *a = i < v.n ? &v.f[i] : NULL;
		const struct state_finding *b = i < whole->n ? &whole->f[i] : NULL;

		if (a && b && !strcmp(a->f.id, b->f.id) && a->f.dev == b->f.dev &&
		    a->f.severity == b->f.severity && a->f.confidence == b->f.confidence)
			continue;
		print_message("%s, %zu joined: %s instead of %s\n", name, n,
			      a ? a->f.id : "nothing", b ? b->f.id : "nothing");
		sum.changed++;
		if (!verbose)
			fail();
		break;
	}
	free(v.f);
}

static void take_away(const char *name, const struct trace *all)
{
	struct trace joined = { 0 };
	const struct trace *t = all;
	struct verdict whole = judge(all);
	size_t n, i;
	uint64_t first = 0, last = 0;
	unsigned int h;

	check_joined(name, all, &whole, &joined);
	if (sum.traces++ % 2) {
		t = &joined;
		free(whole.f);
		whole = judge(t);
	}
	n = events_of(t);
	for (i = 0; i < t->n; i++) {
		const struct dms_rec *r = &t->rec[i];

		if (r->type == REC_SESSION)
			first = r->session.start_ns;
		if (r->type == REC_EVENT && r->event.ts > last)
			last = r->event.ts;
	}
	losses(name, t);
	for (i = 1; i < 6 && n; i++) {
		uint64_t a = first + rnd(last - first + 1), b = a + rnd(last - a + 1) + 1;

		PART(trim(t, &p, n * i / 6), "%zu of %zu events trimmed", n * i / 6, n);
		PART(slice(t, &p, a, UINT64_MAX), "since %llu", (unsigned long long)(a - first));
		PART(slice(t, &p, 0, b), "until %llu", (unsigned long long)(b - first));
		PART(slice(t, &p, a, b), "slice %llu %llu", (unsigned long long)(a - first),
		     (unsigned long long)(b - first));
		PART(cut(t, &p, t->n * i / 6), "cut after %zu of %zu records", t->n * i / 6, t->n);
	}
	for (i = 0; i < t->n; i++)
		if (t->rec[i].type == REC_WINDOW || t->rec[i].type == REC_POOL)
			PART(slice(t, &p, 0, listed_at(&t->rec[i])), "until record %zu", i);
	for (h = 1; h < DMS_HOOK_MAX; h++)
		PART(without_hook(t, &p, h), "without hook %u", h);
	for (i = 0; i < t->n; i++)
		if (t->rec[i].type == REC_DEVICE && t->rec[i].device.name[0])
			PART(filter(t, &p, t->rec[i].device.key, t->rec[i].device.name),
			     "filtered for %s", t->rec[i].device.name);
	PART(without_phys(t, &p, true), "no addresses of lists and shares");
	PART(without_phys(t, &p, false), "no physical addresses");
	take_several(name, t, &whole, first, last);
	check_redacted(name, t, &whole);
	free(whole.f);
	clear(&joined);
}

static bool load(const char *path, struct trace *t)
{
	struct replay_status st;

	source_replay(path, NULL, take, t, &st);
	return st.state == TRACE_COMPLETE || replay_cut(&st);
}

/* Not more records of each than that: more takes minutes with sanitizers. */
static void check_all(const char *pattern, size_t records)
{
	glob_t g;
	size_t i;

	seed = 1;
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (i = 0; i < g.gl_pathc; i++) {
		struct trace t = { 0 };

		assert_true(load(g.gl_pathv[i], &t));
		t.n = t.n < records ? t.n : records;
		take_away(g.gl_pathv[i], &t);
		clear(&t);
	}
	globfree(&g);
}

static void shipped_examples(void **state)
{
	(void)state;
	check_all("examples/*.json.gz", 1500);
}

static void cases(void **state)
{
	(void)state;
	check_all("tests/cases/*.json.gz", 700);
}

static void feed_to(struct trace *t, struct dms_rec *r)
{
	add(t, r);
}

static void put_event(struct trace *t, enum dms_event_type type, uint64_t ts, uint64_t dev,
		      uint64_t dma, uint64_t phys, uint64_t size, uint64_t aux)
{
	struct dms_rec r = { .type = REC_EVENT };

	r.event.type = type;
	r.event.ts = ts;
	r.event.dev = dev;
	r.event.dma = dma;
	r.event.phys = phys;
	r.event.size = size;
	r.event.aux = aux;
	r.event.dir = DMS_DIR_FROM_DEVICE;
	r.event.hook = hook_of(&r.event);
	if (type == DMS_EV_MAP)
		r.event.path = aux ? DMS_PATH_BOUNCED : DMS_PATH_DIRECT;
	if (type == DMS_EV_UNMAP) {
		r.event.path = aux ? DMS_PATH_BOUNCED : DMS_PATH_DIRECT;
		r.event.flags = DMS_FL_NO_PHYS;
	}
	feed_to(t, &r);
}

#define GUEST_DEVS	3
#define GUEST_SLOTS	512U

static void begin_guest(struct trace *t, enum dms_guest guest, bool forced)
{
	struct dms_rec r = { .type = REC_SESSION };
	unsigned int i;

	r.session.guest = guest;
	r.session.page_size = 4096;
	r.session.mem_bytes = r.session.mem_top = 2ULL << 30;
	r.session.start_ns = T0;
	strcpy(r.session.arch, "x86_64");
	add(t, &r);
	for (i = 1; i < DMS_HOOK_MAX; i++) {
		r = (struct dms_rec){ .type = REC_HOOK };
		r.hook.id = i;
		r.hook.attach = ATTACH_TP_BTF;
		snprintf(r.hook.symbol, sizeof(r.hook.symbol), "hook%u", i);
		add(t, &r);
	}
	for (i = 1; i <= GUEST_DEVS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "0000:00:%02x.0", i);
		r = make_dev(i, name, i == 3 ? 32 : 64);
		r.device.st.force_bounce = forced;
		add(t, &r);
	}
	r = make_pool(T0, POOL_START, GUEST_SLOTS, 0);
	strcpy(r.pool.source, "debugfs");
	r.pool.force_bounce = forced;
	add(t, &r);
}

struct live {
	uint64_t dma, phys, size, slot;
	unsigned int dev;
};

/* A guest at random: maps, unmaps, shares; sometimes a leak, a full pool, an unplugged device. */
static void random_guest(struct trace *t, unsigned int events)
{
	bool forced = rnd(3), leaks = !rnd(3);
	enum dms_guest guest = rnd(2) ? GUEST_TDX : GUEST_NONE;
	static struct live live[GUEST_SLOTS];
	uint64_t ts = T0, slot;
	uint32_t n = 0, i;
	struct dms_rec end = { .type = REC_END };

	begin_guest(t, guest, forced);
	while (events--) {
		ts += rnd(20 * MS);
		if (n && (rnd(100) < 48 || n == GUEST_SLOTS)) {
			i = rnd(n);
			if (leaks && live[i].dev == 2)
				continue;
			if (live[i].slot)
				put_event(t, DMS_EV_UNBOUNCE, ts, live[i].dev, 0, 0, live[i].size,
					  live[i].slot);
			put_event(t, DMS_EV_UNMAP, ts + 1000, live[i].dev, live[i].dma, 0,
				  live[i].size, live[i].slot);
			live[i] = live[--n];
			continue;
		}
		if (guest == GUEST_TDX && rnd(100) < 5) {
			slot = 0x60000000 + rnd(64) * 4096;
			put_event(t, rnd(2) ? DMS_EV_SHARE : DMS_EV_UNSHARE, ts, 0, 0, slot, 4096,
				  1);
			continue;
		}
		/* what only rises looks like a leak until it stops rising */
		if (n > 24 && !leaks)
			continue;
		live[n] = (struct live){ .dev = leaks && rnd(2) ? 2 :
						1 + (unsigned int)rnd(GUEST_DEVS), .size = 2048,
					 .phys = 0x40000000 + rnd(1 << 17) * 4096 };
		live[n].dma = live[n].phys;
		if (forced) {
			for (slot = rnd(GUEST_SLOTS), i = 0; i < n; i++)
				if (live[i].slot == POOL_START + slot * 2048) {
					slot = (slot + 1) % GUEST_SLOTS;
					i = (uint32_t)-1;
				}
			live[n].slot = live[n].dma = POOL_START + slot * 2048;
			put_event(t, DMS_EV_BOUNCE, ts, live[n].dev, 0, live[n].phys, 2048,
				  live[n].slot);
		} else {
			for (i = 0; i < n && live[i].dma != live[n].dma; i++)
				;
			if (i < n)
				continue;
		}
		put_event(t, DMS_EV_MAP, ts + 1000, live[n].dev, live[n].dma, live[n].phys, 2048,
			  live[n].slot);
		n++;
	}
	/* a leak that has stopped is none any more: it goes on to the end */
	if (!leaks && rnd(2)) {
		put_event(t, DMS_EV_DEVICE_DEL, ts, 1, 0, 0, 0, 0);
		ts += 12 * SEC;
	}
	end.end.ts = ts + MS;
	end.end.complete = true;
	add(t, &end);
}

#define TRANSLATED	24
#define ADDED		3	/* device */

/* An access to a page of a live mapping, of one that was unmapped, to its memory, or to any. */
static void random_fault(struct trace *t, uint64_t ts, const struct live *of, bool is_live)
{
	struct dms_rec r = { .type = REC_EVENT };

	r.event.type = DMS_EV_FAULT;
	r.event.hook = DMS_HOOK_IOMMU_FAULT;
	r.event.ts = ts;
	r.event.dev = of->dev;
	r.event.dma = rnd(3) ? of->dma : is_live && rnd(2) ? of->phys : rnd(1 << 20) << 12;
	r.event.dir = DMS_DIR_TO_DEVICE + rnd(3);	/* or none: not reported */
	add(t, &r);
}

/* vfio, or a driver with a domain of its own, maps or unmaps a page that faults are at. */
static void random_user_map(struct trace *t, uint64_t ts)
{
	uint64_t dma = 0xfffff000 - rnd(TRANSLATED) * 4096;

	put_event(t, rnd(3) ? DMS_EV_DOMAIN_MAP : DMS_EV_DOMAIN_UNMAP, ts, 1 + rnd(GUEST_DEVS), dma,
		  rnd(1 << 19) << 12, 4096, 0);
}

/*
 * Devices behind an IOMMU, whose pages often have the same DMA addresses again. Some mappings are
 * older than the start, one device was added after it; some guests map past the DMA API as well.
 */
static void faulting_guest(struct trace *t, unsigned int events, bool users)
{
	struct live live[TRANSLATED] = { { 0 } }, gone = { .dev = 1, .dma = 0xff000000 };
	struct dms_rec end = { .type = REC_END };
	uint64_t ts = T0;
	bool is_map;
	uint32_t i;

	begin_guest(t, GUEST_NONE, false);
	put_event(t, DMS_EV_DEVICE_ADD, ts, ADDED, 0, 0, 0, 0);
	while (events--) {
		ts += rnd(60 * MS);
		i = (uint32_t)rnd(TRANSLATED);
		if (users && !rnd(30)) {
			random_user_map(t, ts);
			continue;
		}
		if (!rnd(20)) {
			random_fault(t, ts, rnd(2) && live[i].dev ? &live[i] : &gone, live[i].dev);
			continue;
		}
		is_map = !live[i].dev;
		if (is_map)
			live[i] = (struct live){ .dev = 1 + i % GUEST_DEVS, .size = 2048,
						 .dma = 0xfffff000 - (uint64_t)i * 4096,
						 .phys = rnd(1 << 19) << 12 };
		else
			gone = live[i];
		if (is_map && live[i].dev != ADDED && ts < T0 + SEC && rnd(2))
			continue;	/* before the start */
		put_event(t, is_map ? DMS_EV_MAP : DMS_EV_UNMAP, ts, live[i].dev, live[i].dma,
			  is_map ? live[i].phys : 0, 2048, 0);
		t->rec[t->n - 1].event.path = DMS_PATH_IOMMU;
		t->rec[t->n - 1].event.dir = i % 2 ? DMS_DIR_TO_DEVICE : DMS_DIR_FROM_DEVICE;
		if (!is_map)
			live[i].dev = 0;
	}
	end.end.ts = ts + MS;
	end.end.complete = true;
	add(t, &end);
}

static bool has(const struct verdict *v, const char *id)
{
	size_t i;

	for (i = 0; i < v->n && strcmp(v->f[i].f.id, id); i++)
		;
	return i < v->n;
}

static void faults_of_random_guests(void **state)
{
	unsigned int i, after = 0, direction = 0, wild = 0;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct trace t = { 0 };
		struct verdict v;
		char name[32];

		seed = 2000 + i;
		faulting_guest(&t, 300 + 100 * (i % 4), i % 2);
		v = judge(&t);
		after += has(&v, "fault-after-unmap");
		direction += has(&v, "fault-wrong-direction");
		wild += has(&v, "fault-unmapped");
		free(v.f);
		snprintf(name, sizeof(name), "faults %u", i);
		take_away(name, &t);
		clear(&t);
	}
	assert_true(after > 1 && direction > 1 && wild > 1);
}

static void random_guests(void **state)
{
	unsigned int i, wrong = 0;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct trace t = { 0 };
		struct verdict v;
		char name[32];

		seed = 1000 + i;
		random_guest(&t, 200 + 100 * (i % 4));
		v = judge(&t);
		wrong += v.n > 0;
		free(v.f);
		snprintf(name, sizeof(name), "guest %u", i);
		take_away(name, &t);
		clear(&t);
	}
	assert_true(sum.joined > 100);
	assert_true(wrong > 1);		/* or there was nothing that could have been taken away */
}

static int check_files(int n, char **path)
{
	int i;

	verbose = true;
	rounds = 200;
	seed = 1;
	for (i = 0; i < n; i++) {
		struct trace t = { 0 };

		if (load(path[i], &t))
			take_away(path[i], &t);
		else
			print_message("%s: cannot be read\n", path[i]);
		clear(&t);
	}
	print_message("%lu traces, %lu partial ones: %lu findings added, %lu surer; %lu redacted, "
		      "%lu with other findings\n", sum.traces, sum.partial, sum.added, sum.surer,
		      sum.redacted, sum.changed);
	return sum.added + sum.surer + sum.changed > 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_examples), cmocka_unit_test(cases),
		cmocka_unit_test(random_guests), cmocka_unit_test(faults_of_random_guests),
	};

	if (argc > 1)
		return check_files(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, give_up_spare);
}
