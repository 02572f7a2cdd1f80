# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Kernels: from the table to a folder of the cache that holds
#   image        what is booted
#   config  System.map  version      version is what uname -r says
#   btf          the raw .BTF section, when the kernel has it
#   modules/     a stock kernel's lib/modules/VERSION
#   build/       what out-of-tree modules are built against; of a stock kernel from kernel_headers
#   inputs       package, its version, config fragments' hash, compiler
# Nothing about guests. Sourced by tools/lab/lab.

KERNEL_RECIPE=1
KERNEL_NEEDS_MB=4000
# BTF needs types and no places of variables: the same machine code, in seven eighths of the time.
KERNEL_CFLAGS="-fno-var-tracking -fno-var-tracking-assignments -gno-statement-frontiers"
# A built kernel without these is no use, whatever its version; but see "without:" in a fragment.
KERNEL_MUST="SECURITY_LOCKDOWN_LSM KPROBES DEBUG_INFO_BTF VIRTIO_BLK E1000"

# kernel_row FAMILY VERSION: its line of the table, without the first two words. LAB_KERNELS names a
# file of more lines.
kernel_row() {
	awk -v f="$1" -v v="$2" '$1 == f && $2 == v { $1 = $2 = ""; print }' "$lab_dir/kernels/table" \
		${LAB_KERNELS:+"$LAB_KERNELS"}
}

kernel_versions() {
	awk -v f="$1" '$1 == f { print $2 }' "$lab_dir/kernels/table" ${LAB_KERNELS:+"$LAB_KERNELS"}
}

# kernel_dir FAMILY VERSION: keyed by what we say about it; "inputs" in it has what the mirror said.
kernel_dir() {
	local row how fragments=
	row=$(kernel_row "$1" "$2")
	[ -n "$row" ] || return 1
	read -r how _ _ arg _ <<<"$row"
	[ "$how" != build ] || fragments="$KERNEL_CFLAGS $(kernel_fragments "$arg")"
	echo "$cache/kernel/$1-$2-$(echo "$KERNEL_RECIPE ${row% *} $fragments" | sha256sum | cut -c1-12)"
}

