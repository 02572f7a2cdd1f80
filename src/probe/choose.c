// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asking the kernel what it has: functions by kallsyms, trace events and parameter names by BTF.
 */
#include <stdio.h>
#include <string.h>

#include "guest/pool.h"
#include "probe/choose.h"

/* A trace event exists if its typedef does; parameters, without the leading void *data. */
static int event_params(const struct btf *btf, const char *event)
{
	char name[DMS_NAME_LEN + 16];
	const struct btf_type *t;
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", event);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);	/* pointer */
	if (!t || !btf_is_ptr(t))
		return -1;
	t = btf__type_by_id(btf, t->type);
	if (!t || !btf_is_func_proto(t))
		return -1;
	return btf_vlen(t) - 1;
}

static int words(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += *s != ' ' && (s[1] == ' ' || !s[1]);
	return n;
}

static bool event_fits(const struct choose_env *env, const struct candidate *c, char *why,
		       size_t len)
{
	int have, want = words(c->params);

	/* a program that faults there would make an hcall inside the hcall's trace event:
	 * WARN_ON_ONCE(hcall_trace_depth) in __trace_hcall_entry(), seen on 6.1 */
	if (env->hash_mmu && !strncmp(c->symbol, "hcall_", strlen("hcall_"))) {
		snprintf(why, len, "with the hash MMU, %s would warn in the kernel log", c->symbol);
		return false;
	}

	if (!env->btf) {
		/* without BTF only the event's existence can be told, by its symbol */
		char sym[DMS_NAME_LEN + 16];

		snprintf(sym, sizeof(sym), "__tracepoint_%s", c->symbol);
		if (c->attach == ATTACH_RAW_TP && symbols_find(env->syms, sym, NULL))
			return true;
		snprintf(why, len, "no BTF to find trace event %s", c->symbol);
		return false;
	}
	have = event_params(env->btf, c->symbol);
	if (have < 0) {
		snprintf(why, len, "the kernel has no trace event %s", c->symbol);
		return false;
	}
	/* swiotlb_bounced had a fourth argument up to 5.17; more at the end do no harm */
	if (have != want && strcmp(c->symbol, "swiotlb_bounced")) {
		snprintf(why, len, "trace event %s has %d arguments, not %d", c->symbol, have,
			 want);
		return false;
	}
	if (c->attach == ATTACH_TP_BTF && !env->own_btf) {
		snprintf(why, len, "the kernel itself has no BTF, which %s needs", c->symbol);
		return false;
	}
	if (c->attach == ATTACH_RAW_TP && env->no_kprobes) {
		snprintf(why, len, "lockdown=confidentiality refuses to read kernel memory, which "
			 "%s needs", c->symbol);
		return false;
	}
	return true;
}

/* The parameter names of a function, as the kernel's BTF lists them. */
static void param_names(const struct btf *btf, const char *func, char *out, size_t len)
{
	const struct btf_param *p;
	const struct btf_type *t;
	size_t used = 0;
	int id;

	out[0] = '\0';
	id = btf ? btf__find_by_name_kind(btf, func, BTF_KIND_FUNC) : -1;
	if (id < 0)
		return;
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!t || !btf_is_func_proto(t))
		return;
	p = btf_params((struct btf_type *)t);
	for (int i = 0; i < btf_vlen(t) && used < len; i++)
		used += snprintf(out + used, len - used, "%s%s", i ? " " : "",
				 btf__name_by_offset(btf, p[i].name_off));
}

/*
 * kernel/trace/trace_kprobe.c refuses, with a warning in the log, functions that ftrace does not
 * know, unless CONFIG_KPROBE_EVENTS_ON_NOTRACE. Assembly is such; asking first keeps the log clean.
 */
static bool ftrace_knows(const char *func)
{
	char line[256];
	bool found = false;
	FILE *f;

	if (guest_kconfig("", "CONFIG_KPROBE_EVENTS_ON_NOTRACE") == 1)
		return true;
	f = fopen("/sys/kernel/tracing/available_filter_functions", "r");
	if (!f)
		f = fopen("/sys/kernel/debug/tracing/available_filter_functions", "r");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \n")] = '\0';
		found = !strcmp(line, func);
	}
	fclose(f);
	return found;
}

static bool function_fits(const struct choose_env *env, const struct candidate *c,
			  struct choice *out, char *why, size_t len)
{
	struct symbol sym;
	unsigned int n;

