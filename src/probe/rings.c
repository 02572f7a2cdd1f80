// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Several ring buffers of BPF programs read as one, by the layout that kernel/bpf/ringbuf.c shows
 * to user space (5.8 and later; Documentation/bpf/ringbuf.rst): a page with the reader's position,
 * a page with the writers', the data. Each record has a header of 8 bytes and begins at 8 bytes.
 *
 * Order. A program takes the time of its record before it reserves it, so a time is never later
 * than the record's place in the ring; a record counts as not older than those before it. Nothing
 * is handed over that is younger than the time at which reading began. If b happened because of a,
 * then a was in its ring before b's time was taken: it is seen if b is, and counts as older. Only a
 * record that is still being written hides what is behind it; then the other rings wait.
 *
 * An event that a program holds (bpf/lib/held.h) delays all younger records too. The record of its
 * call replaces it within microseconds; if none does so in HOLD_NS, the reader takes the event.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmascope/config.h"
#include "probe/rings.h"
#include "util/clock.h"

#define RECORD_MAX	256	/* bytes; the largest is struct dms_stack */
#define BUSY_TRIES	100	/* a record takes a microsecond, or as long as an interrupt */
#define HOLD_NS		1000000	/* for so long a record may be held for another one */
#define PRESSED		8	/* one part in so many of a ring */

struct ring {
	unsigned long *reader;	/* position: what is before it may be written over */
	unsigned long *writers;
	const char *data;
	size_t size;
	unsigned long at, end;	/* what is being read: up to the writers' position at its begin */
	uint64_t key;		/* time that the record at `at` counts as */
	const void *record;	/* at `at`; NULL: none that is finished */
	uint32_t len;
	bool busy;		/* it is still being written */
	_Alignas(8) char whole[RECORD_MAX];	/* of one that goes around the ring's end */
};

struct rings {
	struct ring ring[RINGS_MAX];
	unsigned int n;
	int epoll;
	struct dms_held *held;
	uint32_t helds;
	struct dms_event taken;		/* out of a place in held, not handed over yet */
	bool has_taken;
};

int rings__new(struct rings **out)
{
	struct rings *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0) {
		int err = -errno;

		free(r);
		return err;
	}
	*out = r;
	return 0;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void ring_unmap(struct ring *g)
{
	if (g->writers)
		munmap(g->writers, page_size() + g->size);
	if (g->reader)
		munmap(g->reader, page_size());
}

void rings__free(struct rings *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < r->n; i++)
		ring_unmap(&r->ring[i]);
	close(r->epoll);
	free(r);
}

static int ring_map(struct ring *g, int fd)
{
	size_t page = page_size();
	void *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	g->reader = at;
	at = mmap(NULL, page + g->size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (at == MAP_FAILED)
		return -errno;
	g->writers = at;
	g->data = (const char *)at + page;
	return 0;
}

int rings__add(struct rings *r, int fd, size_t bytes)
{
	/* at the edge: else a wait would end at once while there is any record at all */
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct ring *g = &r->ring[r->n];
	int err;

	if (r->n == RINGS_MAX)
		return -E2BIG;
	memset(g, 0, sizeof(*g));
	g->size = bytes;
	err = ring_map(g, fd);
	if (!err && epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev))
		err = -errno;
	if (err)
		ring_unmap(g);
	else
		r->n++;
	return err;
}

void rings__hold(struct rings *r, struct dms_held *held, uint32_t n)
{
	r->held = held;
	r->helds = held ? n : 0;
}

int rings__fd(const struct rings *r)
{
	return r->epoll;
}

int rings__wait(struct rings *r, int timeout_ms)
{
	struct epoll_event ev[RINGS_MAX];

	return epoll_wait(r->epoll, ev, RINGS_MAX, timeout_ms) < 0 ? -errno : 0;
}

bool rings__pressed(const struct rings *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		const struct ring *g = &r->ring[i];

		if (__atomic_load_n(g->writers, __ATOMIC_RELAXED) - *g->reader > g->size / PRESSED)
			return true;
	}
	return false;
}

static uint32_t header(const struct ring *g, unsigned long at)
{
	return __atomic_load_n((const uint32_t *)(g->data + (at & (g->size - 1))),
			       __ATOMIC_ACQUIRE);
}

static void ring_move(struct ring *g, uint32_t len)
{
	g->at += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
	__atomic_store_n(g->reader, g->at, __ATOMIC_RELEASE);
}

/* A stack has no time: it counts as what was before it. */
static uint64_t time_of(const void *record)
{
	const struct dms_event *e = record;

	return e->type == DMS_EV_STACK ? 0 : e->ts;
}

