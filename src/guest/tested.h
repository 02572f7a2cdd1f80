/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernels that the tests of doc/matrix.md ran on. For people; nothing is decided by it.
 */
#ifndef DMASCOPE_GUEST_TESTED_H
#define DMASCOPE_GUEST_TESTED_H

#include <stdbool.h>

/* "5.10 6.1 6.12 7.2", from the oldest on. */
const char *tested_kernels(void);

/* True if a release as uname -r gives it ("7.4.1-amd64") is of a later version than all of them. */
bool tested_newer(const char *release);

#endif /* DMASCOPE_GUEST_TESTED_H */
