/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bodies of the parts, the state as a whole, and what its parts ask of each other. Nobody
 * outside src/state includes this: rules ask by device.h, window.h, pool.h, mapping.h, ledger.h,
 * caller.h and run.h, where the parts have no bodies, all others by state.h.
 */
#ifndef DMASCOPE_STATE_INTERNAL_H
#define DMASCOPE_STATE_INTERNAL_H

#include "state/caller.h"
#include "state/coverage.h"
#include "state/device.h"
#include "state/idmap.h"
#include "state/ledger.h"
#include "state/mapping.h"
#include "state/maptab.h"
#include "state/pool.h"
#include "state/rangeset.h"
#include "state/run.h"
#include "state/state.h"
#include "state/window.h"
#include "util/grow.h"

/* A hostile stream must not make the model grow without bound; no machine comes near these. */
#define MAX_DEVS	16384
#define MAX_STACKS	32768
#define MAX_CALLERS	65536
#define MAX_TABLES	16384
#define MAX_WINDOWS	65536
#define MAX_POOLS	64
#define MAX_SLOTS	(4U << 20)
#define MAX_SPLIT	(1U << 16)	/* slots of old runs: 128 MiB in use at the start */
#define MAX_SHARERS	65536
#define MAX_TASKS	65536

/* Observations, with the time that each rests on. */
struct evid {
	struct seen seen;
	/* Each is evidence if none of these hooks (COVER_*) was hit unseen in its time (ns). */
	uint64_t hooks, from[EVIDENCE], to[EVIDENCE];
};

/*
 * Does a number only ever grow? The least value in each of up to GROWTH_WINS equal pieces of
 * time; when all are used, neighbours are joined and the pieces become twice as long.
 */
#define GROWTH_WINS	8
struct growth {
	uint64_t min[GROWTH_WINS];
	uint64_t start;		/* ns, of the first piece; 0: nothing yet */
	uint64_t span;		/* ns of one piece */
	uint32_t n;		/* pieces begun */
};

#define SLOT_FAILS	8

/* Unmaps that no flush came after yet. */
struct pending {
	uint64_t *ts;
	uint32_t n, cap;
	bool cut;		/* there were more, or a flush was lost */
};

struct held {		/* slots, and the mappings that hold them */
	uint32_t slots, maps;
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
	struct held held[MAX_POOLS], held_outside;	/* pub.slots by pool; in no known pool */
	uint64_t biggest_fail[STATE_FAIL_MAX];	/* bytes */
	uint32_t reported[DMS_HIST_SLOTS];	/* failures that events reported, by size */
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
	struct seen since[DMS_PATH_MAX];
	uint32_t decided;	/* state's `decided` at that time; 0: nothing was counted */
	bool bypass_seen, bypass_granted;
	bool skipped_unmap;	/* may_end_unseen() was true once */
	bool stats;
	struct growth growth[DMS_PATH_MAX];	/* of live mappings */
	bool has_unmapped;	/* any unmap of it was seen, whatever it was of */
	/* ts of birth: of the youngest mappings that were unmapped; 0: none was */
	uint64_t unmapped_born[DMS_PATH_MAX];
	uint64_t life_max;	/* ns: the longest that a mapping lived which was unmapped */
	uint64_t unbound_ts;	/* when no driver was last seen after one; 0: never */
	uint64_t rebound_ts;	/* when a driver was seen again after that; 0: not yet */
	uint64_t left_unmap_ts;	/* when what the driver or device left was last unmapped */
	char unbound[DMS_NAME_LEN];	/* the driver before; "": there were several */
	bool many_drivers;	/* one after the other: any of them may have made a mapping */
	struct {
		uint64_t ts, addr, size;
		uint32_t pid;
	} last_slot;		/* the last search that found one */
	uint64_t above_slot;	/* the first slot above the mask */
	struct past_object past_object;
	uint64_t missed_search;	/* failures of no known reason right at the start */
	struct dev_fault fault[FAULT_KINDS][EVIDENCE];	/* the first ones */
	uint64_t frozen_pe;	/* address of the PE, at the first freeze */
	uint64_t added_ts;	/* ns: its DEVICE_ADD; 0: it may be older than the start */
	struct rangeset user;	/* mapped past the DMA API now ... */
	uint64_t user_ts;	/* ... and when the last such mapping was made; 0: never */
	struct pending pending;
	bool domain_known;	/* DMS_EV_DOMAIN_USE came */
	uint64_t domain_maps, domain_bytes;	/* by it, since the start ... */
	uint64_t domain_base, domain_base_maps;	/* ... and when a slice began */
};

