// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An event as the encoder writes it, in one pass: no blanks, known fields, plain words and numbers.
 * Its shape is kept (shape.c), so that of many alike only the first line comes to this pass. Any
 * other line is left to the parser, which has the last word on what is allowed; what is read here,
 * it reads the same.
 */
#include <string.h>

#include "dmascope/classify.h"
#include "trace/decode_inside.h"
#include "trace/fields.h"

/* The form of a field's value in a line and in an event. */
enum kind { TIME, U8, U32, U64, OR_ERROR, OR_0, SIGNED, ATTRS, HOOK, ALSO, PATH, DIR, FLAGS };

struct field {
	char text[15];		/* as it begins */
	uint8_t len, kind, at;	/* at: its place in struct dms_event */
};

#define FIELD(name, member, kind)	\
	{ ",\"" name "\":", sizeof(name) + 3, kind, offsetof(struct dms_event, member) }

/* In the order of the encoder, so that each is found near the one before it. */
static const struct field fields[] = {
	FIELD("t", ts, TIME), FIELD("cpu", cpu, U32), FIELD("hook", hook, HOOK),
	FIELD("also", also, ALSO), FIELD("dev", dev, OR_0), FIELD("dma", dma, OR_ERROR),
	FIELD("phys", phys, OR_0),
	FIELD("size", size, U64), FIELD("path", path, PATH), FIELD("dir", dir, DIR),
	FIELD("slot", aux, OR_ERROR), FIELD("ret", ret, SIGNED), FIELD("index", ret, SIGNED),
	FIELD("align_mask", ret, SIGNED), FIELD("liobn", liobn, U32),
	FIELD("page_shift", page_shift, U8), FIELD("attrs", attrs, ATTRS), FIELD("pid", pid, U32),
	FIELD("stack", stack, U32), FIELD("object", object, U32), FIELD("flags", flags, FLAGS),
};
#define FIELDS	(sizeof(fields) / sizeof(fields[0]))
_Static_assert(FIELDS <= 32, "a bit each");

struct fast {
	const struct trace_decoder *d;
	const char *p, *end;
	struct dms_event *ev;
	struct shape *shape;	/* of this line, NULL: it will not be kept */
	struct shape_number last;	/* the last number: its digits */
	const char *text;	/* the line */
	size_t next;		/* the field that comes next, if it is as expected */
};

static bool eat(struct fast *f, char c)
{
	if (f->p == f->end || *f->p != c)
		return false;
	f->p++;
	return true;
}

/* The characters of names. */
static const bool in_name[256] = {
	['a' ... 'z'] = true, ['0' ... '9'] = true, ['_'] = true, ['.'] = true,
};

static bool name(struct fast *f, const char **s, size_t *len)
{
	if (!eat(f, '"'))
		return false;
	*s = f->p;
	while (f->p < f->end && in_name[(unsigned char)*f->p])
		f->p++;
	*len = (size_t)(f->p - *s);
	return eat(f, '"');
}

/* They have been read up to here. */
static void digits(struct fast *f, const char *from, bool hex)
{
	f->last.end = (uint16_t)(f->p - f->text);
	f->last.digits = (uint8_t)(f->p - from);
	f->last.hex = hex;
}

/* The last number is the value of the field. */
static void note(struct fast *f, const struct field *field, size_t bytes)
{
	f->last.at = field->at;
	f->last.bytes = (uint8_t)bytes;
	f->last.time = field->kind == TIME;
	if (f->shape && f->shape->numbers == SHAPE_NUMBERS)
		f->shape = NULL;
	if (f->shape)
		shape__add(f->shape, &f->last);
}

/* Up to 18 digits, which cannot overflow; a 0 stands alone. */
static bool decimal(struct fast *f, uint64_t *v)
{
	const char *s = f->p;
	uint64_t x = 0;
	unsigned int d;

	for (; f->p < f->end && (d = (unsigned int)(unsigned char)*f->p - '0') < 10; f->p++)
		x = x * 10 + d;
	*v = x;
	digits(f, s, false);
	return f->p > s && f->p - s <= 18 && (*s != '0' || f->p - s == 1);
}

static bool hex(struct fast *f, uint64_t *v)
{
	const char *s = f->p;
	uint64_t x = 0;

	for (; f->p < f->end; f->p++) {
		unsigned int c = (unsigned char)*f->p;

		if (c - '0' < 10)
			x = x << 4 | (c - '0');
		else if (c - 'a' < 6)
			x = x << 4 | (c - 'a' + 10);
		else
			break;
	}
	*v = x;
	digits(f, s, true);
	return f->p > s && f->p - s <= 16;
}

/* 12, "12", "0x12" */
static bool number(struct fast *f, uint64_t *v)
{
	if (f->p == f->end || *f->p != '"')
		return decimal(f, v);
	f->p++;
	if (f->end - f->p > 2 && f->p[0] == '0' && f->p[1] == 'x') {
		f->p += 2;
		return hex(f, v) && eat(f, '"');
	}
	return decimal(f, v) && eat(f, '"');
}

static bool null(struct fast *f)
{
	if (f->end - f->p < 4 || memcmp(f->p, "null", 4))
		return false;
	f->p += 4;
	return true;
}

