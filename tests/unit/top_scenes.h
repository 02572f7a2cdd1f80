/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Guests for the tests of top: one where all is well, one with a full pool, refused mappings and
 * a device that is given private memory, one of x86. Only for tests/unit/test_top_*.c.
 */
#ifndef DMASCOPE_TEST_TOP_SCENES_H
#define DMASCOPE_TEST_TOP_SCENES_H

#include "feed.h"
#include "top/top.h"

#define SCENE_STEP	SEC	/* between the two samples */

static UNUSED void name_dev(struct feed *f, uint64_t key, const char *name, const char *driver,
			    const char *kind, unsigned int bits)
{
	struct dms_rec r = make_dev(key, name, bits);

	snprintf(r.device.driver, sizeof(r.device.driver), "%s", driver);
	snprintf(r.device.kind, sizeof(r.device.kind), "%s", kind);
	strcpy(r.device.ops, "dma_iommu_ops");
	r.device.st.ops = 1;
	r.device.st.known |= DMS_DS_BYPASS | DMS_DS_TABLE;
	r.device.st.bypass = bits == 64;
	r.device.st.force_bounce = true;
	r.device.st.dma_offset = bits == 64 ? DDW_BASE : 0;
	r.device.st.table_size = 1ULL << 30;
	r.device.st.table_page_shift = 16;
	r.device.st.liobn = DEF_LIOBN + (uint32_t)key * 16;
	put(f, &r);
}

static UNUSED void bounced_io(struct feed *f, uint64_t dev, uint64_t first, unsigned int n,
			      uint64_t size, bool give_back)
{
	uint64_t slot, phys;
	unsigned int i;

	for (i = 0; i < n; i++) {
		slot = POOL_START + (first + i) * size;
		phys = 0x40000000 + i * 65536;
		f->ts += MS;
		feed_bounce(f, dev, slot, phys, size);
		feed_map(f, dev, DMS_PATH_BOUNCED, DDW_BASE + slot, phys, size);
		if (!give_back)
			continue;
		f->ts += 200000;
		feed_unbounce(f, dev, slot, size);
		feed_unmap(f, dev, DDW_BASE + slot, size);
	}
}

static UNUSED void scene_pef(struct feed *f, unsigned int idle)
{
	char name[32];
	unsigned int i;

	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, true);
	name_dev(f, 1, "0000:00:01.0", "virtio-pci", "virtio-blk vda", 64);
	feed_pseries_dev(f, 2, "0000:00:02.0", 64, true);
	name_dev(f, 2, "0000:00:02.0", "virtio-pci", "virtio-net eth0", 64);
	for (i = 0; i < idle; i++) {
		snprintf(name, sizeof(name), "0001:%02x:00.0", i + 1);
		feed_pseries_dev(f, 10 + i, name, 64, true);
		name_dev(f, 10 + i, name, "nvme", "nvme", 64);
	}
	feed_pool(f, POOL_SLOTS, 0, true);
}

/* Between the samples: what makes rates. */
typedef void (*scene_fn)(struct feed *f);

static UNUSED void healthy_before(struct feed *f)
{
	scene_pef(f, 3);
	bounced_io(f, 1, 0, 64, 65536, true);
	bounced_io(f, 2, 200, 16, 4096, false);
}

static UNUSED void healthy_after(struct feed *f)
{
	bounced_io(f, 1, 0, 200, 65536, true);
	bounced_io(f, 2, 100, 90, 4096, true);
}

static UNUSED void sick_before(struct feed *f)
{
	struct dms_event ev;
	unsigned int i;

	scene_pef(f, 12);
	feed_pseries_dev(f, 3, "0000:00:03.0", 32, true);
	name_dev(f, 3, "0000:00:03.0", "e1000", "net eth1", 32);
	bounced_io(f, 1, 0, 960, 65536, false);
	bounced_io(f, 2, 16000, 100, 4096, true);
	for (i = 0; i < 20; i++) {
		f->ts += MS;
		feed_tce(f, true, DEF_LIOBN + 48, 0x10000 * i, 0x50000000 + 0x10000 * i, 65536);
		feed_map(f, 3, DMS_PATH_TCE, 0x10000 * i, 0x50000000 + 0x10000 * i, 1522);
	}
	ev = make_ev(f, DMS_EV_BOUNCE, 2);
	ev.aux = DMS_DMA_ERROR;
	ev.size = 262144;
	ev.path = DMS_PATH_FAILED;
	feed_ev(f, &ev);
	feed_failed(f, 2, 262144, DMS_FL_NO_SLOT | DMS_FL_INNER);
}

