/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kind of confidential guest, with the evidence in words, and the facts of the machine that
 * each trace starts with. Reading facts is apart from deciding, so that each architecture's
 * decision can be tested on any machine. No BPF, no devices, no pool here.
 *
 * Everywhere in src/guest, `root` is put before every path: "" (or NULL) is the live machine,
 * anything else a copied tree. Under a copied tree instructions that ask the running CPU
 * (cpuid, MSRs) and system calls that ask the running kernel are not used.
 */
#ifndef DMASCOPE_GUEST_KIND_H
#define DMASCOPE_GUEST_KIND_H

#include <stddef.h>

#include "record/record.h"

/* Facts that are yes, no, or could not be read. */
enum guest_tri { TRI_UNKNOWN = -1, TRI_NO = 0, TRI_YES = 1 };

enum guest_hv_isolation { HV_ISOLATION_NONE = 0, HV_ISOLATION_VBS, HV_ISOLATION_SNP,
			  HV_ISOLATION_TDX };

/* Facts as read. Unset ones are TRI_UNKNOWN; strings "" if the line was not found. */
struct guest_facts {
	char arch[16];			/* uname -m */
	enum guest_tri ppc_svm;		/* /sys/devices/system/cpu/svm; NO: file absent or 0 */
	enum guest_tri s390_pv;		/* /sys/firmware/uv/prot_virt_guest; NO: absent or 0 */
	enum guest_tri cca_device;	/* the realm's platform device */
	enum guest_tri cca_log;		/* "RME: Using RSI version" in a log that begins at boot */
	enum guest_tri hypervisor;	/* cpuid 1 ecx bit 31, or the flag in /proc/cpuinfo */
	enum guest_tri tdx_flag;	/* tdx_guest in /proc/cpuinfo: the kernel runs as a TD */
	enum guest_tri tdx_cpuid;	/* cpuid 0x21 returns "IntelTDX    " */
	enum guest_tri sev_cpuid, sev_es_cpuid, sev_snp_cpuid;	/* 0x8000001f eax 1, 3, 4 */
	unsigned int c_bit;		/* 0x8000001f ebx 5:0; 0: unknown */
	enum guest_tri sev_msr, sev_es_msr, sev_snp_msr;	/* 0xc0010131 bits 0, 1, 2 */
	enum guest_tri snp_sysfs;	/* cpu/sev/vmpl or platform/sev-guest */
	enum guest_tri log_whole;	/* the kernel log was readable and begins at boot */
	enum guest_hv_isolation hv;	/* Hyper-V's isolation leaf, 0x4000000c */
	bool vtom;		/* its shared GPA boundary: no C-bit in any address */
	char log_line[DMS_TEXT_LEN];	/* "Memory Encryption Features active: ..." */
};

/* Reads the facts. Never fails: what cannot be read is unknown. */
void guest_facts_read(const char *root, struct guest_facts *f);

/* Decides; `how` gets the evidence in words (cut to len). Pure. */
enum dms_guest guest_facts_kind(const struct guest_facts *f, char *how, size_t len);

/* The bit of a DMA address that says that its memory is private; 0: addresses do not say it. */
uint64_t guest_facts_enc_mask(const struct guest_facts *f, enum dms_guest kind);

/*
 * Fills all of `s` except start_ns. Sizes in bytes. mem_top is 0 if neither /proc/iomem nor
 * the memory blocks could be read. Returns 0 or -errno (only uname can fail).
 */
int guest_session(const char *root, struct rec_session *s);

#endif /* DMASCOPE_GUEST_KIND_H */
