# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# readers N: starts N processes that read the disk until /tmp/end is there, each at a place of its own.
readers() {
	local n size
	read -r size _ </share/load
	for n in $(seq "$1"); do
		while [ ! -e /tmp/end ]; do
			dd if=/dev/vda of=/dev/null bs="$size" count=1 skip="$n" iflag=direct 2>/dev/null
		done &
	done
}

# How many pools the kernel has made that have no more slots than one mapping can take, by its own events.
small_pools() {
	local pool n=0
	for pool in $(sed -n 's/.* made: .*start=\(0x[0-9a-f]*\) end=\(0x[0-9a-f]*\)$/\1-\2/p' \
			/sys/kernel/tracing/trace); do
		[ ${pool%-*} = 0x0 ] || [ $((${pool#*-} - ${pool%-*})) -gt $((128 * 2048)) ] || n=$((n + 1))
	done
	echo $n
}

# more_pools N: waits until the kernel has made N more of them, which it may never do; and a second more,
# in which their mappings are recorded (grown.py).
more_pools() {
	local tries=300 enough=$(($(small_pools) + $1))
	while [ "$(small_pools)" -lt $enough ] && [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.2
	done
	sleep 1.5
}
