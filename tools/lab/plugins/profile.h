/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profile without samples (profile=FILE, with count=on): how often each translated block ran
 * between a question for the count of instructions and the next one, the first of a pair and the
 * second, since the mark "profile" if there was one. One processor.
 *
 * FILE has a line for each block that ran, in no order: ADDRESS INSTRUCTIONS TIMES, the first in
 * hexadecimal: the guest's virtual address of the block, its number of instructions.
 */
#ifndef LAB_PROFILE_H
#define LAB_PROFILE_H

#include <stdbool.h>

#include "qemu_plugin_v7.h"

/* False: the file cannot be written, with the reason on stderr. */
bool profile_start(const char *path);
/* All of these do nothing in a run without a profile. */
void profile_block(struct qemu_plugin_tb *tb);
void profile_asked(void);
/* Forgets what ran before. */
void profile_reset(void);
/* Writes the file. */
void profile_end(void);

#endif
