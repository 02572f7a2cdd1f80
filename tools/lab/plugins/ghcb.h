/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hypervisor's side of the GHCB protocol, version 2: requests that a SEV-ES or SEV-SNP guest
 * sends by VMGEXIT. Nothing about the state of memory, which is the plugin's. Callers hold QEMU's
 * lock and lab_lock().
 *
 * Log lines:
 *   ghcb gpa=ADDR			this processor registered its GHCB
 *   start cpu=N addr=ADDR		a processor starts from a VMSA
 *   exit code=N info1=N info2=N		a request that got an error; code 0: one by MSR, whose
 *					value is info1
 *   terminate set=N reason=N		the guest terminates itself; QEMU ends
 *
 * Source: AMD's GHCB specification 2.03; Linux arch/x86/include/asm/sev-common.h.
 */
#ifndef LAB_GHCB_H
#define LAB_GHCB_H

#include <stdbool.h>
#include <stdint.h>

#define GHCB_CPUS_MAX		64
#define GHCB_FEATURE_SNP	1ull
#define GHCB_FEATURE_START	2ull	/* processors are started by AP_CREATION */

struct ghcb_host {
	unsigned int cbit;
	uint64_t features;
	/* Page state change. */
	void (*change)(unsigned int cpu, uint64_t first, uint64_t count, bool shared);
	/* The changes of one request are complete. */
	void (*changed)(unsigned int cpu);
	/* Where the VMSA at a private address is; NULL: outside RAM. */
	const uint8_t *(*vmsa)(uint64_t gpa);
};
extern struct ghcb_host ghcb_host;

/* The value of MSR 0xc0010130. */
extern uint64_t ghcb_msr[GHCB_CPUS_MAX];

/* Executes VMGEXIT. */
void ghcb_exit(unsigned int cpu);
/*
 * The address that a SIPI of ghcb_exit() leads to, and the address at which the processor continues
 * from there: once, then 0.
 */
uint64_t ghcb_start_page(void);
uint64_t ghcb_start_rip(unsigned int cpu);

#endif
