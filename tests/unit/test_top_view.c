// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * top without a screen: rates, order, filter, keys, JSON, and a day of it in constant memory.
 */
#include <malloc.h>

#include <jansson.h>

#include "top_scenes.h"
#include "trace/out.h"

static void look(struct feed *f, struct top_view *v, const struct top_opts *o,
		 const struct top_sample *s)
{
	top_view__free(v);
	assert_int_equal(top_view__make(v, f->m, o, s, f->ts), 0);
}

static void test_rates(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_sample s = { 0 };
	struct top_view v = { 0 };

	scene_pef(f, 1);
	look(f, &v, &o, NULL);
	assert_int_equal(v.maps_rate, TOP_NO_RATE);
	assert_int_equal(v.dev[0].maps_rate, TOP_NO_RATE);
	assert_int_equal(top_sample__take(&s, f->m, &o, f->ts), 0);
	bounced_io(f, 1, 0, 100, 65536, false);
	f->ts = s.ts + 2 * SEC;
	look(f, &v, &o, &s);
	assert_int_equal(v.devs, 3);
	assert_int_equal(v.dev[0].d->key, 1);
	assert_int_equal(v.dev[0].maps_rate, 50000);
	assert_int_equal(v.dev[0].bytes_rate, 50 * 65536 * 1000LL);
	assert_int_equal(v.maps_rate, 50000);
	assert_int_equal(v.events_rate, 100000);
	assert_int_equal(v.dev[0].live, 100);
	assert_int_equal(v.dev[0].slots, 3200);
	assert_false(v.dev[0].idle);
	assert_true(v.dev[1].idle);
	/* a sample of the same moment has no rates */
	s.ts = f->ts;
	look(f, &v, &o, &s);
	assert_int_equal(v.maps_rate, TOP_NO_RATE);
	top_view__free(&v);
	top_sample__free(&s);
}

/* A device that comes between two samples had counted nothing before. */
static void test_new_device(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_sample s = { 0 };
	struct top_view v = { 0 };

	scene_pef(f, 0);
	assert_int_equal(top_sample__take(&s, f->m, &o, f->ts), 0);
	feed_pseries_dev(f, 7, "0000:00:07.0", 64, true);
	bounced_io(f, 7, 0, 10, 4096, true);
	f->ts = s.ts + SEC;
	look(f, &v, &o, &s);
	assert_int_equal(v.dev[0].d->key, 7);
	assert_int_equal(v.dev[0].maps_rate, 10000);
	top_view__free(&v);
	top_sample__free(&s);
}

/* Looks `after` seconds after the last sample, as top does: with the rates since. */
static bool is_seen_after(struct feed *f, struct top_sample *s, uint64_t key, unsigned int after)
{
	struct top_opts o = { 0 };
	struct top_view v = { 0 };
	bool is_seen = false;

	f->ts += after * SEC;
	look(f, &v, &o, s);
	for (size_t i = 0; i < v.devs; i++)
		is_seen |= v.dev[i].d->key == key;
	assert_int_equal(top_sample__take(s, f->m, &o, f->ts), 0);
	top_view__free(&v);
	return is_seen;
}

static void remove_dev(struct feed *f, uint64_t key, const char *name)
{
	struct dms_rec r = make_dev(key, name, 64);

	r.device.ts = f->ts;
	r.device.removed = true;
	put(f, &r);
}

/* A removed device is shown for 10 s, and once if nobody looked so soon. */
static void test_removed(void **state)
{
	struct feed *f = *state;
	struct top_sample s = { 0 };
	const uint64_t seldom = 7, often = 8;

	scene_pef(f, 0);
	feed_pseries_dev(f, seldom, "0000:00:07.0", 64, true);
	feed_map(f, seldom, DMS_PATH_DIRECT, DDW_BASE, 0, 4096);
	feed_unmap(f, seldom, DDW_BASE, 4096);
	assert_true(is_seen_after(f, &s, seldom, 1));
	f->ts += SEC;
	remove_dev(f, seldom, "0000:00:07.0");
	assert_true(is_seen_after(f, &s, seldom, 30));
	assert_false(is_seen_after(f, &s, seldom, 1));
	feed_pseries_dev(f, often, "0000:00:08.0", 64, true);
	feed_map(f, often, DMS_PATH_DIRECT, DDW_BASE, 0, 4096);
	feed_unmap(f, often, DDW_BASE, 4096);
	remove_dev(f, often, "0000:00:08.0");
	assert_true(is_seen_after(f, &s, often, 1));
	assert_true(is_seen_after(f, &s, often, 8));
	assert_false(is_seen_after(f, &s, often, 2));
	top_sample__free(&s);
}

