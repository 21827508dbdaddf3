# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # its parts and the tests read them
# Sourced by every end-to-end test: the topology, the counters, the capture, TAP. It runs inside a guest of
# tests/vm/run (tests/run e2e/NAME boots one); nothing here touches a machine that is not a guest.
#
#        the node (initial namespace)                               the internet (namespace `peer`)
#   ┌──────────────────────────────────────────┐                 ┌────────────────────────────────────────┐
#   │ cgroups e2e/health, e2e/public, …        │                 │ cgroup e2e/peer, class public          │
#   │                                          │                 │ lo: FR DE US CN UNKNOWN PRIVATE, v4 v6 │
#   │                       uplink 10.77.0.1 ──┼──── veth ───────┼── up0 10.77.0.2                        │
#   │                              fd77::1     │                 │       fd77::2                          │
#   │  ten0 169.254.78.1, fe80::78             │                 │ peerd: TCP and UDP echo, port 7        │
#   └───────┬──────────────────────────────────┘                 │ wire: writes down what arrives at up0  │
#          veth                                                  └────────────────────────────────────────┘
#   ┌───────┴──────────────────────────────────┐
#   │ eth0  FRc4/32, FRc6/128 (namespace       │   Routes to the world go by the gateway, so a destination makes no
#   │       `tenant`, class health)            │   neighbour entry. peer's kernel answers only to private and French
#   └──────────────────────────────────────────┘   addresses, which its own class (kernel: technical) may reach.
#
# `wire` and the nft counters ahead of Resid's hooks are the judges; Resid's own log and counters are what is judged.

e2e=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
top=${e2e%/tests/e2e}
tools=$top/build/tests/e2e
residctl=$top/build/residctl
residd=$top/build/residd
echo_port=7

# shellcheck source=tests/e2e/lib/tap.sh
. "$e2e/lib/tap.sh"
# shellcheck source=tests/e2e/lib/topology.sh
. "$e2e/lib/topology.sh"
# shellcheck source=tests/e2e/lib/workload.sh
. "$e2e/lib/workload.sh"
# shellcheck source=tests/e2e/lib/judges.sh
. "$e2e/lib/judges.sh"
# shellcheck source=tests/e2e/lib/resid.sh
. "$e2e/lib/resid.sh"

work=
token=
down=
children=()

# What scripts start again and again. In an emulated machine a program that has to find its libraries takes a tenth of a
# second to start; a static one in memory, in the C locale, a hundredth.
into_memory()
{
	local box=/run/resid-e2e name
	local applets=(awk basename cat chgrp chmod cmp cp cut dd dirname env find head ln ls mkdir mkfifo mktemp mv od
		realpath rm rmdir sed sh sleep sort stat tail tee touch tr uniq wc)

	if [[ ! -e $box/ready ]]; then
		mkdir -p "$box/bin"
		cp -r "$tools" "$box/tools"
		cp "$(command -v busybox)" "$box/bin/busybox"
		for name in "${applets[@]}"; do
			"$box/bin/busybox" ln -sf busybox "$box/bin/$name"
		done
		: >"$box/ready"
	fi
	tools=$box/tools
	export PATH=$box/bin:$PATH LC_ALL=C
}

# e2e_begin: call first. Makes a work directory with homes of its own for Resid's files, and marks the kernel's log.
e2e_begin()
{
	if [[ ! -d /.resid-vm ]]; then
		echo "1..0 # SKIP runs in a guest: tests/run e2e/$(basename "$0" .sh)"
		exit 0
	fi
	into_memory
	work=$(mktemp -d /run/resid-e2e-XXXXXX)
	token=${work##*/}
	trap e2e_end EXIT
	export RESID_CONF_DIR=$work/etc RESID_STATE_DIR=$work/state RESID_RUN_DIR=$work/run
	export RESID_BPF_DIR=/sys/fs/bpf/$token RESID_LOG_FILE=$work/log/egress.jsonl
	mkdir -p "$work"/{etc,state,run,log}
	printf 'drain_interval = 1\nstatus_interval = 1\n' >"$work/etc/residd.conf"
	echo "resid-vm: begin $token" >/dev/kmsg
}

# e2e_done: call last.
e2e_done()
{
	tear_down
	down=1
	echo "resid-vm: end $token" >/dev/kmsg
	dmesg >"$work/dmesg"
	local complaint status=0

	complaint=$("$top/tests/vm/klog" "$work/dmesg" "$token") || status=$?
	if ((status == 0)); then
		ok "the kernel's log is clean"
	else
		not_ok "the kernel's log is clean" "$complaint"
	fi
	echo "1..$tap_count"
	exit "$tap_failed"
}

e2e_end()
{
	local status=$?

	trap - EXIT
	[[ -n $down ]] || tear_down
	[[ -z ${E2E_KEEP:-} ]] || note "kept $work"
	rm -rf "$work"
	exit "$status"
}

# Undoes all that a test can have done, in any state.
tear_down()
{
	local pid name

	residd_stop ""
	for pid in "${children[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	children=()
	hold_pid=()
	resid_down || note "resid.ko stays loaded"
	for name in /run/netns/*; do
		case ${name##*/} in
		peer | tenant | e2e-*) ip netns del "${name##*/}" 2>/dev/null || true ;;
		esac
	done
	for name in /sys/class/net/*/; do
		name=${name%/}
		name=${name##*/}
		[[ $name == lo || ! -d /sys/class/net/$name ]] || ip link del "$name" 2>/dev/null || true
	done
	[[ ! -d /sys/module/nf_tables ]] || nft flush ruleset
	cgroups_remove
	[[ ! -d $RESID_BPF_DIR ]] || rm -rf "$RESID_BPF_DIR"
}

# background FILE PROGRAM...: its output goes to FILE; waits for the first line. A program, not a function: a function would
# be a shell that has the program for a child, and a signal would reach the shell.
background()
{
	local file=$1 pid

	shift
	: >"$file"
	"$@" >"$file" 2>"$file.err" &
	pid=$!
	children+=("$pid")
	wait_until 20 test -s "$file" || bail "$* says nothing: $(cat "$file.err")"
	background_pid=$pid
}

# stop PID [SIGNAL]: ends a process of ours and waits for it.
stop()
{
	kill "-${2:-TERM}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	local kept=() pid
	for pid in "${children[@]}"; do
		[[ $pid == "$1" ]] || kept+=("$pid")
	done
	children=("${kept[@]}")
}
