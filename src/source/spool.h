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

/*
 * Its file is in the folder dir, and never larger than file_max bytes; dir NULL, or a folder that
 * has no place for such a file: memory only, half a MiB. 0 or -ENOMEM.
 */
int spool__new(struct spool **s, const char *dir, uint64_t file_max);
void spool__free(struct spool *s);			/* takes NULL */

/* Copies a record of up to SPOOL_RECORD_MAX bytes. 0, or -ENOSPC: no room until some are read. */
#define SPOOL_RECORD_MAX	1024
int spool__put(struct spool *s, const void *data, uint32_t size);

/*
 * The oldest record, which is good until the next call of any of these; NULL: there is none, or
 * *err is -errno.
 */
const void *spool__get(struct spool *s, uint32_t *size, int *err);

uint64_t spool__count(const struct spool *s);	/* records that wait */

#endif /* DMASCOPE_SOURCE_SPOOL_H */