static void stats(struct feed *f, uint64_t dev, enum dms_path path, uint64_t maps,
		  uint64_t unmaps, uint64_t size)
{
	struct dms_rec r = { .type = REC_STATS };

	r.stats.ts = f->ts;
	r.stats.key.dev = dev;
	r.stats.key.path = path;
	r.stats.val.maps = maps;
	r.stats.val.unmaps = unmaps;
	r.stats.val.map_bytes = maps * size;
	r.stats.val.unmap_bytes = unmaps * size;
	put(f, &r);
}

static void test_aggregates(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { .counting = true };
	struct top_sample s = { 0 };
	struct top_view v = { 0 };

	scene_pef(f, 0);
	look(f, &v, &o, NULL);
	assert_true(v.run.aggregates);
	stats(f, 1, DMS_PATH_BOUNCED, 1000, 990, 65536);
	assert_int_equal(top_sample__take(&s, f->m, &o, f->ts), 0);
	f->ts += SEC;
	stats(f, 1, DMS_PATH_BOUNCED, 1500, 1480, 65536);
	stats(f, 1, DMS_PATH_FAILED, 3, 0, 65536);
	look(f, &v, &o, &s);
	assert_true(v.run.aggregates);
	assert_int_equal(v.dev[0].maps_rate, 500000);
	assert_int_equal(v.dev[0].fails_rate, 3000);
	assert_int_equal(v.dev[0].live, 20);
	assert_int_equal(v.dev[0].slots, 20 * 32);
	assert_true(v.dev[0].slots_estimate);
	assert_int_equal(v.pool->used.v, 20 * 32);
	assert_true(v.pool->used.estimate);
	assert_int_equal(v.events_rate, 990000);
	/* what the kernel counted itself goes before */
	f->ts += SEC;
	feed_pool(f, POOL_SLOTS, 650, true);
	look(f, &v, &o, &s);
	assert_int_equal(v.pool->used.v, 650);
	assert_false(v.pool->used.estimate);
	top_view__free(&v);
	top_sample__free(&s);
}

