# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by lib.sh: runs programs where a workload runs, once or with sockets that stay open.

in_peer() { "$tools/in" -n /run/netns/peer "$@"; }
in_tenant() { "$tools/in" -n /run/netns/tenant "$@"; }
# in_cgroup NAME COMMAND...; the cgroup exists.
in_cgroup() { "$tools/in" -g "$cg/$1" "${@:2}"; }

# try_from health|public|tenant|… tcp|udp|icmp ADDRESS TAG [OPTION...]: prints what try prints.
try_from()
{
	local who=$1 proto=$2 to=$3 tag=$4

	shift 4
	workload "$who" "$tools/try" "$@" "$proto" "$to" "$echo_port" "$tag"
}

# attempts WHO [OPTION...]: makes those on standard input, `PROTOCOL ADDRESS PORT TAG` a line; prints what try prints.
attempts()
{
	# The here-string ends with an empty line; try takes only whole ones.
	sed '/^$/d' | workload "$1" "$tools/try" "${@:2}"
}

# at WHO: sets $at to the words that run a command where that workload runs: cgroup NAME, or tenant, or peer.
at()
{
	case $1 in
	tenant) at=("$tools/in" -n /run/netns/tenant) ;;
	peer) at=("$tools/in" -g "$cg/peer" -n /run/netns/peer) ;;
	*) at=("$tools/in" -g "$cg/$1") ;;
	esac
}

workload()
{
	local at

	at "$1"
	"${at[@]}" "${@:2}"
}

# field NAME LINE: the value of NAME=VALUE.
field()
{
	local text=" $2 "

	text=${text#*" $1="}
	printf '%s\n' "${text%% *}"
}

# saw WHO PROTO ADDRESS TAG: only the outcome.
saw() { field saw "$(try_from "$@")"; }

declare -A hold_pid=() hold_lines=()
hold_said=

# hold_open NAME WHO ARGUMENT...: starts `hold` there; prints what it said first into $hold_said.
hold_open()
{
	local name=$1 at

	at "$2"
	shift 2
	mkfifo "$work/$name.in"
	: >"$work/$name.said"
	# The fifo is held open for both, or the end of the first command would be the end of all.
	"${at[@]}" "$tools/hold" "$@" <>"$work/$name.in" >"$work/$name.said" 2>&1 &
	hold_pid[$name]=$!
	children+=($!)
	hold_lines[$name]=0
	hold_next "$name"
}

hold_next()
{
	local want=$((hold_lines[$1] + 1))

	hold_lines[$1]=$want
	wait_until 10 hold_has "$1" "$want" || bail "hold $1 does not answer: $(cat "$work/$1.said")"
}

# hold_has NAME LINES: it has said that many; the last of them is $hold_said.
hold_has()
{
	local said

	mapfile -t said <"$work/$1.said"
	hold_said=${said[$2 - 1]:-}
	[[ -n $hold_said ]]
}

# hold_do NAME COMMAND: gives it a command and leaves its answer in $hold_said.
hold_do()
{
	echo "$2" >"$work/$1.in"
	hold_next "$1"
}
