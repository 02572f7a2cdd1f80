// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Findings about the way DMA takes: private memory given to devices, windows missing, TCEs
 * refused or left over. Kernel facts: arch/powerpc/platforms/pseries/iommu.c and
 * arch/powerpc/kernel/dma-iommu.c, 5.4 to 7.1.
 */
#include <string.h>

#include "model/findings.h"

#define VIRTIO_F_ACCESS_PLATFORM	33	/* include/uapi/linux/virtio_config.h */

/* Where single mappings are not followed, the path says it: no TCE path shares its pages. */
static uint64_t private_by_path(const struct model *m, const struct dev *d)
{
	uint64_t n = m->tce ? d->pub.path[DMS_PATH_TCE].maps : 0;

	if (pool__exists(m, d) == 0 || pool__forced(m, d) == 0)
		n += d->pub.path[DMS_PATH_DIRECT].maps;
	return d->stats ? n : 0;
}

static void private_action(const struct model *m, const struct dev *d, struct model_finding *x)
{
	if (m->tce && d->pub.mask && mask_bits(d->pub.mask) < 64)
		SAY(x, action, "Use a device whose driver takes a 64-bit mask (virtio with "
		    "iommu_platform=on); this one cannot work in a secure guest.");
	else if (m->session.enc_mask)
		SAY(x, action,
		    "Boot without swiotlb=noforce: see no-bounce-pool, bounce-not-forced.");
	else if (pool__exists(m, d) == 0 || pool__forced(m, d) == 0)
		SAY(x, action, "Boot with swiotlb=force: see no-bounce-pool, bounce-not-forced.");
	else if (!strcmp(d->rec.bus, "vio"))
		SAY(x, action, "Use a virtio device (iommu_platform=on) instead: virtual I/O has "
		    "the default window alone, and nothing bounces there.");
	else if (m->session.disable_ddw)
		SAY(x, action, "Boot without disable_ddw: only the direct window lets it bounce.");
	else if (m->tce)
		SAY(x, action, "It needs a direct window (DDW) to bounce: see ddw-missing.");
	else
		SAY(x, action, "See its decision in the report; its mappings ought to be bounced.");
}

static void private_one(struct finder *f, struct dev *d)
{
	const struct model_dev *p = &d->pub;
	uint64_t by_path = private_by_path(f->m, d), coherent = d->ev[DE_PRIVATE_COHERENT].count;
	bool certain = f->m->session.enc_mask && p->private_maps;
	struct model_finding *x = finding_new(f, d, MODEL_ERROR, certain ? 100 : 90);
	char a[SIZE_LEN];

	if (!x)
		return;
	SAY(x, summary, "The device is given memory that is not shared: it reads ciphertext, and "
	    "what it writes is garbage to the guest.");
	if (p->private_maps)
		SAY(x, evidence, "%" PRIu64 " mapping%s of private memory, %s, out of %" PRIu64,
		    p->private_maps, S(p->private_maps), size_text(a, p->private_bytes),
		    p->path[DMS_PATH_TCE].maps + p->path[DMS_PATH_DIRECT].maps +
		    p->path[DMS_PATH_BOUNCED].maps);
	if (certain)
		SAY(x, evidence, "; their DMA addresses have the C-bit");
	if (!p->private_maps && by_path)
		SAY(x, evidence, "%" PRIu64 " mapping%s on a path that never shares", by_path,
		    S(by_path));
	if (coherent)
		SAY(x, evidence, "%s%" PRIu64 " coherent allocation%s through TCEs, %s, which the "
		    "kernel does not share", x->f.evidence[0] ? "; " : "", coherent, S(coherent),
		    size_text(a, d->coherent_tce_bytes));
	private_action(f->m, d, x);
	finding_events(x, &d->ev[DE_PRIVATE]);
	finding_events(x, &d->ev[DE_PRIVATE_COHERENT]);
	if (!p->private_maps && by_path)
		finding_doubt(x, 10, "counts only: no single mapping was looked at");
	finding_needs(f, x, DMS_HOOK_SHARE);
}

void find_private_dma(struct finder *f)
{
	struct dev *d;
	uint32_t i;

	if (!f->m->secure)
		return;
	for_each_dev(f->m, i, d)
		if (d->pub.private_maps || private_by_path(f->m, d) ||
		    d->ev[DE_PRIVATE_COHERENT].count)
			private_one(f, d);
}

