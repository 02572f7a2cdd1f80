/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Devices: what is recorded and observed of each, as rules ask for it.
 */
#ifndef DMASCOPE_STATE_DEVICE_H
#define DMASCOPE_STATE_DEVICE_H

#include "state/evidence.h"

struct dev;

#define FAULTS_JOINED	256	/* of a device; others only count */

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
	uint8_t access;		/* the device's, as a direction */
	bool has_mapping;
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
	DE_PAST_OBJECT,		/* mapped more than the slab object that the memory begins in */
	DE_BOUNCE_ADDR,		/* bounced though nothing forces it */
	DE_BOUNCE_REACHED,	/* ... and though the device reaches all RAM */
	DE_FAULT,		/* + enum fault_kind */
	DE_FAULT_LAST = DE_FAULT + FAULT_KINDS - 1,
	DE_FREEZE,		/* the platform isolated it */
	DE_MAX
};

/* A search for slots that found nothing. */
struct slot_fail {
	uint64_t ts, size, used, align;	/* ts 0: none */
	uint32_t pid;
	uint32_t offset;	/* of the memory in its page of 4 KiB */
	enum state_fail why;
};

/* The first mapping of more than its object. */
struct past_object {
	uint64_t size;
	uint32_t object, stack;	/* bytes of the object; id of the caller's stack */
};

/* A device that its driver left, or that was removed, with mappings. */
struct dev_gone {
	uint64_t ts;		/* ... then, or when one of these was last unmapped since */
	bool is_over;		/* its driver's remove() has returned: another was bound since */
	uint64_t before;	/* ts: mappings made before should have been unmapped */
	const char *driver;	/* the one that left it; "": not known */
};

/* In order of appearance: a device's index is its place there. NULL past the end. */
const struct dev *dev_at(const struct state *m, uint32_t i);
uint32_t dev_count(const struct state *m);
/* Each device as d, i its index. */
#define for_each_dev(m, i, d) \
	for ((i) = 0; ((d) = dev_at(m, i)) != NULL; (i)++)
/* An IOMMU refused an access of any device. */
bool has_faults(const struct state *m);
/* The index of a key, or NONE. */
uint32_t dev_index(const struct state *m, uint64_t key);

/* All that others than rules see of it. */
const struct state_dev *dev_pub(const struct dev *d);
/* Its record; all zero if there was none. */
const struct rec_device *dev_rec(const struct dev *d);
bool dev_is_on(const struct dev *d, const char *bus);
/* Mappings by that path. */
uint64_t dev_maps(const struct dev *d, enum dms_path path);
/* Its counts come from REC_STATS: no single mapping of it is known. */
bool dev_counts_only(const struct dev *d);
/* Was that (DMS_DS_*, DEV_KNOWN_*) observed? */
bool dev_knows(const struct dev *d, uint32_t bit);
/* 0: none, or not known. */
uint64_t dev_bus_limit(const struct dev *d);
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

/* Observations of it (enum dev_evid), as far as they are evidence now. */
const struct seen *dev_seen(const struct dev *d, unsigned int kind);
/* The largest failure for that reason, in bytes. */
uint64_t dev_biggest_fail(const struct dev *d, enum state_fail why);
/* Failures for no known reason, those apart whose search may have been before the start. */
uint64_t dev_unexplained(const struct dev *d);
/*
 * Failures that are counted and that no event reported, as far as each was of more than size: of a
 * class of sizes (event.h) above it.
 */
uint64_t dev_unreported_above(const struct dev *d, uint64_t size);
/* For one of them at least no search for slots can have been missed. */
bool dev_saw_search(const struct state *m, const struct dev *d);
/* The first failure as too big whose size is less than that of a segment, or NULL. */
const struct slot_fail *dev_unfit(const struct dev *d);
/* The first failure as fragmented: the most free slots in a row. False: not known. */
bool dev_free_run(const struct dev *d, uint64_t *slots);
/* The last such failure: its alignment mask; 0: none. */
uint64_t dev_frag_align(const struct dev *d);
/* The first slot that was found above the mask. */
uint64_t dev_slot_above(const struct dev *d);
const struct past_object *dev_past_object(const struct dev *d);
/* The first fault of that kind that is still evidence, or NULL. */
const struct dev_fault *dev_first_fault(const struct dev *d, enum fault_kind kind);
/* The address of the PE that was frozen first. */
uint64_t dev_frozen_pe(const struct dev *d);
/* Mappings of private memory that a pool would have bounced, as far as they are followed. */
uint64_t dev_private_direct(const struct state *m, const struct dev *d);
/* Bytes of coherent memory behind TCEs. */
uint64_t dev_coherent_bytes(const struct dev *d);
/* Each of its mappings has been kept. */
bool dev_all_kept(const struct dev *d);
/* It was added in this run: it has no mapping from before the start. */
bool dev_was_added(const struct dev *d);
/* False: a driver has it, or it has no mapping. */
bool dev_left(const struct dev *d, struct dev_gone *out);
/* ns: a mapping that is older outlives all that the device unmaps. */
uint64_t dev_turnover(const struct dev *d);
/* Any unmap of it was seen. */
bool dev_has_unmapped(const struct dev *d);
/* When the youngest of the mappings by that path that were unmapped was made; 0: none was. */
uint64_t dev_unmapped_born(const struct dev *d, uint32_t path);
/* Has the number of its live mappings by that path only grown? */
bool dev_growth(const struct state *m, const struct dev *d, uint32_t path, struct grown *out);

/* decisions.c: the path of its mappings, and what its state alone would lead to. */
void decide(const struct state *m, const struct dev *d, struct state_decision *out);
void decide_predicted(const struct state *m, const struct dev *d, struct state_decision *out);
/* Mappings that took a path since what decides about the device last changed. */
const struct seen *decide_taken(const struct state *m, const struct dev *d, enum dms_path path);
/* An IOMMU translates for it: its mask limits DMA addresses, and not the memory it reaches. */
bool dev_behind_iommu(const struct dev *d);
/* A mapping of a secure guest bounced though nothing known asks for it. */
bool bounced_unasked(const struct state *m);

#endif /* DMASCOPE_STATE_DEVICE_H */