struct table {			/* of one LIOBN */
	uint32_t liobn;
	uint32_t page_shift;	/* 0: not known */
	struct rangeset set;	/* TCEs in use, as far as seen */
	struct rangeset private;	/* of them: to memory that was not shared then */
	uint64_t hiwater;	/* bytes */
	bool snapshot;		/* what was in use at the start was listed */
	struct refusal refused, clear_refused;	/* setting, clearing */
	struct suspect stale[SUSPECTS];	/* unmapped, and the TCE was still there */
	uint32_t stales;
	bool seen;		/* any TCE event */
};

#define POOL_WORST	3

struct pool {
	struct rec_pool rec;
	int64_t delta;		/* slots taken less slots released since rec */
	uint64_t live;		/* slots whose holders are known */
	uint64_t first_ts;	/* of the first record */
	uint64_t hiwater;	/* slots: most in use at once, as counted from rec and events */
	uint64_t hiwater_read;	/* the kernel's own number, 0: not known */
	uint64_t attempts, ok, failed;
	uint64_t big_used_max;	/* slots in use, when a request failed that never fits */
	struct holder worst[POOL_WORST];	/* who held most when most was in use */
	uint32_t worsts;
	uint64_t worst_used;
};

struct slot {
	uint64_t addr, phys, ts, seq;	/* phys: of the memory bounced, 0 = not known */
	uint64_t closed;	/* ts of the unmap of its mapping, 0: open */
	uint32_t dev, stack;
	uint32_t nslots;
	uint32_t pool;		/* index, NONE = in no known pool */
	uint32_t next;		/* free list */
	uint8_t dir, used, preexisting;
};

#define SHARED_CONFIRMED	1u
#define SHARED_FREED		2u	/* freed to the allocator meanwhile */

struct sharer {
	uint32_t stack;
	uint64_t shares, unshares;
};

/*
 * Records of different CPUs may change places: an unshare that an older share may yet follow, a
 * mapping of private memory whose share may yet come, memory made private whose unmap may.
 */
#define LATE	32
struct unshared {
	uint64_t from, to, ts;
};

struct early_map {
	uint64_t phys, size, bytes, ts, seq;	/* seq 0: none */
	uint32_t dev;
	bool direct;
};

struct early_unshare {
	uint64_t ts, seq, map_seq;	/* of the unshare; of the mapping's event */
};

/* Whom memory was shared for. */
struct task {
	uint32_t pid;
	char comm[DMS_COMM_LEN];
};

struct ledger {
	struct rangeset set;	/* note.task: place in `task` plus 1, 0 = not known */
	struct unshared unshared[LATE];
	struct early_map early_map[LATE];
	struct early_unshare early_unshare[LATE];
	uint32_t n_unshared, n_early_map, n_early_unshare;
	uint64_t shares, unshares, share_bytes, unshare_bytes;
	struct seen failed, unshare_unknown;
	struct evid unshared_mapped, freed_shared;
	uint64_t freed_pages;
	int64_t fail_status;
	uint64_t sec, sec_count, last_count, rate_max, busy_secs;
	struct seen storm;
	struct growth growth;	/* of bytes shared beyond the pools */
	uint64_t assumed;	/* bytes: pools at the start */
	struct sharer *sharer;
	uint32_t sharers, sharer_cap;
	struct idmap by_stack;
	struct task *task;
	uint32_t tasks, task_cap;
	struct idmap by_task;
	uint64_t bad_ts;	/* the last refused ultracall */
	uint32_t bad_cpu, bad_pid;
};

