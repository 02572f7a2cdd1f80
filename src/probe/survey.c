// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks for each candidate alone, by giving the chooser a row that has no other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe/harm.h"
#include "probe/kernel_btf.h"
#include "probe/survey.h"

static void ask(const struct choose_env *env, const struct hook_row *row,
		const struct candidate *cand, struct survey_cand *out)
{
	struct hook_row alone = *row;
	struct choice c = {};

	memset(alone.cand, 0, sizeof(alone.cand));
	alone.cand[0] = *cand;
	choose(env, &alone, &c);
	out->cand = cand;
	out->exists = c.cand;
	out->withheld = c.withheld;
	snprintf(out->symbol, sizeof(out->symbol), "%s", c.symbol);
	snprintf(out->why, sizeof(out->why), "%s", c.reason);
	/* a trace event may have the name of a function with other parameters */
	out->params_btf = cand->attach == ATTACH_KPROBE && c.params[0];
	snprintf(out->params, sizeof(out->params), "%s",
		 out->params_btf ? c.params : cand->params);
}

static void survey(const struct choose_env *env, const struct hook_row *row,
		   struct survey_hook *out)
{
	memset(out, 0, sizeof(*out));
	out->row = row;
	for (int i = 0; i < CAND_MAX && row->cand[i].symbol; i++)
		ask(env, row, &row->cand[i], &out->cand[out->count++]);
}

int survey_hooks(const struct survey_opts *opts, struct survey_hook *out)
{
	struct choose_env env = {
		.syms = opts->syms,
		.no_kprobes = opts->no_kprobes,
		.kprobes = !access("/sys/bus/event_source/devices/kprobe/type", F_OK),
		.fentry = opts->fentry,
		.force_kprobes = opts->force_kprobes,
		.own_btf = kernel_btf__is_own(opts->btf_path),
		.hcalls = true,
	};
	struct utsname uts;
	struct kernel_btf *btf;
	int n = 0;

	if (uname(&uts))
		return -errno;
	env.arch = uts.machine;
	env.kprobes_harm = harm_kprobes(uts.machine, uts.version);
	kernel_btf__read(&btf, opts->btf_path);
	env.btf = btf ? btf->btf : NULL;
	for (unsigned int i = 0; i < hook_rows_count; i++)
		if (choose_applies(&env, &hook_rows[i]))
			survey(&env, &hook_rows[i], &out[n++]);
	kernel_btf__free(btf);
	return n;
}
