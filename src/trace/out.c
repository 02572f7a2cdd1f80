// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Buffered output of whole lines. The only place that writes to a descriptor and calls deflate().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/out.h"

#define OUT_BUF_SIZE	(256 * 1024)
#define GZ_BUF_SIZE	(64 * 1024)
#define GZ_LEVEL	1		/* the guest's CPU is worth more than the last 20 % */
#define GZ_WINDOW	(15 + 16)	/* 32 KiB, with a gzip header (no name, no time) */

struct out_gz {
	z_stream z;
	bool open;
	unsigned char buf[GZ_BUF_SIZE];
};

static int out_init(struct out *o, int fd, bool by_line)
{
	memset(o, 0, sizeof(*o));
	o->fd = fd;
	o->by_line = by_line;
	o->buf = malloc(OUT_BUF_SIZE);
	if (!o->buf) {
		o->err = -ENOMEM;
		return o->err;
	}
	o->p = o->buf;
	o->line = o->buf;
	o->end = o->buf + OUT_BUF_SIZE;
	return 0;
}

int out__init_fd(struct out *o, int fd, bool gzip, bool by_line)
{
	int err = out_init(o, fd, by_line);

	if (err || !gzip)
		return err;
	o->gz = calloc(1, sizeof(*o->gz));
	if (!o->gz || deflateInit2(&o->gz->z, GZ_LEVEL, Z_DEFLATED, GZ_WINDOW, 8,
				   Z_DEFAULT_STRATEGY) != Z_OK) {
		o->err = -ENOMEM;
		return o->err;
	}
	o->gz->open = true;
	return 0;
}

int out__init_mem(struct out *o)
{
	return out_init(o, -1, false);
}

void out__reset(struct out *o)
{
	o->p = o->buf;
	o->line = o->buf;
}

void out__free(struct out *o)
{
	if (!o)
		return;
	if (o->gz && o->gz->open)
		deflateEnd(&o->gz->z);
	free(o->gz);
	free(o->buf);
	memset(o, 0, sizeof(*o));
	o->fd = -1;
	o->err = -EBADF;
}

/* Writes all of data; *done becomes the bytes written, also on failure. */
static int write_all(int fd, const char *data, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		ssize_t n = write(fd, data + *done, len - *done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		*done += (size_t)n;
	}
	return 0;
}

/* A disk that filled up may hold half a line: cut the file back to the last whole one. */
static void cut_half_line(struct out *o, const char *data, size_t done)
{
	const char *nl = memrchr(data, '\n', done);
	size_t half = nl ? done - (size_t)(nl + 1 - data) : done;
	off_t pos = lseek(o->fd, 0, SEEK_CUR);

	if (!half || pos < (off_t)half)
		return;
	if (ftruncate(o->fd, pos - (off_t)half) == 0)
		o->bytes -= half;
}

static int gz_write(struct out *o, const char *data, size_t len, int flush)
{
	z_stream *z = &o->gz->z;
	size_t done;
	int ret, err;

	z->next_in = (unsigned char *)(uintptr_t)data;
	z->avail_in = (unsigned int)len;
	do {
		z->next_out = o->gz->buf;
		z->avail_out = GZ_BUF_SIZE;
		ret = deflate(z, flush);
		if (ret == Z_STREAM_ERROR)
			return -EIO;
		err = write_all(o->fd, (char *)o->gz->buf, GZ_BUF_SIZE - z->avail_out, &done);
		o->bytes += done;
		if (err)
			return err;
	} while (z->avail_in || !z->avail_out);
	return 0;
}

/* Hands on the whole lines and moves the unfinished one to the front. */
static int drain(struct out *o, int flush)
{
	size_t len = (size_t)(o->line - o->buf), rest = (size_t)(o->p - o->line), done;

	if (o->err || o->fd < 0)
		return o->err;
	if (o->gz && (len || flush != Z_NO_FLUSH)) {
		o->err = gz_write(o, o->buf, len, flush);
	} else if (len) {
		o->err = write_all(o->fd, o->buf, len, &done);
		o->bytes += done;
		if (o->err)
			cut_half_line(o, o->buf, done);
	}
	memmove(o->buf, o->line, rest);
	o->line = o->buf;
	o->p = o->buf + rest;
	return o->err;
}

int out__make_room(struct out *o, size_t len)
{
	size_t used, size = (size_t)(o->end - o->buf);
	char *buf;

	if (o->err)
		return o->err;
	if (len > OUT_LINE_MAX || (size_t)(o->p - o->line) + len > OUT_LINE_MAX) {
		o->err = -EMSGSIZE;
		return o->err;
	}
	if (o->fd >= 0 && drain(o, Z_NO_FLUSH))
		return o->err;
	used = (size_t)(o->p - o->buf);
	if (size - used >= len)
		return 0;
	while (size - used < len)
		size *= 2;
	buf = realloc(o->buf, size);
	if (!buf) {
		o->err = -ENOMEM;
		return o->err;
	}
	o->line = buf + (o->line - o->buf);
	o->p = buf + used;
	o->end = buf + size;
	o->buf = buf;
	return 0;
}

void out__write(struct out *o, const void *data, size_t len)
{
	if (!len || !out__room(o, len))
		return;
	memcpy(o->p, data, len);
	o->p += len;
}

int out__end_line(struct out *o)
{
	if (!out__room(o, 1)) {
		o->p = o->line;
		return o->err;
	}
	*o->p++ = '\n';
	o->line = o->p;
	return o->by_line ? drain(o, Z_NO_FLUSH) : 0;
}

int out__flush(struct out *o)
{
	return drain(o, Z_SYNC_FLUSH);
}

int out__finish(struct out *o)
{
	o->line = o->p;
	return drain(o, Z_FINISH);
}
