/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capabilities of this process. Raw capget(2) and capset(2), no libcap. Only loading a program
 * shows whether it loads.
 */
#ifndef DMASCOPE_GUEST_CAPS_H
#define DMASCOPE_GUEST_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of struct guest_caps: 1 << number of include/uapi/linux/capability.h */
#define GUEST_CAP_DAC_OVERRIDE	(1ULL << 1)
#define GUEST_CAP_DAC_READ_SEARCH	(1ULL << 2)
#define GUEST_CAP_FOWNER	(1ULL << 3)
#define GUEST_CAP_SYS_ADMIN		(1ULL << 21)
#define GUEST_CAP_SYS_RESOURCE		(1ULL << 24)
#define GUEST_CAP_SYSLOG		(1ULL << 34)
#define GUEST_CAP_PERFMON		(1ULL << 38)
#define GUEST_CAP_BPF			(1ULL << 39)

struct guest_caps {
	uint64_t effective;
	uint64_t permitted;
	uint64_t known;			/* capabilities this kernel has (cap_last_cap) */
	bool user_ns;			/* in a user namespace of its own: the bits do not count */
};

/* Returns 0 or -errno. Under a copied tree the masks come from <root>/proc/self/status. */
int guest_caps(const char *root, struct guest_caps *caps);

/* (CAP_BPF and CAP_PERFMON) or CAP_SYS_ADMIN: kernel/bpf/syscall.c, bpf_prog_load(), 5.8. */
bool guest_caps_can_trace(const struct guest_caps *caps);

/*
 * The names, joined by ", ", of what is missing for a part of the tool. Both return the
 * number of capabilities missing, 0 = none (and buf is "").
 */
int guest_caps_missing_trace(const struct guest_caps *caps, char *buf, size_t len);
int guest_caps_missing(const struct guest_caps *caps, uint64_t need, char *buf, size_t len);

/* "CAP_BPF" for one bit, "CAP_?" for those without a name here. */
const char *guest_cap_name(uint64_t bit);

/* Until guest_caps_drop(): only what is in `keep` is effective. Returns 0 or -errno. */
int guest_caps_set_aside(uint64_t keep);

/*
 * Gives up every capability not in `keep` (effective, permitted, inheritable, ambient and
 * bounding set) and sets no_new_privs. Cannot be undone. Returns 0 or -errno.
 */
int guest_caps_drop(uint64_t keep);

#endif /* DMASCOPE_GUEST_CAPS_H */
