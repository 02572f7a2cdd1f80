/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Short ways to feed a model in tests: one function per record, sensible values in what a test
 * does not say. Only for tests/unit/test_model*.c, test_finding*.c and test_report*.c.
 */
#ifndef DMASCOPE_TEST_FEED_H
#define DMASCOPE_TEST_FEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state/state.h"

#define UNUSED	__attribute__((unused))
#define MS	1000000ULL
#define SEC	(1000 * MS)
#define T0	(100 * SEC)	/* when the hooks were attached */

#define POOL_START	0x7000000ULL
#define POOL_SLOTS	32768ULL
#define POOL_END	(POOL_START + POOL_SLOTS * 2048)
#define DDW_BASE	(1ULL << 59)
#define DDW_LIOBN	0x80000001u
#define DEF_LIOBN	0x80000000u
#define RAM		(2ULL << 30)

struct feed {
	struct state *m;
	uint64_t ts;
};

static void put(struct feed *f, const struct dms_rec *r)
{
	assert_int_equal(state__feed(f->m, r), 0);
}

static UNUSED void feed_session(struct feed *f, enum dms_guest guest, const char *arch,
				const char *kernel)
{
	struct dms_rec r = { .type = REC_SESSION };

	r.session.guest = guest;
	snprintf(r.session.arch, sizeof(r.session.arch), "%s", arch);
	snprintf(r.session.kernel, sizeof(r.session.kernel), "%s", kernel);
	snprintf(r.session.tool_version, sizeof(r.session.tool_version), "0.1");
	snprintf(r.session.guest_how, sizeof(r.session.guest_how), "%s",
		 guest == GUEST_PEF ? "/sys/devices/system/cpu/svm is 1" : "");
	r.session.page_size = strncmp(arch, "ppc", 3) ? 4096 : 65536;
	r.session.cpus = 2;
	r.session.mem_bytes = r.session.mem_top = RAM;
	r.session.start_ns = T0;
	put(f, &r);
}

static UNUSED void feed_hook(struct feed *f, enum dms_hook id)
{
	struct dms_rec r = { .type = REC_HOOK };

	r.hook.id = id;
	r.hook.attach = ATTACH_KPROBE;
	snprintf(r.hook.symbol, sizeof(r.hook.symbol), "hook%u", id);
	put(f, &r);
}

static UNUSED void feed_all_hooks(struct feed *f)
{
	unsigned int id;

	for (id = DMS_HOOK_NONE + 1; id < DMS_HOOK_MAX; id++)
		feed_hook(f, id);
}

/* A pool whose state is known, not forced; change what the test is about before put(). */
static UNUSED struct dms_rec make_pool(uint64_t ts, uint64_t start, uint64_t slots, uint64_t used)
{
	struct dms_rec r = { .type = REC_POOL };
	struct rec_pool *p = &r.pool;

	strcpy(p->name, "default");
	strcpy(p->source, "device state");
	p->start = start;
	p->end = start + slots * 2048;
	p->nslabs = slots;
	p->slot_size = 2048;
	p->used_known = true;
	p->used = used;
	p->force_bounce_known = true;
	p->ts = ts;
	return r;
}

static UNUSED void feed_pool(struct feed *f, uint64_t slots, uint64_t used, bool forced)
{
	struct dms_rec r = make_pool(f->ts, slots ? POOL_START : 0, slots, used);

	r.pool.areas = 2;
	r.pool.force_bounce = forced;
	put(f, &r);
}

static UNUSED void feed_window(struct feed *f, uint64_t dev, uint32_t liobn,
			       enum dms_window_kind kind, enum dms_window_use use, uint64_t base,
			       uint64_t size)
{
	struct dms_rec r = { .type = REC_WINDOW };

	r.window.dev = dev;
	r.window.liobn = liobn;
	r.window.page_shift = 16;
	r.window.kind = kind;
	r.window.use = use;
	r.window.base = base;
	r.window.size = size;
	r.window.ts = f->ts;
	put(f, &r);
}