static void say_table(const struct model *m, const struct dev *d, struct model_finding *x)
{
	const struct rec_window *w = windows__find(m, d->pub.key, WINDOW_DEFAULT, 0);
	uint32_t liobn = dev_knows(d, DMS_DS_TABLE) ? d->rec.st.liobn : w ? w->liobn : 0;

	if (liobn)
		SAY(x, evidence, "; its TCE table is LIOBN 0x%x", liobn);
}

/* From 6.15 on masks of 33 to 63 bits get a window with limited addresses (67dfc11982f7). */
static void small_mask_words(const struct model *m, unsigned int bits, struct model_finding *x)
{
	unsigned int kernel = kernel_version(m);
	bool may = bits > 32 && kernel >= 615;

	SAY(x, summary, "Its driver asks for %u-bit addresses. Such a device cannot use a direct "
	    "window%s, so its DMA goes through TCEs to private pages.", bits,
	    may ? " unless one is made for it (from 6.15 on), and it has none" :
	    bits > 32 ? " before 6.15" : "");
	if (may)
		SAY(x, action,
		    "Look in the kernel log for \"create-pe-dma-window\" and ask for DDW "
		    "on the hypervisor's side, or use a device with a 64-bit mask.");
	else
		SAY(x, action, "Use a device with a 64-bit mask.%s", bits > 32 ?
		    " From 6.15 on masks of 33 to 63 bits get a window too." : "");
}

void find_small_mask(struct finder *f)
{
	struct model_decision dec;
	struct model_finding *x;
	unsigned int bits;
	struct dev *d;
	uint32_t i;

	if (!f->m->secure || !f->m->tce)
		return;
	for_each_dev(f->m, i, d) {
		bits = mask_bits(d->pub.mask);
		if (!bits || bits >= 64 || !dev_in_use(d) || !strcmp(d->rec.bus, "vio"))
			continue;
		decide(f->m, d, &dec);
		if (dec.way != MODEL_WAY_TCE)
			continue;
		x = finding_new(f, d, MODEL_WARNING, 95);
		if (!x)
			return;
		small_mask_words(f->m, bits, x);
		SAY(x, evidence, "mask 0x%" PRIx64, d->pub.mask);
		say_table(f->m, d, x);
	}
}

/* How many of the suspects no window covers even now. */
static size_t uncovered(const struct model *m, uint32_t index, bool tce, struct suspect *first)
{
	const struct dev *d = m->dev[index];
	size_t i, n = 0;

	for (i = 0; i < SUSPECTS && i < d->suspects; i++) {
		const struct suspect *s = &d->suspect[i];

		if ((s->path == DMS_PATH_TCE) != tce || windows__cover(m, d, s->dma, s->size))
			continue;
		/* A TCE mapping that is gone again cannot be judged any more. */
		if (tce && !maptab_is_live(&m->maps, index, s->dma, s->seq))
			continue;
		if (!n++)
			*first = *s;
	}
	return n;
}

static void without_tce(struct finder *f, struct dev *d, const struct suspect *s, bool tce)
{
	const struct pool *p = pool__main(f->m);
	const struct evid *e = &d->ev[tce ? DE_NOT_BUILT : DE_NO_TCE];
	struct model_finding *x = finding_new(f, d, MODEL_ERROR, tce ? 60 : 85);

	if (!x)
		return;
	SAY(x, summary, "The device was given DMA addresses that no TCE stands behind: it will get "
	    "an error, or EEH stops it.");
	SAY(x, evidence, "%s 0x%" PRIx64 "+0x%" PRIx64 ", %s, is in no %s of the device",
	    "DMA address", s->dma, s->size, tce ? "said to go through TCEs" :
	    s->path == DMS_PATH_BOUNCED ? "a bounce slot" : "said to be direct",
	    tce ? "TCE that was set" : "window that maps it");
	say_table(f->m, d, x);
	if (p && s->path == DMS_PATH_BOUNCED && p->rec.end > p->rec.start)
		SAY(x, evidence, "; the pool starts %s a 256 MiB boundary",
		    p->rec.start & 0xfffffff ? "off" : "on");
	SAY(x, action,
	    "Compare the windows in this report with the kernel log (\"ddw\", "
	    "\"create-pe-dma-window\"). Booting with disable_ddw=on avoids the direct path, but "
	    "in a secure guest also bouncing.");
	finding_events(x, e);
	finding_needs(f, x, DMS_HOOK_TCE_BUILD);
	finding_needs(f, x, DMS_HOOK_TCE_SETRANGE);
}

