/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Chooses the candidate of each hook that the running kernel has, by BTF and symbols, and its
 * argument layout. Nothing is loaded here.
 */
#ifndef DMASCOPE_PROBE_CHOOSE_H
#define DMASCOPE_PROBE_CHOOSE_H

#include <bpf/btf.h>

#include "guest/symbols.h"
#include "probe/catalogue.h"
#include "probe/proto.h"

struct choice {
	const struct hook_row *row;
	const struct candidate *cand;	/* NULL = none; reason says why */
	enum dms_attach attach;
	char prog[DMS_NAME_LEN];	/* BPF programs to load; the second "" = none */
	char ret[DMS_NAME_LEN];
	char symbol[DMS_NAME_LEN];	/* full name, with the compiler's suffix */
	struct dms_layout layout;
	char params[DMS_TEXT_LEN];	/* as found in BTF, "" = taken from the catalogue */
	struct proto proto;		/* of the candidate being judged */
	bool in_module;			/* the function is not in the kernel's image */
	bool doubted;			/* that one was refused for its prototype */
	unsigned int refused;		/* bit per candidate (and from 16 on, its fentry form):
					   tried, and the kernel said no */
	bool left_out;			/* not needed: nobody misses it */
	bool withheld;			/* a kprobe would be a way, but can crash the kernel */
	bool risked;			/* that kprobe was taken */
	char reason[DMS_TEXT_LEN];
};

struct choose_env {
	const struct btf *btf;		/* NULL = none */
	bool own_btf;			/* the kernel itself has it: tp_btf is possible */
	const struct symbols *syms;
	const char *arch;		/* uname -m */
	bool no_kprobes;		/* lockdown: no kprobe, no helper that reads memory */
	bool kprobes;			/* the kernel was built with them */
	bool kprobes_harm;		/* harm_kprobes(): fentry or nothing */
	bool force_kprobes;		/* ... or a kprobe all the same */
	bool fentry;			/* a trial attach of fentry worked */
	bool hash_mmu;			/* powerpc: page faults are resolved by hcalls */
	bool hcalls;
	bool secure;
	bool counting;			/* aggregates only, without a filter */
};

/* The bit of c->cand (as chosen) in c->refused. */
unsigned int choice_bit(const struct choice *c);

/* Picks the first candidate that exists and was not refused; fills the rest of *c. */
void choose(const struct choose_env *env, const struct hook_row *row, struct choice *c);

/* Announces all names that are asked for here, so that only those are kept. */
void choose_expect(struct symbols *syms);

/* True if the row applies to this machine and these options at all. */
bool choose_applies(const struct choose_env *env, const struct hook_row *row);

#endif /* DMASCOPE_PROBE_CHOOSE_H */
