/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * RAM twice, for an x86 guest: shared RAM, which is QEMU's and the devices' own, and private RAM,
 * which is a file. Nothing about one kind of secure guest.
 *
 * The processors get an address space of their own through QEMU's link property "memory" of a CPU:
 * -cpu X,memory=/objects/lab-views[0].
 */
#ifndef LAB_VIEWS_H
#define LAB_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu.h"

/* Private RAM, lab.ram bytes. */
extern uint8_t *views_private;

/*
 * Makes the address space, before there are processors; file is that of private RAM. At first the
 * processors see the devices' memory. False: the reason is on stderr.
 */
bool views_init(const char *file);
/*
 * Adds size bytes of private or shared memory at address at, beginning with their byte offset. The
 * part of the highest priority is visible.
 */
struct memory_region *views_add(uint64_t at, bool private, uint64_t offset, uint64_t size,
				int priority, bool on);
/* Logs private accesses to pages that were shared (fence.h); private RAM stands at address at. */
void views_fence(uint64_t at, int priority);
/* Takes effect when this processor leaves the translated block. With QEMU's lock. */
void views_show(struct memory_region *part, bool on);
/* Copies from the processors' view to private RAM, before any of it is visible. */
void views_copy(void);
/*
 * Checks with the bytes at gpa that memory is separate (prove.h). private_at is where the
 * processors have private RAM. With both locks.
 */
void views_prove(unsigned int cpu, uint64_t private_at, uint64_t gpa);

/*
 * A processor's registers in QEMU's own structure, which begin with the eight oldest general
 * registers: views_find_state() searches for their values. NULL before that.
 */
bool views_find_state(unsigned int cpu, const uint64_t registers[8]);
void *views_state(unsigned int cpu);

#endif
