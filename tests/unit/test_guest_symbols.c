// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names and addresses from copies of /proc/kallsyms.
 */
#include "guest_tree.h"

#include <time.h>

#include "guest/symbols.h"

static const char sample[] =
	"0000000000000000 A fixed_percpu_data\n"
	"c000000000010000 D end_of_data\n"
	"c000000000010000 T _stext\n"
	"c000000000010000 t alias\n"
	"c000000000010100 T dma_map_page_attrs\n"
	"c000000000010200 t tce_build_pSeriesLP.constprop.0\n"
	"c000000000010300 t tce_build_pSeriesLP.isra.0.cold\n"
	"c000000000010400 t swiotlb_release_slots.isra.0\n"
	"c000000000010500 t split.part.0\n"
	"c000000000010600 t split.constprop.2.isra.3\n"
	"c000000000010700 t t_next\n"
	"c000000000010800 t t_next\n"
	"c000000000010900 W weak\n"
	"c000000000020000 d both\n"
	"c000000000020100 t both\n"
	"c000000000020200 r dma_iommu_ops\n"
	"c008000000001000 t nvme_map\t[nvme]\n"
	"c008000000000800 t nvme_first\t[nvme]\n"
	"c008000000010000 t e1000_xmit\t[e1000]\n"
	"c008000000020000 t bpf_prog_1234_x\t[bpf]\n"
	"rubbish\n"
	"c00 T\n"
	"c000000000030000 T __ksymtab_x\n"
	"c000000000040000 T no_newline";

static struct symbols *load(struct tree *t, const char *text)
{
	struct symbols *s;

	tree_file(t, "/proc/kallsyms", text);
	assert_int_equal(symbols_load(t->root, &s), 0);
	assert_non_null(s);
	return s;
}

static void expect(const struct symbols *s, uint64_t addr, const char *want)
{
	char buf[64];

	assert_int_equal(symbols_format(s, addr, buf, sizeof(buf)), strcmp(want, "?") != 0);
	assert_string_equal(buf, want);
}

static void test_by_addr(void **state)
{
	struct symbols *s = load(*state, sample);

	assert_true(symbols_have_addresses(s));
	expect(s, 0xc000000000010100, "dma_map_page_attrs");
	expect(s, 0xc000000000010110, "dma_map_page_attrs+0x10");
	expect(s, 0xc000000000010004, "_stext+0x4");	/* the first function there */
	expect(s, 0xc000000000020200, "dma_iommu_ops");
	expect(s, 0xc008000000001010, "nvme_map+0x10 [nvme]");
	expect(s, 0xc008000000000810, "nvme_first+0x10 [nvme]");
	expect(s, 0xc008000000010000, "e1000_xmit [e1000]");
	expect(s, 0xc000000000000000, "?");		/* before all of them */
	expect(s, 0xc004000000000000, "?");		/* far behind the last one */
	expect(s, 0, "?");
	symbols_free(s);
}

static void test_cut(void **state)
{
	struct symbols *s = load(*state, sample);
	char buf[8];

	assert_true(symbols_format(s, 0xc000000000010110, buf, sizeof(buf)));
	assert_string_equal(buf, "dma_map");
	symbols_free(s);
}

static void test_by_name(void **state)
{
	struct symbols *s = load(*state, sample);
	struct symbol sym;

	assert_int_equal(symbols_find(s, "dma_map_page_attrs", &sym), 1);
	assert_int_equal(sym.addr, 0xc000000000010100);
	assert_int_equal(sym.type, 'T');
	assert_string_equal(sym.module, "");
	assert_int_equal(symbols_find(s, "nvme_map", &sym), 1);
	assert_string_equal(sym.module, "nvme");
	assert_int_equal(symbols_find(s, "t_next", &sym), 2);
	assert_int_equal(symbols_find(s, "both", &sym), 2);
	assert_int_equal(sym.type, 't');	/* the function, though the datum comes first */
	assert_int_equal(symbols_find(s, "tce_build_pSeriesLP", NULL), 0);
	assert_int_equal(symbols_find(s, "dma_map_page_attr", NULL), 0);
	assert_int_equal(symbols_find(s, "__ksymtab_x", NULL), 0);
	assert_int_equal(symbols_find(s, "", NULL), 0);
	symbols_free(s);
}

