// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in the use of the DMA API: mappings that are kept, given back wrongly, too many, on a
 * device whose mask changes under them. Nothing about sharing or TCEs.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <linux/version.h>

#include "fault.h"

#define SIZE	4096

/* Maps the start of the buffer and holds that; -EIO: the mapping was refused. */
noinline int fault_map(struct fault_dev *d, size_t size, enum dma_data_direction dir,
		       struct held **held)
{
	struct held *h;

	if (!size || size > BUFFER_SIZE || dir > DMA_FROM_DEVICE)
		return -EINVAL;
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	h->size = size;
	h->dir = dir;
	h->dma = dma_map_single(&d->pdev->dev, d->buffer, size, dir);
	if (dma_mapping_error(&d->pdev->dev, h->dma)) {
		kfree(h);
		return -EIO;
	}
	list_add_tail(&h->list, &d->held);
	if (held)
		*held = h;
	return 0;
}

void fault_unmap(struct fault_dev *d, struct held *h)
{
	if (h->virt)
		dma_free_coherent(&d->pdev->dev, h->size, h->virt, h->dma);
	else
		dma_unmap_single(&d->pdev->dev, h->dma, h->size, h->dir);
	list_del(&h->list);
	kfree(h);
}

void fault_unmap_all(struct fault_dev *d)
{
	while (!list_empty(&d->held))
		fault_unmap(d, list_first_entry(&d->held, struct held, list));
}

/* map DEVICE COUNT SIZE [DIR]: keeps the mappings; ends at the first that is refused. */
static int map(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int err = 0;

	for (; !err && did->ok < arg[0] && !signal_pending(current); did->ok += !err)
		err = fault_map(d, arg[1], arg[2], NULL);
	did->failed += err == -EIO;
	return err == -EIO ? 0 : err;
}

/* map-anyway DEVICE COUNT SIZE [DIR]: the same, but goes on when one is refused. */
static int map_anyway(struct fault_dev *d, const u64 *arg, struct did *did)
{
	u64 i;
	int err;

	for (i = 0; i < arg[0]; i++) {
		err = fault_map(d, arg[1], arg[2], NULL);
		if (err && err != -EIO)
			return err;
		did->ok += !err;
		did->failed += !!err;
	}
	return 0;
}

/* past DEVICE COUNT SIZE OBJECT: maps more than the slab object has, to the device, and unmaps it. */
static int past(struct fault_dev *d, const u64 *arg, struct did *did)
{
	dma_addr_t dma;
	void *object;
	u64 i;

	if (arg[1] > BUFFER_SIZE || arg[2] < 8 || arg[2] > 2048)
		return -EINVAL;
	object = kmalloc(arg[2], GFP_KERNEL);
	if (!object)
		return -ENOMEM;
	for (i = 0; i < arg[0]; i++) {
		dma = dma_map_single(&d->pdev->dev, object, arg[1], DMA_TO_DEVICE);
		if (dma_mapping_error(&d->pdev->dev, dma)) {
			did->failed++;
			continue;
		}
		dma_unmap_single(&d->pdev->dev, dma, arg[1], DMA_TO_DEVICE);
		did->ok++;
	}
	kfree(object);
	return 0;
}

