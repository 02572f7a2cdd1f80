// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prototypes that no kernel has, made here: BTF whose types contradict the catalogue, functions
 * that it does not list, BTF of another kernel. Nothing may be read as a value that it is not, and
 * each refusal names the parameter and its type. Prints TAP.
 *
 * usage: prototypes FIXTURES
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/harm.h"
#include "probe/inside.h"
#include "probe/proto.h"

static unsigned int tests, failures;

static void ok(bool is, const char *what, const char *said)
{
	printf("%sok %u - %s\n", is ? "" : "not ", ++tests, what);
	if (!is)
		printf("# %s\n", said);
	failures += !is;
}

/* ---- the types of a small kernel ---- */

struct types {
	struct btf *btf;
	int u32, u64, f64, dir;			/* numbers */
	int device, page, iommu;		/* pointers to structures */
	int to_u64, to_u32, to_void, to_device_ptr;
};

static int pointer_to(struct btf *btf, const char *name)
{
	return btf__add_ptr(btf, btf__add_struct(btf, name, 8));
}

static void types_make(struct types *t)
{
	int alias;

	t->btf = btf__new_empty();
	t->u32 = btf__add_int(t->btf, "unsigned int", 4, 0);
	t->u64 = btf__add_int(t->btf, "long unsigned int", 8, 0);
	t->f64 = btf__add_float(t->btf, "double", 8);
	t->dir = btf__add_enum(t->btf, "dma_data_direction", 4);
	t->device = pointer_to(t->btf, "device");
	t->page = pointer_to(t->btf, "page");
	t->iommu = pointer_to(t->btf, "iommu_table");
	/* as in the kernel: const, typedef and all */
	alias = btf__add_typedef(t->btf, "phys_addr_t", btf__add_const(t->btf, t->u64));
	t->to_u64 = btf__add_ptr(t->btf, alias);
	t->to_u32 = btf__add_ptr(t->btf, t->u32);
	t->to_void = btf__add_ptr(t->btf, 0);
	t->to_device_ptr = btf__add_ptr(t->btf, t->device);
}

struct param {
	const char *name;
	int type;
};

static void function_make(struct types *t, const char *name, const struct param *p)
{
	int proto = btf__add_func_proto(t->btf, t->u64);

	for (; p->name; p++)
		btf__add_func_param(t->btf, p->name, p->type);
	btf__add_func(t->btf, name, BTF_FUNC_GLOBAL, proto);
}

static const struct candidate *candidate(enum dms_hook id, const char *symbol)
{
	const struct candidate *c = hook_row_by_id(id)->cand;

	while (c->symbol && strcmp(c->symbol, symbol))
		c++;
	return c;
}

/* One function of one prototype: what comes of it, and what is said. */
static int judge(enum dms_hook id, const char *symbol, const struct param *params,
		 struct types *t, struct proto *out, char *why, size_t len)
{
	int err;

	function_make(t, symbol, params);
	why[0] = '\0';
	err = proto_function(t->btf, id, candidate(id, symbol), symbol, out, why, len);
	btf__free(t->btf);
	return err;
}

#define JUDGE(...)	JUDGE_(__VA_ARGS__)	/* BOUNCE is two arguments */
#define JUDGE_(id, symbol, ...)								\
	judge(id, symbol, (const struct param[]){ __VA_ARGS__, { NULL, 0 } }, &t, &p,	\
	      why, sizeof(why))

#define BOUNCE	DMS_HOOK_SWIOTLB_MAP, "swiotlb_tbl_map_single"

