// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays the PEF ultravisor for a pseries guest, so that an unmodified ppc64le kernel with
 * CONFIG_PPC_SVM=y boots as a secure VM on a stock QEMU ("svm=on" on its command line). Only what
 * is PEF's is here; the TCE hypercalls are tce.c's, the set of shared pages pages.c's.
 *
 * Two instructions are all it takes:
 *   sc 2      the ultracall: UV_ESM makes the guest secure, UV_SHARE_PAGE and its kin change the
 *             set of shared pages; the guest goes on after it with the status in r3.
 *   mfmsr rD  in a secure guest the value read also has MSR_S, which is what the kernel's
 *             is_secure_guest() tests.
 * Both are matched as little endian, so that the big-endian firmware never is.
 * A guest that never calls UV_ESM is left alone. A second UV_ESM is a new guest (a restart):
 * its memory is private again.
 *
 * Memory is not encrypted: a device can read a page that was never shared. The log is what an
 * ultravisor would know: the record to compare the guest, and dmascope, with.
 *
 * Log lines, after those of common.h and tce.h:
 *   esm kbase=0x.. fdt=0x.. status=N
 *   share gpa=0x.. pages=N new=N already=N outside=N shared=N status=N
 *   unshare gpa=0x.. pages=N new=N already=N outside=N shared=N status=N
 *   unshare-all pages=N shared=0 status=N
 *   ucall number=0x.. r4=0x.. r5=0x.. status=N		any other
 * pages is what was asked for, from guest physical address gpa on, in units of page_size (the
 * guest's own, see the start line); new changed state; already > 0 is a double share, or the
 * unshare of a private page; outside are not RAM; shared is the size of the set afterwards.
 *
 * Arguments: common.h's, ultravisor=off (only marks and TCEs are logged), tce=off (no TCEs).
 * Numbers: Linux, arch/powerpc/include/asm/ultravisor-api.h, hvcall.h and reg.h.
 */
#include "common.h"
#include "pages.h"
#include "tce.h"

#define INSN_SC_2		0x44000042u
#define INSN_MFMSR		0x7c0000a6u
#define INSN_MFMSR_MASK		0xfc1fffffu
#define MSR_S			(1ull << 22)
#define GPRS			32

enum ultracall {
	UV_ESM			= 0xF110,
	UV_SHARE_PAGE		= 0xF130,
	UV_UNSHARE_PAGE		= 0xF134,
	UV_UNSHARE_ALL_PAGES	= 0xF140,
};

enum status {
	U_SUCCESS		= 0,
	U_FUNCTION		= -2,
	U_PARAMETER		= -4,
	U_PERMISSION		= -11,
};

/* Where a replaced instruction stands, and for mfmsr its target register. */
struct site {
	uint64_t pc;
	unsigned int reg;
};

static struct lab_reg regs[GPRS + 1];
#define MSR (&regs[GPRS])
static bool secure, has_ultravisor = true, has_tces = true;

static const char *state(uint64_t addr, uint64_t len)
{
	return secure ? pages_state(addr, len) : "plain";
}

static int64_t enter_secure_mode(unsigned int cpu, uint64_t kbase, uint64_t fdt)
{
	pages_clear();
	secure = true;
	lab_log(cpu, "esm kbase=%#" PRIx64 " fdt=%#" PRIx64 " status=%d", kbase, fdt, U_SUCCESS);
	return U_SUCCESS;
}

static int64_t share(unsigned int cpu, uint64_t pfn, uint64_t count, bool shared)
{
	struct pages_result result = pages_set(pfn, count, shared);
	int64_t status = result.outside ? U_PARAMETER : U_SUCCESS;

	lab_log(cpu, "%s gpa=%#" PRIx64 " pages=%" PRIu64 " new=%" PRIu64 " already=%" PRIu64
		" outside=%" PRIu64 " shared=%" PRIu64 " status=%" PRId64,
		shared ? "share" : "unshare", pfn * lab.page_size, count, result.changed,
		result.already, result.outside, pages_shared(), status);
	return status;
}

static int64_t unshare_all(unsigned int cpu)
{
	lab_log(cpu, "unshare-all pages=%" PRIu64 " shared=0 status=%d", pages_clear(), U_SUCCESS);
	return U_SUCCESS;
}

static int64_t refuse(unsigned int cpu, uint64_t number, uint64_t r4, uint64_t r5)
{
	bool known = number == UV_SHARE_PAGE || number == UV_UNSHARE_PAGE ||
		     number == UV_UNSHARE_ALL_PAGES;
	int status = known ? U_PERMISSION : U_FUNCTION;

	lab_log(cpu, "ucall number=%#" PRIx64 " r4=%#" PRIx64 " r5=%#" PRIx64 " status=%d",
		number, r4, r5, status);
	return status;
}

static void on_ultracall(unsigned int cpu, void *userdata)
{
	const struct site *site = userdata;
	uint64_t number = lab_read(&regs[3]), r4 = lab_read(&regs[4]), r5 = lab_read(&regs[5]);
	int64_t status;

	lab_lock();
	if (number == UV_ESM)
		status = enter_secure_mode(cpu, r4, r5);
	else if (secure && (number == UV_SHARE_PAGE || number == UV_UNSHARE_PAGE))
		status = share(cpu, r4, r5, number == UV_SHARE_PAGE);
	else if (secure && number == UV_UNSHARE_ALL_PAGES)
		status = unshare_all(cpu);
	else
		status = refuse(cpu, number, r4, r5);
	lab_unlock();
	lab_write(&regs[3], status);
	qemu_plugin_set_pc(site->pc + 4);
}

static void on_mfmsr(unsigned int cpu, void *userdata)
{
	const struct site *site = userdata;

	(void)cpu;
	if (!secure)
		return;
	lab_write(&regs[site->reg], lab_read(MSR) | MSR_S);
	qemu_plugin_set_pc(site->pc + 4);
}

/* Replaces an instruction; the site lives as long as the translation may. */
static void replace(struct qemu_plugin_insn *insn, uint32_t word, qemu_plugin_vcpu_udata_cb_t cb)
{
	struct site *site = g_new(struct site, 1);

	site->pc = qemu_plugin_insn_vaddr(insn);
	site->reg = word >> 21 & (GPRS - 1);
	qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_RW_REGS_PC, site);
}

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word;

		if (qemu_plugin_insn_data(insn, &word, sizeof(word)) != sizeof(word))
			continue;
		word = GUINT32_FROM_LE(word);
		if (lab_watch_mark(insn))
			continue;
		if (has_tces)
			tce_watch(insn, i, word);
		if (!has_ultravisor)
			continue;
		if (word == INSN_SC_2)
			replace(insn, word, on_ultracall);
		else if ((word & INSN_MFMSR_MASK) == INSN_MFMSR)
			replace(insn, word, on_mfmsr);
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	for (int i = 0; i < GPRS; i++)
		regs[i].name = g_strdup_printf("r%d", i);
	MSR->name = "msr";
	if (lab_start(id, info, argc, argv, regs, G_N_ELEMENTS(regs)))
		return -1;
	has_ultravisor = g_strcmp0(lab_argument(argc, argv, "ultravisor"), "off");
	has_tces = g_strcmp0(lab_argument(argc, argv, "tce"), "off");
	pages_init(lab.ram, lab.page_size);
	tce_start(&regs[3], MSR, state);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
