// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks what the kernel has: functions by kallsyms, trace events by BTF. Prototypes are compared in
 * proto.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest/pool.h"
#include "probe/choose.h"

static bool event_fits(const struct choose_env *env, const struct candidate *c,
		       struct choice *out, char *why, size_t len)
{
	int err;
	/* swiotlb_bounced had a fourth argument up to 5.17; more at the end do no harm */
	bool more = !strcmp(c->symbol, "swiotlb_bounced");

	/* a program that faults there would make an hcall inside the hcall's trace event:
	 * WARN_ON_ONCE(hcall_trace_depth) in __trace_hcall_entry(), seen on 6.1 */
	if (env->hash_mmu && !strncmp(c->symbol, "hcall_", strlen("hcall_"))) {
		snprintf(why, len, "with the hash MMU, %s would warn in the kernel log", c->symbol);
		return false;
	}

	if (!env->btf) {
		/* without BTF only the event's existence is known, by its symbol */
		char sym[DMS_NAME_LEN + 16];

		snprintf(sym, sizeof(sym), "__tracepoint_%s", c->symbol);
		if (c->attach == ATTACH_RAW_TP && symbols_find(env->syms, sym, NULL)) {
			hook_layout(out->row->id, c->params, &out->proto.layout);
			return true;
		}
		snprintf(why, len, "no BTF to find trace event %s", c->symbol);
		return false;
	}
	err = proto_event(env->btf, out->row->id, c, more, &out->proto, why, len);
	if (err) {
		out->doubted |= err == -EPROTO;
		return false;
	}
	if (c->attach == ATTACH_TP_BTF && !env->own_btf) {
		snprintf(why, len, "the kernel's own BTF is not there or not used, which %s needs",
			 c->symbol);
		return false;
	}
	if (c->attach == ATTACH_RAW_TP && env->no_kprobes) {
		snprintf(why, len, "lockdown=confidentiality refuses to read kernel memory, which "
			 "%s needs", c->symbol);
		return false;
	}
	return true;
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
	out->in_module = sym.module[0];
	out->doubted = proto_function(env->btf, out->row->id, c, sym.name, &out->proto, why, len);
	return !out->doubted;
}

static bool candidate_fits(const struct choose_env *env, const struct candidate *c,
			   struct choice *out, char *why, size_t len)
{
	if (c->attach == ATTACH_KPROBE)
		return function_fits(env, c, out, why, len);
	snprintf(out->symbol, sizeof(out->symbol), "%s", c->symbol);
	return event_fits(env, c, out, why, len);
}

unsigned int choice_bit(const struct choice *c)
{
	unsigned int i = (unsigned int)(c->cand - c->row->cand);

	return 1U << (c->attach == ATTACH_FENTRY ? i + 16 : i);
}

/*
 * kp_NAME has the twins fe_NAME (entry only) and fx_NAME (with the return), tp_NAME of one mapping
 * tp_NAME_count.
 */
static void programs(const struct choose_env *env, const struct candidate *cand, struct choice *c)
{
	if (c->attach == ATTACH_FENTRY) {
		snprintf(c->prog, sizeof(c->prog), "%s_%s", cand->ret ? "fx" : "fe",
			 cand->prog + strlen("kp_"));
		c->ret[0] = '\0';
		return;
	}
	snprintf(c->prog, sizeof(c->prog), "%s%s", cand->prog,
		 cand->counting && env->counting ? "_count" : "");
	snprintf(c->ret, sizeof(c->ret), "%s", cand->ret ? cand->ret : "");
}

/*
 * An fexit program would read what the function left behind a pointer and not what it was given
 * (7.3's swiotlb_tbl_map_single() changes *attrs): then the kprobe is used, or, without kprobes
 * and where they do harm, that fact is unknown.
 */
static bool reads_late(const struct choose_env *env, const struct candidate *cand,
		       struct dms_layout *layout)
{
	unsigned int follow = layout->follow4 | layout->follow8;

	if (!cand->ret || !follow)
		return false;
	if (env->kprobes && !env->kprobes_harm)
		return true;
	for (int fact = 0; fact < DMS_ARG_MAX; fact++)
		if (follow & 1U << fact)
			layout->at[fact] = DMS_ARG_NOWHERE;
	layout->follow4 = layout->follow8 = 0;
	return false;
}

