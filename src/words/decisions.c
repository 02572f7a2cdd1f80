// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of decisions: a brief text for a column, and a sentence or two. The rules are those of
 * kernel/dma/mapping.c, direct.c and arch/powerpc/kernel/dma-iommu.c, 5.4 to 7.3.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/fmt.h"
#include "words/words.h"

/* One initializer a reason: {bits} and the like stand for facts of the decision. */
struct reason_words {
	const char *brief;	/* "" where another part says it */
	const char *full;
};

static const struct reason_words reasons[REASON_MAX] = {
[REASON_NOT_READ] = { "not known", "the device's state was not read." },
[REASON_FORCE_UNKNOWN] = { "not known", "whether bouncing is forced was not observed." },
[REASON_RULE_UNKNOWN] = { "not known",
	"its kernel bounces for a reason that is not known here." },
[REASON_NOT_VIRTIO_DMA] = { "virtio, no DMA API",
	"virtio without ACCESS_PLATFORM: it takes guest addresses as they are; nothing is mapped, "
	"bounced or shared for it." },
[REASON_REFUSED] = { "refused by the kernel",
	"virtio without ACCESS_PLATFORM, which this kernel refuses in a secure guest: it has no "
	"driver." },
[REASON_VIRTIO_UNDECIDED] = { "undecided",
	"virtio whose features were not read: without ACCESS_PLATFORM, as a balloon always, it "
	"bypasses the DMA API." },
[REASON_USER_SPACE] = { "user space driver",
	"a driver in user space has it: its mappings bypass the DMA API, and are not observed "
	"unless vfio or iommufd makes them." },
[REASON_IOMMU] = { "IOMMU{untrusted}", "mapped by the generic dma-iommu layer{external}." },
[REASON_IOMMU_LAZY] = { "IOMMU{untrusted}",
	"translated by {iommu}, flushed lazily (domain type DMA-FQ): for some milliseconds "
	"after an unmap it may still reach the page{external}." },
[REASON_IOMMU_STRICT] = { "IOMMU{untrusted}",
	"translated by {iommu}, flushed at each unmap (domain type DMA){external}." },
[REASON_IOMMU_BLOCKED] = { "IOMMU: blocked",
	"{iommu} blocks all that it accesses (domain type blocked)." },
[REASON_BELOW_SHARED] = { "refused: {bits}-bit mask",
	"all addresses of shared memory have bit {sharedbit} set, which it does not reach, so "
	"every mapping is refused." },
[REASON_POOL_UNUSABLE] = { "refused: POOL UNUSABLE",
	"every mapping has to be copied through the bounce pool, which cannot serve it: see "
	"pool-unusable." },
[REASON_BOUNCE_PRIVATE] = { "bounce: private RAM",
	"every mapping is copied through the bounce pool, since the device cannot reach private "
	"memory." },
[REASON_BOUNCE_FORCED] = { "bounce: forced",
	"every mapping is copied through the bounce pool, {forced}." },
[REASON_PRIVATE_NO_POOL] = { "refused: NO BOUNCE POOL",
	"it cannot reach private memory, and there is no bounce pool: every mapping is refused." },
[REASON_BELOW_ENC] = { "refused: {pool}",
	"addresses of private memory have the C-bit, bit {encbit}, which it does not reach; "
	"{nopool}, so every mapping is refused." },
[REASON_NO_POOL] = { "direct: NO BOUNCE POOL",
	"there is no bounce pool, so it is given private pages: {private}." },
[REASON_NOT_FORCED] = { "direct: NOT bounced",
	"there is a bounce pool, but nothing forces its use: the device is given private pages." },
[REASON_BY_ADDRESS] = { "direct below {bits} bits",
	"memory it cannot address (RAM ends at {top}) is bounced, the rest goes direct." },
[REASON_REACHES_ALL] = { "direct", "it reaches all memory itself." },
[REASON_ACCEPTED] = { "direct: accepted",
	"the guest has verified and accepted it (TDISP): it reaches private memory itself." },
[REASON_WINDOW_ABOVE] = { "window above mask",
	"the direct window LIOBN {liobn} lies at {base}, above what it addresses: a mapping "
	"through it overflows and is refused." },
[REASON_VIO] = { "TCE: virtual I/O", "virtual I/O devices have the default window only" },
[REASON_SMALL_MASK] = { "TCE: {bits}-bit mask",
	"it has no dynamic window (DDW) that its mask reaches" },
[REASON_DISABLE_DDW] = { "TCE: disable_ddw",
	"dynamic windows are switched off (disable_ddw)" },
[REASON_DDW_SMALL] = { "TCE: dynamic DDW",
	"its dynamic window is too small for all memory, so it is not pre-mapped" },
[REASON_DDW_REFUSED] = { "TCE: DDW refused",
	"a dynamic window (DDW) was asked for and not granted" },
[REASON_NO_DDW] = { "TCE: no DDW", "it has no dynamic window (DDW)" },
};

