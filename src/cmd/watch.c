// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting for findings. The command is run by a process that was forked before capabilities went,
 * and reads findings from a pipe: one at a time, in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/watch.h"
#include "words/words.h"

#define LOOK_NS		250000000ULL
#define MAX_SEEN	256
#define MAX_IDS		32

struct seen {
	char id[32];
	uint64_t dev;
};

struct watch {
	unsigned int severity;		/* that ends it, or worse; 0: none */
	char id[MAX_IDS][32];		/* ... or one of these */
	size_t ids;
	bool any;			/* nothing was named: the command runs for all */
	struct seen seen[MAX_SEEN];
	size_t seens;
	char found[32];
	uint64_t found_ts, looked;
	int pipe;			/* to the runner, -1: none */
	pid_t runner;
};

/* The part of a finding that the runner gets. */
struct note {
	char id[32], severity[16], device[DMS_NAME_LEN], summary[DMS_TEXT_LEN],
		remedy[DMS_TEXT_LEN];
};

/* ---- what is waited for ---- */

static bool is_finding(const char *id)
{
	const char *known;

	for (size_t i = 0; (known = state__finding_id(i)); i++)
		if (!strcmp(known, id))
			return true;
	return false;
}

static int parse_one(struct watch *w, const char *word)
{
	for (unsigned int s = STATE_NOTE; s <= STATE_ERROR; s++) {
		if (strcmp(word, state__severity_name(s)))
			continue;
		if (!w->severity || s < w->severity)
			w->severity = s;
		return 0;
	}
	if (!is_finding(word)) {
		complain("record: --until-finding: there is no finding \"%s\": dmascope explain "
			 "lists them; or error, warning, note", word);
		return -EINVAL;
	}
	if (w->ids < MAX_IDS)
		snprintf(w->id[w->ids++], sizeof(w->id[0]), "%s", word);
	return 0;
}

static int parse(struct watch *w, const char *list)
{
	char *copy = strdup(list), *save = NULL;
	int err = copy ? 0 : -ENOMEM;

	for (char *p = copy ? strtok_r(copy, ",", &save) : NULL; p && !err;
	     p = strtok_r(NULL, ",", &save))
		err = parse_one(w, p);
	if (!err && !w->ids && !w->severity) {
		complain("record: --until-finding must name findings, or error, warning, note");
		err = -EINVAL;
	}
	free(copy);
	return err;
}

static bool is_wanted(const struct watch *w, const struct rec_finding *f)
{
	if (w->severity && f->severity >= w->severity)
		return true;
	for (size_t i = 0; i < w->ids; i++)
		if (!strcmp(w->id[i], f->id))
			return true;
	return false;
}

/* ---- the runner ---- */

static void set_env(const struct note *n, const char *trace)
{
	setenv("DMASCOPE_FINDING", n->id, 1);
	setenv("DMASCOPE_SEVERITY", n->severity, 1);
	setenv("DMASCOPE_DEVICE", n->device, 1);
	setenv("DMASCOPE_SUMMARY", n->summary, 1);
	setenv("DMASCOPE_REMEDY", n->remedy, 1);
	setenv("DMASCOPE_TRACE", trace, 1);
}

static void run_command(const char *command, const struct note *n, const char *trace)
{
	pid_t pid = fork();
	int fd, status;

	if (!pid) {
		fd = open("/dev/null", O_RDONLY);
		if (fd >= 0)
			dup2(fd, STDIN_FILENO);
		dup2(STDERR_FILENO, STDOUT_FILENO);	/* stdout may be the trace */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		set_env(n, trace);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		complain("record: --on-finding: /bin/sh: %s", strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		complain("record: --on-finding could not be run: %s", strerror(errno));
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		complain("record: --on-finding ended with %s %d for %s",
			 WIFEXITED(status) ? "status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), n->id);
}

static void runner(int fd, const struct watch_opts *o)
{
	struct note n;

	/* Ctrl-C ends the recording, whose end ends this one */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		run_command(o->command, &n, o->trace);
	_exit(0);
}

static int start_runner(struct watch *w, const struct watch_opts *o)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	w->runner = fork();
	if (w->runner < 0) {
		close(fds[0]);
		close(fds[1]);
		return -errno;
	}
	if (!w->runner) {
		close(fds[1]);
		runner(fds[0], o);
	}
	close(fds[0]);
	w->pipe = fds[1];
	/* a command that hangs must not stop the recording: what finds no room is not run */
	fcntl(w->pipe, F_SETFL, O_NONBLOCK);
	return 0;
}

static void notify(struct watch *w, const struct state *m, const struct rec_finding *f)
{
	struct note n = { .id = "" };

	if (w->pipe < 0)
		return;
	snprintf(n.id, sizeof(n.id), "%s", f->id);
	snprintf(n.severity, sizeof(n.severity), "%s", state__severity_name(f->severity));
	snprintf(n.device, sizeof(n.device), "%s", f->dev ? state__dev_name(m, f->dev) : "");
	snprintf(n.summary, sizeof(n.summary), "%s", f->summary);
	snprintf(n.remedy, sizeof(n.remedy), "%s", f->action);
	if (write(w->pipe, &n, sizeof(n)) != (ssize_t)sizeof(n))
		complain("record: --on-finding: CMD is still running; not run for %s", n.id);
}

/* ---- the watch ---- */

_Static_assert(sizeof(struct note) <= 4096, "PIPE_BUF: written whole or not at all");

int watch__new(struct watch **out, const struct watch_opts *o)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err = w ? 0 : -ENOMEM;

	*out = w;
	if (err)
		return err;
	w->pipe = -1;
	w->any = !o->until;
	if (o->until)
		err = parse(w, o->until);
	if (!err && o->command)
		err = start_runner(w, o);
	if (err) {
		watch__free(w);
		*out = NULL;
	}
	return err;
}

void watch__free(struct watch *w)
{
	if (!w)
		return;
	if (w->pipe >= 0)
		close(w->pipe);
	while (w->runner > 0 && waitpid(w->runner, NULL, 0) < 0 && errno == EINTR)
		;
	free(w);
}

static bool is_new(struct watch *w, const struct rec_finding *f)
{
	for (size_t i = 0; i < w->seens; i++)
		if (w->seen[i].dev == f->dev && !strcmp(w->seen[i].id, f->id))
			return false;
	if (w->seens == MAX_SEEN)
		return false;
	w->seen[w->seens].dev = f->dev;
	strcpy(w->seen[w->seens++].id, f->id);
	return true;
}

int watch__look(struct watch *w, const struct state *m, uint64_t now)
{
	struct state_finding *f;
	size_t n;
	int err;

	if (now < w->looked + LOOK_NS)
		return 0;
	w->looked = now;
	err = words__findings(m, &f, &n);
	for (size_t i = 0; !err && i < n; i++) {
		bool wanted = is_wanted(w, &f[i].f);

		if ((!wanted && !w->any) || !is_new(w, &f[i].f))
			continue;
		notify(w, m, &f[i].f);
		if (wanted && !w->found[0]) {
			strcpy(w->found, f[i].f.id);
			w->found_ts = now;
		}
	}
	if (!err)
		free(f);
	return err;
}

const char *watch__found(const struct watch *w, uint64_t *ts)
{
	*ts = w->found_ts;
	return w->found[0] ? w->found : NULL;
}
