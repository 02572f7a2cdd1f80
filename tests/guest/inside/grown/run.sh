# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a guest with a slow disk, whose pool may grow: readers ask for more slots than the default
# pool has, and recordings begin while they wait.
pool=/sys/kernel/debug/swiotlb
mount -t debugfs none /sys/kernel/debug 2>/dev/null
cat $pool/io_tlb_nslabs >/out/slots
for i in 1 2 3 4; do
	while [ ! -e /tmp/end ]; do dd if=/dev/vda of=/dev/null bs=1M count=4 iflag=direct 2>/dev/null; done &
done
until [ "$(cat $pool/io_tlb_nslabs)" -gt "$(cat /out/slots)" ]; do sleep 0.2; done
cat $pool/io_tlb_nslabs >/out/grown
for i in 1 2; do
	dmascope record -q -o /out/trace$i.json -- sleep 3
done
/share/few record -q -o /out/few.json -- sleep 1 2>/out/few.err
echo $? >/out/few.status
touch /tmp/end
dmascope doctor >/out/doctor.txt
