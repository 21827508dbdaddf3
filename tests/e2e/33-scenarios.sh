#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The scenarios of policy/scenarios on a real kernel: every case of their tables is a packet here, and what the program
# sees is what the table says. Then what no table can hold: the airlock opens and closes by the kernel's own clock, the
# exception ends under an open connection, an answer is refused although its question came in. It sets the clock.
# vm: own
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

scenarios=$top/build/tests/e2e-scenarios
# Inside the window of every exception that a table speaks of.
declare -A day=([oiv-nuclear]=2026-10-01T00:00:00Z [trusted-cloud-google]=2026-11-21T02:00:00Z
	[tender-platform]=2026-11-02T08:00:00Z)

e2e_begin
topology
module_load boot=open
# What a stateful firewall would do: without a rule that asks it, conntrack rests, and no packet has a direction. Resid says
# so, and offers a remedy, which is taken. A chain at conntrack's priority is none.
untracked() { "$residctl" status --json | jq -c '[.direction_rules, .untracked_ipv4, .untracked_ipv6, has("direction_unknown")]'; }
nft 'add table inet e2e-ct; add chain inet e2e-ct c { type filter hook output priority -200; }'
load=$("$residctl" policy load "$scenarios/trusted-cloud-google.rsnap" 2>&1 >/dev/null)
like "without conntrack the load warns" "$load" 'warning: .* conntrack is off in the initial network namespace and [1-9]'
is "and the status says so" "$(untracked)" '[true,true,true,true]'
nft 'add table ip e2e-ct; add chain ip e2e-ct c { type filter hook output priority -300; ct state invalid; }'
like "of the family that lacks it" "$("$residctl" status)" 'direction .* conntrack is off in the initial network namespace for IPv6'
remedy=$(sed -n 's/.* until .nft .\(.*\).. in the namespace.*/\1/p' <<<"$load")
check "the remedy, here" nft "$remedy"
is "it helps" "$(untracked)" '[true,false,false,true]'
like "the peer's namespace lacks it still" "$("$residctl" status)" 'conntrack is off in 1 of 1 other network namespaces:'
check "the remedy, there" in_peer nft "$remedy"
is "nothing lacks it" "$(untracked)" '[true,false,false,false]'
mapfile -t addresses < <(cut -d ' ' -f 3 "$scenarios"/*.cases | sort -u)
mapfile -t ports < <(awk '$5 != "reply" { print $4 }' "$scenarios"/*.cases | sort -nu)
for address in "${addresses[@]}"; do
	case $address in
	*:*) in_peer ip addr add "$address/128" dev lo nodad ;;
	*) in_peer ip addr add "$address/32" dev lo 2>/dev/null || true ;;
	esac
done
background "$work/world.out" "$tools/in" -g "$cg/peer" -n /run/netns/peer "$tools/peerd" "${ports[@]}"

# scenario NAME [SNAPSHOT]: in force, its classes assigned to cgroups of their names.
scenario()
{
	local class

	rm -rf "$RESID_CONF_DIR/assign.d"
	mkdir -p "$RESID_CONF_DIR/assign.d"
	while read -r class; do
		mkdir -p "$cg/$1-$class"
		[[ $class == unlabelled ]] || keep_class "$class" "cgroup:/e2e/$1-$class"
	done < <(cut -d ' ' -f 1 "$scenarios/$1.cases" | sort -u)
	keep_class e2e-peer cgroup:/e2e/peer
	ctl policy load "$scenarios/${2:-$1}.rsnap"
	ctl mode enforcing
}

# expected VERDICT PROTOCOL: what a program sees of it.
expected()
{
	case $1/$2 in
	allow/tcp | audit/tcp) echo connected ;;
	allow/* | audit/*) echo echoed ;;
	reject/*) echo ECONNREFUSED ;;
	drop/*) echo timeout ;;
	esac
}

# answer NAME CLASS ADDRESS VERDICT: a client there asks a server of that class here.
answer()
{
	local name=$1 class=$2 address=$3 verdict=$4 got

	hold_open "server-$((++servers))" "$name-$class" listen 10.77.0.1 $((9000 + servers))
	got=$(field saw "$(workload peer "$tools/try" -t 1500 -s "$address" tcp 10.77.0.1 $((9000 + servers)) "asks-$servers")")
	stop "${hold_pid[server-$servers]}"
	if [[ $verdict == allow || $verdict == audit ]]; then
		is "$name: $class answers $address" "$got" connected
	else
		is "$name: $class does not answer $address" "$got" timeout
	fi
}

servers=0
for file in "$scenarios"/*.cases; do
	name=$(basename "$file" .cases)
	now=${day[$name]:-}
	[[ -z $now ]] || date -s "$now" >/dev/null
	scenario "$name"
	while read -r class proto address port direction at verdict rule; do
		# A case with a time of its own is offline's, unless it is the time that the node has.
		[[ $at == - || -n $now && $(date -d "$at" +%s) == $(date -d "$now" +%s) ]] || continue
		if [[ $direction == reply ]]; then
			answer "$name" "$class" "$address" "$verdict"
		else
			got=$(field saw "$(workload "$name-$class" "$tools/try" -t 700 "$proto" "$address" "$port" "$name-$class")")
			is "$name: $class to $address:$port/$proto: $verdict by $rule" "$got" "$(expected "$verdict" "$proto")"
		fi
	done <"$file"
done

# ---- time -----------------------------------------------------------------------------------------------------------

uptime_s()
{
	local up

	read -r up _ </proc/uptime
	echo "${up%.*}"
}

# window NAME SNAPSHOT CLASS ADDRESS FROM UNTIL: the window of an exception, really opening (if the node's clock can be put
# before it) and closing. The kernel fixed it when the policy was published: the wall clock is set back meanwhile.
window()
{
	local name=$1 class=$3 address=$4 from until publish now flow got early

	from=$(date -d "$5" +%s) until=$(date -d "$6" +%s)
	count "$name" output ip daddr "$address" tcp dport 443
	# So early that the window is closed at the first packet; on a slow machine once more, earlier.
	for early in 15 120; do
		date -s "@$((from - early))" >/dev/null
		scenario "$name" "$2"
		publish=$(($(date +%s) - $(uptime_s)))	# what the wall clock said when the node booted, had it run true
		got=$(saw_443 "$name-$class" "$address")
		(($(date +%s) >= from)) || break
	done
	is "$name: before the window" "$got" ECONNREFUSED
	(($(date +%s) < from)) || bail "the window was open before the first packet"
	wait_until 130 reached $((from - publish + 2))	# both are whole seconds
	is "$name: the window is open" "$(saw_443 "$name-$class" "$address")" connected
	hold_open "window-$name" "$name-$class" tcp "$address" 443
	hold_do "window-$name" "send first-$name"
	hold_do "window-$name" recv
	is "$name: a connection in the window" "$hold_said" "got first-$name"
	date -s "@$((from - 8))" >/dev/null
	is "$name: the clock was set back, the window stays open" "$(saw_443 "$name-$class" "$address")" connected
	wait_until 60 reached $((until - publish + 2))
	now=$(date +%s)
	((now >= from && now < until)) || bail "by the clock that was set back the window is not open: it shows nothing"
	is "$name: it closes all the same" "$(saw_443 "$name-$class" "$address")" ECONNREFUSED
	hold_do "window-$name" "send last-$name"
	hold_do "window-$name" recv
	is "$name: the connection is reset" "$hold_said" ECONNRESET
	stop "${hold_pid[window-$name]}"
	flow=("class=$class" "dst=$address" dport=443)
	all_recorded() { (($(recorded "${flow[@]}") >= $(counted "$name"))); }
	wait_until 20 all_recorded || true
	note "$name: $(recorded "${flow[@]}" verdict=audit) packets recorded in the window, $(recorded "${flow[@]}" verdict=reject) refused"
	is "$name: every packet is in the records, from the first to the last" "$(recorded "${flow[@]}")" "$(counted "$name")"
}

# reached SECONDS: since boot.
reached()
{
	local up

	read -r up _ </proc/uptime
	((${up%.*} >= $1))
}

saw_443() { field saw "$(workload "$1" "$tools/try" -t 700 tcp "$2" 443 window)"; }

counters
residd_start
window trusted-cloud-google airlock airlock 34.155.0.1 2026-11-21T01:00:00Z 2026-11-21T01:00:20Z
window oiv-nuclear trial catalogue 52.47.64.1 2026-08-31T22:00:00Z 2026-08-31T22:00:20Z
e2e_done
