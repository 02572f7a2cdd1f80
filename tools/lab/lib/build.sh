#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# build.sh OUT: compiles plugins and guest helpers. Runs in the lab's root, with tools/lab at
# /lab/src.
set -eu
out=$1
flags="-std=gnu11 -O2 -g -Wall -Wextra -Werror"

# plugin NAME SOURCE...
plugin() {
	name=$1
	shift
	# shellcheck disable=SC2046,SC2086
	gcc $flags -shared -fPIC -fvisibility=hidden -o "$out/$name.so" "$@" common.c \
		$(pkg-config --cflags --libs glib-2.0)
}

cd /lab/src/plugins
plugin pef-ultravisor pef-ultravisor.c pages.c tce.c
plugin pv-ultravisor pv-ultravisor.c pages.c
plugin sev-firmware sev-firmware.c
plugin marks marks.c

cd /lab/src/guest
for pair in ppc64le:powerpc64le-linux-gnu- s390x:s390x-linux-gnu- amd64:x86_64-linux-gnu-; do
	mkdir -p "$out/${pair%%:*}"
	for source in *.c; do
		# shellcheck disable=SC2086
		"${pair#*:}gcc" $flags -s -static -o "$out/${pair%%:*}/${source%.c}" "$source"
	done
done
