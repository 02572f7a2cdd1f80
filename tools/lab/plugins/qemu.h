/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions of QEMU itself that are no plugin API. Debian's QEMU exports its symbols to modules,
 * and a plugin is loaded like one, so they can be found by name. Their signatures are those of QEMU
 * 11.1: include/system/memory.h, include/exec/cpu-common.h, include/hw/core/cpu.h,
 * include/hw/pci/pci.h, include/qom/object.h, target/i386/cpu.h. qemu_find() rejects any other
 * version. Nothing about guests.
 *
 * Lock order: QEMU's lock (BQL) before lab_lock().
 */
#ifndef LAB_QEMU_H
#define LAB_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * QEMU's objects are only passed around, in room that is larger than they are: in 11.1 a
 * MemoryRegion has 272 bytes, an AddressSpace 160.
 */
struct memory_region { char room[1024]; };
struct address_space { char room[1024]; };
struct pci_iommu_ops;
struct type_info;

/* MemoryRegionOps; the callbacks return 0 or MEMTX_ERROR. */
struct memory_region_ops {
	void *read, *write;
	uint32_t (*read_with_attrs)(void *opaque, uint64_t addr, uint64_t *data, unsigned int size,
				    uint64_t attrs);
	uint32_t (*write_with_attrs)(void *opaque, uint64_t addr, uint64_t data, unsigned int size,
				     uint64_t attrs);
	int endianness;
	struct {
		unsigned int min, max;
		bool unaligned;
		void *accepts;
	} valid;
	struct {
		unsigned int min, max;
		bool unaligned;
	} impl;
};

#define MEMTX_ERROR		1
#define LITTLE_ENDIAN_DEVICE	2
#define CPU_INTERRUPT_HALT	0x0020

#define QEMU_FUNCTIONS(F)									\
	F(void, bql_lock_impl, (const char *file, int line))					\
	F(void, bql_unlock, (void))								\
	F(bool, bql_locked, (void))								\
	F(void *, object_get_objects_root, (void))						\
	F(void *, object_resolve_path, (const char *, bool *))					\
	F(void *, object_resolve_path_type, (const char *, const char *, bool *))		\
	F(void, object_unparent, (void *))							\
	F(void *, type_register_static, (const struct type_info *))				\
	F(struct memory_region *, get_system_memory, (void))					\
	F(void, memory_region_init, (struct memory_region *, void *owner, const char *,		\
				     uint64_t size))						\
	F(void, memory_region_init_ram_ptr, (struct memory_region *, void *owner, const char *,	\
					     uint64_t size, void *))				\
	F(void, memory_region_init_alias, (struct memory_region *, void *owner, const char *,	\
					   struct memory_region *of, uint64_t offset,		\
					   uint64_t size))					\
	F(void, memory_region_init_io, (struct memory_region *, void *owner,			\
					const struct memory_region_ops *, void *opaque,		\
					const char *, uint64_t size))				\
	F(void, memory_region_add_subregion_overlap, (struct memory_region *, uint64_t at,	\
						      struct memory_region *, int priority))	\
	F(void, memory_region_del_subregion, (struct memory_region *, struct memory_region *))	\
	F(void, memory_region_set_enabled, (struct memory_region *, bool))			\
	F(void, memory_region_transaction_begin, (void))					\
	F(void, memory_region_transaction_commit, (void))					\
	F(char *, memory_region_get_ram_ptr, (struct memory_region *))				\
	F(struct memory_region *, host_memory_backend_get_memory, (void *))			\
	F(void, host_memory_backend_set_mapped, (void *, bool))					\
	F(int, address_space_rw, (void *space, uint64_t addr, uint64_t attrs, void *,		\
				  uint64_t len, bool write))					\
	F(void, address_space_init, (struct address_space *, struct memory_region *,		\
				     const char *))						\
	F(void *, qemu_get_cpu, (int index))							\
	F(void, run_on_cpu, (void *cpu, void (*)(void *, void *), void *))			\
	F(void, cpu_interrupt, (void *cpu, int mask))						\
	F(void, cpu_destroy_address_spaces, (void *cpu))					\
	F(void, cpu_address_space_init, (void *cpu, int, const char *, struct memory_region *))	\
	F(void *, qemu_add_vm_change_state_handler, (void (*)(void *, bool, int), void *))	\
	F(void, qemu_system_guest_panicked, (void *))						\
	F(void, pci_setup_iommu, (void *bus, const struct pci_iommu_ops *, void *))

/* Of qemu-system-x86_64 alone. */
#define QEMU_X86_FUNCTIONS(F)									\
	F(void, cpu_x86_update_cr3, (void *state, uint64_t))					\
	F(void, helper_write_eflags, (void *state, uint64_t flags, uint32_t mask))		\
	F(uint8_t, cpu_inb, (uint32_t port))							\
	F(void, cpu_outb, (uint32_t port, uint8_t))						\
	F(void, cpu_outw, (uint32_t port, uint16_t))

#define QEMU_DECLARE(type, name, args) type (*name) args;
struct qemu_functions {
	QEMU_FUNCTIONS(QEMU_DECLARE)
	QEMU_X86_FUNCTIONS(QEMU_DECLARE)
	void *address_space_memory;	/* what devices without an IOMMU see */
};
extern struct qemu_functions qemu;

/*
 * Finds all of them. False, with the reason on stderr: this QEMU is another version than the one
 * they were tried with (unless the plugin's argument any-qemu=on allows it), or lacks one.
 */
bool qemu_find(const char *target, int argc, char **argv);

/* QEMU's lock; not with lab_lock() held. True: it was not held before, qemu_unlock() is due. */
bool qemu_lock(void);
void qemu_unlock(bool taken);
/* Reads or writes as a device without an IOMMU does. With QEMU's lock. False: an error. */
bool qemu_device_access(uint64_t addr, void *buf, size_t len, bool write);
/* Ends QEMU as for a guest that panicked. With QEMU's lock. */
void qemu_panic(void);

#endif
