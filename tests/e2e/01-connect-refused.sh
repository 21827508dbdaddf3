#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A refused connect() returns at once with ECONNREFUSED after a single packet; so do a datagram and a ping. Nothing of it
# reaches the wire, and the allowed twins do.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
resid_up
for family in 4 6; do
	count "us$family" output ip"${family/4/}" daddr "${place[US$family]}" tcp dport $echo_port
done
wire_start

for family in 4 6; do
	us=${place[US$family]} fr=${place[FR$family]}

	line=$(try_from health tcp "$us" "refused-tcp$family")
	is "health to the US over TCP, IPv$family" "$(field saw "$line")" ECONNREFUSED
	note "connect() returned after $(field us "$line") us"
	is "one packet was spent on it, IPv$family" "$(counted "us$family")" 1
	refused_port[family]=$(field sport "$line")
	is "health to the US over UDP, IPv$family" "$(saw health udp "$us" "refused-udp$family")" ECONNREFUSED
	is "health to the US over ICMP, IPv$family" "$(saw health icmp "$us" "refused-icmp$family")" ECONNREFUSED

	is "twin: health to France over TCP, IPv$family" "$(saw health tcp "$fr" "twin-tcp$family")" connected
	is "twin: health to France over UDP, IPv$family" "$(saw health udp "$fr" "twin-udp$family")" echoed
	is "twin: health to France over ICMP, IPv$family" "$(saw health icmp "$fr" "twin-icmp$family")" echoed
	is "twin: public to the US over TCP, IPv$family" "$(saw public tcp "$us" "public-tcp$family")" connected
	is "who has no label is held to be vital, IPv$family" \
		"$("$tools/try" tcp "$us" $echo_port "none$family" | sed 's/.*saw=\([^ ]*\).*/\1/')" ECONNREFUSED
done

wire_stop
for family in 4 6; do
	is "no SYN arrived, IPv$family" "$(wire_port 6 "${refused_port[family]}" "${place[US$family]}")" 0
	for proto in udp icmp; do
		is "no $proto arrived, IPv$family" "$(wire_tag "refused-$proto$family")" 0
		arrived "twin: $proto arrived, IPv$family" "twin-$proto$family"
	done
	arrived "twin: TCP arrived, IPv$family" "public-tcp$family"
done
e2e_done
