/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The catalogue of hooks: one row per observation (hook), its candidates in order of
 * preference. A table and the look-ups on it; nothing here loads or attaches.
 *
 * To add a hook: an id in include/dmascope/event.h, its word in src/util/names.c, a program in
 * bpf/, a row here.
 */
#ifndef DMASCOPE_PROBE_CATALOGUE_H
#define DMASCOPE_PROBE_CATALOGUE_H

#include <stdbool.h>

#include "dmascope/config.h"
#include "record/record.h"

#define CAND_MAX	6
#define CAND_OLDER	5

/* One place on one range of kernels where an observation can be made. */
struct candidate {
	enum dms_attach attach;	/* ATTACH_TP_BTF, ATTACH_RAW_TP or ATTACH_KPROBE */
	const char *symbol;	/* function, or trace event without its group */
	bool suffixes;		/* also a copy the compiler renamed: .isra.0, .constprop.0 */
	const char *proved;	/* suffixes with which `params` was seen to be right; NULL: none */
	unsigned int offset;	/* into the function, bytes */
	const char *prog;	/* BPF program at the entry (or of the event) */
	const char *ret;	/* at the return; of an event: that of a second one; or NULL */
	/* Names of the parameters as the kernel declares them, in order, the newest; "*attrs": a
	 * pointer to it. Where BTF lists the function, its names and types are used, and these
	 * say what must be among them; where it does not, these are the layout. For events,
	 * whose parameters have no names in BTF, their number and kinds are compared. */
	const char *params;
	const char *older[CAND_OLDER];	/* the lists of other kernels; then only BTF can decide */
	const char *note;	/* the version or commit that made it, and that ended it */
	bool fentry;		/* also built as fentry or fexit, used where a trial attach works */
	bool counting;		/* `prog` has a twin for counting without a filter: PROG_count */
	const char *without;	/* the part of the row's subject it does not report; NULL = none */
};

enum hook_class {
	CLASS_CORE,	/* record without it is degraded */
	CLASS_DETAIL,	/* adds detail; its absence is reported, not counted as degraded */
	CLASS_REQUEST,	/* only on request */
	CLASS_SECURE,	/* a detail, and too dear where no guest memory is private */
};

struct hook_row {
	enum dms_hook id;
	enum hook_class class;
	const char *arch;	/* only there: "ppc64le"; NULL = everywhere */
	bool secure_only;	/* reported as missing only in a secure guest */
	const char *lost;	/* what is not reported without it */
	struct candidate cand[CAND_MAX];	/* ends with symbol == NULL */
};

extern const struct hook_row hook_rows[];
extern const unsigned int hook_rows_count;

/*
 * A hook below the generic layer's, which runs within its calls: it reports why and through what,
 * mapping by mapping. Counting does without.
 */
bool hook_is_inner(enum dms_hook id);

/* True for a hook of IOMMU domains: only the DMA of a device behind an IOMMU reaches it. */
bool hook_is_of_domains(enum dms_hook id);

/*
 * A kernel without this function has nothing that the hook could observe; "": without any function
 * of its candidates. NULL: all have it.
 */
const char *hook_only_with(enum dms_hook id);

/* The event of a candidate's second program, which is called tp_EVENT; NULL: it has none by BTF. */
const char *candidate_second_event(const struct candidate *c);

/* NULL if there is no such row. */
const struct hook_row *hook_row_by_id(enum dms_hook id);

/* The fact that a parameter of that name carries in that hook, or -1 for one not used. */
int hook_param_fact(enum dms_hook id, const char *param);

/* Fills a layout from a list of parameters as in struct candidate. Unused ones are skipped. */
void hook_layout(enum dms_hook id, const char *params, struct dms_layout *layout);

/*
 * A hook by what a user may call it: its word ("tce.build"), a symbol of its candidates, or
 * "set_memory_unencrypted", the name the 2019 thread used for set_memory_decrypted. -1: none.
 */
int hook_by_any_name(const char *name);

#endif /* DMASCOPE_PROBE_CATALOGUE_H */
