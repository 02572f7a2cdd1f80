// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * doctor: check this machine. Each hook is really attached and detached again, so that its row is
 * an observation. The output is in report/doctor_print.c and doctor_json.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "export/http.h"
#include "report/doctor.h"
#include "guest/devices.h"
#include "guest/kind.h"
#include "guest/pool.h"
#include "probe/kernel_btf.h"
#include "util/names.h"

struct config {
	const char *btf;
	bool no_kprobes, force_kprobes, verbose, json, libbpf;
};

static const struct opt opts[] = {
	OPT("verbose", 'v', OPT_FLAG, verbose, NULL, "also list candidates that were not chosen"),
	OPT("json", 0, OPT_FLAG, json, NULL, "print one JSON object"),
	OPT("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, if it provides none"),
	OPT("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL,
	    "attach only hooks that work under lockdown"),
	OPT("force-kprobes", 0, OPT_FLAG, force_kprobes, NULL, OPTS_FORCE_KPROBES_HELP,
	    .without = "no-kprobes"),
	OPT("libbpf", 0, OPT_FLAG, libbpf, NULL, "print libbpf's messages to stderr"),
	{ 0 }
};

static int on_hook(void *ctx, const struct dms_rec *rec)
{
	struct diagnosis *d = ctx;

	for (unsigned int i = 0; i < d->nhooks; i++) {
		struct finding_hook *h = &d->hooks[i];

		if (h->found.row->id != rec->hook.id)
			continue;
		h->by = rec->hook.attach;
		snprintf(h->symbol, sizeof(h->symbol), "%s", rec->hook.symbol);
		snprintf(h->reason, sizeof(h->reason), "%s", rec->hook.reason);
		h->spare = !h->by && !rec->hook.lost[0];
		if (h->by)
			snprintf(h->untold, sizeof(h->untold), "%s", rec->hook.lost);
		snprintf(h->unseen, sizeof(h->unseen), "%s", rec->hook.unseen);
	}
	return 0;
}

/*
 * If no candidate could be attached, the reason of the last one is the most specific; but not of
 * one that is there and had no chance.
 */
static void reason_from_survey(const struct diagnosis *d, struct finding_hook *h)
{
	const char *why = h->found.cand[h->found.count - 1].why;

	if (h->by || h->reason[0])
		return;
	for (unsigned int i = 0; i < h->found.count && *why; i++)
		if (h->found.cand[i].exists)
			why = "";
	if (!*why)
		why = d->fault.fault == PROBE_NO_JIT ?
			"not attached, because the kernel's JIT compiler is off" :
			"not attached, because nothing is (see the verdict)";
	snprintf(h->reason, sizeof(h->reason), "%s", why);
}

static int survey(struct diagnosis *d, const struct config *cfg, const struct symbols *syms,
		  bool fentry)
{
	struct survey_opts so = {
		.btf_path = cfg->btf,
		.syms = syms,
		.force_kprobes = cfg->force_kprobes,
		.no_kprobes = cfg->no_kprobes || d->lockdown.mode == LOCKDOWN_CONFIDENTIALITY,
		.fentry = fentry,
	};
	struct survey_hook *found = calloc(hook_rows_count, sizeof(*found));
	int n = found ? survey_hooks(&so, found) : -ENOMEM;

	for (int i = 0; i < n && i < DMS_HOOK_MAX; i++)
		d->hooks[i].found = found[i];
	if (n >= 0)
		d->nhooks = (unsigned int)n;
	free(found);
	return n < 0 ? n : 0;
}

static bool fentry_seen(const struct diagnosis *d)
{
	for (unsigned int i = 0; i < d->nhooks; i++)
		if (d->hooks[i].by == ATTACH_FENTRY)
			return true;
	return false;
}

