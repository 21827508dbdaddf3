#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `make demo` runs in the guest: three workloads, twelve places, one table, and the records.
#
# What a row should be is computed here from the place's country alone (places.awk finds the places in the GeoIP files) and from
# the list of EU members below. What it was is told by four witnesses: the program, a capture at the peer, nft counters
# ahead of the hooks, and the records.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

eu=" AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE "
names=(FR4 DE4 PRIVATE4 US4 CN4 UNKNOWN4 FR6 DE6 PRIVATE6 US6 CN6 UNKNOWN6)
if [[ -n ${RESID_DEMO_COLOUR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
	bold='' dim='' red='' green='' plain=''
fi
wrong=0 rows=0 attempts=0

say() { printf '%s\n' "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
bail() { say "${red}The demo ends here: $*$plain"; exit 2; }

# command COMMAND...: shows it as a person would type it, and what it says.
run()
{
	printf '  %s$ %s%s\n' "$dim" "${1##*/}${2:+ ${*:2}}" "$plain"
	"$@" 2>&1 | sed 's/^/    /'
	((PIPESTATUS[0] == 0)) || bail "$* failed"
}

# may WHO COUNTRY: whether that workload's data may go there.
may()
{
	[[ $1 == public || $2 == PRIVATE || $eu == *" $2 "* ]]
}

country() { echo "${1%[46]}"; }

# location NAME: how Resid should call the place.
location()
{
	case $1 in
	PRIVATE) echo local ;;
	UNKNOWN) echo unknown ;;
	*) echo "$1" ;;
	esac
}

class_of() { [[ $1 == public ]] && echo public || echo health; }

# ---- the node -------------------------------------------------------------------------------------------------------

e2e_begin
title "A hosting node, its tenants, and the internet"
say "  $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r); locations: tor-geoipdb, the whole world"
topology
tenant
at tenant
background "$work/server.out" "${at[@]}" "$tools/peerd" 443

# Ahead of our hooks. The EU's and public's packets are none of these counters' business.
refused4='' refused6=''
for name in "${names[@]}"; do
	may health "$(country "$name")" && continue
	[[ $name == *4 ]] && refused4+="${place[$name]}, " || refused6+="${place[$name]}, "
done
for where in node tenant; do
	in=()
	[[ $where == node ]] || in=(in_tenant)
	"${in[@]}" nft -f - <<-NFT
		table inet e2e {
			counter refused { }
			chain output {
				type filter hook output priority -500;
				$([[ $where == node ]] && echo 'socket cgroupv2 level 2 "e2e/public" accept')
				ip daddr { ${refused4%, } } counter name refused
				ip6 daddr { ${refused6%, } } counter name refused
			}
		}
	NFT
done
wire_start

title "Resid"
# shellcheck disable=SC2046 # a list
run modprobe -a nf_reject_ipv4 nf_reject_ipv6 $(modinfo -F depends "$top/resid.ko" | tr , ' ')
run insmod "$top/resid.ko"
run "$residctl" tagger load
run "$residctl" policy load
run "$residctl" class assign health "cgroup:/e2e/health"
run "$residctl" class assign public "cgroup:/e2e/public"
run "$residctl" class assign health netns:tenant --tenant clinic
# The peer is on the same kernel: it plays a part that no class forbids.
ctl class assign public "cgroup:/e2e/peer"
run "$residctl" mode enforcing
printf '  %s$ residd &%s\n' "$dim" "$plain"
residd_start

# ---- what the workloads do --------------------------------------------------------------------------------------

declare -A saw=() us=() sport=()

# go WHO FAMILY: that workload tries everything.
go()
{
	local who=$1 family=$2 name proto line list=''

	for name in "${names[@]}"; do
		[[ $name == *"$family" ]] || continue
		for proto in tcp udp icmp; do
			list+="$proto ${place[$name]} $echo_port $who-$name-$proto"$'\n'
		done
	done
	while IFS= read -r line; do
		name=$(field tag "$line")
		saw[$name]=$(field saw "$line")
		us[$name]=$(field us "$line")
		sport[$name]=$(field sport "$line")
		((++attempts))
	done < <(attempts "$who" <<<"$list")
}

title "Every workload tries TCP, UDP and ICMP to every place"
go health 4
say "  residd (pid $residd_pid) is killed with -9 here"
residd_stop KILL
go health 6
go public 4
say "  residd starts again"
residd_start
go public 6
go tenant 4
go tenant 6

say "  and a client of each place connects to the tenant"
clients=()
for name in "${names[@]}"; do
	workload peer "$tools/try" -t 2000 -s "${place[$name]}" tcp "${place[FRc${name: -1}]}" 443 "client-$name-tcp" \
		>"$work/client-$name" &
	clients+=($!)
done
wait "${clients[@]}"
for name in "${names[@]}"; do
	line=$(cat "$work/client-$name")
	saw[client-$name-tcp]=$(field saw "$line")
	us[client-$name-tcp]=$(field us "$line")
	((++attempts))
done
wire_stop

# The last packets need not be the last records: residd drains once a second.
refused() { "$@" nft list counter inet e2e refused | awk '/packets/ { print $2 }'; }
counted_node=$(refused env)
counted_tenant=$(refused in_tenant)
all_recorded() { (($(recorded verdict=reject) >= counted_node + counted_tenant)); }
wait_until 15 all_recorded || true
sleep 1.2

# ---- the table ----------------------------------------------------------------------------------------------------

# What the capture and the records hold, read once: frames by tag and by TCP flow, hooks by what a record says.
declare -A frames=() hooks=()
while read -r key n; do
	frames[$key]=$n
done < <(awk '!/^#/ { if ($9 != "-") n[$9]++; if ($5 == 6) { n[$6 ">" $4]++; n[$3 ">" $4]++ } } END { for (k in n) print k, n[k] }' "$wire_log")
while read -r key hook; do
	hooks[$key]=$hook
done < <(awk '
	function value(key,    at, rest) {
		at = index($0, "\"" key "\":")
		rest = substr($0, at + length(key) + 3)
		sub(/^"/, "", rest)
		sub(/[",}].*/, "", rest)
		return at ? rest : "-"
	}
	{
		print value("class") "|" value("src") "|" value("dst") "|" value("verdict") "|" value("rule") "|" value("location") "|" value("enforced"), value("hook")
		print value("class") "|" value("src") "|" value("dst"), "any"
	}' "$RESID_LOG_FILE")

# from_wire TAG DESTINATION: how many frames of that attempt arrived; into $arrived.
from_wire()
{
	arrived=${frames[$1]:-0}
	[[ -z ${sport[$1]:-} || ${sport[$1]} == 0 ]] || ((arrived += ${frames[${sport[$1]}>$2]:-0})) || true
}

# words TAG...: what the program saw, short.
words()
{
	local tag text='' first=${saw[$1]} same=1 times=''

	for tag; do
		[[ ${saw[$tag]} == "$first" ]] || same=
		text+=" / ${saw[$tag]}"
		times+=" / ${us[$tag]}"
	done
	if [[ $first == ECONNREFUSED && -n $same ]]; then
		echo "ECONNREFUSED in ${times# / } us"
	else
		echo "${text# / }"
	fi
}

json_value() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" <<<"$2" | sed -n 1p; }

declare -A explained=()

# row LABEL WHO NAME EXPECTED-VERDICT TAG:OUTCOME...: judges and prints one.
row()
{
	local label=$1 who=$2 name=$3 expected=$4 to=${place[$3]} faults='' explanation hook=- tag outcome arrived from tags=()
	local class location verdict rule

	shift 4
	class=$(class_of "$who")
	[[ -n ${explained[$class-$to]:-} ]] || explained[$class-$to]=$("$residctl" explain --json --class "$class" "$to")
	explanation=${explained[$class-$to]}
	location=$(json_value location "$explanation")
	verdict=$(json_value verdict "$explanation")
	rule=$(json_value rule "$explanation")
	[[ $location == "$(location "$(country "$name")")" ]] || faults+="; location: expected $(location "$(country "$name")")"
	[[ $verdict == "$expected" ]] || faults+="; verdict: expected $expected"
	for tag; do
		outcome=${tag#*:}
		tag=${tag%%:*}
		tags+=("$tag")
		[[ ${saw[$tag]:-nothing} == "$outcome" ]] || faults+="; ${tag##*-}: saw ${saw[$tag]:-nothing}, expected $outcome"
		# The clients' own packets arrive nowhere here: theirs is the other direction, judged below.
		[[ $who != client ]] || continue
		from_wire "$tag" "$to"
		if [[ $expected == allow ]]; then
			((arrived)) || faults+="; ${tag##*-}: nothing arrived at the peer"
		else
			((arrived == 0)) || faults+="; ${tag##*-}: $arrived frames arrived at the peer"
		fi
	done
	if [[ $who == client && $expected == reject ]]; then
		arrived=${frames[${place[FRc${name: -1}]}>$to]:-0}
		((arrived == 0)) || faults+="; $arrived frames of the tenant arrived there"
	fi
	case $who in
	tenant | client) from=${place[FRc${name: -1}]} ;;
	*) from=$([[ $name == *4 ]] && echo 10.77.0.1 || echo fd77::1) ;;
	esac
	if [[ $expected == reject ]]; then
		hook=${hooks[$class|$from|$to|reject|$rule|$location|true]:-}
		[[ -n $hook ]] || faults+="; no such record"
	elif [[ -n ${hooks[$class|$from|$to]:-} ]]; then
		faults+="; a record of what is allowed"
	fi
	((++rows))
	printf '  %-18s %-7s %-21s %-8s %-7s %-15s %-10s %s\n' "$label" "$class" "$to" "$location" "$verdict" "$rule" "${hook:--}" "$(words "${tags[@]}")"
	if [[ -n $faults ]]; then
		((++wrong))
		printf '  %s^ wrong: %s%s\n' "$red" "${faults#; }" "$plain"
	fi
}

title "What became of it"
printf '  %s%-18s %-7s %-21s %-8s %-7s %-15s %-10s %s%s\n' "$bold" WORKLOAD CLASS DESTINATION LOCATION VERDICT RULE HOOK \
	"WHAT THE PROGRAM SAW (TCP / UDP / ICMP)" "$plain"
for who in health public tenant; do
	label="cgroup $who"
	[[ $who != tenant ]] || label="namespace tenant"
	for name in "${names[@]}"; do
		if may "$who" "$(country "$name")"; then
			row "$label" $who "$name" allow "$who-$name-tcp:connected" "$who-$name-udp:echoed" "$who-$name-icmp:echoed"
		else
			row "$label" $who "$name" reject "$who-$name-tcp:ECONNREFUSED" "$who-$name-udp:ECONNREFUSED" \
				"$who-$name-icmp:ECONNREFUSED"
		fi
	done
done
for name in "${names[@]}"; do
	if may tenant "$(country "$name")"; then
		row "tenant to client" client "$name" allow "client-$name-tcp:connected"
	else
		row "tenant to client" client "$name" reject "client-$name-tcp:timeout"
	fi
done

# ---- the records --------------------------------------------------------------------------------------------------

title "What the SIEM receives ($RESID_LOG_FILE)"
for filter in "proto=tcp family=ipv4" "proto=udp family=ipv6" "proto=icmp" "proto=icmpv6" "src=${place[FRc4]}"; do
	# shellcheck disable=SC2086 # several conditions
	records $filter | sed -n 1p | sed 's/^/  /'
done
lines=$(records | wc -l)
double=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$RESID_LOG_FILE" | sort | uniq -d | wc -l)
node_recorded=$(($(recorded verdict=reject src=10.77.0.1) + $(recorded verdict=reject src=fd77::1)))
tenant_recorded=$(($(recorded verdict=reject src="${place[FRc4]}") + $(recorded verdict=reject src="${place[FRc6]}")))

# agree TEXT GOT EXPECTED
agree()
{
	if [[ $2 == "$3" ]]; then
		printf '  %s%-64s %s%s\n' "$green" "$1" "$2" "$plain"
	else
		((++wrong))
		printf '  %s%-64s %s, expected %s%s\n' "$red" "$1" "$2" "$3" "$plain"
	fi
}

title "The books"
say "  $lines records; residd was killed with -9 once"
agree "packets recorded for the node = at the counter ahead of the hook" "$node_recorded" "$counted_node"
agree "packets recorded for the tenant = at the counter in its namespace" "$tenant_recorded" "$counted_tenant"
agree "records written twice" "$double" 0
agree "frames that the capture lost" "$(awk '/^# frames/ { print $5 }' "$wire_log")" 0
((counted_node > 0 && counted_tenant > 0)) || ((++wrong))

tear_down
if ((wrong)); then
	title "${red}$wrong wrong; $rows rows, $attempts attempts$plain"
	exit 1
fi
title "${green}All $rows rows are as expected: $attempts attempts, nothing refused reached the peer, every refusal was recorded once.$plain"
