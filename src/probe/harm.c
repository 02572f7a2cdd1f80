// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Nothing is attached here: choose.c leaves out what harms, and this counts it.
 */
#include <stdio.h>
#include <string.h>

#include "probe/harm.h"

bool harm_kprobes(const char *machine, const char *version)
{
	/* "#1 SMP PREEMPT ...": init/Makefile, where the kernel is preemptible in any way */
	return !strcmp(machine, "ppc64le") && strstr(version, " PREEMPT");
}

bool harm_warning(const struct choice *choices, unsigned int n, char *text, size_t len)
{
	unsigned int risked = 0, withheld = 0;

	*text = '\0';
	for (unsigned int i = 0; i < n; i++) {
		risked += choices[i].cand && choices[i].risked;
		withheld += choices[i].withheld && !choices[i].left_out &&
			    (!choices[i].cand || choices[i].cand->without);
	}
	if (risked)
		snprintf(text, len, "%u hook%s by kprobe, which can crash this kernel "
			 "(preemptible, ppc64le), because of --force-kprobes", risked,
			 risked == 1 ? " is" : "s are");
	else if (withheld)
		snprintf(text, len, "%u hook%s no kprobe, which can crash this kernel "
			 "(preemptible, ppc64le): dmascope doctor lists what is missing, "
			 "--force-kprobes attaches it", withheld,
			 withheld == 1 ? " gets" : "s get");
	return *text;
}