void find_dma_without_tce(struct finder *f)
{
	struct suspect s = { 0 };
	struct dev *d;
	uint32_t i;

	if (!f->m->tce)
		return;
	for_each_dev(f->m, i, d) {
		if (uncovered(f->m, i, false, &s))
			without_tce(f, d, &s, false);
		else if (!hooks_lost(f->m) && uncovered(f->m, i, true, &s))
			without_tce(f, d, &s, true);
	}
}

/* A device that asked for a 64-bit mask and whose windows were read. */
static bool wants_window(const struct model *m, const struct dev *d)
{
	struct model_decision dec;

	if (!m->tce || !dev_in_use(d) || mask_bits(d->pub.mask) < 64 ||
	    !strcmp(d->rec.bus, "vio") || !windows__find(m, d->pub.key, WINDOW_DEFAULT, 0))
		return false;
	decide(m, d, &dec);
	return dec.way != MODEL_WAY_OUTSIDE;
}

void find_ddw_missing(struct finder *f)
{
	const struct model *m = f->m;
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(m, i, d) {
		if (!wants_window(m, d) || windows__find(m, d->pub.key, WINDOW_DDW, 0))
			continue;
		x = finding_new(f, d, m->secure || d->ev[DE_BYPASS_REFUSED].count ? MODEL_WARNING :
				MODEL_NOTE, 90);
		if (!x)
			return;
		SAY(x, summary,
		    "The device asked for 64-bit addresses and has no dynamic window (DDW): "
		    "%s",
		    m->secure ? "it cannot bounce, its pages stay private."
			      : "every mapping costs a TCE in the small default window.");
		SAY(x, evidence, "only the default window LIOBN 0x%x",
		    windows__find(m, d->pub.key, WINDOW_DEFAULT, 0)->liobn);
		if (m->session.disable_ddw)
			SAY(x, evidence, "; disable_ddw is on the command line");
		if (d->ev[DE_BYPASS_REFUSED].count)
			SAY(x, evidence, "; a window was asked for and refused %" PRIu64 " time%s",
			    d->ev[DE_BYPASS_REFUSED].count, S(d->ev[DE_BYPASS_REFUSED].count));
		SAY(x, action,
		    m->session.disable_ddw ? "Boot without disable_ddw."
					   : "Look in the kernel log for \"create-pe-dma-window "
					     "... returned\" and ask for DDW on the hypervisor's "
					     "side (QEMU: spapr-pci-host-bridge ddw=on).");
		finding_events(x, &d->ev[DE_BYPASS_REFUSED]);
	}
}

void find_ddw_degraded(struct finder *f)
{
	const struct rec_window *w;
	struct model_finding *x;
	char a[SIZE_LEN], b[SIZE_LEN];
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		w = windows__find(f->m, d->pub.key, WINDOW_DDW, WINDOW_DYNAMIC);
		if (!w || windows__find(f->m, d->pub.key, WINDOW_DDW, WINDOW_DIRECT) ||
		    !wants_window(f->m, d))
			continue;
		x = finding_new(f, d, f->m->secure ? MODEL_WARNING : MODEL_NOTE, 90);
		if (!x)
			return;
		SAY(x, summary,
		    "The device's dynamic window is not mapped in advance: each mapping "
		    "costs TCEs%s.",
		    f->m->secure ? ", and its pages stay private" : "");
		SAY(x, evidence, "LIOBN 0x%x, %s at 0x%" PRIx64 ", pages of %s", w->liobn,
		    size_text(a, w->size), w->base,
		    w->page_shift ? size_text(b, 1ULL << (w->page_shift & 63)) : "unknown size");
		if (f->m->session.mem_top)
			SAY(x, evidence, "; RAM ends at 0x%" PRIx64, f->m->session.mem_top);
		SAY(x, action,
		    "A direct window has to hold all memory that can be plugged: less "
		    "maxmem, no persistent memory, or larger window pages on the hypervisor's "
		    "side.");
	}
}

