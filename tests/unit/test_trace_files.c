// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The trace as a file: rights and links, what happens to it when the disk is full or the
 * recording does not end, stdout, the flight recorder, redaction and what never gets in.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/replay.h"
#include "trace/writer.h"

static char dir[64], cwd[256];
static char err[256];
static struct dms_rec *rec;	/* scratch */

static const struct dms_rec *session(void)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_SESSION;
	rec->session.start_ns = 1000000;
	rec->session.page_size = 65536;
	rec->session.mem_top = 4ULL << 30;
	strcpy(rec->session.cmdline, "ip=10.0.0.9::::warehouse:eth0 swiotlb=force "
	       "systemd.hostname=warehouse root=/dev/vda2 rd.luks.key=abc disable_ddw");
	strcpy(rec->session.guest_how, "SPR 0x1234567 says so");
	return rec;
}

static const struct dms_rec *map_event(uint64_t i)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_EVENT;
	rec->event.type = DMS_EV_MAP;
	rec->event.hook = DMS_HOOK_MAP;
	rec->event.ts = 1000000 + i;
	rec->event.dev = 7;
	rec->event.dma = 0x8000000000000000ULL + (i << 16);
	rec->event.phys = 0x1230000 + (i << 16);
	rec->event.size = 4096;
	return rec;
}

static const struct dms_rec *the_end(void)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_END;
	rec->end.complete = true;
	return rec;
}

static struct trace_writer *open_ok(const char *path, const struct trace_writer_opts *opts)
{
	struct trace_writer *w;

	if (trace_writer__open(&w, path, opts, err, sizeof(err)))
		fail_msg("%s", err);
	return w;
}

static void close_ok(struct trace_writer *w)
{
	if (trace_writer__close(w, err, sizeof(err)))
		fail_msg("%s", err);
	trace_writer__free(w);
}

static void write_trace(const char *path, const struct trace_writer_opts *opts, uint64_t events)
{
	struct trace_writer *w = open_ok(path, opts);

	assert_int_equal(trace_writer__put(w, session()), 0);
	for (uint64_t i = 0; i < events; i++)
		assert_int_equal(trace_writer__put(w, map_event(i)), 0);
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	assert_int_equal(trace_writer__events(w), events);
	close_ok(w);
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	assert_non_null(f);
	assert_true(getdelim(&text, &len, 0, f) >= 0);
	fclose(f);
	return text;
}

struct seen {
	size_t events, gaps, devices;
	uint64_t trimmed, first_ts;
	struct dms_event ev[8];
};

static int look(void *ctx, const struct dms_rec *r)
{
	struct seen *s = ctx;

	if (r->type == REC_EVENT) {
		if (!s->events)
			s->first_ts = r->event.ts;
		if (s->events < 8)
			s->ev[s->events] = r->event;
		s->events++;
	}
	s->devices += r->type == REC_DEVICE;
	s->gaps += r->type == REC_GAP;
	if (r->type == REC_GAP && r->gap.trimmed)
		s->trimmed += r->gap.lost;
	return 0;
}

static struct seen read_trace(const char *path, enum trace_state state)
{
	struct seen s = { 0 };
	struct replay_status st;

	source_replay(path, NULL, look, &s, &st);
	if (st.state != state)
		fail_msg("state %d: %s", st.state, st.text);
	return s;
}

static void refused(const char *path, bool force, int code, const char *words)
{
	struct trace_writer_opts opts = { .force = force };
	struct trace_writer *w;

	assert_int_equal(trace_writer__open(&w, path, &opts, err, sizeof(err)), code);
	assert_null(w);
	if (!strstr(err, words) || strchr(err, '\n'))
		fail_msg("\"%s\" should say \"%s\"", err, words);
}

