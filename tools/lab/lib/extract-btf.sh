#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# extract-btf.sh IMAGE OUT: the BTF of a kernel image (ELF, or compressed inside a loader, as ELF or
# as plain memory). Runs in the lab's root; fails when there is none.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
image=$1
out=$2

# number ENDIAN POSITION FILE: a 32-bit number.
number() {
	od -An -tu4 --endian="$1" -j "$2" -N 4 "$3" | tr -d ' '
}

# positions PATTERN FILE
positions() {
	LC_ALL=C grep -abo -P "$1" "$2" | cut -d: -f1
}

# BTF begins with a header that has its own length: 24 bytes, then types, then strings.
btf_of() {
	for kind in 'little:\x9f\xeb\x01\x00\x18\x00\x00\x00' 'big:\xeb\x9f\x01\x00\x00\x00\x00\x18'; do
		for pos in $(positions "${kind#*:}" "$1"); do
			start=$(number "${kind%%:*}" $((pos + 16)) "$1")
			length=$((24 + start + $(number "${kind%%:*}" $((pos + 20)) "$1")))
			# A small one is a module's or a test's.
			[ $length -gt 1000000 ] && [ $((pos + length)) -le "$(stat -c %s "$1")" ] || continue
			tail -c +$((pos + 1)) "$1" | head -c $length >"$out"
			return 0
		done
	done
	return 1
}

btf_of "$image" && exit 0
for try in '\xfd7zXZ\x00:xz -dc' '\x28\xb5\x2f\xfd:zstd -dcq' '\x1f\x8b\x08:gzip -dc'; do
	for pos in $(positions "${try%%:*}" "$image"); do
		tail -c +$((pos + 1)) "$image" | ${try#*:} >"$tmp/kernel" 2>/dev/null || true
		btf_of "$tmp/kernel" && exit 0
	done
done
exit 1
