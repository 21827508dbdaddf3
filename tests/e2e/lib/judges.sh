# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by lib.sh: the judges, a capture and counters that know nothing of Resid.

wire_pid=

# wire_start [NAMESPACE DEVICE]: begins a capture of what arrives there (the peer's up0).
# shellcheck disable=SC2120 # most callers capture at the peer
wire_start()
{
	wire_log=$work/wire.log
	background "$work/wire.out" "$tools/in" -n "/run/netns/${1:-peer}" "$tools/wire" "${2:-up0}" "$wire_log"
	wire_pid=$background_pid
}

# wire_stop: after it $wire_log is whole, or the test ends: a capture with holes proves nothing.
wire_stop()
{
	local last

	sleep 0.2
	stop "$wire_pid"
	wire_pid=
	last=$(tail -n 1 "$wire_log")
	[[ $last =~ ^"# frames "[0-9]+" lost 0"$ ]] || bail "the capture lost frames: $last"
}

# wire_tag TAG: how many frames arrived with it.
wire_tag() { awk -v tag="$1" '$9 == tag' "$wire_log" | wc -l; }

# arrived NAME TAG: it did; more than once if an ICMP error that quotes it went back and forth.
arrived()
{
	if (($(wire_tag "$2") >= 1)); then
		ok "$1"
	else
		not_ok "$1" "no frame with the tag $2"
	fi
}

# wire_port PROTO-NUMBER SOURCE-PORT ADDRESS: how many frames of that flow arrived.
wire_port() { awk -v p="$1" -v sport="$2" -v to="$3" '$5 == p && $6 == sport && $4 == to' "$wire_log" | wc -l; }

# counters [NAMESPACE]: chains ahead of Resid's: output, forward (inet), egress (of the uplink).
# shellcheck disable=SC2120 # most callers count at the node
counters()
{
	local where=${1:-}
	local run=()

	[[ -z $where ]] || run=("$tools/in" -n "/run/netns/$where")
	"${run[@]}" nft -f - <<-NFT
		table inet e2e {
			chain output { type filter hook output priority -500; }
			chain forward { type filter hook forward priority -500; }
		}
	NFT
	[[ -n $where ]] || nft 'add table netdev e2e; add chain netdev e2e egress { type filter hook egress device "uplink" priority -500; }'
}

# count NAME CHAIN MATCH... [in NAMESPACE is $count_in]
count()
{
	local name=$1 chain=$2 table="inet e2e"
	local run=()

	shift 2
	[[ -z ${count_in:-} ]] || run=("$tools/in" -n "/run/netns/$count_in")
	[[ $chain != egress ]] || table="netdev e2e"
	"${run[@]}" nft "add counter $table $name; add rule $table $chain $* counter name $name"
}

# counted NAME [CHAIN]: packets so far.
counted()
{
	local table="inet e2e"
	local run=()

	[[ -z ${count_in:-} ]] || run=("$tools/in" -n "/run/netns/$count_in")
	[[ ${2:-output} != egress ]] || table="netdev e2e"
	# shellcheck disable=SC2086 # two words
	"${run[@]}" nft list counter $table "$1" | awk '/packets/ { print $2 }'
}
