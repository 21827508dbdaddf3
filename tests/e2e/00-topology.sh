#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Without Resid everything arrives: what the other tests see refused is not refused by the topology itself, the
# capture sees what passes and the counters count it.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
counters
wire_start

list=''
for name in FR DE US CN PRIVATE UNKNOWN; do
	for family in 4 6; do
		to=${place[$name$family]}
		count "$name$family" output ip"${family/4/}" daddr "$to"
		for proto in tcp udp icmp; do
			list+="$proto $to $echo_port $proto-WHO-$name$family"$'\n'
		done
	done
done
for who in health public; do
	while IFS= read -r line; do
		proto=$(field proto "$line")
		is "$who reaches $(field dst "$line") ($(field tag "$line"))" "$(field saw "$line")" \
			"$([[ $proto == tcp ]] && echo connected || echo echoed)"
	done < <(attempts $who <<<"${list//WHO/$who}")
done
is "the tenant reaches the US" "$(saw tenant tcp "${place[US4]}" tenant-4)" connected
is "the tenant reaches the US over IPv6" "$(saw tenant tcp "${place[US6]}" tenant-6)" connected

wire_stop
for name in FR4 CN6; do
	for proto in tcp udp icmp; do
		is "the capture has the $proto tag to $name once" "$(wire_tag "$proto-health-$name")" 1
	done
	# TCP: SYN, ACK, data, and then what closes it; UDP and ICMP: one each; twice, for two workloads.
	if (($(counted "$name") >= 10)); then
		ok "the counter saw the packets to $name"
	else
		not_ok "the counter saw the packets to $name" "$(counted "$name")"
	fi
done
e2e_done
