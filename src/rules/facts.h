/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The facts that findings and decisions carry: numbers with a unit, never English. src/words
 * makes sentences of them, {name} in its templates stands for the fact of that name.
 */
#ifndef DMASCOPE_FACTS_H
#define DMASCOPE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum fact_unit {
	UNIT_COUNT,		/* a plain number */
	UNIT_BYTES,
	UNIT_EXACT,		/* bytes, to the last one */
	UNIT_HEX,		/* an address or a mask */
	UNIT_SIGNED,		/* int64_t: a status */
	UNIT_SECONDS,		/* ns */
	UNIT_TIME,		/* ns, however short */
	UNIT_DEVICE,		/* a device's key; 0: from before the start */
	UNIT_BITS,		/* a mask, of which the number of bits counts */
	UNIT_TEXT,		/* a name out of the stream: of a function, a driver, a device */
	UNIT_HCALL,		/* int64_t: a status of pseries' hypervisor */
	UNIT_FLAG,		/* 1 or 0: chooses words, is not printed */
};

#define FACT_DEVICES	3	/* of facts about devices there are so many */

/* id, name in templates, unit */
#define FACT_TABLE(X) \
	/* how often and how much */ \
	X(CALLS, "calls", UNIT_COUNT)		/* calls of that kind in all */ \
	X(FAILED, "failed", UNIT_COUNT)		/* mappings, allocations, calls refused */ \
	X(FRAGMENTED, "fragmented", UNIT_COUNT)	/* refused for want of a run of slots */ \
	X(GRANTED, "granted", UNIT_COUNT) \
	X(STATUS, "status", UNIT_SIGNED) \
	X(HCALL, "hcall", UNIT_HCALL) \
	X(PAGES, "pages", UNIT_COUNT) \
	X(BYTES, "bytes", UNIT_BYTES) \
	X(SIZE, "size", UNIT_BYTES)		/* the largest */ \
	X(SIZE_EXACT, "size_exact", UNIT_EXACT) \
	X(TIMES, "times", UNIT_COUNT) \
	X(MAPS, "maps", UNIT_COUNT) \
	X(TOTAL, "total", UNIT_COUNT)		/* of which maps are a part */ \
	X(PERCENT, "percent", UNIT_COUNT) \
	X(FROM, "from", UNIT_BYTES)		/* a growing number at first ... */ \
	X(TO, "to", UNIT_BYTES)			/* ... and now */ \
	X(AGE, "age", UNIT_SECONDS) \
	X(CALLER, "caller", UNIT_TEXT) \
	X(CALLER_BYTES, "caller_bytes", UNIT_BYTES) \
	X(CALLER_MAPS, "caller_maps", UNIT_COUNT) \
	X(CALLER2, "caller2", UNIT_TEXT) \
	X(CALLER2_BYTES, "caller2_bytes", UNIT_BYTES) \
	X(RATE, "rate", UNIT_COUNT)		/* in the busiest second */ \
	X(LIMIT, "limit", UNIT_COUNT) \
	X(BUSY, "busy", UNIT_COUNT)		/* seconds with limit or more */ \
	X(SHARES, "shares", UNIT_COUNT) \
	X(UNSHARES, "unshares", UNIT_COUNT) \
	X(PREDICTED, "predicted", UNIT_TEXT)	/* a path */ \
	X(SEEN, "seen", UNIT_TEXT) \
	X(KERNEL, "kernel", UNIT_TEXT) \
	X(WRONG_KIND, "wrong_kind", UNIT_FLAG)	/* of the pool: not shared (7.3) */ \
	/* devices */ \
	X(DEVICES_N, "devices", UNIT_COUNT) \
	X(DEVICE1, "device1", UNIT_DEVICE) \
	X(DEVICE2, "device2", UNIT_DEVICE) \
	X(DEVICE3, "device3", UNIT_DEVICE) \
	X(DRIVER, "driver", UNIT_TEXT) \
	X(OPS, "ops", UNIT_TEXT) \
	X(MASK, "mask", UNIT_HEX) \
	X(BITS, "bits", UNIT_BITS) \
	X(BUS_LIMIT, "bus_limit", UNIT_HEX) \
	X(RAM_END, "ram_end", UNIT_HEX) \
	X(ENC_MASK, "enc_mask", UNIT_HEX) \
	X(SHARED_MASK, "shared_mask", UNIT_HEX) \
	X(FEATURES, "features", UNIT_HEX) \
	X(VIRTIO_STATUS, "virtio_status", UNIT_HEX) \
	/* the pool */ \
	X(SOURCE, "source", UNIT_TEXT) \
	X(FORCE, "force", UNIT_FLAG) \
	X(NOFORCE, "noforce", UNIT_FLAG) \
	X(POOL, "pool", UNIT_TEXT)		/* a device's own */ \
	X(USED, "used", UNIT_COUNT)		/* slots, at worst */ \
	X(SLOTS, "slots", UNIT_COUNT) \
	X(HOLDER1, "holder1", UNIT_DEVICE) \
	X(HOLDER2, "holder2", UNIT_DEVICE) \
	X(HOLDER3, "holder3", UNIT_DEVICE) \
	X(HOLDER1_SLOTS, "holder1_slots", UNIT_COUNT) \
	X(HOLDER2_SLOTS, "holder2_slots", UNIT_COUNT) \
	X(HOLDER3_SLOTS, "holder3_slots", UNIT_COUNT) \
	X(HOLDER1_MAPS, "holder1_maps", UNIT_COUNT) \
	X(HOLDER2_MAPS, "holder2_maps", UNIT_COUNT) \
	X(HOLDER3_MAPS, "holder3_maps", UNIT_COUNT) \
	X(PREALLOCATED, "preallocated", UNIT_COUNT)	/* mappings that one holder keeps */ \
	X(KEPT, "kept", UNIT_SECONDS) \
	X(SEGMENT, "segment", UNIT_BYTES) \
	X(SEGMENT_EXACT, "segment_exact", UNIT_EXACT) \
	X(HALF_KIB, "half_kib", UNIT_COUNT)	/* half a segment, in KiB */ \
	X(UNFIT, "unfit", UNIT_FLAG) \
	X(UNFIT_SIZE, "unfit_size", UNIT_BYTES) \
	X(OFFSET, "offset", UNIT_HEX) \
	X(ALIGN, "align", UNIT_HEX) \
	X(POOL_EMPTY, "pool_empty", UNIT_FLAG) \
	X(LONGEST_RUN, "longest_run", UNIT_COUNT) \
	X(ADVICE, "advice", UNIT_COUNT)		/* slots to boot with */ \
	X(ADVICE_BYTES, "advice_bytes", UNIT_BYTES) \
	X(CMDLINE_SLOTS, "cmdline_slots", UNIT_COUNT) \
	X(IDLE, "idle", UNIT_BYTES) \
	X(MOST, "most", UNIT_BYTES) \
	X(SINCE_BOOT, "since_boot", UNIT_FLAG) \
	/* places */ \
	X(ADDR, "addr", UNIT_HEX) \
	X(LENGTH, "length", UNIT_HEX) \
	X(END, "end", UNIT_HEX) \
	X(OFF_256M, "off_256m", UNIT_FLAG) \
	X(OFF_PAGE, "off_page", UNIT_FLAG) \
	X(PAGE_SIZE, "page_size", UNIT_BYTES) \
	/* windows and TCEs */ \
	X(LIOBN, "liobn", UNIT_HEX) \
	X(REACHED, "reached", UNIT_BYTES)	/* of a window, below the mask */ \
	X(ENTRIES, "entries", UNIT_COUNT) \
	X(ENTRIES_MOST, "entries_most", UNIT_COUNT) \
	X(ENTRIES_ALL, "entries_all", UNIT_COUNT) \
	X(STALE, "stale", UNIT_COUNT) \
	X(OR_MORE, "or_more", UNIT_FLAG) \
	X(STALE_ADDR, "stale_addr", UNIT_HEX) \
	X(WINDOWS, "windows", UNIT_COUNT) \
	X(SHARED, "shared", UNIT_BYTES) \
	X(DISABLE_DDW, "disable_ddw", UNIT_FLAG) \
	X(BYPASS_REFUSED, "bypass_refused", UNIT_COUNT) \
	X(SECURE, "secure", UNIT_FLAG) \
	X(WAY_TCE, "way_tce", UNIT_FLAG) \
	X(WAY_BOUNCED, "way_bounced", UNIT_FLAG) \
	X(DIRECT_MAPS, "direct_maps", UNIT_COUNT) \
	X(BOUNCED_MAPS, "bounced_maps", UNIT_COUNT) \
	X(TCE_MAPS, "tce_maps", UNIT_COUNT) \
	X(C_BIT, "c_bit", UNIT_FLAG) \
	X(COHERENT, "coherent", UNIT_COUNT) \
	X(COHERENT_BYTES, "coherent_bytes", UNIT_BYTES) \
	X(MAY_WINDOW, "may_window", UNIT_FLAG) \
	/* drivers */ \
	X(PATH, "path", UNIT_TEXT) \
	X(LIVE, "live", UNIT_COUNT) \
	X(GROWN, "grown", UNIT_COUNT) \
	X(OLD, "old", UNIT_COUNT) \
	X(OLD_AGE, "old_age", UNIT_SECONDS) \
	X(BURSTS, "bursts", UNIT_COUNT) \
	X(FILLED, "filled", UNIT_FLAG) \
	X(REMOVED, "removed", UNIT_FLAG) \
	X(UNMAP_ERROR, "unmap_error", UNIT_COUNT) \
	X(UNMAP_TWICE, "unmap_twice", UNIT_COUNT) \
	X(SIZE_MISMATCH, "size_mismatch", UNIT_COUNT) \
	X(DIR_MISMATCH, "dir_mismatch", UNIT_COUNT) \
	X(ATTR_MISMATCH, "attr_mismatch", UNIT_COUNT) \
	X(OBJECT, "object", UNIT_BYTES)		/* of the slab that the memory begins in */ \
	X(FORBIDDEN, "forbidden", UNIT_FLAG)	/* attributes forbid to bounce */ \
	X(COUNTS_ONLY, "counts_only", UNIT_FLAG) \
	X(UNOBSERVED, "unobserved", UNIT_FLAG)	/* not each search for slots was observed */ \
	X(NO_SLOT, "no_slot", UNIT_COUNT)	/* of failed: no slot was found */ \
	X(TOO_LARGE, "too_large", UNIT_BYTES)	/* the page allocator's limit */ \
	X(BALLOON, "balloon", UNIT_FLAG) \
	X(REFUSED, "refused", UNIT_FLAG)	/* the kernel refused the device */ \
	/* faults */ \
	X(WRITES, "writes", UNIT_FLAG)		/* the device wrote; neither: not reported */ \
	X(READS, "reads", UNIT_FLAG) \
	X(MORE_FAULTS, "more_faults", UNIT_FLAG)	/* some were not sent, or not joined */ \
	X(MAPPED_DIR, "mapped_dir", UNIT_TEXT) \
	X(MAY_BE_OLDER, "may_be_older", UNIT_FLAG)	/* a mapping from before the start */ \
	X(SINCE_ADDED, "since_added", UNIT_FLAG)	/* the device was added then */ \
	X(EXTERNAL, "external", UNIT_FLAG)	/* below an external port, behind an IOMMU */ \
	X(MAPPED_AT, "mapped_at", UNIT_HEX)	/* DMA address of the memory that addr is of */ \
	X(AGO, "ago", UNIT_TIME)

enum fact {
#define FACT_ENUM(id, name, unit) FACT_##id,
	FACT_TABLE(FACT_ENUM)
#undef FACT_ENUM
	FACT_MAX
};

struct fact_value {
	uint64_t v;
	const char *text;	/* of UNIT_TEXT: valid until the state is fed again */
	bool known;
};

#endif /* DMASCOPE_FACTS_H */
