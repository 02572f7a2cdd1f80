// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What fence.h declares: a region of registers over private RAM, shown where pages are shared. */
#include <string.h>

#include "common.h"
#include "fence.h"

struct run {
	uint64_t first, end;		/* pages */
	struct memory_region *region;
};

static struct memory_region *view, *fence;
static uint64_t view_at, first_gpa;
static int view_priority;
static uint8_t *private_ram, *reported;
static GArray *runs;			/* of struct run; they neither touch nor overlap */

static void report(uint64_t offset, const char *doing)
{
	uint64_t page = offset / lab.page_size;

	if (reported[page])
		return;
	reported[page] = 1;
	lab_lock();
	lab_log(0, "wrong gpa=0x%" PRIx64 " doing=%s state=shared", first_gpa + offset, doing);
	lab_unlock();
}

static uint32_t fence_read(void *opaque, uint64_t offset, uint64_t *data, unsigned int size,
			   uint64_t attrs)
{
	(void)opaque;
	(void)attrs;
	*data = 0;
	memcpy(data, private_ram + offset, size);
	report(offset, "read");
	return 0;
}

static uint32_t fence_write(void *opaque, uint64_t offset, uint64_t data, unsigned int size,
			    uint64_t attrs)
{
	(void)opaque;
	(void)attrs;
	memcpy(private_ram + offset, &data, size);
	report(offset, "write");
	return 0;
}

static const struct memory_region_ops fence_ops = {
	.read_with_attrs = fence_read, .write_with_attrs = fence_write,
	.endianness = LITTLE_ENDIAN_DEVICE,
	.valid = { 1, 8, true, NULL }, .impl = { 1, 8, true },
};

void fence_init(struct memory_region *to, uint64_t at, int priority, uint8_t *ram, uint64_t gpa)
{
	view = to;
	view_at = at;
	view_priority = priority;
	private_ram = ram;
	first_gpa = gpa;
	reported = g_malloc0(lab.ram / lab.page_size + 1);
	runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	fence = g_new0(struct memory_region, 1);
	qemu.memory_region_init_io(fence, qemu.object_get_objects_root(), &fence_ops, NULL,
				   "lab-fence", lab.ram);
}

static void add_run(uint64_t first, uint64_t end)
{
	struct run run = { first, end, NULL };

	if (first >= end)
		return;
	run.region = g_new0(struct memory_region, 1);
	qemu.memory_region_init_alias(run.region, qemu.object_get_objects_root(), "lab-fence-run",
				      fence, first * lab.page_size, (end - first) * lab.page_size);
	qemu.memory_region_add_subregion_overlap(view, view_at + first * lab.page_size, run.region,
						 view_priority);
	g_array_append_val(runs, run);
}

/* The region's memory stays: QEMU may drop its last reference later. */
static void remove_run(guint i)
{
	struct run *run = &g_array_index(runs, struct run, i);

	qemu.memory_region_del_subregion(view, run->region);
	qemu.object_unparent(run->region);
	g_array_remove_index_fast(runs, i);
}

void fence_set(uint64_t first, uint64_t count, bool shared)
{
	uint64_t total = lab.ram / lab.page_size, end = MIN(first + count, total);
	uint64_t low = first, high = end;

	if (first >= end)
		return;
	memset(reported + first, 0, end - first);
	qemu.memory_region_transaction_begin();
	for (guint i = 0; i < runs->len;) {
		struct run run = g_array_index(runs, struct run, i);

		if (run.end < first || run.first > end) {
			i++;
			continue;
		}
		remove_run(i);
		low = MIN(low, run.first);
		high = MAX(high, run.end);
	}
	if (shared) {
		add_run(low, high);
	} else {
		add_run(low, first);
		add_run(end, high);
	}
	qemu.memory_region_transaction_commit();
}
