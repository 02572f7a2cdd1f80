// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The trace file: its names, permissions, header and footer. The format of a line is in
 * encode, what is hidden in redact, what is kept in flight.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/encode.h"
#include "trace/flight.h"
#include "trace/out.h"
#include "trace/outfile.h"
#include "trace/redact.h"
#include "trace/writer.h"

struct trace_writer {
	struct trace_encoder enc;
	struct out out;			/* the file */
	struct out line;		/* with flight: one line at a time */
	struct redact *redact;
	struct flight *flight;
	struct outfile file;
	int err;			/* the first */
	bool opened, began, ended, closed;
	uint64_t events;
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static int open_output(struct trace_writer *w, const char *path,
		       const struct trace_writer_opts *opts, char *err, size_t len)
{
	bool gzip = opts->gzip || ends_with(path, ".gz"), by_line;
	int ret;

	ret = outfile__open(&w->file, path, opts->force, 0600, err, len);
	if (ret)
		return ret;
	w->opened = true;
	by_line = !w->file.path && !gzip;
	ret = out__init_fd(&w->out, w->file.fd, gzip, by_line);
	return ret ? outfile_fail(ret, err, len, "%s: %s", path, strerror(-ret)) : 0;
}

int trace_writer__open(struct trace_writer **out, const char *path,
		       const struct trace_writer_opts *opts, char *err, size_t err_len)
{
	static const struct trace_writer_opts defaults;
	struct trace_writer *w = calloc(1, sizeof(*w));
	int ret = -ENOMEM;

	*out = NULL;
	if (!opts)
		opts = &defaults;
	if (!w)
		return outfile_fail(ret, err, err_len, "%s: out of memory", path);
	w->file.fd = -1;
	w->line.fd = -1;
	trace_encoder__init(&w->enc, opts->redact);
	if (opts->redact)
		ret = redact__new(&w->redact, opts->key);
	else
		ret = 0;
	if (!ret && opts->max_bytes) {
		ret = flight__new(&w->flight, opts->max_bytes);
		if (!ret)
			ret = out__init_mem(&w->line);
	}
	if (ret) {
		outfile_fail(ret, err, err_len, "%s: cannot begin: %s", path, strerror(-ret));
		goto cleanup;
	}
	ret = open_output(w, path, opts, err, err_len);
cleanup:
	if (ret) {
		if (w->opened)
			outfile__discard(&w->file);
		trace_writer__free(w);
		return ret;
	}
	*out = w;
	return 0;
}

void trace_writer__use_thread(struct trace_writer *w)
{
	out__use_thread(&w->out);
}

static int encode_to(struct trace_writer *w, struct out *o, const struct dms_rec *rec)
{
	int err = trace_encode(&w->enc, o, rec);

	if (!err)
		w->enc.lines++;
	return err;
}

static int put_gap(struct trace_writer *w, unsigned int hook, uint64_t count, bool trimmed)
{
	struct dms_rec rec = { .type = REC_GAP };

	if (!count)
		return 0;
	rec.gap.ts = flight__trimmed_ts(w->flight);
	rec.gap.hook = (enum dms_hook)hook;
	rec.gap.lost = count;
	rec.gap.trimmed = trimmed;
	return encode_to(w, &w->out, &rec);
}

/* The flight lands: state, dropped counts, the last lines, and rec as the end of it (or NULL). */
static int write_flight(struct trace_writer *w, const struct dms_rec *rec)
{
	int err;

	w->enc.lines = 0;
	err = flight__write_state(w->flight, &w->out, &w->enc.lines);
	for (unsigned int i = 0; !err && i < DMS_HOOK_MAX; i++) {
		err = put_gap(w, i, flight__lost(w->flight, i), false);
		if (!err)
			err = put_gap(w, i, flight__trimmed(w->flight, i), true);
	}
	if (!err)
		err = flight__write_ring(w->flight, &w->out, &w->enc.lines);
	if (!err && rec)
		err = encode_to(w, &w->out, rec);
	flight__free(w->flight);
	w->flight = NULL;
	return err;
}

static int put_line(struct trace_writer *w, const struct dms_rec *rec)
{
	int err;

	if (!w->flight)
		return encode_to(w, &w->out, rec);
	if (rec->type == REC_END)
		return write_flight(w, rec);
	out__reset(&w->line);
	err = encode_to(w, &w->line, rec);
	if (err)
		return err;
	return flight__put(w->flight, rec, w->line.buf, (size_t)(w->line.p - w->line.buf));
}

static int put_redacted(struct trace_writer *w, const struct dms_rec *rec)
{
	struct dms_rec copy;
	int err = redact__learn(w->redact, rec);

	if (err || rec->type != REC_EVENT)
		return err ? err : put_line(w, rec);
	copy.type = REC_EVENT;
	copy.event = rec->event;
	memcpy(copy.comm, rec->comm, sizeof(copy.comm));
	redact__event(w->redact, &copy.event);
	return put_line(w, &copy);
}

int trace_writer__put(void *writer, const struct dms_rec *rec)
{
	struct trace_writer *w = writer;
	int err;

	if (w->err)
		return w->err;
	if (w->closed || w->ended || (rec->type == REC_SESSION) == w->began)
		return -EINVAL;
	err = w->redact ? put_redacted(w, rec) : put_line(w, rec);
	if (err == -EINVAL)
		return err;
	w->err = err;
	w->began = true;
	w->ended = rec->type == REC_END;
	w->events += rec->type == REC_EVENT;
	return err;
}

int trace_writer__flush(struct trace_writer *w)
{
	if (!w->err && !w->flight)
		w->err = out__flush(&w->out);
	return w->err;
}

static int report_error(const struct trace_writer *w, int ret, char *err, size_t len)
{
	const char *what = ret == -ENOSPC || ret == -EDQUOT ? "the disk is full" : strerror(-ret);
	const struct outfile *f = &w->file;

	if (ret == -ENODATA)
		what = "the recording did not end";
	if (!f->path)
		return outfile_fail(ret, err, len, "stdout: %s", what);
	if (ret == -ENODATA)
		return outfile_fail(ret, err, len, "%s: %s; what there is stays in %s", f->path,
				    what, f->partial);
	return outfile_fail(ret, err, len, "%s: %s; what was written before is in %s and can be "
			    "read", f->path, what, f->partial);
}

int trace_writer__close(struct trace_writer *w, char *err, size_t err_len)
{
	int ret = w->err, end;

	if (w->closed)
		return -EINVAL;
	w->closed = true;
	if (w->flight) {
		end = write_flight(w, NULL);
		ret = ret ? ret : end;
	}
	end = out__finish(&w->out);
	ret = ret ? ret : end;
	end = outfile__close(&w->file);
	ret = ret ? ret : end;
	if (!ret && !w->ended)
		ret = -ENODATA;
	return ret ? report_error(w, ret, err, err_len) : outfile__name(&w->file, err, err_len);
}

void trace_writer__free(struct trace_writer *w)
{
	if (!w)
		return;
	flight__free(w->flight);
	redact__free(w->redact);
	out__free(&w->line);
	out__free(&w->out);
	outfile__free(&w->file);
	free(w);
}

uint64_t trace_writer__events(const struct trace_writer *w)
{
	return w->events;
}

uint64_t trace_writer__bytes(const struct trace_writer *w)
{
	return w->out.bytes;
}
