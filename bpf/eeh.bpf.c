// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that a POWER platform isolated after an error (EEH): eeh_send_failure_event(), which the
 * kernel calls once for each frozen PE that it finds (arch/powerpc/kernel/eeh_event.c, 3.10 to
 * 7.3). A PE is a set of devices. No trace event reports it.
 */
#include "lib/probe.h"

#define AT_MOST		16	/* devices of a PE; more are counted as dropped */

/* Weak and global: verified once. Each device is a hit. */
__weak __noinline int eeh_device(u64 entry, u64 address)
{
	struct eeh_dev *edev = (void *)(entry - bpf_core_field_offset(struct eeh_dev, entry));
	struct dms_counts *c = hit(DMS_HOOK_EEH);
	struct pci_dev *pdev = RD(edev, pdev);
	struct device *dev = (void *)((u64)pdev + bpf_core_field_offset(struct pci_dev, dev));
	u64 key = pdev ? dev_key(dev) : 0;
	struct dms_event *e;

	if (!key) {
		count(c, ignored);	/* Linux has no device of it */
		return 0;
	}
	if (!dev_passes(c, DMS_HOOK_EEH, dev, key))
		return 0;
	e = event_reserve(c, DMS_HOOK_EEH, DMS_EV_FREEZE);
	if (!e)
		return 0;
	e->dev = key;
	e->aux = address;
	event_submit(c, e);
	return 0;
}

static __always_inline bool pe_is_known(struct eeh_pe *pe, struct eeh_dev *edev)
{
	return bpf_core_field_exists(pe->edevs) && bpf_core_field_exists(pe->addr) &&
	       bpf_core_field_exists(edev->entry) && bpf_core_field_exists(edev->pdev);
}

/* eeh_send_failure_event(pe), not of a known PE: NULL. The call itself is no observation. */
static __always_inline int eeh(probe_ctx *ctx, struct dms_counts *c)
{
	struct eeh_pe *pe = (struct eeh_pe *)arg_number(ctx, DMS_HOOK_EEH, DMS_ARG_UNIT);
	u64 head, at, address;

	if (!pe || !pe_is_known(pe, NULL)) {
		count(c, failed);
		return 0;
	}
	address = (u32)RD(pe, addr);
	head = (u64)pe + bpf_core_field_offset(struct eeh_pe, edevs);
	at = list_next(head);
	for (u32 i = 0; i < AT_MOST && at && at != head; i++) {
		eeh_device(at, address);
		at = list_next(at);
	}
	if (at && at != head) {
		count(c, hits);
		count(c, dropped);
	}
	count(c, ignored);
	return 0;
}
PROBE_ENTRY(eeh, DMS_HOOK_EEH, eeh)
