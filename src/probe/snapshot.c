// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Takes mappings made before the start from the kernel's own tables: programs copy pieces of them
 * as they are, runs are found here and reported as DMS_EV_LIVE events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/inside.h"
#include "util/clock.h"

/*
 * 11 million slots (a pool of 21 GiB), or 2,000 million entries of a table.
 * tests/guest/test_large_pool builds with fewer.
 */
#ifndef SNAP_MAX_PIECES
#define SNAP_MAX_PIECES	16384
#endif

/* A run of entries or slots that belong together. */
struct run {
	struct dms_event event;
	uint64_t start, len;	/* in entries or slots; len 0 = none open */
	uint64_t unit;		/* bytes of one */
	uint64_t orig;		/* of the first slot */
	probe_record_fn fn;
	void *ctx;
};

static int run_close(struct run *r, uint64_t base)
{
	struct dms_event *e = &r->event;

	if (!r->len)
		return 0;
	if (e->page_shift) {
		e->dma = base + r->start * r->unit;
	} else {
		e->aux = base + r->start * r->unit;
		e->phys = r->orig;
	}
	e->size = r->len * r->unit;
	r->len = 0;
	return r->fn(r->ctx, e, sizeof(*e));
}

static void run_extend(struct run *r, uint64_t index, uint64_t orig)
{
	if (!r->len) {
		r->start = index;
		r->orig = orig;
	}
	r->len++;
}

/* Bit n of the bitmap is entry n; a set bit is an entry in use. */
static int bits(struct run *r, const struct dms_snap_piece *p, uint64_t first)
{
	int err = 0;

	for (uint64_t i = 0; i < p->elements && !err; i++) {
		uint64_t word;

		memcpy(&word, p->data + i * sizeof(word), sizeof(word));
		if (!word) {
			err = run_close(r, p->base);
			continue;
		}
		for (unsigned int b = 0; b < 64 && !err; b++) {
			uint64_t entry = (first + i) * 64 + b;

			if (entry < p->total && word >> b & 1)
				run_extend(r, entry, 0);
			else
				err = run_close(r, p->base);
		}
	}
	return err;
}

/* orig_addr is INVALID_PHYS_ADDR (all ones) in a free slot: kernel/dma/swiotlb.c. */
static int slots(struct run *r, const struct dms_snap_piece *p, uint64_t first)
{
	int err = 0;

	for (uint64_t i = 0; i < p->elements && first + i < p->total && !err; i++) {
		uint64_t orig;

		memcpy(&orig, p->data + i * p->element_size + p->field_at, sizeof(orig));
		if (r->len && (orig == ~0ULL || orig != r->orig + r->len * r->unit))
			err = run_close(r, p->base);
		if (!err && orig != ~0ULL)
			run_extend(r, first + i, orig);
	}
	return err;
}

static int piece(struct probe *p, int prog, struct dms_snap_args *args, struct dms_snap_piece *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(*args));
	uint32_t zero = 0;

	if (prog < 0)
		return -EOPNOTSUPP;
	if (bpf_prog_test_run_opts(prog, &opts))
		return -errno;
	return bpf_map_lookup_elem(p->bpf->snap_piece->fd, &zero, out) ? -errno : 0;
}

/* *all: elements of the whole; 0: there is no such table or pool. */
static int snapshot(struct probe *p, int prog, bool table, uint32_t which, struct run *r,
		    uint64_t *unread, uint64_t *all)
{
	struct dms_snap_args args = { .which = which };
	struct dms_snap_piece *out = malloc(sizeof(*out));
	uint64_t total = 0;
	int err = 0;

	*unread = 0;
	*all = 0;
	if (!out)
		return -ENOMEM;
	for (int i = 0; i < SNAP_MAX_PIECES && !err; i++) {
		err = piece(p, prog, &args, out);
		total = table ? (out->total + 63) / 64 : out->total;
		if (err || !out->elements)
			break;
		r->event.page_shift = (uint8_t)out->page_shift;
		r->unit = table ? 1ULL << (out->page_shift & 63) : IO_TLB_SIZE;
		err = table ? bits(r, out, args.first) : slots(r, out, args.first);
		args.first += out->elements;
		if (args.first >= total)
			break;
	}
	if (!err && args.first < total)
		*unread = (total - args.first) * (table ? 64 : 1);
	if (!err)
		err = run_close(r, out->base);
	*all = total;
	free(out);
	return err;
}

static struct run run_begin(uint32_t liobn, probe_record_fn fn, void *ctx)
{
	struct run r = { .fn = fn, .ctx = ctx };

	r.event.type = DMS_EV_LIVE;
	r.event.hook = DMS_HOOK_SNAPSHOT;
	r.event.ts = clock_now();
	r.event.liobn = liobn;
	r.event.flags = DMS_FL_PREEXISTING | (liobn ? DMS_FL_NO_PHYS : 0);
	return r;
}

/* The slots of a pool that is not read. */
static int pool_unread(struct probe *p, uint32_t which, uint64_t *unread)
{
	struct dms_snap_args args = { .which = which };
	struct dms_snap_piece *out = malloc(sizeof(*out));
	int err = out ? piece(p, p->bpf->run[RUN_SNAP_POOL], &args, out) : -ENOMEM;

	if (!err)
		*unread += out->total;
	free(out);
	return err;
}

/* The default pool and those added to it. Of the pools after the last one read, one is counted. */
int probe__snapshot_pool(struct probe *p, probe_record_fn fn, void *ctx, uint64_t *unread)
{
	uint64_t all = 1, cut;
	int err = 0;

	*unread = 0;
	for (uint32_t i = 0; i < DMS_SNAP_POOLS && all && !err; i++) {
		struct run r = run_begin(0, fn, ctx);

		err = snapshot(p, p->bpf->run[RUN_SNAP_POOL], false, i, &r, &cut, &all);
		*unread += cut;
	}
	return err || !all ? err : pool_unread(p, DMS_SNAP_POOLS, unread);
}

int probe__snapshot_table(struct probe *p, uint32_t liobn, probe_record_fn fn, void *ctx,
			  uint64_t *unread)
{
	struct run r = run_begin(liobn, fn, ctx);
	uint64_t all;

	return snapshot(p, p->bpf->run[RUN_SNAP_TABLE], true, liobn, &r, unread, &all);
}