/* A kprobe behind the entry is a trap, which restores no register of the processor's. */
static bool harms(const struct choose_env *env, const struct choice *c,
		  const struct candidate *cand)
{
	return env->kprobes_harm && c->attach == ATTACH_KPROBE && !cand->offset;
}

/*
 * Takes a candidate that exists, in the form to be tried now. False if both were refused, or, with
 * c->withheld, if the one left can crash the kernel.
 */
static bool take(const struct choose_env *env, const struct candidate *cand, int i,
		 struct choice *c)
{
	snprintf(c->params, sizeof(c->params), "%s", c->proto.params);
	c->layout = c->proto.layout;
	c->attach = cand->attach;
	if (cand->fentry && env->fentry && c->params[0] && !(c->refused & 1U << (i + 16)) &&
	    !reads_late(env, cand, &c->layout))
		c->attach = ATTACH_FENTRY;
	else if (c->refused & 1U << i)
		return false;
	c->risked = harms(env, c, cand);
	if (c->risked && !env->force_kprobes) {
		c->withheld = true;
		snprintf(c->reason, sizeof(c->reason), "a kprobe on %s can crash this kernel "
			 "(preemptible, ppc64le): --force-kprobes attaches it", c->symbol);
		return false;
	}
	c->cand = cand;
	programs(env, cand, c);
	return true;
}

/* "": any function of its candidates. */
static bool has_needed(const struct choose_env *env, const struct hook_row *row, const char *needs)
{
	if (*needs)
		return symbols_find(env->syms, needs, NULL);
	for (int i = 0; i < CAND_MAX && row->cand[i].symbol; i++)
		if (symbols_find(env->syms, row->cand[i].symbol, NULL))
			return true;
	return false;
}

void choose_expect(struct symbols *syms)
{
	const char *needs;

	for (unsigned int i = 0; i < hook_rows_count; i++) {
		needs = hook_only_with(hook_rows[i].id);
		if (needs && *needs)
			symbols_expect(syms, needs);
		for (int k = 0; k < CAND_MAX && hook_rows[i].cand[k].symbol; k++)
			symbols_expect(syms, hook_rows[i].cand[k].symbol);
	}
}

bool choose_applies(const struct choose_env *env, const struct hook_row *row)
{
	const char *needs = hook_only_with(row->id);

	if (row->arch && strcmp(env->arch, row->arch))
		return false;
	if (row->class == CLASS_SECURE && !env->secure)
		return false;
	if (needs && !has_needed(env, row, needs))
		return false;
	return row->class != CLASS_REQUEST || env->hcalls;
}

/*
 * Ranks the reason against a candidate: a prototype that does not fit is worth most, then one about
 * a function that is there. Among equals the last, most general candidate's is kept.
 */
static int weight(const struct choose_env *env, const struct candidate *cand,
		  const struct choice *c)
{
	if (c->doubted)
		return 2;
	return cand->attach == ATTACH_KPROBE && symbols_find(env->syms, cand->symbol, NULL);
}

void choose(const struct choose_env *env, const struct hook_row *row, struct choice *c)
{
	char last[DMS_TEXT_LEN] = "", why[DMS_TEXT_LEN];
	int most = 0, says;

	c->row = row;
	c->cand = NULL;
	c->withheld = c->risked = false;
	for (int i = 0; i < CAND_MAX && row->cand[i].symbol; i++) {
		why[0] = '\0';
		c->doubted = false;
		if (candidate_fits(env, &row->cand[i], c, why, sizeof(why))) {
			if (take(env, &row->cand[i], i, c)) {
				/* why it is not an earlier one, which would report more */
				if (c->cand->without && !c->refused && !c->withheld)
					snprintf(c->reason, sizeof(c->reason), "%s", last);
				return;
			}
			continue;	/* c->reason already says why */
		}
		says = weight(env, &row->cand[i], c);
		if (says >= most)
			memcpy(last, why, sizeof(last));
		most = says > most ? says : most;
	}
	c->symbol[0] = '\0';
	c->attach = ATTACH_NONE;
	if (!c->refused && !c->withheld)
		snprintf(c->reason, sizeof(c->reason), "%s", last);
}
