// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays Arm CCA's Realm Management Monitor (RMM), so that a stock arm64 kernel (from 6.13 on) boots
 * as a realm on a stock QEMU. The calls are here; realm.c keeps private memory private.
 *
 * "smc #0" with an RSI number is answered here and skipped; so are the two by which the kernel
 * learns that its firmware speaks SMCCC 1.2, which QEMU's PSCI does not report. All other calls are
 * QEMU's (PSCI: it starts processors and ends the guest).
 *
 * Real: which addresses the kernel takes for protected, each conversion, its time and content, the
 * addresses that devices get.
 * Not real: a processor that uses a protected address after it gave the page away (RIPAS EMPTY)
 * gets an abort on hardware; here it reads the private memory, and that is logged. A range is
 * converted whole; a monitor may stop earlier. No attestation, measurements or host calls: these
 * fail. PSCI is not watched. No reboot.
 *
 * Log lines, after those of common.h, prove.h, fence.h and realm.h:
 *   realm ipa_bits=N				the kernel asked for its configuration
 *   share|unshare gpa=0x.. pages=N new=N already=N outside=N shared=N status=N
 *						RIPAS set to EMPTY or RAM; gpa without the bit; pages
 *						of 4 KiB; the rest as in pef-ultravisor.c
 *   rsi number=0x.. x1=0x.. x2=0x.. status=N	any other, except for queries of a RIPAS
 * and after each mark the set that is shared then (pages.h).
 *
 * Source: Arm DEN0137 (RMM 1.0), B4; Linux arch/arm64/include/asm/rsi_smc.h, kernel/rsi.c.
 */
#include "common.h"
#include "fence.h"
#include "pages.h"
#include "qemu.h"
#include "realm.h"

#define INSN_SMC_0		0xd4000003u

#define SMCCC_VERSION		0x80000000u
#define PSCI_FEATURES		0x8400000au
#define SMCCC_1_2		0x10002
#define RSI_FIRST		0xc4000190u
#define RSI_LAST		0xc40001afu
#define RSI_VERSION_1_0		0x10000

enum rsi_call {
	RSI_VERSION		= 0xc4000190u,
	RSI_REALM_CONFIG	= 0xc4000196u,
	RSI_IPA_STATE_SET	= 0xc4000197u,
	RSI_IPA_STATE_GET	= 0xc4000198u,
};

enum rsi_status { RSI_SUCCESS, RSI_ERROR_INPUT, RSI_ERROR_STATE };
enum ripas { RIPAS_EMPTY, RIPAS_RAM };
enum { RSI_ACCEPT, RSI_REJECT };

static struct lab_reg x[] = {
	{ .name = "x0" }, { .name = "x1" }, { .name = "x2" }, { .name = "x3" }, { .name = "pc" },
};
#define PC (&x[4])

static bool in_ram(uint64_t gpa)
{
	return gpa >= RAM_BASE && gpa - RAM_BASE < lab.ram;
}

static enum rsi_status realm_config(unsigned int cpu, uint64_t gpa)
{
	static const struct {
		uint64_t ipa_bits, hash_algo;
		uint8_t rest[GRANULE - 16];
	} config = { .ipa_bits = IPA_BITS };
	GByteArray *buf;
	bool ok;

	if (gpa % GRANULE || !in_ram(gpa))
		return RSI_ERROR_INPUT;
	buf = g_byte_array_new();
	g_byte_array_append(buf, (const guint8 *)&config, sizeof(config));
	ok = !qemu_plugin_write_memory_hwaddr(gpa, buf);
	g_byte_array_free(buf, TRUE);
	lab_log(cpu, "realm ipa_bits=%d", IPA_BITS);
	realm_prove(cpu);
	return ok ? RSI_SUCCESS : RSI_ERROR_INPUT;
}

/* Whole ranges; a real RMM may stop earlier, and the guest continues from the returned top. */
static enum rsi_status set_state(unsigned int cpu, uint64_t base, uint64_t top, uint64_t ripas)
{
	bool valid = base < top && !(base % GRANULE) && !(top % GRANULE) && top <= SHARED_BIT &&
		     base >= RAM_BASE && ripas <= RIPAS_RAM;
	struct pages_result result = { 0 };
	enum rsi_status status = RSI_ERROR_INPUT;

