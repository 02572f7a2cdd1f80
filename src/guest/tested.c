// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The list of tested kernels, made from doc/matrix.md by the Makefile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "guest/tested.h"
#include "tested_kernels.h"

const char *tested_kernels(void)
{
	return TESTED_KERNELS;
}

static unsigned int version_of(const char *s)
{
	unsigned int major, minor;

	return sscanf(s, "%4u.%4u", &major, &minor) == 2 ? major * 10000 + minor : 0;
}

bool tested_newer(const char *release)
{
	unsigned int newest = 0, v = version_of(release);
	const char *p = TESTED_KERNELS;

	while (*p) {
		if (version_of(p) > newest)
			newest = version_of(p);
		while (*p && *p++ != ' ')
			;
	}
	return v > newest;
}
