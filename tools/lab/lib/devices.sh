# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Short names of devices (--device) and of IOMMUs (--iommu): QEMU's options for them, the modules of
# their drivers, words for the kernel's command line. Sourced by tools/lab/lab.

DEVICE_NAMES="e1000 e1000e edu igb nvme testdev virtio-blk virtio-net virtio-rng vmxnet3"

# device_check NAME[,PROPERTY...]: wrong usage unless there is such a name.
device_check() {
	case " $DEVICE_NAMES " in *" ${1%%,*} "*) return ;; esac
	usage_error "no device ${1%%,*}; there are: $DEVICE_NAMES"
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
