# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and its parts share their variables
# Sourced by the tests of what a node does at boot when something is wrong: a node that enforces, a fault, a boot.

restore=$top/build/resid-restore
good=$work/good
number=0 status=0 module=
tags=()

# places_data FILE: location data of the places that the tests send to.
places_data()
{
	local name a b c d

	for name in "${!place[@]}"; do
		[[ $name =~ ^(FR|US|DE|CN)[a-z]?4$ ]] || continue
		IFS=. read -r a b c d <<<"${place[$name]}"
		echo "$(((a << 24) + (b << 16) + (c << 8) + d)),$(((a << 24) + (b << 16) + (c << 8) + d)),${BASH_REMATCH[1]}"
	done | sort -t , -k 1n >"$1"
}

in_force() { "$residctl" status --json | sed -n 's/.*"generation":"\([0-9a-f]*\)".*/\1/p'; }

# faults_begin: a node that enforces its second policy, $second, and had $first before; a third one, which lets everything
# leave, was only tried and is the youngest file. Begins the capture.
faults_begin()
{
	local data=(--geoip4 "$work/geoip" --geoip6 "$top/build/tests/e2e-policy/small6")

	us=${place[US4]} us6=${place[US6]} fr=${place[FR4]} bootstrap=${place[DE4]}
	places_data "$work/geoip"
	module_load boot=open
	classes
	# The German address is what the node must reach before it has a policy.
	sed "s|^rules:|bootstrap: [$bootstrap]\n&|" "$top/policy/default.yaml" >"$work/second.yaml"
	ctl policy load "${data[@]}" "$top/policy/default.yaml"
	first=$(in_force)
	ctl policy load "${data[@]}" "$work/second.yaml"
	second=$(in_force)
	ctl mode enforcing
	ctl policy load "${data[@]}" --confirm 1 "$top/tests/e2e/policy/open.yaml"
	sleep 1.5
	is "three policies were loaded, and one of them only tried" \
		"$(find "$RESID_STATE_DIR/generations" -name '*.rsnap' | wc -l) $(find "$RESID_STATE_DIR/generations" -name '*.trial' | wc -l)" "3 1"
	resid_down
	cp -a "$RESID_STATE_DIR" "$good.state"
	cp -a "$RESID_CONF_DIR" "$good.etc"
	wire_start
}

# faults_end: now it is looked at what left.
faults_end()
{
	local tag

	again
	is "twin: without Resid it leaves" "$(saw health udp "$us" control)" echoed
	wire_stop
	for tag in "${tags[@]}"; do
		is "${tag#* }: nothing refused left" "$(wire_tag "${tag%% *}")" 0
	done
	arrived "twin: the capture sees what leaves" control
}

# again: all of the node as it was, before the next fault.
again()
{
	umount "$RESID_STATE_DIR" 2>/dev/null || true
	resid_down
	nft flush ruleset
	rm -rf "$RESID_STATE_DIR" "$RESID_CONF_DIR" "$RESID_RUN_DIR" "$RESID_BPF_DIR"
	cp -a "$good.state" "$RESID_STATE_DIR"
	cp -a "$good.etc" "$RESID_CONF_DIR"
	mkdir -p "$RESID_RUN_DIR"
	((++number))
}

# boots: what a boot runs, with the module unless $module is absent. Its words go to $work/said, its status to $status.
boots()
{
	status=0
	[[ $module == absent ]] || module_load boot=open
	"$restore" >"$work/said" 2>&1 || status=$?
}

# nothing_leaves NAME: of a class that may not, by a socket and past the stack.
nothing_leaves()
{
	saw health udp "$us" "t$number" >/dev/null
	saw health tcp "$us6" "t$number" >/dev/null
	in_cgroup health "$tools/forge" -i uplink -d 02:00:00:00:77:02 udp 10.77.0.1 "$us" 7 "t$number" >/dev/null
	tags+=("t$number $1")
}

# fault NAME EXPECTED SAID PLANT...: after a boot with that fault
#   second   what was in force is        first   the one before it is
#   closed   the module is closed        open    everything leaves
#   shut     nftables shuts the node     bare    the same, without the policy's bootstrap addresses
fault()
{
	local name=$1 expected=$2 said=$3 want=0

	shift 3
	again
	"$@"
	boots
	[[ $expected == second || $expected == first ]] || want=2
	is "$name: the status" "$status" $want
	like "$name: a sentence says it" "$(cat "$work/said")" "$said"
	case $expected in
	second) is "$name: what was in force is" "$(in_force) $("$residctl" mode)" "$second enforcing" ;;
	first) is "$name: what was in force before is" "$(in_force) $("$residctl" mode)" "$first enforcing" ;;
	closed)
		like "$name: the module is closed" "$("$residctl" status)" 'armed +no: closed'
		is "$name: closed, a private network answers" "$(saw health udp 10.77.0.2 local)" echoed
		;;
	shut) is "$name: shut, the bootstrap address answers" "$(saw health udp "$bootstrap" bootstrap)" echoed ;;
	bare) is "$name: shut, the bootstrap address is not known" "$(saw health udp "$bootstrap" bootstrap)" EPERM ;;
	open) is "$name: open" "$(saw health udp "$us" "open$number")" echoed ;;
	esac
	[[ $expected == open ]] || nothing_leaves "$name"
	if [[ $expected == shut || $expected == bare ]]; then
		check "$name: the table is there" nft list table inet resid_absent
	else
		check "$name: nftables has nothing of ours" bash -c '! nft list table inet resid_absent 2>/dev/null'
	fi
}

state() { echo "$RESID_STATE_DIR/$1"; }

# flip FILE OFFSET: another byte there
flip() { printf '\x5a' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# each_generation COMMAND...: with each file as its last argument
each_generation()
{
	local file

	for file in "$RESID_STATE_DIR"/generations/*.rsnap; do
		"$@" "$file"
	done
}
