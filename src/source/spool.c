// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A queue of records in blocks: one that is being filled, one that is being read, and those between
 * them in a file, which is written round and round. It has no name and goes with the process; it is
 * used only while there is more than a block, and is emptied when it was read.
 */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "source/spool.h"

#define BLOCK_BYTES	(256U << 10)

/*
 * Queued records will be written again, as text of up to three times their size, most likely to
 * the same file system: that much must stay free there for each queued byte, plus a reserve for
 * others.
 */
#define RESERVE_TIMES	4
#define RESERVE_BYTES	(64ULL << 20)

struct block {
	uint64_t used;			/* bytes of data */
	char data[BLOCK_BYTES - sizeof(uint64_t)];
};
_Static_assert(sizeof(struct block) == BLOCK_BYTES, "blocks lie one after the other in the file");

struct spool {
	struct block *in, *out;
	uint64_t at;			/* of out: what comes next */
	int fd;				/* -1: no file */
	uint64_t blocks;		/* that the file may have */
	uint64_t first, last;		/* blocks in the file: from first up to before last */
	uint64_t count;			/* records */
};

int spool__new(struct spool **out, const char *dir, uint64_t file_max)
{
	struct spool *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->fd = dir ? open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600) : -1;
	s->blocks = file_max / BLOCK_BYTES;
	s->in = malloc(sizeof(*s->in));
	s->out = malloc(sizeof(*s->out));
	if (!s->in || !s->out) {
		spool__free(s);
		return -ENOMEM;
	}
	s->in->used = s->out->used = 0;
	*out = s;
	return 0;
}

void spool__free(struct spool *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->in);
	free(s->out);
	free(s);
}

static bool out_read(const struct spool *s)
{
	return s->at == s->out->used;
}

uint64_t spool__count(const struct spool *s)
{
	return s->count;
}

/* The filled block becomes the next one to read: there is none between them. */
static void swap(struct spool *s)
{
	struct block *b = s->in;

	s->in = s->out;
	s->in->used = 0;
	s->out = b;
	s->at = 0;
}

static off_t place_in_file(const struct spool *s, uint64_t block)
{
	return (off_t)(block % s->blocks * BLOCK_BYTES);
}

static bool disk_has_room(const struct spool *s)
{
	uint64_t waits = (s->last - s->first + 1) * BLOCK_BYTES;
	struct statvfs st;

	return !fstatvfs(s->fd, &st) &&
	       (uint64_t)st.f_bavail * st.f_frsize >= waits * RESERVE_TIMES + RESERVE_BYTES;
}

static int block_write(struct spool *s)
{
	size_t done = 0, size = sizeof(s->in->used) + s->in->used;
	ssize_t n;

	if (s->fd < 0 || s->last - s->first >= s->blocks || !disk_has_room(s))
		return -ENOSPC;
	while (done < size) {
		n = pwrite(s->fd, (const char *)s->in + done, size - done,
			   place_in_file(s, s->last) + (off_t)done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return -ENOSPC;		/* whatever the reason: it stays in memory */
	}
	s->last++;
	s->in->used = 0;
	return 0;
}

static int block_read(struct spool *s)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < BLOCK_BYTES && n) {
		n = pread(s->fd, (char *)s->out + done, BLOCK_BYTES - done,
			  place_in_file(s, s->first) + (off_t)done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	if (done < sizeof(s->out->used) || s->out->used > done - sizeof(s->out->used))
		return -EIO;
	s->at = 0;
	if (++s->first == s->last) {
		s->first = s->last = 0;
		if (ftruncate(s->fd, 0))
			return -errno;
	}
	return 0;
}

/* A record lies behind its size, and both begin at 8 bytes. */
static uint64_t room_for(uint64_t size)
{
	return sizeof(uint64_t) + ((size + 7) & ~7ULL);
}

int spool__put(struct spool *s, const void *data, uint32_t size)
{
	uint64_t need = room_for(size), head = size;
	int err = 0;

	if (size > SPOOL_RECORD_MAX)
		return -EMSGSIZE;
	if (s->in->used + need > sizeof(s->in->data)) {
		if (out_read(s) && s->first == s->last)
			swap(s);
		else
			err = block_write(s);
	}
	if (err)
		return err;
	memcpy(s->in->data + s->in->used, &head, sizeof(head));
	memcpy(s->in->data + s->in->used + sizeof(head), data, size);
	s->in->used += need;
	s->count++;
	return 0;
}

const void *spool__get(struct spool *s, uint32_t *size, int *err)
{
	const char *record;
	uint64_t head;

	*err = 0;
	if (out_read(s)) {
		if (s->first != s->last)
			*err = block_read(s);
		else if (s->in->used)
			swap(s);
		if (*err || out_read(s))
			return NULL;
	}
	record = s->out->data + s->at;
	memcpy(&head, record, sizeof(head));
	*size = (uint32_t)head;
	s->at += room_for(head);
	s->count--;
	return record + sizeof(head);
}
