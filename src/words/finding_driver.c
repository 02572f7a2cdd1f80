// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of findings about drivers: leaks, misuse of the DMA API, refused mappings.
 */
#include "words/tables.h"

const struct finding_words words_driver[] = {
{
	.id = "path-mismatch",
	.title = "mapped one way, unmapped another",
	.summary = "Mappings were unmapped on another path than they were mapped on: data is not "
		"copied back, slots and table entries are lost.",
	.evidence = "{times unmap} on another path than the map",
	.means = "The unmap took another way than the map. What the device wrote into a slot is "
		"not copied back; slots and TCEs stay taken. Guests have hung after mounting root "
		"this way.",
	.how = "The way is decided anew at unmap from the device's state. If mask, dma_ops or the "
		"window changed while mappings were live, both decisions differ.",
	.todo = "Report it with the recording: a kernel bug. Setting masks before any mapping "
		"avoids it.",
	.sources = "kernel/dma/mapping.c dma_map_direct(); arch/powerpc/kernel/dma-iommu.c.",
},
{
	.id = "not-copied-back",
	.title = "unmapped, but the bounce slot was not released",
	.summary = "Bounced mappings were unmapped, but their slots were not released: what the "
		"device wrote never reached the driver's memory.",
	.evidence = "{maps mapping} unmapped with the slot still taken",
	.means = "A bounced mapping that the device writes to ends with a copy from the slot to "
		"the driver's memory. Here the unmap came and the slot stayed: the driver reads "
		"what was there before.",
	.how = "swiotlb_tbl_unmap_single() was not called for the mapping: the unmap went past "
		"the direct layer.",
	.todo = "Report it with the recording: a kernel bug.",
	.sources = "kernel/dma/direct.h dma_direct_unmap_phys(); kernel/dma/swiotlb.c.",
},
{
	.id = "leak-at-remove",
	.title = "mappings left behind by a device that is gone",
	.summary = "[The device is gone, its mappings are not.{?removed}][Its driver {driver} is "
		"not bound any more, but mappings that were made under it are still "
		"live.{!removed}][The driver that made them is not bound any more, but mappings "
		"of the device are still live.{!driver}{!removed}]",
	.evidence = "{maps mapping} still live[, {age} after the removal began or unmapped "
		"another]",
	.means = "The device was removed or its driver unbound, and mappings of it are still "
		"live. Their slots, TCEs and shared pages stay taken until reboot. A removal "
		"may take seconds: after 1 s without an unmap of what is left it is a warning, "
		"after 10 s, or when a driver was bound again, an error.",
	.how = "The driver misses unmaps on its way out. CONFIG_DMA_API_DEBUG would print "
		"\"device driver has pending DMA allocations\".",
	.todo = "Report it to the driver; the event ids show the mappings, their callers stand in "
		"the ranges.",
	.sources = "kernel/dma/debug.c dma_debug_device_change(); drivers/base/dd.c "
		"__device_release_driver().",
},
{
	.id = "api-misuse",
	.title = "a driver uses the DMA API wrongly",
	.summary = "The driver[ ({driver})] uses the DMA API wrongly.",
	.evidence = "[{unmap_error} unmapped an error value: the failure of the map was ignored; "
		"][{unmap_twice} unmapped twice; ][{size_mismatch} unmapped with another size "
		"than mapped; ][{dir_mismatch} unmapped with another direction than mapped; ]"
		"[{attr_mismatch} unmapped with other attributes than mapped; ]",
	.means = "Unmapping what was not mapped, twice, with another size, direction or other "
		"attributes, or unmapping the error value: all of these corrupt tables or data "
		"when the path is not a plain direct one. They often hide until a guest becomes "
		"secure and everything bounces.",
	.how = "The driver does not check dma_mapping_error(), or keeps the wrong length, "
		"direction or attributes (those that check_unmap() compares from 7.2 on). "
		"Some platforms ignore the arguments, so it was never noticed.",
	.todo = "Report it to the driver. A kernel with CONFIG_DMA_API_DEBUG prints a warning "
		"with the stack at the place.",
	.sources = "Documentation/core-api/dma-api.rst; kernel/dma/debug.c check_unmap().",
},
{
	.id = "past-object",
	.title = "a mapping larger than the object that it begins in",
	.summary = "The driver[ ({driver})] maps more bytes than the slab object at that address "
		"holds: the device reaches the memory behind it.",
	.evidence = "{times mapping}, the first of {size} that begin in an object of {object}"
		"[, by {caller}]",
	.means = "kmalloc() and slab caches give objects of a fixed size that lie one beside the "
		"other. A mapping that is larger than its object lets the device read, or "
		"overwrite, the objects behind, which belong to anybody. A bounced mapping copies "
		"them: out of the guest, and back over them at the unmap.",
	.how = "The driver allocates fewer bytes than it maps: a length of another request, a "
		"header that was not counted, an array's length for its size. Only mappings whose "
		"stack was taken are looked at (all with record --stacks=all), where the address "
		"of the struct page of memory is known (5.17 and later).",
	.todo = "Report it to the driver with the caller.",
	.sources = "mm/slab.h struct slab; mm/slub.c calculate_sizes(): object_size; "
		"include/linux/page-flags.h compound_head(), PGTY_slab.",
},
{
	.id = "coherent-refused",
	.title = "coherent memory that the kernel did not give",
	.summary = "The driver asked for coherent memory and got none: its requests fail, or wait "
		"and are tried again without end.",
	.evidence = "{failed allocation} refused, of up to {size}; {granted} granted[; the page "
		"allocator gives {too_large} at most]",
	.means = "dma_alloc_coherent() or a dma_pool's growth returned NULL, and no TCE table was "
		"full. Disk drivers ask for such memory while they submit a request (lists of "
		"addresses of NVMe): without it the request is tried again, for ever, and the "
		"disk seems to hang.",
	.how = "In a secure guest the memory has to be shared with the hypervisor, which may "
		"sleep. Where the caller may not, it is taken from a pool that was shared before; "
		"powerpc and s390 have none (CONFIG_DMA_COHERENT_POOL is not selected), and warn "
		"once from dma_direct_alloc(); elsewhere the pool may be used up. Otherwise "
		"memory is short, or lies beyond the coherent mask.",
	.todo = "powerpc, s390: a virtio disk, or requests of one piece (queue/max_sectors_kb not "
		"above the page size). Elsewhere a larger coherent_pool= on the command line.",
	.sources = "kernel/dma/direct.c dma_direct_alloc(), dma_direct_use_pool(); "
		"kernel/dma/pool.c.",
},
{
	.id = "map-failed",
	.title = "mappings refused for another reason",
	.summary = "[The kernel refused mappings that have to be bounced: their caller forbids it "
		"(DMA_ATTR_REQUIRE_COHERENT), or they are no RAM (DMA_ATTR_MMIO).{?forbidden}][The "
		"kernel refused mappings: addresses of private memory have the C-bit, which the "
		"device's mask does not reach.{?enc_mask}][The kernel refused mappings: all "
		"addresses of shared memory have a bit that the device's mask does not "
		"reach.{?shared_mask}][The kernel does not trust the device, which is below a port "
		"for external devices: it refused to map partial pages, since there is no bounce "
		"pool to copy them to.{?external}{!enc_mask}{!shared_mask}][The kernel refused "
		"mappings; in this mode nothing says "
		"why.{?counts_only}{!external}{!enc_mask}{!shared_mask}][The kernel refused "
		"mappings: no slot of the bounce pool was found, and how full it was is not "
		"known.{?no_slot}{!enc_mask}{!shared_mask}{!counts_only}][The kernel refused "
		"mappings; the reason is not known, since searches of the bounce pool may have "
		"been missed.{?unobserved}{!forbidden}{!enc_mask}{!shared_mask}][The kernel "
		"refused mappings, and neither the bounce pool nor a table was seen to be the "
		"reason.{!unobserved}{!forbidden}{!external}{!no_slot}{!enc_mask}{!shared_mask}"
		"{!counts_only}]",
	.evidence = "{failed} refused[, sizes up to {size}][; {no_slot} of them found no slot][; "
		"the device reaches {mask}{!external}][, RAM ends at {ram_end}{!external}][, the "
		"C-bit is {enc_mask}][, the bit of shared memory is {shared_mask}]",
	.means = "The kernel returned DMA_MAPPING_ERROR, and neither the pool nor a TCE table "
		"said no in the same call.",
	.how = "dma_direct_map_*(): the address is beyond mask or bus limit and cannot be bounced "
		"(DMA_ATTR_MMIO, peer to peer memory, no pool), the caller forbids bouncing "
		"(DMA_ATTR_REQUIRE_COHERENT, from 7.0 on), or a debug check refused it. dma-iommu "
		"needs a pool for parts of pages of a device at an external port. From "
		"aggregates alone (top) reasons are never known.",
	.todo = "Record instead of watching, and look for \"overflow\" lines of the device in the "
		"log.",
	.sources = "kernel/dma/direct.h; kernel/dma/mapping.c.",
},
{
	.id = "mapping-leak",
	.title = "mappings that are never unmapped",
	.summary = "Mappings are made and never unmapped[, and have filled the bounce "
		"pool{?filled}][: {caller} made at least {caller_maps} of the {old} old "
		"ones{!filled}][: {caller} made at least {caller_maps} of {live}{?filled}][: their "
		"caller was not recorded{!caller}].",
	.evidence = "{path}: {live} live, {bytes}[; {grown} more than {age} ago, and more in "
		"every interval since][; {old} of them older than {old_age}][, made within {age}, "
		"none unmapped{?filled}][; made in {bursts group}][; {total} made in all][; "
		"{holder1_slots} of {slots slot}][; {failed mapping} of all devices refused "
		"since]",
	.means = "The number of live mappings grows in every interval, by more than what was "
		"mapped before the start and is unmapped now, and the old ones outlive all that "
		"the device unmaps. Where a device has stopped unmapping it is a note at most: the "
		"device may be stalled. In the end the pool or the table is full and other "
		"devices fail; where that has happened it is an error.",
	.how = "The driver misses an unmap on some path, usually an error or a time-out. Raising "
		"the pool only delays it.",
	.todo = "The finding names the caller if stacks were recorded. Look at the oldest ranges: "
		"size, direction and age tell which path it is.",
	.sources = "Documentation/core-api/dma-api-howto.rst. Found by comparing live mappings in "
		"equal intervals; a ring that turns over or a rising load does not raise it, and "
		"queues that are filled one after another are a note at most.",
},
};

const size_t words_driver_count = sizeof(words_driver) / sizeof(words_driver[0]);
