/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Several ring buffers of BPF programs read as one, the oldest record first. libbpf's reader hands
 * over one ring after the other, so that all would have to be kept and sorted, and maps each twice.
 * Known of a record is its time, nothing else.
 */
#ifndef DMASCOPE_PROBE_RINGS_H
#define DMASCOPE_PROBE_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RINGS_MAX	64

struct rings;
struct dms_held;

int rings__new(struct rings **r);	/* 0 or -errno */
void rings__free(struct rings *r);	/* takes NULL; the fds are the caller's */

/* A ring of `bytes`, a power of two; its fd stays the caller's. 0 or -errno. */
int rings__add(struct rings *r, int fd, size_t bytes);

/*
 * Records that programs hold for a later one (struct dms_held), by processor: read as if they were
 * in a ring. NULL: none.
 */
void rings__hold(struct rings *r, struct dms_held *held, uint32_t n);

/* Readable when a program has woken us; reading takes that away. */
int rings__fd(const struct rings *r);

/* Waits up to timeout_ms until a program wakes us. 0, or -errno (-EINTR: a signal). */
int rings__wait(struct rings *r, int timeout_ms);

/* data is only good until it returns. Not 0: the record stays in its ring, and reading ends. */
typedef int (*rings_fn)(void *ctx, const void *data, size_t size);

/*
 * Hands over what was there when it was called, by time: what happened because of something comes
 * after that. How many, or what fn returned. *held: a record that is still being written,
 * or held for another one, keeps others back, for the next time.
 */
int rings__read(struct rings *r, rings_fn fn, void *ctx, bool *held);

/* A ring is so full that it should be read before anything else is done. */
bool rings__pressed(const struct rings *r);

#endif /* DMASCOPE_PROBE_RINGS_H */
