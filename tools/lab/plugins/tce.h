/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pseries hypercalls that set translation control entries, as log lines: what the guest
 * asked for, the state of the page it named, and the hypervisor's answer. QEMU's own spapr_iommu
 * trace is the record of what the hypervisor did; this one adds whose page it was.
 *
 *   window liobn=0x.. base=0x.. page_shift=N window_shift=N
 *   tce OP liobn=0x.. ioba=0x.. tce=0x.. n=N size=0x.. page=STATE status=N
 *
 * window: a dynamic window (DDW) was made, by RTAS.
 * OP is put, indirect or stuff. n entries of size bytes each from ioba on: of put and indirect
 * each holds the address size further than the one before, of stuff all hold the same tce.
 * page is the state, when the call was made, of the pages of RAM that the line's entries name:
 * shared, private, outside (of RAM), mixed (some of each), none (no access: cleared entries),
 * plain (the guest is not secure). status is the hypercall's: 0 success.
 *
 * Until the first mark, consecutive puts are one line, with the time of the line's end; after it
 * each hypercall has its own (an indirect one several when its list is not consecutive).
 */
#ifndef LAB_TCE_H
#define LAB_TCE_H

#include "common.h"

/* regs are r3 to r7; state() tells the state of a run of bytes, as above. */
void tce_start(const struct lab_reg *regs, const struct lab_reg *msr,
	       const char *(*state)(uint64_t addr, uint64_t len));
/* To be called on each instruction of a block; index counts from 0, word is its encoding. */
void tce_watch(struct qemu_plugin_insn *insn, size_t index, uint32_t word);

#endif
