// SPDX-License-Identifier: GPL-2.0
/*
 * The state before the start. There is no iterator over devices, so user space reads one sysfs
 * attribute ("uevent") of each device, and this probe on the function behind it finds the
 * device in its argument. Only reads by our own process count; everybody else's pass by.
 */
#include "lib/inflight.h"

#include <bpf/bpf_tracing.h>

/* dev_attr_show(struct kobject *kobj, struct attribute *attr, char *buf) */
SEC("?kprobe")
int kp_snapshot(struct pt_regs *ctx)
{
	struct dms_counts *c;
	struct device *dev;
	u64 kobj;

	if ((u32)(bpf_get_current_pid_tgid() >> 32) != config.self)
		return 0;
	c = hit(DMS_HOOK_SNAPSHOT);
	kobj = arg_of(ctx, DMS_HOOK_SNAPSHOT, DMS_ARG_KOBJ);
	dev = (struct device *)(kobj - bpf_core_field_offset(struct device, kobj));
	if (devstate_send(DMS_HOOK_SNAPSHOT, dev, dev_key(dev)))
		count(c, dropped);
	else
		count(c, delivered);
	return 0;
}

/* Run once by BPF_PROG_TEST_RUN, never attached: what the other programs compute addresses with. */
SEC("?raw_tp")
int read_values(void *ctx)
{
	values.vmemmap = config.vmemmap;
	values.virt_base = config.virt_base;
	if (config.vmemmap_at)
		bpf_probe_read_kernel(&values.vmemmap, sizeof(values.vmemmap),
				      (const void *)config.vmemmap_at);
	if (config.virt_base_at)
		bpf_probe_read_kernel(&values.virt_base, sizeof(values.virt_base),
				      (const void *)config.virt_base_at);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
