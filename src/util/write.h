/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writing all of a buffer to a descriptor.
 */
#ifndef DMASCOPE_WRITE_H
#define DMASCOPE_WRITE_H

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

/* *done becomes the bytes written, also on failure. 0 or -errno. */
static inline int write_all(int fd, const char *data, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		ssize_t n = write(fd, data + *done, len - *done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		*done += (size_t)n;
	}
	return 0;
}

#endif /* DMASCOPE_WRITE_H */
