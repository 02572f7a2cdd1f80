/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that gets its name only when it is whole: its rights, links, what was there before.
 * Its content is not interpreted here.
 */
#ifndef DMASCOPE_TRACE_OUTFILE_H
#define DMASCOPE_TRACE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outfile {
	char *path, *partial;	/* NULL: stdout */
	int fd;			/* to write to */
	bool force;
};

/*
 * Opens path ("-": stdout) as "<path>.partial" with the rights of mode, never through a link and
 * never over what is there, unless force. 0, or -errno and one line in err; after either,
 * outfile__free() may be called.
 */
int outfile__open(struct outfile *f, const char *path, bool force, mode_t mode, char *err,
		  size_t err_len);
/* True if this process may, as it is now, create path or replace what is there. "-": true. */
bool outfile_may_name(const char *path);
/* Syncs and closes; the file keeps its .partial name. 0 or -errno. */
int outfile__close(struct outfile *f);
/* Gives it its name, after outfile__close(). 0, or -errno and one line in err. */
int outfile__name(struct outfile *f, char *err, size_t err_len);
/* Removes the file with what was written to it. */
void outfile__discard(struct outfile *f);
void outfile__free(struct outfile *f);

/* snprintf into err, which may be NULL; returns code. */
int outfile_fail(int code, char *err, size_t err_len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif /* DMASCOPE_TRACE_OUTFILE_H */
