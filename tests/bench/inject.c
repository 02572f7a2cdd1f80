// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gives a running, unchanged dmascope something to do where the machine itself has no DMA
 * mappings to show, through the kernel maps it reads:
 *
 *   inject ring PID LOOP OBJECT	each call of LOOP's hit() becomes a record in its ring
 *   inject stats PID DEVICES		so many devices' aggregates, two paths each, all counting
 *
 * Says "ready", ends when stdin does, and says how many records were put in and how many not.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dmascope/config.h"
#include "mapof.h"

#define EVERY_MS	250

static int die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return 1;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static bool asked_to_end(int ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, ms) != 0;
}

static int inject_ring(const char *pid, const char *loop, const char *object)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "hit");
	int ring = map_of(pid, "ring", BPF_MAP_TYPE_RINGBUF);
	struct bpf_object *obj = bpf_object__open_file(object, NULL);
	uint64_t counts[2] = {};
	struct bpf_map *data;
	uint32_t zero = 0;

	if (ring < 0 || !obj)
		return die(ring < 0 ? "no ring in that process" : object);
	if (bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, "ring"), ring) ||
	    bpf_object__load(obj))
		return die("load");
	if (!bpf_program__attach_uprobe_opts(bpf_object__find_program_by_name(obj, "on_hit"), -1,
					     loop, 0, &opts))
		return die("attach");
	ready();
	asked_to_end(-1);
	data = bpf_object__find_map_by_name(obj, ".bss");
	if (!data || bpf_map_lookup_elem(bpf_map__fd(data), &zero, counts))
		return die("counts");
	printf("%llu %llu\n", (unsigned long long)counts[0], (unsigned long long)counts[1]);
	return 0;
}

/* A device at a place of its own, and its cells of two paths on the first CPU. */
static int inject_device(int devs, int cells, uint32_t place, uint64_t turn)
{
	struct dms_counted dev = { .key = 0x700000000ULL + place };
	uint32_t path[2] = { DMS_PATH_DIRECT, DMS_PATH_BOUNCED };

	for (uint32_t i = 0; i < 2; i++) {
		uint64_t maps = turn * (place * 2 + i + 1) * 31;
		struct dms_cell *cell = &dev.cell[path[i]];

		cell->hist[4] = maps;
		cell->unmaps = maps - place * 2 - i;
		cell->map_bytes = maps * 4096;
		cell->unmap_bytes = cell->unmaps * 4096;
	}
	if (bpf_map_update_elem(cells, &place, &dev, BPF_ANY) ||
	    bpf_map_update_elem(devs, &place, &dev.key, BPF_ANY))
		return -errno;
	return 0;
}

static int inject_stats(const char *pid, uint64_t devices)
{
	int devs = map_of(pid, "devs", BPF_MAP_TYPE_ARRAY);
	int cells = map_of(pid, "cells", BPF_MAP_TYPE_ARRAY);
	uint64_t turn = 0;

	if (devs < 0 || cells < 0)
		return die("no aggregates in that process");
	do {
		turn++;
		for (uint32_t i = 0; i < devices; i++)
			if (inject_device(devs, cells, i, turn))
				return die("update");
		if (turn == 1)
			ready();
	} while (!asked_to_end(EVERY_MS));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "ring"))
		return inject_ring(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "stats"))
		return inject_stats(argv[2], strtoull(argv[3], NULL, 10));
	fprintf(stderr, "usage: inject ring PID LOOP OBJECT | inject stats PID DEVICES\n");
	return 2;
}