/* Two devices, one with a pool of its own: what one took is not of the other's pool. */
static void test_own_pool(void **state)
{
	struct feed *f = *state;
	struct dms_rec pool, own = make_dev(2, "0000:00:02.0", 64);
	struct dms_rec other = make_dev(1, "0000:00:01.0", 64);
	uint64_t start = 0x20000000;
	struct top_opts o = { 0 };
	struct top_view v = { 0 };

	feed_session(f, GUEST_NONE, "aarch64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 10, false);
	pool = make_pool(f->ts, start, 128, 0);
	strcpy(pool.pool.name, "restricted@20000000");
	put(f, &pool);
	put(f, &other);
	look(f, &v, &o, NULL);
	assert_string_equal(v.pool->p.rec.name, "default");
	own.device.st.known |= DMS_DS_POOL;
	own.device.st.pool_start = start;
	own.device.st.pool_end = start + 128 * 2048;
	own.device.st.pool_nslabs = 128;
	put(f, &own);
	feed_bounce(f, 2, start, 0x40000000, 16 * 2048);
	look(f, &v, &o, NULL);
	assert_int_equal(v.npools, 2);
	assert_string_equal(v.pool->p.rec.name, "restricted@20000000");
	assert_int_equal(v.pool->used.v, 16);
	/* the ten are of the default pool: only of its devices some may be older */
	assert_true(v.pools[0].older);
	assert_false(v.pools[1].older);
	/* what is only counted goes to the device's pool */
	o.counting = true;
	f->ts += SEC;
	stats(f, 2, DMS_PATH_BOUNCED, 32, 0, 2048);
	look(f, &v, &o, NULL);
	assert_int_equal(v.pools[0].used.v, 10);
	assert_int_equal(v.pools[0].held, 0);
	assert_int_equal(v.pools[1].held, 32);
	top_view__free(&v);
}

static void test_order_and_filter(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_view v = { 0 };

	sick_before(f);
	look(f, &v, &o, NULL);
	assert_non_null(v.dev[0].finding);
	assert_int_equal(v.dev[0].finding->f.severity, STATE_ERROR);
	for (size_t i = 1; i < v.devs; i++)
		assert_true(v.dev[i].d->key != 3 || i < 3);
	o.sort = TOP_SORT_NAME;
	look(f, &v, &o, NULL);
	assert_string_equal(v.dev[0].d->name, "0000:00:01.0");
	o.reverse = true;
	look(f, &v, &o, NULL);
	assert_string_equal(v.dev[0].d->name, "0001:0c:00.0");
	o = (struct top_opts){ .sort = TOP_SORT_MASK };
	look(f, &v, &o, NULL);
	assert_int_equal(v.dev[0].d->key, 3);
	o.filter = "NVME";
	look(f, &v, &o, NULL);
	assert_int_equal(v.devs, 12);
	o.filter = "0000:*";
	look(f, &v, &o, NULL);
	assert_int_equal(v.devs, 3);
	o = (struct top_opts){ .paths = 1U << DMS_PATH_TCE };
	look(f, &v, &o, NULL);
	assert_int_equal(v.devs, 1);
	assert_int_equal(v.dev[0].d->key, 3);
	for (int i = 0; i < TOP_SORTS; i++) {
		o = (struct top_opts){ .sort = (enum top_sort)i };
		look(f, &v, &o, NULL);
		assert_int_equal(v.devs, 15);
		assert_int_equal(top_sort_by_name(top_sort_name(i)), i);
	}
	assert_null(top_sort_name(TOP_SORTS));
	assert_int_equal(top_sort_by_name("nonsense"), -1);
	top_view__free(&v);
}

/* --device of a replay: as if the recording had no other device. */
static void test_device(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_view v = { 0 };
	size_t all, some = 0;

	sick_before(f);
	look(f, &v, &o, NULL);
	all = v.findings;
	for (size_t i = 0; i < all; i++)
		some += !v.finding[i].f.dev || v.finding[i].f.dev == 2;
	assert_true(some && some < all);
	o.device = "*:02.0";
	look(f, &v, &o, NULL);
	assert_int_equal(v.devs, 1);
	assert_int_equal(v.devs_all, 1);
	assert_int_equal(v.dev[0].d->key, 2);
	assert_int_equal(v.findings, some);
	assert_true(top_shows(f->m, &o, 2));
	assert_false(top_shows(f->m, &o, 3));
	o.device = "e1000";
	o.filter = "02.0";
	look(f, &v, &o, NULL);
	assert_int_equal(v.devs, 0);
	assert_int_equal(v.devs_all, 1);
	top_view__free(&v);
}

static void test_shares(void **state)
{
	static const uint64_t one[3] = { 0, 1000000, 1 }, none[3] = { 0 };
	static const uint64_t huge[3] = { UINT64_MAX, UINT64_MAX, UINT64_MAX };
	unsigned int out[3];

	(void)state;
	top_shares(one, 3, 8, out);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[1], 7);
	assert_int_equal(out[2], 1);
	top_shares(none, 3, 8, out);
	assert_int_equal(out[0] + out[1] + out[2], 0);
	top_shares(huge, 3, 9, out);
	assert_int_equal(out[0] + out[1] + out[2], 9);
}

static enum top_action type(struct top_ui *u, const struct top_view *v, const char *text)
{
	enum top_action a = TOP_NOTHING;

	for (; *text; text++)
		a = top_press(u, v, *text);
	return a;
}

