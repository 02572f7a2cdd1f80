/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's BTF, reduced to the types, functions and trace events that this tool asks for. The
 * whole has 130,000 types, which libbpf would copy for each load and search once for each structure
 * that a program reads. What the types mean is not known here: proto.c compares them.
 */
#ifndef DMASCOPE_PROBE_KERNEL_BTF_H
#define DMASCOPE_PROBE_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>

struct kernel_btf {
	struct btf *btf;
	uint32_t *id;		/* in the kernel, of each type of btf; NULL = the same */
	int fd;			/* a file in memory with btf, for libbpf; -1 = none */
	char path[32];		/* of that file; "" = none */
};

#define KERNEL_BTF	"/sys/kernel/btf/vmlinux"

/*
 * Structures and enumerations that programs read: tests/core compares them with the object. And
 * bpf_prog, of which this file reads one member.
 */
extern const char *const kernel_btf_types[];
extern const size_t kernel_btf_types_count;

/*
 * Reads a raw BTF file in this machine's byte order and keeps of it kernel_btf_types and what the
 * catalogue names. The caller frees *out with kernel_btf__free(). 0 or -errno; -EINVAL for a file
 * that is no such BTF, or has a kind of type that is not known.
 */
int kernel_btf__reduce(struct kernel_btf **out, const char *path);

/*
 * The running kernel's, reduced, or whole if that fails; of a path (ELF too) all. 0 or -errno, and
 * errno.
 */
int kernel_btf__read(struct kernel_btf **out, const char *path);

/*
 * True if the kernel has BTF and no other file (path) is to be used instead: then programs can be
 * attached by its numbers of events and functions.
 */
bool kernel_btf__is_own(const char *path);

/* The kernel's number of a type by name and kind; 0 = it has none. */
uint32_t kernel_btf__find(const struct kernel_btf *k, const char *name, uint32_t kind);

/*
 * True if the kernel keeps fentry and fexit programs from running inside themselves, as ours need:
 * bpf_prog.active, 5.12 to 7.3 (ca06f55b9002; kernel/bpf/trampoline.c).
 */
bool kernel_btf__guards_fentry(const struct kernel_btf *k);

void kernel_btf__free(struct kernel_btf *k);

#endif /* DMASCOPE_PROBE_KERNEL_BTF_H */
