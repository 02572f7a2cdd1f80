# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Fetching Debian packages of any suite and architecture without touching the system's own
# package state. Sourced by tools/lab/lab and tools/sysroot; nothing here knows what the
# packages are for, and nothing here installs anything.
#
# The mirror is the one the system's own apt is set up with. It can be overridden:
#   DMASCOPE_MIRROR            the archive ("main" suites)
#   DMASCOPE_SECURITY_MIRROR   the security archive; "none" leaves it out

: "${DMASCOPE_MIRROR=}" "${DMASCOPE_SECURITY_MIRROR=}"
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_mirror SUITE: the archive that holds SUITE, from the host's own configuration. The host's
# own release names it, whatever suite is asked for.
apt_mirror() {
	local own=$DMASCOPE_MIRROR release
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	case $1 in
	*-security) own=$DMASCOPE_SECURITY_MIRROR release=$release-security ;;
	esac
	[ -z "$own" ] || { echo "$own"; return; }
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' 'Component: main' |
		sed -n "s/^$release //p" | head -n 1
}

# patient COMMAND...: tries it three times: a mirror that is being updated, or a network, may fail once.
patient() {
	local pause
	for pause in 5 30; do
		"$@" && return
		echo "note: $1 failed; again in $pause s" >&2
		sleep $pause
	done
	"$@"
}

# apt_state DIR ARCH SUITE...: writes a private apt configuration for ARCH into DIR and reads the
# package lists. One suite that cannot be read is not an error: a mirror may hold a stale index
# for one architecture; what is really missing shows when a package is asked for.
apt_state() {
	local dir=$1 arch=$2 suite site lock
	shift 2
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	exec {lock}>"$dir/.lock"	# two kernels may come from the same suites
	flock "$lock"
	: >"$dir/status"
	: >"$dir/sources.list.tmp"
	for suite; do
		site=$(apt_mirror "$suite")
		case $site in
		none | '') [ -n "$site" ] || echo "note: no mirror known for $suite" >&2; continue ;;
		esac
		echo "deb [signed-by=$KEYRING] $site $suite main" >>"$dir/sources.list.tmp"
	done
	mv "$dir/sources.list.tmp" "$dir/sources.list"
	cat >"$dir/apt.conf.tmp" <<-CONF
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::State::lists "$dir/lists";
		Dir::Cache "$dir";
		Dir::Cache::archives "$dir/archives";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "$arch";
		#clear APT::Architectures;
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		APT::Get::List-Cleanup "false";
		Acquire::Languages "none";
		Acquire::Check-Valid-Until "false";
		Acquire::Retries "3";
	CONF
	mv "$dir/apt.conf.tmp" "$dir/apt.conf"
	patient apt_lists "$dir" || :
	exec {lock}>&-
}

# apt_lists DIR: reads the package lists; fails when there is none.
apt_lists() {
	apt_in "$1" apt-get -q -o APT::Update::Error-Mode=any update >"$1/update.log" 2>&1 && return
	echo "note: some package lists could not be read ($1/update.log)" >&2
	compgen -G "$1/lists/*_Packages*" >/dev/null
}

# apt_in DIR COMMAND...: an apt command with the private configuration of DIR.
apt_in() {
	local dir=$1
	shift
	APT_CONFIG=$dir/apt.conf "$@"
}

# apt_version DIR PACKAGE[/SUITE]: the version that would be fetched; empty when there is none.
apt_version() {
	case $2 in
	*/*) apt_in "$1" apt-cache show "${2%/*}" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1 ;;
	*) apt_in "$1" apt-cache policy "$2" | sed -n 's/^ *Candidate: //p' | grep -v '(none)' ;;
	esac
}

# apt_versions DIR PACKAGE: all versions that are listed, the one that would be fetched first.
apt_versions() {
	local first
	first=$(apt_version "$1" "$2")
	[ -n "$first" ] || return 0
	echo "$first"
	apt_in "$1" apt-cache madison "$2" | awk -v first="$first" '$3 != first && !seen[$3]++ { print $3 }'
}

# apt_download DIR INTO PACKAGE...: downloads the packages, by lists that are new if it failed before.
apt_download() {
	local dir=$1 into=$2 pkg missing=''
	shift 2
	if [ -e "$into/failed" ]; then
		flock "$dir/.lock" env APT_CONFIG="$dir/apt.conf" apt-get -q update >"$dir/update.log" 2>&1 || :
	fi
	touch "$into/failed"
	for pkg; do
		[ -n "$(apt_version "$dir" "${pkg%%=*}")" ] || missing="$missing $pkg"
	done
	if [ -n "$missing" ]; then
		echo "error: not found on the mirror:$missing (see $dir/update.log)" >&2
		return 1
	fi
	(cd "$into" && apt_in "$dir" apt-get -q download "$@" >download.log 2>&1) || {
		echo "error: could not download: $*" >&2
		tail -n 3 "$into/download.log" >&2
		return 1
	}
}

# apt_unpack DIR TO PACKAGE...: downloads the packages and unpacks them all into TO.
apt_unpack() {
	local dir=$1 to=$2 pkg tmp
	shift 2
	tmp=$(mktemp -d "$dir/get.XXXXXX")
	patient apt_download "$dir" "$tmp" "$@" || { rm -rf "$tmp"; return 1; }
	mkdir -p "$to"
	for pkg in "$tmp"/*.deb; do
		dpkg-deb -x "$pkg" "$to" || { rm -rf "$tmp"; return 1; }
		basename "$pkg" >>"$to/.packages"
	done
	rm -rf "$tmp"
}

# debian_root SUITE DIR VARIANT PACKAGE...: a Debian in DIR, by mmdebstrap; DIR is emptied before. Lists of a
# mirror may be past their date; what is signed is checked all the same. Nothing waits for the disk: what a
# lost power leaves is made anew.
debian_root() {
	local suite=$1 dir=$2 variant=$3 file options=()
	shift 3
	for file in /etc/apt/apt.conf.d/*proxy*; do
		[ ! -e "$file" ] || options+=(--aptopt="$file")
	done
	rm -rf "$dir"
	mmdebstrap --verbose --mode=root --variant="$variant" --dpkgopt=force-unsafe-io \
		--aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
		--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
		${options[@]+"${options[@]}"} ${1:+--include="$(IFS=,; echo "$*")"} "$suite" "$dir" \
		"deb [signed-by=$KEYRING] $(apt_mirror "$suite") $suite main" || return
	printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d" && chmod +x "$dir/usr/sbin/policy-rc.d"
}
