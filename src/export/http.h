/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small HTTP server for metrics: GET /metrics, in the format that the client accepts. It runs in
 * its caller's loop and has no thread. The protocol is libmicrohttpd's; a build without that
 * library has the same functions, and http__listen() fails with -EOPNOTSUPP.
 */
#ifndef DMASCOPE_EXPORT_HTTP_H
#define DMASCOPE_EXPORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "export/openmetrics.h"

struct http;

/* Writes one exposition into out, which is memory. 0 or -errno (the client gets status 500). */
typedef int (*http_render_fn)(void *ctx, enum metrics_format format, struct out *out);

/* True if this build can serve. */
bool http_is_built(void);

/*
 * Binds where ("ADDR:PORT", "[ADDR6]:PORT", ":PORT" and "PORT" on 127.0.0.1, "unix:PATH") and
 * listens. 0, or -errno and one line in err: -EINVAL (no address), -EADDRINUSE, ...
 */
int http__listen(struct http **h, const char *where, char *err, size_t err_len);
/* Closes, and removes the socket's file. Takes NULL. */
void http__free(struct http *h);

/* Begins to answer, with what render writes. 0 or -errno. */
int http__start(struct http *h, http_render_fn render, void *ctx);
/* Becomes readable when there is work. */
int http__fd(const struct http *h);
/* The longest wait for poll(), in ms; -1: for ever. */
int http__timeout(const struct http *h);
/* Does what there is to do, without waiting. */
void http__run(struct http *h);

#endif /* DMASCOPE_EXPORT_HTTP_H */
