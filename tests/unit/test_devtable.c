// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The live source's table of devices, with a sysfs that the test makes up: drivers and kinds that
 * come after the start, tables of TCEs, devices that leave.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/devices.h"
#include "source/devtable.h"

#define PATH	"/sys/devices/pci0000:00/0000:00:02.0"

/* The one device of this sysfs, and where it is; key 0: it is not there. */
static struct rec_device in_sysfs;
static const char *at = PATH;
static unsigned int walks;		/* over all of it */

static void sysfs_set(uint64_t key, const char *driver, const char *kind)
{
	memset(&in_sysfs, 0, sizeof(in_sysfs));
	in_sysfs.key = key;
	in_sysfs.preexisting = true;
	strcpy(in_sysfs.name, "0000:00:02.0");
	snprintf(in_sysfs.driver, sizeof(in_sysfs.driver), "%s", driver);
	snprintf(in_sysfs.kind, sizeof(in_sysfs.kind), "%s", kind);
}

/* In place of src/guest/devices.c. */
int guest_device_by_key(const char *root, uint64_t key, struct rec_device *dev)
{
	(void)root;
	if (!key || key != in_sysfs.key)
		return -ENOENT;
	*dev = in_sysfs;
	return 0;
}

int guest_device_path(const char *root, uint64_t key, char *path, size_t len)
{
	(void)root;
	walks++;
	if (!key || key != in_sysfs.key)
		return -ENOENT;
	snprintf(path, len, "%s", at);
	return 0;
}

int guest_device_read(const char *root, const char *path, struct rec_device *dev)
{
	(void)root;
	if (strcmp(path, at) || !in_sysfs.key)
		return -ENOENT;
	*dev = in_sysfs;
	return 0;
}

int guest_device_driver(const char *root, const char *path, char *buf, size_t len)
{
	(void)root;
	if (strcmp(path, at) || !in_sysfs.key)
		return -ENOENT;
	snprintf(buf, len, "%s", in_sysfs.driver);
	return 0;
}

bool guest_device_is_there(const char *root, const char *path, uint64_t key)
{
	(void)root;
	return !strcmp(path, at) && key == in_sysfs.key;
}

static int setup(void **state)
{
	struct devtable *t;

	at = PATH;
	sysfs_set(2, "", "");
	if (devtable__new(&t))
		return -1;
	*state = t;
	return devtable__put(t, &in_sysfs, PATH) ? 0 : -1;
}

static int teardown(void **state)
{
	devtable__free(*state);
	return 0;
}

struct heard {
	unsigned int times;
	struct rec_device dev;		/* of the last time */
};

static int hear(void *ctx, const struct rec_device *dev)
{
	struct heard *h = ctx;

	h->times++;
	h->dev = *dev;
	return 0;
}

/* `record --device nvme -- modprobe nvme`: the state comes while the driver's probe runs. */
static void driver_bound_later(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 0);
	sysfs_set(2, "nvme", "");
	assert_false(devtable__matches(devtable__get(t, 2), "nvme"));
	assert_true(devtable__matches_now(t, 2, "nvme"));
	assert_false(devtable__matches_now(t, 2, "virtio*"));
	/* only the next read takes it over: it is that one which reports a new driver */
	assert_string_equal(devtable__get(t, 2)->driver, "");
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 1);
	assert_true(devtable__matches(&h.dev, "nvme"));
}

/* The disk is there seconds after the driver: a glob may be meant for the kind. */
static void kind_known_later(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	sysfs_set(2, "nvme", "");
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 1);
	sysfs_set(2, "nvme", "nvme nvme0n1");
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 2);
	assert_true(devtable__matches(&h.dev, "*nvme0n1"));
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 2);
}

/* A device that was plugged in has its driver when it is read, and its disk only later. */
static void kind_of_a_new_device(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	sysfs_set(3, "nvme", "");
	assert_non_null(devtable__get(t, 3));
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 0);
	sysfs_set(3, "nvme", "nvme nvme0n1");
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.dev.key, 3);
	assert_false(h.dev.preexisting);
}

static void another_device_at_the_same_path(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	sysfs_set(3, "nvme", "");
	assert_false(devtable__matches_now(t, 2, "nvme"));
	assert_false(devtable__matches_now(t, 3, "nvme"));	/* not in the table */
	assert_int_equal(devtable__drivers_again(t, hear, &h), 0);
	assert_int_equal(h.times, 0);
}

