# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Programs of Debian for guests, which have no libraries: each with its own and the loader. Nothing
# about guests but their architecture. Sourced by tools/lab/lab.

# The package and all that it depends on, but for what only installing needs.
program_packages() {
	apt_in "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$2" | grep '^[a-z]' | sort -u |
		grep -v -x -E 'debconf.*|perl.*|gcc-[0-9]*-base|init-system-helpers|dpkg|tar'
}

# program_get SUITE PACKAGE: unpacked in the cache; sets $program.
program_get() {
	local apt=$cache/apt/$deb_arch-$1
	program=$cache/program/$deb_arch-$1-$2
	[ ! -e "$program" ] || return 0
	say "$2 of $1 for $deb_arch"
	mkdir -p "$cache/program"
	apt_state "$apt" "$deb_arch" "$1"
	rm -rf "$program.tmp"
	# shellcheck disable=SC2046
	apt_unpack "$apt" "$program.tmp" $(program_packages "$apt" "$2") ||
		die "$2 of $deb_arch could not be got from $1"
	apt_version "$apt" "$2" >"$program.tmp/.version"
	mv "$program.tmp" "$program"
}

# program_libraries TO FILE: copies the libraries that FILE needs, and those that they need.
program_libraries() {
	local name file
	for name in $(in_root readelf -d "/lab/cache/${2#"$cache"/}" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ ! -e "$1/$name" ] || continue
		file=$(find "$program" -name "$name" -path '*/lib*' | head -n 1)
		[ -n "$file" ] || die "${2##*/} needs $name, which no package has"
		file=$(readlink -f "$file")
		cp "$file" "$1/$name"
		program_libraries "$1" "$file"
	done
}

# program_copy FILE TO: FILE of the unpacked packages, its libraries, and a command that runs it.
program_copy() {
	local name=${1##*/} loader
	[ -f "$program/$1" ] || die "no $1 in the packages"
	mkdir -p "$2/lib"
	cp "$program/$1" "$2/lib/$name.bin"
	program_libraries "$2/lib" "$program/$1"
	loader=$(find "$program" -name 'ld*.so*' -path '*/lib*' | head -n 1)
	cp "$(readlink -f "$loader")" "$2/lib/ld.so"
	cat >"$2/$name" <<-'RUN'
		#!/bin/sh
		dir=$(cd "${0%/*}" && pwd)/lib
		exec "$dir/ld.so" --library-path "$dir" "$dir/${0##*/}.bin" "$@"
	RUN
	chmod 755 "$2/$name"
}
