// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab-fault: a module for the lab's guests that does wrong what drivers and kernels should do
 * right, one command at a time, so that it is known how often. This file takes the commands and
 * drives the devices; the faults are in map.c, share.c, edu.c and tce.c. See README.md.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fault.h"

static LIST_HEAD(devices);
static DEFINE_MUTEX(lock);
static char answer[128] = "nothing yet\n";

static int bits = 64;
module_param(bits, int, 0444);
MODULE_PARM_DESC(bits, "DMA mask that a device gets when it is bound");

static bool careless;
module_param(careless, bool, 0644);
MODULE_PARM_DESC(careless, "leave mappings behind when a device is unbound");

static bool wait;
module_param(wait, bool, 0644);
MODULE_PARM_DESC(wait, "the module's init function waits until it is 0");

static const struct command *const tables[] = {
	map_commands, share_commands, edu_commands,
#ifdef CONFIG_PPC_PSERIES
	tce_commands,
#endif
};

static const struct command *find_command(const char *name)
{
	const struct command *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (c = tables[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static struct fault_dev *find_dev(const char *name)
{
	struct fault_dev *d;

	list_for_each_entry(d, &devices, list)
		if (name && !strcmp(pci_name(d->pdev), name))
			return d;
	return NULL;
}

static int run_words(char *words)
{
	char *name = strsep(&words, " "), *word;
	const struct command *c = find_command(name);
	struct fault_dev *d = NULL;
	struct did did = { 0 };
	u64 arg[ARGS] = { 0 };
	unsigned int n = 0;
	int err;

	if (!c)
		return -ENOENT;
	if (c->wants_dev) {
		d = find_dev(strsep(&words, " "));
		if (!d)
			return -ENODEV;
	}
	while ((word = strsep(&words, " "))) {
		if (n == ARGS || kstrtou64(word, 0, &arg[n++]))
			return -EINVAL;
	}
	if (n < c->args)
		return -EINVAL;
	err = c->run(d, arg, &did);
	snprintf(answer, sizeof(answer), "%s: %llu done, %llu refused\n", name, did.ok, did.failed);
	return err;
}

static int set_do(const char *text, const struct kernel_param *kp)
{
	char *copy = kstrdup(text, GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	mutex_lock(&lock);
	err = run_words(strim(copy));
	mutex_unlock(&lock);
	kfree(copy);
	return err;
}

static int get_do(char *text, const struct kernel_param *kp)
{
	strcpy(text, answer);
	return strlen(text);
}

static const struct kernel_param_ops do_ops = { .set = set_do, .get = get_do };
module_param_cb(do, &do_ops, NULL, 0600);
MODULE_PARM_DESC(do, "COMMAND [DEVICE] [NUMBER...]; reading tells what the last one did");

static void drop(struct fault_dev *d)
{
	fault_edu_stop(d);
	if (d->buffer)
		free_pages_exact(d->buffer, BUFFER_SIZE);
	kfree(d);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct fault_dev *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	d->pdev = pdev;
	INIT_LIST_HEAD(&d->held);
	d->buffer = alloc_pages_exact(BUFFER_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!d->buffer) {
		drop(d);
		return -ENOMEM;
	}
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
	if (err) {
		drop(d);
		return err;
	}
	mutex_lock(&lock);
	list_add_tail(&d->list, &devices);
	mutex_unlock(&lock);
	pci_set_drvdata(pdev, d);
	return 0;
}

/* Careless, the buffer stays as well: a device might still write into it. */
static void remove(struct pci_dev *pdev)
{
	struct fault_dev *d = pci_get_drvdata(pdev);

	mutex_lock(&lock);
	list_del(&d->list);
	if (!careless) {
		fault_unmap_all(d);
		drop(d);
	}
	mutex_unlock(&lock);
}

/* No ids: devices come through driver_override alone. */
static const struct pci_device_id ids[] = { { } };

static struct pci_driver driver = {
	.name = "lab-fault",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};

static int __init start(void)
{
	while (READ_ONCE(wait))
		if (msleep_interruptible(20))
			return -EINTR;
	return pci_register_driver(&driver);
}

static void __exit end(void)
{
	pci_unregister_driver(&driver);
	fault_unshare_all();
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("DMA faults on command, for the dmascope lab");
MODULE_LICENSE("GPL");
