// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The settings by which programs compute physical addresses (src/probe/addresses.c), for what
 * kallsyms shows: variables, names without their addresses, or no variable at all. Prints TAP.
 *
 * usage: addresses
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/inside.h"

#define X86_BASE	0xffff888000000000ULL
#define X86_VMEMMAP	0xffffea0000000000ULL
#define TASK		"ffffffff82a0a940 D init_task\n"
#define HIDDEN_TASK	"0000000000000000 D init_task\n"

static unsigned int tests, failures;

static struct symbols *load(const char *kallsyms)
{
	char root[] = "/tmp/dmascope-addr-XXXXXX", dir[64], file[80];
	struct symbols *syms = NULL;
	FILE *f;

	if (!mkdtemp(root))
		return NULL;
	snprintf(dir, sizeof(dir), "%s/proc", root);
	snprintf(file, sizeof(file), "%s/kallsyms", dir);
	mkdir(dir, 0700);
	f = fopen(file, "w");
	if (f) {
		fputs(kallsyms, f);
		fclose(f);
		symbols_load(root, &syms);
	}
	unlink(file);
	rmdir(dir);
	rmdir(root);
	return syms;
}

static void check(const char *what, const char *arch, const char *kallsyms,
		  const struct dms_config *want)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct symbols *syms = load(kallsyms);
	struct dms_config got = { 0 };
	bool ok;

	if (!p || !syms)
		exit(1);
	p->env.syms = syms;
	p->env.arch = arch;
	p->struct_page_size = 64;
	addresses__fill(p, &got);
	ok = got.virt_base_at == want->virt_base_at && got.vmemmap_at == want->vmemmap_at &&
	     got.virt_base == want->virt_base && got.vmemmap == want->vmemmap &&
	     got.virt_mask == want->virt_mask;
	printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++tests, arch, what);
	failures += !ok;
	symbols_free(syms);
	free(p);
}

static void x86(void)
{
	check("variables", "x86_64", TASK "ffffffff82a1b6d0 D page_offset_base\n"
	      "ffffffff82a1b6e0 D vmemmap_base\n",
	      &(struct dms_config){ .virt_base = X86_BASE, .vmemmap = X86_VMEMMAP,
				    .virt_mask = ~0ULL, .virt_base_at = 0xffffffff82a1b6d0ULL,
				    .vmemmap_at = 0xffffffff82a1b6e0ULL });
	check("no variables: constants", "x86_64", TASK,
	      &(struct dms_config){ .virt_base = X86_BASE, .vmemmap = X86_VMEMMAP,
				    .virt_mask = ~0ULL });
	check("no variables, addresses hidden: constants", "x86_64", HIDDEN_TASK,
	      &(struct dms_config){ .virt_base = X86_BASE, .vmemmap = X86_VMEMMAP,
				    .virt_mask = ~0ULL });
	check("hidden variables: unknown", "x86_64", HIDDEN_TASK
	      "0000000000000000 D page_offset_base\n0000000000000000 D vmemmap_base\n",
	      &(struct dms_config){ .virt_base = X86_BASE });
	check("only functions are listed: unknown", "x86_64", "ffffffff81000000 T _stext\n",
	      &(struct dms_config){ .virt_base = X86_BASE });
}

static void others(void)
{
	check("hidden variable: struct pages unknown, the linear map known", "ppc64le", HIDDEN_TASK
	      "0000000000000000 D vmemmap\n",
	      &(struct dms_config){ .virt_mask = 0x0fffffffffffffffULL });
	check("no variable: the constant", "ppc64le", TASK,
	      &(struct dms_config){ .virt_mask = 0x0fffffffffffffffULL,
				    .vmemmap = 0xc00c000000000000ULL });
	check("hidden variables: unknown", "s390x", HIDDEN_TASK
	      "0000000000000000 D __identity_base\n0000000000000000 D vmemmap\n",
	      &(struct dms_config){ 0 });
	check("no base to be hidden: identity", "s390x", HIDDEN_TASK
	      "0000000000000000 D vmemmap\n",
	      &(struct dms_config){ .virt_mask = ~0ULL });
}

int main(void)
{
	x86();
	others();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
