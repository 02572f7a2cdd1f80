// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The addresses of live mappings that the index does not hold itself: the DMA address of a slot,
 * the slot or the memory of a DMA address, with the bits that say private or shared.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/live_inside.h"

#define KEY	7
#define C_BIT	(1ULL << 51)
#define SHARED	(1ULL << 47)
#define SLOT	0x7000000ULL

/* In place of src/probe and src/source/live.c: an index of one mapping. */
static struct probe_live in_index;

int probe__index_each(struct probe *p, probe_live_fn fn, void *ctx)
{
	(void)p;
	return fn(ctx, &in_index);
}

void probe__index_pool(struct probe *p, uint64_t start, uint64_t end)
{
	(void)p, (void)start, (void)end;
}

int live__stats(struct live *l)
{
	(void)l;
	return 0;
}

static int keep(void *ctx, const struct dms_rec *rec)
{
	struct rec_look *out = ctx;

	if (rec->type == REC_LOOK && rec->look.step == LOOK_MAPPING)
		*out = rec->look;
	return 0;
}

static const struct rec_session sev = { .enc_mask = C_BIT }, cca = { .shared_mask = SHARED },
				plain = { .enc_mask = 0 };

/* The record that top gets for a mapping in the index, of a device with that state. */
static struct rec_look shown(const struct rec_session *s, const struct dms_devstate *st,
			     const struct probe_live *mapping)
{
	struct rec_device dev = { .key = KEY, .st = *st };
	struct rec_look look = { .dev = 0 };
	struct live l = { .sink = keep, .ctx = &look, .shared_mask = s->shared_mask };

	l.opts.probe.enc_mask = dma_view_bits(s);
	assert_int_equal(devtable__new(&l.devs), 0);
	assert_non_null(devtable__put(l.devs, &dev, NULL));
	in_index = *mapping;
	in_index.dev = KEY;
	assert_int_equal(live__look(&l), 0);
	assert_int_equal(look.dev, KEY);
	devtable__free(l.devs);
	return look;
}

/* By its place in the pool the slot is known, and the address the device uses follows. */
static void address_of_a_slot(void **state)
{
	struct probe_live m = { .path = DMS_PATH_BOUNCED, .slot = SLOT, .phys = 0x9000,
				.phys_known = true };
	struct dms_devstate st = { .known = 0 };

	(void)state;
	assert_int_equal(shown(&plain, &st, &m).dma, SLOT);
	assert_int_equal(shown(&sev, &st, &m).dma, SLOT);
	assert_int_equal(shown(&cca, &st, &m).dma, SLOT | SHARED);
	assert_int_equal(dma_view(&cca, shown(&cca, &st, &m).dma), DMA_VIEW_SHARED);
	assert_int_equal(dma_view(&sev, shown(&sev, &st, &m).dma), DMA_VIEW_SHARED);
	assert_int_equal(shown(&cca, &st, &m).slot, SLOT);
	st.known = DMS_DS_CC_SHARED;
	assert_int_equal(shown(&cca, &st, &m).dma, SLOT);
	st.cc_shared = 1;
	assert_int_equal(shown(&cca, &st, &m).dma, SLOT | SHARED);
	st.known = DMS_DS_OFFSET;
	st.dma_offset = 1ULL << 40;
	assert_int_equal(shown(&plain, &st, &m).dma, SLOT + (1ULL << 40));
}

/* A pool of the device's own, or one that was added: its slots have no places. */
static void slot_of_an_address(void **state)
{
	struct probe_live m = { .path = DMS_PATH_BOUNCED, .dma = SLOT, .dma_known = true };
	struct dms_devstate st = { .known = 0 };

	(void)state;
	assert_int_equal(shown(&sev, &st, &m).slot, SLOT);
	m.dma |= SHARED;
	assert_int_equal(shown(&cca, &st, &m).slot, SLOT);
	assert_int_equal(shown(&cca, &st, &m).dma, SLOT | SHARED);
	assert_false(shown(&cca, &st, &m).phys_known);
}

static void memory_of_a_direct_address(void **state)
{
	struct probe_live m = { .path = DMS_PATH_DIRECT, .dma = 0x9000 | C_BIT, .dma_known = true };
	struct dms_devstate st = { .known = 0 };

	(void)state;
	assert_true(shown(&sev, &st, &m).phys_known);
	assert_int_equal(shown(&sev, &st, &m).phys, 0x9000);
	assert_int_equal(shown(&sev, &st, &m).dma, 0x9000 | C_BIT);
	m.dma = 0x9000 | SHARED;
	assert_int_equal(shown(&cca, &st, &m).phys, 0x9000);
	m.dma = 0x9000 + (1ULL << 59);
	st.known = DMS_DS_OFFSET;
	st.dma_offset = 1ULL << 59;
	assert_int_equal(shown(&plain, &st, &m).phys, 0x9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_of_a_slot),
		cmocka_unit_test(slot_of_an_address),
		cmocka_unit_test(memory_of_a_direct_address),
	};

	return cmocka_run_group_tests_name("live index", tests, NULL, NULL);
}
