// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capabilities of this process by raw system calls.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/caps.h"
#include "guest/fs.h"

static const char *const cap_names[64] = {
	[0] = "CAP_CHOWN", [1] = "CAP_DAC_OVERRIDE", [2] = "CAP_DAC_READ_SEARCH",
	[3] = "CAP_FOWNER", [4] = "CAP_FSETID", [5] = "CAP_KILL", [6] = "CAP_SETGID",
	[7] = "CAP_SETUID", [8] = "CAP_SETPCAP", [9] = "CAP_LINUX_IMMUTABLE",
	[10] = "CAP_NET_BIND_SERVICE", [11] = "CAP_NET_BROADCAST", [12] = "CAP_NET_ADMIN",
	[13] = "CAP_NET_RAW", [14] = "CAP_IPC_LOCK", [15] = "CAP_IPC_OWNER",
	[16] = "CAP_SYS_MODULE", [17] = "CAP_SYS_RAWIO", [18] = "CAP_SYS_CHROOT",
	[19] = "CAP_SYS_PTRACE", [20] = "CAP_SYS_PACCT", [21] = "CAP_SYS_ADMIN",
	[22] = "CAP_SYS_BOOT", [23] = "CAP_SYS_NICE", [24] = "CAP_SYS_RESOURCE",
	[25] = "CAP_SYS_TIME", [26] = "CAP_SYS_TTY_CONFIG", [27] = "CAP_MKNOD",
	[28] = "CAP_LEASE", [29] = "CAP_AUDIT_WRITE", [30] = "CAP_AUDIT_CONTROL",
	[31] = "CAP_SETFCAP", [32] = "CAP_MAC_OVERRIDE", [33] = "CAP_MAC_ADMIN",
	[34] = "CAP_SYSLOG", [35] = "CAP_WAKE_ALARM", [36] = "CAP_BLOCK_SUSPEND",
	[37] = "CAP_AUDIT_READ", [38] = "CAP_PERFMON", [39] = "CAP_BPF",
	[40] = "CAP_CHECKPOINT_RESTORE",
};

const char *guest_cap_name(uint64_t bit)
{
	unsigned int n = bit ? __builtin_ctzll(bit) : 63;

	return cap_names[n] ? cap_names[n] : "CAP_?";
}

static int read_live(struct guest_caps *caps)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &hdr, data))
		return -errno;
	caps->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	caps->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static int status_field(const char *status, const char *name, uint64_t *out)
{
	const char *p = strstr(status, name);
	char *end;

	if (!p)
		return -ENODATA;
	errno = 0;
	*out = strtoull(p + strlen(name), &end, 16);
	return errno || end == p + strlen(name) ? -EINVAL : 0;
}

static int read_status(const char *root, struct guest_caps *caps)
{
	char buf[4096];
	int n = gfs_read(root, "/proc/self/status", buf, sizeof(buf));

	if (n < 0)
		return n;
	n = status_field(buf, "\nCapEff:", &caps->effective);
	return n ? n : status_field(buf, "\nCapPrm:", &caps->permitted);
}

/* The initial user namespace maps every id to itself: "0 0 4294967295". */
static bool in_user_ns(const char *root)
{
	unsigned long in, out, count;
	char buf[128];

	if (gfs_read(root, "/proc/self/uid_map", buf, sizeof(buf)) <= 0)
		return false;
	if (sscanf(buf, "%lu %lu %lu", &in, &out, &count) != 3)
		return true;
	return in != 0 || out != 0 || count != 4294967295UL;
}

int guest_caps(const char *root, struct guest_caps *caps)
{
	uint64_t last = 40;
	int err;

	memset(caps, 0, sizeof(*caps));
	err = gfs_live(root) ? read_live(caps) : read_status(root, caps);
	if (err)
		return err;
	if (gfs_read_u64(root, "/proc/sys/kernel/cap_last_cap", 10, &last) || last > 63)
		last = 40;
	caps->known = last == 63 ? ~0ULL : (1ULL << (last + 1)) - 1;
	caps->user_ns = in_user_ns(root);
	return 0;
}

bool guest_caps_can_trace(const struct guest_caps *caps)
{
	const uint64_t pair = GUEST_CAP_BPF | GUEST_CAP_PERFMON;

	/* bpf_capable() and perfmon_capable() are asked in the initial user namespace. */
	if (caps->user_ns)
		return false;
	return (caps->effective & GUEST_CAP_SYS_ADMIN) || (caps->effective & pair) == pair;
}

int guest_caps_missing(const struct guest_caps *caps, uint64_t need, char *buf, size_t len)
{
	uint64_t lack = need & ~caps->effective;
	size_t used = 0;
	int count = 0;

	if (len)
		buf[0] = '\0';
	for (; lack; lack &= lack - 1, count++) {
		int n;

		if (used >= len)
			continue;
		n = snprintf(buf + used, len - used, "%s%s", count ? ", " : "",
			     guest_cap_name(lack & -lack));
		used += n > 0 ? (size_t)n : 0;
	}
	return count;
}

int guest_caps_missing_trace(const struct guest_caps *caps, char *buf, size_t len)
{
	uint64_t need = GUEST_CAP_BPF | GUEST_CAP_PERFMON;

	if (caps->user_ns) {
		snprintf(buf, len, "CAP_SYS_ADMIN in the initial user namespace");
		return 1;
	}
	/* Before 5.8 there was neither: CAP_SYS_ADMIN did it all. */
	if ((caps->effective & GUEST_CAP_SYS_ADMIN) || (caps->known & need) != need)
		need = GUEST_CAP_SYS_ADMIN;
	return guest_caps_missing(caps, need, buf, len);
}

static int drop_bounding(uint64_t keep)
{
	int i, r;

	for (i = 0; i < 64; i++) {
		r = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		if (r < 0)
			return errno == EINVAL ? 0 : -errno;
		if (!r || (keep >> i & 1))
			continue;
		/* Without CAP_SETPCAP the bounding set stays; the sets below still shrink. */
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) && errno != EPERM)
			return -errno;
	}
	return 0;
}

/* inheritable is emptied; permitted shrinks to `permitted`, and of it `effective` counts */
static int set_caps(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int i;

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &hdr, data))
		return -errno;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(permitted >> (32 * i));
		data[i].effective = data[i].permitted & (uint32_t)(effective >> (32 * i));
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &hdr, data) ? -errno : 0;
}

int guest_caps_set_aside(uint64_t keep)
{
	return set_caps(~0ULL, keep);
}

int guest_caps_drop(uint64_t keep)
{
	int err;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	/* the bounding set asks for CAP_SETPCAP, which may be set aside */
	err = set_caps(~0ULL, ~0ULL);
	if (!err)
		err = drop_bounding(keep);
	if (!err)
		err = set_caps(keep, keep);
	if (err)
		return err;
	/* last: who sees it knows that the rest is done */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
