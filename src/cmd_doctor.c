// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * doctor: what this machine allows. It really attaches, and detaches again: what it says of a
 * hook was seen to work.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "guest/caps.h"
#include "guest/kind.h"
#include "guest/lockdown.h"
#include "probe/probe.h"
#include "util/names.h"

struct config {
	const char *btf;
	bool no_kprobes, verbose;
};

#define O(name, letter, type, field, arg, help)	\
	{ name, letter, type, offsetof(struct config, field), arg, help, NULL }

static const struct opt opts[] = {
	O("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, where it has none itself"),
	O("no-kprobes", 0, OPT_FLAG, no_kprobes, NULL, "only what works under lockdown"),
	O("verbose", 'v', OPT_FLAG, verbose, NULL, "show libbpf's messages"),
	{ 0 }
};

struct diagnosis {
	struct rec_session session;
	struct guest_lockdown lockdown;
	struct guest_caps caps;
	char missing_caps[128];
	bool btf;
	struct rec_hook hooks[DMS_HOOK_MAX];
	unsigned int nhooks;
	struct probe_error fault;
	unsigned int degraded;
	uint64_t map_bytes, map_bytes_reported;
	int verdict;
};

static int on_hook(void *ctx, const struct dms_rec *rec)
{
	struct diagnosis *d = ctx;

	if (d->nhooks < DMS_HOOK_MAX)
		d->hooks[d->nhooks++] = rec->hook;
	return 0;
}

static int try_hooks(struct diagnosis *d, const struct config *cfg)
{
	struct probe_opts po = {
		.btf_path = cfg->btf,
		.flags = DMS_CFG_STREAM,
		.no_kprobes = cfg->no_kprobes,
		.secure = d->session.guest > GUEST_NONE,
		.mem_top = d->session.mem_top,
		.verbose = cfg->verbose,
	};
	struct symbols *syms;
	struct probe *p;
	int err = symbols_load("", &syms);

	if (err)
		return err;
	if (!probe__open(&p, &po, syms, &d->fault)) {
		probe__hooks(p, on_hook, d);
		d->degraded = probe__degraded(p);
		probe__memory(p, &d->map_bytes, &d->map_bytes_reported);
		probe__free(p);
	}
	symbols_free(syms);
	return 0;
}

static int diagnose(struct diagnosis *d, const struct config *cfg)
{
	int err = guest_session("", &d->session);

	if (!err)
		err = guest_caps("", &d->caps);
	if (err)
		return err;
	guest_lockdown("", &d->lockdown);
	guest_caps_missing_trace(&d->caps, d->missing_caps, sizeof(d->missing_caps));
	d->btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	err = try_hooks(d, cfg);
	if (d->fault.fault)
		d->verdict = EXIT_START;
	else
		d->verdict = d->degraded ? EXIT_PARTIAL : EXIT_DONE;
	return err;
}

static void print_hooks(const struct diagnosis *d)
{
	unsigned int missing = 0;

	printf("\n%-18s %-8s %s\n", "OBSERVATION", "BY", "SYMBOL");
	for (unsigned int i = 0; i < d->nhooks; i++) {
		const struct rec_hook *h = &d->hooks[i];

		missing += !h->attach;
		if (h->attach)
			printf("%-18s %-8s %s\n", h->name, dms_attach_name(h->attach), h->symbol);
	}
	if (missing)
		puts("\nmissing:");
	for (unsigned int i = 0; i < d->nhooks; i++) {
		const struct rec_hook *h = &d->hooks[i];

		if (!h->attach)
			printf("%-18s %s;\n%18s cannot tell: %s\n", h->name, h->reason, "", h->lost);
	}
}

static void print_verdict(const struct diagnosis *d)
{
	if (d->fault.fault)
		printf("\nVerdict: dmascope cannot run here: %s\n", d->fault.text);
	else if (d->degraded)
		printf("\nVerdict: dmascope runs, with %u observation%s missing\n", d->degraded,
		       d->degraded == 1 ? "" : "s");
	else
		puts("\nVerdict: dmascope runs fully here");
}

static void print(const struct diagnosis *d)
{
	const struct rec_session *s = &d->session;

	printf("kernel        %s %s, %u KiB pages\n", s->kernel, s->arch, s->page_size / 1024);
	printf("secure guest  %s: %s\n", dms_guest_name(s->guest), s->guest_how);
	printf("lockdown      %s%s%s\n", d->lockdown.name[0] ? d->lockdown.name : "unknown",
	       d->lockdown.how[0] ? ": " : "", d->lockdown.how);
	printf("capabilities  %s%s\n", d->missing_caps[0] ? "missing " : "sufficient",
	       d->missing_caps);
	printf("BTF           %s\n", d->btf ? "/sys/kernel/btf/vmlinux" :
	       "none: give a file with --btf");
	if (d->nhooks) {
		print_hooks(d);
		printf("\nkernel memory for maps: %.1f MiB (the kernel says %.1f MiB)\n",
		       (double)d->map_bytes / (1 << 20), (double)d->map_bytes_reported / (1 << 20));
	}
	print_verdict(d);
}

static int run_doctor(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct diagnosis *d;
	int err, ret;

	if (argc) {
		complain("doctor: unexpected \"%s\"", argv[0]);
		return EXIT_USAGE;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		complain("doctor: no memory");
		return EXIT_IO;
	}
	err = diagnose(d, cfg);
	if (err) {
		complain("doctor: %s", strerror(-err));
		ret = EXIT_IO;
	} else {
		print(d);
		ret = d->verdict;
	}
	free(d);
	return ret;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.summary = "what this machine allows: guest kind, lockdown, privileges, every hook",
	.args = "",
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_doctor,
};
