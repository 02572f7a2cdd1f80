// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * convert: a recorded trace in the form of another tool.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/page.h"
#include "source/replay.h"
#include "export/csv.h"
#include "export/openmetrics.h"
#include "trace/out.h"
#include "trace/outfile.h"
#include "export/perfetto.h"

struct config {
	const char *to;
	const char *output;
	const char *table;
	uint64_t since, until;
	uint64_t max_size;
	bool gzip, force;
};

static const struct opt opts[] = {
	OPT("to", 't', OPT_CHOICE, to, "FORMAT", "perfetto, csv, openmetrics or html (required)",
	    .choices = "perfetto|csv|openmetrics|html"),
	OPT("output", 'o', OPT_STRING, output, "FILE",
	    "where to write; - is stdout (the default)"),
	OPT("table", 0, OPT_CHOICE, table, "TABLE",
	    "for csv: ranges, devices, windows, shared or findings",
	    .choices = "ranges|devices|windows|shared|findings"),
	OPT("since", 0, OPT_TIME, since, "TIME", "only events from TIME after the start",
	    .zero = true),
	OPT("until", 0, OPT_TIME, until, "TIME", "only events until TIME after the start"),
	OPT("max-size", 0, OPT_SIZE, max_size, "SIZE",
	    "for perfetto: add no slices beyond SIZE (200M)"),
	OPT("gzip", 'z', OPT_FLAG, gzip, NULL, "compress; implied by a name ending in .gz"),
	OPT("force", 'f', OPT_FLAG, force, NULL, "replace an existing file"),
	{ 0 }
};

struct run {
	const struct config *cfg;
	const char *input;
	struct state *model;
	struct outfile file;
	struct out out;
	int ret;		/* of reading */
};

static enum csv_table table_of(const char *name)
{
	static const char *const names[] = {
		[CSV_RANGES] = "ranges", [CSV_DEVICES] = "devices", [CSV_WINDOWS] = "windows",
		[CSV_SHARED] = "shared", [CSV_FINDINGS] = "findings",
	};

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return (enum csv_table)i;
	return CSV_RANGES;
}

/* Reads the trace into sink. Whether there is something to write. */
static bool replay(struct run *r, dms_sink_fn sink, void *ctx)
{
	const struct replay_opts opts = {
		.since_set = r->cfg->since,
		.until_set = r->cfg->until,
		.since_ns = (int64_t)r->cfg->since,
		.until_ns = (int64_t)r->cfg->until,
	};
	struct replay_status st;

	source_replay(r->input, &opts, sink, ctx, &st);
	r->ret = exit_of_replay("convert", &st, r->model);
	return r->ret == EXIT_DONE || r->ret == EXIT_PARTIAL;
}

static int to_perfetto(struct run *r, bool *usable)
{
	const struct perfetto_opts opts = { .max_bytes = r->cfg->max_size };
	struct perfetto *p;
	int err = perfetto__new(&p, &r->out, r->model, &opts);

	if (err)
		return err;
	*usable = replay(r, perfetto__put, p);
	if (*usable)
		err = perfetto__finish(p);
	if (!err && perfetto__left_out(p))
		complain("convert: %llu mappings were left out: the file would be too large for a "
			 "browser; see --max-size, --since and --until",
			 (unsigned long long)perfetto__left_out(p));
	perfetto__free(p);
	return err;
}

static int write_output(struct run *r, bool *usable)
{
	int err;

	if (!strcmp(r->cfg->to, "perfetto")) {
		err = to_perfetto(r, usable);
	} else {
		*usable = replay(r, state__feed, r->model);
		if (!*usable)
			return 0;
		err = !strcmp(r->cfg->to, "csv") ?
		      csv_write(r->model, table_of(r->cfg->table), &r->out) :
		      openmetrics_write(r->model, &r->out);
	}
	if (!err && *usable)
		err = out__finish(&r->out);
	return err;
}

static int convert(struct run *r)
{
	char text[512];
	bool usable = false;
	int err, closed;

	err = write_output(r, &usable);
	closed = outfile__close(&r->file);
	err = err ? err : closed;
	if (err) {
		complain("convert: %s: %s", r->file.path ? r->file.path : "stdout", strerror(-err));
		outfile__discard(&r->file);
		return EXIT_IO;
	}
	if (!usable) {
		outfile__discard(&r->file);
		return r->ret;
	}
	if (outfile__name(&r->file, text, sizeof(text))) {
		complain("convert: %s", text);
		return EXIT_IO;
	}
	return r->ret;
}

static int check_options(const struct config *cfg)
{
	if (!cfg->to) {
		complain("convert: --to FORMAT is missing: perfetto, csv, openmetrics or html");
		return EXIT_USAGE;
	}
	if (cfg->table && strcmp(cfg->to, "csv")) {
		complain("convert: --table is for --to csv");
		return EXIT_USAGE;
	}
	if (cfg->max_size && strcmp(cfg->to, "perfetto")) {
		complain("convert: --max-size is for --to perfetto");
		return EXIT_USAGE;
	}
	return opts_slice("convert", cfg->since, cfg->until) ? EXIT_DONE : EXIT_USAGE;
}

static int to_page(const struct config *cfg, const char *input, const char *output, bool gzip)
{
	const struct page_opts po = {
		.verb = "convert",
		.input = input,
		.output = output,
		.force = cfg->force,
		.replay = {
			.since_set = cfg->since,
			.until_set = cfg->until,
			.since_ns = (int64_t)cfg->since,
			.until_ns = (int64_t)cfg->until,
		},
		.report = { .ranges = SIZE_MAX },
	};

	if (!gzip)
		return page_write(&po);
	complain("convert: a browser opens no compressed page: leave -z and .gz out");
	return EXIT_USAGE;
}

static int run_convert(void *config, int argc, char **argv)
{
	struct config *cfg = config;
	const char *output = cfg->output ? cfg->output : "-";
	struct run r = { .cfg = cfg, .file.fd = -1, .out.fd = -1 };
	char text[512];
	size_t len = strlen(output);
	bool gzip = cfg->gzip || (len > 3 && !strcmp(output + len - 3, ".gz"));
	int ret;

	if (opts_file(&cmd_convert, argc, argv, true, &r.input))
		return EXIT_USAGE;
	ret = check_options(cfg);
	if (ret)
		return ret;
	if (!strcmp(cfg->to, "html"))
		return to_page(cfg, argv[0], output, gzip);
	r.model = state__new(NULL);
	if (!r.model) {
		complain("convert: no memory");
		return EXIT_IO;
	}
	ret = EXIT_IO;
	if (outfile__open(&r.file, output, cfg->force, 0600, text, sizeof(text))) {
		complain("convert: %s", text);
		goto cleanup;
	}
	if (out__init_fd(&r.out, r.file.fd, gzip, false)) {
		complain("convert: no memory");
		outfile__discard(&r.file);
		goto cleanup;
	}
	ret = convert(&r);
cleanup:
	out__free(&r.out);
	outfile__free(&r.file);
	state__free(r.model);
	return ret;
}

const struct cmd cmd_convert = {
	.name = "convert",
	.summary = "convert a trace for Perfetto, spreadsheets, Prometheus or browsers",
	.args = "--to FORMAT FILE",
	.group = CMD_EXPORT,
	.opts = opts,
	.config_size = sizeof(struct config),
	.run = run_convert,
};
