// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Events are read by the shape of an earlier line, or in one pass where they look as the encoder
 * writes them, and by the parser else: all read the same, of whatever bytes. And the threads of a
 * reader: one that stops ends them, one that waits for a pipe has passed on what came.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "trace/decode_inside.h"
#include "trace/encode.h"
#include "trace/out.h"
#include "trace/reader.h"
#include "trace_random.h"

#define START	1000

static struct trace_decoder dec;

/* A line of a random event, of n bytes and at an address of its own, for the sanitizer. */
static char *random_line(struct trace_encoder *enc, struct out *out, size_t *n)
{
	struct dms_rec rec;
	char *line;

	rnd_rec(&rec, REC_EVENT);
	rec.event.ts = START + rnd_below(1u << 30);
	if (rnd_bool())
		rec.event.attrs &= ~(uint32_t)(DMS_ATTR_MMIO | DMS_ATTR_REQUIRE_COHERENT |
					       DMS_ATTR_CC_SHARED | DMS_ATTR_ALLOC_CC_SHARED);
	out__reset(out);
	if (trace_encode(enc, out, &rec))
		return NULL;
	*n = (size_t)(out->p - out->buf) - 1;
	line = malloc(*n);
	assert_non_null(line);
	memcpy(line, out->buf, *n);
	return line;
}

/* The parser's result: a blank after the bracket is nothing that the encoder writes. */
static int by_parser(const char *line, size_t n, struct dms_rec *rec)
{
	char *blank = malloc(n + 1);
	int ret;

	assert_non_null(blank);
	blank[0] = line[0];
	blank[1] = ' ';
	memcpy(blank + 2, line + 1, n - 1);
	assert_false(decode_event_fast(&dec, blank, n + 1, rec));
	ret = trace_decode(&dec, blank, n + 1, rec);
	free(blank);
	return ret;
}

static void expect_same(const char *line, size_t n)
{
	struct dms_rec fast = { 0 }, slow = { 0 };
	int ret = by_parser(line, n, &slow);

	if (!decode_event_fast(&dec, line, n, &fast))
		return;
	assert_int_equal(ret, 0);
	assert_int_equal(fast.type, slow.type);
	assert_memory_equal(&fast.event, &slow.event, sizeof(fast.event));
	assert_string_equal(fast.comm, slow.comm);
}

static void change(char *line, size_t n)
{
	static const char bytes[] = "0123456789abcdefxXt,:{}[]\"\\ -+.eE\0\t\x7f\x80\xff_null";

	for (unsigned int i = 0; i <= rnd_below(3); i++)
		line[rnd_below((uint32_t)n)] = bytes[rnd_below(sizeof(bytes) - 1)];
}

/* The shape of the line stays, or nearly: other digits of its numbers. */
static void change_digits(char *line, size_t n)
{
	static const char digits[] = "0123456789abcdef0099f/:`g@A";

	for (size_t i = 0; i < n; i++)
		if (line[i] >= '0' && line[i] <= '9' && !rnd_below(12))
			line[i] = digits[rnd_below(rnd_below(4) ? 10 : sizeof(digits) - 1)];
}

static void both_read_the_same(void **state)
{
	struct trace_encoder enc;
	struct dms_rec rec;
	struct out out;
	unsigned int fast = 0, all = 0;
	size_t n;

	(void)state;
	trace_decoder__init(&dec);
	dec.start_ns = enc.start_ns = START;
	trace_encoder__init(&enc, false);
	enc.start_ns = START;
	assert_int_equal(out__init_mem(&out), 0);
	for (unsigned int i = 0; i < 20000; i++) {
		char *line = random_line(&enc, &out, &n);

		if (!line)
			continue;
		all++;
		fast += decode_event_fast(&dec, line, n, &rec);
		expect_same(line, n);
		for (unsigned int k = 0; k < 16; k++) {
			if (k < 8)
				change_digits(line, n);
			else
				change(line, n);
			expect_same(line, n);
		}
		expect_same(line, 1 + rnd_below((uint32_t)n));
		free(line);
	}
	out__free(&out);
	print_message("%u of %u random events in one pass\n", fast, all);
	assert_true(fast > all / 16);
}

/* As they are: every line of a mapping and its unmapping. */
static void usual_lines_are_read_in_one_pass(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"map\",\"t\":643839,\"cpu\":6,\"hook\":\"map\",\"dev\":\"0x100000006\","
		"\"dma\":\"0x6cfe1a000\",\"phys\":\"0x6cfe1a000\",\"size\":\"4096\","
		"\"path\":\"bounced\",\"dir\":\"from_device\",\"slot\":\"0x3100000\",\"pid\":4711,"
		"\"stack\":15,\"flags\":[\"inner\",\"sg\"]}",
		"{\"type\":\"map\",\"t\":643839,\"cpu\":6,\"hook\":\"map\","
		"\"also\":\"swiotlb.map\",\"dev\":\"0x100000006\",\"dma\":\"0x3100000\","
		"\"phys\":\"0x6cfe1a000\","
		"\"size\":\"4096\",\"path\":\"bounced\",\"dir\":\"from_device\",\"pid\":4711}",
		"{\"type\":\"unmap\",\"t\":0,\"cpu\":0,\"hook\":\"unmap\",\"dev\":\"0x1\","
		"\"dma\":null,\"size\":\"0\",\"path\":\"tce\",\"dir\":\"bidirectional\"}",
		"{\"type\":\"tce_set\",\"t\":5,\"cpu\":1,\"hook\":\"tce.build\",\"dma\":\"0x1000\","
		"\"phys\":\"0x2000\",\"size\":\"4096\",\"dir\":\"to_device\",\"ret\":0,"
		"\"liobn\":2147483648,\"page_shift\":12}",
		"{\"type\":\"bounce\",\"t\":7,\"cpu\":1,\"hook\":\"swiotlb.map\",\"dev\":\"0x7\","
		"\"phys\":\"0x2000\",\"size\":\"512\",\"dir\":\"to_device\",\"slot\":null,"
		"\"align_mask\":0,\"attrs\":32}",
	};
	struct dms_rec rec;

	(void)state;
	trace_decoder__init(&dec);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!decode_event_fast(&dec, lines[i], strlen(lines[i]), &rec))
			fail_msg("by the parser: %s", lines[i]);
		expect_same(lines[i], strlen(lines[i]));
	}
}

