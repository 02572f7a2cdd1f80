// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays the Intel TDX module and the hypervisor, so that a stock x86-64 kernel boots as a TDX guest
 * whose private memory really is private, on a stock QEMU. It answers cpuid 0x21 and tdcall, which
 * TCG does not know and which is skipped.
 *
 * The shared bit is the top bit of the physical address. The processors' address space (views.h):
 *   addr | SHARED_BIT   the devices' memory at addr: shared RAM, and MMIO, which the kernel maps
 *                       with the bit set. Hence MMIO works and needs no #VE.
 *   addr                private RAM, from the moment when the kernel asks which guest it is; before
 *                       that, and where there is no RAM (BIOS, APIC), the devices' memory.
 * At that moment all of RAM, which the firmware (that runs in no TDX guest here) has loaded, is
 * copied from shared to private. On hardware the TDX module does that when it builds the guest.
 *
 * Real: how the kernel finds out that it is a TDX guest, each tdcall and its arguments, two
 * memories, a page that was made private is zero and one that was made shared has lost its content,
 * devices reach shared memory only (they see no address with the bit).
 * Not real: no #VE (in, out, cpuid, rdmsr, wrmsr, MMIO and the APIC's page work as they are); the
 * firmware, hence no unaccepted memory and no MADT wakeup of processors; a private access to a
 * shared page finds the other memory and is logged, where hardware stops the guest; attestation,
 * reset, kexec.
 *
 * Log lines, after those of common.h, views.h and fence.h:
 *   tdx gpaw=N				the kernel asked which guest it is
 *   vm op=rd|wr field=N value=N		TDG.VM.RD and WR: metadata of the guest
 *   map gpa=ADDR pages=N to=shared|private changed=N outside=N total=N
 *					MapGPA; changed: pages that were the other before, outside: not
 *					in RAM, total: shared pages after it
 *   wrong gpa=ADDR doing=accept state=STATE	TDG.MEM.PAGE.ACCEPT of a page that was not made private
 *   fatal text=TEXT			ReportFatalError; QEMU ends
 *   error leaf=N reason=N		a tdcall (leaf 0: to the hypervisor, with that reason) that got
 *					an error
 * and after each mark the set that is shared then (pages.h).
 *
 * Source: Intel TDX module ABI; Intel GHCI 1.5; Linux arch/x86/coco/tdx.
 */
#include <string.h>

#include "common.h"
#include "fence.h"
#include "pages.h"
#include "views.h"
#include "x86.h"

#define GPA_WIDTH		40	/* all that TCG has */
#define SHARED_BIT		(1ull << (GPA_WIDTH - 1))
#define CPUID_TDX		0x21u
#define ATTR_SEPT_VE_DISABLE	(1ull << 28)
#define FIELD_TD_CTLS		0x1110000300000017ull
#define OPERAND_INVALID		0xc000010000000000ull	/* status of the TDX module */
#define VMCALL_INVALID		0x8000000000000000ull	/* status of the hypervisor */

enum { VP_VMCALL = 0, VP_INFO = 1, MEM_PAGE_ACCEPT = 6, VM_RD = 7, VM_WR = 8 };
enum { VMCALL_HLT = 12, VMCALL_IO = 30, VMCALL_MAP_GPA = 0x10001, VMCALL_FATAL = 0x10003 };

static struct memory_region *private_view[2];	/* below and above the BIOS */
static bool launched;

/* Takes effect when the processor leaves the translated block, as qemu_plugin_set_pc() makes it. */
static void launch(unsigned int cpu)
{
	bool taken = qemu_lock();

	launched = true;
	lab_lock();
	lab_log(cpu, "tdx gpaw=%d", GPA_WIDTH);
	views_copy();
	for (size_t i = 0; i < G_N_ELEMENTS(private_view); i++)
		views_show(private_view[i], true);
	views_prove(cpu, 0, MIB);
	lab_unlock();
	qemu_unlock(taken);
}

/*
 * Real mode is left alone: there CS.base is not 0, and qemu_plugin_set_pc() takes EIP. A program
 * that asks where the kernel has not (Debian's 6.1 knows no TDX) is in no TDX guest.
 */
static void on_cpuid(unsigned int cpu, void *vaddr)
{
	if ((uint32_t)x86_get(RAX) != CPUID_TDX || !(x86_get(CR0) & CR0_PE) ||
	    (!launched && x86_in_user_mode()))
		return;
	if (!launched)
		launch(cpu);
	x86_set(RAX, 0);
	x86_set(RBX, 0x65746e49);	/* Inte */
	x86_set(RDX, 0x5844546c);	/* lTDX */
	x86_set(RCX, 0x20202020);
	x86_skip(vaddr, 2);
}

static void map_gpa(unsigned int cpu, uint64_t gpa, uint64_t size)
{
	bool shared = gpa & SHARED_BIT;
	uint64_t first = (gpa & ~SHARED_BIT) / lab.page_size, count = size / lab.page_size;
	struct pages_result result = pages_set(first, count, shared);

	lab_log(cpu, "map gpa=0x%" PRIx64 " pages=%" PRIu64 " to=%s changed=%" PRIu64
		" outside=%" PRIu64 " total=%" PRIu64, first * lab.page_size, count,
		shared ? "shared" : "private", result.changed, result.outside, pages_shared());
	fence_set(first, count, shared);
}

