/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of the model share among themselves. Nobody outside src/model includes this;
 * what others may ask is in model.h.
 */
#ifndef DMASCOPE_MODEL_INTERNAL_H
#define DMASCOPE_MODEL_INTERNAL_H

#include "model/idmap.h"
#include "model/maptab.h"
#include "model/model.h"
#include "model/rangeset.h"

#define NONE		IDMAP_NONE
#define NSEC		UINT64_C(1000000000)
#define SETTLE		(NSEC / 5)	/* records of one call may lie that far apart */

/* A hostile stream must not make the model grow without bound; no machine comes near these. */
#define MAX_DEVS	16384
#define MAX_STACKS	32768
#define MAX_CALLERS	65536
#define MAX_TABLES	16384
#define MAX_WINDOWS	65536
#define MAX_POOLS	64
#define MAX_SLOTS	(4U << 20)
#define MAX_SHARERS	65536

/* Observations behind a finding: how many, and the first of them. */
struct evid {
	uint64_t count;
	uint64_t seq[MODEL_FINDING_EVENTS];
};

void evid_add(struct evid *e, uint64_t seq);
void evid_take_back(struct evid *e, uint64_t seq);

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

/* To be called before the value changes from v at time ts, and before asking. */
void growth_roll(struct growth *g, uint64_t ts, uint64_t v);
void growth_set(struct growth *g, uint64_t v);
/* Strictly more in each piece than in the one before, for at least four pieces. */
bool growth_monotonic(const struct growth *g, uint64_t *from, uint64_t *to, uint64_t *ns);

/* ---- devices ---- */

enum dev_evid {
	DE_FAIL = 0,		/* + enum model_fail */
	DE_PRIVATE = MODEL_FAIL_MAX,	/* mapped, not shared */
	DE_PRIVATE_COHERENT,
	DE_NO_TCE,		/* direct or bounced, outside every window */
	DE_NOT_BUILT,		/* tce, and no TCE was seen being set */
	DE_PATH_MISMATCH,
	DE_SIZE_MISMATCH,
	DE_DIR_MISMATCH,
	DE_UNMAP_ERROR,		/* DMA_MAPPING_ERROR was given back as if it were a handle */
	DE_UNMAP_TWICE,
	DE_BYPASS_REFUSED,
	DE_MASK_REFUSED,
	DE_BOUNCE_ADDR,		/* bounced though nothing forces it */
	DE_BOUNCE_REACHED,	/* ... and though the device reaches all RAM */
	DE_MAX
};

#define SUSPECTS	8
struct suspect {		/* a mapping no window covered when it was made */
	uint64_t dma, size, ts, seq;
	uint32_t dev;		/* index */
	uint8_t path;
};

struct slot_fail {
	uint64_t ts, size, used, align;
	uint32_t offset;	/* of the memory in its page of 4 KiB */
	enum model_fail why;
};

struct dev {
	struct model_dev pub;
	struct rec_device rec;
	bool has_rec;
	struct evid ev[DE_MAX];
	struct suspect suspect[SUSPECTS];
	uint32_t suspects;
	struct slot_fail slot_fail;
	uint64_t slot_maps;	/* how many mappings hold pub.slots */
	uint64_t biggest_fail[MODEL_FAIL_MAX];	/* bytes */
	uint64_t longest_free;	/* at the first failure as fragmented: see run_too_short() */
	struct slot_fail unfit;	/* the first that no segment can hold though its size is less */
	uint32_t unfit_looks;	/* how often that was looked into */
	uint64_t live_now;
	uint64_t private_direct;	/* of pub.private_maps: those a pool would have bounced */
	uint64_t older[DMS_PATH_MAX];	/* by REC_STATS: unmaps of what is older than the start */
	uint64_t looked[DMS_PATH_MAX];	/* mappings found by the look that runs */
	uint64_t untracked;
	uint64_t coherent_tce_bytes;	/* coherent memory behind TCEs */
	uint64_t decide_ts;
	bool bypass_seen, bypass_granted;
	bool stats;
	struct growth growth[DMS_PATH_MAX];	/* of live mappings */
	uint64_t superseded;	/* mappings whose unmap never came */
	uint64_t missed_search;	/* failures of no known reason right at the start */
};

/* ---- windows and TCE tables ---- */

/* What the hypervisor refused: the first of it in words, the rest as a number. */
struct refusal {
	struct evid ev;
	int64_t status;
	uint64_t ioba;
};

