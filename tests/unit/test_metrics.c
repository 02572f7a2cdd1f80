// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Metrics: how many series there are, that a counter never goes down, that no set of labels comes
 * twice, and both formats.
 */
#include "feed.h"
#include "export/openmetrics.h"

static char *written(struct metrics *x, struct feed *f, const struct metrics_opts *opts)
{
	struct out out;
	char *text;

	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(metrics__write(x, f->m, opts, &out), 0);
	text = strndup(out.buf, (size_t)(out.p - out.buf));
	out__free(&out);
	assert_non_null(text);
	return text;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Counts the samples; each has labels of its own. */
static size_t series(const char *text)
{
	char *copy = strdup(text), *save = NULL, *name[4096];
	size_t n = 0;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '#')
			continue;
		assert_true(n < 4096);
		assert_non_null(strrchr(line, ' '));
		*strrchr(line, ' ') = '\0';
		name[n++] = line;
	}
	qsort(name, n, sizeof(*name), by_text);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(name[i - 1], name[i]))
			fail_msg("twice: %s", name[i]);
	free(copy);
	return n;
}

/* The value of a sample, -1: there is none. */
static long long value(const char *text, const char *name)
{
	const char *p = text;
	size_t len = strlen(name);

	while ((p = strstr(p, name))) {
		if ((p == text || p[-1] == '\n') && p[len] == ' ')
			return strtoll(p + len, NULL, 10);
		p += len;
	}
	return -1;
}

static long long total(const char *text, const char *family)
{
	size_t len = strlen(family);
	long long sum = 0;

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, family, len) && p[len] == '{')
			sum += strtoll(strstr(p, "} ") + 2, NULL, 10);
	}
	return sum;
}

static void map_some(struct feed *f, unsigned int devs, unsigned int paths)
{
	for (unsigned int d = 1; d <= devs; d++) {
		for (unsigned int p = 0; p < paths; p++) {
			f->ts += MS;
			if (p == DMS_PATH_FAILED)
				feed_failed(f, d, 4096, DMS_FL_NO_SLOT);
			else
				feed_map(f, d, (enum dms_path)p, 0x10000 * d + 0x1000 * p,
					 0x40000000 + 0x10000 * d + 0x1000 * p, 4096);
		}
	}
}

static void many_devices_few_series(void **state)
{
	static const unsigned int paths[] = { 3, DMS_PATH_MAX };
	struct metrics_opts opts = { .format = METRICS_TEXT };
	struct feed *f = *state;
	struct metrics *x;
	char name[32], *text;

	feed_session(f, GUEST_SEV, "x86_64", "6.12");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	for (unsigned int d = 1; d <= 64; d++) {
		struct dms_rec r;

		snprintf(name, sizeof(name), "0000:%02x:00.0", d);
		r = make_dev(d, name, 64);
		put(f, &r);
	}
	assert_int_equal(metrics__new(&x), 0);
	for (size_t i = 0; i < 2; i++) {
		long long before = i ? 64 * 3 : 0;

		map_some(f, 64, paths[i]);
		text = written(x, f, &opts);
		assert_true(series(text) >= 100 && series(text) <= METRICS_SERIES);
		assert_int_equal(total(text, "dmascope_mappings_total"),
				 before + 64 * paths[i]);
		assert_true(total(text, "dmascope_mapped_bytes_total") > 0);
		free(text);
	}
	metrics__free(x);
}

/* The devices that have series do not change, so no counter goes down when others overtake. */
static void counters_only_rise(void **state)
{
	static const char *const names[] = {
		"dmascope_mappings_total{device=\"dev:1\",path=\"direct\"}",
		"dmascope_mappings_total{device=\"dev:64\",path=\"direct\"}",
		"dmascope_mappings_total{device=\"other\",path=\"direct\"}",
	};
	struct metrics_opts opts = { .format = METRICS_OPENMETRICS };
	long long v[3], last[3] = { 0 };
	struct feed *f = *state;
	struct metrics *x;
	char *text;

	feed_session(f, GUEST_NONE, "x86_64", "6.12");
	assert_int_equal(metrics__new(&x), 0);
	for (unsigned int round = 1; round < 6; round++) {
		map_some(f, 20 * round, 2);
		text = written(x, f, &opts);
		for (int i = 0; i < 3; i++) {
			v[i] = value(text, names[i]);
			assert_true(v[i] >= last[i] || (v[i] < 0 && !last[i]));
			last[i] = v[i] < 0 ? 0 : v[i];
		}
		free(text);
	}
	assert_int_equal(last[0], 5);
	assert_true(last[2] > 0);
	metrics__free(x);
}

