// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prototypes out of BTF. A parameter that has the right name and another kind than expected is
 * either read through (a pointer to a number, as swiotlb_tbl_map_single() takes its attributes from
 * 7.3 on) or a reason to refuse the function: a value of unknown meaning is never recorded.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/proto.h"

enum kind {
	KIND_NUMBER,	/* an integer or an enumeration; or a pointer to one of 4 or 8 bytes */
	KIND_STRUCT,	/* a pointer to the structure `of` */
	KIND_HANDLE,	/* a pointer to an integer of 8 bytes, which the function writes */
	KIND_ADDRESS,	/* a kernel virtual address: any pointer, or an integer of 8 bytes */
};

static const struct {
	enum kind kind;
	const char *of;
	bool optional;		/* kernels without it are known, and the programs do without */
} facts[DMS_ARG_MAX] = {
	[DMS_ARG_DEV] = { KIND_STRUCT, "device", false },
	[DMS_ARG_PDEV] = { KIND_STRUCT, "pci_dev", false },
	[DMS_ARG_PAGE] = { KIND_STRUCT, "page", false },
	[DMS_ARG_TBL] = { KIND_STRUCT, "iommu_table", true },
	[DMS_ARG_SG] = { KIND_STRUCT, "scatterlist", false },
	[DMS_ARG_KOBJ] = { KIND_STRUCT, "kobject", false },
	[DMS_ARG_STATE] = { KIND_STRUCT, "dma_iova_state", false },
	[DMS_ARG_HANDLE_PTR] = { KIND_HANDLE, NULL, false },
	[DMS_ARG_PROP] = { KIND_ADDRESS, NULL, false },
	[DMS_ARG_UNIT] = { KIND_ADDRESS, NULL, false },
	[DMS_ARG_DOMAIN] = { KIND_STRUCT, "iommu_domain", false },
	[DMS_ARG_UADDR] = { KIND_ADDRESS, NULL, false },
	[DMS_ARG_VADDR] = { KIND_ADDRESS, NULL, false },
	[DMS_ARG_ATTRS] = { KIND_NUMBER, NULL, true },
	[DMS_ARG_ALIGN] = { KIND_NUMBER, NULL, true },
	[DMS_ARG_LIOBN] = { KIND_NUMBER, NULL, true },
	[DMS_ARG_TCESHIFT] = { KIND_NUMBER, NULL, true },
	/* all others are numbers that must be there */
};

static const struct btf_type *bare(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static const struct btf_type *pointee(const struct btf *btf, const struct btf_type *t)
{
	return t && btf_is_ptr(t) ? bare(btf, t->type) : NULL;
}

static bool is_number(const struct btf_type *t)
{
	return t && (btf_is_int(t) || btf_is_any_enum(t));
}

/* "struct page *", "unsigned long *", "float" */
static void type_text(const struct btf *btf, __u32 id, char *out, size_t len)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	const char *name, *what = "";
	int stars = 0;

	while (t && (btf_is_mod(t) || btf_is_ptr(t))) {
		stars += btf_is_ptr(t);
		t = btf__type_by_id(btf, t->type);
	}
	name = t && t->name_off ? btf__name_by_offset(btf, t->name_off) : NULL;
	if (t && (btf_is_composite(t) || btf_is_fwd(t)))
		what = btf_is_union(t) ? "union " : "struct ";
	else if (t && btf_is_any_enum(t))
		what = "enum ";
	else if (!t || btf_is_void(t))
		name = "void";
	else if (btf_is_func_proto(t))
		name = "a function";
	snprintf(out, len, "%s%s%s%.*s", what, name ? name : "(no name)", stars ? " " : "", stars,
		 "****");
}

/* The name of a fact's kind in a reason. */
static void kind_text(enum dms_arg fact, char *out, size_t len)
{
	switch (facts[fact].kind) {
	case KIND_STRUCT:
		snprintf(out, len, "struct %s *", facts[fact].of);
		break;
	case KIND_HANDLE:
		snprintf(out, len, "a pointer to a DMA address");
		break;
	case KIND_ADDRESS:
		snprintf(out, len, "an address");
		break;
	default:
		snprintf(out, len, "a number");
	}
}

