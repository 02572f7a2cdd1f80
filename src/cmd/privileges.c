// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Giving up capabilities. What is still needed is tried, with the capabilities set aside but not
 * yet given away.
 */
#include <errno.h>

#include "cmd/privileges.h"
#include "trace/outfile.h"

/*
 * With kernel.unprivileged_bpf_disabled set, kernels before 5.19 (kernel/bpf/syscall.c,
 * __sys_bpf()) refuse to read even maps that are open already.
 */
static uint64_t to_read_maps(const struct probe *p, const struct guest_caps *caps)
{
	struct dms_counts counts[DMS_HOOK_MAX];
	uint64_t pending[DMS_HOOK_MAX];
	int err = probe__counts(p, counts, pending);

	if (err != -EPERM && err != -EACCES)
		return 0;
	return caps->permitted & GUEST_CAP_BPF ? GUEST_CAP_BPF : GUEST_CAP_SYS_ADMIN;
}

int privileges_drop(const struct probe *p, uint64_t keep, const char *output)
{
	struct guest_caps caps;
	int err = guest_caps("", &caps);

	if (!err)
		err = guest_caps_set_aside(keep);
	if (err)
		return err;
	if (output && !outfile_may_name(output))
		keep |= GUEST_CAP_DAC_OVERRIDE | GUEST_CAP_FOWNER;
	return guest_caps_drop(keep | to_read_maps(p, &caps));
}
