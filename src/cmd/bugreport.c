// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bugreport: one file with what a bug report needs. The parts are made by the other verbs, as
 * processes of their own, so that one which fails is missing and the others are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "export/tar.h"
#include "guest/fs.h"
#include "source/replay.h"
#include "trace/outfile.h"
#include "trace/writer.h"
#include "util/fmt.h"
#include "util/sha256.h"

#define PREFIX		"dmascope-bugreport/"
#define DEFAULT_NAME	"dmascope-bugreport.tar.gz"
#define PART_MAX	(256UL << 20)

struct config {
	const char *output, *duration, *btf, *input;
	bool no_redact, force, quiet;
};

static const struct opt opts[] = {
	OPT("duration", 'd', OPT_STRING, duration, "TIME",
	    "record for TIME while it happens (10), unless FILE is given"),
	OPT("output", 'o', OPT_STRING, output, "BUNDLE", "the bundle (" DEFAULT_NAME ")"),
	OPT("force", 'f', OPT_FLAG, force, NULL, "replace an existing bundle"),
	OPT("no-redact", 0, OPT_FLAG, no_redact, NULL, "keep DMA and physical addresses"),
	OPT("btf", 0, OPT_STRING, btf, "FILE", "BTF of this kernel, if it provides none"),
	OPT("quiet", 'q', OPT_FLAG, quiet, NULL, "do not print what the bundle holds"),
	{ 0 }
};

struct part {
	const char *name, *what;
	char *data;
	size_t len;
};

enum part_id { P_README, P_VERSIONS, P_DOCTOR, P_DOCTOR_JSON, P_KERNEL, P_REPORT, P_HTML, P_TRACE,
	       PARTS };

struct bundle {
	const struct config *cfg;
	char dir[512];			/* of the parts, gone at the end */
	bool keep;			/* ... unless the bundle could not be written */
	char trace[600];		/* the trace, redacted unless --no-redact; "": none */
	bool partial;			/* a part is missing or incomplete */
	struct outfile file;		/* the bundle */
	struct part part[PARTS];
};

static void init_parts(struct bundle *b)
{
	static const struct part parts[PARTS] = {
		[P_README] = { .name = "README.txt", .what = "this list" },
		[P_VERSIONS] = { .name = "versions.txt", .what = "dmascope, kernel, distribution" },
		[P_DOCTOR] = { .name = "doctor.txt", .what = "dmascope doctor -v" },
		[P_DOCTOR_JSON] = { .name = "doctor.json", .what = "the same for programs" },
		[P_KERNEL] = { .name = "kernel.txt", .what = "boot messages about swiotlb, IOMMU "
			       "and memory encryption, and the command line" },
		[P_REPORT] = { .name = "report.txt", .what = "dmascope report" },
		[P_HTML] = { .name = "report.html", .what = "the same for a browser" },
		[P_TRACE] = { .name = "trace.json.gz", .what = "the trace" },
	};

	memcpy(b->part, parts, sizeof(parts));
}

/* ---- parts made by other verbs ---- */

static void path_of(const struct bundle *b, enum part_id id, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s", b->dir, b->part[id].name);
}

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

