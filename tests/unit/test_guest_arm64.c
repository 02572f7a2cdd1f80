// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Tests of guest/arm64: numbers and a variable out of a made-up /proc/kcore. */
#include "guest_tree.h"

#include <elf.h>

#include "guest/arm64.h"

#define VARIABLE	0xffffa5e6b2c01230ull
#define SHARED_BIT	(1ULL << 47)

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	char note[256];
	uint64_t data[4];
};

static void kcore(struct tree *t, const char *note, uint64_t value, size_t cut)
{
	struct image i = { .data = { 0x1111, value, 0x2222 } };

	memcpy(i.eh.e_ident, ELFMAG, SELFMAG);
	i.eh.e_ident[EI_CLASS] = ELFCLASS64;
	i.eh.e_phoff = offsetof(struct image, ph);
	i.eh.e_phnum = 2;
	i.ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(struct image, note),
				.p_filesz = sizeof(i.note) };
	i.ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct image, data),
				.p_vaddr = VARIABLE - 8, .p_memsz = sizeof(i.data) };
	strcpy(i.note, note);
	tree_bytes(t, "/proc/kcore", &i, sizeof(i) - cut);
}

/* From a kernel with 48-bit addresses and RAM at 1 GiB. */
static const char numbers[] = "OSRELEASE=7.2.12\nNUMBER(VA_BITS)=48\n"
	"NUMBER(VMEMMAP_START)=0xfffffdffc0000000\nNUMBER(PHYS_OFFSET)=0x40000000\n";

static void test_addresses(void **state)
{
	struct arm64_addresses a;
	struct tree *t = *state;

	assert_false(arm64_addresses(t->root, &a));	/* no kcore */
	kcore(t, numbers, 0, 0);
	assert_true(arm64_addresses(t->root, &a));
	/* PAGE_OFFSET is 0xffff000000000000, where physical 0x40000000 is */
	assert_int_equal(0xffff000012345678ull - arm64_virt_base(&a), 0x52345678);
	/* the struct page of frame 0x40000 is the first one */
	assert_int_equal(arm64_vmemmap(&a, 64, 4096), 0xfffffdffc0000000ull - 0x40000 * 64);
	assert_int_equal(arm64_vmemmap(&a, 0, 4096), 0);
}

static void test_addresses_missing(void **state)
{
	struct arm64_addresses a;
	struct tree *t = *state;

	kcore(t, "NUMBER(VA_BITS)=48\n", 0, 0);
	assert_false(arm64_addresses(t->root, &a));
	kcore(t, "NUMBER(VA_BITS)=x\nNUMBER(PHYS_OFFSET)=0x40000000\n", 0, 0);
	assert_false(arm64_addresses(t->root, &a));
	kcore(t, "NUMBER(VA_BITS)=99\nNUMBER(PHYS_OFFSET)=0x40000000\n", 0, 0);
	assert_false(arm64_addresses(t->root, &a));
	tree_file(t, "/proc/kcore", "no ELF");
	assert_false(arm64_addresses(t->root, &a));
}

static void test_shared_mask(void **state)
{
	struct tree *t = *state;

	kcore(t, numbers, SHARED_BIT, 0);
	assert_int_equal(arm64_shared_mask(t->root), 0);	/* no kallsyms */
	tree_file(t, "/proc/kallsyms", "ffffa5e6b2c00000 T _text\n"
		  "ffffa5e6b2c01230 D prot_ns_shared\n");
	assert_int_equal(arm64_shared_mask(t->root), SHARED_BIT);
	kcore(t, numbers, SHARED_BIT | 1, 0);			/* not one bit */
	assert_int_equal(arm64_shared_mask(t->root), 0);
	kcore(t, numbers, SHARED_BIT, 20);			/* cut before the variable's end */
	assert_int_equal(arm64_shared_mask(t->root), 0);
	tree_file(t, "/proc/kallsyms", "0000000000000000 D prot_ns_shared\n");
	kcore(t, numbers, SHARED_BIT, 0);			/* hidden by kptr_restrict */
	assert_int_equal(arm64_shared_mask(t->root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_addresses, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_addresses_missing, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_shared_mask, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
