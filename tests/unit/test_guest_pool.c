// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * SWIOTLB pools from debugfs and kernel log, and the kernel's configuration.
 */
#include "guest_tree.h"

#include "guest/pool.h"

#define DEBUGFS	"/sys/kernel/debug/swiotlb"
#define BOOT	"[    0.0] Linux version 6.12.0\n"
#define MAPPED	"[    0.1] software IO TLB: " \
		"mapped [mem 0x000000007bed0000-0x000000007fed0000] (64MB)\n"

static const struct rec_pool *only(struct tree *t, struct sunk *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(guest_pools(t->root, sink_keep, s), 0);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->rec[0].type, REC_POOL);
	assert_string_equal(s->rec[0].pool.name, "default");
	assert_int_equal(s->rec[0].pool.slot_size, 2048);
	return &s->rec[0].pool;
}

static void test_both(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	struct rec_pool again;
	char why[256];
	struct sunk s;

	tree_file(t, DEBUGFS "/io_tlb_nslabs", "32768\n");
	tree_file(t, DEBUGFS "/io_tlb_used", "129\n");
	tree_file(t, DEBUGFS "/io_tlb_used_hiwater", "4096\n");
	tree_file(t, "/var/log/dmesg", BOOT "[    0.0] software IO TLB: area num 2.\n" MAPPED);
	tree_file(t, "/proc/cmdline", "swiotlb=force\n");
	p = only(t, &s);
	assert_int_equal(p->start, 0x7bed0000);
	assert_int_equal(p->end, 0x7fed0000);
	assert_int_equal(p->nslabs, 32768);
	assert_int_equal(p->areas, 2);
	assert_true(p->used_known && p->used == 129);
	assert_true(p->hiwater_known && p->hiwater == 4096);
	assert_true(p->force_bounce_known && p->force_bounce);
	assert_false(p->dynamic);
	assert_string_equal(p->source, "debugfs, kernel log");
	guest_pools_why(t->root, false, why, sizeof(why));
	assert_string_equal(why, "");
	tree_file(t, DEBUGFS "/io_tlb_used", "130\n");
	tree_file(t, DEBUGFS "/io_tlb_used_hiwater", "5000\n");
	again = *p;
	assert_int_equal(guest_pool_use(t->root, &again), 0);
	assert_true(again.used_known && again.used == 130 && again.hiwater == 5000);
	assert_int_equal(again.start, p->start);
	assert_int_equal(guest_pool_use("/nonexistent", &again), -ENOENT);
}

/* Counts that went below 0, and more slots in use than there are. */
static void test_absurd(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	char why[256];
	struct sunk s;

	tree_file(t, DEBUGFS "/io_tlb_nslabs", "32768\n");
	tree_file(t, DEBUGFS "/io_tlb_used", "18446744073709551615\n");
	tree_file(t, DEBUGFS "/io_tlb_used_hiwater", "32769\n");
	p = only(t, &s);
	assert_int_equal(p->nslabs, 32768);
	assert_false(p->used_known);
	assert_false(p->hiwater_known);
	assert_false(p->force_bounce_known);
	assert_int_equal(p->start, p->end);	/* no log: the range is not known */
	assert_string_equal(p->source, "debugfs");
	guest_pools_why(t->root, false, why, sizeof(why));
	assert_non_null(strstr(why, "kernel log is not readable"));
	tree_file(t, "/var/log/dmesg", "[ 99.0] late\n");
	guest_pools_why(t->root, false, why, sizeof(why));
	assert_non_null(strstr(why, "no longer begins at boot"));
	guest_pools_why(t->root, true, why, sizeof(why));
	assert_string_equal(why, "");	/* the probes know the range better than the log */
}

static void test_log_only(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	char why[256];
	struct sunk s;

	tree_file(t, "/var/log/dmesg", BOOT MAPPED);
	p = only(t, &s);
	assert_int_equal(p->nslabs, 32768);
	assert_false(p->used_known);
	assert_string_equal(p->source, "kernel log");
	guest_pools_why(t->root, false, why, sizeof(why));
	assert_non_null(strstr(why, "debugfs"));
}

/* The directory is there and empty: no pool was ever made. */
static void test_none(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	char why[256];
	struct sunk s;

	tree_dir(t, DEBUGFS);
	tree_file(t, "/var/log/dmesg", BOOT MAPPED "[    3.0] software IO TLB: tearing down "
		  "default memory pool\n");
	tree_file(t, "/proc/cmdline", "swiotlb=force\n");
	p = only(t, &s);
	assert_int_equal(p->nslabs, 0);
	assert_int_equal(p->start, p->end);
	assert_false(p->force_bounce_known);
	assert_string_equal(p->source, "debugfs");
	guest_pools_why(t->root, false, why, sizeof(why));
	assert_string_equal(why, "");
}

static void test_none_by_log(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	struct sunk s;

	tree_file(t, "/var/log/dmesg", BOOT "[    0.1] software IO TLB: No low mem\n");
	p = only(t, &s);
	assert_int_equal(p->nslabs, 0);
	assert_string_equal(p->source, "kernel log");
}

/* swiotlb_init_late(): the last message counts, and 5.10's had other zeros. */
static void test_late(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	struct sunk s;

	tree_file(t, "/var/log/dmesg", BOOT "[    0.0] software IO TLB: area num 2.\n"
		  "[    0.1] software IO TLB: No low mem\n"
		  "[    9.1] software IO TLB: mapped [mem 0x10000-0x20000] (0MB)\n");
	p = only(t, &s);
	assert_int_equal(p->start, 0x10000);
	assert_int_equal(p->nslabs, 32);
	assert_int_equal(p->areas, 0);	/* smaller than a segment, so 1 or unknown */
}