/* Runs this program, its standard output into `to` (NULL: nowhere). Its exit status, or -errno. */
static int run_self(const char *to, const char *const *argv)
{
	int fd, status;
	pid_t pid;

	if (ended)
		return -EINTR;
	fd = open(to ? to : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	pid = fork();
	if (!pid) {
		dup2(fd, STDOUT_FILENO);
		execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fd);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (ended)
			kill(pid, SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int make(struct bundle *b, enum part_id id, const char *const *argv)
{
	char to[600];
	int ret;

	path_of(b, id, to, sizeof(to));
	ret = run_self(to, argv);
	if (ret == EXIT_PARTIAL)
		b->partial = true;
	/* doctor says with 3 that dmascope cannot start here, which is worth reading */
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL || (ret == EXIT_START && id < P_REPORT))
		return 0;
	b->partial = true;
	unlink(to);
	return ret < 0 ? ret : -EIO;
}

/* ---- the trace ---- */

/* A key that only who has the original trace can make: the same trace gives the same bundle. */
static int key_of(const char *path, uint8_t key[SHA256_BYTES])
{
	char *data;
	size_t len;
	int err = gfs_read_all("", path, PART_MAX, &data, &len);

	if (err)
		return err;
	sha256(data, len, key);
	free(data);
	return 0;
}

static int copy_trace(struct bundle *b, const char *from)
{
	uint8_t key[SHA256_BYTES];
	struct trace_writer_opts o = { .gzip = true, .force = true, .key = key,
				       .redact = !b->cfg->no_redact };
	struct replay_status st;
	struct trace_writer *w;
	char text[512] = "";
	int err = key_of(from, key);

	if (err) {
		complain("bugreport: %s: %s", from, strerror(-err));
		return EXIT_IO;
	}
	path_of(b, P_TRACE, b->trace, sizeof(b->trace));
	err = trace_writer__open(&w, b->trace, &o, text, sizeof(text));
	if (err) {
		complain("bugreport: %s", text);
		return EXIT_IO;
	}
	source_replay(from, NULL, trace_writer__put, w, &st);
	err = trace_writer__close(w, text, sizeof(text));
	trace_writer__free(w);
	if (!st.header) {
		complain("bugreport: %s", st.text);
		return st.state == TRACE_IO ? EXIT_IO : EXIT_USAGE;
	}
	if (err == -ENODATA) {		/* a cut trace stays one */
		snprintf(text, sizeof(text), "%.500s.partial", b->trace);
		err = rename(text, b->trace) ? -errno : 0;
		b->partial = true;
	}
	if (err) {
		complain("bugreport: %s: %s", b->dir, text[0] ? text : strerror(-err));
		return EXIT_IO;
	}
	return EXIT_DONE;
}

static int record(struct bundle *b)
{
	const struct config *cfg = b->cfg;
	const char *argv[12] = { "dmascope", "record", "-q", "-o", NULL, "-d",
				 cfg->duration ? cfg->duration : "10" };
	size_t n = 7;
	char raw[600];
	int ret;

	snprintf(raw, sizeof(raw), "%s/raw.json.gz", b->dir);
	argv[4] = raw;
	if (cfg->btf) {
		argv[n++] = "--btf";
		argv[n++] = cfg->btf;
	}
	if (!cfg->quiet)
		fprintf(stderr, "bugreport: recording for %s%s\n", argv[6],
			argv[6][strspn(argv[6], "0123456789.")] ? "" : " s");
	ret = run_self(NULL, argv);
	if (ret == EXIT_DONE || ret == EXIT_PARTIAL) {
		b->partial |= ret == EXIT_PARTIAL;
		ret = copy_trace(b, raw);
		unlink(raw);
		return ret;
	}
	if (ret == EXIT_USAGE || ret == EXIT_IO || ret < 0)
		return ret < 0 ? EXIT_IO : ret;
	complain("bugreport: nothing could be recorded; the bundle has no trace");
	b->partial = true;
	return EXIT_DONE;
}

/* ---- text of the kernel ---- */

/* Long hexadecimal numbers are addresses: their digits go. */
static void redact_text(char *s)
{
	for (char *p = strstr(s, "0x"); p; p = strstr(p, "0x")) {
		size_t n = strspn(p + 2, "0123456789abcdefABCDEF");

		if (n >= 5)
			memset(p + 2, '.', n);
		p += 2;
	}
	/* "[mem 00000000-0000ffff]", "bus address [...]" without 0x */
	for (char *p = s; *p; p++) {
		size_t n = strspn(p, "0123456789abcdef");

		if (n >= 8 && (p == s || strchr(" [-", p[-1])))
			memset(p, '.', n);
		p += n ? n - 1 : 0;
	}
}

static bool is_of_interest(const char *line)
{
	static const char *const words[] = {
		"swiotlb", "software IO TLB", "iommu", "DMAR", "AMD-Vi", "Memory Encryption",
		"memory encryption", "SEV", "TDX", "tdx", "svm", "Secure", "ultravisor",
		"prot_virt",
		"RMI", "realm", "DDW", "ibm,create-pe-dma-window", "coherent mask",
	};

	/* the command line comes by itself, the banner names who built the kernel and where */
	if (strstr(line, "ommand line:") || strstr(line, "Linux version "))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* Writes the parameters of the command line that decide about DMA; all of it with --no-redact. */
static void command_line(struct bundle *b, FILE *f)
{
	static const char *const words[] = {
		"swiotlb", "iommu", "intel_iommu", "amd_iommu", "mem_encrypt", "svm", "prot_virt",
		"disable_ddw", "lockdown", "mem=", "pci=", "cma", "crashkernel", "kexec",
	};
	char *text, *save = NULL;

	if (gfs_read_all("", "/proc/cmdline", 1 << 20, &text, NULL))
		return;
	fputs("command line:", f);
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		bool shown = b->cfg->no_redact;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			shown |= !strncmp(w, words[i], strlen(words[i]));
		fprintf(f, " %s", shown ? w : "...");
	}
	putc('\n', f);
	free(text);
}

static void append_file(FILE *to, const char *path)
{
	char *text;

	if (gfs_read_all("", path, 1 << 20, &text, NULL))
		return;
	fputs(text, to);
	if (!*text || text[strlen(text) - 1] != '\n')
		putc('\n', to);
	free(text);
}

static int kernel_text(struct bundle *b)
{
	struct part *p = &b->part[P_KERNEL];
	char *log = NULL, *save = NULL;
	FILE *f = open_memstream(&p->data, &p->len);
	int err;

	if (!f)
		return -ENOMEM;
	command_line(b, f);
	err = gfs_kernel_log("", &log, NULL);
	if (err)
		fprintf(f, "The kernel's log could not be read: %s\n", strerror(-err));
	for (char *l = log ? strtok_r(log, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save))
		if (is_of_interest(l))
			fprintf(f, "%s\n", l);
	free(log);
	if (fclose(f))
		return -ENOMEM;
	if (!b->cfg->no_redact)
		redact_text(p->data);
	return 0;
}

static int versions_text(struct bundle *b)
{
	struct part *p = &b->part[P_VERSIONS];
	FILE *f = open_memstream(&p->data, &p->len);
	struct utsname u;

	if (!f)
		return -ENOMEM;
	fprintf(f, "dmascope " DMASCOPE_VERSION "\n");
	if (!uname(&u))		/* not its host name */
		fprintf(f, "%s %s %s %s\n", u.sysname, u.release, u.version, u.machine);
	append_file(f, "/etc/os-release");
	return fclose(f) ? -ENOMEM : 0;
}

/* ---- the list ---- */

static const char *const private_note =
	"What may be private: the kernel's version, names of devices, drivers and\n"
	"kernel functions, ids of processes, sizes and times of I/O.";
static const char *const redacted_note =
	"DMA and physical addresses are hidden: consistently in the trace, as dots in texts; of\n"
	"the command line only words about DMA are there.";
static const char *const real_note =
	"DMA and physical addresses and the command line are in it (--no-redact).";
static const char *const never_note =
	"Not in it: content of memory or of I/O, kernel pointers, host and user names.";

static int readme_text(struct bundle *b)
{
	struct part *p = &b->part[P_README];
	FILE *f = open_memstream(&p->data, &p->len);
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX];

	if (!f)
		return -ENOMEM;
	fprintf(f, "Made by dmascope bugreport. Its parts, with their SHA-256:\n\n");
	for (int i = P_README + 1; i < PARTS; i++) {
		if (!b->part[i].data)
			continue;
		sha256(b->part[i].data, b->part[i].len, digest);
		fprintf(f, "%-14s %10zu bytes  %s\n               %s\n", b->part[i].name,
			b->part[i].len, b->part[i].what, sha256_hex(digest, hex));
	}
	fprintf(f, "\n%s\n%s\n%s\n", private_note,
		b->cfg->no_redact ? real_note : redacted_note, never_note);
	return fclose(f) ? -ENOMEM : 0;
}

static void announce(const struct bundle *b, const char *output)
{
	char size[FMT_LEN];

	if (b->cfg->quiet)
		return;
	fprintf(stderr, "%s will hold:\n", output);
	for (int i = 0; i < PARTS; i++)
		if (b->part[i].data)
			fprintf(stderr, "  %-14s %9s  %s\n", b->part[i].name,
				fmt_size(size, b->part[i].len), b->part[i].what);
	fprintf(stderr, "%s\n%s\n%s\n", private_note,
		b->cfg->no_redact ? real_note : redacted_note, never_note);
}

/* ---- the whole ---- */

static int load(struct bundle *b, enum part_id id)
{
	char path[600];
	int err;

	path_of(b, id, path, sizeof(path));
	err = gfs_read_all("", path, PART_MAX, &b->part[id].data, &b->part[id].len);
	if (err == -ENOENT)
		return 0;
	if (!err && !b->cfg->no_redact && (id == P_DOCTOR || id == P_DOCTOR_JSON))
		redact_text(b->part[id].data);
	return err;
}

static int make_parts(struct bundle *b)
{
	const char *doctor[] = { "dmascope", "doctor", "-v", NULL, NULL, NULL };
	const char *json[] = { "dmascope", "doctor", "--json", NULL, NULL, NULL };
	const char *report[] = { "dmascope", "report", "trace.json.gz", NULL };
	const char *html[] = { "dmascope", "report", "--html", "-", "trace.json.gz", NULL };
	int err = 0;

	if (b->cfg->btf) {
		doctor[3] = json[3] = "--btf";
		doctor[4] = json[4] = b->cfg->btf;
	}
	make(b, P_DOCTOR, doctor);
	make(b, P_DOCTOR_JSON, json);
	if (b->trace[0]) {
		/* a name without folders, since the report prints it */
		int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (here < 0 || chdir(b->dir))
			err = -errno;
		if (!err)
			err = make(b, P_REPORT, report);
		if (!err)
			err = make(b, P_HTML, html);
		if (here >= 0) {
			if (fchdir(here) && !err)
				err = -errno;
			close(here);
		}
	}
	if (!err)
		err = kernel_text(b);
	if (!err)
		err = versions_text(b);
	for (int i = P_DOCTOR; i < PARTS && !err; i++)
		if (i != P_KERNEL)
			err = load(b, (enum part_id)i);
	return err ? err : readme_text(b);
}

static int pack(struct bundle *b, int fd)
{
	struct tar *t;
	char name[100];
	int err = tar__new(&t, fd);

	if (err)
		return err;
	for (int i = 0; i < PARTS; i++) {
		snprintf(name, sizeof(name), PREFIX "%s", b->part[i].name);
		if (b->part[i].data)
			tar__add(t, name, b->part[i].data, b->part[i].len);
	}
	err = tar__finish(t);
	tar__free(t);
	return err;
}

static int write_bundle(struct bundle *b, const char *output)
{
	char text[512] = "";
	int err = pack(b, b->file.fd);

	if (!err)
		err = outfile__close(&b->file);
	if (!err)
		err = outfile__name(&b->file, text, sizeof(text));
	if (err) {
		b->keep = true;
		complain("bugreport: %s%s%s; what was made for it is in %s", text[0] ? "" : output,
			 text[0] ? "" : ": ", text[0] ? text : strerror(-err), b->dir);
		return EXIT_IO;
	}
	outfile__free(&b->file);
	return EXIT_DONE;
}

static void clean_up(struct bundle *b)
{
	static const char *const more[] = { "raw.json.gz", "raw.json.gz.partial",
					    "trace.json.gz.partial" };
	char path[600];

	for (int i = 0; i < PARTS; i++) {
		free(b->part[i].data);
		path_of(b, (enum part_id)i, path, sizeof(path));
		if (!b->keep)
			unlink(path);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && !b->keep; i++) {
		snprintf(path, sizeof(path), "%s/%s", b->dir, more[i]);
		unlink(path);
	}
	if (!b->keep)
		rmdir(b->dir);
	if (b->file.path)		/* the bundle was not written */
		outfile__discard(&b->file);
	outfile__free(&b->file);
}

static int make_dir(struct bundle *b)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(b->dir, sizeof(b->dir), "%s/dmascope-bugreport.XXXXXX",
		 tmp && tmp[0] && strlen(tmp) < 400 ? tmp : "/tmp");
	if (mkdtemp(b->dir))
		return 0;
	complain("bugreport: %s: %s", b->dir, strerror(errno));
	return -errno;
}

