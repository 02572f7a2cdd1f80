// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes a fixture of a kernel: its BTF reduced to the structures that vmlinux.h names (with all
 * their members, so that a field that is read for the first time needs no new fixture), the
 * functions and trace events of the families that hooks come from, and their symbols.
 *
 * usage: reduce BTF OUT.btf	from a raw BTF file
 *        reduce - OUT.syms	from kallsyms on standard input
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/kernel_btf.h"

/* Named in vmlinux.h besides what kernel_btf_types has. */
static const char *const also[] = {
	"sg_table", "iommu_pool", "iommu_table_ops", "vio_dev", "bus_type", "device_driver",
};

/* Functions, and trace events behind btf_trace_ and __tracepoint_. */
static const char *const families[] = {
	"dma_map_*", "dma_unmap_*", "__dma_map_sg_attrs", "dma_alloc*", "dma_free*",
	"dma_set_*mask", "dma_iova_*", "dmar_fault", "report_iommu_fault", "io_page_fault",
	"iommu_map", "iommu_map_nosync", "__iommu_map", "__iommu_unmap", "iommu_attach_group",
	"attach_device_to_domain", "*_flush_iotlb_all", "arm_smmu_evtq_thread",
	"arm_smmu_gerror_handler", "viommu_event_handler", "viommu_probe", "eeh_send_failure_event",
	"eeh_dev_check_failure",
	"dma_iommu_*", "iommu_map_p*", "iommu_unmap_p*", "ppc_iommu_*", "iommu_alloc*",
	"iommu_free_coherent*", "swiotlb_*", "__swiotlb_*", "io_tlb_default_mem", "io_tlb_start",
	"set_memory_*crypted", "ucall_norets", "dtl_cache_ctor", "xive_spapr_*_queue", "tce_*",
	"iommu_bypass_supported*", "hcall_entry", "hcall_exit", "plpar_hcall_norets",
	"bus_probe_device", "device_add", "device_del", "dev_attr_show", "mm_page_free",
	"vmemmap", "vmemmap_base", "page_offset_base", "__identity_base",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool in_family(const char *name)
{
	for (size_t i = 0; i < COUNT(families); i++)
		if (!fnmatch(families[i], name, 0))
			return true;
	return false;
}

/* The name without what compilers add to copies: "tce_build_pSeriesLP.isra.0". */
static bool symbol_wanted(const char *name)
{
	char base[256];

	snprintf(base, sizeof(base), "%.*s", (int)strcspn(name, "."), name);
	if (!strncmp(base, "__tracepoint_", 13))
		return in_family(base + 13);
	return in_family(base);
}

static int reduce_symbols(const char *out)
{
	char line[1024], type, name[512], rest[256];
	FILE *f = fopen(out, "w");

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), stdin)) {
		rest[0] = '\0';
		if (sscanf(line, "%*s %c %511s %255s", &type, name, rest) >= 2 &&
		    symbol_wanted(name))
			fprintf(f, "0 %c %s%s%s\n", type, name, rest[0] ? " " : "", rest);
	}
	return fclose(f) ? -errno : 0;
}

/* ---- BTF ---- */

static struct btf *from, *to;

static int copy_type(__u32 id);

static const char *name_of(const struct btf_type *t)
{
	return btf__name_by_offset(from, t->name_off);
}

/* A structure or an enumeration that programs read. */
static bool type_wanted(const char *name)
{
	for (size_t i = 0; i < kernel_btf_types_count; i++)
		if (!strcmp(kernel_btf_types[i], name))
			return true;
	for (size_t i = 0; i < COUNT(also); i++)
		if (!strcmp(also[i], name))
			return true;
	return false;
}

static bool struct_wanted(const char *name)
{
	return !*name || type_wanted(name);	/* no name: part of the structure around it */
}

static int check(int id, const char *what)
{
	if (id >= 0)
		return id;
	fprintf(stderr, "reduce: %s: %s\n", what, strerror(-id));
	exit(1);
}