struct caller {
	uint32_t dev, stack;
	uint8_t path;
	uint64_t maps, bytes, fails, unmaps, live, live_bytes;
	uint32_t life_hist[STATE_LIFE_SLOTS];
	struct growth growth;
};

struct stack {
	struct rec_stack *rec;
	char name[DMS_NAME_LEN];	/* of the caller */
	const char *heap;	/* as in struct state_shared */
};

struct state {
	struct state_opts opts;
	struct rec_session session;
	struct rec_end end;
	struct rec_finding *recorded[STATE_RECORDED_MAX];
	size_t recordeds;
	bool has_session, has_end, has_hooks, aggregates;
	bool cut;		/* REC_CUT came: */
	uint64_t sure;		/* ns: to here what was lost is known */
	uint64_t listed;	/* seq at the last record of a device, window or pool */
	bool cut_in_list;	/* the slice ended between two of them */
	bool secure, tce, any_lost;
	bool accepts;		/* this kernel knows devices that reach private memory */
	uint32_t decided;	/* raised when what decides the paths of all devices changes */
	uint64_t bounced_unasked;	/* mappings that bounced for no known reason (secure) */
	struct coverage *cover;
	uint64_t now, first_ts, seq;
	uint64_t hit;		/* ts of the newest hit: what was read meanwhile may be newer */
	struct rec_slice slice;
	bool sliced, in_slice;	/* in_slice: what comes counts */
	uint64_t seq_events;	/* events that count */

	struct rec_hook *hook;
	size_t hooks, hook_cap;
	bool attached[DMS_HOOK_MAX];
	uint64_t trimmed;
	struct evid indirect;	/* H_PUT_TCE_INDIRECT with a list that is not shared */

	struct dev **dev;
	uint32_t devs, dev_cap;
	struct idmap by_key;
	uint32_t last_dev;

	struct maptab maps;
	struct mapping gone;	/* the last mapping of opts.watch_addr that was unmapped ... */
	uint64_t gone_ts;	/* ... and when; 0: none */
	struct recent *recent;	/* mappings that were unmapped lately; NULL: none yet */
	uint64_t recents;	/* how many there ever were */
	uint64_t faults;	/* of all devices */
	uint64_t look_ts, look_live, look_missing;
	bool looking;		/* mappings and slots come from a look: they count nowhere */

	struct rec_window *win;
	uint32_t wins, win_cap;
	struct table *table;
	uint32_t tables, table_cap;
	struct idmap by_liobn;

	struct pool pool[MAX_POOLS];
	uint32_t pools;
	struct slot *slot;
	uint32_t slots_used, slot_cap, slot_free, slots_live, slots_old;
	uint64_t slots_split;		/* slots of old runs, at most MAX_SPLIT */
	uint64_t last_unbounce;		/* ts of the newest UNBOUNCE: its hook was alive then */
	struct idmap by_slot;

	struct ledger ledger;

	struct caller *caller;
	uint32_t callers, caller_cap;
	struct idmap by_caller;
	struct stack *stack;
	uint32_t stacks, stack_cap;
	struct idmap by_stack;
	struct state_failure failure[STATE_FAILURES];
	uint64_t failures;
};

/* state.c */
void evid_add_at(struct evid *e, uint64_t seq, uint64_t from, uint64_t to);
/*
 * Adds the newest event, if none of those hooks had a hole between two times. Should a gap turn up
 * later evid_doubt() takes all of it back.
 */
void evid_add_sure(const struct state *m, struct evid *e, uint64_t hooks, uint64_t from,
		   uint64_t to);
