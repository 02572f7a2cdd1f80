// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Runs a program as a container runtime does, for tests/fleet/test_container: namespaces of its
 * own, a read-only root with proc, a read-only sysfs and one writable folder, and no capabilities
 * but those named. CAP is a number of linux/capability.h.
 * usage: contain ROOT OUT CAP[,CAP] PROGRAM [ARG]...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "contain: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void mount_at(const char *root, const char *dir, const char *type, const char *from,
		     unsigned long flags)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, dir);
	mkdir(path, 0755);
	must(mount(from, path, type, flags, NULL), path);
}

static void make_root(const char *root, const char *out)
{
	char old[256];

	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	/* the root here is rootfs, which cannot be pivoted: a chroot does as well */
	must(mount(root, root, NULL, MS_BIND, NULL), "bind root");
	mount_at(root, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
	mount_at(root, "sys", "sysfs", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	mount_at(root, "dev", "tmpfs", "tmpfs", MS_NOSUID | MS_NOEXEC);
	snprintf(old, sizeof(old), "%s/dev/null", root);
	must(mknod(old, S_IFCHR | 0666, 1 << 8 | 3), "dev/null");
	mount_at(root, "metrics", NULL, out, MS_BIND);
	must(mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
	must(chroot(root) || chdir("/"), "chroot");
}

static void keep_caps(char *list)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	for (char *p = strtok(list, ","); p; p = strtok(NULL, ",")) {
		int cap = atoi(p);

		d[cap / 32].effective |= 1U << cap % 32;
	}
	for (int cap = 0; cap < 64; cap++)
		if (!(d[cap / 32].effective & 1U << cap % 32))
			prctl(PR_CAPBSET_DROP, cap);
	for (int i = 0; i < 2; i++)
		d[i].permitted = d[i].inheritable = d[i].effective;
	must(syscall(SYS_capset, &h, d), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 5) {
		fputs("usage: contain ROOT OUT CAP[,CAP] PROGRAM [ARG]...\n", stderr);
		return 2;
	}
	must(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS),
	     "unshare");
	pid = fork();
	must(pid < 0, "fork");
	if (!pid) {
		make_root(argv[1], argv[2]);
		keep_caps(argv[3]);
		execv(argv[4], argv + 4);
		must(1, argv[4]);
	}
	must(waitpid(pid, &status, 0) < 0, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
