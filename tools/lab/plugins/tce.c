// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What tce.h declares. Nothing about ultracalls. */
#include <string.h>

#include "tce.h"

#define INSN_SC_1		0x44000022u
#define INSN_SC_1_BE		0x22000044u	/* of firmware; a subfic in little endian */
#define MSR_LE			1ull
#define H_PUT_TCE		0x20
#define H_STUFF_TCE		0x138
#define H_PUT_TCE_INDIRECT	0x13C
#define H_RTAS			0xF000
#define TCE_ACCESS		3ull		/* read and write permission */
#define TCE_ADDR		(~0xfffull)
#define LIST_MAX		512		/* entries of an indirect call's page */
#define WINDOWS_MAX		256
#define DEFAULT_SHIFT		12

enum { R3, R4, R5, R6, R7 };

/* A hypercall between its instruction and the next one, per vCPU. */
struct call {
	uint64_t number;		/* 0: none */
	bool big_endian;		/* registers show swapped */
	uint64_t arg[4];
	uint64_t list[LIST_MAX];
};

/* Entries that make one line. */
struct run {
	const char *op, *page;
	uint64_t liobn, ioba, tce, n, size;
	int64_t status;
	unsigned int cpu;
};

/* ibm,create-pe-dma-window as the guest lays it out in memory; big endian. */
struct create_window {
	uint32_t token, nargs, nret;
	uint32_t config, buid[2], page_shift, window_shift;
	uint32_t status, liobn, base[2];
};

#define CREATE_WINDOW_ARGS	5
#define CREATE_WINDOW_RETS	4

static const struct lab_reg *reg, *msr;
static const char *(*page_state)(uint64_t addr, uint64_t len);
static struct call *calls;
static struct run held;			/* until the first mark: not written yet */
static struct {
	uint32_t liobn, shift;
} windows[WINDOWS_MAX];
static unsigned int window_count;

static uint64_t entry_size(uint64_t liobn)
{
	for (unsigned int i = window_count; i--; )
		if (windows[i].liobn == liobn)
			return 1ull << windows[i].shift;
	return 1ull << DEFAULT_SHIFT;
}

static void write_run(const struct run *run)
{
	lab_log(run->cpu, "tce %s liobn=%#" PRIx64 " ioba=%#" PRIx64 " tce=%#" PRIx64
		" n=%" PRIu64 " size=%#" PRIx64 " page=%s status=%" PRId64, run->op, run->liobn,
		run->ioba, run->tce, run->n, run->size, run->page, run->status);
}

static void write_held(void)
{
	if (held.n)
		write_run(&held);
	held.n = 0;
}

/* One more entry at the end of a run; false when it does not belong there. */
static bool extend(struct run *run, const struct run *next)
{
	uint64_t len = run->n * run->size;

	if (!run->n || next->n != 1 || strcmp(run->op, next->op) || run->liobn != next->liobn ||
	    run->size != next->size || run->status != next->status ||
	    next->ioba != run->ioba + len || next->tce != run->tce + len ||
	    !(next->tce & TCE_ACCESS))
		return false;
	if (strcmp(run->page, next->page))
		run->page = "mixed";
	run->n++;
	return true;
}

static void add(const struct run *run)
{
	if (!lab_booting()) {
		write_run(run);
	} else if (!extend(&held, run)) {
		write_held();
		held = *run;
	}
}

static const char *state_of(uint64_t tce, uint64_t size)
{
	return tce & TCE_ACCESS ? page_state(tce & TCE_ADDR, size) : "none";
}

static void finish_indirect(const struct call *call, struct run next)
{
	uint64_t count = MIN(call->arg[3], LIST_MAX);
	struct run run = { 0 };

	next.op = "indirect";
	for (uint64_t i = 0; i < count; i++) {
		next.tce = GUINT64_FROM_BE(call->list[i]);
		next.page = state_of(next.tce, next.size);
		if (!extend(&run, &next)) {
			if (run.n)
				add(&run);
			run = next;
		}
		next.ioba += next.size;
	}
	if (run.n)
		add(&run);
}