static int map_lists(struct fault_dev *d, const u64 *arg, bool joined, struct did *did)
{
	struct sg_table table;
	struct scatterlist *sg;
	int i, err;

	if (!arg[1] || arg[1] > BUFFER_SIZE / PAGE_SIZE)
		return -EINVAL;
	err = sg_alloc_table(&table, arg[1], GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(&table, sg, i) {
		if (joined)	/* backwards: the pages themselves do not follow each other */
			sg_set_buf(sg, d->buffer + (arg[1] - 1 - i) * SIZE, SIZE);
		else
			sg_set_buf(sg, d->buffer + i * PAGE_SIZE + (i & 1 ? 0 : 512),
				   i & 1 ? PAGE_SIZE : 1536);
	}
	while (did->ok + did->failed < arg[0]) {
		if (!dma_map_sg(&d->pdev->dev, table.sgl, table.orig_nents, DMA_TO_DEVICE)) {
			did->failed++;
			continue;
		}
		dma_unmap_sg(&d->pdev->dev, table.sgl, table.orig_nents, DMA_TO_DEVICE);
		did->ok++;
	}
	sg_free_table(&table);
	return 0;
}

/*
 * map-list DEVICE COUNT PIECES: maps and unmaps lists of PIECES elements, each in a page of its own:
 * part of it (1536 bytes), the whole page, and so on.
 */
static int map_list(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return map_lists(d, arg, false, did);
}

/* map-joined DEVICE COUNT PIECES: elements of 4 KiB, which an IOMMU can make one range of addresses. */
static int map_joined(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return map_lists(d, arg, true, did);
}

#define CONTENDERS	8

struct contender {
	struct fault_dev *d;
	size_t offset;		/* in the buffer */
	u64 rounds;
	struct did did;
	struct completion ended;
};

static int contend_in_thread(void *data)
{
	struct contender *c = data;
	struct device *dev = &c->d->pdev->dev;
	dma_addr_t dma;

	for (; c->did.ok + c->did.failed < c->rounds; cond_resched()) {
		dma = dma_map_single(dev, c->d->buffer + c->offset, SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, dma)) {
			c->did.failed++;
			continue;
		}
		dma_unmap_single(dev, dma, SIZE, DMA_TO_DEVICE);
		c->did.ok++;
	}
	complete(&c->ended);
	return 0;
}