static void a_device_plugged_in_again(void **state)
{
	struct metrics_opts opts = { .format = METRICS_TEXT };
	struct feed *f = *state;
	struct metrics *x;
	struct dms_rec r;
	char *text;

	feed_session(f, GUEST_NONE, "x86_64", "6.12");
	assert_int_equal(metrics__new(&x), 0);
	for (uint64_t key = 1; key < 4; key++) {
		r = make_dev(key, "0000:00:05.0", 64);
		put(f, &r);
		f->ts += MS;
		feed_map(f, key, DMS_PATH_DIRECT, 0x1000 * key, 0x1000 * key, 4096);
		r.device.removed = true;
		put(f, &r);
		text = written(x, f, &opts);
		series(text);
		assert_int_equal(value(text, "dmascope_mappings_total{device=\"0000:00:05.0\","
				       "path=\"direct\"}"), key);
		free(text);
	}
	metrics__free(x);
}

static void two_formats(void **state)
{
	struct metrics_opts opts = { .format = METRICS_TEXT };
	struct feed *f = *state;
	struct metrics *x;
	char *text;

	feed_healthy_pef(f);
	assert_int_equal(metrics__new(&x), 0);
	text = written(x, f, &opts);
	assert_non_null(strstr(text, "# TYPE dmascope_info gauge\n"));
	assert_non_null(strstr(text, "# TYPE dmascope_mappings_total counter\n"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
	opts.format = METRICS_OPENMETRICS;
	text = written(x, f, &opts);
	assert_non_null(strstr(text, "# TYPE dmascope info\n"));
	assert_non_null(strstr(text, "# TYPE dmascope_mappings counter\n"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	assert_int_equal(value(text, "dmascope_complete"), 1);
	free(text);
	put(f, &(struct dms_rec){ .type = REC_CUT });
	text = written(x, f, &opts);
	assert_int_equal(value(text, "dmascope_complete"), 0);
	free(text);
	metrics__free(x);
}

/* Losses are counted, and what is incomplete says so; both go on over a device that comes late. */
static void lost_events(void **state)
{
	struct metrics_opts opts = { .format = METRICS_TEXT };
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;
	struct metrics *x;
	char *text;

	feed_session(f, GUEST_NONE, "x86_64", "6.12");
	feed_all_hooks(f);
	assert_int_equal(metrics__new(&x), 0);
	for (unsigned int n = 1; n < 4; n++) {
		f->ts += MS;
		gap.gap.ts = f->ts;
		gap.gap.hook = DMS_HOOK_MAP;
		gap.gap.lost = 10;
		put(f, &gap);
		text = written(x, f, &opts);
		assert_int_equal(value(text, "dmascope_lost_total"), 10 * n);
		assert_int_equal(value(text, "dmascope_complete"), 0);
		free(text);
	}
	metrics__free(x);
}

static void format_by_the_accept_header(void **state)
{
	static const struct { const char *accept; enum metrics_format format; } cases[] = {
		{ NULL, METRICS_TEXT },
		{ "", METRICS_TEXT },
		{ "*/*", METRICS_TEXT },
		{ "text/html", METRICS_TEXT },
		{ "application/openmetrics-text", METRICS_OPENMETRICS },
		/* Prometheus 2.42 */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  METRICS_OPENMETRICS },
		{ "text/plain;version=0.0.4, application/openmetrics-text; q=0.3", METRICS_TEXT },
		{ "application/openmetrics-text;q=0", METRICS_TEXT },
		{ "application/openmetrics-textual", METRICS_TEXT },
		{ ",,,;;;q=", METRICS_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (metrics_negotiate(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, feed_setup, feed_teardown)
		T(many_devices_few_series), T(counters_only_rise), T(a_device_plugged_in_again),
		T(two_formats), T(lost_events), T(format_by_the_accept_header),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