/* A device with a complete state; change what the test is about before put(). */
static UNUSED struct dms_rec make_dev(uint64_t key, const char *name, unsigned int mask_bits)
{
	struct dms_rec r = { .type = REC_DEVICE };
	struct rec_device *d = &r.device;

	d->key = key;
	snprintf(d->name, sizeof(d->name), "%s", name);
	strcpy(d->bus, "pci");
	strcpy(d->driver, mask_bits == 64 ? "virtio-pci" : "e1000");
	d->preexisting = true;
	d->st.known = DMS_DS_MASK | DMS_DS_COHERENT_MASK | DMS_DS_BUS_LIMIT | DMS_DS_OPS |
		      DMS_DS_OFFSET | DMS_DS_FORCE_BOUNCE;
	d->st.dma_mask = mask_bits == 64 ? ~0ULL : (1ULL << mask_bits) - 1;
	d->st.coherent_mask = d->st.dma_mask;
	return r;
}

/* Below an external port, and translated if iommu is its name. */
static UNUSED struct dms_rec make_external(uint64_t key, const char *iommu)
{
	struct dms_rec r = make_dev(key, "0000:01:00.0", 64);

	r.device.known |= DEV_KNOWN_EXTERNAL;
	r.device.external = true;
	if (iommu) {
		r.device.known |= DEV_KNOWN_IOMMU;
		strcpy(r.device.iommu, iommu);
		strcpy(r.device.iommu_domain, "DMA");
	}
	return r;
}

