// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Devices from copied trees of sysfs: what is listed, what hangs below, keys, and that a
 * thousand of them take no time.
 */
#include "guest_tree.h"

#include <time.h>

#include "guest/devices.h"

#define PHB	"/sys/devices/pci0000:00"

/* A device of a bus: its directory, the bus's link to it, its subsystem link. */
static void add_device(struct tree *t, const char *bus, const char *path, const char *driver)
{
	const char *name = strrchr(path, '/') + 1;
	char a[512], b[512];

	tree_dir(t, path);
	snprintf(a, sizeof(a), "/sys/bus/%s/devices/%s", bus, name);
	snprintf(b, sizeof(b), "../../../%s", path + strlen("/sys/"));
	tree_link(t, a, b);
	snprintf(a, sizeof(a), "%s/subsystem", path);
	snprintf(b, sizeof(b), "../../../../bus/%s", bus);
	tree_link(t, a, b);
	if (driver) {
		snprintf(a, sizeof(a), "%s/driver", path);
		snprintf(b, sizeof(b), "../../../../bus/%s/drivers/%s", bus, driver);
		tree_link(t, a, b);
	}
}

static void add_pci(struct tree *t, const char *path, const char *driver, const char *bits)
{
	char a[512];

	add_device(t, "pci", path, driver);
	snprintf(a, sizeof(a), "%s/vendor", path);
	tree_file(t, a, "0x1af4\n");
	snprintf(a, sizeof(a), "%s/device", path);
	tree_file(t, a, "0x1042\n");
	snprintf(a, sizeof(a), "%s/dma_mask_bits", path);
	tree_file(t, a, bits);
	snprintf(a, sizeof(a), "%s/consistent_dma_mask_bits", path);
	tree_file(t, a, "32\n");
}

static void add_virtio(struct tree *t, const char *path, const char *id, const char *features)
{
	char a[512];

	add_device(t, "virtio", path, "virtio_something");
	snprintf(a, sizeof(a), "%s/device", path);
	tree_file(t, a, id);
	snprintf(a, sizeof(a), "%s/features", path);
	tree_file(t, a, features);
}

static int keep(void *ctx, const struct rec_device *dev, const char *path)
{
	struct dms_rec rec = { .type = REC_DEVICE, .device = *dev };

	assert_string_equal(strrchr(path, '/') + 1, dev->name);
	return sink_keep(ctx, &rec);
}

static const struct rec_device *list_one(struct tree *t, struct sunk *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(guest_devices_each(t->root, keep, s), 0);
	assert_int_equal(s->count, 1);
	return &s->rec[0].device;
}

/* ANY_LAYOUT (27), VERSION_1 (32) and ACCESS_PLATFORM (33) */
#define FEATURES "0000000000000000000000000001000011000000000000000000000000000000" \
		 "0000000000000000000000000000000000000000000000000000000000000000\n"

static void expect_iommu(struct tree *t, const char *iommu, const char *domain)
{
	struct sunk s;
	const struct rec_device *d = list_one(t, &s);

	assert_true(d->known & DEV_KNOWN_IOMMU);
	assert_string_equal(d->iommu, iommu);
	assert_string_equal(d->iommu_domain, domain);
}

static void test_behind_an_iommu(void **state)
{
	struct tree *t = *state;
	char path[512];
	struct sunk s;

	add_pci(t, PHB "/0000:00:01.0", "igb", "64\n");
	expect_iommu(t, "", "");
	assert_false(list_one(t, &s)->known & DEV_KNOWN_EXTERNAL);
	tree_link(t, PHB "/0000:00:01.0/iommu", "../../virtual/iommu/dmar0");
	tree_link(t, PHB "/0000:00:01.0/iommu_group", "../../../kernel/iommu_groups/3");
	expect_iommu(t, "dmar0", "");	/* before 5.11: no type */
	tree_file(t, "/sys/kernel/iommu_groups/3/type", "DMA-FQ\n");
	expect_iommu(t, "dmar0", "DMA-FQ");
	snprintf(path, sizeof(path), "%s" PHB "/0000:00:01.0/iommu", t->root);
	assert_int_equal(unlink(path), 0);
	tree_link(t, PHB "/0000:00:01.0/iommu", "../0000:00:02.0/virtio0/iommu/0000:00:02.0");
	expect_iommu(t, "virtio0", "DMA-FQ");
	tree_file(t, PHB "/0000:00:01.0/removable", "fixed\n");
	assert_true(list_one(t, &s)->known & DEV_KNOWN_EXTERNAL);
	assert_false(list_one(t, &s)->external);
	tree_file(t, PHB "/0000:00:01.0/removable", "removable\n");
	assert_true(list_one(t, &s)->external);
}

