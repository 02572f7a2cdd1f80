/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Physical and DMA address arithmetic of an arm64 kernel, from /proc/kcore: the numbers of its
 * VMCOREINFO note, and one variable. Only for reading; nothing about devices or probes.
 */
#ifndef DMASCOPE_GUEST_ARM64_H
#define DMASCOPE_GUEST_ARM64_H

#include <stdbool.h>
#include <stdint.h>

struct arm64_addresses {
	uint64_t va_bits;	/* the size of a kernel address, CONFIG_ARM64_VA_BITS */
	uint64_t phys_offset;	/* memstart_addr: the physical address at the linear map's begin */
	uint64_t vmemmap;	/* VMEMMAP_START, 0: unknown */
};

/*
 * False: /proc/kcore cannot be read (lockdown=confidentiality, no CAP_SYS_RAWIO, no
 * CONFIG_PROC_KCORE) or its note lacks them. Source: arch/arm64/kernel/vmcore_info.c.
 */
bool arm64_addresses(const char *root, struct arm64_addresses *out);

/* phys = virt - arm64_virt_base() in the linear map: arch/arm64/include/asm/memory.h. */
static inline uint64_t arm64_virt_base(const struct arm64_addresses *a)
{
	return -(1ULL << (a->va_bits & 63)) - a->phys_offset;
}

/* The address of page frame 0's struct page; 0: unknown. struct_page: its size in bytes. */
uint64_t arm64_vmemmap(const struct arm64_addresses *a, uint64_t struct_page, uint64_t page_size);

/*
 * The bit of a realm's DMA addresses that says shared: the variable prot_ns_shared, which
 * phys_to_dma_unencrypted() sets (include/linux/mem_encrypt.h; arch/arm64/kernel/rsi.c). 0:
 * unknown, or no realm.
 */
uint64_t arm64_shared_mask(const char *root);

#endif /* DMASCOPE_GUEST_ARM64_H */
