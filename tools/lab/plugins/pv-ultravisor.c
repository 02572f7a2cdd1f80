// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plays the s390x ultravisor, so that a stock s390x kernel boots as an IBM Secure Execution
 * (protected virtualization) guest on a stock QEMU. Only what is Secure Execution's is here.
 *
 *   stfle   facility 158 (ultra-call) is added to the list that the guest asked for, just before
 *           the instruction that follows it.
 *   uvc     UVC_CMD_QUI says that sharing calls exist, which makes the kernel a protected guest;
 *           SET and REMOVE_SHARED_ACCESS change the set of shared pages and succeed.
 *
 * Memory is not protected: a device can read a page that was never shared. One vCPU.
 *
 * Log lines, after those of common.h, as pef-ultravisor.c has them:
 *   qui rc=N
 *   share gpa=0x.. pages=1 new=N already=N outside=N shared=N status=N
 *   unshare gpa=0x.. pages=1 new=N already=N outside=N shared=N status=N
 *   uvc cmd=0x.. rc=N				any other
 * status is 0, or 1 when the page is outside RAM.
 *
 * Source: Linux arch/s390/include/asm/uv.h, arch/s390/boot/uv.c.
 */
#include "common.h"
#include "pages.h"

#define UVC_CMD_QUI			0x0001
#define UVC_CMD_SET_SHARED_ACCESS	0x1000
#define UVC_CMD_REMOVE_SHARED_ACCESS	0x1001
#define UVC_RC_EXECUTED			0x0001
#define UVC_RC_INV_CMD			0x0002
#define UVC_RC_INV_ADDR			0x0104
#define UVCB_CMD			2	/* offsets in the control block; big endian */
#define UVCB_RC				4
#define UVCB_QUI_CALLS			16
#define UVCB_SHARE_PADDR		32
#define PSW_CC_SHIFT			44
#define FACILITY_UV_BYTE		(158 / 8)
#define FACILITY_UV_BIT			(0x80 >> 158 % 8)
#define GPRS				16

struct site {
	uint64_t pc;
	unsigned int reg;	/* uvc: the control block's register; stfle: the base's, 0 none */
	unsigned int disp;
};

static struct lab_reg regs[GPRS + 1];
#define PSW_MASK (&regs[GPRS])
static uint64_t facility_list;		/* where a stfle just stored */

static void write_virt(uint64_t addr, const void *src, size_t len)
{
	GByteArray *buf = g_byte_array_new();

	g_byte_array_append(buf, src, len);
	qemu_plugin_write_memory_vaddr(addr, buf);
	g_byte_array_free(buf, TRUE);
}

static uint16_t share(unsigned int cpu, uint64_t uvcb, bool shared)
{
	struct pages_result result;
	uint64_t paddr = 0;

	lab_read_virt(uvcb + UVCB_SHARE_PADDR, &paddr, sizeof(paddr));
	paddr = GUINT64_FROM_BE(paddr);
	result = pages_set(paddr / lab.page_size, 1, shared);
	lab_log(cpu, "%s gpa=%#" PRIx64 " pages=1 new=%" PRIu64 " already=%" PRIu64 " outside=%"
		PRIu64 " shared=%" PRIu64 " status=%d", shared ? "share" : "unshare", paddr,
		result.changed, result.already, result.outside, pages_shared(), !!result.outside);
	return result.outside ? UVC_RC_INV_ADDR : UVC_RC_EXECUTED;
}

static uint16_t execute(unsigned int cpu, uint16_t cmd, uint64_t uvcb)
{
	static const uint8_t guest_calls[] = { 0x80, 0xc0 };	/* QUI; share and unshare */

	switch (cmd) {
	case UVC_CMD_QUI:
		pages_clear();		/* a guest's first call: it has just started */
		write_virt(uvcb + UVCB_QUI_CALLS, guest_calls, sizeof(guest_calls));
		lab_log(cpu, "qui rc=%d", UVC_RC_EXECUTED);
		return UVC_RC_EXECUTED;
	case UVC_CMD_SET_SHARED_ACCESS:
		return share(cpu, uvcb, true);
	case UVC_CMD_REMOVE_SHARED_ACCESS:
		return share(cpu, uvcb, false);
	}
	lab_log(cpu, "uvc cmd=%#x rc=%d", cmd, UVC_RC_INV_CMD);
	return UVC_RC_INV_CMD;
}

static void on_uvc(unsigned int cpu, void *userdata)
{
	const struct site *site = userdata;
	uint64_t uvcb = lab_read(&regs[site->reg]), psw = lab_read(PSW_MASK), cc;
	uint16_t cmd = 0, rc;

	lab_read_virt(uvcb + UVCB_CMD, &cmd, sizeof(cmd));
	lab_lock();
	rc = execute(cpu, GUINT16_FROM_BE(cmd), uvcb);
	lab_unlock();
	cc = rc != UVC_RC_EXECUTED;
	rc = GUINT16_TO_BE(rc);
	write_virt(uvcb + UVCB_RC, &rc, sizeof(rc));
	lab_write(PSW_MASK, (psw & ~(3ull << PSW_CC_SHIFT)) | cc << PSW_CC_SHIFT);
	qemu_plugin_set_pc(site->pc + 4);
}

static void on_stfle(unsigned int cpu, void *userdata)
{
	const struct site *site = userdata;

	(void)cpu;
	facility_list = (site->reg ? lab_read(&regs[site->reg]) : 0) + site->disp;
}

/* Register 0 now holds the number of doublewords the machine has, less one. */
static void after_stfle(unsigned int cpu, void *userdata)
{
	uint64_t addr = facility_list + FACILITY_UV_BYTE;
	uint8_t byte;

	(void)cpu;
	(void)userdata;
	if ((lab_read(&regs[0]) & 0xff) < 2 || !lab_read_virt(addr, &byte, 1))
		return;
	byte |= FACILITY_UV_BIT;
	write_virt(addr, &byte, 1);
}

static void watch(struct qemu_plugin_insn *insn, bool *follows_stfle)
{
	struct site *site;
	uint8_t op[4];

	if (*follows_stfle)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, after_stfle, QEMU_PLUGIN_CB_RW_REGS,
						       NULL);
	*follows_stfle = false;
	if (lab_watch_mark(insn) || qemu_plugin_insn_size(insn) != sizeof(op) ||
	    qemu_plugin_insn_data(insn, op, sizeof(op)) != sizeof(op))
		return;
	if (op[0] == 0xb9 && op[1] == 0xa4) {			/* uvc r1,r2 */
		site = g_new0(struct site, 1);
		site->pc = qemu_plugin_insn_vaddr(insn);
		site->reg = op[3] & 15;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_uvc, QEMU_PLUGIN_CB_RW_REGS_PC,
						       site);
	} else if (op[0] == 0xb2 && op[1] == 0xb0) {		/* stfle d(b) */
		site = g_new0(struct site, 1);
		site->reg = op[2] >> 4;
		site->disp = (op[2] & 15) << 8 | op[3];
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_stfle, QEMU_PLUGIN_CB_R_REGS, site);
		*follows_stfle = true;
	}
}

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	bool follows_stfle = false;

	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		watch(qemu_plugin_tb_get_insn(tb, i), &follows_stfle);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	for (int i = 0; i < GPRS; i++)
		regs[i].name = g_strdup_printf("r%d", i);
	PSW_MASK->name = "pswm";
	if (lab_start(id, info, argc, argv, regs, G_N_ELEMENTS(regs)))
		return -1;
	pages_init(lab.ram, lab.page_size);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
