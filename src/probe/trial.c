// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Trials with programs of a few instructions, which do nothing.
 */
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "probe/trial.h"

#define SET(reg, value)	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define END		{ .code = BPF_JMP | BPF_EXIT }
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static void *close_link(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

/* Detaching waits for grace periods, a tenth of a second or two; programs are loaded meanwhile. */
static void close_in_background(int link)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, close_link, (void *)(intptr_t)link))
		close(link);
	else
		pthread_detach(thread);
}

/* Attaches: loading proves nothing (powerpc up to 6.12 loads it and refuses to attach, -524). */
bool trial_fentry(uint32_t func)
{
	static const struct bpf_insn empty[] = { SET(BPF_REG_0, 0), END };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int prog, link;

	if (!func)
		return false;
	opts.attach_btf_id = func;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "dmascope_trial", "GPL", empty, COUNT(empty),
			     &opts);
	if (prog < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, prog);
	close(prog);
	if (link < 0)
		return false;
	close_in_background(link);
	return true;
}

/* Kernels without a JIT (Debian's for s390x) have the function and refuse its callers. */
bool trial_kfunc(uint32_t func, uint32_t type)
{
	const struct bpf_insn call[] = {
		SET(BPF_REG_1, 0),
		SET(BPF_REG_2, (int)type),
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = (int)func },
		SET(BPF_REG_0, 0),
		END,
	};
	int prog;

	if (!func || !type)
		return false;
	prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "dmascope_trial", "GPL", call,
			     COUNT(call), NULL);
	if (prog < 0)
		return false;
	close(prog);
	return true;
}
