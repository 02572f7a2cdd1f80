# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a guest with a pool of 1 GiB: nearly all of it is taken, each third mapping given back, and then
# it is recorded, by the tool and by one that reads a part of the pool (/share/dmascope).
device=0000:00:10.0
t=/sys/kernel/tracing
mount -t debugfs none /sys/kernel/debug 2>/dev/null
mount -t tracefs none $t 2>/dev/null
echo 'r:lab/got swiotlb_tbl_map_single slot=$retval:x64' >>$t/kprobe_events || exit 1
echo 'p:lab/gone __swiotlb_tbl_unmap_single slot=$arg2:x64' >>$t/kprobe_events || exit 1
echo 8192 >$t/buffer_size_kb
/share/fault/fault load || exit 1
/share/fault/fault bind $device || exit 1
echo 1 >$t/events/lab/enable
/share/fault/fault map $device 3900 262144 1 >/out/fault.log || exit 1
/share/fault/fault unmap $device 3 >>/out/fault.log || exit 1
echo 0 >$t/events/lab/enable
cat /sys/kernel/debug/swiotlb/io_tlb_used >/out/used
cat /sys/kernel/debug/swiotlb/io_tlb_nslabs >/out/slots
cat $t/trace >/out/kernel.txt
dmascope record -q -o /out/trace.json -- true || [ $? = 4 ] || exit 1	# what is missing is judged
/share/dmascope record -q -o /out/few.json -- true 2>/out/few.err
echo $? >/out/few.status
dmascope report --json /out/trace.json >/out/report.json
