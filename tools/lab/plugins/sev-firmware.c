// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays AMD's secure processor, the RMP and the hypervisor, so that a stock x86-64 kernel boots as
 * a SEV (status=1), SEV-ES (status=3) or SEV-SNP (status=7) guest whose private memory really is
 * private, on a stock QEMU.
 *
 *   cpuid 0x8000001f   answers: which of the three, C-bit at CBIT.
 *   rdmsr 0xc0010131   SEV_STATUS answers status; 0xc0010010 (SYSCFG) 0.
 *   MSR 0xc0010130     the GHCB's; vmgexit is ghcb.c's; pvalidate and rmpadjust are here.
 *
 * The processors' address space (views.h):
 *   addr | C_BIT   private RAM
 *   addr           the devices' memory: shared RAM, and MMIO. The first 640 KiB are private here
 *                  too, as further processors start there without paging; and while the first
 *                  processor has paging off all of RAM is, as on hardware.
 * Page table walks are private: every CR3 gets the C-bit.
 *
 * The guest is launched when the decompressor, still without paging, reads cpuid 0x8000001f: the
 * content that the firmware (which runs in no secure guest here) has loaded into shared RAM is
 * copied to private RAM, and a SNP guest's boot_params get what SNP firmware leaves: a CC blob, a
 * CPUID page, a secrets page.
 *
 * Real: how the kernel finds out which guest it is, the GHCB protocol by MSR and by page, page
 * state changes, PVALIDATE with its carry flag, a page that was made private is zero, processors
 * start from a VMSA, devices reach shared memory only.
 * Not real: no #VC (cpuid, rdmsr, in, out, MMIO, hlt work as they are), hence the CPUID page is
 * never read; no ciphertext: an access that hardware would stop finds the other memory; RMPADJUST
 * does nothing; firmware, attestation (guest requests get an error), sleep, reset, kexec.
 *
 * Log lines, after those of common.h, views.h, fence.h and ghcb.h:
 *   sev cbit=N status=N		the kernel asked which guest it is; it is launched
 *   paging on=0|1			of the first processor
 *   psc gpa=ADDR pages=N to=shared|private changed=N outside=N total=N
 *					page state change (SNP); changed: pages that were the other
 *					before, outside: not in RAM, total: shared pages after it
 *   wrong gpa=ADDR doing=share|validate|invalidate state=STATE
 *					hardware objects: a valid page is made shared; PVALIDATE of a
 *					page that is not private, is not mapped as private, or already
 *					was in that state ("same")
 * and after each mark the set that is shared then: of a SNP guest by its page state changes, of the
 * others, which have none, by the kernel's page tables, above the first MiB (pages.h).
 *
 * Source: AMD64 APM 2 15.34 to 15.36, 3 PVALIDATE; Linux arch/x86/coco/sev and
 * arch/x86/boot/compressed.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "fence.h"
#include "ghcb.h"
#include "pages.h"
#include "views.h"
#include "x86.h"

#define CBIT			39	/* the highest bit that TCG has */
#define C_BIT			(1ull << CBIT)
#define CPUID_MEM_ENCRYPTION	0x8000001fu
#define MSR_SYSCFG		0xc0010010u
#define MSR_GHCB		0xc0010130u
#define MSR_SEV_STATUS		0xc0010131u
#define IS_ES			(sev_status & 2)
#define IS_SNP			(sev_status & 4)
#define PTE_PRESENT		(1ull << 0)
#define PTE_LARGE		(1ull << 7)
#define PTE_ADDRESS		0x000ffffffffff000ull
#define TABLE_ENTRIES		512
#define TOP_LEVEL		4	/* a processor without LA57 */

/*
 * The data that SNP firmware leaves, in private memory that is no RAM in the memory map. The first
 * struct is the kernel's setup_data with cc_blob_sev_info, the second snp_cpuid_table with one leaf.
 */
#define BP_SETUP_DATA		0x250
enum { FW_PLACE = 0xe0000, FW_CPUID = 0xe1000, FW_SECRETS = 0xe2000, FW_END = 0xe3000 };

struct fw_blob {
	uint64_t next;
	uint32_t type, len, address, pad;
	uint32_t magic;
	uint16_t version, reserved;
	uint64_t secrets, secrets_len, cpuid, cpuid_len;
} __attribute__((packed));

