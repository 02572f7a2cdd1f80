// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What x86.h declares. */
#include <string.h>

#include "x86.h"

struct lab_reg x86_regs[X86_REGS] = {
	{ .name = "rax" }, { .name = "rcx" }, { .name = "rdx" }, { .name = "rbx" },
	{ .name = "rsp" }, { .name = "rbp" }, { .name = "rsi" }, { .name = "rdi" },
	{ .name = "r8" }, { .name = "r9" }, { .name = "r10" }, { .name = "r11" },
	{ .name = "r12" }, { .name = "r13" }, { .name = "r14" }, { .name = "r15" },
	{ .name = "cr0" }, { .name = "cr3" }, { .name = "cs" }, { .name = "rip" },
	{ .name = "eflags" },
};

void x86_watch(struct qemu_plugin_insn *insn, const struct x86_insn *watched, size_t count)
{
	void *vaddr = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
	size_t len = qemu_plugin_insn_size(insn);
	uint8_t op[4];

	if (len > sizeof(op) || qemu_plugin_insn_data(insn, op, len) != len)
		return;
	for (size_t i = 0; i < count; i++)
		if (len == watched[i].len && !memcmp(op, watched[i].op, len))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, watched[i].hook,
							       QEMU_PLUGIN_CB_RW_REGS_PC, vaddr);
}

/* mov %reg,%crN is [REX.B] 0f 22 /N with a register operand. */
void x86_watch_control_registers(struct qemu_plugin_insn *insn,
				 void (*cr0)(unsigned int cpu, void *reg),
				 void (*cr3)(unsigned int cpu, void *reg))
{
	uint8_t data[4], *op = data;
	size_t len = qemu_plugin_insn_size(insn);
	uintptr_t reg = 0;

	if (len > sizeof(data) || qemu_plugin_insn_data(insn, data, len) != len)
		return;
	if (len == 4 && (op[0] & 0xf0) == 0x40) {
		reg = op[0] & 1 ? 8 : 0;
		op++;
		len--;
	}
	if (len != 3 || op[0] != 0x0f || op[1] != 0x22 || op[2] < 0xc0)
		return;
	reg |= op[2] & 7;
	if ((op[2] >> 3 & 7) == 0)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, cr0, QEMU_PLUGIN_CB_RW_REGS, (void *)reg);
	else if ((op[2] >> 3 & 7) == 3)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, cr3, QEMU_PLUGIN_CB_RW_REGS, (void *)reg);
}
