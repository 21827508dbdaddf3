#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `residctl explain` says what the kernel does: 10,000 random questions that the module answers as well, and 10,000 real
# packets, of which exactly those arrive beyond the node that explain lets through.
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
e2e_done
