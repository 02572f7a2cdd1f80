/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What flows from a source (live kernel or recorded trace) to its consumers (model, trace
 * writer): one stream of tagged records. A live run and a replayed file yield the same stream.
 * Only data lives here: no behaviour, no libbpf, no JSON.
 *
 * Order: one REC_SESSION first; REC_HOOK, REC_DEVICE, REC_WINDOW, REC_POOL of the snapshot;
 * then REC_EVENT, REC_STACK, REC_GAP, and further device, window and pool records as things
 * change (a later record of the same key replaces the earlier); REC_END last. A stream without
 * REC_END was cut.
 *
 * REC_LOOK stands only in a live stream, never in a file: all live mappings as the kernel's index
 * holds them, LOOK_BEGIN, one LOOK_MAPPING each, LOOK_END.
 *
 * Not observed is not zero: optional fields have a bit in `known`.
 */
#ifndef DMASCOPE_RECORD_H
#define DMASCOPE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "dmascope/event.h"

#define DMS_NAME_LEN	64
#define DMS_TEXT_LEN	256

enum dms_rec_type {
	REC_NONE = 0,
	REC_SESSION,
	REC_HOOK,
	REC_DEVICE,
	REC_WINDOW,
	REC_POOL,
	REC_EVENT,
	REC_STACK,
	REC_GAP,
	REC_STATS,
	REC_END,
	REC_FINDING,	/* written for readers elsewhere; the model makes its own and ignores it */
	REC_TYPE_MAX,	/* of what is in files */
	REC_LOOK,
};

enum dms_guest {
	GUEST_UNKNOWN = 0,
	GUEST_NONE,		/* not a secure guest */
	GUEST_PEF,
	GUEST_SEV,
	GUEST_SEV_ES,
	GUEST_SEV_SNP,
	GUEST_TDX,
	GUEST_S390_PV,
	GUEST_CCA,
	GUEST_MAX
};

struct rec_session {
	char tool_version[32];
	char kernel[DMS_NAME_LEN];	/* uname -r */
	char arch[16];			/* uname -m */
	enum dms_guest guest;
	char guest_how[DMS_TEXT_LEN];	/* the evidence, in words */
	char lockdown[16];		/* "none", "integrity", "confidentiality", "" = unknown */
	uint32_t page_size;		/* bytes */
	uint32_t cpus;
	uint64_t mem_bytes;		/* RAM */
	uint64_t mem_top;		/* first byte after the highest RAM address, 0 = unknown */
	uint64_t lmb_size;		/* of pseries memory blocks, bytes; 0 = unknown or none */
	uint64_t start_ns;		/* CLOCK_MONOTONIC when the hooks were attached */
	int64_t realtime_offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	char cmdline[1024];		/* kernel command line, cut if longer */
	bool swiotlb_force;		/* swiotlb=force on the command line */
	bool disable_ddw;
	bool redacted;			/* pages changed places: neighbours are not known */
	bool misses_untold;		/* how often a kprobe was missed is not known */
	/* What alone was let through: "device=GLOB path=WORD,WORD min_size=BYTES"; "" = all */
	char filter[DMS_TEXT_LEN];
	uint64_t enc_mask;		/* bits of DMA addresses that say private (SEV); 0: none */
};

enum dms_attach {
	ATTACH_NONE = 0,	/* not attached: see reason */
	ATTACH_KPROBE,
	ATTACH_KRETPROBE,
	ATTACH_TP_BTF,
	ATTACH_RAW_TP,
	ATTACH_FENTRY,
};

struct rec_hook {
	enum dms_hook id;
	char name[DMS_NAME_LEN];	/* of the observation: "tce.set" */
	char symbol[DMS_NAME_LEN];	/* the candidate chosen: "tce_buildmulti_pSeriesLP" */
	enum dms_attach attach;
	char reason[DMS_TEXT_LEN];	/* why there is none, or none that tells more */
	char lost[DMS_TEXT_LEN];	/* what is not told for that; "" = nobody misses anything */
};

#define DEV_KNOWN_DRIVER	0x10000		/* beyond the DMS_DS_* bits */
#define DEV_KNOWN_FEATURES	0x20000