static void test_virtio_pci(void **state)
{
	struct tree *t = *state;
	const struct rec_device *d;
	struct sunk s;

	add_pci(t, PHB "/0000:00:01.0", "virtio-pci", "64\n");
	add_virtio(t, PHB "/0000:00:01.0/virtio0", "0x0002\n", FEATURES);
	tree_dir(t, PHB "/0000:00:01.0/virtio0/block/vda");
	d = list_one(t, &s);
	assert_string_equal(d->name, "0000:00:01.0");
	assert_string_equal(d->bus, "pci");
	assert_string_equal(d->driver, "virtio-pci");
	assert_string_equal(d->kind, "virtio-blk vda");
	assert_int_equal(d->key, tree_inode(t, PHB "/0000:00:01.0"));
	assert_int_equal(d->vendor, 0x1af4);
	assert_int_equal(d->device, 0x1042);
	assert_int_equal(d->st.dma_mask, ~0ULL);
	assert_int_equal(d->st.coherent_mask, 0xffffffff);
	assert_int_equal(d->st.known, DMS_DS_MASK | DMS_DS_COHERENT_MASK);
	assert_int_equal(d->known, DEV_KNOWN_DRIVER | DEV_KNOWN_FEATURES | DEV_KNOWN_IOMMU);
	assert_int_equal(d->virtio_features, 1ULL << 27 | 1ULL << 32 | 1ULL << 33);
	assert_true(d->preexisting && !d->removed && d->ts);
}

static void test_no_driver(void **state)
{
	struct tree *t = *state;
	const struct rec_device *d;
	struct sunk s;

	add_pci(t, PHB "/0000:00:02.0", NULL, "rubbish\n");
	d = list_one(t, &s);
	assert_string_equal(d->driver, "");
	assert_string_equal(d->kind, "");
	/* known to have none */
	assert_int_equal(d->known, DEV_KNOWN_DRIVER | DEV_KNOWN_IOMMU);
	assert_int_equal(d->st.known, DMS_DS_COHERENT_MASK);
}

/* Nothing was agreed on without a driver, and the name comes from the id. */
static void test_virtio_unbound(void **state)
{
	struct tree *t = *state;
	const struct rec_device *d;
	struct sunk s;
	char path[256];

	add_pci(t, PHB "/0000:00:01.0", "virtio-pci", "64\n");
	add_virtio(t, PHB "/0000:00:01.0/virtio0", "0x0004\n", FEATURES);
	snprintf(path, sizeof(path), "%s" PHB "/0000:00:01.0/virtio0/driver", t->root);
	assert_int_equal(unlink(path), 0);
	d = list_one(t, &s);
	assert_string_equal(d->kind, "virtio-rng");
	assert_true(d->known & DEV_KNOWN_FEATURES);	/* a driver was there, and refused it */
	tree_file(t, PHB "/0000:00:01.0/virtio0/features", "00000000000000000000000000000000"
		  "00000000000000000000000000000000\n");
	assert_false(list_one(t, &s)->known & DEV_KNOWN_FEATURES);
}

static void expect_kind(struct tree *t, const char *below, const char *kind)
{
	char path[512];
	struct sunk s;

	snprintf(path, sizeof(path), PHB "/0000:00:03.0/%s", below);
	tree_dir(t, path);
	assert_string_equal(list_one(t, &s)->kind, kind);
}

