// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A trace as an HTML page: reading, counting over time, and the file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/page.h"
#include "report/html.h"
#include "trace/outfile.h"

static int print_page(const struct state *m, const struct timeline *t, const struct report_opts *ro,
		      int fd)
{
	int copy = dup(fd), err;
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");

	if (!f) {
		err = -errno;
		if (copy >= 0)
			close(copy);
		return err;
	}
	errno = 0;
	err = report_html(m, t, ro, f);
	if (err == -EIO && errno)
		err = -errno;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

static int write_file(const struct page_opts *o, const struct state *m, const struct timeline *t,
		      const struct report_opts *ro)
{
	struct outfile file = {};
	char text[512] = "";
	int err, closed;

	err = outfile__open(&file, o->output, o->force, 0600, text, sizeof(text));
	if (!err) {
		err = print_page(m, t, ro, file.fd);
		closed = outfile__close(&file);
		err = err ? err : closed;
		if (err)
			outfile__discard(&file);
		else
			err = outfile__name(&file, text, sizeof(text));
	}
	if (err == -ENOENT && !text[0])
		complain("%s: no device in %s matches \"%s\"", o->verb, o->input, ro->device);
	else if (err && text[0])
		complain("%s: %s", o->verb, text);
	else if (err)
		complain("%s: %s: %s", o->verb, o->output, strerror(-err));
	outfile__free(&file);
	return !err ? EXIT_DONE : err == -ENOENT && !text[0] ? EXIT_USAGE : EXIT_IO;
}

int page_write(const struct page_opts *o)
{
	struct report_opts ro = o->report;
	struct state *m = state__new(NULL);
	struct timeline *t = NULL;
	struct replay_status st;
	int ret = EXIT_IO, wrote;

	if (!m || timeline__new(&t, m)) {
		complain("%s: no memory", o->verb);
		goto cleanup;
	}
	source_replay(o->input, &o->replay, timeline__put, t, &st);
	timeline__finish(t);
	ret = exit_of_replay(o->verb, &st, m);
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL) {
		wrote = write_file(o, m, t, &ro);
		ret = wrote ? wrote : ret;
	}
cleanup:
	timeline__free(t);
	state__free(m);
	return ret;
}
