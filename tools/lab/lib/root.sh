# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The Debian root that holds QEMU, the compilers and what else builds and runs the guests, so that
# the host needs none of it. QEMU and the compiler for an architecture come with its first guest.
# Other files decide what is built in it. Sourced by tools/lab/lab.

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
	${in_exec-} env LC_ALL=C IN_ROOT="$root" IN_CACHE="$cache" IN_SRC="$lab_dir" IN_OUT="${out-}" \
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

# root_install PACKAGE...
root_install() {
	cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
	in_root dpkg --configure -a || return	# one that was interrupted
	in_root apt-get -q update || true
	in_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install "$@" && in_root apt-get clean &&
		rm -rf "$root"/var/lib/apt/lists/*
}

# root_setup ARCH...: makes the root, or installs in it what guests of each ARCH need, when it is not there.
root_setup() {
	local arch missing=() packages=()
	root=$(root_dir)
	lock root
	for arch; do
		root_has "$arch" || missing+=("$arch")
	done
	[ ${#missing[@]} -gt 0 ] || { unlock; return; }
	for arch in "${missing[@]}"; do
		mapfile -t -O ${#packages[@]} packages < <(root_packages_for "$arch" | xargs -n 1)
	done
	root_get "${packages[@]}"
	for arch in "${missing[@]}"; do
		touch "$root/lab/.packages-$arch"
	done
	unlock
	say "Debian root is ready for ${missing[*]}"
}

# root_get PACKAGE...: into the root, which is made if there is none.
root_get() {
	local what="QEMU and compilers" lines='^(Get:|Unpacking|Setting up)'
	if [ -e "$root" ]; then
		watch_step "$what" "$cache/log/packages.log" "$lines" 0 patient root_install "$@" ||
			die "installing packages in the Debian root failed"
		return
	fi
	need_tools mmdebstrap:mmdebstrap xz:xz-utils
	need_keyring
	need_space $ROOT_NEEDS_MB
	# shellcheck disable=SC2086
	watch_step "Debian root ($ROOT_SUITE): $what" "$cache/log/bootstrap.log" "$lines" 0 \
		patient debian_root "$ROOT_SUITE" "$root.tmp" minbase $ROOT_PACKAGES "$@" ||
		die "making a Debian root of $ROOT_SUITE failed"
	mkdir -p "$root.tmp/lab"
	mv "$root.tmp" "$root"
}
