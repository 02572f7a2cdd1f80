/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records with random values for the tests of the trace: every type, every field, in the form
 * that a trace can carry (see doc/trace-format.md, "What is not carried").
 */
#ifndef DMASCOPE_TESTS_TRACE_RANDOM_H
#define DMASCOPE_TESTS_TRACE_RANDOM_H

#include <stdio.h>
#include <string.h>

#include "record/device_fields.h"
#include "record/record.h"
#include "util/names.h"

static uint64_t rnd_state = 88172645463325252ULL;

static inline uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t rnd_below(uint32_t n)
{
	return (uint32_t)(rnd() >> 33) % n;
}

/* Small, large, and the values at the edges. */
static inline uint64_t rnd_u64(void)
{
	static const uint64_t edge[] = { 0, 1, 9, 10, 99, 100, INT64_MAX, 1ULL << 63, UINT64_MAX,
					 UINT64_MAX - 1, 1ULL << 53, UINT32_MAX, 1ULL << 32 };

	if (!rnd_below(4))
		return edge[rnd_below(sizeof(edge) / sizeof(edge[0]))];
	return rnd() >> rnd_below(64);
}

static inline uint32_t rnd_u32(void)
{
	return (uint32_t)rnd_u64();
}

static inline bool rnd_bool(void)
{
	return rnd() >> 63;
}

/* Text of any bytes but NUL, sometimes plain, sometimes full. */
static inline void rnd_text(char *buf, size_t len)
{
	static const char *const pieces[] = {
		"virtio", " ", "\"", "\\", "\\x41", "\n", "\t", "\x01", "\x7f", "\x80", "\xff",
		"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc3", "\xed\xa0\x80", "/",
		"{}[]:,", "\\u0041",
	};
	size_t n = 0, want = rnd_below(3) ? rnd_below(24) : rnd_below((uint32_t)len);

	while (n < want) {
		const char *p = pieces[rnd_below(sizeof(pieces) / sizeof(pieces[0]))];

		if (n + strlen(p) >= len)
			break;
		n += (size_t)(stpcpy(buf + n, p) - (buf + n));
	}
	memset(buf + n, 0, len - n);
}

#define RND_TEXT(array)	rnd_text(array, sizeof(array))

static inline void rnd_session(struct rec_session *s)
{
	RND_TEXT(s->tool_version);
	RND_TEXT(s->kernel);
	RND_TEXT(s->arch);
	s->guest = (enum dms_guest)rnd_below(GUEST_MAX);
	RND_TEXT(s->guest_how);
	RND_TEXT(s->lockdown);
	s->page_size = rnd_u32();
	s->cpus = rnd_u32();
	s->mem_bytes = rnd_u64();
	s->mem_top = rnd_u64();
	s->enc_mask = rnd_bool() ? 1ULL << rnd_below(64) : 0;
	s->shared_mask = !s->enc_mask && rnd_bool() ? 1ULL << rnd_below(64) : 0;
	s->lmb_size = rnd_bool() ? rnd_u64() : 0;
	s->start_ns = rnd_u64();
	s->realtime_offset_ns = (int64_t)rnd_u64();
	strcpy(s->cmdline, "swiotlb=force  quiet root=/dev/vda1 \xff\\ disable_ddw console=hvc0 ");
	s->swiotlb_force = rnd_bool();
	s->disable_ddw = rnd_bool();
	s->redacted = rnd_bool();
	s->runs_kept = s->redacted && rnd_bool();
	RND_TEXT(s->filter);
}

static inline void rnd_event(struct dms_event *ev)
{
	do {
		ev->type = (uint16_t)(1 + rnd_below(DMS_EV_MAX - 1));
	} while (ev->type == DMS_EV_STACK || ev->type == DMS_EV_DEVSTATE);
	ev->hook = (uint8_t)rnd_below(DMS_HOOK_MAX);
	ev->also = rnd_below(4) ? 0 : (uint8_t)rnd_below(DMS_HOOK_MAX);
	ev->cpu = rnd_u32();
	ev->ts = rnd_u64();
	ev->dev = rnd_u64();
	ev->dma = rnd_u64();
	ev->phys = rnd_u64();
	ev->size = rnd_u64();
	ev->aux = rnd_u64();
	ev->ret = (int64_t)rnd_u64();
	ev->liobn = rnd_u32();
	ev->attrs = rnd_u32() & DMS_ATTRS;
	ev->object = rnd_below(8) ? 0 : rnd_u32();
	ev->pid = rnd_u32();
	ev->stack = rnd_u32();
	ev->path = (uint8_t)rnd_below(DMS_PATH_MAX);
	ev->dir = (uint8_t)rnd_below(DMS_DIR_NONE + 1);
	ev->flags = (uint8_t)rnd();
	ev->page_shift = (uint8_t)rnd();
	if (ev->also) {		/* it says so much without words */
		ev->flags |= DMS_FL_INNER;
		if (ev->type == DMS_EV_UNMAP && !ev->phys)
			ev->flags |= DMS_FL_NO_PHYS;
		if (rnd_bool())
			ev->aux = ev->dma;
	}
}