/* Is any of it still evidence? What is not is taken out. */
bool evid_doubt(const struct state *m, struct evid *e);
void evid_take_back(struct evid *e, uint64_t seq);
/* To be called before the value changes from v at time ts. */
void growth_roll(struct growth *g, uint64_t ts, uint64_t v);
void growth_set(struct growth *g, uint64_t v);
/* Has the value, which is v now, only grown in at least four pieces? *out only if it has. */
bool growth_monotonic(const struct state *m, const struct growth *was, uint64_t v,
		      struct grown *out);

/* devices.c */
/* Finds or makes. NULL: no memory. Beyond MAX_DEVS everything goes to key 0. */
struct dev *dev_get(struct state *m, uint64_t key, uint32_t *index);
struct dev *dev_find(const struct state *m, uint64_t key);
int devices__record(struct state *m, const struct rec_device *rec);
int devices__event(struct state *m, const struct dms_event *ev);
int devices__stats(struct state *m, const struct rec_stats *st);
/* Begins a slice: resets the counts so far, keeps the current state. */
void devices__begin_slice(struct state *m);
void windows__begin_slice(struct state *m);
void pool__begin_slice(struct state *m);
void ledger__begin_slice(struct state *m);
void callers__begin_slice(struct state *m);
void devices__free(struct state *m);

/* mappings.c */
/* True if the driver may omit the unmap of the device's mappings by that path. */
bool may_end_unseen(const struct dev *d, uint8_t path);
/* The same of those that it made earlier: the mapping that an unmap ends may not be a known one. */
bool may_have_ended_unseen(const struct dev *d, uint8_t path);
int mappings__event(struct state *m, const struct dms_event *ev);
int mappings__look(struct state *m, const struct rec_look *k);
/* After news of a loss: what rests on nothing having been missed there no longer counts. */
void mappings__doubt(struct state *m);
/* Does that mapping cover an address, as DMA address, memory, or slot? */
bool mapping_covers(const struct state *m, const struct mapping *mp, uint64_t addr, uint64_t len);
/* Bytes of [dma, dma + size) whose TCEs were set to private memory; a table that is unknown: 0. */
uint64_t windows__private(const struct state *m, uint32_t liobn, uint64_t dma, uint64_t size);

/* By the bit of the DMA address (SEV, CCA), or the path: 1 shared, 0 private, -1 unknown. */
int dma_says_shared(const struct state *m, uint64_t dma, uint8_t path);
/* faults.c */
int faults__event(struct state *m, const struct dms_event *ev);
int faults__freeze(struct state *m, const struct dms_event *ev);
void faults__unmapped(struct state *m, const struct mapping *mp, uint64_t ts);
/* The same of a mapping that was not seen to be made. */
void faults__unmapped_older(struct state *m, uint32_t dev, const struct dms_event *unmap);
void faults__free(struct state *m);

/* domains.c */
int domains__event(struct state *m, const struct dms_event *ev, const char *comm);
/* A mapping of d by that path was unmapped. */
void domains__unmapped(const struct state *m, struct dev *d, uint8_t path, uint64_t ts);
/* Hits of a hook are missing from now on. */
void domains__doubt(struct state *m, enum dms_hook hook);
void domains__begin_slice(struct dev *d);
void domains__free(struct dev *d);

/* The slot of v (us) in a histogram of times: its bits, at most the last slot. */
size_t life_slot(uint64_t v);
/* A process's place plus 1; 0: not known, or too many. Its name; NULL: not known. */
int ledger__task(struct state *m, uint32_t pid, const char *comm, uint32_t *task);
const char *ledger__comm(const struct state *m, uint32_t task);

/* windows.c */
struct table *table_find(const struct state *m, uint32_t liobn);
int windows__record(struct state *m, const struct rec_window *rec);
int windows__event(struct state *m, const struct dms_event *ev);
void windows__free(struct state *m);
/* A mapping through TCEs was unmapped: are they gone? */
void windows__unmapped(struct state *m, const struct dev *d, const struct mapping *mp);

