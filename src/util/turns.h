/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks take turns between a thread that fills them and a caller that takes them, in order. What
 * is in a block is theirs; this counts which are free and which are full.
 */
#ifndef DMASCOPE_TURNS_H
#define DMASCOPE_TURNS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#define TURNS_BLOCKS	4	/* two threads of a chain seldom wait for each other with so many */

struct turns {
	pthread_t thread;
	sem_t full, free;
	unsigned int filled, taken;	/* the block that is filled, and taken, next */
	bool given;			/* the taker has the block before `taken` */
	atomic_bool stop;
};

/* Starts the thread, which gets no signals. 0 or -errno; only after 0 there is anything to end. */
int turns__start(struct turns *t, void *(*run)(void *arg), void *arg);
/* Joins the thread, which has ended or was stopped. */
void turns__end(struct turns *t);
/* Neither side gets a block any more, or waits for one. Any other thread may call this. */
void turns__stop(struct turns *t);

/* For the thread: waits for a block to fill. Its index, or -ECANCELED. */
int turns__fill(struct turns *t);
/* For the thread: passes on the block that it has filled. */
void turns__filled(struct turns *t);
/*
 * For the caller: waits for the next full block, which it has until the next call. Its index, or
 * -ECANCELED; -EINTR: a signal was handled meanwhile.
 */
int turns__take(struct turns *t);

#endif /* DMASCOPE_TURNS_H */
