/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The queries on the model: devices, paths, windows, ranges, pools, ledger, findings. Every
 * view (report, top, metrics, csv) is written against this header and nothing else of the model.
 *
 * The model is fed records (record.h) and nothing more: it opens no file, reads no clock, prints
 * nothing. "Now" is the newest time stamp it was fed.
 *
 * Pointers returned stay valid until the next state__feed() or state__free(). Nothing is
 * thread-safe. Units: bytes, ns of CLOCK_MONOTONIC. A "seq" is the place of a REC_EVENT in the
 * stream, the first is 1; findings cite events by it.
 */
#ifndef DMASCOPE_MODEL_H
#define DMASCOPE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct state;

struct state_opts {
	size_t max_live;	/* live mappings kept, 0: STATE_MAX_LIVE; see state__memory() */
	/* The last mapping of this address is kept when it is unmapped: see state__gone(). */
	bool watch;
	uint64_t watch_addr;
};

#define STATE_MAX_LIVE		(8U << 20)

/* NULL: no memory. Free with state__free(), which takes NULL. */
struct state *state__new(const struct state_opts *opts);
void state__free(struct state *m);

/* A dms_sink_fn; ctx is the model. 0 or -ENOMEM; unknown record types are ignored. */
int state__feed(void *ctx, const struct dms_rec *rec);

/* Bytes the model holds now; about 96 per live mapping at most, plus what does not grow. */
size_t state__memory(const struct state *m);

/* The record of the inner hook that was left out for this one (dms_event.also); false: none was. */
bool state__also(const struct dms_event *ev, struct dms_event *out);

/* A number that may not have been observed: why is NULL when it was, else the reason in words. */
struct mval {
	uint64_t v;
	const char *why;	/* not observed because; v means nothing then */
	bool estimate;		/* derived from something else, not counted */
	bool least;		/* it may be more: some of what adds to it was not delivered */
};

static inline bool mval_known(struct mval v)
{
	return !v.why;
}

/*
 * Is a count of those hits (COVER_*, state/coverage.h) of a device (0: of all) whole, or were some
 * not delivered since what counts began? Losses that a kernel does not report are not known.
 */
bool state__counts_all(const struct state *m, uint64_t hooks, uint64_t dev);

/* ---- the run ---- */

struct state_run {
	const struct rec_session *session;	/* NULL: the stream had none */
	const struct rec_end *end;		/* NULL: still running, or the stream was cut */
	bool secure;		/* the guest's memory is private unless shared */
	bool tce;		/* there are TCE tables here (pseries) */
	bool aggregates;	/* counts come from REC_STATS: no single mappings are known ... */
	uint64_t look_ts;	/* ... but those of this time, by REC_LOOK; 0: none */
	uint64_t look_live;	/* mappings that look found */
	uint64_t look_missing;	/* live then by the counts, but in no place of the index */
	uint64_t start, now;	/* ns; equal before the first event */
	bool sliced;		/* only part of the time counts (REC_SLICE) ... */
	uint64_t from;		/* ... since then: else the start; it ends now */
	uint64_t events;	/* REC_EVENT since `from` */
	uint64_t lost;		/* observations lost, all hooks */
	uint64_t trimmed;	/* older observations the flight recorder dropped; not lost */
	uint64_t untracked;	/* mappings not kept: state_opts.max_live was reached */
	bool complete;		/* nothing lost or untracked, an end that says so (or running) */
	bool cut;		/* the file that is replayed has no footer */
	const char *incomplete;	/* why not, NULL if complete */
};

void state__run(const struct state *m, struct state_run *out);

#define STATE_RECORDED_MAX	16

/*
 * Findings that a file holds, as its recorder had them: they may rest on what a flight recorder
 * discarded since. No finding of the rules; the first STATE_RECORDED_MAX. NULL past the end.
 */
const struct rec_finding *state__recorded(const struct state *m, size_t i);

