/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The set of pages that a guest shares with the hypervisor, as an ultravisor would keep it.
 * Nothing about how the guest asks for it. Callers hold lab_lock().
 */
#ifndef LAB_PAGES_H
#define LAB_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/* What a request for a run of pages met. */
struct pages_result {
	uint64_t changed;	/* pages whose state changed */
	uint64_t already;	/* were in the wanted state: a double share, or private already */
	uint64_t outside;	/* are not in RAM */
};

void pages_init(uint64_t ram, uint64_t page_size);
struct pages_result pages_set(uint64_t first, uint64_t count, bool shared);
/* Makes all private; returns how many were shared. */
uint64_t pages_clear(void);
uint64_t pages_shared(void);
/* The next run of shared pages from *first on; false: there is none. */
bool pages_run(uint64_t *first, uint64_t *count);
/*
 * Logs each run of shared pages from page first on; base is the address of page 0:
 *   shared gpa=ADDR pages=N
 */
void pages_log(unsigned int cpu, uint64_t first, uint64_t base);
/* "shared", "private", "outside" (of RAM) or "mixed", for the pages that hold these bytes. */
const char *pages_state(uint64_t addr, uint64_t len);

#endif
