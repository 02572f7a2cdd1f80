// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The trace file: its names, its rights, its beginning and its end. What a line looks like is in
 * encode, what is hidden in redact, what is kept in flight.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/encode.h"
#include "trace/flight.h"
#include "trace/out.h"
#include "trace/redact.h"
#include "trace/writer.h"

struct trace_writer {
	struct trace_encoder enc;
	struct out out;			/* the file */
	struct out line;		/* with flight: one line at a time */
	struct redact *redact;
	struct flight *flight;
	char *path, *partial;		/* NULL: stdout */
	int fd;
	int err;			/* the first */
	bool force, began, ended, closed;
	uint64_t events;
};

__attribute__((format(printf, 4, 5)))
static int fail(int err, char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;

	if (!buf || !len)
		return err;
	va_start(ap, fmt);
	vsnprintf(buf, len, fmt, ap);
	va_end(ap);
	return err;
}

/* What is there already under the final name must be nothing, or with force a regular file. */
static int check_target(const char *path, bool force, char *err, size_t len)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
		       fail(-errno, err, len, "%s: %s", path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return fail(-ELOOP, err, len, "%s is a symbolic link; a trace is never written "
			    "through one", path);
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, err, len, "%s is not a regular file; use -o - and redirect",
			    path);
	if (!force)
		return fail(-EEXIST, err, len, "%s exists; -f replaces it", path);
	return 0;
}

/* With force: an old .partial goes, unless somebody still writes it. */
static int clear_partial(const char *partial, char *err, size_t len)
{
	int fd = open(partial, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(fd);
		return fail(-EBUSY, err, len, "%s is being written by another dmascope", partial);
	}
	if (fd >= 0)
		close(fd);
	if (unlink(partial) && errno != ENOENT)
		return fail(-errno, err, len, "%s: cannot be removed: %s", partial,
			    strerror(errno));
	return 0;
}

