#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# In the guest of tests/guest/test_vfio: a network card is given to a process by vfio while a recording
# runs, and another one after that which begins while the process has its memory mapped.
set -u
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
dev=$(basename "$(readlink -f /sys/class/net/eth0/device)")
group=$(basename "$(readlink -f "/sys/bus/pci/devices/$dev/iommu_group")")
echo "$dev" >/out/device
mkfifo /tmp/in /tmp/on

# what the DMA API maps of the disk, whose unmaps wait for a flush
dmascope record -o /out/disk.json -- sh -c '
	for i in 1 2 3 4; do dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct; done' 2>/out/disk.err
cat /sys/kernel/iommu_groups/*/type >/out/types

(
	read -r _ </tmp/on
	echo vfio-pci >"/sys/bus/pci/devices/$dev/driver_override"
	echo "$dev" >"/sys/bus/pci/devices/$dev/driver/unbind"
	echo "$dev" >/sys/bus/pci/drivers_probe
	/share/vfio "$group" "$dev" </tmp/in >/out/vfio.out 2>&1 &
	echo $! >/out/pid
	exec 3>/tmp/in
	until grep -q 'mapped 0x40000000' /out/vfio.out; do kill -0 $! || break; sleep 0.1; done
	echo unmap >&3
	until grep -q unmapped /out/vfio.out; do kill -0 $! || break; sleep 0.1; done
	echo done >/out/done
	read -r _ </tmp/on
) &
dmascope record -o /out/vfio.json -- sh -c 'echo >/tmp/on; until [ -e /out/done ]; do sleep 0.1; done' \
	2>/out/vfio.err
dmascope doctor -v >/out/doctor.txt 2>&1
echo >/tmp/on
wait
dmesg | grep -iE 'vfio|DMAR|iommu' >/out/dmesg
for i in disk vfio; do
	dmascope report --json /out/$i.json >/out/$i.report.json
	dmascope report /out/$i.json >/out/$i.txt
done
exit 0