/* A number, or what points to one: then the layout says so. */
static bool number_fits(const struct btf *btf, const struct btf_type *t, enum dms_arg fact,
			struct dms_layout *layout)
{
	const struct btf_type *to = pointee(btf, t);

	if (is_number(t))
		return true;
	if (!is_number(to) || (to->size != 4 && to->size != 8))
		return false;
	if (to->size == 8)
		layout->follow8 |= 1U << fact;
	else
		layout->follow4 |= 1U << fact;
	return true;
}

static bool kind_fits(const struct btf *btf, __u32 id, enum dms_arg fact,
		      struct dms_layout *layout)
{
	const struct btf_type *t = bare(btf, id), *to = pointee(btf, t);

	switch (facts[fact].kind) {
	case KIND_STRUCT:
		return to && (btf_is_void(to) ||
			      ((btf_is_struct(to) || btf_is_fwd(to)) &&
			       !strcmp(btf__name_by_offset(btf, to->name_off), facts[fact].of)));
	case KIND_HANDLE:
		return to && (btf_is_void(to) || (is_number(to) && to->size == 8));
	case KIND_ADDRESS:
		return to || (is_number(t) && t->size == 8);
	default:
		return number_fits(btf, t, fact, layout);
	}
}

static int check_kind(const struct btf *btf, const char *symbol, const char *param, __u32 type,
		      enum dms_arg fact, struct dms_layout *layout, char *why, size_t len)
{
	char have[96], want[96];

	if (kind_fits(btf, type, fact, layout))
		return 0;
	type_text(btf, type, have, sizeof(have));
	kind_text(fact, want, sizeof(want));
	snprintf(why, len, "%s: parameter %s is of type %s, and %s was expected", symbol, param,
		 have, want);
	return -EPROTO;
}

/* Every fact that the candidate is read for has a parameter. */
static int check_complete(enum dms_hook id, const struct candidate *c, const char *symbol,
			  const struct dms_layout *layout, char *why, size_t len)
{
	char copy[256], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", c->params);
	for (char *p = strtok_r(copy, " *", &save); p; p = strtok_r(NULL, " *", &save)) {
		int fact = hook_param_fact(id, p);

		if (fact < 0 || facts[fact].optional || layout->at[fact] != DMS_ARG_NOWHERE)
			continue;
		snprintf(why, len, "%s has no parameter %s", symbol, p);
		return -EPROTO;
	}
	return 0;
}

static const struct btf_type *function_proto(const struct btf *btf, const char *symbol)
{
	int id = btf ? btf__find_by_name_kind(btf, symbol, BTF_KIND_FUNC) : -1;
	const struct btf_type *t;

	if (id < 0)
		return NULL;
	t = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

/* "function.constprop.0": did that suffix leave the parameters, where it was looked at? */
static bool is_proved(const struct candidate *c, const char *symbol)
{
	const char *suffix = symbol + strlen(c->symbol), *at = c->proved;
	size_t n = strlen(suffix);

	if (!n)
		return true;
	for (; at && (at = strstr(at, suffix)); at += n)
		if (!at[n] || at[n] == ' ')
			return true;
	return false;
}

/*
 * By the catalogue: only where all kernels that have the function declare it alike, and if it is
 * whole: of a copy that the compiler made for a purpose, parameters may have been taken out.
 */
static int by_catalogue(enum dms_hook id, const struct candidate *c, const char *symbol,
			struct proto *out, char *why, size_t len)
{
	if (!is_proved(c, symbol)) {
		snprintf(why, len, "the compiler made %s of %s: which parameters it left is not "
			 "known", symbol, c->symbol);
		return -EPROTO;
	}
	if (c->older[0]) {
		snprintf(why, len, "the parameters of %s differ between kernels, and this kernel's "
			 "BTF does not list it", symbol);
		return -EPROTO;
	}
	hook_layout(id, c->params, &out->layout);
	return 0;
}

static int read_params(const struct btf *btf, const struct btf_type *t, enum dms_hook id,
		       const char *symbol, struct proto *out, char *why, size_t len)
{
	const struct btf_param *p = btf_params(t);
	size_t used = 0;

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, p[i].name_off);
		int fact = hook_param_fact(id, name), err;

		if (used < sizeof(out->params))
			used += (size_t)snprintf(out->params + used, sizeof(out->params) - used,
						 "%s%s", i ? " " : "", name);
		if (fact < 0)
			continue;
		err = check_kind(btf, symbol, name, p[i].type, fact, &out->layout, why, len);
		if (err)
			return err;
		out->layout.at[fact] = (__u8)i;
	}
	out->layout.params = (__u8)btf_vlen(t);
	return 0;
}