static int try_hooks(struct diagnosis *d, const struct config *cfg)
{
	struct probe_opts po = {
		.btf_path = cfg->btf,
		.flags = DMS_CFG_STREAM,
		.hcalls = true,
		.no_iommu = !guest_may_have_iommu(""),
		.no_kprobes = cfg->no_kprobes,
		.force_kprobes = cfg->force_kprobes,
		.secure = dms_guest_is(d->session.guest, GT_SECURE),
		.mem_top = d->session.mem_top,
		.verbose = cfg->libbpf,
	};
	char text[DMS_TEXT_LEN];
	struct symbols *syms;
	struct probe *p;
	int err = symbols_load("", &syms);

	if (err)
		return err;
	d->hidden_symbols = !symbols_have_addresses(syms);
	err = survey(d, cfg, syms, false);
	if (!err && !probe__open(&p, &po, syms, &d->fault)) {
		probe__hooks(p, on_hook, d);
		d->kprobes_risked = cfg->force_kprobes &&
				    probe__kprobe_warning(p, text, sizeof(text));
		probe__memory(p, &d->map_bytes, &d->map_bytes_reported);
		probe__free(p);
		if (fentry_seen(d))
			err = survey(d, cfg, syms, true);
	}
	symbols_free(syms);
	for (unsigned int i = 0; i < d->nhooks; i++)
		reason_from_survey(d, &d->hooks[i]);
	return err;
}

/* ---- names given ---- */

static int mark_named(struct diagnosis *d, const char *name)
{
	const struct hook_row *row;
	int id = hook_by_any_name(name);

	for (unsigned int i = 0; i < d->nhooks; i++) {
		if ((int)d->hooks[i].found.row->id == id) {
			d->hooks[i].shown = true;
			return 0;
		}
	}
	row = hook_row_by_id(id);
	if (row && row->arch)
		complain("doctor: %s is a hook of %s only", name, row->arch);
	else
		complain("doctor: nothing on any kernel is known to observe %s", name);
	return -EINVAL;
}

static int mark_shown(struct diagnosis *d, int argc, char **argv)
{
	int err = 0;

	d->some = argc > 0;
	for (unsigned int i = 0; i < d->nhooks && !argc; i++)
		d->hooks[i].shown = true;
	for (int i = 0; i < argc && !err; i++)
		err = mark_named(d, argv[i]);
	return err;
}

/* ---- judging ---- */

static void judge(struct diagnosis *d)
{
	for (unsigned int i = 0; i < d->nhooks; i++) {
		struct finding_hook *h = &d->hooks[i];
		bool missing;

		h->needed = !h->found.row->secure_only || dms_guest_is(d->session.guest, GT_SECURE);
		missing = !h->by && !h->spare;
		d->core_missing += missing && h->needed && h->found.row->class == CLASS_CORE;
		d->shown += h->shown;
		d->shown_missing += h->shown && missing;
	}
	if (d->fault.fault)
		d->verdict = EXIT_START;
	else if (!d->some)
		d->verdict = d->core_missing ? EXIT_PARTIAL : EXIT_DONE;
	else if (!d->shown_missing)
		d->verdict = EXIT_DONE;
	else
		d->verdict = d->shown_missing == d->shown ? EXIT_START : EXIT_PARTIAL;
}

static void remedy(struct diagnosis *d, bool wanted, const char *text)
{
	if (wanted && d->nremedies < DOCTOR_REMEDIES)
		d->remedies[d->nremedies++] = text;
}

static bool refused_for(const struct diagnosis *d, const char *what)
{
	for (unsigned int i = 0; i < d->nhooks; i++)
		if (!d->hooks[i].by && strstr(d->hooks[i].reason, what))
			return true;
	return false;
}

