// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What prove.h declares. */
#include <string.h>

#include "common.h"
#include "prove.h"
#include "qemu.h"

#define SIZE	16

static bool processor_writes(uint64_t addr, const uint8_t *from)
{
	GByteArray *buf = g_byte_array_new();
	bool ok;

	g_byte_array_append(buf, from, SIZE);
	ok = !qemu_plugin_write_memory_hwaddr(addr, buf);
	g_byte_array_free(buf, TRUE);
	return ok;
}

/* NULL: nothing leaks. */
static const char *find_leak(uint64_t addr, const void *private, uint64_t gpa)
{
	static uint8_t ours[] = "private of guest", theirs[] = "shared by device";
	uint8_t seen[SIZE];

	if (!processor_writes(addr, ours) || memcmp(private, ours, SIZE))
		return "no-private-memory";
	if (!qemu_device_access(gpa, seen, SIZE, false) || !memcmp(seen, ours, SIZE))
		return "device-reads-private";
	qemu_device_access(gpa, theirs, SIZE, true);
	if (!lab_read_phys(addr, seen, SIZE) || memcmp(seen, ours, SIZE))
		return "device-writes-private";
	qemu_device_access(gpa, seen, SIZE, false);
	return memcmp(seen, theirs, SIZE) ? "no-shared-memory" : NULL;
}

void prove_separation(unsigned int cpu, uint64_t addr, void *private, uint64_t gpa)
{
	uint8_t ours[SIZE], theirs[SIZE];
	const char *leak;

	memcpy(ours, private, SIZE);
	qemu_device_access(gpa, theirs, SIZE, false);
	leak = find_leak(addr, private, gpa);
	memcpy(private, ours, SIZE);
	qemu_device_access(gpa, theirs, SIZE, true);
	lab_log(cpu, "separation gpa=0x%" PRIx64 " result=%s", gpa, leak ? leak : "proved");
	if (leak)
		qemu_panic();
}
