// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The metrics server: its socket, and what it answers. The only file that knows libmicrohttpd.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/http.h"
#include "trace/outfile.h"

#ifdef HAVE_MICROHTTPD
#include <dlfcn.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * Loaded when a server is asked for: with GnuTLS, which it needs, it is ten more libraries and a
 * sixth of the memory of `top`.
 */
#define LIBRARY		"libmicrohttpd.so.12"
#define FUNCTIONS(F)									\
	F(start_daemon) F(stop_daemon) F(run) F(get_timeout) F(get_daemon_info)		\
	F(lookup_connection_value) F(create_response_from_buffer)			\
	F(add_response_header) F(queue_response) F(destroy_response)

#define DECLARE(name)	__typeof__(&MHD_##name) name;
static struct {
	FUNCTIONS(DECLARE)
} lib;

#define CONNECTIONS	32
#define IDLE_SECONDS	10U
#define BACKLOG		16

struct http {
	int fd;
	char *path;			/* of a socket in the file system */
	struct MHD_Daemon *daemon;
	http_render_fn render;
	void *ctx;
};

bool http_is_built(void)
{
	return true;
}

static int load_library(char *err, size_t len)
{
	void *so = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	bool all = so;

#define FIND(name)									\
	if (all) {									\
		void *at = dlsym(so, "MHD_" #name);					\
											\
		memcpy(&lib.name, &at, sizeof(at));					\
		all = at;								\
	}
	FUNCTIONS(FIND)
	return all ? 0 : outfile_fail(-EOPNOTSUPP, err, len, "--listen: %s; install libmicrohttpd, "
				      "or use --every with -o FILE", dlerror());
}

/* ---- the socket ---- */

/* A socket whose server ended stays as a file that nobody answers at. */
static void remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd;

	if (lstat(sa->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) && errno == ECONNREFUSED)
		unlink(sa->sun_path);
	close(fd);
}

static int listen_unix(struct http *h, const char *path, char *err, size_t len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (!*path || strlen(path) >= sizeof(sa.sun_path))
		return outfile_fail(-EINVAL, err, len, "--listen: a socket's path has 1 to %zu "
				    "characters", sizeof(sa.sun_path) - 1);
	strcpy(sa.sun_path, path);
	remove_stale(&sa);
	h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0 || bind(h->fd, (struct sockaddr *)&sa, sizeof(sa)))
		return outfile_fail(-errno, err, len, "cannot listen on unix:%s: %s", path,
				    strerror(errno));
	h->path = strdup(path);
	if (!h->path || listen(h->fd, BACKLOG))
		return outfile_fail(-ENOMEM, err, len, "cannot listen on unix:%s", path);
	return 0;
}

/* "ADDR:PORT", "[ADDR]:PORT", ":PORT", "PORT". 0 or -EINVAL. */
static int split(const char *where, char *host, size_t n, const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t len = colon ? (size_t)(colon - where) : 0;

	*port = colon ? colon + 1 : where;
	if (len > 1 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	} else if (memchr(where, ':', len)) {
		return -EINVAL;		/* IPv6 without brackets: which colon is the port's? */
	}
	if (!**port || strspn(*port, "0123456789") != strlen(*port) || len >= n)
		return -EINVAL;
	snprintf(host, n, "%.*s", (int)len, where);
	if (!host[0])
		snprintf(host, n, "127.0.0.1");
	return strtoul(*port, NULL, 10) > 65535 ? -EINVAL : 0;
}

static int bind_to(struct http *h, const struct addrinfo *ai)
{
	int on = 1;

	h->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0)
		return -errno;
	setsockopt(h->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(h->fd, ai->ai_addr, ai->ai_addrlen) || listen(h->fd, BACKLOG))
		return -errno;
	return 0;
}

static int listen_tcp(struct http *h, const char *where, char *err, size_t len)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *ai;
	const char *port;
	char host[256];
	int ret, gai;

	if (split(where, host, sizeof(host), &port))
		return outfile_fail(-EINVAL, err, len, "--listen must be ADDR:PORT, [ADDR6]:PORT, "
				    ":PORT or unix:PATH, not \"%s\"", where);
	gai = getaddrinfo(host, port, &hints, &ai);
	if (gai)
		return outfile_fail(-EINVAL, err, len, "--listen %s: %s", where, gai_strerror(gai));
	ret = bind_to(h, ai);
	freeaddrinfo(ai);
	if (ret == -EADDRINUSE)
		return outfile_fail(ret, err, len, "%s: the port is in use; choose another with "
				    "--listen, or stop who has it (ss -ltnp)", where);
	return ret ? outfile_fail(ret, err, len, "cannot listen on %s: %s", where,
				  strerror(-ret)) : 0;
}

