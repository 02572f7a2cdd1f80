// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in sharing pages with the hypervisor: kept, freed while shared, taken back while a
 * device has them, converted all the time. Nothing about how they are mapped.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/string.h>

#include "fault.h"

struct kept {
	struct list_head list;
	void *virt;
	int pages;
};

static LIST_HEAD(kept);

#ifdef CONFIG_X86
static int convert(unsigned long virt, int pages, bool share)
{
	return share ? set_memory_decrypted(virt, pages) : set_memory_encrypted(virt, pages);
}
#else
/* Of /proc/kallsyms: powerpc and s390 export them to nobody. */
static unsigned long decrypt, encrypt;
module_param(decrypt, ulong, 0400);
module_param(encrypt, ulong, 0400);

static int convert(unsigned long virt, int pages, bool share)
{
	int (*fn)(unsigned long, int) = (void *)(share ? decrypt : encrypt);

	return fn ? fn(virt, pages) : -ENXIO;
}
#endif

int fault_convert(void *virt, int pages, bool share)
{
	return convert((unsigned long)virt, pages, share);
}

/* The name that what stays shared should be told with. */
static noinline int lab_fault_shares_and_keeps(int pages)
{
	struct kept *k = kzalloc(sizeof(*k), GFP_KERNEL);
	int err = -ENOMEM;

	if (!k)
		return err;
	k->pages = pages;
	k->virt = alloc_pages_exact(pages * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (k->virt)
		err = fault_convert(k->virt, pages, true);
	if (err) {
		if (k->virt)
			free_pages_exact(k->virt, pages * PAGE_SIZE);
		kfree(k);
		return err;
	}
	list_add_tail(&k->list, &kept);
	return 0;
}

/* What cannot be made private again is not given back either. */
void fault_unshare_all(void)
{
	struct kept *k, *next;

	list_for_each_entry_safe(k, next, &kept, list) {
		if (!fault_convert(k->virt, k->pages, false))
			free_pages_exact(k->virt, k->pages * PAGE_SIZE);
		list_del(&k->list);
		kfree(k);
	}
}

/* share COUNT PAGES [MS]: COUNT times that many pages, and keeps them; with pauses. */
static int share_keep(struct fault_dev *d, const u64 *arg, struct did *did)
{
	int err;

	if (arg[1] < 1 || arg[1] * PAGE_SIZE > BUFFER_SIZE)
		return -EINVAL;
	while (did->ok < arg[0] && !signal_pending(current)) {
		err = lab_fault_shares_and_keeps(arg[1]);
		if (err)
			return err;
		did->ok++;
		if (arg[2])
			msleep(arg[2]);
	}
	return 0;
}

/* unshare: takes back what share kept. */
static int unshare(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct kept *k;

	list_for_each_entry(k, &kept, list)
		did->ok++;
	fault_unshare_all();
	return 0;
}

/*
 * Frees a shared page, and takes it again before anybody else gets it: where encryption is real,
 * a page of another use that turns up there would bring the guest down. -EAGAIN: somebody did.
 */
static int free_shared(struct kept *k)
{
	void *again;

	k->pages = 1;
	k->virt = (void *)get_zeroed_page(GFP_KERNEL);
	if (!k->virt)
		return -ENOMEM;
	if (fault_convert(k->virt, 1, true))
		return -EIO;
	preempt_disable();
	free_page((unsigned long)k->virt);
	again = (void *)__get_free_page(GFP_ATOMIC);
	preempt_enable();
	return again == k->virt ? 0 : -EAGAIN;
}

/* share-free COUNT: that many pages are shared, and freed as they are. */
static int share_free(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct kept *k;
	int err;

	for (; did->ok < arg[0]; did->ok++) {
		k = kzalloc(sizeof(*k), GFP_KERNEL);
		if (!k)
			return -ENOMEM;
		err = free_shared(k);
		if (err) {
			kfree(k);
			return err;
		}
		list_add_tail(&k->list, &kept);
	}
	return 0;
}

#if (defined(CONFIG_X86) || defined(CONFIG_ARM64)) && defined(CONFIG_KRETPROBES)
/*
 * Plays a VM monitor that refuses a conversion: the kernel's request returns an error. On AMD after
 * the request was made, which in SNP leaves the page shared; on TDX and CCA in place of the request.
 */
static int say_no(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	/* an int from 6.11 on, a bool before */
	regs_set_return_value(regs, LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) ? -EIO : 0);
	return 0;
}

static noinline int refuse(void)
{
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) ? -EIO : 0;
}

