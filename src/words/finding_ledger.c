// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of findings about pages the hypervisor can see.
 */
#include "words/tables.h"

const struct finding_words words_ledger[] = {
{
	.id = "freed-while-shared",
	.title = "shared pages went back to the allocator",
	.summary = "Pages went back to the allocator while the hypervisor can still access them: "
		"whatever is stored there next is exposed.",
	.evidence = "{pages page}, {bytes}",
	.means = "The pages are free for anybody in the guest, and the hypervisor still reads and "
		"writes them. The next owner's data is exposed, silently.",
	.how = "set_memory_encrypted() was not called, or failed and the caller freed all the "
		"same (CVE-2024-36909 to -36913 are of this kind). The DMA layer itself leaks "
		"such pages on purpose rather than free them: \"leaking DMA memory that can't be "
		"re-encrypted\".",
	.todo = "The ledger names who shared them, if stacks were recorded. Report it to that "
		"driver. Until fixed, reboot after use: nothing else makes the pages private for "
		"certain.",
	.sources = "kernel/dma/direct.c; drivers/hv; CVE-2024-35939.",
},
{
	.id = "unshared-while-mapped",
	.title = "memory made private under a device",
	.summary = "Memory was made private while a device still had it mapped: its content is "
		"lost, and the device goes on using it.",
	.evidence = "{times time}",
	.means = "set_memory_encrypted() was called on memory that a device still had mapped. From "
		"then on the device cannot read it, and what it held is lost: an ultravisor "
		"zeroes it, elsewhere it is read with another key.",
	.how = "A driver unshares before it unmaps, or a buffer was mapped twice and unshared at "
		"the first unmap.",
	.todo = "Report it to the driver; the event ids show the call. Order: stop the device, "
		"unmap, unshare, free.",
	.sources = "Documentation/arch/powerpc/ultravisor.rst (UV_UNSHARE_PAGE); "
		"arch/x86/mm/pat/set_memory.c.",
},
{
	.id = "share-failed",
	.title = "pages could not be converted",
	.summary = "Pages could not be shared or made private again; the kernel may go on as if "
		"they had been.",
	.evidence = "{failed conversion} refused, the last with status {status}[, of {calls "
		"call}][{!calls}; calls were not counted]",
	.means = "The ultravisor, firmware or hypervisor refused to share pages or to make them "
		"private. If the caller does not notice, devices get private memory, or private "
		"data lands on shared pages.",
	.how = "powerpc: set_memory_decrypted() and _encrypted() drop the ultracall's status and "
		"return 0 always; only the ultracall says it. s390: a failure is ignored in 5.4 to "
		"5.15, a panic later. x86: a real error code, also -EBUSY while kexec stops "
		"conversions. swiotlb_update_mem_attributes() ignores the result everywhere: the "
		"boot pool may be private while bouncing is forced.",
	.todo = "Look at the log of the ultravisor or hypervisor. Give the status and the range "
		"in the report.",
	.sources = "arch/powerpc/platforms/pseries/svm.c; arch/s390/mm/init.c; "
		"arch/x86/mm/pat/set_memory.c.",
},
{
	.id = "share-growth",
	.title = "ever more memory is shared",
	.summary = "More and more memory is shared with the hypervisor and not made private "
		"again.",
	.evidence = "shared beyond the pool: {from} {age} ago, {to} now[; {caller_bytes} by "
		"{caller}][; {caller_bytes} by callers not recorded{!caller}][; {caller2_bytes} by "
		"{caller2}][; {caller2_bytes} by callers not recorded{!caller2}]",
	.means = "Beyond the pool, memory is shared and not taken back, more in every interval. "
		"Each page is one the hypervisor sees; a kexec has to convert them all.",
	.how = "Coherent allocations that are not freed, or a driver that shares buffers and "
		"frees them without unsharing (then freed-while-shared appears too).",
	.todo = "Look at the callers in the ledger.",
	.sources = "kernel/dma/direct.c dma_set_decrypted(); the ledger.",
},
{
	.id = "conversion-storm",
	.title = "sharing and unsharing in a hot path",
	.summary = "Memory is shared and unshared in a hot path; each conversion is a call to the "
		"{converter} and flushes caches or the TLB.",
	.evidence = "{rate conversion} in the busiest second, {limit} or more in {busy second}; "
		"{shares} shared, {unshares} made private again",
	.means = "Each conversion is a call into firmware or hypervisor with flushes of the TLB or "
		"of caches; an ultravisor also zeroes the page. Hundreds per second cost more "
		"than the I/O they serve.",
	.how = "Coherent memory allocated and freed per request; transient pools of "
		"CONFIG_SWIOTLB_DYNAMIC; drivers that share their own buffers each time.",
	.todo = "Allocate once and keep. A larger static pool avoids transient ones. The ledger "
		"names the callers.",
	.sources = "kernel/dma/direct.c; kernel/dma/swiotlb.c swiotlb_dyn_alloc().",
},
};

const size_t words_ledger_count = sizeof(words_ledger) / sizeof(words_ledger[0]);
