#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in the guest: the loads under each tool in turn. Prints lines that guest.py reads:
#
#   hook TOOL KIND SYMBOL OFFSET	what the tool attached
#   count ROUND TOOL LOAD N...		instructions of each batch of PAIRS mappings and unmappings
#   all ROUND TOOL LOAD N		instructions of the whole machine for as many, until it is idle
#   hits TOOL LOAD PROGRAM RUNS MISSES	by the kernel's own count, for 100 pairs
#   kernel ROUND TOOL BITS MAP UNMAP	the kernel's dma_map_benchmark, in 100 ns
#   memory TOOL RSS PEAK MAPS		kB, kB, bytes of maps of BPF in the kernel
#   doctor FORMULA KERNEL			bytes of maps, as dmascope doctor says
#   symbol ADDRESS NAME			a function of the kernel, or a program of BPF
#   error TEXT
#
# usage: run.sh ROUNDS PAIRS BATCHES "TOOL..." LOAD=DEVICES,BITS,SIZE,LIVE[,CPUS]...
#	run.sh profile PAIRS BATCHES TOOL LOAD=...	for lab run --profile
# LOAD=kernel,BITS is the kernel's dma_map_benchmark; of a load grow* only the first line is made. TOOLs: see start().
cd /share || exit 1
rounds=$1 pairs=$2 batches=$3 tools=$4
shift 4
run=/sys/kernel/debug/dms_pairs
tracing=/sys/kernel/tracing
page=$(awk '/KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
export PATH=/share:$PATH BPFTRACE_PERF_RB_PAGES=$((32 * 1048576 / page))

# The guest has one network device, for this.
find_device() {
	for d in /sys/bus/pci/devices/*; do
		case $(cat "$d/class") in 0x0200*) device=${d##*/} ;; esac
	done
}

bind() {
	d=/sys/bus/pci/devices/$device
	[ ! -e "$d/driver" ] || echo "$device" >"$d/driver/unbind"
	echo dms_pairs >"$d/driver_override"
	echo "$device" >/sys/bus/pci/drivers/dms_pairs/bind
}

# load DEVICES,BITS,SIZE,LIVE[,CPUS] PAIRS BATCHES
load() {
	echo "$1" | tr , ' ' | {
		read -r devices bits size live cpus
		echo "$devices $bits $size $2 $3 $live $cpus" >$run && xargs <$run
	}
}

kernel_benchmark() {
	lab-load map "$device" "$1" 1 |
		sed -n "s/^map \(.*\) us, unmap \(.*\) us.*/kernel $round $tool $1 \1 \2/p"
	bind
}

failed() {
	echo "error $*"
	tail -n 5 /tmp/o /tmp/o.err
	return 1
}

wait_for() {
	tries=0
	until grep -q "$1" /tmp/o; do
		tries=$((tries + 1))
		kill -0 "$pid" 2>/dev/null && [ $tries -lt 300 ] || { failed "$tool is not ready"; return 1; }
		usleep 100000
	done
}

# Waits until the attached programs no longer change.
settled() {
	old=x new=0
	while [ "$old" != "$new" ] || [ "$new" = 0 ]; do
		sleep 2
		old=$new new=$(rivals links)
		kill -0 "$pid" 2>/dev/null || { failed "$tool ended"; return 1; }
	done
}

# The functions that dmascope record watches, for the kernel's own tracer: arguments and results.
trace_events() {
	echo >$tracing/kprobe_events
	while read -r kind symbol offset; do
		case $kind in
		kprobe | fentry | fexit)
			[ "$offset" != 0 ] ||
				echo "p:pairs/p_${symbol%%.*} $symbol \$arg1 \$arg2 \$arg3 \$arg4" ;;
		esac
		case $kind in kretprobe | fexit) echo "r:pairs/r_${symbol%%.*} $symbol \$retval" ;; esac
	done <hooks.record | sort -u >/tmp/kprobes
	while read -r event; do
		# of some kernels only arguments that the function has
		echo "$event" 2>/dev/null >>$tracing/kprobe_events ||
			echo "${event%% \$*}" >>$tracing/kprobe_events
	done </tmp/kprobes
}

