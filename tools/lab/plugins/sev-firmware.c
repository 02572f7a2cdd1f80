// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays what AMD SEV hardware tells a guest, so that a stock x86-64 kernel boots as a SEV guest
 * whose private memory really is private, on a stock QEMU. Only what is SEV's is here.
 *
 *   cpuid 0x8000001f   answers: SEV supported, C-bit at CBIT.
 *   rdmsr 0xc0010131   SEV_STATUS answers: SEV active.
 *   rdmsr 0xc0010010   SYSCFG answers 0: no host memory encryption.
 *
 * The C-bit is part of the physical address, so RAM exists twice (guests/sev.guest): the shared
 * view at 0, which devices and the hypervisor see, and the private view at 1 << CBIT. A page that
 * changes state changes its content, as on hardware.
 *
 * On hardware, accesses without paging and page-table walks are private although their addresses
 * carry no C-bit. Hence: when paging is switched on, all of RAM is copied from the shared to the
 * private view, when it is switched off the other way (before the kernel runs nothing is shared
 * yet); and every CR3 written with paging on gets the C-bit.
 *
 * One vCPU: another would start without paging and fetch its trampoline from the shared view,
 * where nobody wrote it. A device that is handed an address with the C-bit set reaches the private
 * view, where hardware would fail.
 *
 * Log lines, after those of common.h:
 *   sev cbit=N				the guest asked and was told that it is a SEV guest
 *   paging on=0|1			the views were copied
 *
 * Source: AMD64 APM vol. 2, 15.34; Linux arch/x86/boot/compressed and arch/x86/coco.
 */
#include <string.h>

#include "common.h"

#define CBIT			39
#define PRIVATE_VIEW		(1ull << CBIT)
#define SHARED_VIEW		0ull
#define CPUID_MEM_ENCRYPTION	0x8000001fu
#define MSR_SEV_STATUS		0xc0010131u
#define MSR_SYSCFG		0xc0010010u
#define CR0_PE			(1u << 0)
#define CR0_PG			(1u << 31)
#define LEGACY_VIDEO		0xa0000u
#define LEGACY_ROM		0xc0000u
#define PAGE			4096u
#define MIB			(1u << 20)

/* General registers in the order of their number in an instruction. */
enum { RAX, RCX, RDX, RBX, CR0 = 16 };
static struct lab_reg regs[] = {
	{ .name = "rax" }, { .name = "rcx" }, { .name = "rdx" }, { .name = "rbx" },
	{ .name = "rsp" }, { .name = "rbp" }, { .name = "rsi" }, { .name = "rdi" },
	{ .name = "r8" }, { .name = "r9" }, { .name = "r10" }, { .name = "r11" },
	{ .name = "r12" }, { .name = "r13" }, { .name = "r14" }, { .name = "r15" },
	{ .name = "cr0" },
};
static bool guest_knows_sev;

static bool is_zero(const GByteArray *buf)
{
	return !buf->len || (!buf->data[0] && !memcmp(buf->data, buf->data + 1, buf->len - 1));
}

static void copy_range(uint64_t from, uint64_t to, uint64_t start, uint64_t end, size_t step)
{
	GByteArray *buf = g_byte_array_new();

	for (uint64_t addr = start; addr < end; addr += step) {
		g_byte_array_set_size(buf, 0);
		if (!qemu_plugin_read_memory_hwaddr(from + addr, buf, step) && !is_zero(buf))
			qemu_plugin_write_memory_hwaddr(to + addr, buf);
	}
	g_byte_array_free(buf, TRUE);
}

static void copy_ram(uint64_t from, uint64_t to)
{
	copy_range(from, to, 0, LEGACY_VIDEO, PAGE);
	copy_range(from, to, LEGACY_ROM, MIB, PAGE);
	copy_range(from, to, MIB, lab.ram, MIB);
}

