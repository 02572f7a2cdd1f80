// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Instructions that call or jump by a distance; all bytes or words are tried. */
#include <string.h>

#include "guest/code.h"

enum code_arch code_arch(const char *machine)
{
	static const char *const names[] = {
		[CODE_X86] = "x86_64", [CODE_PPC64LE] = "ppc64le", [CODE_S390] = "s390x",
		[CODE_ARM64] = "aarch64",
	};

	for (int i = 0; i < CODE_UNKNOWN; i++)
		if (!strcmp(machine, names[i]))
			return (enum code_arch)i;
	return CODE_UNKNOWN;
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t be32(const uint8_t *p)
{
	return p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

static int64_t distance(uint64_t from, uint64_t to)
{
	return (int64_t)(to - from);
}

/* The instruction at p, n bytes of which may be read. */
static bool goes_to(enum code_arch arch, const uint8_t *p, size_t n, int64_t away)
{
	uint32_t word = n >= 4 ? le32(p) : 0;

	switch (arch) {
	case CODE_X86:		/* call, jmp rel32: from the next instruction on */
		return n >= 5 && (*p == 0xe8 || *p == 0xe9) && (int32_t)le32(p + 1) == away - 5;
	case CODE_PPC64LE:	/* b, bl; a function's local entry may be 8 bytes behind */
		if ((word & 0xfc000002) != 0x48000000)
			return false;
		away -= (int32_t)((word & 0x03fffffc) << 6) >> 6;
		return !away || away == -8;
	case CODE_S390:		/* brasl, brcl: halfwords */
		return n >= 6 && *p == 0xc0 && ((p[1] & 0xf) == 5 || (p[1] & 0xf) == 4) &&
		       2 * (int64_t)(int32_t)be32(p + 2) == away;
	case CODE_ARM64:	/* b, bl */
		return (word & 0x7c000000) == 0x14000000 &&
		       4 * (int64_t)((int32_t)(word << 6) >> 6) == away;
	default:
		return false;
	}
}

bool code_calls(enum code_arch arch, const uint8_t *code, size_t len, uint64_t addr,
		uint64_t target)
{
	size_t step = arch == CODE_X86 ? 1 : arch == CODE_S390 ? 2 : 4;

	for (size_t i = 0; i < len; i += step)
		if (goes_to(arch, code + i, len - i, distance(addr + i, target)))
			return true;
	return false;
}
