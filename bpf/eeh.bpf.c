// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that a POWER platform isolated after an error (EEH): eeh_send_failure_event(), which the
 * kernel calls once for each frozen PE that it finds (arch/powerpc/kernel/eeh_event.c, 3.10 to
 * 7.3). A PE is a set of devices. No trace event reports it.
 */
#include "lib/probe.h"

#define AT_MOST		16	/* devices of a PE; more are counted as dropped */

static __always_inline void send(struct dms_counts *c, u64 pdev, u64 address)
{
	struct device *dev = (struct device *)(pdev + bpf_core_field_offset(struct pci_dev, dev));
	u64 key = dev_key(dev);
	struct dms_event *e;

	if (!dev_wanted(key)) {
		count(c, filtered);
		return;
	}
	devstate_once(DMS_HOOK_EEH, dev, key);
	e = event_reserve(c, DMS_HOOK_EEH, DMS_EV_FREEZE);
	if (!e)
		return;
	e->dev = key;
	e->aux = address;
	event_submit(c, e);
}

/* struct list_head begins with the next entry in all kernels. */
static __always_inline u64 next_of(u64 at)
{
	u64 next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), (const void *)at);
	return next;
}

static __always_inline bool pe_is_known(struct eeh_pe *pe, struct eeh_dev *edev)
{
	return bpf_core_field_exists(pe->edevs) && bpf_core_field_exists(pe->addr) &&
	       bpf_core_field_exists(edev->entry) && bpf_core_field_exists(edev->pdev);
}

/* eeh_send_failure_event(pe), not of a known PE: NULL. The hit is that of the first device. */
static __always_inline int eeh(probe_ctx *ctx, struct dms_counts *c)
{
	struct eeh_pe *pe = (struct eeh_pe *)arg_number(ctx, DMS_HOOK_EEH, DMS_ARG_UNIT);
	u64 head, at, pdev, found = 0;

	if (!pe || !pe_is_known(pe, NULL)) {
		count(c, failed);
		return 0;
	}
	head = (u64)pe + bpf_core_field_offset(struct eeh_pe, edevs);
	at = next_of(head);
	for (u32 i = 0; i < AT_MOST && at && at != head; i++) {
		struct eeh_dev *edev = (void *)(at - bpf_core_field_offset(struct eeh_dev, entry));

		pdev = (u64)RD(edev, pdev);
		at = next_of(at);
		if (!pdev)
			continue;
		if (found++)
			count(c, hits);
		send(c, pdev, (u32)RD(pe, addr));
	}
	if (at && at != head) {
		count(c, hits);
		count(c, dropped);
	}
	if (!found)
		count(c, ignored);
	return 0;
}
PROBE_ENTRY(eeh, DMS_HOOK_EEH, eeh)