/* One of each in the result: the same name, kind and size. */
static int find_made(const struct btf_type *t, const char *name)
{
	if (!*name)
		return -ENOENT;
	for (__u32 i = 1; i < btf__type_cnt(to); i++) {
		const struct btf_type *have = btf__type_by_id(to, i);

		if (btf_kind(have) == btf_kind(t) && have->size == t->size &&
		    !strcmp(btf__name_by_offset(to, have->name_off), name))
			return (int)i;
	}
	return -ENOENT;
}

/*
 * Members must be added right after their structure, so their types come first. None of the
 * structures holds itself; pointers end the descent.
 */
static int copy_struct(const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	const char *name = name_of(t);
	int n = struct_wanted(name) ? btf_vlen(t) : 0, id;
	int *types = calloc((size_t)n + 1, sizeof(*types));

	for (int i = 0; i < n; i++)
		types[i] = copy_type(m[i].type);
	if (btf_is_union(t))
		id = check(btf__add_union(to, name, t->size), name);
	else
		id = check(btf__add_struct(to, name, t->size), name);
	for (int i = 0; i < n; i++)
		check(btf__add_field(to, btf__name_by_offset(from, m[i].name_off), types[i],
				     btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i)),
		      name);
	free(types);
	return id;
}

/* Keeps kind and name of a pointer's target: a structure without its members. */
static int copy_pointee(const struct btf_type *t)
{
	const char *name = name_of(t);
	int made;

	if (btf_is_composite(t) || btf_is_fwd(t)) {
		bool is_union = btf_is_union(t) || (btf_is_fwd(t) && btf_kflag(t));

		for (__u32 i = 1; *name && i < btf__type_cnt(to); i++) {
			const struct btf_type *have = btf__type_by_id(to, i);

			if (btf_is_fwd(have) &&
			    !strcmp(btf__name_by_offset(to, have->name_off), name))
				return (int)i;
		}
		return *name ? check(btf__add_fwd(to, name, is_union ? BTF_FWD_UNION :
						  BTF_FWD_STRUCT), name) : 0;
	}
	if (!btf_is_int(t) && !btf_is_any_enum(t))
		return 0;
	made = find_made(t, name);
	if (made > 0)
		return made;
	if (btf_is_int(t))
		return check(btf__add_int(to, name, t->size, btf_int_encoding(t)), "int");
	return check(btf__add_enum(to, name, t->size), "enum");
}

static int copy_pointer(const struct btf_type *t)
{
	const struct btf_type *at = btf__type_by_id(from, t->type);
	int id;

	while (at && (btf_is_mod(at) || btf_is_typedef(at)))
		at = btf__type_by_id(from, at->type);
	id = at && !btf_is_void(at) ? copy_pointee(at) : 0;
	for (__u32 i = 1; i < btf__type_cnt(to); i++) {
		const struct btf_type *have = btf__type_by_id(to, i);

		if (btf_is_ptr(have) && (int)have->type == id)
			return (int)i;
	}
	return check(btf__add_ptr(to, id), "pointer");
}

static int copy_array(const struct btf_type *t)
{
	const struct btf_array *a = btf_array(t);
	int elem = copy_type(a->type), index = copy_type(a->index_type);

	return check(btf__add_array(to, index, elem, a->nelems), "array");
}

static int copy_type(__u32 id)
{
	const struct btf_type *t = btf__type_by_id(from, id);
	int made;

	while (btf_is_mod(t) || btf_is_typedef(t)) {
		if (!t->type)
			return 0;
		t = btf__type_by_id(from, t->type);
	}
	if (btf_is_ptr(t))
		return copy_pointer(t);
	if (btf_is_array(t))
		return copy_array(t);
	if (btf_is_void(t) || btf_is_fwd(t) || btf_is_func_proto(t))
		return 0;
	made = find_made(t, name_of(t));
	if (made > 0)
		return made;
	if (btf_is_composite(t))
		return copy_struct(t);
	if (btf_is_int(t))
		return check(btf__add_int(to, name_of(t), t->size, btf_int_encoding(t)), "int");
	if (btf_is_any_enum(t))
		return check(btf__add_enum(to, name_of(t), t->size), "enum");
	return check(-EINVAL, "a kind of type that is not known");
}

