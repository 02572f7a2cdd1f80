// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Feeds any bytes to the reader of traces. Beyond not crashing: what it accepts can be written
 * again, and reading that gives the same once more.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/decode.h"
#include "trace/encode.h"
#include "trace/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct again {
	struct trace_encoder enc, enc2;
	struct trace_decoder dec;
	struct out first, second;
	struct dms_rec rec;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int write_again(void *ctx, const struct dms_rec *rec)
{
	struct again *a = ctx;
	size_t len;
	int ret;

	out__reset(&a->first);
	out__reset(&a->second);
	check(!trace_encode(&a->enc, &a->first, rec));
	len = (size_t)(a->first.p - a->first.buf);
	check(len <= TRACE_LINE_MAX);
	if (rec->type == REC_SESSION)
		ret = trace_decode_header(&a->dec, a->first.buf, len - 1, &a->rec);
	else
		ret = trace_decode(&a->dec, a->first.buf, len - 1, &a->rec);
	check(!ret && a->rec.type == rec->type);
	check(!trace_encode(&a->enc2, &a->second, &a->rec));
	check(len == (size_t)(a->second.p - a->second.buf));
	check(!memcmp(a->first.buf, a->second.buf, len));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct again *a;
	struct trace_status st;

	if (!a) {
		a = calloc(1, sizeof(*a));
		check(a && !out__init_mem(&a->first) && !out__init_mem(&a->second));
	}
	trace_encoder__init(&a->enc, false);
	trace_encoder__init(&a->enc2, false);
	trace_decoder__init(&a->dec);
	trace_read_mem("fuzz", data, size, write_again, a, &st);
	check((st.state == TRACE_COMPLETE) == !st.text[0]);
	return 0;
}