struct fw_cpuid {
	uint32_t count, reserved[3];
	uint32_t leaf, sub, xcr0[2], xss[2], out[4];
};

/* qemu-plugin.h from API version 4 on; see qemu_plugin_v7.h for the others. */
bool qemu_plugin_translate_vaddr(uint64_t vaddr, uint64_t *addr);

static uint32_t sev_status = 7;
static bool launched;
static uint8_t *valid;			/* a byte for each page */
static struct memory_region *low_view, *no_paging_view;
static struct pages_run {		/* contiguous page state changes: one line of the log */
	uint64_t first, count, changed, outside;
	bool shared;
} run;

static void mem_encryption_leaf(uint32_t out[4])
{
	out[0] = 1u << 1 | (IS_ES ? 1u << 3 : 0) | (IS_SNP ? 1u << 4 : 0);	/* and SEV */
	out[1] = CBIT | 1u << 6;		/* one physical address bit is lost */
	out[2] = 16;				/* encrypted guests */
	out[3] = 1;				/* lowest ASID */
}

static void prepare_boot(uint8_t *boot_params)
{
	struct fw_cpuid *cpuid = (void *)(views_private + FW_CPUID);
	struct fw_blob *blob = (void *)(views_private + FW_PLACE);

	memset(blob, 0, FW_END - FW_PLACE);
	*blob = (struct fw_blob){
		.type = 7, .len = 4, .address = FW_PLACE + offsetof(struct fw_blob, magic),
		.magic = 0x45444d41, .version = 1, .secrets = FW_SECRETS, .secrets_len = lab.page_size,
		.cpuid = FW_CPUID, .cpuid_len = lab.page_size,
	};
	memcpy(&blob->next, boot_params + BP_SETUP_DATA, sizeof(blob->next));
	memcpy(boot_params + BP_SETUP_DATA, &(uint64_t){ FW_PLACE }, sizeof(uint64_t));
	cpuid->count = 1;
	cpuid->leaf = CPUID_MEM_ENCRYPTION;
	mem_encryption_leaf(cpuid->out);
	views_private[FW_SECRETS] = 3;				/* version */
	memset(views_private + FW_SECRETS + 0x20, 0x5a, 4 * 32);	/* the keys */
}

static void launch(unsigned int cpu)
{
	bool taken = qemu_lock();

	launched = true;
	lab_lock();
	lab_log(cpu, "sev cbit=%d status=%u", CBIT, sev_status);
	views_copy();
	memset(valid, 1, lab.ram / lab.page_size);
	if (IS_SNP)
		prepare_boot(views_private + x86_get(RSI));
	views_show(low_view, true);
	views_show(no_paging_view, true);
	views_prove(cpu, C_BIT, MIB);
	views_prove(cpu, 0, MIB);
	lab_unlock();
	qemu_unlock(taken);
}

static bool find_state(unsigned int cpu)
{
	uint64_t registers[8];

	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++)
		registers[i] = x86_get(i);
	return views_find_state(cpu, registers);
}

/* Real mode is left alone: there CS.base is not 0, and qemu_plugin_set_pc() takes EIP. */
static void on_cpuid(unsigned int cpu, void *vaddr)
{
	uint32_t out[4], cr0;

	if ((uint32_t)x86_get(RAX) != CPUID_MEM_ENCRYPTION)
		return;
	cr0 = x86_get(CR0);
	if (!(cr0 & CR0_PE) || (!launched && (cr0 & CR0_PG || !find_state(cpu))))
		return;
	if (!launched)
		launch(cpu);
	mem_encryption_leaf(out);
	x86_set(RAX, out[0]);
	x86_set(RBX, out[1]);
	x86_set(RCX, out[2]);
	x86_set(RDX, out[3]);
	x86_skip(vaddr, 2);
}

static void on_rdmsr(unsigned int cpu, void *vaddr)
{
	uint32_t number = x86_get(RCX);
	uint64_t value = number == MSR_GHCB ? ghcb_msr[cpu] : number == MSR_SEV_STATUS ? sev_status : 0;

	if (!launched || (number != MSR_SEV_STATUS && number != MSR_SYSCFG && number != MSR_GHCB) ||
	    x86_in_user_mode())
		return;
	x86_set(RAX, (uint32_t)value);
	x86_set(RDX, value >> 32);
	x86_skip(vaddr, 2);
}

