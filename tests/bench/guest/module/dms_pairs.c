// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A load for measuring in instructions: so many mappings and unmappings, in batches with
 * interrupts off, so that nothing but the mappings and what is attached to them is counted. Knows
 * nothing of dmascope.
 *
 * A PCI device is bound by driver_override (driver "dms_pairs"). One line written to
 * /sys/kernel/debug/dms_pairs runs the load, a read gives the instructions of each batch:
 *
 *   DEVICES BITS SIZE PAIRS BATCHES LIVE [CPUS]
 *
 * DEVICES: 0 is the bound PCI device, N so many platform devices in turn. BITS of the DMA mask.
 * SIZE of a mapping in bytes. LIVE mappings at any time: each new one ends the oldest. CPUS: the
 * same on so many processors at once, each with DEVICES platform devices of its own; what is
 * counted is what each has executed itself.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "magic.h"

#define DEVICES_MAX	4096
#define BATCHES_MAX	100
#define DRAIN_MS	20	/* between batches, for readers of rings */

struct live {
	dma_addr_t addr;
	struct device *dev;
};

struct load {
	unsigned int devices, bits, size, pairs, batches, live, cpus;
	unsigned int first;	/* of its platform devices */
	struct device **devs;
	struct live *ring;
	void *buffer;
	unsigned int turn, head;
	u64 *counts;
	int err;
	struct work_struct work;
};

static DEFINE_MUTEX(lock);
static struct pci_dev *bound;
static struct platform_device *made[DEVICES_MAX];
static unsigned int made_count;
static struct dentry *file;
static u64 counts[BATCHES_MAX];
static unsigned int counts_count;

static int devices_make(unsigned int count)
{
	while (made_count < count) {
		struct platform_device *p =
			platform_device_register_simple("dms_pairs", made_count, NULL, 0);

		if (IS_ERR(p))
			return PTR_ERR(p);
		made[made_count++] = p;
	}
	return 0;
}

static int devices_collect(struct load *l)
{
	unsigned int n = l->devices ? l->devices : 1, i;
	int err;

	l->devs = kcalloc(n, sizeof(*l->devs), GFP_KERNEL);
	if (!l->devs)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		l->devs[i] = l->devices ? &made[l->first + i]->dev : &bound->dev;
		err = l->devices ? dma_coerce_mask_and_coherent(l->devs[i], DMA_BIT_MASK(l->bits))
				 : dma_set_mask_and_coherent(l->devs[i], DMA_BIT_MASK(l->bits));
		if (err)
			return err;
	}
	l->devices = n;
	return 0;
}

static int map_one(struct load *l)
{
	struct live *new = &l->ring[l->head];

	new->dev = l->devs[l->turn];
	new->addr = dma_map_single(new->dev, l->buffer, l->size, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(new->dev, new->addr)) {
		new->dev = NULL;
		return -EIO;
	}
	l->turn = l->turn + 1 < l->devices ? l->turn + 1 : 0;
	l->head = l->head + 1 < l->live ? l->head + 1 : 0;
	return 0;
}

static void unmap_at(struct load *l, unsigned int at)
{
	struct live *old = &l->ring[at];

	if (!old->dev)
		return;
	dma_unmap_single(old->dev, old->addr, l->size, DMA_BIDIRECTIONAL);
	old->dev = NULL;
}

static int batch(struct load *l, u64 *took)
{
	unsigned long flags;
	unsigned int i;
	int err = 0;
	u64 begun;

	local_irq_save(flags);
	begun = magic_count_own();
	for (i = 0; i < l->pairs && !err; i++) {
		err = map_one(l);
		unmap_at(l, l->head);
	}
	*took = magic_count_own() - begun;
	local_irq_restore(flags);
	return err;
}

static int load_run(struct load *l)
{
	unsigned int i;
	int err = devices_collect(l);

	l->buffer = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(l->size));
	l->ring = vzalloc(array_size(l->live, sizeof(*l->ring)));
	if (!l->buffer || !l->ring)
		err = -ENOMEM;
	for (i = 1; i < l->live && !err; i++) {
		err = map_one(l);
		if (!(i % 1024))
			msleep(1);
	}
	for (i = 0; i < l->batches && !err; i++) {
		err = batch(l, &l->counts[i]);
		msleep(DRAIN_MS);
	}
	for (i = 0; l->ring && i < l->live; i++) {
		unmap_at(l, i);
		cond_resched();
	}
	vfree(l->ring);
	free_pages((unsigned long)l->buffer, get_order(l->size));
	kfree(l->devs);
	return err;
}

