/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The children of a device: its network interface, its disks, the virtio device on it.
 * Private to src/guest.
 */
#ifndef DMASCOPE_GUEST_BELOW_H
#define DMASCOPE_GUEST_BELOW_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct below {
	char kind[DMS_NAME_LEN];	/* "virtio-blk vda", "net eth0", "nvme nvme0n1", "" */
	bool virtio;			/* there is a virtio device */
	bool has_features;
	uint64_t features;
};

/* Looks below the open directory of a device; does not close it. Never fails: "" is nothing. */
void guest_below(int dir, struct below *b);

/* Reads "features" of the open directory of a virtio device that has a driver. */
void guest_virtio_features(int dir, struct below *b);

#endif /* DMASCOPE_GUEST_BELOW_H */