/* Hooks as the source announced them, in its order. NULL past the end. */
const struct rec_hook *state__hook(const struct state *m, size_t i);
/* Attached: true. Missing or never announced: false. */
bool state__hook_attached(const struct state *m, enum dms_hook id);
/* Observations of one hook lost so far (gaps; the end record's drops and failures if larger). */
uint64_t state__hook_lost(const struct state *m, enum dms_hook id);

/* ---- devices ---- */

struct state_counts {		/* of one device and path, since the start */
	uint64_t maps, map_bytes;
	uint64_t unmaps, unmap_bytes;
	uint64_t size_hist[DMS_HIST_SLOTS];	/* of maps; slots as in event.h */
};

enum state_fail {
	STATE_FAIL_OTHER = 0,	/* no inner hook said why */
	STATE_FAIL_NO_POOL,	/* a slot was needed and there is no pool */
	STATE_FAIL_TOO_BIG,	/* more than a segment of the pool: can never succeed */
	STATE_FAIL_POOL_FULL,	/* not that many slots were free */
	STATE_FAIL_FRAGMENTED,	/* enough slots were free, but not in one run */
	STATE_FAIL_SLOT,	/* no slot; how full the pool was is not known */
	STATE_FAIL_NO_TCE,	/* the TCE table had no free run of entries */
	STATE_FAIL_COHERENT,	/* coherent memory, and no table said no */
	STATE_FAIL_UNUSABLE,	/* the pool is of the wrong kind for the device, or disabled */
	STATE_FAIL_FORBIDDEN,	/* it had to bounce, and the caller's attributes forbid that */
	STATE_FAIL_ABOVE_MASK,	/* a slot was found, and it lies above the device's mask */
	STATE_FAIL_MAX
};

const char *state__fail_name(enum state_fail why);	/* "no_pool", ... */

#define STATE_LIFE_SLOTS	24	/* log2 of us: < 1 us, < 2 us, ... >= 4 s */

/* Reasons that mappings of a device, or some of them, cannot be observed. */
enum state_unseen {
	STATE_UNSEEN_NOT = 0,
	STATE_UNSEEN_USER,	/* its driver is in user space: vfio, uio */
	STATE_UNSEEN_LINK,	/* NVMe on an IOMMU: dma_iova_link() */
	STATE_UNSEEN_VIRTIO,	/* virtio, and whether it uses the DMA API is not known */
};

struct state_dev {
	uint64_t key;			/* 0: calls without a device */
	char name[DMS_NAME_LEN];	/* "0000:00:01.0"; "dev:89f" if sysfs did not say */
	const struct rec_device *rec;	/* NULL: no record of it was seen, only events */
	bool present, removed;
	uint64_t removed_ts;
	struct state_counts path[DMS_PATH_MAX];	/* maps of DMS_PATH_FAILED are the failures */
	uint64_t live[DMS_PATH_MAX];	/* mappings made since the start and still live */
	uint64_t live_bytes[DMS_PATH_MAX];
	uint64_t live_max;		/* most mappings live at once, all paths */
	uint64_t preexisting;		/* unmaps of what was mapped before the start */
	uint64_t unfollowed;		/* (perhaps) direct maps whose unmap may be left out */
	uint64_t fails[STATE_FAIL_MAX];
	uint64_t slots, slots_max;	/* of the bounce pool held now, and at most */
	double slot_time;		/* slots times ns held, to slots_ts: state__slot_time() */
	uint64_t slots_ts;		/* when slots changed last */
	struct mval bounce_bytes;	/* copied through the pool: bytes asked for */
	uint64_t private_maps, private_bytes;	/* mapped though not shared (secure guests) */
	uint64_t life_hist[STATE_LIFE_SLOTS];	/* lifetimes of the mappings that were unmapped */
	uint64_t first_ts, last_ts;	/* of its events; 0: none */
	uint64_t faults;		/* accesses that an IOMMU refused, as far as reported ... */
	uint64_t fault_addr;		/* ... and the address of the first */
	/* Past the DMA API, into its IOMMU domain: by vfio, iommufd or its driver. */
	uint64_t user_maps, user_unmaps;
	uint64_t user_live, user_ranges;	/* bytes now, and ranges: state__user_range() */
	bool user_cut;			/* there were more ranges than are kept */
	uint64_t flushes;		/* of what its IOMMU cached, all of the domain */
	uint64_t reaches;		/* unmaps with a flush after them ... */
	uint64_t reach_hist[STATE_LIFE_SLOTS];	/* ... and the time between the two */
	uint64_t reach_max;		/* ns */
	enum state_unseen unseen;	/* why its mappings pass no hook */
	uint64_t mask, coherent_mask;	/* last seen; 0: not observed */
};

