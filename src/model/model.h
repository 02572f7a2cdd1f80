/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the model can be asked: devices, paths, windows, ranges, pools, ledger, findings. Every
 * view (report, top, metrics, csv) is written against this header and nothing else of the model.
 *
 * The model is fed records (record.h) and nothing more: it opens no file, reads no clock, prints
 * nothing. "Now" is the newest time stamp it was fed.
 *
 * Pointers returned stay valid until the next model__feed() or model__free(). Nothing is
 * thread-safe. Units: bytes, ns of CLOCK_MONOTONIC. A "seq" is the place of a REC_EVENT in the
 * stream, the first is 1; findings cite events by it.
 */
#ifndef DMASCOPE_MODEL_H
#define DMASCOPE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmascope/record.h"

struct model;

struct model_opts {
	size_t max_live;	/* live mappings kept, 0: MODEL_MAX_LIVE; see model__memory() */
};

#define MODEL_MAX_LIVE		(8U << 20)

/* NULL: no memory. Free with model__free(), which takes NULL. */
struct model *model__new(const struct model_opts *opts);
void model__free(struct model *m);

/* A dms_sink_fn; ctx is the model. 0 or -ENOMEM; unknown record types are ignored. */
int model__feed(void *ctx, const struct dms_rec *rec);

/* Bytes the model holds now; about 96 per live mapping at most, plus what does not grow. */
size_t model__memory(const struct model *m);

/* A number that may not have been observed: why is NULL when it was, else the reason in words. */
struct mval {
	uint64_t v;
	const char *why;	/* not observed because; v means nothing then */
	bool estimate;		/* derived from something else, not counted */
};

static inline bool mval_known(struct mval v)
{
	return !v.why;
}

/* ---- the run ---- */

struct model_run {
	const struct rec_session *session;	/* NULL: the stream had none */
	const struct rec_end *end;		/* NULL: still running, or the stream was cut */
	bool secure;		/* the guest's memory is private unless shared */
	bool tce;		/* there are TCE tables here (pseries) */
	bool aggregates;	/* counts come from REC_STATS: no single mappings are known ... */
	uint64_t look_ts;	/* ... but those of this time, by REC_LOOK; 0: none */
	uint64_t look_live;	/* mappings that look found */
	uint64_t look_missing;	/* live then by the counts, but in no place of the index */
	uint64_t start, now;	/* ns; equal before the first event */
	uint64_t events;	/* REC_EVENT fed: the last seq */
	uint64_t lost;		/* observations lost, all hooks */
	uint64_t trimmed;	/* older observations the flight recorder let go; not lost */
	uint64_t untracked;	/* mappings not kept: model_opts.max_live was reached */
	bool complete;		/* nothing lost or untracked, an end that says so (or running) */
	const char *incomplete;	/* why not, NULL if complete */
};

void model__run(const struct model *m, struct model_run *out);

/* Hooks as the source announced them, in its order. NULL past the end. */
const struct rec_hook *model__hook(const struct model *m, size_t i);
/* Attached: true. Missing or never announced: false. */
bool model__hook_attached(const struct model *m, enum dms_hook id);
/* Observations of one hook lost so far (gaps; the end record's drops and failures if larger). */
uint64_t model__hook_lost(const struct model *m, enum dms_hook id);

/* ---- devices ---- */

struct model_counts {		/* of one device and path, since the start */
	uint64_t maps, map_bytes;
	uint64_t unmaps, unmap_bytes;
	uint64_t size_hist[DMS_HIST_SLOTS];	/* of maps; slots as in event.h */
};

enum model_fail {
	MODEL_FAIL_OTHER = 0,	/* no inner hook said why */
	MODEL_FAIL_NO_POOL,	/* a slot was needed and there is no pool */
	MODEL_FAIL_TOO_BIG,	/* more than a segment of the pool: can never succeed */
	MODEL_FAIL_POOL_FULL,	/* not that many slots were free */
	MODEL_FAIL_FRAGMENTED,	/* enough slots were free, but not in one run */
	MODEL_FAIL_SLOT,	/* no slot; how full the pool was is not known */
	MODEL_FAIL_NO_TCE,	/* the TCE table had no free run of entries */
	MODEL_FAIL_COHERENT,	/* coherent memory, and no table said no */
	MODEL_FAIL_MAX
};

const char *model__fail_name(enum model_fail why);	/* "no_pool", ... */
const char *model__fail_text(enum model_fail why);	/* "there is no bounce pool", ... */

#define MODEL_LIFE_SLOTS	24	/* log2 of us: < 1 us, < 2 us, ... >= 4 s */