static int copy_proto(__u32 id)
{
	const struct btf_type *t = btf__type_by_id(from, id);
	const struct btf_param *p = btf_params(t);
	int n = btf_vlen(t), types[16], ret = copy_type(t->type), made;

	if (n > 16)
		return check(-E2BIG, "parameters");
	for (int i = 0; i < n; i++)
		types[i] = copy_type(p[i].type);
	made = check(btf__add_func_proto(to, ret), "prototype");
	for (int i = 0; i < n; i++)
		check(btf__add_func_param(to, btf__name_by_offset(from, p[i].name_off), types[i]),
		      "parameter");
	return made;
}

/* A trace event is typedef btf_trace_NAME of a pointer to a function. */
static void copy_event(const struct btf_type *t)
{
	const struct btf_type *ptr = btf__type_by_id(from, t->type);
	int id;

	if (!btf_is_ptr(ptr) || !btf_is_func_proto(btf__type_by_id(from, ptr->type)))
		return;
	id = copy_proto(ptr->type);
	id = check(btf__add_ptr(to, id), "event");
	check(btf__add_typedef(to, name_of(t), id), "event");
}

static void copy_enum(const struct btf_type *t)
{
	const struct btf_enum *v = btf_enum(t);

	if (!type_wanted(name_of(t)))
		return;
	check(btf__add_enum(to, name_of(t), t->size), name_of(t));
	for (int i = 0; i < btf_vlen(t); i++)
		check(btf__add_enum_value(to, btf__name_by_offset(from, v[i].name_off), v[i].val),
		      name_of(t));
}

static void reduce_types(void)
{
	for (__u32 i = 1; i < btf__type_cnt(from); i++) {
		const struct btf_type *t = btf__type_by_id(from, i);
		const char *name = name_of(t);

		if (btf_is_struct(t) && *name && struct_wanted(name))
			copy_type(i);
		else if (btf_is_enum(t))
			copy_enum(t);
		else if (btf_is_func(t) && in_family(name))
			check(btf__add_func(to, name, btf_vlen(t), copy_proto(t->type)),
			      name);
		else if (btf_is_typedef(t) && !strncmp(name, "btf_trace_", 10) &&
			 in_family(name + 10))
			copy_event(t);
	}
}

static int write_file(const char *path)
{
	const void *data;
	__u32 size;
	FILE *f;

	data = btf__raw_data(to, &size);
	f = data ? fopen(path, "wb") : NULL;
	if (!f)
		return -errno;
	if (fwrite(data, 1, size, f) != size) {
		fclose(f);
		return -EIO;
	}
	return fclose(f) ? -errno : 0;
}

int main(int argc, char **argv)
{
	int err;

	if (argc != 3) {
		fputs("usage: reduce BTF OUT.btf\n       reduce - OUT.syms <kallsyms\n", stderr);
		return 2;
	}
	if (!strcmp(argv[1], "-")) {
		err = reduce_symbols(argv[2]);
	} else {
		from = btf__parse(argv[1], NULL);
		to = from ? btf__new_empty() : NULL;
		if (!to) {
			fprintf(stderr, "reduce: %s: %s\n", argv[1], strerror(errno));
			return 1;
		}
		if (btf__endianness(from) != btf__endianness(to))
			btf__set_endianness(to, btf__endianness(from));
		reduce_types();
		err = write_file(argv[2]);
	}
	if (err)
		fprintf(stderr, "reduce: %s: %s\n", argv[2], strerror(-err));
	return err ? 1 : 0;
}