	if (valid) {
		result = pages_set((base - RAM_BASE) / GRANULE, (top - base) / GRANULE,
				   ripas == RIPAS_EMPTY);
		fence_set((base - RAM_BASE) / GRANULE, (top - base) / GRANULE, ripas == RIPAS_EMPTY);
		status = result.outside ? RSI_ERROR_INPUT : RSI_SUCCESS;
	}
	lab_log(cpu, "%s gpa=%#" PRIx64 " pages=%" PRIu64 " new=%" PRIu64 " already=%" PRIu64
		" outside=%" PRIu64 " shared=%" PRIu64 " status=%d", ripas ? "unshare" : "share",
		base, (top - base) / GRANULE, result.changed, result.already, result.outside,
		pages_shared(), status);
	lab_write(&x[1], status == RSI_SUCCESS ? top : base);
	lab_write(&x[2], status == RSI_SUCCESS ? RSI_ACCEPT : RSI_REJECT);
	return status;
}

static enum ripas state_of(uint64_t gpa)
{
	return in_ram(gpa) && *pages_state(gpa - RAM_BASE, 1) == 'p' ? RIPAS_RAM : RIPAS_EMPTY;
}

static enum rsi_status get_state(uint64_t base, uint64_t end)
{
	enum ripas ripas = state_of(base);
	uint64_t top = base + GRANULE;

	if (base >= end || base % GRANULE || end % GRANULE || end > SHARED_BIT)
		return RSI_ERROR_INPUT;
	while (top < end && state_of(top) == ripas)
		top += GRANULE;
	lab_write(&x[1], top);
	lab_write(&x[2], ripas);
	return RSI_SUCCESS;
}

static enum rsi_status answer(unsigned int cpu, uint64_t number, uint64_t x1, uint64_t x2)
{
	enum rsi_status status = RSI_ERROR_STATE;

	switch (number) {
	case RSI_REALM_CONFIG:
		return realm_config(cpu, x1);
	case RSI_IPA_STATE_SET:
		return set_state(cpu, x1, x2, lab_read(&x[3]));
	case RSI_IPA_STATE_GET:
		return get_state(x1, x2);
	case RSI_VERSION:
		status = x1 == RSI_VERSION_1_0 ? RSI_SUCCESS : RSI_ERROR_INPUT;
		lab_write(&x[1], RSI_VERSION_1_0);
		lab_write(&x[2], RSI_VERSION_1_0);
	}
	lab_log(cpu, "rsi number=%#" PRIx64 " x1=%#" PRIx64 " x2=%#" PRIx64 " status=%d", number,
		x1, x2, status);
	return status;
}

static void on_smc(unsigned int cpu, void *userdata)
{
	uint64_t number = (uint32_t)lab_read(&x[0]), x1 = lab_read(&x[1]), x2 = lab_read(&x[2]);
	uint64_t pc = lab_read(PC);
	bool taken;

	if (number == SMCCC_VERSION) {
		lab_write(&x[0], SMCCC_1_2);
	} else if (number == PSCI_FEATURES && (uint32_t)x1 == SMCCC_VERSION) {
		lab_write(&x[0], 0);
	} else if (number >= RSI_FIRST && number <= RSI_LAST) {
		taken = qemu_lock();
		lab_lock();
		lab_write(&x[0], answer(cpu, number, x1, x2));
		lab_unlock();
		qemu_unlock(taken);
	} else {
		return;
	}
	/* One translated block serves each virtual alias: only its place in the page is sure. */
	qemu_plugin_set_pc(pc + (((uintptr_t)userdata - pc) & (GRANULE - 1)) + 4);
}

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t op;

		if (lab_watch_mark(insn) || qemu_plugin_insn_data(insn, &op, 4) != 4 ||
		    GUINT32_FROM_LE(op) != INSN_SMC_0)
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_smc, QEMU_PLUGIN_CB_RW_REGS_PC,
						       (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
	}
}

static void log_shared(unsigned int cpu)
{
	pages_log(cpu, 0, RAM_BASE);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	if (lab_start(id, info, argc, argv, x, G_N_ELEMENTS(x)) ||
	    !qemu_find(info->target_name, argc, argv))
		return -1;
	lab.page_size = GRANULE;	/* whatever the kernel's page is */
	realm_init();
	pages_init(lab.ram, GRANULE);
	lab_on_mark(log_shared);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