struct model_dev {
	uint64_t key;			/* 0: calls without a device */
	char name[DMS_NAME_LEN];	/* "0000:00:01.0"; "dev:89f" if sysfs did not say */
	const struct rec_device *rec;	/* NULL: no record of it was seen, only events */
	bool present, removed;
	uint64_t removed_ts;
	struct model_counts path[DMS_PATH_MAX];	/* maps of DMS_PATH_FAILED are the failures */
	uint64_t live[DMS_PATH_MAX];	/* mappings made since the start and not given back */
	uint64_t live_bytes[DMS_PATH_MAX];
	uint64_t live_max;		/* most mappings live at once, all paths */
	bool live_estimate;		/* from aggregates: maps less unmaps */
	uint64_t preexisting;		/* unmaps of what was mapped before the start */
	uint64_t fails[MODEL_FAIL_MAX];
	uint64_t slots, slots_max;	/* of the bounce pool held now, and at most */
	struct mval bounce_bytes;	/* copied through the pool: bytes asked for */
	uint64_t private_maps, private_bytes;	/* mapped though not shared (secure guests) */
	uint64_t life_hist[MODEL_LIFE_SLOTS];	/* how long mappings lived, of those given back */
	uint64_t first_ts, last_ts;	/* of its events; 0: none */
	uint64_t mask, coherent_mask;	/* last seen; 0: not observed */
};

/* In order of appearance; NULL past the end. Removed devices stay. */
const struct model_dev *model__dev(const struct model *m, size_t i);
const struct model_dev *model__dev_by_key(const struct model *m, uint64_t key);
/* Always a string: the name, "dev:<hex>", or "-" for key 0 and what was never heard of. */
const char *model__dev_name(const struct model *m, uint64_t key);

/* ---- decisions: why the device's DMA goes the way it goes ---- */

#define MODEL_BRIEF_LEN		25

enum model_way {		/* what streaming mappings of the device do, as far as known */
	MODEL_WAY_UNKNOWN = 0,
	MODEL_WAY_DIRECT,	/* device reads and writes the memory itself */
	MODEL_WAY_BOUNCE,	/* all through the pool */
	MODEL_WAY_TCE,		/* a TCE for each */
	MODEL_WAY_MIXED,	/* decided mapping by mapping */
	MODEL_WAY_IOMMU,
	MODEL_WAY_OUTSIDE,	/* the device does not use the DMA API */
};

struct model_decision {
	enum model_way way;
	bool observed;		/* from mappings seen; else from the device's state only */
	bool bad;		/* the device is given memory that it cannot read */
	uint64_t ts;		/* when the last mask was judged; 0: not seen ... */
	bool before_start;	/* ... because it was before the start */
	char brief[MODEL_BRIEF_LEN];	/* fits a column: "bounce: forced" */
	char full[DMS_TEXT_LEN];	/* a sentence or two */
};

/* 0, or -ENOENT: no such device. */
int model__decision(const struct model *m, uint64_t key, struct model_decision *out);

/* ---- windows ---- */

struct model_window {
	struct rec_window rec;		/* dev, liobn, base, size, kind, use */
	uint64_t entries;		/* TCEs the window has room for */
	struct mval used, hiwater;	/* TCEs in use now, and at most; LIOBN-wide */
	struct mval preexisting;	/* of used: set before the start */
	struct mval mapped_bytes;	/* guest memory a device can reach through it */
	struct mval shared_bytes;	/* of mapped_bytes: shared with the hypervisor */
	uint64_t set_failed;		/* TCE hcalls refused on this LIOBN */
};

/* In order of appearance, removed ones included (rec.removed). false past the end. */
bool model__window(const struct model *m, size_t i, struct model_window *out);

/* ---- ranges: live mappings, merged into runs ---- */

enum model_shared_state {
	MODEL_SHARED_UNKNOWN = 0,	/* not a secure guest, or no physical address */
	MODEL_SHARED_NO, MODEL_SHARED_PART, MODEL_SHARED_YES,
};

struct model_range {
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
	enum model_shared_state shared;
};

struct model_range_filter {
	bool by_dev;
	uint64_t dev;
	bool by_path;
	enum dms_path path;
	bool by_addr;		/* DMA or physical address inside */
	uint64_t addr, addr_len;	/* addr_len 0 = 1 byte */
	bool each;		/* one range per mapping, not merged */
	size_t limit;		/* stop after that many, 0 = none */
};

/* Return non-zero to stop; model__ranges() hands it on. */
typedef int (*model_range_fn)(void *ctx, const struct model_range *r);

/*
 * Sorted by device (order of appearance), path, direction, DMA address; what was found in tables
 * and pools at the start (count 0) comes last. 0, what fn returned, or -ENOMEM. *total (may be
 * NULL) becomes the number of ranges there are, limit or not.
 */
int model__ranges(const struct model *m, const struct model_range_filter *f,
		  model_range_fn fn, void *ctx, uint64_t *total);
