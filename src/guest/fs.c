// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Small files under a root. No meaning of any file lives here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/fs.h"

#define LOG_MAX			(64UL << 20)
#define SYSLOG_READ_ALL		3	/* include/linux/syslog.h SYSLOG_ACTION_READ_ALL */
#define SYSLOG_SIZE		10	/* SYSLOG_ACTION_SIZE_BUFFER */

bool gfs_live(const char *root)
{
	return !root || !*root;
}

int gfs_path(char *buf, size_t len, const char *root, const char *path)
{
	int n = snprintf(buf, len, "%s%s", root ? root : "", path);

	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

void gfs_copy(char *dst, size_t len, const char *src)
{
	size_t n;

	if (!len)
		return;
	n = strnlen(src, len - 1);
	memmove(dst, src, n);
	dst[n] = '\0';
}

static int read_fd(int fd, char *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = read(fd, buf + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += n;
	}
	return (int)got;
}

int gfs_read_raw_at(int dir, const char *name, void *buf, size_t len)
{
	int fd, n;

	if (len > INT32_MAX)
		return -EINVAL;
	/* Never wait: some files of /dev block, none of ours need to. */
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = read_fd(fd, buf, len);
	close(fd);
	return n;
}

int gfs_read_at(int dir, const char *name, char *buf, size_t len)
{
	int n;

	if (!len)
		return -EINVAL;
	buf[0] = '\0';
	n = gfs_read_raw_at(dir, name, buf, len - 1);
	if (n < 0)
		return n;
	while (n && (buf[n - 1] == '\n' || !buf[n - 1]))
		n--;
	buf[n] = '\0';
	return n;
}

int gfs_read(const char *root, const char *path, char *buf, size_t len)
{
	char full[GFS_PATH_LEN];
	int err = gfs_path(full, sizeof(full), root, path);

	return err ? err : gfs_read_at(AT_FDCWD, full, buf, len);
}

/* Grows *buf until the file ends. */
static int read_growing(int fd, size_t max, char **buf, size_t *len)
{
	size_t room = 64 << 10, got = 0;
	char *more;
	int n;

	*buf = malloc(room + 1);
	if (!*buf)
		return -ENOMEM;
	for (;;) {
		n = read_fd(fd, *buf + got, room - got);
		if (n < 0)
			return n;
		got += n;
		if (got < room)
			break;
		if (room >= max)
			return -EFBIG;
		room *= 2;
		more = realloc(*buf, room + 1);
		if (!more)
			return -ENOMEM;
		*buf = more;
	}
	(*buf)[got] = '\0';
	*len = got;
	return 0;
}

int gfs_read_all(const char *root, const char *path, size_t max, char **out, size_t *len)
{
	char full[GFS_PATH_LEN];
	char *buf = NULL;
	size_t got = 0;
	int fd, err;

	err = gfs_path(full, sizeof(full), root, path);
	if (err)
		return err;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_growing(fd, max, &buf, &got);
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	*out = buf;
	if (len)
		*len = got;
	return 0;
}

static int parse_u64(const char *s, int base, uint64_t *out)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(s, &end, base);
	if (errno || end == s || *s == '-')
		return -EINVAL;
	while (*end == ' ' || *end == '\t' || *end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	*out = v;
	return 0;
}

int gfs_read_u64_at(int dir, const char *name, int base, uint64_t *out)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* One read: a number always comes whole, and there are thousands of them. */
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	return parse_u64(buf, base, out);
}

int gfs_read_u64(const char *root, const char *path, int base, uint64_t *out)
{
	char full[GFS_PATH_LEN];
	int err = gfs_path(full, sizeof(full), root, path);

	return err ? err : gfs_read_u64_at(AT_FDCWD, full, base, out);
}

int gfs_link_name_at(int dir, const char *name, char *buf, size_t len)
{
	char target[GFS_PATH_LEN];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);
	const char *slash;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	gfs_copy(buf, len, slash ? slash + 1 : target);
	return 0;
}

int gfs_opendir(const char *root, const char *path)
{
	char full[GFS_PATH_LEN];
	int fd, err = gfs_path(full, sizeof(full), root, path);

	if (err)
		return err;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool gfs_exists(const char *root, const char *path)
{
	char full[GFS_PATH_LEN];

	return !gfs_path(full, sizeof(full), root, path) && !access(full, F_OK);
}

bool gfs_is_dir(int dir, const struct dirent *de)
{
	struct stat st;

	if (de->d_type != DT_UNKNOWN)
		return de->d_type == DT_DIR;
	return !fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static int live_log(char **out)
{
	int size = klogctl(SYSLOG_SIZE, NULL, 0);
	char *buf;
	int n;

	if (size <= 0 || (size_t)size > LOG_MAX)
		return size < 0 ? -errno : -ENODATA;
	buf = malloc((size_t)size + 1);
	if (!buf)
		return -ENOMEM;
	n = klogctl(SYSLOG_READ_ALL, buf, size);
	if (n < 0) {
		n = -errno;
		free(buf);
		return n;
	}
	buf[n] = '\0';
	*out = buf;
	return 0;
}

int gfs_kernel_log(const char *root, char **out, bool *whole)
{
	char line[64];
	int err;

	if (whole)
		*whole = false;
	if (gfs_live(root))
		err = live_log(out);
	else
		err = gfs_read_all(root, "/var/log/dmesg", LOG_MAX, out, NULL);
	if (err)
		return err;
	/* init/main.c start_kernel() prints the banner before anything else of interest. */
	if (whole)
		*whole = !gfs_log_line(*out, "Linux version ", line, sizeof(line));
	return 0;
}

/* Skips "<6>" and "[    0.000000] ", "[    0.000000][    T0] ". */
static const char *skip_prefix(const char *s, const char *end)
{
	const char *p;

	if (s < end && *s == '<') {
		p = memchr(s, '>', end - s);
		s = p ? p + 1 : s;
	}
	while (s < end && *s == '[') {
		p = memchr(s, ']', end - s);
		if (!p)
			break;
		s = p + 1;
	}
	while (s < end && *s == ' ')
		s++;
	return s;
}

int gfs_log_line(const char *log, const char *what, char *buf, size_t len)
{
	const char *hit = strstr(log, what), *start, *end;
	size_t n;

	if (!hit)
		return -ENOENT;
	for (start = hit; start > log && start[-1] != '\n'; start--)
		;
	end = strchr(hit, '\n');
	if (!end)
		end = hit + strlen(hit);
	start = skip_prefix(start, hit);
	n = end - start;
	if (n >= len)
		n = len - 1;
	memcpy(buf, start, n);
	buf[n] = '\0';
	return 0;
}

uint64_t gfs_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
