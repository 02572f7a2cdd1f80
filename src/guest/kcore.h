/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's memory and numbers as /proc/kcore has them. lockdown=confidentiality refuses it.
 */
#ifndef DMASCOPE_GUEST_KCORE_H
#define DMASCOPE_GUEST_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kcore;

struct kcore *kcore_open(const char *root);	/* NULL: it cannot be read */
void kcore_close(struct kcore *k);

/* "NUMBER(NAME)=VALUE" of its note, decimal or 0x; false where it is not. */
bool kcore_number(const struct kcore *k, const char *name, uint64_t *out);
/* Reads kernel memory. */
bool kcore_read(const struct kcore *k, uint64_t addr, void *out, size_t len);

#endif /* DMASCOPE_GUEST_KCORE_H */
