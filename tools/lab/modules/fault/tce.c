// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in TCE tables and windows of pseries guests: entries beyond the table, entries that are
 * not set or not cleared, addresses no window has; devices said to be isolated. powerpc only.
 */
#include <linux/io.h>		/* asm/eeh.h comes with it */
#include <linux/module.h>
#include <linux/slab.h>
#include <asm/hvcall.h>
#include <asm/iommu.h>

#include "fault.h"

#define SIZE	4096

static struct iommu_table *table_of(struct fault_dev *d)
{
	return get_iommu_table_base(&d->pdev->dev);
}

/* tce-set DEVICE COUNT: entries behind the end of its table; the hypervisor will not have them. */
static int tce_set(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct iommu_table *t = table_of(d);
	u64 i;

	if (!t)
		return -ENXIO;
	for (i = 0; i < arg[0]; i++) {
		if (t->it_ops->set(t, t->it_offset + t->it_size + i, 1, (unsigned long)d->buffer,
				   DMA_BIDIRECTIONAL, 0))
			did->failed++;
		else
			did->ok++;
	}
	return 0;
}

/* tce-clear DEVICE COUNT: the same, cleared. */
static int tce_clear(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct iommu_table *t = table_of(d);

	if (!t)
		return -ENXIO;
	for (; did->ok < arg[0]; did->ok++)
		t->it_ops->clear(t, t->it_offset + t->it_size + did->ok, 1);
	return 0;
}

static int set_nothing(struct iommu_table *t, long index, long npages, unsigned long uaddr,
		       enum dma_data_direction dir, unsigned long attrs)
{
	return 0;
}

static void clear_nothing(struct iommu_table *t, long index, long npages)
{
}

/* Maps with the operations of the table replaced at the map, at the unmap, or not at all. */
static int map_with(struct fault_dev *d, u64 count, bool set, bool clear, struct did *did)
{
	struct iommu_table *t = table_of(d);
	struct iommu_table_ops *ops, broken;
	struct held *h;
	int err = 0;

	if (!t)
		return -ENXIO;
	ops = t->it_ops;
	broken = *ops;
	if (!set)
		broken.set = set_nothing;
	if (!clear)
		broken.clear = clear_nothing;
	t->it_ops = &broken;
	for (; !err && did->ok < count; did->ok += !err) {
		err = fault_map(d, SIZE, DMA_TO_DEVICE, &h);
		if (!err && !clear)
			fault_unmap(d, h);
	}
	t->it_ops = ops;
	return err;
}

/* tce-unset DEVICE COUNT: mappings whose entry is never written; kept. */
static int tce_unset(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return map_with(d, arg[0], false, true, did);
}

/* tce-left DEVICE COUNT: mapped and given back, but the entry stays. */
static int tce_left(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return map_with(d, arg[0], true, false, did);
}

/* tce-lose DEVICE COUNT: mappings are given back after the device has lost its table. */
static int tce_lose(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct iommu_table *t = table_of(d);
	int err = 0;

	if (!t)
		return -ENXIO;
	for (; !err && did->ok < arg[0]; did->ok += !err)
		err = fault_map(d, SIZE, DMA_TO_DEVICE, NULL);
	set_iommu_table_base(&d->pdev->dev, NULL);
	fault_unmap_all(d);
	set_iommu_table_base(&d->pdev->dev, t);
	return err;
}

/* tce-indirect DEVICE COUNT: lists of one entry, which maps nothing, in a page not shared. */
static int tce_indirect(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct iommu_table *t = table_of(d);
	u64 ioba, i;

	if (!t)
		return -ENXIO;
	ioba = (u64)(t->it_offset + t->it_size - 1) << t->it_page_shift;
	for (i = 0; i < arg[0]; i++) {
		if (plpar_hcall_norets(H_PUT_TCE_INDIRECT, (u64)t->it_index, ioba,
				       (u64)__pa(d->buffer), 1UL))
			did->failed++;
		else
			did->ok++;
	}
	return 0;
}

/* offset DEVICE COUNT BYTES: direct addresses that are wrong by BYTES; kept. */
static int offset(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct dev_archdata *arch = &d->pdev->dev.archdata;
	dma_addr_t old = arch->dma_offset;
	struct held *h;
	int err = 0;

	arch->dma_offset += arg[1];
	for (; !err && did->ok < arg[0]; did->ok += !err) {
		err = fault_map(d, SIZE, DMA_TO_DEVICE, &h);
		did->failed += err == -EIO;
	}
	arch->dma_offset = old;
	/* given back with the address that belongs to the slot or page behind it */
	list_for_each_entry(h, &d->held, list)
		h->dma -= arg[1];
	return err;
}

/* eeh_send_failure_event() is not exported: its address. */
static unsigned long freeze;
module_param(freeze, ulong, 0400);
MODULE_PARM_DESC(freeze, "address of eeh_send_failure_event()");

/*
 * freeze-claim DEVICE COUNT: claims that the platform isolated the device, as the kernel does when
 * it finds that. QEMU's host bridge isolates only devices of vfio. The kernel must have been told
 * not to recover (eeh_disable_recovery in debugfs), as there is nothing to recover from.
 */
static int freeze_claim(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int (*send)(struct eeh_pe *) = (void *)freeze;
	struct eeh_pe *pe;
	struct eeh_dev *edev;

	if (!freeze)
		return -EOPNOTSUPP;
	pe = kzalloc(sizeof(*pe), GFP_KERNEL);
	edev = kzalloc(sizeof(*edev), GFP_KERNEL);
	if (pe && edev) {
		pe->addr = 0x20100;
		INIT_LIST_HEAD(&pe->edevs);
		edev->pdev = d->pdev;
		list_add_tail(&edev->entry, &pe->edevs);
		for (; did->ok < arg[0]; did->ok++)
			send(pe);
	}
	kfree(edev);
	kfree(pe);
	return did->ok < arg[0] ? -ENOMEM : 0;
}

const struct command tce_commands[] = {
	{ "tce-set", true, 1, tce_set },
	{ "tce-clear", true, 1, tce_clear },
	{ "tce-unset", true, 1, tce_unset },
	{ "tce-left", true, 1, tce_left },
	{ "tce-lose", true, 1, tce_lose },
	{ "tce-indirect", true, 1, tce_indirect },
	{ "offset", true, 2, offset },
	{ "freeze-claim", true, 1, freeze_claim },
	{ }
};
