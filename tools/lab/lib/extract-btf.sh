#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# extract-btf.sh IMAGE OUT: the raw .BTF section of a kernel image (ELF, or bzImage with an ELF
# inside). Runs in the lab's root; fails when there is none.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

section() {
	offset=$(readelf -SW "$1" 2>/dev/null | sed -n 's/^ *\[ *[0-9]*\] \.BTF  *PROGBITS *[0-9a-f]* \([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/p')
	[ -n "$offset" ] || return 1
	dd if="$1" of="$2" bs=65536 iflag=skip_bytes,count_bytes status=none \
		skip=$((0x${offset% *})) count=$((0x${offset#* }))
}

cp "$1" "$tmp/image"
out=$2
section "$tmp/image" "$out" && exit 0
for try in '\xfd7zXZ\x00:xz -dc' '\x28\xb5\x2f\xfd:zstd -dcq' '\x1f\x8b\x08:gzip -dc'; do
	for pos in $(LC_ALL=C grep -abo -P "${try%%:*}" "$tmp/image" | cut -d: -f1); do
		tail -c +$((pos + 1)) "$tmp/image" | ${try#*:} >"$tmp/vmlinux" 2>/dev/null || true
		if section "$tmp/vmlinux" "$out"; then
			exit 0
		fi
	done
done
rm -f "$out"
exit 1
