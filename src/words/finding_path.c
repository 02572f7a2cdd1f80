// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of findings about the path of DMA: private memory, windows, TCEs.
 */
#include "words/tables.h"

const struct finding_words words_path[] = {
{
	.id = "private-dma",
	.title = "a device is given private memory",
	.summary = "The device is given memory that is not shared: {private}.",
	.evidence = "[{maps mapping} of private memory, {bytes}, out of {total}][; their DMA "
		"addresses have the C-bit{?c_bit}][{maps mapping} on a path that never "
		"shares{?counts_only}][{?maps}{?coherent}; ][{coherent coherent allocation} "
		"through TCEs, {coherent_bytes}, which the kernel does not share]",
	.means = "The mapping is good for the kernel and bad for the device: the memory behind it "
		"was never shared with the hypervisor, so the device sees ciphertext, other memory "
		"or an error, by the kind of guest, and cannot write what the guest could read. "
		"Rings and packets through such mappings do not work on real hardware. (An "
		"emulated secure guest may let it work.) It is a "
		"warning where no single mapping was seen: only counts by path, or coherent "
		"memory, which has no mapping of its own.",
	.how = "On pseries only the direct path bounces. A device without a usable direct window "
		"goes through dma_iommu_map_page/phys(), which sets TCEs for the driver's own "
		"pages and shares nothing; iommu_alloc_coherent() likewise. This is the case "
		"feared in the thread that led to dma_iommu_ops being used in secure guests. "
		"Elsewhere it follows from a missing or unforced pool.",
	.todo = "See the device's decision: a small mask (small-mask), no window (ddw-missing), "
		"no pool (no-bounce-pool, bounce-not-forced). Virtual I/O never has one. For "
		"virtio: iommu_platform=on.",
	.sources = "arch/powerpc/kernel/dma-iommu.c; arch/powerpc/kernel/iommu.c; mail thread "
		"\"Enable IOMMU support for pseries Secure VMs\", December 2019.",
},
{
	.id = "virtio-no-access-platform",
	.title = "virtio past the DMA API in a secure guest",
	.summary = "[A virtio balloon bypasses the DMA API: its driver turns ACCESS_PLATFORM off. "
		"In a secure guest the balloon does not work.{?balloon}][This virtio device lacks "
		"ACCESS_PLATFORM, and the kernel refused it for that: it has no "
		"driver.{?refused}{!balloon}][This virtio device lacks ACCESS_PLATFORM: the "
		"driver gives it guest addresses without the DMA API. In a secure guest "
		"{private}.{!refused}{!balloon}]",
	.evidence = "features {features}, bit 33 clear; {maps DMA mapping} seen[; the kernel "
		"refused it (drivers/virtio: \"device must provide "
		"VIRTIO_F_ACCESS_PLATFORM\"){?refused}][; driver {driver}][; driver "
		"none{!driver}]",
	.means = "Without the feature VIRTIO_F_ACCESS_PLATFORM (bit 33) a virtio driver puts "
		"guest physical addresses into its rings, without any mapping: nothing is "
		"bounced, shared or put through a TCE. In a secure guest the device does not reach "
		"the rings and hangs. It is an error where the kernel was seen to refuse the "
		"device.",
	.how = "vring_use_dma_api() is false. x86 and s390 refuse such a device at probe (status "
		"0x83 for the host, \"device must provide VIRTIO_F_ACCESS_PLATFORM\" in the log), "
		"and it stays without a driver; powerpc does not.",
	.todo = "On the hypervisor's side give the device iommu_platform=on (QEMU), on PCI also "
		"disable-legacy=on if it is a transitional one. That helps no balloon, whose "
		"driver turns the feature off by itself: do without it (libvirt: memballoon "
		"model='none').",
	.sources = "drivers/virtio/virtio_ring.c vring_use_dma_api(); drivers/virtio/virtio.c; "
		"drivers/virtio/virtio_balloon.c virtballoon_validate().",
},
{
	.id = "dma-without-tce",
	.title = "DMA addresses that nothing translates",
	.summary = "The device was given DMA addresses that no TCE translates: its accesses will "
		"fail, or EEH freezes it.",
	.evidence = "DMA address {addr}+{length}[, said to go through TCEs, is in no TCE that was "
		"set{?way_tce}][, a bounce slot, is in no window that maps "
		"it{?way_bounced}{!way_tce}][, mapped direct, is in no window that maps "
		"it{!way_bounced}{!way_tce}][; its TCE table is LIOBN {liobn}][; the pool starts "
		"off a 256 MiB boundary{?off_256m}]",
	.means = "The device was given an address that no window maps, or whose TCE was never set. "
		"The first access is an error: on pseries EEH freezes the device, sooner or "
		"later.",
	.how = "Known ways: a dynamic window found on a second enable_ddw() and taken for a "
		"direct one, so that no TCEs are built (fixed by 3bf983e4e93c); memory added "
		"later than the window; the tail of memory that is no full window page, which the "
		"H_PUT_TCE way of filling leaves out; a secure guest of 5.4.0 to 5.4.19 or 5.5, "
		"whose devices have no dma_ops at all; the bounce pool outside the window.",
	.todo = "Compare the windows in the report with what the log says of "
		"\"create-pe-dma-window\". Update the kernel. If it is the tail of memory, choose "
		"a memory size that is a multiple of the window's page.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c enable_ddw(), "
		"tce_setrange_multi_pSeriesLP().",
},
{
	.id = "tce-refused",
	.title = "the hypervisor refused to set TCEs",
	.summary = "The hypervisor refused to set TCEs. Unless it lacked resources, the kernel "
		"reports success to the driver and the device fails later.",
	.evidence = "{failed} refused on LIOBN {liobn}, first at {addr} with {hcall}",
	.means = "A TCE hcall returned an error. Unless it was a lack of resources, the kernel "
		"prints a rate-limited line at most and reports to the driver that the mapping is "
		"good; the device then fails at an address nobody suspects.",
	.how = "tce_build_pSeriesLP() and tce_buildmulti_pSeriesLP() return 0 for every status "
		"but H_NOT_ENOUGH_RESOURCES. H_PARAMETER: the address is outside the window, or "
		"the guest page is not memory the hypervisor accepts. H_P2 to H_P5 name the bad "
		"argument.",
	.todo = "Report the first failing range with the windows. A firmware that enforces 512 "
		"TCEs per call needs 9d2ccf00bddc.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c.",
},
{
	.id = "tce-stale",
	.title = "TCEs outlived their mapping",
	.summary = "TCEs outlived their mapping: the device can still write to memory that was "
		"unmapped and freed.",
	.evidence = "[{failed clearing call} refused on LIOBN {liobn} with {hcall}, first at "
		"{addr}][{?failed}{?stale}; ][{stale}][ or more{?or_more}][{?stale} of the "
		"mappings of LIOBN {liobn} unmapped with the TCEs still set, as at {stale_addr}]",
	.means = "The mapping was unmapped, the TCE is still set: the device can write to "
		"memory that belongs to somebody else by now.",
	.how = "H_STUFF_TCE or H_PUT_TCE refused the clearing (the kernel prints and goes on), or "
		"the clear did not happen at all.",
	.todo = "Report it; take it seriously if memory corruption is seen. Removing the device "
		"removes its window.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c tce_free_pSeriesLP(), "
		"tce_freemulti_pSeriesLP().",
},
{
	.id = "tce-indirect-private",
	.title = "lists of TCEs in a private page",
	.summary = "The kernel passes lists of TCEs to the hypervisor in a page that is not known "
		"to be shared (H_PUT_TCE_INDIRECT): if the page is private, the hypervisor reads "
		"ciphertext and sets wrong TCEs.",
	.evidence = "{times such call} in a secure guest",
	.means = "H_PUT_TCE_INDIRECT hands the hypervisor a page with up to 512 TCEs. In a secure "
		"guest that page is ciphertext to it: it sets garbage.",
	.how = "From 5.6 on firmware.c clears FW_FEATURE_PUT_TCE_IND in secure guests, so that "
		"each TCE is one H_PUT_TCE. 5.4 stable from 5.4.20 on uses dma_iommu_ops in "
		"secure guests without that.",
	.todo = "Boot with multitce=off, or use a newer kernel.",
	.sources = "arch/powerpc/platforms/pseries/firmware.c; pseries/iommu.c.",
},
{
	.id = "tce-table-full",
	.title = "no free run of TCEs",
	.summary = "The device's TCE table has no free run of entries: mappings fail.",
	.evidence = "{failed mapping} failed, sizes up to {size}[; LIOBN {liobn}: {entries entry} "
		"in use, at most {entries_most} of {entries_all}]",
	.means = "The device's table has no free run of entries for a mapping: the mapping fails "
		"(\"iommu_alloc failed\" in the log).",
	.how = "The default window has 1 GiB under KVM, 2 GiB under PowerVM; each mapping takes "
		"whole pages of 4 or 64 KiB, so a 1,500 byte packet holds 64 KiB. The table is "
		"split into pools, and a run does not cross them.",
	.todo = "Look for who holds them in the ranges and callers; a leak shows as mapping-leak. "
		"A 64-bit mask with a dynamic window avoids the table.",
	.sources = "arch/powerpc/kernel/iommu.c iommu_range_alloc().",
},
{
	.id = "small-mask",
	.title = "a device with a small mask in a secure pseries guest",
	.summary = "Its driver sets a {bits}-bit mask, and no direct window lies below that limit: "
		"its DMA goes through TCEs to private pages.",
	.evidence = "mask {mask}[; its TCE table is LIOBN {liobn}]",
	.means = "The device cannot reach a direct window, which lies high above memory (2^59 "
		"under KVM). Without one it cannot bounce, since bouncing is done on the direct "
		"path only; its mappings go through TCEs to private pages.",
	.how = "dma_iommu_dma_supported() gives a direct window for a 64-bit mask. Newer kernels, "
		"and stable ones with the backport, also make a limited-address window for masks "
		"of 33 to 63 bits (67dfc11982f7), if the hypervisor offers DDW extension 3, which "
		"QEMU does not. A 32-bit mask never gets one. The mask is accepted all the same: "
		"a refusal was proposed in 2019 and not merged.",
	.todo = "Use another device: virtio with iommu_platform=on, or one with a 64-bit driver.",
	.sources = "arch/powerpc/kernel/dma-iommu.c; arch/powerpc/platforms/pseries/iommu.c "
		"iommu_bypass_supported_pSeriesLP().",
},
{
	.id = "ddw-missing",
	.title = "a 64-bit device without a dynamic window",
	.summary = "The device asked for 64-bit addresses and has no dynamic window (DDW)[: it "
		"cannot bounce, its pages stay private.{?secure}][: every mapping costs a TCE in "
		"the small default window.{!secure}]",
	.evidence = "only the default window LIOBN {liobn}[; disable_ddw is on the command "
		"line{?disable_ddw}][; a window was asked for and refused {bypass_refused time}]",
	.means = "The device lives in the small default window. In a secure guest it therefore "
		"does not bounce and gets private pages; elsewhere each mapping costs a TCE "
		"hcall.",
	.how = "disable_ddw on the command line; the hypervisor offers no window (ddw=off); "
		"create-pe-dma-window failed, after which the device's siblings fail silently "
		"too; the only table is in use and cannot be replaced.",
	.todo = "Remove disable_ddw. See the log for \"create-pe-dma-window\" and its return "
		"value, and the hypervisor's configuration.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c enable_ddw(), create_ddw(), "
		"failed_ddw_pdn_list.",
},
{
	.id = "ddw-degraded",
	.title = "a dynamic window that is not mapped in advance",
	.summary = "The device's dynamic window is not mapped in advance: each mapping costs "
		"TCEs[, and its pages stay private{?secure}].",
	.evidence = "LIOBN {liobn}, {bytes} at {addr}[, pages of {page_size}][, pages of unknown "
		"size{!page_size}][; RAM ends at {ram_end}]",
	.means = "The window is too small to hold all memory one to one, so it is used as a "
		"larger TCE table: each mapping costs hcalls, and in a secure guest nothing "
		"bounces.",
	.how = "Since 5.15 enable_ddw() falls back to a dynamic window when the largest block the "
		"hypervisor offers is smaller than all memory that can be plugged, or persistent "
		"memory reaches higher.",
	.todo = "Less maxmem, no ibm,pmemory, or larger pages for the window on the hypervisor's "
		"side.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c enable_ddw(), "
		"ddw_memory_hotplug_max().",
},
{
	.id = "tce-table-pressure",
	.title = "the TCE table was nearly full",
	.summary = "The device's TCE table was nearly full: mappings will soon fail.",
	.evidence = "LIOBN {liobn}: {entries_most} of {entries_all entry} in use at worst",
	.means = "More than 90 % of the device's TCEs were in use at once.",
	.how = "See tce-table-full.",
	.todo = "Look for the holder in the ranges before it fails.",
	.sources = "arch/powerpc/kernel/iommu.c.",
},
{
	.id = "mixed-paths",
	.title = "one device, several ways",
	.summary = "The device's mappings take more than one path; each is decided by its "
		"address.",
	.evidence = "{direct_maps} direct, {bounced_maps} bounced, {tce_maps} through TCEs[; bus "
		"limit {bus_limit}]",
	.means = "Some mappings of the device go direct (or bounce) and some through TCEs. Its "
		"speed, and in a secure guest its correctness, depend on the address.",
	.how = "A hybrid window maps RAM in advance and takes TCEs for what lies above "
		"(persistent memory); from 7.0 on each mapping is compared with the bus limit; or "
		"the mask was raised after the first mappings.",
	.todo = "In a secure guest see private-dma. Otherwise judge by the counts.",
	.sources = "arch/powerpc/kernel/dma-iommu.c arch_dma_map_phys_direct(); 1471c517cf7d.",
},
{
	.id = "unexpected-path",
	.title = "mappings took another path than predicted",
	.summary = "dmascope expected this device's mappings on another path: what it says of this "
		"kernel's decisions is in doubt.",
	.evidence = "expected {predicted}; {times mapping} went {seen}; kernel {kernel}",
	.means = "The decision that dmascope shows comes from the rules of the kernels it was "
		"written for. Here the kernel did something else, and what was seen counts: errors "
		"and warnings that rest on that decision alone are not reported.",
	.how = "A kernel newer than those that were tested, a vendor's change, or a state that "
		"changed unseen between the snapshot and the mappings.",
	.todo = "Send the trace. dmascope doctor says which kernels were tested.",
	.sources = "kernel/dma/mapping.c; kernel/dma/direct.c; arch/powerpc/kernel/dma-iommu.c.",
},
{
	.id = "window-wide",
	.title = "direct windows map all memory",
	.summary = "Direct windows map all memory, though devices may only use the shared part: a "
		"page shared by accident is at once in every device's reach.",
	.evidence = "{windows window} of {bytes} mapped RAM, {shared} of it shared",
	.means = "A secure guest needs its devices to reach the bounce pool, nothing else. The "
		"direct window maps all RAM: if a page is shared by accident, every device of the "
		"window reaches it at once; a narrower window would be a second safeguard.",
	.how = "enable_ddw() fills the window with all memory. Mapping only the pool was "
		"considered in the thread of December 2019 (and what alignment it would need), "
		"and not done.",
	.todo = "Nothing on current kernels. It is a note so that the numbers can be seen: how "
		"much is mapped, how much of it is shared.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c; mail thread \"Enable IOMMU support "
		"for pseries Secure VMs\".",
},
{
	.id = "userspace-driver",
	.title = "a device of a driver in user space, in a secure guest",
	.summary = "A driver in user space has the device: it maps memory of a process, which is "
		"private, and the device cannot access it: {private}.",
	.evidence = "driver {driver}[; its mappings pass no hook and are not observed{!maps}][; it "
		"mapped {maps range}, {bytes} are mapped now]",
	.means = "vfio and uio hand a device to a process (DPDK, SPDK). The process tells the "
		"device addresses of its own memory. That memory is private in a secure guest, "
		"and nothing bounces it.",
	.how = "vfio maps pages of the process into an IOMMU, or none is there (noiommu, uio) and "
		"the process uses guest addresses. Neither passes the DMA API, so neither is "
		"bounced or shared. What vfio and iommufd map is seen where iommu_map() can be "
		"hooked; noiommu and uio map nothing.",
	.todo = "Bind the device to its kernel driver. A driver in user space needs memory that "
		"was shared for it, as from the dma-buf heap system_cc_shared of kernels from 7.1 "
		"on.",
	.sources = "drivers/vfio/vfio_iommu_type1.c; drivers/uio/uio_pci_generic.c; "
		"drivers/dma-buf/heaps/system_heap.c.",
},
{
	.id = "mapped-beyond-mask",
	.title = "live mappings above the mask of their device",
	.summary = "Live mappings of the device lie beyond its mask: it cannot drive these "
		"addresses, and accesses other memory or nothing.",
	.evidence = "{maps mapping} above the {bits}-bit mask {mask}, the first at {addr}[; "
		"driver {driver}]",
	.means = "The driver told the kernel how many address bits its device has, and the device "
		"holds addresses with more. It cuts them off, or faults.",
	.how = "The mask was narrowed after these mappings were made, typically from 64 bits "
		"after a direct window at 1 << 59 was in use. The kernel compares addresses with "
		"the mask when it maps, and not again.",
	.todo = "Set the mask before the first mapping. Report it to the maintainers of the "
		"driver.",
	.sources = "kernel/dma/mapping.c dma_set_mask(); include/linux/dma-direct.h "
		"dma_capable().",
},
{
	.id = "accepted-bounced",
	.title = "an accepted device that is bounced",
	.summary = "The guest has accepted the device (TDISP), so that it reaches private memory; "
		"its mappings are copied through the pool all the same.",
	.evidence = "{maps mapping} bounced since it was accepted, {direct_maps} direct[; driver "
		"{driver}]",
	.means = "The device was verified and may read and write private memory: no copy is "
		"needed, and what is copied into the pool is shared with the hypervisor. It "
		"works, slower and less secret than it could.",
	.how = "Its state of acceptance was changed while its driver had it, the driver or its "
		"pool asks for bounces (a restricted pool), or the kernel forces them for all "
		"devices.",
	.todo = "Accept a device before its driver is bound. An accepted device whose mappings go "
		"direct is as it should be, and has no finding.",
	.sources = "drivers/base/base.h device_private.cc_accepted, drivers/base/coco.c, posted "
		"with the TDISP series of March 2026; no release up to 7.3 has them.",
},
{
	.id = "window-above-mask",
	.title = "a direct window above what the device drives",
	.summary = "The device has a direct window that its {bits}-bit mask does not reach[ beyond "
		"the first {reached}]: what it maps from now on goes through TCEs instead.",
	.evidence = "mask {mask}; the window, LIOBN {liobn}, begins at {addr}; {direct_maps} "
		"direct, {tce_maps} through TCEs",
	.means = "The direct window maps all memory, at addresses with more bits than the device "
		"drives: as 1 << 59, where KVM and PowerVM put it. A device that uses such an "
		"address all the same cuts it off and accesses other memory, or its slot is "
		"frozen (EEH). The kernel compares with the mask and takes the default window, "
		"which is small, and where each mapping costs an hcall.",
	.how = "The window was made when a driver asked for 64 bits, or by an earlier kernel or "
		"driver, for a device of the same partitionable endpoint; then a smaller mask was "
		"set. Some GPUs drive 47 bits.",
	.todo = "Compare the mask with what the device's manual says. Where both are right, "
		"nothing has to be done; see mapped-beyond-mask for mappings that are too high.",
	.sources = "arch/powerpc/platforms/pseries/iommu.c enable_ddw(), "
		"iommu_bypass_supported_pSeriesLP(); arch/powerpc/kernel/dma-iommu.c "
		"dma_iommu_dma_supported(), 5.4 to 7.3.",
},
};

const size_t words_path_count = sizeof(words_path) / sizeof(words_path[0]);
