// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The devices in the text report, which way they go and why, and their windows. What they have
 * mapped is in report_memory.c.
 */
#include <inttypes.h>
#include <string.h>

#include "util/names.h"
#include "view/fmt.h"
#include "view/report_inside.h"

static void dev_counts(struct report *r, const struct model_dev *d)
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

/* The table or window its mappings go through, by the way they take. */
static const char *dev_liobn(const struct report *r, const struct model_dev *d,
			     const struct model_decision *dec, char *buf)
{
	bool direct = dec->way == MODEL_WAY_DIRECT || dec->way == MODEL_WAY_BOUNCE;
	struct model_window w;
	uint32_t liobn = 0;
	size_t i;

	if (!r->run.tce || dec->way == MODEL_WAY_OUTSIDE)
		return "";
	for (i = 0; model__window(r->m, i, &w); i++)
		if (w.rec.dev == d->key && !w.rec.removed &&
		    direct == (w.rec.use == WINDOW_DIRECT || w.rec.use == WINDOW_HYBRID))
			liobn = w.rec.liobn;
	if (!liobn)
		return "";
	snprintf(buf, FMT_LEN, ", LIOBN 0x%x", liobn);
	return buf;
}

/* The words, and when that was decided, as far as it was seen. */
static void dev_why(struct report *r, const struct model_decision *dec)
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

static void dev_what(struct report *r, const struct model_dev *d)
{
	const struct rec_device *rec = d->rec;
	struct model_decision dec = { .brief = "" };
	char text[512], b[FMT_LEN];

	model__decision(r->m, d->key, &dec);
	snprintf(text, sizeof(text), "%s%s%s%s%s -> %s%s", rec ? rec->driver : "not in sysfs",
		 rec && rec->kind[0] && rec->driver[0] ? ", " : "", rec ? rec->kind : "",
		 dev_liobn(r, d, &dec, b), d->removed ? ", REMOVED" : "", dec.brief,
		 dec.observed || dec.way == MODEL_WAY_OUTSIDE ? "" : " (nothing mapped yet)");
	P(r, "  ");
	fmt_wrap(r->f, text, 2, 2, WIDTH);
	dev_why(r, &dec);
}

static void dev_lines(struct report *r, const struct model_dev *d)
{
	char b[FMT_LEN], c[FMT_LEN];

	dev_counts(r, d);
	dev_what(r, d);
	if (d->slots_max)
		P(r, "    bounce slots: %s now, %s at most\n", fmt_count(b, d->slots),
		  fmt_count(c, d->slots_max));
	if (d->preexisting)
		P(r, "    %s mappings from before the start were given back\n",
		  fmt_exact(b, d->preexisting));
	if (d->path[DMS_PATH_UNKNOWN].maps)
		P(r, "    %s mappings took a way that could not be told\n",
		  fmt_exact(b, d->path[DMS_PATH_UNKNOWN].maps));
}

/* Slots found at the start belong to no device that anybody could name. */
static bool only_old_slots(const struct model_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return false;
	return !d->key;
}

static bool dev_busy(const struct model_dev *d)
{
	size_t i;

	for (i = 0; i < DMS_PATH_MAX; i++)
		if (d->path[i].maps || d->path[i].unmaps)
			return true;
	return d->slots != 0;
}

void report__devices(struct report *r)
{
	const struct model_dev *d;
	size_t i, idle = 0;
	uint64_t old = 0;
	char b[FMT_LEN];

	for (i = 0; (d = model__dev(r->m, i)); i++)
		r->iommu |= d->path[DMS_PATH_IOMMU].maps != 0;
	P(r, "\nDEVICES         mask  direct bounced%s%s  coher.  failed  bytes   live bytes\n",
	  r->run.tce ? "     tce" : "", r->iommu ? "   iommu" : "");
	for (i = 0; (d = model__dev(r->m, i)); i++) {
		if (!shown(r, d->key))
			continue;
		if (only_old_slots(d)) {
			if (d->slots)
				old = d->slots;
			continue;
		}
		if (dev_busy(d) || r->o->device || (d->rec && d->rec->driver[0] && d->mask))
			dev_lines(r, d);
		else if (d->key)
			idle++;
	}
	if (idle)
		P(r, "%zu more device%s without DMA\n", idle, idle == 1 ? "" : "s");
	if (old)
		P(r, "%s bounce slots were taken before the start; by whom is not known\n",
		  fmt_exact(b, old));
}

/* Where it is more than what is used now. */
static void window_most(struct report *r, const struct model_window *w)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (!w->used.why && !w->hiwater.why && w->hiwater.v > w->used.v)
		P(r, "%14sat most %s of %s TCEs were used\n", "", fmt_exact(a, w->hiwater.v),
		  fmt_exact(b, w->entries));
}

void report__windows(struct report *r)
{
	struct model_window w;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], used[48], shared[48];
	bool older = false;
	size_t i, n = 0;

	for (i = 0; model__window(r->m, i, &w); i++) {
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
		  model__dev_name(r->m, w.rec.dev), w.rec.liobn, fmt_addr(a, w.rec.base),
		  fmt_bytes(b, w.rec.size), w.rec.page_shift ?
		  fmt_bytes(c, 1ULL << w.rec.page_shift) : "?",
		  w.rec.kind == WINDOW_DEFAULT ? "default" : dms_window_use_name(w.rec.use),
		  !strncmp(used, "about ", 6) ? used + 6 : used,
		  !w.used.why && w.preexisting.why ? '+' : ' ', shared);
		window_most(r, &w);
	}
	if (older)
		P(r, "+ since the start: what was in these tables before was not read\n");
}
