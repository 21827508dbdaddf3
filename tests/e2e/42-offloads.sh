#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the stack itself leaves to a device, segments to cut and checksums to write, in every kind of tunnel and device,
# leaves as it did without Resid: nothing of it is unparsable. nft counts the super-packets, lest there be none.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
tenant
modprobe -a ip_gre ip6_gre ipip sit ip6_tunnel vxlan geneve macvlan ipvlan 8021q fou mpls_iptunnel mpls_gso bonding \
	2>/dev/null || true
sysctl_set peer net/ipv4/conf/all/rp_filter=0 net/ipv4/conf/default/rp_filter=0
number=0
names=()
declare -A inner=()

# both NAME ARGUMENT...: a device of that kind at either end, with addresses of its own behind it. 1 and 2 in arguments
# that end in @ become the end's number and the other's.
both()
{
	local name=$1 node=() peer=() word

	shift
	((++number))
	for word; do
		node+=("${word//@/1}")
		peer+=("${word//@/2}")
	done
	for word in "${!node[@]}"; do
		node[word]=${node[word]//%/2}
		peer[word]=${peer[word]//%/1}
	done
	ip link add "$name" "${node[@]}"
	in_peer ip link add "$name" "${peer[@]}"
	ip addr add "10.90.$number.1/24" dev "$name"
	in_peer ip addr add "10.90.$number.2/24" dev "$name"
	ip link set "$name" up
	in_peer ip link set "$name" up
	names+=("$name")
	inner[$name]=10.90.$number.2
}
both gre1 type gre local 10.77.0.@ remote 10.77.0.%
both grecsum1 type gre local 10.77.0.@ remote 10.77.0.% key 7 icsum ocsum
both gretap1 type gretap local 10.77.0.@ remote 10.77.0.% key 8
both ipip1 type ipip local 10.77.0.@ remote 10.77.0.%
both sit1 type sit local 10.77.0.@ remote 10.77.0.% mode any
both ip6tnl1 type ip6tnl local fd77::@ remote fd77::% mode any
both ip6gre1 type ip6gre local fd77::@ remote fd77::%
both vxlan1 type vxlan id 9 local 10.77.0.@ remote 10.77.0.% dstport 4789
both vxlancsum1 type vxlan id 10 local 10.77.0.@ remote 10.77.0.% dstport 4790 udpcsum
both vxlan61 type vxlan id 11 local fd77::@ remote fd77::% dstport 4791
both geneve1 type geneve id 12 remote 10.77.0.%
ip link add uplink.7 link uplink type vlan id 7
in_peer ip link add up0.7 link up0 type vlan id 7
ip addr add 10.91.0.1/24 dev uplink.7
in_peer ip addr add 10.91.0.2/24 dev up0.7
ip link set uplink.7 up
in_peer ip link set up0.7 up
# GRE to many adds its header before the hook of its own device
ip link add mgre type gre local 10.77.0.1 key 99
in_peer ip link add mgre type gre local 10.77.0.2 key 99
ip addr add 10.92.0.1/24 dev mgre
in_peer ip addr add 10.92.0.2/24 dev mgre
ip link set mgre up
in_peer ip link set mgre up
ip neigh add 10.92.0.2 lladdr 10.77.0.2 dev mgre
in_peer ip neigh add 10.92.0.1 lladdr 10.77.0.1 dev mgre
mpls=''
if [[ -d /proc/sys/net/mpls ]]; then
	sysctl_set peer net/mpls/platform_labels=1000 net/mpls/conf/up0/input=1
	in_peer ip -f mpls route add 100 dev lo
	in_peer ip addr add 10.93.0.2/32 dev lo
	ip route add 10.93.0.2/32 encap mpls 100 via 10.77.0.2
	mpls=1
fi
background "$work/bulk.out" "$tools/in" -g "$cg/peer" -n /run/netns/peer "$tools/bulk" -l 8

resid_up
nft 'add table netdev big; add chain netdev big egress { type filter hook egress device "uplink" priority -400; }'

# passes NAME ADDRESS [WHO [OPTION...]]: as many bytes get there, some of them in super-packets.
passes()
{
	local name=$1 to=$2 who=${3:-health} said before big

	shift 2
	(($# == 0)) || shift
	before=$("$residctl" counters | awk '$3 == "unparsable" { sum += $4 } END { print sum + 0 }')
	nft 'flush chain netdev big egress; add rule netdev big egress meta length > 3000 counter'
	said=$(workload "$who" "$tools/bulk" -n 400000 "$@" "$to" 8)
	big=$(nft list chain netdev big egress | awk '/packets/ { for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }')
	is "$name: all of it arrives" "$said" "arrived=400000 intact=1"
	is "$name: nothing was unparsable" \
		"$("$residctl" counters | awk '$3 == "unparsable" { sum += $4 } END { print sum + 0 }')" "$before"
	note "$name: $big super-packets at the uplink"
	((supers += big))
	[[ $big != 0 ]] || none+=" $name"
}
supers=0
none=''
passes plain 10.77.0.2
passes "plain, IPv6" fd77::2
passes zerocopy 10.77.0.2 health -z
passes sendfile 10.77.0.2 health -f
passes vlan 10.91.0.2
passes "a routed namespace" "${place[FRb4]}" tenant
passes "a routed namespace, IPv6" "${place[FRb6]}" tenant
for name in "${names[@]}"; do
	passes "$name" "${inner[$name]}"
done
passes "GRE to many" 10.92.0.2
[[ -z $mpls ]] || passes MPLS 10.93.0.2
note "no super-packets by:${none:- none of them}"
if ((supers > 20)); then ok "super-packets were among them"; else not_ok "super-packets were among them" "$supers"; fi

# A bridged tenant: its packets meet only the uplink's own hook.
ip link add br0 type bridge
ip link set br0 address 02:00:00:00:77:01 up
ip addr flush dev uplink
ip link set uplink master br0
ip addr add 10.77.0.1/24 dev br0
ip addr flush dev ten0
ip link set ten0 master br0
in_tenant ip addr flush dev eth0 scope global
in_tenant ip addr add 10.77.0.9/24 dev eth0
passes "a bridged namespace" 10.77.0.2 tenant
e2e_done