static void followed(void)
{
	struct proto p;
	struct types t;
	char why[256];
	int err;

	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "orig_addr", t.u64 }, { "mapping_size", t.u64 },
		    { "alloc_align_mask", t.u32 }, { "dir", t.dir }, { "attrs", t.to_u64 });
	ok(!err && p.layout.follow8 == 1U << DMS_ARG_ATTRS && p.layout.at[DMS_ARG_ATTRS] == 5,
	   "a pointer to a number of 8 bytes is read through (7.3)", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "orig_addr", t.u64 }, { "mapping_size", t.u64 },
		    { "dir", t.dir }, { "attrs", t.to_u32 });
	ok(!err && p.layout.follow4 == 1U << DMS_ARG_ATTRS && !p.layout.follow8,
	   "a pointer to a number of 4 bytes is read through as such", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "brand_new", t.to_void }, { "dir", t.dir }, { "dev", t.device },
		    { "mapping_size", t.u64 }, { "orig_addr", t.u64 }, { "attrs", t.u64 });
	ok(!err && p.layout.at[DMS_ARG_DEV] == 2 && p.layout.at[DMS_ARG_PHYS] == 4 &&
	   p.layout.at[DMS_ARG_DIR] == 1 && !p.layout.follow8 && p.layout.params == 6,
	   "parameters that changed places are found by name", why);
}

static void refused(void)
{
	struct proto p;
	struct types t;
	char why[256];
	int err;

	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "orig_addr", t.u64 }, { "mapping_size", t.u64 },
		    { "dir", t.dir }, { "attrs", t.page });
	ok(err == -EPROTO && strstr(why, "parameter attrs is of type struct page *"),
	   "a pointer to a structure is no number, and is refused by name and type", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "orig_addr", t.to_void },
		    { "mapping_size", t.u64 }, { "dir", t.dir }, { "attrs", t.u64 });
	ok(err == -EPROTO && strstr(why, "parameter orig_addr is of type void *"),
	   "a pointer to nobody knows what is refused", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.page }, { "orig_addr", t.u64 }, { "mapping_size", t.u64 },
		    { "dir", t.dir }, { "attrs", t.u64 });
	ok(err == -EPROTO && strstr(why, "parameter dev is of type struct page *, and struct "
				    "device * was expected"),
	   "a pointer to another structure is refused", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.to_device_ptr }, { "orig_addr", t.u64 },
		    { "mapping_size", t.u64 }, { "dir", t.dir }, { "attrs", t.u64 });
	ok(err == -EPROTO && strstr(why, "struct device **"), "a pointer to a pointer is refused",
	   why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "orig_addr", t.u64 }, { "mapping_size", t.f64 },
		    { "dir", t.dir }, { "attrs", t.u64 });
	ok(err == -EPROTO && strstr(why, "parameter mapping_size is of type double"),
	   "a floating-point number is refused", why);
	types_make(&t);
	err = JUDGE(BOUNCE, { "dev", t.device }, { "phys", t.u64 }, { "attrs", t.u64 },
		    { "dir", t.dir });
	ok(err == -EPROTO && strstr(why, "has no parameter mapping_size"),
	   "a parameter that is gone is missed by name", why);
	types_make(&t);
	err = JUDGE(DMS_HOOK_ALLOC, "dma_alloc_attrs", { "dev", t.device }, { "size", t.u64 },
		    { "dma_handle", t.u64 }, { "flag", t.u32 }, { "attrs", t.u64 });
	ok(err == -EPROTO && strstr(why, "parameter dma_handle is of type long unsigned int"),
	   "a number is no pointer to a DMA address", why);
}

static void unlisted(void)
{
	const struct candidate *c = candidate(BOUNCE);
	struct btf *empty = btf__new_empty();
	struct dms_layout by_hand;
	char why[256] = "";
	struct proto p;
	int err = proto_function(empty, DMS_HOOK_SWIOTLB_MAP, c, c->symbol, &p, why, sizeof(why));

	ok(err == -EPROTO && strstr(why, "BTF does not list it"),
	   "without BTF of a function that kernels declare differently, nothing is guessed", why);
	c = candidate(DMS_HOOK_UNMAP, "dma_unmap_page_attrs");
	err = proto_function(empty, DMS_HOOK_UNMAP, c, c->symbol, &p, why, sizeof(why));
	hook_layout(DMS_HOOK_UNMAP, c->params, &by_hand);
	ok(!err && !p.params[0] && !memcmp(&p.layout, &by_hand, sizeof(by_hand)),
	   "of one that all declare alike, the catalogue's parameters are used", why);
	btf__free(empty);
}

