// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Traces that are not what they should be: each ends in its state, with its line number and one
 * line of text, and nothing else happens.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "source/replay.h"

#define HEAD	"{\"format\":\"dmascope-trace\",\"version\":\"1.0\",\"type\":\"session\"," \
		"\"start_ns\":\"1000\"}\n"
#define MAP	"{\"type\":\"map\",\"t\":5,\"cpu\":1,\"dma\":\"0x10\",\"size\":\"4096\"}\n"
#define END	"{\"type\":\"end\",\"t\":9,\"complete\":true,\"hooks\":{}}\n"

static struct dms_rec last;

static int take(void *ctx, const struct dms_rec *rec)
{
	++*(size_t *)ctx;
	if (rec->type != REC_END)
		last = *rec;
	return 0;
}

static struct trace_status st;

static int read_text(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);	/* of its exact size, for the sanitizer */
	size_t seen = 0;
	int ret;

	assert_non_null(copy);
	memcpy(copy, text, len);
	ret = trace_read_mem("T", copy, len, take, &seen, &st);
	free(copy);
	assert_int_equal(seen, st.records);
	assert_true((st.state == TRACE_COMPLETE) == !st.text[0]);
	assert_null(strchr(st.text, '\n'));
	return ret;
}

static int read_str(const char *text)
{
	return read_text(text, strlen(text));
}

static void damaged_at(const char *text, uint64_t line)
{
	int ret = read_str(text);

	if (ret != -EBADMSG || st.state != TRACE_DAMAGED || st.line != line)
		fail_msg("%s\n-> %d, state %d, line %llu, %s", text, ret, st.state,
			 (unsigned long long)st.line, st.text);
}

static void foreign(const char *text, size_t len)
{
	assert_int_equal(read_text(text, len), -EPROTO);
	assert_int_equal(st.state, TRACE_FOREIGN);
	assert_false(st.header);
}

static void test_whole(void **state)
{
	(void)state;
	assert_int_equal(read_str(HEAD MAP END), 0);
	assert_int_equal(st.state, TRACE_COMPLETE);
	assert_int_equal(st.records, 3);
	assert_int_equal(last.event.ts, 1005);
	assert_int_equal(last.event.dma, 16);
}

/* Line ends and blanks as other tools leave them, and a missing last newline. */
static void test_tolerant(void **state)
{
	(void)state;
	assert_int_equal(read_str(HEAD "{ \"t\" : 7 , \"type\" : \"map\" , \"cpu\":2 }\r\n"
				  "{\"type\":\"end\",\"complete\":false}"), 0);
	assert_int_equal(st.state, TRACE_COMPLETE);
	assert_int_equal(last.event.cpu, 2);
}

/* Additions that later minor versions may make. */
static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(read_str(HEAD "{\"type\":\"telepathy\",\"x\":[1,{\"y\":null}]}\n"
				  "{\"type\":\"map\",\"t\":1,\"hook\":\"new.hook\",\"new\":[[{}]],"
				  "\"path\":\"teleported\",\"dir\":\"up\",\"flags\":[\"inner\","
				  "\"odd\"]}\n"
				  "{\"type\":\"hook\",\"hook\":\"new.hook\",\"name\":\"\"}\n"
				  END), 0);
	assert_int_equal(st.ignored, 2);
	assert_int_equal(last.event.flags, DMS_FL_INNER);
	assert_int_equal(last.event.dir, DMS_DIR_NONE);
	assert_int_equal(last.event.path, DMS_PATH_UNKNOWN);
}

static void test_null(void **state)
{
	(void)state;
	assert_int_equal(read_str(HEAD "{\"type\":\"map\",\"t\":1,\"dma\":null,\"phys\":null,"
				  "\"path\":null,\"slot\":null}\n" END), 0);
	assert_true(last.event.dma == DMS_DMA_ERROR && last.event.aux == DMS_DMA_ERROR);
	assert_int_equal(last.event.phys, 0);
	assert_int_equal(read_str(HEAD "{\"type\":\"device\",\"dev\":\"0x1\",\"mask\":null,"
				  "\"bypass\":0,\"driver\":null}\n" END), 0);
	assert_int_equal(last.device.st.known, DMS_DS_BYPASS);
	assert_int_equal(last.device.known, 0);
}

