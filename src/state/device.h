/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Devices: what is recorded and observed of each, to be read by rules. Only src/state writes it.
 */
#ifndef DMASCOPE_STATE_DEVICE_H
#define DMASCOPE_STATE_DEVICE_H

#include "state/evidence.h"
#include "state/rangeset.h"

enum fault_kind {
	FAULT_UNMAPPED,		/* what it accessed was unmapped before */
	FAULT_DIRECTION,	/* ... is mapped, or was, for the other direction */
	FAULT_PHYSICAL,		/* ... is the physical address of memory that is mapped elsewhere */
	FAULT_NEVER_ADDED,	/* ... was not mapped since the device was added */
	FAULT_NEVER,		/* ... was not mapped since the start; an older one may have it */
	FAULT_KINDS,
	FAULT_OTHER = FAULT_KINDS,	/* mapped: the IOMMU has another reason */
};

/* A fault, and the mapping that it is joined with. */
struct dev_fault {
	uint64_t seq, addr, ts;
	uint64_t unmapped;	/* ts; 0: it was not */
	uint64_t dma, size;
	uint32_t stack;
	uint8_t dir;
	bool writes, has_mapping;
};

enum dev_evid {
	DE_FAIL = 0,		/* + enum state_fail */
	DE_PRIVATE = STATE_FAIL_MAX,	/* mapped, not shared */
	DE_PRIVATE_COHERENT,
	DE_NO_TCE,		/* direct or bounced, outside every window */
	DE_NOT_BUILT,		/* tce, and no TCE was seen being set */
	DE_PATH_MISMATCH,
	DE_SIZE_MISMATCH,
	DE_DIR_MISMATCH,
	DE_ATTR_MISMATCH,
	DE_UNMAP_ERROR,		/* DMA_MAPPING_ERROR was unmapped as if it were a handle */
	DE_UNMAP_TWICE,
	DE_BYPASS_REFUSED,
	DE_MASK_REFUSED,
	DE_PAST_OBJECT,		/* mapped more than the slab object that the memory begins in */
	DE_BOUNCE_ADDR,		/* bounced though nothing forces it */
	DE_BOUNCE_REACHED,	/* ... and though the device reaches all RAM */
	DE_FAULT,		/* + enum fault_kind */
	DE_FAULT_LAST = DE_FAULT + FAULT_KINDS - 1,
	DE_MAX
};

#define SUSPECTS	8
struct suspect {		/* a mapping no window covered when it was made */
	uint64_t dma, size, ts, seq;
	uint32_t dev;		/* index */
	uint8_t path;
};

struct slot_fail {
	uint64_t ts, size, used, align;	/* ts 0: none */
	uint32_t pid;
	uint32_t offset;	/* of the memory in its page of 4 KiB */
	enum state_fail why;
};

#define SLOT_FAILS	8

/* Unmaps that no flush came after yet. */
struct pending {
	uint64_t *ts;
	uint32_t n, cap;
	bool cut;		/* there were more, or a flush was lost */
};