struct table {			/* of one LIOBN */
	uint32_t liobn;
	uint32_t page_shift;	/* 0: not known */
	struct rangeset set;	/* TCEs in use, as far as seen */
	uint64_t hiwater;	/* bytes */
	bool snapshot;		/* what was in use at the start was listed */
	struct refusal refused, clear_refused;	/* setting, clearing */
	struct suspect stale[SUSPECTS];	/* unmapped, and the TCE was still there */
	uint32_t stales;
	bool seen;		/* any TCE event */
};

/* ---- pool ---- */

#define POOL_WORST	3

struct holder {
	uint64_t dev;		/* key */
	uint64_t slots;
	uint64_t count;		/* mappings holding them */
};

struct pool {
	struct rec_pool rec;
	int64_t delta;		/* slots taken less slots given back since rec */
	uint64_t hiwater;
	uint64_t attempts, ok, failed, biggest;
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

/* ---- ledger ---- */

#define SHARED_CONFIRMED	1u
#define SHARED_FREED		2u	/* given back to the allocator meanwhile */

struct sharer {
	uint32_t stack;
	uint64_t shares, unshares;
};

struct ledger {
	struct rangeset set;
	uint64_t shares, unshares, share_bytes, unshare_bytes;
	struct evid failed, unshared_mapped, freed_shared, unshare_unknown;
	uint64_t freed_pages;
	int64_t fail_status;
	uint64_t sec, sec_count, last_count, rate_max, busy_secs;
	struct evid storm;
	struct growth growth;	/* of bytes shared beyond the pools */
	uint64_t assumed;	/* bytes: pools at the start */
	struct sharer *sharer;
	uint32_t sharers, sharer_cap;
	struct idmap by_stack;
	uint64_t bad_ts;	/* the last refused ultracall */
	uint32_t bad_cpu, bad_pid;
};

/* ---- callers ---- */

struct caller {
	uint32_t dev, stack;
	uint8_t path;
	uint64_t maps, bytes, fails, unmaps, live, live_bytes;
	struct growth growth;
};

struct stack {
	struct rec_stack *rec;
	char name[DMS_NAME_LEN];	/* of the caller */
};

struct model {
	struct model_opts opts;
	struct rec_session session;
	struct rec_end end;
	bool has_session, has_end, has_hooks, aggregates;
	bool secure, tce, any_lost;
	uint64_t now, first_ts, seq;

	struct rec_hook *hook;
	size_t hooks;
	bool attached[DMS_HOOK_MAX];
	uint64_t lost[DMS_HOOK_MAX], trimmed;
	struct evid indirect;	/* H_PUT_TCE_INDIRECT with a list that is not shared */

	struct dev **dev;
	uint32_t devs, dev_cap;
	struct idmap by_key;
	uint32_t last_dev;

	struct maptab maps;
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
	uint64_t last_unbounce;		/* ts of the newest UNBOUNCE: its hook was alive then */
	struct idmap by_slot;

	struct ledger ledger;

