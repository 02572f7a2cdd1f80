# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a guest with a slow disk, whose pool may grow: readers ask for more slots than the pools have,
# and recordings begin while they wait. The kernel notes itself which pools it makes.
. /share/readers.sh
read -r _ first more </share/load
pool=/sys/kernel/debug/swiotlb
t=/sys/kernel/tracing
mount -t debugfs none /sys/kernel/debug 2>/dev/null
mount -t tracefs none $t 2>/dev/null
# struct io_tlb_pool begins with the first and the last physical address, 6.6 to 7.3
for f in $(awk '$3 ~ /^swiotlb_alloc_pool([.]|$)/ { print $3 }' /proc/kallsyms); do
	echo "r:lab/made $f start=+0(\$retval):x64 end=+8(\$retval):x64" >>$t/kprobe_events
done
echo mono >$t/trace_clock
echo 1 >$t/events/lab/enable
cat $pool/io_tlb_nslabs >/out/slots
readers "$first"
until [ "$(cat $pool/io_tlb_nslabs)" -gt "$(cat /out/slots)" ]; do sleep 0.2; done
cat $pool/io_tlb_nslabs >/out/grown
for i in 1 2; do
	# for whom the pools have no room yet, until it reads what is in use, which may be long after its start
	(until [ -s /out/trace$i.json ]; do readers 1; sleep 3; done) &
	# more of them while it records; the second one until some of what it found has come to its end
	dmascope record -q -o /out/trace$i.json -- sh -c ". /share/readers.sh; readers $more; sleep $((i * 5 - 2))"
done
/share/few record -q -o /out/few.json -- sleep 1 2>/out/few.err
echo $? >/out/few.status
cat $pool/io_tlb_nslabs >/out/few.slots
# everything comes to its end within the last recording
dmascope record -q -o /out/trace3.json -- sh -c 'touch /tmp/end
	while pidof dd >/dev/null; do sleep 0.5; done; lab-settle'
cat $pool/io_tlb_used >/out/used
cat $t/trace >/out/kernel.txt
dmascope doctor >/out/doctor.txt