void find_window_wide(struct finder *f)
{
	const struct model *m = f->m;
	uint64_t mapped = 0, shared = 0, ram;
	struct model_finding *x;
	char a[SIZE_LEN], b[SIZE_LEN];
	uint32_t i, n = 0;

	if (!m->secure)
		return;
	for (i = 0; i < m->wins; i++) {
		const struct rec_window *w = &m->win[i];

		if (w->removed || w->kind != WINDOW_DDW || w->use != WINDOW_DIRECT ||
		    windows__had(m, i))
			continue;
		ram = windows__ram(m, w);
		if (n++ && ram <= mapped)
			continue;
		mapped = ram;
		shared = rangeset_covered(&m->ledger.set, 0, ram);
	}
	if (!mapped || shared * 2 >= mapped)
		return;
	x = finding_new(f, NULL, MODEL_NOTE, 95);
	if (!x)
		return;
	SAY(x, summary,
	    "Direct windows map all memory, though devices may only use the shared part: "
	    "a page shared by accident is at once in every device's reach.");
	SAY(x, evidence, "%u window%s of %s mapped RAM, %s of it shared", n, S(n),
	    size_text(a, mapped), size_text(b, shared));
	SAY(x, action,
	    "Nothing to do on current kernels: none of them maps the pool alone. Watch the "
	    "ledger for pages that are shared and not the pool.");
}

void find_mixed_paths(struct finder *f)
{
	struct model_finding *x;
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct model_counts *c = d->pub.path;

		if (!c[DMS_PATH_TCE].maps ||
		    !(c[DMS_PATH_DIRECT].maps || c[DMS_PATH_BOUNCED].maps))
			continue;
		x = finding_new(f, d, MODEL_NOTE, 90);
		if (!x)
			return;
		SAY(x, summary,
		    "The device's mappings take more than one way; each is decided by its "
		    "address.");
		SAY(x, evidence,
		    "%" PRIu64 " direct, %" PRIu64 " bounced, %" PRIu64 " through TCEs",
		    c[DMS_PATH_DIRECT].maps, c[DMS_PATH_BOUNCED].maps, c[DMS_PATH_TCE].maps);
		if (dev_knows(d, DMS_DS_BUS_LIMIT) && d->rec.st.bus_limit)
			SAY(x, evidence, "; bus limit 0x%" PRIx64, d->rec.st.bus_limit);
		SAY(x, action,
		    f->m->secure ? "What went through TCEs was private memory: see "
				   "private-dma."
				 : "Nothing is broken; judge its speed by the counts of each way.");
	}
}

/* The virtio device proper, when the PCI or channel device it sits on is known as well. */
static bool is_child(const struct model *m, const struct dev *d)
{
	const struct dev *other;
	uint32_t i;

	if (strcmp(d->rec.bus, "virtio"))
		return false;
	for_each_dev(m, i, other)
		if (dev_knows(other, DEV_KNOWN_FEATURES) && strcmp(other->rec.bus, "virtio") &&
		    other->rec.virtio_features == d->rec.virtio_features)
			return true;
	return false;
}

/*
 * The balloon speaks of pages of the guest, so its driver turns the feature off by itself
 * (virtballoon_validate(), drivers/virtio/virtio_balloon.c, 5.4 to 7.1): no option brings it back.
 */
static bool is_balloon(const struct dev *d)
{
	return !strncmp(d->rec.kind, "virtio-balloon", strlen("virtio-balloon")) ||
	       !strcmp(d->rec.driver, "virtio_balloon");
}

static void no_access_words(const struct model *m, bool balloon, struct model_finding *x)
{
	if (balloon) {
		SAY(x, summary, "A virtio balloon always goes past the DMA API: its driver turns "
		    "ACCESS_PLATFORM off. In a secure guest the host sees ciphertext, so the "
		    "balloon does not work%s.", m->session.guest == GUEST_PEF ? "" :
		    "; some kernels refuse it for that");
		SAY(x, action, "Do without the balloon (libvirt: memballoon model='none'); "
		    "iommu_platform=on does not help.");
		return;
	}
	SAY(x, summary, "This virtio device lacks ACCESS_PLATFORM: the driver hands it guest "
	    "addresses, past the DMA API. In a secure guest it sees ciphertext%s.",
	    m->session.guest == GUEST_PEF ? "" : "; some kernels refuse it for that");
	SAY(x, action, "Give the device iommu_platform=on (and disable-legacy=on) on the "
	    "hypervisor's side.");
}

void find_virtio_no_access_platform(struct finder *f)
{
	struct model_finding *x;
	uint64_t maps;
	struct dev *d;
	uint32_t i;
	size_t p;

	for_each_dev(f->m, i, d) {
		if (!f->m->secure || d->pub.removed || !dev_knows(d, DEV_KNOWN_FEATURES) ||
		    d->rec.virtio_features >> VIRTIO_F_ACCESS_PLATFORM & 1 || is_child(f->m, d))
			continue;
		for (p = 0, maps = 0; p < DMS_PATH_MAX; p++)
			maps += d->pub.path[p].maps;
		/* without its balloon a guest loses no data and no I/O */
		x = finding_new(f, d, is_balloon(d) ? MODEL_WARNING : MODEL_ERROR, maps ? 50 : 95);
		if (!x)
			return;
		no_access_words(f->m, is_balloon(d), x);
		SAY(x, evidence,
		    "features 0x%" PRIx64 ", bit 33 clear; %" PRIu64 " DMA mapping%s seen; "
		    "driver %s",
		    d->rec.virtio_features, maps, S(maps),
		    d->rec.driver[0] ? d->rec.driver : "none");
		if (maps)
			finding_doubt(x, 0, "yet it was seen using the DMA API");
	}
}