static void on_wrmsr(unsigned int cpu, void *vaddr)
{
	if (!launched || (uint32_t)x86_get(RCX) != MSR_GHCB || x86_in_user_mode())
		return;
	ghcb_msr[cpu] = x86_get(RDX) << 32 | (uint32_t)x86_get(RAX);
	x86_skip(vaddr, 2);
}

static void on_mov_to_cr0(unsigned int cpu, void *reg)
{
	uint32_t new = x86_get((uintptr_t)reg), old = x86_get(CR0);
	bool on = new & CR0_PG, taken;

	if (!launched || !((new ^ old) & CR0_PG))
		return;
	if (on)		/* a mov in 32 bits could not set the C-bit */
		qemu.cpu_x86_update_cr3(views_state(cpu), x86_get(CR3) | C_BIT);
	if (cpu)
		return;
	taken = qemu_lock();
	lab_lock();
	lab_log(cpu, "paging on=%d", on);
	views_show(no_paging_view, !on);
	lab_unlock();
	qemu_unlock(taken);
}

static void on_mov_to_cr3(unsigned int cpu, void *reg)
{
	(void)cpu;
	if (launched && x86_get(CR0) & CR0_PG)
		x86_set((uintptr_t)reg, x86_get((uintptr_t)reg) | C_BIT);
}

static void end_run(unsigned int cpu)
{
	if (!run.count)
		return;
	lab_log(cpu, "psc gpa=0x%" PRIx64 " pages=%" PRIu64 " to=%s changed=%" PRIu64 " outside=%"
		PRIu64 " total=%" PRIu64, run.first * lab.page_size, run.count,
		run.shared ? "shared" : "private", run.changed, run.outside, pages_shared());
	fence_set(run.first, run.count, run.shared);
	run = (struct pages_run){ 0 };
}

static void change_state(unsigned int cpu, uint64_t first, uint64_t count, bool shared)
{
	struct pages_result result;

	if (run.count && (first != run.first + run.count || shared != run.shared))
		end_run(cpu);
	for (uint64_t page = first; page < first + count && page < lab.ram / lab.page_size; page++) {
		uint64_t gpa = page * lab.page_size;

		if (shared && valid[page])
			lab_log(cpu, "wrong gpa=0x%" PRIx64 " doing=share state=valid", gpa);
		else if (!shared && !strcmp(pages_state(gpa, 1), "shared"))
			memset(views_private + gpa, 0, lab.page_size);
	}
	result = pages_set(first, count, shared);
	run.first = run.count ? run.first : first;
	run.shared = shared;
	run.count += count;
	run.changed += result.changed;
	run.outside += result.outside;
}

static const uint8_t *vmsa(uint64_t gpa)
{
	return gpa < lab.ram ? views_private + gpa : NULL;
}

/* At the first instruction after a SIPI. */
static void on_start(unsigned int cpu, void *vaddr)
{
	uint64_t rip = ghcb_start_rip(cpu);

	(void)vaddr;
	if (rip)
		qemu_plugin_set_pc(rip);
}

static void on_vmgexit(unsigned int cpu, void *vaddr)
{
	bool taken;

	if (!launched || x86_in_user_mode())
		return;
	taken = qemu_lock();
	lab_lock();
	ghcb_exit(cpu);
	lab_unlock();
	qemu_unlock(taken);
	x86_skip(vaddr, 4);
}

