// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kind of secure guest: the decision for every architecture, and facts and session from copied
 * trees.
 */
#include "guest_tree.h"

#include "guest/kind.h"
#include "util/names.h"

#define U TRI_UNKNOWN
#define N TRI_NO
#define Y TRI_YES

static struct guest_facts facts(const char *arch)
{
	struct guest_facts f = {
		.ppc_svm = N, .s390_pv = N, .cca_device = N, .cca_log = U, .hypervisor = U,
		.tdx_flag = U, .tdx_cpuid = U, .sev_cpuid = U, .sev_es_cpuid = U,
		.sev_snp_cpuid = U, .sev_msr = U, .sev_es_msr = U, .sev_snp_msr = U,
		.snp_sysfs = N, .log_whole = U,
	};

	strcpy(f.arch, arch);
	return f;
}

static enum dms_guest kind(const struct guest_facts *f)
{
	char how[DMS_TEXT_LEN];
	enum dms_guest g = guest_facts_kind(f, how, sizeof(how));

	assert_true(strlen(how) > 5);	/* no verdict without evidence */
	return g;
}

static void test_ppc(void **state)
{
	struct guest_facts f = facts("ppc64le");

	(void)state;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.ppc_svm = Y;
	assert_int_equal(kind(&f), GUEST_PEF);
	f.ppc_svm = U;
	assert_int_equal(kind(&f), GUEST_UNKNOWN);
}

static void test_s390(void **state)
{
	struct guest_facts f = facts("s390x");

	(void)state;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.s390_pv = Y;
	assert_int_equal(kind(&f), GUEST_S390_PV);
}

static void test_arm(void **state)
{
	struct guest_facts f = facts("aarch64");

	(void)state;
	assert_int_equal(kind(&f), GUEST_UNKNOWN);
	f.cca_log = N;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.cca_log = Y;
	assert_int_equal(kind(&f), GUEST_CCA);
	f = facts("aarch64");
	f.cca_device = Y;
	assert_int_equal(kind(&f), GUEST_CCA);
}

