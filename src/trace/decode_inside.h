/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shared by the files of the decoder, src/trace/decode*.c: the line that is being read.
 */
#ifndef DMASCOPE_TRACE_DECODE_INSIDE_H
#define DMASCOPE_TRACE_DECODE_INSIDE_H

#include <string.h>

#include "trace/decode.h"
#include "trace/parse.h"

#define MEMBERS_MAX	64

struct line {
	struct jmember m[MEMBERS_MAX];
	unsigned int n;
	struct trace_decoder *d;
	bool bad;
};

static inline bool is_key(const struct jmember *m, const char *key, size_t len)
{
	return m->klen == len && !memcmp(m->key, key, len);
}

/* decode_fields.c: ids by name; 0 if there is none, or if it is the name of id 0. */
void nametab__add(struct nametab *t, const char *name, int id);
int nametab__find(const struct nametab *t, const char *name, size_t len);

/* 0, or -EBADMSG: refused. */
int line__split(struct line *l, struct trace_decoder *d, const char *text, size_t len);
/* -EBADMSG; the first reason is kept for the message. */
int line__refuse(struct line *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Refused: this value is not what it has to be; there is no such field. */
void line__wrong(struct line *l, const struct jmember *m, const char *what);
int line__need(struct line *l, const char *key);

/* The member, or NULL if there is none or it is null. */
const struct jmember *line__find(const struct line *l, const char *key);

/* Each: false if absent or null; the line is refused if the value is of another kind. */
bool get_u64(struct line *l, const char *key, uint64_t *v);
bool get_s64(struct line *l, const char *key, int64_t *v);
bool get_u32(struct line *l, const char *key, uint32_t *v);
bool get_small(struct line *l, const char *key, uint32_t max, uint32_t *v);
bool get_u8(struct line *l, const char *key, uint8_t *v);
bool get_bool(struct line *l, const char *key, bool *v);
bool get_str(struct line *l, const char *key, char *buf, size_t len);
#define get_text(l, key, array)	get_str(l, key, array, sizeof(array))
/* "t", ns after the start; absent: not known, 0. */
void get_time(struct line *l, uint64_t *ts);
/* The id of a word, 0 if it is absent, null or not known. */
int get_id(struct line *l, const char *key, int (*by_name)(const char *));

/* decode_event.c: type is one of DMS_EV_*. 0 or -EBADMSG. */
int decode_event(struct line *l, int type, struct dms_rec *rec);
/* Adds a flag by its name; sets the direction by its word (true). Unknown ones are ignored. */
void event_flag(const char *s, size_t len, uint8_t *flags);
/* After the fields: what a record with `also` need not say. has_slot: it names one. */
void event_also(struct dms_event *ev, bool has_slot);
bool event_dir(const struct trace_decoder *d, const char *s, size_t len, struct dms_event *ev);

/* decode_fast.c: false: this is no plain event, ask the parser; rec is void then. */
bool decode_event_fast(struct trace_decoder *d, const char *text, size_t len,
		       struct dms_rec *rec);

#endif /* DMASCOPE_TRACE_DECODE_INSIDE_H */