kernel_fragments() {
	local f
	for f in ${1//+/ }; do
		cat "$lab_dir/kernels/$f" || die "no such config fragment: $f"
	done
}

# kernel_setup FAMILY VERSION: makes it when it is not there, or with $update when the mirror has
# a newer one.
kernel_setup() {
	local dir
	dir=$(kernel_dir "$1" "$2") ||
		die "$1 has no kernel $2; there are: $(kernel_versions "$1" | xargs)"
	[ ! -e "$dir" ] || [ -n "${update-}" ] || return 0
	lock "$1-$2"
	[ -e "$dir" ] && [ -z "${update-}" ] || kernel_get "$1" "$2" "$dir"
	unlock
}

kernel_get() {
	local dir=$3 how package suites arg objects apt listed version image deb=amd64
	read -r how package suites arg objects <<<"$(kernel_row "$1" "$2")"
	[ "$how" = build ] || deb=$arg
	apt=$cache/apt/$deb-${suites//,/+}
	say "kernel $1 $2: reading package lists of $suites"
	need_tools xz:xz-utils
	need_keyring
	apt_state "$apt" "$deb" ${suites//,/ }
	listed=$(apt_versions "$apt" "$package")
	[ -n "$listed" ] || die "kernel $1 $2: package $package is not on the mirror (see $apt/update.log)"
	for version in $listed; do
		image=$package
		[ "$how" = build ] || image=$(kernel_of_meta "$apt" "$package" "$version") || exit
		[ ! -e "$dir" ] || ! grep -q "^package=$image $version\$" "$dir/inputs" || return 0
		need_space $KERNEL_NEEDS_MB
		kernel_fetched=
		"kernel_$how" "$dir.tmp" "$apt" "$image" "$version" "$arg" "$objects" "$1 $2"
		[ -z "$kernel_fetched" ] || break
		rm -rf "$dir.tmp"
		say "kernel $1 $2: the mirror lists $image $version, and does not have it"
	done
	[ -n "$kernel_fetched" ] || die "kernel $1 $2: could not get $package"
	rm -rf "$dir.old"
	[ ! -e "$dir" ] || mv "$dir" "$dir.old"
	mv "$dir.tmp" "$dir"
	rm -rf "$dir.old"
	say "kernel $1 $2 is ready: $(cat "$dir/version") ($image $version)"
}

# kernel_of_meta APT PACKAGE VERSION: the kernel package that a meta package stands for; itself when it is none.
kernel_of_meta() {
	local name
	case $2 in linux-image-[0-9]*) echo "$2"; return ;; esac
	name=$(apt_in "$1" apt-cache depends "$2=$3" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$name" ] || die "package $2 $3 names no kernel (see $1/update.log)"
	echo "$name"
}

# The package and, from Debian 14 on, those it was split into.
kernel_parts() {
	echo "$2"
	apt_in "$1" apt-cache depends "$2" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-\(binary\|modules\|base\)-[0-9].*\)/\1/p'
}

# kernel_file TREE NAME: the kernel's file of that name, wherever this Debian puts it.
kernel_file() {
	find "$1" -type f \( -path "*/boot/$2-*" -o -path "*/lib/modules/*/$2" \) | head -n 1
}

# kernel_stock TMP APT PACKAGE VERSION ARG OBJECTS NAME, and kernel_build of the same: $kernel_fetched stays
# empty where the mirror does not have the package.
kernel_stock() {
	local tmp=$1 apt=$2 package=$3 release=${3#linux-image-} modules file
	release=${release%-unsigned}
	rm -rf "$tmp"
	mkdir -p "$tmp"
	say "kernel $7: fetching $package $4"
	# shellcheck disable=SC2046
	apt_unpack "$apt" "$tmp/deb" $(kernel_parts "$apt" "$package") || return 0
	kernel_fetched=yes
	echo "$release" >"$tmp/version"
	file=$(kernel_file "$tmp/deb" 'vmlinu[xz]')
	[ -n "$file" ] || die "kernel $7: $package holds no kernel"
	mv "$file" "$tmp/image"
	for file in config System.map; do
		mv "$(kernel_file "$tmp/deb" "$file")" "$tmp/$file" || die "kernel $7: $package holds no $file"
	done
	modules=$(find "$tmp/deb" -type d -path "*/lib/modules/$release" | head -n 1)
	[ -n "$modules" ] || die "kernel $7: $package holds no modules"
	mkdir -p "$tmp/modules/lib/modules"
	mv "$modules" "$tmp/modules/lib/modules/$release"
	rm -rf "$tmp/deb"
	in_root depmod -b "/lab/cache/${tmp#"$cache"/}/modules" "$release" ||
		die "depmod of $release failed"
	in_root sh /lab/src/lib/extract-btf.sh "/lab/cache/${tmp#"$cache"/}/image" \
		"/lab/cache/${tmp#"$cache"/}/btf" || say "kernel $7: no BTF in it"
	echo "package=$package $4" >"$tmp/inputs"
}

# kernel_target FAMILY: how its kernels are built: the kernel's name of the architecture, the prefix of
# the compilers, the file that is booted, and what the kernel must have besides KERNEL_MUST.
kernel_target() {
	case $1 in
	pef)
		karch=powerpc kcross=powerpc64le-linux-gnu- kimage=vmlinux
		kmust=PPC_SVM ;;
	x86)
		karch=x86 kcross=x86_64-linux-gnu- kimage=arch/x86/boot/bzImage
		kmust="X86_64 SERIAL_8250_CONSOLE PCI_MSI BLK_DEV_NVME" ;;
	arm64)
		karch=arm64 kcross=aarch64-linux-gnu- kimage=arch/arm64/boot/Image
		kmust="SERIAL_AMBA_PL011_CONSOLE PCI_HOST_GENERIC BLK_DEV_NVME" ;;
	*) die "kernel_target() does not describe kernels of $1 that are built" ;;
	esac
}

# Host tools of older kernels stop at warnings that newer compilers and C libraries give.
kernel_make() {
	in_root nice make -C "/lab/cache/${1#"$cache"/}/src" ARCH=$karch \
		CROSS_COMPILE=$kcross -j"$(nproc)" \
		KCFLAGS="$KERNEL_CFLAGS" HOSTCFLAGS=-Wno-discarded-qualifiers \
		KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab "${@:2}"
}

kernel_build() {
	local tmp=$1 apt=$2 package=$3 version=$4 fragments=$5 objects=$6 name=$7
	local karch kcross kimage kmust
	kernel_target "${name% *}"
	[ "$(cat "$tmp/.version" 2>/dev/null)" = "$version" ] || rm -rf "$tmp"
	mkdir -p "$tmp"
	echo "$version" >"$tmp/.version"
	if [ ! -d "$tmp/src" ]; then
		say "kernel $name: fetching $package $version"
		rm -rf "$tmp/deb" "$tmp/src.tmp"
		apt_unpack "$apt" "$tmp/deb" "$package=$version" || return 0
		say "kernel $name: unpacking"
		mkdir "$tmp/src.tmp"
		tar -C "$tmp/src.tmp" --strip-components=1 -xf "$tmp"/deb/usr/src/linux-source-*.tar.xz ||
			die "kernel $name: unpacking failed"
		rm -rf "$tmp/deb"
		mv "$tmp/src.tmp" "$tmp/src"
	fi
	kernel_fetched=yes
	kernel_fragments "$fragments" >"$tmp/fragments"
	kernel_make "$tmp" KCONFIG_ALLCONFIG="/lab/cache/${tmp#"$cache"/}/fragments" allnoconfig \
		>"$cache/log/kernel-config.log" 2>&1 ||
		die "kernel $name: configuration failed ($cache/log/kernel-config.log)"
	kernel_check_config "$tmp" "$fragments" "$name"
	watch_step "kernel $name: compiling" "$cache/log/kernel-${name/ /-}.log" \
		'^  (CC|AS|LD|AR|HOSTCC) ' "$objects" kernel_make "$tmp" vmlinux "${kimage##*/}" modules ||
		die "kernel $name: the build failed"
	kernel_keep "$tmp"
	{
		echo "package=$package $version"
		echo "fragments=$(sha256sum <"$tmp/fragments" | cut -c1-12)"
		echo "compiler=$(in_root ${kcross}gcc --version | head -n 1)"
	} >"$tmp/inputs"
	rm -f "$tmp/fragments" "$tmp/.version"
}

