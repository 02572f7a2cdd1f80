// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices that a secure guest has accepted (TDISP, posted for kernels after 7.3): private memory is
 * in their reach, so direct is right and a bounce a waste; and nothing is concluded where the
 * kernel accepts devices and that of one is not known.
 */
#include "finding.h"

#define DEV	4
#define BLOCK	0x40000000ULL

static struct dms_rec device(int accepted)
{
	struct dms_rec r = make_dev(DEV, "0000:00:04.0", 64);

	r.device.known |= DEV_KNOWN_DRIVER;
	r.device.st.known |= DMS_DS_POOL;
	r.device.st.pool_nslabs = POOL_SLOTS;
	r.device.st.force_bounce = 1;
	if (accepted >= 0) {
		r.device.st.known |= DMS_DS_CC_ACCEPTED;
		r.device.st.cc_accepted = (uint8_t)accepted;
	}
	return r;
}

static void begin(struct feed *f, int accepted)
{
	struct dms_rec r = device(accepted);

	feed_session(f, GUEST_TDX, "x86_64", "7.4.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	put(f, &r);
}

static void maps(struct feed *f, uint8_t path, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t at = path == DMS_PATH_BOUNCED ? POOL_START : BLOCK;

		f->ts += MS;
		if (path == DMS_PATH_BOUNCED)
			feed_bounce(f, DEV, at + i * 4096, BLOCK + i * 4096, 4096);
		feed_map(f, DEV, path, at + i * 4096, BLOCK + i * 4096, 4096);
	}
}

static void direct_is_right(void **state)
{
	struct feed *f = *state;
	struct state_decision d;

	begin(f, 1);
	assert_int_equal(state__decision(f->m, DEV, &d), 0);
	assert_int_equal(d.way, STATE_WAY_DIRECT);
	assert_int_equal(d.reason, REASON_ACCEPTED);
	maps(f, DMS_PATH_DIRECT, 8);
	expect_no_finding(f, "private-dma");
	expect_no_finding(f, "bounce-not-forced");
	expect_no_finding(f, "unexpected-path");
	expect_no_finding(f, "accepted-bounced");
	assert_int_equal(state__decision(f->m, DEV, &d), 0);
	assert_false(d.bad);
}

static void accepted_and_bounced(void **state)
{
	struct feed *f = *state;
	struct state_finding x;

	begin(f, 1);
	maps(f, DMS_PATH_BOUNCED, 5);
	x = expect_finding(f, "accepted-bounced", STATE_WARNING, DEV);
	expect_fact(&x, FACT_MAPS, 5);
	expect_fact(&x, FACT_DIRECT_MAPS, 0);
}

/* Mappings that bounced before the device was accepted are no finding. */
static void accepted_later(void **state)
{
	struct dms_rec r = device(1);
	struct feed *f = *state;

	begin(f, 0);
	maps(f, DMS_PATH_BOUNCED, 5);
	expect_no_finding(f, "accepted-bounced");
	put(f, &r);
	expect_no_finding(f, "accepted-bounced");
	maps(f, DMS_PATH_DIRECT, 5);
	expect_no_finding(f, "accepted-bounced");
	expect_no_finding(f, "private-dma");
}

static void not_accepted(void **state)
{
	struct feed *f = *state;

	begin(f, 0);
	maps(f, DMS_PATH_DIRECT, 5);
	expect_finding(f, "private-dma", STATE_ERROR, DEV);
}

/* Another device's state shows that this kernel accepts devices; of this one none was read. */
static void not_known(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = device(1);

	begin(f, -1);
	maps(f, DMS_PATH_DIRECT, 5);
	expect_finding(f, "private-dma", STATE_ERROR, DEV);
	feed_teardown(state);
	feed_setup(state);
	f = *state;
	r.device.key = 5;
	strcpy(r.device.name, "0000:00:05.0");
	begin(f, -1);
	put(f, &r);
	maps(f, DMS_PATH_DIRECT, 5);
	expect_no_finding(f, "private-dma");
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(direct_is_right), T(accepted_and_bounced), T(accepted_later), T(not_accepted),
		T(not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
