/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is shared with the hypervisor, to be read by rules.
 */
#ifndef DMASCOPE_STATE_LEDGER_H
#define DMASCOPE_STATE_LEDGER_H

#include "state/evidence.h"
#include "state/rangeset.h"

#define LEDGER_STORM_RATE	500	/* conversions in one second that make it a busy one */
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
	struct task *task;
	uint32_t tasks, task_cap;
	struct idmap by_task;
	uint64_t bad_ts;	/* the last refused ultracall */
	uint32_t bad_cpu, bad_pid;
};


const struct ledger *ledger_of(const struct state *m);
/* Bytes of [phys, end) that are shared, as far as is known. */
uint64_t ledger__shared(const struct state *m, uint64_t phys, uint64_t end);

#endif /* DMASCOPE_STATE_LEDGER_H */
