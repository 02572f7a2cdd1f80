// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The devices in the text report: counts by path, decisions and windows. Mapped ranges are in
 * report_memory.c.
 */
#include <inttypes.h>
#include <string.h>

#include "util/names.h"
#include "util/fmt.h"
#include "words/words.h"
#include "report/report_inside.h"

static void dev_counts(struct report *r, const struct state_dev *d)
{
	static const enum dms_path cols[] = { DMS_PATH_DIRECT, DMS_PATH_BOUNCED, DMS_PATH_TCE,
					      DMS_PATH_IOMMU, DMS_PATH_COHERENT, DMS_PATH_FAILED };
	uint64_t live = 0, bytes = 0, maps = 0;
	char b[FMT_LEN];
	size_t i;

	P(r, "%-15.15s%5.18s", d->name, fmt_mask(b, d->mask));
	for (i = 0; i < sizeof(cols) / sizeof(cols[0]); i++)
		if ((cols[i] != DMS_PATH_TCE || r->run.tce) &&
		    (cols[i] != DMS_PATH_IOMMU || r->iommu))
			P(r, "%8s", fmt_count(b, d->path[cols[i]].maps));
	for (i = 0; i < DMS_PATH_MAX; i++) {
		live += d->live[i];
		bytes += d->live_bytes[i];
		if (i != DMS_PATH_COHERENT && i != DMS_PATH_FAILED)
			maps += d->path[i].map_bytes;
	}
	P(r, "%7s", fmt_bytes(b, maps));
	P(r, "%7s", fmt_count(b, live));
	P(r, "%6s\n", fmt_bytes(b, bytes));
}

/* The TCE table or window that the device's mappings use. */
static const char *dev_liobn(const struct state_decision *dec, char *buf)
{
	if (!dec->liobn)
		return "";
	snprintf(buf, FMT_LEN, ", LIOBN 0x%x", dec->liobn);
	return buf;
}

/* The reason of the decision, and its time if it was observed. */
static void dev_why(struct report *r, const struct state_decision *dec)
{
	char text[DMS_TEXT_LEN + 64], b[FMT_LEN];

	snprintf(text, sizeof(text), "%s", dec->full);
	if (dec->ts)
		snprintf(text, sizeof(text), "%s Decided %s after the start.", dec->full,
			 fmt_ns(b, dec->ts > r->run.start ? dec->ts - r->run.start : 0));
	else if (dec->before_start)
		snprintf(text, sizeof(text), "%s Decided before the start.", dec->full);
	P(r, "    ");
	fmt_wrap(r->f, text, 4, 4, WIDTH);
}

static void dev_what(struct report *r, const struct state_dev *d)
{
	const struct rec_device *rec = d->rec;
	const char *unseen = words__unseen(d->unseen);
	struct state_decision dec = { .brief = "" };
	char text[512], b[FMT_LEN], idle[96] = "";

	words__decision(r->m, d->key, &dec);
	if (unseen && !(dec.observed && d->unseen == STATE_UNSEEN_VIRTIO))
		snprintf(idle, sizeof(idle), " (%s)", unseen);
	else if (!dec.observed && dec.way != STATE_WAY_OUTSIDE)
		snprintf(idle, sizeof(idle), " (nothing since the start)");
	snprintf(text, sizeof(text), "%s%s%s%s%s -> %s%s", rec ? rec->driver : "not in sysfs",
		 rec && rec->kind[0] && rec->driver[0] ? ", " : "", rec ? rec->kind : "",
		 dev_liobn(&dec, b), d->removed ? ", REMOVED" : "", dec.brief,
		 idle);
	P(r, "  ");
	fmt_wrap(r->f, text, 2, 2, WIDTH);
	dev_why(r, &dec);
}

/* Prints the device's share of slot time: of all devices' slot time, and on average. */
static void dev_slot_time(struct report *r, const struct state_dev *d)
{
	double all = 0, mine = state__slot_time(d, r->run.now);
	double ns = (double)(r->run.now - r->run.start);
	const struct state_dev *other;
	char a[FMT_LEN];

	for (size_t i = 0; (other = state__dev(r->m, i)); i++)
		all += state__slot_time(other, r->run.now);
	if (mine > 0 && ns > 0)
		P(r, "; %.0f %% of all, %s on average", 100 * mine / all,
		  fmt_size(a, (uint64_t)(mine / ns * IO_TLB_SIZE)));
	if (d->slots_max)
		P(r, "\n");
}

#define USER_LINES	8

/* The ranges that vfio, iommufd or the driver itself mapped, with their process. */
static void dev_user(struct report *r, const struct state_dev *d)
{
	char text[DMS_TEXT_LEN], a[FMT_LEN], b[FMT_LEN];
	struct state_user u;
	uint64_t addr = 0;
	unsigned int i;

	if (!words__user(d, text, sizeof(text)))
		return;
	P(r, "    ");
	fmt_wrap(r->f, text, 4, 4, WIDTH);
	for (i = 0; i < USER_LINES && state__user_range(r->m, d->key, addr, &u); i++) {
		addr = u.dma + u.size;
		P(r, "      %s %s", fmt_addr(a, u.dma), fmt_size(b, u.size));
		if (u.pid)
			P(r, ", process %u%s%s%s", u.pid, u.comm ? " (" : "",
			  u.comm ? u.comm : "", u.comm ? ")" : "");
		P(r, "\n");
	}
	if (d->user_ranges > i)
		P(r, "      ... and %s more\n", fmt_count(a, d->user_ranges - i));
}

static void dev_translation(struct report *r, const struct state_dev *d)
{
	char text[2 * DMS_TEXT_LEN];

	if (!words__translation(r->m, d, text, sizeof(text)))
		return;
	P(r, "    ");
	fmt_wrap(r->f, text, 4, 4, WIDTH);
}