static bool put32(struct fast *f, const struct field *field)
{
	uint64_t v;
	uint32_t v32;
	uint8_t v8;

	if (!number(f, &v) || v > (field->kind == U8 ? UINT8_MAX : UINT32_MAX))
		return false;
	v8 = (uint8_t)v;
	v32 = field->kind == ATTRS ? dms_attrs(v) : (uint32_t)v;
	if (field->kind == U8)
		memcpy((char *)f->ev + field->at, &v8, sizeof(v8));
	else
		memcpy((char *)f->ev + field->at, &v32, sizeof(v32));
	if (field->kind != ATTRS)	/* those of the same shape are the same */
		note(f, field, field->kind == U8 ? sizeof(v8) : sizeof(v32));
	return true;
}

static bool put64(struct fast *f, const struct field *field)
{
	uint64_t v = field->kind == OR_ERROR ? DMS_DMA_ERROR : 0;
	bool may_be_null = field->kind == OR_ERROR || field->kind == OR_0;

	if (!may_be_null || !null(f)) {
		if (!number(f, &v))
			return false;
		note(f, field, sizeof(v));
	}
	memcpy((char *)f->ev + field->at, &v, sizeof(v));
	return true;
}

/* A number of at most 18 digits and no hex, as both times and results are read. */
static bool put_signed(struct fast *f, const struct field *field)
{
	uint64_t v;

	if (!decimal(f, &v))
		return false;
	if (field->kind == TIME)
		v += f->d->start_ns;
	memcpy((char *)f->ev + field->at, &v, sizeof(v));
	note(f, field, sizeof(v));
	return true;
}

static bool put_word(struct fast *f, const struct field *field)
{
	const char *s;
	size_t len;

	if (!name(f, &s, &len))
		return false;
	if (field->kind == HOOK)
		f->ev->hook = (uint8_t)nametab__find(&f->d->hook, s, len);
	else if (field->kind == ALSO)
		f->ev->also = (uint8_t)nametab__find(&f->d->hook, s, len);
	else if (field->kind == PATH)
		f->ev->path = (uint8_t)nametab__find(&f->d->path, s, len);
	else
		return event_dir(f->d, s, len, f->ev);
	return true;
}

static bool put_flags(struct fast *f)
{
	const char *s;
	size_t len;

	if (!eat(f, '['))
		return false;
	do {
		if (!name(f, &s, &len))
			return false;
		event_flag(s, len, &f->ev->flags);
	} while (eat(f, ','));
	return eat(f, ']');
}

/* The field that begins here, NULL: none that is known. Leaves p at its value. */
static const struct field *field_here(struct fast *f)
{
	size_t left = (size_t)(f->end - f->p);
	const struct field *field;

	if (!left || *f->p != ',')
		return NULL;		/* the end, in most cases */
	for (size_t i = 0; i < FIELDS; i++) {
		field = &fields[f->next++];
		if (f->next == FIELDS)
			f->next = 0;
		if (left < field->len || f->p[2] != field->text[2] ||
		    memcmp(f->p, field->text, field->len))
			continue;
		f->p += field->len;
		return field;
	}
	return NULL;
}

static bool put(struct fast *f, const struct field *field)
{
	switch ((enum kind)field->kind) {
	case TIME:
	case SIGNED:
		return put_signed(f, field);
	case U8:
	case U32:
	case ATTRS:
		return put32(f, field);
	case U64:
	case OR_ERROR:
	case OR_0:
		return put64(f, field);
	case FLAGS:
		return put_flags(f);
	default:
		return put_word(f, field);
	}
}

/*
 * The rest of the line: fields, each once, up to the closing bracket, which ends it. The first one
 * of the table, a time, must be there.
 */
static bool put_fields(struct fast *f)
{
	const struct field *field;
	bool has_slot = false;
	uint32_t had = 0, bit;

	while ((field = field_here(f))) {
		bit = 1u << (field - fields);
		if (had & bit || !put(f, field))
			return false;
		had |= bit;
		has_slot |= field->at == offsetof(struct dms_event, aux);
	}
	if (!(had & 1) || !eat(f, '}') || f->p != f->end)
		return false;
	if (f->shape) {
		f->shape->event = *f->ev;
		f->shape->has_slot = has_slot;
		shape__keep(f->shape, f->text, (size_t)(f->end - f->text));
	}
	event_also(f->ev, has_slot);
	return true;
}

static bool parse(struct trace_decoder *d, const char *text, size_t len, struct dms_rec *rec)
{
	static const char head[] = "{\"type\":";
	struct fast f = { .d = d, .p = text + sizeof(head) - 1, .text = text, .end = text + len,
			  .ev = &rec->event };
	const char *s;
	size_t n;
	int type;

	if (len < sizeof(head) || memcmp(text, head, sizeof(head) - 1) || !name(&f, &s, &n))
		return false;
	type = nametab__find(&d->type, s, n);
	if (type <= 0)
		return false;
	memset(f.ev, 0, sizeof(*f.ev));
	f.ev->type = (uint16_t)type;
	f.shape = shapes__new(&d->shapes, len);
	return put_fields(&f);
}

bool decode_event_fast(struct trace_decoder *d, const char *text, size_t len, struct dms_rec *rec)
{
	const struct shape *s = shapes__find(&d->shapes, text, len, d->start_ns, &rec->event);

	rec->type = REC_EVENT;
	rec->comm[0] = '\0';
	if (!s)
		return parse(d, text, len, rec);
	event_also(&rec->event, s->has_slot);
	return true;
}
