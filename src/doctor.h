/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What doctor found, shared by who finds it (cmd_doctor.c) and who shows it: as a table
 * (doctor_print.c) or as JSON (doctor_json.c).
 */
#ifndef DMASCOPE_DOCTOR_H
#define DMASCOPE_DOCTOR_H

#include "guest/caps.h"
#include "guest/lockdown.h"
#include "probe/probe.h"
#include "probe/survey.h"

#define DOCTOR_REMEDIES	8

/* One observation: what the catalogue asks for, what was found, what was attached. */
struct finding_hook {
	struct survey_hook found;
	enum dms_attach by;		/* ATTACH_NONE = missing, and reason says why */
	char symbol[DMS_NAME_LEN];
	char reason[DMS_TEXT_LEN];
	char untold[DMS_TEXT_LEN];	/* what the attached one does not tell, for that reason */
	bool needed;			/* false: nobody misses it here (no secure guest) */
	bool shown;			/* asked for by name, or no name was given */
};

struct diagnosis {
	struct rec_session session;
	struct guest_lockdown lockdown;
	struct guest_caps caps;
	char missing_caps[128];
	char pool_unknown[DMS_TEXT_LEN];	/* what of the pool cannot be told; "" = none */
	const char *btf_path;		/* given by --btf, or NULL */
	bool own_btf;
	struct finding_hook hooks[DMS_HOOK_MAX];
	unsigned int nhooks;
	struct probe_error fault;
	bool hidden_symbols;		/* kptr_restrict: addresses are 0 */
	bool some;			/* hooks were asked for by name */
	unsigned int core_missing, shown, shown_missing;
	uint64_t map_bytes, map_bytes_reported;
	const char *remedies[DOCTOR_REMEDIES];
	unsigned int nremedies;
	int verdict;			/* the exit status */
};

const char *doctor_class(const struct finding_hook *h);	/* "core", "detail", "request" */

/* Which of the candidates was attached, or -1. */
int doctor_chosen(const struct finding_hook *h);

/* What became of candidate i: "chosen", "absent", "refused", "spare". */
const char *doctor_fate(const struct diagnosis *d, const struct finding_hook *h, int i);

void doctor_print(const struct diagnosis *d, bool verbose);
int doctor_json(const struct diagnosis *d);	/* to stdout; 0 or -errno */

#endif /* DMASCOPE_DOCTOR_H */