static void test_keys(void **state)
{
	struct feed *f = *state;
	struct top_ui u = { .interval = SEC };
	struct top_view v = { 0 };
	uint64_t key;

	sick_before(f);
	look(f, &v, &u.o, NULL);
	u.page_rows = 10;
	type(&u, &v, "jj");
	assert_int_equal(top_selected(&v, &u), 2);
	top_press(&u, &v, TOP_KEY_END);
	assert_int_equal(top_selected(&v, &u), v.devs - 1);
	top_press(&u, &v, TOP_KEY_PAGE_UP);
	assert_int_equal(top_selected(&v, &u), v.devs - 10);
	top_press(&u, &v, TOP_KEY_HOME);
	top_press(&u, &v, TOP_KEY_WHEEL_DOWN);
	key = v.dev[1].d->key;
	/* the choice stays with its device when the order changes */
	type(&u, &v, "s");
	assert_int_equal(u.prompt, TOP_ASK_SORT);
	type(&u, &v, "kkj");
	top_press(&u, &v, TOP_KEY_ENTER);
	assert_int_equal(u.o.sort, TOP_SORT_DRIVER);
	look(f, &v, &u.o, NULL);
	assert_int_equal(v.dev[top_selected(&v, &u)].d->key, key);
	top_press(&u, &v, TOP_KEY_ENTER);
	assert_int_equal(u.page, TOP_DEVICE);
	assert_int_equal(u.sel_key, key);
	type(&u, &v, "r");
	assert_int_equal(u.page, TOP_RANGES);
	type(&u, &v, "?");
	assert_int_equal(u.page, TOP_HELP);
	top_press(&u, &v, TOP_KEY_ESC);
	assert_int_equal(u.page, TOP_DEVICE);
	assert_int_equal(type(&u, &v, "q"), TOP_REDRAW);
	assert_int_equal(u.page, TOP_TABLE);
	assert_int_equal(type(&u, &v, "p"), TOP_PAUSE);
	assert_true(u.paused);
	assert_int_equal(type(&u, &v, "q"), TOP_QUIT);
	top_view__free(&v);
}

static void test_prompts(void **state)
{
	struct feed *f = *state;
	struct top_ui u = { .interval = SEC };
	struct top_view v = { 0 };

	sick_before(f);
	look(f, &v, &u.o, NULL);
	type(&u, &v, "/nvmq");
	top_press(&u, &v, TOP_KEY_BACKSPACE);
	top_press(&u, &v, TOP_KEY_ENTER);
	assert_string_equal(u.o.filter, "nvm");
	look(f, &v, &u.o, NULL);
	assert_int_equal(v.devs, 12);
	type(&u, &v, "/x");
	top_press(&u, &v, TOP_KEY_ESC);
	assert_string_equal(u.o.filter, "nvm");
	top_press(&u, &v, TOP_KEY_ESC);
	assert_null(u.o.filter);
	type(&u, &v, "i2.5");
	assert_int_equal(top_press(&u, &v, TOP_KEY_ENTER), TOP_NEW_INTERVAL);
	assert_int_equal(u.interval, 2500 * MS);
	type(&u, &v, "i0");
	assert_int_equal(top_press(&u, &v, TOP_KEY_ENTER), TOP_REDRAW);
	assert_int_equal(u.interval, 2500 * MS);
	assert_true(u.message[0]);
	type(&u, &v, "/");
	for (int i = 0; i < 500; i++)
		top_press(&u, &v, 'a');
	assert_true(strlen(u.text) < sizeof(u.text));
	/* live and replay have keys of their own */
	top_press(&u, &v, TOP_KEY_ESC);
	assert_int_equal(top_press(&u, &v, TOP_KEY_LEFT), TOP_NOTHING);
	assert_int_equal(type(&u, &v, "R"), TOP_FOLLOW);
	u.replay.name = "x";
	assert_int_equal(top_press(&u, &v, TOP_KEY_LEFT), TOP_SEEK_BACK);
	assert_int_equal(top_press(&u, &v, TOP_KEY_RIGHT), TOP_SEEK_ON);
	assert_int_equal(type(&u, &v, "R"), TOP_NOTHING);
	top_view__free(&v);
}

