/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Raw records that were taken out of the rings and wait until there is time for them, first in,
 * first out. A little memory, and beyond that a file without a name. What the records mean is not
 * known here.
 */
#ifndef DMASCOPE_SOURCE_SPOOL_H
#define DMASCOPE_SOURCE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

struct spool;

/* Its file is in the folder dir; NULL, or a folder that has no place for one: memory only. */
int spool__new(struct spool **s, const char *dir);	/* 0 or -ENOMEM */
void spool__free(struct spool *s);			/* takes NULL */

/* Copies a record of up to SPOOL_RECORD_MAX bytes. 0, or -ENOSPC: no room until some are read. */
#define SPOOL_RECORD_MAX	1024
int spool__put(struct spool *s, const void *data, uint32_t size);

/*
 * The oldest record, which is good until the next call of any of these; NULL: there is none, or
 * *err is -errno.
 */
const void *spool__get(struct spool *s, uint32_t *size, int *err);

bool spool__empty(const struct spool *s);

#endif /* DMASCOPE_SOURCE_SPOOL_H */
