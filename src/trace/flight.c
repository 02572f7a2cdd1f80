// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flight recorder's ring and its table of state. Lines are opaque bytes here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "trace/flight.h"

struct state_key {
	uint64_t type, a, b;
};

struct state {
	struct state_key key;
	char *line;
	size_t len;
	UT_hash_handle hh;
};

struct slot {			/* before each line in the ring */
	struct state_key key;	/* type 0: an event; REC_GAP: a is the loss; both only counted */
	uint64_t ts;
	uint32_t len;
	uint16_t hook, also;
};

struct flight {
	char *ring;
	size_t size, head, used;	/* head: where the oldest slot begins */
	struct state *states;
	uint64_t serial;		/* key of records that replace nothing */
	uint64_t trimmed[DMS_HOOK_MAX];
	uint64_t lost[DMS_HOOK_MAX];
	uint64_t trimmed_ts;
};

int flight__new(struct flight **out, uint64_t bytes)
{
	struct flight *f = calloc(1, sizeof(*f));

	*out = f;
	if (!f)
		return -ENOMEM;
	f->size = bytes < OUT_LINE_MAX ? OUT_LINE_MAX : (size_t)bytes;
	f->ring = f->size == bytes || bytes < OUT_LINE_MAX ? malloc(f->size) : NULL;
	if (!f->ring) {
		flight__free(f);
		*out = NULL;
		return -ENOMEM;
	}
	return 0;
}

void flight__free(struct flight *f)
{
	struct state *s, *tmp;

	if (!f)
		return;
	HASH_ITER(hh, f->states, s, tmp) {
		HASH_DEL(f->states, s);
		free(s->line);
		free(s);
	}
	free(f->ring);
	free(f);
}

static void ring_copy_in(struct flight *f, size_t at, const void *data, size_t len)
{
	size_t first = at + len > f->size ? f->size - at : len;

	memcpy(f->ring + at, data, first);
	memcpy(f->ring, (const char *)data + first, len - first);
}

static void ring_copy_out(const struct flight *f, size_t at, void *data, size_t len)
{
	size_t first = at + len > f->size ? f->size - at : len;

	memcpy(data, f->ring + at, first);
	memcpy((char *)data + first, f->ring, len - first);
}

/* Takes over line. */
static int remember(struct flight *f, const struct state_key *key, char *line, size_t len)
{
	struct state *s = NULL, *added;

	HASH_FIND(hh, f->states, key, sizeof(*key), s);
	if (s) {
		free(s->line);
		s->line = line;
		s->len = len;
		return 0;
	}
	added = calloc(1, sizeof(*added));
	if (!added) {
		free(line);
		return -ENOMEM;
	}
	added->key = *key;
	added->line = line;
	added->len = len;
	HASH_ADD(hh, f->states, key, sizeof(*key), added);
	HASH_FIND(hh, f->states, key, sizeof(*key), s);
	if (s != added) {	/* no memory for the table */
		free(line);
		free(added);
		return -ENOMEM;
	}
	return 0;
}

static int drop_oldest(struct flight *f)
{
	size_t at = f->head;
	struct slot s;
	char *line;

	ring_copy_out(f, at, &s, sizeof(s));
	at = (at + sizeof(s)) % f->size;
	f->head = (at + s.len) % f->size;
	f->used -= sizeof(s) + s.len;
	if (!s.key.type) {
		f->trimmed[s.hook]++;
		if (s.also)
			f->trimmed[s.also]++;
		f->trimmed_ts = s.ts;
		return 0;
	}
	if (s.key.type == REC_GAP) {
		f->lost[s.hook] += s.key.a;
		return 0;
	}
	line = malloc(s.len);
	if (!line)
		return -ENOMEM;
	ring_copy_out(f, at, line, s.len);
	return remember(f, &s.key, line, s.len);
}

static uint64_t hash_text(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3ULL;
	return h;
}

static void slot_of(struct flight *f, const struct dms_rec *rec, struct slot *s)
{
	s->key.type = rec->type;
	switch (rec->type) {
	case REC_EVENT:
		s->key.type = 0;
		s->ts = rec->event.ts;
		s->hook = rec->event.hook < DMS_HOOK_MAX ? rec->event.hook : 0;
		s->also = rec->event.also < DMS_HOOK_MAX ? rec->event.also : 0;
		break;
	case REC_GAP:
		s->key.a = rec->gap.lost;
		s->hook = rec->gap.hook < DMS_HOOK_MAX ? rec->gap.hook : 0;
		break;
	case REC_DEVICE:
		s->key.a = rec->device.key;
		break;
	case REC_WINDOW:
		s->key.a = rec->window.dev;
		s->key.b = rec->window.liobn;
		break;
	case REC_POOL:
		s->key.a = hash_text(rec->pool.name);
		break;
	case REC_STACK:
		s->key.a = rec->stack.id;
		break;
	case REC_STATS:
		s->key.a = rec->stats.key.dev;
		s->key.b = rec->stats.key.path;
		break;
	case REC_FINDING:
		s->key.a = rec->finding.dev;
		s->key.b = hash_text(rec->finding.id);
		break;
	default:	/* session, hooks: all are kept */
		s->key.a = f->serial++;
		break;
	}
}

int flight__put(struct flight *f, const struct dms_rec *rec, const char *line, size_t len)
{
	struct slot s = { 0 };
	size_t at;
	int err;

	if (len > UINT32_MAX || len + sizeof(s) > f->size)
		return -EMSGSIZE;
	slot_of(f, rec, &s);
	s.len = (uint32_t)len;
	while (f->size - f->used < len + sizeof(s)) {
		err = drop_oldest(f);
		if (err)
			return err;
	}
	at = (f->head + f->used) % f->size;
	ring_copy_in(f, at, &s, sizeof(s));
	ring_copy_in(f, (at + sizeof(s)) % f->size, line, len);
	f->used += sizeof(s) + len;
	return 0;
}

int flight__write_state(const struct flight *f, struct out *o, uint64_t *lines)
{
	for (const struct state *s = f->states; s; s = s->hh.next) {
		out__write(o, s->line, s->len - 1);
		if (out__end_line(o))
			return o->err;
		++*lines;
	}
	return 0;
}

int flight__write_ring(const struct flight *f, struct out *o, uint64_t *lines)
{
	size_t at = f->head, left = f->used;
	struct slot s;

	while (left) {
		ring_copy_out(f, at, &s, sizeof(s));
		at = (at + sizeof(s)) % f->size;
		if (!out__room(o, s.len))
			return o->err;
		ring_copy_out(f, at, o->p, s.len - 1);
		o->p += s.len - 1;
		if (out__end_line(o))
			return o->err;
		++*lines;
		at = (at + s.len) % f->size;
		left -= sizeof(s) + s.len;
	}
	return 0;
}

uint64_t flight__trimmed(const struct flight *f, unsigned int hook)
{
	return f->trimmed[hook];
}

uint64_t flight__lost(const struct flight *f, unsigned int hook)
{
	return f->lost[hook];
}

uint64_t flight__trimmed_ts(const struct flight *f)
{
	return f->trimmed_ts;
}