/* Any keys in any order: nothing but the sanitizers and the end is watched. */
static void test_random_keys(void **state)
{
	struct feed *f = *state;
	struct top_ui u = { .interval = SEC };
	struct top_view v = { 0 };
	struct cells c;

	sick_before(f);
	srand(20);
	for (int i = 0; i < 20000; i++) {
		int key = rand() % 3 ? ' ' + rand() % 95 : TOP_KEY_UP + rand() % 17;

		if (i % 16 == 0)
			look(f, &v, &u.o, NULL);
		if (i % 1000 == 0)
			u.replay.name = u.replay.name ? NULL : "file";
		top_press(&u, &v, key);
		if (i % 64)
			continue;
		look(f, &v, &u.o, NULL);
		assert_int_equal(cells__init(&c, 24, 80, i & 1), 0);
		top_layout(&v, &u, &c);
		cells__free(&c);
	}
	top_view__free(&v);
}

static void test_json(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_sample s = { 0 };
	struct top_view v = { 0 };
	struct out out;
	json_t *j, *d;

	healthy_before(f);
	assert_int_equal(top_sample__take(&s, f->m, &o, f->ts), 0);
	healthy_after(f);
	f->ts = s.ts + SEC;
	look(f, &v, &o, &s);
	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(top_json(&v, &out), 0);
	j = json_loadb(out.buf, (size_t)(out.p - out.buf), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "guest")), "pef");
	assert_float_equal(json_number_value(json_object_get(j, "maps_per_s")), 290, 0.01);
	assert_int_equal(json_array_size(json_object_get(j, "devices")), v.devs);
	d = json_array_get(json_object_get(j, "devices"), 0);
	assert_string_equal(json_string_value(json_object_get(d, "name")), v.dev[0].d->name);
	assert_string_equal(json_string_value(json_object_get(d, "maps")), "264");
	json_decref(j);
	out__reset(&out);
	look(f, &v, &o, NULL);
	assert_int_equal(top_json(&v, &out), 0);
	j = json_loadb(out.buf, (size_t)(out.p - out.buf), 0, NULL);
	assert_true(json_is_null(json_object_get(j, "maps_per_s")));
	json_decref(j);
	out__free(&out);
	top_view__free(&v);
	top_sample__free(&s);
}

static char *row_of(const struct top_view *v, struct top_ui *u, const char *name)
{
	char *text = NULL, *row;
	struct cells c;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(cells__init(&c, 40, 120, false), 0);
	top_layout(v, u, &c);
	cells_print(&c, f);
	cells__free(&c);
	fclose(f);
	row = strstr(text, name);
	assert_non_null(row);
	*strchrnul(row, '\n') = '\0';
	memmove(text, row, strlen(row) + 1);
	return text;
}

/* Mappings from before the start are not in LIVE, which says so. */
static void test_older(void **state)
{
	static const bool want[] = { false, true, true };
	struct feed *f = *state;
	struct top_ui u = { .batch = true, .o.sort = TOP_SORT_NAME };
	struct top_view v = { 0 };
	char *row;

	sick_before(f);
	feed_unmap(f, 2, DDW_BASE + 0x6000000, 4096);
	look(f, &v, &u.o, NULL);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(v.dev[i].older, want[i]);
	row = row_of(&v, &u, "0000:00:01.0 vda");
	assert_non_null(strstr(row, "   960    60M  "));
	free(row);
	row = row_of(&v, &u, "0000:00:02.0 eth0");
	assert_non_null(strstr(row, "     0+     0+ "));
	free(row);
	/* the e1000's table was not read at the start */
	row = row_of(&v, &u, "0000:00:03.0 eth1");
	assert_non_null(strstr(row, "    20+ 29.7K+ "));
	free(row);
	/* slots in use that nobody was seen taking: anyone's who bounces */
	feed_pool(f, POOL_SLOTS, 32000, true);
	look(f, &v, &u.o, NULL);
	assert_true(v.pools[0].older && v.dev[0].older);
	top_view__free(&v);
}

