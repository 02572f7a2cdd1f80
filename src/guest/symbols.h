/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's symbols: names for addresses (stacks, dma_ops) and which functions exist under
 * which name. Tables and look-ups only; nothing that attaches.
 */
#ifndef DMASCOPE_GUEST_SYMBOLS_H
#define DMASCOPE_GUEST_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

struct symbol {
	const char *name;	/* owned by the table */
	const char *module;	/* "" = the kernel itself */
	uint64_t addr;		/* 0 = hidden by kptr_restrict */
	char type;		/* as in kallsyms: 't', 'T', 'd', ... */
};

/* Reads /proc/kallsyms. The caller frees *out with symbols_free(). 0 or -errno. */
int symbols_load(const char *root, struct symbols **out);

/*
 * The same, read on demand. Names announced with symbols_expect() before the first query, and
 * addresses of dma_ops, are then in a small table; the first query for any other symbol reads all.
 * Unreadable symbols are not found. The file is opened now, so the right to see addresses may be
 * dropped. 0, or -errno if it cannot be opened.
 */
int symbols_open(const char *root, struct symbols **out);
void symbols_expect(struct symbols *s, const char *name);	/* with its suffixes */
void symbols_free(struct symbols *s);

/* False if every address is 0 (kptr_restrict): then only look-ups by name work. */
bool symbols_have_addresses(const struct symbols *s);

/*
 * The symbol at or before `addr`, *off = distance. Returns 0, or -ENOENT if there is none or
 * it is further than any function is long (1 MiB).
 */
int symbols_by_addr(const struct symbols *s, uint64_t addr, struct symbol *sym, uint64_t *off);

/*
 * Reads the symbols again when modules came or went since: names and pointers from before are
 * then invalid. Only after symbols_open(); as often as addresses are named.
 */
void symbols_refresh(struct symbols *s);

/*
 * Frees the table of all symbols if nothing was looked up in it since the last call; the next
 * look-up reads it again. Names and pointers from before are then invalid.
 */
void symbols_forget(struct symbols *s);

/*
 * "function+0x10 [module]", "function" at offset 0; false and "?" if there is none: an address
 * behind data, or far behind a trampoline, is in a module whose symbols are not known.
 */
bool symbols_format(const struct symbols *s, uint64_t addr, char *buf, size_t len);

/*
 * The number of symbols of exactly this name; *sym (may be NULL) is the first function among
 * them, else the first. More than 1: a kprobe by name is refused (EADDRNOTAVAIL).
 */
unsigned int symbols_find(const struct symbols *s, const char *name, struct symbol *sym);

/*
 * As symbols_find(), functions only, for `name` itself or, if there is no such function, for
 * name with a suffix the compiler gave to a copy it changed: .isra.N, .constprop.N, .part.N,
 * .llvm.N and combinations. A ".cold" part is not the function. *sym has the full name.
 * Returns the number of functions of that full name.
 */
unsigned int symbols_find_function(const struct symbols *s, const char *name,
				   struct symbol *sym);

/* Steps through all variants of a function: *pos = 0 first; false at the end. */
bool symbols_next_variant(const struct symbols *s, const char *name, size_t *pos,
			  struct symbol *sym);

#endif /* DMASCOPE_GUEST_SYMBOLS_H */
