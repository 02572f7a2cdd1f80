// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads a trace line by line: file and gzip, the bound on lines, the order of records (header,
 * then all else, footer last), and the one line of the error. Of a file this is the second of
 * three threads: one reads and uncompresses (ahead.c), one makes records of lines, and the caller
 * has the sink (batch.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/ahead.h"
#include "trace/batch.h"
#include "trace/decode.h"
#include "trace/reader.h"
#include "trace/writer.h"

#define READ_BUF_SIZE	(256 * 1024)
_Static_assert(READ_BUF_SIZE >= TRACE_LINE_MAX + AHEAD_BLOCK, "a line and a block have to fit");

struct reader {
	struct trace_decoder dec;
	struct trace_status st;		/* as far as lines were read */
	const char *name;
	struct batches *batches;
	struct ahead *ahead;
	bool ended;
	int ret;
	char *buf;			/* READ_BUF_SIZE, of a file: a line that is in two blocks */
};

__attribute__((format(printf, 4, 5)))
static int stop(struct reader *r, enum trace_state state, int err, const char *fmt, ...)
{
	size_t size = sizeof(r->st.text);
	va_list ap;
	int n;

	r->st.state = state;
	n = snprintf(r->st.text, size, r->st.line ? "%.100s: line %llu: " : "%.100s: ",
		     r->name, (unsigned long long)r->st.line);
	if (n < 0 || (size_t)n >= size)
		return err;
	va_start(ap, fmt);
	vsnprintf(r->st.text + n, size - (size_t)n, fmt, ap);
	va_end(ap);
	return err;
}

static int decode(struct reader *r, const char *line, size_t len, struct dms_rec *rec)
{
	int ret;

	if (r->st.header)
		ret = trace_decode(&r->dec, line, len, rec);
	else
		ret = trace_decode_header(&r->dec, line, len, rec);
	if (ret == -EPROTO)
		return stop(r, TRACE_FOREIGN, ret, "not a dmascope trace");
	if (ret == -EPROTONOSUPPORT)
		return stop(r, TRACE_NEWER, ret, "version %u.%u; this dmascope reads %d.x",
			    r->dec.major, r->dec.minor, TRACE_VERSION_MAJOR);
	if (ret < 0)
		return stop(r, TRACE_DAMAGED, ret, "%s", r->dec.error);
	r->st.header = true;
	return ret;
}

static int deliver(struct reader *r, const struct dms_rec *rec)
{
	bool end = rec->type == REC_END;
	int ret = batches__put(r->batches, r->st.line);

	if (ret < 0)
		return stop(r, TRACE_STOPPED, ret, "stopped: %s", strerror(-ret));
	r->st.records++;
	if (!end)
		return 0;
	r->ended = true;
	if (r->dec.footer_lines && r->dec.footer_lines != r->st.line)
		return stop(r, TRACE_DAMAGED, -EBADMSG,
			    "the footer counts %llu lines: some are missing or were added",
			    (unsigned long long)r->dec.footer_lines);
	return 0;
}

/* One line without its newline. */
static int take_line(struct reader *r, const char *line, size_t len)
{
	struct dms_rec *rec = batches__next(r->batches);
	int ret;

	if (!rec)
		return -ECANCELED;
	r->st.line++;
	if (r->ended)
		return stop(r, TRACE_DAMAGED, -EBADMSG, "text after the footer");
	if (len > TRACE_LINE_MAX)
		return r->st.header ?
		       stop(r, TRACE_DAMAGED, -EBADMSG, "longer than %d bytes", TRACE_LINE_MAX) :
		       stop(r, TRACE_FOREIGN, -EPROTO, "not a dmascope trace");
	ret = decode(r, line, len, rec);
	if (ret > 0)
		r->st.ignored++;
	return ret ? (ret < 0 ? ret : 0) : deliver(r, rec);
}

/* The bytes after the last newline: a whole record, or one that was cut. */
static int take_rest(struct reader *r, const char *rest, size_t len)
{
	struct trace_status before = r->st;
	int ret;

	if (!len)
		return 0;
	ret = take_line(r, rest, len);
	if (!before.header || r->ended || r->st.state != TRACE_DAMAGED)
		return ret;
	before.line++;
	r->st = before;
	return 0;
}

static int finish(struct reader *r)
{
	if (r->ended)
		return 0;
	if (!r->st.header)
		return stop(r, TRACE_FOREIGN, -EPROTO, r->st.line ? "not a dmascope trace" :
			    "empty, not a dmascope trace");
	return stop(r, TRACE_TRUNCATED, 0, "the trace has no footer: it was cut here");
}

/* Reads the whole lines of buf; *used becomes their length. */
static int take_lines(struct reader *r, const char *buf, size_t len, size_t *used)
{
	const char *p = buf, *end = buf + len, *nl;
	int ret = 0;

	while (!ret && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		ret = take_line(r, p, (size_t)(nl - p));
		p = nl + 1;
	}
	*used = (size_t)(p - buf);
	if (!ret && (size_t)(end - p) > TRACE_LINE_MAX)
		ret = take_line(r, p, (size_t)(end - p));	/* refused for its length */
	return ret;
}

static struct reader *reader_new(const char *name, dms_sink_fn sink, void *ctx)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	memset(&r->st, 0, sizeof(r->st));
	r->name = name;
	r->ahead = NULL;
	r->buf = NULL;
	r->ended = false;
	trace_decoder__init(&r->dec);
	if (!batches__new(&r->batches, sink, ctx))
		return r;
	free(r);
	return NULL;
}

