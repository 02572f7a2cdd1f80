// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Handlers of signals.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "cmd/cmd.h"

int catch_signals(const int *sigs, void (*handler)(int sig))
{
	struct sigaction sa = { .sa_handler = handler }, old;

	for (; *sigs; sigs++) {
		/* nohup: the verb goes on after the terminal is closed */
		if (*sigs == SIGHUP && !sigaction(SIGHUP, NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(*sigs, &sa, NULL))
			return -errno;
	}
	return 0;
}
