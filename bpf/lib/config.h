/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration that user space writes before the programs are loaded, and the values that
 * change while they run.
 *
 * Headers in their order, each includes the one before it: config, args, device, classify, ring,
 * held, count, live, object, observe, probe; sg and domain beside probe.
 *
 * Every map of every header states its memory; all are preallocated, so a probe never allocates.
 * Maps are weak, because each object file defines them and the linker keeps one.
 */
#ifndef DMASCOPE_BPF_CONFIG_H
#define DMASCOPE_BPF_CONFIG_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "dmascope/config.h"
#include "dmascope/event.h"

char LICENSE[] SEC("license") __weak = "GPL";

/* A section each: so user space finds them by name. */
const volatile struct dms_config config __weak SEC(".rodata.config") = {};
struct dms_values values __weak SEC(".data.values") = {};

static __always_inline bool observing(void)
{
	return *(volatile __u64 *)&values.observing & DMS_OBSERVING;
}

#endif /* DMASCOPE_BPF_CONFIG_H */
