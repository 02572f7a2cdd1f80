// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory in the text report: live ranges, shared pages, and the mappings of one address. Devices
 * are in report_devices.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/names.h"
#include "util/fmt.h"
#include "report/report_inside.h"


static void range_head(struct report *r, const struct state_range *g)
{
	char owner[DMS_NAME_LEN];

	if (r->last_dev != g->dev || r->last_liobn != g->liobn || r->last_path != (int)g->path ||
	    r->listed == 1)
		P(r, "%s, %s%s:\n", state__range_owner(r->m, g, owner, sizeof(owner)),
		  dms_path_name(g->path),
		  g->preexisting ? ", from before the start" : "");
	r->last_dev = g->dev;
	r->last_liobn = g->liobn;
	r->last_path = g->path;
}

static int one_range(void *ctx, const struct state_range *g)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], d[FMT_LEN];

	if (!report_shows_range(r->m, r->o, g))
		return 0;
	/* the snapshot finds hundreds of runs in use that have no known owner */
	if (g->preexisting && !g->count && !r->o->by_addr && r->limit != SIZE_MAX) {
		r->old[g->path]++;
		r->old_bytes[g->path] += g->size;
		return 0;
	}
	if (!r->o->by_addr && r->listed >= r->limit) {
		r->more++;
		return 0;
	}
	if (!r->listed++ && !r->o->by_addr)
		P(r, "\nRANGES mapped now\n  %18s %18s  %8s %5s %6s dir\n", "DMA address", "memory",
		  "size", "maps", "age");
	range_head(r, g);
	P(r, "  %18s", fmt_addr(a, g->dma));
	P(r, " %18s%s %8s", g->phys_known ? fmt_addr(b, g->phys) : "?", g->scattered ? "+" : " ",
	  fmt_bytes(c, g->size));
	P(r, " %5" PRIu64 " %6s %s", g->count, g->preexisting ? "?" :
	  fmt_ns(d, r->run.now > g->oldest ? r->run.now - g->oldest : 0),
	  words__dir(g->dir)->column);
	if (g->shared == STATE_SHARED_NO && g->path != DMS_PATH_BOUNCED)
		P(r, " private");
	P(r, "\n");
	if (g->caller) {
		P(r, "%21sby ", "");
		fmt_text(r->f, g->caller);
		if (r->o->by_addr && g->pid)
			P(r, ", pid %u", g->pid);
		if (r->o->by_addr && g->seq)
			P(r, ", event %" PRIu64, g->seq);
		P(r, "\n");
	}
	return 0;
}

int report__ranges(struct report *r)
{
	struct state_range_filter filter = { 0 };
	char size[FMT_LEN];
	uint64_t total;
	int err;

	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	err = state__ranges(r->m, &filter, one_range, r, &total);
	if (err)
		return err;
	if (r->run.aggregates && !total)
		P(r, "\nRANGES: single mappings are not followed in this mode\n");
	else if (!r->listed)
		P(r, "\nRANGES: no mapping made since the start is still live\n");
	if (r->more)
		P(r, "%" PRIu64 " more ranges; dmascope report --all lists them\n", r->more);
	for (int p = 0; p < DMS_PATH_MAX; p++)
		if (r->old[p])
			P(r,
			  "In use from before the start: %s in %" PRIu64 " runs, %s; --all lists "
			  "them\n",
			  fmt_bytes(size, r->old_bytes[p]), r->old[p], dms_path_name(p));
	return 0;
}

/* Whom memory of a dma-buf heap was shared for; the rest of a line whose cursor is at `at`. */
static void heap_user(struct report *r, unsigned int at, unsigned int indent, const char *heap,
		      const char *comm, uint32_t pid)
{
	char text[DMS_COMM_LEN + 96], who[24] = "";

	if (pid)
		snprintf(who, sizeof(who), ", pid %u", pid);
	snprintf(text, sizeof(text), "for %s%s, %s%s", comm ? comm : "a process", who,
		 *heap ? "dma-buf heap " : "a dma-buf heap", heap);
	fmt_wrap(r->f, text, at, indent, WIDTH);
}

static int one_shared(void *ctx, const struct state_shared *s)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];
	bool pool = !s->confirmed && !s->seq;

	if (r->listed++ >= r->limit)
		return 1;
	/* perhaps: its conversion was seen to fail, which may have been late */
	P(r, "  %18s-%-18s %8s  %-9s ", fmt_addr(a, s->phys), fmt_addr(b, s->phys + s->size - 1),
	  fmt_bytes(c, s->size), s->confirmed ? "seen" : pool ? "assumed" : "perhaps");
	fmt_text(r->f, s->caller ? s->caller : pool ? "pool, shared at boot" : "-");
	P(r, "\n");
	if (s->heap) {
		P(r, "%21s", "");
		heap_user(r, 21, 21, s->heap, s->comm, s->pid);
	}
	return 0;
}

/* The pages that a kexec has to convert, and unshared pages that were never seen shared. */
static void ledger_facts(struct report *r, const struct state_ledger *l)
{
	uint32_t page = r->run.session && r->run.session->page_size ?
			r->run.session->page_size : 4096;
	char a[FMT_LEN], b[FMT_LEN];

	if (l->kexec)
		P(r, "  a kexec now would have to unshare at least these %s pages, %s\n",
		  fmt_exact(a, (l->kexec + page - 1) / page), fmt_size(b, l->kexec));
	if (l->unshare_unknown)
		P(r, "  %s unshared pages were never seen shared: before the start, or "
		  "never\n", fmt_exact(a, l->unshare_unknown));
}

