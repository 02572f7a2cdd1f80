// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Remedies: one sentence each, with the kernel source that it was checked with.
 */
#include "words/words.h"

static const struct remedy_words remedies[REMEDY_MAX] = {
[REMEDY_PEF_LOGS] = {
	"Look in the logs of the ultravisor and the hypervisor. set_memory_decrypted() returns 0 "
	"all the same, so no driver notices.",
	"arch/powerpc/platforms/pseries/svm.c set_memory_decrypted(), 5.4 to 7.2",
},
[REMEDY_CONVERSION_LOG] = {
	"Look in the kernel log; pages that failed must not be used for DMA nor freed.",
	"kernel/dma/direct.c dma_direct_alloc(), dma_direct_free(), 6.12",
},
[REMEDY_ENCRYPT_BEFORE_FREE] = {
	"Find who shared them in the ledger: set_memory_encrypted() is missing there, or failed. "
	"Only a reboot makes those pages private for certain.",
	"kernel/dma/direct.c dma_direct_free(): \"leaking DMA memory\", 6.12",
},
[REMEDY_UNMAP_BEFORE_UNSHARE] = {
	"Unmap before set_memory_encrypted(): the driver that shared the memory has the order "
	"wrong.",
	"arch/powerpc/platforms/pseries/svm.c, arch/x86/mm/pat/set_memory.c, 6.12",
},
[REMEDY_UNSHARE_BEFORE_FREE] = {
	"Whoever shares memory has to unshare it before freeing it: look at the callers in the "
	"ledger.",
	"kernel/dma/direct.c dma_direct_free(), 6.12",
},
[REMEDY_SHARE_ONCE] = {
	"Share once and keep it: a pool instead of allocations per request. The ledger names the "
	"callers.",
	"kernel/dma/direct.c dma_direct_alloc(), mm/dmapool.c dma_pool_create(), 6.12",
},
[REMEDY_SEND_TRACE] = {
	"Send the trace to dmascope's developers: this kernel follows a rule that dmascope does "
	"not know. Nothing has to be wrong with the guest.",
	"kernel/dma/mapping.c, kernel/dma/direct.c, 5.4 to 7.3",
},
[REMEDY_POOL_KIND] = {
	"Give the device a pool that is shared: its restricted pool, or the default one, was made "
	"private.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(), rmem_swiotlb_device_init(), 7.3",
},
[REMEDY_POOL_DISABLED] = {
	"Look for \"Failed to decrypt default memory pool\" in the kernel log: the hypervisor or "
	"the firmware refused to share it at boot.",
	"kernel/dma/swiotlb.c swiotlb_update_mem_attributes(), 7.3",
},
[REMEDY_NO_NOFORCE] = {
	"Boot without swiotlb=noforce, which wins over everything that asks for bouncing; without "
	"it the kernel makes a pool and forces its use.",
	"kernel/dma/swiotlb.c swiotlb_init_remap(): returns where swiotlb_force_disable is set, "
	"6.1 to 7.1; Documentation/admin-guide/kernel-parameters.txt swiotlb=",
},
[REMEDY_PEF_NO_NOFORCE] = {
	"Boot without swiotlb=noforce, which wins over everything that asks for bouncing.",
	"kernel/dma/swiotlb.c swiotlb_init_remap(): returns where swiotlb_force_disable is set, "
	"6.1 to 7.1",
},
[REMEDY_PEF_FORCE] = {
	"Boot with swiotlb=force beside svm=on: init_svm() asks for the pool after swiotlb_init() "
	"has run.",
	"arch/powerpc/platforms/pseries/svm.c init_svm(), arch/powerpc/mm/mem.c mem_init(), 5.19 "
	"to 6.12",
},
[REMEDY_FORCE] = {
	"Boot with swiotlb=force.",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(): \"force\", 5.15 to 7.1",
},
[REMEDY_POOL_LOG] = {
	"Look for \"software IO TLB\" in the kernel log: it says why there is none. The kernel "
	"tries smaller sizes by itself, down to 1 MiB.",
	"kernel/dma/swiotlb.c swiotlb_init_remap(): nslabs >> 1 down to IO_TLB_MIN_SLABS, 6.12",
},
[REMEDY_NO_NOFORCE_PLAIN] = {
	"Boot without swiotlb=noforce.",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(): \"noforce\", 5.4 to 7.1",
},
[REMEDY_WIDER_DEVICE] = {
	"Give the guest no more memory than the device addresses, or use a device with a wider "
	"mask.",
	"kernel/dma/direct.h dma_direct_map_page(): dma_capable(), 6.12",
},
[REMEDY_MAX_SECTORS] = {
	"A larger pool does not help. Limit the disk's requests: write {half_kib} to "
	"/sys/block/<disk>/queue/max_sectors_kb.",
	"kernel/dma/swiotlb.c swiotlb_max_mapping_size(); block/blk-sysfs.c "
	"queue_max_sectors_store(), 6.12",
},
[REMEDY_MAX_MAPPING] = {
	"A larger pool does not help. Its driver has to honour dma_max_mapping_size(); set its "
	"option for buffer or segment sizes to at most {half_kib} KiB, if it has one.",
	"kernel/dma/mapping.c dma_max_mapping_size(); kernel/dma/swiotlb.c "
	"swiotlb_max_mapping_size(), 6.12",
},
[REMEDY_POOL_SIZE] = {
	"Boot with swiotlb={advice} ({advice_bytes})[; now the command line asks for "
	"{cmdline_slots} slots].",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(), IO_TLB_SHIFT 11: slots of 2 KiB, 5.4 to 7.1",
},
[REMEDY_POOL_SIZE_FORCED] = {
	"Boot with swiotlb={advice},force ({advice_bytes})[; now the command line asks for "
	"{cmdline_slots} slots].",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(): slots, then \",force\", 5.4 to 6.12",
},
[REMEDY_SHORTER_QUEUES] = {
	"Fewer or shorter queues need less.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(): slots are held from map to unmap, 5.4 to "
	"7.1",
},
[REMEDY_RESTRICTED_POOL] = {
	"The device has a pool of its own (restricted-dma-pool in the device tree), and swiotlb= "
	"does not change its size: enlarge that memory region, or give the device shorter queues.",
	"kernel/dma/swiotlb.c rmem_swiotlb_device_init(): nslabs from rmem->size, 5.15 to 7.1",
},
[REMEDY_SHORTER_RINGS] = {
	"Give that driver fewer or shorter rings.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(): slots are held from map to unmap, 5.4 to "
	"7.1",
},
[REMEDY_ROOM_FOR_RINGS] = {
	"They are held for as long as it runs, so a pool needs room for them beside all other "
	"I/O.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(), 5.4 to 7.1",
},
[REMEDY_SEE_LEAK] = {
	"See mapping-leak: a larger pool would only delay this.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(), 5.4 to 7.1",
},
[REMEDY_HOLDER_FIRST] = {
	"Find out first why {holder1} holds most of it: record all its maps and unmaps. A larger "
	"pool only delays a leak.",
	"kernel/dma/swiotlb.c swiotlb_find_slots(): nothing frees slots but their unmap, 6.12",
},
[REMEDY_HOLDER_STALLED] = {
	"Find out first why {holder1} unmaps nothing any more: it waits for its device, or its "
	"driver leaks. A larger pool would only fill later.",
	"kernel/dma/swiotlb.c swiotlb_find_slots(): nothing frees slots but their unmap, 6.12",
},
[REMEDY_POOL_GROWS] = {
	"This pool grows by itself (CONFIG_SWIOTLB_DYNAMIC), as long as memory can be had where "
	"slots are needed.",
	"kernel/dma/swiotlb.c swiotlb_dyn_alloc(), 6.6 to 7.1",
},
[REMEDY_POOL_ABOVE_MASK] = {
	"Use a device with a wider mask. Kernels with CONFIG_SWIOTLB_DYNAMIC can allocate slots "
	"below it.",
	"kernel/dma/swiotlb.c swiotlb_map(): \"swiotlb addr ... overflow\"; swiotlb_find_slots(): "
	"phys_limit, 6.6 to 7.1",
},
[REMEDY_MEMORY_MULTIPLE] = {
	"Give the guest an amount of memory that is a multiple of the window's page size, or a "
	"smaller pool (swiotlb=<slots>).",
	"arch/powerpc/platforms/pseries/iommu.c tce_setrange_multi_pSeriesLP(), 6.12",
},
[REMEDY_POOL_SMALLER] = {
	"If this load is typical, boot with swiotlb={advice} ({advice_bytes}).",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(), 5.4 to 7.1",
},
[REMEDY_POOL_SMALLER_FORCED] = {
	"If this load is typical, boot with swiotlb={advice},force ({advice_bytes}).",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(), 5.4 to 6.12",
},
[REMEDY_NO_FORCE] = {
	"Unless this is a test, boot without swiotlb=force.",
	"kernel/dma/swiotlb.c setup_io_tlb_npages(): \"force\", 5.4 to 7.1",
},
[REMEDY_WHO_FORCES] = {
	"The command line does not ask for it: a restricted-dma-pool or a module forces it for "
	"the device.",
	"kernel/dma/swiotlb.c rmem_swiotlb_device_init(): force_bounce = true, 5.15 to 7.1",
},
[REMEDY_NOTHING_BROKEN_MASK] = {
	"Nothing is broken. A device that addresses all memory would not be copied.",
	"kernel/dma/direct.h dma_direct_map_page(): dma_capable(), 6.12",
},
[REMEDY_NOTHING_BROKEN_COPY] = {
	"Nothing is broken; each bounce costs a copy. At an external port the kernel copies "
	"because it does not trust the device; otherwise look at the sizes: buffers smaller than a "
	"cache line, or not aligned to one, are copied where DMA is not coherent.",
	"include/linux/dma-map-ops.h dma_kmalloc_needs_bounce(); drivers/iommu/dma-iommu.c "
	"dev_use_swiotlb(), 6.5 to 7.1",
},
[REMEDY_WHOLE_PAGES] = {
	"Nothing is broken: each copy costs time, and keeps the device from the rest of the page. "
	"Requests of whole pages are not copied; nor is anything of a device at an internal port.",
	"drivers/iommu/dma-iommu.c dev_use_swiotlb(), iova_offset(): 5.15 to 7.3",
},
[REMEDY_SEE_POOL] = {
	"It should be bounced: see no-bounce-pool and bounce-not-forced.",
	"kernel/dma/direct.h dma_direct_map_page(): is_swiotlb_force_bounce(), 6.12",
},
[REMEDY_SEE_DECISION] = {
	"See its decision in the report: its mappings should be bounced.",
	"kernel/dma/direct.h dma_direct_map_page(): is_swiotlb_force_bounce(), 6.12",
},
[REMEDY_NO_VIO] = {
	"Use a virtio device on PCI (iommu_platform=on) instead: virtual I/O has the default "
	"window alone, and nothing bounces there.",
	"arch/powerpc/platforms/pseries/vio.c vio_dma_mapping_ops, 6.12",
},
[REMEDY_WIDE_DEVICE] = {
	"Use a device whose driver takes a 64-bit mask, as virtio with iommu_platform=on does.",
	"arch/powerpc/kernel/dma-iommu.c dma_iommu_dma_supported(), 5.9 to 7.1",
},
[REMEDY_NO_DISABLE_DDW] = {
	"Boot without disable_ddw.",
	"arch/powerpc/platforms/pseries/iommu.c disable_ddw_setup(), 5.4 to 7.1",
},
[REMEDY_SEE_DDW] = {
	"It needs a direct window (DDW) to bounce: see ddw-missing.",
	"arch/powerpc/kernel/dma-iommu.c dma_iommu_map_bypass(), 5.9 to 7.1",
},
[REMEDY_LIMITED_WINDOW] = {
	"Some kernels make a window for masks of 33 to 63 bits, where the hypervisor offers DDW "
	"extension 3: look for \"create-pe-dma-window\" in the kernel log.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(): limited_addr_req; "
	"DDW_EXT_LIMITED_ADDR_MODE, 6.15 and stable backports",
},
[REMEDY_COMPARE_WINDOWS] = {
	"Compare the windows in this report with the kernel log (\"ddw\", "
	"\"create-pe-dma-window\"), and report both.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), create_ddw(), 6.12",
},
[REMEDY_ASK_DDW] = {
	"Look in the kernel log for \"create-pe-dma-window ... returned\", and ask for DDW on the "
	"hypervisor's side (QEMU: spapr-pci-host-bridge, ddw=on).",
	"arch/powerpc/platforms/pseries/iommu.c create_ddw(), 6.12; QEMU hw/ppc/spapr_pci.c "
	"property \"ddw\"",
},
[REMEDY_LARGER_WINDOW] = {
	"A direct window has to hold all memory that can be plugged: less maxmem, no persistent "
	"memory, or larger window pages on the hypervisor's side.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), ddw_memory_hotplug_max(), 6.12",
},
[REMEDY_NOTHING_WIDE] = {
	"Nothing to do on current kernels: none of them maps the pool alone. Watch the ledger for "
	"pages that are shared and not the pool.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(): walk_system_ram_range(), 5.4 to 7.1",
},
[REMEDY_SEE_PRIVATE] = {
	"Mappings through TCEs were of private memory: see private-dma.",
	"arch/powerpc/kernel/iommu.c iommu_map_page(), 6.12",
},
[REMEDY_NOTHING_MIXED] = {
	"Nothing is broken; judge its speed by the counts of each path.",
	"arch/powerpc/kernel/dma-iommu.c dma_iommu_map_page(), 5.9 to 7.1",
},
[REMEDY_NO_BALLOON] = {
	"Do without the balloon (libvirt: memballoon model='none'); iommu_platform=on does not "
	"help.",
	"drivers/virtio/virtio_balloon.c virtballoon_validate(): "
	"__virtio_clear_bit(VIRTIO_F_ACCESS_PLATFORM), 5.4 to 7.1",
},
[REMEDY_ACCESS_PCI] = {
	"Give the device iommu_platform=on on the hypervisor's side, and disable-legacy=on if it "
	"is a transitional one.",
	"drivers/virtio/virtio.c virtio_features_ok(), 6.12; QEMU hw/virtio/virtio-pci.c "
	"\"disable-legacy\"",
},
[REMEDY_ACCESS] = {
	"Give the device iommu_platform=on on the hypervisor's side.",
	"drivers/virtio/virtio.c virtio_features_ok(), 6.12; QEMU hw/virtio/virtio.c "
	"\"iommu_platform\"",
},
[REMEDY_TABLE_HOLDER] = {
	"Look for the holder in the ranges, and for a leak.",
	"arch/powerpc/kernel/iommu.c iommu_range_alloc(), 6.12",
},
[REMEDY_WINDOW_OR_QUEUES] = {
	"A dynamic window (DDW), or fewer and shorter queues, help.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), 6.12",
},
[REMEDY_REPORT_ADDRESS] = {
	"Report it with this address: the window is too small, or the range was never part of it. "
	"The hypervisor's log may say more.",
	"arch/powerpc/platforms/pseries/iommu.c tce_build_pSeriesLP(), 6.12",
},
[REMEDY_REPORT_STALE] = {
	"Report it: memory corruption is possible. Removing the device clears its window.",
	"arch/powerpc/platforms/pseries/iommu.c tce_free_pSeriesLP(), remove_ddw(), 6.12",
},
[REMEDY_MULTITCE_OFF] = {
	"Boot with multitce=off, or use a kernel from 5.6 on: those avoid the call in secure "
	"guests.",
	"arch/powerpc/platforms/pseries/setup.c; firmware.c: FW_FEATURE_PUT_TCE_IND cleared in "
	"secure guests, 5.6 to 7.1",
},
[REMEDY_KERNEL_DRIVER] = {
	"Bind it to its kernel driver, whose mappings are bounced. A driver in user space needs "
	"memory that was shared with the hypervisor.",
	"drivers/vfio/vfio_iommu_type1.c vfio_pin_map_dma(); drivers/uio/uio.c, 5.4 to 7.1",
},
[REMEDY_MASK_BEFORE_MAP] = {
	"Its driver has to set the mask before it maps, or unmap first: report it.",
	"Documentation/core-api/dma-api-howto.rst \"DMA addressing capabilities\", 6.12",
},
[REMEDY_REACH_WINDOW] = {
	"Nothing is broken; each such mapping costs a TCE. The hypervisor chooses where the window "
	"lies: only a device and driver with a wider mask can use it.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(): win_addr of "
	"ibm,create-pe-dma-window, 5.4 to 7.3; QEMU hw/ppc/spapr_pci.c dma64_win_addr",
},
[REMEDY_ACCEPT_FIRST] = {
	"Accept the device before its driver is bound (tsm/accept in its folder of sysfs), so that "
	"its memory is mapped once and directly; if it was, report it with this trace.",
	"drivers/base/coco.c device_cc_accept(), include/linux/swiotlb.h "
	"is_swiotlb_force_bounce(): as posted in March 2026",
},
[REMEDY_MEMORY_SHORT] = {
	"Look for allocation failures in the kernel log: memory is short, or the device's "
	"coherent mask leaves little of it.",
	"kernel/dma/direct.c __dma_direct_alloc_pages(), 6.12",
},
[REMEDY_CMA] = {
	"It is no matter of the bounce pool: only CMA gives such blocks. Reserve some "
	"(cma=<size>), or have the driver allocate less at once.",
	"kernel/dma/direct.c __dma_direct_alloc_pages(): dma_alloc_contiguous(), "
	"alloc_pages_node(); include/linux/mmzone.h MAX_PAGE_ORDER, 6.12",
},
[REMEDY_NO_COHERENT_POOL] = {
	"Where a driver may not sleep, as NVMe's for large requests, this kernel has no memory to "
	"give in a secure guest (no CONFIG_DMA_COHERENT_POOL). Use a virtio disk, or smaller "
	"requests: queue/max_sectors_kb.",
	"kernel/dma/direct.c dma_direct_alloc(): dma_direct_use_pool(); kernel/dma/Kconfig "
	"DMA_COHERENT_POOL, 5.10 to 7.2",
},
[REMEDY_COHERENT_POOL] = {
	"Boot with a larger coherent_pool= (for example 4M): where a driver may not sleep, this "
	"memory comes from there. Else memory is short.",
	"kernel/dma/pool.c early_coherent_pool(), atomic_pool_init(), 5.8 to 7.1",
},
[REMEDY_NEEDS_POOL] = {
	"It needs the bounce pool, and that it is forced: see no-bounce-pool, bounce-not-forced.",
	"kernel/dma/direct.h dma_direct_map_page(), 6.12",
},
[REMEDY_BEYOND_MASK] = {
	"Use a device whose driver takes a 64-bit mask: no address of shared memory is within "
	"this one.",
	"arch/arm64/include/asm/mem_encrypt.h dma_addr_unencrypted(); kernel/dma/direct.c, 6.13 "
	"to 7.3",
},
[REMEDY_RECORD] = {
	"`dmascope record` for a while, then `dmascope report`.",
	"-",
},
[REMEDY_POOL_FOR_PORT] = {
	"Boot with swiotlb=force, which makes a pool. Behind an IOMMU nothing else is bounced "
	"for it.",
	"arch/x86/kernel/pci-dma.c pci_swiotlb_detect(); drivers/iommu/dma-iommu.c "
	"dev_use_swiotlb(), 6.12",
},
[REMEDY_OVERFLOW_LOG] = {
	"Look for \"DMA addr ... overflow\" in the kernel log: an address beyond the device's "
	"mask or bus limit is refused when it cannot be bounced.",
	"kernel/dma/direct.h dma_direct_map_page(): \"DMA addr %pad+%zu overflow\", 5.4 to 7.1",
},
[REMEDY_POOL_FILL_LOG] = {
	"Look for \"swiotlb buffer is full\" in the kernel log, which says how many slots were in "
	"use.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(): \"total %lu (slots), used %lu (slots)\", "
	"5.4 to 7.1",
},
[REMEDY_REPORT_MISMATCH] = {
	"A kernel bug, typically after the device's mask or dma_ops changed while mappings were "
	"live: report it with this recording.",
	"arch/powerpc/kernel/dma-iommu.c dma_iommu_unmap_page(), 5.9 to 7.1",
},
[REMEDY_REPORT_PAST_POOL] = {
	"A kernel bug (mapped through the pool, unmapped past it): report it with this recording.",
	"kernel/dma/direct.h dma_direct_unmap_page(), 6.12",
},
[REMEDY_FIND_UNMAP] = {
	"Its driver misses an unmap: look at the oldest ranges of this device.",
	"Documentation/core-api/dma-api-howto.rst \"Using Streaming DMA mappings\", 6.12",
},
[REMEDY_POOL_DELAYS] = {
	"A larger pool only delays it.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(), 5.4 to 7.1",
},
[REMEDY_UNMAP_AT_REMOVE] = {
	"The driver misses unmaps when it lets the device go: slots, table entries and shared "
	"pages stay taken until reboot.",
	"Documentation/core-api/dma-api-howto.rst, 6.12",
},
[REMEDY_DMA_API_DEBUG] = {
	"A driver bug: report it. A kernel with CONFIG_DMA_API_DEBUG prints the place.",
	"kernel/dma/debug.c check_unmap(), 5.4 to 7.1",
},
[REMEDY_MAP_OBJECT] = {
	"A driver bug: report it with its caller. It has to map as many bytes as it allocated. A "
	"kernel with slab_debug=Z, or KASAN, shows what was overwritten.",
	"mm/slub.c setup_slub_debug(), Documentation/mm/slub.rst (slub_debug before 6.6), 6.12",
},
[REMEDY_STOP_BEFORE_UNMAP] = {
	"The driver unmaps memory that the device still uses: it has to wait until the device has "
	"finished, or was stopped, before it unmaps.",
	"Documentation/core-api/dma-api-howto.rst \"Using Streaming DMA mappings\", 6.12",
},
[REMEDY_MAP_DIRECTION] = {
	"Map with the direction of the access, or DMA_BIDIRECTIONAL for both: report it to the "
	"driver.",
	"drivers/iommu/dma-iommu.c dma_info_to_prot(), 5.4 to 7.2",
},
[REMEDY_USE_HANDLE] = {
	"The driver has to give the device the address that dma_map_*() returned, not that of the "
	"memory.",
	"Documentation/core-api/dma-api-howto.rst \"CPU and DMA addresses\", 6.12",
},
[REMEDY_CHECK_ADDRESS] = {
	"Look how the driver fills addresses into the device's descriptors, and whether the device "
	"cuts them off.",
	"Documentation/core-api/dma-api-howto.rst \"DMA addressing capabilities\", 6.12",
},
[REMEDY_WILD_ADDRESS] = {
	"Record again from before its driver is bound, so that all its mappings are known.",
	"drivers/iommu/dma-iommu.c iommu_dma_map_page(), 5.4 to 7.2",
},
[REMEDY_EEH_LOG] = {
	"Read the kernel's log of that time behind \"EEH:\", which has the platform's error log, "
	"and report it to the driver with this recording.",
	"arch/powerpc/kernel/eeh_driver.c eeh_handle_normal_event(), 6.12",
},
[REMEDY_SHARED_HEAP] = {
	"Give this use memory that is shared already, such as the dma-buf heap system_cc_shared; "
	"such memory is mapped with DMA_ATTR_CC_SHARED.",
	"kernel/dma/direct.c dma_direct_map_phys(), 7.0 to 7.3; "
	"drivers/dma-buf/heaps/system_heap.c, 7.1",
},
};

const struct remedy_words *words__remedy(enum remedy r)
{
	return r > REMEDY_NONE && r < REMEDY_MAX ? &remedies[r] : NULL;
}