/* Copies that the compiler made: their parameters are known where they were looked at. */
static void copies(void)
{
	const struct candidate *one = candidate(DMS_HOOK_TCE_BUILD_ONE, "tce_build_pSeriesLP");
	const struct candidate *all = candidate(DMS_HOOK_TCE_BUILD, "tce_buildmulti_pSeriesLP");
	struct btf *empty = btf__new_empty();
	char why[256] = "";
	struct proto p;
	int err;

	err = proto_function(empty, DMS_HOOK_TCE_BUILD_ONE, one, "tce_build_pSeriesLP.constprop.0",
			     &p, why, sizeof(why));
	ok(!err && p.layout.at[DMS_ARG_TCESHIFT] == 2,
	   "a copy whose parameters were looked at is read", why);
	err = proto_function(empty, DMS_HOOK_TCE_BUILD_ONE, one,
			     "tce_build_pSeriesLP.constprop.0.isra.0", &p, why, sizeof(why));
	ok(err == -EPROTO, "another copy of it is not", why);
	err = proto_function(empty, DMS_HOOK_TCE_BUILD, all, "tce_buildmulti_pSeriesLP.isra.0",
			     &p, why, sizeof(why));
	ok(err == -EPROTO && strstr(why, "the compiler made tce_buildmulti_pSeriesLP.isra.0 of "
					 "tce_buildmulti_pSeriesLP: which parameters it left is"),
	   "nor one of a function that was whole in all kernels, by name", why);
	btf__free(empty);
}

static void event(void)
{
	const struct candidate *c = candidate(DMS_HOOK_UNMAP, "dma_unmap_phys");
	struct types t;
	struct proto p;
	char why[256] = "";
	int id, err;

	types_make(&t);
	id = btf__add_func_proto(t.btf, 0);
	btf__add_func_param(t.btf, NULL, t.to_void);
	btf__add_func_param(t.btf, NULL, t.device);
	btf__add_func_param(t.btf, NULL, t.u64);
	btf__add_func_param(t.btf, NULL, t.u64);
	btf__add_func_param(t.btf, NULL, t.dir);
	btf__add_func_param(t.btf, NULL, t.to_u64);
	btf__add_typedef(t.btf, "btf_trace_dma_unmap_phys", btf__add_ptr(t.btf, id));
	err = proto_event(t.btf, DMS_HOOK_UNMAP, c, false, &p, why, sizeof(why));
	ok(err == -EPROTO && strstr(why, "has a pointer where a number was expected"),
	   "an event's pointer is not read as a number", why);
	btf__free(t.btf);
}

/* ---- hooks that another one makes needless ---- */

/* A run that streams, or counts, on a kernel that has all these hooks. */
static void run_of(struct probe *p, bool streams, bool all)
{
	static const enum dms_hook ids[] = {
		DMS_HOOK_IOMMU_MAP, DMS_HOOK_SWIOTLB_BOUNCED, DMS_HOOK_DMA_IOMMU_MAP,
		DMS_HOOK_TCE_BUILD_ONE, DMS_HOOK_MAP, DMS_HOOK_SWIOTLB_MAP, DMS_HOOK_TCE_BUILD,
	};

	memset(p, 0, sizeof(*p));
	p->opts.flags = streams ? DMS_CFG_STREAM : DMS_CFG_STATS;
	p->opts.all_hooks = all;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		p->choices[i].row = hook_row_by_id(ids[i]);
		p->choices[i].cand = p->choices[i].row->cand;
	}
	p->nchoices = sizeof(ids) / sizeof(ids[0]);
}

