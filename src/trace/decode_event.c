// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A line becomes an event. Events come by the million: each member is compared once, by the length
 * of its name, where other records ask for their fields by name.
 */
#include <errno.h>
#include <string.h>

#include "dmascope/classify.h"
#include "trace/decode_inside.h"
#include "trace/fields.h"

static bool address(const struct jmember *m, uint64_t null, uint64_t *v)
{
	if (m->type == JT_NULL) {
		*v = null;
		return true;
	}
	return jval__u64(m, v);
}

void event_flag(const char *s, size_t len, uint8_t *flags)
{
	for (unsigned int i = 0; i < TRACE_FLAGS; i++)
		if (strlen(trace_flag_names[i]) == len && !memcmp(trace_flag_names[i], s, len))
			*flags = (uint8_t)(*flags | 1u << i);
}

void event_also(struct dms_event *ev, bool has_slot)
{
	if (trace_also_slot(ev) && !has_slot)
		ev->aux = ev->dma;
	ev->flags |= trace_also_flags(ev);
}

bool event_dir(const struct trace_decoder *d, const char *s, size_t len, struct dms_event *ev)
{
	int id = nametab__find(&d->dir, s, len);

	/* id 0 is also "not known": only the one word means it */
	ev->dir = (uint8_t)(id || (len && s[0] == 'b') ? id : DMS_DIR_NONE);
	return true;
}

static bool flags(const struct jmember *m, uint8_t *v)
{
	struct jcursor c;
	struct jmember f;

	if (m->type != JT_ARRAY)
		return false;
	jparse__enter(&c, m);
	while (jparse__next(&c, &f) > 0) {
		if (f.type != JT_STRING)
			return false;
		event_flag(f.val, f.vlen, v);
	}
	return true;
}

static bool word(const struct nametab *t, const struct jmember *m, int null, int *id)
{
	*id = m->type == JT_NULL ? null : nametab__find(t, m->val, m->vlen);
	return m->type == JT_STRING || m->type == JT_NULL;
}

static bool small(const struct jmember *m, uint8_t *v)
{
	uint32_t u = 0;
	bool ok = jval__u32(m, &u) && u <= UINT8_MAX;

	*v = (uint8_t)u;
	return ok;
}

#define IS(m, lit)	(!memcmp((m)->key, lit, sizeof(lit) - 1))

static bool event_field3(struct trace_decoder *d, const struct jmember *m, struct dms_event *ev)
{
	if (IS(m, "dma"))
		return address(m, DMS_DMA_ERROR, &ev->dma);
	if (IS(m, "dev"))
		return address(m, 0, &ev->dev);
	if (IS(m, "cpu"))
		return jval__u32(m, &ev->cpu);
	if (IS(m, "pid"))
		return jval__u32(m, &ev->pid);
	if (IS(m, "ret"))
		return jval__s64(m, &ev->ret);
	if (IS(m, "aux"))
		return jval__u64(m, &ev->aux);
	if (!IS(m, "dir"))
		return true;
	if (m->type == JT_NULL)
		ev->dir = DMS_DIR_NONE;
	return m->type == JT_NULL || (m->type == JT_STRING && event_dir(d, m->val, m->vlen, ev));
}

static bool event_field4(struct trace_decoder *d, const struct jmember *m, struct dms_rec *rec)
{
	struct dms_event *ev = &rec->event;
	int id;

	if (IS(m, "phys"))
		return address(m, 0, &ev->phys);
	if (IS(m, "size"))
		return jval__u64(m, &ev->size);
	if (IS(m, "slot"))
		return address(m, DMS_DMA_ERROR, &ev->aux);
	if (IS(m, "mask"))
		return jval__u64(m, &ev->aux);
	if (IS(m, "comm"))
		return jval__str(m, rec->comm, sizeof(rec->comm));
	if (IS(m, "hook")) {
		if (!word(&d->hook, m, 0, &id))
			return false;
		ev->hook = (uint8_t)id;
	} else if (IS(m, "also")) {
		if (!word(&d->hook, m, 0, &id))
			return false;
		ev->also = (uint8_t)id;
	} else if (IS(m, "path")) {
		if (!word(&d->path, m, 0, &id))
			return false;
		ev->path = (uint8_t)id;
	}
	return true;
}

/* Traces of 7.3 by dmascope 0.1.0 have half a kernel address there: it goes no further. */
static bool attributes(const struct jmember *m, uint32_t *out)
{
	uint32_t v;

	if (!jval__u32(m, &v))
		return false;
	*out = dms_attrs(v);
	return true;
}

static bool event_field5(const struct jmember *m, struct dms_event *ev)
{
	if (IS(m, "stack"))
		return jval__u32(m, &ev->stack);
	if (IS(m, "flags"))
		return flags(m, &ev->flags);
	if (IS(m, "liobn"))
		return jval__u32(m, &ev->liobn);
	if (IS(m, "attrs"))
		return attributes(m, &ev->attrs);
	if (IS(m, "index"))
		return jval__s64(m, &ev->ret);
	return true;
}

static bool event_field6(const struct jmember *m, struct dms_event *ev)
{
	if (m->klen == 6 && (IS(m, "ucalls") || IS(m, "opcode")))
		return jval__u64(m, &ev->aux);
	if (m->klen == 6 && IS(m, "object"))
		return jval__u32(m, &ev->object);
	if (m->klen == 10 && IS(m, "page_shift"))
		return small(m, &ev->page_shift);
	if (m->klen == 10 && IS(m, "align_mask"))
		return jval__s64(m, &ev->ret);
	return true;
}

/* By the length of the name, then the name: this is the inner loop of reading. */
static bool event_field(struct trace_decoder *d, const struct jmember *m, struct dms_rec *rec)
{
	struct dms_event *ev = &rec->event;
	int64_t t;

	switch (m->klen) {
	case 1:
		if (*m->key != 't')
			return true;
		if (!jval__s64(m, &t))
			return false;
		ev->ts = d->start_ns + (uint64_t)t;
		return true;
	case 3:
		return event_field3(d, m, ev);
	case 4:
		return event_field4(d, m, rec);
	case 5:
		return event_field5(m, ev);
	default:
		return event_field6(m, ev);
	}
}

int decode_event(struct line *l, int type, struct dms_rec *rec)
{
	struct dms_event *ev = &rec->event;
	bool timed = false, has_slot = false;

	memset(ev, 0, sizeof(*ev));
	rec->comm[0] = '\0';
	ev->type = (uint16_t)type;
	for (unsigned int i = 0; i < l->n; i++) {
		const struct jmember *m = &l->m[i];

		timed |= m->klen == 1 && *m->key == 't';
		has_slot |= m->klen == 4 && IS(m, "slot");
		if (!event_field(l->d, m, rec)) {
			line__wrong(l, m, "what an event has there");
			return -EBADMSG;
		}
	}
	event_also(ev, has_slot);
	return timed ? 0 : line__need(l, "t");
}
