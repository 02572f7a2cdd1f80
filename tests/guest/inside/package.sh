# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a guest, in busybox's shell, for tests/guest/test_package: installs the package in a small
# Debian, uses and removes it; then the static tarball, in the bare guest. Prints TAP.
# usage: package.sh VERSION
# shellcheck shell=dash
root=/tmp/debian
say() { [ $? = 0 ] && echo "ok - $1" || { echo "not ok - $1"; head -n 4 /tmp/log | sed 's/^/# /'; }; }
# this shell prefers its own dpkg to one in PATH: call it by its whole path
in_root() { chroot $root /bin/sh -c 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin; exec "$@"' sh "$@"; }
ours() { find $root -xdev -name '*dmascope*' ! -name package.deb; }

mkdir -p $root
tar -xf /share/root.tar -C $root
mount -t proc none $root/proc
mount -t sysfs none $root/sys
for word in sh rm diff; do
	cp "$(readlink -f /proc/$$/exe)" $root/bin/$word
done
cp /share/package.deb $root/tmp/

in_root /usr/bin/dpkg -i /tmp/package.deb >/tmp/log 2>&1
say "dpkg -i installs the package, with all that it depends on"
in_root /usr/bin/dpkg -s dmascope 2>&1 | tee /tmp/log | grep -q '^Status: install ok installed$'
say "... dpkg knows it as installed"
in_root dmascope --version 2>&1 | tee /tmp/log | grep -q "^dmascope $1$"
say "... it runs"
in_root dmascope record -q -d 0.5 -o /tmp/t.json >/tmp/log 2>&1
say "... it records"
gunzip -c $root/usr/share/man/man8/dmascope-record.8.gz 2>&1 | tee /tmp/log | grep -q 'Nm dmascope-record'
say "... its pages are there"
in_root /usr/bin/dpkg -P dmascope >/tmp/log 2>&1 && ours >/tmp/log && [ ! -s /tmp/log ]
say "dpkg -P leaves nothing of it"

mkdir -p /tmp/tar
tar -xzf /share/package.tar.gz -C /tmp/tar
/tmp/tar/*/usr/local/sbin/dmascope report $root/tmp/t.json 2>&1 | tee /tmp/log | grep -q '^observed'
say "the static tarball's program reports what the package's recorded"
true
