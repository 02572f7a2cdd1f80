// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What kernel_btf__reduce() leaves of a kernel's BTF is the same as in the whole: each structure
 * that programs read, with the place of each member and of what it holds by value, each
 * enumeration, each function and trace event of the catalogue with its parameters, and the numbers
 * of all these. Prints TAP.
 *
 * usage: reduced FILE...	raw BTF; one in the other byte order has to be refused
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "probe/catalogue.h"
#include "probe/kernel_btf.h"
#include "probe/proto.h"

static unsigned int tests, failures, compared, seconds;
static char complaint[256];

static bool differ(const char *what, const char *name)
{
	if (!complaint[0])
		snprintf(complaint, sizeof(complaint), "%s of %s", what, name);
	return false;
}

static void verdict(const char *file, const char *what)
{
	printf("%sok %u - %s: %s\n", complaint[0] ? "not " : "", ++tests, file, what);
	if (complaint[0])
		printf("# %s differs\n", complaint);
	failures += !!complaint[0];
	complaint[0] = '\0';
}

static const struct btf_type *bare(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool same_type(const struct btf *a, const struct btf_type *x, const struct btf *b,
		      const struct btf_type *y, const char *of);

static bool same_members(const struct btf *a, const struct btf_type *x, const struct btf *b,
			 const struct btf_type *y, const char *of)
{
	const struct btf_member *m = btf_members(x), *n = btf_members(y);

	for (int i = 0; i < btf_vlen(x); i++) {
		const char *name = btf__name_by_offset(a, m[i].name_off);

		compared++;
		if (strcmp(name, btf__name_by_offset(b, n[i].name_off)))
			return differ("a member's name", of);
		if (btf_member_bit_offset(x, i) != btf_member_bit_offset(y, i) ||
		    btf_member_bitfield_size(x, i) != btf_member_bitfield_size(y, i))
			return differ("a member's place", of);
		if (!same_type(a, bare(a, m[i].type), b, bare(b, n[i].type), name))
			return differ("a member", of);
	}
	return true;
}

static bool same_values(const struct btf *a, const struct btf_type *x, const struct btf *b,
			const struct btf_type *y, const char *of)
{
	const struct btf_enum *v = btf_enum(x), *w = btf_enum(y);

	for (int i = 0; btf_is_enum(x) && i < btf_vlen(x); i++)
		if (v[i].val != w[i].val || strcmp(btf__name_by_offset(a, v[i].name_off),
						   btf__name_by_offset(b, w[i].name_off)))
			return differ("a value", of);
	return true;
}

/* Pointers are the same whatever they point to: a program that follows one names the type anew. */
static bool same_type(const struct btf *a, const struct btf_type *x, const struct btf *b,
		      const struct btf_type *y, const char *of)
{
	if (btf_kind(x) != btf_kind(y))
		return differ("the kind", of);
	if (btf_is_ptr(x) || btf_is_void(x))
		return true;
	if (btf_is_array(x)) {
		const struct btf_array *p = btf_array(x), *q = btf_array(y);

		return p->nelems == q->nelems ?
			same_type(a, bare(a, p->type), b, bare(b, q->type), of) :
			differ("the elements", of);
	}
	if (x->size != y->size || btf_vlen(x) != btf_vlen(y) || btf_kflag(x) != btf_kflag(y))
		return differ("the size", of);
	if (btf_is_any_enum(x))
		return same_values(a, x, b, y, of);
	if (btf_is_int(x) && btf_int_encoding(x) != btf_int_encoding(y))
		return differ("the encoding", of);
	return !btf_is_composite(x) || same_members(a, x, b, y, of);
}

/* All of a name and kind: a kernel may have several, and libbpf asks each. */
static void compare_types(const struct btf *whole, const struct kernel_btf *k, const char *name)
{
	__u32 j = 1, n = btf__type_cnt(k->btf);

	for (__u32 i = 1; i < btf__type_cnt(whole); i++) {
		const struct btf_type *t = btf__type_by_id(whole, i);

		if ((!btf_is_composite(t) && !btf_is_any_enum(t)) ||
		    strcmp(btf__name_by_offset(whole, t->name_off), name))
			continue;
		while (j < n && k->id[j] != i)
			j++;
		if (j == n || strcmp(btf__name_by_offset(k->btf,
						btf__type_by_id(k->btf, j)->name_off), name))
			differ("the number", name);
		else
			same_type(whole, t, k->btf, btf__type_by_id(k->btf, j), name);
		j = 1;
	}
}

/* The number, and what proto.c makes of it: the reasons against it too. */
static void compare_hook(const struct btf *whole, const struct kernel_btf *k, enum dms_hook id,
			 const struct candidate *c)
{
	bool event = c->attach != ATTACH_KPROBE;
	__u32 kind = event ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC;
	char name[128], why[2][DMS_TEXT_LEN] = {};
	struct proto p[2];
	int n, err[2];

	snprintf(name, sizeof(name), "%s%s", event ? "btf_trace_" : "", c->symbol);
	n = btf__find_by_name_kind(whole, name, kind);
	if ((n > 0 ? (uint32_t)n : 0) != kernel_btf__find(k, name, kind))
		differ("the number", name);
	for (int i = 0; i < 2; i++) {
		const struct btf *btf = i ? k->btf : whole;

		err[i] = event ? proto_event(btf, id, c, true, &p[i], why[i], sizeof(why[i])) :
				 proto_function(btf, id, c, c->symbol, &p[i], why[i],
						sizeof(why[i]));
	}
	if (err[0] != err[1] || strcmp(why[0], why[1]) || strcmp(p[0].params, p[1].params) ||
	    memcmp(&p[0].layout, &p[1].layout, sizeof(p[0].layout)))
		differ("what is chosen by the parameters", name);
	compared += n > 0;
}

/* tp_btf programs find the number of their event, the second ones too. */
static void compare_second(const struct btf *whole, const struct kernel_btf *k,
			   const struct candidate *c)
{
	const char *event = candidate_second_event(c);
	char name[128];
	int n;

	if (!event)
		return;
	snprintf(name, sizeof(name), "btf_trace_%s", event);
	n = btf__find_by_name_kind(whole, name, BTF_KIND_TYPEDEF);
	if ((n > 0 ? (uint32_t)n : 0) != kernel_btf__find(k, name, BTF_KIND_TYPEDEF))
		differ("the number", name);
	seconds += n > 0;
}

static void compare(const char *file, const struct btf *whole, const struct kernel_btf *k)
{
	compared = 0;
	for (size_t i = 0; i < kernel_btf_types_count; i++)
		compare_types(whole, k, kernel_btf_types[i]);
	if (compared < 100)	/* members */
		differ("the number of members", file);
	verdict(file, "structures and enumerations");
	compared = 0;
	for (unsigned int i = 0; i < hook_rows_count; i++)
		for (int c = 0; c < CAND_MAX && hook_rows[i].cand[c].symbol; c++) {
			compare_hook(whole, k, hook_rows[i].id, &hook_rows[i].cand[c]);
			compare_second(whole, k, &hook_rows[i].cand[c]);
		}
	if (compared < 10)
		differ("the number of functions and events", file);
	verdict(file, "functions and trace events");
	if (access(k->path, R_OK))
		differ("the file for libbpf", file);
	verdict(file, "libbpf gets a file");
}

static void try_file(const char *path)
{
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct btf *whole = btf__parse(path, NULL), *own = btf__new_empty();
	struct kernel_btf *k = NULL;
	int err = kernel_btf__reduce(&k, path);

	if (whole && own && btf__endianness(whole) != btf__endianness(own)) {
		if (err != -EINVAL)
			differ("the refusal", file);
		verdict(file, "the other byte order is refused");
	} else if (whole && !err) {
		compare(file, whole, k);
	} else {
		differ(strerror(-err), file);
		verdict(file, "can be read");
	}
	kernel_btf__free(k);
	btf__free(whole);
	btf__free(own);
}

static bool write_at(int fd, const void *data, size_t len, off_t at)
{
	return pwrite(fd, data, len, at) == (ssize_t)len;
}

/* A file that is cut is refused; one with nonsense in it too, or read as if that were true. */
static void try_broken(const char *path)
{
	char part[] = "/tmp/dmascope-reduced-XXXXXX";
	static char data[1 << 16];
	struct kernel_btf *k = NULL;
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(data, 1, sizeof(data), f) : 0, refused = 0;
	int fd = mkstemp(part);

	if (f)
		fclose(f);
	if (fd < 0 || n < 1024 || n == sizeof(data))
		differ("a file of that size", path);
	for (size_t len = 0; fd >= 0 && len < n; len += len < 64 ? 4 : 997)
		if (ftruncate(fd, 0) || !write_at(fd, data, len, 0) ||
		    kernel_btf__reduce(&k, part) != -EINVAL || k)
			differ("the refusal", "a file that is cut");
	verdict(path, "a file that is cut is refused");
	for (size_t at = 0; fd >= 0 && at < n; at += 13) {
		if (!write_at(fd, data, n, 0) || !write_at(fd, "\377\377", 2, (off_t)at))
			differ("writing", part);
		refused += kernel_btf__reduce(&k, part) < 0;
		kernel_btf__free(k);
	}
	if (!refused)
		differ("the refusal", "nonsense");
	verdict(path, "nonsense in a file does no harm");
	if (fd >= 0)
		close(fd);
	unlink(part);
}

/* The reduced BTF of a kernel whose struct bpf_prog has those members: guards_fentry(). */
static void try_guard(const char *kernel, const char *const *members, bool want)
{
	char path[] = "/tmp/dmascope-guard-XXXXXX";
	struct btf *btf = btf__new_empty();
	struct kernel_btf *k = NULL;
	int fd = mkstemp(path), ptr = btf__add_ptr(btf, 0);
	const void *data;
	__u32 size;

	btf__add_struct(btf, "bpf_prog", 32);
	for (__u32 i = 0; members[i]; i++)
		btf__add_field(btf, members[i], ptr, i * 64, 0);
	data = btf__raw_data(btf, &size);
	if (!data || fd < 0 || !write_at(fd, data, size, 0) || kernel_btf__reduce(&k, path))
		differ("writing", path);
	if (kernel_btf__guards_fentry(k) != want)
		differ("the guard of fentry", kernel);
	verdict(kernel, want ? "fentry programs do not run inside themselves" :
		"fentry programs can run inside themselves");
	kernel_btf__free(k);
	btf__free(btf);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		try_file(argv[i]);
	try_guard("5.10", (const char *const[]){ "stats", "aux", NULL }, false);
	try_guard("5.12", (const char *const[]){ "stats", "active", "aux", NULL }, true);
	if (argc > 1)
		try_broken(argv[1]);
	if (!seconds)
		differ("the number of events of second programs", "all files");
	verdict("6.12", "dma_map_resource and its end are found");
	printf("1..%u\n", tests);
	return failures || argc < 2;
}
