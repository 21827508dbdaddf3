# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
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

e2e=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$e2e/../..")
tools=$top/build/tests/e2e
residctl=${RESIDCTL:-$top/build/residctl}
residd=${RESIDD:-$top/build/residd}
echo_port=7

# ---- TAP --------------------------------------------------------------------------------------------------------

tap_count=0
tap_failed=0

note() { printf '# %s\n' "$@"; }
ok() { printf 'ok %d - %s\n' $((++tap_count)) "$1"; }
skip() { printf 'ok %d - %s # SKIP %s\n' $((++tap_count)) "$1" "$2"; }

# not_ok NAME [EXPLANATION...]
not_ok()
{
	printf 'not ok %d - %s\n' $((++tap_count)) "$1"
	tap_failed=1
	shift
	(($# == 0)) || printf '%s\n' "$@" | sed 's/^/#   /'
}

# is NAME GOT EXPECTED
is()
{
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		not_ok "$1" "got:      $2" "expected: $3"
	fi
}

# like NAME GOT REGEX
like()
{
	if [[ $2 =~ $3 ]]; then
		ok "$1"
	else
		not_ok "$1" "got:            $2" "expected match: $3"
	fi
}

# check NAME COMMAND...: the command succeeds; its output is shown if not.
check()
{
	local name=$1 output status=0

	shift
	output=$("$@" 2>&1) || status=$?
	if ((status == 0)); then
		ok "$name"
	else
		not_ok "$name" "status $status: $*" "$output"
	fi
}

# refused NAME STATUS REGEX COMMAND...: the command fails with STATUS and says REGEX in one line.
refused()
{
	local name=$1 expected=$2 regex=$3 output status=0

	shift 3
	output=$("$@" 2>&1 >/dev/null) || status=$?
	# shellcheck disable=SC2053 # a pattern: [13]
	if [[ $status != $expected ]]; then
		not_ok "$name" "status $status, expected $expected: $*" "$output"
	elif [[ $output == *$'\n'* ]]; then
		not_ok "$name" "more than one sentence:" "$output"
	elif [[ ! $output =~ $regex ]]; then
		not_ok "$name" "said:           $output" "expected match: $regex"
	else
		ok "$name"
	fi
}

bail()
{
	echo "Bail out! $*"
	exit 2
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || return 1
		sleep 0.05
	done
}

# ---- begin and end ----------------------------------------------------------------------------------------------

work=
token=
children=()

# e2e_begin: call first. Makes a work directory with homes of its own for Resid's files, and marks the kernel's log.
e2e_begin()
{
	if [[ ! -d /.resid-vm ]]; then
		echo "1..0 # SKIP runs in a guest: tests/run e2e/$(basename "$0" .sh)"
		exit 0
	fi
	work=$(mktemp -d /run/resid-e2e-XXXXXX)
	token=$(basename "$work")
	trap e2e_end EXIT
	# From memory: a program on the guest's root costs a tenth of a second to start.
	cp "$tools"/* "$work/"
	tools=$work
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
	dmesg >"$work/dmesg-before-end"
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
	tear_down
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
	for name in peer tenant $(ip netns list | awk '/^e2e-/ { print $1 }'); do
		ip netns del "$name" 2>/dev/null || true
	done
	for name in $(ip -o link show | awk -F ': ' '{ sub(/@.*/, "", $2); print $2 }'); do
		[[ $name == lo ]] || ip link del "$name" 2>/dev/null || true
	done
	nft delete table inet e2e 2>/dev/null || true
	nft delete table netdev e2e 2>/dev/null || true
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

# ---- places -----------------------------------------------------------------------------------------------------

declare -A place=()

# Fills place[FR4], place[US6], … from the GeoIP files; PRIVATE and NAT64 forms are ours.
places()
{
	local line cache=/run/resid-e2e.places

	[[ -s $cache ]] || awk -f "$e2e/places.awk" /usr/share/tor/geoip /usr/share/tor/geoip6 >"$cache"
	while IFS= read -r line; do
		place[${line%%=*}]=${line#*=}
	done <"$cache"
	place[PRIVATE4]=10.99.0.7
	place[PRIVATE6]=fd99::7
	((${#place[@]} == 18)) || bail "the GeoIP files lack a place: ${!place[*]}"
}

# ---- topology ---------------------------------------------------------------------------------------------------

cg_root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cg=$cg_root/e2e

in_peer() { "$tools/in" -n /run/netns/peer "$@"; }
in_tenant() { "$tools/in" -n /run/netns/tenant "$@"; }
# in_cgroup NAME COMMAND...; the cgroup exists.
in_cgroup() { "$tools/in" -g "$cg/$1" "${@:2}"; }

cgroups_remove()
{
	[[ -d $cg ]] || return 0
	find "$cg" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# sysctl_set NAMESPACE KEY=VALUE...; NAMESPACE node is ours.
sysctl_set()
{
	local where=$1 setting

	shift
	for setting; do
		if [[ $where == node ]]; then
			echo "${setting#*=}" >"/proc/sys/${setting%%=*}"
		else
			"$tools/in" -n "/run/netns/$where" sh -c "echo ${setting#*=} >/proc/sys/${setting%%=*}"
		fi
	done
}

namespace()
{
	ip netns add "$1"
	sysctl_set "$1" net/ipv6/conf/default/accept_dad=0 net/ipv6/conf/all/accept_dad=0
	"$tools/in" -n "/run/netns/$1" ip link set lo up
}

# topology: node, peer and its echo service. `tenant` adds the tenant.
topology()
{
	local name

	places
	sysctl_set node net/ipv6/conf/default/accept_dad=0 net/ipv4/ip_forward=1 net/ipv6/conf/all/forwarding=1
	namespace peer
	ip link add uplink type veth peer name up0 netns peer
	ip link set uplink address 02:00:00:00:77:01
	in_peer ip link set up0 address 02:00:00:00:77:02
	ip addr add 10.77.0.1/24 dev uplink
	ip addr add fd77::1/64 dev uplink nodad
	ip link set uplink up
	in_peer ip addr add 10.77.0.2/24 dev up0
	in_peer ip addr add fd77::2/64 dev up0 nodad
	in_peer ip link set up0 up
	ip route add default via 10.77.0.2
	ip -6 route add default via fd77::2
	in_peer ip route add default via 10.77.0.1
	in_peer ip -6 route add default via fd77::1
	for name in "${!place[@]}"; do
		case $name in
		FRc*) ;;	# the tenant's own
		*4) in_peer ip addr add "${place[$name]}/32" dev lo ;;
		*6) in_peer ip addr add "${place[$name]}/128" dev lo nodad ;;
		esac
	done
	mkdir -p "$cg"/{health,public,internal,vital,peer}
	# Ping sockets and raw echo both work for root; the limits on answers would lose some.
	sysctl_set peer net/ipv4/icmp_ratelimit=0 net/ipv6/icmp/ratelimit=0 net/ipv4/icmp_msgs_per_sec=100000
	sysctl_set node net/ipv4/icmp_ratelimit=0 net/ipv6/icmp/ratelimit=0 net/ipv4/icmp_msgs_per_sec=100000
	background "$work/peerd.out" "$tools/in" -g "$cg/peer" -n /run/netns/peer "$tools/peerd" $echo_port
	wait_until 10 ping_link || bail "the peer does not answer: $(ip addr)"
}

ping_link() { "$tools/try" -t 500 icmp 10.77.0.2 0 link | grep -q saw=echoed; }

tenant()
{
	namespace tenant
	ip link add ten0 type veth peer name eth0 netns tenant
	ip addr add 169.254.78.1/32 dev ten0
	ip link set ten0 address 02:00:00:00:78:01 up
	ip addr add fe80::78/64 dev ten0 nodad
	ip route add "${place[FRc4]}/32" dev ten0
	ip -6 route add "${place[FRc6]}/128" dev ten0
	in_tenant ip addr add "${place[FRc4]}/32" dev eth0
	in_tenant ip addr add "${place[FRc6]}/128" dev eth0 nodad
	in_tenant ip link set eth0 up
	in_tenant ip route add 169.254.78.1 dev eth0 scope link
	in_tenant ip route add default via 169.254.78.1
	in_tenant ip -6 route add default via fe80::78 dev eth0
}

# try_from health|public|tenant|… tcp|udp|icmp ADDRESS TAG [OPTION...]: prints what try prints.
try_from()
{
	local who=$1 proto=$2 to=$3 tag=$4

	shift 4
	workload "$who" "$tools/try" "$@" "$proto" "$to" $echo_port "$tag"
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

# ---- sockets that are held open ---------------------------------------------------------------------------------

# shellcheck disable=SC2034 # the tests read them
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
	# shellcheck disable=SC2034 # the tests read it
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
	# shellcheck disable=SC2034
	hold_said=$(sed -n "${want}p" "$work/$1.said")
}

hold_has() { (($(wc -l <"$work/$1.said") >= $2)); }

# hold_do NAME COMMAND: gives it a command and leaves its answer in $hold_said.
hold_do()
{
	echo "$2" >"$work/$1.in"
	hold_next "$1"
}

# ---- judges -----------------------------------------------------------------------------------------------------

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
	sleep 0.2
	stop "$wire_pid"
	wire_pid=
	grep -q '^# frames [0-9]* lost 0$' "$wire_log" || bail "the capture lost frames: $(tail -n 1 "$wire_log")"
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

# ---- Resid ------------------------------------------------------------------------------------------------------

residd_pid=

# module_load [PARAMETER=VALUE...]
# shellcheck disable=SC2120 # most callers need no parameter
module_load()
{
	local depends

	depends=$(modinfo -F depends "$top/resid.ko" | tr ',' ' ')
	# shellcheck disable=SC2086 # a list
	modprobe -a nf_reject_ipv4 nf_reject_ipv6 $depends
	insmod "$top/resid.ko" "$@"
}

module_loaded() { [[ -d /sys/module/resid ]]; }

# resid_up [MODE [POLICY]]: module, tagger, policy (of tests/e2e/policy, compiled), classes, mode.
# shellcheck disable=SC2120
resid_up()
{
	local mode=${1:-enforcing}

	module_loaded || module_load boot=open
	ctl policy load "$(policy "${2:-default}")"
	classes
	ctl mode "$mode"
}

policy() { echo "$top/build/tests/e2e-policy/$1.rsnap"; }

# ctl ARGUMENT...: residctl as a step of a test, not its subject: the test ends if it fails.
ctl() { "$residctl" "$@" >>"$work/ctl" 2>&1 || bail "residctl $*: $(tail -n 1 "$work/ctl")"; }

# Assigns the topology's classes.
classes()
{
	assign public "cgroup:$cg/peer"
	assign public "cgroup:$cg/public"
	assign health "cgroup:$cg/health"
	assign vital "cgroup:$cg/vital"
	assign internal "cgroup:$cg/internal"
	[[ ! -e /run/netns/tenant ]] || assign health netns:tenant
}

assign() { ctl class assign "$@"; }

resid_down()
{
	module_loaded || return 0
	"$residctl" disarm --yes >/dev/null 2>&1 || true
	rmmod resid
}

# shellcheck disable=SC2120
residd_start()
{
	"$residd" "$@" >>"$work/residd.out" 2>&1 &
	residd_pid=$!
	wait_until 60 residd_ready || bail "residd does not get ready: $(tail -n 3 "$work/residd.out")"
}

residd_ready() { grep -q "\"state\":\"running\",\"pid\":$residd_pid," "$RESID_RUN_DIR/status.json"; }

# residd_stop [SIGNAL]
# shellcheck disable=SC2120
residd_stop()
{
	[[ -n $residd_pid ]] || return 0
	kill "-${1:-TERM}" "$residd_pid" 2>/dev/null || true
	wait "$residd_pid" 2>/dev/null || true
	residd_pid=
}

# ---- what Resid says --------------------------------------------------------------------------------------------

# records [KEY=VALUE]...: the records in residd's log that match all.
records()
{
	[[ -e $RESID_LOG_FILE ]] || return 0
	awk -v wanted="$*" '
		BEGIN { n = split(wanted, want, " ") }
		{
			for (i = 1; i <= n; i++) {
				at = index(want[i], "=")
				key = "\"" substr(want[i], 1, at - 1) "\":"
				value = substr(want[i], at + 1)
				if (!index($0, key "\"" value "\"") && !index($0, key value ",") && !index($0, key value "}"))
					next
			}
			print
		}' "$RESID_LOG_FILE"
}

# packets_of: sums the packets of the records on standard input.
packets_of() { awk -F '"packets":' 'NF > 1 { sum += $2 + 0 } END { printf "%d\n", sum }'; }

recorded() { records "$@" | packets_of; }

# counter CLASS VERDICT: packets that the module counted, over all rules.
counter() { "$residctl" counters | awk -v c="$1" -v v="$2" '$1 == c && $2 == v { sum += $4 } END { printf "%d\n", sum }'; }

recorded_is() { [[ $(recorded "${@:2}") == "$1" ]]; }

# await_recorded NAME PACKETS [KEY=VALUE]...: the records come to that many packets, and stay there.
await_recorded()
{
	local name=$1 packets=$2

	shift 2
	wait_until 20 recorded_is "$packets" "$@" || true
	sleep 1
	is "$name" "$(recorded "$@")" "$packets"
}