static void test_rights(void **state)
{
	struct trace_writer *w = open_ok("r.json", NULL);
	struct stat st;

	(void)state;
	assert_false(exists("r.json"));
	assert_int_equal(stat("r.json.partial", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(trace_writer__put(w, session()), 0);
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	close_ok(w);
	assert_int_equal(stat("r.json", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(exists("r.json.partial"));
}

static void test_no_overwrite(void **state)
{
	struct trace_writer_opts force = { .force = true };
	char *text;

	(void)state;
	write_text("o.json", "precious");
	refused("o.json", false, -EEXIST, "-f replaces it");
	write_trace("o.json", &force, 3);
	assert_int_equal(read_trace("o.json", TRACE_COMPLETE).events, 3);
	write_text("p.json.partial", "old");
	refused("p.json", false, -EEXIST, "did not end");
	write_trace("p.json", &force, 2);
	assert_int_equal(read_trace("p.json", TRACE_COMPLETE).events, 2);
	write_text("precious", "precious");
	assert_int_equal(symlink("precious", "link.json"), 0);
	refused("link.json", false, -ELOOP, "symbolic link");
	refused("link.json", true, -ELOOP, "symbolic link");
	assert_int_equal(symlink("precious", "l.json.partial"), 0);
	refused("l.json", false, -EEXIST, "l.json.partial");
	write_trace("l.json", &force, 1);
	text = read_text("precious");
	assert_string_equal(text, "precious");
	free(text);
	refused("/dev/null", true, -EINVAL, "not a regular file");
	refused(dir, true, -EINVAL, "not a regular file");
	refused("nowhere/x.json", false, -ENOENT, "No such file");
}

/* Two recordings into one name: the second has to wait, also with -f. */
static void test_two_writers(void **state)
{
	struct trace_writer *w = open_ok("two.json", NULL);

	(void)state;
	refused("two.json", true, -EBUSY, "another dmascope");
	assert_int_equal(trace_writer__put(w, session()), 0);
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	write_text("two.json", "somebody else's");
	assert_int_equal(trace_writer__close(w, err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "two.json.partial"));
	trace_writer__free(w);
	assert_int_equal(read_trace("two.json.partial", TRACE_COMPLETE).events, 0);
}

static void test_order(void **state)
{
	struct trace_writer *w = open_ok("order.json", NULL);

	(void)state;
	assert_int_equal(trace_writer__put(w, map_event(0)), -EINVAL);
	assert_int_equal(trace_writer__put(w, session()), 0);
	assert_int_equal(trace_writer__put(w, session()), -EINVAL);
	assert_int_equal(trace_writer__put(w, map_event(0)), 0);
	rec->event.type = DMS_EV_DEVSTATE;
	assert_int_equal(trace_writer__put(w, rec), -EINVAL);
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	assert_int_equal(trace_writer__put(w, map_event(0)), -EINVAL);
	close_ok(w);
	assert_int_equal(read_trace("order.json", TRACE_COMPLETE).events, 1);
}

static void test_no_end(void **state)
{
	struct trace_writer *w = open_ok("cut.json", NULL);

	(void)state;
	assert_int_equal(trace_writer__put(w, session()), 0);
	assert_int_equal(trace_writer__put(w, map_event(0)), 0);
	assert_int_equal(trace_writer__close(w, err, sizeof(err)), -ENODATA);
	trace_writer__free(w);
	assert_false(exists("cut.json"));
	assert_int_equal(read_trace("cut.json.partial", TRACE_TRUNCATED).events, 1);
}

/* Writes until it fails; what is left has to be whole lines, or a gzip that can be read. */
static size_t fill(const char *path, int code, const char *words)
{
	struct trace_writer *w = open_ok(path, NULL);
	char partial[64];
	uint64_t i = 0;
	char *text;
	int ret;

	trace_writer__use_thread(w);
	assert_int_equal(trace_writer__put(w, session()), 0);
	do {
		ret = trace_writer__put(w, map_event(i++));
	} while (!ret && i < 5000000);
	assert_int_equal(ret, code);
	assert_int_equal(trace_writer__put(w, the_end()), code);
	assert_int_equal(trace_writer__close(w, err, sizeof(err)), code);
	trace_writer__free(w);
	if (!strstr(err, words) || strchr(err, '\n'))
		fail_msg("\"%s\" should say \"%s\"", err, words);
	assert_false(exists(path));
	snprintf(partial, sizeof(partial), "%s.partial", path);
	if (!strstr(path, ".gz")) {
		text = read_text(partial);
		assert_int_equal(text[strlen(text) - 1], '\n');
		free(text);
	}
	return read_trace(partial, TRACE_TRUNCATED).events;
}

/* Flushed records can be read at once, whoever compresses them; the end is the same. */
static void test_thread(void **state)
{
	struct trace_writer *w = open_ok("behind.json.gz", NULL);
	uint64_t i, flushed = 0, bytes = 0;

	(void)state;
	trace_writer__use_thread(w);
	trace_writer__use_thread(w);		/* there is one already */
	assert_int_equal(trace_writer__put(w, session()), 0);
	for (i = 0; i < 40000; i++) {
		assert_int_equal(trace_writer__put(w, map_event(i)), 0);
		if (i % 7919)
			continue;
		assert_int_equal(trace_writer__flush(w), 0);
		flushed = read_trace("behind.json.gz.partial", TRACE_TRUNCATED).events;
		assert_int_equal(flushed, i + 1);
		assert_true(trace_writer__bytes(w) > bytes);
		bytes = trace_writer__bytes(w);
	}
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	close_ok(w);
	assert_int_equal(read_trace("behind.json.gz", TRACE_COMPLETE).events, 40000);
	/* one that is never closed */
	w = open_ok("left.json.gz", NULL);
	trace_writer__use_thread(w);
	for (i = 0; i < 5000; i++)
		assert_int_equal(trace_writer__put(w, i ? map_event(i) : session()), 0);
	trace_writer__free(w);
	/* plain files have none */
	w = open_ok("plain.json", NULL);
	trace_writer__use_thread(w);
	assert_int_equal(trace_writer__put(w, session()), 0);
	assert_int_equal(trace_writer__put(w, the_end()), 0);
	close_ok(w);
}

static void test_file_limit(void **state)
{
	struct rlimit old, lim;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	lim = old;
	lim.rlim_cur = 1000001;
	setrlimit(RLIMIT_FSIZE, &lim);
	assert_true(fill("big.json", -EFBIG, "big.json.partial") > 5000);
	assert_true(fill("big.json.gz", -EFBIG, "can be read") > 5000);
	setrlimit(RLIMIT_FSIZE, &old);
}

static void test_disk_full(void **state)
{
	(void)state;
	assert_int_equal(mkdir("disk", 0700), 0);
	if (mount("none", "disk", "tmpfs", 0, "size=1m")) {
		print_message("SKIPPED: a full disk: cannot mount a tmpfs here: %s\n",
			      strerror(errno));
		skip();
	}
	assert_true(fill("disk/a.json", -ENOSPC, "the disk is full") > 1000);
	unlink("disk/a.json.partial");
	assert_true(fill("disk/a.json.gz", -ENOSPC, "the disk is full") > 1000);
	assert_int_equal(umount("disk"), 0);
}

static int swap_stdout(int fd)
{
	int saved;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	close(fd);
	return saved;
}

/* Every record is there to be read as soon as put returns. */
static void test_stdout_by_line(void **state)
{
	struct trace_writer *w;
	char buf[8192];
	int fds[2], saved;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	saved = swap_stdout(fds[1]);
	w = open_ok("-", NULL);
	for (int i = 0; i < 3; i++) {
		trace_writer__put(w, i ? i > 1 ? the_end() : map_event(0) : session());
		n = read(fds[0], buf, sizeof(buf));
		if (n < 10 || buf[0] != '{' || buf[n - 1] != '\n')
			break;
	}
	n = trace_writer__close(w, err, sizeof(err));
	swap_stdout(saved);
	trace_writer__free(w);
	close(fds[0]);
	assert_int_equal(n, 0);
	assert_non_null(memmem(buf, 200, "\"type\":\"end\"", 12));
}

static void test_stdout_full(void **state)
{
	int saved = swap_stdout(open("/dev/full", O_WRONLY)), put, end;
	struct trace_writer *w;

	(void)state;
	w = open_ok("-", NULL);
	put = trace_writer__put(w, session());
	end = trace_writer__close(w, err, sizeof(err));
	swap_stdout(saved);
	trace_writer__free(w);
	assert_int_equal(put, -ENOSPC);
	assert_int_equal(end, -ENOSPC);
	assert_string_equal(err, "stdout: the disk is full");
}

/* The last records and all state are kept; what went is counted. */
static void test_flight(void **state)
{
	struct trace_writer_opts opts = { .max_bytes = 2 << 20 };
	struct trace_writer *w = open_ok("flight.json", &opts);
	const uint64_t n = 100000;
	struct stat st;
	struct seen s;

	(void)state;
	trace_writer__put(w, session());
	for (uint64_t i = 0; i < n; i++) {
		if (i % 10 == 0) {
			memset(rec, 0, sizeof(*rec));
			rec->type = REC_DEVICE;
			rec->device.key = i % 50;
			assert_int_equal(trace_writer__put(w, rec), 0);
		}
		if (i == 5) {
			memset(rec, 0, sizeof(*rec));
			rec->type = REC_GAP;
			rec->gap.hook = DMS_HOOK_UNMAP;
			rec->gap.lost = 42;
			assert_int_equal(trace_writer__put(w, rec), 0);
		}
		map_event(i);
		rec->event.also = DMS_HOOK_SWIOTLB_MAP;	/* two in one */
		assert_int_equal(trace_writer__put(w, rec), 0);
	}
	trace_writer__put(w, the_end());
	close_ok(w);
	s = read_trace("flight.json", TRACE_COMPLETE);
	assert_int_equal(s.trimmed % 2, 0);
	s.trimmed /= 2;
	assert_int_equal(s.events + s.trimmed, n);
	assert_int_equal(s.gaps, 3);
	assert_int_equal(s.first_ts, 1000000 + s.trimmed);
	assert_true(s.events > 5000 && s.trimmed > 5000 && s.devices > 5);
	assert_int_equal(stat("flight.json", &st), 0);
	assert_true(st.st_size < (2 << 20) + 16384);
}

static void test_flight_not_full(void **state)
{
	struct trace_writer_opts opts = { .max_bytes = 1 << 20, .gzip = true };
	struct seen s;

	(void)state;
	write_trace("small.bin", &opts, 10);
	s = read_trace("small.bin", TRACE_COMPLETE);
	assert_true(s.events == 10 && !s.gaps && !s.trimmed);
}

static void put_pool(struct trace_writer *w)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_POOL;
	rec->pool.start = 0x70000000;
	rec->pool.end = 0x74000000;
	trace_writer__put(w, rec);
}

static void put_window(struct trace_writer *w)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_WINDOW;
	rec->window.dev = 7;
	rec->window.liobn = 0x70000001;
	rec->window.base = 0x800000000000000ULL;
	rec->window.size = 1ULL << 40;
	trace_writer__put(w, rec);
}

/* A direct mapping, one bounced in the pool, a TCE of the window, the pool shared as a whole. */
static void put_mixed(struct trace_writer *w)
{
	map_event(0);
	rec->event.phys = 0x1234567;
	rec->event.dma = 0x800000000000000ULL + 0x1234567;
	trace_writer__put(w, rec);
	map_event(1);
	rec->event.phys = 0x1234599;
	rec->event.aux = 0x70001800;
	rec->event.dma = 0x800000070001800ULL;
	trace_writer__put(w, rec);
	map_event(2);
	rec->event.type = DMS_EV_UNMAP;
	rec->event.phys = 0;
	rec->event.dma = 0x800000000000000ULL + 0x1234567;
	trace_writer__put(w, rec);
	map_event(3);
	rec->event.type = DMS_EV_SHARE;
	rec->event.dma = 0;
	rec->event.phys = 0x70000000;
	rec->event.size = 0x4000000;
	trace_writer__put(w, rec);
	map_event(4);
	rec->event.type = DMS_EV_MASK;
	rec->event.dma = 0;
	rec->event.phys = 0;
	rec->event.aux = 0xffffffff;
	trace_writer__put(w, rec);
}

static struct seen redacted(const char *path, const char *key)
{
	struct trace_writer_opts opts = { .redact = true, .key = (const uint8_t *)key };
	struct trace_writer *w = open_ok(path, &opts);

	trace_writer__put(w, session());
	put_pool(w);
	put_window(w);
	put_mixed(w);
	trace_writer__put(w, the_end());
	close_ok(w);
	return read_trace(path, TRACE_COMPLETE);
}

static void test_redact(void **state)
{
	struct seen a = redacted("ra.json", "0123456789abcdef"),
		    b = redacted("rb.json", "0123456789abcdef"), c = redacted("rc.json", NULL);
	struct dms_event *ev = a.ev;
	char *text = read_text("ra.json");

	(void)state;
	assert_int_equal(a.events, 5);
	assert_memory_equal(a.ev, b.ev, sizeof(a.ev));
	assert_memory_not_equal(a.ev, c.ev, sizeof(a.ev));
	assert_null(strstr(text, "1234567"));
	assert_null(strstr(text, "70001800"));
	assert_int_equal(ev[0].phys & 0xffff, 0x4567);		/* the offset in the page stays */
	assert_true(ev[0].phys < 4ULL << 30);			/* RAM stays RAM */
	assert_int_equal(ev[1].phys - ev[0].phys, 0x32);	/* adjacent in their page */
	assert_true(ev[0].dma - 0x800000000000000ULL == ev[0].phys);	/* direct stays direct */
	assert_true(ev[1].aux >= 0x70000000 && ev[1].aux < 0x74000000);
	assert_true(ev[1].dma - 0x800000000000000ULL == ev[1].aux);
	assert_true(ev[2].dma == ev[0].dma);			/* the unmap finds its map */
	assert_true(ev[3].phys == 0x70000000);			/* the pool as a whole is known */
	assert_true(ev[4].aux == 0xffffffff);			/* a mask is no address */
	free(text);
}

/* No page of a region becomes the same as another, and none leaves it. */
static void test_redact_is_one_to_one(void **state)
{
	struct trace_writer_opts opts = { .redact = true };
	struct trace_writer *w = open_ok("perm.json", &opts);
	static uint8_t seen[0x400];
	char *text, *p;
	uint64_t page, n = 0;

	(void)state;
	trace_writer__put(w, session());
	put_pool(w);
	for (uint64_t i = 0; i < 0x400; i++) {
		map_event(0);
		rec->event.phys = 0x70000000 + (i << 16);
		trace_writer__put(w, rec);
	}
	trace_writer__put(w, the_end());
	close_ok(w);
	text = read_text("perm.json");
	for (p = text; (p = strstr(p, "\"phys\":\"0x")); n++) {
		p += 8;
		page = (strtoull(p, NULL, 16) - 0x70000000) >> 16;
		assert_true(page < 0x400 && !seen[page]);
		seen[page] = 1;
	}
	assert_int_equal(n, 0x400);
	free(text);
}

static void write_state(const char *path, bool redact)
{
	struct trace_writer_opts opts = { .redact = redact };
	struct trace_writer *w = open_ok(path, &opts);

	trace_writer__put(w, session());
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_DEVICE;
	rec->device.st.known = DMS_DS_OPS;
	rec->device.st.ops = 0xc000000001abcdefULL;
	trace_writer__put(w, rec);
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_STACK;
	rec->stack.id = 1;
	rec->stack.depth = 2;
	strcpy(rec->stack.frame[0], "dma_map_phys+0x10");
	strcpy(rec->stack.frame[1], "0xc000000001abcdef");
	trace_writer__put(w, rec);
	memset(rec, 0, sizeof(*rec));
	rec->type = REC_FINDING;
	strcpy(rec->finding.id, "x");
	strcpy(rec->finding.evidence, "at 0x1234567 in 0x70000000, mask 0xff");
	trace_writer__put(w, rec);
	trace_writer__put(w, the_end());
	close_ok(w);
}

static void test_never_written(void **state)
{
	char *text;

	(void)state;
	write_state("state.json", false);
	text = read_text("state.json");
	assert_null(strstr(text, "abcdef"));
	assert_null(strstr(text, "warehouse"));
	assert_null(strstr(text, "10.0.0.9"));
	assert_null(strstr(text, "key=abc"));
	assert_non_null(strstr(text, "\"cmdline\":\"ip=- swiotlb=force systemd.hostname=- "
			       "root=/dev/vda2 rd.luks.key=- disable_ddw\""));
	assert_non_null(strstr(text, "[\"dma_map_phys+0x10\",\"?\"]"));
	assert_non_null(strstr(text, "0x1234567 in"));
	free(text);
	write_state("state-r.json", true);
	text = read_text("state-r.json");
	assert_null(strstr(text, "1234567"));
	assert_non_null(strstr(text, "at 0x- in 0x-, mask 0xff"));
	assert_non_null(strstr(text, "root=- rd.luks.key=- disable_ddw\""));
	free(text);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/dmascope-test.XXXXXX");
	rec = malloc(sizeof(*rec));
	return rec && getcwd(cwd, sizeof(cwd)) && mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	free(rec);
	umount("disk");
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return chdir(cwd) || system(cmd) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_no_overwrite),
		cmocka_unit_test(test_two_writers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_stdout_by_line),
		cmocka_unit_test(test_stdout_full),
		cmocka_unit_test(test_flight),
		cmocka_unit_test(test_flight_not_full),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_redact_is_one_to_one),
		cmocka_unit_test(test_never_written),
	};

	return cmocka_run_group_tests_name("trace files", tests, setup, teardown);
}