static void dev_lines(struct report *r, const struct state_dev *d)
{
	char b[FMT_LEN], c[FMT_LEN], text[DMS_TEXT_LEN];

	dev_counts(r, d);
	dev_what(r, d);
	if (d->slots_max)
		P(r, "    bounce slots: %s now, %s at most", fmt_count(b, d->slots),
		  fmt_count(c, d->slots_max));
	dev_slot_time(r, d);
	if (d->preexisting)
		P(r, "    %s mapping%s from before the start%s %s unmapped\n",
		  fmt_exact(b, d->preexisting), d->preexisting == 1 ? "" : "s",
		  state__counts_all(r->m, COVER_MAPS, d->key) ? "" : ", or not delivered,",
		  d->preexisting == 1 ? "was" : "were");
	if (d->faults)
		P(r, "    %s access%s refused by the IOMMU, the first at 0x%" PRIx64 "\n",
		  fmt_exact(b, d->faults), d->faults == 1 ? "" : "es", d->fault_addr);
	dev_translation(r, d);
	dev_user(r, d);
	if (d->unfollowed) {
		snprintf(text, sizeof(text), "%s direct mappings are not followed: "
			 WORDS_UNFOLLOWED ".", fmt_exact(b, d->unfollowed));
		P(r, "    ");
		fmt_wrap(r->f, text, 4, 4, WIDTH);
	}
	if (d->path[DMS_PATH_UNKNOWN].maps)
		P(r, "    %s mappings have an unknown path\n",
		  fmt_exact(b, d->path[DMS_PATH_UNKNOWN].maps));
}

/* Slots found in use at the start have no known device. */
static bool only_old_slots(const struct state_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return false;
	return !d->key;
}

static bool dev_busy(const struct state_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return true;
	return d->slots != 0;
}

/* The table's numbers, where some of what adds to them was not delivered. */
static void dev_least(struct report *r, bool maps_lack, bool unmaps_lack)
{
	if (maps_lack)
		P(r, "  mappings, failures and bytes are at least these: some were not "
		     "delivered\n");
	if (unmaps_lack)
		P(r, "  live ones may be %sfewer: some unmaps were not delivered\n",
		  maps_lack ? "more or " : "");
}

void report__devices(struct report *r)
{
	bool maps_lack = false, unmaps_lack = false;
	const struct state_dev *d;
	size_t i, idle = 0;
	uint64_t old = 0;
	char b[FMT_LEN];

	for (i = 0; (d = state__dev(r->m, i)); i++)
		r->iommu |= d->path[DMS_PATH_IOMMU].maps != 0;
	P(r, "\nDEVICES         mask  direct bounced%s%s  coher.  failed  bytes   live bytes\n",
	  r->run.tce ? "     tce" : "", r->iommu ? "   iommu" : "");
	for (i = 0; (d = state__dev(r->m, i)); i++) {
		if (!shown(r, d->key))
			continue;
		if (only_old_slots(d)) {
			if (d->slots)
				old = d->slots;
			continue;
		}
		maps_lack |= !state__counts_all(r->m, COVER_MAPS, d->key);
		unmaps_lack |= !state__counts_all(r->m, COVER_UNMAPS, d->key);
		if (dev_busy(d) || r->o->device || (d->rec && d->rec->driver[0] && d->mask))
			dev_lines(r, d);
		else if (d->key)
			idle++;
	}
	dev_least(r, maps_lack, unmaps_lack);
	if (idle)
		P(r, "%zu more device%s without DMA\n", idle, idle == 1 ? "" : "s");
	if (old)
		P(r, "%s bounce slots were taken before the start; their owners are unknown\n",
		  fmt_exact(b, old));
}

/* The high water, if it is above the current use. */
static void window_most(struct report *r, const struct state_window *w)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (!w->used.why && !w->hiwater.why && w->hiwater.v > w->used.v)
		P(r, "%14s%s %s of %s TCEs were used\n", "", w->hiwater.least ? "once at least" :
		  "at most", fmt_exact(a, w->hiwater.v),
		  fmt_exact(b, w->entries));
}

void report__windows(struct report *r)
{
	struct state_window w;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], used[48], shared[48];
	bool older = false;
	size_t i, n = 0;

	for (i = 0; state__window(r->m, i, &w); i++) {
		if (w.rec.removed || !shown(r, w.rec.dev))
			continue;
		if (!n++)
			P(r, "\nWINDOWS       LIOBN       base              size page  use      "
			     "TCEs used shared\n");
		report__val(used, sizeof(used), w.used);
		if (w.shared_bytes.why || w.mapped_bytes.why || !w.mapped_bytes.v)
			strcpy(shared, "-");
		else
			fmt_percent(shared, w.shared_bytes.v, w.mapped_bytes.v);
		older |= !w.used.why && w.preexisting.why;
		P(r, "%-13.13s 0x%08x  %-17s %5s %4s  %-7s %9s%c%6s\n",
		  state__dev_name(r->m, w.rec.dev), w.rec.liobn, fmt_addr(a, w.rec.base),
		  fmt_bytes(b, w.rec.size), w.rec.page_shift ?
		  fmt_bytes(c, 1ULL << w.rec.page_shift) : "?",
		  w.rec.kind == WINDOW_DEFAULT ? "default" : dms_window_use_name(w.rec.use),
		  !strncmp(used, "about ", 6) ? used + 6 : used,
		  !w.used.why && w.preexisting.why ? '+' : ' ', shared);
		window_most(r, &w);
	}
	if (older)
		P(r, "+ since the start: older entries of these tables were not read\n");
}