/* Finds the next record up to `end`. 0, or -EBADMSG where no program of ours can have written. */
static int ring_next(struct ring *g)
{
	size_t from, left;
	uint32_t len = 0;
	uint64_t ts;

	g->record = NULL;
	for (; g->at < g->end; ring_move(g, len)) {
		len = header(g, g->at);
		g->busy = len & BPF_RINGBUF_BUSY_BIT;
		if (g->busy)
			return 0;
		if (!(len & BPF_RINGBUF_DISCARD_BIT))
			break;
		len &= ~BPF_RINGBUF_DISCARD_BIT;
	}
	if (g->at >= g->end)
		return 0;
	if (len < sizeof(struct dms_event) || len > RECORD_MAX)
		return -EBADMSG;
	from = (g->at + BPF_RINGBUF_HDR_SZ) & (g->size - 1);
	left = g->size - from;
	g->record = g->data + from;
	g->len = len;
	if (left < len) {
		memcpy(g->whole, g->data + from, left);
		memcpy(g->whole + left, g->data, len - left);
		g->record = g->whole;
	}
	ts = time_of(g->record);
	if (ts > g->key)
		g->key = ts;
	return 0;
}

/* The ring with the oldest record; *limit: the others have none that is older than that. */
static struct ring *oldest(struct rings *r, uint64_t *limit)
{
	struct ring *first = NULL;

	for (unsigned int i = 0; i < r->n; i++) {
		struct ring *g = &r->ring[i];

		if (!g->record) {
			/* what it hides is younger than what was before it */
			if (g->busy && g->key < *limit)
				*limit = g->key;
			continue;
		}
		if (!first || g->key < first->key) {
			if (first && first->key < *limit)
				*limit = first->key;
			first = g;
		} else if (g->key < *limit) {
			*limit = g->key;
		}
	}
	return first && first->key <= *limit ? first : NULL;
}

/* Reads all records up to `up_to`. *busy: a record that is being written blocked others. */
static int read_once(struct rings *r, uint64_t up_to, rings_fn fn, void *ctx, bool *busy)
{
	struct ring *g;
	uint64_t limit;
	int n = 0, err = 0;

	for (unsigned int i = 0; i < r->n && !err; i++) {
		g = &r->ring[i];
		g->at = *g->reader;
		g->end = __atomic_load_n(g->writers, __ATOMIC_ACQUIRE);
		g->busy = false;
		err = ring_next(g);
	}
	while (!err) {
		limit = up_to;
		g = oldest(r, &limit);
		if (!g)
			break;
		while (!err && g->record && g->key <= limit) {
			err = fn(ctx, g->record, g->len);
			if (err)
				break;
			n++;
			ring_move(g, g->len);
			err = ring_next(g);
		}
	}
	*busy = false;
	for (unsigned int i = 0; i < r->n; i++)
		*busy |= r->ring[i].busy;
	return err ? err : n;
}

/* The oldest that is held; NULL: nothing is. */
static struct dms_held *oldest_held(const struct rings *r, uint64_t *ts)
{
	struct dms_held *first = NULL;

	for (uint32_t i = 0; i < r->helds; i++) {
		struct dms_held *h = &r->held[i];

		if (!__atomic_load_n(&h->full, __ATOMIC_ACQUIRE) ||
		    (first && h->event.ts >= *ts))
			continue;
		first = h;
		*ts = h->event.ts;
	}
	return first;
}

/* Takes an event that was held for longer than HOLD_NS, unless a program has claimed the place. */
static bool held_take(struct dms_held *h, uint64_t now, struct dms_event *out)
{
	bool mine = !__atomic_fetch_add(&h->claims, 1, __ATOMIC_SEQ_CST);
	bool taken = mine && h->full && h->event.ts + HOLD_NS < now;

	if (taken) {
		*out = h->event;
		__atomic_store_n(&h->full, 0, __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_sub(&h->claims, 1, __ATOMIC_SEQ_CST);
	return taken;
}

/* Reads records older than every held event, and an event that was held for longer than HOLD_NS. */
static int read_holding(struct rings *r, uint64_t now, rings_fn fn, void *ctx, bool *busy)
{
	uint64_t up_to = now, ts = 0;
	struct dms_held *h;
	int n, err;

	/* a place is filled before anything can happen because of it: the clock comes first */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	h = r->has_taken ? NULL : oldest_held(r, &ts);
	if (h && ts + HOLD_NS < now)
		r->has_taken = held_take(h, now, &r->taken);
	if (r->has_taken)
		ts = r->taken.ts;
	if ((h || r->has_taken) && ts <= up_to)
		up_to = ts - 1;
	n = read_once(r, up_to, fn, ctx, busy);
	if (n < 0 || *busy || !r->has_taken) {
		*busy |= h && ts <= now;
		return n;
	}
	err = fn(ctx, &r->taken, sizeof(r->taken));
	if (err)
		return err;
	r->has_taken = false;
	*busy = true;		/* those behind it */
	return n + 1;
}

int rings__read(struct rings *r, rings_fn fn, void *ctx, bool *held)
{
	uint64_t now = clock_now();
	int n = 0, got;

	*held = true;
	for (int i = 0; i < BUSY_TRIES && *held; i++) {
		got = read_holding(r, now, fn, ctx, held);
		if (got < 0)
			return got;
		if (!got && *held)
			sched_yield();
		n += got;
	}
	return n;
}
