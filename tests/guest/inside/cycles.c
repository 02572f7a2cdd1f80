// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Attaches and detaches all hooks so many times, counting and streaming by turns, through the
 * tool's own source and model, while something else makes DMA mappings:
 *
 *   cycles N [SECONDS]		no new one after so long
 *
 * Prints one JSON object: cycles done and complete, observations and what was lost, the findings,
 * what the kernel holds of BPF before and after, the most instructions that the verifier went
 * through for one program, and the time that opening and closing took.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "state/state.h"
#include "rules/rules.h"
#include "source/live.h"
#include "util/clock.h"

struct held {
	unsigned int maps, progs, links;
};

static unsigned int count_ids(int (*next)(__u32, __u32 *))
{
	unsigned int n = 0;
	__u32 id = 0;

	while (!next(id, &id))
		n++;
	return n;
}

static struct held held(void)
{
	return (struct held){
		.maps = count_ids(bpf_map_get_next_id),
		.progs = count_ids(bpf_prog_get_next_id),
		.links = count_ids(bpf_link_get_next_id),
	};
}

/* The kernel frees what was closed after grace periods of its own. */
static struct held held_in_the_end(const struct held *before)
{
	struct held h = held();

	for (int i = 0; i < 3000 && memcmp(&h, before, sizeof(h)); i++) {
		usleep(100000);
		h = held();
	}
	return h;
}

static char most_name[BPF_OBJ_NAME_LEN];	/* the program of most_verified() */

/* From Linux 5.16 on (aba64c7da983), 0 before. */
static uint32_t most_verified(void)
{
	uint32_t id = 0, most = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.verified_insns > most) {
			most = info.verified_insns;
			memcpy(most_name, info.name, sizeof(most_name));
		}
		close(fd);
	}
	return most;
}

struct sums {
	unsigned int done, complete;
	uint32_t verified;	/* of the program with the most */
	uint64_t events, lost, open_ns, close_ns;
	uint64_t skipped;	/* of those lost: by the kernel */
};

static int print_findings(const struct state *m, unsigned int cycle)
{
	struct state_finding *f = NULL;
	size_t n = 0;
	int err = state__findings(m, &f, &n);

	for (size_t i = 0; i < n && !err; i++)
		fprintf(stderr, "cycle %u: %s: %s\n", cycle, f[i].f.id, f[i].f.summary);
	free(f);
	return err ? err : (int)n;
}

static int cycle(unsigned int i, struct sums *s)
{
	struct live_opts lo = {
		.probe.flags = i % 2 ? DMS_CFG_STREAM | DMS_CFG_STACKS_FIRST
				     : DMS_CFG_STATS | DMS_CFG_INDEX,
	};
	struct state *m = state__new(NULL);
	struct probe_error perr = {};
	bool complete = false;
	struct state_run run;
	struct live *l = NULL;
	uint64_t t = clock_now();
	int err = m ? live__open(&l, &lo, state__feed, m, &perr) : -ENOMEM;

	s->open_ns += clock_now() - t;
	if (!err)
		err = live__poll(l, 20);
	if (!err && i % 2 == 0)
		err = live__look(l);
	if (!err && !s->verified)
		s->verified = most_verified();
	t = clock_now();
	if (!err)
		err = live__stop(l, "cycle", &complete);
	if (!err) {
		state__run(m, &run);
		s->events += run.events;
		s->lost += run.lost;
		for (unsigned int id = 0; run.end && id < DMS_HOOK_MAX; id++)
			s->skipped += run.end->counts[id].skipped;
		s->complete += complete;
		s->done++;
		err = print_findings(m, i) < 0 ? -ENOMEM : 0;
	} else {
		fprintf(stderr, "cycle %u: %s\n", i, perr.fault ? perr.text : strerror(-err));
	}
	live__free(l);
	state__free(m);
	s->close_ns += clock_now() - t;
	return err;
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 1;
	uint64_t end = argc > 2 ? clock_now() + strtoull(argv[2], NULL, 10) * 1000000000 : ~0ULL;
	struct held before = held(), after;
	struct sums s = {};
	int err = 0;

	for (unsigned int i = 0; i < n && !err && clock_now() < end; i++)
		err = cycle(i, &s);
	after = held_in_the_end(&before);
	printf("{\"cycles\": %u, \"complete\": %u, \"events\": %llu, \"lost\": %llu, "
	       "\"skipped\": %llu, \"before\": [%u, %u, %u], \"after\": [%u, %u, %u], "
	       "\"verified\": %u, \"most\": \"%s\", \"open_ms\": %llu, \"close_ms\": %llu}\n",
	       s.done, s.complete,
	       (unsigned long long)s.events, (unsigned long long)s.lost,
	       (unsigned long long)s.skipped, before.maps, before.progs, before.links, after.maps,
	       after.progs, after.links, s.verified, most_name,
	       (unsigned long long)(s.open_ns / 1000000 / (s.done ? s.done : 1)),
	       (unsigned long long)(s.close_ns / 1000000 / (s.done ? s.done : 1)));
	return err != 0;
}
