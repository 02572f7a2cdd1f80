# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One run of a guest: QEMU's command line, waiting, the result, the kernel log's verdict. Nothing
# about how the pieces are made. Sourced by tools/lab/lab.

OUTPUT_BEGINS='lab: output begins'
KERNEL_STARTS='lab: the command starts'
KERNEL_ENDED='lab: the command ended with '
SPLAT='Kernel panic|Oops|BUG:|WARNING:|Call Trace:|kernel BUG at|Unable to handle kernel'
SPLAT="$SPLAT|general protection fault|INFO: task .* blocked|rcu.*(stall|detected)|soft lockup"
SPLAT="$SPLAT|hard LOCKUP|possible circular locking|inconsistent lock state"

disk_setup() {
	disk=$cache/disk.img
	[ ! -e "$disk" ] || return 0
	say "a disk of 64 MiB with known content"
	in_root sh -c 'head -c 64M /dev/zero | openssl enc -aes-128-ctr -nosalt \
		-K 000102030405060708090a0b0c0d0e0f -iv 00000000000000000000000000000000' >"$disk.tmp" ||
		die "could not make $disk"
	mv "$disk.tmp" "$disk"
}

bytes() {
	numfmt --from=iec "${1%[bB]}" 2>/dev/null || usage_error "not a size: $1"
}

json_text() {
	printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/\\t/g' | tr '\n' ' ')"
}

json_list() {
	local sep='' word
	printf '['
	for word; do
		printf '%s' "$sep"
		json_text "$word"
		sep=', '
	done
	printf ']'
}

write_run_json() {
	{
		printf '{\n "guest": %s,\n' "$(json_text "$guest")"
		printf ' "kernel": %s,\n' "$(json_text "$kernel_version")"
		printf ' "release": %s,\n' "$(json_text "$(cat "$kernel/version")")"
		printf ' "package": %s,\n' "$(json_text "$(sed -n 's/^package=//p' "$kernel/inputs")")"
		printf ' "page_size": %s,\n' "$page_size"
		printf ' "ram": %s,\n "cpus": %s,\n' "$ram" "$cpus"
		printf ' "cmdline": %s,\n' "$(json_text "$cmdline")"
		printf ' "command": %s,\n' "$(json_list "${command[@]}")"
		printf ' "qemu": %s\n}\n' "$(json_list "${qemu_command[@]}")"
	} >"$out/run.json"
}