void find_tce_table_full(struct finder *f)
{
	struct model_finding *x;
	const struct table *t;
	char a[SIZE_LEN];
	struct dev *d;
	uint32_t i;

	for_each_dev(f->m, i, d) {
		const struct evid *e = &d->ev[DE_FAIL + MODEL_FAIL_NO_TCE];

		if (!e->count)
			continue;
		x = finding_new(f, d, MODEL_ERROR, 90);
		if (!x)
			return;
		SAY(x, summary,
		    "The device's TCE table has no free run of entries: mappings fail.");
		SAY(x, evidence, "%" PRIu64 " mapping%s failed, sizes up to %s", e->count,
		    S(e->count), size_text(a, d->biggest_fail[MODEL_FAIL_NO_TCE]));
		t = dev_knows(d, DMS_DS_TABLE) ? table_find(f->m, d->rec.st.liobn) : NULL;
		if (t && t->page_shift)
			SAY(x, evidence,
			    "; LIOBN 0x%x: %" PRIu64 " entries in use, at most %" PRIu64
			    " of %" PRIu64,
			    t->liobn, t->set.bytes >> t->page_shift, t->hiwater >> t->page_shift,
			    d->rec.st.table_size >> t->page_shift);
		SAY(x, action,
		    "Look for the holder in the ranges and for a leak; a dynamic window (DDW) "
		    "or fewer and shorter queues help.");
		finding_events(x, e);
		finding_needs(f, x, DMS_HOOK_IOMMU_MAP);
	}
}

/* Did a device find that table full? Which one it uses is known, or it is its default window. */
static bool was_full(const struct model *m, uint32_t liobn)
{
	const struct rec_window *w;
	const struct dev *d;
	uint32_t i;

	for_each_dev(m, i, d) {
		w = windows__find(m, d->pub.key, WINDOW_DEFAULT, 0);
		if (d->pub.fails[MODEL_FAIL_NO_TCE] &&
		    liobn == (dev_knows(d, DMS_DS_TABLE) ? d->rec.st.liobn : w ? w->liobn : 0))
			return true;
	}
	return false;
}

/*
 * Devices are not named in hcalls, and several may share a table: the one with the most mappings
 * that take TCEs, or the only one. NULL: cannot be told.
 */
static const struct dev *main_user(const struct model *m, uint32_t liobn)
{
	const struct dev *d, *best = NULL;
	uint32_t i, n = 0;

	for (i = 0; i < m->wins; i++) {
		d = m->win[i].liobn == liobn ? dev_find(m, m->win[i].dev) : NULL;
		n += d != NULL;
		if (d &&
		    (!best || d->pub.path[DMS_PATH_TCE].maps > best->pub.path[DMS_PATH_TCE].maps))
			best = d;
	}
	return best && (n == 1 || best->pub.path[DMS_PATH_TCE].maps) ? best : NULL;
}

void find_tce_table_pressure(struct finder *f)
{
	struct model_finding *x;
	struct model_window w;
	size_t i;

	for (i = 0; model__window(f->m, i, &w); i++) {
		if (w.rec.removed || w.rec.use == WINDOW_DIRECT || w.hiwater.why || !w.entries ||
		    w.hiwater.v * 10 <= w.entries * 9 || windows__had(f->m, i) ||
		    was_full(f->m, w.rec.liobn))
			continue;
		x = finding_new(f, main_user(f->m, w.rec.liobn), MODEL_WARNING, 90);
		if (!x)
			return;
		SAY(x, summary, "The device's TCE table was nearly full: mappings will soon fail.");
		SAY(x, evidence, "LIOBN 0x%x: %" PRIu64 " of %" PRIu64 " entries in use at worst",
		    w.rec.liobn, w.hiwater.v, w.entries);
		SAY(x, action, "Look for the holder in the ranges and for a leak.");
		finding_needs(f, x, DMS_HOOK_TCE_FREE);
	}
}

