// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Buffered output of whole lines. The only place that writes to a descriptor and calls deflate(),
 * which can be in a thread of its own: it has the block before the one that is being filled.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/out.h"
#include "util/thread.h"
#include "util/write.h"

#define OUT_BUF_SIZE	(256 * 1024)
#define GZ_BUF_SIZE	(64 * 1024)
#define GZ_LEVEL	1		/* the guest's CPU is worth more than the last 20 % */
#define GZ_WINDOW	(15 + 16)	/* 32 KiB, with a gzip header (no name, no time) */

struct out_gz {
	z_stream z;
	bool open;
	int fd;
	uint64_t bytes;			/* reached the descriptor ... */
	int err;			/* ... until this */
	bool threaded, stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *block;			/* the other buffer: of the thread while it has work */
	size_t room;			/* bytes of it */
	size_t len;			/* bytes to compress */
	int flush;
	bool work;
	unsigned char buf[GZ_BUF_SIZE];
};

static int out_init(struct out *o, int fd, bool by_line)
{
	memset(o, 0, sizeof(*o));
	o->fd = fd;
	o->by_line = by_line;
	o->line_max = OUT_LINE_MAX;
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

void out__allow_long(struct out *o)
{
	o->line_max = SIZE_MAX / 4;
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
	o->gz->fd = fd;
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

/* Compresses and writes. Nothing, after an error. */
static void gz_write(struct out_gz *g, const char *data, size_t len, int flush)
{
	z_stream *z = &g->z;
	size_t done;

	z->next_in = (unsigned char *)(uintptr_t)data;
	z->avail_in = (unsigned int)len;
	while (!g->err) {
		z->next_out = g->buf;
		z->avail_out = GZ_BUF_SIZE;
		if (deflate(z, flush) == Z_STREAM_ERROR) {
			g->err = -EIO;
			break;
		}
		g->err = write_all(g->fd, (char *)g->buf, GZ_BUF_SIZE - z->avail_out, &done);
		g->bytes += done;
		if (!z->avail_in && z->avail_out)
			break;
	}
}

/* ---- gzip in a thread ---- */

static void *gz_run(void *gz)
{
	struct out_gz *g = gz;

	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		if (!g->work) {
			pthread_cond_wait(&g->changed, &g->lock);
			continue;
		}
		pthread_mutex_unlock(&g->lock);
		gz_write(g, g->block, g->len, g->flush);
		pthread_mutex_lock(&g->lock);
		g->work = false;
		pthread_cond_signal(&g->changed);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

void out__use_thread(struct out *o)
{
	struct out_gz *g = o->gz;

	if (!g || g->threaded || o->err)
		return;
	g->room = OUT_BUF_SIZE;
	g->block = malloc(g->room);
	if (!g->block)
		return;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	g->threaded = !thread__start(&g->thread, gz_run, g);
}

/* Waits until the thread has nothing to do: then all of *g is ours. */
static void gz_wait(struct out_gz *g)
{
	if (!g->threaded)
		return;
	pthread_mutex_lock(&g->lock);
	while (g->work)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void gz_free(struct out_gz *g)
{
	gz_wait(g);
	if (g->threaded) {
		pthread_mutex_lock(&g->lock);
		g->stop = true;
		pthread_cond_signal(&g->changed);
		pthread_mutex_unlock(&g->lock);
		pthread_join(g->thread, NULL);
	}
	if (g->block) {
		pthread_cond_destroy(&g->changed);
		pthread_mutex_destroy(&g->lock);
	}
	if (g->open)
		deflateEnd(&g->z);
	free(g->block);
	free(g);
}

/* The buffer goes to the thread, and the other one, with the unfinished line, takes its place. */
static int gz_swap(struct out *o, size_t len, size_t rest, int flush)
{
	struct out_gz *g = o->gz;
	size_t room = (size_t)(o->end - o->buf);
	char *other = g->block;

	if (g->room < room) {
		other = realloc(g->block, room);
		if (!other)
			return -ENOMEM;
		g->block = other;
		g->room = room;
	}
	memcpy(other, o->line, rest);
	g->block = o->buf;
	o->buf = other;
	o->end = other + g->room;
	g->room = room;
	pthread_mutex_lock(&g->lock);
	g->len = len;
	g->flush = flush;
	g->work = true;
	pthread_cond_signal(&g->changed);
	pthread_mutex_unlock(&g->lock);
	return 0;
}

static void gz_drain(struct out *o, size_t len, size_t rest, int flush)
{
	struct out_gz *g = o->gz;

	gz_wait(g);			/* for what was handed on before */
	o->err = g->err;
	if (o->err || !g->threaded) {
		gz_write(g, o->buf, len, flush);
		memmove(o->buf, o->line, rest);
	} else {
		o->err = gz_swap(o, len, rest, flush);
		if (flush != Z_NO_FLUSH)
			gz_wait(g);
	}
	if (!g->threaded || flush != Z_NO_FLUSH) {
		o->err = o->err ? o->err : g->err;
		o->bytes = g->bytes;
	}
}

void out__free(struct out *o)
{
	if (!o)
		return;
	if (o->gz)
		gz_free(o->gz);
	free(o->buf);
	memset(o, 0, sizeof(*o));
	o->fd = -1;
	o->err = -EBADF;
}

/* Hands on the whole lines and moves the unfinished one to the front. */
static int drain(struct out *o, int flush)
{
	size_t len = (size_t)(o->line - o->buf), rest = (size_t)(o->p - o->line), done;

	if (o->err || o->fd < 0)
		return o->err;
	o->plain += len;
	if (o->gz && (len || flush != Z_NO_FLUSH)) {
		gz_drain(o, len, rest, flush);
	} else {
		if (len) {
			o->err = write_all(o->fd, o->buf, len, &done);
			o->bytes += done;
			if (o->err)
				cut_half_line(o, o->buf, done);
		}
		memmove(o->buf, o->line, rest);
	}
	o->line = o->buf;
	o->p = o->buf + rest;
	return o->err;
}

int out__make_room(struct out *o, size_t len)
{
	size_t used, size;
	char *buf;

	if (o->err)
		return o->err;
	if (len > o->line_max || (size_t)(o->p - o->line) + len > o->line_max) {
		o->err = -EMSGSIZE;
		return o->err;
	}
	if (o->fd >= 0 && drain(o, Z_NO_FLUSH))
		return o->err;
	used = (size_t)(o->p - o->buf);
	size = (size_t)(o->end - o->buf);
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
