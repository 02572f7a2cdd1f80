// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Implements guest/arm64.h. */
#include <string.h>

#include "guest/arm64.h"
#include "guest/kcore.h"
#include "guest/symbols.h"

bool arm64_addresses(const char *root, struct arm64_addresses *out)
{
	struct kcore *k = kcore_open(root);
	bool known;

	memset(out, 0, sizeof(*out));
	if (!k)
		return false;
	known = kcore_number(k, "NUMBER(VA_BITS)=", &out->va_bits) &&
		kcore_number(k, "NUMBER(PHYS_OFFSET)=", &out->phys_offset) &&
		out->va_bits >= 36 && out->va_bits <= 52;
	kcore_number(k, "NUMBER(VMEMMAP_START)=", &out->vmemmap);
	kcore_close(k);
	return known;
}

uint64_t arm64_vmemmap(const struct arm64_addresses *a, uint64_t struct_page, uint64_t page_size)
{
	if (!a->vmemmap || !struct_page || !page_size)
		return 0;
	/* #define vmemmap ((struct page *)VMEMMAP_START - (memstart_addr >> PAGE_SHIFT)), signed */
	return a->vmemmap - (uint64_t)((int64_t)a->phys_offset / (int64_t)page_size) * struct_page;
}

static uint64_t variable_at(const char *root, const char *name)
{
	struct symbols *syms;
	struct symbol sym;
	uint64_t addr = 0;

	if (symbols_open(root, &syms))
		return 0;
	symbols_expect(syms, name);
	if (symbols_find(syms, name, &sym))
		addr = sym.addr;
	symbols_free(syms);
	return addr;
}

uint64_t arm64_shared_mask(const char *root)
{
	uint64_t addr = variable_at(root, "prot_ns_shared"), mask = 0;
	struct kcore *k = addr ? kcore_open(root) : NULL;

	if (!k || !kcore_read(k, addr, &mask, sizeof(mask)) || (mask & (mask - 1)))
		mask = 0;	/* not one bit: not what this code knows */
	kcore_close(k);
	return mask;
}
