// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The ranges of rangeset.h as a treap: split and merge by address, expected depth O(log n).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rangeset.h"

static int reserve(struct rangeset *s, uint32_t more)
{
	uint32_t cap = s->cap ? s->cap : 16;
	struct range_node *node;

	if (!s->used)
		s->used = 1;
	/* free list entries are not counted: at most a little is reserved too early */
	while (cap < s->used + more) {
		if (cap > UINT32_MAX / 2)
			return -ENOMEM;
		cap *= 2;
	}
	if (cap == s->cap)
		return 0;
	node = realloc(s->node, cap * sizeof(*node));
	if (!node)
		return -ENOMEM;
	s->node = node;
	s->cap = cap;
	return 0;
}

static uint32_t new_node(struct rangeset *s, uint64_t start, uint64_t end,
			 const struct range_note *note)
{
	uint32_t i = s->free;

	if (i)
		s->free = s->node[i].left;
	else
		i = s->used++;
	s->seed = s->seed * 1664525 + 1013904223;
	s->node[i] = (struct range_node){ .start = start, .end = end, .note = *note,
					  .prio = s->seed ^ s->seed >> 16 };
	s->n++;
	s->bytes += end - start;
	return i;
}

static void drop_node(struct rangeset *s, uint32_t i)
{
	s->n--;
	s->bytes -= s->node[i].end - s->node[i].start;
	s->node[i].left = s->free;
	s->free = i;
}

static void drop_tree(struct rangeset *s, uint32_t t)
{
	uint32_t right;

	while (t) {
		right = s->node[t].right;
		drop_tree(s, s->node[t].left);
		drop_node(s, t);
		t = right;
	}
}

/* *a gets the nodes that start before key, *b the others. */
static void split(struct rangeset *s, uint32_t t, uint64_t key, uint32_t *a, uint32_t *b)
{
	uint32_t child = 0;

	if (!t) {
		*a = *b = 0;
	} else if (s->node[t].start < key) {
		split(s, s->node[t].right, key, &child, b);
		s->node[t].right = child;
		*a = t;
	} else {
		split(s, s->node[t].left, key, a, &child);
		s->node[t].left = child;
		*b = t;
	}
}

/* All of a starts before all of b. */
static uint32_t merge(struct rangeset *s, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	if (s->node[a].prio > s->node[b].prio) {
		s->node[a].right = merge(s, s->node[a].right, b);
		return a;
	}
	s->node[b].left = merge(s, a, s->node[b].left);
	return b;
}

static uint32_t last_of(const struct rangeset *s, uint32_t t)
{
	while (t && s->node[t].right)
		t = s->node[t].right;
	return t;
}

static uint32_t first_of(const struct rangeset *s, uint32_t t)
{
	while (t && s->node[t].left)
		t = s->node[t].left;
	return t;
}

static void set_bounds(struct rangeset *s, uint32_t i, uint64_t start, uint64_t end)
{
	s->bytes -= s->node[i].end - s->node[i].start;
	s->node[i].start = start;
	s->node[i].end = end;
	s->bytes += end - start;
}

/* Cuts [start, end) out; *a and *b are what is left of it on both sides. Two nodes are reserved. */
static void cut(struct rangeset *s, uint64_t start, uint64_t end, uint32_t *a, uint32_t *b)
{
	uint32_t mid, i;
	uint64_t tail;

	split(s, s->root, start, a, &mid);
	i = last_of(s, *a);
	if (i && s->node[i].end > start) {
		tail = s->node[i].end;
		set_bounds(s, i, s->node[i].start, start);
		if (tail > end)
			mid = merge(s, new_node(s, end, tail, &s->node[i].note), mid);
	}
	split(s, mid, end, &mid, b);
	i = last_of(s, mid);
	if (i && s->node[i].end > end)
		*b = merge(s, new_node(s, end, s->node[i].end, &s->node[i].note), *b);
	drop_tree(s, mid);
}

static bool same_note(const struct range_note *a, const struct range_note *b)
{
	return a->ts == b->ts && a->seq == b->seq && a->stack == b->stack && a->pid == b->pid &&
	       a->flags == b->flags && a->task == b->task;
}

int rangeset_add(struct rangeset *s, uint64_t start, uint64_t end, const struct range_note *note)
{
	uint32_t a, b, i, rest;

	if (start >= end)
		return 0;
	if (reserve(s, 4))
		return -ENOMEM;
	cut(s, start, end, &a, &b);
	i = first_of(s, b);
	if (i && s->node[i].start == end && same_note(&s->node[i].note, note)) {
		end = s->node[i].end;
		split(s, b, s->node[i].start + 1, &i, &rest);
		drop_tree(s, i);
		b = rest;
	}
	i = last_of(s, a);
	if (i && s->node[i].end == start && same_note(&s->node[i].note, note))
		set_bounds(s, i, s->node[i].start, end);
	else
		a = merge(s, a, new_node(s, start, end, note));
	s->root = merge(s, a, b);
	return 0;
}

int rangeset_del(struct rangeset *s, uint64_t start, uint64_t end, uint64_t *removed)
{
	uint64_t before = s->bytes;
	uint32_t a, b;

	if (removed)
		*removed = 0;
	if (start >= end || !s->root)
		return 0;
	if (reserve(s, 4))
		return -ENOMEM;
	cut(s, start, end, &a, &b);
	s->root = merge(s, a, b);
	if (removed)
		*removed = before - s->bytes;
	return 0;
}

const struct range_node *rangeset_next(const struct rangeset *s, uint64_t addr)
{
	const struct range_node *best = NULL;
	uint32_t t = s->root;

	while (t) {
		if (s->node[t].end > addr) {
			best = &s->node[t];
			t = s->node[t].left;
		} else {
			t = s->node[t].right;
		}
	}
	return best;
}

uint64_t rangeset_covered(const struct rangeset *s, uint64_t start, uint64_t end)
{
	const struct range_node *r = rangeset_next(s, start);
	uint64_t from, to, sum = 0;

	while (r && r->start < end) {
		from = r->start > start ? r->start : start;
		to = r->end < end ? r->end : end;
		sum += to - from;
		r = rangeset_next(s, r->end);
	}
	return sum;
}

void rangeset_free(struct rangeset *s)
{
	free(s->node);
	memset(s, 0, sizeof(*s));
}