/* Slots of the pool times ns that the device held them, from the start to now. */
static inline double state__slot_time(const struct state_dev *d, uint64_t now)
{
	return d->slot_time + (now > d->slots_ts ? (double)d->slots * (double)(now - d->slots_ts) :
			       0);
}

/* In order of appearance; NULL past the end. Removed devices stay. */
const struct state_dev *state__dev(const struct state *m, size_t i);
const struct state_dev *state__dev_by_key(const struct state *m, uint64_t key);
/* Always a string: the name, "dev:<hex>", or "-" for key 0 and what was never heard of. */
const char *state__dev_name(const struct state *m, uint64_t key);

/* A glob of --device: the device's name, driver or kind matches. */
bool state__dev_matches(const struct state *m, uint64_t key, const char *glob);

/* ns: as state__caller_life(), of a histogram of times. */
uint64_t state__hist_ns(const uint64_t hist[STATE_LIFE_SLOTS], unsigned int percent);

/* The costs of an IOMMU that translates for a device. */
struct state_translation {
	uint64_t asked;			/* bytes that the DMA API was asked to map or to allocate */
	bool whole;			/* ... all of them were seen */
	struct mval pages;		/* bytes of the pages that the IOMMU mapped for these */
	uint64_t domain_maps;		/* in so many pieces */
	uint64_t ended, life_p50;	/* mappings that ended; half of them lived so long, ns */
	bool each;			/* nothing stays mapped to be used again */
	bool lazy;			/* unmapped pages are forgotten some time later: */
	struct mval flushes;
	uint64_t reaches;		/* unmaps that were followed to their flush */
	uint64_t reach_p50;		/* ns between the two */
	struct mval reach_max;
};

/* False: no mapping of the device was translated, as far as is known. */
bool state__translation(const struct state *m, const struct state_dev *d,
			struct state_translation *out);

struct state_user {			/* neighbours of one process are one */
	uint64_t dma, size;
	uint32_t pid;			/* 0: not known */
	const char *comm;		/* NULL: not known */
};

/* The first range that ends after addr: iterate with addr = the last one's end. */
bool state__user_range(const struct state *m, uint64_t key, uint64_t addr, struct state_user *out);

/* ---- decisions: why the device's DMA goes the way it goes ---- */

#define STATE_BRIEF_LEN		25

enum state_way {		/* what streaming mappings of the device do, as far as known */
	STATE_WAY_UNKNOWN = 0,
	STATE_WAY_DIRECT,	/* device reads and writes the memory itself */
	STATE_WAY_BOUNCE,	/* all through the pool */
	STATE_WAY_TCE,		/* a TCE for each */
	STATE_WAY_MIXED,	/* decided mapping by mapping */
	STATE_WAY_IOMMU,
	STATE_WAY_OUTSIDE,	/* the device does not use the DMA API */
};