/* pool.c */
/* The hooks (COVER_*) that observe how slots are taken. */
uint64_t pool__taken_by(const struct state *m);
int pool__record(struct state *m, const struct rec_pool *rec);
int pool__event(struct state *m, const struct dms_event *ev);
/* A mapping through the pool was seen or unmapped; slot: its address, 0 = not known. */
int pool__mapped(struct state *m, const struct dms_event *ev);
void pool__unmapped(struct state *m, uint64_t slot, uint64_t ts);
/* Forgets all slots that mappings were seen to hold: a look reports them anew. */
void pool__forget(struct state *m);
/* The taken slot that covers an address of the pool, or NULL. */
const struct slot *pool__slot_at(const struct state *m, uint64_t addr);
/* A mapping failed for want of a slot, where no hook saw the search for it. */
void pool__refused(struct state *m, struct dev *d, const struct dms_event *ev);
/* The reason a search for that much of ev's memory (0: not known) found nothing. */
enum state_fail pool__why(const struct state *m, struct dev *d, const struct dms_event *ev,
			  uint64_t size);
/*
 * The reason that every mapping of the device without a table or an IOMMU is bounced, if one
 * exists. Up to 7.2 force_bounce alone asks for that, and secure guests set it; from 7.3 on, where
 * io_tlb_mem has cc_shared, a device of a secure guest cannot reach private memory
 * (dma_capable(), include/linux/dma-direct.h) and force_bounce is set by swiotlb=force alone.
 */
enum why_bounce {
	BOUNCE_UNKNOWN,
	BOUNCE_NOT,		/* only what the device cannot address */
	BOUNCE_FORCED,		/* force_bounce */
	BOUNCE_PRIVATE,		/* 7.3: private memory is out of its reach */
};

enum why_bounce pool__why_all(const struct state *m, const struct dev *d);
/* Free slots in a row, at most; NONE when not each slot's holder is known. */
uint64_t pool__longest_free(const struct state *m, const struct pool *p);
/* A mapping took a path. When `decided` of the state or the device changed, counting restarts. */
void decide_took(const struct state *m, struct dev *d, uint8_t path);

/* A mapping was bounced: does what is known explain it? */
void pool__bounced(struct state *m, const struct dev *d, bool reaches_ram);
/*
 * 7.3: the pool is of the wrong kind for the device (swiotlb_tbl_map_single() refuses, whatever is
 * free), or was disabled at boot since it could not be shared (swiotlb_mark_pool_used()).
 */
bool pool__unusable(const struct state *m, const struct dev *d);

bool pool__contains(const struct state *m, uint64_t phys);
void pool__free(struct state *m);

/* ledger.c */
/* comm: DMS_COMM_LEN bytes, of a share */
int ledger__event(struct state *m, const struct dms_event *ev, const char *comm);
int ledger__pool(struct state *m, const struct rec_pool *rec);
/* Memory that is not known to be shared was mapped. */
void ledger__mapped_private(struct state *m, uint32_t dev, const struct dms_event *ev,
			    uint64_t bytes);
/* A mapping was unmapped at that time. */
void ledger__unmapped(struct state *m, const struct mapping *mp, uint64_t ts);
void ledger__doubt(struct state *m);
void ledger__free(struct state *m);

/* callers.c */
int callers__stack(struct state *m, const struct rec_stack *rec);
/* The dma-buf heap that it went through, as in struct state_shared. */
const char *caller_heap(const struct state *m, uint32_t stack);
/* The caller's index, NONE when there are too many; -ENOMEM. */
int caller_map(struct state *m, uint32_t dev, const struct dms_event *ev, uint32_t *index);
void caller_live(struct state *m, uint32_t index, uint64_t ts, uint64_t size, bool add);
/* A mapping of it that lived so long ended; slot: of a device's life_hist. */
void caller_life(struct state *m, uint32_t index, size_t slot);
int caller_fail(struct state *m, uint32_t dev, const struct dms_event *ev, enum state_fail why,
		bool unfit, uint64_t since);
void callers__free(struct state *m);

#endif /* DMASCOPE_STATE_INTERNAL_H */
