// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What common.h declares. State here is the log's and the marks', one guest per process. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "profile.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* The instruction does nothing on any processor, and compilers do not emit it. */
struct mark_target {
	const char *target;
	uint8_t insn[8];
	size_t len;
	struct lab_reg regs[3];
};

enum { MAGIC, ARG1, ARG2 };

#define MARK_MAGIC	0x646d612d6d61726bull	/* "dma-mark": label, time */
#define SEND_MAGIC	0x646d612d73656e64ull	/* "dma-send": address, length */
#define OUT_MAGIC	0x646d612d6f757470ull	/* "dma-outp": address, length */
#define COUNT_MAGIC	0x646d612d636f756eull	/* "dma-coun": address of 8 bytes */
#define MARK_LABEL_MAX	8

static struct mark_target mark_targets[] = {
	{ "ppc64", { 0x00, 0x00, 0x31, 0x6a }, 4,	/* xori r17,r17,0, little endian */
	  { { .name = "r3" }, { .name = "r4" }, { .name = "r5" } } },
	{ "x86_64", { 0x0f, 0x1f, 0x80, 'm', 'a', 'r', 'k' }, 7,	/* nopl "mark"(%rax) */
	  { { .name = "rdi" }, { .name = "rsi" }, { .name = "rdx" } } },
	{ "aarch64", { 0x31, 0x02, 0x11, 0xaa }, 4,	/* orr x17,x17,x17 */
	  { { .name = "x0" }, { .name = "x1" }, { .name = "x2" } } },
	{ "s390x", { 0x47, 0x00, 0x0d, 0xad }, 4,	/* bc 0,0xdad */
	  { { .name = "r2" }, { .name = "r3" }, { .name = "r4" } } },
};

struct lab_config lab = { .page_size = 4096 };

static struct mark_target *target;
static struct lab_reg *own_regs;
static size_t own_reg_count;
static FILE *log_file, *xfer_file;
static GMutex lock;
static uint64_t start_ns;
static bool counting;
static qemu_plugin_u64 executed;	/* instructions, per processor */
static struct {
	bool seen;
	uint64_t guest_ns, host_ns;
	void (*first)(void);
	void (*each)(unsigned int cpu);
} last_mark;

static uint64_t host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec - start_ns;
}

void lab_lock(void)
{
	g_mutex_lock(&lock);
}

void lab_unlock(void)
{
	g_mutex_unlock(&lock);
}

bool lab_booting(void)
{
	return !last_mark.seen;
}

void lab_on_first_mark(void (*hook)(void))
{
	last_mark.first = hook;
}

void lab_on_mark(void (*hook)(unsigned int cpu))
{
	last_mark.each = hook;
}

void lab_log(unsigned int cpu, const char *format, ...)
{
	uint64_t now = host_ns();
	va_list args;

	fprintf(log_file, "h=%" PRIu64, now);
	if (last_mark.seen)
		fprintf(log_file, " g=%" PRIu64, last_mark.guest_ns + (now - last_mark.host_ns));
	else
		fputs(" g=-", log_file);
	fprintf(log_file, " cpu=%u ", cpu);
	va_start(args, format);
	vfprintf(log_file, format, args);
	va_end(args);
	fputc('\n', log_file);
	fflush(log_file);
}

static void find_register(const qemu_plugin_reg_descriptor *d, struct lab_reg *regs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (regs[i].found || strcmp(d->name, regs[i].name))
			continue;
		regs[i].handle = d->handle;
		regs[i].found = true;
	}
}

/* A plugin has one callback per event, so this one looks for everybody's registers. */
static void on_vcpu_init(unsigned int cpu, void *userdata)
{
	GArray *all;

	(void)userdata;
	if (cpu)
		return;
	all = qemu_plugin_get_registers();
	for (guint i = 0; i < all->len; i++) {
		qemu_plugin_reg_descriptor *d =
			&g_array_index(all, qemu_plugin_reg_descriptor, i);

		find_register(d, own_regs, own_reg_count);
		if (target)
			find_register(d, target->regs, G_N_ELEMENTS(target->regs));
	}
	g_array_free(all, TRUE);
}

uint64_t lab_read(const struct lab_reg *reg)
{
	GByteArray *buf = g_byte_array_new();
	uint64_t value = 0;

	qemu_plugin_read_register(reg->handle, buf);
	memcpy(&value, buf->data, MIN(buf->len, sizeof(value)));
	g_byte_array_free(buf, TRUE);
	return lab.big_endian ? GUINT64_FROM_BE(value) : value;
}

void lab_write(const struct lab_reg *reg, uint64_t value)
{
	GByteArray *buf = g_byte_array_new();

	if (lab.big_endian)
		value = GUINT64_TO_BE(value);
	g_byte_array_append(buf, (const guint8 *)&value, sizeof(value));
	qemu_plugin_write_register(reg->handle, buf);
	g_byte_array_free(buf, TRUE);
}

static bool copy_out(GByteArray *buf, bool ok, void *dest, size_t len)
{
	ok = ok && buf->len == len;
	if (ok)
		memcpy(dest, buf->data, len);
	g_byte_array_free(buf, TRUE);
	return ok;
}

bool lab_read_phys(uint64_t addr, void *dest, size_t len)
{
	GByteArray *buf = g_byte_array_new();

	return copy_out(buf, !qemu_plugin_read_memory_hwaddr(addr, buf, len), dest, len);
}

bool lab_read_virt(uint64_t addr, void *dest, size_t len)
{
	GByteArray *buf = g_byte_array_new();

	return copy_out(buf, qemu_plugin_read_memory_vaddr(addr, buf, len), dest, len);
}

