/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls in machine code: they show whether the compiler inlined a function into a caller of the
 * sources. Direct calls and jumps only; no disassembler.
 */
#ifndef DMASCOPE_GUEST_CODE_H
#define DMASCOPE_GUEST_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum code_arch { CODE_X86, CODE_PPC64LE, CODE_S390, CODE_ARM64, CODE_UNKNOWN };

enum code_arch code_arch(const char *machine);	/* as uname -m calls it */

/* Does the code at `addr`, len bytes of it, call or jump to `target`? */
bool code_calls(enum code_arch arch, const uint8_t *code, size_t len, uint64_t addr,
		uint64_t target);

#endif /* DMASCOPE_GUEST_CODE_H */