static const struct choice *hook_of(const struct probe *p, enum dms_hook id)
{
	for (unsigned int i = 0; i < p->nchoices; i++)
		if (p->choices[i].row->id == id)
			return &p->choices[i];
	return NULL;
}

static bool out(const struct probe *p, enum dms_hook id, const char *why)
{
	const struct choice *c = hook_of(p, id);

	return c->left_out && !c->cand && strstr(c->reason, why);
}

static void needless(void)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct choice *c;

	run_of(p, true, false);
	needed__choose(p);
	ok(out(p, DMS_HOOK_IOMMU_MAP, "tce.build reports the same") &&
	   out(p, DMS_HOOK_DMA_IOMMU_MAP, "not needed: map reports the same") &&
	   out(p, DMS_HOOK_SWIOTLB_BOUNCED, "swiotlb.map reports the same") &&
	   out(p, DMS_HOOK_TCE_BUILD_ONE, "tce.build reports the same") &&
	   hook_of(p, DMS_HOOK_MAP)->cand && hook_of(p, DMS_HOOK_SWIOTLB_MAP)->cand,
	   "hooks that report nothing beyond another one are left out", "");
	run_of(p, true, true);
	needed__choose(p);
	ok(hook_of(p, DMS_HOOK_IOMMU_MAP)->cand && hook_of(p, DMS_HOOK_SWIOTLB_BOUNCED)->cand &&
	   hook_of(p, DMS_HOOK_DMA_IOMMU_MAP)->cand && out(p, DMS_HOOK_TCE_BUILD_ONE, "not needed"),
	   "--hooks all takes them, but for those that report a TCE twice", "");
	run_of(p, true, false);
	c = (struct choice *)hook_of(p, DMS_HOOK_SWIOTLB_MAP);
	c->cand = NULL;
	c = (struct choice *)hook_of(p, DMS_HOOK_MAP);
	c->cand = NULL;
	needed__choose(p);
	ok(hook_of(p, DMS_HOOK_SWIOTLB_BOUNCED)->cand && hook_of(p, DMS_HOOK_IOMMU_MAP)->cand &&
	   hook_of(p, DMS_HOOK_DMA_IOMMU_MAP)->cand,
	   "where that other one cannot be attached they are used", "");
	run_of(p, false, false);
	needed__choose(p);
	ok(out(p, DMS_HOOK_TCE_BUILD, "left out while only counting") &&
	   out(p, DMS_HOOK_SWIOTLB_BOUNCED, "left out while only counting") &&
	   hook_of(p, DMS_HOOK_MAP)->cand, "counting attaches the generic layer's", "");
	free(p);
}

/* ---- BTF of another kernel ---- */

static struct symbols *symbols_of(const char *fixtures, const char *kernel)
{
	char root[] = "/tmp/dmascope-proto-XXXXXX", dir[64], link[80], file[512], real[4096];
	struct symbols *syms = NULL;

	snprintf(file, sizeof(file), "%s/%s.syms", fixtures, kernel);
	if (!mkdtemp(root) || !realpath(file, real))
		return NULL;
	snprintf(dir, sizeof(dir), "%s/proc", root);
	snprintf(link, sizeof(link), "%s/kallsyms", dir);
	mkdir(dir, 0700);
	if (!symlink(real, link))
		symbols_load(root, &syms);
	unlink(link);
	rmdir(dir);
	rmdir(root);
	return syms;
}

static void other_kernel(const char *fixtures, const char *of, const char *running, bool fits)
{
	char path[512], why[256] = "", name[256];
	struct symbols *syms = symbols_of(fixtures, running);
	struct btf *btf;
	int err = -ENOENT;

	snprintf(path, sizeof(path), "%s/%s.btf", fixtures, of);
	btf = btf__parse(path, NULL);
	if (btf && syms)
		err = proto_of_kernel(btf, syms, why, sizeof(why));
	snprintf(name, sizeof(name), "BTF of %s on %s is %s", of, running,
		 fits ? "accepted" : "recognized as another kernel's");
	ok(fits ? !err : err == -EINVAL && strstr(why, "not the BTF of the running kernel"), name,
	   why);
	btf__free(btf);
	symbols_free(syms);
}

