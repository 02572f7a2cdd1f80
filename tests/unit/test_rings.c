// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rings as the kernel lays them out (kernel/bpf/ringbuf.c), here files in memory that the test
 * writes: records come by time, once each, around the end of a ring, and what is still being
 * written keeps back what may depend on it.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dmascope/config.h"
#include "probe/rings.h"
#include "util/clock.h"

#define SIZE	((size_t)sysconf(_SC_PAGESIZE))
#define BUSY	BPF_RINGBUF_BUSY_BIT
#define DISCARD	BPF_RINGBUF_DISCARD_BIT

/* A file cannot be waited for: that is the kernel's, and seen in guests. */
int epoll_ctl(int epoll, int op, int fd, void *event);
int epoll_ctl(int epoll, int op, int fd, void *event)
{
	(void)epoll, (void)op, (void)fd, (void)event;
	return 0;
}

struct writer {
	int fd;
	unsigned long *reader, *writers;
	char *data;
};

static void writer_new(struct writer *w)
{
	char *at;

	w->fd = memfd_create("ring", 0);
	assert_true(w->fd >= 0);
	assert_int_equal(ftruncate(w->fd, (off_t)(3 * SIZE)), 0);
	at = mmap(NULL, 3 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	w->reader = (unsigned long *)at;
	w->writers = (unsigned long *)(at + SIZE);
	w->data = at + 2 * SIZE;
}

static void writer_free(struct writer *w)
{
	munmap(w->reader, 3 * SIZE);
	close(w->fd);
}

/* Puts a record at the writers' position; returns where its header is. False: no room. */
static bool put(struct writer *w, const void *record, uint32_t size, uint32_t bits, uint32_t **head)
{
	uint32_t header[2] = { size | bits, 0 };
	unsigned long at = *w->writers, all = (size + sizeof(header) + 7) & ~7UL;

	if (at + all - *w->reader > SIZE - 1)
		return false;
	for (unsigned long i = 0; i < sizeof(header); i++)
		w->data[(at + i) % SIZE] = ((const char *)header)[i];
	for (unsigned long i = 0; i < size; i++)
		w->data[(at + sizeof(header) + i) % SIZE] = ((const char *)record)[i];
	if (head)
		*head = (uint32_t *)(w->data + at % SIZE);
	*w->writers = at + all;
	return true;
}

static bool put_event(struct writer *w, uint64_t ts, uint64_t id, uint32_t bits, uint32_t **head)
{
	struct dms_event e = { .type = DMS_EV_MAP, .ts = ts, .dma = id, .size = ~id };

	return put(w, &e, sizeof(e), bits, head);
}

static void put_stack(struct writer *w, uint32_t id)
{
	struct dms_stack s = { .type = DMS_EV_STACK, .id = id };

	assert_true(put(w, &s, sizeof(s), 0, NULL));
}

struct seen {
	uint64_t id[64];
	unsigned int n, most;	/* refuse the record after so many; 0 = none */
};

static int on_record(void *ctx, const void *data, size_t size)
{
	const struct dms_event *e = data;
	const struct dms_stack *stack = data;
	struct seen *s = ctx;

	if (s->most && s->n == s->most)
		return -ENOSPC;
	assert_true(s->n < 64);
	if (e->type == DMS_EV_STACK) {
		assert_int_equal(size, sizeof(*stack));
		s->id[s->n++] = stack->id;
		return 0;
	}
	assert_int_equal(size, sizeof(*e));
	assert_true(e->size == ~e->dma);
	s->id[s->n++] = e->dma;
	return 0;
}

static void expect(const struct seen *s, unsigned int n, const uint64_t *ids)
{
	assert_int_equal(s->n, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(s->id[i], ids[i]);
}
#define EXPECT(seen, ...)	expect(seen, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8,	\
				       (uint64_t[]){ __VA_ARGS__ })

static struct rings *open_rings(struct writer *w, unsigned int n)
{
	struct rings *r;

	assert_int_equal(rings__new(&r), 0);
	for (unsigned int i = 0; i < n; i++) {
		writer_new(&w[i]);
		assert_int_equal(rings__add(r, w[i].fd, SIZE), 0);
	}
	return r;
}

static void close_rings(struct rings *r, struct writer *w, unsigned int n)
{
	rings__free(r);
	for (unsigned int i = 0; i < n; i++)
		writer_free(&w[i]);
}

static bool held;

static int read_all(struct rings *r, struct seen *s)
{
	return rings__read(r, on_record, s, &held);
}

static void test_by_time(void **state)
{
	struct seen s = {};
	struct writer w[3];
	struct rings *r = open_rings(w, 3);

	(void)state;
	put_event(&w[0], 10, 1, 0, NULL);
	put_event(&w[1], 20, 2, 0, NULL);
	put_event(&w[0], 30, 3, 0, NULL);
	put_event(&w[0], 31, 4, 0, NULL);
	put_event(&w[2], 40, 6, 0, NULL);
	put_stack(&w[1], 5);		/* as old as what is before it */
	put_event(&w[1], 50, 7, 0, NULL);
	put_event(&w[0], 60, 99, DISCARD, NULL);
	put_event(&w[0], 60, 8, 0, NULL);
	assert_int_equal(read_all(r, &s), 8);
	EXPECT(&s, 1, 2, 5, 3, 4, 6, 7, 8);
	assert_int_equal(read_all(r, &s), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(*w[i].reader, *w[i].writers);
	close_rings(r, w, 3);
}

/* An interrupted program: its time precedes the interrupt's, its record comes later. */
static void test_nested(void **state)
{
	struct seen s = {};
	struct writer w[2];
	struct rings *r = open_rings(w, 2);

	(void)state;
	put_event(&w[0], 20, 1, 0, NULL);	/* of the interrupt */
	put_event(&w[0], 10, 2, 0, NULL);	/* of what it interrupted */
	put_event(&w[1], 15, 3, 0, NULL);
	put_event(&w[1], 25, 4, 0, NULL);
	assert_int_equal(read_all(r, &s), 4);
	EXPECT(&s, 3, 1, 2, 4);
	close_rings(r, w, 2);
}

static void test_busy(void **state)
{
	struct seen s = {};
	struct writer w[2];
	struct rings *r = open_rings(w, 2);
	uint32_t *head;

	(void)state;
	put_event(&w[0], 10, 1, 0, NULL);
	put_event(&w[0], 20, 3, BUSY, &head);
	put_event(&w[0], 30, 4, 0, NULL);	/* hidden behind it */
	put_event(&w[1], 5, 0, 0, NULL);
	put_event(&w[1], 40, 5, 0, NULL);	/* may have happened because of that */
	assert_int_equal(read_all(r, &s), 2);
	EXPECT(&s, 0, 1);
	assert_true(held);
	*head &= ~BUSY;
	assert_int_equal(read_all(r, &s), 3);
	assert_false(held);
	EXPECT(&s, 0, 1, 3, 4, 5);
	close_rings(r, w, 2);
}

/* Records younger than the begin of reading wait for the next time. */
static void test_younger(void **state)
{
	struct seen s = {};
	struct writer w[1];
	struct rings *r = open_rings(w, 1);

	(void)state;
	put_event(&w[0], clock_now(), 1, 0, NULL);
	put_event(&w[0], clock_now() + 3600ULL * 1000000000, 2, 0, NULL);
	assert_int_equal(read_all(r, &s), 1);
	EXPECT(&s, 1);
	close_rings(r, w, 1);
}

/* A held event delays younger records: they may be its consequences. */
static void test_held(void **state)
{
	struct dms_held h[2] = { { .claims = 1, .full = 1, .event = { .ts = 20 } } };
	struct seen s = {};
	struct writer w[2];
	struct rings *r = open_rings(w, 2);

	(void)state;
	rings__hold(r, h, 2);
	put_event(&w[0], 10, 1, 0, NULL);
	put_event(&w[1], 30, 3, 0, NULL);
	assert_int_equal(read_all(r, &s), 1);
	EXPECT(&s, 1);
	assert_true(held);
	put_event(&w[0], 20, 2, 0, NULL);
	h[0].full = 0;
	assert_int_equal(read_all(r, &s), 2);
	EXPECT(&s, 1, 2, 3);
	assert_false(held);
	assert_int_equal(h[0].claims, 1);	/* a program is at it */
	close_rings(r, w, 2);
}

/* An event that no record replaces is read once, in its order, even after a first refusal. */
static void test_held_long(void **state)
{
	struct dms_held h[3] = {
		{ .full = 1, .event = { .ts = 25, .dma = 3, .size = ~3ULL } },
		{ .full = 1, .event = { .ts = 15, .dma = 1, .size = ~1ULL } },
		{ .full = 1, .event = { .ts = clock_now() + 3600ULL * 1000000000 } },
	};
	struct seen s = { .most = 1 };
	struct writer w[2];
	struct rings *r = open_rings(w, 2);

	(void)state;
	rings__hold(r, h, 3);
	put_event(&w[0], 10, 0, 0, NULL);
	put_event(&w[1], 20, 2, 0, NULL);
	put_event(&w[0], 30, 4, 0, NULL);
	assert_int_equal(read_all(r, &s), -ENOSPC);
	EXPECT(&s, 0);
	s.most = 0;
	assert_int_equal(read_all(r, &s), 4);
	EXPECT(&s, 0, 1, 2, 3, 4);
	assert_false(held);
	assert_int_equal(h[0].full + h[1].full, 0);
	assert_int_equal(h[0].claims + h[1].claims, 0);
	assert_int_equal(h[2].full, 1);		/* younger than the begin of reading */
	close_rings(r, w, 2);
}

static void test_refused(void **state)
{
	struct seen s = { .most = 2 };
	struct writer w[2];
	struct rings *r = open_rings(w, 2);

	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		put_event(&w[i % 2], i + 1, i, 0, NULL);
	assert_int_equal(read_all(r, &s), -ENOSPC);
	EXPECT(&s, 0, 1);
	s.most = 0;
	assert_int_equal(read_all(r, &s), 4);
	EXPECT(&s, 0, 1, 2, 3, 4, 5);
	close_rings(r, w, 2);
}

/* Many times around, with records of two sizes, so that they lie across the end in every way. */
static void test_around(void **state)
{
	uint64_t in = 0, out = 0;
	struct writer w[2];
	struct rings *r = open_rings(w, 2);

	(void)state;
	srand(1);
	while (out < 20000) {
		struct seen s = {};
		int n;

		for (int i = rand() % 12; i > 0; i--) {
			struct writer *to = &w[rand() % 2];

			if (rand() % 4 == 0) {
				struct dms_stack st = { .type = DMS_EV_STACK, .id = (uint32_t)in };

				/* it counts as old as its predecessor: it needs one of its time */
				if (!put_event(to, in + 1, in, 0, NULL))
					break;
				st.id = (uint32_t)++in;
				if (put(to, &st, sizeof(st), 0, NULL))
					in++;
			} else if (put_event(to, in + 1, in, 0, NULL)) {
				in++;
			}
		}
		n = read_all(r, &s);
		assert_int_equal(n, s.n);
		for (unsigned int i = 0; i < s.n; i++)
			assert_int_equal(s.id[i], out++);
		assert_int_equal(out, in);
	}
	close_rings(r, w, 2);
}

static void test_pressed(void **state)
{
	struct seen s = {};
	struct writer w[1];
	struct rings *r = open_rings(w, 1);

	(void)state;
	assert_false(rings__pressed(r));
	for (uint64_t i = 0; *w[0].writers <= SIZE / 8; i++) {
		assert_false(rings__pressed(r));
		put_event(&w[0], i + 1, i, 0, NULL);
	}
	assert_true(rings__pressed(r));
	assert_true(read_all(r, &s) > 0);
	assert_false(rings__pressed(r));
	close_rings(r, w, 1);
}

/* No program of ours writes such records: reported, not followed. */
static void test_nonsense(void **state)
{
	char big[512] = "";
	struct seen s = {};
	struct writer w[1];
	struct rings *r = open_rings(w, 1);

	(void)state;
	assert_true(put(&w[0], big, sizeof(big), 0, NULL));
	assert_int_equal(read_all(r, &s), -EBADMSG);
	assert_int_equal(s.n, 0);
	close_rings(r, w, 1);
	r = open_rings(w, 1);
	assert_true(put(&w[0], big, 4, 0, NULL));
	assert_int_equal(read_all(r, &s), -EBADMSG);
	close_rings(r, w, 1);
	rings__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_time),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_younger),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_long),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_pressed),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
