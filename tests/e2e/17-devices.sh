#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Devices that come late, change their name, move between namespaces, or stand on others are hooked all the same, and a
# packet that passes several of them is booked once.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up
us=${place[US4]} fr=${place[FR4]}
mac=02:00:00:00:80:02
wire_start

# hot: a device that came after the module, with a route of its own to a US and a French address.
hot()
{
	ip link add hot0 type veth peer name hot1 netns peer
	ip addr add 10.80.0.1/24 dev hot0
	ip link set hot0 up
	in_peer ip addr add 10.80.0.2/24 dev hot1
	in_peer ip link set hot1 address $mac up
	ip route add "${place[USb4]}/32" via 10.80.0.2
	ip route add "${place[FRb4]}/32" via 10.80.0.2
}
hot
is "a hot-plugged device refuses" "$(saw health udp "${place[USb4]}" hot-us)" ECONNREFUSED
is "twin: it lets pass" "$(saw health udp "${place[FRb4]}" hot-fr)" echoed
# Only the device's own hook sees these.
frame() { in_cgroup "$1" "$tools/forge" -i "$2" -d "$3" udp 10.80.0.1 "$4" 7 "$5" >/dev/null; }
wire_stop

wire_start peer hot1
frame health hot0 $mac "$us" hot-frame-us
frame health hot0 $mac "$fr" hot-frame-fr
ip link set hot0 down
ip link set hot0 name cold0
ip link set cold0 up
frame health cold0 "$mac" "$us" renamed-us
frame health cold0 "$mac" "$fr" renamed-fr
# Away and back again.
namespace e2e-away
ip link set cold0 netns e2e-away
"$tools/in" -n /run/netns/e2e-away ip link set cold0 up
in_cgroup health "$tools/in" -n /run/netns/e2e-away "$tools/forge" -i cold0 -d "$mac" udp 10.80.0.1 "$us" 7 moved-us >/dev/null
in_cgroup health "$tools/in" -n /run/netns/e2e-away "$tools/forge" -i cold0 -d "$mac" udp 10.80.0.1 "$fr" 7 moved-fr >/dev/null
"$tools/in" -n /run/netns/e2e-away ip link set cold0 netns 1
ip link set cold0 up
frame health cold0 "$mac" "$us" back-us
frame health cold0 "$mac" "$fr" back-fr
wire_stop
for name in hot-frame renamed moved back; do
	is "$name: nothing left for the US" "$(wire_tag $name-us)" 0
	arrived "$name: twin left for France" $name-fr
done

# A VLAN on a bond on a veth, and a macvlan: `internal` is recorded abroad, once a packet.
modprobe -a bonding 8021q macvlan 2>/dev/null || true
ip link set cold0 down
ip addr flush dev cold0
ip link add bond0 type bond mode active-backup
ip link set cold0 master bond0
ip link set bond0 up
ip link add link bond0 name bond0.7 type vlan id 7
ip link set bond0.7 up
ip addr add 10.81.0.1/24 dev bond0.7
in_peer ip link add link hot1 name hot1.7 type vlan id 7
in_peer ip link set hot1.7 up
in_peer ip addr add 10.81.0.2/24 dev hot1.7
ip link add mv1 link uplink type macvlan mode bridge
ip addr add 10.82.0.1/24 dev mv1
ip link set mv1 up
in_peer ip addr add 10.82.0.2/24 dev up0
ip route replace "${place[USb4]}/32" via 10.81.0.2
ip route replace "${place[CN4]}/32" via 10.82.0.2
wait_until 5 sh -c "'$tools/try' -t 300 icmp 10.81.0.2 0 warm | grep -q echoed"
residd_start
sum=0
for to in "$us" "${place[USb4]}" "${place[CN4]}"; do
	for i in 1 2 3 4 5; do
		is "internal reaches $to ($i)" "$(saw internal udp "$to" "once-$i")" echoed
	done
	((sum += 5))
	await_recorded "five packets to $to are booked as five" 5 class=internal verdict=audit dst="$to"
done
is "the module's counter says the same" "$(counter internal audit)" $sum
is "health over VLAN and bond is refused" "$(saw health tcp "${place[USb4]}" vlan-us)" ECONNREFUSED
e2e_done
