// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Live mappings: handles reused, unmapped twice, out of order, older than the start, on
 * devices that go away; lists; the bound on memory.
 */
#include "feed.h"
#include "state/coverage.h"

static const struct state_dev *dev(struct feed *f, uint64_t key)
{
	const struct state_dev *d = state__dev_by_key(f->m, key);

	assert_non_null(d);
	return d;
}

static void start(struct feed *f)
{
	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
}

static void map_and_unmap(void **state)
{
	struct feed *f = *state;
	const struct state_dev *d;

	start(f);
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x1000, 0x9000, 512);
	f->ts += 3000;
	d = dev(f, 1);
	assert_int_equal(d->live[DMS_PATH_BOUNCED], 1);
	assert_int_equal(d->live_bytes[DMS_PATH_BOUNCED], 512);
	feed_unmap(f, 1, 0x1000, 512);
	d = dev(f, 1);
	assert_int_equal(d->live[DMS_PATH_BOUNCED], 0);
	assert_int_equal(d->path[DMS_PATH_BOUNCED].maps, 1);
	assert_int_equal(d->path[DMS_PATH_BOUNCED].unmaps, 1);
	assert_int_equal(d->path[DMS_PATH_BOUNCED].unmap_bytes, 512);
	assert_int_equal(d->path[DMS_PATH_BOUNCED].size_hist[1], 1);
	assert_int_equal(d->life_hist[2], 1);	/* 3 us: < 4 us */
	assert_int_equal(d->live_max, 1);
	assert_int_equal(d->preexisting, 0);
}

static void unmap_of_an_older_mapping(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_unmap(f, 1, 0x1000, 512);
	feed_unmap(f, 1, 0x2000, 512);
	assert_int_equal(dev(f, 1)->preexisting, 2);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_UNKNOWN], 0);
	/* the handle is free again: a later map is a mapping of its own */
	f->ts += MS;
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0x9000, 512);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 1);
	assert_int_equal(dev(f, 1)->preexisting, 2);
}

static void unmap_record_before_map_record(void **state)
{
	struct feed *f = *state;
	const struct state_dev *d;

	start(f);
	f->ts += 20;
	feed_unmap(f, 1, 0x1000, 512);
	assert_int_equal(dev(f, 1)->preexisting, 1);
	f->ts -= 20;
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0x9000, 512);
	d = dev(f, 1);
	assert_int_equal(d->preexisting, 0);
	assert_int_equal(d->live[DMS_PATH_TCE], 0);
	assert_int_equal(d->path[DMS_PATH_TCE].maps, 1);
	assert_int_equal(d->path[DMS_PATH_TCE].unmaps, 1);
	assert_int_equal(d->path[DMS_PATH_UNKNOWN].unmaps, 0);
}

static void handle_reused_unmap_late(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x1000, 0x9000, 512);		/* at 0 */
	f->ts += 30;
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x1000, 0xa000, 1024);		/* at 30 */
	assert_int_equal(dev(f, 1)->live[DMS_PATH_BOUNCED], 1);
	f->ts -= 10;
	feed_unmap(f, 1, 0x1000, 512);					/* at 20: the first */
	assert_int_equal(dev(f, 1)->live_bytes[DMS_PATH_BOUNCED], 1024);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_BOUNCED].unmaps, 1);
	f->ts += 20;
	feed_unmap(f, 1, 0x1000, 1024);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_BOUNCED], 0);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_BOUNCED].unmaps, 2);
	assert_int_equal(dev(f, 1)->preexisting, 0);
}

/* The trace event of an unmap comes after the handle was handed out again elsewhere. */
static void unmap_reported_after_reuse(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0x9000, 512);
	f->ts += 100;
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0xa000, 1024);
	f->ts += 1;
	feed_unmap(f, 1, 0x1000, 512);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 1);
	assert_int_equal(dev(f, 1)->live_bytes[DMS_PATH_TCE], 1024);
	f->ts += 100;
	feed_unmap(f, 1, 0x1000, 1024);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 0);
	assert_int_equal(dev(f, 1)->preexisting, 0);
}

