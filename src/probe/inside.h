/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of a probe that the files of src/probe share. Private to src/probe.
 */
#ifndef DMASCOPE_PROBE_INSIDE_H
#define DMASCOPE_PROBE_INSIDE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe/choose.h"
#include "probe/kernel_btf.h"
#include "probe/object.h"
#include "probe/probe.h"
#include "probe/rings.h"

#define PROBE_MAX_SHARDS	RINGS_MAX
#define PROBE_MAX_LINKS		128
#define PROBE_MAX_CHOICES	64

struct attached {
	struct bpf_link *link;
	int prog;			/* its own descriptor */
	enum dms_hook hook;
	bool kprobe, ret;		/* on a function; at its return */
};

/* Program runs that the kernel skipped, by hook. */
struct misses {
	uint64_t of[DMS_HOOK_MAX];
	bool untold;			/* the kernel does not report it for some kprobe */
};

struct probe {
	struct probe_opts opts;
	struct choose_env env;
	char arch[65];
	struct kernel_btf *btf;		/* NULL when nothing has to be chosen */
	uint32_t struct_page_size;	/* bytes, 0 = not known */
	struct choice choices[PROBE_MAX_CHOICES];
	unsigned int nchoices;
	bool kfuncs;			/* programs may call kernel functions ... */
	uint32_t cast_func;		/* ... this one, in the kernel's BTF */
	unsigned int once_refused;	/* bit per program of run_once[] that the kernel refused */
	unsigned int eperm;		/* programs refused for lack of permission */
	char unverified[DMS_TEXT_LEN];	/* the first that the verifier rejected, and why */
	struct object *bpf;
	struct attached links[PROBE_MAX_LINKS];
	unsigned int nlinks;
	struct misses missed_before, missed_after;
	bool missed_all;		/* observing has ended: missed_after is known */
	unsigned int shards;
	size_t ring_each;
	int ring_fd[PROBE_MAX_SHARDS];
	struct rings *rings;
	uint32_t index_slots;		/* places of `live` kept for the pool */
	uint32_t index_places;		/* all of them */
	uint64_t through_freed[2];	/* dms_counted.through of places that were freed */
	uint64_t jiffies_then, ns_then;	/* two readings of one instant */
	uint64_t ns_per_jiffy;
};

/* attach.c: the choice that a program was made for; NULL = none. */
struct choice *probe__choice_of(struct probe *p, const char *prog);

/* target.c: before an object is opened; p->btf has to be there until it is loaded. 0 or -errno. */
int target__begin(struct probe *p);

/* settings.c: the symbols needed later; the settings of the programs; bytes of a ring. */
void settings__expect(struct symbols *syms);
void settings__fill(const struct probe *p, struct dms_config *cfg);
size_t settings__ring_bytes(const struct probe *p);
/* Aggregates are all that is wanted, of all mappings. */
bool settings__only_count(const struct probe *p);

/* addresses.c: symbols that it asks for; the settings that are, or convert, kernel addresses. */
void addresses__expect(struct symbols *syms);
void addresses__fill(const struct probe *p, struct dms_config *cfg);

/* unseen.c: symbols that it asks for; what the choice's hook does not show of this kernel. */
void unseen__expect(struct symbols *syms);
void unseen__of(const struct choose_env *env, const struct choice *c, char *text, size_t len);

/*
 * needed.c: strikes out the hooks that this run does not need, and takes back in what it needs by
 * now; whether another hook may be left out because of this one.
 */
void needed__choose(struct probe *p);
bool needed__stands_in(enum dms_hook id);

/*
 * refusal.c: whether something is attached that is worth a recording; why not, into *err: a
 * privilege is missing (-EPERM, else 0), programs were refused, all were although we may.
 */
bool refusal__core_attached(const struct probe *p);
int refusal__privilege(struct probe_error *err);
void refusal__refused(const struct probe *p, struct probe_error *err);
void refusal__no_jit(struct probe_error *err);
void refusal__eperm(struct probe_error *err);
void refusal__unverified(const struct probe *p, struct probe_error *err);

/* misses.c: reads the kernel's counts when observing begins and ends; adds what is between. */
void misses__begin(struct probe *p);
void misses__end(struct probe *p);
void misses__add(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX]);

/* cells.c: devices that can be counted, a power of two; how large the maps for that are. */
uint32_t cells__places(const struct probe *p);
int cells__size(struct probe *p);
/* One more than the highest number of a processor that is online. */
uint32_t cells__cpus_online(void);
/* Processors that have cells: those online now. */
uint32_t cells__cpus(const struct probe *p);
/* The counters of all hooks, summed over processors. */
void cells__counts(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX]);

/* index.c: sizes the index' maps before they are loaded, places its parts after. 0 or -errno. */
uint32_t index__set_mask(const struct probe *p);
int index__size(struct probe *p);
int index__place(struct probe *p);

#endif /* DMASCOPE_PROBE_INSIDE_H */
