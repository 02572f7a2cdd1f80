/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private accesses to pages that are shared, in guests whose RAM exists twice. Hardware stops such
 * an access or returns other data; here it reaches the private memory behind the page and is
 * logged. Nothing about how a guest shares a page.
 *
 * Log line, the first time after each conversion of the page:
 *   wrong gpa=ADDR doing=read|write state=shared	a processor used the private address
 */
#ifndef LAB_FENCE_H
#define LAB_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu.h"

/*
 * view is a processor's address space, in which private RAM (lab.ram bytes at ram of this process)
 * stands at address at with a priority below priority; gpa is the address of RAM in the log.
 */
void fence_init(struct memory_region *view, uint64_t at, int priority, uint8_t *ram, uint64_t gpa);
/* Pages of lab.page_size that were converted, counted from the begin of RAM. With QEMU's lock. */
void fence_set(uint64_t first, uint64_t count, bool shared);

#endif
