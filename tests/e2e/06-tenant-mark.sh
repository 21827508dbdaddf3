#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A tenant with a namespace, a macvlan on the uplink, a veth nested behind it and an nft rule that sets the mark of class
# public: the mark reaches the uplink and is not believed. Nor are copies (nft dup), which have lost their socket, taken
# for what the node's kernel sends.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
resid_up
mark=$((1 << 23 | 1 << 24))

# nested (netns e2e-nested) -- veth -- e2e-mac -- macvlan mv0 on uplink -- up0
namespace e2e-mac
namespace e2e-nested
ip link add mv0 link uplink type macvlan mode bridge
ip link set mv0 netns e2e-mac
in_mac() { "$tools/in" -n /run/netns/e2e-mac "$@"; }
in_nested() { "$tools/in" -n /run/netns/e2e-nested "$@"; }
sysctl_set e2e-mac net/ipv4/ip_forward=1 net/ipv6/conf/all/forwarding=1
in_mac ip addr add 10.77.0.3/24 dev mv0
in_mac ip addr add fd77::3/64 dev mv0 nodad
in_mac ip link set mv0 up
in_mac ip route add default via 10.77.0.2
in_mac ip -6 route add default via fd77::2
in_mac ip link add inner type veth peer name eth0 netns e2e-nested
in_mac ip addr add 10.78.1.1/24 dev inner
in_mac ip addr add fd78::1/64 dev inner nodad
in_mac ip link set inner up
in_nested ip addr add 10.78.1.2/24 dev eth0
in_nested ip addr add fd78::2/64 dev eth0 nodad
in_nested ip link set eth0 up
in_nested ip route add default via 10.78.1.1
in_nested ip -6 route add default via fd78::1
in_peer ip route add 10.78.1.0/24 via 10.77.0.3
in_peer ip -6 route add fd78::/64 via fd77::3
in_mac nft "add table inet forge; add chain inet forge pre { type filter hook prerouting priority -300; }; add rule inet forge pre meta mark set $mark"
count marked4 egress ip saddr 10.78.1.2 meta mark $mark
count marked6 egress ip6 saddr fd78::2 meta mark $mark

# The tenant's own namespaces let everything go, so that the uplink alone decides about the forged mark.
wire_start
assign public netns:e2e-mac
assign public netns:e2e-nested
for family in 4 6; do
	count "us$family" egress ip"${family/4/}" daddr "${place[US$family]}" meta mark $mark
	note "public by namespace: $(field saw "$(in_nested "$tools/try" -t 700 udp "${place[US$family]}" $echo_port "forged$family")")"
	if (($(counted "us$family" egress) >= 1)); then
		ok "a packet for the US reached the uplink with the mark of public, IPv$family"
	else
		not_ok "a packet for the US reached the uplink with the mark of public, IPv$family"
	fi
	is "twin: to France, IPv$family" \
		"$(field saw "$(in_nested "$tools/try" udp "${place[FR$family]}" $echo_port "forged-twin$family")")" echoed
done

# A copy comes to the uplink without socket and without incoming device, as what the node's kernel makes does.
gateway=02:00:00:00:77:02
in_mac ip link add copied type dummy
in_mac ip link set copied up
in_mac nft "add table netdev copy; add chain netdev copy out { type filter hook egress device copied priority 0; }; add rule netdev copy out dup to mv0"
in_mac ip route add "${place[FRb4]}" dev copied src 10.77.0.3
in_mac ip neigh add "${place[FRb4]}" lladdr $gateway dev copied
for family in 4 6; do
	own=$([[ $family == 4 ]] && echo 10.77.0.3 || echo fd77::3)
	count "copy$family" egress ether saddr != 02:00:00:00:77:01 ip"${family/4/}" daddr "${place[US$family]}" udp dport 9
	in_mac "$tools/forge" -i copied -d $gateway udp "$own" "${place[US$family]}" 9 "copy$family" >/dev/null
	in_mac "$tools/forge" -i mv0 -d $gateway udp "$own" "${place[US$family]}" 9 "original$family" >/dev/null
	is "copy and original reached the uplink, IPv$family" "$(counted "copy$family" egress)" 2
done
kernel=$(counter kernel allow) unlabelled=$(counter unlabelled allow)
note "a bare SYN to France: $(in_mac "$tools/try" -t 500 tcp "${place[FRb4]}" 9 syn)"
is "its copy is not the kernel's" "$(counter kernel allow)" "$kernel"
is "... but nobody's" "$(counter unlabelled allow)" $((unlabelled + 1))
# As health, which a namespace does not forget again.
assign health netns:e2e-mac
assign health netns:e2e-nested
for family in 4 6; do
	is "twin: nested to France, IPv$family" \
		"$(field saw "$(in_nested "$tools/try" udp "${place[FR$family]}" $echo_port "twin$family")")" echoed
	if (($(counted "marked$family" egress) >= 1)); then
		ok "the forged mark reached the uplink, IPv$family"
	else
		not_ok "the forged mark reached the uplink, IPv$family"
	fi
	note "its program to the US saw $(field saw "$(in_nested "$tools/try" -t 700 udp "${place[US$family]}" $echo_port "app$family")")"
done
wire_stop
for family in 4 6; do
	is "nothing left for the US, IPv$family" "$(wire_tag "app$family")" 0
	is "nothing left under the forged mark, IPv$family" "$(wire_tag "forged$family")" 0
	arrived "twin: to France it left, IPv$family" "forged-twin$family"
	is "no copy left for the US, IPv$family" "$(wire_tag "copy$family")" 0
	arrived "twin: the original, which has its socket, did, IPv$family" "original$family"
done
e2e_done