static void test_kinds(void **state)
{
	struct tree *t = *state;

	add_pci(t, PHB "/0000:00:03.0", "x", "32\n");
	expect_kind(t, "power", "");
	expect_kind(t, "hostile/target0:0:0", "");
	expect_kind(t, "usb1/1-1", "usb usb1");
	expect_kind(t, "host2/scsi_host/host2", "scsi");
	expect_kind(t, "host2/target2:0:0/2:0:0:0/block/sda", "scsi sda");
	expect_kind(t, "nvme/nvme0/nvme0n1", "nvme nvme0n1");
	expect_kind(t, "net/eth0", "net eth0");
}

static void test_ata(void **state)
{
	struct tree *t = *state;

	add_pci(t, PHB "/0000:00:03.0", "ahci", "64\n");
	expect_kind(t, "ata1/host0/target0:0:0/0:0:0:0/block/sda", "ata sda");
}

static void test_many_names(void **state)
{
	struct tree *t = *state;
	char path[256];
	struct sunk s;
	int i;

	add_pci(t, PHB "/0000:00:03.0", "x", "64\n");
	for (i = 0; i < 9; i++) {
		snprintf(path, sizeof(path), PHB "/0000:00:03.0/net/a-rather-long-name-%d", i);
		tree_dir(t, path);
	}
	assert_memory_equal(list_one(t, &s)->kind, "net a-rather-long-name-", 23);
}

/* A bridge is not what hangs below the device behind it. */
static void test_bridge(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	add_pci(t, PHB "/0000:00:01.0", "pcieport", "32\n");
	add_pci(t, PHB "/0000:00:01.0/0000:01:00.0", "e1000", "32\n");
	tree_dir(t, PHB "/0000:00:01.0/0000:01:00.0/net/eth0");
	assert_int_equal(guest_devices_each(t->root, keep, &s), 0);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.rec[0].device.kind, "");
	assert_string_equal(s.rec[1].device.kind, "net eth0");
}

static void test_other_buses(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };

	add_device(t, "vio", "/sys/devices/vio/30000000", "hvc_console");
	add_device(t, "vio", "/sys/devices/vio/71000003", "ibmvscsi");
	tree_file(t, "/sys/devices/vio/71000003/of_node/ibm,my-dma-window", "x");
	tree_dir(t, "/sys/devices/vio/71000003/host0/target0:0:0/0:0:0:0/block/sda");
	add_device(t, "ccw", "/sys/devices/css0/0.0.0001/0.0.0007", "virtio_ccw");
	add_virtio(t, "/sys/devices/css0/0.0.0001/0.0.0007/virtio0", "0x0001\n", FEATURES);
	tree_dir(t, "/sys/devices/css0/0.0.0001/0.0.0007/virtio0/net/enc7");
	add_device(t, "platform", "/sys/devices/platform/serial8250", "serial8250");
	add_device(t, "platform", "/sys/devices/platform/a000000.virtio_mmio", "virtio-mmio");
	add_virtio(t, "/sys/devices/platform/a000000.virtio_mmio/virtio1", "0x0002\n", "01\n");
	add_virtio(t, "/sys/devices/other/virtio2", "0x0063\n", FEATURES);
	assert_int_equal(guest_devices_each(t->root, keep, &s), 0);
	assert_int_equal(s.count, 4);
	assert_string_equal(s.rec[0].device.bus, "vio");
	assert_string_equal(s.rec[0].device.kind, "scsi sda");
	assert_string_equal(s.rec[1].device.bus, "ccw");
	assert_string_equal(s.rec[1].device.kind, "virtio-net enc7");
	assert_string_equal(s.rec[2].device.name, "a000000.virtio_mmio");
	assert_string_equal(s.rec[2].device.kind, "virtio-blk");
	assert_false(s.rec[2].device.known & DEV_KNOWN_FEATURES);	/* not a feature string */
	assert_string_equal(s.rec[3].device.bus, "virtio");
	assert_true(s.rec[3].device.known & DEV_KNOWN_FEATURES);
}

