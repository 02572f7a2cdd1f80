/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernels that a kprobe can crash, and the warning for their users.
 */
#ifndef DMASCOPE_PROBE_HARM_H
#define DMASCOPE_PROBE_HARM_H

#include "probe/choose.h"

/*
 * True if a kprobe, at its function's entry or its return, can corrupt a kernel of uname's
 * `machine` and `version`. On powerpc both end by loading the registers that they stored, the
 * pointer to the processor's data (r13) too: of a task that was preempted between and goes on
 * elsewhere, that of another processor (arch/powerpc/kernel/trace/ftrace_entry.S,
 * optprobes_head.S, to 7.3 at least; preemptible from 7.0 on, 7dadeaa6e851). fentry, fexit and
 * trace events store none; nor does the trap of a kprobe behind the entry.
 */
bool harm_kprobes(const char *machine, const char *version);

/*
 * One line for the user of such a kernel: how many of the `n` hooks are kprobes, or were left out
 * because they would be. False, and text is "": there are none.
 */
bool harm_warning(const struct choice *choices, unsigned int n, char *text, size_t len);

#endif /* DMASCOPE_PROBE_HARM_H */
