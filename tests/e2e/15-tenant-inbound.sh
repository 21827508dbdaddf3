#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A tenant in a namespace of its own serves clients in the EU. A client in the US gets no answer: to answer it would be to
# export.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
resid_up
at tenant
background "$work/server.out" "${at[@]}" "$tools/peerd" 443
wire_start
for family in 4 6; do
	to=${place[FRc$family]}
	for name in FR DE PRIVATE US CN UNKNOWN; do
		expected=connected
		[[ $name == FR || $name == DE || $name == PRIVATE ]] || expected=timeout
		line=$(workload peer "$tools/try" -t 1200 -s "${place[$name$family]}" tcp "$to" 443 "client-$name$family")
		is "a client in $name$family" "$(field saw "$line")" $expected
	done
	is "UDP: the client in France gets an answer, IPv$family" \
		"$(field saw "$(workload peer "$tools/try" -s "${place[FR$family]}" udp "$to" 443 "udp-fr$family")")" echoed
	is "UDP: the one in the US does not, IPv$family" \
		"$(field saw "$(workload peer "$tools/try" -t 700 -s "${place[US$family]}" udp "$to" 443 "udp-us$family")")" timeout
	is "outbound, the tenant sees the refusal at once, IPv$family" "$(saw tenant tcp "${place[US$family]}" "out-us$family")" ECONNREFUSED
	is "outbound, twin: Germany, IPv$family" "$(saw tenant tcp "${place[DE$family]}" "out-de$family")" connected
done
wire_stop
for family in 4 6; do
	for name in US CN UNKNOWN; do
		is "nothing at all left for $name$family" "$(awk -v to="${place[$name$family]}" '$4 == to' "$wire_log" | wc -l)" 0
	done
	arrived "the answer to France left, IPv$family" "udp-fr$family"
done
e2e_done