static void test_nothing(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	assert_int_equal(guest_pools(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(guest_kconfig(t->root, "CONFIG_SWIOTLB"), -ENODATA);
}

static void test_restricted(void **state)
{
	static const uint8_t reg[] = { 0, 0, 0, 1,  0x40, 0, 0, 0,  0, 0, 0, 0,  0, 0x40, 0, 0 };
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	tree_file(t, DEBUGFS "/io_tlb_nslabs", "32768\n");
	tree_file(t, DEBUGFS "/wifi@140000000/io_tlb_nslabs", "2048\n");
	tree_file(t, DEBUGFS "/wifi@140000000/io_tlb_used", "1\n");
	tree_dir(t, DEBUGFS "/empty");
	tree_bytes(t, "/sys/firmware/devicetree/base/reserved-memory/wifi@140000000/reg", reg, 16);
	assert_int_equal(guest_pools(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.rec[1].pool.name, "wifi@140000000");
	assert_int_equal(s.rec[1].pool.nslabs, 2048);
	assert_int_equal(s.rec[1].pool.start, 0x140000000ULL);
	assert_int_equal(s.rec[1].pool.end, 0x140400000ULL);
	assert_true(s.rec[1].pool.used_known && s.rec[1].pool.force_bounce);
	s.count = 0;
	s.answer = -EPIPE;
	assert_int_equal(guest_pools(t->root, sink_keep, &s), -EPIPE);
	assert_int_equal(s.count, 1);
}

/* Its device was there before the folder of all pools was. */
static void test_restricted_early(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	tree_file(t, DEBUGFS "/io_tlb_nslabs", "32768\n");
	tree_file(t, "/sys/kernel/debug/lab-pool@60000000/io_tlb_nslabs", "4096\n");
	tree_file(t, "/sys/kernel/debug/bdi/stats", "1\n");
	assert_int_equal(guest_pools(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.rec[0].pool.name, "default");
	assert_string_equal(s.rec[1].pool.name, "lab-pool@60000000");
	assert_int_equal(s.rec[1].pool.nslabs, 4096);
}

/* A node with a size alone: the kernel chose where the pool is, which a device's state has. */
static void test_restricted_somewhere(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };
	struct rec_pool own[2];

	tree_file(t, DEBUGFS "/io_tlb_nslabs", "32768\n");
	tree_file(t, DEBUGFS "/wifi/io_tlb_nslabs", "2048\n");
	assert_int_equal(guest_pools(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.rec[1].pool.start, s.rec[1].pool.end);
	own[0] = s.rec[1].pool;
	own[1] = (struct rec_pool){ .start = 0x50000000, .end = 0x50400000, .nslabs = 2048 };
	assert_ptr_equal(guest_pool_of_range(own, 2, 0x50000000, 2048), &own[1]);
	assert_ptr_equal(guest_pool_of_range(own, 2, 0x60000000, 2048), &own[0]);
	assert_null(guest_pool_of_range(own, 2, 0x60000000, 4096));
	assert_null(guest_pool_of_range(own, 0, 0x50000000, 2048));
	own[0].start = 0x60000000;	/* as the device's state said */
	own[0].end = 0x60400000;
	assert_ptr_equal(guest_pool_of_range(own, 2, 0x60000000, 2048), &own[0]);
	assert_null(guest_pool_of_range(own, 2, 0x70000000, 2048));
}

static void test_differs(void **state)
{
	struct rec_pool p = { .nslabs = 32768 };

	(void)state;
	assert_false(guest_pool_differs(&p, 0x50000000, 32768));
	assert_true(guest_pool_differs(&p, 0x50000000, 2048));
	p.start = 0x60000000;
	p.end = 0x64000000;
	assert_false(guest_pool_differs(&p, 0x60000000, 32768));
	assert_true(guest_pool_differs(&p, 0x50000000, 32768));
	p = (struct rec_pool){ 0 };	/* none is known yet */
	assert_false(guest_pool_differs(&p, 0x50000000, 2048));
}

static void test_dynamic(void **state)
{
	struct tree *t = *state;
	const struct rec_pool *p;
	struct sunk s;

	tree_file(t, "/proc/sys/kernel/osrelease", "6.12.0-x\n");
	tree_file(t, "/boot/config-6.12.0-x", "# CONFIG_A is not set\nCONFIG_SWIOTLB=y\n"
		  "CONFIG_SWIOTLB_DYNAMIC=y\nCONFIG_STR=\"n\"\n");
	assert_int_equal(guest_kconfig(t->root, "CONFIG_SWIOTLB"), 1);
	assert_int_equal(guest_kconfig(t->root, "CONFIG_A"), 0);
	assert_int_equal(guest_kconfig(t->root, "CONFIG_SWIO"), 0);
	tree_file(t, DEBUGFS "/io_tlb_nslabs", "100\n");
	tree_file(t, DEBUGFS "/io_tlb_used_hiwater", "200\n");	/* it had more pools then */
	p = only(t, &s);
	assert_true(p->dynamic);
	assert_true(p->hiwater_known && p->hiwater == 200);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		ON_TREE(test_both), ON_TREE(test_absurd), ON_TREE(test_log_only),
		ON_TREE(test_none), ON_TREE(test_none_by_log), ON_TREE(test_late),
		ON_TREE(test_nothing),
		ON_TREE(test_restricted), ON_TREE(test_restricted_early),
		ON_TREE(test_restricted_somewhere), cmocka_unit_test(test_differs),
		ON_TREE(test_dynamic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