/* A machine may have hundreds of partitionable endpoints, each with its window. */
static void each_table_once(void **state)
{
	struct devtable *t = *state;
	struct rec_device dev = { .st = { .known = DMS_DS_TABLE } };
	uint32_t *liobns;
	bool found[300] = { false };
	size_t n;

	for (uint32_t i = 0; i < 600; i++) {
		dev.key = 100 + i;
		dev.st.liobn = 0x80000000 + i / 2;
		assert_non_null(devtable__put(t, &dev, NULL));
	}
	assert_int_equal(devtable__tables(t, &liobns, &n), 0);
	assert_int_equal(n, 300);
	for (size_t i = 0; i < n; i++) {
		assert_true(liobns[i] - 0x80000000 < 300 && !found[liobns[i] - 0x80000000]);
		found[liobns[i] - 0x80000000] = true;
	}
	free(liobns);
}

static void no_table(void **state)
{
	uint32_t *liobns;
	size_t n;

	assert_int_equal(devtable__tables(*state, &liobns, &n), 0);
	assert_int_equal(n, 0);
	free(liobns);
}

#define SEC	1000000000ULL

/* Unplugged and plugged in again at the same place, while its removal may still be under way. */
static void device_is_gone(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	assert_int_equal(devtable__gone(t, SEC, hear, &h), 0);
	devtable__get(t, 2)->removed = true;	/* the event, at the begin of device_del() */
	assert_int_equal(devtable__gone(t, 100 * SEC, hear, &h), 0);
	assert_int_equal(devtable__gone(t, 200 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 0);
	sysfs_set(3, "nvme", "");
	assert_non_null(devtable__get(t, 3));
	assert_int_equal(devtable__gone(t, 300 * SEC, hear, &h), 0);
	assert_int_equal(devtable__gone(t, 301 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 0);
	assert_false(devtable__is_gone(t, 2));
	assert_int_equal(devtable__gone(t, 303 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.dev.key, 2);
	assert_true(devtable__is_gone(t, 2));
	assert_false(devtable__is_gone(t, 3));
	assert_int_equal(devtable__gone(t, 310 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 1);
}

static void device_that_was_moved(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	strcpy(devtable__get(t, 2)->bus, "ccw");
	at = "/sys/devices/css0/defunct/0.0.0002";
	for (uint64_t s = 1; s < 60; s++)
		assert_int_equal(devtable__gone(t, s * SEC, hear, &h), 0);
	assert_int_equal(h.times, 0);
	sysfs_set(0, "", "");
	for (uint64_t s = 60; s < 70; s++)
		assert_int_equal(devtable__gone(t, s * SEC, hear, &h), 0);
	assert_int_equal(h.times, 1);
}

/* A walk over sysfs takes a second in an emulated guest: none for PCI devices, else one a call. */
static void many_devices_gone(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };
	struct rec_device d = in_sysfs;

	for (d.key = 10; d.key < 20; d.key++) {
		strcpy(d.bus, d.key < 15 ? "pci" : "ccw");
		assert_non_null(devtable__put(t, &d, "/sys/devices/gone"));
	}
	assert_int_equal(devtable__gone(t, SEC, hear, &h), 0);
	walks = 0;
	assert_int_equal(devtable__gone(t, 4 * SEC, hear, &h), 0);
	assert_int_equal(walks, 1);
	assert_int_equal(h.times, 6);
	for (uint64_t s = 5; s < 9; s++)
		assert_int_equal(devtable__gone(t, s * SEC, hear, &h), 0);
	assert_int_equal(walks, 5);
	assert_int_equal(h.times, 10);
}

/* It came and went before sysfs was read: only events report it. */
static void device_that_sysfs_never_showed(void **state)
{
	struct devtable *t = *state;
	struct heard h = { .times = 0 };

	assert_non_null(devtable__get(t, 9));
	assert_int_equal(devtable__gone(t, SEC, hear, &h), 0);
	assert_int_equal(devtable__gone(t, 10 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 0);
	devtable__get(t, 9)->removed = true;
	assert_int_equal(devtable__gone(t, 20 * SEC, hear, &h), 0);
	assert_int_equal(devtable__gone(t, 30 * SEC, hear, &h), 0);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.dev.key, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(driver_bound_later, setup, teardown),
		cmocka_unit_test_setup_teardown(kind_known_later, setup, teardown),
		cmocka_unit_test_setup_teardown(kind_of_a_new_device, setup, teardown),
		cmocka_unit_test_setup_teardown(another_device_at_the_same_path, setup, teardown),
		cmocka_unit_test_setup_teardown(each_table_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_table, setup, teardown),
		cmocka_unit_test_setup_teardown(device_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(device_that_was_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(many_devices_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(device_that_sysfs_never_showed, setup, teardown),
	};

	return cmocka_run_group_tests_name("devtable", tests, NULL, NULL);
}
