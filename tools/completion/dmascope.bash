# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Completion of dmascope for bash. tools/options writes the tables.
# shellcheck shell=bash disable=SC2034,SC2207

_dmascope_tables() {
	local verb=$1 previous=$2
	options='' values=''
# options: begin
verbs="top doctor record bugreport report findings diff explain convert metrics"
case $verb in
	top)
		options="-b --batch -n --iterations -d --delay --sort --device --path --min-size
			--json -i --input --speed --ranges --counts-only --no-color --no-unicode
			--btf --no-kprobes --force-kprobes -v --verbose -h --help"
		case $previous in
		-n | --iterations) values="" ;;
		-d | --delay) values="" ;;
		--sort) values="finding maps bytes live mapped pool failed total mask name driver" ;;
		--device) values="devices" ;;
		--path) values="direct bounced tce coherent failed iommu" ;;
		--min-size) values="" ;;
		-i | --input) values="files" ;;
		--speed) values="max" ;;
		--btf) values="files" ;;
		esac
		;;
	doctor)
		options="-v --verbose --json --btf --no-kprobes --force-kprobes --libbpf -h --help"
		case $previous in
		--btf) values="files" ;;
		esac
		;;
	record)
		options="-o --output -d --duration -z --gzip -f --force --device --path --min-size
			--max-size --until-finding --then --on-finding --stacks --redact --hcalls
			--hooks --ring --btf --no-kprobes --force-kprobes -q --quiet -v --verbose
			-h --help"
		case $previous in
		-o | --output) values="files" ;;
		-d | --duration) values="" ;;
		--device) values="devices" ;;
		--path) values="direct bounced tce coherent failed iommu" ;;
		--min-size) values="" ;;
		--max-size) values="" ;;
		--until-finding) values="" ;;
		--then) values="" ;;
		--on-finding) values="" ;;
		--stacks) values="first failures all none" ;;
		--hooks) values="needed all" ;;
		--ring) values="" ;;
		--btf) values="files" ;;
		esac
		;;
	bugreport)
		options="-d --duration -o --output -f --force --no-redact --btf -q --quiet -h --help"
		case $previous in
		-d | --duration) values="" ;;
		-o | --output) values="" ;;
		--btf) values="files" ;;
		esac
		;;
	report)
		options="--device --at --since --until --ranges -a --all -j --json --html -f --force
			-h --help"
		case $previous in
		--device) values="devices" ;;
		--at) values="" ;;
		--since) values="" ;;
		--until) values="" ;;
		--ranges) values="" ;;
		--html) values="files" ;;
		esac
		;;
	findings)
		options="--device --since --until -j --json -h --help"
		case $previous in
		--device) values="devices" ;;
		--since) values="" ;;
		--until) values="" ;;
		esac
		;;
	diff)
		options="-j --json -e --exit-code -q --quiet -h --help"
		case $previous in
		esac
		;;
	explain)
		options="-h --help"
		case $previous in
		esac
		;;
	convert)
		options="-t --to -o --output --table --since --until --max-size -z --gzip -f --force
			-h --help"
		case $previous in
		-t | --to) values="perfetto csv openmetrics html" ;;
		-o | --output) values="files" ;;
		--table) values="ranges devices windows shared findings" ;;
		--since) values="" ;;
		--until) values="" ;;
		--max-size) values="" ;;
		esac
		;;
	metrics)
		options="-d --interval -e --every -l --listen -o --output -f --format -i --input
			--btf --no-kprobes --force-kprobes -h --help"
		case $previous in
		-d | --interval) values="" ;;
		-e | --every) values="" ;;
		-l | --listen) values="" ;;
		-o | --output) values="files" ;;
		-f | --format) values="openmetrics prometheus" ;;
		-i | --input) values="files" ;;
		--btf) values="files" ;;
		esac
		;;
esac
# options: end
}

_dmascope() {
	local verb='' verbs options values i word=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) return ;;
		-*) ;;
		*) [ -n "$verb" ] || verb=${COMP_WORDS[i]} ;;
		esac
	done
	_dmascope_tables "${verb:-top}" "$previous"
	if [ -n "$values" ]; then
		case $values in
		files) COMPREPLY=($(compgen -f -- "$word")) ;;
		devices) COMPREPLY=($(cd /sys/bus/pci/devices 2>/dev/null && compgen -f -- "$word")) ;;
		*) COMPREPLY=($(compgen -W "$values" -- "$word")) ;;
		esac
		[ "$values" != files ] || compopt -o filenames 2>/dev/null
	elif [ -z "$verb" ]; then
		COMPREPLY=($(compgen -W "$verbs $options --version" -- "$word"))
	elif [ "$verb" = explain ] && [[ $word != -* ]]; then
		COMPREPLY=($(compgen -W "$(dmascope explain 2>/dev/null | sed 's/ .*//')" -- "$word"))
	elif [[ $word = -* ]]; then
		COMPREPLY=($(compgen -W "$options" -- "$word"))
	else
		COMPREPLY=($(compgen -f -- "$word"))
		compopt -o filenames 2>/dev/null
	fi
}

complete -F _dmascope dmascope