/* ---- operations that no hook shows ---- */

/* The text for a hook of a kernel of the fixtures, with or without BTF of its own. */
static void unseen(const char *fixtures, const char *kernel, enum dms_hook id, const char *want)
{
	struct symbols *syms = symbols_of(fixtures, kernel);
	struct choose_env env = { .arch = "x86_64", .kprobes = true, .own_btf = true };
	char path[512], text[DMS_TEXT_LEN] = "", name[512];
	struct choice c = {};

	snprintf(path, sizeof(path), "%s/%s.btf", fixtures, kernel);
	env.btf = btf__parse(path, NULL);
	env.syms = syms;
	choose(&env, hook_row_by_id(id), &c);
	unseen__of(&env, &c, text, sizeof(text));
	snprintf(name, sizeof(name), "by %s of %s is not seen: %s", c.symbol, kernel,
		 *want ? want : "nothing that is known");
	ok(c.cand && !strcmp(text, want), name, text);
	btf__free((struct btf *)env.btf);
	symbols_free(syms);
}

static void unseen_of_kernels(const char *fixtures)
{
	static const char pages[] = "memory of dma_alloc_pages(); "
				    "memory of dma_alloc_noncontiguous()";

	unseen(fixtures, "x86-6.1", DMS_HOOK_MAP, "mappings of registers (dma_map_resource)");
	unseen(fixtures, "x86-6.12", DMS_HOOK_MAP, "");	/* it has an event, which is used too */
	unseen(fixtures, "x86-7.3", DMS_HOOK_MAP,
	       "refusals without an event (no mask, a forbidden attribute)");
	unseen(fixtures, "x86-6.1", DMS_HOOK_ALLOC, pages);
	unseen(fixtures, "x86-7.3", DMS_HOOK_ALLOC, pages);
	unseen(fixtures, "x86-6.12", DMS_HOOK_SWIOTLB_MAP,
	       "copies of mappings that stay (dma_sync_*)");
	unseen(fixtures, "x86-7.3", DMS_HOOK_UNMAP, "");
}

/* A kernel with two drivers whose functions share a name, and without the last candidate. */
static void two_of_a_name(void)
{
	char root[] = "/tmp/dmascope-core-XXXXXX", dir[64], file[80];
	struct choose_env env = { .arch = "aarch64", .kprobes = true };
	struct choice c = { .row = NULL };
	struct symbols *syms = NULL;
	FILE *f = NULL;

	if (mkdtemp(root)) {
		snprintf(dir, sizeof(dir), "%s/proc", root);
		snprintf(file, sizeof(file), "%s/kallsyms", dir);
		mkdir(dir, 0700);
		f = fopen(file, "w");
	}
	if (f) {
		fputs("0 t arm_smmu_flush_iotlb_all\n0 t arm_smmu_flush_iotlb_all\n", f);
		fclose(f);
		symbols_load(root, &syms);
	}
	unlink(file);
	rmdir(dir);
	rmdir(root);
	env.syms = syms;
	choose(&env, hook_row_by_id(DMS_HOOK_FLUSH), &c);
	ok(!c.cand && !strncmp(c.reason, "2 functions are called arm_smmu_flush_iotlb_all", 47),
	   "a function that is there twice is why, not one that is not there", c.reason);
	symbols_free(syms);
}

static void harm(void)
{
	static const struct {
		const char *machine, *version;
		bool harm;
	} of[] = {
		{ "ppc64le", "#1 SMP PREEMPT Debian 7.2.12-1 (2026-10-22)", true },
		{ "ppc64le", "#1 SMP Debian 6.12.95-1~bpo12+1 (2026-07-05)", false },
		{ "x86_64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1", false },
	};
	bool all = true;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		all &= harm_kprobes(of[i].machine, of[i].version) == of[i].harm;
	ok(all, "kprobes do harm on ppc64le where the kernel is preemptible", "");
}