static const char *hcall_status(int64_t status)
{
	switch (status) {
	case -1: return "H_HARDWARE";
	case -2: return "H_FUNCTION";
	case -4: return "H_PARAMETER";
	case -16: return "H_RESOURCE";
	case -44: return "H_NOT_ENOUGH_RESOURCES";
	case -55: return "H_P2";
	case -56: return "H_P3";
	case -57: return "H_P4";
	case -58: return "H_P5";
	default: return "an error";
	}
}

void find_tce_refused(struct finder *f)
{
	struct model_finding *x;
	uint32_t i;

	for (i = 0; i < f->m->tables; i++) {
		const struct table *t = &f->m->table[i];

		if (!t->refused.ev.count)
			continue;
		x = finding_new(f, main_user(f->m, t->liobn), MODEL_ERROR, 95);
		if (!x)
			return;
		SAY(x, summary,
		    "The hypervisor refused to set TCEs; except for a lack of resources the "
		    "kernel tells the driver that all is well, and the device fails later.");
		SAY(x, evidence,
		    "%" PRIu64 " refused on LIOBN 0x%x, first at 0x%" PRIx64 " with %s (%" PRId64
		    ")",
		    t->refused.ev.count, t->liobn, t->refused.ioba, hcall_status(t->refused.status),
		    t->refused.status);
		SAY(x, action,
		    "Report it with this address: window too small, or a range that was never "
		    "part of it. The hypervisor's log may say more.");
		finding_events(x, &t->refused.ev);
	}
}

static size_t stale_now(const struct model *m, const struct table *t, struct suspect *first,
			struct evid *e)
{
	size_t i, n = 0;

	for (i = 0; i < SUSPECTS && i < t->stales; i++) {
		if (!windows__is_stale(m, t, &t->stale[i]))
			continue;
		if (!n++)
			*first = t->stale[i];
		evid_add(e, t->stale[i].seq);
	}
	return n;
}

void find_tce_stale(struct finder *f)
{
	struct suspect s = { 0 };
	struct model_finding *x;
	uint32_t i;

	for (i = 0; i < f->m->tables; i++) {
		const struct table *t = &f->m->table[i];
		const struct refusal *r = &t->clear_refused;
		struct evid e = { 0 };
		size_t n = hooks_lost(f->m) ? 0 : stale_now(f->m, t, &s, &e);

		if (!n && !r->ev.count)
			continue;
		x = finding_new(f, n ? f->m->dev[s.dev] : main_user(f->m, t->liobn), MODEL_ERROR,
				r->ev.count ? 95 : 70);
		if (!x)
			return;
		SAY(x, summary,
		    "TCEs outlived their mapping: the device can still write to memory that "
		    "has been given back.");
		if (r->ev.count)
			SAY(x, evidence,
			    "%" PRIu64 " clearing call%s refused on LIOBN 0x%x with %s (%" PRId64
			    "), first at 0x%" PRIx64,
			    r->ev.count, S(r->ev.count), t->liobn, hcall_status(r->status),
			    r->status, r->ioba);
		if (n)
			SAY(x, evidence,
			    "%s%zu%s mapping%s of LIOBN 0x%x given back with the TCEs still "
			    "set, as at 0x%" PRIx64,
			    r->ev.count ? "; " : "", n, n == SUSPECTS ? " or more" : "", S(n),
			    t->liobn, s.dma);
		SAY(x, action,
		    "Report it: memory corruption is possible. Removing the device clears its "
		    "window.");
		finding_events(x, &r->ev);
		finding_events(x, &e);
		finding_needs(f, x, DMS_HOOK_TCE_FREE);
	}
}

void find_tce_indirect_private(struct finder *f)
{
	struct model_finding *x;

	if (!f->m->indirect.count)
		return;
	x = finding_new(f, NULL, MODEL_ERROR, 90);
	if (!x)
		return;
	SAY(x, summary, "The kernel hands lists of TCEs to the hypervisor in a page that is not "
	    "known to be shared (H_PUT_TCE_INDIRECT): of a private one the hypervisor reads "
	    "ciphertext and sets wrong TCEs.");
	SAY(x, evidence, "%" PRIu64 " such call%s in a secure guest", f->m->indirect.count,
	    S(f->m->indirect.count));
	SAY(x, action, "Boot with multitce=off. Kernels from 5.6 on avoid the call by themselves; "
	    "5.4 stable from 5.4.20 on does not.");
	finding_events(x, &f->m->indirect);
	finding_needs(f, x, DMS_HOOK_SHARE);
}
