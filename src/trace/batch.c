// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A batch is a buffer of records. An event takes only the bytes that it uses, others all of a
 * struct dms_rec: one of that size has to fit behind the last.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "trace/batch.h"
#include "util/turns.h"

#define BATCH_SIZE	(128 * 1024)	/* bytes */

struct item {
	uint64_t line;
	size_t size;		/* of all of it */
	struct dms_rec rec;
};
#define EVENT_SIZE	(offsetof(struct item, rec.comm) + DMS_COMM_LEN)
_Static_assert(EVENT_SIZE % _Alignof(struct item) == 0, "the next one is aligned");
_Static_assert(BATCH_SIZE >= 4 * sizeof(struct item), "several fit");

struct batch {
	size_t used;
	bool last;
	_Alignas(struct item) char data[BATCH_SIZE];
};

struct batches {
	dms_sink_fn sink;
	void *ctx;
	bool threaded;
	struct turns turns;
	struct batch *fill;	/* NULL: the thread has to ask for one */
	void (*read)(void *arg);
	void *arg;
	uint64_t given, taken, line;
	struct batch *batch;	/* TURNS_BLOCKS of them; NULL without a thread, which has ... */
	struct item one;	/* ... this */
};

int batches__new(struct batches **out, dms_sink_fn sink, void *ctx)
{
	struct batches *b = malloc(sizeof(*b));

	*out = b;
	if (!b)
		return -ENOMEM;
	b->sink = sink;
	b->ctx = ctx;
	b->threaded = false;
	b->given = b->taken = b->line = 0;
	b->batch = NULL;
	return 0;
}

void batches__free(struct batches *b)
{
	if (!b)
		return;
	free(b->batch);
	free(b);
}

static struct item *item_at(struct batch *batch, size_t at)
{
	return (struct item *)(void *)(batch->data + at);
}

/* 0, or the sink's error. */
static int give(struct batches *b, const struct item *it)
{
	int err;

	b->line = it->line;
	b->given++;
	err = b->sink(b->ctx, &it->rec);
	b->taken += err >= 0;
	return err < 0 ? err : 0;
}

/* ---- of the thread ---- */

static struct batch *next_batch(struct batches *b)
{
	int i = turns__fill(&b->turns);

	b->fill = i < 0 ? NULL : &b->batch[i];
	if (b->fill) {
		b->fill->used = 0;
		b->fill->last = false;
	}
	return b->fill;
}

struct dms_rec *batches__next(struct batches *b)
{
	if (!b->threaded)
		return &b->one.rec;
	if (b->fill && b->fill->used + sizeof(struct item) > BATCH_SIZE)
		batches__flush(b);
	if (!b->fill && !next_batch(b))
		return NULL;
	return &item_at(b->fill, b->fill->used)->rec;
}

int batches__put(struct batches *b, uint64_t line)
{
	struct item *it = b->threaded ? item_at(b->fill, b->fill->used) : &b->one;

	it->line = line;
	if (!b->threaded)
		return give(b, it);
	it->size = it->rec.type == REC_EVENT ? EVENT_SIZE : sizeof(*it);
	b->fill->used += it->size;
	return 0;
}

void batches__flush(struct batches *b)
{
	if (!b->threaded || !b->fill || !b->fill->used)
		return;
	b->fill = NULL;
	turns__filled(&b->turns);
}

static void *run(void *batches)
{
	struct batches *b = batches;

	b->read(b->arg);
	if (b->fill || next_batch(b)) {
		b->fill->last = true;
		turns__filled(&b->turns);
	}
	return NULL;
}

/* ---- of the caller ---- */

static int give_batch(struct batches *b, struct batch *batch)
{
	int err = 0;

	for (size_t at = 0; !err && at < batch->used; at += item_at(batch, at)->size)
		err = give(b, item_at(batch, at));
	return err;
}

bool batches__run(struct batches *b, void (*read)(void *arg), void (*stop)(void *arg), void *arg,
		  int *err)
{
	bool last = false;
	int i;

	*err = 0;
	b->read = read;
	b->arg = arg;
	b->fill = NULL;
	b->batch = malloc(TURNS_BLOCKS * sizeof(*b->batch));
	b->threaded = b->batch;		/* the thread reads it: nobody writes it later */
	if (!b->threaded || turns__start(&b->turns, run, b)) {
		b->threaded = false;
		return false;
	}
	while (!*err && !last) {
		i = turns__take(&b->turns);
		*err = i < 0 ? i : give_batch(b, &b->batch[i]);
		last = i >= 0 && b->batch[i].last;
	}
	if (*err) {
		turns__stop(&b->turns);
		stop(arg);
	}
	turns__end(&b->turns);
	return true;
}

uint64_t batches__given(const struct batches *b)
{
	return b->given;
}

uint64_t batches__taken(const struct batches *b)
{
	return b->taken;
}

uint64_t batches__line(const struct batches *b)
{
	return b->line;
}
