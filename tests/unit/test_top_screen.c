// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The screens of top against tests/golden/top-*, and that no size, page or set of characters
 * makes the layout write where it may not. After a change of the looks:
 *
 *	UPDATE_GOLDEN=1 build/amd64/tests/test_top_screen
 *
 * and read the difference before it is committed.
 */
#include "top_scenes.h"

#define GOLDEN	"tests/golden"

struct scene {
	const char *name;
	scene_fn before, after;
};

static const struct scene scenes[] = {
	{ "healthy", healthy_before, healthy_after },
	{ "sick", sick_before, sick_after },
	{ "nopool", nopool_before, nopool_after },
	{ "sev", sev_before, sev_after },
};

struct stage {
	struct feed f;
	struct top_sample sample;
	struct top_view v;
	struct top_ui u;
};

static void stage_open(struct stage *s, const struct scene *scene)
{
	memset(s, 0, sizeof(*s));
	s->f.ts = T0;
	s->f.m = state__new(NULL);
	assert_non_null(s->f.m);
	scene->before(&s->f);
	assert_int_equal(top_sample__take(&s->sample, s->f.m, &s->u.o, s->f.ts), 0);
	s->u.interval = SEC;
	scene->after(&s->f);
	s->f.ts = s->sample.ts + SCENE_STEP;
	assert_int_equal(top_view__make(&s->v, s->f.m, &s->u.o, &s->sample, s->f.ts), 0);
}

static void stage_close(struct stage *s)
{
	top_view__free(&s->v);
	top_sample__free(&s->sample);
	state__free(s->f.m);
}

/* Characters, and below them the attributes as a letter each, where there are any. */
static char *drawn(struct stage *s, unsigned int cols, unsigned int rows, bool unicode,
		   bool attrs)
{
	static const char letters[] = ".lthgnWEdbtcfok";
	struct cells c;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(cells__init(&c, rows, cols, unicode), 0);
	top_layout(&s->v, &s->u, &c);
	cells_print(&c, f);
	for (size_t i = 0; attrs && i < (size_t)c.rows * c.cols; i++) {
		struct cell *at = &c.at[i];

		assert_true(CELL_ROLE(at->attr) < CELL_ROLES);
		at->ch = at->attr & CELL_SELECTED ? '#' : at->ch == ' ' && !at->attr ? ' ' :
			 (uint32_t)letters[CELL_ROLE(at->attr)];
		if (at->attr & CELL_DIM)
			at->ch = '-';
	}
	if (attrs) {
		fputs("\n", f);
		cells_print(&c, f);
	}
	cells__free(&c);
	fclose(f);
	return text;
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 256 * 1024);

	assert_non_null(text);
	if (f) {
		text[fread(text, 1, 256 * 1024 - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void compare(const char *name, const char *text)
{
	char path[160], *want;
	FILE *f;

	snprintf(path, sizeof(path), GOLDEN "/top-%s.txt", name);
	if (getenv("UPDATE_GOLDEN")) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		assert_int_equal(fclose(f), 0);
		return;
	}
	want = read_file(path);
	if (strcmp(want, text))
		fail_msg("%s is not what was drawn:\n%s", path, text);
	free(want);
}

static void test_golden(void **state)
{
	static const unsigned int sizes[][2] = { { 80, 24 }, { 120, 40 }, { 200, 60 } };
	char name[96], *text;
	struct stage s;

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		for (size_t z = 0; z < 3; z++)
			for (int unicode = 0; unicode < 2; unicode++) {
				stage_open(&s, &scenes[i]);
				snprintf(name, sizeof(name), "%s-%ux%u-%s", scenes[i].name,
					 sizes[z][0], sizes[z][1], unicode ? "utf8" : "ascii");
				text = drawn(&s, sizes[z][0], sizes[z][1], unicode,
					     unicode && !z);
				compare(name, text);
				free(text);
				stage_close(&s);
			}
}

static void test_golden_pages(void **state)
{
	static const struct { const char *name; enum top_page page; } pages[] = {
		{ "device", TOP_DEVICE }, { "ranges", TOP_RANGES }, { "findings", TOP_FINDINGS },
		{ "help", TOP_HELP },
	};
	struct stage s;
	char name[64], *text;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		stage_open(&s, &scenes[1]);
		s.u.selected = true;
		s.u.sel_key = 1;
		s.u.page = pages[i].page;
		snprintf(name, sizeof(name), "sick-page-%s", pages[i].name);
		text = drawn(&s, 100, 110, false, false);
		compare(name, text);
		free(text);
		stage_close(&s);
	}
}

/* At a terminal's usual size, where a caller has to find room too. */
static void test_golden_narrow_pages(void **state)
{
	static const struct scene scene = { "callers", callers_before, sick_after };
	static const struct {
		const char *name;
		enum top_page page, back;
		unsigned int skip;
	} pages[] = {
		{ "device", TOP_DEVICE, TOP_TABLE, 0 },
		{ "device-below", TOP_DEVICE, TOP_TABLE, 22 },
		{ "device-end", TOP_DEVICE, TOP_TABLE, 44 },
		{ "ranges", TOP_RANGES, TOP_TABLE, 0 }, { "ranges-of", TOP_RANGES, TOP_DEVICE, 0 },
		{ "findings", TOP_FINDINGS, TOP_TABLE, 0 }, { "help", TOP_HELP, TOP_TABLE, 0 },
	};
	struct stage s;
	char name[64], *text;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		stage_open(&s, &scene);
		s.u.selected = true;
		s.u.sel_key = 3;
		s.u.page = pages[i].page;
		s.u.back = pages[i].back;
		s.u.scroll = pages[i].skip;
		snprintf(name, sizeof(name), "callers-80x24-%s", pages[i].name);
		text = drawn(&s, 80, 24, false, false);
		compare(name, text);
		free(text);
		stage_close(&s);
	}
}