static int open_file(struct trace_writer *w, char *err, size_t len)
{
	int ret = check_target(w->path, w->force, err, len);

	if (!ret && w->force)
		ret = clear_partial(w->partial, err, len);
	if (ret)
		return ret;
	w->fd = open(w->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (w->fd >= 0) {
		flock(w->fd, LOCK_EX | LOCK_NB);	/* only for clear_partial() of others */
		return 0;
	}
	if (errno == EEXIST)
		return fail(-EEXIST, err, len, "%s exists, from a recording that runs or did not "
			    "end; -f removes it", w->partial);
	return fail(-errno, err, len, "%s: %s", w->partial, strerror(errno));
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static int open_output(struct trace_writer *w, const char *path, bool gzip, char *err, size_t len)
{
	bool by_line = !strcmp(path, "-");
	int ret;

	if (by_line) {
		w->fd = STDOUT_FILENO;
	} else {
		w->path = strdup(path);
		if (!w->path || asprintf(&w->partial, "%s.partial", path) < 0) {
			w->partial = NULL;
			return fail(-ENOMEM, err, len, "%s: out of memory", path);
		}
		ret = open_file(w, err, len);
		if (ret)
			return ret;
		gzip |= ends_with(path, ".gz");
	}
	ret = out__init_fd(&w->out, w->fd, gzip, by_line && !gzip);
	return ret ? fail(ret, err, len, "%s: %s", path, strerror(-ret)) : 0;
}

int trace_writer__open(struct trace_writer **out, const char *path,
		       const struct trace_writer_opts *opts, char *err, size_t err_len)
{
	static const struct trace_writer_opts defaults;
	struct trace_writer *w = calloc(1, sizeof(*w));
	int ret = -ENOMEM;

	*out = NULL;
	if (!opts)
		opts = &defaults;
	if (!w)
		return fail(ret, err, err_len, "%s: out of memory", path);
	w->fd = -1;
	w->line.fd = -1;
	w->force = opts->force;
	trace_encoder__init(&w->enc, opts->redact);
	if (opts->redact)
		ret = redact__new(&w->redact, opts->key);
	else
		ret = 0;
	if (!ret && opts->max_bytes) {
		ret = flight__new(&w->flight, opts->max_bytes);
		if (!ret)
			ret = out__init_mem(&w->line);
	}
	if (ret) {
		fail(ret, err, err_len, "%s: cannot begin: %s", path, strerror(-ret));
		goto cleanup;
	}
	ret = open_output(w, path, opts->gzip, err, err_len);
cleanup:
	if (ret) {
		if (w->partial && w->fd >= 0)
			unlink(w->partial);
		trace_writer__free(w);
		return ret;
	}
	*out = w;
	return 0;
}

static int encode_to(struct trace_writer *w, struct out *o, const struct dms_rec *rec)
{
	int err = trace_encode(&w->enc, o, rec);

	if (!err)
		w->enc.lines++;
	return err;
}

static int put_gap(struct trace_writer *w, unsigned int hook, uint64_t count, bool trimmed)
{
	struct dms_rec rec = { .type = REC_GAP };

	if (!count)
		return 0;
	rec.gap.ts = flight__trimmed_ts(w->flight);
	rec.gap.hook = (enum dms_hook)hook;
	rec.gap.lost = count;
	rec.gap.trimmed = trimmed;
	return encode_to(w, &w->out, &rec);
}

/* The flight lands: state, what was let go, the last lines, and rec as the end of it (or NULL). */
static int write_flight(struct trace_writer *w, const struct dms_rec *rec)
{
	int err;

	w->enc.lines = 0;
	err = flight__write_state(w->flight, &w->out, &w->enc.lines);
	for (unsigned int i = 0; !err && i < DMS_HOOK_MAX; i++) {
		err = put_gap(w, i, flight__lost(w->flight, i), false);
		if (!err)
			err = put_gap(w, i, flight__trimmed(w->flight, i), true);
	}
	if (!err)
		err = flight__write_ring(w->flight, &w->out, &w->enc.lines);
	if (!err && rec)
		err = encode_to(w, &w->out, rec);
	flight__free(w->flight);
	w->flight = NULL;
	return err;
}

static int put_line(struct trace_writer *w, const struct dms_rec *rec)
{
	int err;

	if (!w->flight)
		return encode_to(w, &w->out, rec);
	if (rec->type == REC_END)
		return write_flight(w, rec);
	out__reset(&w->line);
	err = encode_to(w, &w->line, rec);
	if (err)
		return err;
	return flight__put(w->flight, rec, w->line.buf, (size_t)(w->line.p - w->line.buf));
}

static int put_redacted(struct trace_writer *w, const struct dms_rec *rec)
{
	struct dms_rec copy;
	int err = redact__learn(w->redact, rec);

	if (err || rec->type != REC_EVENT)
		return err ? err : put_line(w, rec);
	copy.type = REC_EVENT;
	copy.event = rec->event;
	redact__event(w->redact, &copy.event);
	return put_line(w, &copy);
}

int trace_writer__put(void *writer, const struct dms_rec *rec)
{
	struct trace_writer *w = writer;
	int err;

	if (w->err)
		return w->err;
	if (w->closed || w->ended || (rec->type == REC_SESSION) == w->began)
		return -EINVAL;
	err = w->redact ? put_redacted(w, rec) : put_line(w, rec);
	if (err == -EINVAL)
		return err;
	w->err = err;
	w->began = true;
	w->ended = rec->type == REC_END;
	w->events += rec->type == REC_EVENT;
	return err;
}

int trace_writer__flush(struct trace_writer *w)
{
	if (!w->err && !w->flight)
		w->err = out__flush(&w->out);
	return w->err;
}

/* Gives the file its name. Without force, a file that appeared meanwhile is left alone. */
static int give_name(struct trace_writer *w)
{
	if (w->force)
		return rename(w->partial, w->path) ? -errno : 0;
	if (!renameat2(AT_FDCWD, w->partial, AT_FDCWD, w->path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(w->partial, w->path))	/* a file system that cannot say "only if new" */
		return -errno;
	return unlink(w->partial) ? -errno : 0;
}

static int finish_file(struct trace_writer *w)
{
	int err = 0;

	if (fsync(w->fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(w->fd) && !err)
		err = -errno;
	w->fd = -1;
	return err;
}

static int tell(const struct trace_writer *w, int ret, char *err, size_t len)
{
	const char *what = ret == -ENOSPC || ret == -EDQUOT ? "the disk is full" : strerror(-ret);

	if (!w->path)
		return fail(ret, err, len, "stdout: %s", ret == -ENODATA ? "the recording did not end"
			    : what);
	if (ret == -ENODATA)
		return fail(ret, err, len, "%s: the recording did not end; what there is stays in %s",
			    w->path, w->partial);
	return fail(ret, err, len, "%s: %s; what was written before is in %s and can be read",
		    w->path, what, w->partial);
}

int trace_writer__close(struct trace_writer *w, char *err, size_t err_len)
{
	int ret = w->err, end;

	if (w->closed)
		return -EINVAL;
	w->closed = true;
	if (w->flight) {
		end = write_flight(w, NULL);
		if (!ret)
			ret = end;
	}
	end = out__finish(&w->out);
	if (!ret)
		ret = end;
	if (w->path) {
		end = finish_file(w);
		if (!ret)
			ret = end;
	}
	if (!ret && !w->ended)
		ret = -ENODATA;
	if (!ret && w->path) {
		ret = give_name(w);
		if (ret)
			return fail(ret, err, err_len, "%s cannot be written: %s; the trace is in %s",
				    w->path, strerror(-ret), w->partial);
	}
	return ret ? tell(w, ret, err, err_len) : 0;
}

void trace_writer__free(struct trace_writer *w)
{
	if (!w)
		return;
	if (w->path && w->fd >= 0)
		close(w->fd);
	flight__free(w->flight);
	redact__free(w->redact);
	out__free(&w->line);
	out__free(&w->out);
	free(w->partial);
	free(w->path);
	free(w);
}

uint64_t trace_writer__events(const struct trace_writer *w)
{
	return w->events;
}

uint64_t trace_writer__bytes(const struct trace_writer *w)
{
	return w->out.bytes;
}