int http__listen(struct http **out, const char *where, char *err, size_t err_len)
{
	struct http *h;
	int ret = load_library(err, err_len);

	*out = NULL;
	if (ret)
		return ret;
	h = calloc(1, sizeof(*h));
	if (!h)
		return outfile_fail(-ENOMEM, err, err_len, "no memory");
	h->fd = -1;
	if (!strncmp(where, "unix:", 5))
		ret = listen_unix(h, where + 5, err, err_len);
	else
		ret = listen_tcp(h, where, err, err_len);
	if (ret) {
		http__free(h);
		return ret;
	}
	*out = h;
	return 0;
}

void http__free(struct http *h)
{
	if (!h)
		return;
	if (h->daemon)
		lib.stop_daemon(h->daemon);	/* closes the socket */
	else if (h->fd >= 0)
		close(h->fd);
	if (h->path)
		unlink(h->path);
	free(h->path);
	free(h);
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status, const char *type,
			      const char *text, size_t len)
{
	struct MHD_Response *r;
	enum MHD_Result ret;

	r = lib.create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	lib.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	lib.add_response_header(r, "X-Content-Type-Options", "nosniff");
	lib.add_response_header(r, "Cache-Control", "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		lib.add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ret = lib.queue_response(c, status, r);
	lib.destroy_response(r);
	return ret;
}

static enum MHD_Result answer_text(struct MHD_Connection *c, unsigned int status,
				   const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result answer_metrics(struct http *h, struct MHD_Connection *c)
{
	enum metrics_format format = metrics_negotiate(
		lib.lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	struct out out;
	enum MHD_Result ret;

	if (out__init_mem(&out) || h->render(h->ctx, format, &out))
		ret = answer_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR,
				  "the metrics could not be read\n");
	else
		ret = answer(c, MHD_HTTP_OK, metrics_content_type(format), out.buf,
			     (size_t)(out.p - out.buf));
	out__free(&out);
	return ret;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **state)
{
	static int seen;

	(void)version;
	(void)data;
	if (!*state) {		/* the headers are there, a body may follow */
		*state = &seen;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return answer_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(ctx, c);
	if (!strcmp(url, "/"))
		return answer_text(c, MHD_HTTP_OK, "dmascope " DMASCOPE_VERSION
				   ": the metrics are at /metrics\n");
	return answer_text(c, MHD_HTTP_NOT_FOUND, "not found; the metrics are at /metrics\n");
}

int http__start(struct http *h, http_render_fn render, void *ctx)
{
	h->render = render;
	h->ctx = ctx;
	h->daemon = lib.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_LISTEN_SOCKET, h->fd,
				     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
	return h->daemon ? 0 : -EIO;
}

int http__fd(const struct http *h)
{
	const union MHD_DaemonInfo *info = lib.get_daemon_info(h->daemon,
							       MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->listen_fd : -1;
}

int http__timeout(const struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (lib.get_timeout(h->daemon, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

void http__run(struct http *h)
{
	lib.run(h->daemon);
}

#else /* no libmicrohttpd */

bool http_is_built(void)
{
	return false;
}

int http__listen(struct http **h, const char *where, char *err, size_t err_len)
{
	*h = NULL;
	return outfile_fail(-EOPNOTSUPP, err, err_len, "--listen %s: this build has no HTTP server "
			    "(libmicrohttpd was not there); use --every with -o FILE", where);
}

void http__free(struct http *h)
{
	(void)h;
}

int http__start(struct http *h, http_render_fn render, void *ctx)
{
	(void)h;
	(void)render;
	(void)ctx;
	return -EOPNOTSUPP;
}

int http__fd(const struct http *h)
{
	(void)h;
	return -1;
}

int http__timeout(const struct http *h)
{
	(void)h;
	return -1;
}

void http__run(struct http *h)
{
	(void)h;
}

#endif
