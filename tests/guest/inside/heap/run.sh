# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a sev guest: three processes ask for shared memory, one ends before the recording does.
insmod /share/system-heap.ko || exit 1
heap=/dev/dma_heap/system_cc_shared
ls $heap >/out/heap || exit 1
dmascope record -q -o /out/trace.json -- sh -c '
	for who in server rdma "odd \"name"; do
		cp /share/buffers "/tmp/$who"
		"/tmp/$who" '$heap' 65536 1048576 >/tmp/ready &
		echo "$! $who" >>/out/owners
		until [ -s /tmp/ready ]; do sleep 0.1; done
		rm /tmp/ready
	done
	kill $(sed -n "s/ rdma//p" /out/owners)
	wait $(sed -n "s/ rdma//p" /out/owners)
	sh /share/fault load && sh /share/fault share 1 16 0' >/out/load.txt 2>&1
echo $? >/out/status
dmascope record -q --redact -o /out/redacted.json -- sh -c '
	/share/buffers '$heap' 4096 >/tmp/ready &
	until [ -s /tmp/ready ]; do sleep 0.1; done
	kill $!
	wait $!' >/dev/null 2>&1
dmascope report --json /out/trace.json >/out/report.json
dmascope report /out/trace.json >/out/report.txt
dmascope convert --to csv --table shared -o /out/shared.csv /out/trace.json
