#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl explain` says what the kernel does: 10,000 random questions that the module answers as well, and 10,000 real
# packets, of which exactly those arrive beyond the node that explain lets through; and whose class they have, and why.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

e2e_begin
topology
resid_up
questions=$top/build/tests/e2e-questions

status=0
"$residctl" explain --kernel <"$questions/any" >"$work/answers" 2>"$work/answers.err" || status=$?
is "10,000 random questions: the kernel agrees" "$status $(wc -l <"$work/answers")" "0 10000"
note "$(awk '{ n[$3]++ } END { for (v in n) printf "%s %d  ", v, n[v] }' "$work/answers")" "$(head -n 3 "$work/answers.err")"
is "with some of each verdict" "$(awk '$3 == "allow" || $3 == "reject" { print $3 }' "$work/answers" | sort -u | xargs)" \
	"allow reject"
like "in words" "$("$residctl" explain --kernel --class health "${place[US4]}:443")" 'kernel +the same: refused'
like "as JSON" "$("$residctl" explain --kernel --json --class health "${place[FR4]}:443")" '"kernel":\{"agrees":true,.*"refused":false'
status=0
"$residctl" explain --kernel --snapshot "$(policy open)" --class health "${place[US4]}" >"$work/other" 2>&1 || status=$?
is "another generation than the kernel's is an expectation that does not hold" "$status" 4

# Real packets: a tag each. What arrives beyond the node is what explain lets through, no more and no less.
"$residctl" explain <"$questions/real" >"$work/verdicts"
wire_start
for who in health public; do
	awk -v who=$who '{ n++ } $1 == who {
		proto = substr($2, index($2, "/") + 1); to = substr($2, 1, index($2, "/") - 1)
		port = to; sub(/.*:/, "", port); sub(/:[0-9]*$/, "", to); gsub(/[][]/, "", to)
		print proto, to, port, "n" n "." }' "$questions/real" | attempts $who -t 1 >>"$work/saw"
done
sleep 1
wire_stop
is "10,000 packets were tried" "$(wc -l <"$work/saw")" 10000
# TCP's first packet carries no tag: it is known by its address and port.
awk '$5 == 6 || $5 == 17 { print ($5 == 6 ? "tcp" : "udp"), $4, $7 }' "$wire_log" | sort -u >"$work/arrived"
paste -d ' ' "$questions/real" "$work/verdicts" | awk '{
		proto = substr($2, index($2, "/") + 1); port = substr($2, 1, index($2, "/") - 1); sub(/.*:/, "", port)
		if ($5 == "allow" || $5 == "audit") print proto, $4, port }' | sort -u >"$work/expected"
note "$(wc -l <"$work/expected") of them are to arrive"
is "what explain lets through arrives" "$(comm -23 "$work/expected" "$work/arrived" | wc -l)" 0
is "what it refuses does not" "$(comm -13 "$work/expected" "$work/arrived" | wc -l)" 0
comm -3 "$work/expected" "$work/arrived" | head -n 5 | sed 's/^/# /'

# whose TARGET: class, by what, inherited?, assignment, verdict.
whose()
{
	"$residctl" explain --json --of "$1" "${place[US4]}:9/udp" |
		jq -r '[.class, .tag.by, .tag.inherited // false, .tag.assignment.target // "-", .verdict] | join(" ")'
}

# booked COMMAND...: the class under which the module books what it sends.
booked()
{
	"$residctl" counters --json >"$work/before.json"
	"$@" >/dev/null
	"$residctl" counters --json | jq -r --slurpfile before "$work/before.json" '[.counters[], ($before[0].counters[] | .packets = -.packets)]
		| group_by(.class)[] | select(map(.packets) | add > 0) | .[0].class' | xargs
}

mkdir -p "$cg/health/deep" "$cg/nobody"
namespace e2e-blue
ip_all <<-IP
	link add e2e-in0 type veth peer name e2e-in1 netns e2e-blue
	addr add 10.81.0.1/24 dev e2e-in0
	link set e2e-in0 up
IP
in_blue() { "$tools/in" -g "$cg/nobody" -n /run/netns/e2e-blue "$@"; }
ip_all e2e-blue <<-IP
	addr add 10.81.0.2/24 dev e2e-in1
	link set e2e-in1 up
	route add default via 10.81.0.1
IP
is "of a cgroup below a labelled one" "$(whose cgroup:/e2e/health/deep)" "health cgroup true cgroup:/e2e/health reject"
is "so it is booked" "$(booked try_from health/deep udp "${place[US4]}" below)" health
hold_open process public tcp "${place[FR4]}" "$echo_port"
is "of a process" "$(whose "pid:${hold_pid[process]}")" "public cgroup false cgroup:/e2e/public allow"
is "so it is booked" "$(booked hold_do process 'send x')" public
is "of nobody" "$(whose cgroup:/e2e/nobody)" "unlabelled nobody false - reject"
is "so it is booked" "$(booked try_from nobody udp "${place[US4]}" nobody)" unlabelled
ctl class assign internal netns:e2e-blue
is "of a namespace" "$(whose netns:e2e-blue)" "internal netns false netns:e2e-blue audit"
is "so it is booked" "$(booked in_blue "$tools/try" -t 1 udp "${place[US4]}" 9 blue)" internal
ctl class assign vital dev:e2e-in0
is "of what comes in by a device" "$(whose dev:e2e-in0)" "vital device false dev:e2e-in0 reject"
text=$("$residctl" explain --of cgroup:/e2e/health/deep "${place[US4]}")
like "in words" "$text" $'whose +cgroup:/e2e/health/deep, cgroup /e2e/health/deep, leaving by uplink\ntag +of the nearest labelled cgroup above, /e2e/health\nassigned +cgroup:/e2e/health .*assign.*:1'
tc qdisc del dev e2e-in0 clsact
is "without the stamp nobody's" "$(whose dev:e2e-in0)" "unlabelled nobody false - reject"
e2e_done