	struct caller *caller;
	uint32_t callers, caller_cap;
	struct idmap by_caller;
	struct stack *stack;
	uint32_t stacks, stack_cap;
	struct idmap by_stack;
	struct model_failure failure[MODEL_FAILURES];
	uint64_t failures;
};

/* model.c */
/* Room for one more in an array of elements of `size`; 0 or -ENOMEM. */
int grow_array(void *array, uint32_t *cap, uint32_t n, size_t size);
/* NULL: attached, and nothing of it was lost; else why what it sees may be missing. */
const char *hook_doubt(const struct model *m, enum dms_hook id);
/* Observations are missing, by a loss or by a filter: what rests on absence is not to be said. */
bool hooks_lost(const struct model *m);
/* "6.12.117" -> 612; 0 if that is no version. */
unsigned int kernel_version(const struct model *m);

/* devices.c */
/* Finds or makes. NULL: no memory. Beyond MAX_DEVS everything goes to key 0. */
struct dev *dev_get(struct model *m, uint64_t key, uint32_t *index);
struct dev *dev_find(const struct model *m, uint64_t key);
int devices__record(struct model *m, const struct rec_device *rec);
int devices__event(struct model *m, const struct dms_event *ev);
int devices__stats(struct model *m, const struct rec_stats *st);
bool dev_knows(const struct dev *d, uint32_t bit);
/* Each device as d, i its index. */
#define for_each_dev(m, i, d) \
	for ((i) = 0; (i) < (m)->devs && ((d) = (m)->dev[i], true); (i)++)
void devices__free(struct model *m);

/* mappings.c */
int mappings__event(struct model *m, const struct dms_event *ev);
int mappings__look(struct model *m, const struct rec_look *k);
/* What a DMA address itself tells of its memory (SEV's C-bit): 1 shared, 0 private, -1 nothing. */
int dma_says_shared(const struct model *m, uint64_t dma, uint8_t path);
/* Private memory has addresses (with the C-bit) that this mask does not reach. */
static inline bool mask_below_enc(const struct model *m, uint64_t mask)
{
	return m->secure && mask && mask < m->session.enc_mask;
}

/* windows.c */
int windows__record(struct model *m, const struct rec_window *rec);
int windows__event(struct model *m, const struct dms_event *ev);
void windows__free(struct model *m);
struct table *table_find(const struct model *m, uint32_t liobn);
/* A mapping through TCEs was given back: are they gone? */
void windows__unmapped(struct model *m, const struct dev *d, const struct mapping *mp);
/* Is the TCE of that suspect still set, with nothing mapped there? */
bool windows__is_stale(const struct model *m, const struct table *t, const struct suspect *s);
/* Can the device reach [dma, dma + size)? 1, 0, or -1: not enough is known. */
int windows__cover(const struct model *m, const struct dev *d, uint64_t dma, uint64_t size);
/* The device's window of that use (0: any), or NULL. */
const struct rec_window *windows__find(const struct model *m, uint64_t dev,
				       enum dms_window_kind kind, enum dms_window_use use);
/* Devices of one partition share their window: is that table also an earlier window's? */
bool windows__had(const struct model *m, uint32_t i);
/* Guest memory a direct window maps, in bytes; 0 = not known. */
uint64_t windows__ram(const struct model *m, const struct rec_window *w);

/* pool.c */
int pool__record(struct model *m, const struct rec_pool *rec);
int pool__event(struct model *m, const struct dms_event *ev);
/* A mapping through the pool was seen or given back; slot: its address, 0 = not known. */
int pool__mapped(struct model *m, const struct dms_event *ev);
void pool__unmapped(struct model *m, uint64_t slot, uint64_t ts);
/* Forgets all slots that mappings were seen to hold: a look tells them anew. */
void pool__forget(struct model *m);
/* A mapping failed for want of a slot, where no hook saw the search for it. */
void pool__refused(struct model *m, struct dev *d, const struct dms_event *ev);
/* Why a search for that much of ev's memory (0: not known) found nothing. */
enum model_fail pool__why(const struct model *m, struct dev *d, const struct dms_event *ev,
			  uint64_t size);
const struct pool *pool__main(const struct model *m);
struct mval pool__used(const struct model *m, const struct pool *p);
uint64_t pool__segment(const struct pool *p);
/* Free slots in a row, at most; NONE when not each slot's holder is known. */
uint64_t pool__longest_free(const struct model *m);
/* Yes, no, or -1: not known. */
int pool__exists(const struct model *m, const struct dev *d);
int pool__forced(const struct model *m, const struct dev *d);
bool pool__contains(const struct model *m, uint64_t phys);
void pool__free(struct model *m);

/* ledger.c */
int ledger__event(struct model *m, const struct dms_event *ev);
int ledger__pool(struct model *m, const struct rec_pool *rec);
void ledger__free(struct model *m);
/* Conversions are known to this point: why not, or NULL. */
const char *ledger__blind(const struct model *m);

/* callers.c */
int callers__stack(struct model *m, const struct rec_stack *rec);
const char *caller_name(const struct model *m, uint32_t stack);
/* The caller's index, NONE when there are too many; -ENOMEM. */
int caller_map(struct model *m, uint32_t dev, const struct dms_event *ev, uint32_t *index);
void caller_live(struct model *m, uint32_t index, uint64_t ts, uint64_t size, bool add);
int caller_fail(struct model *m, uint32_t dev, const struct dms_event *ev, enum model_fail why);
void callers__free(struct model *m);

/* decisions.c */
void decide(const struct model *m, const struct dev *d, struct model_decision *out);

#endif /* DMASCOPE_MODEL_INTERNAL_H */
