# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Short names of devices (--device) and of IOMMUs (--iommu): QEMU's options for them, the modules of
# their drivers, words for the kernel's command line. Sourced by tools/lab/lab.

DEVICE_NAMES="e1000 e1000e edu igb nvme testdev virtio-blk virtio-net virtio-rng vmxnet3"

# device_check NAME[,PROPERTY...]: wrong usage unless there is such a name.
device_check() {
	case " $DEVICE_NAMES " in *" ${1%%,*} "*) return ;; esac
	usage_error "no device ${1%%,*}; there are: $DEVICE_NAMES"
}

# external_check NAME...: the same, and the guest has to have such ports.
external_check() {
	[ -n "$external" ] || usage_error "$guest has no port for external devices"
	device_check "$1"
}

# device_add NUMBER NAME[,PROPERTY...]: appends to devices and modules. What the device needs behind
# it has the id labNUMBER. The last of two equal properties counts, so a caller's replaces ours.
device_add() {
	local id=lab$1 name=${2%%,*} more='' model=${2%%,*}
	[ "$name" = "$2" ] || more=,${2#*,}
	case $name in
	virtio-*) model=$name-pci more=,iommu_platform=on,disable-legacy=on$more ;;
	testdev) model=pci-testdev ;;
	nvme) more=,serial=$id$more ;;
	edu) more=,dma_mask=0xffffffffffffffff$more ;;
	esac
	case $name in
	nvme | virtio-blk)
		devices+=(-drive "file=$disk,format=raw,if=none,id=$id,snapshot=on")
		more=,drive=$id$more ;;
	e1000 | e1000e | igb | virtio-net | vmxnet3)
		devices+=(-netdev "user,id=$id")
		more=,netdev=$id,romfile=$more ;;
	esac
	devices+=(-device "$model$more")
	modules="$modules ${name//-/_}"
}

# external_add NUMBER NAME[,PROPERTY...]: the same below a PCIe port of its own that the firmware calls
# external, as it does with Thunderbolt's: the kernel trusts nothing there (pci_acpi_set_external_facing(),
# set_pcie_untrusted()). Appends to port_slots, of which external_tables makes the firmware's part.
external_add() {
	local slot=$((0x10 + $1))
	port_slots="$port_slots $slot"
	devices+=(-device "pcie-root-port,id=port$1,chassis=$((slot)),addr=$(printf %#x $slot)")
	device_add "$1" "$2,bus=port$1"
}

# external_tables: an ACPI table for each port, in $out, and QEMU's option for it. QEMU writes the header;
# the names of ports are those that it gives them. In ASL:
#	Scope (\_SB.PCI0.Sxx) { Name (_DSD, Package () { ToUUID ("efcc06cc-73ac-4bc3-bff0-76143807c389"),
#		Package () { Package () { "ExternalFacingPort", 1 } } }) }
external_tables() {
	local slot
	for slot in $port_slots; do
		{
			printf '\x10\x48\x04\\\x2f\x03_SB_PCI0S%02X_' $((slot << 3))
			printf '\x08_DSD\x12\x31\x02\x11\x13\x0a\x10'
			printf '\xcc\x06\xcc\xef\xac\x73\xc3\x4b\xbf\xf0\x76\x14\x38\x07\xc3\x89'
			printf '\x12\x1a\x01\x12\x17\x02\x0dExternalFacingPort\0\x01'
		} >"$out/.port$slot"
		machine+=(-acpitable "sig=SSDT,rev=2,oem_id=LAB,oem_table_id=PORT$slot,data=/lab/out/.port$slot")
	done
}

# iommu_check NAME: wrong usage unless the guest can have it.
iommu_check() {
	case " $iommus " in *" $1 "*) return ;; esac
	usage_error "$guest has no IOMMU $1; there are: ${iommus:-none}"
}

# iommu_add NAME: appends to machine, since an IOMMU comes before the devices behind it.
iommu_add() {
	case $1 in
	intel) machine+=(-device "intel-iommu,intremap=off") ;;
	amd) machine+=(-device "amd-iommu,intremap=off,dma-remap=on") ;;
	virtio) machine+=(-device virtio-iommu-pci) ;;
	smmu) machine[1]=${machine[1]},iommu=smmuv3 ;;
	esac
}

# iommu_prepare NAME: words for the kernel, and the module that devices behind a virtio-iommu wait for.
iommu_prepare() {
	case $1 in
	intel) cmdline="$cmdline intel_iommu=on" ;;
	virtio) modules="virtio_iommu $modules" ;;
	esac
}
