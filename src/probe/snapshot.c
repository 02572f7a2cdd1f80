// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is in use before the start, out of the kernel's own tables: programs copy pieces of them
 * as they lie there, runs are found here and told as DMS_EV_LIVE events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/inside.h"
#include "util/clock.h"

#define SNAP_MAX_PIECES	256	/* 174,000 slots, or 33 million entries of a table */

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

static int piece(struct probe *p, const struct bpf_program *prog, struct dms_snap_args *args,
		 struct dms_snap_piece *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(*args));
	int fd = bpf_program__fd(prog);
	uint32_t zero = 0;

	if (fd < 0)
		return -EOPNOTSUPP;
	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	return bpf_map__lookup_elem(p->bpf->snap_piece, &zero, sizeof(zero), out,
				    sizeof(*out), 0);
}

static int snapshot(struct probe *p, const struct bpf_program *prog, uint32_t liobn,
		    struct run *r, bool *partial)
{
	struct dms_snap_args args = { .liobn = liobn };
	struct dms_snap_piece *out = malloc(sizeof(*out));
	uint64_t total;
	int err = 0;

	if (!out)
		return -ENOMEM;
	*partial = true;
	for (int i = 0; i < SNAP_MAX_PIECES && !err; i++) {
		err = piece(p, prog, &args, out);
		if (err || !out->elements)
			break;
		r->event.page_shift = (uint8_t)out->page_shift;
		r->unit = liobn ? 1ULL << (out->page_shift & 63) : IO_TLB_SIZE;
		err = liobn ? bits(r, out, args.first) : slots(r, out, args.first);
		args.first += out->elements;
		total = liobn ? (out->total + 63) / 64 : out->total;
		if (args.first >= total) {
			*partial = false;
			break;
		}
	}
	if (!err)
		err = run_close(r, out->base);
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

int probe__snapshot_pool(struct probe *p, probe_record_fn fn, void *ctx)
{
	struct run r = run_begin(0, fn, ctx);
	bool partial;

	return snapshot(p, p->bpf->snap_pool, 0, &r, &partial);
}

int probe__snapshot_table(struct probe *p, uint32_t liobn, probe_record_fn fn, void *ctx,
			  bool *partial)
{
	struct run r = run_begin(liobn, fn, ctx);

	return snapshot(p, p->bpf->snap_table, liobn, &r, partial);
}
