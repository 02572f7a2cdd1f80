/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state as a whole, and what its parts ask of each other. Nobody outside src/state includes
 * this: rules ask by device.h, window.h, pool.h, mapping.h, ledger.h, caller.h and run.h, all
 * others by state.h.
 */
#ifndef DMASCOPE_STATE_INTERNAL_H
#define DMASCOPE_STATE_INTERNAL_H

#include "state/caller.h"
#include "state/coverage.h"
#include "state/device.h"
#include "state/idmap.h"
#include "state/ledger.h"
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
	uint64_t listed;	/* seq at the last record of a device or window */
	bool secure, tce, any_lost;
	bool accepts;		/* this kernel knows devices that reach private memory */
	uint32_t decided;	/* raised when what decides the paths of all devices changes */
	uint64_t bounced_unasked;	/* mappings that bounced for no known reason (secure) */
	struct coverage *cover;
	uint64_t now, first_ts, seq;
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
int windows__record(struct state *m, const struct rec_window *rec);
int windows__event(struct state *m, const struct dms_event *ev);
void windows__free(struct state *m);
/* A mapping through TCEs was unmapped: are they gone? */
void windows__unmapped(struct state *m, const struct dev *d, const struct mapping *mp);

/* pool.c */
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