enum state_reason {		/* why that way */
	REASON_NOT_READ = 0,	/* the device's state was not read */
	REASON_FORCE_UNKNOWN,	/* whether bouncing is forced was not observed */
	REASON_RULE_UNKNOWN,	/* its kernel bounces for a reason that is not known */
	REASON_NOT_VIRTIO_DMA,	/* virtio without ACCESS_PLATFORM */
	REASON_REFUSED,		/* ... which the kernel refused for that */
	REASON_VIRTIO_UNDECIDED,	/* virtio of unknown features in a secure guest */
	REASON_USER_SPACE,	/* a driver in user space */
	REASON_IOMMU,		/* translated; how it is flushed is not known */
	REASON_IOMMU_LAZY,	/* ... some time after an unmap */
	REASON_IOMMU_STRICT,	/* ... within it */
	REASON_IOMMU_BLOCKED,	/* the IOMMU lets nothing pass */
	REASON_BELOW_SHARED,	/* the mask does not reach addresses of shared memory */
	REASON_POOL_UNUSABLE,
	REASON_BOUNCE_PRIVATE,	/* it cannot reach private memory (7.3) */
	REASON_BOUNCE_FORCED,
	REASON_PRIVATE_NO_POOL,	/* it cannot reach private memory, and there is no pool */
	REASON_BELOW_ENC,	/* the mask does not reach the C-bit */
	REASON_NO_POOL,		/* secure, and there is no pool */
	REASON_NOT_FORCED,	/* secure, and the pool's use is not forced */
	REASON_BY_ADDRESS,	/* what it cannot address is bounced */
	REASON_REACHES_ALL,
	REASON_ACCEPTED,	/* the guest lets it reach private memory (TDISP) */
	REASON_WINDOW_ABOVE,	/* its direct window lies above its mask */
	REASON_VIO,		/* virtual I/O: the default window only */
	REASON_SMALL_MASK,	/* no dynamic window that its mask reaches */
	REASON_DISABLE_DDW,
	REASON_DDW_SMALL,	/* the dynamic window does not hold all memory */
	REASON_DDW_REFUSED,
	REASON_NO_DDW,
	REASON_MAX
};

/* Facts of a decision; its sentences are made by words__decision() (words/words.h). */
struct state_decision {
	enum state_way way;
	enum state_way predicted;	/* before what was seen corrected it */
	enum state_reason reason;
	uint64_t mask, reach;		/* the mask; min(mask, bus limit); 0: not known */
	uint64_t ram_end;
	bool pool;			/* there is one, or it is not known */
	bool no_ops;			/* pseries: no dma_ops, so no TCE is written */
	const char *iommu;		/* the IOMMU it is behind, "" = none or not known */
	bool identity;			/* ... which passes its addresses through */
	bool external;			/* below an external port: not trusted */
	uint32_t direct_liobn;		/* of the direct window it goes through; 0: none */
	uint64_t direct_base;
	uint64_t window_ram;		/* of a hybrid one: RAM that it maps; 0: all */
	uint32_t tce_liobn;		/* of the window that its TCEs are in; 0: not known */
	bool tce_ddw;			/* that is a dynamic one */
	uint32_t liobn;			/* of what its mappings use; 0: none, or not known */
	bool observed;		/* from mappings seen; else from the device's state only */
	bool bad;		/* the device is given memory that it cannot read */
	uint64_t ts;		/* when the last mask was judged; 0: not seen ... */
	bool before_start;	/* ... because it was before the start */
	char brief[STATE_BRIEF_LEN];	/* in words: fits a column: "bounce: forced" */
	char full[DMS_TEXT_LEN];	/* in words: a sentence or two */
};

/* Without words. 0, or -ENOENT: no such device. */
int state__decision(const struct state *m, uint64_t key, struct state_decision *out);

/* ---- windows ---- */

struct state_window {
	struct rec_window rec;		/* dev, liobn, base, size, kind, use */
	uint64_t entries;		/* TCEs the window has room for */
	struct mval used, hiwater;	/* TCEs in use now, and at most; LIOBN-wide */
	struct mval preexisting;	/* of used: set before the start */
	struct mval mapped_bytes;	/* guest memory a device can reach through it */
	struct mval shared_bytes;	/* of mapped_bytes: shared with the hypervisor */
	uint64_t set_failed;		/* TCE hcalls refused on this LIOBN */
};