static void load_work(struct work_struct *work)
{
	struct load *l = container_of(work, struct load, work);

	l->err = load_run(l);
}

/* The load on the first processors that are online, all at the same time. */
static int loads_run(const struct load *what)
{
	struct load *all = kcalloc(what->cpus, sizeof(*all), GFP_KERNEL);
	unsigned int cpu, n = 0;
	int err = devices_make(what->devices * what->cpus);

	if (!all || err) {
		kfree(all);
		return err ? err : -ENOMEM;
	}
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (n == what->cpus)
			break;
		all[n] = *what;
		all[n].first = n * what->devices;
		all[n].counts = &counts[n * what->batches];
		INIT_WORK(&all[n].work, load_work);
		queue_work_on(cpu, system_highpri_wq, &all[n++].work);
	}
	cpus_read_unlock();
	if (n < what->cpus)
		err = -ENXIO;
	counts_count = n * what->batches;
	while (n--) {
		flush_work(&all[n].work);
		err = err ? err : all[n].err;
	}
	kfree(all);
	return err;
}

static bool load_makes_sense(const struct load *l)
{
	return l->size && l->pairs && l->live && l->bits && l->bits <= 64 && l->cpus &&
	       l->cpus <= BATCHES_MAX && l->batches <= BATCHES_MAX / l->cpus &&
	       l->devices <= DEVICES_MAX / l->cpus && (l->devices ? 1 : l->cpus == 1 && bound);
}

static ssize_t pairs_write(struct file *f, const char __user *text, size_t len, loff_t *pos)
{
	struct load l = { .cpus = 1 };
	char line[96] = "";
	int err = -EINVAL;

	if (len >= sizeof(line) || copy_from_user(line, text, len))
		return -EINVAL;
	if (sscanf(line, "%u %u %u %u %u %u %u", &l.devices, &l.bits, &l.size, &l.pairs, &l.batches,
		   &l.live, &l.cpus) < 6)
		return -EINVAL;
	mutex_lock(&lock);
	if (load_makes_sense(&l))
		err = loads_run(&l);
	mutex_unlock(&lock);
	return err ? err : len;
}

static ssize_t pairs_read(struct file *f, char __user *text, size_t len, loff_t *pos)
{
	char *out = kmalloc(BATCHES_MAX * 24, GFP_KERNEL);
	size_t used = 0;
	unsigned int i;
	ssize_t done;

	if (!out)
		return -ENOMEM;
	mutex_lock(&lock);
	for (i = 0; i < counts_count; i++)
		used += scnprintf(out + used, BATCHES_MAX * 24 - used, "%llu\n", counts[i]);
	mutex_unlock(&lock);
	done = simple_read_from_buffer(text, len, pos, out, used);
	kfree(out);
	return done;
}

static const struct file_operations pairs_ops = {
	.owner = THIS_MODULE,
	.read = pairs_read,
	.write = pairs_write,
};

static int pairs_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	bound = pdev;
	return 0;
}

static void pairs_remove(struct pci_dev *pdev)
{
	bound = NULL;
}

static struct pci_driver pairs_driver = {
	.name = "dms_pairs",
	.probe = pairs_probe,
	.remove = pairs_remove,
};

static int __init pairs_init(void)
{
	int err = pci_register_driver(&pairs_driver);

	if (!err)
		file = debugfs_create_file("dms_pairs", 0600, NULL, NULL, &pairs_ops);
	return err;
}

static void __exit pairs_exit(void)
{
	debugfs_remove(file);
	pci_unregister_driver(&pairs_driver);
	while (made_count)
		platform_device_unregister(made[--made_count]);
}

module_init(pairs_init);
module_exit(pairs_exit);
MODULE_DESCRIPTION("Counted DMA mappings and unmappings");
MODULE_LICENSE("Dual BSD/GPL");