static void test_variants(void **state)
{
	struct symbols *s = load(*state, sample);
	struct symbol sym;
	size_t pos = 0;
	int n = 0;

	assert_int_equal(symbols_find_function(s, "tce_build_pSeriesLP", &sym), 1);
	assert_string_equal(sym.name, "tce_build_pSeriesLP.constprop.0");
	assert_int_equal(symbols_find_function(s, "swiotlb_release_slots", &sym), 1);
	assert_string_equal(sym.name, "swiotlb_release_slots.isra.0");
	assert_int_equal(symbols_find_function(s, "split", &sym), 1);
	assert_string_equal(sym.name, "split.constprop.2.isra.3");	/* rather than a part */
	assert_int_equal(symbols_find_function(s, "t_next", &sym), 2);
	assert_int_equal(symbols_find_function(s, "weak", &sym), 1);
	assert_int_equal(symbols_find_function(s, "both", &sym), 1);
	assert_int_equal(symbols_find_function(s, "dma_iommu_ops", &sym), 0);
	assert_int_equal(symbols_find_function(s, "dma_map_page", &sym), 0);
	assert_int_equal(symbols_find_function(s, "split.part.0", &sym), 1);
	while (symbols_next_variant(s, "split", &pos, &sym))
		n++;
	assert_int_equal(n, 2);
	assert_false(symbols_next_variant(s, "split", &pos, &sym));
	symbols_free(s);
}

/* kptr_restrict: names without addresses. */
static void test_hidden(void **state)
{
	struct symbols *s = load(*state, "0000000000000000 T dma_map_page_attrs\n"
				 "0000000000000000 t f.isra.0\n");
	struct symbol sym;

	assert_false(symbols_have_addresses(s));
	assert_int_equal(symbols_find_function(s, "f", &sym), 1);
	assert_int_equal(sym.addr, 0);
	assert_int_equal(symbols_find(s, "dma_map_page_attrs", NULL), 1);
	expect(s, 5, "?");
	expect(s, 0, "?");
	symbols_free(s);
}

static void test_missing(void **state)
{
	struct tree *t = *state;
	struct symbols *s = (void *)1;
	struct symbol sym;
	size_t pos = 0;

	assert_int_equal(symbols_load(t->root, &s), -ENOENT);
	assert_null(s);
	symbols_free(NULL);
	assert_int_equal(symbols_find(NULL, "x", &sym), 0);
	assert_int_equal(symbols_find_function(NULL, "x", &sym), 0);
	assert_false(symbols_next_variant(NULL, "x", &pos, &sym));
	expect(NULL, 5, "?");
	tree_file(t, "/proc/kallsyms", "");
	assert_int_equal(symbols_load(t->root, &s), -ENODATA);
}

/* A line longer than any buffer must not end the reading. */
static void test_long_line(void **state)
{
	size_t len = 600 << 10;
	char *text = malloc(len + 100);
	struct symbols *s;

	assert_non_null(text);
	memset(text, 'x', len);
	strcpy(text + len, "\nc000000000010000 T after\nc000000000020000 T last\n");
	s = load(*state, text);
	assert_int_equal(symbols_find(s, "last", NULL), 1);
	symbols_free(s);
	free(text);
}