/* A gap of one hook makes the counts that hang on it lower bounds, of every device, no other. */
static void test_least(void **state)
{
	struct feed *f = *state;
	struct dms_rec gap = { .type = REC_GAP };
	struct top_ui u = { .page = TOP_DEVICE, .selected = true, .sel_key = 1 };
	struct top_view v = { 0 };

	sick_before(f);
	look(f, &v, &u.o, NULL);
	assert_false(v.dev[0].maps_least || v.dev[0].unmaps_least);
	gap.gap = (struct rec_gap){ .ts = f->ts, .hook = DMS_HOOK_UNMAP, .lost = 3 };
	put(f, &gap);
	look(f, &v, &u.o, NULL);
	assert_true(!v.dev[0].maps_least && v.dev[0].unmaps_least);
	free(row_of(&v, &u, "not delivered live ones may be fewer"));
	gap.gap.hook = DMS_HOOK_MAP;
	put(f, &gap);
	look(f, &v, &u.o, NULL);
	assert_true(v.dev[0].maps_least && v.dev[0].unmaps_least);
	top_view__free(&v);
}

/* The JSON says the same of a finding as the screen. */
static void test_json_findings(void **state)
{
	struct feed *f = *state;
	struct top_opts o = { 0 };
	struct top_view v = { 0 };
	struct out out;
	json_t *j, *x, *events;
	size_t told = 0;

	sick_before(f);
	look(f, &v, &o, NULL);
	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(top_json(&v, &out), 0);
	j = json_loadb(out.buf, (size_t)(out.p - out.buf), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	for (size_t i = 0; i < v.findings; i++) {
		x = json_array_get(json_object_get(j, "findings"), i);
		assert_int_equal(strtoull(json_string_value(json_object_get(x, "count")), NULL, 10),
				 v.finding[i].count);
		assert_true(json_is_null(json_object_get(x, "not_seen")) ==
			    !v.finding[i].not_seen[0]);
		events = json_object_get(x, "events");
		for (size_t k = 0; k < json_array_size(events); k++, told++)
			assert_int_equal(atoll(json_string_value(json_array_get(events, k))),
					 v.finding[i].seq[k]);
	}
	assert_true(told > 0);
	json_decref(j);
	out__free(&out);
	top_view__free(&v);
}

static void one_second(struct feed *f, struct top_sample *s, struct top_ui *u)
{
	struct top_view v = { 0 };
	struct cells c;

	bounced_io(f, 1, 0, 4, 65536, true);
	bounced_io(f, 2, 500, 4, 4096, true);
	f->ts = s->ts + SEC;
	look(f, &v, &u->o, s);
	assert_int_equal(top_sample__take(s, f->m, &u->o, f->ts), 0);
	assert_int_equal(cells__init(&c, 24, 80, true), 0);
	top_layout(&v, u, &c);
	cells__free(&c);
	top_view__free(&v);
}

/* 24 hours at a look a second; the first hour fills what is bounded. */
static void test_a_day(void **state)
{
	struct feed *f = *state;
	struct top_sample s = { 0 };
	struct top_ui u = { .interval = SEC };
	size_t after_hour, heap;

	scene_pef(f, 3);
	assert_int_equal(top_sample__take(&s, f->m, &u.o, f->ts), 0);
	for (int i = 0; i < 3600; i++)
		one_second(f, &s, &u);
	after_hour = state__memory(f->m);
	heap = mallinfo2().uordblks;
	for (int i = 3600; i < 24 * 3600; i++) {
		u.page = i % 5;
		one_second(f, &s, &u);
	}
	assert_true(state__memory(f->m) <= after_hour);
	assert_true(mallinfo2().uordblks <= heap + 4096);
	top_sample__free(&s);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_rates), TEST(test_new_device), TEST(test_aggregates), TEST(test_own_pool),
		TEST(test_order_and_filter), TEST(test_device), TEST(test_removed),
		TEST(test_shares), TEST(test_keys),
		TEST(test_prompts), TEST(test_random_keys), TEST(test_json),
		TEST(test_older), TEST(test_least), TEST(test_json_findings), TEST(test_a_day),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
