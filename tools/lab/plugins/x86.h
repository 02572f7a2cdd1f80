/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Registers and instructions of x86-64 processors, for the plugins of x86 guests. */
#ifndef LAB_X86_H
#define LAB_X86_H

#include <stdbool.h>
#include <stdint.h>

#include "common.h"

#define CR0_PE		(1u << 0)
#define CR0_PG		(1u << 31)
#define EFLAGS_CF	(1u << 0)
#define EFLAGS_IF	(1u << 9)
#define MIB		(1ull << 20)
#define LEGACY_VIDEO	0xa0000ull	/* where low RAM ends */

/* General registers in the order of their number in an instruction. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
       CR0, CR3, CS, RIP, EFLAGS, X86_REGS };
extern struct lab_reg x86_regs[X86_REGS];

static inline uint64_t x86_get(int reg)
{
	return lab_read(&x86_regs[reg]);
}

static inline void x86_set(int reg, uint64_t value)
{
	lab_write(&x86_regs[reg], value);
}

static inline bool x86_in_user_mode(void)
{
	return x86_get(CS) & 3;
}

/*
 * Continues after an instruction of len bytes, which is at vaddr by qemu_plugin_insn_vaddr(). QEMU
 * uses one translated block for each virtual address that leads to its physical one, so of vaddr
 * only the place in the page is right; RIP is the block's begin or a later address.
 */
static inline void x86_skip(void *vaddr, size_t len)
{
	uint64_t rip = x86_get(RIP);

	qemu_plugin_set_pc(rip + (((uintptr_t)vaddr - rip) & (lab.page_size - 1)) + len);
}

/* An instruction of exactly these bytes; hook gets qemu_plugin_insn_vaddr(), for x86_skip(). */
struct x86_insn {
	uint8_t op[4], len;
	void (*hook)(unsigned int cpu, void *vaddr);
};
void x86_watch(struct qemu_plugin_insn *insn, const struct x86_insn *watched, size_t count);
/* mov %reg,%cr0 and %cr3; the hooks get the register's number. */
void x86_watch_control_registers(struct qemu_plugin_insn *insn,
				 void (*cr0)(unsigned int cpu, void *reg),
				 void (*cr3)(unsigned int cpu, void *reg));

#endif