static void older_map_of_a_reused_handle_comes_last(void **state)
{
	struct feed *f = *state;

	start(f);
	f->ts += 30;
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x1000, 0xa000, 1024);
	f->ts -= 30;
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x1000, 0x9000, 512);
	f->ts += 20;
	feed_unmap(f, 1, 0x1000, 512);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_BOUNCED], 1);
	assert_int_equal(dev(f, 1)->live_bytes[DMS_PATH_BOUNCED], 1024);
	assert_int_equal(dev(f, 1)->preexisting, 0);
}

/* dma_need_unmap() says no: a direct mapping that is not unmapped is no live one, nor a leak. */
static void unmaps_that_may_be_left_out(void **state)
{
	struct dms_rec r = make_dev(1, "nvme", 64);
	struct feed *f = *state;
	struct dms_event ev;

	start(f);
	r.device.st.known |= DMS_DS_SKIP_UNMAP;
	r.device.st.may_skip_unmap = 1;
	put(f, &r);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x1000, 0x1000, 4096);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x2000, 0x2000, 4096);
	ev = make_ev(f, DMS_EV_UNMAP, 1);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = 0x1000;
	ev.size = 4096;
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_DIRECT].maps, 2);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_DIRECT].unmaps, 1);
	assert_int_equal(dev(f, 1)->unfollowed, 2);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 0);
	assert_int_equal(dev(f, 1)->preexisting, 0);
	/* a bounced one is always unmapped */
	feed_map(f, 1, DMS_PATH_BOUNCED, 0x3000, 0x9000, 4096);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_BOUNCED], 1);
}

static void feed_skip_unmap(struct feed *f, bool may)
{
	struct dms_rec r = make_dev(1, "nvme", 64);

	r.device.st.known |= DMS_DS_SKIP_UNMAP;
	r.device.st.may_skip_unmap = may;
	put(f, &r);
}

static void feed_direct_stats(struct feed *f, uint64_t maps, uint64_t unmaps, uint64_t older)
{
	struct dms_rec r = { .type = REC_STATS, .stats = {
		.ts = f->ts, .key = { .dev = 1, .path = DMS_PATH_DIRECT },
		.val = { .maps = maps, .map_bytes = maps * 4096, .unmaps = unmaps,
			 .unmap_bytes = unmaps * 4096, .older = older,
			 .older_bytes = older * 4096 },
	} };

	put(f, &r);
}

/* The device bounces once, and then each unmap comes: also of mappings that nobody followed. */
static void unmaps_that_could_be_left_out(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_skip_unmap(f, true);
	feed_direct_stats(f, 100, 20, 0);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 0);
	f->ts += SEC;
	feed_skip_unmap(f, false);
	/* 50 more, all of them unmapped, and the 80: the index had none of the first hundred */
	feed_direct_stats(f, 150, 150, 100);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 0);
	assert_int_equal(dev(f, 1)->live_bytes[DMS_PATH_DIRECT], 0);
	assert_int_equal(dev(f, 1)->preexisting, 0);
	assert_int_equal(dev(f, 1)->unfollowed, 150);
}

/* The same of single mappings: new ones are followed, and an old one's unmap is no surprise. */
static void unmaps_once_left_out(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	start(f);
	feed_skip_unmap(f, true);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x1000, 0x1000, 4096);
	f->ts += MS;
	feed_skip_unmap(f, false);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x2000, 0x2000, 4096);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 1);
	ev = make_ev(f, DMS_EV_UNMAP, 1);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = 0x1000;
	ev.size = 4096;
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->preexisting, 0);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 1);
	feed_unmap(f, 1, 0x2000, 4096);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 0);
	assert_int_equal(dev(f, 1)->unfollowed, 1);
}