static const char *const ways[] = {
	[STATE_WAY_UNKNOWN] = "not known", [STATE_WAY_DIRECT] = "direct",
	[STATE_WAY_BOUNCE] = "bounced", [STATE_WAY_TCE] = "TCE", [STATE_WAY_MIXED] = "mixed",
	[STATE_WAY_IOMMU] = "IOMMU", [STATE_WAY_OUTSIDE] = "outside",
};

static void put(char *to, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Appends. */
static void put(char *to, size_t n, const char *fmt, ...)
{
	size_t used = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to + used, n - used, fmt, ap);
	va_end(ap);
}

/* By the names that drivers give: dmar.c, amd/init.c, virtio-iommu.c, arm-smmu*.c, 5.4 to 7.3. */
static void put_iommu(const char *name, char *to, size_t n)
{
	const char *what = !strncmp(name, "dmar", 4) ? "the Intel IOMMU " :
			   !strncmp(name, "ivhd", 4) ? "the AMD IOMMU " :
			   !strncmp(name, "virtio", 6) ? "the virtio-iommu " :
			   !strncmp(name, "smmu", 4) ? "the Arm SMMU " : "the IOMMU ";

	snprintf(to, n, "%s%s", what, name[0] ? name : "of the guest");
}

#define FULL(d, ...)	put((d)->full, sizeof((d)->full), __VA_ARGS__)

static void put_fact(const struct state *m, const struct state_decision *d, const char *name,
		     char *to, size_t n)
{
	const struct rec_session none = { .enc_mask = 0 }, *s;
	char b[DMS_TEXT_LEN] = "";
	struct state_run run;

	state__run(m, &run);
	s = run.session ? run.session : &none;

	if (!strcmp(name, "bits"))
		snprintf(b, sizeof(b), "%u", mask_bits(d->reach ? d->reach : d->mask));
	else if (!strcmp(name, "top"))
		snprintf(b, sizeof(b), "0x%" PRIx64, d->ram_end);
	else if (!strcmp(name, "liobn"))
		snprintf(b, sizeof(b), "0x%x", d->direct_liobn);
	else if (!strcmp(name, "base"))
		snprintf(b, sizeof(b), "0x%" PRIx64, d->direct_base);
	else if (!strcmp(name, "forced"))
		snprintf(b, sizeof(b), "%s", run.secure ? "the only memory a secure guest shares" :
			 s->swiotlb_force ? "because swiotlb=force was asked for" :
			 "because its use is forced");
	else if (!strcmp(name, "encbit"))
		snprintf(b, sizeof(b), "%u", mask_bits(s->enc_mask) - 1);
	else if (!strcmp(name, "sharedbit"))
		snprintf(b, sizeof(b), "%u", mask_bits(s->shared_mask) - 1);
	else if (!strcmp(name, "pool"))
		snprintf(b, sizeof(b), "%s", d->pool ? "NOT bounced" : "NO BOUNCE POOL");
	else if (!strcmp(name, "nopool"))
		snprintf(b, sizeof(b), "%s", d->pool ? "nothing forces bouncing" :
			 "there is no bounce pool");
	else if (!strcmp(name, "iommu"))
		put_iommu(d->iommu, b, sizeof(b));
	else if (!strcmp(name, "external") && d->external)
		snprintf(b, sizeof(b), "; parts of pages %s, since it is below an external port",
			 d->pool ? "are bounced" : "are refused for want of a pool");
	else if (!strcmp(name, "untrusted") && d->external)
		snprintf(b, sizeof(b), ", untrusted");
	else if (!strcmp(name, "private"))
		words__expand(m, "{private}", NULL, b, sizeof(b));
	put(to, n, "%s", b);
}

