// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory in the text report: the ranges that are mapped, the pages that are shared, and what is
 * known of one address. Whose devices these are is in report_devices.c.
 */
#include <inttypes.h>

#include "util/names.h"
#include "view/fmt.h"
#include "view/report_inside.h"

static const char *const dir_words[] = { "both", "to", "from", "-" };

static void range_head(struct report *r, const struct model_range *g)
{
	char owner[DMS_NAME_LEN];

	if (r->last_dev != g->dev || r->last_liobn != g->liobn || r->last_path != (int)g->path ||
	    r->listed == 1)
		P(r, "%s, %s%s:\n", model__range_owner(r->m, g, owner, sizeof(owner)),
		  dms_path_name(g->path),
		  g->preexisting ? ", from before the start" : "");
	r->last_dev = g->dev;
	r->last_liobn = g->liobn;
	r->last_path = g->path;
}

static int one_range(void *ctx, const struct model_range *g)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], d[FMT_LEN];

	if (!report_shows_range(r->m, r->o, g))
		return 0;
	/* what the snapshot found in use is hundreds of runs that nobody can name */
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
	  fmt_ns(d, r->run.now > g->oldest ? r->run.now - g->oldest : 0), dir_words[g->dir & 3]);
	if (g->shared == MODEL_SHARED_NO && g->path != DMS_PATH_BOUNCED)
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
	struct model_range_filter filter = { 0 };
	char size[FMT_LEN];
	uint64_t total;
	int err;

	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	err = model__ranges(r->m, &filter, one_range, r, &total);
	if (err)
		return err;
	if (r->run.aggregates && !total)
		P(r, "\nRANGES: single mappings are not followed in this mode\n");
	else if (!r->listed)
		P(r, "\nRANGES: nothing was mapped since the start and still is\n");
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

static int one_shared(void *ctx, const struct model_shared *s)
{
	struct report *r = ctx;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	if (r->listed++ >= r->limit)
		return 1;
	P(r, "  %18s-%-18s %8s  %-9s ", fmt_addr(a, s->phys), fmt_addr(b, s->phys + s->size - 1),
	  fmt_bytes(c, s->size), s->confirmed ? "seen" : "assumed");
	fmt_text(r->f, s->caller ? s->caller : s->confirmed ? "-" : "pool, shared at boot");
	P(r, "\n");
	return 0;
}

/* What a kexec has to do, and what of the unshared was never seen being shared. */
static void ledger_facts(struct report *r, const struct model_ledger *l)
{
	uint32_t page = r->run.session && r->run.session->page_size ?
			r->run.session->page_size : 4096;
	char a[FMT_LEN], b[FMT_LEN];

	if (l->kexec)
		P(r, "  a kexec now would have to take back these %s pages, %s\n",
		  fmt_exact(a, (l->kexec + page - 1) / page), fmt_size(b, l->kexec));
	if (l->unshare_unknown)
		P(r, "  %s of those taken back were never seen shared: before the start, or "
		  "never\n", fmt_exact(a, l->unshare_unknown));
}

void report__ledger(struct report *r)
{
	struct model_sharer s[5];
	struct model_ledger l;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];
	size_t i, n;

	model__ledger(r->m, &l);
	if (!l.secure)
		return;
	P(r, "\nSHARED with the hypervisor: %s\n", fmt_size(a, l.shared.v));
	r->listed = 0;
	r->limit = r->o->ranges ? r->o->ranges : REPORT_RANGES;
	if (model__shared(r->m, one_shared, r))
		P(r, "  ...\n");
	P(r, "  since the start: %s shared, %s taken back", fmt_exact(a, l.shares),
	  fmt_exact(b, l.unshares));
	if (!l.failed.why)
		P(r, ", %s refused", fmt_exact(c, l.failed.v));
	if (!l.rate_max.why)
		P(r, "; at most %s/s", fmt_exact(c, l.rate_max.v));
	P(r, "\n");
	ledger_facts(r, &l);
	if (r->run.session && r->run.session->guest == GUEST_PEF)
		P(r, "  Not listed: pages shared early at boot (lppaca, dispatch log, irq "
		     "queues)\n");
	else
		P(r, "  Not listed: what drivers shared before the start (coherent memory)\n");
	n = model__sharers(r->m, s, 5);
	for (i = 0; i < n && i < 5; i++) {
		if (!s[i].shares && !s[i].unshares)
			continue;
		P(r, "  %s shared now by ", fmt_size(a, s[i].bytes));
		fmt_text(r->f, s[i].caller ? s[i].caller : "callers not recorded");
		P(r, " (%s/%s calls)\n", fmt_exact(b, s[i].shares), fmt_exact(c, s[i].unshares));
	}
}

struct at_shared {
	uint64_t addr;
	struct model_shared s;
	bool found;
};

static int find_shared(void *ctx, const struct model_shared *s)
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
	model__shared(r->m, find_shared, &at);
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
}

int report__at_address(struct report *r)
{
	struct model_range_filter filter = { .by_addr = true, .addr = r->o->addr, .each = true };
	struct model_window w;
	uint64_t total;
	size_t i;
	int err;

	P(r, "\nADDRESS 0x%" PRIx64 "\n", r->o->addr);
	at_memory(r);
	for (i = 0; model__window(r->m, i, &w); i++)
		if (!w.rec.removed && shown(r, w.rec.dev) && r->o->addr >= w.rec.base &&
		    r->o->addr - w.rec.base < w.rec.size)
			P(r, "as DMA address: in the %s window of %s (LIOBN 0x%x)\n",
			  dms_window_kind_name(w.rec.kind), model__dev_name(r->m, w.rec.dev),
			  w.rec.liobn);
	err = model__ranges(r->m, &filter, one_range, r, &total);
	if (!err && !total)
		P(r, "no mapping covers it now%s\n",
		  r->run.aggregates ? " (single mappings are not followed in this mode)" : "");
	return err;
}
