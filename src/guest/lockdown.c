// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The lockdown mode, from securityfs or the command line. Reading only: where securityfs is not
 * mounted, its file is read through a mount that is attached nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest/fs.h"
#include "guest/lockdown.h"
#include "guest/param.h"

#define LOCKDOWN_FILE	"/sys/kernel/security/lockdown"
#define LOCKDOWN_APART	"securityfs (not mounted; read through a private mount)"

static const char *const mode_names[] = {
	[LOCKDOWN_UNKNOWN] = "",
	[LOCKDOWN_NONE] = "none",
	[LOCKDOWN_INTEGRITY] = "integrity",
	[LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
};

const char *guest_lockdown_name(enum guest_lockdown_mode mode)
{
	return (unsigned int)mode <= LOCKDOWN_CONFIDENTIALITY ? mode_names[mode] : "";
}

static enum guest_lockdown_mode mode_by_name(const char *s, size_t len)
{
	unsigned int i;

	for (i = LOCKDOWN_NONE; i <= LOCKDOWN_CONFIDENTIALITY; i++)
		if (strlen(mode_names[i]) == len && !memcmp(mode_names[i], s, len))
			return i;
	return LOCKDOWN_UNKNOWN;
}

/* "none [integrity] confidentiality": security/lockdown/lockdown.c lockdown_read(), 5.4. */
static enum guest_lockdown_mode parse_file(const char *s)
{
	const char *open = strchr(s, '['), *close = open ? strchr(open, ']') : NULL;

	return close ? mode_by_name(open + 1, close - open - 1) : LOCKDOWN_UNKNOWN;
}

/*
 * A securityfs that no path leads to: nobody else sees it, and it is gone when the descriptors
 * are closed. Needs CAP_SYS_ADMIN. The file's text, or -errno.
 */
static int read_apart(char *buf, size_t len)
{
	int fs = fsopen("securityfs", FSOPEN_CLOEXEC), mnt = -1, n;

	if (fs < 0)
		return -errno;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      MOUNT_ATTR_NOEXEC);
	n = mnt < 0 ? -errno : gfs_read_at(mnt, "lockdown", buf, len);
	if (mnt >= 0)
		close(mnt);
	close(fs);
	return n;
}

/* The mode by the file, wherever it is; 0 or -errno. */
static int from_file(const char *root, struct guest_lockdown *l)
{
	const char *where = LOCKDOWN_FILE;
	char buf[128];
	int n = gfs_read(root, LOCKDOWN_FILE, buf, sizeof(buf)), apart;

	if (n == -ENOENT && gfs_live(root)) {
		apart = read_apart(buf, sizeof(buf));
		if (apart >= 0) {
			n = apart;
			where = LOCKDOWN_APART;
		}
	}
	if (n < 0)
		return n;
	l->mode = parse_file(buf);
	if (l->mode == LOCKDOWN_UNKNOWN)
		return -EINVAL;
	snprintf(l->how, sizeof(l->how), "%s: %s", where, buf);
	return 0;
}

/*
 * Without the file: the parameter is a lower bound, because a configuration
 * (LOCK_DOWN_KERNEL_FORCE_*) or secure boot can have set more, and it has no effect at all if
 * the lockdown LSM is not built or not in lsm=.
 */
static void from_cmdline(const char *root, int err, struct guest_lockdown *l)
{
	char cmdline[4096], value[32];
	const char *why = err == -ENOENT ? "is not there (is securityfs mounted? "
		"mount -t securityfs none /sys/kernel/security)" : strerror(-err);

	if (gfs_read(root, "/proc/cmdline", cmdline, sizeof(cmdline)) >= 0 &&
	    guest_param(cmdline, "lockdown", value, sizeof(value)))
		l->mode = mode_by_name(value, strlen(value));
	if (l->mode)
		snprintf(l->how, sizeof(l->how), "lockdown=%s on the kernel command line; "
			 LOCKDOWN_FILE " %s", value, why);
	else
		snprintf(l->how, sizeof(l->how), LOCKDOWN_FILE " %s", why);
}

int guest_lockdown(const char *root, struct guest_lockdown *l)
{
	int err;

	if (!l)
		return -EINVAL;
	memset(l, 0, sizeof(*l));
	err = from_file(root, l);
	l->sure = !err;
	if (err)
		from_cmdline(root, err, l);
	gfs_copy(l->name, sizeof(l->name), guest_lockdown_name(l->mode));
	return 0;
}