struct dev {
	struct state_dev pub;
	struct rec_device rec;
	bool has_rec;
	struct evid ev[DE_MAX];
	struct suspect suspect[SUSPECTS];
	uint32_t suspects;
	struct slot_fail slot_fail[SLOT_FAILS];	/* the last searches that found nothing */
	uint32_t slot_fails;
	uint64_t frag_align;	/* alignment mask of the last failure as fragmented */
	uint64_t slot_maps;	/* how many mappings hold pub.slots */
	uint64_t biggest_fail[STATE_FAIL_MAX];	/* bytes */
	uint64_t longest_free;	/* at the first failure as fragmented: see run_too_short() */
	struct slot_fail unfit;	/* the first that no segment can hold though its size is less */
	struct evid unfit_ev;	/* of the failures as too big: those */
	uint32_t unfit_looks;	/* how often that was looked into */
	uint64_t live_now;
	uint64_t private_direct;	/* of pub.private_maps: those a pool would have bounced */
	struct state_counts *base;	/* of REC_STATS, when a slice began; NULL: none */
	uint64_t older[DMS_PATH_MAX];	/* by REC_STATS: unmaps of what is older than the start */
	uint64_t looked[DMS_PATH_MAX];	/* mappings found by the look that runs */
	uint64_t untracked;
	uint64_t coherent_tce_bytes;	/* coherent memory behind TCEs */
	uint64_t decide_ts;
	/* mappings by path since what decides its path last changed, and the first of them */
	struct evid since[DMS_PATH_MAX];
	uint32_t decided;	/* state's `decided` at that time; 0: nothing was counted */
	bool bypass_seen, bypass_granted;
	bool stats;
	struct growth growth[DMS_PATH_MAX];	/* of live mappings */
	uint64_t life_max;	/* ns: the longest that a mapping lived which was unmapped */
	uint64_t unbound_ts;	/* when its driver was last seen to be gone or another; 0: never */
	char unbound[DMS_NAME_LEN];	/* that driver */
	struct {
		uint64_t ts, addr, size;
		uint32_t pid;
	} last_slot;		/* the last search that found one */
	uint64_t above_slot;	/* the first slot above the mask */
	struct {		/* the first mapping of more than its object */
		uint64_t size;
		uint32_t object, stack;	/* bytes of the object; id of the caller's stack */
	} past_object;
	uint64_t missed_search;	/* failures of no known reason right at the start */
	struct dev_fault fault[FAULT_KINDS][EVIDENCE];	/* the first ones */
	uint64_t added_ts;	/* ns: its DEVICE_ADD; 0: it may be older than the start */
	struct rangeset user;	/* mapped past the DMA API now */
	struct pending pending;
	bool domain_known;	/* DMS_EV_DOMAIN_USE came */
	uint64_t domain_maps, domain_bytes;	/* by it, since the start ... */
	uint64_t domain_base, domain_base_maps;	/* ... and when a slice began */
};


/* In order of appearance: a device's index is its place there. NULL past the end. */
const struct dev *dev_at(const struct state *m, uint32_t i);
uint32_t dev_count(const struct state *m);
/* Each device as d, i its index. */
#define for_each_dev(m, i, d) \
	for ((i) = 0; ((d) = dev_at(m, i)) != NULL; (i)++)
/* An IOMMU refused an access of any device. */
bool has_faults(const struct state *m);
/* The first fault of that kind that is still evidence, or NULL. */
const struct dev_fault *dev_first_fault(const struct dev *d, enum fault_kind kind);
/* The index of a key, or NONE. */
uint32_t dev_index(const struct state *m, uint64_t key);

/* Was that (DMS_DS_*, DEV_KNOWN_*) observed? */
bool dev_knows(const struct dev *d, uint32_t bit);
/* The highest DMA address that d reaches: min(mask, bus limit); 0: not known. */
uint64_t dev_reach(const struct dev *d);
/* Private memory has addresses (with the C-bit) that this mask does not reach. */
bool mask_below_enc(const struct state *m, uint64_t mask);
/* Shared memory has addresses (with a realm's bit) that this mask does not reach. */
bool mask_below_shared(const struct state *m, uint64_t mask);
/* Its driver hands it to a process: vfio, uio. */
bool is_userspace_driver(const struct dev *d);
/* virtio whose features are known and lack ACCESS_PLATFORM: its driver maps nothing. */
bool bypasses_dma_api(const struct dev *d);
/* The kernel refused the virtio device on d, or d itself. */
bool virtio_refused(const struct state *m, const struct dev *d);
/*
 * The guest has accepted it (TDISP): it reaches private memory. 1, 0, or -1: this kernel accepts
 * devices, and of this one that is not known.
 */
int dev_accepted(const struct state *m, const struct dev *d);
/* True if the driver may omit the unmap of the device's mappings by that path. */
bool may_end_unseen(const struct dev *d, uint8_t path);

/* decisions.c: the path of its mappings, and what its state alone would lead to. */
void decide(const struct state *m, const struct dev *d, struct state_decision *out);
void decide_predicted(const struct state *m, const struct dev *d, struct state_decision *out);
/* Mappings that took a path since what decides about the device last changed. */
uint64_t decide_taken(const struct state *m, const struct dev *d, enum dms_path path);
/* A mapping of a secure guest bounced though nothing known asks for it. */
bool bounced_unasked(const struct state *m);

#endif /* DMASCOPE_STATE_DEVICE_H */
