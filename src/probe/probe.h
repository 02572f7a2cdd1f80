/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF side as the rest of the tool sees it: chosen, loaded, attached, read, detached. The
 * only room that knows libbpf. It hands out raw wire records; what they mean is not known here.
 */
#ifndef DMASCOPE_PROBE_H
#define DMASCOPE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmascope/config.h"
#include "record/record.h"
#include "guest/symbols.h"

struct probe;

/* The inputs of the live-mapping index, as far as known before the start. */
struct probe_index_plan {
	uint64_t slots;		/* of the default pool */
	unsigned int tables;
	struct {
		uint32_t liobn, shift;
		uint64_t base, entries;
	} table[DMS_INDEX_TABLES];
};

struct probe_opts {
	const char *btf_path;	/* BTF of the running kernel where it has none; NULL = its own */
	unsigned int flags;	/* DMS_CFG_STREAM, _STATS, _STACKS_*, _FILTER_DEV */
	uint32_t path_mask;	/* bits of enum dms_path, 0 = all */
	uint64_t min_size;	/* bytes */
	size_t ring_bytes;	/* of all rings together; 0 = 8 MiB, 1 MiB without DMS_CFG_STREAM */
	unsigned int shards;	/* rings, a power of two up to 64; 0 = by processors, or 1 */
	bool hcalls;		/* also CLASS_REQUEST hooks */
	bool all_hooks;		/* also those that report nothing beyond another one */
	bool no_iommu;		/* no device is behind one: hooks of domains are left out */
	bool no_kprobes;	/* only tier 1, as under lockdown=confidentiality */
	bool force_kprobes;	/* also where a kprobe can crash the kernel */
	bool secure;		/* a secure guest: missing share hooks matter */
	uint64_t mem_top;	/* first byte after RAM, 0 = unknown */
	uint64_t enc_mask;	/* bits of a DMA address that say private or shared */
	bool verbose;		/* libbpf's own messages to stderr */
	unsigned int devices;	/* with DMS_CFG_STATS: about so many there are */
	struct probe_index_plan index;	/* with DMS_CFG_INDEX */
};

/* The reason nothing could be started, for the message and the exit code. */
enum probe_fault {
	PROBE_OK = 0,
	PROBE_NO_PRIVILEGE,
	PROBE_LOCKDOWN,
	PROBE_NO_BTF,
	PROBE_NO_HOOK,
	PROBE_NO_JIT,
	PROBE_INTERNAL,
};

struct probe_error {
	enum probe_fault fault;
	char text[512];		/* one line: cause and remedy */
};

/*
 * Chooses a candidate for every hook, loads, attaches. Hooks that this kernel does not have are
 * left out; it fails only if not one mapping or bounce hook works. 0, or -errno with *err.
 */
int probe__open(struct probe **p, const struct probe_opts *opts, struct symbols *syms,
		struct probe_error *err);
void probe__free(struct probe *p);	/* detaches too; takes NULL */

/* Starts or stops all observations at once; calls under way are still completed. */
void probe__observe(struct probe *p, bool on);

/*
 * On a kernel that a kprobe can crash: one line about the hooks that are kprobes all the same, or
 * were left out because they would be. False: there is nothing to warn of, and text is "".
 */
bool probe__kprobe_warning(const struct probe *p, char *text, size_t len);

/* True if this kernel does not report the misses of some attached kprobe (before 6.7). */
bool probe__misses_untold(const struct probe *p);

/* Takes the hooks off; the rings can still be drained. */
void probe__detach(struct probe *p);

/* Each hook of the catalogue for this architecture, attached or with the reason why not. */
int probe__hooks(const struct probe *p, dms_sink_fn sink, void *ctx);
/* Core hooks missing (those that matter in this guest): 0 = nothing is degraded. */
unsigned int probe__degraded(const struct probe *p);

/* Called with each raw record: struct dms_event, dms_devstate or dms_stack by its type. */
typedef int (*probe_record_fn)(void *ctx, const void *data, size_t size);

/*
 * Reads what is in use before the start and hands it over as DMS_EV_LIVE records: the slots of the
 * bounce pool (after device states were read), the entries of one TCE table. *unread: slots or
 * entries that could not be read. 0 or -errno; -EOPNOTSUPP where kernel memory may not be read.
 */
int probe__snapshot_pool(struct probe *p, probe_record_fn fn, void *ctx, uint64_t *unread);
int probe__snapshot_table(struct probe *p, uint32_t liobn, probe_record_fn fn, void *ctx,
			  uint64_t *unread);

/* Waits up to timeout_ms for a ring to fill by half. 0 or -errno (-EINTR: a signal). */
int probe__wait(struct probe *p, int timeout_ms);

/*
 * Hands over what is in the rings, oldest first (rings.h). The number of records, or -errno; what
 * fn returned if that was not 0, and then the record is kept. *held as in rings__read().
 */
int probe__drain(struct probe *p, probe_record_fn fn, void *ctx, bool *held);

/* A ring fills up: time to drain. */
bool probe__pressed(const struct probe *p);

/* Sum over processors; `pending` gets the calls of each hook that are still running. */
int probe__counts(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX],
		  uint64_t pending[DMS_HOOK_MAX]);

/* The programs read anew what they keep of devices, and send it when sysfs is read. */
void probe__devices_again(const struct probe *p);

/* Every aggregate, summed over processors. Return non-zero to stop. */
typedef int (*probe_stats_fn)(void *ctx, const struct dms_stats_key *key,
			      const struct dms_stats *val);
int probe__stats(const struct probe *p, probe_stats_fn fn, void *ctx);

/*
 * Frees what counting keeps of a device that was removed, after probe__stats() has reported its
 * last counts. It must be gone for some time: a program may still be counting for it.
 */
void probe__forget(struct probe *p, uint64_t dev);

/* The use of each IOMMU domain that is known; a device may have had several. */
typedef int (*probe_domain_fn)(void *ctx, const struct dms_domain_use *use);
int probe__domains(const struct probe *p, probe_domain_fn fn, void *ctx);

/* Sets the range of the default pool (physical): from here on its slots are indexed. */
void probe__index_pool(struct probe *p, uint64_t start, uint64_t end);

/* One mapping as the index holds it. */
struct probe_live {
	uint64_t dev, dma, phys, size;
	uint64_t born;		/* ns, some 10 ms coarse */
	uint64_t slot;		/* of the default pool, physical; 0 = not there */
	uint32_t liobn;		/* 0 = not in an indexed table */
	enum dms_path path;
	enum dms_dir dir;
	bool dma_known, phys_known;	/* of a slot the device's offset is not known here */
};

/*
 * Every mapping in the index, by place. What changes meanwhile may be there or not. 0, what fn
 * returned, or -errno; -EOPNOTSUPP without DMS_CFG_INDEX.
 */
typedef int (*probe_live_fn)(void *ctx, const struct probe_live *live);
int probe__index_each(struct probe *p, probe_live_fn fn, void *ctx);

/* Lets a device through the filter (DMS_CFG_FILTER_DEV). */
int probe__allow(struct probe *p, uint64_t dev);

/* The fd that becomes readable when a ring is half full; for poll(). */
int probe__fd(const struct probe *p);

/* Bytes of kernel memory in all maps, as computed and as the kernel says (0 = it does not). */
void probe__memory(const struct probe *p, uint64_t *computed, uint64_t *reported);

#endif /* DMASCOPE_PROBE_H */
