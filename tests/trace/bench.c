// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Measures trace writing and reading, in records per second of CPU time: bench [COUNT].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "source/replay.h"
#include "trace/writer.h"

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int take(void *ctx, const struct dms_rec *rec)
{
	*(uint64_t *)ctx += rec->type == REC_EVENT;
	return 0;
}

/* A disk behind SWIOTLB: map, bounce, unbounce, unmap in turn. */
static void next_event(struct dms_rec *rec, uint64_t i)
{
	static const uint16_t types[] = { DMS_EV_BOUNCE, DMS_EV_MAP, DMS_EV_UNBOUNCE,
					  DMS_EV_UNMAP };
	static const uint16_t hooks[] = { DMS_HOOK_SWIOTLB_MAP, DMS_HOOK_MAP,
					  DMS_HOOK_SWIOTLB_UNMAP, DMS_HOOK_UNMAP };
	struct dms_event *ev = &rec->event;
	bool map = i % 4 == 1;

	memset(ev, 0, sizeof(*ev));
	rec->type = REC_EVENT;
	ev->type = types[i % 4];
	ev->hook = hooks[i % 4];
	ev->ts = 1234567890123ULL + i * 713;
	ev->cpu = (uint32_t)(i / 64 % 8);
	ev->dev = 0x100003a21ULL;
	ev->dma = i % 2 ? 0x800000000000000ULL + (i / 4 % 32768) * 2048 : 0;
	ev->phys = i % 4 < 2 ? 0x1a3400000ULL + i / 4 * 4096 : 0;
	ev->size = 4096;
	ev->aux = 0x7c000000ULL + (i / 4 % 32768) * 2048;
	ev->path = DMS_PATH_BOUNCED;
	ev->dir = DMS_DIR_FROM_DEVICE;
	ev->pid = 4711;
	ev->stack = map ? 3 : 0;
	ev->flags = map ? DMS_FL_INNER : 0;
}

static int write_trace(const char *path, uint64_t count, const struct trace_writer_opts *opts,
		       double *secs, uint64_t *bytes)
{
	static struct dms_rec rec;
	struct trace_writer *w;
	char err[256] = "";
	double t0 = cpu();
	int ret;

	ret = trace_writer__open(&w, path, opts, err, sizeof(err));
	if (ret)
		goto out;
	memset(&rec, 0, sizeof(rec));
	rec.type = REC_SESSION;
	rec.session.start_ns = 1234567890000ULL;
	rec.session.page_size = 4096;
	rec.session.mem_top = 8ULL << 30;
	ret = trace_writer__put(w, &rec);
	for (uint64_t i = 0; !ret && i < count; i++) {
		next_event(&rec, i);
		ret = trace_writer__put(w, &rec);
	}
	memset(&rec, 0, sizeof(rec));
	rec.type = REC_END;
	if (!ret)
		ret = trace_writer__put(w, &rec);
	ret = trace_writer__close(w, err, sizeof(err));
	*secs = cpu() - t0;
	*bytes = trace_writer__bytes(w);
	trace_writer__free(w);
out:
	if (ret)
		fprintf(stderr, "%s\n", err);
	return ret;
}

static int bench(const char *what, const char *path, uint64_t count,
		 const struct trace_writer_opts *opts)
{
	struct replay_status st;
	uint64_t bytes, seen = 0;
	double wr, rd;

	if (write_trace(path, count, opts, &wr, &bytes))
		return 1;
	rd = cpu();
	if (source_replay(path, NULL, take, &seen, &st)) {
		fprintf(stderr, "%s\n", st.text);
		return 1;
	}
	rd = cpu() - rd;
	printf("%-8s write %5.2f M records/s, read %5.2f M records/s, %6.1f bytes/record\n", what,
	       (double)count / wr / 1e6, (double)seen / rd / 1e6, (double)bytes / (double)count);
	unlink(path);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
	struct trace_writer_opts plain = { .force = true };
	struct trace_writer_opts redact = { .force = true, .redact = true };
	struct trace_writer_opts flight = { .force = true, .max_bytes = 64 << 20 };
	struct rusage ru;

	if (bench("plain", "/tmp/dmascope-bench.json", count, &plain) ||
	    bench("gzip", "/tmp/dmascope-bench.json.gz", count, &plain) ||
	    bench("redact", "/tmp/dmascope-bench.json", count, &redact) ||
	    bench("flight", "/tmp/dmascope-bench.json", count, &flight))
		return 1;
	getrusage(RUSAGE_SELF, &ru);
	printf("memory   %ld KiB at most\n", ru.ru_maxrss);
	return 0;
}