/* Real mode is left alone: there CS.base is not 0, and qemu_plugin_set_pc() takes EIP. */
static void on_cpuid(unsigned int cpu, void *userdata)
{
	if ((uint32_t)lab_read(&regs[RAX]) != CPUID_MEM_ENCRYPTION ||
	    !(lab_read(&regs[CR0]) & CR0_PE))
		return;
	if (!guest_knows_sev) {
		lab_lock();
		lab_log(cpu, "sev cbit=%d", CBIT);
		lab_unlock();
	}
	guest_knows_sev = true;
	lab_write(&regs[RAX], 1u << 1);			/* SEV */
	lab_write(&regs[RBX], CBIT | 1u << 6);		/* one physical address bit is lost */
	lab_write(&regs[RCX], 16);			/* encrypted guests */
	lab_write(&regs[RDX], 1);			/* lowest ASID */
	qemu_plugin_set_pc((uintptr_t)userdata + 2);
}

static void on_rdmsr(unsigned int cpu, void *userdata)
{
	uint32_t number = lab_read(&regs[RCX]);

	(void)cpu;
	if (number != MSR_SEV_STATUS && number != MSR_SYSCFG)
		return;
	lab_write(&regs[RAX], number == MSR_SEV_STATUS);
	lab_write(&regs[RDX], 0);
	qemu_plugin_set_pc((uintptr_t)userdata + 2);
}

static void on_mov_to_cr0(unsigned int cpu, void *userdata)
{
	uint32_t new = lab_read(&regs[(uintptr_t)userdata]), old = lab_read(&regs[CR0]);
	bool on = new & CR0_PG;

	if (!guest_knows_sev || !((new ^ old) & CR0_PG))
		return;
	copy_ram(on ? SHARED_VIEW : PRIVATE_VIEW, on ? PRIVATE_VIEW : SHARED_VIEW);
	lab_lock();
	lab_log(cpu, "paging on=%d", on);
	lab_unlock();
}

static void on_mov_to_cr3(unsigned int cpu, void *userdata)
{
	const struct lab_reg *source = &regs[(uintptr_t)userdata];

	(void)cpu;
	if (guest_knows_sev && lab_read(&regs[CR0]) & CR0_PG)
		lab_write(source, lab_read(source) | PRIVATE_VIEW);
}

/* mov %reg,%crN is [REX.B] 0f 22 /N with a register operand. */
static void watch_control_registers(struct qemu_plugin_insn *insn, const uint8_t *op, size_t len)
{
	bool rex = len == 4 && (op[0] & 0xf0) == 0x40;
	uintptr_t reg = rex && op[0] & 1 ? 8 : 0;

	op += rex;
	if (len != 3u + rex || op[0] != 0x0f || op[1] != 0x22 || op[2] < 0xc0)
		return;
	reg |= op[2] & 7;
	if ((op[2] >> 3 & 7) == 0)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mov_to_cr0,
						       QEMU_PLUGIN_CB_RW_REGS, (void *)reg);
	else if ((op[2] >> 3 & 7) == 3)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mov_to_cr3,
						       QEMU_PLUGIN_CB_RW_REGS, (void *)reg);
}

static void watch(struct qemu_plugin_insn *insn)
{
	void *pc = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
	size_t len = qemu_plugin_insn_size(insn);
	uint8_t op[4];

	if (lab_watch_mark(insn) || len < 2 || len > sizeof(op) ||
	    qemu_plugin_insn_data(insn, op, len) != len)
		return;
	if (len == 2 && op[0] == 0x0f && op[1] == 0xa2)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_cpuid, QEMU_PLUGIN_CB_RW_REGS_PC, pc);
	else if (len == 2 && op[0] == 0x0f && op[1] == 0x32)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_rdmsr, QEMU_PLUGIN_CB_RW_REGS_PC, pc);
	else
		watch_control_registers(insn, op, len);
}

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		watch(qemu_plugin_tb_get_insn(tb, i));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	if (lab_start(id, info, argc, argv, regs, G_N_ELEMENTS(regs)))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
