// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes a trace of a made-up PEF guest in which everything happens once at least: scenario FILE
 * [MAPPINGS]. Time, addresses and losses are consistent, as in a real recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/writer.h"

#define DISK	0x100000a01ULL
#define NET	0x100000b02ULL
#define POOL	0x5000000ULL
#define WINDOW	0x800000000000000ULL
#define START	77000000000ULL

static struct trace_writer *w;
static struct dms_rec rec;
static uint64_t now = START;
static struct dms_counts counts[DMS_HOOK_MAX];

static void put(enum dms_rec_type type)
{
	rec.type = type;
	if (trace_writer__put(w, &rec)) {
		fprintf(stderr, "scenario: a record was refused\n");
		exit(1);
	}
	memset(&rec, 0, sizeof(rec));
}

static struct dms_event *event(enum dms_event_type type, enum dms_hook hook, uint64_t dev)
{
	now += 1234;
	rec.event.type = (uint16_t)type;
	rec.event.hook = (uint16_t)hook;
	rec.event.ts = now;
	rec.event.dev = dev;
	rec.event.dir = DMS_DIR_TO_DEVICE;
	rec.event.pid = 42;
	counts[hook].hits++;
	counts[hook].delivered++;
	return &rec.event;
}

static void begin(void)
{
	strcpy(rec.session.tool_version, "0");
	strcpy(rec.session.kernel, "6.12.0 \"test\"");
	strcpy(rec.session.arch, "ppc64le");
	rec.session.guest = GUEST_PEF;
	rec.session.page_size = 65536;
	rec.session.cpus = 2;
	rec.session.mem_bytes = rec.session.mem_top = 2ULL << 30;
	rec.session.lmb_size = 256 << 20;
	rec.session.start_ns = START;
	rec.session.realtime_offset_ns = 1700000000LL * 1000000000;
	put(REC_SESSION);
	rec.hook.id = DMS_HOOK_MAP;
	strcpy(rec.hook.symbol, "dma_map_phys");
	rec.hook.attach = ATTACH_KPROBE;
	strcpy(rec.hook.unseen, "mappings by dma_iova_link()");
	put(REC_HOOK);
}

static void device(uint64_t key, const char *name, const char *kind)
{
	rec.device.key = key;
	rec.device.ts = START;
	strcpy(rec.device.name, name);
	strcpy(rec.device.bus, "pci");
	strcpy(rec.device.kind, kind);
	put(REC_DEVICE);
}

static void state(void)
{
	device(DISK, "0000:00:01.0", "virtio-blk \"vda\", =1+1");
	device(NET, "0000:00:02.0", "net\\eth0");
	rec.window.dev = NET;
	rec.window.liobn = 0x80000001;
	rec.window.page_shift = 24;
	rec.window.kind = WINDOW_DDW;
	rec.window.use = WINDOW_DIRECT;
	rec.window.base = WINDOW;
	rec.window.size = 2ULL << 30;
	put(REC_WINDOW);
	strcpy(rec.pool.name, "default");
	rec.pool.start = POOL;
	rec.pool.end = POOL + (64 << 20);
	rec.pool.nslabs = 32768;
	rec.pool.slot_size = 2048;
	rec.pool.used_known = true;
	put(REC_POOL);
	rec.stack.id = 5;
	rec.stack.depth = 2;
	strcpy(rec.stack.frame[0], "dma_map_phys+0x10");
	strcpy(rec.stack.frame[1], "virtqueue_add+0x99 [virtio_ring]");
	put(REC_STACK);
	rec.stack.id = 6;
	rec.stack.depth = 3;
	strcpy(rec.stack.frame[0], "set_memory_decrypted+0x5");
	strcpy(rec.stack.frame[1], "system_heap_allocate+0x1c1");
	strcpy(rec.stack.frame[2], "dma_heap_ioctl+0x16e");
	put(REC_STACK);
}

