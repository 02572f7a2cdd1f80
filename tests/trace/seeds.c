// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes small traces with every record type and random values: seeds DIRECTORY COUNT. They are
 * seeds for the fuzzer and input for the check against the schema.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/writer.h"
#include "../unit/trace_random.h"

static int put(struct trace_writer *w, enum dms_rec_type type)
{
	static struct dms_rec rec;

	rnd_rec(&rec, type);
	return trace_writer__put(w, &rec);
}

static int write_one(const char *path, int events, bool redact)
{
	struct trace_writer_opts opts = { .force = true, .redact = redact };
	struct trace_writer *w;
	char err[256] = "";
	int ret = trace_writer__open(&w, path, &opts, err, sizeof(err));

	if (ret)
		goto out;
	put(w, REC_SESSION);
	for (int t = REC_HOOK; t < REC_TYPE_MAX; t++)
		for (int i = 0; t != REC_END && i < (t == REC_EVENT ? events : 1); i++)
			put(w, (enum dms_rec_type)t);
	put(w, REC_END);
	ret = trace_writer__close(w, err, sizeof(err));
	trace_writer__free(w);
out:
	if (ret)
		fprintf(stderr, "%s\n", err);
	return ret;
}

int main(int argc, char **argv)
{
	int n = argc == 3 ? atoi(argv[2]) : 0;
	char path[4096];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/seed-%02d.json", argv[1], i);
		if (write_one(path, 1 + i * 3, i % 3 == 2))
			return 1;
	}
	return n > 0 ? 0 : 2;
}