/* Unknown fields are 0; kernel addresses are never set. */
static inline void rnd_device(struct rec_device *d)
{
	const uint32_t bits = (uint32_t)rnd();

	d->key = rnd_u64();
	d->ts = rnd_u64();
	d->st.type = DMS_EV_DEVSTATE;
	d->st.dev = d->key;
	d->st.ts = d->ts;
#define RND_TEXT_OF(member)	RND_TEXT(member)
#define RND_OPS_OF(member)	RND_TEXT(member)
#define RND_BOOL_OF(member)	((member) = rnd_bool())
#define RND_U8_OF(member)	((member) = (uint8_t)rnd())
#define RND_U16_OF(member)	((member) = (uint16_t)rnd())
#define RND_U32_OF(member)	((member) = rnd_u32())
#define RND_U64_OF(member)	((member) = rnd_u64())
#define RND_HEX_OF(member)	((member) = rnd_u64())
#define RND_FIELD(name, kind, member, bit, flags)		\
	do {							\
		if (!((bit) & ~bits)) {				\
			RND_##kind##_OF(d->member);		\
			*((bit) < DEV_KNOWN_FIRST ? &d->st.known : &d->known) |= (bit); \
		}						\
	} while (0);
	DEVICE_FIELDS(RND_FIELD)
#undef RND_FIELD
	if (d->st.known & DMS_DS_OPS)
		d->st.ops = d->ops[0] || rnd_bool();	/* some have no name */
}

static inline void rnd_window(struct rec_window *w)
{
	w->dev = rnd_u64();
	w->liobn = rnd_u32();
	w->page_shift = rnd_u32();
	w->kind = (enum dms_window_kind)rnd_below(WINDOW_DDW + 1);
	w->use = (enum dms_window_use)rnd_below(WINDOW_HYBRID + 1);
	w->base = rnd_u64();
	w->size = rnd_u64();
	w->ts = rnd_u64();
	w->removed = rnd_bool();
	RND_TEXT(w->source);
}

static inline void rnd_pool(struct rec_pool *p)
{
	RND_TEXT(p->name);
	p->start = rnd_u64();
	p->end = rnd_u64();
	p->nslabs = rnd_u64();
	p->slot_size = rnd_u32();
	p->areas = rnd_u32();
	p->used_known = rnd_bool();
	p->used = p->used_known ? rnd_u64() : 0;
	p->hiwater_known = rnd_bool();
	p->hiwater = p->hiwater_known ? rnd_u64() : 0;
	p->force_bounce_known = rnd_bool();
	p->force_bounce = p->force_bounce_known && rnd_bool();
	p->cc_shared_known = rnd_bool();
	p->cc_shared = p->cc_shared_known && rnd_bool();
	p->dynamic = rnd_bool();
	p->ts = rnd_u64();
	RND_TEXT(p->source);
}

static inline void rnd_counts(struct dms_counts *c)
{
	c->hits = rnd_u64();
	c->delivered = rnd_u64();
	c->filtered = rnd_u64();
	c->ignored = rnd_u64();
	c->dropped = rnd_u64();
	c->skipped = rnd_u64() & 1 ? rnd_u64() : 0;
	c->failed = rnd_u64();
}

static inline void rnd_finding(struct rec_finding *f)
{
	f->ts = rnd_u64();
	RND_TEXT(f->id);
	f->severity = rnd_u32();
	f->confidence = rnd_u32();
	f->dev = rnd_u64();
	RND_TEXT(f->summary);
	RND_TEXT(f->evidence);
	RND_TEXT(f->action);
}

static inline void rnd_hook(struct rec_hook *h)
{
	h->id = (enum dms_hook)(1 + rnd_below(DMS_HOOK_MAX - 1));
	RND_TEXT(h->name);
	RND_TEXT(h->symbol);
	h->attach = (enum dms_attach)rnd_below(ATTACH_FENTRY + 1);
	RND_TEXT(h->reason);
	RND_TEXT(h->lost);
	RND_TEXT(h->unseen);
}

static inline void rnd_stack(struct rec_stack *s)
{
	s->id = rnd_u32();
	s->depth = rnd_below(DMS_STACK_DEPTH + 1);
	for (uint32_t i = 0; i < s->depth; i++)
		RND_TEXT(s->frame[i]);
}

static inline void rnd_stats(struct rec_stats *s)
{
	s->ts = rnd_u64();
	s->key.dev = rnd_u64();
	s->key.path = rnd_below(DMS_PATH_MAX);
	s->val.maps = rnd_u64();
	s->val.unmaps = rnd_u64();
	s->val.map_bytes = rnd_u64();
	s->val.unmap_bytes = rnd_u64();
	for (int i = 0; i < DMS_HIST_SLOTS; i++)
		s->val.hist[i] = rnd_u64();
}

static inline void rnd_rec(struct dms_rec *rec, enum dms_rec_type type)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = type;
	switch (type) {
	case REC_SESSION:
		rnd_session(&rec->session);
		break;
	case REC_HOOK:
		rnd_hook(&rec->hook);
		break;
	case REC_DEVICE:
		rnd_device(&rec->device);
		break;
	case REC_WINDOW:
		rnd_window(&rec->window);
		break;
	case REC_POOL:
		rnd_pool(&rec->pool);
		break;
	case REC_EVENT:
		rnd_event(&rec->event);
		if (rec->event.type == DMS_EV_SHARE)
			RND_TEXT(rec->comm);
		break;
	case REC_STACK:
		rnd_stack(&rec->stack);
		break;
	case REC_GAP:
		rec->gap.ts = rnd_u64();
		rec->gap.hook = (enum dms_hook)rnd_below(DMS_HOOK_MAX);
		rec->gap.lost = rnd_u64();
		rec->gap.trimmed = rnd_bool();
		break;
	case REC_STATS:
		rnd_stats(&rec->stats);
		break;
	case REC_END:
		rec->end.ts = rnd_u64();
		rec->end.complete = rnd_bool();
		for (int i = 0; i < DMS_HOOK_MAX; i++)
			if (rnd_bool())
				rnd_counts(&rec->end.counts[i]);
		RND_TEXT(rec->end.why);
		break;
	case REC_FINDING:
		rnd_finding(&rec->finding);
		break;
	default:
		break;
	}
}

#endif /* DMASCOPE_TESTS_TRACE_RANDOM_H */
