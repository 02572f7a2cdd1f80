// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Operations of the running kernel that no hook shows. Each line is from the sources of the kernels
 * that it names; the kernel's symbols and the hook's attach point decide if it applies, never the
 * version.
 */
#include <stdio.h>
#include <string.h>

#include "guest/code.h"
#include "guest/kcore.h"
#include "probe/inside.h"

enum by { ANY, FUNCTION, EVENT };

static const struct blind {
	enum dms_hook id;
	enum by by;
	const char *attached;	/* only if attached to this; NULL = whatever it is */
	const char *has;	/* the kernel has this function */
	const char *what;
} blind[] = {
	/* kernel/dma/mapping.c, to 6.11: a function of its own; later it has an event */
	{ DMS_HOOK_MAP, FUNCTION, "dma_map_page_attrs", "dma_map_resource",
	  "mappings of registers (dma_map_resource)" },
	/* kernel/dma/mapping.c, 6.18+: returns before trace_dma_map_phys() */
	{ DMS_HOOK_MAP, EVENT, "dma_map_phys", "dma_map_phys",
	  "refusals without an event (no mask, a forbidden attribute)" },
	/* kernel/dma/mapping.c, 5.10+ */
	{ DMS_HOOK_ALLOC, ANY, NULL, "dma_alloc_pages", "memory of dma_alloc_pages()" },
	{ DMS_HOOK_ALLOC, ANY, NULL, "dma_alloc_noncontiguous",
	  "memory of dma_alloc_noncontiguous()" },
	/* dma_free_attrs(), 6.12+: dma_release_from_dev_coherent() returns before the event */
	{ DMS_HOOK_FREE, EVENT, NULL, "dma_declare_coherent_memory",
	  "frees of a device's own coherent memory (dma_declare_coherent_memory)" },
	/* kernel/dma/swiotlb.c, all */
	{ DMS_HOOK_SWIOTLB_MAP, ANY, NULL, "swiotlb_tbl_map_single",
	  "copies of mappings that stay (dma_sync_*)" },
};

/* kernel/dma/mapping.c: both call __dma_map_sg_attrs(), 5.15 and later. */
static const char *const list_callers[] = { "dma_map_sg_attrs", "dma_map_sgtable" };
static const char *const neighbours[] = { "__dma_map_sg_attrs", "dma_map_sg_attrs",
					  "dma_map_sgtable", "dma_unmap_sg_attrs" };

#define CODE_MAX	256

void unseen__expect(struct symbols *syms)
{
	for (size_t i = 0; i < sizeof(blind) / sizeof(blind[0]); i++)
		symbols_expect(syms, blind[i].has);
	for (size_t i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); i++)
		symbols_expect(syms, neighbours[i]);
}

static void add(char *text, size_t len, const char *what)
{
	size_t used = strlen(text);

	if (used < len)
		snprintf(text + used, len - used, "%s%s", used ? "; " : "", what);
}

static bool concerns(const struct symbols *syms, const struct choice *c, const struct blind *b)
{
	bool event = c->attach == ATTACH_TP_BTF || c->attach == ATTACH_RAW_TP;

	return b->id == c->row->id && (b->by == ANY || event == (b->by == EVENT)) &&
	       (!b->attached || !strcmp(b->attached, c->symbol)) &&
	       symbols_find(syms, b->has, NULL);
}

/* Bytes of a function at most: to the next of those that stand beside it. */
static size_t room(const struct symbols *syms, uint64_t addr)
{
	size_t len = CODE_MAX;
	struct symbol sym;

	for (size_t i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); i++)
		if (symbols_find(syms, neighbours[i], &sym) && sym.addr > addr &&
		    sym.addr - addr < len)
			len = sym.addr - addr;
	return len;
}

/* A caller whose code has no call of it had it inlined: the probe sees none of its lists. */
static void add_inlined(const struct symbols *syms, const struct choice *c, const char *arch,
			char *text, size_t len)
{
	enum code_arch how = code_arch(arch);
	uint8_t code[CODE_MAX];
	struct symbol sym, callee;
	struct kcore *k;
	char what[96];
	size_t n;

	if (strcmp(c->symbol, "__dma_map_sg_attrs") || how == CODE_UNKNOWN ||
	    !symbols_find(syms, c->symbol, &callee) || !callee.addr)
		return;
	k = kcore_open("");
	for (size_t i = 0; k && i < sizeof(list_callers) / sizeof(list_callers[0]); i++) {
		if (!symbols_find(syms, list_callers[i], &sym) || !sym.addr)
			continue;
		n = room(syms, sym.addr);
		if (!kcore_read(k, sym.addr, code, n) ||
		    code_calls(how, code, n, sym.addr, callee.addr))
			continue;
		snprintf(what, sizeof(what), "lists of %s(), where the compiler inlined %s()",
			 list_callers[i], c->symbol);
		add(text, len, what);
	}
	kcore_close(k);
}

void unseen__of(const struct choose_env *env, const struct choice *c, char *text, size_t len)
{
	*text = '\0';
	for (size_t i = 0; c->cand && i < sizeof(blind) / sizeof(blind[0]); i++)
		if (concerns(env->syms, c, &blind[i]))
			add(text, len, blind[i].what);
	if (c->cand)
		add_inlined(env->syms, c, env->arch, text, len);
}
