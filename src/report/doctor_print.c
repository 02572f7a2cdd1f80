// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The result of doctor as text: a table of at most 100 columns, and sentences.
 */
#include <stdio.h>
#include <string.h>

#include "guest/tested.h"
#include "report/doctor.h"
#include "util/names.h"
#include "util/fmt.h"

#define WIDTH	100
#define COL	19	/* of the observation's name */

const char *doctor_class(const struct finding_hook *h)
{
	static const char *const names[] = {
		[CLASS_CORE] = "core", [CLASS_DETAIL] = "detail", [CLASS_REQUEST] = "request",
		[CLASS_SECURE] = "detail",
	};

	return names[h->found.row->class];
}

int doctor_chosen(const struct finding_hook *h)
{
	for (unsigned int i = 0; i < h->found.count && h->by; i++) {
		const struct survey_cand *c = &h->found.cand[i];
		bool same = c->cand->attach == h->by ||
			    (h->by == ATTACH_FENTRY && c->cand->attach == ATTACH_KPROBE);

		if (c->exists && same && !strcmp(c->symbol, h->symbol))
			return (int)i;
	}
	return -1;
}

const char *doctor_fate(const struct diagnosis *d, const struct finding_hook *h, int i)
{
	int chosen = doctor_chosen(h);

	if (i == chosen)
		return "chosen";
	if (h->found.cand[i].withheld)
		return "untried";
	if (!h->found.cand[i].exists)
		return "absent";
	if (d->fault.fault)
		return "untried";
	return chosen < 0 || i < chosen ? "refused" : "spare";
}

static void print_candidates(const struct diagnosis *d, const struct finding_hook *h)
{
	for (unsigned int i = 0; i < h->found.count; i++) {
		const struct survey_cand *c = &h->found.cand[i];
		int at = printf("    %-8s %s %s", doctor_fate(d, h, (int)i),
				dms_attach_name(c->cand->attach), c->cand->symbol);

		if (c->exists)
			at += printf("(%s%s)", c->params,
				     c->params_btf ? "" : ", by the catalogue");
		at += printf(":");
		if (c->why[0]) {
			char text[2 * DMS_TEXT_LEN];

			snprintf(text, sizeof(text), "%s [%s]", c->why, c->cand->note);
			fmt_wrap(stdout, text, (unsigned int)at, 13, WIDTH);
		} else {
			fmt_wrap(stdout, c->cand->note, (unsigned int)at, 13, WIDTH);
		}
	}
}

static void print_attached(const struct diagnosis *d, bool verbose)
{
	bool head = false;

	for (unsigned int i = 0; i < d->nhooks; i++) {
		const struct finding_hook *h = &d->hooks[i];

		if (!h->shown || !h->by)
			continue;
		if (!head)
			printf("\n%-*s %-8s %-8s %s\n", COL - 1, "OBSERVATION", "CLASS", "BY",
			       "SYMBOL");
		head = true;
		printf("%-*s %-8s %-8s %s\n", COL - 1, dms_hook_name(h->found.row->id),
		       doctor_class(h), dms_attach_name(h->by), h->symbol);
		if (verbose)
			print_candidates(d, h);
	}
}

static void print_missing(const struct diagnosis *d, bool verbose)
{
	char text[2 * DMS_TEXT_LEN];
	bool head = false;

	for (unsigned int i = 0; i < d->nhooks; i++) {
		const struct finding_hook *h = &d->hooks[i];

		if (!h->shown || (h->by && !h->untold[0]) ||
		    (!h->needed && !d->some && !verbose))
			continue;
		if (!head)
			printf("\n%-*s %-8s %s\n", COL - 1, "MISSING", "CLASS", "WHY");
		head = true;
		printf("%-*s %-8s ", COL - 1, dms_hook_name(h->found.row->id),
		       h->by ? "partly" : doctor_class(h));
		fmt_wrap(stdout, h->reason, COL + 9, COL + 9, WIDTH);
		if (!h->needed)
			snprintf(text, sizeof(text), "not needed here: no secure guest");
		else
			snprintf(text, sizeof(text), "lost: %s",
				 h->by ? h->untold : h->found.row->lost);
		if (!h->spare)
			printf("%*s", COL + 9, "");
		if (!h->spare)
			fmt_wrap(stdout, text, COL + 9, COL + 9, WIDTH);
		if (verbose && !h->by)
			print_candidates(d, h);
	}
}

static void print_unseen(const struct diagnosis *d)
{
	bool head = false;

	for (unsigned int i = 0; i < d->nhooks; i++) {
		const struct finding_hook *h = &d->hooks[i];

		if (!h->shown || !h->unseen[0])
			continue;
		if (!head)
			printf("\n%-*s %s\n", COL - 1, "NOT SEEN", "WHAT THIS KERNEL CAN DO");
		head = true;
		printf("%-*s ", COL - 1, dms_hook_name(h->found.row->id));
		fmt_wrap(stdout, h->unseen, COL, COL, WIDTH);
	}
}

static void print_verdict(const struct diagnosis *d)
{
	if (d->fault.fault)
		printf("\nVerdict: dmascope cannot run here: %s\n", d->fault.text);
	else if (d->some)
		printf("\nVerdict: %u of %u observations can be made\n",
		       d->shown - d->shown_missing, d->shown);
	else if (d->core_missing)
		printf("\nVerdict: dmascope runs, degraded: %u core observation%s missing\n",
		       d->core_missing, d->core_missing == 1 ? " is" : "s are");
	else
		puts("\nVerdict: dmascope runs fully here");
	for (unsigned int i = 0; i < d->nremedies; i++) {
		printf("  * ");
		fmt_wrap(stdout, d->remedies[i], 4, 4, WIDTH);
	}
}

static void print_fact(const char *what, const char *is, const char *how)
{
	char text[2 * DMS_TEXT_LEN];

	snprintf(text, sizeof(text), "%s%s%s", is, how[0] ? ": " : "", how);
	printf("%-14s", what);
	fmt_wrap(stdout, text, 14, 14, WIDTH);
}

static void print_machine(const struct diagnosis *d)
{
	const struct rec_session *s = &d->session;

	printf("kernel        %s %s, %u KiB pages\n", s->kernel, s->arch, s->page_size / 1024);
	if (tested_newer(s->kernel))
		print_fact("", "newer than those that dmascope was tested with", tested_kernels());
	print_fact("secure guest", dms_guest_name(s->guest), s->guest_how);
	print_fact("lockdown", d->lockdown.name[0] ? d->lockdown.name : "unknown",
		   d->lockdown.how);
	printf("capabilities  %s%s\n", d->missing_caps[0] ? "missing " : "sufficient",
	       d->missing_caps);
	printf("BTF           %s\n", d->btf_path ? d->btf_path :
	       d->own_btf ? "/sys/kernel/btf/vmlinux" : "none");
	if (!d->http)
		print_fact("metrics", "--every alone",
			   "this build has no HTTP server (libmicrohttpd), so --listen is refused");
	if (d->pool_unknown[0])
		print_fact("bounce pool", "partly unknown", d->pool_unknown);
}

void doctor_print(const struct diagnosis *d, bool verbose)
{
	if (!d->some)
		print_machine(d);
	print_attached(d, verbose);
	print_missing(d, verbose);
	print_unseen(d);
	if (!d->some && !d->fault.fault)
		printf("\nkernel memory for maps: %.1f MiB (reported by the kernel: %.1f MiB)\n",
		       (double)d->map_bytes / (1 << 20), (double)d->map_bytes_reported / (1 << 20));
	print_verdict(d);
}