/* Whose it is, in words for a reader: the device's name, or what else is known. Returns buf. */
const char *model__range_owner(const struct model *m, const struct model_range *r, char *buf,
			       size_t n);

/* ---- the bounce pool ---- */

struct model_pool {
	struct rec_pool rec;
	struct mval total;		/* slots */
	struct mval used, hiwater;	/* slots */
	struct mval held;		/* slots of used that we saw being taken */
	struct mval free_run;		/* slots: the longest run of free ones now */
	uint64_t attempts, ok, failed;	/* searches for slots since the start */
	uint64_t biggest;		/* bytes of the largest request that failed or not */
	uint64_t segment;		/* bytes: no single mapping can be larger */
};

bool model__pool(const struct model *m, size_t i, struct model_pool *out);

/* ---- the ledger: pages the hypervisor can see ---- */

struct model_ledger {
	bool secure;			/* false: all memory is visible, all below means nothing */
	struct mval shared;		/* bytes shared now, as far as known */
	uint64_t confirmed, assumed;	/* bytes of it: seen being shared; from the pool at start */
	uint64_t before;		/* shares before the start that nobody can list may be */
	uint64_t shares, unshares;	/* calls */
	uint64_t share_bytes, unshare_bytes;
	struct mval failed;		/* conversions refused; needs the right hook */
	struct mval rate_max, rate;	/* conversions per second: busiest second, last second */
	uint64_t unshared_mapped;	/* faults, in calls: unshared while it was mapped */
	uint64_t freed_shared;		/* pages given back to the allocator while shared */
	uint64_t unshare_unknown;	/* unshared, though never known to be shared */
	uint64_t kexec;			/* bytes a kexec now would have to take back */
};

void model__ledger(const struct model *m, struct model_ledger *out);

struct model_shared {
	uint64_t phys, size;
	bool confirmed;			/* false: assumed */
	uint64_t ts, seq;		/* 0: before the start */
	uint32_t stack;
	const char *caller;		/* NULL = not recorded */
	uint32_t pid;
};

typedef int (*model_shared_fn)(void *ctx, const struct model_shared *s);
/* By address. 0 or what fn returned. */
int model__shared(const struct model *m, model_shared_fn fn, void *ctx);

struct model_sharer {
	const char *caller;		/* "before the start" for what was assumed */
	uint32_t stack;
	uint64_t shares, unshares;
	uint64_t bytes;			/* shared now */
};

/* Fills up to n, most bytes first; returns how many there are. */
size_t model__sharers(const struct model *m, struct model_sharer *out, size_t n);

/* ---- callers and failures ---- */

struct model_caller {
	uint64_t dev;
	enum dms_path path;
	uint32_t stack;			/* 0: none was recorded; of several the busiest */
	const char *name;		/* function that asked the DMA API, NULL = not recorded */
	uint64_t maps, bytes, fails;
	uint64_t live, live_bytes;
	uint64_t oldest;		/* ts of its oldest live mapping, 0 = none live */
};

/* Fills up to n, most maps first; of one device if dev is not NULL. Returns how many there are. */
size_t model__callers(const struct model *m, const uint64_t *dev, struct model_caller *out,
		      size_t n);
/* The frames; NULL if that stack was not in the stream. */
const struct rec_stack *model__stack(const struct model *m, uint32_t id);

struct model_failure {
	uint64_t seq, ts, dev, size, phys;
	enum model_fail why;
	enum dms_dir dir;
	uint32_t stack, pid;
	const char *caller;
};

#define MODEL_FAILURES		64	/* the last that many are kept */
/* i = 0 is the newest. false past the end. */
bool model__failure(const struct model *m, size_t i, struct model_failure *out);

/* ---- findings ---- */

enum model_severity { MODEL_NOTE = 1, MODEL_WARNING, MODEL_ERROR };

#define MODEL_FINDING_EVENTS	4

struct model_finding {
	struct rec_finding f;		/* all but what is below */
	uint64_t count;			/* observations behind it, 0 = a state, not events */
	uint64_t seq[MODEL_FINDING_EVENTS];	/* the first ones, 0 = none */
	char not_seen[DMS_TEXT_LEN];	/* what lowers the confidence, "" = nothing */
};

/*
 * What is wrong or wasteful now: worst first. Allocates *out for the caller to free(); *n may
 * be 0 (then *out is NULL). 0 or -ENOMEM.
 */
int model__findings(const struct model *m, struct model_finding **out, size_t *n);
const char *model__severity_name(unsigned int severity);	/* "note", "warning", "error" */
/* Ids the model can make, in the order of the table; NULL past the end. */
const char *model__finding_id(size_t i);

#endif /* DMASCOPE_MODEL_H */
