/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that work for one caller.
 */
#ifndef DMASCOPE_THREAD_H
#define DMASCOPE_THREAD_H

#include <pthread.h>
#include <signal.h>

/* Starts a thread that gets no signals: these are the caller's. 0 or -errno. */
static inline int thread__start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

#endif /* DMASCOPE_THREAD_H */