/* All but preexisting and shared_bytes, which cost a walk over the table and all live mappings. */
bool state__window_fill(const struct state *m, size_t i, struct state_window *out);
/* The preexisting of a window that was filled in. Walks its table. */
struct mval state__window_older(const struct state *m, const struct state_window *w);
/* In order of appearance, removed ones included (rec.removed). false past the end. */
bool state__window(const struct state *m, size_t i, struct state_window *out);

/* ---- ranges: live mappings, merged into runs ---- */

enum state_shared_state {
	STATE_SHARED_UNKNOWN = 0,	/* not a secure guest, or no physical address */
	STATE_SHARED_NO, STATE_SHARED_PART, STATE_SHARED_YES,
};

struct state_range {
	uint64_t dev;		/* 0: no device, or not known which */
	uint32_t liobn;		/* of TCEs found at the start: their table; else 0 */
	enum dms_path path;
	enum dms_dir dir;
	uint64_t dma, phys;
	uint64_t size;		/* from the first byte to the last of the run */
	uint64_t bytes;		/* mapped; less than size if the run has holes within pages */
	uint64_t count;		/* mappings in it; 0: older than the start, size is all we know */
	bool phys_known;
	bool scattered;		/* the memory behind is not one run: phys is the first */
	bool preexisting;	/* at least one is older than the start */
	uint64_t oldest, newest;	/* ts of mappings; oldest 0: before the start */
	uint64_t seq;		/* of the oldest mapping's event, 0: none */
	uint32_t stack;		/* of the oldest, 0 = none */
	const char *caller;	/* function that asked, NULL = not recorded */
	uint32_t pid;		/* of the oldest */
	enum state_shared_state shared;
};

struct state_range_filter {
	bool by_dev;
	uint64_t dev;
	bool by_path;
	enum dms_path path;
	bool by_addr;		/* DMA or physical address inside */
	uint64_t addr, addr_len;	/* addr_len 0 = 1 byte */
	bool each;		/* one range per mapping, not merged */
	size_t limit;		/* stop after that many, 0 = none */
};

/* Return non-zero to stop; state__ranges() hands it on. */
typedef int (*state_range_fn)(void *ctx, const struct state_range *r);

/*
 * Sorted by device (order of appearance), path, direction, DMA address; what was found in tables
 * and pools at the start (count 0) comes last. 0, what fn returned, or -ENOMEM. *total (may be
 * NULL) becomes the number of ranges there are, limit or not.
 */
int state__ranges(const struct state *m, const struct state_range_filter *f,
		  state_range_fn fn, void *ctx, uint64_t *total);
/*
 * The mapping that covered state_opts.watch_addr last and is unmapped; *unmapped is when (ns).
 * False: none did since the start.
 */
bool state__gone(const struct state *m, struct state_range *out, uint64_t *unmapped);
/* The owner, in words for a reader: the device's name, or what else is known. Returns buf. */
const char *state__range_owner(const struct state *m, const struct state_range *r, char *buf,
			       size_t n);

/* ---- the bounce pool ---- */

struct state_pool {
	struct rec_pool rec;
	struct mval total;		/* slots */
	struct mval used, hiwater;	/* slots */
	struct mval held;		/* slots of used that we saw being taken */
	struct mval free_run;		/* slots: the longest run of free ones now */
	uint64_t attempts, ok, failed;	/* searches for slots since the start */
	uint64_t segment;		/* bytes: no single mapping can be larger */
};

bool state__pool(const struct state *m, size_t i, struct state_pool *out);
/* The pool that d takes its slots from, for state__pool(): 0 also where that is not known. */
size_t state__pool_of(const struct state *m, const struct state_dev *d);
/* Slots that are enough where most were in use at once: half more, and 4 MiB at least. */
uint64_t state__slots_enough(uint64_t most);
/*
 * swiotlb= with another size has to say ",force" too: it does now, or the guest's kind (PEF) has no
 * forced pool without.
 */
bool state__pool_wants_force(const struct state *m);

/* ---- the ledger: pages the hypervisor can see ---- */

