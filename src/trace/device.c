// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fields of a device as JSON: a table made from the list in record/device_fields.h, and the
 * two loops over it.
 */
#include <stddef.h>
#include <string.h>

#include "trace/decode_inside.h"
#include "trace/device.h"

enum field_kind { KIND_TEXT, KIND_OPS, KIND_BOOL, KIND_U8, KIND_U16, KIND_U32, KIND_U64, KIND_HEX };

struct field {
	const char *name;
	enum field_kind kind;
	size_t at, size;	/* in struct rec_device */
	uint32_t known, flags;
};

#define SIZE_OF(member)		sizeof(((struct rec_device *)0)->member)

static const struct field fields[] = {
#define FIELD(n, k, member, known, flags) \
	{ #n, KIND_##k, offsetof(struct rec_device, member), SIZE_OF(member), known, flags },
	DEVICE_FIELDS(FIELD)
#undef FIELD
};

#define FIELDS		(sizeof(fields) / sizeof(fields[0]))

/* Each member is as large as its kind says; texts are of any length. */
#define SIZE_TEXT(member)	SIZE_OF(member)
#define SIZE_OPS(member)	SIZE_OF(member)
#define SIZE_BOOL(member)	sizeof(bool)
#define SIZE_U8(member)		sizeof(uint8_t)
#define SIZE_U16(member)	sizeof(uint16_t)
#define SIZE_U32(member)	sizeof(uint32_t)
#define SIZE_U64(member)	sizeof(uint64_t)
#define SIZE_HEX(member)	sizeof(uint64_t)
#define CHECK(n, k, member, known, flags) \
	_Static_assert(SIZE_OF(member) == SIZE_##k(member), #n " is no " #k);
DEVICE_FIELDS(CHECK)
#undef CHECK

static bool is_known(const struct rec_device *d, const struct field *f)
{
	return !f->known || (d->st.known | d->known) & f->known;
}

static void note_known(struct rec_device *d, const struct field *f)
{
	if (f->flags & DF_SHARES_BIT)
		return;
	if (f->known >= DEV_KNOWN_FIRST)
		d->known |= f->known;
	else
		d->st.known |= f->known;
}

/* "" for a device without dma_ops, "?" for some that have no name. */
static const char *ops_name(const struct rec_device *d)
{
	return d->ops[0] || !d->st.ops ? d->ops : "?";
}

static uint64_t number(const void *at, size_t size)
{
	switch (size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)at;
	case sizeof(uint16_t):
		return *(const uint16_t *)at;
	case sizeof(uint32_t):
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static void put(struct json *j, const struct rec_device *d, const struct field *f)
{
	const void *at = (const char *)d + f->at;

	switch (f->kind) {
	case KIND_TEXT:
		json__str(j, f->name, at);
		break;
	case KIND_OPS:
		json__str(j, f->name, ops_name(d));
		break;
	case KIND_BOOL:
		json__bool(j, f->name, *(const bool *)at);
		break;
	case KIND_U64:
		json__u64(j, f->name, number(at, f->size));
		break;
	case KIND_HEX:
		json__hex(j, f->name, number(at, f->size));
		break;
	default:
		json__int(j, f->name, (int64_t)number(at, f->size));
		break;
	}
}

void device_fields__put(struct json *j, const struct rec_device *d, uint32_t flags)
{
	for (const struct field *f = fields; f < fields + FIELDS; f++) {
		if (flags && !(f->flags & flags))
			continue;
		if (d && is_known(d, f))
			put(j, d, f);
		else if (flags || !(f->flags & DF_SPARSE))
			json__null(j, f->name);
	}
}

bool device_fields__all_known(const struct rec_device *d)
{
	for (const struct field *f = fields; f < fields + FIELDS; f++)
		if (!is_known(d, f) && !(f->flags & DF_SPARSE))
			return false;
	return true;
}

/* Addresses in kernels do not get here: only whether there are operations, and their name. */
static void get_ops(struct line *l, const char *name, struct rec_device *d)
{
	if (!get_text(l, name, d->ops))
		return;
	d->st.known |= DMS_DS_OPS;
	d->st.ops = d->ops[0] != 0;
	if (!strcmp(d->ops, "?"))
		d->ops[0] = 0;
}

static bool get_u16(struct line *l, const char *name, uint16_t *v)
{
	uint32_t u;

	if (!get_small(l, name, UINT16_MAX, &u))
		return false;
	*v = (uint16_t)u;
	return true;
}

static bool get(struct line *l, const struct field *f, void *at)
{
	switch (f->kind) {
	case KIND_TEXT:
		return get_str(l, f->name, at, f->size);
	case KIND_BOOL:
		return get_bool(l, f->name, at);
	case KIND_U8:
		return get_u8(l, f->name, at);
	case KIND_U16:
		return get_u16(l, f->name, at);
	case KIND_U32:
		return get_u32(l, f->name, at);
	default:
		return get_u64(l, f->name, at);
	}
}

void device_fields__get(struct line *l, struct rec_device *d)
{
	for (const struct field *f = fields; f < fields + FIELDS; f++) {
		if (f->kind == KIND_OPS)
			get_ops(l, f->name, d);
		else if (get(l, f, (char *)d + f->at))
			note_known(d, f);
	}
}
