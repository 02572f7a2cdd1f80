# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Parts of the scripts of guests in which top counts.
#
# start_top [SECONDS]: until its first look, one each SECONDS (1), into $frames. look: until the next one.
# end_top [SIGNAL]: its status, and how many runs of its programs the kernel skipped, by the kernel's own
# count: in /out/top.status and /out/skipped.
frames=${frames:-/out/top.json}
start_top() {
	dmascope top -b --json -d ${1:-1} -n 6000 >$frames &
	top=$!
	while [ ! -s $frames ]; do sleep 0.2; done	# wc of a file not yet there would end the script
}
look() {
	n=$(wc -l <$frames)
	while kill -0 $top && [ $(wc -l <$frames) = $n ]; do sleep 0.2; done
}
three() { look; look; look; }
end_top() {
	sed -n 's/^recursion_misses:[^0-9]*//p' /proc/$top/fdinfo/* >/out/skipped
	kill -${1:-INT} $top
	wait $top
	echo $? >/out/top.status
}