static void advise(struct diagnosis *d)
{
	bool confidential = d->lockdown.mode == LOCKDOWN_CONFIDENTIALITY;

	remedy(d, d->missing_caps[0],
	       "Run as root, or with CAP_BPF and CAP_PERFMON (tracing), CAP_SYSLOG (kernel "
	       "symbols) and CAP_DAC_READ_SEARCH (sysfs, debugfs).");
	remedy(d, !d->own_btf && !d->btf_path,
	       "Give the kernel's BTF with --btf FILE, made from its debug symbols: "
	       "pahole --btf_encode_detached FILE vmlinux");
	remedy(d, !d->own_btf && d->btf_path,
	       "A file can stand in for BTF except for tp_btf programs: a kernel built with "
	       "CONFIG_DEBUG_INFO_BTF has those.");
	remedy(d, confidential && d->fault.fault,
	       "Boot with lockdown=integrity, or a kernel of 6.12 or later, whose dma:* trace "
	       "events can be read even under lockdown=confidentiality.");
	remedy(d, confidential && !d->fault.fault,
	       "lockdown=confidentiality refuses the hooks that are missing; lockdown=integrity "
	       "allows all of them. What is observed now is correct.");
	remedy(d, !confidential && d->fault.fault == PROBE_LOCKDOWN,
	       "Find the cause that tracing programs are rejected: a stricter lockdown than the "
	       "kernel admits, a security module, or a container without the capabilities.");
	remedy(d, d->hidden_symbols && !d->missing_caps[0],
	       "Addresses in /proc/kallsyms are hidden: functions in stacks and dma_ops have no "
	       "names, and physical addresses of list elements and shared memory (before 6.12 "
	       "also of mapped pages) can be unknown: sysctl kernel.kptr_restrict=1");
	remedy(d, refused_for(d, "CONFIG_KPROBE_EVENTS)"),
	       "This kernel was built without kprobes (CONFIG_KPROBE_EVENTS): what needs them "
	       "takes another kernel.");
	remedy(d, refused_for(d, "can crash this kernel"),
	       "A kprobe can crash a preemptible kernel for ppc64le (README, Limits): none is "
	       "attached. --force-kprobes attaches them all the same, here too.");
	remedy(d, d->kprobes_risked,
	       "Hooks BY kprobe can crash this kernel (README, Limits): they are attached because "
	       "of --force-kprobes.");
}

static bool is_attached(const struct diagnosis *d, enum dms_hook id)
{
	for (unsigned int i = 0; i < d->nhooks; i++)
		if (d->hooks[i].found.row->id == id)
			return d->hooks[i].by != ATTACH_NONE;
	return false;
}

static int diagnose(struct diagnosis *d, const struct config *cfg, int argc, char **argv)
{
	int err = guest_session("", &d->session);

	if (!err)
		err = guest_caps("", &d->caps);
	if (err)
		return err;
	guest_lockdown("", &d->lockdown);
	guest_caps_missing_trace(&d->caps, d->missing_caps, sizeof(d->missing_caps));
	d->http = http_is_built();
	d->btf_path = cfg->btf;
	d->own_btf = kernel_btf__is_own(NULL);
	err = try_hooks(d, cfg);
	/* the snapshot reads the pool's range, use and limits with the state of each device */
	guest_pools_why("", is_attached(d, DMS_HOOK_SNAPSHOT), d->pool_unknown,
			sizeof(d->pool_unknown));
	if (!err)
		err = mark_shown(d, argc, argv);
	if (err)
		return err;
	judge(d);
	advise(d);
	return 0;
}

static int run_doctor(void *config, int argc, char **argv)
{
	const struct config *cfg = config;
	struct diagnosis *d;
	int err, ret;

	for (int i = 0; i < argc; i++) {
		if (hook_by_any_name(argv[i]) < 0) {
			complain("doctor: unknown hook \"%s\": dmascope doctor lists all",
				 argv[i]);
			return EXIT_USAGE;
		}
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		complain("doctor: no memory");
		return EXIT_IO;
	}
	err = diagnose(d, cfg, argc, argv);
	if (!err && cfg->json)
		err = doctor_json(d);
	else if (!err)
		doctor_print(d, cfg->verbose);
	if (err && err != -EINVAL)
		complain("doctor: %s", strerror(-err));
	ret = err ? (err == -EINVAL ? EXIT_USAGE : EXIT_IO) : d->verdict;
	free(d);
	return ret;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.summary = "check this machine: guest kind, lockdown, privileges, each hook",
	.args = "[HOOK...]",
	.group = CMD_SEE,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_doctor,
};
