// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * DMA windows from device tree properties.
 */
#include "guest_tree.h"

#include "guest/windows.h"

#define TREE	"/sys/firmware/devicetree/base"
#define PHB	TREE "/pci@800000020000000"
#define DEV	"/sys/devices/pci0000:00/0000:00:01.0"

static const uint8_t two[] = { 0, 0, 0, 2 };
static const uint8_t three[] = { 0, 0, 0, 3 };

/* LIOBN 0x80000000, 0 .. 1 GiB: as a guest of QEMU 11.1 has it */
static const uint8_t dma_window[] = {
	0x80, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0x40, 0, 0, 0,
};

/* The v-scsi adapter's there: LIOBN 0x71000001, 256 MiB */
static const uint8_t vio_window[] = {
	0x71, 0, 0, 1,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0x10, 0, 0, 0,
};

/* Made there by 6.12.117: LIOBN 0x80000001, base 1 << 59, pages of 16 MiB, 2 GiB */
static const uint8_t ddw_612[] = {
	0x80, 0, 0, 1,  0, 0, 0, 0,  8, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0x18,  0, 0, 0, 0x1f,
};

/* LIOBN 0x80000001, base 1 << 59, 64 KiB pages, 1 << 31 bytes; the gap is not zero */
static const uint8_t ddw[] = {
	0x80, 0, 0, 1,  0xde, 0xad, 0xbe, 0xef,  8, 0, 0, 0,  0, 0, 0, 0,
	0, 0, 0, 16,   0, 0, 0, 31,
};

static void test_parse_default(void **state)
{
	struct rec_window w = { .dev = 7 };

	(void)state;
	assert_int_equal(guest_window_parse_default(dma_window, 20, 2, 2, &w), 0);
	assert_int_equal(w.liobn, 0x80000000);
	assert_int_equal(w.base, 0);
	assert_int_equal(w.size, 1 << 30);
	assert_int_equal(w.page_shift, 12);
	assert_int_equal(w.kind, WINDOW_DEFAULT);
	assert_int_equal(w.use, WINDOW_DYNAMIC);
	assert_int_equal(w.dev, 7);
	/* One cell each: LIOBN, 0, 0 */
	assert_int_equal(guest_window_parse_default(dma_window, 12, 1, 1, &w), 0);
	assert_int_equal(w.size, 0);
	assert_int_equal(guest_window_parse_default(dma_window, 16, 2, 2, &w), -EINVAL);
	assert_int_equal(guest_window_parse_default(dma_window, 20, 0, 2, &w), -EINVAL);
	assert_int_equal(guest_window_parse_default(dma_window, 20, 2, 3, &w), -EINVAL);
	assert_int_equal(guest_window_parse_default(dma_window, 20, 0x40000000, 2, &w), -EINVAL);
}

static void test_parse_ddw(void **state)
{
	struct rec_window w = { .dev = 7 };
	uint8_t bad[24];

	(void)state;
	assert_int_equal(guest_window_parse_ddw(ddw, 24, true, &w), 0);
	assert_int_equal(w.liobn, 0x80000001);
	assert_int_equal(w.base, 1ULL << 59);
	assert_int_equal(w.size, 1ULL << 31);
	assert_int_equal(w.page_shift, 16);
	assert_int_equal(w.kind, WINDOW_DDW);
	assert_int_equal(w.use, WINDOW_DIRECT);
	assert_int_equal(guest_window_parse_ddw(ddw, 24, false, &w), 0);
	assert_int_equal(w.use, WINDOW_DYNAMIC);
	assert_int_equal(guest_window_parse_ddw(ddw, 23, true, &w), -EINVAL);
	memcpy(bad, ddw, 24);
	bad[23] = 64;		/* would shift out */
	assert_int_equal(guest_window_parse_ddw(bad, 24, true, &w), -EINVAL);
	bad[23] = 15;		/* smaller than a page of it */
	assert_int_equal(guest_window_parse_ddw(bad, 24, true, &w), -EINVAL);
}

/* A device below a host bridge, as QEMU describes it: the windows are the bridge's. */
static void make_pci(struct tree *t)
{
	tree_bytes(t, TREE "/#address-cells", two, 4);
	tree_bytes(t, PHB "/#address-cells", three, 4);
	tree_bytes(t, PHB "/ibm,#dma-address-cells", two, 4);
	tree_bytes(t, PHB "/ibm,#dma-size-cells", two, 4);
	tree_bytes(t, PHB "/ibm,dma-window", dma_window, sizeof(dma_window));
	tree_dir(t, PHB "/ethernet@1");
	tree_dir(t, DEV);
	tree_link(t, DEV "/of_node",
		  "../../../firmware/devicetree/base/pci@800000020000000/ethernet@1");
	tree_link(t, "/sys/bus/pci/devices/0000:00:01.0",
		  "../../../devices/pci0000:00/0000:00:01.0");
}

