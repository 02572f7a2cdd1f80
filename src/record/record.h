/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data that flows from a source (live kernel or recorded trace) to its consumers (model, trace
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
 * REC_CUT stands only in a replayed stream: its file has no footer, or ends with a damaged line.
 * The source sends it where reading ends, or earlier if it already knows. It has no data.
 *
 * REC_SLICE stands only in a replayed stream, after the session: of what follows only the time from
 * `from` to before `to` is of interest (--since, --until). All records follow; state before the
 * slice is built as ever, and what happens before or after it counts nowhere.
 *
 * Not observed is not zero: optional fields have a bit in `known`.
 */
#ifndef DMASCOPE_RECORD_H
#define DMASCOPE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "dmascope/event.h"
#include "record/guest_kinds.h"

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
	REC_FINDING,	/* written for readers elsewhere; the rules make their own */
	REC_TYPE_MAX,	/* of what is in files */
	REC_LOOK,
	REC_CUT,
	REC_SLICE,
};

enum dms_guest {
#define GUEST_ID(id, name, traits) GUEST_##id,
	GUEST_KINDS(GUEST_ID)
#undef GUEST_ID
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
	bool redacted;			/* addresses are not the real ones */
	bool runs_kept;			/* of redacted ones: neighbours still are neighbours */
	bool misses_untold;		/* how often a kprobe was missed is not known */
	/* The filter: "device=GLOB path=WORD,WORD min_size=BYTES"; "" = all */
	char filter[DMS_TEXT_LEN];
	uint64_t enc_mask;		/* bit of a DMA address that says private (SEV); 0: none */
	uint64_t shared_mask;		/* bit that says shared (CCA); 0: none, or unknown */
};

/* The state of the memory as its DMA address shows it. */
enum dma_view {
	DMA_VIEW_UNKNOWN,	/* addresses of this guest do not say it */
	DMA_VIEW_PRIVATE,
	DMA_VIEW_SHARED,
};

/*
 * The bits above all of RAM: in a realm whose shared bit could not be read (under lockdown), those
 * of a DMA address that are no part of the physical one, as far as memory goes. 0: not known.
 */
static inline uint64_t dma_bits_above_ram(const struct rec_session *s)
{
	uint64_t ram = s->mem_top ? s->mem_top - 1 : ~0ULL;

	for (unsigned int i = 1; i < 64; i *= 2)
		ram |= ram >> i;
	return ~ram;
}

static inline uint64_t dma_shared_bits(const struct rec_session *s)
{
	bool derive = s->guest == GUEST_CCA && !s->redacted;

	return s->shared_mask || !derive ? s->shared_mask : dma_bits_above_ram(s);
}

/*
 * The one place that knows the two conventions: AMD sets a bit in the DMA address of private memory
 * (phys_to_dma(), sme_me_mask), Arm in that of shared memory (prot_ns_shared). Only for addresses
 * that no IOMMU translates.
 */
static inline enum dma_view dma_view(const struct rec_session *s, uint64_t dma)
{
	if (s->enc_mask)
		return dma & s->enc_mask ? DMA_VIEW_PRIVATE : DMA_VIEW_SHARED;
	if (dma_shared_bits(s))
		return dma & dma_shared_bits(s) ? DMA_VIEW_SHARED : DMA_VIEW_PRIVATE;
	return DMA_VIEW_UNKNOWN;
}

/* The bits of a DMA address that are no part of the physical one. */
static inline uint64_t dma_view_bits(const struct rec_session *s)
{
	return s->enc_mask | dma_shared_bits(s);
}

enum dms_attach {
	ATTACH_NONE = 0,	/* not attached: see reason */
	ATTACH_KPROBE,
	ATTACH_TP_BTF,
	ATTACH_RAW_TP,
	ATTACH_FENTRY,
};

struct rec_hook {
	enum dms_hook id;
	char name[DMS_NAME_LEN];	/* of the observation: "tce.set" */
	char symbol[DMS_NAME_LEN];	/* the candidate chosen: "tce_buildmulti_pSeriesLP" */
	enum dms_attach attach;
	char reason[DMS_TEXT_LEN];	/* why there is none, or none that reports more */
	char lost[DMS_TEXT_LEN];	/* what is not reported for that; "" = nothing needed */
	char unseen[DMS_TEXT_LEN];	/* what this kernel does, and this hook never shows */
};

#define DEV_KNOWN_FIRST		0x10000		/* beyond the DMS_DS_* bits */
#define DEV_KNOWN_DRIVER	0x10000
#define DEV_KNOWN_FEATURES	0x20000
#define DEV_KNOWN_IOMMU		0x40000
#define DEV_KNOWN_EXTERNAL	0x80000

/* Its fields in traces and reports are listed in record/device_fields.h. */

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
	bool external;			/* below an external port, as Thunderbolt */
	char iommu[32];			/* "dmar0": the IOMMU that translates for it, "" = none */
	char iommu_domain[16];		/* "DMA", "DMA-FQ", "identity", "blocked", "" = none */
	uint64_t virtio_features;	/* of the virtio device on it, if DEV_KNOWN_FEATURES */
	struct dms_devstate st;		/* st.known: DMS_DS_* */
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
	bool force_bounce_known, force_bounce;	/* one field: not whether mappings bounce */
	bool cc_shared_known, cc_shared;	/* 7.3: shared with the hypervisor */
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
	bool trimmed;			/* dropped by the flight recorder (--max-size), not lost */
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

struct rec_slice {
	uint64_t from, to;		/* ns; 0, UINT64_MAX: not limited */
};

struct rec_end {
	uint64_t ts;
	bool complete;			/* nothing was lost and every identity holds */
	struct dms_counts counts[DMS_HOOK_MAX];
	char why[DMS_TEXT_LEN];		/* why it ended: "signal", "duration", "command ended" */
	char not_judged[512];		/* findings that could not be judged, and why; "" = none */
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
		struct {
			struct dms_event event;
			char comm[DMS_COMM_LEN];	/* of a share: whom for, "" = not known */
		};
		struct rec_stack stack;
		struct rec_gap gap;
		struct rec_stats stats;
		struct rec_end end;
		struct rec_finding finding;
		struct rec_look look;
		struct rec_slice slice;
	};
};

/* Takes each record; a negative errno stops the source, which hands it on. */
typedef int (*dms_sink_fn)(void *ctx, const struct dms_rec *rec);

#endif /* DMASCOPE_RECORD_H */
