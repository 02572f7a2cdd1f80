// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reduces the kernel's BTF in two passes over the file: which of its names are wanted, then which
 * types have them. These are copied with all that they hold by value. A pointer ends the descent;
 * of what a parameter points to, kind and name remain.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/catalogue.h"
#include "probe/kernel_btf.h"
#include "util/write.h"

#define MARK_EVERY	64		/* types between two known offsets */
#define NAME_SLOTS	4096		/* of the hash of wanted names, a power of two */
#define MAX_PARAMS	32
/* Bytes of a header that are read here; newer versions of linux/btf.h have more (layout_off). */
#define HEADER_MIN	(offsetof(struct btf_header, str_len) + sizeof(__u32))
#define MAX_DEPTH	64
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

const char *const kernel_btf_types[] = {
	"kernfs_node", "kobject", "device", "dev_archdata", "pci_dev", "page", "scatterlist",
	"iommu_table", "io_tlb_mem", "io_tlb_pool", "io_tlb_area", "io_tlb_slot", "xive_q",
	"xive_cpu", "dma_map_ops", "pt_regs", "dynamic_dma_window_prop", "dma_iova_state",
	"intel_iommu", "slab", "kmem_cache", "iommu_domain", "iommu_group", "device_private",
	"dev_iommu", "iommu_fwspec", "iommu_device", "arm_smmu_device", "arm_smmu_evtq",
	"arm_smmu_queue", "arm_smmu_ll_queue", "virtio_device", "virtqueue", "vring", "vring_used",
	"vring_virtqueue", "vring_virtqueue_split", "vring_desc_state_split", "eeh_pe", "eeh_dev",
	"struct_device_flags", "pagetype", "pageflags", "vq_layout", "bpf_prog",
};
const size_t kernel_btf_types_count = COUNT(kernel_btf_types);

/* The file, and how far the copy is. */
struct reduction {
	const char *types, *strings;
	uint32_t types_len, strings_len;
	uint32_t *mark;			/* offset of every MARK_EVERY'th type */
	uint32_t count;			/* types, with number 0 */
	const char *wanted[NAME_SLOTS];	/* names, by hash */
	uint64_t *has;			/* a bit per offset in strings: a wanted name */
	uint32_t *made;			/* by the kernel's number: ours, 0 = not made yet */
	uint32_t stub;			/* pointer to void: a member's pointers; 0 = not made yet */
	struct btf *to;
	int depth;
};

/* ---- the names ---- */

/* The name up to a compiler's suffix, which a copy of a function may have in BTF. */
static size_t base_len(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? (size_t)(dot - name) : strlen(name);
}

/* Hashes the length and three characters: these decide most of a kernel's names. */
static uint32_t slot_of(const char *name, size_t len)
{
	uint32_t h = (uint32_t)len;

	h = h * 31 + (unsigned char)name[0];
	h = h * 31 + (unsigned char)name[len / 2];
	h = h * 31 + (unsigned char)name[len - 1];
	return h * 2654435761U >> 20;
}
_Static_assert(NAME_SLOTS == 1 << 12, "bits that slot_of() leaves");

static bool same(const char *wanted, const char *name, size_t len)
{
	return !strncmp(wanted, name, len) && !wanted[len];
}

static bool is_wanted(const struct reduction *r, const char *name, size_t len)
{
	uint32_t i;

	if (!len)
		return false;
	for (i = slot_of(name, len); r->wanted[i]; i = (i + 1) % NAME_SLOTS)
		if (same(r->wanted[i], name, len))
			return true;
	return false;
}

static void want(struct reduction *r, const char *name)
{
	uint32_t i = slot_of(name, strlen(name));

	while (r->wanted[i]) {
		if (!strcmp(r->wanted[i], name))
			return;
		i = (i + 1) % NAME_SLOTS;
	}
	r->wanted[i] = name;
}

static void want_candidate(struct reduction *r, const struct candidate *c)
{
	const char *second = candidate_second_event(c);

	want(r, c->symbol);
	if (second)
		want(r, second);
}

static void want_all(struct reduction *r)
{
	for (size_t i = 0; i < COUNT(kernel_btf_types); i++)
		want(r, kernel_btf_types[i]);
	for (unsigned int i = 0; i < hook_rows_count; i++)
		for (int k = 0; k < CAND_MAX && hook_rows[i].cand[k].symbol; k++)
			want_candidate(r, &hook_rows[i].cand[k]);
	want(r, "bpf_rdonly_cast");
}