struct state_ledger {
	bool secure;			/* false: all memory is visible, all below means nothing */
	bool counted;			/* conversions are; false: none of the counts is known */
	struct mval shared;		/* bytes shared now, as far as known */
	uint64_t confirmed, assumed;	/* bytes of it: seen being shared; from the pool at start */
	uint64_t before;		/* shares before the start that nobody can list may be */
	uint64_t shares, unshares;	/* calls */
	bool shares_least, unshares_least;	/* some were not delivered: there may be more */
	uint64_t share_bytes, unshare_bytes;
	struct mval failed;		/* conversions refused; needs the right hook */
	struct mval rate_max, rate;	/* conversions per second: busiest second, last second */
	uint64_t unshared_mapped;	/* faults, in calls: unshared while it was mapped */
	struct mval freed_shared;	/* pages freed to the allocator while shared */
	uint64_t unshare_unknown;	/* unshared, though never known to be shared */
	uint64_t kexec;			/* bytes a kexec now would have to take back */
};

void state__ledger(const struct state *m, struct state_ledger *out);

struct state_shared {
	uint64_t phys, size;
	bool confirmed;			/* false: assumed */
	uint64_t ts, seq;		/* 0: before the start */
	uint32_t stack;
	const char *caller;		/* NULL = not recorded */
	uint32_t pid;
	const char *comm;		/* name of that process, NULL = not recorded */
	const char *heap;		/* dma-buf heap it is of; NULL: none, "": some */
};

typedef int (*state_shared_fn)(void *ctx, const struct state_shared *s);
/* By address. 0 or what fn returned. */
int state__shared(const struct state *m, state_shared_fn fn, void *ctx);

struct state_sharer {
	const char *caller;		/* "before the start" for what was assumed */
	uint32_t stack;
	uint64_t shares, unshares;
	uint64_t bytes;			/* shared now */
};

/* Fills up to n, most bytes first; returns how many there are. */
size_t state__sharers(const struct state *m, struct state_sharer *out, size_t n);

struct state_heap_user {
	const char *heap;		/* as in struct state_shared */
	const char *comm;
	uint32_t pid;
	uint64_t bytes;			/* shared now */
};

/* Users of shared dma-buf heaps. Fills up to n, most bytes first; returns how many. */
size_t state__heap_users(const struct state *m, struct state_heap_user *out, size_t n);

/* ---- callers and failures ---- */

struct state_caller {
	uint64_t dev;
	enum dms_path path;
	uint32_t stack;			/* 0: none was recorded; of several the busiest */
	const char *name;		/* function that asked the DMA API, NULL = not recorded */
	uint64_t maps, bytes, fails;
	uint64_t live, live_bytes;
	uint64_t oldest;		/* ts of its oldest live mapping, 0 = none live */
	uint32_t life_hist[STATE_LIFE_SLOTS];	/* as of a device */
};

/*
 * The longest lifetime of a part of the mappings that ended: percent of 1 to 100; ns, the upper
 * bound of a class, UINT64_MAX: the last class has none. 0: none ended.
 */
uint64_t state__caller_life(const struct state_caller *c, unsigned int percent);

/* Fills up to n, most maps first; of one device if dev is not NULL. Returns how many there are. */
size_t state__callers(const struct state *m, const uint64_t *dev, struct state_caller *out,
		      size_t n);
/* The frames; NULL if that stack was not in the stream. */
const struct rec_stack *state__stack(const struct state *m, uint32_t id);

struct state_failure {
	uint64_t seq, ts, dev, size, phys;
	enum state_fail why;
	uint64_t since;		/* the reason rests on what was observed since then ... */
	bool unfit;		/* ... as it does of one that is too big by its offset alone */
	enum dms_dir dir;
	uint32_t stack, pid;
	const char *caller;
};

#define STATE_FAILURES		64	/* the last that many are kept */
/* i = 0 is the newest. false past the end. */
bool state__failure(const struct state *m, size_t i, struct state_failure *out);

#endif /* DMASCOPE_MODEL_H */
