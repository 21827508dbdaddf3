#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The link is a place like others: a policy that names it is obeyed, explain and the module agree, all is counted, and where
# no policy names it, it is allowed. What a tenant's kernel is made to say about foreign addresses is the tenant's.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

e2e_begin
topology
resid_up enforcing link
ll=fe80::ff:fe00:7702
# udp GROUP ADDRESS TAG: what a program there sees
udp()
{
	"$tools/in" -g "$cg/$1" /usr/bin/python3 - "$2" "$3" <<-'PY'
		import errno, socket, sys
		address, tag = sys.argv[1:]
		family = socket.AF_INET6 if ":" in address else socket.AF_INET
		scope = (0, socket.if_nametoindex("uplink")) if ":" in address else ()
		try:
		    socket.socket(family, socket.SOCK_DGRAM).sendto(b"resid-tag:%s;" % tag.encode(), (address, 9) + scope)
		except OSError as error:
		    print(errno.errorcode[error.errno])
	PY
}
counted_by() { "$residctl" counters | awk -v r="$1" '$3 == r { sum += $4 } END { print sum + 0 }'; }

wire_start
for name in 224.0.0.99 ff02::99 "$ll"; do
	is "health: $name is refused at once" "$(udp health "$name" "health-$name")" ECONNREFUSED
	udp vital "$name" "vital-$name" >/dev/null
	udp public "$name" "public-$name" >/dev/null
	like "explain says so: $name" "$("$residctl" explain --kernel --class health "$name")" 'no-link'
	like "the kernel agrees: $name" "$("$residctl" explain --kernel --class health "$name")" 'the same: refused'
	like "explain: allowed by default: $name" "$("$residctl" explain --kernel --class public "$name")" 'default-link'
done
wire_stop
for name in 224.0.0.99 ff02::99 "$ll"; do
	is "health: nothing to $name" "$(wire_tag "health-$name")" 0
	arrived "vital: $name, recorded" "vital-$name"
	arrived "public: $name" "public-$name"
done
is "what was refused is counted" "$(counted_by no-link)" 3
if (($(counted_by noted-link) >= 3)); then ok "and what was noted"; else not_ok "and what was noted"; fi
if (($(counted_by default-link) >= 4)); then ok "ARP, discovery and the rest too"; else not_ok "ARP, discovery and the rest too"; fi

# A node that names no link loses nothing: neighbours are found anew.
ctl policy load "$(policy default)"
ip neigh flush dev uplink
ip -6 neigh flush dev uplink
is "twin: IPv4 after the neighbours were forgotten" "$(saw health udp "${place[FR4]}" anew4)" echoed
is "twin: IPv6" "$(saw health udp "${place[FR6]}" anew6)" echoed

# The kernel of a tenant's macvlan answers a solicitation from a foreign address with an address of the tenant's choice.
namespace e2e-mac
ip link add mv0 link uplink type macvlan mode bridge
ip link set mv0 netns e2e-mac
in_mac() { "$tools/in" -n /run/netns/e2e-mac "$@"; }
assign health netns:e2e-mac
in_mac ip link set mv0 address 02:00:00:00:80:01 up
in_mac ip addr add fd77::3/64 dev mv0 nodad
sysctl_set e2e-mac net/ipv6/conf/all/forwarding=1 net/ipv6/conf/mv0/forwarding=1
us6=${place[US6]}
in_mac ip addr add "${us6%::*}::aaaa/64" dev mv0 nodad 2>/dev/null || true
in_mac ip -6 neigh replace "$us6" lladdr 02:00:00:00:77:02 dev mv0 nud permanent
wire_start
in_mac "$tools/forge" -i mv0 -d 02:00:00:00:77:02 udp fd77::3 "$us6" 9 mac-us 2>/dev/null || true
in_mac "$tools/forge" -i mv0 -d 02:00:00:00:77:02 udp fd77::3 "${place[FR6]}" 9 mac-fr
ping -6 -c 1 -W 1 fd77::3 >/dev/null || true
in_peer ping -6 -c 1 -W 1 -I "$us6" fd77::3 >/dev/null 2>&1 || true
sleep 1
wire_stop
is "a tenant's own packet to the US" "$(wire_tag mac-us)" 0
arrived "twin: to France" mac-fr
is "its kernel tells the US nothing either" "$(awk -v to="$us6" '$4 == to && $5 == 58' "$wire_log" | wc -l)" 0
e2e_done
