// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dma-buf heap system_cc_shared for kernels that are built without it (Debian's 7.3): what
 * user space asks for is shared with the hypervisor until the last descriptor of it is closed.
 * One block of memory a buffer; no device is attached, nothing is mapped.
 */
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/set_memory.h>

static struct sg_table *no_map(struct dma_buf_attachment *at, enum dma_data_direction dir)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void no_unmap(struct dma_buf_attachment *at, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
}

static void system_heap_dma_buf_release(struct dma_buf *buf)
{
	unsigned int order = get_order(buf->size);

	if (!set_memory_encrypted((unsigned long)buf->priv, 1 << order))
		free_pages((unsigned long)buf->priv, order);
}

static const struct dma_buf_ops ops = {
	.map_dma_buf = no_map,
	.unmap_dma_buf = no_unmap,
	.release = system_heap_dma_buf_release,
};

static struct dma_buf *system_heap_allocate(struct dma_heap *heap, unsigned long len, u32 fd_flags,
					    u64 heap_flags)
{
	unsigned int order = get_order(len);
	unsigned long virt = __get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, order);
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *buf;
	int err;

	if (!virt)
		return ERR_PTR(-ENOMEM);
	err = set_memory_decrypted(virt, 1 << order);
	if (err)
		return ERR_PTR(err);
	info.ops = &ops;
	info.size = len;
	info.flags = fd_flags;
	info.priv = (void *)virt;
	buf = dma_buf_export(&info);
	if (IS_ERR(buf) && !set_memory_encrypted(virt, 1 << order))
		free_pages(virt, order);
	return buf;
}

static const struct dma_heap_ops heap_ops = { .allocate = system_heap_allocate };

static int __init begin(void)
{
	struct dma_heap_export_info info = { .name = "system_cc_shared", .ops = &heap_ops };

	return PTR_ERR_OR_ZERO(dma_heap_add(&info));
}
module_init(begin);	/* no exit: a heap cannot be taken back */

MODULE_DESCRIPTION("system_cc_shared, for a test");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("DMA_BUF_HEAP");
