/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A realm's memory: the two views that a processor has of it, and that of devices. Nothing about
 * how the guest asks for a conversion; the views stay as they are, since both halves always exist.
 *
 * Log line, after those of common.h and fence.h:
 *   dma-fault devfn=N gpa=0x.. write=0|1 size=N	a device used an address of protected memory
 */
#ifndef LAB_REALM_H
#define LAB_REALM_H

#include <stdint.h>

#define IPA_BITS	48
#define SHARED_BIT	(UINT64_C(1) << (IPA_BITS - 1))	/* unprotected addresses have it */
#define RAM_BASE	UINT64_C(0x40000000)		/* of the machine virt */
#define GRANULE		UINT64_C(4096)

/* Makes the type of -device lab-realm, which makes the views. After qemu_find(). */
void realm_init(void);
/* Checks that memory is separate (prove.h), and that devices cannot read private memory. */
void realm_prove(unsigned int cpu);

#endif
