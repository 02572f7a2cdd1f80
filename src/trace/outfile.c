// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A file that gets its name only when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/outfile.h"

int outfile_fail(int code, char *err, size_t err_len, const char *fmt, ...)
{
	va_list ap;

	if (!err || !err_len)
		return code;
	va_start(ap, fmt);
	vsnprintf(err, err_len, fmt, ap);
	va_end(ap);
	return code;
}

/* The final name must be free or, with force, a regular file. */
static int check_target(const char *path, bool force, char *err, size_t len)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
		       outfile_fail(-errno, err, len, "%s: %s", path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return outfile_fail(-ELOOP, err, len, "%s is a symbolic link, which is never "
				    "written through", path);
	if (!S_ISREG(st.st_mode))
		return outfile_fail(-EINVAL, err, len, "%s is not a regular file; use -o - and "
				    "redirect", path);
	if (!force)
		return outfile_fail(-EEXIST, err, len, "%s exists; -f replaces it", path);
	return 0;
}

/* With force: an old .partial goes, unless somebody still writes it. */
static int clear_partial(const char *partial, char *err, size_t len)
{
	int fd = open(partial, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(fd);
		return outfile_fail(-EBUSY, err, len, "%s is being written by another dmascope",
				    partial);
	}
	if (fd >= 0)
		close(fd);
	if (unlink(partial) && errno != ENOENT)
		return outfile_fail(-errno, err, len, "%s: cannot be removed: %s", partial,
				    strerror(errno));
	return 0;
}

static int open_partial(struct outfile *f, mode_t mode, char *err, size_t len)
{
	int ret = check_target(f->path, f->force, err, len);

	if (!ret && f->force)
		ret = clear_partial(f->partial, err, len);
	if (ret)
		return ret;
	f->fd = open(f->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (f->fd >= 0) {
		flock(f->fd, LOCK_EX | LOCK_NB);	/* only for clear_partial() of others */
		return 0;
	}
	if (errno == EEXIST)
		return outfile_fail(-EEXIST, err, len, "%s exists, from a recording that runs or "
				    "did not end; -f removes it", f->partial);
	return outfile_fail(-errno, err, len, "%s: %s", f->partial, strerror(errno));
}

int outfile__open(struct outfile *f, const char *path, bool force, mode_t mode, char *err,
		  size_t err_len)
{
	memset(f, 0, sizeof(*f));
	f->fd = -1;
	f->force = force;
	if (!strcmp(path, "-")) {
		f->fd = STDOUT_FILENO;
		return 0;
	}
	if (!path[0])
		return outfile_fail(-EINVAL, err, err_len,
				    "the name of the file to write is empty");
	f->path = strdup(path);
	if (!f->path || asprintf(&f->partial, "%s.partial", path) < 0) {
		f->partial = NULL;
		return outfile_fail(-ENOMEM, err, err_len, "%s: out of memory", path);
	}
	return open_partial(f, mode, err, err_len);
}

/* In a sticky folder only the owner of a file, or of the folder, may replace it. */
static bool may_replace(const struct stat *dir, const char *path)
{
	struct stat st;

	return !(dir->st_mode & S_ISVTX) || dir->st_uid == geteuid() || lstat(path, &st) ||
	       st.st_uid == geteuid();
}

bool outfile_may_name(const char *path)
{
	char *copy = strdup(path);
	const char *dir = copy ? dirname(copy) : NULL;
	struct stat st;
	bool may;

	may = !strcmp(path, "-") || (dir && !faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) &&
				     !stat(dir, &st) && may_replace(&st, path));
	free(copy);
	return may;
}

int outfile__close(struct outfile *f)
{
	int err = 0;

	if (!f->path || f->fd < 0)
		return 0;
	if (fsync(f->fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(f->fd) && !err)
		err = -errno;
	f->fd = -1;
	return err;
}

/* Without force, a file that appeared meanwhile is left alone. */
static int give_name(const struct outfile *f)
{
	if (f->force)
		return rename(f->partial, f->path) ? -errno : 0;
	if (!renameat2(AT_FDCWD, f->partial, AT_FDCWD, f->path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(f->partial, f->path))	/* a file system without RENAME_NOREPLACE */
		return -errno;
	return unlink(f->partial) ? -errno : 0;
}

int outfile__name(struct outfile *f, char *err, size_t err_len)
{
	int ret = f->path ? give_name(f) : 0;

	return ret ? outfile_fail(ret, err, err_len, "%s cannot be written: %s; what was meant for "
				  "it is in %s", f->path, strerror(-ret), f->partial) : 0;
}

void outfile__discard(struct outfile *f)
{
	if (f->partial)
		unlink(f->partial);
}

void outfile__free(struct outfile *f)
{
	if (!f)
		return;
	if (f->path && f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f->partial);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}