# start TOOL: none; empty and floor on top's hooks, empty-record and floor-record on record's;
# counts, top and record of dmascope; bpftrace:SCRIPT; trace-cmd.
start() {
	pid=
	[ "$1" != none ] || return 0
	case $1 in
	empty | floor) rivals "$1" hooks.top ;;
	*-record) rivals "${1%-*}" hooks.record ;;
	counts) dmascope top -b -d 5s --counts-only ;;
	top) dmascope top -b -d 5s ;;
	record) dmascope record -f -o /tmp/record.json ;;
	bpftrace:*) bpftrace "${1#*:}.bt" ;;
	trace-cmd) trace-cmd record -o /tmp/trace.dat -b 16384 -e dma -e pairs ;;
	esac >/tmp/o 2>/tmp/o.err &
	pid=$!
	case $1 in
	empty* | floor*) wait_for ready ;;
	trace-cmd) sleep 10 && grep -q 1 $tracing/events/dma/dma_*map_p*/enable || failed "$1" ;;
	*) settled ;;
	esac
}

# The background process is the tool, whose children are its own, or a shell that waits for it.
process() {
	[ "$(readlink /proc/$pid/exe)" = "$(readlink /proc/$$/exe)" ] &&
		child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) || child=
	child=${child%% *}
	echo "${child:-$pid}"
}

stop() {
	[ -n "$pid" ] || return
	real=$(process)
	case $tool in
	empty* | floor*) kill "$real" ;;
	*) kill -INT "$real" ;;
	esac
	wait "$pid"
	rm -f /tmp/record.json /tmp/trace.dat*
	grep -i -E '[1-9][0-9]* (events )?lost|error' /tmp/o.err | sed 's/^/error /' | head -n 3
}

memory() {
	real=$(process)
	echo "memory $tool $(awk '/^VmRSS/ { rss = $2 } /^VmHWM/ { peak = $2 }
		END { print rss, peak }' "/proc/$real/status") $(rivals maps)"
}

# Instructions of the whole machine for a load of so many batches, from idle to idle.
until_idle() {
	sleep 3
	begun=$(lab-count)
	load "$1" "$pairs" "$2" >/dev/null
	sleep 3
	echo $(($(lab-count) - begun))
}

# The same for the batches, without what a tool does once for a load (its masks, for example).
all() {
	once=$(until_idle "$2" 1)
	echo "all $round $tool $1 $(($(until_idle "$2" $((1 + batches))) - once))"
}

hits_of_tracer() {
	sed -n 's/^\(entries\|read events\): //p' $tracing/per_cpu/cpu0/stats | xargs | tr ' ' +
}

# Names may come twice: ids distinguish them.
hits() {
	rivals runs >/tmp/before
	[ "$tool" != trace-cmd ] || traced=$(($(hits_of_tracer)))
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
	load "$2" 100 1 >/dev/null
	echo 0 >/proc/sys/kernel/bpf_stats_enabled
	rivals runs >/tmp/after
	[ "$tool" != trace-cmd ] || echo "hits $tool $1 events $(($(hits_of_tracer) - traced)) 0"
	awk -v tool="$tool" -v load="$1" 'NR == FNR { had[$1] = $3; missed[$1] = $4; next }
		$3 > had[$1] || $4 > missed[$1] {
			print "hits", tool, load, $2, $3 - had[$1], $4 - missed[$1]
		}' /tmp/before /tmp/after
}

one() {
	case $2 in
	kernel,*) kernel_benchmark "${2#*,}"; return ;;
	esac
	case $1 in
	grow*) echo "count $round $tool $1 $(load "$2" "$pairs" "$batches")"; return ;;
	esac
	load "$2" 100 2 >/dev/null	# first events, translations
	if [ "$rounds" = profile ]; then
		lab-mark profile
		load "$2" "$pairs" "$batches" >/dev/null
		awk '$2 ~ /^[tTwW]$/ { print "symbol", $1, $3 }' /proc/kallsyms
		return
	fi
	echo "count $round $tool $1 $(load "$2" "$pairs" "$batches")"
	all "$1" "$2"
	[ "$round" -gt 1 ] || hits "$1" "$2"
}

[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd	# bpftrace compiles into one
insmod dms_pairs.ko || exit 1
find_device
bind
for tool in top record; do
	start $tool || exit 1
	rivals list >hooks.$tool
	sed "s/^/hook $tool /" hooks.$tool
	stop
done
if [ "$rounds" = profile ]; then
	tool=$tools round=1
	start "$tool" || exit 1
	one "${1%%=*}" "${1#*=}"
	stop
	exit 0
fi
trace_events
dmascope doctor --json | sed -n 's/.*"map_bytes":"\([0-9]*\)","map_bytes_kernel":"\([0-9]*\)".*/doctor \1 \2/p'

round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	for tool in $tools; do
		start "$tool" || continue
		for l; do
			one "${l%%=*}" "${l#*=}"
		done
		[ $round -gt 1 ] || [ "$tool" = none ] || memory
		stop
	done
done
exit 0
