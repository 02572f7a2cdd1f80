# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Contents of a guest: busybox, modules, helpers, dmascope, the command. And the plugins, which
# are built in the same way. Nothing about QEMU's options. Sourced by tools/lab/lab.

BUSYBOX_SUITE=bookworm

# busybox_setup DEBARCH: static busybox of an architecture; prints nothing, sets $busybox.
busybox_setup() {
	busybox=$cache/busybox/$BUSYBOX_SUITE-$1/bin/busybox
	[ ! -e "$busybox" ] || return 0
	say "busybox for $1"
	apt_state "$cache/apt/$1-$BUSYBOX_SUITE" "$1" "$BUSYBOX_SUITE"
	rm -rf "$cache/busybox/$BUSYBOX_SUITE-$1.tmp"
	apt_unpack "$cache/apt/$1-$BUSYBOX_SUITE" "$cache/busybox/$BUSYBOX_SUITE-$1.tmp" busybox-static ||
		die "busybox-static of $1 could not be got"
	mv "$cache/busybox/$BUSYBOX_SUITE-$1.tmp" "$cache/busybox/$BUSYBOX_SUITE-$1"
}

# built_setup: plugins, firmware and guest helpers of $arch, keyed by their sources; sets $built.
built_setup() {
	built=$cache/built/$arch-$(cat "$lab_dir"/plugins/* "$lab_dir"/firmware/* "$lab_dir"/guest/*.[ch] \
		"$lab_dir/lib/build.sh" |
		sha256sum | cut -c1-12)
	[ ! -e "$built" ] || return 0
	say "compiling plugins and guest helpers for $arch"
	rm -rf "$built.tmp"
	mkdir -p "$built.tmp"
	in_root sh /lab/src/lib/build.sh "/lab/cache/${built#"$cache"/}.tmp" "$arch" \
		>"$cache/log/built.log" 2>&1 ||
		{ cat "$cache/log/built.log" >&2; die "plugins or helpers do not compile"; }
	mv "$built.tmp" "$built"
}

# base_setup: the part of the initramfs that runs have in common; sets $base. Wants $kernel (its
# folder), $modules, $deb_arch, $arch.
base_setup() {
	local key tree m
	busybox_setup "$deb_arch"
	key=$(cat "$lab_dir/guest/init" "$lab_dir/lib/image.sh" \
		<(echo "$kernel $built $modules $arch") | sha256sum | cut -c1-12)
	base=$cache/base/$arch-$key.cpio.gz
	[ ! -e "$base" ] || return 0
	tree=$cache/base/$arch-$key.tmp
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,dev,proc,sys,lab/bin,lab/modules,share}
	cp "$busybox" "$tree/bin/busybox"
	cp "$built/$arch"/* "$tree/lab/bin/"
	install -m 755 "$lab_dir/guest/init" "$tree/init"
	busybox_setup amd64
	for m in $("$busybox" --list); do
		[ "$m" = busybox ] || ln -s busybox "$tree/bin/$m"
	done
	modules_into "$tree/lab"
	pack "$tree" "$base.tmp"
	mv "$base.tmp" "$base"
	rm -rf "$tree"
}

# Copies the kernel's modules named in $modules, with what they need, in the order to load them.
modules_into() {
	local m file list='' dep=$kernel/modules/lib/modules
	: >"$1/modules.order"
	[ -d "$dep" ] && [ -n "$modules" ] || return 0
	dep=$dep/$(cat "$kernel/version")
	for m in $modules; do
		file=$(grep -E "(^|/)${m//[-_]/[-_]}\.ko[^:]*:" "$dep/modules.dep" | head -n 1) || true
		# Built in, or not in this version.
		[ -n "$file" ] || continue
		# shellcheck disable=SC2046
		for file in $(echo "${file#*:}" | xargs -n 1 | tac) ${file%%:*}; do
			case " $list " in *" $file "*) continue ;; esac
			list="$list $file"
			m=$(basename "$file")
			case $m in
			*.xz) xz -dc "$dep/$file" >"$1/modules/${m%.xz}" ;;
			*.zst) in_root zstd -dcq "/lab/cache/${dep#"$cache"/}/$file" >"$1/modules/${m%.zst}" ;;
			*) cp "$dep/$file" "$1/modules/$m" ;;
			esac
			m=${m%.xz}
			echo "${m%.zst}" >>"$1/modules.order"
		done
	done
}

# pack TREE FILE: a compressed cpio of TREE, all owned by root.
pack() {
	in_root sh -c "cd '/lab/cache/${1#"$cache"/}' && find . | sort |
		cpio --quiet -o -H newc -R 0:0 | gzip -1" >"$2" || die "packing the initramfs failed"
}

# initramfs FILE COMMAND...: the base with this run's part behind it. Wants $base, $tool, $share,
# $module_dirs, $guest_env (text).
initramfs() {
	local file=$1 tree=$out/.tree
	shift
	rm -rf "$tree"
	mkdir -p "$tree/lab/bin" "$tree/share"
	printf '%s\n' "$guest_env" >"$tree/lab/env"
	printf '%q ' exec "$@" >"$tree/lab/command"
	[ -z "$tool" ] || install -m 755 "$tool" "$tree/lab/bin/dmascope"
	[ -z "$share" ] || cp -RL "$share/." "$tree/share/"
	[ ${#module_dirs[@]} -eq 0 ] || cp -R "${module_dirs[@]}" "$tree/share/"
	# As it is: unpacking costs the guest more than reading. An archive begins at a multiple of 4.
	in_root sh -c 'cd /lab/out/.tree && find . | sort | cpio --quiet -o -H newc -R 0:0' \
		>"$out/.run.cpio" || die "packing the initramfs failed"
	cp "$base" "$file"
	truncate -s %4 "$file"
	cat "$out/.run.cpio" >>"$file"
	rm -rf "$tree" "$out/.run.cpio"
}