# kernel_check_config TMP FRAGMENTS NAME: what it must have, by the family and by the last fragment's
# lines "must: OPTION..." and "without: OPTION...".
kernel_check_config() {
	local option last=$lab_dir/kernels/${2##*+} without
	without=" $(sed -n 's/^# without: //p' "$last") "
	for option in $KERNEL_MUST $kmust $(sed -n 's/^# must: //p' "$last"); do
		[[ $without != *" $option "* ]] || continue
		grep -q "^CONFIG_$option=y" "$1/src/.config" ||
			die "kernel $3: CONFIG_$option could not be set"
	done
}

# From a built tree to the folder as it stays. Can be repeated when it was interrupted.
kernel_keep() {
	local tmp=$1 path=/lab/cache/${1#"$cache"/}
	cp "$tmp/src/.config" "$tmp/config"
	cp "$tmp/src/System.map" "$tmp/System.map"
	cp "$tmp/src/include/config/kernel.release" "$tmp/version"
	in_root ${kcross}strip -s -o "$path/vmlinux" "$path/src/vmlinux" || die "stripping the kernel failed"
	in_root sh /lab/src/lib/extract-btf.sh "$path/vmlinux" "$path/btf" || die "the kernel has no BTF"
	if [ $kimage = vmlinux ]; then
		ln -f "$tmp/vmlinux" "$tmp/image"
	else
		mv "$tmp/src/$kimage" "$tmp/image"
	fi
	find "$tmp/src" -mindepth 1 -maxdepth 1 -type d ! -name arch ! -name include ! -name scripts \
		! -name certs ! -name tools -exec rm -rf {} +
	find "$tmp/src/arch" -mindepth 1 -maxdepth 1 -type d ! -name $karch -exec rm -rf {} +
	find "$tmp/src/tools" -mindepth 1 -maxdepth 1 ! -name bpf ! -name objtool -exec rm -rf {} +
	find "$tmp/src/tools/bpf" -mindepth 1 -maxdepth 1 ! -name resolve_btfids -exec rm -rf {} +
	find "$tmp/src" -path "$tmp/src/scripts" -prune -o -type f \( -name '*.o' -o -name '*.a' \
		-o -name '*.c' -o -name '*.cmd' -o -name '*.rst' -o -name '*.dts*' \) \
		! -name crtsavres.o -exec rm -f {} +
	rm -f "$tmp"/src/vmlinux* "$tmp"/src/.tmp_* "$tmp"/src/.vmlinux* "$tmp"/src/*.o "$tmp"/src/.btf*
	mv "$tmp/vmlinux" "$tmp/src/vmlinux"	# its BTF is what modules are made against
	mv "$tmp/src" "$tmp/build"
}

# kernel_headers FAMILY VERSION: a stock kernel's headers into build/, when they are not there.
# They name each other by where Debian installs them, which is inside build/ here; the programs
# among them have to be this machine's.
kernel_headers() {
	local name="$1 $2" suites deb dir tmp apt host kbuild release version
	dir=$(kernel_dir "$1" "$2")
	[ ! -e "$dir/build" ] || return 0
	read -r _ _ suites deb _ <<<"$(kernel_row "$1" "$2")"
	release=linux-headers-$(cat "$dir/version")
	version=$(sed -n 's/^package=[^ ]* //p' "$dir/inputs")
	apt=$cache/apt/$deb-${suites//,/+} host=$cache/apt/amd64-${suites//,/+} tmp=$dir/build.tmp
	say "kernel $name: fetching its headers"
	apt_state "$apt" "$deb" ${suites//,/ }
	[ "$deb" = amd64 ] || apt_state "$host" amd64 ${suites//,/ }
	kbuild=$(apt_in "$apt" apt-cache depends "$release=$version" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-kbuild-.*\)/\1/p' | head -n 1)
	rm -rf "$tmp"
	# shellcheck disable=SC2046
	apt_unpack "$apt" "$tmp" "$release=$version" "$(apt_in "$apt" apt-cache depends "$release" |
		sed -n 's/^ *Depends: \(linux-headers-.*-common\)$/\1/p')=$version" &&
		apt_unpack "$host" "$tmp" "$kbuild" ||
		die "kernel $name: its headers are not on the mirror (any more?): lab setup --update"
	sed -i "s|/usr/src/|/lab/cache/${dir#"$cache"/}/build/usr/src/|g" "$tmp/usr/src/$release/Makefile"
	ln -s "usr/src/$release" "$tmp/tree"
	mv "$tmp" "$dir/build"
}