static void finish_tce(unsigned int cpu, const struct call *call, int64_t status)
{
	struct run run = {
		.liobn = call->arg[0], .ioba = call->arg[1], .tce = call->arg[2], .n = 1,
		.size = entry_size(call->arg[0]), .status = status, .cpu = cpu,
	};

	if (call->number == H_PUT_TCE_INDIRECT) {
		finish_indirect(call, run);
		return;
	}
	run.op = "put";
	if (call->number == H_STUFF_TCE) {
		run.op = "stuff";
		run.n = call->arg[3];
	}
	run.page = state_of(run.tce, run.size);
	add(&run);
}

/* RTAS tokens are the firmware's choice; this call is known by its shape. */
static void finish_rtas(unsigned int cpu, const struct call *call)
{
	struct create_window w;
	uint32_t liobn, shift;

	if (!lab_read_phys(call->arg[0], &w, sizeof(w)) || w.status ||
	    GUINT32_FROM_BE(w.nargs) != CREATE_WINDOW_ARGS ||
	    GUINT32_FROM_BE(w.nret) != CREATE_WINDOW_RETS)
		return;
	liobn = GUINT32_FROM_BE(w.liobn);
	shift = GUINT32_FROM_BE(w.page_shift);
	if (!liobn || shift < DEFAULT_SHIFT || shift > 34 || window_count == WINDOWS_MAX)
		return;
	windows[window_count].liobn = liobn;
	windows[window_count++].shift = shift;
	write_held();
	lab_log(cpu, "window liobn=%#x base=%#" PRIx64 " page_shift=%u window_shift=%u", liobn,
		(uint64_t)GUINT32_FROM_BE(w.base[0]) << 32 | GUINT32_FROM_BE(w.base[1]), shift,
		GUINT32_FROM_BE(w.window_shift));
}

static uint64_t argument(const struct call *call, unsigned int n)
{
	uint64_t value = lab_read(&reg[n]);

	return call->big_endian ? GUINT64_SWAP_LE_BE(value) : value;
}

/* userdata is the instruction's byte order: what it says only counts when the vCPU agrees. */
static void before_call(unsigned int cpu, void *userdata)
{
	struct call *call = &calls[cpu];

	call->number = 0;
	call->big_endian = !(lab_read(msr) & MSR_LE);
	if (call->big_endian != (userdata != NULL))
		return;
	call->number = argument(call, R3);
	if (call->number != H_PUT_TCE && call->number != H_STUFF_TCE &&
	    call->number != H_PUT_TCE_INDIRECT && call->number != H_RTAS) {
		call->number = 0;
		return;
	}
	for (int i = 0; i < 4; i++)
		call->arg[i] = argument(call, R4 + i);
	if (call->number == H_PUT_TCE_INDIRECT) {
		memset(call->list, 0, sizeof(call->list));
		lab_read_phys(call->arg[2] & TCE_ADDR, call->list, sizeof(call->list));
	}
}

static void after_call(unsigned int cpu, void *userdata)
{
	struct call *call = &calls[cpu];

	(void)userdata;
	if (!call->number)
		return;
	lab_lock();
	if (call->number == H_RTAS)
		finish_rtas(cpu, call);
	else
		finish_tce(cpu, call, argument(call, R3));
	lab_unlock();
	call->number = 0;
}

/* The instruction ends its block, so the one after it is the first of another. */
void tce_watch(struct qemu_plugin_insn *insn, size_t index, uint32_t word)
{
	uint32_t before;

	if (word == INSN_SC_1 || word == INSN_SC_1_BE)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, before_call, QEMU_PLUGIN_CB_R_REGS,
						       word == INSN_SC_1_BE ? &calls : NULL);
	if (index || !lab_read_virt(qemu_plugin_insn_vaddr(insn) - 4, &before, sizeof(before)))
		return;
	before = GUINT32_FROM_LE(before);
	if (before == INSN_SC_1 || before == INSN_SC_1_BE)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, after_call, QEMU_PLUGIN_CB_R_REGS,
						       NULL);
}

void tce_start(const struct lab_reg *regs, const struct lab_reg *msr_reg,
	       const char *(*state)(uint64_t addr, uint64_t len))
{
	reg = regs;
	msr = msr_reg;
	page_state = state;
	calls = g_new0(struct call, lab.cpus);
	lab_on_first_mark(write_held);
}
