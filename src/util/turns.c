// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two semaphores count the blocks. They, not condition variables, since sem_wait() returns when a
 * signal was handled: who waits for a pipe can be interrupted.
 */
#include <errno.h>

#include "util/thread.h"
#include "util/turns.h"

int turns__start(struct turns *t, void *(*run)(void *arg), void *arg)
{
	int err;

	t->filled = t->taken = 0;
	t->given = false;
	atomic_init(&t->stop, false);
	sem_init(&t->full, 0, 0);
	sem_init(&t->free, 0, TURNS_BLOCKS);
	err = thread__start(&t->thread, run, arg);
	if (err) {
		sem_destroy(&t->full);
		sem_destroy(&t->free);
	}
	return err;
}

void turns__stop(struct turns *t)
{
	atomic_store(&t->stop, true);
	sem_post(&t->free);
	sem_post(&t->full);
}

void turns__end(struct turns *t)
{
	pthread_join(t->thread, NULL);
	sem_destroy(&t->full);
	sem_destroy(&t->free);
}

/* Then nobody waits there again, however often it asks. */
static bool is_stopped(struct turns *t, sem_t *waited)
{
	if (!atomic_load(&t->stop))
		return false;
	sem_post(waited);
	return true;
}

int turns__fill(struct turns *t)
{
	while (sem_wait(&t->free))
		;			/* it gets no signals, but a debugger may stop it */
	if (is_stopped(t, &t->free))
		return -ECANCELED;
	return (int)(t->filled % TURNS_BLOCKS);
}

void turns__filled(struct turns *t)
{
	t->filled++;
	sem_post(&t->full);
}

int turns__take(struct turns *t)
{
	if (t->given)
		sem_post(&t->free);
	t->given = false;
	if (sem_wait(&t->full))
		return -errno;
	if (is_stopped(t, &t->full))
		return -ECANCELED;
	t->given = true;
	return (int)(t->taken++ % TURNS_BLOCKS);
}