static void test_pci(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };
	uint64_t key;

	make_pci(t);
	tree_bytes(t, PHB "/linux,direct64-ddr-window-info", ddw_612, sizeof(ddw_612));
	key = tree_inode(t, DEV);
	assert_int_equal(guest_windows(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.rec[0].type, REC_WINDOW);
	assert_int_equal(s.rec[0].window.dev, key);
	assert_int_equal(s.rec[0].window.kind, WINDOW_DEFAULT);
	assert_int_equal(s.rec[0].window.size, 1 << 30);
	assert_string_equal(s.rec[0].window.source, "device tree ibm,dma-window");
	assert_int_equal(s.rec[1].window.dev, key);
	assert_int_equal(s.rec[1].window.liobn, 0x80000001);
	assert_int_equal(s.rec[1].window.use, WINDOW_DIRECT);
	assert_int_equal(s.rec[1].window.base, 1ULL << 59);
	assert_int_equal(s.rec[1].window.size, 1ULL << 31);
	assert_int_equal(s.rec[1].window.page_shift, 24);
	assert_true(s.rec[1].window.ts);
	assert_string_equal(s.rec[1].window.source, "device tree linux,direct64-ddr-window-info");
}

/* The nearest node with any window counts; those above it belong to others. */
static void test_nearest(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	make_pci(t);
	tree_bytes(t, PHB "/ethernet@1/linux,dma64-ddr-window-info", ddw, sizeof(ddw));
	assert_int_equal(guest_windows_of(t->root, DEV, 99, sink_keep, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.rec[0].window.dev, 99);
	assert_int_equal(s.rec[0].window.use, WINDOW_DYNAMIC);
}

/* Split between RAM and pmemory: the default window is gone, the property says "direct". */
static void test_hybrid(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	make_pci(t);
	tree_bytes(t, PHB "/ethernet@1/linux,direct64-ddr-window-info", ddw, sizeof(ddw));
	tree_dir(t, TREE "/ibm,persistent-memory/ibm,pmemory@44100000");
	assert_int_equal(guest_windows_of(t->root, DEV, 99, sink_keep, &s), 0);
	assert_int_equal(s.rec[0].window.use, WINDOW_HYBRID);
}

static void test_vio(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	tree_bytes(t, TREE "/vdevice/v-scsi@71000001/ibm,my-dma-window", vio_window, 20);
	/* Cells of the nodes above, where the device's own are missing. */
	tree_bytes(t, TREE "/vdevice/#address-cells", two, 4);
	tree_bytes(t, TREE "/#size-cells", two, 4);
	tree_dir(t, "/sys/devices/vio/71000001");
	tree_link(t, "/sys/devices/vio/71000001/of_node",
		  "../../../firmware/devicetree/base/vdevice/v-scsi@71000001");
	tree_link(t, "/sys/bus/vio/devices/71000001", "../../../devices/vio/71000001");
	assert_int_equal(guest_windows(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.rec[0].window.liobn, 0x71000001);
	assert_int_equal(s.rec[0].window.size, 256 << 20);
	assert_string_equal(s.rec[0].window.source, "device tree ibm,my-dma-window");
}

/* The firmware did not describe this one: the host bridge's node stands for it. */
static void test_no_node(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	make_pci(t);
	tree_dir(t, "/sys/devices/pci0000:00/0000:00:05.0");
	tree_link(t, "/sys/devices/pci0000:00/of_node",
		  "../../firmware/devicetree/base/pci@800000020000000");
	assert_int_equal(guest_windows_of(t->root, "/sys/devices/pci0000:00/0000:00:05.0", 5,
					  sink_keep, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.rec[0].window.dev, 5);
}

static void test_broken(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	make_pci(t);
	tree_bytes(t, PHB "/ibm,dma-window", dma_window, 11);
	tree_bytes(t, PHB "/linux,direct64-ddr-window-info", ddw, 20);
	assert_int_equal(guest_windows(t->root, sink_keep, &s), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(guest_windows_of(t->root, "/sys/devices/none", 1, sink_keep, &s), 0);
	assert_int_equal(guest_windows_of(t->root, "elsewhere", 1, sink_keep, &s), 0);
	assert_int_equal(s.count, 0);
}

static void test_sink_stops(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .answer = -EPIPE };

	make_pci(t);
	assert_int_equal(guest_windows(t->root, sink_keep, &s), -EPIPE);
}

static void test_dt(void **state)
{
	const uint8_t lmb[] = { 0, 0, 0, 0, 0x10, 0, 0, 0 };
	struct tree *t = *state;
	struct guest_dt dt;
	struct sunk s = { .count = 0 };

	assert_int_equal(guest_dt(t->root, &dt), 0);
	assert_false(dt.present);
	assert_int_equal(guest_windows(t->root, sink_keep, &s), 0);
	tree_bytes(t, TREE "/ibm,dynamic-reconfiguration-memory/ibm,lmb-size", lmb, 8);
	assert_int_equal(guest_dt(t->root, &dt), 0);
	assert_true(dt.present && !dt.ddw_applicable && !dt.pmemory);
	assert_int_equal(dt.lmb_size, 256 << 20);
	tree_bytes(t, TREE "/ibm,dynamic-reconfiguration-memory/ibm,lmb-size", lmb + 4, 4);
	tree_file(t, PHB "/pci@1/ibm,ddw-applicable", "x");
	tree_dir(t, TREE "/ibm,persistent-memory/ibm,pmemory@1");
	assert_int_equal(guest_dt(t->root, &dt), 0);
	assert_int_equal(dt.lmb_size, 256 << 20);
	assert_true(dt.ddw_applicable && dt.pmemory);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_default), cmocka_unit_test(test_parse_ddw),
		ON_TREE(test_pci), ON_TREE(test_nearest), ON_TREE(test_hybrid), ON_TREE(test_vio),
		ON_TREE(test_no_node), ON_TREE(test_broken), ON_TREE(test_sink_stops),
		ON_TREE(test_dt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