static char *line_of(char *text, unsigned int line)
{
	while (line--)
		text = strchr(text, '\n') + 1;
	*strchrnul(text, '\n') = '\0';
	return text;
}

/* The least important items are dropped first; the kind of guest and the quit key stay. */
static void test_narrow(void **state)
{
	static const char *const facts[] = { "dmascope  PEF secure guest", " - Linux 6.12.117",
					     " ppc64le", " - some-file.json" };
	struct stage s;
	char *text, *head;
	size_t n, at;

	(void)state;
	stage_open(&s, &scenes[1]);
	s.u.replay.name = "some-file.json";
	s.u.replay.length = s.u.replay.at = 40 * SEC;
	for (unsigned int cols = 26; cols < 140; cols++)
		for (int filter = 0; filter < 2; filter++) {
			strcpy(s.u.filter, filter ? "0000:" : "");
			text = drawn(&s, cols, 12, false, false);
			head = line_of(text, 11);
			assert_non_null(strstr(head, "? help  q quit"));
			assert_true(!filter || cols < 50 || strstr(head, "filter: 0000:"));
			head = line_of(text, 0);
			for (n = at = 0;
			     n < 4 && !strncmp(head + at, facts[n], strlen(facts[n])); n++)
				at += strlen(facts[n]);
			assert_true(n >= 1);
			for (; n < 4; n++)
				assert_null(strstr(head, facts[n]));
			free(text);
		}
	assert_non_null(text = drawn(&s, 12, 12, false, false));
	assert_non_null(strstr(line_of(text, 11), "? q"));
	free(text);
	stage_close(&s);
}

static void test_golden_batch(void **state)
{
	struct stage s;
	struct cells c;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	stage_open(&s, &scenes[1]);
	s.u.batch = true;
	assert_int_equal(cells__init(&c, top_batch_rows(&s.v), 120, false), 0);
	top_layout(&s.v, &s.u, &c);
	cells_print(&c, f);
	fclose(f);
	compare("sick-batch-120-ascii", text);
	cells__free(&c);
	free(text);
	stage_close(&s);
}

/* Sanitizers watch; each cell has to be something that a terminal can show. */
static void draw_size(struct stage *s, unsigned int rows, unsigned int cols)
{
	struct cells c;

	s->u.selected = true;
	s->u.sel_key = 1;
	s->u.scroll = rows;
	assert_int_equal(cells__init(&c, rows, cols, rows & 1), 0);
	top_layout(&s->v, &s->u, &c);
	for (size_t i = 0; i < (size_t)rows * cols; i++)
		assert_true(c.at[i].ch >= ' ' && c.at[i].ch != 0x7f);
	cells__free(&c);
}

static void test_every_size(void **state)
{
	unsigned int rows, cols;
	struct stage s;

	(void)state;
	stage_open(&s, &scenes[1]);
	for (s.u.page = TOP_TABLE; s.u.page <= TOP_HELP; s.u.page++)
		for (s.u.prompt = TOP_NO_PROMPT; s.u.prompt <= TOP_ASK_INTERVAL; s.u.prompt++)
			for (rows = 0; rows < 70; rows += 1 + rows / 12)
				for (cols = 0; cols < 230; cols += 1 + cols / 9)
					draw_size(&s, rows, cols);
	stage_close(&s);
}

static void test_empty(void **state)
{
	struct stage s = { .f = { .m = state__new(NULL) } };
	char *text;

	(void)state;
	assert_non_null(s.f.m);
	for (s.u.page = TOP_TABLE; s.u.page <= TOP_HELP; s.u.page++) {
		assert_int_equal(top_view__make(&s.v, s.f.m, &s.u.o, NULL, 5), 0);
		text = drawn(&s, 80, 24, false, true);
		assert_true(strlen(text) > 100);
		free(text);
		top_view__free(&s.v);
	}
	state__free(s.f.m);
}

/* Foreign names may hold anything; on the screen they are harmless. */
static void test_hostile_names(void **state)
{
	struct stage s = { .f = { .m = state__new(NULL), .ts = T0 } };
	struct cells c;

	(void)state;
	feed_session(&s.f, GUEST_NONE, "x86_64", "6\033[31m.12");
	name_dev(&s.f, 1, "\033]0;x\007\xff\xc3%s%n", "dr\niver", "\t\x80", 64);
	assert_int_equal(top_view__make(&s.v, s.f.m, &s.u.o, NULL, T0), 0);
	assert_int_equal(cells__init(&c, 30, 100, true), 0);
	top_layout(&s.v, &s.u, &c);
	for (size_t i = 0; i < 3000; i++)
		assert_true(c.at[i].ch >= ' ' && (c.at[i].ch < 0x7f || c.at[i].ch >= 0xa0));
	cells__free(&c);
	top_view__free(&s.v);
	state__free(s.f.m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_pages),
		cmocka_unit_test(test_golden_narrow_pages),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_golden_batch),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests_name("top screens", tests, NULL, NULL);
}
