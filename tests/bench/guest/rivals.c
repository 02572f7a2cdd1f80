// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs in the guest; knows what is attached to the kernel and attaches the rivals of rivals.bpf.c
 * to the same places.
 *
 *   rivals list			the hooks of all tracing links that exist now, a line each
 *   rivals links			how many links there are
 *   rivals maps			bytes that all maps take in the kernel
 *   rivals runs			each program's id, name, runs (kernel.bpf_stats_enabled=1)
 *   rivals empty|floor FILE		attaches to FILE's hooks, says "ready", stays until killed
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define OBJECT "rivals.bpf.o"	/* in the current folder */
#define PREFIX "btf_trace_"

/* include/uapi/linux/bpf.h of 6.6 and later; the build's headers may be older */
#define LINK_TYPE_PERF_EVENT	7
#define PERF_EVENT_KPROBE	3
#define PERF_EVENT_KRETPROBE	4

struct perf_link_info {
	__u32 type, id, prog_id, pad;
	__u32 kind, pad2;
	__u64 func_name;
	__u32 name_len, offset;
	__u64 addr, missed, cookie;
};

union link_info {
	struct bpf_link_info any;
	struct perf_link_info perf;
};

static int die(const char *what)
{
	fprintf(stderr, "rivals: %s: %s\n", what, strerror(errno));
	return 1;
}

static const char *attach_kind(unsigned int type)
{
	switch (type) {
	case BPF_TRACE_RAW_TP: return "tp_btf";
	case BPF_TRACE_FENTRY: return "fentry";
	case BPF_TRACE_FEXIT: return "fexit";
	default: return NULL;
	}
}

static void list_tracing(struct btf *btf, const struct bpf_link_info *info)
{
	const struct btf_type *t = btf__type_by_id(btf, info->tracing.target_btf_id);
	const char *kind = attach_kind(info->tracing.attach_type), *name;

	if (!t || !kind)
		return;
	name = btf__name_by_offset(btf, t->name_off);
	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	printf("%s %s 0\n", kind, name);
}

static void list_perf(const struct perf_link_info *info, const char *name)
{
	if (info->kind == PERF_EVENT_KPROBE)
		printf("kprobe %s %u\n", name, info->offset);
	else if (info->kind == PERF_EVENT_KRETPROBE)
		printf("kretprobe %s 0\n", name);
}

/* The info of a trace event's link does not show it; its program's does. */
static bool with_btf(__u32 prog_id)
{
	struct bpf_prog_info info = {};
	int fd = bpf_prog_get_fd_by_id(prog_id);
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		info.type = 0;
	if (fd >= 0)
		close(fd);
	return info.type == BPF_PROG_TYPE_TRACING;
}

static int list_link(struct btf *btf, int fd)
{
	union link_info info = {};
	__u32 len = sizeof(info);
	char name[128] = "";

	if (bpf_obj_get_info_by_fd(fd, &info.any, &len))
		return -1;
	if (info.any.type == BPF_LINK_TYPE_TRACING) {
		list_tracing(btf, &info.any);
	} else if (info.any.type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
		info.any.raw_tracepoint.tp_name = (__u64)(uintptr_t)name;
		info.any.raw_tracepoint.tp_name_len = sizeof(name);
		if (bpf_obj_get_info_by_fd(fd, &info.any, &len))
			return -1;
		printf("%s %s 0\n", with_btf(info.any.prog_id) ? "tp_btf" : "raw_tp", name);
	} else if (info.any.type == LINK_TYPE_PERF_EVENT) {
		memset(&info, 0, sizeof(info));
		info.perf.func_name = (__u64)(uintptr_t)name;
		info.perf.name_len = sizeof(name);
		len = sizeof(info);
		if (bpf_obj_get_info_by_fd(fd, &info.any, &len))
			return -1;
		list_perf(&info.perf, name);
	}
	return 0;
}

static int list(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int err = 0;
	__u32 id = 0;

	if (!btf)
		return die("BTF");
	while (!err && !bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);

		err = fd < 0 ? -1 : list_link(btf, fd);
		if (fd >= 0)
			close(fd);
	}
	btf__free(btf);
	return err ? die("a link") : 0;
}