static uint64_t accept_page(unsigned int cpu, uint64_t arg)
{
	uint64_t gpa = arg & ~(lab.page_size - 1), len = lab.page_size << 9 * (arg & 7);
	const char *state;

	if (len > 2 * MIB || gpa & (len - 1) || gpa + len > lab.ram)
		return OPERAND_INVALID;		/* the guest tries a smaller size */
	memset(views_private + gpa, 0, len);
	state = pages_state(gpa, len);
	if (strcmp(state, "private"))
		lab_log(cpu, "wrong gpa=0x%" PRIx64 " doing=accept state=%s", gpa, state);
	return 0;
}

/* Port I/O. Only the decompressor reads from ports, and it reads bytes only. */
static void port_io(void)
{
	uint32_t port = x86_get(R14), value = x86_get(R15);

	if (!x86_get(R13))
		x86_set(R11, qemu.cpu_inb(port));
	else if (x86_get(R12) == 2)
		qemu.cpu_outw(port, value);
	else
		qemu.cpu_outb(port, value);
}

/*
 * A hypervisor returns at an interrupt, also when the guest has them off; QEMU's processors wake
 * only with them on. The guest switches them on right after, so they come a little early.
 */
static void halt(unsigned int cpu)
{
	x86_set(EFLAGS, x86_get(EFLAGS) | EFLAGS_IF);
	qemu.cpu_interrupt(qemu.qemu_get_cpu(cpu), CPU_INTERRUPT_HALT);
}

static void fatal_error(unsigned int cpu)
{
	static const int order[] = { R14, R15, RBX, RDI, RSI, R8, R9, RDX };
	uint64_t text[G_N_ELEMENTS(order) + 1] = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		text[i] = x86_get(order[i]);
	lab_log(cpu, "fatal text=%s", (char *)text);
	qemu_panic();
}

/* A request to the hypervisor, through the TDX module. Returns the status for R10. */
static uint64_t vmcall(unsigned int cpu, uint64_t reason)
{
	if (x86_get(R10))		/* some hypervisor's own call */
		return VMCALL_INVALID;
	if (reason == VMCALL_HLT)
		halt(cpu);
	else if (reason == VMCALL_IO)
		port_io();
	else if (reason == VMCALL_MAP_GPA)
		map_gpa(cpu, x86_get(R12), x86_get(R13));
	else if (reason == VMCALL_FATAL)
		fatal_error(cpu);
	else
		return VMCALL_INVALID;
	return 0;
}

/* Only TD_CTLS keeps a written value: with it the guest asks for fewer #VE, and it gets none. */
static void metadata(unsigned int cpu, bool write)
{
	static uint64_t td_ctls;
	uint64_t field = x86_get(RDX), new = x86_get(R8), mask = x86_get(R9);
	uint64_t old = field == FIELD_TD_CTLS ? td_ctls : 0;

	if (write && field == FIELD_TD_CTLS)
		td_ctls = (old & ~mask) | (new & mask);
	lab_log(cpu, "vm op=%s field=0x%" PRIx64 " value=0x%" PRIx64, write ? "wr" : "rd", field,
		write ? new : old);
	x86_set(R8, old);
}

/* A request to the TDX module itself. Returns the status for RAX. */
static uint64_t module_call(unsigned int cpu, uint64_t leaf)
{
	if (leaf == VP_INFO) {
		x86_set(RCX, GPA_WIDTH);
		x86_set(RDX, ATTR_SEPT_VE_DISABLE);
		x86_set(R8, (uint64_t)lab.cpus << 32 | lab.cpus);
		x86_set(R9, cpu);
	} else if (leaf == VM_RD || leaf == VM_WR) {
		metadata(cpu, leaf == VM_WR);
	} else if (leaf == MEM_PAGE_ACCEPT) {
		return accept_page(cpu, x86_get(RCX));
	} else {
		return OPERAND_INVALID;
	}
	return 0;
}

static void on_tdcall(unsigned int cpu, void *vaddr)
{
	uint64_t leaf = x86_get(RAX), reason = x86_get(R11), status = 0, result = 0;
	bool taken;

	if (!launched || x86_in_user_mode())
		return;				/* TCG knows no such instruction */
	taken = qemu_lock();
	lab_lock();
	if (leaf == VP_VMCALL)
		x86_set(R10, result = vmcall(cpu, reason));
	else
		status = module_call(cpu, leaf);
	if (status | result)
		lab_log(cpu, "error leaf=%" PRIu64 " reason=0x%" PRIx64, leaf, reason);
	lab_unlock();
	qemu_unlock(taken);
	x86_set(RAX, status);
	x86_skip(vaddr, 4);
}

static void log_shared(unsigned int cpu)
{
	pages_log(cpu, 0, 0);
}

static const struct x86_insn watched[] = {
	{ { 0x0f, 0xa2 }, 2, on_cpuid },
	{ { 0x66, 0x0f, 0x01, 0xcc }, 4, on_tdcall },
};

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (!lab_watch_mark(insn))
			x86_watch(insn, watched, G_N_ELEMENTS(watched));
	}
}

/* private=FILE, as long as RAM, holds private memory. */
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	if (lab_start(id, info, argc, argv, x86_regs, X86_REGS) ||
	    !qemu_find(info->target_name, argc, argv) ||
	    !views_init(lab_argument(argc, argv, "private")))
		return -1;
	private_view[0] = views_add(0, true, 0, LEGACY_VIDEO, 1, false);
	private_view[1] = views_add(MIB, true, MIB, lab.ram - MIB, 1, false);
	views_add(SHARED_BIT, false, 0, SHARED_BIT, 2, true);
	views_fence(0, 3);
	pages_init(lab.ram, lab.page_size);
	lab_on_mark(log_shared);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