static void clear(struct proto *out)
{
	memset(out, 0, sizeof(*out));
	memset(out->layout.at, DMS_ARG_NOWHERE, sizeof(out->layout.at));
}

int proto_function(const struct btf *btf, enum dms_hook id, const struct candidate *c,
		   const char *symbol, struct proto *out, char *why, size_t len)
{
	const struct btf_type *t = function_proto(btf, symbol);
	int err;

	clear(out);
	if (!t)
		return by_catalogue(id, c, symbol, out, why, len);
	err = read_params(btf, t, id, symbol, out, why, len);
	return err ? err : check_complete(id, c, symbol, &out->layout, why, len);
}

/* btf_trace_EVENT is a pointer to a function whose first parameter is void *data. */
static const struct btf_type *event_proto(const struct btf *btf, const char *event)
{
	char name[DMS_NAME_LEN + 16];
	const struct btf_type *t;
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", event);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	t = id > 0 ? bare(btf, (__u32)id) : NULL;
	t = t ? pointee(btf, t) : NULL;
	return t && btf_is_func_proto(t) && btf_vlen(t) ? t : NULL;
}

int proto_event(const struct btf *btf, enum dms_hook id, const struct candidate *c, bool more,
		struct proto *out, char *why, size_t len)
{
	const struct btf_type *t = event_proto(btf, c->symbol);
	char copy[256], *save = NULL;
	int n = 0, have;

	clear(out);
	if (!t) {
		snprintf(why, len, "the kernel has no trace event %s", c->symbol);
		return -ENOENT;
	}
	have = btf_vlen(t) - 1;
	hook_layout(id, c->params, &out->layout);
	if (have < out->layout.params || (have > out->layout.params && !more)) {
		snprintf(why, len, "trace event %s has %d arguments, not %d", c->symbol, have,
			 out->layout.params);
		return -EPROTO;
	}
	snprintf(copy, sizeof(copy), "%s", c->params);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		int fact = hook_param_fact(id, p);
		int err = fact < 0 ? 0 : check_kind(btf, c->symbol, p, btf_params(t)[n + 1].type,
						    fact, &out->layout, why, len);

		if (err)
			return err;
		n++;
	}
	if (out->layout.follow4 | out->layout.follow8) {	/* these programs read no memory */
		snprintf(why, len, "trace event %s has a pointer where a number was expected",
			 c->symbol);
		return -EPROTO;
	}
	return 0;
}

/*
 * BTF holds no version. A kernel's own lists functions that are symbols of it, all but a few;
 * that of another kernel, even of the next stable release, lists some that are not.
 */
int proto_of_kernel(const struct btf *btf, const struct symbols *syms, char *why, size_t len)
{
	unsigned int functions = 0, strange = 0;

	for (__u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name;

		if (!btf_is_func(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		functions++;
		strange += !symbols_find_function(syms, name, NULL);
	}
	if (functions && strange <= functions / 200)
		return 0;
	snprintf(why, len, "it is not the BTF of the running kernel: %u of its %u functions are "
		 "not in this kernel", strange, functions);
	return -EINVAL;
}
