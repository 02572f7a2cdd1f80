// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The HTML page: its frame, its policy, its data. What it looks like is in page/page.css, what it
 * draws in page/page.js; both are embedded, and the policy allows these two and nothing else.
 */
#include <errno.h>
#include <string.h>

#include "report/html.h"
#include "trace/json.h"
#include "trace/out.h"
#include "util/names.h"
#include "util/sha256.h"

#define EMBED(name, file)							\
	extern const char name[], name##_end[];					\
	__asm__(".pushsection .rodata\n"					\
		".globl " #name ", " #name "_end\n"				\
		#name ":\n"							\
		".incbin \"src/report/page/" file "\"\n"			\
		#name "_end:\n"							\
		".byte 0\n"							\
		".popsection\n")

EMBED(page_css, "page.css");
EMBED(page_js, "page.js");

/* ---- data ---- */

static void values(struct json *j, const char *key, const uint64_t *v, unsigned int n)
{
	json__begin_array(j, key);
	for (unsigned int i = 0; i < n; i++)
		json__int(j, NULL, (int64_t)v[i]);
	json__end_array(j);
}

static void tracks(const struct state *m, const struct timeline *t, struct json *j)
{
	json__begin_array(j, "tracks");
	for (unsigned int i = 0; i < TIMELINE_TRACKS + DMS_PATH_MAX; i++) {
		const struct timeline_track *k = t->track[i];

		if (!k)
			continue;
		json__begin_object(j, NULL);
		json__str(j, "device", i < TIMELINE_TRACKS ? state__dev_name(m, k->dev) : "other");
		json__str(j, "path", dms_path_name(k->path));
		values(j, "maps", k->maps, t->bins);
		values(j, "bytes", k->bytes, t->bins);
		json__end_object(j);
	}
	json__end_array(j);
}

static void holders(const struct state *m, const struct timeline *t, struct json *j)
{
	json__begin_array(j, "holders");
	for (unsigned int i = 0; i <= TIMELINE_HOLDERS; i++) {
		const struct timeline_holder *h = t->holder[i];

		if (!h)
			continue;
		json__begin_object(j, NULL);
		json__str(j, "device", i < TIMELINE_HOLDERS ? state__dev_name(m, h->dev) : "other");
		values(j, "slots", h->max, t->bins);
		json__end_object(j);
	}
	json__end_array(j);
}

static void lifetimes(const struct state *m, const struct report_opts *opts, struct json *j)
{
	const struct state_dev *d;
	uint64_t any;

	json__begin_array(j, "lifetimes");
	for (size_t i = 0; (d = state__dev(m, i)); i++) {
		any = 0;
		for (int k = 0; k < STATE_LIFE_SLOTS; k++)
			any |= d->life_hist[k];
		if (!any || !report_shows(m, opts, d->key))
			continue;
		json__begin_object(j, NULL);
		json__str(j, "device", d->name);
		values(j, "hist", d->life_hist, STATE_LIFE_SLOTS);
		json__end_object(j);
	}
	json__end_array(j);
}

static int timeline_json(const struct state *m, const struct timeline *t,
			 const struct report_opts *opts, struct out *out)
{
	struct json j;

	json__init(&j, out);
	json__begin_object(&j, NULL);
	json__int(&j, "bin_ns", (int64_t)t->bin_ns);
	json__int(&j, "bins", t->bins);
	json__bool(&j, "used_known", t->used_known);
	values(&j, "used", t->used_max, t->bins);
	values(&j, "failed", t->fails, t->bins);
	values(&j, "lost", t->lost, t->bins);
	values(&j, "shared", t->shared, t->bins);
	values(&j, "live", t->live, t->bins);
	tracks(m, t, &j);
	holders(m, t, &j);
	lifetimes(m, opts, &j);
	json__end_object(&j);
	return json__end_line(&j);
}

/* ---- the page ---- */

/* JSON inside <script>: only strings can hold these characters, and there \u is the same. */
static void put_data(FILE *f, const char *id, const struct out *out)
{
	fprintf(f, "<script type=\"application/json\" id=\"%s\">", id);
	for (const char *p = out->buf; p < out->p; p++) {
		if (*p == '<' || *p == '>' || *p == '&')
			fprintf(f, "\\u%04x", (unsigned char)*p);
		else
			putc(*p, f);
	}
	fputs("</script>\n", f);
}

static void put_hash(FILE *f, const char *what, const char *text, const char *end)
{
	uint8_t digest[SHA256_BYTES];
	char buf[SHA256_BASE64];

	sha256(text, (size_t)(end - text), digest);
	fprintf(f, "; %s 'sha256-%s'", what, sha256_base64(digest, buf));
}

static void put_head(FILE *f)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'", f);
	put_hash(f, "script-src", page_js, page_js_end);
	put_hash(f, "style-src", page_css, page_css_end);
	fputs("; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n"
	      "<meta name=\"generator\" content=\"dmascope " DMASCOPE_VERSION "\">\n"
	      "<title>dmascope report</title>\n<style>", f);
	fwrite(page_css, 1, (size_t)(page_css_end - page_css), f);
	fputs("</style>\n</head>\n<body>\n"
	      "<noscript>This page draws its data with JavaScript, which is off here. `dmascope "
	      "report` prints the same as text.</noscript>\n", f);
}

int report_html(const struct state *m, const struct timeline *t, const struct report_opts *opts,
		FILE *f)
{
	struct out out;
	int err = out__init_mem(&out);

	out__allow_long(&out);
	if (!err)
		err = report_json(m, opts, &out);
	if (err)
		goto cleanup;
	put_head(f);
	put_data(f, "report", &out);
	out__reset(&out);
	err = timeline_json(m, t, opts, &out);
	if (err)
		goto cleanup;
	put_data(f, "time", &out);
	fputs("<script>", f);
	fwrite(page_js, 1, (size_t)(page_js_end - page_js), f);
	fputs("</script>\n</body>\n</html>\n", f);
	err = fflush(f) || ferror(f) ? -EIO : 0;
cleanup:
	out__free(&out);
	return err;
}
