#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# build.sh OUT ARCH: compiles plugins, firmware and guest helpers for guests of ARCH. Runs in the lab's root,
# with tools/lab at /lab/src.
set -eu
out=$1 arch=$2
flags="-std=gnu11 -O2 -g -Wall -Wextra -Werror"

# plugin NAME SOURCE...
plugin() {
	name=$1
	shift
	# shellcheck disable=SC2046,SC2086
	gcc $flags -shared -fPIC -fvisibility=hidden -o "$out/$name.so" "$@" common.c profile.c \
		$(pkg-config --cflags --libs glib-2.0)
}

# rom NAME BLOCKS: an option ROM of that many 512 bytes; their sum has to be 0.
rom() {
	as --32 --defsym "BLOCKS=$2" -o "$out/$1.o" "$1.S"
	ld -m elf_i386 -Ttext=0 --oformat binary -o "$out/$1.rom" "$out/$1.o"
	truncate -s $(($2 * 512 - 1)) "$out/$1.rom"
	sum=$(od -An -v -tu1 "$out/$1.rom" |
		awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print (256 - sum % 256) % 256 }')
	# shellcheck disable=SC2059
	printf "\\$(printf %o "$sum")" >>"$out/$1.rom"
	chmod 644 "$out/$1.rom"
	rm "$out/$1.o"
}

cd /lab/src/plugins
case $arch in
ppc64le)
	prefix=powerpc64le-linux-gnu-
	plugin pef-ultravisor pef-ultravisor.c pages.c tce.c ;;
s390x)
	prefix=s390x-linux-gnu-
	plugin pv-ultravisor pv-ultravisor.c pages.c ;;
amd64)
	prefix=x86_64-linux-gnu-
	plugin sev-firmware sev-firmware.c ghcb.c x86.c views.c fence.c prove.c qemu.c pages.c
	plugin tdx-module tdx-module.c x86.c views.c fence.c prove.c qemu.c pages.c ;;
arm64)
	prefix=aarch64-linux-gnu-
	plugin cca-monitor cca-monitor.c realm.c fence.c prove.c qemu.c pages.c ;;
esac
plugin marks marks.c

cd /lab/src/firmware
rom dma-fence 33

cd /lab/src/guest
mkdir -p "$out/$arch"
for source in *.c; do
	# shellcheck disable=SC2086
	"${prefix}gcc" $flags -s -static -o "$out/$arch/${source%.c}" "$source"
done
