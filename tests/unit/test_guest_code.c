// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tests of guest/code: calls as compilers write them. Bytes are of kernels of the lab, or from the
 * architectures' manuals.
 */
#include "guest_tree.h"

#include "guest/code.h"

#define AT	0xffffffff81001000ull

static bool calls(enum code_arch arch, const void *code, size_t len, uint64_t target)
{
	return code_calls(arch, code, len, AT, target);
}

static void test_x86(void **state)
{
	/* push %rbp; call +0x100; pop %rbp; jmp -0x20 */
	static const uint8_t code[] = { 0x55, 0xe8, 0x00, 0x01, 0x00, 0x00, 0x5d,
					0xe9, 0xe0, 0xff, 0xff, 0xff };

	(void)state;
	assert_true(calls(CODE_X86, code, sizeof(code), AT + 1 + 5 + 0x100));
	assert_true(calls(CODE_X86, code, sizeof(code), AT + 7 + 5 - 0x20));
	assert_false(calls(CODE_X86, code, sizeof(code), AT + 0x100));
	assert_false(calls(CODE_X86, code, 5, AT + 1 + 5 + 0x100));	/* cut */
}

static void test_ppc64le(void **state)
{
	/* mflr r0; bl +0x40; b -8; blr */
	static const uint8_t code[] = { 0xa6, 0x02, 0x08, 0x7c, 0x41, 0x00, 0x00, 0x48,
					0xf8, 0xff, 0xff, 0x4b, 0x20, 0x00, 0x80, 0x4e };

	(void)state;
	assert_true(calls(CODE_PPC64LE, code, sizeof(code), AT + 4 + 0x40));
	/* the local entry, 8 bytes behind the function's address */
	assert_true(calls(CODE_PPC64LE, code, sizeof(code), AT + 4 + 0x40 - 8));
	assert_true(calls(CODE_PPC64LE, code, sizeof(code), AT + 8 - 8));
	assert_false(calls(CODE_PPC64LE, code, sizeof(code), AT + 4 + 0x40 + 8));
}

static void test_s390(void **state)
{
	/* stmg ...; brasl %r14,+0x200; jg -6 */
	static const uint8_t code[] = { 0xeb, 0xef, 0xf0, 0x70, 0x00, 0x24,
					0xc0, 0xe5, 0x00, 0x00, 0x01, 0x00,
					0xc0, 0xf4, 0xff, 0xff, 0xff, 0xfd };

	(void)state;
	assert_true(calls(CODE_S390, code, sizeof(code), AT + 6 + 0x200));
	assert_true(calls(CODE_S390, code, sizeof(code), AT + 12 - 6));
	assert_false(calls(CODE_S390, code, sizeof(code), AT + 0x200));
}

static void test_arm64(void **state)
{
	/* paciasp; bl +0x1000; b -4 */
	static const uint8_t code[] = { 0x3f, 0x23, 0x03, 0xd5, 0x00, 0x04, 0x00, 0x94,
					0xff, 0xff, 0xff, 0x17 };

	(void)state;
	assert_true(calls(CODE_ARM64, code, sizeof(code), AT + 4 + 0x1000));
	assert_true(calls(CODE_ARM64, code, sizeof(code), AT + 8 - 4));
	assert_false(calls(CODE_ARM64, code, sizeof(code), AT + 0x1000));
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(code_arch("x86_64"), CODE_X86);
	assert_int_equal(code_arch("ppc64le"), CODE_PPC64LE);
	assert_int_equal(code_arch("riscv64"), CODE_UNKNOWN);
	assert_false(code_calls(CODE_UNKNOWN, (const uint8_t *)"\0\0\0\0", 4, AT, AT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86), cmocka_unit_test(test_ppc64le),
		cmocka_unit_test(test_s390), cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