/* 200,000 symbols as a distribution's kernel has them. */
static void test_large(void **state)
{
	struct tree *t = *state;
	struct timespec a, b;
	struct symbols *s;
	struct symbol sym;
	char path[128];
	FILE *f;
	int i;

	tree_dir(t, "/proc");
	snprintf(path, sizeof(path), "%s/proc/kallsyms", t->root);
	f = fopen(path, "w");
	assert_non_null(f);
	for (i = 0; i < 200000; i++)
		fprintf(f, "%llx t a_function_of_ordinary_length_%d\n",
			0xc000000000000000ULL + i * 64ULL, i);
	assert_int_equal(fclose(f), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(symbols_load(t->root, &s), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	/* 40 ms of the processor's time; room for sanitizers. */
	assert_true((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 <= 1500);
	assert_int_equal(symbols_find(s, "a_function_of_ordinary_length_0", NULL), 1);
	assert_int_equal(symbols_find(s, "a_function_of_ordinary_length_199999", NULL), 1);
	assert_int_equal(symbols_find(s, "a_function_of_ordinary_length_123456", &sym), 1);
	assert_int_equal(sym.addr, 0xc000000000000000ULL + 123456 * 64ULL);
	expect(s, sym.addr + 63, "a_function_of_ordinary_length_123456+0x3f");
	symbols_free(s);
}

/* Expected symbols come from the small table, the rest from the whole; each read once. */
static void test_lazy(void **state)
{
	struct tree *t = *state;
	struct symbols *s = (void *)1;
	struct symbol sym;
	uint64_t off;

	assert_int_equal(symbols_open(t->root, &s), -ENOENT);
	assert_null(s);
	tree_file(t, "/proc/kallsyms", "never read\n");
	assert_int_equal(symbols_open(t->root, &s), 0);
	symbols_expect(s, "tce_build_pSeriesLP");
	symbols_expect(s, "t_next");
	symbols_expect(s, "nvme_map");
	symbols_expect(s, "no_such_function");
	symbols_expect(NULL, "x");
	tree_file(t, "/proc/kallsyms", sample);
	assert_int_equal(symbols_find_function(s, "tce_build_pSeriesLP", &sym), 1);
	assert_string_equal(sym.name, "tce_build_pSeriesLP.constprop.0");
	/* from now on that table is all there is of these */
	tree_file(t, "/proc/kallsyms", "c000000000050000 T later\nc000000000010108 T added\n");
	assert_int_equal(symbols_find(s, "t_next", NULL), 2);
	assert_int_equal(symbols_find(s, "nvme_map", &sym), 1);
	assert_string_equal(sym.module, "nvme");
	assert_int_equal(symbols_find_function(s, "no_such_function", NULL), 0);
	assert_int_equal(symbols_by_addr(s, 0xc000000000020200, &sym, &off), 0);
	assert_string_equal(sym.name, "dma_iommu_ops");
	/* not expected: all is read */
	assert_int_equal(symbols_find(s, "later", NULL), 1);
	expect(s, 0xc000000000010110, "added+0x8");
	assert_true(symbols_have_addresses(s));
	/* kept as long as it is asked */
	tree_file(t, "/proc/kallsyms", "c000000000060000 T newest\n");
	symbols_forget(s);
	assert_int_equal(symbols_find(s, "newest", NULL), 0);
	symbols_forget(s);
	expect(s, 0xc000000000010110, "added+0x8");
	symbols_forget(s);
	symbols_forget(s);
	expect(s, 0xc000000000060010, "newest+0x10");
	/* the small table stays */
	symbols_forget(s);
	symbols_forget(s);
	assert_int_equal(symbols_find(s, "t_next", NULL), 2);
	symbols_free(s);
	symbols_forget(NULL);
	tree_file(t, "/proc/kallsyms", "");
	assert_int_equal(symbols_open(t->root, &s), 0);
	symbols_expect(s, "x");
	assert_int_equal(symbols_find(s, "x", NULL), 0);
	expect(s, 0xc000000000010110, "?");
	symbols_free(s);
}

/* While a module's init function runs, its undefined symbols are listed as well. */
static void test_undefined(void **state)
{
	struct symbols *s;
	struct symbol sym;

	tree_file(*state, "/proc/kallsyms", "ffff800080001000 T dma_set_mask\n"
		  "ffffab678ce028c8 u dma_set_mask\t[e1000]\n");
	assert_int_equal(symbols_load(((struct tree *)*state)->root, &s), 0);
	assert_int_equal(symbols_find_function(s, "dma_set_mask", &sym), 1);
	assert_int_equal(symbols_find(s, "dma_set_mask", NULL), 1);
	symbols_free(s);
}

/* A module that comes while its neighbours' symbols are known already. */
static void test_modules_come(void **state)
{
	static const char before[] = "ffff800080001000 T _text\n"
		"ffffab6700001000 t old_function\t[old]\n"
		"ffffab6700001800 d __tpstrtab_old\t[old]\n"
		"ffffab6700005000 t ftrace_trampoline\t[__builtin__ftrace]\n";
	struct tree *t = *state;
	struct symbols *s;

	tree_file(t, "/proc/kallsyms", before);
	tree_file(t, "/proc/modules", "old 16384 0 - Live 0xffffab6700000000\n");
	assert_int_equal(symbols_open(t->root, &s), 0);
	expect(s, 0xffffab6700001010, "old_function+0x10 [old]");
	expect(s, 0xffffab6700001900, "?");		/* behind data */
	expect(s, 0xffffab6700005020, "ftrace_trampoline+0x20 [__builtin__ftrace]");
	expect(s, 0xffffab6700008020, "?");		/* far behind it */
	tree_file(t, "/proc/kallsyms", "ffff800080001000 T _text\n"
		  "ffffab6700008000 t new_function\t[new]\n");
	symbols_refresh(s);				/* no module came: not read */
	expect(s, 0xffffab6700008020, "?");
	tree_file(t, "/proc/modules", "old 16384 7 - Live 0xffffab6700000000\n");
	symbols_refresh(s);				/* one is used more often */
	expect(s, 0xffffab6700008020, "?");
	tree_file(t, "/proc/modules", "new 16384 0 - Live 0xffffab6700008000\n"
		  "old 16384 0 - Live 0xffffab6700000000\n");
	symbols_refresh(s);
	expect(s, 0xffffab6700008020, "new_function+0x20 [new]");
	symbols_free(s);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		ON_TREE(test_by_addr), ON_TREE(test_cut), ON_TREE(test_by_name),
		ON_TREE(test_variants), ON_TREE(test_hidden), ON_TREE(test_missing),
		ON_TREE(test_undefined), ON_TREE(test_modules_come),
		ON_TREE(test_lazy), ON_TREE(test_long_line), ON_TREE(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