static UNUSED void sick_after(struct feed *f)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct dms_event ev;
	unsigned int i;

	for (i = 0; i < 30; i++) {
		f->ts += 2 * MS;
		ev = make_ev(f, DMS_EV_BOUNCE, 1);
		ev.aux = DMS_DMA_ERROR;
		ev.size = 262144;
		ev.path = DMS_PATH_FAILED;
		feed_ev(f, &ev);
		feed_failed(f, 1, 262144, DMS_FL_NO_SLOT | DMS_FL_INNER);
	}
	bounced_io(f, 1, 960, 20, 65536, false);
	gap.gap = (struct rec_gap){ .ts = f->ts, .hook = DMS_HOOK_MAP, .lost = 17 };
	put(f, &gap);
}

/* As sick, with callers, and with mappings that are older than the start. */
static UNUSED void callers_before(struct feed *f)
{
	static const char *const names[] = { "virtblk_add_req", "nvme_map_data", "e1000_xmit_frame",
					     "e1000_alloc_jumbo_rx_buffers_nonpersistent" };
	struct dms_event ev;
	unsigned int i;

	sick_before(f);
	for (i = 0; i < 4; i++)
		feed_stack(f, i + 1, names[i]);
	for (i = 0; i < 12; i++) {
		ev = make_ev(f, DMS_EV_MAP, i < 3 ? 1 : 3);
		ev.hook = DMS_HOOK_MAP;
		ev.path = i < 3 ? DMS_PATH_BOUNCED : DMS_PATH_TCE;
		ev.dma = (i < 3 ? DDW_BASE + POOL_START : 0x8000000) + 0x100000 * i;
		ev.phys = 0x12345678000 + 0x10000 * i;
		ev.size = 4096;
		ev.dir = i & 1;
		ev.stack = i % 4 + 1;
		feed_ev(f, &ev);
	}
	for (i = 0; i < 3; i++) {
		ev = make_ev(f, DMS_EV_LIVE, 3);
		ev.hook = DMS_HOOK_SNAPSHOT;
		ev.liobn = DEF_LIOBN + 48;
		ev.dma = 0x20000000 + 0x100000 * i;
		ev.page_shift = 16;
		ev.size = 65536;
		feed_ev(f, &ev);
	}
	feed_unmap(f, 2, DDW_BASE + 0x6000000, 4096);
}

static UNUSED void nopool_before(struct feed *f)
{
	feed_session(f, GUEST_PEF, "ppc64le", "6.12.117");
	feed_all_hooks(f);
	feed_pseries_dev(f, 1, "0000:00:01.0", 64, false);
	feed_pool(f, 0, 0, false);
	f->ts += 5 * MS;
	feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x40000000, 0x40000000, 4096);
}

static UNUSED void nopool_after(struct feed *f)
{
	for (unsigned int i = 1; i < 50; i++) {
		f->ts += 5 * MS;
		feed_map(f, 1, DMS_PATH_DIRECT, DDW_BASE + 0x40000000 + i * 4096ULL,
			 0x40000000 + i * 4096ULL, 4096);
	}
}

static UNUSED void sev_before(struct feed *f)
{
	struct dms_rec r = make_dev(1, "0000:00:04.0", 64);

	feed_session(f, GUEST_SEV, "x86_64", "6.12.95");
	feed_all_hooks(f);
	strcpy(r.device.driver, "nvme");
	strcpy(r.device.kind, "nvme nvme0n1");
	r.device.st.force_bounce = true;
	put(f, &r);
	feed_pool(f, POOL_SLOTS, 100, true);
	bounced_io(f, 1, 200, 50, 4096, true);
}

static UNUSED void sev_after(struct feed *f)
{
	bounced_io(f, 1, 200, 400, 4096, true);
}

#endif /* DMASCOPE_TEST_TOP_SCENES_H */