static void one(uint64_t i, bool map)
{
	uint64_t dev = i % 2 ? DISK : NET, slot = POOL + i % 4096 * 4096;
	struct dms_event *ev;

	ev = event(map ? DMS_EV_BOUNCE : DMS_EV_UNBOUNCE,
		   map ? DMS_HOOK_SWIOTLB_MAP : DMS_HOOK_SWIOTLB_UNMAP, dev);
	ev->size = 4096;
	ev->aux = slot;
	ev->phys = map ? 0x10000000 + i * 4096 : 0;
	put(REC_EVENT);
	ev = event(map ? DMS_EV_MAP : DMS_EV_UNMAP, map ? DMS_HOOK_MAP : DMS_HOOK_UNMAP, dev);
	ev->dma = WINDOW + slot;
	ev->size = 4096;
	ev->aux = slot;
	ev->phys = map ? 0x10000000 + i * 4096 : 0;
	ev->path = DMS_PATH_BOUNCED;
	ev->stack = map ? 5 : 0;
	put(REC_EVENT);
}

static void trouble(void)
{
	struct dms_event *ev = event(DMS_EV_MASK, DMS_HOOK_SET_MASK, DISK);

	ev->aux = 0xffffffff;
	put(REC_EVENT);
	ev = event(DMS_EV_BOUNCE, DMS_HOOK_SWIOTLB_MAP, DISK);
	ev->size = 1 << 20;
	ev->aux = DMS_DMA_ERROR;
	put(REC_EVENT);
	ev = event(DMS_EV_MAP, DMS_HOOK_MAP, DISK);
	ev->size = 1 << 20;
	ev->dma = DMS_DMA_ERROR;
	ev->path = DMS_PATH_FAILED;
	ev->flags = DMS_FL_NO_SLOT;
	put(REC_EVENT);
	for (int i = 0; i < 3; i++) {	/* the same memory three times, unmapped twice */
		ev = event(DMS_EV_MAP, DMS_HOOK_MAP, NET);
		ev->dma = WINDOW + 0x20000000;
		ev->phys = 0x20000000;
		ev->size = 256;
		ev->path = DMS_PATH_DIRECT;
		put(REC_EVENT);
	}
	for (int i = 0; i < 2; i++) {
		ev = event(DMS_EV_UNMAP, DMS_HOOK_UNMAP, NET);
		ev->dma = WINDOW + 0x20000000;
		ev->size = 256;
		ev->path = DMS_PATH_DIRECT;
		put(REC_EVENT);
	}
	ev = event(DMS_EV_ALLOC, DMS_HOOK_ALLOC, DISK);
	ev->dma = WINDOW + 0x30000000;
	ev->size = 65536;
	ev->path = DMS_PATH_COHERENT;
	put(REC_EVENT);
	ev = event(DMS_EV_SHARE, DMS_HOOK_SHARE, 0);
	ev->phys = 0x30000000;
	ev->size = 65536;
	ev->stack = 6;
	ev->pid = 77;
	strcpy(rec.comm, "=server \"1\"");
	put(REC_EVENT);
	ev = event(DMS_EV_UNMAP, DMS_HOOK_UNMAP, NET);	/* older than the start */
	ev->dma = WINDOW + 0x44440000;
	ev->size = 512;
	put(REC_EVENT);
	rec.gap.ts = now;
	rec.gap.hook = DMS_HOOK_UNMAP;
	rec.gap.lost = 17;
	put(REC_GAP);
	counts[DMS_HOOK_UNMAP].hits += 17;
	counts[DMS_HOOK_UNMAP].dropped += 17;
}

int main(int argc, char **argv)
{
	struct trace_writer_opts opts = { .force = true };
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
	char err[256];

	if (argc < 2 || trace_writer__open(&w, argv[1], &opts, err, sizeof(err)))
		return 1;
	begin();
	state();
	for (uint64_t i = 0; i < n; i++) {	/* 32 are live at a time */
		one(i, true);
		if (i >= 32)
			one(i - 32, false);
	}
	trouble();
	rec.end.ts = now;
	memcpy(rec.end.counts, counts, sizeof(counts));
	put(REC_END);
	if (trace_writer__close(w, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	trace_writer__free(w);
	return 0;
}