/* contend DEVICE COUNT THREADS: each thread maps and unmaps COUNT times, at the same time. */
static int contend(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct contender *c;
	u64 i, n;

	if (!arg[1] || arg[1] > CONTENDERS)
		return -EINVAL;
	c = kcalloc(arg[1], sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	for (n = 0; n < arg[1]; n++) {
		c[n].d = d;
		c[n].offset = n * SIZE;
		c[n].rounds = arg[0];
		init_completion(&c[n].ended);
		if (IS_ERR(kthread_run(contend_in_thread, &c[n], "lab-fault/%llu", n)))
			break;
	}
	for (i = 0; i < n; i++) {
		wait_for_completion(&c[i].ended);
		did->ok += c[i].did.ok;
		did->failed += c[i].did.failed;
	}
	kfree(c);
	return n == arg[1] ? 0 : -EAGAIN;
}

/* unmap DEVICE [EACH]: gives back what is held: all, or each second, third ... */
static int unmap(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct held *h, *next;
	u64 i = 0;

	list_for_each_entry_safe(h, next, &d->held, list) {
		if (arg[0] && ++i % arg[0])
			continue;
		fault_unmap(d, h);
		did->ok++;
	}
	return 0;
}

/* coherent DEVICE COUNT SIZE: allocates and keeps. */
static int coherent(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct held *h;
	u64 i;

	for (i = 0; i < arg[0]; i++) {
		h = kzalloc(sizeof(*h), GFP_KERNEL);
		if (!h)
			return -ENOMEM;
		h->size = arg[1];
		h->virt = dma_alloc_coherent(&d->pdev->dev, h->size, &h->dma, GFP_KERNEL);
		if (h->virt)
			list_add_tail(&h->list, &d->held);
		else
			kfree(h);
		did->ok += !!h->virt;
		did->failed += !h->virt;
	}
	return 0;
}

/* The name that a leak should be told with. */
static noinline int lab_fault_keeps_one_in_three(struct fault_dev *d)
{
	struct held *h;
	int i, err;

	for (i = 0; i < 3; i++) {
		err = fault_map(d, SIZE, DMA_FROM_DEVICE, &h);
		if (err)
			return err;
		if (i)
			fault_unmap(d, h);
	}
	return 0;
}

/* leak DEVICE ROUNDS MS: maps three, gives two back, sleeps. */
static int leak(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int err;

	while (did->ok < arg[0] && !signal_pending(current)) {
		err = lab_fault_keeps_one_in_three(d);
		if (err)
			return err;
		did->ok++;
		msleep(arg[1]);
	}
	return 0;
}

enum wrong { WRONG_TWICE, WRONG_SIZE, WRONG_DIR, WRONG_ERROR };

static int unmap_wrongly(struct fault_dev *d, enum wrong how, u64 count, struct did *did)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma;

	for (; did->ok < count; did->ok++) {
		dma = DMA_MAPPING_ERROR;
		if (how != WRONG_ERROR)
			dma = dma_map_single(dev, d->buffer, SIZE, DMA_TO_DEVICE);
		if (how != WRONG_ERROR && dma_mapping_error(dev, dma))
			return -EIO;
		dma_unmap_single(dev, dma, how == WRONG_SIZE ? SIZE / 2 : SIZE,
				 how == WRONG_DIR ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
		if (how == WRONG_TWICE)
			dma_unmap_single(dev, dma, SIZE, DMA_TO_DEVICE);
	}
	return 0;
}

/* unmap-twice, unmap-size, unmap-dir, unmap-error DEVICE COUNT: each of a mapping of its own. */
static int unmap_twice(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return unmap_wrongly(d, WRONG_TWICE, arg[0], did);
}

static int unmap_size(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return unmap_wrongly(d, WRONG_SIZE, arg[0], did);
}

static int unmap_dir(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return unmap_wrongly(d, WRONG_DIR, arg[0], did);
}

static int unmap_error(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return unmap_wrongly(d, WRONG_ERROR, arg[0], did);
}

/* mask DEVICE BITS */
static int mask(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int err;

	if (arg[0] < 1 || arg[0] > 64)
		return -EINVAL;
	err = dma_set_mask_and_coherent(&d->pdev->dev, DMA_BIT_MASK(arg[0]));
	did->ok += !err;
	did->failed += !!err;
	return 0;
}

/* remask DEVICE COUNT BITS: maps, changes the mask, and only then gives back. */
static int remask(struct fault_dev *d, const u64 *arg, struct did *did)
{
	u64 args[] = { arg[0], SIZE, DMA_FROM_DEVICE };
	struct did other = { 0 };
	int err = map(d, args, did);

	if (!err)
		err = mask(d, arg + 1, &other);
	fault_unmap_all(d);
	return err;
}

/* resource DEVICE COUNT ADDRESS: maps registers there; nothing else is done with them. */
static int resource(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma;
	u64 i;

	for (i = 0; i < arg[0]; i++) {
		dma = dma_map_resource(dev, arg[1], SIZE, DMA_BIDIRECTIONAL, 0);
		if (dma_mapping_error(dev, dma)) {
			did->failed++;
			continue;
		}
		dma_unmap_resource(dev, dma, SIZE, DMA_BIDIRECTIONAL, 0);
		did->ok++;
	}
	return 0;
}

/* force DEVICE ON: whether its pool, which is that of all devices, is forced upon them. */
static int force(struct fault_dev *d, const u64 *arg, struct did *did)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0) && defined(CONFIG_SWIOTLB)
	if (!d->pdev->dev.dma_io_tlb_mem)
		return -ENXIO;
	d->pdev->dev.dma_io_tlb_mem->force_bounce = arg[0];
	did->ok++;
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

const struct command map_commands[] = {
	{ "map", true, 2, map },
	{ "map-anyway", true, 2, map_anyway },
	{ "past", true, 3, past },
	{ "map-list", true, 2, map_list },
	{ "map-joined", true, 2, map_joined },
	{ "contend", true, 2, contend },
	{ "unmap", true, 0, unmap },
	{ "coherent", true, 2, coherent },
	{ "leak", true, 2, leak },
	{ "unmap-twice", true, 1, unmap_twice },
	{ "unmap-size", true, 1, unmap_size },
	{ "unmap-dir", true, 1, unmap_dir },
	{ "unmap-error", true, 1, unmap_error },
	{ "mask", true, 1, mask },
	{ "remask", true, 2, remask },
	{ "resource", true, 2, resource },
	{ "force", true, 1, force },
	{ }
};
