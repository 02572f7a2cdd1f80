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
