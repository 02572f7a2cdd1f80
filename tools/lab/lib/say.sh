# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Messages and failures of the lab. Everything goes to the error output: the standard output
# belongs to the guest's command. Sourced by tools/lab/lab.

LAB_FAILED=123	# exit status: the lab itself failed, as opposed to the command
started=$SECONDS

say() {
	printf '[%3ds] %s\n' $((SECONDS - started)) "$*" >&2
}

die() {
	printf 'lab: %s\n' "$*" >&2
	exit "${status:-$LAB_FAILED}"
}

usage_error() {
	status=2 die "$* (see lab --help)"
}

# watch_step TEXT LOG COUNTER TOTAL COMMAND...: runs COMMAND with its output in LOG and says every
# few seconds how far it is: the lines of LOG that match COUNTER, of TOTAL (0: unknown). The last line
# has the number that there were, as both.
watch_step() {
	local text=$1 log=$2 counter=$3 total=$4 pid n rc=0 pause=2
	shift 4
	[ -t 2 ] || pause=${LAB_PROGRESS_SECONDS:-30}
	say "$text"
	set -m	# a process group of its own, so that all of it can be ended
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	child=-$pid
	set +m
	while kill -0 "$pid" 2>/dev/null; do
		wait_or_tick "$pid" "$pause" && break
		n=$(grep -c -E -e "$counter" "$log" || true)
		[ "$total" -eq 0 ] || n="$n of $((n > total ? n : total))"
		[ -t 2 ] && printf '\r\033[K' >&2
		printf '[%3ds] %s: %s' $((SECONDS - started)) "$text" "$n" >&2
		[ -t 2 ] || echo >&2
	done
	[ -t 2 ] && printf '\r\033[K' >&2
	wait "$pid" || rc=$?
	child=
	n=$(grep -c -E -e "$counter" "$log" || true)
	[ $rc -ne 0 ] || [ "$total" -eq 0 ] || say "$text: $n of $n"
	if [ $rc -ne 0 ]; then
		grep -n -i -E -e 'error|\*\*\*|No space|unable' "$log" | tail -n 5 >&2 || true
		echo "last lines of $log:" >&2
		tail -n 5 "$log" >&2
	fi
	return $rc
}

# Waits up to SECONDS for PID; 0 when it has ended.
wait_or_tick() {
	local i
	for ((i = 0; i < $2 * 5; i++)); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.2
	done
	return 1
}
