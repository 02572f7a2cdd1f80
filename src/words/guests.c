// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The English of each kind of guest: its name, and what differs in sentences about it. A kind of
 * record/guest_kinds.h that has no case here does not compile.
 */
#include "words/words.h"

#define CIPHERTEXT	"it reads ciphertext, and what it writes is garbage to the guest"
#define FIRMWARE	"hypervisor or firmware"

/*
 * Memory that is shared at boot, before any tool can run, and that no later event shows. Kernel:
 * kernel/dma/pool.c; arch/x86/coco/sev (GHCBs); drivers/irqchip/irq-gic-v3-its.c, its pages are
 * shared from 6.13 on; arch/x86/include/asm/vga.h; arch/powerpc/platforms/pseries/svm.c.
 */
#define AT_BOOT		"memory shared at boot: coherent memory of drivers, the atomic pools"

#define GUEST(id, ...)						\
	case GUEST_##id: {					\
		static const struct guest_words w = { __VA_ARGS__ };	\
		return &w;					\
	}

const struct guest_words *words__guest(const struct rec_session *s)
{
	switch (s ? s->guest : GUEST_UNKNOWN) {
	GUEST(NONE, "not a secure guest", "not a secure guest", CIPHERTEXT, FIRMWARE, AT_BOOT)
	GUEST(PEF, "PEF secure guest", "secure guest (PEF)", CIPHERTEXT, "ultravisor",
	      "pages shared early at boot (lppaca, dispatch log, irq queues)")
	GUEST(SEV, "SEV secure guest", "secure guest (SEV)", CIPHERTEXT, FIRMWARE, AT_BOOT)
	GUEST(SEV_ES, "SEV-ES secure guest", "secure guest (SEV-ES)", CIPHERTEXT, FIRMWARE,
	      AT_BOOT ", the kernel's GHCBs and .bss..decrypted")
	GUEST(SEV_SNP, "SEV-SNP secure guest", "secure guest (SEV-SNP)",
	      "it reads ciphertext, and its writes are stopped", FIRMWARE,
	      AT_BOOT ", the kernel's GHCBs and .bss..decrypted")
	GUEST(TDX, "TDX secure guest", "secure guest (TDX)",
	      "it accesses other memory than the guest, or faults", "hypervisor or TDX module",
	      AT_BOOT ", the VGA text screen")
	GUEST(S390_PV, "Secure Execution guest", "secure guest (Secure Execution)", CIPHERTEXT,
	      "ultravisor", AT_BOOT)
	GUEST(CCA, "CCA realm", "secure guest (CCA realm)", "its accesses end in an abort",
	      "realm management monitor", AT_BOOT ", the interrupt controller's tables")
	GUEST(UNKNOWN, "kind of guest not known", "unknown whether this is a secure guest",
	      CIPHERTEXT, FIRMWARE, AT_BOOT)
	case GUEST_MAX:
		break;
	}
	return words__guest(NULL);
}
