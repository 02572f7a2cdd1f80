// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A gzip file is members one after the other; what follows the last of them is ignored, as gunzip
 * does. zlib's own gzread() is not used: it waits until all of a buffer can be filled.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/ahead.h"
#include "util/turns.h"

#define BLOCK	AHEAD_BLOCK
#define IN_SIZE	(64 * 1024)
#define GZ_AUTO	(15 + 16)	/* gzip, any window */

struct block {
	char data[BLOCK];
	size_t len;		/* 0: the end */
	int err;
};

struct ahead {
	struct turns turns;
	bool threaded;
	int fd;
	int wake;		/* an eventfd: ends the thread's wait for a pipe; -1: none */
	enum { UNKNOWN, PLAIN, GZIP, ENDED } how;
	bool member;		/* a gzip member has begun */
	z_stream z;
	unsigned char in[IN_SIZE];
	const struct block *last;	/* given at the end, and ever after */
	struct block block[TURNS_BLOCKS];
};

/* The thread waits until there is something to read. 0, or -ECANCELED: it was stopped. */
static int wait_for_input(const struct ahead *a)
{
	struct pollfd p[2] = { { .fd = a->fd, .events = POLLIN },
			       { .fd = a->wake, .events = POLLIN } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return p[1].revents ? -ECANCELED : 0;
}

/* Reads what there is; 0 at the end, or -errno. */
static ssize_t read_some(struct ahead *a, void *to, size_t len)
{
	int err = a->threaded ? wait_for_input(a) : 0;
	ssize_t n;

	if (err)
		return err;
	do {
		n = read(a->fd, to, len);
	} while (n < 0 && errno == EINTR && a->threaded);
	return n < 0 ? -errno : n;
}

static bool would_wait(const struct ahead *a)
{
	struct pollfd p = { .fd = a->fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/* More input behind what is left of it. As read_some(). */
static ssize_t more(struct ahead *a)
{
	ssize_t n;

	memmove(a->in, a->z.next_in, a->z.avail_in);
	n = read_some(a, a->in + a->z.avail_in, IN_SIZE - a->z.avail_in);
	a->z.next_in = a->in;
	a->z.avail_in += n > 0 ? (unsigned int)n : 0;
	return n;
}

/* Do the next two bytes begin a gzip member? 1, 0 or -errno. */
static int is_gzip(struct ahead *a)
{
	ssize_t n = 1;

	while (a->z.avail_in < 2 && n > 0)
		n = more(a);
	if (n < 0)
		return (int)n;
	return a->z.avail_in >= 2 && a->z.next_in[0] == 0x1f && a->z.next_in[1] == 0x8b;
}

static int begin(struct ahead *a)
{
	int gzip = is_gzip(a);

	if (gzip < 0)
		return gzip;
	a->how = gzip ? GZIP : PLAIN;
	a->member = gzip;
	return gzip && inflateInit2(&a->z, GZ_AUTO) != Z_OK ? -ENOMEM : 0;
}

static int fill_plain(struct ahead *a, struct block *b)
{
	ssize_t n = 1;

	memcpy(b->data, a->z.next_in, a->z.avail_in);	/* what was looked at */
	b->len = a->z.avail_in;
	a->z.avail_in = 0;
	while (b->len < BLOCK && n > 0 && !(b->len && would_wait(a))) {
		n = read_some(a, b->data + b->len, BLOCK - b->len);
		b->len += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? (int)n : 0;
}

/* The next member, if there is one. 0 or -errno. */
static int next_member(struct ahead *a)
{
	int gzip = is_gzip(a);

	if (gzip <= 0) {
		a->how = ENDED;
		return gzip;
	}
	a->member = true;
	return inflateReset(&a->z) == Z_OK ? 0 : -EIO;
}

/* One step of inflate(). 0 or -errno. */
static int step(struct ahead *a, struct block *b)
{
	int ret;

	a->z.next_out = (unsigned char *)b->data + b->len;
	a->z.avail_out = (unsigned int)(BLOCK - b->len);
	ret = inflate(&a->z, Z_NO_FLUSH);
	b->len = BLOCK - a->z.avail_out;
	a->member = ret != Z_STREAM_END;
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	return ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static int fill_gzip(struct ahead *a, struct block *b)
{
	ssize_t n;
	int err = 0;

	while (!err && a->how == GZIP && b->len < BLOCK) {
		if (!a->z.avail_in) {
			if (b->len && would_wait(a))
				break;
			n = more(a);
			if (n <= 0) {
				a->how = ENDED;
				return (int)n;
			}
		}
		err = a->member ? step(a, b) : next_member(a);
	}
	return err;
}

/* False: this was the last block. As of a file that gzread() reads, an error takes the block. */
static bool fill(struct ahead *a, struct block *b)
{
	b->len = 0;
	b->err = a->how == UNKNOWN ? begin(a) : 0;
	if (!b->err)
		b->err = a->how == PLAIN ? fill_plain(a, b) : fill_gzip(a, b);
	if (b->err)
		b->len = 0;
	return b->len;
}

static void *run(void *ahead)
{
	struct ahead *a = ahead;
	bool go_on = true;
	int i;

	while (go_on && (i = turns__fill(&a->turns)) >= 0) {
		go_on = fill(a, &a->block[i]);
		turns__filled(&a->turns);
	}
	return NULL;
}

int ahead__open(struct ahead **out, int fd)
{
	struct ahead *a = malloc(sizeof(*a));

	*out = a;
	if (!a) {
		close(fd);
		return -ENOMEM;
	}
	a->fd = fd;
	a->how = UNKNOWN;
	a->z = (z_stream){ .next_in = a->in };
	a->last = NULL;
	a->wake = eventfd(0, EFD_CLOEXEC);
	a->threaded = a->wake >= 0;	/* the thread reads it: nobody writes it later */
	if (a->threaded && turns__start(&a->turns, run, a))
		a->threaded = false;
	return 0;
}

bool ahead__has_thread(const struct ahead *a)
{
	return a->threaded;
}

void ahead__stop(struct ahead *a)
{
	if (!a->threaded)
		return;
	turns__stop(&a->turns);
	eventfd_write(a->wake, 1);	/* it may wait for a pipe */
}

void ahead__close(struct ahead *a)
{
	if (!a)
		return;
	ahead__stop(a);
	if (a->threaded)
		turns__end(&a->turns);
	if (a->z.state)
		inflateEnd(&a->z);
	if (a->wake >= 0)
		close(a->wake);
	close(a->fd);
	free(a);
}

/* The next block, NULL: it was stopped. */
static const struct block *next(struct ahead *a)
{
	int i = 0;

	if (a->last)
		return a->last;
	if (!a->threaded)
		fill(a, &a->block[0]);
	else
		i = turns__take(&a->turns);
	if (i >= 0 && !a->block[i].len)
		a->last = &a->block[i];
	return i < 0 ? NULL : &a->block[i];
}

int ahead__read(struct ahead *a, const char **data, size_t *len)
{
	const struct block *b = next(a);

	*data = b ? b->data : NULL;
	*len = b ? b->len : 0;
	return b ? b->err : -ECANCELED;
}
