// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop of a metrics exporter.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/exporter.h"
#include "trace/outfile.h"
#include "util/clock.h"
#include "util/notify.h"

#define FRESH_NS	200000000ULL	/* a state younger than that is not read again */
#define POLL_MAX_MS	1000

int exporter_write(struct metrics *x, const struct state *m, const struct metrics_opts *opts,
		   const char *path, bool quiet)
{
	struct outfile file = {};
	struct out out = {};
	char text[512] = "";
	int err;

	/* the collector may be another user, and finds the old file or the new one, never half */
	err = outfile__open(&file, path ? path : "-", true, 0644, text, sizeof(text));
	if (!err)
		err = out__init_fd(&out, file.fd, false, false);
	if (!err)
		err = metrics__write(x, m, opts, &out);
	if (!err)
		err = out__finish(&out);
	if (!err)
		err = outfile__close(&file);
	if (!err)
		err = outfile__name(&file, text, sizeof(text));
	if (err) {
		outfile__discard(&file);
		if (quiet)
			;	/* it was reported before */
		else if (text[0])
			complain("metrics: %s", text);
		else
			complain("metrics: %s: %s", path ? path : "standard output",
				 strerror(-err));
	}
	out__free(&out);
	outfile__free(&file);
	return err ? EXIT_IO : EXIT_DONE;
}

static int refresh(struct exporter *x, uint64_t now)
{
	int err;

	if (!x->refresh || (x->refreshed && now < x->refreshed + FRESH_NS))
		return 0;
	err = x->refresh(x->source);
	x->refreshed = clock_now();
	return err;
}

static struct metrics_opts options_of(const struct exporter *x, enum metrics_format format)
{
	return (struct metrics_opts){ .format = format, .now = x->refreshed };
}

static int render(void *ctx, enum metrics_format format, struct out *out)
{
	struct exporter *x = ctx;
	int err = refresh(x, clock_now());
	const struct metrics_opts opts = options_of(x, format);

	return err ? err : metrics__write(x->metrics, x->m, &opts, out);
}

int exporter__init(struct exporter *x)
{
	int err = metrics__new(&x->metrics);

	if (!err && x->http)
		err = http__start(x->http, render, x);
	x->alive_ns = notify_watchdog_ns();
	return err;
}

void exporter__free(struct exporter *x)
{
	http__free(x->http);
	metrics__free(x->metrics);
}

int exporter__write_file(const struct exporter *x)
{
	const struct metrics_opts opts = options_of(x, x->o.format);

	return exporter_write(x->metrics, x->m, &opts, x->o.output, x->failing);
}

/*
 * A file that cannot be replaced is reported once, and again after it could be; only the first
 * time it is an error, since the command line is wrong then.
 */
static int write_file(struct exporter *x, uint64_t now)
{
	int err = refresh(x, now);
	bool failed;

	if (err)
		return err;
	failed = exporter__write_file(x);
	if (failed && !x->writes)
		return -ECANCELED;
	if (x->failing && !failed)
		complain("metrics: %s is written again", x->o.output);
	x->failing = failed;
	x->writes += !failed;
	x->next_write += x->o.every_ns;
	if (x->next_write <= now)	/* after a suspended second or hour */
		x->next_write = now + x->o.every_ns;
	return 0;
}

static int due(struct exporter *x, uint64_t now)
{
	int err = 0;

	if (x->o.every_ns && now >= x->next_write) {
		if (!x->next_write)
			x->next_write = now;
		err = write_file(x, now);
	}
	if (!err && !x->next_alive)
		notify_send("READY=1");
	if (!err && now >= x->next_alive) {
		if (x->alive_ns)
			notify_send("WATCHDOG=1");
		x->next_alive = x->alive_ns ? now + x->alive_ns : UINT64_MAX;
	}
	return err;
}

static int wait_ms(const struct exporter *x, uint64_t until)
{
	uint64_t now = clock_now(), end = until;
	int ms, http = x->http ? http__timeout(x->http) : -1;

	if (x->o.every_ns && x->next_write < end)
		end = x->next_write;
	if (x->next_alive < end)
		end = x->next_alive;
	if (end <= now)
		return 0;
	ms = end - now > POLL_MAX_MS * 1000000ULL ? POLL_MAX_MS : (int)((end - now) / 1000000) + 1;
	return http >= 0 && http < ms ? http : ms;
}

int exporter__serve(struct exporter *x, uint64_t until)
{
	struct pollfd fds[2];
	nfds_t n;
	int err = 0;

	while (!err && !*x->stopped) {
		err = due(x, clock_now());
		if (err || clock_now() >= until)
			break;
		n = 0;
		if (x->source_fd >= 0)
			fds[n++] = (struct pollfd){ .fd = x->source_fd, .events = POLLIN };
		if (x->http)
			fds[n++] = (struct pollfd){ .fd = http__fd(x->http), .events = POLLIN };
		if (poll(fds, n, wait_ms(x, until)) < 0 && errno != EINTR)
			return -errno;
		if (x->source_fd >= 0 && x->refresh && fds[0].revents)
			err = x->refresh(x->source);
		if (x->http)
			http__run(x->http);
	}
	return err;
}
