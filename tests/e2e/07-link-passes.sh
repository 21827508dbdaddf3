#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What keeps a link alive passes in every mode and before any policy: ARP, LACP, STP, LLDP, EAPOL, neighbour discovery
# (even to a neighbour with a foreign address) and DHCP. Another frame that is no IP does not, and neither does one of
# these with something hidden behind it.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
neighbour=${place[USb6]}
# A neighbour with a foreign address: on the link itself, or its solicitation would bear another source.
in_peer ip addr del "$neighbour/128" dev lo
in_peer ip addr add "$neighbour/128" dev up0 nodad
in_peer ip -6 route add fd77::1 dev up0 src "$neighbour"
ip -6 route add "$neighbour" dev uplink

# link STATE: sends one of each and asks who arrived.
link()
{
	local state=$1 unknown=$2 kind

	in_peer ip neigh flush dev up0
	ip neigh flush dev uplink
	wire_start
	for kind in lacp stp arp lldp eapol; do
		"$tools/forge" -i uplink frame $kind none >/dev/null
		"$tools/forge" -i uplink frame stuffed-$kind "$state-stuffed-$kind" >/dev/null
	done
	"$tools/forge" -i uplink frame stuffed-unknown "$state-unknown" >/dev/null
	"$tools/forge" -i uplink -s 68 udp 0.0.0.0 255.255.255.255 67 "$state-dhcp" >/dev/null
	"$tools/forge" -i uplink -d 02:00:00:00:77:02 -s 68 udp 10.77.0.1 "${place[US4]}" 67 "$state-dhcp-renew" >/dev/null
	"$tools/forge" -i uplink -d 33:33:00:01:00:02 -s 546 udp fe80::77:1 ff02::1:2 547 "$state-dhcp6" >/dev/null
	# The peer asks for us from a foreign address: our advertisement goes there.
	workload peer "$tools/try" -t 800 -s "$neighbour" udp fd77::1 9 "$state-ns" >/dev/null
	# We ask for it.
	ip -6 neigh flush dev uplink
	"$tools/try" -t 500 icmp 10.77.0.2 0 "$state-ping4" >/dev/null
	"$tools/try" -t 500 icmp fd77::2 0 "$state-ping6" >/dev/null
	wire_stop
	# they have no room for a tag, so they are told by their type and the address that forge gives itself
	for kind in lacp:8809 stp:0026 arp:0806 lldp:88cc eapol:888e; do
		is "$state: ${kind%:*} passes" "$(awk -v type="${kind#*:}" \
			'$2 == type && $3 == "02:00:00:00:ee:01" && $9 == "-"' "$wire_log" | wc -l)" 1
		is "$state: ${kind%:*} with something behind" "$(wire_tag "$state-stuffed-${kind%:*}")" "$unknown"
	done
	for kind in dhcp dhcp6 ping4 ping6; do
		arrived "$state: $kind passes" "$state-$kind"
	done
	note "$state: DHCP to a foreign server by unicast: $(wire_tag "$state-dhcp-renew") of 1"
	is "$state: another frame that is no IP" "$(wire_tag "$state-unknown")" "$unknown"
	if (($(awk -v to="$neighbour" '$4 == to && $5 == 58 && $6 == 136' "$wire_log" | wc -l))); then
		ok "$state: a neighbour advertisement to a foreign address passes"
	else
		not_ok "$state: a neighbour advertisement to a foreign address passes"
	fi
	if (($(awk '$2 == "0806"' "$wire_log" | wc -l) >= 2)); then
		ok "$state: the kernel's own ARP passes"
	else
		not_ok "$state: the kernel's own ARP passes"
	fi
}

module_load boot=closed
link closed 0
resid_up enforcing
link enforcing 0
resid_down
rm -rf "$RESID_STATE_DIR"
resid_up permissive
link permissive 1
e2e_done