	if (env->no_kprobes) {
		snprintf(why, len, "lockdown=confidentiality refuses kprobes");
		return false;
	}
	if (!env->kprobes && !(c->fentry && env->fentry)) {
		snprintf(why, len, "the kernel has no kprobes (CONFIG_KPROBE_EVENTS)%s",
			 c->fentry ? " and no fentry" : "");
		return false;
	}
	n = c->suffixes ? symbols_find_function(env->syms, c->symbol, &sym)
			: symbols_find(env->syms, c->symbol, &sym);
	if (!n) {
		snprintf(why, len, "the kernel has no function %s", c->symbol);
		return false;
	}
	if (n > 1) {
		snprintf(why, len, "%u functions are called %s: a probe by name is ambiguous", n,
			 c->symbol);
		return false;
	}
	if (c->offset && !ftrace_knows(sym.name)) {
		snprintf(why, len, "%s is unknown to ftrace, and the kernel has no "
			 "CONFIG_KPROBE_EVENTS_ON_NOTRACE", c->symbol);
		return false;
	}
	snprintf(out->symbol, sizeof(out->symbol), "%s", sym.name);
	return true;
}

static bool candidate_fits(const struct choose_env *env, const struct candidate *c,
			   struct choice *out, char *why, size_t len)
{
	if (c->attach == ATTACH_KPROBE)
		return function_fits(env, c, out, why, len);
	snprintf(out->symbol, sizeof(out->symbol), "%s", c->symbol);
	return event_fits(env, c, why, len);
}

unsigned int choice_bit(const struct choice *c)
{
	unsigned int i = (unsigned int)(c->cand - c->row->cand);

	return 1U << (c->attach == ATTACH_FENTRY ? i + 16 : i);
}

/* kp_NAME has the twins fe_NAME (entry only) and fx_NAME (with the return). */
static void programs(const struct candidate *cand, struct choice *c)
{
	if (c->attach == ATTACH_FENTRY) {
		snprintf(c->prog, sizeof(c->prog), "%s_%s", cand->ret ? "fx" : "fe",
			 cand->prog + strlen("kp_"));
		c->ret[0] = '\0';
		return;
	}
	snprintf(c->prog, sizeof(c->prog), "%s", cand->prog);
	snprintf(c->ret, sizeof(c->ret), "%s", cand->ret ? cand->ret : "");
}

/* Takes a candidate that exists, in the form to be tried now; false if both were refused. */
static bool take(const struct choose_env *env, const struct candidate *cand, int i,
		 struct choice *c)
{
	c->params[0] = '\0';
	if (cand->attach == ATTACH_KPROBE)	/* a function may have an event's name */
		param_names(env->btf, c->symbol, c->params, sizeof(c->params));
	c->attach = cand->attach;
	if (cand->fentry && env->fentry && c->params[0] && !(c->refused & 1U << (i + 16)))
		c->attach = ATTACH_FENTRY;
	else if (c->refused & 1U << i)
		return false;
	c->cand = cand;
	programs(cand, c);
	hook_layout(c->row->id, c->params[0] ? c->params : cand->params, &c->layout);
	return true;
}

bool choose_applies(const struct choose_env *env, const struct hook_row *row)
{
	if (row->arch && strcmp(env->arch, row->arch))
		return false;
	if (row->class == CLASS_SECURE && !env->secure)
		return false;
	return row->class != CLASS_REQUEST || env->hcalls;
}

void choose(const struct choose_env *env, const struct hook_row *row, struct choice *c)
{
	char last[DMS_TEXT_LEN] = "", why[DMS_TEXT_LEN];

	c->row = row;
	c->cand = NULL;
	for (int i = 0; i < CAND_MAX && row->cand[i].symbol; i++) {
		why[0] = '\0';
		if (candidate_fits(env, &row->cand[i], c, why, sizeof(why))) {
			if (take(env, &row->cand[i], i, c)) {
				/* why it is not one before it, that would tell more */
				if (c->cand->without && !c->refused)
					snprintf(c->reason, sizeof(c->reason), "%s", last);
				return;
			}
			continue;	/* refused: c->reason already says why */
		}
		/* the last one tried is the most general: its reason tells most */
		memcpy(last, why, sizeof(last));
	}
	c->symbol[0] = '\0';
	c->attach = ATTACH_NONE;
	if (!c->refused)
		snprintf(c->reason, sizeof(c->reason), "%s", last);
}