static void mark(unsigned int cpu, uint64_t packed, uint64_t guest_ns)
{
	char label[MARK_LABEL_MAX + 1] = "", line[128];

	for (int i = 0; i < MARK_LABEL_MAX; i++) {
		char c = packed >> (8 * i);

		if (!c)
			break;
		label[i] = g_ascii_isgraph(c) ? c : '?';
	}
	lab_lock();
	if (!last_mark.seen && last_mark.first)
		last_mark.first();
	last_mark.seen = true;
	last_mark.guest_ns = guest_ns;
	last_mark.host_ns = host_ns();
	if (!strcmp(label, "profile"))
		profile_reset();
	lab_log(cpu, "mark label=%s guest_ns=%" PRIu64, label, guest_ns);
	snprintf(line, sizeof(line), "lab mark %s guest_ns=%" PRIu64 " host_ns=%" PRIu64 "\n",
		 label, guest_ns, last_mark.host_ns);
	qemu_plugin_outs(line);
	if (last_mark.each)
		last_mark.each(cpu);
	lab_unlock();
}

/* What cannot be read stays out of the file; the receiver's checksum tells. */
static void send_memory(uint64_t addr, uint64_t len, FILE *to)
{
	GByteArray *buf = g_byte_array_new();

	lab_lock();
	if (to && qemu_plugin_read_memory_vaddr(addr, buf, len)) {
		fwrite(buf->data, 1, buf->len, to);
		fflush(to);
	}
	lab_unlock();
	g_byte_array_free(buf, TRUE);
}

/* Instructions executed so far, including the one that asks: by all processors, or by `cpu` alone. */
static void tell_count(unsigned int cpu, uint64_t addr, bool own)
{
	uint64_t value = 0;
	GByteArray *buf = g_byte_array_new();

	if (counting)
		value = own ? qemu_plugin_u64_get(executed, cpu) : qemu_plugin_u64_sum(executed);
	profile_asked();
	if (lab.big_endian)
		value = GUINT64_TO_BE(value);
	g_byte_array_append(buf, (const guint8 *)&value, sizeof(value));
	qemu_plugin_write_memory_vaddr(addr, buf);
	g_byte_array_free(buf, TRUE);
}

static void on_mark(unsigned int cpu, void *userdata)
{
	uint64_t magic = lab_read(&target->regs[MAGIC]), arg1 = lab_read(&target->regs[ARG1]),
		 arg2 = lab_read(&target->regs[ARG2]);

	(void)userdata;
	if (magic == MARK_MAGIC)
		mark(cpu, arg1, arg2);
	else if (magic == SEND_MAGIC)
		send_memory(arg1, arg2, xfer_file);
	else if (magic == OUT_MAGIC)
		send_memory(arg1, arg2, stdout);
	else if (magic == COUNT_MAGIC)
		tell_count(cpu, arg1, arg2);
}

void lab_count(struct qemu_plugin_tb *tb)
{
	if (!counting)
		return;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
			qemu_plugin_tb_get_insn(tb, i), QEMU_PLUGIN_INLINE_ADD_U64, executed, 1);
	profile_block(tb);
}

bool lab_watch_mark(struct qemu_plugin_insn *insn)
{
	uint8_t op[sizeof(target->insn)];

	if (!target || qemu_plugin_insn_size(insn) != target->len ||
	    qemu_plugin_insn_data(insn, op, target->len) != target->len ||
	    memcmp(op, target->insn, target->len))
		return false;
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, QEMU_PLUGIN_CB_R_REGS, NULL);
	return true;
}

static void on_exit_of_qemu(void *userdata)
{
	(void)userdata;
	lab_lock();
	if (lab_booting() && last_mark.first)
		last_mark.first();
	lab_log(0, "end");
	profile_end();
	lab_unlock();
}

const char *lab_argument(int argc, char **argv, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, len) && argv[i][len] == '=')
			return argv[i] + len + 1;
	return NULL;
}

static int read_arguments(int argc, char **argv)
{
	const char *ram = lab_argument(argc, argv, "ram");
	const char *page = lab_argument(argc, argv, "page-size");

	lab.log = lab_argument(argc, argv, "log");
	lab.xfer = lab_argument(argc, argv, "xfer");
	if (ram)
		lab.ram = strtoull(ram, NULL, 0);
	if (page)
		lab.page_size = strtoull(page, NULL, 0);
	if (lab.log && lab.ram && lab.page_size && !(lab.page_size & (lab.page_size - 1)))
		return 0;
	fprintf(stderr, "lab plugin: log=FILE, ram=BYTES, page-size=BYTES (a power of 2)\n");
	return -1;
}

int lab_start(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv,
	      struct lab_reg *regs, size_t count)
{
	const char *profile;

	own_regs = regs;
	own_reg_count = count;
	start_ns = host_ns();
	if (read_arguments(argc, argv))
		return -1;
	log_file = fopen(lab.log, "w");
	xfer_file = lab.xfer ? fopen(lab.xfer, "w") : NULL;
	if (!log_file || (lab.xfer && !xfer_file)) {
		perror("lab plugin: log or xfer");
		return -1;
	}
	lab.cpus = info->system.max_vcpus;
	lab.big_endian = !strcmp(info->target_name, "s390x");
	counting = !g_strcmp0(lab_argument(argc, argv, "count"), "on");
	if (counting)
		executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	profile = lab_argument(argc, argv, "profile");
	if (profile && !profile_start(profile))
		return -1;
	for (size_t i = 0; i < G_N_ELEMENTS(mark_targets); i++)
		if (!strcmp(mark_targets[i].target, info->target_name))
			target = &mark_targets[i];
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu_init, NULL);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	lab_log(0, "start target=%s page_size=%" PRIu64 " ram=%" PRIu64, info->target_name,
		lab.page_size, lab.ram);
	return 0;
}
