/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small files under a root: paths, whole-file reads, numbers, link names, the kernel log and
 * the clock. Private to src/guest; knows nothing of what the files mean.
 */
#ifndef DMASCOPE_GUEST_FS_H
#define DMASCOPE_GUEST_FS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GFS_PATH_LEN	1024

/* True for the machine itself: only then may running CPU and kernel be asked. */
bool gfs_live(const char *root);

/* root + path. -ENAMETOOLONG rather than a cut path. */
int gfs_path(char *buf, size_t len, const char *root, const char *path);

/*
 * Reads a file into buf, NUL-terminated, trailing newlines cut; longer files are cut to len - 1
 * bytes. Returns the number of bytes or -errno. gfs_read_at() is relative to a directory.
 */
int gfs_read(const char *root, const char *path, char *buf, size_t len);
int gfs_read_at(int dir, const char *name, char *buf, size_t len);

/* As it is, nothing cut but what exceeds len. Returns the number of bytes or -errno. */
int gfs_read_raw_at(int dir, const char *name, void *buf, size_t len);

/* A whole file of up to max bytes, NUL-terminated; the caller frees *out. 0 or -errno. */
int gfs_read_all(const char *root, const char *path, size_t max, char **out, size_t *len);

/* A number in the given base (0: by prefix). 0, -EINVAL, or -errno. */
int gfs_read_u64(const char *root, const char *path, int base, uint64_t *out);
int gfs_read_u64_at(int dir, const char *name, int base, uint64_t *out);

/* The last component of a link's target. 0 or -errno. */
int gfs_link_name_at(int dir, const char *name, char *buf, size_t len);

/* Opens a directory; a negative errno otherwise. */
int gfs_opendir(const char *root, const char *path);

bool gfs_exists(const char *root, const char *path);

/* Is a directory itself (not a link to one); no system call if the directory entry has the type. */
bool gfs_is_dir(int dir, const struct dirent *de);

/*
 * The kernel log as text, one message a line, prefixes as the kernel gave them; the caller
 * frees *out. *whole (may be NULL): it still begins at boot. Live: syslog(2), which needs
 * CAP_SYSLOG where dmesg_restrict is set; else <root>/var/log/dmesg. 0 or -errno.
 */
int gfs_kernel_log(const char *root, char **out, bool *whole);

/* The line of the log that holds `what`, without prefix and newline. 0 or -ENOENT. */
int gfs_log_line(const char *log, const char *what, char *buf, size_t len);

/* CLOCK_MONOTONIC, ns. */
uint64_t gfs_now(void);

/* Copies with cut; always terminates. */
void gfs_copy(char *dst, size_t len, const char *src);

#endif /* DMASCOPE_GUEST_FS_H */