/* On pseries, with the windows that such a device has. */
static UNUSED void feed_pseries_dev(struct feed *f, uint64_t key, const char *name,
				    unsigned int mask_bits, bool forced)
{
	struct dms_rec r = make_dev(key, name, mask_bits);
	bool direct = mask_bits == 64;

	strcpy(r.device.ops, "dma_iommu_ops");
	r.device.st.ops = 1;
	r.device.st.known |= DMS_DS_BYPASS | DMS_DS_TABLE;
	r.device.st.bypass = direct;
	r.device.st.force_bounce = forced;
	r.device.st.dma_offset = direct ? DDW_BASE : 0;
	r.device.st.table_size = 1ULL << 30;
	r.device.st.table_page_shift = 16;
	r.device.st.liobn = DEF_LIOBN + (uint32_t)key * 16;
	put(f, &r);
	feed_window(f, key, r.device.st.liobn, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	if (direct)
		feed_window(f, key, r.device.st.liobn + 1, WINDOW_DDW, WINDOW_DIRECT, DDW_BASE,
			    4ULL << 30);
}

static UNUSED struct dms_event make_ev(struct feed *f, enum dms_event_type type, uint64_t dev)
{
	struct dms_event ev = { .type = type, .dev = dev, .ts = f->ts };

	return ev;
}

static UNUSED void feed_ev(struct feed *f, const struct dms_event *ev)
{
	struct dms_rec r = { .type = REC_EVENT, .event = *ev };

	put(f, &r);
}

static UNUSED void feed_map(struct feed *f, uint64_t dev, enum dms_path path, uint64_t dma,
			    uint64_t phys, uint64_t size)
{
	struct dms_event ev = make_ev(f, DMS_EV_MAP, dev);

	ev.hook = DMS_HOOK_MAP;
	ev.path = path;
	ev.dma = dma;
	ev.phys = phys;
	ev.size = size;
	ev.dir = DMS_DIR_FROM_DEVICE;
	feed_ev(f, &ev);
}

static UNUSED void feed_unmap(struct feed *f, uint64_t dev, uint64_t dma, uint64_t size)
{
	struct dms_event ev = make_ev(f, DMS_EV_UNMAP, dev);

	ev.hook = DMS_HOOK_UNMAP;
	ev.dma = dma;
	ev.size = size;
	ev.dir = DMS_DIR_FROM_DEVICE;
	ev.flags = DMS_FL_NO_PHYS;
	feed_ev(f, &ev);
}

static UNUSED void feed_failed(struct feed *f, uint64_t dev, uint64_t size, unsigned int flags)
{
	struct dms_event ev = make_ev(f, DMS_EV_MAP, dev);

	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = size;
	ev.flags = flags;
	feed_ev(f, &ev);
}

static UNUSED void feed_bounce(struct feed *f, uint64_t dev, uint64_t slot, uint64_t phys,
			       uint64_t size)
{
	struct dms_event ev = make_ev(f, DMS_EV_BOUNCE, dev);

	ev.aux = slot;
	ev.phys = phys;
	ev.size = size;
	ev.dir = DMS_DIR_FROM_DEVICE;
	feed_ev(f, &ev);
}

static UNUSED void feed_unbounce(struct feed *f, uint64_t dev, uint64_t slot, uint64_t size)
{
	struct dms_event ev = make_ev(f, DMS_EV_UNBOUNCE, dev);

	ev.aux = slot;
	ev.size = size;
	feed_ev(f, &ev);
}

static UNUSED void feed_tce(struct feed *f, bool set, uint32_t liobn, uint64_t dma, uint64_t phys,
			    uint64_t size)
{
	struct dms_event ev = make_ev(f, set ? DMS_EV_TCE_SET : DMS_EV_TCE_CLEAR, 0);

	ev.liobn = liobn;
	ev.dma = dma;
	ev.phys = phys;
	ev.size = size;
	ev.page_shift = 16;
	feed_ev(f, &ev);
}

static UNUSED void feed_share(struct feed *f, bool share, uint64_t phys, uint64_t size)
{
	struct dms_event ev = make_ev(f, share ? DMS_EV_SHARE : DMS_EV_UNSHARE, 0);

	ev.phys = phys;
	ev.size = size;
	ev.aux = 1;
	feed_ev(f, &ev);
}

static UNUSED void feed_stack(struct feed *f, uint32_t id, const char *outer)
{
	struct dms_rec r = { .type = REC_STACK };

	r.stack.id = id;
	r.stack.depth = 2;
	strcpy(r.stack.frame[0], "dma_map_page_attrs+0x2c");
	snprintf(r.stack.frame[1], DMS_NAME_LEN, "%s+0x10", outer);
	put(f, &r);
}

static UNUSED void feed_end(struct feed *f, bool complete)
{
	struct dms_rec r = { .type = REC_END };

	r.end.ts = f->ts;
	r.end.complete = complete;
	put(f, &r);
}

static UNUSED int feed_setup(void **state)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->ts = T0;
	f->m = state__new(NULL);
	*state = f;
	return f->m ? 0 : -1;
}

static UNUSED int feed_teardown(void **state)
{
	struct feed *f = *state;

	state__free(f->m);
	free(f);
	return 0;
}

/*
 * The healthy PEF guest: virtio-blk behind a direct window, all of it bounced; the pool forced
 * and shared at boot; every mapping unmapped.
 */
static UNUSED void feed_healthy_pef(struct feed *f)
{
	uint64_t i, slot;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	feed_pool(f, POOL_SLOTS, 0, true);
	for (i = 0; i < 200; i++) {
		f->ts += 5 * MS;
		slot = POOL_START + (i % 16) * 4096;
		feed_bounce(f, 1, slot, 0x40000000 + i * 4096, 4096);
		feed_map(f, 1, DMS_PATH_BOUNCED, DDW_BASE + slot, 0x40000000 + i * 4096, 4096);
		f->ts += MS;
		feed_unbounce(f, 1, slot, 4096);
		feed_unmap(f, 1, DDW_BASE + slot, 4096);
	}
}

#endif /* DMASCOPE_TEST_FEED_H */
