# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a guest, in busybox's shell, for tests/guest/test_badinput: badinput.sh WHICH.
# shellcheck shell=dash
mkdir -p /tmp/open
cd /tmp || exit 1
chmod 777 /tmp/open

ok() {
	name=$1
	shift
	if "$@" >/tmp/why 2>&1; then
		echo "ok - $name"
		return
	fi
	echo "not ok - $name"
	echo "# failed: $*"
	head -n 3 /tmp/why | sed 's/^/# /'
	echo "# dmascope $last: exit status $status"
	head -n 5 /tmp/stderr | sed 's/^/# /'
}

run() {
	last=$*
	dmascope "$@" >/tmp/stdout 2>/tmp/stderr </dev/null
	status=$?
}

is() { [ "$status" = "$1" ]; }
said() {
	is "$1" && [ "$(wc -l </tmp/stderr)" = 1 ] && grep -q -E -e "$2" /tmp/stderr &&
		[ ! -s /tmp/stdout ]
}
nothing() { ls -A /tmp/open; [ -z "$(ls -A /tmp/open)" ]; }
whole() { [ -s "$1" ] && [ ! -e "$1.partial" ] && tail -n 1 "$1" | grep -q '"type":"end"'; }
work() { dd if=/dev/vda of=/dev/null bs=64k count="$1" iflag=direct 2>/dev/null; }
t=/tmp/open/t.json

secure() {
	last="record, interrupted"
	for signal in INT TERM HUP; do
		# a background job of a shell ignores SIGINT, unless changed
		rm -f /tmp/once
		dmascope record -q -o $t -- sh -c 'echo $$ >/tmp/pid
			while :; do
				dd if=/dev/vda of=/dev/null bs=64k count=8 iflag=direct
				echo >>/tmp/once
			done 2>/dev/null' \
			>/tmp/stdout 2>/tmp/stderr &
		job=$!
		until [ -s /tmp/once ] && [ -s $t.partial ]; do sleep 0.1; done
		kill -$signal "$job"
		wait "$job"
		status=$?
		kill "$(cat /tmp/pid)"
		while [ -e "/proc/$(cat /tmp/pid)/exe" ]; do sleep 0.1; done
		ok "SIG$signal: exit 0" is 0
		ok "SIG$signal: a whole trace" whole $t
		run report $t
		ok "SIG$signal: a report with the disk in it" grep -q '^0000:00:00.0' /tmp/stdout
		rm -f $t
	done

	# A disk that fills up: 256 KiB, and events of 16 MiB of reading.
	mkdir -p /tmp/small
	mount -t tmpfs -o size=256k none /tmp/small
	run record -q -o /tmp/small/t.json -- sh -c \
		'dd if=/dev/vda of=/dev/null bs=64k count=256 iflag=direct 2>/dev/null; sleep 1'
	ok "disk full: exit 1, one line" said 1 'disk is full'
	ok "... which tells where the rest is" grep -q 't.json.partial' /tmp/stderr
	ok "... no file has the final name" test ! -e /tmp/small/t.json
	cp /tmp/stderr /tmp/full
	run report /tmp/small/t.json.partial
	ok "... what was written can be read: exit 4" is 4
	ok "... and shows the disk's mappings" grep -q '^0000:00:00.0' /tmp/stdout
	umount /tmp/small

	run record -d 0.2 -o /proc/t.json
	ok "not writable: exit 1, one line" said 1 '/proc/t.json'
	echo before >$t
	run record -d 0.2 -o $t
	ok "exists: exit 1, one line" said 1 exists
	ok "... and is left alone" grep -q '^before$' $t
	rm -f $t
	last="record, as nobody"
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
		dmascope record -d 0.2 -o $t >/tmp/stdout 2>/tmp/stderr
	status=$?
	[ $status != 1 ] || grep -q -i 'setpriv' /tmp/stderr && nobody
	ok "no privileges: exit 3, one line that names them" said 3 'CAP_'
	ok "... nothing was left" nothing
	run record --btf /share/badinput.sh -d 0.2 -o $t
	ok "--btf of something else: exit 3, one line" said 3 'no usable BTF'
	run record --device 'no*such' -d 0.3 -q -o $t
	ok "a filter that fits nothing: a whole trace, exit 0" whole $t
	rm -f $t
	run record -d 0.3 -q -o - -- true
	ok "on stdout: a trace" grep -q '"type":"end"' /tmp/stdout
	run doctor
	ok "doctor: exit 0" is 0
	ok "... secure guest" grep -q '^secure guest  pef' /tmp/stdout
}

# busybox's setpriv may know no --reuid; its su needs an account
nobody() {
	mkdir -p /etc
	echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
	su nobody -c "PATH=$PATH dmascope record -d 0.2 -o $t" >/tmp/stdout 2>/tmp/stderr
	status=$?
}

# A preemptible kernel for ppc64le whose own BTF is hidden: without it there is no fentry, and a kprobe
# could crash it (doc/upstream-powerpc-kprobes-r13.md), so that the last recording is a short one.
kprobes() {
	cp /sys/kernel/btf/vmlinux /tmp/btf
	mount -t tmpfs none /sys/kernel/btf
	run record --btf /tmp/btf -d 0.3 -o $t
	ok "record: exit 3, one line that names --force-kprobes" said 3 '--force-kprobes'
	ok "... nothing was left" nothing
	run top --btf /tmp/btf -b -n 1
	ok "top: exit 3, one line that names --force-kprobes" said 3 '--force-kprobes'
	run doctor --btf /tmp/btf
	ok "doctor: exit 3" is 3
	ok "... a hook's reason" grep -q 'a kprobe on swiotlb_tbl_map_single can crash this' /tmp/stdout
	run record --btf /tmp/btf --force-kprobes -q -o $t -- true
	ok "--force-kprobes: a whole trace" whole $t
	ok "... one line warns" grep -q 'by kprobe, which can crash this kernel' /tmp/stderr
	ok "... the trace says of the hook what it is" grep -q \
		'"swiotlb_tbl_map_single","attach":"kprobe","reason":"a kprobe that can crash' $t
}

nobtf() {
	ok "this kernel has no BTF" test ! -e /sys/kernel/btf/vmlinux
	run record -d 0.3 -o $t
	ok "record: exit 3, one line that names --btf" said 3 '--btf'
	ok "... nothing was left" nothing
	run record --btf /share/badinput.sh -d 0.3 -o $t
	ok "record --btf of something else: exit 3, one line" said 3 'no usable BTF'
	run record --btf /none -d 0.3 -o $t
	ok "record --btf of nothing: exit 3, one line" said 3 '/none'
	ok "... nothing was left either" nothing
	run doctor
	ok "doctor: exit 3" is 3
	ok "... says what BTF is needed for" grep -q -e '--btf' /tmp/stdout
}

case $1 in
secure) secure ;;
nobtf) nobtf ;;
kprobes) kprobes ;;
esac
exit 0