static void reader_free(struct reader *r)
{
	if (!r)
		return;
	ahead__close(r->ahead);
	batches__free(r->batches);
	free(r->buf);
	free(r);
}

static int no_memory(const char *name, struct trace_status *st)
{
	memset(st, 0, sizeof(*st));
	st->state = TRACE_IO;
	snprintf(st->text, sizeof(st->text), "%.100s: out of memory", name);
	return -ENOMEM;
}

int trace_read_mem(const char *name, const void *data, size_t len, dms_sink_fn sink, void *ctx,
		   struct trace_status *st)
{
	struct reader *r = reader_new(name, sink, ctx);
	size_t used;
	int ret;

	if (!r)
		return no_memory(name, st);
	ret = take_lines(r, data, len, &used);
	if (!ret)
		ret = take_rest(r, (const char *)data + used, len - used);
	if (!ret)
		ret = finish(r);
	*st = r->st;
	reader_free(r);
	return ret;
}

static int read_error(struct reader *r, int err)
{
	r->st.line++;
	if (err == -EBADMSG)
		return stop(r, TRACE_DAMAGED, err, "the compressed data are damaged");
	return stop(r, TRACE_IO, err, "%s", err == -ENOMEM ? "out of memory" : strerror(-err));
}

/* The lines of a block; r->buf has *have bytes of one that began before, then of the last one. */
static int take_block(struct reader *r, size_t *have, const char *data, size_t len)
{
	char *buf = r->buf;
	const char *nl = *have ? memchr(data, '\n', len) : NULL;
	size_t n = *have ? nl ? (size_t)(nl + 1 - data) : len : 0, used;
	int ret;

	if (n) {
		memcpy(buf + *have, data, n);
		ret = take_lines(r, buf, *have + n, &used);
		*have += n - used;
		if (ret || !nl)
			return ret;
	}
	ret = take_lines(r, data + n, len - n, &used);
	*have = len - n - used;
	memcpy(buf, data + n + used, *have);
	return ret;
}

static int read_blocks(struct reader *r)
{
	const char *data;
	size_t have = 0, len;
	int ret = 0, err;

	while (!(err = ahead__read(r->ahead, &data, &len)) && len) {
		ret = take_block(r, &have, data, len);
		if (ret)
			return ret;
		batches__flush(r->batches);
	}
	ret = err ? read_error(r, err) : take_rest(r, r->buf, have);
	return ret ? ret : finish(r);
}

/* ---- in a thread ---- */

static void read_in_thread(void *reader)
{
	struct reader *r = reader;

	r->ret = read_blocks(r);
}

static void stop_thread(void *reader)
{
	struct reader *r = reader;

	ahead__stop(r->ahead);
}

/* The sink, or a signal, ended what is read further already: the sink's place counts. */
static int stopped(struct reader *r, int err)
{
	r->st = (struct trace_status){ .header = batches__given(r->batches),
				       .line = batches__line(r->batches),
				       .records = batches__taken(r->batches) };
	r->st.ignored = r->st.line - batches__given(r->batches);
	return stop(r, TRACE_STOPPED, err, "stopped: %s", strerror(-err));
}

static int read_all(struct reader *r)
{
	int err;

	if (!ahead__has_thread(r->ahead) ||
	    !batches__run(r->batches, read_in_thread, stop_thread, r, &err))
		return read_blocks(r);
	return err ? stopped(r, err) : r->ret;
}

/* 0 or -errno, which was said. */
static int open_path(struct reader *r, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	struct stat st;
	int err = 0;

	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	r->buf = err ? NULL : malloc(READ_BUF_SIZE);
	if (!err && !r->buf)
		err = -ENOMEM;
	if (err && fd >= 0)
		close(fd);
	if (!err)
		err = ahead__open(&r->ahead, fd);
	return err ? stop(r, TRACE_IO, err, "%s", strerror(-err)) : 0;
}

int trace_read(const char *path, dms_sink_fn sink, void *ctx, struct trace_status *st)
{
	struct reader *r = reader_new(strcmp(path, "-") ? path : "stdin", sink, ctx);
	int ret;

	if (!r)
		return no_memory(path, st);
	ret = open_path(r, path);
	if (!ret)
		ret = read_all(r);
	*st = r->st;
	reader_free(r);
	return ret;
}