static void expand(const struct state *m, const struct state_decision *d, const char *text,
		   char *to, size_t n)
{
	char name[16];
	size_t len;

	while (*text) {
		len = strcspn(text, "{");
		put(to, n, "%.*s", (int)len, text);
		text += len;
		if (!*text)
			break;
		len = strcspn(text, "}");
		snprintf(name, sizeof(name), "%.*s", (int)len - 1, text + 1);
		put_fact(m, d, name, to, n);
		text += len + 1;
	}
}

/* Observed paths override the path predicted from the state. */
static void put_seen(const struct state *m, uint64_t key, struct state_decision *d)
{
	const struct state_dev *dev = state__dev_by_key(m, key);
	const struct state_counts *c = dev->path;

	if (d->way == STATE_WAY_MIXED) {
		snprintf(d->brief, sizeof(d->brief), "mixed");
		FULL(d, " Seen: %" PRIu64 " direct, %" PRIu64 " bounced", c[DMS_PATH_DIRECT].maps,
		     c[DMS_PATH_BOUNCED].maps);
		if (c[DMS_PATH_TCE].maps)
			FULL(d, ", %" PRIu64 " through TCEs", c[DMS_PATH_TCE].maps);
		if (c[DMS_PATH_IOMMU].maps)
			FULL(d, ", %" PRIu64 " through the IOMMU", c[DMS_PATH_IOMMU].maps);
		FULL(d, ".");
		return;
	}
	FULL(d, "%s mappings were seen going %s.",
	     d->predicted != STATE_WAY_UNKNOWN ? " But all its" : " Its", ways[d->way]);
	snprintf(d->brief, sizeof(d->brief), "%s (seen)", ways[d->way]);
}

static void put_window(const struct state *m, struct state_decision *d)
{
	struct state_run run;

	state__run(m, &run);
	if (!d->direct_liobn || d->reason == REASON_WINDOW_ABOVE)
		return;
	if (d->window_ram)
		FULL(d, "RAM below 0x%" PRIx64 " ", d->window_ram);
	else
		FULL(d, "all RAM ");
	FULL(d, "is reachable through the direct window LIOBN 0x%x; ", d->direct_liobn);
	if (d->predicted == STATE_WAY_BOUNCE && d->reason != REASON_POOL_UNUSABLE)
		snprintf(d->brief, sizeof(d->brief), "bounce: forced, DDW");
	else if (d->predicted == STATE_WAY_DIRECT && !run.secure)
		snprintf(d->brief, sizeof(d->brief), "direct: DDW");
}

static void put_tces(const struct state *m, struct state_decision *d)
{
	struct state_run run;

	state__run(m, &run);
	FULL(d, "; each mapping gets TCEs in the %s window", d->tce_ddw ? "dynamic" : "default");
	if (d->tce_liobn)
		FULL(d, " (LIOBN 0x%x)", d->tce_liobn);
	FULL(d, run.secure ? ". Its pages are private: the device reads ciphertext." : ".");
}

int words__decision(const struct state *m, uint64_t key, struct state_decision *d)
{
	int err = state__decision(m, key, d);
	const struct reason_words *w;

	if (err)
		return err;
	w = &reasons[d->reason];
	if (d->predicted != STATE_WAY_OUTSIDE && d->mask)
		FULL(d, "%u-bit mask: ", mask_bits(d->mask));
	if (d->reason == REASON_BY_ADDRESS && d->reach < d->mask)
		FULL(d, "its bus limits it to %u bits; ", mask_bits(d->reach));
	expand(m, d, w->brief, d->brief, sizeof(d->brief));
	put_window(m, d);
	expand(m, d, w->full, d->full, sizeof(d->full));
	if (d->predicted == STATE_WAY_TCE)
		put_tces(m, d);
	if (d->identity)
		expand(m, d, " {iommu} passes its addresses through (domain type identity).",
		       d->full, sizeof(d->full));
	if (d->no_ops)
		FULL(d, " It has no dma_ops: no TCE is ever written for it.");
	if (d->observed && d->way != d->predicted)
		put_seen(m, key, d);
	return 0;
}