struct rec_device {
	uint64_t key;			/* kernfs id; carries a generation */
	uint64_t ts;			/* when this was read */
	char name[DMS_NAME_LEN];	/* "0000:00:01.0"; the key in hex if sysfs has none */
	char bus[16];			/* "pci", "vio", "ccw", "virtio", "" */
	char driver[DMS_NAME_LEN];
	char kind[DMS_NAME_LEN];	/* "virtio-blk vda", "net eth0": what hangs below, or "" */
	char ops[DMS_NAME_LEN];		/* symbol of dma_ops, "" = none */
	uint16_t vendor, device;	/* PCI ids, 0 = none */
	bool removed;
	bool preexisting;		/* it was there when we attached */
	uint64_t virtio_features;	/* of the virtio device on it, if DEV_KNOWN_FEATURES */
	struct dms_devstate st;		/* st.known | DEV_KNOWN_* tells what was observed */
	uint32_t known;			/* DEV_KNOWN_* */
};

enum dms_window_kind { WINDOW_DEFAULT = 1, WINDOW_DDW };
enum dms_window_use { WINDOW_USE_UNKNOWN = 0, WINDOW_DIRECT, WINDOW_DYNAMIC, WINDOW_HYBRID };

struct rec_window {
	uint64_t dev;			/* device key; one record per device and LIOBN */
	uint32_t liobn;
	uint32_t page_shift;
	enum dms_window_kind kind;
	enum dms_window_use use;
	uint64_t base;			/* DMA address */
	uint64_t size;			/* bytes */
	uint64_t ts;
	bool removed;
	char source[DMS_NAME_LEN];	/* "device tree linux,direct64-ddr-...", "iommu_table" */
};

struct rec_pool {
	char name[DMS_NAME_LEN];	/* "default", or the restricted pool's name */
	uint64_t start, end;		/* physical; start == end: there is no pool */
	uint64_t nslabs;		/* slots */
	uint32_t slot_size;		/* bytes: IO_TLB_SIZE */
	uint32_t areas;
	bool used_known;
	uint64_t used;			/* slots in use when read */
	bool hiwater_known;
	uint64_t hiwater;		/* slots */
	bool force_bounce_known, force_bounce;
	bool dynamic;			/* CONFIG_SWIOTLB_DYNAMIC: can grow */
	uint64_t ts;
	char source[DMS_NAME_LEN];	/* "device state", "debugfs", "kernel log" */
};

struct rec_stack {
	uint32_t id;
	uint32_t depth;
	char frame[DMS_STACK_DEPTH][DMS_NAME_LEN];	/* "function+0x10 [module]" */
};

struct rec_gap {
	uint64_t ts;
	enum dms_hook hook;
	uint64_t lost;			/* observations of this hook lost since its last gap */
	bool trimmed;			/* let go by the flight recorder (--max-size), not lost */
};

struct rec_stats {			/* absolute since start_ns */
	uint64_t ts;
	struct dms_stats_key key;
	struct dms_stats val;
};

enum look_step { LOOK_BEGIN, LOOK_MAPPING, LOOK_END };

struct rec_look {
	enum look_step step;
	uint64_t ts;			/* of the look */
	/* of LOOK_MAPPING */
	uint64_t dev, dma, phys, size;
	uint64_t slot;			/* of a bounced one, physical; 0 = not known */
	uint64_t born;			/* ns, some 10 ms coarse */
	enum dms_path path;
	enum dms_dir dir;
	bool phys_known;
};

struct rec_end {
	uint64_t ts;
	bool complete;			/* nothing was lost and every identity holds */
	struct dms_counts counts[DMS_HOOK_MAX];
	char why[DMS_TEXT_LEN];		/* why it ended: "signal", "duration", "command ended" */
};

struct rec_finding {
	uint64_t ts;
	char id[32];			/* "no-bounce-pool" */
	uint32_t severity;		/* 1 note, 2 warning, 3 error */
	uint32_t confidence;		/* percent */
	uint64_t dev;			/* 0 = the guest */
	char summary[DMS_TEXT_LEN];
	char evidence[2 * DMS_TEXT_LEN];
	char action[DMS_TEXT_LEN];
};

struct dms_rec {
	enum dms_rec_type type;
	union {
		struct rec_session session;
		struct rec_hook hook;
		struct rec_device device;
		struct rec_window window;
		struct rec_pool pool;
		struct dms_event event;
		struct rec_stack stack;
		struct rec_gap gap;
		struct rec_stats stats;
		struct rec_end end;
		struct rec_finding finding;
		struct rec_look look;
	};
};

/* Takes each record; a negative errno stops the source, which hands it on. */
typedef int (*dms_sink_fn)(void *ctx, const struct dms_rec *rec);

#endif /* DMASCOPE_RECORD_H */
