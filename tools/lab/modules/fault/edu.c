// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of a device that an IOMMU has to refuse. The device is QEMU's edu, which copies between
 * its own memory and any address on request (docs/specs/edu.rst there). Nothing about mappings that
 * are wrong without an access.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/module.h>

#include "fault.h"

#define SIZE		4096
#define BYTES		64	/* of an access */
#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

/* Registers, and where its own memory is. */
#define DMA_SRC		0x80
#define DMA_DST		0x88
#define DMA_COUNT	0x90
#define DMA_CMD		0x98
#define CMD_START	1
#define CMD_WRITE	2	/* to memory */
#define EDU_BUFFER	0x40000

/*
 * QEMU's AMD IOMMU (11.1) reports each refused access at address 0 and as that of an interrupt
 * (amdvi_setevent_bits(), AMDVI_EVENT_IOPF_I in hw/i386/amd_iommu.c), which the kernel prints and
 * passes to nobody.
 */
static bool report;
module_param(report, bool, 0644);
MODULE_PARM_DESC(report, "accesses are not made, but reported as the driver of an IOMMU does");

/* No IOMMU for it, no fault: the access would reach memory of somebody else. */
static int edu_start(struct fault_dev *d)
{
	int err;

	if (d->pdev->vendor != EDU_VENDOR || d->pdev->device != EDU_DEVICE)
		return -ENODEV;
	if (!device_iommu_mapped(&d->pdev->dev))
		return -EPERM;
	if (d->bar)
		return 0;
	err = pci_enable_device(d->pdev);
	if (err)
		return err;
	pci_set_master(d->pdev);
	d->bar = pci_iomap(d->pdev, 0, 0);
	if (!d->bar)
		pci_disable_device(d->pdev);
	return d->bar ? 0 : -ENOMEM;
}

void fault_edu_stop(struct fault_dev *d)
{
	if (!d->bar)
		return;
	pci_iounmap(d->pdev, d->bar);
	pci_disable_device(d->pdev);
	d->bar = NULL;
}

#ifdef CONFIG_IOMMU_API
static void report_access(struct device *dev, u64 addr, bool write)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (domain)
		report_iommu_fault(domain, dev, addr, write ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ);
}
#else
static void report_access(struct device *dev, u64 addr, bool write)
{
}
#endif

/* The device reads or writes at addr. It says when it is done, not whether it could. */
static void edu_access(struct fault_dev *d, u64 addr, u32 bytes, bool write)
{
	if (report) {
		report_access(&d->pdev->dev, addr, write);
		return;
	}
	iowrite32(write ? EDU_BUFFER : lower_32_bits(addr), d->bar + DMA_SRC);
	iowrite32(write ? 0 : upper_32_bits(addr), d->bar + DMA_SRC + 4);
	iowrite32(write ? lower_32_bits(addr) : EDU_BUFFER, d->bar + DMA_DST);
	iowrite32(write ? upper_32_bits(addr) : 0, d->bar + DMA_DST + 4);
	iowrite32(bytes, d->bar + DMA_COUNT);
	iowrite32(CMD_START | (write ? CMD_WRITE : 0), d->bar + DMA_CMD);
	while (ioread32(d->bar + DMA_CMD) & CMD_START)
		msleep(5);
	msleep(50); /* the fault's interrupt comes later than the end of the access */
}

/* The names that faults should be reported with: each maps by itself. */
static noinline int lab_fault_unmaps_too_early(struct fault_dev *d)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma = dma_map_single(dev, d->buffer, SIZE, DMA_FROM_DEVICE);

	if (dma_mapping_error(dev, dma))
		return -EIO;
	dma_unmap_single(dev, dma, SIZE, DMA_FROM_DEVICE);
	edu_access(d, dma, BYTES, true);
	return 0;
}

static noinline int lab_fault_maps_for_reading(struct fault_dev *d)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma = dma_map_single(dev, d->buffer, SIZE, DMA_TO_DEVICE);

	if (dma_mapping_error(dev, dma))
		return -EIO;
	edu_access(d, dma, BYTES, true);
	dma_unmap_single(dev, dma, SIZE, DMA_TO_DEVICE);
	return 0;
}

static noinline int lab_fault_uses_the_physical_address(struct fault_dev *d)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma = dma_map_single(dev, d->buffer, SIZE, DMA_TO_DEVICE);

	if (dma_mapping_error(dev, dma))
		return -EIO;
	edu_access(d, virt_to_phys(d->buffer), BYTES, false);
	dma_unmap_single(dev, dma, SIZE, DMA_TO_DEVICE);
	return 0;
}

/* touch-late, touch-dir, touch-phys DEVICE: one access each. */
static int touch(struct fault_dev *d, int (*one)(struct fault_dev *d), struct did *did)
{
	int err = edu_start(d);

	if (!err)
		err = one(d);
	did->ok += !err;
	return err;
}

static int touch_late(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return touch(d, lab_fault_unmaps_too_early, did);
}

static int touch_dir(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return touch(d, lab_fault_maps_for_reading, did);
}

static int touch_phys(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return touch(d, lab_fault_uses_the_physical_address, did);
}

/* touch-wild DEVICE ADDRESS [BYTES]: reads there, where the caller knows that nothing is mapped. */
static int touch_wild(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int err = arg[1] > SIZE ? -EINVAL : edu_start(d);

	if (!err)
		edu_access(d, arg[0], arg[1] ? arg[1] : BYTES, false);
	did->ok += !err;
	return err;
}

const struct command edu_commands[] = {
	{ "touch-late", true, 0, touch_late },
	{ "touch-dir", true, 0, touch_dir },
	{ "touch-phys", true, 0, touch_phys },
	{ "touch-wild", true, 1, touch_wild },
	{ }
};