static void direct_pages_mapped_twice(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts++;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x9000, 0x9000, 4096);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 2);
	f->ts++;
	feed_unmap(f, 1, 0x9000, 512);
	assert_int_equal(dev(f, 1)->live_bytes[DMS_PATH_DIRECT], 4096);
	feed_unmap(f, 1, 0x9000, 4096);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_DIRECT], 0);
}

static void same_handle_on_two_devices(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_map(f, 1, DMS_PATH_TCE, 0x1000, 0x9000, 512);
	feed_map(f, 2, DMS_PATH_TCE, 0x1000, 0xa000, 512);
	feed_unmap(f, 2, 0x1000, 512);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 1);
	assert_int_equal(dev(f, 2)->live[DMS_PATH_TCE], 0);
}

static void scatter_gather(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;
	int i;

	start(f);
	for (i = 0; i < 4; i++) {
		ev = make_ev(f, DMS_EV_MAP, 1);
		ev.path = DMS_PATH_TCE;
		ev.flags = DMS_FL_SG;
		ev.ret = i;
		ev.dma = 0x10000 + i * 0x10000ULL;
		ev.phys = 0x900000 + i * 0x50000ULL;
		ev.size = 0x10000;
		feed_ev(f, &ev);
	}
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 4);
	for (i = 0; i < 4; i++) {
		ev = make_ev(f, DMS_EV_UNMAP, 1);
		ev.flags = DMS_FL_SG | DMS_FL_NO_PHYS;
		ev.dma = i < 3 ? 0x10000 + i * 0x10000ULL : DMS_DMA_ERROR;
		ev.size = i < 3 ? 0x10000 : 0;
		feed_ev(f, &ev);
	}
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 1);
	assert_int_equal(dev(f, 1)->preexisting, 0);
}

static void coherent_memory(void **state)
{
	struct feed *f = *state;
	struct dms_event ev;

	start(f);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.dma = 0x40000;
	ev.size = 8192;
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_COHERENT], 1);
	ev.type = DMS_EV_FREE;
	ev.ts++;
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_COHERENT], 0);
	ev.dma = 0x80000;		/* allocated before the start */
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->preexisting, 1);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_COHERENT].unmaps, 2);
	ev.type = DMS_EV_ALLOC;
	ev.dma = DMS_DMA_ERROR;
	feed_ev(f, &ev);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_FAILED].maps, 1);
}

static void removed_device_keeps_its_mappings(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(7, "0000:00:07.0", 64);

	start(f);
	put(f, &r);
	feed_map(f, 7, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	f->ts += SEC;
	r.device.removed = true;
	r.device.ts = f->ts;
	put(f, &r);
	assert_true(dev(f, 7)->removed);
	assert_false(dev(f, 7)->present);
	assert_int_equal(dev(f, 7)->live[DMS_PATH_DIRECT], 1);
	assert_string_equal(dev(f, 7)->name, "0000:00:07.0");
	feed_unmap(f, 7, 0x9000, 512);
	assert_int_equal(dev(f, 7)->live[DMS_PATH_DIRECT], 0);
	/* plugged again it has another key */
	r = make_dev(8, "0000:00:07.0", 64);
	put(f, &r);
	assert_false(dev(f, 8)->removed);
}

static void no_device(void **state)
{
	struct feed *f = *state;

	start(f);
	feed_map(f, 0, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	feed_map(f, 0x89f, DMS_PATH_DIRECT, 0x9000, 0x9000, 512);
	assert_string_equal(state__dev_name(f->m, 0), "-");
	assert_string_equal(state__dev_name(f->m, 0x89f), "dev:89f");
	assert_string_equal(state__dev_name(f->m, 0x123), "-");
	assert_int_equal(dev(f, 0)->live[DMS_PATH_DIRECT], 1);
}

static void aggregates_instead_of_events(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS };

	start(f);
	r.stats.key.dev = 1;
	r.stats.key.path = DMS_PATH_BOUNCED;
	r.stats.val.maps = 100;
	r.stats.val.map_bytes = 100 * 4096;
	r.stats.val.unmaps = 90;
	r.stats.val.unmap_bytes = 90 * 4096;
	put(f, &r);
	r.stats.val.maps = 120;
	r.stats.val.unmaps = 130;	/* of some that were mapped before the start */
	put(f, &r);
	assert_int_equal(dev(f, 1)->path[DMS_PATH_BOUNCED].maps, 120);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_BOUNCED], 0);
}

