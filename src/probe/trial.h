/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tests the BPF features of the running kernel by trying them. Private to src/probe.
 */
#ifndef DMASCOPE_PROBE_TRIAL_H
#define DMASCOPE_PROBE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Both take numbers of the BTF of the kernel itself; 0 = it has none, and then false. fentry and
 * fexit programs can be attached, tried with a function that is hardly ever called:
 */
bool trial_fentry(uint32_t func);
/* bpf_rdonly_cast(), a kernel function, can be called for a structure (6.2+, a35b9af4ec2c; with a
 * JIT that can call any): */
bool trial_kfunc(uint32_t func, uint32_t type);

#endif /* DMASCOPE_PROBE_TRIAL_H */
