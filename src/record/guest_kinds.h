/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kinds of guest, each once. The enum in record.h, their names (util/names.c) and the schema are
 * made from this list; their English is in words/guests.c, their evidence in guest/kind.c. Names
 * are in traces: they are never changed.
 *
 * G(id, name, traits)
 */
#ifndef DMASCOPE_GUEST_KINDS_H
#define DMASCOPE_GUEST_KINDS_H

#define GT_SECURE	1	/* its memory is private unless it is shared */
#define GT_C_BIT	2	/* a bit in the DMA address of private memory (AMD's C-bit) */
#define GT_SHARED_BIT	4	/* a bit in the DMA address of shared memory (prot_ns_shared) */
/* A conversion is one ultracall for all of its pages; the kernel hides the status of that. */
#define GT_ULTRACALLS	8
/* Its kernels make a bounce pool only if swiotlb=force asks for it. */
#define GT_POOL_ON_DEMAND	16

/* A share changes the state of a page before it does what may fail. */
#define GT_SHARES_FIRST	32

#define GUEST_KINDS(G)							\
	G(UNKNOWN, "unknown", 0)					\
	G(NONE, "none", 0)		/* not a secure guest */	\
	G(PEF, "pef", GT_SECURE | GT_ULTRACALLS | GT_POOL_ON_DEMAND)	\
	G(SEV, "sev", GT_SECURE | GT_C_BIT)				\
	G(SEV_ES, "sev-es", GT_SECURE | GT_C_BIT)			\
	G(SEV_SNP, "sev-snp", GT_SECURE | GT_C_BIT | GT_SHARES_FIRST)	\
	G(TDX, "tdx", GT_SECURE)					\
	G(S390_PV, "s390 pv", GT_SECURE)				\
	G(CCA, "cca", GT_SECURE | GT_SHARED_BIT)

#endif /* DMASCOPE_GUEST_KINDS_H */
