/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every plugin of the lab needs: the log, guest registers and memory, marks. Nothing about
 * one kind of secure guest.
 *
 * The log is one line per event, words separated by one space, values as key=value:
 *
 *   h=HOST g=GUEST cpu=N KIND ...
 *
 * h is host nanoseconds since QEMU started. g is the guest's CLOCK_MONOTONIC in nanoseconds,
 * derived from the last mark before the line (the guest's clock runs at the host's pace), or "-"
 * before the first mark. KINDs of this file:
 *
 *   start target=NAME page_size=N ram=N      first line of every log
 *   mark label=TEXT guest_ns=N               a guest process ran lab-mark; guest_ns is its own
 *                                            clock, read just before
 *   end                                      QEMU ended in order; without it the log may be short
 *
 * A mark also goes to QEMU's log, where it stands in order with QEMU's own trace lines:
 *   lab mark LABEL guest_ns=N host_ns=N
 *
 * The same instruction with another number sends a piece of the caller's memory to the file
 * xfer=FILE, or to QEMU's standard output: results leave the guest through no device. Not logged.
 * A third number asks how many instructions the guest has executed (count=on), one by one, kernel
 * and user alike; the answer is stored where the caller says. A program of the guest, or a module
 * in its kernel, so measures a piece of its own way.
 */
#ifndef LAB_COMMON_H
#define LAB_COMMON_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "qemu_plugin_v7.h"

/* A register that the target may not have, found by name when the first vCPU starts. */
struct lab_reg {
	const char *name;
	struct qemu_plugin_register *handle;
	bool found;
};

/* Arguments every plugin takes: log=FILE, xfer=FILE, ram=BYTES, page-size=BYTES, count=on, and
 * with that profile=FILE (profile.h). */
struct lab_config {
	const char *log, *xfer;
	uint64_t ram;
	uint64_t page_size;
	unsigned int cpus;
	bool big_endian;
};

extern struct lab_config lab;

/* Opens the log and has regs looked up. Returns 0, or -1 with the reason on stderr. */
int lab_start(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv,
	      struct lab_reg *regs, size_t count);
/* The value of NAME=value among the arguments, or NULL. */
const char *lab_argument(int argc, char **argv, const char *name);

uint64_t lab_read(const struct lab_reg *reg);
void lab_write(const struct lab_reg *reg, uint64_t value);
/* Guest physical memory, as the guest's byte order has it; false when it is not RAM. */
bool lab_read_phys(uint64_t addr, void *dest, size_t len);
bool lab_read_virt(uint64_t addr, void *dest, size_t len);

/* One log line; the lock keeps a caller's own state and its line together. */
void lab_lock(void);
void lab_unlock(void);
void lab_log(unsigned int cpu, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* True until the first mark. */
bool lab_booting(void);
/* Called, locked, before the line of the first mark is written. */
void lab_on_first_mark(void (*hook)(void));
/* Called, locked, after the line of each mark. */
void lab_on_mark(void (*hook)(unsigned int cpu));

/* Has the instructions of a translated block counted, with count=on. To be called for each. */
void lab_count(struct qemu_plugin_tb *tb);
/* Watches for lab-mark's and lab-send's instruction; true when this is it. */
bool lab_watch_mark(struct qemu_plugin_insn *insn);

#endif
