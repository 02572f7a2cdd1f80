/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The DMA windows of pseries devices as the device tree shows them: the default window of the
 * partitionable endpoint or VIO device, and the dynamic ones (DDW). Properties only: whether a
 * window is used is a fact of the probes.
 */
#ifndef DMASCOPE_GUEST_WINDOWS_H
#define DMASCOPE_GUEST_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

/* Properties of the whole device tree. */
struct guest_dt {
	bool present;			/* there is a device tree */
	uint64_t lmb_size;		/* bytes; 0 = no ibm,lmb-size */
	bool ddw_applicable;		/* some node has ibm,ddw-applicable */
	bool pmemory;			/* an ibm,pmemory node: windows become hybrid */
};

/*
 * Emits a REC_WINDOW per device and window (a window of a parent node appears for each device
 * below it), ts = now. Machines without a device tree have none. Returns 0, -errno, or what
 * the sink returned.
 */
int guest_windows(const char *root, dms_sink_fn sink, void *ctx);

/* The windows of one device, by its directory in sysfs (as guest_device_path() gives it). */
int guest_windows_of(const char *root, const char *path, uint64_t key, dms_sink_fn sink,
		     void *ctx);

int guest_dt(const char *root, struct guest_dt *dt);

/*
 * The raw properties, for tests and other readers. Each fills liobn, page_shift, base, size,
 * kind and use of *w and returns 0, or -EINVAL if the value has not the right shape.
 * addr_cells and size_cells are those in force for the property (ibm,#dma-address-cells).
 */
int guest_window_parse_default(const void *val, size_t len, unsigned int addr_cells,
			       unsigned int size_cells, struct rec_window *w);
int guest_window_parse_ddw(const void *val, size_t len, bool direct, struct rec_window *w);

#endif /* DMASCOPE_GUEST_WINDOWS_H */