static void test_foreign(void **state)
{
	static char big[3 * TRACE_LINE_MAX];

	(void)state;
	foreign("", 0);
	foreign("\n", 1);
	foreign("hello\n", 6);
	foreign("{}\n", 3);
	foreign("[1]\n", 4);
	foreign("\0\0\0\0", 4);
	foreign("\x7f" "ELF\x02\n", 6);
	foreign("{\"format\":\"other\",\"version\":\"1.0\"}\n", 36);
	foreign(HEAD, 40);
	memset(big, 'x', sizeof(big));
	foreign(big, sizeof(big));
	memset(big, '[', sizeof(big));
	foreign(big, sizeof(big));
}

static void test_newer(void **state)
{
	(void)state;
	assert_int_equal(read_str("{\"format\":\"dmascope-trace\",\"version\":\"3.0\"}\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(st.state, TRACE_NEWER);
	assert_non_null(strstr(st.text, "T: line 1: version 3.0"));
	assert_int_equal(read_str("{\"format\":\"dmascope-trace\",\"version\":\"2.7\","
				  "\"start_ns\":\"1\"}\n" END), 0);
	assert_int_equal(read_str("{\"format\":\"dmascope-trace\",\"version\":\"1.7\","
				  "\"start_ns\":\"1\"}\n" END), 0);
	damaged_at("{\"format\":\"dmascope-trace\",\"version\":\"one\"}\n", 1);
	damaged_at("{\"format\":\"dmascope-trace\",\"version\":\"1.\"}\n", 1);
	damaged_at("{\"format\":\"dmascope-trace\",\"version\":1.0}\n", 1);
	damaged_at("{\"format\":\"dmascope-trace\"}\n", 1);
	damaged_at("{\"format\":\"dmascope-trace\",\"version\":\"1.0\"}\n", 1);
}

static void test_truncated(void **state)
{
	(void)state;
	assert_int_equal(read_str(HEAD MAP), 0);
	assert_int_equal(st.state, TRACE_TRUNCATED);
	assert_true(st.header && st.records == 2 && st.line == 2);
	assert_int_equal(read_str(HEAD MAP "{\"type\":\"unm"), 0);
	assert_int_equal(st.state, TRACE_TRUNCATED);
	assert_int_equal(st.records, 2);
	assert_string_equal(st.text, "T: line 3: the trace has no footer: it was cut here");
}

/* Every place to cut a trace is truncated or foreign, never damaged. */
static void test_cut_anywhere(void **state)
{
	const char *all = HEAD MAP END;

	(void)state;
	for (size_t n = 0; n + 1 < strlen(all); n++) {
		read_text(all, n);
		assert_int_equal(st.state, n < strlen(HEAD) - 1 ? TRACE_FOREIGN : TRACE_TRUNCATED);
	}
	assert_int_equal(read_text(all, strlen(all) - 1), 0);
	assert_int_equal(st.state, TRACE_COMPLETE);
}

static void test_order(void **state)
{
	(void)state;
	damaged_at(HEAD HEAD END, 2);
	damaged_at(HEAD END MAP, 3);
	damaged_at(HEAD END END, 3);
	damaged_at(HEAD END "\n", 3);
	damaged_at(HEAD "\n" END, 2);
	damaged_at(HEAD "{\"type\":\"session\",\"start_ns\":\"1\"}\n" END, 2);
}

static void test_bad_json(void **state)
{
	static const char *const lines[] = {
		"nonsense", "[]", "\"x\"", "12", "{", "{]", "{}", "{\"type\"}", "{\"type\":}",
		"{\"type\":\"map\",}", "{\"type\":\"map\" \"t\":1}", "{,\"type\":\"map\"}",
		"{\"type\":\"map\",\"t\":1}}", "{\"type\":\"map\",\"t\":1} x",
		"{\"type\":\"map\",t:1}",
		"{\"type\":\"map\",\"t\":01}", "{\"type\":\"map\",\"t\":+1}",
		"{\"type\":\"map\",\"t\":1.}",
		"{\"type\":\"map\",\"t\":1,\"x\":1e}", "{\"type\":\"map\",\"t\":.5}",
		"{\"type\":\"map\",\"t\":nul}", "{\"type\":\"map\",\"t\":NaN}", "{'type':'map'}",
		"{\"type\":\"map\",\"t\":1,\"x\":\"\\q\"}",
		"{\"type\":\"map\",\"t\":1,\"x\":\"\\u12g4\"}",
		"{\"type\":\"map\",\"t\":1,\"x\":\"\t\"}",
		"{\"type\":\"map\",\"t\":1,\"x\":\"\xff\"}",
		"{\"type\":\"map\",\"t\":1,\"x\":\"\xc0\x80\"}",
		"{\"type\":\"map\",\"t\":1,\"x\":[1,]}",
		"{\"type\":\"map\",\"t\":1,\"x\":[1}}", "{\"type\":\"map\",\"t\":1,\"x\":[}",
		"{\"type\":7}",
		"{\"type\":null}", "{\"t\":1}",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "%s%s\n%s", HEAD, lines[i], END);
		damaged_at(text, 2);
	}
}

static void test_bad_values(void **state)
{
	static const char *const fields[] = {
		"\"type\":\"map\"", "\"type\":\"map\",\"t\":\"x\"", "\"type\":\"map\",\"t\":1.5",
		"\"type\":\"map\",\"t\":9223372036854775808", "\"type\":\"map\",\"t\":1e3",
		"\"type\":\"map\",\"t\":1,\"dma\":\"0x10000000000000000\"",
		"\"type\":\"map\",\"t\":1,\"dma\":\"0x\"",
		"\"type\":\"map\",\"t\":1,\"dma\":\"0xg\"",
		"\"type\":\"map\",\"t\":1,\"dma\":[]", "\"type\":\"map\",\"t\":1,\"dma\":-1",
		"\"type\":\"map\",\"t\":1,\"size\":\"18446744073709551616\"",
		"\"type\":\"map\",\"t\":1,\"size\":\"99999999999999999999\"",
		"\"type\":\"map\",\"t\":1,\"size\":null", "\"type\":\"map\",\"t\":1,\"size\":\"\"",
		"\"type\":\"map\",\"t\":1,\"cpu\":4294967296",
		"\"type\":\"map\",\"t\":1,\"cpu\":-1",
		"\"type\":\"map\",\"t\":1,\"page_shift\":256",
		"\"type\":\"map\",\"t\":1,\"flags\":1",
		"\"type\":\"map\",\"t\":1,\"flags\":[1]", "\"type\":\"map\",\"t\":1,\"hook\":3",
		"\"type\":\"device\"", "\"type\":\"device\",\"dev\":\"x\"",
		"\"type\":\"device\",\"dev\":\"1\",\"vendor\":65536",
		"\"type\":\"device\",\"dev\":\"1\",\"removed\":1",
		"\"type\":\"device\",\"dev\":\"1\",\"name\":\"a\\u0000b\"",
		"\"type\":\"device\",\"dev\":\"1\",\"name\":\"\\\\x00\"",
		"\"type\":\"device\",\"dev\":\"1\",\"name\":{}", "\"type\":\"stack\",\"id\":1",
		"\"type\":\"stack\",\"id\":1,\"frames\":{}",
		"\"type\":\"stack\",\"id\":1,\"frames\":[1]",
		"\"type\":\"stack\",\"id\":1,\"frames\":["
		"\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
		"\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]",
		"\"type\":\"stats\",\"hist\":3", "\"type\":\"stats\",\"hist\":[\"x\"]",
		"\"type\":\"stats\",\"hist\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
		"\"type\":\"gap\",\"hook\":\"map\"", "\"type\":\"end\"",
		"\"type\":\"end\",\"complete\":true,\"hooks\":[]",
		"\"type\":\"end\",\"complete\":true,\"hooks\":{\"map\":3}",
		"\"type\":\"end\",\"complete\":true,\"hooks\":{\"map\":{\"hits\":\"-1\"}}",
		"\"type\":\"end\",\"complete\":1", "\"type\":\"finding\"", "\"type\":\"window\"",
		"\"type\":\"hook\"", "\"type\":\"hook\",\"hook\":5",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(text, sizeof(text), "%s{%s}\n%s", HEAD, fields[i], END);
		damaged_at(text, 2);
	}
}

static void test_nul(void **state)
{
	static const char in_text[] = HEAD "{\"type\":\"map\",\"t\":1,\"x\":\"a\0b\"}\n" END;
	static const char alone[] = HEAD "\0\n" END;
	static const char in_value[] = HEAD "{\"type\":\"map\",\"t\":\0}\n" END;

	(void)state;
	assert_int_equal(read_text(in_text, sizeof(in_text) - 1), -EBADMSG);
	assert_string_equal(st.text, "T: line 2: a NUL byte");
	assert_int_equal(read_text(alone, sizeof(alone) - 1), -EBADMSG);
	assert_string_equal(st.text, "T: line 2: a NUL byte");
	assert_int_equal(read_text(in_value, sizeof(in_value) - 1), -EBADMSG);
	assert_string_equal(st.text, "T: line 2: a NUL byte");
}

static char *repeat(char *p, const char *s, size_t n)
{
	while (n--)
		p = stpcpy(p, s);
	return p;
}

static void test_too_much(void **state)
{
	char *text = malloc(4 * TRACE_LINE_MAX), *p;

	(void)state;
	assert_non_null(text);
	p = stpcpy(text, HEAD "{\"type\":\"map\",\"t\":1,\"x\":");
	p = repeat(p, "[", TRACE_LINE_MAX / 2);
	strcpy(p, "\n");
	damaged_at(text, 2);
	assert_non_null(strstr(st.text, "nested too deeply"));
	p = stpcpy(text, HEAD "{\"type\":\"map\",\"t\":1,\"x\":");
	p = repeat(p, "[", TRACE_DEPTH_MAX - 1);
	p = repeat(p, "]", TRACE_DEPTH_MAX - 1);
	strcpy(p, "}\n" END);
	assert_int_equal(read_str(text), 0);
	p = stpcpy(text, HEAD);
	p = repeat(p, "x", TRACE_LINE_MAX + 1);
	strcpy(p, "\n" END);
	damaged_at(text, 2);
	assert_non_null(strstr(st.text, "longer than"));
	strcpy(repeat(stpcpy(text, HEAD), "y", 3 * TRACE_LINE_MAX), "");
	damaged_at(text, 2);
	p = stpcpy(text, HEAD "{\"type\":\"map\"");
	p = repeat(p, ",\"t\":1", 64);
	strcpy(p, "}\n" END);
	damaged_at(text, 2);
	assert_non_null(strstr(st.text, "more than 64 fields"));
	p = stpcpy(text, HEAD "{\"type\":\"device\",\"dev\":\"1\",\"name\":\"");
	p = repeat(p, "\xe2\x82\xac", 200);
	strcpy(p, "\"}\n" END);
	assert_int_equal(read_str(text), 0);
	assert_int_equal(strlen(last.device.name), 63);	/* cut between characters */
	free(text);
}

static char path[] = "/tmp/dmascope-test.XXXXXX";

static void put_file(const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int read_file(void)
{
	size_t seen = 0;

	return source_replay(path, NULL, take, &seen, &st);
}

/* A trace in gzip, its length; big enough that every part of it is in the stream. */
static size_t pack(unsigned char *buf, size_t size)
{
	z_stream z = { 0 };
	static char text[64 * 1024];
	char *p = stpcpy(text, HEAD);

	for (int i = 0; i < 500; i++)
		p += sprintf(p, "{\"type\":\"map\",\"t\":%d,\"dma\":\"0x%x\"}\n", i,
			     (unsigned int)i * 31676U);
	p = stpcpy(p, END);
	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, 0), Z_OK);
	z.next_in = (unsigned char *)text;
	z.avail_in = (unsigned int)(p - text);
	z.next_out = buf;
	z.avail_out = (unsigned int)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void test_gzip(void **state)
{
	static unsigned char buf[64 * 1024];
	size_t len = pack(buf, sizeof(buf));

	(void)state;
	put_file(buf, len);
	assert_int_equal(read_file(), 0);
	assert_int_equal(st.state, TRACE_COMPLETE);
	assert_int_equal(st.records, 502);
	put_file(buf, len / 2);
	assert_int_equal(read_file(), 0);
	assert_int_equal(st.state, TRACE_TRUNCATED);
	assert_true(st.records > 100);
	buf[len - 6] ^= 0x55;		/* the checksum */
	put_file(buf, len);
	assert_int_equal(read_file(), -EBADMSG);
	assert_int_equal(st.state, TRACE_DAMAGED);
	buf[len - 6] ^= 0x55;
	memset(buf + len / 2, 0xff, 64);
	put_file(buf, len);
	assert_int_equal(read_file(), -EBADMSG);
	assert_int_equal(st.state, TRACE_DAMAGED);
	put_file("\x1f\x8b\x08\x00 rubbish", 12);
	read_file();
	assert_true(st.state == TRACE_DAMAGED || st.state == TRACE_FOREIGN);
}

static void test_cannot_open(void **state)
{
	size_t seen = 0;

	(void)state;
	assert_int_equal(source_replay("/nowhere/x", NULL, take, &seen, &st), -ENOENT);
	assert_int_equal(st.state, TRACE_IO);
	assert_string_equal(st.text, "/nowhere/x: No such file or directory");
	assert_int_equal(source_replay("/tmp", NULL, take, &seen, &st), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_tolerant),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_cannot_open),
	};
	int fd = mkstemp(path), ret;

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests_name("hostile traces", tests, NULL, NULL);
	unlink(path);
	return ret;
}
