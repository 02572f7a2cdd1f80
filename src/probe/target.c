// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that are attached by the kernel's BTF, and its function that all programs may call, by
 * the numbers that are known from choosing. libbpf would read and search all of the kernel's BTF
 * for them: so it takes the first for another type until the moment before it loads each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/inside.h"

#define NO_TARGET	((enum bpf_attach_type)0)	/* attached by a name */

static const struct target {
	const char *section;
	enum bpf_prog_type until;	/* it is loaded */
	enum bpf_attach_type type;
} targets[] = {
	{ "tp_btf", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_RAW_TP },
	{ "fentry", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_FENTRY },
	{ "fexit", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_FEXIT },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, NO_TARGET },
	{ "kretprobe", BPF_PROG_TYPE_KPROBE, NO_TARGET },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, NO_TARGET },
};
#define TARGETS	(sizeof(targets) / sizeof(targets[0]))

static struct probe *loading;	/* libbpf hands over a program and no more */

/* "tp_btf/EVENT", or the function that was chosen. */
static uint32_t target_of(struct probe *p, const struct bpf_program *prog,
			  enum bpf_attach_type type)
{
	const char *event = strchr(bpf_program__section_name(prog), '/');
	const struct choice *c;
	char name[DMS_NAME_LEN + 16];

	if (type == BPF_TRACE_RAW_TP) {
		snprintf(name, sizeof(name), "btf_trace_%s", event ? event + 1 : "");
		return kernel_btf__find(p->btf, name, BTF_KIND_TYPEDEF);
	}
	c = probe__choice_of(p, bpf_program__name(prog));
	return c ? kernel_btf__find(p->btf, c->symbol, BTF_KIND_FUNC) : 0;
}

/* Calls of DMS_CAST_CALL become those of bpf_rdonly_cast(). */
static int name_function(const struct probe *p, struct bpf_program *prog)
{
	size_t n = bpf_program__insn_cnt(prog), calls = 0;
	struct bpf_insn *insn = calloc(n, sizeof(*insn));
	int err = 0;

	if (!insn)
		return -ENOMEM;
	memcpy(insn, bpf_program__insns(prog), n * sizeof(*insn));
	for (size_t i = 0; i < n; i++) {
		if (insn[i].code != (BPF_JMP | BPF_CALL) || insn[i].src_reg ||
		    insn[i].imm != DMS_CAST_CALL)
			continue;
		insn[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn[i].imm = (int)p->cast_func;
		calls++;
	}
	if (calls)
		err = bpf_program__set_insns(prog, insn, n);
	free(insn);
	return err;
}

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	enum bpf_attach_type type = (enum bpf_attach_type)cookie;
	int err;

	if (type == NO_TARGET)	/* without that function the verifier sees none of the calls */
		return loading->kfuncs ? name_function(loading, prog) : 0;
	opts->attach_btf_id = target_of(loading, prog, type);
	opts->expected_attach_type = type;
	if (!opts->attach_btf_id)
		return -ESRCH;
	err = name_function(loading, prog);
	if (!err)
		err = bpf_program__set_expected_attach_type(prog, type);
	return err ? err : bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

int target__begin(struct probe *p)
{
	static bool registered;
	int handler = 0;

	loading = p;
	for (size_t i = 0; i < TARGETS && !registered && handler >= 0; i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = targets[i].type,
			    .prog_prepare_load_fn = prepare);
		char section[16];

		snprintf(section, sizeof(section), "%s+", targets[i].section);
		handler = libbpf_register_prog_handler(section, targets[i].until, 0, &opts);
	}
	registered |= handler >= 0;
	return handler < 0 ? handler : 0;
}