static void on_pvalidate(unsigned int cpu, void *vaddr)
{
	uint64_t gpa = 0, page, pages = lab.ram / lab.page_size, count, unchanged = 0;
	bool want = x86_get(RDX) & 1;
	const char *state;

	if (!launched || x86_in_user_mode())
		return;
	count = x86_get(RCX) & 1 ? 512 : 1;
	state = qemu_plugin_translate_vaddr(x86_get(RAX), &gpa) && gpa & C_BIT ? NULL : "mapped";
	gpa &= ~C_BIT;
	lab_lock();
	for (page = gpa / lab.page_size; page < MIN(gpa / lab.page_size + count, pages); page++) {
		unchanged += valid[page] == want;
		valid[page] = want;
	}
	state = state ? state : unchanged ? "same" : pages_state(gpa, count * lab.page_size);
	if (strcmp(state, "private"))
		lab_log(cpu, "wrong gpa=0x%" PRIx64 " doing=%s state=%s", gpa,
			want ? "validate" : "invalidate", state);
	lab_unlock();
	x86_set(RAX, 0);
	qemu.helper_write_eflags(views_state(cpu), unchanged == count ? EFLAGS_CF : 0, 0);
	x86_skip(vaddr, 4);
}

static void on_rmpadjust(unsigned int cpu, void *vaddr)
{
	(void)cpu;
	if (!launched || x86_in_user_mode())
		return;
	x86_set(RAX, 0);
	x86_skip(vaddr, 4);
}

/* Walks the upper half of the address space only: there the kernel maps all RAM for itself. */
static void walk(uint64_t table, unsigned int level)
{
	uint64_t entry[TABLE_ENTRIES], size = lab.page_size << 9 * (level - 1);

	if (!lab_read_phys((table & PTE_ADDRESS) | C_BIT, entry, sizeof(entry)))
		return;
	for (size_t i = level == TOP_LEVEL ? TABLE_ENTRIES / 2 : 0; i < TABLE_ENTRIES; i++) {
		uint64_t addr = entry[i] & PTE_ADDRESS;

		if (!(entry[i] & PTE_PRESENT))
			continue;
		if (level > 1 && !(entry[i] & PTE_LARGE))
			walk(addr, level - 1);
		else if (!(addr & C_BIT))
			pages_set((addr & ~(size - 1)) / lab.page_size, size / lab.page_size, true);
	}
}

static void log_shared(unsigned int cpu)
{
	if (!launched)
		return;
	if (!IS_SNP) {
		pages_clear();
		walk(x86_get(CR3), TOP_LEVEL);
	}
	pages_log(cpu, IS_SNP ? 0 : MIB / lab.page_size, 0);
}

static const struct x86_insn watched[] = {
	{ { 0x0f, 0xa2 }, 2, on_cpuid },
	{ { 0x0f, 0x32 }, 2, on_rdmsr },
	{ { 0x0f, 0x30 }, 2, on_wrmsr },
	{ { 0xf3, 0x0f, 0x01, 0xd9 }, 4, on_vmgexit },
	{ { 0xf2, 0x0f, 0x01, 0xff }, 4, on_pvalidate },
	{ { 0xf3, 0x0f, 0x01, 0xfe }, 4, on_rmpadjust },
};

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (launched && qemu_plugin_insn_vaddr(insn) == ghcb_start_page())
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_start,
							       QEMU_PLUGIN_CB_RW_REGS_PC, NULL);
		if (lab_watch_mark(insn))
			continue;
		x86_watch(insn, watched, G_N_ELEMENTS(watched));
		x86_watch_control_registers(insn, on_mov_to_cr0, on_mov_to_cr3);
	}
}

/* private=FILE, as long as RAM, holds private memory; status=N is the value of SEV_STATUS. */
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	const char *status = lab_argument(argc, argv, "status");

	if (lab_start(id, info, argc, argv, x86_regs, X86_REGS) || lab.cpus > GHCB_CPUS_MAX ||
	    !qemu_find(info->target_name, argc, argv) ||
	    !views_init(lab_argument(argc, argv, "private")))
		return -1;
	sev_status = status ? strtoul(status, NULL, 0) : sev_status;
	no_paging_view = views_add(0, true, 0, lab.ram, 1, false);
	low_view = views_add(0, true, 0, LEGACY_VIDEO, 2, false);
	views_add(C_BIT, true, 0, lab.ram, 3, true);
	views_fence(C_BIT, 4);
	ghcb_host = (struct ghcb_host){
		CBIT, IS_SNP ? GHCB_FEATURE_SNP | GHCB_FEATURE_START : 0, change_state, end_run, vmsa
	};
	valid = g_malloc0(lab.ram / lab.page_size);
	pages_init(lab.ram, lab.page_size);
	lab_on_mark(log_shared);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
