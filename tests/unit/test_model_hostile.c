// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Records that no guest makes: any number in any field, in any order. The model must stay whole,
 * and every question must have an answer. (Strings end where their arrays do: readers see to
 * that.)
 */
#include "feed.h"
#include "state/idmap.h"
#include "trace/out.h"
#include "report/report.h"

#define STEPS	30000

static uint64_t state_;

static uint64_t rnd(uint64_t n)
{
	state_ += 0x9e3779b97f4a7c15ULL;
	return idmap_hash(state_) % n;
}

/* Few values, so that they meet; and the ends of the world. */
static uint64_t number(void)
{
	static const uint64_t some[] = { 0, 1, 2, 3, 16, 63, 64, 255, 511, 512, 2048, 4096, 65535,
					 65536, 1ULL << 20, 1ULL << 31, 1ULL << 32, 1ULL << 59,
					 1ULL << 63, UINT64_MAX - 1, UINT64_MAX, POOL_START,
					 POOL_START + 2048, DDW_BASE + POOL_START };

	return rnd(8) ? some[rnd(sizeof(some) / sizeof(some[0]))] : idmap_hash(state_);
}

static void scribble(void *p, size_t n)
{
	uint64_t v;

	for (; n >= sizeof(v); n -= sizeof(v), p = (char *)p + sizeof(v)) {
		v = number();
		memcpy(p, &v, sizeof(v));
	}
}

#define TEXT(a)	snprintf(a, sizeof(a), "t%u", (unsigned int)rnd(4))

static void random_device(struct rec_device *d)
{
	scribble(&d->st, sizeof(d->st));
	d->key = rnd(5);
	d->ts = number();
	d->removed = rnd(2);
	d->virtio_features = number();
	d->known = (uint32_t)number();
	TEXT(d->name);
	if (rnd(2))
		TEXT(d->driver);
	if (rnd(2))
		strcpy(d->bus, rnd(2) ? "vio" : "virtio");
}

static void random_event(struct dms_event *ev)
{
	scribble(ev, sizeof(*ev));
	if (rnd(10))
		ev->type = (uint16_t)rnd(DMS_EV_MAX + 1);
	ev->dev = rnd(5);
	if (rnd(4))
		ev->path = (uint8_t)rnd(DMS_PATH_MAX + 1);
	if (rnd(2))
		ev->liobn = (uint32_t)rnd(3);
	if (rnd(2))
		ev->size = 1 + rnd(100000);
}

static void random_record(struct dms_rec *r)
{
	memset(r, 0, sizeof(*r));
	r->type = rnd(4) ? REC_EVENT : (enum dms_rec_type)rnd(REC_TYPE_MAX + 2);
	switch (r->type) {
	case REC_SESSION:
		r->session.guest = (enum dms_guest)rnd(GUEST_MAX + 1);
		r->session.mem_top = number();
		r->session.enc_mask = number();
		r->session.lmb_size = number();
		r->session.mem_bytes = number();
		r->session.start_ns = number();
		r->session.page_size = (uint32_t)number();
		TEXT(r->session.kernel);
		break;
	case REC_HOOK:
		r->hook.id = (enum dms_hook)rnd(DMS_HOOK_MAX + 2);
		r->hook.attach = (enum dms_attach)rnd(3);
		TEXT(r->hook.lost);
		break;
	case REC_DEVICE:
		random_device(&r->device);
		break;
	case REC_WINDOW:
		r->window.dev = rnd(5);
		r->window.liobn = (uint32_t)rnd(3);
		r->window.page_shift = (uint32_t)number();
		r->window.kind = (enum dms_window_kind)rnd(4);
		r->window.use = (enum dms_window_use)rnd(5);
		r->window.base = number();
		r->window.size = number();
		r->window.removed = !rnd(8);
		break;
	case REC_POOL:
		TEXT(r->pool.name);
		TEXT(r->pool.source);
		r->pool.start = number();
		r->pool.end = number();
		r->pool.nslabs = number();
		r->pool.slot_size = rnd(2) ? 2048 : (uint32_t)number();
		r->pool.used_known = rnd(2);
		r->pool.used = number();
		r->pool.hiwater_known = rnd(2);
		r->pool.hiwater = number();
		r->pool.ts = number();
		break;
	case REC_STACK:
		r->stack.id = (uint32_t)rnd(6);
		r->stack.depth = (uint32_t)number();
		TEXT(r->stack.frame[0]);
		break;
	case REC_GAP:
		r->gap.hook = (enum dms_hook)rnd(DMS_HOOK_MAX + 2);
		r->gap.lost = number();
		break;
	case REC_STATS:
		if (rnd(50))
			break;
		scribble(&r->stats, sizeof(r->stats));
		r->stats.key.dev = rnd(5);
		r->stats.key.path = (uint32_t)rnd(DMS_PATH_MAX + 1);
		break;
	case REC_END:
		r->end.ts = number();
		break;
	case REC_LOOK:
		scribble(&r->look, sizeof(r->look));
		r->look.step = (enum look_step)rnd(4);
		r->look.dev = rnd(5);
		r->look.path = (enum dms_path)rnd(DMS_PATH_MAX + 1);
		r->look.phys_known = rnd(2);
		break;
	default:
		random_event(&r->event);
		r->type = REC_EVENT;
		break;
	}
}

static void ask_everything(struct state *m)
{
	struct report_opts opts = { .by_addr = true, .addr = number() };
	FILE *null = fopen("/dev/null", "w");
	struct out out;

	assert_non_null(null);
	assert_int_equal(report_text(m, NULL, null), 0);
	assert_int_equal(report_text(m, &opts, null), 0);
	fclose(null);
	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(report_json(m, NULL, &out), 0);
	out__free(&out);
	assert_true(state__memory(m) < 64 << 20);
}

static void random_records_do_no_harm(void **state)
{
	struct dms_rec r;
	struct state *m;
	unsigned int seed, i;

	(void)state;
	for (seed = 0; seed < 8; seed++) {
		state_ = seed;
		m = state__new(NULL);
		assert_non_null(m);
		for (i = 0; i < STEPS; i++) {
			random_record(&r);
			assert_int_equal(state__feed(m, &r), 0);
			if (i % 3000 == 0)
				ask_everything(m);
		}
		ask_everything(m);
		state__free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_records_do_no_harm) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
