/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's lockdown mode as user space can read it. What a mode refuses is decided by
 * attaching, not here.
 */
#ifndef DMASCOPE_GUEST_LOCKDOWN_H
#define DMASCOPE_GUEST_LOCKDOWN_H

#include <stdbool.h>

#include "record/record.h"

enum guest_lockdown_mode {
	LOCKDOWN_UNKNOWN = 0,	/* see hint */
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

struct guest_lockdown {
	enum guest_lockdown_mode mode;
	/* False: only deduced from the command line, it may be stricter than that. */
	bool sure;
	char name[16];			/* as rec_session.lockdown: "none", ..., "" = unknown */
	char how[DMS_TEXT_LEN];		/* where it was read, or why not and what to do */
};

/*
 * Reads securityfs, then the kernel command line. Returns 0 also when the mode is unknown; only
 * a NULL `l` is -EINVAL.
 */
int guest_lockdown(const char *root, struct guest_lockdown *l);

/* "none", "integrity", "confidentiality", "" */
const char *guest_lockdown_name(enum guest_lockdown_mode mode);

#endif /* DMASCOPE_GUEST_LOCKDOWN_H */
