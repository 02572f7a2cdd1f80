/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An option ROM for the sev guest: what a SEV machine's hardware does about devices and the C-bit.
 * It turns on QEMU's Intel IOMMU with tables that lead each address below 1 << 39 to itself, for
 * every device. An address with the C-bit (bit 39, plugins/sev-firmware.c) is beyond the tables:
 * the access fails, and QEMU's trace says vtd_dmar_fault. Nothing of the kernel's start is here.
 *
 * The guest shall not know: an IOMMU that it knows it would drive itself. So the ACPI table that
 * tells it, DMAR, gets a name that nobody looks for; with the same letters, for the checksum.
 *
 * SeaBIOS calls this in real mode with segment limits of 4 GiB, when the ACPI tables are in memory
 * and the ROM may still be written; build.sh fills it up and makes the sum of its bytes 0. The
 * tables stay in the ROM's own memory, which no kernel uses.
 *
 * Source: Intel VT-d specification, 9.1 (root), 9.3 (context), 9.8 (second level), 10.4.
 */
	.code16

	.set IOMMU, 0xfed90000	/* Q35_HOST_BRIDGE_IOMMU_ADDR, hw/pci-host/q35.h, QEMU 11.1 */
	.set GLOBAL_COMMAND, 0x18
	.set ROOT_TABLE, 0x20
	.set SET_ROOT_TABLE, 1 << 30
	.set TRANSLATE, 1 << 31
	.set PAGE, 4096
	.set PRESENT, 1
	.set LEVELS_3, 1	/* of 9 bits, above 12: addresses of 39 bits */
	.set DOMAIN_1, 1 << 8
	.set GIB_PAGE, 0x83	/* read, write, no further level */

	.globl _start
_start:
	.byte 0x55, 0xaa
	.byte BLOCKS		/* of 512 bytes: code, and four pages, of which three are aligned */
	jmp start
	.org 0x18
	.word 0, 0		/* no PCI data, no PnP header */

start:
	pushal
	push %ds
	push %es
	xor %eax, %eax
	mov %ax, %ds
	mov %ax, %es

	mov %cs, %ax
	shl $4, %eax
	add $(tables + PAGE - 1), %eax
	and $-PAGE, %eax
	mov %eax, %ebx		/* root table; behind it context table, second level */
	mov %eax, %edi

	lea (PAGE + PRESENT)(%ebx), %eax
	xor %edx, %edx
	call entries		/* each bus has the same context table */
	lea (2 * PAGE + PRESENT)(%ebx), %eax
	mov $(DOMAIN_1 + LEVELS_3), %edx
	call entries		/* each device the same second level */

	mov $GIB_PAGE, %eax
	xor %edx, %edx
	mov $512, %cx
gibs:	mov %eax, (%edi)
	mov %edx, 4(%edi)
	add $(1 << 30), %eax
	adc $0, %edx
	add $8, %edi
	loop gibs

	mov $IOMMU, %esi
	mov %ebx, ROOT_TABLE(%esi)
	movl $0, ROOT_TABLE + 4(%esi)
	movl $SET_ROOT_TABLE, GLOBAL_COMMAND(%esi)
	movl $TRANSLATE, GLOBAL_COMMAND(%esi)

	mov $0xf0000, %esi	/* the ACPI root pointer is on a 16-byte border in here */
rsdp:	cmpl $0x20445352, (%esi)	/* "RSD " */
	jne next_rsdp
	cmpl $0x20525450, 4(%esi)	/* "PTR " */
	je found
next_rsdp:
	add $16, %esi
	cmp $0x100000, %esi
	jb rsdp
	jmp done

found:	mov 16(%esi), %esi	/* RSDT: header of 36 bytes, then addresses of tables */
	mov 4(%esi), %ecx
	sub $36, %ecx
	shr $2, %ecx
tables_of_rsdt:
	jecxz done
	mov 32(%esi, %ecx, 4), %edi
	cmpl $0x52414d44, (%edi)	/* "DMAR" */
	jne other
	movl $0x5241444d, (%edi)	/* "MDAR" */
other:	dec %ecx
	jmp tables_of_rsdt

done:	pop %es
	pop %ds
	popal
	lretw

/* 256 entries of 16 bytes at edi: eax, 0, edx, 0. */
entries:
	mov $256, %cx
1:	mov %eax, (%edi)
	movl $0, 4(%edi)
	mov %edx, 8(%edi)
	movl $0, 12(%edi)
	add $16, %edi
	loop 1b
	ret

tables:
