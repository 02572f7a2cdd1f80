// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A trace of any length from a made-up busy guest: gen FILE EVENTS [LIVE [DEVICES [REFUSED]]]. 64
 * devices, 32 callers, 2,048 mappings in flight, all of memory used in turn; LIVE more are never
 * unmapped. Of the first REFUSED devices a mapping in four is refused: a finding for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/writer.h"

#define CALLERS		32
#define FLIGHT		2048
#define PAGES		(64ULL << 18)	/* 64 GiB of memory */
#define KEY		0x100000000ULL
#define START		77000000000ULL
#define STAY		0x4000000000ULL

static struct trace_writer *w;
static struct dms_rec rec;
static struct dms_counts counts[DMS_HOOK_MAX];
static uint64_t now = START, devices = 64, refused;

static void put(enum dms_rec_type type)
{
	rec.type = type;
	if (trace_writer__put(w, &rec)) {
		fprintf(stderr, "gen: a record was refused\n");
		exit(1);
	}
	memset(&rec, 0, sizeof(rec));
}

static void begin(void)
{
	strcpy(rec.session.tool_version, "0");
	strcpy(rec.session.kernel, "made up");
	strcpy(rec.session.arch, "x86_64");
	rec.session.page_size = 4096;
	rec.session.cpus = 8;
	rec.session.mem_bytes = rec.session.mem_top = PAGES * 4096;
	rec.session.start_ns = START;
	put(REC_SESSION);
	for (uint64_t i = 0; i < devices; i++) {
		rec.device.key = KEY + i;
		rec.device.ts = START;
		snprintf(rec.device.name, sizeof(rec.device.name), "%04x:00:%02x.0",
			 (unsigned int)(i / 32), (unsigned int)(i % 32));
		strcpy(rec.device.bus, "pci");
		put(REC_DEVICE);
	}
	for (uint32_t i = 1; i <= CALLERS; i++) {
		rec.stack.id = i;
		rec.stack.depth = 2;
		strcpy(rec.stack.frame[0], "dma_map_phys+0x10");
		snprintf(rec.stack.frame[1], DMS_NAME_LEN, "driver_%u+0x99 [made_up]", i);
		put(REC_STACK);
	}
}

static bool is_refused(uint64_t i)
{
	return i % devices < refused && i / devices % 4 == 0;
}

static void event(uint64_t i, bool map, uint64_t from)
{
	enum dms_hook hook = map ? DMS_HOOK_MAP : DMS_HOOK_UNMAP;
	struct dms_event *ev = &rec.event;

	now += 713;
	ev->type = map ? DMS_EV_MAP : DMS_EV_UNMAP;
	ev->hook = (uint16_t)hook;
	ev->ts = now;
	ev->cpu = (uint32_t)(i / 64 % 8);
	ev->dev = KEY + i % devices;
	ev->dma = from + i * 7919 % PAGES * 4096;
	ev->phys = map ? ev->dma : 0;
	ev->size = i % 4 ? 4096 : 1024;
	ev->path = DMS_PATH_DIRECT;
	ev->dir = DMS_DIR_FROM_DEVICE;
	ev->pid = 4711;
	ev->stack = map ? (uint32_t)(i / devices % CALLERS + 1) : 0;
	if (map && is_refused(i)) {
		ev->dma = DMS_DMA_ERROR;
		ev->path = DMS_PATH_FAILED;
		ev->flags = DMS_FL_NO_SLOT;
	}
	counts[hook].hits++;
	counts[hook].delivered++;
	put(REC_EVENT);
}

int main(int argc, char **argv)
{
	struct trace_writer_opts opts = { .force = true };
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) / 2 : 0;
	uint64_t live = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	char err[256];

	devices = argc > 4 ? strtoull(argv[4], NULL, 10) : devices;
	refused = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
	if (argc < 3 || !devices || trace_writer__open(&w, argv[1], &opts, err, sizeof(err)))
		return 1;
	begin();
	for (uint64_t i = 0; i < live; i++)
		event(i, true, STAY);
	for (uint64_t i = 0; i < n + FLIGHT; i++) {
		if (i < n)
			event(i, true, 0);
		if (i >= FLIGHT && !is_refused(i - FLIGHT))
			event(i - FLIGHT, false, 0);
	}
	rec.end.ts = now;
	rec.end.complete = true;
	memcpy(rec.end.counts, counts, sizeof(counts));
	put(REC_END);
	if (trace_writer__close(w, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	trace_writer__free(w);
	return 0;
}
