// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A .tar.gz, as POSIX.1-1988 has the headers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "export/tar.h"

#define BLOCK	512

struct tar {
	gzFile gz;
	int err;
};

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a block");

int tar__new(struct tar **out, int fd)
{
	struct tar *t = calloc(1, sizeof(*t));
	int copy = dup(fd);

	*out = NULL;
	if (t && copy >= 0)
		t->gz = gzdopen(copy, "wb9");	/* a header without name and time */
	if (!t || copy < 0 || !t->gz) {
		if (copy >= 0)
			close(copy);
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

static int put(struct tar *t, const void *data, size_t len)
{
	errno = 0;
	if (!t->err && len && gzwrite(t->gz, data, (unsigned int)len) != (int)len)
		t->err = errno ? -errno : -EIO;
	return t->err;
}

static void checksum(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned int sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	snprintf(h->sum, sizeof(h->sum), "%06o", sum & 0777777);
}

int tar__add(struct tar *t, const char *name, const void *data, size_t len)
{
	static const char zeros[BLOCK];
	struct header h = { .mode = "0000644", .uid = "0000000", .gid = "0000000",
			    .mtime = "00000000000", .type = '0', .magic = "ustar",
			    .version = { '0', '0' } };

	if (strlen(name) >= sizeof(h.name) || len > 077777777777UL)
		return -ENAMETOOLONG;
	strcpy(h.name, name);
	snprintf(h.size, sizeof(h.size), "%011lo", (unsigned long)len & 077777777777UL);
	checksum(&h);
	put(t, &h, sizeof(h));
	put(t, data, len);
	return put(t, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

int tar__finish(struct tar *t)
{
	static const char zeros[2 * BLOCK];
	int ret;

	put(t, zeros, sizeof(zeros));
	errno = 0;
	ret = gzclose(t->gz);
	t->gz = NULL;
	if (ret != Z_OK && !t->err)
		t->err = errno ? -errno : -EIO;
	return t->err;
}

void tar__free(struct tar *t)
{
	if (t && t->gz)
		gzclose(t->gz);
	free(t);
}