/* Gives the thread time to wait for the second block. */
static int take_slowly(void *ctx, const struct dms_rec *rec)
{
	(void)ctx;
	(void)rec;
	usleep(300000);
	return 0;
}

/* More than a block, compressed, but not two; its second line is damaged. Then it waits. */
static void write_and_wait(int fd)
{
	static const char head[] = "{\"format\":\"dmascope-trace\",\"version\":\"1.0\","
		"\"type\":\"session\",\"start_ns\":\"1000\"}\ndamage\n";
	gzFile gz = gzdopen(fd, "wb1");

	gzwrite(gz, head, sizeof(head) - 1);
	for (unsigned int i = 0; i < 17000; i++)
		gzprintf(gz, "%016llx\n", (unsigned long long)rnd());
	gzflush(gz, Z_SYNC_FLUSH);
	pause();
}

/* The thread waits in a pipe for the second block while the first turns out to be damaged. */
static void reader_stops_without_waiting(void **state)
{
	struct trace_status st;
	char path[32];
	int ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[0]);
		write_and_wait(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	alarm(60);
	assert_int_equal(trace_read(path, take_slowly, NULL, &st), -EBADMSG);
	alarm(0);
	assert_int_equal(st.line, 2);
	close(ends[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

#define LINE	"{\"type\":\"map\",\"t\":5,\"dma\":\"0x1000\",\"size\":\"4096\"}\n"

struct slow_pipe {
	int fd;
	unsigned int seen;
};

/* The writer writes the next line only when the last has come; with the last comes a signal. */
static int ask_for_more(void *ctx, const struct dms_rec *rec)
{
	struct slow_pipe *p = ctx;

	(void)rec;
	if (++p->seen < 5)
		assert_int_equal(write(p->fd, LINE, sizeof(LINE) - 1), sizeof(LINE) - 1);
	else
		alarm(1);
	return 0;
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void a_pipe_is_not_waited_for(void **state)
{
	static const char head[] = "{\"format\":\"dmascope-trace\",\"version\":\"1.0\","
		"\"type\":\"session\",\"start_ns\":\"1000\"}\n";
	struct sigaction sa = { .sa_handler = on_alarm }, old;
	struct slow_pipe p = { 0 };
	struct trace_status st;
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	p.fd = ends[1];
	assert_int_equal(write(p.fd, head, sizeof(head) - 1), sizeof(head) - 1);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	sigaction(SIGALRM, &sa, &old);
	assert_int_equal(trace_read(path, ask_for_more, &p, &st), -EINTR);
	sigaction(SIGALRM, &old, NULL);
	assert_int_equal(st.state, TRACE_STOPPED);
	assert_int_equal(p.seen, 5);
	assert_int_equal(st.records, 5);
	assert_int_equal(st.line, 5);
	assert_int_equal(st.ignored, 0);
	close(ends[0]);
	close(ends[1]);
}

static int refuse_third(void *ctx, const struct dms_rec *rec)
{
	unsigned int *seen = ctx;

	(void)rec;
	return ++*seen == 3 ? -EAGAIN : 0;
}

/* However far the threads have read: what is reported is the place of the sink. */
static void a_sink_stops_at_its_line(void **state)
{
	char path[] = "/tmp/dmascope-test.XXXXXX";
	struct trace_status st;
	unsigned int seen = 0;
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	assert_non_null(f);
	fputs("{\"format\":\"dmascope-trace\",\"version\":\"1.0\",\"type\":\"session\","
	      "\"start_ns\":\"1000\"}\n{\"type\":\"of_later\"}\n", f);
	for (unsigned int i = 0; i < 50000; i++)
		fputs(LINE, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(trace_read(path, refuse_third, &seen, &st), -EAGAIN);
	unlink(path);
	assert_int_equal(seen, 3);
	assert_int_equal(st.state, TRACE_STOPPED);
	assert_int_equal(st.line, 4);
	assert_int_equal(st.records, 2);
	assert_int_equal(st.ignored, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_is_not_waited_for),
		cmocka_unit_test(a_sink_stops_at_its_line),
		cmocka_unit_test(both_read_the_same),
		cmocka_unit_test(usual_lines_are_read_in_one_pass),
		cmocka_unit_test(reader_stops_without_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