static void test_x86_log(void **state)
{
	static const struct { const char *line; enum dms_guest want; } t[] = {
		{ "Memory Encryption Features active: AMD SEV", GUEST_SEV },
		{ "Memory Encryption Features active: AMD SEV SEV-ES", GUEST_SEV_ES },
		{ "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP", GUEST_SEV_SNP },
		{ "AMD SEV SEV-ES SEV-SNP", GUEST_SEV_SNP },
		{ "Memory Encryption Features active: Intel TDX", GUEST_TDX },
		{ "Memory Encryption Features active: AMD SME", GUEST_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct guest_facts f = facts("x86_64");

		f.hypervisor = t[i].want == GUEST_NONE ? N : Y;
		strcpy(f.log_line, t[i].line);
		assert_int_equal(kind(&f), t[i].want);
	}
}

static void test_x86_msr(void **state)
{
	struct guest_facts f = facts("x86_64");

	(void)state;
	f.hypervisor = Y;
	f.sev_cpuid = f.sev_es_cpuid = f.sev_snp_cpuid = Y;
	f.sev_msr = Y;
	f.sev_es_msr = f.sev_snp_msr = N;
	assert_int_equal(kind(&f), GUEST_SEV);
	f.sev_es_msr = Y;
	assert_int_equal(kind(&f), GUEST_SEV_ES);
	f.sev_snp_msr = Y;
	assert_int_equal(kind(&f), GUEST_SEV_SNP);
	f.sev_msr = N;		/* the monitor passes the cpuid bits on to any guest */
	assert_int_equal(kind(&f), GUEST_NONE);
	f.sev_msr = U;		/* cpuid alone proves nothing */
	assert_int_equal(kind(&f), GUEST_UNKNOWN);
	f.log_whole = Y;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.snp_sysfs = Y;
	assert_int_equal(kind(&f), GUEST_SEV_SNP);
}

static void test_x86_others(void **state)
{
	struct guest_facts f = facts("x86_64");

	(void)state;
	assert_int_equal(kind(&f), GUEST_UNKNOWN);
	f.hypervisor = N;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.hypervisor = Y;
	f.sev_cpuid = f.tdx_cpuid = N;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.hv = HV_ISOLATION_VBS;
	assert_int_equal(kind(&f), GUEST_NONE);
	f.hv = HV_ISOLATION_SNP;
	assert_int_equal(kind(&f), GUEST_SEV_SNP);
	f.hv = HV_ISOLATION_TDX;
	assert_int_equal(kind(&f), GUEST_TDX);
	f.hv = HV_ISOLATION_NONE;
	f.tdx_flag = Y;
	assert_int_equal(kind(&f), GUEST_TDX);
}

static void test_other_arch(void **state)
{
	struct guest_facts f = facts("riscv64");

	(void)state;
	assert_int_equal(kind(&f), GUEST_UNKNOWN);
}

static void test_how_is_cut(void **state)
{
	struct guest_facts f = facts("ppc64le");
	char how[8];

	(void)state;
	assert_int_equal(guest_facts_kind(&f, how, sizeof(how)), GUEST_NONE);
	assert_int_equal(strlen(how), 7);
	guest_facts_kind(&f, how, 0);
}

static enum dms_guest tree_kind(struct tree *t, char *how)
{
	struct guest_facts f;

	guest_facts_read(t->root, &f);
	return guest_facts_kind(&f, how, DMS_TEXT_LEN);
}

static void test_tree_pef(void **state)
{
	struct tree *t = *state;
	char how[DMS_TEXT_LEN];

	tree_file(t, "/proc/sys/kernel/arch", "ppc64le\n");
	tree_file(t, "/sys/devices/system/cpu/svm", "1\n");
	assert_int_equal(tree_kind(t, how), GUEST_PEF);
	assert_non_null(strstr(how, "/sys/devices/system/cpu/svm"));
	tree_file(t, "/sys/devices/system/cpu/svm", "0\n");
	assert_int_equal(tree_kind(t, how), GUEST_NONE);
	tree_file(t, "/sys/devices/system/cpu/svm", "what\n");
	assert_int_equal(tree_kind(t, how), GUEST_UNKNOWN);
}

static void test_tree_x86(void **state)
{
	struct tree *t = *state;
	struct guest_facts f;

	tree_file(t, "/proc/sys/kernel/arch", "x86_64\n");
	tree_file(t, "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor lm\n\n"
		  "processor\t: 1\nflags\t\t: fpu hypervisor lm tdx_guest\n");
	tree_file(t, "/var/log/dmesg",
		  "[    0.000000] Linux version 6.12.0\n"
		  "[    0.400000][    T0] Memory Encryption Features active: AMD SEV SEV-ES\n");
	guest_facts_read(t->root, &f);
	assert_int_equal(f.tdx_flag, TRI_NO);
	assert_int_equal(f.hypervisor, TRI_YES);
	assert_int_equal(f.log_whole, TRI_YES);
	assert_string_equal(f.log_line, "Memory Encryption Features active: AMD SEV SEV-ES");
	assert_int_equal(kind(&f), GUEST_SEV_ES);
}

/* Another message came between the pieces of the line. */
static void test_tree_x86_torn(void **state)
{
	struct tree *t = *state;
	struct guest_facts f;

	tree_file(t, "/proc/sys/kernel/arch", "x86_64\n");
	tree_file(t, "/var/log/dmesg", "<6>[    0.1] Memory Encryption Features active: \n"
		  "<6>[    0.1] other\n<6>[    0.1] AMD SEV SEV-ES SEV-SNP\n");
	guest_facts_read(t->root, &f);
	assert_int_equal(kind(&f), GUEST_SEV_SNP);
}

/* A guest whose log has lost its beginning and that can ask no CPU. */
static void test_tree_x86_unknown(void **state)
{
	struct tree *t = *state;
	char how[DMS_TEXT_LEN];

	tree_file(t, "/proc/sys/kernel/arch", "x86_64\n");
	tree_file(t, "/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\n");
	tree_file(t, "/var/log/dmesg", "[  900.0] late\n");
	assert_int_equal(tree_kind(t, how), GUEST_UNKNOWN);
}

static void test_session(void **state)
{
	struct tree *t = *state;
	struct rec_session s;

	tree_file(t, "/proc/sys/kernel/arch", "ppc64le\n");
	tree_file(t, "/proc/sys/kernel/osrelease", "6.12.117\n");
	tree_file(t, "/sys/devices/system/cpu/svm", "1\n");
	tree_file(t, "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	tree_file(t, "/proc/cmdline", "console=hvc0 svm=on swiotlb=65536,force disable_ddw\n");
	tree_file(t, "/proc/iomem", "00000000-3fffffff : System RAM\n"
		  "  00000000-0000ffff : System RAM below\n"
		  "100000000-13fffffff : System RAM\n200000000-20fffffff : /pci@0\n");
	assert_int_equal(guest_session(t->root, &s), 0);
	assert_int_equal(s.lmb_size, 0);
	tree_bytes(t, "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/"
		   "ibm,lmb-size", "\0\0\0\0\x10\0\0", 8);
	assert_int_equal(guest_session(t->root, &s), 0);
	assert_int_equal(s.lmb_size, 256 << 20);
	assert_int_equal(s.guest, GUEST_PEF);
	assert_string_equal(s.kernel, "6.12.117");
	assert_string_equal(s.arch, "ppc64le");
	assert_string_equal(s.lockdown, "confidentiality");
	assert_true(s.swiotlb_force);
	assert_true(s.disable_ddw);
	assert_int_equal(s.mem_bytes, 2ULL << 30);
	assert_int_equal(s.mem_top, 0x140000000ULL);
	assert_string_equal(s.tool_version, DMASCOPE_VERSION);
	assert_true(s.page_size >= 4096 && s.cpus >= 1 && s.realtime_offset_ns > 0);
}

/* Without CAP_SYS_ADMIN the addresses of /proc/iomem are 0: memory blocks give the size. */
static void test_session_blocks(void **state)
{
	struct tree *t = *state;
	struct rec_session s;

	tree_file(t, "/proc/iomem", "00000000-00000000 : System RAM\n");
	tree_file(t, "/sys/devices/system/memory/block_size_bytes", "10000000\n");
	tree_file(t, "/sys/devices/system/memory/memory0/state", "online\n");
	tree_file(t, "/sys/devices/system/memory/memory1/state", "offline\n");
	tree_file(t, "/sys/devices/system/memory/memory6/state", "online\n");
	tree_dir(t, "/sys/devices/system/memory/power");
	assert_int_equal(guest_session(t->root, &s), 0);
	assert_int_equal(s.mem_bytes, 2 * 0x10000000ULL);
	assert_int_equal(s.mem_top, 7 * 0x10000000ULL);
	assert_string_equal(s.lockdown, "");
	assert_false(s.swiotlb_force);
}

static void test_session_nothing(void **state)
{
	struct tree *t = *state;
	struct rec_session s;

	assert_int_equal(guest_session(t->root, &s), 0);
	assert_int_equal(s.mem_bytes, 0);
	assert_int_equal(s.mem_top, 0);
	tree_file(t, "/proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
	assert_int_equal(guest_session(t->root, &s), 0);
	assert_int_equal(s.mem_bytes, 2048 * 1024);
}

/* On whatever runs the test: there is an answer, and it has a reason. */
static void test_live(void **state)
{
	struct rec_session s;

	(void)state;
	assert_int_equal(guest_session("", &s), 0);
	assert_true(s.guest < GUEST_MAX);
	assert_true(strlen(s.guest_how) > 5);
	assert_true(s.mem_bytes > 0);
	assert_true(strlen(s.kernel) > 0 && strlen(s.arch) > 0);
}

/* Hyper-V with a paravisor may pass leaf 0x8000001f on; its guest's addresses have no C-bit. */
static void test_vtom(void **state)
{
	struct guest_facts f = { .c_bit = 51 };

	(void)state;
	assert_true(guest_facts_enc_mask(&f, GUEST_SEV_SNP) == 1ULL << 51);
	assert_true(guest_facts_enc_mask(&f, GUEST_NONE) == 0);
	assert_true(guest_facts_enc_mask(&f, GUEST_TDX) == 0);
	f.vtom = true;
	assert_true(guest_facts_enc_mask(&f, GUEST_SEV_SNP) == 0);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vtom),
		cmocka_unit_test(test_ppc), cmocka_unit_test(test_s390), cmocka_unit_test(test_arm),
		cmocka_unit_test(test_x86_log), cmocka_unit_test(test_x86_msr),
		cmocka_unit_test(test_x86_others), cmocka_unit_test(test_other_arch),
		cmocka_unit_test(test_how_is_cut), ON_TREE(test_tree_pef), ON_TREE(test_tree_x86),
		ON_TREE(test_tree_x86_torn), ON_TREE(test_tree_x86_unknown), ON_TREE(test_session),
		ON_TREE(test_session_blocks), ON_TREE(test_session_nothing),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
