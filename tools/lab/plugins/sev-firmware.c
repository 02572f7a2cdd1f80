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
 * view at 0, which devices and the hypervisor see, and the private view at 1 << CBIT, which devices
 * are kept from (firmware/dma-fence.S). A page that changes state changes its content, as on
 * hardware.
 *
 * On hardware, accesses without paging and page-table walks are private although their addresses
 * carry no C-bit. Hence: when the first CPU switches paging on, all of RAM is copied from the
 * shared to the private view, when it switches it off the other way (before the kernel runs nothing
 * is shared yet); and every CR3 written with paging on gets the C-bit.
 *
 * The other CPUs start without paging, in a trampoline that the kernel wrote to its first MiB. So
 * that they find it, and the kernel what they leave there, this MiB is one memory in both views.
 * It is not private, then; kernels keep nothing else in it (from 5.13 on, setup_arch() reserves it
 * whole). Sleep and kexec, where the first CPU gives up paging again, are not emulated.
 *
 * Log lines, after those of common.h:
 *   sev cbit=N				the guest asked and was told that it is a SEV guest
 *   paging on=0|1			the views were copied
 * and after each mark, what is shared at that moment, above the first MiB:
 *   shared gpa=ADDR pages=N		the kernel's page tables map it without the C-bit
 *
 * Source: AMD64 APM vol. 2, 15.34; Linux arch/x86/boot/compressed and arch/x86/coco.
 */
#include <string.h>

#include "common.h"
#include "pages.h"

#define CBIT			39
#define PRIVATE_VIEW		(1ull << CBIT)
#define SHARED_VIEW		0ull
#define CPUID_MEM_ENCRYPTION	0x8000001fu
#define MSR_SEV_STATUS		0xc0010131u
#define MSR_SYSCFG		0xc0010010u
#define CR0_PE			(1u << 0)
#define CR0_PG			(1u << 31)
#define MIB			(1ull << 20)
#define TABLE_ENTRIES		512
#define PTE_PRESENT		(1ull << 0)
#define PTE_LARGE		(1ull << 7)
#define PTE_ADDRESS		0x000ffffffffff000ull
#define TOP_LEVEL		4	/* a processor without LA57 */

/* General registers in the order of their number in an instruction. */
enum { RAX, RCX, RDX, RBX, CR0 = 16, CR3 };
static struct lab_reg regs[] = {
	{ .name = "rax" }, { .name = "rcx" }, { .name = "rdx" }, { .name = "rbx" },
	{ .name = "rsp" }, { .name = "rbp" }, { .name = "rsi" }, { .name = "rdi" },
	{ .name = "r8" }, { .name = "r9" }, { .name = "r10" }, { .name = "r11" },
	{ .name = "r12" }, { .name = "r13" }, { .name = "r14" }, { .name = "r15" },
	{ .name = "cr0" }, { .name = "cr3" },
};
static bool guest_knows_sev;

static bool is_zero(const GByteArray *buf)
{
	return !buf->len || (!buf->data[0] && !memcmp(buf->data, buf->data + 1, buf->len - 1));
}

static void copy_ram(uint64_t from, uint64_t to)
{
	GByteArray *buf = g_byte_array_new();

	for (uint64_t addr = MIB; addr < lab.ram; addr += MIB) {
		g_byte_array_set_size(buf, 0);
		if (!qemu_plugin_read_memory_hwaddr(from + addr, buf, MIB) && !is_zero(buf))
			qemu_plugin_write_memory_hwaddr(to + addr, buf);
	}
	g_byte_array_free(buf, TRUE);
}

/* Upper half only: there the kernel's own mappings are, of all RAM. */
static void walk(uint64_t table, unsigned int level)
{
	uint64_t entry[TABLE_ENTRIES], size = lab.page_size << 9 * (level - 1);

	if (!lab_read_phys(table & PTE_ADDRESS, entry, sizeof(entry)))
		return;
	for (size_t i = level == TOP_LEVEL ? TABLE_ENTRIES / 2 : 0; i < TABLE_ENTRIES; i++) {
		uint64_t addr = entry[i] & PTE_ADDRESS;

		if (!(entry[i] & PTE_PRESENT))
			continue;
		if (level > 1 && !(entry[i] & PTE_LARGE))
			walk(addr, level - 1);
		else if (!(addr & PRIVATE_VIEW))
			pages_set((addr & ~(size - 1)) / lab.page_size, size / lab.page_size, true);
	}
}

static void log_shared(unsigned int cpu)
{
	uint64_t first = MIB / lab.page_size, count;

	if (!guest_knows_sev)
		return;
	pages_clear();
	walk(lab_read(&regs[CR3]), TOP_LEVEL);
	for (; pages_run(&first, &count); first += count)
		lab_log(cpu, "shared gpa=0x%" PRIx64 " pages=%" PRIu64, first * lab.page_size,
			count);
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

	if (cpu || !guest_knows_sev || !((new ^ old) & CR0_PG))
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
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		watch(qemu_plugin_tb_get_insn(tb, i));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	if (lab_start(id, info, argc, argv, regs, G_N_ELEMENTS(regs)))
		return -1;
	pages_init(lab.ram, lab.page_size);
	lab_on_mark(log_shared);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
