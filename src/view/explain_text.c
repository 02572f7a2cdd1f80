// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What each finding means, at length. Only text; versions are those whose source was read (5.4
 * to 7.1 unless it says otherwise).
 */
#include "view/explain_text.h"

const struct explanation explanations[] = {
{
	"no-bounce-pool", "a secure guest without a bounce pool",
	"A secure guest's memory is encrypted or protected; a device may only touch memory that "
	"the guest shares on purpose. That memory is the bounce pool (SWIOTLB). Without it "
	"drivers hand private memory to devices: reads come out as garbage, writes are lost, I/O "
	"hangs.",
	"On pseries (PEF) init_svm() asks for the pool in an early initcall, after mem_init() has "
	"called swiotlb_init() and returned without making one: so from 5.19 on svm=on alone "
	"gives no pool, and from 5.15 to 5.18 a pool whose use is not forced. Up to 5.14 it "
	"worked. On other architectures the pool is missing with swiotlb=noforce, or when no "
	"contiguous memory could be had at boot (\"software IO TLB: No low mem\" in the log).",
	"Boot with swiotlb=force, on PEF beside svm=on. Check the log for \"software IO TLB: "
	"mapped\". If there was no room, ask for a smaller pool: swiotlb=<slots of 2 KiB>,force.",
	"arch/powerpc/platforms/pseries/svm.c init_svm(); arch/powerpc/mm/mem.c; "
	"kernel/dma/swiotlb.c swiotlb_init_remap().",
},
{
	"bounce-not-forced", "a pool, but nothing forces devices to use it",
	"The pool exists and is shared, but the kernel bounces only what a device cannot address. "
	"Everything else goes direct, to private memory.",
	"dma_direct_map_*() bounces when the device's io_tlb_mem has force_bounce set. 5.15 to "
	"5.18 on PEF compute it in swiotlb_init_io_tlb_mem() before init_svm() sets "
	"swiotlb_force, and never again. swiotlb=noforce does the same anywhere.",
	"Boot with swiotlb=force. Remove swiotlb=noforce.",
	"kernel/dma/swiotlb.c, kernel/dma/direct.h is_swiotlb_force_bounce(); "
	"arch/powerpc/platforms/pseries/svm.c.",
},
{
	"request-too-big", "mappings that no bounce pool can hold",
	"One mapping through the pool takes a contiguous run of at most 128 slots of 2 KiB: 256 "
	"KiB. A driver that asks for more fails each time, at any size of the pool and any load. "
	"The log says \"swiotlb buffer is full\", which it is not: look at \"used\" there.",
	"IO_TLB_SEGSIZE (128) times 1 << IO_TLB_SHIFT (2 KiB). A device with a min_align_mask "
	"(NVMe) gets its data as far into a page as the memory was, so 256 KiB that do not start "
	"on a page need more. Drivers learn the limit from dma_max_mapping_size(); some ask the "
	"wrong struct device, or too early. virtio-blk of 7.2 maps 768 KiB and more at once when "
	"its queue allows it, and repeats the failed request for ever.",
	"Limit requests: for a disk write 128 to /sys/block/DISK/queue/max_sectors_kb; for others "
	"the driver's option for segment or buffer sizes. Report it to the driver's maintainers. "
	"swiotlb= with a larger number does not help.",
	"include/linux/swiotlb.h; kernel/dma/swiotlb.c swiotlb_max_mapping_size(); "
	"drivers/virtio/virtio_ring.c virtio_max_dma_size().",
},
{
	"pool-full", "the bounce pool is exhausted",
	"More slots were asked for than were free. The mapping fails; a network driver drops the "
	"packet, a disk driver repeats or fails the request. Nothing on the way to the operator "
	"mentions the pool, except one rate-limited line in the log.",
	"swiotlb_tbl_map_single() found no run of slots in any area and returned ~0. Slots are "
	"held from map to unmap: deep queues, large requests, receive rings and leaks hold them.",
	"The finding names who held the slots when most were in use. Boot with the number of "
	"slots it proposes. If one device's share only grows, see mapping-leak. "
	"CONFIG_SWIOTLB_DYNAMIC lets the pool grow by itself, at the price of conversions.",
	"kernel/dma/swiotlb.c swiotlb_tbl_map_single(), swiotlb_find_slots().",
},
{
	"pool-fragmented", "enough free slots, but not in one run",
	"The pool failed a request although, by count, it had the room. Large mappings need "
	"adjacent slots inside one segment of 256 KiB and one area.",
	"The pool is cut into areas, about one per CPU, and segments of 128 slots; a run never "
	"crosses either. Alignment (min_align_mask of NVMe and others, alloc_align_mask) removes "
	"further places. At 85 % use most segments have no long run left.",
	"A larger pool helps, since it has more empty segments; so do smaller requests "
	"(max_sectors_kb) and fewer areas (swiotlb=<slots>,<areas>).",
	"kernel/dma/swiotlb.c swiotlb_search_pool_area().",
},
{
	"bounce-without-pool", "memory the device cannot address, and no pool",
	"Not a secure guest: this device's mask or bus limit does not reach all memory, and there "
	"is no pool to copy through. Mappings of memory above the limit fail.",
	"dma_direct_map_*(): the address is not dma_capable() and is_swiotlb_active() is false. "
	"Typical after memory was added by hotplug, or with swiotlb=noforce, iommu=off.",
	"Remove swiotlb=noforce; keep memory below the device's limit; or use a device with a "
	"wider mask.",
	"kernel/dma/direct.h dma_direct_map_phys(); kernel/dma/swiotlb.c swiotlb_map().",
},
{
	"private-dma", "a device is given private memory",
	"The mapping is good for the kernel and bad for the device: the memory behind it was never "
	"shared with the hypervisor, so the device sees ciphertext and cannot write what the guest "
	"could read. Rings and packets through such mappings do not work on real hardware. "
	"(An emulated secure guest may let it work.)",
	"On pseries only the direct path bounces. A device without a usable direct window goes "
	"through dma_iommu_map_page/phys(), which sets TCEs for the driver's own pages and shares "
	"nothing; iommu_alloc_coherent() likewise. This is the case feared in the thread that led "
	"to dma_iommu_ops being used in secure guests. Elsewhere it follows from a missing or "
	"unforced pool.",
	"See the device's decision: a small mask (small-mask), no window (ddw-missing), no pool "
	"(no-bounce-pool, bounce-not-forced). Virtual I/O never has one. For virtio on PEF: "
	"iommu_platform=on,disable-legacy=on.",
	"arch/powerpc/kernel/dma-iommu.c; arch/powerpc/kernel/iommu.c; mail thread \"Enable IOMMU "
	"support for pseries Secure VMs\", December 2019.",
},
{
	"virtio-no-access-platform", "virtio past the DMA API in a secure guest",
	"Without the feature VIRTIO_F_ACCESS_PLATFORM (bit 33) a virtio driver puts guest "
	"physical addresses into its rings, without any mapping: nothing is bounced, shared or "
	"put through a TCE. In a secure guest the device reads ciphertext and hangs.",
	"vring_use_dma_api() is false. Some architectures refuse such a device at probe "
	"(virtio_check_mem_acc_cb: \"device must provide VIRTIO_F_ACCESS_PLATFORM\"); powerpc does "
	"not.",
	"On the hypervisor's side give the device iommu_platform=on (QEMU), and disable-legacy=on "
	"so that it is virtio 1. That helps no balloon, whose driver turns the feature off by "
	"itself: do without it (libvirt: memballoon model='none').",
	"drivers/virtio/virtio_ring.c vring_use_dma_api(); drivers/virtio/virtio.c; "
	"drivers/virtio/virtio_balloon.c virtballoon_validate().",
},
{
	"dma-without-tce", "DMA addresses that nothing translates",
	"The device was told an address that no window maps, or whose TCE was never set. The first "
	"access is an error: on pseries EEH freezes the device, sooner or later.",
	"Known ways: a dynamic window found on a second enable_ddw() and taken for a direct one, "
	"so that no TCEs are built (fixed by 3bf983e4e93c); memory added later than the window; "
	"the tail of memory that is no full window page, which the H_PUT_TCE way of filling "
	"leaves out; a secure guest of 5.4.0 to 5.4.19 or 5.5, whose devices have no dma_ops at "
	"all; the bounce pool outside the window.",
	"Compare the windows in the report with what the log says of \"create-pe-dma-window\". "
	"Update the kernel. If it is the tail of memory, choose a memory size that is a multiple "
	"of the window's page.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), tce_setrange_multi_pSeriesLP().",
},
{
	"pool-outside-window", "the bounce pool is not covered by the device's window",
	"The device bounces, but part of the pool lies where its direct window maps nothing. Slots "
	"from there fail at the device.",
	"Direct windows map RAM from address 0 up to its end, in pages of up to 16 GiB; where a "
	"TCE per page is set one by one the last incomplete page is left out. The pool needs no "
	"alignment beyond a page. (The 2^28 boundary that was once suspected is in no code that "
	"was read; the size of a memory block, 256 MiB, is the likely reason for it.)",
	"Choose a memory size that is a multiple of the window's page size, or a smaller pool, "
	"which then lies lower.",
	"arch/powerpc/platforms/pseries/iommu.c; kernel/dma/swiotlb.c.",
},
{
	"freed-while-shared", "shared pages went back to the allocator",
	"The pages are free for anybody in the guest, and the hypervisor still reads and writes "
	"them. The next owner's data is exposed, silently.",
	"set_memory_encrypted() was not called, or failed and the caller freed all the same "
	"(CVE-2024-36909 to -36913 are of this kind). The DMA layer itself leaks such pages on "
	"purpose rather than free them: \"leaking DMA memory that can't be re-encrypted\".",
	"The ledger names who shared them, if stacks were recorded. Report it to that driver. "
	"Until fixed, reboot after use: nothing else makes the pages private for certain.",
	"kernel/dma/direct.c; drivers/hv; CVE-2024-35939.",
},
{
	"unshared-while-mapped", "memory made private under a device",
	"set_memory_encrypted() hit memory that a device still had mapped. Converting zeroes the "
	"page, and from then on the device reads ciphertext.",
	"A driver unshares before it unmaps, or a buffer was mapped twice and unshared at the "
	"first unmap.",
	"Report it to the driver; the event ids show the call. Order: stop the device, unmap, "
	"unshare, free.",
	"Documentation/arch/powerpc/ultravisor.rst (UV_UNSHARE_PAGE); "
	"arch/x86/mm/pat/set_memory.c.",
},
{
	"share-failed", "pages could not be converted",
	"The ultravisor, firmware or hypervisor refused to share pages or to make them private. If "
	"the caller does not notice, devices get private memory, or private data lands on shared "
	"pages.",
	"powerpc: set_memory_decrypted() and _encrypted() drop the ultracall's status and return "
	"0 always; only the ultracall tells. s390: a failure is ignored in 5.4 to 5.15, a panic "
	"later. x86: a real error code, also -EBUSY while kexec stops conversions. "
	"swiotlb_update_mem_attributes() ignores the result everywhere: the boot pool may be "
	"private while bouncing is forced.",
	"Look at the log of the ultravisor or hypervisor. Give the status and the range in the "
	"report.",
	"arch/powerpc/platforms/pseries/svm.c; arch/s390/mm/init.c; arch/x86/mm/pat/set_memory.c.",
},
{
	"tce-refused", "the hypervisor refused to set TCEs",
	"A TCE hcall returned an error. Unless it was a lack of resources, the kernel prints a "
	"rate-limited line at most and tells the driver that the mapping is good; the device then "
	"fails at an address nobody suspects.",
	"tce_build_pSeriesLP() and tce_buildmulti_pSeriesLP() return 0 for every status but "
	"H_NOT_ENOUGH_RESOURCES. H_PARAMETER: the address is outside the window, or the guest "
	"page is not memory the hypervisor accepts. H_P2 to H_P5 name the bad argument.",
	"Report the first failing range with the windows. A firmware that enforces 512 TCEs per "
	"call needs 9d2ccf00bddc.",
	"arch/powerpc/platforms/pseries/iommu.c.",
},
{
	"tce-stale", "TCEs outlived their mapping",
	"The mapping was given back, the TCE is still set: the device can write to memory that "
	"belongs to somebody else by now.",
	"H_STUFF_TCE or H_PUT_TCE refused the clearing (the kernel prints and goes on), or the "
	"clear did not happen at all.",
	"Report it; take it seriously if memory corruption is seen. Removing the device removes "
	"its window.",
	"arch/powerpc/platforms/pseries/iommu.c tce_free_pSeriesLP(), tce_freemulti_pSeriesLP().",
},
{
	"tce-indirect-private", "lists of TCEs in a private page",
	"H_PUT_TCE_INDIRECT hands the hypervisor a page with up to 512 TCEs. In a secure guest "
	"that page is ciphertext to it: it sets garbage.",
	"From 5.6 on firmware.c clears FW_FEATURE_PUT_TCE_IND in secure guests, so that each TCE "
	"is one H_PUT_TCE. 5.4 stable from 5.4.20 on uses dma_iommu_ops in secure guests without "
	"that.",
	"Boot with multitce=off, or use a newer kernel.",
	"arch/powerpc/platforms/pseries/firmware.c; pseries/iommu.c.",
},
{
	"tce-table-full", "no free run of TCEs",
	"The device's table has no free run of entries for a mapping: the mapping fails "
	"(\"iommu_alloc failed\" in the log).",
	"The default window has 1 GiB under KVM, 2 GiB under PowerVM; each mapping takes whole "
	"pages of 4 or 64 KiB, so a 1,500 byte packet holds 64 KiB. The table is split into "
	"pools, and a run does not cross them.",
	"Look for who holds them in the ranges and callers; a leak shows as mapping-leak. A 64-bit "
	"mask with a dynamic window avoids the table.",
	"arch/powerpc/kernel/iommu.c iommu_range_alloc().",
},
{
	"path-mismatch", "mapped one way, unmapped another",
	"The unmap took another way than the map. What the device wrote into a slot is not copied "
	"back; slots and TCEs stay taken. Guests have hung after mounting root this way.",
	"The way is decided anew at unmap from the device's state. If mask, dma_ops or the window "
	"changed while mappings were live, both decisions differ.",
	"Report it with the recording: a kernel bug. Setting masks before any mapping avoids it.",
	"kernel/dma/mapping.c dma_map_direct(); arch/powerpc/kernel/dma-iommu.c.",
},
{
	"not-copied-back", "unmapped, but the bounce slot was not given back",
	"A bounced mapping that the device writes to ends with a copy from the slot to the "
	"driver's memory. Here the unmap came and the slot stayed: the driver reads what was "
	"there before.",
	"swiotlb_tbl_unmap_single() was not called for the mapping: the unmap went past the direct "
	"layer.",
	"Report it with the recording: a kernel bug.",
	"kernel/dma/direct.h dma_direct_unmap_phys(); kernel/dma/swiotlb.c.",
},
{
	"leak-at-remove", "mappings left behind by a device that is gone",
	"The device was removed or its driver unbound, and mappings of it are still live. Their "
	"slots, TCEs and shared pages stay taken until reboot.",
	"The driver misses unmaps on its way out. CONFIG_DMA_API_DEBUG would print \"device "
	"driver has pending DMA allocations\".",
	"Report it to the driver; the event ids show the mappings, their callers stand in the "
	"ranges.",
	"kernel/dma/debug.c dma_debug_device_change().",
},
{
	"api-misuse", "a driver uses the DMA API wrongly",
	"Unmapping what was not mapped, twice, with another size or direction, or unmapping the "
	"error value: all of these corrupt tables or data when the path is not a plain direct "
	"one. They often hide until a guest becomes secure and everything bounces.",
	"The driver does not check dma_mapping_error(), or keeps the wrong length or direction. "
	"Some platforms ignore the arguments, so it was never noticed.",
	"Report it to the driver. A kernel with CONFIG_DMA_API_DEBUG prints a warning with the "
	"stack at the place.",
	"Documentation/core-api/dma-api.rst; kernel/dma/debug.c check_unmap().",
},
{
	"coherent-refused", "coherent memory that the kernel did not give",
	"dma_alloc_coherent() or a dma_pool's growth returned NULL, and no TCE table was full. "
	"Disk drivers ask for such memory while they submit a request (lists of addresses of "
	"NVMe): without it the request is tried again, for ever, and the disk seems to hang.",
	"In a secure guest the memory has to be shared with the hypervisor, which may sleep. "
	"Where the caller may not, it is taken from a pool that was shared before; powerpc and "
	"s390 have none (CONFIG_DMA_COHERENT_POOL is not selected), and warn once from "
	"dma_direct_alloc(); elsewhere the pool may be used up. Otherwise memory is short, or "
	"lies beyond the coherent mask.",
	"powerpc, s390: a virtio disk, or requests of one piece (queue/max_sectors_kb not above "
	"the page size). Elsewhere a larger coherent_pool= on the command line.",
	"kernel/dma/direct.c dma_direct_alloc(), dma_direct_use_pool(); kernel/dma/pool.c.",
},
{
	"map-failed", "mappings refused for another reason",
	"The kernel returned DMA_MAPPING_ERROR, and neither the pool nor a TCE table said no in "
	"the same call.",
	"dma_direct_map_*(): the address is beyond mask or bus limit and cannot be bounced "
	"(DMA_ATTR_MMIO, peer to peer memory, no pool), or a debug check refused it. From "
	"aggregates alone (top) reasons are never known.",
	"Record instead of watching, and look for \"overflow\" lines of the device in the log.",
	"kernel/dma/direct.h; kernel/dma/mapping.c.",
},
{
	"small-mask", "a device with a small mask in a secure pseries guest",
	"The device cannot reach a direct window, which lies high above memory (2^59 under KVM). "
	"Without one it cannot bounce, since bouncing is done on the direct path only; its "
	"mappings go through TCEs to private pages.",
	"Up to 6.14 dma_iommu_dma_supported() gives a window for a 64-bit mask only; from 6.15 on "
	"masks of 33 to 63 bits get a limited-address window (67dfc11982f7). A 32-bit mask never "
	"does. The mask is accepted all the same: a refusal was proposed in 2019 and not merged.",
	"Use another device: virtio with iommu_platform=on, or one with a 64-bit driver.",
	"arch/powerpc/kernel/dma-iommu.c; arch/powerpc/platforms/pseries/iommu.c "
	"iommu_bypass_supported_pSeriesLP().",
},
{
	"ddw-missing", "a 64-bit device without a dynamic window",
	"The device lives in the small default window. In a secure guest it therefore does not "
	"bounce and gets private pages; elsewhere each mapping costs a TCE hcall.",
	"disable_ddw on the command line; the hypervisor offers no window (ddw=off); "
	"create-pe-dma-window failed, after which the device's siblings fail silently too; the "
	"only table is in use and cannot be replaced.",
	"Remove disable_ddw. See the log for \"create-pe-dma-window\" and its return value, and "
	"the hypervisor's configuration.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), create_ddw(), failed_ddw_pdn_list.",
},
{
	"ddw-degraded", "a dynamic window that is not mapped in advance",
	"The window is too small to hold all memory one to one, so it is used as a larger TCE "
	"table: each mapping costs hcalls, and in a secure guest nothing bounces.",
	"Since 5.15 enable_ddw() falls back to a dynamic window when the largest block the "
	"hypervisor offers is smaller than all memory that can be plugged, or persistent memory "
	"reaches higher.",
	"Less maxmem, no ibm,pmemory, or larger pages for the window on the hypervisor's side.",
	"arch/powerpc/platforms/pseries/iommu.c enable_ddw(), ddw_memory_hotplug_max().",
},
{
	"mapping-leak", "mappings that are never given back",
	"The number of live mappings of one caller grows in every interval, and old ones stay. In "
	"the end the pool or the table is full and other devices fail.",
	"The driver misses an unmap on some way, usually an error or a time-out. Raising the pool "
	"only delays it.",
	"The finding names the caller if stacks were recorded. Look at the oldest ranges: size, "
	"direction and age tell which way it is.",
	"Found by comparing live mappings in equal intervals; a filled ring or a rising load does "
	"not raise it.",
},
{
	"share-growth", "ever more memory is shared",
	"Beyond the pool, memory is shared and not taken back, more in every interval. Each page "
	"is one the hypervisor sees; a kexec has to convert them all.",
	"Coherent allocations that are not freed, or a driver that shares buffers and frees them "
	"without unsharing (then freed-while-shared appears too).",
	"Look at the callers in the ledger.",
	"kernel/dma/direct.c dma_set_decrypted(); the ledger.",
},
{
	"conversion-storm", "sharing and unsharing in a hot path",
	"Each conversion is a call into firmware or hypervisor, flushes, and zeroes the page. "
	"Hundreds per second cost more than the I/O they serve.",
	"Coherent memory allocated and freed per request; transient pools of "
	"CONFIG_SWIOTLB_DYNAMIC; drivers that share their own buffers each time.",
	"Allocate once and keep. A larger static pool avoids transient ones. The ledger names the "
	"callers.",
	"kernel/dma/direct.c; kernel/dma/swiotlb.c swiotlb_dyn_alloc().",
},
{
	"pool-pressure", "the bounce pool was nearly full",
	"More than 80 % of the slots were in use at once. Because of areas and segments large "
	"mappings may fail from there on.",
	"See pool-full.",
	"Enlarge the pool before it fails; the finding proposes a number.",
	"kernel/dma/swiotlb.c; debugfs swiotlb/io_tlb_used_hiwater.",
},
{
	"tce-table-pressure", "the TCE table was nearly full",
	"More than 90 % of the device's TCEs were in use at once.",
	"See tce-table-full.",
	"Look for the holder in the ranges before it fails.",
	"arch/powerpc/kernel/iommu.c.",
},
{
	"all-bounced", "everything is copied, though the guest is not secure",
	"swiotlb=force is meant for tests and for secure guests. Here every mapping is copied, for "
	"nothing.",
	"force_bounce of the pool is set.",
	"Remove swiotlb=force, unless it is there for a reason.",
	"kernel/dma/direct.h; Documentation/admin-guide/kernel-parameters.txt.",
},
{
	"mask-below-memory", "memory above the device's reach is copied",
	"The device addresses fewer bits than memory needs, so the kernel copies what lies above. "
	"It works, at the price of the copies and of slots.",
	"dma_capable() is false for the address; dma_direct_map_*() bounces.",
	"Nothing, or a device with a wider mask, or less memory.",
	"kernel/dma/direct.h.",
},
{
	"bounced-unforced", "copied, though neither force nor address asks for it",
	"The device reaches all memory and the pool's use is not forced, and mappings of it are "
	"copied all the same. It works, at the price of the copies and of slots.",
	"Since 6.5 dma_direct_map_*() bounces what kmalloc() gave in pieces smaller than, or not "
	"aligned to, a cache line, where the device is not coherent and reads into it "
	"(dma_kmalloc_needs_bounce()). dma-iommu bounces parts of a page for devices that are not "
	"trusted, as behind Thunderbolt. Xen's dma_ops bounce what is not contiguous for the "
	"machine.",
	"An untrusted device: leave it so, or connect it where the firmware does not call the "
	"port external. Small buffers: a driver that allocates them larger, or once. See the "
	"sizes in the ranges and callers.",
	"kernel/dma/direct.h; include/linux/dma-map-ops.h dma_kmalloc_needs_bounce(); "
	"drivers/iommu/dma-iommu.c dev_use_swiotlb().",
},
{
	"mixed-paths", "one device, several ways",
	"Some mappings of the device go direct (or bounce) and some through TCEs. Its speed, and "
	"in a secure guest its correctness, depend on the address.",
	"A hybrid window maps RAM in advance and takes TCEs for what lies above (persistent "
	"memory); from 7.0 on each mapping is compared with the bus limit; or the mask was raised "
	"after the first mappings.",
	"In a secure guest see private-dma. Otherwise judge by the counts.",
	"arch/powerpc/kernel/dma-iommu.c arch_dma_map_phys_direct(); 1471c517cf7d.",
},
{
	"window-wide", "direct windows map all memory",
	"A secure guest needs its devices to reach the bounce pool, nothing else. The direct "
	"window maps all RAM: if a page is shared by accident, every device of the window reaches "
	"it at once; a narrower window would be a second safeguard.",
	"enable_ddw() fills the window with all memory. Mapping only the pool was considered in "
	"the thread of December 2019 (and what alignment it would need), and not done.",
	"Nothing on current kernels. It is a note so that the numbers can be seen: how much is "
	"mapped, how much of it is shared.",
	"arch/powerpc/platforms/pseries/iommu.c; mail thread \"Enable IOMMU support for pseries "
	"Secure VMs\".",
},
{
	"pool-oversized", "a bounce pool far larger than needed",
	"The pool is taken from the guest's memory at boot, on x86 6 % of it up to 1 GiB. Here "
	"only a small part was ever in use.",
	"swiotlb_adjust_size() by the size of memory; or a generous swiotlb=.",
	"If this load is the usual one, boot with a smaller swiotlb=. Leave room: the high water "
	"of one run is not that of all.",
	"arch/x86/mm/mem_encrypt.c mem_encrypt_setup_arch(); kernel/dma/swiotlb.c.",
},
};

const size_t explanations_count = sizeof(explanations) / sizeof(explanations[0]);