/* A preemptible ppc64le kernel without BTF of its own, so without fentry: --btf FILE. */
static void harm_chosen(const char *fixtures)
{
	char path[512], text[DMS_TEXT_LEN];
	struct choose_env env = { .arch = "ppc64le", .kprobes = true, .kprobes_harm = true };
	struct choice c[2] = { };
	struct symbols *syms = symbols_of(fixtures, "pseries-7.3");

	snprintf(path, sizeof(path), "%s/pseries-7.3.btf", fixtures);
	env.btf = btf__parse(path, NULL);
	env.syms = syms;
	choose(&env, hook_row_by_id(DMS_HOOK_SWIOTLB_MAP), &c[0]);
	choose(&env, hook_row_by_id(DMS_HOOK_MAP_SG), &c[1]);
	ok(!c[0].cand && !strcmp(c[0].reason, "a kprobe on swiotlb_tbl_map_single can crash this "
	   "kernel (preemptible, ppc64le): --force-kprobes attaches it"),
	   "a hook that a kprobe alone can make is left out, for that reason", c[0].reason);
	ok(c[1].cand && c[1].attach == ATTACH_RAW_TP && strstr(c[1].reason, "__dma_map_sg_attrs"),
	   "an event is taken instead, and what it does not report has that reason", c[1].reason);
	ok(harm_warning(c, 2, text, sizeof(text)) && !strncmp(text, "2 hooks get no kprobe", 21),
	   "the warning says how many hooks there are", text);
	c[0].left_out = true;
	ok(harm_warning(c, 2, text, sizeof(text)) && !strncmp(text, "1 hook gets no kprobe", 21),
	   "... but not of one that this run does not need", text);
	env.force_kprobes = true;
	memset(c, 0, sizeof(c));
	choose(&env, hook_row_by_id(DMS_HOOK_SWIOTLB_MAP), &c[0]);
	ok(c[0].cand && c[0].attach == ATTACH_KPROBE && !c[0].withheld, "--force-kprobes takes it",
	   c[0].reason);
	ok(harm_warning(c, 1, text, sizeof(text)) && !strncmp(text, "1 hook is by kprobe", 19),
	   "... and the user is warned", text);
	env.force_kprobes = false;
	env.fentry = env.own_btf = true;
	memset(c, 0, sizeof(c));
	choose(&env, hook_row_by_id(DMS_HOOK_SWIOTLB_MAP), &c[0]);
	ok(c[0].attach == ATTACH_FENTRY && !harm_warning(c, 1, text, sizeof(text)),
	   "with fentry there is nothing to warn of", text);
	c[0].refused = choice_bit(&c[0]);
	choose(&env, hook_row_by_id(DMS_HOOK_SWIOTLB_MAP), &c[0]);
	ok(!c[0].cand && c[0].withheld, "a function that the kernel refuses fentry gets no kprobe",
	   c[0].reason);
	btf__free((struct btf *)env.btf);
	symbols_free(syms);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: prototypes FIXTURES\n", stderr);
		return 2;
	}
	followed();
	refused();
	unlisted();
	copies();
	event();
	needless();
	two_of_a_name();
	harm();
	harm_chosen(argv[1]);
	unseen_of_kernels(argv[1]);
	other_kernel(argv[1], "x86-7.3", "x86-7.3", true);
	other_kernel(argv[1], "pef-5.10", "pef-5.10", true);
	other_kernel(argv[1], "pef-5.10", "pef-7.2", false);
	other_kernel(argv[1], "x86-6.12", "x86-6.1", false);
	other_kernel(argv[1], "pseries-7.3", "x86-7.3", false);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
