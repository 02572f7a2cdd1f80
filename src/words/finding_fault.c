// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of findings about faults of an IOMMU, and about devices that the platform isolated.
 */
#include "words/tables.h"

#define TIMES		"[at least {?more_faults}]{times fault}"
#define ACCESSED	"[wrote{?writes}][read{?reads}][accessed{!writes}{!reads}]"

const struct finding_words words_fault[] = {
{
	.id = "fault-after-unmap",
	.title = "a device accessed memory that was unmapped",
	.summary = "The device accessed memory after it was unmapped, and the IOMMU refused it: "
		"the driver unmaps what the device still uses.",
	.evidence = TIMES "; at the first the device " ACCESSED
		" {addr}, unmapped {ago} before[, mapped {mapped_dir}]"
		"[ by {caller}][, {size}][; driver {driver}]",
	.means = "The page was mapped for this device, and its mapping ended before the access. "
		"Without an IOMMU the device would have written into memory of somebody else, or "
		"read it.",
	.how = "The driver unmaps a buffer before the device has finished with it, or the device "
		"goes on after a request to stop; a reset that is not waited for does that. With "
		"a lazily flushed domain the device may reach the page for some milliseconds more, "
		"so that only some of these accesses fault.",
	.todo = "Report it to the driver with the recording: the finding names the function that "
		"had mapped the memory, its unmap is the one that comes too early.",
	.sources = "drivers/iommu/dma-iommu.c iommu_dma_unmap_page(); drivers/iommu/intel/dmar.c "
		"dmar_fault(); drivers/iommu/iommu.c report_iommu_fault(); "
		"drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c arm_smmu_evtq_thread(); "
		"drivers/iommu/virtio-iommu.c viommu_fault_handler().",
},
{
	.id = "fault-wrong-direction",
	.title = "a device accessed memory in a direction not mapped",
	.summary = "The device accessed memory in the direction that it was not mapped for, and "
		"the IOMMU refused it.",
	.evidence = TIMES "; at the first the device " ACCESSED " {addr}[, "
		"mapped {mapped_dir}][ by {caller}][, {size}][, unmapped {ago} before][; driver "
		"{driver}]",
	.means = "A mapping to_device lets the device read, one from_device lets it write. "
		"Without an IOMMU nothing stops the other access, and behind a bounce pool what "
		"the device wrote to such memory is lost.",
	.how = "The driver passes the wrong direction to dma_map_*(), or gives the device the "
		"address of another buffer. A device that reads back what it writes, as some do "
		"with descriptors, needs DMA_BIDIRECTIONAL.",
	.todo = "Correct the direction in the function that maps, or report it to the driver.",
	.sources = "drivers/iommu/dma-iommu.c dma_info_to_prot(); "
		"Documentation/core-api/dma-api.rst.",
},
{
	.id = "fault-unmapped",
	.title = "a device accessed an address that was not mapped",
	.summary = "[The device used the physical address of memory that was mapped for it instead "
		"of its DMA address; the IOMMU refused the access.{?mapped_at}][The device "
		"accessed an address where nothing was mapped since it was added, and the IOMMU "
		"refused the access.{?since_added}][The IOMMU refused an access to an address "
		"outside all known mappings; an older one may have covered it.{?may_be_older}]",
	.evidence = TIMES "; at the first the device " ACCESSED " {addr}[, "
		"memory that has the DMA address {mapped_at}][, mapped by {caller}][; driver "
		"{driver}]",
	.means = "No mapping of the recording has the page, neither a live one nor one that was "
		"unmapped. An error only if it is the physical address of the device's own memory; "
		"a warning if the device was added in the recording, so that all its mappings are "
		"known; else a note: a mapping from before the recording began may have had it.",
	.how = "The driver gave the device a physical address instead of the one that dma_map_*() "
		"returned, the device cuts off or misreads addresses, or firmware had set it up "
		"before the kernel took the IOMMU.",
	.todo = "Look how the driver fills the address into its descriptors: only the returned "
		"DMA address may be used. Record from before the driver is bound to know mappings "
		"that are older.",
	.sources = "drivers/iommu/intel/dmar.c dmar_fault(); drivers/iommu/amd/iommu.c "
		"amd_iommu_report_page_fault(); Documentation/core-api/dma-api-howto.rst.",
},
{
	.id = "device-frozen",
	.title = "the platform isolated a device after an error",
	.summary = "The platform isolated the device after an error (EEH): until it is reset, its "
		"DMA is stopped, and its registers read as ones.",
	.evidence = "{times freeze}; the first of PE {addr}[; driver {driver}]",
	.means = "On POWER, the host bridge stops a set of devices (PE) when one of them makes an "
		"error: an access through a TCE that is not there, one in a direction that the "
		"TCE does not allow, a parity error, a time-out. The kernel finds that when a "
		"register reads as ones, asks the platform, resets the devices, and tells their "
		"drivers.",
	.how = "A driver that unmaps memory too early, or gives the device a wrong address, leads "
		"to it as to a fault of an IOMMU; so does broken hardware. The platform does not "
		"report the address to the kernel in a form that is observed here.",
	.todo = "Look for \"EEH: Frozen\" in the kernel's log, and at the platform's error log "
		"behind it.",
	.sources = "arch/powerpc/kernel/eeh.c eeh_dev_check_failure(), 6.12; "
		"arch/powerpc/kernel/eeh_event.c eeh_send_failure_event().",
},
};

const size_t words_fault_count = sizeof(words_fault) / sizeof(words_fault[0]);
