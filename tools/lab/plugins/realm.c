// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What realm.h declares. The machine as QEMU built it is the hypervisor's: its RAM (-object
 * memory-backend-file,id=shared) is the shared memory, and its devices, GIC and ITS included, use
 * that. -device lab-realm gives the processors another view:
 *   below SHARED_BIT	RAM alone, of another memory (-object memory-backend-file,id=private)
 *   above		the machine
 * so a page that is converted changes its content, and registers are in the upper half only. When
 * the guest starts, the content that QEMU had loaded moves to private memory.
 *
 * PCI devices get a third view: the machine in both halves, but RAM below SHARED_BIT is an error,
 * which is logged. It stands for a driver's mistake; a real monitor may as well ignore the bit.
 * Devices that are not on PCI, and virtio without iommu_platform=on, do: they use shared memory.
 *
 * QEMU has no plugin interface for this; qemu.h has the functions. Structures of its own that are
 * used here: TypeInfo (include/qom/object.h), PCIIOMMUOps (include/hw/pci/pci.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "fence.h"
#include "prove.h"
#include "qemu.h"
#include "realm.h"

struct type_info {
	const char *name, *parent;
	size_t instance_size, instance_align;
	void (*instance_init)(void *obj), (*instance_post_init)(void *obj), (*finalize)(void *obj);
	bool abstract;
	size_t class_size;
	void *class_init, *class_base_init, *class_data, *interfaces;
};

struct pci_iommu_ops {
	void *supports_address_space;
	struct address_space *(*get_address_space)(void *bus, void *opaque, int devfn);
	void *others[32];
};

static char *private_ram;
static struct address_space *device_views[256];
static bool fence_is_quiet;

static uint32_t refuse(void *devfn, uint64_t offset, bool write, unsigned int size)
{
	if (fence_is_quiet)
		return MEMTX_ERROR;
	lab_lock();
	lab_log(0, "dma-fault devfn=%d gpa=%#" PRIx64 " write=%d size=%u", (int)(intptr_t)devfn,
		RAM_BASE + offset, write, size);
	lab_unlock();
	return MEMTX_ERROR;
}

static uint32_t refuse_read(void *opaque, uint64_t addr, uint64_t *data, unsigned int size,
			    uint64_t attrs)
{
	(void)attrs;
	*data = 0;
	return refuse(opaque, addr, false, size);
}

static uint32_t refuse_write(void *opaque, uint64_t addr, uint64_t data, unsigned int size,
			     uint64_t attrs)
{
	(void)data;
	(void)attrs;
	return refuse(opaque, addr, true, size);
}

static const struct memory_region_ops refusing = {
	.read_with_attrs = refuse_read, .write_with_attrs = refuse_write,
	.endianness = LITTLE_ENDIAN_DEVICE,
	.valid = { 1, 8, true, NULL }, .impl = { 1, 8, true },
};

static struct memory_region *container(const char *name)
{
	struct memory_region *region = g_new0(struct memory_region, 1);

	qemu.memory_region_init(region, NULL, name, 2 * SHARED_BIT);
	return region;
}

/* The machine once more in another view, at base. */
static void add_machine(struct memory_region *to, uint64_t base)
{
	struct memory_region *region = g_new0(struct memory_region, 1);

	qemu.memory_region_init_alias(region, NULL, "realm-machine", qemu.get_system_memory(), 0,
				      SHARED_BIT);
	qemu.memory_region_add_subregion_overlap(to, base, region, 0);
}

static struct address_space *device_view(void *bus, void *opaque, int devfn)
{
	struct address_space **view = &device_views[devfn & 255];
	struct memory_region *root, *fence;

	(void)bus;
	(void)opaque;
	if (*view)
		return *view;
	*view = g_new0(struct address_space, 1);
	root = container("realm-dma");
	add_machine(root, 0);
	add_machine(root, SHARED_BIT);
	fence = g_new0(struct memory_region, 1);
	qemu.memory_region_init_io(fence, NULL, &refusing, (void *)(intptr_t)devfn, "realm-fence",
				   lab.ram);
	qemu.memory_region_add_subregion_overlap(root, RAM_BASE, fence, 1);
	qemu.address_space_init(*view, root, "realm-dma");
	return *view;
}

/* On the processor's own thread, after all work that was queued for its old view. */
static void set_view(void *cpu, void *root)
{
	qemu.cpu_destroy_address_spaces(cpu);
	qemu.cpu_address_space_init(cpu, 0, "realm", root);
}

/* Moves what QEMU loaded, as RMI_DATA_CREATE does; nothing of it stays in shared memory. */
static void move_to_private(void *shared, bool running, int state)
{
	static const char zeros[GRANULE];
	static bool done;
	char *from = qemu.memory_region_get_ram_ptr(shared);

	(void)state;
	if (!running || done)
		return;
	done = true;
	for (uint64_t at = 0; at < lab.ram; at += GRANULE) {
		if (!memcmp(from + at, zeros, GRANULE))
			continue;
		memcpy(private_ram + at, from + at, GRANULE);
		memset(from + at, 0, GRANULE);
	}
}

static struct memory_region *memory_of(const char *backend)
{
	void *object = qemu.object_resolve_path(backend, NULL);

	return object ? qemu.host_memory_backend_get_memory(object) : NULL;
}

/* At -device the machine is complete, but PCI devices have no address space yet. */
static void make_realm(void *obj)
{
	static const struct pci_iommu_ops iommu = { .get_address_space = device_view };
	struct memory_region *private = memory_of("/objects/private");
	struct memory_region *shared = memory_of("/objects/shared");
	void *bus = qemu.object_resolve_path_type("", "PCIE", NULL), *cpu;
	struct memory_region *view = container("realm");

	(void)obj;
	if (!private || !shared || !bus) {
		fprintf(stderr, "lab-realm: objects \"private\" and \"shared\", one PCIe bus\n");
		exit(1);
	}
	qemu.host_memory_backend_set_mapped(qemu.object_resolve_path("/objects/private", NULL), true);
	private_ram = qemu.memory_region_get_ram_ptr(private);
	qemu.memory_region_add_subregion_overlap(view, RAM_BASE, private, 0);
	add_machine(view, SHARED_BIT);
	fence_init(view, RAM_BASE, 1, (uint8_t *)private_ram, RAM_BASE);
	for (int i = 0; (cpu = qemu.qemu_get_cpu(i)); i++)
		qemu.run_on_cpu(cpu, set_view, view);
	qemu.pci_setup_iommu(bus, &iommu, NULL);
	qemu.qemu_add_vm_change_state_handler(move_to_private, shared);
}

/* The device that has the first view stands for all. */
static bool is_fenced(void)
{
	uint8_t byte;
	int i = 0;

	while (i < 256 && !device_views[i])
		i++;
	return i == 256 || qemu.address_space_rw(device_views[i], RAM_BASE, 1, &byte, 1, false);
}

void realm_prove(unsigned int cpu)
{
	uint64_t offset = lab.ram - GRANULE;

	fence_is_quiet = true;
	if (!is_fenced()) {
		lab_log(cpu, "separation gpa=0x%" PRIx64 " result=no-fence", RAM_BASE);
		qemu_panic();
	}
	fence_is_quiet = false;
	prove_separation(cpu, RAM_BASE + offset, private_ram + offset, RAM_BASE + offset);
}

void realm_init(void)
{
	static const struct type_info type = {
		.name = "lab-realm", .parent = "device", .instance_init = make_realm,
	};

	qemu.type_register_static(&type);
}
