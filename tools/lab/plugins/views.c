// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What views.h declares. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"
#include "fence.h"
#include "prove.h"
#include "views.h"

#define X86_CPU_ROOM		(256 * 1024)	/* an X86CPU up to its registers is smaller */
#define COPY_SIZE		0x10000ull	/* a piece without RAM is left out */

uint8_t *views_private;
static struct memory_region *view, *ram;
static size_t state_offset;

struct memory_region *views_add(uint64_t at, bool private, uint64_t offset, uint64_t size,
				int priority, bool on)
{
	struct memory_region *part = g_new0(struct memory_region, 1);

	qemu.memory_region_init_alias(part, qemu.object_get_objects_root(), "lab-views-part",
				      private ? ram : qemu.get_system_memory(), offset, size);
	qemu.memory_region_add_subregion_overlap(view, at, part, priority);
	qemu.memory_region_set_enabled(part, on);
	return part;
}

void views_fence(uint64_t at, int priority)
{
	fence_init(view, at, priority, views_private, 0);
}

void views_show(struct memory_region *part, bool on)
{
	qemu.memory_region_set_enabled(part, on);
}

bool views_init(const char *file)
{
	int fd = file ? open(file, O_RDWR) : -1;
	void *owner = qemu.object_get_objects_root();

	views_private = mmap(NULL, lab.ram, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (views_private == MAP_FAILED) {
		fprintf(stderr, "lab plugin: private=FILE must be a file as long as RAM\n");
		return false;
	}
	view = g_new0(struct memory_region, 1);
	ram = g_new0(struct memory_region, 1);
	qemu.memory_region_init(view, owner, "lab-views", UINT64_MAX);
	qemu.memory_region_init_ram_ptr(ram, owner, "lab-views-private", lab.ram, views_private);
	views_add(0, false, 0, UINT64_MAX, 0, true);
	return true;
}

void views_copy(void)
{
	GByteArray *buf = g_byte_array_new();

	for (uint64_t addr = 0; addr < lab.ram; addr += COPY_SIZE) {
		g_byte_array_set_size(buf, 0);
		if (!qemu_plugin_read_memory_hwaddr(addr, buf, COPY_SIZE) &&
		    memcmp(views_private + addr, buf->data, buf->len))	/* keeps holes */
			memcpy(views_private + addr, buf->data, buf->len);
	}
	g_byte_array_free(buf, TRUE);
}

void views_prove(unsigned int cpu, uint64_t private_at, uint64_t gpa)
{
	prove_separation(cpu, private_at + gpa, views_private + gpa, gpa);
}

bool views_find_state(unsigned int cpu, const uint64_t registers[8])
{
	const char *object = qemu.qemu_get_cpu(cpu);

	for (state_offset = 16; state_offset < X86_CPU_ROOM; state_offset += 16)
		if (!memcmp(object + state_offset, registers, 8 * sizeof(*registers)))
			return true;
	state_offset = 0;
	return false;
}

void *views_state(unsigned int cpu)
{
	return state_offset ? (char *)qemu.qemu_get_cpu(cpu) + state_offset : NULL;
}
