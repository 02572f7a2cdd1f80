// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What ghcb.h declares. */
#include <string.h>

#include "common.h"
#include "ghcb.h"
#include "qemu.h"

#define PAGE_NUMBER		((1ull << 40) - 1)
#define OP_SHARED		2	/* of a page state change */
#define APIC_ICR		0xfee00300ull
#define ICR_INIT		0x4500
#define ICR_SIPI		0x4600
#define VMSA_CS_BASE		0x18
#define VMSA_RIP		0x178

/* Requests by MSR; the answer to N is N + 1, but for 2 it is 1. */
enum { MSR_INFO = 2, MSR_REGISTER = 0x12, MSR_PSC = 0x14, MSR_FEATURES = 0x80,
       MSR_TERMINATE = 0x100 };
/* Requests by page: their codes, and the offsets in the page. */
enum { EXIT_NMI_COMPLETE = 0x80000003u, EXIT_JUMP_TABLE = 0x80000005u, EXIT_PSC = 0x80000010u,
       EXIT_AP_CREATION = 0x80000013u, EXIT_FEATURES = 0x8000fffdu, EXIT_TERMINATE = 0x8000fffeu };
enum { CODE = 0x390, INFO = 0x398, SCRATCH = 0x3a8, VALID = 0x3f0, BUFFER = 0x800,
       BUFFER_END = 0xff0 };

struct ghcb_host ghcb_host;
uint64_t ghcb_msr[GHCB_CPUS_MAX];
static uint64_t start_page, start_rip[GHCB_CPUS_MAX];

static uint64_t get64(const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static void failed(unsigned int cpu, uint64_t code, uint64_t info1, uint64_t info2)
{
	lab_log(cpu, "exit code=0x%" PRIx64 " info1=0x%" PRIx64 " info2=0x%" PRIx64, code, info1, info2);
}

static void terminate(unsigned int cpu, unsigned int set, unsigned int reason)
{
	lab_log(cpu, "terminate set=%u reason=%u", set, reason);
	qemu_panic();
}

/* In both protocols: the page's number, and 4 bits of operation. */
static void change(unsigned int cpu, uint64_t what, uint64_t count)
{
	ghcb_host.change(cpu, what >> 12 & PAGE_NUMBER, count, (what >> 52 & 0xf) == OP_SHARED);
}

static uint64_t msr_request(unsigned int cpu, uint64_t request)
{
	switch (request & 0xfff) {
	case MSR_INFO:			/* protocol 1 to 2 */
		return 2ull << 48 | 1ull << 32 | (uint64_t)ghcb_host.cbit << 24 | 1;
	case MSR_REGISTER:
		ghcb_host.changed(cpu);
		lab_log(cpu, "ghcb gpa=0x%" PRIx64, request & ~(uint64_t)0xfff);
		return request + 1;
	case MSR_PSC:
		change(cpu, request, 1);
		return MSR_PSC + 1;
	case MSR_FEATURES:
		return ghcb_host.features << 12 | (MSR_FEATURES + 1);
	case MSR_TERMINATE:
		terminate(cpu, request >> 12 & 0xf, request >> 16 & 0xff);
		return 0;
	}
	failed(cpu, 0, request, 0);
	return 0;
}

/* struct snp_psc_desc: next and last entry, then entries. Returns an error for EXITINFO2. */
static uint64_t page_state_changes(unsigned int cpu, uint8_t *page, uint64_t at)
{
	uint16_t *entry = (void *)(page + at);

	if (at < BUFFER || at + 8 > BUFFER_END || at + 16 + 8 * entry[1] > BUFFER_END)
		return 1ull << 32 | 1;
	for (; entry[0] <= entry[1]; entry[0]++) {
		uint64_t what = get64(page + at + 8 + 8 * entry[0]);

		change(cpu, what, what >> 56 & 1 ? 512 : 1);
	}
	ghcb_host.changed(cpu);
	return 0;
}

/* Sends INIT and SIPI through this processor's APIC. */
static bool start(unsigned int cpu, uint64_t apic, const uint8_t *vmsa)
{
	uint64_t base, rip;
	uint32_t icr[3];

	if (!vmsa || apic >= lab.cpus)
		return false;
	base = get64(vmsa + VMSA_CS_BASE);
	rip = get64(vmsa + VMSA_RIP);
	lab_log(cpu, "start cpu=%" PRIu64 " addr=0x%" PRIx64, apic, base + rip);
	start_page = base;
	start_rip[apic] = rip;
	icr[0] = apic << 24;
	icr[1] = ICR_INIT;
	icr[2] = ICR_SIPI | base >> 12;
	for (int i = 0; i < 3; i++)
		qemu_device_access(APIC_ICR + (i ? 0 : 0x10), &icr[i], sizeof(icr[i]), true);
	return true;
}

uint64_t ghcb_start_page(void)
{
	return start_page;
}

uint64_t ghcb_start_rip(unsigned int cpu)
{
	uint64_t rip = start_rip[cpu];

	start_rip[cpu] = 0;
	return rip;
}

static void page_request(unsigned int cpu, uint8_t *page, uint64_t gpa)
{
	uint64_t code = get64(page + CODE), *info = (void *)(page + INFO);
	uint64_t info1 = info[0], info2 = info[1];
	bool known = true;

	info[0] = info[1] = 0;
	page[VALID + INFO / 64] |= 3 << INFO / 8 % 8;
	if (code == EXIT_PSC)
		info[1] = page_state_changes(cpu, page, get64(page + SCRATCH) - gpa);
	else if (code == EXIT_FEATURES)
		info[1] = ghcb_host.features;
	else if (code == EXIT_AP_CREATION && (info1 & 0xffff) == 1)
		known = start(cpu, info1 >> 32, ghcb_host.vmsa(info2));
	else if (code == EXIT_TERMINATE)
		terminate(cpu, info1 & 0xf, info1 >> 4 & 0xff);
	else	/* nothing to do, or there is no jump table */
		known = code == EXIT_NMI_COMPLETE || code == EXIT_JUMP_TABLE;
	if (known && !info[1])
		return;
	failed(cpu, code, info1, info2);
	if (!known) {
		info[0] = 2;			/* malformed input: */
		info[1] = 6;			/* no such event */
	}
}

void ghcb_exit(unsigned int cpu)
{
	uint64_t gpa = ghcb_msr[cpu];
	GByteArray *buf;

	if (gpa & 0xfff) {
		ghcb_msr[cpu] = msr_request(cpu, gpa);
		return;
	}
	buf = g_byte_array_new();
	if (!qemu_plugin_read_memory_hwaddr(gpa, buf, lab.page_size)) {
		page_request(cpu, buf->data, gpa);
		qemu_plugin_write_memory_hwaddr(gpa, buf);
	} else {
		failed(cpu, 0, gpa, 0);
	}
	g_byte_array_free(buf, TRUE);
}
