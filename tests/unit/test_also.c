// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two records in one: a line as doc/trace-format.md has it, and the two that are made of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "state/state.h"
#include "trace/decode.h"
#include "trace/encode.h"
#include "trace/out.h"

/* Reads a line, and writes it again: the same text. */
static struct dms_event event_of(const char *line)
{
	static struct trace_decoder dec;
	static struct trace_encoder enc;
	static struct dms_rec rec;
	struct out out;

	trace_decoder__init(&dec);
	trace_encoder__init(&enc, false);
	assert_int_equal(trace_decode(&dec, line, strlen(line), &rec), 0);
	assert_int_equal(rec.type, REC_EVENT);
	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(trace_encode(&enc, &out, &rec), 0);
	assert_int_equal((size_t)(out.p - out.buf), strlen(line) + 1);
	assert_memory_equal(out.buf, line, strlen(line));
	out__free(&out);
	return rec.event;
}

#define HEAD(type, hook, also)							\
	"{\"type\":\"" type "\",\"t\":9,\"cpu\":1,\"hook\":\"" hook "\",\"also\":\"" also "\","	\
	"\"dev\":\"0x7\","

static void slots(void **state)
{
	struct dms_event map = event_of(HEAD("map", "map", "swiotlb.map")
		"\"dma\":\"0x5001000\",\"phys\":\"0x10001234\",\"size\":\"512\","
		"\"path\":\"bounced\",\"dir\":\"to_device\",\"attrs\":256,\"pid\":42}");
	struct dms_event unmap = event_of(HEAD("unmap", "unmap", "swiotlb.unmap")
		"\"dma\":\"0x800000005001000\",\"size\":\"512\",\"path\":\"bounced\","
		"\"dir\":\"to_device\",\"slot\":\"0x5001000\",\"pid\":42}");
	struct dms_event in;

	(void)state;
	assert_int_equal(map.aux, 0x5001000);
	assert_int_equal(map.flags, DMS_FL_INNER);
	assert_int_equal(unmap.aux, 0x5001000);
	assert_int_equal(unmap.flags, DMS_FL_INNER | DMS_FL_NO_PHYS);
	assert_true(state__also(&map, &in));
	assert_memory_equal(&in, (&(struct dms_event){
		.type = DMS_EV_BOUNCE, .hook = DMS_HOOK_SWIOTLB_MAP, .cpu = 1, .ts = 9, .dev = 7,
		.phys = 0x10001234, .size = 512, .aux = 0x5001000, .attrs = 256, .pid = 42,
		.path = DMS_PATH_BOUNCED, .dir = DMS_DIR_TO_DEVICE,
	}), sizeof(in));
	assert_true(state__also(&unmap, &in));
	assert_memory_equal(&in, (&(struct dms_event){
		.type = DMS_EV_UNBOUNCE, .hook = DMS_HOOK_SWIOTLB_UNMAP, .cpu = 1, .ts = 9,
		.dev = 7, .size = 512, .aux = 0x5001000, .pid = 42,
		.path = DMS_PATH_BOUNCED, .dir = DMS_DIR_TO_DEVICE,
	}), sizeof(in));
}

/* 0x1f00 to 0x3100 is in three entries of 4 KiB. */
static void tces(void **state)
{
	struct dms_event map = event_of(HEAD("map", "map", "tce.build")
		"\"dma\":\"0x1f00\",\"phys\":\"0x10000f00\",\"size\":\"4608\",\"path\":\"tce\","
		"\"dir\":\"from_device\",\"liobn\":2147483648,\"page_shift\":12,\"pid\":42}");
	struct dms_event unmap = event_of(HEAD("unmap", "unmap", "tce.free_one")
		"\"dma\":\"0x1f00\",\"size\":\"4608\",\"path\":\"tce\",\"dir\":\"from_device\","
		"\"liobn\":2147483648,\"page_shift\":12,\"pid\":42}");
	struct dms_event in;

	(void)state;
	assert_int_equal(map.aux | unmap.aux, 0);
	assert_true(state__also(&map, &in));
	assert_memory_equal(&in, (&(struct dms_event){
		.type = DMS_EV_TCE_SET, .hook = DMS_HOOK_TCE_BUILD, .cpu = 1, .ts = 9,
		.dma = 0x1000, .phys = 0x10000000, .size = 0x3000, .liobn = 0x80000000,
		.page_shift = 12, .pid = 42, .dir = DMS_DIR_FROM_DEVICE,
	}), sizeof(in));
	assert_true(state__also(&unmap, &in));
	assert_memory_equal(&in, (&(struct dms_event){
		.type = DMS_EV_TCE_CLEAR, .hook = DMS_HOOK_TCE_FREE_ONE, .cpu = 1, .ts = 9,
		.dma = 0x1000, .size = 0x3000, .liobn = 0x80000000, .page_shift = 12, .pid = 42,
	}), sizeof(in));
}

/* Nothing is made of a hook that is no part of such a call. */
static void none(void **state)
{
	static const struct { uint16_t type; uint8_t also; } cases[] = {
		{ DMS_EV_MAP, DMS_HOOK_NONE }, { DMS_EV_MAP, DMS_HOOK_SWIOTLB_UNMAP },
		{ DMS_EV_UNMAP, DMS_HOOK_SWIOTLB_MAP }, { DMS_EV_UNMAP, DMS_HOOK_TCE_BUILD },
		{ DMS_EV_MAP, DMS_HOOK_TCE_FREE }, { DMS_EV_MAP, DMS_HOOK_SHARE },
		{ DMS_EV_ALLOC, DMS_HOOK_TCE_BUILD }, { DMS_EV_FREE, DMS_HOOK_TCE_FREE },
		{ DMS_EV_MAP, 255 },
	};
	struct dms_event in;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dms_event ev = { .type = cases[i].type, .also = cases[i].also };

		assert_false(state__also(&ev, &in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots), cmocka_unit_test(tces), cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