static int bugreport(struct bundle *b, const char *output)
{
	int ret = b->cfg->input ? copy_trace(b, b->cfg->input) : record(b), err;

	if (ret)
		return ret;
	err = make_parts(b);
	if (err) {
		complain("bugreport: the parts could not be made in %s: %s", b->dir,
			 err == -EIO ? "is the disk full?" : strerror(-err));
		return EXIT_IO;
	}
	if (ended) {
		complain("bugreport: ended by a signal; no bundle was written");
		return EXIT_IO;
	}
	announce(b, output);
	ret = write_bundle(b, output);
	return ret ? ret : b->partial ? EXIT_PARTIAL : EXIT_DONE;
}

static int run_bugreport(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	struct bundle b = { .cfg = cfg };
	const char *output = cfg->output ? cfg->output : DEFAULT_NAME;
	static const int sigs[] = { SIGTERM, SIGHUP, 0 };
	char text[512];
	int ret;

	if (opts_file(&cmd_bugreport, argc, argv, false, &cfg->input))
		return EXIT_USAGE;
	if (cfg->duration && cfg->input) {
		complain("bugreport: -d records, but %s is a trace already", cfg->input);
		return EXIT_USAGE;
	}
	/* before anything is recorded, which may take long */
	if (outfile__open(&b.file, output, cfg->force, 0600, text, sizeof(text))) {
		complain("bugreport: %s", text);
		outfile__free(&b.file);
		return EXIT_IO;
	}
	init_parts(&b);
	if (make_dir(&b)) {
		outfile__discard(&b.file);
		outfile__free(&b.file);
		return EXIT_IO;
	}
	catch_signals(sigs, on_signal);
	/* the parts are made first: Ctrl-C ends the recording, and the rest goes on */
	signal(SIGINT, SIG_IGN);
	ret = bugreport(&b, output);
	clean_up(&b);
	return ret;
}

const struct cmd cmd_bugreport = {
	.name = "bugreport",
	.summary = "make one file for a bug report: doctor, trace, report, boot log",
	.args = "[FILE]",
	.group = CMD_RECORD,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_bugreport,
};
