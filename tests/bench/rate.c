// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The highest rate of records that a reader of a ring takes without loss. The writer runs on
 * processor 0; the reader should be bound to another.
 *
 *   rate plain OBJECT SIZE		the reader is libbpf's, with a count, on processor 1
 *   rate of PID OBJECT		the reader is a running dmascope with one ring
 *
 * Prints the size of the ring and the rate in millions a second.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "mapof.h"

#define AT_ONCE		64	/* rate.bpf.c */
#define TICK_NS		1000000
#define TRIAL_TICKS	700
#define SETTLE_MS	400
#define PRECISION	0.03
#define WRITER_LIMIT	0.7

struct counters {
	uint64_t made, dropped;
};

static struct bpf_map *counters_map;
static volatile bool reading = true;
static uint64_t received;

static int die(const char *what)
{
	fprintf(stderr, "rate: %s: %s\n", what, strerror(errno));
	return 1;
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t drops(void)
{
	struct counters c = {};
	uint32_t zero = 0;

	bpf_map_lookup_elem(bpf_map__fd(counters_map), &zero, &c);
	return c.dropped;
}

static int run(int prog, uint32_t times)
{
	char packet[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = times);

	return bpf_prog_test_run_opts(prog, &opts);
}

/*
 * Writes `rate` records a second, in portions of a millisecond, and returns whether all found room;
 * 0 is as fast as can be. *reached is what the writer managed.
 */
static bool trial(int prog, double rate, double *reached)
{
	uint64_t begun = now(), before = drops(), sent = 0, target;

	for (int tick = 1; tick <= TRIAL_TICKS; tick++) {
		target = (uint64_t)(rate * tick * TICK_NS / 1e9);
		if (target >= sent + AT_ONCE) {
			uint32_t times = (uint32_t)((target - sent) / AT_ONCE);

			if (run(prog, times))
				return false;
			sent += (uint64_t)times * AT_ONCE;
		}
		while (now() < begun + (uint64_t)tick * TICK_NS)
			;
	}
	*reached = sent / ((now() - begun) / 1e9);
	usleep(SETTLE_MS * 1000);
	return drops() == before;
}

/* Other work on the machine can take the reader's processor away for a moment: one more chance. */
static bool holds(int prog, double rate, double *reached)
{
	return trial(prog, rate, reached) || trial(prog, rate, reached);
}

/* Until records are lost, or the writer cannot write any faster. */
static double search(int prog)
{
	double low = 0, high = 100e3, reached = 0, best = 0;

	while (holds(prog, high, &reached)) {
		best = reached;
		if (reached < high * WRITER_LIMIT)
			return best;
		low = high;
		high *= 2;
	}
	while (high - low > high * PRECISION) {
		double middle = (low + high) / 2;

		if (holds(prog, middle, &reached)) {
			low = middle;
			best = reached > best ? reached : best;
		} else {
			high = middle;
		}
	}
	return best;
}

static int on_record(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	received++;
	return 0;
}

static void *read_plainly(void *arg)
{
	bind_to(1);
	while (reading)
		ring_buffer__poll(arg, 100);
	return NULL;
}

static int search_with(const char *object, int ring)
{
	struct bpf_object *obj = bpf_object__open_file(object, NULL);
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	int prog;

	if (!obj || bpf_obj_get_info_by_fd(ring, &info, &len) ||
	    bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, "ring"), ring) ||
	    bpf_object__load(obj))
		return die(object);
	counters_map = bpf_object__find_map_by_name(obj, ".bss");
	prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "make_records"));
	bind_to(0);
	printf("%u %.4f\n", info.max_entries, search(prog) / 1e6);
	bpf_object__close(obj);
	return 0;
}

static int plain(const char *object, uint32_t size)
{
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "plain", 0, 0, size, NULL), err;
	struct ring_buffer *rb = ring < 0 ? NULL : ring_buffer__new(ring, on_record, NULL, NULL);
	pthread_t reader;

	if (!rb || pthread_create(&reader, NULL, read_plainly, rb))
		return die("ring");
	err = search_with(object, ring);
	reading = false;
	pthread_join(reader, NULL);
	ring_buffer__free(rb);
	return err || !received;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "plain"))
		return plain(argv[2], (uint32_t)strtoul(argv[3], NULL, 0));
	if (argc == 4 && !strcmp(argv[1], "of")) {
		int ring = map_of(argv[2], "ring", BPF_MAP_TYPE_RINGBUF);

		return ring < 0 ? die("no ring in that process") : search_with(argv[3], ring);
	}
	fprintf(stderr, "usage: rate plain OBJECT SIZE | rate of PID OBJECT\n");
	return 2;
}
