# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The Debian root that holds QEMU, the compilers and what else builds and runs the guests, so that
# the host needs none of it. QEMU and the compiler for an architecture come with its first guest.
# What is built in it is other files' business. Sourced by tools/lab/lab.

ROOT_RECIPE=2
ROOT_SUITE=forky	# the first with QEMU 11.1: the plugins need plugin API 7
ROOT_NEEDS_MB=3000
ROOT_PACKAGES="gcc libc6-dev make flex bison bc libelf-dev libssl-dev openssl pahole perl python3-minimal
	libglib2.0-dev pkgconf cpio xz-utils zstd gzip kmod"

# root_packages_for ARCH: what its guests need besides.
root_packages_for() {
	case $1 in
	amd64) echo qemu-system-x86 ;;
	ppc64le) echo qemu-system-ppc gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross ;;
	s390x) echo qemu-system-s390x gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
	arm64) echo qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
	*) die "nobody has said what guests of $1 need (root_packages_for)" ;;
	esac
}

root_dir() {
	echo "$cache/root-$(echo $ROOT_RECIPE $ROOT_SUITE $ROOT_PACKAGES | sha256sum | cut -c1-12)"
}

# root_has ARCH: whether the root is there, and what guests of ARCH need is in it.
root_has() {
	[ -e "$(root_dir)/lab/.packages-$1" ]
}

# in_root COMMAND...: runs it in the root, with this folder at /lab/src, the cache at /lab/cache
# and $out at /lab/out. The mounts live in a mount namespace of their own: whatever way the command
# ends, none is left behind. With in_exec=exec this shell becomes the command.
in_root() {
	in_this_root "$root" "$@"
}

in_this_root() {
	local dir=$1
	shift
	${in_exec-} env LC_ALL=C IN_ROOT="$dir" IN_CACHE="$cache" IN_SRC="$lab_dir" IN_OUT="${out-}" \
		unshare --mount --propagation private sh -c '
		set -e
		mkdir -p "$IN_ROOT/lab/src" "$IN_ROOT/lab/cache" "$IN_ROOT/lab/out"
		mount --bind "$IN_SRC" "$IN_ROOT/lab/src"
		mount --bind "$IN_CACHE" "$IN_ROOT/lab/cache"
		[ -z "$IN_OUT" ] || mount --bind "$IN_OUT" "$IN_ROOT/lab/out"
		mount -t proc proc "$IN_ROOT/proc"
		mount --rbind /dev "$IN_ROOT/dev"
		root=$IN_ROOT
		unset IN_ROOT IN_CACHE IN_SRC IN_OUT
		exec chroot "$root" "$@"' sh "$@"
}

root_debootstrap() {
	local script=$ROOT_SUITE
	# An older debootstrap does not know a newer suite's name; they are all like sid.
	[ -e "/usr/share/debootstrap/scripts/$script" ] || script=sid
	rm -rf "$1"
	DPKG_FORCE=unsafe-io debootstrap --variant=minbase --keyring="$KEYRING" "$ROOT_SUITE" "$1" \
		"$(apt_mirror "$ROOT_SUITE")" "$script"
}

root_bootstrap() {
	local tmp=$1
	patient root_debootstrap "$tmp" || return
	# Package lists of a mirror may be past their date.
	printf '%s\n' 'Acquire::Check-Valid-Until "false";' 'Acquire::Languages "none";' \
		'Acquire::Retries "3";' 'APT::Install-Recommends "false";' \
		>"$tmp/etc/apt/apt.conf.d/99lab"
	echo force-unsafe-io >"$tmp/etc/dpkg/dpkg.cfg.d/99lab"	# what a lost power leaves is made anew
	printf '#!/bin/sh\nexit 101\n' >"$tmp/usr/sbin/policy-rc.d"
	chmod +x "$tmp/usr/sbin/policy-rc.d"
	touch "$tmp/.bootstrapped"
}

root_packages() {
	local tmp=$1
	shift
	in_this_root "$tmp" apt-get -q update || true
	in_this_root "$tmp" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install "$@"
}

# root_install ROOT PACKAGE...
root_install() {
	local tmp=$1
	cp /etc/resolv.conf "$tmp/etc/resolv.conf" 2>/dev/null || true
	cp /etc/apt/apt.conf.d/*proxy* "$tmp/etc/apt/apt.conf.d/" 2>/dev/null || true
	patient root_packages "$@" && in_this_root "$tmp" apt-get clean && rm -rf "$tmp"/var/lib/apt/lists/*
}

# root_base: the root with what every guest needs, under the lock.
root_base() {
	[ ! -e "$root" ] || return 0
	need_tools debootstrap:debootstrap xz:xz-utils
	need_keyring
	need_space $ROOT_NEEDS_MB
	if [ ! -e "$root.tmp/.bootstrapped" ]; then
		watch_step "Debian root ($ROOT_SUITE)" "$cache/log/bootstrap.log" '^I: (Unpacking|Configuring)' \
			156 root_bootstrap "$root.tmp" || die "debootstrap of $ROOT_SUITE failed"
	fi
	mkdir -p "$root.tmp/lab"
	mv "$root.tmp" "$root"
}

# root_setup ARCH...: makes the root, and installs in it what guests of each ARCH need, when it is not there.
root_setup() {
	local arch missing=() packages=()
	root=$(root_dir)
	lock root
	root_base
	for arch; do
		root_has "$arch" || missing+=("$arch")
	done
	for arch in ${missing[@]+"${missing[@]}"}; do
		mapfile -t -O ${#packages[@]} packages < <(root_packages_for "$arch" | xargs -n 1)
	done
	if [ ${#missing[@]} -gt 0 ]; then
		# shellcheck disable=SC2086
		watch_step "QEMU and compilers for ${missing[*]}" "$cache/log/packages.log" \
			'^(Get:|Unpacking|Setting up)' 0 root_install "$root" $ROOT_PACKAGES "${packages[@]}" ||
			die "installing packages in the Debian root failed"
		for arch in "${missing[@]}"; do
			touch "$root/lab/.packages-$arch"
		done
		say "Debian root is ready for ${missing[*]}"
	fi
	unlock
}
