#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a virtual machine sends is refused where it is routed, in words that it understands: an ICMP error (administratively
# prohibited), or a reset for TCP. Its class is its tap's.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
counters
modprobe tun
ip tuntap add tap0 mode tap
ip link set tap0 address 02:00:00:00:79:01 up
ip addr add 169.254.79.1/32 dev tap0
ip route add "${place[FRc4]}/32" dev tap0
ip -6 route add "${place[FRc6]}/128" dev tap0
ip neigh replace "${place[FRc4]}" lladdr 02:00:00:00:ee:03 dev tap0 nud permanent
ip -6 neigh replace "${place[FRc6]}" lladdr 02:00:00:00:ee:03 dev tap0 nud permanent

machine() { field saw "$("$tools/vm" tap0 02:00:00:00:79:01 "$1" "${place[FRc$3]}" "${place[$2$3]}" 7 "$4")"; }

resid_up
for family in 4 6; do
	for name in US FR; do
		count "$name$family" forward ip"${family/4/}" daddr "${place[$name$family]}"
	done
done
wire_start
is "a tap without a class is held to be vital: TCP to the US" "$(machine tcp US 4 unlabelled)" rst
assign public dev:tap0
is "the same tap as public" "$(machine tcp US 4 public)" syn-ack
assign health dev:tap0
for family in 4 6; do
	prohibited=$([[ $family == 4 ]] && echo icmp-3-13 || echo icmp-1-1)
	is "TCP to the US is reset, IPv$family" "$(machine tcp US $family vm-tcp-us$family)" rst
	is "UDP to the US is prohibited, IPv$family" "$(machine udp US $family vm-udp-us$family)" "$prohibited"
	is "a ping to the US is prohibited, IPv$family" "$(machine icmp US $family vm-icmp-us$family)" "$prohibited"
	is "twin: TCP to France, IPv$family" "$(machine tcp FR $family vm-tcp-fr$family)" syn-ack
	is "twin: UDP to France, IPv$family" "$(machine udp FR $family vm-udp-fr$family)" echoed
	is "twin: a ping to France, IPv$family" "$(machine icmp FR $family vm-icmp-fr$family)" echoed
done
wire_stop
for family in 4 6; do
	is "nothing left for the US, IPv$family" "$(awk -v to="${place[US$family]}" '$4 == to && $9 ~ /^vm/' "$wire_log" | wc -l)" 0
	arrived "twin: left for France, IPv$family" vm-udp-fr$family
done
is "the counter ahead of the hook saw the refused ones" "$(counted US6 forward)" 3
is "and so did the module, of class health" "$(counter health reject)" 6
e2e_done
