// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs that the kernel skipped: losses like any other. Two kernel counters report them. A program
 * is not run while it runs on the same processor, for an interrupt or, from 7.0 on, where programs
 * of trace events are preemptible, for a task that preempts it; a kprobe's not inside any other
 * kprobe's: kernel/trace/bpf_trace.c. And a kprobe within the handler of another one does not even
 * get so far: kprobe_running(), kprobe_ftrace_handler() of each architecture; kernels report those
 * from 6.7 on (3acf8ace6823). fentry and fexit programs are skipped from 5.12 on (ca06f55b9002) and
 * not attached before; those of trace events are from 6.1 on (05b24ff9b2cf). Only what happened
 * while we observed counts.
 */
#include <string.h>

#include "probe/inside.h"

/* struct bpf_link_info of a perf event, include/uapi/linux/bpf.h of 6.7: `missed` is its end. */
struct kprobe_info {
	uint32_t type, id, prog, pad;
	uint32_t event, pad2;		/* enum bpf_perf_event_type */
	uint64_t name;
	uint32_t name_len, offset;
	uint64_t addr;
	uint64_t missed;
};
_Static_assert(sizeof(struct kprobe_info) == 56, "shared with the kernel");

#define EVENT_KPROBE	3	/* BPF_PERF_EVENT_KPROBE */

static bool kprobe_missed(const struct bpf_link *link, uint64_t *missed)
{
	struct kprobe_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), (struct bpf_link_info *)&info, &len) ||
	    len < sizeof(info) || info.event != EVENT_KPROBE)
		return false;
	*missed = info.missed;
	return true;
}

static uint64_t prog_skipped(int prog)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return 0;
	return info.recursion_misses;
}

/* All since the programs were loaded. A return that was missed shows as a call without outcome. */
static void read_all(const struct probe *p, struct misses *out)
{
	uint64_t missed;

	memset(out, 0, sizeof(*out));
	for (unsigned int i = 0; i < p->nlinks; i++) {
		const struct attached *a = &p->links[i];

		if (a->ret)
			continue;
		out->of[a->hook] += prog_skipped(a->prog);
		if (!a->kprobe)
			continue;
		if (kprobe_missed(a->link, &missed))
			out->of[a->hook] += missed;
		else
			out->untold = true;
	}
	/* Frees of pages nest all the time, and only those of shared ones are counted. */
	out->of[DMS_HOOK_PAGE_FREE] = 0;
}

void misses__begin(struct probe *p)
{
	read_all(p, &p->missed_before);
}

void misses__end(struct probe *p)
{
	read_all(p, &p->missed_after);
	p->missed_all = true;
}

void misses__add(const struct probe *p, struct dms_counts counts[DMS_HOOK_MAX])
{
	const struct misses *end = &p->missed_after;
	struct misses now;
	uint64_t n;

	if (!p->missed_all) {
		read_all(p, &now);
		end = &now;
	}
	for (unsigned int i = 0; i < DMS_HOOK_MAX; i++) {
		n = end->of[i] - p->missed_before.of[i];
		counts[i].hits += n;
		counts[i].dropped += n;
		counts[i].skipped += n;
	}
}

bool probe__misses_untold(const struct probe *p)
{
	return p->missed_before.untold;
}