/* A processor that came online later has no place for counts. */
static void aggregates_may_lack_some(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = { .type = REC_STATS }, gap = { .type = REC_GAP };

	start(f);
	r.stats.key.dev = 1;
	r.stats.key.path = DMS_PATH_BOUNCED;
	r.stats.val.maps = 100;
	put(f, &r);
	assert_true(state__counts_all(f->m, COVER_MAPS, 1));
	gap.gap.ts = f->ts;
	gap.gap.hook = DMS_HOOK_MAP;
	gap.gap.lost = 7;
	put(f, &gap);
	assert_false(state__counts_all(f->m, COVER_MAPS, 1));
	assert_true(state__counts_all(f->m, COVER_UNMAPS, 1));
}

static void garbage_does_no_harm(void **state)
{
	struct feed *f = *state;
	struct dms_event ev = make_ev(f, DMS_EV_MAP, 1);
	struct dms_rec r = { .type = REC_STATS };

	ev.path = 200;
	ev.size = UINT64_MAX;
	ev.phys = UINT64_MAX - 1;
	ev.dir = 99;
	feed_ev(f, &ev);
	ev.type = 999;
	feed_ev(f, &ev);
	r.stats.key.path = 1000;
	put(f, &r);
	r.type = 77;
	put(f, &r);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_UNKNOWN], 1);
}

static void bound_on_live_mappings(void **state)
{
	struct state_opts opts = { .max_live = 10 };
	struct feed f = { .ts = T0, .m = state__new(&opts) };
	struct state_run run;
	uint64_t i;

	(void)state;
	assert_non_null(f.m);
	for (i = 0; i < 15; i++)
		feed_map(&f, 1, DMS_PATH_TCE, i * 4096, i * 4096, 512);
	state__run(f.m, &run);
	assert_int_equal(run.untracked, 5);
	assert_false(run.complete);
	for (i = 0; i < 15; i++)
		feed_unmap(&f, 1, i * 4096, 512);
	assert_int_equal(dev(&f, 1)->live[DMS_PATH_TCE], 0);
	assert_int_equal(dev(&f, 1)->preexisting, 0);
	state__free(f.m);
	state__free(NULL);
}

#define MILLION	1000000ULL

/* The bound that model.h states: about 96 bytes for each, beyond an empty model. */
static void a_million_live_mappings(void **state)
{
	struct feed *f = *state;
	size_t empty = state__memory(f->m);
	uint64_t i;

	for (i = 0; i < MILLION; i++)
		feed_map(f, 1, DMS_PATH_TCE, i * 65536, (i * 7919 % MILLION) * 65536, 1500);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], MILLION);
	assert_true(state__memory(f->m) - empty < 96 * MILLION);
	for (i = 0; i < MILLION; i++)
		feed_unmap(f, 1, i * 65536, 1500);
	assert_int_equal(dev(f, 1)->live[DMS_PATH_TCE], 0);
	assert_int_equal(dev(f, 1)->preexisting, 0);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(map_and_unmap), T(unmap_of_an_older_mapping), T(unmap_record_before_map_record),
		T(handle_reused_unmap_late), T(unmap_reported_after_reuse),
		T(older_map_of_a_reused_handle_comes_last), T(unmaps_that_may_be_left_out),
		T(unmaps_that_could_be_left_out), T(unmaps_once_left_out),
		T(direct_pages_mapped_twice),
		T(same_handle_on_two_devices), T(scatter_gather), T(coherent_memory),
		T(removed_device_keeps_its_mappings), T(no_device), T(aggregates_instead_of_events),
		T(aggregates_may_lack_some),
		T(garbage_does_no_harm), T(a_million_live_mappings),
		cmocka_unit_test(bound_on_live_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