static void test_by_key(void **state)
{
	struct tree *t = *state;
	struct rec_device d, untouched;
	char path[256];
	uint64_t key;

	add_pci(t, PHB "/0000:00:01.0", "virtio-pci", "64\n");
	add_virtio(t, PHB "/0000:00:01.0/virtio0", "0x0002\n", FEATURES);
	add_device(t, "auxiliary", "/sys/devices/deep/er/aux.0", "mlx");
	key = tree_inode(t, PHB "/0000:00:01.0");
	assert_int_equal(guest_device_by_key(t->root, key, &d), 0);
	assert_string_equal(d.name, "0000:00:01.0");
	assert_string_equal(d.bus, "pci");
	assert_false(d.preexisting);
	assert_int_equal(guest_device_path(t->root, key, path, sizeof(path)), 0);
	assert_string_equal(path, PHB "/0000:00:01.0");
	assert_true(guest_device_is_there(t->root, path, key));
	assert_false(guest_device_is_there(t->root, path, key + 1));	/* plugged in again */
	assert_false(guest_device_is_there(t->root, PHB "/0000:00:09.0", key));
	/* A device of a bus that is not listed, and the virtio device itself. */
	key = tree_inode(t, "/sys/devices/deep/er/aux.0");
	assert_int_equal(guest_device_by_key(t->root, key, &d), 0);
	assert_string_equal(d.name, "aux.0");
	assert_string_equal(d.bus, "auxiliary");
	key = tree_inode(t, PHB "/0000:00:01.0/virtio0");
	assert_int_equal(guest_device_by_key(t->root, key, &d), 0);
	assert_string_equal(d.bus, "virtio");
	assert_true(d.known & DEV_KNOWN_FEATURES);
	memset(&untouched, 0x5a, sizeof(untouched));
	d = untouched;
	assert_int_equal(guest_device_by_key(t->root, 0x7fffffffffffULL, &d), -ENOENT);
	assert_int_equal(guest_device_by_key(t->root, 0, &d), -ENOENT);
	assert_memory_equal(&d, &untouched, sizeof(d));
}

static void test_nothing(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .count = 0 };
	struct rec_device d;

	assert_int_equal(guest_devices_each(t->root, keep, &s), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(guest_device_by_key(t->root, 5, &d), -ENOENT);
	assert_int_equal(guest_device_read(t->root, "/sys/devices/none", &d), -ENOENT);
}

static void test_sink_stops(void **state)
{
	struct tree *t = *state;
	struct sunk s = { .answer = -EPIPE };

	add_pci(t, PHB "/0000:00:01.0", NULL, "64\n");
	add_pci(t, PHB "/0000:00:02.0", NULL, "64\n");
	assert_int_equal(guest_devices_each(t->root, keep, &s), -EPIPE);
	assert_int_equal(s.count, 1);
}

/* CPU time: another load on this machine does not count. */
static uint64_t cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void test_thousand(void **state)
{
	struct tree *t = *state;
	struct sunk *s = calloc(1, sizeof(*s));
	struct rec_device d;
	uint64_t start, key = 0;
	char path[256];
	int i;

	assert_non_null(s);
	for (i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), PHB "/0000:%02x:%02x.%d", i >> 8, i >> 3 & 31, i & 7);
		add_pci(t, path, "nvme", "64\n");
		key = tree_inode(t, path);
	}
	start = cpu_ms();
	assert_int_equal(guest_devices_each(t->root, keep, s), 0);
	/* 20 ms; room for sanitizers. */
	assert_true(cpu_ms() - start <= 1000);
	assert_int_equal(s->count, 1024);
	start = cpu_ms();
	assert_int_equal(guest_device_by_key(t->root, key, &d), 0);
	assert_true(cpu_ms() - start <= 200);
	free(s);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		ON_TREE(test_behind_an_iommu),
		ON_TREE(test_virtio_pci), ON_TREE(test_virtio_unbound),
		ON_TREE(test_no_driver), ON_TREE(test_kinds),
		ON_TREE(test_ata), ON_TREE(test_many_names), ON_TREE(test_bridge),
		ON_TREE(test_other_buses), ON_TREE(test_by_key), ON_TREE(test_nothing),
		ON_TREE(test_sink_stops), ON_TREE(test_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
