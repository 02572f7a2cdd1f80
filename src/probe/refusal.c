// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reason nothing can be observed, in one line with the remedy. attach.c records the attempts.
 */
#include <errno.h>
#include <stdio.h>

#include "guest/caps.h"
#include "guest/lockdown.h"
#include "probe/inside.h"

/* Attempts to bounce alone (swiotlb_bounced) are no recording: they have no outcome and no end. */
bool refusal__core_attached(const struct probe *p)
{
	for (unsigned int i = 0; i < p->nchoices; i++) {
		enum dms_hook id = p->choices[i].row->id;

		if (p->choices[i].cand && (id == DMS_HOOK_MAP || id == DMS_HOOK_IOMMU_MAP ||
					   id == DMS_HOOK_SWIOTLB_MAP))
			return true;
	}
	return false;
}

int refusal__privilege(struct probe_error *err)
{
	struct guest_caps caps;
	char missing[128];

	if (guest_caps("", &caps) || guest_caps_can_trace(&caps))
		return 0;
	guest_caps_missing_trace(&caps, missing, sizeof(missing));
	err->fault = PROBE_NO_PRIVILEGE;
	snprintf(err->text, sizeof(err->text),
		 "tracing needs %s: run as root", missing);
	return -EPERM;
}

static bool withheld(const struct probe *p)
{
	for (unsigned int i = 0; i < p->nchoices; i++)
		if (p->choices[i].withheld)
			return true;
	return false;
}

void refusal__refused(const struct probe *p, struct probe_error *err)
{
	struct guest_lockdown l;

	guest_lockdown("", &l);
	if (p->env.no_kprobes || l.mode == LOCKDOWN_CONFIDENTIALITY) {
		err->fault = PROBE_LOCKDOWN;
		snprintf(err->text, sizeof(err->text),
			 "the kernel's lockdown=confidentiality refuses the tracing programs, and "
			 "this kernel has no dma:* trace events that would still work (6.12 and "
			 "later have): boot with lockdown=integrity");
		return;
	}
	err->fault = PROBE_NO_HOOK;
	if (withheld(p)) {
		snprintf(err->text, sizeof(err->text),
			 "this kernel (preemptible, ppc64le) can be observed by kprobes alone, "
			 "which can crash it: --force-kprobes attaches them (README, Limits); "
			 "with BTF in the kernel (CONFIG_DEBUG_INFO_BTF) none is needed");
		return;
	}
	snprintf(err->text, sizeof(err->text),
		 "this kernel (lockdown: %s) has neither kprobes (CONFIG_KPROBES) nor the dma:* "
		 "trace events, so nothing can be observed: see dmascope doctor",
		 l.name[0] ? l.name : "unknown");
}

/* From 7.0 on on some architectures: kernel/bpf/core.c, bpf_prog_select_runtime(). */
void refusal__no_jit(struct probe_error *err)
{
	err->fault = PROBE_NO_JIT;
	snprintf(err->text, sizeof(err->text),
		 "the kernel rejects every BPF program, because its JIT compiler is off: "
		 "sysctl net.core.bpf_jit_enable=1");
}

/* Everything refused with EPERM although we may trace: lockdown, even if it cannot be read. */
void refusal__eperm(struct probe_error *err)
{
	struct guest_lockdown l;

	guest_lockdown("", &l);
	err->fault = PROBE_LOCKDOWN;
	snprintf(err->text, sizeof(err->text),
		 "the kernel refuses tracing programs although we have the capabilities: "
		 "lockdown=%s%s: boot with lockdown=integrity or none",
		 l.name[0] ? l.name : "confidentiality", l.name[0] ? "" : " most likely");
}

/* A kernel whose verifier follows another rule: EACCES, or EINVAL where a helper is missing. */
void refusal__unverified(const struct probe *p, struct probe_error *err)
{
	err->fault = PROBE_NO_HOOK;
	snprintf(err->text, sizeof(err->text),
		 "this kernel's verifier rejects dmascope's programs (%.300s): please send "
		 "dmascope's developers what dmascope doctor -v prints", p->unverified);
}
