/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The proof, at each start of a guest, that its private memory is separate from the devices'.
 *
 * Log line:
 *   separation gpa=ADDR result=proved	bytes that a processor wrote to private memory are not in
 *					the devices' memory, nor the other way round
 * Where they are, the result says which direction leaks, and QEMU ends.
 */
#ifndef LAB_PROVE_H
#define LAB_PROVE_H

#include <stdint.h>

/*
 * Writes to one place and reads it back in each way, and restores its content: gpa is its address
 * for devices, addr the one for this processor's private accesses, private the private memory in
 * this process. With QEMU's lock and lab_lock(), on a processor's thread.
 */
void prove_separation(unsigned int cpu, uint64_t addr, void *private, uint64_t gpa);

#endif
