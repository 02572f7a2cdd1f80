// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Addresses of kernel variables, and how the programs convert addresses of the linear map and of
 * struct page to physical ones: that part of struct dms_config. Nothing is loaded here.
 */
#include <string.h>
#include <unistd.h>

#include "guest/arm64.h"
#include "probe/inside.h"

void addresses__expect(struct symbols *syms)
{
	static const char *const variables[] = {
		"vmemmap", "vmemmap_base", "page_offset_base", "__identity_base", "init_task",
		"io_tlb_start", "io_tlb_end", "io_tlb_default_mem", "iommu_dma_ops",
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		symbols_expect(syms, variables[i]);
}

/* 0: the kernel has no such variable, or does not say where. */
static uint64_t variable_at(const struct probe *p, const char *name)
{
	struct symbol sym;

	return symbols_find(p->env.syms, name, &sym) ? sym.addr : 0;
}

/*
 * True unless kallsyms shows that the kernel has no such variable. Its address is 0 for whom
 * kallsyms_show_value() refuses (kptr_restrict, CAP_SYSLOG), and without CONFIG_KALLSYMS_ALL no
 * variable is listed: then not even init_task, which each kernel has.
 */
static bool may_exist(const struct probe *p, const char *name)
{
	return symbols_find(p->env.syms, name, NULL) ||
	       !symbols_find(p->env.syms, "init_task", NULL);
}

/* The variable that holds where the struct pages begin. Hidden: no constant stands in for it. */
static void vmemmap_by(const struct probe *p, struct dms_config *cfg, const char *name)
{
	cfg->vmemmap_at = variable_at(p, name);
	if (!cfg->vmemmap_at && may_exist(p, name))
		cfg->vmemmap = 0;
}

/* The same of the linear map. */
static void virt_base_by(const struct probe *p, struct dms_config *cfg, const char *name)
{
	cfg->virt_base_at = variable_at(p, name);
	if (!cfg->virt_base_at && may_exist(p, name))
		cfg->virt_mask = 0;
}

/* Both follow from numbers that the kernel puts into /proc/kcore; without them, unknown. */
static void arm64_settings(const struct probe *p, struct dms_config *cfg)
{
	struct arm64_addresses a;

	cfg->virt_mask = 0;
	if (strcmp(p->env.arch, "aarch64") || !arm64_addresses("", &a))
		return;
	cfg->virt_mask = ~0ULL;
	cfg->virt_base = arm64_virt_base(&a);
	cfg->vmemmap = arm64_vmemmap(&a, p->struct_page_size, (uint64_t)sysconf(_SC_PAGESIZE));
}

void addresses__fill(const struct probe *p, struct dms_config *cfg)
{
	cfg->struct_page_size = p->struct_page_size;
	cfg->pool_start_at = variable_at(p, "io_tlb_start");
	cfg->pool_end_at = variable_at(p, "io_tlb_end");
	cfg->pool_mem_at = variable_at(p, "io_tlb_default_mem");
	cfg->iommu_ops_at = variable_at(p, "iommu_dma_ops");
	cfg->virt_mask = ~0ULL;
	cfg->addr_bits = ~p->opts.enc_mask;
	cfg->virt_size = p->opts.mem_top ? p->opts.mem_top : 1ULL << 46;
	if (!strcmp(p->env.arch, "ppc64le")) {
		/* arch/powerpc/include/asm/page.h: __pa() clears the top nibble */
		cfg->virt_mask = 0x0fffffffffffffffULL;
		cfg->vmemmap = 0xc00c000000000000ULL;
		vmemmap_by(p, cfg, "vmemmap");
	} else if (!strcmp(p->env.arch, "x86_64")) {
		/* without KASLR of memory: Documentation/arch/x86/x86_64/mm.rst */
		cfg->virt_base = 0xffff888000000000ULL;
		cfg->vmemmap = 0xffffea0000000000ULL;
		virt_base_by(p, cfg, "page_offset_base");
		vmemmap_by(p, cfg, "vmemmap_base");
	} else if (!strcmp(p->env.arch, "s390x")) {
		/* identity until 6.10, then __identity_base (c98d2ecae08f) */
		virt_base_by(p, cfg, "__identity_base");
		vmemmap_by(p, cfg, "vmemmap");
	} else {
		arm64_settings(p, cfg);
	}
}