# Sets qemu_command; paths are those inside the root.
compose() {
	local k=/lab/cache/${kernel#"$cache"/} event args
	guest_machine
	[ -z "$opt_iommu" ] || iommu_add "$opt_iommu"
	external_tables
	[ -z "$opt_count" ] || {
		[ "$cpus" != 1 ] ||
			machine=("${machine[@]/%thread=multi/thread=single}" -icount shift=0,sleep=off)
		plugin_args="$plugin_args${plugin_args:+,}count=on${opt_profile:+,profile=/lab/out/profile}"
	}
	qemu_command=("$qemu" "${machine[@]}" -m "$mem$mem_options" -smp "$cpus"
		-nographic -nodefaults -no-reboot -action panic=exit-failure
		-chardev file,id=log,path=/lab/out/serial.log
		"${channels[@]}" "${devices[@]}"
		-kernel "$k/image" -initrd /lab/out/.initramfs
		-append "$cmdline")
	[ -z "$no_trace" ] || trace=()
	[ "$channel_out" = send ] || qemu_command+=(-chardev stdio,id=out,signal=off)
	for event in "${trace[@]}"; do
		qemu_command+=(--trace "$event")
	done
	qemu_command+=(-d plugin -D /lab/out/tce-trace.log)
	[ -z "$no_trace" ] || plugin_args="$plugin_args${plugin_args:+,}tce=off"
	args=log=/lab/out/ultravisor.log,xfer=/lab/out/.xfer,ram=$ram,page-size=$page_size
	[ -z "${DMASCOPE_LAB_ANY_QEMU-}" ] || args=$args,any-qemu=on
	args="/lab/cache/${built#"$cache"/}/$plugin.so,$args${plugin_args:+,$plugin_args}"
	qemu_command+=(-plugin "$args")
	# shellcheck disable=SC2206
	qemu_command+=($extra_qemu)
}

# The command's output, from where init says it begins: firmware may have spoken before.
show() {
	local line
	: >"$out/stdout.log"
	while IFS= read -r line; do
		[ "${line%$'\r'}" != "$OUTPUT_BEGINS" ] || exec tee "$out/stdout.log"
	done
}

# Only a terminal's keys go to the guest: a caller's input is not swallowed.
run_guest() {
	local rc=0 shown
	: >"$out/serial.log"
	exec 5</dev/null
	[ -z "$tty" ] || exec 5<&0
	exec 6> >(show 6>&- 5<&-)
	shown=$!
	# Everything up to timeout is exec'd, so that a signal to the child reaches QEMU.
	(in_exec=exec in_root timeout --foreground --kill-after=5 "$timeout" "${qemu_command[@]}") \
		<&5 >&6 2>"$out/qemu.log" 5<&- 6>&- &
	child=$!
	exec 5<&- 6>&-
	wait "$child" || rc=$?
	child=
	wait "$shown" || true
	return $rc
}

# The kernel log from the command's start to its end, to the end of the log when it never ended.
command_log() {
	tr -d '\r' <"$out/serial.log" |
		sed -n "/$KERNEL_STARTS/,/$KERNEL_ENDED/p"
}

# Unpacks the result into $out and sets $command_status; fails when it is not whole.
receive() {
	local head size sum have
	[ -s "$out/.xfer" ] || return 1
	head=$(head -n 1 "$out/.xfer" | tr -d '\0')
	case $head in lab-result\ status=*) ;; *) return 1 ;; esac
	command_status=$(sed -n 's/.*status=\([0-9]*\).*/\1/p' <<<"$head")
	size=$(sed -n 's/.*size=\([0-9]*\).*/\1/p' <<<"$head")
	sum=$(sed -n 's/.*sha256=\([0-9a-f]*\).*/\1/p' <<<"$head")
	tail -c +$((${#head} + 2)) "$out/.xfer" | head -c "$size" >"$out/.out.tar"
	have=$(sha256sum <"$out/.out.tar" | cut -d' ' -f1)
	if [ "$have" != "$sum" ]; then
		damaged="/out came back damaged: $(stat -c %s "$out/.out.tar") of $size bytes"
		return 1
	fi
	tar -C "$out" --no-same-owner -xf "$out/.out.tar" || { damaged="/out is no archive"; return 1; }
}

# remedy TEXT PATTERN...: prints TEXT, as one line, if QEMU ended with a message like one of these.
remedy() {
	local text=${1//$'\n'/ }
	shift
	! grep -q -E "${@/#/-e}" "$out/qemu.log" || echo "lab: $text" >&2
}

# Prints the remedy for an error of QEMU, by its message.
explain_qemu() {
	remedy "QEMU did not find a file. It runs in the lab's root: --out DIR is /lab/out there, and $cache
is /lab/cache. Put the file into one of them." \
		"Could not open '.*No such file" "can't open backing store" 'failed to find romfile' \
		"could not load .*'" 'cannot open shared object file'
	remedy "QEMU does not know a word of --qemu, or this QEMU lacks the device.
\"lab qemu $guest -help\" and \"lab qemu $guest -device help\" list both." \
		': invalid option|: unknown option' 'not a valid device model name' 'find CPU model' \
		'unsupported machine type' 'Unknown driver' 'does not accept value'
	remedy "a device, drive or machine of --qemu has no such property, or not with this value;
\"lab qemu $guest -device NAME,help\" lists those of a device." \
		"Property '.*' not found" "Invalid parameter '" 'does not support the option' \
		"Parameter '.*' expects"
	remedy "a name or a slot of --qemu is missing, or is taken already. The lab's own devices are in
run.json; --devices none leaves them out." \
		"can't find value" 'Duplicate ID' 'not available for .*in use by'
	remedy "this machine has not so much memory: give a smaller --mem." 'cannot set up guest memory'
}

verdict() {
	local qemu_rc=$1 splat command_status='' damaged='' received=no
	receive && received=yes
	rm -f "$out/.xfer" "$out/.out.tar" "$out/.initramfs" "$out"/.port[0-9]*
	splat=$(command_log | grep -E -e "$SPLAT" || true)
	if [ -n "$splat" ]; then
		echo "lab: the guest's kernel complained while the command ran:" >&2
		command_log | grep -E -A 25 -e "$SPLAT" | head -n 60 >&2
		[ -n "$allow_splat" ] || return 125
	fi
	if [ "$qemu_rc" = 124 ] || [ "$qemu_rc" = 137 ]; then
		echo "lab: not finished after $timeout s; the kernel's last lines:" >&2
		tail -n 5 "$out/serial.log" >&2
		return 124
	fi
	if [ $received = no ]; then
		echo "lab: ${damaged:-no result came back}; QEMU ended with $qemu_rc" >&2
		tail -q -n 5 "$out/qemu.log" "$out/serial.log" >&2
		explain_qemu
		grep -q -E -e "$SPLAT" "$out/serial.log" && return 125
		return $LAB_FAILED
	fi
	# The plugin checks, when the kernel finds out that it is a secure guest, that devices and
	# hypervisor cannot read private memory (plugins/prove.h).
	if [ -n "$separate" ] && ! grep -q ' separation .*result=proved$' "$out/ultravisor.log"; then
		echo "lab: the kernel did not become a $guest guest with memory of its own:" \
			"$out/ultravisor.log has no proved separation" >&2
		return $LAB_FAILED
	fi
	# A log that lacks the marks was not looked at: no verdict is not a clean one.
	if ! grep -q "$KERNEL_STARTS" "$out/serial.log" ||
	   ! grep -q "$KERNEL_ENDED" "$out/serial.log"; then
		echo "lab: serial.log does not show the command's start and end:" \
			"cannot tell whether the kernel complained" >&2
		return $LAB_FAILED
	fi
	return "$command_status"
}
