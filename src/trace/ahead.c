// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two blocks take turns: one is filled by the thread while the reader has the other.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "trace/ahead.h"

#define BLOCK	AHEAD_BLOCK

struct block {
	char data[BLOCK];
	size_t len;
	int err;
	bool full;
};

struct ahead {
	gzFile gz;
	struct block block[2];
	unsigned int next;		/* the block that the reader gets next */
	bool threaded, stop;
	bool given;			/* the reader has the block before next */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* The error of gzread(); 0 also for a file that was cut. */
static int error_of(gzFile gz, int err)
{
	int code = Z_OK;

	gzerror(gz, &code);
	if (code == Z_BUF_ERROR || code == Z_OK)
		return 0;
	if (code == Z_ERRNO)
		return err ? -err : -EIO;
	return code == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

/* False: this was the last block. */
static bool fill(struct ahead *a, struct block *b)
{
	int n;

	errno = 0;
	n = gzread(a->gz, b->data, BLOCK);
	b->len = n > 0 ? (size_t)n : 0;
	b->err = n > 0 ? 0 : error_of(a->gz, errno);
	return n > 0;
}

/* False: nobody waits for more. */
static bool wait_free(struct ahead *a, const struct block *b)
{
	bool stop;

	pthread_mutex_lock(&a->lock);
	while (b->full && !a->stop)
		pthread_cond_wait(&a->changed, &a->lock);
	stop = a->stop;
	pthread_mutex_unlock(&a->lock);
	return !stop;
}

static void *run(void *ahead)
{
	struct ahead *a = ahead;
	bool more = true;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	for (unsigned int i = 0; more && wait_free(a, &a->block[i]); i ^= 1) {
		struct block *b = &a->block[i];

		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		more = fill(a, b);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		pthread_mutex_lock(&a->lock);
		b->full = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

int ahead__open(struct ahead **out, int fd)
{
	struct ahead *a = malloc(sizeof(*a));
	gzFile gz = a ? gzdopen(fd, "rb") : NULL;

	*out = NULL;
	if (!gz) {
		close(fd);
		free(a);
		return -ENOMEM;
	}
	gzbuffer(gz, BLOCK / 2);	/* then it uncompresses to where it is wanted */
	a->gz = gz;
	a->block[0].full = a->block[1].full = false;
	a->next = 0;
	a->given = a->stop = false;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	/* it looks at the first bytes; without a thread it is slower, nothing else */
	a->threaded = !gzdirect(gz) && !pthread_create(&a->thread, NULL, run, a);
	*out = a;
	return 0;
}

void ahead__close(struct ahead *a)
{
	if (!a)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
		pthread_cancel(a->thread);	/* it may read from a pipe */
		pthread_join(a->thread, NULL);
	}
	gzclose_r(a->gz);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static void wait_for(struct ahead *a, struct block *b)
{
	pthread_mutex_lock(&a->lock);
	if (a->given) {
		a->block[a->next ^ 1].full = false;
		pthread_cond_signal(&a->changed);
	}
	while (!b->full)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

int ahead__read(struct ahead *a, const char **data, size_t *len)
{
	struct block *b = &a->block[a->next];

	if (a->threaded)
		wait_for(a, b);
	else
		fill(a, b);
	*data = b->data;
	*len = b->len;
	if (!b->len)
		return b->err;		/* it stays the next one */
	a->given = true;
	a->next ^= 1;
	return 0;
}