/* Runs refuse() instead of the probed function. */
static int skip(struct kprobe *p, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)refuse);
	return 1;
}

#ifdef CONFIG_X86
#define ASKS	"tdx_enc_status_change_finish"
#else
#define ASKS	"realm_set_memory_decrypted"
#endif

/* share-refused COUNT: tries to share that many pages, each is refused and never used again. */
static int share_refused(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct kretprobe after = { .kp.symbol_name = "amd_enc_status_change_prepare",
				   .handler = say_no };
	struct kprobe instead = { .symbol_name = ASKS, .pre_handler = skip };
	int amd = register_kretprobe(&after), other = register_kprobe(&instead);
	int err = amd && other ? amd : 0;
	void *virt;

	while (!err && did->ok + did->failed < arg[0]) {
		virt = (void *)get_zeroed_page(GFP_KERNEL);
		if (!virt)
			err = -ENOMEM;
		else if (fault_convert(virt, 1, true))
			did->failed++;
		else
			did->ok++;
	}
	if (!amd)
		unregister_kretprobe(&after);
	if (!other)
		unregister_kprobe(&instead);
	return err;
}
#else
static int share_refused(struct fault_dev *d, const u64 *arg, struct did *did)
{
	return -EOPNOTSUPP;
}
#endif

/* unshare-mapped DEVICE COUNT: coherent memory, which is shared, is made private too early. */
static int unshare_mapped(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct device *dev = &d->pdev->dev;
	dma_addr_t dma;
	void *virt;
	int err;

	for (; did->ok < arg[0]; did->ok++) {
		virt = dma_alloc_coherent(dev, PAGE_SIZE, &dma, GFP_KERNEL);
		if (!virt)
			return -ENOMEM;
		err = fault_convert(virt, 1, false);
		if (!err)
			err = fault_convert(virt, 1, true);
		dma_free_coherent(dev, PAGE_SIZE, virt, dma);
		if (err)
			return err;
	}
	return 0;
}

/* A page full of value is shared, then filled with the complement. 1: it changed by being shared. */
static int share_content(struct kept *k, u64 value)
{
	u64 *word = (void *)__get_free_page(GFP_KERNEL);
	int changed;

	if (!word)
		return -ENOMEM;
	memset64(word, value, PAGE_SIZE / sizeof(*word));
	if (fault_convert(word, 1, true))
		return -EIO;
	changed = READ_ONCE(*word) != value;
	memset64(word, ~value, PAGE_SIZE / sizeof(*word));
	k->virt = word;
	k->pages = 1;
	return changed;
}

/*
 * content COUNT VALUE: pages full of VALUE are shared, then filled with its complement and kept.
 * Done are those whose content was another after the conversion, as encryption makes it.
 */
static int content(struct fault_dev *d, const u64 *arg, struct did *did)
{
	struct kept *k;
	int ret;
	u64 i;

	for (i = 0; i < arg[0]; i++) {
		k = kzalloc(sizeof(*k), GFP_KERNEL);
		ret = k ? share_content(k, arg[1]) : -ENOMEM;
		if (ret < 0) {
			kfree(k);
			return ret;
		}
		did->ok += ret;
		did->failed += !ret;
		list_add_tail(&k->list, &kept);
	}
	return 0;
}

/* storm RATE SECONDS: RATE conversions, half of them back, in each second. */
static int storm(struct fault_dev *d, const u64 *arg, struct did *did)
{
	void *virt = (void *)get_zeroed_page(GFP_KERNEL);
	unsigned long until = jiffies;
	int err = virt ? 0 : -ENOMEM;
	u64 second, i;

	for (second = 0; !err && second < arg[1] && !signal_pending(current); second++) {
		until += HZ;
		for (i = 0; !err && i + 1 < arg[0]; i += 2) {
			err = fault_convert(virt, 1, true);
			if (!err)
				err = fault_convert(virt, 1, false);
			did->ok += err ? 0 : 2;
		}
		if (time_before(jiffies, until))
			msleep(jiffies_to_msecs(until - jiffies));
	}
	if (!err)
		free_page((unsigned long)virt);
	return err;
}

const struct command share_commands[] = {
	{ "share", false, 2, share_keep },
	{ "unshare", false, 0, unshare },
	{ "share-free", false, 1, share_free },
	{ "unshare-mapped", true, 1, unshare_mapped },
	{ "content", false, 2, content },
	{ "storm", false, 2, storm },
	{ "share-refused", false, 1, share_refused },
	{ }
};
