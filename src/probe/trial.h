/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tests the BPF features of the running kernel by trying them. Private to src/probe.
 */
#ifndef DMASCOPE_PROBE_TRIAL_H
#define DMASCOPE_PROBE_TRIAL_H

#include <stdbool.h>

#include <bpf/btf.h>

/*
 * Both take the BTF of the kernel itself. fentry and fexit programs can be attached:
 */
bool trial_fentry(const struct btf *btf);
/* bpf_rdonly_cast(), a kernel function, can be called (6.2+, a35b9af4ec2c; with a JIT that can
 * call any): */
bool trial_kfunc(const struct btf *btf);

#endif /* DMASCOPE_PROBE_TRIAL_H */
