/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The result of doctor, made by cmd/doctor.c and printed as a table (doctor_print.c) or as JSON
 * (doctor_json.c).
 */
#ifndef DMASCOPE_DOCTOR_H
#define DMASCOPE_DOCTOR_H

#include "guest/caps.h"
#include "guest/lockdown.h"
#include "probe/probe.h"
#include "probe/survey.h"

#define DOCTOR_REMEDIES	8

/* One hook: its row of the catalogue, the candidates found, the one attached. */
struct finding_hook {
	struct survey_hook found;
	enum dms_attach by;		/* ATTACH_NONE = missing, for `reason` */
	char symbol[DMS_NAME_LEN];
	char reason[DMS_TEXT_LEN];
	char untold[DMS_TEXT_LEN];	/* facts that the attached one does not report */
	char unseen[DMS_TEXT_LEN];	/* what this kernel can do and no hook shows */
	bool spare;			/* missing, but another one reports the same */
	bool needed;			/* false: not needed here (no secure guest) */
	bool shown;			/* named on the command line, or no name was given */
};

struct diagnosis {
	struct rec_session session;
	struct guest_lockdown lockdown;
	struct guest_caps caps;
	char missing_caps[128];
	char pool_unknown[DMS_TEXT_LEN];	/* unknown facts of the pool, and why */
	const char *btf_path;		/* given by --btf, or NULL */
	bool own_btf;
	bool http;			/* metrics --listen is built in */
	struct finding_hook hooks[DMS_HOOK_MAX];
	unsigned int nhooks;
	struct probe_error fault;
	bool hidden_symbols;		/* kptr_restrict: addresses are 0 */
	bool kprobes_risked;		/* some can crash the kernel, and were asked for */
	bool some;			/* hooks were named on the command line */
	unsigned int core_missing, shown, shown_missing;
	uint64_t map_bytes, map_bytes_reported;
	const char *remedies[DOCTOR_REMEDIES];
	unsigned int nremedies;
	int verdict;			/* the exit status */
};

const char *doctor_class(const struct finding_hook *h);	/* "core", "detail", "request" */

/* The index of the attached candidate, or -1. */
int doctor_chosen(const struct finding_hook *h);

/* The outcome of candidate i: "chosen", "absent", "refused", "spare". */
const char *doctor_fate(const struct diagnosis *d, const struct finding_hook *h, int i);

void doctor_print(const struct diagnosis *d, bool verbose);
int doctor_json(const struct diagnosis *d);	/* to stdout; 0 or -errno */

#endif /* DMASCOPE_DOCTOR_H */