static void ledger_calls(struct report *r, const struct state_ledger *l)
{
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	if (l->counted)
		P(r, "  since the start: %s%s shared, %s%s unshared",
		  l->shares_least ? "at least " : "", fmt_exact(a, l->shares),
		  l->unshares_least ? "at least " : "", fmt_exact(b, l->unshares));
	else
		P(r, "  since the start: conversions were not counted");
	if (!l->failed.why && (l->counted || l->failed.v))
		P(r, ", %s refused", fmt_exact(c, l->failed.v));
	if (!l->rate_max.why && l->counted)
		P(r, "; at most %s/s", fmt_exact(c, l->rate_max.v));
	P(r, "\n");
}

#define HEAP_USERS	5

static void heap_users(struct report *r)
{
	struct state_heap_user u[HEAP_USERS];
	size_t n = state__heap_users(r->m, u, HEAP_USERS);
	char a[FMT_LEN];

	for (size_t i = 0; i < n && i < HEAP_USERS; i++) {
		P(r, "  %s shared now", fmt_size(a, u[i].bytes));
		heap_user(r, 13 + (unsigned int)strlen(a), 4, u[i].heap, u[i].comm, u[i].pid);
	}
	if (n > HEAP_USERS)
		P(r, "  and for %zu more processes\n", n - HEAP_USERS);
}

void report__ledger(struct report *r)
{
	struct state_sharer s[5];
	struct state_ledger l;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];
	size_t i, n;

	state__ledger(r->m, &l);
	if (!l.secure)
		return;
	P(r, "\nSHARED with the hypervisor: %s\n", fmt_size(a, l.shared.v));
	r->listed = 0;
	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	if (state__shared(r->m, one_shared, r))
		P(r, "  ...\n");
	ledger_calls(r, &l);
	ledger_facts(r, &l);
	P(r, "  Not listed:");
	fmt_wrap(r->f, words__guest(r->run.session)->unlisted, 13, 4, WIDTH);
	n = state__sharers(r->m, s, 5);
	for (i = 0; i < n && i < 5; i++) {
		if (!s[i].shares && !s[i].unshares)
			continue;
		P(r, "  %s shared now by ", fmt_size(a, s[i].bytes));
		fmt_text(r->f, s[i].caller ? s[i].caller : "callers not recorded");
		P(r, " (%s/%s calls)\n", fmt_exact(b, s[i].shares), fmt_exact(c, s[i].unshares));
	}
	heap_users(r);
}

struct at_shared {
	uint64_t addr;
	struct state_shared s;
	bool found;
};

static int find_shared(void *ctx, const struct state_shared *s)
{
	struct at_shared *a = ctx;

	if (a->addr < s->phys || a->addr - s->phys >= s->size)
		return s->phys > a->addr;
	a->s = *s;
	a->found = true;
	return 1;
}

static void at_memory(struct report *r)
{
	struct at_shared at = { .addr = r->o->addr };
	char a[FMT_LEN];

	if (!r->run.secure)
		return;
	state__shared(r->m, find_shared, &at);
	if (!at.found) {
		P(r, "as memory: private, as far as known\n");
		return;
	}
	P(r, "as memory: shared with the hypervisor ");
	if (at.s.ts)
		P(r, "since %s", fmt_ns(a, r->run.now - at.s.ts));
	else
		P(r, "since before the start (the bounce pool)");
	if (at.s.caller) {
		P(r, ", by ");
		fmt_text(r->f, at.s.caller);
	}
	P(r, "\n");
	if (at.s.heap) {
		P(r, "  ");
		heap_user(r, 2, 4, at.s.heap, at.s.comm, at.s.pid);
	}
}

/* The last mapping of that address, now unmapped: the one that a fault of a device is about. */
static void at_gone(struct report *r)
{
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], owner[DMS_NAME_LEN + 32];
	struct state_range g;
	uint64_t unmapped;

	if (!state__gone(r->m, &g, &unmapped))
		return;
	P(r, "the last one was unmapped %s before the end: ",
	  fmt_ns(a, r->run.now > unmapped ? r->run.now - unmapped : 0));
	P(r, "%s, %s, %s at %s, %s\n", state__range_owner(r->m, &g, owner, sizeof(owner)),
	  dms_path_name(g.path), fmt_bytes(b, g.size), fmt_addr(c, g.dma),
	  words__dir(g.dir)->column);
	P(r, "  it had been mapped for %s",
	  fmt_ns(a, unmapped > g.oldest ? unmapped - g.oldest : 0));
	if (g.caller) {
		P(r, " by ");
		fmt_text(r->f, g.caller);
	}
	P(r, ", event %" PRIu64 "\n", g.seq);
}

int report__at_address(struct report *r)
{
	struct state_range_filter filter = { .by_addr = true, .addr = r->o->addr, .each = true };
	struct state_window w;
	uint64_t total;
	size_t i;
	int err;

	P(r, "\nADDRESS 0x%" PRIx64 "\n", r->o->addr);
	at_memory(r);
	for (i = 0; state__window_fill(r->m, i, &w); i++)
		if (!w.rec.removed && shown(r, w.rec.dev) && r->o->addr >= w.rec.base &&
		    r->o->addr - w.rec.base < w.rec.size)
			P(r, "as DMA address: in the %s window of %s (LIOBN 0x%x)\n",
			  dms_window_kind_name(w.rec.kind), state__dev_name(r->m, w.rec.dev),
			  w.rec.liobn);
	err = state__ranges(r->m, &filter, one_range, r, &total);
	if (!err && !total) {
		P(r, "no mapping covers it now%s\n",
		  r->run.aggregates ? " (single mappings are not followed in this mode)" : "");
		at_gone(r);
	}
	return err;
}
