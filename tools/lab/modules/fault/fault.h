/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the fault module share: a device it drives, what it holds, and the commands.
 * The commands themselves are described in README.md. Nothing here knows dmascope.
 */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/pci.h>

#define ARGS		4
#define BUFFER_SIZE	(4UL << 20)

struct held {			/* a mapping that was not given back yet */
	struct list_head list;
	dma_addr_t dma;
	void *virt;		/* of coherent memory; NULL: mapped from the buffer */
	size_t size;
	enum dma_data_direction dir;
};

struct fault_dev {
	struct list_head list;
	struct pci_dev *pdev;
	void *buffer;		/* BUFFER_SIZE bytes that are mapped, again and again */
	struct list_head held;
	void __iomem *bar;	/* of QEMU's edu device; NULL: not in use */
};

/* Counts of what a command did: its answer, for the test to compare with. */
struct did {
	u64 ok, failed;
};

struct command {
	const char *name;
	bool wants_dev;
	unsigned int args;	/* at least that many numbers */
	/* 0 or an errno: the fault could not be made */
	int (*run)(struct fault_dev *d, const u64 *arg, struct did *did);
};

extern const struct command map_commands[], share_commands[], tce_commands[], edu_commands[];

/* map.c */
int fault_map(struct fault_dev *d, size_t size, enum dma_data_direction dir, struct held **held);
void fault_unmap(struct fault_dev *d, struct held *h);
void fault_unmap_all(struct fault_dev *d);

/* edu.c */
void fault_edu_stop(struct fault_dev *d);

/* share.c: set_memory_decrypted() and _encrypted(), which powerpc exports to no module. */
int fault_convert(void *virt, int pages, bool share);
void fault_unshare_all(void);

#endif
