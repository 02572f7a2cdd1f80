// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Accepted records go all the way, as in convert: through the model into Perfetto, CSV
 * and OpenMetrics. A hostile trace may say nonsense, but nothing may break on it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"
#include "export/csv.h"
#include "export/openmetrics.h"
#include "export/perfetto.h"
#include "trace/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
/* libFuzzer's own; not there when the corpus is replayed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t *some_line(uint8_t *data, size_t size, unsigned int *seed, size_t *len)
{
	size_t at = (size_t)rand_r(seed) % size;
	uint8_t *p = data + at, *nl;

	while (p > data && p[-1] != '\n')
		p--;
	nl = memchr(p, '\n', (size_t)(data + size - p));
	*len = nl ? (size_t)(nl + 1 - p) : (size_t)(data + size - p);
	return p;
}

/* A line goes, or comes again elsewhere: what the order of records does to the model. */
static size_t move_lines(uint8_t *data, size_t size, size_t max, unsigned int *seed)
{
	size_t len, tail, to_len;
	uint8_t *line = some_line(data, size, seed, &len), *to, *copy;

	tail = size - (size_t)(line - data) - len;
	if (rand_r(seed) % 4 == 0 && line != data) {
		memmove(line, line + len, tail);
		return size - len;
	}
	if (size + len > max || line == data)
		return size;
	copy = malloc(len);
	check(copy);
	memcpy(copy, line, len);
	to = some_line(data, size, seed, &to_len) + to_len;
	memmove(to + len, to, size - (size_t)(to - data));
	memcpy(to, copy, len);
	free(copy);
	return size + len;
}

/* Half of the time numbers and bytes are changed, half of the time lines. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	uint8_t *line;
	size_t len;

	if (size < 2 || seed % 4 == 0)
		return LLVMFuzzerMutate(data, size, max);
	if (seed % 2)
		return move_lines(data, size, max, &seed);
	line = some_line(data, size, &seed, &len);	/* a digit, so that it stays JSON */
	for (size_t i = (size_t)rand_r(&seed) % len; i < len; i++) {
		if (line[i] < '0' || line[i] > '9')
			continue;
		line[i] = (uint8_t)('0' + rand_r(&seed) % 10);
		break;
	}
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct state_opts few = { .max_live = 256 };
	struct state *m = state__new(&few);
	struct trace_status st;
	struct perfetto *p = NULL;
	struct out out;

	check(m && !out__init_mem(&out) && !perfetto__new(&p, &out, m, NULL));
	trace_read_mem("fuzz", data, size, perfetto__put, p, &st);
	if (st.header) {
		check(!perfetto__finish(p));
		out__reset(&out);
		for (int t = CSV_RANGES; t <= CSV_FINDINGS; t++) {
			check(!csv_write(m, (enum csv_table)t, &out));
			out__reset(&out);
		}
		check(!openmetrics_write(m, &out));
	}
	perfetto__free(p);
	state__free(m);
	out__free(&out);
	return 0;
}
