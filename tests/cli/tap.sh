# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For the tests of the command line: TAP, running dmascope, looking at what it said. Sourced.
# shellcheck shell=bash
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
machine=$(uname -m)
case $machine in
x86_64) machine=amd64 ;;
aarch64) machine=arm64 ;;
esac
tool=${DMASCOPE:-$PWD/build/$machine/dmascope}
# found by users other than root too, unlike the checkout
tmp=$(mktemp -d /tmp/dmascope-cli.XXXXXX) && chmod 755 "$tmp" || exit 1
trap 'cleanup 2>/dev/null; rm -rf "$tmp"' EXIT
cleanup() { :; }
count=0
plan() { echo "1..$count"; }

# ok NAME COMMAND...: one test. A test that fails shows what dmascope said last.
ok() {
	local name=$1
	shift
	count=$((count + 1))
	if "$@" >"$tmp/why" 2>&1; then
		echo "ok $count - $name"
		return 0
	fi
	echo "not ok $count - $name"
	echo "# failed: $*"
	[ ! -s "$tmp/why" ] || head -5 "$tmp/why" | sed 's/^/# /'
	echo "# dmascope ${last-}: exit status ${status-}"
	head -5 "$tmp/stdout" "$tmp/stderr" 2>/dev/null | sed 's/^/# /'
	return 1
}

# eventually COMMAND...: it comes true, however slow this machine is; after two minutes, or WAIT seconds,
# it never will.
eventually() {
	local end=$((SECONDS + ${WAIT:-120}))
	until "$@"; do
		[ $SECONDS -lt $end ] || { echo "# waited in vain for: $*"; return 1; }
		sleep 0.1
	done
}

# run ARGS...: dmascope; its status in $status, what it said in $tmp/stdout and $tmp/stderr.
run() {
	last=$*
	status=0
	timeout 300 "$tool" "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null || status=$?
}

# said STATUS TEXT: ended with STATUS, TEXT (a pattern) in one line of errors and nothing else.
said() {
	[ "$status" = "$1" ] && one_line "$2" && [ ! -s "$tmp/stdout" ]
}

one_line() {
	[ "$(wc -l <"$tmp/stderr")" = 1 ] && grep -q -E -e "$1" "$tmp/stderr" &&
		grep -q '^dmascope: ' "$tmp/stderr"
}

verbs() {
	"$tool" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'
}

# The long options of a verb, from its --help.
options() {
	"$tool" "$1" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p'
}