/* For waiting until a tool has attached: much cheaper than the list. */
static int links(void)
{
	unsigned int n = 0;
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id))
		n++;
	printf("%u\n", n);
	return 0;
}

/* The memory of a map as the kernel reports it: fdinfo, in bytes. */
static unsigned long long map_memory(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && !bytes && fgets(line, sizeof(line), f))
		sscanf(line, "memlock: %llu", &bytes);
	if (f)
		fclose(f);
	return bytes;
}

static int maps(void)
{
	unsigned long long sum = 0;
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		sum += map_memory(fd);
		close(fd);
	}
	printf("%llu\n", sum);
	return 0;
}

static int runs(void)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			printf("%u %s %llu %llu\n", id, info.name[0] ? info.name : "-",
			       (unsigned long long)info.run_cnt,
			       (unsigned long long)info.recursion_misses);
		close(fd);
	}
	return 0;
}

/*
 * The argument taken for the size of a mapping: the 4th for the events of mapping, the 3rd for
 * functions, none of those that have fewer. It need not be right to cost the same.
 */
static unsigned int size_argument(const char *kind, const char *symbol)
{
	static struct btf *btf;
	const struct btf_type *t;
	int id;

	if (!strcmp(kind, "raw_tp"))
		return 1;
	if (!strcmp(kind, "tp_btf"))
		return strstr(symbol, "dma_map_") ? 3 : 2;
	if (!btf)
		btf = btf__load_vmlinux_btf();
	id = btf__find_by_name_kind(btf, symbol, BTF_KIND_FUNC);
	t = id > 0 ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
	return t && btf_vlen(t) < 3 ? 0 : 2;
}

/* An object for each hook: the same program cannot be loaded for two. */
static struct bpf_program *load(const char *name, const char *kind, const char *symbol)
{
	struct bpf_object *obj = bpf_object__open_file(OBJECT, NULL);
	struct bpf_program *prog = obj ? bpf_object__find_program_by_name(obj, name) : NULL;
	__u32 size_at = size_argument(kind, symbol);
	struct bpf_map *map;

	if (!prog)
		return NULL;
	map = bpf_object__find_map_by_name(obj, ".rodata.size");
	if (!map || bpf_map__set_initial_value(map, &size_at, sizeof(size_at)))
		return NULL;
	if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACING &&
	    bpf_program__set_attach_target(prog, 0, symbol))
		return NULL;
	if (bpf_program__set_autoload(prog, true) || bpf_object__load(obj))
		return NULL;
	return prog;
}

static int attach(const char *mode, const char *kind, const char *symbol, size_t offset)
{
	bool ret = !strcmp(kind, "kretprobe");
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .offset = offset, .retprobe = ret);
	struct bpf_program *prog;
	struct bpf_link *link;
	char name[32];

	/* what a call was asked for is counted once: at its entry */
	snprintf(name, sizeof(name), "%s_%s", ret ? "empty" : mode, ret ? "kprobe" : kind);
	prog = load(name, kind, symbol);
	if (!prog)
		return -1;
	if (strstr(kind, "probe"))
		link = bpf_program__attach_kprobe_opts(prog, symbol, &opts);
	else if (!strcmp(kind, "raw_tp"))
		link = bpf_program__attach_raw_tracepoint(prog, symbol);
	else
		link = bpf_program__attach(prog);
	return link ? 0 : -1;
}

static int stay(const char *mode, const char *file)
{
	char kind[16], symbol[128];
	FILE *f = fopen(file, "r");
	unsigned int offset;

	if (!f)
		return die(file);
	while (fscanf(f, "%15s %127s %u", kind, symbol, &offset) == 3)
		if (attach(mode, kind, symbol, offset))
			return die(symbol);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	libbpf_set_print(quiet);
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc == 2 && !strcmp(argv[1], "links"))
		return links();
	if (argc == 2 && !strcmp(argv[1], "maps"))
		return maps();
	if (argc == 2 && !strcmp(argv[1], "runs"))
		return runs();
	if (argc == 3 && (!strcmp(argv[1], "empty") || !strcmp(argv[1], "floor")))
		return stay(argv[1], argv[2]);
	fprintf(stderr, "usage: rivals list | links | maps | runs | empty|floor FILE\n");
	return 2;
}
