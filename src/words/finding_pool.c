// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of findings about the bounce pool.
 */
#include "words/tables.h"

const struct finding_words words_pool[] = {
{
	.id = "no-bounce-pool",
	.title = "a secure guest without a bounce pool",
	.summary = "This secure guest has no bounce pool: devices cannot be given memory that "
		"they can access.",
	.evidence = "the kernel's pool has 0 slots[ ({source})][; swiotlb=force is on the command "
		"line{?force}][; swiotlb=noforce is on the command line{?noforce}][; {maps "
		"mapping} of private memory went direct]",
	.means = "A secure guest's memory is encrypted or protected; a device may only touch "
		"memory that the guest shares on purpose. That memory is the bounce pool "
		"(SWIOTLB). Without it drivers hand private memory to devices: reads come out as "
		"garbage, writes are lost, I/O hangs. It is a warning until a mapping of private "
		"memory is seen.",
	.how = "On pseries (PEF) init_svm() asks for the pool in an early initcall, after "
		"mem_init() has called swiotlb_init() and returned without making one: so from "
		"5.19 on svm=on alone gives no pool, and from 5.15 to 5.18 a pool whose use is "
		"not forced. Up to 5.14 it worked. On other architectures the pool is missing "
		"with swiotlb=noforce, or when no contiguous memory could be had at boot "
		"(\"software IO TLB: No low mem\" in the log).",
	.todo = "Remove swiotlb=noforce if it is there: it wins over everything else. On PEF boot "
		"with swiotlb=force beside svm=on. Else the log says why there is none (\"software "
		"IO TLB\"); the kernel tries smaller sizes by itself, down to 1 MiB.",
	.sources = "arch/powerpc/platforms/pseries/svm.c init_svm(); arch/powerpc/mm/mem.c; "
		"kernel/dma/swiotlb.c swiotlb_init_remap().",
},
{
	.id = "bounce-not-forced",
	.title = "a pool, but nothing forces devices to use it",
	.summary = "There is a bounce pool, but nothing forces its use: devices are given private "
		"memory.",
	.evidence = "force_bounce is 0[ for {devices device}][ in the pool{!devices}]; {maps "
		"mapping} of private memory went direct[: {device1}][, {device2}][, {device3}]",
	.means = "The pool exists and is shared, but the kernel bounces only what a device cannot "
		"address. Everything else goes direct, to private memory. It is a warning until "
		"such a mapping is seen.",
	.how = "dma_direct_map_*() bounces when the device's io_tlb_mem has force_bounce set. On "
		"PEF 5.15 to 5.18 compute it in swiotlb_init_io_tlb_mem() before init_svm() sets "
		"swiotlb_force, and never again. swiotlb=noforce is another thing: up to 6.0 "
		"secure guests overwrite it, and from 6.1 on it makes no pool at all "
		"(no-bounce-pool). From 7.3 on force_bounce is set by swiotlb=force alone: a "
		"device of a secure guest bounces since it cannot reach private memory, and is "
		"left alone here.",
	.todo = "Boot with swiotlb=force.",
	.sources = "kernel/dma/swiotlb.c, kernel/dma/direct.h is_swiotlb_force_bounce(); "
		"arch/powerpc/platforms/pseries/svm.c.",
},
{
	.id = "request-too-big",
	.title = "mappings that no bounce pool can hold",
	.summary = "The driver asks for [very large mappings{!size}][mappings of up to {size} "
		"({size_exact} bytes)][, and their offset or alignment makes them "
		"larger{?unfit}]; no mapping through the bounce pool can exceed {segment} "
		"({segment_exact} bytes), however large the pool is.",
	.evidence = "{failed such request} failed[ while at most {used} of {slots slot} were in "
		"use][; {unfit_size} at {offset} of a page][, aligned by {align}][ did not fit "
		"into the empty pool{?pool_empty}][ did not fit while a whole segment was "
		"free{!pool_empty}{?unfit_size}]",
	.means = "One mapping through the pool takes a contiguous run of at most 128 slots of 2 "
		"KiB: 256 KiB. A driver that asks for more fails each time, at any size of the "
		"pool and any load. The log says \"swiotlb buffer is full\", which it is not: "
		"look at \"used\" there.",
	.how = "IO_TLB_SEGSIZE (128) times 1 << IO_TLB_SHIFT (2 KiB). A device with a "
		"min_align_mask (NVMe) gets its data as far into a page as the memory was, so 256 "
		"KiB that do not start on a page need more. Drivers learn the limit from "
		"dma_max_mapping_size(); some ask the wrong struct device, or too early. "
		"virtio-blk of 7.2 maps 768 KiB and more at once when its queue allows it, and "
		"repeats the failed request for ever.",
	.todo = "Limit requests: for a disk write 128 to /sys/block/DISK/queue/max_sectors_kb; "
		"for others the driver's option for segment or buffer sizes. Report it to the "
		"driver's maintainers. swiotlb= with a larger number does not help.",
	.sources = "include/linux/swiotlb.h; kernel/dma/swiotlb.c swiotlb_max_mapping_size(); "
		"drivers/virtio/virtio_ring.c virtio_max_dma_size().",
},
{
	.id = "pool-unusable",
	.title = "a pool that cannot serve the device",
	.summary = "[{?wrong_kind}The device's bounce pool is private memory, and the device "
		"reaches shared memory alone: every bounce is refused, whatever is free.]"
		"[{!wrong_kind}All slots of the bounce pool are taken since boot, and nobody holds "
		"them: the kernel disabled the pool.]",
	.evidence = "{failed mapping} refused",
	.means = "Every mapping that has to bounce fails. The pool is neither full nor too small.",
	.how = "From 7.3 on a pool is shared or private memory (io_tlb_mem.cc_shared). "
		"swiotlb_tbl_map_single() refuses a pool that is not of the kind that the device "
		"needs; a default pool that could not be shared at boot has all its slots marked "
		"as used (swiotlb_mark_pool_used()).",
	.todo = "Wrong kind: see where the device's pool comes from (restricted-dma-pool in the "
		"device tree). Disabled: the kernel log of the boot says that sharing failed.",
	.sources = "kernel/dma/swiotlb.c swiotlb_tbl_map_single(), "
		"swiotlb_update_mem_attributes(), 7.3.",
},
{
	.id = "pool-full",
	.title = "the bounce pool is exhausted",
	.summary = "The bounce pool[ {pool} of this device] is full: mappings fail, devices drop "
		"or repeat I/O.[ One driver holds most of it: it mapped those slots at once and "
		"kept them, like a preallocated ring.{?preallocated}]",
	.evidence = "{failed mapping} failed, sizes up to {size}[; {fragmented} more found no run "
		"of slots long enough][, of {devices device}: {device1}][, {device2}][, "
		"{device3}][; {used} of {slots slot} in use at worst][; then {holder1} held "
		"{holder1_slots slot}][ in {holder1_maps mapping}][, {holder2} held "
		"{holder2_slots slot}][ in {holder2_maps mapping}][, {holder3} held "
		"{holder3_slots slot}][ in {holder3_maps mapping}][; {preallocated mapping} of "
		"{holder1} kept for {kept}][ by {caller}]",
	.means = "More slots were asked for than were free. The mapping fails; a network driver "
		"drops the packet, a disk driver repeats or fails the request. Nothing on the way "
		"to the operator mentions the pool, except one rate-limited line in the log.",
	.how = "swiotlb_tbl_map_single() found no run of slots in any area and returned ~0. Slots "
		"are held from map to unmap: deep queues, large requests, receive rings and leaks "
		"hold them.",
	.todo = "The finding names who held the slots when most were in use. A leak is "
		"mapping-leak, and no pool is large enough for it. One driver with long rings "
		"that it maps at once holds them as long as it runs: shorten them. Else boot with "
		"the number of slots that the finding proposes; a restricted-dma-pool of a device "
		"has its size from the device tree. CONFIG_SWIOTLB_DYNAMIC lets the pool grow by "
		"itself, at the price of conversions.",
	.sources = "kernel/dma/swiotlb.c swiotlb_tbl_map_single(), swiotlb_find_slots().",
},
{
	.id = "pool-fragmented",
	.title = "enough free slots, but not in one run",
	.summary = "The bounce pool[ {pool} of this device] has enough free slots, but not in one "
		"run: large mappings fail before it is full.",
	.evidence = "{failed mapping} failed, sizes up to {size}[, of {devices device}: "
		"{device1}][, {device2}][, {device3}][; {used} of {slots slot} in use at worst][; "
		"then {holder1} held {holder1_slots slot}][ in {holder1_maps mapping}][, "
		"{holder2} held {holder2_slots slot}][ in {holder2_maps mapping}][, {holder3} "
		"held {holder3_slots slot}][ in {holder3_maps mapping}][; at the first the "
		"longest free run was {longest_run slot}][; an alignment mask of {align} was "
		"asked for]",
	.means = "The pool failed a request although, by count, it had the room. Large mappings "
		"need adjacent slots inside one segment of 256 KiB.",
	.how = "The pool is cut into segments of 128 slots, and a run of slots ends with its "
		"segment. Alignment (min_align_mask of NVMe and others, alloc_align_mask) removes "
		"further places. At 85 % use most segments have no long run left. Areas (6.0 on) "
		"change nothing in that: each search goes through all of them, and no segment "
		"crosses one.",
	.todo = "A larger pool helps, since it has more empty segments; so do smaller requests "
		"(max_sectors_kb).",
	.sources = "kernel/dma/swiotlb.c swiotlb_search_pool_area(), swiotlb_find_slots(), 6.12.",
},
{
	.id = "bounce-without-pool",
	.title = "memory the device cannot address, and no pool",
	.summary = "The device cannot reach some memory itself, and there is no bounce pool to "
		"help: its mappings fail.",
	.evidence = "{failed mapping} failed for want of a pool[; it reaches {mask}, RAM ends at "
		"{ram_end}]",
	.means = "Not a secure guest: this device's mask or bus limit does not reach all memory, "
		"and there is no pool to copy through. Mappings of memory above the limit fail.",
	.how = "dma_direct_map_*(): the address is not dma_capable() and is_swiotlb_active() is "
		"false. Typical after memory was added by hotplug, or with swiotlb=noforce, "
		"iommu=off.",
	.todo = "Remove swiotlb=noforce; keep memory below the device's limit; or use a device "
		"with a wider mask.",
	.sources = "kernel/dma/direct.h dma_direct_map_phys(); kernel/dma/swiotlb.c "
		"swiotlb_map().",
},
{
	.id = "pool-outside-window",
	.title = "the bounce pool is not covered by the device's window",
	.summary = "Part of the bounce pool lies outside what the device's direct window maps: "
		"what is bounced there does not reach the device.",
	.evidence = "pool {addr}-{end}, window LIOBN {liobn} maps RAM up to {ram_end}; the pool "
		"starts [off{?off_256m}][on{!off_256m}] a 256 MiB boundary[ and off a boundary of "
		"the window's pages of {page_size}{?off_page}][ and on a boundary of the window's "
		"pages of {page_size}{!off_page}]",
	.means = "The device bounces, but part of the pool lies where its direct window maps "
		"nothing. Slots from there fail at the device.",
	.how = "Direct windows map RAM from address 0 up to its end, in pages of up to 16 GiB; "
		"where a TCE per page is set one by one the last incomplete page is left out. The "
		"pool needs no alignment beyond a page. (The 2^28 boundary that was once "
		"suspected is in no code that was read; the size of a memory block, 256 MiB, is "
		"the likely reason for it.)",
	.todo = "Choose a memory size that is a multiple of the window's page size, or a smaller "
		"pool, which then lies lower.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c; kernel/dma/swiotlb.c.",
},
{
	.id = "pool-pressure",
	.title = "the bounce pool was nearly full",
	.summary = "The bounce pool was nearly full: mappings will fail when a little more is "
		"asked of it.",
	.evidence = "[{used} of {slots slot} in use at worst][; then {holder1} held "
		"{holder1_slots slot}][ in {holder1_maps mapping}][, {holder2} held "
		"{holder2_slots slot}][ in {holder2_maps mapping}][, {holder3} held "
		"{holder3_slots slot}][ in {holder3_maps mapping}]",
	.means = "More than 80 % of the slots were in use at once. Large mappings, which need "
		"slots in a row, may fail from there on.",
	.how = "See pool-full.",
	.todo = "Enlarge the pool before it fails; the finding proposes a number.",
	.sources = "kernel/dma/swiotlb.c; debugfs swiotlb/io_tlb_used_hiwater.",
},
{
	.id = "all-bounced",
	.title = "everything is copied, though the guest is not secure",
	.summary = "Every mapping is copied through the bounce pool although this is not a secure "
		"guest.",
	.evidence = "{maps mapping}, {bytes}, of {devices device}; bouncing is forced[ by "
		"swiotlb=force{?force}]",
	.means = "swiotlb=force is meant for tests and for secure guests. Here every mapping is "
		"copied, for nothing.",
	.how = "force_bounce of the pool is set.",
	.todo = "Remove swiotlb=force, unless it is there for a reason.",
	.sources = "kernel/dma/direct.h; Documentation/admin-guide/kernel-parameters.txt.",
},
{
	.id = "mask-below-memory",
	.title = "memory above the device's reach is copied",
	.summary = "The device addresses {bits} bits[ (its bus limits it){?bus_limit}], memory "
		"reaches further: what lies above is copied.",
	.evidence = "{maps} of its {total mapping} were bounced; RAM ends at {ram_end}",
	.means = "The device addresses fewer bits than memory needs, so the kernel copies what "
		"lies above. It works, at the price of the copies and of slots.",
	.how = "dma_capable() is false for the address; dma_direct_map_*() bounces.",
	.todo = "Nothing, or a device with a wider mask, or less memory.",
	.sources = "kernel/dma/direct.h.",
},
{
	.id = "bounced-unforced",
	.title = "copied, though neither force nor address asks for it",
	.summary = "[The device is below a port for external devices, and the kernel does not "
		"trust it: partial pages are copied through the bounce pool.{?external}][Mappings "
		"are copied through the bounce pool though nothing forces it and the device "
		"reaches all memory.{!external}]",
	.evidence = "{maps} of its {total mapping} ({percent} %) were bounced[; mask {mask}, RAM "
		"ends at {ram_end}, force_bounce 0{!external}][; dma_ops {ops}]",
	.means = "The device reaches all memory and the pool's use is not forced, and mappings of "
		"it are copied all the same. It works, at the price of the copies and of slots.",
	.how = "Since 6.5 dma_direct_map_*() bounces what kmalloc() gave in pieces smaller than, "
		"or not aligned to, a cache line, where the device is not coherent and reads into "
		"it (dma_kmalloc_needs_bounce()). dma-iommu bounces parts of a page for devices "
		"that are not trusted, as behind Thunderbolt. Xen's dma_ops bounce what is not "
		"contiguous for the machine.",
	.todo = "An untrusted device: leave it so, or connect it where the firmware does not call "
		"the port external. Small buffers: a driver that allocates them larger, or once. "
		"See the sizes in the ranges and callers.",
	.sources = "kernel/dma/direct.h; include/linux/dma-map-ops.h dma_kmalloc_needs_bounce(); "
		"drivers/iommu/dma-iommu.c dev_use_swiotlb().",
},
{
	.id = "pool-oversized",
	.title = "a bounce pool far larger than needed",
	.summary = "The bounce pool is far larger than what was needed: {idle} lie idle.",
	.evidence = "reserved {bytes}[, {percent} % of memory]; in use at worst {most} ({used "
		"slot})[ since boot{?since_boot}][ since dmascope started{!since_boot}]",
	.means = "The pool is taken from the guest's memory at boot, on x86 6 % of it up to 1 "
		"GiB. Here only a small part was ever in use.",
	.how = "swiotlb_adjust_size() by the size of memory; or a generous swiotlb=.",
	.todo = "If this load is the usual one, boot with a smaller swiotlb=. Leave room: the "
		"high water of one run is not that of all.",
	.sources = "arch/x86/mm/mem_encrypt.c mem_encrypt_setup_arch(); kernel/dma/swiotlb.c.",
},
{
	.id = "pool-above-mask",
	.title = "slots that the device cannot address",
	.summary = "The bounce pool lies above what the device addresses: slots are found, and "
		"the mappings fail.",
	.evidence = "{failed mapping} failed, the first with the slot at {addr}; the device "
		"reaches {mask}",
	.means = "The device addresses fewer bits than the place of the bounce pool needs. "
		"Bouncing, which is there to help such devices, cannot help: every mapping that "
		"needs a slot fails.",
	.how = "swiotlb_map() finds a slot, dma_capable() is false for its address, and the slot "
		"is released again: \"swiotlb addr ... overflow\" in the log, once for each "
		"device. The pool is allocated low in memory (below 4 GiB), which a device of 24 "
		"or 28 bits does not reach.",
	.todo = "A device with a wider mask. Kernels with CONFIG_SWIOTLB_DYNAMIC allocate slots "
		"below the mask when the pool has none there.",
	.sources = "kernel/dma/swiotlb.c swiotlb_map(), swiotlb_find_slots(), 6.12.",
},
};

const size_t words_pool_count = sizeof(words_pool) / sizeof(words_pool[0]);