#define EVENT		"btf_trace_"
#define EVENT_LEN	(sizeof(EVENT) - 1)

/* An event's typedef is asked for by the event's name. */
static bool name_wanted(const struct reduction *r, const char *name, size_t len)
{
	if (len > EVENT_LEN && name[0] == 'b' && !memcmp(name, EVENT, EVENT_LEN))
		return is_wanted(r, name + EVENT_LEN, len - EVENT_LEN);
	return is_wanted(r, name, len);
}

static void find_names(struct reduction *r)
{
	const char *p = r->strings, *end = p + r->strings_len;

	for (size_t len; p < end; p += len + 1) {
		uint32_t at = (uint32_t)(p - r->strings);

		len = strlen(p);
		if (name_wanted(r, p, len) ||
		    (len && isdigit((unsigned char)p[len - 1]) &&
		     name_wanted(r, p, base_len(p))))
			r->has[at / 64] |= 1ULL << at % 64;
	}
}

/* ---- the types ---- */

/* Bytes of a type of the file behind its head; -1: a kind that is not known. */
static long extra_bytes(const struct btf_type *t)
{
	long n = btf_vlen(t);

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * (long)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * (long)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * (long)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * (long)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * (long)sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

/* Notes where types lie, and that each name and each type is within the file. 0 or -errno. */
static int index_types(struct reduction *r)
{
	uint32_t at = 0, id = 1;

	r->mark = calloc(r->types_len / sizeof(struct btf_type) / MARK_EVERY + 2, sizeof(*r->mark));
	if (!r->mark)
		return -ENOMEM;
	for (; at < r->types_len; id++) {
		const struct btf_type *t = (const void *)(r->types + at);
		long extra;

		if (r->types_len - at < sizeof(*t))
			return -EINVAL;
		extra = extra_bytes(t);
		if (extra < 0 || (uint64_t)extra > r->types_len - at - sizeof(*t) ||
		    t->name_off >= r->strings_len)
			return -EINVAL;
		if (id % MARK_EVERY == 0)
			r->mark[id / MARK_EVERY] = at;
		at += (uint32_t)(sizeof(*t) + extra);
	}
	r->count = id;
	return 0;
}

/* Type 0 is void, and so is one that the file does not have. */
static const struct btf_type *type_at(const struct reduction *r, uint32_t id)
{
	static const struct btf_type none;
	uint32_t first = id / MARK_EVERY * MARK_EVERY, at;
	const struct btf_type *t;

	if (!id || id >= r->count)
		return &none;
	at = first ? r->mark[id / MARK_EVERY] : 0;
	for (uint32_t i = first ? first : 1; i < id; i++) {
		t = (const void *)(r->types + at);
		at += (uint32_t)(sizeof(*t) + extra_bytes(t));
	}
	return (const void *)(r->types + at);
}

static const char *string_at(const struct reduction *r, uint32_t off)
{
	return off < r->strings_len ? r->strings + off : "";
}

static const struct btf_type *bare(const struct reduction *r, uint32_t *id)
{
	const struct btf_type *t = type_at(r, *id);

	for (int i = 0; i < MAX_DEPTH && (btf_is_mod(t) || btf_is_typedef(t)); i++) {
		*id = t->type;
		t = type_at(r, *id);
	}
	return t;
}

/* ---- the copy: each returns our number of the type, or -errno ---- */

static int copy_type(struct reduction *r, uint32_t id, bool param);

/* Keeps the kernel's number of a type that is looked for again, by it or by name. */
static int note(struct reduction *r, int made, uint32_t id)
{
	if (made > 0)
		r->made[id] = (uint32_t)made;
	return made;
}

/* Members have to be added right after their structure: their types come first. */
static int copy_members(struct reduction *r, const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	int n = btf_vlen(t), id = 0;
	const char *name = string_at(r, t->name_off);
	int *type = calloc((size_t)n + 1, sizeof(*type));

	if (!type)
		return -ENOMEM;
	for (int i = 0; i < n && id >= 0; i++)
		id = type[i] = copy_type(r, m[i].type, false);
	if (id >= 0)
		id = btf_is_union(t) ? btf__add_union(r->to, name, t->size) :
				       btf__add_struct(r->to, name, t->size);
	for (int i = 0; i < n && id >= 0; i++) {
		int err = btf__add_field(r->to, string_at(r, m[i].name_off), type[i],
					 btf_member_bit_offset(t, i),
					 btf_member_bitfield_size(t, i));

		id = err ? err : id;
	}
	free(type);
	return id;
}

static int copy_enum(struct reduction *r, const struct btf_type *t)
{
	int n = btf_vlen(t), id, err = 0;
	const char *name = string_at(r, t->name_off);

	if (btf_kind(t) == BTF_KIND_ENUM64) {
		const struct btf_enum64 *v = btf_enum64(t);

		id = btf__add_enum64(r->to, name, t->size, btf_kflag(t));
		for (int i = 0; i < n && id >= 0 && !err; i++)
			err = btf__add_enum64_value(r->to, string_at(r, v[i].name_off),
						    btf_enum64_value(&v[i]));
	} else {
		const struct btf_enum *v = btf_enum(t);

		id = btf__add_enum(r->to, name, t->size);
		for (int i = 0; i < n && id >= 0 && !err; i++)
			err = btf__add_enum_value(r->to, string_at(r, v[i].name_off),
						  btf_kflag(t) ? v[i].val :
								 (int64_t)(uint32_t)v[i].val);
	}
	return err ? err : id;
}

static int copy_stub(struct reduction *r)
{
	int id = r->stub ? (int)r->stub : btf__add_ptr(r->to, 0);

	if (id > 0)
		r->stub = (uint32_t)id;
	return id;
}

/* Keeps kind and name of a structure; whatever nothing is compared with becomes a pointer. */
static int copy_pointee(struct reduction *r, uint32_t id)
{
	const struct btf_type *t = bare(r, &id);
	bool is_union = btf_is_union(t) || (btf_is_fwd(t) && btf_kflag(t));

	if (btf_is_void(t))
		return 0;
	if (btf_is_composite(t) || btf_is_fwd(t))
		return btf__add_fwd(r->to, string_at(r, t->name_off),
				    is_union ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	if (btf_is_int(t) || btf_is_any_enum(t))
		return copy_type(r, id, false);
	return copy_stub(r);
}

static int copy_pointer(struct reduction *r, const struct btf_type *t, bool param)
{
	int to = param ? copy_pointee(r, t->type) : -1;

	if (!param)
		return copy_stub(r);
	return to < 0 ? to : btf__add_ptr(r->to, to);
}

static int copy_array(struct reduction *r, const struct btf_type *t)
{
	const struct btf_array *a = btf_array(t);
	int index = copy_type(r, a->index_type, false), elem = copy_type(r, a->type, false);

	if (index < 0 || elem < 0)
		return index < 0 ? index : elem;
	return btf__add_array(r->to, index, elem, a->nelems);
}

static int copy_new(struct reduction *r, const struct btf_type *t)
{
	const char *name = string_at(r, t->name_off);

	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_members(r, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return copy_enum(r, t);
	case BTF_KIND_ARRAY:
		return copy_array(r, t);
	case BTF_KIND_INT:
		return btf__add_int(r->to, name, t->size, btf_int_encoding(t));
	case BTF_KIND_FLOAT:
		return btf__add_float(r->to, name, t->size);
	case BTF_KIND_FWD:
		return btf__add_fwd(r->to, name, btf_kflag(t) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	default:
		return -EINVAL;
	}
}

/* Without const, volatile and typedef. */
static int copy_type(struct reduction *r, uint32_t id, bool param)
{
	const struct btf_type *t = bare(r, &id);
	int made;

	if (btf_is_void(t) || btf_is_func_proto(t))
		return 0;
	if (btf_is_ptr(t))
		return copy_pointer(r, t, param);
	if (r->made[id])
		return (int)r->made[id];
	if (++r->depth > MAX_DEPTH)
		return -ELOOP;
	made = note(r, copy_new(r, t), id);
	r->depth--;
	return made;
}

static int copy_proto(struct reduction *r, uint32_t id)
{
	const struct btf_type *t = type_at(r, id);
	const struct btf_param *p = btf_params(t);
	int n = btf_vlen(t), type[MAX_PARAMS], ret, made, err = 0;

	if (!btf_is_func_proto(t) || n > MAX_PARAMS)
		return -EINVAL;
	ret = copy_type(r, t->type, true);
	for (int i = 0; i < n && ret >= 0; i++) {
		type[i] = copy_type(r, p[i].type, true);
		ret = type[i] < 0 ? type[i] : ret;
	}
	made = ret < 0 ? ret : btf__add_func_proto(r->to, ret);
	for (int i = 0; i < n && made >= 0 && !err; i++)
		err = btf__add_func_param(r->to, string_at(r, p[i].name_off), type[i]);
	return err ? err : made;
}

static int copy_function(struct reduction *r, const struct btf_type *t)
{
	int proto = copy_proto(r, t->type);

	return proto < 0 ? proto : btf__add_func(r->to, string_at(r, t->name_off),
						 (enum btf_func_linkage)btf_vlen(t), proto);
}

/* An event is a typedef of a pointer to a function; others are of no use. */
static int copy_event(struct reduction *r, const struct btf_type *t)
{
	const struct btf_type *ptr = type_at(r, t->type);
	int id;

	if (!btf_is_ptr(ptr) || !btf_is_func_proto(type_at(r, ptr->type)))
		return 0;
	id = copy_proto(r, ptr->type);
	if (id >= 0)
		id = btf__add_ptr(r->to, id);
	return id < 0 ? id : btf__add_typedef(r->to, string_at(r, t->name_off), id);
}

static int copy_root(struct reduction *r, const struct btf_type *t, uint32_t id)
{
	switch (btf_kind(t)) {
	case BTF_KIND_FUNC:
		return note(r, copy_function(r, t), id);
	case BTF_KIND_TYPEDEF:
		return note(r, copy_event(r, t), id);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return copy_type(r, id, false);
	default:
		return 0;
	}
}

static int copy_roots(struct reduction *r)
{
	uint32_t at = 0;
	int made = 0;

	for (uint32_t id = 1; id < r->count && made >= 0; id++) {
		const struct btf_type *t = (const void *)(r->types + at);

		if (r->has[t->name_off / 64] >> t->name_off % 64 & 1)
			made = copy_root(r, t, id);
		at += (uint32_t)(sizeof(*t) + extra_bytes(t));
	}
	return made < 0 ? made : 0;
}

/* ---- the whole ---- */

/* The parts of the file. 0 or -EINVAL. */
static int find_parts(struct reduction *r, const void *data, size_t size)
{
	const struct btf_header *h = data;
	uint64_t begin;

	if (size < sizeof(*h) || size > UINT32_MAX || h->magic != BTF_MAGIC ||
	    h->hdr_len < HEADER_MIN)
		return -EINVAL;
	begin = h->hdr_len;
	if (begin + h->type_off + h->type_len > size || (begin + h->type_off) % 4 ||
	    begin + h->str_off + h->str_len > size || !h->str_len)
		return -EINVAL;
	r->types = (const char *)data + begin + h->type_off;
	r->types_len = h->type_len;
	r->strings = (const char *)data + begin + h->str_off;
	r->strings_len = h->str_len;
	return r->strings[h->str_len - 1] || r->strings[0] ? -EINVAL : 0;
}

static int reduce(struct reduction *r, const void *data, size_t size)
{
	int err = find_parts(r, data, size);

	if (!err)
		err = index_types(r);
	if (err)
		return err;
	r->has = calloc(r->strings_len / 64 + 1, sizeof(*r->has));
	r->made = calloc(r->count, sizeof(*r->made));
	r->to = btf__new_empty();
	if (!r->has || !r->made || !r->to)
		return -ENOMEM;
	want_all(r);
	find_names(r);
	return copy_roots(r);
}

/* The kernel's number of each type of the copy, 0 = it was not noted; NULL: no memory. */
static uint32_t *kernel_ids(const struct reduction *r)
{
	uint32_t *id = calloc(btf__type_cnt(r->to), sizeof(*id));

	for (uint32_t i = 1; id && i < r->count; i++)
		if (r->made[i])
			id[r->made[i]] = i;
	return id;
}

/* Puts the copy into a file in memory: libbpf takes BTF by path only. */
static int write_file(struct kernel_btf *k)
{
	uint32_t size = 0;
	const char *data = btf__raw_data(k->btf, &size);
	size_t done;
	int err;

	if (!data)
		return -ENOMEM;
	k->fd = memfd_create("dmascope-btf", MFD_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	err = write_all(k->fd, data, size, &done);
	if (err)
		return err;
	snprintf(k->path, sizeof(k->path), "/proc/self/fd/%d", k->fd);
	return access(k->path, R_OK) ? -errno : 0;
}

/* sysfs maps BTF from 6.16 on, and otherwise gives no more than a page a read. */
static void *map_file(const char *path, size_t *size, bool *mapped)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { .st_size = 0 };
	char *data = NULL;
	size_t done = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		goto cleanup;
	*size = (size_t)st.st_size;
	data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	*mapped = data != MAP_FAILED;
	if (*mapped)
		goto cleanup;
	data = malloc(*size);
	while (data && done < *size && n > 0) {
		n = read(fd, data + done, *size - done);
		if (n > 0)
			done += (size_t)n;
	}
	if (done < *size) {
		free(data);
		data = NULL;
	}
cleanup:
	if (fd >= 0)
		close(fd);
	return data;
}

static struct kernel_btf *new_btf(void)
{
	struct kernel_btf *k = calloc(1, sizeof(*k));

	if (k)
		k->fd = -1;
	return k;
}

int kernel_btf__reduce(struct kernel_btf **out, const char *path)
{
	struct reduction *r = calloc(1, sizeof(*r));
	struct kernel_btf *k = new_btf();
	bool mapped = false;
	size_t size = 0;
	void *data = map_file(path, &size, &mapped);
	int err = -ENOMEM;

	*out = NULL;
	if (r && k)
		err = data ? reduce(r, data, size) : -EINVAL;
	if (!err) {
		k->id = kernel_ids(r);
		err = k->id ? 0 : -ENOMEM;
	}
	if (!err) {
		k->btf = r->to;
		/* /proc/self/fd is closed to a program with capabilities of its file */
		if (write_file(k))
			k->path[0] = '\0';
	} else if (r) {
		btf__free(r->to);
	}
	if (mapped)
		munmap(data, size);
	else
		free(data);
	if (r) {
		free(r->mark);
		free(r->has);
		free(r->made);
	}
	free(r);
	if (err)
		kernel_btf__free(k);
	else
		*out = k;
	return err;
}

/* All types: libbpf then finds its own. path: NULL = the running kernel's; ELF too. 0 or -errno. */
static int read_whole(struct kernel_btf **out, const char *path)
{
	struct kernel_btf *k = new_btf();
	int err = -ENOMEM;

	*out = NULL;
	if (!k)
		return err;
	k->btf = path ? btf__parse(path, NULL) : btf__load_vmlinux_btf();
	if (!k->btf) {
		err = -errno;
		kernel_btf__free(k);
		errno = -err;
		return err;
	}
	*out = k;
	return 0;
}

int kernel_btf__read(struct kernel_btf **out, const char *path)
{
	int err = path ? -EINVAL : kernel_btf__reduce(out, KERNEL_BTF);

	return err ? read_whole(out, path) : 0;
}

bool kernel_btf__is_own(const char *path)
{
	return !path && !access(KERNEL_BTF, R_OK);
}

uint32_t kernel_btf__find(const struct kernel_btf *k, const char *name, uint32_t kind)
{
	int id = k && k->btf ? btf__find_by_name_kind(k->btf, name, kind) : -1;

	if (id <= 0)
		return 0;
	return k->id ? k->id[id] : (uint32_t)id;
}

bool kernel_btf__guards_fentry(const struct kernel_btf *k)
{
	int id = k && k->btf ? btf__find_by_name_kind(k->btf, "bpf_prog", BTF_KIND_STRUCT) : -1;
	const struct btf_type *t = id > 0 ? btf__type_by_id(k->btf, (uint32_t)id) : NULL;
	const struct btf_member *m = t ? btf_members(t) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(k->btf, m[i].name_off), "active"))
			return true;
	return false;
}

void kernel_btf__free(struct kernel_btf *k)
{
	if (!k)
		return;
	btf__free(k->btf);
	free(k->id);
	if (k->fd >= 0)
		close(k->fd);
	free(k);
}
