/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of live mappings, found by (device, DMA address) and by physical address, and beside
 * it what is remembered of handles that are not mapped. What is counted, checked or concluded
 * when something is mapped lives in mappings.c.
 */
#ifndef DMASCOPE_MAPTAB_H
#define DMASCOPE_MAPTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmascope/event.h"
#include "state/idmap.h"

struct mapping {
	uint64_t dma, phys, size, ts, seq;
	uint32_t dev;		/* index of the device */
	uint32_t stack, pid;
	uint32_t hnext;		/* same bucket of (dev, dma) */
	uint32_t pnext, pprev;	/* same bucket of physical memory, ids; NONE = end */
	uint32_t caller;	/* index, NONE = not counted */
	uint8_t path, dir, flags;
	uint8_t used : 1, attrs : 6;	/* attrs_kept() */
};
_Static_assert(sizeof(struct mapping) == 72, "the memory bound in model.h rests on it");

#define MAP_CHUNK	4096	/* mappings of one allocation */
#define PHYS_BUCKETS	65536
#define PHYS_SHIFT	21	/* a bucket is some of the 2 MiB blocks of memory */

/*
 * Records of different CPUs may change places. Two kinds of "orphan" mend that:
 *   early       an unmap came and its map had not: kept until a map with an earlier time comes
 *   superseded  a handle was mapped anew and its unmap had not come: kept until it does
 */
enum orphan_kind { ORPHAN_FREE = 0, ORPHAN_EARLY, ORPHAN_SUPERSEDED };
struct orphan {
	uint64_t dma, size;
	uint64_t ts;		/* of the unmap (early) or of the map (superseded) */
	uint64_t when;		/* superseded: ts of the map that took its place */
	uint64_t seq;
	uint32_t dev;
	uint32_t stamp;		/* for choosing the oldest of a set */
	uint8_t kind, path;
	bool twice;		/* early: the handle had been unmapped before */
};

#define ORPHAN_SETS	4096
#define ORPHAN_WAYS	4
#define FREED_SETS	8192	/* recently unmapped handles */

struct freed {
	uint64_t dma, size, ts;
	uint32_t dev;
	uint8_t path, dir;
};

struct maptab {
	struct mapping **chunk;
	uint32_t chunks, cap;	/* allocated; room in chunk[] */
	uint32_t used;		/* ids handed out so far */
	uint32_t free;		/* list through hnext, NONE = empty */
	uint32_t live;
	size_t max;		/* of live ones */
	uint32_t *bucket;
	uint32_t buckets;	/* power of two */
	uint32_t *phys;		/* PHYS_BUCKETS, and one more for mappings larger than a block */
	struct orphan *orphan;
	uint8_t orphan_kinds[ORPHAN_SETS];	/* bits of the kinds that a set ever had */
	uint32_t stamp;
	struct freed *freed;
	uint64_t untracked;
};

static inline struct mapping *mapping_at(const struct maptab *t, uint32_t id)
{
	return &t->chunk[id / MAP_CHUNK][id % MAP_CHUNK];
}

/* Empty, for at most that many live mappings. 0 or -ENOMEM; either way maptab_free() frees it. */
int maptab_init(struct maptab *t, size_t max);
void maptab_free(struct maptab *t);
/* Bytes allocated. */
size_t maptab_memory(const struct maptab *t);
/* No mapping is live any more; what is remembered of others stays. */
void maptab_clear(struct maptab *t);

/* A copy of *from; *id is IDMAP_NONE when there may be no more of them. 0 or -ENOMEM. */
int maptab_insert(struct maptab *t, const struct mapping *from, uint32_t *id);
void maptab_erase(struct maptab *t, uint32_t id);
/*
 * The mapping that this unmap means: of several with that address the youngest of the same size
 * and direction, else of the same size, else the youngest. None is younger than the unmap.
 */
uint32_t maptab_find(const struct maptab *t, uint32_t dev, const struct dms_event *unmap);
/* Any with that address, or IDMAP_NONE. */
uint32_t maptab_find_any(const struct maptab *t, uint32_t dev, uint64_t dma);
/* The next live one from id *id on, which moves past it. NULL: none. */
const struct mapping *maptab_next(const struct maptab *t, uint32_t *id);
/* Is that very mapping (by the event that made it) still live? */
bool maptab_has(const struct maptab *t, uint32_t dev, uint64_t dma, uint64_t seq);
/* Not bounced, of memory in [phys, phys + size), or NULL. */
const struct mapping *maptab_touching(const struct maptab *t, uint64_t phys, uint64_t size);

#define ORPHAN_SLOT	(IDMAP_NONE - 1)	/* not a device: dma is the address of a slot */
/* An early unmap not before ts, or a superseded map not after it; the nearest in time. */
struct orphan *orphan_find(const struct maptab *t, enum orphan_kind kind, uint32_t dev,
			   uint64_t dma, uint64_t ts);
/* A new one, in the place of the oldest if need be; the caller fills in the rest. */
struct orphan *orphan_add(struct maptab *t, enum orphan_kind kind, uint32_t dev, uint64_t dma);
/* The place of a handle's last unmap; it may hold another handle's. */
struct freed *freed_at(const struct maptab *t, uint32_t dev, uint64_t dma);

#endif /* DMASCOPE_MAPTAB_H */
